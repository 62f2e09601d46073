// tool_compile.c: `go tool compile`: one package from its files to an archive, with gc's flags.
#include "arch/arch.h"
#include "build/export.h"
#include "cmd/cmd.h"
#include "cmd/toolflags.h"
#include "cmd/value.h"
#include "ir/ir.h"
#include "load/facts.h"
#include "obj/obj.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct Flags {
#define FLAG(name, kind, field, value, def, help) TOOLFLAG_FIELD_##kind field;
#include "cmd/compileflags.def"
#undef FLAG
} Flags;

static const ToolFlag defs[] = {
#define FLAG(name, kind, field, value, def, help) {name, TOOLFLAG_##kind, offsetof(Flags, field), value, def, help},
#include "cmd/compileflags.def"
#undef FLAG
};
static const ToolFlags flags = {"usage: compile [options] file.go...\n", defs, LENGTH(defs)};

#define fail(...) tool_error("compile: ", __VA_ARGS__)

// "packagefile path=file", "importmap old=new".
static Err read_importcfg(Arena *arena, Str name, ImporterConfig *cfg)
{
	Str text;
	Err e = file_map(arena, name, &text);
	if (failed(e))
		return err_fmt(arena, "-importcfg: " STR_FMT, STR_ARG(e.msg));
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
			return err_fmt(arena, STR_FMT ":%u: unknown directive \"" STR_FMT "\"", STR_ARG(name), line_no, STR_ARG(verb));
		if (eq <= 0 || (u32)eq + 1 == args.n)
			return err_fmt(arena, STR_FMT ":%u: invalid " STR_FMT ": syntax is \"" STR_FMT " %s\"", STR_ARG(name), line_no,
				STR_ARG(verb), STR_ARG(verb), file ? "path=filename" : "old=new");
		PackageFile p = {str_sub(args, 0, (u32)eq), str_from(args, (u32)eq + 1)};
		if (file)
			vec_push(arena, &files, p);
		else
			vec_push(arena, &maps, p);
	}
	*cfg = (ImporterConfig){.files = files.p, .nfiles = files.n, .maps = maps.p, .nmaps = maps.n, .have_cfg = true};
	return OK;
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

static void print_diags(const Flags *f, Arena *a, BuildPkg *b, char **args, bool relative)
{
	char *text = NULL;
	size_t size = 0;
	FILE *m = open_memstream(&text, &size);
	diags_print(b->diags, m, f->e ? 0 : 10, f->C ? DIAG_NO_COLUMNS : relative ? diag_style(1) : DIAG_PLAIN);
	fclose(m);
	print_renamed(stdout, str_n(text, size), as_given, &(Given){b, args, b->opt.goroot}, a);
	fflush(stdout);
	free(text);
}

// The keys of -d; help is shown by -d=help, with further lines indented.
static const struct { const char *name; bool is_int; const char *help; } keys[] = {
#define KEY(name, is_int, help) {name, is_int, help},
#include "cmd/debugkeys.def"
#undef KEY
};
enum { DONE = -2, KEY_WIDTH = 21 };

static void keys_help(void)
{
	puts("usage: -d arg[,arg]* and arg is <key>[=<value>]\n\n<key> is one of:\n");
	for (u32 i = 0; i < LENGTH(keys); i++) {
		printf("\t%-*s\t", KEY_WIDTH, keys[i].name);
		for (const char *p = keys[i].help; *p; p++)
			if (*p == '\n')
				printf("\n\t%*s\t", KEY_WIDTH, "");
			else
				putchar(*p);
		putchar('\n');
	}
	printf("\t%-*s\t%s\n", KEY_WIDTH, "ssa/help", "print help about SSA debugging");
}

// Joins the values of -d; -1, or the exit status: 0 after help, 2 after a message.
static int debug_keys(Arena *a, StrVec given, Str *out)
{
	Buf all = {0};
	for (u32 i = 0; i < given.n; i++) {
		Str list = given.p[i];
		for (Str word; str_next(&list, ',', &word);) {
			if (str_is(word, "help"))
				return keys_help(), 0;
			u32 n = 0;
			while (n < word.n && word.p[n] != '=' && word.p[n] != ':')
				n++;
			u32 at = 0;
			while (at < LENGTH(keys) && !str_is(str_sub(word, 0, n), keys[at].name))
				at++;
			if (at == LENGTH(keys) && word.n && !str_has_prefix(word, "ssa/")) {
				fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -d: unknown debug key " STR_FMT "\n\n", STR_ARG(given.p[i]),
					STR_ARG(str_sub(word, 0, n)));
				return 2;
			}
			char *end = "";
			if (at < LENGTH(keys) && keys[at].is_int && n < word.n && (strtol(str_c(a, str_from(word, n + 1)), &end, 10), *end || n + 1 == word.n)) {
				fail("invalid debug value " STR_FMT, STR_ARG(str_sub(word, 0, n)));
				exit(1);
			}
		}
		buf_printf(&all, "%s" STR_FMT, all.n ? "," : "", STR_ARG(given.p[i]));
	}
	*out = str_dup(a, buf_view(&all));
	buf_free(&all);
	return -1;
}

// -embedcfg: which files the patterns of //go:embed mean, and where they are (cmd/compile/internal/base/flag.go, readEmbedCfg).
static bool read_embedcfg(Arena *a, Str name, CompileOptions *opt)
{
	Str text;
	Value *v;
	Err e = file_map(a, name, &text);
	if (failed(e))
		return !fail("-embedcfg: " STR_FMT, STR_ARG(e.msg));
	if (!json_parse(a, text, &v) || v->kind != V_STRUCT)
		return !fail(STR_FMT ": malformed JSON", STR_ARG(name));
	const Value *patterns = value_field(v, S("Patterns")), *files = value_field(v, S("Files"));
	if (!patterns || patterns->kind != V_STRUCT)
		return !fail(STR_FMT ": invalid embedcfg: missing Patterns", STR_ARG(name));
	if (!files || files->kind != V_STRUCT)
		return !fail(STR_FMT ": invalid embedcfg: missing Files", STR_ARG(name));
	EmbedCfg *c = NEW(a, EmbedCfg);
	for (u32 i = 0; i < patterns->fields.n; i++) {
		StrVec *names = NEW(a, StrVec);
		const Value *list = patterns->fields.p[i].val;
		for (u32 k = 0; list->kind == V_LIST && k < list->list.n; k++)
			if (list->list.p[k]->kind == V_STR)
				vec_push(a, names, list->list.p[k]->s);
		strmap_put(a, &c->patterns, patterns->fields.p[i].name, names);
	}
	for (u32 i = 0; i < files->fields.n; i++)
		if (files->fields.p[i].val->kind == V_STR)
			strmap_put(a, &c->files, files->fields.p[i].name, &files->fields.p[i].val->s);
	opt->embed = c;
	return true;
}

// Lines of -symabis (cmd/compile/internal/ssagen/abi.go, ReadSymABIs).
static Err check_symabis(Arena *a, Str name, Str text)
{
	u32 i = 0;
	for (Str line; str_next(&text, '\n', &line); i++) {
		line = str_trim(line);
		StrVec w = {0};
		if (!line.n || line.p[0] == '#')
			continue;
		for (Str word; str_next(&line, ' ', &word);)
			if (word.n)
				vec_push(a, &w, word);
		if (!str_is(w.p[0], "def") && !str_is(w.p[0], "ref"))
			return err_fmt(a, STR_FMT ":%u: invalid symabi type \"" STR_FMT "\"", STR_ARG(name), i + 1, STR_ARG(w.p[0]));
		if (w.n != 3)
			return err_fmt(a, STR_FMT ":%u: invalid symabi: syntax is \"" STR_FMT " sym abi\"", STR_ARG(name), i + 1, STR_ARG(w.p[0]));
		if (!str_is(w.p[2], "ABI0") && !str_is(w.p[2], "ABIInternal"))
			return err_fmt(a, STR_FMT ":%u: invalid symabi: unknown abi \"" STR_FMT "\"", STR_ARG(name), i + 1, STR_ARG(w.p[2]));
	}
	return OK;
}

// What gc can and this compiler cannot.
static const char *unsupported(const Flags *f)
{
	const struct { bool given; const char *name; } all[] = {
		{f->race, "-race"}, {f->msan, "-msan"}, {f->asan, "-asan"}, {f->dynlink, "-dynlink"}, {f->linkshared, "-linkshared"}, {f->shared, "-shared"},
		{f->coveragecfg.n, "-coveragecfg"}, {f->spectre.n, "-spectre"}, {f->json.n, "-json"}, {f->bench.n, "-bench"},
		{f->blockprofile.n, "-blockprofile"}, {f->cpuprofile.n, "-cpuprofile"}, {f->memprofile.n, "-memprofile"},
		{f->mutexprofile.n, "-mutexprofile"}, {f->traceprofile.n, "-traceprofile"}, {f->E, "-E"}, {f->K, "-K"}, {f->L, "-L"}, {f->W, "-W"},
		{f->j, "-j"}, {f->r, "-r"}, {f->t, "-t"}, {f->w, "-w"}, {f->percent, "-%"}, {f->live, "-live"},
	};
	for (u32 i = 0; i < LENGTH(all); i++)
		if (all[i].given)
			return all[i].name;
	return NULL;
}

// -lang: 0, or the exit status after a message.
static int check_lang(Str lang)
{
	Str current = str(obj_go_version); // "go1.27.4"
	int patch = str_rindex(current, '.');
	if (patch > str_index(current, '.'))
		current.n = (u32)patch;
	if (!lang.n || str_eq(lang, current) || str_is(lang, "go1"))
		return 0;
	u32 at = 2, major = 0, minor = 0;
	bool good = str_has_prefix(lang, "go") && lang.n > 4 && lang.p[2] != '0';
	for (; good && at < lang.n && lang.p[at] >= '0' && lang.p[at] <= '9' && major < 1000; at++)
		major = major * 10 + (u32)(lang.p[at] - '0');
	good = good && at > 2 && at + 1 < lang.n && lang.p[at] == '.' && (lang.p[at + 1] != '0' || at + 2 == lang.n);
	for (at++; good && at < lang.n && lang.p[at] >= '0' && lang.p[at] <= '9' && minor < 100000; at++)
		minor = minor * 10 + (u32)(lang.p[at] - '0');
	if (!good || at != lang.n)
		return fail("invalid value \"" STR_FMT "\" for -lang: should be something like \"go1.12\"", STR_ARG(lang));
	if (major > 1 || minor > (u32)atoi(current.p + 4))
		return fail("invalid value \"" STR_FMT "\" for -lang: max known version is \"" STR_FMT "\"", STR_ARG(lang), STR_ARG(current));
	return 0;
}

// -linkobj: the archive's object goes to a file of its own, for linkers; what importers need stays in -o.
static Err split_object(Arena *a, Str linkobj, BuildPkg *b, Buf *export)
{
	ArMember *m;
	u32 n;
	const char *why;
	Buf object = {0};
	if (!ar_read(a, buf_view(&b->archive), &m, &n, &why))
		bug("our own archive: %s", why);
	for (u32 i = 0; i < n; i++)
		ar_add(str_is(m[i].name, "__.PKGDEF") ? export : &object, m[i].name, m[i].data);
	Err e = file_write(a, linkobj, object.p, object.n, 0666);
	buf_free(&object);
	return e;
}

// What a flag means wherever it is given; 0, or the exit status after a message.
static int configure(Arena *a, const Flags *f, CompileOptions *opt)
{
	if (unsupported(f)) {
		fail("%s is not supported", unsupported(f));
		return 2;
	}
	if (f->c < 1)
		return fail("-c must be at least 1, got %lld", (long long)f->c);
	int status = debug_keys(a, f->d, &opt->debug);
	if (status >= 0)
		return status ? toolflags_usage(&flags) : DONE;
	opt->no_opt = f->N != 0;
	opt->no_inline = f->l == 1; // more than once: more is inlined
	opt->no_bounds = f->B != 0;
	opt->all_errors = f->e != 0;
	opt->error_url = f->errorurl;
	opt->print_asm = (u8)MIN(MAX(f->S, 0), 2);
	opt->explain = (u8)MIN(MAX(f->m, 0), 2);
	return 0;
}

bool tool_compile_flags(Arena *a, const StrVec *words, CompileOptions *opt)
{
	if (!words->n)
		return true;
	Flags f = {0};
	StrVec rest;
	if (!toolflags_parse(&flags, a, *words, &f, &rest))
		return false;
	if (rest.n) {
		fail(STR_FMT " is no flag", STR_ARG(rest.p[0]));
		return false;
	}
	if (configure(a, &f, opt) || check_lang(f.lang))
		return false;
	opt->lang = f.lang.n ? f.lang : opt->lang;
	return true;
}

// A file of an earlier run must not be taken for the result of this one.
static int failed_build(Arena *a, Str out)
{
	file_remove_output(a, out);
	return 2;
}

int tool_compile_main(int argc, char **argv)
{
	Arena *a = arena_new();
	Flags f = {0};
	StrVec args = {0}, files;
	for (int i = 1; i < argc; i++)
		vec_push(a, &args, str(argv[i]));
	if (!toolflags_parse(&flags, a, args, &f, &files))
		return 2;
	Str release = env_release(env_new(a));
	if (f.V) {
		printf("compile version " STR_FMT "\n", STR_ARG(release));
		return 0;
	}
	for (u32 i = 0; i < f.env.n; i++) {
		int eq = str_index(f.env.p[i], '=');
		if (eq < 0)
			return fail("-env argument must be of the form key=value");
		setenv(str_c(a, str_sub(f.env.p[i], 0, (u32)eq)), f.env.p[i].p + eq + 1, 1);
	}
	CompileOptions opt = {0};
	int status = configure(a, &f, &opt);
	if (status)
		return status == DONE ? 0 : status;
	if (!files.n)
		return toolflags_usage(&flags);
	if (f.goversion.n && !str_eq(f.goversion, release)) {
		printf("compile: version \"" STR_FMT "\" does not match go tool version \"" STR_FMT "\"\n", STR_ARG(release), STR_ARG(f.goversion));
		return 2;
	}
	BuildContext ctx;
	Err e = context_init(&ctx, a, env_new(a));
	if (failed(e)) {
		fail(STR_FMT, STR_ARG(e.msg));
		return 2;
	}
	ImporterConfig cfg = {0};
	if (f.importcfg.n && failed(e = read_importcfg(a, f.importcfg, &cfg)))
		return fail(STR_FMT, STR_ARG(e.msg));
	status = check_lang(f.lang);
	if (status)
		return status;
	cfg.dirs = f.I;
	cfg.local_prefix = f.D;
	cfg.no_local = f.nolocalimports;
	cfg.goroot = ctx.goroot;
	cfg.ctx = &ctx;
	BuildPkg b = {.arena = a, .dir = ctx.cwd};
	b.diags = diags_new(a);
	b.import = importer_import_direct;
	b.import_ctx = importer_new(a, &cfg);
	bool relative = false, readable = true;
	char **names = NEWN(a, char *, files.n + 1);
	for (u32 i = 0; i < files.n; i++) {
		Str name = files.p[i];
		names[i] = str_c(a, name);
		bool absolute = name.n && name.p[0] == '/';
		relative = relative || !absolute;
		if (access(names[i], R_OK)) { // named as it was given
			Err missing = err_sys(a, "open", name);
			printf(STR_FMT "\n", STR_ARG(missing.msg));
			readable = false;
		} else if (file_is_dir(name)) {
			printf(STR_FMT ":1:1: I/O error: read " STR_FMT ": is a directory\n", STR_ARG(name), STR_ARG(name));
			readable = false;
		}
		vec_push(a, &b.go_files, absolute ? name : path_clean(a, path_join(a, ctx.cwd, name)));
	}
	Str out = f.o;
	if (!out.n) {
		Str base = path_base(files.p[0]);
		int dot = str_rindex(base, '.');
		out = str_fmt(a, STR_FMT ".%s", STR_ARG(dot >= 0 ? str_sub(base, 0, (u32)dot) : base), f.pack ? "a" : "o");
	}
	if (!readable)
		return failed_build(a, out);
	Str path = f.p.n ? f.p : S("<unlinkable>");
	bool library = f.std || f.compiling_runtime;
	b.opt = opt;
	b.opt.import_path = path;
	b.opt.lang = f.lang.n ? f.lang : ctx.goversion;
	b.opt.std = library;
	b.opt.runtime = f.compiling_runtime || (f.std && build_is_runtime(path));
	b.opt.complete = f.complete;
	b.opt.build_id = f.buildid;
	b.opt.trimpath = f.trimpath;
	b.opt.goos = ctx.goos;
	b.opt.goarch = ctx.goarch;
	b.opt.goroot = ctx.goroot;
	b.opt.asmhdr = f.asmhdr;
	b.opt.fieldtrack = context_experiment(&ctx, "fieldtrack");
	b.opt.embed_given = true;
	if (f.embedcfg.n && !read_embedcfg(a, f.embedcfg, &b.opt))
		return 1;
	if (f.symabis.n) {
		if (failed(e = file_map(a, f.symabis, &b.symabis)))
			return fail("-symabis: " STR_FMT, STR_ARG(e.msg));
		if (failed(e = check_symabis(a, f.symabis, b.symabis)))
			return fail(STR_FMT, STR_ARG(e.msg));
	}
	Pool *pool = pool_new((u32)MIN(f.c, 64));
	bool ok = build_package(&b, pool);
	print_diags(&f, a, &b, names, relative);
	if (!ok)
		return failed_build(a, out);
	if (b.listing.n)
		fwrite(b.listing.p, 1, b.listing.n, stdout);
	Buf export = {0};
	Str file = f.linkobj.n ? f.linkobj : out;
	e = f.linkobj.n ? split_object(a, f.linkobj, &b, &export) : OK;
	if (!failed(e))
		file = out, e = f.linkobj.n ? file_write(a, out, export.p, export.n, 0666) : file_write(a, out, b.archive.p, b.archive.n, 0666);
	if (failed(e)) {
		printf("can't create " STR_FMT ": " STR_FMT "\n", STR_ARG(file), STR_ARG(e.msg));
		return 2;
	}
	return 0;
}
