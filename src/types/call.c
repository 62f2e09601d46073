// call.c: calls, their arguments, instantiation of generic functions, and selectors (types2/call.go).
#include "types/algebra.h"
#include "types/check.h"

enum { NOT_A_VALUE = 1u << MODE_NOVALUE | 1u << MODE_BUILTIN | 1u << MODE_TYPE };

// Evaluated arguments. Few of them live in place, on the C stack of the caller.
typedef struct ArgList {
	Operand **p;
	u32 n;
	TypeVec *partial;       // partial[i]: type arguments given for the generic function p[i]; NULL if none
	Operand few[6];
	Operand *few_p[6];
} ArgList;

static void args_reserve(Checker *c, ArgList *l, u32 n)
{
	l->n = n;
	if (n <= LENGTH(l->few)) {
		l->p = l->few_p;
		memset(l->few, 0, n * sizeof l->few[0]);
		for (u32 i = 0; i < n; i++)
			l->p[i] = &l->few[i];
		return;
	}
	Operand *x = NEWN(c->a, Operand, n);
	l->p = NEWN(c->a, Operand *, n);
	for (u32 i = 0; i < n; i++)
		l->p[i] = &x[i];
}

// ---- instantiation of functions ------------------------------------------------------------------

typedef struct SigCtx { Pos pos; Type *sig; Type **targs; u32 n; Expr **xlist; u32 nx; } SigCtx;

static void verify_signature(Checker *c, void *p)
{
	SigCtx *k = p;
	Str cause = {0};
	int i = check_verify(c, k->pos, k->sig->func.tparams, k->targs, k->n, &cause);
	if (i >= 0)
		check_soft_error(c, (u32)i < k->nx ? EPOS(k->xlist[i]) : k->pos, C_InvalidTypeArg, STR_FMT, STR_ARG(cause));
	else
		check_mono_record_instance(c, k->pos, k->sig->func.tparams, k->targs, k->n, k->xlist, k->nx);
}

Type *check_instantiate_signature(Checker *c, Pos pos, Expr *e, Type **targs, u32 n, Type *sig, Expr **xlist, u32 nx)
{
	Type *inst = check_instance(c, pos, sig, targs, n, NULL);
	check_record_instance(c, e, targs, n);
	SigCtx *k = NEW(c->a, SigCtx);
	*k = (SigCtx){pos, sig, targs, n, xlist, nx};
	check_later(c, verify_signature, k);
	return inst;
}

bool check_func_inst(Checker *c, const Target *t, Pos pos, Operand *x, Expr *inst, bool infer, TypeVec *partial)
{
	Pos err_pos = pos;
	if (inst) {
		err_pos = inst->pos;
		x->expr = inst;
	}
	bool version_err = !check_verify_version(c, err_pos, GO1_18, "function instantiation");
	TypeVec targs = {0};
	Expr **xlist = NULL;
	u32 nx = 0;
	if (inst) {
		xlist = expr_list(&inst->index.i, &nx);
		if (!check_type_list(c, xlist, nx, &targs)) {
			x->mode = MODE_INVALID;
			return false;
		}
	}
	Type *sig = x->type;
	u32 got = targs.n, want = sig->func.ntparams;
	if (got > want) {
		check_error(c, EPOS(xlist[got - 1]), C_WrongTypeArgCount, "got %u type arguments but want %u", got, want);
		x->mode = MODE_INVALID;
		return false;
	}
	if (got < want) {
		if (!infer) {
			*partial = targs;
			return true;
		}
		// var v target = x is inferred as the call g(v) of a function g[tparams of x](type of x).
		Type *params = c->no_results;
		Operand arg = {0}, *args = &arg;
		u32 nargs = 0;
		if (t) {
			if (!version_err && !check_allow_version(c, GO1_21))
				check_verify_version(c, err_pos, GO1_21, inst
					? "partially instantiated function in assignment" : "implicitly instantiated function in assignment");
			Type *gsig = type_new_func(c->a, NULL, sig->func.params, sig->func.results, sig->variadic);
			Object **vars = NEWN(c->a, Object *, 1);
			vars[0] = object_new_var(c->a, VAR_PARAM, x->expr->pos, c->pkg, name_of_c(""), gsig);
			params = type_new_tuple(c->a, vars, 1);
			arg.mode = MODE_VALUE;
			arg.expr = expr_new(c->a, E_NAME, x->expr->pos);
			arg.expr->name.name = name_of(t->desc);
			arg.type = t->sig;
			nargs = 1;
		}
		Type **tparams = check_rename_tparams(c, pos, sig->func.tparams, want, &params);
		ErrMsg m = {.c = c, .code = C_CannotInferTypeArgs};
		Type **res = check_infer(c, pos, tparams, want, targs.p, targs.n, params, &args, nargs, t != NULL, &m);
		if (!res) {
			errmsg_report(&m);
			x->mode = MODE_INVALID;
			return false;
		}
		targs.p = res;
		targs.n = want;
	}
	x->type = check_instantiate_signature(c, x->expr->pos, x->expr, targs.p, targs.n, sig, xlist, nx);
	x->mode = MODE_VALUE;
	return false;
}

// ---- arguments -----------------------------------------------------------------------------------

// The values of e as operands: several if it is a call with several results.
static void unpack_values(Checker *c, ArgList *l, Operand *x, Expr *e, bool nth_names)
{
	if (!op_valid(x) || x->type->kind != TY_TUPLE || x->mode == MODE_NOVALUE) {
		args_reserve(c, l, 1);
		*l->p[0] = *x;
		return;
	}
	Type *t = x->type;
	args_reserve(c, l, t->tuple.n);
	for (u32 i = 0; i < t->tuple.n; i++) {
		*l->p[i] = (Operand){.mode = MODE_VALUE, .expr = e, .type = t->tuple.vars[i]->type};
		if (nth_names) {
			Expr *d = expr_new(c->a, E_NAME, EPOS(e));
			const char *ext = i == 0 ? "st" : i == 1 ? "nd" : i == 2 ? "rd" : "th";
			d->name.name = name_of(str_fmt(c->a, "%u%s function result", i + 1, ext));
			l->p[i]->expr = d;
		}
	}
}

// exprList of types2: no generic functions.
static void expr_args(Checker *c, ArgList *l, ExprVec v)
{
	if (v.n == 1) {
		Operand x = {0};
		check_multi_expr(c, &x, v.p[0]);
		unpack_values(c, l, &x, v.p[0], true);
		return;
	}
	args_reserve(c, l, v.n);
	for (u32 i = 0; i < v.n; i++)
		check_expr(c, NULL, l->p[i], v.p[i]);
}

static bool generic_arg(Checker *c, ArgList *l, u32 i, u32 n, Operand *x, Expr *e, bool infer)
{
	if (e->kind != E_INDEX)
		return false;
	x->mode = MODE_INVALID;
	x->type = TYPE(INVALID);
	x->val = NULL;
	x->expr = e;
	bool inst = check_index_expr(c, x, e);
	if (!inst) {
		// An ordinary index expression: end what raw_expr would have done.
		x->expr = e;
		check_non_generic(c, NULL, x);
		check_record(c, x);
		return true;
	}
	TypeVec partial = {0};
	if (check_func_inst(c, NULL, e->pos, x, e, infer, &partial)) {
		if (!l->partial)
			l->partial = NEWN(c->a, TypeVec, n);
		l->partial[i] = partial;
		x->expr = e;
	} else {
		check_record(c, x);
	}
	return true;
}

static void generic_args(Checker *c, ArgList *l, ExprVec v)
{
	bool infer = !check_allow_version(c, GO1_21);
	l->partial = NULL;
	if (v.n == 1) {
		Expr *e = v.p[0];
		Operand x = {0};
		if (generic_arg(c, l, 0, 1, &x, e, infer)) {
			check_exclude(c, &x, NOT_A_VALUE);
			args_reserve(c, l, 1);
			*l->p[0] = x;
			return;
		}
		check_raw_expr(c, NULL, &x, e, NULL, true);
		check_exclude(c, &x, NOT_A_VALUE);
		unpack_values(c, l, &x, e, false);
		return;
	}
	args_reserve(c, l, v.n);
	for (u32 i = 0; i < v.n; i++) {
		if (generic_arg(c, l, i, v.n, l->p[i], v.p[i], infer)) {
			check_exclude(c, l->p[i], NOT_A_VALUE);
			check_single_value(c, l->p[i]);
		} else {
			check_generic_expr(c, l->p[i], v.p[i], NULL);
		}
	}
}

static Type *param_type(Type *sig, u32 i, bool spread)
{
	u32 np = sig->func.params->tuple.n;
	if (spread && i + 1 >= np)
		return sig->func.params->tuple.vars[np - 1]->type->slice.elem;
	return sig->func.params->tuple.vars[i]->type;
}

Type *check_arguments(Checker *c, Expr *call, Type *sig, TypeVec targs, Expr **xlist, u32 nx, Operand **args, u32 nargs,
	TypeVec *partial)
{
	Type *rsig = sig;
	u32 npars = sig->func.params->tuple.n;
	bool dots = call->call.dots, spread = false;
	if (sig->variadic) {
		if (dots) {
			if (call->call.args.n == 1 && nargs > 1) {
				check_error(c, EPOS(call), C_InvalidDotDotDot, "cannot use ... with %u-valued %s", nargs,
					ES(call->call.args.p[0]));
				return rsig;
			}
		} else if (nargs + 1 >= npars) {
			spread = true;
			npars = nargs;
		} else {
			npars--;
		}
	} else if (dots) {
		check_error(c, EPOS(call), C_NonVariadicDotDotDot, "cannot use ... in call to non-variadic %s", ES(call->call.fun));
		return rsig;
	}
	if (nargs != npars) {
		Pos at = EPOS(call);
		const char *what = "not enough";
		if (nargs > npars) {
			at = EPOS(args[npars]->expr);
			what = "too many";
		} else if (nargs > 0) {
			at = EPOS(args[nargs - 1]->expr);
		}
		ErrMsg m = {.c = c, .code = C_WrongArgCount};
		errmsg_add(&m, at, "%s arguments in call to %s", what, ES(call->call.fun));
		TypeVec have = {0}, want = {0};
		for (u32 i = 0; i < nargs; i++)
			vec_push(c->a, &have, args[i]->type);
		Type *tup = sig->func.params;
		for (u32 i = 0; i < tup->tuple.n; i++)
			vec_push(c->a, &want, tup->tuple.vars[i]->type);
		errmsg_add(&m, 0, "have " STR_FMT, STR_ARG(check_types_summary(c, have.p, have.n, false, dots)));
		errmsg_add(&m, 0, "want " STR_FMT, STR_ARG(check_types_summary(c, want.p, want.n, sig->variadic, false)));
		errmsg_report(&m);
		return rsig;
	}

	u32 n = sig->func.ntparams;
	bool generic = n > 0;
	for (u32 i = 0; i < nargs && !generic; i++)
		generic = args[i]->type->kind == TY_FUNC && args[i]->type->func.ntparams > 0;
	Type *params = sig->func.params; // with the variadic parameter spread out, if generic
	if (generic) {
		TypeVec tparams = {0};
		if (spread) {
			Object **vars = NEWN(c->a, Object *, nargs ? nargs : 1);
			u32 fixed = sig->func.params->tuple.n - 1;
			Object *last = sig->func.params->tuple.vars[fixed];
			for (u32 i = 0; i < nargs; i++)
				vars[i] = i < fixed ? sig->func.params->tuple.vars[i]
					: object_new_var(c->a, VAR_PARAM, last->pos, last->pkg, last->name, last->type->slice.elem);
			params = type_new_tuple(c->a, vars, nargs);
		}
		if (n > 0) {
			if (!check_allow_version(c, GO1_18))
				check_verify_version(c, EPOS(call->call.fun), GO1_18, call->call.fun->kind == E_INDEX
					? "function instantiation" : "implicit function instantiation");
			Type **fresh = check_rename_tparams(c, call->pos, sig->func.tparams, n, &params);
			for (u32 i = 0; i < n; i++)
				vec_push(c->a, &tparams, fresh[i]);
			TypeVec copy = {0};
			for (u32 i = 0; i < n; i++)
				vec_push(c->a, &copy, i < targs.n ? targs.p[i] : NULL);
			targs = copy;
		}
		U32Vec gargs = {0};
		for (u32 i = 0; i < nargs; i++) {
			Type *as = args[i]->type;
			if (as->kind != TY_FUNC || as->func.ntparams == 0)
				continue;
			// Own type parameters for each, for calls like f(g, g).
			Type *copy = NEW(c->a, Type);
			*copy = *as;
			u32 k = as->func.ntparams;
			Type *renamed = copy;
			Type **fresh = check_rename_tparams(c, call->pos, as->func.tparams, k, &renamed);
			if (renamed == as) {
				renamed = NEW(c->a, Type);
				*renamed = *as;
			}
			renamed->func.tparams = fresh;
			renamed->func.ntparams = k;
			args[i]->type = renamed;
			for (u32 j = 0; j < k; j++) {
				vec_push(c->a, &tparams, fresh[j]);
				vec_push(c->a, &targs, partial && j < partial[i].n ? partial[i].p[j] : NULL);
			}
			vec_push(c->a, &gargs, i);
		}
		if (gargs.n && !check_allow_version(c, GO1_21))
			check_verify_version(c, op_pos(args[gargs.p[0]]), GO1_21, "implicitly instantiated function as argument");
		ErrMsg m = {.c = c, .code = C_CannotInferTypeArgs};
		Type **res = check_infer(c, call->pos, tparams.p, tparams.n, targs.p, targs.n, params, args, nargs, false, &m);
		if (!res) {
			if (m.n)
				check_error(c, m.pos, C_CannotInferTypeArgs, "in call to %s, " STR_FMT, ES(call->call.fun), STR_ARG(m.text));
			return rsig;
		}
		if (n > 0) {
			Type **own = NEWN(c->a, Type *, n);
			memcpy(own, res, n * sizeof *own);
			rsig = check_instantiate_signature(c, call->pos, call->call.fun, own, n, sig, xlist, nx);
			if (spread)
				params = check_subst(c, call->pos, params, tparams.p, own, n, NULL);
			else
				params = rsig->func.params;
		}
		u32 j = n;
		for (u32 i = 0; i < gargs.n; i++) {
			Operand *x = args[gargs.p[i]];
			u32 k = x->type->func.ntparams;
			Type **own = NEWN(c->a, Type *, k);
			memcpy(own, res + j, k * sizeof *own);
			x->type = check_instantiate_signature(c, call->pos, x->expr, own, k, x->type, NULL, 0);
			check_record(c, x);
			j += k;
		}
		spread = false;
	}
	for (u32 i = 0; i < nargs; i++) {
		c->call_fun = call->call.fun;
		Type *t = generic ? params->tuple.vars[i]->type : param_type(sig, i, spread);
		check_assignment(c, args[i], t, CONTEXT_ARGUMENT);
	}
	return rsig;
}

// ---- calls ---------------------------------------------------------------------------------------

static ExprClass conversion_call(Checker *c, Operand *x, Expr *call)
{
	ExprVec args = call->call.args;
	check_non_generic(c, NULL, x);
	if (!op_valid(x)) {
		x->expr = call;
		return EC_CONVERSION;
	}
	Type *t = x->type;
	call->call.is_conversion = true;
	x->mode = MODE_INVALID;
	if (!check_is_complete(c, t)) {
		x->expr = call;
		return EC_CONVERSION;
	}
	if (args.n == 0) {
		check_error(c, EPOS(call), C_WrongArgCount, "missing argument in conversion to %s", TS(t));
	} else if (args.n == 1) {
		Target tg;
		check_expr(c, check_target(c, &tg, t, S("conversion")), x, args.p[0]);
		if (op_valid(x)) {
			Type *u = type_under(t);
			if (u->kind == TY_INTERFACE && !type_is_typeparam(t) && !typeset_is_method_set(types_type_set(c, 0, u))) {
				check_error(c, EPOS(call), C_MisplacedConstraintIface,
					"cannot use interface %s in conversion (contains specific type constraints or is comparable)", TS(t));
			} else if (call->call.dots) {
				check_error(c, EPOS(args.p[0]), C_BadDotDotDotSyntax, "invalid use of ... in conversion to %s", TS(t));
			} else {
				check_conversion(c, x, t);
			}
		}
	} else {
		check_use(c, args.p, args.n);
		check_error(c, EPOS(args.p[args.n - 1]), C_WrongArgCount, "too many arguments in conversion to %s", TS(t));
	}
	x->expr = call;
	return EC_CONVERSION;
}

ExprClass check_call(Checker *c, Operand *x, Expr *call)
{
	Expr *inst = NULL;
	Expr *fun = call->call.fun;
	ExprVec args = call->call.args;
	call->call.builtin = 0;
	call->call.is_conversion = false;
	if (fun->kind == E_INDEX) {
		x->expr = fun;
		if (check_index_expr(c, x, fun))
			inst = fun;
		x->expr = fun;
		check_record(c, x);
	} else {
		check_expr_or_type(c, x, fun, true);
	}
	switch (x->mode) {
	case MODE_INVALID:
		check_use(c, args.p, args.n);
		x->expr = call;
		return EC_STATEMENT;
	case MODE_TYPE:
		return conversion_call(c, x, call);
	case MODE_BUILTIN: {
		Builtin id = x->builtin;
		call->call.builtin = (u16)(id + 1);
		if (!check_builtin(c, x, call, id))
			x->mode = MODE_INVALID;
		x->expr = call;
		if (op_valid(x) && x->mode != MODE_CONST)
			c->env.has_call_or_recv = true;
		return builtin_info[id].kind;
	}
	}

	Type *sig = NULL;
	Str cause = {0};
	if (type_is_typeparam(x->type)) {
		TypeList l = types_specific(c->a, x->type);
		for (u32 i = 0; i < l.n && !cause.n; i++)
			if (type_under(l.p[i])->kind != TY_FUNC)
				cause = str_fmt(c->a, "%s is not a function", TS(l.p[i]));
		if (!cause.n)
			sig = types_common_under(c->a, c, x->type, &cause);
	} else {
		sig = type_under(x->type);
		if (sig->kind != TY_FUNC) {
			cause = str_fmt(c->a, "%s is not a function", TS(x->type));
			sig = NULL;
		}
	}
	if (!sig) {
		check_error(c, op_pos(x), C_InvalidCall, "invalid operation: cannot call %s: " STR_FMT, XS(x), STR_ARG(cause));
		goto invalid;
	}
	bool was_generic = sig->func.ntparams > 0;
	Expr **xlist = NULL;
	u32 nx = 0;
	TypeVec targs = {0};
	if (inst) {
		xlist = expr_list(&inst->index.i, &nx);
		if (!check_type_list(c, xlist, nx, &targs)) {
			check_use(c, args.p, args.n);
			goto invalid;
		}
		u32 got = targs.n, want = sig->func.ntparams;
		if (got > want) {
			check_error(c, EPOS(xlist[want]), C_WrongTypeArgCount, "got %u type arguments but want %u", got, want);
			check_use(c, args.p, args.n);
			goto invalid;
		}
		if (got == want && want > 0) {
			check_verify_version(c, EPOS(inst), GO1_18, "function instantiation");
			sig = check_instantiate_signature(c, inst->pos, inst, targs.p, targs.n, sig, xlist, nx);
			targs = (TypeVec){0};
			xlist = NULL;
			nx = 0;
		}
	}
	ArgList l;
	generic_args(c, &l, args);
	sig = check_arguments(c, call, sig, targs, xlist, nx, l.p, l.n, l.partial);
	if (was_generic && sig->func.ntparams == 0)
		check_record_types(c, fun, MODE_VALUE, sig, NULL);
	Type *res = sig->func.results;
	x->val = NULL;
	switch (res->tuple.n) {
	case 0:
		x->mode = MODE_NOVALUE;
		x->type = sig; // gc names it where the missing value is counted
		break;
	case 1:
		x->mode = MODE_VALUE;
		if (!check_is_complete(c, res->tuple.vars[0]->type))
			goto invalid;
		x->type = res->tuple.vars[0]->type;
		break;
	default:
		x->mode = MODE_VALUE;
		x->type = res;
	}
	x->expr = call;
	c->env.has_call_or_recv = true;
	if (x->mode == MODE_VALUE && sig->func.ntparams &&
		type_is_parameterized(sig->func.tparams, sig->func.ntparams, x->type))
		x->mode = MODE_INVALID;
	return EC_STATEMENT;
invalid:
	x->mode = MODE_INVALID;
	x->expr = call;
	return EC_STATEMENT;
}

// For builtin.c: evaluates the arguments of a call.
Operand **check_call_args(Checker *c, ExprVec v, u32 *n)
{
	ArgList *l = NEW(c->a, ArgList);
	expr_args(c, l, v);
	*n = l->n;
	return l->p;
}

// ---- selectors -----------------------------------------------------------------------------------

static Selection *select_(Checker *c, Expr *e, int kind, Type *recv, Object *o, U32Vec path, bool indirect)
{
	Selection *s = NEW(c->a, Selection);
	s->kind = kind;
	s->obj = o;
	s->path = path.p;
	s->npath = path.n;
	s->indirect = indirect;
	s->recv = recv;
	e->sel.selection = s;
	e->sel.sel->name.obj = o;
	return s;
}

void check_record_field(Checker *c, Expr *e, Type *recv, Object *o, U32Vec path)
{
	select_(c, e, SEL_FIELD, recv, o, path, false);
}

static bool qualified(Checker *c, Operand *x, Expr *e, Object *pname)
{
	Package *pkg = pname->pkgname.imported;
	Name sel = e->sel.sel->name.name;
	e->sel.x->name.obj = pname;
	pname->used = true;
	Object *o = types_member(pkg, sel);
	if (!o) {
		if (pkg->fake || !unicode_is_identifier(name_str(sel)))
			return false;
		Object *alt = NULL;
		for (u32 i = 0; i < pkg->scope->list.n; i++) {
			Object *k = pkg->scope->list.p[i];
			if (name_is_exported(k->name) && name_equal_fold(k->name, sel) &&
				(!alt || str_cmp(name_str(k->name), name_str(alt->name)) < 0))
				alt = k;
		}
		if (alt)
			check_error(c, e->sel.sel->pos, C_UndeclaredImportedName, "undefined: %s (but have %s)", ES(e), alt->name->s);
		else {
			hint_package_member(c, pkg, sel);
			check_error(c, e->sel.sel->pos, C_UndeclaredImportedName, "undefined: %s", ES(e));
		}
		return false;
	}
	if (!name_is_exported(sel))
		check_error(c, e->sel.sel->pos, C_UnexportedName, "name %s not exported by package %s", sel->s, pkg->name->s);
	select_(c, e, SEL_QUALIFIED, NULL, o, (U32Vec){0}, false);
	x->type = o->type;
	switch (o->kind) {
	case OBJ_CONST:
		x->mode = MODE_CONST;
		x->val = o->constant.val;
		break;
	case OBJ_TYPENAME:
		x->mode = MODE_TYPE;
		break;
	case OBJ_VAR:
		x->mode = MODE_VAR;
		break;
	case OBJ_FUNC:
		x->mode = MODE_VALUE;
		break;
	case OBJ_BUILTIN:
		x->mode = MODE_BUILTIN;
		x->builtin = o->builtin;
		break;
	default:
		return false;
	}
	if (!x->type)
		x->type = TYPE(INVALID);
	return x->mode == MODE_BUILTIN || type_valid(x->type);
}

static Str interface_ptr_error(Checker *c, Type *t)
{
	Type *p = type_under(t);
	if (type_is_typeparam(p->pointer.elem))
		return str_fmt(c->a, "type %s is pointer to type parameter, not type parameter", TS(t));
	return str_fmt(c->a, "type %s is pointer to interface, not interface", TS(t));
}

static void not_found(Checker *c, Operand *x, Expr *e, Name sel, bool ambiguous, bool indirect)
{
	Pos pos = e->sel.sel->pos;
	Type *u = type_under(x->type);
	if (!type_valid(u))
		return;
	if (ambiguous) {
		check_error(c, pos, C_AmbiguousSelector, "ambiguous selector %s.%s", ES(x->expr), sel->s);
		return;
	}
	if (indirect) {
		if (x->mode == MODE_TYPE)
			check_error(c, pos, C_InvalidMethodExpr, "invalid method expression %s.%s (needs pointer receiver (*%s).%s)",
				TS(x->type), sel->s, TS(x->type), sel->s);
		else {
			hint_not_addressable(c, x, sel);
			check_error(c, pos, C_InvalidMethodExpr, "cannot call pointer method %s on %s", sel->s, TS(x->type));
		}
		return;
	}
	Str why;
	if (type_is_interface_ptr(x->type)) {
		why = interface_ptr_error(c, x->type);
		hint_behind_pointer(c, x, sel);
	} else {
		U32Vec path = {0};
		bool ind;
		Object *alt = types_lookup_fold(c->a, x->type, x->mode == MODE_VAR, c->pkg, sel, true, &path, &ind);
		why = check_lookup_error(c, x->type, sel, alt, false);
		if (!alt)
			hint_behind_pointer(c, x, sel);
		if (!alt && !c->hint.n)
			hint_member(c, x->type, sel, false);
	}
	check_error(c, pos, C_MissingFieldOrMethod, "%s.%s undefined (" STR_FMT ")", ES(x->expr), sel->s, STR_ARG(why));
}

void check_selector(Checker *c, Operand *x, Expr *e, bool want_type)
{
	Name sel = e->sel.sel->name.name;
	x->val = NULL;
	if (e->sel.x->kind == E_NAME) {
		Object *o = scope_lookup_parent(c->env.scope, e->sel.x->name.name, NULL);
		if (o && o->kind == OBJ_PKGNAME) {
			if (!qualified(c, x, e, o))
				goto error;
			x->expr = e;
			return;
		}
		if (!o)
			c->qualifier = e->sel.x;
	}
	check_expr_or_type(c, x, e->sel.x, false);
	if (x->mode == MODE_BUILTIN)
		check_error(c, e->pos, C_UncalledBuiltin, "invalid use of %s in selector expression", XS(x));
	if (x->mode == MODE_BUILTIN || !op_valid(x) || !check_is_complete(c, x->type))
		goto error;
	if (want_type) {
		check_error(c, e->sel.sel->pos, C_NotAType, "%s is not a type", ES(e));
		goto error;
	}
	Type *u = type_under(x->type);
	if (u->kind == TY_POINTER && !check_is_complete(c, u->pointer.elem))
		goto error;
	U32Vec path = {0};
	bool indirect = false;
	Object *o = types_lookup(c->a, x->type, x->mode == MODE_VAR, c->pkg, sel, &path, &indirect);
	if (!o) {
		not_found(c, x, e, sel, path.n > 0, indirect);
		goto error;
	}
	if (o->kind == OBJ_VAR) {
		if (x->mode == MODE_TYPE) {
			check_error(c, EPOS(e->sel.x), C_MissingFieldOrMethod, "operand for field selector %s must be value of type %s",
				sel->s, TS(x->type));
			goto error;
		}
		select_(c, e, SEL_FIELD, x->type, o, path, indirect);
		x->mode = x->mode == MODE_VAR || indirect ? MODE_VAR : MODE_VALUE;
		x->type = o->type;
		x->expr = e;
		if (!x->type)
			x->type = TYPE(INVALID);
		return;
	}
	check_obj_decl(c, o);
	check_add_dep(c, o);
	Type *sig = o->type;
	if (sig->kind != TY_FUNC)
		goto error;
	if (x->mode == MODE_TYPE) {
		select_(c, e, SEL_METHODEXPR, x->type, o, path, indirect);
		if (!sig->func.recv) {
			check_error(c, EPOS(e), C_InvalidDeclCycle, "illegal cycle in method declaration");
			goto error;
		}
		Type *params = sig->func.params;
		Object **vars = NEWN(c->a, Object *, params->tuple.n + 1);
		Name name = name_of_c("");
		if (params->tuple.n && params->tuple.vars[0]->name->n) { // all or none have names
			name = sig->func.recv->name;
			if (!name->n)
				name = name_of_c("_");
		}
		vars[0] = object_new_var(c->a, VAR_PARAM, sig->func.recv->pos, sig->func.recv->pkg, name, x->type);
		for (u32 i = 0; i < params->tuple.n; i++)
			vars[i + 1] = params->tuple.vars[i];
		Type *t = type_new_func(c->a, NULL, type_new_tuple(c->a, vars, params->tuple.n + 1), sig->func.results,
			sig->variadic);
		t->func.tparams = sig->func.tparams;
		t->func.ntparams = sig->func.ntparams;
		x->type = t;
	} else {
		select_(c, e, SEL_METHOD, x->type, o, path, indirect);
		if (o->ptr_recv && !indirect && !o->is_interface_method)
			check_mark_storage(e->sel.x, true);
		Type *t = type_clone(c->a, sig);
		t->func.recv = NULL;
		x->type = t;
	}
	x->mode = MODE_VALUE;
	x->expr = e;
	return;
error:
	x->mode = MODE_INVALID;
	x->type = TYPE(INVALID);
	x->expr = e;
}

// ---- evaluation for the sake of it ---------------------------------------------------------------

static bool use1(Checker *c, Expr *e, bool lhs)
{
	if (!e)
		return true;
	Operand x = {.mode = MODE_VALUE};
	Expr *n = expr_unparen(e);
	if (n->kind == E_NAME) {
		if (name_is_blank(n->name.name))
			return true;
		Object *v = NULL;
		bool used = false, captured = false;
		if (lhs) {
			v = scope_lookup_parent(c->env.scope, n->name.name, NULL);
			if (v && (v->kind != OBJ_VAR || v->pkg != c->pkg))
				v = NULL;
			if (v) {
				used = v->used;
				captured = v->captured;
			}
		}
		check_expr_or_type(c, &x, n, true);
		if (v) {
			v->used = used;
			v->captured |= captured;
		}
		return op_valid(&x);
	}
	if (n->kind == E_LIST) {
		bool ok = true;
		for (u32 i = 0; i < n->list.v.n; i++)
			ok &= use1(c, n->list.v.p[i], lhs);
		return ok;
	}
	if (n->kind == E_KEYVALUE)
		return use1(c, n->kv.val, lhs);
	check_raw_expr(c, NULL, &x, e, NULL, true);
	return op_valid(&x);
}

bool check_use(Checker *c, Expr **e, u32 n)
{
	bool ok = true;
	for (u32 i = 0; i < n; i++)
		ok &= use1(c, e[i], false);
	return ok;
}

bool check_use_lhs(Checker *c, Expr **e, u32 n)
{
	bool ok = true;
	for (u32 i = 0; i < n; i++)
		ok &= use1(c, e[i], true);
	return ok;
}
