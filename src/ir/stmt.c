// stmt.c: statements to ir statements. Branches name the node they leave or continue; what a constant condition
// excludes is not built. Inside the body of a range over a function, branches that leave it go through rangefunc.c.
#include "ir/build.h"

Target *ir_target_add(Builder *b, Stmt *s, IrNode *n)
{
	Target *t = NEW(b->a, Target);
	*t = (Target){n, s, b};
	map_put(b->a, &b->targets, PKEY(s), t);
	return t;
}

IrLabel *ir_label(Builder *b, Stmt *labeled)
{
	IrLabel *l = map_get(&b->labels, PKEY(labeled));
	if (!l) {
		l = NEW(b->a, IrLabel);
		l->name = labeled->labeled.label->name.name;
		l->id = ++b->f->nlabels;
		map_put(b->a, &b->labels, PKEY(labeled), l);
	}
	return l;
}

IrList ir_block(Builder *b, StmtVec v)
{
	NodeVec list = {0}, *saved = b->out;
	b->out = &list;
	ir_stmts(b, v);
	b->out = saved;
	return ir_list(&list);
}

static IrList one_stmt(Builder *b, Stmt *s)
{
	NodeVec list = {0}, *saved = b->out;
	b->out = &list;
	ir_stmt(b, s);
	b->out = saved;
	return ir_list(&list);
}

// Nothing runs behind these.
static bool is_terminal(Stmt *s)
{
	return (s->kind == ST_BRANCH && s->branch.tok != T_FALLTHROUGH) || ir_terminates(s);
}

void ir_stmts(Builder *b, StmtVec v)
{
	bool dead = false;
	u32 labels = ir_labels_end(v); // what stands before a label may be used behind it
	for (u32 i = 0; i < v.n; i++) {
		if (dead && i >= labels)
			return;
		ir_stmt(b, v.p[i]);
		dead = is_terminal(v.p[i]);
	}
}

// ---- branches -----------------------------------------------------------------------------------

void ir_branch(Builder *b, Pos pos, u8 tok, Stmt *target)
{
	if (tok == T_GOTO) {
		Block *in = b->rf ? b->rf->stmt->range.body : NULL;
		if (in && (target->pos < in->pos || target->pos > in->rbrace)) {
			ir_rf_branch(b, pos, tok, target);
			return;
		}
		IrNode *n = ir_new(b->a, IR_GOTO, pos, NULL);
		n->label = ir_label(b, target);
		EMIT(b, n);
		return;
	}
	Target *t = map_get(&b->targets, PKEY(target));
	if (!t) {
		if (!b->rf)
			bug("%.*s: branch without a target", STR_ARG(pos_fmt(b->a, pos)));
		ir_rf_branch(b, pos, tok, target);
		return;
	}
	IrNode *n = ir_new(b->a, tok == T_BREAK ? IR_BREAK : IR_CONTINUE, pos, NULL);
	n->target = t->node;
	EMIT(b, n);
}

static void branch_stmt(Builder *b, Stmt *s)
{
	if (s->branch.tok == T_FALLTHROUGH) {
		EMIT(b, ir_new(b->a, IR_FALLTHROUGH, s->pos, NULL));
		return;
	}
	Stmt *target = s->branch.target;
	if (!target)
		bug("%.*s: branch without a target", STR_ARG(pos_fmt(b->a, s->pos)));
	if (s->branch.tok != T_GOTO)
		while (target->kind == ST_LABELED)
			target = target->labeled.stmt;
	ir_branch(b, s->pos, s->branch.tok, target);
}

void ir_return(Builder *b, Stmt *s)
{
	Builder *real = b;
	while (real->rf)
		real = real->outer;
	IrFunc *f = real->f;
	Expr **e;
	u32 n = ir_unpack(s->ret.results, &e);
	NodeVec vals = {0};
	if (n == 1 && f->nresults > 1) {
		IrVar **tmp = NEWN(b->a, IrVar *, f->nresults);
		IrNode *call = ir_expr(b, e[0]);
		CHECK(call->type && call->type->kind == TY_TUPLE && call->type->tuple.n == f->nresults);
		ir_multi(b, call, tmp, f->nresults);
		for (u32 i = 0; i < f->nresults; i++)
			vec_push(b->a, &vals, ir_convert(b, s->pos, ir_var(b, s->pos, tmp[i]), f->results[i]->type, true));
	} else {
		CHECK(n == 0 || n == f->nresults);
		for (u32 i = 0; i < n; i++)
			vec_push(b->a, &vals, ir_expr_to(b, e[i], f->results[i]->type));
	}
	if (b->rf) {
		if (n) { // the results are variables of the function around the loop
			IrNode *as = ir_new(b->a, IR_ASSIGNLIST, s->pos, NULL);
			NodeVec dst = {0};
			for (u32 i = 0; i < f->nresults; i++) {
				IrNode *v = ir_var(b, s->pos, ir_capture(b, f->results[i]));
				ir_mark_assigned(v);
				vec_push(b->a, &dst, v);
			}
			if (dst.n == 1) {
				EMIT(b, ir_n2(b, IR_ASSIGN, s->pos, NULL, dst.p[0], vals.p[0]));
			} else {
				as->list = ir_list(&dst);
				as->body = ir_list(&vals);
				EMIT(b, as);
			}
		}
		ir_rf_return(b, s->pos);
		return;
	}
	for (u32 i = 0; i < f->nresults && vals.n; i++)
		f->results[i]->reassigned = true; // deferred closures see what is returned
	IrNode *ret = ir_new(b->a, IR_RETURN, s->pos, NULL);
	ret->list = ir_list(&vals);
	EMIT(b, ret);
}

// ---- if and for ---------------------------------------------------------------------------------

static void if_stmt(Builder *b, Stmt *s)
{
	if (s->if_.init)
		ir_stmt(b, s->if_.init);
	IrNode *cond = ir_cond(b, s->if_.cond);
	if (cond->op == IR_CONST) {
		if (const_as_bool(cond->val))
			ir_stmts(b, s->if_.then->list);
		else if (s->if_.els)
			ir_stmt(b, s->if_.els);
		return;
	}
	IrNode *n = ir_n1(b, IR_IF, s->pos, NULL, cond);
	n->body = ir_block(b, s->if_.then->list);
	if (s->if_.els)
		n->list = one_stmt(b, s->if_.els);
	EMIT(b, n);
}

// Variables of a for clause that need to be new in each iteration: those somebody keeps the address of.
static void shared_vars(Stmt *init, ObjectVec *out, Arena *a)
{
	if (!init || init->kind != ST_ASSIGN || init->op != OP_DEF)
		return;
	Expr **e;
	u32 n = ir_unpack(init->assign.lhs, &e);
	for (u32 i = 0; i < n; i++) {
		Object *o = e[i]->kind == E_NAME ? e[i]->name.obj : NULL;
		if (o && (o->captured || o->addr_taken))
			vec_push(a, out, o);
	}
}

static IrNode *wrap_post(Builder *b, Pos pos, IrList l)
{
	if (l.n == 0)
		return NULL;
	if (l.n == 1)
		return l.p[0];
	IrNode *n = ir_new(b->a, IR_BLOCK, pos, NULL);
	n->body = l;
	return n;
}

static void for_stmt(Builder *b, Stmt *s)
{
	if (s->for_.init)
		ir_stmt(b, s->for_.init);
	IrNode *n = ir_new(b->a, IR_FOR, s->pos, NULL);
	ir_target_add(b, s, n);
	ObjectVec vars = {0};
	if (b->per_iteration)
		shared_vars(s->for_.init, &vars, b->a);
	if (!vars.n) {
		if (s->for_.cond) {
			n->a = ir_cond(b, s->for_.cond);
			if (n->a->op == IR_CONST && const_as_bool(n->a->val))
				n->a = NULL;
		}
		if (s->for_.post)
			n->b = wrap_post(b, s->pos, one_stmt(b, s->for_.post));
		b->loops++;
		n->body = ir_block(b, s->for_.body->list);
		b->loops--;
		EMIT(b, n);
		return;
	}
	// z' := init; first := true
	// for ; ; z' = z { z := z'; if first { first = false } else { post }; if !cond { break }; body }
	IrVar **outer = NEWN(b->a, IrVar *, vars.n);
	for (u32 i = 0; i < vars.n; i++)
		outer[i] = map_get(&b->vars, PKEY(vars.p[i]));
	IrVar *first = NULL;
	if (s->for_.post)
		first = ir_save(b, ir_const(b, s->pos, TYPE(BOOL), const_bool(true)));
	NodeVec body = {0}, post = {0}, *saved = b->out;
	b->out = &body;
	for (u32 i = 0; i < vars.n; i++) {
		IrVar *v = ir_declare(b, vars.p[i]);
		outer[i]->name = NULL;
		EMIT(b, ir_define(b, s->pos, v, ir_var(b, s->pos, outer[i])));
		vec_push(b->a, &post, ir_assign(b, s->pos, ir_var(b, s->pos, outer[i]), ir_var(b, s->pos, v)));
	}
	if (s->for_.post) {
		IrNode *iff = ir_n1(b, IR_IF, s->for_.post->pos, NULL, ir_var(b, s->pos, first));
		iff->body = ir_list1(b->a, ir_assign(b, s->pos, ir_var(b, s->pos, first),
			ir_const(b, s->pos, TYPE(BOOL), const_bool(false))));
		iff->list = one_stmt(b, s->for_.post);
		EMIT(b, iff);
	}
	if (s->for_.cond) {
		IrNode *cond = ir_cond(b, s->for_.cond);
		if (cond->op != IR_CONST || !const_as_bool(cond->val)) {
			IrNode *not = ir_n1(b, IR_UNARY, cond->pos, cond->type, cond);
			not->sub = OP_NOT;
			IrNode *iff = ir_n1(b, IR_IF, cond->pos, NULL, not);
			IrNode *brk = ir_new(b->a, IR_BREAK, cond->pos, NULL);
			brk->target = n;
			iff->body = ir_list1(b->a, brk);
			EMIT(b, iff);
		}
	}
	b->loops++;
	ir_stmts(b, s->for_.body->list);
	b->loops--;
	b->out = saved;
	n->body = ir_list(&body);
	n->b = wrap_post(b, s->pos, ir_list(&post));
	EMIT(b, n);
}

// ---- switches -----------------------------------------------------------------------------------

static void switch_stmt(Builder *b, Stmt *s)
{
	if (s->switch_.init)
		ir_stmt(b, s->switch_.init);
	IrNode *n = ir_new(b->a, IR_SWITCH, s->pos, NULL);
	ir_target_add(b, s, n);
	IrNode *tag = s->switch_.tag ? ir_expr(b, s->switch_.tag) : NULL;
	if (tag && tag->op == IR_CONST && type_is(tag->type, INFO_BOOL) && const_as_bool(tag->val))
		tag = NULL;
	// Case values have the tag's type, unless one is an interface where the tag is none: then conditions are compared.
	NodeVec vals = {0};
	bool mixed = false;
	for (u32 i = 0; i < s->switch_.clauses.n; i++) {
		Expr **e;
		u32 ne = ir_unpack(s->switch_.clauses.p[i]->cases, &e);
		for (u32 k = 0; k < ne; k++) {
			bool nil = expr_unparen(e[k])->mode == MODE_NIL && tag;
			IrNode *v = nil ? ir_nil(b, e[k]->pos, tag->type) : ir_expr(b, e[k]);
			vec_push(b->a, &vals, v);
			if (tag && ir_is_iface(v->type) && !ir_is_iface(tag->type))
				mixed = true;
		}
	}
	IrVar *tmp = NULL;
	if (tag && mixed)
		tmp = ir_save(b, tag);
	else
		n->a = tag;
	NodeVec cases = {0};
	u32 at = 0;
	for (u32 i = 0; i < s->switch_.clauses.n; i++) {
		Clause *c = s->switch_.clauses.p[i];
		IrNode *cas = ir_new(b->a, IR_CASE, c->pos, NULL);
		Expr **e;
		u32 ne = ir_unpack(c->cases, &e);
		NodeVec list = {0};
		for (u32 k = 0; k < ne; k++) {
			IrNode *v = vals.p[at++];
			if (tmp) {
				IrNode *t = ir_var(b, v->pos, tmp);
				if (t->type != v->type) {
					if (ir_is_iface(v->type))
						t = ir_convert(b, v->pos, t, v->type, true);
					else
						v = ir_convert(b, v->pos, v, t->type, true);
				}
				v = ir_compare(b, v->pos, OP_EQL, t, v);
			} else if (tag) {
				v = ir_convert(b, v->pos, v, tag->type, true);
			} else if (ir_is_iface(v->type)) {
				IrNode *t = ir_const(b, v->pos, TYPE(BOOL), const_bool(true));
				v = ir_compare(b, v->pos, OP_EQL, ir_convert(b, v->pos, t, v->type, true), v);
			} else {
				v = ir_convert(b, v->pos, v, TYPE(BOOL), true);
			}
			vec_push(b->a, &list, v);
		}
		cas->list = ir_list(&list);
		if (!c->cases)
			cas->flags |= IRF_DEFAULT;
		cas->body = ir_block(b, c->body);
		vec_push(b->a, &cases, cas);
	}
	n->body = ir_list(&cases);
	EMIT(b, n);
}

static void typeswitch_stmt(Builder *b, Stmt *s)
{
	if (s->switch_.init)
		ir_stmt(b, s->switch_.init);
	IrNode *n = ir_new(b->a, IR_TYPESWITCH, s->pos, NULL);
	ir_target_add(b, s, n);
	n->a = ir_expr(b, s->switch_.tag->guard.x);
	NodeVec cases = {0};
	for (u32 i = 0; i < s->switch_.clauses.n; i++) {
		Clause *c = s->switch_.clauses.p[i];
		IrNode *cas = ir_new(b->a, IR_CASE, c->pos, NULL);
		Expr **e;
		u32 ne = ir_unpack(c->cases, &e);
		NodeVec list = {0};
		Type *only = NULL;
		for (u32 k = 0; k < ne; k++) {
			IrNode *t = ir_new(b->a, IR_TYPE, e[k]->pos, NULL);
			if (expr_unparen(e[k])->mode != MODE_NIL) {
				t->type = ir_ty(b, e[k]->type);
				only = t->type;
				// In an instance a case may have become impossible.
				if (!ir_is_iface(t->type) && b->subst->n && !types_implements(t->type, n->a->type))
					continue;
			}
			vec_push(b->a, &list, t);
		}
		cas->list = ir_list(&list);
		if (!c->cases)
			cas->flags |= IRF_DEFAULT;
		else if (!list.n)
			continue;
		if (c->obj) {
			cas->var = ir_var_new(b->f, b->a, IRV_LOCAL, c->obj->name, ne == 1 && only ? only : n->a->type, c->pos);
			cas->var->scope = ir_scope(c->obj);
			map_put(b->a, &b->vars, PKEY(c->obj), cas->var);
		}
		cas->body = ir_block(b, c->body);
		if (cas->var && !cas->var->used && !cas->var->addr_taken)
			cas->var = NULL;
		vec_push(b->a, &cases, cas);
	}
	n->body = ir_list(&cases);
	EMIT(b, n);
}

static void select_stmt(Builder *b, Stmt *s)
{
	IrNode *n = ir_new(b->a, IR_SELECT, s->pos, NULL);
	ir_target_add(b, s, n);
	NodeVec comms = {0};
	for (u32 i = 0; i < s->select.clauses.n; i++) {
		Clause *c = s->select.clauses.p[i];
		IrNode *m = ir_new(b->a, IR_COMM, c->pos, NULL);
		NodeVec body = {0}, *saved = b->out;
		if (!c->comm) {
			m->flags |= IRF_DEFAULT;
		} else if (c->comm->kind == ST_SEND) {
			IrNode *ch = ir_expr(b, c->comm->send.chan);
			m->a = ir_n2(b, IR_SEND, c->comm->pos, NULL, ch, ir_expr_to(b, c->comm->send.val, ir_elem(ch->type)));
		} else {
			Expr *rx = c->comm->kind == ST_EXPR ? c->comm->x : c->comm->assign.rhs;
			rx = expr_unparen(rx);
			CHECK(rx->kind == E_UNARY && rx->op == OP_RECV);
			IrNode *ch = ir_expr(b, rx->unary.x);
			m->a = ir_n1(b, IR_RECV, rx->pos, ir_elem(ch->type), ch);
			if (c->comm->kind == ST_ASSIGN) {
				Expr **e;
				u32 ne = ir_unpack(c->comm->assign.lhs, &e);
				IrNode **slot[2] = {&m->b, &m->c};
				b->out = &body;
				for (u32 k = 0; k < ne && k < 2; k++) {
					Expr *l = expr_unparen(e[k]);
					if (l->kind == E_NAME && name_is_blank(l->name.name))
						continue;
					Type *t = k == 0 ? m->a->type : TYPE(BOOL);
					Object *o = l->kind == E_NAME ? l->name.obj : NULL;
					if (c->comm->op == OP_DEF && o && o->pos == l->pos && ir_ty(b, o->type) == t) {
						*slot[k] = ir_var(b, l->pos, ir_declare(b, o));
					} else {
						IrVar *tmp = ir_tmp(b->f, t, l->pos);
						*slot[k] = ir_var(b, l->pos, tmp);
						IrNode *v = ir_var(b, l->pos, tmp);
						if (c->comm->op == OP_DEF && o && o->pos == l->pos) {
							IrVar *x = ir_declare(b, o);
							EMIT(b, ir_define(b, l->pos, x, ir_convert(b, l->pos, v, x->type, true)));
						} else {
							ir_store(b, l, v);
						}
					}
				}
				b->out = saved;
			}
		}
		b->out = &body;
		ir_stmts(b, c->body);
		b->out = saved;
		m->body = ir_list(&body);
		vec_push(b->a, &comms, m);
	}
	n->body = ir_list(&comms);
	EMIT(b, n);
}

// ---- all ----------------------------------------------------------------------------------------

static void expr_stmt(Builder *b, Stmt *s)
{
	IrNode *n = ir_expr(b, s->x);
	if (n->op >= IR_BLOCK)
		EMIT(b, n); // a builtin that is a statement
	else
		EMIT(b, ir_n1(b, IR_EXPR, s->pos, NULL, n));
}

void ir_stmt(Builder *b, Stmt *s)
{
	switch (s->kind) {
	case ST_EMPTY:
		return;
	case ST_LABELED: {
		IrNode *n = ir_new(b->a, IR_LABEL, s->pos, NULL);
		n->label = ir_label(b, s);
		EMIT(b, n);
		ir_stmt(b, s->labeled.stmt);
		return;
	}
	case ST_BLOCK:
		ir_stmts(b, s->block->list);
		return;
	case ST_EXPR:
		expr_stmt(b, s);
		return;
	case ST_SEND: {
		IrNode *c = ir_expr(b, s->send.chan);
		EMIT(b, ir_n2(b, IR_SEND, s->pos, NULL, c, ir_expr_to(b, s->send.val, ir_elem(c->type))));
		return;
	}
	case ST_DECL:
		for (u32 i = 0; i < s->decls.n; i++)
			if (s->decls.p[i]->kind == D_VAR)
				ir_var_decl(b, s->decls.p[i]);
		return;
	case ST_ASSIGN:
		ir_assign_stmt(b, s);
		return;
	case ST_BRANCH:
		branch_stmt(b, s);
		return;
	case ST_CALL:
		ir_go_defer(b, s);
		return;
	case ST_RETURN:
		ir_return(b, s);
		return;
	case ST_IF:
		if_stmt(b, s);
		return;
	case ST_FOR:
		for_stmt(b, s);
		return;
	case ST_RANGE:
		ir_range_stmt(b, s);
		return;
	case ST_SWITCH:
		switch_stmt(b, s);
		return;
	case ST_TYPESWITCH:
		typeswitch_stmt(b, s);
		return;
	case ST_SELECT:
		select_stmt(b, s);
		return;
	default:
		bug("statement kind %d", s->kind);
	}
}
