// get.c: `go get`: changes which versions of modules the main module requires, so that its arguments hold.
// Facts: cmd/go/internal/modget. An argument is a package or module path with a version query.
#include "cmd/modcmd.h"
#include "load/facts.h"

#include <errno.h>
#include <stdlib.h>

typedef struct Query { Str raw, path, version; bool local, none; } Query;

typedef struct Get {
	BuildCmd *c;
	Mods *m;
	VEC(Query) queries;
	ModVersionVec must;     // what arguments resolved to; version "none": not at all
	StrVec asked;           // the queries of must
	StrVec roots;           // packages to load
	StrVec tools;
	Str go, toolchain;
	bool tests, tool, drop_toolchain, upgrade_all;
	Str upgrade;            // "", "upgrade" or "patch", of -u
	bool bad;
} Get;

static void get_error(Get *g, Str s)
{
	fprintf(stderr, "go: " STR_FMT "\n", STR_ARG(s));
	g->bad = true;
}

static Str selected(Get *g, Str path) { return graph_selected(reqs_graph(g->m, g->m->reqs), path); }

static void set_must(Get *g, Str path, Str version, Str query)
{
	for (u32 i = 0; i < g->must.n; i++)
		if (str_eq(g->must.p[i].path, path)) {
			if (!str_eq(g->must.p[i].version, version) && mod_version_cmp(path, g->must.p[i].version, version) < 0)
				g->must.p[i].version = version;
			return;
		}
	vec_push(g->c->arena, &g->must, (ModVersion){path, version});
	vec_push(g->c->arena, &g->asked, query);
}

static bool add_query(Get *g, Str raw)
{
	Arena *a = g->c->arena;
	int at = str_index(raw, '@');
	Query q = {.raw = raw, .path = at >= 0 ? str_sub(raw, 0, (u32)at) : raw, .version = at >= 0 ? str_from(raw, (u32)at + 1) : S("")};
	if (at >= 0 && (!q.version.n || str_index(q.version, '@') >= 0)) {
		get_error(g, str_fmt(a, "invalid module version syntax %s", go_quote(a, raw).p));
		return false;
	}
	if (str_is(q.path, "go") || str_is(q.path, "toolchain")) {
		Str v = q.version;
		bool go = str_is(q.path, "go");
		if (str_is(v, "none") && go) {
			get_error(g, S("cannot use go@none"));
			return false;
		}
		if (str_is(v, "none"))
			g->drop_toolchain = true;
		else if (!v.n || str_is(v, "latest") || str_is(v, "upgrade") || str_is(v, "patch"))
			v = go ? mods_go_release(g->m) : str_cat(a, S("go"), mods_go_release(g->m));
		if (go && go_version_cmp(v, S("1.27.999")) > 0) {
			get_error(g, str_fmt(a, "updating go.mod requires go >= " STR_FMT " (running go 1.27; GOTOOLCHAIN=local)", STR_ARG(v)));
			return false;
		}
		if (go)
			g->go = v;
		else
			g->toolchain = v;
		return true;
	}
	q.none = str_is(q.version, "none");
	q.local = mod_is_dir_path(q.path);
	if (!q.local && str_has_suffix(q.path, ".go") && at < 0) {
		bool there = file_exists(q.path) && !file_is_dir(q.path);
		if (str_index(q.path, '/') < 0) {
			get_error(g, str_fmt(a, STR_FMT ": arguments must be package or module paths", STR_ARG(raw)));
			return false;
		}
		if (there) {
			get_error(g, str_fmt(a, STR_FMT " exists as a file, but 'go get' requires package arguments", STR_ARG(raw)));
			return false;
		}
	}
	vec_push(a, &g->queries, q);
	return true;
}

static void add_root(Get *g, Str path) { vec_push(g->c->arena, &g->roots, path); }

static void local_query(Get *g, Query *q)
{
	Arena *a = g->c->arena;
	Str dir = path_clean(a, q->path.p[0] == '/' ? q->path : path_join(a, g->c->ctx.cwd, q->path)), why = S("");
	if (str_find(q->path, "...") >= 0) {
		StrVec found = {0};
		Err e = mods_match(g->m, q->path, &found);
		if (failed(e))
			get_error(g, e.msg);
		for (u32 i = 0; i < found.n; i++)
			add_root(g, found.p[i]);
		return;
	}
	if (q->version.n && !str_is(q->version, "upgrade") && !str_is(q->version, "patch")) {
		get_error(g, str_fmt(a, "can't request explicit version %s of path %s in main module", go_quote(a, q->version).p, go_quote(a, q->path).p));
		return;
	}
	if (!path_has_prefix(dir, g->m->root)) {
		bool absolute = q->path.p[0] == '/';
		get_error(g, str_fmt(a, STR_FMT "%s%s%s is not within module rooted at " STR_FMT, STR_ARG(q->path), absolute ? "" : " (",
			absolute ? "" : dir.p, absolute ? "" : ")", STR_ARG(g->m->root)));
		return;
	}
	Str path = mods_dir_path(g->m, dir, &why);
	if (!path.n || !mods_dir_in_module(g->m, g->m->main, path).n) {
		if (str_is(q->path, "."))
			get_error(g, S(".: no package to get in current directory"));
		else
			get_error(g, str_fmt(a, STR_FMT " (" STR_FMT ") is not a package in module rooted at " STR_FMT, STR_ARG(q->path), STR_ARG(dir),
				STR_ARG(g->m->root)));
		return;
	}
	add_root(g, path);
}

// x/... names modules of the build list and packages in them.
static void wildcard_query(Get *g, Query *q)
{
	Arena *a = g->c->arena;
	ModGraph *graph = reqs_graph(g->m, g->m->reqs);
	bool any = false;
	Str prefix = str_sub(q->path, 0, (u32)str_find(q->path, "..."));
	while (prefix.n && prefix.p[prefix.n - 1] != '/')
		prefix.n--;
	if (prefix.n)
		prefix.n--;
	for (u32 i = 0; i < graph->paths.n; i++) {
		Str path = graph->paths.p[i], v = graph_selected(graph, path);
		if (!v.n || !(load_glob(q->path, path) || path_has_prefix(prefix, path)))
			continue;
		any = true;
		RevInfo info;
		if (q->none) {
			set_must(g, path, S("none"), S("none"));
			continue;
		}
		Err e = query_version(g->m, path, q->version, v, &info);
		if (failed(e)) {
			get_error(g, e.msg);
			continue;
		}
		set_must(g, path, info.version, q->version);
	}
	if (!any && !q->none && prefix.n) {
		for (Str p = prefix; p.n; p = path_parent(p)) {
			RevInfo info;
			if (mods_is_main(g->m, p))
				return;
			if (failed(query_version(g->m, p, q->version, S(""), &info)))
				continue;
			set_must(g, p, info.version, q->version);
			return;
		}
		get_error(g, str_fmt(a, STR_FMT ": no matching packages", STR_ARG(q->raw)));
	}
}

static void path_query(Get *g, Query *q)
{
	Arena *a = g->c->arena;
	Mods *m = g->m;
	Str dir;
	Err e;
	if (mods_is_main(m, q->path)) {
		if (q->none || (q->version.n && !str_is(q->version, "upgrade") && !str_is(q->version, "patch")))
			get_error(g, str_fmt(a, "can't request version %s of the main module (" STR_FMT ")", go_quote(a, q->version).p, STR_ARG(q->path)));
		else if (mods_dir_in_module(m, m->main, q->path).n)
			add_root(g, q->path);
		return;
	}
	if (q->none) {
		Str v = selected(g, q->path);
		if (!v.n) {
			Module *x = mods_provider(m, m->reqs, q->path, true, &dir, &e);
			if (x && !x->main)
				set_must(g, x->path, S("none"), S("none"));
			return;
		}
		set_must(g, q->path, S("none"), S("none"));
		return;
	}
	bool explicit = str_index(q->raw, '@') >= 0;
	if (str_index(q->path, '.') < 0 && load_is_std(m->ctx, q->path)) {
		if (explicit)
			get_error(g, str_fmt(a, "can't request explicit version %s of standard library package " STR_FMT, go_quote(a, q->version).p, STR_ARG(q->path)));
		else
			add_root(g, q->path);
		return;
	}
	if (path_has_prefix(q->path, m->main->path) && mods_dir_in_module(m, m->main, q->path).n) {
		if (explicit && !str_is(q->version, "upgrade") && !str_is(q->version, "patch"))
			get_error(g, str_fmt(a, "package " STR_FMT " is in the main module, so can't request version " STR_FMT, STR_ARG(q->path), STR_ARG(q->version)));
		else
			add_root(g, q->path);
		return;
	}
	Str why = import_check_path(a, q->path);
	if (why.n) {
		get_error(g, why);
		return;
	}
	RevInfo info;
	ModVersion v;
	Str current = selected(g, q->path);
	if (current.n) { // a module that is required: itself, and the package at its root if there is one
		e = query_version(m, q->path, q->version, current, &info);
		if (!failed(e)) {
			set_must(g, q->path, info.version, q->version);
			Module *x = mods_module(m, q->path, info.version);
			if (!failed(mods_need_dir(m, x)) && mods_dir_in_module(m, x, q->path).n)
				add_root(g, q->path);
			return;
		}
		get_error(g, e.msg);
		return;
	}
	e = query_package(m, q->path, q->version, &v);
	if (!failed(e)) {
		set_must(g, v.path, v.version, q->version);
		add_root(g, q->path);
		return;
	}
	Err whole = query_version(m, q->path, q->version, S(""), &info);
	if (!failed(whole)) { // a module without a package at its root
		set_must(g, q->path, info.version, q->version);
		return;
	}
	get_error(g, e.msg);
}

// ---- editing the requirements -------------------------------------------------------------------

typedef struct Limits { Get *g; StrMap seen; u32 depth; } Limits;

// Whether a version, or what it requires, is above what an argument asked for.
static bool above(Limits *l, ModVersion v, bool pruned, Str *why)
{
	Get *g = l->g;
	Arena *a = g->c->arena;
	for (u32 i = 0; i < g->must.n; i++)
		if (str_eq(g->must.p[i].path, v.path) && mod_version_cmp(v.path, v.version, g->must.p[i].version) > 0) {
			*why = str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version));
			return true;
		}
	Str key = str_fmt(a, STR_FMT "@" STR_FMT "%d", STR_ARG(v.path), STR_ARG(v.version), pruned);
	if (mods_is_main(g->m, v.path) || strmap_has(&l->seen, key))
		return false;
	strmap_put(a, &l->seen, key, l);
	Err e;
	const ModFile *f = mods_summary(g->m, v.path, v.version, &e);
	bool own = f && go_version_cmp(f->go, S("1.17")) >= 0;
	for (u32 i = 0; f && i < f->require.n; i++) {
		ModVersion d = {f->require.p[i].path, f->require.p[i].version};
		for (u32 k = 0; k < g->must.n; k++)
			if (str_eq(g->must.p[k].path, d.path) && mod_version_cmp(d.path, d.version, g->must.p[k].version) > 0) {
				*why = str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(d.path), STR_ARG(d.version));
				l->depth = 1;
				return true;
			}
		if (!(pruned && own) && above(l, d, pruned && own, why)) {
			l->depth++;
			return true;
		}
	}
	return false;
}

static bool is_above_at(Get *g, ModVersion v, bool pruned, Str *why, bool *deep)
{
	Limits l = {.g = g};
	bool yes = above(&l, v, pruned, why);
	*deep = l.depth > 1;
	return yes;
}

static bool is_above(Get *g, ModVersion v, bool pruned, Str *why)
{
	bool deep;
	return is_above_at(g, v, pruned, why, &deep);
}

// An argument as it is named in conflicts: "path@query (version)".
static Str asked_for(Get *g, u32 i)
{
	ModVersion v = g->must.p[i];
	if (str_eq(g->asked.p[i], v.version))
		return str_fmt(g->c->arena, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version));
	return str_fmt(g->c->arena, STR_FMT "@" STR_FMT " (" STR_FMT ")", STR_ARG(v.path), STR_ARG(g->asked.p[i]), STR_ARG(v.version));
}

// Requirements in which every argument has its version: others are raised where they must be, and lowered or dropped
// where they would ask for more.
static Reqs *edit(Get *g, Reqs *r)
{
	Arena *a = g->c->arena;
	Mods *m = g->m;
	ModVersionVec roots = {0};
	ModGraph *old = reqs_graph(m, r);
	StrMap wanted = {0};
	for (u32 i = 0; i < g->must.n; i++) {
		strmap_put(a, &wanted, g->must.p[i].path, g);
		Str why;
		bool deep;
		if (str_is(g->must.p[i].version, "none"))
			continue;
		if (is_above_at(g, g->must.p[i], r->pruned, &why, &deep)) {
			Str path = str_sub(why, 0, (u32)str_index(why, '@')), limit = S("");
			for (u32 k = 0; k < g->must.n; k++)
				if (str_eq(g->must.p[k].path, path))
					limit = asked_for(g, k);
			get_error(g, str_fmt(a, STR_FMT " %srequires " STR_FMT ", not " STR_FMT, STR_ARG(asked_for(g, i)), deep ? "indirectly " : "", STR_ARG(why),
				STR_ARG(limit)));
		}
		vec_push(a, &roots, g->must.p[i]);
	}
	if (g->bad)
		return r;
	ModVersionVec from = {0}; // everything selected: what a dropped root required stays, as far as it may
	graph_list(m, old, &from);
	bool lowered = false;
	for (u32 i = 0; i < from.n; i++) {
		ModVersion v = from.p[i];
		bool is_root = reqs_root(r, v.path).n > 0;
		if (strmap_has(&wanted, v.path) || str_is(v.path, "go"))
			continue;
		Str why;
		if (!is_above(g, v, r->pruned, &why)) {
			if (is_root)
				vec_push(a, &roots, v);
			continue;
		}
		lowered = true;
		StrVec versions = {0};
		query_list(m, v.path, true, &versions);
		bool found = false;
		for (u32 k = versions.n; k-- > 0 && !found;) {
			ModVersion lower = {v.path, versions.p[k]};
			if (semver_cmp(lower.version, v.version) >= 0 || (semver_prerelease(lower.version).n && !semver_prerelease(v.version).n))
				continue;
			if (is_above(g, lower, r->pruned, &why))
				continue;
			if (is_root)
				vec_push(a, &roots, lower);
			found = true;
		}
	}
	if (lowered) { // their other requirements are ours now
		StrMap have = {0};
		for (u32 i = 0; i < roots.n; i++)
			strmap_put(a, &have, roots.p[i].path, g);
		Reqs *probe = reqs_new(m, roots.p, roots.n, r->pruned, &r->direct);
		ModGraph *pg = reqs_graph(m, probe);
		for (u32 i = 0; i < from.n; i++) {
			ModVersion v = from.p[i];
			Str why;
			if (strmap_has(&have, v.path) || strmap_has(&wanted, v.path) || !reqs_root(r, v.path).n || is_above(g, v, r->pruned, &why) || str_is(v.path, "go"))
				continue;
			if (mod_version_cmp(v.path, graph_selected(pg, v.path), v.version) < 0)
				vec_push(a, &roots, v);
		}
	}
	Reqs *out = reqs_new(m, roots.p, roots.n, r->pruned, &r->direct);
	Err e = OK;
	out = reqs_settle(m, out, &e);
	if (failed(e)) {
		get_error(g, e.msg);
		return r;
	}
	return out;
}

// ---- -u -----------------------------------------------------------------------------------------

// Newer versions of the modules with packages that the roots need. True if there were any.
static bool upgrade_imports(Get *g, PkgLoad *l)
{
	bool any = false;
	StrMap seen = {0};
	for (u32 i = 0; i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		if (!p->mod || p->mod->main || strmap_has(&seen, p->mod->path))
			continue;
		strmap_put(g->c->arena, &seen, p->mod->path, g);
		bool fixed = false;
		for (u32 k = 0; k < g->must.n; k++)
			fixed = fixed || str_eq(g->must.p[k].path, p->mod->path);
		RevInfo info;
		Str first = graph_selected(g->m->reqs->graph, p->mod->path);
		if (fixed || failed(query_version(g->m, p->mod->path, g->upgrade, first.n ? first : p->mod->version, &info)))
			continue;
		if (mod_version_cmp(p->mod->path, info.version, p->mod->version) <= 0)
			continue;
		set_must(g, p->mod->path, info.version, g->upgrade);
		any = true;
	}
	return any;
}

// ---- what has changed ---------------------------------------------------------------------------

static void report(Get *g, Reqs *before, Reqs *after, Str go_before, Str go_after)
{
	if (!str_eq(go_before, go_after) && go_before.n && go_after.n)
		fprintf(stderr, "go: %s go " STR_FMT " => " STR_FMT "\n", go_version_cmp(go_after, go_before) > 0 ? "upgraded" : "downgraded", STR_ARG(go_before),
			STR_ARG(go_after));
	for (u32 i = 0, k = 0; i < before->roots.n || k < after->roots.n;) {
		ModVersion *p = i < before->roots.n ? &before->roots.p[i] : NULL, *q = k < after->roots.n ? &after->roots.p[k] : NULL;
		int c = !p ? 1 : !q ? -1 : str_cmp(p->path, q->path);
		if (c < 0) {
			fprintf(stderr, "go: removed " STR_FMT " " STR_FMT "\n", STR_ARG(p->path), STR_ARG(p->version));
			i++;
		} else if (c > 0) {
			fprintf(stderr, "go: added " STR_FMT " " STR_FMT "\n", STR_ARG(q->path), STR_ARG(q->version));
			k++;
		} else {
			int d = mod_version_cmp(p->path, p->version, q->version);
			if (d)
				fprintf(stderr, "go: %s " STR_FMT " " STR_FMT " => " STR_FMT "\n", d < 0 ? "upgraded" : "downgraded", STR_ARG(p->path),
					STR_ARG(p->version), STR_ARG(q->version));
			i++;
			k++;
		}
	}
}

// Modules that arguments named, or whose packages they use: are they deprecated, or retracted?
static void warn(Get *g, Reqs *r, const PkgLoad *l)
{
	Arena *a = g->c->arena;
	ModVersionVec named = {0}, used = {0};
	StrMap seen = {0}, all = {0};
	for (u32 i = 0; i < g->must.n; i++)
		if (!str_is(g->must.p[i].version, "none") && !strmap_has(&seen, g->must.p[i].path)) {
			strmap_put(a, &seen, g->must.p[i].path, g);
			vec_push(a, &named, g->must.p[i]);
		}
	for (u32 i = 0; i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		if (!p->mod)
			continue;
		if (!p->mod->main && !strmap_has(&all, p->mod->path)) {
			strmap_put(a, &all, p->mod->path, g);
			vec_push(a, &used, (ModVersion){p->mod->path, p->mod->version});
		}
		for (u32 k = 0; p->root && k < p->imports.n; k++) {
			Module *x = p->imports.p[k]->mod;
			if (!x || x->main || strmap_has(&seen, x->path))
				continue;
			strmap_put(a, &seen, x->path, g);
			vec_push(a, &named, (ModVersion){x->path, x->version});
		}
	}
	for (u32 i = 0; i < named.n; i++)
		if (!strmap_has(&all, named.p[i].path))
			vec_push(a, &used, named.p[i]);
	if (named.n)
		qsort(named.p, named.n, sizeof *named.p, mod_cmp);
	if (used.n)
		qsort(used.p, used.n, sizeof *used.p, mod_cmp);
	for (u32 i = 0; i < named.n; i++) {
		Str gone = query_deprecation(g->m, named.p[i].path);
		if (gone.n && graph_selected(r->graph, named.p[i].path).n)
			fprintf(stderr, "go: module " STR_FMT " is deprecated: " STR_FMT "\n", STR_ARG(named.p[i].path), STR_ARG(query_short_message(a, gone, "")));
	}
	Str first = S("");
	for (u32 i = 0; i < used.n; i++) {
		StrVec why = {0};
		if (!query_retracted(g->m, used.p[i].path, used.p[i].version, &why))
			continue;
		Str said = query_short_message(a, why.n ? why.p[0] : S(""), "retracted by module author");
		bool own = why.n && why.p[0].n;
		fprintf(stderr, "go: warning: " STR_FMT "@" STR_FMT ": %s" STR_FMT "\n", STR_ARG(used.p[i].path), STR_ARG(used.p[i].version),
			own ? "retracted by module author: " : "", STR_ARG(said));
		first = first.n ? first : used.p[i].path;
	}
	if (first.n)
		fprintf(stderr, "go: to switch to the latest unretracted version, run:\n\tgo get " STR_FMT "@latest\n", STR_ARG(first));
}

// -u, -u=patch, -u=false: a flag with an optional value.
static bool take_u(Get *g, int *argc, char **argv)
{
	int n = 1;
	for (int i = 1; i < *argc; i++) {
		Str arg = str(argv[i]);
		if (str_has_prefix(arg, "--"))
			arg = str_from(arg, 1);
		if (str_is(arg, "-u") || str_is(arg, "-u=true"))
			g->upgrade = S("upgrade");
		else if (str_is(arg, "-u=patch"))
			g->upgrade = S("patch");
		else if (str_is(arg, "-u=false"))
			g->upgrade = S("");
		else if (str_has_prefix(arg, "-u=")) {
			cmd_error("unknown upgrade flag " STR_FMT, STR_ARG(arg));
			return false;
		} else
			argv[n++] = argv[i];
	}
	argv[*argc = n] = NULL;
	return true;
}

int cmd_get(int argc, char **argv)
{
	Get *g = NEW(arena_new(), Get);
	BuildCmd *c = g->c = NEW(arena_new(), BuildCmd);
	c->arena = arena_new();
	g->upgrade = g->go = g->toolchain = S("");
	bool fix = false, old_m = false, insecure = false, force = false, d_given = false;
	if (!take_u(g, &argc, argv))
		return 1;
	for (int i = 1; i < argc; i++)
		d_given = d_given || !strcmp(argv[i], "-d") || !strncmp(argv[i], "-d=", 3);
	bool d = false;
	const Flag own[] = {{"t", FLAG_BOOL, &g->tests}, {"tool", FLAG_BOOL, &g->tool}, {"d", FLAG_BOOL, &d}, {"f", FLAG_BOOL, &force},
		{"fix", FLAG_BOOL, &fix}, {"m", FLAG_BOOL, &old_m}, {"insecure", FLAG_BOOL, &insecure}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, "get [-t] [-u] [-tool] [build flags] [packages]", argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (d_given && !d)
		return cmd_error("-d flag may not be set to false");
	if (d_given)
		fputs("go: -d flag is deprecated. -d=true is a no-op\n", stderr);
	if (force)
		fputs("go: -f flag is a no-op\n", stderr);
	if (fix)
		fputs("go: -fix flag is a no-op\n", stderr);
	if (old_m)
		return cmd_error("-m flag is no longer supported");
	if (insecure)
		return cmd_error("-insecure flag is no longer supported; use GOINSECURE instead");
	int status = modcmd_init(c, MODCMD_EDIT);
	if (status)
		return status;
	Mods *m = g->m = &c->mods;
	if (!m->main)
		return cmd_error("go.mod file not found in current directory or any parent directory.\n"
			"\t'go get' is no longer supported outside a module.\n"
			"\tTo build and install a command, use 'go install' with a version,\n"
			"\tlike 'go install example.com/cmd@latest'\n"
			"\tFor more information, see https://go.dev/doc/go-get-install-deprecation\n"
			"\tor run 'go help get' or 'go help install'.");
	for (int i = at; i < argc; i++)
		add_query(g, str(argv[i]));
	if (at == argc)
		vec_push(c->arena, &g->queries, (Query){.raw = S(""), .path = S("."), .version = S(""), .local = true});
	if (g->bad)
		return 1;
	if (!modcmd_graph(c))
		return 1;
	Str fallback = g->upgrade.n ? g->upgrade : S("upgrade");
	for (u32 i = 0; i < g->queries.n; i++) {
		Query *q = &g->queries.p[i];
		if (!q->version.n)
			q->version = fallback;
		if (q->local && str_is(q->version, fallback.p) && str_index(q->raw, '@') < 0)
			q->version = S("");
		if (str_is(q->path, "tool")) {
			for (u32 k = 0; k < m->main->file->tool.n; k++) {
				Query t = {.raw = q->raw, .path = m->main->file->tool.p[k], .version = q->version, .none = q->none};
				if (t.none)
					vec_push(c->arena, &g->tools, str_cat(c->arena, S("-"), t.path));
				else
					path_query(g, &t);
			}
		} else if (str_is(q->path, "all")) {
			pkgs_main(m, &g->roots);
			g->upgrade_all = true;
			if (!g->upgrade.n && str_index(q->raw, '@') >= 0)
				g->upgrade = q->version;
		} else if (q->local) {
			local_query(g, q);
		} else if (str_find(q->path, "...") >= 0) {
			wildcard_query(g, q);
		} else if (g->tool && q->none) {
			vec_push(c->arena, &g->tools, str_cat(c->arena, S("-"), q->path));
		} else {
			path_query(g, q);
		}
		if (g->tool && !q->none && !str_is(q->path, "tool") && !g->bad)
			vec_push(c->arena, &g->tools, q->local && g->roots.n ? vec_last(&g->roots) : q->path);
	}
	if (g->bad)
		return 1;
	Reqs *before = m->reqs, *r = g->must.n ? edit(g, before) : before;
	PkgLoad l = {.m = m};
	for (u32 round = 0; !g->bad && round < 50; round++) {
		l = (PkgLoad){.m = m, .reqs = r, .resolve = true, .all = g->upgrade_all, .tests = g->tests || g->upgrade_all};
		pkgs_load(&l, &g->roots);
		r = l.reqs;
		if (failed(reqs_graph(m, r)->err)) {
			get_error(g, r->graph->err.msg);
			break;
		}
		if (!g->upgrade.n || !upgrade_imports(g, &l))
			break;
		r = edit(g, r);
	}
	facts_save(c->ctx.facts);
	if (g->bad || pkgs_report(&l, false))
		return 1;
	Str go_before = m->main->file->go;
	CommitOptions opt = {.go = g->go, .toolchain = g->toolchain, .drop_toolchain = g->drop_toolchain, .tools = &g->tools};
	for (u32 i = 0; i < g->must.n; i++) { // their sums are part of what was asked for
		Str dir;
		Module *x = mods_module(m, g->must.p[i].path, g->must.p[i].version);
		if (!str_is(x->version, "none") && !(x->replace_path.n && !x->replace_version.n) && str_eq(graph_selected(r->graph, x->path), x->version)) {
			Err e = fetch_dir(m->fetch, x->replace_path.n ? x->replace_path : x->path, x->replace_path.n ? x->replace_version : x->version, &dir);
			if (failed(e))
				return cmd_error(STR_FMT, STR_ARG(e.msg));
		}
	}
	Reqs *written = reqs_of_main(m);
	Err e = mods_commit(m, r, &l, &opt);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	warn(g, r, &l);
	ModFile f;
	Str go_after = failed(mods_read_file(m, m->gomod, true, &f)) ? go_before : f.go;
	report(g, written, r, go_before, go_after);
	return 0;
}
