// map.c: the types behind map[K]V: groups of eight slots, the header and the iterator. They are made here, not
// looked up in package internal/runtime/maps, because any package may use maps; the layouts are those of
// internal/runtime/maps (group.go, map.go, table.go), of which the sizes are checked.
#include "rtti/private.h"

enum { GROUP_SLOTS = 8, MAX_INLINE = 128 }; // internal/abi/map.go

static Object *field(Arena *a, const char *name, Type *t)
{
	Object *o = NEW(a, Object);
	o->kind = OBJ_VAR;
	o->var_kind = VAR_FIELD;
	o->name = name_of_c(name);
	o->type = t;
	return o; // no package: differs from any type in a program
}

static Type *make_struct(Arena *a, u32 n, const char *const *names, Type *const *ts)
{
	Object **fs = NEWN(a, Object *, n);
	for (u32 i = 0; i < n; i++)
		fs[i] = field(a, names[i], ts[i]);
	return types_canon(type_new_struct(a, fs, n, NULL));
}

Type *rtti_map_group(Type *map)
{
	map = type_under(types_canon(map));
	Arena *a = arena_new(); // canonical types outlive every unit
	Type *key = types_canon(map->map.key), *elem = types_canon(map->map.elem);
	if (type_size(key) > MAX_INLINE)
		key = types_canon(type_new_pointer(a, key));
	if (type_size(elem) > MAX_INLINE)
		elem = types_canon(type_new_pointer(a, elem));
	Type *slot = make_struct(a, 2, (const char *[]){"key", "elem"}, (Type *[]){key, elem});
	Type *slots = types_canon(type_new_array(a, slot, GROUP_SLOTS));
	Type *group = make_struct(a, 2, (const char *[]){"ctrl", "slots"}, (Type *[]){TYPE(UINT64), slots});
	return group;
}

// Whether t is one of the types that rtti_map_group makes: they are never compared, hashed or found by reflection.
bool rtti_is_map_internal(Type *t)
{
	if (t->kind == TY_ARRAY)
		t = t->array.elem;
	if (t->kind != TY_STRUCT || t->structt.n != 2 || t->structt.fields[0]->pkg)
		return false;
	Name n = t->structt.fields[0]->name;
	return n == name_of(S("ctrl")) || n == name_of(S("key"));
}

Type *rtti_map_header(void)
{
	static _Atomic(Type *) cached;
	Type *t = cached;
	if (!t) {
		Type *p = TYPE(UNSAFEPTR);
		t = make_struct(arena_new(), 9,
			(const char *[]){"used", "seed", "dirPtr", "dirLen", "globalDepth", "globalShift", "writing", "tombstonePossible",
				"clearSeq"},
			(Type *[]){TYPE(UINT64), TYPE(UINTPTR), p, TYPE(INT), TYPE(UINT8), TYPE(UINT8), TYPE(UINT8), TYPE(BOOL),
				TYPE(UINT64)});
		CHECK(type_size(t) == 48);
		cached = t;
	}
	return t;
}

Type *rtti_map_iter(void)
{
	static _Atomic(Type *) cached;
	Type *t = cached;
	if (!t) {
		Type *p = TYPE(UNSAFEPTR);
		t = make_struct(arena_new(), 12,
			(const char *[]){"key", "elem", "typ", "m", "groupSlotOffset", "dirOffset", "clearSeq", "globalDepth", "dirIdx", "tab",
				"group", "entryIdx"},
			(Type *[]){p, p, p, p, TYPE(UINT64), TYPE(UINT64), TYPE(UINT64), TYPE(UINT8), TYPE(INT), p, p, TYPE(UINT64)});
		CHECK(type_size(t) == 96);
		cached = t;
	}
	return t;
}

int rtti_map_fast(Type *map)
{
	map = type_under(types_canon(map));
	Type *key = map->map.key;
	if (type_size(map->map.elem) > MAX_INLINE)
		return MAP_FAST_NONE;
	Alg alg = rtti_alg(key);
	if (alg == ALG_STRING)
		return MAP_FASTSTR;
	if (alg != ALG_MEM)
		return MAP_FAST_NONE;
	if (type_size(key) == 4)
		return MAP_FAST32;
	if (type_size(key) == 8)
		return type_has_pointers(key) ? MAP_FAST64PTR : MAP_FAST64;
	return MAP_FAST_NONE;
}
