// call.c: calls: static ones of functions and methods, through interfaces, of function values; conversions. Arguments
// get the parameters' types and variadic ones are packed into a slice.
#include "ir/build.h"

typedef VEC(IrVar *) VarVec;

u32 ir_unpack(Expr *e, Expr ***list)
{
	if (!e)
		return 0;
	if (e->kind == E_LIST) {
		*list = e->list.v.p;
		return e->list.v.n;
	}
	Expr **one = NEW(ir_arena(), Expr *);
	*one = e;
	*list = one;
	return 1;
}

// The values of an argument list; f(g()) with several results is spread through temporaries.
void ir_arg_values(Builder *b, ExprVec *v, NodeVec *out)
{
	if (v->n == 1) {
		Expr *e = v->p[0];
		IrNode *x = ir_expr(b, e);
		if (x->type && x->type->kind == TY_TUPLE) {
			u32 n = x->type->tuple.n;
			IrVar **tmp = NEWN(b->a, IrVar *, n + 1);
			ir_multi(b, x, tmp, n);
			for (u32 i = 0; i < n; i++)
				vec_push(b->a, out, ir_var(b, e->pos, tmp[i]));
			return;
		}
		vec_push(b->a, out, x);
		return;
	}
	for (u32 i = 0; i < v->n; i++)
		vec_push(b->a, out, ir_expr(b, v->p[i]));
}

void ir_args(Builder *b, Expr *call, Type *sig, NodeVec *args)
{
	NodeVec v = {0};
	ir_arg_values(b, &call->call.args, &v);
	u32 np = ir_nparams(sig);
	bool pack = sig->variadic && !call->call.dots;
	u32 fixed = pack ? np - 1 : np;
	if (v.n < fixed || (!pack && v.n != np))
		bug("%.*s: call with %u arguments for %u parameters", STR_ARG(pos_fmt(b->a, call->pos)), v.n, np);
	for (u32 i = 0; i < fixed; i++)
		vec_push(b->a, args, ir_convert(b, v.p[i]->pos, v.p[i], ir_param(sig, i), true));
	if (!pack)
		return;
	Type *st = ir_param(sig, fixed);
	if (v.n == fixed) {
		vec_push(b->a, args, ir_nil(b, call->pos, st));
		return;
	}
	Type *elem = ir_elem(st);
	IrNode *lit = ir_new(b->a, IR_SLICELIT, call->pos, st);
	lit->imm2 = v.n - fixed;
	lit->flags |= IRF_IMPLICIT;
	NodeVec rest = {0};
	for (u32 i = fixed; i < v.n; i++)
		vec_push(b->a, &rest, ir_convert(b, v.p[i]->pos, v.p[i], elem, true));
	lit->list = ir_list(&rest);
	vec_push(b->a, args, lit);
}

static IrNode *conversion(Builder *b, Expr *e)
{
	Type *t = ir_ty(b, e->type);
	Expr *x = e->call.args.p[0];
	Pos pos = x->pos; // gc's conversions stand where their operands do
	if (expr_unparen(x)->mode == MODE_NIL)
		return ir_nil(b, pos, t);
	IrNode *v = ir_expr(b, x);
	if (v->op == IR_NIL && v->type->kind == TY_BASIC && v->type->basic == B_UNTYPED_NIL)
		return ir_nil(b, pos, t);
	IrNode *n = ir_convert(b, pos, v, t, false);
	// An explicit conversion of a float rounds: x*y + z must not be fused across it.
	if (n == v && type_is(t, INFO_FLOAT) && (v->op == IR_BINARY))
		n = ir_n1(b, IR_CONVNOP, pos, t, v);
	return n;
}

// internal/abi.FuncPCABI0(f) and FuncPCABIInternal(f): the address of f's code (ir/func.go FuncPC).
static IrNode *func_pc(Builder *b, Expr *e, u16 abi)
{
	IrNode *x = ir_expr(b, e->call.args.p[0]);
	if (x->op == IR_FUNC) {
		IrNode *n = ir_new(b->a, IR_FUNCPC, e->pos, TYPE(UINTPTR));
		n->func = x->func;
		n->imm2 = abi;
		return n;
	}
	// A function value: its first word points to the closure, whose first word is the address.
	if (type_under(x->type)->kind == TY_FUNC)
		x = ir_n1(b, IR_CONVNOP, e->pos, TYPE(UNSAFEPTR), x);
	else
		x = ir_n1(b, IR_DATAWORD, e->pos, TYPE(UNSAFEPTR), x);
	x = ir_n1(b, IR_CONVNOP, e->pos, ir_ptr(TYPE(UINTPTR)), x);
	return ir_n1(b, IR_DEREF, e->pos, TYPE(UINTPTR), x);
}

static Object *callee_object(Expr *fun)
{
	if (fun->kind == E_NAME)
		return fun->name.obj;
	if (fun->kind == E_SELECTOR && fun->sel.selection && fun->sel.selection->kind == SEL_QUALIFIED)
		return fun->sel.selection->obj;
	return NULL;
}

// uintptr(unsafe.Pointer(p)) as an argument of an assembly function or a system call: p must live until it returns,
// though only the number is passed. The pointers are kept in variables.
static void uintptr_args(Builder *b, IrNode *x, VarVec *kept)
{
	if (x->op == IR_SLICELIT) {
		for (u32 i = 0; i < x->list.n; i++)
			if (x->list.p[i])
				uintptr_args(b, x->list.p[i], kept);
		return;
	}
	if (x->op != IR_CONVNOP || x->type != TYPE(UINTPTR) || type_under(x->a->type) != TYPE(UNSAFEPTR))
		return;
	IrVar *v = ir_save(b, x->a);
	x->a = ir_var(b, x->pos, v);
	vec_push(b->a, kept, v);
}

// The call, made now, with what it needs kept alive; what is left is its value.
static IrNode *call_keeping(Builder *b, IrNode *call, VarVec *kept)
{
	Pos pos = call->pos;
	IrNode *value;
	if (!call->type) {
		EMIT(b, ir_n1(b, IR_EXPR, pos, NULL, call));
		value = ir_int(b->a, pos, TYPE(INT), 0); // nobody looks at it
	} else if (call->type->kind == TY_TUPLE) {
		u32 n = call->type->tuple.n;
		IrVar **tmp = NEWN(b->a, IrVar *, n);
		ir_multi(b, call, tmp, n);
		value = ir_new(b->a, IR_STMTEXPR, pos, call->type);
		NodeVec v = {0};
		for (u32 i = 0; i < n; i++)
			vec_push(b->a, &v, ir_var(b, pos, tmp[i]));
		value->list = ir_list(&v);
	} else {
		value = ir_var(b, pos, ir_save(b, call));
	}
	for (u32 i = 0; i < kept->n; i++)
		EMIT(b, ir_n1(b, IR_KEEPALIVE, pos, NULL, ir_var(b, pos, kept->p[i])));
	return value;
}

// f(g()) where g has several results: g is called by a statement before the call of f.
static bool spread(Expr *e)
{
	ExprVec *v = &e->call.args;
	return v->n == 1 && v->p[0]->type && v->p[0]->type->kind == TY_TUPLE;
}

IrNode *ir_call_expr(Builder *b, Expr *e)
{
	if (e->call.is_conversion)
		return conversion(b, e);
	if (e->call.builtin)
		return ir_builtin(b, e);
	Expr *fun = expr_unparen(e->call.fun);
	Object *o = callee_object(fun);
	if (o && o->kind == OBJ_FUNC && o->pkg && str_is(o->pkg->path, "internal/abi")) {
		if (str_is(name_str(o->name), "FuncPCABI0"))
			return func_pc(b, e, ABI0);
		if (str_is(name_str(o->name), "FuncPCABIInternal"))
			return func_pc(b, e, ABI_INTERNAL);
	}
	bool deferred = b->deferred;
	b->deferred = false; // of this call only, not of those in its arguments
	Seq s;
	seq_begin(b, &s);
	NodeVec args = {0};
	IrNode *call;
	// A generic method's explicit type arguments come as an index expression around the selector.
	Expr *sel = fun->kind == E_INDEX ? expr_unparen(fun->index.x) : fun;
	if (sel->kind == E_SELECTOR && sel->sel.selection && sel->sel.selection->kind == SEL_METHOD
	    && (fun->kind != E_INDEX || (sel->sel.selection->obj->kind == OBJ_FUNC && sel->sel.sel->name.ntargs))) {
		Method m = ir_method(b, sel);
		if (spread(e)) // the receiver is evaluated before the arguments
			m.recv = ir_var(b, e->pos, ir_save(b, m.recv));
		if (m.fn) {
			call = ir_new(b->a, IR_CALL, e->pos, NULL);
			call->func = m.fn;
			vec_push(b->a, &args, m.recv);
		} else {
			call = ir_n1(b, IR_CALLINTER, e->pos, NULL, m.recv);
			call->imm = m.index;
		}
		ir_args(b, e, m.sig, &args);
		call->type = ir_call_type(b->a, m.sig);
	} else {
		IrNode *fv = ir_expr(b, fun);
		Type *sig = ir_sig(fv->type);
		if (fv->op == IR_FUNC) {
			call = ir_new(b->a, IR_CALL, e->pos, NULL);
			call->func = fv->func;
		} else {
			if (spread(e))
				fv = ir_var(b, e->pos, ir_save(b, fv));
			call = ir_n1(b, IR_CALLCLOSURE, e->pos, NULL, fv);
			b->f->has_closure_calls = true;
		}
		ir_args(b, e, sig, &args);
		call->type = ir_call_type(b->a, sig);
	}
	call->list = ir_list(&args);
	if (call->op == IR_CALL && !deferred && (call->func->pragma & (PRAGMA_UINTPTR_KEEPALIVE | PRAGMA_UINTPTR_ESCAPES)
		|| (!call->func->has_body && call->func->kind != IRK_EXTERN))) {
		VarVec kept = {0};
		for (u32 i = 0; i < call->list.n; i++)
			uintptr_args(b, call->list.p[i], &kept);
		if (kept.n) {
			IrNode *value = call_keeping(b, call, &kept);
			if (value->op == IR_STMTEXPR) { // several values
				b->out = s.saved;
				value->body = ir_list(&s.v);
				return value;
			}
			return seq_end(b, &s, value);
		}
	}
	if (call->type)
		return seq_end(b, &s, call);
	// A call without a value: what prepares its arguments becomes statements of their own.
	b->out = s.saved;
	for (u32 i = 0; i < s.v.n; i++)
		EMIT(b, s.v.p[i]);
	return call;
}
