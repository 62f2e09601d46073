// expr.c: expressions of the syntax tree to ir values. Dereferences, conversions of operands and comma-ok forms
// become explicit; constants are folded already by the checker. A value's type is always canonical and concrete.
#include "ir/build.h"

// ---- small values -------------------------------------------------------------------------------

IrNode *ir_nil(Builder *b, Pos pos, Type *t)
{
	return ir_new(b->a, IR_NIL, pos, t);
}

IrNode *ir_zero(Builder *b, Pos pos, Type *t)
{
	return ir_new(b->a, IR_ZERO, pos, t);
}

// A constant in the representation its type calls for. A constant that became an interface (in an instance of a
// generic function) is boxed from its default type.
IrNode *ir_const(Builder *b, Pos pos, Type *type, const Const *val)
{
	Type *u = type_under(type);
	if (u->kind == TY_INTERFACE) {
		static const u8 basic[] = {[CONST_BOOL] = B_BOOL, [CONST_STRING] = B_STRING, [CONST_INT] = B_INT,
			[CONST_FLOAT] = B_FLOAT64, [CONST_COMPLEX] = B_COMPLEX128};
		return ir_convert(b, pos, ir_const(b, pos, type_basic[basic[const_kind(val)]], val), type, true);
	}
	if (u->kind != TY_BASIC)
		bug("constant of type kind %d", u->kind);
	ConstKind k = const_kind(val);
	const Const *v = val;
	if (u->info & INFO_INT || u->basic == B_UNSAFEPTR) {
		if (k == CONST_FLOAT || k == CONST_COMPLEX)
			v = const_to_int(b->a, val);
	} else if (u->info & INFO_FLOAT) {
		if (k == CONST_INT || k == CONST_COMPLEX)
			v = const_to_float(b->a, val);
	} else if (u->info & INFO_COMPLEX) {
		if (k != CONST_COMPLEX)
			v = const_to_complex(b->a, val);
	}
	if (const_kind(v) == CONST_UNKNOWN)
		v = val;
	IrNode *n = ir_new(b->a, IR_CONST, pos, type);
	n->val = v;
	return n;
}

IrNode *ir_field(Builder *b, Pos pos, IrNode *x, u32 i)
{
	IrNode *n = ir_n1(b, IR_FIELD, pos, ir_field_type(x->type, i), x);
	n->index = i;
	return n;
}

IrNode *ir_deref(Builder *b, Pos pos, IrNode *p)
{
	if (p->op == IR_ADDR && p->a->op != IR_STRUCTLIT && p->a->op != IR_ARRAYLIT && p->a->op != IR_SLICELIT
	    && p->a->op != IR_MAPLIT)
		return p->a;
	return ir_n1(b, IR_DEREF, pos, ir_elem(p->type), p);
}

static bool is_addressable(IrNode *x)
{
	switch (x->op) {
	case IR_VAR: case IR_GLOBAL: case IR_DEREF: return true;
	case IR_FIELD: return is_addressable(x->a);
	case IR_INDEX: return type_under(x->a->type)->kind == TY_SLICE
		|| (type_under(x->a->type)->kind == TY_ARRAY && is_addressable(x->a));
	default: return false;
	}
}

// &T{...}.
IrNode *ir_addr_lit(Builder *b, Pos pos, IrNode *lit)
{
	if (lit->op == IR_STMTEXPR) {
		lit->a = ir_addr_lit(b, pos, lit->a);
		lit->type = lit->a->type;
		return lit;
	}
	if (lit->op == IR_ZERO) {
		IrNode *n = ir_new(b->a, IR_NEW, pos, ir_ptr(lit->type));
		n->flags |= IRF_IMPLICIT;
		return n;
	}
	return ir_n1(b, IR_ADDR, pos, ir_ptr(lit->type), lit);
}

// &x. What is not addressable is copied into a temporary first.
IrNode *ir_addr_of(Builder *b, Pos pos, IrNode *x)
{
	if (x->op == IR_DEREF) // &*p panics where *p does
		return ir_n1(b, IR_ADDR, pos, ir_ptr(x->type), x);
	if (x->op == IR_STRUCTLIT || x->op == IR_ARRAYLIT || x->op == IR_SLICELIT || x->op == IR_MAPLIT || x->op == IR_ZERO)
		return ir_addr_lit(b, pos, x);
	if (!is_addressable(x)) {
		Seq s;
		seq_begin(b, &s);
		IrVar *v = ir_save(b, x);
		IrNode *n = ir_var(b, pos, v);
		ir_mark_addr(n);
		return seq_end(b, &s, ir_n1(b, IR_ADDR, pos, ir_ptr(x->type), n));
	}
	ir_mark_addr(x);
	return ir_n1(b, IR_ADDR, pos, ir_ptr(x->type), x);
}

// A node may stand in one place only.
IrNode *ir_shallow_copy(Builder *b, IrNode *n)
{
	IrNode *c = NEW(b->a, IrNode);
	*c = *n;
	if (n->a && (n->op == IR_FIELD || n->op == IR_DEREF || n->op == IR_CONVNOP || n->op == IR_ADDR || n->op == IR_INDEX))
		c->a = ir_shallow_copy(b, n->a);
	if (n->b && n->op == IR_INDEX)
		c->b = ir_shallow_copy(b, n->b);
	return c;
}

bool ir_is_cheap(IrNode *n)
{
	return n->op == IR_CONST || n->op == IR_NIL || n->op == IR_FUNC || n->op == IR_TYPEDESC;
}

// ---- sequences ----------------------------------------------------------------------------------

void seq_begin(Builder *b, Seq *s)
{
	s->v = (NodeVec){0};
	s->saved = b->out;
	b->out = &s->v;
}

IrNode *seq_end(Builder *b, Seq *s, IrNode *value)
{
	b->out = s->saved;
	if (!s->v.n)
		return value;
	IrNode *n = ir_n1(b, IR_STMTEXPR, value->pos, value->type, value);
	n->body = ir_list(&s->v);
	return n;
}

IrVar *ir_save(Builder *b, IrNode *n)
{
	IrVar *v = ir_tmp(b->f, n->type, n->pos);
	EMIT(b, ir_define(b, n->pos, v, n));
	return v;
}

void ir_multi(Builder *b, IrNode *call, IrVar **vars, u32 n)
{
	IrNode *m = ir_n1(b, IR_ASSIGNMULTI, call->pos, NULL, call);
	m->flags |= IRF_DEF;
	m->list.p = NEWN(b->a, IrNode *, n);
	m->list.n = n;
	for (u32 i = 0; i < n; i++) {
		vars[i] = ir_tmp(b->f, ir_canon(call->type->tuple.vars[i]->type), call->pos);
		m->list.p[i] = ir_var(b, call->pos, vars[i]);
	}
	EMIT(b, m);
}

// ---- names --------------------------------------------------------------------------------------

static IrNode *name_expr(Builder *b, Expr *e)
{
	Object *o = e->name.obj;
	if (!o)
		bug("name %s without an object", name_str(e->name.name).p);
	switch (o->kind) {
	case OBJ_VAR:
		if (o->var_kind == VAR_PACKAGE) {
			IrNode *n = ir_new(b->a, IR_GLOBAL, e->pos, NULL);
			n->global = ir_global_of(o);
			n->type = n->global->type;
			return n;
		}
		return ir_var(b, e->pos, ir_lookup(b, o));
	case OBJ_FUNC:
		return ir_func_value(b, e);
	case OBJ_NIL:
		return ir_nil(b, e->pos, ir_ty(b, e->type));
	case OBJ_CONST:
		return ir_const(b, e->pos, ir_ty(b, e->type), o->constant.val);
	default:
		bug("name %s of object kind %d as a value", name_str(e->name.name).p, o->kind);
	}
}

// ---- operators ----------------------------------------------------------------------------------

static Type *pair_type(Builder *b, Type *t)
{
	Type *two[2] = {t, TYPE(BOOL)};
	return ir_tuple(b->a, two, 2);
}

static IrNode *unary(Builder *b, Expr *e)
{
	Expr *x = e->unary.x;
	switch (e->op) {
	case OP_AND: {
		Expr *y = expr_unparen(x);
		if (y->kind == E_COMPOSITE) {
			IrNode *lit = ir_complit(b, y, ir_ty(b, y->type));
			return ir_convert(b, e->pos, ir_addr_lit(b, e->pos, lit), ir_ty(b, e->type), true);
		}
		IrNode *n = ir_expr(b, x);
		return ir_convert(b, e->pos, ir_addr_of(b, e->pos, n), ir_ty(b, e->type), true);
	}
	case OP_MUL:
		return ir_n1(b, IR_DEREF, e->pos, ir_ty(b, e->type), ir_expr(b, x));
	case OP_RECV: {
		IrNode *c = ir_expr(b, x);
		if (e->commaok)
			return ir_n1(b, IR_RECV2, e->pos, pair_type(b, ir_elem(c->type)), c);
		return ir_n1(b, IR_RECV, e->pos, ir_elem(c->type), c);
	}
	case OP_ADD:
		return ir_expr_to(b, x, ir_ty(b, e->type));
	case OP_NOT: {
		IrNode *y = ir_expr_to(b, x, ir_ty(b, e->type));
		if (y->op == IR_CONST)
			return ir_const(b, e->pos, y->type, const_bool(!const_as_bool(y->val)));
		IrNode *n = ir_n1(b, IR_UNARY, e->pos, y->type, y);
		n->sub = OP_NOT;
		return n;
	}
	default: {
		Type *t = ir_ty(b, e->type);
		IrNode *n = ir_n1(b, IR_UNARY, e->pos, t, ir_expr_to(b, x, t));
		n->sub = e->op;
		return n;
	}
	}
}

static IrNode *concat(Builder *b, Expr *e, Type *t)
{
	// x + y + z is one operation: collect the left spine.
	NodeVec v = {0};
	Expr *spine[64];
	u32 n = 0;
	Expr *l = e;
	while (l->kind == E_BINARY && l->op == OP_ADD && !l->val && n < LENGTH(spine)) {
		spine[n++] = l;
		l = expr_unparen(l->binary.x);
	}
	vec_push(b->a, &v, ir_expr_to(b, l, t));
	while (n > 0)
		vec_push(b->a, &v, ir_expr_to(b, spine[--n]->binary.y, t));
	IrNode *c = ir_new(b->a, IR_CONCAT, e->pos, t);
	c->list = ir_list(&v);
	return c;
}

static bool is_nil_expr(Expr *e)
{
	e = expr_unparen(e);
	return e->mode == MODE_NIL || (e->kind == E_NAME && e->name.obj && e->name.obj->kind == OBJ_NIL);
}

static IrNode *comparison(Builder *b, Expr *e)
{
	Expr *ex = e->binary.x, *ey = e->binary.y;
	IrNode *x, *y;
	if (is_nil_expr(ex)) {
		y = ir_expr(b, ey);
		x = ir_nil(b, ex->pos, y->type);
	} else if (is_nil_expr(ey)) {
		x = ir_expr(b, ex);
		y = ir_nil(b, ey->pos, x->type);
	} else {
		x = ir_expr(b, ex);
		y = ir_expr(b, ey);
		if (x->type != y->type) {
			bool xi = ir_is_iface(x->type), yi = ir_is_iface(y->type);
			if (x->op == IR_CONST && !xi && !yi)
				x = ir_convert(b, x->pos, x, y->type, true);
			else if (xi && !yi)
				y = ir_convert(b, y->pos, y, x->type, true);
			else if (yi && !xi)
				x = ir_convert(b, x->pos, x, y->type, true);
			else if (types_assignable(y->type, x->type))
				y = ir_convert(b, y->pos, y, x->type, true);
			else
				x = ir_convert(b, x->pos, x, y->type, true);
		}
	}
	IrNode *n = ir_compare(b, e->pos, e->op, x, y);
	n->type = ir_ty(b, e->type);
	return n;
}

// && and || with a constant left side disappear: what they guard may not exist on this system.
static IrNode *logical(Builder *b, Expr *e)
{
	Type *t = ir_ty(b, e->type);
	IrNode *x = ir_expr_to(b, e->binary.x, t);
	bool and = e->op == OP_ANDAND;
	if (x->op == IR_CONST) {
		if (const_as_bool(x->val) == and)
			return ir_expr_to(b, e->binary.y, t);
		return x;
	}
	IrNode *y = ir_expr_to(b, e->binary.y, t);
	if (y->op == IR_CONST && const_as_bool(y->val) == and)
		return x;
	return ir_n2(b, and ? IR_ANDAND : IR_OROR, e->pos, t, x, y);
}

static IrNode *binary(Builder *b, Expr *e)
{
	Type *t;
	switch (e->op) {
	case OP_ANDAND: case OP_OROR:
		return logical(b, e);
	case OP_EQL: case OP_NEQ: case OP_LSS: case OP_LEQ: case OP_GTR: case OP_GEQ:
		return comparison(b, e);
	case OP_SHL: case OP_SHR: {
		t = ir_ty(b, e->type);
		IrNode *n = ir_n2(b, IR_BINARY, e->pos, t, ir_expr_to(b, e->binary.x, t), ir_expr(b, e->binary.y));
		n->sub = e->op;
		// A constant count may be written as an untyped float; the checker made it an integer type.
		return n;
	}
	default:
		t = ir_ty(b, e->type);
		if (e->op == OP_ADD && type_is(t, INFO_STRING))
			return concat(b, e, t);
		IrNode *n = ir_n2(b, IR_BINARY, e->pos, t, ir_expr_to(b, e->binary.x, t), ir_expr_to(b, e->binary.y, t));
		n->sub = e->op;
		return n;
	}
}

// ---- elements and parts -------------------------------------------------------------------------

static IrNode *index_expr(Builder *b, Expr *e)
{
	Expr *fx = expr_unparen(e->index.x);
	if (fx->mode == MODE_VALUE || fx->mode == MODE_INVALID || fx->kind == E_SELECTOR || fx->kind == E_NAME) {
		Expr *name = fx->kind == E_SELECTOR ? fx->sel.sel : fx;
		if (name->kind == E_NAME && name->name.obj && name->name.obj->kind == OBJ_FUNC)
			return ir_func_value(b, fx); // instantiation
	}
	IrNode *x = ir_expr(b, e->index.x);
	Type *u = type_under(x->type);
	if (u->kind == TY_MAP) {
		Type *elem = ir_canon(u->map.elem);
		IrNode *k = ir_expr_to(b, e->index.i, ir_canon(u->map.key));
		if (e->commaok)
			return ir_n2(b, IR_MAPINDEX2, e->pos, pair_type(b, elem), x, k);
		return ir_n2(b, IR_MAPINDEX, e->pos, elem, x, k);
	}
	if (u->kind == TY_POINTER) {
		x = ir_deref(b, e->pos, x);
		u = type_under(x->type);
	}
	return ir_n2(b, IR_INDEX, e->pos, ir_elem(x->type), x, ir_expr(b, e->index.i));
}

static IrNode *slice_expr(Builder *b, Expr *e)
{
	IrNode *x = ir_expr(b, e->slice.x);
	if (type_under(x->type)->kind == TY_ARRAY)
		x = ir_addr_of(b, e->pos, x);
	IrNode *n = ir_n1(b, IR_SLICE, e->pos, ir_ty(b, e->type), x);
	n->list.p = NEWN(b->a, IrNode *, 3);
	n->list.n = 3;
	Expr *idx[3] = {e->slice.lo, e->slice.hi, e->slice.max};
	for (u32 i = 0; i < 3; i++)
		n->list.p[i] = idx[i] ? ir_expr(b, idx[i]) : NULL;
	if (type_under(x->type)->kind == TY_BASIC || type_under(x->type)->kind == TY_SLICE)
		n->type = type_under(x->type)->kind == TY_BASIC && ir_ty(b, e->type) == TYPE(STRING) ? TYPE(STRING) : n->type;
	return n;
}

// ---- all ----------------------------------------------------------------------------------------

IrNode *ir_expr(Builder *b, Expr *e)
{
	if (e->val && const_kind(e->val) != CONST_UNKNOWN && e->mode == MODE_CONST)
		return ir_const(b, e->pos, ir_ty(b, e->type), e->val);
	switch (e->kind) {
	case E_NAME:
		return name_expr(b, e);
	case E_COMPOSITE: {
		Type *t = ir_ty(b, e->type);
		if (type_under(t)->kind == TY_POINTER) { // {...} for &T{...} inside a literal
			IrNode *lit = ir_complit(b, e, ir_elem(t));
			return ir_convert(b, e->pos, ir_addr_lit(b, e->pos, lit), t, true);
		}
		return ir_complit(b, e, t);
	}
	case E_FUNCLIT:
		return ir_funclit(b, e);
	case E_PAREN:
		return ir_expr(b, e->x);
	case E_SELECTOR:
		return ir_selector(b, e);
	case E_INDEX:
		return index_expr(b, e);
	case E_SLICE:
		return slice_expr(b, e);
	case E_ASSERT: {
		IrNode *x = ir_expr(b, e->assert.x);
		Type *t = ir_ty(b, e->assert.type->type);
		if (e->commaok)
			return ir_n1(b, IR_DOTTYPE2, e->pos, pair_type(b, t), x);
		return ir_n1(b, IR_DOTTYPE, e->pos, t, x);
	}
	case E_UNARY:
		return unary(b, e);
	case E_BINARY:
		return binary(b, e);
	case E_CALL:
		return ir_call_expr(b, e);
	case E_LIT:
		bug("literal without a value");
	default:
		bug("expression kind %d as a value", e->kind);
	}
}

IrNode *ir_expr_to(Builder *b, Expr *e, Type *t)
{
	if (is_nil_expr(e))
		return ir_nil(b, e->pos, t);
	return ir_convert(b, e->pos, ir_expr(b, e), t, true);
}

IrNode *ir_cond(Builder *b, Expr *e)
{
	return ir_expr(b, e);
}
