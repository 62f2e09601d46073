// mods.c: the main module, the modules its build selects by minimal version selection, and the directory an import path
// is found in. Facts: cmd/go/internal/modload (init.go, buildlist.go, import.go, vendor.go).
#include "load/facts.h"
#include "mod/fetch.h"
#include "mod/reqs.h"
#include "mod/toolchain.h"

#include <stdlib.h>

// What of path comes behind "prefix/".
static Str below(Str path, Str prefix) { return path.n > prefix.n ? str_from(path, prefix.n + 1) : S(""); }

static bool dir_below(Str dir, Str root)
{
	return str_is(root, "/") || path_has_prefix(dir, root);
}

Str mods_relative(Arena *a, Str root, Str dir)
{
	Str up = S("");
	if (str_eq(dir, root))
		return S(".");
	while (!dir_below(dir, root)) {
		up = str_cat(a, up, S("../"));
		root = path_dir(root);
		if (!root.n)
			root = S("/");
	}
	Str rest = dir.n > root.n ? str_from(dir, root.n > 1 ? root.n + 1 : 1) : S("");
	Str all = up.n ? str_cat(a, up, rest) : str_cat(a, S("./"), rest);
	return all.n > 1 && all.p[all.n - 1] == '/' ? str_sub(all, 0, all.n - 1) : all;
}

Str mods_short_path(Mods *m, Str p)
{
	if (!p.n || p.p[0] != '/')
		return p;
	Str rel = mods_relative(m->arena, m->ctx->cwd, p);
	if (str_has_prefix(rel, "./"))
		rel = str_from(rel, 2);
	return rel.n < p.n ? rel : p;
}

Str mods_find_up(Arena *a, Str dir, Str name)
{
	for (;;) {
		Str f = path_join(a, dir, name);
		if (file_exists(f) && !file_is_dir(f))
			return f;
		if (dir.n <= 1)
			return S("");
		dir = path_dir(dir);
		if (!dir.n)
			dir = S("/");
	}
}

Str mods_find_gomod(Arena *a, Str dir) { return mods_find_up(a, dir, S("go.mod")); }

Str mods_lang(Arena *a, Str go)
{
	if (!go.n)
		return S("go1.16");
	u32 i = (u32)str_index(go, '.') + 1;
	while (i < go.n && go.p[i] >= '0' && go.p[i] <= '9')
		i++;
	return str_fmt(a, "go" STR_FMT, STR_ARG(str_sub(go, 0, i)));
}

// The godebug lines in force.
static Err check_settings(Mods *m)
{
	const ModFile *f = m->work ? m->work : m->main ? m->main->file : m->mains.n ? m->mains.p[0]->file : NULL;
	for (u32 i = 0; f && i < f->godebug.n; i++) {
		Str why = godebug_check(m->arena, "godebug", f->godebug.p[i].key, f->godebug.p[i].value);
		if (why.n)
			return err_fmt(m->arena, "error loading go.%s:\n" STR_FMT ":%u: " STR_FMT, m->work ? "work" : "mod",
				STR_ARG(mods_short_path(m, m->work ? m->gowork : m->gomod)), f->godebug.p[i].line, STR_ARG(why));
	}
	return OK;
}

Err mods_read_file(Mods *m, Str path, bool strict, ModFile *out)
{
	Str text;
	Err e = file_map(m->arena, path, &text);
	if (failed(e))
		return e;
	text = str_dup(m->arena, text); // the words in *out point into it
	StrVec errs = {0};
	Str shown = mods_short_path(m, path);
	bool work = str_has_suffix(path, ".work") || (m->gowork.n && str_eq(path, m->gowork));
	if (work ? workfile_parse(m->arena, shown, text, out, &errs) : modfile_parse(m->arena, shown, text, strict, out, &errs))
		return OK;
	Buf b = {0};
	buf_printf(&b, "errors parsing " STR_FMT ":", STR_ARG(shown));
	for (u32 i = 0; i < errs.n; i++)
		buf_printf(&b, "\n" STR_FMT, STR_ARG(errs.p[i]));
	e = err_fmt(m->arena, STR_FMT, STR_ARG(buf_view(&b)));
	buf_free(&b);
	return e;
}

// ---- modules ------------------------------------------------------------------------------------

static int by_module_path(const void *x, const void *y)
{
	const Module *p = *(Module *const *)x, *q = *(Module *const *)y;
	return p->main != q->main ? q->main - p->main : str_cmp(p->path, q->path);
}

static void list_modules(Mods *m, const ModVersion *v, u32 n)
{
	m->all.n = 0;
	m->by_path = (StrMap){0};
	for (u32 i = 0; i < m->mains.n; i++) {
		vec_push(m->arena, &m->all, m->mains.p[i]);
		strmap_put(m->arena, &m->by_path, m->mains.p[i]->path, m->mains.p[i]);
	}
	for (u32 i = 0; i < n; i++) {
		if (mods_is_main(m, v[i].path) || mod_is_toolchain(v[i].path))
			continue;
		Module *x = mods_module_unread(m, v[i].path, v[i].version);
		x->indirect = !strmap_has(&m->reqs->direct, x->path);
		vec_push(m->arena, &m->all, x);
		strmap_put(m->arena, &m->by_path, x->path, x);
	}
	qsort(m->all.p, m->all.n, sizeof *m->all.p, by_module_path);
}

void mods_set_reqs(Mods *m, Reqs *r)
{
	m->reqs = r;
	m->selected = r->graph != NULL;
	ModVersionVec v = {0};
	if (r->graph)
		graph_list(m, r->graph, &v);
	list_modules(m, r->graph ? v.p : r->roots.p, r->graph ? v.n : r->roots.n);
}

NORETURN static void needs_updates(Mods *m)
{
	mod_fatal("go: updates to go.mod needed%s; to update it:\n\tgo mod tidy", m->mod_flag ? ", disabled by -mod=readonly" : "");
}

// A go.mod whose requirements are not the versions selected must be written anew before anything is built from it.
static void need_consistent(Mods *m)
{
	const ModGraph *g = m->reqs->graph;
	if (!m->readonly || m->work || !m->main || failed(g->err))
		return;
	for (u32 i = 0; i < m->main->file->require.n; i++)
		if (mods_excluded(m, m->main->file->require.p[i].path, m->main->file->require.p[i].version))
			needs_updates(m);
	for (u32 i = 0; i < m->reqs->roots.n; i++)
		if (!str_is(m->reqs->roots.p[i].path, "toolchain") && !str_eq(graph_selected(g, m->reqs->roots.p[i].path), m->reqs->roots.p[i].version))
			needs_updates(m);
}

void mods_select(Mods *m)
{
	if (m->selected || m->mode != MODE_MODULE || m->vendor || m->std)
		return;
	reqs_graph(m, m->reqs);
	need_consistent(m);
	mods_set_reqs(m, m->reqs);
}

Str mods_no_gomod(Arena *a, Str goroot, Str cwd)
{
	if (!path_has_prefix(cwd, goroot))
		for (Str d = cwd, up = S(""); d.n; d = path_parent(d)) {
			Str config = path_join(a, d, S(".git/config"));
			if (file_exists(config) && !file_is_dir(config))
				return str_fmt(a, "cannot find main module, but found .git/config in " STR_FMT "\n\tto create a module there, run:\n\t%s" STR_FMT "%sgo mod init",
					STR_ARG(d), up.n ? "cd " : "", STR_ARG(up), up.n ? " && " : "");
			up = up.n ? str_cat(a, up, S("/..")) : S("..");
		}
	return S(MOD_NO_GOMOD);
}

// What is wrong with the path of a kind of thing; "" if nothing is.
static Str malformed(Arena *a, Str path, const char *kind)
{
	Str why = import_check_path(a, path);
	return why.n && str_has_prefix(why, "malformed import ") ? str_fmt(a, "malformed %s " STR_FMT, kind, STR_ARG(str_from(why, 17))) : why;
}

Err mods_expand(Mods *m)
{
	if (m->mode != MODE_MODULE || m->vendor || m->std || m->work || m->reqs->pruned)
		return OK;
	Err e = reqs_graph(m, m->reqs)->err;
	if (!failed(e))
		mods_select(m);
	return e;
}

// Reads a main module: its go.mod, or in its stead the file of -modfile.
static Err add_main(Mods *m, Str gomod, Str file)
{
	Arena *a = m->arena;
	ModFile *f = NEW(a, ModFile);
	Err e = mods_read_file(m, file, true, f);
	if (failed(e)) { // what is wrong may be right for a later release
		ModFile lax;
		bool later = !failed(mods_read_file(m, file, false, &lax)) && go_version_cmp(lax.go, toolchain_local()) > 0;
		return later ? toolchain_too_new(m->fetch, mods_short_path(m, file), lax.go) : e;
	}
	if (!f->module.n && f->retract.n)
		return err_fmt(a, "errors parsing " STR_FMT ":\n" STR_FMT ":%u: no module directive found, so retract cannot be used",
			STR_ARG(mods_short_path(m, file)), STR_ARG(mods_short_path(m, file)), f->retract.p[0].line);
	if (!f->module.n)
		return err_fmt(a, "error reading " STR_FMT ": missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod",
			STR_ARG(mods_short_path(m, file)));
	if (go_version_cmp(f->go, toolchain_local()) > 0)
		return toolchain_too_new(m->fetch, mods_short_path(m, file), f->go);
	if (mod_is_toolchain(f->module))
		return err_fmt(a, "error reading " STR_FMT ": invalid module path: \"" STR_FMT "\"", STR_ARG(mods_short_path(m, file)), STR_ARG(f->module));
	Str wrong = malformed(a, f->module, "module");
	for (u32 i = 0; i < f->tool.n && !wrong.n; i++)
		wrong = malformed(a, f->tool.p[i], "tool");
	if (wrong.n)
		return err_fmt(a, STR_FMT, STR_ARG(wrong));
	Str dir = path_dir(gomod);
	Module *x = NEW(a, Module);
	*x = (Module){.path = f->module, .version = S(""), .dir = dir.n ? dir : S("/"), .gomod = gomod, .go = f->go,
		.lang = mods_lang(a, f->go), .main = true, .file = f, .replace_path = S(""), .replace_version = S("")};
	for (u32 i = 0; i < m->mains.n; i++)
		if (str_eq(m->mains.p[i]->path, x->path))
			return err_fmt(a, "module " STR_FMT " appears multiple times in workspace", STR_ARG(x->path));
	vec_push(a, &m->mains, x);
	return OK;
}

static Str replace_target(Mods *m, const ModReplace *r, Str dir)
{
	return r->new_version.n ? str_fmt(m->arena, STR_FMT "@" STR_FMT, STR_ARG(r->new_path), STR_ARG(r->new_version))
		: path_clean(m->arena, r->new_path.p[0] == '/' ? r->new_path : path_join(m->arena, dir, r->new_path));
}

static const ModReplace *same_replace(const ModFile *f, const ModReplace *r)
{
	for (u32 i = 0; f && i < f->replace.n; i++)
		if (str_eq(f->replace.p[i].path, r->path) && str_eq(f->replace.p[i].version, r->version))
			return &f->replace.p[i];
	return NULL;
}

// Modules of a workspace must agree on replacements, unless go.work decides; it must not replace them all away.
static Err check_work_replaces(Mods *m)
{
	Arena *a = m->arena;
	for (u32 i = 0; i < m->work->replace.n; i++)
		if (mods_is_main(m, m->work->replace.p[i].path) && !m->work->replace.p[i].version.n)
			return err_fmt(a, "workspace module " STR_FMT " is replaced at all versions in the go.work file. To fix, remove the replacement from the go.work "
				"file or specify the version at which to replace the module.", STR_ARG(m->work->replace.p[i].path));
	for (u32 k = 0; k < m->mains.n; k++)
		for (u32 i = 0; i < m->mains.p[k]->file->replace.n; i++) {
			const ModReplace *r = &m->mains.p[k]->file->replace.p[i];
			for (u32 j = 0; j < k && !same_replace(m->work, r); j++) {
				const ModReplace *s = same_replace(m->mains.p[j]->file, r);
				Str x = s ? replace_target(m, s, m->mains.p[j]->dir) : S(""), y = replace_target(m, r, m->mains.p[k]->dir);
				if (!s || str_eq(x, y))
					continue;
				Str name = r->version.n ? str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(r->path), STR_ARG(r->version)) : r->path;
				return err_fmt(a, "conflicting replacements for " STR_FMT ":\n\t" STR_FMT "\n\t" STR_FMT "\nuse \"go work edit -replace " STR_FMT
					"=[override]\" to resolve", STR_ARG(name), STR_ARG(x), STR_ARG(y), STR_ARG(name));
			}
		}
	return OK;
}

static Err read_workspace(Mods *m)
{
	Arena *a = m->arena;
	m->work = NEW(a, ModFile);
	Err e = mods_read_file(m, m->gowork, true, m->work);
	Str dir = path_dir(m->gowork);
	m->root = dir.n ? dir : S("/");
	if (!failed(e) && go_version_cmp(m->work->go, toolchain_local()) > 0)
		return toolchain_too_new(m->fetch, mods_short_path(m, m->gowork), m->work->go);
	for (u32 i = 0; i < m->work->use.n && !failed(e); i++)
		for (u32 k = 0; k < i; k++)
			if (str_eq(path_clean(a, m->work->use.p[i]), path_clean(a, m->work->use.p[k])))
				return err_fmt(a, "error loading go.work:\n" STR_FMT ":%u: path " STR_FMT " appears multiple times in workspace", STR_ARG(mods_short_path(m, m->gowork)),
					m->work->use_lines.p[i], STR_ARG(path_clean(a, m->work->use.p[i].p[0] == '/' ? m->work->use.p[i] : path_join(a, m->root, m->work->use.p[i]))));
	for (u32 i = 0; i < m->work->use.n && !failed(e); i++) {
		Str use = m->work->use.p[i], at = path_clean(a, use.p[0] == '/' ? use : path_join(a, m->root, use));
		Str file = path_join(a, at, S("go.mod"));
		if (!file_exists(file))
			return err_fmt(a, "cannot load module " STR_FMT " listed in go.work file: open " STR_FMT ": no such file or directory",
				STR_ARG(path_clean(a, use)), STR_ARG(mods_short_path(m, file)));
		e = add_main(m, file, file);
		bool newer = e.errnum == MOD_TOO_NEW;
		if (newer && m->work_command)
			return (Err){str_fmt(a, "cannot load module " STR_FMT " listed in go.work file: " STR_FMT, STR_ARG(mods_short_path(m, at)), STR_ARG(e.msg)),
				MOD_TOO_NEW};
		Str go = newer ? m->fetch->too_new.go : failed(e) ? S("") : vec_last(&m->mains)->go, least = m->work->go.n ? m->work->go : S("1.18");
		if (!m->work_command && (newer || (go_version_cmp(go, least) > 0 && go_version_cmp(go, S("1.21")) >= 0))) {
			m->fetch->too_new = (TooNew){0}; // another release does not help: go.work must ask for it
			return err_fmt(a, "module " STR_FMT " listed in go.work file requires go >= " STR_FMT ", but go.work %s go " STR_FMT "; to download and use go "
				STR_FMT ":\n\tgo work use", STR_ARG(mods_short_path(m, at)), STR_ARG(go), m->work->go.n ? "lists" : "implicitly requires", STR_ARG(least),
				STR_ARG(go));
		}
	}
	return failed(e) ? e : check_work_replaces(m);
}

Err mods_init(Mods *m, BuildContext *c, Str mod, Str modfile)
{
	Arena *a = c->arena;
	bool editing = m->editing, loose = m->loose || editing, work_command = m->work_command, trace = m->trace, writable = m->writable;
	*m = (Mods){.ctx = c, .arena = a, .gomod = S(""), .gowork = S(""), .root = S(""), .editing = editing, .loose = loose, .work_command = work_command,
		.mod_reason = S("")};
	m->fetch = fetch_new(a, c->env);
	m->fetch->writable = writable;
	http_trace(m->fetch->http, trace);
	Str on = env_get(c->env, "GO111MODULE");
	if (str_is(on, "off")) {
		m->mode = MODE_GOPATH;
		return OK;
	}
	if (on.n && !str_is(on, "on") && !str_is(on, "auto"))
		return err_fmt(a, "unknown environment setting GO111MODULE=" STR_FMT, STR_ARG(on));
	if (mod.n && !str_is(mod, "mod") && !str_is(mod, "readonly") && !str_is(mod, "vendor"))
		return err_fmt(a, "-mod=" STR_FMT " not supported (can be '', 'mod', 'readonly', or 'vendor')", STR_ARG(mod));
	Str found = mods_find_gomod(a, c->cwd), work = env_get(c->env, "GOWORK");
	const char *tmp = getenv("TMPDIR");
	if (found.n && str_eq(path_dir(found), path_clean(a, str(tmp && *tmp ? tmp : "/tmp")))) { // experiments there are not for those who work below
		fprintf(stderr, "go: warning: ignoring go.mod in system temp root %s\n", tmp && *tmp ? tmp : "/tmp");
		found = S("");
	}
	m->mod_flag = mod.n > 0;
	m->readonly = mod.n ? !str_is(mod, "mod") : !loose;
	if (!str_is(work, "off")) {
		m->gowork = work.n && !str_is(work, "auto") ? work : mods_find_up(a, c->cwd, S("go.work"));
		if (str_eq(m->gowork, path_join(a, c->goroot, S("go.work"))))
			m->gowork = S("");
	}
	if (m->gowork.n && m->gowork.p[0] != '/')
		return err_fmt(a, "invalid GOWORK: not an absolute path");
	if (!found.n && !m->gowork.n) {
		m->mode = str_is(on, "auto") ? MODE_GOPATH : MODE_NONE;
		return OK;
	}
	m->mode = MODE_MODULE;
	Err e = OK;
	Str sums;
	if (m->gowork.n && !editing) {
		if (str_is(mod, "mod"))
			return err_fmt(a, "-mod may only be set to readonly or vendor when in workspace mode, but it is set to \"mod\"\n\tRemove the -mod flag "
				"to use the default readonly value, \n\tor set GOWORK=off to disable workspace mode.");
		if (modfile.n)
			return err_fmt(a, "-modfile cannot be used in workspace mode");
		e = read_workspace(m);
		m->readonly = false; // go.sum files of the modules need not say all
		sums = str_cat(a, m->gowork, S(".sum"));
		m->gomod = found;
	} else {
		if (!found.n)
			return err_fmt(a, STR_FMT, STR_ARG(mods_no_gomod(a, c->goroot, c->cwd)));
		m->root = path_dir(found);
		if (!m->root.n)
			m->root = S("/");
		m->gomod = found;
		if (modfile.n) {
			if (!str_has_suffix(modfile, ".mod"))
				return err_fmt(a, "-modfile=" STR_FMT ": file does not have .mod extension", STR_ARG(modfile));
			m->gomod = modfile.p[0] == '/' ? modfile : path_join(a, c->cwd, modfile);
		}
		e = add_main(m, found, m->gomod);
		sums = str_cat(a, str_sub(m->gomod, 0, m->gomod.n - 4), S(".sum"));
		m->gowork = S("");
	}
	if (!failed(e) && !m->editing)
		e = check_settings(m);
	if (failed(e))
		return e;
	m->reqs = NEW(a, Reqs);
	if (!m->mains.n) // a workspace without modules
		return OK;
	Module *x = m->main = m->mains.p[0];
	for (u32 i = 0; i < m->mains.n; i++) {
		vec_push(a, &m->all, m->mains.p[i]);
		strmap_put(a, &m->by_path, m->mains.p[i]->path, m->mains.p[i]);
	}
	Str src = path_join(a, c->goroot, S("src"));
	m->std = str_eq(m->root, src) || str_eq(m->root, path_join(a, src, S("cmd")));
	if (m->std)
		return OK;
	m->fetch->sums = sums_read(a, m->fetch, sums, m->editing);
	for (u32 i = 0; m->work && i < m->mains.n; i++)
		sums_read_more(m->fetch->sums, path_join(a, m->mains.p[i]->dir, S("go.sum")));
	Str go = m->work ? m->work->go : x->go;
	Str vendor_dir = path_join(a, m->root, S("vendor")), source = m->work ? S("go.work") : S("go.mod");
	m->vendor = str_is(mod, "vendor");
	if (!mod.n && !loose && file_is_dir(vendor_dir)) {
		bool for_work = mods_vendor_of_workspace(a, vendor_dir);
		if (!go.n)
			m->mod_reason = str_fmt(a, "Go version in " STR_FMT " is unspecified, so vendor directory was not used.", STR_ARG(source));
		else if (go_version_cmp(go, S("1.14")) < 0)
			m->mod_reason = str_fmt(a, "Go version in " STR_FMT " is " STR_FMT ", so vendor directory was not used.", STR_ARG(source), STR_ARG(go));
		else if (for_work != (m->work != NULL))
			m->mod_reason = for_work ? S("Outside workspace mode, but vendor directory is for a workspace.")
				: S("In workspace mode, but vendor directory is not for a workspace");
		else
			m->vendor = true;
	}
	if (m->vendor && !mod.n)
		m->mod_reason = str_fmt(a, "Go version in " STR_FMT " is at least 1.14 and vendor directory exists.", STR_ARG(source));
	m->reqs = reqs_of_main(m);
	if (m->vendor) {
		m->fetch->vendor = true;
		mods_set_reqs(m, m->reqs);
		return mods_read_vendor(m);
	}
	mods_set_reqs(m, m->reqs);
	if (!m->reqs->pruned && !loose)
		mods_select(m);
	return OK;
}

// ---- import paths to directories ----------------------------------------------------------------

static bool has_go_files(Mods *m, Str dir)
{
	Err e;
	const FileFacts *f = facts_get(m->ctx->facts, dir, &e);
	for (u32 i = 0; f && i < f->nnames; i++)
		if (str_has_suffix(f->names[i], ".go"))
			return true;
	return false;
}

// A directory with a go.mod of its own between root and dir is another module.
static bool crosses_module(Mods *m, Str root, Str dir)
{
	while (dir.n > root.n) {
		Str f = path_join(m->arena, dir, S("go.mod"));
		if (file_exists(f) && !file_is_dir(f))
			return true;
		dir = path_dir(dir);
	}
	return false;
}

static Str find_module_dir(Mods *m, Module *x, Str path)
{
	Str rest = below(path, x->path), dir = rest.n ? path_join(m->arena, x->dir, rest) : x->dir;
	if (!file_is_dir(dir) || crosses_module(m, x->dir, dir) || (x->main && str_has_prefix(rest, "vendor/")))
		return S("");
	return dir;
}

// Where a package of x would be; "" if not there. Many packages import one: the answer is kept.
static Str module_dir(Mods *m, Module *x, Str path)
{
	if (!x->dir.n || !path_has_prefix(path, x->path))
		return S("");
	Str key = str_fmt(m->arena, STR_FMT "\n" STR_FMT, STR_ARG(x->dir), STR_ARG(path)), *known = strmap_get(&m->dirs, key);
	if (!known) {
		known = NEW(m->arena, Str);
		*known = find_module_dir(m, x, path);
		strmap_put(m->arena, &m->dirs, key, known);
	}
	return *known;
}

// What is said of a package in several modules at once.
static Err ambiguous(Mods *m, Str path, Module **found, const Str *dirs, u32 n)
{
	Buf b = {0};
	buf_printf(&b, "ambiguous import: found package " STR_FMT " in multiple modules:", STR_ARG(path));
	for (u32 i = n; i-- > 0;) {
		buf_printf(&b, "\n\t" STR_FMT, STR_ARG(found[i]->path));
		if (found[i]->version.n)
			buf_printf(&b, " " STR_FMT, STR_ARG(found[i]->version));
		buf_printf(&b, " (" STR_FMT ")", STR_ARG(dirs[i]));
	}
	Err e = {str_dup(m->arena, buf_view(&b)), MOD_AMBIGUOUS};
	buf_free(&b);
	return e;
}

// Among modules whose paths begin the package's: those that have it.
static Module *find_in(Mods *m, Reqs *r, Str path, bool graph, Str *dir, Err *e, Module **no_sum)
{
	Module *found[16];
	Str dirs[16];
	u32 n = 0;
	for (Str prefix = path; prefix.n && n < LENGTH(found); prefix = path_parent(prefix)) {
		Module *x = NULL;
		if (mod_is_toolchain(prefix))
			continue;
		for (u32 i = 0; i < m->mains.n; i++)
			if (str_eq(m->mains.p[i]->path, prefix))
				x = m->mains.p[i];
		if (!x) {
			Str v = graph ? graph_selected(reqs_graph(m, r), prefix) : reqs_root(r, prefix);
			if (!v.n || str_is(v, "none"))
				continue;
			x = mods_module(m, prefix, v);
			for (u32 k = 0; !graph && m->readonly && !m->work && m->main && r == m->reqs && x->file && k < x->file->require.n; k++) {
				Str root = reqs_root(r, x->file->require.p[k].path); // what the graph would say without reading it
				if (root.n && semver_cmp(root, x->file->require.p[k].version) < 0)
					needs_updates(m);
			}
			Err err = mods_need_dir(m, x);
			if (err.errnum == MOD_NO_SUM) {
				*no_sum = x;
				continue;
			}
			if (failed(err)) {
				*e = err;
				return NULL;
			}
		}
		Str d = module_dir(m, x, path);
		if (d.n && has_go_files(m, d)) {
			found[n] = x;
			dirs[n++] = d;
		}
	}
	if (n > 1) {
		*e = ambiguous(m, path, found, dirs, n);
		return NULL;
	}
	if (n == 1) {
		*dir = dirs[0];
		return found[0];
	}
	return NULL;
}

Module *mods_provider(Mods *m, Reqs *r, Str path, bool graph, Str *dir, Err *e)
{
	Module *no_sum = NULL;
	*e = OK;
	if (m->work) // roots are what single modules ask for: only the graph says what is selected
		reqs_graph(m, r);
	Module *x = find_in(m, r, path, graph && r->graph, dir, e, &no_sum);
	if (no_sum && !failed(*e)) { // even if another one has it: nobody knows whether it is the only one
		*e = (Err){x ? S("missing go.sum entry needed to verify package ") : S("missing go.sum entry for module providing package "), MOD_NO_SUM};
		return NULL;
	}
	if (x || failed(*e) || !graph || r->graph)
		return x;
	if (failed(reqs_graph(m, r)->err)) {
		*e = r->graph->err;
		return NULL;
	}
	return mods_provider(m, r, path, true, dir, e);
}

Str mods_dir_in_module(Mods *m, Module *x, Str path)
{
	Str d = module_dir(m, x, path);
	return d.n && has_go_files(m, d) ? d : S("");
}

static Module *provider(Mods *m, Str path, Str *dir, Err *e)
{
	Module *x = mods_provider(m, m->reqs, path, true, dir, e);
	if (m->reqs->graph && !m->selected) {
		need_consistent(m);
		mods_set_reqs(m, m->reqs);
	}
	return x;
}

static bool looks_std(Str path)
{
	int slash = str_index(path, '/');
	return str_index(slash >= 0 ? str_sub(path, 0, (u32)slash) : path, '.') < 0;
}

// The GOPATH entry that holds a directory; "" if none does.
static Str gopath_root(Mods *m, Str dir)
{
	for (Str list = env_get(m->ctx->env, "GOPATH"), root; str_next(&list, ':', &root);) {
		Str src = path_join(m->arena, root, S("src"));
		if (root.n && path_has_prefix(dir, src) && !str_eq(dir, src))
			return root;
	}
	return S("");
}

// What a directory of the GOPATH entry root is hidden by: the library, or an entry before; "" if by nothing.
static Str hiding_dir(Mods *m, Str dir, Str root)
{
	Arena *a = m->arena;
	Str path = below(dir, path_join(a, root, S("src"))), std = path_join(a, path_join(a, m->ctx->goroot, S("src")), path);
	if (file_is_dir(std))
		return std;
	for (Str list = env_get(m->ctx->env, "GOPATH"), other; str_next(&list, ':', &other);) {
		Str at = path_join(a, path_join(a, other, S("src")), path);
		if (str_eq(other, root))
			break;
		if (file_is_dir(at))
			return at;
	}
	return S("");
}

// The next "/vN" (N > 1) of a path at or below `end`, from the right: its index, and where it ends.
static int version_elem(Str path, u32 end, u32 *stop)
{
	for (u32 j = end; j > 0; j--) {
		if (j < path.n && path.p[j] != '/')
			continue;
		u32 i = j - 1;
		while (i > 0 && path.p[i] != '/')
			i--;
		Str e = str_sub(path, i + 1, j);
		bool number = i > 0 && e.n > 1 && e.p[0] == 'v' && e.p[1] != '0' && !str_is(e, "v1");
		for (u32 k = 1; k < e.n; k++)
			number = number && e.p[k] >= '0' && e.p[k] <= '9';
		*stop = j;
		if (number)
			return (int)i;
	}
	return -1;
}

// The module path of the go.mod in a directory; "" if there is none.
static Str gomod_path(Mods *m, Str dir)
{
	Str file = path_join(m->arena, dir, S("go.mod"));
	ModFile f = {0};
	return file_exists(file) && !failed(mods_read_file(m, file, false, &f)) ? f.module : S("");
}

static Str gopath_dir(Mods *m, Str path)
{
	for (Str list = env_get(m->ctx->env, "GOPATH"), entry; str_next(&list, ':', &entry);) {
		Str dir = path_join(m->arena, path_join(m->arena, entry, S("src")), path);
		if (file_is_dir(dir))
			return dir;
	}
	return S("");
}

// Code in a tree with a go.mod may say x/y/v2/z for GOPATH/src/x/y/z if the go.mod of x/y declares the module x/y/v2.
static Str without_version(Mods *m, Str path, LoadPkg *from)
{
	Arena *a = m->arena;
	u32 stop;
	if (!from || version_elem(path, path.n, &stop) < 0 || gopath_dir(m, path).n)
		return path;
	Str root = gopath_root(m, from->dir), src = path_join(a, root, S("src"));
	bool modules = false;
	for (Str d = from->dir; root.n && d.n >= src.n && !modules; d = path_dir(d))
		modules = gomod_path(m, d).n > 0;
	for (u32 limit = path.n; modules && limit > 0;) {
		int i = version_elem(path, limit, &stop);
		if (i < 0)
			break;
		Str module = gomod_path(m, gopath_dir(m, str_sub(path, 0, (u32)i)));
		if (module.n)
			return str_eq(module, str_sub(path, 0, stop)) ? str_cat(a, str_sub(path, 0, (u32)i), str_from(path, stop)) : path;
		limit = (u32)i;
	}
	return path;
}

static Str gopath_find(Mods *m, Str path, LoadPkg *from, Str *full, Str *why)
{
	Arena *a = m->arena;
	if (path.n && path.p[0] == '/') {
		*why = str_fmt(a, "import \"" STR_FMT "\": cannot import absolute path", STR_ARG(path));
		return S("");
	}
	Buf tried = {0};
	// Vendor directories from the importer's up.
	Str root = from ? gopath_root(m, from->dir) : S(""), src = path_join(a, root, S("src"));
	const char *what = " (vendor tree)";
	for (Str d = from ? from->dir : S(""); root.n && d.n >= src.n; d = path_dir(d)) {
		Str vendor = path_join(a, d, S("vendor")), v = path_join(a, vendor, path);
		if (!file_is_dir(vendor))
			continue;
		if (has_go_files(m, v)) {
			*full = str_from(v, src.n + 1);
			buf_free(&tried);
			return v;
		}
		buf_printf(&tried, "\n\t" STR_FMT "%s", STR_ARG(v), what);
		what = "";
	}
	path = *full = without_version(m, path, from);
	// What a GOPATH entry vendors for all of it stays its own, even if the library has it, too.
	Str std = path_join(a, path_join(a, m->ctx->goroot, S("src")), path), own = S("");
	bool std_first = !str_has_prefix(path, "vendor/") || path_has_prefix(from ? from->dir : m->ctx->cwd, m->ctx->goroot);
	if (std_first && file_is_dir(std)) {
		buf_free(&tried);
		return std;
	}
	buf_printf(&tried, "\n\t" STR_FMT " (from $GOROOT)", STR_ARG(std));
	what = " (from $GOPATH)";
	for (Str list = env_get(m->ctx->env, "GOPATH"), gp; str_next(&list, ':', &gp);) {
		if (!gp.n)
			continue;
		Str dir = path_join(a, path_join(a, gp, S("src")), path);
		if (file_is_dir(dir)) {
			own = dir;
			break;
		}
		buf_printf(&tried, "\n\t" STR_FMT "%s", STR_ARG(dir), what);
		what = "";
	}
	if (!own.n && !std_first && file_is_dir(std))
		own = std;
	if (!own.n)
		*why = str_fmt(a, "cannot find package \"" STR_FMT "\" in any of:" STR_FMT, STR_ARG(path), STR_ARG(buf_view(&tried)));
	buf_free(&tried);
	return own;
}

// The module whose download go.sum does not know.
static Str no_sum_module(Mods *m, Str path)
{
	for (Str prefix = path; prefix.n; prefix = path_parent(prefix)) {
		Module *x = strmap_get(&m->by_path, prefix);
		if (x && !x->main && mods_need_dir(m, x).errnum == MOD_NO_SUM)
			return x->replace_path.n ? x->replace_path : x->path;
	}
	return path;
}

// A package of a module that is replaced, but that no one requires: the module, at the highest version that is replaced; "" if
// there is none.
static Str replaced_why(Mods *m, Str path)
{
	Arena *a = m->arena;
	for (Str prefix = path; prefix.n; prefix = path_parent(prefix)) {
		const ModReplace *best = NULL;
		Str from = S("");
		for (u32 k = 0; k <= m->mains.n && !strmap_has(&m->by_path, prefix); k++) {
			const ModFile *f = k < m->mains.n ? m->mains.p[k]->file : m->work;
			for (u32 i = 0; f && i < f->replace.n; i++) {
				const ModReplace *r = &f->replace.p[i];
				if (!str_eq(r->path, prefix) || r->new_version.n || (best && semver_cmp(r->version, best->version) <= 0))
					continue;
				best = r;
				from = k < m->mains.n ? m->mains.p[k]->dir : m->root;
			}
		}
		if (!best)
			continue;
		Str root = best->new_path.p[0] == '/' ? best->new_path : path_join(a, from, best->new_path), rest = below(path, prefix);
		if (has_go_files(m, rest.n ? path_join(a, root, rest) : root))
			return str_fmt(a, "module " STR_FMT " provides package " STR_FMT " and is replaced but not required; to add it:\n\tgo get " STR_FMT "%s" STR_FMT,
				STR_ARG(prefix), STR_ARG(path), STR_ARG(prefix), best->version.n ? "@" : "", STR_ARG(best->version));
	}
	return S("");
}

Str mods_missing_why(Mods *m, Str path)
{
	Arena *a = m->arena;
	Str replaced = replaced_why(m, path);
	if (replaced.n)
		return replaced;
	Str *looked = strmap_get(&m->lookup_errors, path);
	if (looked)
		return *looked;
	if (m->mod_flag || m->mod_reason.n)
		return str_fmt(a, "cannot find module providing package " STR_FMT ": import lookup disabled by -mod=%s%s" STR_FMT "%s", STR_ARG(path),
			m->readonly ? "readonly" : "mod", m->mod_reason.n ? "\n\t(" : "", STR_ARG(m->mod_reason), m->mod_reason.n ? ")" : "");
	return str_fmt(a, "no required module provides package " STR_FMT "; to add it:\n\tgo get " STR_FMT, STR_ARG(path), STR_ARG(path));
}

static bool is_meta(Str path)
{
	return str_is(path, "all") || str_is(path, "std") || str_is(path, "cmd") || str_is(path, "tool") || str_is(path, "work");
}

Str mods_find(void *ctx, Str path, LoadPkg *from, Str *full, Str *why)
{
	Mods *m = ctx;
	Arena *a = m->arena;
	if (m->mode == MODE_GOPATH)
		return gopath_find(m, path, from, full, why);
	if (is_meta(path)) {
		*why = str_fmt(a, "\"" STR_FMT "\" is not an importable package; see 'go help packages'", STR_ARG(path));
		return S("");
	}
	if (path.n && (path.p[0] == '.' || path.p[0] == '/')) {
		*why = path.p[0] == '/' ? str_fmt(a, "cannot import absolute path")
			: str_fmt(a, "\"" STR_FMT "\" is relative, but relative import paths are not supported in module mode", STR_ARG(path));
		return S("");
	}
	*why = import_check_path(a, path);
	if (why->n)
		return S("");
	if (m->mode == MODE_NONE) {
		if (!looks_std(path))
			*why = str_fmt(a, "no required module provides package " STR_FMT
				": " MOD_NO_GOMOD, STR_ARG(path));
		return S("");
	}
	Str dir;
	Err e = OK;
	if (m->vendor) {
		for (u32 i = 0; i < m->mains.n; i++) {
			dir = module_dir(m, m->mains.p[i], path);
			if (dir.n && has_go_files(m, dir))
				return dir;
		}
		dir = str_fmt(a, STR_FMT "/vendor/" STR_FMT, STR_ARG(m->root), STR_ARG(path));
		bool listed = strmap_has(&m->vendored, path) || go_version_cmp(m->work ? m->work->go : m->main->go, S("1.23")) < 0;
		if (has_go_files(m, dir) && !listed) {
			fprintf(stderr, "go: ignoring package " STR_FMT " which exists in the vendor directory but is missing from vendor/modules.txt. "
				"To sync the vendor directory run go %s vendor.\n", STR_ARG(path), m->work ? "work" : "mod");
		} else if (has_go_files(m, dir)) {
			return dir;
		}
		if (!looks_std(path))
			*why = str_fmt(a, "cannot find module providing package " STR_FMT ": import lookup disabled by -mod=vendor%s" STR_FMT "%s", STR_ARG(path),
				m->mod_reason.n ? "\n\t(" : "", STR_ARG(m->mod_reason), m->mod_reason.n ? ")" : "");
		return S("");
	}
	Module *x = m->mains.n || m->reqs ? provider(m, path, &dir, &e) : NULL;
	bool from_main = from && from->module && from->module->main && m->readonly && !m->work;
	if (x && from_main && !x->main && !reqs_root(m->reqs, x->path).n) {
		*why = str_fmt(a, "package " STR_FMT " imports " STR_FMT " from implicitly required module; to add missing requirements, run:\n\tgo get " STR_FMT
			"@" STR_FMT, STR_ARG(from->import_path), STR_ARG(path), STR_ARG(x->path), STR_ARG(x->version));
		return S("");
	}
	if (x)
		return dir;
	if (e.errnum == MOD_NO_SUM) {
		bool named = from && from->import_path.n && !from->is_command_line;
		*why = str_fmt(a, STR_FMT STR_FMT "%s" STR_FMT "%s%s", STR_ARG(e.msg), STR_ARG(path), named ? " (imported by " : "",
			STR_ARG(named ? from->import_path : S("")), named ? ")" : "", str_has_prefix(e.msg, "missing go.sum entry needed") ? " is provided by exactly one module" : "");
		if (named)
			*why = str_fmt(a, STR_FMT "; to add:\n\tgo get " STR_FMT, STR_ARG(*why), STR_ARG(from->import_path));
		else
			*why = str_fmt(a, STR_FMT "; to add:\n\tgo mod download " STR_FMT, STR_ARG(*why), STR_ARG(no_sum_module(m, path)));
	} else if (failed(e))
		*why = e.msg;
	else if (!looks_std(path))
		*why = mods_missing_why(m, path);
	else
		*why = replaced_why(m, path);
	return S("");
}

Module *mods_of_package(Mods *m, Str path)
{
	if (m->mode != MODE_MODULE || m->std)
		return NULL;
	Module *x = strmap_get(&m->vendored, path);
	Str dir;
	Err e;
	for (u32 i = 0; m->vendor && i < m->mains.n; i++)
		if (module_dir(m, m->mains.p[i], path).n)
			return m->mains.p[i];
	return m->vendor || !m->reqs ? x : provider(m, path, &dir, &e);
}

void mods_found(void *ctx, LoadPkg *p, LoadPkg *from)
{
	Mods *m = ctx;
	if (p->standard)
		return;
	if (m->mode == MODE_GOPATH)
		p->root = gopath_root(m, p->dir);
	if (p->local && p->root.n) {
		p->conflict_dir = hiding_dir(m, p->dir, p->root);
		p->root = S("");
	}
	p->module = mods_of_package(m, p->import_path);
	if (p->module) {
		p->go_version = p->module->lang;
		p->root = p->module->dir;
	}
}

Str mods_dir_path(Mods *m, Str dir, Str *why)
{
	Arena *a = m->arena;
	Str src = path_join(a, m->ctx->goroot, S("src"));
	bool is_file = !file_is_dir(dir) && file_exists(dir) && m->mode == MODE_MODULE;
	if (!file_is_dir(dir) && !is_file) {
		*why = str_fmt(a, "stat " STR_FMT ": directory not found", STR_ARG(dir));
		return S("");
	}
	Str in_src = path_has_prefix(dir, src) ? below(dir, src) : S("");
	bool builtin = str_is(in_src, "builtin") && m->mode != MODE_GOPATH;
	if (builtin || (m->std && str_eq(dir, src))) {
		*why = builtin ? S("\"builtin\" is a pseudo-package, not an importable package") : S("GOROOT/src is not an importable package");
		return S("");
	}
	if (in_src.n)
		return in_src;
	if (m->mode == MODE_GOPATH) {
		Str root = gopath_root(m, dir);
		if (root.n && !hiding_dir(m, dir, root).n)
			return below(dir, path_join(a, root, S("src")));
		return str_fmt(a, "_" STR_FMT, STR_ARG(dir)); // a local package: named by its directory
	}
	if (m->mode == MODE_NONE) {
		*why = mods_no_gomod(a, m->ctx->goroot, m->ctx->cwd);
		return S("");
	}
	for (u32 i = 0; i < m->all.n; i++) {
		Module *x = m->all.p[i];
		if (!x->dir.n || !dir_below(dir, x->dir) || m->std)
			continue;
		Str rest = str_eq(dir, x->dir) ? S("") : str_from(dir, x->dir.n > 1 ? x->dir.n + 1 : 1);
		if (x->main && str_index(rest, '@') >= 0)
			continue; // perhaps in the module cache
		if (x->main && str_has_prefix(rest, "vendor/")) {
			Str pkg = str_from(rest, 7);
			if (!m->vendor)
				*why = str_fmt(a, "without -mod=vendor, directory " STR_FMT " has no package path", STR_ARG(dir));
			else if (!strmap_has(&m->vendored, pkg))
				*why = str_fmt(a, "directory " STR_FMT " is not a package listed in vendor/modules.txt", STR_ARG(dir));
			return why->n ? S("") : pkg;
		}
		if (is_file) {
			*why = str_fmt(a, "main module (" STR_FMT ") does not contain package " STR_FMT "/" STR_FMT, STR_ARG(x->path), STR_ARG(x->path),
				STR_ARG(rest));
			return S("");
		}
		if (crosses_module(m, x->dir, dir)) {
			if (!x->main)
				continue;
			Str at = dir;
			while (!file_exists(path_join(a, at, S("go.mod"))))
				at = path_dir(at);
			bool known = false;
			for (u32 k = 0; k < m->all.n; k++)
				known = known || (k != i && str_eq(m->all.p[k]->dir, at));
			if (known)
				continue;
			*why = str_fmt(a, "main module (" STR_FMT ") does not contain package " STR_FMT "/" STR_FMT, STR_ARG(x->path),
				STR_ARG(x->path), STR_ARG(rest));
			return S("");
		}
		return rest.n ? path_join(a, x->path, rest) : x->path;
	}
	Str shown = mods_short_path(m, dir), own = m->work ? mods_find_gomod(a, dir) : S("");
	const char *where = m->work ? "modules listed in go.work or their selected dependencies" : "main module or its selected dependencies";
	if (m->work && !m->mains.n) {
		*why = S(MOD_NO_MODULES);
		return S("");
	}
	Str what = str_is(shown, ".") ? S("current directory") : str_cat(a, S("directory "), shown);
	if (own.n)
		*why = str_fmt(a, STR_FMT " is contained in a module that is not one of the workspace modules listed in go.work. You can add the module to the workspace using:"
			"\n\tgo work use " STR_FMT, STR_ARG(what), STR_ARG(mods_short_path(m, path_dir(own))));
	else
		*why = str_fmt(a, STR_FMT " outside %s", STR_ARG(what), where);
	return S("");
}
