// unify.c: makes two types equal by finding types for the type parameters in them. Rules: doc/go_spec.html, "Type
// unification"; what it adds for interfaces and named types: types2/unify.go, whose results ours must equal.
#include "types/unify.h"

enum { MAX_DEPTH = 50 };

void unifier_init(Unifier *u, Checker *c, Type **tparams, u32 n, Type **targs, u32 ntargs, bool interfaces)
{
	*u = (Unifier){.c = c, .tparams = tparams, .n = n, .interfaces = interfaces};
	u->slot = NEWN(c->a, u32, n);
	u->types = NEWN(c->a, Type *, n);
	for (u32 i = 0; i < n; i++) {
		u->slot[i] = i;
		u->types[i] = i < ntargs ? targs[i] : NULL;
	}
}

// The index of a type parameter that is to be inferred, or -1.
static int bound_param(const Unifier *u, Type *t)
{
	t = type_unalias(t);
	if (t && t->kind == TY_TYPEPARAM)
		for (u32 i = 0; i < u->n; i++)
			if (u->tparams[i] == t)
				return (int)i;
	return -1;
}

Type *unifier_at(const Unifier *u, u32 i)
{
	return u->types[u->slot[i]];
}

void unifier_set(Unifier *u, u32 i, Type *t)
{
	u->types[u->slot[i]] = t;
}

u32 unifier_unknowns(const Unifier *u)
{
	u32 n = 0;
	for (u32 i = 0; i < u->n; i++)
		n += unifier_at(u, i) == NULL;
	return n;
}

// From here on i and j stand for the same type. False: both have one already.
static bool join(Unifier *u, u32 i, u32 j)
{
	u32 si = u->slot[i], sj = u->slot[j];
	if (si == sj)
		return true;
	if (u->types[si] && u->types[sj])
		return false;
	u32 keep = u->types[si] ? si : sj, drop = keep == si ? sj : si;
	for (u32 k = 0; k < u->n; k++)
		if (u->slot[k] == drop)
			u->slot[k] = keep;
	return true;
}

static Type *as_interface(Type *t)
{
	if (type_is_typeparam(t))
		return NULL;
	Type *u = type_under(t);
	return u->kind == TY_INTERFACE ? u : NULL;
}

static bool nify(Unifier *u, Type *x, Type *y, u32 mode, IfacePair *stack);

static bool nify_vars(Unifier *u, Type *x, Type *y, u32 mode, IfacePair *stack)
{
	if (x->tuple.n != y->tuple.n)
		return false;
	for (u32 i = 0; i < x->tuple.n; i++)
		if (!nify(u, x->tuple.vars[i]->type, y->tuple.vars[i]->type, mode, stack))
			return false;
	return true;
}

// x is a parameter with an inferred type tx, y is not a parameter to be inferred.
static bool nify_inferred(Unifier *u, u32 px, Type *tx, Type *y, u32 mode, IfacePair *stack)
{
	if (!nify(u, tx, y, mode, stack))
		return false;
	Type *xi = as_interface(tx), *yi = as_interface(y);
	bool xn = type_as_named(tx) != NULL, yn = type_as_named(y) != NULL;
	if (xi && yi) {
		if (xn && yn)
			return types_identical(tx, y);
		if (types_type_set(u->c, 0, xi)->nmethods != types_type_set(u->c, 0, yi)->nmethods)
			return false;
	} else if (xi || yi) {
		return false; // which of them is meant would depend on the order of arguments
	}
	// A defined type is preferred to a literal, and a directed channel to an undirected one.
	if (!(mode & UNIFY_EXACT) && !xn) {
		Type *yu = type_under(y);
		if (yn || (yu->kind == TY_CHAN && yu->dir != CHAN_BOTH))
			unifier_set(u, px, y);
	}
	return true;
}

static bool same_sets(Unifier *u, Type *x, Type *y, const TypeSet **s, const TypeSet **t)
{
	*s = types_type_set(u->c, 0, x);
	*t = types_type_set(u->c, 0, y);
	return (*s)->comparable == (*t)->comparable && terms_equal((*s)->terms, (*t)->terms);
}

// Inexact: the methods of the smaller interface must be among those of the larger.
static bool nify_two_interfaces(Unifier *u, Type *x, Type *y, IfacePair *stack)
{
	const TypeSet *s, *t;
	if (!same_sets(u, x, y, &s, &t))
		return false;
	if (iface_pair_seen(stack, x, y))
		return true;
	IfacePair here = {x, y, stack};
	if (s->nmethods > t->nmethods) {
		const TypeSet *swap = s;
		s = t;
		t = swap;
	}
	for (u32 i = 0; i < s->nmethods; i++) {
		Object *m = s->methods[i], *o = typeset_lookup_method(t, m->pkg, m->name, false, NULL);
		if (!o || !nify(u, m->type, o->type, UNIFY_EXACT, &here))
			return false;
	}
	return true;
}

static bool nify_implementation(Unifier *u, Type *iface, Type *t, IfacePair *stack)
{
	const TypeSet *s = types_type_set(u->c, 0, iface);
	for (u32 i = 0; i < s->nmethods; i++) {
		Object *m = s->methods[i];
		bool indirect;
		Object *o = types_lookup(u->c->a, t, false, m->pkg, m->name, NULL, &indirect);
		if (!o || o->kind != OBJ_FUNC)
			return false;
		check_obj_decl(u->c, o);
		// A generic method implements nothing.
		if (!o->type || o->type->kind != TY_FUNC || o->type->func.ntparams || !nify(u, m->type, o->type, UNIFY_EXACT, stack))
			return false;
	}
	return true;
}

static bool nify_structs(Unifier *u, Type *x, Type *y, u32 mode, IfacePair *stack)
{
	if (x->structt.n != y->structt.n)
		return false;
	for (u32 i = 0; i < x->structt.n; i++) {
		Object *f = x->structt.fields[i], *g = y->structt.fields[i];
		Str s = x->structt.tags ? x->structt.tags[i] : (Str){0}, t = y->structt.tags ? y->structt.tags[i] : (Str){0};
		if (f->embedded != g->embedded || !str_eq(s, t) || !object_same_id(f, g->pkg, g->name, false) ||
		    !nify(u, f->type, g->type, mode, stack))
			return false;
	}
	return true;
}

static bool nify_exact_interfaces(Unifier *u, Type *x, Type *y, IfacePair *stack)
{
	const TypeSet *s, *t;
	if (!same_sets(u, x, y, &s, &t) || s->nmethods != t->nmethods)
		return false;
	if (iface_pair_seen(stack, x, y))
		return true;
	IfacePair here = {x, y, stack};
	for (u32 i = 0; i < s->nmethods; i++) {
		Object *f = s->methods[i], *g = t->methods[i];
		if (!object_same_id(f, g->pkg, g->name, false) || !nify(u, f->type, g->type, UNIFY_EXACT, &here))
			return false;
	}
	return true;
}

static bool nify_structure(Unifier *u, Type *x, Type *y, u32 mode, IfacePair *stack)
{
	if (type_is_typeparam(y)) { // not to be inferred; then it is on the left
		Type *swap = x;
		x = y;
		y = swap;
	}
	// What a type consists of must match exactly if values are assigned.
	u32 emode = mode & UNIFY_ASSIGN ? mode | UNIFY_EXACT : mode;
	Type *yorig = y;
	x = type_unalias(x);
	y = type_unalias(y);
	if (x->kind == TY_TYPEPARAM) {
		// Whatever it stands for has its core type.
		Type *core = types_common_under(u->c->a, u->c, x, NULL);
		return core && nify(u, core, yorig, UNIFY_ASSIGN, stack);
	}
	if (x->kind != y->kind)
		return false;
	switch ((TypeKind)x->kind) {
	case TY_BASIC:
		return x->basic == y->basic;
	case TY_ARRAY:
		return (x->array.len < 0 || y->array.len < 0 || x->array.len == y->array.len) &&
		       nify(u, x->array.elem, y->array.elem, emode, stack);
	case TY_SLICE:
		return nify(u, x->slice.elem, y->slice.elem, emode, stack);
	case TY_POINTER:
		return nify(u, x->pointer.elem, y->pointer.elem, emode, stack);
	case TY_STRUCT:
		return nify_structs(u, x, y, emode, stack);
	case TY_TUPLE:
		return nify_vars(u, x, y, mode, stack);
	case TY_FUNC:
		return x->variadic == y->variadic && nify_vars(u, x->func.params, y->func.params, emode, stack) &&
		       nify_vars(u, x->func.results, y->func.results, emode, stack);
	case TY_INTERFACE:
		return nify_exact_interfaces(u, x, y, stack);
	case TY_MAP:
		return nify(u, x->map.key, y->map.key, emode, stack) && nify(u, x->map.elem, y->map.elem, emode, stack);
	case TY_CHAN:
		return (!(mode & UNIFY_EXACT) || x->dir == y->dir) && nify(u, x->chan.elem, y->chan.elem, emode, stack);
	case TY_NAMED: {
		TypeList l = named_targs(x), r = named_targs(y);
		if (l.n != r.n)
			return false;
		for (u32 i = 0; i < l.n; i++)
			if (!nify(u, l.p[i], r.p[i], mode, stack))
				return false;
		return named_origin(x) == named_origin(y);
	}
	default:
		return false;
	}
}

static bool nify_here(Unifier *u, Type *x, Type *y, u32 mode, IfacePair *stack)
{
	if (!x || !y)
		return false;
	if (x == y || type_unalias(x) == type_unalias(y))
		return true;
	// A defined type, if any, on the right; a parameter to be inferred, if any, on the left.
	if (type_as_named(x) || bound_param(u, y) >= 0) {
		Type *swap = x;
		x = y;
		y = swap;
	}
	// A literal may match what a defined type is made of.
	if (!(mode & UNIFY_EXACT) && type_as_named(y) && type_is_literal(x) && !(u->interfaces && type_is_interface(x))) {
		y = type_under(y);
		if (x == y || type_unalias(x) == y)
			return true;
	}
	int px = bound_param(u, x), py = bound_param(u, y);
	if (px >= 0 && py >= 0)
		return join(u, (u32)px, (u32)py) || nify(u, unifier_at(u, (u32)px), unifier_at(u, (u32)py), mode, stack);
	if (px >= 0) {
		Type *tx = unifier_at(u, (u32)px);
		if (tx)
			return nify_inferred(u, (u32)px, tx, y, mode, stack);
		unifier_set(u, (u32)px, y);
		return true;
	}
	if (u->interfaces && !(mode & UNIFY_EXACT)) {
		Type *xi = as_interface(x), *yi = as_interface(y);
		if (xi && yi)
			return nify_two_interfaces(u, xi, yi, stack);
		if (xi || yi)
			return nify_implementation(u, xi ? xi : yi, xi ? y : x, stack);
	}
	return nify_structure(u, x, y, mode, stack);
}

static bool nify(Unifier *u, Type *x, Type *y, u32 mode, IfacePair *stack)
{
	if (u->depth >= MAX_DEPTH)
		return false;
	u->depth++;
	bool ok = nify_here(u, x, y, mode, stack);
	u->depth--;
	return ok;
}

bool unify(Unifier *u, Type *x, Type *y, u32 mode)
{
	return nify(u, x, y, mode, NULL);
}
