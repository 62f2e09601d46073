// query_pattern.c: the modules that may have a package, or packages of a pattern: those whose paths begin the pattern's. All that
// do are found, so that the caller can choose; errors are ranked by how much they help. Facts: cmd/go/internal/modload/query.go.
#include "mod/query.h"

#include <errno.h>

static Str describe(Arena *a, ModVersion v) { return v.version.n ? str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version)) : v.path; }

static Err not_in_module(Mods *m, ModVersion v, Str query, Str path)
{
	Str found = str_eq(v.version, query) ? S("") : str_fmt(m->arena, " (" STR_FMT ")", STR_ARG(v.version)), base;
	const ModReplace *r = mods_replacement(m, v.path, v.version, &base);
	if (r) {
		Str with = describe(m->arena, (ModVersion){r->new_path, r->new_version});
		found = str_eq(v.version, query) ? str_fmt(m->arena, " (replaced by " STR_FMT ")", STR_ARG(with))
			: str_fmt(m->arena, " (" STR_FMT ", replaced by " STR_FMT ")", STR_ARG(v.version), STR_ARG(with));
	}
	return (Err){str_fmt(m->arena, "module " STR_FMT "@" STR_FMT " found" STR_FMT ", but does not contain package " STR_FMT, STR_ARG(v.path),
		STR_ARG(query), STR_ARG(found), STR_ARG(path)), QUERY_NO_PACKAGE};
}

// The packages of a pattern that a module has. Err: it cannot be had.
static Err match_module(Mods *m, ModVersion v, Str pattern, bool *any)
{
	bool readonly = m->readonly;
	*any = false;
	m->readonly = false; // what is looked for cannot be in go.sum yet
	Str base, dir, why = S("");
	const ModReplace *r = mods_replacement(m, v.path, v.version, &base);
	Err e = r && !r->new_version.n ? OK : fetch_dir(m->fetch, r ? r->new_path : v.path, r ? r->new_version : v.version, &dir);
	Module *x = NULL;
	if (!failed(e)) {
		mods_summary(m, v.path, v.version, &e);
		if (e.errnum != MOD_TOO_NEW)
			e = OK;
	}
	if (!failed(e)) {
		x = mods_module(m, v.path, v.version);
		e = mods_need_dir(m, x);
	}
	m->readonly = readonly;
	if (failed(e))
		return e;
	StrVec found = {0};
	if (str_find(pattern, "...") >= 0)
		mods_match_in(m, x, pattern, &found);
	*any = found.n || (str_find(pattern, "...") < 0 && mods_dir_in_module(m, x, pattern).n > 0);
	return why.n ? (Err){why, 0} : OK;
}

static bool matches_path(Str pattern, Str path) { return str_find(pattern, "...") >= 0 ? load_glob(pattern, path) : str_eq(pattern, path); }

// How much an error says: where several modules were asked, the best one is shown.
static u32 rank_of(Err e)
{
	static const int order[] = {QUERY_NO_PACKAGE, QUERY_NO_MATCH, QUERY_NO_BASE, QUERY_INVALID, ENOENT, EXDEV};
	for (u32 i = 0; i < LENGTH(order); i++)
		if (e.errnum == order[i])
			return i + 1;
	return 0;
}

static Err ask_module(Mods *m, Str path, Str pattern, Str query, Str current, ModVersion *v, bool *packages)
{
	Str base, why = mod_is_toolchain(path) ? S("") : mod_check_path(m->arena, path);
	StrVec own = {0};
	RevInfo info;
	*packages = false;
	if (why.n && !query_replaced(m, path, &own) && !mods_replacement(m, path, S(""), &base))
		return (Err){why, QUERY_INVALID};
	Err e = query_version(m, path, query, current, &info);
	if (failed(e))
		return e;
	*v = (ModVersion){path, info.version};
	if (mods_excluded(m, path, info.version))
		return err_fmt(m->arena, STR_FMT "@" STR_FMT ": excluded by go.mod", STR_ARG(path), STR_ARG(info.version));
	if (mod_is_toolchain(path))
		return OK;
	e = match_module(m, *v, pattern, packages);
	if (!failed(e) && !*packages && !matches_path(pattern, path))
		e = not_in_module(m, *v, query, pattern);
	return e;
}

static Err in_main(Mods *m, Str pattern, Str query, QueryFound *out)
{
	Arena *a = m->arena;
	bool plain = str_is(query, "upgrade") || str_is(query, "patch");
	for (u32 i = 0; i < m->mains.n; i++) {
		Module *x = m->mains.p[i];
		StrVec found = {0};
		if (str_find(pattern, "...") >= 0)
			mods_match_in(m, x, pattern, &found);
		else if (mods_dir_in_module(m, x, pattern).n)
			vec_push(a, &found, pattern);
		if (found.n && !plain) {
			if (found.n == 1 && str_eq(found.p[0], pattern))
				return (Err){str_fmt(a, "package " STR_FMT " is in the main module, so can't request version " STR_FMT, STR_ARG(pattern), STR_ARG(query)), QUERY_MAIN};
			return (Err){str_fmt(a, "pattern " STR_FMT " matches package " STR_FMT " in the main module, so can't request version " STR_FMT, STR_ARG(pattern),
				STR_ARG(found.p[0]), STR_ARG(query)), QUERY_MAIN};
		}
		if (found.n) {
			vec_push(a, &out->packages, (ModVersion){x->path, S("")});
			return OK;
		}
		if (matches_path(pattern, x->path)) {
			out->is_main = true;
			if (plain)
				out->module = (ModVersion){x->path, S("")};
		}
	}
	return OK;
}

Err query_main_error(Mods *m, Str pattern, Str query)
{
	Arena *a = m->arena;
	if (mods_is_main(m, pattern))
		return (Err){str_fmt(a, "can't request version %s of the main module (" STR_FMT ")", go_quote(a, query).p, STR_ARG(pattern)), QUERY_MAIN};
	return (Err){str_fmt(a, "can't request version %s of pattern %s that includes the main module (" STR_FMT ")", go_quote(a, query).p,
		go_quote(a, pattern).p, STR_ARG(m->main ? m->main->path : S(""))), QUERY_MAIN};
}

typedef struct Asked {
	Mods *m;
	Str pattern, query, base;
	QueryCurrent current;
	void *ctx;
	ModVersion main;
	QueryFound *out;
	bool any, spoiled;      // some module was asked; what was found may not be all there is
} Asked;

// All modules that may have the packages, from one proxy.
static Err ask_proxy(Fetch *f, Str proxy, void *arg)
{
	Asked *x = arg;
	Mods *m = x->m;
	QueryFound *out = x->out;
	Err best = OK;
	out->packages.n = 0;
	out->module = x->main;
	x->spoiled = false;
	f->only = proxy;
	for (Str path = x->base; path.n; path = path_parent(path)) {
		Str major;
		ModVersion v;
		bool packages;
		if (mods_is_main(m, path) || !mod_path_major(path, &major))
			continue;
		x->any = true;
		Err e = ask_module(m, path, x->pattern, x->query, x->current(x->ctx, path), &v, &packages);
		bool found = out->packages.n || out->module.path.n;
		if (!failed(e) && packages)
			vec_push(m->arena, &out->packages, v);
		else if (!failed(e))
			out->module = v;
		else if (rank_of(e) == 0 && (found || best.errnum == QUERY_NO_PACKAGE))
			continue; // a shorter path that cannot be asked does not spoil what is known
		else if (!failed(best) || (rank_of(e) < rank_of(best) && rank_of(best)))
			best = e;
	}
	f->only = S("");
	x->spoiled = failed(best) && !rank_of(best);
	return (out->packages.n || out->module.path.n) && !x->spoiled ? OK : best;
}

Err query_pattern(Mods *m, Str pattern, Str query, QueryCurrent current, void *ctx, QueryFound *out)
{
	Arena *a = m->arena;
	*out = (QueryFound){.module = {S(""), S("")}};
	Str base = pattern;
	int dots = str_find(pattern, "...");
	if (dots >= 0) {
		base = path_parent(str_sub(pattern, 0, (u32)dots));
		if (str_index(str_sub(pattern, 0, (u32)dots), '/') < 0)
			return err_fmt(a, "no modules to query for " STR_FMT "@" STR_FMT " because first path element contains a wildcard", STR_ARG(pattern), STR_ARG(query));
	}
	Err e = in_main(m, pattern, query, out);
	if (failed(e) || out->packages.n)
		return e;
	Asked x = {.m = m, .pattern = pattern, .query = query, .base = base, .current = current, .ctx = ctx, .main = out->module, .out = out};
	e = fetch_try_proxies(m->fetch, ask_proxy, &x);
	if (out->packages.n || out->module.path.n)
		return x.spoiled ? e : OK;
	if (out->is_main && (!x.any || e.errnum == ENOENT))
		return query_main_error(m, pattern, query);
	if (!x.any && failed(e))
		return e;
	if (!x.any)
		return (Err){str_fmt(a, "module " STR_FMT ": no modules to query for package", STR_ARG(pattern)), QUERY_NO_PACKAGE};
	return e;
}

static Str selected_now(void *ctx, Str path)
{
	Mods *m = ctx;
	return m->selected && m->reqs->graph ? graph_selected(m->reqs->graph, path) : reqs_root(m->reqs, path);
}

Err query_package(Mods *m, Str path, Str query, ModVersion *out)
{
	QueryFound found;
	Err e = query_pattern(m, path, query, selected_now, m, &found);
	if (failed(e))
		return e;
	if (!found.packages.n)
		return not_in_module(m, found.module, query, path);
	*out = found.packages.p[0];
	return OK;
}
