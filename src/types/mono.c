// mono.c: finds instantiations that would never end, like F[T] calling F[*T]. Type parameters, and local types that
// depend on some, are vertices; an edge says that one flows into another, with weight 1 if it grows on the way. A
// cycle of positive weight is such an endless instantiation.
#include "types/algebra.h"

typedef struct MonoVertex { u32 weight, len, pre; Object *obj; } MonoVertex; // heaviest path to it: weight, length, last edge
typedef struct MonoEdge { u32 dst, src, weight; Pos pos; Type *type; } MonoEdge;
typedef struct Mono {
	VEC(MonoVertex) v;
	VEC(MonoEdge) e;
	Map canon;              // a method's own copy of a type parameter -> the type's
	Map index;              // Object -> vertex + 1; or none: NO_VERTEX
} Mono;
#define NO_VERTEX ((void *)-1)

static Mono *mono_of(Checker *c)
{
	if (!c->mono)
		c->mono = NEW(c->a, Mono);
	return c->mono;
}

void check_mono_record_canon(Checker *c, Type *method_tparam, Type *tparam)
{
	map_put(c->a, &mono_of(c)->canon, PKEY(method_tparam), tparam);
}

static u32 add_vertex(Checker *c, Object *o)
{
	Mono *m = mono_of(c);
	vec_push(c->a, &m->v, (MonoVertex){.obj = o});
	map_put(c->a, &m->index, PKEY(o), (void *)(uintptr_t)m->v.n);
	return m->v.n - 1;
}

static u32 param_vertex(Checker *c, Type *t)
{
	Mono *m = mono_of(c);
	Type *canon = map_get(&m->canon, PKEY(t));
	Object *o = (canon ? canon : t)->tparam.obj;
	void *i = map_get(&m->index, PKEY(o));
	return i ? (u32)(uintptr_t)i - 1 : add_vertex(c, o);
}

static void add_edge(Checker *c, u32 dst, u32 src, u32 weight, Pos pos, Type *t)
{
	vec_push(c->a, &mono_of(c)->e, (MonoEdge){dst, src, weight, pos, t});
}

// A local type depends on the type parameters in scope where it is declared.
static int local_vertex(Checker *c, Type *named)
{
	Object *o = named_obj(named);
	if (o->pkg != c->pkg || o->parent == c->pkg->scope)
		return -1;
	Mono *m = mono_of(c);
	void *i = map_get(&m->index, PKEY(o));
	if (i)
		return i == NO_VERTEX ? -1 : (int)(uintptr_t)i - 1;
	int v = -1;
	for (Scope *s = o->parent; s && s != c->pkg->scope; s = s->parent) {
		for (u32 k = 0; k < s->list.n; k++) {
			Object *e = s->list.p[k];
			if (e->kind != OBJ_TYPENAME || !e->type || e->type->kind != TY_TYPEPARAM || e->pos >= o->pos)
				continue;
			if (v < 0)
				v = (int)add_vertex(c, o);
			add_edge(c, (u32)v, param_vertex(c, e->type), 1, o->pos, e->type);
		}
	}
	if (v < 0)
		map_put(c->a, &m->index, PKEY(o), NO_VERTEX);
	return v;
}

typedef struct Flow { Checker *c; Pos pos; Type *tparam, *targ; u32 depth; } Flow;

static void flow_from(Flow *f, u32 src, Type *t)
{
	add_edge(f->c, param_vertex(f->c, f->tparam), src, t != f->targ, f->pos, f->targ);
}

static void walk(Flow *f, Type *t);

static void walk_objects(Flow *f, Object **p, u32 n)
{
	for (u32 i = 0; i < n; i++)
		walk(f, p[i]->type);
}

static void walk(Flow *f, Type *t)
{
	t = type_unalias(t);
	if (!t || f->depth > 100)
		return;
	f->depth++;
	switch ((TypeKind)t->kind) {
	case TY_TYPEPARAM:
		flow_from(f, param_vertex(f->c, t), t);
		break;
	case TY_NAMED: {
		int src = local_vertex(f->c, named_origin(t));
		if (src >= 0)
			flow_from(f, (u32)src, t);
		TypeList l = named_targs(t);
		for (u32 i = 0; i < l.n; i++)
			walk(f, l.p[i]);
		break;
	}
	case TY_ARRAY:
		walk(f, t->array.elem);
		break;
	case TY_CHAN:
		walk(f, t->chan.elem);
		break;
	case TY_POINTER:
		walk(f, t->pointer.elem);
		break;
	case TY_SLICE:
		walk(f, t->slice.elem);
		break;
	case TY_MAP:
		walk(f, t->map.key);
		walk(f, t->map.elem);
		break;
	case TY_INTERFACE: {
		const TypeSet *s = types_type_set(f->c, 0, t);
		walk_objects(f, s->methods, s->nmethods);
		break;
	}
	case TY_FUNC:
		walk_objects(f, t->func.params->tuple.vars, t->func.params->tuple.n);
		walk_objects(f, t->func.results->tuple.vars, t->func.results->tuple.n);
		break;
	case TY_STRUCT:
		walk_objects(f, t->structt.fields, t->structt.n);
		break;
	default:
		break;
	}
	f->depth--;
}

void check_mono_record_instance(Checker *c, Pos pos, Type **tparams, Type **targs, u32 n, Expr **xlist, u32 nxlist)
{
	for (u32 i = 0; i < n; i++) {
		// Cycles stay within a package: there are no parameters that are themselves generic.
		if (tparams[i]->tparam.obj->pkg != c->pkg || !targs[i])
			continue;
		Flow f = {c, i < nxlist ? EPOS(xlist[i]) : pos, tparams[i], targs[i], 0};
		walk(&f, targs[i]);
	}
}

static void report(Checker *c, u32 v)
{
	Mono *m = c->mono;
	u32 *stack = NEWN(c->a, u32, m->v.n + 1), n = 0, first = 0;
	bool *seen = NEWN(c->a, bool, m->v.n);
	while (!seen[v]) {
		stack[n++] = v;
		seen[v] = true;
		v = m->e.p[m->v.p[v].pre].src;
	}
	while (stack[first] != v)
		first++;
	ErrMsg msg = {.c = c, .code = C_InvalidInstanceCycle};
	errmsg_add(&msg, m->v.p[v].obj->pos, "instantiation cycle:");
	for (u32 i = first; i < n; i++) {
		MonoEdge *e = &m->e.p[m->v.p[stack[i]].pre];
		Object *o = m->v.p[e->dst].obj;
		Buf b = {0};
		type_write(&b, NULL, c->pkg, e->type);
		errmsg_add(&msg, e->pos, "%s %s " STR_FMT, o->name->s,
		           o->type && o->type->kind == TY_NAMED ? "implicitly parameterized by" : "instantiated as",
		           (int)b.n, (const char *)b.p);
		buf_free(&b);
	}
	errmsg_report(&msg);
}

// Bellman and Ford: a path as long as there are vertices has been round a cycle.
void check_monomorph(Checker *c)
{
	Mono *m = c->mono;
	if (!m)
		return;
	for (bool again = true; again;) {
		again = false;
		for (u32 i = 0; i < m->e.n; i++) {
			MonoEdge *e = &m->e.p[i];
			MonoVertex *src = &m->v.p[e->src], *dst = &m->v.p[e->dst];
			if (src->weight + e->weight <= dst->weight)
				continue;
			dst->weight = src->weight + e->weight;
			dst->pre = i;
			dst->len = src->len + 1;
			if (dst->len == m->v.n) {
				report(c, e->dst);
				return;
			}
			again = true;
		}
	}
}
