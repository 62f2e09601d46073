// build_switch.c: switch and type switch: constants by binary search and jump tables, the rest in order. Facts:
// cmd/compile/internal/walk/switch.go.
#include "ssa/build.h"

#include <stdlib.h>

typedef struct Range { i64 lo, hi; BlockId body; } Range;       // of integers
typedef struct StrCase { Str s; BlockId body; } StrCase;

// The bodies, once all tests lead to their blocks.
static void bodies(Builder *b, IrNode *n, BlockId *body, BlockId end)
{
	for (u32 i = 0; i < n->body.n; i++) {
		IrNode *c = n->body.p[i];
		IrList l = c->body;
		bool through = l.n && l.p[l.n - 1]->op == IR_FALLTHROUGH;
		if (through)
			l.n--;
		bl_seal(b, body[i]); // a fallthrough from the body before has been built by now
		if (!b->f->blocks[body[i]].npreds && !l.n && !through)
			continue;
		bl_start(b, body[i]);
		stmts(b, l);
		bl_goto(b, through && i + 1 < n->body.n ? body[i + 1] : end);
	}
	b->targets.n--;
	bl_seal(b, end);
	if (b->f->blocks[end].npreds)
		bl_start(b, end);
}

static int range_cmp(const void *x, const void *y)
{
	i64 a = ((const Range *)x)->lo, c = ((const Range *)y)->lo;
	return a < c ? -1 : a > c;
}

// Tests x (I64, compared signed) against the sorted ranges.
static void search_ranges(Builder *b, Ref x, Range *r, u32 n, BlockId dflt)
{
	if (n >= 8) {
		u64 span = (u64)r[n - 1].hi - (u64)r[0].lo;
		u64 covered = 0;
		for (u32 i = 0; i < n; i++)
			covered += (u64)r[i].hi - (u64)r[i].lo + 1;
		if (span / 4 < covered && span < 1 << 16) {
			BlockId table = bl_new(b);
			Ref idx = e2(b, SSA_SUB, SSA_I64, x, ci(b, SSA_I64, r[0].lo));
			bl_if(b, e2(b, SSA_ULE, SSA_I8, idx, ci(b, SSA_I64, (i64)span)), table, dflt, 1);
			bl_seal(b, table);
			BasicBlock *bb = &b->f->blocks[table];
			bb->kind = BLOCK_JUMPTABLE;
			bb->controls = NEWN(b->a, Ref, 1);
			bb->controls[0] = idx;
			bb->ncontrols = 1;
			b->f->vals[idx].uses++;
			u32 k = 0;
			for (u64 i = 0; i <= span; i++) {
				i64 v = (i64)((u64)r[0].lo + i);
				if (v > r[k].hi)
					k++;
				block_add_edge(b->f, table, v >= r[k].lo ? r[k].body : dflt);
			}
			return;
		}
	}
	if (n <= 4) {
		for (u32 i = 0; i < n; i++) {
			BlockId next = i + 1 < n ? bl_new(b) : dflt;
			Ref c;
			if (r[i].lo == r[i].hi)
				c = e2(b, SSA_EQ, SSA_I8, x, ci(b, SSA_I64, r[i].lo));
			else
				c = e2(b, SSA_ULE, SSA_I8, e2(b, SSA_SUB, SSA_I64, x, ci(b, SSA_I64, r[i].lo)),
					ci(b, SSA_I64, (i64)((u64)r[i].hi - (u64)r[i].lo)));
			bl_if(b, c, r[i].body, next, 0);
			if (i + 1 < n) {
				bl_seal(b, next);
				bl_start(b, next);
			}
		}
		if (n == 0)
			bl_goto(b, dflt);
		return;
	}
	u32 mid = n / 2;
	BlockId lo = bl_new(b), hi = bl_new(b);
	bl_if(b, e2(b, SSA_LT, SSA_I8, x, ci(b, SSA_I64, r[mid].lo)), lo, hi, 0);
	bl_seal(b, lo);
	bl_seal(b, hi);
	bl_start(b, lo);
	search_ranges(b, x, r, mid, dflt);
	bl_start(b, hi);
	search_ranges(b, x, r + mid, n - mid, dflt);
}

static int str_case_cmp(const void *x, const void *y)
{
	Str a = ((const StrCase *)x)->s, c = ((const StrCase *)y)->s;
	return a.n != c.n ? (a.n < c.n ? -1 : 1) : str_cmp(a, c);
}

static void search_strings(Builder *b, Rv x, StrCase *c, u32 n, BlockId dflt)
{
	const Shape *sh = shape_of(b, TYPE(STRING));
	if (n <= 4) {
		for (u32 i = 0; i < n; i++) {
			BlockId next = i + 1 < n ? bl_new(b) : dflt;
			Ref p = c[i].s.n ? symaddr(b, obj_string(b->u->obj, c[i].s), 0) : ci(b, SSA_PTR, 0);
			Rv v = {sh, {p, ci(b, SSA_I64, c[i].s.n)}};
			bl_if(b, equal(b, TYPE(STRING), x, v), c[i].body, next, 0);
			if (i + 1 < n) {
				bl_seal(b, next);
				bl_start(b, next);
			}
		}
		if (n == 0)
			bl_goto(b, dflt);
		return;
	}
	u32 mid = n / 2;
	Ref less;
	if (c[0].s.n != c[n - 1].s.n) { // split between two lengths
		u32 up = mid, down = mid;
		while (up < n && c[up].s.n == c[up - 1].s.n)
			up++;
		while (down > 0 && c[down].s.n == c[down - 1].s.n)
			down--;
		mid = down == 0 || (up < n && up - n / 2 < n / 2 - down) ? up : down;
		if (mid == n)
			mid = down;
		less = e2(b, SSA_LT, SSA_I8, x.c[1], ci(b, SSA_I64, c[mid].s.n));
	} else {
		Ref r = rt(b, RT_cmpstring, SSA_I64, 4, x.c[0], x.c[1], symaddr(b, obj_string(b->u->obj, c[mid].s), 0),
			ci(b, SSA_I64, c[mid].s.n));
		less = e2(b, SSA_LT, SSA_I8, r, ci(b, SSA_I64, 0));
	}
	BlockId lo = bl_new(b), hi = bl_new(b);
	bl_if(b, less, lo, hi, 0);
	bl_seal(b, lo);
	bl_seal(b, hi);
	bl_start(b, lo);
	search_strings(b, x, c, mid, dflt);
	bl_start(b, hi);
	search_strings(b, x, c + mid, n - mid, dflt);
}

// One test of the tag against the value of a case.
static void test_value(Builder *b, Type *t, Rv x, IrNode *v, BlockId body, BlockId next)
{
	set_pos(b, v);
	if (v->op == IR_CONVIFACE && type_comparable_p(v->a->type)) { // nothing is boxed
		Rv y = expr(b, v->a);
		BlockId same = bl_new(b);
		bl_if(b, e2(b, SSA_EQ, SSA_I8, x.c[0], symaddr(b, rtti_iface_word(b->u, v->a->type, t), 0)), same, next, 0);
		bl_seal(b, same);
		bl_start(b, same);
		bl_if(b, equal(b, v->a->type, dot_value(b, x.c[1], v->a->type), y), body, next, 0);
		return;
	}
	Type *u = type_under(t);
	if (v->op == IR_NIL || (v->op == IR_ZERO && u->kind == TY_INTERFACE)) {
		bl_if(b, e2(b, SSA_EQ, SSA_I8, x.c[0], ci(b, b->f->vals[x.c[0]].type, 0)), body, next, 0);
		return;
	}
	bl_if(b, equal(b, t, x, rv_as(b, expr(b, v), x.sh)), body, next, 0);
}

void switch_stmt(Builder *b, IrNode *n)
{
	u32 k = n->body.n, nvals = 0;
	BlockId end = bl_new(b), dflt = end;
	target_push(b, n, end, 0);
	BlockId *body = NEWN(b->a, BlockId, k + 1);
	bool all_const = true, all_int = n->a != NULL, all_str = n->a != NULL;
	IrNode *tag = n->a;
	if (tag && tag->op == IR_CONST && type_is(tag->type, INFO_BOOL) && const_as_bool(tag->val))
		tag = NULL;
	Type *t = tag ? tag->type : NULL;
	all_int = tag && type_is(t, INFO_INT) && type_under(t)->kind == TY_BASIC;
	all_str = tag && type_is(t, INFO_STRING);
	for (u32 i = 0; i < k; i++) {
		IrNode *c = n->body.p[i];
		body[i] = bl_new(b);
		if (c->flags & IRF_DEFAULT)
			dflt = body[i];
		for (u32 j = 0; j < c->list.n; j++) {
			nvals++;
			IrNode *v = c->list.p[j];
			if (v->op != IR_CONST)
				all_const = all_int = all_str = false;
		}
	}
	if (!tag) {
		for (u32 i = 0; i < k; i++)
			for (u32 j = 0; j < n->body.p[i]->list.n; j++) {
				BlockId next = bl_new(b);
				cond(b, n->body.p[i]->list.p[j], body[i], next, 0);
				bl_seal(b, next);
				bl_start(b, next);
			}
		bl_goto(b, dflt);
		bodies(b, n, body, end);
		return;
	}
	if (all_const && tag->op == IR_CONST) { // nothing is left to test
		BlockId to = dflt;
		for (u32 i = k; i-- > 0;)
			for (u32 j = 0; j < n->body.p[i]->list.n; j++)
				if (const_compare(tag->val, OP_EQL, n->body.p[i]->list.p[j]->val))
					to = body[i];
		bl_goto(b, to);
		bodies(b, n, body, end);
		return;
	}
	Rv x = expr(b, tag);
	if (!x.sh->ssa && x.sh->size) {
		u32 s = tmp_slot(b, t);
		mem_store(b, slot_mem(b, s), x);
		x.c[0] = slot_addr(b, s, 0);
	}
	set_pos(b, n);
	bl_need(b);
	if (all_int) {
		bool sg = is_signed(t);
		Ref w = to_i64(b, x.c[0], sg);
		bool flip = !sg && type_size(t) == 8; // compare unsigned words signed, by moving them
		if (flip)
			w = e2(b, SSA_XOR, SSA_I64, w, ci(b, SSA_I64, INT64_MIN));
		Range *r = NEWN(b->a, Range, nvals + 1);
		u32 m = 0;
		for (u32 i = 0; i < k; i++)
			for (u32 j = 0; j < n->body.p[i]->list.n; j++) {
				const Const *cv = n->body.p[i]->list.p[j]->val;
				if (const_kind(cv) != CONST_INT)
					cv = const_to_int(b->a, cv);
				i64 v = (i64)const_wrap64(cv);
				if (flip)
					v ^= INT64_MIN;
				r[m++] = (Range){v, v, body[i]};
			}
		qsort(r, m, sizeof *r, range_cmp);
		u32 o = 0;
		for (u32 i = 0; i < m; i++) {
			if (o && r[o - 1].body == r[i].body && r[i].lo == r[o - 1].hi + 1)
				r[o - 1].hi = r[i].hi;
			else if (!o || r[i].lo != r[o - 1].hi)
				r[o++] = r[i];
		}
		search_ranges(b, w, r, o, dflt);
	} else if (all_str) {
		StrCase *c = NEWN(b->a, StrCase, nvals + 1);
		u32 m = 0;
		for (u32 i = 0; i < k; i++)
			for (u32 j = 0; j < n->body.p[i]->list.n; j++)
				c[m++] = (StrCase){const_as_string(n->body.p[i]->list.p[j]->val), body[i]};
		qsort(c, m, sizeof *c, str_case_cmp);
		search_strings(b, x, c, m, dflt);
	} else {
		for (u32 i = 0; i < k; i++)
			for (u32 j = 0; j < n->body.p[i]->list.n; j++) {
				BlockId next = bl_new(b);
				test_value(b, t, x, n->body.p[i]->list.p[j], body[i], next);
				bl_seal(b, next);
				bl_start(b, next);
			}
		bl_goto(b, dflt);
	}
	bodies(b, n, body, end);
}

// ---- type switch --------------------------------------------------------------------------------------------------

static void bind(Builder *b, IrVar *v, Rv x)
{
	VarInfo *vi = var_info(b, v);
	x = rv_as(b, x, vi->sh);
	var_begin(b, v);
	if (vi->where == AT_PTR) {
		Mem d = var_mem(b, v);
		d.fresh = v->heap;
		mem_store(b, d, x);
	} else {
		var_set(b, v, x);
	}
}

typedef struct TypeCase { IrNode *clause, *node; Type *type; BlockId body; u32 hash; } TypeCase;

// Goes to the body of a case for the type `t`, which is no interface, if that is x's type, else to next.
static void test_type(Builder *b, Rv x, Type *from, const TypeCase *c, BlockId next)
{
	IrNode *clause = c->clause;
	set_pos(b, c->node);
	BlockId yes = clause->var ? bl_new(b) : c->body;
	bl_if(b, e2(b, SSA_EQ, SSA_I8, x.c[0], symaddr(b, rtti_iface_word(b->u, c->type, from), 0)), yes, next, 0);
	if (!clause->var)
		return;
	bl_seal(b, yes);
	bl_start(b, yes);
	bind(b, clause->var, clause->list.n == 1 ? dot_value(b, x.c[1], c->type) : x);
	bl_goto(b, c->body);
}

static bool is_interface(Type *t) { return type_under(t)->kind == TY_INTERFACE; }

static int type_case_cmp(const void *x, const void *y)
{
	const TypeCase *a = x, *c = y;
	return a->hash != c->hash ? (a->hash < c->hash ? -1 : 1) : str_cmp(types_link_name(a->type), types_link_name(c->type));
}

// Cases of types that are no interfaces exclude each other: many are found by their hash.
static void test_types(Builder *b, Rv x, Type *from, TypeCase *c, u32 n, BlockId next)
{
	if (n <= 4) {
		for (u32 i = 0; i < n; i++) {
			BlockId no = i + 1 < n ? bl_new(b) : next;
			test_type(b, x, from, &c[i], no);
			if (i + 1 < n) {
				bl_seal(b, no);
				bl_start(b, no);
			}
		}
		return;
	}
	for (u32 i = 0; i < n; i++)
		c[i].hash = rtti_type_hash(c[i].type);
	qsort(c, n, sizeof *c, type_case_cmp);
	BlockId *test = NEWN(b->a, BlockId, n);
	Range *r = NEWN(b->a, Range, n);
	u32 m = 0;
	for (u32 i = 0; i < n; i++) {
		test[i] = bl_new(b);
		if (!i || c[i].hash != c[i - 1].hash)
			r[m++] = (Range){c[i].hash, c[i].hash, test[i]};
	}
	Ref hash = to_i64(b, load_ro(b, SSA_I32, x.c[0], 16), false); // Type.Hash, ITab.Hash
	search_ranges(b, hash, r, m, next);
	for (u32 i = 0; i < n; i++) {
		bl_seal(b, test[i]);
		bl_start(b, test[i]);
		test_type(b, x, from, &c[i], i + 1 < n && c[i + 1].hash == c[i].hash ? test[i + 1] : next);
	}
}

void type_switch(Builder *b, IrNode *n)
{
	u32 k = n->body.n;
	BlockId end = bl_new(b), dflt = end, none = bl_new(b);
	IrNode *dc = NULL;
	target_push(b, n, end, 0);
	BlockId *body = NEWN(b->a, BlockId, k + 1);
	Type *from = n->a->type;
	Rv x = expr(b, n->a);
	set_pos(b, n);
	bl_need(b);
	BlockId nil_target = 0;
	IrNode *nil_case = NULL;
	for (u32 i = 0; i < k; i++) {
		IrNode *c = n->body.p[i];
		body[i] = bl_new(b);
		if (c->flags & IRF_DEFAULT)
			dflt = body[i], dc = c;
		for (u32 j = 0; j < c->list.n; j++)
			if (!c->list.p[j]->type || c->list.p[j]->op == IR_NIL)
				if (!nil_target)
					nil_target = body[i], nil_case = c;
	}
	// nil goes first: the other tests may then look at the type
	BlockId some = bl_new(b), nil_block = nil_target && nil_case->var ? bl_new(b) : 0;
	bl_if(b, e2(b, SSA_NE, SSA_I8, x.c[0], ci(b, SSA_PTR, 0)), some, nil_block ? nil_block : nil_target ? nil_target : none, 1);
	if (nil_block) {
		bl_seal(b, nil_block);
		bl_start(b, nil_block);
		bind(b, nil_case->var, x);
		bl_goto(b, nil_target);
	}
	bl_seal(b, some);
	bl_start(b, some);
	u32 ncases = 0;
	for (u32 i = 0; i < k; i++)
		ncases += n->body.p[i]->list.n;
	TypeCase *cases = NEWN(b->a, TypeCase, ncases + 1);
	ncases = 0;
	for (u32 i = 0; i < k; i++) {
		IrNode *c = n->body.p[i];
		for (u32 j = 0; j < c->list.n; j++)
			if (c->list.p[j]->type && c->list.p[j]->op != IR_NIL)
				cases[ncases++] = (TypeCase){c, c->list.p[j], c->list.p[j]->type, body[i]};
	}
	Ref typ = 0;
	for (u32 i = 0; i < ncases;) {
		TypeCase *c = &cases[i];
		BlockId next = bl_new(b);
		if (!is_interface(c->type)) {
			u32 m = 1;
			while (i + m < ncases && !is_interface(c[m].type))
				m++;
			test_types(b, x, from, c, m, next);
			i += m;
		} else {
			i++;
			set_pos(b, c->node);
			BlockId yes = c->clause->var ? bl_new(b) : c->body;
			Rv v = x;
			if (!typ || b->f->vals[typ].block != b->cur) // read again: cheap, and it dominates
				typ = iface_type_word(b, x.c[0], from);
			Ref word = typ;
			if (iface_nmethods(c->type)) {
				word = type_assert(b, c->type, typ, true);
				bl_if(b, e2(b, SSA_NE, SSA_I8, word, ci(b, SSA_PTR, 0)), yes, next, 0);
			} else {
				bl_goto(b, yes);
			}
			if (c->clause->list.n == 1)
				v = (Rv){shape_of(b, c->type), {word, x.c[1]}};
			if (c->clause->var) {
				bl_seal(b, yes);
				bl_start(b, yes);
				bind(b, c->clause->var, v);
				bl_goto(b, c->body);
			}
		}
		bl_seal(b, next);
		bl_start(b, next);
	}
	bl_goto(b, none);
	bl_seal(b, none);
	bl_start(b, none);
	if (dc && dc->var)
		bind(b, dc->var, x);
	bl_goto(b, dflt);
	bodies(b, n, body, end);
}
