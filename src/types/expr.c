// expr.c: expressions. raw_expr dispatches on the kind of an expression and leaves its mode, type and value in an
// Operand and in the tree. What is still untyped is recorded with its untyped type; check_update_expr_type brings
// the final type down the tree when it becomes known (types2/expr.go, recording.go).
#include "types/check.h"

// ---- recording -----------------------------------------------------------------------------------

void check_record_types(Checker *c, Expr *e, Mode mode, Type *t, const Const *val)
{
	if (mode == MODE_INVALID)
		return;
	e->mode = mode;
	e->type = t;
	e->val = (Const *)val;
}

void check_record(Checker *c, Operand *x)
{
	Expr *e = x->expr;
	e->mode = x->mode;
	e->shift_lhs = false;
	e->val = NULL;
	switch (x->mode) {
	case MODE_INVALID:
		e->type = TYPE(INVALID);
		return;
	case MODE_NOVALUE:
		e->type = c->no_results;
		return;
	case MODE_CONST:
		e->val = (Const *)x->val;
		break;
	}
	e->type = x->type;
}

void check_record_comma_ok(Checker *c, Expr *e, Type *t0, Type *t1)
{
	for (;;) {
		Object **vars = NEWN(c->a, Object *, 2);
		vars[0] = object_new_var(c->a, VAR_LOCAL, e->pos, c->pkg, name_of_c(""), t0);
		vars[1] = object_new_var(c->a, VAR_LOCAL, e->pos, c->pkg, name_of_c(""), t1);
		e->type = type_new_tuple(c->a, vars, 2);
		e->commaok = true;
		if (e->kind != E_PAREN)
			return;
		e = e->x;
	}
}

static bool is_comparison(Op op)
{
	return op >= OP_EQL && op <= OP_GEQ;
}

static bool is_shift(Op op)
{
	return op == OP_SHL || op == OP_SHR;
}

static inline bool untyped(Type *t)
{
	return t->kind == TY_BASIC && (t->info & INFO_UNTYPED);
}

// What is below e takes the type first: errors come in the order of the source.
static void update_operands(Checker *c, Expr *e, Type *t, bool final)
{
	if (e->kind == E_PAREN) {
		check_update_expr_type(c, e->x, t, final);
	} else if (e->mode == MODE_CONST && e->val) {
		return; // operands of constants never become values
	} else if (e->kind == E_UNARY) {
		check_update_expr_type(c, e->unary.x, t, final);
	} else if (e->kind == E_BINARY && !is_comparison(e->op)) {
		check_update_expr_type(c, e->binary.x, t, final);
		if (!is_shift(e->op))
			check_update_expr_type(c, e->binary.y, t, final);
	}
}

void check_update_expr_type(Checker *c, Expr *e, Type *t, bool final)
{
	Type *old = e->type;
	if (!old || !untyped(old))
		return; // has its final type
	switch (e->kind) {
	case E_UNARY:
		if (e->op == OP_MUL)
			return;
		break;
	case E_PAREN:
	case E_BINARY:
	case E_NAME:
	case E_LIT:
	case E_SELECTOR:
	case E_CALL:
		break;
	default:
		return;
	}
	const Const *val = e->mode == MODE_CONST ? e->val : NULL;
	update_operands(c, e, t, final);
	e->type = t;
	if (!final && untyped(t))
		return;
	bool lhs = e->shift_lhs;
	e->shift_lhs = false;
	if (lhs && !type_all(t, INFO_INT)) {
		check_error(c, EPOS(e), C_InvalidShiftOperand, "invalid operation: shifted operand %s (type %s) must be integer", ES(e), TS(t));
	} else if (val) {
		Operand x = {.mode = e->mode, .expr = e, .type = old, .val = val};
		Mode mode = e->mode;
		check_convert_untyped(c, &x, t);
		e->type = t;
		e->mode = mode;
		e->val = (Const *)val;
	}
}

static void update_expr_val(Expr *e, const Const *val)
{
	if (e->type && untyped(e->type))
		e->val = (Const *)val;
}

// ---- conversion of untyped operands --------------------------------------------------------------

Type *check_implicit_type(Checker *c, Operand *x, Type *target, const Const **val, Code *code)
{
	*val = NULL;
	if (!op_valid(x) || !untyped(x->type) || !type_valid(target))
		return x->type;
	*code = C_InvalidUntypedConversion;
	if (type_is_untyped(target))
		return type_max(x->type, target);
	if (op_is_nil(x))
		return type_has_nil(target) ? target : NULL;
	Type *u = type_under(target);
	switch (u->kind) {
	case TY_BASIC:
		if (x->mode == MODE_CONST)
			return check_representation(c, x, u, val, code) ? target : NULL;
		switch (x->type->basic) {
		case B_UNTYPED_BOOL:
			return type_is(target, INFO_BOOL) ? target : NULL;
		case B_UNTYPED_INT:
		case B_UNTYPED_RUNE:
		case B_UNTYPED_FLOAT:
		case B_UNTYPED_COMPLEX:
			return type_is(target, INFO_NUMERIC) ? target : NULL;
		case B_UNTYPED_STRING:
			return type_is(target, INFO_STRING) ? target : NULL;
		}
		return NULL;
	case TY_INTERFACE:
		if (type_is_typeparam(target)) {
			TypeList l = types_specific(c->a, target);
			if (l.n == 0)
				return NULL;
			for (u32 i = 0; i < l.n; i++) {
				const Const *v;
				Code k;
				if (!check_implicit_type(c, x, type_under(l.p[i]), &v, &k))
					return NULL;
			}
			return target;
		}
		// Values have concrete dynamic types: the default one, not the interface.
		return typeset_is_all(types_type_set(c, 0, u)) ? type_default(x->type) : NULL;
	}
	return NULL;
}

static Type *safe_under(Type *t)
{
	Type *n = type_as_named(t);
	if (n && n->named.rec->under)
		return n->named.rec->under;
	return type_under(t);
}

void check_convert_untyped(Checker *c, Operand *x, Type *target)
{
	const Const *val;
	Code code;
	Type *t = check_implicit_type(c, x, target, &val, &code);
	if (!t) {
		check_invalid_conversion(c, code, x, type_is_typeparam(target) ? target : safe_under(target));
		x->mode = MODE_INVALID;
		return;
	}
	if (val) {
		x->val = val;
		update_expr_val(x->expr, val);
	}
	if (t != x->type) {
		x->type = t;
		check_update_expr_type(c, x->expr, t, false);
	}
}

// As check_convert_untyped for an operand whose new type was found already.
void check_set_type(Checker *c, Operand *x, Type *t, const Const *val)
{
	if (val) {
		x->val = val;
		update_expr_val(x->expr, val);
	}
	if (t != x->type) {
		x->type = t;
		check_update_expr_type(c, x->expr, t, false);
	}
}

static bool may_convert(Operand *x, Operand *y)
{
	if (!untyped(x->type) && !untyped(y->type))
		return false;
	if (type_all(x->type, INFO_NUMERIC) != type_all(y->type, INFO_NUMERIC))
		return false;
	if (type_is_nonparam_interface(x->type) || type_is_nonparam_interface(y->type))
		return true;
	if (type_all(x->type, INFO_BOOL) != type_all(y->type, INFO_BOOL))
		return false;
	if (type_all(x->type, INFO_STRING) != type_all(y->type, INFO_STRING))
		return false;
	if (op_is_nil(x))
		return type_has_nil(y->type);
	if (op_is_nil(y))
		return type_has_nil(x->type);
	if (type_under(x->type)->kind == TY_POINTER || type_under(y->type)->kind == TY_POINTER)
		return false;
	return true;
}

void check_match_types(Checker *c, Operand *x, Operand *y)
{
	if (x->type == y->type || !may_convert(x, y))
		return;
	check_convert_untyped(c, x, y->type);
	if (!op_valid(x))
		return;
	check_convert_untyped(c, y, x->type);
	if (!op_valid(y))
		x->mode = MODE_INVALID;
}

// ---- unary operations ----------------------------------------------------------------------------

static Pos operator_pos(Expr *e)
{
	return e ? (e->kind == E_UNARY || e->kind == E_BINARY) ? e->pos : EPOS(e) : 0;
}

// The channel's element type for a receive from x or a send to x; NULL after an error at pos.
Type *check_chan_elem(Checker *c, Pos pos, Operand *x, bool recv)
{
	bool tparam = type_is_typeparam(x->type);
	Type *one = x->type;
	TypeList l = tparam ? types_specific(c->a, x->type) : (TypeList){&one, 1};
	Str cause = {0};
	if (l.n == 0)
		cause = S("no specific channel type");
	for (u32 i = 0; i < l.n && !cause.n; i++) {
		Type *u = type_under(l.p[i]);
		if (u->kind != TY_CHAN)
			cause = str_fmt(c->a, "non-channel %s", TS(l.p[i]));
		else if (recv && u->dir == CHAN_SEND)
			cause = str_fmt(c->a, "send-only channel %s", TS(l.p[i]));
		else if (!recv && u->dir == CHAN_RECV)
			cause = str_fmt(c->a, "receive-only channel %s", TS(l.p[i]));
	}
	if (!cause.n) {
		Type *u = tparam ? types_common_under(c->a, c, x->type, &cause) : type_under(x->type);
		if (u)
			return u->chan.elem;
	}
	Code code = recv ? C_InvalidReceive : C_InvalidSend;
	const char *what = recv ? "receive from" : "send to";
	if (tparam)
		check_error(c, pos, code, "invalid operation: cannot %s %s: " STR_FMT, what, XS(x), STR_ARG(cause));
	else
		check_error(c, pos, code, "invalid operation: cannot %s " STR_FMT " %s", what, STR_ARG(cause), XS(x));
	return NULL;
}

// Notes that the variable whose storage e denotes has its address taken or is assigned: v, v.f, v[i] of an array.
void check_mark_storage(Expr *e, bool addr)
{
	for (;;) {
		switch (e->kind) {
		case E_PAREN:
			e = e->x;
			continue;
		case E_SELECTOR: {
			Selection *s = e->sel.selection;
			if (!s || s->kind != SEL_FIELD || s->indirect)
				return;
			e = e->sel.x;
			continue;
		}
		case E_INDEX:
			if (!e->index.x->type || type_under(e->index.x->type)->kind != TY_ARRAY)
				return;
			e = e->index.x;
			continue;
		case E_NAME: {
			Object *o = e->name.obj;
			if (o && o->kind == OBJ_VAR && o->var_kind != VAR_PACKAGE) {
				if (addr)
					o->addr_taken = true;
				else
					o->reassigned = true;
			}
			return;
		}
		default:
			return;
		}
	}
}

static const u16 unary_info[] = {
	[OP_ADD] = INFO_NUMERIC, [OP_SUB] = INFO_NUMERIC, [OP_XOR] = INFO_INT, [OP_NOT] = INFO_BOOL,
};
static const u16 binary_info[] = {
	[OP_ADD] = INFO_NUMERIC | INFO_STRING, [OP_SUB] = INFO_NUMERIC, [OP_MUL] = INFO_NUMERIC, [OP_DIV] = INFO_NUMERIC,
	[OP_REM] = INFO_INT, [OP_AND] = INFO_INT, [OP_OR] = INFO_INT, [OP_XOR] = INFO_INT, [OP_ANDNOT] = INFO_INT,
	[OP_ANDAND] = INFO_BOOL, [OP_OROR] = INFO_BOOL, [OP_SHR] = 0,
};

static bool op_defined(Checker *c, const u16 *info, u32 n, Operand *x, Op op)
{
	if (op < n && info[op]) {
		if (type_all(x->type, info[op]))
			return true;
		check_error(c, op_pos(x), C_UndefinedOp, "invalid operation: operator %s not defined on %s", op_str(op), XS(x));
	} else {
		check_error(c, op_pos(x), C_InvalidSyntaxTree, "unknown operator %s", op_str(op));
	}
	return false;
}

static void unary(Checker *c, Operand *x, Expr *e)
{
	check_expr(c, NULL, x, e->unary.x);
	if (!op_valid(x))
		return;
	Op op = e->op;
	switch (op) {
	case OP_AND:
		if (x->mode != MODE_VAR && expr_unparen(e->unary.x)->kind != E_COMPOSITE) {
			check_error(c, op_pos(x), C_UnaddressableOperand, "invalid operation: cannot take address of %s", XS(x));
			x->mode = MODE_INVALID;
			return;
		}
		check_mark_storage(e->unary.x, true);
		x->mode = MODE_VALUE;
		x->type = type_new_pointer(c->a, x->type);
		return;
	case OP_RECV: {
		Type *elem = check_chan_elem(c, op_pos(x), x, true);
		if (elem && check_is_complete(c, elem)) {
			x->mode = MODE_COMMAOK;
			x->type = elem;
			c->env.has_call_or_recv = true;
		} else {
			x->mode = MODE_INVALID;
		}
		return;
	}
	case OP_TILDE:
		if (!type_all(x->type, INFO_INT)) {
			check_error(c, EPOS(e), C_UndefinedOp, "cannot use ~ outside of interface or type constraint");
			x->mode = MODE_INVALID;
			return;
		}
		check_error(c, EPOS(e), C_UndefinedOp,
			"cannot use ~ outside of interface or type constraint (use ^ for bitwise complement)");
		op = OP_XOR;
		break;
	default:
		break;
	}
	if (!op_defined(c, unary_info, LENGTH(unary_info), x, op)) {
		x->mode = MODE_INVALID;
		return;
	}
	if (x->mode == MODE_CONST) {
		if (const_kind(x->val) == CONST_UNKNOWN)
			return;
		u32 bits = type_is(x->type, INFO_UNSIGNED) ? (u32)check_sizeof(c, x->type) * 8 : 0;
		x->val = const_unary(c->a, op, x->val, bits);
		x->expr = e;
		check_overflow(c, x, operator_pos(e));
		return;
	}
	x->mode = MODE_VALUE;
}

// ---- comparisons ---------------------------------------------------------------------------------

static Str incomparable_cause(Checker *c, Type *t)
{
	Str cause = {0};
	switch (type_under(t)->kind) {
	case TY_SLICE:
	case TY_FUNC:
	case TY_MAP:
		return str_fmt(c->a, "%s can only be compared to nil", type_compositeness(t));
	}
	check_comparable(c, t, true, &cause);
	return cause;
}

void check_comparison(Checker *c, Operand *x, Operand *y, Op op, bool switch_case)
{
	if (!type_valid(x->type) || !type_valid(y->type)) {
		x->mode = MODE_INVALID;
		return;
	}
	if (switch_case)
		op = OP_EQL;
	Operand *err = x;
	Str cause = {0};
	Code code = C_MismatchedTypes, dummy;
	bool same = x->type == y->type && !op_is_nil(x) && !op_is_nil(y);
	if (!same && !check_assignable(c, x, y->type, NULL, &dummy) && !check_assignable(c, y, x->type, NULL, &dummy)) {
		err = y;
		hint_operands(c, x, y);
		cause = str_fmt(c->a, "mismatched types %s and %s", TS(x->type), TS(y->type));
		goto error;
	}
	code = C_UndefinedOp;
	if (op == OP_EQL || op == OP_NEQ) {
		if (op_is_nil(x) || op_is_nil(y)) {
			if (!type_has_nil(op_is_nil(x) ? y->type : x->type)) {
				err = y;
				goto error;
			}
		} else if (!(x->type->kind == TY_BASIC) && !check_comparable(c, x->type, true, NULL)) {
			cause = incomparable_cause(c, x->type);
			goto error;
		} else if (!(y->type->kind == TY_BASIC) && !same && !check_comparable(c, y->type, true, NULL)) {
			err = y;
			cause = incomparable_cause(c, y->type);
			goto error;
		}
	} else if (!type_all(x->type, INFO_ORDERED)) {
		goto error;
	} else if (!type_all(y->type, INFO_ORDERED)) {
		err = y;
		goto error;
	}
	if (x->mode == MODE_CONST && y->mode == MODE_CONST) {
		x->val = const_bool(const_compare(x->val, op, y->val));
	} else {
		x->mode = MODE_VALUE;
		check_update_expr_type(c, x->expr, type_default(x->type), true);
		check_update_expr_type(c, y->expr, type_default(y->type), true);
	}
	x->type = TYPE(UNTYPED_BOOL);
	return;
error:
	if (!cause.n) {
		if (type_is_typeparam(x->type) || type_is_typeparam(y->type)) {
			if (!type_is_typeparam(x->type))
				err = y;
			cause = str_fmt(c->a, "type parameter %s cannot use operator %s", TS(err->type), op_str(op));
		} else {
			const char *what = type_compositeness(err->type);
			if (!*what)
				what = TS(err->type);
			cause = str_fmt(c->a, "operator %s not defined on %s", op_str(op), what);
		}
	}
	if (switch_case)
		check_error(c, op_pos(x), code, "invalid case %s in switch on %s (" STR_FMT ")", ES(x->expr), ES(y->expr),
			STR_ARG(cause));
	else
		check_error(c, op_pos(err), code, "invalid operation: %s %s %s (" STR_FMT ")", ES(x->expr), op_str(op),
			ES(y->expr), STR_ARG(cause));
	x->mode = MODE_INVALID;
}

// ---- shifts and binary operations ----------------------------------------------------------------

static void shift(Checker *c, Operand *x, Operand *y, Expr *e, Op op)
{
	const Const *xval = NULL, *yval = NULL;
	if (x->mode == MODE_CONST)
		xval = const_to_int(c->a, x->val);
	if (!type_all(x->type, INFO_INT) && !(untyped(x->type) && xval && const_kind(xval) == CONST_INT)) {
		check_error(c, op_pos(x), C_InvalidShiftOperand, "invalid operation: shifted operand %s must be integer", XS(x));
		goto invalid;
	}
	if (y->mode == MODE_CONST) {
		yval = const_to_int(c->a, y->val);
		if (const_kind(yval) == CONST_INT && const_sign(yval) < 0) {
			check_error(c, op_pos(y), C_InvalidShiftCount, "invalid operation: negative shift count %s", XS(y));
			goto invalid;
		}
		if (untyped(y->type) && !check_representable(c, y, TYPE(UINT)))
			goto invalid;
		if (untyped(y->type) && x->mode != MODE_CONST)
			check_set_type(c, y, TYPE(UINT), yval); // 1.0 may be a count
	} else if (type_all(y->type, INFO_INT)) {
		if (!type_all(y->type, INFO_UNSIGNED) && !check_allow_version(c, GO1_13)) {
			check_verify_version(c, op_pos(y), GO1_13, "invalid operation: signed shift count %s", XS(y));
			goto invalid;
		}
	} else if (untyped(y->type)) {
		check_convert_untyped(c, y, TYPE(UINT));
		if (!op_valid(y))
			goto invalid;
	} else {
		check_error(c, op_pos(y), C_InvalidShiftCount, "invalid operation: shift count %s must be integer", XS(y));
		goto invalid;
	}
	if (x->mode == MODE_CONST) {
		if (y->mode == MODE_CONST) {
			if (const_kind(x->val) == CONST_UNKNOWN || const_kind(y->val) == CONST_UNKNOWN) {
				x->val = const_unknown();
				if (!type_is(x->type, INFO_INT))
					x->type = TYPE(UNTYPED_INT);
				return;
			}
			u64 s;
			if (!const_is_u64(yval, &s) || s > 1023 - 1 + 52) { // enough for the smallest float64
				check_error(c, op_pos(y), C_InvalidShiftCount, "invalid operation: invalid shift count %s", XS(y));
				goto invalid;
			}
			if (!type_is(x->type, INFO_INT))
				x->type = TYPE(UNTYPED_INT);
			x->val = const_shift(c->a, xval, op, s);
			x->expr = e;
			check_overflow(c, x, operator_pos(e));
			return;
		}
		if (untyped(x->type)) {
			// The operand gets the type that the whole expression will have; checked when that is known.
			if (x->expr->type && untyped(x->expr->type))
				x->expr->shift_lhs = true;
			x->mode = MODE_VALUE;
			return;
		}
	}
	if (!type_all(x->type, INFO_INT)) {
		check_error(c, op_pos(x), C_InvalidShiftOperand, "invalid operation: shifted operand %s must be integer", XS(x));
		goto invalid;
	}
	x->mode = MODE_VALUE;
	return;
invalid:
	x->mode = MODE_INVALID;
}

// x op= y where both are checked. e is the whole expression, NULL in an assignment lhs op= rhs.
static void binary_op(Checker *c, Operand *x, Operand *y, Expr *e, Expr *lhs, Expr *rhs, Op op)
{
	if (!op_valid(x))
		return;
	if (!op_valid(y)) {
		x->mode = MODE_INVALID;
		x->expr = y->expr;
		return;
	}
	if (is_shift(op)) {
		shift(c, x, y, e, op);
		return;
	}
	check_match_types(c, x, y);
	if (!op_valid(x))
		return;
	if (is_comparison(op)) {
		check_comparison(c, x, y, op, false);
		return;
	}
	if (x->type != y->type && !types_identical(x->type, y->type)) {
		if (type_valid(x->type) && type_valid(y->type)) {
			hint_operands(c, x, y);
			if (e)
				check_error(c, op_pos(x), C_MismatchedTypes, "invalid operation: %s (mismatched types %s and %s)", ES(e),
					TS(x->type), TS(y->type));
			else
				check_error(c, op_pos(x), C_MismatchedTypes, "invalid operation: %s %s= %s (mismatched types %s and %s)",
					ES(lhs), op_str(op), ES(rhs), TS(x->type), TS(y->type));
		}
		x->mode = MODE_INVALID;
		return;
	}
	if (!op_defined(c, binary_info, LENGTH(binary_info), x, op)) {
		x->mode = MODE_INVALID;
		return;
	}
	bool both_const = x->mode == MODE_CONST && y->mode == MODE_CONST;
	if ((op == OP_DIV || op == OP_REM) && y->mode == MODE_CONST) {
		bool zero = (x->mode == MODE_CONST || type_all(x->type, INFO_INT)) && const_sign(y->val) == 0 &&
			const_kind(y->val) != CONST_UNKNOWN;
		if (!zero && both_const && type_is(x->type, INFO_COMPLEX)) {
			const Const *re = const_real(c->a, y->val), *im = const_imag(c->a, y->val);
			zero = const_sign(const_binary(c->a, re, OP_MUL, re, false)) == 0 &&
				const_sign(const_binary(c->a, im, OP_MUL, im, false)) == 0;
		}
		if (zero) {
			check_error(c, op_pos(y), C_DivByZero, "invalid operation: division by zero");
			x->mode = MODE_INVALID;
			return;
		}
	}
	if (both_const) {
		if (const_kind(x->val) == CONST_UNKNOWN || const_kind(y->val) == CONST_UNKNOWN) {
			x->val = const_unknown();
			return;
		}
		x->val = const_binary(c->a, x->val, op, y->val, op == OP_DIV && type_is(x->type, INFO_INT));
		x->expr = e;
		check_overflow(c, x, operator_pos(e));
		return;
	}
	x->mode = MODE_VALUE;
}

void check_binary(Checker *c, Operand *x, Expr *e, Expr *lhs, Expr *rhs, Op op)
{
	Operand y = {0};
	check_expr(c, NULL, x, lhs);
	check_expr(c, NULL, &y, rhs);
	binary_op(c, x, &y, e, lhs, rhs, op);
}

static void non_generic(Checker *c, const Target *t, Operand *x);

#define MAX_STRING 2000000000u // bytes of a constant

// x + y of constant strings, without what other operands need. False: not that simple.
static bool concat(Checker *c, Operand *x, Operand *y, Expr *e)
{
	if (e->op != OP_ADD || x->mode != MODE_CONST || y->mode != MODE_CONST || x->type != y->type ||
		const_kind(x->val) != CONST_STRING || const_kind(y->val) != CONST_STRING)
		return false;
	u64 n = (u64)const_string_len(x->val) + const_string_len(y->val);
	if (n > MAX_STRING) {
		check_error(c, e->pos, C_InvalidConstVal, "constant string too long (%llu bytes > %u bytes)",
			(unsigned long long)n, MAX_STRING);
		x->val = const_unknown();
	} else {
		x->val = const_binary(c->a, x->val, OP_ADD, y->val, false);
	}
	return true;
}

// a + b + c + ... is a list that leans to the left, and may be long: it is walked without recursion.
static void binary_chain(Checker *c, Operand *x, Expr *e)
{
	Expr *few[16], **chain = few;
	u32 n = 0;
	for (Expr *p = e; p->kind == E_BINARY; p = p->binary.x)
		n++;
	if (n > LENGTH(few))
		chain = NEWN(c->a, Expr *, n);
	u32 i = n;
	for (Expr *p = e; p->kind == E_BINARY; p = p->binary.x)
		chain[--i] = p;
	check_expr(c, NULL, x, chain[0]->binary.x);
	for (i = 0; i < n; i++) {
		Expr *b = chain[i];
		Operand y = {0};
		check_expr(c, NULL, &y, b->binary.y);
		if (!concat(c, x, &y, b))
			binary_op(c, x, &y, b, b->binary.x, b->binary.y, b->op);
		x->expr = b;
		if (i + 1 < n)
			check_record(c, x);
	}
}

// ---- dispatch ------------------------------------------------------------------------------------

static void non_generic(Checker *c, const Target *t, Operand *x)
{
	if (!op_valid(x) || x->mode == MODE_NOVALUE)
		return;
	const char *what = NULL;
	switch (x->type->kind) {
	case TY_ALIAS:
	case TY_NAMED:
		if (type_is_generic(x->type))
			what = "type";
		break;
	case TY_FUNC:
		if (x->type->func.ntparams) {
			if (t) {
				check_func_inst(c, t, op_pos(x) ? x->expr->pos : 0, x, NULL, true, NULL);
				return;
			}
			what = "function";
		}
		break;
	}
	if (!what)
		return;
	check_error(c, EPOS(x->expr), C_WrongTypeArgCount, "cannot use generic %s %s without instantiation", what,
		ES(x->expr));
	x->mode = MODE_INVALID;
	x->type = TYPE(INVALID);
}

void check_non_generic(Checker *c, const Target *t, Operand *x)
{
	non_generic(c, t, x);
}

static void type_assertion(Checker *c, Operand *x, Expr *e)
{
	check_expr(c, NULL, x, e->assert.x);
	if (!op_valid(x))
		return;
	if (!e->assert.type) {
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "invalid use of AssertExpr");
	} else if (type_is_typeparam(x->type)) {
		check_error(c, op_pos(x), C_InvalidAssert, "invalid operation: cannot use type assertion on type parameter value %s",
			XS(x));
	} else if (type_under(x->type)->kind != TY_INTERFACE) {
		check_error(c, op_pos(x), C_InvalidAssert, "invalid operation: %s is not an interface", XS(x));
	} else {
		Type *t = check_var_type(c, e->assert.type);
		if (type_valid(t) && check_is_complete(c, t)) {
			check_assertion(c, e, x, t, false);
			x->mode = MODE_COMMAOK;
			x->type = t;
			return;
		}
	}
	x->mode = MODE_INVALID;
}

void check_assertion(Checker *c, Expr *e, Operand *x, Type *t, bool type_switch)
{
	Str cause = {0};
	if (check_assertable_to(c, x->type, t, NULL))
		return;
	check_assertable_to(c, x->type, t, &cause);
	if (type_switch)
		check_error(c, EPOS(e), C_ImpossibleAssert, "impossible type switch case: %s\n\t%s cannot have dynamic type %s " STR_FMT,
			ES(e), XS(x), TS(t), STR_ARG(cause));
	else
		check_error(c, EPOS(e), C_ImpossibleAssert, "impossible type assertion: %s\n\t%s does not implement %s " STR_FMT,
			ES(e), TS(t), TS(x->type), STR_ARG(cause));
}

static void indirection(Checker *c, Operand *x, Expr *e)
{
	check_expr_or_type(c, x, e->unary.x, false);
	if (!op_valid(x))
		return;
	if (x->mode == MODE_TYPE) {
		check_valid_var_type(c, e->unary.x, x->type);
		x->type = type_new_pointer(c->a, x->type);
		return;
	}
	Type *base = NULL, *one = x->type;
	bool tparam = type_is_typeparam(x->type);
	TypeList l = tparam ? types_specific(c->a, x->type) : (TypeList){&one, 1};
	bool ok = l.n > 0;
	if (!ok)
		check_error(c, op_pos(x), C_InvalidIndirection, "invalid operation: cannot indirect %s", XS(x));
	for (u32 i = 0; i < l.n && ok; i++) {
		Type *u = type_under(l.p[i]);
		if (u->kind != TY_POINTER) {
			check_error(c, op_pos(x), C_InvalidIndirection, "invalid operation: cannot indirect %s", XS(x));
			ok = false;
		} else if (base && !types_identical(u->pointer.elem, base)) {
			check_error(c, op_pos(x), C_InvalidIndirection, "invalid operation: pointers of %s must have identical base types",
				XS(x));
			ok = false;
		} else {
			base = u->pointer.elem;
		}
	}
	if (!ok || !check_is_complete(c, base)) {
		x->mode = MODE_INVALID;
		return;
	}
	x->mode = MODE_VAR;
	x->type = base;
}

static ExprClass expr_internal(Checker *c, const Target *t, Operand *x, Expr *e, Type *hint)
{
	x->mode = MODE_INVALID;
	x->type = TYPE(INVALID);
	x->val = NULL;
	ExprClass class = EC_EXPRESSION;
	switch (e->kind) {
	case E_BAD:
		break;
	case E_NAME:
		check_ident(c, x, e, false);
		x->expr = e;
		return EC_EXPRESSION;
	case E_LIT:
		if (!e->lit.bad)
			check_basic_lit(c, x, e);
		break;
	case E_FUNCLIT:
		check_func_lit(c, x, e);
		break;
	case E_COMPOSITE:
		check_composite(c, x, e, hint);
		break;
	case E_PAREN:
		class = check_raw_expr(c, NULL, x, e->x, NULL, false);
		x->expr = e;
		return class;
	case E_SELECTOR:
		check_selector(c, x, e, false);
		x->expr = e;
		return EC_EXPRESSION;
	case E_INDEX:
		if (check_index_expr(c, x, e))
			check_func_inst(c, t, e->pos, x, e, true, NULL);
		break;
	case E_SLICE:
		check_slice_expr(c, x, e);
		break;
	case E_ASSERT:
		type_assertion(c, x, e);
		break;
	case E_TYPESWITCH:
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "use of .(type) outside type switch");
		check_use(c, &e->guard.x, 1);
		break;
	case E_CALL:
		return check_call(c, x, e);
	case E_LIST:
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "unexpected list of expressions");
		break;
	case E_UNARY:
		if (e->op == OP_MUL) {
			indirection(c, x, e);
		} else {
			unary(c, x, e);
			if (e->op == OP_RECV)
				class = EC_STATEMENT;
		}
		break;
	case E_BINARY:
		binary_chain(c, x, e);
		break;
	case E_KEYVALUE:
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "no key:value expected");
		break;
	case E_DOTSTYPE:
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "invalid use of ...");
		break;
	default:
		x->mode = MODE_TYPE;
		x->type = check_typ(c, e);
	}
	x->expr = e;
	return op_valid(x) ? class : EC_STATEMENT; // avoids follow-up errors
}

ExprClass check_raw_expr(Checker *c, const Target *t, Operand *x, Expr *e, Type *hint, bool allow_generic)
{
	ExprClass class = expr_internal(c, t, x, e, hint);
	if (!allow_generic)
		non_generic(c, t, x);
	check_record(c, x);
	return class;
}

void check_exclude(Checker *c, Operand *x, u32 modeset)
{
	if (!(modeset & 1u << x->mode))
		return;
	switch (x->mode) {
	case MODE_NOVALUE:
		if (modeset & 1u << MODE_TYPE)
			check_error(c, op_pos(x), C_TooManyValues, "%s used as value", XS(x));
		else
			check_error(c, op_pos(x), C_TooManyValues, "%s used as value or type", XS(x));
		break;
	case MODE_BUILTIN:
		check_error(c, op_pos(x), C_UncalledBuiltin, "%s must be called", XS(x));
		break;
	case MODE_TYPE:
		check_error(c, op_pos(x), C_NotAnExpr, "%s is not an expression", XS(x));
		break;
	default:
		return;
	}
	x->mode = MODE_INVALID;
}

void check_single_value(Checker *c, Operand *x)
{
	if (x->mode == MODE_VALUE && x->type->kind == TY_TUPLE) {
		check_error(c, op_pos(x), C_TooManyValues, "multiple-value %s in single-value context", XS(x));
		x->mode = MODE_INVALID;
	}
}

enum { NOT_A_VALUE = 1u << MODE_NOVALUE | 1u << MODE_BUILTIN | 1u << MODE_TYPE };

void check_expr(Checker *c, const Target *t, Operand *x, Expr *e)
{
	check_raw_expr(c, t, x, e, NULL, false);
	check_exclude(c, x, NOT_A_VALUE);
	check_single_value(c, x);
}

void check_generic_expr(Checker *c, Operand *x, Expr *e, Type *hint)
{
	check_raw_expr(c, NULL, x, e, hint, true);
	check_exclude(c, x, NOT_A_VALUE);
	check_single_value(c, x);
}

void check_multi_expr(Checker *c, Operand *x, Expr *e)
{
	check_raw_expr(c, NULL, x, e, NULL, false);
	check_exclude(c, x, NOT_A_VALUE);
}

void check_expr_or_type(Checker *c, Operand *x, Expr *e, bool allow_generic)
{
	check_raw_expr(c, NULL, x, e, NULL, allow_generic);
	check_exclude(c, x, 1u << MODE_NOVALUE);
	check_single_value(c, x);
}

const Target *check_target(Checker *c, Target *tg, Type *t, Str desc)
{
	if (!t)
		return NULL;
	Type *u = type_is_typeparam(t) ? types_common_under(c->a, c, t, NULL) : type_under(t);
	if (!u || u->kind != TY_FUNC)
		return NULL;
	tg->sig = u;
	tg->desc = desc;
	return tg;
}
