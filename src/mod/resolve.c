// resolve.c: builds that look for modules themselves: path@version, and -mod=mod.
#include "mod/pkgs.h"
#include "mod/fetch.h"
#include "mod/query.h"
#include "mod/toolchain.h"

Err mods_use_version(Mods *m, Str path, Str version, Str *resolved)
{
	Arena *a = m->arena;
	BuildContext *c = m->ctx;
	Fetch *f = m->fetch;
	*m = (Mods){.ctx = c, .arena = a, .fetch = f, .mode = MODE_MODULE, .gomod = S(""), .gowork = S(""), .root = S(""), .loose = true};
	f->sums = sums_read(a, f, S(""), false); // nothing is recorded, but the checksum database is asked
	f->vendor = false;
	c->gopath = false;
	m->reqs = reqs_new(m, &(ModVersion){S("go"), toolchain_local()}, 1, true, NULL);
	int dots = str_find(path, "...");
	if (dots >= 0) {
		path = str_sub(path, 0, (u32)dots);
		while (path.n && path.p[path.n - 1] == '/')
			path.n--;
	}
	ModVersion v;
	RevInfo info;
	Err e = fetch_check_cache(f);
	if (failed(e))
		return e;
	e = dots >= 0 ? query_version(m, path, version, S(""), &info) : query_package(m, path, version, &v);
	if (e.errnum == MOD_TOO_NEW)
		return e;
	if (failed(e))
		return (Err){str_fmt(a, STR_FMT "%s@" STR_FMT ": " STR_FMT, STR_ARG(path), dots >= 0 ? "/..." : "", STR_ARG(version), STR_ARG(e.msg)), 0};
	if (dots >= 0)
		v = (ModVersion){path, info.version};
	const ModFile *own = mods_summary(m, v.path, v.version, &e);
	if (!own)
		return e;
	Str text, file;
	ModFile full;
	StrVec errs = {0};
	mods_gomod_text(m, v.path, v.version, &text, &file);
	modfile_parse(a, S("go.mod"), str_dup(a, text), true, &full, &errs);
	if (full.replace.n || full.exclude.n)
		return err_fmt(a, STR_FMT "@" STR_FMT " (in " STR_FMT "@" STR_FMT "):\n\tThe go.mod file for the module providing named packages contains one or\n\tmore "
			"%s directives. It must not contain directives that would cause\n\tit to be interpreted differently than if it were the main module.",
			STR_ARG(path), STR_ARG(version), STR_ARG(v.path), STR_ARG(v.version), full.replace.n ? "replace" : "exclude");
	StrVec why = {0};
	if (query_retracted(m, v.path, v.version, &why)) {
		Str said = why.n ? why.p[0] : S("");
		fprintf(stderr, "go: warning: " STR_FMT "@" STR_FMT ": retracted by module author%s" STR_FMT "\ngo: to switch to the latest unretracted version, run:\n"
			"\tgo install " STR_FMT "@latest\n", STR_ARG(v.path), STR_ARG(v.version), said.n ? ": " : "", STR_ARG(said), STR_ARG(path));
	}
	*resolved = v.version;
	ModVersionVec roots = {0};
	vec_push(a, &roots, v);
	vec_push(a, &roots, (ModVersion){S("go"), own->go.n ? own->go : S("1.16")});
	Reqs *r = reqs_new(m, roots.p, roots.n, go_version_cmp(own->go, S("1.17")) >= 0, NULL);
	ModGraph *g = reqs_graph(m, r);
	if (failed(g->err))
		return g->err;
	mods_set_reqs(m, r);
	Str dir;
	return fetch_dir(f, v.path, v.version, &dir);
}

Err mods_resolve(Mods *m, const StrVec *paths)
{
	PkgLoad l = {.m = m, .reqs = m->reqs, .resolve = true, .host_only = true};
	pkgs_load(&l, paths);
	if (l.reqs->graph && failed(l.reqs->graph->err))
		return l.reqs->graph->err;
	for (u32 i = 0; i < l.pkgs.n; i++) {
		ModPkg *p = l.pkgs.p[i];
		Str *why = NEW(m->arena, Str);
		*why = p->err.msg;
		if (failed(p->err) && !p->test_of && p->err.errnum != MOD_MISSING)
			strmap_put(m->arena, &m->lookup_errors, p->path, why);
	}
	CommitOptions opt = {0};
	Err e = mods_commit(m, l.reqs, &l, &opt);
	if (failed(e))
		return e;
	mods_set_reqs(m, l.reqs);
	return OK;
}
