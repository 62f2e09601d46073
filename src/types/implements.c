// implements.c: whether type arguments satisfy their constraints, types implement interfaces and values may be
// assigned, and why not. Rules: doc/go_spec.html, "Implementing an interface", "Satisfying a type constraint",
// "Assignability"; words: types2/instantiate.go and operand.go.
#include "types/algebra.h"

#define CAUSE(...) (cause ? (void)(*cause = str_fmt(arena_for(c), __VA_ARGS__)) : (void)0)

bool check_validate_targ_len(Checker *c, Pos pos, Str name, u32 want, u32 got)
{
	if (got == want)
		return true;
	if (c)
		check_error(c, pos, C_WrongTypeArgCount, "%s type arguments for type " STR_FMT ": have %u, want %u",
		            got < want ? "not enough" : "too many", STR_ARG(name), got, want);
	return false;
}

int check_verify(Checker *c, Pos pos, Type **tparams, Type **targs, u32 n, Str *cause)
{
	for (u32 i = 0; i < n; i++) {
		typeparam_iface(c, tparams[i]); // so that its bound is an interface
		Type *bound = check_subst(c, pos, tparams[i]->tparam.bound, tparams, targs, n, NULL);
		if (!check_implements(c, pos, targs[i], bound, true, cause))
			return (int)i;
	}
	return -1;
}

static bool same_type(void *ctx, Type *x, Type *y)
{
	(void)ctx;
	return types_identical(x, y);
}

// Whether t occurs as an element or term of interface or union x.
static bool mentions(Type *x, Type *t)
{
	if (x->kind == TY_INTERFACE) {
		for (u32 i = 0; i < x->iface.embeds.n; i++)
			if (mentions(x->iface.embeds.p[i], t))
				return true;
		return false;
	}
	if (x->kind == TY_UNION) {
		for (u32 i = 0; i < x->union_.n; i++)
			if (mentions(x->union_.terms[i].type, t))
				return true;
		return false;
	}
	return types_identical(x, t);
}

// v's own type belongs to the terms of interface ti (of which there are some).
static bool in_terms(Checker *c, Type *v, Type *t, Type *ti, const char *verb, Str *cause)
{
	TermList l = types_type_set(c, 0, ti)->terms;
	Type *alt = NULL; // would do with a tilde
	for (u32 i = 0; i < l.n; i++) {
		if (term_includes(&l.p[i], v))
			return true;
		Term with = {true, l.p[i].type};
		if (!alt && !l.p[i].tilde && types_identical(with.type, type_under(with.type)) && term_includes(&with, v))
			alt = with.type;
	}
	if (!cause)
		return false;
	if (alt) {
		CAUSE("%s does not %s %s (possibly missing ~ for %s in %s)", TS(v), verb, TS(t), TS(alt), TS(t));
	} else if (mentions(ti, v)) {
		CAUSE("%s does not %s %s (%s mentions %s, but %s is not in the type set of %s)", TS(v), verb, TS(t), TS(t), TS(v),
		      TS(v), TS(t));
	} else {
		Str s = terms_str(c, l);
		CAUSE("%s does not %s %s (%s missing in " STR_FMT ")", TS(v), verb, TS(t), TS(v), STR_ARG(s));
	}
	return false;
}

bool check_implements(Checker *c, Pos pos, Type *v, Type *t, bool constraint, Str *cause)
{
	Type *vu = type_under(v), *tu = type_under(t);
	const char *verb = constraint ? "satisfy" : "implement";
	if (vu == TYPE(INVALID) || tu == TYPE(INVALID) ||
	    (vu->kind == TY_POINTER && type_under(vu->pointer.elem) == TYPE(INVALID)))
		return true; // reported
	if (tu->kind != TY_INTERFACE) {
		if (type_is_interface_ptr(tu)) {
			bool param = type_is_typeparam(tu->pointer.elem);
			const char *what = param ? "type parameter" : "interface";
			CAUSE("%s does not %s %s (type %s is pointer to %s, not %s)", TS(v), verb, TS(t), TS(t), what, what);
		} else {
			CAUSE("%s does not %s %s (%s is not an interface)", TS(v), verb, TS(t), TS(t));
		}
		return false;
	}
	const TypeSet *ts = types_type_set(c, pos, tu);
	if (typeset_is_all(ts))
		return true;
	const TypeSet *vs = vu->kind == TY_INTERFACE ? types_type_set(c, pos, vu) : NULL;
	if (vs && typeset_is_empty(vs))
		return true;
	if (typeset_is_empty(ts)) {
		CAUSE("cannot %s %s (empty type set)", verb, TS(t));
		return false;
	}
	if (!has_all_methods(c, v, t, true, same_type, NULL, cause)) {
		if (cause) {
			Str why = *cause;
			CAUSE("%s does not %s %s " STR_FMT, TS(v), verb, TS(t), STR_ARG(why));
		}
		return false;
	}
	if (typeset_has_terms(ts)) {
		if (vs) {
			if (!terms_subset(vs->terms, ts->terms)) {
				CAUSE("%s does not %s %s", TS(v), verb, TS(t));
				return false;
			}
		} else if (!in_terms(c, v, t, tu, verb, cause)) {
			return false;
		}
	}
	if (!typeset_is_comparable(ts) || check_comparable(c, v, false, NULL))
		return true;
	// Ordinary interfaces satisfy comparable since Go 1.20, though comparing may panic.
	if (constraint && check_comparable(c, v, true, NULL)) {
		if (!c || check_allow_version(c, GO1_20))
			return true;
		CAUSE("%s to %s comparable requires go1.20 or later", TS(v), verb);
		return false;
	}
	CAUSE("%s does not %s comparable", TS(v), verb);
	return false;
}

bool types_implements(Type *t, Type *iface)
{
	return check_implements(NULL, 0, t, iface, false, NULL);
}

// ---- assignability ------------------------------------------------------------------------------

static void add_cause(Checker *c, Str *cause, Str text)
{
	if (!cause || !c)
		return;
	*cause = cause->n ? str_fmt(c->a, STR_FMT "\n\t" STR_FMT, STR_ARG(text), STR_ARG(*cause)) : text;
}

// x NULL: a plain typed value of type from.
static bool assignable(Checker *c, Operand *x, Type *from, Type *to, Str *cause, Code *code)
{
	Type *orig = to, *v = type_unalias(from);
	to = type_unalias(to);
	*code = C_IncompatibleAssign;
	if (types_identical(v, to))
		return true;
	Type *vu = type_under(v), *tu = type_under(to);
	Type *vp = type_as_typeparam(v), *tp = type_as_typeparam(to);

	if (type_is_untyped(vu)) {
		if (!x)
			return false;
		Operand y = *x;
		y.type = from;
		Code ignored;
		const Const *val;
		if (!tp)
			return check_implicit_type(c, &y, to, &val, &ignored) != NULL;
		TermList l = typeparam_terms(tp);
		for (u32 i = 0; i < l.n; i++) {
			y = *x;
			if (!check_implicit_type(c, &y, l.p[i].type, &val, &ignored))
				return false;
		}
		return l.n > 0;
	}

	if (types_identical(vu, tu) && (!type_has_name(v) || !type_has_name(to)) && !vp && !tp)
		return true;

	if ((tu->kind == TY_INTERFACE && !tp) || type_is_interface_ptr(tu)) {
		if (check_implements(c, 0, v, to, false, cause))
			return true;
		if (!vp) {
			*code = C_InvalidIfaceAssign;
			return false;
		}
		if (cause)
			*cause = (Str){0};
	}

	if (vu->kind == TY_INTERFACE && !vp && check_implements(c, 0, to, v, false, NULL)) {
		CAUSE("need type assertion");
		return false;
	}

	if (vu->kind == TY_CHAN && vu->dir == CHAN_BOTH && tu->kind == TY_CHAN && types_identical(vu->chan.elem, tu->chan.elem)) {
		*code = C_InvalidChanAssign;
		return !type_has_name(v) || !type_has_name(to);
	}

	// Type parameters: every type of the set must do.
	if (tp && !type_has_name(v)) {
		TermList l = typeparam_terms(tp);
		for (u32 i = 0; i < l.n; i++) {
			if (!assignable(c, x, from, l.p[i].type, cause, code)) {
				if (c && cause)
					add_cause(c, cause, str_fmt(c->a, "cannot assign %s to %s (in %s)", TS(from), TS(l.p[i].type), TS(tp)));
				return false;
			}
		}
		return l.n > 0;
	}
	if (vp && !type_has_name(to)) {
		TermList l = typeparam_terms(vp);
		for (u32 i = 0; i < l.n; i++) {
			if (!assignable(c, x, l.p[i].type, to, cause, code)) {
				if (c && cause)
					add_cause(c, cause, str_fmt(c->a, "cannot assign %s (in %s) to %s", TS(l.p[i].type), TS(vp), TS(orig)));
				return false;
			}
		}
		return l.n > 0;
	}
	return false;
}

bool check_assignable(Checker *c, Operand *x, Type *t, Str *cause, Code *code)
{
	if (!op_valid(x) || !type_valid(t))
		return true;
	return assignable(c, x, x->type, t, cause, code);
}

bool types_assignable(Type *from, Type *to)
{
	Code code;
	return assignable(NULL, NULL, from, to, NULL, &code);
}
