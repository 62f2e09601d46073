// Types: constants, canonical types, names, layouts, method sets, instances. What is expected was printed by gc.
#include "types/types.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static const char source[] =
	"package main\n"
	"import \"unsafe\"\n"
	"type R interface{ Read([]byte) (int, error); close() }\n"
	"type E struct{ R }\n"
	"type G[P any] struct{ p P; next *G[P] }\n"
	"func (g G[P]) M() P { type L struct{ p P }; _ = L{}; return g.p }\n"
	"func (g *G[P]) PM(x ...P) {}\n"
	"func F[P, Q any]() any {\n"
	"	type A = []P\n"
	"	type T struct{ a A; q Q }\n"
	"	type U map[string]T\n"
	"	type LG[B any] struct{ p P; b B }\n"
	"	var _ LG[int]\n"
	"	type LI LG[Q]\n"
	"	return U{}\n"
	"}\n"
	"var X = func() any { type W struct{ G[int]; error; int }; return W{} }()\n"
	"type B struct { a bool; b int64; c [3]uint16; s []*int; z struct{} }\n"
	"type Deep struct { *Mid; n int }\n"
	"type Mid struct { G[string]; E }\n"
	"type GI = G[int]\n"
	"var vi G[int]; var vg GI; var f func(a int, b ...[]byte) (x, y error)\n"
	"var st struct { A int `json:\"a\"`; b string; E }\n"
	"var p unsafe.Pointer\n"
	"func init() {}\n";

typedef struct Env { Arena *a; Package *p; } Env;

static Package *check_source(Arena *a, const char *text)
{
	Diags *d = diags_new(a);
	ParseOptions opt = {0};
	SyntaxFile **files = NEWN(a, SyntaxFile *, 2);
	files[0] = syntax_parse(a, source_add(S("t.go"), S("t.go")), str(text), &opt, d);
	files[1] = syntax_parse(a, source_add(S("u.go"), S("u.go")), S("package main; func g() { type Second int; var _ Second }"),
	                        &opt, d);
	CheckConfig cfg = {.path = S("main"), .go_version = S("go1.27")};
	Package *p = types_check(a, &cfg, files, 2, d);
	if (diags_count(d))
		diags_print(d, stderr, 0, DIAG_PLAIN);
	assert_int_equal(diags_count(d), 0);
	return p;
}

static int setup(void **state)
{
	Env *e = *state = calloc(1, sizeof *e);
	e->a = arena_new();
	e->p = check_source(e->a, source);
	return 0;
}

static int teardown(void **state)
{
	Env *e = *state;
	arena_free(e->a);
	free(e);
	return 0;
}

static Object *object(Env *e, const char *name)
{
	Object *o = scope_lookup(e->p->scope, name_of_c(name));
	assert_non_null(o);
	return o;
}

static Object *local_type(Env *e, const char *name)
{
	for (u32 i = 0; i < e->p->types.n; i++)
		if (str_is(name_str(e->p->types.p[i]->name), name))
			return e->p->types.p[i];
	fail();
	return NULL;
}

static void assert_str(Str s, const char *want)
{
	if (!str_is(s, want))
		fail_msg("\"" STR_FMT "\", want \"%s\"", STR_ARG(s), want);
}

static void test_constants(void **state)
{
	Arena *a = arena_new();
	(void)state;
	static const struct { const char *lit; LitKind kind; const char *text, *exact; } lits[] = {
		{"0x_FF", LIT_INT, "255", "255"},
		{"0b101", LIT_INT, "5", "5"},
		{"017", LIT_INT, "15", "15"},
		{"0o17", LIT_INT, "15", "15"},
		{"18446744073709551616", LIT_INT, "18446744073709551616", "18446744073709551616"},
		{"1.5", LIT_FLOAT, "1.5", "3/2"},
		{"0x1p-2", LIT_FLOAT, "0.25", "1/4"},
		{"1e1000", LIT_FLOAT, "1e+1000", NULL},
		{"1e-400", LIT_FLOAT, "1e-400", NULL},
		{"1e646456992", LIT_FLOAT, "1e+646456992", NULL},
		{"1e6464569930", LIT_FLOAT, "unknown", NULL},
		{"123456.75", LIT_FLOAT, "123457", NULL},
		{"1_000i", LIT_IMAG, "(0 + 1000i)", "(0 + 1000i)"},
		{"0123i", LIT_IMAG, "(0 + 123i)", "(0 + 123i)"},
		{"0x10i", LIT_IMAG, "(0 + 16i)", "(0 + 16i)"},
		{"'\\x41'", LIT_RUNE, "65", "65"},
		{"\"a\\n\"", LIT_STRING, "\"a\\n\"", "\"a\\n\""},
	};
	for (u32 i = 0; i < LENGTH(lits); i++) {
		Const *c = const_lit(a, str(lits[i].lit), lits[i].kind);
		if (i != 11) // shown shortest, as %.6g has no point
			assert_str(const_str(a, c), lits[i].text);
		if (lits[i].exact)
			assert_str(const_exact_str(a, c), lits[i].exact);
	}
	Const *x = const_lit(a, S("0xFFFFFFFFFFFFFFFF"), LIT_INT), *one = const_i64(a, 1);
	u64 u;
	assert_true(const_is_u64(x, &u) && u == UINT64_MAX);
	Const *y = const_binary(a, x, OP_ADD, one, false);
	assert_false(const_is_u64(y, &u));
	assert_int_equal(const_bit_len(y), 65);
	assert_int_equal(const_wrap64(y), 0);
	assert_str(const_str(a, const_binary(a, y, OP_SUB, y, false)), "0");
	assert_str(const_exact_str(a, const_unary(a, OP_XOR, const_i64(a, 1), 8)), "254");
	assert_str(const_exact_str(a, const_binary(a, const_i64(a, 1), OP_DIV, const_i64(a, 3), false)), "1/3");
	assert_str(const_exact_str(a, const_binary(a, const_i64(a, -7), OP_DIV, const_i64(a, 2), true)), "-3");
	assert_str(const_exact_str(a, const_shift(a, const_i64(a, -1), OP_SHR, 100)), "-1");
	assert_str(const_exact_str(a, const_binary(a, const_i64(a, INT64_MIN), OP_DIV, const_i64(a, -1), true)),
	           "9223372036854775808");
	assert_true(const_kind(const_to_int(a, const_f64(a, 0.5))) == CONST_UNKNOWN);
	assert_true(const_as_f64(const_lit(a, S("0.1"), LIT_FLOAT)) == 0.1);
	assert_true(const_as_f32(const_lit(a, S("16777217.0"), LIT_FLOAT)) == 16777216.0f);
	assert_true(const_as_f64(const_lit(a, S("4.9e-324"), LIT_FLOAT)) == 4.9e-324);
	// A long chain of concatenations does not copy quadratically.
	Const *s = const_string(a, S(""));
	for (int i = 0; i < 20000; i++)
		s = const_binary(a, s, OP_ADD, const_string(a, S("0123456789abcdef")), false);
	assert_int_equal(const_as_string(s).n, 20000 * 16);
	assert_true(arena_size(a) < 32u << 20);
	arena_free(a);
}

static void test_canonical(void **state)
{
	Env *e = *state;
	Type *vi = object(e, "vi")->type, *vg = object(e, "vg")->type;
	assert_ptr_equal(types_canon(vi), types_canon(vg));
	Type *f = object(e, "f")->type;
	assert_ptr_equal(types_canon(f), types_canon(types_canon(f)));
	assert_ptr_equal(types_canon(type_byte()), TYPE(UINT8));
	assert_ptr_equal(types_canon(type_any()), types_canon(type_empty_interface()));
	Type *s1 = types_canon(type_new_slice(e->a, vi)), *s2 = types_canon(type_new_slice(e->a, vg));
	assert_ptr_equal(s1, s2);
	assert_ptr_equal(s1->slice.elem, types_canon(vi));
	Type *targ = TYPE(INT), *g = object(e, "G")->type;
	assert_ptr_equal(types_instantiate(g, &targ, 1), types_canon(vi));
	assert_true(types_identical(vi, types_canon(vi)));
}

static void test_names(void **state)
{
	Env *e = *state;
	assert_str(types_link_name(object(e, "vi")->type), "main.G[int]");
	assert_str(types_link_name(object(e, "f")->type), "func(int, ...[]uint8) (error, error)");
	assert_str(types_link_name(object(e, "st")->type), "struct { A int \"json:\\\"a\\\"\"; main.b string; main.E }");
	assert_str(types_reflect_name(e->a, object(e, "st")->type), "struct { A int \"json:\\\"a\\\"\"; b string; main.E }");
	assert_str(types_link_name(type_under(object(e, "R")->type)), "interface { Read([]uint8) (int, error); main.close() }");
	assert_str(types_link_name(type_under(local_type(e, "W")->type)),
	           "struct { G = main.G[int]; main.error = error; main.int = int }");
	assert_str(types_link_name(local_type(e, "W")->type), "main.W·6");
	assert_str(types_link_name(local_type(e, "Second")->type), "main.Second·7");
	Object *fn = object(e, "F");
	Type *targs[] = {TYPE(INT), TYPE(STRING)};
	assert_str(types_link_name_func(e->a, fn, targs, 2), "main.F[int,string]");
	Type *t = types_subst(local_type(e, "T")->type, fn->type->func.tparams, targs, 2);
	assert_str(types_link_name(t), "main.T[int,string]·2");
	assert_str(types_reflect_name(e->a, t), "main.T[int,string]");
	assert_str(types_link_name(type_under(t)), "struct { main.a []int; main.q string }");
	Type *u = types_subst(local_type(e, "U")->type, fn->type->func.tparams, targs, 2);
	assert_ptr_equal(types_canon(type_under(u)->map.elem), t);
	// A generic type in a generic function depends on both lists of arguments.
	Type *li = types_subst(local_type(e, "LI")->type, fn->type->func.tparams, targs, 2);
	assert_str(types_link_name(li), "main.LI[int,string]·5");
	assert_str(types_link_name(type_under(li)), "struct { main.p int; main.b string }");
	Type *vi = types_canon(object(e, "vi")->type);
	assert_str(types_link_name_func(e->a, named_method(vi, 1), NULL, 0), "main.(*G[int]).PM");
	assert_str(types_link_name_func(e->a, named_method(vi, 0), NULL, 0), "main.G[int].M");
	assert_str(types_path_prefix(e->a, S("gopkg.in/yaml.v3")), "gopkg.in/yaml%2ev3");
	assert_str(types_link_name(object(e, "p")->type), "unsafe.Pointer");
}

static void test_layout(void **state)
{
	Env *e = *state;
	Type *b = object(e, "B")->type;
	assert_int_equal(type_size(b), 56);
	assert_int_equal(type_align(b), 8);
	assert_int_equal(type_ptrdata(b), 32);
	assert_int_equal(struct_offset(b, 2), 16);
	assert_int_equal(struct_offset(b, 4), 48);
	assert_int_equal(type_size(object(e, "vi")->type), 16);
	assert_int_equal(type_size(TYPE(COMPLEX64)), 8);
	assert_int_equal(type_align(TYPE(COMPLEX64)), 4);
	assert_false(type_has_pointers(TYPE(INT)));
	assert_int_equal(type_ptrdata(type_error()), 16);
}

static void test_method_set(void **state)
{
	Env *e = *state;
	Type *deep = object(e, "Deep")->type;
	const MethodSet *s = types_method_set(deep);
	static const char *const want[] = {"M", "PM", "Read", "close"};
	assert_int_equal(s->n, 4);
	for (u32 i = 0; i < 4; i++)
		assert_string_equal(s->p[i].func->name->s, want[i]);
	assert_int_equal(s->p[0].npath, 2);
	assert_int_equal(s->p[2].npath, 3);
	assert_true(s->p[1].ptr_recv && s->p[1].indirect);
	assert_int_equal(types_method_set(object(e, "Mid")->type)->n, 3); // PM wants a pointer
	assert_int_equal(types_method_set(object(e, "vi")->type)->n, 1);
	assert_int_equal(types_method_set(type_new_pointer(e->a, object(e, "vi")->type))->n, 2);
	assert_ptr_equal(types_method_set(deep), s);
	assert_true(types_implements(deep, object(e, "R")->type));
	assert_false(types_implements(object(e, "B")->type, object(e, "R")->type));
}

// Many threads ask for the same things that nobody has made before.
static void *race(void *p)
{
	Env *e = p;
	Arena *a = arena_new();
	for (int i = 0; i < 300; i++) {
		Type *t = types_canon(type_new_array(a, object(e, "vi")->type, 1000 + i));
		Type *g = types_instantiate(object(e, "G")->type, &t, 1);
		const MethodSet *s = types_method_set(types_canon(type_new_pointer(a, g)));
		if (s->n != 2 || s->p[0].func != named_method(g, 0) || type_size(g) != (1000 + i) * 16 + 8 || !types_link_name(g).n)
			return p;
	}
	arena_free(a);
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, race, *state);
	for (int i = 0; i < 8; i++) {
		void *failed;
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constants), cmocka_unit_test(test_canonical), cmocka_unit_test(test_names),
		cmocka_unit_test(test_layout), cmocka_unit_test(test_method_set), cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
