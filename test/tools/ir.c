// ir.c: builds, inlines and analyses every function of packages of the library and verifies the trees.
// usage: ir [-dump FUNC] [-build] pattern...   (std, cmd, or import paths; GOROOT from the environment)
// -build: bodies only; -dump: prints the function of that symbol.
#include <stdlib.h>
#include <time.h>

#include "ir/build.h"
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


// Instances and wrappers that a body refers to are built too.
typedef struct Walk { Arena *a; VEC(IrFunc *) todo; Map seen; } Walk;

static void want(Walk *w, IrFunc *f)
{
	if (!f->has_body || f->kind == IRK_DECL || f->kind == IRK_CLOSURE || map_has(&w->seen, PKEY(f)))
		if (f->source->kind != SRC_METHOD_VALUE || map_has(&w->seen, PKEY(f)))
			return;
	map_put(w->a, &w->seen, PKEY(f), f);
	vec_push(w->a, &w->todo, f);
}

static void visit(IrNode **slot, void *ctx)
{
	IrNode *n = *slot;
	if (n->op == IR_CALL || n->op == IR_FUNC || n->op == IR_CLOSURE)
		want(ctx, n->func);
	ir_kids(n, visit, ctx);
}

static void walk(Walk *w, IrFunc *f)
{
	for (u32 i = 0; i < f->body.n; i++)
		visit(&f->body.p[i], w);
	for (u32 i = 0; i < f->closures.n; i++)
		walk(w, f->closures.p[i]);
}

int main(int argc, char **argv)
{
	Arena *a = arena_new();
	bool decl = false, timing = false, build_only = false;
	const char *dump = NULL;
	Walk w = {.a = a};
	u32 nfuncs = 0;
	double tir = 0;
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
		if (!strcmp(argv[i], "-build")) {
			build_only = true;
			continue;
		}
		if (!strcmp(argv[i], "-dump") && i + 1 < argc) {
			dump = argv[++i];
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
	size_t mem = 0;
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
		Importer im = {p, &done};
		bool is_cmd = str_is(p->name, "main");
		CheckConfig cfg = {.path = is_cmd ? S("main") : p->import_path, .go_version = S("go1.27"), .import = import,
			.import_ctx = &im, .is_std = true, .ignore_bodies = decl, .complete = false};
		Package *pkg = types_check(pa, &cfg, files, p->go_files.n, d);
		double t2 = now();
		IrUnit *u = ir_unit_new(pkg, obj_new(p->import_path), d);
		u->is_runtime = str_is(p->import_path, "runtime") || str_has_prefix(p->import_path, "runtime/internal")
			|| str_has_prefix(p->import_path, "internal/runtime") || str_is(p->import_path, "internal/bytealg")
			|| str_is(p->import_path, "internal/abi") || str_is(p->import_path, "internal/cpu");
		if (!diags_count(d))
			for (u32 k = 0; k < pkg->funcs.n; k++) {
				Object *o = pkg->funcs.p[k];
				if (name_is_blank(o->name) || o->type->func.ntparams || o->type->func.nrecv_tparams)
					continue;
				IrFunc *f = ir_func_of(o, NULL, 0);
				if (!f->has_body)
					continue;
				vec_push(a, &w.todo, f);
			}
		while (w.todo.n) {
			IrFunc *f = vec_pop(&w.todo);
			nfuncs++;
			ir_body(f);
			if (dump && build_only && str_is(f->sym, dump))
				ir_dump(stdout, f);
			ir_verify(f, "build");
			walk(&w, f);
			if (!build_only) {
				ir_prepare(u, &f, 1, NULL);
				if (dump && str_is(f->sym, dump))
					ir_dump(stdout, f);
				ir_verify(f, "prepare");
				walk(&w, f);
			}
		}
		tir += now() - t2;
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
			diags_print(d, stdout, 20, DIAG_PLAIN);
			fflush(stdout);
		}
	}
	printf("%u packages, %u with errors; %u lines; parse %.0f ms, check %.0f ms; %u functions, ir %.0f ms, %.1f MB\n", npkg, bad, lines,
		tparse * 1e3, tcheck * 1e3, nfuncs, tir * 1e3, (double)arena_size(ir_arena()) / 1e6);
	return bad != 0;
}
