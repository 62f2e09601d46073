// subst.c: types with type arguments in place of type parameters, and instances of generic types. What does not
// change is shared with the original.
#include "types/algebra.h"

#include <pthread.h>

typedef struct Subst {
	Checker *c;             // NULL: all types are complete, and instances are made canonical
	Arena *a;
	Pos pos;
	Type **from, **to;
	u32 n;
} Subst;

static Type *subst(Subst *s, Type *t);

Object *object_clone(Arena *a, const Object *o, Type *type)
{
	Object *n = NEW(a, Object);
	*n = *o;
	n->type = type;
	n->ir = NULL;
	return n;
}

static Type *subst_param(Subst *s, Type *t)
{
	for (u32 i = 0; i < s->n; i++)
		if (s->from[i] == t && s->to[i])
			return s->to[i];
	return t;
}

static Object *subst_object(Subst *s, Object *o)
{
	if (!o || !o->type)
		return o;
	Type *t = subst(s, o->type);
	if (t == o->type)
		return o;
	Object *n = object_clone(s->a, o, t);
	if (o->kind == OBJ_FUNC && !o->func.origin)
		n->func.origin = o;
	return n;
}

// The list itself if nothing in it changes.
static Object **subst_objects(Subst *s, Object **p, u32 n)
{
	Object **out = p;
	for (u32 i = 0; i < n; i++) {
		Object *o = subst_object(s, p[i]);
		if (o == p[i])
			continue;
		if (out == p) {
			out = NEWN(s->a, Object *, n);
			memcpy(out, p, n * sizeof *p);
		}
		out[i] = o;
	}
	return out;
}

static Type **subst_list(Subst *s, Type **p, u32 n)
{
	Type **out = p;
	for (u32 i = 0; i < n; i++) {
		Type *t = subst(s, p[i]);
		if (t == p[i])
			continue;
		if (out == p)
			out = type_list_dup(s->a, p, n);
		out[i] = t;
	}
	return out;
}

static Type *subst_tuple(Subst *s, Type *t)
{
	Object **v = subst_objects(s, t->tuple.vars, t->tuple.n);
	return v == t->tuple.vars ? t : type_new_tuple(s->a, v, t->tuple.n);
}

// Fresh type parameters for a generic method whose receiver is being instantiated, because their constraints may
// mention the receiver's. s is extended by the renaming.
static Type **fresh_tparams(Subst *s, Type **tparams, u32 n)
{
	u32 m = s->n + n;
	Type **from = NEWN(s->a, Type *, m), **to = NEWN(s->a, Type *, m), **fresh = NEWN(s->a, Type *, n);
	memcpy(from, s->from, s->n * sizeof *from);
	memcpy(to, s->to, s->n * sizeof *to);
	for (u32 i = 0; i < n; i++) {
		Object *name = object_clone(s->a, tparams[i]->tparam.obj, NULL);
		fresh[i] = type_new_typeparam(s->c, s->a, name, NULL);
		fresh[i]->tparam.index = tparams[i]->tparam.index;
		from[s->n + i] = tparams[i];
		to[s->n + i] = fresh[i];
		if (s->c)
			check_mono_record_canon(s->c, fresh[i], tparams[i]);
	}
	s->from = from;
	s->to = to;
	s->n = m;
	for (u32 i = 0; i < n; i++) {
		fresh[i]->tparam.bound = subst(s, tparams[i]->tparam.bound);
		if (!s->c)
			typeparam_iface(NULL, fresh[i]);
	}
	return fresh;
}

static Type *subst_func(Subst *outer, Type *t)
{
	Subst s = *outer;
	Type **tparams = t->func.tparams;
	u32 n = t->func.ntparams;
	if (n > 0) {
		bool instantiating = false;
		for (u32 i = 0; i < s.n && !instantiating; i++)
			instantiating = s.from[i] == tparams[0];
		if (!instantiating)
			tparams = fresh_tparams(&s, tparams, n);
	}
	Type *params = subst_tuple(&s, t->func.params), *results = subst_tuple(&s, t->func.results);
	if (params == t->func.params && results == t->func.results && tparams == t->func.tparams)
		return t;
	Type *f = type_new_func(s.a, t->func.recv, params, results, t->variadic);
	f->func.tparams = tparams;
	f->func.ntparams = n;
	f->func.recv_tparams = t->func.recv_tparams;
	f->func.nrecv_tparams = t->func.nrecv_tparams;
	return f;
}

static Type *subst_interface(Subst *s, Type *t)
{
	Object **ms = subst_objects(s, t->iface.methods.p, t->iface.methods.n);
	Type **es = subst_list(s, t->iface.embeds.p, t->iface.embeds.n);
	if (ms == t->iface.methods.p && es == t->iface.embeds.p)
		return t;
	Type *i = type_new_interface(s->a, s->c);
	i->implicit = t->implicit;
	i->iface.complete = t->iface.complete;
	i->iface.pkg = t->iface.pkg;
	i->iface.embeds = (TypeVec){es, t->iface.embeds.n, t->iface.embeds.n};
	i->iface.embed_pos = s->c ? t->iface.embed_pos : NULL;
	i->iface.methods = (ObjectVec){ms, t->iface.methods.n, t->iface.methods.n};
	// Methods whose receiver is the original literal get the new one.
	for (u32 k = 0; k < t->iface.methods.n; k++) {
		Object *m = ms[k], *recv = m->type && m->type->kind == TY_FUNC ? m->type->func.recv : NULL;
		if (!recv || recv->type != t)
			continue;
		if (i->iface.methods.p == t->iface.methods.p) {
			i->iface.methods.p = NEWN(s->a, Object *, t->iface.methods.n);
			memcpy(i->iface.methods.p, ms, t->iface.methods.n * sizeof *ms);
		}
		Type *sig = type_clone(s->a, m->type);
		sig->func.recv = object_clone(s->a, recv, i);
		i->iface.methods.p[k] = object_clone(s->a, m, sig);
	}
	return i;
}

static Type *subst_named(Subst *s, Type *t)
{
	NamedRec *r = named_rec(t);
	if (!r->orig) {
		// A local type is another type in each instance of its function.
		TypeList l = named_ambient(t);
		if (l.n == 0)
			return t;
		Type **imp = subst_list(s, l.p, l.n);
		return imp == l.p ? t : instance_canonical(t, NULL, 0, imp, l.n);
	}
	if (r->ntargs != named_rec(r->orig)->ntparams)
		return TYPE(INVALID); // reported
	// Of a generic local type, seen from within its function: the function's parameters stand for themselves.
	TypeList outer = r->nimplicits ? (TypeList){r->implicits, r->nimplicits} : named_ambient(r->orig);
	Type **targs = subst_list(s, r->targs, r->ntargs), **imp = subst_list(s, outer.p, outer.n);
	if (targs == r->targs && imp == outer.p)
		return t;
	if (r->nimplicits || imp != outer.p)
		return instance_canonical(r->orig, targs, r->ntargs, imp, outer.n);
	if (!s->c)
		return instance_canonical(r->orig, targs, r->ntargs, NULL, 0);
	return check_instance(s->c, s->pos, r->orig, targs, r->ntargs, NULL);
}

static Type *subst(Subst *s, Type *t)
{
	if (!t)
		return TYPE(INVALID); // an element that is not set up yet
	if (type_is_canon(t) && !t->has_tparam)
		return t;
	switch ((TypeKind)t->kind) {
	case TY_BASIC:
		return t;
	case TY_TYPEPARAM:
		return subst_param(s, t);
	case TY_ALIAS: {
		Type *o = t->alias.origin;
		if (o->alias.ntparams == 0) {
			if (s->c)
				return t;
			Type *u = type_unalias(t), *v = subst(s, u);
			return u == v ? t : v; // an alias of a local type or type parameter
		}
		if (t->alias.ntargs != o->alias.ntparams)
			return TYPE(INVALID);
		Type **targs = subst_list(s, t->alias.targs, t->alias.ntargs);
		if (targs == t->alias.targs)
			return t;
		return alias_instance_new(s->c, s->a, s->pos, o, targs, t->alias.ntargs);
	}
	case TY_ARRAY: {
		Type *e = subst(s, t->array.elem);
		return e == t->array.elem ? t : type_new_array(s->a, e, t->array.len);
	}
	case TY_SLICE: {
		Type *e = subst(s, t->slice.elem);
		return e == t->slice.elem ? t : type_new_slice(s->a, e);
	}
	case TY_POINTER: {
		Type *e = subst(s, t->pointer.elem);
		return e == t->pointer.elem ? t : type_new_pointer(s->a, e);
	}
	case TY_CHAN: {
		Type *e = subst(s, t->chan.elem);
		return e == t->chan.elem ? t : type_new_chan(s->a, t->dir, e);
	}
	case TY_MAP: {
		Type *k = subst(s, t->map.key), *e = subst(s, t->map.elem);
		return k == t->map.key && e == t->map.elem ? t : type_new_map(s->a, k, e);
	}
	case TY_STRUCT: {
		Object **f = subst_objects(s, t->structt.fields, t->structt.n);
		return f == t->structt.fields ? t : type_new_struct(s->a, f, t->structt.n, t->structt.tags);
	}
	case TY_TUPLE:
		return subst_tuple(s, t);
	case TY_FUNC:
		return subst_func(s, t);
	case TY_INTERFACE:
		return subst_interface(s, t);
	case TY_UNION: {
		Term *terms = t->union_.terms;
		for (u32 i = 0; i < t->union_.n; i++) {
			Type *x = subst(s, t->union_.terms[i].type);
			if (x == t->union_.terms[i].type)
				continue;
			if (terms == t->union_.terms) {
				terms = NEWN(s->a, Term, t->union_.n);
				memcpy(terms, t->union_.terms, t->union_.n * sizeof *terms);
			}
			terms[i].type = x;
		}
		return terms == t->union_.terms ? t : type_new_union(s->a, terms, t->union_.n);
	}
	case TY_NAMED:
		return subst_named(s, t);
	}
	return t;
}

Type *check_subst(Checker *c, Pos pos, Type *t, Type **tparams, Type **targs, u32 n, Type *expanding)
{
	(void)expanding;
	if (n == 0 || t->kind == TY_BASIC)
		return t;
	Subst s = {c, arena_for(c), pos, tparams, targs, n};
	return subst(&s, t);
}

Type *types_subst(Type *t, Type **tparams, Type **targs, u32 n)
{
	if (n == 0)
		return t;
	bool canon = type_is_canon(t);
	for (u32 i = 0; i < n && canon; i++)
		canon = type_is_canon(targs[i]);
	Type *r = check_subst(NULL, 0, t, tparams, targs, n, NULL);
	return canon ? types_canon(r) : r;
}

// ---- instances ----------------------------------------------------------------------------------

// Those that a Checker has made: one for identical arguments, which may still be incomplete.
typedef struct Inst { struct Inst *next; Type *orig, **targs, *type; u32 n; } Inst;

Type *check_instance(Checker *c, Pos pos, Type *orig, Type **targs, u32 n, Type *expanding)
{
	(void)expanding;
	Arena *a = arena_for(c);
	if (orig->kind == TY_FUNC) {
		if (orig->func.ntparams == 0 || orig->func.ntparams != n)
			return n ? TYPE(INVALID) : orig;
		Type *sig = check_subst(c, pos, orig, orig->func.tparams, targs, n, NULL);
		if (sig == orig)
			sig = type_clone(a, orig);
		sig->func.tparams = NULL;
		sig->func.ntparams = 0;
		return sig;
	}
	if (orig->kind == TY_ALIAS) {
		if (orig->alias.ntparams == 0)
			return orig;
		if (!check_validate_targ_len(c, pos, name_str(orig->alias.obj->name), orig->alias.ntparams, n))
			return TYPE(INVALID);
	} else if (orig->kind != TY_NAMED) {
		return TYPE(INVALID);
	}
	if (!c)
		return orig->kind == TY_ALIAS ? alias_instance_new(NULL, a, pos, orig, targs, n) :
		       instance_canonical(orig, targs, n, NULL, 0);
	u32 h = (u32)((uintptr_t)orig >> 4) * 31 + n;
	for (u32 i = 0; i < n; i++)
		h = h * 16777619 ^ type_hash(targs[i]);
	Inst *first = map_get(&c->instances, h);
	for (Inst *i = first; i; i = i->next) {
		if (i->orig != orig || i->n != n)
			continue;
		u32 k = 0;
		while (k < n && types_identical(i->targs[k], targs[k]))
			k++;
		if (k == n)
			return i->type;
	}
	Inst *i = NEW(a, Inst);
	i->orig = orig;
	i->targs = type_list_dup(a, targs, n);
	i->n = n;
	// An alias's right side may lead back here; it then finds no instance yet, as nothing can go on for ever
	// through aliases alone.
	i->type = orig->kind == TY_ALIAS ? alias_instance_new(c, a, pos, orig, i->targs, n) :
	          instance_new(c, a, pos, orig, i->targs, n, NULL, 0);
	i->next = map_get(&c->instances, h);
	map_put(a, &c->instances, h, i);
	return i->type;
}

Type *types_instantiate(Type *generic, Type **targs, u32 n)
{
	return check_instance(NULL, 0, generic, targs, n, NULL);
}

Type **check_rename_tparams(Checker *c, Pos pos, Type **tparams, u32 n, Type **type)
{
	Arena *a = c->a;
	if (n == 0)
		return NULL;
	Type **fresh = NEWN(a, Type *, n);
	for (u32 i = 0; i < n; i++) {
		Object *name = object_clone(a, tparams[i]->tparam.obj, NULL);
		fresh[i] = type_new_typeparam(c, a, name, NULL);
		fresh[i]->tparam.index = tparams[i]->tparam.index;
	}
	for (u32 i = 0; i < n; i++)
		fresh[i]->tparam.bound = check_subst(c, pos, tparams[i]->tparam.bound, tparams, fresh, n, NULL);
	*type = check_subst(c, pos, *type, tparams, fresh, n, NULL);
	return fresh;
}
