// frequency.c: how often each block is executed for one call of the function, guessed: from likely branches, loops (which
// go round eight times), panics (which never happen) and calls (whose side of a branch is the rarer one).
#include "ssa/backend.h"

static float probability(Func *f, const bool *cold, const bool *calls, BlockId b, u32 k)
{
	BasicBlock *bb = &f->blocks[b];
	if (bb->nsuccs < 2 || bb->kind == BLOCK_DEFER)
		return k == 0;
	if (bb->nsuccs > 2)
		return 1 / (float)bb->nsuccs;
	BlockId s = bb->succs[k], o = bb->succs[!k];
	if (cold[s] != cold[o])
		return cold[s] ? 0.001f : 0.999f;
	if (bb->likely)
		return (bb->likely > 0) == (k == 0) ? 0.95f : 0.05f;
	u32 here = bb->loop_depth;
	bool leaves = f->blocks[s].loop_depth < here, other_leaves = f->blocks[o].loop_depth < here;
	if (leaves != other_leaves)
		return leaves ? 0.125f : 0.875f;
	if (calls[s] != calls[o])
		return calls[s] ? 0.25f : 0.75f;
	return 0.5f;
}

float *block_frequencies(Func *f, Arena *a)
{
	float *freq = NEWN(a, float, f->nblocks);
	bool *cold = NEWN(a, bool, f->nblocks), *calls = NEWN(a, bool, f->nblocks);
	u32 *index = NEWN(a, u32, f->nblocks);
	for (u32 i = f->norder; i-- > 0;) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		index[b] = i;
		bool all = bb->nsuccs > 0;
		for (u32 k = 0; k < bb->nsuccs; k++)
			all &= cold[bb->succs[k]];
		cold[b] = all || bb->kind == BLOCK_EXIT;
		for (u32 k = 0; k < bb->nvals && !calls[b]; k++)
			calls[b] = op_is_call(val(f, bb->vals[k])->op);
	}
	freq[1] = 1;
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		bool loop = false;
		for (u32 k = 0; k < bb->npreds; k++)
			loop |= index[bb->preds[k]] >= i;
		if (loop && freq[b] < 1e30f)
			freq[b] *= 8;
		for (u32 k = 0; k < bb->nsuccs; k++)
			if (index[bb->succs[k]] > i)
				freq[bb->succs[k]] += freq[b] * probability(f, cold, calls, b, k);
	}
	return freq;
}
