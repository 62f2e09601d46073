// match.c: the packages that patterns name: std, cmd, all, tool, work, ./..., path/... Facts: cmd/go/internal/modload
// (search.go, load.go), cmd/go/internal/search.
#include "mod/fetch.h"
#include "mod/pkgs.h"
#include "mod/reqs.h"

void mods_match_in(Mods *m, Module *x, Str pattern, StrVec *out)
{
	if (!x->dir.n)
		return;
	mods_read_module(m, x);
	TreeMatch t = {.dir = x->dir, .path = x->path, .pattern = pattern, .ignore = x->file ? &x->file->ignore : NULL, .ignore_root = x->dir,
		.say_ignored = m->say_ignored, .warn_links = !m->quiet_links, .stop_at_modules = true, .stop_at_vendor = true};
	load_match_tree(m->ctx, m->arena, &t, out);
}

void mods_match_main(Mods *m, Module *x, StrVec *out) { mods_match_in(m, x, S("..."), out); }

static void match_std(Mods *m, Str pattern, StrVec *out, bool cmd, bool cgo)
{
	StrVec found = {0};
	load_match(m->ctx, m->arena, path_join(m->arena, m->ctx->goroot, S("src")), S(""), pattern, &found);
	for (u32 i = 0; i < found.n; i++)
		if (!str_is(found.p[i], "builtin") && (cmd || !path_has_prefix(found.p[i], S("cmd"))) && (cgo || !str_is(found.p[i], "runtime/cgo")))
			vec_push(m->arena, out, found.p[i]);
}

static void match_gopath(Mods *m, Str pattern, StrVec *out)
{
	for (Str list = env_get(m->ctx->env, "GOPATH"), entry; str_next(&list, ':', &entry);) {
		TreeMatch t = {.dir = path_join(m->arena, entry, S("src")), .path = S(""), .pattern = pattern,
			.warn_links = str_find(pattern, "...") >= 0};
		load_match_tree(m->ctx, m->arena, &t, out);
	}
}

static void add_tools(Mods *m, StrVec *out)
{
	for (u32 i = 0; i < m->mains.n; i++)
		for (u32 k = 0; k < m->mains.p[i]->file->tool.n; k++)
			vec_push(m->arena, out, m->mains.p[i]->file->tool.p[k]);
}

// The packages of the main modules and their tools, and all that those and, for the main modules, their tests import.
static void match_all(Mods *m, StrVec *out)
{
	PkgLoad l = {.m = m, .reqs = m->reqs, .all = true, .host_only = true};
	StrVec roots = {0};
	pkgs_main(m, &roots);
	add_tools(m, &roots);
	pkgs_load(&l, &roots);
	for (u32 i = 0; i < l.pkgs.n; i++)
		if (l.pkgs.p[i]->in_all && !l.pkgs.p[i]->test_of)
			vec_push(m->arena, out, l.pkgs.p[i]->path);
}

// A pattern of directories: ./..., ../x/..., /abs/...
static Err match_dirs(Mods *m, Str pattern, StrVec *out)
{
	Arena *a = m->arena;
	Str abs = pattern.p[0] == '/' ? pattern : path_join(a, m->ctx->cwd, pattern);
	u32 slash = (u32)str_find(abs, "...");
	while (slash > 0 && abs.p[slash - 1] != '/')
		slash--;
	Str root = path_clean(a, slash > 1 ? str_sub(abs, 0, slash - 1) : S("/")), rest = str_from(abs, slash), why = S("");
	Str src = path_join(a, m->ctx->goroot, S("src"));
	if (m->std && str_eq(root, src)) {
		match_std(m, rest, out, false, true);
		return OK;
	}
	Str gomod = m->mode == MODE_GOPATH ? S("") : mods_find_gomod(a, root);
	bool known = m->mode == MODE_GOPATH || path_has_prefix(root, src);
	for (u32 i = 0; i < m->all.n && !known; i++)
		known = m->all.p[i]->dir.n && (m->all.p[i]->main ? gomod.n && str_eq(path_dir(gomod), m->all.p[i]->dir) : path_has_prefix(root, m->all.p[i]->dir));
	if (!known)
		return err_fmt(a, "directory prefix " STR_FMT " does not contain %s", STR_ARG(load_short_path(m->ctx, a, root)),
			m->work ? "modules listed in go.work or their selected dependencies" : "main module or its selected dependencies");
	if (!file_exists(root)) {
		int dots = str_find(pattern, "...");
		return err_fmt(a, "lstat " STR_FMT ": no such file or directory", STR_ARG(str_sub(pattern, 0, (u32)dots)));
	}
	Str path = mods_dir_path(m, root, &why);
	if (why.n)
		return err_fmt(a, STR_FMT, STR_ARG(why));
	TreeMatch t = {.dir = root, .path = path, .pattern = path_join(a, path, rest), .say_ignored = m->say_ignored,
		.stop_at_modules = m->mode != MODE_GOPATH, .stop_at_vendor = !m->std && m->mode != MODE_GOPATH};
	for (u32 i = 0; i < m->all.n; i++)
		if (m->all.p[i]->dir.n && path_has_prefix(root, m->all.p[i]->dir) && m->all.p[i]->dir.n >= t.ignore_root.n) {
			mods_read_module(m, m->all.p[i]);
			if (!m->all.p[i]->file)
				continue;
			t.ignore = &m->all.p[i]->file->ignore;
			t.ignore_root = m->all.p[i]->dir;
		}
	if (m->mode != MODE_GOPATH) {
		load_match_tree(m->ctx, a, &t, out);
		return OK;
	}
	StrVec dirs = {0}; // each has a path of its own kind
	t.path = str_cat(a, S("_"), root);
	t.pattern = path_join(a, t.path, rest);
	load_match_tree(m->ctx, a, &t, &dirs);
	for (u32 i = 0; i < dirs.n; i++)
		vec_push(a, out, mods_dir_path(m, str_from(dirs.p[i], 1), &why));
	return OK;
}

Err mods_match(Mods *m, Str pattern, StrVec *out)
{
	if (str_is(pattern, "std")) {
		match_std(m, S(""), out, false, m->ctx->cgo);
	} else if (str_is(pattern, "cmd")) {
		load_match(m->ctx, m->arena, path_join(m->arena, m->ctx->goroot, S("src/cmd")), S("cmd"), S(""), out);
	} else if (str_is(pattern, "tool")) {
		add_tools(m, out);
	} else if (str_is(pattern, "work")) {
		for (u32 i = 0; i < m->mains.n; i++)
			mods_match_main(m, m->mains.p[i], out);
	} else if (str_is(pattern, "all")) {
		if (m->mode == MODE_MODULE && !m->std)
			match_all(m, out);
		else if (m->mode != MODE_NONE)
			match_std(m, S(""), out, m->mode == MODE_GOPATH, m->ctx->cgo);
		if (m->mode == MODE_GOPATH)
			match_gopath(m, S(""), out);
	} else if (mod_is_dir_path(pattern)) {
		Err e = match_dirs(m, pattern, out);
		if (failed(e))
			return e;
	} else if (m->mode == MODE_GOPATH) {
		match_std(m, pattern, out, true, m->ctx->cgo);
		match_gopath(m, pattern, out);
	} else {
		match_std(m, pattern, out, true, m->ctx->cgo);
		for (u32 i = 0; i < m->vendor_list.n; i++)
			if (load_match_path(m->arena, pattern, m->vendor_list.p[i]))
				vec_push(m->arena, out, m->vendor_list.p[i]);
		if (m->mode == MODE_MODULE && !m->std) {
			mods_select(m);
			for (u32 i = 0; i < m->all.n; i++)
				mods_match_in(m, m->all.p[i], pattern, out);
		}
	}
	strs_sort(out);
	strs_unique(out);
	return OK;
}
