// check.c: type-checks packages of the library from source and reports every error: there must be none.
// usage: check [-decl] [-t] [-bodies] [-j N] pattern...   (std, cmd, or import paths; GOROOT from the environment)
// -decl: declarations only; -bodies: bodies one by one through types_check_body; -t: times; -j: that many threads,
// on packages whose imports are done, which then also ask for what is made lazily (layouts, names, method sets).
#include <stdlib.h>
#include <time.h>

#include "load/load.h"
#include "types/types.h"

typedef struct Job {
	LoadPkg *p;
	u32 level;              // above all that it imports
	Package *pkg;
	Diags *d;
	u32 lines;
	double parse_time, check_time;
	size_t parse_mem, mem;
} Job;

typedef struct Run {
	Job *jobs;
	u32 njobs, level;
	StrMap done;            // import path -> Package, of lower levels
	bool decl, bodies, lazy;
} Run;

typedef struct Importer { LoadPkg *p; StrMap *done; } Importer;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); // a busy machine does not count
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static Package *import(void *ctx, Str path, Str *why)
{
	Importer *im = ctx;
	LoadPkg *d = strmap_get(&im->p->import_map, path);
	Package *p = d ? strmap_get(im->done, d->import_path) : strmap_get(im->done, path);
	if (!p)
		*why = S("not loaded");
	return p;
}

// What the phases behind ask of a checked package.
static void ask(Package *p)
{
	for (u32 i = 0; i < p->types.n; i++) {
		Type *t = p->types.p[i]->type;
		if (!t || type_has_tparam(t))
			continue;
		types_link_name(t);
		types_method_set(type_new_pointer(p->arena, t));
		Type *u = type_under(t);
		if (u->kind != TY_INTERFACE || iface_is_basic(u))
			type_ptrdata(t);
	}
}

static void check_one(void *ctx, u32 i, u32 worker)
{
	Run *r = ctx;
	Job *j = &r->jobs[i];
	LoadPkg *p = j->p;
	if (j->level != r->level)
		return;
	Arena *a = arena_new();
	j->d = diags_new(a);
	ParseOptions opt = {.check_branches = true, .std = true, .runtime = true};
	SyntaxFile **files = NEWN(a, SyntaxFile *, p->go_files.n + 1);
	double t0 = now();
	for (u32 k = 0; k < p->go_files.n; k++) {
		Str path = path_join(a, p->dir, p->go_files.p[k]), text;
		Err e = file_map(a, path, &text);
		if (failed(e))
			base_die(STR_FMT, STR_ARG(e.msg));
		SourceFile *src = source_add(path, path);
		src->text = text;
		files[k] = syntax_parse(a, src, text, &opt, j->d);
		j->lines += files[k]->lines;
	}
	double t1 = now();
	j->parse_mem = arena_size(a);
	Importer im = {p, &r->done};
	CheckConfig cfg = {.path = str_is(p->name, "main") ? S("main") : p->import_path, .go_version = S("go1.27"),
		.import = import, .import_ctx = &im, .is_std = true, .ignore_bodies = r->decl};
	j->pkg = types_check(a, &cfg, files, p->go_files.n, j->d);
	for (u32 k = 0; r->bodies && k < j->pkg->funcs.n; k++)
		types_check_body(j->pkg->funcs.p[k], j->d);
	if (r->lazy && !diags_count(j->d))
		ask(j->pkg);
	j->parse_time = t1 - t0;
	j->check_time = now() - t1;
	j->mem = arena_size(a);
}

int main(int argc, char **argv)
{
	Arena *a = arena_new();
	Run r = {0};
	bool timing = false;
	u32 threads = 1;
	setenv("CGO_ENABLED", "0", 1);
	Env *env = env_new(a);
	BuildContext ctx = {0};
	Err err = context_init(&ctx, a, env);
	if (failed(err))
		base_die(STR_FMT, STR_ARG(err.msg));
	Loader l;
	loader_init(&l, &ctx, a);
	LoadPkgVec roots = {0};
	for (int i = 1; i < argc; i++) {
		StrVec names = {0};
		if (!strcmp(argv[i], "-decl"))
			r.decl = true;
		else if (!strcmp(argv[i], "-bodies"))
			r.bodies = r.decl = true;
		else if (!strcmp(argv[i], "-t"))
			timing = true;
		else if (!strcmp(argv[i], "-j") && i + 1 < argc)
			threads = (u32)atoi(argv[++i]), r.lazy = true;
		else if (!strcmp(argv[i], "std"))
			load_match(&ctx, a, path_join(a, ctx.goroot, S("src")), S(""), S("..."), &names);
		else if (!strcmp(argv[i], "cmd"))
			load_match(&ctx, a, path_join(a, ctx.goroot, S("src/cmd")), S("cmd"), S("cmd/..."), &names);
		else
			vec_push(a, &names, str(argv[i]));
		for (u32 k = 0; k < names.n; k++)
			vec_push(a, &roots, load_package(&l, names.p[k], NULL));
	}
	load_graph(&l, roots.p, roots.n);
	r.jobs = NEWN(a, Job, l.all.n);
	u32 levels = 0, bad = 0, lines = 0;
	StrMap index = {0};
	for (u32 i = 0; i < l.all.n; i++) {
		LoadPkg *p = l.all.p[i];
		if (p->err.n && p->go_files.n)
			printf("%.*s: %.*s\n", STR_ARG(p->import_path), STR_ARG(p->err));
		if (p->go_files.n == 0 || str_is(p->import_path, "unsafe"))
			continue;
		Job *j = &r.jobs[r.njobs++];
		j->p = p;
		for (u32 k = 0; k < p->deps.n; k++) {
			Job *dep = strmap_get(&index, p->deps.p[k]->import_path);
			if (dep)
				j->level = MAX(j->level, dep->level + 1);
		}
		levels = MAX(levels, j->level + 1);
		strmap_put(a, &index, p->import_path, j);
	}
	double tparse = 0, tcheck = 0, start = now();
	size_t mem = 0, mem_parse = 0;
	Pool *pool = pool_new(threads);
	for (r.level = 0; r.level < levels; r.level++) {
		pool_for(pool, r.njobs, check_one, &r);
		for (u32 i = 0; i < r.njobs; i++)
			if (r.jobs[i].level == r.level)
				strmap_put(a, &r.done, r.jobs[i].p->import_path, r.jobs[i].pkg);
	}
	for (u32 i = 0; i < r.njobs; i++) {
		Job *j = &r.jobs[i];
		lines += j->lines;
		tparse += j->parse_time;
		tcheck += j->check_time;
		mem += j->mem;
		mem_parse += j->parse_mem;
		if (timing && j->check_time > 0.02)
			printf("%.*s: parse %.1f ms, check %.1f ms\n", STR_ARG(j->p->import_path), j->parse_time * 1e3,
				j->check_time * 1e3);
		if (diags_count(j->d)) {
			bad++;
			printf("# %.*s\n", STR_ARG(j->p->import_path));
			diags_print(j->d, stdout, 20, DIAG_PLAIN);
		}
	}
	printf("%u packages, %u with errors; %u lines; parse %.0f ms, check %.0f ms, together %.0f ms; %.1f + %.1f MB\n", r.njobs,
		bad, lines, tparse * 1e3, tcheck * 1e3, (now() - start) * 1e3, (double)mem_parse / 1e6,
		(double)(mem - mem_parse) / 1e6);
	return bad != 0;
}
