// assign.c: assignments and local variable declarations. One value to one place is ASSIGN; several are assigned in
// parallel; a call or comma-ok form with several results is ASSIGNMULTI, through temporaries where types differ.
#include "ir/build.h"

static bool is_blank(Expr *e)
{
	e = expr_unparen(e);
	return e->kind == E_NAME && name_is_blank(e->name.name);
}

// The object that e, on the left side of :=, declares; NULL if it was declared before.
static Object *declared(Expr *e)
{
	return e->kind == E_NAME && e->name.obj && e->name.obj->pos == e->pos && e->name.obj->kind == OBJ_VAR ? e->name.obj : NULL;
}

void ir_store(Builder *b, Expr *lhs, IrNode *value)
{
	if (is_blank(lhs)) {
		EMIT(b, ir_assign(b, lhs->pos, NULL, value));
		return;
	}
	IrNode *dst = ir_expr(b, lhs);
	EMIT(b, ir_assign(b, lhs->pos, dst, ir_convert(b, lhs->pos, value, dst->type, true)));
}

static void define(Builder *b, Object *o, Pos pos, IrNode *value)
{
	IrVar *v = ir_var_new(b->f, b->a, IRV_LOCAL, o->name, ir_ty(b, o->type), o->pos);
	v->scope = ir_scope(o);
	value = ir_convert(b, pos, value, v->type, true);
	map_put(b->a, &b->vars, PKEY(o), v);
	EMIT(b, ir_define(b, pos, v, value));
}

// Evaluates values, NULL for none, into new variables: those of names, or, with tmp, temporaries. Those with calls come first: a
// call may change what another reads (order.c).
static void evaluate_all(Builder *b, Pos pos, Expr **names, IrNode **v, IrVar **tmp, u32 n)
{
	for (int calls = 1; calls >= 0; calls--)
		for (u32 i = 0; i < n; i++) {
			if (!v[i] || ir_is_ordered(v[i]) != calls)
				continue;
			if (is_blank(names[i])) {
				if (!ir_is_cheap(v[i]))
					EMIT(b, ir_assign(b, pos, NULL, v[i]));
			} else if (tmp) {
				tmp[i] = ir_save(b, v[i]);
			} else {
				define(b, names[i]->name.obj, pos, v[i]);
			}
		}
}

static void discard(Builder *b, Pos pos, Expr *e)
{
	if (expr_unparen(e)->mode == MODE_NIL)
		return;
	IrNode *v = ir_expr(b, e);
	if (v->op != IR_CONST && v->op != IR_NIL && v->op != IR_FUNC)
		EMIT(b, ir_assign(b, pos, NULL, v));
}

static void assign_one(Builder *b, Stmt *s, Expr *l, Expr *r)
{
	Object *o = s->op == OP_DEF ? declared(l) : NULL;
	if (is_blank(l)) {
		discard(b, s->pos, r);
	} else if (o) {
		define(b, o, s->pos, ir_expr_to(b, r, ir_ty(b, o->type)));
	} else {
		IrNode *dst = ir_expr(b, l);
		EMIT(b, ir_assign(b, s->pos, dst, ir_expr_to(b, r, dst->type)));
	}
}

// list = call, where call has as many results as list.
static void assign_multi(Builder *b, Pos pos, bool def, Expr **l, u32 n, IrNode *call)
{
	Type *tuple = call->type;
	CHECK(tuple && tuple->kind == TY_TUPLE && tuple->tuple.n == n);
	// Directly if nothing has to be converted and all, or none, are new.
	u32 fresh = 0, blank = 0;
	bool same = true;
	for (u32 i = 0; i < n; i++) {
		Type *t = ir_canon(tuple->tuple.vars[i]->type);
		if (is_blank(l[i]))
			blank++;
		else if (def && declared(l[i])) {
			fresh++;
			same &= ir_ty(b, declared(l[i])->type) == t;
		} else {
			same &= ir_ty(b, l[i]->type) == t;
		}
	}
	if (same && (fresh + blank == n || fresh == 0)) {
		IrNode *m = ir_n1(b, IR_ASSIGNMULTI, pos, NULL, call);
		if (fresh)
			m->flags |= IRF_DEF;
		m->list.p = NEWN(b->a, IrNode *, n);
		m->list.n = n;
		for (u32 i = 0; i < n; i++) {
			if (is_blank(l[i]))
				continue;
			if (fresh) {
				m->list.p[i] = ir_var(b, l[i]->pos, ir_declare(b, declared(l[i])));
			} else {
				m->list.p[i] = ir_expr(b, l[i]);
				ir_mark_assigned(m->list.p[i]);
			}
		}
		EMIT(b, m);
		return;
	}
	IrVar **tmp = NEWN(b->a, IrVar *, n);
	ir_multi(b, call, tmp, n);
	for (u32 i = 0; i < n; i++) {
		if (is_blank(l[i]))
			continue;
		if (def && declared(l[i]))
			define(b, declared(l[i]), l[i]->pos, ir_var(b, pos, tmp[i]));
		else
			ir_store(b, l[i], ir_var(b, pos, tmp[i]));
	}
}

static void assign_list(Builder *b, Stmt *s, Expr **l, Expr **r, u32 n)
{
	u32 fresh = 0, blank = 0;
	for (u32 i = 0; i < n; i++) {
		blank += is_blank(l[i]);
		fresh += s->op == OP_DEF && declared(l[i]);
	}
	if (fresh) { // new variables are not visible on the right side
		IrVar **tmp = fresh + blank == n ? NULL : NEWN(b->a, IrVar *, n);
		IrNode **v = NEWN(b->a, IrNode *, n);
		for (u32 i = 0; i < n; i++) {
			if (!is_blank(l[i]))
				v[i] = ir_expr_to(b, r[i], declared(l[i]) ? ir_ty(b, declared(l[i])->type) : ir_ty(b, l[i]->type));
			else if (expr_unparen(r[i])->mode != MODE_NIL)
				v[i] = ir_expr(b, r[i]);
		}
		evaluate_all(b, s->pos, l, v, tmp, n);
		for (u32 i = 0; tmp && i < n; i++) {
			if (!tmp[i])
				continue;
			if (declared(l[i]))
				define(b, declared(l[i]), s->pos, ir_var(b, s->pos, tmp[i]));
			else
				ir_store(b, l[i], ir_var(b, s->pos, tmp[i]));
		}
		return;
	}
	IrNode *as = ir_new(b->a, IR_ASSIGNLIST, s->pos, NULL);
	as->list.p = NEWN(b->a, IrNode *, n);
	as->body.p = NEWN(b->a, IrNode *, n);
	as->list.n = as->body.n = n;
	for (u32 i = 0; i < n; i++)
		if (!is_blank(l[i])) {
			as->list.p[i] = ir_expr(b, l[i]);
			ir_mark_assigned(as->list.p[i]);
		}
	for (u32 i = 0; i < n; i++) {
		if (as->list.p[i]) {
			as->body.p[i] = ir_expr_to(b, r[i], as->list.p[i]->type);
		} else {
			IrNode *v = ir_expr(b, r[i]);
			if (v->op == IR_NIL && v->type->info & INFO_UNTYPED)
				v->type = TYPE(UNSAFEPTR);
			as->body.p[i] = v;
		}
	}
	EMIT(b, as);
}

void ir_assign_stmt(Builder *b, Stmt *s)
{
	if (s->op != OP_DEF && s->op != OP_NONE) { // x op= y, x++
		IrNode *dst = ir_expr(b, s->assign.lhs);
		bool shift = s->op == OP_SHL || s->op == OP_SHR;
		IrNode *v;
		if (s->assign.incdec)
			v = ir_const(b, s->pos, dst->type, const_i64(b->a, 1));
		else
			v = shift ? ir_expr(b, s->assign.rhs) : ir_expr_to(b, s->assign.rhs, dst->type);
		ir_mark_assigned(dst);
		IrNode *n = ir_n2(b, IR_ASSIGNOP, s->pos, NULL, dst, v);
		n->sub = s->op;
		EMIT(b, n);
		return;
	}
	Expr **l, **r;
	u32 nl = ir_unpack(s->assign.lhs, &l), nr = ir_unpack(s->assign.rhs, &r);
	if (nl == 1 && nr == 1)
		assign_one(b, s, l[0], r[0]);
	else if (nl == nr)
		assign_list(b, s, l, r, nl);
	else
		assign_multi(b, s->pos, s->op == OP_DEF, l, nl, ir_expr(b, r[0]));
}

void ir_var_decl(Builder *b, Decl *d)
{
	u32 n = d->val.names.n;
	Expr **names = d->val.names.p, **vals;
	u32 nv = ir_unpack(d->val.values, &vals);
	if (nv == 0) {
		for (u32 i = 0; i < n; i++) {
			Object *o = names[i]->name.obj;
			if (!o || is_blank(names[i]))
				continue;
			IrNode *decl = ir_new(b->a, IR_DECL, d->pos, NULL);
			decl->var = ir_declare(b, o);
			EMIT(b, decl);
		}
		return;
	}
	if (nv == n) {
		IrNode **v = NEWN(b->a, IrNode *, n);
		for (u32 i = 0; i < n; i++) {
			Object *o = names[i]->name.obj;
			if (o && !is_blank(names[i]))
				v[i] = ir_expr_to(b, vals[i], ir_ty(b, o->type));
			else if (expr_unparen(vals[i])->mode != MODE_NIL)
				v[i] = d->val.type ? ir_expr_to(b, vals[i], ir_ty(b, d->val.type->type)) : ir_expr(b, vals[i]);
		}
		evaluate_all(b, d->pos, names, v, NULL, n);
		return;
	}
	assign_multi(b, d->pos, true, names, n, ir_expr(b, vals[0]));
}
