// work_sync.c: `go work sync`: the versions that the workspace selects go into the go.mod files of its modules, for what their
// packages need. Facts: cmd/go/internal/workcmd/sync.go.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "load/facts.h"
#include "mod/toolchain.h"

#include <stdlib.h>

// The modules that one main module's packages and tests, and what those import, are from.
static void needed_by(Mods *m, Module *x, ModVersionVec *out)
{
	PkgLoad l = {.m = m, .reqs = m->reqs, .all = true, .tests = true, .quiet = true};
	StrVec roots = {0};
	StrMap seen = {0};
	mods_match_main(m, x, &roots);
	pkgs_load(&l, &roots);
	for (u32 i = 0; i < l.pkgs.n; i++) {
		Module *d = l.pkgs.p[i]->mod;
		if (!d || d->main || !l.pkgs.p[i]->in_all || strmap_has(&seen, d->path))
			continue;
		strmap_put(m->arena, &seen, d->path, d);
		vec_push(m->arena, out, (ModVersion){d->path, d->version});
	}
	if (out->n)
		qsort(out->p, out->n, sizeof *out->p, mod_cmp);
}

// Raises one module's requirements. *go: of its go line afterwards.
static Err sync_module(Mods *work, Module *x, const ModVersionVec *wish, Str *go)
{
	Arena *a = work->arena;
	BuildContext *ctx = NEW(a, BuildContext);
	Mods *m = NEW(a, Mods);
	ModVersionVec none = {0};
	ConflictVec conflicts = {0};
	*ctx = *work->ctx;
	ctx->cwd = x->dir;
	m->editing = true;
	Err e = mods_init(m, ctx, S(""), S(""));
	if (failed(e))
		return e;
	Reqs *before = m->reqs, *r = reqs_edit(m, m->reqs, wish, &none, &conflicts, &e);
	if (!r)
		return failed(e) ? e : err_fmt(a, STR_FMT ": its requirements conflict with those of the workspace", STR_ARG(x->path));
	*go = reqs_root(r, S("go"));
	bool same = r->roots.n == before->roots.n;
	for (u32 i = 0; same && i < r->roots.n; i++)
		same = str_eq(r->roots.p[i].path, before->roots.p[i].path) && str_eq(r->roots.p[i].version, before->roots.p[i].version);
	if (same)
		return OK;
	mods_set_reqs(m, r);
	PkgLoad l = {.m = m, .reqs = r, .all = true, .tests = true, .tidy = true, .quiet = true};
	StrVec roots = {0};
	pkgs_main(m, &roots);
	pkgs_load(&l, &roots);
	*go = reqs_root(l.reqs, S("go"));
	return mods_commit(m, l.reqs, &l, &(CommitOptions){.tidy = true});
}

int work_sync_main(BuildCmd *c, int argc, char **argv)
{
	int at = flags_parse(c->arena, help_usage("work sync"), argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL}), status;
	if (!at)
		return 2;
	c->mods.work_command = true;
	if ((status = modcmd_init(c, MODCMD_LOOSE)))
		return status;
	Mods *m = &c->mods;
	if (!m->work)
		return cmd_error("no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)");
	if (!m->main)
		return 0;
	if (failed(reqs_graph(m, m->reqs)->err))
		return toolchain_fail(m->fetch, m->reqs->graph->err);
	mods_set_reqs(m, m->reqs);
	ModVersionVec *needs = NEWN(c->arena, ModVersionVec, m->mains.n);
	Str highest = m->work->go.n ? m->work->go : S("1.18"), go = S(""), text;
	for (u32 i = 0; i < m->mains.n; i++)
		needed_by(m, m->mains.p[i], &needs[i]);
	for (u32 i = 0; i < m->mains.n; i++) {
		Err e = sync_module(m, m->mains.p[i], &needs[i], &go);
		if (failed(e))
			return toolchain_fail(m->fetch, e);
		if (go_version_cmp(go, highest) > 0)
			highest = go;
	}
	facts_save(c->ctx.facts);
	if (go_version_cmp(highest, m->work->go.n ? m->work->go : S("1.18")) > 0 && !failed(file_map(c->arena, m->gowork, &text))) {
		ModEdit e;
		modedit_parse(&e, c->arena, text);
		modedit_set_single(&e, "go", highest);
		Str out = modedit_print(&e);
		Err err = file_write(c->arena, m->gowork, out.p, out.n, 0666);
		if (failed(err))
			return cmd_error(STR_FMT, STR_ARG(err.msg));
	}
	Err e = sums_write(m->fetch->sums, NULL, NULL, false);
	return failed(e) ? cmd_error(STR_FMT, STR_ARG(e.msg)) : 0;
}
