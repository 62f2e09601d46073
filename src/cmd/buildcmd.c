// buildcmd.c: see buildcmd.h.
#include "cmd/buildcmd.h"
#include "load/facts.h"

#include <stdlib.h>
#include <unistd.h>

const Flag *buildcmd_flags(BuildCmd *c, Arena *a)
{
	const Flag table[] = {
		{"a", FLAG_BOOL, &c->all}, {"n", FLAG_BOOL, &c->show_only}, {"v", FLAG_BOOL, &c->verbose}, {"x", FLAG_BOOL, &c->show},
		{"work", FLAG_BOOL, &c->work}, {"trimpath", FLAG_BOOL, &c->trimpath}, {"race", FLAG_BOOL, &c->race},
		{"msan", FLAG_BOOL, &c->msan}, {"asan", FLAG_BOOL, &c->asan}, {"p", FLAG_INT, &c->jobs}, {"json", FLAG_BOOL, &c->json},
		{"gcflags", FLAG_WORDS, &c->gcflags}, {"ldflags", FLAG_WORDS, &c->ldflags}, {"asmflags", FLAG_WORDS, &c->asmflags},
		{"tags", FLAG_COMMAS, &c->tags}, {"d", FLAG_COMMAS, &c->debug}, {"mod", FLAG_STRING, &c->mod},
		{"modfile", FLAG_STRING, &c->modfile}, {"overlay", FLAG_STRING, &c->overlay}, {"buildmode", FLAG_STRING, &c->buildmode},
		{"compiler", FLAG_STRING, &c->compiler}, {"pkgdir", FLAG_STRING, &c->pkgdir}, {"C", FLAG_STRING, &c->chdir},
		{"installsuffix", FLAG_STRING, &c->installsuffix}, {"buildvcs", FLAG_STRING, &c->buildvcs}, {"pgo", FLAG_STRING, &c->pgo},
		{"toolexec", FLAG_STRING, &c->toolexec}, {"modcacherw", FLAG_BOOL, &c->modcacherw}, {NULL, 0, NULL},
	};
	Flag *f = arena_alloc(a, sizeof table);
	memcpy(f, table, sizeof table);
	return f;
}

// $GOFLAGS: flags in front of those of the command line; those that are no build flags are of other commands.
static bool take_goflags(BuildCmd *c)
{
	Str v = env_get(c->env, "GOFLAGS");
	BuildCmd env = {.arena = c->arena};
	const Flag *flags = buildcmd_flags(&env, c->arena), *ours = buildcmd_flags(c, c->arena);
	while (v.n) {
		v = str_trim(v);
		u32 n = 0;
		while (n < v.n && v.p[n] != ' ' && v.p[n] != '\t')
			n++;
		Str word = str_sub(v, 0, n);
		v = str_from(v, n);
		if (!word.n)
			break;
		if (word.p[0] != '-' || word.n < 2) {
			cmd_error("parsing $GOFLAGS: non-flag \"" STR_FMT "\"", STR_ARG(word));
			return false;
		}
		Str name = str_from(word, word.p[1] == '-' ? 2 : 1);
		int eq = str_index(name, '=');
		if (eq >= 0)
			name = str_sub(name, 0, (u32)eq);
		for (u32 i = 0; flags[i].name; i++) {
			if (!str_is(name, flags[i].name))
				continue;
			char *args[] = {"", str_c(c->arena, word), NULL};
			if (!flags_parse(c->arena, "build", 2, args, (const Flag *const[]){flags, NULL}))
				return false;
			const void *from = flags[i].to;
			void *to = ours[i].to;
			if (flags[i].kind == FLAG_BOOL)
				*(bool *)to = *(bool *)to || *(const bool *)from;
			else if (flags[i].kind == FLAG_INT)
				*(int *)to = *(int *)to ? *(int *)to : *(const int *)from;
			else if (flags[i].kind == FLAG_STRING)
				*(Str *)to = ((Str *)to)->n ? *(Str *)to : *(const Str *)from;
			else
				*(StrVec *)to = ((StrVec *)to)->n ? *(StrVec *)to : *(const StrVec *)from;
		}
	}
	return true;
}

int buildcmd_init(BuildCmd *c)
{
	if (c->chdir.n && chdir(c->chdir.p) != 0)
		return cmd_error("chdir " STR_FMT ": no such file or directory", STR_ARG(c->chdir));
	c->env = env_new(c->arena);
	if (!take_goflags(c))
		return 2;
	if (c->jobs < 0)
		return cmd_error("-p must be a positive integer: %d", c->jobs);
	if (c->race || c->msan || c->asan)
		return cmd_error("-race, -msan and -asan are not supported yet");
	if (c->buildmode.n && !str_is(c->buildmode, "exe") && !str_is(c->buildmode, "default"))
		return cmd_error("-buildmode=" STR_FMT " is not supported yet", STR_ARG(c->buildmode));
	if (c->overlay.n)
		return cmd_error("-overlay is not supported yet");
	Err e = context_init(&c->ctx, c->arena, c->env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	c->ctx.tags = c->tags;
	loader_init(&c->loader, &c->ctx, c->arena);
	e = mods_init(&c->mods, &c->ctx, c->mod, c->modfile);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	c->mods.fetch->writable = c->modcacherw;
	http_trace(c->mods.fetch->http, c->show);
	c->loader.find = mods_find;
	c->loader.found = mods_found;
	c->loader.find_ctx = &c->mods;
	return 0;
}

static void add_root(BuildCmd *c, LoadPkgVec *out, Map *seen, LoadPkg *p)
{
	if (map_has(seen, PKEY(p)))
		return;
	map_put(c->arena, seen, PKEY(p), p);
	vec_push(c->arena, out, p);
}

static LoadPkg *failed_package(BuildCmd *c, Str path, Str dir, Str why)
{
	LoadPkg *p = NEW(c->arena, LoadPkg);
	p->import_path = path;
	p->dir = dir;
	p->name = S("");
	p->go_version = c->ctx.goversion;
	p->err = why;
	return p;
}

static bool add_pattern(BuildCmd *c, LoadPkgVec *out, Map *seen, Str arg)
{
	StrVec paths = {0};
	Err e = mods_match(&c->mods, arg, &paths);
	if (failed(e)) {
		fprintf(stderr, STR_FMT "\n", STR_ARG(e.msg));
		return false;
	}
	u32 before = out->n;
	for (u32 k = 0; k < paths.n; k++) {
		LoadPkg *p = load_package(&c->loader, paths.p[k], NULL);
		bool empty = !p->go_files.n && !p->cgo_files.n && !(p->test_go.n + p->xtest_go.n);
		if (empty && !str_is(p->import_path, "unsafe"))
			continue; // not for this system
		add_root(c, out, seen, p);
	}
	if (out->n == before)
		fprintf(stderr, "go: warning: \"" STR_FMT "\" matched no packages\n", STR_ARG(arg));
	if (str_is(arg, "all")) { // and what they import
		load_graph(&c->loader, out->p, out->n);
		for (u32 k = 0; k < c->loader.all.n; k++)
			add_root(c, out, seen, c->loader.all.p[k]);
	}
	return true;
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
		args[i] = str_c(c->arena, str_sub(arg, 0, (u32)at));
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

LoadPkg **buildcmd_packages(BuildCmd *c, char **args, int nargs, u32 *n)
{
	*n = 0;
	LoadPkgVec out = {0};
	Map seen = {0};
	static char *here[] = {"."};
	if (nargs == 0) {
		args = here;
		nargs = 1;
	}
	if (c->versions && str_index(str(args[0]), '@') >= 0 && !use_version(c, args, nargs))
		return NULL;
	else if (c->mods.main && str_is(c->mod, "mod") && !c->mods.std && !resolve(c, args, nargs))
		return NULL;
	if (str_has_suffix(str(args[0]), ".go")) {
		StrVec files = {0};
		for (int i = 0; i < nargs; i++) {
			if (!str_has_suffix(str(args[i]), ".go")) {
				cmd_error("named files must be .go files: %s", args[i]);
				return NULL;
			}
			vec_push(c->arena, &files, str(args[i]));
		}
		LoadPkg *p = load_files(&c->ctx, c->arena, files);
		p->go_version = c->mods.main ? c->mods.main->lang : c->ctx.goversion;
		p->module = c->mods.main;
		vec_push(c->arena, &out, p);
		*n = 1;
		return out.p;
	}
	for (int i = 0; i < nargs; i++) {
		Str arg = str(args[i]);
		if (!arg.n)
			continue;
		if (str_is(arg, "std") || str_is(arg, "cmd") || str_is(arg, "all") || str_find(arg, "...") >= 0) {
			if (!add_pattern(c, &out, &seen, arg))
				return NULL;
		} else if (mod_is_dir_path(arg)) {
			Str dir = path_clean(c->arena, arg.p[0] == '/' ? arg : path_join(c->arena, c->ctx.cwd, arg)), why = S("");
			Str path = mods_dir_path(&c->mods, dir, &why);
			if (why.n && str_has_prefix(why, "go.mod file not found")) {
				cmd_error(STR_FMT, STR_ARG(why));
				return NULL;
			}
			if (why.n) {
				add_root(c, &out, &seen, failed_package(c, arg, dir, why));
				continue;
			}
			LoadPkg *p = str_has_prefix(path, "_/") ? load_dir(&c->ctx, c->arena, dir, path) : load_package(&c->loader, path, NULL);
			if (!p->go_version.n)
				p->go_version = c->ctx.goversion;
			add_root(c, &out, &seen, p);
		} else if (str_index(arg, '@') >= 0) {
			fprintf(stderr, "package " STR_FMT ": can only use path@version syntax with 'go get' and 'go install' in module-aware mode\n", STR_ARG(arg));
			return NULL;
		} else {
			add_root(c, &out, &seen, load_package(&c->loader, path_clean(c->arena, arg), NULL));
		}
	}
	*n = out.n;
	return out.p;
}

static bool print_errors(BuildCmd *c)
{
	return build_print_errors(&c->build, c->errors ? c->errors : stderr) > 0;
}

bool buildcmd_plan(BuildCmd *c, LoadPkg **roots, u32 n)
{
	load_graph(&c->loader, roots, n);
	BuildOptions opt = {.ctx = &c->ctx, .pool = pool_new(c->jobs > 0 ? (u32)c->jobs : 0), .trimpath = c->trimpath,
		.verbose = c->verbose, .rebuild = c->all,
		.module_info = c->mods.mode == MODE_MODULE ? mods_build_info : NULL, .module_ctx = &c->mods};
	for (u32 i = 0; i < c->gcflags.n; i++) {
		opt.no_opt = opt.no_opt || str_is(c->gcflags.p[i], "-N") || str_is(c->gcflags.p[i], "all=-N");
		opt.no_inline = opt.no_inline || str_is(c->gcflags.p[i], "-l") || str_is(c->gcflags.p[i], "all=-l");
	}
	for (u32 i = 0; i < c->ldflags.n; i++) {
		Str f = c->ldflags.p[i];
		if (str_is(f, "-s"))
			opt.strip_symtab = opt.strip_dwarf = true;
		else if (str_is(f, "-w"))
			opt.strip_dwarf = true;
		else if (str_is(f, "-X") && i + 1 < c->ldflags.n)
			vec_push(c->arena, &opt.ldflags_X, c->ldflags.p[++i]);
		else if (str_has_prefix(f, "-X="))
			vec_push(c->arena, &opt.ldflags_X, str_from(f, 3));
		else {
			cmd_error("-ldflags: " STR_FMT " is not supported yet", STR_ARG(f));
			return false;
		}
	}
	for (u32 i = 0; i < c->debug.n; i++)
		opt.print_times = opt.print_times || str_is(c->debug.p[i], "times");
	if (build_plan(&c->build, &c->loader, &opt))
		return true;
	if (!c->own_errors)
		print_errors(c);
	return false;
}

// We generate code for one target so far.
static bool target_supported(BuildCmd *c)
{
	if (str_is(c->ctx.goos, "linux") && str_is(c->ctx.goarch, "amd64"))
		return true;
	cmd_error("compiling for " STR_FMT "/" STR_FMT " is not supported yet: only for linux/amd64", STR_ARG(c->ctx.goos),
		STR_ARG(c->ctx.goarch));
	return false;
}

bool buildcmd_compile(BuildCmd *c)
{
	if (!target_supported(c))
		return false;
	bool ok = build_packages(&c->build);
	if (!ok)
		print_errors(c);
	facts_save(c->ctx.facts);
	return ok;
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
	Str base = path_base(p->import_path);
	if (c->mods.mode != MODE_GOPATH && is_version_elem(base) && str_index(p->import_path, '/') >= 0)
		base = path_base(path_dir(p->import_path));
	return base;
}
