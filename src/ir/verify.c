// verify.c: the invariants of a built function, checked: every type is canonical and free of type parameters, every
// variable belongs to the function, operand types agree, branches name a node around them. A violation is a bug of
// the builder or of a pass, and is reported with the function and the position.
#include "ir/build.h"

typedef struct Verify { IrFunc *f; const char *pass; VEC(IrNode *) around; Arena *a; } Verify;

static NORETURN void fail(Verify *v, IrNode *n, const char *what)
{
	Str pos = pos_fmt(v->a, n->pos);
	fflush(stdout);
	if (v->f->vars.n < 100)
		ir_dump(stderr, v->f);
	bug("%.*s: after %s: %.*s: %s: %s", STR_ARG(pos), v->pass, STR_ARG(v->f->sym), ir_op_name(n->op), what);
}

static void type_ok(Verify *v, IrNode *n, Type *t, const char *what)
{
	if (!t)
		fail(v, n, what);
	if (t->kind == TY_TUPLE) {
		for (u32 i = 0; i < t->tuple.n; i++)
			type_ok(v, n, ir_canon(t->tuple.vars[i]->type), what);
		return;
	}
	if (t->kind == TY_ALIAS || t->kind == TY_TYPEPARAM || (t->kind == TY_BASIC && t->info & INFO_UNTYPED) || t->has_tparam)
		fail(v, n, what);
	if (types_canon(t) != t)
		fail(v, n, "type is not canonical");
}

static void same(Verify *v, IrNode *n, Type *x, Type *y, const char *what)
{
	if (x != y) {
		Str s1 = x ? type_str(v->a, x, NULL) : S("none"), s2 = y ? type_str(v->a, y, NULL) : S("none");
		fail(v, n, str_fmt(v->a, "%s: %.*s and %.*s", what, STR_ARG(s1), STR_ARG(s2)).p);
	}
}

static void check_args(Verify *v, IrNode *n, Type *sig, bool recv)
{
	u32 np = ir_nparams(sig), extra = 0;
	if (recv && n->list.n == np + 1)
		extra = 1;
	if (n->list.n != np + extra)
		fail(v, n, "number of arguments");
	for (u32 i = 0; i < np; i++)
		same(v, n, n->list.p[i + extra]->type, ir_param(sig, i), "argument");
	Type *t = ir_call_type(v->a, sig);
	if (t && t->kind == TY_TUPLE) {
		if (!n->type || n->type->kind != TY_TUPLE || n->type->tuple.n != t->tuple.n)
			fail(v, n, "results");
	} else {
		same(v, n, n->type, t, "result");
	}
}

static void visit(IrNode **slot, void *ctx);

static void check(Verify *v, IrNode *n)
{
	if (n->op >= IR_COUNT)
		fail(v, n, "unknown operation");
	if (n->op < IR_BLOCK && n->op != IR_CALL && n->op != IR_CALLCLOSURE && n->op != IR_CALLINTER && n->op != IR_STMTEXPR)
		type_ok(v, n, n->type, "type");
	switch (n->op) {
	case IR_VAR:
		if (n->var->func != v->f)
			fail(v, n, "variable of another function");
		same(v, n, n->type, n->var->type, "variable's type");
		break;
	case IR_DECL:
		if (n->var->func != v->f)
			fail(v, n, "variable of another function");
		break;
	case IR_CALL:
		check_args(v, n, n->func->sig, true);
		break;
	case IR_CALLCLOSURE:
		check_args(v, n, ir_sig(n->a->type), false);
		break;
	case IR_CALLINTER:
		if (!ir_is_iface(n->a->type) || n->imm >= iface_nmethods(n->a->type))
			fail(v, n, "not a method of the interface");
		break;
	case IR_CLOSURE:
		if (n->list.n != n->func->captures.n)
			fail(v, n, "captures");
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i]->op != IR_VAR || n->list.p[i]->type != n->func->captures.p[i]->type)
				fail(v, n, "captured variable");
		break;
	case IR_COMPARE:
		same(v, n, n->a->type, n->b->type, "operands");
		break;
	case IR_BINARY:
		same(v, n, n->a->type, n->type, "operand");
		if (n->sub != OP_SHL && n->sub != OP_SHR)
			same(v, n, n->b->type, n->type, "operand");
		break;
	case IR_ASSIGN:
		if (n->a && n->b)
			same(v, n, n->a->type, n->b->type, "assignment");
		if (n->a && n->flags & IRF_DEF && n->a->op != IR_VAR)
			fail(v, n, "definition of no variable");
		if (n->b && (!n->b->type || n->b->type->kind == TY_TUPLE))
			fail(v, n, "value");
		break;
	case IR_ASSIGNLIST:
		if (n->list.n != n->body.n)
			fail(v, n, "number of values");
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i])
				same(v, n, n->list.p[i]->type, n->body.p[i]->type, "assignment");
		break;
	case IR_ASSIGNMULTI:
		if (!n->a->type || n->a->type->kind != TY_TUPLE || n->a->type->tuple.n != n->list.n)
			fail(v, n, "number of values");
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i])
				same(v, n, n->list.p[i]->type, ir_canon(n->a->type->tuple.vars[i]->type), "assignment");
		break;
	case IR_ASSIGNOP:
		if (n->sub != OP_SHL && n->sub != OP_SHR)
			same(v, n, n->a->type, n->b->type, "operand");
		break;
	case IR_FIELD:
		if (type_under(n->a->type)->kind != TY_STRUCT)
			fail(v, n, "field of no struct");
		same(v, n, n->type, ir_field_type(n->a->type, n->index), "field");
		break;
	case IR_ADDR:
		switch (n->a->op) {
		case IR_VAR: case IR_GLOBAL: case IR_FIELD: case IR_INDEX: case IR_DEREF: case IR_STRUCTLIT: case IR_ARRAYLIT:
		case IR_SLICELIT: case IR_MAPLIT: break;
		default: fail(v, n, "address of a value");
		}
		break;
	case IR_DEREF:
		if (type_under(n->a->type)->kind != TY_POINTER)
			fail(v, n, "dereference of no pointer");
		break;
	case IR_RETURN:
		if (n->list.n && n->list.n != v->f->nresults)
			fail(v, n, "number of results");
		for (u32 i = 0; i < n->list.n; i++)
			same(v, n, n->list.p[i]->type, v->f->results[i]->type, "result");
		break;
	case IR_IF:
		if (!type_is(n->a->type, INFO_BOOL))
			fail(v, n, "condition");
		break;
	case IR_BREAK: case IR_CONTINUE: {
		bool found = false;
		for (u32 i = 0; i < v->around.n; i++)
			found |= v->around.p[i] == n->target;
		if (!found)
			fail(v, n, "target is not around");
		break;
	}
	case IR_SEND:
		same(v, n, n->b->type, ir_elem(n->a->type), "value");
		break;
	default:
		break;
	}
	vec_push(v->a, &v->around, n);
	ir_kids(n, visit, v);
	v->around.n--;
}

static void visit(IrNode **slot, void *ctx)
{
	if (!*slot)
		fail(ctx, ((Verify *)ctx)->around.p[((Verify *)ctx)->around.n - 1], "empty operand");
	check(ctx, *slot);
}

void ir_verify(IrFunc *f, const char *pass)
{
	Verify v = {.f = f, .pass = pass, .a = arena_new()};
	for (u32 i = 0; i < f->body.n; i++)
		check(&v, f->body.p[i]);
	for (u32 i = 0; i < f->captures.n; i++)
		if (f->captures.p[i]->cls != IRV_CAPTURE)
			bug("%.*s: capture %u is none", STR_ARG(f->sym), i);
	arena_free(v.a);
	for (u32 i = 0; i < f->closures.n; i++)
		ir_verify(f->closures.p[i], pass);
}
