// parse.c: parses Go files and prints what is wrong with them, for judging syntax/ alone.
//   parse [-dump] [-std] [-late] [-raw] [-lazy] [-limit=N] [-color] [-bench=N] [-j=N] FILE|@LIST ...
// -lazy passes over bodies, then reads them, last first;
// -raw prints every error as reported;
// -bench parses everything N times and prints the best time; -late prints the errors that come after checking.
#include "syntax/syntax.h"

#include <stdlib.h>
#include <time.h>

typedef struct Job {
	StrVec files;
	VEC(Str) texts;
	VEC(SourceFile *) sources;
	VEC(Diags *) diags;
	VEC(Arena *) arenas;
	VEC(SyntaxFile *) trees;
	ParseOptions opt;
} Job;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void parse_one(void *ctx, u32 i, u32 worker)
{
	Job *j = ctx;
	SyntaxFile *f = j->trees.p[i] = syntax_parse(j->arenas.p[worker], j->sources.p[i], j->texts.p[i], &j->opt, j->diags.p[i]);
	for (u32 k = f->decls.n; j->opt.lazy_bodies && k-- > 0;)
		if (f->decls.p[k]->kind == D_FUNC)
			syntax_read_body(f, f->decls.p[k], &j->opt, j->diags.p[i]);
}

// Everything that was reported, in the order of report.
static void print_raw(Diags *d)
{
	Arena *a = arena_new();
	u32 n;
	Diag *x = diags_all(d, &n);
	for (u32 i = 0; i < n; i++) {
		Str pos = pos_fmt(a, x[i].pos);
		printf(STR_FMT ": " STR_FMT "\n", STR_ARG(pos), STR_ARG(x[i].msg));
	}
	arena_free(a);
}

typedef struct Args { int argc; char **argv; int status; } Args;

static void run(void *arg)
{
	Args *args = arg;
	Arena *a = arena_new();
	Job j = {.opt = {.check_branches = true}};
	bool dump = false, late = false, raw = false, color = false;
	u32 limit = 10, bench = 0, threads = 1;
	for (int i = 1; i < args->argc; i++) {
		Str s = str(args->argv[i]), list;
		if (str_is(s, "-dump"))
			dump = true;
		else if (str_is(s, "-std"))
			j.opt.std = j.opt.runtime = true;
		else if (str_is(s, "-late"))
			late = true;
		else if (str_is(s, "-color"))
			color = true;
		else if (str_is(s, "-raw"))
			raw = true;
		else if (str_is(s, "-lazy"))
			j.opt.lazy_bodies = true;
		else if (str_is(s, "-imports"))
			j.opt.imports_only = true;
		else if (str_is(s, "-skip"))
			j.opt.skip_bodies = true;
		else if (str_has_prefix(s, "-limit="))
			limit = (u32)atoi(s.p + 7);
		else if (str_has_prefix(s, "-bench="))
			bench = (u32)atoi(s.p + 7);
		else if (str_has_prefix(s, "-j="))
			threads = (u32)atoi(s.p + 3);
		else if (s.p[0] == '@' && !failed(file_map(a, str_from(s, 1), &list)))
			for (u32 from = 0; from < list.n;) {
				int nl = str_index(str_from(list, from), '\n');
				u32 to = nl < 0 ? list.n : from + (u32)nl;
				vec_push(a, &j.files, str_sub(list, from, to));
				from = to + 1;
			}
		else
			vec_push(a, &j.files, s);
	}
	u64 bytes = 0, lines = 0;
	for (u32 i = 0; i < j.files.n; i++) {
		Str text;
		Err e = file_map(a, j.files.p[i], &text);
		if (failed(e))
			base_die(STR_FMT, STR_ARG(e.msg));
		bytes += text.n;
		vec_push(a, &j.texts, text);
		vec_push(a, &j.sources, source_add(j.files.p[i], j.files.p[i]));
		j.sources.p[i]->text = text;
		vec_push(a, &j.diags, diags_new(a));
		vec_push(a, &j.trees, NULL);
	}
	Pool *pool = pool_new(threads);
	double best = 1e9;
	size_t memory = 0;
	for (u32 round = 0; round <= bench; round++) {
		for (u32 i = 0; i < j.files.n; i++)
			j.diags.p[i] = diags_new(a);
		double t = now();
		j.arenas.n = 0;
		for (u32 i = 0; i < pool_size(pool); i++)
			vec_push(a, &j.arenas, arena_new());
		pool_for(pool, j.files.n, parse_one, &j);
		t = now() - t;
		best = t < best ? t : best;
		memory = 0;
		for (u32 i = 0; i < j.arenas.n; i++)
			memory += arena_size(j.arenas.p[i]);
		for (u32 i = 0; i < j.arenas.n && round < bench; i++)
			arena_free(j.arenas.p[i]);
	}
	Diags *all = diags_new(a);
	for (u32 i = 0; i < j.files.n; i++) {
		diags_merge(all, j.diags.p[i]);
		lines += j.trees.p[i]->lines;
		for (u32 k = 0; late && k < j.trees.p[i]->late.n; k++)
			diag_add(all, j.trees.p[i]->late.p[k]);
		if (dump)
			syntax_dump(stdout, j.trees.p[i]);
	}
	if (raw)
		print_raw(all);
	else
		diags_print(all, stdout, limit, color);
	if (bench)
		printf("%u files, %.1f MB, %.0f lines: %.1f ms, %.0f MB/s, arenas %.1f MB\n", j.files.n, (double)bytes / 1e6, (double)lines,
			best * 1e3, (double)bytes / 1e6 / best, (double)memory / 1e6);
	args->status = diags_count(all) > 0;
}

int main(int argc, char **argv)
{
	Args args = {argc, argv, 0};
	run_on_deep_stack(run, &args);
	return args.status;
}
