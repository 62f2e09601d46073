// conv.c: conversions, written and implied, chosen by the concrete types at hand. The result has exactly type t.
#include "ir/build.h"

static bool is_bytes_or_runes(Type *u, u8 basic)
{
	return u->kind == TY_SLICE && type_under(u->slice.elem)->kind == TY_BASIC && type_under(u->slice.elem)->basic == basic;
}

static bool is_pointer_like(Type *u)
{
	return u->kind == TY_POINTER || (u->kind == TY_BASIC && (u->basic == B_UNSAFEPTR || u->basic == B_UINTPTR))
		|| u->kind == TY_MAP || u->kind == TY_CHAN || u->kind == TY_FUNC;
}

// A constant converted to another basic type, folded; NULL if it has to be done at run time.
static IrNode *fold(Builder *b, Pos pos, IrNode *x, Type *t, Type *u)
{
	Type *from = type_under(x->type);
	if (u->kind != TY_BASIC || u->basic == B_UNSAFEPTR || from->kind != TY_BASIC)
		return NULL;
	bool same_class = (u->info & from->info & (INFO_BOOL | INFO_STRING)) || (u->info & from->info & INFO_INT)
		|| (u->info & INFO_FLOAT && from->info & (INFO_INT | INFO_FLOAT))
		|| (u->info & INFO_COMPLEX && from->info & INFO_NUMERIC);
	if (!same_class || (u->info & INFO_INT && type_size(u) < type_size(from)))
		return NULL;
	if (u->info & INFO_INT && (u->info & INFO_UNSIGNED) != (from->info & INFO_UNSIGNED)) {
		i64 v;
		if (!const_is_i64(x->val, &v) || v < 0 || (v >> (type_size(u) * 8 - 1) & 1 && !(u->info & INFO_UNSIGNED)))
			return NULL;
	}
	// Rounding of floats is left to the machine, unless nothing is lost.
	if (u->info & INFO_FLOAT && from->info & INFO_FLOAT && type_size(u) < type_size(from))
		return NULL;
	return ir_const(b, pos, t, x->val);
}

IrNode *ir_convert(Builder *b, Pos pos, IrNode *x, Type *t, bool implicit)
{
	if (x->type == t)
		return x;
	if (x->op == IR_NIL && (x->type->kind == TY_BASIC && x->type->basic == B_UNTYPED_NIL)) {
		x->type = t;
		return x;
	}
	CHECK(x->type);
	Type *u = type_under(t), *from = type_under(x->type);
	IrOp op = IR_CONVNOP;
	if (u->kind == TY_INTERFACE) {
		if (from->kind != TY_INTERFACE)
			op = IR_CONVIFACE;
		else if (iface_nmethods(t) || iface_nmethods(x->type)) // an itab belongs to one interface type, its name included
			op = IR_IFACE2IFACE;
	} else if (u->kind == TY_BASIC && from->kind == TY_BASIC) {
		if (x->op == IR_CONST) {
			IrNode *c = fold(b, pos, x, t, u);
			if (c)
				return c;
		}
		if (u->info & INFO_STRING && from->info & INFO_INT)
			op = IR_RUNE2STR;
		else if (u->info & INFO_NUMERIC && from->info & INFO_NUMERIC && u->basic != from->basic)
			op = IR_CONV;
	} else if (u->kind == TY_BASIC && u->info & INFO_STRING) {
		if (is_bytes_or_runes(from, B_UINT8))
			op = IR_BYTES2STR;
		else if (is_bytes_or_runes(from, B_INT32))
			op = IR_RUNES2STR;
	} else if (from->kind == TY_BASIC && from->info & INFO_STRING) {
		if (is_bytes_or_runes(u, B_UINT8))
			op = IR_STR2BYTES;
		else if (is_bytes_or_runes(u, B_INT32))
			op = IR_STR2RUNES;
	} else if (from->kind == TY_SLICE && u->kind == TY_ARRAY) {
		op = IR_SLICE2ARR;
	} else if (from->kind == TY_SLICE && u->kind == TY_POINTER && type_under(u->pointer.elem)->kind == TY_ARRAY) {
		op = IR_SLICE2ARRPTR;
	} else if (!is_pointer_like(u) && u->kind != from->kind) {
		Arena *a = b->a;
		Str s1 = type_str(a, x->type, NULL), s2 = type_str(a, t, NULL);
		bug("%.*s: no conversion from %.*s to %.*s", STR_ARG(pos_fmt(a, pos)), STR_ARG(s1), STR_ARG(s2));
	}
	IrNode *n = ir_n1(b, op, pos, t, x);
	if (implicit)
		n->flags |= IRF_IMPLICIT;
	return n;
}
