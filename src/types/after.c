// after.c: what gc demands beyond the language, once a package is right: directives and what they apply to, bodies,
// embedded files, anonymous interface cycles (cmd/compile/internal/noder).
#include "types/check.h"

#include <stdlib.h>

static bool imports(SyntaxFile *f, const char *path)
{
	for (u32 i = 0; i < f->decls.n; i++) {
		Decl *d = f->decls.p[i];
		if (d->kind == D_IMPORT && d->import.obj && str_is(d->import.obj->pkgname.imported->path, path))
			return true;
	}
	return false;
}

static void linknames(Checker *c, SyntaxFile *f)
{
	bool has_unsafe = false, looked = false;
	for (u32 i = 0; i < f->directives.n; i++) {
		Directive *d = &f->directives.p[i];
		bool std = str_has_suffix(d->verb, "linknamestd");
		if (!std && !str_has_suffix(d->verb, "linkname"))
			continue;
		if (!looked)
			has_unsafe = imports(f, "unsafe");
		looked = true;
		const char *name = std ? "go:linknamestd" : "go:linkname";
		if (!has_unsafe) {
			check_error(c, d->pos, 0, "//%s only allowed in Go files that import \"unsafe\"", name);
			continue;
		}
		if (d->nargs > 1 && str_index(d->args[1], '[') >= 0 && str_index(d->args[1], ']') >= 0) {
			check_error(c, d->pos, 0, "//%s reference of an instantiation is not allowed", name);
			continue;
		}
		Object *o = d->nargs ? scope_lookup(c->pkg->scope, name_of(d->args[0])) : NULL;
		if (o && (o->kind == OBJ_FUNC || o->kind == OBJ_VAR)) {
			if (map_has(&c->pkg->linknames, PKEY(o)))
				check_error(c, d->pos, 0, "duplicate //%s for " STR_FMT, name, STR_ARG(d->args[0]));
			else
				map_put(c->a, &c->pkg->linknames, PKEY(o), d);
		} else if (check_file_version(c, f) >= GO1_18) {
			check_error(c, d->pos, 0, "//%s must refer to declared function or variable", name);
		}
	}
}

void check_linknames(Checker *c)
{
	for (u32 i = 0; i < c->pkg->nfiles; i++)
		linknames(c, c->pkg->files[i]);
}

static void functions(Checker *c, SyntaxFile *f)
{
	for (u32 i = 0; i < f->decls.n; i++) {
		Decl *d = f->decls.p[i];
		if (d->kind != D_FUNC)
			continue;
		if ((d->pragma & PRAGMA_SYSTEMSTACK) && (d->pragma & PRAGMA_NOSPLIT))
			check_error(c, d->pos, 0, "go:nosplit and go:systemstack cannot be combined");
		if ((d->pragma & (PRAGMA_UINTPTR_KEEPALIVE | PRAGMA_UINTPTR_ESCAPES | PRAGMA_NOSPLIT)) == PRAGMA_UINTPTR_KEEPALIVE)
			check_error(c, d->pos, 0, "go:uintptrkeepalive requires go:nosplit");
		if (d->func.body) {
			if (d->pragma & PRAGMA_NOESCAPE)
				check_error(c, d->pos, 0, "can only use //go:noescape with external func implementations");
		} else if (c->cfg.complete && !map_has(&c->pkg->linknames, PKEY(d->func.name->name.obj))) {
			check_error(c, d->pos, 0, "missing function body");
		}
	}
}

static void embed(Checker *c, SyntaxFile *f, Decl *d, bool in_func)
{
	const char *msg = NULL;
	if (!imports(f, "embed"))
		msg = "go:embed requires import \"embed\" (or import _ \"embed\", if package is not used)";
	else if (d->val.names.n > 1)
		msg = "go:embed cannot apply to multiple vars";
	else if (d->val.values)
		msg = "go:embed cannot apply to var with initializer";
	else if (!d->val.type)
		msg = "go:embed cannot apply to var without type";
	else if (in_func)
		msg = "go:embed cannot apply to var inside func";
	else if (check_file_version(c, f) < 16)
		msg = "go:embed requires go1.16 or later";
	if (msg)
		check_error(c, d->embed_pos, 0, "%s", msg);
}

static void embeds(Checker *c)
{
	for (u32 i = 0; i < c->pkg->nfiles; i++) {
		SyntaxFile *f = c->pkg->files[i];
		for (u32 k = 0; k < f->decls.n; k++)
			if (f->decls.p[k]->kind == D_VAR && f->decls.p[k]->embeds.n)
				embed(c, f, f->decls.p[k], false);
		for (u32 k = 0; k < c->local_embeds.n; k++)
			if (pos_file(c->local_embeds.p[k]->pos) == f->source->index)
				embed(c, f, c->local_embeds.p[k], true);
	}
}

// ---- anonymous interfaces that contain themselves ------------------------------------------------

typedef struct CycleFinder { Checker *c; Map state; } CycleFinder; // interface -> 1 on the way, 2 done

static bool visit(CycleFinder *k, Type *t);

static bool visit_iface(CycleFinder *k, Type *t)
{
	u64 key = PKEY(t);
	uintptr_t s = (uintptr_t)map_get(&k->state, key);
	if (s == 1)
		return true;
	if (s == 2)
		return false;
	map_put(k->c->a, &k->state, key, (void *)1);
	const TypeSet *ts = types_type_set(k->c, 0, t);
	for (u32 i = 0; i < typeset_nmethods(ts); i++)
		if (visit(k, typeset_method(ts, i)->type)) {
			map_put(k->c->a, &k->state, key, (void *)2);
			return true;
		}
	map_put(k->c->a, &k->state, key, (void *)2);
	return false;
}

static bool visit(CycleFinder *k, Type *t)
{
	for (;;) {
		t = type_unalias(t);
		switch (t->kind) {
		case TY_ARRAY:
			t = t->array.elem;
			continue;
		case TY_SLICE:
			t = t->slice.elem;
			continue;
		case TY_POINTER:
			t = t->pointer.elem;
			continue;
		case TY_CHAN:
			t = t->chan.elem;
			continue;
		case TY_MAP:
			if (visit(k, t->map.key))
				return true;
			t = t->map.elem;
			continue;
		case TY_STRUCT:
			for (u32 i = 0; i < t->structt.n; i++)
				if (visit(k, t->structt.fields[i]->type))
					return true;
			return false;
		case TY_TUPLE:
			for (u32 i = 0; i < t->tuple.n; i++)
				if (visit(k, t->tuple.vars[i]->type))
					return true;
			return false;
		case TY_FUNC:
			if (visit(k, t->func.params))
				return true;
			t = t->func.results;
			continue;
		case TY_INTERFACE:
			return visit_iface(k, t);
		default: // names end the search
			return false;
		}
	}
}

static int by_pos(const void *x, const void *y)
{
	Pos p = (*(Expr *const *)x)->pos, q = (*(Expr *const *)y)->pos;
	return (p > q) - (p < q);
}

// Literals inside of others are not looked at by themselves.
static void interface_cycles(Checker *c)
{
	CycleFinder k = {.c = c};
	Pos inside = 0; // up to here reaches the literal that was looked at last
	if (c->iface_exprs.n)
		qsort(c->iface_exprs.p, c->iface_exprs.n, sizeof(Expr *), by_pos);
	for (u32 i = 0; i < c->iface_exprs.n; i++) {
		Expr *e = c->iface_exprs.p[i];
		if (!e->type || e->implicit || e->pos < inside)
			continue;
		inside = e->iface.rbrace;
		Type *t = type_unalias(e->type);
		if (t->kind == TY_INTERFACE && visit_iface(&k, t))
			check_error(c, e->pos, C_InvalidTypeCycle,
				"invalid recursive type: anonymous interface refers to itself (see https://go.dev/issue/56103)");
	}
}

// Maps and channels of what may not be allocated.
static void unallocatable(Checker *c, SyntaxFile *f)
{
	for (u32 i = 0; i < f->decls.n; i++) {
		Decl *d = f->decls.p[i];
		Expr *e = d->kind == D_TYPE ? d->type.type : NULL;
		if (!e || !e->type || (e->kind != E_MAPTYPE && e->kind != E_CHANTYPE))
			continue;
		Type *t = type_under(e->type);
		if (t->kind == TY_MAP && type_notinheap(t->map.key))
			check_error(c, e->pos, 0, "incomplete (or unallocatable) map key not allowed");
		if (t->kind == TY_MAP && type_notinheap(t->map.elem))
			check_error(c, e->pos, 0, "incomplete (or unallocatable) map value not allowed");
		if (t->kind == TY_CHAN && type_notinheap(t->chan.elem))
			check_error(c, e->pos, 0, "chan of incomplete (or unallocatable) type not allowed");
	}
}

// Limits of gc's back end (cmd/compile/internal/types/size.go).
static void large_types(Checker *c)
{
	for (u32 i = 0; i < c->sized.n; i++) {
		Expr *e = c->sized.p[i].e;
		Pos pos = c->sized.p[i].object;
		Type *t = e->type;
		if (!t || (t->kind != TY_CHAN && t->kind != TY_ARRAY && t->kind != TY_MAP) || type_has_tparam(t))
			continue;
		if (t->kind == TY_MAP && (u64)type_size(t->map.elem) >= (u64)1 << 31)
			check_error(c, pos, 0, "map element type too large");
		if (t->kind == TY_MAP && (u64)type_size(t->map.key) >= (u64)1 << 31)
			check_error(c, pos, 0, "map key type too large");
		if (t->kind == TY_CHAN && (u64)type_size(t->chan.elem) >= 1 << 16) {
			check_error(c, pos, 0, "channel element type too large (>64kB)");
		} else if (t->kind == TY_ARRAY) {
			i64 n = type_size(t->array.elem);
			if (n < 0 || (n > 0 && t->array.len > ((i64)1 << 50) / n - (((i64)1 << 50) % n == 0)))
				check_error(c, pos, 0, "type %s larger than address space", TS(t));
		}
	}
	for (u32 i = 0; i < c->pkg->types.n; i++) {
		Object *o = c->pkg->types.p[i];
		if (o->type && o->type->kind == TY_NAMED && !type_has_tparam(o->type) && type_under(o->type)->kind == TY_STRUCT &&
			type_size(o->type) < 0)
			check_error(c, o->pos, 0, "type %s too large", TS(o->type));
	}
}

// What gc cannot print (cmd/compile/internal/walk/builtin.go, walkPrint).
static void unprintable(Checker *c)
{
	for (u32 i = 0; i < c->prints.n; i++) {
		Expr *e = c->prints.p[i];
		for (u32 k = 0; k < e->call.args.n; k++) {
			Type *t = e->call.args.p[k]->type;
			u8 kind = t ? type_under(t)->kind : TY_BASIC;
			if (kind == TY_ARRAY || kind == TY_STRUCT)
				check_error(c, e->pos, 0, "illegal types for operand: %s\n\t%s", ES(e->call.fun), TS(t));
		}
	}
}

void check_after(Checker *c)
{
	u32 before = c->nerrors;
	interface_cycles(c);
	if (c->nerrors > before)
		return;
	for (u32 i = 0; i < c->pkg->nfiles; i++)
		unallocatable(c, c->pkg->files[i]);
	if (c->nerrors > before)
		return;
	check_linknames(c);
	for (u32 i = 0; i < c->pkg->nfiles; i++) // misplaced directives, found by the parser
		for (u32 k = 0; k < c->pkg->files[i]->late.n; k++) {
			Diag *d = &c->pkg->files[i]->late.p[k];
			check_error(c, d->pos, 0, STR_FMT, STR_ARG(d->msg));
		}
	for (u32 i = 0; i < c->pkg->nfiles; i++) {
		functions(c, c->pkg->files[i]);
	}
	embeds(c);
	large_types(c);
	if (!c->nerrors)
		unprintable(c);
}
