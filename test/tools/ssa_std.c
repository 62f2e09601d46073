// ssa_std.c: builds and verifies SSA of every function of the given packages and what they import, in one thread, without
// compiling it: `ssa_std [-dump FUNC] [-only PKG] PATTERN...`. GOROOT is where the library is.
#include "build/build.h"
#include "ir/ir.h"
#include "ssa/ssa.h"

#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static Package *import(void *ctx, Str path, Str *why)
{
	LoadPkg *from = ctx;
	if (str_is(path, "unsafe"))
		return types_unsafe_package();
	LoadPkg *p = strmap_get(&from->import_map, path);
	for (u32 i = 0; !p && i < from->deps.n; i++)
		if (str_eq(from->deps.p[i]->import_path, path))
			p = from->deps.p[i];
	BuildPkg *b = p ? p->build : NULL;
	if (!b || !b->types)
		*why = S("not loaded");
	return b ? b->types : NULL;
}

int main(int argc, char **argv)
{
	const char *dump = NULL, *only = NULL;
	int i = 1;
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "-dump"))
			dump = argv[i + 1];
		else if (!strcmp(argv[i], "-only"))
			only = argv[i + 1];
	}
	Arena *a = arena_new();
	Env *e = env_new(a);
	BuildContext ctx = {0};
	Err err = context_init(&ctx, a, e);
	if (failed(err))
		base_die(STR_FMT, STR_ARG(err.msg));
	ctx.cgo = false;
	Loader l;
	loader_init(&l, &ctx, a);
	LoadPkgVec roots = {0};
	for (; i < argc; i++) {
		if (!strcmp(argv[i], "std")) {
			StrVec out = {0};
			load_match(&ctx, a, path_join(a, ctx.goroot, S("src")), S(""), S("std"), &out);
			for (u32 k = 0; k < out.n; k++)
				vec_push(a, &roots, load_package(&l, out.p[k], NULL));
		} else {
			vec_push(a, &roots, load_package(&l, str(argv[i]), NULL));
		}
	}
	load_graph(&l, roots.p, roots.n);
	Pool *pool = pool_new(1);
	Arena *scratch = arena_new();
	u32 nfuncs = 0, nvals = 0, nblocks = 0, bad = 0;
	double tcheck = 0, tir = 0, tssa = 0;
	for (u32 k = 0; k < l.all.n; k++) {
		LoadPkg *p = l.all.p[k];
		BuildPkg *b = NEW(a, BuildPkg);
		p->build = b;
		if (p->err.n || str_is(p->import_path, "unsafe"))
			continue;
		b->arena = arena_new();
		b->diags = diags_new(b->arena);
		b->opt = (CompileOptions){.import_path = p->import_path, .lang = S("go1.27"), .std = true, .goroot = ctx.goroot,
			.goos = ctx.goos, .goarch = ctx.goarch, .runtime = build_is_runtime(p->import_path)};
		b->import = import;
		b->import_ctx = p;
		for (u32 j = 0; j < p->go_files.n; j++)
			vec_push(a, &b->go_files, path_join(a, p->dir, p->go_files.p[j]));
		double t0 = now();
		if (!package_parse(b) || !package_check(b)) {
			fprintf(stderr, "# " STR_FMT "\n", STR_ARG(p->import_path));
			diags_print(b->diags, stderr, 3, DIAG_PLAIN);
			bad++;
			continue;
		}
		tcheck += now() - t0;
		if (only && !str_is(p->import_path, only))
			continue;
		ObjPkg *o = obj_new(p->import_path);
		IrUnit *u = ir_unit_new(b->types, o, b->diags);
		u->goarch = ctx.goarch;
		u->is_runtime = b->opt.runtime;
		ir_unit_start(u);
		IrFunc **fs;
		u32 n;
		for (;;) {
			t0 = now();
			fs = ir_unit_take(u, &n);
			if (!n)
				break;
			ir_prepare(u, fs, n, pool);
			tir += now() - t0;
			for (u32 j = 0; j < n; j++) {
				if (fs[j]->kind == IRK_EXTERN || (fs[j]->kind == IRK_DECL && !fs[j]->has_body))
					continue;
				char *name = str_c(a, fs[j]->sym);
				base_context(name, "build");
				ArenaMark m = arena_mark(scratch);
				if (dump && !strcmp(dump, name))
					ir_dump(stdout, fs[j]);
				t0 = now();
				Func *f = ssa_build(u, fs[j], scratch);
				tssa += now() - t0;
				if (dump && !strcmp(dump, name))
					ssa_dump(stdout, f, "build");
				ssa_verify(f, "build");
				nfuncs++;
				nvals += f->nvals;
				nblocks += f->nblocks;
				arena_reset(scratch, m);
			}
		}
		obj_free(o);
	}
	printf("%u packages (%u bad), %u functions, %u blocks, %u values; check %.0f ms, ir %.0f ms, ssa %.0f ms\n", l.all.n, bad, nfuncs,
		nblocks, nvals, tcheck, tir, tssa);
	return bad != 0;
}
