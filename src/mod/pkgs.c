// pkgs.c: see pkgs.h. Facts: cmd/go/internal/modload/load.go.
#include "mod/pkgs.h"
#include "load/facts.h"
#include "mod/fetch.h"
#include "mod/query.h"

#include <stdlib.h>

static ModPkg *get(PkgLoad *l, Str path, ModPkg *from)
{
	ModPkg *p = strmap_get(&l->by_path, path);
	if (p)
		return p;
	p = NEW(l->m->arena, ModPkg);
	*p = (ModPkg){.path = path, .from = from, .dir = S("")};
	strmap_put(l->m->arena, &l->by_path, path, p);
	vec_push(l->m->arena, &l->pkgs, p);
	return p;
}

// A file is left out if its constraint asks for "ignore": every other tag may be set by someone.
bool pkgs_ignored_file(const struct FileFacts *f)
{
	Str c = f->constraint;
	for (u32 i = 1; i + 6 <= c.n; i++) {
		bool word = !memcmp(c.p + i, "ignore", 6) && (i + 6 == c.n || strchr(" )&|\t\n,", c.p[i + 6])) && strchr(" (&|\tgp\n,", c.p[i - 1]);
		if (word && (i == 1 || c.p[i - 1] != '!'))
			return true;
	}
	return false;
}

static bool looks_standard(PkgLoad *l, Str path)
{
	int slash = str_index(path, '/');
	Str first = slash >= 0 ? str_sub(path, 0, (u32)slash) : path;
	return str_index(first, '.') < 0 && (str_is(path, "unsafe") || load_is_std(l->m->ctx, path));
}

static void find(PkgLoad *l, ModPkg *p)
{
	Mods *m = l->m;
	if (looks_standard(l, p->path)) {
		p->std = true;
		return;
	}
	if (p->path.n && (p->path.p[0] == '.' || p->path.p[0] == '/')) {
		p->err = err_fmt(m->arena, "relative import not supported");
		return;
	}
	if (m->vendor) {
		Str full = p->path, why = S("");
		p->dir = mods_find(m, p->path, NULL, &full, &why);
		p->mod = p->dir.n ? mods_of_package(m, p->path) : NULL;
		p->err = why.n ? (Err){why, MOD_MISSING} : OK;
		return;
	}
	p->mod = mods_provider(m, l->reqs, p->path, true, &p->dir, &p->err);
	if (p->mod && !failed(p->err))
		return;
	p->mod = NULL;
	if (failed(p->err)) {
		if (p->err.errnum == MOD_NO_SUM)
			p->err.msg = str_cat(m->arena, p->err.msg, p->path);
		return;
	}
	p->err = (Err){str_index(p->path, '.') < 0 ? str_fmt(m->arena, "package " STR_FMT " is not in std (" STR_FMT "/src/" STR_FMT ")", STR_ARG(p->path),
		STR_ARG(m->ctx->goroot), STR_ARG(p->path)) : S("cannot find package"), MOD_MISSING};
}

static void scan(PkgLoad *l, ModPkg *p, bool tests, ModPkg *into)
{
	Mods *m = l->m;
	Err e;
	const FileFacts *dir = p->dir.n ? facts_get(m->ctx->facts, p->dir, &e) : NULL;
	for (u32 i = 0; dir && i < dir->nnames; i++) {
		Str n = dir->names[i];
		if (!str_has_suffix(n, ".go") || n.p[0] == '_' || n.p[0] == '.' || str_has_suffix(n, "_test.go") != tests)
			continue;
		if (l->host_only && !match_file_name(m->ctx, n, NULL))
			continue;
		Str bad = S("");
		const FileFacts *f = facts_get(m->ctx->facts, path_join(m->arena, p->dir, n), &e);
		if (!f || f->is_dir || (l->host_only ? !match_constraint(m->ctx, f->constraint, &bad) : pkgs_ignored_file(f)))
			continue;
		Str why = S("");
		if (l->host_only && !match_constraint(m->ctx, f->constraint, &why))
			continue;
		for (u32 k = 0; k < f->nimports; k++) {
			Str path = f->imports[k].path;
			if (str_eq(path, p->path) && tests)
				continue;
			ModPkg *d = get(l, path, into);
			bool have = false;
			for (u32 j = 0; j < into->imports.n; j++)
				have = have || into->imports.p[j] == d;
			if (!have)
				vec_push(m->arena, &into->imports, d);
		}
	}
}

static int by_pkg(const void *x, const void *y) { return str_cmp((*(ModPkg *const *)x)->path, (*(ModPkg *const *)y)->path); }

static void visit(PkgLoad *l, ModPkg *p, bool closes_over_tests)
{
	if (!p->scanned) {
		p->scanned = true;
		if (!p->test_of) {
			find(l, p);
			if (p->mod && l->allow && !l->allow(l->allow_ctx, p)) {
				p->err = (Err){S("version change needed"), MOD_VERSION_CHANGE};
			} else if (p->mod) {
				u32 before = l->pkgs.n;
				scan(l, p, false, p);
				if (l->pkgs.n > before)
					qsort(l->pkgs.p + before, l->pkgs.n - before, sizeof *l->pkgs.p, by_pkg);
				if (p->imports.n)
					qsort(p->imports.p, p->imports.n, sizeof *p->imports.p, by_pkg);
			}
		}
	}
	bool main = p->mod && p->mod->main;
	bool want = !p->test_of && p->mod && !p->test && ((main && l->all && p->root) || (l->tests && p->root) || (l->tests && l->all && p->in_all) ||
		(closes_over_tests && l->all && p->in_all));
	if (want) {
		ModPkg *t = p->test = NEW(l->m->arena, ModPkg);
		*t = (ModPkg){.path = p->path, .test_of = p, .mod = p->mod, .dir = p->dir, .scanned = true, .from = p};
		t->in_all = p->in_all && (main || closes_over_tests);
		vec_push(l->m->arena, &l->pkgs, t);
		scan(l, p, true, t);
		if (t->imports.n)
			qsort(t->imports.p, t->imports.n, sizeof *t->imports.p, by_pkg);
	}
}

// Marks what "all" contains; true if that grew.
static bool spread(PkgLoad *l)
{
	bool grew = false;
	for (u32 i = 0; i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		for (u32 k = 0; p->in_all && k < p->imports.n; k++)
			if (!p->imports.p[k]->in_all) {
				p->imports.p[k]->in_all = true;
				grew = true;
			}
	}
	return grew;
}

static bool is_tool(Mods *m, Str path)
{
	for (u32 i = 0; i < m->mains.n; i++)
		for (u32 k = 0; k < m->mains.p[i]->file->tool.n; k++)
			if (str_eq(m->mains.p[i]->file->tool.p[k], path))
				return true;
	return false;
}

// Called before a module is downloaded: with it come those that may have the other packages that are to be looked for.
static void ask_ahead(void *ctx, const char *ext)
{
	PkgLoad *l = ctx;
	Mods *m = l->m;
	ModVersionVec v = {0};
	StrMap seen = {0};
	if (l->visited < l->asked || strcmp(ext, "zip") != 0)
		return;
	for (u32 i = l->visited; i < l->pkgs.n; i++) {
		Str path = l->pkgs.p[i]->path;
		for (Str prefix = l->pkgs.p[i]->test_of || str_index(path, '.') < 0 ? S("") : path; prefix.n; prefix = path_parent(prefix)) {
			Str at = reqs_root(l->reqs, prefix), base;
			if (!at.n && l->reqs->graph)
				at = graph_selected(l->reqs->graph, prefix);
			if (!at.n || strmap_has(&seen, prefix) || mods_is_main(m, prefix) || mods_replacement(m, prefix, at, &base))
				continue;
			strmap_put(m->arena, &seen, prefix, l);
			if (!fetch_have_dir(m->fetch, prefix, at) && (!m->readonly || !m->fetch->sums->file.n || sums_have(m->fetch->sums, prefix, at, false)))
				vec_push(m->arena, &v, (ModVersion){prefix, at});
		}
	}
	l->asked = l->pkgs.n;
	fetch_ahead(m->fetch, v.p, v.n, "zip");
}

static void load_once(PkgLoad *l, const StrVec *roots)
{
	Mods *m = l->m;
	l->asked = 0;
	FetchHook outer = m->fetch->ahead;
	m->fetch->ahead = (FetchHook){ask_ahead, l};
	l->pkgs.n = 0;
	l->by_path = (StrMap){0};
	bool closes = !l->vendor_all && m->main && m->main->go.n && go_version_cmp(m->main->go, S("1.16")) < 0;
	for (u32 i = 0; i < roots->n; i++)
		get(l, roots->p[i], NULL)->root = true;
	u32 done = 0;
	do {
		for (; done < l->pkgs.n; done++) {
			ModPkg *p = l->pkgs.p[done];
			l->visited = done;
			visit(l, p, closes);
			if (p->root && ((p->mod && p->mod->main) || l->roots_imported || (l->all && is_tool(m, p->path)))) {
				p->in_all = true;
				if (p->test && p->mod->main)
					p->test->in_all = true;
			}
		}
		bool grew = false;
		while (spread(l))
			grew = true;
		for (u32 i = 0; grew && i < done; i++)
			visit(l, l->pkgs.p[i], closes);
	} while (done < l->pkgs.n);
	m->fetch->ahead = outer;
}

static bool resolve_missing(PkgLoad *l, StrMap *tried)
{
	Mods *m = l->m;
	ModVersionVec add = {0};
	for (u32 i = 0; i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		if (p->err.errnum != MOD_MISSING)
			continue;
		Err *had = strmap_get(tried, p->path);
		if (had) {
			p->err = *had;
			continue;
		}
		if (str_index(p->path, '.') < 0) { // only a replacement can have it
			bool replaced = false;
			for (u32 k = 0; m->main && k < m->main->file->replace.n; k++)
				replaced = replaced || path_has_prefix(p->path, m->main->file->replace.p[k].path);
			if (!replaced)
				continue;
		}
		fprintf(stderr, "go: finding module for package " STR_FMT "\n", STR_ARG(p->path));
		ModVersion v;
		Err e = query_package(m, p->path, S("latest"), &v);
		had = NEW(m->arena, Err);
		strmap_put(m->arena, tried, p->path, had);
		if (e.errnum == MOD_TOO_NEW) {
			p->err = *had = e;
			continue;
		}
		if (failed(e)) {
			*had = e.errnum == QUERY_NO_PACKAGE || !e.errnum ? (Err){e.msg, 0}
				: (Err){str_fmt(m->arena, "cannot find module providing package " STR_FMT ": " STR_FMT, STR_ARG(p->path), STR_ARG(e.msg)), 0};
			p->err = *had;
			continue;
		}
		if (reqs_graph(m, l->reqs) && mod_version_cmp(v.path, graph_selected(l->reqs->graph, v.path), v.version) >= 0) {
			*had = (Err){str_fmt(m->arena, "package " STR_FMT " provided by " STR_FMT " at latest version " STR_FMT " but not at required version " STR_FMT,
				STR_ARG(p->path), STR_ARG(v.path), STR_ARG(v.version), STR_ARG(graph_selected(l->reqs->graph, v.path))), 0};
			p->err = *had;
			continue;
		}
		*had = p->err;
		fprintf(stderr, "go: found " STR_FMT " in " STR_FMT " " STR_FMT "\n", STR_ARG(p->path), STR_ARG(v.path), STR_ARG(v.version));
		vec_push(m->arena, &add, v);
	}
	if (!add.n)
		return false;
	l->reqs = reqs_update(m, l->reqs, &l->pkgs, add.p, add.n);
	return true;
}

static bool same_roots(const Reqs *p, const Reqs *q)
{
	if (p->roots.n != q->roots.n)
		return false;
	for (u32 i = 0; i < p->roots.n; i++)
		if (!str_eq(p->roots.p[i].path, q->roots.p[i].path) || !str_eq(p->roots.p[i].version, q->roots.p[i].version))
			return false;
	return true;
}

void pkgs_load(PkgLoad *l, const StrVec *roots)
{
	Mods *m = l->m;
	StrMap tried = {0};
	for (u32 round = 0; round < 100; round++) {
		load_once(l, roots);
		if ((l->resolve || l->update) && failed(reqs_graph(m, l->reqs)->err))
			return; // the caller reports it
		Reqs *before = l->reqs;
		if (l->resolve || l->tidy || l->update)
			l->reqs = reqs_update(m, l->reqs, &l->pkgs, NULL, 0);
		if (!same_roots(before, l->reqs)) // which may bring in what is missing now
			continue;
		if (l->resolve && resolve_missing(l, &tried))
			continue;
		if (l->tidy) {
			Reqs *tidy = reqs_tidy(m, l->reqs, &l->pkgs);
			bool same = same_roots(tidy, l->reqs);
			l->reqs = tidy;
			l->tidy = false; // once more, with what is left
			if (!same)
				continue;
		}
		return;
	}
	mod_fatal("go: requirements do not settle: each change of them asks for another");
}

void pkgs_main(Mods *m, StrVec *out)
{
	for (u32 i = 0; i < m->mains.n; i++)
		mods_match_main(m, m->mains.p[i], out);
}

Str pkg_stack(Arena *a, ModPkg *p)
{
	Str s = p->path;
	ModPkg *q = p->from;
	if (p->test_of)
		s = str_fmt(a, STR_FMT " tested by\n\t" STR_FMT ".test", STR_ARG(p->path), STR_ARG(p->path));
	for (; q; q = q->from) {
		if (q->test_of) {
			s = str_fmt(a, STR_FMT " tested by\n\t" STR_FMT ".test imports\n\t" STR_FMT, STR_ARG(q->path), STR_ARG(q->path), STR_ARG(s));
			q = q->from;
			if (!q)
				break;
		} else {
			s = str_fmt(a, STR_FMT " imports\n\t" STR_FMT, STR_ARG(q->path), STR_ARG(s));
		}
	}
	return s;
}

bool pkgs_report(PkgLoad *l, bool warn_only)
{
	Arena *a = l->m->arena;
	bool any = false;
	for (u32 i = 0; i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		if (!failed(p->err) || p->test_of || (p->err.errnum == MOD_MISSING && str_has_prefix(p->err.msg, "package ")))
			continue; // missing from the library: maybe another release has it
		Str why = p->err.msg;
		if (p->err.errnum == MOD_MISSING && str_is(why, "cannot find package"))
			why = mods_missing_why(l->m, p->path);
		if (!l->quiet)
			fprintf(stderr, "go: " STR_FMT ": " STR_FMT "\n", STR_ARG(pkg_stack(a, p)), STR_ARG(why));
		any = true;
	}
	return any && !warn_only;
}
