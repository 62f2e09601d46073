// initorder.c: the order in which package variables are initialized: always the earliest declared one that depends
// on no uninitialized variable, where functions hand on what they refer to (types2/initorder.go gives the same order).
#include <stdlib.h>

#include "types/check.h"

typedef struct InitNode {
	Object *obj;
	VEC(struct InitNode *) pred; // who waits for this one
	u32 ndeps;                   // how many it still waits for
	u32 mark;
	bool done;
} InitNode;

void check_add_dep(Checker *c, Object *to)
{
	DeclInfo *from = c->env.decl;
	if (to->kind == OBJ_FUNC && c->cfg.partial)
		check_wanted(c, to->func.origin ? to->func.origin : to);
	if (!from || !to->info || to->pkg != c->pkg)
		return;
	if (to->kind == OBJ_FUNC && to->func.origin && to->func.origin != to)
		return; // a method of an instance
	if (from->deps.n < 12) {
		for (u32 i = 0; i < from->deps.n; i++)
			if (from->deps.p[i] == to)
				return;
	} else {
		if (from->depset.n == 0)
			for (u32 i = 0; i < from->deps.n; i++)
				map_put(c->a, &from->depset, PKEY(from->deps.p[i]), to);
		if (map_has(&from->depset, PKEY(to)))
			return;
		map_put(c->a, &from->depset, PKEY(to), to);
	}
	vec_push(c->a, &from->deps, to);
}

// ---- cycles --------------------------------------------------------------------------------------

static int order_cmp(const void *x, const void *y)
{
	const Object *a = *(Object *const *)x, *b = *(Object *const *)y;
	return a->order < b->order ? -1 : a->order > b->order;
}

static bool find_path(Checker *c, Object *from, Object *to, Map *seen, ObjectVec *path)
{
	if (map_has(seen, PKEY(from)))
		return false;
	map_put(c->a, seen, PKEY(from), from);
	ObjectVec *deps = &from->info->deps;
	if (deps->n > 1)
		qsort(deps->p, deps->n, sizeof(Object *), order_cmp);
	for (u32 i = 0; i < deps->n; i++) {
		Object *d = deps->p[i];
		if (d == to || find_path(c, d, to, seen, path)) {
			vec_push(c->a, path, d);
			return true;
		}
	}
	return false;
}

static void report_cycle(Checker *c, Object *o)
{
	Map seen = {0};
	ObjectVec path = {0};
	if (!find_path(c, o, o, &seen, &path))
		return; // reported at an object that is in the cycle
	if (path.n == 1) {
		check_error(c, o->pos, C_InvalidInitCycle, "initialization cycle: %s refers to itself", o->name->s);
		return;
	}
	ErrMsg m = {.c = c, .code = C_InvalidInitCycle};
	errmsg_add(&m, o->pos, "initialization cycle for %s", o->name->s);
	for (u32 i = path.n; i > 0; i--) {
		Object *next = path.p[i - 1];
		errmsg_add(&m, o->pos, "%s refers to %s", o->name->s, next->name->s);
		o = next;
	}
	errmsg_report(&m);
}

// ---- the graph of variables ----------------------------------------------------------------------

typedef struct Graph {
	Checker *c;
	InitNode *nodes; // by order of declaration
	u32 n, stamp;
	VEC(DeclInfo *) work;
} Graph;

// Edges from n to all variables and constants that it refers to, also through functions.
static void add_edges(Graph *g, InitNode *n)
{
	Arena *a = g->c->a;
	u32 stamp = ++g->stamp;
	g->work.n = 0;
	vec_push(a, &g->work, n->obj->info);
	while (g->work.n) {
		DeclInfo *info = vec_pop(&g->work);
		for (u32 i = 0; i < info->deps.n; i++) {
			Object *d = info->deps.p[i];
			InitNode *m = &g->nodes[d->order - 1];
			if (!m->obj || m->mark == stamp)
				continue;
			m->mark = stamp;
			if (d->kind == OBJ_FUNC) {
				if (g->c->cfg.partial)
					check_left_out(g->c, d);
				vec_push(a, &g->work, d->info);
			} else {
				vec_push(a, &m->pred, n);
				n->ndeps++;
			}
		}
	}
}

// A heap of (constant first, fewest dependencies, earliest declared); stale entries are skipped.
typedef struct Entry { u64 key; InitNode *n; } Entry;
typedef struct Heap { Entry *p; u32 n, cap; } Heap;

static u64 key_of(const InitNode *n)
{
	u64 not_const = n->obj->kind != OBJ_CONST;
	return not_const << 63 | (u64)n->ndeps << 32 | n->obj->order;
}

static void heap_push(Arena *a, Heap *h, InitNode *n)
{
	Entry e = {key_of(n), n};
	vec_push(a, h, e);
	u32 i = h->n - 1;
	while (i > 0 && h->p[(i - 1) / 2].key > e.key) {
		h->p[i] = h->p[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->p[i] = e;
}

static Entry heap_pop(Heap *h)
{
	Entry top = h->p[0], e = h->p[--h->n];
	u32 i = 0;
	for (;;) {
		u32 k = 2 * i + 1;
		if (k >= h->n)
			break;
		if (k + 1 < h->n && h->p[k + 1].key < h->p[k].key)
			k++;
		if (h->p[k].key >= e.key)
			break;
		h->p[i] = h->p[k];
		i = k;
	}
	if (h->n)
		h->p[i] = e;
	return top;
}

static void emit(Checker *c, Object *v)
{
	DeclInfo *info = v->info;
	if (v->kind != OBJ_VAR || !info->init || info->emitted)
		return;
	info->emitted = true;
	Object **lhs = info->lhs;
	u32 n = info->nlhs;
	if (!lhs) {
		lhs = NEWN(c->a, Object *, 1);
		lhs[0] = v;
		n = 1;
	}
	vec_push(c->a, &c->pkg->inits, (InitStep){lhs, n, info->init});
}

void check_init_order(Checker *c)
{
	Graph g = {.c = c};
	g.nodes = NEWN(c->a, InitNode, c->objs.n ? c->objs.n : 1);
	for (u32 i = 0; i < c->objs.n; i++) {
		Object *o = c->objs.p[i];
		if (o->kind == OBJ_FUNC || o->kind == OBJ_VAR || (o->kind == OBJ_CONST && o->info->deps.n))
			g.nodes[i].obj = o; // its order is i + 1
	}
	Heap h = {0};
	for (u32 i = 0; i < c->objs.n; i++) {
		InitNode *n = &g.nodes[i];
		if (n->obj && n->obj->kind != OBJ_FUNC && n->obj->info->deps.n)
			add_edges(&g, n);
	}
	for (u32 i = 0; i < c->objs.n; i++)
		if (g.nodes[i].obj && g.nodes[i].obj->kind != OBJ_FUNC)
			heap_push(c->a, &h, &g.nodes[i]);
	while (h.n) {
		Entry e = heap_pop(&h);
		InitNode *n = e.n;
		if (n->done || e.key != key_of(n))
			continue;
		n->done = true;
		if (n->ndeps > 0)
			report_cycle(c, n->obj);
		for (u32 i = 0; i < n->pred.n; i++) {
			InitNode *p = n->pred.p[i];
			p->ndeps--;
			if (!p->done)
				heap_push(c->a, &h, p);
		}
		emit(c, n->obj);
	}
}
