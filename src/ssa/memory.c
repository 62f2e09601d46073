// memory.c: loads of what the same block, or a dominating one since which nothing was written, has stored or loaded before,
// and stores that the next one of their block overwrites.
// Two accesses may be the same memory unless one is a slot whose address never leaves it, or both have the same base
// and their bytes do not overlap.
#include "ssa/backend.h"

enum { ENTRIES = 16 };

typedef struct Known { Ref base; i64 off; u32 size; Ref v; Ref store; } Known; // store: not read since, 0: none

static Ref base_of(Func *f, Ref p, i64 *off)
{
	for (;;) {
		Value *v = val(f, p);
		if (v->op == SSA_OFFPTR)
			*off += v->imm, p = v->a[0];
		else if (v->op == SSA_COPY || v->op == SSA_NILCHECK)
			p = v->a[0];
		else
			return p;
	}
}

static bool private_slot(const bool *escapes, const Value *v) { return v->op == SSA_SLOTADDR && !escapes[v->imm2]; }

static bool same_base(Func *f, Ref a, Ref b)
{
	if (a == b)
		return true;
	Value *x = val(f, a), *y = val(f, b);
	return x->op == y->op && (x->op == SSA_SLOTADDR || x->op == SSA_SYMADDR) && x->imm2 == y->imm2 && x->sym == y->sym && x->imm == y->imm;
}

static bool may_alias(Func *f, const bool *escapes, Ref a, i64 ao, i64 as, Ref b, i64 bo, i64 bs)
{
	Value *x = val(f, a), *y = val(f, b);
	if (x->op == SSA_SLOTADDR && y->op == SSA_SLOTADDR)
		return x->imm2 == y->imm2 && x->imm + ao < y->imm + bo + bs && y->imm + bo < x->imm + ao + as;
	if (same_base(f, a, b))
		return ao < bo + bs && bo < ao + as;
	if (private_slot(escapes, x) || private_slot(escapes, y))
		return false;
	if ((x->op == SSA_SLOTADDR && y->op == SSA_SYMADDR) || (x->op == SSA_SYMADDR && y->op == SSA_SLOTADDR))
		return false;
	return true;
}

// Slots whose address is used by more than loads and stores of known offsets.
static bool *escaping(Func *f)
{
	bool *e = NEWN(f->arena, bool, f->nslots + 1);
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			Ref *args = value_args(v);
			for (u32 j = 0; j < v->nargs; j++) {
				i64 off = 0;
				Value *a = val(f, base_of(f, args[j], &off));
				if (a->op != SSA_SLOTADDR)
					continue;
				if (v->op == SSA_OFFPTR || v->op == SSA_COPY || v->op == SSA_NILCHECK)
					continue;
				if (j == 0 && (v->op == SSA_LOAD || v->op == SSA_STORE || v->op == SSA_ZERO))
					continue;
				if (j <= 1 && v->op == SSA_MOVE)
					continue;
				e[a->imm2] = true;
			}
		}
	}
	for (u32 s = 0; s < f->nslots; s++)
		e[s] |= f->slots[s].addr_taken || f->slots[s].is_open_defer || (f->slots[s].is_param && !f->slots[s].is_home) || (f->unit->no_opt && f->slots[s].var);
	return e;
}

// What is known where a block ends, for blocks that it dominates and where memory is still the same.
typedef struct Ending { Known *known; u32 n; bool wanted; } Ending;

// Nothing known of memory is changed by it.
static bool leaves_memory(const Value *v)
{
	return op_is_pure(v->op) || v->op == SSA_LOAD || v->op == SSA_BOUNDS || v->op == SSA_NILCHECK || v->op == SSA_NONE
		|| v->op == SSA_VARLIVE || v->op == SSA_KEEPALIVE;
}

// States of memory have numbers: a block that writes makes one, and one where different ones meet. Loops are taken to write
// nothing until that is found wrong. Marks the blocks whose ending is of use, and gives the number each block begins with.
static u32 *number_states(Func *f, Ending *ends, u32 **out)
{
	enum { MOST_ROUNDS = 12 };
	u32 *in = NEWN(f->arena, u32, f->nblocks), *end = NEWN(f->arena, u32, f->nblocks);
	bool *writes = NEWN(f->arena, bool, f->nblocks);
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals && !writes[f->order[i]]; k++)
			writes[f->order[i]] = !leaves_memory(val(f, bb->vals[k]));
	}
	u32 rounds = 0;
	for (bool changed = true; changed; rounds++) {
		changed = false;
		for (u32 i = 0; i < f->norder; i++) {
			BlockId b = f->order[i];
			BasicBlock *bb = &f->blocks[b];
			u32 n = b == 1 || b == f->deferreturn_block || (rounds >= MOST_ROUNDS && bb->npreds > 1) ? b : 0;
			for (u32 k = 0; k < bb->npreds && n != b; k++) {
				u32 e = end[bb->preds[k]];
				if (e == b) // as it began here
					continue;
				if (e && n && e != n)
					n = b;
				else if (e)
					n = e;
			}
			changed |= n != in[b];
			in[b] = n;
			end[b] = writes[b] ? f->nblocks + b : n;
		}
	}
	for (u32 i = 1; i < f->norder; i++) {
		BlockId b = f->order[i];
		if (in[b] == end[f->blocks[b].idom])
			ends[f->blocks[b].idom].wanted = true;
	}
	*out = end;
	return in;
}

void pass_memory(Func *f)
{
	bool *escapes = escaping(f);
	Ending *ends = NEWN(f->arena, Ending, f->nblocks);
	u32 *end, *begin = number_states(f, ends, &end);
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		Known known[ENTRIES];
		u32 n = 0, next = 0;
		if (i && begin[b] == end[bb->idom]) {
			n = ends[bb->idom].n;
			for (u32 k = 0; k < n; k++) {
				known[k] = ends[bb->idom].known[k];
				known[k].store = 0; // others may read it
			}
		}
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref r = bb->vals[k];
			Value *v = val(f, r);
			i64 off = v->imm;
			switch (v->op) {
			case SSA_LOAD: {
				Ref base = base_of(f, v->a[0], &off);
				u32 size = ssa_type_size(v->type);
				u32 e = 0;
				for (; e < n; e++)
					if (known[e].v && same_base(f, known[e].base, base) && known[e].off == off && known[e].size == size
					    && val(f, known[e].v)->type == v->type)
						break;
				for (u32 j = 0; j < n; j++)
					if (j != e && known[j].store && may_alias(f, escapes, known[j].base, known[j].off, known[j].size, base, off, size))
						known[j].store = 0;
				if (e < n) {
					value_to_copy(f, r, known[e].v);
					break;
				}
				e = n < ENTRIES ? n++ : next++ % ENTRIES;
				known[e] = (Known){base, off, size, r, 0};
				break;
			}
			case SSA_STORE: {
				Ref base = base_of(f, v->a[0], &off);
				u32 size = ssa_type_size(val(f, v->a[1])->type);
				u32 m = 0;
				for (u32 e = 0; e < n; e++) {
					bool exact = same_base(f, known[e].base, base) && known[e].off == off && known[e].size == size;
					if (exact && known[e].store && private_slot(escapes, val(f, base))) {
						// Overwritten before anyone looked.
						value_set_args(f, known[e].store, NULL, 0);
						val(f, known[e].store)->op = SSA_NONE;
					}
					if (!may_alias(f, escapes, known[e].base, known[e].off, known[e].size, base, off, size))
						known[m++] = known[e];
				}
				n = m;
				u32 e = n < ENTRIES ? n++ : next++ % ENTRIES;
				known[e] = (Known){base, off, size, v->a[1], r};
				break;
			}
			default:
				if (leaves_memory(v))
					break;
				if (v->op == SSA_VARDEF) {
					u32 m = 0;
					for (u32 e = 0; e < n; e++) {
						Value *s = val(f, known[e].base);
						if (s->op == SSA_SLOTADDR && s->imm2 == v->imm2)
							continue;
						known[m++] = known[e];
					}
					n = m;
					break;
				}
				if (v->op == SSA_MOVE || v->op == SSA_ZERO) {
					i64 so = 0;
					Ref d = base_of(f, v->a[0], &off), s = v->op == SSA_MOVE ? base_of(f, v->a[1], &so) : 0;
					u32 m = 0;
					for (u32 e = 0; e < n; e++) {
						if (s && may_alias(f, escapes, known[e].base, known[e].off, known[e].size, s, so, v->imm2))
							known[e].store = 0;
						if (!may_alias(f, escapes, known[e].base, known[e].off, known[e].size, d, off, v->imm2))
							known[m++] = known[e];
					}
					n = m;
					break;
				}
				n = 0;
			}
		}
		if (n && ends[b].wanted) {
			ends[b].known = NEWN(f->arena, Known, n);
			ends[b].n = n;
			memcpy(ends[b].known, known, n * sizeof *known);
		}
		block_drop_none(f, b);
	}
}

// ---- branches ------------------------------------------------------------------------------------

// Branches on constants; blocks with one predecessor that has one successor are joined to it.
void pass_branch(Func *f)
{
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		if (bb->kind != BLOCK_IF)
			continue;
		Ref c = bb->controls[0];
		while (val(f, c)->op == SSA_COPY)
			c = val(f, c)->a[0];
		bool known = val(f, c)->op == SSA_CONST;
		if (!known)
			continue;
		u32 dead = (val(f, c)->imm & 0xff) != 0;
		block_remove_edge(f, b, dead);
		bb = &f->blocks[b];
		val(f, bb->controls[0])->uses--;
		bb->ncontrols = 0;
		bb->kind = BLOCK_PLAIN;
		bb->likely = 0;
	}
	block_order(f);
	bool merged = false;
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		while (block_join(f, b))
			merged = true;
	}
	if (merged)
		block_order(f);
}
