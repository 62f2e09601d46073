// range.c: for range loops over integers, arrays, slices, strings, maps and channels as plain loops with hidden
// counters (RANGEMAP stays). The operand is evaluated once; each iteration's variables are new ones from go1.22 on.
#include "ir/build.h"

typedef struct Vars { Expr *e[2]; IrVar *old[2]; bool def; } Vars; // key and value, NULL where absent or blank

static bool is_blank(Expr *e)
{
	e = expr_unparen(e);
	return e->kind == E_NAME && name_is_blank(e->name.name);
}

static Vars vars_of(Builder *b, Stmt *s)
{
	Vars v = {.def = s->range.def};
	Expr **e;
	u32 n = ir_unpack(s->range.lhs, &e);
	for (u32 i = 0; i < n && i < 2; i++) {
		if (is_blank(e[i]))
			continue;
		v.e[i] = e[i];
		if (v.def && !b->per_iteration) { // one variable for the whole loop
			v.old[i] = ir_declare(b, e[i]->name.obj);
			IrNode *d = ir_new(b->a, IR_DECL, e[i]->pos, NULL);
			d->var = v.old[i];
			EMIT(b, d);
		}
	}
	return v;
}

static void bind(Builder *b, Vars *v, u32 i, IrNode *value)
{
	Expr *e = v->e[i];
	if (!e)
		return;
	if (!v->def) {
		ir_store(b, e, value);
	} else if (v->old[i]) {
		EMIT(b, ir_assign(b, e->pos, ir_var(b, e->pos, v->old[i]), ir_convert(b, e->pos, value, v->old[i]->type, true)));
	} else {
		IrVar *x = ir_declare(b, e->name.obj);
		EMIT(b, ir_define(b, e->pos, x, ir_convert(b, e->pos, value, x->type, true)));
	}
}

// Key and value. With = they are assigned in parallel: the places are found before anything changes.
static void bind_both(Builder *b, Stmt *s, Vars *v, IrNode *key, IrNode *value)
{
	if (v->def || !v->e[0] || !v->e[1]) {
		bind(b, v, 0, key);
		bind(b, v, 1, value);
		return;
	}
	IrNode *n = ir_new(b->a, IR_ASSIGNLIST, s->pos, NULL), *vals[2] = {key, value};
	n->list.p = NEWN(b->a, IrNode *, 2);
	n->body.p = NEWN(b->a, IrNode *, 2);
	n->list.n = n->body.n = 2;
	for (u32 i = 0; i < 2; i++) {
		n->list.p[i] = ir_expr(b, v->e[i]);
		ir_mark_assigned(n->list.p[i]);
		n->body.p[i] = ir_convert(b, s->pos, vals[i], n->list.p[i]->type, true);
	}
	EMIT(b, n);
}

static IrNode *add_one(Builder *b, Pos pos, IrVar *v)
{
	IrNode *n = ir_n2(b, IR_ASSIGNOP, pos, NULL, ir_var(b, pos, v), ir_const(b, pos, v->type, const_i64(b->a, 1)));
	n->sub = OP_ADD;
	v->reassigned = true;
	return n;
}

typedef struct Loop { IrNode *n; NodeVec body; NodeVec *saved; } Loop;

static void loop_begin(Builder *b, Stmt *s, Loop *l, IrOp op)
{
	*l = (Loop){.n = ir_new(b->a, op, s->pos, NULL), .saved = b->out};
	l->n->flags |= IRF_IMPLICIT;
	ir_target_add(b, s, l->n);
}

static void loop_body(Builder *b, Loop *l) { b->out = &l->body; b->loops++; }

static void loop_end(Builder *b, Stmt *s, Loop *l)
{
	ir_stmts(b, s->range.body->list);
	b->loops--;
	b->out = l->saved;
	l->n->body = ir_list(&l->body);
	EMIT(b, l->n);
}

// The counter from 0 below n, which is cheap to evaluate or a variable.
static IrVar *counted(Builder *b, Stmt *s, Loop *l, IrNode *limit, Type *t)
{
	IrVar *n = ir_is_cheap(limit) ? NULL : ir_save(b, limit);
	IrVar *i = ir_save(b, ir_const(b, s->pos, t, const_i64(b->a, 0)));
	loop_begin(b, s, l, IR_FOR);
	l->n->a = ir_compare(b, s->pos, OP_LSS, ir_var(b, s->pos, i), n ? ir_var(b, s->pos, n) : limit);
	l->n->b = add_one(b, s->pos, i);
	loop_body(b, l);
	return i;
}

static void range_int(Builder *b, Stmt *s, IrNode *x)
{
	Vars v = vars_of(b, s);
	Loop l;
	if (v.e[0] && v.def && x->op == IR_CONST && ir_ty(b, v.e[0]->name.obj->type) != x->type)
		x = ir_convert(b, s->pos, x, ir_ty(b, v.e[0]->name.obj->type), true);
	IrVar *i = counted(b, s, &l, x, x->type);
	bind(b, &v, 0, ir_var(b, s->pos, i));
	loop_end(b, s, &l);
}

// Arrays, pointers to arrays, slices.
static void range_list(Builder *b, Stmt *s, IrNode *x)
{
	Vars v = vars_of(b, s);
	Loop l;
	Type *u = type_under(x->type);
	bool ptr = u->kind == TY_POINTER, slice = u->kind == TY_SLICE;
	IrVar *keep = NULL;
	IrNode *limit;
	if (slice) {
		if (x->op == IR_STR2BYTES)
			x->flags |= IRF_TMP;
		keep = ir_save(b, x);
		limit = ir_n1(b, IR_LEN, s->pos, TYPE(INT), ir_var(b, s->pos, keep));
	} else {
		Type *at = ptr ? type_under(u->pointer.elem) : u;
		limit = ir_int(b->a, s->pos, TYPE(INT), at->array.len);
		if (v.e[1])
			keep = ir_save(b, x);
		else if (ir_has_call(x)) // else the length is a constant, and x is not looked at
			ir_evaluate(b, s->pos, x);
	}
	IrVar *i = counted(b, s, &l, limit, TYPE(INT));
	if (v.e[1]) {
		IrNode *base = ir_var(b, s->pos, keep);
		if (ptr)
			base = ir_deref(b, s->pos, base);
		IrNode *elem = ir_n2(b, IR_INDEX, s->pos, ir_elem(base->type), base, ir_var(b, s->pos, i));
		elem->flags |= IRF_BOUNDED;
		bind_both(b, s, &v, ir_var(b, s->pos, i), elem);
	} else {
		bind(b, &v, 0, ir_var(b, s->pos, i));
	}
	loop_end(b, s, &l);
}

static void range_string(Builder *b, Stmt *s, IrNode *x)
{
	Vars v = vars_of(b, s);
	Loop l;
	Pos pos = s->pos;
	IrVar *str = ir_save(b, ir_convert(b, pos, x, TYPE(STRING), true));
	IrVar *next = ir_save(b, ir_int(b->a, pos, TYPE(INT), 0));
	next->reassigned = true;
	loop_begin(b, s, &l, IR_FOR);
	l.n->a = ir_compare(b, pos, OP_LSS, ir_var(b, pos, next), ir_n1(b, IR_LEN, pos, TYPE(INT), ir_var(b, pos, str)));
	loop_body(b, &l);
	IrVar *at = ir_save(b, ir_var(b, pos, next));
	IrNode *c = ir_n2(b, IR_INDEX, pos, TYPE(UINT8), ir_var(b, pos, str), ir_var(b, pos, next));
	c->flags |= IRF_BOUNDED;
	IrVar *r = ir_save(b, ir_n1(b, IR_CONV, pos, TYPE(INT32), c));
	r->reassigned = true;
	IrNode *iff = ir_n1(b, IR_IF, pos, NULL, ir_compare(b, pos, OP_LSS, ir_var(b, pos, r), ir_int(b->a, pos, TYPE(INT32), 0x80)));
	iff->flags |= IRF_LIKELY;
	iff->body = ir_list1(b->a, add_one(b, pos, next));
	IrNode *args[2] = {ir_var(b, pos, str), ir_var(b, pos, next)};
	IrNode *m = ir_n1(b, IR_ASSIGNMULTI, pos, NULL, ir_call(b, pos, ir_runtime("decoderune"), args, 2));
	NodeVec dst = {0};
	vec_push(b->a, &dst, ir_var(b, pos, r));
	vec_push(b->a, &dst, ir_var(b, pos, next));
	m->list = ir_list(&dst);
	iff->list = ir_list1(b->a, m);
	EMIT(b, iff);
	bind_both(b, s, &v, ir_var(b, pos, at), ir_var(b, pos, r));
	loop_end(b, s, &l);
}

static void range_map(Builder *b, Stmt *s, IrNode *x)
{
	Vars v = vars_of(b, s);
	Loop l;
	Type *u = type_under(x->type);
	Type *t[2] = {ir_canon(u->map.key), ir_canon(u->map.elem)};
	loop_begin(b, s, &l, IR_RANGEMAP);
	l.n->a = x;
	loop_body(b, &l);
	IrNode **slot[2] = {&l.n->b, &l.n->c};
	if (!v.def && v.e[0] && v.e[1]) {
		IrVar *k = ir_tmp(b->f, t[0], s->pos), *e = ir_tmp(b->f, t[1], s->pos);
		l.n->b = ir_var(b, s->pos, k);
		l.n->c = ir_var(b, s->pos, e);
		bind_both(b, s, &v, ir_var(b, s->pos, k), ir_var(b, s->pos, e));
		loop_end(b, s, &l);
		return;
	}
	for (u32 i = 0; i < 2; i++) {
		if (!v.e[i])
			continue;
		if (v.def && !v.old[i] && ir_ty(b, v.e[i]->name.obj->type) == t[i]) {
			*slot[i] = ir_var(b, s->pos, ir_declare(b, v.e[i]->name.obj));
		} else {
			IrVar *tmp = ir_tmp(b->f, t[i], s->pos);
			*slot[i] = ir_var(b, s->pos, tmp);
			bind(b, &v, i, ir_var(b, s->pos, tmp));
		}
	}
	loop_end(b, s, &l);
}

static void range_chan(Builder *b, Stmt *s, IrNode *x)
{
	Vars v = vars_of(b, s);
	Loop l;
	Pos pos = s->pos;
	IrVar *c = ir_save(b, x);
	loop_begin(b, s, &l, IR_FOR);
	loop_body(b, &l);
	Type *pair[2] = {ir_elem(x->type), TYPE(BOOL)};
	IrVar *tmp[2];
	ir_multi(b, ir_n1(b, IR_RECV2, pos, ir_tuple(b->a, pair, 2), ir_var(b, pos, c)), tmp, 2);
	IrNode *not = ir_n1(b, IR_UNARY, pos, TYPE(BOOL), ir_var(b, pos, tmp[1]));
	not->sub = OP_NOT;
	IrNode *iff = ir_n1(b, IR_IF, pos, NULL, not);
	IrNode *brk = ir_new(b->a, IR_BREAK, pos, NULL);
	brk->target = l.n;
	iff->body = ir_list1(b->a, brk);
	EMIT(b, iff);
	bind(b, &v, 0, ir_var(b, pos, tmp[0]));
	loop_end(b, s, &l);
}

void ir_range_stmt(Builder *b, Stmt *s)
{
	IrNode *x = ir_expr(b, s->range.x);
	Type *u = type_under(x->type);
	switch (u->kind) {
	case TY_BASIC:
		if (u->info & INFO_STRING)
			range_string(b, s, x);
		else
			range_int(b, s, x);
		break;
	case TY_ARRAY: case TY_POINTER: case TY_SLICE:
		range_list(b, s, x);
		break;
	case TY_MAP:
		range_map(b, s, x);
		break;
	case TY_CHAN:
		range_chan(b, s, x);
		break;
	case TY_FUNC:
		ir_range_func(b, s, x, u);
		break;
	default:
		bug("%.*s: range over type kind %d", STR_ARG(pos_fmt(b->a, s->pos)), u->kind);
	}
}
