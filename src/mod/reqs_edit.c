// reqs_edit.c: requirements changed so that certain versions are selected: `go get`. A version that is asked for is a ceiling for
// its path: whatever leads above it is spoiled, and roots that are spoiled go down, one version at a time, until none is.
// Facts: cmd/go/internal/modload/edit.go.
#include "mod/query.h"
#include "mod/reqs.h"

#include <stdlib.h>

// A version may be harmless where its requirements are pruned away, and spoiled where they are followed.
typedef struct State {
	ModVersion v, dep[2];   // dep: the next step to what is wrong, or v itself
	bool spoiled[2];        // [true]: where it is reached with pruning
	bool root, full;        // root of the extended graph; full: its own go.mod follows requirements
	Err err;
} State;

typedef struct Edit {
	Mods *m;
	Reqs *before;
	bool pruned;
	StrVec paths;           // of want, in the order they came
	StrMap want, must;      // path -> Str *
	StrMap rejected;        // "path@version": was tried as a root in vain
	ModGraph *graph;
	StrMap states;          // "path@version" -> State *
	VEC(State *) all;
} Edit;

static Str key_of(Edit *x, ModVersion v) { return str_fmt(x->m->arena, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version)); }

static Str get(const StrMap *m, Str path)
{
	Str *v = strmap_get(m, path);
	return v ? *v : S("");
}

static void set_want(Edit *x, Str path, Str version)
{
	Str *v = strmap_get(&x->want, path);
	if (!v) {
		v = NEW(x->m->arena, Str);
		strmap_put(x->m->arena, &x->want, path, v);
		vec_push(x->m->arena, &x->paths, path);
	}
	*v = version;
}

static Str selected(const ModGraph *g, Str path)
{
	Str v = graph_selected(g, path);
	return v.n ? v : S("none");
}

static bool too_high(Edit *x, ModVersion v)
{
	Str limit = get(&x->must, v.path);
	return limit.n && mod_version_cmp(v.path, v.version, limit) > 0;
}

// ---- what is spoiled ------------------------------------------------------------------------------

static State *state_of(Edit *x, ModVersion v)
{
	Str key = key_of(x, v);
	State *s = strmap_get(&x->states, key);
	if (!s) {
		s = NEW(x->m->arena, State);
		s->v = v;
		strmap_put(x->m->arena, &x->states, key, s);
		vec_push(x->m->arena, &x->all, s);
	}
	return s;
}

static bool spoil(State *s, bool pruned, ModVersion dep)
{
	if (s->spoiled[pruned])
		return false;
	s->spoiled[pruned] = true;
	s->dep[pruned] = dep;
	if (pruned && !s->spoiled[false])
		spoil(s, false, dep);
	if (!pruned && s->root && s->full) // wherever it is required it is a root, and followed
		spoil(s, true, dep);
	return true;
}

static bool spoil_by_requirements(Edit *x, State *s, const GraphNode *n)
{
	bool changed = false;
	for (u32 i = 0; i < n->requires.n; i++)
		if (too_high(x, n->requires.p[i]))
			return spoil(s, true, n->requires.p[i]);
	for (u32 i = 0; i < n->requires.n; i++) {
		State *d = state_of(x, n->requires.p[i]);
		if (d->root && d->spoiled[x->pruned && !d->full])
			changed = spoil(s, true, d->v) || changed;
		if (d->spoiled[false])
			changed = spoil(s, false, d->v) || changed;
	}
	return changed;
}

static void find_spoiled(Edit *x, const ModVersionVec *roots, const ModVersionVec *raised)
{
	const ModVersionVec *both[] = {roots, raised};
	x->states = (StrMap){0};
	x->all.n = 0;
	for (u32 k = 0; k < 2; k++)
		for (u32 i = 0; i < both[k]->n; i++) {
			State *s = state_of(x, both[k]->p[i]);
			Err e;
			const ModFile *f = mods_summary(x->m, s->v.path, s->v.version, &e);
			s->root = true;
			s->full = !x->pruned || (f && !mod_is_toolchain(s->v.path) && go_version_cmp(f->go, S("1.17")) < 0);
		}
	for (u32 i = 0; i < x->graph->order.n; i++) {
		state_of(x, x->graph->order.p[i]->v);
		for (u32 k = 0; k < x->graph->order.p[i]->requires.n; k++)
			state_of(x, x->graph->order.p[i]->requires.p[k]);
	}
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 0; i < x->all.n; i++) {
			State *s = x->all.p[i];
			Str key = key_of(x, s->v);
			Err *e = strmap_get(&x->graph->errors, key);
			GraphNode *n = strmap_get(&x->graph->nodes, key);
			if (mods_is_main(x->m, s->v.path) || (s->spoiled[true] && s->spoiled[false]))
				continue;
			if (too_high(x, s->v)) {
				changed = spoil(s, true, s->v) || changed;
			} else if (e) {
				s->err = *e;
				changed = spoil(s, true, s->v) || changed;
			} else if (n) {
				changed = spoil_by_requirements(x, s, n) || changed;
			}
		}
	}
}

static bool is_spoiled(Edit *x, ModVersion v, bool pruned)
{
	State *s = strmap_get(&x->states, key_of(x, v));
	return s && s->spoiled[pruned];
}

// The way from a root to what is wrong. False: nothing is.
static bool conflict_of(Edit *x, ModVersion v, Conflict *c)
{
	*c = (Conflict){.limit = {S(""), S("")}};
	State *s = strmap_get(&x->states, key_of(x, v));
	bool pruned = x->pruned && s && !s->full;
	for (u32 steps = 0; s && steps < 10000; steps++) {
		if (s->root && s->full)
			pruned = false;
		if (!s->spoiled[pruned])
			break;
		vec_push(x->m->arena, &c->path, s->v);
		ModVersion next = s->dep[pruned];
		if (failed(s->err) || (str_eq(next.path, s->v.path) && str_eq(next.version, s->v.version))) {
			c->err = s->err;
			break;
		}
		if (too_high(x, next)) {
			vec_push(x->m->arena, &c->path, next);
			break;
		}
		s = strmap_get(&x->states, key_of(x, next));
	}
	if (c->path.n && !failed(c->err))
		c->limit = (ModVersion){vec_last(&c->path).path, get(&x->must, vec_last(&c->path).path)};
	return c->path.n > 0;
}

// ---- rounds -----------------------------------------------------------------------------------------

static Err previous_version(Edit *x, ModVersion v, Str *out)
{
	StrVec all = {0};
	*out = S("none");
	Err e = query_list(x->m, v.path, false, &all);
	for (u32 i = 0; i < all.n; i++)
		if (mod_version_cmp(v.path, all.p[i], v.version) < 0)
			*out = all.p[i];
	return e;
}

// The next lower version of a spoiled root that is not known to be spoiled too; "none" in the end.
static Err lower(Edit *x, ModVersion v)
{
	Mods *m = x->m;
	Str was = selected(reqs_graph(m, x->before), v.path);
	strmap_put(m->arena, &x->rejected, key_of(x, v), x);
	ModVersion prev = v;
	for (;;) {
		Str next;
		Err e = previous_version(x, prev, &next);
		bool passed = mod_version_cmp(v.path, v.version, was) > 0 && (failed(e) || mod_version_cmp(v.path, next, was) < 0) &&
			mod_version_cmp(v.path, prev.version, was) > 0;
		if (passed)
			next = was; // what there was need not be on any list
		else if (failed(e))
			return e;
		prev.version = next;
		if (strmap_has(&x->rejected, key_of(x, prev)) && !str_is(next, "none"))
			continue;
		Err none;
		const ModFile *f = mods_summary(m, v.path, v.version, &none);
		bool pruned = x->pruned && (!f || mod_is_toolchain(v.path) || go_version_cmp(f->go, S("1.17")) >= 0);
		if (!is_spoiled(x, prev, pruned))
			break;
		strmap_put(m->arena, &x->rejected, key_of(x, prev), x);
	}
	set_want(x, v.path, prev.version);
	return OK;
}

// The graph of the wanted roots, and of the versions that are selected in place of some of them.
static void extend(Edit *x, const ModVersionVec *roots, ModVersionVec *raised)
{
	ModVersionVec all = {0};
	for (u32 i = 0; i < roots->n; i++)
		vec_push(x->m->arena, &all, roots->p[i]);
	for (;;) {
		x->graph = graph_read(x->m, all.p, all.n, x->pruned);
		u32 before = all.n;
		for (u32 i = 0; x->pruned && i < x->paths.n; i++) {
			ModVersion v = {x->paths.p[i], graph_selected(x->graph, x->paths.p[i])};
			Str key = key_of(x, v);
			if (!v.version.n || str_is(v.version, "none") || strmap_has(&x->graph->nodes, key) || strmap_has(&x->graph->errors, key))
				continue;
			vec_push(x->m->arena, &all, v);
			vec_push(x->m->arena, raised, v);
		}
		if (all.n == before)
			return;
	}
}

// One round. True if the roots have changed.
static bool settle(Edit *x, ModVersionVec *roots, ConflictVec *conflicts, Err *e)
{
	Mods *m = x->m;
	ModVersionVec raised = {0};
	bool changed = false;
	roots->n = 0;
	for (u32 i = 0; i < x->paths.n; i++)
		if (!str_is(get(&x->want, x->paths.p[i]), "none"))
			vec_push(m->arena, roots, (ModVersion){x->paths.p[i], get(&x->want, x->paths.p[i])});
	qsort(roots->p, roots->n, sizeof *roots->p, mod_cmp);
	extend(x, roots, &raised);
	if (x->graph->err.errnum == MOD_TOO_NEW) {
		*e = x->graph->err;
		return false;
	}
	find_spoiled(x, roots, &raised);
	for (u32 i = 0; i < roots->n; i++) {
		ModVersion v = roots->p[i], higher = {v.path, graph_selected(x->graph, v.path)};
		Conflict c;
		if (!conflict_of(x, v, &c))
			continue;
		if (str_eq(get(&x->must, v.path), v.version)) {
			vec_push(m->arena, conflicts, c);
			continue;
		}
		State *s = strmap_get(&x->states, key_of(x, higher));
		if (!str_eq(higher.version, v.version) && s && !s->spoiled[x->pruned && !s->full] && !strmap_has(&x->rejected, key_of(x, higher)))
			continue; // taken below
		if (failed(c.err) && str_eq(selected(reqs_graph(m, x->before), v.path), v.version)) {
			vec_push(m->arena, conflicts, c); // it was like that before: nobody asked for another
			continue;
		}
		*e = lower(x, v);
		if (failed(*e))
			return false;
		changed = true;
		if (failed(c.err))
			fprintf(stderr, "go: " STR_FMT ": " STR_FMT "\n\ttrying " STR_FMT "@" STR_FMT "\n", STR_ARG(key_of(x, v)), STR_ARG(c.err.msg), STR_ARG(v.path),
				STR_ARG(get(&x->want, v.path)));
	}
	bool lowered = changed;
	for (u32 i = 0; !lowered && !conflicts->n && i < x->paths.n; i++) { // now what others require above the roots
		Str path = x->paths.p[i], v = selected(x->graph, path);
		if (get(&x->must, path).n || str_eq(v, get(&x->want, path)))
			continue;
		set_want(x, path, v);
		changed = true;
	}
	return changed && !conflicts->n;
}

static Reqs *finish(Edit *x, Reqs *r, ModVersionVec *roots, const ModVersionVec *must)
{
	Mods *m = x->m;
	StrMap direct = {0};
	if (!x->pruned) {
		StrMap listed = {0};
		ModVersionVec few = {0};
		for (u32 i = 0; i < must->n; i++)
			if (!str_is(must->p[i].version, "none"))
				strmap_put(m->arena, &listed, must->p[i].path, m);
		for (u32 i = 0; i < roots->n; i++) {
			Str had = reqs_root(r, roots->p[i].path);
			if (had.n && (str_eq(had, roots->p[i].version) || strmap_has(&r->direct, roots->p[i].path)))
				strmap_put(m->arena, &listed, roots->p[i].path, m);
		}
		reqs_fewest(m, reqs_new(m, roots->p, roots->n, false, &r->direct), &listed, NULL, &few);
		*roots = few;
	}
	for (u32 i = 0; i < roots->n; i++)
		if (strmap_has(&r->direct, roots->p[i].path))
			strmap_put(m->arena, &direct, roots->p[i].path, m);
	Reqs *out = reqs_new(m, roots->p, roots->n, x->pruned, &direct);
	if (!x->pruned && go_version_cmp(reqs_root(out, S("go")), S("1.17")) >= 0)
		out = reqs_convert(m, out, true);
	return out;
}

Reqs *reqs_edit(Mods *m, Reqs *r, const ModVersionVec *wish, const ModVersionVec *must, ConflictVec *conflicts, Err *e)
{
	Edit x = {.m = m, .before = r, .pruned = r->pruned};
	*e = OK;
	for (u32 i = 0; i < must->n; i++)
		if (str_is(must->p[i].path, "go"))
			x.pruned = go_version_cmp(must->p[i].version, S("1.17")) >= 0;
		else if (str_is(must->p[i].path, "toolchain") && go_version_cmp(toolchain_release(must->p[i].version), S("1.17")) < 0)
			x.pruned = false;
	if (x.pruned != r->pruned && failed(*e = reqs_graph(m, r)->err))
		return NULL;
	Reqs *from = reqs_convert(m, r, x.pruned);
	ModVersionVec start = from->roots, selection = {0};
	if (!x.pruned) { // there, modules that are only required by others may be in use as well
		if (failed(*e = reqs_graph(m, from)->err))
			return NULL;
		graph_list(m, from->graph, &selection);
		reqs_keep_toolchain(m, from, &selection);
		start = selection;
	}
	for (u32 i = 0; i < start.n; i++)
		set_want(&x, start.p[i].path, start.p[i].version);
	for (u32 i = 0; i < wish->n; i++)
		if (mod_version_cmp(wish->p[i].path, get(&x.want, wish->p[i].path), wish->p[i].version) < 0)
			set_want(&x, wish->p[i].path, wish->p[i].version);
	for (u32 i = 0; i < must->n; i++) {
		Str *v = NEW(m->arena, Str);
		*v = must->p[i].version;
		strmap_put(m->arena, &x.must, must->p[i].path, v);
		set_want(&x, must->p[i].path, must->p[i].version);
	}
	ModVersionVec roots = {0};
	while (settle(&x, &roots, conflicts, e))
		;
	if (failed(*e) || conflicts->n)
		return NULL;
	return finish(&x, from, &roots, must);
}
