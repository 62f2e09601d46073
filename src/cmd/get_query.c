// get_query.c: the arguments of `go get` become decisions about module versions. An argument may be answered by several
// modules (nested ones); what other arguments decide narrows the choice, and only what then is left open is chosen freely.
// Facts: cmd/go/internal/modget.
#include "cmd/get.h"
#include "mod/toolchain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

void get_error(Get *g, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(g->c->arena, fmt, ap);
	va_end(ap);
	fprintf(stderr, "go: " STR_FMT "\n", STR_ARG(s));
	g->bad = true;
}

void get_end_if_bad(Get *g)
{
	if (g->bad)
		exit(1);
}

// Whether word stands in text with one of the marks, or a line's edge, on each side.
static bool mentions(Str text, Str word, const char *left, const char *right)
{
	for (u32 i = 0; word.n && i + word.n <= text.n; i++) {
		if (memcmp(text.p + i, word.p, word.n) != 0)
			continue;
		bool from = i == 0 || text.p[i - 1] == '\n' || strchr(left, text.p[i - 1]);
		u32 end = i + word.n;
		if (from && (end == text.n || text.p[end] == '\n' || strchr(right, text.p[end])))
			return true;
	}
	return false;
}

void query_error(Get *g, const Query *q, Err e)
{
	bool named = mentions(e.msg, q->pattern, " \t(\"`", " @:;)\"`") && (!q->raw_version.n || mentions(e.msg, q->version, " @(\"`", " :;)\"`"));
	if (named || !q->raw.n)
		get_error(g, STR_FMT, STR_ARG(e.msg));
	else
		get_error(g, STR_FMT ": " STR_FMT, STR_ARG(q->raw), STR_ARG(e.msg));
}

static bool fits_main(Str version) { return str_is(version, "upgrade") || str_is(version, "patch"); }

Query *query_new(Get *g, Str raw)
{
	Arena *a = g->c->arena;
	int at = str_index(raw, '@');
	Query *q = NEW(a, Query);
	*q = (Query){.raw = raw, .pattern = at >= 0 ? str_sub(raw, 0, (u32)at) : raw, .raw_version = at >= 0 ? str_from(raw, (u32)at + 1) : S("")};
	Str v = q->raw_version;
	if (at >= 0 && (!v.n || str_index(v, '@') >= 0)) {
		get_error(g, "invalid module version syntax " STR_FMT, STR_ARG(go_quote(a, raw)));
		return NULL;
	}
	q->version = v.n ? v : g->upgrade.n ? g->upgrade : S("upgrade");
	q->none = str_is(q->version, "none");
	q->local = mod_is_dir_path(q->pattern) || str_is(q->pattern, ".") || str_is(q->pattern, "..");
	q->wild = str_find(q->pattern, "...") >= 0;
	bool meta = str_is(q->pattern, "std") || str_is(q->pattern, "cmd") || str_is(q->pattern, "tool") || str_is(q->pattern, "work");
	if (q->local && v.n)
		get_error(g, "can't request explicit version %s of path %s in main module", go_quote(a, v).p, go_quote(a, q->pattern).p);
	else if (str_is(q->pattern, "all") && !fits_main(q->version))
		get_error(g, "can't request version %s of pattern \"all\" that includes the main module (" STR_FMT ")", go_quote(a, q->version).p,
			STR_ARG(g->m->main->path));
	else if (meta && v.n && str_is(q->pattern, "tool"))
		get_error(g, "can't request explicit version of \"tool\" pattern");
	else if (meta && v.n)
		get_error(g, "can't request explicit version of standard-library pattern %s", go_quote(a, q->pattern).p);
	else if (q->none && str_is(q->pattern, "go"))
		get_error(g, "cannot use go@none");
	else if (str_has_suffix(raw, ".go") && !v.n && str_index(raw, '/') < 0)
		get_error(g, STR_FMT ": arguments must be package or module paths", STR_ARG(raw));
	else if (str_has_suffix(raw, ".go") && !v.n && file_exists(raw) && !file_is_dir(raw))
		get_error(g, STR_FMT " exists as a file, but 'go get' requires package arguments", STR_ARG(raw));
	else
		return q;
	return NULL;
}

Str get_selected(Get *g, Str path)
{
	Str v = graph_selected(reqs_graph(g->m, g->m->reqs), path);
	return v.n || mods_is_main(g->m, path) ? v : S("none");
}

Str get_initial(Get *g, Str path)
{
	Str v = graph_selected(reqs_graph(g->m, g->before), path);
	return v.n || mods_is_main(g->m, path) ? v : S("none");
}

static Str initial(void *ctx, Str path) { return get_initial(ctx, path); }

static bool first_time(Get *g, Query *q, Str path)
{
	if (strmap_has(&q->seen, path))
		return false;
	strmap_put(g->c->arena, &q->seen, path, q);
	return true;
}

static void add(Get *g, Query *q, Candidate c)
{
	if (c.packages.n || c.module.path.n || failed(c.err))
		vec_push(g->c->arena, &q->open, c);
}

static void add_pattern(Get *g, Query *q, Str path, Str pattern)
{
	QueryFound found;
	Err e = query_pattern(g->m, pattern, q->version, initial, g, &found);
	if (failed(e))
		add(g, q, (Candidate){.path = path, .err = e});
	else
		add(g, q, (Candidate){.path = path, .packages = found.packages, .module = found.module});
}

static void add_main(Get *g, Query *q)
{
	Candidate c = {.path = q->pattern};
	vec_push(g->c->arena, &c.packages, (ModVersion){g->m->main->path, S("")});
	add(g, q, c);
}

// ---- kinds of arguments -----------------------------------------------------------------------------

// The directory before "..." that a local pattern is about, and what follows.
static Str local_root(Get *g, Query *q)
{
	Str p = q->pattern;
	int dots = str_find(p, "...");
	if (dots >= 0) {
		p = str_sub(p, 0, (u32)dots);
		while (p.n && p.p[p.n - 1] != '/')
			p.n--;
	}
	return path_clean(g->c->arena, p.n && p.p[0] == '/' ? p : path_join(g->c->arena, g->c->ctx.cwd, p));
}

void query_local(Get *g, Query *q)
{
	Mods *m = g->m;
	Arena *a = g->c->arena;
	if (!first_time(g, q, q->pattern))
		return;
	Str root = local_root(g, q), why = S("");
	Str full = path_clean(a, q->pattern.p[0] == '/' ? q->pattern : path_join(a, g->c->ctx.cwd, q->pattern));
	Str detail = q->pattern.p[0] == '/' ? S("") : str_fmt(a, " (" STR_FMT ")", STR_ARG(full));
	if (!path_has_prefix(root, m->root)) {
		add(g, q, (Candidate){.err = err_fmt(a, STR_FMT STR_FMT " is not within module rooted at " STR_FMT, STR_ARG(q->pattern), STR_ARG(detail),
			STR_ARG(m->root))});
		return;
	}
	StrVec found = {0};
	Str path = S("");
	if (q->wild) {
		mods_match(m, q->pattern, &found);
	} else {
		path = mods_dir_path(m, full, &why);
		if (path.n && mods_dir_in_module(m, m->main, path).n)
			vec_push(a, &found, path);
	}
	if (found.n)
		add_main(g, q);
	else if (q->wild)
		fprintf(stderr, "go: warning: \"" STR_FMT "\" matched no packages\n", STR_ARG(q->pattern));
	else if (!q->raw.n || str_is(q->raw, "."))
		add(g, q, (Candidate){.err = err_fmt(a, "no package to get in current directory")});
	else
		add(g, q, (Candidate){.err = err_fmt(a, STR_FMT STR_FMT " is not a package in module rooted at " STR_FMT, STR_ARG(q->pattern), STR_ARG(detail),
			STR_ARG(m->root))});
}

static bool looks_std(Str path)
{
	int slash = str_index(path, '/');
	return str_index(slash >= 0 ? str_sub(path, 0, (u32)slash) : path, '.') < 0;
}

static bool has_files(Get *g, Str dir)
{
	StrVec names = {0};
	bool any = false;
	if (!failed(dir_list(g->c->arena, dir, &names)))
		for (u32 i = 0; i < names.n; i++)
			any = any || str_has_suffix(names.p[i], ".go");
	return any;
}

void query_path(Get *g, Query *q)
{
	Arena *a = g->c->arena;
	if (!first_time(g, q, q->pattern))
		return;
	if (looks_std(q->pattern) && load_is_std(g->m->ctx, q->pattern) &&
	    has_files(g, path_join(a, path_join(a, g->m->ctx->goroot, S("src")), q->pattern))) {
		if (q->raw_version.n)
			add(g, q, (Candidate){.err = err_fmt(a, "can't request explicit version %s of standard library package " STR_FMT, go_quote(a, q->version).p,
				STR_ARG(q->pattern))});
		else
			q->packages = true;
		return;
	}
	add_pattern(g, q, q->pattern, q->pattern);
}

static bool matches(const Query *q, Str path)
{
	return q->wild && !mod_is_toolchain(path) ? load_glob(q->pattern, path) : str_eq(q->pattern, path);
}

// Whether a module of that path may have packages that match.
static bool may_match_in(const Query *q, Str path)
{
	int dots = str_find(q->pattern, "...");
	Str fixed = dots >= 0 ? str_sub(q->pattern, 0, (u32)dots) : q->pattern;
	if (mod_is_toolchain(path))
		return false;
	if (path.n <= fixed.n && path_has_prefix(fixed, path))
		return true;
	return dots >= 0 && path.n >= fixed.n && !memcmp(path.p, fixed.p, fixed.n);
}

void query_none(Get *g, Query *q)
{
	Mods *m = g->m;
	Candidate to_main = {.err = query_main_error(m, q->pattern, q->version)};
	if (!q->wild && first_time(g, q, q->pattern))
		add(g, q, mods_is_main(m, q->pattern) ? to_main : (Candidate){.path = q->pattern, .module = {q->pattern, S("none")}});
	ModGraph *graph = reqs_graph(m, m->reqs);
	for (u32 i = 0; i < graph->paths.n; i++) {
		Str path = graph->paths.p[i];
		if (matches(q, path) && first_time(g, q, path))
			add(g, q, mods_is_main(m, path) ? to_main : (Candidate){.path = path, .module = {path, S("none")}});
	}
}

static bool is_none_for(Get *g, Str path)
{
	for (u32 i = 0; i < g->queries.n; i++)
		if (g->queries.p[i]->none && matches(g->queries.p[i], path))
			return true;
	return false;
}

// The packages of a module version that match.
static Err match_in(Get *g, const Query *q, ModVersion v, StrVec *out)
{
	Mods *m = g->m;
	Module *x = !v.version.n ? m->main : mods_module(m, v.path, v.version);
	Err e = OK;
	if (v.version.n)
		mods_summary(m, v.path, v.version, &e);
	if (e.errnum != MOD_TOO_NEW)
		e = mods_need_dir(m, x);
	if (!failed(e))
		mods_match_in(m, x, q->pattern, out);
	return e;
}

static void try_wildcard(Get *g, Query *q, ModVersion v)
{
	Candidate c = {.path = v.path};
	StrVec found = {0};
	c.err = match_in(g, q, v, &found);
	if (!failed(c.err) && found.n)
		vec_push(g->c->arena, &c.packages, v);
	else if (!failed(c.err) && matches(q, v.path))
		c.module = v;
	add(g, q, c);
}

static bool no_such_version(Err e) { return e.errnum == ENOENT || e.errnum == QUERY_NO_MATCH; }

void query_wildcard(Get *g, Query *q)
{
	Mods *m = g->m;
	ModGraph *graph = reqs_graph(m, m->reqs);
	for (u32 i = 0; i < graph->paths.n; i++) {
		Str path = graph->paths.p[i];
		RevInfo info;
		if (!may_match_in(q, path) || (!graph_selected(graph, path).n && !mods_is_main(m, path)) || !first_time(g, q, path) || is_none_for(g, path))
			continue;
		if (mods_is_main(m, path) && !fits_main(q->version)) {
			StrVec found = {0};
			mods_match_in(m, m->main, q->pattern, &found);
			if (matches(q, path))
				add(g, q, (Candidate){.err = query_main_error(m, q->pattern, q->version)});
			else if (found.n)
				add(g, q, (Candidate){.err = err_fmt(g->c->arena, "pattern " STR_FMT " matches package " STR_FMT " in the main module, so can't request version "
					STR_FMT, STR_ARG(q->pattern), STR_ARG(found.p[0]), STR_ARG(q->version))});
			continue;
		}
		Err e = query_version(m, path, q->version, get_initial(g, path), &info);
		if (!failed(e))
			try_wildcard(g, q, (ModVersion){path, info.version});
		else if (!no_such_version(e))
			add(g, q, (Candidate){.path = path, .err = e});
	}
}

void query_missing_wildcard(Get *g, Query *q)
{
	if (q->none || q->packages || !first_time(g, q, q->pattern))
		return;
	QueryFound found;
	Err e = query_pattern(g->m, q->pattern, q->version, initial, g, &found);
	if (failed(e) && q->resolved && (no_such_version(e) || e.errnum == QUERY_NO_PACKAGE))
		return;
	add(g, q, (Candidate){.path = q->pattern, .packages = found.packages, .module = found.module, .err = e});
}

void query_tool(Get *g, Query *q)
{
	const StrVec *tools = &g->m->main->file->tool;
	for (u32 i = 0; i < tools->n; i++)
		if (first_time(g, q, tools->p[i]))
			add_pattern(g, q, tools->p[i], tools->p[i]);
}

static int by_path(const void *x, const void *y) { return str_cmp(((const Candidate *)x)->path, ((const Candidate *)y)->path); }

void query_all(Get *g, Query *q, const PkgLoad *l)
{
	for (u32 i = 0; i < l->pkgs.n; i++) {
		const ModPkg *p = l->pkgs.p[i];
		bool external = p->mod && !p->mod->main, missing = p->err.errnum == MOD_MISSING || p->err.errnum == MOD_AMBIGUOUS;
		if (!p->test_of && (external || missing) && first_time(g, q, p->path))
			add_pattern(g, q, p->path, p->path);
	}
	if (q->open.n)
		qsort(q->open.p, q->open.n, sizeof *q->open.p, by_path);
}

void check_wildcard(Get *g, Query *q)
{
	Mods *m = g->m;
	ModGraph *graph = reqs_graph(m, m->reqs);
	Arena *a = g->c->arena;
	for (u32 i = 0; i < graph->paths.n; i++) {
		ModVersion v = {graph->paths.p[i], graph_selected(graph, graph->paths.p[i])};
		StrVec found = {0};
		RevInfo info;
		if (!may_match_in(q, v.path) || (!v.version.n && !mods_is_main(m, v.path)))
			continue;
		if (!matches(q, v.path)) {
			Err e = match_in(g, q, v, &found);
			if (failed(e))
				query_error(g, q, e);
			if (!found.n)
				continue;
		}
		Err e = query_version(m, v.path, q->version, get_initial(g, v.path), &info);
		if (failed(e)) {
			query_error(g, q, e);
			continue;
		}
		if (str_eq(info.version, v.version))
			continue;
		found.n = 0;
		if (!matches(q, v.path)) {
			e = match_in(g, q, (ModVersion){v.path, info.version}, &found);
			if (failed(e)) {
				query_error(g, q, e);
				continue;
			}
		}
		Str other = str_eq(info.version, q->version) ? str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(info.version))
			: str_fmt(a, STR_FMT "@" STR_FMT " (" STR_FMT ")", STR_ARG(v.path), STR_ARG(q->version), STR_ARG(info.version));
		if (!found.n && !matches(q, v.path))
			query_error(g, q, err_fmt(a, STR_FMT " matches packages in " STR_FMT "@" STR_FMT " but not " STR_FMT ": specify a different version for module "
				STR_FMT, STR_ARG(q->raw), STR_ARG(v.path), STR_ARG(v.version), STR_ARG(other), STR_ARG(v.path)));
		else
			query_error(g, q, err_fmt(a, STR_FMT "@" STR_FMT " is selected instead of " STR_FMT, STR_ARG(v.path), STR_ARG(v.version), STR_ARG(info.version)));
	}
}

void query_expand(Get *g, Query *q, StrVec *out)
{
	Mods *m = g->m;
	if (str_is(q->pattern, "all") || str_is(q->pattern, "work")) {
		pkgs_main(m, out);
	} else if (str_is(q->pattern, "tool")) {
		for (u32 i = 0; i < m->main->file->tool.n; i++)
			vec_push(g->c->arena, out, m->main->file->tool.p[i]);
	} else if (q->local && q->wild) {
		mods_match(m, q->pattern, out);
	} else if (q->local) {
		Str why = S(""), path = mods_dir_path(m, local_root(g, q), &why);
		if (path.n)
			vec_push(g->c->arena, out, path);
	} else if (q->wild) {
		ModGraph *graph = reqs_graph(m, m->reqs);
		for (u32 i = 0; i < graph->paths.n; i++) {
			ModVersion v = {graph->paths.p[i], graph_selected(graph, graph->paths.p[i])};
			if (may_match_in(q, v.path) && (v.version.n || mods_is_main(m, v.path)))
				match_in(g, q, v, out);
		}
	} else {
		vec_push(g->c->arena, out, q->pattern);
	}
}

// ---- decisions --------------------------------------------------------------------------------------

static Decision *decision(Get *g, Str path) { return strmap_get(&g->decided, path); }

// An argument, and the version that it came to.
static Str argument(Get *g, const Query *q, Str version)
{
	return str_eq(version, q->version) ? q->raw : str_fmt(g->c->arena, STR_FMT "@" STR_FMT " (" STR_FMT ")", STR_ARG(q->pattern), STR_ARG(q->version),
		STR_ARG(version));
}

static void decide(Get *g, Query *q, ModVersion v)
{
	Arena *a = g->c->arena;
	Decision *d = decision(g, v.path);
	if (mods_is_main(g->m, v.path) && v.version.n) {
		query_error(g, q, query_main_error(g->m, q->pattern, q->version));
		return;
	}
	if (d && !str_eq(d->version, v.version)) {
		if (q->conflicts)
			return;
		q->conflicts = true;
		bool turn = q->wild && !d->by->wild; // the plainer argument is shown first
		const Query *first = turn ? d->by : q, *second = turn ? q : d->by;
		Str x = argument(g, first, turn ? d->version : v.version), y = argument(g, second, turn ? v.version : d->version);
		bool same = str_eq(v.path, first->pattern);
		query_error(g, q, err_fmt(a, "%s" STR_FMT "%s" STR_FMT " conflicts with " STR_FMT, same ? "" : "for module ", STR_ARG(same ? S("") : v.path),
			same ? "" : ", ", STR_ARG(x), STR_ARG(y)));
		return;
	}
	q->resolved = true;
	if (d)
		return;
	d = NEW(a, Decision);
	*d = (Decision){v.version, q};
	strmap_put(a, &g->decided, v.path, d);
	vec_push(a, &g->decided_paths, v.path);
}

// What of a candidate earlier decisions leave. True if that is one module; *v without a path: nothing.
static bool narrow(Get *g, const Candidate *c, Candidate *left, bool *packages, ModVersion *v)
{
	*left = (Candidate){.path = c->path, .module = {S(""), S("")}};
	*v = (ModVersion){S(""), S("")};
	*packages = true;
	for (u32 i = 0; i < c->packages.n; i++) {
		ModVersion x = c->packages.p[i];
		if (is_none_for(g, x.path))
			continue;
		Decision *d = decision(g, x.path);
		bool main = mods_is_main(g->m, x.path);
		if (main ? !x.version.n : d && str_eq(d->version, x.version)) {
			*v = x;
			return true;
		}
		if (!main && !d)
			vec_push(g->c->arena, &left->packages, x);
	}
	if (c->module.path.n) {
		Decision *d = decision(g, c->module.path);
		if (!d || str_eq(d->version, c->module.version))
			left->module = c->module;
	}
	if (left->packages.n == 1 && (!left->module.path.n || (str_eq(left->module.path, left->packages.p[0].path) &&
	    str_eq(left->module.version, left->packages.p[0].version)))) {
		*v = left->packages.p[0];
		return true;
	}
	if (!left->packages.n) {
		*packages = false;
		*v = left->module;
		return true;
	}
	return false;
}

static bool choose(Get *g, const Candidate *c, ModVersion *v)
{
	for (u32 i = 0; i < c->packages.n; i++)
		if (!str_is(get_initial(g, c->packages.p[i].path), "none")) {
			*v = c->packages.p[i];
			return true;
		}
	*v = c->packages.n ? c->packages.p[0] : c->module;
	return c->packages.n > 0;
}

ModVersion get_choose(Get *g, const Candidate *c)
{
	Candidate left;
	bool packages;
	ModVersion v;
	if (!narrow(g, c, &left, &packages, &v))
		choose(g, &left, &v);
	return v;
}

// A version that was decided on, and by which argument.
static Str reason(Get *g, ModVersion v)
{
	Arena *a = g->c->arena;
	Decision *d = decision(g, v.path);
	if (!d)
		return str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version));
	if (str_eq(d->by->pattern, v.path))
		return argument(g, d->by, d->version);
	return str_eq(d->version, d->by->version)
		? str_fmt(a, STR_FMT "@" STR_FMT " (matching " STR_FMT ")", STR_ARG(v.path), STR_ARG(d->version), STR_ARG(d->by->raw))
		: str_fmt(a, STR_FMT "@" STR_FMT " (matching " STR_FMT "@" STR_FMT ")", STR_ARG(v.path), STR_ARG(d->version), STR_ARG(d->by->pattern),
			STR_ARG(d->by->version));
}

static bool same_reqs(const Reqs *p, const Reqs *q)
{
	bool same = p->roots.n == q->roots.n && p->pruned == q->pruned;
	for (u32 i = 0; same && i < p->roots.n; i++)
		same = str_eq(p->roots.p[i].path, q->roots.p[i].path) && str_eq(p->roots.p[i].version, q->roots.p[i].version);
	return same;
}

static void show_conflict(const Conflict *c)
{
	fputs("go: ", stderr);
	for (u32 i = 0; i < c->path.n; i++)
		fprintf(stderr, "%s" STR_FMT "@" STR_FMT, i ? " requires\n\t" : "", STR_ARG(c->path.p[i].path), STR_ARG(c->path.p[i].version));
	if (c->path.n == 1)
		fputs(" found", stderr);
	if (c->limit.path.n)
		fprintf(stderr, ", but " STR_FMT "@" STR_FMT " is requested", STR_ARG(c->limit.path), STR_ARG(c->limit.version));
	if (failed(c->err))
		fprintf(stderr, ": " STR_FMT, STR_ARG(c->err.msg));
	fputc('\n', stderr);
}

bool get_apply(Get *g, const ModVersionVec *wish)
{
	Mods *m = g->m;
	ModVersionVec must = {0};
	ConflictVec conflicts = {0};
	Err e;
	for (u32 i = 0; i < g->decided_paths.n; i++)
		if (!mods_is_main(m, g->decided_paths.p[i]))
			vec_push(g->c->arena, &must, (ModVersion){g->decided_paths.p[i], decision(g, g->decided_paths.p[i])->version});
	Reqs *r = reqs_edit(m, m->reqs, wish, &must, &conflicts, &e);
	for (u32 i = 0; !r && i < conflicts.n; i++) {
		Conflict *c = &conflicts.p[i];
		if (g->c->verbose)
			show_conflict(c);
		const char *deep = c->path.n > 2 ? "indirectly " : "";
		ModVersion last = vec_last(&c->path);
		if (failed(c->err))
			get_error(g, STR_FMT " %srequires " STR_FMT "@" STR_FMT ": " STR_FMT, STR_ARG(reason(g, c->path.p[0])), deep, STR_ARG(last.path),
				STR_ARG(last.version), STR_ARG(c->err.msg));
		else
			get_error(g, STR_FMT " %srequires " STR_FMT "@" STR_FMT ", not " STR_FMT, STR_ARG(reason(g, c->path.p[0])), deep, STR_ARG(last.path),
				STR_ARG(last.version), STR_ARG(reason(g, c->limit)));
	}
	if (!r && failed(e))
		exit(toolchain_fail(m->fetch, e));
	get_end_if_bad(g);
	if (same_reqs(r, m->reqs))
		return false;
	e = reqs_graph(m, r)->err;
	if (failed(e))
		exit(toolchain_fail(m->fetch, e));
	mods_set_reqs(m, r);
	return true;
}

static void switch_if_too_new(Get *g)
{
	Err e = OK;
	for (u32 i = 0; i < g->queries.n; i++)
		for (u32 k = 0; k < g->queries.p[i]->open.n; k++)
			if (g->queries.p[i]->open.p[k].err.errnum == MOD_TOO_NEW)
				e = g->queries.p[i]->open.p[k].err;
	Str why = S("");
	if (failed(e))
		toolchain_switch(g->m->fetch, &why);
	if (why.n)
		exit(toolchain_fail(g->m->fetch, e));
}

bool get_resolve(Get *g)
{
	u32 done = 0, before;
	ModVersionVec none = {0};
	do {
		before = done;
		switch_if_too_new(g);
		for (u32 i = 0; i < g->queries.n; i++) {
			Query *q = g->queries.p[i];
			u32 n = 0;
			for (u32 k = 0; k < q->open.n; k++) {
				Candidate c = q->open.p[k], left;
				ModVersion v;
				bool packages;
				if (failed(c.err)) {
					query_error(g, q, c.err);
					done++;
					continue;
				}
				if (!narrow(g, &c, &left, &packages, &v)) {
					q->open.p[n++] = left;
					continue;
				}
				if (!v.path.n) // everything it could be is ruled out: the conflict is what is worth knowing
					packages = choose(g, &c, &v);
				q->packages = q->packages || packages;
				decide(g, q, v);
				done++;
			}
			q->open.n = n;
		}
		get_end_if_bad(g);
	} while (done != before);
	if (done && get_apply(g, &none))
		return true;
	u32 free = 0;
	for (u32 i = 0; i < g->queries.n; i++) {
		Query *q = g->queries.p[i];
		for (u32 k = 0; k < q->open.n; k++, free++) {
			ModVersion v;
			q->packages = choose(g, &q->open.p[k], &v) || q->packages;
			decide(g, q, v);
		}
		q->open.n = 0;
	}
	get_end_if_bad(g);
	return free && get_apply(g, &none);
}
