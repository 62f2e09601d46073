// The head of a Go file as go/build reads it, documentation in a line, patterns of import paths and of embedded files.
#include "load/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void check_str(Str got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static FileFacts read_head(Arena *a, const char *text)
{
	FileFacts f = {.package_name = {0}};
	header_read(a, str(text), &f);
	return f;
}

static void reads_heads(void **state)
{
	Arena *a = arena_new();
	FileFacts f = read_head(a, "//go:build x\n\n// Package p does [io.Reader] things. Not all.\npackage p // import \"q/p\"\n\nimport (\n\t\"fmt\"; e \"embed\"\n"
		"\t. `os`\n)\nimport \"C\"\n\n//go:embed a* \"b c\" `d`\nvar x = \"//go:embed no\" /*\n//go:embed no\n*/\n");
	assert_int_equal(f.error.n, 0);
	check_str(f.package_name, "p");
	check_str(f.doc, "Package p does io.Reader things.");
	check_str(f.import_comment.path, "\"q/p\"");
	assert_int_equal(f.import_comment.line, 4);
	assert_true(f.cgo);
	assert_int_equal(f.nimports, 3);
	check_str(f.imports[1].path, "embed");
	assert_int_equal(f.imports[1].line, 7);
	assert_int_equal(f.imports[1].col, 9);
	check_str(f.imports[2].path, "os");
	assert_int_equal(f.ndirectives, 1);
	check_str(f.directives[0].path, "//go:build x");
	assert_int_equal(f.nembeds, 3);
	check_str(f.embeds[0].path, "a*");
	check_str(f.embeds[1].path, "b c");
	check_str(f.embeds[2].path, "d");
	assert_int_equal(f.embeds[1].line, 12);
	assert_int_equal(f.embeds[1].col, 15);
	arena_free(a);
}

static void says_what_is_wrong(void **state)
{
	static const struct { const char *text, *error, *invalid; } cases[] = {
		{"", "1:1: expected 'package', found 'EOF'", ""},
		{"// nothing\n", "1:12: expected 'package', found 'EOF'", ""},
		{"func f() {}\n", "1:1: expected 'package', found 'func'", ""},
		{"package\n", "1:9: expected 'IDENT', found 'EOF'", ""},
		{"package p\nimport (\n\t\"a\" \"b\"\n)\n", "3:6: expected ';', found \"b\"", ""},
		{"package p\nimport 1\n", "2:8: import path must be a string", ""},
		{"package p\nimport x\n", "2:9: missing import path", ""},
		{"package p\nimport (\n\t\"a\"\n", "3:6: expected ')', found 'EOF'", ""},
		{"package p\nimport \"a b\"\n", "", "2:8: invalid import path: a b"},
		{"package p\nimport \"a\" garbage that the compiler finds\n", "", ""},
		{"package p\n\n!!!\n", "", ""},
		{"/* open", "1:1: comment not terminated", ""},
	};
	Arena *a = arena_new();
	for (u32 i = 0; i < LENGTH(cases); i++) {
		FileFacts f = read_head(a, cases[i].text);
		if (!cases[i].error[0])
			assert_int_equal(f.error.n, 0);
		else
			check_str(f.error, cases[i].error);
		check_str(f.invalid_import, cases[i].invalid);
	}
	arena_free(a);
}

static void makes_synopses(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{"Package x is ``good''. More.\n", "Package x is “good”."},
		{"Package x was made by J. R. Smith. More.\n", "Package x was made by J. R. Smith."},
		{"Copyright 2020 nobody.\n", ""},
		{"\tcode\n", ""},
		{"One\nline.\n\nTwo.\n", "One line."},
		{"See [net/http.Get] and [nothing] and [fmt].\n", "See net/http.Get and [nothing] and fmt."},
	};
	Arena *a = arena_new();
	for (u32 i = 0; i < LENGTH(cases); i++)
		check_str(doc_synopsis(a, str(cases[i].text)), cases[i].want);
	check_str(comment_text(a, S("//go:generate x\n// One  \n//\n//\n// Two\n/* three */")), "One\n\nTwo\n three\n");
	arena_free(a);
}

static void matches_paths(void **state)
{
	static const struct { const char *pattern, *path; bool match; } cases[] = {
		{"a/...", "a", true}, {"a/...", "a/b/c", true}, {"a/...", "ab", false}, {"...", "x/y", true}, {"...b...", "abc", true},
		{"...x...y", "axbyy", true}, {"...x...y", "ay", false}, {"a/...", "a/vendor/b", false}, {"a/...", "a/vendor", true},
		{"a/vendor/...", "a/vendor/b", true}, {"a/vendor/...", "a/vendor", true}, {"...", "vendor/x", false},
	};
	Arena *a = arena_new();
	for (u32 i = 0; i < LENGTH(cases); i++)
		assert_int_equal(load_match_path(a, str(cases[i].pattern), str(cases[i].path)), cases[i].match);
	char many[4096], text[2048]; // not exponential
	for (u32 i = 0; i < 1000; i++)
		memcpy(many + i * 4, "...a", 4);
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 'b';
	assert_false(load_glob(str_n(many, 4000), str_n(text, sizeof text)));
	arena_free(a);
}

static void finds_embedded_files(void **state)
{
	Arena *a = arena_new();
	char dir[] = "/tmp/load_test.XXXXXX";
	assert_non_null(mkdtemp(dir));
	static const char *const files[] = {"a.txt", "b.txt", ".hidden", "d/x", "d/.y", "m/go.mod", "m/z"};
	for (u32 i = 0; i < LENGTH(files); i++) {
		Str path = path_join(a, str(dir), str(files[i]));
		assert_false(failed(dir_make_all(a, path_dir(path))));
		assert_false(failed(file_write(a, path, "x", 1, 0666)));
	}
	static const struct { const char *pattern, *want; } cases[] = {
		{"*.txt", "a.txt b.txt"}, {"d", "d/x"}, {"all:d", "d/.y d/x"}, {"*", NULL}, {"m", NULL}, {"nothing", NULL}, {"../x", NULL}, {"[", NULL},
		{".hidden", ".hidden"},
	};
	for (u32 i = 0; i < LENGTH(cases); i++) {
		EmbedRefVec v = {0};
		StrVec found = {0};
		u32 bad;
		vec_push(a, &v, (EmbedRef){str(cases[i].pattern), 0});
		Str why = load_embeds(a, str(dir), &v, &found, &bad), all = S("");
		for (u32 k = 0; k < found.n; k++)
			all = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(all), k ? " " : "", STR_ARG(found.p[k]));
		assert_int_equal(why.n > 0, !cases[i].want);
		check_str(all, cases[i].want ? cases[i].want : "");
	}
	dir_remove_all(a, str(dir));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_heads), cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(makes_synopses), cmocka_unit_test(matches_paths),
		cmocka_unit_test(finds_embedded_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
