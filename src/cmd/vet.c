// vet.c: `go vet` and `go fix`: the analyzers of cmd/vet and cmd/fix over packages with their tests: problems are shown,
// or what would mend them is applied. Facts: cmd/go/internal/vet.
#include "cmd/help.h"
#include "cmd/value.h"
#include "cmd/vet.h"
#include "mod/process.h"
#include "mod/zip.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct VetCmd {
	BuildCmd c;
	const char *name;       // "vet" or "fix"
	Str tool;               // -vettool, -fixtool
	bool diff, json, fix;
	int context;            // -c; -1: none
	Str fixes;              // the old -fix=names of go fix
	Value *tool_flags;      // what the tool knows
	Vet vet;
	StrVec packages;
	bool bad;               // exit status 1
} VetCmd;

static int usage(VetCmd *x)
{
	Str tool = x->tool.n ? x->tool : str_fmt(x->c.arena, "go tool %s", x->name);
	fprintf(stderr, "usage: go %s\nRun 'go help %s' for details.\nRun '" STR_FMT " help' for a full list of flags and analyzers.\n"
		"Run '" STR_FMT " -help' for an overview.\n", help_usage(x->name), x->name, STR_ARG(tool), STR_ARG(tool));
	return 2;
}

// ---- the command line ---------------------------------------------------------------------------

static bool find_tool(VetCmd *x, int argc, char **argv)
{
	Arena *a = x->c.arena;
	Str flag = str_fmt(a, "-%stool", x->name);
	for (int i = 1; i < argc; i++) {
		Str arg = str(argv[i]);
		if (str_has_prefix(arg, "--"))
			arg = str_from(arg, 1);
		if (str_eq(arg, flag)) {
			if (i + 1 >= argc)
				return !cmd_error("%s requires a filename", argv[i]);
			x->tool = str(argv[i + 1]);
			break;
		}
		if (str_has_prefix(arg, flag.p) && arg.p[flag.n] == '=') {
			x->tool = str_from(arg, flag.n + 1);
			break;
		}
	}
	if (!x->tool.n) {
		x->vet.standard_tool = true;
		return program_library_file(str_is(str(x->name), "vet") ? "cmd/vet" : "cmd/fix", &x->vet.tool);
	}
	char *cwd = getcwd(NULL, 0);
	x->vet.tool = x->tool.p[0] == '/' ? x->tool : str_dup(a, path_clean(a, path_join(a, str(cwd ? cwd : "."), x->tool)));
	free(cwd);
	return true;
}

static bool ask_flags(VetCmd *x)
{
	Arena *a = x->c.arena;
	const char *args[] = {str_c(a, x->vet.tool), "-flags", NULL};
	Str out, err;
	if (!process_output(a, S(""), args, &out, &err)) {
		fprintf(stderr, "go: %s -flags failed: " STR_FMT "\n", args[0], STR_ARG(err));
		return false;
	}
	if (!json_parse(a, out, &x->tool_flags) || x->tool_flags->kind != V_LIST) {
		fprintf(stderr, "go: can't unmarshal JSON from %s -flags\n", args[0]);
		return false;
	}
	return true;
}

// Whether the tool has a flag of that name; *boolean: it takes no value.
static bool tool_flag(VetCmd *x, Str name, bool *boolean)
{
	for (u32 i = 0; i < x->tool_flags->list.n && !str_is(name, "c"); i++) {
		Value *f = x->tool_flags->list.p[i], *n = value_field(f, S("Name")), *b = value_field(f, S("Bool"));
		if (n && n->kind == V_STR && str_eq(n->s, name)) {
			*boolean = b && value_truth(b);
			return true;
		}
	}
	return false;
}

// Splits the command line: flags of the tool are passed on, those of the build are put into argv. Returns their number, 0
// after a message.
static int take_flags(VetCmd *x, int argc, char **argv, const Flag *build)
{
	Arena *a = x->c.arena;
	char **flags = NEWN(a, char *, argc + 1);
	bool fix_cmd = str_is(str(x->name), "fix");
	int nf = 1, i = 1;
	for (; i < argc; i++) {
		Str raw = str(argv[i]), arg = raw;
		if (str_is(raw, "--")) {
			i++;
			break;
		}
		if (str_has_prefix(arg, "--"))
			arg = str_from(arg, 1);
		if (arg.n < 2 || arg.p[0] != '-' || arg.p[1] == '-' || arg.p[1] == '=')
			break;
		Str name = str_from(arg, 1);
		int eq = str_index(name, '=');
		if (eq >= 0)
			name = str_sub(name, 0, (u32)eq);
		if (str_is(name, "h") || str_is(name, "help") || str_is(name, "?"))
			return usage(x), 0;
		const Flag own[] = {{"vettool", FLAG_STRING, &x->tool}, {"diff", FLAG_BOOL, &x->diff}, {"json", FLAG_BOOL, &x->json}, {"c", FLAG_INT, &x->context},
			fix_cmd ? (Flag){"fix", FLAG_STRING, &x->fixes} : (Flag){"fix", FLAG_BOOL, &x->fix}, {NULL, 0, NULL}};
		const Flag *f = NULL;
		bool ours = false, boolean = false;
		for (u32 k = 0; own[k].name; k++)
			if (str_is(name, own[k].name) || (!k && fix_cmd && str_is(name, "fixtool"))) {
				f = &own[k];
				ours = true;
			}
		bool tools = tool_flag(x, name, &boolean) && !ours;
		for (const Flag *b = build; b->name && !f; b++)
			if (str_is(name, b->name))
				f = b;
		if (!f && !tools) {
			fprintf(stderr, "flag provided but not defined: -" STR_FMT "\n", STR_ARG(name));
			return usage(x), 0;
		}
		bool valueless = f ? flag_is_switch(f) : boolean;
		int from = i;
		if (eq < 0 && !valueless) {
			if (++i >= argc) {
				fprintf(stderr, "flag needs an argument: -" STR_FMT "\n", STR_ARG(name));
				return usage(x), 0;
			}
		}
		if (ours) {
			char *one[] = {"", argv[from], from < i ? argv[i] : NULL, NULL};
			if (f == &own[0])
				continue; // known already
			if (!flags_parse(a, x->name, from < i ? 3 : 2, one, (const Flag *const[]){own, NULL}))
				return 0;
			continue;
		}
		for (int k = from; k <= i; k++) {
			if (tools)
				vec_push(a, &x->vet.flags, str(argv[k]));
			if (f)
				flags[nf++] = argv[k];
		}
	}
	for (; i < argc; i++)
		vec_push(a, &x->packages, str(argv[i]));
	for (int k = 1; k < nf; k++)
		argv[k] = flags[k];
	argv[nf] = NULL;
	return nf;
}

// ---- what was found -----------------------------------------------------------------------------

static void show_context(VetCmd *x, Str start, Str end)
{
	int c2 = str_rindex(start, ':'), c1 = c2 < 0 ? -1 : str_rindex(str_sub(start, 0, (u32)c2), ':');
	if (x->context < 0 || c1 < 0)
		return;
	Str text, file = str_sub(start, 0, (u32)c1), e = end.n ? end : start;
	int e2 = str_rindex(e, ':'), e1 = e2 < 0 ? -1 : str_rindex(str_sub(e, 0, (u32)e2), ':');
	int from = atoi(start.p + c1 + 1) - x->context, to = (e1 < 0 ? from : atoi(e.p + e1 + 1)) + x->context;
	if (failed(file_map(x->c.arena, str_dup(x->c.arena, file), &text)))
		return;
	int line = 1;
	for (Str rest = text; rest.n || line == 1; line++) {
		int nl = str_index(rest, '\n');
		Str l = nl < 0 ? rest : str_sub(rest, 0, (u32)nl);
		if (line >= from && line <= to)
			fprintf(stderr, "%d\t" STR_FMT "\n", line, STR_ARG(l));
		if (nl < 0)
			break;
		rest = str_from(rest, (u32)nl + 1);
	}
	file_unmap(text);
}

static Str field(Value *v, const char *name)
{
	Value *f = v->kind == V_STRUCT ? value_field(v, str(name)) : NULL;
	return f && f->kind == V_STR ? f->s : S("");
}

static void show_one(VetCmd *x, Value *d, const char *tab)
{
	Str posn = field(d, "posn"), message = field(d, "message");
	int c2 = str_rindex(posn, ':'), c1 = c2 < 0 ? -1 : str_rindex(str_sub(posn, 0, (u32)c2), ':');
	if (c1 >= 0)
		fprintf(stderr, STR_FMT STR_FMT, STR_ARG(load_short_path(&x->c.ctx, x->c.arena, str_dup(x->c.arena, str_sub(posn, 0, (u32)c1)))),
			STR_ARG(str_from(posn, (u32)c1)));
	else
		fprintf(stderr, STR_FMT, STR_ARG(posn));
	fprintf(stderr, ": %s" STR_FMT "\n", tab, STR_ARG(message));
	show_context(x, posn, field(d, "end"));
}

// {"package": {"analyzer": [diagnostic ...] or {"error": text}}}
static void show_tree(VetCmd *x, VetUnit *u)
{
	Value *tree;
	if (!u->report.n)
		return;
	if (!json_parse(x->c.arena, u->report, &tree) || tree->kind != V_STRUCT) {
		cmd_error("parsing JSON: malformed output of the %s tool", x->name);
		x->bad = true;
		return;
	}
	for (u32 i = 0; i < tree->fields.n; i++) {
		Value *unit = tree->fields.p[i].val;
		for (u32 k = 0; unit->kind == V_STRUCT && k < unit->fields.n; k++) {
			Value *list = unit->fields.p[k].val;
			x->bad = true;
			if (list->kind != V_LIST) {
				fprintf(stderr, "# " STR_FMT "\n" STR_FMT "\n", STR_ARG(u->p->import_path), STR_ARG(field(list, "error")));
				continue;
			}
			for (u32 d = 0; d < list->list.n; d++) {
				show_one(x, list->list.p[d], "");
				Value *related = value_field(list->list.p[d], S("related"));
				for (u32 q = 0; related && related->kind == V_LIST && q < related->list.n; q++)
					show_one(x, related->list.p[q], "\t");
			}
		}
	}
}

typedef struct Fixed { Str name; Buf text; } Fixed;
typedef VEC(Fixed) FixedVec;

// Fixed files of one package, in an archive under their own names.
static bool take_fixes(VetCmd *x, VetUnit *u, FixedVec *all)
{
	Arena *a = x->c.arena;
	Str data;
	Zip z;
	if (!u->fixes.n)
		return true;
	Err e = file_map(a, u->fixes, &data);
	if (failed(e) || failed(e = zip_open(a, data, &z)))
		return !cmd_error("reading archive of fixes: " STR_FMT, STR_ARG(e.msg));
	for (u32 i = 0; i < z.entries.n; i++) {
		Fixed f = {.name = str_dup(a, z.entries.p[i].name)};
		if (failed(e = zip_read(a, &z, &z.entries.p[i], &f.text)))
			return !cmd_error("reading archive of fixes: " STR_FMT, STR_ARG(e.msg));
		bool known = false;
		for (u32 k = 0; k < all->n; k++)
			if (str_eq(all->p[k].name, f.name)) {
				known = true;
				if (!str_eq(buf_view(&all->p[k].text), buf_view(&f.text)))
					return !cmd_error("reading archive of fixes: inconsistent fixes to file " STR_FMT, STR_ARG(f.name));
			}
		if (!known)
			vec_push(a, all, f);
	}
	return true;
}

static void apply(VetCmd *x, VetUnitVec *units)
{
	FixedVec all = {0};
	for (u32 i = 0; i < units->n; i++)
		if (!take_fixes(x, units->p[i], &all)) {
			x->bad = true;
			return;
		}
	for (u32 i = 0; i < all.n; i++) {
		Err e = file_write(x->c.arena, all.p[i].name, all.p[i].text.p, all.p[i].text.n, 0644);
		if (failed(e))
			x->bad = cmd_error("applying fix: " STR_FMT, STR_ARG(e.msg));
		buf_free(&all.p[i].text);
	}
}

// ---- the command --------------------------------------------------------------------------------

// What is analyzed of a package: itself with its tests, and its external tests, so that each file is looked at once.
static void add_units(VetCmd *x, LoadPkg *p, LoadPkgVec *roots)
{
	Arena *a = x->c.arena;
	bool applies = x->vet.fix && !x->diff;
	if (applies && ((p->standard && str_has_prefix(p->import_path, "vendor/")) || (p->module && !p->module->main)))
		return;
	LoadTests t = {.test = p};
	if (p->test_go.n + p->xtest_go.n) {
		load_tests(&x->c.loader, p, false, &t);
		LoadPkg *bad = load_tests_error(a, &t);
		if (bad) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(load_error(a, bad)));
			x->bad = true;
			return;
		}
	}
	if (!t.test->go_files.n && !t.xtest) {
		x->bad = cmd_error("can't %s " STR_FMT ": no Go files in " STR_FMT, x->name, STR_ARG(p->import_path), STR_ARG(p->dir));
		return;
	}
	if (t.test->go_files.n)
		vec_push(a, roots, t.test);
	if (t.xtest)
		vec_push(a, roots, t.xtest);
}

static bool settle(VetCmd *x)
{
	Arena *a = x->c.arena;
	bool fixing = x->fix || str_is(str(x->name), "fix");
	x->vet.explicit_flags = x->vet.flags.n > 0;
	if (fixing && x->json && x->diff)
		return fputs("-json and -diff cannot be used together\n", stderr), false;
	if (fixing && x->context != -1)
		return fputs("-c flag cannot be used when applying fixes\n", stderr), false;
	if (!fixing && x->diff)
		return fputs("go vet -diff flag requires -fix\n", stderr), false;
	if (x->fixes.n)
		fprintf(stderr, "go %s: the -fix=" STR_FMT " flag is obsolete and has no effect\n", x->name, STR_ARG(x->fixes));
	if (x->json || !fixing)
		vec_push(a, &x->vet.flags, S("-json"));
	else
		vec_push(a, &x->vet.flags, S("-fix"));
	if (fixing && x->diff)
		vec_push(a, &x->vet.flags, S("-diff"));
	x->vet.fix = fixing && !x->json && !x->diff;
	return true;
}

static void report(VetCmd *x, VetUnitVec *units)
{
	for (u32 i = 0; i < units->n; i++) {
		VetUnit *u = units->p[i];
		if (u->failed) {
			vet_print(&x->c, u, false, stderr);
			x->bad = true;
		} else if (x->json || (x->diff && u->report.n)) {
			fwrite(u->report.p, 1, u->report.n, stdout);
			x->bad = x->bad || x->diff;
		} else if (!x->vet.fix) {
			show_tree(x, u);
		}
	}
	if (x->vet.fix)
		apply(x, units);
}

static int vet(const char *name, int argc, char **argv)
{
	VetCmd *x = NEW(arena_new(), VetCmd);
	BuildCmd *c = &x->c;
	c->arena = arena_new();
	x->name = x->vet.name = name;
	x->context = -1;
	const Flag *build = buildcmd_flags(c, c->arena);
	if (!find_tool(x, argc, argv) || !ask_flags(x))
		return 2;
	argc = take_flags(x, argc, argv, build);
	if (!argc || !flags_parse(c->arena, name, argc, argv, (const Flag *const[]){build, NULL}))
		return 2;
	if (!settle(x))
		return 1;
	int status = buildcmd_init(c);
	if (status)
		return status;
	c->ctx.tests = true;
	char **names = NEWN(c->arena, char *, x->packages.n + 1);
	for (u32 i = 0; i < x->packages.n; i++)
		names[i] = str_c(c->arena, x->packages.p[i]);
	u32 n;
	LoadPkg **pkgs = buildcmd_packages(c, names, (int)x->packages.n, &n);
	if (!pkgs && !n)
		return 1;
	load_graph(&c->loader, pkgs, n);
	LoadPkgVec all = {0}, roots = {0};
	load_list(c->arena, pkgs, n, &all);
	for (u32 i = 0; i < all.n; i++)
		if (all.p[i]->err.n) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(load_error(c->arena, all.p[i])));
			x->bad = true;
		}
	if (x->bad)
		return 1;
	if (!n) {
		fprintf(stderr, "no packages to %s\n", name);
		return 1;
	}
	for (u32 i = 0; i < n; i++)
		add_units(x, pkgs[i], &roots);
	if (!buildcmd_work_dir(c, &x->vet.work))
		return 1;
	VetUnitVec units = {0};
	if (!vet_run(&x->vet, c, roots.p, roots.n, &units))
		x->bad = true;
	report(x, &units);
	if (!c->work)
		dir_remove_all(c->arena, x->vet.work);
	return x->bad ? 1 : 0;
}

int cmd_vet(int argc, char **argv) { return vet("vet", argc, argv); }

int cmd_fix(int argc, char **argv) { return vet("fix", argc, argv); }
