// lit.c: composite literals: struct fields in order with NULL for zero, array and slice elements with their indices,
// map keys and values in pairs.
#include "ir/build.h"

static u32 field_index(Type *st, Expr *key)
{
	Object *o = key->name.obj;
	if (o && o->kind == OBJ_VAR && o->var_kind == VAR_FIELD && o->var.index < st->structt.n
	    && st->structt.fields[o->var.index]->name == key->name.name)
		return o->var.index;
	for (u32 i = 0; i < st->structt.n; i++)
		if (st->structt.fields[i]->name == key->name.name)
			return i;
	bug("no field %s in the struct of a literal", name_str(key->name.name).p);
}

static IrNode *struct_lit(Builder *b, Expr *e, Type *t)
{
	Type *u = type_under(t);
	if (!e->complit.elems.n)
		return ir_zero(b, e->pos, t);
	IrNode *n = ir_new(b->a, IR_STRUCTLIT, e->pos, t);
	n->list.n = u->structt.n;
	n->list.p = NEWN(b->a, IrNode *, u->structt.n + 1);
	// Values are kept in the order of fields; where they are written in another order and could be seen to be
	// evaluated so, temporaries keep the order.
	Seq s;
	seq_begin(b, &s);
	i64 last = -1;
	bool ordered = true;
	for (u32 i = 0; i < e->complit.elems.n; i++) {
		Expr *x = e->complit.elems.p[i];
		if (x->kind != E_KEYVALUE)
			break;
		u32 f = field_index(u, x->kv.key);
		if (f < last)
			ordered = false;
		last = f;
	}
	for (u32 i = 0; i < e->complit.elems.n; i++) {
		Expr *x = e->complit.elems.p[i];
		u32 f = i;
		if (x->kind == E_KEYVALUE) {
			f = field_index(u, x->kv.key);
			x = x->kv.val;
		}
		IrNode *v = ir_expr_to(b, x, ir_field_type(t, f));
		if (!ordered && v->op != IR_CONST && v->op != IR_NIL && v->op != IR_FUNC && v->op != IR_ZERO)
			v = ir_var(b, v->pos, ir_save(b, v));
		n->list.p[f] = v;
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
