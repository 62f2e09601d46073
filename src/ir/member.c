// member.c: x.f: fields through embedded ones, qualified names, methods, method values and method expressions. In an
// instance of a generic function x may have had a type parameter's type: the method is then looked up again in
// the concrete type. Every field and dereference on the way is written out.
#include "ir/build.h"

IrNode *ir_path(Builder *b, Pos pos, IrNode *x, const u32 *path, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (type_under(x->type)->kind == TY_POINTER)
			x = ir_deref(b, pos, x);
		x = ir_field(b, pos, x, path[i]);
	}
	return x;
}

Type *ir_path_type(Type *t, const u32 *path, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (type_under(t)->kind == TY_POINTER)
			t = ir_elem(t);
		t = ir_field_type(t, path[i]);
	}
	return t;
}

static Type *deref_type(Type *t)
{
	return t->kind == TY_POINTER ? ir_canon(t->pointer.elem) : t;
}

// The type arguments of the named type that a method of receiver type recv belongs to.
Type **ir_recv_targs(Type *recv, u32 *n)
{
	Type *t = deref_type(recv);
	*n = 0;
	if (t->kind != TY_NAMED)
		return NULL;
	TypeList l = named_targs(t);
	*n = l.n;
	return l.p;
}

static IrFunc *method_func(Type *recv, Object *m, Type **more, u32 nmore)
{
	u32 n;
	Type **targs = ir_recv_targs(recv, &n);
	Type *all[64];
	CHECK(n + nmore <= LENGTH(all));
	for (u32 i = 0; i < n; i++)
		all[i] = ir_canon(targs[i]);
	for (u32 i = 0; i < nmore; i++)
		all[n + i] = more[i];
	return ir_func_of(m, all, n + nmore);
}

IrFunc *ir_method_func(Type *recv, Object *m)
{
	return method_func(recv, m, NULL, 0);
}

static bool ptr_recv(Object *m)
{
	if (m->func.origin)
		m = m->func.origin;
	if (m->ptr_recv)
		return true;
	Object *r = m->type->func.recv;
	return r && type_unalias(r->type)->kind == TY_POINTER;
}

IrNode *ir_adjust_recv(Builder *b, Pos pos, IrNode *x, Object *m)
{
	bool is_ptr = x->type->kind == TY_POINTER;
	if (ptr_recv(m))
		return is_ptr ? x : ir_addr_of(b, pos, x);
	return is_ptr ? ir_deref(b, pos, x) : x;
}

u32 ir_iface_index(Type *iface, Object *m)
{
	u32 n = iface_nmethods(iface);
	for (u32 i = 0; i < n; i++) {
		Object *o = iface_method(iface, i);
		if (o->name == m->name && (o == m || o->pkg == m->pkg || name_is_exported(m->name)))
			return i;
	}
	bug("interface has no method %s", name_str(m->name).p);
}

static Type *plain_sig(Type *sig)
{
	ir_lock();
	Type *t = type_new_func(ir_world_arena(), NULL, sig->func.params, sig->func.results, sig->variadic);
	ir_unlock();
	return types_canon(t);
}

Object *ir_find_method(Arena *a, Type *t, Package *pkg, Name name, U32Vec *path, bool *indirect)
{
	Object *m = types_lookup(a, t, true, pkg, name, path, indirect);
	return m && m->kind == OBJ_FUNC ? m : NULL;
}

// The method that e selects from a value of concrete type t: *path are the fields to its receiver.
static Object *select_method(Builder *b, Expr *e, Type *t, const u32 **path, u32 *npath)
{
	Selection *s = e->sel.selection;
	if (b->subst->n && type_has_tparam(s->recv)) {
		U32Vec p = {0};
		bool indirect;
		Object *m = ir_find_method(b->a, t, s->obj->pkg ? s->obj->pkg : b->pkg, s->obj->name, &p, &indirect);
		if (!m)
			bug("%.*s has no method %s", STR_ARG(type_str(b->a, t, NULL)), name_str(s->obj->name).p);
		*path = p.p;
		*npath = p.n ? p.n - 1 : 0;
		return m;
	}
	*path = s->path;
	*npath = s->npath ? s->npath - 1 : 0;
	return s->obj;
}

static void method_targs(Builder *b, Expr *e, Type ***targs, u32 *n)
{
	Expr *name = e->sel.sel;
	*n = name->name.ntargs;
	*targs = NEWN(b->a, Type *, *n + 1);
	for (u32 i = 0; i < *n; i++)
		(*targs)[i] = ir_ty(b, name->name.targs[i]);
}

Method ir_method(Builder *b, Expr *e)
{
	IrNode *x = ir_expr(b, e->sel.x);
	const u32 *path;
	u32 npath;
	Method r = {.index = -1};
	r.func = select_method(b, e, x->type, &path, &npath);
	x = ir_path(b, e->pos, x, path, npath);
	if (ir_is_iface(x->type)) {
		r.recv = x;
		r.index = ir_iface_index(x->type, r.func);
		r.sig = plain_sig(iface_method(x->type, (u32)r.index)->type);
		return r;
	}
	if (x->type->kind == TY_POINTER && ir_is_iface(ir_elem(x->type)))
		bug("method of a pointer to an interface");
	Type **more;
	u32 nmore;
	method_targs(b, e, &more, &nmore);
	r.recv = ir_adjust_recv(b, e->pos, x, r.func);
	r.fn = method_func(r.recv->type, r.func, more, nmore);
	r.sig = r.fn->sig;
	return r;
}

// x.m without a call: the receiver is evaluated now and kept in a closure.
static IrNode *method_value(Builder *b, Expr *e)
{
	Seq s;
	seq_begin(b, &s);
	Method m = ir_method(b, e);
	IrVar *recv = ir_save(b, m.recv);
	IrFunc *f;
	if (m.fn) {
		f = ir_method_value_func(m.recv->type, m.func, NULL, 0);
		if (m.fn->ntargs) { // a generic method's own arguments are part of its identity
			u32 n;
			ir_recv_targs(m.recv->type, &n);
			if (m.fn->ntargs != n)
				f = NULL;
		}
		if (!f) {
			// Not shared: a literal that calls it.
			f = ir_closure_new(b, e->pos, m.sig, ".func", &b->f->nfunclits);
			Builder c;
			ir_builder_init(&c, f, b);
			ir_declare_params(&c, m.sig, NULL);
			NodeVec body = {0}, args = {0};
			c.out = &body;
			vec_push(c.a, &args, ir_var(&c, e->pos, ir_capture(&c, recv)));
			for (u32 i = 0; i < f->nparams; i++)
				vec_push(c.a, &args, ir_var(&c, e->pos, f->params[i]));
			IrNode *call = ir_call(&c, e->pos, m.fn, args.p, args.n);
			if (f->nresults == 0) {
				EMIT(&c, ir_n1(&c, IR_EXPR, e->pos, NULL, call));
			} else {
				IrNode *ret = ir_new(c.a, IR_RETURN, e->pos, NULL);
				if (f->nresults == 1) {
					ret->list = ir_list1(c.a, call);
				} else {
					IrVar **tmp = NEWN(c.a, IrVar *, f->nresults);
					ir_multi(&c, call, tmp, f->nresults);
					NodeVec rs = {0};
					for (u32 i = 0; i < f->nresults; i++)
						vec_push(c.a, &rs, ir_var(&c, e->pos, tmp[i]));
					ret->list = ir_list(&rs);
				}
				EMIT(&c, ret);
			}
			f->body = ir_list(&body);
			return seq_end(b, &s, ir_closure_node(b, e->pos, f, ir_ty(b, e->type)));
		}
	} else {
		f = ir_method_value_func(m.recv->type, m.func, NULL, 0);
		// A nil interface panics here, not at the call: load through its first word.
		IrNode *word = ir_n1(b, IR_ITABWORD, e->pos, TYPE(UINTPTR), ir_var(b, e->pos, recv));
		word = ir_n1(b, IR_CONVNOP, e->pos, TYPE(UNSAFEPTR), word);
		word = ir_n1(b, IR_CONVNOP, e->pos, ir_ptr(TYPE(UINT8)), word);
		EMIT(b, ir_n1(b, IR_EXPR, e->pos, NULL, ir_n1(b, IR_DEREF, e->pos, TYPE(UINT8), word)));
	}
	IrNode *c = ir_new(b->a, IR_CLOSURE, e->pos, ir_ty(b, e->type));
	c->func = f;
	c->list = ir_list1(b->a, ir_var(b, e->pos, recv));
	return seq_end(b, &s, c);
}

// T.m: the method itself, or a wrapper where it is promoted or takes another receiver.
static IrNode *method_expr(Builder *b, Expr *e)
{
	Type *recv = ir_ty(b, e->sel.x->type);
	const u32 *path;
	u32 npath;
	Object *m = select_method(b, e, recv, &path, &npath);
	Type **more;
	u32 nmore;
	method_targs(b, e, &more, &nmore);
	IrNode *n = ir_new(b->a, IR_FUNC, e->pos, ir_ty(b, e->type));
	Type *at = ir_path_type(recv, path, npath);
	if (nmore && !ir_is_iface(at) && !npath && (at->kind == TY_POINTER) == ptr_recv(m))
		n->func = method_func(at, m, more, nmore);
	else if (nmore)
		bug("%.*s: method expression of a promoted generic method", STR_ARG(pos_fmt(b->a, e->pos)));
	else
		n->func = ir_wrapper_for(recv, m, path, npath);
	// Its type lists the receiver as the first parameter; IrFunc.sig of a method does not, calls agree.
	return n;
}

IrFunc *ir_named_func(Builder *b, Expr *name)
{
	Type *targs[64];
	u32 n = name->name.ntargs;
	CHECK(n <= LENGTH(targs));
	for (u32 i = 0; i < n; i++)
		targs[i] = ir_ty(b, name->name.targs[i]);
	return ir_func_of(name->name.obj, targs, n);
}

IrNode *ir_func_value(Builder *b, Expr *e)
{
	if (e->kind == E_SELECTOR && e->sel.selection && e->sel.selection->kind != SEL_QUALIFIED)
		return ir_selector(b, e);
	Expr *name = e->kind == E_SELECTOR ? e->sel.sel : e;
	IrNode *n = ir_new(b->a, IR_FUNC, e->pos, NULL);
	n->func = ir_named_func(b, name);
	n->type = n->func->sig;
	return n;
}

IrNode *ir_selector(Builder *b, Expr *e)
{
	Selection *s = e->sel.selection;
	if (!s)
		bug("%.*s: selector without a selection", STR_ARG(pos_fmt(b->a, e->pos)));
	switch (s->kind) {
	case SEL_QUALIFIED:
		if (s->obj->kind == OBJ_VAR) {
			IrNode *n = ir_new(b->a, IR_GLOBAL, e->pos, NULL);
			n->global = ir_global_of(s->obj);
			n->type = n->global->type;
			return n;
		}
		if (s->obj->kind == OBJ_FUNC) {
			if (!e->sel.sel->name.obj)
				e->sel.sel->name.obj = s->obj;
			return ir_func_value(b, e);
		}
		if (s->obj->kind == OBJ_CONST)
			return ir_const(b, e->pos, ir_ty(b, e->type), s->obj->constant.val);
		bug("qualified name of object kind %d", s->obj->kind);
	case SEL_FIELD: {
		IrNode *x = ir_expr(b, e->sel.x);
		if (b->subst->n && type_has_tparam(s->recv) && type_is_typeparam(type_unalias(s->recv))) {
			U32Vec p = {0};
			bool indirect;
			Object *o = types_lookup(b->a, x->type, true, s->obj->pkg, s->obj->name, &p, &indirect);
			CHECK(o && o->kind == OBJ_VAR);
			return ir_path(b, e->pos, x, p.p, p.n);
		}
		return ir_path(b, e->pos, x, s->path, s->npath);
	}
	case SEL_METHOD:
		return method_value(b, e);
	case SEL_METHODEXPR:
		return method_expr(b, e);
	}
	bug("selection kind %d", s->kind);
}
