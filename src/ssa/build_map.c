// build_map.c: maps, through the runtime. Facts: cmd/compile/internal/walk/expr.go (walkIndexMap), walk/walk.go
// (mapfast), walk/range.go, walk/complit.go (maplit), internal/runtime/maps.
#include "ssa/build.h"

enum { ZERO_VAL_SIZE = 1024 }; // internal/abi.ZeroValSize
static const u64 CTRL_EMPTY = 0x8080808080808080u; // internal/abi.MapCtrlEmpty

// The key as the runtime function of that speed takes it; returns how many arguments it is.
static u32 key_args(Builder *b, int fast, Rv key, bool assign, Ref *args)
{
	switch (fast) {
	case MAP_FAST32:
		args[0] = as_word(b, key, SSA_I32);
		return 1;
	case MAP_FAST64: case MAP_FAST32PTR:
		args[0] = as_word(b, key, SSA_I64);
		return 1;
	case MAP_FAST64PTR:
		args[0] = as_word(b, key, assign ? SSA_PTR : SSA_I64);
		return 1;
	case MAP_FASTSTR:
		if (key.sh->ssa && key.sh->n == 2) {
			args[0] = key.c[0], args[1] = key.c[1];
			return 2;
		}
		break;
	}
	args[0] = mem_ptr(b, rv_to_mem(b, key, true));
	return 1;
}

static RtCall pick(int fast, RtCall slow, RtCall f32, RtCall f32p, RtCall f64, RtCall f64p, RtCall str)
{
	switch (fast) {
	case MAP_FAST32: return f32;
	case MAP_FAST32PTR: return f32p;
	case MAP_FAST64: return f64;
	case MAP_FAST64PTR: return f64p;
	case MAP_FASTSTR: return str;
	default: return slow;
	}
}

static Rv key_as(Builder *b, Type *m, Rv key)
{
	return rv_as(b, key, shape_of(b, type_under(m)->map.key));
}

// Memory of that many zero bytes.
static Ref zero_memory(Builder *b, i64 size)
{
	LSym *s = obj_symf(b->u->obj, ABI0, "go:map.zero.%lld", (long long)size);
	if (obj_define(b->u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		s->dupok = true;
		s->size = (u64)size;
		s->align = 16;
	}
	return symaddr(b, s, 0);
}

static void access(Builder *b, Type *m, Ref map, Rv key, Ref *p, Ref *ok)
{
	int fast = rtti_map_fast(m);
	Ref args[6];
	u32 n = 0;
	args[n++] = symaddr(b, rtti_type(b->u, m), 0);
	args[n++] = map;
	n += key_args(b, fast, key_as(b, m, key), false, args + n);
	i64 size = type_size(type_under(m)->map.elem);
	bool fat = size > ZERO_VAL_SIZE;
	RtCall fn;
	if (fat) {
		args[n++] = zero_memory(b, size);
		fn = ok ? RT_mapaccess2_fat : RT_mapaccess1_fat;
	} else if (ok) {
		fn = pick(fast, RT_mapaccess2, RT_mapaccess2_fast32, RT_mapaccess2_fast64, RT_mapaccess2_fast64, RT_mapaccess2_fast64,
			RT_mapaccess2_faststr);
	} else {
		fn = pick(fast, RT_mapaccess1, RT_mapaccess1_fast32, RT_mapaccess1_fast64, RT_mapaccess1_fast64, RT_mapaccess1_fast64,
			RT_mapaccess1_faststr);
	}
	static const u8 res[] = {SSA_PTR, SSA_I8};
	Ref out[2];
	rt_n(b, fn, res, out, ok ? 2 : 1, args, n);
	*p = out[0];
	b->f->vals[*p].flags |= VF_NONNIL;
	if (ok)
		*ok = out[1];
}

Rv map_load(Builder *b, Type *m, Ref map, Rv key)
{
	Ref p;
	access(b, m, map, key, &p, NULL);
	Mem mem = {.p = p, .good = true};
	return mem_load(b, mem, shape_of(b, type_under(m)->map.elem));
}

// A large element must be copied: the next assignment may move it.
static Rv keep(Builder *b, Rv v)
{
	if (v.sh->ssa || !v.sh->size)
		return v;
	u32 s = tmp_slot(b, v.sh->type);
	mem_store(b, slot_mem(b, s), v);
	v.c[0] = slot_addr(b, s, 0);
	return v;
}

Rv map_index(Builder *b, IrNode *n)
{
	Ref m = expr1(b, n->a);
	Rv key = map_key(b, n->b); // not kept
	set_pos(b, n);
	return keep(b, rv_as(b, map_load(b, n->a->type, m, key), shape_of(b, n->type)));
}

void map_index2(Builder *b, IrNode *n, Rv *val, Ref *ok)
{
	Ref m = expr1(b, n->a), p;
	Rv key = map_key(b, n->b); // not kept
	set_pos(b, n);
	access(b, n->a->type, m, key, &p, ok);
	Mem mem = {.p = p, .good = true};
	*val = keep(b, mem_load(b, mem, shape_of(b, type_under(n->a->type)->map.elem)));
}

Mem map_assign(Builder *b, Type *m, Ref map, Rv key)
{
	int fast = rtti_map_fast(m);
	Ref args[4];
	u32 n = 0;
	args[n++] = symaddr(b, rtti_type(b->u, m), 0);
	args[n++] = map;
	n += key_args(b, fast, key_as(b, m, key), true, args + n);
	RtCall fn = pick(fast, RT_mapassign, RT_mapassign_fast32, RT_mapassign_fast32ptr, RT_mapassign_fast64, RT_mapassign_fast64ptr,
		RT_mapassign_faststr);
	static const u8 res[] = {SSA_PTR};
	Ref p;
	rt_n(b, fn, res, &p, 1, args, n);
	b->f->vals[p].flags |= VF_NONNIL;
	return (Mem){.p = p, .good = true};
}

Mem map_element(Builder *b, IrNode *n)
{
	Ref m = expr1(b, n->a);
	Rv key = expr(b, n->b);
	set_pos(b, n);
	return map_assign(b, n->a->type, m, key);
}

void map_delete(Builder *b, IrNode *n)
{
	Ref m = expr1(b, n->a), args[4];
	Rv key = expr(b, n->b);
	set_pos(b, n);
	int fast = rtti_map_fast(n->a->type);
	u32 k = 0;
	args[k++] = symaddr(b, rtti_type(b->u, n->a->type), 0);
	args[k++] = m;
	k += key_args(b, fast, key_as(b, n->a->type, key), false, args + k);
	rt_n(b, pick(fast, RT_mapdelete, RT_mapdelete_fast32, RT_mapdelete_fast64, RT_mapdelete_fast64, RT_mapdelete_fast64,
		RT_mapdelete_faststr), NULL, NULL, 0, args, k);
}

// ---- making ---------------------------------------------------------------------------------------------------

enum { GROUP_SLOTS = 8, MOST_GROUP = 4096 }; // internal/abi.MapGroupSlots; bytes in the frame

// An empty group in the frame for the header hm.
static void group_on_stack(Builder *b, Type *group, Mem hm)
{
	u32 s = tmp_slot(b, group);
	b->f->slots[s].addr_taken = true;
	Mem gm = slot_mem(b, s);
	mem_zero(b, gm, shape_of(b, group));
	store1(b, gm, ci(b, SSA_I64, (i64)CTRL_EMPTY));
	store1(b, mem_at(hm, 16), slot_addr(b, s, 0)); // Map.dirPtr
}

static Ref map_new(Builder *b, Type *t, Ref hint, bool on_stack)
{
	i64 h = 0;
	bool known = !hint || is_const(b, hint, &h), small = known && h <= GROUP_SLOTS;
	Type *group = on_stack && (small || !known) ? rtti_map_group(t) : NULL;
	bool group_fits = group && type_size(group) <= MOST_GROUP;
	if (small && !group_fits)
		return rt(b, RT_makemap_small, SSA_PTR, 0);
	if (!on_stack)
		return rt(b, RT_makemap, SSA_PTR, 3, symaddr(b, rtti_type(b->u, t), 0), hint, ci(b, SSA_PTR, 0));
	u32 hs = tmp_slot(b, rtti_map_header());
	b->f->slots[hs].addr_taken = true;
	Mem hm = slot_mem(b, hs);
	mem_zero(b, hm, shape_of(b, rtti_map_header()));
	if (small) { // header and first group in the frame
		group_on_stack(b, group, hm);
		store1(b, mem_at(hm, 8), rt(b, RT_rand, SSA_I64, 0)); // Map.seed
		return slot_addr(b, hs, 0);
	}
	if (group_fits) { // and makemap finds the group if it turns out to be enough
		BlockId few = bl_new(b), end = bl_new(b);
		bl_if(b, e2(b, SSA_LE, SSA_I8, hint, ci(b, SSA_I64, GROUP_SLOTS)), few, end, 1);
		bl_seal(b, few);
		bl_start(b, few);
		group_on_stack(b, group, hm);
		bl_goto(b, end);
		bl_seal(b, end);
		bl_start(b, end);
	}
	return rt(b, RT_makemap, SSA_PTR, 3, symaddr(b, rtti_type(b->u, t), 0), hint, slot_addr(b, hs, 0));
}

Rv make_map(Builder *b, IrNode *n)
{
	Ref hint = n->a ? to_i64(b, expr1(b, n->a), is_signed(n->a->type)) : 0;
	set_pos(b, n);
	return rv1(shape_of(b, n->type), map_new(b, n->type, hint, n->esc_none));
}

// Many entries known at link time: a loop over two read-only arrays.
static bool map_lit_loop(Builder *b, IrNode *n, Ref m)
{
	u32 k = n->list.n / 2;
	if (k <= 25)
		return false;
	for (u32 i = 0; i < n->list.n; i++)
		if (!data_is_static(n->list.p[i]))
			return false;
	Type *u = type_under(n->type);
	LSym *ro[2];
	for (u32 side = 0; side < 2; side++) {
		IrNode *arr = ir_new(b->a, IR_ARRAYLIT, n->pos, types_canon(type_new_array(b->u->arena, side ? u->map.elem : u->map.key, k)));
		arr->list.p = NEWN(b->a, IrNode *, k);
		arr->list.n = k;
		for (u32 i = 0; i < k; i++)
			arr->list.p[i] = n->list.p[2 * i + side];
		ro[side] = data_readonly(b->u, arr);
		if (!ro[side])
			return false;
	}
	const Shape *ks = shape_of(b, u->map.key), *es = shape_of(b, u->map.elem);
	u32 iv = sv_new(b, SSA_I64);
	BlockId head = bl_new(b), body = bl_new(b), end = bl_new(b);
	sv_set(b, iv, ci(b, SSA_I64, 0));
	bl_goto(b, head);
	bl_start(b, head);
	bl_if(b, e2(b, SSA_LT, SSA_I8, sv_get(b, iv), ci(b, SSA_I64, k)), body, end, 1);
	bl_seal(b, body);
	bl_start(b, body);
	Ref i = sv_get(b, iv);
	Mem km = {.p = add_ptr(b, symaddr(b, ro[0], 0), e2(b, SSA_MUL, SSA_I64, i, ci(b, SSA_I64, ks->size))), .good = true};
	Mem em = {.p = add_ptr(b, symaddr(b, ro[1], 0), e2(b, SSA_MUL, SSA_I64, i, ci(b, SSA_I64, es->size))), .good = true};
	Mem dst = map_assign(b, n->type, m, mem_load(b, km, ks));
	mem_store(b, dst, mem_load(b, em, es));
	sv_set(b, iv, e2(b, SSA_ADD, SSA_I64, i, ci(b, SSA_I64, 1)));
	bl_goto(b, head);
	bl_seal(b, head);
	bl_seal(b, end);
	bl_start(b, end);
	return true;
}

Rv map_lit(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->type);
	u32 k = n->list.n / 2;
	Ref m = map_new(b, n->type, ci(b, SSA_I64, k), n->esc_none);
	if (map_lit_loop(b, n, m))
		return rv1(sh, m);
	for (u32 i = 0; i < k; i++) {
		Rv key = expr(b, n->list.p[2 * i]);
		if (!key.sh->ssa && !is_simple(n->list.p[2 * i + 1]))
			key = keep(b, key);
		Rv val = rv_as(b, expr(b, n->list.p[2 * i + 1]), shape_of(b, u->map.elem));
		set_pos(b, n->list.p[2 * i]);
		mem_store(b, map_assign(b, n->type, m, key), val);
	}
	return rv1(sh, m);
}

// ---- range --------------------------------------------------------------------------------------------------------

static void bind(Builder *b, IrNode *v, Mem m)
{
	if (!v)
		return;
	VarInfo *vi = var_info(b, v->var);
	Rv x = mem_load(b, m, vi->sh);
	var_begin(b, v->var);
	if (vi->where == AT_PTR) {
		Mem d = var_mem(b, v->var);
		d.fresh = v->var->heap;
		mem_store(b, d, x);
	} else {
		var_set(b, v->var, x);
	}
}

void range_map(Builder *b, IrNode *n)
{
	Type *t = n->a->type, *it = rtti_map_iter();
	Ref m = expr1(b, n->a);
	set_pos(b, n);
	u32 s = tmp_slot(b, it);
	b->f->slots[s].addr_taken = true;
	mem_zero(b, slot_mem(b, s), shape_of(b, it));
	rt(b, RT_mapIterStart, SSA_VOID, 3, symaddr(b, rtti_type(b->u, t), 0), m, slot_addr(b, s, 0));
	BlockId head = bl_new(b), body = bl_new(b), cont = bl_new(b), end = bl_new(b);
	bl_goto(b, head);
	bl_start(b, head);
	target_push(b, n, end, cont);
	Ref key = load1(b, SSA_PTR, slot_mem(b, s));
	bl_if(b, e2(b, SSA_NE, SSA_I8, key, ci(b, SSA_PTR, 0)), body, end, 1);
	bl_seal(b, body);
	bl_start(b, body);
	Ref elem = n->c ? load1(b, SSA_PTR, mem_at(slot_mem(b, s), 8)) : 0;
	if (n->b)
		bind(b, n->b, (Mem){.p = key, .good = true});
	if (n->c)
		bind(b, n->c, (Mem){.p = elem, .good = true});
	stmts(b, n->body);
	bl_goto(b, cont);
	bl_seal(b, cont);
	if (b->f->blocks[cont].npreds) {
		bl_start(b, cont);
		rt(b, RT_mapIterNext, SSA_VOID, 1, slot_addr(b, s, 0));
	}
	bl_goto(b, head);
	bl_seal(b, head);
	b->targets.n--;
	bl_seal(b, end);
	bl_start(b, end);
}

void clear_stmt(Builder *b, IrNode *n)
{
	Type *t = n->a->type, *u = type_under(t);
	if (u->kind == TY_MAP) {
		Ref m = expr1(b, n->a);
		rt(b, RT_mapclear, SSA_VOID, 2, symaddr(b, rtti_type(b->u, t), 0), m);
		return;
	}
	Ref p, len;
	slice_parts(b, n->a, &p, &len, NULL);
	i64 size = type_size(u->slice.elem);
	if (!size)
		return;
	BlockId some = bl_new(b), end = bl_new(b);
	bl_if(b, e2(b, SSA_NE, SSA_I8, len, ci(b, SSA_I64, 0)), some, end, 1);
	bl_seal(b, some);
	bl_start(b, some);
	Ref bytes = size == 1 ? len : e2(b, SSA_MUL, SSA_I64, len, ci(b, SSA_I64, size));
	rt(b, type_has_pointers(u->slice.elem) ? RT_memclrHasPointers : RT_memclrNoHeapPointers, SSA_VOID, 2, p, bytes);
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
}
