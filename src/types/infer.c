// infer.c: the type arguments of a call, from the types of its arguments, from constraints, and at last from
// untyped constants. Rules: doc/go_spec.html, "Type inference"; messages: types2/infer.go.
#include "types/unify.h"

typedef struct Infer {
	Checker *c;
	Pos pos;
	Type **tparams; u32 n;
	bool reverse;           // a function is assigned: roles in messages are exchanged
	ErrMsg *m;
	Unifier u;
} Infer;

static Type **inferred_types(Infer *f)
{
	Type **l = NEWN(f->c->a, Type *, f->n);
	for (u32 i = 0; i < f->n; i++)
		l[i] = unifier_at(&f->u, i);
	return l;
}

// "P", "P and Q", "P, Q, and R"
static const char *names_of(Arena *a, Type **tparams, u32 n)
{
	Buf b = {0};
	for (u32 i = 0; i < n; i++) {
		if (i > 0)
			buf_c(&b, i + 1 < n ? ", " : n == 2 ? " and " : ", and ");
		buf_c(&b, tparams[i]->tparam.obj->name->s);
	}
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s.p;
}

static void mismatch(Infer *f, Type *par, Type *arg_type, Operand *arg)
{
	Checker *c = f->c;
	Type **l = inferred_types(f);
	bool none = true;
	for (u32 i = 0; i < f->n; i++)
		none &= l[i] == NULL;
	Pos pos = op_pos(arg);
	if (none) {
		errmsg_add(f->m, pos, "type %s of %s does not match %s (cannot infer %s)", TS(arg_type), ES(arg->expr), TS(par),
		           names_of(c->a, f->tparams, f->n));
		return;
	}
	Type *inst = check_subst(c, pos, par, f->tparams, l, f->n, NULL);
	if (inst == par)
		errmsg_add(f->m, pos, "type %s of %s does not match %s", TS(arg_type), ES(arg->expr), TS(par));
	else if (f->reverse)
		errmsg_add(f->m, pos, "inferred type %s for %s does not match type %s of %s", TS(inst), TS(par), TS(arg_type),
		           ES(arg->expr));
	else
		errmsg_add(f->m, pos, "type %s of %s does not match inferred type %s for %s", TS(arg_type), ES(arg->expr), TS(inst),
		           TS(par));
}

// The constraint's only term, or its core type with a tilde if any term has one. False if there is none.
static bool core_term(Checker *c, Type *tparam, Term *core, bool *single)
{
	TermList l = typeparam_terms(tparam);
	*single = l.n == 1;
	if (*single) {
		*core = l.p[0];
		return true;
	}
	Type *t = l.n ? types_common_under(c->a, c, tparam, NULL) : NULL;
	if (!t)
		return false;
	*core = (Term){false, t};
	for (u32 i = 0; i < l.n; i++)
		core->tilde |= l.p[i].tilde;
	return true;
}

static bool same_by_unifying(void *ctx, Type *x, Type *y)
{
	return unify(ctx, x, y, UNIFY_EXACT);
}

// One round of unifying parameters with their constraints.
static bool use_constraints(Infer *f)
{
	Checker *c = f->c;
	for (u32 i = 0; i < f->n; i++) {
		Type *p = f->tparams[i], *t = unifier_at(&f->u, i);
		Term core;
		bool single;
		if (core_term(c, p, &core, &single)) {
			if (t) {
				if (!unify(&f->u, t, core.type, 0)) {
					errmsg_add(f->m, f->pos, "%s (type %s) does not satisfy %s", TS(p), TS(t), TS(p->tparam.bound));
					return false;
				}
			} else if (single && !core.tilde) {
				unifier_set(&f->u, i, core.type);
			}
		}
		if (t && !type_is_parameterized(f->tparams, f->n, t)) {
			Str cause = {0};
			if (!has_all_methods(c, t, typeparam_iface(c, p), true, same_by_unifying, &f->u, &cause)) {
				errmsg_add(f->m, f->pos, "%s (type %s) does not satisfy %s " STR_FMT, TS(p), TS(t), TS(p->tparam.bound),
				           STR_ARG(cause));
				return false;
			}
		}
	}
	return true;
}

// Parameters without a type yet get the default type of the "largest" of their untyped arguments.
static bool use_untyped(Infer *f, Type *params, Operand **args, const u32 *untyped, u32 nuntyped)
{
	Checker *c = f->c;
	Type **max = NEWN(c->a, Type *, f->n);
	for (u32 k = 0; k < nuntyped; k++) {
		Type *p = params->tuple.vars[untyped[k]]->type;
		Operand *arg = args[untyped[k]];
		u32 i = 0;
		while (i < f->n && f->tparams[i] != p)
			i++;
		if (i == f->n || unifier_at(&f->u, i))
			continue;
		Type *m = max[i] ? type_max(max[i], arg->type) : arg->type;
		if (!m) {
			errmsg_add(f->m, op_pos(arg), "mismatched types %s and %s (cannot infer %s)", TS(max[i]), TS(arg->type), TS(p));
			return false;
		}
		max[i] = m;
	}
	for (u32 i = 0; i < f->n; i++)
		if (max[i] && !unifier_at(&f->u, i))
			unifier_set(&f->u, i, type_default(max[i]));
	return true;
}

// ---- cycles among inferred types ----------------------------------------------------------------

// P inferred as []Q and Q as []P has no solution: such types are forgotten.
typedef struct Walk { Type *t; struct Walk *up; } Walk;

static void kill_cycles(Infer *f, Type **inferred, Type *t, Walk *up);

static void kill_in_vars(Infer *f, Type **inferred, Type *t, Walk *up)
{
	for (u32 i = 0; i < t->tuple.n; i++)
		kill_cycles(f, inferred, t->tuple.vars[i]->type, up);
}

static int index_of(Infer *f, Type *t)
{
	for (u32 i = 0; i < f->n; i++)
		if (f->tparams[i] == t)
			return (int)i;
	return -1;
}

static void kill_cycles(Infer *f, Type **inferred, Type *t, Walk *up)
{
	t = type_unalias(t);
	if (t->kind == TY_BASIC)
		return;
	for (Walk *w = up; w; w = w->up) {
		if (w->t == t) {
			int i = index_of(f, t);
			if (i >= 0)
				inferred[i] = NULL;
			return;
		}
	}
	Walk here = {t, up};
	switch ((TypeKind)t->kind) {
	case TY_ARRAY:
		kill_cycles(f, inferred, t->array.elem, &here);
		break;
	case TY_SLICE:
		kill_cycles(f, inferred, t->slice.elem, &here);
		break;
	case TY_POINTER:
		kill_cycles(f, inferred, t->pointer.elem, &here);
		break;
	case TY_CHAN:
		kill_cycles(f, inferred, t->chan.elem, &here);
		break;
	case TY_MAP:
		kill_cycles(f, inferred, t->map.key, &here);
		kill_cycles(f, inferred, t->map.elem, &here);
		break;
	case TY_STRUCT:
		for (u32 i = 0; i < t->structt.n; i++)
			kill_cycles(f, inferred, t->structt.fields[i]->type, &here);
		break;
	case TY_FUNC:
		kill_in_vars(f, inferred, t->func.params, &here);
		kill_in_vars(f, inferred, t->func.results, &here);
		break;
	case TY_UNION:
		for (u32 i = 0; i < t->union_.n; i++)
			kill_cycles(f, inferred, t->union_.terms[i].type, &here);
		break;
	case TY_INTERFACE:
		for (u32 i = 0; i < t->iface.methods.n; i++)
			kill_cycles(f, inferred, t->iface.methods.p[i]->type, &here);
		for (u32 i = 0; i < t->iface.embeds.n; i++)
			kill_cycles(f, inferred, t->iface.embeds.p[i], &here);
		break;
	case TY_NAMED: {
		TypeList l = named_targs(t);
		for (u32 i = 0; i < l.n; i++)
			kill_cycles(f, inferred, l.p[i], &here);
		break;
	}
	case TY_TYPEPARAM: {
		int i = index_of(f, t);
		if (i >= 0 && inferred[i])
			kill_cycles(f, inferred, inferred[i], &here);
		break;
	}
	default:
		break;
	}
}

// Inferred types may mention parameters: put in what these were inferred to be, until nothing changes.
static void simplify(Infer *f, Type **inferred, Type **given)
{
	Checker *c = f->c;
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 0; i < f->n; i++) {
			Type *t = inferred[i];
			if (!t || given[i] || !type_is_parameterized(f->tparams, f->n, t))
				continue;
			Type *u = check_subst(c, 0, t, f->tparams, inferred, f->n, NULL);
			if (u == t)
				continue;
			if (u->kind == TY_FUNC && u->func.ntparams && !type_is_parameterized(f->tparams, f->n, u)) {
				u->func.tparams = NULL; // its parameters were among those inferred
				u->func.ntparams = 0;
			}
			inferred[i] = u;
			changed = true;
		}
	}
}

Type **check_infer(Checker *c, Pos pos, Type **tparams, u32 n, Type **targs, u32 ntargs, Type *params, Operand **args,
                   u32 nargs, bool reverse, ErrMsg *m)
{
	u32 missing = n - MIN(n, ntargs);
	for (u32 i = 0; i < ntargs; i++)
		missing += targs[i] == NULL;
	if (missing == 0)
		return targs;
	for (u32 i = 0; i < nargs; i++)
		if (!op_valid(args[i]))
			return NULL;
	Type **given = NEWN(c->a, Type *, n);
	for (u32 i = 0; i < n && i < ntargs; i++)
		given[i] = targs[i];
	if (nargs)
		params = check_subst(c, 0, params, tparams, given, n, NULL);

	Infer f = {.c = c, .pos = pos, .tparams = tparams, .n = n, .reverse = reverse, .m = m};
	unifier_init(&f.u, c, tparams, n, given, n, check_allow_version(c, GO1_21));
	u32 *untyped = NEWN(c->a, u32, nargs), nuntyped = 0;
	for (u32 i = 0; i < nargs; i++) {
		Type *p = params->tuple.vars[i]->type;
		Operand *x = args[i];
		if (!type_is_parameterized(tparams, n, p) && !type_is_parameterized(tparams, n, x->type))
			continue;
		if (type_is_typed(x->type)) {
			if (!unify(&f.u, p, x->type, UNIFY_ASSIGN)) {
				mismatch(&f, p, x->type, x);
				return NULL;
			}
		} else if (p->kind == TY_TYPEPARAM && !op_is_nil(x)) {
			untyped[nuntyped++] = i;
		}
	}
	for (;;) {
		u32 before = unifier_unknowns(&f.u);
		if (!use_constraints(&f))
			return NULL;
		if (unifier_unknowns(&f.u) == before)
			break;
	}
	if (!use_untyped(&f, params, args, untyped, nuntyped))
		return NULL;

	Type **inferred = inferred_types(&f);
	for (u32 i = 0; i < n; i++)
		kill_cycles(&f, inferred, tparams[i], NULL);
	simplify(&f, inferred, given);
	for (u32 i = 0; i < n; i++) {
		if (!inferred[i] || type_is_parameterized(tparams, n, inferred[i])) {
			Object *o = tparams[i]->tparam.obj;
			Str at = pos_fmt(c->a, o->pos);
			errmsg_add(m, pos, "cannot infer %s (declared at " STR_FMT ")", o->name->s, STR_ARG(at));
			return NULL;
		}
	}
	return inferred;
}
