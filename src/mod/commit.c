// commit.c: requirements to the text of go.mod and go.sum. Facts: cmd/go/internal/modload/init.go.
#include "base/overlay.h"
#include "mod/fetch.h"
#include "mod/modedit.h"
#include "mod/pkgs.h"
#include "mod/toolchain.h"

#include <stdlib.h>

// Whether the file will have tool lines.
static bool adds_tools(const ModFile *f, const CommitOptions *opt)
{
	u32 n = f->tool.n;
	for (u32 i = 0; opt->tools && i < opt->tools->n; i++) {
		Str t = opt->tools->p[i];
		bool drop = t.p[0] == '-', have = false;
		for (u32 k = 0; k < f->tool.n; k++)
			have = have || str_eq(f->tool.p[k], drop ? str_from(t, 1) : t);
		n += drop ? -(u32)have : !have;
	}
	return n > 0;
}

Str mods_new_gomod(Mods *m, Reqs *r, const CommitOptions *opt)
{
	Arena *a = m->arena;
	Str text;
	if (failed(file_map(a, m->gomod, &text)))
		text = S("");
	ModEdit e;
	modedit_parse(&e, a, text);
	const ModFile *f = m->main->file;
	Str go = reqs_root(r, S("go")), toolchain = reqs_root(r, S("toolchain"));
	if (opt->go.n)
		go = opt->go;
	if (opt->tools_need_go && go_version_cmp(go, S("1.24")) < 0 && adds_tools(f, opt))
		go = S("1.24"); // older releases do not understand them
	if (!str_eq(go, f->go) && (f->go.n || !str_is(go, "1.16") || opt->update_go))
		modedit_set_single(&e, "go", go);
	if (!toolchain.n && str_is(f->toolchain, "default"))
		toolchain = f->toolchain;
	bool ancient = go_version_cmp(toolchain_release(toolchain), S("1.21")) < 0 && !str_is(toolchain, "default");
	if (opt->drop_toolchain || str_eq(toolchain, str_cat(a, S("go"), go)) || (ancient && !opt->explicit_toolchain))
		toolchain = S("");
	if (!str_eq(toolchain, f->toolchain))
		modedit_set_single(&e, "toolchain", toolchain);
	for (u32 i = 0; opt->tools && i < opt->tools->n; i++) {
		Str t = opt->tools->p[i];
		if (t.p[0] == '-')
			modedit_drop_plain(&e, "tool", str_from(t, 1));
		else
			modedit_add_plain(&e, "tool", t);
	}
	VEC(ModRequire) req = {0};
	bool differs = false;
	for (u32 i = 0; i < r->roots.n; i++) {
		ModVersion v = r->roots.p[i];
		if (mod_is_toolchain(v.path))
			continue;
		vec_push(a, &req, (ModRequire){v.path, v.version, !strmap_has(&r->direct, v.path)});
		bool same = false;
		for (u32 k = 0; k < f->require.n; k++)
			same = same || (str_eq(f->require.p[k].path, v.path) && str_eq(f->require.p[k].version, v.version) &&
				f->require.p[k].indirect == vec_last(&req).indirect);
		differs = differs || !same;
	}
	if (differs || req.n != f->require.n || opt->tidy)
		modedit_set_requires(&e, req.p, req.n, go_version_cmp(go, S("1.17")) >= 0, go);
	if (opt->tidy) {
		modedit_clean(&e);
		modedit_sort(&e, go);
	}
	return modedit_print(&e);
}

// ---- go.sum -------------------------------------------------------------------------------------

static Str key_of(Arena *a, Str path, Str version, const char *suffix)
{
	return str_fmt(a, STR_FMT " " STR_FMT "%s", STR_ARG(path), STR_ARG(version), suffix);
}

typedef struct Keep { Mods *m; StrMap keys; } Keep;

static void keep_module(Keep *k, Str path, Str version, const char *suffix)
{
	Str base;
	const ModReplace *r = mods_replacement(k->m, path, version, &base);
	if (r && !r->new_version.n)
		return;
	strmap_put(k->m->arena, &k->keys, key_of(k->m->arena, r ? r->new_path : path, r ? r->new_version : version, suffix), k);
}

static bool is_kept(void *ctx, Str path, Str version)
{
	Keep *k = ctx;
	return strmap_has(&k->keys, key_of(k->m->arena, path, version, ""));
}

// Sums of what the build reads: go.mod files of the graph, and zips of modules that have packages or might have had.
static void find_kept(Keep *k, Reqs *r, PkgLoad *l, bool list, bool tidy)
{
	Mods *m = k->m;
	// Which language a package is in, its module's go.mod says; before 1.21 tidy did not think of that.
	bool gomods = go_version_cmp(reqs_root(r, S("go")), S("1.21")) >= 0 || (!tidy && !m->readonly);
	for (u32 i = 0; l && i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		if (p->test_of || p->std || (!p->mod && !failed(p->err)))
			continue;
		if (gomods && p->mod && !p->mod->main)
			keep_module(k, p->mod->path, p->mod->version, "/go.mod");
		bool by_root = r->pruned && p->mod && str_eq(reqs_root(r, p->mod->path), p->mod->version);
		for (Str prefix = p->path; prefix.n; prefix = path_parent(prefix)) {
			Str v = by_root ? reqs_root(r, prefix) : graph_selected(reqs_graph(m, r), prefix);
			if (v.n && !str_is(v, "none"))
				keep_module(k, prefix, v, "");
		}
	}
	if (!r->graph) {
		for (u32 i = 0; i < r->roots.n; i++)
			keep_module(k, r->roots.p[i].path, r->roots.p[i].version, "/go.mod");
		return;
	}
	for (u32 i = 0; i < r->graph->order.n; i++)
		keep_module(k, r->graph->order.p[i]->v.path, r->graph->order.p[i]->v.version, "/go.mod");
	ModVersionVec all = {0};
	graph_list(m, r->graph, &all);
	for (u32 i = 0; list && i < all.n; i++) {
		keep_module(k, all.p[i].path, all.p[i].version, "");
		if (gomods)
			keep_module(k, all.p[i].path, all.p[i].version, "/go.mod");
	}
}

Str mods_tidy_gosum(Mods *m, Reqs *r, PkgLoad *l, Reqs *compat)
{
	Keep k = {.m = m};
	find_kept(&k, r, l, false, true);
	if (compat)
		find_kept(&k, compat, l, false, true);
	sums_trim(m->fetch->sums, is_kept, &k);
	return sums_text(m->fetch->sums, is_kept, &k);
}

Err mods_commit(Mods *m, Reqs *r, PkgLoad *l, const CommitOptions *opt)
{
	Arena *a = m->arena;
	Str old;
	if (!m->main || m->work)
		return sums_write(m->fetch->sums, NULL, NULL, false);
	Err e = file_map(a, m->gomod, &old);
	if (failed(e))
		return e;
	Str text = mods_new_gomod(m, r, opt), go = reqs_root(r, S("go"));
	if (go_version_cmp(go, toolchain_local()) > 0) // nobody knows how to write its go.mod
		return toolchain_too_new(m->fetch, S("updating go.mod"), go);
	if (!str_eq(text, old) && opt->readonly)
		return err_fmt(a, "updates to go.mod needed");
	if (!str_eq(text, old) && overlay_replaced(m->gomod))
		return err_fmt(a, "updates to go.mod needed, but go.mod is part of the overlay specified with -overlay");
	Keep k = {.m = m};
	find_kept(&k, r, l, !opt->tidy, opt->tidy);
	if (opt->compat)
		find_kept(&k, opt->compat, l, false, true);
	if (opt->tidy)
		sums_trim(m->fetch->sums, is_kept, &k);
	if (!str_eq(text, old)) {
		e = file_write(a, m->gomod, text.p, text.n, 0666);
		if (failed(e))
			return e;
	}
	return sums_write(m->fetch->sums, is_kept, &k, opt->readonly);
}
