// testpkg.c: a package to those of its test binary (load_tests) and the source of the main package among them. Facts: cmd/go/internal/load/test.go.
#include "cmd/test.h"
#include "cmd/testmain.h"

Str testpkg_binary(TestCmd *t, LoadPkg *p)
{
	return str_cat(t->c.arena, p->is_command_line ? p->name : buildcmd_exec_name(&t->c, p), S(".test"));
}

LoadPkg *testpkg_make(TestCmd *t, Loader *l, LoadPkg *p, Str *err)
{
	Arena *a = t->c.arena;
	Buf text = {0};
	bool import_test, import_xtest;
	if (!testmain_generate(a, p, p->module ? p->module->path : S(""), &text, &import_test, &import_xtest, err)) {
		buf_free(&text);
		return NULL;
	}
	LoadTests tests;
	load_graph(l, &p, 1);
	load_tests(l, p, false, &tests);
	vec_push(a, &tests.main->texts, str_dup(a, buf_view(&text)));
	buf_free(&text);
	l->all.n = 0; // what the binary is made of, and no more
	load_list(a, &tests.main, 1, &l->all);
	return tests.main;
}
