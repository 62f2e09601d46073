// devirtualize.c: calls through interfaces that can only hold one concrete type become calls of that type's method, on
// the value asserted to be of the type. Before inlining, and again whenever inlining brought more to light. Which
// variables count: those whose every assignment is in sight and gives one concrete type or nil
// (devirtualize/devirtualize.go); a nil interface panics as the call would have.
#include "ir/build.h"

typedef struct Held { Type *type; bool unknown, nil, busy; VEC(IrNode *) values; } Held; // values: interfaces it was assigned

typedef struct Devirt {
	IrUnit *u;
	IrFunc *f;
	Arena *a, *tmp;
	Map held;               // IrVar * -> Held *
	bool any;               // a call that may be certain was seen
	bool changed, cycle;    // cycle: a variable was looked at for its own sake
} Devirt;

static Held *held(Devirt *d, IrVar *v)
{
	v = ir_root(v);
	Held *h = map_get(&d->held, PKEY(v));
	if (!h) {
		h = NEW(d->tmp, Held);
		h->unknown = v->cls != IRV_LOCAL || v->addr_taken;
		map_put(d->tmp, &d->held, PKEY(v), h);
	}
	return h;
}

static bool is_iface_var(IrNode *n) { return n && n->op == IR_VAR && ir_is_iface(n->type); }

static void find_calls(IrNode **slot, void *ctx)
{
	Devirt *d = ctx;
	IrNode *n = *slot;
	d->any |= n->op == IR_CALLINTER && (n->a->op == IR_VAR || n->a->op == IR_CONVIFACE || n->a->op == IR_IFACE2IFACE
		|| n->a->op == IR_DOTTYPE || n->a->op == IR_CONVNOP || n->a->op == IR_STMTEXPR);
	if (!d->any)
		ir_kids(n, find_calls, ctx);
}

static void find_values(IrNode **slot, void *ctx)
{
	Devirt *d = ctx;
	IrNode *n = *slot;
	switch (n->op) {
	case IR_ASSIGN:
		if (is_iface_var(n->a)) {
			Held *h = held(d, n->a->var);
			if (n->b)
				vec_push(d->tmp, &h->values, n->b);
			else
				h->nil = true;
		}
		break;
	case IR_DECL:
		if (ir_is_iface(n->var->type))
			held(d, n->var)->nil = true;
		break;
	case IR_ASSIGNLIST:
		for (u32 i = 0; i < n->list.n; i++)
			if (is_iface_var(n->list.p[i]))
				vec_push(d->tmp, &held(d, n->list.p[i]->var)->values, n->body.p[i]);
		break;
	case IR_ASSIGNMULTI:
		for (u32 i = 0; i < n->list.n; i++) {
			if (!is_iface_var(n->list.p[i]))
				continue;
			Held *h = held(d, n->list.p[i]->var);
			if (i == 0 && n->a->op == IR_DOTTYPE2 && ir_is_iface(ir_canon(n->a->type->tuple.vars[0]->type))) {
				vec_push(d->tmp, &h->values, n->a->a);
				h->nil = true;
			} else if (n->a->op == IR_STMTEXPR && n->a->list.n) {
				vec_push(d->tmp, &h->values, n->a->list.p[i]);
			} else {
				h->unknown = true;
			}
		}
		break;
	case IR_ADDR:
		if (is_iface_var(n->a))
			held(d, n->a->var)->unknown = true;
		break;
	case IR_RANGEMAP: case IR_COMM:
		if (is_iface_var(n->b))
			held(d, n->b->var)->unknown = true;
		if (is_iface_var(n->c))
			held(d, n->c->var)->unknown = true;
		break;
	case IR_TYPESWITCH:
		for (u32 i = 0; i < n->body.n; i++) {
			IrVar *v = n->body.p[i]->var;
			if (!v || !ir_is_iface(v->type))
				continue;
			Held *h = held(d, v);
			vec_push(d->tmp, &h->values, n->a);
			h->nil = true;
		}
		break;
	default:
		break;
	}
	ir_kids(n, find_values, ctx);
}

// The concrete type in interface n; *nil is set if it may be nil instead. NULL: not known. `outer`: n is a value of that variable,
// or, if d->cycle, it adds nothing to those that are being looked at.
static Type *concrete(Devirt *d, IrNode *n, bool *nil, Held *outer)
{
	while (n->op == IR_IFACE2IFACE || n->op == IR_CONVNOP || n->op == IR_STMTEXPR || (n->op == IR_DOTTYPE && ir_is_iface(n->type)))
		n = n->a;
	if (n->op == IR_CONVIFACE)
		return ir_is_iface(n->a->type) ? NULL : n->a->type;
	if (n->op != IR_VAR)
		return NULL;
	Held *h = map_get(&d->held, PKEY(ir_root(n->var)));
	if (!h || h->unknown)
		return NULL;
	*nil |= h->nil;
	if (h->busy)
		d->cycle = true;
	if (h->type || h->busy)
		return h->type;
	h->busy = true;
	Type *found = NULL;
	bool may_nil = h->nil, cycles = false, unknown = false;
	for (u32 i = 0; i < h->values.n && !unknown; i++) {
		IrNode *x = h->values.p[i];
		if (x->op == IR_NIL || x->op == IR_ZERO) {
			may_nil = true;
			continue;
		}
		d->cycle = false;
		Type *t = concrete(d, x, &may_nil, h);
		cycles |= d->cycle;
		if (!t && d->cycle)
			continue;
		unknown = !t || (found && t != found);
		found = t;
	}
	h->busy = false;
	*nil |= may_nil;
	d->cycle = cycles && outer;
	if (unknown) {
		d->cycle = false;
		h->unknown = !outer || !cycles;
		return NULL;
	}
	if (!d->cycle) { // else only part of what there is was seen
		h->type = found;
		h->nil = may_nil;
	}
	return found;
}

static IrNode *node(Devirt *d, IrNode *like, IrOp op, Type *t, IrNode *a)
{
	IrNode *n = ir_new(d->a, op, like->pos, t);
	n->inl = like->inl;
	n->a = a;
	return n;
}

static IrNode *copy_of_var(Devirt *d, IrNode *like, IrVar *v)
{
	IrNode *n = node(d, like, IR_VAR, v->type, NULL);
	n->var = v;
	return n;
}

// x, an interface, as a value of type t. If it may be nil, its first word is looked through before.
static IrNode *asserted(Devirt *d, IrNode *call, IrNode *x, Type *t, bool nil)
{
	if (!nil)
		return node(d, call, IR_DOTTYPE, t, x);
	IrNode *seq = node(d, call, IR_STMTEXPR, t, NULL);
	VEC(IrNode *) out = {0};
	IrVar *v;
	if (x->op == IR_VAR) {
		v = x->var;
	} else {
		v = ir_tmp(d->f, x->type, call->pos);
		IrNode *as = node(d, call, IR_ASSIGN, NULL, copy_of_var(d, call, v));
		as->b = x;
		as->flags |= IRF_DEF;
		vec_push(d->a, &out, as);
	}
	IrNode *word = node(d, call, IR_ITABWORD, TYPE(UINTPTR), copy_of_var(d, call, v));
	word = node(d, call, IR_CONVNOP, TYPE(UNSAFEPTR), word);
	word = node(d, call, IR_CONVNOP, ir_ptr(TYPE(UINT8)), word);
	vec_push(d->a, &out, node(d, call, IR_EXPR, NULL, node(d, call, IR_DEREF, TYPE(UINT8), word)));
	seq->body = (IrList){out.p, out.n};
	seq->a = node(d, call, IR_DOTTYPE, t, copy_of_var(d, call, v));
	return seq;
}

static void devirtualize(IrNode **slot, void *ctx)
{
	Devirt *d = ctx;
	IrNode *n = *slot;
	ir_kids(n, devirtualize, ctx);
	if (n->op != IR_CALLINTER)
		return;
	bool nil = false;
	Type *t = concrete(d, n->a, &nil, NULL);
	if (!t || type_size(t) > MAX_IMPLICIT_STACK_VAR)
		return;
	Object *m = iface_method(n->a->type, (u32)n->imm);
	U32Vec path = {0};
	bool indirect;
	Object *found = ir_find_method(d->a, t, m->pkg, m->name, &path, &indirect);
	if (!found)
		return;
	u32 npath = path.n ? path.n - 1 : 0;
	bool partly = ir_is_iface(ir_path_type(t, path.p, npath));
	if (ir_explains(d->u, d->f)) {
		Str x = ir_node_str(d->tmp, d->u, n->a), name = type_str(d->tmp, t, d->u->pkg);
		ir_report(d->u, n->pos, "%sdevirtualizing " STR_FMT "." STR_FMT " to " STR_FMT, partly ? "partially " : "", STR_ARG(x),
			STR_ARG(name_str(m->name)), STR_ARG(name));
	}
	IrNode *recv = asserted(d, n, n->a, t, nil);
	IrFunc *fn;
	if (!npath && t->kind == TY_POINTER && !ir_has_pointer_receiver(found) && ir_elem(t)->kind != TY_POINTER) {
		recv = node(d, n, IR_DEREF, ir_elem(t), recv);
		fn = ir_method_func(ir_elem(t), found);
	} else {
		fn = ir_wrapper_for(t, found, path.p, npath);
	}
	IrList args = {NEWN(d->a, IrNode *, n->list.n + 1), n->list.n + 1};
	args.p[0] = recv;
	for (u32 i = 0; i < n->list.n; i++)
		args.p[i + 1] = n->list.p[i];
	n->op = IR_CALL;
	n->flags |= IRF_IMPLICIT;
	n->a = NULL;
	n->func = fn;
	n->list = args;
	d->changed = true;
}

static void each_body(Devirt *d, IrFunc *f, void (*visit)(IrNode **slot, void *ctx))
{
	for (u32 i = 0; i < f->body.n; i++)
		visit(&f->body.p[i], d);
	for (u32 i = 0; i < f->closures.n; i++)
		each_body(d, f->closures.p[i], visit);
}

static void rewrite(Devirt *d, IrFunc *f)
{
	d->f = f;
	if (f->func_id != FUNCID_WRAPPER) // go and defer evaluate the function value, nil or not, before
		for (u32 i = 0; i < f->body.n; i++)
			devirtualize(&f->body.p[i], d);
	for (u32 i = 0; i < f->closures.n; i++)
		rewrite(d, f->closures.p[i]);
}

bool ir_devirtualize(IrUnit *u, IrFunc *f)
{
	if (f->kind == IRK_WRAPPER || f->kind == IRK_ALG || f->abi_wrapper)
		return false;
	Devirt d = {.u = u, .f = f, .a = ir_arena()};
	each_body(&d, f, find_calls);
	if (!d.any)
		return false;
	d.tmp = arena_new();
	each_body(&d, f, find_values);
	rewrite(&d, f);
	arena_free(d.tmp);
	return d.changed;
}
