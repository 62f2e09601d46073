// scope.c: scopes and objects. A scope keeps its objects in order of insertion; small scopes are searched
// linearly by interned name, larger ones through a map that is made when they outgrow that.
#include "types/check.h"

enum { LINEAR = 8 };

Scope *scope_new(Arena *a, Scope *parent, Pos pos, Pos end)
{
	Scope *s = NEW(a, Scope);
	s->parent = parent;
	s->pos = pos;
	s->end = end;
	return s;
}

Object *scope_lookup(Scope *s, Name name)
{
	if (s->list.n > LINEAR)
		return map_get(&s->names, PKEY(name));
	for (u32 i = 0; i < s->list.n; i++)
		if (s->list.p[i]->name == name)
			return s->list.p[i];
	return NULL;
}

Object *scope_insert(Arena *a, Scope *s, Object *obj)
{
	Object *alt = scope_lookup(s, obj->name);
	if (alt)
		return alt;
	vec_push(a, &s->list, obj);
	if (s->list.n == LINEAR + 1)
		for (u32 i = 0; i < s->list.n; i++)
			map_put(a, &s->names, PKEY(s->list.p[i]->name), s->list.p[i]);
	else if (s->list.n > LINEAR)
		map_put(a, &s->names, PKEY(obj->name), obj);
	// An object that is imported with a dot belongs to another package, whose it stays (and which other threads read).
	if (!obj->parent)
		obj->parent = s;
	return NULL;
}

Object *scope_lookup_parent(Scope *s, Name name, Scope **where)
{
	for (; s; s = s->parent) {
		Object *o = scope_lookup(s, name);
		if (o) {
			if (where)
				*where = s;
			return o;
		}
	}
	return NULL;
}

Object *object_new(Arena *a, ObjectKind kind, Pos pos, Package *pkg, Name name, Type *type)
{
	Object *o = NEW(a, Object);
	o->kind = (u8)kind;
	o->pos = pos;
	o->pkg = pkg;
	o->name = name;
	o->type = type;
	return o;
}

Object *object_new_var(Arena *a, VarKind kind, Pos pos, Package *pkg, Name name, Type *type)
{
	Object *o = object_new(a, OBJ_VAR, pos, pkg, name, type);
	o->var_kind = (u8)kind;
	return o;
}

Object *object_new_func(Arena *a, Pos pos, Package *pkg, Name name, Type *sig)
{
	Object *o = object_new(a, OBJ_FUNC, pos, pkg, name, sig);
	o->func.origin = o;
	return o;
}

bool package_same(Package *a, Package *b)
{
	return a == b || (a && b && str_eq(a->path, b->path));
}

static u32 fold_rune(u32 r)
{
	if (r >= 'A' && r <= 'Z')
		return r + 32;
	return r;
}

static bool equal_fold(Str a, Str b)
{
	if (a.n != b.n)
		return false;
	for (u32 i = 0; i < a.n; i++)
		if (fold_rune((u8)a.p[i]) != fold_rune((u8)b.p[i]))
			return false;
	return true;
}

bool name_equal_fold(Name a, Name b)
{
	return a == b || equal_fold(name_str(a), name_str(b));
}

bool object_same_id(const Object *o, Package *pkg, Name name, bool fold_case)
{
	if (fold_case && name_equal_fold(o->name, name))
		return true;
	if (o->name != name)
		return false;
	return name_is_exported(name) || package_same(o->pkg, pkg);
}
