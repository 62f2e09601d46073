// builtin.c: calls of predeclared functions and those of package unsafe that the checker did not fold.
#include "ir/build.h"

static void has_call_visit(IrNode **slot, void *ctx);

bool ir_has_call(IrNode *n)
{
	switch (n->op) {
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER: case IR_RECV: case IR_STMTEXPR: return true;
	default: break;
	}
	bool r = false;
	ir_kids(n, has_call_visit, &r);
	return r;
}

static void has_call_visit(IrNode **slot, void *ctx)
{
	if (ir_has_call(*slot))
		*(bool *)ctx = true;
}

// For its effects and panics only.
void ir_evaluate(Builder *b, Pos pos, IrNode *x)
{
	if (x->op == IR_DEREF)
		x = ir_n1(b, IR_ADDR, pos, ir_ptr(x->type), x);
	EMIT(b, ir_n1(b, IR_EXPR, pos, NULL, x));
}

static IrNode *length(Builder *b, Expr *e, IrOp op)
{
	IrNode *x = ir_expr(b, e->call.args.p[0]);
	Type *t = type_under(x->type);
	if (t->kind == TY_POINTER)
		t = type_under(t->pointer.elem);
	if (t->kind == TY_ARRAY) {
		IrNode *n = ir_int(b->a, e->pos, TYPE(INT), t->array.len);
		if (!ir_has_call(x))
			return n;
		Seq s;
		seq_begin(b, &s);
		ir_evaluate(b, e->pos, x);
		return seq_end(b, &s, n);
	}
	if (op == IR_LEN && x->op == IR_CONST)
		return ir_int(b->a, e->pos, TYPE(INT), const_string_len(x->val));
	return ir_n1(b, op, e->pos, TYPE(INT), x);
}

static IrNode *append_call(Builder *b, Expr *e)
{
	Type *t = ir_ty(b, e->type);
	IrNode *n = ir_new(b->a, IR_APPEND, e->pos, t);
	ExprVec v = e->call.args;
	NodeVec list = {0};
	if (v.n == 1 && v.p[0]->type && v.p[0]->type->kind == TY_TUPLE) {
		Seq s;
		seq_begin(b, &s);
		IrNode *x = ir_expr(b, v.p[0]);
		u32 k = x->type->tuple.n;
		IrVar **tmp = NEWN(b->a, IrVar *, k + 1);
		ir_multi(b, x, tmp, k);
		n->a = ir_convert(b, e->pos, ir_var(b, e->pos, tmp[0]), t, true);
		for (u32 i = 1; i < k; i++)
			vec_push(b->a, &list, ir_convert(b, e->pos, ir_var(b, e->pos, tmp[i]), ir_elem(t), true));
		n->list = ir_list(&list);
		return seq_end(b, &s, n);
	}
	n->a = ir_expr_to(b, v.p[0], t);
	if (v.n == 1)
		return n->a;
	if (e->call.dots) {
		Expr *x = v.p[1];
		IrNode *y = expr_unparen(x)->mode == MODE_NIL ? ir_nil(b, x->pos, t) : ir_expr(b, x);
		if (y->op == IR_NIL && y->type->kind == TY_BASIC)
			y->type = t;
		vec_push(b->a, &list, y);
		n->flags |= IRF_DOTS;
	} else {
		Type *elem = ir_elem(t);
		for (u32 i = 1; i < v.n; i++)
			vec_push(b->a, &list, ir_expr_to(b, v.p[i], elem));
	}
	n->list = ir_list(&list);
	return n;
}

static IrNode *make_call(Builder *b, Expr *e)
{
	ExprVec v = e->call.args;
	Type *t = ir_ty(b, v.p[0]->type);
	IrOp op;
	switch (type_under(t)->kind) {
	case TY_SLICE: op = IR_MAKESLICE; break;
	case TY_MAP: op = IR_MAKEMAP; break;
	case TY_CHAN: op = IR_MAKECHAN; break;
	default: bug("make of type kind %d", type_under(t)->kind);
	}
	IrNode *n = ir_new(b->a, op, e->pos, t);
	if (v.n > 1)
		n->a = ir_expr(b, v.p[1]);
	if (v.n > 2)
		n->b = ir_expr(b, v.p[2]);
	return n;
}

// A size in bytes that depends on type parameters.
static IrNode *size_of(Builder *b, Expr *e, u16 id)
{
	Expr *x = expr_unparen(e->call.args.p[0]);
	i64 v;
	if (id == BI_Offsetof) {
		CHECK(x->kind == E_SELECTOR && x->sel.selection);
		Selection *s = x->sel.selection;
		Type *t = ir_ty(b, s->recv);
		if (type_under(t)->kind == TY_POINTER)
			t = ir_elem(t);
		v = 0;
		for (u32 i = 0; i < s->npath; i++) {
			v += struct_offset(type_under(t), s->path[i]);
			t = ir_field_type(t, s->path[i]);
		}
	} else {
		Type *t = ir_ty(b, x->type);
		v = id == BI_Sizeof ? type_size(t) : type_align(t);
	}
	return ir_int(b->a, e->pos, ir_ty(b, e->type), v);
}

// f(g()), where g has several results: they go into variables that stand for the arguments.
static IrNode *spread_results(Builder *b, Expr *e, bool is_stmt)
{
	Expr *arg = e->call.args.p[0], call = *e;
	Type *results = arg->type;
	Seq s;
	if (!is_stmt)
		seq_begin(b, &s);
	IrVar **tmp = NEWN(b->a, IrVar *, results->tuple.n);
	ir_multi(b, ir_expr(b, arg), tmp, results->tuple.n);
	call.call.args = (ExprVec){0};
	for (u32 i = 0; i < results->tuple.n; i++) {
		Object *o = NEW(b->a, Object);
		o->kind = OBJ_VAR;
		o->var_kind = VAR_LOCAL;
		o->name = name_of_c("");
		o->type = results->tuple.vars[i]->type;
		o->pkg = results->tuple.vars[i]->pkg;
		map_put(b->a, &b->vars, PKEY(o), tmp[i]);
		Expr *x = expr_new(b->a, E_NAME, arg->pos);
		x->name.name = o->name;
		x->name.obj = o;
		x->mode = MODE_VAR;
		x->type = o->type;
		vec_push(b->a, &call.call.args, x);
	}
	IrNode *n = ir_builtin(b, &call);
	return is_stmt ? n : seq_end(b, &s, n);
}

IrNode *ir_builtin(Builder *b, Expr *e)
{
	u16 id = (u16)(e->call.builtin - 1);
	ExprVec v = e->call.args;
	if (v.n == 1 && v.p[0]->type && v.p[0]->type->kind == TY_TUPLE && !v.p[0]->commaok && id != BI_append && id != BI_print &&
	    id != BI_println)
		return spread_results(b, e, id == BI_delete);
	Pos pos = e->pos;
	NodeVec list = {0};
	switch ((Builtin)id) {
	case BI_append:
		return append_call(b, e);
	case BI_len:
		return length(b, e, IR_LEN);
	case BI_cap:
		return length(b, e, IR_CAP);
	case BI_clear:
		return ir_n1(b, IR_CLEAR, pos, NULL, ir_expr(b, v.p[0]));
	case BI_close:
		return ir_n1(b, IR_CLOSE, pos, NULL, ir_expr(b, v.p[0]));
	case BI_complex: {
		Type *t = ir_ty(b, e->type);
		Type *part = type_size(t) == 8 ? TYPE(FLOAT32) : TYPE(FLOAT64);
		if (v.n == 1) {
			Seq s;
			seq_begin(b, &s);
			IrVar *tmp[2];
			ir_multi(b, ir_expr(b, v.p[0]), tmp, 2);
			IrNode *x = ir_convert(b, pos, ir_var(b, pos, tmp[0]), part, true);
			IrNode *y = ir_convert(b, pos, ir_var(b, pos, tmp[1]), part, true);
			return seq_end(b, &s, ir_n2(b, IR_COMPLEX, pos, t, x, y));
		}
		IrNode *x = ir_expr_to(b, v.p[0], part);
		return ir_n2(b, IR_COMPLEX, pos, t, x, ir_expr_to(b, v.p[1], part));
	}
	case BI_copy: {
		IrNode *x = ir_expr(b, v.p[0]);
		return ir_n2(b, IR_COPY, pos, TYPE(INT), x, ir_expr_to(b, v.p[1],
			type_is(ir_ty(b, v.p[1]->type), INFO_STRING) ? ir_ty(b, v.p[1]->type) : ir_ty(b, v.p[1]->type)));
	}
	case BI_delete: {
		IrNode *m = ir_expr(b, v.p[0]);
		return ir_n2(b, IR_DELETE, pos, NULL, m, ir_expr_to(b, v.p[1], ir_canon(type_under(m->type)->map.key)));
	}
	case BI_real: case BI_imag:
		return ir_n1(b, id == BI_real ? IR_REAL : IR_IMAG, pos, ir_ty(b, e->type), ir_expr(b, v.p[0]));
	case BI_make:
		return make_call(b, e);
	case BI_max: case BI_min: {
		Type *t = ir_ty(b, e->type);
		if (v.n == 1)
			return ir_expr_to(b, v.p[0], t);
		for (u32 i = 0; i < v.n; i++)
			vec_push(b->a, &list, ir_expr_to(b, v.p[i], t));
		IrNode *n = ir_new(b->a, id == BI_max ? IR_MAX : IR_MIN, pos, t);
		n->list = ir_list(&list);
		return n;
	}
	case BI_new: {
		Type *t = ir_ty(b, e->type);
		IrNode *n = ir_new(b->a, IR_NEW, pos, t);
		if (v.p[0]->mode != MODE_TYPE)
			n->a = ir_expr_to(b, v.p[0], ir_elem(t));
		return n;
	}
	case BI_panic:
		return ir_n1(b, IR_PANIC, pos, NULL, ir_expr_to(b, v.p[0], ir_canon(type_empty_interface())));
	case BI_print: case BI_println: {
		IrNode *n = ir_new(b->a, IR_PRINT, pos, NULL);
		// print(f()) spreads f's results; it is a statement, so they may go into temporaries before it
		ir_arg_values(b, &v, &list);
		n->list = ir_list(&list);
		if (id == BI_println)
			n->flags |= IRF_DOTS;
		return n;
	}
	case BI_recover:
		b->f->has_recover = true;
		return ir_new(b->a, IR_RECOVER, pos, ir_canon(type_empty_interface()));
	case BI_Add: {
		IrNode *p = ir_expr_to(b, v.p[0], TYPE(UNSAFEPTR));
		return ir_n2(b, IR_UNSAFEADD, pos, TYPE(UNSAFEPTR), p, ir_expr(b, v.p[1]));
	}
	case BI_Slice: {
		IrNode *p = ir_expr(b, v.p[0]);
		return ir_n2(b, IR_UNSAFESLICE, pos, ir_ty(b, e->type), p, ir_expr(b, v.p[1]));
	}
	case BI_String: {
		IrNode *p = ir_expr_to(b, v.p[0], ir_ptr(TYPE(UINT8)));
		return ir_n2(b, IR_UNSAFESTRING, pos, TYPE(STRING), p, ir_expr(b, v.p[1]));
	}
	case BI_SliceData:
		return ir_n1(b, IR_SLICEDATA, pos, ir_ty(b, e->type), ir_expr(b, v.p[0]));
	case BI_StringData:
		return ir_n1(b, IR_STRINGDATA, pos, ir_ptr(TYPE(UINT8)), ir_expr_to(b, v.p[0], TYPE(STRING)));
	case BI_Alignof: case BI_Offsetof: case BI_Sizeof:
		return size_of(b, e, id);
	case BI_COUNT:
		break;
	}
	bug("builtin %u", id);
}
