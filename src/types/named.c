// named.c: defined types and aliases, and the lazy side of instances: what is written behind the name, what lies
// under it and its methods are made when they are first asked for, by substitution from the generic type.
//
// Invariant: a declared type's methods and right side are complete when its package is; an instance's parts, once
// published, never change.
#include "types/algebra.h"

struct MethodSlots { u32 n; Object *m[]; };

Type *named_new(Checker *c, Arena *a, Object *obj, Type *rhs)
{
	Type *t = NEW(a, Type);
	t->kind = TY_NAMED;
	NamedRec *r = t->named.rec = NEW(a, NamedRec);
	r->self = t;
	r->obj = obj;
	r->rhs = rhs;
	r->check = c;
	r->pos = obj->pos;
	if (!obj->type)
		obj->type = t;
	if (c)
		vec_push(c->a, &c->cleanup, t);
	return t;
}

Type *instance_new(Checker *c, Arena *a, Pos pos, Type *orig, Type **targs, u32 n, Type **implicits, u32 nimplicits)
{
	Type *t = NEW(a, Type);
	t->kind = TY_NAMED;
	NamedRec *r = t->named.rec = NEW(a, NamedRec);
	r->self = t;
	r->obj = named_rec(orig)->obj;
	r->orig = orig;
	r->targs = targs;
	r->ntargs = n;
	r->implicits = implicits;
	r->nimplicits = nimplicits;
	r->check = c;
	r->pos = pos;
	if (c)
		vec_push(c->a, &c->cleanup, t);
	return t;
}

void named_set_rhs(Type *t, Type *rhs)
{
	named_rec(t)->rhs = rhs;
}

void named_set_tparams(Type *t, Type **tparams, u32 n)
{
	NamedRec *r = named_rec(t);
	r->tparams = tparams;
	r->ntparams = n;
	for (u32 i = 0; i < n; i++)
		tparams[i]->tparam.index = i;
}

Object *named_obj(Type *t) { return named_rec(t)->obj; }
Type *named_origin(Type *t) { return named_rec(t)->orig ? named_rec(t)->orig : t; }
TypeList named_targs(Type *t) { return (TypeList){named_rec(t)->targs, named_rec(t)->ntargs}; }

TypeList named_tparams(Type *t)
{
	NamedRec *r = named_rec(named_origin(t));
	return (TypeList){r->tparams, r->ntparams};
}

// The type parameters declared by the functions around a local type, outermost first.
TypeList named_ambient(Type *t)
{
	static TypeList none;
	NamedRec *r = named_rec(t);
	Object *o = r->obj;
	if (r->orig || !o->pkg || !o->parent || o->parent == o->pkg->scope)
		return none;
	TypeList *l = LOAD(&r->ambient);
	if (l)
		return *l;
	TypeVec v = {0};
	for (Scope *s = o->parent; s && s != o->pkg->scope; s = s->parent) {
		for (u32 i = 0; i < s->list.n; i++) {
			Object *e = s->list.p[i];
			// A function's scope, where its type parameters are; a parameter cannot be redeclared as a type.
			if (e->kind == OBJ_TYPENAME && e->type && e->type->kind == TY_TYPEPARAM && e->type->tparam.obj == e)
				vec_push(types_late_arena(), &v, e->type);
		}
	}
	l = NEW(types_late_arena(), TypeList);
	*l = (TypeList){v.p, v.n};
	if (r->check)
		return *l; // scopes may still grow
	return *PUBLISH(&r->ambient, l);
}

// Methods of an interface written behind a generic name have the generic type as receiver; an instance needs
// methods of its own.
static Type *with_receiver(Checker *c, Arena *a, Type *iface, Type *from, Type *to, bool own)
{
	ObjectVec ms = {0};
	bool changed = false;
	for (u32 i = 0; i < iface->iface.methods.n; i++) {
		Object *m = iface->iface.methods.p[i];
		Object *recv = m->type && m->type->kind == TY_FUNC ? m->type->func.recv : NULL;
		if (recv && recv->type == from) {
			Type *sig = type_clone(a, m->type);
			sig->func.recv = object_clone(a, recv, to);
			m = object_clone(a, m, sig);
			changed = true;
		}
		vec_push(a, &ms, m);
	}
	if (!changed)
		return iface;
	if (!own) {
		Type *fresh = type_new_interface(a, c);
		fresh->iface.embeds = iface->iface.embeds;
		fresh->iface.embed_pos = NULL;
		fresh->iface.complete = iface->iface.complete;
		fresh->iface.pkg = iface->iface.pkg;
		iface = fresh;
	}
	iface->iface.methods = ms;
	return iface;
}

static Type *expand_rhs(NamedRec *r)
{
	NamedRec *o = named_rec(r->orig);
	if (r->ntargs != o->ntparams)
		return TYPE(INVALID);
	Type *from = named_rhs(r->orig);
	if (!from)
		return NULL;
	Checker *c = r->check;
	Arena *a = arena_for(c);
	TypeList ambient = named_ambient(r->orig);
	u32 n = r->ntargs + r->nimplicits;
	Type **tparams = NEWN(a, Type *, n), **targs = NEWN(a, Type *, n);
	for (u32 i = 0; i < r->nimplicits && i < ambient.n; i++) {
		tparams[i] = ambient.p[i];
		targs[i] = r->implicits[i];
	}
	for (u32 i = 0; i < r->ntargs; i++) {
		tparams[r->nimplicits + i] = o->tparams[i];
		targs[r->nimplicits + i] = r->targs[i];
	}
	Type *rhs = check_subst(c, r->pos, from, tparams, targs, n, r->self);
	if (rhs->kind == TY_INTERFACE)
		rhs = with_receiver(c, a, rhs, r->orig, r->self, rhs != from);
	return rhs;
}

Type *named_rhs(Type *t)
{
	NamedRec *r = named_rec(t);
	Type *rhs = LOAD(&r->rhs);
	if (rhs || !r->orig)
		return rhs;
	if (!r->check) { // finished: no one sets the origin's side any more
		Type *x = expand_rhs(r);
		return PUBLISH(&r->rhs, x ? x : TYPE(INVALID));
	}
	rhs = expand_rhs(r);
	if (rhs && !r->rhs)
		r->rhs = rhs;
	return r->rhs;
}

u32 named_nmethods(Type *t)
{
	return named_rec(named_origin(t))->methods.n;
}

// The i'th method of an instance, with the receiver's type arguments put in.
static Object *expand_method(NamedRec *r, u32 i)
{
	Object *m = named_rec(r->orig)->methods.p[i];
	Checker *c = r->check;
	Arena *a = arena_for(c);
	if (c)
		check_obj_decl(c, m);
	if (!m->type || m->type->kind != TY_FUNC)
		return m;
	Type *old = m->type, *sig = old;
	if (old->func.nrecv_tparams == r->ntargs && r->ntargs > 0)
		sig = check_subst(c, m->pos, old, old->func.recv_tparams, r->targs, r->ntargs, r->self);
	if (sig == old)
		sig = type_clone(a, old);
	Object *recv = old->func.recv;
	if (recv) {
		bool ptr;
		type_deref(recv->type, &ptr);
		sig->func.recv = object_clone(a, recv, ptr ? type_new_pointer(a, r->self) : r->self);
	}
	sig->func.recv_tparams = NULL;
	sig->func.nrecv_tparams = 0;
	Object *f = object_clone(a, m, sig);
	f->func.origin = m->func.origin ? m->func.origin : m;
	f->func.recv_named = r->self;
	return f;
}

Object *named_method(Type *t, u32 i)
{
	NamedRec *r = named_rec(t);
	if (!r->orig)
		return r->methods.p[i];
	u32 n = named_rec(r->orig)->methods.n;
	struct MethodSlots *s = LOAD(&r->slots);
	if (!s || s->n < n) {
		struct MethodSlots *fresh = arena_alloc(arena_for(r->check), sizeof *fresh + n * sizeof(Object *));
		fresh->n = n;
		if (r->check) { // methods may have been added meanwhile
			if (s)
				memcpy(fresh->m, s->m, s->n * sizeof(Object *));
			r->slots = s = fresh;
		} else if (!s) {
			s = PUBLISH(&r->slots, fresh);
		} else {
			memcpy(fresh->m, s->m, s->n * sizeof(Object *));
			__atomic_compare_exchange_n(&r->slots, &s, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
			s = LOAD(&r->slots);
		}
	}
	Object *m = LOAD(&s->m[i]);
	if (m)
		return m;
	m = expand_method(r, i);
	if (r->check) {
		s = r->slots;
		if (!s->m[i])
			s->m[i] = m;
		return s->m[i];
	}
	return PUBLISH(&s->m[i], m);
}

void named_add_method(Checker *c, Type *t, Object *m)
{
	NamedRec *r = named_rec(t);
	m->func.recv_named = t;
	vec_push(arena_for(c), &r->methods, m);
}

int named_lookup_method(Type *t, Package *pkg, Name name, bool fold_case, Object **m)
{
	*m = NULL;
	NamedRec *o = named_rec(named_origin(t));
	if (o->methods.n == 0 || name_is_blank(name))
		return -1;
	if (!fold_case && !name_is_exported(name) && !package_same(o->obj->pkg, pkg))
		return -1;
	for (u32 i = 0; i < o->methods.n; i++) {
		Name n = o->methods.p[i]->name;
		if (n == name || (fold_case && name_equal_fold(n, name))) {
			*m = named_method(t, i);
			return (int)i;
		}
	}
	return -1;
}

void named_cleanup(Type *t)
{
	switch (t->kind) {
	case TY_NAMED:
		// An instance may stay unexpanded; its origin is complete, so whoever needs it can expand it.
		if (!named_rec(t)->orig)
			type_under(t);
		named_rec(t)->check = NULL;
		break;
	case TY_INTERFACE:
		types_type_set(t->iface.check, 0, t);
		t->iface.check = NULL;
		break;
	case TY_TYPEPARAM:
		typeparam_iface(NULL, t);
		break;
	case TY_ALIAS:
		type_unalias(t);
		break;
	default:
		break;
	}
}

// ---- aliases ------------------------------------------------------------------------------------

Type *alias_new(Checker *c, Arena *a, Object *obj, Type *rhs)
{
	Type *t = NEW(a, Type);
	t->kind = TY_ALIAS;
	t->alias.obj = obj;
	t->alias.rhs = rhs;
	t->alias.origin = t;
	if (!obj->type)
		obj->type = t;
	if (c)
		vec_push(c->a, &c->cleanup, t);
	return t;
}

void alias_set_rhs(Type *alias, Type *rhs)
{
	alias->alias.rhs = rhs;
	alias->alias.actual = NULL;
}

Type *alias_instance_new(Checker *c, Arena *a, Pos pos, Type *orig, Type **targs, u32 n)
{
	Type *t = NEW(a, Type);
	t->kind = TY_ALIAS;
	t->alias.obj = orig->alias.obj;
	t->alias.origin = orig;
	t->alias.tparams = orig->alias.tparams;
	t->alias.ntparams = orig->alias.ntparams;
	t->alias.targs = targs;
	t->alias.ntargs = n;
	static _Thread_local u32 depth; // an alias that leads to ever larger instances of itself was reported
	depth++;
	t->alias.rhs = orig->alias.rhs && depth < 100 ?
		check_subst(c, pos, orig->alias.rhs, orig->alias.tparams, targs, n, NULL) : TYPE(INVALID);
	depth--;
	if (c)
		vec_push(c->a, &c->cleanup, t);
	return t;
}
