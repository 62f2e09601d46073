// tool_compile.c: `go tool compile`: one package from its files to an archive, with gc's flags.
#include "arch/arch.h"
#include "build/export.h"
#include "cmd/cmd.h"
#include "cmd/flags.h"
#include "load/facts.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct Options {
	Arena *a;
	Str out, path, importcfg, lang, build_id, asmhdr, symabis, trimpath, local_prefix, goversion, debug, installsuffix, env, spectre,
		embedcfg, linkobj, pgo, coverage, json, ignored;
	StrVec dirs;
	bool all_errors, complete, std, runtime, pack, no_opt, no_inline, print_asm, explain, no_columns, dynlink, shared, race, msan,
		asan, no_local_imports, live, halt, no_bounds, dwarf, version, ignored_bool, wb, errorurl,
		more, outermost; // -m=2
	int jobs, verbose, ignored_int;
} Options;

static const Flag *flag_table(Options *o)
{
	const Flag t[] = {
		{"o", FLAG_STRING, &o->out}, {"p", FLAG_STRING, &o->path}, {"importcfg", FLAG_STRING, &o->importcfg},
		{"lang", FLAG_STRING, &o->lang}, {"buildid", FLAG_STRING, &o->build_id}, {"asmhdr", FLAG_STRING, &o->asmhdr},
		{"symabis", FLAG_STRING, &o->symabis}, {"trimpath", FLAG_STRING, &o->trimpath}, {"D", FLAG_STRING, &o->local_prefix},
		{"I", FLAG_STRINGS, &o->dirs}, {"goversion", FLAG_STRING, &o->goversion}, {"d", FLAG_STRING, &o->debug},
		{"installsuffix", FLAG_STRING, &o->installsuffix}, {"env", FLAG_STRING, &o->env}, {"spectre", FLAG_STRING, &o->spectre},
		{"embedcfg", FLAG_STRING, &o->embedcfg}, {"linkobj", FLAG_STRING, &o->linkobj}, {"pgoprofile", FLAG_STRING, &o->pgo},
		{"coveragecfg", FLAG_STRING, &o->coverage}, {"json", FLAG_STRING, &o->json}, {"e", FLAG_BOOL, &o->all_errors},
		{"complete", FLAG_BOOL, &o->complete}, {"std", FLAG_BOOL, &o->std}, {"+", FLAG_BOOL, &o->runtime}, {"pack", FLAG_BOOL, &o->pack},
		{"N", FLAG_BOOL, &o->no_opt}, {"l", FLAG_BOOL, &o->no_inline}, {"S", FLAG_BOOL, &o->print_asm}, {"m", FLAG_BOOL, &o->explain},
		{"C", FLAG_BOOL, &o->no_columns}, {"dynlink", FLAG_BOOL, &o->dynlink}, {"shared", FLAG_BOOL, &o->shared},
		{"race", FLAG_BOOL, &o->race}, {"msan", FLAG_BOOL, &o->msan}, {"asan", FLAG_BOOL, &o->asan},
		{"nolocalimports", FLAG_BOOL, &o->no_local_imports}, {"live", FLAG_BOOL, &o->live}, {"h", FLAG_BOOL, &o->halt},
		{"B", FLAG_BOOL, &o->no_bounds}, {"dwarf", FLAG_BOOL, &o->dwarf}, {"V", FLAG_BOOL, &o->version}, {"wb", FLAG_BOOL, &o->wb},
		{"c", FLAG_INT, &o->jobs}, {"errorurl", FLAG_BOOL, &o->errorurl}, {"%", FLAG_BOOL, &o->ignored_bool},
		{"E", FLAG_BOOL, &o->ignored_bool}, {"K", FLAG_BOOL, &o->ignored_bool}, {"L", FLAG_BOOL, &o->ignored_bool},
		{"W", FLAG_BOOL, &o->ignored_bool}, {"j", FLAG_BOOL, &o->ignored_bool}, {"r", FLAG_BOOL, &o->ignored_bool},
		{"t", FLAG_BOOL, &o->ignored_bool}, {"u", FLAG_BOOL, &o->ignored_bool}, {"v", FLAG_BOOL, &o->ignored_bool},
		{"w", FLAG_BOOL, &o->ignored_bool}, {"clobberdead", FLAG_BOOL, &o->ignored_bool}, {"clobberdeadreg", FLAG_BOOL, &o->ignored_bool},
		{"dwarfbasentries", FLAG_BOOL, &o->ignored_bool}, {"dwarflocationlists", FLAG_BOOL, &o->ignored_bool},
		{"gendwarfinl", FLAG_INT, &o->ignored_int}, {"linkshared", FLAG_BOOL, &o->dynlink}, {"smallframes", FLAG_BOOL, &o->ignored_bool},
		{"bench", FLAG_STRING, &o->ignored}, {"blockprofile", FLAG_STRING, &o->ignored}, {"cpuprofile", FLAG_STRING, &o->ignored},
		{"memprofile", FLAG_STRING, &o->ignored}, {"memprofilerate", FLAG_INT, &o->ignored_int}, {"mutexprofile", FLAG_STRING, &o->ignored},
		{"traceprofile", FLAG_STRING, &o->ignored}, {NULL, 0, NULL},
	};
	Flag *f = arena_alloc(o->a, sizeof t);
	memcpy(f, t, sizeof t);
	return f;
}

// "packagefile path=file", "importmap old=new"; others are passed over, as gc does for what it does not know.
static Err read_importcfg(Options *o, ImporterConfig *cfg)
{
	Str text;
	Err e = file_map(o->a, o->importcfg, &text);
	if (failed(e))
		return e;
	VEC(PackageFile) files = {0}, maps = {0};
	u32 line_no = 0;
	for (u32 i = 0; i < text.n;) {
		u32 end = i;
		while (end < text.n && text.p[end] != '\n')
			end++;
		Str line = str_trim(str_sub(text, i, end));
		i = end + 1;
		line_no++;
		if (!line.n || line.p[0] == '#')
			continue;
		int sp = str_index(line, ' ');
		Str verb = sp > 0 ? str_sub(line, 0, (u32)sp) : line, args = sp > 0 ? str_trim(str_from(line, (u32)sp)) : S("");
		int eq = str_index(args, '=');
		bool file = str_is(verb, "packagefile"), map = str_is(verb, "importmap");
		if (!file && !map)
			continue;
		if (eq <= 0 || (u32)eq + 1 == args.n)
			return err_fmt(o->a, STR_FMT ":%u: invalid " STR_FMT ": syntax is \"" STR_FMT " path=%s\"", STR_ARG(o->importcfg), line_no,
				STR_ARG(verb), STR_ARG(verb), file ? "filename" : "path");
		PackageFile p = {str_sub(args, 0, (u32)eq), str_from(args, (u32)eq + 1)};
		if (file)
			vec_push(o->a, &files, p);
		else
			vec_push(o->a, &maps, p);
	}
	*cfg = (ImporterConfig){.files = files.p, .nfiles = files.n, .maps = maps.p, .nmaps = maps.n, .have_cfg = true};
	return OK;
}

static int usage(void)
{
	fputs("usage: compile [options] file.go...\n", stderr);
	return 2;
}

typedef struct Given {
	BuildPkg *b;
	char **args;
	Str goroot;
} Given;

// Messages name files as they were given; what //line says is relative to that.
static Str as_given(void *ctx, Arena *a, Str path)
{
	Given *g = ctx;
	for (u32 i = 0; i < g->b->go_files.n; i++)
		if (str_eq(g->b->go_files.p[i], path))
			return str(g->args[i]);
	for (u32 i = 0; i < g->b->go_files.n; i++) {
		Str dir = path_dir(g->b->go_files.p[i]), given = str(g->args[i]);
		if (given.p[0] != '/' && path.n > dir.n && path_has_prefix(path, dir))
			return path_clean(a, path_join(a, path_dir(given), str_from(path, dir.n + 1)));
	}
	return build_library_name(a, g->goroot, path);
}

static void print_diags(Options *o, BuildPkg *b, char **args, bool relative)
{
	char *text = NULL;
	size_t size = 0;
	FILE *m = open_memstream(&text, &size);
	diags_print(b->diags, m, o->all_errors ? 0 : 10, relative ? diag_style(1) : DIAG_PLAIN);
	fclose(m);
	print_renamed(stdout, str_n(text, size), as_given, &(Given){b, args, b->opt.goroot}, o->a);
	fflush(stdout);
	free(text);
}

static const char *unsupported(Options *o)
{
	return o->race ? "-race" : o->msan ? "-msan" : o->asan ? "-asan" : o->dynlink ? "-dynlink" : o->shared ? "-shared"
		: o->coverage.n ? "-coveragecfg" : NULL;
}

// -linkobj: the archive's object goes to a file of its own, for linkers; what importers need stays in -o.
static Err split_object(Options *o, BuildPkg *b, Buf *export)
{
	ArMember *m;
	u32 n;
	const char *why;
	Buf object = {0};
	if (!ar_read(o->a, buf_view(&b->archive), &m, &n, &why))
		bug("our own archive: %s", why);
	for (u32 i = 0; i < n; i++)
		ar_add(str_is(m[i].name, "__.PKGDEF") ? export : &object, m[i].name, m[i].data);
	Err e = file_write(o->a, o->linkobj, object.p, object.n, 0666);
	buf_free(&object);
	return e;
}

// The flags in argv[1..]; the index behind them, or 0 after a message.
static int parse(Options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) { // -m=2, -d=..., -v=2 and -N=... take numbers too
		if (str_is(str(argv[i]), "-m=2") || str_is(str(argv[i]), "-m=1")) {
			o->more = argv[i][3] == '2';
			argv[i] = "-m";
		}
		if (str_is(str(argv[i]), "-S=2") || str_is(str(argv[i]), "-S=1")) {
			o->outermost = argv[i][3] == '2';
			argv[i] = "-S";
		}
		if (str_has_prefix(str(argv[i]), "-l=") && strlen(argv[i]) == 4)
			argv[i] = argv[i][3] == '1' ? "-l" : "-l=false"; // more than once: more is inlined
		if (!strcmp(argv[i], "-V=full") || !strcmp(argv[i], "-V=goexperiment"))
			argv[i] = "-V";
	}
	int at = flags_parse(o->a, "tool compile [options] file.go...", argc, argv, (const Flag *const[]){flag_table(o), NULL});
	if (at && unsupported(o))
		fprintf(stderr, "compile: %s is not supported yet\n", unsupported(o));
	else if (at && o->jobs < 1)
		fprintf(stderr, "compile: -c must be at least 1, got %d\n", o->jobs);
	else
		return at;
	return 0;
}

bool tool_compile_flags(Arena *a, const StrVec *words, CompileOptions *opt)
{
	if (!words->n)
		return true;
	Options o = {.a = a, .lang = opt->lang, .jobs = 1};
	char **argv = NEWN(a, char *, words->n + 2);
	argv[0] = "compile";
	for (u32 i = 0; i < words->n; i++)
		argv[i + 1] = str_c(a, words->p[i]);
	int at = parse(&o, (int)words->n + 1, argv);
	if (at && at != (int)words->n + 1)
		fprintf(stderr, "compile: %s is no flag\n", argv[at]);
	if (at != (int)words->n + 1)
		return false;
	opt->lang = o.lang;
	opt->no_opt = o.no_opt;
	opt->no_inline = o.no_inline;
	opt->all_errors = o.all_errors;
	opt->debug = o.debug;
	opt->print_asm = o.print_asm ? 1 + o.outermost : 0;
	opt->explain = (u8)(o.explain ? 1 + o.more : 0);
	return true;
}

int tool_compile_main(int argc, char **argv)
{
	Options o = {.a = arena_new(), .dwarf = true, .jobs = 4};
	int at = parse(&o, argc, argv);
	if (!at)
		return 2;
	if (o.version) {
		printf("compile version " STR_FMT "\n", STR_ARG(env_release(env_new(o.a))));
		return 0;
	}
	if (at == argc)
		return usage();
	BuildContext ctx;
	Err e = context_init(&ctx, o.a, env_new(o.a));
	if (failed(e)) {
		fprintf(stderr, "compile: " STR_FMT "\n", STR_ARG(e.msg));
		return 2;
	}
	ImporterConfig cfg = {0};
	if (o.importcfg.n && failed(e = read_importcfg(&o, &cfg))) {
		printf(STR_FMT "\n", STR_ARG(e.msg));
		return 2;
	}
	cfg.dirs = o.dirs;
	cfg.local_prefix = o.local_prefix;
	cfg.goroot = ctx.goroot;
	cfg.ctx = &ctx;
	BuildPkg b = {.arena = o.a, .dir = ctx.cwd};
	b.diags = diags_new(o.a);
	b.import = importer_import_direct;
	b.import_ctx = importer_new(o.a, &cfg);
	bool relative = false, readable = true;
	for (int i = at; i < argc; i++) {
		Str f = str(argv[i]);
		relative = relative || f.p[0] != '/';
		if (access(f.p, R_OK)) { // named as it was given
			Err missing = err_sys(o.a, "open", f);
			printf(STR_FMT "\n", STR_ARG(missing.msg));
			readable = false;
		}
		vec_push(o.a, &b.go_files, f.p[0] == '/' ? f : path_clean(o.a, path_join(o.a, ctx.cwd, f)));
	}
	if (!readable)
		return 2;
	b.opt = (CompileOptions){.import_path = o.path.n ? o.path : S("<unlinkable>"), .lang = o.lang.n ? o.lang : ctx.goversion,
		.std = o.std || o.runtime, .runtime = o.runtime || build_is_runtime(o.path), .complete = o.complete, .no_opt = o.no_opt,
		.no_inline = o.no_inline, .all_errors = o.all_errors, .build_id = o.build_id, .trimpath = o.trimpath, .goos = ctx.goos,
		.goarch = ctx.goarch, .goroot = ctx.goroot, .debug = o.debug, .asmhdr = o.asmhdr, .print_asm = o.print_asm ? 1 + o.outermost : 0,
		.explain = (u8)(o.explain ? 1 + o.more : 0),
		.fieldtrack = context_experiment(&ctx, "fieldtrack")};
	if (o.symabis.n) {
		Str text;
		if (failed(e = file_map(o.a, o.symabis, &text))) {
			printf("-symabis: " STR_FMT "\n", STR_ARG(e.msg));
			return 2;
		}
		b.symabis = text;
	}
	Pool *pool = pool_new((u32)o.jobs);
	bool ok = build_package(&b, pool);
	print_diags(&o, &b, argv + at, relative);
	if (!ok)
		return 2;
	if (b.listing.n)
		fwrite(b.listing.p, 1, b.listing.n, stdout);
	Str out = o.out;
	if (!out.n) {
		Str base = path_base(str(argv[at]));
		out = str_fmt(o.a, STR_FMT ".%s", STR_ARG(str_has_suffix(base, ".go") ? str_sub(base, 0, base.n - 3) : base), o.pack ? "a" : "o");
	}
	Buf export = {0};
	e = o.linkobj.n ? split_object(&o, &b, &export) : OK;
	if (!failed(e))
		e = o.linkobj.n ? file_write(o.a, out, export.p, export.n, 0666) : file_write(o.a, out, b.archive.p, b.archive.n, 0666);
	if (failed(e)) {
		printf(STR_FMT "\n", STR_ARG(e.msg));
		return 2;
	}
	return 0;
}
