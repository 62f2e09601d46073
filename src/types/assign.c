// assign.c: assignments, initializations and their mismatches (types2/assignments.go).
#include "types/check.h"

static const char *context_str(Checker *c, const char *context)
{
	return context ? context : str_fmt(c->a, "argument to %s", ES(c->call_fun)).p;
}

void check_assignment(Checker *c, Operand *x, Type *t, const char *context)
{
	check_single_value(c, x);
	switch (x->mode) {
	case MODE_INVALID:
		return;
	case MODE_NIL:
	case MODE_CONST:
	case MODE_VAR:
	case MODE_MAPINDEX:
	case MODE_VALUE:
	case MODE_COMMAOK:
	case MODE_COMMAERR:
		break;
	default:
		check_error(c, op_pos(x), C_IncompatibleAssign, "cannot assign %s to %s in %s", XS(x), t ? TS(t) : "_",
			context_str(c, context));
		x->mode = MODE_INVALID;
		return;
	}
	if (type_is_untyped(x->type)) {
		Type *target = t;
		if (op_is_nil(x)) {
			if (!t) {
				check_error(c, op_pos(x), C_UntypedNilUse, "use of untyped nil in %s", context_str(c, context));
				x->mode = MODE_INVALID;
				return;
			}
		} else if (!t || type_is_nonparam_interface(t)) {
			target = type_default(x->type);
		}
		const Const *val;
		Code code;
		Type *nt = check_implicit_type(c, x, target, &val, &code);
		if (!nt) {
			const char *why = "";
			if (code == C_TruncatedFloat)
				why = " (truncated)";
			else if (code == C_NumericOverflow)
				why = " (overflows)";
			else
				code = C_IncompatibleAssign;
			check_error(c, op_pos(x), code, "cannot use %s as %s value in %s%s", XS(x), TS(target), context_str(c, context),
				why);
			x->mode = MODE_INVALID;
			return;
		}
		check_set_type(c, x, nt, val);
	}
	if (x->type->kind == TY_FUNC || x->type->kind == TY_NAMED || x->type->kind == TY_ALIAS) {
		Target tg;
		const Target *target = NULL;
		if (x->type->kind == TY_FUNC && x->type->func.ntparams)
			target = check_target(c, &tg, t, str(context_str(c, context)));
		check_non_generic(c, target, x);
		if (!op_valid(x))
			return;
	}
	if (!t || x->type == t)
		return;
	Code code;
	if (check_assignable(c, x, t, NULL, &code))
		return;
	Str cause = {0};
	check_assignable(c, x, t, &cause, &code);
	hint_mismatch(c, x, t);
	if (cause.n)
		check_error(c, op_pos(x), code, "cannot use %s as %s value in %s: " STR_FMT, XS(x), TS(t), context_str(c, context),
			STR_ARG(cause));
	else
		check_error(c, op_pos(x), code, "cannot use %s as %s value in %s", XS(x), TS(t), context_str(c, context));
	x->mode = MODE_INVALID;
}

void check_init_const(Checker *c, Object *lhs, Operand *x)
{
	if (!op_valid(x) || !type_valid(x->type) || (lhs->type && !type_valid(lhs->type))) {
		if (!lhs->type)
			lhs->type = TYPE(INVALID);
		return;
	}
	if (x->mode != MODE_CONST) {
		check_error(c, op_pos(x), C_InvalidConstInit, "%s is not constant", XS(x));
		if (!lhs->type)
			lhs->type = TYPE(INVALID);
		return;
	}
	if (!lhs->type)
		lhs->type = x->type;
	check_assignment(c, x, lhs->type, "constant declaration");
	if (op_valid(x))
		lhs->constant.val = (Const *)x->val;
}

void check_init_var(Checker *c, Object *lhs, Operand *x, const char *context)
{
	if (!op_valid(x) || !type_valid(x->type) || (lhs->type && !type_valid(lhs->type))) {
		if (!lhs->type)
			lhs->type = TYPE(INVALID);
		x->mode = MODE_INVALID;
		return;
	}
	if (!lhs->type) {
		Type *t = x->type;
		if (type_is_untyped(t)) {
			if (t == TYPE(UNTYPED_NIL)) {
				check_error(c, op_pos(x), C_UntypedNilUse, "use of untyped nil in %s", context);
				lhs->type = TYPE(INVALID);
				x->mode = MODE_INVALID;
				return;
			}
			t = type_default(t);
		}
		lhs->type = t;
	}
	check_assignment(c, x, lhs->type, context);
}

// The type of the left side of an assignment: NULL for _, B_INVALID after an error. Not a use of a variable.
Type *check_lhs_var(Checker *c, Expr *lhs)
{
	Expr *id = expr_unparen(lhs);
	Object *v = NULL;
	bool used = false;
	if (id->kind == E_NAME) {
		if (name_is_blank(id->name.name)) {
			id->name.obj = NULL;
			id->mode = lhs->mode = MODE_NOVALUE;
			return NULL;
		}
		v = scope_lookup_parent(c->env.scope, id->name.name, NULL);
		if (v && (v->kind != OBJ_VAR || v->pkg != c->pkg))
			v = NULL;
		if (v)
			used = v->used;
	}
	Operand x = {0};
	check_expr(c, NULL, &x, lhs);
	if (v)
		v->used = used;
	if (!op_valid(&x) || !type_valid(x.type))
		return TYPE(INVALID);
	if (x.mode == MODE_VAR || x.mode == MODE_MAPINDEX) {
		check_mark_storage(lhs, false);
		return x.type;
	}
	if (x.expr->kind == E_SELECTOR) {
		Operand op = {0};
		check_expr(c, NULL, &op, x.expr->sel.x);
		if (op.mode == MODE_MAPINDEX) {
			check_error(c, op_pos(&x), C_UnaddressableFieldAssign, "cannot assign to struct field %s in map", ES(x.expr));
			return TYPE(INVALID);
		}
	}
	check_error(c, op_pos(&x), C_UnassignableOperand,
		"cannot assign to %s (neither addressable nor a map index expression)", ES(x.expr));
	return TYPE(INVALID);
}

// lhs = rhs, or lhs = *x if x is not NULL.
void check_assign_var(Checker *c, Expr *lhs, Expr *rhs, Operand *x, const char *context)
{
	c->assigned = lhs;
	Type *t = check_lhs_var(c, lhs);
	c->assigned = NULL;
	if (t && !type_valid(t)) {
		if (x)
			x->mode = MODE_INVALID;
		else
			check_use(c, &rhs, 1);
		return;
	}
	Operand y = {0};
	if (!x) {
		Target tg;
		const Target *target = t ? check_target(c, &tg, t, (Str){0}) : NULL;
		if (target && (rhs->kind == E_NAME || rhs->kind == E_SELECTOR || rhs->kind == E_INDEX))
			tg.desc = str(ES(lhs));
		x = &y;
		check_expr(c, target, x, rhs);
	}
	if (!t && context && strcmp(context, "assignment") == 0)
		context = "assignment to _ identifier";
	check_assignment(c, x, t, context);
}

Str check_types_summary(Checker *c, Type **list, u32 n, bool variadic, bool dots)
{
	Str s = S("(");
	for (u32 i = 0; i < n; i++) {
		Type *t = list[i];
		const char *w;
		if (!t || !type_valid(t))
			w = "unknown type";
		else if (type_is_untyped(t))
			w = type_is(t, INFO_NUMERIC) ? "number" : TS(t) + strlen("untyped ");
		else
			w = TS(t);
		const char *pre = "", *post = "";
		if (i == n - 1 && variadic) {
			if (t && t->kind == TY_SLICE)
				w = TS(t->slice.elem);
			pre = "...";
		} else if (i == n - 1 && dots) {
			post = "...";
		}
		s = str_fmt(c->a, STR_FMT "%s%s%s%s", STR_ARG(s), i ? ", " : "", pre, w, post);
	}
	return str_fmt(c->a, STR_FMT ")", STR_ARG(s));
}

static void assign_error(Checker *c, Expr **rhs, u32 nrhs, u32 l, u32 r)
{
	Expr *first = expr_unparen(rhs[0]);
	const char *ls = l == 1 ? "" : "s", *rs = r == 1 ? "" : "s";
	if (nrhs == 1 && first->kind == E_CALL)
		check_error(c, EPOS(rhs[0]), C_WrongAssignCount, "assignment mismatch: %u variable%s but %s returns %u value%s", l,
			ls, ES(first->call.fun), r, rs);
	else
		check_error(c, EPOS(rhs[0]), C_WrongAssignCount, "assignment mismatch: %u variable%s but %u value%s", l, ls, r, rs);
}

// The values of an expression list on the right: several of one call, or v, ok.
typedef struct Values { Operand *p; u32 n; bool comma_ok; Operand few[2]; } Values;

static void multi_values(Checker *c, Values *v, Expr *e, bool allow_comma_ok)
{
	v->p = v->few;
	v->n = 1;
	v->comma_ok = false;
	Operand *x = &v->few[0];
	*x = (Operand){0};
	check_multi_expr(c, x, e);
	if (op_valid(x) && x->type->kind == TY_TUPLE) {
		Type *t = x->type;
		v->n = t->tuple.n;
		v->p = NEWN(c->a, Operand, t->tuple.n ? t->tuple.n : 1);
		for (u32 i = 0; i < t->tuple.n; i++) {
			Expr *d = expr_new(c->a, E_NAME, EPOS(e));
			const char *ext = i == 0 ? "st" : i == 1 ? "nd" : i == 2 ? "rd" : "th";
			char buf[40];
			snprintf(buf, sizeof buf, "%u%s function result", i + 1, ext);
			d->name.name = name_of_c(buf);
			v->p[i] = (Operand){.mode = MODE_VALUE, .expr = d, .type = t->tuple.vars[i]->type};
		}
		return;
	}
	if (allow_comma_ok && (x->mode == MODE_MAPINDEX || x->mode == MODE_COMMAOK)) {
		Expr *d = expr_new(c->a, E_NAME, EPOS(e));
		d->name.name = name_of_c("ok value of (comma, ok) expression");
		d->mode = MODE_VALUE;
		d->type = TYPE(UNTYPED_BOOL);
		v->few[1] = (Operand){.mode = MODE_VALUE, .expr = d, .type = TYPE(UNTYPED_BOOL)};
		v->n = 2;
		v->comma_ok = true;
	}
}

static void return_error(Checker *c, Pos at, Object **lhs, u32 l, Operand *rhs, u32 r)
{
	const char *what = "not enough";
	if (r > l) {
		at = op_pos(&rhs[l]);
		what = "too many";
	} else if (r > 0) {
		at = op_pos(&rhs[r - 1]);
	}
	TypeVec have = {0}, want = {0};
	for (u32 i = 0; i < r; i++)
		vec_push(c->a, &have, rhs[i].type);
	for (u32 i = 0; i < l; i++)
		vec_push(c->a, &want, lhs[i]->type);
	ErrMsg m = {.c = c, .code = C_WrongResultCount};
	errmsg_add(&m, at, "%s return values", what);
	errmsg_add(&m, 0, "have " STR_FMT, STR_ARG(check_types_summary(c, have.p, have.n, false, false)));
	errmsg_add(&m, 0, "want " STR_FMT, STR_ARG(check_types_summary(c, want.p, want.n, false, false)));
	errmsg_report(&m);
}

static void types_for_all(Object **lhs, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (!lhs[i]->type)
			lhs[i]->type = TYPE(INVALID);
}

// Initializes variables, or the results of a function if ret is a return statement.
void check_init_vars(Checker *c, Object **lhs, u32 l, Expr **rhs, u32 r, Stmt *ret)
{
	const char *context = ret ? "return statement" : l > 1 ? "multiple assignment" : "assignment";
	bool is_call = r == 1 && expr_unparen(rhs[0])->kind == E_CALL;
	if (l == r && !is_call) {
		for (u32 i = 0; i < l; i++) {
			Target tg;
			Operand x = {0};
			Str desc = name_str(lhs[i]->name);
			if (ret && !desc.n)
				desc = S("result variable");
			check_expr(c, check_target(c, &tg, lhs[i]->type, desc), &x, rhs[i]);
			check_init_var(c, lhs[i], &x, context);
		}
		return;
	}
	if (r != 1) {
		if (check_use(c, rhs, r)) {
			if (ret) {
				Operand *v = NEWN(c->a, Operand, r ? r : 1);
				for (u32 i = 0; i < r; i++)
					check_expr(c, NULL, &v[i], rhs[i]);
				return_error(c, ret->pos, lhs, l, v, r);
			} else {
				assign_error(c, rhs, r, l, r);
			}
		}
		types_for_all(lhs, l);
		return;
	}
	Values v;
	multi_values(c, &v, rhs[0], l == 2 && !ret);
	if (l == v.n) {
		for (u32 i = 0; i < l; i++)
			check_init_var(c, lhs[i], &v.p[i], context);
		if (v.comma_ok && op_valid(&v.p[0]) && op_valid(&v.p[1]))
			check_record_comma_ok(c, rhs[0], v.p[0].type, v.p[1].type);
		return;
	}
	if (v.n == 0 || op_valid(&v.p[0])) {
		if (ret)
			return_error(c, ret->pos, lhs, l, v.p, v.n);
		else
			assign_error(c, rhs, 1, l, v.n);
	}
	types_for_all(lhs, l);
}

void check_assign_vars(Checker *c, Expr **lhs, u32 l, Expr **rhs, u32 r)
{
	const char *context = l > 1 ? "multiple assignment" : "assignment";
	bool is_call = r == 1 && expr_unparen(rhs[0])->kind == E_CALL;
	if (l == r && !is_call) {
		for (u32 i = 0; i < l; i++)
			check_assign_var(c, lhs[i], rhs[i], NULL, context);
		return;
	}
	if (r != 1) {
		bool ok = check_use_lhs(c, lhs, l);
		ok &= check_use(c, rhs, r);
		if (ok)
			assign_error(c, rhs, r, l, r);
		return;
	}
	Values v;
	multi_values(c, &v, rhs[0], l == 2);
	if (l == v.n) {
		for (u32 i = 0; i < l; i++)
			check_assign_var(c, lhs[i], NULL, &v.p[i], context);
		if (v.comma_ok && op_valid(&v.p[0]) && op_valid(&v.p[1]))
			check_record_comma_ok(c, rhs[0], v.p[0].type, v.p[1].type);
		return;
	}
	if (v.n == 0 || op_valid(&v.p[0]))
		assign_error(c, rhs, 1, l, v.n);
	check_use_lhs(c, lhs, l);
}

void check_short_var_decl(Checker *c, Pos pos, Expr **lhs, u32 l, Expr **rhs, u32 r)
{
	u32 top = c->delayed.n;
	Scope *scope = c->env.scope;
	Object *few[8], **vars = l <= LENGTH(few) ? few : NEWN(c->a, Object *, l);
	Object *few_new[8], **fresh = l <= LENGTH(few_new) ? few_new : NEWN(c->a, Object *, l);
	u32 nfresh = 0;
	bool err = false;
	for (u32 i = 0; i < l; i++) {
		Expr *e = lhs[i];
		vars[i] = NULL;
		if (e->kind != E_NAME) {
			check_use_lhs(c, &e, 1);
			check_error(c, EPOS(e), C_BadDecl, "non-name %s on left side of :=", ES(e));
			err = true;
		} else {
			Name name = e->name.name;
			bool blank = name_is_blank(name), again = false;
			for (u32 k = 0; k < i && !blank; k++)
				again |= lhs[k]->kind == E_NAME && lhs[k]->name.name == name;
			if (again) {
				check_error(c, EPOS(e), C_RepeatedDecl, "%s repeated on left side of :=", ES(e));
				err = true;
			} else {
				Object *alt = blank ? NULL : scope_lookup(scope, name);
				if (alt) {
					e->name.obj = alt;
					if (alt->kind == OBJ_VAR) {
						vars[i] = alt;
						alt->reassigned = true;
						e->mode = MODE_VAR;
						e->type = alt->type;
					} else {
						check_error(c, EPOS(e), C_UnassignableOperand, "cannot assign to %s", ES(e));
						err = true;
					}
				} else {
					Object *o = vars[i] = object_new_var(c->a, VAR_LOCAL, e->pos, c->pkg, name, NULL);
					if (l == r)
						o->var.init = rhs[i];
					if (!blank)
						fresh[nfresh++] = o;
					c->env.object = o->pos;
					e->name.obj = o;
				}
			}
		}
		if (!vars[i])
			vars[i] = object_new_var(c->a, VAR_LOCAL, e->pos, c->pkg, name_of_c("_"), NULL);
	}
	check_init_vars(c, vars, l, rhs, r, NULL);
	check_process_delayed(c, top);
	for (u32 i = 0; i < l; i++)
		if (lhs[i]->kind == E_NAME && lhs[i]->name.obj == vars[i]) {
			lhs[i]->mode = MODE_VAR;
			lhs[i]->type = vars[i]->type;
		}
	if (nfresh == 0 && !err) {
		hint_no_new_var(c);
		check_soft_error(c, pos, C_NoNewVar, "no new variables on left side of :=");
		return;
	}
	for (u32 i = 0; i < nfresh; i++)
		check_declare(c, scope, NULL, fresh[i], pos);
}
