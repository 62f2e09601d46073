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

// size -1: does not fit into 63 bits.
typedef struct Layout { i64 size, align; } Layout;

static i64 align_up(i64 x, i64 a)
{
	return x < 0 || x > INT64_MAX - a ? -1 : (x + a - 1) & ~(a - 1);
}

static Layout layout_of(Type *t);

// Offsets of the first n fields; the size is that up to the end of the n'th, the alignment theirs. set: remember
// the offsets in the fields. last: the size of the n'th field.
static Layout offsets(Type *st, u32 n, bool set, i64 *last)
{
	Layout all = {0, 1};
	for (u32 i = 0; i < n; i++) {
		Object *f = st->structt.fields[i];
		Layout l = layout_of(f->type);
		all.align = MAX(all.align, l.align);
		*last = l.size;
		all.size = align_up(all.size, l.align);
		if (set && all.size >= 0)
			f->var.offset = all.size;
		all.size = all.size < 0 || l.size < 0 || all.size > INT64_MAX - l.size ? -1 : all.size + l.size;
	}
	return all;
}

static Layout struct_layout(Type *t, Type *st)
{
	u32 n = st->structt.n;
	if (n == 0)
		return (Layout){0, is_align64(t) ? 8 : 1};
	i64 last;
	Layout all = offsets(st, n, false, &last);
	// A pointer to a last field of size 0 must not point behind the struct.
	if (all.size > 0 && last == 0)
		all.size = all.size == INT64_MAX ? -1 : all.size + 1;
	all.size = align_up(all.size, all.align);
	return all;
}

static Layout layout_of(Type *t)
{
	if (type_is_canon(t) && t->laid_out == KNOWN)
		return (Layout){t->size, t->align};
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC: {
		i64 size = basic_size(u->basic);
		return (Layout){size, u->basic == B_STRING || u->basic == B_COMPLEX128 ? WORD : u->basic == B_COMPLEX64 ? 4 : size};
	}
	case TY_ARRAY: {
		Layout e = layout_of(u->array.elem);
		if (u->array.len <= 0)
			e.size = 0;
		else if (e.size >= 0 && __builtin_mul_overflow(e.size, u->array.len, &e.size))
			e.size = -1;
		return e;
	}
	case TY_STRUCT:
		return struct_layout(t, u);
	case TY_SLICE:
		return (Layout){3 * WORD, WORD};
	case TY_INTERFACE:
		return (Layout){2 * WORD, WORD};
	default:
		return (Layout){WORD, WORD};
	}
}

// ---- pointers -----------------------------------------------------------------------------------

static bool notinheap(Type *t)
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

bool type_notinheap(Type *t)
{
	enum { ASK, NO, YES };
	if (t->kind != TY_NAMED && t->kind != TY_ARRAY && t->kind != TY_STRUCT && t->kind != TY_ALIAS)
		return false;
	t = types_canon(t);
	u8 known = atomic_load_explicit(&t->notinheap, memory_order_relaxed);
	if (known == ASK)
		atomic_store_explicit(&t->notinheap, known = notinheap(t) ? YES : NO, memory_order_relaxed);
	return known == YES;
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
	if (u != t) {
		laid_out(u); // fields have their offsets now
	} else if (u->kind == TY_ARRAY) { // from the inside out, so that nothing is looked at twice
		laid_out(u->array.elem);
	} else if (u->kind == TY_STRUCT) {
		for (u32 i = 0; i < u->structt.n; i++)
			laid_out(u->structt.fields[i]->type);
	}
	Layout l = layout_of(t);
	u8 state = UNKNOWN_LAYOUT;
	if (atomic_compare_exchange_strong(&t->laid_out, &state, WRITING)) {
		t->size = l.size;
		t->align = (u32)l.align;
		i64 last;
		if (t->kind == TY_STRUCT)
			offsets(t, t->structt.n, true, &last);
		t->ptrdata_words = l.size < 0 ? 0 : (u32)(ptrdata(u) / WORD);
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
	return layout_of(t).size;
}

i64 check_alignof(Checker *c, Type *t)
{
	(void)c;
	return layout_of(t).align;
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
		i64 last, o = align_up(offsets(st, path[i], false, &last).size, layout_of(f->type).align);
		if (o < 0 || off > INT64_MAX - o)
			return -1;
		off += o;
		t = f->type;
	}
	return off;
}
