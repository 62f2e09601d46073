// closure.c: function literals, and the functions that go and defer statements are reduced to. A closure's name is
// its outer function's with a number, as gc gives them (ir/func.go closureName): F.func1, F.func1.2, F.gowrap1,
// F.deferwrap2, F-range1.
#include "ir/build.h"

IrFunc *ir_closure_new(Builder *b, Pos pos, Type *sig, const char *suffix, u32 *counter)
{
	IrFunc *o = b->f;
	IrFunc *f = NEW(b->a, IrFunc);
	f->source = NEW(b->a, IrSource);
	f->source->kind = SRC_CLOSURE;
	f->summary = NEW(b->a, IrSummary);
	if (!strcmp(suffix, ".func") && o->kind == IRK_CLOSURE)
		suffix = ".";
	f->sym = str_fmt(b->a, STR_FMT "%s%u", STR_ARG(o->sym), suffix, ++*counter);
	f->kind = IRK_CLOSURE;
	f->abi = ABI_INTERNAL;
	f->dupok = o->dupok;
	f->has_body = true;
	f->sig = sig;
	f->pkg = o->pkg;
	f->outer = o;
	f->pos = f->end_pos = pos;
	f->arena = b->a;
	vec_push(b->a, &o->closures, f);
	return f;
}

IrNode *ir_closure_node(Builder *b, Pos pos, IrFunc *f, Type *type)
{
	IrNode *n = ir_new(b->a, IR_CLOSURE, pos, type);
	n->func = f;
	NodeVec v = {0};
	for (u32 i = 0; i < f->captures.n; i++)
		vec_push(b->a, &v, ir_var(b, pos, f->captures.p[i]->outer));
	n->list = ir_list(&v);
	return n;
}

IrNode *ir_funclit(Builder *b, Expr *e)
{
	Type *sig = type_unalias(e->type);
	if (sig->kind != TY_FUNC && e->funclit.type->type)
		sig = type_unalias(e->funclit.type->type);
	CHECK(sig->kind == TY_FUNC);
	Type *t = ir_ty(b, sig);
	IrFunc *f = ir_closure_new(b, e->pos, t, ".func", &b->f->nfunclits);
	f->end_pos = e->funclit.body->block->rbrace;
	f->source->literal = e->funclit.body->block;
	Builder c;
	ir_builder_init(&c, f, b);
	ir_declare_params(&c, sig, NULL);
	f->body = ir_block(&c, e->funclit.body->block->list);
	return ir_convert(b, e->pos, ir_closure_node(b, e->pos, f, t), ir_ty(b, e->type), true);
}

// ---- go and defer -------------------------------------------------------------------------------

// An operand of the call is evaluated now and captured by the wrapper.
typedef struct Operand { IrNode **slot; IrVar *var; bool keep; } Operand;
typedef VEC(Operand) OperandVec;

// Keeps what *slot is now, if it has calls or if it has none, as calls says.
static void operand(Builder *b, IrNode **slot, OperandVec *v, bool calls)
{
	IrNode *x = *slot;
	if (!x || x->op == IR_CONST || x->op == IR_NIL || x->op == IR_FUNC || x->op == IR_ZERO || x->op == IR_TYPEDESC)
		return;
	if (x->op == IR_SLICELIT && x->flags & IRF_IMPLICIT) { // variadic arguments
		for (u32 i = 0; i < x->list.n; i++)
			operand(b, &x->list.p[i], v, calls);
		return;
	}
	if (ir_is_ordered(x) != calls)
		return;
	// uintptr(unsafe.Pointer(p)): the pointer is kept, so that it is alive during the call.
	bool pointer = x->op == IR_CONVNOP && x->type == TYPE(UINTPTR) && type_under(x->a->type) == TYPE(UNSAFEPTR);
	if (pointer) {
		slot = &x->a;
		x = *slot;
	}
	Operand o = {slot, ir_save(b, x), pointer};
	vec_push(b->a, v, o);
}

void ir_go_defer(Builder *b, Stmt *s)
{
	bool is_go = s->call.tok == T_GO;
	Pos pos = s->pos;
	Expr *e = expr_unparen(s->call.call);
	b->deferred = true;
	IrNode *call = ir_expr(b, e);
	b->deferred = false;
	while (call->op == IR_STMTEXPR) { // arguments that needed statements: now
		for (u32 i = 0; i < call->body.n; i++)
			EMIT(b, call->body.p[i]);
		call = call->a;
	}
	IrNode *fv = NULL;
	if (call->op == IR_CALLCLOSURE && !call->list.n && !call->type) {
		fv = call->a;
	} else if (call->op == IR_CALL && !call->list.n && !call->type) {
		fv = ir_new(b->a, IR_FUNC, pos, call->func->sig);
		fv->func = call->func;
	} else {
		OperandVec ops = {0};
		for (int calls = 1; calls >= 0; calls--) { // calls before reads: order.c
			operand(b, &call->a, &ops, calls);
			operand(b, &call->b, &ops, calls);
			for (u32 i = 0; i < call->list.n; i++)
				operand(b, &call->list.p[i], &ops, calls);
		}
		for (u32 i = 0; call->op == IR_CALLINTER && i < ops.n; i++) {
			if (ops.p[i].slot != &call->a)
				continue;
			// A nil interface panics at the statement.
			IrNode *word = ir_n1(b, IR_ITABWORD, pos, TYPE(UINTPTR), ir_var(b, pos, ops.p[i].var));
			word = ir_n1(b, IR_CONVNOP, pos, TYPE(UNSAFEPTR), word);
			word = ir_n1(b, IR_CONVNOP, pos, ir_ptr(TYPE(UINT8)), word);
			EMIT(b, ir_n1(b, IR_EXPR, pos, NULL, ir_n1(b, IR_DEREF, pos, TYPE(UINT8), word)));
		}
		ir_lock();
		Type *sig = type_new_func(ir_world_arena(), NULL, ir_tuple(ir_world_arena(), NULL, 0),
			ir_tuple(ir_world_arena(), NULL, 0), false);
		ir_unlock();
		sig = types_canon(sig);
		IrFunc *f = ir_closure_new(b, pos, sig, is_go ? ".gowrap" : ".deferwrap", &b->f->nwraps);
		f->func_id = FUNCID_WRAPPER;
		Builder c;
		ir_builder_init(&c, f, b);
		NodeVec body = {0};
		c.out = &body;
		f->params = NEWN(c.a, IrVar *, 1);
		f->results = NEWN(c.a, IrVar *, 1);
		for (u32 i = 0; i < ops.n; i++)
			*ops.p[i].slot = ir_var(&c, pos, ir_capture(&c, ops.p[i].var));
		if (call->op == IR_RECOVER) {
			f->has_recover = true;
		} else if (call->op == IR_CALLCLOSURE) {
			f->has_closure_calls = true;
		}
		EMIT(&c, call->op >= IR_BLOCK ? call : ir_n1(&c, IR_EXPR, pos, NULL, call));
		for (u32 i = 0; i < ops.n; i++)
			if (ops.p[i].keep)
				EMIT(&c, ir_n1(&c, IR_KEEPALIVE, pos, NULL, ir_var(&c, pos, ir_capture(&c, ops.p[i].var))));
		f->body = ir_list(&body);
		fv = ir_closure_node(b, pos, f, sig);
	}
	if (!is_go && b->rf) {
		IrNode *n = ir_n1(b, IR_DEFERRANGE, pos, NULL, fv);
		n->list = ir_list1(b->a, ir_var(b, pos, ir_rf_defers(b)));
		EMIT(b, n);
		return;
	}
	IrNode *n = ir_n1(b, is_go ? IR_GO : IR_DEFER, pos, NULL, fv);
	if (!is_go) {
		b->f->has_defer = true;
		b->f->ndefers++;
		if (b->loops || b->labels.n) { // a label may be jumped back to
			n->imm = 1;
			b->f->defer_in_loop = true;
		}
	}
	EMIT(b, n);
}
