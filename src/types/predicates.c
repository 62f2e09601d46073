// predicates.c: identity of types, and yes-or-no questions about them. Identity looks through aliases and takes
// types apart; it works on types that are not complete yet, which pointers to canonical types (canon.c) do not.
#include "types/algebra.h"

// ---- identity -----------------------------------------------------------------------------------

// Type parameters of two generic signatures that are being compared: equal by position.
typedef struct Renaming { Type **x, **y; u32 n; struct Renaming *outer; } Renaming;
typedef struct Comparer { bool ignore_tags; Renaming *renaming; } Comparer;

bool iface_pair_seen(IfacePair *p, Type *x, Type *y)
{
	for (; p; p = p->prev)
		if ((p->x == x && p->y == y) || (p->x == y && p->y == x))
			return true;
	return false;
}

static bool identical(Comparer *c, Type *x, Type *y, IfacePair *stack);

static bool vars_identical(Comparer *c, Type *x, Type *y, IfacePair *stack)
{
	if (x->tuple.n != y->tuple.n)
		return false;
	for (u32 i = 0; i < x->tuple.n; i++)
		if (!identical(c, x->tuple.vars[i]->type, y->tuple.vars[i]->type, stack))
			return false;
	return true;
}

static bool funcs_identical(Comparer *c, Type *x, Type *y, IfacePair *stack)
{
	u32 n = x->func.ntparams;
	if (n != y->func.ntparams || x->variadic != y->variadic)
		return false;
	if (n == 0)
		return vars_identical(c, x->func.params, y->func.params, stack) &&
		       vars_identical(c, x->func.results, y->func.results, stack);
	Renaming r = {x->func.tparams, y->func.tparams, n, c->renaming};
	c->renaming = &r;
	bool same = true;
	for (u32 i = 0; i < n && same; i++)
		same = identical(c, r.x[i]->tparam.bound, r.y[i]->tparam.bound, stack);
	same = same && vars_identical(c, x->func.params, y->func.params, stack) &&
	       vars_identical(c, x->func.results, y->func.results, stack);
	c->renaming = r.outer;
	return same;
}

static bool structs_identical(Comparer *c, Type *x, Type *y, IfacePair *stack)
{
	if (x->structt.n != y->structt.n)
		return false;
	for (u32 i = 0; i < x->structt.n; i++) {
		Object *f = x->structt.fields[i], *g = y->structt.fields[i];
		if (f->name != g->name || f->embedded != g->embedded || !object_same_id(f, g->pkg, g->name, false))
			return false;
		if (!c->ignore_tags) {
			Str s = x->structt.tags ? x->structt.tags[i] : (Str){0}, t = y->structt.tags ? y->structt.tags[i] : (Str){0};
			if (!str_eq(s, t))
				return false;
		}
		if (!identical(c, f->type, g->type, stack))
			return false;
	}
	return true;
}

// Interfaces are the same if their type sets are. Only through methods of anonymous interfaces can types be
// cyclic without a name in between; a pair met again is taken for equal.
static bool ifaces_identical(Comparer *c, Type *x, Type *y, IfacePair *stack)
{
	const TypeSet *s = types_type_set(NULL, 0, x), *t = types_type_set(NULL, 0, y);
	if (s->comparable != t->comparable || s->nmethods != t->nmethods || !terms_equal(s->terms, t->terms))
		return false;
	if (iface_pair_seen(stack, x, y))
		return true;
	IfacePair here = {x, y, stack};
	for (u32 i = 0; i < s->nmethods; i++) {
		Object *f = s->methods[i], *g = t->methods[i];
		if (f == g)
			continue;
		if (f->name != g->name || !object_same_id(f, g->pkg, g->name, false) || !identical(c, f->type, g->type, &here))
			return false;
	}
	return true;
}

static bool lists_identical(Comparer *c, Type **x, u32 nx, Type **y, u32 ny, IfacePair *stack)
{
	if (nx != ny)
		return false;
	for (u32 i = 0; i < nx; i++)
		if (!identical(c, x[i], y[i], stack))
			return false;
	return true;
}

static bool identical(Comparer *c, Type *x, Type *y, IfacePair *stack)
{
	x = type_unalias(x);
	y = type_unalias(y);
	if (x == y)
		return true;
	if (!x || !y || x->kind != y->kind)
		return false;
	if (type_is_canon(x) && type_is_canon(y) && !c->ignore_tags && !c->renaming)
		return false; // two canonical types
	switch ((TypeKind)x->kind) {
	case TY_BASIC:
		return x->basic == y->basic;
	case TY_ARRAY: // an unknown length was reported
		return (x->array.len < 0 || y->array.len < 0 || x->array.len == y->array.len) &&
		       identical(c, x->array.elem, y->array.elem, stack);
	case TY_SLICE:
		return identical(c, x->slice.elem, y->slice.elem, stack);
	case TY_POINTER:
		return identical(c, x->pointer.elem, y->pointer.elem, stack);
	case TY_CHAN:
		return x->dir == y->dir && identical(c, x->chan.elem, y->chan.elem, stack);
	case TY_MAP:
		return identical(c, x->map.key, y->map.key, stack) && identical(c, x->map.elem, y->map.elem, stack);
	case TY_STRUCT:
		return structs_identical(c, x, y, stack);
	case TY_TUPLE:
		return vars_identical(c, x, y, stack);
	case TY_FUNC:
		return funcs_identical(c, x, y, stack);
	case TY_INTERFACE:
		return ifaces_identical(c, x, y, stack);
	case TY_UNION: {
		bool overflow = false;
		Arena *a = types_late_arena();
		ArenaMark m = arena_mark(a);
		bool same = terms_equal(union_terms(NULL, a, 0, x, &overflow), union_terms(NULL, a, 0, y, &overflow));
		(void)m;
		return same;
	}
	case TY_NAMED: {
		NamedRec *r = named_rec(x), *s = named_rec(y);
		if (named_origin(x) != named_origin(y) || (r->orig == NULL) != (s->orig == NULL))
			return false;
		return r->orig && lists_identical(c, r->targs, r->ntargs, s->targs, s->ntargs, stack) &&
		       lists_identical(c, r->implicits, r->nimplicits, s->implicits, s->nimplicits, stack);
	}
	case TY_TYPEPARAM:
		for (Renaming *r = c->renaming; r; r = r->outer)
			for (u32 i = 0; i < r->n; i++)
				if (r->x[i] == x || r->y[i] == y)
					return r->x[i] == x && r->y[i] == y;
		return false;
	case TY_ALIAS:
		break;
	}
	return false;
}

bool types_identical(Type *x, Type *y)
{
	if (x == y)
		return true;
	Comparer c = {0};
	return identical(&c, x, y, NULL);
}

bool types_identical_ignore_tags(Type *x, Type *y)
{
	Comparer c = {.ignore_tags = true};
	return identical(&c, x, y, NULL);
}

// ---- kinds --------------------------------------------------------------------------------------

bool type_is(Type *t, u32 info)
{
	Type *u = type_under(t);
	return u->kind == TY_BASIC && (u->info & info) != 0;
}

bool type_all(Type *t, u32 info)
{
	Type *p = type_as_typeparam(t);
	if (!p)
		return type_is(t, info);
	TermList l = typeparam_terms(p);
	for (u32 i = 0; i < l.n; i++)
		if (!type_is(l.p[i].type, info))
			return false;
	return l.n > 0;
}

bool type_is_untyped(Type *t)
{
	return t->kind == TY_BASIC && (t->info & INFO_UNTYPED);
}

bool type_is_untyped_numeric(Type *t)
{
	return type_is_untyped(t) && (t->info & INFO_NUMERIC);
}

bool type_is_named(Type *t)
{
	return type_as_named(t) != NULL;
}

bool type_is_typeparam(Type *t)
{
	return type_as_typeparam(t) != NULL;
}

bool type_is_interface(Type *t)
{
	return type_under(t)->kind == TY_INTERFACE;
}

bool type_is_nonparam_interface(Type *t)
{
	return !type_is_typeparam(t) && type_is_interface(t);
}

bool type_has_name(Type *t)
{
	t = type_unalias(t);
	return t->kind == TY_BASIC || t->kind == TY_NAMED || t->kind == TY_TYPEPARAM;
}

bool type_is_literal(Type *t)
{
	t = type_unalias(t);
	return t->kind != TY_NAMED && t->kind != TY_TYPEPARAM;
}

bool type_is_generic(Type *t)
{
	if (t->kind == TY_ALIAS && t->alias.ntparams && !t->alias.ntargs)
		return true;
	Type *n = type_as_named(t);
	return n && !named_rec(n)->orig && named_rec(n)->ntparams > 0;
}

bool type_has_empty_typeset(Type *t)
{
	Type *p = type_as_typeparam(t);
	if (!p || !p->tparam.bound)
		return false;
	Type *b = type_unalias(p->tparam.bound);
	if (b->kind == TY_NAMED)
		b = LOAD(&named_rec(b)->under);
	return b && b->kind == TY_INTERFACE && LOAD(&b->iface.tset) && typeset_is_empty(b->iface.tset);
}

bool type_has_nil(Type *t)
{
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC:
		return u->basic == B_UNSAFEPTR;
	case TY_SLICE: case TY_POINTER: case TY_FUNC: case TY_MAP: case TY_CHAN:
		return true;
	case TY_INTERFACE: {
		Type *p = type_as_typeparam(t);
		if (!p)
			return true;
		TermList l = typeparam_terms(p);
		for (u32 i = 0; i < l.n; i++)
			if (!type_has_nil(type_under(l.p[i].type)))
				return false;
		return l.n > 0;
	}
	default:
		return false;
	}
}

Type *type_default(Type *t)
{
	if (t->kind != TY_BASIC)
		return t;
	switch (t->basic) {
	case B_UNTYPED_BOOL: return TYPE(BOOL);
	case B_UNTYPED_INT: return TYPE(INT);
	case B_UNTYPED_RUNE: return universe_rune_type();
	case B_UNTYPED_FLOAT: return TYPE(FLOAT64);
	case B_UNTYPED_COMPLEX: return TYPE(COMPLEX128);
	case B_UNTYPED_STRING: return TYPE(STRING);
	default: return t;
	}
}

Type *type_max(Type *x, Type *y)
{
	if (x == y)
		return x;
	if (type_is_untyped_numeric(x) && type_is_untyped_numeric(y))
		return x->basic > y->basic ? x : y;
	return NULL;
}

const char *type_compositeness(Type *t)
{
	static const char *const names[] = {
		[TY_BASIC] = "", [TY_ARRAY] = "array", [TY_SLICE] = "slice", [TY_STRUCT] = "struct", [TY_POINTER] = "pointer",
		[TY_FUNC] = "func", [TY_INTERFACE] = "interface", [TY_MAP] = "map", [TY_CHAN] = "chan", [TY_TUPLE] = "tuple",
		[TY_UNION] = "union", [TY_NAMED] = "", [TY_TYPEPARAM] = "", [TY_ALIAS] = "",
	};
	return names[type_under(t)->kind];
}

// ---- comparability ------------------------------------------------------------------------------

typedef struct Seen { Type *t; struct Seen *prev; } Seen;

// why may be NULL; it is set only for the outermost type.
static bool comparable(Checker *c, Type *t, bool dynamic, Seen *seen, Str *cause)
{
	Arena *a = cause ? arena_for(c) : NULL;
	for (Seen *s = seen; s; s = s->prev)
		if (s->t == t)
			return true;
	Seen here = {t, seen};
	Type *u = type_under(t);
	if (cause)
		*cause = (Str){0};
	switch (u->kind) {
	case TY_BASIC:
		return u->basic != B_UNTYPED_NIL;
	case TY_POINTER: case TY_CHAN:
		return true;
	case TY_STRUCT:
		for (u32 i = 0; i < u->structt.n; i++) {
			if (!comparable(c, u->structt.fields[i]->type, dynamic, &here, NULL)) {
				if (cause)
					*cause = str_fmt(a, "struct containing %s cannot be compared", TS(u->structt.fields[i]->type));
				return false;
			}
		}
		return true;
	case TY_ARRAY:
		if (comparable(c, u->array.elem, dynamic, &here, NULL))
			return true;
		if (cause)
			*cause = str_fmt(a, "%s cannot be compared", TS(t));
		return false;
	case TY_INTERFACE: {
		if (dynamic && !type_is_typeparam(t))
			return true;
		const TypeSet *s = types_type_set(c, 0, u);
		if (s->terms.all ? s->comparable : s->terms.n > 0) {
			u32 i = 0;
			while (i < s->terms.n && comparable(c, s->terms.p[i].type, false, &here, NULL))
				i++;
			if (i == s->terms.n)
				return true;
		}
		if (cause)
			*cause = str(typeset_is_empty(s) ? "empty type set" : "incomparable types in type set");
		return false;
	}
	default:
		return false;
	}
}

bool check_comparable(Checker *c, Type *t, bool dynamic, Str *cause)
{
	return comparable(c, t, dynamic, NULL, cause);
}

bool type_comparable_p(Type *t)
{
	return comparable(NULL, t, true, NULL, NULL);
}

// ---- type parameters inside ---------------------------------------------------------------------

// tparams NULL: any type parameter counts.
typedef struct ParamSearch { Type **tparams; u32 n; } ParamSearch;

static bool parameterized(ParamSearch *w, Type *t, Seen *seen);

static bool any_var(ParamSearch *w, Object **v, u32 n, Seen *seen)
{
	for (u32 i = 0; i < n; i++)
		if (parameterized(w, v[i]->type, seen))
			return true;
	return false;
}

static bool parameterized(ParamSearch *w, Type *t, Seen *seen)
{
	t = type_unalias(t);
	if (!t)
		return false;
	switch ((TypeKind)t->kind) {
	case TY_BASIC: case TY_ALIAS:
		return false;
	case TY_ARRAY:
		return parameterized(w, t->array.elem, seen);
	case TY_SLICE:
		return parameterized(w, t->slice.elem, seen);
	case TY_POINTER:
		return parameterized(w, t->pointer.elem, seen);
	case TY_CHAN:
		return parameterized(w, t->chan.elem, seen);
	case TY_MAP:
		return parameterized(w, t->map.key, seen) || parameterized(w, t->map.elem, seen);
	case TY_STRUCT:
		return any_var(w, t->structt.fields, t->structt.n, seen);
	case TY_TUPLE:
		return any_var(w, t->tuple.vars, t->tuple.n, seen);
	case TY_FUNC:
		return any_var(w, t->func.params->tuple.vars, t->func.params->tuple.n, seen) ||
		       any_var(w, t->func.results->tuple.vars, t->func.results->tuple.n, seen);
	case TY_UNION:
		for (u32 i = 0; i < t->union_.n; i++)
			if (parameterized(w, t->union_.terms[i].type, seen))
				return true;
		return false;
	case TY_INTERFACE: {
		for (Seen *s = seen; s; s = s->prev)
			if (s->t == t)
				return false;
		Seen here = {t, seen};
		const TypeSet *s = types_type_set(NULL, 0, t);
		for (u32 i = 0; i < s->nmethods; i++)
			if (parameterized(w, s->methods[i]->type, &here))
				return true;
		// With no specific types, or if all of them depend on type parameters.
		for (u32 i = 0; i < s->terms.n; i++)
			if (parameterized(w, s->terms.p[i].type, &here))
				return true;
		return false;
	}
	case TY_NAMED: {
		NamedRec *r = named_rec(t);
		for (u32 i = 0; i < r->ntargs; i++)
			if (parameterized(w, r->targs[i], seen))
				return true;
		for (u32 i = 0; i < r->nimplicits; i++)
			if (parameterized(w, r->implicits[i], seen))
				return true;
		if (w->tparams)
			return false;
		if (!r->orig)
			return r->ntparams > 0 || named_ambient(t).n > 0;
		return r->nimplicits == 0 && named_ambient(r->orig).n > 0; // local to a generic function
	}
	case TY_TYPEPARAM:
		if (!w->tparams)
			return true;
		for (u32 i = 0; i < w->n; i++)
			if (w->tparams[i] == t)
				return true;
		return false;
	}
	return false;
}

bool type_is_parameterized(Type **tparams, u32 n, Type *t)
{
	ParamSearch w = {tparams, n};
	return n > 0 && parameterized(&w, t, NULL);
}

bool type_has_tparam(Type *t)
{
	if (type_is_canon(t))
		return t->has_tparam;
	ParamSearch w = {0};
	return parameterized(&w, t, NULL);
}
