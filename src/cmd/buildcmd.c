// buildcmd.c: see buildcmd.h.
#include "base/overlay.h"
#include "cmd/buildcmd.h"
#include "cmd/overlay.h"
#include "cmd/test.h"
#include "load/facts.h"
#include "mod/stamp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const Flag *buildcmd_flags(BuildCmd *c, Arena *a)
{
	const Flag table[] = {
		{"a", FLAG_BOOL, &c->all}, {"n", FLAG_BOOL, &c->show_only}, {"v", FLAG_BOOL, &c->verbose}, {"x", FLAG_BOOL, &c->show},
		{"work", FLAG_BOOL, &c->work}, {"trimpath", FLAG_BOOL, &c->trimpath}, {"race", FLAG_BOOL, &c->race},
		{"msan", FLAG_BOOL, &c->msan}, {"asan", FLAG_BOOL, &c->asan}, {"p", FLAG_INT, &c->jobs}, {"json", FLAG_BOOL, &c->json},
		{"gcflags", FLAG_PACKAGES, &c->gcflags}, {"ldflags", FLAG_PACKAGES, &c->ldflags}, {"asmflags", FLAG_PACKAGES, &c->asmflags},
		{"tags", FLAG_STRING, &c->tag_text}, {"d", FLAG_COMMAS, &c->debug}, {"mod", FLAG_STRING, &c->mod},
		{"modfile", FLAG_STRING, &c->modfile}, {"overlay", FLAG_STRING, &c->overlay}, {"buildmode", FLAG_STRING, &c->buildmode},
		{"compiler", FLAG_STRING, &c->compiler}, {"pkgdir", FLAG_STRING, &c->pkgdir},
		{"installsuffix", FLAG_STRING, &c->installsuffix}, {"buildvcs", FLAG_AUTO, &c->buildvcs}, {"pgo", FLAG_STRING, &c->pgo},
		{"toolexec", FLAG_STRING, &c->toolexec}, {"modcacherw", FLAG_BOOL, &c->modcacherw},
		{"gccgoflags", FLAG_PACKAGES, &c->gccgoflags}, {"linkshared", FLAG_BOOL, &c->linkshared}, {NULL, 0, NULL},
	};
	c->jobs = JOBS_BY_DEFAULT;
	Flag *f = arena_alloc(a, sizeof table);
	memcpy(f, table, sizeof table);
	return f;
}

static int usage_error(const char *text)
{
	fprintf(stderr, "go: %s\n", text);
	return 2;
}

// Entries of GOPATH that mean another directory in each working directory are refused; empty ones are passed over.
static int check_gopath(BuildCmd *c)
{
	Str rest = env_get(c->env, "GOPATH");
	for (Str one; str_next(&rest, ':', &one);) {
		if (!one.n || one.p[0] == '/')
			continue;
		const char *quoted = go_quote(c->arena, one).p;
		fprintf(stderr, one.p[0] == '~' ? "go: GOPATH entry cannot start with shell metacharacter '~': %s\n"
			: "go: GOPATH entry is relative; must be absolute path: %s.\nFor more details see: 'go help gopath'\n", quoted);
		return 2;
	}
	return 0;
}

// -race, -msan, -asan: at most one, and with cgo.
static int check_instruments(BuildCmd *c)
{
	if (!c->race && !c->msan && !c->asan)
		return 0;
	if (c->race && c->msan)
		return usage_error("may not use -race and -msan simultaneously");
	if (c->race && c->asan)
		return usage_error("may not use -race and -asan simultaneously");
	if (c->msan && c->asan)
		return usage_error("may not use -msan and -asan simultaneously");
	static const char *const ports[][12] = { // internal/platform
		{"darwin/amd64", "darwin/arm64", "freebsd/amd64", "linux/amd64", "linux/arm64", "linux/loong64", "linux/ppc64le", "linux/s390x",
			"netbsd/amd64", "windows/amd64"},
		{"freebsd/amd64", "linux/amd64", "linux/arm64", "linux/loong64"},
		{"linux/amd64", "linux/arm64", "linux/loong64", "linux/ppc64le", "linux/riscv64"},
	};
	Str port = str_fmt(c->arena, STR_FMT "/" STR_FMT, STR_ARG(env_get(c->env, "GOOS")), STR_ARG(env_get(c->env, "GOARCH")));
	bool there = false;
	for (u32 i = 0; i < LENGTH(ports[0]); i++) {
		const char *p = ports[c->race ? 0 : c->msan ? 1 : 2][i];
		there = there || (p && str_is(port, p));
	}
	const char *flag = c->race ? "-race" : c->msan ? "-msan" : "-asan";
	if (!there)
		return cmd_plain_error("%s is not supported on " STR_FMT, flag, STR_ARG(port)), 2;
	if (!str_is(env_get(c->env, "CGO_ENABLED"), "1")) {
		fprintf(stderr, "go: %s requires cgo; enable cgo by setting CGO_ENABLED=1\n", flag);
		return 2;
	}
	return cmd_error("%s is not supported yet", flag);
}

// -buildmode: what is made, and of which packages. For the others a C toolchain links, or they are still to come.
static int check_buildmode(BuildCmd *c)
{
	static const struct { const char *name; bool made, external; } modes[] = {
		{"default", true, false}, {"exe", true, false}, {"archive", true, false}, {"pie", false, false}, {"c-archive", false, true},
		{"c-shared", false, true}, {"shared", false, true}, {"plugin", false, true},
	};
	for (u32 i = 0; i < LENGTH(modes) && c->buildmode.n; i++) {
		if (!str_is(c->buildmode, modes[i].name))
			continue;
		if (modes[i].external && !str_is(env_get(c->env, "CGO_ENABLED"), "1"))
			return cmd_plain_error("-buildmode=%s requires external (cgo) linking, but cgo is not enabled", modes[i].name);
		return modes[i].made ? 0 : cmd_error("-buildmode=%s is not supported yet", modes[i].name);
	}
	return c->buildmode.n ? cmd_plain_error("buildmode=" STR_FMT " not supported", STR_ARG(c->buildmode)) : 0;
}

static int check_mod_flags(BuildCmd *c)
{
	if (c->mod.n && !str_is(c->mod, "readonly") && !str_is(c->mod, "vendor") && !str_is(c->mod, "mod"))
		return cmd_plain_error("-mod=" STR_FMT " not supported (can be '', 'mod', 'readonly', or 'vendor')", STR_ARG(c->mod));
	if (!str_is(env_get(c->env, "GO111MODULE"), "off"))
		return 0;
	if (c->mod.n && !flags_in_goflags(c->arena, "mod"))
		return cmd_plain_error("build flag -mod=" STR_FMT " only valid when using modules", STR_ARG(c->mod));
	if (c->modcacherw && !flags_in_goflags(c->arena, "modcacherw"))
		return cmd_plain_error("build flag -modcacherw only valid when using modules");
	if (c->modfile.n && !flags_in_goflags(c->arena, "mod"))
		return cmd_plain_error("build flag -modfile only valid when using modules");
	return 0;
}

int buildcmd_begin(BuildCmd *c, const char *usage, const Flag *own, int argc, char **argv)
{
	static const Flag none[] = {{NULL, 0, NULL}};
	int at = flags_parse(c->arena, usage, argc, argv, (const Flag *const[]){own ? own : none, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	c->name = argv[0];
	c->args = argv + at;
	c->nargs = argc - at;
	return buildcmd_init(c);
}

bool buildcmd_need_cache(BuildCmd *c)
{
	Str dir = env_get(c->env, "GOCACHE");
	if (!dir.n)
		return !cmd_plain_error("build cache is required, but could not be located: GOCACHE is not defined and neither $XDG_CACHE_HOME "
			"nor $HOME are defined");
	if (str_is(dir, "off"))
		return !cmd_plain_error("build cache is disabled by GOCACHE=off, but required as of Go 1.12");
	if (dir.p[0] != '/')
		return !cmd_plain_error("build cache is required, but could not be located: GOCACHE is not an absolute path");
	Err e = dir_make_all(c->arena, dir);
	if (failed(e))
		return !cmd_plain_error("failed to initialize build cache at " STR_FMT ": " STR_FMT, STR_ARG(dir), STR_ARG(e.msg));
	return true;
}

// _obj beside the main module's go.mod, once `go build -i` made it, takes the place of $GOCACHE in the project: archives,
// executables and what is known of files lie there, and go with it when it is removed. A directory of that name which
// is somebody else's is left alone. False after a message.
static bool use_project_cache(BuildCmd *c)
{
	static const char mark[] = "Results of `go build -i`, used by all builds of this project. To do without them remove this directory.\n";
	if (!c->mods.root.n || c->mods.std) {
		if (c->keep_here)
			cmd_error("-i keeps results in a module's directory: there is no go.mod");
		return !c->keep_here;
	}
	Str dir = path_join(c->arena, c->mods.root, S("_obj")), readme = path_join(c->arena, dir, S("README"));
	bool ours = file_exists(readme);
	if (!ours && !c->keep_here)
		return true;
	if (!ours && file_exists(dir)) {
		cmd_error(STR_FMT " was not made by go build -i: it is left as it is", STR_ARG(dir));
		return false;
	}
	Err e = ours ? OK : dir_make_all(c->arena, dir);
	if (!ours && !failed(e))
		e = file_write(c->arena, readme, mark, sizeof mark - 1, 0666);
	if (failed(e)) {
		cmd_error(STR_FMT, STR_ARG(e.msg));
		return false;
	}
	env_set(c->env, "GOCACHE", dir);
	c->ctx.facts = facts_open(c->arena, dir, FACTS_FILE);
	return true;
}

int buildcmd_init(BuildCmd *c)
{
	c->env = env_new(c->arena);
	if (c->jobs <= 0 && c->jobs != JOBS_BY_DEFAULT)
		return cmd_error("-p must be a positive integer: %d", c->jobs);
	Str tags = c->tag_text;
	if (str_index(tags, ',') >= 0 && str_index(tags, ' ') >= 0) {
		cmd_error("-tags space-separated list contains comma");
		return 2;
	}
	if (!env_known_fips(env_get(c->env, "GOFIPS140")) && env_get(c->env, "GOFIPS140").n)
		return cmd_error("invalid GOFIPS140: must be off, latest, inprocess, certified, or v1.Y.Z"), 2;
	int wrong = check_gopath(c);
	if (!wrong)
		wrong = check_instruments(c);
	if (!wrong)
		wrong = check_buildmode(c);
	if (!wrong)
		wrong = check_mod_flags(c);
	if (wrong)
		return wrong;
	if (c->pgo.n && !str_is(c->pgo, "off") && !str_is(c->pgo, "auto") && !file_exists(c->pgo))
		return cmd_plain_error("open " STR_FMT ": no such file or directory", STR_ARG(c->pgo));
	Err e = c->overlay.n ? overlay_read(c->arena, c->overlay) : OK;
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	Str cache = env_get(c->env, "GOMODCACHE"), within = overlay_touches(cache);
	if (within.n)
		return cmd_error("overlay contains a replacement for " STR_FMT ". Files beneath GOMODCACHE (" STR_FMT ") must not be replaced.",
			STR_ARG(within), STR_ARG(cache));
	e = context_init(&c->ctx, c->arena, c->env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	for (Str rest = c->tag_text; rest.n;) { // separated by commas, or by blanks as once
		u32 n = 0;
		while (n < rest.n && rest.p[n] != ',' && rest.p[n] != ' ')
			n++;
		if (n)
			vec_push(c->arena, &c->ctx.tags, str_sub(rest, 0, n));
		rest = str_from(rest, n < rest.n ? n + 1 : n);
	}
	loader_init(&c->loader, &c->ctx, c->arena);
	c->mods.trace = c->show;
	c->mods.writable = c->modcacherw;
	e = mods_init(&c->mods, &c->ctx, c->mod, c->modfile);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	if (!use_project_cache(c))
		return 1;
	c->ctx.gopath = c->mods.mode == MODE_GOPATH;
	for (Str list = env_get(c->env, "GOPATH"), entry; str_next(&list, ':', &entry);)
		if (entry.n && (entry.p[0] == '~' || entry.p[0] != '/')) {
			cmd_error(entry.p[0] == '~' ? "GOPATH entry cannot start with shell metacharacter '~': %s"
				: "GOPATH entry is relative; must be absolute path: %s.\nFor more details see: 'go help gopath'", go_quote(c->arena, entry).p);
			return 2;
		}
	c->mods.say_ignored = c->show;
	c->loader.find = mods_find;
	c->loader.found = mods_found;
	c->loader.find_ctx = &c->mods;
	return 0;
}

static bool is_wildcard(Str pattern)
{
	static const char *const meta[] = {"all", "std", "cmd", "tool", "work"};
	for (u32 i = 0; i < LENGTH(meta); i++)
		if (str_is(pattern, meta[i]))
			return true;
	return str_find(pattern, "...") >= 0;
}

// An argument in canonical form, with a leading "./" kept (CleanPatterns of cmd/go).
static Str clean_pattern(BuildCmd *c, Str arg)
{
	if (arg.n && arg.p[0] != '/' && str_index(arg, '\\') >= 0) { // a courtesy to those who come from Windows
		char *p = str_c(c->arena, arg);
		for (u32 i = 0; i < arg.n; i++)
			p[i] = p[i] == '\\' ? '/' : p[i];
		arg = str_n(p, arg.n);
	}
	if (str_has_prefix(arg, "./")) {
		Str p = path_clean(c->arena, arg);
		return str_is(p, ".") ? p : str_cat(c->arena, S("./"), p);
	}
	return path_clean(c->arena, arg);
}

// pattern: of the command line, which names p.
static void add_root(BuildCmd *c, LoadPkgVec *out, Map *seen, LoadPkg *p, Str pattern)
{
	p->named = true;
	p->literal = p->literal || !is_wildcard(pattern);
	if (!p->match.n || !str_eq(vec_last(&p->match), pattern))
		vec_push(c->arena, &p->match, pattern);
	if (map_has(seen, PKEY(p)))
		return;
	map_put(c->arena, seen, PKEY(p), p);
	vec_push(c->arena, out, p);
}

static LoadPkg *failed_package(BuildCmd *c, Str path, Str dir, Str why)
{
	LoadPkg *p = NEW(c->arena, LoadPkg);
	*p = (LoadPkg){.import_path = path, .dir = dir, .go_version = c->ctx.goversion, .err = why};
	return p;
}

static int by_path(const void *x, const void *y)
{
	return str_cmp((*(LoadPkg *const *)x)->import_path, (*(LoadPkg *const *)y)->import_path);
}

static void add_pattern(BuildCmd *c, LoadPkgVec *out, Map *seen, Str arg)
{
	StrVec paths = {0};
	Err e = mods_match(&c->mods, arg, &paths);
	if (failed(e)) {
		Str why = str_fmt(c->arena, "pattern " STR_FMT ": " STR_FMT, STR_ARG(arg), STR_ARG(e.msg));
		add_root(c, out, seen, failed_package(c, arg, S(""), why), arg);
		return;
	}
	u32 before = out->n;
	for (u32 k = 0; k < paths.n; k++) {
		LoadPkg *p = load_package(&c->loader, paths.p[k], NULL);
		bool empty = !(p->go_files.n + p->cgo_files.n + p->test_go.n + p->xtest_go.n + p->invalid_go.n);
		if (empty && (p->dir.n || !str_is(arg, "all")) && !str_is(p->import_path, "unsafe"))
			continue; // not for this system
		if (p->is_main && str_is(arg, "cmd") && str_has_prefix(p->import_path, "cmd/vendor/"))
			continue;
		add_root(c, out, seen, p, arg);
	}
	if (out->n == before)
		fprintf(stderr, "go: warning: \"" STR_FMT "\" matched no packages\n", STR_ARG(arg));
	if (str_is(arg, "all")) { // and what they import; of the library that was not looked at yet
		u32 n = out->n;
		LoadPkgVec all = {0};
		load_graph(&c->loader, out->p, n);
		load_list(c->arena, out->p, n, &all);
		for (u32 k = 0; k < all.n; k++)
			add_root(c, out, seen, all.p[k], arg);
		if (out->n)
			qsort(out->p, out->n, sizeof *out->p, by_path);
	}
}

// path@version ...: all of one module version, built as if it were the only thing in the world.
static bool use_version(BuildCmd *c, char **args, int nargs)
{
	Str version = S("");
	for (int i = 0; i < nargs; i++) {
		Str arg = str(args[i]);
		int at = str_index(arg, '@');
		Str v = at >= 0 ? str_from(arg, (u32)at + 1) : S("");
		if (at < 0 || !v.n) {
			cmd_error(STR_FMT ": argument must have form path@version", STR_ARG(arg));
			return false;
		}
		if (i && !str_eq(v, version)) {
			cmd_error(STR_FMT ": all arguments must refer to packages in the same module at the same version (@" STR_FMT ")", STR_ARG(arg),
				STR_ARG(version));
			return false;
		}
		version = v;
		args[i] = str_c(c->arena, clean_pattern(c, str_sub(arg, 0, (u32)at)));
		Str path = str(args[i]);
		if (mod_is_dir_path(path)) {
			cmd_error("%s: argument must be a package path, not a relative path", args[i]);
			return false;
		}
		if (load_is_std(&c->ctx, path)) {
			cmd_error("%s: argument must not be a package in the standard library", args[i]);
			return false;
		}
	}
	if (str_is(env_get(c->env, "GO111MODULE"), "off")) {
		cmd_error("modules disabled by GO111MODULE=off; see 'go help modules'");
		return false;
	}
	Str resolved;
	Err e = mods_use_version(&c->mods, str(args[0]), version, &resolved);
	if (failed(e)) {
		cmd_error(STR_FMT, STR_ARG(e.msg));
		return false;
	}
	return true;
}

// The import paths that arguments name, for mods_resolve.
static bool resolve(BuildCmd *c, char **args, int nargs)
{
	StrVec paths = {0};
	for (int i = 0; i < nargs; i++) {
		Str arg = str(args[i]), why = S("");
		if (str_is(arg, "std") || str_is(arg, "cmd"))
			continue;
		if (str_is(arg, "all") || str_find(arg, "...") >= 0)
			mods_match(&c->mods, arg, &paths);
		else if (str_has_suffix(arg, ".go")) {
			StrVec files = {0};
			vec_push(c->arena, &files, arg);
			LoadPkg *p = load_files(&c->ctx, c->arena, files);
			for (u32 k = 0; k < p->imports.n; k++)
				vec_push(c->arena, &paths, p->imports.p[k].path);
		} else if (mod_is_dir_path(arg)) {
			Str dir = path_clean(c->arena, arg.p[0] == '/' ? arg : path_join(c->arena, c->ctx.cwd, arg)), path = mods_dir_path(&c->mods, dir, &why);
			if (path.n)
				vec_push(c->arena, &paths, path);
		} else {
			vec_push(c->arena, &paths, arg);
		}
	}
	Err e = mods_resolve(&c->mods, &paths);
	if (failed(e))
		cmd_error(STR_FMT, STR_ARG(e.msg));
	return !failed(e);
}

// Files of this package, even if constraints exclude them: without any the directory is none, whatever its path would be.
static bool has_go_files(BuildCmd *c, Str dir)
{
	LoadPkg *p = load_dir(&c->ctx, c->arena, dir, S("."));
	return p->go_files.n + p->cgo_files.n + p->test_go.n + p->xtest_go.n + p->ignored_go.n + p->invalid_go.n > 0;
}

// The package of files named one by one. NULL after a message.
static LoadPkg *files_package(BuildCmd *c, char **args, int nargs)
{
	StrVec files = {0};
	for (int i = 0; i < nargs; i++) {
		Str f = str(args[i]);
		if (!str_has_suffix(f, ".go")) {
			LoadPkg *p = failed_package(c, S(""), S(""), str_fmt(c->arena, "named files must be .go files: %s", args[i]));
			p->name = f;
			p->is_command_line = true;
			return p;
		}
		vec_push(c->arena, &files, f);
	}
	for (u32 i = 0; i < files.n; i++) {
		if (!file_exists(files.p[i]))
			fprintf(stderr, "stat %s: no such file or directory\n", args[i]);
		else if (file_is_dir(files.p[i]))
			fprintf(stderr, "%s is a directory, should be a Go file\n", args[i]);
		else if (!str_eq(path_clean(c->arena, path_dir(files.p[i])), path_clean(c->arena, path_dir(files.p[0]))))
			fprintf(stderr, "named files must all be in one directory; have " STR_FMT " and " STR_FMT "\n",
				STR_ARG(path_clean(c->arena, path_dir(files.p[0]))), STR_ARG(path_clean(c->arena, path_dir(files.p[i]))));
		else
			continue;
		return NULL;
	}
	LoadPkg *p = load_files(&c->ctx, c->arena, files);
	Str why = S("");
	p->for_internal = mods_dir_path(&c->mods, p->dir, &why);
	for (u32 i = 0; i < c->mods.mains.n; i++)
		if (path_has_prefix(p->dir, c->mods.mains.p[i]->dir) && p->for_internal.n)
			p->module = c->mods.mains.p[i];
	p->go_version = p->module ? p->module->lang : c->mods.main ? c->mods.main->lang : c->ctx.goversion;
	p->named = p->literal = true;
	return p;
}

LoadPkg **buildcmd_packages(BuildCmd *c, char **args, int nargs, u32 *n)
{
	*n = 0;
	if (c->mods.work && !c->mods.mains.n) {
		cmd_error("no modules were found in the current workspace; see 'go help work'");
		return NULL;
	}
	LoadPkgVec out = {0};
	Map seen = {0};
	static char *here[] = {"."};
	if (nargs == 0) {
		args = here;
		nargs = 1;
	}
	bool version = c->versions && str_index(str(args[0]), '@') >= 0;
	if (version && !use_version(c, args, nargs))
		return NULL;
	if ((version || (c->mods.main && str_is(c->mod, "mod") && !c->mods.std)) && !resolve(c, args, nargs))
		return NULL;
	Err e = version || !c->mods.main ? OK : mods_expand(&c->mods);
	if (failed(e))
		cmd_error(STR_FMT, STR_ARG(e.msg));
	if (failed(e) && !c->goes_on) // what the roots have could be loaded all the same
		return NULL;
	for (int i = 0; i < nargs; i++)
		if (str_has_suffix(str(args[i]), ".go") && file_exists(str(args[i])) && !file_is_dir(str(args[i]))) {
			LoadPkg *p = files_package(c, args, nargs);
			if (!p)
				return NULL;
			vec_push(c->arena, &out, p);
			*n = 1;
			return out.p;
		}
	for (int i = 0; i < nargs; i++) {
		Str arg = str(args[i]);
		if (!arg.n)
			continue;
		arg = clean_pattern(c, arg);
		if (is_wildcard(arg)) {
			add_pattern(c, &out, &seen, arg);
		} else if (mod_is_dir_path(arg)) {
			Str dir = path_clean(c->arena, arg.p[0] == '/' ? arg : path_join(c->arena, c->ctx.cwd, arg)), why = S("");
			Str path = mods_dir_path(&c->mods, dir, &why);
			if (why.n && (str_has_prefix(why, "go.mod file not found") || str_is(why, MOD_NO_MODULES))) {
				cmd_error(STR_FMT, STR_ARG(why));
				return NULL;
			}
			if (!c->ctx.gopath && file_is_dir(dir) && !has_go_files(c, dir))
				why = str_fmt(c->arena, "no Go files in " STR_FMT, STR_ARG(dir));
			if (why.n) {
				add_root(c, &out, &seen, failed_package(c, arg, dir, why), arg);
				continue;
			}
			LoadPkg *p = str_has_prefix(path, "_/") ? load_package(&c->loader, arg, NULL) : load_package(&c->loader, path, NULL);
			add_root(c, &out, &seen, p, arg);
		} else {
			add_root(c, &out, &seen, load_package(&c->loader, arg, NULL), arg);
		}
	}
	*n = out.n;
	return out.n ? out.p : NEW(c->arena, LoadPkg *);
}

// build -json: what goes wrong is events on standard output.
static bool report_events(BuildCmd *c)
{
	bool any = false;
	for (u32 i = 0; i < c->build.n; i++) {
		BuildPkg *k = &c->build.pkgs[i];
		if (k->load->err.n)
			buildjson_write(c->arena, str_fmt(c->arena, STR_FMT "\n", STR_ARG(load_error(c->arena, k->load))), k->load->import_path, stdout);
		buildjson_write(c->arena, build_error_text(&c->build, k), S(""), stdout);
		any = any || k->load->err.n || diags_count(k->diags);
	}
	return any;
}

static bool print_errors(BuildCmd *c)
{
	if (c->json && !c->errors && !c->own_errors)
		return report_events(c);
	return build_print_errors(&c->build, c->errors ? c->errors : stderr) > 0;
}

// Whether the build is one of that kind of package (-buildmode), and not one without source files but tests.
static bool is_built(BuildCmd *c, LoadPkg *p)
{
	if ((str_is(c->buildmode, "exe") && !p->is_main) || (str_is(c->buildmode, "archive") && p->is_main))
		return false;
	return p->go_files.n || p->cgo_files.n || p->literal || p->err.n;
}

static bool is_root(BuildCmd *c, LoadPkg *p)
{
	for (u32 i = 0; i < c->nroots; i++)
		if (c->roots[i] == p)
			return true;
	return false;
}

// The //go:debug comments of a package. False after messages.
static bool check_directives(BuildCmd *c, LoadPkg *p)
{
	Str key, value, why;
	StrMap seen = {0};
	bool ok = true;
	for (u32 i = 0; p->directives.n && i < p->go_files.n; i++) {
		Err e;
		const FileFacts *f = facts_get(c->ctx.facts, path_join(c->arena, p->dir, p->go_files.p[i]), &e);
		for (u32 k = 0; f && k < f->ndirectives; k++) {
			const ImportFact *d = &f->directives[k];
			Str file = load_short_path(&c->ctx, c->arena, f->path), *before;
			Str place = str_fmt(c->arena, "%s" STR_FMT ":%u:%u", p->is_command_line && str_index(file, '/') < 0 ? "./" : "", STR_ARG(file), d->line, d->col);
			bool good = godebug_parse(c->arena, d->path, &key, &value, &why);
			if (!good && !why.n)
				continue;
			before = good ? strmap_get(&seen, key) : NULL;
			if (good && !before) {
				before = NEW(c->arena, Str);
				*before = place;
				strmap_put(c->arena, &seen, key, before);
				continue;
			}
			if (ok)
				fprintf(stderr, "# " STR_FMT "\n", STR_ARG(p->import_path));
			ok = false;
			if (before)
				fprintf(stderr, STR_FMT ": repeated //go:debug for " STR_FMT "\n\t" STR_FMT ": previous //go:debug\n", STR_ARG(place), STR_ARG(key), STR_ARG(*before));
			else
				fprintf(stderr, STR_FMT ": invalid //go:debug: " STR_FMT "\n", STR_ARG(place), STR_ARG(why));
		}
	}
	return ok;
}

static void warn_no_mains(BuildCmd *c, Str pattern)
{
	bool any = false;
	for (u32 i = 0; i < c->nroots; i++) {
		any = any || strs_has(&c->roots[i]->match, pattern);
		if (c->roots[i]->is_main && strs_has(&c->roots[i]->match, pattern))
			return;
	}
	if (any && is_wildcard(pattern))
		fprintf(stderr, "go: warning: \"" STR_FMT "\" matched only non-main packages\n", STR_ARG(pattern));
}

int buildcmd_load(BuildCmd *c, int nargs)
{
	Err port = env_check_port(c->arena, c->ctx.goos, c->ctx.goarch);
	if (failed(port))
		return cmd_error(STR_FMT, STR_ARG(port.msg)), 2;
	if (!buildcmd_need_cache(c))
		return 1;
	c->roots = buildcmd_packages(c, c->args, nargs, &c->nroots);
	if (!c->roots)
		return 1;
	for (u32 i = 0; i < c->nroots && c->mains_only; i++) {
		LoadPkg *p = c->roots[i];
		if (p->literal && !p->is_main && !p->err.n && p->go_files.n) // without files that is what is wrong
			p->err = str_fmt(c->arena, "package " STR_FMT " is not a main package", STR_ARG(p->import_path));
	}
	for (int i = 0; i < nargs && c->mains_only; i++)
		warn_no_mains(c, str(c->args[i]));
	if (!buildcmd_plan(c, c->roots, c->nroots))
		return 1;
	bool whole = true;
	for (u32 i = 0; i < c->loader.all.n; i++) {
		LoadPkg *p = c->loader.all.p[i];
		whole = check_directives(c, p) && whole;
		if (!p->test_go.n || p->go_files.n || p->cgo_files.n || p->is_command_line || (!p->literal && is_root(c, p)))
			continue;
		cmd_plain_error(STR_FMT ": %s in " STR_FMT, STR_ARG(p->import_path),
			p->ignored_go.n ? "build constraints exclude all Go files" : "no non-test Go files", STR_ARG(p->dir));
		whole = false;
	}
	if (!whole)
		return 1;
	u32 n = 0;
	for (u32 i = 0; i < c->nroots; i++)
		if (is_built(c, c->roots[i]) && !(c->mains_only && !c->roots[i]->is_main))
			c->roots[n++] = c->roots[i];
	c->nroots = n;
	return 0;
}

static StrVec tool_flags(void *ctx, LoadPkg *p, BuildTool tool)
{
	BuildCmd *c = ctx;
	StrVec own = pkgflags_for(c, tool == TOOL_COMPILE ? &c->gcflags : tool == TOOL_ASM ? &c->asmflags : &c->ldflags, p), all = {0};
	if (tool != TOOL_LINK) {
		for (u32 i = 0; i < own.n; i++)
			vec_push(c->arena, &all, own.p[i]);
		if (tool == TOOL_COMPILE && p->fuzzed)
			vec_push(c->arena, &all, S("-d=libfuzzer"));
		return all;
	}
	if (c->omit_debug) {
		vec_push(c->arena, &all, S("-s"));
		vec_push(c->arena, &all, S("-w"));
	}
	for (u32 i = 0; i < own.n; i++)
		vec_push(c->arena, &all, own.p[i]);
	for (u32 i = 0; i < c->forced_ldflags.n; i++)
		vec_push(c->arena, &all, c->forced_ldflags.p[i]);
	return all;
}

void buildcmd_stamp(BuildCmd *c, LoadPkg **pkgs, u32 n)
{
	bool always = str_is(c->buildvcs, "true"), never = str_is(c->buildvcs, "false") || (!always && !c->auto_vcs);
	StampOptions opt = {.mode = always ? STAMP_ALWAYS : never ? STAMP_NEVER : STAMP_AUTO, .show = c->show, .verbose = c->verbose};
	for (u32 i = 0; i < n; i++) {
		LoadPkg *p = pkgs[i];
		if (p->err.n || (!always && !p->go_files.n && !p->cgo_files.n))
			continue;
		Str why = mods_stamp(&c->mods, p, &opt);
		if (why.n)
			p->err = why;
	}
}

bool buildcmd_plan(BuildCmd *c, LoadPkg **roots, u32 n)
{
	load_graph(&c->loader, roots, n);
	buildcmd_stamp(c, roots, n);
	if (c->mods.work && !c->mods.vendor)
		sums_write(c->mods.fetch->sums, NULL, NULL, false); // go.work.sum: what no module's go.sum says
	BuildOptions opt = {.ctx = &c->ctx, .pool = pool_new(c->jobs > 0 ? (u32)c->jobs : 0), .trimpath = c->trimpath,
		.verbose = c->verbose, .rebuild = c->all,
		.module_info = c->mods.mode == MODE_MODULE ? mods_build_info : NULL, .default_godebug = mods_default_godebug, .module_ctx = &c->mods,
		.tool_flags = tool_flags, .tool_ctx = c, .settings = buildcmd_settings, .compile_flags = c->show_only ? NULL : tool_compile_flags, .link_flags = tool_link_flags};
	for (u32 i = 0; i < c->debug.n; i++)
		opt.print_times = opt.print_times || str_is(c->debug.p[i], "times");
	if (build_plan(&c->build, &c->loader, &opt))
		return true;
	if (!c->own_errors)
		print_errors(c);
	return false;
}

bool buildcmd_work_dir(BuildCmd *c, Str *dir)
{
	Str tmp = env_get(c->env, "GOTMPDIR");
	const char *sys = getenv("TMPDIR");
	char *path = str_c(c->arena, str_fmt(c->arena, STR_FMT "/go-buildXXXXXX", STR_ARG(tmp.n ? tmp : str(sys && *sys ? sys : "/tmp"))));
	if (!file_exists(path_dir(str(path))))
		return !cmd_error("creating work dir: stat " STR_FMT ": no such file or directory", STR_ARG(path_dir(str(path))));
	if (!mkdtemp(path))
		return !cmd_error("creating work dir: mkdtemp %s: %s", path, strerror(errno));
	*dir = str(path);
	if (c->work)
		fprintf(stderr, "WORK=%s\n", path);
	return true;
}

// We generate code for one target so far.
static bool target_supported(BuildCmd *c)
{
	Str fips = env_get(c->env, "GOFIPS140");
	if (fips.n && !str_is(fips, "off")) {
		cmd_error("GOFIPS140=" STR_FMT " is not supported yet: the linker writes no FIPS hash", STR_ARG(fips));
		return false;
	}
	if (c->linkshared || c->toolexec.n)
		return !cmd_error("%s is not supported yet", c->linkshared ? "-linkshared" : "-toolexec");
	if (str_is(c->ctx.goos, "linux") && str_is(c->ctx.goarch, "amd64"))
		return true;
	cmd_error("compiling for " STR_FMT "/" STR_FMT " is not supported yet: only for linux/amd64", STR_ARG(c->ctx.goos),
		STR_ARG(c->ctx.goarch));
	return false;
}

static bool report_build(BuildCmd *c, bool ok)
{
	bool talks = false;
	for (u32 i = 0; i < c->build.n; i++)
		talks = talks || c->build.pkgs[i].talks;
	if (!ok || talks)
		print_errors(c);
	facts_save(c->ctx.facts);
	return ok;
}

bool buildcmd_compile(BuildCmd *c)
{
	return target_supported(c) && report_build(c, build_packages(&c->build));
}

bool buildcmd_exports(BuildCmd *c)
{
	return target_supported(c) && report_build(c, build_gc_exports(&c->build, true));
}

bool buildcmd_exe(BuildCmd *c, LoadPkg *main, bool compile, Str *image, Str *file)
{
	if (!target_supported(c))
		return false;
	if (build_cached_exe(&c->build, main, image, file)) {
		facts_save(c->ctx.facts);
		return true;
	}
	if (compile && !buildcmd_compile(c))
		return false;
	Diags *d = diags_new(c->arena);
	LinkResult res;
	Buf out = {0};
	if (build_link(&c->build, main, &out, file, &res, d)) {
		*image = buf_view(&out);
		cache_trim(c->build.cache);
		return true;
	}
	FILE *errors = c->errors ? c->errors : stderr;
	fprintf(errors, "# " STR_FMT "\n", STR_ARG(main->import_path));
	diags_print(d, errors, 0, DIAG_PLAIN);
	return false;
}

// Whether a file begins as what compilers and linkers write, for any system; an empty one may be replaced, too.
static bool is_object(BuildCmd *c, Str file)
{
	static const struct { const char *magic; u32 n; } kinds[] = {
		{"!<arch>\n", 8}, {"<bigaf>\n", 8}, {"\x7f" "ELF", 4}, {"\xfe\xed\xfa\xce", 4}, {"\xfe\xed\xfa\xcf", 4}, {"\xce\xfa\xed\xfe", 4},
		{"\xcf\xfa\xed\xfe", 4}, {"MZ", 2}, {"\x01\xdf", 2}, {"\x01\xf7", 2}, {"\0asm", 4}, {"go object ", 10},
	};
	Str text;
	if (failed(file_map(c->arena, file, &text)))
		return false;
	bool found = !text.n;
	for (u32 i = 0; i < LENGTH(kinds) && !found; i++)
		found = text.n >= kinds[i].n && !memcmp(text.p, kinds[i].magic, kinds[i].n);
	file_unmap(text);
	return found;
}

bool buildcmd_write(BuildCmd *c, LoadPkg *p, Str file, Str content, u32 mode)
{
	struct stat st;
	char *name = str_c(c->arena, file), *action = str_c(c->arena, str_fmt(c->arena, STR_FMT ": go %s " STR_FMT, STR_ARG(p->import_path),
		c->name, STR_ARG(p->import_path)));
	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		return !cmd_plain_error("%s: build output \"%s\" already exists and is a directory", action, name);
	if (stat(name, &st) == 0 && S_ISREG(st.st_mode) && !is_object(c, file))
		return !cmd_plain_error("%s: build output \"%s\" already exists and is not an object file", action, name);
	Err e = file.n > path_base(file).n ? dir_make_all(c->arena, path_dir(file)) : OK;
	if (!failed(e))
		e = file_write_output(c->arena, file, content.p, content.n, mode);
	return !failed(e) || !cmd_error(STR_FMT, STR_ARG(e.msg));
}

static bool is_version_elem(Str s) // v2, v3 ... at the end of a module's path
{
	if (s.n < 2 || s.p[0] != 'v' || s.p[1] == '0' || (s.n == 2 && s.p[1] == '1'))
		return false;
	for (u32 i = 1; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

Str buildcmd_exec_name(BuildCmd *c, LoadPkg *p)
{
	if (p->is_command_line && p->go_files.n)
		return str_sub(p->go_files.p[0], 0, p->go_files.p[0].n - 3);
	if (p->is_command_line || str_has_prefix(p->import_path, "_/"))
		return path_base(p->dir);
	return c->mods.mode != MODE_GOPATH ? buildcmd_path_name(p->import_path) : path_base(p->import_path);
}

Str buildcmd_path_name(Str path)
{
	Str base = path_base(path);
	return is_version_elem(base) && str_index(path, '/') >= 0 ? path_base(path_dir(path)) : base;
}
