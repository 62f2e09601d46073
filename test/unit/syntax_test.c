// syntax_test.c: tokens, trees, positions, errors and directives of syntax/, on small sources.
#include "syntax/syntax.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Parsed { Arena *a; SyntaxFile *f; Diags *d; } Parsed;

static Parsed parse(const char *text, size_t n, ParseOptions opt)
{
	Parsed p = {.a = arena_new()};
	p.d = diags_new(p.a);
	opt.check_branches = true;
	p.f = syntax_parse(p.a, source_add(S("/t.go"), S("t.go")), str_dup(p.a, str_n(text, n)), &opt, p.d);
	return p;
}

// What is reported, one a line, as "line:col: message".
static Str errors(Parsed p)
{
	u32 n;
	Diag *x = diags_sorted(p.d, &n);
	Str all = S("");
	for (u32 i = 0; i < n; i++)
		all = str_fmt(p.a, STR_FMT "%s" STR_FMT ": " STR_FMT, STR_ARG(all), i ? "\n" : "",
			STR_ARG(str_from(pos_fmt(p.a, x[i].pos), 5)), STR_ARG(x[i].msg));
	return all;
}

static void done(Parsed p)
{
	diags_free(p.d);
	arena_free(p.a);
}

static void check(const char *text, const char *want)
{
	Parsed p = parse(text, strlen(text), (ParseOptions){0});
	Str got = errors(p);
	if (!str_is(got, want))
		fail_msg("source: %s\ngot:  " STR_FMT "\nwant: %s", text, STR_ARG(got), want);
	done(p);
}

static void test_errors(void **state)
{
	static const char *const cases[][2] = {
		{"package p\n", ""},
		{"", "1:1: syntax error: package statement must be first"},
		{"package p; func f() { x := }", "1:28: syntax error: unexpected }, expected expression"},
		{"package p\nfunc f()\n{\n}\n", "3:1: syntax error: unexpected semicolon or newline before {"},
		{"package p\nvar x = 08\n", "2:10: invalid digit '8' in octal literal"},
		{"package p\nvar x = 1__0\n", "2:11: '_' must separate successive digits"},
		{"package p\nvar x = 0x\n", "2:11: hexadecimal literal has no digits"},
		{"package p\nvar x = 1e\n", "2:11: exponent has no digits"},
		{"package p\nvar x = 0x1.0\n", "2:14: hexadecimal mantissa requires a 'p' exponent"},
		{"package p\nvar x = ''\n", "2:10: empty rune literal or unescaped '"},
		{"package p\nvar x = 'ab'\n", "2:9: more than one character in rune literal"},
		{"package p\nvar x = \"\\q\"\n", "2:11: unknown escape"},
		{"package p\nvar x = \"\\ud800\"\n", "2:16: escape is invalid Unicode code point U+D800"},
		{"package p\nvar x = \"abc\n", "2:13: newline in string"},
		{"package p\nvar x = `abc\n", "2:9: string not terminated"},
		{"package p\n/* x\n", "2:1: comment not terminated"},
		{"package p\nvar x# int\n", "2:6: invalid character U+0023 '#'"},
		{"package p\nvar a\xe2\x82\xac int\n", "2:6: invalid character U+20AC '\xe2\x82\xac' in identifier"},
		{"package p\nvar \xd9\xa1 int\n", "2:5: identifier cannot begin with digit U+0661 '\xd9\xa1'"},
		{"package p\nvar x = \"\xff\"\n", "2:10: invalid UTF-8 encoding"},
		{"package p // \xef\xbb\xbf\n", "1:14: invalid BOM in the middle of the file"},
		{"\xef\xbb\xbfpackage p\n", ""},
		{"package p\nfunc f() { if x = 1 {} }", "2:17: syntax error: cannot use assignment x = 1 as value"},
		{"package p\nfunc f() { for i := 0; {} }", "2:24: syntax error: unexpected {, expected for loop condition"},
		{"package p\nfunc f(a int, b) {}", "2:16: syntax error: missing parameter type"},
		{"package p\ntype T[P, Q] struct{}", "2:12: syntax error: missing type constraint"},
		{"package p\ntype T[P *C,] int\ntype A [N * 2]int\ntype B[P *C|D] int\ntype C [n]int", ""},
		{"package p\nfunc (x T) m[P any]() {}", ""},
		{"package p\nfunc f() { L: for { break L; continue M } }", "2:39: continue label not defined: M"},
		{"package p\nfunc f() { goto L; x := 1; L: _ = x }", "2:17: goto L jumps over declaration of x at t.go:2:22"},
		{"package p\nfunc f() { goto L; { L: } }", "2:17: goto L jumps into block starting at t.go:2:20"},
		{"package p\nfunc f() { L: }", "2:12: label L defined and not used"},
		{"package p\nfunc f() { break }", "2:12: break is not in a loop, switch, or select"},
		{"package p\nfunc f() { switch { case true: fallthrough } }", "2:32: cannot fallthrough final case in switch"},
		{"package p\n//go:noinline\nvar x int\nfunc f() { //go:nosplit\n}", "4:14: misplaced compiler directive"},
		{"package p\n//go:linkname\t\n//go:linkname a b c d\n", "3:3: usage: //go:linkname localname [linkname]"},
		{"package p\n//line x:0\n", "2:10: invalid line number: 0"},
		{"package p; import \"a\"; var x int; import \"b\"", "1:35: syntax error: imports must appear before other declarations"},
	};
	for (u32 i = 0; i < LENGTH(cases); i++)
		check(cases[i][0], cases[i][1]);
	Parsed p = parse("package p\0 // x", 15, (ParseOptions){0});
	assert_true(str_is(errors(p), "1:10: invalid NUL character"));
	done(p);
}

static Expr *value_of(Parsed p, u32 decl)
{
	return p.f->decls.p[decl]->val.values;
}

static void test_expressions(void **state)
{
	static const char *const same[] = {"a + b * c", "-x", "f(a, b...)", "x.(T)", "x[i:j:k]", "[]int{}", "map[K]V{…}",
		"func(a, b int, c ...T) (x, y error) {…}", "<-c", "T[A, B]{}", "*p", "&x", "struct{a, b int; T \"tag\"}{}",
		"interface{m(int) string; ~int | E}(nil)", "chan (<-chan int)(nil)", "chan<- int(nil)", "a.b.c(d)[e]", "(x)", "x[:]"};
	for (u32 i = 0; i < LENGTH(same); i++) {
		Arena *a = arena_new();
		Str src = str_fmt(a, "package p\nvar x = %s", same[i]);
		char *dots = strstr((char *)src.p, "{…}"); // anything in the braces
		if (dots && strstr(src.p, "func("))
			src = str_fmt(a, "%.*s{ return }", (int)(dots - src.p), src.p);
		else if (dots)
			src = str_fmt(a, "%.*s{1: 2}", (int)(dots - src.p), src.p);
		Parsed p = parse(src.p, src.n, (ParseOptions){0});
		if (errors(p).n)
			fail_msg("%s: " STR_FMT, src.p, STR_ARG(errors(p)));
		Str got = expr_str(p.a, value_of(p, 0));
		if (!str_is(got, same[i]) && !str_is(got, "x")) // outer parentheses around an operand are kept
			fail_msg("got " STR_FMT ", want %s", STR_ARG(got), same[i]);
		done(p);
		arena_free(a);
	}
}

static void test_tree(void **state)
{
	const char *text = "// c\n//go:build go1.21 && linux\npackage p\n\nimport _ \"unsafe\"\n//go:linkname f other.f\n"
		"const (\n\ta = iota\n\tb\n)\n//go:nosplit\nfunc f(x, y int) {\n\tdefer recover()\n\tfor range 3 {\n\t\tbreak\n\t}\n}\n";
	Parsed p = parse(text, strlen(text), (ParseOptions){0});
	assert_int_equal(errors(p).n, 0);
	assert_int_equal(p.f->late.n, 0);
	assert_true(str_is(p.f->go_version, "go1.21"));
	assert_int_equal(p.f->decls.n, 4);
	Decl *b = p.f->decls.p[2], *f = p.f->decls.p[3];
	assert_true(b->inherited && b->iota == 1 && b->group > 0 && b->val.values == p.f->decls.p[1]->val.values);
	assert_int_equal(f->pragma, PRAGMA_NOSPLIT | PRAGMA_NOCHECKPTR);
	assert_true(f->func.body->has_defer && f->func.body->has_recover && !f->func.body->has_goto);
	FieldVec params = f->func.type->func.params;
	assert_true(params.n == 2 && params.p[1]->shared_type && params.p[0]->type == params.p[1]->type);
	Stmt *loop = f->func.body->block->list.p[1];
	assert_int_equal(loop->kind, ST_RANGE);
	assert_ptr_equal(loop->range.body->list.p[0]->branch.target, loop);
	assert_int_equal(p.f->directives.n, 1);
	assert_true(str_is(p.f->directives.p[0].verb, "linkname") && str_is(p.f->directives.p[0].args[1], "other.f"));
	assert_int_equal(pos_line(f->pos), 12);
	assert_int_equal(pos_col(f->pos), 6);
	done(p);
	p = parse(text, strlen(text), (ParseOptions){.imports_only = true});
	assert_int_equal(p.f->decls.n, 1);
	done(p);
	p = parse(text, strlen(text), (ParseOptions){.skip_bodies = true});
	assert_int_equal(p.f->decls.p[3]->func.body->block->list.n, 0);
	assert_int_equal(errors(p).n, 0);
	done(p);
}

static Str dump_of(Parsed p)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	syntax_dump(out, p.f);
	fclose(out);
	Str s = str_dup(p.a, str_n(text, n));
	free(text);
	return s;
}

// Bodies that are read late are those that are read at once: positions, numbers of local types, targets of branches.
static void test_lazy_bodies(void **state)
{
	const char *text = "package p\nfunc a() {\n\ts := \"}\\\"{\" + `}\n{` + string('}') + string('\\'')\n\t// }\n\t/* {\n */ L: for { break L }\n\t_ = s\n}\n"
		"func b(x any) { type t int; switch x.(type) { case t: } }\nfunc c() { //line q.go:7\n}\nfunc d() func() { return func() { x := 1 / 2; _ = x } }\n"
		"var e = func() { type u int }\nfunc f() { type (v int; w = int); var y v; _ = y }\nfunc typed() { mytype, typex := 1, 2; _, _ = mytype, typex }\n";
	Parsed eager = parse(text, strlen(text), (ParseOptions){.check_branches = true});
	ParseOptions lazy = {.check_branches = true, .lazy_bodies = true};
	Parsed p = parse(text, strlen(text), lazy);
	static const bool passed_over[] = {true, false, false, true, false, false, true};
	assert_int_equal(p.f->decls.n, LENGTH(passed_over));
	for (u32 i = 0; i < LENGTH(passed_over); i++)
		assert_int_equal(p.f->decls.p[i]->kind == D_FUNC && p.f->decls.p[i]->func.body->unread, passed_over[i]);
	assert_int_equal(p.f->nlocal_types, eager.f->nlocal_types);
	assert_int_equal(p.f->lines, eager.f->lines);
	p.f->source->text = str(text);
	for (u32 i = LENGTH(passed_over); i-- > 0;)
		if (p.f->decls.p[i]->kind == D_FUNC)
			syntax_read_body(p.f, p.f->decls.p[i], &lazy, p.d);
	assert_int_equal(errors(p).n, 0);
	assert_true(str_eq(dump_of(eager), dump_of(p)));
	done(p);
	done(eager);
}

static void test_line_directives(void **state)
{
	const char *text = "package p\n//line a.y:10\nvar x = 08\n/*line b.y:7:3*/var y = 08\nvar z = 08\n";
	Parsed p = parse(text, strlen(text), (ParseOptions){0});
	u32 n;
	Diag *d = diags_sorted(p.d, &n);
	assert_int_equal(n, 3);
	assert_true(str_is(pos_fmt(p.a, d[0].pos), "a.y:10"));
	assert_true(str_is(pos_fmt(p.a, d[1].pos), "b.y:7:12"));
	assert_true(str_is(pos_fmt(p.a, d[2].pos), "b.y:8:10"));
	done(p);
}

static void deep(void *arg)
{
	static const char *const open[] = {"(", "[]", "-", "func(){", "{", "f(", "*", "if x {} else ", "struct{a ", "x+(", "<-", "[1]"};
	for (u32 i = 0; i < LENGTH(open); i++) {
		Buf b = {0};
		buf_c(&b, "package p\nfunc f() {\nx = ");
		for (u32 k = 0; k < 200000; k++)
			buf_c(&b, open[i]);
		buf_u8(&b, 0);
		Parsed p = parse((char *)b.p, b.n - 1, (ParseOptions){0});
		assert_true(diags_count(p.d) > 0);
		done(p);
		b.n = 0;
		buf_c(&b, "package p\nvar x = 1");
		for (u32 k = 0; k < 200000; k++)
			buf_c(&b, "+1");
		buf_u8(&b, 0);
		if (i == 0) {
			p = parse((char *)b.p, b.n - 1, (ParseOptions){0});
			assert_non_null(strstr(errors(p).p, "expression too long"));
			done(p);
		}
		buf_free(&b);
	}
}

static void test_depth(void **state)
{
	run_on_deep_stack(deep, NULL);
}

static void test_unquote(void **state)
{
	Arena *a = arena_new();
	Str s;
	u32 r;
	assert_true(syntax_unquote(a, S("\"a\\n\\x41\\101\\u00e9\\\"\""), &s) && str_is(s, "a\nAA\xc3\xa9\""));
	assert_true(syntax_unquote(a, S("`a\r\\n`"), &s) && str_is(s, "a\\n"));
	assert_false(syntax_unquote(a, S("\"a"), &s));
	assert_false(syntax_unquote(a, S("\"\\q\""), &s));
	assert_true(syntax_unquote_rune(S("'\\''"), &r) && r == '\'');
	assert_true(syntax_unquote_rune(S("'\xe4\xb8\x96'"), &r) && r == 0x4e16);
	assert_true(syntax_unquote_rune(S("'\\U0001F600'"), &r) && r == 0x1f600);
	assert_false(syntax_unquote_rune(S("'ab'"), &r));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors), cmocka_unit_test(test_expressions), cmocka_unit_test(test_tree),
		cmocka_unit_test(test_lazy_bodies), cmocka_unit_test(test_line_directives), cmocka_unit_test(test_depth), cmocka_unit_test(test_unquote),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
