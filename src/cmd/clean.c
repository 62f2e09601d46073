// clean.c: `go clean`: takes away what builds left beside sources, and, with -cache and its like, what the go command keeps
// for itself. Only regular files and directories of the layouts that it writes are touched. Facts: `go help clean`.
#include "cmd/buildcmd.h"
#include "cmd/help.h"
#include "load/facts.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct CleanCmd {
	BuildCmd c;
	bool cache, test, mod, fuzz, imports, installed; // flags
	LoadPkgVec done;
	int status;
} CleanCmd;

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	if (kind == FTW_DP || kind == FTW_DNR)
		return rmdir(path) ? 1 : 0;
	return unlink(path) ? 1 : 0;
}

static bool remove_tree(const char *path)
{
	return nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS) == 0;
}

static bool is_hex2(Str s)
{
	for (u32 i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 2;
}

// ---- packages -----------------------------------------------------------------------------------

static void remove_file(CleanCmd *x, Str file)
{
	struct stat st;
	if (lstat(str_c(x->c.arena, file), &st) != 0 || !S_ISREG(st.st_mode))
		return;
	if (x->c.show || x->c.show_only)
		printf("rm -f " STR_FMT "\n", STR_ARG(file));
	if (x->c.show_only || unlink(str_c(x->c.arena, file)) == 0 || errno == ENOENT)
		return;
	Err e = err_sys(x->c.arena, "remove", file);
	cmd_error(STR_FMT, STR_ARG(e.msg));
	x->status = 1;
}

// Whether name is base, or base with the ending of tests or of Windows.
static bool executable_of(Str name, Str base)
{
	if (name.n < base.n || memcmp(name.p, base.p, base.n))
		return false;
	Str rest = str_from(name, base.n);
	return !rest.n || str_is(rest, ".exe");
}

static bool test_executable_of(Arena *a, Str name, Str base) { return executable_of(name, str_cat(a, base, S(".test"))); }

// What tools of all times have written beside sources.
static bool is_leftover(CleanCmd *x, LoadPkg *p, const StrVec *names, Str name)
{
	static const char *const files[] = {"_testmain.go", "test.out", "build.out", "a.out"};
	static const char *const endings[] = {".5", ".6", ".8", ".a", ".o", ".so"};
	Arena *a = x->c.arena;
	Str dir = path_base(p->dir), exec = buildcmd_exec_name(&x->c, p);
	for (u32 i = 0; i < LENGTH(files); i++)
		if (str_is(name, files[i]))
			return true;
	for (u32 i = 0; i < LENGTH(endings); i++)
		if (str_has_suffix(name, endings[i]))
			return true;
	if (p->is_main && (executable_of(name, dir) || executable_of(name, exec)))
		return true;
	if (test_executable_of(a, name, dir) || test_executable_of(a, name, exec))
		return true;
	for (u32 i = 0; i < names->n; i++) { // what is built of a file that is named alone
		Str f = names->p[i];
		if (!str_has_suffix(f, ".go"))
			continue;
		if (!p->is_main && (strs_has(&p->go_files, f) || strs_has(&p->cgo_files, f) || strs_has(&p->test_go, f) ||
			strs_has(&p->xtest_go, f)))
			continue;
		if (executable_of(name, str_sub(f, 0, f.n - 3)))
			return true;
		if (str_has_suffix(f, "_test.go") && test_executable_of(a, name, str_sub(f, 0, f.n - 8)))
			return true;
	}
	return false;
}

static void clean_package(CleanCmd *x, LoadPkg *p)
{
	for (u32 i = 0; i < x->done.n; i++)
		if (x->done.p[i] == p)
			return;
	vec_push(x->c.arena, &x->done, p);
	StrVec names = {0};
	Err e = dir_list(x->c.arena, p->dir, &names);
	if (!p->dir.n || failed(e)) {
		cmd_error(STR_FMT, STR_ARG(p->err.n ? p->err : e.msg));
		x->status = 1;
		return;
	}
	for (u32 i = 0; i < names.n; i++)
		if (is_leftover(x, p, &names, names.p[i]))
			remove_file(x, path_join(x->c.arena, p->dir, names.p[i]));
	Str target = x->installed && p->is_main ? buildcmd_target(&x->c, p) : S("");
	if (target.n)
		remove_file(x, target);
	for (u32 i = 0; x->imports && i < p->imports.n && i < p->deps.n; i++)
		if (!p->deps.p[i]->standard)
			clean_package(x, p->deps.p[i]);
}

static int clean_packages(CleanCmd *x, char **args, int n)
{
	u32 nroots;
	int status = buildcmd_init(&x->c);
	LoadPkg **roots = status ? NULL : buildcmd_packages(&x->c, args, n, &nroots);
	if (!roots)
		return status ? status : 1;
	if (x->imports && !buildcmd_plan(&x->c, roots, nroots))
		return 1;
	for (u32 i = 0; i < nroots; i++)
		clean_package(x, roots[i]);
	return x->status;
}

// ---- caches -------------------------------------------------------------------------------------

// Removes directories as `rm -rf` does. False after a message.
static bool remove_dirs(CleanCmd *x, const StrVec *dirs)
{
	if ((x->c.show || x->c.show_only) && dirs->n) {
		fputs("rm -rf", stdout);
		for (u32 i = 0; i < dirs->n; i++)
			printf(" " STR_FMT, STR_ARG(dirs->p[i]));
		putchar('\n');
	}
	for (u32 i = 0; !x->c.show_only && i < dirs->n; i++)
		if (!remove_tree(str_c(x->c.arena, dirs->p[i])) && errno != ENOENT) {
			Err e = err_sys(x->c.arena, "unlinkat", dirs->p[i]);
			cmd_error(STR_FMT, STR_ARG(e.msg));
			return false;
		}
	return true;
}

// Older results do not count any more.
static bool expire_tests(CleanCmd *x, Str dir)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	Str text = str_fmt(x->c.arena, "%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	Err e = dir_make_all(x->c.arena, dir);
	if (!failed(e))
		e = file_write(x->c.arena, path_join(x->c.arena, dir, S("testexpire.txt")), text.p, text.n, 0666);
	if (failed(e))
		cmd_error(STR_FMT, STR_ARG(e.msg));
	return !failed(e);
}

static int clean_caches(CleanCmd *x)
{
	Arena *a = x->c.arena;
	if (!x->c.env)
		x->c.env = env_new(a);
	Str dir = env_get(x->c.env, "GOCACHE"), modules = env_get(x->c.env, "GOMODCACHE");
	bool has_cache = dir.n && !str_is(dir, "off"), ok = true;
	StrVec names = {0}, dirs = {0};
	if (x->cache && has_cache && !failed(dir_list(a, dir, &names))) {
		for (u32 i = 0; i < names.n; i++)
			if (is_hex2(names.p[i]))
				vec_push(a, &dirs, path_join(a, dir, names.p[i]));
		ok = remove_dirs(x, &dirs) && ok;
		remove_file(x, path_join(a, dir, S(FACTS_FILE)));
	}
	if (x->test && !x->cache && has_cache && !x->c.show_only)
		ok = expire_tests(x, dir) && ok;
	if (x->mod && modules.n > 1 && file_is_dir(path_join(a, modules, S("cache")))) {
		dirs.n = 0;
		vec_push(a, &dirs, modules);
		ok = remove_dirs(x, &dirs) && ok;
	}
	if (x->fuzz && has_cache && file_is_dir(path_join(a, dir, S("fuzz")))) {
		dirs.n = 0;
		vec_push(a, &dirs, path_join(a, dir, S("fuzz")));
		ok = remove_dirs(x, &dirs) && ok;
	}
	return ok ? 0 : 1;
}

int cmd_clean(int argc, char **argv)
{
	CleanCmd *x = NEW(arena_new(), CleanCmd);
	BuildCmd *c = &x->c;
	c->arena = arena_new();
	const Flag own[] = {{"cache", FLAG_BOOL, &x->cache}, {"testcache", FLAG_BOOL, &x->test}, {"modcache", FLAG_BOOL, &x->mod},
		{"fuzzcache", FLAG_BOOL, &x->fuzz}, {"r", FLAG_BOOL, &x->imports}, {"i", FLAG_BOOL, &x->installed}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("clean"), argc, argv, (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	bool caches = x->cache || x->test || x->mod || x->fuzz;
	if (caches && at < argc)
		return cmd_error("clean %s cannot be used with package arguments", x->cache ? "-cache" : x->test ? "-testcache" : x->fuzz ? "-fuzzcache" : "-modcache");
	int status = !caches || x->imports || x->installed ? clean_packages(x, argv + at, argc - at) : 0;
	return caches && clean_caches(x) ? 1 : status;
}
