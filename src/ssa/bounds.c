// bounds.c: bounds checks that cannot fail go. What is known of a value in a block is an interval, from how it is
// computed (loop counters from their start) and from the branches that dominate the block, and comparisons with the
// length itself. Every walk has a limit, so the pass is linear.
#include "ssa/backend.h"

enum { MAX_DEPTH = 14, MAX_STEPS = 48, MAX_CHECKS = 16, MAX_PHIS = 3 }; // a phi or choice counts six of depth

static const i64 NEAR = (i64)1 << 62;

typedef struct Interval { i64 lo, hi; } Interval; // signed, inclusive
typedef struct Bounds { Func *f; u32 *depth; Ref *last, *before; } Bounds; // of a length: the checks against it seen so far

static Ref strip(Func *f, Ref r)
{
	while (val(f, r)->op == SSA_COPY || val(f, r)->op == SSA_BOUNDS)
		r = val(f, r)->a[0];
	return r;
}

// r = *base + c.
static i64 split(Func *f, Ref r, Ref *base)
{
	i64 c;
	r = strip(f, r);
	Value *v = val(f, r);
	if (v->op == SSA_ADD && value_is_const(f, v->a[1], &c)) {
		*base = strip(f, v->a[0]);
		return c;
	}
	*base = r;
	return 0;
}

static Interval of_type(u8 type)
{
	u32 bits = ssa_type_size(type) * 8;
	return bits >= 64 ? (Interval){INT64_MIN, INT64_MAX} : (Interval){-((i64)1 << (bits - 1)), ((i64)1 << (bits - 1)) - 1};
}

static Interval meet(Interval a, Interval b) { return (Interval){MAX(a.lo, b.lo), MIN(a.hi, b.hi)}; }

// The branch that block x is the only way into; its condition was *yes. 0: there is none.
static Ref condition(Func *f, BlockId x, bool *yes)
{
	BasicBlock *xb = &f->blocks[x];
	if (xb->npreds != 1 || xb->preds[0] != xb->idom)
		return 0;
	BasicBlock *db = &f->blocks[xb->idom];
	if (db->kind != BLOCK_IF || db->succs[0] == db->succs[1])
		return 0;
	*yes = db->succs[0] == x;
	Ref c = db->controls[0];
	while (val(f, c)->op == SSA_COPY)
		c = val(f, c)->a[0];
	return c;
}

// A comparison as "a < b" or "a <= b". false: it is neither.
static bool less(Func *f, Ref c, bool yes, Ref *a, Ref *b, bool *strict, bool *uns)
{
	Value *v = val(f, c);
	if (v->op != SSA_LT && v->op != SSA_LE && v->op != SSA_ULT && v->op != SSA_ULE)
		return false;
	*uns = v->op == SSA_ULT || v->op == SSA_ULE;
	*strict = (v->op == SSA_LT || v->op == SSA_ULT) == yes;
	*a = strip(f, v->a[!yes]);
	*b = strip(f, v->a[yes]);
	return true;
}

static Interval interval(Func *f, Ref r, BlockId at, u32 depth);

// What the branches above `at` say of r.
static Interval of_branches(Func *f, Ref r, BlockId at, u32 depth)
{
	Interval i = of_type(val(f, r)->type), all = i;
	u32 steps = 0;
	for (BlockId x = at; x && steps < MAX_STEPS; x = f->blocks[x].idom, steps++) {
		bool yes, strict, uns;
		Ref c = condition(f, x, &yes), a, b;
		i64 k;
		if (!c)
			continue;
		Value *v = val(f, c);
		if (((v->op == SSA_EQ && yes) || (v->op == SSA_NE && !yes)) && strip(f, v->a[0]) == r && value_is_const(f, v->a[1], &k))
			return (Interval){k, k};
		if (!less(f, c, yes, &a, &b, &strict, &uns))
			continue;
		if (a == r && value_is_const(f, b, &k)) {
			if (uns && k < 0)
				continue;
			if (strict && k == all.lo)
				continue; // this place is never reached
			i = meet(i, (Interval){uns ? 0 : all.lo, k - strict});
		} else if (b == r && value_is_const(f, a, &k)) {
			if (uns || (strict && k == all.hi))
				continue;
			i = meet(i, (Interval){k + strict, all.hi});
		} else if (a == r && strict && !uns) {
			i = meet(i, (Interval){all.lo, all.hi - 1});
		} else if (b == r && !uns && depth == 0) {
			i64 lo = interval(f, a, at, depth + 6).lo;
			i = meet(i, (Interval){lo < all.hi ? lo + strict : lo, all.hi});
		}
	}
	return i;
}

// A phi of a start and of itself plus a constant: the start's number among its arguments, or -1.
static int counter(Func *f, Ref r, i64 *step)
{
	Value *v = val(f, r);
	if (v->op != SSA_PHI || v->nargs != 2)
		return -1;
	for (int i = 0; i < 2; i++) {
		Ref base;
		i64 c = split(f, v->a[i], &base);
		if (c && base == r && val(f, v->a[i])->block != 0) {
			*step = c;
			return 1 - i;
		}
	}
	return -1;
}

static Interval of_phi(Func *f, Ref r, u32 depth)
{
	Value *v = val(f, r);
	Interval all = of_type(v->type), i = {INT64_MAX, INT64_MIN};
	BlockId b = v->block;
	i64 step;
	int start = counter(f, r, &step);
	if (start >= 0) {
		// By one, 64 bits are not run through from near zero. Else a branch before the addition must keep it from wrapping.
		BlockId back = f->blocks[b].preds[1 - start];
		Interval s = interval(f, v->a[start], f->blocks[b].preds[start], depth + 2);
		bool wraps = v->type != SSA_I64 || (step != 1 && step != -1) || (step > 0 ? s.hi > NEAR : s.lo < -NEAR);
		if (wraps) {
			Interval n = of_branches(f, r, back, depth + 1);
			wraps = step > 0 ? n.hi > all.hi - step : n.lo < all.lo - step;
		}
		if (wraps)
			return all;
		return step > 0 ? (Interval){s.lo, all.hi} : (Interval){all.lo, s.hi};
	}
	if (v->nargs > 4)
		return all;
	for (u32 k = 0; k < v->nargs; k++) {
		Interval a = strip(f, value_args(v)[k]) == r ? i : interval(f, value_args(v)[k], f->blocks[b].preds[k], depth + 6);
		i.lo = MIN(i.lo, a.lo), i.hi = MAX(i.hi, a.hi);
	}
	return i;
}

// What r is wherever it is computed.
static Interval of_value(Func *f, Ref r, BlockId at, u32 depth)
{
	Value *v = val(f, r);
	Interval all = of_type(v->type);
	i64 c;
	switch (v->op) {
	case SSA_CONST:
		return (Interval){v->imm, v->imm};
	case SSA_ZEXT: {
		u32 bits = ssa_type_size(val(f, v->a[0])->type) * 8;
		if (bits >= 64)
			return all;
		Interval max = {0, ((i64)1 << bits) - 1}, in = interval(f, v->a[0], at, depth + 1);
		return in.lo >= 0 ? meet(max, in) : max;
	}
	case SSA_SEXT:
		return interval(f, v->a[0], at, depth + 1);
	case SSA_AND:
		for (u32 i = 0; i < 2; i++)
			if (value_is_const(f, v->a[i], &c) && c >= 0)
				return (Interval){0, c};
		return all;
	case SSA_SHR:
		if (value_is_const(f, v->a[1], &c) && c > 0 && c < ssa_type_size(v->type) * 8) {
			Interval in = interval(f, v->a[0], at, depth + 1);
			return in.lo >= 0 ? (Interval){in.lo >> c, in.hi >> c}
				: (Interval){0, (i64)(UINT64_MAX >> (64 - ssa_type_size(v->type) * 8) >> c)};
		}
		return all;
	case SSA_SHL: case SSA_MUL: {
		Interval in, out;
		if (!value_is_const(f, v->a[1], &c) || c < 0 || (v->op == SSA_SHL && c > 62))
			return all;
		i64 factor = v->op == SSA_SHL ? (i64)1 << c : c;
		in = interval(f, v->a[0], at, depth + 1);
		if (!__builtin_mul_overflow(in.lo, factor, &out.lo) && !__builtin_mul_overflow(in.hi, factor, &out.hi) && out.lo >= all.lo
		    && out.hi <= all.hi)
			return out;
		return all;
	}
	case SSA_HMULU: {
		if (!value_is_const(f, v->a[1], &c) || v->type != SSA_I64)
			return all;
		Interval in = interval(f, v->a[0], at, depth + 1);
		u64 most = (u64)(((unsigned __int128)(in.lo >= 0 ? (u64)in.hi : UINT64_MAX) * (u64)c) >> 64);
		return most <= INT64_MAX ? (Interval){0, (i64)most} : all;
	}
	case SSA_TRUNC: {
		Interval in = interval(f, v->a[0], at, depth + 1);
		return in.lo >= all.lo && in.hi <= all.hi ? in : all;
	}
	case SSA_SUB: {
		if (v->imm) // what fold.c made of a remainder
			return v->imm2 ? (Interval){-v->imm, v->imm} : (Interval){0, v->imm};
		Interval a = interval(f, v->a[0], at, depth + 6), b = interval(f, v->a[1], at, depth + 6), out;
		if (!__builtin_sub_overflow(a.lo, b.hi, &out.lo) && !__builtin_sub_overflow(a.hi, b.lo, &out.hi) && out.lo >= all.lo && out.hi <= all.hi)
			return out;
		return all;
	}
	case SSA_SAR:
		if (value_is_const(f, v->a[1], &c) && c >= 0 && c < 64) {
			Interval in = interval(f, v->a[0], at, depth + 1);
			return (Interval){in.lo >> c, in.hi >> c};
		}
		return all;
	case SSA_MODU:
		if (value_is_const(f, v->a[1], &c) && c > 0)
			return (Interval){0, c - 1};
		return all;
	case SSA_ADD:
		if (value_is_const(f, v->a[1], &c)) {
			Interval in = interval(f, v->a[0], at, depth + 1), out;
			if (!__builtin_add_overflow(in.lo, c, &out.lo) && !__builtin_add_overflow(in.hi, c, &out.hi) && out.lo >= all.lo && out.hi <= all.hi)
				return out;
		}
		return all;
	case SSA_SELECT: {
		Interval a = interval(f, v->a[1], at, depth + 6), b = interval(f, v->a[2], at, depth + 6);
		return (Interval){MIN(a.lo, b.lo), MAX(a.hi, b.hi)};
	}
	case SSA_PHI:
		return of_phi(f, r, depth);
	}
	return all;
}

static Interval interval(Func *f, Ref r, BlockId at, u32 depth)
{
	r = strip(f, r);
	if (val(f, r)->op == SSA_CONST)
		return (Interval){val(f, r)->imm, val(f, r)->imm};
	if (depth > MAX_DEPTH)
		return of_type(val(f, r)->type);
	Interval i = of_value(f, r, at, depth);
	return i.lo == i.hi ? i : meet(i, of_branches(f, r, at, depth));
}

static bool dominates(Bounds *x, BlockId a, BlockId b)
{
	u32 steps = 0;
	while (x->depth[b] > x->depth[a] && steps++ < MAX_STEPS)
		b = x->f->blocks[b].idom;
	return a == b;
}

// base + c < len (strict) or <= len follows from base < large (fact_strict) or base <= large, where large is len or
// something less. A length is not negative, so that it does not wrap when less is taken from it.
static bool reaches(Func *f, i64 c, Ref len, bool strict, Ref large, bool fact_strict)
{
	Ref lb;
	i64 lc = split(f, large, &lb);
	if (lb != len || lc > 0 || lc < -(i64)INT32_MAX)
		return false;
	i64 slack = fact_strict - lc; // base + slack <= len
	return strict ? c < slack : c <= slack;
}

// phi + c <= len: what it begins with is that small, and nothing is added to it. Subtractions must not wrap.
static bool stays_below(Func *f, Ref phi, i64 c, Ref len, u32 depth)
{
	Value *v = val(f, phi);
	if (v->op != SSA_PHI || v->nargs > 4 || depth > MAX_PHIS)
		return false;
	for (u32 k = 0; k < v->nargs; k++) {
		Ref base;
		i64 ac = split(f, value_args(v)[k], &base), n;
		if (value_is_const(f, base, &n)) {
			if (ac || n > INT32_MAX || n + c > 0)
				return false;
		} else if (base == len) {
			if (ac > 0 || ac < -(i64)INT32_MAX || ac + c > 0)
				return false;
		} else {
			if (ac > 0 || ac < -(i64)INT32_MAX || (ac < 0 && interval(f, base, f->blocks[v->block].preds[k], 1).lo < -ac))
				return false;
			if (base != phi && !stays_below(f, base, c + ac, len, depth + 1))
				return false;
		}
	}
	return true;
}

// r is not zero, by a branch above b.
static bool not_zero(Func *f, Ref r, BlockId b)
{
	u32 steps = 0;
	i64 k;
	r = strip(f, r);
	for (BlockId d = b; d && steps < MAX_STEPS; d = f->blocks[d].idom, steps++) {
		bool yes;
		Ref c = condition(f, d, &yes);
		Value *v = val(f, c);
		if (c && v->op == (yes ? SSA_NE : SSA_EQ) && strip(f, v->a[0]) == r && value_is_const(f, v->a[1], &k) && k == 0)
			return true;
	}
	return false;
}

// Part of a slice that has elements left behind it (x->last has the check) begins within it: SAR(NEG(cap - i), 63) is -1.
static bool is_slice_mask(Bounds *x, Ref r, BlockId b)
{
	Func *f = x->f;
	Value *v = val(f, r), *neg = val(f, v->a[0]), *d = val(f, neg->a[0]);
	i64 k;
	if (v->type != SSA_I64 || neg->op != SSA_NEG || d->op != SSA_SUB || !value_is_const(f, v->a[1], &k) || k != 63)
		return false;
	Ref len = strip(f, d->a[0]), base;
	i64 c = split(f, d->a[1], &base);
	u32 steps = 0;
	if (!x->last || interval(f, d->a[1], b, 1).lo < 0)
		return false;
	for (Ref o = x->last[len]; o && steps < MAX_CHECKS; o = x->before[o], steps++) {
		Value *w = val(f, o);
		Ref ob;
		i64 oc = w->op == SSA_BOUNDS ? split(f, w->a[0], &ob) : 0;
		if (w->op == SSA_BOUNDS && ob == base && oc + (w->imm == BOUNDS_INDEX) > c && oc - c <= INT32_MAX && dominates(x, w->block, b))
			return true;
	}
	return false;
}

// Proves the check r, which stands in block b.
static bool holds(Bounds *x, Ref r, BlockId b)
{
	Func *f = x->f;
	Value *v = val(f, r);
	Ref ix = strip(f, v->a[0]), len = strip(f, v->a[1]), base;
	bool strict = v->imm == BOUNDS_INDEX;
	if (v->imm == BOUNDS_CONVERT)
		return false;
	i64 k;
	Interval i = interval(f, ix, b, 0);
	if (i.lo < 0)
		return false;
	if (!strict && ix == len)
		return true;
	if (value_is_const(f, len, &k))
		return k >= 0 && (strict ? i.hi < k : i.hi <= k);
	// The length itself has been compared with something at least as large.
	Interval l = of_branches(f, len, b, 1);
	if (strict ? i.hi < l.lo : i.hi <= l.lo)
		return true;
	i64 c = split(f, ix, &base);
	bool is_length = v->imm == BOUNDS_INDEX || v->imm == BOUNDS_SLICE_ALEN || v->imm == BOUNDS_SLICE_ACAP;
	u32 steps = 0;
	for (Ref o = x->last[len]; o && steps < MAX_CHECKS; o = x->before[o], steps++) {
		Value *w = val(f, o);
		if (w->op != SSA_BOUNDS || !dominates(x, w->block, b))
			continue;
		Ref ob;
		i64 oc = split(f, w->a[0], &ob);
		i64 n;
		bool below = w->imm == BOUNDS_INDEX;
		if (strip(f, w->a[0]) == ix && (below || !strict))
			return true;
		if (value_is_const(f, strip(f, w->a[0]), &n) && (strict && !below ? i.hi < n : i.hi <= n))
			return true;
		// base + c <= base + oc, which has been checked; neither wraps, for base + c is not negative.
		if (ob == base && c <= oc && (below || !strict || c < oc) && interval(f, base, b, 1).lo >= 0 && c >= 0)
			return true;
	}
	if (base == len && is_length)
		return strict ? c < 0 : c <= 0;
	if (c < 0 && interval(f, base, b, 1).lo < 0)
		return false;
	if (is_length && c >= -(i64)INT32_MAX && c + strict <= 0 && stays_below(f, base, c + strict, len, 0))
		return true;
	// Branches on the index.
	steps = 0;
	for (BlockId d = b; d && steps < MAX_STEPS; d = f->blocks[d].idom, steps++) {
		bool yes, fact_strict, uns;
		Ref cond = condition(f, d, &yes), small, large;
		if (!cond || !less(f, cond, yes, &small, &large, &fact_strict, &uns))
			continue;
		if (small == ix && large == len && (fact_strict || !strict))
			return true;
		if (!uns && is_length && small == base && reaches(f, c, len, strict, large, fact_strict))
			return true;
	}
	return false;
}

void pass_bounds(Func *f)
{
	Bounds x = {.f = f};
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		for (u32 k = 0; k < f->blocks[b].nvals; k++) {
			Ref r = f->blocks[b].vals[k];
			Value *v = val(f, r);
			if ((v->op == SSA_CTZ || v->op == SSA_BITLEN) && !(v->flags & VF_BOUNDED) && not_zero(f, v->a[0], b))
				v->flags |= VF_BOUNDED;
			if (v->op == SSA_SAR && is_slice_mask(&x, r, b)) {
				value_set_args(f, r, NULL, 0);
				v->op = SSA_CONST;
				v->imm = -1;
			}
			if (v->op != SSA_BOUNDS)
				continue;
			if (!x.last) {
				x.depth = block_dom_depth(f, f->arena);
				x.last = NEWN(f->arena, Ref, f->nvals);
				x.before = NEWN(f->arena, Ref, f->nvals);
			}
			if (holds(&x, r, b)) {
				value_to_copy(f, r, v->a[0]);
				continue;
			}
			Ref len = strip(f, v->a[1]);
			x.before[r] = x.last[len];
			x.last[len] = r;
		}
	}
}
