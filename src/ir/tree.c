// tree.c: nodes and variables of the ir tree: making, walking, copying them, and small questions about types.
// Types handed in and out are canonical.
#include "ir/build.h"

IrNode *ir_new(Arena *a, IrOp op, Pos pos, Type *type)
{
	IrNode *n = NEW(a, IrNode);
	n->op = (u8)op;
	n->pos = pos;
	n->type = type;
	return n;
}

IrNode *ir_n1(Builder *b, IrOp op, Pos pos, Type *type, IrNode *x)
{
	IrNode *n = ir_new(b->a, op, pos, type);
	n->a = x;
	return n;
}

IrNode *ir_n2(Builder *b, IrOp op, Pos pos, Type *type, IrNode *x, IrNode *y)
{
	IrNode *n = ir_new(b->a, op, pos, type);
	n->a = x;
	n->b = y;
	return n;
}

IrNode *ir_var(Builder *b, Pos pos, IrVar *v)
{
	IrNode *n = ir_new(b->a, IR_VAR, pos, v->type);
	n->var = v;
	v->used = true;
	return n;
}

IrNode *ir_int(Arena *a, Pos pos, Type *type, i64 v)
{
	IrNode *n = ir_new(a, IR_CONST, pos, type);
	n->val = const_i64(a, v);
	return n;
}

IrNode *ir_call(Builder *b, Pos pos, IrFunc *f, IrNode **args, u32 n)
{
	IrNode *c = ir_new(b->a, IR_CALL, pos, ir_call_type(b->a, f->sig));
	c->func = f;
	c->list.p = NEWN(b->a, IrNode *, n ? n : 1);
	for (u32 i = 0; i < n; i++)
		c->list.p[i] = args[i];
	c->list.n = n;
	return c;
}

IrNode *ir_compare(Builder *b, Pos pos, Op op, IrNode *x, IrNode *y)
{
	IrNode *n = ir_n2(b, IR_COMPARE, pos, TYPE(BOOL), x, y);
	n->sub = (u8)op;
	return n;
}

IrNode *ir_assign(Builder *b, Pos pos, IrNode *dst, IrNode *src)
{
	if (dst)
		ir_mark_assigned(dst);
	return ir_n2(b, IR_ASSIGN, pos, NULL, dst, src);
}

IrNode *ir_define(Builder *b, Pos pos, IrVar *v, IrNode *src)
{
	IrNode *n = ir_n2(b, IR_ASSIGN, pos, NULL, ir_var(b, pos, v), src);
	n->flags |= IRF_DEF;
	return n;
}

IrList ir_list(NodeVec *v)
{
	return (IrList){v->p, v->n};
}

IrList ir_list1(Arena *a, IrNode *n)
{
	IrNode **p = NEW(a, IrNode *);
	*p = n;
	return (IrList){p, 1};
}

IrVar *ir_var_new(IrFunc *f, Arena *a, IrVarClass cls, Name name, Type *type, Pos pos)
{
	IrVar *v = NEW(a, IrVar);
	v->name = name;
	v->type = type;
	v->func = f;
	v->pos = pos;
	v->cls = (u8)cls;
	v->index = f->vars.n;
	vec_push(a, &f->vars, v);
	return v;
}

IrVar *ir_tmp(IrFunc *f, Type *type, Pos pos)
{
	return ir_var_new(f, ir_arena(), IRV_LOCAL, NULL, type, pos);
}

// ---- types --------------------------------------------------------------------------------------

Type *ir_canon(Type *t)
{
	return t ? types_canon(t) : NULL;
}

Type *ir_sig(Type *t)
{
	Type *u = type_under(t);
	CHECK(u && u->kind == TY_FUNC);
	return u;
}

u32 ir_nparams(Type *sig) { return sig->func.params->tuple.n; }
u32 ir_nresults(Type *sig) { return sig->func.results->tuple.n; }
Type *ir_param(Type *sig, u32 i) { return ir_canon(sig->func.params->tuple.vars[i]->type); }
Type *ir_result(Type *sig, u32 i) { return ir_canon(sig->func.results->tuple.vars[i]->type); }

Type *ir_tuple(Arena *a, Type **types, u32 n)
{
	Object **vars = NEWN(a, Object *, n ? n : 1);
	for (u32 i = 0; i < n; i++) {
		vars[i] = NEW(a, Object);
		vars[i]->kind = OBJ_VAR;
		vars[i]->type = types[i];
	}
	return type_new_tuple(a, vars, n);
}

Type *ir_call_type(Arena *a, Type *sig)
{
	switch (ir_nresults(sig)) {
	case 0: return NULL;
	case 1: return ir_result(sig, 0);
	default: return sig->func.results;
	}
}

Type *ir_elem(Type *t)
{
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_ARRAY: return ir_canon(u->array.elem);
	case TY_SLICE: return ir_canon(u->slice.elem);
	case TY_POINTER: return ir_canon(u->pointer.elem);
	case TY_CHAN: return ir_canon(u->chan.elem);
	case TY_MAP: return ir_canon(u->map.elem);
	case TY_BASIC: return TYPE(UINT8); // string
	default: bug("ir_elem of kind %d", u->kind);
	}
}

Type *ir_field_type(Type *structure, u32 i)
{
	Type *u = type_under(structure);
	CHECK(u->kind == TY_STRUCT && i < u->structt.n);
	return ir_canon(u->structt.fields[i]->type);
}

Type *ir_ptr(Type *elem)
{
	// A stack copy is enough to find the representative, but canonicalization may keep what it is given.
	ir_lock();
	Type *p = type_new_pointer(ir_world_arena(), elem);
	ir_unlock();
	return types_canon(p);
}

bool ir_is_iface(Type *t)
{
	return type_under(t)->kind == TY_INTERFACE;
}

bool ir_is_const_int(const IrNode *n, i64 *v)
{
	if (!n || n->op != IR_CONST || const_kind(n->val) != CONST_INT)
		return false;
	u64 u;
	if (const_is_i64(n->val, v))
		return true;
	if (const_is_u64(n->val, &u)) {
		*v = (i64)u;
		return false;
	}
	return false;
}

// ---- marks --------------------------------------------------------------------------------------

IrVar *ir_root(IrVar *v)
{
	while (v->cls == IRV_CAPTURE && v->outer)
		v = v->outer;
	return v;
}

// The variable whose memory n denotes a part of, or NULL.
static IrVar *base_var(IrNode *n)
{
	for (;;) {
		if (n->op == IR_FIELD || (n->op == IR_INDEX && type_under(n->a->type)->kind == TY_ARRAY))
			n = n->a;
		else
			return n->op == IR_VAR ? n->var : NULL;
	}
}

void ir_mark_addr(IrNode *n)
{
	IrVar *v = base_var(n);
	if (!v)
		return;
	for (;; v = v->outer) {
		v->addr_taken = true;
		if (v->cls != IRV_CAPTURE || !v->outer)
			return;
	}
}

void ir_mark_assigned(IrNode *n)
{
	IrVar *v = base_var(n);
	if (!v)
		return;
	for (;; v = v->outer) {
		v->reassigned = true;
		if (v->cls != IRV_CAPTURE || !v->outer)
			return;
	}
}

// ---- walking and copying ------------------------------------------------------------------------

void ir_kids(IrNode *n, void (*visit)(IrNode **slot, void *ctx), void *ctx)
{
	if (n->op == IR_IF) { // cond, then, else
		visit(&n->a, ctx);
		for (u32 i = 0; i < n->body.n; i++)
			visit(&n->body.p[i], ctx);
		for (u32 i = 0; i < n->list.n; i++)
			visit(&n->list.p[i], ctx);
		return;
	}
	if (n->op == IR_STMTEXPR) {
		for (u32 i = 0; i < n->body.n; i++)
			visit(&n->body.p[i], ctx);
		if (n->a)
			visit(&n->a, ctx);
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i])
				visit(&n->list.p[i], ctx);
		return;
	}
	bool post = n->op == IR_FOR && n->b;
	if (n->a)
		visit(&n->a, ctx);
	if (n->b && !post)
		visit(&n->b, ctx);
	if (n->c)
		visit(&n->c, ctx);
	for (u32 i = 0; i < n->list.n; i++)
		if (n->list.p[i])
			visit(&n->list.p[i], ctx);
	for (u32 i = 0; i < n->body.n; i++)
		if (n->body.p[i])
			visit(&n->body.p[i], ctx);
	if (post)
		visit(&n->b, ctx);
}

const char *ir_op_name(IrOp op)
{
	static const char *const names[] = {
#define IR(name, use) #name,
#include "ir/ops.def"
#undef IR
	};
	return op < IR_COUNT ? names[op] : "?";
}

bool ir_is_header_data(const IrNode *n)
{
	if (n->op != IR_FIELD || n->a->type->kind != TY_NAMED)
		return false;
	Type *s = type_under(n->a->type);
	if (s->kind != TY_STRUCT || !str_is(name_str(s->structt.fields[n->index]->name), "Data"))
		return false;
	Str name = types_link_name(n->a->type);
	return str_is(name, "reflect.SliceHeader") || str_is(name, "reflect.StringHeader");
}
