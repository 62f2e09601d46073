// check.c: type-checks packages of the library from source and reports every error: there must be none.
// usage: check [-decl] [-t] [-bodies] pattern...   (std, cmd, or import paths; GOROOT from the environment)
// -decl: declarations only; -bodies: bodies one by one through types_check_body; -t: times.
#include <stdlib.h>
#include <time.h>

#include "load/load.h"
#include "types/types.h"

typedef struct Importer { LoadPkg *p; StrMap *done; } Importer;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
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

int main(int argc, char **argv)
{
	Arena *a = arena_new();
	bool decl = false, timing = false, bodies = false;
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
		if (!strcmp(argv[i], "-decl")) {
			decl = true;
			continue;
		}
		if (!strcmp(argv[i], "-bodies")) {
			bodies = decl = true;
			continue;
		}
		if (!strcmp(argv[i], "-t")) {
			timing = true;
			continue;
		}
		StrVec names = {0};
		if (!strcmp(argv[i], "std"))
			load_match(&ctx, a, path_join(a, ctx.goroot, S("src")), S(""), S("..."), &names);
		else if (!strcmp(argv[i], "cmd"))
			load_match(&ctx, a, path_join(a, ctx.goroot, S("src/cmd")), S("cmd"), S("cmd/..."), &names);
		else
			vec_push(a, &names, str(argv[i]));
		for (u32 k = 0; k < names.n; k++)
			vec_push(a, &roots, load_package(&l, names.p[k], NULL));
	}
	load_graph(&l, roots.p, roots.n);
	StrMap done = {0};
	u32 npkg = 0, bad = 0, lines = 0;
	double tparse = 0, tcheck = 0;
	size_t mem = 0, mem_parse = 0;
	for (u32 i = 0; i < l.all.n; i++) {
		LoadPkg *p = l.all.p[i];
		if (p->err.n || str_is(p->import_path, "unsafe")) {
			if (p->err.n && p->go_files.n)
				printf("%.*s: %.*s\n", STR_ARG(p->import_path), STR_ARG(p->err));
			if (p->go_files.n == 0)
				continue;
		}
		Arena *pa = arena_new();
		Diags *d = diags_new(pa);
		ParseOptions opt = {.check_branches = true, .std = true, .runtime = true};
		SyntaxFile **files = NEWN(pa, SyntaxFile *, p->go_files.n + 1);
		double t0 = now();
		for (u32 k = 0; k < p->go_files.n; k++) {
			Str path = path_join(pa, p->dir, p->go_files.p[k]), text;
			Err e = file_map(pa, path, &text);
			if (failed(e))
				base_die(STR_FMT, STR_ARG(e.msg));
			SourceFile *src = source_add(path, path);
			src->text = text;
			files[k] = syntax_parse(pa, src, text, &opt, d);
			lines += files[k]->lines;
		}
		double t1 = now();
		mem_parse += arena_size(pa);
		Importer im = {p, &done};
		bool is_cmd = str_is(p->name, "main");
		CheckConfig cfg = {.path = is_cmd ? S("main") : p->import_path, .go_version = S("go1.27"), .import = import,
			.import_ctx = &im, .is_std = true, .ignore_bodies = decl, .complete = false};
		Package *pkg = types_check(pa, &cfg, files, p->go_files.n, d);
		if (bodies)
			for (u32 k = 0; k < pkg->funcs.n; k++)
				types_check_body(pkg->funcs.p[k], d);
		double t2 = now();
		tparse += t1 - t0;
		tcheck += t2 - t1;
		npkg++;
		mem += arena_size(pa);
		if (timing && t2 - t1 > 0.02)
			printf("%.*s: parse %.1f ms, check %.1f ms\n", STR_ARG(p->import_path), (t1 - t0) * 1e3, (t2 - t1) * 1e3);
		strmap_put(a, &done, p->import_path, pkg);
		if (diags_count(d)) {
			bad++;
			printf("# %.*s\n", STR_ARG(p->import_path));
			diags_print(d, stdout, 20, false);
			fflush(stdout);
		}
	}
	printf("%u packages, %u with errors; %u lines; parse %.0f ms, check %.0f ms; %.1f + %.1f MB\n", npkg, bad, lines, tparse * 1e3,
		tcheck * 1e3, (double)mem_parse / 1e6, (double)(mem - mem_parse) / 1e6);
	return bad != 0;
}
