// validtype.c: finds types that contain themselves, directly or through arrays, fields, embedded interfaces and the
// type arguments of what they are made of, and so would have no finite size or method set.
#include "types/algebra.h"

// Types around the current one in memory (the nest), and all names on the way to it (for the message).
typedef struct Inside {
	Type *t;
	struct Inside *nest;    // what the type t stands in
	struct Inside *path;    // what was looked at before t
} Inside;

struct ValidTypes { Map done; };

static bool valid(Checker *c, Type *t, Inside *nest, Inside *path);

// An instance is named with its arguments, and stands where it was written.
static Object *cycle_object(Checker *c, Type *t)
{
	NamedRec *r = named_rec(t);
	if (!r->orig)
		return r->obj;
	Object *o = object_clone(c->a, r->obj, t);
	o->pos = r->pos;
	return o;
}

static void report(Checker *c, Type *t, Inside *path)
{
	u32 len = 0, first = 0, i = 0;
	for (Inside *p = path; p; p = p->path)
		len++;
	Object **list = NEWN(c->a, Object *, len);
	for (Inside *p = path; p; p = p->path, i++) {
		list[len - 1 - i] = cycle_object(c, p->t);
		if (types_identical(p->t, t))
			first = len - 1 - i; // the path is walked from its end: the earliest one stays
	}
	check_cycle_error(c, list + first, len - first, 0);
}

static bool valid_named(Checker *c, Type *t, Inside *nest, Inside *path)
{
	NamedRec *r = named_rec(t);
	Type *orig = named_origin(t);
	bool generic = named_rec(orig)->ntparams > 0;
	Type *seen = generic ? NULL : map_get(&c->valid_types, PKEY(t));
	if (!generic && (r->obj->pkg != c->pkg || seen == t))
		return true;
	for (Inside *e = generic || seen ? nest : NULL; e; e = e->nest) {
		if (!types_identical(e->t, t))
			continue;
		named_rec(orig)->rhs = TYPE(INVALID);
		named_rec(orig)->under = NULL;
		report(c, t, path);
		return false;
	}
	Type *rhs = named_rhs(orig);
	if (!rhs)
		return true;
	Inside here = {t, nest, path};
	if (!generic)
		map_put(c->a, &c->valid_types, PKEY(t), TYPE(INVALID)); // being looked into
	if (!valid(c, rhs, &here, &here))
		return false;
	if (!generic)
		map_put(c->a, &c->valid_types, PKEY(t), t);
	return true;
}

static bool valid(Checker *c, Type *t, Inside *nest, Inside *path)
{
	t = type_unalias(t);
	if (!t)
		return true;
	switch ((TypeKind)t->kind) {
	case TY_ARRAY:
		return valid(c, t->array.elem, nest, path);
	case TY_STRUCT:
		for (u32 i = 0; i < t->structt.n; i++)
			if (!valid(c, t->structt.fields[i]->type, nest, path))
				return false;
		return true;
	case TY_UNION:
		for (u32 i = 0; i < t->union_.n; i++)
			if (!valid(c, t->union_.terms[i].type, nest, path))
				return false;
		return true;
	case TY_INTERFACE:
		for (u32 i = 0; i < t->iface.embeds.n; i++)
			if (!valid(c, t->iface.embeds.p[i], nest, path))
				return false;
		return true;
	case TY_NAMED:
		return valid_named(c, t, nest, path);
	case TY_TYPEPARAM: {
		// Stands for the argument of the innermost instance; that was written outside of the instance.
		if (!nest)
			return true;
		TypeList params = named_tparams(nest->t), args = named_targs(nest->t);
		for (u32 i = 0; i < params.n && i < args.n; i++)
			if (params.p[i] == t)
				return valid(c, args.p[i], nest->nest, path);
		return true;
	}
	default:
		return true;
	}
}

void check_valid_type(Checker *c, Type *t)
{
	valid(c, t, NULL, NULL);
}
