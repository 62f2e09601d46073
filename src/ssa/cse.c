// cse.c: one value for equal computations: in reverse postorder, a pure value whose operation, arguments and constants
// were seen in a dominating place becomes a copy of that. Nil and bounds checks that a dominating equal check has
// passed go the same way.
#include "ssa/backend.h"

typedef struct Number { u32 in, out; } Number; // of the dominator tree: a dominates b if a.in <= b.in < a.out

static Number *number_tree(Func *f)
{
	Arena *a = f->arena;
	u32 n = f->nblocks;
	Number *num = NEWN(a, Number, n);
	BlockId *kid = NEWN(a, BlockId, n), *next = NEWN(a, BlockId, n), *stack = NEWN(a, BlockId, n + 1);
	for (u32 i = f->norder; i-- > 1;) {
		BlockId b = f->order[i], d = f->blocks[b].idom;
		next[b] = kid[d];
		kid[d] = b;
	}
	u32 sp = 0, t = 1;
	stack[sp++] = 1;
	num[1].in = t++;
	while (sp) {
		BlockId b = stack[sp - 1];
		if (kid[b]) {
			BlockId c = kid[b];
			kid[b] = next[c];
			num[c].in = t++;
			stack[sp++] = c;
		} else {
			num[b].out = t;
			sp--;
		}
	}
	return num;
}

static bool mergeable(const Value *v)
{
	switch (v->op) {
	case SSA_PHI: case SSA_COPY: case SSA_PARAM: case SSA_RESULT: case SSA_CLOSUREPTR: case SSA_GETG: case SSA_MUL64HILO: case SSA_DIV128:
	case SSA_ADDC: case SSA_SUBB:
	case SSA_PTRTOINT: case SSA_INTTOPTR: case SSA_SP: case SSA_CALLERSP: // a stack may move between two of them
		return false;
	case SSA_NILCHECK: case SSA_BOUNDS:
		return true;
	case SSA_LOAD:
		return (v->flags & VF_READONLY) != 0;
	}
	return op_is_pure(v->op);
}

static u32 hash_value(const Value *v)
{
	u64 h = v->op * 31u + v->type;
	for (u32 i = 0; i < v->nargs; i++)
		h = h * 0x9e3779b97f4a7c15u + v->a[i];
	h = (h ^ (u64)v->imm) * 0x9e3779b97f4a7c15u;
	h = (h ^ (u64)v->imm2 ^ (u64)(uintptr_t)v->sym) * 0x9e3779b97f4a7c15u;
	return (u32)(h >> 32);
}

static bool same(const Value *a, const Value *b)
{
	return a->op == b->op && a->type == b->type && a->nargs == b->nargs && a->imm == b->imm && a->imm2 == b->imm2 && a->sym == b->sym
		&& (a->nargs < 1 || a->a[0] == b->a[0]) && (a->nargs < 2 || a->a[1] == b->a[1]) && (a->nargs < 3 || a->a[2] == b->a[2])
		&& (a->nargs < 4 || a->a[3] == b->a[3]);
}

void pass_cse(Func *f)
{
	Arena *a = f->arena;
	Number *num = number_tree(f);
	u32 size = 64;
	while (size < f->nvals)
		size *= 2;
	Ref *head = NEWN(a, Ref, size), *chain = NEWN(a, Ref, f->nvals);
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref r = bb->vals[k];
			Value *v = val(f, r);
			if (v->op != SSA_PHI)
				for (u32 j = 0; j < v->nargs; j++) {
					Ref x = value_args(v)[j], s = x;
					while (val(f, s)->op == SSA_COPY)
						s = val(f, s)->a[0];
					if (s != x)
						value_replace_arg(f, r, j, s);
				}
			if (v->nargs > 4 || !mergeable(v))
				continue;
			u32 h = hash_value(v) & (size - 1);
			Ref c = head[h];
			u32 steps = 0;
			for (; c && steps < 32; c = chain[c], steps++) {
				Value *w = val(f, c);
				if (same(v, w) && num[w->block].in <= num[b].in && num[b].in < num[w->block].out)
					break;
			}
			if (c && steps < 32) {
				// A shift or count that was known to be in range in one place need not be in the other.
				if (v->op != SSA_NILCHECK && v->op != SSA_BOUNDS && !(v->flags & VF_BOUNDED))
					val(f, c)->flags &= (u8)~VF_BOUNDED;
				value_to_copy(f, r, c);
			} else {
				chain[r] = head[h];
				head[h] = r;
			}
		}
	}
}
