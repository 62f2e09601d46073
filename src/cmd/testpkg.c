// testpkg.c: a package to those of its test binary: itself with its _test.go files, the external test package beside
// it, and the main package that calls them, whose source is made here. Facts: cmd/go/internal/load/test.go.
#include "cmd/test.h"
#include "cmd/testmain.h"

static void add_imports(Arena *a, ImportRefVec *to, const ImportRefVec *more)
{
	for (u32 i = 0; i < more->n; i++)
		vec_push(a, to, more->p[i]); // the graph passes over repeated ones
}

static void add_import(Arena *a, LoadPkg *p, Str path)
{
	vec_push(a, &p->imports, (ImportRef){path, 0});
}

static void copy_files(Arena *a, StrVec *to, const StrVec *from)
{
	for (u32 i = 0; i < from->n; i++)
		vec_push(a, to, from->p[i]);
}

Str testpkg_binary(TestCmd *t, LoadPkg *p)
{
	return str_cat(t->c.arena, p->is_command_line ? p->name : buildcmd_exec_name(&t->c, p), S(".test"));
}

LoadPkg *testpkg_make(TestCmd *t, Loader *l, LoadPkg *p, Str *err)
{
	Arena *a = t->c.arena;
	LoadPkg *test = NEW(a, LoadPkg);
	*test = *p;
	test->go_files = (StrVec){0};
	copy_files(a, &test->go_files, &p->go_files);
	copy_files(a, &test->go_files, &p->test_go);
	test->imports = (ImportRefVec){0};
	add_imports(a, &test->imports, &p->imports);
	add_imports(a, &test->imports, &p->test_imports);
	test->is_main = false; // a library here
	test->for_test = p->import_path;
	test->state = 0;
	strmap_put(a, &l->pkgs, p->import_path, test);
	if (p->xtest_go.n) {
		LoadPkg *x = NEW(a, LoadPkg);
		*x = (LoadPkg){.import_path = str_cat(a, p->import_path, S("_test")), .name = str_cat(a, p->name, S("_test")), .dir = p->dir,
			.go_files = p->xtest_go, .imports = p->xtest_imports, .standard = p->standard, .goroot = p->goroot, .module = p->module,
			.go_version = p->go_version, .for_test = p->import_path, .is_xtest = true};
		strmap_put(a, &l->pkgs, x->import_path, x);
	}
	Buf text = {0};
	bool import_test, import_xtest;
	if (!testmain_generate(a, p, p->module ? p->module->path : S(""), &text, &import_test, &import_xtest, err)) {
		buf_free(&text);
		return NULL;
	}
	LoadPkg *m = NEW(a, LoadPkg);
	*m = (LoadPkg){.import_path = str_cat(a, p->import_path, S(".test")), .name = S("main"), .is_main = true, .is_testmain = true,
		.module = p->module, .go_version = t->c.ctx.goversion};
	vec_push(a, &m->go_files, S("_testmain.go"));
	vec_push(a, &m->texts, str_dup(a, buf_view(&text)));
	buf_free(&text);
	static const char *const deps[] = {"os", "reflect", "testing", "testing/internal/testdeps"};
	for (u32 i = 0; i < LENGTH(deps); i++)
		add_import(a, m, str(deps[i]));
	if (import_test)
		add_import(a, m, p->import_path);
	if (import_xtest)
		add_import(a, m, str_cat(a, p->import_path, S("_test")));
	return m;
}
