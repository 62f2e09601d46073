// rangetest.c: "lo <= x && x <= hi" with constants is one comparison, x - lo <= hi - lo without signs, and so is its
// opposite. The second test must stand alone in its block: it is then made always.
#include "ssa/backend.h"

typedef struct Limit { Ref x; i64 bound; bool lower, uns; } Limit; // bound <= x, or x <= bound

static i64 widen(i64 c, u8 type, bool uns)
{
	u32 s = 64 - ssa_type_size(type) * 8;
	return uns ? (i64)((u64)c << s >> s) : (i64)((u64)c << s) >> s;
}

// What holds of a value where condition c is `yes`.
static bool limit_of(Func *f, Ref c, bool yes, Limit *l)
{
	while (val(f, c)->op == SSA_COPY)
		c = val(f, c)->a[0];
	Value *v = val(f, c);
	if (v->op != SSA_LT && v->op != SSA_LE && v->op != SSA_ULT && v->op != SSA_ULE)
		return false;
	l->uns = v->op == SSA_ULT || v->op == SSA_ULE;
	bool strict = (v->op == SSA_LT || v->op == SSA_ULT) == yes;
	Ref small = v->a[!yes], large = v->a[yes]; // small < large or small <= large
	u8 type = val(f, small)->type;
	if (type == SSA_PTR || (val(f, small)->op == SSA_CONST) == (val(f, large)->op == SSA_CONST))
		return false;
	l->lower = val(f, small)->op == SSA_CONST;
	l->x = l->lower ? large : small;
	l->bound = widen(val(f, l->lower ? small : large)->imm, type, l->uns);
	if (strict) {
		u32 bits = ssa_type_size(type) * 8;
		i64 last = l->lower ? (l->uns ? widen(-1, type, true) : (i64)(((u64)1 << (bits - 1)) - 1)) : l->uns ? 0 : (i64)(UINT64_MAX << (bits - 1));
		if (l->bound == last)
			return false; // never true
		l->bound = (i64)((u64)l->bound + (l->lower ? 1 : UINT64_MAX));
	}
	return true;
}

// Nothing happens in s but its test.
static bool only_tests(Func *f, BlockId s)
{
	BasicBlock *sb = &f->blocks[s];
	for (u32 k = 0; k < sb->nvals; k++) {
		u16 op = val(f, sb->vals[k])->op;
		if (op != SSA_CONST && op != SSA_COPY && sb->vals[k] != sb->controls[0])
			return false;
	}
	return true;
}

// The arguments of the phis of `to` are the same for its predecessors p and q.
static bool same_arguments(Func *f, BlockId to, BlockId p, BlockId q)
{
	BasicBlock *bb = &f->blocks[to];
	u32 i = pred_number(bb, p), j = pred_number(bb, q);
	for (u32 k = 0; k < bb->nvals && val(f, bb->vals[k])->op == SSA_PHI; k++)
		if (value_args(val(f, bb->vals[k]))[i] != value_args(val(f, bb->vals[k]))[j])
			return false;
	return true;
}

static bool combine(Func *f, BlockId b, u32 k)
{
	BasicBlock *bb = &f->blocks[b];
	BlockId s = bb->succs[k], out = bb->succs[!k];
	BasicBlock *sb = &f->blocks[s];
	if (sb->kind != BLOCK_IF || sb->npreds != 1 || sb->unsafe || bb->unsafe || s == out || sb->succs[0] == sb->succs[1] || s == b)
		return false;
	if (s == f->deferreturn_block || !only_tests(f, s))
		return false;
	u32 in; // number of the successor of s where both tests have passed
	if (sb->succs[1] == out)
		in = 0;
	else if (sb->succs[0] == out)
		in = 1;
	else
		return false;
	Limit a, c;
	if (!limit_of(f, bb->controls[0], k == 0, &a) || !limit_of(f, sb->controls[0], in == 0, &c))
		return false;
	if (a.x != c.x || a.uns != c.uns || a.lower == c.lower || !same_arguments(f, out, b, s))
		return false;
	i64 lo = a.lower ? a.bound : c.bound, hi = a.lower ? c.bound : a.bound;
	if (a.uns ? (u64)lo > (u64)hi : lo > hi)
		return false;
	i8 likely = bb->likely == (k == 0 ? 1 : -1) ? (in == 0 ? 1 : -1) : 0; // passing both is likely if passing the first was
	if (sb->likely)
		likely = sb->likely;
	// s moves to the end of b, and its test is replaced.
	u8 type = val(f, a.x)->type;
	u32 pos = val(f, sb->controls[0])->pos;
	Ref old = bb->controls[0];
	block_remove_edge(f, b, !k);
	bb = &f->blocks[b];
	val(f, old)->uses--;
	bb->ncontrols = 0;
	bb->kind = BLOCK_PLAIN;
	CHECK(block_join(f, b));
	Ref low = value_new(f, b, SSA_CONST, type, pos);
	val(f, low)->imm = widen((i64)(0 - (u64)lo), type, false);
	Ref d = value_new(f, b, SSA_ADD, type, pos);
	value_set_args(f, d, (Ref[]){a.x, low}, 2);
	Ref width = value_new(f, b, SSA_CONST, type, pos);
	val(f, width)->imm = widen((i64)((u64)hi - (u64)lo), type, false);
	Ref test = value_new(f, b, in == 0 ? SSA_ULE : SSA_ULT, SSA_I8, pos);
	value_set_args(f, test, in == 0 ? (Ref[]){d, width} : (Ref[]){width, d}, 2);
	bb = &f->blocks[b];
	val(f, bb->controls[0])->uses--;
	val(f, test)->uses++;
	bb->controls[0] = test;
	bb->likely = likely;
	return true;
}

void pass_rangetest(Func *f)
{
	for (u32 i = f->norder; i-- > 0;) {
		BlockId b = f->order[i];
		while (f->blocks[b].kind == BLOCK_IF && (combine(f, b, 0) || combine(f, b, 1)))
			;
	}
}
