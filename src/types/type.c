// type.c: making types, and looking behind aliases and names.
#include "types/algebra.h"

#include <stdatomic.h>

Arena *types_late_arena(void)
{
	static _Thread_local Arena *arena;
	if (!arena)
		arena = arena_new();
	return arena;
}

static Type *type_new(Arena *a, TypeKind kind)
{
	Type *t = NEW(a, Type);
	t->kind = kind;
	return t;
}

Type *type_new_pointer(Arena *a, Type *elem)
{
	Type *t = type_new(a, TY_POINTER);
	t->pointer.elem = elem;
	return t;
}

Type *type_new_slice(Arena *a, Type *elem)
{
	Type *t = type_new(a, TY_SLICE);
	t->slice.elem = elem;
	return t;
}

Type *type_new_array(Arena *a, Type *elem, i64 len)
{
	Type *t = type_new(a, TY_ARRAY);
	t->array.elem = elem;
	t->array.len = len;
	return t;
}

Type *type_new_map(Arena *a, Type *key, Type *elem)
{
	Type *t = type_new(a, TY_MAP);
	t->map.key = key;
	t->map.elem = elem;
	return t;
}

Type *type_new_chan(Arena *a, ChanDir dir, Type *elem)
{
	Type *t = type_new(a, TY_CHAN);
	t->dir = dir;
	t->chan.elem = elem;
	return t;
}

Type *type_new_tuple(Arena *a, Object **vars, u32 n)
{
	Type *t = type_new(a, TY_TUPLE);
	t->tuple.vars = vars;
	t->tuple.n = n;
	return t;
}

Type *type_new_func(Arena *a, Object *recv, Type *params, Type *results, bool variadic)
{
	Type *t = type_new(a, TY_FUNC);
	t->func.recv = recv;
	t->func.params = params ? params : type_new_tuple(a, NULL, 0);
	t->func.results = results ? results : type_new_tuple(a, NULL, 0);
	t->variadic = variadic;
	return t;
}

Type *type_new_struct(Arena *a, Object **fields, u32 n, Str *tags)
{
	Type *t = type_new(a, TY_STRUCT);
	t->structt.fields = fields;
	t->structt.n = n;
	t->structt.tags = tags;
	return t;
}

Type *type_new_interface(Arena *a, Checker *c)
{
	Type *t = type_new(a, TY_INTERFACE);
	t->iface.check = c;
	if (c)
		vec_push(c->a, &c->cleanup, t);
	return t;
}

Type *type_new_typeparam(Checker *c, Arena *a, Object *obj, Type *bound)
{
	static _Atomic u32 next;
	Type *t = type_new(a, TY_TYPEPARAM);
	t->tparam.obj = obj;
	t->tparam.bound = bound;
	t->tparam.index = UINT32_MAX;
	t->tparam.id = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) + 1;
	if (!obj->type)
		obj->type = t;
	if (c)
		vec_push(c->a, &c->cleanup, t);
	else if (bound)
		typeparam_iface(NULL, t);
	return t;
}

Type *type_new_union(Arena *a, struct Term *terms, u32 n)
{
	Type *t = type_new(a, TY_UNION);
	t->union_.terms = terms;
	t->union_.n = n;
	return t;
}

Type *type_unalias(Type *t)
{
	if (!t || t->kind != TY_ALIAS)
		return t;
	Type *actual = LOAD(&t->alias.actual);
	if (actual)
		return actual;
	Type *u = t;
	for (u32 steps = 0; u && u->kind == TY_ALIAS; steps++) {
		u = LOAD(&u->alias.actual) ? u->alias.actual : u->alias.rhs;
		if (steps > 1000)
			u = TYPE(INVALID); // a cycle that has been reported
	}
	if (!u)
		return TYPE(INVALID); // not known yet
	__atomic_store_n(&t->alias.actual, u, __ATOMIC_RELEASE);
	return u;
}

Type *type_under(Type *t)
{
	t = type_unalias(t);
	if (t->kind == TY_TYPEPARAM)
		return typeparam_iface(NULL, t);
	if (t->kind != TY_NAMED)
		return t;
	Type *u = LOAD(&named_rec(t)->under);
	if (u)
		return u;
	// Follow what was written behind each name; only complete chains are remembered, for all of their names.
	Type *w = t, *mark = t;
	for (u32 steps = 1, turn = 2; w && (w->kind == TY_NAMED || w->kind == TY_ALIAS); steps++) {
		if (w->kind == TY_ALIAS) {
			w = w->alias.rhs ? type_unalias(w) : NULL;
			continue;
		}
		u = LOAD(&named_rec(w)->under);
		w = u ? u : named_rhs(w);
		if (w == mark || (steps > 10000 && named_rec(t)->orig)) // a cycle (Brent's algorithm), or ever larger instances: reported elsewhere
			return TYPE(INVALID);
		if (steps == turn) {
			mark = w;
			turn *= 2;
		}
	}
	if (!w)
		return TYPE(INVALID);
	if (w->kind == TY_TYPEPARAM)
		w = TYPE(INVALID); // type T[P any] P: reported
	for (Type *x = t, *next; x->kind == TY_NAMED && !LOAD(&named_rec(x)->under); x = next) {
		next = type_unalias(named_rhs(x));
		__atomic_store_n(&named_rec(x)->under, w, __ATOMIC_RELEASE);
	}
	return w;
}

Type *type_as_named(Type *t)
{
	t = type_unalias(t);
	return t && t->kind == TY_NAMED ? t : NULL;
}

Type *type_as_typeparam(Type *t)
{
	t = type_unalias(t);
	return t && t->kind == TY_TYPEPARAM ? t : NULL;
}

Type *typeparam_iface(Checker *c, Type *t)
{
	Type *bound = LOAD(&t->tparam.bound);
	if (!bound)
		return type_empty_interface();
	if (type_as_typeparam(bound))
		return type_empty_interface(); // reported
	Type *u = type_under(bound);
	if (u->kind == TY_INTERFACE)
		return u;
	if (u == TYPE(INVALID))
		return type_empty_interface();
	Arena *a = arena_for(c);
	Type *i = type_new_interface(a, c);
	i->implicit = true;
	i->iface.complete = true;
	vec_push(a, &i->iface.embeds, bound);
	__atomic_store_n(&t->tparam.bound, i, __ATOMIC_RELEASE);
	return i;
}

Type *type_clone(Arena *a, const Type *t)
{
	Type *n = NEW(a, Type);
	n->kind = t->kind; // what is made lazily is not even read: another thread may be at it
	n->basic = t->basic;
	n->dir = t->dir;
	n->info = t->info;
	n->variadic = t->variadic;
	n->implicit = t->implicit;
	memcpy(&n->array, &t->array, offsetof(Type, size) - offsetof(Type, array));
	return n;
}

Type **type_list_dup(Arena *a, Type **p, u32 n)
{
	Type **q = NEWN(a, Type *, n);
	if (n)
		memcpy(q, p, n * sizeof *p);
	return q;
}

Type *type_deref(Type *t, bool *was_pointer)
{
	Type *p = type_unalias(t);
	*was_pointer = p->kind == TY_POINTER;
	if (!*was_pointer)
		return t;
	return p->pointer.elem ? p->pointer.elem : TYPE(INVALID);
}

Type *type_deref_struct_ptr(Type *t)
{
	Type *p = type_under(t);
	return p->kind == TY_POINTER && type_under(p->pointer.elem)->kind == TY_STRUCT ? p->pointer.elem : t;
}

Type *type_core(Type *t)
{
	return types_common_under(types_late_arena(), NULL, t, NULL);
}
