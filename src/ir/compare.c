// compare.c: in which order == looks at things. The specification says in which order the parts of values are compared
// (comparing interfaces may panic), and leaves open which operand is evaluated first; programs that panic in both see what
// gc does (walk/compare.go): the second, if what is compared first is an interface.
#include "ir/build.h"
#include "rtti/rtti.h"

enum { EQ_INLINE_COST = 4 }; // words that are compared where they stand; of more a function does it

static bool is_blank(Type *st, u32 i) { return name_is_blank(st->structt.fields[i]->name); }

bool ir_eq_can_panic(Type *t)
{
	t = type_under(t);
	if (t->kind == TY_ARRAY)
		return ir_eq_can_panic(t->array.elem);
	if (t->kind != TY_STRUCT)
		return t->kind == TY_INTERFACE;
	for (u32 i = 0; i < t->structt.n; i++)
		if (!is_blank(t, i) && ir_eq_can_panic(t->structt.fields[i]->type))
			return true;
	return false;
}

// compare.EqStructCost: words in the runs of fields (compare.Memrun).
static i64 struct_cost(Type *st)
{
	i64 cost = 0;
	for (u32 i = 0; i < st->structt.n; i++) {
		if (is_blank(st, i))
			continue;
		i64 start = struct_offset(st, i), end;
		for (;;) {
			end = struct_offset(st, i) + type_size(st->structt.fields[i]->type);
			if (i + 1 == st->structt.n || struct_offset(st, i + 1) != end || is_blank(st, i + 1)
			    || !rtti_is_plain_memory(st->structt.fields[i + 1]->type))
				break;
			i++;
		}
		cost += (end - start + 7) / 8;
	}
	return cost;
}

static bool begins_with_interface(Type *t)
{
	t = type_under(t);
	if (t->kind == TY_ARRAY)
		return t->array.len == 1 && begins_with_interface(t->array.elem);
	if (t->kind != TY_STRUCT)
		return t->kind == TY_INTERFACE;
	u32 i = 0;
	while (i < t->structt.n && is_blank(t, i))
		i++;
	return i < t->structt.n && begins_with_interface(t->structt.fields[i]->type) && struct_cost(t) <= EQ_INLINE_COST;
}

bool ir_compares_second_first(IrNode *n)
{
	return (n->sub == OP_EQL || n->sub == OP_NEQ) && n->a->op != IR_NIL && n->b->op != IR_NIL && begins_with_interface(n->a->type);
}
