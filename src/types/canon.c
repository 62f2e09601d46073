// canon.c: one representative for all identical types, and one instance for identical type arguments, through a
// process-wide table. Canonical types consist of canonical types (methods of interfaces excepted), so that they are
// equal if their pointers are.
//
// The table is a fixed array of lists that only grow at their heads, by compare-and-exchange: readers need no lock,
// and comparing interfaces may come back here.
#include "types/algebra.h"

typedef struct Node { struct Node *next; u32 hash; Type *type; } Node;
enum { BUCKETS = 1 << 14 }; // few pages to touch, in many processes
static Node *table[BUCKETS];
static u32 last_id;

static u32 mix(u32 h, u64 v)
{
	v *= 0x9E3779B97F4A7C15u;
	return (h ^ (u32)(v >> 32)) * 16777619u;
}

// ---- hash of any type ---------------------------------------------------------------------------

static u32 hash_at(Type *t, u32 depth)
{
	t = type_unalias(t);
	if (!t)
		return 0;
	u32 h = mix(2166136261u, t->kind);
	if (depth == 0)
		return h;
	switch ((TypeKind)t->kind) {
	case TY_BASIC:
		return mix(h, t->basic);
	case TY_ARRAY: // lengths may be unknown
		return mix(h, hash_at(t->array.elem, depth - 1));
	case TY_SLICE:
		return mix(h, hash_at(t->slice.elem, depth - 1));
	case TY_POINTER:
		return mix(h, hash_at(t->pointer.elem, depth - 1));
	case TY_CHAN:
		return mix(mix(h, t->dir), hash_at(t->chan.elem, depth - 1));
	case TY_MAP:
		return mix(mix(h, hash_at(t->map.key, depth - 1)), hash_at(t->map.elem, depth - 1));
	case TY_STRUCT:
		return mix(h, t->structt.n);
	case TY_TUPLE:
		for (u32 i = 0; i < t->tuple.n; i++)
			h = mix(h, hash_at(t->tuple.vars[i]->type, depth - 1));
		return mix(h, t->tuple.n);
	case TY_FUNC:
		if (t->func.ntparams) // equal up to renaming
			return mix(h, t->func.ntparams);
		return mix(mix(h, hash_at(t->func.params, depth - 1)), hash_at(t->func.results, depth - 1));
	case TY_NAMED: {
		NamedRec *r = named_rec(t);
		h = mix(h, PKEY(named_origin(t)));
		for (u32 i = 0; i < r->ntargs; i++)
			h = mix(h, hash_at(r->targs[i], depth - 1));
		return h;
	}
	case TY_TYPEPARAM:
		return mix(h, PKEY(t));
	default: // interfaces and unions may not be complete
		return h;
	}
}

u32 type_hash(Type *t)
{
	return hash_at(t, 5);
}

// ---- the table ----------------------------------------------------------------------------------

static bool lists_equal(Type **x, u32 nx, Type **y, u32 ny)
{
	return nx == ny && (nx == 0 || memcmp(x, y, nx * sizeof *x) == 0);
}

// k's components are canonical (except an interface's).
static bool equal(Type *t, Type *k)
{
	if (t->kind != k->kind)
		return false;
	switch ((TypeKind)t->kind) {
	case TY_ARRAY:
		return t->array.elem == k->array.elem && t->array.len == k->array.len;
	case TY_SLICE:
		return t->slice.elem == k->slice.elem;
	case TY_POINTER:
		return t->pointer.elem == k->pointer.elem;
	case TY_CHAN:
		return t->dir == k->dir && t->chan.elem == k->chan.elem;
	case TY_MAP:
		return t->map.key == k->map.key && t->map.elem == k->map.elem;
	case TY_STRUCT:
		if (t->structt.n != k->structt.n)
			return false;
		for (u32 i = 0; i < t->structt.n; i++) {
			Object *f = t->structt.fields[i], *g = k->structt.fields[i];
			Str s = t->structt.tags ? t->structt.tags[i] : (Str){0}, r = k->structt.tags ? k->structt.tags[i] : (Str){0};
			if (f->name != g->name || f->type != g->type || f->embedded != g->embedded || !str_eq(s, r) ||
			    (f->pkg != g->pkg && !object_same_id(f, g->pkg, g->name, false)))
				return false;
		}
		return true;
	case TY_TUPLE:
		if (t->tuple.n != k->tuple.n)
			return false;
		for (u32 i = 0; i < t->tuple.n; i++)
			if (t->tuple.vars[i]->type != k->tuple.vars[i]->type)
				return false;
		return true;
	case TY_FUNC:
		return t->variadic == k->variadic && t->func.params == k->func.params && t->func.results == k->func.results;
	case TY_INTERFACE:
		return types_identical(t, k);
	case TY_NAMED: {
		NamedRec *r = named_rec(t), *s = named_rec(k);
		return r->orig == s->orig && lists_equal(r->targs, r->ntargs, s->targs, s->ntargs) &&
		       lists_equal(r->implicits, r->nimplicits, s->implicits, s->nimplicits);
	}
	default:
		return false;
	}
}

static void give_id(Type *t)
{
	u32 none = 0;
	if (__atomic_load_n(&t->id, __ATOMIC_RELAXED) == 0)
		__atomic_compare_exchange_n(&t->id, &none, __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED), false,
		                            __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static Type *make_self(Type *t)
{
	give_id(t);
	bool has = type_has_tparam(t);
	if (t->has_tparam != has)
		t->has_tparam = has;
	__atomic_store_n(&t->canon, t, __ATOMIC_RELEASE);
	return t;
}

// The type equal to k that is in the table, or a copy of k made by keep, which is then in it.
static Type *intern(Type *k, u32 hash, Type *(*keep)(Type *k))
{
	Node **bucket = &table[hash & (BUCKETS - 1)], *head = LOAD(bucket), *stop = NULL;
	Node *mine = NULL;
	for (;;) {
		for (Node *n = head; n != stop; n = n->next)
			if (n->hash == hash && equal(n->type, k))
				return n->type;
		if (!mine) {
			mine = NEW(types_late_arena(), Node);
			mine->hash = hash;
			mine->type = make_self(keep(k));
		}
		stop = head;
		mine->next = head;
		if (__atomic_compare_exchange_n(bucket, &head, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return mine->type;
	}
}

static Type *keep_copy(Type *k)
{
	return type_clone(types_late_arena(), k);
}

static Type *keep_struct(Type *k)
{
	Arena *a = types_late_arena();
	Type *t = type_clone(a, k);
	t->structt.fields = NEWN(a, Object *, k->structt.n);
	for (u32 i = 0; i < k->structt.n; i++) {
		Object *f = t->structt.fields[i] = object_clone(a, k->structt.fields[i], k->structt.fields[i]->type);
		f->pos = 0; // whose it was is a matter of chance
		f->var.index = i;
	}
	return t;
}

static Type *keep_tuple(Type *k)
{
	Arena *a = types_late_arena();
	Type *t = type_clone(a, k);
	t->tuple.vars = NEWN(a, Object *, k->tuple.n);
	for (u32 i = 0; i < k->tuple.n; i++) {
		t->tuple.vars[i] = object_new_var(a, VAR_PARAM, 0, NULL, name_of(S("")), k->tuple.vars[i]->type);
		t->tuple.vars[i]->var.index = i;
	}
	return t;
}

static Type *keep_instance(Type *k)
{
	NamedRec *r = named_rec(k);
	Arena *a = types_late_arena();
	return instance_new(NULL, a, r->pos, r->orig, type_list_dup(a, r->targs, r->ntargs), r->ntargs,
	                    type_list_dup(a, r->implicits, r->nimplicits), r->nimplicits);
}

// ---- canonical types ----------------------------------------------------------------------------

static Type *canon_struct(Type *t)
{
	Arena *a = types_late_arena();
	Type k = {.kind = TY_STRUCT};
	k.structt = t->structt;
	if (k.structt.n > 0) {
		Object *objs = NEWN(a, Object, k.structt.n), **fields = NEWN(a, Object *, k.structt.n);
		for (u32 i = 0; i < k.structt.n; i++) {
			objs[i] = *t->structt.fields[i];
			objs[i].type = types_canon(objs[i].type);
			fields[i] = &objs[i];
		}
		k.structt.fields = fields;
	}
	u32 h = mix(TY_STRUCT, k.structt.n);
	for (u32 i = 0; i < k.structt.n; i++)
		h = mix(mix(h, k.structt.fields[i]->type->id), PKEY(k.structt.fields[i]->name));
	return intern(&k, h, keep_struct);
}

static Type *canon_tuple(Type *t)
{
	Object objs[8], *vars[8], *o = objs, **v = vars;
	Type k = {.kind = TY_TUPLE};
	k.tuple.n = t->tuple.n;
	if (k.tuple.n > 8) {
		o = NEWN(types_late_arena(), Object, k.tuple.n);
		v = NEWN(types_late_arena(), Object *, k.tuple.n);
	}
	u32 h = mix(TY_TUPLE, k.tuple.n);
	for (u32 i = 0; i < k.tuple.n; i++) {
		v[i] = &o[i];
		o[i].type = types_canon(t->tuple.vars[i]->type);
		h = mix(h, o[i].type->id);
	}
	k.tuple.vars = v;
	return intern(&k, h, keep_tuple);
}

static Type *canon_interface(Type *t)
{
	const TypeSet *s = types_type_set(NULL, 0, t);
	u32 h = mix(TY_INTERFACE, s->nmethods);
	for (u32 i = 0; i < s->nmethods; i++)
		h = mix(h, PKEY(s->methods[i]->name));
	h = mix(h, (u64)s->terms.all * 2 + s->comparable);
	return intern(t, h, keep_copy); // not t: it would be marked even if another thread is first
}

Type *instance_canonical(Type *orig, Type **targs, u32 n, Type **implicits, u32 nimplicits)
{
	Type *small[8], **l = n + nimplicits <= 8 ? small : NEWN(types_late_arena(), Type *, n + nimplicits);
	u32 h = mix(TY_NAMED, PKEY(orig));
	for (u32 i = 0; i < n + nimplicits; i++) {
		l[i] = types_canon(i < n ? targs[i] : implicits[i - n]);
		h = mix(h, l[i]->id);
	}
	NamedRec r = {.orig = orig, .obj = named_rec(orig)->obj, .targs = l, .ntargs = n, .implicits = l + n, .nimplicits = nimplicits};
	Type k = {.kind = TY_NAMED};
	k.named.rec = &r;
	return intern(&k, h, keep_instance);
}

Type *types_canon(Type *t)
{
	Type *c = LOAD(&t->canon);
	if (c)
		return c;
	Type k = {.kind = t->kind, .dir = t->dir};
	switch ((TypeKind)t->kind) {
	case TY_BASIC:
		if (t != TYPE(INVALID) && t != type_basic[t->basic])
			c = types_canon(type_basic[t->basic]); // byte, rune
		else
			return make_self(t);
		break;
	case TY_ALIAS:
		c = types_canon(type_unalias(t));
		break;
	case TY_ARRAY:
		k.array.elem = types_canon(t->array.elem);
		k.array.len = t->array.len;
		c = intern(&k, mix(mix(TY_ARRAY, k.array.elem->id), (u64)k.array.len), keep_copy);
		break;
	case TY_SLICE:
		k.slice.elem = types_canon(t->slice.elem);
		c = intern(&k, mix(TY_SLICE, k.slice.elem->id), keep_copy);
		break;
	case TY_POINTER:
		k.pointer.elem = types_canon(t->pointer.elem);
		c = intern(&k, mix(TY_POINTER, k.pointer.elem->id), keep_copy);
		break;
	case TY_CHAN:
		k.chan.elem = types_canon(t->chan.elem);
		c = intern(&k, mix(mix(TY_CHAN, k.chan.elem->id), k.dir), keep_copy);
		break;
	case TY_MAP:
		k.map.key = types_canon(t->map.key);
		k.map.elem = types_canon(t->map.elem);
		c = intern(&k, mix(mix(TY_MAP, k.map.key->id), k.map.elem->id), keep_copy);
		break;
	case TY_STRUCT:
		c = canon_struct(t);
		break;
	case TY_TUPLE:
		c = canon_tuple(t);
		break;
	case TY_FUNC:
		if (t->func.ntparams)
			return make_self(t);
		k.variadic = t->variadic;
		k.func.params = types_canon(t->func.params);
		k.func.results = types_canon(t->func.results);
		c = intern(&k, mix(mix(mix(TY_FUNC, k.func.params->id), k.func.results->id), k.variadic), keep_copy);
		break;
	case TY_INTERFACE:
		c = canon_interface(t);
		break;
	case TY_NAMED: {
		NamedRec *r = named_rec(t);
		if (!r->orig)
			return make_self(t);
		c = instance_canonical(r->orig, r->targs, r->ntargs, r->implicits, r->nimplicits);
		break;
	}
	case TY_TYPEPARAM: case TY_UNION:
		return make_self(t);
	}
	__atomic_store_n(&t->canon, c, __ATOMIC_RELEASE);
	return c;
}
