// methodset.c: the method set of a type, promoted methods included, in the order of the runtime's tables. One pass
// over the embedded types, level by level, instead of one lookup a name.
#include "types/algebra.h"

#include <stdlib.h>

typedef struct Level { Type *t; u32 *path; u32 npath; bool indirect, multiple; } Level;
typedef VEC(Level) LevelVec;

// A field or method found at the current depth or above it. Names that several claim at one depth stay blocked.
typedef struct Found { Object *o; u32 *path; u32 npath, depth, next; bool indirect, blocked; } Found;

typedef struct Collect {
	Arena *a;
	VEC(Found) v;
	Map names;              // Name -> index of its first Found + 1
	u32 depth;
} Collect;

static void add(Collect *c, Level *e, Object *o)
{
	if (name_is_blank(o->name))
		return;
	u32 first = (u32)(uintptr_t)map_get(&c->names, PKEY(o->name));
	for (u32 i = first; i; i = c->v.p[i - 1].next) {
		Found *f = &c->v.p[i - 1];
		if (!object_same_id(f->o, o->pkg, o->name, false))
			continue;
		if (f->depth == c->depth)
			f->blocked = true;
		return; // shadowed
	}
	vec_push(c->a, &c->v, (Found){o, e->path, e->npath, c->depth, first, e->indirect, e->multiple});
	map_put(c->a, &c->names, PKEY(o->name), (void *)(uintptr_t)c->v.n);
}

static void collect_from(Collect *c, Level *e, TypeVec *seen, LevelVec *next)
{
	if (e->t->kind == TY_NAMED) {
		for (u32 i = 0; i < seen->n; i++)
			if (seen->p[i] == e->t)
				return;
		vec_push(c->a, seen, e->t);
		u32 n = named_nmethods(e->t);
		for (u32 i = 0; i < n; i++)
			add(c, e, named_method(e->t, i));
	}
	Type *u = type_under(e->t);
	if (u->kind == TY_INTERFACE) {
		const TypeSet *s = types_type_set(NULL, 0, u);
		for (u32 i = 0; i < s->nmethods; i++)
			add(c, e, s->methods[i]);
	} else if (u->kind == TY_STRUCT) {
		for (u32 i = 0; i < u->structt.n; i++) {
			Object *f = u->structt.fields[i];
			add(c, e, f);
			if (!f->embedded)
				continue;
			bool ptr;
			Type *t = type_deref(f->type, &ptr);
			u32 *path = NEWN(c->a, u32, e->npath + 1);
			if (e->npath)
				memcpy(path, e->path, e->npath * sizeof *path);
			path[e->npath] = i;
			Level l = {types_canon(t), path, e->npath + 1, e->indirect || ptr, e->multiple};
			u32 k = 0;
			while (k < next->n && next->p[k].t != l.t)
				k++;
			if (k < next->n)
				next->p[k].multiple = true;
			else
				vec_push(c->a, next, l);
		}
	}
}

static int by_name(const void *x, const void *y)
{
	return object_cmp(((const MethodSel *)x)->func, ((const MethodSel *)y)->func);
}

const MethodSet *types_method_set(Type *t)
{
	t = types_canon(t);
	const MethodSet *done = LOAD(&t->method_set);
	if (done)
		return done;
	Arena *a = types_late_arena();
	Collect c = {.a = a};
	MethodSet *set = NEW(a, MethodSet);
	bool is_ptr;
	Type *base = types_canon(type_deref(t, &is_ptr));
	if (!(is_ptr && type_is_interface(base))) {
		LevelVec cur = {0};
		TypeVec seen = {0};
		vec_push(a, &cur, (Level){.t = base, .indirect = is_ptr});
		for (; cur.n; c.depth++) {
			LevelVec next = {0};
			for (u32 i = 0; i < cur.n; i++)
				collect_from(&c, &cur.p[i], &seen, &next);
			cur = next;
		}
	}
	set->p = NEWN(a, MethodSel, c.v.n);
	for (u32 i = 0; i < c.v.n; i++) {
		Found *f = &c.v.p[i];
		if (f->blocked || f->o->kind != OBJ_FUNC)
			continue;
		bool ptr = f->o->ptr_recv;
		Type *sig = f->o->type;
		if (sig && sig->kind == TY_FUNC && sig->func.ntparams)
			continue; // generic methods are not called through tables
		if (sig && sig->kind == TY_FUNC && sig->func.recv)
			type_deref(sig->func.recv->type, &ptr);
		if (ptr && !f->indirect)
			continue;
		set->p[set->n++] = (MethodSel){f->o, f->path, f->npath, f->indirect, ptr};
	}
	if (set->n)
		qsort(set->p, set->n, sizeof *set->p, by_name);
	return PUBLISH(&t->method_set, (const MethodSet *)set);
}
