// lit.c: composite literals: struct fields in order with NULL for zero, array and slice elements with their indices,
// map keys and values in pairs.
#include "ir/build.h"

// Evaluated at any time it is the same: constants, and what static data is made of.
static bool data_like(IrNode *n)
{
	switch (n->op) {
	case IR_CONST: case IR_NIL: case IR_FUNC: case IR_ZERO: case IR_TYPEDESC: return true;
	case IR_CLOSURE: return n->list.n == 0;
	case IR_CONVIFACE: case IR_CONVNOP: return data_like(n->a);
	case IR_ADDR: return n->a->op == IR_GLOBAL || data_like(n->a);
	case IR_STRUCTLIT: case IR_ARRAYLIT: case IR_SLICELIT:
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i] && !data_like(n->list.p[i]))
				return false;
		return true;
	default: return false;
	}
}

// Where key stands in st: a field, or from Go 1.27 on one promoted from embedded structs. *path lives in b's arena.
static u32 field_path(Builder *b, Type *st, Expr *key, u32 **path)
{
	Name name = key->name.name;
	for (u32 i = 0; i < st->structt.n; i++)
		if (st->structt.fields[i]->name == name) {
			*path = NEW(b->a, u32);
			**path = i;
			return 1;
		}
	U32Vec v = {0};
	bool indirect;
	Object *o = types_lookup(b->a, st, false, b->pkg, name, &v, &indirect);
	if (!o || o->kind != OBJ_VAR)
		bug("no field %s in the struct of a literal", name_str(name).p);
	*path = v.p;
	return v.n;
}

// Puts v into the literal n at path, through literals of embedded structs (or pointers to new ones).
static void place(Builder *b, IrNode *n, const u32 *path, u32 npath, IrNode *v)
{
	for (; npath > 1; path++, npath--) {
		IrNode *in = n->list.p[*path];
		Type *t = ir_field_type(n->type, *path);
		bool ptr = type_under(t)->kind == TY_POINTER;
		if (!in) {
			Type *st = ptr ? ir_elem(t) : t;
			in = ir_new(b->a, IR_STRUCTLIT, n->pos, st);
			in->list.n = type_under(st)->structt.n;
			in->list.p = NEWN(b->a, IrNode *, in->list.n + 1);
			n->list.p[*path] = ptr ? ir_n1(b, IR_ADDR, n->pos, t, in) : in;
		} else if (ptr) {
			in = in->a;
		}
		n = in;
	}
	n->list.p[*path] = v;
}

static IrNode *struct_lit(Builder *b, Expr *e, Type *t)
{
	Type *u = type_under(t);
	if (!e->complit.elems.n)
		return ir_zero(b, e->pos, t);
	IrNode *n = ir_new(b->a, IR_STRUCTLIT, e->pos, t);
	n->list.n = u->structt.n;
	n->list.p = NEWN(b->a, IrNode *, u->structt.n + 1);
	// Values stand in the order of fields; where they were written in another order and it could be seen, temporaries
	// keep the order of evaluation.
	Seq s;
	seq_begin(b, &s);
	u32 count = e->complit.elems.n;
	u32 **paths = NEWN(b->a, u32 *, count), *lens = NEWN(b->a, u32, count);
	bool ordered = true;
	for (u32 i = 0; i < count; i++) {
		Expr *x = e->complit.elems.p[i];
		if (x->kind == E_KEYVALUE) {
			lens[i] = field_path(b, u, x->kv.key, &paths[i]);
		} else {
			lens[i] = 1;
			paths[i] = NEW(b->a, u32);
			*paths[i] = i;
		}
		if (i && (paths[i][0] < paths[i - 1][0] || lens[i] > 1))
			ordered = false;
	}
	for (u32 i = 0; i < count; i++) {
		Expr *x = e->complit.elems.p[i];
		if (x->kind == E_KEYVALUE)
			x = x->kv.val;
		Type *ft = t;
		for (u32 k = 0; k < lens[i]; k++) {
			if (type_under(ft)->kind == TY_POINTER)
				ft = ir_elem(ft);
			ft = ir_field_type(ft, paths[i][k]);
		}
		IrNode *v = ir_expr_to(b, x, ft);
		if (lens[i] == 1 && name_is_blank(u->structt.fields[paths[i][0]]->name)) { // evaluated, but stays zero
			if (!data_like(v))
				ir_save(b, v);
			continue;
		}
		if (!ordered && !data_like(v))
			v = ir_var(b, v->pos, ir_save(b, v));
		if (lens[i] == 1 && name_is_blank(u->structt.fields[paths[i][0]]->name)) { // evaluated, but stays zero
			if (!data_like(v))
				EMIT(b, ir_n2(b, IR_ASSIGN, v->pos, NULL, NULL, v));
			continue;
		}
		place(b, n, paths[i], lens[i], v);
	}
	return seq_end(b, &s, n);
}

static IrNode *list_lit(Builder *b, Expr *e, Type *t, bool slice)
{
	Type *elem = ir_elem(t);
	IrNode *n = ir_new(b->a, slice ? IR_SLICELIT : IR_ARRAYLIT, e->pos, t);
	u32 count = e->complit.elems.n;
	if (!count && !slice)
		return ir_zero(b, e->pos, t);
	n->list.n = count;
	n->list.p = NEWN(b->a, IrNode *, count + 1);
	i64 at = 0, max = 0;
	bool keyed = false;
	for (u32 i = 0; i < count; i++)
		keyed |= e->complit.elems.p[i]->kind == E_KEYVALUE;
	if (keyed)
		n->indices = NEWN(b->a, i64, count);
	for (u32 i = 0; i < count; i++) {
		Expr *x = e->complit.elems.p[i];
		if (x->kind == E_KEYVALUE) {
			if (!x->kv.key->val || !const_is_i64(const_to_int(b->a, x->kv.key->val), &at))
				bug("%.*s: array index is not a constant", STR_ARG(pos_fmt(b->a, x->pos)));
			x = x->kv.val;
		}
		if (keyed)
			n->indices[i] = at;
		n->list.p[i] = ir_expr_to(b, x, elem);
		at++;
		max = MAX(max, at);
	}
	n->imm2 = slice ? max : type_under(t)->array.len;
	return n;
}

static IrNode *map_lit(Builder *b, Expr *e, Type *t)
{
	IrNode *n = ir_new(b->a, IR_MAPLIT, e->pos, t);
	Type *u = type_under(t);
	Type *key = ir_canon(u->map.key), *elem = ir_canon(u->map.elem);
	u32 count = e->complit.elems.n;
	n->list.n = count * 2;
	n->list.p = NEWN(b->a, IrNode *, count * 2 + 1);
	for (u32 i = 0; i < count; i++) {
		Expr *x = e->complit.elems.p[i];
		CHECK(x->kind == E_KEYVALUE);
		n->list.p[i * 2] = ir_expr_to(b, x->kv.key, key);
		n->list.p[i * 2 + 1] = ir_expr_to(b, x->kv.val, elem);
	}
	return n;
}

IrNode *ir_complit(Builder *b, Expr *e, Type *t)
{
	switch (type_under(t)->kind) {
	case TY_STRUCT: return struct_lit(b, e, t);
	case TY_ARRAY: return list_lit(b, e, t, false);
	case TY_SLICE: return list_lit(b, e, t, true);
	case TY_MAP: return map_lit(b, e, t);
	default: bug("composite literal of type kind %d", type_under(t)->kind);
	}
}
