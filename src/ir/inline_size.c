// inline_size.c: the size of a function's body in the nodes that gc's trees of it have, which is what its budgets are
// made for: counted from the syntax, as our own trees are others. Rules that add or take away single nodes are those of
// gc's reader and type checker (noder/reader.go, typecheck) and of its visitor (inline/inl.go, hairyVisitor.doNode).
// What a constant condition excludes, and what stands behind a return, does not count.
#include "ir/build.h"

typedef struct Size { SizeCalls calls; void *ctx; Type *sig; i32 n; } Size; // sig: of the function

static void expr(Size *z, Expr *e);
static void stmts(Size *z, StmtVec v);
static void stmt(Size *z, Stmt *s);

// ---- types --------------------------------------------------------------------------------------

static bool is_iface(Type *t) { return t && !type_is_typeparam(t) && type_under(t)->kind == TY_INTERFACE; }

// A value given to a place of type t: interfaces are made of others explicitly.
static void convert(Size *z, Expr *e, Type *t)
{
	expr(z, e);
	e = expr_unparen(e);
	if (!is_iface(t) || e->mode == MODE_NIL || !e->type || e->type->kind == TY_TUPLE)
		return;
	z->n += !is_iface(e->type) || (e->type != t && type_under(e->type) != type_under(t) && ir_canon(type_under(e->type)) != ir_canon(type_under(t)));
}

// Numbers of the same size and kind are one type for gc; an explicit conversion to a floating-point type rounds.
static i32 conversion(Type *from, Type *to)
{
	if (type_is_typeparam(from) || type_is_typeparam(to))
		return 1;
	if (is_iface(to))
		return !is_iface(from) || ir_canon(type_under(from)) != ir_canon(type_under(to));
	Type *f = type_under(from), *t = type_under(to);
	if (f->kind != TY_BASIC || t->kind != TY_BASIC)
		return (f->kind == TY_BASIC && type_is(f, INFO_STRING)) || (t->kind == TY_BASIC && type_is(t, INFO_STRING))
			|| (f->kind == TY_SLICE && t->kind == TY_ARRAY) || (f->kind == TY_SLICE && t->kind == TY_POINTER);
	if (type_is(t, INFO_FLOAT | INFO_COMPLEX))
		return 1;
	bool ints = type_is(f, INFO_INT) && type_is(t, INFO_INT);
	if (ints)
		return type_size(f) != type_size(t) || type_is(f, INFO_UNSIGNED) != type_is(t, INFO_UNSIGNED);
	return f != t && !(f == TYPE(UNSAFEPTR) || t == TYPE(UNSAFEPTR));
}

static bool is_array_like(Type *t, bool *pointer)
{
	t = type_under(t);
	*pointer = t->kind == TY_POINTER;
	return t->kind == TY_ARRAY || (*pointer && type_under(t->pointer.elem)->kind == TY_ARRAY);
}

// ---- constants ----------------------------------------------------------------------------------

// 1, -1: the condition is always so; 0: it is not known (noder/writer.go staticBool).
i32 ir_static_bool(Expr *e)
{
	e = expr_unparen(e);
	if (e->val)
		return const_as_bool(e->val) ? 1 : -1;
	if (e->kind == E_UNARY && e->op == OP_NOT)
		return -ir_static_bool(e->unary.x);
	if (e->kind != E_BINARY || (e->op != OP_ANDAND && e->op != OP_OROR))
		return 0;
	i32 x = ir_static_bool(e->binary.x), decides = e->op == OP_OROR ? 1 : -1;
	if (x == decides)
		return x;
	i32 y = ir_static_bool(e->binary.y);
	return x == -decides || y == decides ? y : 0;
}

static bool block_terminates(StmtVec v)
{
	u32 n = v.n;
	while (n && v.p[n - 1]->kind == ST_EMPTY)
		n--;
	return n && ir_terminates(v.p[n - 1]);
}

// Does control never go on behind s? As far as gc looks when it drops statements (noder/writer.go terminates).
bool ir_terminates(Stmt *s)
{
	switch (s->kind) {
	case ST_RETURN: return true;
	case ST_BRANCH: return s->branch.tok == T_GOTO;
	case ST_BLOCK: return block_terminates(s->block->list);
	case ST_EXPR: {
		Expr *e = expr_unparen(s->x);
		return e->kind == E_CALL && e->call.builtin == BI_panic + 1;
	}
	case ST_IF: {
		i32 cond = ir_static_bool(s->if_.cond);
		return (cond < 0 || block_terminates(s->if_.then->list)) && (cond > 0 || (s->if_.els && ir_terminates(s->if_.els)));
	}
	default: return false;
	}
}

u32 ir_labels_end(StmtVec v)
{
	u32 n = v.n;
	while (n && v.p[n - 1]->kind != ST_LABELED)
		n--;
	return n;
}

static bool falls_through(StmtVec v)
{
	return v.n && v.p[v.n - 1]->kind == ST_BRANCH && v.p[v.n - 1]->branch.tok == T_FALLTHROUGH;
}

// ---- expressions --------------------------------------------------------------------------------

static void exprs(Size *z, ExprVec v)
{
	for (u32 i = 0; i < v.n; i++)
		expr(z, v.p[i]);
}

static bool is_local(Expr *e)
{
	e = expr_unparen(e);
	return e->kind == E_NAME && e->name.obj && e->name.obj->kind == OBJ_VAR;
}

static u64 first_offset(Expr *x, u32 index)
{
	Type *t = x->type;
	if (type_has_tparam(t))
		return 1;
	t = type_under(t);
	if (t->kind == TY_POINTER)
		t = type_under(t->pointer.elem);
	return t->kind == TY_STRUCT ? (u64)struct_offset(t, index) : 1;
}

// &x: of the first field of a variable it is free.
static void address(Size *z, Expr *x)
{
	x = expr_unparen(x);
	z->n++;
	if (x->kind == E_SELECTOR && x->sel.selection && x->sel.selection->kind == SEL_FIELD && x->sel.selection->npath == 1
	    && is_local(x->sel.x) && first_offset(x->sel.x, x->sel.selection->path[0]) == 0)
		z->n -= 2;
	expr(z, x);
}

static bool is_pointer(Type *t) { return t && !type_is_typeparam(t) && type_under(t)->kind == TY_POINTER; }

// The type of the embedded field, or of x itself, whose method x.M is.
static Type *method_owner(Selection *s)
{
	return s->npath > 1 && !type_has_tparam(s->recv) ? ir_path_type(ir_canon(s->recv), s->path, s->npath - 1) : s->recv;
}

// The receiver of x.M, as the method wants it.
static void receiver(Size *z, Expr *e)
{
	Selection *s = e->sel.selection;
	Expr *x = e->sel.x;
	Type *t = method_owner(s);
	z->n += (i32)s->npath - 1;
	if (!is_iface(t)) {
		bool pointer = ir_has_pointer_receiver(s->obj);
		if (pointer && !is_pointer(t)) {
			if (s->npath == 1) {
				address(z, x);
				return;
			}
			z->n++;
			if (s->npath == 2 && is_local(x) && first_offset(x, s->path[0]) == 0)
				z->n -= 2;
		} else if (!pointer && is_pointer(t)) {
			z->n++;
		}
	}
	expr(z, x);
}

static void arguments(Size *z, Expr *e, Type *sig)
{
	ExprVec v = e->call.args;
	Type *params = sig->func.params;
	u32 np = params->tuple.n;
	if (v.n == 1 && v.p[0]->type && v.p[0]->type->kind == TY_TUPLE && !v.p[0]->commaok) { // through variables
		u32 n = v.p[0]->type->tuple.n;
		z->n += 1 + 4 * (i32)n;
		expr(z, v.p[0]);
		if (sig->variadic && n >= np)
			z->n += 2;
		return;
	}
	u32 fixed = sig->variadic && !e->call.dots ? np - 1 : np;
	for (u32 i = 0; i < v.n; i++) {
		Type *t = i < np ? params->tuple.vars[i]->type : NULL;
		if (i >= fixed)
			t = type_under(params->tuple.vars[np - 1]->type)->slice.elem;
		convert(z, v.p[i], t);
	}
	if (fixed < np)
		z->n += v.n > fixed ? 2 : 1; // a slice of the rest, or nil
}

static void builtin(Size *z, Expr *e)
{
	ExprVec v = e->call.args;
	u32 id = e->call.builtin - 1u;
	z->n++;
	switch (id) {
	case BI_make:
		if (v.n == 1 && type_under(e->type)->kind != TY_SLICE)
			z->n++; // its size is 0
		for (u32 i = 1; i < v.n; i++)
			expr(z, v.p[i]);
		return;
	case BI_new:
		if (v.p[0]->mode != MODE_TYPE)
			convert(z, v.p[0], NULL);
		z->n += v.p[0]->mode != MODE_TYPE ? 5 : 0; // a variable, and its address
		return;
	case BI_panic:
		z->n++; // it costs one more, and a conversion that is not written costs nothing
		expr(z, v.p[0]);
		return;
	case BI_append:
		expr(z, v.p[0]);
		for (u32 i = 1; i < v.n; i++)
			convert(z, v.p[i], e->call.dots || type_is_typeparam(e->type) ? NULL : type_under(e->type)->slice.elem);
		return;
	default:
		exprs(z, v);
		return;
	}
}

// Does e contain a call, even of a built-in function, or a receive? A function or an interface that does is kept in a variable
// before it is called (typecheck.go, RewriteNonNameCall).
static bool has_call(Expr *e)
{
	if (!e)
		return false;
	e = expr_unparen(e);
	if (e->val || e->mode == MODE_TYPE)
		return false;
	switch (e->kind) {
	case E_CALL: return !e->call.is_conversion ? e->call.builtin != BI_new + 1 : has_call(e->call.args.p[0]);
	case E_SELECTOR: return has_call(e->sel.x);
	case E_INDEX: return has_call(e->index.x) || has_call(e->index.i);
	case E_SLICE: return has_call(e->slice.x) || has_call(e->slice.lo) || has_call(e->slice.hi) || has_call(e->slice.max);
	case E_ASSERT: return has_call(e->assert.x);
	case E_UNARY: return e->op == OP_RECV || has_call(e->unary.x);
	case E_BINARY: return has_call(e->binary.x) || has_call(e->binary.y);
	case E_KEYVALUE: return has_call(e->kv.val);
	case E_COMPOSITE:
		for (u32 i = 0; i < e->complit.elems.n; i++)
			if (has_call(e->complit.elems.p[i]))
				return true;
		return false;
	default: return false;
	}
}

static void call(Size *z, Expr *e)
{
	if (e->call.is_conversion) {
		Expr *x = e->call.args.p[0];
		z->n += expr_unparen(x)->mode == MODE_NIL || !x->type ? 0 : x->val ? 1 : conversion(x->type, e->type);
		expr(z, x);
		return;
	}
	if (e->call.builtin) {
		builtin(z, e);
		return;
	}
	Expr *fun = expr_unparen(e->call.fun);
	Type *sig = type_unalias(fun->type);
	sig = sig ? type_under(sig) : NULL;
	z->n += 1 + z->calls(z->ctx, e);
	if (!sig || sig->kind != TY_FUNC) {
		exprs(z, e->call.args);
		return;
	}
	Expr *sel = fun->kind == E_INDEX ? expr_unparen(fun->index.x) : fun;
	if (sel->kind == E_SELECTOR && sel->sel.selection && sel->sel.selection->kind == SEL_METHOD) {
		receiver(z, sel);
		if (is_iface(method_owner(sel->sel.selection)))
			z->n += 1 + 5 * has_call(sel->sel.x); // x.M
	} else {
		z->n += 5 * has_call(fun);
		expr(z, fun);
	}
	arguments(z, e, sig);
}

static void literal(Size *z, Expr *e)
{
	Type *t = e->type;
	bool pointer = is_pointer(t); // &T{...} in a list of pointers
	if (pointer) {
		z->n++;
		t = type_under(t)->pointer.elem;
	}
	if (type_is_typeparam(t)) {
		z->n++;
		exprs(z, e->complit.elems);
		return;
	}
	t = type_under(t);
	z->n += t->kind == TY_SLICE ? 2 : 1;
	for (u32 i = 0; i < e->complit.elems.n; i++) {
		Expr *x = e->complit.elems.p[i], *v = x->kind == E_KEYVALUE ? x->kv.val : x;
		switch (t->kind) {
		case TY_STRUCT: {
			u32 k = i;
			if (x->kind == E_KEYVALUE) {
				Expr *key = expr_unparen(x->kv.key);
				for (k = 0; k < t->structt.n; k++)
					if (key->kind == E_NAME && t->structt.fields[k]->name == key->name.name)
						break;
			}
			z->n++;
			convert(z, v, k < t->structt.n ? t->structt.fields[k]->type : NULL);
			break;
		}
		case TY_MAP:
			z->n++;
			if (x->kind == E_KEYVALUE)
				convert(z, x->kv.key, t->map.key);
			convert(z, v, t->map.elem);
			break;
		default:
			z->n += x->kind == E_KEYVALUE ? 2 : 0;
			convert(z, v, t->kind == TY_SLICE ? t->slice.elem : t->kind == TY_ARRAY ? t->array.elem : NULL);
		}
	}
}

static void slice(Size *z, Expr *e)
{
	Expr *x = e->slice.x, *lo = e->slice.lo, *hi = e->slice.hi;
	i64 v;
	z->n++;
	if (type_under(x->type)->kind == TY_ARRAY)
		address(z, x);
	else
		expr(z, x);
	if (lo) {
		expr(z, lo);
		if (lo->val && const_is_i64(lo->val, &v) && v == 0)
			z->n--;
	}
	if (hi) {
		expr(z, hi);
		Expr *h = expr_unparen(hi);
		if (h->kind == E_CALL && h->call.builtin == BI_len + 1 && is_local(h->call.args.p[0]) && is_local(x)
		    && expr_unparen(h->call.args.p[0])->name.obj == expr_unparen(x)->name.obj)
			z->n -= 2;
	}
	if (e->slice.max)
		expr(z, e->slice.max);
}

// The strings that are put together by one operation.
static void concat(Size *z, Expr *e)
{
	e = expr_unparen(e);
	if (e->kind == E_BINARY && e->op == OP_ADD && !e->val) {
		concat(z, e->binary.x);
		concat(z, e->binary.y);
	} else {
		expr(z, e);
	}
}

static void expr(Size *z, Expr *e)
{
	if (!e)
		return;
	e = expr_unparen(e);
	if (e->val || e->mode == MODE_NIL) {
		z->n++;
		return;
	}
	if (e->mode == MODE_TYPE)
		return;
	switch (e->kind) {
	case E_FUNCLIT:
		z->n += 16;
		return;
	case E_COMPOSITE:
		literal(z, e);
		return;
	case E_SELECTOR: {
		Selection *s = e->sel.selection;
		z->n++;
		if (!s || s->kind == SEL_QUALIFIED)
			return;
		if (s->kind == SEL_METHODEXPR) {
			z->n--;
			return;
		}
		if (s->kind == SEL_METHOD) {
			z->n++;
			receiver(z, e);
			return;
		}
		z->n += (i32)s->npath - 1; // embedded fields on the way
		expr(z, e->sel.x);
		return;
	}
	case E_INDEX: {
		bool pointer;
		if (e->index.x->type && e->index.x->type->kind == TY_FUNC && e->index.x->mode != MODE_VAR && expr_unparen(e->index.x)->kind != E_CALL) { // an instance
			expr(z, e->index.x);
			return;
		}
		z->n += 1 + (e->index.x->type && is_array_like(e->index.x->type, &pointer) && pointer);
		expr(z, e->index.x);
		if (e->index.x->type && !type_is_typeparam(e->index.x->type) && type_under(e->index.x->type)->kind == TY_MAP)
			convert(z, e->index.i, type_under(e->index.x->type)->map.key);
		else
			expr(z, e->index.i);
		return;
	}
	case E_SLICE:
		slice(z, e);
		return;
	case E_ASSERT:
		z->n++;
		expr(z, e->assert.x);
		return;
	case E_TYPESWITCH:
		z->n += 1 + (e->guard.lhs != NULL);
		expr(z, e->guard.x);
		return;
	case E_UNARY: {
		if (e->op == OP_AND) {
			address(z, e->unary.x);
			return;
		}
		z->n++;
		if (e->op == OP_MUL) {
			Expr *x = expr_unparen(e->unary.x);
			while (x->kind == E_CALL && x->call.is_conversion && !conversion(x->call.args.p[0]->type, x->type))
				x = expr_unparen(x->call.args.p[0]);
			z->n -= x->kind == E_UNARY && x->op == OP_AND;
		}
		expr(z, e->unary.x);
		return;
	}
	case E_BINARY: {
		Expr *x = e->binary.x, *y = e->binary.y;
		z->n++;
		if (e->op == OP_ADD && type_is(e->type, INFO_STRING)) {
			concat(z, e);
		} else if (e->op == OP_EQL || e->op == OP_NEQ) {
			convert(z, x, is_iface(y->type) && y->mode != MODE_NIL ? y->type : NULL);
			convert(z, y, is_iface(x->type) && x->mode != MODE_NIL ? x->type : NULL);
		} else {
			expr(z, x);
			expr(z, y);
		}
		return;
	}
	case E_CALL:
		call(z, e);
		return;
	case E_LIST:
		exprs(z, e->list.v);
		return;
	case E_KEYVALUE:
		expr(z, e->kv.key);
		expr(z, e->kv.val);
		return;
	default:
		z->n++;
		return;
	}
}

// ---- statements ---------------------------------------------------------------------------------

// Of a condition whose first operand is known and does not decide only the second is left.
static void condition(Size *z, Expr *e)
{
	for (;;) {
		e = expr_unparen(e);
		if (e->kind != E_BINARY || e->val || (e->op != OP_ANDAND && e->op != OP_OROR) || !ir_static_bool(e->binary.x) || !expr_unparen(e->binary.x)->val)
			break;
		e = e->binary.y;
	}
	expr(z, e);
}

static bool is_new(Expr *e)
{
	return e->kind == E_NAME && e->name.obj && e->name.obj->pos == e->pos && e->name.obj->kind == OBJ_VAR && !name_is_blank(e->name.name);
}

// A declared variable is named once more, in its declaration.
static void places(Size *z, Expr **l, u32 n, bool def)
{
	for (u32 i = 0; i < n; i++) {
		if (def && is_new(l[i]))
			z->n += 2;
		expr(z, l[i]);
	}
}

static void assign(Size *z, Expr **l, u32 nl, Expr **r, u32 nr, bool def)
{
	z->n++;
	places(z, l, nl, def);
	for (u32 i = 0; i < nr; i++)
		convert(z, r[i], nl == nr && !(expr_unparen(l[i])->kind == E_NAME && name_is_blank(expr_unparen(l[i])->name.name)) ? l[i]->type ? l[i]->type
			: expr_unparen(l[i])->kind == E_NAME && expr_unparen(l[i])->name.obj ? expr_unparen(l[i])->name.obj->type : NULL : NULL);
}

static void declaration(Size *z, Decl *d)
{
	if (d->kind != D_VAR)
		return;
	Expr **vals;
	u32 nv = ir_unpack(d->val.values, &vals), n = d->val.names.n;
	if (nv == 0) {
		z->n += 1 + (i32)n;
		for (u32 i = 0; i < n; i++)
			z->n += 2 * is_new(d->val.names.p[i]);
		return;
	}
	assign(z, d->val.names.p, n, vals, nv, true);
}

static void clauses(Size *z, Stmt *s)
{
	ClauseVec v = s->switch_.clauses;
	Expr *tag = s->switch_.tag;
	if (s->kind == ST_SWITCH && (!tag || tag->val)) { // is a case always, or never, taken?
		Clause *target = NULL;
		bool known = true, found = false;
		for (u32 i = 0; i < v.n && known && !found; i++) {
			Expr **e;
			u32 n = ir_unpack(v.p[i]->cases, &e);
			if (!v.p[i]->cases)
				target = v.p[i];
			for (u32 k = 0; k < n && known && !found; k++) {
				known = e[k]->val != NULL;
				found = known && (tag ? const_compare(tag->val, OP_EQL, e[k]->val) : const_as_bool(e[k]->val));
				if (found)
					target = v.p[i];
			}
		}
		if (known && !(target && falls_through(target->body))) {
			if (target) {
				z->n++;
				stmts(z, target->body);
			}
			return;
		}
	}
	expr(z, tag);
	for (u32 i = 0; i < v.n; i++) {
		z->n += 1 + (s->kind == ST_TYPESWITCH && tag->guard.lhs); // the clause's variable
		Expr **e;
		u32 n = ir_unpack(v.p[i]->cases, &e);
		for (u32 k = 0; k < n; k++)
			expr(z, e[k]);
		stmts(z, v.p[i]->body);
	}
}

static void results(Size *z, Stmt *s)
{
	Expr **e;
	u32 n = ir_unpack(s->ret.results, &e);
	z->n++;
	Type *t = z->sig->func.results;
	for (u32 i = 0; i < n; i++)
		convert(z, e[i], n == t->tuple.n ? t->tuple.vars[i]->type : NULL);
	if (n != 1 || !e[0]->type || e[0]->type->kind != TY_TUPLE)
		return;
	Type *from = e[0]->type;
	z->n += 1 + 4 * (i32)from->tuple.n; // through variables
	for (u32 i = 0; i < from->tuple.n && i < t->tuple.n; i++)
		z->n += is_iface(t->tuple.vars[i]->type) && conversion(from->tuple.vars[i]->type, t->tuple.vars[i]->type);
}

// A receive always has two places.
static void communication(Size *z, Stmt *s)
{
	Expr **l;
	if (s && s->kind == ST_EXPR)
		z->n += 3;
	else if (s && s->kind == ST_ASSIGN && ir_unpack(s->assign.lhs, &l) == 1)
		z->n++;
	stmt(z, s);
}

static void stmt(Size *z, Stmt *s)
{
	if (!s)
		return;
	switch (s->kind) {
	case ST_LABELED:
		z->n++;
		stmt(z, s->labeled.stmt);
		return;
	case ST_BLOCK:
		stmts(z, s->block->list);
		return;
	case ST_EXPR:
		expr(z, s->x);
		return;
	case ST_SEND:
		z->n++;
		expr(z, s->send.chan);
		convert(z, s->send.val, type_is_typeparam(s->send.chan->type) ? NULL : type_under(s->send.chan->type)->chan.elem);
		return;
	case ST_DECL:
		for (u32 i = 0; i < s->decls.n; i++)
			declaration(z, s->decls.p[i]);
		return;
	case ST_ASSIGN: {
		Expr **l, **r;
		if (s->op != OP_DEF && s->op != OP_NONE) {
			z->n++;
			expr(z, s->assign.lhs);
			if (s->assign.incdec)
				z->n++;
			else
				expr(z, s->assign.rhs);
			return;
		}
		u32 nl = ir_unpack(s->assign.lhs, &l), nr = ir_unpack(s->assign.rhs, &r);
		assign(z, l, nl, r, nr, s->op == OP_DEF);
		return;
	}
	case ST_BRANCH:
		z->n += s->branch.tok != T_FALLTHROUGH;
		return;
	case ST_RETURN:
		results(z, s);
		return;
	case ST_IF: {
		i32 cond = ir_static_bool(s->if_.cond);
		stmt(z, s->if_.init);
		if (!cond) {
			z->n++;
			condition(z, s->if_.cond);
		}
		if (cond >= 0)
			stmts(z, s->if_.then->list);
		if (cond <= 0)
			stmt(z, s->if_.els);
		return;
	}
	case ST_FOR:
		z->n++;
		stmt(z, s->for_.init);
		if (s->for_.cond)
			condition(z, s->for_.cond);
		if (s->for_.cond && ir_static_bool(s->for_.cond) < 0)
			return;
		stmt(z, s->for_.post);
		stmts(z, s->for_.body->list);
		return;
	case ST_RANGE: {
		Expr **l;
		u32 n = ir_unpack(s->range.lhs, &l);
		z->n++;
		bool pointer;
		if (n < 2 && is_array_like(s->range.x->type, &pointer))
			z->n++; // its length
		else
			expr(z, s->range.x);
		places(z, l, n, s->range.def);
		stmts(z, s->range.body->list);
		return;
	}
	case ST_SWITCH: case ST_TYPESWITCH:
		z->n++;
		stmt(z, s->switch_.init);
		clauses(z, s);
		return;
	case ST_SELECT:
		z->n++;
		for (u32 i = 0; i < s->select.clauses.n; i++) {
			z->n++;
			communication(z, s->select.clauses.p[i]->comm);
			stmts(z, s->select.clauses.p[i]->body);
		}
		return;
	case ST_CALL:
		z->n++;
		return;
	default:
		return;
	}
}

static void stmts(Size *z, StmtVec v)
{
	bool dead = false;
	u32 labels = ir_labels_end(v);
	for (u32 i = 0; i < v.n; i++) {
		if (dead && i >= labels)
			return;
		stmt(z, v.p[i]);
		dead = ir_terminates(v.p[i]);
	}
}

i32 ir_size(Block *body, Type *sig, SizeCalls calls, void *ctx)
{
	Size z = {.calls = calls, .ctx = ctx, .sig = sig};
	stmts(&z, body->list);
	return z.n;
}
