// rangefunc.c: a range over a function calls it with the loop's body as a function. Leaving the body other than by
// its own continue and break stores a code in a variable of the outermost loop's function, returns false, and
// is carried on behind the call, loop by loop. A state variable a loop detects iterators that misbehave
// (internal/abi/rangefuncconsts.go; the rules are those of cmd/compile/internal/rangefunc).
#include "ir/build.h"

enum { RF_DONE, RF_READY, RF_PANIC, RF_EXHAUSTED, RF_MISSING_PANIC };
enum { CODE_RETURN = -1 };

static void set_int(Builder *b, Pos pos, IrVar *v, i64 val)
{
	IrVar *mine = ir_capture(b, v);
	EMIT(b, ir_assign(b, pos, ir_var(b, pos, mine), ir_int(b->a, pos, TYPE(INT), val)));
}

static IrNode *int_is(Builder *b, Pos pos, Op op, IrVar *v, i64 val)
{
	return ir_compare(b, pos, op, ir_var(b, pos, ir_capture(b, v)), ir_int(b->a, pos, TYPE(INT), val));
}

static IrNode *panic_state(Builder *b, Pos pos, IrNode *state)
{
	return ir_n1(b, IR_EXPR, pos, NULL, ir_call(b, pos, ir_runtime("panicrangestate"), &state, 1));
}

// Ends the body's function.
static void leave(Builder *b, Pos pos, i64 state, bool more)
{
	set_int(b, pos, b->rf->state, state);
	IrNode *ret = ir_new(b->a, IR_RETURN, pos, NULL);
	ret->list = ir_list1(b->a, ir_const(b, pos, TYPE(BOOL), const_bool(more)));
	EMIT(b, ret);
}

static IrVar *next_var(Builder *b)
{
	RfOuter *o = b->rfo;
	if (!o->next)
		o->next = ir_tmp(o->owner->f, TYPE(INT), b->f->pos);
	return o->next;
}

IrVar *ir_rf_defers(Builder *b)
{
	RfOuter *o = b->rfo;
	if (!o->defers)
		o->defers = ir_tmp(o->owner->f, ir_canon(type_empty_interface()), b->f->pos);
	o->owner->f->has_defer = true;
	o->owner->f->defer_in_loop = true;
	return ir_capture(b, o->defers);
}

static i64 code_for(RfOuter *o, Arena *a, u8 tok, Stmt *target)
{
	for (u32 i = 0; i < o->codes.n; i++)
		if (o->codes.p[i].tok == tok && o->codes.p[i].target == target)
			return o->codes.p[i].code;
	RfExit x = {tok, target, NULL, ++o->ncodes};
	vec_push(a, &o->codes, x);
	return x.code;
}

static void exit_with(Builder *b, Pos pos, u8 tok, Stmt *target, i64 code)
{
	RfLoop *l = b->rf;
	bool known = false;
	for (u32 i = 0; i < l->exits.n; i++)
		known |= l->exits.p[i].code == code;
	if (!known) {
		RfExit x = {tok, target, NULL, code};
		vec_push(b->a, &l->exits, x);
	}
	set_int(b, pos, next_var(b), code);
	leave(b, pos, RF_DONE, false);
}

void ir_rf_branch(Builder *b, Pos pos, u8 tok, Stmt *target)
{
	if (target == b->rf->stmt) {
		leave(b, pos, tok == T_CONTINUE ? RF_READY : RF_DONE, tok == T_CONTINUE);
		return;
	}
	exit_with(b, pos, tok, target, code_for(b->rfo, b->a, tok, target));
}

void ir_rf_return(Builder *b, Pos pos)
{
	exit_with(b, pos, T_RETURN, NULL, CODE_RETURN);
}

static IrNode *body_func(Builder *b, Stmt *s, RfLoop *loop, RfOuter *outer, Type *yield)
{
	Pos pos = s->pos;
	IrFunc *f = ir_closure_new(b, pos, ir_sig(yield), "-range", &b->f->nranges);
	f->is_range_body = true;
	Builder c;
	ir_builder_init(&c, f, b);
	c.rf = loop;
	c.rfo = outer;
	NodeVec body = {0};
	c.out = &body;
	u32 n = ir_nparams(f->sig);
	f->params = NEWN(c.a, IrVar *, n + 1);
	Expr **lhs;
	u32 nl = ir_unpack(s->range.lhs, &lhs);
	for (u32 i = 0; i < n; i++) {
		Object *o = NULL;
		if (i < nl && s->range.def && lhs[i]->kind == E_NAME && !name_is_blank(lhs[i]->name.name))
			o = lhs[i]->name.obj;
		f->params[i] = ir_var_new(f, c.a, IRV_PARAM, o ? o->name : NULL, ir_param(f->sig, i), o ? o->pos : pos);
		if (o)
			map_put(c.a, &c.vars, PKEY(o), f->params[i]);
	}
	f->nparams = n;
	f->results = NEWN(c.a, IrVar *, 2);
	f->results[0] = ir_var_new(f, c.a, IRV_RESULT, NULL, ir_result(f->sig, 0), pos);
	f->nresults = 1;
	IrVar *was = ir_save(&c, ir_var(&c, pos, ir_capture(&c, loop->state)));
	set_int(&c, pos, loop->state, RF_PANIC);
	IrNode *iff = ir_n1(&c, IR_IF, pos, NULL, int_is(&c, pos, OP_NEQ, was, RF_READY));
	iff->body = ir_list1(c.a, panic_state(&c, pos, ir_var(&c, pos, was)));
	EMIT(&c, iff);
	if (!s->range.def)
		for (u32 i = 0; i < n && i < nl; i++)
			if (!(expr_unparen(lhs[i])->kind == E_NAME && name_is_blank(expr_unparen(lhs[i])->name.name)))
				ir_store(&c, lhs[i], ir_var(&c, lhs[i]->pos, f->params[i]));
	ir_stmts(&c, s->range.body->list);
	leave(&c, s->range.body->rbrace, RF_READY, true);
	f->body = ir_list(&body);
	return ir_closure_node(b, pos, f, yield);
}

void ir_range_func(Builder *b, Stmt *s, IrNode *fn, Type *ft)
{
	Pos pos = s->pos, end = s->range.body->rbrace;
	RfOuter fresh = {.owner = b}, *outer = b->rf ? b->rfo : &fresh;
	RfOuter *saved = b->rfo;
	b->rfo = outer;
	RfLoop *loop = NEW(b->a, RfLoop);
	loop->stmt = s;
	loop->parent = b->rf;
	loop->owner = b;
	loop->state = ir_tmp(b->f, TYPE(INT), pos);
	Type *yield = ir_param(ir_sig(fn->type), 0);
	NodeVec *list = b->out, call_list = {0};
	IrNode *clo = body_func(b, s, loop, outer, yield);
	b->out = list;
	if (!b->rf) {
		if (outer->next)
			EMIT(b, ir_define(b, pos, outer->next, ir_int(b->a, pos, TYPE(INT), 0)));
		if (outer->defers)
			EMIT(b, ir_define(b, pos, outer->defers, ir_call(b, pos, ir_runtime("deferrangefunc"), NULL, 0)));
	}
	EMIT(b, ir_define(b, pos, loop->state, ir_int(b->a, pos, TYPE(INT), RF_READY)));
	IrNode *call;
	if (fn->op == IR_FUNC) {
		call = ir_new(b->a, IR_CALL, pos, NULL);
		call->func = fn->func;
	} else {
		call = ir_n1(b, IR_CALLCLOSURE, pos, NULL, fn);
		b->f->has_closure_calls = true;
	}
	call->list = ir_list1(b->a, clo);
	EMIT(b, ir_n1(b, IR_EXPR, pos, NULL, call));
	IrNode *iff = ir_n1(b, IR_IF, end, NULL, int_is(b, end, OP_EQL, loop->state, RF_PANIC));
	iff->body = ir_list1(b->a, panic_state(b, end, ir_int(b->a, end, TYPE(INT), RF_MISSING_PANIC)));
	EMIT(b, iff);
	set_int(b, end, loop->state, RF_EXHAUSTED);
	for (u32 i = 0; i < loop->exits.n; i++) {
		RfExit x = loop->exits.p[i];
		IrNode *is = ir_n1(b, IR_IF, end, NULL, int_is(b, end, OP_EQL, outer->next, x.code));
		call_list = (NodeVec){0};
		b->out = &call_list;
		if (x.tok == T_RETURN) {
			if (b->rf)
				ir_rf_return(b, end);
			else
				EMIT(b, ir_new(b->a, IR_RETURN, end, NULL));
		} else {
			set_int(b, end, outer->next, 0);
			ir_branch(b, end, x.tok, x.target);
		}
		b->out = list;
		is->body = ir_list(&call_list);
		EMIT(b, is);
	}
	b->rfo = saved;
}
