// build_slice.c: strings, slices and arrays: indexing, slicing, append, copy, concatenation. Facts:
// cmd/compile/internal/ssagen/ssa.go (slice, append), walk/assign.go (appendSlice), walk/builtin.go, walk/expr.go.
#include "ssa/build.h"

static Ref bounds(Builder *b, Ref i, Ref len, BoundsKind kind, bool sg)
{
	i64 c, l;
	if (is_const(b, i, &c) && is_const(b, len, &l) && c >= 0 && (kind == BOUNDS_INDEX ? c < l : c <= l))
		return i;
	if (b->u->no_bounds)
		return i;
	Ref r = e2(b, SSA_BOUNDS, SSA_I64, i, len);
	b->f->vals[r].imm = kind;
	if (sg)
		b->f->vals[r].flags |= VF_SIGNED;
	return r;
}

// The index of array element n, checked where n is.
static Ref array_index(Builder *b, IrNode *n)
{
	bool sg = is_signed(n->b->type);
	Ref i = to_i64(b, expr1(b, n->b), sg);
	set_pos(b, n);
	return n->flags & IRF_BOUNDED ? i : bounds(b, i, ci(b, SSA_I64, type_under(n->a->type)->array.len), BOUNDS_INDEX, sg);
}

static Ref scaled(Builder *b, Ref i, i64 size)
{
	i64 c;
	if (is_const(b, i, &c))
		return ci(b, SSA_I64, c * size);
	return size == 1 ? i : e2(b, SSA_MUL, SSA_I64, i, ci(b, SSA_I64, size));
}

Mem index_mem(Builder *b, IrNode *n)
{
	Type *u = type_under(n->a->type);
	bool bounded = n->flags & IRF_BOUNDED;
	if (u->kind == TY_ARRAY) {
		Mem m = addr(b, n->a);
		Ref i = array_index(b, n);
		i64 c, size = type_size(u->array.elem);
		if (is_const(b, i, &c))
			return mem_at(m, c * size);
		Mem r = m;
		r.p = add_ptr(b, m.p, scaled(b, i, size));
		return r;
	}
	Ref p, len;
	slice_parts(b, n->a, &p, &len, NULL);
	i64 size = u->kind == TY_SLICE ? type_size(u->slice.elem) : 1;
	Ref i = expr1(b, n->b);
	set_pos(b, n);
	bool sg = is_signed(n->b->type);
	i = to_i64(b, i, sg);
	if (!bounded)
		i = bounds(b, i, len, BOUNDS_INDEX, sg);
	Mem m = mem_of_ptr(b, p);
	m.good = true;
	i64 c;
	if (is_const(b, i, &c) && c >= 0 && c < 1 << 24)
		return mem_at(m, c * size);
	m.p = add_ptr(b, p, scaled(b, i, size));
	return m;
}

Rv index_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->a->type);
	if (u->kind == TY_MAP)
		return map_index(b, n);
	if (u->kind == TY_ARRAY && !is_addressable(b, n->a)) {
		Rv a = expr(b, n->a);
		Ref i = array_index(b, n);
		if (a.sh->ssa) { // of length 0 or 1
			if (u->array.len == 0)
				return rv_zero(b, sh);
			a.sh = sh;
			return a;
		}
		Mem m = mem_of_ptr(b, a.c[0]);
		m.p = add_ptr(b, m.p, scaled(b, i, sh->size));
		return mem_load(b, m, sh);
	}
	return mem_load(b, index_mem(b, n), sh);
}

// ---- a[i:j:k] ---------------------------------------------------------------------------------------------------

Rv slice_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->a->type);
	IrNode *lo = n->list.n > 0 ? n->list.p[0] : NULL, *hi = n->list.n > 1 ? n->list.p[1] : NULL,
		*max = n->list.n > 2 ? n->list.p[2] : NULL;
	bool bounded = n->flags & IRF_BOUNDED, str = u->kind == TY_BASIC;
	Ref p, len, cap = 0;
	i64 size = 1;
	if (u->kind == TY_POINTER) {
		Type *at = type_under(u->pointer.elem);
		p = expr1(b, n->a);
		set_pos(b, n);
		if (!(n->flags & IRF_NONNIL))
			p = nil_check(b, p);
		p = to_ptr(b, p);
		len = cap = ci(b, SSA_I64, at->array.len);
		size = type_size(at->array.elem);
	} else if (str) {
		slice_parts(b, n->a, &p, &len, NULL);
		cap = len;
	} else {
		slice_parts(b, n->a, &p, &len, &cap);
		size = type_size(u->slice.elem);
	}
	bool is_len = u->kind == TY_POINTER; // cap is what the message calls the length
	Ref i = lo ? to_i64(b, expr1(b, lo), is_signed(lo->type)) : ci(b, SSA_I64, 0);
	Ref j = hi ? to_i64(b, expr1(b, hi), is_signed(hi->type)) : len;
	Ref k = max ? to_i64(b, expr1(b, max), is_signed(max->type)) : cap;
	set_pos(b, n);
	if (!bounded) {
		if (max) {
			k = bounds(b, k, cap, is_len ? BOUNDS_SLICE3_ALEN : BOUNDS_SLICE3_ACAP, is_signed(max->type));
			j = bounds(b, j, k, BOUNDS_SLICE3_B, !hi || is_signed(hi->type));
			i = bounds(b, i, j, BOUNDS_SLICE3_C, !lo || is_signed(lo->type));
		} else {
			if (hi)
				j = bounds(b, j, k, str || is_len ? BOUNDS_SLICE_ALEN : BOUNDS_SLICE_ACAP, is_signed(hi->type));
			if (lo)
				i = bounds(b, i, j, BOUNDS_SLICE_B, is_signed(lo->type));
		}
	}
	i64 c;
	bool zero = is_const(b, i, &c) && c == 0;
	Ref rlen = zero ? j : e2(b, SSA_SUB, SSA_I64, j, i);
	if (str) {
		if (zero)
			return (Rv){sh, {p, rlen}};
		// a pointer past the end must not keep the next object alive: offset & mask(len > 0)
		Ref mask = e2(b, SSA_SAR, SSA_I64, e1(b, SSA_NEG, SSA_I64, rlen), ci(b, SSA_I8, 63));
		b->f->vals[mask].flags |= VF_BOUNDED;
		return (Rv){sh, {e2(b, SSA_ADDPTR, SSA_PTR, p, e2(b, SSA_AND, SSA_I64, i, mask)), rlen}};
	}
	Ref rcap = zero ? k : j == k ? rlen : e2(b, SSA_SUB, SSA_I64, k, i);
	if (zero || size == 0)
		return (Rv){sh, {p, rlen, rcap}};
	i64 cv;
	if (is_const(b, rcap, &cv) && cv > 0)
		return (Rv){sh, {add_ptr(b, p, scaled(b, i, size)), rlen, rcap}};
	Ref mask = e2(b, SSA_SAR, SSA_I64, e1(b, SSA_NEG, SSA_I64, rcap), ci(b, SSA_I8, 63));
	b->f->vals[mask].flags |= VF_BOUNDED;
	Ref off = e2(b, SSA_AND, SSA_I64, scaled(b, i, size), mask);
	return (Rv){sh, {e2(b, SSA_ADDPTR, SSA_PTR, p, off), rlen, rcap}};
}

// ---- append ---------------------------------------------------------------------------------------------------------

typedef struct Grown { u32 p, len, cap; Ref old_len; } Grown;

// The array in the frame for what is appended to a slice, and the variable that has it, NULL: none.
static u32 append_buffer(Builder *b, IrNode *slice, Type *et, VarInfo **vi)
{
	*vi = slice->op == IR_VAR ? var_info(b, slice->var) : NULL;
	if (!*vi)
		return small_array(b, et);
	if (!(*vi)->buffer)
		(*vi)->buffer = small_array(b, et) + 1;
	return (*vi)->buffer - 1;
}

static bool may_be_in_frame(Builder *b, IrNode *n, Type *et)
{
	i64 size = type_size(et);
	return n->esc_none && size > 0 && size <= SMALL_ARRAY && !b->u->no_opt && (n->a->op != IR_VAR || var_info(b, n->a->var)->where == AT_SSA);
}

// Once in a function, the first elements that are appended to a slice n->a which does not escape go to an array in the frame.
// Goes on to `go` if they do; otherwise what comes next makes room in the heap.
static void grow_in_frame(Builder *b, IrNode *n, const Grown *g, Ref len, Type *et, BlockId go)
{
	VarInfo *vi;
	if (n->a->op == IR_VAR && var_info(b, n->a->var)->buffer_given)
		return;
	u32 slot = append_buffer(b, n->a, et, &vi);
	if (vi)
		vi->buffer_given = true;
	u32 used = sv_new(b, SSA_I8); // at the entry: false
	BlockId fits = bl_new(b), unused = bl_new(b), empty = bl_new(b), heap = bl_new(b);
	Ref cap = ci(b, SSA_I64, SMALL_ARRAY / type_size(et));
	bl_if(b, e2(b, SSA_LE, SSA_I8, len, cap), fits, heap, 1);
	bl_seal(b, fits);
	bl_start(b, fits);
	bl_if(b, sv_get(b, used), heap, unused, -1);
	bl_seal(b, unused);
	bl_start(b, unused);
	bl_if(b, e2(b, SSA_EQ, SSA_I8, g->old_len, ci(b, SSA_I64, 0)), empty, heap, 1);
	bl_seal(b, empty);
	bl_seal(b, heap);
	bl_start(b, empty);
	sv_set(b, used, ci(b, SSA_I8, 1));
	slot_clear(b, slot);
	sv_set(b, g->p, slot_addr(b, slot, 0));
	sv_set(b, g->cap, ci(b, SSA_I64, SMALL_ARRAY / type_size(et)));
	bl_goto(b, go);
	bl_start(b, heap);
}

static Ref points_into(Builder *b, Ref p, u32 slot)
{
	Ref at = e2(b, SSA_SUB, SSA_I64, e1(b, SSA_PTRTOINT, SSA_I64, p), e1(b, SSA_PTRTOINT, SSA_I64, slot_addr(b, slot, 0)));
	return e2(b, SSA_ULT, SSA_I8, at, ci(b, SSA_I64, SMALL_ARRAY));
}

// The array in the frame that n->a, which is at p now, grows into in the steps that it would take in the heap. What moves to the
// heap then is no larger than it must be. When it comes into use, it holds no pointers that nobody else may know any more.
static Ref stepped_buffer(Builder *b, IrNode *n, Ref p, Type *et)
{
	VarInfo *vi;
	u32 slot = append_buffer(b, n->a, et, &vi);
	if (type_has_pointers(et)) {
		BlockId clear = bl_new(b), end = bl_new(b);
		bl_if(b, points_into(b, p, slot), end, clear, 0);
		bl_seal(b, clear);
		bl_start(b, clear);
		slot_clear(b, slot);
		bl_goto(b, end);
		bl_seal(b, end);
		bl_start(b, end);
	}
	return slot_addr(b, slot, 0);
}

// s, whose array is in the heap now: see ir/moveslice.c.
Rv move_slice(Builder *b, IrNode *n)
{
	Rv s = expr(b, n->a);
	VarInfo *vi = var_info(b, n->a->var);
	Type *et = type_under(n->type)->slice.elem;
	i64 size = type_size(et);
	if (vi->where != AT_SSA || size == 0 || size > SMALL_ARRAY)
		return s;
	u32 slot = append_buffer(b, n->a, et, &vi), v[3];
	static const u8 res[] = {SSA_PTR, SSA_I64, SSA_I64};
	for (u32 i = 0; i < 3; i++) {
		v[i] = sv_new(b, res[i]);
		sv_set(b, v[i], s.c[i]);
	}
	set_pos(b, n);
	BlockId move = bl_new(b), end = bl_new(b);
	bl_if(b, points_into(b, s.c[0], slot), move, end, -1);
	bl_seal(b, move);
	bl_start(b, move);
	bool ptrs = type_has_pointers(et), keep = n->flags & IRF_KEEPCAP;
	Ref args[4] = {ptrs ? symaddr(b, rtti_type(b->u, et), 0) : ci(b, SSA_I64, size), s.c[0], s.c[1], s.c[2]}, out[3];
	rt_n(b, keep ? ptrs ? RT_moveSlice : RT_moveSliceNoScan : ptrs ? RT_moveSliceNoCap : RT_moveSliceNoCapNoScan, res, out, 3, args, keep ? 4 : 3);
	for (u32 i = 0; i < 3; i++)
		sv_set(b, v[i], out[i]);
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return (Rv){s.sh, {sv_get(b, v[0]), sv_get(b, v[1]), sv_get(b, v[2])}};
}

// Makes room for `add` more elements: SSA variables of the new slice, whose length is already the new one. n: the append, if the
// new array may be in the frame.
static Grown grow(Builder *b, IrNode *n, Rv s, Ref add, Type *et)
{
	Grown g = {sv_new(b, SSA_PTR), sv_new(b, SSA_I64), sv_new(b, SSA_I64), s.c[1]};
	Ref len = e2(b, SSA_ADD, SSA_I64, s.c[1], add);
	BlockId more = bl_new(b), go = bl_new(b);
	sv_set(b, g.p, s.c[0]);
	sv_set(b, g.len, len);
	sv_set(b, g.cap, s.c[2]);
	bl_if(b, e2(b, SSA_ULT, SSA_I8, s.c[2], len), more, go, -1);
	bl_seal(b, more);
	bl_start(b, more);
	bool framed = n && may_be_in_frame(b, n, et), stepped = framed && n->flags & IRF_KEEPCAP;
	if (framed && !stepped)
		grow_in_frame(b, n, &g, len, et, go);
	static const u8 res[] = {SSA_PTR, SSA_I64, SSA_I64};
	Ref out[3], args[7] = {s.c[0], len, s.c[2], add, symaddr(b, rtti_type(b->u, et), 0)};
	if (stepped) {
		args[5] = stepped_buffer(b, n, s.c[0], et);
		args[6] = ci(b, SSA_I64, SMALL_ARRAY / type_size(et));
	}
	rt_n(b, stepped ? RT_growsliceBuf : RT_growslice, res, out, 3, args, stepped ? 7 : 5);
	sv_set(b, g.p, out[0]);
	sv_set(b, g.len, out[1]);
	sv_set(b, g.cap, out[2]);
	bl_goto(b, go);
	bl_seal(b, go);
	bl_start(b, go);
	return g;
}

static Rv grown_rv(Builder *b, Grown g, const Shape *sh)
{
	return (Rv){sh, {sv_get(b, g.p), sv_get(b, g.len), sv_get(b, g.cap)}};
}

// append(s, make([]T, n)...): grows and clears.
static Rv append_make(Builder *b, IrNode *n, Rv s)
{
	const Shape *sh = shape_of(b, n->type);
	Type *et = type_under(n->type)->slice.elem;
	IrNode *mk = n->list.p[0];
	Ref add = to_i64(b, expr1(b, mk->a), is_signed(mk->a->type));
	i64 size = type_size(et);
	panic_if(b, e2(b, SSA_LT, SSA_I8, add, ci(b, SSA_I64, 0)), RT_panicmakeslicelen);
	Grown g = grow(b, NULL, s, add, et);
	if (size) { // nothing to clear: the address may be behind the array
		BlockId some = bl_new(b), end = bl_new(b);
		bl_if(b, e2(b, SSA_NE, SSA_I8, add, ci(b, SSA_I64, 0)), some, end, 1);
		bl_seal(b, some);
		bl_start(b, some);
		Ref p = add_ptr(b, sv_get(b, g.p), scaled(b, g.old_len, size));
		rt(b, type_has_pointers(et) ? RT_memclrHasPointers : RT_memclrNoHeapPointers, SSA_VOID, 2, p, scaled(b, add, size));
		bl_goto(b, end);
		bl_seal(b, end);
		bl_start(b, end);
	}
	return grown_rv(b, g, sh);
}

// append(s, t...)
static Rv append_slice(Builder *b, IrNode *n, Rv s)
{
	const Shape *sh = shape_of(b, n->type);
	Type *et = type_under(n->type)->slice.elem;
	IrNode *x = n->list.p[0];
	if (x->op == IR_MAKESLICE && !x->b)
		return append_make(b, n, s);
	Ref p, len;
	if (x->op == IR_NIL)
		return s;
	slice_parts(b, x, &p, &len, NULL);
	set_pos(b, n);
	Grown g = grow(b, NULL, s, len, et);
	i64 size = type_size(et);
	if (size) {
		if (type_has_pointers(et)) {
			Ref off = scaled(b, g.old_len, size);
			rt(b, RT_typedslicecopy, SSA_I64, 5, symaddr(b, rtti_type(b->u, et), 0), add_ptr(b, sv_get(b, g.p), off), len, p, len);
		} else {
			Ref off = scaled(b, g.old_len, size);
			rt(b, RT_memmove, SSA_VOID, 3, add_ptr(b, sv_get(b, g.p), off), p, scaled(b, len, size));
		}
	}
	return grown_rv(b, g, sh);
}

Rv append_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *et = type_under(n->type)->slice.elem;
	const Shape *es = shape_of(b, et);
	Rv s = rv_as(b, expr(b, n->a), sh);
	if (n->flags & IRF_DOTS)
		return append_slice(b, n, s);
	u32 k = n->list.n;
	if (k == 0)
		return s;
	// what is appended is evaluated before the slice grows: it may use the old array
	Rv few[8], *x = k <= LENGTH(few) ? few : NEWN(b->a, Rv, k);
	for (u32 i = 0; i < k; i++) {
		IrNode *e = n->list.p[i];
		x[i] = rv_as(b, expr(b, e), es);
		if (!x[i].sh->ssa && i + 1 < k && !is_simple(e) && e->op != IR_STRUCTLIT && e->op != IR_ARRAYLIT && e->op != IR_CALL && es->size) {
			u32 t = tmp_slot(b, et);
			mem_store(b, slot_mem(b, t), x[i]);
			x[i].c[0] = slot_addr(b, t, 0);
		}
	}
	set_pos(b, n);
	Grown g = grow(b, n, s, ci(b, SSA_I64, k), et);
	if (es->size) {
		Mem m = {.p = sv_get(b, g.p), .good = true};
		m.p = add_ptr(b, m.p, scaled(b, g.old_len, es->size));
		for (u32 i = 0; i < k; i++)
			mem_store(b, mem_at(m, i * es->size), x[i]);
	}
	return grown_rv(b, g, sh);
}

// Do x and y name the same variable, with nothing evaluated twice that could be seen or changed in between?
static bool same_place(IrNode *x, IrNode *y)
{
	for (;; x = x->a, y = y->a) {
		if (x->op != y->op)
			return false;
		switch (x->op) {
		case IR_VAR:
			return x->var == y->var;
		case IR_GLOBAL:
			return x->global == y->global;
		case IR_FIELD:
			if (x->index != y->index)
				return false;
			continue;
		case IR_DEREF:
			continue;
		case IR_MAPINDEX:
			if (!same_place(x->b, y->b))
				return false;
			continue;
		case IR_INDEX: {
			u8 k = type_under(x->a->type)->kind;
			i64 i, j;
			if (k != TY_SLICE && k != TY_ARRAY)
				return false;
			if (x->b->op == IR_VAR ? y->b->op != IR_VAR || x->b->var != y->b->var
				: !node_is_const(x->b, &i) || !node_is_const(y->b, &j) || i != j)
				return false;
			continue;
		}
		default:
			return false;
		}
	}
}

// s = append(s, ...) of a slice in memory: pointer and capacity, and the barrier, only where it grows. An element of a map is
// looked up once.
bool append_in_place(Builder *b, IrNode *lhs, IrNode *n)
{
	u32 k = n->list.n;
	bool map = lhs->op == IR_MAPINDEX;
	if (n->flags & IRF_DOTS || k == 0 || !(map || is_addressable(b, lhs)) || !same_place(lhs, n->a))
		return false;
	Type *et = type_under(n->type)->slice.elem;
	const Shape *es = shape_of(b, et);
	for (u32 i = 0; i < k; i++)
		if (!shape_of(b, n->list.p[i]->type)->ssa)
			return false;
	Rv few[8], *x = k <= LENGTH(few) ? few : NEWN(b->a, Rv, k);
	for (u32 i = 0; i < k; i++)
		x[i] = rv_as(b, expr(b, n->list.p[i]), es);
	set_pos(b, n);
	Mem m = map ? map_element(b, lhs) : addr(b, lhs);
	Ref old = load1(b, SSA_I64, mem_at(m, 8)), cap = load1(b, SSA_I64, mem_at(m, 16)), ptr = load1(b, SSA_PTR, m);
	Ref add = ci(b, SSA_I64, k), len = e2(b, SSA_ADD, SSA_I64, old, add);
	u32 p = sv_new(b, SSA_PTR);
	BlockId more = bl_new(b), go = bl_new(b);
	sv_set(b, p, ptr);
	bl_if(b, e2(b, SSA_ULT, SSA_I8, cap, len), more, go, -1);
	bl_seal(b, more);
	bl_start(b, more);
	static const u8 res[] = {SSA_PTR, SSA_I64, SSA_I64};
	Ref out[3];
	rt_n(b, RT_growslice, res, out, 3, (Ref[]){ptr, len, cap, add, symaddr(b, rtti_type(b->u, et), 0)}, 5);
	store1(b, mem_at(m, 16), out[2]);
	mem_store_comp(b, m, &(Comp){SSA_PTR, true, 0}, out[0]);
	sv_set(b, p, out[0]);
	bl_goto(b, go);
	bl_seal(b, go);
	bl_start(b, go);
	store1(b, mem_at(m, 8), len);
	if (es->size) {
		Mem d = {.p = add_ptr(b, sv_get(b, p), scaled(b, old, es->size)), .good = true};
		for (u32 i = 0; i < k; i++)
			mem_store(b, mem_at(d, i * es->size), x[i]);
	}
	return true;
}

// s = s[:n] of a slice or string in memory: only what changes is stored. Where barriers are forbidden, the runtime counts on
// it (cmd/compile/internal/ssagen/ssa.go, skipPtr).
bool slice_in_place(Builder *b, IrNode *lhs, IrNode *n)
{
	IrNode *lo = n->list.n > 0 ? n->list.p[0] : NULL, *hi = n->list.n > 1 ? n->list.p[1] : NULL,
		*max = n->list.n > 2 ? n->list.p[2] : NULL;
	i64 zero;
	if (type_under(n->a->type)->kind == TY_POINTER || (lo && !(node_is_const(lo, &zero) && zero == 0)) || (hi && ir_has_call(hi)) || (max && ir_has_call(max)) ||
		!is_addressable(b, lhs) || !same_place(lhs, n->a))
		return false;
	Rv x = slice_expr(b, n);
	Mem m = addr(b, lhs);
	if (max)
		store1(b, mem_at(m, 16), x.c[2]);
	if (hi)
		store1(b, mem_at(m, 8), x.c[1]);
	return true;
}

// ---- copy -----------------------------------------------------------------------------------------------------------

Rv copy_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, TYPE(INT));
	Type *et = type_under(n->a->type)->slice.elem;
	i64 size = type_size(et);
	Ref p, len, q, qlen;
	slice_parts(b, n->a, &p, &len, NULL);
	slice_parts(b, n->b, &q, &qlen, NULL);
	set_pos(b, n);
	if (type_has_pointers(et))
		return rv1(sh, rt(b, RT_typedslicecopy, SSA_I64, 5, symaddr(b, rtti_type(b->u, et), 0), p, len, q, qlen));
	Ref m = e3(b, SSA_SELECT, SSA_I64, e2(b, SSA_LT, SSA_I8, qlen, len), qlen, len);
	if (size == 0)
		return rv1(sh, m);
	BlockId move = bl_new(b), end = bl_new(b);
	bl_if(b, e2(b, SSA_NE, SSA_I8, p, q), move, end, 1);
	bl_seal(b, move);
	bl_start(b, move);
	rt(b, RT_memmove, SSA_VOID, 3, p, q, scaled(b, m, size));
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return rv1(sh, m);
}

// ---- concatenation --------------------------------------------------------------------------------------------------

Rv concat(Builder *b, Rv *s, u32 n, bool on_stack)
{
	const Shape *sh = shape_of(b, TYPE(STRING));
	static const u8 res[] = {SSA_PTR, SSA_I64};
	Ref buf;
	if (on_stack) {
		u32 t = tmp_slot(b, type_new_array(b->a, TYPE(UINT8), 32));
		b->f->slots[t].addr_taken = true;
		buf = slot_addr(b, t, 0);
	} else {
		buf = ci(b, SSA_PTR, 0);
	}
	Rv r = {sh, {0}};
	if (n <= 4) { // nine registers: the buffer and four strings
		Ref args[9];
		u32 k = 0;
		args[k++] = buf;
		for (u32 i = 0; i < n; i++)
			args[k++] = s[i].c[0], args[k++] = s[i].c[1];
		rt_n(b, n == 2 ? RT_concatstring2 : n == 3 ? RT_concatstring3 : RT_concatstring4, res, r.c, 2, args, k);
		return r;
	}
	Type *at = type_new_array(b->a, TYPE(STRING), n);
	u32 t = tmp_slot(b, at);
	b->f->slots[t].addr_taken = true;
	for (u32 i = 0; i < n; i++)
		mem_store(b, mem_at(slot_mem(b, t), 16 * i), s[i]);
	Ref len = ci(b, SSA_I64, n);
	rt_n(b, RT_concatstrings, res, r.c, 2, (Ref[]){buf, slot_addr(b, t, 0), len, len}, 4);
	return r;
}

Rv concat_expr(Builder *b, IrNode *n)
{
	u32 k = n->list.n;
	Rv few[8], *s = k <= LENGTH(few) ? few : NEWN(b->a, Rv, k);
	for (u32 i = 0; i < k; i++)
		s[i] = expr(b, n->list.p[i]);
	set_pos(b, n);
	Rv r = k == 1 ? s[0] : concat(b, s, k, n->esc_none);
	return rv_as(b, r, shape_of(b, n->type));
}
