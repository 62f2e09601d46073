// typeset.c: the set of types that an interface describes: its methods, the terms of its unions, and whether only
// comparable types belong to it. A set of terms is a list of T and ~T without overlaps, or everything.
// Source of the rules: doc/go_spec.html, "Interface types"; types2/typeset.go for limits and messages.
#include "types/algebra.h"

#include <stdlib.h>

enum { MAX_TERMS = 100 }; // gc's limit for the terms of a union

// ---- terms --------------------------------------------------------------------------------------

static bool term_disjoint(const Term *x, const Term *y)
{
	Type *tx = y->tilde ? type_under(x->type) : x->type;
	Type *ty = x->tilde ? type_under(y->type) : y->type;
	return !types_identical(tx, ty);
}

bool term_includes(const Term *x, Type *t)
{
	return types_identical(x->type, x->tilde ? type_under(t) : t);
}

static bool term_subset(const Term *x, const Term *y)
{
	return !term_disjoint(x, y) && (!x->tilde || y->tilde);
}

// Appends x, merged with a term that overlaps it.
static void terms_add(Arena *a, TermList *l, Term x)
{
	for (u32 i = 0; i < l->n; i++) {
		if (!term_disjoint(&l->p[i], &x)) {
			if (x.tilde)
				l->p[i] = x;
			return;
		}
	}
	if ((l->n & (l->n - 1)) == 0) { // room for a power of two
		Term *p = NEWN(a, Term, l->n ? l->n * 2 : 1);
		if (l->n)
			memcpy(p, l->p, l->n * sizeof *p);
		l->p = p;
	}
	l->p[l->n++] = x;
}

// x ∪ y. The result shares nothing with x or y that is written to.
static TermList terms_union(Arena *a, TermList x, TermList y)
{
	if (x.all || y.all)
		return (TermList){.all = true};
	TermList r = {0};
	for (u32 i = 0; i < x.n; i++)
		terms_add(a, &r, x.p[i]);
	for (u32 i = 0; i < y.n; i++)
		terms_add(a, &r, y.p[i]);
	return r;
}

static TermList terms_intersect(Arena *a, TermList x, TermList y)
{
	if (x.all)
		return y;
	if (y.all)
		return x;
	TermList r = {0};
	for (u32 i = 0; i < x.n; i++)
		for (u32 j = 0; j < y.n; j++)
			if (!term_disjoint(&x.p[i], &y.p[j]))
				terms_add(a, &r, !x.p[i].tilde || y.p[j].tilde ? x.p[i] : y.p[j]);
	return r;
}

bool terms_subset(TermList x, TermList y)
{
	if (y.all)
		return true;
	if (x.all)
		return false;
	for (u32 i = 0; i < x.n; i++) {
		bool found = false;
		for (u32 j = 0; j < y.n && !found; j++)
			found = term_subset(&x.p[i], &y.p[j]);
		if (!found)
			return false;
	}
	return true;
}

bool terms_equal(TermList x, TermList y)
{
	if (x.all || y.all)
		return x.all == y.all;
	return terms_subset(x, y) && terms_subset(y, x);
}

Str terms_str(Checker *c, TermList l)
{
	Arena *a = arena_for(c);
	if (l.all)
		return S("𝓤");
	if (l.n == 0)
		return S("∅");
	Buf b = {0};
	for (u32 i = 0; i < l.n; i++) {
		if (i)
			buf_c(&b, " | ");
		if (l.p[i].tilde)
			buf_u8(&b, '~');
		type_write(&b, NULL, NULL, l.p[i].type);
	}
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

// ---- methods ------------------------------------------------------------------------------------

int object_cmp(const Object *x, const Object *y)
{
	if (x == y || x->name == y->name) {
		if (x == y || name_is_exported(x->name) || x->pkg == y->pkg)
			return 0;
		return str_cmp(x->pkg ? x->pkg->path : S(""), y->pkg ? y->pkg->path : S(""));
	}
	bool ex = name_is_exported(x->name), ey = name_is_exported(y->name);
	if (ex != ey)
		return ex ? -1 : 1;
	return str_cmp(name_str(x->name), name_str(y->name));
}

static int by_object(const void *x, const void *y)
{
	return object_cmp(*(Object *const *)x, *(Object *const *)y);
}

typedef struct Duplicate { Pos pos, other_pos; Object *m, *other; } Duplicate;

static void report_duplicate(Checker *c, Duplicate *d)
{
	ErrMsg m = {.c = c, .code = C_DuplicateDecl};
	errmsg_add(&m, d->pos, "duplicate method %s", d->m->name->s);
	errmsg_add(&m, d->other_pos, "other declaration of method %s", d->m->name->s);
	errmsg_report(&m);
}

static void check_duplicate(Checker *c, void *ctx)
{
	Duplicate *d = ctx;
	if ((d->pos && !check_allow_version(c, GO1_14)) || !types_identical(d->m->type, d->other->type))
		report_duplicate(c, d);
}

// names: those in v, once there are many.
typedef struct Methods { Checker *c; Arena *a; ObjectVec v; VEC(Pos) pos; Map names; } Methods;

enum { MANY_METHODS = 64 };

static void add_method(Methods *ms, Pos pos, Object *m, bool is_explicit)
{
	bool many = ms->v.n >= MANY_METHODS;
	if (ms->v.n == MANY_METHODS && !ms->names.n)
		for (u32 i = 0; i < ms->v.n; i++)
			map_put(ms->a, &ms->names, PKEY(ms->v.p[i]->name), ms->v.p[i]);
	bool known = !many || map_has(&ms->names, PKEY(m->name));
	for (u32 i = 0; known && i < ms->v.n; i++) {
		Object *o = ms->v.p[i];
		if (o->name != m->name || !object_same_id(o, m->pkg, m->name, false))
			continue;
		if (!ms->c || (o == m && check_allow_version(ms->c, GO1_14)))
			return;
		Duplicate *d = NEW(ms->a, Duplicate);
		*d = (Duplicate){pos, ms->pos.p[i], m, o};
		if (is_explicit)
			report_duplicate(ms->c, d);
		else // once all types are known
			check_later(ms->c, check_duplicate, d);
		return;
	}
	vec_push(ms->a, &ms->v, m);
	vec_push(ms->a, &ms->pos, pos);
	if (many)
		map_put(ms->a, &ms->names, PKEY(m->name), m);
}

// ---- type sets ----------------------------------------------------------------------------------

static const TypeSet top_set = {.terms.all = true};

TermList union_terms(Checker *c, Arena *a, Pos pos, Type *u, bool *overflow)
{
	TermList all = {0};
	for (u32 i = 0; i < u->union_.n; i++) {
		Term t = u->union_.terms[i];
		Type *under = type_under(t.type);
		if (under == TYPE(INVALID))
			continue;
		TermList l = {0};
		if (under->kind == TY_INTERFACE)
			l = types_type_set(c, pos, under)->terms;
		else if (!t.tilde || types_identical(t.type, under)) // otherwise no type has t.type under it
			terms_add(a, &l, t);
		all = terms_union(a, all, l);
		if (all.n > MAX_TERMS) {
			if (c)
				check_error(c, pos, C_InvalidUnion,
				            "cannot handle more than %d union terms (implementation limitation)", MAX_TERMS);
			*overflow = true;
			return (TermList){0};
		}
	}
	return all;
}

// The set of an interface literal that is complete: explicit methods, and what it embeds, intersected.
static void compute(Checker *c, Arena *a, Type *t, TypeSet *out)
{
	Methods ms = {.c = c, .a = a};
	for (u32 i = 0; i < t->iface.methods.n; i++)
		add_method(&ms, t->iface.methods.p[i]->pos, t->iface.methods.p[i], true);
	TermList terms = {.all = true};
	bool comparable = false;
	for (u32 i = 0; i < t->iface.embeds.n; i++) {
		Type *e = t->iface.embeds.p[i], *u = type_under(e);
		Pos pos = t->iface.embed_pos ? t->iface.embed_pos[i] : 0;
		TermList l = {0};
		bool cmp = false;
		if (u->kind == TY_INTERFACE) {
			const TypeSet *s = types_type_set(c, pos, u);
			Type *n = type_as_named(e);
			bool imported = n && c && named_obj(n)->pkg && named_obj(n)->pkg != c->pkg && !typeset_is_method_set(s);
			if (pos && imported &&
			    !check_verify_version(c, pos, GO1_18, "embedding constraint interface %s", TS(e)))
				continue;
			cmp = s->comparable;
			for (u32 j = 0; j < s->nmethods; j++)
				add_method(&ms, pos, s->methods[j], false);
			l = s->terms;
		} else if (u->kind == TY_UNION) {
			bool overflow = false;
			if (pos && c && !check_verify_version(c, pos, GO1_18, "embedding interface element %s", TS(u)))
				continue;
			l = union_terms(c, a, pos, u, &overflow);
			if (overflow)
				continue;
		} else {
			if (u == TYPE(INVALID))
				continue;
			if (pos && c && !check_verify_version(c, pos, GO1_18, "embedding non-interface type %s", TS(e)))
				continue;
			terms_add(a, &l, (Term){false, e});
		}
		terms = terms_intersect(a, terms, l);
		comparable |= cmp;
		if (comparable && !terms.all) {
			TermList keep = {0};
			for (u32 j = 0; j < terms.n; j++)
				if (check_comparable(c, terms.p[j].type, false, NULL))
					terms_add(a, &keep, terms.p[j]);
			terms = keep;
			comparable = false;
		}
	}
	if (ms.v.n)
		qsort(ms.v.p, ms.v.n, sizeof *ms.v.p, by_object);
	out->methods = ms.v.p;
	out->nmethods = ms.v.n;
	out->comparable = comparable;
	out->terms = terms;
}

const TypeSet *types_type_set(Checker *c, Pos pos, Type *t)
{
	(void)pos;
	TypeSet *s = LOAD(&t->iface.tset);
	if (s)
		return s;
	if (!t->iface.complete)
		return &top_set; // asked too early, after an error: not remembered
	c = t->iface.check;
	Arena *a = arena_for(c);
	s = NEW(a, TypeSet);
	if (c) {
		// Set at once, so that an interface that embeds itself ends the recursion; the cycle is reported elsewhere.
		s->terms.all = true;
		t->iface.tset = s;
		TypeSet done = {0};
		compute(c, a, t, &done);
		*s = done;
		return s;
	}
	static _Thread_local u32 depth;
	if (depth > 200)
		return &top_set;
	depth++;
	compute(NULL, a, t, s);
	depth--;
	return PUBLISH(&t->iface.tset, s);
}

bool typeset_is_empty(const TypeSet *s) { return terms_empty(s->terms); }
bool typeset_is_method_set(const TypeSet *s) { return !s->comparable && s->terms.all; }
bool typeset_is_all(const TypeSet *s) { return typeset_is_method_set(s) && s->nmethods == 0; }
bool typeset_has_terms(const TypeSet *s) { return !s->terms.all && s->terms.n > 0; }
u32 typeset_nmethods(const TypeSet *s) { return s->nmethods; }
Object *typeset_method(const TypeSet *s, u32 i) { return s->methods[i]; }

bool typeset_is_comparable(const TypeSet *s)
{
	if (s->terms.all)
		return s->comparable;
	for (u32 i = 0; i < s->terms.n; i++)
		if (!check_comparable(NULL, s->terms.p[i].type, false, NULL))
			return false;
	return s->terms.n > 0;
}

Object *typeset_lookup_method(const TypeSet *s, Package *pkg, Name name, bool fold_case, u32 *index)
{
	if (name_is_blank(name))
		return NULL;
	for (u32 i = 0; i < s->nmethods; i++) {
		if ((fold_case || s->methods[i]->name == name) && object_same_id(s->methods[i], pkg, name, fold_case)) {
			if (index)
				*index = i;
			return s->methods[i];
		}
	}
	return NULL;
}

u32 iface_nmethods(Type *t)
{
	return types_type_set(NULL, 0, type_under(t))->nmethods;
}

Object *iface_method(Type *t, u32 i)
{
	return types_type_set(NULL, 0, type_under(t))->methods[i];
}

bool iface_is_basic(Type *t)
{
	return typeset_is_method_set(types_type_set(NULL, 0, type_under(t)));
}

// ---- the types of a type parameter --------------------------------------------------------------

TermList typeparam_terms(Type *t)
{
	TermList l = types_type_set(NULL, 0, typeparam_iface(NULL, t))->terms;
	return l.all ? (TermList){0} : l;
}

TypeList types_specific(Arena *a, Type *t)
{
	Type *p = type_as_typeparam(t);
	if (!p) {
		Type **one = NEWN(a, Type *, 1);
		one[0] = t;
		return (TypeList){one, 1};
	}
	TermList l = typeparam_terms(p);
	Type **v = NEWN(a, Type *, l.n);
	for (u32 i = 0; i < l.n; i++)
		v[i] = l.p[i].type;
	return (TypeList){v, l.n};
}

#define CAUSE(...) (cause ? (void)(*cause = str_fmt(a, __VA_ARGS__)) : (void)0)

Type *types_common_under(Arena *a, Checker *c, Type *t, Str *cause)
{
	Type *p = type_as_typeparam(t);
	if (!p)
		return type_under(t);
	TermList l = typeparam_terms(p);
	Type *first = NULL, *common = NULL;
	if (l.n == 0)
		CAUSE("no specific type");
	for (u32 i = 0; i < l.n; i++) {
		Type *x = l.p[i].type, *u = type_under(x);
		if (!common) {
			first = x;
			common = u;
			continue;
		}
		if (common->kind == TY_CHAN && u->kind == TY_CHAN) {
			if (!types_identical(common->chan.elem, u->chan.elem)) {
				CAUSE("channels %s and %s have different element types", TS(first), TS(x));
				return NULL;
			}
			// The more restricted direction counts.
			if (common->dir == u->dir) {
			} else if (common->dir == CHAN_BOTH) {
				first = x;
				common = u;
			} else if (u->dir != CHAN_BOTH) {
				CAUSE("channels %s and %s have conflicting directions", TS(first), TS(x));
				return NULL;
			}
			continue;
		}
		if (!types_identical(common, u)) {
			CAUSE("%s and %s have different underlying types", TS(first), TS(x));
			return NULL;
		}
	}
	return common;
}

// ---- unions as written --------------------------------------------------------------------------

// With package paths, as gc does.
static const char *term_c(Checker *c, const Term *t)
{
	return str_fmt(c->a, "%s%s", t->tilde ? "~" : "", check_type_c(NULL, t->type)).p;
}

void check_union_terms(Checker *c, Type *u, Expr **exprs)
{
	for (u32 i = 0; i < u->union_.n; i++) {
		Term *t = &u->union_.terms[i];
		if (!type_valid(t->type))
			continue;
		Pos pos = EPOS(exprs[i]);
		Type *under = type_under(t->type);
		bool is_iface = under->kind == TY_INTERFACE;
		if (t->tilde && is_iface) {
			check_error(c, pos, C_InvalidUnion, "invalid use of ~ (%s is an interface)", TS(t->type));
			continue;
		}
		if (t->tilde && !types_identical(under, t->type)) {
			check_error(c, pos, C_InvalidUnion, "invalid use of ~ (underlying type of %s is %s)", TS(t->type), TS(under));
			continue;
		}
		if (is_iface) {
			const TypeSet *s = types_type_set(c, pos, under);
			if (s->nmethods)
				check_error(c, pos, C_InvalidUnion, "cannot use %s in union (%s contains methods)", term_c(c, t), term_c(c, t));
			else if (t->type == type_comparable())
				check_error(c, pos, C_InvalidUnion, "cannot use comparable in union");
			else if (s->comparable)
				check_error(c, pos, C_InvalidUnion, "cannot use %s in union (%s embeds comparable)", term_c(c, t), term_c(c, t));
			continue;
		}
		for (u32 j = 0; j < i; j++) {
			Term *o = &u->union_.terms[j];
			if (!type_is_interface(o->type) && !term_disjoint(o, t)) {
				check_soft_error(c, pos, C_InvalidUnion, "overlapping terms %s and %s", term_c(c, t), term_c(c, o));
				break;
			}
		}
	}
}
