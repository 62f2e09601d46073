// arglive.c: which arguments a traceback may show as they are. An argument that came in a register can be read once it has
// been stored to its home above the stack arguments, on every way to the instruction; before that the runtime prints what
// happens to be there, with a question mark (cmd/compile/internal/liveness/arg.go, runtime/traceback.go: printArgs).
// Homes are never invalidated, so that the sets only grow along a way.
#include "ssa/backend.h"

enum { MOST_ARGS = 10, MOST_OFFSET = 0xff }; // no more are printed

typedef struct Homes { i64 off[MOST_ARGS]; u32 n, start; u16 kept; } Homes; // kept: variables that are in memory, from the entry on

static void find_homes(const Func *f, Homes *h)
{
	for (u32 i = 0; i < f->abi->nparams; i++) {
		const AbiValue *p = &f->abi->params[i];
		for (u32 k = 0; p->in_regs && k < p->n && h->n < MOST_ARGS; k++) {
			i64 off = p->spill_off + f->abi->parts[p->first + k].offset;
			if (off <= MOST_OFFSET)
				h->off[h->n++] = off;
		}
	}
	for (u32 s = 0; s < f->nslots; s++)
		for (u32 i = 0; f->slots[s].is_home && i < h->n; i++)
			if (h->off[i] >= f->slots[s].offset && h->off[i] < f->slots[s].offset + f->slots[s].size)
				h->kept |= (u16)(1u << i);
	while (h->start < h->n && h->kept >> h->start & 1)
		h->start++;
}

// The set behind value r.
u16 arglive_after(const ArgLive *l, Func *f, Ref r, u16 set)
{
	const Value *v = val(f, r);
	return v->op == SSA_SPILL && f->slots[v->imm2].is_param ? set | l->by_slot[v->imm2] : set;
}

// Along the edges forwards: the predecessors of a block may be empty ones that the layout has left out.
static void sets_at_blocks(ArgLive *l, Func *f, u16 entry)
{
	l->in = NEWN(f->arena, u16, f->nblocks);
	memset(l->in, 0xff, f->nblocks * sizeof *l->in);
	l->in[f->order[0]] = entry;
	if (f->deferreturn_block) // the runtime goes there from any call
		l->in[f->deferreturn_block] = entry;
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 0; i < f->norder; i++) {
			const BasicBlock *bb = &f->blocks[f->order[i]];
			u16 set = l->in[f->order[i]];
			for (u32 k = 0; k < bb->nvals; k++)
				set = arglive_after(l, f, bb->vals[k], set);
			for (u32 k = 0; k < bb->nsuccs; k++) {
				changed |= (l->in[bb->succs[k]] & ~set) != 0;
				l->in[bb->succs[k]] &= set;
			}
		}
	}
}

bool arglive_build(Func *f, ArgLive *l)
{
	Homes h = {0};
	if (f->abi)
		find_homes(f, &h);
	if (h.start == h.n)
		return false;
	l->all = (u16)((1u << h.n) - 1);
	l->start = h.start;
	buf_u8(&l->bytes, (u8)h.off[h.start]);
	l->by_slot = NEWN(f->arena, u16, f->nslots + 1);
	for (u32 s = 0; s < f->nslots; s++)
		for (u32 i = 0; f->slots[s].is_param && i < h.n; i++)
			if (f->slots[s].offset == h.off[i])
				l->by_slot[s] |= (u16)(1u << i);
	sets_at_blocks(l, f, h.kept);
	return true;
}

i32 arglive_index(ArgLive *l, u16 set)
{
	if ((set & l->all) == l->all)
		return -1;
	u16 bits = (u16)((set & l->all) >> l->start);
	u32 width = l->all >> l->start > 0xff ? 2 : 1;
	for (size_t at = 1; at < l->bytes.n; at += width)
		if ((u8)l->bytes.p[at] == (bits & 0xff) && (width == 1 || (u8)l->bytes.p[at + 1] == bits >> 8))
			return (i32)at;
	u32 at = (u32)l->bytes.n;
	buf_u8(&l->bytes, (u8)bits);
	if (width == 2)
		buf_u8(&l->bytes, (u8)(bits >> 8));
	return (i32)at;
}
