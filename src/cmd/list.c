// list.c: `go list`: shows packages, by import path, by -f template or as JSON. The fields are those of
// `go help list`.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "cmd/testmain.h"
#include "cmd/value.h"
#include "load/facts.h"

#include <stdlib.h>

typedef struct ListCmd {
	BuildCmd c;
	Str format;
	bool deps, errors, export, find, test, modules, updates, versions, compiled, retracted;
	Str json_fields, reuse;
	bool json;
	bool planned;           // the packages were planned, so that it is known which are stale
	LoadPkgVec show, all;   // all: with what those depend on; see collect_deps
	Map index;              // of all: LoadPkg * -> its place + 1
	BitSet *deps_of;        // by place in all
	Map test_main;          // LoadPkg * -> Str *: file with the source of a test's main package
	Value *context;
} ListCmd;

static Value *imports_value(ListCmd *l, LoadPkg *p, const ImportRefVec *v)
{
	StrVec paths = {0};
	for (u32 i = 0; i < v->n && !l->find; i++)
		vec_push(l->c.arena, &paths, load_resolve(&l->c.loader, v->p[i].path, p));
	strs_sort(&paths);
	strs_unique(&paths);
	return value_strs(l->c.arena, &paths);
}

static Value *patterns_value(Arena *a, const EmbedRefVec *v)
{
	Value *list = value_list(a);
	for (u32 i = 0; i < v->n; i++)
		value_append(a, list, value_str(a, v->p[i].pattern));
	return list;
}

// A variant of a package is shown with the test that it is for.
static Str shown_path(ListCmd *l, const LoadPkg *p)
{
	if (p->for_main.n)
		return str_fmt(l->c.arena, STR_FMT " [" STR_FMT "]", STR_ARG(p->import_path), STR_ARG(p->for_main));
	return l->test && p->for_test.n ? str_fmt(l->c.arena, STR_FMT " [" STR_FMT ".test]", STR_ARG(p->import_path), STR_ARG(p->for_test)) : p->import_path;
}

// What each package depends on, itself and through others. In the order of load_list: within a cycle a package has what
// was known of the others when it was reached, as official Go has it.
static void collect_deps(ListCmd *l)
{
	Arena *a = l->c.arena;
	if (l->deps)
		l->all = l->show; // is in that order
	else
		load_list(a, l->show.p, l->show.n, &l->all);
	l->deps_of = NEWN(a, BitSet, l->all.n);
	for (u32 i = 0; i < l->all.n; i++)
		map_put(a, &l->index, PKEY(l->all.p[i]), (void *)(uintptr_t)(i + 1));
	for (u32 i = 0; i < l->all.n; i++) {
		LoadPkg *p = l->all.p[i];
		l->deps_of[i] = bits_new(a, l->all.n);
		for (u32 k = 0; k < p->deps.n; k++) {
			u32 d = (u32)(uintptr_t)map_get(&l->index, PKEY(p->deps.p[k])) - 1;
			bits_add(l->deps_of[i], d);
			if (l->deps_of[d].w)
				bits_or(l->deps_of[i], l->deps_of[d]);
		}
	}
}

static Value *stack_value(ListCmd *l, const ImportStack *stack)
{
	Arena *a = l->c.arena;
	Value *list = value_list(a);
	for (u32 i = 0; i < stack->n; i++) {
		if (l->json) {
			value_append(a, list, value_str(a, stack->p[i].path));
			continue;
		}
		Value *step = value_struct(a, "load.ImportInfo");
		value_set(a, step, "Pkg", value_str(a, stack->p[i].path));
		Str pos = stack->p[i].pos ? pos_fmt(a, stack->p[i].pos) : S("");
		value_set(a, step, "Pos", pos.n ? value_str(a, pos) : value_nil(a));
		value_append(a, list, step);
	}
	return list;
}

static Value *error_value(ListCmd *l, LoadPkg *p)
{
	Arena *a = l->c.arena;
	if (!p->err.n)
		return value_nil(a);
	Value *e = value_struct(a, "*load.PackageError");
	value_set(a, e, "ImportStack", stack_value(l, &p->err_stack));
	value_set(a, e, "Pos", value_str(a, p->err_pos));
	value_set(a, e, "Err", value_str(a, p->err));
	for (u32 i = 0; i < e->fields.n; i++)
		e->fields.p[i].show_zero = true;
	e->text = load_error(a, p);
	return e;
}

static Str error_owner(const LoadPkg *p) { return p->err_stack.n ? vec_last(&p->err_stack).path : S(""); }

static int by_error(const void *x, const void *y)
{
	const LoadPkg *p = *(LoadPkg *const *)x, *q = *(LoadPkg *const *)y;
	if (!p->err_stack.n || !q->err_stack.n)
		return p->err_stack.n != q->err_stack.n ? (p->err_stack.n > q->err_stack.n) - (p->err_stack.n < q->err_stack.n) : str_cmp(p->err, q->err);
	return str_cmp(error_owner(p), error_owner(q));
}

static bool wants(const ListCmd *l, const char *field)
{
	if (!l->json)
		return !l->format.n || str_find(l->format, field) >= 0 || str_find(l->format, "{{.}}") >= 0 || str_find(l->format, "%") >= 0;
	for (Str rest = l->json_fields, name; str_next(&rest, ',', &name);)
		if (str_is(name, field))
			return true;
	return !l->json_fields.n;
}

static void set_deps(ListCmd *l, Value *v, LoadPkg *p, bool errors)
{
	Arena *a = l->c.arena;
	LoadPkgVec failed = {0};
	StrVec paths = {0};
	Value *list = value_list(a);
	bool wanted = wants(l, errors ? "DepsErrors" : "Deps");
	if (wanted && !l->deps_of)
		collect_deps(l);
	if (wanted)
		bits_each(l->deps_of[(uintptr_t)map_get(&l->index, PKEY(p)) - 1], i) {
			LoadPkg *d = l->all.p[i];
			if (errors && d->err.n)
				vec_push(a, &failed, d);
			else if (!errors)
				vec_push(a, &paths, shown_path(l, d));
		}
	if (!errors) {
		strs_sort(&paths);
		strs_unique(&paths);
		value_set(a, v, "Deps", value_strs(a, &paths));
		return;
	}
	if (failed.n)
		qsort(failed.p, failed.n, sizeof *failed.p, by_error);
	for (u32 i = 0; i < failed.n; i++)
		value_append(a, list, error_value(l, failed.p[i]));
	value_set(a, v, "DepsErrors", list);
}

// What the imports mean: as shown, and where that differs from what is written.
static void set_imports(ListCmd *l, Value *v, LoadPkg *p)
{
	Arena *a = l->c.arena;
	Value *list = value_list(a), *map = value_map(a);
	for (u32 i = 0; i < p->import_paths.n; i++) {
		Str path = p->import_paths.p[i];
		for (u32 k = 0; k < p->deps.n; k++)
			if ((p->deps.p[k]->for_test.n || p->deps.p[k]->for_main.n) && str_eq(p->deps.p[k]->import_path, path)) {
				path = shown_path(l, p->deps.p[k]);
				break;
			}
		value_append(a, list, value_str(a, path));
		if (!str_eq(path, p->imports.p[i].path) && !value_field(map, p->imports.p[i].path))
			value_set(a, map, str_c(a, p->imports.p[i].path), value_str(a, path));
	}
	value_set(a, v, "Imports", list);
	value_set(a, v, "ImportMap", map);
}

// Whether a build would do anything for the package, and why, in words for `.StaleReason`.
static Str stale_reason(ListCmd *l, LoadPkg *p)
{
	BuildPkg *b = p->build;
	if (!l->planned || !b || b->cached.n || str_is(p->import_path, "unsafe") || !(p->go_files.n + p->cgo_files.n))
		return S("");
	if (l->c.all)
		return S("build -a flag in use");
	Str reason = S("build ID mismatch");
	for (u32 i = 0; i < p->deps.n; i++) {
		BuildPkg *d = p->deps.p[i]->build;
		if (!d || !d->stale_reason.n)
			continue;
		if (str_has_prefix(d->stale_reason, "stale dependency: "))
			return d->stale_reason; // the first cause is shown rather than what is between
		if (str_is(reason, "build ID mismatch"))
			reason = str_cat(l->c.arena, S("stale dependency: "), p->deps.p[i]->import_path);
	}
	return reason;
}

static Value *package_value(ListCmd *l, LoadPkg *p, bool dep_only)
{
	Arena *a = l->c.arena;
	BuildPkg *b = p->build;
	Value *v = value_struct(a, "*load.PackagePublic");
	Str *main_file = map_get(&l->test_main, PKEY(p));
	StrVec go_files = p->go_files;
	if (main_file) {
		go_files = (StrVec){0};
		vec_push(a, &go_files, *main_file);
	}
#define SET(name, val) value_set(a, v, name, val)
	SET("Dir", value_str(a, p->dir));
	SET("ImportPath", value_str(a, shown_path(l, p)));
	SET("ImportComment", value_str(a, p->import_comment));
	SET("Name", value_str(a, p->name));
	SET("Doc", value_str(a, p->doc));
	SET("Target", value_str(a, p->for_test.n || p->is_testmain ? S("") : buildcmd_target(&l->c, p)));
	SET("Shlib", value_str(a, S("")));
	SET("Root", value_str(a, p->root));
	SET("ConflictDir", value_str(a, p->conflict_dir));
	SET("ForTest", value_str(a, p->for_test));
	SET("Export", value_str(a, l->export && b ? b->gc_file : S("")));
	SET("BuildID", value_str(a, S("")));
	Module *module = p->is_command_line ? NULL : p->module;
	SET("Module", l->retracted ? module_value_retracted(&l->c.mods, module) : module_value(a, module));
	SET("Match", value_strs(a, &p->match));
	SET("Goroot", value_bool(a, p->goroot));
	SET("Standard", value_bool(a, p->standard && !p->is_xtest));
	SET("DepOnly", value_bool(a, dep_only));
	SET("BinaryOnly", value_bool(a, false));
	SET("Incomplete", value_bool(a, p->incomplete));
	SET("DefaultGODEBUG", value_str(a, mods_default_godebug(&l->c.mods, p)));
	Str reason = b ? b->stale_reason : S("");
	SET("Stale", value_bool(a, reason.n > 0));
	SET("StaleReason", value_str(a, reason));
	static const struct { const char *name; size_t at; } lists[] = {
		{"IgnoredGoFiles", offsetof(LoadPkg, ignored_go)}, {"InvalidGoFiles", offsetof(LoadPkg, invalid_go)},
		{"IgnoredOtherFiles", offsetof(LoadPkg, ignored_other)}, {"CFiles", offsetof(LoadPkg, c_files)}, {"CXXFiles", offsetof(LoadPkg, cxx_files)},
		{"MFiles", offsetof(LoadPkg, m_files)}, {"HFiles", offsetof(LoadPkg, h_files)}, {"FFiles", offsetof(LoadPkg, f_files)},
		{"SFiles", offsetof(LoadPkg, s_files)}, {"SwigFiles", offsetof(LoadPkg, swig_files)}, {"SwigCXXFiles", offsetof(LoadPkg, swigcxx_files)},
		{"SysoFiles", offsetof(LoadPkg, syso_files)},
	};
	SET("GoFiles", value_strs(a, &go_files));
	SET("CgoFiles", value_strs(a, &p->cgo_files));
	SET("CompiledGoFiles", l->compiled && !p->err.n ? value_strs(a, &go_files) : value_list(a));
	for (u32 i = 0; i < LENGTH(lists); i++)
		SET(lists[i].name, value_strs(a, (StrVec *)((char *)p + lists[i].at)));
	SET("EmbedPatterns", patterns_value(a, &p->embeds));
	SET("EmbedFiles", value_strs(a, &p->embed_files));
	static const char *const cgo[] = {"CgoCFLAGS", "CgoCPPFLAGS", "CgoCXXFLAGS", "CgoFFLAGS", "CgoLDFLAGS", "CgoPkgConfig"};
	for (u32 i = 0; i < LENGTH(cgo); i++)
		SET(cgo[i], value_list(a));
	set_imports(l, v, p);
	set_deps(l, v, p, false);
	SET("Error", error_value(l, p));
	set_deps(l, v, p, true);
	bool own = !p->is_testmain && !p->is_xtest;
	SET("TestGoFiles", own ? value_strs(a, &p->test_go) : value_list(a));
	SET("TestImports", imports_value(l, p, &p->test_imports));
	SET("TestEmbedPatterns", patterns_value(a, &p->test_embeds));
	SET("TestEmbedFiles", value_strs(a, &p->test_embed_files));
	SET("XTestGoFiles", value_strs(a, &p->xtest_go));
	SET("XTestImports", imports_value(l, p, &p->xtest_imports));
	SET("XTestEmbedPatterns", patterns_value(a, &p->xtest_embeds));
	SET("XTestEmbedFiles", value_strs(a, &p->xtest_embed_files));
#undef SET
	return v;
}

static Value *context_value(ListCmd *l)
{
	Arena *a = l->c.arena;
	BuildContext *c = &l->c.ctx;
	Value *v = value_struct(a, "*load.Context");
	value_set(a, v, "GOARCH", value_str(a, c->goarch));
	value_set(a, v, "GOOS", value_str(a, c->goos));
	value_set(a, v, "GOROOT", value_str(a, c->goroot));
	value_set(a, v, "GOPATH", value_str(a, env_get(c->env, "GOPATH")));
	value_set(a, v, "CgoEnabled", value_bool(a, c->cgo));
	value_set(a, v, "UseAllFiles", value_bool(a, false));
	value_set(a, v, "Compiler", value_str(a, c->compiler));
	value_set(a, v, "BuildTags", value_strs(a, &l->c.ctx.tags));
	StrVec releases = {0};
	for (int i = 1; i <= 27; i++)
		vec_push(a, &releases, str_fmt(a, "go1.%d", i));
	value_set(a, v, "ToolTags", value_strs(a, &c->tool_tags));
	value_set(a, v, "ReleaseTags", value_strs(a, &releases));
	value_set(a, v, "InstallSuffix", value_str(a, c->install_suffix));
	return v;
}

// join, context, module.
static Value *list_func(void *ctx, Str name, Value **args, u32 n, Str *err)
{
	ListCmd *l = ctx;
	Arena *a = l->c.arena;
	if (str_is(name, "context"))
		return l->context ? l->context : (l->context = context_value(l));
	if (str_is(name, "join")) {
		if (n != 2 || args[0]->kind != V_LIST || args[1]->kind != V_STR) {
			*err = S("wrong type or number of arguments");
			return NULL;
		}
		Buf b = {0};
		for (u32 i = 0; i < args[0]->list.n; i++) {
			if (i)
				buf_str(&b, args[1]->s);
			if (args[0]->list.p[i]->kind == V_STR)
				buf_str(&b, args[0]->list.p[i]->s);
		}
		Value *v = value_str(a, str_dup(a, buf_view(&b)));
		buf_free(&b);
		return v;
	}
	if (str_is(name, "module")) {
		if (n != 1 || args[0]->kind != V_STR)
			*err = S("wrong type or number of arguments");
		else
			return module_value(a, strmap_get(&l->c.mods.by_path, args[0]->s));
	}
	return NULL;
}

static void keep_fields(Value *v, Str names)
{
	u32 n = 0;
	for (u32 i = 0; i < v->fields.n; i++) {
		Str rest = names;
		bool keep = false;
		while (rest.n && !keep) {
			int comma = str_index(rest, ',');
			keep = str_eq(comma >= 0 ? str_sub(rest, 0, (u32)comma) : rest, v->fields.p[i].name);
			rest = comma >= 0 ? str_from(rest, (u32)comma + 1) : S("");
		}
		if (keep)
			v->fields.p[n++] = v->fields.p[i];
	}
	v->fields.n = n;
}

// -json and -json=Field,Field: a flag with an optional value, which flags_parse does not know.
static void take_json(ListCmd *l, int *argc, char **argv)
{
	int n = 1;
	for (int i = 1; i < *argc; i++) {
		Str arg = str(argv[i]);
		if (str_has_prefix(arg, "--"))
			arg = str_from(arg, 1);
		if (str_is(arg, "-json") || str_has_prefix(arg, "-json=")) {
			l->json = !str_is(arg, "-json=false");
			if (arg.n > 6 && !str_is(arg, "-json=true"))
				l->json_fields = str_from(arg, 6);
		} else {
			argv[n++] = argv[i];
		}
	}
	argv[*argc = n] = NULL;
}

// ---- the command --------------------------------------------------------------------------------

// Flags that do not go together: what to say, NULL if they do.
static const char *flags_clash(const ListCmd *l)
{
	if (l->format.n && l->json)
		return "-f cannot be used with -json";
	if (l->reuse.n && !l->modules)
		return "-reuse cannot be used without -m";
	if (l->modules)
		return l->compiled ? "-compiled cannot be used with -m" : l->deps ? "-deps cannot be used with -m" : l->export ? "-export cannot be used with -m"
			: l->find ? "-find cannot be used with -m" : l->test ? "-test cannot be used with -m" : NULL;
	if (l->updates)
		return "-u can only be used with -m";
	if (l->versions)
		return "-versions can only be used with -m";
	if (l->find)
		return l->deps ? "-deps cannot be used with -find" : l->test ? "-test cannot be used with -find" : l->export ? "-export cannot be used with -find" : NULL;
	return NULL;
}

static bool print_error(ListCmd *l, const LoadPkg *p)
{
	if (p->err.n)
		fprintf(stderr, STR_FMT "\n", STR_ARG(load_error(l->c.arena, p)));
	return p->err.n > 0;
}

// The source of a test's main package, kept in the build cache. What is wrong with the tests becomes main's error.
static bool write_test_main(ListCmd *l, Cache *cache, LoadPkg *p, LoadPkg *main)
{
	Arena *a = l->c.arena;
	Buf text = {0};
	bool import_test, import_xtest;
	Pos at = 0;
	Str why = S(""), *file = NEW(a, Str);
	if (!testmain_generate(a, p, p->module ? p->module->path : S(""), NULL, &text, &import_test, &import_xtest, &why, &at) && !main->err.n) {
		main->err = why;
		main->err_pos = load_short_pos(&l->c.ctx, a, at);
		if (at)
			vec_push(a, &main->err_stack, (ImportStep){p->import_path, 0});
		main->err_placed = main->incomplete = true;
	}
	ActionId id;
	Sha256 h;
	sha256_init(&h);
	sha256_add(&h, "testmain\n", 9);
	sha256_add(&h, text.p, text.n);
	sha256_end(&h, id.b);
	Err e = cache_put(cache, &id, text.p, text.n, 0666, file);
	vec_push(a, &main->texts, str_dup(a, buf_view(&text)));
	buf_free(&text);
	if (failed(e)) {
		fprintf(stderr, STR_FMT "\n", STR_ARG(e.msg));
		return false;
	}
	map_put(a, &l->test_main, PKEY(main), file);
	return true;
}

// Adds the packages of the test binaries behind those that are tested. False after a message.
static bool add_tests(ListCmd *l, LoadPkgVec *roots)
{
	Arena *a = l->c.arena;
	Cache *cache = cache_open(a, env_get(l->c.env, "GOCACHE"));
	u32 n = roots->n;
	for (u32 i = 0; i < n; i++) {
		LoadPkg *p = roots->p[i];
		if (!(p->test_go.n + p->xtest_go.n))
			continue;
		LoadTests t;
		load_tests(&l->c.loader, p, false, &t);
		if (!write_test_main(l, cache, p, t.main))
			return false;
		LoadPkg *bad = l->errors ? NULL : load_tests_error(a, &t);
		if (bad)
			return cmd_plain_error("go: can't load test package: " STR_FMT, STR_ARG(load_error(a, bad))), false;
		vec_push(a, roots, t.main);
		if (t.test != p)
			vec_push(a, roots, t.test);
		if (t.xtest)
			vec_push(a, roots, t.xtest);
	}
	return true;
}

static bool build_packages_shown(ListCmd *l, LoadPkgVec *all)
{
	BuildCmd *c = &l->c;
	c->own_errors = true;
	c->loader.all.n = 0;
	load_list(c->arena, all->p, all->n, &c->loader.all); // with the variants for tests
	l->planned = buildcmd_plan(c, all->p, all->n) || l->errors;
	if (!l->planned)
		return true; // the errors are shown with the packages
	for (u32 i = 0; i < c->build.n; i++) {
		BuildPkg *b = &c->build.pkgs[i];
		if (!c->all)
			cache_get(c->build.cache, &b->action, &b->cached, &b->file);
		b->stale_reason = stale_reason(l, b->load);
	}
	if (!l->export)
		return true;
	FILE *errors = l->errors ? fopen("/dev/null", "w") : NULL; // they are shown with the packages
	c->errors = errors;
	bool ok = buildcmd_exports(c);
	if (errors)
		fclose(errors);
	c->errors = NULL;
	for (u32 i = 0; i < c->build.n && l->errors; i++) {
		LoadPkg *p = c->build.pkgs[i].load;
		Str text = build_error_text(&c->build, &c->build.pkgs[i]);
		if (!text.n || p->err.n)
			continue;
		p->err = text;
		p->err_placed = p->incomplete = true;
	}
	return ok || l->errors;
}

static int list_packages(ListCmd *l, Template *t, char **args, int nargs)
{
	BuildCmd *c = &l->c;
	Arena *a = c->arena;
	u32 n;
	c->loader.no_imports = l->find;
	c->loader.no_embeds = l->json && !l->export && !wants(l, "EmbedFiles") && !wants(l, "TestEmbedFiles") && !wants(l, "XTestEmbedFiles");
	c->goes_on = l->errors;
	LoadPkg **named = buildcmd_packages(c, args, nargs, &n);
	if (!named && !n)
		return 1;
	load_graph(&c->loader, named, n);
	if (!l->find && (!l->json || l->export || wants(l, "Stale") || wants(l, "StaleReason")))
		buildcmd_stamp(c, named, n);
	LoadPkgVec roots = {0};
	if (n > 1 && (!c->pgo.n || str_is(c->pgo, "auto")))
		load_split_profiles(&c->loader, named, n);
	bool bad = false; // an error was printed
	for (u32 i = 0; i < n; i++) {
		if (!l->errors && print_error(l, named[i]))
			bad = true;
		else
			vec_push(a, &roots, named[i]);
	}
	if (bad || (l->test && !add_tests(l, &roots)))
		return 1;
	l->show = roots;
	if (l->deps) {
		l->show = (LoadPkgVec){0};
		load_list(a, roots.p, roots.n, &l->show);
		for (u32 i = 0; i < l->show.n && !l->errors; i++)
			bad = print_error(l, l->show.p[i]) || bad;
	}
	bool renamed = l->test || (n > 1 && (!c->pgo.n || str_is(c->pgo, "auto")));
	if (renamed && !l->deps && !l->errors) { // official Go looks at them all to show variants
		LoadPkgVec all = {0};
		load_list(a, roots.p, roots.n, &all);
		for (u32 i = 0; i < all.n; i++)
			bad = print_error(l, all.p[i]) || bad;
	}
	bool stale = l->json ? wants(l, "Stale") || wants(l, "StaleReason") : str_find(l->format, ".Stale") >= 0;
	if ((stale || l->export || l->compiled) && !build_packages_shown(l, &l->show))
		bad = true;
	Map is_root = {0};
	for (u32 i = 0; i < roots.n; i++)
		map_put(a, &is_root, PKEY(roots.p[i]), roots.p[i]);
	Buf out = {0};
	Str err;
	bool paths_only = !l->json && !l->format.n; // no need to find out what is not shown
	for (u32 i = 0; i < l->show.n; i++) {
		if (paths_only) {
			buf_str(&out, shown_path(l, l->show.p[i]));
			buf_u8(&out, '\n');
			continue;
		}
		Value *v = package_value(l, l->show.p[i], !map_has(&is_root, PKEY(l->show.p[i])));
		if (l->json) {
			if (l->json_fields.n)
				keep_fields(v, l->json_fields);
			value_json(&out, v, 0);
			buf_u8(&out, '\n');
			continue;
		}
		size_t before = out.n;
		if (!template_run(t, v, &out, &err)) {
			fwrite(out.p, 1, out.n, stdout);
			return cmd_plain_error(STR_FMT, STR_ARG(err));
		}
		if (out.n > before && out.p[out.n - 1] != '\n')
			buf_u8(&out, '\n');
	}
	fwrite(out.p, 1, out.n, stdout);
	facts_save(c->ctx.facts);
	return fflush(stdout) || bad ? 1 : 0;
}

int cmd_list(int argc, char **argv)
{
	ListCmd *l = NEW(arena_new(), ListCmd);
	l->c.auto_vcs = true;
	BuildCmd *c = &l->c;
	c->arena = arena_new();
	take_json(l, &argc, argv);
	const Flag own[] = {
		{"f", FLAG_STRING, &l->format}, {"deps", FLAG_BOOL, &l->deps}, {"e", FLAG_BOOL, &l->errors}, {"export", FLAG_BOOL, &l->export},
		{"find", FLAG_BOOL, &l->find}, {"test", FLAG_BOOL, &l->test}, {"m", FLAG_BOOL, &l->modules}, {"u", FLAG_BOOL, &l->updates},
		{"versions", FLAG_BOOL, &l->versions}, {"retracted", FLAG_BOOL, &l->retracted}, {"compiled", FLAG_BOOL, &l->compiled}, {"reuse", FLAG_STRING, &l->reuse}, {NULL, 0, NULL},
	};
	int at = flags_parse(c->arena, help_usage("list"), argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	for (int i = at; i < argc; i++)
		if (!*argv[i])
			return cmd_error("invalid package: \"\"");
	const char *clash = flags_clash(l);
	if (clash)
		return cmd_plain_error("go list %s", clash);
	int status = buildcmd_init(c);
	if (status)
		return status;
	c->ctx.tests = true;
	Str err;
	Template *t = NULL;
	TemplateFuncs funcs = {list_func, l};
	Str format = l->format.n ? l->format : S("{{.ImportPath}}");
	if (!l->json && !(t = template_parse(c->arena, S("main"), format, &funcs, &err)))
		return cmd_plain_error(STR_FMT, STR_ARG(err));
	if (l->retracted && (c->mods.vendor || c->mods.mode == MODE_GOPATH))
		return cmd_plain_error("go list -retracted %s", c->mods.vendor ? "cannot be used when vendoring is enabled"
			: "can only be used in module-aware mode");
	if (l->modules) {
		ListModules opt = {.funcs = &funcs, .updates = l->updates, .versions = l->versions, .retracted = l->retracted || l->updates, .json = l->json,
			.errors = l->errors, .format = l->format, .json_fields = l->json_fields};
		return list_modules(c, &opt, argv + at, argc - at);
	}
	return list_packages(l, t, argv + at, argc - at);
}
