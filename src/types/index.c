// index.c: x[i], x[lo:hi:max] and the checks of indices (types2/index.go).
#include "types/check.h"

static Expr *single_index(Checker *c, Expr *e)
{
	Expr *i = e->index.i;
	if (!i) {
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "missing index for %s", ES(e->index.x));
		return NULL;
	}
	if (i->kind != E_LIST)
		return i;
	if (i->list.v.n <= 1) {
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "invalid use of ListExpr for index expression %s with %u indices", ES(e),
			i->list.v.n);
		return NULL;
	}
	check_error(c, EPOS(i->list.v.p[1]), C_InvalidIndex, "invalid operation: more than one index");
	return i->list.v.p[0];
}

bool check_valid_index(Checker *c, Operand *x, Code code, const char *what, bool allow_negative)
{
	if (!op_valid(x))
		return false;
	check_convert_untyped(c, x, TYPE(INT));
	if (!op_valid(x))
		return false;
	if (!type_all(x->type, INFO_INT)) {
		check_error(c, op_pos(x), code, "invalid argument: %s %s must be integer", what, XS(x));
		return false;
	}
	if (x->mode == MODE_CONST) {
		if (!allow_negative && const_sign(x->val) < 0) {
			check_error(c, op_pos(x), code, "invalid argument: %s %s must not be negative", what, XS(x));
			return false;
		}
		if (!const_representable(c, x->val, TYPE(INT), &x->val)) {
			check_error(c, op_pos(x), code, "invalid argument: %s %s overflows int", what, XS(x));
			return false;
		}
	}
	return true;
}

// Checks an index, below max if max >= 0. Its type, or invalid; *val is its value or -1 if it is not constant.
Type *check_index(Checker *c, Expr *e, i64 max, i64 *val)
{
	Operand x = {0};
	*val = -1;
	check_expr(c, NULL, &x, e);
	if (!check_valid_index(c, &x, C_InvalidIndex, "index", false))
		return TYPE(INVALID);
	if (x.mode != MODE_CONST)
		return x.type;
	i64 v;
	if (const_kind(x.val) == CONST_UNKNOWN || !const_is_i64(x.val, &v))
		return TYPE(INVALID);
	if (max >= 0 && v >= max) {
		check_error(c, op_pos(&x), C_InvalidIndex, "invalid argument: index " STR_FMT " out of bounds [0:%lld]",
			STR_ARG(const_str(c->a, x.val)), (long long)max);
		return TYPE(INVALID);
	}
	*val = v;
	return x.type;
}

static void map_index(Checker *c, Operand *x, Expr *e, Type *key, Type *elem)
{
	Expr *i = single_index(c, e);
	if (!i) {
		x->mode = MODE_INVALID;
		return;
	}
	Operand k = {0};
	check_generic_expr(c, &k, i, NULL);
	check_assignment(c, &k, key, "map index");
	x->mode = MODE_MAPINDEX;
	x->type = elem;
	x->expr = e;
}

// Indexing values of a type parameter: all types of its set must agree. Sets *key if they are maps.
static bool tparam_index(Checker *c, Operand *x, Type **key, Type **elem, i64 *length, Mode *mode)
{
	TypeList l = types_specific(c->a, x->type);
	*mode = MODE_VAR;
	for (u32 i = 0; i < l.n; i++) {
		Type *u = type_under(l.p[i]), *k = NULL, *e = NULL;
		i64 n = -1;
		switch (u->kind) {
		case TY_BASIC:
			if (u->info & INFO_STRING) {
				e = universe_byte_type();
				*mode = MODE_VALUE;
			}
			break;
		case TY_ARRAY:
			n = u->array.len;
			e = u->array.elem;
			if (x->mode != MODE_VAR)
				*mode = MODE_VALUE;
			break;
		case TY_POINTER: {
			Type *a = type_under(u->pointer.elem);
			if (a->kind == TY_ARRAY) {
				n = a->array.len;
				e = a->array.elem;
			}
			break;
		}
		case TY_SLICE:
			e = u->slice.elem;
			break;
		case TY_MAP:
			k = u->map.key;
			e = u->map.elem;
			break;
		}
		if (!e)
			return false;
		if (i == 0) {
			*length = n;
			*key = k;
			*elem = e;
			continue;
		}
		if ((*key == NULL) != (k == NULL) || (k && !types_identical(*key, k)) || !types_identical(*elem, e))
			return false;
		if (n >= 0 && n < *length)
			*length = n;
	}
	return l.n > 0;
}

bool check_index_expr(Checker *c, Operand *x, Expr *e)
{
	check_expr_or_type(c, x, e->index.x, true);
	switch (x->mode) {
	case MODE_INVALID:
		check_use(c, &e->index.i, 1);
		return false;
	case MODE_TYPE: {
		x->mode = MODE_INVALID;
		Type *t = check_var_type(c, e);
		x->type = t;
		if (type_valid(t))
			x->mode = MODE_TYPE;
		return false;
	}
	case MODE_VALUE: {
		Type *u = type_under(x->type);
		if (u->kind == TY_FUNC && u->func.ntparams)
			return true;
		break;
	}
	}
	check_non_generic(c, NULL, x);
	if (!op_valid(x))
		return false;
	if (!check_is_complete(c, x->type)) {
		x->mode = MODE_INVALID;
		return false;
	}
	Type *u = type_under(x->type);
	if ((u->kind == TY_POINTER && !check_is_complete(c, u->pointer.elem)) ||
		(u->kind == TY_MAP && !check_is_complete(c, u->map.elem))) {
		x->mode = MODE_INVALID;
		return false;
	}
	bool valid = false;
	i64 length = -1;
	switch (u->kind) {
	case TY_BASIC:
		if (u->info & INFO_STRING) {
			valid = true;
			if (x->mode == MODE_CONST)
				length = const_string_len(x->val);
			if (type_is_untyped(x->type))
				check_update_expr_type(c, e->index.x, TYPE(STRING), true);
			x->mode = MODE_VALUE;
			x->type = universe_byte_type();
		}
		break;
	case TY_ARRAY:
		valid = true;
		length = u->array.len;
		if (x->mode != MODE_VAR)
			x->mode = MODE_VALUE;
		x->type = u->array.elem;
		break;
	case TY_POINTER: {
		Type *a = type_under(u->pointer.elem);
		if (a->kind == TY_ARRAY) {
			valid = true;
			length = a->array.len;
			x->mode = MODE_VAR;
			x->type = a->array.elem;
		}
		break;
	}
	case TY_SLICE:
		valid = true;
		x->mode = MODE_VAR;
		x->type = u->slice.elem;
		break;
	case TY_MAP:
		map_index(c, x, e, u->map.key, u->map.elem);
		return false;
	case TY_INTERFACE: {
		if (!type_is_typeparam(x->type))
			break;
		Type *key = NULL, *elem = NULL;
		Mode mode;
		if (!tparam_index(c, x, &key, &elem, &length, &mode))
			break;
		if (key) {
			map_index(c, x, e, key, elem);
			return false;
		}
		valid = true;
		x->mode = mode;
		x->type = elem;
		break;
	}
	}
	if (!valid) {
		check_error(c, e->pos, C_NonSliceableOperand, "cannot index %s", XS(x));
		check_use(c, &e->index.i, 1);
		x->mode = MODE_INVALID;
		return false;
	}
	Expr *i = single_index(c, e);
	if (!i) {
		x->mode = MODE_INVALID;
		return false;
	}
	if (!x->type)
		x->type = TYPE(INVALID);
	i64 v;
	check_index(c, i, length, &v);
	return false;
}

// The underlying type that x can be sliced as; strings count as []byte beside it. NULL after an error.
static Type *slice_core(Checker *c, Operand *x)
{
	if (!type_is_typeparam(x->type))
		return type_under(x->type);
	TypeList l = types_specific(c->a, x->type);
	Type *ct = NULL, *cu = NULL;
	bool has_string = false;
	if (l.n == 0) {
		check_error(c, op_pos(x), C_NonSliceableOperand, "cannot slice %s: no specific type in %s", XS(x), TS(x->type));
		return NULL;
	}
	for (u32 i = 0; i < l.n; i++) {
		Type *u = type_under(l.p[i]);
		if (u->kind == TY_BASIC && (u->info & INFO_STRING)) {
			u = type_new_slice(c->a, universe_byte_type());
			has_string = true;
		}
		if (!cu) {
			ct = l.p[i];
			cu = u;
		} else if (!types_identical(cu, u)) {
			check_error(c, op_pos(x), C_NonSliceableOperand, "cannot slice %s: %s and %s have different underlying types", XS(x),
				TS(ct), TS(l.p[i]));
			return NULL;
		}
	}
	return has_string ? TYPE(STRING) : cu;
}

void check_slice_expr(Checker *c, Operand *x, Expr *e)
{
	check_expr(c, NULL, x, e->slice.x);
	Expr *ind[3] = {e->slice.lo, e->slice.hi, e->slice.max};
	if (!op_valid(x)) {
		check_use(c, ind, 3);
		return;
	}
	Type *cu = slice_core(c, x);
	Type *xu = type_under(x->type);
	if (xu->kind == TY_POINTER && !check_is_complete(c, xu->pointer.elem)) {
		x->mode = MODE_INVALID;
		return;
	}
	if (!cu) {
		x->mode = MODE_INVALID;
		return;
	}
	bool valid = false;
	i64 length = -1;
	switch (cu->kind) {
	case TY_BASIC:
		if (!(cu->info & INFO_STRING))
			break;
		if (e->slice.full) {
			check_error(c, ind[2] ? EPOS(ind[2]) : EPOS(e), C_InvalidSliceExpr, "invalid operation: 3-index slice of string");
			x->mode = MODE_INVALID;
			return;
		}
		valid = true;
		if (x->mode == MODE_CONST)
			length = const_string_len(x->val);
		if (type_is_untyped(x->type))
			x->type = TYPE(STRING);
		break;
	case TY_ARRAY:
		valid = true;
		length = cu->array.len;
		if (x->mode != MODE_VAR) {
			check_error(c, op_pos(x), C_NonSliceableOperand, "cannot slice unaddressable value %s", XS(x));
			x->mode = MODE_INVALID;
			return;
		}
		check_mark_storage(e->slice.x, true);
		x->type = type_new_slice(c->a, cu->array.elem);
		break;
	case TY_POINTER: {
		Type *a = type_under(cu->pointer.elem);
		if (a->kind == TY_ARRAY) {
			valid = true;
			length = a->array.len;
			x->type = type_new_slice(c->a, a->array.elem);
		}
		break;
	}
	case TY_SLICE:
		valid = true;
		break;
	}
	if (!valid) {
		check_error(c, op_pos(x), C_NonSliceableOperand, "cannot slice %s", XS(x));
		x->mode = MODE_INVALID;
		return;
	}
	x->mode = MODE_VALUE;
	if (e->slice.full && (!ind[1] || !ind[2])) {
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "2nd and 3rd index required in 3-index slice");
		x->mode = MODE_INVALID;
		return;
	}
	i64 v[3];
	for (u32 i = 0; i < 3; i++) {
		v[i] = -1;
		if (ind[i])
			check_index(c, ind[i], length >= 0 ? length + 1 : -1, &v[i]);
		else if (i == 0)
			v[i] = 0;
		else if (length >= 0)
			v[i] = length;
	}
	for (u32 i = 0; i < 2; i++) {
		if (v[i] <= 0)
			continue;
		for (u32 k = i + 1; k < 3; k++)
			if (v[k] >= 0 && v[k] < v[i] && ind[k]) {
				check_error(c, EPOS(ind[k]), C_SwappedSliceIndices, "invalid slice indices: %lld < %lld", (long long)v[k],
					(long long)v[i]);
				return;
			}
	}
	// The operand of a string slice gets its default type; a constant is materialized.
	if (type_is_untyped(e->slice.x->type ? e->slice.x->type : TYPE(INVALID)))
		check_update_expr_type(c, e->slice.x, TYPE(STRING), true);
}
