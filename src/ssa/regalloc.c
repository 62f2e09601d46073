// regalloc.c: machine values to machine values with registers: a greedy pass over the blocks in reverse postorder
// that evicts what is used farthest away, then moves on the edges that make every predecessor of a block agree
// with the registers the block was begun with. In Go's ABI no register survives a call, so a value needed behind
// a call is stored once, after its definition or at a better place that dominates all its reloads.
//
// Invariant: nothing inserted here changes the flags, and critical edges are split, so what an edge needs stands at
// the end of its predecessor.
#include "ssa/backend.h"

#include <stdlib.h>

enum { CALL_DISTANCE = 1000, FAR = 1 << 29 };

typedef struct Use { i32 dist; u32 next; } Use;
typedef VEC(Live) LiveVec;

typedef struct RaBlock {
	LiveVec in, out;
	RegVal *start, *end;    // which register holds which value; start: without phis
	u32 nstart, nend;
	u32 index;              // in f->order
	u32 pred_index;         // for blocks with one successor: number of its edge there
	u32 pos;                // of its first instruction in a linear numbering
	bool done, header;
} RaBlock;

typedef struct RaValue {
	RegSet regs;            // that hold it now
	u32 use;                // list of uses to come in this block, nearest first
	BlockId restore;        // dominates every block with a reload; 0: never reloaded
	Ref phi;                // a phi that takes it, or what is computed from it in the same register
	u32 start, end;         // linear range in which it lives
	u8 hint;
	bool remat, pinned, mem_phi, tracked;
} RaValue;

typedef struct Ra {
	Func *f;
	const RegInfo *ri;
	RaValue *vs; u32 nvs;   // of the values that existed at the beginning
	RaBlock *bs;
	Use *uses; u32 nuses, cuses, free_use;
	Ref content[32];
	RegSet used, nospill, avoid;
	BlockId cur;
	u32 pos;                // position index for what is inserted
	u32 *depth;             // of blocks in the dominator tree
	float *freq;            // by block
	i32 *dist;              // scratch by value
	u32 cregs;              // capacity of f->reg
	VEC(Ref) spilled;       // values with a slot, in order of discovery
} Ra;

// ---- small things --------------------------------------------------------------------------------

static void regs_reserve(Ra *r)
{
	Func *f = r->f;
	if (f->nvals < r->cregs)
		return;
	u32 n = f->nvals + f->nvals / 2 + 64;
	f->reg = arena_grow(f->arena, f->reg, r->cregs * sizeof(u16), n * sizeof(u16));
	f->arg_regs = arena_grow(f->arena, f->arg_regs, r->cregs * sizeof *f->arg_regs, n * sizeof *f->arg_regs);
	r->cregs = n;
}

static Ref emit(Ra *r, u16 op, u8 type)
{
	Ref n = value_new(r->f, r->cur, op, type, r->pos);
	regs_reserve(r);
	return n;
}

static RegSet class_of(Ra *r, u8 type) { return type_is_float(type) ? r->ri->floats : r->ri->ints; }

static void add_use(Ra *r, Ref v, i32 dist)
{
	u32 u = r->free_use;
	if (u) {
		r->free_use = r->uses[u].next;
	} else {
		if (r->nuses == r->cuses) {
			u32 n = r->cuses * 2;
			r->uses = arena_grow_raw(r->f->arena, r->uses, r->cuses * sizeof(Use), n * sizeof(Use));
			r->cuses = n;
		}
		u = r->nuses++;
	}
	r->uses[u] = (Use){dist, r->vs[v].use};
	r->vs[v].use = u;
}

static void drop_register(Ra *r, u8 reg)
{
	Ref v = r->content[reg];
	r->used &= ~REG_BIT(reg);
	r->content[reg] = 0;
	if (v)
		r->vs[v].regs &= ~REG_BIT(reg);
}

static void pop_use(Ra *r, Ref v)
{
	RaValue *x = &r->vs[v];
	u32 u = x->use;
	CHECK(u != 0);
	x->use = r->uses[u].next;
	r->uses[u].next = r->free_use;
	r->free_use = u;
}

static void free_if_dead(Ra *r, Ref v)
{
	RaValue *x = &r->vs[v];
	while (!x->use && x->regs)
		drop_register(r, (u8)__builtin_ctz(x->regs));
}

static void assign(Ra *r, u8 reg, Ref v)
{
	CHECK(!r->content[reg]);
	r->content[reg] = v;
	r->used |= REG_BIT(reg);
	r->vs[v].regs |= REG_BIT(reg);
}

static void emit_move(Ra *r, u8 from, u8 to, u8 type, Ref of)
{
	Ref n = emit(r, SSA_REGMOVE, type);
	val(r->f, n)->imm = of;
	r->f->arg_regs[n][0] = r->ri->reg[from];
	r->f->reg[n] = r->ri->reg[to];
}

// One of `free` in which a phi is that v ends in, directly or through phis that have no register yet; NO_REG: none.
static u8 phi_register(Ra *r, RegSet free, Ref v)
{
	Ref p = r->vs[v].phi;
	for (u32 hops = 0; p && !r->f->reg[p] && hops < 4; hops++)
		p = r->vs[p].phi;
	if (p && r->f->reg[p])
		for (RegSet m = free; m; m &= m - 1)
			if (r->ri->reg[__builtin_ctz(m)] == r->f->reg[p])
				return (u8)__builtin_ctz(m);
	return NO_REG;
}

static u8 pick(Ra *r, RegSet free, Ref v)
{
	if (v) {
		RaValue *x = &r->vs[v];
		u8 p = phi_register(r, free, v);
		if (p != NO_REG)
			return p;
		if (x->hint != NO_REG && free & REG_BIT(x->hint))
			return x->hint;
	}
	if (free & ~r->avoid)
		free &= ~r->avoid;
	return (u8)__builtin_ctz(free);
}

// Takes the value out of reg; if it is needed later and nowhere else, it moves to a free register when there is one.
static void displace(Ra *r, u8 reg)
{
	Ref v = r->content[reg];
	if (!v) {
		r->used &= ~REG_BIT(reg);
		return;
	}
	RaValue *x = &r->vs[v];
	bool wanted = x->regs == REG_BIT(reg) && x->use && !x->remat;
	drop_register(r, reg);
	if (!wanted)
		return;
	u8 type = val(r->f, v)->type;
	RegSet free = class_of(r, type) & ~r->used & ~r->nospill & ~r->avoid & ~REG_BIT(reg);
	if (free) {
		u8 to = pick(r, free, v);
		emit_move(r, reg, to, type, v);
		assign(r, to, v);
	}
}

static i32 distance(Ra *r, Ref v)
{
	u32 u = r->vs[v].use;
	return u ? r->uses[u].dist : FAR * 2 - 1;
}

// A register of mask, free or freed. v: for whom, for the hints; may be 0.
static u8 alloc(Ra *r, RegSet mask, Ref v)
{
	mask &= ~r->nospill;
	CHECK(mask != 0);
	RegSet free = mask & ~r->used;
	if (free)
		return pick(r, free, v);
	u8 best = NO_REG;
	i32 best_dist = -1;
	for (RegSet m = mask; m; m &= m - 1) {
		u8 reg = (u8)__builtin_ctz(m);
		Ref w = r->content[reg];
		i32 d = w ? distance(r, w) : FAR;
		if (w && r->vs[w].regs != REG_BIT(reg))
			d = FAR;
		else if (w && r->vs[w].remat)
			d += 64;
		if (d > best_dist)
			best_dist = d, best = reg;
	}
	displace(r, best);
	return best;
}

static void note_restore(Ra *r, Ref v)
{
	RaValue *x = &r->vs[v];
	if (!x->restore) {
		x->restore = r->cur;
		if (!x->mem_phi)
			vec_push(r->f->arena, &r->spilled, v);
	} else {
		x->restore = block_common_dominator(r->f, x->restore, r->cur, r->depth);
	}
}

static void emit_remat(Ra *r, Ref v, u8 reg)
{
	Value old = *val(r->f, v);
	Ref n = emit(r, old.op, old.type);
	Value *c = val(r->f, n);
	old.block = r->cur;
	old.pos = r->pos;
	old.uses = 0;
	old.a[0] = v; // no argument: for regcheck.c
	*c = old;
	r->f->reg[n] = r->ri->reg[reg];
}

static void emit_reload(Ra *r, Ref v, u8 reg)
{
	note_restore(r, v);
	Ref n = emit(r, SSA_RELOAD, val(r->f, v)->type);
	val(r->f, n)->imm = v;
	r->f->reg[n] = r->ri->reg[reg];
}

// Brings v into a register of mask.
static u8 load(Ra *r, Ref v, RegSet mask)
{
	RaValue *x = &r->vs[v];
	u8 type = val(r->f, v)->type;
	if (x->pinned) {
		if (mask & REG_BIT(r->ri->g))
			return r->ri->g;
		u8 n = alloc(r, mask, 0);
		emit_move(r, r->ri->g, n, type, v);
		return n;
	}
	if (mask & ~REG_BIT(r->ri->g))
		mask &= ~REG_BIT(r->ri->g); // operands may be g, but nothing else may be put there
	if (x->regs & mask)
		return pick(r, x->regs & mask, v);
	u8 n = alloc(r, mask, v);
	if (x->regs)
		emit_move(r, (u8)__builtin_ctz(x->regs), n, type, v);
	else if (x->remat)
		emit_remat(r, v, n);
	else
		emit_reload(r, v, n);
	assign(r, n, v);
	return n;
}

// ---- liveness ------------------------------------------------------------------------------------

static bool tracked(Ra *r, Ref v) { return r->vs[v].tracked; }

typedef struct UsePair { Ref v; BlockId b; bool at_end; } UsePair;

static void live_add_out(Ra *r, BlockId b, Ref v, u32 *stamp, BlockId **stack, u32 *n, u32 *cap, u32 *in_stamp)
{
	Func *f = r->f;
	if (stamp[b] != v) {
		stamp[b] = v;
		vec_push(f->arena, &r->bs[b].out, (Live){v, FAR});
	}
	if (val(f, v)->block == b || in_stamp[b] == v)
		return;
	in_stamp[b] = v;
	if (*n == *cap) {
		*stack = arena_grow_raw(f->arena, *stack, *cap * sizeof **stack, *cap * 2 * sizeof **stack);
		*cap *= 2;
	}
	(*stack)[(*n)++] = b;
}

static void liveness(Ra *r)
{
	Func *f = r->f;
	Arena *a = f->arena;
	VEC(UsePair) pairs = {0};
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			Ref *args = value_args(v);
			for (u32 j = 0; j < v->nargs; j++) {
				if (!tracked(r, args[j]))
					continue;
				if (v->op == SSA_PHI) {
					vec_push(a, &pairs, (UsePair){args[j], bb->preds[j], true});
					r->vs[args[j]].phi = bb->vals[k];
				} else if (val(f, args[j])->block != b) {
					vec_push(a, &pairs, (UsePair){args[j], b, false});
				}
			}
		}
		for (u32 j = 0; j < bb->ncontrols; j++)
			if (tracked(r, bb->controls[j]) && val(f, bb->controls[j])->block != b)
				vec_push(a, &pairs, (UsePair){bb->controls[j], b, false});
	}
	// Group the pairs by value.
	u32 *first = NEWN(a, u32, r->nvs + 1);
	for (u32 i = 0; i < pairs.n; i++)
		first[pairs.p[i].v]++;
	u32 sum = 0;
	for (u32 v = 0; v <= r->nvs; v++) {
		u32 n = v < r->nvs ? first[v] : 0;
		first[v] = sum;
		sum += n;
	}
	UsePair *sorted = NEWN(a, UsePair, pairs.n);
	for (u32 i = 0; i < pairs.n; i++)
		sorted[first[pairs.p[i].v]++] = pairs.p[i];
	u32 *in_stamp = NEWN(a, u32, f->nblocks), *out_stamp = NEWN(a, u32, f->nblocks);
	u32 cap = 64, n = 0;
	BlockId *stack = NEWN(a, BlockId, cap);
	for (u32 i = 0; i < pairs.n; i++) {
		Ref v = sorted[i].v;
		BlockId b = sorted[i].b;
		if (sorted[i].at_end) {
			live_add_out(r, b, v, out_stamp, &stack, &n, &cap, in_stamp);
		} else if (in_stamp[b] != v) {
			in_stamp[b] = v;
			stack[n++] = b;
		}
		while (n) {
			b = stack[--n];
			vec_push(a, &r->bs[b].in, (Live){v, FAR});
			BasicBlock *bb = &f->blocks[b];
			for (u32 k = 0; k < bb->npreds; k++)
				live_add_out(r, bb->preds[k], v, out_stamp, &stack, &n, &cap, in_stamp);
		}
	}
}

static i32 edge_weight(BasicBlock *b, u32 succ)
{
	if (b->nsuccs < 2)
		return 1;
	i8 likely = succ == 0 ? b->likely : (i8)-b->likely;
	return likely > 0 ? 1 : likely < 0 ? 200 : 10;
}

static void distances(Ra *r)
{
	Func *f = r->f;
	i32 *dist = r->dist;
	for (u32 v = 0; v < r->nvs; v++)
		dist[v] = FAR;
	for (int pass = 0; pass < 2; pass++) {
		for (u32 i = f->norder; i-- > 0;) {
			BlockId b = f->order[i];
			BasicBlock *bb = &f->blocks[b];
			RaBlock *rb = &r->bs[b];
			for (u32 s = 0; s < bb->nsuccs; s++) {
				BasicBlock *sb = &f->blocks[bb->succs[s]];
				RaBlock *rs = &r->bs[bb->succs[s]];
				i32 w = edge_weight(bb, s);
				for (u32 k = 0; k < rs->in.n; k++) {
					Live *e = &rs->in.p[k];
					dist[e->v] = MIN(dist[e->v], MIN(e->dist + w, FAR));
				}
				if (sb->npreds > 1)
					for (u32 k = 0; k < sb->nvals && val(f, sb->vals[k])->op == SSA_PHI; k++) {
						Ref a = value_args(val(f, sb->vals[k]))[rb->pred_index];
						if (tracked(r, a))
							dist[a] = MIN(dist[a], w);
					}
			}
			for (u32 k = 0; k < rb->out.n; k++)
				rb->out.p[k].dist = dist[rb->out.p[k].v];
			i32 calls = 0;
			for (u32 k = 0; k < bb->nvals; k++)
				calls += op_is_call(val(f, bb->vals[k])->op);
			i32 len = (i32)bb->nvals + calls * CALL_DISTANCE;
			for (u32 k = 0; k < rb->out.n; k++)
				dist[rb->out.p[k].v] = MIN(rb->out.p[k].dist + len, FAR);
			for (u32 k = 0; k < bb->ncontrols; k++)
				if (tracked(r, bb->controls[k]))
					dist[bb->controls[k]] = len;
			for (u32 k = bb->nvals; k-- > 0;) {
				Value *v = val(f, bb->vals[k]);
				if (v->op == SSA_PHI)
					break;
				calls -= op_is_call(v->op);
				Ref *args = value_args(v);
				for (u32 j = 0; j < v->nargs; j++)
					if (tracked(r, args[j]))
						dist[args[j]] = (i32)k + calls * CALL_DISTANCE;
			}
			for (u32 k = 0; k < rb->in.n; k++)
				rb->in.p[k].dist = dist[rb->in.p[k].v];
			// Leave the scratch as it was.
			for (u32 k = 0; k < rb->out.n; k++)
				dist[rb->out.p[k].v] = FAR;
			for (u32 k = 0; k < bb->ncontrols; k++)
				dist[bb->controls[k]] = FAR;
			for (u32 k = 0; k < bb->nvals; k++) {
				Value *v = val(f, bb->vals[k]);
				if (v->op == SSA_PHI)
					continue;
				Ref *args = value_args(v);
				for (u32 j = 0; j < v->nargs; j++)
					dist[args[j]] = FAR;
			}
			for (u32 k = 0; k < rb->in.n; k++)
				dist[rb->in.p[k].v] = FAR;
		}
	}
}

// The registers in which the arguments of a call or the results of a function go: int_args or float_args in order.
static u32 fixed_targets(Ra *r, const Ref *args, u32 n, u8 *out, const Target *t)
{
	u32 ni = 0, nf = 0;
	for (u32 i = 0; i < n; i++) {
		u16 reg = type_is_float(val(r->f, args[i])->type) ? t->float_args[nf++] : t->int_args[ni++];
		out[i] = NO_REG;
		for (u8 k = 0; k < 32; k++)
			if (r->ri->reg[k] == reg)
				out[i] = k;
		CHECK(out[i] != NO_REG);
	}
	return n;
}

// Sets targets[i] for the arguments of a call; NO_REG: any of code_ptr.
static void call_targets(Ra *r, const Value *v, u8 *targets)
{
	const Ref *args = v->nargs > 4 ? v->args : v->a;
	u32 skip = v->op == SSA_CALLCLOSURE || v->op == SSA_CALLPTR;
	if (skip)
		targets[0] = v->op == SSA_CALLCLOSURE ? r->ri->ctxt : NO_REG;
	fixed_targets(r, args + skip, v->nargs - skip, targets + skip, r->f->target);
}

static void hints(Ra *r)
{
	Func *f = r->f;
	u8 targets[64];
	for (u32 i = f->norder; i-- > 0;) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		if (bb->kind == BLOCK_RET && bb->ncontrols <= 64) {
			fixed_targets(r, bb->controls, bb->ncontrols, targets, f->target);
			for (u32 k = 0; k < bb->ncontrols; k++)
				r->vs[bb->controls[k]].hint = targets[k];
		}
		for (u32 k = bb->nvals; k-- > 0;) {
			Value *v = val(f, bb->vals[k]);
			if (op_is_call(v->op)) {
				if (v->nargs > 64)
					continue;
				call_targets(r, v, targets);
				for (u32 j = 0; j < v->nargs; j++)
					if (targets[j] != NO_REG)
						r->vs[value_args(v)[j]].hint = targets[j];
			} else if (v->op >= SSA_ARCH) {
				RegNeed n = {0};
				r->ri->need(f, v, &n);
				u8 h = r->vs[bb->vals[k]].hint;
				if (n.tie && h != NO_REG)
					r->vs[v->a[0]].hint = h;
				if (n.tie && !r->vs[v->a[0]].phi && val(f, v->a[0])->uses == 1)
					r->vs[v->a[0]].phi = r->vs[bb->vals[k]].phi;
				for (u32 j = 0; j < MIN(v->nargs, 4u); j++)
					if (n.in[j] && !(n.in[j] & (n.in[j] - 1)))
						r->vs[v->a[j]].hint = (u8)__builtin_ctz(n.in[j]);
			}
		}
	}
}

// ---- a block -------------------------------------------------------------------------------------

static void push_uses(Ra *r, BlockId b)
{
	Func *f = r->f;
	BasicBlock *bb = &f->blocks[b];
	RaBlock *rb = &r->bs[b];
	i32 calls = 0;
	for (u32 k = 0; k < bb->nvals; k++)
		calls += op_is_call(val(f, bb->vals[k])->op);
	i32 len = (i32)bb->nvals + calls * CALL_DISTANCE;
	for (u32 k = 0; k < rb->out.n; k++)
		add_use(r, rb->out.p[k].v, MIN(rb->out.p[k].dist + len, FAR));
	for (u32 k = bb->ncontrols; k-- > 0;)
		if (tracked(r, bb->controls[k]))
			add_use(r, bb->controls[k], len);
	for (u32 k = bb->nvals; k-- > 0;) {
		Value *v = val(f, bb->vals[k]);
		if (v->op == SSA_PHI)
			break;
		calls -= op_is_call(v->op);
		if (v->op == SSA_RESULT)
			continue;
		Ref *args = value_args(v);
		for (u32 j = v->nargs; j-- > 0;)
			if (tracked(r, args[j]))
				add_use(r, args[j], (i32)k + calls * CALL_DISTANCE);
	}
}

// Decides in which registers the block begins.
static void block_start(Ra *r, BlockId b)
{
	Func *f = r->f;
	BasicBlock *bb = &f->blocks[b];
	RaBlock *rb = &r->bs[b];
	u32 pi = UINT32_MAX, visited = 0;
	float total = 0;
	for (u32 k = 0; k < bb->npreds; k++) {
		RaBlock *p = &r->bs[bb->preds[k]];
		if (!p->done || b == f->deferreturn_block) // the runtime jumps there: no registers
			continue;
		visited++;
		total += r->freq[bb->preds[k]];
		if (pi == UINT32_MAX || r->freq[bb->preds[k]] >= r->freq[bb->preds[pi]])
			pi = k;
	}
	u32 nphi = 0;
	while (nphi < bb->nvals && val(f, bb->vals[nphi])->op == SSA_PHI)
		nphi++;
	RaBlock *from = pi != UINT32_MAX ? &r->bs[bb->preds[pi]] : NULL;
	RegSet phi_taken = 0;
	if (from) {
		bool header = visited < bb->npreds;
		// In how many of a thousand entries a value is in a register.
		i32 *seen = r->dist;
		if (!header && visited > 1)
			for (u32 k = 0; k < bb->npreds; k++) {
				RaBlock *p = &r->bs[bb->preds[k]];
				for (u32 j = 0; j < p->nend; j++)
					seen[p->end[j].v] = 0;
			}
		if (!header && visited > 1)
			for (u32 k = 0; k < bb->npreds; k++) {
				RaBlock *p = &r->bs[bb->preds[k]];
				for (u32 j = 0; j < p->nend; j++)
					seen[p->end[j].v] += total > 0 ? (i32)(r->freq[bb->preds[k]] / total * 1000) : 1000;
			}
		for (u32 j = 0; j < from->nend; j++) {
			Ref v = from->end[j].v;
			RaValue *x = &r->vs[v];
			if (!x->use)
				continue;
			i32 d = distance(r, v);
			bool keep = true;
			if (bb->npreds > 1) {
				if (x->regs)
					keep = false; // one register is enough across a join
				else if (header)
					keep = d < CALL_DISTANCE;
				else
					keep = seen[v] >= 750 || d < 40;
			}
			if (keep)
				assign(r, from->end[j].r, v);
		}
		if (!header && visited > 1)
			for (u32 k = 0; k < bb->npreds; k++) {
				RaBlock *p = &r->bs[bb->preds[k]];
				for (u32 j = 0; j < p->nend; j++)
					seen[p->end[j].v] = FAR;
			}
		// Phis: first where the phi is that they end in (of a loop, mostly), then where their argument is.
		for (u32 k = 0; k < nphi; k++) {
			Ref phi = bb->vals[k];
			RaValue *x = &r->vs[phi];
			f->reg[phi] = 0;
			if (distance(r, phi) >= CALL_DISTANCE) {
				x->mem_phi = true;
				continue;
			}
			u8 next = phi_register(r, class_of(r, val(f, phi)->type) & ~r->used, phi);
			if (next != NO_REG) {
				assign(r, next, phi);
				phi_taken |= REG_BIT(next);
				f->reg[phi] = r->ri->reg[next];
				continue;
			}
			Ref a = value_args(val(f, phi))[pi];
			for (u32 j = 0; j < from->nend; j++)
				if (from->end[j].v == a && !r->content[from->end[j].r] && !(phi_taken & REG_BIT(from->end[j].r))) {
					u8 reg = from->end[j].r;
					if (!(class_of(r, val(f, phi)->type) & REG_BIT(reg)))
						continue;
					assign(r, reg, phi);
					phi_taken |= REG_BIT(reg);
					f->reg[phi] = r->ri->reg[reg];
					break;
				}
		}
	}
	for (u32 k = 0; k < nphi; k++) {
		Ref phi = bb->vals[k];
		RaValue *x = &r->vs[phi];
		if (f->reg[phi] || x->mem_phi)
			continue;
		RegSet free = class_of(r, val(f, phi)->type) & ~r->used;
		if (!free) {
			// Make room if something waits longer than the phi.
			u8 best = NO_REG;
			i32 far = distance(r, phi);
			for (RegSet m = class_of(r, val(f, phi)->type) & ~phi_taken; m; m &= m - 1) {
				u8 reg = (u8)__builtin_ctz(m);
				i32 d = r->content[reg] ? distance(r, r->content[reg]) : -1;
				if (d > far)
					far = d, best = reg;
			}
			if (best == NO_REG) {
				x->mem_phi = true;
				continue;
			}
			drop_register(r, best);
			free = REG_BIT(best);
		}
		u8 reg = pick(r, free, phi);
		assign(r, reg, phi);
		phi_taken |= REG_BIT(reg);
		f->reg[phi] = r->ri->reg[reg];
	}
	for (u32 k = 0; k < nphi; k++)
		if (r->vs[bb->vals[k]].mem_phi)
			vec_push(f->arena, &r->spilled, bb->vals[k]);
	rb->start = RAWN(f->arena, RegVal, 32);
	for (u8 reg = 0; reg < 32; reg++)
		if (r->content[reg] && !(phi_taken & REG_BIT(reg)))
			rb->start[rb->nstart++] = (RegVal){r->content[reg], reg};
	for (u32 k = 0; k < nphi; k++)
		free_if_dead(r, bb->vals[k]);
}

// Puts args[i] into targets[i], all at once. Values that only live on behind are dropped (they are reloaded).
static void place_fixed(Ra *r, const Ref *args, u32 n, const u8 *targets)
{
	bool done[64] = {0};
	u32 left = 0;
	CHECK(n <= 64);
	RegSet all = 0;
	for (u32 i = 0; i < n; i++) {
		if (targets[i] == NO_REG)
			done[i] = true;
		else
			left++, all |= REG_BIT(targets[i]);
	}
	r->avoid = all;
	while (left) {
		bool progress = false;
		u32 first = UINT32_MAX;
		for (u32 i = 0; i < n; i++) {
			if (done[i])
				continue;
			u8 t = targets[i];
			Ref w = r->content[t];
			if (w != args[i] && w) {
				bool wanted = false;
				if (r->vs[w].regs == REG_BIT(t))
					for (u32 j = 0; j < n; j++)
						wanted |= !done[j] && args[j] == w;
				if (targets[0] == NO_REG && args[0] == w && r->vs[w].regs == REG_BIT(t))
					wanted = true; // the code pointer, placed last
				if (wanted && !r->vs[w].remat) {
					if (first == UINT32_MAX)
						first = i;
					continue;
				}
				drop_register(r, t);
			}
			load(r, args[i], REG_BIT(t));
			r->nospill |= REG_BIT(t);
			done[i] = true;
			left--;
			progress = true;
		}
		if (!progress)
			displace(r, targets[first]);
	}
	r->avoid = 0;
}

static void alloc_call(Ra *r, Ref ref)
{
	Func *f = r->f;
	Value v = *val(f, ref);
	const Ref *args = v.nargs > 4 ? v.args : v.a;
	u8 targets[64];
	CHECK(v.nargs <= 64);
	call_targets(r, &v, targets);
	place_fixed(r, args, v.nargs, targets);
	if (v.nargs && targets[0] == NO_REG) {
		r->avoid = 0;
		u8 reg = load(r, args[0], r->ri->code_ptr);
		f->arg_regs[ref][0] = r->ri->reg[reg];
	} else if (v.op == SSA_CALLCLOSURE) {
		f->arg_regs[ref][0] = r->ri->reg[r->ri->ctxt];
	}
	r->nospill = 0;
	for (u32 i = 0; i < v.nargs; i++)
		if (tracked(r, args[i]))
			pop_use(r, args[i]);
	for (u8 reg = 0; reg < 32; reg++)
		if (r->used & REG_BIT(reg))
			drop_register(r, reg);
	block_push(f, r->cur, ref);
}

// The value has a register given from outside: parameters, results of calls.
static void alloc_given(Ra *r, Ref ref, u8 reg)
{
	r->f->reg[ref] = r->ri->reg[reg];
	block_push(r->f, r->cur, ref);
	if (!r->vs[ref].use)
		return;
	CHECK(!(r->used & REG_BIT(reg)));
	assign(r, reg, ref);
}

// Registers that may be given but are not allocatable (the scratch register) are left at once.
static void leave_unallocatable(Ra *r)
{
	RegSet bad = r->used & ~(r->ri->ints | r->ri->floats);
	for (; bad; bad &= bad - 1)
		displace(r, (u8)__builtin_ctz(bad));
}

static void alloc_value(Ra *r, Ref ref)
{
	Func *f = r->f;
	RegNeed need = {0};
	r->ri->need(f, val(f, ref), &need);
	Value v = *val(f, ref);
	CHECK(v.nargs <= 4);
	u8 in[4] = {NO_REG, NO_REG, NO_REG, NO_REG};
	// A commutative operation overwrites the operand that is not needed any more.
	if (need.tie && need.commutes && v.nargs >= 2 && v.a[0] != v.a[1]) {
		bool live0 = r->vs[v.a[0]].pinned || r->uses[r->vs[v.a[0]].use].next;
		bool live1 = r->vs[v.a[1]].pinned || r->uses[r->vs[v.a[1]].use].next;
		if ((live0 && !live1) || (live0 == live1 && r->vs[v.a[0]].remat && !r->vs[v.a[1]].remat)) {
			Value *w = val(f, ref);
			w->a[0] = v.a[1], w->a[1] = v.a[0];
			v = *w;
		}
	}
	// Arguments: those with one possible register first.
	for (int pass = 0; pass < 2; pass++)
		for (u32 i = 0; i < v.nargs; i++) {
			bool one = need.in[i] && !(need.in[i] & (need.in[i] - 1));
			if (!need.in[i] || one != (pass == 0))
				continue;
			in[i] = load(r, v.a[i], need.in[i]);
			r->nospill |= REG_BIT(in[i]);
		}
	for (u32 i = 0; i < v.nargs; i++)
		if (tracked(r, v.a[i]))
			pop_use(r, v.a[i]);
	bool has_out = need.out && type_has_reg(v.type);
	u8 out = NO_REG;
	bool one_out = has_out && !(need.out & (need.out - 1));
	if (need.tie && has_out) {
		Ref a0 = v.a[0];
		RaValue *x = &r->vs[a0];
		RegSet others = x->regs & ~REG_BIT(in[0]);
		bool live = x->pinned || (x->use && !others && r->content[in[0]] == a0);
		if (x->pinned && in[0] != r->ri->g)
			live = false; // load made a copy
		if (live && x->remat && !x->pinned)
			live = false; // cheaper to make again
		if (live) {
			RegSet free = need.out & ~r->used & ~r->nospill & ~need.clobber;
			u8 n = NO_REG;
			if (free) {
				n = pick(r, free, ref);
			} else if (x->pinned) {
				n = alloc(r, need.out & ~need.clobber, ref);
			} else {
				i32 far = distance(r, a0);
				for (RegSet m = need.out & ~r->nospill & ~need.clobber; m; m &= m - 1) {
					u8 reg = (u8)__builtin_ctz(m);
					i32 d = r->content[reg] ? distance(r, r->content[reg]) : FAR;
					if (d > far)
						far = d, n = reg;
				}
				if (n != NO_REG)
					displace(r, n);
			}
			if (n != NO_REG) {
				emit_move(r, in[0], n, val(f, a0)->type, a0);
				// nospill keeps the copy until the value is defined
				in[0] = n;
				r->nospill |= REG_BIT(n);
			}
		}
		if (r->content[in[0]])
			drop_register(r, in[0]);
		out = in[0];
	}
	RegSet dead = need.clobber | (one_out && !need.tie ? need.out : 0);
	r->avoid = dead;
	for (RegSet m = dead & r->used; m; m &= m - 1) {
		u8 reg = (u8)__builtin_ctz(m);
		if (r->used & REG_BIT(reg))
			displace(r, reg);
	}
	r->avoid = need.clobber; // what the result displaces must not go there either
	for (u32 i = 0; i < v.nargs; i++)
		if (tracked(r, v.a[i]))
			free_if_dead(r, v.a[i]);
	if (has_out && out == NO_REG) {
		if (!need.early)
			r->nospill = 0;
		RegSet mask = one_out ? need.out : need.out & ~need.clobber;
		// Without another wish, the register of a single argument that ends here.
		if (r->vs[ref].hint == NO_REG && !r->vs[ref].phi && !need.early && v.nargs && in[0] != NO_REG && !(r->used & REG_BIT(in[0]))
		    && mask & REG_BIT(in[0]))
			out = in[0];
		else
			out = alloc(r, mask, ref);
	}
	r->nospill = r->avoid = 0;
	block_push(f, r->cur, ref);
	for (u32 i = 0; i < 4; i++)
		f->arg_regs[ref][i] = in[i] == NO_REG ? 0 : r->ri->reg[in[i]];
	if (has_out) {
		f->reg[ref] = r->ri->reg[out];
		if (r->vs[ref].use) {
			if (r->content[out])
				drop_register(r, out);
			assign(r, out, ref);
		}
	}
}

// The position of what a block does last: what is inserted behind it must not look like a statement of its own.
static u32 last_pos(const Func *f, BlockId b)
{
	const BasicBlock *bb = &f->blocks[b];
	return bb->nvals && f->vals[bb->vals[bb->nvals - 1]].pos ? f->vals[bb->vals[bb->nvals - 1]].pos : bb->pos;
}

static void preload_for_loop(Ra *r, BlockId b)
{
	Func *f = r->f;
	RaBlock *rb = &r->bs[b];
	for (u32 k = 0; k < rb->out.n; k++) {
		Ref v = rb->out.p[k].v;
		RaValue *x = &r->vs[v];
		if (x->regs || x->remat || rb->out.p[k].dist > 60)
			continue;
		RegSet free = class_of(r, val(f, v)->type) & ~r->used;
		if (__builtin_popcount(free) < 5)
			continue;
		u8 reg = pick(r, free, v);
		emit_reload(r, v, reg);
		assign(r, reg, v);
	}
}

static void alloc_block(Ra *r, BlockId b)
{
	Func *f = r->f;
	BasicBlock *bb = &f->blocks[b];
	RaBlock *rb = &r->bs[b];
	for (u8 reg = 0; reg < 32; reg++)
		r->content[reg] = 0;
	for (u32 k = 0; k < rb->in.n; k++)
		r->vs[rb->in.p[k].v].regs = 0;
	r->used = r->nospill = r->avoid = 0;
	r->cur = b;
	r->pos = bb->pos;
	push_uses(r, b);
	block_start(r, b);
	u32 n = bb->nvals;
	Ref *old = NEWN(f->arena, Ref, n);
	if (n)
		memcpy(old, bb->vals, n * sizeof(Ref));
	bb->nvals = 0;
	bool given = false;
	for (u32 k = 0; k < n; k++) {
		Value *v = val(f, old[k]);
		r->pos = v->pos;
		u16 op = v->op;
		if (given && op != SSA_RESULT && op != SSA_PARAM && op != SSA_CLOSUREPTR) {
			leave_unallocatable(r);
			given = false;
		}
		if (op == SSA_PHI) {
			block_push(f, b, old[k]);
		} else if (op == SSA_PARAM || op == SSA_CLOSUREPTR) {
			u16 want = op == SSA_CLOSUREPTR ? r->ri->reg[r->ri->ctxt]
				: type_is_float(v->type) ? f->target->float_args[v->imm] : f->target->int_args[v->imm];
			u8 reg = 0;
			while (r->ri->reg[reg] != want)
				reg++;
			alloc_given(r, old[k], reg);
			given = true;
		} else if (op == SSA_RESULT) {
			Value *p = val(f, v->a[0]);
			u8 type, reg = op_is_call(p->op) ? abi_result_reg(f, p->call->abi, (u32)v->imm, &type) : r->ri->result(f, p, (u32)v->imm);
			CHECK(reg != NO_REG);
			alloc_given(r, old[k], reg);
			given = true;
		} else if (op_is_call(op)) {
			alloc_call(r, old[k]);
		} else if (r->vs[old[k]].pinned) {
			continue;
		} else if (r->vs[old[k]].remat) {
			continue; // made where it is used
		} else if (op < SSA_ARCH) {
			// Marks (VARDEF, KEEPALIVE, WBEND): no code; what they name is only used.
			Ref *args = value_args(v);
			for (u32 j = 0; j < v->nargs; j++)
				if (tracked(r, args[j])) {
					if (!r->vs[args[j]].regs && !r->vs[args[j]].remat)
						note_restore(r, args[j]);
					pop_use(r, args[j]);
					free_if_dead(r, args[j]);
				}
			block_push(f, b, old[k]);
		} else {
			alloc_value(r, old[k]);
		}
	}
	if (given)
		leave_unallocatable(r);
	bb = &f->blocks[b];
	r->pos = bb->pos;
	if (bb->kind == BLOCK_RET) {
		u8 targets[64];
		CHECK(bb->ncontrols <= 64);
		fixed_targets(r, bb->controls, bb->ncontrols, targets, f->target);
		place_fixed(r, bb->controls, bb->ncontrols, targets);
		r->nospill = 0;
	} else {
		for (u32 k = 0; k < bb->ncontrols; k++) {
			Ref c = bb->controls[k];
			if (type_has_reg(val(f, c)->type)) {
				u8 reg = load(r, c, class_of(r, val(f, c)->type) | REG_BIT(r->ri->g));
				r->nospill |= REG_BIT(reg);
				CHECK(k < 2);
				f->blocks[b].control_regs[k] = r->ri->reg[reg];
			}
		}
		r->nospill = 0;
	}
	bb = &f->blocks[b];
	for (u32 k = 0; k < bb->ncontrols; k++)
		if (tracked(r, bb->controls[k])) {
			pop_use(r, bb->controls[k]);
			free_if_dead(r, bb->controls[k]);
		}
	if (bb->nsuccs == 1 && r->bs[bb->succs[0]].header && !r->bs[bb->succs[0]].done)
		r->pos = last_pos(f, b), preload_for_loop(r, b);
	rb->end = RAWN(f->arena, RegVal, 32);
	for (u8 reg = 0; reg < 32; reg++)
		if (r->content[reg])
			rb->end[rb->nend++] = (RegVal){r->content[reg], reg};
	// Only the uses behind this block are left: forget them.
	for (u32 k = 0; k < rb->out.n; k++) {
		Ref v = rb->out.p[k].v;
		while (r->vs[v].use)
			pop_use(r, v);
		r->vs[v].regs = 0;
	}
	for (u8 reg = 0; reg < 32; reg++)
		if (r->content[reg])
			r->vs[r->content[reg]].regs = 0;
	rb->done = true;
}

// ---- edges ---------------------------------------------------------------------------------------

// A value in a memory phi's slot that this edge is about to overwrite.
static Ref edge_saved(Ref (*saved)[2], u32 n, Ref v)
{
	for (u32 i = 0; i < n; i++)
		if (saved[i][0] == v)
			return saved[i][1];
	return 0;
}

static Ref emit_slot(Ra *r, u16 op, u8 type, Ref of)
{
	Ref n = emit(r, op, type);
	val(r->f, n)->imm = of;
	return n;
}

static void shuffle_edge(Ra *r, BlockId p, BlockId s, u32 edge)
{
	Func *f = r->f;
	RaBlock *rp = &r->bs[p], *rs = &r->bs[s];
	BasicBlock *sb = &f->blocks[s];
	r->cur = p;
	r->pos = last_pos(f, p);
	for (u8 reg = 0; reg < 32; reg++)
		r->content[reg] = 0;
	r->used = r->nospill = r->avoid = 0;
	for (u32 j = 0; j < rp->nend; j++) {
		r->content[rp->end[j].r] = rp->end[j].v;
		r->vs[rp->end[j].v].regs |= REG_BIT(rp->end[j].r);
	}
	Ref want[32] = {0};     // by destination register: the value to be there
	RegSet dest = 0;
	u32 nphi = 0;
	for (u32 j = 0; j < rs->nstart; j++) {
		want[rs->start[j].r] = rs->start[j].v;
		dest |= REG_BIT(rs->start[j].r);
	}
	for (; nphi < sb->nvals && val(f, sb->vals[nphi])->op == SSA_PHI; nphi++) {
		Ref phi = sb->vals[nphi];
		if (!f->reg[phi])
			continue;
		u8 reg = 0;
		while (r->ri->reg[reg] != f->reg[phi])
			reg++;
		if (!val(f, phi)->uses)
			continue;
		want[reg] = value_args(val(f, phi))[edge];
		dest |= REG_BIT(reg);
	}
	// Values that are only in the slot of a memory phi of s, which is overwritten below, are saved first.
	Ref(*saved)[2] = NULL;
	u32 nsaved = 0;
	bool mem_phis = false;
	for (u32 k = 0; k < nphi; k++)
		mem_phis |= r->vs[sb->vals[k]].mem_phi;
	if (mem_phis) {
		saved = arena_alloc(f->arena, (nphi + 32) * sizeof *saved);
		for (u32 k = 0; k < nphi + 32; k++) {
			Ref v = k < nphi ? value_args(val(f, sb->vals[k]))[edge] : want[k - nphi];
			if (!v || r->vs[v].regs || !r->vs[v].mem_phi || val(f, v)->block != s || edge_saved(saved, nsaved, v))
				continue;
			if (k < nphi && sb->vals[k] == v)
				continue;
			u8 type = val(f, v)->type;
			Ref tmp = emit_slot(r, SSA_SLOTMOVE, type, v); // the value itself names the temporary slot
			val(f, tmp)->imm2 = tmp;
			saved[nsaved][0] = v, saved[nsaved][1] = tmp;
			nsaved++;
		}
	}
	// Into memory.
	for (u32 k = 0; k < nphi; k++) {
		Ref phi = sb->vals[k];
		if (!r->vs[phi].mem_phi)
			continue;
		Ref v = value_args(val(f, phi))[edge];
		u8 type = val(f, phi)->type;
		RaValue *x = &r->vs[v];
		if (v == phi)
			continue;
		if (x->pinned || x->regs) {
			u8 reg = x->pinned ? r->ri->g : (u8)__builtin_ctz(x->regs);
			Ref n = emit_slot(r, SSA_SPILL, type, phi);
			f->arg_regs[n][0] = r->ri->reg[reg];
		} else if (x->remat) {
			// A free register, or one saved in the scratch register meanwhile.
			RegSet cls = class_of(r, type), busy = 0;
			for (u8 reg = 0; reg < 32; reg++)
				busy |= r->content[reg] ? REG_BIT(reg) : 0;
			RegSet free = cls & ~busy;
			u8 reg = free ? (u8)__builtin_ctz(free) : (u8)__builtin_ctz(cls);
			u8 scratch = (u8)(31 - __builtin_clz(r->ri->floats) + 1);
			u8 t = type_is_float(type) ? SSA_F64 : SSA_I64;
			if (!free)
				emit_move(r, reg, scratch, t, 0);
			emit_remat(r, v, reg);
			Ref n = emit_slot(r, SSA_SPILL, type, phi);
			f->arg_regs[n][0] = r->ri->reg[reg];
			if (!free)
				emit_move(r, scratch, reg, t, 0);
		} else {
			Ref from = edge_saved(saved, nsaved, v);
			if (!from)
				note_restore(r, v);
			Ref n = emit_slot(r, SSA_SLOTMOVE, type, from ? from : v);
			val(f, n)->imm2 = phi;
		}
	}
	// Registers to registers.
	RegSet todo = 0, loads = 0;
	u8 src[32];
	for (RegSet m = dest; m; m &= m - 1) {
		u8 d = (u8)__builtin_ctz(m);
		Ref v = want[d];
		RaValue *x = &r->vs[v];
		if (r->content[d] == v)
			continue;
		if (x->pinned)
			src[d] = r->ri->g, todo |= REG_BIT(d);
		else if (x->regs)
			src[d] = (u8)__builtin_ctz(x->regs), todo |= REG_BIT(d);
		else
			loads |= REG_BIT(d);
	}
	// A value that stays in place may also be the source of copies: that is fine, it is never overwritten, since a
	// destination that holds its own value already is not in todo.
	while (todo) {
		RegSet sources = 0;
		for (RegSet m = todo; m; m &= m - 1)
			sources |= REG_BIT(src[__builtin_ctz(m)]);
		RegSet ready = todo & ~sources;
		if (ready) {
			for (; ready; ready &= ready - 1) {
				u8 d = (u8)__builtin_ctz(ready);
				emit_move(r, src[d], d, val(f, want[d])->type, want[d]);
				todo &= ~REG_BIT(d);
			}
			continue;
		}
		// Only cycles are left.
		u8 d = (u8)__builtin_ctz(todo), s0 = src[d];
		u8 type = val(f, want[d])->type;
		RegSet free = type_is_float(type) ? 0 : r->ri->ints & ~dest;
		for (u8 reg = 0; reg < 32 && free; reg++)
			if (r->content[reg])
				free &= ~REG_BIT(reg);
		if (type_is_float(type) || free) { // moves are cheaper than an exchange
			u8 scratch = free ? (u8)__builtin_ctz(free) : (u8)(31 - __builtin_clz(r->ri->floats) + 1);
			emit_move(r, d, scratch, free ? SSA_I64 : SSA_F64, 0);
			for (RegSet m = todo; m; m &= m - 1)
				if (src[__builtin_ctz(m)] == d)
					src[__builtin_ctz(m)] = scratch;
		} else {
			Ref n = emit(r, SSA_REGSWAP, SSA_I64);
			f->reg[n] = r->ri->reg[d];
			f->arg_regs[n][0] = r->ri->reg[s0];
			todo &= ~REG_BIT(d);
			for (RegSet m = todo; m; m &= m - 1) {
				u8 o = (u8)__builtin_ctz(m);
				if (src[o] == d)
					src[o] = s0;
				else if (src[o] == s0)
					src[o] = d;
			}
			for (RegSet m = todo; m; m &= m - 1)
				if (src[__builtin_ctz(m)] == __builtin_ctz(m))
					todo &= ~REG_BIT(__builtin_ctz(m));
		}
	}
	// From memory, and constants.
	for (; loads; loads &= loads - 1) {
		u8 d = (u8)__builtin_ctz(loads);
		Ref v = want[d], from = edge_saved(saved, nsaved, v);
		if (r->vs[v].remat) {
			emit_remat(r, v, d);
		} else if (from) {
			Ref n = emit_slot(r, SSA_RELOAD, val(f, v)->type, from);
			f->reg[n] = r->ri->reg[d];
		} else {
			emit_reload(r, v, d);
		}
	}
	for (u32 j = 0; j < rp->nend; j++)
		r->vs[rp->end[j].v].regs = 0;
}

// ---- spills --------------------------------------------------------------------------------------

typedef struct SpillAt { Ref v; u16 reg; u32 next; } SpillAt; // a list a block

static void place_spills(Ra *r)
{
	Func *f = r->f;
	Arena *a = f->arena;
	VEC(SpillAt) list = {0};
	vec_push(a, &list, (SpillAt){0});
	u32 *at_start = NEWN(a, u32, f->nblocks);   // by block
	bool *after = NEWN(a, bool, r->nvs);        // by value: right behind its definition
	bool *touched = NEWN(a, bool, f->nblocks);
	for (u32 i = 0; i < r->spilled.n; i++) {
		Ref v = r->spilled.p[i];
		if (r->vs[v].mem_phi)
			continue;
		BlockId def = val(f, v)->block, best = def;
		u16 reg = 0;
		float least = r->freq[def];
		for (BlockId b = r->vs[v].restore; b && b != def; b = f->blocks[b].idom) {
			if (r->freq[b] >= least)
				continue;
			RaBlock *rb = &r->bs[b];
			for (u32 k = 0; k < rb->nstart; k++)
				if (rb->start[k].v == v) {
					best = b, least = r->freq[b], reg = r->ri->reg[rb->start[k].r];
					break;
				}
		}
		touched[best] = true;
		if (best == def) {
			after[v] = true;
		} else {
			vec_push(a, &list, (SpillAt){v, reg, at_start[best]});
			at_start[best] = list.n - 1;
		}
	}
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		if (!touched[b])
			continue;
		BasicBlock *bb = &f->blocks[b];
		u32 n = bb->nvals;
		Ref *old = NEWN(a, Ref, n);
		if (n)
			memcpy(old, bb->vals, n * sizeof(Ref));
		bb->nvals = 0;
		r->cur = b;
		u32 k = 0;
		for (; k < n && val(f, old[k])->op == SSA_PHI; k++)
			block_push(f, b, old[k]);
		for (u32 j = 0; j < k; j++)
			if (after[old[j]]) {
				r->pos = val(f, old[j])->pos;
				Ref s = emit_slot(r, SSA_SPILL, val(f, old[j])->type, old[j]);
				f->arg_regs[s][0] = f->reg[old[j]];
			}
		for (u32 e = at_start[b]; e; e = list.p[e].next) {
			r->pos = k < n ? val(f, old[k])->pos : f->blocks[b].pos;
			Ref s = emit_slot(r, SSA_SPILL, val(f, list.p[e].v)->type, list.p[e].v);
			f->arg_regs[s][0] = list.p[e].reg;
		}
		for (; k < n; k++) {
			block_push(f, b, old[k]);
			if (old[k] < r->nvs && after[old[k]]) {
				r->pos = val(f, old[k])->pos;
				Ref s = emit_slot(r, SSA_SPILL, val(f, old[k])->type, old[k]);
				f->arg_regs[s][0] = f->reg[old[k]];
			}
		}
	}
}

// ---- slots ---------------------------------------------------------------------------------------

typedef struct Range { u32 start, end; Ref v; } Range;

static int range_cmp(const void *a, const void *b)
{
	const Range *x = a, *y = b;
	return x->start != y->start ? (x->start < y->start ? -1 : 1) : x->v < y->v ? -1 : x->v > y->v;
}

// The home of a register parameter in the spill area above the arguments, if v is one.
static bool param_home(Func *f, const Value *v, i64 *off)
{
	if (v->op != SSA_PARAM)
		return false;
	for (u32 i = 0; i < f->abi->nparams; i++) {
		AbiValue *p = &f->abi->params[i];
		if (!p->in_regs || p->home_taken)
			continue;
		for (u32 k = 0; k < p->n; k++) {
			AbiPart *part = &f->abi->parts[p->first + k];
			if (part->reg == v->imm && type_is_float(part->type) == type_is_float(v->type)) {
				*off = p->spill_off + part->offset;
				return true;
			}
		}
	}
	return false;
}

static void assign_slots(Ra *r)
{
	Func *f = r->f;
	Arena *a = f->arena;
	f->spill_slot = NEWN(a, u32, f->nvals);
	f->nspills = f->nvals;
	VEC(Range) ranges[2] = {{0}, {0}};
	for (u32 i = 0; i < r->spilled.n; i++) {
		Ref v = r->spilled.p[i];
		i64 off;
		u8 type = val(f, v)->type;
		if (param_home(f, val(f, v), &off)) {
			u32 s = slot_new(f, NULL, NULL, 8, 8);
			f->slots[s].is_param = true;
			f->slots[s].offset = off;
			f->slots[s].spill_type = type;
			f->spill_slot[v] = s + 1;
			continue;
		}
		vec_push(a, &ranges[type == SSA_PTR], (Range){r->vs[v].start, r->vs[v].end, v});
	}
	for (int cls = 0; cls < 2; cls++) {
		if (!ranges[cls].n)
			continue;
		qsort(ranges[cls].p, ranges[cls].n, sizeof(Range), range_cmp);
		// A binary heap of (end, slot) of ranges that still live.
		u32 n = 0;
		Range *heap = NEWN(a, Range, ranges[cls].n + 1); // v: slot
		for (u32 i = 0; i < ranges[cls].n; i++) {
			Range x = ranges[cls].p[i];
			u32 slot;
			if (n && heap[0].end < x.start) {
				slot = heap[0].v;
			} else {
				slot = slot_new(f, NULL, NULL, 8, 8);
				f->slots[slot].spill_type = cls ? SSA_PTR : SSA_I64;
				heap[n++] = (Range){0, UINT32_MAX, slot};
				u32 k = n - 1;
				while (k && heap[(k - 1) / 2].end > heap[k].end) {
					Range t = heap[k];
					heap[k] = heap[(k - 1) / 2], heap[(k - 1) / 2] = t;
					k = (k - 1) / 2;
				}
				// The new one is in place k: give it its end and sift it up.
				heap[k].end = x.end;
				while (k && heap[(k - 1) / 2].end > heap[k].end) {
					Range t = heap[k];
					heap[k] = heap[(k - 1) / 2], heap[(k - 1) / 2] = t;
					k = (k - 1) / 2;
				}
				f->spill_slot[x.v] = slot + 1;
				continue;
			}
			heap[0].end = x.end;
			for (u32 k = 0;;) {
				u32 c = 2 * k + 1;
				if (c >= n)
					break;
				if (c + 1 < n && heap[c + 1].end < heap[c].end)
					c++;
				if (heap[k].end <= heap[c].end)
					break;
				Range t = heap[k];
				heap[k] = heap[c], heap[c] = t;
				k = c;
			}
			f->spill_slot[x.v] = slot + 1;
		}
	}
	// Name the slots in the instructions.
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref ref = bb->vals[k];
			u16 op = val(f, ref)->op;
			if (op != SSA_SPILL && op != SSA_RELOAD && op != SSA_SLOTMOVE)
				continue;
			Ref from = (Ref)val(f, ref)->imm, to = (Ref)val(f, ref)->imm2;
			if (op == SSA_SLOTMOVE && to == ref && !f->spill_slot[ref]) {
				u32 s = slot_new(f, NULL, NULL, 8, 8);
				f->slots[s].spill_type = val(f, ref)->type == SSA_PTR ? SSA_PTR : SSA_I64;
				f->spill_slot[ref] = s + 1;
			}
			Value *v = val(f, ref);
			CHECK(f->spill_slot[from] != 0);
			if (op == SSA_SLOTMOVE) {
				CHECK(f->spill_slot[to] != 0);
				v->imm = f->spill_slot[from] - 1;
				v->imm2 = f->spill_slot[to] - 1;
			} else {
				v->imm2 = f->spill_slot[from] - 1;
			}
		}
	}
}

// Linear ranges of values, for sharing slots.
static void ranges(Ra *r)
{
	Func *f = r->f;
	u32 pos = 1;
	for (u32 v = 0; v < r->nvs; v++)
		r->vs[v].start = UINT32_MAX;
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		RaBlock *rb = &r->bs[b];
		rb->pos = pos;
		for (u32 k = 0; k < rb->in.n; k++) {
			RaValue *x = &r->vs[rb->in.p[k].v];
			x->start = MIN(x->start, pos);
			x->end = MAX(x->end, pos);
		}
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			u32 at = v->op == SSA_PHI ? pos : pos + 1 + k;
			RaValue *x = &r->vs[bb->vals[k]];
			x->start = MIN(x->start, at);
			x->end = MAX(x->end, at);
			if (v->op != SSA_PHI)
				for (u32 j = 0; j < v->nargs; j++)
					r->vs[value_args(v)[j]].end = MAX(r->vs[value_args(v)[j]].end, at);
		}
		pos += bb->nvals + 2;
		for (u32 k = 0; k < bb->ncontrols; k++)
			r->vs[bb->controls[k]].end = MAX(r->vs[bb->controls[k]].end, pos);
		for (u32 k = 0; k < rb->out.n; k++) {
			RaValue *x = &r->vs[rb->out.p[k].v];
			x->start = MIN(x->start, pos);
			x->end = MAX(x->end, pos);
		}
		pos++;
		// The phis of the successor are written at the end of this block.
		if (bb->nsuccs == 1) {
			BasicBlock *sb = &f->blocks[bb->succs[0]];
			for (u32 k = 0; k < sb->nvals && val(f, sb->vals[k])->op == SSA_PHI; k++) {
				RaValue *x = &r->vs[sb->vals[k]];
				x->start = MIN(x->start, pos - 1);
				x->end = MAX(x->end, pos - 1);
			}
		}
	}
}

void pass_regalloc(Func *f)
{
	Ra ra = {.f = f, .ri = f->target->regs, .nvs = f->nvals};
	Ra *r = &ra;
	Arena *a = f->arena;
	r->cregs = f->nvals * 2 + 64;
	f->first_inserted = f->nvals;
	f->reg = NEWN(a, u16, r->cregs);
	f->arg_regs = arena_alloc(a, r->cregs * sizeof *f->arg_regs);
	r->vs = NEWN(a, RaValue, r->nvs);
	r->bs = NEWN(a, RaBlock, f->nblocks);
	r->cuses = 256, r->nuses = 1;
	r->uses = RAWN(a, Use, r->cuses);
	r->uses[0] = (Use){0};
	r->dist = NEWN(a, i32, r->nvs);
	for (u32 v = 1; v < r->nvs; v++) {
		Value *x = val(f, v);
		r->vs[v].hint = NO_REG;
		r->vs[v].pinned = x->op == SSA_GETG;
		r->vs[v].tracked = type_has_reg(x->type) && !r->vs[v].pinned && x->block != 0;
		r->vs[v].remat = x->op >= SSA_ARCH && r->ri->remat(x);
	}
	r->depth = block_dom_depth(f, a);
	r->freq = block_frequencies(f, a);
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		r->bs[b].index = i;
		for (u32 k = 0; k < bb->npreds; k++)
			if (f->blocks[bb->preds[k]].nsuccs == 1)
				r->bs[bb->preds[k]].pred_index = k;
	}
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		for (u32 k = 0; k < bb->npreds; k++)
			r->bs[b].header |= r->bs[bb->preds[k]].index >= i;
	}
	liveness(r);
	distances(r);
	hints(r);
	ranges(r);
	for (u32 i = 0; i < f->norder; i++)
		alloc_block(r, f->order[i]);
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		u32 n = f->blocks[b].npreds;
		if (n > 1)
			for (u32 k = 0; k < n; k++)
				shuffle_edge(r, f->blocks[b].preds[k], b, k);
	}
	place_spills(r);
	assign_slots(r);
	f->starts = f->debug.nmarks ? NEWN(a, BlockStart, f->nblocks) : NULL;
	for (u32 i = 0; i < f->norder && f->starts; i++) {
		RaBlock *rb = &r->bs[f->order[i]];
		f->starts[f->order[i]] = (BlockStart){rb->start, rb->nstart, rb->in.p, rb->in.n};
	}
}
