// typexpr.c: identifiers and type expressions to types (types2/typexpr.go, union.go). Checks that need complete
// types are delayed; the types themselves are made at once, so that recursive declarations work.
#include "types/check.h"

void check_use_var(Checker *c, Object *v)
{
	if (v->pkg != c->pkg)
		return; // read by other threads
	v->used = true;
	if (v->var_kind != VAR_PACKAGE && v->var_kind != VAR_FIELD && (Expr *)v->var.owner != c->env.funclit)
		v->captured = true;
}

const char *object_kind_str(const Object *o)
{
	switch (o->kind) {
	case OBJ_PKGNAME: return "package name";
	case OBJ_CONST: return "constant";
	case OBJ_TYPENAME:
		return o->is_alias ? "type alias" : o->type && o->type->kind == TY_TYPEPARAM ? "type parameter" : "defined type";
	case OBJ_VAR: {
		static const char *const kinds[] = {[VAR_PACKAGE] = "package-level variable", [VAR_LOCAL] = "local variable",
			[VAR_RECV] = "receiver", [VAR_PARAM] = "parameter", [VAR_RESULT] = "result variable",
			[VAR_FIELD] = "struct field"};
		return kinds[o->var_kind];
	}
	case OBJ_FUNC: return o->type && o->type->kind == TY_FUNC && o->type->func.recv ? "method" : "function";
	case OBJ_LABEL: return "label";
	case OBJ_BUILTIN: return "built-in function";
	case OBJ_NIL: return "untyped nil";
	}
	return "object";
}

void check_ident(Checker *c, Operand *x, Expr *e, bool want_type)
{
	x->mode = MODE_INVALID;
	x->expr = e;
	x->val = NULL;
	x->type = TYPE(INVALID);
	Scope *scope;
	Object *o = scope_lookup_parent(c->env.scope, e->name.name, &scope);
	if (!o) {
		if (name_is_blank(e->name.name))
			check_error(c, e->pos, C_InvalidBlank, "cannot use _ as value or type");
		else if (unicode_is_identifier(name_str(e->name.name))) { // others were reported by the scanner
			hint_undefined(c, e);
			check_error(c, e->pos, C_UndeclaredName, "undefined: %s", e->name.name->s);
		}
		return;
	}
	if (!o->pkg && o->kind == OBJ_TYPENAME && (o == universe_any() || o == universe_comparable()) &&
		!check_verify_version(c, e->pos, GO1_18, "predeclared %s", e->name.name->s))
		return;
	e->name.obj = o;
	bool is_type = o->kind == OBJ_TYPENAME;
	if (!is_type && want_type) {
		check_error(c, e->pos, C_NotAType, "%s (%s) is not a type", o->name->s, object_kind_str(o));
		if (o->kind == OBJ_VAR && o->pkg == c->pkg)
			o->used = true;
		return;
	}
	if (o->kind == OBJ_VAR)
		check_use_var(c, o);
	if (!o->type || (is_type && want_type && o->pkg == c->pkg))
		check_obj_decl(c, o);
	Type *t = o->type;
	if (o->pkg != c->pkg && c->dot_imports.n) {
		Object *p = map_get(&c->dot_imports, PKEY(scope) * 31 ^ PKEY(o->name));
		if (p)
			p->used = true;
	}
	switch (o->kind) {
	case OBJ_PKGNAME:
		check_error(c, e->pos, C_InvalidPkgUse, "use of package %s not in selector", o->name->s);
		return;
	case OBJ_CONST:
		check_add_dep(c, o);
		if (!type_valid(t))
			return;
		if (!o->pkg && o == universe_iota()) {
			if (!c->env.iota) {
				check_error(c, e->pos, C_InvalidIota, "cannot use iota outside constant declaration");
				return;
			}
			x->val = c->env.iota;
		} else {
			x->val = o->constant.val;
		}
		x->mode = MODE_CONST;
		break;
	case OBJ_TYPENAME:
		x->mode = MODE_TYPE;
		break;
	case OBJ_VAR:
		check_add_dep(c, o);
		if (!type_valid(t))
			return;
		x->mode = MODE_VAR;
		break;
	case OBJ_FUNC:
		check_add_dep(c, o);
		x->mode = MODE_VALUE;
		break;
	case OBJ_BUILTIN:
		x->builtin = o->builtin;
		x->mode = MODE_BUILTIN;
		break;
	case OBJ_NIL:
		x->mode = MODE_NIL;
		break;
	}
	x->type = t;
}

// ---- variable types ------------------------------------------------------------------------------

typedef struct VarTypeCtx { Expr *e; Type *t; } VarTypeCtx;

static void var_type_later(Checker *c, void *p)
{
	VarTypeCtx *v = p;
	Type *u = type_under(v->t);
	if (!u || u->kind != TY_INTERFACE)
		return;
	Pos pos = EPOS(v->e);
	const TypeSet *s = types_type_set(c, pos, u);
	if (typeset_is_method_set(s))
		return;
	if (typeset_is_comparable(s) && !typeset_has_terms(s))
		check_soft_error(c, pos, C_MisplacedConstraintIface,
			"cannot use type %s outside a type constraint: interface is (or embeds) comparable", TS(v->t));
	else
		check_soft_error(c, pos, C_MisplacedConstraintIface,
			"cannot use type %s outside a type constraint: interface contains type constraints", TS(v->t));
}

// Constraint interfaces cannot be types of variables. Looks at once where that is safe, which is nearly always.
void check_valid_var_type(Checker *c, Expr *e, Type *t)
{
	switch (t->kind) {
	case TY_NAMED: {
		NamedRec *r = t->named.rec;
		if (!r->orig && r->under && r->under->kind != TY_INTERFACE)
			return;
		if (r->orig && r->orig->named.rec->under && r->orig->named.rec->under->kind != TY_INTERFACE)
			return; // substitution does not make interfaces
		break;
	}
	case TY_INTERFACE:
	case TY_ALIAS:
		break;
	default:
		return;
	}
	if (t == type_error() || t == type_any() || type_is_typeparam(t))
		return;
	VarTypeCtx *v = NEW(c->a, VarTypeCtx);
	v->e = e;
	v->t = t;
	check_later(c, var_type_later, v);
}

Type *check_typ(Checker *c, Expr *e)
{
	return check_declared_type(c, e, NULL);
}

Type *check_var_type(Checker *c, Expr *e)
{
	Type *t = check_declared_type(c, e, NULL);
	check_valid_var_type(c, e, t);
	return t;
}

static Type *typ_internal(Checker *c, Expr *e, Object *def);

Type *check_declared_type(Checker *c, Expr *e, Object *def)
{
	Type *t = typ_internal(c, e, def);
	if ((t->kind == TY_NAMED || t->kind == TY_ALIAS) && type_is_generic(t)) {
		check_error(c, EPOS(e), C_WrongTypeArgCount, "cannot use generic type %s without instantiation", TS(t));
		t = TYPE(INVALID);
	}
	check_record_types(c, e, MODE_TYPE, t, NULL);
	return t;
}

Type *check_generic_type(Checker *c, Expr *e, Str *cause)
{
	Type *t = typ_internal(c, e, NULL);
	if (type_valid(t) && !type_is_generic(t)) {
		if (cause)
			*cause = str_fmt(c->a, "%s is not a generic type", TS(t));
		t = TYPE(INVALID);
	}
	check_record_types(c, e, MODE_TYPE, t, NULL);
	return t;
}

bool check_type_list(Checker *c, Expr **e, u32 n, TypeVec *out)
{
	bool ok = true;
	for (u32 i = 0; i < n; i++) {
		Type *t = check_var_type(c, e[i]);
		if (!type_valid(t))
			ok = false;
		vec_push(c->a, out, t);
	}
	return ok;
}

const char *check_exprs_c(Checker *c, Expr **e, u32 n)
{
	Str s = S("[");
	for (u32 i = 0; i < n; i++)
		s = str_fmt(c->a, STR_FMT "%s%s", STR_ARG(s), i ? ", " : "", ES(e[i]));
	return str_fmt(c->a, STR_FMT "]", STR_ARG(s)).p;
}

// ---- instantiated types --------------------------------------------------------------------------

typedef struct InstCtx { Expr *x; Expr **xlist; u32 nx; Type *generic; Type **targs; u32 n; } InstCtx;

static void verify_instance(Checker *c, void *p)
{
	InstCtx *k = p;
	Type **tparams;
	u32 ntparams;
	Object *o;
	if (k->generic->kind == TY_ALIAS) {
		tparams = k->generic->alias.tparams;
		ntparams = k->generic->alias.ntparams;
		o = k->generic->alias.obj;
	} else {
		TypeList l = named_tparams(k->generic);
		tparams = l.p;
		ntparams = l.n;
		o = named_obj(k->generic);
	}
	if (!check_validate_targ_len(c, k->x->pos, name_str(o->name), ntparams, k->n))
		return;
	Str cause = {0};
	int i = check_verify(c, k->x->pos, tparams, k->targs, k->n, &cause);
	if (i >= 0)
		check_soft_error(c, (u32)i < k->nx ? EPOS(k->xlist[i]) : k->x->pos, C_InvalidTypeArg, STR_FMT, STR_ARG(cause));
	else
		check_mono_record_instance(c, k->x->pos, tparams, k->targs, k->n, k->xlist, k->nx);
}

void check_record_instance(Checker *c, Expr *e, Type **targs, u32 n)
{
	if (e->kind == E_INDEX)
		e = e->index.x;
	if (e->kind == E_SELECTOR)
		e = e->sel.sel;
	if (e->kind == E_NAME) {
		e->name.targs = targs;
		e->name.ntargs = n;
	}
}

static Type *instantiated_type(Checker *c, Expr *x, Expr **xlist, u32 nx)
{
	Str cause = {0};
	Type *g = check_generic_type(c, x, &cause);
	if (cause.n)
		check_error(c, EPOS(x), C_NotAGenericType, "invalid operation: %s%s (" STR_FMT ")", ES(x),
			check_exprs_c(c, xlist, nx), STR_ARG(cause));
	if (!type_valid(g))
		return g;
	TypeVec targs = {0};
	if (!check_type_list(c, xlist, nx, &targs))
		return TYPE(INVALID);
	if (g->kind == TY_ALIAS &&
		!check_validate_targ_len(c, x->pos, name_str(g->alias.obj->name), g->alias.ntparams, targs.n))
		return TYPE(INVALID);
	Type *inst = check_instance(c, x->pos, g, targs.p, targs.n, NULL);
	if (!inst || (inst->kind != TY_NAMED && inst->kind != TY_ALIAS))
		return TYPE(INVALID);
	check_record_instance(c, x, targs.p, targs.n);
	InstCtx *k = NEW(c->a, InstCtx);
	*k = (InstCtx){x, xlist, nx, g, targs.p, targs.n};
	check_later(c, verify_instance, k);
	return inst;
}

// ---- array lengths -------------------------------------------------------------------------------

static i64 array_length(Checker *c, Expr *e)
{
	if (e->kind == E_NAME) { // may be an attempt at a type parameter without a constraint
		Object *o = scope_lookup_parent(c->env.scope, e->name.name, NULL);
		if (!o) {
			check_error(c, e->pos, C_InvalidArrayLen, "undefined array length %s or missing type constraint",
				e->name.name->s);
			return -1;
		}
		if (o->kind != OBJ_CONST) {
			check_error(c, e->pos, C_InvalidArrayLen, "invalid array length %s", e->name.name->s);
			return -1;
		}
	}
	Operand x = {0};
	check_expr(c, NULL, &x, e);
	if (x.mode != MODE_CONST) {
		if (op_valid(&x))
			check_error(c, op_pos(&x), C_InvalidArrayLen, "array length %s must be constant", XS(&x));
		return -1;
	}
	if (type_is_untyped(x.type) || type_is(x.type, INFO_INT)) {
		const Const *v = const_to_int(c->a, x.val);
		i64 n;
		if (const_kind(v) == CONST_INT && const_is_i64(v, &n) && n >= 0)
			return n;
	}
	if (type_is(x.type, INFO_INT))
		check_error(c, op_pos(&x), C_InvalidArrayLen, "invalid array length %s", XS(&x));
	else
		check_error(c, op_pos(&x), C_InvalidArrayLen, "array length %s must be integer", XS(&x));
	return -1;
}

// ---- maps ----------------------------------------------------------------------------------------

typedef struct MapKeyCtx { Expr *e; Type *key; } MapKeyCtx;

static void map_key_later(Checker *c, void *p)
{
	MapKeyCtx *m = p;
	if (!check_comparable(c, m->key, true, NULL))
		check_error(c, EPOS(m->e), C_IncomparableMapKey, "invalid map key type %s%s", TS(m->key),
			type_is_typeparam(m->key) ? " (missing comparable constraint)" : "");
}

static Type *map_type(Checker *c, Expr *e)
{
	Type *key = check_var_type(c, e->map.key);
	Type *t = type_new_map(c->a, key, NULL);
	t->map.elem = check_var_type(c, e->map.val);
	vec_push(c->a, &c->sized, ((Sized){e, c->env.object}));
	if (key->kind != TY_BASIC || key == TYPE(INVALID)) {
		MapKeyCtx *m = NEW(c->a, MapKeyCtx);
		m->e = e->map.key;
		m->key = key;
		check_later(c, map_key_later, m);
	}
	return t;
}

// ---- unions --------------------------------------------------------------------------------------

enum { MAX_TERMS = 100 };

static void flatten_union(Checker *c, Expr *e, ExprVec *bin, ExprVec *terms)
{
	while (e->kind == E_BINARY && e->op == OP_OR) { // A|B|C is (A|B)|C
		vec_push(c->a, bin, e);
		vec_push(c->a, terms, e->binary.y);
		e = e->binary.x;
	}
	vec_push(c->a, terms, e);
	for (u32 i = 0, k = terms->n - 1; i < k; i++, k--) {
		Expr *t = terms->p[i];
		terms->p[i] = terms->p[k];
		terms->p[k] = t;
	}
	if (bin->n)
		for (u32 i = 0, k = bin->n - 1; i < k; i++, k--) {
			Expr *t = bin->p[i];
			bin->p[i] = bin->p[k];
			bin->p[k] = t;
		}
}

static struct Term parse_term(Checker *c, Expr *e)
{
	struct Term t = {0};
	Expr *x = e;
	if (e->kind == E_UNARY && e->op == OP_TILDE) {
		t.tilde = true;
		x = e->unary.x;
	}
	t.type = check_typ(c, x);
	if (type_is_typeparam(t.type)) {
		if (t.tilde)
			check_error(c, EPOS(x), C_MisplacedTypeParam, "type in term %s cannot be a type parameter", ES(e));
		else
			check_error(c, EPOS(x), C_MisplacedTypeParam, "term cannot be a type parameter");
		t.type = TYPE(INVALID);
	}
	if (t.tilde) {
		struct Term *one = NEW(c->a, struct Term);
		*one = t;
		check_record_types(c, e, MODE_TYPE, type_new_union(c->a, one, 1), NULL);
	}
	return t;
}

typedef struct UnionCtx { Type *u; Expr **terms; } UnionCtx;

static void union_later(Checker *c, void *p)
{
	UnionCtx *k = p;
	check_union_terms(c, k->u, k->terms);
}

Type *check_parse_union(Checker *c, Expr *e)
{
	ExprVec bin = {0}, list = {0};
	flatten_union(c, e, &bin, &list);
	struct Term *terms = NEWN(c->a, struct Term, MIN(list.n, MAX_TERMS));
	u32 n = 0;
	bool bad = false;
	for (u32 i = 0; i < list.n; i++) {
		struct Term t = parse_term(c, list.p[i]);
		if (list.n == 1 && !t.tilde)
			return t.type;
		if (n < MAX_TERMS) {
			terms[n++] = t;
		} else if (!bad) {
			bad = true;
			check_error(c, EPOS(list.p[i]), C_InvalidUnion,
				"cannot handle more than %d union terms (implementation limitation)", MAX_TERMS);
		}
	}
	Type *u = bad ? TYPE(INVALID) : type_new_union(c->a, terms, n);
	for (u32 i = 0; i < bin.n; i++)
		check_record_types(c, bin.p[i], MODE_TYPE, u, NULL);
	if (bad)
		return u;
	UnionCtx *k = NEW(c->a, UnionCtx);
	k->u = u;
	k->terms = list.p;
	check_later(c, union_later, k);
	return u;
}

// ---- all kinds of type expressions ---------------------------------------------------------------

static Type *named_type_expr(Checker *c, Operand *x)
{
	switch (x->mode) {
	case MODE_TYPE:
		return x->type;
	case MODE_INVALID:
		break;
	case MODE_NOVALUE:
		check_error(c, op_pos(x), C_NotAType, "%s used as type", XS(x));
		break;
	default:
		check_error(c, op_pos(x), C_NotAType, "%s is not a type", XS(x));
	}
	return TYPE(INVALID);
}

static Type *typ_internal(Checker *c, Expr *e, Object *def)
{
	Operand x = {0};
	switch (e->kind) {
	case E_BAD:
		break;
	case E_NAME:
		check_ident(c, &x, e, true);
		return named_type_expr(c, &x);
	case E_SELECTOR:
		check_selector(c, &x, e, true);
		return named_type_expr(c, &x);
	case E_INDEX: {
		check_verify_version(c, EPOS(e), GO1_18, "type instantiation");
		u32 n;
		Expr **list = expr_list(&e->index.i, &n);
		return instantiated_type(c, e->index.x, list, n);
	}
	case E_PAREN:
		return check_declared_type(c, e->x, def);
	case E_ARRAYTYPE: {
		i64 len = -1;
		if (e->array.len)
			len = array_length(c, e->array.len);
		else
			check_error(c, EPOS(e), C_BadDotDotDotSyntax, "invalid use of [...] array (outside a composite literal)");
		Type *elem = check_var_type(c, e->array.elem);
		if (len >= 0) {
			if (len > 1 && (len > 1 << 16 || e->array.elem->kind != E_NAME || elem->kind == TY_NAMED)) // may be large
				vec_push(c->a, &c->sized, ((Sized){e, c->env.object}));
			return type_new_array(c->a, elem, len);
		}
		break;
	}
	case E_SLICETYPE: {
		Type *t = type_new_slice(c->a, NULL);
		t->slice.elem = check_var_type(c, e->x);
		return t;
	}
	case E_DOTSTYPE:
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "invalid use of ...");
		break;
	case E_STRUCTTYPE: {
		Type *t = type_new_struct(c->a, NULL, 0, NULL);
		check_struct_type(c, t, e);
		return t;
	}
	case E_UNARY:
		if (e->op == OP_MUL) {
			Type *t = type_new_pointer(c->a, TYPE(INVALID));
			t->pointer.elem = check_var_type(c, e->unary.x);
			if (!type_valid(t->pointer.elem))
				return TYPE(INVALID);
			return t;
		}
		goto no_type;
	case E_FUNCTYPE: {
		Type *t = type_new_func(c->a, NULL, c->no_results, c->no_results, false);
		check_func_type(c, t, NULL, NULL, e);
		return t;
	}
	case E_INTERFACETYPE: {
		Type *t = check_new_interface(c);
		check_interface_type(c, t, e, def);
		return t;
	}
	case E_MAPTYPE:
		return map_type(c, e);
	case E_CHANTYPE: {
		Type *t = type_new_chan(c->a, e->chan.dir, NULL);
		t->chan.elem = check_var_type(c, e->chan.elem);
		vec_push(c->a, &c->sized, ((Sized){e, c->env.object}));
		return t;
	}
	default:
	no_type:
		check_error(c, EPOS(e), C_NotAType, "%s is not a type", ES(e));
		check_use(c, &e, 1);
	}
	return TYPE(INVALID);
}
