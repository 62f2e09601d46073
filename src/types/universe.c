// universe.c: the predeclared types, constants, nil and built-in functions, and package unsafe. Made once, by
// whichever thread comes first, and constant from then on.
#include "types/algebra.h"

#include <pthread.h>

#define B(k, bits) [B_##k] = {.kind = TY_BASIC, .basic = B_##k, .info = bits}
static Type basics[B_COUNT] = {
	B(INVALID, 0), B(BOOL, INFO_BOOL),
	B(INT, INFO_INT), B(INT8, INFO_INT), B(INT16, INFO_INT), B(INT32, INFO_INT), B(INT64, INFO_INT),
	B(UINT, INFO_INT | INFO_UNSIGNED), B(UINT8, INFO_INT | INFO_UNSIGNED), B(UINT16, INFO_INT | INFO_UNSIGNED),
	B(UINT32, INFO_INT | INFO_UNSIGNED), B(UINT64, INFO_INT | INFO_UNSIGNED), B(UINTPTR, INFO_INT | INFO_UNSIGNED),
	B(FLOAT32, INFO_FLOAT), B(FLOAT64, INFO_FLOAT), B(COMPLEX64, INFO_COMPLEX), B(COMPLEX128, INFO_COMPLEX),
	B(STRING, INFO_STRING), B(UNSAFEPTR, 0),
	B(UNTYPED_BOOL, INFO_BOOL | INFO_UNTYPED), B(UNTYPED_INT, INFO_INT | INFO_UNTYPED),
	B(UNTYPED_RUNE, INFO_INT | INFO_UNTYPED), B(UNTYPED_FLOAT, INFO_FLOAT | INFO_UNTYPED),
	B(UNTYPED_COMPLEX, INFO_COMPLEX | INFO_UNTYPED), B(UNTYPED_STRING, INFO_STRING | INFO_UNTYPED),
	B(UNTYPED_NIL, INFO_UNTYPED),
};
#undef B
static Type byte_type = {.kind = TY_BASIC, .basic = B_UINT8, .info = INFO_INT | INFO_UNSIGNED};
static Type rune_type = {.kind = TY_BASIC, .basic = B_INT32, .info = INFO_INT};

#define P(i) &basics[i]
Type *const type_basic[B_COUNT] = {
	P(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), P(8), P(9), P(10), P(11), P(12), P(13), P(14), P(15), P(16), P(17), P(18),
	P(19), P(20), P(21), P(22), P(23), P(24), P(25),
};
#undef P
_Static_assert(B_COUNT == 26, "type_basic lists every basic type");

static const char *const basic_names[B_COUNT] = {
	"invalid type", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr",
	"float32", "float64", "complex64", "complex128", "string", "Pointer", "untyped bool", "untyped int", "untyped rune",
	"untyped float", "untyped complex", "untyped string", "untyped nil",
};

const char *basic_name(const Type *t)
{
	return t == &byte_type ? "byte" : t == &rune_type ? "rune" : basic_names[t->basic];
}

const BuiltinInfo builtin_info[BI_COUNT] = {
#define BUILTIN(name, nargs, variadic, kind) [BI_##name] = {#name, nargs, variadic, EC_##kind},
#include "types/builtins.def"
#undef BUILTIN
};

// What universe_init makes.
static struct {
	pthread_once_t once;
	Arena *arena;
	Scope *scope;
	Package *unsafe;
	Object *iota, *byte, *rune, *any, *comparable;
	Type *error, *empty;
} universe = {.once = PTHREAD_ONCE_INIT};

static Object *define(const char *name, ObjectKind kind, Type *type)
{
	Object *o = object_new(universe.arena, kind, 0, NULL, name_of_c(name), type);
	o->color = BLACK;
	bool exported = name_is_exported(o->name);
	if (exported)
		o->pkg = universe.unsafe;
	scope_insert(universe.arena, exported ? universe.unsafe->scope : universe.scope, o);
	return o;
}

static Object *define_const(const char *name, Type *type, const Const *val)
{
	Object *o = define(name, OBJ_CONST, type);
	o->constant.val = (Const *)val;
	return o;
}

static void define_error(Arena *a)
{
	Object *o = define("error", OBJ_TYPENAME, NULL);
	Type *t = named_new(NULL, a, o, NULL);
	Object **res = NEWN(a, Object *, 1);
	res[0] = object_new_var(a, VAR_RESULT, 0, NULL, name_of_c(""), TYPE(STRING));
	Object *recv = object_new_var(a, VAR_RECV, 0, NULL, name_of_c(""), t);
	Type *sig = type_new_func(a, recv, type_new_tuple(a, NULL, 0), type_new_tuple(a, res, 1), false);
	Object *m = object_new_func(a, 0, NULL, name_of_c("Error"), sig);
	m->color = BLACK;
	m->is_interface_method = true;
	Type *iface = type_new_interface(a, NULL);
	vec_push(a, &iface->iface.methods, m);
	iface->iface.complete = true;
	TypeSet *s = NEW(a, TypeSet);
	s->methods = iface->iface.methods.p;
	s->nmethods = 1;
	s->terms.all = true;
	iface->iface.tset = s;
	named_set_rhs(t, iface);
	universe.error = t;
}

static void universe_init(void)
{
	Arena *a = universe.arena = arena_new();
	universe.scope = scope_new(a, NULL, 0, 0);
	Package *u = universe.unsafe = NEW(a, Package);
	u->path = S("unsafe");
	u->name = name_of_c("unsafe");
	u->arena = a;
	u->scope = scope_new(a, universe.scope, 0, 0);
	u->is_unsafe = u->complete = u->is_std = true;

	for (u32 i = B_BOOL; i <= B_UNSAFEPTR; i++)
		define(basic_names[i], OBJ_TYPENAME, type_basic[i]);
	universe.byte = define("byte", OBJ_TYPENAME, &byte_type);
	universe.rune = define("rune", OBJ_TYPENAME, &rune_type);
	universe.byte->is_alias = universe.rune->is_alias = true;

	static TypeSet top = {.terms.all = true};
	Type *e = universe.empty = type_new_interface(a, NULL);
	e->iface.complete = true;
	e->iface.tset = &top;
	define_error(a);
	universe.any = define("any", OBJ_TYPENAME, NULL);
	universe.any->is_alias = true;
	alias_new(NULL, a, universe.any, e);

	universe.comparable = define("comparable", OBJ_TYPENAME, NULL);
	Type *c = type_new_interface(a, NULL);
	TypeSet *s = NEW(a, TypeSet);
	s->terms.all = s->comparable = true;
	c->iface.tset = s;
	c->iface.complete = true;
	named_set_rhs(named_new(NULL, a, universe.comparable, NULL), c);

	define_const("true", TYPE(UNTYPED_BOOL), const_bool(true));
	define_const("false", TYPE(UNTYPED_BOOL), const_bool(false));
	universe.iota = define_const("iota", TYPE(UNTYPED_INT), const_i64(a, 0));
	define("nil", OBJ_NIL, TYPE(UNTYPED_NIL));
	for (u32 i = 0; i < BI_COUNT; i++)
		define(builtin_info[i].name, OBJ_BUILTIN, TYPE(INVALID))->builtin = (u16)i;
}

static void ready(void)
{
	pthread_once(&universe.once, universe_init);
}

Scope *types_universe(void) { ready(); return universe.scope; }
Package *types_unsafe_package(void) { ready(); return universe.unsafe; }
Object *universe_iota(void) { ready(); return universe.iota; }
Object *universe_byte(void) { ready(); return universe.byte; }
Object *universe_rune(void) { ready(); return universe.rune; }
Object *universe_any(void) { ready(); return universe.any; }
Object *universe_comparable(void) { ready(); return universe.comparable; }
Type *universe_byte_type(void) { return &byte_type; }
Type *universe_rune_type(void) { return &rune_type; }
Type *type_byte(void) { return &byte_type; }
Type *type_error(void) { ready(); return universe.error; }
Type *type_comparable(void) { ready(); return universe.comparable->type; }
Type *type_any(void) { ready(); return universe.any->type; }
Type *type_empty_interface(void) { ready(); return universe.empty; }
