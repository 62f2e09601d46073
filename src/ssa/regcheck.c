// regcheck.c: proves that register allocation kept the program: follows what every register and slot holds along all
// paths, and stops with bug() at the first value that reads a register which does not hold its argument. For tests
// and -d: it takes longer than the allocation.
#include "ssa/backend.h"

enum { TOP = UINT32_MAX };  // not reached yet: anything

typedef struct Check {
	Func *f;
	const RegInfo *ri;
	u32 n;              // locations: 32 registers, then the slots
	Ref **in;           // by block
	bool report;
} Check;

static u32 reg_index(Check *c, u16 reg)
{
	for (u32 i = 0; i < 32; i++)
		if (c->ri->reg[i] == reg)
			return i;
	bug("no such register %u", reg);
}

static void expect(Check *c, const Ref *s, u32 loc, Ref want, BlockId b, Ref at, const char *what)
{
	if (!c->report || s[loc] == want || s[loc] == TOP)
		return;
	if (val(c->f, want)->op == SSA_GETG && loc == c->ri->g)
		return;
	ssa_dump(stderr, c->f, "regalloc");
	bug("%s: b%u v%u: v%u is not in location %u, which holds v%u", what, b, at, want, loc, s[loc]);
}

static void fixed(Check *c, Ref *s, const Ref *args, u32 n, BlockId b, Ref at)
{
	u32 ni = 0, nf = 0;
	for (u32 i = 0; i < n; i++) {
		u16 reg = type_is_float(val(c->f, args[i])->type) ? c->f->target->float_args[nf++] : c->f->target->int_args[ni++];
		expect(c, s, reg_index(c, reg), args[i], b, at, "fixed argument");
	}
}

static void walk(Check *c, BlockId b, Ref *s)
{
	Func *f = c->f;
	BasicBlock *bb = &f->blocks[b];
	for (u32 k = 0; k < bb->nvals; k++) {
		Ref r = bb->vals[k];
		Value *v = val(f, r);
		Ref *args = value_args(v);
		u16 *in = f->arg_regs[r];
		switch (v->op) {
		case SSA_PHI: case SSA_GETG: case SSA_VARDEF: case SSA_VARLIVE: case SSA_KEEPALIVE: case SSA_WBEND:
			continue;
		case SSA_REGMOVE:
			CHECK(f->reg[r] != c->ri->reg[c->ri->g]);
			// g is in its register always, behind calls too.
			s[reg_index(c, f->reg[r])] = in[0] == c->ri->reg[c->ri->g] && val(f, (Ref)v->imm)->op == SSA_GETG ? (Ref)v->imm
				: s[reg_index(c, in[0])];
			continue;
		case SSA_REGSWAP: {
			u32 x = reg_index(c, f->reg[r]), y = reg_index(c, in[0]);
			Ref t = s[x];
			s[x] = s[y], s[y] = t;
			continue;
		}
		case SSA_SPILL: s[32 + v->imm2] = s[reg_index(c, in[0])]; continue;
		case SSA_RELOAD:
			CHECK(f->reg[r] != c->ri->reg[c->ri->g]);
			s[reg_index(c, f->reg[r])] = s[32 + v->imm2]; continue;
		case SSA_SLOTMOVE: s[32 + v->imm2] = s[32 + v->imm]; continue;
		case SSA_PARAM: case SSA_CLOSUREPTR: case SSA_RESULT:
			s[reg_index(c, f->reg[r])] = r;
			continue;
		}
		if (op_is_call(v->op)) {
			u32 skip = v->op == SSA_CALLCLOSURE || v->op == SSA_CALLPTR;
			if (skip)
				expect(c, s, reg_index(c, in[0]), args[0], b, r, "code pointer");
			fixed(c, s, args + skip, v->nargs - skip, b, r);
			for (u32 i = 0; i < 32; i++)
				s[i] = 0;
			continue;
		}
		if (v->op < SSA_ARCH)
			continue;
		RegNeed need = {0};
		c->ri->need(f, v, &need);
		CHECK(f->reg[r] != c->ri->reg[c->ri->g]);
		for (u32 i = 0; i < v->nargs; i++)
			if (need.in[i]) {
				CHECK(in[i] != 0);
				expect(c, s, reg_index(c, in[i]), args[i], b, r, "argument");
			}
		if (need.tie && f->reg[r])
			CHECK(f->reg[r] == in[0]);
		for (RegSet m = need.clobber; m; m &= m - 1)
			s[__builtin_ctz(m)] = 0;
		if (f->reg[r])
			s[reg_index(c, f->reg[r])] = v->nargs == 0 && c->ri->remat(v) && v->a[0] ? v->a[0] : r;
	}
	if (bb->kind == BLOCK_RET)
		fixed(c, s, bb->controls, bb->ncontrols, b, 0);
	else
		for (u32 k = 0; k < bb->ncontrols; k++)
			if (bb->control_regs[k] && type_has_reg(val(f, bb->controls[k])->type))
				expect(c, s, reg_index(c, bb->control_regs[k]), bb->controls[k], b, 0, "control");
}

// The state at the end of p as s sees it: what phis are called there.
static void edge(Check *c, BlockId p, BlockId to, u32 pi, const Ref *end, Ref *out)
{
	Func *f = c->f;
	BasicBlock *sb = &f->blocks[to];
	memcpy(out, end, c->n * sizeof(Ref));
	for (u32 k = 0; k < sb->nvals && val(f, sb->vals[k])->op == SSA_PHI; k++) {
		Ref phi = sb->vals[k], a = value_args(val(f, phi))[pi];
		if (!val(f, phi)->uses)
			continue;
		u32 loc = f->reg[phi] ? reg_index(c, f->reg[phi]) : f->spill_slot[phi] ? 32 + f->spill_slot[phi] - 1 : TOP;
		if (loc == TOP)
			continue;
		expect(c, end, loc, a, p, phi, "phi");
		out[loc] = phi;
	}
}

void regalloc_check(Func *f)
{
	Check check = {.f = f, .ri = f->target->regs, .n = 32 + f->nslots}, *c = &check;
	Arena *a = f->arena;
	c->in = NEWN(a, Ref *, f->nblocks);
	for (u32 i = 0; i < f->norder; i++) {
		c->in[f->order[i]] = NEWN(a, Ref, c->n);
		memset(c->in[f->order[i]], i ? 0xff : 0, c->n * sizeof(Ref));
	}
	if (f->deferreturn_block)
		memset(c->in[f->deferreturn_block], 0, c->n * sizeof(Ref));
	Ref *s = NEWN(a, Ref, c->n), *t = NEWN(a, Ref, c->n);
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 0; i < f->norder; i++) {
			BlockId b = f->order[i];
			memcpy(s, c->in[b], c->n * sizeof(Ref));
			walk(c, b, s);
			BasicBlock *bb = &f->blocks[b];
			for (u32 k = 0; k < bb->nsuccs; k++) {
				BlockId to = bb->succs[k];
				BasicBlock *sb = &f->blocks[to];
				for (u32 j = 0; j < sb->npreds; j++) {
					if (sb->preds[j] != b)
						continue;
					edge(c, b, to, j, s, t);
					for (u32 x = 0; x < c->n; x++) {
						Ref old = c->in[to][x], now = old == TOP ? t[x] : t[x] == TOP || t[x] == old ? old : 0;
						if (now != old)
							c->in[to][x] = now, changed = true;
					}
				}
			}
		}
	}
	c->report = true;
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		memcpy(s, c->in[b], c->n * sizeof(Ref));
		walk(c, b, s);
		BasicBlock *bb = &f->blocks[b];
		for (u32 k = 0; k < bb->nsuccs; k++) {
			BasicBlock *sb = &f->blocks[bb->succs[k]];
			for (u32 j = 0; j < sb->npreds; j++)
				if (sb->preds[j] == b)
					edge(c, b, bb->succs[k], j, s, t);
		}
	}
}
