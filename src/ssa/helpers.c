// helpers.c: the flow graph as the passes behind ssa_build need it: reverse postorder, dominators, loops, critical
// edges. Invariant after block_order: f->order holds every reachable block once, the entry first, and unreachable
// blocks have no edges into reachable ones.
#include "ssa/backend.h"

void block_push(Func *f, BlockId b, Ref v)
{
	BasicBlock *bb = &f->blocks[b];
	if (bb->nvals == bb->cvals) {
		u32 cap = bb->cvals ? bb->cvals * 2 : 8;
		bb->vals = arena_grow_raw(f->arena, bb->vals, sizeof(Ref) * bb->cvals, sizeof(Ref) * cap);
		bb->cvals = cap;
	}
	bb->vals[bb->nvals++] = v;
	f->vals[v].block = b;
}

// Takes predecessor k away; phis lose that argument.
static void pred_remove(Func *f, BlockId b, u32 k)
{
	BasicBlock *bb = &f->blocks[b];
	for (u32 i = 0; i < bb->nvals && val(f, bb->vals[i])->op == SSA_PHI; i++) {
		Value *v = val(f, bb->vals[i]);
		u32 n = v->nargs;
		Ref *args = NEWN(f->arena, Ref, n), *old = value_args(v);
		u32 m = 0;
		for (u32 j = 0; j < n; j++)
			if (j != k)
				args[m++] = old[j];
		value_set_args(f, bb->vals[i], args, m);
	}
	memmove(bb->preds + k, bb->preds + k + 1, (bb->npreds - k - 1) * sizeof(BlockId));
	bb->npreds--;
}

void block_remove_edge(Func *f, BlockId from, u32 succ)
{
	BasicBlock *a = &f->blocks[from];
	BlockId to = a->succs[succ];
	// Which of several edges between the two it is: the same number among equals on both sides.
	u32 nth = 0;
	for (u32 i = 0; i < succ; i++)
		nth += a->succs[i] == to;
	BasicBlock *b = &f->blocks[to];
	for (u32 k = 0; k < b->npreds; k++)
		if (b->preds[k] == from && nth-- == 0) {
			pred_remove(f, to, k);
			break;
		}
	a = &f->blocks[from];
	memmove(a->succs + succ, a->succs + succ + 1, (a->nsuccs - succ - 1) * sizeof(BlockId));
	a->nsuccs--;
}

static BlockId meet(BasicBlock *bs, const u32 *num, BlockId a, BlockId b)
{
	while (a != b) {
		while (num[a] > num[b])
			a = bs[a].idom;
		while (num[b] > num[a])
			b = bs[b].idom;
	}
	return a;
}

void block_order(Func *f)
{
	Arena *a = f->arena;
	u32 n = f->nblocks;
	typedef struct Frame { BlockId b; u32 i; } Frame;
	Frame *stack = NEWN(a, Frame, n + 1);
	BlockId *post = NEWN(a, BlockId, n);
	u32 *num = NEWN(a, u32, n), np = 0, sp = 0;
	bool *seen = NEWN(a, bool, n);
	stack[sp++] = (Frame){1, 0};
	seen[1] = true;
	while (sp) {
		Frame *t = &stack[sp - 1];
		BasicBlock *bb = &f->blocks[t->b];
		if (t->i == bb->nsuccs) {
			post[np++] = t->b;
			sp--;
			continue;
		}
		// What is visited last comes first in reverse postorder: the likely successor, else succs[0].
		u32 k = bb->nsuccs == 2 && bb->likely < 0 ? t->i : bb->nsuccs - 1 - t->i;
		t->i++;
		BlockId s = bb->succs[k];
		if (!seen[s]) {
			seen[s] = true;
			stack[sp++] = (Frame){s, 0};
		}
	}
	f->order = NEWN(a, BlockId, np);
	f->norder = np;
	for (u32 i = 0; i < np; i++) {
		f->order[i] = post[np - 1 - i];
		num[f->order[i]] = i;
	}
	// Unreachable blocks.
	for (BlockId b = 1; b < n; b++) {
		if (seen[b])
			continue;
		BasicBlock *bb = &f->blocks[b];
		while (bb->nsuccs) {
			block_remove_edge(f, b, bb->nsuccs - 1);
			bb = &f->blocks[b];
		}
		for (u32 k = bb->nvals; k-- > 0;) {
			value_set_args(f, bb->vals[k], NULL, 0);
			val(f, bb->vals[k])->op = SSA_NONE;
		}
		for (u32 k = 0; k < bb->ncontrols; k++)
			val(f, bb->controls[k])->uses--;
		bb->nvals = bb->ncontrols = bb->npreds = 0;
		bb->kind = BLOCK_NONE;
	}
	// Dominators: Cooper, Harvey, Kennedy.
	for (u32 i = 0; i < np; i++)
		f->blocks[f->order[i]].idom = 0;
	f->blocks[1].idom = 1;
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 1; i < np; i++) {
			BasicBlock *bb = &f->blocks[f->order[i]];
			BlockId d = 0;
			for (u32 k = bb->npreds; k-- > 0;) { // from the last, which is deepest: each meeting goes on where the one before ended
				BlockId p = bb->preds[k];
				if (!f->blocks[p].idom)
					continue;
				d = d ? meet(f->blocks, num, d, p) : p;
			}
			if (bb->idom != d)
				bb->idom = d, changed = true;
		}
	}
	// Loop depth: the bodies of natural loops, header by header.
	u32 *stamp = NEWN(a, u32, n);
	BlockId *work = NEWN(a, BlockId, n);
	for (u32 i = 0; i < np; i++)
		f->blocks[f->order[i]].loop_depth = 0;
	for (u32 i = 0; i < np; i++) {
		BlockId h = f->order[i];
		BasicBlock *hb = &f->blocks[h];
		u32 w = 0;
		for (u32 k = 0; k < hb->npreds; k++) {
			BlockId p = hb->preds[k];
			if (num[p] < i)
				continue;
			BlockId d = p; // a back edge if h dominates p
			while (d != h && num[d] > i)
				d = f->blocks[d].idom;
			if (d == h && stamp[p] != h) {
				stamp[p] = h;
				work[w++] = p;
			}
		}
		if (!w)
			continue;
		if (stamp[h] != h) {
			stamp[h] = h;
			hb->loop_depth++;
		}
		while (w) {
			BlockId b = work[--w];
			if (b == h) {
				continue;
			}
			f->blocks[b].loop_depth++;
			for (u32 k = 0; k < f->blocks[b].npreds; k++) {
				BlockId p = f->blocks[b].preds[k];
				if (stamp[p] != h) {
					stamp[p] = h;
					work[w++] = p;
				}
			}
		}
	}
	f->blocks[1].idom = 0;
}

u32 *block_dom_depth(Func *f, Arena *a)
{
	u32 *depth = NEWN(a, u32, f->nblocks);
	for (u32 i = 0; i < f->norder; i++)
		depth[f->order[i]] = f->blocks[f->order[i]].idom ? depth[f->blocks[f->order[i]].idom] + 1 : 1;
	return depth;
}

BlockId block_common_dominator(Func *f, BlockId a, BlockId b, const u32 *depth)
{
	while (a != b) {
		if (depth[a] >= depth[b])
			a = f->blocks[a].idom;
		else
			b = f->blocks[b].idom;
	}
	return a;
}

void block_split_critical(Func *f)
{
	u32 n = f->nblocks;
	for (BlockId b = 1; b < n; b++) {
		if (f->blocks[b].nsuccs < 2)
			continue;
		for (u32 k = 0; k < f->blocks[b].nsuccs; k++) {
			BlockId s = f->blocks[b].succs[k];
			if (f->blocks[s].npreds < 2)
				continue;
			BlockId m = block_new(f, BLOCK_PLAIN);
			BasicBlock *bb = &f->blocks[b], *mb = &f->blocks[m], *sb = &f->blocks[s];
			mb->succs = NEWN(f->arena, BlockId, 2);
			mb->preds = NEWN(f->arena, BlockId, 2);
			mb->succs[mb->nsuccs++] = s;
			mb->preds[mb->npreds++] = b;
			mb->cpreds = 2;
			mb->pos = bb->pos;
			mb->unsafe = bb->unsafe;
			bb->succs[k] = m;
			sb->preds[pred_number(sb, b)] = m;
		}
	}
}

void block_take_end(Func *f, BlockId b, BlockId from)
{
	BasicBlock *bb = &f->blocks[b], *fb = &f->blocks[from];
	bb->kind = fb->kind;
	bb->likely = fb->likely;
	bb->pos = fb->pos;
	bb->controls = fb->controls, bb->ncontrols = fb->ncontrols;
	bb->succs = fb->succs, bb->nsuccs = fb->nsuccs;
	for (u32 k = 0; k < bb->nsuccs; k++) {
		BasicBlock *to = &f->blocks[bb->succs[k]];
		to->preds[pred_number(to, from)] = b;
	}
	fb->controls = NULL, fb->ncontrols = 0;
	fb->succs = NULL, fb->nsuccs = 0;
}

void block_drop_none(Func *f, BlockId b)
{
	BasicBlock *bb = &f->blocks[b];
	u32 n = 0;
	for (u32 k = 0; k < bb->nvals; k++)
		if (val(f, bb->vals[k])->op != SSA_NONE)
			bb->vals[n++] = bb->vals[k];
	bb->nvals = n;
}

bool block_join(Func *f, BlockId b)
{
	BasicBlock *bb = &f->blocks[b];
	if (bb->kind != BLOCK_PLAIN || bb->nsuccs != 1)
		return false;
	BlockId s = bb->succs[0];
	BasicBlock *sb = &f->blocks[s];
	if (s == b || s == 1 || sb->npreds != 1 || s == f->deferreturn_block || sb->kind == BLOCK_DEFER || bb->unsafe || sb->unsafe)
		return false;
	for (u32 k = 0; k < sb->nvals; k++) {
		Ref r = sb->vals[k];
		if (val(f, r)->op == SSA_PHI)
			value_to_copy(f, r, value_args(val(f, r))[0]);
		block_push(f, b, r);
		sb = &f->blocks[s];
	}
	block_take_end(f, b, s);
	sb->kind = BLOCK_NONE;
	sb->merged = b;
	sb->nvals = sb->npreds = 0;
	return true;
}

u8 abi_result_reg(const Func *f, const AbiInfo *abi, u32 index, u8 *type)
{
	u32 k = 0;
	for (u32 i = 0; i < abi->nresults; i++) {
		const AbiValue *r = &abi->results[i];
		if (!r->in_regs)
			continue;
		if (index >= k + r->n) {
			k += r->n;
			continue;
		}
		const AbiPart *p = &abi->parts[r->first + index - k];
		*type = p->type;
		u16 want = type_is_float(p->type) ? f->target->float_args[p->reg] : f->target->int_args[p->reg];
		for (u8 reg = 0; reg < 32; reg++)
			if (f->target->regs->reg[reg] == want)
				return reg;
	}
	return NO_REG;
}
