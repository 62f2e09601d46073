// mod_tidy.c: `go mod tidy`, `graph` and `why`: what the packages of the main module need, and through whom.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "mod/toolchain.h"
#include "load/facts.h"

#include <stdlib.h>

int modcmd_init(BuildCmd *c, ModUse use)
{
	c->mods.editing = use == MODCMD_EDIT;
	c->mods.loose = use == MODCMD_LOOSE;
	int status = buildcmd_init(c);
	if (status)
		return status;
	if (c->mods.mode == MODE_GOPATH)
		return cmd_error("modules disabled by GO111MODULE=off; see 'go help modules'");
	return 0;
}

ModGraph *modcmd_graph(BuildCmd *c)
{
	ModGraph *g = reqs_graph(&c->mods, c->mods.reqs);
	if (failed(g->err)) {
		cmd_error(STR_FMT, STR_ARG(g->err.msg));
		return NULL;
	}
	return g;
}

static int no_gomod(BuildCmd *c)
{
	return cmd_error(STR_FMT, STR_ARG(mods_no_gomod(c->arena, c->ctx.goroot, c->ctx.cwd)));
}

// Lines of want that have lacks, and the other way, as a unified diff of whole files would show them.
static void show_diff(Arena *a, Str name, Str have, Str want)
{
	typedef struct Lines { StrVec v; } Lines;
	Lines two[2] = {{{0}}, {{0}}};
	Str text[] = {have, want};
	for (u32 k = 0; k < 2; k++)
		while (text[k].n) {
			int nl = str_index(text[k], '\n');
			u32 n = nl >= 0 ? (u32)nl + 1 : text[k].n;
			vec_push(a, &two[k].v, str_sub(text[k], 0, nl >= 0 ? n - 1 : n));
			text[k] = str_from(text[k], n);
		}
	StrVec *p = &two[0].v, *q = &two[1].v;
	u32 same = 0, end = 0;
	while (same < p->n && same < q->n && str_eq(p->p[same], q->p[same]))
		same++;
	while (end < p->n - same && end < q->n - same && str_eq(p->p[p->n - 1 - end], q->p[q->n - 1 - end]))
		end++;
	u32 first = same > 3 ? same - 3 : 0, tail = MIN(end, 3);
	printf("diff current/" STR_FMT " tidy/" STR_FMT "\n--- current/" STR_FMT "\n+++ tidy/" STR_FMT "\n@@ -%u,%u +%u,%u @@\n", STR_ARG(name), STR_ARG(name),
		STR_ARG(name), STR_ARG(name), first + (p->n > 0), p->n - end + tail - first, first + (q->n > 0), q->n - end + tail - first);
	for (u32 i = first; i < same; i++)
		printf(" " STR_FMT "\n", STR_ARG(p->p[i]));
	for (u32 i = same; i < p->n - end; i++)
		printf("-" STR_FMT "\n", STR_ARG(p->p[i]));
	for (u32 i = same; i < q->n - end; i++)
		printf("+" STR_FMT "\n", STR_ARG(q->p[i]));
	for (u32 i = p->n - end; i < p->n - end + tail; i++)
		printf(" " STR_FMT "\n", STR_ARG(p->p[i]));
}

// What leads to a release of Go above the one that -go asks for.
static int too_low(Reqs *r, Str go, Arena *a)
{
	typedef struct Step { GraphNode *node; int from; } Step;
	VEC(Step) queue = {0};
	Str need = graph_selected(r->graph, S("go"));
	Map seen = {0};
	for (u32 i = 0; i < r->roots.n; i++) {
		GraphNode *n = strmap_get(&r->graph->nodes, str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(r->roots.p[i].path), STR_ARG(r->roots.p[i].version)));
		if (n && !mod_is_toolchain(n->v.path))
			vec_push(a, &queue, (Step){n, -1});
	}
	for (u32 i = 0; i < queue.n; i++) {
		GraphNode *n = queue.p[i].node;
		if (map_has(&seen, PKEY(n)))
			continue;
		map_put(a, &seen, PKEY(n), n);
		for (u32 k = 0; k < n->requires.n; k++) {
			ModVersion v = n->requires.p[k];
			if (str_is(v.path, "go") && str_eq(v.version, need)) {
				u32 first = i;
				while (queue.p[first].from >= 0)
					first = (u32)queue.p[first].from;
				ModVersion root = queue.p[first].node->v;
				return cmd_error(STR_FMT "@" STR_FMT " %srequires go@" STR_FMT ", but " STR_FMT " is requested", STR_ARG(root.path), STR_ARG(root.version),
					first == i ? "" : "indirectly ", STR_ARG(need), STR_ARG(go));
			}
			GraphNode *next = strmap_get(&r->graph->nodes, str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version)));
			if (next)
				vec_push(a, &queue, (Step){next, (int)i});
		}
	}
	return cmd_error("go@" STR_FMT " is needed, but " STR_FMT " is requested", STR_ARG(need), STR_ARG(go));
}

int mod_tidy_main(BuildCmd *c, int argc, char **argv)
{
	bool errors = false, diff = false;
	Str go = {0}, compat = {0}, reuse = {0};
	const Flag own[] = {{"e", FLAG_BOOL, &errors}, {"diff", FLAG_BOOL, &diff}, {"go", FLAG_STRING, &go}, {"compat", FLAG_STRING, &compat},
		{"reuse", FLAG_STRING, &reuse}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("mod tidy"), argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (at < argc)
		return cmd_error("'go mod tidy' accepts no arguments");
	if (go.n && !go_version_ok(go)) {
		fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -go: expecting a Go version like \"" STR_FMT "\"\n", STR_ARG(go),
			STR_ARG(toolchain_local()));
		return 2;
	}
	if (compat.n && !go_version_ok(compat)) {
		fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -compat: expecting a Go version like \"" STR_FMT "\"\n", STR_ARG(compat),
			STR_ARG(toolchain_local()));
		return 2;
	}
	int status = modcmd_init(c, MODCMD_EDIT);
	if (status)
		return status;
	Mods *m = &c->mods;
	if (!m->main)
		return no_gomod(c);
	if (go.n && go_version_cmp(go, toolchain_local()) > 0)
		return toolchain_fail(m->fetch, toolchain_too_new(m->fetch, S("-go flag"), go));
	if (go.n || !m->main->go.n) {
		m->main->go = go.n ? go : toolchain_local();
		m->main->lang = mods_lang(c->arena, m->main->go);
		bool pruned = go_version_cmp(m->main->go, S("1.17")) >= 0;
		if (pruned != m->reqs->pruned && !modcmd_graph(c))
			return 1;
		mods_set_reqs(m, reqs_with_go(m, reqs_convert(m, m->reqs, pruned), m->main->go));
	}
	PkgLoad l = {.m = m, .reqs = m->reqs, .all = true, .tests = true, .resolve = true, .tidy = true};
	StrVec roots = {0};
	m->quiet_links = true;
	pkgs_main(m, &roots);
	for (u32 i = 0; i < m->main->file->tool.n; i++)
		vec_push(c->arena, &roots, m->main->file->tool.p[i]);
	pkgs_load(&l, &roots);
	facts_save(c->ctx.facts);
	if (failed(reqs_graph(m, l.reqs)->err))
		return toolchain_fail(m->fetch, l.reqs->graph->err);
	Str why = S("");
	for (u32 i = 0; i < l.pkgs.n; i++)
		if (l.pkgs.p[i]->err.errnum == MOD_TOO_NEW && !why.n)
			toolchain_switch(m->fetch, &why);
	bool bad = pkgs_report(&l, errors);
	if (why.n)
		return cmd_error(STR_FMT, STR_ARG(why));
	if (bad)
		return 1;
	for (u32 i = 0; c->verbose && i < m->reqs->roots.n; i++)
		if (!reqs_root(l.reqs, m->reqs->roots.p[i].path).n && !graph_selected(l.reqs->graph, m->reqs->roots.p[i].path).n)
			fprintf(stderr, "unused " STR_FMT "\n", STR_ARG(m->reqs->roots.p[i].path));
	if (go.n && go_version_cmp(reqs_root(l.reqs, S("go")), go) > 0)
		return too_low(l.reqs, go, c->arena);
	CommitOptions opt = {.tidy = true, .update_go = true};
	if (!mods_compatible(m, l.reqs, &l, compat, errors, &opt.compat))
		return 1;
	if (diff) {
		Str texts[] = {mods_new_gomod(m, l.reqs, &opt), mods_tidy_gosum(m, l.reqs, &l, opt.compat)}, files[] = {m->gomod, m->fetch->sums->file}, old;
		int differ = 0;
		for (u32 i = 0; i < LENGTH(texts); i++) {
			if (failed(file_map(c->arena, files[i], &old)))
				old = S("");
			if (str_eq(texts[i], old))
				continue;
			show_diff(c->arena, i ? S("go.sum") : S("go.mod"), old, texts[i]);
			differ = 1;
		}
		return differ;
	}
	Err e = mods_commit(m, l.reqs, &l, &opt);
	return failed(e) ? cmd_error(STR_FMT, STR_ARG(e.msg)) : 0;
}

// ---- graph --------------------------------------------------------------------------------------

static void print_edge(Buf *b, ModVersion from, ModVersion to)
{
	buf_str(b, from.path);
	if (from.version.n) {
		buf_u8(b, '@');
		buf_str(b, from.version);
	}
	buf_u8(b, ' ');
	buf_str(b, to.path);
	buf_u8(b, '@');
	buf_str(b, to.version);
	buf_u8(b, '\n');
}

int mod_graph_main(BuildCmd *c, int argc, char **argv)
{
	Str go = {0};
	const Flag own[] = {{"go", FLAG_STRING, &go}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("mod graph"), argc, argv, (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (at < argc)
		return cmd_error("'go mod graph' accepts no arguments");
	int status = modcmd_init(c, MODCMD_LOOSE);
	if (status)
		return status;
	Mods *m = &c->mods;
	if (!m->main)
		return no_gomod(c);
	if (go.n && go_version_cmp(go, toolchain_local()) > 0)
		return toolchain_fail(m->fetch, toolchain_too_new(m->fetch, S("-go flag"), go));
	if (go.n)
		m->reqs->pruned = go_version_cmp(go, S("1.17")) >= 0;
	m->reqs->graph = NULL;
	ModGraph *g = modcmd_graph(c);
	if (!g)
		return 1;
	Err e = OK;
	Reqs *r = m->work || go.n ? m->reqs : reqs_settle(m, m->reqs, &e); // as -mod=mod would write them
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	g = reqs_graph(m, r);
	Buf out = {0};
	for (u32 k = 0; k < m->mains.n; k++) {
		Module *x = m->mains.p[k];
		const ModFile *f = x->file;
		ModVersionVec list = {0};
		for (u32 i = 0; m->work && i < f->require.n; i++)
			vec_push(c->arena, &list, (ModVersion){f->require.p[i].path, f->require.p[i].version});
		for (u32 i = 0; !m->work && i < r->roots.n; i++)
			vec_push(c->arena, &list, r->roots.p[i]);
		if (list.n)
			qsort(list.p, list.n, sizeof *list.p, mod_cmp);
		for (u32 i = 0; i < list.n; i++)
			print_edge(&out, (ModVersion){x->path, S("")}, list.p[i]);
	}
	for (u32 i = 0; i < g->order.n; i++) {
		GraphNode *n = g->order.p[i];
		for (u32 k = 0; k < n->requires.n; k++)
			print_edge(&out, n->v, n->requires.p[k]);
	}
	fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return 0;
}

// ---- why ----------------------------------------------------------------------------------------

// The shortest chain of imports to p, a package a line.
static void print_why(Arena *a, PkgLoad *l, ModPkg *p)
{
	StrVec chain = {0};
	for (ModPkg *q = p; q; q = q->from) {
		if (q->test_of) {
			vec_push(a, &chain, str_cat(a, q->path, S(".test")));
			vec_push(a, &chain, q->path);
			q = q->from;
			if (!q || !q->from)
				break;
			continue;
		}
		vec_push(a, &chain, q->path);
	}
	for (u32 i = chain.n; i-- > 0;)
		printf(STR_FMT "\n", STR_ARG(chain.p[i]));
}

int mod_why_main(BuildCmd *c, int argc, char **argv)
{
	bool modules = false, vendor = false;
	const Flag own[] = {{"m", FLAG_BOOL, &modules}, {"vendor", FLAG_BOOL, &vendor}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("mod why"), argc, argv, (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	int status = modcmd_init(c, MODCMD_LOOSE);
	if (status)
		return status;
	Mods *m = &c->mods;
	if (!m->main)
		return no_gomod(c);
	PkgLoad l = {.m = m, .reqs = m->reqs, .all = true, .tests = !vendor};
	StrVec roots = {0};
	pkgs_main(m, &roots);
	pkgs_load(&l, &roots);
	for (int i = at; i < argc; i++) {
		Str arg = str(argv[i]);
		if (modules && str_index(arg, '@') >= 0)
			return cmd_error("mod why: module query not allowed");
		ModPkg *found = NULL;
		for (u32 k = 0; k < l.pkgs.n && !found; k++) {
			ModPkg *p = l.pkgs.p[k];
			if (p->test_of)
				continue;
			if (modules ? p->mod && str_eq(p->mod->path, arg) && !p->mod->main : str_eq(p->path, arg))
				found = p;
		}
		if (i > at)
			putchar('\n');
		printf("# " STR_FMT "\n", STR_ARG(arg));
		if (found)
			print_why(c->arena, &l, found);
		else
			printf("(main module does not need%s " STR_FMT ")\n", modules ? " module" : vendor ? " to vendor package" : " package", STR_ARG(arg));
	}
	return 0;
}
