// debug_places.c: where the components of variables are, at which pcs, in an emitted function. What a component is at
// the end of a block is what it is at the beginning of the blocks that this one dominates immediately, unless a mark, a
// phi or (where different marks meet without a phi) the end of all knowledge comes first; so the blocks are visited
// along the dominator tree, and what a subtree has changed is undone behind it. Which registers and slots hold a value
// is known at the beginning of each block, and followed through its instructions. Nothing here changes the code.
#include "ssa/backend.h"

#include <stdlib.h>

enum { MAX_MARKS = 1 << 18, MAX_WORK = 1 << 22 }; // work: values to look at when a block begins, times blocks

typedef struct At { BlockId block; u32 place, seq, comp; Ref val; } At; // a mark: before value number `place` of the block
typedef struct CompState { Ref cur; u32 next, prev; u32 where, since; bool open; } CompState; // next, prev: same cur; + 1
typedef struct Undo { u32 comp; Ref was; } Undo; // comp == NO_COMP: value `was` was not spilled
enum { NO_COMP = UINT32_MAX, NO_PLACE = UINT32_MAX };

typedef struct Places {
	Func *f;
	const RegInfo *ri;
	Arena *a;
	u32 end;                // size of the code
	u32 *at;                // by value: place in its block, NO_PLACE if it is in none
	u32 *order;             // by block: place in f->order, NO_PLACE
	VEC(At) marks;
	u32 *first_mark;        // by block: index in marks
	CompState *comps;
	u32 *named;             // by value: first component that is it + 1
	RegSet *regs;           // by value: registers that hold it
	u32 *in_slot;           // by value: the last block in which its slot held it
	bool *spilled;          // by value: on every way here
	Ref content[32], *slot; // by register; by slot
	Ref ends[32];           // contents behind the block that dominates this one
	bool *shared;           // by slot: several values have it in turn
	VEC(Ref) kept;          // spilled values in slots that no other has
	bool no_regs;           // in a block that only panics: what calls it looks at has no registers any more
	VEC(u32) opened;        // components that have been somewhere in this block
	VEC(Ref) consts;
	bool *is_listed;        // by value: in consts
	VEC(Undo) undo;
	BlockId b;
	VEC(DebugSpan) spans;
	u32 *heads;
} Places;

static u32 pc_behind(const Places *p, const Prog *x) { return x && x->next ? x->next->pc : p->end; }

static u8 number(const RegInfo *ri, u16 reg)
{
	for (u8 i = 0; i < LENGTH(ri->reg); i++)
		if (ri->reg[i] == reg)
			return i;
	return NO_REG;
}

bool debug_constant(Func *f, Ref r, i64 *bits)
{
	const Value *v = val(f, r);
	double d;
	switch (v->op) {
	case SSA_CONST:
		*bits = v->imm;
		return true;
	case SSA_FCONST:
		*bits = v->imm;
		break;
	default:
		if (v->op < SSA_ARCH || !f->target->regs->constant(v, bits))
			return false;
		if (!type_is_float(v->type))
			return true;
	}
	if (v->type == SSA_F32) { // kept as a float64
		memcpy(&d, bits, 8);
		float x = (float)d;
		u32 u;
		memcpy(&u, &x, 4);
		*bits = u;
	}
	return true;
}

// ---- one component --------------------------------------------------------------------------------

static bool slot_valid(Places *p, Ref v)
{
	u32 s = p->f->spill_slot[v];
	return s && (p->shared[s - 1] ? p->in_slot[v] == p->b && p->slot[s - 1] == v : p->spilled[v]);
}

static u32 find_place(Places *p, CompState *c)
{
	Ref v = c->cur;
	i64 bits;
	if (!v)
		return 0;
	if (slot_valid(p, v)) // it stays there: one entry for all the time from now on
		return DEBUG_SLOT | (p->f->spill_slot[v] - 1);
	if (c->where & DEBUG_REG && p->regs[v] & REG_BIT(c->where & 31))
		return c->where;
	if (p->regs[v])
		return DEBUG_REG | (u32)__builtin_ctz(p->regs[v]);
	return debug_constant(p->f, v, &bits) ? DEBUG_CONST : 0;
}

static void close(Places *p, u32 i, u32 pc)
{
	CompState *c = &p->comps[i];
	if (c->where && c->since < pc) {
		vec_push(p->a, &p->spans, (DebugSpan){c->since, pc, c->where, c->cur, p->heads[i]});
		p->heads[i] = p->spans.n - 1;
	}
	c->where = 0;
}

static void move_to(Places *p, u32 i, u32 where, u32 pc)
{
	CompState *c = &p->comps[i];
	close(p, i, pc);
	c->where = where;
	c->since = pc;
	if (where && !c->open) {
		c->open = true;
		vec_push(p->a, &p->opened, i);
	}
}

static void refresh(Places *p, Ref v, u32 pc)
{
	for (u32 i = p->named[v]; i; i = p->comps[i - 1].next) {
		u32 where = find_place(p, &p->comps[i - 1]);
		if (where != p->comps[i - 1].where)
			move_to(p, i - 1, where, pc);
	}
}

static void rename_comp(Places *p, u32 i, Ref v)
{
	CompState *c = &p->comps[i];
	if (c->cur) {
		if (c->prev)
			p->comps[c->prev - 1].next = c->next;
		else
			p->named[c->cur] = c->next;
		if (c->next)
			p->comps[c->next - 1].prev = c->prev;
	}
	c->cur = v;
	c->prev = c->next = 0;
	if (!v)
		return;
	c->next = p->named[v];
	if (c->next)
		p->comps[c->next - 1].prev = i + 1;
	p->named[v] = i + 1;
}

static void set_comp(Places *p, u32 i, Ref v, u32 pc)
{
	CompState *c = &p->comps[i];
	i64 bits;
	if (c->cur == v)
		return;
	vec_push(p->a, &p->undo, (Undo){i, c->cur});
	close(p, i, pc);
	rename_comp(p, i, v);
	if (v && !p->is_listed[v] && p->consts.n < MAX_WORK / p->f->norder && debug_constant(p->f, v, &bits)) {
		p->is_listed[v] = true;
		vec_push(p->a, &p->consts, v);
	}
	move_to(p, i, find_place(p, c), pc);
}

// ---- registers and slots --------------------------------------------------------------------------

static void lose(Places *p, RegSet gone, u32 pc)
{
	for (; gone; gone &= gone - 1) {
		u8 r = (u8)__builtin_ctz(gone);
		Ref v = p->content[r];
		if (!v)
			continue;
		p->content[r] = 0;
		p->regs[v] &= ~REG_BIT(r);
		refresh(p, v, pc);
	}
}

static void hold(Places *p, u8 r, Ref v, u32 pc)
{
	if (r == NO_REG || p->content[r] == v || p->no_regs)
		return;
	lose(p, REG_BIT(r), pc);
	p->content[r] = v;
	if (!v)
		return;
	p->regs[v] |= REG_BIT(r);
	refresh(p, v, pc);
}

static void slot_hold(Places *p, u32 slot, Ref v, u32 pc)
{
	Ref old = p->slot[slot];
	p->slot[slot] = v;
	if (old && old != v)
		refresh(p, old, pc);
	if (!v)
		return;
	p->in_slot[v] = p->b;
	if (!p->spilled[v]) {
		p->spilled[v] = true;
		vec_push(p->a, &p->undo, (Undo){NO_COMP, v});
		if (!p->shared[slot] && p->kept.n < MAX_WORK / p->f->norder)
			vec_push(p->a, &p->kept, v);
	}
	refresh(p, v, pc);
}

// The pc of the last call in the code from `at` on to `end`, just behind its beginning: a frame that waits for it is
// looked up in its last byte, where registers are gone, a breakpoint on it stops at its first.
static u32 in_call(Places *p, const Prog *at, u32 end)
{
	u32 pc = end;
	for (at = at ? at->next : NULL; at && at->pc < end; at = at->next)
		if (at->op == OP_CALL)
			pc = at->pc + 1;
	return pc;
}

static void follow(Places *p, Ref r, u32 start, u32 end)
{
	Func *f = p->f;
	Value *v = val(f, r);
	u8 out = type_has_reg(v->type) && f->reg[r] ? number(p->ri, f->reg[r]) : NO_REG;
	switch (v->op) {
	case SSA_PHI: case SSA_VARDEF: case SSA_VARLIVE: case SSA_KEEPALIVE: case SSA_WBEND:
		return;
	case SSA_PARAM: case SSA_CLOSUREPTR: case SSA_RESULT:
		hold(p, out, r, start);
		return;
	case SSA_SPILL:
		slot_hold(p, (u32)v->imm2, (Ref)v->imm, end);
		return;
	case SSA_SLOTMOVE:
		slot_hold(p, (u32)v->imm2, 0, start);
		return;
	case SSA_RELOAD: case SSA_REGMOVE:
		lose(p, out == NO_REG ? 0 : REG_BIT(out), start);
		hold(p, out, (Ref)v->imm, end);
		return;
	case SSA_REGSWAP: {
		u8 with = number(p->ri, f->arg_regs[r][0]);
		Ref x = p->content[out], y = p->content[with];
		lose(p, REG_BIT(out) | REG_BIT(with), start);
		hold(p, out, y, end);
		hold(p, with, x, end);
		return;
	}
	}
	if (op_is_call(v->op)) {
		lose(p, ~(RegSet)0, in_call(p, f->value_progs[r], end));
		return;
	}
	if (v->op < SSA_ARCH)
		return;
	RegNeed need = {0};
	p->ri->need(f, v, &need);
	lose(p, need.clobber | (out == NO_REG ? 0 : REG_BIT(out)), start);
	bool again = r >= f->first_inserted && !v->nargs; // made a second time: what it is made of is told in a[0]
	hold(p, out, again ? v->a[0] : r, end);
}

// ---- marks ----------------------------------------------------------------------------------------

static int by_place(const void *a, const void *b)
{
	const At *x = a, *y = b;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool is_alive(Places *p, Ref r) { return p->at[r] != NO_PLACE; }

// Where a mark of the function as it was built has got to; false if nowhere.
static bool locate(Places *p, const DebugMark *m, At *out)
{
	Func *f = p->f;
	const DebugInfo *d = &f->debug;
	BlockId b = m->block;
	bool here = f->blocks[b].kind != BLOCK_NONE;
	if (!here && !f->blocks[b].merged)
		return false;
	if (m->is_phi && here) {
		*out = (At){.block = b, .seq = 1};
		return true;
	}
	Ref before = m->is_phi ? 0 : m->after;
	while (before && !is_alive(p, before))
		before = d->prev[before];
	if (before) {
		*out = (At){.block = val(f, before)->block, .place = p->at[before] + 1, .seq = 2};
		return true;
	}
	if (here) {
		*out = (At){.block = b, .seq = 2};
		return true;
	}
	Ref behind = m->is_phi || !m->after ? d->first[b] : d->next[m->after];
	while (behind && !is_alive(p, behind))
		behind = d->next[behind];
	if (behind)
		*out = (At){.block = val(f, behind)->block, .place = p->at[behind], .seq = 2};
	return behind != 0;
}

typedef struct Frontier { BlockId b; u32 next; } Frontier;

// Blocks where different marks of a component meet: unless a phi stands there, nothing is known of it from there on.
static void meet(Places *p, const u32 *mark_list, const u32 *mark_next)
{
	Func *f = p->f;
	Arena *a = p->a;
	VEC(Frontier) df = {0};
	vec_push(a, &df, (Frontier){0});
	u32 *heads = NEWN(a, u32, f->nblocks), *stamp = NEWN(a, u32, f->nblocks);
	for (BlockId b = 1; b < f->nblocks; b++) {
		BasicBlock *bb = &f->blocks[b];
		if (bb->kind == BLOCK_NONE || bb->npreds < 2)
			continue;
		for (u32 k = 0; k < bb->npreds; k++)
			for (BlockId r = bb->preds[k]; r && r != bb->idom; r = f->blocks[r].idom) {
				if (heads[r] && df.p[heads[r]].b == b)
					break; // what is above has it, too
				vec_push(a, &df, (Frontier){b, heads[r]});
				heads[r] = df.n - 1;
			}
	}
	VEC(BlockId) todo = {0};
	for (u32 c = 0; c < f->debug.ncomps; c++) {
		u32 m = mark_list[c];
		while (m && p->marks.p[m - 1].block == p->marks.p[mark_list[c] - 1].block)
			m = mark_next[m - 1];
		if (!m) // in one block only
			continue;
		for (m = mark_list[c]; m; m = mark_next[m - 1])
			vec_push(a, &todo, p->marks.p[m - 1].block);
		while (todo.n && p->marks.n < MAX_MARKS) {
			BlockId b = vec_pop(&todo);
			for (u32 e = heads[b]; e; e = df.p[e].next) {
				BlockId x = df.p[e].b;
				if (stamp[x] == c + 1)
					continue;
				stamp[x] = c + 1;
				vec_push(a, &p->marks, (At){.block = x, .comp = c});
				vec_push(a, &todo, x);
			}
		}
		todo.n = 0;
	}
}

static bool place_marks(Places *p)
{
	Func *f = p->f;
	const DebugInfo *d = &f->debug;
	if (d->nmarks > MAX_MARKS)
		return false;
	u32 *list = NEWN(p->a, u32, d->ncomps), *next = NEWN(p->a, u32, d->nmarks);
	for (u32 i = 0; i < d->nmarks; i++) {
		At at = {0};
		if (!locate(p, &d->marks[i], &at))
			continue;
		at.comp = d->marks[i].comp;
		at.val = d->marks[i].val;
		next[p->marks.n] = list[at.comp];
		vec_push(p->a, &p->marks, at);
		list[at.comp] = p->marks.n;
	}
	meet(p, list, next);
	for (u32 i = 0; i < p->marks.n; i++) // marks of one place keep their order
		p->marks.p[i].seq = p->marks.p[i].seq << 28 | i;
	qsort(p->marks.p, p->marks.n, sizeof(At), by_place);
	p->first_mark = NEWN(p->a, u32, f->nblocks + 1);
	u32 k = 0;
	for (BlockId b = 0; b < f->nblocks; b++) {
		p->first_mark[b] = k;
		while (k < p->marks.n && p->marks.p[k].block == b)
			k++;
	}
	p->first_mark[f->nblocks] = k;
	return p->marks.n < MAX_MARKS;
}

// ---- blocks ---------------------------------------------------------------------------------------

static void begin(Places *p, BlockId b, u32 pc)
{
	Func *f = p->f;
	const BlockStart *s = &f->starts[b];
	for (u32 k = 0; k < s->nlive; k++) {
		Ref v = s->live[k].v;
		if (p->spilled[v] && f->spill_slot[v]) {
			p->slot[f->spill_slot[v] - 1] = v;
			p->in_slot[v] = b;
		}
	}
	BasicBlock *bb = &f->blocks[b];
	for (u32 k = 0; k < bb->nvals && val(f, bb->vals[k])->op == SSA_PHI; k++) {
		Ref v = bb->vals[k];
		if (f->reg[v])
			hold(p, number(p->ri, f->reg[v]), v, pc);
		else if (f->spill_slot[v])
			slot_hold(p, f->spill_slot[v] - 1, v, pc);
	}
	if (bb->npreds == 1 && bb->preds[0] == bb->idom) // the same as behind it, whether still wanted or not
		for (u8 r = 0; r < 32; r++)
			hold(p, r, p->ends[r], pc);
	for (u32 k = 0; k < s->nregs; k++)
		hold(p, s->regs[k].r, s->regs[k].v, pc);
	for (u32 k = 0; k < s->nlive; k++)
		refresh(p, s->live[k].v, pc);
	for (u32 k = 0; k < p->kept.n; k++)
		refresh(p, p->kept.p[k], pc);
	for (u32 k = 0; k < p->consts.n; k++)
		refresh(p, p->consts.p[k], pc);
}

// What comes in registers is there from the first instruction on, before the prologue.
static void enter(Places *p)
{
	Func *f = p->f;
	for (u32 k = 0; k < f->abi->nparams && f->debug.params; k++) {
		const AbiValue *v = &f->abi->params[k];
		for (u32 j = v->first; v->in_regs && j < v->first + v->n; j++) {
			const AbiPart *part = &f->abi->parts[j];
			if (f->debug.params[j])
				hold(p, number(p->ri, type_is_float(part->type) ? f->target->float_args[part->reg] : f->target->int_args[part->reg]),
					f->debug.params[j], 0);
		}
	}
	for (u32 k = 0; k < f->debug.nvars && f->debug.vars[k].var->cls == IRV_PARAM; k++)
		for (u32 c = f->debug.vars[k].comp; c < f->debug.vars[k].comp + f->debug.vars[k].n; c++)
			if (c < f->debug.nmarks && f->debug.marks[c].comp == c && p->regs[f->debug.marks[c].val]) // the first mark of each, in order
				set_comp(p, c, f->debug.marks[c].val, 0);
}

static bool only_panics(Func *f, const BasicBlock *bb)
{
	u32 calls = 0;
	for (u32 k = 0; k < bb->nvals; k++)
		calls += op_is_call(val(f, bb->vals[k])->op);
	return bb->kind == BLOCK_EXIT && calls <= 1;
}

static void visit(Places *p, BlockId b)
{
	Func *f = p->f;
	BasicBlock *bb = &f->blocks[b];
	u32 i = p->order[b], pc = 0, m = p->first_mark[b], last = p->first_mark[b + 1];
	p->b = b;
	if (i == NO_PLACE) { // without code
		if (bb->npreds != 1)
			memset(p->ends, 0, sizeof p->ends);
		for (; m < last; m++)
			set_comp(p, p->marks.p[m].comp, p->marks.p[m].val, 0);
		for (u32 k = 0; k < p->opened.n; k++) {
			p->comps[p->opened.p[k]].where = 0;
			p->comps[p->opened.p[k]].open = false;
		}
		p->opened.n = 0;
		return;
	}
	p->no_regs = i && only_panics(f, bb);
	if (i) {
		pc = pc_behind(p, f->block_progs[2 * i]);
		begin(p, b, pc);
	} else {
		enter(p);
	}
	u32 behind = pc_behind(p, f->block_progs[2 * i + 1]);
	u32 next = bb->nvals ? pc_behind(p, f->value_progs[bb->vals[0]]) : behind;
	for (u32 k = 0; k <= bb->nvals; k++) {
		u32 start = next;
		for (; m < last && (p->marks.p[m].place <= k || k == bb->nvals); m++)
			set_comp(p, p->marks.p[m].comp, p->marks.p[m].val, start);
		if (k == bb->nvals)
			break;
		Ref r = bb->vals[k];
		next = k + 1 < bb->nvals ? pc_behind(p, f->value_progs[bb->vals[k + 1]]) : behind;
		follow(p, r, start, next);
	}
	u32 end = pc_behind(p, f->block_progs[2 * i + 2]);
	for (u32 k = 0; k < p->opened.n; k++) {
		close(p, p->opened.p[k], end);
		p->comps[p->opened.p[k]].open = false;
	}
	p->opened.n = 0;
	memcpy(p->ends, p->content, sizeof p->content);
	for (u32 r = 0; r < 32; r++)
		if (p->content[r]) {
			p->regs[p->content[r]] = 0;
			p->content[r] = 0;
		}
}

static void take_back(Places *p, u32 to)
{
	while (p->undo.n > to) {
		Undo u = vec_pop(&p->undo);
		if (u.comp == NO_COMP) {
			p->spilled[u.was] = false;
			if (p->kept.n && p->kept.p[p->kept.n - 1] == u.was)
				p->kept.n--;
		} else
			rename_comp(p, u.comp, u.was);
	}
}

typedef struct Visit { BlockId b; u32 undo, parent; bool left; Ref ends[32]; } Visit; // parent: place in the stack

static void walk(Places *p)
{
	Func *f = p->f;
	BlockId *child = NEWN(p->a, BlockId, f->nblocks), *sibling = NEWN(p->a, BlockId, f->nblocks);
	for (BlockId b = f->nblocks; b-- > 2;)
		if (f->blocks[b].kind != BLOCK_NONE && f->blocks[b].idom) {
			sibling[b] = child[f->blocks[b].idom];
			child[f->blocks[b].idom] = b;
		}
	VEC(Visit) stack = {0};
	vec_push(p->a, &stack, (Visit){.b = 1});
	while (stack.n) {
		Visit *v = &stack.p[stack.n - 1];
		if (v->left) {
			take_back(p, v->undo);
			stack.n--;
			continue;
		}
		v->left = true;
		v->undo = p->undo.n;
		BlockId b = v->b;
		u32 i = stack.n - 1;
		memcpy(p->ends, stack.p[v->parent].ends, sizeof p->ends);
		visit(p, b);
		memcpy(v->ends, p->ends, sizeof p->ends);
		for (BlockId c = child[b]; c; c = sibling[c])
			vec_push(p->a, &stack, (Visit){.b = c, .parent = i});
	}
}

const u32 *debug_places(Func *f, u32 size, const DebugSpan **spans)
{
	if (!f->debug.ncomps || !f->starts)
		return NULL;
	Places *p = NEW(f->arena, Places);
	p->f = f, p->ri = f->target->regs, p->a = f->arena, p->end = size;
	p->at = arena_alloc(p->a, sizeof(u32) * f->nvals);
	memset(p->at, 0xff, sizeof(u32) * f->nvals);
	p->order = arena_alloc(p->a, sizeof(u32) * f->nblocks);
	memset(p->order, 0xff, sizeof(u32) * f->nblocks);
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		p->order[f->order[i]] = i;
		for (u32 k = 0; k < bb->nvals; k++)
			p->at[bb->vals[k]] = k;
	}
	p->comps = NEWN(p->a, CompState, f->debug.ncomps);
	p->heads = NEWN(p->a, u32, f->debug.ncomps);
	vec_push(p->a, &p->spans, (DebugSpan){0});
	if (!place_marks(p))
		return NULL;
	p->named = NEWN(p->a, u32, f->nvals);
	p->regs = NEWN(p->a, RegSet, f->nvals);
	p->in_slot = NEWN(p->a, u32, f->nvals);
	p->spilled = NEWN(p->a, bool, f->nvals);
	p->is_listed = NEWN(p->a, bool, f->nvals);
	p->slot = NEWN(p->a, Ref, f->nslots + 1);
	p->shared = NEWN(p->a, bool, f->nslots + 1);
	bool *taken = NEWN(p->a, bool, f->nslots + 1);
	for (Ref v = 1; v < f->nspills; v++) {
		u32 s = f->spill_slot[v];
		if (s && taken[s - 1])
			p->shared[s - 1] = true;
		else if (s)
			taken[s - 1] = true;
	}
	walk(p);
	*spans = p->spans.p;
	return p->heads;
}
