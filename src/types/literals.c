// literals.c: literals of basic types, functions and composite types (types2/literals.go).
#include "types/check.h"

static void lang_compat(Checker *c, Expr *e)
{
	Str s = e->lit.text;
	if (s.n <= 2 || check_allow_version(c, GO1_13))
		return;
	if (str_index(s, '_') >= 0)
		check_verify_version(c, e->pos, GO1_13, "underscore in numeric literal");
	else if (s.p[0] != '0')
		return;
	else if (s.p[1] == 'b' || s.p[1] == 'B')
		check_verify_version(c, e->pos, GO1_13, "binary literal");
	else if (s.p[1] == 'o' || s.p[1] == 'O')
		check_verify_version(c, e->pos, GO1_13, "0o/0O-style octal literal");
	else if (e->lit.kind != LIT_INT && (s.p[1] == 'x' || s.p[1] == 'X'))
		check_verify_version(c, e->pos, GO1_13, "hexadecimal floating-point literal");
}

void check_basic_lit(Checker *c, Operand *x, Expr *e)
{
	static const u8 types[] = {[LIT_INT] = B_UNTYPED_INT, [LIT_FLOAT] = B_UNTYPED_FLOAT, [LIT_IMAG] = B_UNTYPED_COMPLEX,
		[LIT_RUNE] = B_UNTYPED_RUNE, [LIT_STRING] = B_UNTYPED_STRING};
	x->expr = e;
	if (e->lit.kind <= LIT_IMAG) {
		lang_compat(c, e);
		if (e->lit.text.n > 10000) {
			check_error(c, e->pos, C_InvalidConstVal, "excessively long constant: %.10s... (%u chars)", e->lit.text.p,
				e->lit.text.n);
			return;
		}
	}
	const Const *v = const_lit(c->a, e->lit.text, e->lit.kind);
	if (const_kind(v) == CONST_UNKNOWN) {
		check_error(c, e->pos, C_InvalidConstVal, "malformed constant: " STR_FMT, STR_ARG(e->lit.text));
		return;
	}
	x->mode = MODE_CONST;
	x->type = type_basic[types[e->lit.kind]];
	x->val = v;
	if (e->lit.kind <= LIT_IMAG)
		check_overflow(c, x, e->pos);
}

// ---- functions -----------------------------------------------------------------------------------

typedef struct FuncLitCtx { DeclInfo *decl; Expr *e; Type *sig; const Const *iota; } FuncLitCtx;

static void func_lit_later(Checker *c, void *p)
{
	FuncLitCtx *k = p;
	check_func_body(c, k->decl, NULL, k->sig, k->e->funclit.body, k->e, k->iota);
}

static void own(Type *tuple, Expr *e)
{
	for (u32 i = 0; i < tuple->tuple.n; i++)
		tuple->tuple.vars[i]->var.owner = (struct FuncLit *)e;
}

void check_func_lit(Checker *c, Operand *x, Expr *e)
{
	Type *sig = check_typ(c, e->funclit.type);
	if (sig->kind != TY_FUNC) {
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "invalid function literal %s", ES(e));
		return;
	}
	own(sig->func.params, e);
	own(sig->func.results, e);
	e->funclit.func = object_new_func(c->a, e->pos, c->pkg, NULL, sig);
	if (!c->env.sig)
		vec_push(c->a, &c->pkg->funclits, e);
	if (!c->cfg.ignore_bodies && e->funclit.body) {
		// Part of the initializer or function around it; checked as soon as types are set up, but before the scope changes.
		FuncLitCtx *k = NEW(c->a, FuncLitCtx);
		*k = (FuncLitCtx){c->env.decl, e, sig, c->env.iota};
		check_later(c, func_lit_later, k);
	}
	x->mode = MODE_VALUE;
	x->type = sig;
}

// ---- composite literals --------------------------------------------------------------------------

// A field that was given: by its path from the struct.
typedef struct Given { U32Vec path; Object *field; } Given;
typedef VEC(Given) GivenVec;

static const char *field_path(Checker *c, Type *st, U32Vec path)
{
	Str s = {0};
	for (u32 i = 0; i < path.n; i++) {
		bool is_ptr;
		Type *u = type_under(type_deref(st, &is_ptr));
		if (u->kind != TY_STRUCT || path.p[i] >= u->structt.n)
			break;
		Object *f = u->structt.fields[path.p[i]];
		s = str_fmt(c->a, STR_FMT "%s%s", STR_ARG(s), i ? "." : "", f->name->s);
		st = f->type;
	}
	return s.p ? s.p : "";
}

// The same field twice, or a field and one inside it.
static void add_given(Checker *c, GivenVec *given, Expr *kv, U32Vec path, Object *f)
{
	Given *alt = NULL;
	for (u32 i = 0; i < given->n && !alt; i++) {
		Given *g = &given->p[i];
		u32 n = MIN(g->path.n, path.n), k = 0;
		while (k < n && g->path.p[k] == path.p[k])
			k++;
		if (k == n)
			alt = g;
	}
	if (!alt) {
		vec_push(c->a, given, (Given){path, f});
		return;
	}
	if (alt->field == f)
		check_error(c, EPOS(kv), C_DuplicateLitField, "duplicate field name %s in struct literal", f->name->s);
	else if (alt->path.n < path.n)
		check_error(c, EPOS(kv), C_DuplicateLitField, "cannot specify promoted field %s and enclosing embedded field %s",
			f->name->s, alt->field->name->s);
	else
		check_error(c, EPOS(kv), C_DuplicateLitField, "cannot specify embedded field %s and enclosed promoted field %s",
			f->name->s, alt->field->name->s);
}

static void keyed_struct(Checker *c, Operand *x, Expr *e, Type *u, Type *base)
{
	GivenVec given = {0};
	for (u32 i = 0; i < e->complit.elems.n; i++) {
		Expr *kv = e->complit.elems.p[i];
		if (kv->kind != E_KEYVALUE) {
			check_error(c, EPOS(kv), C_MixedStructLit, "mixture of field:value and value elements in struct literal");
			continue;
		}
		Expr *key = kv->kv.key;
		check_generic_expr(c, x, kv->kv.val, NULL);
		if (key->kind != E_NAME) {
			check_error(c, EPOS(kv), C_InvalidLitField, "invalid field name %s in struct literal", ES(key));
			continue;
		}
		U32Vec path = {0};
		bool indirect = false;
		Object *o = NULL;
		for (u32 k = 0; k < u->structt.n; k++) // nearly always a plain field
			if (u->structt.fields[k]->name == key->name.name &&
				object_same_id(u->structt.fields[k], c->pkg, key->name.name, false) && !name_is_blank(key->name.name)) {
				o = u->structt.fields[k];
				vec_push(c->a, &path, k);
				break;
			}
		if (!o)
			o = types_lookup(c->a, u, false, c->pkg, key->name.name, &path, &indirect);
		if (!o) {
			U32Vec p2 = {0};
			bool i2;
			Object *alt = types_lookup_fold(c->a, u, false, c->pkg, key->name.name, true, &p2, &i2);
			Str msg = check_lookup_error(c, base, key->name.name, alt, true);
			if (!alt)
				hint_member(c, base, key->name.name, true);
			check_error(c, EPOS(key), C_MissingLitField, STR_FMT, STR_ARG(msg));
			continue;
		}
		if (o->kind != OBJ_VAR) {
			check_error(c, EPOS(key), C_MissingLitField, "%s is not a field", ES(key));
			continue;
		}
		if (path.n > 1 && !check_allow_version(c, GO1_27)) {
			check_verify_version(c, EPOS(key), GO1_27, "use of promoted field %s in struct literal of type %s",
				field_path(c, u, path), TS(base));
			continue;
		}
		if (indirect) {
			check_error(c, EPOS(key), C_InvalidLitField, "invalid implicit pointer indirection to reach %s", ES(key));
			continue;
		}
		key->name.obj = o;
		check_assignment(c, x, o->type, "struct literal");
		add_given(c, &given, kv, path, o);
	}
}

static void positional_struct(Checker *c, Operand *x, Expr *e, Type *u, Type *base)
{
	for (u32 i = 0; i < e->complit.elems.n; i++) {
		Expr *v = e->complit.elems.p[i];
		if (v->kind == E_KEYVALUE) {
			check_error(c, EPOS(v), C_MixedStructLit, "mixture of field:value and value elements in struct literal");
			continue;
		}
		check_generic_expr(c, x, v, NULL);
		if (i >= u->structt.n) {
			check_error(c, op_pos(x), C_InvalidStructLit, "too many values in struct literal of type %s", TS(base));
			break;
		}
		Object *f = u->structt.fields[i];
		if (!name_is_exported(f->name) && f->pkg != c->pkg) {
			check_error(c, op_pos(x), C_UnexportedLitField,
				"implicit assignment to unexported field %s in struct literal of type %s", f->name->s, TS(base));
			continue;
		}
		check_assignment(c, x, f->type, "struct literal");
	}
	if (e->complit.elems.n >= u->structt.n)
		return;
	const char *hint = "";
	for (u32 i = 0; i < u->structt.n; i++)
		if (!name_is_exported(u->structt.fields[i]->name) && u->structt.fields[i]->pkg != c->pkg)
			hint = " (type has unexported fields - use key:value pairs)";
	check_error(c, e->complit.rbrace, C_InvalidStructLit, "too few values in struct literal of type %s%s", TS(base), hint);
}

i64 check_indexed_elems(Checker *c, ExprVec elems, Type *t, i64 len)
{
	i64 index = 0, max = 0;
	Map seen = {0};
	bool any_key = false;
	for (u32 i = 0; i < elems.n; i++) {
		Expr *e = elems.p[i], *v = e;
		bool valid = false;
		if (e->kind == E_KEYVALUE) {
			if (!any_key) { // until now indices were 0, 1, 2 ...
				any_key = true;
				for (i64 k = 0; k < index; k++)
					map_put(c->a, &seen, (u64)k, c);
			}
			i64 k = -1;
			if (type_valid(check_index(c, e->kv.key, len, &k))) {
				if (k >= 0) {
					index = k;
					valid = true;
				} else {
					check_error(c, EPOS(e), C_InvalidLitIndex, "index %s must be integer constant", ES(e->kv.key));
				}
			}
			v = e->kv.val;
		} else if (len >= 0 && index >= len) {
			check_error(c, EPOS(e), C_OversizeArrayLit, "index %lld is out of bounds (>= %lld)", (long long)index,
				(long long)len);
		} else {
			valid = true;
		}
		if (valid && any_key) {
			if (map_has(&seen, (u64)index))
				check_error(c, EPOS(e), C_DuplicateLitKey, "duplicate index %lld in array or slice literal", (long long)index);
			map_put(c->a, &seen, (u64)index, c);
		}
		index++;
		if (index > max)
			max = index;
		Operand x = {0};
		check_generic_expr(c, &x, v, t);
		check_assignment(c, &x, t, "array or slice literal");
	}
	return max;
}

// Constant keys that were seen: equal values of different kinds are the same key.
typedef struct SeenKey { const Const *val; Type *type; struct SeenKey *next; } SeenKey;

static const Const *key_value(Checker *c, const Const *v)
{
	if (const_kind(v) == CONST_COMPLEX) {
		const Const *f = const_to_float(c->a, v);
		if (const_kind(f) == CONST_UNKNOWN)
			return v;
		v = f;
	}
	if (const_kind(v) == CONST_FLOAT) {
		const Const *i = const_to_int(c->a, v);
		if (const_kind(i) == CONST_INT)
			return i;
	}
	return v;
}

u64 const_hash(const Const *v)
{
	double f;
	switch (const_kind(v)) {
	case CONST_BOOL:
		return const_as_bool(v) ? 1 : 2;
	case CONST_STRING:
		return hash_str(const_as_string(v));
	case CONST_INT:
		return const_wrap64(v);
	case CONST_FLOAT:
		f = const_as_f64(v);
		return hash_bytes(&f, sizeof f);
	default:
		return 3;
	}
}

static void map_literal(Checker *c, Operand *x, Expr *e, Type *u)
{
	bool key_is_iface = type_is_nonparam_interface(u->map.key);
	Map seen = {0};
	for (u32 i = 0; i < e->complit.elems.n; i++) {
		Expr *kv = e->complit.elems.p[i];
		if (kv->kind != E_KEYVALUE) {
			check_error(c, EPOS(kv), C_MissingLitKey, "missing key in map literal");
			continue;
		}
		check_generic_expr(c, x, kv->kv.key, u->map.key);
		check_assignment(c, x, u->map.key, "map literal");
		if (!op_valid(x))
			continue;
		if (x->mode == MODE_CONST) {
			const Const *v = key_value(c, x->val);
			u64 h = const_hash(v);
			SeenKey *head = map_get(&seen, h), *k = head;
			for (; k; k = k->next)
				if (const_kind(k->val) == const_kind(v) && const_compare(k->val, OP_EQL, v) &&
					(!key_is_iface || types_identical(k->type, x->type)))
					break;
			if (k) {
				check_error(c, op_pos(x), C_DuplicateLitKey, "duplicate key " STR_FMT " in map literal",
					STR_ARG(const_str(c->a, x->val)));
				continue;
			}
			k = NEW(c->a, SeenKey);
			*k = (SeenKey){v, x->type, head};
			map_put(c->a, &seen, h, k);
		}
		check_generic_expr(c, x, kv->kv.val, u->map.elem);
		check_assignment(c, x, u->map.elem, "map literal");
	}
}

void check_composite(Checker *c, Operand *x, Expr *e, Type *hint)
{
	Type *typ, *base;
	bool is_elem = false;
	Expr *te = e->complit.type;
	if (te) {
		if (te->kind == E_ARRAYTYPE && !te->array.len) {
			typ = base = type_new_array(c->a, check_var_type(c, te->array.elem), -1);
		} else {
			typ = base = check_typ(c, te);
		}
	} else if (hint) {
		typ = base = hint;
		Type *u = type_is_typeparam(base) ? types_common_under(c->a, c, base, NULL) : type_under(base); // *T stands for &T{}
		if (u && u->kind == TY_POINTER)
			base = u->pointer.elem;
		is_elem = true;
	} else {
		check_error(c, EPOS(e), C_UntypedLit, "missing type in composite literal");
		typ = base = TYPE(INVALID);
	}
	if (!check_is_complete(c, base)) {
		x->mode = MODE_INVALID;
		return;
	}
	Type *u = type_is_typeparam(base) ? types_common_under(c->a, c, base, NULL) : type_under(base);
	ExprVec elems = e->complit.elems;
	switch (u ? (int)u->kind : -1) {
	case TY_STRUCT:
		if (elems.n == 0)
			break;
		if (elems.p[0]->kind == E_KEYVALUE)
			keyed_struct(c, x, e, u, base);
		else
			positional_struct(c, x, e, u, base);
		break;
	case TY_ARRAY: {
		i64 n = check_indexed_elems(c, elems, u->array.elem, u->array.len);
		if (u->array.len < 0) {
			u->array.len = n;
			if (te)
				check_record_types(c, te, MODE_TYPE, u, NULL);
		}
		break;
	}
	case TY_SLICE:
		check_indexed_elems(c, elems, u->slice.elem, -1);
		break;
	case TY_MAP:
		map_literal(c, x, e, u);
		break;
	default:
		for (u32 i = 0; i < elems.n; i++) {
			Expr *v = elems.p[i];
			if (v->kind == E_KEYVALUE)
				v = v->kv.val;
			check_use(c, &v, 1);
		}
		if (!u || type_valid(u)) {
			check_error(c, EPOS(e), C_InvalidLit, "invalid composite literal%s type %s%s", is_elem ? " element" : "", TS(typ),
				u ? "" : " (no common underlying type)");
			x->mode = MODE_INVALID;
			return;
		}
	}
	x->mode = MODE_VALUE;
	x->type = typ;
	x->val = NULL;
}
