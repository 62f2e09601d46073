// sizes.c: gc's layout for 64-bit machines: sizes, alignments, offsets, and which words hold pointers. Source:
// types2/gcsizes.go, cmd/compile/internal/types/size.go. Results for canonical types are kept in them.
#include "types/algebra.h"

#include <sched.h>

enum { WORD = 8 };
enum { UNKNOWN_LAYOUT, WRITING, KNOWN }; // Type.laid_out

static bool is_align64(Type *t)
{
	Type *n = type_as_named(t);
	if (!n)
		return false;
	Object *o = named_obj(n);
	return o->pkg && str_is(name_str(o->name), "align64") &&
	       (str_is(o->pkg->path, "sync/atomic") || str_is(o->pkg->path, "internal/runtime/atomic"));
}

static i64 basic_size(u8 kind)
{
	static const u8 sizes[B_COUNT] = {
		[B_BOOL] = 1, [B_INT] = 8, [B_INT8] = 1, [B_INT16] = 2, [B_INT32] = 4, [B_INT64] = 8, [B_UINT] = 8, [B_UINT8] = 1,
		[B_UINT16] = 2, [B_UINT32] = 4, [B_UINT64] = 8, [B_UINTPTR] = 8, [B_FLOAT32] = 4, [B_FLOAT64] = 8,
		[B_COMPLEX64] = 8, [B_COMPLEX128] = 16, [B_STRING] = 16, [B_UNSAFEPTR] = 8,
	};
	return sizes[kind] ? sizes[kind] : WORD;
}

static i64 size_of(Type *t);

static i64 align_of(Type *t)
{
	if (type_is_canon(t) && t->laid_out == KNOWN)
		return t->align;
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_ARRAY:
		return align_of(u->array.elem);
	case TY_STRUCT: {
		if (u->structt.n == 0 && is_align64(t))
			return 8;
		i64 max = 1;
		for (u32 i = 0; i < u->structt.n; i++)
			max = MAX(max, align_of(u->structt.fields[i]->type));
		return max;
	}
	case TY_BASIC:
		switch (u->basic) {
		case B_STRING: return WORD;
		case B_COMPLEX64: return 4;
		case B_COMPLEX128: return 8;
		default: return basic_size(u->basic);
		}
	default:
		return WORD;
	}
}

// -1: does not fit into 63 bits.
static i64 align_up(i64 x, i64 a)
{
	return x < 0 || x > INT64_MAX - a ? -1 : (x + a - 1) & ~(a - 1);
}

// Offsets of the first n fields; the result is that of the end of the n'th. set: remember them in the fields.
static i64 offsets(Type *st, u32 n, bool set)
{
	i64 off = 0;
	for (u32 i = 0; i < n && off >= 0; i++) {
		Object *f = st->structt.fields[i];
		off = align_up(off, align_of(f->type));
		if (off < 0)
			break;
		if (set)
			f->var.offset = off;
		i64 size = size_of(f->type);
		off = size < 0 || off > INT64_MAX - size ? -1 : off + size;
	}
	return off;
}

static i64 struct_size(Type *t, Type *st)
{
	u32 n = st->structt.n;
	if (n == 0)
		return 0;
	i64 end = offsets(st, n, false);
	if (end < 0)
		return -1;
	// A pointer to a last field of size 0 must not point behind the struct.
	if (end > 0 && size_of(st->structt.fields[n - 1]->type) == 0)
		end = end == INT64_MAX ? -1 : end + 1;
	return align_up(end, align_of(t));
}

static i64 size_of(Type *t)
{
	if (type_is_canon(t) && t->laid_out == KNOWN)
		return t->size;
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC:
		return basic_size(u->basic);
	case TY_ARRAY: {
		if (u->array.len <= 0)
			return 0;
		i64 e = size_of(u->array.elem), s;
		return e < 0 || __builtin_mul_overflow(e, u->array.len, &s) ? -1 : s;
	}
	case TY_STRUCT:
		return struct_size(t, u);
	case TY_SLICE:
		return 3 * WORD;
	case TY_INTERFACE:
		return 2 * WORD;
	default:
		return WORD;
	}
}

// ---- pointers -----------------------------------------------------------------------------------

bool type_notinheap(Type *t)
{
	Type *n = type_as_named(t);
	if (n && named_obj(n)->pkg && str_is(name_str(named_obj(n)->name), "nih") &&
	    str_is(named_obj(n)->pkg->path, "internal/runtime/sys"))
		return true;
	Type *u = type_under(t);
	if (u->kind == TY_ARRAY)
		return type_notinheap(u->array.elem);
	if (u->kind == TY_STRUCT)
		for (u32 i = 0; i < u->structt.n; i++)
			if (type_notinheap(u->structt.fields[i]->type))
				return true;
	return false;
}

// Bytes up to the end of the last pointer. u is canonical.
static i64 ptrdata(Type *u)
{
	switch (u->kind) {
	case TY_BASIC:
		return u->basic == B_STRING || u->basic == B_UNSAFEPTR ? WORD : 0;
	case TY_POINTER:
		return type_notinheap(u->pointer.elem) ? 0 : WORD;
	case TY_SLICE:
		return type_notinheap(u->slice.elem) ? 0 : WORD;
	case TY_CHAN: case TY_MAP: case TY_FUNC:
		return WORD;
	case TY_INTERFACE:
		return 2 * WORD;
	case TY_ARRAY: {
		i64 p = u->array.len > 0 ? type_ptrdata(u->array.elem) : 0;
		return p ? (u->array.len - 1) * type_size(u->array.elem) + p : 0;
	}
	case TY_STRUCT:
		for (u32 i = u->structt.n; i-- > 0;) {
			i64 p = type_ptrdata(u->structt.fields[i]->type);
			if (p)
				return u->structt.fields[i]->var.offset + p;
		}
		return 0;
	default:
		return 0;
	}
}

// The canonical type with its layout known. Several threads may compute it; one writes it down.
static Type *laid_out(Type *t)
{
	t = types_canon(t);
	if (atomic_load_explicit(&t->laid_out, memory_order_acquire) == KNOWN)
		return t;
	if (t->kind == TY_TUPLE || t->kind == TY_UNION)
		bug("layout of a tuple or union");
	Type *u = types_canon(type_under(t));
	if (u != t)
		laid_out(u); // fields have their offsets now
	i64 size = size_of(t), align = align_of(t);
	u8 state = UNKNOWN_LAYOUT;
	if (atomic_compare_exchange_strong(&t->laid_out, &state, WRITING)) {
		t->size = size;
		t->align = (u32)align;
		if (t->kind == TY_STRUCT)
			offsets(t, t->structt.n, true);
		t->ptrdata_words = (u32)(ptrdata(u) / WORD);
		atomic_store_explicit(&t->laid_out, KNOWN, memory_order_release);
	}
	while (atomic_load_explicit(&t->laid_out, memory_order_acquire) != KNOWN)
		sched_yield();
	return t;
}

i64 type_size(Type *t) { return laid_out(t)->size; }
i64 type_align(Type *t) { return laid_out(t)->align; }
i64 type_ptrdata(Type *t) { return (i64)laid_out(t)->ptrdata_words * WORD; }
bool type_has_pointers(Type *t) { return laid_out(t)->ptrdata_words != 0; }

i64 struct_offset(Type *t, u32 field)
{
	return laid_out(types_canon(type_under(t)))->structt.fields[field]->var.offset;
}

// ---- during checking ----------------------------------------------------------------------------

typedef struct Nest { Type *t; struct Nest *up; } Nest;

static bool known(Type *t, Nest *up)
{
	if (type_is_typeparam(t))
		return false;
	for (Nest *n = up; n; n = n->up)
		if (n->t == t)
			return true;
	Nest here = {t, up};
	Type *u = type_under(t);
	if (u->kind == TY_ARRAY)
		return known(u->array.elem, &here);
	if (u->kind == TY_STRUCT)
		for (u32 i = 0; i < u->structt.n; i++)
			if (!known(u->structt.fields[i]->type, &here))
				return false;
	return u->kind != TY_UNION && u->kind != TY_TUPLE;
}

bool type_sizes_known(Type *t)
{
	return known(t, NULL);
}

i64 check_sizeof(Checker *c, Type *t)
{
	(void)c;
	return size_of(t);
}

i64 check_alignof(Checker *c, Type *t)
{
	(void)c;
	return align_of(t);
}

i64 check_offsetof(Checker *c, Type *t, const u32 *path, u32 n)
{
	i64 off = 0;
	(void)c;
	for (u32 i = 0; i < n; i++) {
		Type *st = type_under(t);
		if (st->kind != TY_STRUCT || path[i] >= st->structt.n)
			return -1;
		Object *f = st->structt.fields[path[i]];
		i64 o = align_up(offsets(st, path[i], false), align_of(f->type));
		if (o < 0 || off > INT64_MAX - o)
			return -1;
		off += o;
		t = f->type;
	}
	return off;
}
