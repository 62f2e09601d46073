// work.c: `go work`: go.work files, which name the modules of a workspace. Facts: cmd/go/internal/workcmd.
#include "cmd/modcmd.h"
#include "mod/toolchain.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct WorkCmd { BuildCmd *c; Mods *m; Str file; ModEdit edit; ModFile f; } WorkCmd;

static int start(BuildCmd *c, WorkCmd *w)
{
	c->env = env_new(c->arena);
	Err e = context_init(&c->ctx, c->arena, c->env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	c->mods.arena = c->arena;
	c->mods.ctx = &c->ctx;
	*w = (WorkCmd){.c = c, .m = &c->mods};
	Str set = env_get(c->env, "GOWORK");
	w->file = str_is(set, "off") ? S("") : set.n && !str_is(set, "auto") ? set : mods_find_up(c->arena, c->ctx.cwd, S("go.work"));
	return 0;
}

static int open_file(WorkCmd *w)
{
	Str text;
	if (!w->file.n)
		return cmd_error("no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)");
	Err e = mods_read_file(w->m, w->file, true, &w->f);
	if (!failed(e))
		e = file_map(w->c->arena, w->file, &text);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	modedit_parse(&w->edit, w->c->arena, text);
	return 0;
}

static int save(WorkCmd *w)
{
	modedit_clean(&w->edit);
	modedit_sort(&w->edit, S("1.21"));
	Str text = modedit_print(&w->edit);
	Err e = file_write(w->c->arena, w->file, text.p, text.n, 0666);
	return failed(e) ? cmd_error(STR_FMT, STR_ARG(e.msg)) : 0;
}

// A directory as go.work names it: relative with "./", or absolute where it was given so.
static Str use_path(WorkCmd *w, Str dir, bool absolute)
{
	Arena *a = w->c->arena;
	Str root = path_dir(w->file);
	if (absolute)
		return dir;
	if (str_eq(dir, root))
		return S(".");
	Str up = S("");
	while (!path_has_prefix(dir, root) && root.n > 1) {
		up = str_cat(a, up, S("../"));
		root = path_dir(root);
		if (!root.n)
			root = S("/");
	}
	Str rest = dir.n > root.n ? str_from(dir, root.n > 1 ? root.n + 1 : 1) : S("");
	Str all = up.n ? str_cat(a, up, rest) : str_cat(a, S("./"), rest);
	return all.n > 1 && all.p[all.n - 1] == '/' ? str_sub(all, 0, all.n - 1) : all;
}

static Str absolute_dir(WorkCmd *w, Str arg)
{
	return path_clean(w->c->arena, arg.p[0] == '/' ? arg : path_join(w->c->arena, w->c->ctx.cwd, arg));
}

// The go line is at least that of each module.
static void raise_go(WorkCmd *w, Str dir)
{
	ModFile f;
	EditLine *l = modedit_first(&w->edit, "go");
	Str have = l ? vec_last(&l->words) : S("");
	if (!failed(mods_read_file(w->m, path_join(w->c->arena, dir, S("go.mod")), false, &f)) && go_version_cmp(f.go, have) > 0)
		modedit_set_single(&w->edit, "go", f.go);
}

static int use_dir(WorkCmd *w, Str arg)
{
	Arena *a = w->c->arena;
	Str dir = absolute_dir(w, arg), shown = use_path(w, dir, arg.p[0] == '/');
	Str gomod = path_join(a, dir, S("go.mod"));
	if (!file_exists(gomod)) {
		bool had = false;
		for (u32 i = 0; i < w->f.use.n; i++)
			had = had || str_eq(path_clean(a, w->f.use.p[i]), path_clean(a, shown));
		if (file_exists(dir) && !file_is_dir(dir))
			return cmd_error(STR_FMT " is not a directory", STR_ARG(arg));
		if (!had && !file_is_dir(dir))
			return cmd_error("directory " STR_FMT " does not exist", STR_ARG(arg));
		if (!had)
			return cmd_error("no go.mod file exists in directory " STR_FMT, STR_ARG(arg));
		modedit_drop_plain(&w->edit, "use", shown);
		return 0;
	}
	for (u32 i = 0; i < w->f.use.n; i++)
		if (!str_eq(w->f.use.p[i], shown) && str_eq(absolute_dir(w, w->f.use.p[i].p[0] == '/' ? w->f.use.p[i] : path_join(a, path_dir(w->file), w->f.use.p[i])), dir))
			modedit_drop_plain(&w->edit, "use", w->f.use.p[i]);
	modedit_add_plain(&w->edit, "use", shown);
	raise_go(w, dir);
	return 0;
}

static void find_modules(Arena *a, Str dir, Str shown, StrVec *out)
{
	StrVec names = {0};
	if (file_exists(path_join(a, dir, S("go.mod"))))
		vec_push(a, out, shown);
	if (failed(dir_list(a, dir, &names)))
		return;
	for (u32 i = 0; i < names.n; i++)
		if (names.p[i].p[0] != '.' && names.p[i].p[0] != '_' && !str_is(names.p[i], "testdata") && !str_is(names.p[i], "vendor") &&
		    file_is_dir(path_join(a, dir, names.p[i])))
			find_modules(a, path_join(a, dir, names.p[i]), str_is(shown, ".") ? str_cat(a, S("./"), names.p[i]) : path_join(a, shown, names.p[i]), out);
}

static int work_init(BuildCmd *c, int argc, char **argv)
{
	WorkCmd w;
	int at = flags_parse(c->arena, "work init [moddirs]", argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL}), status;
	if (!at)
		return 2;
	if ((status = start(c, &w)))
		return status;
	Str set = env_get(c->env, "GOWORK");
	w.file = set.n && !str_is(set, "off") && !str_is(set, "auto") ? set : path_join(c->arena, c->ctx.cwd, S("go.work"));
	if (file_exists(w.file))
		return cmd_error(STR_FMT " already exists", STR_ARG(w.file));
	modedit_parse(&w.edit, c->arena, str_fmt(c->arena, "go " STR_FMT "\n", STR_ARG(toolchain_local())));
	for (int i = at; i < argc; i++) {
		status = use_dir(&w, str(argv[i]));
		if (status)
			return status;
	}
	return save(&w);
}

static int work_use(BuildCmd *c, int argc, char **argv)
{
	WorkCmd w;
	bool recursive = false;
	const Flag own[] = {{"r", FLAG_BOOL, &recursive}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, "work use [-r] [moddirs]", argc, argv, (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL}), status;
	if (!at)
		return 2;
	if ((status = start(c, &w)) || (status = open_file(&w)))
		return status;
	if (at == argc) // only the go line is brought up to date
		for (u32 i = 0; i < w.f.use.n; i++)
			raise_go(&w, w.f.use.p[i].p[0] == '/' ? w.f.use.p[i] : path_join(c->arena, path_dir(w.file), w.f.use.p[i]));
	for (int i = at; i < argc; i++) {
		StrVec dirs = {0};
		if (recursive) {
			Str root = absolute_dir(&w, str(argv[i]));
			find_modules(c->arena, root, str(argv[i]), &dirs);
			for (u32 k = 0; k < w.f.use.n; k++) { // what is gone below is dropped
				Str d = path_clean(c->arena, w.f.use.p[k].p[0] == '/' ? w.f.use.p[k] : path_join(c->arena, path_dir(w.file), w.f.use.p[k]));
				if (path_has_prefix(d, root) && !file_exists(path_join(c->arena, d, S("go.mod"))))
					modedit_drop_plain(&w.edit, "use", w.f.use.p[k]);
			}
		} else {
			vec_push(c->arena, &dirs, str(argv[i]));
		}
		for (u32 k = 0; k < dirs.n; k++)
			if ((status = use_dir(&w, dirs.p[k])))
				return status;
	}
	return save(&w);
}

static Value *work_json(Arena *a, const ModFile *f)
{
	Value *v = value_struct(a, "*workfileJSON"), *list;
	value_set(a, v, "Go", value_str(a, f->go));
	value_set(a, v, "Toolchain", value_str(a, f->toolchain));
	list = value_list(a);
	for (u32 i = 0; i < f->use.n; i++) {
		Value *x = value_struct(a, "*useJSON");
		value_set(a, x, "DiskPath", value_str(a, f->use.p[i]));
		value_append(a, list, x);
	}
	value_set(a, v, "Use", list);
	list = value_list(a);
	for (u32 i = 0; i < f->replace.n; i++) {
		Value *x = value_struct(a, "*replaceJSON"), *old = value_struct(a, "*Module"), *new = value_struct(a, "*Module");
		value_set(a, old, "Path", value_str(a, f->replace.p[i].path));
		value_set(a, old, "Version", value_str(a, f->replace.p[i].version));
		value_set(a, new, "Path", value_str(a, f->replace.p[i].new_path));
		value_set(a, new, "Version", value_str(a, f->replace.p[i].new_version));
		value_set(a, x, "Old", old);
		value_set(a, x, "New", new);
		value_append(a, list, x);
	}
	value_set(a, v, "Replace", list);
	return v;
}

static int work_edit(BuildCmd *c, int argc, char **argv)
{
	WorkCmd w;
	Arena *a = c->arena;
	bool json = false, print = false, format = false;
	StrVec use = {0}, drop_use = {0}, replace = {0}, drop_replace = {0};
	Str go = {0}, toolchain = {0};
	const Flag own[] = {{"json", FLAG_BOOL, &json}, {"print", FLAG_BOOL, &print}, {"fmt", FLAG_BOOL, &format}, {"use", FLAG_STRINGS, &use},
		{"dropuse", FLAG_STRINGS, &drop_use}, {"replace", FLAG_STRINGS, &replace}, {"dropreplace", FLAG_STRINGS, &drop_replace},
		{"go", FLAG_STRING, &go}, {"toolchain", FLAG_STRING, &toolchain}, {NULL, 0, NULL}};
	int at = flags_parse(a, "work edit [editing flags] [go.work]", argc, argv, (const Flag *const[]){own, NULL}), status;
	if (!at)
		return 2;
	if (!json && !print && !format && !use.n && !drop_use.n && !replace.n && !drop_replace.n && !go.n && !toolchain.n)
		return cmd_error("no flags specified (see 'go help work edit').");
	if (json && print)
		return cmd_error("cannot use both -json and -print");
	if ((status = start(c, &w)))
		return status;
	if (at < argc)
		w.file = str(argv[at]);
	if ((status = open_file(&w)))
		return status;
	if (go.n && !str_is(go, "none") && !go_version_ok(go)) {
		fputs("go work: invalid -go option; expecting something like \"-go 1.27\"\n", stderr);
		return 1;
	}
	if (go.n)
		modedit_set_single(&w.edit, "go", str_is(go, "none") ? S("") : go);
	if (toolchain.n)
		modedit_set_single(&w.edit, "toolchain", str_is(toolchain, "none") ? S("") : toolchain);
	for (u32 i = 0; i < use.n; i++)
		modedit_add_plain(&w.edit, "use", mod_is_dir_path(use.p[i]) ? use.p[i] : str_cat(a, S("./"), use.p[i]));
	for (u32 i = 0; i < drop_use.n; i++)
		modedit_drop_plain(&w.edit, "use", mod_is_dir_path(drop_use.p[i]) ? drop_use.p[i] : str_cat(a, S("./"), drop_use.p[i]));
	for (u32 k = 0; k < 2; k++) {
		StrVec *list = k ? &drop_replace : &replace;
		for (u32 i = 0; i < list->n; i++) {
			Str x = list->p[i], sides[2] = {x, S("")}, part[4];
			int eq = str_index(x, '=');
			if (!k && eq < 0)
				return cmd_error("-replace=" STR_FMT ": need old[@v]=new[@w] (missing =)", STR_ARG(x));
			if (eq >= 0) {
				sides[0] = str_sub(x, 0, (u32)eq);
				sides[1] = str_from(x, (u32)eq + 1);
			}
			for (u32 s = 0; s < 2; s++) {
				int v = str_index(sides[s], '@');
				part[2 * s] = v >= 0 ? str_sub(sides[s], 0, (u32)v) : sides[s];
				part[2 * s + 1] = v >= 0 ? str_from(sides[s], (u32)v + 1) : S("");
			}
			modedit_add_replace(&w.edit, (ModReplace){part[0], part[1], part[2], part[3]});
		}
	}
	if (!json && !print)
		return save(&w);
	modedit_clean(&w.edit);
	modedit_sort(&w.edit, S("1.21"));
	Str text = modedit_print(&w.edit);
	if (print) {
		fwrite(text.p, 1, text.n, stdout);
		return 0;
	}
	StrVec errs = {0};
	ModFile f;
	workfile_parse(a, w.file, text, &f, &errs);
	Buf b = {0};
	value_json(&b, work_json(a, &f), 0);
	fwrite(b.p, 1, b.n, stdout);
	putchar('\n');
	buf_free(&b);
	return 0;
}

// The versions that the workspace selects go into each module's go.mod.
static int work_sync(BuildCmd *c, int argc, char **argv)
{
	int at = flags_parse(c->arena, "work sync", argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL}), status;
	if (!at)
		return 2;
	if ((status = modcmd_init(c, MODCMD_LOOSE)))
		return status;
	Mods *m = &c->mods;
	if (!m->work)
		return cmd_error("no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)");
	m->readonly = false;
	ModGraph *g = modcmd_graph(c);
	if (!g)
		return 1;
	for (u32 i = 0; i < m->mains.n; i++) {
		Module *x = m->mains.p[i];
		VEC(ModRequire) req = {0};
		bool changed = false;
		for (u32 k = 0; k < x->file->require.n; k++) {
			ModRequire r = x->file->require.p[k];
			Str v = graph_selected(g, r.path);
			changed = changed || (v.n && !str_eq(v, r.version));
			if (v.n)
				r.version = v;
			vec_push(c->arena, &req, r);
		}
		Str text;
		if (!changed || failed(file_map(c->arena, x->gomod, &text)))
			continue;
		ModEdit e;
		modedit_parse(&e, c->arena, text);
		modedit_set_requires(&e, req.p, req.n, go_version_cmp(x->go, S("1.17")) >= 0, x->go);
		Str out = modedit_print(&e);
		Err err = file_write(c->arena, x->gomod, out.p, out.n, 0666);
		if (failed(err))
			return cmd_error(STR_FMT, STR_ARG(err.msg));
	}
	Err e = sums_write(m->fetch->sums, NULL, NULL, false);
	return failed(e) ? cmd_error(STR_FMT, STR_ARG(e.msg)) : 0;
}

static const Subcommand subcommands[] = {
	{"edit", work_edit, "edit go.work from tools or scripts"}, {"init", work_init, "initialize workspace file"},
	{"sync", work_sync, "sync workspace build list to modules"}, {"use", work_use, "add modules to workspace file"},
};

int cmd_work(int argc, char **argv)
{
	if (argc >= 2 && !strcmp(argv[1], "vendor"))
		return cmd_error("work vendor is not supported yet");
	return subcommand_run("work", "Work provides access to operations on workspaces.", subcommands, LENGTH(subcommands), argc, argv);
}
