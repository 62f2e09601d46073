// expand.c: operations that become several: MEMEQ of a constant size to loads and comparisons, of others to a call
// of runtime.memequal.
#include "ssa/backend.h"

static Ref add(Func *f, BlockId b, u16 op, u8 type, u32 pos, Ref x, Ref y)
{
	Ref r = value_new(f, b, op, type, pos), args[2] = {x, y};
	value_set_args(f, r, args, y ? 2 : 1);
	return r;
}

static Ref load(Func *f, BlockId b, u8 type, u32 pos, Ref p, i64 off)
{
	Ref r = add(f, b, SSA_LOAD, type, pos, p, 0);
	val(f, r)->imm = off;
	return r;
}

// r: the MEMEQ, with everything before it pushed already.
static void memeq(Func *f, BlockId b, Ref r)
{
	Value v = *val(f, r);
	Value *n = val(f, v.a[2]);
	u32 pos = v.pos;
	if (n->op == SSA_CONST && n->imm >= 0 && n->imm <= 32) {
		i64 size = n->imm;
		Ref sum = 0;
		static const u8 by_size[] = {[1] = SSA_I8, [2] = SSA_I16, [4] = SSA_I32, [8] = SSA_I64};
		if (size == 1 || size == 2 || size == 4 || size == 8) {
			Ref x = load(f, b, by_size[size], pos, v.a[0], 0), y = load(f, b, by_size[size], pos, v.a[1], 0);
			value_set_args(f, r, (Ref[]){x, y}, 2);
			val(f, r)->op = SSA_EQ;
			block_push(f, b, r);
			return;
		}
		for (i64 at = 0; at < size;) {
			i64 left = size - at, w = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
			if (left < 8 && size >= 8)
				at = size - 8, w = 8;
			else if (left < 4 && size >= 4)
				at = size - 4, w = 4;
			Ref x = load(f, b, by_size[w], pos, v.a[0], at), y = load(f, b, by_size[w], pos, v.a[1], at);
			Ref d = add(f, b, SSA_XOR, by_size[w], pos, x, y);
			if (w < 8)
				d = add(f, b, SSA_ZEXT, SSA_I64, pos, d, 0);
			sum = sum ? add(f, b, SSA_OR, SSA_I64, pos, sum, d) : d;
			at += w;
		}
		Ref zero = value_new(f, b, SSA_CONST, SSA_I64, pos);
		if (!sum)
			sum = zero;
		value_set_args(f, r, (Ref[]){sum, zero}, 2);
		val(f, r)->op = SSA_EQ;
		block_push(f, b, r);
		return;
	}
	Ref args[3] = {v.a[0], v.a[1], v.a[2]};
	Ref c = value_new(f, b, SSA_CALL, SSA_VOID, pos);
	value_set_args(f, c, args, 3);
	CallInfo *ci = NEW(f->arena, CallInfo);
	ci->sym = obj_sym(f->unit->obj, S("runtime.memequal"), ABI_INTERNAL);
	ci->abi = abi_assign_scalars(f->arena, f->target, (u8[]){SSA_PTR, SSA_PTR, SSA_I64}, 3, (u8[]){SSA_I8}, 1);
	val(f, c)->call = ci;
	f->has_calls = true;
	f->is_leaf = false;
	value_set_args(f, r, &c, 1);
	Value *w = val(f, r);
	w->op = SSA_RESULT;
	w->imm = 0;
	block_push(f, b, r);
}

void pass_expand(Func *f)
{
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		bool any = false;
		for (u32 k = 0; k < bb->nvals; k++)
			any |= val(f, bb->vals[k])->op == SSA_MEMEQ;
		if (!any)
			continue;
		u32 n = bb->nvals;
		Ref *old = NEWN(f->arena, Ref, n);
		memcpy(old, bb->vals, n * sizeof(Ref));
		bb->nvals = 0;
		for (u32 k = 0; k < n; k++) {
			if (val(f, old[k])->op == SSA_MEMEQ)
				memeq(f, b, old[k]);
			else
				block_push(f, b, old[k]);
		}
	}
}
