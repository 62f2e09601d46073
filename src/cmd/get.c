// get.c: `go get`: changes which versions of modules the main module requires, so that its arguments hold; get_query.c
// decides on versions, mod/reqs_edit.c makes requirements of them. Facts: cmd/go/internal/modget.
#include "cmd/get.h"
#include "cmd/help.h"
#include "load/facts.h"
#include "mod/toolchain.h"

#include <errno.h>
#include <stdlib.h>

// ---- packages ---------------------------------------------------------------------------------------

static bool in_workspace(Get *g, Str path)
{
	for (u32 i = 0; i < g->work_paths.n; i++) {
		Str mod = g->work_paths.p[i], dir = g->work_dirs.p[i];
		if (path_has_prefix(path, mod) && file_is_dir(path.n > mod.n ? path_join(g->c->arena, dir, str_from(path, mod.n + 1)) : dir))
			return true;
	}
	return false;
}

static void read_workspace(Get *g)
{
	Arena *a = g->c->arena;
	Str set = env_get(g->c->env, "GOWORK");
	ModFile work, f;
	g->workspace = str_is(set, "off") ? S("") : set.n && !str_is(set, "auto") ? set : mods_find_up(a, g->c->ctx.cwd, S("go.work"));
	if (!g->workspace.n || failed(mods_read_file(g->m, g->workspace, true, &work)))
		return;
	for (u32 i = 0; i < work.use.n; i++) {
		Str dir = path_clean(a, work.use.p[i].p[0] == '/' ? work.use.p[i] : path_join(a, path_dir(g->workspace), work.use.p[i]));
		if (failed(mods_read_file(g->m, path_join(a, dir, S("go.mod")), false, &f)) || !f.module.n)
			continue;
		vec_push(a, &g->work_paths, f.module);
		vec_push(a, &g->work_dirs, dir);
	}
}

// Loads packages of all systems from what the queries name. allow: see PkgLoad.
static void load(Get *g, PkgLoad *l, bool all, bool (*allow)(void *, ModPkg *))
{
	StrVec roots = {0};
	*l = (PkgLoad){.m = g->m, .reqs = g->m->reqs, .tests = g->tests, .all = all, .roots_imported = true, .allow = allow, .allow_ctx = g};
	if (all)
		pkgs_main(g->m, &roots);
	for (u32 i = 0; !all && i < g->queries.n; i++)
		if (g->queries.p[i]->packages) {
			l->all = l->all || str_is(g->queries.p[i]->pattern, "all");
			query_expand(g, g->queries.p[i], &roots);
		}
	l->update = true;
	pkgs_load(l, &roots);
	if (failed(reqs_graph(g->m, l->reqs)->err))
		exit(toolchain_fail(g->m->fetch, l->reqs->graph->err));
	mods_set_reqs(g->m, l->reqs);
}

static Str selected(void *ctx, Str path) { return get_selected(ctx, path); }

// Whether the version of a package's module may stay: with -u not if there is a newer one.
static bool may_stay(void *ctx, ModPkg *p)
{
	Get *g = ctx;
	if (!p->mod || p->mod->main || !g->upgrade.n || strmap_has(&g->decided, p->mod->path))
		return true;
	QueryFound found;
	Err e = query_pattern(g->m, p->path, g->upgrade, selected, g, &found);
	for (u32 i = 0; i < found.packages.n; i++)
		if (str_eq(found.packages.p[i].path, p->mod->path) && str_eq(found.packages.p[i].version, p->mod->version))
			return true;
	return failed(e) && (e.errnum == ENOENT || e.errnum == QUERY_NO_MATCH || e.errnum == QUERY_NO_PACKAGE);
}

// Versions that imports ask for: newer ones with -u, any for packages that are missing. True if that changed anything.
static bool upgrade_imports(Get *g)
{
	Arena *a = g->c->arena;
	PkgLoad l;
	bool any = false;
	for (u32 i = 0; i < g->queries.n; i++)
		any = any || g->queries.p[i]->packages;
	if (!any)
		return false;
	load(g, &l, false, may_stay);
	ModVersionVec wish = {0};
	StrMap seen = {0};
	for (u32 i = 0; i < l.pkgs.n; i++) {
		ModPkg *p = l.pkgs.p[i];
		bool missing = p->err.errnum == MOD_MISSING || p->err.errnum == MOD_AMBIGUOUS;
		if (p->test_of || strmap_has(&seen, p->path) || !(missing || p->err.errnum == MOD_VERSION_CHANGE) || (missing && in_workspace(g, p->path)))
			continue;
		strmap_put(a, &seen, p->path, g);
		QueryFound found;
		Err e = query_pattern(g->m, p->path, missing ? S("latest") : g->upgrade, selected, g, &found);
		if (failed(e) && (e.errnum == ENOENT || e.errnum == QUERY_NO_MATCH || e.errnum == QUERY_NO_PACKAGE || (missing && mod_check_path(a, p->path).n)))
			continue;
		if (failed(e) && e.errnum == MOD_TOO_NEW)
			exit(toolchain_fail(g->m->fetch, e));
		if (failed(e)) {
			get_error(g, STR_FMT, STR_ARG(e.msg));
			continue;
		}
		ModVersion v = get_choose(g, &(Candidate){.path = p->path, .packages = found.packages, .module = found.module});
		if (v.path.n)
			vec_push(a, &wish, v);
	}
	get_end_if_bad(g);
	return get_apply(g, &wish);
}

// ---- what is said at the end ---------------------------------------------------------------------------

enum { DECIDED = 1, NAMED = 2, HAS_PACKAGE = 4 };

typedef struct Relevant { ModVersion v; int why; } Relevant;
typedef VEC(Relevant) RelevantVec;

static void mark(Get *g, RelevantVec *list, ModVersion v, int why)
{
	for (u32 i = 0; i < list->n; i++)
		if (str_eq(list->p[i].v.path, v.path) && str_eq(list->p[i].v.version, v.version)) {
			list->p[i].why |= why;
			return;
		}
	vec_push(g->c->arena, list, (Relevant){v, why});
}

static int by_module(const void *x, const void *y) { return mod_cmp(&((const Relevant *)x)->v, &((const Relevant *)y)->v); }

// Are modules that arguments named, or whose packages they use, deprecated or retracted?
static void warn(Get *g, RelevantVec *list)
{
	Arena *a = g->c->arena;
	Mods *m = g->m;
	if (list->n)
		qsort(list->p, list->n, sizeof *list->p, by_module);
	for (u32 i = 0; i < list->n; i++) {
		Relevant *x = &list->p[i];
		bool direct = (x->why & HAS_PACKAGE) && strmap_has(&m->reqs->direct, x->v.path);
		if (str_is(x->v.version, "none") || !x->v.version.n || (!(x->why & (DECIDED | NAMED)) && !direct))
			continue;
		Str gone = query_deprecation(m, x->v.path);
		if (gone.n)
			fprintf(stderr, "go: module " STR_FMT " is deprecated: " STR_FMT "\n", STR_ARG(x->v.path), STR_ARG(query_short_message(a, gone, "")));
	}
	Str first = S("");
	for (u32 i = 0; i < list->n; i++) {
		StrVec why = {0};
		ModVersion v = list->p[i].v;
		if (str_is(v.version, "none") || !v.version.n || !query_retracted(m, v.path, v.version, &why))
			continue;
		bool own = why.n && why.p[0].n;
		fprintf(stderr, "go: warning: " STR_FMT "@" STR_FMT ": %s" STR_FMT "\n", STR_ARG(v.path), STR_ARG(v.version), own ? "retracted by module author: " : "",
			STR_ARG(query_short_message(a, why.n ? why.p[0] : S(""), "retracted by module author")));
		first = first.n ? S("<module>") : v.path;
	}
	if (first.n)
		fprintf(stderr, "go: to switch to the latest unretracted version, run:\n\tgo get " STR_FMT "@latest\n", STR_ARG(first));
}

// A module that was in go.sum with its old version is wanted there with its new one.
static void find_sums(Get *g)
{
	Mods *m = g->m;
	ModVersionVec all = {0};
	graph_list(m, reqs_graph(m, m->reqs), &all);
	for (u32 i = 0; i < all.n; i++) {
		Str base, old = get_initial(g, all.p[i].path), file;
		if (str_is(old, "none") || str_eq(old, all.p[i].version))
			continue;
		const ModReplace *r = mods_replacement(m, all.p[i].path, all.p[i].version, &base), *s = mods_replacement(m, all.p[i].path, old, &base);
		ModVersion now = r ? (ModVersion){r->new_path, r->new_version} : all.p[i];
		ModVersion then = s ? (ModVersion){s->new_path, s->new_version} : (ModVersion){all.p[i].path, old};
		if (!now.version.n || (str_eq(now.path, then.path) && str_eq(now.version, then.version)) || !sums_have(m->fetch->sums, then.path, then.version, false))
			continue;
		Err e = fetch_zip(m->fetch, now.path, now.version, &file);
		Str said = str_fmt(g->c->arena, STR_FMT "@" STR_FMT ": ", STR_ARG(now.path), STR_ARG(now.version));
		if (failed(e) && str_has_prefix(e.msg, said.p))
			e.msg = str_from(e.msg, said.n);
		if (failed(e))
			get_error(g, "%s " STR_FMT " " STR_FMT " => " STR_FMT "%s" STR_FMT "%s: error finding sum for " STR_FMT "@" STR_FMT ": " STR_FMT,
				mod_version_cmp(all.p[i].path, all.p[i].version, old) < 0 ? "downgraded" : "upgraded", STR_ARG(all.p[i].path), STR_ARG(old),
				STR_ARG(all.p[i].version), r ? " (replaced by " : "", STR_ARG(r ? now.path : S("")), r ? ")" : "", STR_ARG(now.path), STR_ARG(now.version),
				STR_ARG(e.msg));
	}
}

// The packages named, as a build would load them.
static void check_packages(Get *g)
{
	StrVec roots = {0};
	RelevantVec list = {0};
	StrMap named = {0};
	PkgLoad l = {.m = g->m, .reqs = g->m->reqs, .tests = g->tests, .host_only = true};
	for (u32 i = 0; i < g->decided_paths.n; i++)
		mark(g, &list, (ModVersion){g->decided_paths.p[i], ((Decision *)strmap_get(&g->decided, g->decided_paths.p[i]))->version}, DECIDED);
	for (u32 i = 0; i < g->queries.n; i++)
		if (g->queries.p[i]->packages) {
			l.all = l.all || str_is(g->queries.p[i]->pattern, "all");
			query_expand(g, g->queries.p[i], &roots);
		}
	for (u32 i = 0; i < roots.n; i++)
		strmap_put(g->c->arena, &named, roots.p[i], g);
	pkgs_load(&l, &roots);
	for (u32 i = 0; i < l.pkgs.n; i++) {
		ModPkg *p = l.pkgs.p[i];
		if (p->err.errnum == MOD_MISSING && in_workspace(g, p->path))
			p->err = OK;
		else if (p->err.errnum == MOD_MISSING && str_is(p->err.msg, "cannot find package"))
			p->err = (Err){str_cat(g->c->arena, S("cannot find module providing package "), p->path), 0};
		else if (p->err.errnum == MOD_AMBIGUOUS)
			for (Str path = p->path; path.n; path = path_parent(path)) {
				Str v = get_selected(g, path);
				if (!str_is(v, "none") && v.n)
					mark(g, &list, (ModVersion){path, v}, HAS_PACKAGE);
			}
		if (p->mod && !p->mod->main && !p->test_of)
			mark(g, &list, (ModVersion){p->mod->path, p->mod->version}, HAS_PACKAGE | (strmap_has(&named, p->path) ? NAMED : 0));
	}
	if (pkgs_report(&l, false))
		g->bad = true;
	warn(g, &list);
	find_sums(g);
	get_end_if_bad(g);
}

typedef struct Change { Str path, old, now; } Change;
typedef VEC(Change) ChangeVec;

static int by_change(const void *x, const void *y)
{
	Str p = ((const Change *)x)->path, q = ((const Change *)y)->path;
	int first = (str_is(q, "go") - str_is(p, "go")) * 2 + (str_is(q, "toolchain") - str_is(p, "toolchain"));
	return first ? first : str_cmp(p, q);
}

static void note(Get *g, ChangeVec *list, Str path, Str old, Str now)
{
	if (str_is(old, "none"))
		old = S("");
	if (str_eq(old, now) || (!old.n && str_is(now, "none")))
		return;
	for (u32 i = 0; i < list->n; i++)
		if (str_eq(list->p[i].path, path))
			return;
	vec_push(g->c->arena, list, (Change){path, old, now});
}

static void report(Get *g, const ModFile *old, const ModFile *now)
{
	ChangeVec list = {0};
	note(g, &list, S("go"), old->go, now->go);
	note(g, &list, S("toolchain"), old->toolchain, now->toolchain);
	for (u32 i = 0; i < now->require.n; i++)
		note(g, &list, now->require.p[i].path, get_initial(g, now->require.p[i].path), now->require.p[i].version);
	for (u32 i = 0; i < old->require.n; i++)
		note(g, &list, old->require.p[i].path, old->require.p[i].version, get_selected(g, old->require.p[i].path));
	for (u32 i = 0; i < g->decided_paths.n; i++) {
		Str path = g->decided_paths.p[i];
		if (!mod_is_toolchain(path))
			note(g, &list, path, get_initial(g, path), ((Decision *)strmap_get(&g->decided, path))->version);
	}
	if (list.n)
		qsort(list.p, list.n, sizeof *list.p, by_change);
	for (u32 i = 0; i < list.n; i++) {
		Change *c = &list.p[i];
		int d = mod_version_cmp(c->path, c->now, c->old);
		if (!c->old.n)
			fprintf(stderr, "go: added " STR_FMT " " STR_FMT "\n", STR_ARG(c->path), STR_ARG(c->now));
		else if (!c->now.n || str_is(c->now, "none"))
			fprintf(stderr, "go: removed " STR_FMT " " STR_FMT "\n", STR_ARG(c->path), STR_ARG(c->old));
		else
			fprintf(stderr, "go: %s " STR_FMT " " STR_FMT " => " STR_FMT "\n", d > 0 ? "upgraded" : "downgraded", STR_ARG(c->path), STR_ARG(c->old),
				STR_ARG(c->now));
		if (str_is(c->path, "go") && c->old.n && d > 0 && go_version_cmp(c->old, S("1.17")) < 0 && go_version_cmp(c->now, S("1.17")) >= 0)
			fputs("\tnote: expanded dependencies to upgrade to go 1.17 or higher; run 'go mod tidy' to clean up\n", stderr);
	}
}

// ---- the command ------------------------------------------------------------------------------------

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

static int parse(Get *g, int argc, char **argv)
{
	BuildCmd *c = g->c;
	bool fix = false, old_m = false, insecure = false, force = false, d = false, d_given = false;
	if (!take_u(g, &argc, argv))
		return 1;
	for (int i = 1; i < argc; i++)
		d_given = d_given || !strcmp(argv[i], "-d") || !strncmp(argv[i], "-d=", 3);
	const Flag own[] = {{"t", FLAG_BOOL, &g->tests}, {"tool", FLAG_BOOL, &g->tool}, {"d", FLAG_BOOL, &d}, {"f", FLAG_BOOL, &force},
		{"fix", FLAG_BOOL, &fix}, {"m", FLAG_BOOL, &old_m}, {"insecure", FLAG_BOOL, &insecure}, {"mod", FLAG_NONE, NULL}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("get"), argc, argv,
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
	if (!g->m->main)
		return cmd_error("go.mod file not found in current directory or any parent directory.\n"
			"\t'go get' is no longer supported outside a module.\n"
			"\tTo build and install a command, use 'go install' with a version,\n"
			"\tlike 'go install example.com/cmd@latest'\n"
			"\tFor more information, see https://go.dev/doc/go-get-install-deprecation\n"
			"\tor run 'go help get' or 'go help install'.");
	static char *here[] = {"."};
	bool none = at == argc;
	for (int i = none ? 0 : at; i < (none ? 1 : argc); i++) {
		Str arg = str(none ? here[i] : argv[i]);
		int v = str_index(arg, '@');
		if (!mod_is_dir_path(arg) && v < 0)
			arg = path_clean(c->arena, arg);
		if (str_is(arg, "toolchain@none")) {
			g->drop_toolchain = true;
			continue;
		}
		Query *q = query_new(g, arg);
		if (!q)
			continue;
		if (none)
			q->raw = S("");
		g->explicit_toolchain = g->explicit_toolchain || str_is(q->pattern, "toolchain");
		vec_push(c->arena, &g->queries, q);
	}
	return g->bad;
}

// Candidates of the queries that look at the build list as it is now.
static void look_around(Get *g)
{
	bool all = false;
	for (u32 i = 0; i < g->queries.n; i++) {
		Query *q = g->queries.p[i];
		bool is_all = str_is(q->pattern, "all");
		all = all || is_all;
		if (!q->local && q->wild && q->none)
			query_none(g, q);
		else if (!q->local && q->wild)
			query_wildcard(g, q);
	}
	if (!all)
		return;
	PkgLoad l;
	load(g, &l, true, NULL);
	for (u32 i = 0; i < l.pkgs.n; i++)
		if (l.pkgs.p[i]->err.errnum == MOD_MISSING && in_workspace(g, l.pkgs.p[i]->path))
			l.pkgs.p[i]->err = OK;
	for (u32 i = 0; i < g->queries.n; i++)
		if (str_is(g->queries.p[i]->pattern, "all")) {
			g->queries.p[i]->packages = true;
			query_all(g, g->queries.p[i], &l);
		}
}

static void resolve(Get *g)
{
	for (u32 i = 0; i < g->queries.n; i++) {
		Query *q = g->queries.p[i];
		if (str_is(q->pattern, "all"))
			continue;
		if (str_is(q->pattern, "tool")) {
			query_tool(g, q);
		} else if (str_is(q->pattern, "work")) {
			StrVec found = {0};
			pkgs_main(g->m, &found);
			q->packages = found.n > 0;
			if (!found.n)
				fputs("go: warning: \"work\" matched no packages\n", stderr);
		} else if (q->local) {
			query_local(g, q);
		} else if (!q->wild && q->none) {
			query_none(g, q);
		} else if (!q->wild) {
			query_path(g, q);
		}
	}
	for (u32 round = 0; round < 1000; round++) {
		look_around(g);
		if (get_resolve(g) || upgrade_imports(g))
			continue;
		for (u32 i = 0; i < g->queries.n; i++)
			if (g->queries.p[i]->wild && !g->queries.p[i]->local)
				query_missing_wildcard(g, g->queries.p[i]);
		if (!get_resolve(g))
			break;
	}
	for (u32 i = 0; i < g->queries.n; i++)
		if (g->queries.p[i]->wild && !g->queries.p[i]->local && !g->queries.p[i]->none)
			check_wildcard(g, g->queries.p[i]);
	get_end_if_bad(g);
}

static void find_tools(Get *g)
{
	for (u32 i = 0; i < g->queries.n; i++) {
		Query *q = g->queries.p[i];
		StrVec found = {0};
		if (str_is(q->pattern, "all") || str_is(q->pattern, "std") || str_is(q->pattern, "cmd") || str_is(q->pattern, "tool") ||
		    str_is(q->pattern, "work") || mod_is_toolchain(q->pattern)) {
			get_error(g, "go get -tool does not work with \"" STR_FMT "\".", STR_ARG(q->pattern));
			continue;
		}
		query_expand(g, q, &found);
		for (u32 k = 0; k < found.n; k++)
			vec_push(g->c->arena, &g->tools, q->none ? str_cat(g->c->arena, S("-"), found.p[k]) : found.p[k]);
	}
	get_end_if_bad(g);
}

int cmd_get(int argc, char **argv)
{
	Get *g = NEW(arena_new(), Get);
	BuildCmd *c = g->c = NEW(arena_new(), BuildCmd);
	c->arena = arena_new();
	g->upgrade = S("");
	g->m = &c->mods;
	int status = parse(g, argc, argv);
	if (status)
		return status;
	Mods *m = g->m;
	g->before = m->reqs;
	if (failed(reqs_graph(m, m->reqs)->err))
		return toolchain_fail(m->fetch, m->reqs->graph->err);
	read_workspace(g);
	if (!m->main->go.n) {
		Reqs *r = reqs_convert(m, m->reqs, true);
		mods_set_reqs(m, reqs_with_go(m, r, toolchain_local()));
	}
	resolve(g);
	if (g->tool)
		find_tools(g);
	check_packages(g);
	facts_save(c->ctx.facts);
	PkgLoad l;
	load(g, &l, false, NULL);
	ModFile old = *m->main->file, now;
	CommitOptions opt = {.update_go = true, .drop_toolchain = g->drop_toolchain, .explicit_toolchain = g->explicit_toolchain, .tools = &g->tools,
		.tools_need_go = true};
	Err e = mods_commit(m, m->reqs, &l, &opt);
	if (failed(e))
		return toolchain_fail(m->fetch, e);
	if (!failed(mods_read_file(m, m->gomod, true, &now)))
		report(g, &old, &now);
	return 0;
}
