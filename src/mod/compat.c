// compat.c: whether an older release would load the same packages from what `go mod tidy` writes (-compat): releases before
// 1.17 read the whole graph of requirements where newer ones read a pruned one. What differs is said, and what to do about it.
#include "mod/pkgs.h"

#include <stdlib.h>

typedef struct Advice { bool upgrade, errors; } Advice;

static bool at_roots(const Reqs *r, const ModGraph *g)
{
	for (u32 i = 0; i < r->roots.n; i++)
		if (!mod_is_toolchain(r->roots.p[i].path) && !str_eq(graph_selected(g, r->roots.p[i].path), r->roots.p[i].version))
			return false;
	return true;
}

// One package that the older release would not load from where we did.
static void report(Mods *m, const Reqs *r, Reqs *old, ModPkg *p, Module *found, Err e, Str version, Advice *advice)
{
	Arena *a = m->arena;
	Str from = p->mod ? str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(p->mod->path), STR_ARG(p->mod->version)) : S("");
	if (failed(p->err)) {
		advice->upgrade = true;
		fprintf(stderr, "go: " STR_FMT " failed to load from any module,\n\tbut go " STR_FMT " would load it from " STR_FMT "@" STR_FMT "\n",
			STR_ARG(p->path), STR_ARG(version), STR_ARG(found->path), STR_ARG(found->version));
		return;
	}
	fprintf(stderr, "go: " STR_FMT " loaded from " STR_FMT ",\n\tbut go " STR_FMT " would ", STR_ARG(pkg_stack(a, p)), STR_ARG(from), STR_ARG(version));
	if (found) {
		advice->upgrade = true;
		fprintf(stderr, "select " STR_FMT "\n\n", STR_ARG(found->version));
		return;
	}
	advice->errors = true;
	advice->upgrade = advice->upgrade || !at_roots(r, old->graph);
	if (failed(e))
		fprintf(stderr, "fail to locate it:\n\t" STR_FMT "\n", STR_ARG(e.msg));
	else
		fprintf(stderr, "fail to locate it in " STR_FMT "@" STR_FMT "\n", STR_ARG(p->mod->path), STR_ARG(graph_selected(old->graph, p->mod->path)));
}

static Str previous(Arena *a, Str go) // the language version before
{
	Str lang = go_release_lang(go);
	return str_fmt(a, "1.%d", atoi(str_c(a, str_from(lang, 2))) - 1);
}

static void advise(Mods *m, const Reqs *r, Str version, Advice advice)
{
	Arena *a = m->arena;
	Str go = reqs_root(r, S("go"));
	Str go_flag = str_eq(go, m->main->file->go) ? S("") : str_cat(a, S(" -go="), go);
	Str compat = str_eq(version, previous(a, go)) ? S("") : str_cat(a, S(" -compat="), version);
	const char *e = advice.errors ? " -e" : "";
	fputc('\n', stderr);
	if (advice.upgrade)
		fprintf(stderr, "To upgrade to the versions selected by go " STR_FMT "%s:\n\tgo mod tidy%s -go=" STR_FMT " && go mod tidy%s -go=" STR_FMT STR_FMT "\n",
			STR_ARG(version), advice.errors ? ", leaving some packages unresolved" : "", e, STR_ARG(version), e, STR_ARG(go), STR_ARG(compat));
	else if (advice.errors)
		fprintf(stderr, "To proceed despite packages unresolved in go " STR_FMT ":\n\tgo mod tidy -e" STR_FMT STR_FMT "\n", STR_ARG(version), STR_ARG(go_flag),
			STR_ARG(compat));
	fprintf(stderr, "If reproducibility with go " STR_FMT " is not needed:\n\tgo mod tidy" STR_FMT " -compat=" STR_FMT "\n"
		"For information about 'go mod tidy' compatibility, see:\n\thttps://go.dev/ref/mod#graph-pruning\n", STR_ARG(version), STR_ARG(go_flag), STR_ARG(go));
}

bool mods_compatible(Mods *m, Reqs *r, PkgLoad *l, Str version, bool errors_allowed, Reqs **old)
{
	Str go = reqs_root(r, S("go"));
	*old = NULL;
	if (!version.n)
		version = go_version_cmp(go, S("1.21")) < 0 ? previous(m->arena, go) : go;
	if (go_version_cmp(version, go) > 0)
		version = go;
	if ((go_version_cmp(version, S("1.17")) >= 0) == r->pruned)
		return true;
	*old = reqs_new(m, r->roots.p, r->roots.n, !r->pruned, &r->direct);
	Advice advice = {0};
	bool same = true;
	if (failed(reqs_graph(m, *old)->err)) {
		fprintf(stderr, "go: error loading go " STR_FMT " module graph: " STR_FMT "\n", STR_ARG(version), STR_ARG((*old)->graph->err.msg));
		same = false;
	}
	for (u32 i = 0; i < l->pkgs.n && !failed((*old)->graph->err); i++) {
		ModPkg *p = l->pkgs.p[i];
		Err e;
		Str dir;
		if (p->test_of || p->std || (!p->mod && !failed(p->err)))
			continue;
		Module *found = mods_provider(m, *old, p->path, true, &dir, &e);
		if (found == p->mod || (found && p->mod && str_eq(found->path, p->mod->path) && str_eq(found->version, p->mod->version)))
			continue;
		same = false;
		report(m, r, *old, p, found, e, version, &advice);
	}
	if (!same && !errors_allowed)
		advise(m, r, version, advice);
	return same || errors_allowed;
}
