// buildinfo.c: the modules of a program, as debug.ReadBuildInfo and `go version -m` show them (runtime/debug.BuildInfo).
#include "mod/fetch.h"
#include "mod/mod.h"

#include <stdlib.h>

static Str sum_of(Mods *m, Str path, Str version)
{
	Str hash;
	if (!version.n || m->vendor || failed(file_map(m->arena, fetch_cache_file(m->fetch, path, version, "ziphash"), &hash)))
		return S("");
	return str_trim(hash);
}

static void module_line(Buf *b, Mods *m, const char *word, Module *x, Str version)
{
	Str devel = S("(devel)");
	buf_printf(b, "%s\t" STR_FMT "\t" STR_FMT, word, STR_ARG(x->path), STR_ARG(version.n ? version : devel));
	if (x->replace_path.n)
		buf_printf(b, "\n=>\t" STR_FMT "\t" STR_FMT "\t" STR_FMT "\n", STR_ARG(x->replace_path), STR_ARG(x->replace_version.n ? x->replace_version : devel),
			STR_ARG(sum_of(m, x->replace_path, x->replace_version)));
	else
		buf_printf(b, "\t" STR_FMT "\n", STR_ARG(sum_of(m, x->path, x->version)));
}

static void collect(Arena *a, LoadPkg *p, Map *seen, StrMap *paths, Module *main, ModuleVec *out)
{
	for (u32 i = 0; i < p->deps.n; i++) {
		LoadPkg *d = p->deps.p[i];
		if (map_has(seen, PKEY(d)))
			continue;
		map_put(a, seen, PKEY(d), d);
		Module *x = d->module;
		if (x && x != main && !strmap_has(paths, x->path)) {
			strmap_put(a, paths, x->path, x);
			vec_push(a, out, x);
		}
		collect(a, d, seen, paths, main, out);
	}
}

static int by_path(const void *x, const void *y) { return str_cmp((*(Module *const *)x)->path, (*(Module *const *)y)->path); }

Str mods_build_info(void *ctx, LoadPkg *main)
{
	Mods *m = ctx;
	Map seen = {0};
	StrMap paths = {0};
	ModuleVec deps = {0};
	Buf b = {0};
	Module *own = main->module;
	if (own)
		module_line(&b, m, "mod", own, own->version.n ? own->version : main->vcs_version);
	collect(m->arena, main, &seen, &paths, own, &deps);
	if (deps.n)
		qsort(deps.p, deps.n, sizeof *deps.p, by_path);
	for (u32 i = 0; i < deps.n; i++)
		module_line(&b, m, "dep", deps.p[i], deps.p[i]->version);
	Str s = str_dup(m->arena, buf_view(&b));
	buf_free(&b);
	return s;
}
