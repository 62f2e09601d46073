// data.c: static data. A package-level variable whose initial value is known at link time gets its bytes and
// relocations here instead of code in the package's initializer. Two kinds of places: `fresh` data is written once
// for a variable and may point to other writable data made for it (..stmp_N); read-only data, to copy from, may not.
#include "rtti/private.h"

typedef struct Writer {
	IrUnit *u;
	Rtti *r;
	LSym *s;
	bool fresh;         // composite literals behind pointers and slices may be made
	bool dry;           // only look whether it can be done
} Writer;

static bool write_expr(Writer *w, u64 off, IrNode *n);

static LSym *stmp(Writer *w, Type *t)
{
	LSym *s = obj_symf(w->u->obj, ABI_STATIC, STR_FMT "..stmp_%u", STR_ARG(w->u->pkg->path), w->r->nstmp++);
	obj_define(w->u->obj, s, type_has_pointers(t) ? SYM_DATA : SYM_NOPTRDATA, OBJ_SEQ_NAME);
	s->local = s->static_tmp = true;
	s->size = (u64)type_size(t); // alignment: by size, at least the type's; assembly counts on it
	s->gotype = rtti_type(w->u, t);
	return s;
}

static void write_uint(Writer *w, u64 off, i64 size, u64 v)
{
	if (w->dry)
		return;
	switch (size) {
	case 1: sym_u8(w->u->obj, w->s, off, (u8)v); break;
	case 2: sym_u16(w->u->obj, w->s, off, (u16)v); break;
	case 4: sym_u32(w->u->obj, w->s, off, (u32)v); break;
	case 8: sym_u64(w->u->obj, w->s, off, v); break;
	default: bug("static integer of %lld bytes", (long long)size);
	}
}

static void write_addr(Writer *w, u64 off, LSym *target, i64 add)
{
	if (!w->dry)
		sym_addr(w->u->obj, w->s, off, target, add);
}

static void write_float(Writer *w, u64 off, i64 size, const Const *c)
{
	if (size == 4) {
		float f = const_as_f32(c);
		u32 bits;
		memcpy(&bits, &f, 4);
		write_uint(w, off, 4, bits);
	} else {
		double d = const_as_f64(c);
		u64 bits;
		memcpy(&bits, &d, 8);
		write_uint(w, off, 8, bits);
	}
}

static bool write_const(Writer *w, u64 off, IrNode *n)
{
	if (w->dry)
		return true;
	Type *t = type_under(n->type);
	const Const *c = n->val;
	if (t->info & INFO_BOOL) {
		write_uint(w, off, 1, const_as_bool(c));
	} else if (t->info & INFO_STRING) {
		Str s = const_as_string(c);
		if (s.n && !w->dry) {
			sym_addr(w->u->obj, w->s, off, obj_string(w->u->obj, s), 0);
			sym_u64(w->u->obj, w->s, off + 8, s.n);
		}
	} else if (t->info & INFO_FLOAT) {
		write_float(w, off, type_size(t), c);
	} else if (t->info & INFO_COMPLEX) {
		Rtti *r = w->r;
		i64 half = type_size(t) / 2;
		write_float(w, off, half, const_real(r->arena, c));
		write_float(w, off + (u64)half, half, const_imag(r->arena, c));
	} else {
		write_uint(w, off, type_size(t), const_wrap64(const_kind(c) == CONST_INT ? c : const_to_int(w->r->arena, c)));
	}
	return true;
}

// The symbol and offset of an addressable expression that stands still: a global, fields and elements of one.
static bool static_place(Writer *w, IrNode *n, LSym **s, i64 *off)
{
	switch (n->op) {
	case IR_GLOBAL:
		*s = w->dry ? NULL : ir_global_sym(w->u, n->global);
		*off = 0;
		return true;
	case IR_FIELD:
		if (!static_place(w, n->a, s, off))
			return false;
		*off += struct_offset(type_under(n->a->type), n->index);
		return true;
	case IR_INDEX: {
		i64 i;
		Type *t = type_under(n->a->type);
		if (t->kind != TY_ARRAY || n->b->op != IR_CONST || !const_is_i64(n->b->val, &i) || i < 0 || i >= t->array.len ||
		    !static_place(w, n->a, s, off))
			return false;
		*off += i * type_size(n->type);
		return true;
	}
	default:
		return false;
	}
}

static bool is_literal(IrNode *n)
{
	return n->op == IR_STRUCTLIT || n->op == IR_ARRAYLIT || n->op == IR_ZERO || n->op == IR_SLICELIT || n->op == IR_CONST ||
	       n->op == IR_NIL;
}

// The address of a new variable with the value n.
static bool write_new(Writer *w, u64 off, IrNode *n)
{
	if (!w->fresh)
		return false;
	if (w->dry)
		return write_expr(w, 0, n);
	Writer inner = *w;
	inner.s = stmp(w, n->type);
	if (!write_expr(&inner, 0, n))
		return false;
	write_addr(w, off, inner.s, 0);
	return true;
}

static bool write_elems(Writer *w, u64 off, IrNode *n, Type *elem)
{
	i64 size = type_size(elem);
	for (u32 i = 0; i < n->list.n; i++) {
		i64 at = n->indices ? n->indices[i] : i;
		if (n->list.p[i] && !write_expr(w, off + (u64)(at * size), n->list.p[i]))
			return false;
	}
	return true;
}

static bool write_slice(Writer *w, u64 off, IrNode *n)
{
	if (!w->fresh)
		return false;
	Type *elem = type_under(n->type)->slice.elem;
	Writer inner = *w;
	if (!w->dry) {
		if (n->imm2 == 0) { // not nil: any address will do
			write_addr(w, off, obj_symf(w->u->obj, ABI0, "runtime.zerobase"), 0);
			return true;
		}
		inner.s = stmp(w, types_canon(type_new_array(w->r->arena, elem, n->imm2)));
	}
	if (!write_elems(&inner, 0, n, elem))
		return false;
	write_addr(w, off, inner.s, 0);
	write_uint(w, off + 8, 8, (u64)n->imm2);
	write_uint(w, off + 16, 8, (u64)n->imm2);
	return true;
}

// []byte("text")
static bool write_bytes(Writer *w, u64 off, IrNode *n)
{
	if (!w->fresh || n->a->op != IR_CONST)
		return false;
	if (w->dry)
		return true;
	Str s = const_as_string(n->a->val);
	if (!s.n) {
		write_addr(w, off, obj_symf(w->u->obj, ABI0, "runtime.zerobase"), 0);
		return true;
	}
	LSym *bytes = stmp(w, types_canon(type_new_array(w->r->arena, TYPE(UINT8), s.n)));
	sym_bytes(w->u->obj, bytes, 0, s.p, s.n);
	write_addr(w, off, bytes, 0);
	write_uint(w, off + 8, 8, s.n);
	write_uint(w, off + 16, 8, s.n);
	return true;
}

// A read-only symbol named by its content, for boxed constants and literals to copy from.
static LSym *readonly_sym(IrUnit *u, Rtti *r, IrNode *n)
{
	// n may be a node on somebody's stack: its address says nothing about it.
	LSym *s, *tmp = obj_local(u->obj, S("..literal"));
	Writer w = {u, r, tmp, false, false};
	sym_grow(u->obj, tmp, (u64)type_size(n->type));
	if (!write_expr(&w, 0, n))
		return NULL;
	Sha256 h;
	sha256_init(&h);
	sha256_add(&h, tmp->data, tmp->ndata);
	for (u32 i = 0; i < tmp->nrelocs; i++) {
		Reloc *x = &tmp->relocs[i];
		sha256_add(&h, &x->off, 4);
		sha256_add(&h, &x->add, 8);
		sha256_add(&h, x->sym->name.p, x->sym->name.n);
	}
	u32 align = (u32)MAX(type_align(n->type), 1);
	sha256_add(&h, &align, 4);
	u8 sum[32];
	sha256_end(&h, sum);
	s = obj_symf(u->obj, ABI0, "go:literal.%016llx%016llx", (unsigned long long)get_u64(sum), (unsigned long long)get_u64(sum + 8));
	if (obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		sym_bytes(u->obj, s, 0, tmp->data, tmp->ndata);
		s->size = tmp->size;
		for (u32 i = 0; i < tmp->nrelocs; i++)
			*sym_reloc(u->obj, s) = tmp->relocs[i];
		s->dupok = s->local = true;
		s->align = align;
	}
	return s;
}

static bool write_iface(Writer *w, u64 off, IrNode *n)
{
	Type *from = n->a->type;
	bool direct = rtti_is_direct_iface(from);
	if (w->dry) {
		Writer inner = *w;
		inner.fresh = direct && w->fresh;
		return write_expr(&inner, 0, n->a);
	}
	write_addr(w, off, rtti_iface_word(w->u, from, n->type), 0);
	rtti_mark_used_in_iface(w->u, w->s, from);
	if (direct)
		return write_expr(w, off + 8, n->a);
	if (type_size(from) == 0) {
		write_addr(w, off + 8, obj_symf(w->u->obj, ABI0, "runtime.zerobase"), 0);
		return true;
	}
	LSym *s = readonly_sym(w->u, w->r, n->a);
	if (!s)
		return false;
	write_addr(w, off + 8, s, 0);
	return true;
}

static bool write_expr(Writer *w, u64 off, IrNode *n)
{
	switch (n->op) {
	case IR_NIL:
	case IR_ZERO:
		return true;
	case IR_CONST:
		return write_const(w, off, n);
	case IR_FUNC:
		if (!w->dry)
			write_addr(w, off, ir_func_value_sym(w->u, n->func), 0);
		return true;
	case IR_CLOSURE:
		if (n->func->captures.n)
			return false;
		if (!w->dry) {
			ir_need(w->u, n->func);
			write_addr(w, off, ir_func_value_sym(w->u, n->func), 0);
		}
		return true;
	case IR_CONVNOP: {
		Type *from = type_under(n->a->type), *to = type_under(n->type);
		// uintptr(unsafe.Pointer(&x)) would hide a pointer from the collector.
		bool same = type_has_pointers(from) == type_has_pointers(to);
		return same && type_size(from) == type_size(to) && write_expr(w, off, n->a);
	}
	case IR_CONVIFACE:
		return write_iface(w, off, n);
	case IR_ADDR: {
		LSym *s;
		i64 add;
		if (static_place(w, n->a, &s, &add)) {
			write_addr(w, off, s, add);
			return true;
		}
		return is_literal(n->a) && write_new(w, off, n->a);
	}
	case IR_NEW: {
		// &T{} is data; new(T) is allocated when the program starts, as with gc, and programs can tell (internal/synctest).
		if (!w->fresh || n->a || !(n->flags & IRF_IMPLICIT))
			return false;
		Type *elem = type_under(n->type)->pointer.elem;
		if (!w->dry)
			write_addr(w, off, type_size(elem) ? stmp(w, elem) : obj_symf(w->u->obj, ABI0, "runtime.zerobase"), 0);
		return true;
	}
	case IR_STRUCTLIT: {
		Type *t = type_under(n->type);
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i] && !write_expr(w, off + (u64)struct_offset(t, i), n->list.p[i]))
				return false;
		return true;
	}
	case IR_ARRAYLIT:
		return write_elems(w, off, n, type_under(n->type)->array.elem);
	case IR_SLICELIT:
		return write_slice(w, off, n);
	case IR_STR2BYTES:
		return write_bytes(w, off, n);
	default:
		return false;
	}
}

bool data_is_static(IrNode *n)
{
	Writer w = {.fresh = true, .dry = true};
	return write_expr(&w, 0, n);
}

bool data_static(IrUnit *u, LSym *dst, u64 off, IrNode *n)
{
	if (!data_is_static(n))
		return false;
	Rtti *r = rtti_lock(u);
	Writer w = {u, r, dst, true, false};
	sym_grow(u->obj, dst, off + (u64)type_size(n->type));
	bool ok = write_expr(&w, off, n);
	rtti_unlock(r);
	return ok;
}

LSym *data_readonly(IrUnit *u, IrNode *n)
{
	Writer look = {.fresh = false, .dry = true};
	if (!write_expr(&look, 0, n))
		return NULL;
	Rtti *r = rtti_lock(u);
	LSym *s = readonly_sym(u, r, n);
	rtti_unlock(r);
	return s;
}

void data_global(IrUnit *u, IrGlobal *g, IrNode *init)
{
	LSym *s = ir_global_sym(u, g);
	bool pointers = type_has_pointers(g->type);
	bool zero = !init || init->op == IR_NIL || init->op == IR_ZERO;
	// In order of declaration: with init or without, the variable's place does not change.
	if (!obj_define(u->obj, s, zero ? (pointers ? SYM_BSS : SYM_NOPTRBSS) : (pointers ? SYM_DATA : SYM_NOPTRDATA), OBJ_SEQ_NAME))
		return;
	s->size = (u64)type_size(g->type); // alignment: by size, as for ..stmp
	s->gotype = rtti_type(u, g->type);
	obj_var_dwarf(u->obj, s);
	g->settled = init != NULL;
	if (!zero)
		data_static(u, s, 0, init);
}

static void make_data(LSym *s, const IrGlobal *g)
{
	s->kind = type_has_pointers(g->type) ? SYM_DATA : SYM_NOPTRDATA;
}

bool data_settle(IrUnit *u, IrGlobal *g, IrNode *n)
{
	LSym *s = ir_global_sym(u, g);
	if (g->settled || !s->defined || s->ndata || s->nrelocs || n->type != g->type || !data_is_static(n))
		return false;
	g->settled = true;
	if (n->op == IR_NIL || n->op == IR_ZERO)
		return true;
	make_data(s, g);
	return data_static(u, s, 0, n);
}

// Strings are left alone: the linker may replace them (-X).
bool data_copy(IrUnit *u, IrGlobal *g, IrGlobal *from)
{
	if (from->pkg != u->pkg || !from->settled || from->type != g->type || type_is(g->type, INFO_STRING))
		return false;
	data_global(u, g, NULL);
	g->settled = true;
	LSym *s = ir_global_sym(u, g), *old = ir_global_sym(u, from);
	if (!old->ndata && !old->nrelocs)
		return true;
	make_data(s, g);
	sym_bytes(u->obj, s, 0, old->data, old->ndata);
	for (u32 i = 0; i < old->nrelocs; i++) {
		Reloc r = old->relocs[i];
		*sym_reloc(u->obj, s) = r;
	}
	return true;
}
