// list.c: `go list`: shows packages, by import path, by -f template or as JSON. The fields are those of
// `go help list`.
#include "cmd/modcmd.h"
#include "cmd/value.h"
#include "load/facts.h"

#include <stdlib.h>

typedef struct ListCmd {
	BuildCmd c;
	Str format;
	bool deps, errors, export, find, test, modules, updates, versions, compiled, retracted;
	Str json_fields;
	bool json;
	Value *context;
} ListCmd;

static Value *imports_value(Arena *a, const ImportRefVec *v)
{
	Value *list = value_list(a);
	for (u32 i = 0; i < v->n; i++)
		value_append(a, list, value_str(a, v->p[i].path));
	return list;
}

static Value *patterns_value(Arena *a, const EmbedRefVec *v)
{
	Value *list = value_list(a);
	for (u32 i = 0; i < v->n; i++)
		value_append(a, list, value_str(a, v->p[i].pattern));
	return list;
}

static int by_path(const void *x, const void *y)
{
	return str_cmp((*(LoadPkg *const *)x)->import_path, (*(LoadPkg *const *)y)->import_path);
}

static void collect_deps(Arena *a, LoadPkg *p, Map *seen, LoadPkgVec *out)
{
	for (u32 i = 0; i < p->deps.n; i++) {
		LoadPkg *d = p->deps.p[i];
		if (map_has(seen, PKEY(d)))
			continue;
		map_put(a, seen, PKEY(d), d);
		vec_push(a, out, d);
		collect_deps(a, d, seen, out);
	}
}

static Value *error_value(Arena *a, LoadPkg *p)
{
	if (!p->err.n)
		return value_nil(a);
	Value *e = value_struct(a, "*load.PackageError");
	value_set(a, e, "ImportStack", value_list(a));
	value_set(a, e, "Pos", value_str(a, p->err_pos));
	value_set(a, e, "Err", value_str(a, p->err));
	e->fields.p[0].show_zero = e->fields.p[1].show_zero = e->fields.p[2].show_zero = true;
	e->text = p->err;
	return e;
}

static Value *package_value(ListCmd *l, LoadPkg *p, bool dep_only)
{
	Arena *a = l->c.arena;
	BuildPkg *b = p->build;
	Map seen = {0};
	LoadPkgVec all = {0}; // empty for -find
	collect_deps(a, p, &seen, &all);
	if (all.n)
		qsort(all.p, all.n, sizeof *all.p, by_path);
	Value *deps = value_list(a), *errors = value_list(a);
	for (u32 i = 0; i < all.n; i++) {
		value_append(a, deps, value_str(a, all.p[i]->import_path));
		if (all.p[i]->err.n)
			value_append(a, errors, error_value(a, all.p[i]));
	}
	Value *v = value_struct(a, "*load.PackagePublic");
#define SET(name, val) value_set(a, v, name, val)
	SET("Dir", value_str(a, p->dir));
	SET("ImportPath", value_str(a, p->import_path));
	SET("ImportComment", value_str(a, S("")));
	SET("Name", value_str(a, p->name));
	SET("Doc", value_str(a, p->doc));
	SET("Target", value_str(a, S("")));
	SET("Shlib", value_str(a, S("")));
	SET("Root", value_str(a, p->standard ? l->c.ctx.goroot : S("")));
	SET("ConflictDir", value_str(a, S("")));
	SET("ForTest", value_str(a, S("")));
	SET("Export", value_str(a, l->export && b ? b->file : S("")));
	SET("BuildID", value_str(a, S("")));
	SET("Module", module_value(a, p->module));
	SET("Match", value_list(a));
	SET("Goroot", value_bool(a, p->goroot));
	SET("Standard", value_bool(a, p->standard));
	SET("DepOnly", value_bool(a, dep_only));
	SET("BinaryOnly", value_bool(a, false));
	SET("Incomplete", value_bool(a, p->err.n || errors->list.n));
	SET("Stale", value_bool(a, b && !b->cached.n));
	SET("StaleReason", value_str(a, b && !b->cached.n ? S("not in build cache") : S("")));
	static const struct { const char *name; size_t at; } lists[] = {
		{"GoFiles", offsetof(LoadPkg, go_files)}, {"CgoFiles", offsetof(LoadPkg, cgo_files)},
		{"IgnoredGoFiles", offsetof(LoadPkg, ignored_go)}, {"IgnoredOtherFiles", offsetof(LoadPkg, ignored_other)},
		{"CFiles", offsetof(LoadPkg, c_files)}, {"CXXFiles", offsetof(LoadPkg, cxx_files)}, {"HFiles", offsetof(LoadPkg, h_files)},
		{"SFiles", offsetof(LoadPkg, s_files)}, {"SysoFiles", offsetof(LoadPkg, syso_files)},
	};
	for (u32 i = 0; i < LENGTH(lists); i++) {
		SET(lists[i].name, value_strs(a, (StrVec *)((char *)p + lists[i].at)));
		if (i == 1)
			SET("CompiledGoFiles", l->compiled || l->export ? value_strs(a, &p->go_files) : value_list(a));
	}
	SET("EmbedPatterns", patterns_value(a, &p->embeds));
	SET("Imports", imports_value(a, &p->imports));
	Value *map = value_map(a);
	for (u32 i = 0; i < p->imports.n; i++) {
		LoadPkg *d = strmap_get(&p->import_map, p->imports.p[i].path);
		if (d && !str_eq(d->import_path, p->imports.p[i].path))
			value_set(a, map, str_c(a, p->imports.p[i].path), value_str(a, d->import_path));
	}
	SET("ImportMap", map);
	SET("Deps", deps);
	SET("Error", error_value(a, p));
	SET("DepsErrors", errors);
	SET("TestGoFiles", value_strs(a, &p->test_go));
	SET("TestImports", imports_value(a, &p->test_imports));
	SET("TestEmbedPatterns", patterns_value(a, &p->test_embeds));
	SET("XTestGoFiles", value_strs(a, &p->xtest_go));
	SET("XTestImports", imports_value(a, &p->xtest_imports));
	SET("XTestEmbedPatterns", patterns_value(a, &p->xtest_embeds));
#undef SET
	for (u32 i = 0; i < v->fields.n; i++) // Dir and the like are shown where they are not empty; these always
		if (str_is(v->fields.p[i].name, "ImportPath"))
			v->fields.p[i].show_zero = true;
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
	if (str_is(name, "module"))
		*err = S("module function is not supported yet");
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

int cmd_list(int argc, char **argv)
{
	ListCmd *l = NEW(arena_new(), ListCmd);
	BuildCmd *c = &l->c;
	c->arena = arena_new();
	take_json(l, &argc, argv);
	const Flag own[] = {
		{"f", FLAG_STRING, &l->format}, {"deps", FLAG_BOOL, &l->deps}, {"e", FLAG_BOOL, &l->errors}, {"export", FLAG_BOOL, &l->export},
		{"find", FLAG_BOOL, &l->find}, {"test", FLAG_BOOL, &l->test}, {"m", FLAG_BOOL, &l->modules}, {"u", FLAG_BOOL, &l->updates},
		{"versions", FLAG_BOOL, &l->versions}, {"retracted", FLAG_BOOL, &l->retracted}, {"compiled", FLAG_BOOL, &l->compiled}, {NULL, 0, NULL},
	};
	int at = flags_parse(c->arena, "list [-f format] [-json] [-m] [list flags] [build flags] [packages]", argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (l->test)
		return cmd_error("list: -test is not supported yet");
	if (!l->modules && (l->updates || l->versions || l->retracted))
		return cmd_error("list %s can only be used with -m", l->updates ? "-u" : l->versions ? "-versions" : "-retracted");
	if (l->format.n && l->json)
		return cmd_error("list -f cannot be used with -json");
	int status = buildcmd_init(c);
	if (status)
		return status;
	c->ctx.tests = true;
	Str err;
	Template *t = NULL;
	TemplateFuncs funcs = {list_func, l};
	Str format = l->format.n ? l->format : S("{{.ImportPath}}");
	if (!l->json && !(t = template_parse(c->arena, S("main"), format, &funcs, &err)))
		return cmd_error(STR_FMT, STR_ARG(err));
	if (l->modules) {
		ListModules opt = {.updates = l->updates, .versions = l->versions, .retracted = l->retracted || l->updates, .json = l->json,
			.errors = l->errors, .format = l->format, .json_fields = l->json_fields};
		return list_modules(c, &opt, argv + at, argc - at);
	}
	u32 n;
	LoadPkg **roots = buildcmd_packages(c, argv + at, argc - at, &n);
	if (!n)
		return 1;
	c->own_errors = !l->export;
	bool ok = l->find || buildcmd_plan(c, roots, n) || l->errors;
	if (l->export && ok)
		ok = buildcmd_compile(c);
	if (!ok && l->export && !l->errors)
		return 1;
	bool bad = false; // a package was not shown for its errors
	LoadPkgVec show = {0};
	if (l->deps)
		show = c->loader.all;
	else
		for (u32 i = 0; i < n; i++)
			vec_push(c->arena, &show, roots[i]);
	Map named = {0};
	for (u32 i = 0; i < n; i++)
		map_put(c->arena, &named, PKEY(roots[i]), roots[i]);
	Buf out = {0};
	for (u32 i = 0; i < show.n; i++) {
		if (show.p[i]->err.n && !l->errors) {
			build_print_load_error(&c->build, show.p[i], stderr);
			bad = true;
			continue;
		}
		Value *v = package_value(l, show.p[i], !map_has(&named, PKEY(show.p[i])));
		if (l->json) {
			if (l->json_fields.n)
				keep_fields(v, l->json_fields);
			value_json(&out, v, 0);
			buf_u8(&out, '\n');
		} else {
			size_t before = out.n;
			if (!template_run(t, v, &out, &err)) {
				fwrite(out.p, 1, out.n, stdout);
				return cmd_error(STR_FMT, STR_ARG(err));
			}
			if (out.n > before && out.p[out.n - 1] != '\n')
				buf_u8(&out, '\n');
		}
	}
	fwrite(out.p, 1, out.n, stdout);
	facts_save(c->ctx.facts);
	return fflush(stdout) || bad ? 1 : 0;
}
