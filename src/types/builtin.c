// builtin.c: calls of predeclared functions and of package unsafe (types2/builtins.go). One function an argument
// shape; check_builtin evaluates the arguments that are ordinary values, counts them and dispatches.
#include "types/check.h"

typedef struct Call { Checker *c; Operand *x; Expr *e; Builtin id; Operand **args; u32 n; } Call;

// All types of a type set; t alone if it is not a type parameter. n == 0: no specific types.
static TypeList all_types(Checker *c, Type **t)
{
	return type_is_typeparam(*t) ? types_specific(c->a, *t) : (TypeList){t, 1};
}

static Type *array_deref(Type *t)
{
	Type *p = type_unalias(t);
	if (p->kind == TY_POINTER) {
		Type *a = type_under(p->pointer.elem);
		if (a->kind == TY_ARRAY)
			return a;
	}
	return t;
}

static Type *byte_slice(Checker *c)
{
	return type_new_slice(c->a, universe_byte_type());
}

static Str slice_elem(Checker *c, Operand *x, Type **elem)
{
	Type *t = x->type;
	TypeList l = all_types(c, &t);
	*elem = NULL;
	if (l.n == 0)
		return str_fmt(c->a, "argument must be a slice; have %s", XS(x));
	for (u32 i = 0; i < l.n; i++) {
		Type *u = type_under(l.p[i]);
		if (u->kind != TY_SLICE)
			return op_is_nil(x) ? S("argument must be a slice; have untyped nil")
				: str_fmt(c->a, "argument must be a slice; have %s", XS(x));
		if (*elem && !types_identical(*elem, u->slice.elem))
			return str_fmt(c->a, "mismatched slice element types %s and %s in %s", TS(*elem), TS(u->slice.elem), XS(x));
		if (!*elem)
			*elem = u->slice.elem;
	}
	return (Str){0};
}

// Whether all types of y are byte slices and strings; *has_string: there is a string.
static bool bytes_or_string(Checker *c, Operand *y, bool *has_string)
{
	Type *t = y->type;
	TypeList l = all_types(c, &t);
	*has_string = false;
	for (u32 i = 0; i < l.n; i++) {
		Type *u = type_under(l.p[i]);
		if (u->kind == TY_SLICE && types_identical(u->slice.elem, universe_byte_type()))
			continue;
		if (u->kind != TY_BASIC || !(u->info & INFO_STRING))
			return false;
		*has_string = true;
	}
	return l.n > 0;
}

static bool builtin_append(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	Type *elem;
	Str err = slice_elem(c, x, &elem);
	if (err.n) {
		check_error(c, op_pos(x), C_InvalidAppend, "invalid append: " STR_FMT, STR_ARG(err));
		return false;
	}
	bool special = false, has_string;
	Code code;
	if (k->n == 2 && k->e->call.dots && bytes_or_string(c, k->args[1], &has_string) && has_string &&
		check_assignable(c, x, byte_slice(c), NULL, &code)) {
		special = true;
		if (type_is_untyped(k->args[1]->type))
			check_convert_untyped(c, k->args[1], TYPE(STRING));
	}
	if (!special) {
		Object **vars = NEWN(c->a, Object *, 2);
		vars[0] = object_new_var(c->a, VAR_PARAM, 0, NULL, name_of_c(""), x->type);
		vars[1] = object_new_var(c->a, VAR_PARAM, 0, NULL, name_of_c(""), type_new_slice(c->a, elem));
		Type *sig = type_new_func(c->a, NULL, type_new_tuple(c->a, vars, 2), c->no_results, true);
		check_arguments(c, k->e, sig, (TypeVec){0}, NULL, 0, k->args, k->n, NULL);
	}
	x->mode = MODE_VALUE;
	return true;
}

static bool builtin_len(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	bool len = k->id == BI_len;
	Mode mode = MODE_INVALID;
	const Const *val = NULL;
	Type *u = array_deref(type_under(x->type));
	switch (u->kind) {
	case TY_BASIC:
		if (!(u->info & INFO_STRING) || !len)
			break;
		mode = MODE_VALUE;
		if (x->mode == MODE_CONST) {
			mode = MODE_CONST;
			val = const_i64(c->a, const_string_len(x->val));
		}
		break;
	case TY_ARRAY:
		mode = MODE_VALUE;
		if (!c->env.has_call_or_recv) {
			mode = MODE_CONST;
			val = u->array.len >= 0 ? const_i64(c->a, u->array.len) : const_unknown();
		}
		break;
	case TY_SLICE:
	case TY_CHAN:
		mode = MODE_VALUE;
		break;
	case TY_MAP:
		if (len)
			mode = MODE_VALUE;
		break;
	case TY_INTERFACE: {
		if (!type_is_typeparam(x->type))
			break;
		TypeList l = types_specific(c->a, x->type);
		bool ok = l.n > 0;
		for (u32 i = 0; i < l.n && ok; i++) {
			Type *t = array_deref(type_under(l.p[i]));
			ok = (t->kind == TY_BASIC && (t->info & INFO_STRING) && len) || t->kind == TY_ARRAY || t->kind == TY_SLICE ||
				t->kind == TY_CHAN || (t->kind == TY_MAP && len);
		}
		if (ok)
			mode = MODE_VALUE;
		break;
	}
	}
	if (mode == MODE_INVALID) {
		if (type_valid(type_under(x->type)))
			check_error(c, op_pos(x), len ? C_InvalidLen : C_InvalidCap, "invalid argument: %s for built-in %s", XS(x),
				builtin_info[k->id].name);
		return false;
	}
	if (mode == MODE_VALUE && type_is_untyped(x->type))
		check_convert_untyped(c, x, type_default(x->type));
	x->mode = mode;
	x->type = TYPE(INT);
	x->val = val;
	return true;
}

static bool builtin_clear_close(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	bool clear = k->id == BI_clear;
	if (clear)
		check_verify_version(c, EPOS(k->e->call.fun), GO1_21, "clear");
	Type *t = x->type;
	TypeList l = all_types(c, &t);
	for (u32 i = 0; i < l.n || l.n == 0; i++) {
		Type *u = l.n ? type_under(l.p[i]) : TYPE(INVALID);
		if (clear && u->kind != TY_MAP && u->kind != TY_SLICE) {
			check_error(c, op_pos(x), C_InvalidClear,
				"invalid argument: cannot clear %s: argument must be (or constrained by) map or slice", XS(x));
			return false;
		}
		if (!clear && u->kind != TY_CHAN) {
			check_error(c, op_pos(x), C_InvalidClose, "invalid operation: cannot close non-channel %s", XS(x));
			return false;
		}
		if (!clear && u->dir == CHAN_RECV) {
			check_error(c, op_pos(x), C_InvalidClose, "invalid operation: cannot close receive-only channel %s", XS(x));
			return false;
		}
	}
	x->mode = MODE_NOVALUE;
	return true;
}

// The result of real, imag and complex for one argument type, NULL if it does not fit.
static Type *complex_result(Builtin id, Type *t)
{
	Type *u = type_under(t);
	if (u->kind != TY_BASIC)
		return NULL;
	if (id == BI_complex)
		switch (u->basic) {
		case B_FLOAT32: return TYPE(COMPLEX64);
		case B_FLOAT64: return TYPE(COMPLEX128);
		case B_UNTYPED_FLOAT: return TYPE(UNTYPED_COMPLEX);
		default: return NULL;
		}
	switch (u->basic) {
	case B_COMPLEX64: return TYPE(FLOAT32);
	case B_COMPLEX128: return TYPE(FLOAT64);
	case B_UNTYPED_COMPLEX: return TYPE(UNTYPED_FLOAT);
	default: return NULL;
	}
}

static Type *apply_complex(Call *k)
{
	Checker *c = k->c;
	Type *tp = type_as_typeparam(k->x->type);
	if (!tp)
		return complex_result(k->id, k->x->type);
	TypeList l = types_specific(c->a, tp);
	if (l.n == 0)
		return NULL;
	struct Term *terms = NEWN(c->a, struct Term, l.n);
	for (u32 i = 0; i < l.n; i++) {
		terms[i].tilde = true;
		if (!(terms[i].type = complex_result(k->id, l.p[i])))
			return NULL;
	}
	Code code = k->id == BI_real ? C_InvalidReal : k->id == BI_imag ? C_InvalidImag : C_InvalidComplex;
	check_soft_error(c, op_pos(k->x), code,
		"%s not supported as argument to built-in %s for go1.18 (see go.dev/issue/50937)", XS(k->x), builtin_info[k->id].name);
	Object *o = object_new(c->a, OBJ_TYPENAME, 0, c->pkg, tp->tparam.obj->name, NULL);
	Type *iface = check_new_interface(c);
	vec_push(c->a, &iface->iface.embeds, type_new_union(c->a, terms, l.n));
	iface->iface.embed_pos = NEWN(c->a, Pos, 1);
	iface->iface.complete = true;
	Type *t = type_new_typeparam(c, c->a, o, iface);
	t->tparam.index = tp->tparam.index;
	return t;
}

static void to_untyped_float(Checker *c, Operand *x)
{
	if (type_is(x->type, INFO_NUMERIC) && const_sign(const_imag(c->a, x->val)) == 0)
		x->type = TYPE(UNTYPED_FLOAT);
}

static bool builtin_complex(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x, *y = k->args[1];
	bool ux = type_is_untyped(x->type), uy = type_is_untyped(y->type);
	if (ux && !uy) {
		check_convert_untyped(c, x, y->type);
	} else if (uy && !ux) {
		check_convert_untyped(c, y, x->type);
	} else if (ux && uy) {
		if (x->mode == MODE_CONST && y->mode == MODE_CONST) {
			to_untyped_float(c, x);
			to_untyped_float(c, y);
		} else { // a non-constant shift: an error will follow
			check_convert_untyped(c, x, TYPE(FLOAT64));
			check_convert_untyped(c, y, TYPE(FLOAT64));
		}
	}
	if (!op_valid(x) || !op_valid(y))
		return false;
	if (!types_identical(x->type, y->type)) {
		check_error(c, op_pos(x), C_InvalidComplex, "invalid operation: %s (mismatched types %s and %s)", ES(k->e),
			TS(x->type), TS(y->type));
		return false;
	}
	Type *res = apply_complex(k);
	if (!res) {
		check_error(c, op_pos(x), C_InvalidComplex, "invalid argument: arguments have type %s, expected floating-point",
			TS(x->type));
		return false;
	}
	if (x->mode == MODE_CONST && y->mode == MODE_CONST)
		x->val = const_make_complex(c->a, const_to_float(c->a, x->val), const_to_float(c->a, y->val));
	else
		x->mode = MODE_VALUE;
	x->type = res;
	return true;
}

static bool builtin_real(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	if (type_is_untyped(x->type)) {
		if (x->mode == MODE_CONST) {
			if (type_is(x->type, INFO_NUMERIC))
				x->type = TYPE(UNTYPED_COMPLEX);
		} else {
			check_convert_untyped(c, x, TYPE(COMPLEX128));
			if (!op_valid(x))
				return false;
		}
	}
	Type *res = apply_complex(k);
	if (!res) {
		check_error(c, op_pos(x), k->id == BI_real ? C_InvalidReal : C_InvalidImag,
			"invalid argument: argument has type %s, expected complex type", TS(x->type));
		return false;
	}
	if (x->mode == MODE_CONST)
		x->val = k->id == BI_real ? const_real(c->a, const_to_complex(c->a, x->val))
			: const_imag(c->a, const_to_complex(c->a, x->val));
	else
		x->mode = MODE_VALUE;
	x->type = res;
	return true;
}

static bool builtin_copy(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x, *y = k->args[1];
	Type *dst, *src;
	Str err = slice_elem(c, x, &dst);
	if (err.n) {
		check_error(c, op_pos(x), C_InvalidCopy, "invalid copy: " STR_FMT, STR_ARG(err));
		return false;
	}
	bool has_string;
	Code code;
	bool special = bytes_or_string(c, y, &has_string) && check_assignable(c, x, byte_slice(c), NULL, &code);
	if (!special) {
		err = slice_elem(c, y, &src);
		if (err.n) {
			if (!type_all(y->type, INFO_STRING)) {
				check_error(c, op_pos(y), C_InvalidCopy, "invalid copy: " STR_FMT, STR_ARG(err));
				return false;
			}
			src = universe_byte_type();
		}
		if (!types_identical(dst, src)) {
			check_error(c, op_pos(x), C_InvalidCopy,
				"invalid copy: arguments %s and %s have different element types %s and %s", XS(x), XS(y), TS(dst), TS(src));
			return false;
		}
	}
	if (type_is_untyped(y->type))
		check_convert_untyped(c, y, type_default(y->type));
	x->mode = MODE_VALUE;
	x->type = TYPE(INT);
	return true;
}

static bool builtin_delete(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	Type *t = x->type, *key = NULL;
	TypeList l = all_types(c, &t);
	for (u32 i = 0; i < l.n || l.n == 0; i++) {
		Type *u = l.n ? type_under(l.p[i]) : TYPE(INVALID);
		if (u->kind != TY_MAP) {
			check_error(c, op_pos(x), C_InvalidDelete, "invalid argument: %s is not a map", XS(x));
			return false;
		}
		if (key && !types_identical(u->map.key, key)) {
			check_error(c, op_pos(x), C_InvalidDelete, "invalid argument: maps of %s must have identical key types", XS(x));
			return false;
		}
		key = u->map.key;
	}
	*x = *k->args[1];
	check_assignment(c, x, key, "argument to delete");
	if (!op_valid(x))
		return false;
	x->mode = MODE_NOVALUE;
	return true;
}

static bool builtin_make(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	ExprVec args = k->e->call.args;
	Expr *arg0 = args.p[0];
	Type *t = check_var_type(c, arg0);
	if (!type_valid(t))
		return false;
	TypeList l = all_types(c, &t);
	Str cause = {0};
	if (l.n == 0)
		cause = S("no specific type");
	for (u32 i = 0; i < l.n && !cause.n; i++) {
		u8 kind = type_under(l.p[i])->kind;
		if (kind != TY_SLICE && kind != TY_MAP && kind != TY_CHAN)
			cause = S("type must be slice, map, or channel");
	}
	Type *u = NULL;
	if (!cause.n)
		u = type_is_typeparam(t) ? types_common_under(c->a, c, t, &cause) : type_under(t);
	if (!u) {
		check_error(c, EPOS(arg0), C_InvalidMake, "invalid argument: cannot make %s: " STR_FMT, ES(arg0), STR_ARG(cause));
		return false;
	}
	u32 min = u->kind == TY_SLICE ? 2 : 1;
	if (k->n < min || k->n > min + 1) {
		check_error(c, EPOS(k->e), C_WrongArgCount, "invalid operation: %s expects %u or %u arguments; found %u", ES(k->e),
			min, min + 1, k->n);
		return false;
	}
	i64 sizes[2];
	u32 n = 0;
	for (u32 i = 1; i < args.n; i++) {
		i64 v;
		check_index(c, args.p[i], -1, &v);
		if (v >= 0 && n < 2)
			sizes[n++] = v;
	}
	if (n == 2 && sizes[0] > sizes[1])
		check_error(c, EPOS(args.p[1]), C_SwappedMakeArgs, "invalid argument: length and capacity swapped");
	x->mode = MODE_VALUE;
	x->type = t;
	return true;
}

static bool builtin_max(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	const char *name = builtin_info[k->id].name;
	check_verify_version(c, EPOS(k->e->call.fun), GO1_21, "built-in %s", name);
	Op op = k->id == BI_max ? OP_GTR : OP_LSS;
	for (u32 i = 0; i < k->n; i++) {
		Operand *a = k->args[i];
		if (!type_all(a->type, INFO_ORDERED)) {
			check_error(c, op_pos(a), C_InvalidMinMaxOperand, "invalid argument: %s cannot be ordered", XS(a));
			return false;
		}
		if (i == 0)
			continue;
		check_match_types(c, x, a);
		if (!op_valid(x))
			return false;
		if (!types_identical(x->type, a->type)) {
			check_error(c, op_pos(a), C_MismatchedTypes,
				"invalid argument: mismatched types %s (previous argument) and %s (type of %s)", TS(x->type), TS(a->type),
				ES(a->expr));
			return false;
		}
		if (x->mode == MODE_CONST && a->mode == MODE_CONST) {
			if (const_compare(a->val, op, x->val))
				*x = *a;
		} else {
			x->mode = MODE_VALUE;
		}
	}
	if (x->mode != MODE_CONST) {
		x->mode = MODE_VALUE;
		check_assignment(c, x, type_empty_interface(), k->id == BI_max ? "argument to built-in max" : "argument to built-in min");
		if (!op_valid(x))
			return false;
	}
	for (u32 i = 0; i < k->n; i++)
		check_update_expr_type(c, k->args[i]->expr, x->type, true);
	return true;
}

static bool builtin_new(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	Expr *arg = k->e->call.args.p[0];
	check_expr_or_type(c, x, arg, false);
	check_exclude(c, x, 1u << MODE_NOVALUE | 1u << MODE_BUILTIN);
	if (!op_valid(x))
		return false;
	if (x->mode == MODE_TYPE) {
		check_valid_var_type(c, arg, x->type);
	} else {
		if (type_is_untyped(x->type)) {
			check_assignment(c, x, NULL, "argument to new");
			if (!op_valid(x))
				return false;
		}
		if (!check_allow_version(c, GO1_26))
			check_verify_version(c, EPOS(k->e->call.fun), GO1_26, "new(%s)", ES(arg));
	}
	x->type = type_new_pointer(c->a, x->type);
	x->mode = MODE_VALUE;
	return true;
}

static bool builtin_print(Call *k)
{
	const char *context = k->id == BI_print ? "argument to built-in print" : "argument to built-in println";
	for (u32 i = 0; i < k->n; i++) {
		check_assignment(k->c, k->args[i], NULL, context);
		if (!op_valid(k->args[i]))
			return false;
	}
	vec_push(k->c->a, &k->c->prints, k->e);
	k->x->mode = MODE_NOVALUE;
	return true;
}

// ---- package unsafe ------------------------------------------------------------------------------

static bool has_var_size(Checker *c, Type *t)
{
	t = type_unalias(t);
	switch (t->kind) {
	case TY_NAMED: {
		NamedRec *r = t->named.rec;
		Object *o = r->obj;
		if (!r->orig && o->pkg != c->pkg) { // complete
			Type *rhs = named_rhs(t);
			return rhs && has_var_size(c, rhs);
		}
		if (r->orig) { // stands for itself on the path
			o = NULL;
			for (u32 i = 0; i < c->path.n && !o; i++)
				if (c->path.p[i]->type == t)
					o = c->path.p[i];
			if (!o)
				o = object_new(c->a, OBJ_TYPENAME, r->pos, r->obj->pkg, r->obj->name, t);
		}
		if (o->color == GREY) {
			check_report_path_cycle(c, o);
			return true;
		}
		check_push(c, o);
		Type *rhs = named_rhs(t);
		bool v = rhs ? has_var_size(c, rhs) : false;
		check_pop(c);
		return v;
	}
	case TY_ARRAY:
		return has_var_size(c, t->array.elem);
	case TY_STRUCT:
		for (u32 i = 0; i < t->structt.n; i++)
			if (has_var_size(c, t->structt.fields[i]->type))
				return true;
		return false;
	case TY_TYPEPARAM:
		return true;
	}
	return false;
}

static bool set_size(Call *k, i64 v)
{
	Checker *c = k->c;
	if (v < 0) {
		check_error(c, op_pos(k->x), C_TypeTooLarge, "%s is too large", XS(k->x));
		return false;
	}
	k->x->mode = MODE_CONST;
	k->x->val = const_i64(k->c->a, v);
	k->x->type = TYPE(UINTPTR);
	return true;
}

static bool builtin_sizeof(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	check_assignment(c, x, NULL, k->id == BI_Sizeof ? "argument to unsafe.Sizeof" : "argument to unsafe.Alignof");
	if (!op_valid(x))
		return false;
	if (!has_var_size(c, x->type))
		return set_size(k, k->id == BI_Sizeof ? check_sizeof(c, x->type) : check_alignof(c, x->type));
	x->mode = MODE_VALUE;
	x->type = TYPE(UINTPTR);
	return true;
}

static bool builtin_offsetof(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	Expr *arg = k->e->call.args.p[0], *sel = expr_unparen(arg);
	if (sel->kind != E_SELECTOR) {
		check_error(c, EPOS(arg), C_BadOffsetofSyntax, "invalid argument: %s is not a selector expression", ES(arg));
		check_use(c, &arg, 1);
		return false;
	}
	check_expr(c, NULL, x, sel->sel.x);
	if (!op_valid(x))
		return false;
	Type *base = type_deref_struct_ptr(x->type);
	Name name = sel->sel.sel->name.name;
	U32Vec path = {0};
	bool indirect = false;
	Object *o = types_lookup(c->a, base, false, c->pkg, name, &path, &indirect);
	if (!o) {
		check_error(c, op_pos(x), C_MissingFieldOrMethod, "invalid argument: %s has no single field %s", TS(base), name->s);
		return false;
	}
	if (o->kind == OBJ_FUNC) {
		check_error(c, EPOS(arg), C_InvalidOffsetof, "invalid argument: %s is a method value", ES(arg));
		return false;
	}
	if (indirect) {
		check_error(c, op_pos(x), C_InvalidOffsetof, "invalid argument: field %s is embedded via a pointer in %s", name->s,
			TS(base));
		return false;
	}
	check_record_field(c, sel, base, o, path);
	sel->mode = x->mode == MODE_VAR ? MODE_VAR : MODE_VALUE;
	sel->type = o->type;
	if (!has_var_size(c, base))
		return set_size(k, check_offsetof(c, base, path.p, path.n));
	x->mode = MODE_VALUE;
	x->type = TYPE(UINTPTR);
	return true;
}

static bool builtin_unsafe(Call *k)
{
	Checker *c = k->c;
	Operand *x = k->x;
	Expr *fun = k->e->call.fun;
	Type *u;
	switch (k->id) {
	case BI_Add:
		check_verify_version(c, EPOS(fun), GO1_17, "unsafe.Add");
		check_assignment(c, x, TYPE(UNSAFEPTR), "argument to unsafe.Add");
		if (!op_valid(x) || !check_valid_index(c, k->args[1], C_InvalidUnsafeAdd, "length", true))
			return false;
		x->type = TYPE(UNSAFEPTR);
		break;
	case BI_Slice:
		check_verify_version(c, EPOS(fun), GO1_17, "unsafe.Slice");
		u = types_common_under(c->a, c, x->type, NULL);
		if (!u || u->kind != TY_POINTER) {
			check_error(c, op_pos(x), C_InvalidUnsafeSlice, "invalid argument: %s is not a pointer", XS(x));
			return false;
		}
		if (!check_valid_index(c, k->args[1], C_InvalidUnsafeSlice, "length", false))
			return false;
		x->type = type_new_slice(c->a, u->pointer.elem);
		break;
	case BI_SliceData:
		check_verify_version(c, EPOS(fun), GO1_20, "unsafe.SliceData");
		u = types_common_under(c->a, c, x->type, NULL);
		if (!u || u->kind != TY_SLICE) {
			check_error(c, op_pos(x), C_InvalidUnsafeSliceData, "invalid argument: %s is not a slice", XS(x));
			return false;
		}
		x->type = type_new_pointer(c->a, u->slice.elem);
		break;
	case BI_String:
		check_verify_version(c, EPOS(fun), GO1_20, "unsafe.String");
		check_assignment(c, x, type_new_pointer(c->a, universe_byte_type()), "argument to unsafe.String");
		if (!op_valid(x) || !check_valid_index(c, k->args[1], C_InvalidUnsafeString, "length", false))
			return false;
		x->type = TYPE(STRING);
		break;
	default:
		check_verify_version(c, EPOS(fun), GO1_20, "unsafe.StringData");
		check_assignment(c, x, TYPE(STRING), "argument to unsafe.StringData");
		if (!op_valid(x))
			return false;
		x->type = type_new_pointer(c->a, universe_byte_type());
	}
	x->mode = MODE_VALUE;
	return true;
}

static bool dispatch(Call *k)
{
	Operand *x = k->x;
	switch (k->id) {
	case BI_append: return builtin_append(k);
	case BI_cap:
	case BI_len: return builtin_len(k);
	case BI_clear:
	case BI_close: return builtin_clear_close(k);
	case BI_complex: return builtin_complex(k);
	case BI_imag:
	case BI_real: return builtin_real(k);
	case BI_copy: return builtin_copy(k);
	case BI_delete: return builtin_delete(k);
	case BI_make: return builtin_make(k);
	case BI_max:
	case BI_min: return builtin_max(k);
	case BI_new: return builtin_new(k);
	case BI_print:
	case BI_println: return builtin_print(k);
	case BI_panic:
		check_assignment(k->c, x, type_empty_interface(), "argument to panic");
		if (!op_valid(x))
			return false;
		x->mode = MODE_NOVALUE;
		return true;
	case BI_recover:
		x->mode = MODE_VALUE;
		x->type = type_empty_interface();
		return true;
	case BI_Sizeof:
	case BI_Alignof: return builtin_sizeof(k);
	case BI_Offsetof: return builtin_offsetof(k);
	default: return builtin_unsafe(k);
	}
}

bool check_builtin(Checker *c, Operand *x, Expr *e, Builtin id)
{
	const BuiltinInfo *b = &builtin_info[id];
	ExprVec list = e->call.args;
	if (e->call.dots && id != BI_append) {
		check_error(c, EPOS(e), C_InvalidDotDotDot, "invalid operation: invalid use of ... with built-in %s", b->name);
		check_use(c, list.p, list.n);
		return false;
	}
	bool saved = c->env.has_call_or_recv;
	if (id == BI_len || id == BI_cap) // constant if there is no call in the argument
		c->env.has_call_or_recv = false;
	Call k = {.c = c, .x = x, .e = e, .id = id, .n = list.n};
	bool ok = true;
	if (id != BI_make && id != BI_new && id != BI_Offsetof) {
		k.args = check_call_args(c, list, &k.n);
		for (u32 i = 0; i < k.n; i++)
			ok &= op_valid(k.args[i]);
		if (ok && k.n > 0)
			*x = *k.args[0];
	}
	if (ok && (k.n < b->nargs || (!b->variadic && k.n > b->nargs))) {
		check_error(c, EPOS(e), C_WrongArgCount, "invalid operation: %s arguments for %s (expected %d, found %u)",
			k.n < b->nargs ? "not enough" : "too many", ES(e), b->nargs, k.n);
		ok = false;
	}
	if (ok)
		ok = dispatch(&k);
	if (id == BI_len || id == BI_cap)
		c->env.has_call_or_recv = saved;
	if (ok && x->mode != MODE_CONST)
		x->val = NULL;
	return ok;
}
