// work.c: `go work`: go.work files, which name the modules of a workspace. Facts: cmd/go/internal/workcmd.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "mod/toolchain.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct WorkCmd { BuildCmd *c; Mods *m; Str file; ModEdit edit; ModFile f; bool editing; } WorkCmd; // editing: a go line may be too new

static int start(BuildCmd *c, WorkCmd *w)
{
	c->env = env_new(c->arena);
	Err e = context_init(&c->ctx, c->arena, c->env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	c->mods.arena = c->arena;
	c->mods.ctx = &c->ctx;
	c->mods.fetch = fetch_new(c->arena, c->env);
	*w = (WorkCmd){.c = c, .m = &c->mods};
	Str set = env_get(c->env, "GOWORK");
	w->file = str_is(set, "off") ? S("") : set.n && !str_is(set, "auto") ? set : mods_find_up(c->arena, c->ctx.cwd, S("go.work"));
	return 0;
}

static int open_file(WorkCmd *w)
{
	Str text;
	w->m->gowork = w->file;
	if (!w->file.n)
		return cmd_error("no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)");
	Err e = mods_read_file(w->m, w->file, true, &w->f);
	if (!failed(e))
		e = file_map(w->c->arena, w->file, &text);
	if (!failed(e) && !w->editing && go_version_cmp(w->f.go, toolchain_local()) > 0)
		e = toolchain_too_new(w->m->fetch, mods_short_path(w->m, w->file), w->f.go);
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

static Str absolute_dir(WorkCmd *w, Str arg)
{
	return path_clean(w->c->arena, arg.p[0] == '/' ? arg : path_join(w->c->arena, w->c->ctx.cwd, arg));
}

static Str dir_of_use(WorkCmd *w, Str use)
{
	return path_clean(w->c->arena, use.p[0] == '/' ? use : path_join(w->c->arena, path_dir(w->file), use));
}

// Directories that are to be in the file: how they are to be named there; "" those that are not.
typedef struct UseDir { Str dir, name; } UseDir;
typedef struct UseDirs { VEC(UseDir) list; bool bad; Err too_new; } UseDirs;

static void use_error(UseDirs *u, Str msg)
{
	cmd_error(STR_FMT, STR_ARG(msg));
	u->bad = true;
}

static void look_at(WorkCmd *w, UseDirs *u, Str arg)
{
	Arena *a = w->c->arena;
	Str dir = absolute_dir(w, arg), name = arg.p[0] == '/' ? dir : mods_relative(a, path_dir(w->file), dir), file = path_join(a, dir, S("go.mod"));
	UseDir *had = NULL;
	if (file_exists(file) && file_is_dir(file)) {
		use_error(u, str_fmt(a, STR_FMT " is not a regular file", STR_ARG(mods_short_path(w->m, file))));
		return;
	}
	for (u32 i = 0; i < u->list.n; i++)
		if (str_eq(u->list.p[i].dir, dir))
			had = &u->list.p[i];
	if (!file_exists(file))
		name = S("");
	else if (had && had->name.n && !str_eq(had->name, name))
		use_error(u, str_fmt(a, "already added \"" STR_FMT "\" as \"" STR_FMT "\"", STR_ARG(name), STR_ARG(had->name)));
	if (had)
		had->name = name;
	else
		vec_push(a, &u->list, (UseDir){dir, name});
}

static void walk(WorkCmd *w, UseDirs *u, Str arg)
{
	Arena *a = w->c->arena;
	StrVec names = {0};
	Str dir = absolute_dir(w, arg);
	look_at(w, u, arg);
	if (failed(dir_list(a, dir, &names)))
		return;
	for (u32 i = 0; i < names.n; i++) {
		struct stat st;
		Str p = path_join(a, dir, names.p[i]);
		if (lstat(str_c(a, p), &st) != 0 || str_is(names.p[i], "vendor"))
			continue;
		if (S_ISDIR(st.st_mode))
			walk(w, u, path_join(a, arg, names.p[i]));
		else if (S_ISLNK(st.st_mode) && file_is_dir(p))
			fprintf(stderr, "warning: ignoring symlink " STR_FMT "\n", STR_ARG(mods_short_path(w->m, p)));
	}
}

// Adds and drops lines so that each directory has the one it should.
static void change_uses(WorkCmd *w, const UseDirs *u)
{
	for (u32 i = 0; i < u->list.n; i++) {
		u32 kept = 0;
		for (u32 k = 0; k < w->f.use.n; k++) {
			Str use = w->f.use.p[k];
			if (!str_eq(dir_of_use(w, use), u->list.p[i].dir))
				continue;
			if (str_eq(use, u->list.p[i].name))
				kept++;
			else
				modedit_drop_plain(&w->edit, "use", use);
		}
		if (u->list.p[i].name.n && kept != 1) {
			if (kept > 1)
				modedit_drop_plain(&w->edit, "use", u->list.p[i].name);
			modedit_add_plain(&w->edit, "use", u->list.p[i].name);
		}
	}
}

typedef struct Max { WorkCmd *w; UseDirs *u; Str go; } Max;

static bool max_go(void *ctx, EditLine *line, StrVec words)
{
	Max *x = ctx;
	ModFile f;
	Mods *m = x->w->m;
	Str file = path_join(m->arena, dir_of_use(x->w, words.p[0]), S("go.mod"));
	Err e = mods_read_file(m, file, true, &f);
	if (!failed(e) && !f.module.n)
		e = err_fmt(m->arena, "error reading " STR_FMT ": missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod",
			STR_ARG(mods_short_path(m, file)));
	if (!failed(e) && go_version_cmp(f.go, toolchain_local()) > 0)
		x->u->too_new = e = toolchain_too_new(m->fetch, mods_short_path(m, file), f.go);
	else if (failed(e))
		use_error(x->u, e.msg);
	if (!failed(e) && go_version_cmp(f.go.n ? f.go : S("1.16"), x->go) > 0)
		x->go = f.go;
	return true;
}

// The go line becomes at least go; a toolchain line that it implies is dropped.
static void raise_go(WorkCmd *w, Str go)
{
	EditLine *l = modedit_first(&w->edit, "go"), *t = modedit_first(&w->edit, "toolchain");
	if (go_version_cmp(l ? vec_last(&l->words) : S("1.18"), go) >= 0)
		return;
	modedit_set_single(&w->edit, "go", go);
	Str name = t ? vec_last(&t->words) : S(""), release = toolchain_release(name);
	if (t && (str_eq(name, str_cat(w->c->arena, S("go"), go)) || go_version_cmp(release, go) < 0 || go_version_cmp(release, S("1.21")) < 0))
		modedit_set_single(&w->edit, "toolchain", S(""));
}

static int use(WorkCmd *w, int n, char **args, bool recursive)
{
	Arena *a = w->c->arena;
	UseDirs u = {0};
	for (int i = 0; i < n; i++) {
		Str arg = str(args[i]), dir = absolute_dir(w, arg);
		if (!file_exists(dir)) {
			use_error(&u, str_fmt(a, "directory " STR_FMT " does not exist", STR_ARG(mods_short_path(w->m, dir))));
		} else if (!file_is_dir(dir)) {
			use_error(&u, str_fmt(a, STR_FMT " is not a directory", STR_ARG(mods_short_path(w->m, dir))));
		} else if (!recursive) {
			look_at(w, &u, arg);
		} else {
			walk(w, &u, arg);
			for (u32 k = 0; k < w->f.use.n; k++) { // what is gone below is dropped
				Str d = dir_of_use(w, w->f.use.p[k]);
				bool seen = !path_has_prefix(d, dir);
				for (u32 j = 0; j < u.list.n; j++)
					seen = seen || str_eq(u.list.p[j].dir, d);
				if (!seen)
					vec_push(a, &u.list, (UseDir){d, S("")});
			}
		}
	}
	change_uses(w, &u);
	EditLine *l = modedit_first(&w->edit, "go");
	Max x = {w, &u, l ? vec_last(&l->words) : S("1.18")};
	modedit_clean(&w->edit);
	modedit_each(&w->edit, "use", max_go, &x);
	if (failed(u.too_new))
		return toolchain_fail(w->m->fetch, u.too_new);
	if (u.bad)
		return 1;
	raise_go(w, x.go);
	return save(w);
}

static int work_init(BuildCmd *c, int argc, char **argv)
{
	WorkCmd w;
	int at = flags_parse(c->arena, help_usage("work init"), argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL}), status;
	if (!at)
		return 2;
	if ((status = start(c, &w)))
		return status;
	if (!w.file.n)
		w.file = path_join(c->arena, c->ctx.cwd, S("go.work"));
	if (file_exists(w.file))
		return cmd_error(STR_FMT " already exists", STR_ARG(w.file));
	modedit_parse(&w.edit, c->arena, str_fmt(c->arena, "go " STR_FMT "\n", STR_ARG(toolchain_local())));
	return use(&w, argc - at, argv + at, false);
}

static int work_use(BuildCmd *c, int argc, char **argv)
{
	WorkCmd w;
	bool recursive = false;
	const Flag own[] = {{"r", FLAG_BOOL, &recursive}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("work use"), argc, argv, (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL}), status;
	if (!at)
		return 2;
	if ((status = start(c, &w)) || (status = open_file(&w)))
		return status;
	return use(&w, argc - at, argv + at, recursive);
}

static Value *work_json(Arena *a, const ModFile *f)
{
	Value *v = value_struct(a, "*workfileJSON"), *list;
	value_set(a, v, "Go", value_str(a, f->go));
	value_set(a, v, "Toolchain", value_str(a, f->toolchain));
	list = value_list(a);
	for (u32 i = 0; i < f->godebug.n; i++) {
		Value *x = value_struct(a, "*godebugJSON");
		value_set(a, x, "Key", value_str(a, f->godebug.p[i].key));
		value_set(a, x, "Value", value_str(a, f->godebug.p[i].value));
		value_append(a, list, x);
	}
	value_set(a, v, "Godebug", list);
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

// Drops or adds settings "key=value".
static bool drop_godebug(void *ctx, EditLine *line, StrVec words)
{
	Str key = *(Str *)ctx;
	if (words.n && str_has_prefix(words.p[0], key.p))
		line->removed = true;
	return true;
}

static void set_godebug(WorkCmd *w, Str setting, bool drop)
{
	int eq = str_index(setting, '=');
	Str key = str_cat(w->c->arena, eq >= 0 ? str_sub(setting, 0, (u32)eq) : setting, S("="));
	modedit_each(&w->edit, "godebug", drop_godebug, &key);
	modedit_clean(&w->edit);
	if (!drop)
		modedit_add(&w->edit, NULL, "godebug", &setting, 1);
}

static int work_edit(BuildCmd *c, int argc, char **argv)
{
	WorkCmd w;
	Arena *a = c->arena;
	bool json = false, print = false, format = false;
	StrVec use = {0}, drop_use = {0}, replace = {0}, drop_replace = {0}, godebug = {0}, drop_godebugs = {0};
	Str go = {0}, toolchain = {0};
	const Flag own[] = {{"json", FLAG_BOOL, &json}, {"print", FLAG_BOOL, &print}, {"fmt", FLAG_BOOL, &format}, {"use", FLAG_STRINGS, &use},
		{"dropuse", FLAG_STRINGS, &drop_use}, {"replace", FLAG_STRINGS, &replace}, {"dropreplace", FLAG_STRINGS, &drop_replace},
		{"go", FLAG_STRING, &go}, {"toolchain", FLAG_STRING, &toolchain}, {"godebug", FLAG_STRINGS, &godebug},
		{"dropgodebug", FLAG_STRINGS, &drop_godebugs}, {NULL, 0, NULL}};
	int at = flags_parse(a, help_usage("work edit"), argc, argv, (const Flag *const[]){own, NULL}), status;
	if (!at)
		return 2;
	if ((status = start(c, &w)))
		return status;
	if (at < argc)
		w.file = str(argv[at]);
	w.editing = true;
	if (!w.file.n)
		return open_file(&w);
	if (!json && !print && !format && !use.n && !drop_use.n && !replace.n && !drop_replace.n && !go.n && !toolchain.n && !godebug.n && !drop_godebugs.n)
		return cmd_error("no flags specified (see 'go help work edit').");
	if (json && print)
		return cmd_error("cannot use both -json and -print");
	if ((status = open_file(&w)))
		return status;
	if (go.n && !str_is(go, "none") && !go_version_ok(go)) {
		fprintf(stderr, "go: invalid -go option %s; expecting something like \"-go " STR_FMT "\"\n", go_quote(a, go).p, STR_ARG(toolchain_local()));
		return 1;
	}
	if (go.n)
		modedit_set_single(&w.edit, "go", str_is(go, "none") ? S("") : go);
	if (toolchain.n)
		modedit_set_single(&w.edit, "toolchain", str_is(toolchain, "none") ? S("") : toolchain);
	for (u32 i = 0; i < godebug.n; i++) {
		if (str_index(godebug.p[i], '=') < 0)
			return cmd_error("-godebug=" STR_FMT ": need key=value", STR_ARG(godebug.p[i]));
		set_godebug(&w, godebug.p[i], false);
	}
	for (u32 i = 0; i < drop_godebugs.n; i++)
		set_godebug(&w, drop_godebugs.p[i], true);
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
				sides[0] = str_trim(str_sub(x, 0, (u32)eq));
				sides[1] = str_trim(str_from(x, (u32)eq + 1));
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

static const Subcommand subcommands[] = {
	{"edit", work_edit, "edit go.work from tools or scripts"}, {"init", work_init, "initialize workspace file"},
	{"sync", work_sync_main, "sync workspace build list to modules"}, {"use", work_use, "add modules to workspace file"},
	{"vendor", work_vendor_main, "make vendored copy of dependencies"},
};

const SubcommandGroup work_group = {"work", "Work provides access to operations on workspaces.", subcommands, LENGTH(subcommands)};

int cmd_work(int argc, char **argv) { return subcommand_run(&work_group, argc, argv); }
