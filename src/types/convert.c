// convert.c: whether constants fit types, and conversions T(x) (types2/const.go, conversions.go).
#include <math.h>

#include "types/check.h"

// ---- constants -----------------------------------------------------------------------------------

static const char *overflow_name(const Expr *e)
{
	if (e && e->kind == E_UNARY && e->op == OP_XOR)
		return "bitwise complement ";
	if (e && e->kind == E_BINARY)
		switch (e->op) {
		case OP_ADD: return "addition ";
		case OP_SUB: return "subtraction ";
		case OP_XOR: return "bitwise XOR ";
		case OP_MUL: return "multiplication ";
		case OP_SHL: return "shift ";
		}
	return "";
}

void check_overflow(Checker *c, Operand *x, Pos pos)
{
	ConstKind k = const_kind(x->val);
	if (k == CONST_UNKNOWN) {
		check_error(c, pos, C_InvalidConstVal, "constant result is not representable");
		return;
	}
	if (!type_is_untyped(x->type)) {
		check_representable(c, x, type_under(x->type));
		return;
	}
	if (k == CONST_INT && const_bit_len(x->val) > 512) {
		check_error(c, pos, C_InvalidConstVal, "constant %soverflow", overflow_name(x->expr));
		x->val = const_unknown();
	} else if (k == CONST_STRING && const_string_len(x->val) > 2000000000u) {
		check_error(c, pos, C_InvalidConstVal, "constant string too long (%u bytes > %u bytes)", const_string_len(x->val),
			2000000000u);
		x->val = const_unknown();
	}
}

// Signed and unsigned sizes in bits; 0: not an integer of fixed size.
static const i8 int_bits[B_COUNT] = {
	[B_INT] = -64, [B_INT8] = -8, [B_INT16] = -16, [B_INT32] = -32, [B_INT64] = -64,
	[B_UINT] = 64, [B_UINT8] = 8, [B_UINT16] = 16, [B_UINT32] = 32, [B_UINT64] = 64, [B_UINTPTR] = 64,
};

static bool int_fits(const Const *x, u8 basic)
{
	if (basic == B_UNTYPED_INT || basic == B_UNTYPED_RUNE)
		return true;
	int bits = int_bits[basic];
	i64 v;
	u64 u;
	if (bits < 0) {
		if (!const_is_i64(x, &v))
			return false;
		return bits == -64 || (v >= -((i64)1 << (-bits - 1)) && v <= ((i64)1 << (-bits - 1)) - 1);
	}
	if (!const_is_u64(x, &u))
		return false;
	return bits == 64 || u < (u64)1 << bits;
}

static const Const *round_float(Checker *c, const Const *x, bool is32)
{
	double f = is32 ? (double)const_as_f32(x) : const_as_f64(x);
	return isinf(f) ? NULL : const_f64(c->a, f);
}

bool const_representable(Checker *c, const Const *x, Type *t, const Const **rounded)
{
	if (const_kind(x) == CONST_UNKNOWN)
		return true;
	u8 b = t->basic;
	if (t->info & INFO_INT) {
		x = const_kind(x) == CONST_INT ? x : const_to_int(c->a, x);
		if (const_kind(x) != CONST_INT)
			return false;
		if (rounded)
			*rounded = x;
		return int_fits(x, b);
	}
	if (t->info & INFO_FLOAT) {
		x = const_to_float(c->a, x);
		if (const_kind(x) != CONST_FLOAT && const_kind(x) != CONST_INT)
			return false;
		if (b == B_UNTYPED_FLOAT)
			return true;
		const Const *r = round_float(c, x, b == B_FLOAT32);
		if (r && rounded)
			*rounded = r;
		return r != NULL;
	}
	if (t->info & INFO_COMPLEX) {
		x = const_to_complex(c->a, x);
		ConstKind k = const_kind(x);
		if (k != CONST_COMPLEX && k != CONST_FLOAT && k != CONST_INT)
			return false;
		if (b == B_UNTYPED_COMPLEX)
			return true;
		const Const *re = round_float(c, const_real(c->a, x), b == B_COMPLEX64);
		const Const *im = round_float(c, const_imag(c->a, x), b == B_COMPLEX64);
		if (re && im && rounded)
			*rounded = const_make_complex(c->a, re, im);
		return re && im;
	}
	if (t->info & INFO_STRING)
		return const_kind(x) == CONST_STRING;
	if (t->info & INFO_BOOL)
		return const_kind(x) == CONST_BOOL;
	return false;
}

bool check_representation(Checker *c, Operand *x, Type *t, const Const **val, Code *code)
{
	*val = x->val;
	if (const_representable(c, x->val, t, val))
		return true;
	*val = NULL;
	*code = C_InvalidConstVal;
	if (type_is(x->type, INFO_NUMERIC) && (t->info & INFO_NUMERIC))
		*code = !type_is(x->type, INFO_INT) && (t->info & INFO_INT) ? C_TruncatedFloat : C_NumericOverflow;
	return false;
}

void check_invalid_conversion(Checker *c, Code code, Operand *x, Type *t)
{
	if (code == C_TruncatedFloat)
		check_error(c, op_pos(x), code, "%s truncated to %s", XS(x), TS(t));
	else if (code == C_NumericOverflow)
		check_error(c, op_pos(x), code, "%s overflows %s", XS(x), TS(t));
	else
		check_error(c, op_pos(x), code, "cannot convert %s to type %s", XS(x), TS(t));
}

bool check_representable(Checker *c, Operand *x, Type *t)
{
	const Const *v;
	Code code;
	if (check_representation(c, x, t, &v, &code)) {
		x->val = v;
		return true;
	}
	check_invalid_conversion(c, code, x, t);
	x->mode = MODE_INVALID;
	return false;
}

// ---- conversions ---------------------------------------------------------------------------------

static bool is_kind(Type *u, BasicKind b)
{
	return u->kind == TY_BASIC && u->basic == b;
}

static bool bytes_or_runes(Type *u)
{
	if (u->kind != TY_SLICE)
		return false;
	Type *e = type_under(u->slice.elem);
	return e->kind == TY_BASIC && (e->basic == B_UINT8 || e->basic == B_INT32);
}

static void wrap_cause(Checker *c, Str *cause, Str text)
{
	if (!cause)
		return;
	*cause = cause->n ? str_fmt(c->a, STR_FMT "\n\t" STR_FMT, STR_ARG(text), STR_ARG(*cause)) : text;
}

bool check_convertible(Checker *c, Operand *x, Type *to, Str *cause)
{
	Code code;
	if (check_assignable(c, x, to, cause, &code))
		return true;
	Type *v = type_unalias(x->type), *t = type_unalias(to);
	Type *vu = type_under(v), *tu = type_under(t);
	bool vp = v->kind == TY_TYPEPARAM, tp = t->kind == TY_TYPEPARAM;
	if (!vp && !tp && types_identical_ignore_tags(vu, tu))
		return true;
	if (v->kind == TY_POINTER && t->kind == TY_POINTER && !type_is_typeparam(v->pointer.elem) &&
		!type_is_typeparam(t->pointer.elem) &&
		types_identical_ignore_tags(type_under(v->pointer.elem), type_under(t->pointer.elem)))
		return true;
	if (!vp && !tp) {
		if (type_is(vu, INFO_INT | INFO_FLOAT) && type_is(tu, INFO_INT | INFO_FLOAT))
			return true;
		if (type_is(vu, INFO_COMPLEX) && type_is(tu, INFO_COMPLEX))
			return true;
		if ((type_is(vu, INFO_INT) || bytes_or_runes(vu)) && type_is(tu, INFO_STRING))
			return true;
		if (type_is(vu, INFO_STRING) && bytes_or_runes(tu))
			return true;
		if ((vu->kind == TY_POINTER || is_kind(vu, B_UINTPTR)) && is_kind(tu, B_UNSAFEPTR))
			return true;
		if (is_kind(vu, B_UNSAFEPTR) && (tu->kind == TY_POINTER || is_kind(tu, B_UINTPTR)))
			return true;
		if (vu->kind == TY_SLICE) {
			if (tu->kind == TY_ARRAY && types_identical(vu->slice.elem, tu->array.elem)) {
				if (check_allow_version(c, GO1_20))
					return true;
				if (cause)
					*cause = S("conversion of slice to array requires go1.20 or later");
				return false;
			}
			if (tu->kind == TY_POINTER) {
				Type *a = type_under(tu->pointer.elem);
				if (a->kind == TY_ARRAY && types_identical(vu->slice.elem, a->array.elem)) {
					if (check_allow_version(c, GO1_17))
						return true;
					if (cause)
						*cause = S("conversion of slice to array pointer requires go1.17 or later");
					return false;
				}
			}
		}
		return false;
	}
	// Every specific type of the one to every specific type of the other.
	Type *vone = v, *tone = t;
	TypeList vl = vp ? types_specific(c->a, v) : (TypeList){&vone, 1};
	TypeList tl = tp ? types_specific(c->a, t) : (TypeList){&tone, 1};
	if (vl.n == 0 || tl.n == 0)
		return false;
	for (u32 i = 0; i < vl.n; i++) {
		Operand y = *x;
		y.type = vl.p[i];
		for (u32 k = 0; k < tl.n; k++) {
			if (check_convertible(c, &y, tl.p[k], cause))
				continue;
			if (!cause)
				return false;
			if (vp && tp)
				wrap_cause(c, cause, str_fmt(c->a, "cannot convert %s (in %s) to type %s (in %s)", TS(vl.p[i]), TS(v), TS(tl.p[k]),
					TS(t)));
			else if (vp)
				wrap_cause(c, cause, str_fmt(c->a, "cannot convert %s (in %s) to type %s", TS(vl.p[i]), TS(v), TS(to)));
			else
				wrap_cause(c, cause, str_fmt(c->a, "cannot convert %s to type %s (in %s)", TS(x->type), TS(tl.p[k]), TS(t)));
			return false;
		}
	}
	return true;
}

static bool const_convertible(Checker *c, Operand *x, Type *t, const Const **val)
{
	Type *u = type_under(t);
	if (u->kind != TY_BASIC)
		return false;
	if (const_representable(c, x->val, u, val))
		return true;
	if (!type_is(x->type, INFO_INT) || !(u->info & INFO_STRING))
		return false;
	u64 cp;
	if (!const_is_u64(x->val, &cp) || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
		cp = 0xFFFD;
	if (val) {
		char *p = arena_alloc(c->a, 4);
		*val = const_string(c->a, str_n(p, utf8_encode(p, (u32)cp)));
	}
	return true;
}

void check_conversion(Checker *c, Operand *x, Type *t)
{
	bool const_arg = x->mode == MODE_CONST, ok = false;
	bool const_type = type_is(t, INFO_CONST);
	Str cause = {0};
	if (const_arg && const_type) {
		ok = const_convertible(c, x, t, &x->val);
		if (!ok && type_is(x->type, INFO_INT) && type_is(t, INFO_INT)) {
			check_error(c, op_pos(x), C_InvalidConversion, "constant " STR_FMT " overflows %s", STR_ARG(const_str(c->a, x->val)),
				TS(t));
			x->mode = MODE_INVALID;
			return;
		}
	} else if (const_arg && type_is_typeparam(t)) {
		TypeList l = types_specific(c->a, t);
		ok = l.n > 0;
		if (!ok)
			cause = str_fmt(c->a, "%s does not contain specific types", TS(t));
		for (u32 i = 0; i < l.n && ok; i++) {
			Type *u = type_under(l.p[i]);
			if (type_is(x->type, INFO_STRING) && bytes_or_runes(u))
				continue;
			if (const_convertible(c, x, u, NULL))
				continue;
			ok = false;
			if (type_is(x->type, INFO_INT) && type_is(u, INFO_INT))
				cause = str_fmt(c->a, "constant " STR_FMT " overflows %s (in %s)", STR_ARG(const_str(c->a, x->val)), TS(u), TS(t));
			else
				cause = str_fmt(c->a, "cannot convert %s to type %s (in %s)", XS(x), TS(u), TS(t));
		}
		x->mode = MODE_VALUE;
	} else if (check_convertible(c, x, t, NULL)) {
		ok = true;
		x->mode = MODE_VALUE;
	} else {
		check_convertible(c, x, t, &cause);
	}
	if (!ok) {
		if (cause.n)
			check_error(c, op_pos(x), C_InvalidConversion, "cannot convert %s to type %s: " STR_FMT, XS(x), TS(t), STR_ARG(cause));
		else
			check_error(c, op_pos(x), C_InvalidConversion, "cannot convert %s to type %s", XS(x), TS(t));
		x->mode = MODE_INVALID;
		return;
	}
	if (type_is_untyped(x->type)) {
		Type *final = t;
		if (x->type == TYPE(UNTYPED_NIL))
			;
		else if (type_is_nonparam_interface(t) || (const_arg && !const_type))
			final = type_default(x->type);
		else if (x->mode == MODE_CONST && type_is(x->type, INFO_INT) && type_all(t, INFO_STRING))
			final = x->type;
		check_update_expr_type(c, x->expr, final, true);
	}
	x->type = t;
}
