// roots.c: which requirements a go.mod lists: updated to keep the build as it is, or tidied to what it needs.
// Facts: cmd/go/internal/modload/buildlist.go, https://go.dev/ref/mod#go-mod-file-updates.
#include "mod/pkgs.h"

#include <stdlib.h>

typedef ModVersionVec Roots;

static bool external(const ModPkg *p) { return p->mod && !p->mod->main; }

// Paths of modules whose packages the main modules import.
static void find_direct(Mods *m, const ModPkgVec *pkgs, StrMap *direct)
{
	strmap_put(m->arena, direct, S("go"), m);
	for (u32 i = 0; i < pkgs->n; i++) {
		ModPkg *p = pkgs->p[i];
		if (!p->mod || !p->mod->main)
			continue;
		for (u32 k = 0; k < p->imports.n; k++)
			if (external(p->imports.p[k]))
				strmap_put(m->arena, direct, p->imports.p[k]->mod->path, m);
	}
}

// ---- graphs that are not pruned: the fewest requirements that select the same versions ---------------------

typedef struct Fewest { Mods *m; ModGraph *g; StrMap have, seen; ModVersionVec post, out; } Fewest;

static Str key_of(Mods *m, ModVersion v) { return str_fmt(m->arena, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version)); }

static GraphNode *node_of(Fewest *f, ModVersion v) { return strmap_get(&f->g->nodes, key_of(f->m, v)); }

static void post_order(Fewest *f, ModVersion v)
{
	Str key = key_of(f->m, v);
	if (strmap_has(&f->seen, key) || mod_is_toolchain(v.path))
		return;
	strmap_put(f->m->arena, &f->seen, key, f);
	GraphNode *n = node_of(f, v);
	for (u32 i = 0; n && i < n->requires.n; i++)
		post_order(f, n->requires.p[i]);
	vec_push(f->m->arena, &f->post, v);
}

static void implied(Fewest *f, ModVersion v)
{
	Str key = key_of(f->m, v);
	if (strmap_has(&f->have, key) || mod_is_toolchain(v.path))
		return;
	strmap_put(f->m->arena, &f->have, key, f);
	GraphNode *n = node_of(f, v);
	for (u32 i = 0; n && i < n->requires.n; i++)
		implied(f, n->requires.p[i]);
}

void reqs_fewest(Mods *m, Reqs *r, const StrMap *direct, const StrMap *needed, ModVersionVec *out)
{
	Fewest f = {.m = m, .g = reqs_graph(m, r)};
	reqs_keep_toolchain(m, r, out);
	for (u32 i = 0; i < r->roots.n; i++)
		post_order(&f, r->roots.p[i]);
	for (u32 i = 0; i < f.g->paths.n; i++) {
		Str path = f.g->paths.p[i], v = graph_selected(f.g, path);
		if (!v.n || mod_is_toolchain(path) || !strmap_has(direct, path))
			continue;
		vec_push(m->arena, out, (ModVersion){path, v});
		implied(&f, (ModVersion){path, v});
	}
	for (u32 i = f.post.n; i-- > 0;) {
		ModVersion v = f.post.p[i];
		if (!str_eq(graph_selected(f.g, v.path), v.version) || strmap_has(&f.have, key_of(m, v)) || mods_is_main(m, v.path))
			continue;
		if (needed && !strmap_has(needed, v.path))
			continue;
		vec_push(m->arena, out, v);
		implied(&f, v);
	}
}

// ---- update -------------------------------------------------------------------------------------

Reqs *reqs_settle(Mods *m, Reqs *r, Err *e)
{
	for (u32 round = 0; round < 100; round++) {
		ModGraph *g = reqs_graph(m, r);
		if (failed(*e = g->err))
			return r;
		Roots roots = {0};
		bool same = true;
		for (u32 i = 0; i < r->roots.n; i++) {
			Str v = graph_selected(g, r->roots.p[i].path);
			same = same && str_eq(v, r->roots.p[i].version);
			vec_push(m->arena, &roots, (ModVersion){r->roots.p[i].path, v});
		}
		if (same)
			break;
		r = reqs_new(m, roots.p, roots.n, r->pruned, &r->direct);
	}
	return r;
}

Reqs *reqs_update(Mods *m, Reqs *r, const ModPkgVec *pkgs, const ModVersion *add, u32 nadd)
{
	StrMap direct = r->direct;
	StrMap own = {0};
	for (u32 i = 0; i < r->roots.n; i++) // a copy: maps share their slots
		if (strmap_has(&direct, r->roots.p[i].path))
			strmap_put(m->arena, &own, r->roots.p[i].path, m);
	find_direct(m, pkgs, &own);
	Roots roots = {0};
	bool changed = nadd > 0;
	for (u32 i = 0; i < r->roots.n; i++)
		vec_push(m->arena, &roots, r->roots.p[i]);
	for (u32 i = 0; i < nadd; i++)
		vec_push(m->arena, &roots, add[i]);
	for (u32 i = 0; i < pkgs->n; i++) {
		ModPkg *p = pkgs->p[i];
		if (!external(p) || p->test_of || !(r->pruned ? p->in_all || strmap_has(&own, p->mod->path) : strmap_has(&own, p->mod->path)))
			continue;
		if (!reqs_root(r, p->mod->path).n) {
			vec_push(m->arena, &roots, (ModVersion){p->mod->path, p->mod->version});
			changed = true;
		}
	}
	Reqs *out = changed ? reqs_new(m, roots.p, roots.n, r->pruned, &own) : r;
	out->direct = own;
	Err e = OK;
	if (!changed && !out->graph)
		return out;
	out = reqs_settle(m, out, &e);
	return !out->pruned && go_version_cmp(reqs_root(out, S("go")), S("1.17")) >= 0 && !m->work ? reqs_convert(m, out, true) : out;
}

// ---- tidy ---------------------------------------------------------------------------------------

static Reqs *tidy_unpruned(Mods *m, Reqs *r, const ModPkgVec *pkgs, const StrMap *direct)
{
	Roots keep = {0}, roots = {0};
	StrMap needed = {0};
	reqs_keep_toolchain(m, r, &keep);
	for (u32 i = 0; i < pkgs->n; i++) {
		ModPkg *p = pkgs->p[i];
		if (!external(p) || strmap_has(&needed, p->mod->path))
			continue;
		strmap_put(m->arena, &needed, p->mod->path, m);
		vec_push(m->arena, &keep, (ModVersion){p->mod->path, p->mod->version});
	}
	Reqs *all = reqs_new(m, keep.p, keep.n, false, direct);
	reqs_fewest(m, all, direct, &needed, &roots);
	return reqs_new(m, roots.p, roots.n, false, direct);
}

static bool add_root(Mods *m, Roots *roots, StrMap *is_root, Module *x)
{
	if (strmap_has(is_root, x->path))
		return false;
	strmap_put(m->arena, is_root, x->path, m);
	vec_push(m->arena, roots, (ModVersion){x->path, x->version});
	return true;
}

static Reqs *tidy_pruned(Mods *m, Reqs *r, const ModPkgVec *pkgs, const StrMap *direct)
{
	Roots roots = {0};
	reqs_keep_toolchain(m, r, &roots);
	StrMap is_root = {0};
	Map queued = {0};
	ModPkgVec queue = {0};
	for (u32 i = 0; i < pkgs->n; i++) {
		ModPkg *p = pkgs->p[i];
		if (!p->in_all)
			continue;
		if (external(p))
			add_root(m, &roots, &is_root, p->mod);
		map_put(m->arena, &queued, PKEY(p), p);
		vec_push(m->arena, &queue, p);
	}
	Reqs *tidy = reqs_new(m, roots.p, roots.n, true, direct);
	while (queue.n) { // outwards from "all": what the graph does not select at the version that was loaded becomes a root
		ModPkgVec now = queue;
		queue = (ModPkgVec){0};
		ModGraph *g = reqs_graph(m, tidy);
		bool grew = false;
		for (u32 i = 0; i < now.n; i++) {
			ModPkg *p = now.p[i];
			if (p->std)
				continue;
			for (u32 k = 0; k <= p->imports.n; k++) {
				ModPkg *d = k < p->imports.n ? p->imports.p[k] : p->test;
				if (!d || map_has(&queued, PKEY(d)))
					continue;
				map_put(m->arena, &queued, PKEY(d), d);
				vec_push(m->arena, &queue, d);
			}
			if (external(p) && mod_version_cmp(p->mod->path, graph_selected(g, p->mod->path), p->mod->version) < 0)
				grew = add_root(m, &roots, &is_root, p->mod) || grew;
		}
		if (grew)
			tidy = reqs_new(m, roots.p, roots.n, true, direct);
	}
	for (u32 round = 0; round < 20; round++) { // packages must not be found in other modules with the requirements left
		bool grew = false;
		for (u32 i = 0; i < pkgs->n; i++) {
			ModPkg *p = pkgs->p[i];
			Str dir;
			Err e;
			if (!external(p) || strmap_has(&is_root, p->mod->path))
				continue;
			mods_provider(m, tidy, p->path, true, &dir, &e);
			if (e.errnum == MOD_AMBIGUOUS)
				for (Str prefix = p->path; prefix.n; prefix = path_parent(prefix)) {
					Module *x = strmap_get(&m->by_path, prefix);
					if (x && !x->main && !str_eq(x->path, p->mod->path))
						grew = add_root(m, &roots, &is_root, x) || grew;
				}
		}
		if (!grew)
			break;
		tidy = reqs_new(m, roots.p, roots.n, true, direct);
	}
	return tidy;
}

Reqs *reqs_tidy(Mods *m, Reqs *r, const ModPkgVec *pkgs)
{
	StrMap direct = {0};
	find_direct(m, pkgs, &direct);
	return r->pruned ? tidy_pruned(m, r, pkgs, &direct) : tidy_unpruned(m, r, pkgs, &direct);
}
