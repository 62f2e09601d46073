// build_lit.c: what makes new things: composite literals, closures, new and make. Facts:
// cmd/compile/internal/walk/complit.go, closure.go, builtin.go.
#include "ssa/build.h"

// A new object of type t, zeroed; on_stack: escape analysis says that it may be in the frame.
Ref new_object(Builder *b, Type *t, bool on_stack)
{
	const Shape *sh = shape_of(b, t);
	if (on_stack) {
		u32 s = tmp_slot(b, t);
		b->f->slots[s].addr_taken = true;
		mem_zero(b, slot_mem(b, s), sh);
		return slot_addr(b, s, 0);
	}
	if (sh->size == 0)
		return symaddr(b, obj_sym(b->u->obj, S("runtime.zerobase"), ABI0), 0);
	Ref type = symaddr(b, rtti_type(b->u, t), 0), r;
	if (!rt_malloc(b, sh->size, type_has_pointers(t), type, &r))
		r = rt(b, RT_newobject, SSA_PTR, 1, type);
	b->f->vals[r].flags |= VF_NONNIL;
	return r;
}

static bool all_simple(IrNode *n)
{
	for (u32 i = 0; i < n->list.n; i++) {
		IrNode *e = n->list.p[i];
		if (!e)
			continue;
		if (e->op == IR_STRUCTLIT || e->op == IR_ARRAYLIT) {
			if (!all_simple(e))
				return false;
		} else if (!is_simple(e)) {
			return false;
		}
	}
	return true;
}

// How many elements of the literal are not given.
static bool is_sparse(IrNode *n)
{
	Type *u = type_under(n->type);
	if (u->kind == TY_STRUCT) {
		for (u32 i = 0; i < n->list.n; i++)
			if (!n->list.p[i])
				return true;
		if (n->list.n < u->structt.n)
			return true;
		i64 bytes = 0; // padding needs no care: it is never compared
		(void)bytes;
		return false;
	}
	return n->list.n < u->array.len || n->indices;
}

static void lit_parts(Builder *b, Mem dst, IrNode *n, bool zeroed)
{
	Type *u = type_under(n->type);
	for (u32 i = 0; i < n->list.n; i++) {
		IrNode *e = n->list.p[i];
		i64 off = u->kind == TY_STRUCT ? struct_offset(u, i)
			: (n->op != IR_STRUCTLIT && n->indices ? n->indices[i] : (i64)i) * type_size(u->kind == TY_ARRAY ? u->array.elem : u->slice.elem);
		Type *et = u->kind == TY_STRUCT ? u->structt.fields[i]->type : u->kind == TY_ARRAY ? u->array.elem : u->slice.elem;
		const Shape *es = shape_of(b, et);
		if (!e) {
			if (!zeroed)
				mem_zero(b, mem_at(dst, off), es);
			continue;
		}
		if (e->op == IR_ZERO && zeroed)
			continue;
		Mem m = mem_at(dst, off);
		if ((e->op == IR_STRUCTLIT || e->op == IR_ARRAYLIT) && !shape_of(b, e->type)->ssa) {
			if (!zeroed && is_sparse(e))
				mem_zero(b, m, es);
			lit_parts(b, m, e, zeroed || is_sparse(e));
			continue;
		}
		if (!es->ssa) {
			expr_into(b, m, e, true);
			continue;
		}
		mem_store(b, m, rv_as(b, expr(b, e), es));
	}
}

// Large literals all known at link time are copied from read-only data.
static bool lit_static(Builder *b, Mem dst, IrNode *n, const Shape *sh)
{
	if (sh->size <= 64 || n->list.n <= 4 || !data_is_static(n))
		return false;
	LSym *ro = data_readonly(b->u, n);
	if (!ro)
		return false;
	mem_copy(b, dst, symaddr(b, ro, 0), sh, false);
	return true;
}

void lit_into(Builder *b, Mem dst, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	if (sh->size == 0) {
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i] && !is_simple(n->list.p[i]))
				expr(b, n->list.p[i]);
		return;
	}
	if (lit_static(b, dst, n, sh))
		return;
	bool zero = is_sparse(n) || (sh->ptrs && !all_simple(n)); // the collector may look in between
	if (zero)
		mem_zero(b, dst, sh);
	lit_parts(b, dst, n, zero || dst.fresh);
}

static Rv slice_lit(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *et = type_under(n->type)->slice.elem;
	i64 len = n->imm2;
	Ref l = ci(b, SSA_I64, len);
	Type *at = types_canon(type_new_array(b->a, et, len));
	const Shape *as = shape_of(b, at);
	IrNode arr = *n;
	arr.op = IR_ARRAYLIT;
	arr.type = at;
	Ref p;
	if (n->esc_none) {
		u32 s = tmp_slot(b, at);
		b->f->slots[s].addr_taken = true;
		Mem m = slot_mem(b, s);
		if (!lit_static(b, m, &arr, as)) {
			bool zero = n->indices || n->list.n < len || (as->ptrs && !all_simple(n));
			if (zero)
				mem_zero(b, m, as);
			lit_parts(b, m, &arr, zero);
		}
		p = slot_addr(b, s, 0);
	} else {
		p = new_object(b, at, false);
		Mem m = {.p = p, .fresh = true, .good = true};
		if (!lit_static(b, m, &arr, as))
			lit_parts(b, m, &arr, true);
	}
	return (Rv){sh, {p, l, l}};
}

Rv lit_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->type);
	if (n->op == IR_SLICELIT)
		return slice_lit(b, n);
	if (!sh->ssa) {
		u32 s = tmp_slot(b, n->type);
		lit_into(b, slot_mem(b, s), n);
		return (Rv){sh, {slot_addr(b, s, 0)}};
	}
	Rv v = {sh, {0}};
	u32 k = 0;
	if (n->op == IR_ARRAYLIT) { // at most one element
		if (u->array.len == 0)
			return v;
		if (n->list.n == 0 || !n->list.p[0])
			return rv_zero(b, sh);
		Rv e = rv_as(b, expr(b, n->list.p[0]), shape_of(b, u->array.elem));
		e.sh = sh;
		return e;
	}
	for (u32 i = 0; i < u->structt.n; i++) {
		const Shape *fs = shape_of(b, u->structt.fields[i]->type);
		IrNode *e = i < n->list.n ? n->list.p[i] : NULL;
		Rv f = e ? rv_as(b, expr(b, e), fs) : rv_zero(b, fs);
		for (u32 j = 0; j < fs->n; j++)
			v.c[k++] = f.c[j];
	}
	return v;
}

Rv lit_addr(Builder *b, IrNode *n, Type *ptr, bool on_stack)
{
	const Shape *ps = shape_of(b, ptr), *sh = shape_of(b, n->type);
	if (n->op == IR_SLICELIT || n->op == IR_MAPLIT) { // a pointer to a variable that holds it
		Rv v = expr(b, n);
		Ref p = new_object(b, n->type, on_stack);
		Mem m = mem_of_ptr(b, p);
		m.fresh = !m.stack, m.good = true;
		mem_store(b, m, v);
		return rv1(ps, p);
	}
	if (sh->ssa) { // evaluate first: no zeroing is needed
		Rv v = expr(b, n);
		Ref p = new_object(b, n->type, on_stack);
		Mem m = mem_of_ptr(b, p);
		m.fresh = !m.stack, m.good = true;
		mem_store(b, m, v);
		return rv1(ps, p);
	}
	if (on_stack) {
		u32 s = tmp_slot(b, n->type);
		b->f->slots[s].addr_taken = true;
		lit_into(b, slot_mem(b, s), n);
		return rv_as(b, rv1(shape_of(b, TYPE(UNSAFEPTR)), slot_addr(b, s, 0)), ps);
	}
	Ref p = new_object(b, n->type, false);
	Mem m = {.p = p, .fresh = true, .good = true};
	if (!lit_static(b, m, n, sh))
		lit_parts(b, m, n, true);
	return rv_as(b, rv1(shape_of(b, TYPE(UNSAFEPTR)), p), ps);
}

// ---- closures -------------------------------------------------------------------------------------------------

Rv closure_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	IrFunc *f = n->func;
	ir_need(b->u, f);
	if (n->list.n == 0)
		return rv1(sh, symaddr(b, ir_func_value_sym(b->u, f), 0));
	// struct { F uintptr; captured ... }
	Type **types = NEWN(b->a, Type *, n->list.n + 1);
	types[0] = TYPE(UINTPTR);
	for (u32 i = 0; i < n->list.n; i++)
		types[i + 1] = f->captures.p[i]->by_ref ? TYPE(UNSAFEPTR) : f->captures.p[i]->type;
	Type *t = make_struct(b, types, n->list.n + 1);
	Rv *x = NEWN(b->a, Rv, n->list.n);
	for (u32 i = 0; i < n->list.n; i++) {
		IrNode *v = n->list.p[i];
		if (!f->captures.p[i]->by_ref) {
			x[i] = expr(b, v);
			continue;
		}
		Mem m = addr(b, v);
		Value *p = &b->f->vals[m.p];
		if (p->op == SSA_SLOTADDR)
			b->f->slots[p->imm2].addr_taken = true;
		x[i] = rv1(shape_of(b, TYPE(UNSAFEPTR)), mem_ptr(b, m));
	}
	Ref code = e1(b, SSA_PTRTOINT, SSA_I64, symaddr(b, ir_func_sym(b->u, f), 0));
	Mem m;
	Ref p;
	if (n->esc_none) {
		u32 s = tmp_slot(b, t);
		b->f->slots[s].addr_taken = true;
		m = slot_mem(b, s);
		p = slot_addr(b, s, 0);
	} else {
		p = new_object(b, t, false);
		m = (Mem){.p = p, .fresh = true, .good = true};
	}
	store1(b, m, code);
	for (u32 i = 0; i < n->list.n; i++)
		mem_store(b, mem_at(m, closure_offset(f, i)), x[i]);
	return rv1(sh, p);
}

// ---- make([]T, len, cap) ------------------------------------------------------------------------------------------

u32 small_array(Builder *b, Type *elem)
{
	Type *t = type_new_array(b->a, elem, SMALL_ARRAY / type_size(elem));
	u32 s = slot_new(b->f, NULL, t, type_size(t), 8); // aligned as what the heap gives
	b->f->slots[s].addr_taken = true;
	return s;
}

Rv make_slice(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *et = type_under(n->type)->slice.elem;
	i64 size = type_size(et), cl, cc;
	Ref len = to_i64(b, expr1(b, n->a), is_signed(n->a->type));
	Ref cap = n->b ? to_i64(b, expr1(b, n->b), is_signed(n->b->type)) : len;
	set_pos(b, n);
	if (n->esc_none && is_const(b, cap, &cc) && cc >= 0 && (size == 0 || cc <= (1 << 16) / size)) {
		// the array is in the frame; a length that is not constant must still fit
		if (is_const(b, len, &cl) && (cl < 0 || cl > cc)) {
			rt_panic(b, cl < 0 ? RT_panicmakeslicelen : RT_panicmakeslicecap, 0);
			bl_need(b);
			len = cap;
		} else if (!is_const(b, len, &cl)) {
			panic_if(b, e2(b, SSA_LT, SSA_I8, len, ci(b, SSA_I64, 0)), RT_panicmakeslicelen);
			panic_if(b, e2(b, SSA_LT, SSA_I8, cap, len), RT_panicmakeslicecap);
		}
		return (Rv){sh, {new_object(b, type_new_array(b->a, et, cc), true), len, cap}};
	}
	u32 pv = UINT32_MAX;
	BlockId end = 0;
	if (n->esc_none && size > 0 && size <= SMALL_ARRAY && !b->u->no_opt) { // few elements are in the frame
		Ref most = ci(b, SSA_I64, SMALL_ARRAY / size);
		BlockId small = bl_new(b), large = bl_new(b);
		end = bl_new(b);
		pv = sv_new(b, SSA_PTR);
		bl_if(b, e2(b, SSA_ULE, SSA_I8, cap, most), small, large, 0);
		bl_seal(b, small);
		bl_seal(b, large);
		bl_start(b, small);
		if (n->b) {
			panic_if(b, e2(b, SSA_LT, SSA_I8, len, ci(b, SSA_I64, 0)), RT_panicmakeslicelen);
			panic_if(b, e2(b, SSA_LT, SSA_I8, cap, len), RT_panicmakeslicecap);
		}
		u32 s = small_array(b, et);
		slot_clear(b, s);
		sv_set(b, pv, slot_addr(b, s, 0));
		bl_goto(b, end);
		bl_start(b, large);
	}
	// unsigned sizes beyond the range of int are negative here, and panic as too large all the same
	Ref p = rt(b, RT_makeslice, SSA_PTR, 3, symaddr(b, rtti_type(b->u, et), 0), len, cap);
	b->f->vals[p].flags |= VF_NONNIL;
	if (end) {
		sv_set(b, pv, p);
		bl_goto(b, end);
		bl_seal(b, end);
		bl_start(b, end);
		p = sv_get(b, pv);
	}
	return (Rv){sh, {p, len, cap}};
}
