// clean.c: `go clean -cache`, -testcache, -modcache: takes away what the go command keeps for itself. Only
// directories of the layouts it writes are touched.
#include "cmd/buildcmd.h"
#include "cmd/help.h"

#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

int cmd_clean(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	bool cache = false, test = false, mod = false, fuzz = false, recursive = false, inst = false;
	const Flag own[] = {{"cache", FLAG_BOOL, &cache}, {"testcache", FLAG_BOOL, &test}, {"modcache", FLAG_BOOL, &mod},
		{"fuzzcache", FLAG_BOOL, &fuzz}, {"r", FLAG_BOOL, &recursive}, {"i", FLAG_BOOL, &inst}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, help_usage("clean"), argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(&c, c.arena), NULL});
	if (!at)
		return 2;
	bool caches = cache || test || mod || fuzz;
	if (caches && at < argc)
		return cmd_error("clean %s cannot be used with package arguments", cache ? "-cache" : mod ? "-modcache" : test ? "-testcache" : "-fuzzcache");
	if (!caches || recursive || inst)
		return cmd_error("clean: cleaning package directories is not supported yet: only -cache, -testcache, -modcache and -fuzzcache are");
	c.env = env_new(c.arena);
	Str dir = env_get(c.env, "GOCACHE");
	if (cache && dir.n && !str_is(dir, "off")) {
		StrVec names = {0};
		if (!failed(dir_list(c.arena, dir, &names)))
			for (u32 i = 0; i < names.n; i++)
				if (is_hex2(names.p[i]) &&
				    !remove_tree(str_c(c.arena, path_join(c.arena, dir, names.p[i]))))
					return cmd_error("unlinkat " STR_FMT "/" STR_FMT ": cannot be removed", STR_ARG(dir), STR_ARG(names.p[i]));
	}
	if (mod) {
		Str m = env_get(c.env, "GOMODCACHE");
		if (m.n > 1 && file_is_dir(path_join(c.arena, m, S("cache"))) && !remove_tree(str_c(c.arena, m)))
			return cmd_error("unlinkat " STR_FMT ": cannot be removed", STR_ARG(m));
	}
	if (test && !cache && dir.n && !str_is(dir, "off")) { // older results do not count any more
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		Str text = str_fmt(c.arena, "%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
		Err e = dir_make_all(c.arena, dir);
		if (!failed(e))
			e = file_write(c.arena, path_join(c.arena, dir, S("testexpire.txt")), text.p, text.n, 0666);
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	return 0;
}
