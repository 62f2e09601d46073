// hint.c: what may be added to an error on a terminal: a name that was meant, an import that is missing, a & or * that
// makes a value fit. A hint is set just before its error is reported and goes with it (errors.c). There is one only
// where it is sure: a spelling has to be near and the only one so near, a & or * has to make the types fit.
#include "types/check.h"

enum {
	HINTED_ERRORS = 20, // of a package; beyond, nobody reads them, and spelling costs time
	LONGEST_NAME = 40,  // bytes of names that are compared
	DEPTH = 4,          // of embedded structs that are searched for members
};

#define HINT(c, ...) ((c)->hint = str_fmt((c)->a, __VA_ARGS__))

static bool wanted(Checker *c)
{
	return c->nerrors < HINTED_ERRORS;
}

// ---- spelling -----------------------------------------------------------------------------------

static u8 lower(u8 c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

// The number of letters that must be changed, left out, put in, or swapped with their neighbour (optimal string
// alignment); a letter of the other case counts as equal.
static u32 distance(Str a, Str b)
{
	u8 row[3][LONGEST_NAME + 1];
	for (u32 j = 0; j <= b.n; j++)
		row[1][j] = (u8)j;
	u8 *before = row[0], *last = row[1], *now = row[2];
	for (u32 i = 1; i <= a.n; i++) {
		now[0] = (u8)i;
		for (u32 j = 1; j <= b.n; j++) {
			bool same = lower((u8)a.p[i - 1]) == lower((u8)b.p[j - 1]);
			u32 d = MIN(last[j - 1] + !same, MIN(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				d = MIN(d, before[j - 2] + 1u);
			now[j] = (u8)d;
		}
		u8 *free = before;
		before = last;
		last = now;
		now = free;
	}
	return last[b.n];
}

// The candidates nearest to a name so far. Scopes are offered from the innermost, so that what is hidden is never
// counted twice; if more than a few are equally near, none is sure.
enum { FEW = 3 };
typedef struct Nearest { Name name; Object *found[FEW]; u32 n, distance; } Nearest;

static void offer(Nearest *n, Object *o)
{
	Str a = name_str(n->name), b = name_str(o->name);
	if (a.n < 3 || a.n > LONGEST_NAME || b.n < 2 || b.n > LONGEST_NAME || o->name == n->name)
		return;
	u32 most = a.n < 7 ? 1 : 2; // changes that leave no doubt
	if ((a.n > b.n ? a.n - b.n : b.n - a.n) > most)
		return;
	u32 d = distance(a, b);
	if (d > most || (n->n && d > n->distance))
		return;
	if (n->n && d < n->distance)
		n->n = 0;
	n->distance = d;
	for (u32 i = 0; i < n->n && i < FEW; i++)
		if (n->found[i]->name == o->name)
			return;
	u32 at = MIN(n->n, FEW - 1); // by name; what does not fit in is only counted
	for (; at > 0 && str_cmp(name_str(n->found[at - 1]->name), b) > 0; at--)
		n->found[at] = n->found[at - 1];
	n->found[at] = o;
	n->n++;
}

static void offer_scope(Nearest *n, Scope *s, bool exported)
{
	for (u32 i = 0; i < s->list.n; i++) {
		Object *o = s->list.p[i];
		if (o->name && (!exported || name_is_exported(o->name)))
			offer(n, o);
	}
}

// Asks whether one of the candidates is meant; false if there is none, or too many.
static bool hint_spelling(Checker *c, const Nearest *n, const char *qualifier)
{
	if (!n->n || n->n > FEW)
		return false;
	const char *dot = *qualifier ? "." : "";
	Str s = {0};
	for (u32 i = 0; i < n->n; i++)
		s = str_fmt(c->a, STR_FMT "%s%s%s%s", STR_ARG(s), i == 0 ? "" : i + 1 < n->n ? ", " : " or ", qualifier, dot,
			n->found[i]->name->s);
	HINT(c, "did you mean " STR_FMT "?", STR_ARG(s));
	return true;
}

// ---- names --------------------------------------------------------------------------------------

// `name` qualifies something and is not known: the packages of the library that are called so.
static bool hint_import(Checker *c, Name name)
{
	static const struct { const char *name, *path; } std[] = {
#define STD(name, path) {#name, path},
#include "types/stdnames.def"
#undef STD
	};
	Str all = {0};
	for (u32 i = 0; i < LENGTH(std); i++)
		if (!strcmp(std[i].name, name->s))
			all = all.n ? str_fmt(c->a, STR_FMT " or \"%s\"", STR_ARG(all), std[i].path) : str_fmt(c->a, "\"%s\"", std[i].path);
	if (all.n)
		HINT(c, "add import " STR_FMT, STR_ARG(all));
	return all.n > 0;
}

void hint_undefined(Checker *c, Expr *e)
{
	if (!wanted(c))
		return;
	Name name = e->name.name;
	if (c->qualifier == e && hint_import(c, name))
		return;
	Nearest n = {.name = name};
	for (Scope *s = c->env.scope; s; s = s->parent)
		offer_scope(&n, s, false);
	if (!hint_spelling(c, &n, "") && c->assigned == e)
		HINT(c, "use := to declare %s", name->s);
}

void hint_package_member(Checker *c, Package *p, Name name)
{
	if (!wanted(c))
		return;
	Nearest n = {.name = name};
	offer_scope(&n, p->scope, true);
	hint_spelling(c, &n, p->name->s);
}

static void offer_members(Checker *c, Nearest *n, Type *t, bool fields, u32 depth)
{
	bool was_pointer;
	t = type_deref(t, &was_pointer);
	Type *named = type_unalias(t);
	for (u32 i = 0, k = !fields && named->kind == TY_NAMED ? named_nmethods(named) : 0; i < k; i++) {
		Object *m = named_method(named, i);
		if (m->pkg == c->pkg || name_is_exported(m->name))
			offer(n, m);
	}
	Type *u = type_under(t);
	if (u->kind == TY_INTERFACE) {
		for (u32 i = 0, k = iface_nmethods(u); i < k; i++)
			offer(n, iface_method(u, i));
	} else if (u->kind == TY_STRUCT) {
		for (u32 i = 0; i < u->structt.n; i++) {
			Object *f = u->structt.fields[i];
			if (f->pkg == c->pkg || name_is_exported(f->name))
				offer(n, f);
			if (f->embedded && depth && f->type)
				offer_members(c, n, f->type, fields, depth - 1);
		}
	}
}

void hint_member(Checker *c, Type *t, Name name, bool field)
{
	if (!wanted(c) || !type_valid(t))
		return;
	Nearest n = {.name = name};
	offer_members(c, &n, t, field, field ? 0 : DEPTH);
	hint_spelling(c, &n, "");
}

// ---- variables and imports that are not used, := and = ------------------------------------------

void hint_unused_var(Checker *c, Object *v)
{
	if (!wanted(c))
		return;
	Object *outer = v->parent && v->parent->parent && !v->var.decl ? scope_lookup_parent(v->parent->parent, v->name, NULL) : NULL;
	if (outer && outer->kind == OBJ_VAR && outer->pkg == c->pkg && outer->var_kind != VAR_PACKAGE && outer->pos < v->pos)
		HINT(c, "this is a new %s; write = to assign to the %s of line %u", v->name->s, v->name->s, pos_line(outer->pos));
	else
		HINT(c, "use it, remove it, or assign it to the blank identifier: _ = %s", v->name->s);
}

void hint_unused_import(Checker *c)
{
	if (wanted(c))
		HINT(c, "remove the import, or name it _ if only its initialization is wanted");
}

void hint_no_new_var(Checker *c)
{
	if (wanted(c))
		HINT(c, "write = to assign to variables that are declared already");
}

// ---- pointers and values ------------------------------------------------------------------------

static bool fits(Checker *c, const Operand *x, Type *have, Type *want)
{
	Operand y = {.mode = MODE_VALUE, .expr = x->expr, .type = have};
	Code code;
	return check_assignable(c, &y, want, NULL, &code);
}

static bool is_literal(const Expr *e)
{
	return expr_unparen((Expr *)e)->kind == E_COMPOSITE;
}

static bool is_operand(const Expr *e) // & and * and a call bind to it without parentheses
{
	return e->kind == E_NAME || e->kind == E_SELECTOR || e->kind == E_INDEX || e->kind == E_CALL || e->kind == E_COMPOSITE ||
		e->kind == E_PAREN;
}

// x cannot be used as a `want`.
void hint_mismatch(Checker *c, const Operand *x, Type *want)
{
	if (!wanted(c) || !want || !x->expr || !type_valid(x->type) || !type_valid(want) || x->mode == MODE_CONST ||
		op_is_nil(x) || type_is_untyped(x->type) || !is_operand(x->expr))
		return;
	const char *text = ES(x->expr);
	Type *u = type_under(x->type);
	if ((x->mode == MODE_VAR || is_literal(x->expr)) && fits(c, x, type_new_pointer(c->a, x->type), want))
		HINT(c, "take the address: &%s", text);
	else if (u->kind == TY_POINTER && fits(c, x, u->pointer.elem, want))
		HINT(c, "follow the pointer: *%s", text);
	else if (u->kind == TY_FUNC && !u->func.ntparams && u->func.params->tuple.n == 0 && u->func.results->tuple.n == 1 &&
		!type_is_interface(want) && fits(c, x, u->func.results->tuple.vars[0]->type, want))
		HINT(c, "call it: %s()", text);
	else if (!type_is_typeparam(want) && ((type_is(u, INFO_NUMERIC & ~INFO_COMPLEX) && type_is(want, INFO_NUMERIC & ~INFO_COMPLEX)) ||
		types_identical(u, type_under(want))))
		HINT(c, type_unalias(want)->kind == TY_NAMED || type_unalias(want)->kind == TY_BASIC ? "convert it: %s(%s)" : "convert it: (%s)(%s)",
			TS(want), text);
}

// x op y of different types.
void hint_operands(Checker *c, const Operand *x, const Operand *y)
{
	if (!wanted(c) || type_is_untyped(x->type) || type_is_untyped(y->type))
		return;
	Type *ux = type_under(x->type), *uy = type_under(y->type);
	if (ux->kind == TY_POINTER && types_identical(ux->pointer.elem, y->type) && is_operand(x->expr))
		HINT(c, "follow the pointer: *%s", ES(x->expr));
	else if (uy->kind == TY_POINTER && types_identical(uy->pointer.elem, x->type) && is_operand(y->expr))
		HINT(c, "follow the pointer: *%s", ES(y->expr));
	else if (type_is(x->type, INFO_INT) && type_is(y->type, INFO_FLOAT))
		HINT(c, "convert one of them, as in %s(%s)", TS(y->type), ES(x->expr));
	else if (type_is(x->type, INFO_INT | INFO_FLOAT) && type_is(y->type, INFO_INT | INFO_FLOAT) && y->mode != MODE_CONST)
		HINT(c, "convert one of them, as in %s(%s)", TS(x->type), ES(y->expr));
}

// A selector finds nothing in *interface, **T: there may be something behind the pointer.
void hint_behind_pointer(Checker *c, const Operand *x, Name sel)
{
	Type *u = type_under(x->type);
	if (!wanted(c) || u->kind != TY_POINTER)
		return;
	U32Vec path = {0};
	bool indirect;
	if (types_lookup(c->a, u->pointer.elem, true, c->pkg, sel, &path, &indirect))
		HINT(c, "follow the pointer: (*%s).%s", ES(x->expr), sel->s);
}

void hint_not_addressable(Checker *c, const Operand *x, Name sel)
{
	if (wanted(c))
		HINT(c, "%s has a pointer receiver, and %s has no address: store it in a variable first", sel->s, ES(x->expr));
}
