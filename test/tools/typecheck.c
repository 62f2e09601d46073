// typecheck.c: `go tool compile` as far as checking goes, for judges of error messages: parses and checks the given
// files as one package, its imports from source (declarations only), and prints what is wrong.
// usage: typecheck tool compile [-p path] [-lang=go1.N] [-o ignored] [-importcfg ignored] [-e] file.go...
#include <stdlib.h>
#include <unistd.h>

#include "load/load.h"
#include "types/types.h"

typedef struct Imports { Loader l; StrMap done; } Imports;

static SyntaxFile *parse(Arena *a, Str path, Str shown, const ParseOptions *opt, Diags *d)
{
	Str text;
	Err e = file_map(a, path, &text);
	if (failed(e))
		base_die(STR_FMT, STR_ARG(e.msg));
	SourceFile *src = source_add(path, shown);
	src->text = text;
	return syntax_parse(a, src, text, opt, d);
}

typedef struct From { Imports *im; LoadPkg *p; } From;

static Package *import_dep(void *ctx, Str path, Str *why);

static Package *check_dep(Imports *im, LoadPkg *p)
{
	Package *done = strmap_get(&im->done, p->import_path);
	if (done || p->go_files.n == 0)
		return done;
	Arena *a = arena_new();
	Diags *d = diags_new(a);
	ParseOptions opt = {.std = true, .runtime = true, .skip_bodies = true};
	SyntaxFile **files = NEWN(a, SyntaxFile *, p->go_files.n);
	for (u32 k = 0; k < p->go_files.n; k++) {
		Str path = path_join(a, p->dir, p->go_files.p[k]);
		files[k] = parse(a, path, path, &opt, d);
	}
	From from = {im, p};
	CheckConfig cfg = {.path = p->import_path, .go_version = S("go1.27"), .import = import_dep, .import_ctx = &from,
		.is_std = true, .ignore_bodies = true};
	Package *pkg = types_check(a, &cfg, files, p->go_files.n, d);
	strmap_put(im->l.arena, &im->done, p->import_path, pkg);
	return pkg;
}

static Package *import_dep(void *ctx, Str path, Str *why)
{
	From *f = ctx;
	LoadPkg *d = strmap_get(&f->p->import_map, path);
	Package *p = strmap_get(&f->im->done, d ? d->import_path : path);
	if (!p)
		*why = S("not loaded");
	return p;
}

static Package *import(void *ctx, Str path, Str *why)
{
	Imports *im = ctx;
	LoadPkg *root = load_package(&im->l, path, NULL);
	if (root->err.n || root->go_files.n == 0) {
		*why = S("open : no such file or directory");
		return NULL;
	}
	load_graph(&im->l, &root, 1);
	for (u32 i = 0; i < im->l.all.n; i++)
		if (!str_is(im->l.all.p[i]->import_path, "unsafe"))
			check_dep(im, im->l.all.p[i]);
	return strmap_get(&im->done, path);
}

static int run(int argc, char **argv)
{
	Arena *a = arena_new();
	Env *env = env_new(a);
	BuildContext ctx = {0};
	setenv("CGO_ENABLED", "0", 1);
	Err err = context_init(&ctx, a, env);
	if (failed(err))
		base_die(STR_FMT, STR_ARG(err.msg));
	Imports im = {0};
	loader_init(&im.l, &ctx, a);
	Diags *d = diags_new(a);
	CheckConfig cfg = {.path = S("p"), .go_version = S("go1.27"), .import = import, .import_ctx = &im};
	ParseOptions opt = {.check_branches = true};
	VEC(SyntaxFile *) files = {0};
	if (argc < 2 || strcmp(argv[1], "tool"))
		return 1;
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "-p"))
			cfg.path = str(argv[++i]);
		else if (!strcmp(argv[i], "-o") || !strcmp(argv[i], "-importcfg"))
			i++;
		else if (!strncmp(argv[i], "-lang=", 6))
			cfg.go_version = str(argv[i] + 6);
		else if (argv[i][0] != '-')
			vec_push(a, &files, parse(a, str(argv[i]), str(argv[i]), &opt, d));
	}
	u32 n;
	Diag *errs = diags_sorted(d, &n);
	bool syntax = false; // other errors of the parser do not keep gc from checking
	for (u32 i = 0; i < n; i++)
		syntax |= str_has_prefix(errs[i].msg, "syntax error");
	if (!syntax)
		types_check(a, &cfg, files.p, files.n, d);
	diags_print(d, stderr, 0, DIAG_PLAIN);
	return diags_count(d) != 0;
}

typedef struct Args { int argc, status; char **argv; } Args;

static void start(void *p)
{
	Args *x = p;
	x->status = run(x->argc, x->argv);
}

int main(int argc, char **argv)
{
	Args x = {argc, 0, argv};
	run_on_deep_stack(start, &x);
	return x.status;
}
