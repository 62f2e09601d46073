// wrapper.c: functions nobody wrote: methods promoted through embedded fields, value methods called with a pointer,
// interface methods as functions, method values (-fm), and the other-ABI twins of functions that assembly calls
// or defines. Names are gc's (ir/expr.go MethodSym); all may be made by several units (dupok).
#include "ir/build.h"

// The symbol of method m with receiver type recv, without considering whether recv is its declared receiver.
static Str method_sym(Arena *a, Type *recv, Object *m, const char *suffix)
{
	return str_cat(a, types_link_name_method(a, recv, m, NULL, 0), str(suffix));
}

bool ir_has_pointer_receiver(Object *m)
{
	if (m->func.origin)
		m = m->func.origin;
	return m->ptr_recv || (m->type->func.recv && type_unalias(m->type->func.recv->type)->kind == TY_POINTER);
}

static Type *method_sig(Type *at, Object *m)
{
	if (!ir_is_iface(at))
		return ir_method_func(at, m)->sig;
	Type *sig = iface_method(at, ir_iface_index(at, m))->type;
	ir_lock();
	Type *t = type_new_func(ir_world_arena(), NULL, sig->func.params, sig->func.results, sig->variadic);
	ir_unlock();
	return types_canon(t);
}

static IrFunc *made(Str sym, IrFuncKind kind, Type *sig, u8 source, Type *recv, Object *m, const u32 *path, u32 npath)
{
	ir_lock();
	IrFunc *f = ir_named_get(sym);
	if (!f) {
		Arena *a = ir_world_arena();
		f = ir_func_make(str_dup(a, sym), kind, sig);
		f->pkg = m->pkg;
		f->dupok = true;
		f->has_body = true;
		f->func_id = FUNCID_WRAPPER;
		IrSource *s = f->source;
		s->kind = source;
		s->recv = recv;
		s->method = m;
		s->path = NEWN(a, u32, npath + 1);
		for (u32 i = 0; i < npath; i++)
			s->path[i] = path[i];
		s->npath = npath;
		if (source == SRC_METHOD_VALUE) { // callers look at the captures before the body is built
			IrVar *v = ir_var_new(f, a, IRV_CAPTURE, name_of_c(".this"), recv, 0);
			vec_push(a, &f->captures, v);
			f->needs_ctxt = true;
		}
		ir_named_put(f->sym, f);
	}
	ir_unlock();
	return f;
}

// A *T of a type that is not in the heap is not pointer-shaped: interfaces hold a **T, whose methods are those of *T.
static bool is_double(Type *recv) { return recv->kind == TY_POINTER && ir_elem(recv)->kind == TY_POINTER; }

IrFunc *ir_wrapper_for(Type *recv, Object *m, const u32 *path, u32 npath)
{
	Type *at = ir_path_type(is_double(recv) ? ir_elem(recv) : recv, path, npath);
	if (!npath && !is_double(recv) && !ir_is_iface(at) && (recv->kind == TY_POINTER) == ir_has_pointer_receiver(m))
		return ir_method_func(recv, m);
	return made(method_sym(ir_arena(), recv, m, ""), IRK_WRAPPER, method_sig(at, m), SRC_METHOD, recv, m, path, npath);
}

IrFunc *ir_method_value_func(Type *recv, Object *m, const u32 *path, u32 npath)
{
	return made(method_sym(ir_arena(), recv, m, "-fm"), IRK_CLOSURE, method_sig(recv, m), SRC_METHOD_VALUE, recv, m, path,
		npath);
}

IrFunc *ir_method_value_target(IrFunc *f)
{
	IrSource *s = f->source;
	if (!s || s->kind != SRC_METHOD_VALUE || s->npath || ir_is_iface(s->recv) || is_double(s->recv))
		return NULL;
	return ir_method_func(s->recv, s->method);
}

// Pointer-shaped: the value itself is the interface's data word (types.IsDirectIface).
static bool is_direct(Type *t)
{
	return type_size(t) == 8 && type_ptrdata(t) == 8;
}

IrFunc *ir_method_wrapper(Type *recv, const MethodSel *m, bool for_iface)
{
	if (for_iface && !is_direct(recv))
		recv = ir_ptr(recv);
	return ir_wrapper_for(recv, m->func, m->path, m->npath);
}

IrFunc *ir_abi_wrapper(IrFunc *target, u16 abi)
{
	Str key = str_fmt(ir_arena(), STR_FMT "<abi%u>", STR_ARG(target->sym), abi);
	ir_lock();
	IrFunc *f = ir_named_get(key);
	if (!f) {
		Arena *a = ir_world_arena();
		f = ir_func_make(target->sym, IRK_WRAPPER, target->sig);
		f->pkg = target->pkg;
		f->abi = (u8)abi;
		f->abi_wrapper = true;
		f->dupok = true;
		f->has_body = true;
		f->func_id = FUNCID_WRAPPER;
		f->pragma = PRAGMA_NOSPLIT; // as in ssagen/abi.go: the callers may run on a small stack
		f->source->kind = SRC_ABI;
		f->source->target = target;
		f->source->recv = NULL;
		if (target->obj && target->obj->type->func.recv)
			f->source->recv = types_canon(target->obj->type->func.recv->type);
		ir_named_put(str_dup(a, key), f);
	}
	ir_unlock();
	return f;
}

// ---- bodies -------------------------------------------------------------------------------------

// return call(...) with as many results as there are.
static void return_call(Builder *b, IrNode *call)
{
	IrFunc *f = b->f;
	if (f->nresults == 0) {
		EMIT(b, ir_n1(b, IR_EXPR, f->pos, NULL, call));
		return;
	}
	IrNode *ret = ir_new(b->a, IR_RETURN, f->pos, NULL);
	if (f->nresults == 1) {
		ret->list = ir_list1(b->a, call);
	} else {
		IrVar **tmp = NEWN(b->a, IrVar *, f->nresults);
		ir_multi(b, call, tmp, f->nresults);
		NodeVec v = {0};
		for (u32 i = 0; i < f->nresults; i++)
			vec_push(b->a, &v, ir_var(b, f->pos, tmp[i]));
		ret->list = ir_list(&v);
	}
	EMIT(b, ret);
}

// The method call on x with the parameters of b's function from index `first` on. tail: nothing of the wrapper need be left.
static void forward(Builder *b, IrNode *x, Object *m, u32 first, bool tail)
{
	IrFunc *f = b->f;
	NodeVec args = {0};
	IrNode *call;
	if (ir_is_iface(x->type)) {
		call = ir_new(b->a, IR_CALLINTER, f->pos, ir_call_type(b->a, f->sig));
		call->a = x;
		call->imm = ir_iface_index(x->type, m);
	} else {
		x = ir_adjust_recv(b, f->pos, x, m);
		vec_push(b->a, &args, x);
		IrFunc *fn = ir_method_func(x->type, m);
		call = ir_new(b->a, IR_CALL, f->pos, ir_call_type(b->a, fn->sig));
		call->func = fn;
	}
	for (u32 i = first; i < f->nparams; i++)
		vec_push(b->a, &args, ir_var(b, f->pos, f->params[i]));
	call->list = ir_list(&args);
	if (tail && (call->op == IR_CALLINTER || ir_has_pointer_receiver(m)))
		call->flags |= IRF_TAIL;
	return_call(b, call);
}

void ir_build_wrapper(IrFunc *f)
{
	IrSource *s = f->source;
	Builder b;
	ir_builder_init(&b, f, NULL);
	NodeVec body = {0};
	b.out = &body;
	switch (s->kind) {
	case SRC_METHOD: {
		ir_declare_params(&b, f->sig, s->recv);
		IrNode *x = ir_var(&b, f->pos, f->params[0]);
		if (is_double(s->recv))
			x = ir_deref(&b, f->pos, x);
		Type *at = x->type;
		if (!s->npath && at->kind == TY_POINTER && !ir_has_pointer_receiver(s->method)) {
			// A nil *T calling T's method gets a message of its own.
			IrNode *nil = ir_compare(&b, f->pos, OP_EQL, x, ir_nil(&b, f->pos, x->type));
			IrNode *iff = ir_n1(&b, IR_IF, f->pos, NULL, nil);
			iff->body = ir_list1(b.a, ir_n1(&b, IR_EXPR, f->pos, NULL, ir_call(&b, f->pos, ir_runtime("panicwrap"), NULL, 0)));
			EMIT(&b, iff);
			x = ir_var(&b, f->pos, f->params[0]);
			if (is_double(s->recv))
				x = ir_deref(&b, f->pos, x);
		}
		// A chain of embedded fields costs no stack where both receivers are pointers (noder/reader.go, addTailCall).
		bool tail = s->npath && s->recv->kind == TY_POINTER && !is_double(s->recv);
		forward(&b, ir_path(&b, f->pos, x, s->path, s->npath), s->method, 1, tail);
		break;
	}
	case SRC_METHOD_VALUE: {
		ir_declare_params(&b, f->sig, NULL);
		forward(&b, ir_var(&b, f->pos, f->captures.p[0]), s->method, 0, false);
		break;
	}
	case SRC_ABI: {
		ir_declare_params(&b, f->sig, s->recv);
		NodeVec args = {0};
		for (u32 i = 0; i < f->nparams; i++)
			vec_push(b.a, &args, ir_var(&b, f->pos, f->params[i]));
		return_call(&b, ir_call(&b, f->pos, s->target, args.p, args.n));
		break;
	}
	default:
		bug("no body for %.*s", STR_ARG(f->sym));
	}
	f->body = ir_list(&body);
}
