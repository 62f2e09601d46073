// testpkg.c: a package to those of its test binary (load_tests) and the source of the main package among them. Facts: cmd/go/internal/load/test.go.
#include "cmd/test.h"
#include "cmd/testmain.h"

Str testpkg_binary(TestCmd *t, LoadPkg *p)
{
	return str_cat(t->c.arena, p->is_command_line ? p->name : buildcmd_exec_name(&t->c, p), S(".test"));
}

LoadPkg *testpkg_make(TestCmd *t, LoadPkg *p, LoadPkg **test, LoadPkg **xtest, Str *err)
{
	Arena *a = t->c.arena;
	Loader *l = &t->c.loader;
	Buf text = {0};
	bool import_test, import_xtest;
	TestmainCover cover = {t->value[TEST_covermode], &t->cover_patterns, &t->covered_list};
	Pos at = 0;
	if (!testmain_generate(a, p, p->module ? p->module->path : S(""), t->cover ? &cover : NULL, &text, &import_test, &import_xtest, err, &at)) {
		if (at)
			*err = str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(load_short_pos(&t->c.ctx, a, at)), STR_ARG(*err));
		buf_free(&text);
		return NULL;
	}
	LoadTests tests;
	bool alone = t->cover && !t->cover_patterns.n; // only this package is covered, and only in this test
	l->cover = t->cover;
	load_tests(l, p, alone, &tests);
	vec_push(a, &tests.main->texts, str_dup(a, buf_view(&text)));
	buf_free(&text);
	if (alone)
		testcover_package(t, tests.test, p->go_files.n);
	*test = tests.test;
	*xtest = tests.xtest;
	return tests.main;
}
