// lower.c: architecture-neutral values to amd64's machine values, in one forward pass over each block: addressing
// modes, immediate and memory operands, comparisons fused with what tests them, expansions of copies and clears.
//
// Invariant: a value of type FLAGS stands directly before its consumers (or last before the block's branch), with
// nothing between that the allocator could make change the flags. A load is folded into its only user only if no
// store, call or check lies between.
#include "ssa/amd64/machine.h"

typedef struct Lower {
	Func *f;
	BlockId b;
	u32 pos;
	u32 *epoch;         // by value: of loads, the memory state they read
	u32 now;
	u32 n0;             // number of values at the beginning: later ones have no epoch
	u32 *flag_uses;     // by value: comparisons used by branches and selects
	Ref *subst;         // by value: what replaces it
	bool no_fold;       // the comparison being made is made more than once
} Lower;

typedef struct AMode { u8 base, scale; Ref breg, ireg; LSym *sym; i64 disp; u32 slot; } AMode;

static Value *V(Lower *l, Ref r) { return val(l->f, r); }

static Ref sub(Lower *l, Ref r)
{
	while (r < l->n0 && l->subst[r])
		r = l->subst[r];
	return r;
}

static Ref push(Lower *l, u16 op, u8 type, u8 form, u8 width, const Ref *args, u32 n)
{
	Ref r = value_new(l->f, l->b, op, type, l->pos);
	value_set_args(l->f, r, args, n);
	Value *v = V(l, r);
	v->form = form;
	v->width = width;
	return r;
}

static Ref push1(Lower *l, u16 op, u8 type, u8 width, Ref x) { return push(l, op, type, FORM_RR, width, &x, 1); }
static Ref push2(Lower *l, u16 op, u8 type, u8 width, Ref x, Ref y) { return push(l, op, type, FORM_RR, width, (Ref[]){x, y}, 2); }
static Ref push_imm(Lower *l, u16 op, u8 type, u8 width, Ref x, i64 imm)
{
	Ref r = push(l, op, type, FORM_RI, width, &x, 1);
	V(l, r)->imm = imm;
	return r;
}
static Ref push_const(Lower *l, u8 type, i64 c)
{
	Ref r = push(l, M_MOVI, type, FORM_RI, (u8)ssa_type_size(type), NULL, 0);
	V(l, r)->imm = c;
	return r;
}
static Ref push_fconst_bits(Lower *l, u8 type, double d)
{
	Ref r = push(l, M_FCONST, type, FORM_RI, (u8)ssa_type_size(type), NULL, 0);
	memcpy(&V(l, r)->imm, &d, 8);
	return r;
}

// Turns v, which stands in the block being rebuilt, into a machine value.
static void become(Lower *l, Ref r, u16 op, u8 form, u8 width, const Ref *args, u32 n)
{
	value_set_args(l->f, r, args, n);
	Value *v = V(l, r);
	v->op = op;
	v->form = form;
	v->width = width;
}
static void keep(Lower *l, Ref r) { block_push(l->f, l->b, r); }

static void remove_value(Lower *l, Ref r)
{
	value_set_args(l->f, r, NULL, 0);
	V(l, r)->op = SSA_NONE;
	V(l, r)->type = SSA_VOID;
}

// with: a new value that takes the place of r.
static void replace(Lower *l, Ref r, Ref with)
{
	l->subst[r] = with;
	remove_value(l, r);
}

static bool is_const(Lower *l, Ref r, i64 *c)
{
	Value *v = V(l, r);
	if (v->op == M_MOVI || v->op == SSA_CONST) {
		*c = v->imm;
		return true;
	}
	return false;
}
static bool fits32(i64 c) { return c == (i32)c; }
static bool is_const32(Lower *l, Ref r, i64 *c) { return is_const(l, r, c) && fits32(*c); }
static u8 reg_width(u8 type) { return type == SSA_I8 || type == SSA_I16 ? 4 : (u8)ssa_type_size(type); }

// The value behind truncations: for users that read only the low bits.
static Ref peel(Lower *l, Ref r)
{
	r = sub(l, r);
	while (V(l, r)->op == M_COPY && !type_is_float(V(l, r)->type) && V(l, r)->type != SSA_PTR)
		r = sub(l, V(l, r)->a[0]);
	return r;
}

// ---- addresses -----------------------------------------------------------------------------------

static AMode amode(Lower *l, Ref p, i64 off)
{
	AMode m = {.base = AB_REG, .disp = off};
	for (;;) {
		p = sub(l, p);
		Value *v = V(l, p);
		if (v->op == M_LEA) {
			if (!fits32(m.disp + v->imm))
				break;
			u8 base = addr_base(v), scale = addr_scale(v);
			if (m.ireg && (scale || base != AB_REG))
				break; // one index only
			m.disp += v->imm;
			m.base = base;
			u32 k = 0;
			if (base == AB_REG)
				m.breg = v->a[k++];
			if (scale) {
				m.scale = scale;
				m.ireg = v->a[k++];
			}
			m.slot = (u32)v->imm2;
			m.sym = v->sym;
			if (base != AB_REG)
				return m;
			p = m.breg;
			if (m.ireg)
				break;
			continue;
		}
		if (v->op == M_ADD && v->form == FORM_RI && v->width == 8 && fits32(m.disp + v->imm)) {
			m.disp += v->imm;
			p = v->a[0];
			continue;
		}
		if (v->op == M_ADD && v->form == FORM_RR && v->width == 8 && !m.ireg && v->type == SSA_PTR) {
			Ref base = v->a[0], ix = sub(l, v->a[1]);
			Value *i = V(l, ix);
			m.scale = 1;
			m.ireg = ix;
			if (i->op == M_SHL && i->form == FORM_RI && i->width == 8 && i->imm >= 1 && i->imm <= 3) {
				m.scale = (u8)(1 << i->imm);
				m.ireg = i->a[0];
			}
			// Constants in the index go into the displacement.
			Value *j = V(l, m.ireg);
			if (j->op == M_ADD && j->form == FORM_RI && j->width == 8 && fits32(m.disp + j->imm * m.scale) && fits32(j->imm)) {
				m.disp += j->imm * m.scale;
				m.ireg = j->a[0];
			}
			p = base;
			m.breg = p;
			Value *bv = V(l, sub(l, p));
			if (bv->op == M_LEA && bv->nargs == 0 && addr_base(bv) != AB_SYM && fits32(m.disp + bv->imm)) {
				m.base = addr_base(bv);
				m.disp += bv->imm;
				m.slot = (u32)bv->imm2;
				return m;
			}
			if (bv->op == M_ADD && bv->form == FORM_RI && bv->width == 8 && fits32(m.disp + bv->imm)) {
				m.disp += bv->imm;
				m.breg = bv->a[0];
			}
			return m;
		}
		break;
	}
	m.breg = p;
	return m;
}

// Makes `r` a machine value with the register operands regs and the memory operand m.
static void set_mem(Lower *l, Ref r, u16 op, u8 form, u8 width, const Ref *regs, u32 nregs, const AMode *m)
{
	Ref args[4];
	u32 n = 0;
	for (u32 i = 0; i < nregs; i++)
		args[n++] = regs[i];
	if (m->base == AB_REG)
		args[n++] = m->breg;
	if (m->scale)
		args[n++] = m->ireg;
	CHECK(n <= 4);
	become(l, r, op, form, width, args, n);
	Value *v = V(l, r);
	v->scale = m->base | m->scale;
	v->imm = m->disp;
	v->imm2 = m->slot;
	v->sym = m->base == AB_SYM ? m->sym : NULL;
}

static Ref push_mem(Lower *l, u16 op, u8 type, u8 form, u8 width, const Ref *regs, u32 nregs, const AMode *m)
{
	Ref r = value_new(l->f, l->b, op, type, l->pos);
	set_mem(l, r, op, form, width, regs, nregs, m);
	return r;
}

static AMode mode_of(Lower *l, const Value *v)
{
	AMode m = {.base = addr_base(v), .scale = addr_scale(v), .disp = v->imm, .slot = (u32)v->imm2, .sym = v->sym};
	u32 k = v->nargs - addr_nargs(v);
	if (m.base == AB_REG)
		m.breg = v->a[k++];
	if (m.scale)
		m.ireg = v->a[k];
	return m;
}

// A load that stands for a nil check faults where the check was written.
static bool same_line(Lower *l, u32 pos)
{
	return pos == l->pos || (l->f->positions[pos].pos >> 20) == (l->f->positions[l->pos].pos >> 20);
}

// A load of exactly `width` bytes that may move to here.
static bool foldable(Lower *l, Ref r, u32 width)
{
	Value *v = V(l, r);
	return !l->no_fold && (v->op == M_LOAD || v->op == M_FLOAD) && v->uses == 1 && r < l->n0 && v->block == l->b && v->width == width
		&& ssa_type_size(v->type) == width && l->epoch[r] == l->now && !(v->flags & VF_MARK && !same_line(l, v->pos));
}

static void drop_load(Lower *l, Ref r)
{
	value_set_args(l->f, r, NULL, 0);
	V(l, r)->op = SSA_NONE; // swept at the end of the block
	V(l, r)->type = SSA_VOID;
}

static u16 load_op(u8 type) { return type == SSA_V128 ? M_VLOAD : type_is_float(type) ? M_FLOAD : M_LOAD; }
static u16 store_op(u8 type) { return type == SSA_V128 ? M_VSTORE : type_is_float(type) ? M_FSTORE : M_STORE; }

static Ref push_load(Lower *l, u8 type, AMode m, i64 off)
{
	m.disp += off;
	return push_mem(l, load_op(type), type, FORM_M, (u8)ssa_type_size(type), NULL, 0, &m);
}

static void push_store(Lower *l, u8 type, AMode m, i64 off, Ref x)
{
	m.disp += off;
	push_mem(l, store_op(type), SSA_VOID, FORM_MR, (u8)ssa_type_size(type), &x, 1, &m);
}

static void push_store_imm(Lower *l, u8 width, AMode m, i64 off, i64 imm)
{
	m.disp += off;
	Ref r = push_mem(l, M_STORE, SSA_VOID, FORM_MI, width, NULL, 0, &m);
	V(l, r)->imm2 |= (i64)((u64)imm << 32);
}

// ---- comparisons ---------------------------------------------------------------------------------

static bool is_compare(u16 op) { return op >= SSA_EQ && op <= SSA_FLE; }

// Emits the flags of x ? y for the comparison op; returns the condition, *flags: the value.
static u8 push_compare(Lower *l, u16 op, Ref x, Ref y, Ref *flags)
{
	x = sub(l, x), y = sub(l, y);
	u8 type = V(l, x)->type;
	if (op >= SSA_FEQ) {
		u8 w = (u8)ssa_type_size(type);
		u8 cc = op == SSA_FEQ ? CC_FEQ : op == SSA_FNE ? CC_FNE : op == SSA_FLT ? CC_UGT : CC_UGE;
		if (op == SSA_FLT || op == SSA_FLE) {
			Ref t = x;
			x = y, y = t;
		}
		// UCOMISD y, x sets the flags of x ? y; unordered sets all of ZF, PF, CF.
		if (foldable(l, y, w)) {
			AMode m = mode_of(l, V(l, y));
			drop_load(l, y);
			*flags = push_mem(l, M_UCOMI, SSA_FLAGS, FORM_RM, w, &x, 1, &m);
		} else {
			*flags = push2(l, M_UCOMI, SSA_FLAGS, w, x, y);
		}
		return cc;
	}
	static const u8 ccs[] = {[SSA_EQ - SSA_EQ] = CC_EQ, [SSA_NE - SSA_EQ] = CC_NE, [SSA_LT - SSA_EQ] = CC_LT, [SSA_LE - SSA_EQ] = CC_LE,
		[SSA_ULT - SSA_EQ] = CC_ULT, [SSA_ULE - SSA_EQ] = CC_ULE};
	u8 cc = ccs[op - SSA_EQ], w = (u8)ssa_type_size(type);
	i64 c;
	x = peel(l, x), y = peel(l, y);
	if (is_const32(l, x, &c)) {
		Ref t = x;
		x = y, y = t;
		cc = cc_swap(cc);
	}
	if (is_const32(l, y, &c)) {
		if (c == 0 && !foldable(l, x, w)) {
			Value *xv = V(l, x);
			// x & y compared with 0: TEST.
			if (xv->op == M_AND && xv->uses == 1 && xv->block == l->b && xv->width >= w && (cc == CC_EQ || cc == CC_NE)
			    && xv->form != FORM_RM && ssa_type_size(xv->type) == w) {
				u8 form = xv->form;
				Ref args[2] = {xv->a[0], form == FORM_RR ? xv->a[1] : 0};
				i64 imm = xv->imm;
				*flags = push(l, M_TEST, SSA_FLAGS, form, w, args, form == FORM_RR ? 2 : 1);
				V(l, *flags)->imm = imm;
				return cc;
			}
			*flags = push2(l, M_TEST, SSA_FLAGS, w, x, x);
			return cc;
		}
		if (foldable(l, x, w)) {
			AMode m = mode_of(l, V(l, x));
			drop_load(l, x);
			*flags = push_mem(l, M_CMP, SSA_FLAGS, FORM_MI, w, NULL, 0, &m);
			V(l, *flags)->imm2 |= (i64)((u64)c << 32);
			return cc;
		}
		*flags = push_imm(l, M_CMP, SSA_FLAGS, w, x, c);
		return cc;
	}
	if (foldable(l, y, w)) {
		AMode m = mode_of(l, V(l, y));
		drop_load(l, y);
		*flags = push_mem(l, M_CMP, SSA_FLAGS, FORM_RM, w, &x, 1, &m);
		return cc;
	}
	if (foldable(l, x, w)) {
		AMode m = mode_of(l, V(l, x));
		drop_load(l, x);
		*flags = push_mem(l, M_CMP, SSA_FLAGS, FORM_RM, w, &y, 1, &m);
		return cc_swap(cc);
	}
	*flags = push2(l, M_CMP, SSA_FLAGS, w, x, y);
	return cc;
}

// The flags of a boolean value: of its comparison if that was left for us, else of a test against zero.
static u8 push_cond(Lower *l, Ref c, Ref *flags)
{
	c = sub(l, c);
	Value *v = V(l, c);
	if (is_compare(v->op)) {
		l->no_fold = v->uses > 1;
		u8 cc = push_compare(l, v->op, v->a[0], v->a[1], flags);
		l->no_fold = false;
		return cc;
	}
	if (foldable(l, c, 1)) {
		AMode m = mode_of(l, V(l, c));
		drop_load(l, c);
		*flags = push_mem(l, M_CMP, SSA_FLAGS, FORM_MI, 1, NULL, 0, &m);
		return CC_NE;
	}
	*flags = push2(l, M_TEST, SSA_FLAGS, 1, c, c);
	return CC_NE;
}

// A comparison made where it was tested; its own operands are not used by it any more.
static void release_compare(Lower *l, Ref c)
{
	if (is_compare(V(l, c)->op) && V(l, c)->uses == 0)
		value_set_args(l->f, c, NULL, 0);
}

static void lower_setcc(Lower *l, Ref r, u8 cc, Ref flags)
{
	become(l, r, M_SETCC, FORM_RR, 1, &flags, 1);
	V(l, r)->cc = cc;
	keep(l, r);
}

static Ref push_cmov(Lower *l, u8 type, u8 cc, Ref if_false, Ref if_true, Ref flags)
{
	Ref r = push(l, M_CMOV, type, FORM_RR, reg_width(type), (Ref[]){if_false, if_true, flags}, 3);
	V(l, r)->cc = cc;
	return r;
}

// ---- integers ------------------------------------------------------------------------------------

static void lower_binary(Lower *l, Ref r, u16 op, Ref x, Ref y, bool commutes)
{
	u8 w = reg_width(V(l, r)->type);
	i64 c;
	if (!type_is_float(V(l, r)->type))
		x = peel(l, x), y = peel(l, y);
	if (commutes && is_const(l, x, &c)) {
		Ref t = x;
		x = y, y = t;
	}
	if (is_const(l, y, &c) && (fits32(c) || w == 4)) {
		become(l, r, op, FORM_RI, w, &x, 1);
		V(l, r)->imm = (i32)c;
		keep(l, r);
		return;
	}
	if (commutes && foldable(l, x, w) && !foldable(l, y, w)) {
		Ref t = x;
		x = y, y = t;
	}
	if (foldable(l, y, w) && y != x) {
		AMode m = mode_of(l, V(l, y));
		drop_load(l, y);
		set_mem(l, r, op, FORM_RM, w, &x, 1, &m);
		keep(l, r);
		return;
	}
	become(l, r, op, FORM_RR, w, (Ref[]){x, y}, 2);
	keep(l, r);
}

static Ref push_ext(Lower *l, bool sign, u8 type, Ref x, u32 from)
{
	return push1(l, sign ? M_SX : M_ZX, type, (u8)from, x);
}

static void lower_shift(Lower *l, Ref r, u16 op)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[0]), y = sub(l, v.a[1]);
	u32 size = ssa_type_size(v.type), w = size < 4 ? 4 : size;
	i64 c;
	u16 m = op == SSA_SHL ? M_SHL : op == SSA_SHR ? M_SHR : M_SAR;
	x = peel(l, x);
	if (is_const(l, y, &c)) {
		u64 n = (u64)c;
		u32 ys = ssa_type_size(V(l, y)->type);
		if (ys < 8)
			n &= ((u64)1 << ys * 8) - 1;
		if (n >= size * 8) {
			if (op != SSA_SAR) {
				become(l, r, M_MOVI, FORM_RI, (u8)size, NULL, 0);
				V(l, r)->imm = 0;
				keep(l, r);
				return;
			}
			n = size * 8 - 1;
		}
		if (size < 4 && op != SSA_SHL)
			x = push_ext(l, op == SSA_SAR, SSA_I32, x, size);
		become(l, r, m, FORM_RI, (u8)w, &x, 1);
		V(l, r)->imm = (i64)n;
		keep(l, r);
		return;
	}
	if (size < 4 && op != SSA_SHL)
		x = push_ext(l, op == SSA_SAR, SSA_I32, x, size);
	if (v.flags & VF_BOUNDED) {
		become(l, r, m, FORM_RR, (u8)w, (Ref[]){x, y}, 2);
		keep(l, r);
		return;
	}
	u8 yw = (u8)ssa_type_size(V(l, y)->type);
	if (op == SSA_SAR) {
		// A count too large shifts by the most that leaves the sign only.
		Ref most = push_const(l, SSA_I32, w * 8 - 1);
		Ref fl = push_imm(l, M_CMP, SSA_FLAGS, yw, y, w * 8);
		Ref cnt = push_cmov(l, SSA_I32, CC_UGE, y, most, fl);
		become(l, r, m, FORM_RR, (u8)w, (Ref[]){x, cnt}, 2);
		keep(l, r);
		return;
	}
	Ref s = push2(l, m, v.type, (u8)w, x, y);
	Ref fl = push_imm(l, M_CMP, SSA_FLAGS, yw, y, w * 8);
	Ref mask = push(l, M_SBBMASK, w == 8 ? SSA_I64 : SSA_I32, FORM_RR, (u8)w, &fl, 1);
	become(l, r, M_AND, FORM_RR, (u8)w, (Ref[]){s, mask}, 2);
	keep(l, r);
}

static void lower_div(Lower *l, Ref r, u16 op)
{
	Value v = *V(l, r);
	bool sign = op == SSA_DIV || op == SSA_MOD;
	Ref x = sub(l, v.a[0]), y = sub(l, v.a[1]);
	u32 size = ssa_type_size(v.type), w = size < 4 ? 4 : size;
	i64 c;
	if (size < 4) {
		if (!is_const(l, y, &c))
			y = push_ext(l, sign, SSA_I32, y, size);
		else if (!sign)
			y = push_const(l, SSA_I32, c & (size == 1 ? 0xff : 0xffff));
		x = push_ext(l, sign, SSA_I32, x, size);
	}
	// A signed divisor that may be -1 needs a guard against overflow, which traps.
	bool guard = sign && size >= 4 && !(is_const(l, y, &c) && c != -1);
	u16 m = op == SSA_DIV ? M_DIV : op == SSA_MOD ? M_MOD : op == SSA_DIVU ? M_DIVU : M_MODU;
	become(l, r, m, FORM_RR, (u8)w, (Ref[]){x, y}, 2);
	V(l, r)->imm = guard;
	keep(l, r);
}

static void lower_ext(Lower *l, Ref r, bool sign)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[0]);
	Value *xv = V(l, x);
	u32 from = ssa_type_size(xv->type);
	x = peel(l, x);
	xv = V(l, x);
	if (xv->op == M_LOAD && xv->uses == 1 && x < l->n0 && xv->block == l->b && l->epoch[x] == l->now && xv->width == from
	    && !(xv->flags & VF_MARK && !same_line(l, xv->pos))) {
		u8 mark = xv->flags & VF_MARK;
		AMode m = mode_of(l, xv);
		drop_load(l, x);
		set_mem(l, r, sign ? M_LOADSX : M_LOAD, FORM_M, (u8)from, NULL, 0, &m);
		l->epoch[r] = l->now;
		V(l, r)->flags |= mark;
		keep(l, r);
		return;
	}
	become(l, r, sign ? M_SX : M_ZX, FORM_RR, (u8)from, &x, 1);
	keep(l, r);
}

// Bit operations whose result is wrong for zero: BSF and BSR tell by the zero flag.
static void lower_ctz(Lower *l, Ref r)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[0]);
	u32 size = ssa_type_size(V(l, x)->type);
	u8 w = size == 8 ? 8 : 4, t = w == 8 ? SSA_I64 : SSA_I32;
	if (size < 4)
		x = push_imm(l, M_OR, SSA_I32, 4, x, 1 << size * 8);
	if (size < 4 || v.flags & VF_BOUNDED) {
		become(l, r, M_BSF, FORM_RR, w, &x, 1);
		keep(l, r);
		return;
	}
	Ref zero = push_const(l, t, size * 8);
	Ref n = push1(l, M_BSF, t, w, x);
	Ref fl = push1(l, M_SETCC, SSA_FLAGS, w, n); // names the flags of BSF; no code
	become(l, r, M_CMOV, FORM_RR, w, (Ref[]){n, zero, fl}, 3);
	V(l, r)->cc = CC_EQ;
	keep(l, r);
}

static void lower_bitlen(Lower *l, Ref r)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[0]);
	u32 size = ssa_type_size(V(l, x)->type);
	if (size < 8) {
		// bit length of x is the index of the highest bit of 2x+1
		x = push_ext(l, false, SSA_I64, x, size);
		AMode m = {.base = AB_REG, .scale = 1, .breg = x, .ireg = x, .disp = 1};
		Ref y = push_mem(l, M_LEA, SSA_I64, FORM_M, 8, NULL, 0, &m);
		become(l, r, M_BSR, FORM_RR, 8, &y, 1);
		keep(l, r);
		return;
	}
	Ref minus = push_const(l, SSA_I64, -1);
	Ref n = push1(l, M_BSR, SSA_I64, 8, x);
	Ref fl = push1(l, M_SETCC, SSA_FLAGS, 8, n);
	Ref k = push_cmov(l, SSA_I64, CC_EQ, n, minus, fl);
	become(l, r, M_ADD, FORM_RI, 8, &k, 1);
	V(l, r)->imm = 1;
	keep(l, r);
}

static Ref swap_bits(Lower *l, Ref x, u8 type, u8 w, i64 mask, u32 n)
{
	Ref m = push_const(l, type, mask);
	Ref hi = push_imm(l, M_SHR, type, w, x, n);
	hi = push2(l, M_AND, type, w, hi, m);
	Ref lo = push2(l, M_AND, type, w, x, m);
	lo = push_imm(l, M_SHL, type, w, lo, n);
	return push2(l, M_OR, type, w, hi, lo);
}

static void lower_bitrev(Lower *l, Ref r)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[0]);
	u32 size = ssa_type_size(v.type);
	u8 w = size == 8 ? 8 : 4, t = w == 8 ? SSA_I64 : SSA_I32;
	x = swap_bits(l, x, t, w, 0x5555555555555555, 1);
	x = swap_bits(l, x, t, w, 0x3333333333333333, 2);
	x = swap_bits(l, x, t, w, 0x0f0f0f0f0f0f0f0f, 4);
	if (size > 1)
		x = push1(l, M_BSWAP, t, w, x);
	if (size == 2)
		x = push_imm(l, M_SHR, t, w, x, 16);
	become(l, r, M_ZX, FORM_RR, w, &x, 1);
	keep(l, r);
}

// The bytes of an integer in a floating-point register.
static Ref push_bytes(Lower *l, Ref x)
{
	i64 c;
	if (!is_const(l, x, &c))
		return push1(l, M_GMOVX, SSA_F64, 8, x);
	Ref r = push(l, M_FCONST, SSA_F64, FORM_RI, 8, NULL, 0);
	V(l, r)->imm = c;
	return r;
}

// ---- copies and clears ---------------------------------------------------------------------------

enum { UNROLL = 128 };

static u8 chunk_type(i64 left)
{
	return left >= 16 ? SSA_V128 : left >= 8 ? SSA_I64 : left >= 4 ? SSA_I32 : left >= 2 ? SSA_I16 : SSA_I8;
}

static void push_move(Lower *l, AMode d, AMode s, i64 size)
{
	for (i64 at = 0; at < size;) {
		u8 t = chunk_type(size - at);
		i64 n = ssa_type_size(t);
		// A rest that is no power of two overlaps what was copied before.
		if (size - at < 16 && size >= 16 && size - at != 8 && size - at != 4 && size - at != 2 && size - at != 1)
			at = size - 16, t = SSA_V128, n = 16;
		else if (size - at < 8 && size >= 8 && size - at != 4 && size - at != 2 && size - at != 1)
			at = size - 8, t = SSA_I64, n = 8;
		Ref x = push_load(l, t, s, at);
		push_store(l, t, d, at, x);
		at += n;
	}
}

static void push_zero(Lower *l, AMode d, i64 size)
{
	for (i64 at = 0; at < size;) {
		i64 left = size - at;
		if (left < 16 && size >= 16 && left != 8 && left != 4 && left != 2 && left != 1)
			at = size - 16, left = 16;
		else if (left < 8 && size >= 8 && left != 4 && left != 2 && left != 1)
			at = size - 8, left = 8;
		if (left >= 16) {
			AMode m = d;
			m.disp += at;
			push_mem(l, M_VZERO, SSA_VOID, FORM_M, 8, NULL, 0, &m);
			at += 16;
		} else {
			u8 w = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
			push_store_imm(l, w, d, at, 0);
			at += w;
		}
	}
}

static Ref push_lea(Lower *l, AMode m)
{
	if (m.base == AB_REG && !m.scale && m.disp == 0)
		return m.breg;
	return push_mem(l, M_LEA, SSA_PTR, FORM_M, 8, NULL, 0, &m);
}

static void lower_move(Lower *l, AMode d, AMode s, i64 size)
{
	if (size <= UNROLL) {
		push_move(l, d, s, size);
		return;
	}
	Ref a = push_lea(l, d), b = push_lea(l, s);
	Ref r = push2(l, M_MOVELOOP, SSA_VOID, 8, a, b);
	V(l, r)->imm = size;
}

static void lower_zero(Lower *l, AMode d, i64 size)
{
	if (size <= 2 * UNROLL) {
		push_zero(l, d, size);
		return;
	}
	Ref a = push_lea(l, d);
	Ref r = push1(l, M_ZEROLOOP, SSA_VOID, 8, a);
	V(l, r)->imm = size;
}

// ---- one value -----------------------------------------------------------------------------------

static void lower_lea(Lower *l, Ref r, AMode m)
{
	set_mem(l, r, M_LEA, FORM_M, 8, NULL, 0, &m);
	keep(l, r);
}

static void lower_store(Lower *l, Ref r)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[1]);
	AMode m = amode(l, v.a[0], v.imm);
	u8 type = V(l, x)->type, w = (u8)ssa_type_size(type);
	if (!type_is_float(type))
		x = peel(l, x);
	Value *xv = V(l, x);
	i64 c;
	if (!type_is_float(type) && is_const(l, x, &c) && (fits32(c) || w <= 4)) {
		set_mem(l, r, M_STORE, FORM_MI, w, NULL, 0, &m);
		V(l, r)->imm2 |= (i64)((u64)(u32)(i32)c << 32);
		keep(l, r);
		return;
	}
	if (xv->op == M_FCONST && xv->imm == 0) {
		set_mem(l, r, M_STORE, FORM_MI, w, NULL, 0, &m);
		keep(l, r);
		return;
	}
	// p = p op y
	static const struct { u16 from, to; } rmw[] = {{M_ADD, M_ADDM}, {M_SUB, M_SUBM}, {M_AND, M_ANDM}, {M_OR, M_ORM}, {M_XOR, M_XORM}};
	if (xv->uses == 1 && xv->block == l->b && x < l->n0 && (xv->form == FORM_RR || xv->form == FORM_RI) && xv->nargs && w >= 4) {
		for (u32 i = 0; i < LENGTH(rmw); i++) {
			if (xv->op != rmw[i].from || xv->width != w)
				continue;
			Ref ld = xv->a[0], other = xv->form == FORM_RR ? xv->a[1] : 0;
			if (!foldable(l, ld, w) && other && xv->op != M_SUB) {
				ld = xv->a[1], other = xv->a[0];
			}
			if (!foldable(l, ld, w) || ld == other)
				break;
			AMode n = mode_of(l, V(l, ld));
			if (n.base != m.base || n.scale != m.scale || n.breg != m.breg || n.ireg != m.ireg || n.disp != m.disp || n.slot != m.slot
			    || (n.base == AB_SYM && n.sym != m.sym))
				break;
			i64 imm = xv->imm;
			u8 form = xv->form;
			set_mem(l, r, rmw[i].to, form == FORM_RI ? FORM_MI : FORM_MR, w, &other, form == FORM_RI ? 0 : 1, &m);
			if (form == FORM_RI)
				V(l, r)->imm2 |= (i64)((u64)(u32)(i32)imm << 32);
			drop_load(l, x);
			drop_load(l, ld);
			keep(l, r);
			return;
		}
	}
	set_mem(l, r, store_op(type), FORM_MR, w, &x, 1, &m);
	keep(l, r);
}

static void lower_bounds(Lower *l, Ref r)
{
	Value v = *V(l, r);
	Ref x = sub(l, v.a[0]), y = sub(l, v.a[1]);
	i64 cx, cy;
	bool kx = is_const32(l, x, &cx), ky = is_const32(l, y, &cy);
	Ref n = value_new(l->f, l->b, M_BOUNDS, SSA_VOID, l->pos);
	Ref args[2];
	u32 na = 0;
	if (!kx)
		args[na++] = x;
	if (!ky)
		args[na++] = y;
	if (kx && ky) {
		// Known to fail, or folded before; keep the check as it is.
		args[na++] = x;
		kx = false;
	}
	value_set_args(l->f, n, args, na);
	Value *b = V(l, n);
	b->form = kx ? FORM_IR : ky ? FORM_RI : FORM_RR;
	b->width = 8;
	b->imm = v.imm;
	b->imm2 = kx ? cx : ky ? cy : 0;
	b->flags = v.flags;
	remove_value(l, r);
}

static void lower_value(Lower *l, Ref r)
{
	Func *f = l->f;
	Value v = *V(l, r);
	u8 w = reg_width(v.type);
	Ref x = 0, y = 0;
	if (v.nargs > 0 && v.nargs <= 4)
		x = sub(l, v.a[0]);
	if (v.nargs > 1 && v.nargs <= 4)
		y = sub(l, v.a[1]);
	i64 c;
	switch (v.op) {
	case SSA_NONE:
		return;
	case SSA_PHI: case SSA_PARAM: case SSA_CLOSUREPTR: case SSA_GETG: case SSA_RESULT:
		keep(l, r);
		return;
	case SSA_VARDEF: case SSA_VARLIVE: case SSA_KEEPALIVE: case SSA_WBEND:
		if (v.nargs)
			value_replace_arg(f, r, 0, x);
		keep(l, r);
		return;
	case SSA_COPY: case SSA_PTRTOINT: // their users have been renamed
		remove_value(l, r);
		return;
	case SSA_TRUNC:
		x = peel(l, x);
		become(l, r, M_COPY, FORM_RR, 4, &x, 1);
		keep(l, r);
		return;
	case SSA_INTTOPTR:
		// A new value, so that its type is seen by the stack maps.
		become(l, r, M_COPY, FORM_RR, 8, &x, 1);
		keep(l, r);
		return;
	case SSA_CONST:
		become(l, r, M_MOVI, FORM_RI, (u8)ssa_type_size(v.type), NULL, 0);
		keep(l, r);
		return;
	case SSA_FCONST:
		become(l, r, M_FCONST, FORM_RI, w, NULL, 0);
		keep(l, r);
		return;
	case SSA_SYMADDR:
		lower_lea(l, r, (AMode){.base = AB_SYM, .sym = v.sym, .disp = v.imm});
		return;
	case SSA_SLOTADDR:
		lower_lea(l, r, (AMode){.base = AB_SLOT, .slot = (u32)v.imm2, .disp = v.imm});
		return;
	case SSA_ARGADDR: case SSA_SP:
		lower_lea(l, r, (AMode){.base = AB_OUT, .disp = v.imm});
		return;
	case SSA_CALLERSP:
		lower_lea(l, r, (AMode){.base = AB_PARAM});
		return;
	case SSA_PARAMADDR:
		lower_lea(l, r, (AMode){.base = AB_PARAM, .disp = v.imm});
		return;
	case SSA_CALLERPC:
		become(l, r, M_CALLERPC, FORM_RR, 8, NULL, 0);
		keep(l, r);
		return;
	case SSA_ADD: case SSA_ADDPTR:
		if (v.type == SSA_PTR && is_const(l, y, &c) && !fits32(c)) {
			become(l, r, M_ADD, FORM_RR, 8, (Ref[]){x, y}, 2);
			keep(l, r);
			return;
		}
		if (v.op == SSA_ADDPTR) {
			AMode m;
			become(l, r, M_ADD, FORM_RR, 8, (Ref[]){x, y}, 2);
			if (!is_const(l, y, &c)) {
				m = amode(l, r, 0);
				set_mem(l, r, M_LEA, FORM_M, 8, NULL, 0, &m);
			} else {
				m = amode(l, x, c);
				set_mem(l, r, M_LEA, FORM_M, 8, NULL, 0, &m);
			}
			keep(l, r);
			return;
		}
		lower_binary(l, r, M_ADD, x, y, true);
		return;
	case SSA_OFFPTR:
		lower_lea(l, r, amode(l, x, v.imm));
		return;
	case SSA_SUB:
		if (is_const(l, y, &c) && c != INT32_MIN && fits32(c) && w == 8) {
			become(l, r, M_ADD, FORM_RI, w, &x, 1);
			V(l, r)->imm = -c;
			keep(l, r);
			return;
		}
		lower_binary(l, r, M_SUB, x, y, false);
		return;
	case SSA_MUL:
		if (is_const(l, y, &c) && c > 0 && w >= 4 && v.type >= SSA_I32) {
			// 3, 5 and 9 times a power of two: LEA, and a shift that an address can take in.
			u32 n = (u32)__builtin_ctzll((u64)c);
			i64 odd = c >> n;
			if (odd == 3 || odd == 5 || odd == 9) {
				x = peel(l, x);
				AMode m = {.base = AB_REG, .scale = (u8)(odd - 1), .breg = x, .ireg = x};
				if (n == 0) {
					set_mem(l, r, M_LEA, FORM_M, 8, NULL, 0, &m);
				} else {
					Ref t = push_mem(l, M_LEA, v.type, FORM_M, 8, NULL, 0, &m);
					become(l, r, M_SHL, FORM_RI, w, &t, 1);
					V(l, r)->imm = n;
				}
				keep(l, r);
				return;
			}
		}
		lower_binary(l, r, M_MUL, x, y, true);
		return;
	case SSA_AND: lower_binary(l, r, M_AND, x, y, true); return;
	case SSA_OR: lower_binary(l, r, M_OR, x, y, true); return;
	case SSA_XOR: lower_binary(l, r, M_XOR, x, y, true); return;
	case SSA_DIV: case SSA_DIVU: case SSA_MOD: case SSA_MODU:
		lower_div(l, r, v.op);
		return;
	case SSA_HMUL: case SSA_HMULU: {
		u32 size = ssa_type_size(v.type);
		if (size < 4) {
			Ref a = push_ext(l, v.op == SSA_HMUL, SSA_I32, x, size), b = push_ext(l, v.op == SSA_HMUL, SSA_I32, y, size);
			Ref p = push2(l, M_MUL, SSA_I32, 4, a, b);
			become(l, r, M_SHR, FORM_RI, 4, &p, 1);
			V(l, r)->imm = size * 8;
		} else {
			become(l, r, v.op == SSA_HMUL ? M_HMUL : M_HMULU, FORM_RR, w, (Ref[]){x, y}, 2);
		}
		keep(l, r);
		return;
	}
	case SSA_MUL64HILO:
		become(l, r, M_MULHILO, FORM_RR, 8, (Ref[]){x, y}, 2);
		V(l, r)->type = SSA_VOID;
		keep(l, r);
		return;
	case SSA_DIV128:
		become(l, r, M_DIV128, FORM_RR, 8, (Ref[]){x, y, sub(l, v.a[2])}, 3);
		V(l, r)->type = SSA_VOID;
		keep(l, r);
		return;
	case SSA_ADDC: case SSA_SUBB:
		bug("ADDC and SUBB are lowered with their results");
	case SSA_SHL: case SSA_SHR: case SSA_SAR:
		lower_shift(l, r, v.op);
		return;
	case SSA_ROTL:
		if (is_const(l, y, &c)) {
			become(l, r, M_ROL, FORM_RI, (u8)ssa_type_size(v.type), &x, 1);
			V(l, r)->imm = c & (ssa_type_size(v.type) * 8 - 1);
		} else {
			become(l, r, M_ROL, FORM_RR, (u8)ssa_type_size(v.type), (Ref[]){x, y}, 2);
		}
		keep(l, r);
		return;
	case SSA_NEG:
		become(l, r, M_NEG, FORM_RR, w, &x, 1);
		keep(l, r);
		return;
	case SSA_COM:
		become(l, r, M_NOT, FORM_RR, w, &x, 1);
		keep(l, r);
		return;
	case SSA_BSWAP:
		if (v.type == SSA_I16) {
			become(l, r, M_ROL, FORM_RI, 2, &x, 1);
			V(l, r)->imm = 8;
		} else {
			become(l, r, M_BSWAP, FORM_RR, w, &x, 1);
		}
		keep(l, r);
		return;
	case SSA_CTZ: lower_ctz(l, r); return;
	case SSA_BITLEN: lower_bitlen(l, r); return;
	case SSA_BITREV: lower_bitrev(l, r); return;
	case SSA_BYTEEQ: {
		Ref m = push2(l, M_BYTEEQ, SSA_F64, 8, push_bytes(l, x), push_bytes(l, y));
		Ref s = push1(l, M_BYTESIGNS, SSA_I64, 8, m); // with those of the upper half, which are zero and equal
		become(l, r, M_ZX, FORM_RR, 1, &s, 1);
		keep(l, r);
		return;
	}
	case SSA_BYTESIGNS: {
		Ref s = push_bytes(l, x);
		become(l, r, M_BYTESIGNS, FORM_RR, 8, &s, 1);
		keep(l, r);
		return;
	}
	case SSA_POPCNT: {
		u32 size = ssa_type_size(V(l, x)->type);
		if (size < 4)
			x = push_ext(l, false, SSA_I32, x, size);
		become(l, r, M_POPCNT, FORM_RR, size == 8 ? 8 : 4, &x, 1);
		keep(l, r);
		return;
	}
	case SSA_SEXT: case SSA_ZEXT:
		lower_ext(l, r, v.op == SSA_SEXT);
		return;
	case SSA_I2F: {
		u8 from = (u8)ssa_type_size(V(l, x)->type);
		if (from < 4) {
			x = push_ext(l, true, SSA_I32, x, from);
			from = 4;
		}
		become(l, r, v.type == SSA_F32 ? M_CVTI2S : M_CVTI2D, FORM_RR, from, &x, 1);
		keep(l, r);
		return;
	}
	case SSA_U2F:
		if (ssa_type_size(V(l, x)->type) < 8) {
			x = push_ext(l, false, SSA_I64, x, ssa_type_size(V(l, x)->type));
			become(l, r, v.type == SSA_F32 ? M_CVTI2S : M_CVTI2D, FORM_RR, 8, &x, 1);
		} else {
			become(l, r, M_CVTU2F, FORM_RR, (u8)ssa_type_size(v.type), &x, 1);
		}
		keep(l, r);
		return;
	case SSA_F2I:
		become(l, r, V(l, x)->type == SSA_F32 ? M_CVTS2I : M_CVTD2I, FORM_RR, w, &x, 1);
		keep(l, r);
		return;
	case SSA_F2U:
		become(l, r, M_CVTF2U, FORM_RR, (u8)ssa_type_size(V(l, x)->type), &x, 1);
		keep(l, r);
		return;
	case SSA_F2F:
		if (V(l, x)->type == v.type) {
			remove_value(l, r);
			return;
		}
		become(l, r, M_CVTF2F, FORM_RR, (u8)ssa_type_size(V(l, x)->type), &x, 1);
		keep(l, r);
		return;
	case SSA_BITCAST:
		become(l, r, type_is_float(v.type) ? M_GMOVX : M_XMOVG, FORM_RR, (u8)ssa_type_size(v.type), &x, 1);
		keep(l, r);
		return;
	case SSA_EQ: case SSA_NE: case SSA_LT: case SSA_LE: case SSA_ULT: case SSA_ULE:
	case SSA_FEQ: case SSA_FNE: case SSA_FLT: case SSA_FLE: {
		if (l->flag_uses[r] == v.uses) {
			value_replace_arg(f, r, 0, x);
			value_replace_arg(f, r, 1, y);
			return; // made where it is tested
		}
		Ref fl;
		u8 cc = push_compare(l, v.op, x, y, &fl);
		lower_setcc(l, r, cc, fl);
		return;
	}
	case SSA_SELECT: {
		Ref fl, b = y, a = sub(l, v.a[2]);
		Value *cv = V(l, x);
		bool fcmp = cv->op == SSA_FEQ || cv->op == SSA_FNE;
		u8 cc;
		if (fcmp) {
			u8 k = push_compare(l, cv->op, cv->a[0], cv->a[1], &fl);
			Ref s = push1(l, M_SETCC, SSA_I8, 1, fl);
			V(l, s)->cc = k;
			fl = push2(l, M_TEST, SSA_FLAGS, 1, s, s);
			cc = CC_NE;
		} else {
			cc = push_cond(l, x, &fl);
		}
		become(l, r, type_is_float(v.type) ? M_FCMOV : M_CMOV, FORM_RR, w, (Ref[]){a, b, fl}, 3);
		V(l, r)->cc = cc;
		release_compare(l, x);
		keep(l, r);
		return;
	}
	case SSA_FADD: case SSA_FMUL: case SSA_FSUB: case SSA_FDIV: {
		static const u16 ops[] = {M_FADD, M_FSUB, M_FMUL, M_FDIV};
		lower_binary(l, r, ops[v.op - SSA_FADD], x, y, v.op == SSA_FADD || v.op == SSA_FMUL);
		return;
	}
	case SSA_FNEG: {
		Ref s = push_fconst_bits(l, v.type, -0.0);
		become(l, r, M_FXOR, FORM_RR, w, (Ref[]){x, s}, 2);
		keep(l, r);
		return;
	}
	case SSA_FABS: {
		Ref s = push_fconst_bits(l, v.type, -0.0);
		become(l, r, M_FANDN, FORM_RR, w, (Ref[]){s, x}, 2);
		keep(l, r);
		return;
	}
	case SSA_FCOPYSIGN: {
		Ref s = push_fconst_bits(l, v.type, -0.0);
		Ref sign = push2(l, M_FAND, v.type, w, y, s);
		Ref mag = push2(l, M_FANDN, v.type, w, s, x);
		become(l, r, M_FOR, FORM_RR, w, (Ref[]){mag, sign}, 2);
		keep(l, r);
		return;
	}
	case SSA_FSQRT:
		become(l, r, M_FSQRT, FORM_RR, w, &x, 1);
		keep(l, r);
		return;
	case SSA_FMIN: case SSA_FMAX: {
		// MINSD gives its second operand when either is NaN or both are zero: two of them, the second the other way
		// round, and OR, give Go's min; max is the min of the negated.
		Ref s = 0;
		if (v.op == SSA_FMAX) {
			s = push_fconst_bits(l, v.type, -0.0);
			x = push2(l, M_FXOR, v.type, w, x, s);
			y = push2(l, M_FXOR, v.type, w, y, s);
		}
		Ref m = push2(l, M_FMINS, v.type, w, x, y);
		Ref m2 = push2(l, M_FMINS, v.type, w, m, x);
		if (s) {
			Ref o = push2(l, M_FOR, v.type, w, m2, m);
			become(l, r, M_FXOR, FORM_RR, w, (Ref[]){o, s}, 2);
		} else {
			become(l, r, M_FOR, FORM_RR, w, (Ref[]){m2, m}, 2);
		}
		keep(l, r);
		return;
	}
	case SSA_FMA: // x*y + z
		become(l, r, M_FMA, FORM_RR, w, (Ref[]){sub(l, v.a[2]), x, y}, 3);
		keep(l, r);
		return;
	case SSA_FROUND:
		become(l, r, M_FROUND, FORM_RI, w, &x, 1);
		V(l, r)->imm = v.imm;
		keep(l, r);
		return;
	case SSA_LOAD: {
		AMode m = amode(l, x, v.imm);
		set_mem(l, r, load_op(v.type), FORM_M, (u8)ssa_type_size(v.type), NULL, 0, &m);
		l->epoch[r] = l->now;
		keep(l, r);
		return;
	}
	case SSA_LOADRES:
		set_mem(l, r, load_op(v.type), FORM_M, (u8)ssa_type_size(v.type), NULL, 0, &(AMode){.base = AB_OUT, .disp = v.imm});
		l->epoch[r] = l->now;
		keep(l, r);
		return;
	case SSA_STORE: case SSA_STOREWB:
		lower_store(l, r);
		l->now++;
		return;
	case SSA_STOREARG: {
		Value *xv = V(l, x);
		AMode m = {.base = AB_OUT, .disp = v.imm};
		u8 t = xv->type;
		if (!type_is_float(t) && is_const(l, x, &c) && (fits32(c) || ssa_type_size(t) <= 4)) {
			set_mem(l, r, M_STORE, FORM_MI, (u8)ssa_type_size(t), NULL, 0, &m);
			V(l, r)->imm2 |= (i64)((u64)(u32)(i32)c << 32);
		} else {
			set_mem(l, r, store_op(t), FORM_MR, (u8)ssa_type_size(t), &x, 1, &m);
		}
		keep(l, r);
		l->now++;
		return;
	}
	case SSA_MOVEARG:
		lower_move(l, (AMode){.base = AB_OUT, .disp = v.imm}, amode(l, x, 0), v.imm2);
		remove_value(l, r);
		l->now++;
		return;
	case SSA_MOVE: case SSA_MOVEWB:
		lower_move(l, amode(l, x, v.imm), amode(l, y, 0), v.imm2);
		remove_value(l, r);
		l->now++;
		return;
	case SSA_ZERO: case SSA_ZEROWB:
		lower_zero(l, amode(l, x, v.imm), v.imm2);
		remove_value(l, r);
		l->now++;
		return;
	case SSA_NILCHECK: {
		Value *p = V(l, x);
		l->now++;
		if (!(v.flags & VF_NOFAULT) && !(p->op == M_LEA && addr_base(p) != AB_REG))
			push1(l, M_NILCHECK, SSA_VOID, 1, x);
		remove_value(l, r);
		return;
	}
	case SSA_BOUNDS:
		l->now++;
		lower_bounds(l, r);
		return;
	case SSA_CALL: case SSA_CALLCLOSURE: case SSA_CALLPTR:
		for (u32 i = 0; i < v.nargs; i++)
			value_replace_arg(f, r, i, sub(l, value_args(V(l, r))[i]));
		keep(l, r);
		l->now++;
		return;
	case SSA_WBCALL:
		become(l, r, M_WBCALL, FORM_RR, 8, NULL, 0);
		keep(l, r);
		l->now++;
		return;
	case SSA_ALOAD: {
		AMode m = amode(l, x, v.imm);
		set_mem(l, r, load_op(v.type), FORM_M, (u8)ssa_type_size(v.type), NULL, 0, &m);
		l->epoch[r] = l->now++; // never folded
		keep(l, r);
		return;
	}
	case SSA_ASTORE: case SSA_AXCHG: case SSA_AADD: {
		AMode m = amode(l, x, v.imm);
		u8 t = V(l, y)->type;
		u8 size = (u8)ssa_type_size(t);
		l->now++;
		if (v.op == SSA_AADD && v.uses) {
			Ref old = push_mem(l, M_XADD, v.type, FORM_M, size, &y, 1, &m);
			become(l, r, M_ADD, FORM_RR, reg_width(v.type), (Ref[]){old, y}, 2);
			keep(l, r);
			return;
		}
		set_mem(l, r, v.op == SSA_AADD ? M_XADD : M_XCHG, FORM_M, size, &y, 1, &m);
		if (v.op == SSA_ASTORE || !v.uses)
			V(l, r)->type = SSA_VOID;
		keep(l, r);
		return;
	}
	case SSA_ACAS: {
		AMode m = amode(l, x, v.imm);
		if (m.scale && m.base == AB_REG) { // at most four arguments
			Ref p = push_lea(l, m);
			m = (AMode){.base = AB_REG, .breg = p};
		}
		Ref z = sub(l, v.a[2]);
		set_mem(l, r, M_CMPXCHG, FORM_M, (u8)ssa_type_size(V(l, y)->type), (Ref[]){y, z}, 2, &m);
		keep(l, r);
		l->now++;
		return;
	}
	case SSA_AAND: case SSA_AOR: {
		AMode m = amode(l, x, v.imm);
		set_mem(l, r, v.op == SSA_AAND ? M_LOCKAND : M_LOCKOR, FORM_M, (u8)ssa_type_size(V(l, y)->type), &y, 1, &m);
		V(l, r)->type = SSA_VOID;
		keep(l, r);
		l->now++;
		return;
	}
	case SSA_AANDV: case SSA_AORV: {
		AMode m = amode(l, x, v.imm);
		set_mem(l, r, v.op == SSA_AANDV ? M_ANDLOOP : M_ORLOOP, FORM_M, (u8)ssa_type_size(V(l, y)->type), &y, 1, &m);
		keep(l, r);
		l->now++;
		return;
	}
	case SSA_PREFETCH: {
		i64 hint = v.imm;
		AMode m = amode(l, x, 0);
		set_mem(l, r, M_PREFETCH, FORM_M, 8, NULL, 0, &m);
		V(l, r)->cc = (u8)hint;
		keep(l, r);
		return;
	}
	case SSA_PAUSE:
		become(l, r, M_PAUSE, FORM_RR, 8, NULL, 0);
		keep(l, r);
		return;
	case SSA_PUBLICATION: // stores are not reordered on amd64
		remove_value(l, r);
		return;
	}
	bug("amd64: no lowering of %s", ssa_op_name(f, v.op));
}

// ADDC and SUBB become an add with carry; their RESULTs the sum and the carry behind it.
static u32 lower_carry(Lower *l, const Ref *old, u32 k, u32 n)
{
	Ref r = old[k];
	Value v = *V(l, r);
	bool addc = v.op == SSA_ADDC;
	Ref x = sub(l, v.a[0]), y = sub(l, v.a[1]), c = sub(l, v.a[2]);
	Ref sum = 0, carry = 0;
	u32 j = k + 1;
	for (; j < n && V(l, old[j])->op == SSA_RESULT && V(l, old[j])->a[0] == r; j++) {
		if (V(l, old[j])->imm == 0)
			sum = old[j];
		else
			carry = old[j];
	}
	i64 cc;
	u8 type = V(l, x)->type, w = reg_width(type);
	Ref fl = 0;
	bool with = !(is_const(l, c, &cc) && cc == 0);
	if (with) {
		fl = push(l, M_BT, SSA_FLAGS, FORM_RI, V(l, c)->type == SSA_I64 ? 8 : 4, &c, 1);
		V(l, fl)->imm = 0;
	}
	u16 op = with ? (addc ? M_ADC : M_SBB) : (addc ? M_ADD : M_SUB);
	Ref s;
	if (with)
		s = push(l, op, type, FORM_RR, w, (Ref[]){x, y, fl}, 3);
	else
		s = push(l, op, type, FORM_RR, w, (Ref[]){x, y}, 2);
	V(l, s)->cc = 1; // the flags are used: not a LEA
	if (carry) {
		Ref f2 = push1(l, M_SETCC, SSA_FLAGS, w, s);
		Ref b = push1(l, M_SETCC, SSA_I8, 1, f2);
		V(l, b)->cc = CC_ULT;
		Ref z = push1(l, M_ZX, V(l, carry)->type, 1, b);
		replace(l, carry, z);
	}
	if (sum)
		replace(l, sum, s);
	V(l, r)->op = SSA_NONE;
	V(l, r)->type = SSA_VOID;
	value_set_args(l->f, r, NULL, 0);
	l->now++;
	return j - 1;
}

static void lower_block(Lower *l, BlockId b)
{
	Func *f = l->f;
	BasicBlock *bb = &f->blocks[b];
	u32 n = bb->nvals;
	Ref *old = NEWN(f->arena, Ref, n);
	if (n)
		memcpy(old, bb->vals, n * sizeof(Ref));
	bb->nvals = 0;
	l->b = b;
	l->now++;
	for (u32 k = 0; k < n; k++) {
		u16 op = V(l, old[k])->op;
		u8 unsafe = V(l, old[k])->flags & VF_UNSAFE;
		l->pos = V(l, old[k])->pos;
		u32 before = f->blocks[b].nvals;
		if (op == SSA_ADDC || op == SSA_SUBB)
			k = lower_carry(l, old, k, n);
		else
			lower_value(l, old[k]);
		if (unsafe)
			for (bb = &f->blocks[b]; before < bb->nvals; before++)
				V(l, bb->vals[before])->flags |= VF_UNSAFE;
	}
	bb = &f->blocks[b];
	l->pos = bb->pos;
	for (u32 k = 0; k < bb->ncontrols; k++) {
		Ref c = bb->controls[k], s = sub(l, c);
		if (s != c) {
			V(l, s)->uses++;
			bb->controls[k] = s;
		}
	}
	if (bb->kind == BLOCK_IF) {
		Ref c = bb->controls[0], fl;
		u8 cc = push_cond(l, c, &fl);
		bb = &f->blocks[b];
		V(l, c)->uses--;
		release_compare(l, c);
		bb->controls[0] = fl;
		V(l, fl)->uses++;
		bb->kind = BLOCK_ARCH;
		bb->cond = cc;
	} else if (bb->kind == BLOCK_JUMPTABLE) {
		LSym *s = obj_local(f->unit->obj, str_fmt(f->arena, STR_FMT ".jump%u", STR_ARG(f->ir->sym), b));
		obj_define(f->unit->obj, s, SYM_RODATA, f->seq);
		sym_grow(f->unit->obj, s, bb->nsuccs * 8);
		Ref t = push_mem(l, M_LEA, SSA_I64, FORM_M, 8, NULL, 0, &(AMode){.base = AB_SYM, .sym = s});
		Ref *c = NEWN(f->arena, Ref, 2);
		bb = &f->blocks[b];
		c[0] = bb->controls[0], c[1] = t;
		V(l, t)->uses++;
		bb->controls = c;
		bb->ncontrols = 2;
	}
}

// Copies, and the results of checks, are named by what they copy: lowering moves nothing across a check. A check's
// position in the block keeps it before its uses.
static void rename_copies(Lower *l)
{
	Func *f = l->f;
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			if (v->op == SSA_COPY || v->op == SSA_PTRTOINT || v->op == SSA_NILCHECK || v->op == SSA_BOUNDS
			    || (v->op == SSA_F2F && v->type == val(f, v->a[0])->type))
				l->subst[bb->vals[k]] = v->a[0];
		}
	}
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++)
			for (u32 j = 0; j < val(f, bb->vals[k])->nargs; j++) {
				Ref a = value_args(val(f, bb->vals[k]))[j], s = sub(l, a);
				if (s != a)
					value_replace_arg(f, bb->vals[k], j, s);
			}
		for (u32 k = 0; k < bb->ncontrols; k++) {
			Ref c = bb->controls[k], s = sub(l, c);
			if (s == c)
				continue;
			val(f, c)->uses--;
			val(f, s)->uses++;
			bb->controls[k] = s;
		}
	}
}

void amd64_lower(Func *f)
{
	Lower lower = {.f = f, .n0 = f->nvals};
	Lower *l = &lower;
	l->epoch = NEWN(f->arena, u32, f->nvals);
	l->flag_uses = NEWN(f->arena, u32, f->nvals);
	l->subst = NEWN(f->arena, Ref, f->nvals);
	for (u32 i = 0; i < f->debug.nmarks; i++)
		while (val(f, f->debug.marks[i].val)->op == SSA_COPY)
			f->debug.marks[i].val = val(f, f->debug.marks[i].val)->a[0];
	rename_copies(l);
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		if (bb->kind == BLOCK_IF)
			l->flag_uses[bb->controls[0]]++;
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			if (v->op == SSA_SELECT)
				l->flag_uses[v->a[0]]++;
		}
	}
	for (u32 i = 0; i < f->norder; i++)
		lower_block(l, f->order[i]);
	// Phis name what was replaced; then what nothing uses any more goes.
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals && V(l, bb->vals[k])->op == SSA_PHI; k++)
			for (u32 j = 0; j < V(l, bb->vals[k])->nargs; j++) {
				Ref a = value_args(V(l, bb->vals[k]))[j], s = sub(l, a);
				if (s != a)
					value_replace_arg(f, bb->vals[k], j, s);
			}
	}
	for (u32 i = 0; i < f->debug.nmarks; i++)
		f->debug.marks[i].val = sub(l, f->debug.marks[i].val);
	for (u32 i = f->norder; i-- > 0;) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = bb->nvals; k-- > 0;) {
			Ref r = bb->vals[k];
			Value *v = V(l, r);
			if (v->uses || !(v->type != SSA_VOID) || v->op < SSA_ARCH)
				continue;
			u8 cls = mop(v->op)->cls;
			if (cls >= MC_BOUNDS || (cls == MC_LOAD && v->flags & VF_MARK)) // a load may stand for a nil check
				continue;
			value_set_args(f, r, NULL, 0);
			V(l, r)->block = 0;
			if (v->op != M_MOVI && v->op != M_FCONST)
				V(l, r)->op = SSA_NONE;
		}
		u32 n = 0;
		for (u32 k = 0; k < bb->nvals; k++)
			if (V(l, bb->vals[k])->block && V(l, bb->vals[k])->op != SSA_NONE)
				bb->vals[n++] = bb->vals[k];
		bb->nvals = n;
	}
}
