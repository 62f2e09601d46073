// test.c: the packages of a test binary, for `go test` and `go list -test`: the package with its _test.go files, the
// external test package beside it, the main package that calls both, and copies of what stands between them and
// depends on the package under test. Facts: cmd/go/internal/load/test.go.
#include "load/load.h"

static const char *const main_deps[] = {"os", "reflect", "testing", "testing/internal/testdeps", "internal/coverage/cfile"};

static void copy_strs(Arena *a, StrVec *to, const StrVec *from)
{
	for (u32 i = 0; i < from->n; i++)
		vec_push(a, to, from->p[i]);
}

// The imports of one kind of test files, loaded.
typedef struct Side {
	ImportError *err;
	bool incomplete, needs_test;    // needs_test: it imports the package under test
	LoadPkgVec deps;                // without that
	StrVec paths;                   // what the imports mean
	StrMap map;
} Side;

static void load_side(Loader *l, LoadPkg *p, const ImportRefVec *imports, Side *s)
{
	for (u32 i = 0; i < imports->n; i++) {
		ImportError *bad = NULL;
		LoadPkg *d = load_import(l, p, imports->p[i].path, imports->p[i].pos, &bad);
		if (bad && !s->err)
			s->err = bad;
		s->incomplete = s->incomplete || bad || d->incomplete;
		if (d == p)
			s->needs_test = true;
		else
			vec_push(l->arena, &s->deps, d);
		strmap_put(l->arena, &s->map, imports->p[i].path, d);
		vec_push(l->arena, &s->paths, d->import_path);
	}
}

static void load_side_embeds(Loader *l, LoadPkg *p, const EmbedRefVec *patterns, StrVec *files, Side *s, bool over)
{
	u32 bad = 0;
	Str why = l->no_embeds || !patterns->n ? S("") : load_embeds(l->arena, p->dir, patterns, files, &bad);
	if (!why.n)
		return;
	s->incomplete = true;
	if (s->err && !over)
		return;
	s->err = NEW(l->arena, ImportError);
	*s->err = (ImportError){.msg = why, .pos = load_short_pos(l->ctx, l->arena, patterns->p[bad].pos)};
	for (u32 i = 0; i < l->stack.n; i++)
		vec_push(l->arena, &s->err->stack, l->stack.p[i]);
}

static void take_error(LoadPkg *p, const ImportError *e)
{
	if (!e || p->err.n)
		return;
	p->err = e->msg;
	p->err_pos = e->pos;
	p->err_stack = e->stack;
	p->err_show_stack = e->show_stack;
	p->err_placed = true;
}

static void append_deps(Arena *a, LoadPkgVec *to, const LoadPkgVec *from)
{
	for (u32 i = 0; i < from->n; i++)
		vec_push(a, to, from->p[i]);
}

static LoadPkg *with_tests(Loader *l, LoadPkg *p, Side *s)
{
	Arena *a = l->arena;
	LoadPkg *t = NEW(a, LoadPkg);
	*t = *p;
	take_error(t, s->err);
	t->incomplete = p->incomplete || s->incomplete;
	t->for_test = p->import_path;
	t->force_library = true;
	t->is_main = false;
	t->build = NULL;
	t->go_files = t->embed_files = t->import_paths = (StrVec){0};
	t->imports = (ImportRefVec){0};
	t->embeds = (EmbedRefVec){0};
	t->deps = (LoadPkgVec){0};
	t->import_map = (StrMap){0};
	copy_strs(a, &t->go_files, &p->go_files);
	copy_strs(a, &t->go_files, &p->test_go);
	for (u32 i = 0; i < p->test_imports.n; i++)
		vec_push(a, &t->imports, p->test_imports.p[i]);
	for (u32 i = 0; i < p->imports.n; i++)
		vec_push(a, &t->imports, p->imports.p[i]);
	copy_strs(a, &t->import_paths, &s->paths);
	copy_strs(a, &t->import_paths, &p->import_paths);
	for (u32 i = 0; i < p->embeds.n; i++)
		vec_push(a, &t->embeds, p->embeds.p[i]);
	copy_strs(a, &t->embed_files, &p->embed_files);
	copy_strs(a, &t->embed_files, &p->test_embed_files);
	append_deps(a, &t->deps, &s->deps);
	append_deps(a, &t->deps, &p->deps);
	return t;
}

static LoadPkg *external(Loader *l, LoadPkg *p, LoadPkg *test, Side *s)
{
	Arena *a = l->arena;
	LoadPkg *x = NEW(a, LoadPkg);
	*x = (LoadPkg){.import_path = str_cat(a, p->import_path, S("_test")), .name = str_cat(a, p->name, S("_test")), .dir = p->dir, .root = p->root,
		.goroot = p->goroot, .standard = p->standard, .go_files = p->xtest_go, .imports = p->xtest_imports, .import_paths = s->paths,
		.embed_files = p->xtest_embed_files, .module = p->module, .go_version = p->go_version, .for_test = p->import_path, .is_xtest = true,
		.is_command_line = p->is_command_line, .incomplete = s->incomplete, .state = p->state};
	take_error(x, s->err);
	append_deps(a, &x->deps, &s->deps);
	if (s->needs_test)
		vec_push(a, &x->deps, test);
	return x;
}

static void add_path(Arena *a, StrVec *v, Str path)
{
	u32 at = v->n;
	for (u32 i = 0; i < v->n; i++)
		if (str_eq(v->p[i], path))
			return;
	vec_push(a, v, path);
	for (; at > 0 && str_cmp(v->p[at - 1], path) > 0; at--)
		v->p[at] = v->p[at - 1];
	v->p[at] = path;
}

static LoadPkg *main_package(Loader *l, LoadPkg *p, LoadPkg *test, LoadPkg *xtest)
{
	Arena *a = l->arena;
	LoadPkg *m = NEW(a, LoadPkg);
	*m = (LoadPkg){.import_path = str_cat(a, p->import_path, S(".test")), .name = S("main"), .dir = p->dir, .root = p->root, .is_main = true,
		.is_testmain = true, .module = p->module, .go_version = l->ctx->goversion, .state = p->state};
	vec_push(a, &m->go_files, S("_testmain.go"));
	m->directives = (StrVec){0};
	copy_strs(a, &m->directives, &p->directives);
	copy_strs(a, &m->directives, &p->test_directives);
	copy_strs(a, &m->directives, &p->xtest_directives);
	vec_push(a, &l->stack, (ImportStep){S("testmain"), 0});
	u32 n = LENGTH(main_deps) - !l->cover;
	for (u32 i = 0; i <= n; i++) {
		Str path = i < n ? str(main_deps[i]) : S("runtime");
		ImportError *bad = NULL;
		LoadPkg *d = str_eq(path, test->import_path) ? test : load_import(l, NULL, path, 0, &bad);
		vec_push(a, &m->deps, d);
		if (i < n)
			add_path(a, &m->import_paths, path);
	}
	l->stack.n--;
	if (test->go_files.n + test->cgo_files.n) {
		vec_push(a, &m->deps, test);
		add_path(a, &m->import_paths, test->import_path);
	}
	if (xtest) {
		vec_push(a, &m->deps, xtest);
		add_path(a, &m->import_paths, xtest->import_path);
	}
	for (u32 i = 0; i < m->import_paths.n; i++)
		vec_push(a, &m->imports, (ImportRef){m->import_paths.p[i], 0});
	for (u32 i = 0; i < m->deps.n; i++)
		m->incomplete = m->incomplete || m->deps.p[i]->incomplete;
	return m;
}

// Whatever main reaches and depends on the package under test gets a copy that depends on the one with tests.
static void recompile(Loader *l, LoadPkg *main, LoadPkg *p, LoadPkg *test, LoadPkg *xtest)
{
	Arena *a = l->arena;
	Map copies = {0};
	LoadPkgVec all = {0};
	map_put(a, &copies, PKEY(p), test);
	load_list(a, &main, 1, &all);
	for (u32 i = 0; i < all.n; i++) {
		LoadPkg *q = all.p[i];
		bool own = q == main || q == test || q == xtest, split = own;
		if (q == p)
			continue;
		for (u32 k = 0; k < q->deps.n; k++) {
			LoadPkg *copy = map_get(&copies, PKEY(q->deps.p[k]));
			if (!copy || copy == q->deps.p[k])
				continue;
			if (!split) {
				LoadPkg *n = NEW(a, LoadPkg);
				*n = *q;
				n->for_test = p->import_path;
				n->force_library = true;
				n->is_main = false;
				n->build = NULL;
				n->deps = (LoadPkgVec){0};
				append_deps(a, &n->deps, &q->deps);
				map_put(a, &copies, PKEY(q), n);
				q = n;
				split = true;
			}
			q->deps.p[k] = copy;
		}
	}
}

static Pos import_pos(const LoadPkg *p, Str path)
{
	for (u32 i = 0; i < p->import_paths.n && i < p->imports.n; i++)
		if (str_eq(p->import_paths.p[i], path))
			return p->imports.p[i].pos;
	return 0;
}

// A cycle that only the tests make: the shortest way from the package with tests back to it.
static void find_cycle(Loader *l, LoadPkg *test)
{
	Arena *a = l->arena;
	Map importer = {0};
	LoadPkgVec queue = {0};
	for (u32 i = 0; i < test->deps.n; i++) {
		map_put(a, &importer, PKEY(test->deps.p[i]), NULL);
		vec_push(a, &queue, test->deps.p[i]);
	}
	for (u32 at = 0; at < queue.n; at++) {
		LoadPkg *p = queue.p[at];
		if (p == test) {
			ImportStack back = {0};
			while (p) {
				LoadPkg *by = map_get(&importer, PKEY(p));
				vec_push(a, &back, (ImportStep){p->import_path, import_pos(by ? by : test, p->import_path)});
				p = by;
			}
			vec_push(a, &back, (ImportStep){test->import_path, 0});
			test->err_stack = (ImportStack){0};
			for (u32 i = back.n; i-- > 0;)
				vec_push(a, &test->err_stack, back.p[i]);
			test->err = S("import cycle not allowed in test");
			test->err_pos = S("");
			test->err_cycle = test->err_placed = test->incomplete = true;
			return;
		}
		for (u32 i = 0; i < p->deps.n; i++)
			if (!map_has(&importer, PKEY(p->deps.p[i]))) {
				map_put(a, &importer, PKEY(p->deps.p[i]), p);
				vec_push(a, &queue, p->deps.p[i]);
			}
	}
}

// By what imports are called in the text: each to the dependency of that meaning, whichever copy it is.
static void map_imports(Arena *a, LoadPkg *p)
{
	StrMap by_path = {0};
	for (u32 i = 0; i < p->deps.n; i++)
		strmap_put(a, &by_path, p->deps.p[i]->import_path, p->deps.p[i]);
	p->import_map = (StrMap){0};
	for (u32 i = 0; i < p->imports.n; i++)
		strmap_put(a, &p->import_map, p->imports.p[i].path, strmap_get(&by_path, p->import_paths.p[i]));
}

void load_tests(Loader *l, LoadPkg *p, bool variant, LoadTests *out)
{
	Arena *a = l->arena;
	Side in = {0}, ex = {0};
	vec_push(a, &l->stack, (ImportStep){str_cat(a, p->import_path, S(" (test)")), 0});
	load_side(l, p, &p->test_imports, &in);
	load_side_embeds(l, p, &p->test_embeds, &p->test_embed_files, &in, true);
	vec_last(&l->stack).path = str_cat(a, p->import_path, S("_test"));
	load_side(l, p, &p->xtest_imports, &ex);
	load_side_embeds(l, p, &p->xtest_embeds, &p->xtest_embed_files, &ex, false);
	l->stack.n--;
	if (in.needs_test)
		vec_push(a, &in.deps, p); // becomes a cycle
	out->test = p->test_go.n || p->is_main || variant ? with_tests(l, p, &in) : p;
	out->xtest = p->xtest_go.n ? external(l, p, out->test, &ex) : NULL;
	out->main = main_package(l, p, out->test, out->xtest);
	recompile(l, out->main, p, out->test, out->xtest);
	find_cycle(l, out->test);
	LoadPkgVec all = {0};
	load_list(a, &out->main, 1, &all);
	for (u32 i = 0; i < all.n; i++)
		if (all.p[i]->for_test.n || all.p[i]->is_testmain)
			map_imports(a, all.p[i]);
}

LoadPkg *load_tests_error(Arena *a, const LoadTests *t)
{
	LoadPkg *each[] = {t->test, t->xtest, t->main};
	for (u32 i = 0; i < LENGTH(each); i++) {
		if (!each[i])
			continue;
		if (each[i]->err.n)
			return each[i];
		if (!each[i]->incomplete)
			continue;
		LoadPkgVec all = {0};
		load_list(a, &each[i], 1, &all);
		for (u32 k = 0; k < all.n; k++)
			if (all.p[k]->err.n)
				return all.p[k];
		return NULL;
	}
	return NULL;
}

// ---- profiles -----------------------------------------------------------------------------------

static LoadPkg *split_profile(Loader *l, LoadPkg *p, const LoadPkg *main, Map *copies)
{
	LoadPkg *copy = map_get(copies, PKEY(p));
	if (copy)
		return copy;
	copy = p;
	if (p != main) {
		copy = NEW(l->arena, LoadPkg);
		*copy = *p;
		copy->for_main = main->import_path;
		copy->deps = (LoadPkgVec){0};
		append_deps(l->arena, &copy->deps, &p->deps);
	}
	map_put(l->arena, copies, PKEY(p), copy);
	for (u32 i = 0; i < copy->deps.n; i++)
		copy->deps.p[i] = split_profile(l, copy->deps.p[i], main, copies);
	map_imports(l->arena, copy);
	return copy;
}

void load_split_profiles(Loader *l, LoadPkg **roots, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		Map copies = {0};
		if (str_is(roots[i]->name, "main") && file_exists(path_join(l->arena, roots[i]->dir, S("default.pgo"))))
			split_profile(l, roots[i], roots[i], &copies);
	}
}
