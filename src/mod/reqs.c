// reqs.c: see reqs.h. Facts: cmd/go/internal/modload/buildlist.go, modfile.go; https://go.dev/ref/mod#graph-pruning.
#include "mod/reqs.h"
#include "mod/fetch.h"
#include "mod/toolchain.h"

#include <stdlib.h>

// "path@version": built for every edge of a graph, so without printf.
static Str at_key(Arena *a, Str path, Str version)
{
	char *p = arena_alloc(a, path.n + version.n + 2);
	memcpy(p, path.p, path.n);
	p[path.n] = '@';
	memcpy(p + path.n + 1, version.p, version.n);
	p[path.n + 1 + version.n] = 0;
	return str_n(p, path.n + version.n + 1);
}

bool mods_is_main(Mods *m, Str path)
{
	for (u32 i = 0; i < m->mains.n; i++)
		if (str_eq(m->mains.p[i]->path, path))
			return true;
	return false;
}

bool mods_excluded(Mods *m, Str path, Str version)
{
	for (u32 k = 0; k < m->mains.n; k++) {
		const ModFile *f = m->mains.p[k]->file;
		for (u32 i = 0; i < f->exclude.n; i++)
			if (str_eq(f->exclude.p[i].path, path) && str_eq(f->exclude.p[i].version, version))
				return true;
	}
	return false;
}

static void find_replace(const ModFile *f, Str dir, Str path, Str version, const ModReplace **best, Str *base)
{
	for (u32 i = 0; f && i < f->replace.n; i++) {
		const ModReplace *r = &f->replace.p[i];
		if (!str_eq(r->path, path) || (r->version.n ? !str_eq(r->version, version) : *best != NULL))
			continue;
		*best = r;
		*base = dir;
	}
}

const ModReplace *mods_replacement(Mods *m, Str path, Str version, Str *base)
{
	const ModReplace *best = NULL;
	find_replace(m->work, m->work ? path_dir(m->gowork) : S(""), path, version, &best, base);
	for (u32 i = 0; i < m->mains.n && !best; i++)
		find_replace(m->mains.p[i]->file, m->mains.p[i]->dir, path, version, &best, base);
	return best;
}

ModVersion mods_replace_shown(Mods *m, const ModReplace *r, Str base)
{
	bool as_is = !m->work || r->new_version.n || r->new_path.p[0] == '/' || str_eq(base, m->root);
	return (ModVersion){as_is ? r->new_path : mods_relative(m->arena, m->root, path_clean(m->arena, path_join(m->arena, base, r->new_path))), r->new_version};
}

// ---- go.mod files of others ---------------------------------------------------------------------

// "path@version", and what replaces it.
static Str replaced_key(Mods *m, Str path, Str version)
{
	Str base, key = at_key(m->arena, path, version);
	const ModReplace *r = mods_replacement(m, path, version, &base);
	return r && r->new_version.n ? str_fmt(m->arena, STR_FMT " (replaced by " STR_FMT ")", STR_ARG(key), STR_ARG(at_key(m->arena, r->new_path,
		r->new_version))) : key;
}

// In read-only mode a go.mod must be in go.sum. Without a go.sum (a main module that is only in memory) there is nothing to
// compare with.
static Err missing_sum(Mods *m, Str path, Str version, ModVersion at)
{
	if (!m->readonly || !m->fetch->sums->file.n || sums_have(m->fetch->sums, at.path, at.version, true))
		return OK;
	return err_fmt(m->arena, STR_FMT ": missing go.sum entry for go.mod file; to add it:\n\tgo mod download " STR_FMT,
		STR_ARG(replaced_key(m, path, version)), STR_ARG(at.path));
}

Err mods_gomod_text(Mods *m, Str path, Str version, Str *text, Str *file)
{
	Arena *a = m->arena;
	Str base;
	const ModReplace *r = mods_replacement(m, path, version, &base);
	if (r && !r->new_version.n) {
		Str dir = r->new_path.p[0] == '/' ? path_clean(a, r->new_path) : path_clean(a, path_join(a, base, r->new_path));
		*file = path_join(a, dir, S("go.mod"));
		Err e = file_map(a, *file, text);
		if (failed(e))
			e.msg = str_fmt(a, STR_FMT " (replaced by " STR_FMT "): reading " STR_FMT ": " STR_FMT, STR_ARG(at_key(a, path, version)),
				STR_ARG(r->new_path), STR_ARG(mods_short_path(m, *file)), STR_ARG(e.msg));
		return e;
	}
	Str at = r ? r->new_path : path, v = r ? r->new_version : version;
	*file = S("");
	Err e = missing_sum(m, path, version, (ModVersion){at, v});
	if (failed(e))
		return e;
	*file = fetch_cache_file(m->fetch, at, v, "mod");
	return fetch_gomod(m->fetch, at, v, text);
}

typedef struct Summary { ModFile *file; Err err; } Summary;

static Err read_summary(Mods *m, Str path, Str version, ModFile *f)
{
	Arena *a = m->arena;
	Str text = S(""), file = S(""), base;
	StrVec errs = {0};
	const ModReplace *r = mods_replacement(m, path, version, &base);
	Str at = r && r->new_version.n ? r->new_path : path, v = r && r->new_version.n ? r->new_version : version;
	Err e = missing_sum(m, path, version, (ModVersion){at, v});
	bool known = (!r || r->new_version.n) && !failed(e) && summary_get(m->fetch, at, v, f, &e);
	if (!known)
		e = mods_gomod_text(m, path, version, &text, &file);
	if (failed(e))
		return e;
	if (!known && !modfile_parse(a, r && !r->new_version.n ? mods_short_path(m, file) : S("go.mod"), str_dup(a, text), false, f, &errs))
		return err_fmt(a, STR_FMT ": parsing go.mod: " STR_FMT, STR_ARG(at_key(a, at, v)), STR_ARG(errs.p[0]));
	if (!f->module.n && !(r && !r->new_version.n))
		return err_fmt(a, STR_FMT ": parsing go.mod: missing module line", STR_ARG(at_key(a, at, v)));
	if (f->module.n && !str_eq(f->module, path) && !str_eq(f->module, at) && !(r && !r->new_version.n))
		return err_fmt(a, STR_FMT ": parsing go.mod:\n\tmodule declares its path as: " STR_FMT "\n\t        but was required as: " STR_FMT,
			STR_ARG(replaced_key(m, path, version)), STR_ARG(f->module), STR_ARG(path));
	u32 n = 0;
	for (u32 i = 0; i < f->require.n; i++)
		if (!mods_excluded(m, f->require.p[i].path, f->require.p[i].version))
			f->require.p[n++] = f->require.p[i];
	f->require.n = n;
	if (go_version_cmp(f->go, S("1.21")) < 0)
		return OK;
	vec_push(a, &f->require, (ModRequire){S("go"), f->go, false});
	Str shown = r && !r->new_version.n ? r->new_path : at_key(a, at, v);
	return go_version_cmp(f->go, toolchain_local()) > 0 ? toolchain_too_new(m->fetch, str_cat(a, S("module "), shown), f->go) : OK;
}

// go 1.21 and up come with the toolchain of that name; nothing else is known of them.
static Err toolchain_summary(Mods *m, Str path, Str version, ModFile *f)
{
	*f = (ModFile){.module = path, .go = S(""), .toolchain = S(""), .deprecated = S("")};
	if (str_is(path, "go") && go_version_cmp(version, S("1.21")) >= 0)
		vec_push(m->arena, &f->require, (ModRequire){S("toolchain"), str_cat(m->arena, S("go"), version), false});
	return OK;
}

const ModFile *mods_summary(Mods *m, Str path, Str version, Err *e)
{
	Str key = at_key(m->arena, path, version);
	Summary *s = strmap_get(&m->summaries, key);
	if (!s) {
		s = NEW(m->arena, Summary);
		s->file = NEW(m->arena, ModFile);
		strmap_put(m->arena, &m->summaries, key, s);
		s->err = mod_is_toolchain(path) ? toolchain_summary(m, path, version, s->file) : read_summary(m, path, version, s->file);
	}
	*e = s->err;
	return failed(s->err) ? NULL : s->file;
}

void mods_read_module(Mods *m, Module *x)
{
	Err e;
	if (!x->unread)
		return;
	x->unread = false;
	const ModFile *f = !m->vendor ? mods_summary(m, x->path, x->version, &e) : NULL;
	x->file = (ModFile *)f;
	x->go = f ? f->go : S("");
	x->lang = mods_lang(m->arena, x->go);
}

Module *mods_module(Mods *m, Str path, Str version)
{
	Module *x = mods_module_unread(m, path, version);
	mods_read_module(m, x);
	return x;
}

Module *mods_module_unread(Mods *m, Str path, Str version)
{
	Arena *a = m->arena;
	Str key = at_key(a, path, version), base;
	Module *x = strmap_get(&m->modules, key);
	if (x)
		return x;
	x = NEW(a, Module);
	*x = (Module){.path = path, .version = version, .dir = S(""), .gomod = S(""), .go = S(""), .replace_path = S(""), .replace_version = S("")};
	strmap_put(a, &m->modules, key, x);
	const ModReplace *r = mods_replacement(m, path, version, &base);
	Str at = path, v = version;
	if (r) {
		x->replace_path = mods_replace_shown(m, r, base).path;
		at = r->new_path;
		x->replace_version = v = r->new_version;
	}
	if (r && !v.n) {
		x->dir = at.p[0] == '/' ? path_clean(a, at) : path_clean(a, path_join(a, base, at));
		x->gomod = path_join(a, x->dir, S("go.mod"));
		if (!file_is_dir(x->dir))
			x->dir = S("");
	} else {
		x->gomod = fetch_cache_file(m->fetch, at, v, "mod");
		if (fetch_have_dir(m->fetch, at, v))
			x->dir = fetch_cache_dir(m->fetch, at, v);
	}
	x->lang = mods_lang(a, S(""));
	x->unread = true;
	return x;
}

Err mods_need_dir(Mods *m, Module *x)
{
	Arena *a = m->arena;
	if (x->main)
		return OK;
	if (x->replace_path.n && !x->replace_version.n) {
		if (x->dir.n)
			return OK;
		return err_fmt(a, STR_FMT "@" STR_FMT ": replacement directory " STR_FMT " does not exist", STR_ARG(x->path), STR_ARG(x->version),
			STR_ARG(x->replace_path));
	}
	Str at = x->replace_path.n ? x->replace_path : x->path, v = x->replace_path.n ? x->replace_version : x->version;
	if (m->readonly && m->fetch->sums->file.n && !sums_have(m->fetch->sums, at, v, false))
		return (Err){S("missing go.sum entry"), MOD_NO_SUM};
	Str dir;
	Err e = fetch_dir(m->fetch, at, v, &dir);
	if (!failed(e))
		x->dir = dir;
	return e;
}

// ---- the graph ----------------------------------------------------------------------------------

static void sort_versions(ModVersionVec *v)
{
	if (v->n)
		qsort(v->p, v->n, sizeof *v->p, mod_cmp);
}

Reqs *reqs_new(Mods *m, const ModVersion *roots, u32 n, bool pruned, const StrMap *direct)
{
	Reqs *r = NEW(m->arena, Reqs);
	r->pruned = pruned;
	for (u32 i = 0; i < n; i++)
		if (roots[i].version.n && !str_is(roots[i].version, "none"))
			vec_push(m->arena, &r->roots, roots[i]);
	sort_versions(&r->roots);
	n = 0;
	for (u32 i = 0; i < r->roots.n; i++) { // of several versions of a path the highest stays
		if (n && str_eq(r->roots.p[n - 1].path, r->roots.p[i].path))
			n--;
		r->roots.p[n++] = r->roots.p[i];
	}
	r->roots.n = n;
	if (direct)
		r->direct = *direct;
	return r;
}

Reqs *reqs_of_main(Mods *m)
{
	ModVersionVec roots = {0};
	StrMap direct = {0};
	bool pruned = true;
	const ModFile *top = m->work ? m->work : m->main->file;
	vec_push(m->arena, &roots, (ModVersion){S("go"), top->go.n ? top->go : m->work ? S("1.18") : S("1.16")});
	if (top->toolchain.n && !str_is(top->toolchain, "default"))
		vec_push(m->arena, &roots, (ModVersion){S("toolchain"), top->toolchain});
	strmap_put(m->arena, &direct, S("go"), m);
	for (u32 k = 0; k < m->mains.n; k++) {
		const ModFile *f = m->mains.p[k]->file;
		pruned = pruned && go_version_cmp(f->go, S("1.17")) >= 0;
		for (u32 i = 0; i < f->require.n; i++) {
			const ModRequire *r = &f->require.p[i];
			bool excluded = mods_excluded(m, r->path, r->version);
			if (excluded)
				fprintf(stderr, "go: %s requirement on excluded version " STR_FMT " " STR_FMT "\n", m->readonly ? "ignoring" : "dropping", STR_ARG(r->path),
					STR_ARG(r->version));
			if (excluded || mods_is_main(m, r->path))
				continue;
			vec_push(m->arena, &roots, (ModVersion){r->path, r->version});
			if (!r->indirect)
				strmap_put(m->arena, &direct, r->path, m);
		}
	}
	return reqs_new(m, roots.p, roots.n, pruned, &direct);
}

void reqs_keep_toolchain(Mods *m, const Reqs *r, ModVersionVec *roots)
{
	static const char *const paths[] = {"go", "toolchain"};
	for (u32 i = 0; i < LENGTH(paths); i++)
		if (reqs_root(r, str(paths[i])).n)
			vec_push(m->arena, roots, (ModVersion){str(paths[i]), reqs_root(r, str(paths[i]))});
}

Reqs *reqs_with_go(Mods *m, const Reqs *r, Str go)
{
	ModVersionVec roots = {0};
	for (u32 i = 0; i < r->roots.n; i++)
		if (!str_is(r->roots.p[i].path, "go"))
			vec_push(m->arena, &roots, r->roots.p[i]);
	vec_push(m->arena, &roots, (ModVersion){S("go"), go});
	return reqs_new(m, roots.p, roots.n, r->pruned, &r->direct);
}

Reqs *reqs_convert(Mods *m, Reqs *r, bool pruned)
{
	if (r->pruned == pruned || failed(reqs_graph(m, r)->err))
		return r;
	ModVersionVec all = {0};
	graph_list(m, r->graph, &all);
	reqs_keep_toolchain(m, r, &all);
	return reqs_new(m, all.p, all.n, pruned, &r->direct);
}

Str reqs_root(const Reqs *r, Str path)
{
	u32 low = 0, high = r->roots.n;
	while (low < high) {
		u32 mid = (low + high) / 2;
		int c = str_cmp(r->roots.p[mid].path, path);
		if (c == 0)
			return r->roots.p[mid].version;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return S("");
}

typedef struct Visit { ModVersion v; bool pruned; struct Visit *from; } Visit;
typedef struct GraphWalk {
	Mods *m;
	ModGraph *g;
	VEC(Visit *) todo;
	u32 at, asked;          // what is visited; before which all was asked for
	StrMap seen[2];         // "path@version", [pruned]
} GraphWalk;

static void mention(GraphWalk *w, ModVersion v)
{
	Str *have = strmap_get(&w->g->selected, v.path);
	if (have && (!have->n || mod_version_cmp(v.path, *have, v.version) >= 0)) // empty: a main module
		return;
	if (!have) {
		have = NEW(w->m->arena, Str);
		strmap_put(w->m->arena, &w->g->selected, v.path, have);
		vec_push(w->m->arena, &w->g->paths, v.path);
	}
	*have = v.version;
}

static void enqueue(GraphWalk *w, ModVersion v, bool pruned, Visit *from)
{
	if (mods_is_main(w->m, v.path))
		return;
	char key[512];
	u32 n = v.path.n + v.version.n + 2;
	StrMap *seen = &w->seen[pruned];
	if (n > sizeof key) {
		Str long_key = at_key(w->m->arena, v.path, v.version);
		if (strmap_has(seen, long_key))
			return;
	} else {
		memcpy(key, v.path.p, v.path.n);
		key[v.path.n] = '@';
		memcpy(key + v.path.n + 1, v.version.p, v.version.n);
		if (strmap_has(seen, str_n(key, n - 1)))
			return;
	}
	strmap_put(w->m->arena, seen, at_key(w->m->arena, v.path, v.version), w);
	Visit *x = NEW(w->m->arena, Visit);
	*x = (Visit){v, pruned, from};
	vec_push(w->m->arena, &w->todo, x);
}

static Err chain_error(Mods *m, Visit *x, Err e)
{
	Arena *a = m->arena;
	e = version_error(a, x->v.path, x->v.version, e);
	for (Visit *p = x->from; p; p = p->from)
		e.msg = str_fmt(a, STR_FMT "@" STR_FMT " requires\n\t" STR_FMT, STR_ARG(p->v.path), STR_ARG(p->v.version), STR_ARG(e.msg));
	return e;
}

// Called before a go.mod is downloaded: with it come those of all that is known to be visited.
static void ask_ahead(void *ctx, const char *ext)
{
	GraphWalk *w = ctx;
	Mods *m = w->m;
	ModVersionVec v = {0};
	if (w->at < w->asked || strcmp(ext, "mod") != 0)
		return;
	for (u32 i = w->at; i < w->todo.n; i++) {
		Str base;
		ModVersion at = w->todo.p[i]->v;
		const ModReplace *r = mods_replacement(m, at.path, at.version, &base);
		if (r && !r->new_version.n)
			continue;
		if (r)
			at = (ModVersion){r->new_path, r->new_version};
		if (!mod_is_toolchain(at.path) && !failed(missing_sum(m, at.path, at.version, at)))
			vec_push(m->arena, &v, at);
	}
	w->asked = w->todo.n;
	fetch_ahead(m->fetch, v.p, v.n, "mod");
}

ModGraph *graph_read(Mods *m, const ModVersion *roots, u32 n, bool pruned)
{
	ModGraph *g = NEW(m->arena, ModGraph);
	GraphWalk w = {.m = m, .g = g};
	for (u32 i = 0; i < m->mains.n; i++)
		mention(&w, (ModVersion){m->mains.p[i]->path, S("")});
	for (u32 i = 0; i < n; i++) {
		mention(&w, roots[i]);
		enqueue(&w, roots[i], pruned, NULL);
	}
	FetchHook outer = m->fetch->ahead;
	m->fetch->ahead = (FetchHook){ask_ahead, &w};
	for (u32 i = 0; i < w.todo.n; i++) {
		Visit *x = w.todo.p[i];
		w.at = i;
		Err e;
		const ModFile *f = mods_summary(m, x->v.path, x->v.version, &e);
		if (!f) {
			Err *kept = NEW(m->arena, Err);
			*kept = e;
			strmap_put(m->arena, &g->errors, at_key(m->arena, x->v.path, x->v.version), kept);
			if (!failed(g->err))
				g->err = chain_error(m, x, e);
			continue;
		}
		Str key = at_key(m->arena, x->v.path, x->v.version);
		GraphNode *node = strmap_get(&g->nodes, key);
		bool own_pruned = mod_is_toolchain(x->v.path) || go_version_cmp(f->go, S("1.17")) >= 0;
		if (!node) {
			node = NEW(m->arena, GraphNode);
			node->v = x->v;
			strmap_put(m->arena, &g->nodes, key, node);
			vec_push(m->arena, &g->order, node);
			for (u32 k = 0; k < f->require.n; k++) {
				ModVersion v = {f->require.p[k].path, f->require.p[k].version};
				vec_push(m->arena, &node->requires, v);
				mention(&w, v);
			}
		}
		for (u32 k = 0; k < f->require.n; k++)
			if (!x->pruned || !own_pruned)
				enqueue(&w, (ModVersion){f->require.p[k].path, f->require.p[k].version}, x->pruned && own_pruned, x);
	}
	m->fetch->ahead = outer;
	strs_sort(&g->paths);
	summaries_save(m->fetch);
	return g;
}

ModGraph *reqs_graph(Mods *m, Reqs *r)
{
	if (!r->graph)
		r->graph = graph_read(m, r->roots.p, r->roots.n, r->pruned);
	return r->graph;
}

Str graph_selected(const ModGraph *g, Str path)
{
	Str *v = strmap_get(&g->selected, path);
	return v ? *v : S("");
}

void graph_list(Mods *m, ModGraph *g, ModVersionVec *out)
{
	for (u32 i = 0; i < g->paths.n; i++) {
		Str v = graph_selected(g, g->paths.p[i]);
		if (v.n && !str_is(v, "none") && !mod_is_toolchain(g->paths.p[i]))
			vec_push(m->arena, out, (ModVersion){g->paths.p[i], v});
	}
}
