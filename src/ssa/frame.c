// frame.c: where the slots of a function are in its frame. Offsets of locals are negative, from the top (the saved
// frame pointer); slots with pointers lie at the top, because the stack maps cover a range from there downwards.
#include "ssa/backend.h"

#include <stdlib.h>

typedef struct Order { u32 slot; bool ptrs; u32 align; i64 size; } Order;

static int order_cmp(const void *a, const void *b)
{
	const Order *x = a, *y = b;
	if (x->ptrs != y->ptrs)
		return x->ptrs ? -1 : 1;
	if (x->align != y->align)
		return x->align > y->align ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

bool slot_has_pointers(const Slot *s)
{
	return s->type ? type_has_pointers(s->type) : s->spill_type == SSA_PTR;
}

void pass_frame(Func *f)
{
	Order *o = NEWN(f->arena, Order, f->nslots);
	u32 n = 0;
	for (u32 i = 0; i < f->nslots; i++) {
		Slot *s = &f->slots[i];
		if (s->is_param)
			continue;
		o[n++] = (Order){i, slot_has_pointers(s), MIN(MAX(s->align, 1u), 8u), s->size};
	}
	qsort(o, n, sizeof(Order), order_cmp);
	i64 at = 0;
	for (u32 i = 0; i < n; i++) {
		Slot *s = &f->slots[o[i].slot];
		at += s->size;
		at = ALIGN_UP(at, o[i].ptrs ? 8 : (i64)o[i].align);
		s->offset = -at;
	}
	f->locals = ALIGN_UP(at, 8);
	// The callee's arguments, and the room in which it may store those that come in registers.
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			if (op_is_call(v->op) && v->call && v->call->abi && !call_is_tail(v)) {
				i64 size = ALIGN_UP(v->call->abi->args_size, 8) + ALIGN_UP(v->call->abi->spill_size, 8);
				f->out_args = MAX(f->out_args, size);
			}
		}
	}
	f->out_args = ALIGN_UP(f->out_args, 8);
}

// A loop whose last block jumps back to a header that tests: the header goes behind that block, so that an iteration
// takes one branch. The way in jumps to it once.
static void rotate_loops(Func *f)
{
	u32 n = f->norder;
	u32 *at = NEWN(f->arena, u32, f->nblocks);
	BlockId *behind = NEWN(f->arena, BlockId, f->nblocks); // by block: the header to put after it
	bool *moved = NEWN(f->arena, bool, f->nblocks), any = false;
	for (u32 i = 0; i < n; i++)
		at[f->order[i]] = i;
	for (u32 i = 1; i < n; i++) {
		BlockId h = f->order[i];
		BasicBlock *hb = &f->blocks[h];
		if (hb->nsuccs != 2 || hb->loop_depth == 0)
			continue;
		// The block before falls into it; the last block of the loop jumps back.
		BlockId latch = 0;
		for (u32 j = i + 1; j < n && f->blocks[f->order[j]].loop_depth >= hb->loop_depth; j++) {
			BasicBlock *bb = &f->blocks[f->order[j]];
			if (bb->kind == BLOCK_PLAIN && bb->succs[0] == h)
				latch = f->order[j];
		}
		if (!latch || behind[latch] || moved[f->order[i - 1]])
			continue;
		// Worth it only if what follows the header is the body.
		if (f->order[i + 1] != hb->succs[0] && f->order[i + 1] != hb->succs[1])
			continue;
		behind[latch] = h;
		moved[h] = any = true;
	}
	if (!any)
		return;
	BlockId *order = NEWN(f->arena, BlockId, n);
	u32 m = 0;
	for (u32 i = 0; i < n; i++) {
		if (moved[f->order[i]])
			continue;
		for (BlockId b = f->order[i]; b; b = behind[b])
			order[m++] = b;
	}
	CHECK(m == n);
	f->order = order;
}

// Blocks without instructions are jumped over; cold blocks go to the end.
void pass_layout(Func *f)
{
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nsuccs; k++) {
			BlockId s = bb->succs[k];
			for (u32 hops = 0; hops < 16; hops++) {
				BasicBlock *sb = &f->blocks[s];
				if (sb->kind != BLOCK_PLAIN || sb->nvals || sb->succs[0] == s)
					break;
				s = sb->succs[0];
			}
			if (s != bb->succs[k] && bb->kind != BLOCK_DEFER)
				bb->succs[k] = s;
		}
	}
	// Greedy traces: follow the likely successor while it is not placed.
	bool *placed = NEWN(f->arena, bool, f->nblocks), *needed = NEWN(f->arena, bool, f->nblocks);
	BlockId *order = NEWN(f->arena, BlockId, f->norder);
	bool *cold = NEWN(f->arena, bool, f->nblocks);
	u32 n = 0;
	needed[1] = true;
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nsuccs; k++)
			needed[bb->succs[k]] = true;
		cold[f->order[i]] = bb->kind == BLOCK_EXIT;
	}
	if (f->deferreturn_block)
		cold[f->deferreturn_block] = true;
	for (u32 i = f->norder; i-- > 0;) { // what can only go to cold blocks is cold
		BasicBlock *bb = &f->blocks[f->order[i]];
		bool all = bb->nsuccs > 0;
		for (u32 k = 0; k < bb->nsuccs; k++)
			all &= cold[bb->succs[k]];
		cold[f->order[i]] |= all;
	}
	for (u32 i = 0; i < f->norder; i++) { // and unlikely successors with one predecessor
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		if (bb->npreds == 1 && f->blocks[bb->preds[0]].nsuccs == 2) {
			BasicBlock *p = &f->blocks[bb->preds[0]];
			if ((p->likely > 0 && p->succs[1] == b) || (p->likely < 0 && p->succs[0] == b))
				cold[b] = true;
		}
		if (bb->npreds == 1 && cold[bb->preds[0]])
			cold[b] = true;
	}
	cold[1] = false;
	for (int pass = 0; pass < 2; pass++)
		for (u32 i = 0; i < f->norder; i++) {
			BlockId b = f->order[i];
			while (b && !placed[b] && needed[b] && (pass == 1 || !cold[b])) {
				placed[b] = true;
				order[n++] = b;
				BasicBlock *bb = &f->blocks[b];
				BlockId next = 0;
				for (u32 k = 0; k < bb->nsuccs && k < 2; k++) {
					u32 j = bb->likely < 0 ? bb->nsuccs - 1 - k : k;
					BlockId s = bb->succs[j];
					if (!placed[s] && (pass == 1 || !cold[s]) && !next)
						next = s;
				}
				b = next;
			}
		}
	f->order = order;
	f->norder = n;
	rotate_loops(f);
}
