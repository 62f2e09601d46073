// check_test.c: what the checker writes into trees and objects, which ir/ relies on: final types of untyped operands,
// selections, instantiations, flags of variables, initialization order, bodies checked later.
#include "types/types.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Checked { Arena *a; Diags *d; SyntaxFile *f; Package *p; } Checked;

static Checked check(const char *text, bool ignore_bodies)
{
	Checked k = {.a = arena_new()};
	k.d = diags_new(k.a);
	ParseOptions opt = {.check_branches = true};
	k.f = syntax_parse(k.a, source_add(S("/t.go"), S("t.go")), str_dup(k.a, str(text)), &opt, k.d);
	CheckConfig cfg = {.path = S("p"), .go_version = S("go1.27"), .ignore_bodies = ignore_bodies};
	k.p = types_check(k.a, &cfg, &k.f, 1, k.d);
	return k;
}

static Stmt *stmt_of(Checked *k, const char *fn, u32 i)
{
	Object *o = scope_lookup(k->p->scope, name_of_c(fn));
	assert_non_null(o);
	return o->func.decl->func.body->block->list.p[i];
}

static Object *var_of(Stmt *s) { return s->assign.lhs->name.obj; }
static Str type_of(Checked *k, Expr *e) { return type_str(k->a, e->type, k->p); }

#define assert_str(s, c) assert_string_equal(str_c(k.a, (s)), (c))

static void untyped_operands(void **state)
{
	Checked k = check("package p\n"
		"func f(s uint, p *int, x any) {\n"
		"	var a float32 = 1\n"
		"	b := int64(1) << s + 1\n"
		"	c := p == nil\n"
		"	x = 'a'\n"
		"	_, _, _ = a, b, c\n"
		"}\n", false);
	assert_int_equal(diags_count(k.d), 0);
	assert_str(type_of(&k, stmt_of(&k, "f", 0)->decls.p[0]->val.values), "float32");
	Expr *sum = stmt_of(&k, "f", 1)->assign.rhs;
	assert_str(type_of(&k, sum->binary.y), "int64");
	Expr *eq = stmt_of(&k, "f", 2)->assign.rhs;
	assert_str(type_of(&k, eq), "bool");
	assert_int_equal(eq->binary.y->mode, MODE_NIL);
	assert_str(type_of(&k, eq->binary.y), "*int");
	assert_str(type_of(&k, stmt_of(&k, "f", 3)->assign.rhs), "rune");
}

static void selections(void **state)
{
	Checked k = check("package p\n"
		"type I struct { x int }\n"
		"func (i *I) M() {}\n"
		"type O struct { y int; *I }\n"
		"func f(o O) {\n"
		"	o.x = 1\n"
		"	o.M()\n"
		"	g := (*I).M\n"
		"	_ = g\n"
		"}\n", false);
	assert_int_equal(diags_count(k.d), 0);
	Selection *s = stmt_of(&k, "f", 0)->assign.lhs->sel.selection;
	assert_int_equal(s->kind, SEL_FIELD);
	assert_true(s->indirect);
	assert_int_equal(s->npath, 2);
	assert_int_equal(s->path[0], 1);
	assert_int_equal(s->path[1], 0);
	s = stmt_of(&k, "f", 1)->x->call.fun->sel.selection;
	assert_int_equal(s->kind, SEL_METHOD);
	assert_true(s->obj->ptr_recv);
	s = stmt_of(&k, "f", 2)->assign.rhs->sel.selection;
	assert_int_equal(s->kind, SEL_METHODEXPR);
}

static void instances(void **state)
{
	Checked k = check("package p\n"
		"func g[T, U any](t T, f func(T) U) U { return f(t) }\n"
		"func f() {\n"
		"	x := g(1, func(int) string { return \"\" })\n"
		"	_ = x\n"
		"}\n", false);
	assert_int_equal(diags_count(k.d), 0);
	Expr *fun = stmt_of(&k, "f", 0)->assign.rhs->call.fun;
	assert_int_equal(fun->name.ntargs, 2);
	assert_str(type_str(k.a, fun->name.targs[1], k.p), "string");
	assert_str(type_str(k.a, var_of(stmt_of(&k, "f", 0))->type, k.p), "string");
}

static void variable_flags(void **state)
{
	Checked k = check("package p\n"
		"type S struct { f int; a [4]int }\n"
		"func (s *S) M() {}\n"
		"func f() {\n"
		"	plain := 1\n"
		"	changed := 1\n"
		"	inside := 1\n"
		"	taken := S{}\n"
		"	method := S{}\n"
		"	sliced := [2]int{}\n"
		"	field := S{}\n"
		"	changed++\n"
		"	_ = func() int { return inside }\n"
		"	_ = &taken.a[1]\n"
		"	method.M()\n"
		"	_ = sliced[:]\n"
		"	field.f = 2\n"
		"	_ = plain\n"
		"}\n", false);
	assert_int_equal(diags_count(k.d), 0);
	static const struct { u32 at; bool captured, taken, reassigned; } want[] = {
		{0, 0, 0, 0}, {1, 0, 0, 1}, {2, 1, 0, 0}, {3, 0, 1, 0}, {4, 0, 1, 0}, {5, 0, 1, 0}, {6, 0, 0, 1},
	};
	for (u32 i = 0; i < LENGTH(want); i++) {
		Object *o = var_of(stmt_of(&k, "f", want[i].at));
		assert_int_equal(o->captured, want[i].captured);
		assert_int_equal(o->addr_taken, want[i].taken);
		assert_int_equal(o->reassigned, want[i].reassigned);
	}
}

static void comma_ok(void **state)
{
	Checked k = check("package p\nfunc f(m map[int]string) { v, ok := m[1]; _, _ = v, ok }\n", false);
	Expr *e = stmt_of(&k, "f", 0)->assign.rhs;
	assert_true(e->commaok);
	assert_str(type_of(&k, e), "(string, bool)");
}

static void init_order(void **state)
{
	Checked k = check("package p\n"
		"var a = b + f()\n"
		"var b = 1\n"
		"var c, d = g()\n"
		"func f() int { return c }\n"
		"func g() (int, int) { return b, b }\n", false);
	assert_int_equal(diags_count(k.d), 0);
	static const char *const want[] = {"b", "c", "a"};
	assert_int_equal(k.p->inits.n, 3);
	for (u32 i = 0; i < 3; i++)
		assert_string_equal(k.p->inits.p[i].lhs[0]->name->s, want[i]);
	assert_int_equal(k.p->inits.p[1].nlhs, 2);
	k = check("package p\nvar a = b\nvar b = f()\nfunc f() int { return a }\n", false);
	u32 n;
	Diag *d = diags_sorted(k.d, &n);
	assert_int_equal(n, 1);
	assert_true(str_has_prefix(d[0].msg, "initialization cycle"));
}

static void bodies_later(void **state)
{
	Checked k = check("package p\nfunc f() int { return \"s\" }\nfunc g() int { return 1 }\n", true);
	assert_int_equal(diags_count(k.d), 0);
	Diags *d = diags_new(k.a);
	types_check_body(scope_lookup(k.p->scope, name_of_c("g")), d);
	assert_int_equal(diags_count(d), 0);
	assert_str(type_of(&k, stmt_of(&k, "g", 0)->ret.results), "int");
	types_check_body(scope_lookup(k.p->scope, name_of_c("f")), d);
	types_check_body(scope_lookup(k.p->scope, name_of_c("f")), d); // once
	assert_int_equal(diags_count(d), 1);
}

static void long_chains(void **state)
{
	Arena *a = arena_new();
	Buf b = {0};
	buf_c(&b, "package p\nconst s = \"\"");
	for (u32 i = 0; i < 20000; i++)
		buf_c(&b, " + \"0123456789\"");
	buf_c(&b, "\nfunc f(x bool) bool { return x");
	for (u32 i = 0; i < 20000; i++)
		buf_c(&b, " && x");
	buf_c(&b, " }\n");
	Checked k = check(str_c(a, buf_view(&b)), false);
	assert_int_equal(diags_count(k.d), 0);
	assert_int_equal(const_as_string(scope_lookup(k.p->scope, name_of_c("s"))->constant.val).n, 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untyped_operands), cmocka_unit_test(selections), cmocka_unit_test(instances),
		cmocka_unit_test(variable_flags), cmocka_unit_test(comma_ok), cmocka_unit_test(init_order),
		cmocka_unit_test(bodies_later), cmocka_unit_test(long_chains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
