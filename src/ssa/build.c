// build.c: a function's ir tree to SSA: blocks, SSA variables, statements. ssa_build is the way in. Invariant while
// building: b->cur is the block under construction, ended by exactly one of bl_goto, bl_if, bl_exit or a return;
// afterwards it is 0 and what follows is unreachable until bl_start.
#include "ssa/build.h"

// ---- SSA variables --------------------------------------------------------------------------------------

static Ref *def_find(Builder *b, BlockId at, u32 var, bool make)
{
	if (make && b->ndefs * 4 >= b->cdefs * 3) {
		u32 n = b->cdefs ? b->cdefs * 2 : 256;
		DefSlot *t = NEWN(b->a, DefSlot, n);
		for (u32 i = 0; i < b->cdefs; i++)
			if (b->defs[i].key) {
				u32 h = (u32)(b->defs[i].key * 0x9E3779B97F4A7C15u >> 32) & (n - 1);
				while (t[h].key)
					h = (h + 1) & (n - 1);
				t[h] = b->defs[i];
			}
		b->defs = t, b->cdefs = n;
	}
	if (!b->cdefs)
		return NULL;
	u64 key = (u64)at << 32 | var; // a block is never 0
	u32 h = (u32)(key * 0x9E3779B97F4A7C15u >> 32) & (b->cdefs - 1);
	while (b->defs[h].key && b->defs[h].key != key)
		h = (h + 1) & (b->cdefs - 1);
	if (!b->defs[h].key) {
		if (!make)
			return NULL;
		b->defs[h].key = key;
		b->ndefs++;
	}
	return &b->defs[h].val;
}

static void def_put(Builder *b, BlockId at, u32 var, Ref r) { *def_find(b, at, var, true) = r; }

static Ref resolve(Func *f, Ref r)
{
	while (f->vals[r].op == SSA_COPY)
		r = f->vals[r].a[0];
	return r;
}

static Ref phi_new(Builder *b, BlockId at, u32 var)
{
	Ref r = value_new(b->f, at, SSA_PHI, b->vars.p[var].type, 0);
	b->f->vals[r].imm2 = var;
	return r;
}

// The value of var at the end of block x. New phis of sealed blocks get their arguments in fill.
static Ref lookup(Builder *b, BlockId x, u32 var)
{
	BlockId start = x;
	Ref r;
	for (;;) {
		Ref *p = def_find(b, x, var, false);
		if (p) {
			r = resolve(b->f, *p);
			break;
		}
		BasicBlock *bb = &b->f->blocks[x];
		if (!b->blocks[x].sealed) {
			r = phi_new(b, x, var);
			vec_push(b->a, &b->blocks[x].phis, r);
			def_put(b, x, var, r);
			break;
		}
		if (bb->npreds == 0) { // the entry, or unreachable
			u8 t = b->vars.p[var].type;
			r = value_new(b->f, x, t == SSA_F32 || t == SSA_F64 ? SSA_FCONST : SSA_CONST, t, 0);
			def_put(b, x, var, r);
			break;
		}
		if (bb->npreds > 1) {
			r = phi_new(b, x, var);
			def_put(b, x, var, r);
			vec_push(b->a, &b->todo, r);
			break;
		}
		x = bb->preds[0];
	}
	if (x != start)
		def_put(b, start, var, r);
	return r;
}

static bool phi_simplify(Func *f, Ref phi)
{
	Value *v = &f->vals[phi];
	Ref same = 0, *a = value_args(v);
	for (u32 i = 0; i < v->nargs; i++) {
		Ref r = resolve(f, a[i]);
		if (r == phi || r == same)
			continue;
		if (same)
			return false;
		same = r;
	}
	if (!same)
		return false;
	value_to_copy(f, phi, same);
	return true;
}

static void fill(Builder *b)
{
	if (b->filling)
		return;
	b->filling = true;
	while (b->todo.n) {
		Ref phi = vec_pop(&b->todo);
		BlockId x = b->f->vals[phi].block;
		u32 var = (u32)b->f->vals[phi].imm2, n = b->f->blocks[x].npreds;
		Ref few[16], *args = n <= 16 ? few : NEWN(b->a, Ref, n);
		for (u32 i = 0; i < n; i++)
			args[i] = lookup(b, b->f->blocks[x].preds[i], var);
		value_set_args(b->f, phi, args, n);
		phi_simplify(b->f, phi);
	}
	b->filling = false;
}

u32 sv_new(Builder *b, u8 type)
{
	vec_push(b->a, &b->vars, (SsaVar){.type = type});
	return b->vars.n - 1;
}

void sv_set(Builder *b, u32 v, Ref r)
{
	bl_need(b);
	SsaVar *s = &b->vars.p[v];
	if (s->at != b->cur)
		s->at = b->cur;
	s->cur = r;
	def_put(b, b->cur, v, r);
	if (s->comp) {
		BasicBlock *bb = &b->f->blocks[b->cur];
		Ref after = bb->nvals ? bb->vals[bb->nvals - 1] : 0;
		vec_push(b->a, &b->debug_marks, (DebugMark){.block = b->cur, .after = after, .comp = s->comp - 1, .val = r});
	}
}

void sv_debug(Builder *b, u32 first, IrVar *v, const Shape *sh)
{
	if (!v->name || name_is_blank(v->name) || (b->u->lean_debug && v->cls != IRV_PARAM && v->cls != IRV_RESULT))
		return;
	DebugVar d = {.var = v, .comp = b->ndebug, .n = sh ? sh->n : 1, .is_addr = !sh};
	for (u32 i = 0; i < d.n; i++) {
		d.type[i] = sh ? sh->c[i].type : SSA_PTR;
		d.off[i] = sh ? sh->c[i].off : 0;
		b->vars.p[first + i].comp = ++b->ndebug;
	}
	vec_push(b->a, &b->debug_vars, d);
}

Ref sv_get(Builder *b, u32 v)
{
	bl_need(b);
	SsaVar *s = &b->vars.p[v];
	if (s->at == b->cur)
		return s->cur = resolve(b->f, s->cur);
	Ref r = lookup(b, b->cur, v);
	fill(b);
	s = &b->vars.p[v];
	s->at = b->cur;
	return s->cur = resolve(b->f, r);
}

// ---- blocks -----------------------------------------------------------------------------------------------

BlockId bl_new(Builder *b)
{
	BlockId x = block_new(b->f, BLOCK_PLAIN);
	if (x >= b->cblocks) {
		u32 n = MAX(b->cblocks * 2, 64u);
		b->blocks = arena_grow(b->a, b->blocks, sizeof(BlockState) * b->cblocks, sizeof(BlockState) * n);
		memset(b->blocks + b->cblocks, 0, sizeof(BlockState) * (n - b->cblocks));
		b->cblocks = n;
	}
	b->f->blocks[x].pos = b->pos;
	return x;
}

void bl_start(Builder *b, BlockId x)
{
	CHECK(!b->cur);
	b->cur = x;
	b->f->blocks[x].pos = b->pos;
}

void bl_seal(Builder *b, BlockId x)
{
	BlockState *s = &b->blocks[x];
	if (s->sealed)
		return;
	s->sealed = true;
	for (u32 i = 0; i < s->phis.n; i++)
		vec_push(b->a, &b->todo, s->phis.p[i]);
	s->phis.n = 0;
	fill(b);
}

void bl_need(Builder *b)
{
	if (b->cur)
		return;
	BlockId x = bl_new(b);
	b->blocks[x].sealed = true;
	bl_start(b, x);
}

void bl_goto(Builder *b, BlockId x)
{
	if (!b->cur)
		return;
	b->f->blocks[b->cur].kind = BLOCK_PLAIN;
	block_add_edge(b->f, b->cur, x);
	b->cur = 0;
}

static void control(Builder *b, BlockId x, Ref r)
{
	BasicBlock *bb = &b->f->blocks[x];
	bb->controls = NEWN(b->a, Ref, 1);
	bb->controls[0] = r;
	bb->ncontrols = 1;
	b->f->vals[r].uses++;
}

void bl_if(Builder *b, Ref c, BlockId t, BlockId f, int likely)
{
	if (!b->cur)
		return;
	i64 v;
	if (t == f || is_const(b, c, &v)) {
		bl_goto(b, t == f || v ? t : f);
		return;
	}
	BasicBlock *bb = &b->f->blocks[b->cur];
	bb->kind = BLOCK_IF;
	bb->likely = (i8)likely;
	bb->pos = b->pos;
	control(b, b->cur, c);
	block_add_edge(b->f, b->cur, t);
	block_add_edge(b->f, b->cur, f);
	b->cur = 0;
}

void bl_exit(Builder *b)
{
	if (b->cur)
		b->f->blocks[b->cur].kind = BLOCK_EXIT;
	b->cur = 0;
}

// ---- positions, targets -----------------------------------------------------------------------------------

static void pos_at(Builder *b, Pos pos, u32 inl, bool is_stmt)
{
	Func *f = b->f;
	PosInl *last = &f->positions[f->npositions - 1];
	if (last->pos == pos && last->inl == inl && f->npositions > 1 && (!is_stmt || last->is_stmt)) {
		b->pos = f->npositions - 1;
		return;
	}
	if (f->npositions == f->cpositions) {
		f->positions = arena_grow_raw(f->arena, f->positions, sizeof(PosInl) * f->cpositions, sizeof(PosInl) * f->cpositions * 2);
		f->cpositions *= 2;
	}
	f->positions[f->npositions] = (PosInl){.pos = pos, .inl = inl, .is_stmt = is_stmt};
	b->pos = f->npositions++;
}

void set_pos(Builder *b, IrNode *n)
{
	if (n->pos)
		pos_at(b, n->pos, n->inl, false);
}

BranchTarget *target_of(Builder *b, IrNode *n)
{
	for (u32 i = b->targets.n; i-- > 0;)
		if (b->targets.p[i].node == n)
			return &b->targets.p[i];
	bug("a branch to a statement that does not enclose it, in " STR_FMT, STR_ARG(b->fn->sym));
}

void target_push(Builder *b, IrNode *n, BlockId brk, BlockId cont)
{
	vec_push(b->a, &b->targets, (BranchTarget){n, brk, cont});
}

static BlockId label_block(Builder *b, IrLabel *l)
{
	for (u32 i = 0; i < b->labels.n; i++)
		if (b->labels.p[i].id == l->id)
			return b->labels.p[i].block;
	BlockId x = bl_new(b); // sealed when the function is complete
	vec_push(b->a, &b->labels, (LabelState){l->id, x});
	return x;
}

// ---- conditions ---------------------------------------------------------------------------------------------

void cond(Builder *b, IrNode *n, BlockId t, BlockId f, int likely)
{
	switch (n->op) {
	case IR_UNARY:
		if (n->sub == OP_NOT) {
			cond(b, n->a, f, t, -likely);
			return;
		}
		break;
	case IR_ANDAND: case IR_OROR: {
		BlockId mid = bl_new(b);
		if (n->op == IR_ANDAND)
			cond(b, n->a, mid, f, MAX(likely, 0));
		else
			cond(b, n->a, t, mid, MIN(likely, 0));
		bl_seal(b, mid);
		bl_start(b, mid);
		cond(b, n->b, t, f, likely);
		return;
	}
	case IR_CONVNOP:
		if (n->a->type && type_is(n->a->type, INFO_BOOL)) {
			cond(b, n->a, t, f, likely);
			return;
		}
		break;
	case IR_CONST: {
		bl_need(b);
		bl_goto(b, const_as_bool(n->val) ? t : f);
		return;
	}
	case IR_STMTEXPR:
		if (!n->list.n) {
			stmts(b, n->body);
			bl_need(b);
			cond(b, n->a, t, f, likely);
			return;
		}
		break;
	}
	set_pos(b, n);
	Ref c = expr1(b, n);
	set_pos(b, n); // again: something may have been inlined
	bl_if(b, c, t, f, likely);
}

// ---- assignment ---------------------------------------------------------------------------------------------

// A left side whose operands have been evaluated, but nothing been checked.
typedef struct Lv Lv;
struct Lv {
	enum { LV_BLANK, LV_VAR, LV_GLOBAL, LV_DEREF, LV_FIELD, LV_INDEX_ARRAY, LV_INDEX_SLICE, LV_MAP, LV_OTHER } kind;
	IrNode *n;
	const Shape *sh;
	Lv *base;
	Ref p, len, idx;
	Rv key;
};

static Lv *lv_prepare(Builder *b, IrNode *n)
{
	Lv *l = NEW(b->a, Lv);
	if (!n)
		return l;
	l->n = n;
	l->sh = shape_of(b, n->type);
	switch (n->op) {
	case IR_VAR:
		l->kind = LV_VAR;
		break;
	case IR_GLOBAL:
		l->kind = LV_GLOBAL;
		break;
	case IR_DEREF:
		l->kind = LV_DEREF;
		l->p = expr1(b, n->a);
		break;
	case IR_FIELD:
		l->kind = LV_FIELD;
		l->base = lv_prepare(b, n->a);
		break;
	case IR_INDEX:
		if (type_under(n->a->type)->kind == TY_ARRAY) {
			l->kind = LV_INDEX_ARRAY;
			l->base = lv_prepare(b, n->a);
		} else {
			l->kind = LV_INDEX_SLICE;
			slice_parts(b, n->a, &l->p, &l->len, NULL);
		}
		l->idx = to_i64(b, expr1(b, n->b), is_signed(n->b->type));
		break;
	case IR_MAPINDEX:
		l->kind = LV_MAP;
		l->p = expr1(b, n->a);
		l->key = expr(b, n->b);
		if (!l->key.sh->ssa) { // what is still to be evaluated may change it
			u32 s = tmp_slot(b, l->key.sh->type);
			mem_store(b, slot_mem(b, s), l->key);
			l->key.c[0] = slot_addr(b, s, 0);
		}
		break;
	case IR_CONVNOP:
		return lv_prepare(b, n->a);
	default:
		l->kind = LV_OTHER;
	}
	return l;
}

static Ref lv_bounds(Builder *b, Lv *l, Ref len)
{
	if (l->n->flags & IRF_BOUNDED || b->u->no_bounds)
		return l->idx;
	u32 saved = b->pos;
	set_pos(b, l->n);
	Ref r = e2(b, SSA_BOUNDS, SSA_I64, l->idx, len);
	b->f->vals[r].imm = BOUNDS_INDEX;
	if (is_signed(l->n->b->type))
		b->f->vals[r].flags |= VF_SIGNED;
	b->pos = saved;
	return r;
}

// The SSA variable and first component that l is a part of; NULL if l is in memory.
static IrVar *lv_ssa(Builder *b, Lv *l, u32 *first)
{
	switch (l->kind) {
	case LV_VAR:
		*first = 0;
		return var_info(b, l->n->var)->where == AT_SSA ? l->n->var : NULL;
	case LV_FIELD: {
		IrVar *v = lv_ssa(b, l->base, first);
		if (v)
			*first += field_comp(b, l->n->a->type, l->n->index);
		return v;
	}
	case LV_INDEX_ARRAY: {
		IrVar *v = lv_ssa(b, l->base, first);
		if (v)
			lv_bounds(b, l, ci(b, SSA_I64, type_under(l->n->a->type)->array.len));
		return v;
	}
	default:
		return NULL;
	}
}

static bool lv_in_ssa(Builder *b, Lv *l)
{
	while (l->kind == LV_FIELD || l->kind == LV_INDEX_ARRAY)
		l = l->base;
	return l->kind == LV_VAR && var_info(b, l->n->var)->where == AT_SSA;
}

static Mem lv_mem(Builder *b, Lv *l)
{
	switch (l->kind) {
	case LV_VAR:
		return var_mem(b, l->n->var);
	case LV_DEREF: {
		u32 saved = b->pos;
		set_pos(b, l->n);
		Ref p = l->n->flags & IRF_NONNIL ? l->p : nil_check(b, l->p);
		b->pos = saved;
		return mem_of_ptr(b, p);
	}
	case LV_FIELD:
		return mem_at(lv_mem(b, l->base), struct_offset(type_under(l->n->a->type), l->n->index));
	case LV_INDEX_ARRAY: {
		Type *t = type_under(l->n->a->type);
		Mem m = lv_mem(b, l->base);
		Ref i = lv_bounds(b, l, ci(b, SSA_I64, t->array.len));
		i64 c, size = type_size(t->array.elem);
		if (is_const(b, l->idx, &c))
			return mem_at(m, c >= 0 && c < t->array.len ? c * size : 0);
		Mem r = m;
		r.p = add_ptr(b, m.p, size == 1 ? i : e2(b, SSA_MUL, SSA_I64, i, ci(b, SSA_I64, size)));
		return r;
	}
	case LV_INDEX_SLICE: {
		i64 c, size = type_size(type_under(l->n->a->type)->slice.elem);
		Ref i = lv_bounds(b, l, l->len);
		Mem m = mem_of_ptr(b, l->p);
		m.good = true;
		if (is_const(b, l->idx, &c) && c >= 0 && c < 1 << 24)
			return mem_at(m, c * size);
		m.p = add_ptr(b, m.p, size == 1 ? i : e2(b, SSA_MUL, SSA_I64, i, ci(b, SSA_I64, size)));
		return m;
	}
	default:
		return addr(b, l->n);
	}
}

static Rv lv_load(Builder *b, Lv *l)
{
	u32 first;
	IrVar *v = lv_ssa(b, l, &first);
	if (v) {
		Rv r = {l->sh, {0}};
		VarInfo *vi = var_info(b, v);
		if (first + l->sh->n > vi->sh->n) // an element of an array of none: the index check has failed
			return rv_zero(b, l->sh);
		for (u32 i = 0; i < l->sh->n; i++)
			r.c[i] = sv_get(b, vi->first + first + i);
		return r;
	}
	return mem_load(b, lv_mem(b, l), l->sh);
}

static void lv_store(Builder *b, Lv *l, Rv x, bool nowb, bool overlap)
{
	if (l->kind == LV_BLANK)
		return;
	if (l->kind == LV_VAR) {
		var_set(b, l->n->var, x);
		return;
	}
	if (l->kind == LV_MAP) {
		Mem m = map_assign(b, l->n->a->type, l->p, l->key);
		mem_store(b, m, rv_as(b, x, l->sh));
		return;
	}
	u32 first;
	IrVar *v = lv_ssa(b, l, &first);
	if (v) {
		VarInfo *vi = var_info(b, v);
		for (u32 i = 0; i < l->sh->n && first + i < vi->sh->n; i++)
			sv_set(b, vi->first + first + i, x.c[i]);
		return;
	}
	Mem m = lv_mem(b, l);
	if (nowb)
		m.stack = true;
	x = rv_as(b, x, l->sh);
	if (ir_is_header_data(l->n)) // the collector must see it go
		x = rv1(shape_of(b, TYPE(UNSAFEPTR)), to_ptr(b, x.c[0]));
	if (overlap && !x.sh->ssa)
		mem_copy(b, m, x.c[0], x.sh, true);
	else
		mem_store(b, m, x);
}

// A value that later stores cannot change.
static Rv rv_keep(Builder *b, Rv v, IrNode *n)
{
	if (v.sh->ssa || v.sh->size == 0)
		return v;
	switch (n->op) { // these made a temporary of their own
	case IR_STRUCTLIT: case IR_ARRAYLIT: case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER: case IR_ZERO:
		return v;
	}
	u32 s = tmp_slot(b, v.sh->type);
	mem_store(b, slot_mem(b, s), v);
	v.c[0] = slot_addr(b, s, 0);
	return v;
}

// Can the memory that a and b denote overlap without being the same? Only if a slice was converted to an array.
static bool may_overlap(IrNode *x)
{
	for (;; x = x->a) {
		if (x->op == IR_SLICE2ARR || x->op == IR_SLICE2ARRPTR)
			return true;
		if (x->op != IR_DEREF && x->op != IR_CONVNOP && x->op != IR_FIELD)
			return false;
	}
}

void var_begin(Builder *b, IrVar *v)
{
	VarInfo *vi = var_info(b, v);
	if (v->heap) {
		Ref p = new_object(b, v->type, false);
		if (vi->ptr_in_slot)
			store1(b, slot_mem(b, vi->slot), p);
		else
			sv_set(b, vi->first, p);
	} else if (vi->where == AT_SLOT && vi->sh->ptrs && !b->f->slots[vi->slot].is_open_defer) {
		var_def(b, vi->slot);
	}
}

void var_begin_zero(Builder *b, IrVar *v)
{
	VarInfo *vi = var_info(b, v);
	var_begin(b, v);
	if (vi->where == AT_SSA)
		var_set(b, v, rv_zero(b, vi->sh));
	else if (vi->where == AT_SLOT)
		mem_zero(b, slot_mem(b, vi->slot), vi->sh);
}

static void define(Builder *b, IrVar *v, IrNode *init)
{
	VarInfo *vi = var_info(b, v);
	if (vi->sh->ssa) {
		Rv x = expr(b, init);
		var_begin(b, v);
		if (vi->where == AT_PTR) {
			Mem m = var_mem(b, v);
			m.fresh = v->heap;
			x = rv_as(b, x, vi->sh);
			mem_store(b, m, x);
		} else {
			var_set(b, v, x);
		}
		return;
	}
	if (init->op == IR_ZERO) {
		var_begin_zero(b, v);
		return;
	}
	if (vi->where == AT_SLOT && !is_simple(init)) { // its evaluation may still need the slot's last incarnation
		Rv x = {0};
		if (init->op == IR_STRUCTLIT || init->op == IR_ARRAYLIT) {
			var_begin(b, v);
			expr_into(b, var_mem(b, v), init, true);
			return;
		}
		x = expr(b, init);
		var_begin(b, v);
		x = rv_as(b, x, vi->sh);
		mem_store(b, var_mem(b, v), x);
		return;
	}
	var_begin(b, v);
	Mem m = var_mem(b, v);
	expr_into(b, m, init, true);
}

static void assign(Builder *b, IrNode *n)
{
	IrNode *l = n->a, *r = n->b;
	if (!l || (l->op == IR_VAR && l->var->name && name_is_blank(l->var->name) && !(n->flags & IRF_DEF))) {
		expr(b, r);
		return;
	}
	if (n->flags & IRF_DEF) {
		define(b, l->var, r);
		return;
	}
	if ((r->op == IR_APPEND && append_in_place(b, l, r)) || (r->op == IR_SLICE && slice_in_place(b, l, r)))
		return;
	if (l->op == IR_VAR) {
		VarInfo *vi = var_info(b, l->var);
		if (vi->where == AT_SLOT && !vi->sh->ssa) {
			expr_into(b, var_mem(b, l->var), r, data_is_static(r));
			return;
		}
		var_set(b, l->var, expr(b, r));
		return;
	}
	Lv *lv = lv_prepare(b, l);
	if (r->op == IR_ZERO && !lv->sh->ssa && lv->kind != LV_MAP) {
		Mem m = lv_mem(b, lv);
		if (n->flags & IRF_NOWB)
			m.stack = true;
		mem_zero(b, m, lv->sh);
		return;
	}
	if (!lv->sh->ssa && lv->kind != LV_MAP && (r->op == IR_STRUCTLIT || r->op == IR_ARRAYLIT) && data_is_static(r)) {
		lit_into(b, lv_mem(b, lv), r); // it does not depend on what it overwrites: no copy is needed
		return;
	}
	Rv x = expr(b, r);
	set_pos(b, n);
	lv_store(b, lv, x, n->flags & IRF_NOWB, may_overlap(r) || may_overlap(l));
}

static Rv operate(Builder *b, IrNode *n, Rv x, Rv y)
{
	if (n->sub == OP_ADD && type_is(n->a->type, INFO_STRING))
		return concat(b, (Rv[]){x, y}, 2, false);
	return binary(b, n->sub, n->a->type, x, y, n->b->type, n);
}

// x op= y. A place in memory is found before y is evaluated, which has no calls then (ir/order.c); an element of a map when
// nothing can panic any more.
static void assign_op(Builder *b, IrNode *n)
{
	Lv *l = lv_prepare(b, n->a);
	bool map = l->kind == LV_MAP, divides = n->sub == OP_DIV || n->sub == OP_REM;
	bool in_variable = l->kind == LV_VAR || l->kind == LV_GLOBAL || lv_in_ssa(b, l);
	Rv x, y, r;
	if (in_variable || map)
		y = expr(b, n->b);
	set_pos(b, n);
	if (in_variable || (map && divides)) { // a division that panics adds no element
		r = operate(b, n, map ? map_load(b, n->a->a->type, l->p, l->key) : lv_load(b, l), y);
		r.sh = l->sh;
		lv_store(b, l, r, false, false);
		return;
	}
	Mem m = map ? map_assign(b, n->a->a->type, l->p, l->key) : lv_mem(b, l);
	x = mem_load(b, m, l->sh);
	if (!map)
		y = expr(b, n->b);
	r = operate(b, n, x, y);
	r.sh = l->sh;
	mem_store(b, m, r);
}

static void assign_list(Builder *b, IrNode *n)
{
	u32 k = n->list.n;
	Lv **l = NEWN(b->a, Lv *, k + 1);
	Rv *x = NEWN(b->a, Rv, k + 1);
	for (u32 i = 0; i < k; i++)
		l[i] = lv_prepare(b, n->list.p[i]);
	u32 *order = operand_order(b, n->body);
	for (u32 i = 0; i < k; i++)
		x[order[i]] = rv_keep(b, expr(b, n->body.p[order[i]]), n->body.p[order[i]]);
	for (u32 i = 0; i < k; i++) {
		if (n->flags & IRF_DEF && l[i]->kind == LV_VAR)
			var_begin(b, l[i]->n->var);
		lv_store(b, l[i], x[i], false, false);
	}
}

static void assign_multi(Builder *b, IrNode *n)
{
	u32 k = n->list.n;
	Lv **l = NEWN(b->a, Lv *, k + 1);
	Rv *x = NEWN(b->a, Rv, k + 1);
	for (u32 i = 0; i < k; i++) {
		l[i] = n->flags & IRF_DEF ? NULL : lv_prepare(b, n->list.p[i]);
	}
	expr_multi(b, n->a, x, k);
	set_pos(b, n);
	for (u32 i = 0; i < k; i++) {
		if (n->flags & IRF_DEF) {
			if (!n->list.p[i])
				continue;
			IrVar *v = n->list.p[i]->var;
			VarInfo *vi = var_info(b, v);
			var_begin(b, v);
			x[i] = rv_as(b, x[i], vi->sh);
			if (vi->where == AT_PTR) {
				Mem m = var_mem(b, v);
				m.fresh = v->heap;
				mem_store(b, m, x[i]);
			} else {
				var_set(b, v, x[i]);
			}
			continue;
		}
		lv_store(b, l[i], x[i], false, false);
	}
}

// ---- statements ---------------------------------------------------------------------------------------------

static void if_stmt(Builder *b, IrNode *n)
{
	BlockId t = bl_new(b), f = n->list.n ? bl_new(b) : 0, end = bl_new(b);
	cond(b, n->a, t, f ? f : end, n->flags & IRF_LIKELY ? 1 : 0);
	bl_seal(b, t);
	bl_start(b, t);
	stmts(b, n->body);
	bl_goto(b, end);
	if (f) {
		bl_seal(b, f);
		bl_start(b, f);
		stmts(b, n->list);
		bl_goto(b, end);
	}
	bl_seal(b, end);
	if (b->f->blocks[end].npreds)
		bl_start(b, end);
}

// Goes on in x, sealed, if anything leads there.
static void join(Builder *b, BlockId x)
{
	bl_goto(b, x);
	bl_seal(b, x);
	if (b->f->blocks[x].npreds)
		bl_start(b, x);
}

static void for_stmt(Builder *b, IrNode *n)
{
	BlockId head = bl_new(b), body = bl_new(b), cont = bl_new(b), end = bl_new(b);
	bl_goto(b, head);
	bl_start(b, head);
	target_push(b, n, end, cont);
	if (n->a)
		cond(b, n->a, body, end, 1);
	else
		bl_goto(b, body);
	bl_seal(b, body);
	bl_start(b, body);
	stmts(b, n->body);
	join(b, cont);
	if (b->cur && n->b)
		stmt(b, n->b);
	bl_goto(b, head);
	bl_seal(b, head);
	b->targets.n--;
	join(b, end);
}

static bool has_label(IrNode *n);
static void label_visit(IrNode **slot, void *ctx)
{
	if (*slot && has_label(*slot))
		*(bool *)ctx = true;
}

static bool has_label(IrNode *n)
{
	if (n->op == IR_LABEL)
		return true;
	bool found = false;
	switch (n->op) {
	case IR_BLOCK: case IR_IF: case IR_FOR: case IR_RANGEMAP: case IR_SWITCH: case IR_TYPESWITCH: case IR_CASE: case IR_SELECT:
	case IR_COMM:
		for (u32 i = 0; i < n->body.n; i++)
			label_visit(&n->body.p[i], &found);
		if (n->op == IR_IF)
			for (u32 i = 0; i < n->list.n; i++)
				label_visit(&n->list.p[i], &found);
	}
	return found;
}

// Of package runtime: values of some are printed in a way of their own.
static bool is_runtime_type(Type *t, const char *name)
{
	return t->kind == TY_NAMED && str_is(name_str(named_obj(t)->name), name) && named_obj(t)->pkg && str_is(named_obj(t)->pkg->path, "runtime");
}

// Strings known now are printed as one, spaces and line ends among them (walk/builtin.go, walkPrint).
static void print_text(Builder *b, Str *text)
{
	if (str_is(*text, " "))
		rt(b, RT_printsp, SSA_VOID, 0);
	else if (str_is(*text, "\n"))
		rt(b, RT_printnl, SSA_VOID, 0);
	else if (text->n)
		rt(b, RT_printstring, SSA_VOID, 2, symaddr(b, obj_string(b->u->obj, *text), 0), ci(b, SSA_I64, text->n));
	*text = S("");
}

static void print_stmt(Builder *b, IrNode *n)
{
	bool ln = n->flags & IRF_DOTS;
	Str text = S("");
	Rv *x = NEWN(b->a, Rv, n->list.n + 1);
	for (u32 i = 0; i < n->list.n; i++)
		x[i] = rv_keep(b, expr(b, n->list.p[i]), n->list.p[i]);
	rt(b, RT_printlock, SSA_VOID, 0);
	for (u32 i = 0; i < n->list.n; i++) {
		if (ln && i)
			text = str_cat(b->a, text, S(" "));
		Type *t = n->list.p[i]->type, *u = type_under(t);
		if (n->list.p[i]->op == IR_CONST && type_is(t, INFO_STRING)) {
			text = str_cat(b->a, text, const_as_string(n->list.p[i]->val));
			continue;
		}
		print_text(b, &text);
		Rv v = x[i];
		switch (u->kind) {
		case TY_BASIC:
			if (u->info & INFO_BOOL) {
				rt(b, RT_printbool, SSA_VOID, 1, v.c[0]);
			} else if (u->info & INFO_STRING) {
				rt(b, is_runtime_type(t, "quoted") ? RT_printquoted : RT_printstring, SSA_VOID, 2, v.c[0], v.c[1]);
			} else if (u->info & INFO_INT) {
				bool hex = is_runtime_type(t, "hex");
				Ref r = to_i64(b, v.c[0], !(u->info & INFO_UNSIGNED));
				rt(b, hex ? RT_printhex : u->info & INFO_UNSIGNED ? RT_printuint : RT_printint, SSA_VOID, 1, r);
			} else if (u->info & INFO_FLOAT) {
				bool f32 = u->basic == B_FLOAT32;
				rt(b, f32 ? RT_printfloat32 : RT_printfloat64, SSA_VOID, 1, v.c[0]);
			} else if (u->info & INFO_COMPLEX) {
				rt(b, u->basic == B_COMPLEX64 ? RT_printcomplex64 : RT_printcomplex128, SSA_VOID, 2, v.c[0], v.c[1]);
			} else {
				rt(b, RT_printpointer, SSA_VOID, 1, v.c[0]);
			}
			break;
		case TY_INTERFACE:
			rt(b, iface_nmethods(t) ? RT_printiface : RT_printeface, SSA_VOID, 2, v.c[0], v.c[1]);
			break;
		case TY_SLICE:
			rt(b, RT_printslice, SSA_VOID, 3, v.c[0], v.c[1], v.c[2]);
			break;
		default:
			rt(b, RT_printpointer, SSA_VOID, 1, v.sh->c[0].type == SSA_I64 ? e1(b, SSA_INTTOPTR, SSA_PTR, v.c[0]) : v.c[0]);
		}
	}
	if (ln)
		text = str_cat(b->a, text, S("\n"));
	print_text(b, &text);
	rt(b, RT_printunlock, SSA_VOID, 0);
}

static void slot_live(Builder *b, u32 slot)
{
	Ref r = e0(b, SSA_VARLIVE, SSA_VOID, 0);
	b->f->vals[r].imm2 = slot;
}

void keep_value(Builder *b, Rv v)
{
	for (u32 i = 0; i < (v.sh->ssa ? v.sh->n : 1); i++) {
		Ref r = v.c[i];
		if (v.sh->ssa && v.sh->c[i].type != SSA_PTR)
			continue;
		Ref base = r;
		while (b->f->vals[base].op == SSA_OFFPTR || b->f->vals[base].op == SSA_COPY)
			base = b->f->vals[base].a[0];
		if (b->f->vals[base].op == SSA_SLOTADDR)
			slot_live(b, (u32)b->f->vals[base].imm2);
		else if (v.sh->ssa)
			e1(b, SSA_KEEPALIVE, SSA_VOID, r);
	}
}

static void keep_alive(Builder *b, IrNode *n)
{
	if (n->op == IR_VAR && var_info(b, n->var)->where == AT_SLOT)
		slot_live(b, var_info(b, n->var)->slot);
	else
		keep_value(b, expr(b, n));
}

void stmts(Builder *b, IrList l)
{
	for (u32 i = 0; i < l.n; i++)
		stmt(b, l.p[i]);
}

void stmt(Builder *b, IrNode *n)
{
	if (!b->cur) {
		if (!has_label(n))
			return; // unreachable
		if (n->op != IR_LABEL)
			bl_need(b);
	}
	if (n->pos && n->op != IR_BLOCK)
		pos_at(b, n->pos, n->inl, true);
	switch (n->op) {
	case IR_BLOCK: {
		BlockId end = bl_new(b);
		target_push(b, n, end, 0);
		stmts(b, n->body);
		b->targets.n--;
		join(b, end);
		break;
	}
	case IR_EXPR:
		if (n->a->op == IR_CALL && str_has_prefix(n->a->func->sym, "internal/abi.EscapeNonString[")) {
			for (u32 i = 0; i < n->a->list.n; i++) // a mark for escape analysis, no call
				expr(b, n->a->list.p[i]);
			break;
		}
		if (n->a->type && n->a->type->kind == TY_TUPLE) {
			u32 k = n->a->type->tuple.n;
			expr_multi(b, n->a, NEWN(b->a, Rv, k + 1), k);
		} else {
			expr(b, n->a);
		}
		break;
	case IR_DECL:
		var_begin_zero(b, n->var);
		break;
	case IR_ASSIGN:
		assign(b, n);
		break;
	case IR_ASSIGNOP:
		assign_op(b, n);
		break;
	case IR_ASSIGNLIST:
		assign_list(b, n);
		break;
	case IR_ASSIGNMULTI:
		assign_multi(b, n);
		break;
	case IR_IF:
		if_stmt(b, n);
		break;
	case IR_FOR:
		for_stmt(b, n);
		break;
	case IR_RANGEMAP:
		range_map(b, n);
		break;
	case IR_SWITCH:
		switch_stmt(b, n);
		break;
	case IR_TYPESWITCH:
		type_switch(b, n);
		break;
	case IR_SELECT:
		select_stmt(b, n);
		break;
	case IR_SEND:
		send_stmt(b, n);
		break;
	case IR_RETURN:
		return_stmt(b, n);
		break;
	case IR_BREAK:
		bl_goto(b, target_of(b, n->target)->brk);
		break;
	case IR_CONTINUE:
		bl_goto(b, target_of(b, n->target)->cont);
		break;
	case IR_LABEL: {
		BlockId x = label_block(b, n->label);
		bl_goto(b, x);
		bl_start(b, x);
		break;
	}
	case IR_GOTO:
		bl_goto(b, label_block(b, n->label));
		break;
	case IR_GO:
		go_stmt(b, n);
		break;
	case IR_DEFER: case IR_DEFERRANGE:
		defer_stmt(b, n);
		break;
	case IR_PANIC: {
		Rv v = expr(b, n->a);
		rt_panic(b, RT_gopanic, 2, v.c[0], v.c[1]);
		break;
	}
	case IR_PRINT:
		print_stmt(b, n);
		break;
	case IR_DELETE:
		map_delete(b, n);
		break;
	case IR_CLEAR:
		clear_stmt(b, n);
		break;
	case IR_CLOSE:
		rt(b, RT_closechan, SSA_VOID, 1, expr1(b, n->a));
		break;
	case IR_KEEPALIVE:
		keep_alive(b, n->a);
		break;
	default:
		bug("%s is not a statement, in " STR_FMT, ir_op_name(n->op), STR_ARG(b->fn->sym));
	}
}

// ---- completion ---------------------------------------------------------------------------------------------

static void edge_remove(Func *f, BlockId from, BlockId to)
{
	BasicBlock *t = &f->blocks[to];
	u32 k = 0;
	while (k < t->npreds && t->preds[k] != from)
		k++;
	if (k == t->npreds)
		return;
	for (u32 i = 0; i < t->nvals; i++) {
		Value *v = &f->vals[t->vals[i]];
		if (v->op != SSA_PHI || !v->nargs)
			continue;
		Ref few[16], *args = v->nargs <= 16 ? few : NEWN(f->arena, Ref, v->nargs), *old = value_args(v);
		u32 n = 0;
		for (u32 j = 0; j < v->nargs; j++)
			if (j != k)
				args[n++] = old[j];
		value_set_args(f, t->vals[i], args, n);
	}
	memmove(t->preds + k, t->preds + k + 1, sizeof(BlockId) * (t->npreds - k - 1));
	t->npreds--;
}

static void drop_dead_blocks(Func *f)
{
	bool *seen = NEWN(f->arena, bool, f->nblocks + 1);
	BlockId *stack = NEWN(f->arena, BlockId, f->nblocks + 1);
	u32 sp = 0;
	stack[sp++] = 1, seen[1] = true;
	while (sp) {
		BasicBlock *bb = &f->blocks[stack[--sp]];
		for (u32 i = 0; i < bb->nsuccs; i++)
			if (!seen[bb->succs[i]])
				seen[bb->succs[i]] = true, stack[sp++] = bb->succs[i];
	}
	for (BlockId x = 1; x < f->nblocks; x++) {
		if (seen[x])
			continue;
		BasicBlock *bb = &f->blocks[x];
		for (u32 i = 0; i < bb->nsuccs; i++)
			if (seen[bb->succs[i]])
				edge_remove(f, x, bb->succs[i]);
	}
	for (BlockId x = 1; x < f->nblocks; x++) {
		if (seen[x])
			continue;
		BasicBlock *bb = &f->blocks[x];
		for (u32 i = 0; i < bb->nvals; i++)
			value_set_args(f, bb->vals[i], NULL, 0);
		for (u32 i = 0; i < bb->ncontrols; i++)
			f->vals[bb->controls[i]].uses--;
		*bb = (BasicBlock){.kind = BLOCK_NONE};
	}
}

// Removes copies and phis that are trivial or that only phis use; puts phis in front.
static void tidy_values(Func *f)
{
	Ref *work = NEWN(f->arena, Ref, f->nvals + 1);
	u32 nwork = 0;
	for (Ref r = 1; r < f->nvals; r++)
		if (f->vals[r].op == SSA_PHI && f->vals[r].nargs)
			work[nwork++] = r;
	// Forwards and backwards in turn: which way simplification spreads depends on how loops nest.
	for (u32 before = nwork + 1; nwork < before;) {
		before = nwork;
		u32 n = 0;
		for (u32 i = 0; i < before; i++)
			if (!phi_simplify(f, work[i]))
				work[n++] = work[i];
		nwork = 0;
		for (u32 i = n; i-- > 0;)
			if (!phi_simplify(f, work[i]))
				work[nwork++] = work[i];
		for (u32 i = 0; i < nwork / 2; i++) {
			Ref r = work[i];
			work[i] = work[nwork - 1 - i];
			work[nwork - 1 - i] = r;
		}
	}
	nwork = 0;
	for (BlockId x = 1; x < f->nblocks; x++) {
		BasicBlock *bb = &f->blocks[x];
		for (u32 i = 0; i < bb->nvals; i++) {
			Value *v = &f->vals[bb->vals[i]];
			if (v->op == SSA_COPY)
				continue;
			Ref *a = value_args(v);
			for (u32 k = 0; k < v->nargs; k++) {
				Ref r = resolve(f, a[k]);
				if (r != a[k]) {
					f->vals[r].uses++;
					f->vals[a[k]].uses--;
					a[k] = r;
				}
				if (v->op != SSA_PHI && f->vals[r].op == SSA_PHI && !(f->vals[r].flags & VF_MARK)) {
					f->vals[r].flags |= VF_MARK;
					work[nwork++] = r;
				}
			}
		}
		for (u32 i = 0; i < bb->ncontrols; i++) {
			Ref r = resolve(f, bb->controls[i]);
			if (r != bb->controls[i]) {
				f->vals[r].uses++;
				f->vals[bb->controls[i]].uses--;
				bb->controls[i] = r;
			}
			if (f->vals[r].op == SSA_PHI && !(f->vals[r].flags & VF_MARK)) {
				f->vals[r].flags |= VF_MARK;
				work[nwork++] = r;
			}
		}
	}
	while (nwork) {
		Value *v = &f->vals[work[--nwork]];
		Ref *a = value_args(v);
		for (u32 k = 0; k < v->nargs; k++) {
			Value *w = &f->vals[a[k]];
			if (w->op == SSA_PHI && !(w->flags & VF_MARK)) {
				w->flags |= VF_MARK;
				work[nwork++] = a[k];
			}
		}
	}
	for (BlockId x = 1; x < f->nblocks; x++) {
		BasicBlock *bb = &f->blocks[x];
		u32 nphi = 0, n = 0;
		for (u32 i = 0; i < bb->nvals; i++) {
			Ref r = bb->vals[i];
			Value *v = &f->vals[r];
			if (v->op == SSA_COPY || (v->op == SSA_PHI && !(v->flags & VF_MARK)))
				value_set_args(f, r, NULL, 0);
			else if (v->op == SSA_PHI)
				nphi++;
		}
		if (nphi == 0) {
			for (u32 i = 0; i < bb->nvals; i++)
				if (f->vals[bb->vals[i]].op != SSA_COPY && f->vals[bb->vals[i]].op != SSA_PHI)
					bb->vals[n++] = bb->vals[i];
			bb->nvals = n;
			continue;
		}
		Ref *out = NEWN(f->arena, Ref, bb->nvals);
		u32 p = 0;
		n = nphi;
		for (u32 i = 0; i < bb->nvals; i++) {
			Ref r = bb->vals[i];
			Value *v = &f->vals[r];
			if (v->op == SSA_PHI) {
				if (!(v->flags & VF_MARK))
					continue;
				v->flags &= (u8)~VF_MARK;
				v->imm2 = 0;
				out[p++] = r;
			} else if (v->op != SSA_COPY) {
				out[n++] = r;
			}
		}
		bb->vals = out;
		bb->cvals = bb->nvals;
		bb->nvals = n;
	}
}

// Hands the marks on, with the order of each block's values as they were built; phis are marks, too.
static void debug_marks(Builder *b)
{
	Func *f = b->f;
	DebugInfo *d = &f->debug;
	if (!b->ndebug)
		return;
	d->nbuilt = f->nvals;
	d->next = NEWN(f->arena, Ref, f->nvals);
	d->prev = NEWN(f->arena, Ref, f->nvals);
	d->first = NEWN(f->arena, Ref, f->nblocks);
	Ref *last = NEWN(f->arena, Ref, f->nblocks);
	for (Ref r = 1; r < f->nvals; r++) {
		Value *v = &f->vals[r];
		BlockId x = v->block;
		d->prev[r] = last[x];
		if (v->op == SSA_PHI) { // stands nowhere in particular
			u32 comp = b->vars.p[v->imm2].comp;
			if (comp && v->nargs)
				vec_push(b->a, &b->debug_marks, (DebugMark){.block = x, .comp = comp - 1, .val = r, .is_phi = true});
			continue;
		}
		if (last[x])
			d->next[last[x]] = r;
		else
			d->first[x] = r;
		last[x] = r;
	}
	for (u32 i = 0; i < b->debug_marks.n; i++) {
		DebugMark *m = &b->debug_marks.p[i];
		while (m->after && f->vals[m->after].op == SSA_PHI)
			m->after = d->prev[m->after];
	}
	d->vars = b->debug_vars.p, d->nvars = b->debug_vars.n;
	d->marks = b->debug_marks.p, d->nmarks = b->debug_marks.n;
	d->ncomps = b->ndebug;
}

Func *ssa_build(IrUnit *u, IrFunc *fn, Arena *arena)
{
	Func *f = NEW(arena, Func);
	f->arena = arena;
	f->unit = u;
	f->ir = fn;
	f->target = &target_amd64;
	f->positions = RAWN(arena, PosInl, 64);
	f->positions[0] = (PosInl){0};
	f->cpositions = 64;
	f->npositions = 1;
	f->abi = abi_assign(arena, f->target, fn);
	f->cvals = 256;
	f->vals = RAWN(arena, Value, f->cvals);
	Builder *b = NEW(arena, Builder);
	b->f = f, b->u = u, b->fn = fn, b->a = arena;
	for (u32 i = 0; i < fn->vars.n; i++)
		fn->vars.p[i]->ssa = NULL;
	for (u32 i = 0; i < fn->nparams; i++)
		fn->params[i]->ssa = NULL;
	for (u32 i = 0; i < fn->nresults; i++)
		fn->results[i]->ssa = NULL;
	for (u32 i = 0; i < fn->captures.n; i++)
		fn->captures.p[i]->ssa = NULL;
	pos_at(b, fn->pos, 0, false);
	BlockId entry = bl_new(b);
	bl_seal(b, entry);
	bl_start(b, entry);
	build_params(b);
	if (fn->has_defer) {
		defers_begin(b);
		BlockId body = bl_new(b);
		f->deferreturn_block = bl_new(b);
		b->ret_block = bl_new(b);
		f->blocks[b->cur].kind = BLOCK_DEFER;
		block_add_edge(f, b->cur, body);
		block_add_edge(f, b->cur, f->deferreturn_block);
		b->cur = 0;
		bl_seal(b, body);
		bl_start(b, body);
	}
	stmts(b, fn->body);
	if (b->cur) {
		pos_at(b, fn->end_pos, 0, true);
		return_stmt(b, NULL);
	}
	if (fn->has_defer) {
		pos_at(b, fn->end_pos, 0, true);
		build_exit(b);
	}
	for (BlockId x = 1; x < f->nblocks; x++)
		bl_seal(b, x);
	drop_dead_blocks(f);
	debug_marks(b);
	tidy_values(f);
	for (BlockId x = 1; x < f->nblocks; x++)
		for (u32 i = 0; i < f->blocks[x].nvals && !f->has_calls; i++)
			f->has_calls = ssa_op_props[f->vals[f->blocks[x].vals[i]].op][1] == 'C' && !call_is_tail(&f->vals[f->blocks[x].vals[i]]);
	f->is_leaf = !f->has_calls;
	return f;
}
