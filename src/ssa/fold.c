// fold.c: constants, algebra and strength reduction, one forward pass over the blocks: every value is rewritten in
// terms of its arguments until no rule fits. Invariant: a value keeps its number and its meaning, so that its users
// need not be told; helpers go right before it.
#include "ssa/backend.h"

typedef struct Fold { Func *f; BlockId b; u32 pos; bool changed; } Fold;

static Value *V(Fold *x, Ref r) { return val(x->f, r); }
static u32 bits_of(u8 t) { return ssa_type_size(t) * 8; }
static i64 sext(i64 c, u8 t) { u32 s = 64 - bits_of(t); return (i64)((u64)c << s) >> s; }
static u64 zext(i64 c, u8 t) { u32 s = 64 - bits_of(t); return (u64)c << s >> s; }

static bool konst(Fold *x, Ref r, i64 *c)
{
	Value *v = V(x, r);
	if (v->op != SSA_CONST)
		return false;
	*c = v->imm;
	return true;
}

static Ref make(Fold *x, u16 op, u8 type, const Ref *args, u32 n)
{
	Ref r = value_new(x->f, x->b, op, type, x->pos);
	value_set_args(x->f, r, args, n);
	return r;
}
static Ref make1(Fold *x, u16 op, u8 type, Ref a) { return make(x, op, type, &a, 1); }
static Ref make2(Fold *x, u16 op, u8 type, Ref a, Ref b) { return make(x, op, type, (Ref[]){a, b}, 2); }
static Ref make_const(Fold *x, u8 type, i64 c)
{
	Ref r = make(x, SSA_CONST, type, NULL, 0);
	V(x, r)->imm = sext(c, type);
	return r;
}
static Ref make_shift(Fold *x, u16 op, u8 type, Ref a, u32 n)
{
	Ref c = make_const(x, SSA_I64, n), r = make2(x, op, type, a, c);
	V(x, r)->flags |= VF_BOUNDED;
	return r;
}

static void become(Fold *x, Ref r, u16 op, const Ref *args, u32 n)
{
	value_set_args(x->f, r, args, n);
	Value *v = V(x, r);
	v->op = op;
	v->imm = v->imm2 = 0;
	v->flags = 0;
	v->sym = NULL;
	x->changed = true;
}
static void become_const(Fold *x, Ref r, i64 c)
{
	become(x, r, SSA_CONST, NULL, 0);
	V(x, r)->imm = sext(c, V(x, r)->type);
}
static void become_copy(Fold *x, Ref r, Ref of) { become(x, r, SSA_COPY, &of, 1); }
static void become2(Fold *x, Ref r, u16 op, Ref a, Ref b) { become(x, r, op, (Ref[]){a, b}, 2); }
static void become_shift(Fold *x, Ref r, u16 op, Ref a, u32 n)
{
	Ref c = make_const(x, SSA_I64, n);
	become2(x, r, op, a, c);
	V(x, r)->flags |= VF_BOUNDED;
}

static bool pow2(u64 c) { return c && !(c & (c - 1)); }
static u32 log2_of(u64 c) { return 63 - (u32)__builtin_clzll(c); }

// ---- division by constants -----------------------------------------------------------------------

// m = floor(2^n / c) + 1 is 2^n/c and *excess / c more, so that x*m >> n is x / c as long as x * *excess < 2^n.
static u64 magic_of(u32 n, u64 c, u64 *excess)
{
	unsigned __int128 p = (unsigned __int128)1 << n;
	*excess = c - (u64)(p % c);
	return (u64)(p / c) + 1;
}

// Unsigned x / c for c > 1, not a power of two (Granlund and Montgomery).
static Ref divide_unsigned(Fold *x, Ref a, u8 type, u64 c)
{
	u32 w = bits_of(type), l = log2_of(c) + 1; // 2^(l-1) < c < 2^l
	u64 excess;
	if (w <= 32) {
		// One multiplication of 64 bits, if the magic number has no more than 64 - w.
		u32 n = w < 32 ? w + l : w + l - 1;
		u64 m = magic_of(n, c, &excess);
		Ref e = make1(x, SSA_ZEXT, SSA_I64, a);
		if (excess <= (u64)1 << (n - w))
			return make1(x, SSA_TRUNC, type, make_shift(x, SSA_SHR, SSA_I64, make2(x, SSA_MUL, SSA_I64, e, make_const(x, SSA_I64, (i64)m)), n));
		// 2^64/c rounded up is precise enough for 32 bits.
		return make1(x, SSA_TRUNC, type, make2(x, SSA_HMULU, SSA_I64, e, make_const(x, SSA_I64, (i64)(UINT64_MAX / c + 1))));
	}
	u64 m = magic_of(63 + l, c, &excess);
	if (excess <= (u64)1 << (l - 1))
		return make_shift(x, SSA_SHR, SSA_I64, make2(x, SSA_HMULU, SSA_I64, a, make_const(x, SSA_I64, (i64)m)), l - 1);
	u32 even = (u32)__builtin_ctzll(c);
	if (even) { // 64 - even bits need a magic number of no more than 64
		m = magic_of(63 + l - even, c >> even, &excess);
		a = make_shift(x, SSA_SHR, SSA_I64, a, even);
		return make_shift(x, SSA_SHR, SSA_I64, make2(x, SSA_HMULU, SSA_I64, a, make_const(x, SSA_I64, (i64)m)), l - even - 1);
	}
	unsigned __int128 n = (unsigned __int128)((l == 64 ? 0 : (u64)1 << l) - c) << 64; // (2^l - c) * 2^64
	u64 magic = (u64)(n / c) + 1;
	Ref t = make2(x, SSA_HMULU, SSA_I64, a, make_const(x, SSA_I64, (i64)magic));
	Ref d = make2(x, SSA_SUB, SSA_I64, a, t);
	d = make_shift(x, SSA_SHR, SSA_I64, d, 1);
	d = make2(x, SSA_ADD, SSA_I64, d, t);
	return l == 1 ? d : make_shift(x, SSA_SHR, SSA_I64, d, l - 1);
}

// Signed x / c for c >= 2.
static Ref divide_signed(Fold *x, Ref a, u8 type, u64 c)
{
	u32 w = bits_of(type);
	if (pow2(c)) {
		// Negative numbers round towards zero: add c-1 to them first.
		u32 n = log2_of(c);
		Ref s = n == 1 ? a : make_shift(x, SSA_SAR, type, a, w - 1);
		s = make_shift(x, SSA_SHR, type, s, w - n);
		s = make2(x, SSA_ADD, type, a, s);
		return make_shift(x, SSA_SAR, type, s, n);
	}
	u32 s = log2_of(c - 1); // 2^s < c <= 2^(s+1)
	if (w <= 32) {
		Ref e = make1(x, SSA_SEXT, SSA_I64, a), m = make_const(x, SSA_I64, (i64)(((u64)1 << (32 + s)) / c + 1));
		Ref p = make2(x, SSA_MUL, SSA_I64, e, m);
		p = make_shift(x, SSA_SAR, SSA_I64, p, 32 + s);
		Ref neg = make_shift(x, SSA_SAR, SSA_I64, e, 63);
		return make1(x, SSA_TRUNC, type, make2(x, SSA_SUB, SSA_I64, p, neg));
	}
	u64 excess, magic = magic_of(63 + s, c, &excess);
	bool small = excess < (u64)1 << s && magic >> 63 == 0;
	if (small)
		s--;
	else
		magic = magic_of(64 + s, c, &excess); // as a signed number it is 2^64 too small: a is added
	Ref p = make2(x, SSA_HMUL, SSA_I64, a, make_const(x, SSA_I64, (i64)magic));
	if (!small)
		p = make2(x, SSA_ADD, SSA_I64, p, a);
	if (s)
		p = make_shift(x, SSA_SAR, SSA_I64, p, s);
	Ref neg = make_shift(x, SSA_SAR, SSA_I64, a, 63);
	return make2(x, SSA_SUB, SSA_I64, p, neg);
}

// r becomes a - q*c, a remainder: imm is its largest value, if that is a signed number of its type; imm2: it may be negative.
static void become_rest(Fold *x, Ref r, Ref a, Ref q, u8 type, u64 c, bool sign)
{
	Ref p = make2(x, SSA_MUL, type, q, make_const(x, type, (i64)c));
	become2(x, r, SSA_SUB, a, p);
	if (c - 1 < (u64)1 << (bits_of(type) - 1))
		V(x, r)->imm = (i64)(c - 1), V(x, r)->imm2 = sign;
}

static bool fold_div(Fold *x, Ref r)
{
	Value v = *V(x, r);
	i64 a, c;
	if (!konst(x, v.a[1], &c) || sext(c, v.type) == 0)
		return false;
	bool sign = v.op == SSA_DIV || v.op == SSA_MOD, mod = v.op == SSA_MOD || v.op == SSA_MODU;
	if (konst(x, v.a[0], &a)) {
		i64 q;
		if (sign) {
			i64 n = sext(a, v.type), d = sext(c, v.type);
			q = d == -1 ? (mod ? 0 : (i64)(0 - (u64)n)) : mod ? n % d : n / d;
		} else {
			u64 n = zext(a, v.type), d = zext(c, v.type);
			q = (i64)(mod ? n % d : n / d);
		}
		become_const(x, r, q);
		return true;
	}
	i64 sc = sext(c, v.type);
	u64 uc = zext(c, v.type);
	if (uc == 1 || (sign && sc == -1)) {
		if (mod)
			become_const(x, r, 0);
		else if (uc == 1)
			become_copy(x, r, v.a[0]);
		else
			become(x, r, SSA_NEG, v.a, 1);
		return true;
	}
	if (!sign && pow2(uc)) {
		if (mod)
			become2(x, r, SSA_AND, v.a[0], make_const(x, v.type, (i64)(uc - 1)));
		else
			become_shift(x, r, SSA_SHR, v.a[0], log2_of(uc));
		return true;
	}
	if (sign && uc == (u64)1 << (bits_of(v.type) - 1))
		return false; // the smallest number
	u64 mag = sign && sc < 0 ? (u64)-sc : uc;
	if (sign) {
		Ref q = divide_signed(x, v.a[0], v.type, mag);
		if (!mod) {
			if (sc < 0)
				become(x, r, SSA_NEG, &q, 1);
			else
				become_copy(x, r, q);
			return true;
		}
		become_rest(x, r, v.a[0], q, v.type, mag, true);
		return true;
	}
	Ref q = divide_unsigned(x, v.a[0], v.type, mag);
	if (!mod) {
		become_copy(x, r, q);
		return true;
	}
	become_rest(x, r, v.a[0], q, v.type, mag, false);
	return true;
}

// ---- the rest ------------------------------------------------------------------------------------

static bool is_compare(u16 op) { return op >= SSA_EQ && op <= SSA_FLE; }

static bool fold_compare(Fold *x, Ref r)
{
	Value v = *V(x, r);
	u8 t = V(x, v.a[0])->type;
	i64 a, b;
	bool ka = konst(x, v.a[0], &a), kb = konst(x, v.a[1], &b);
	if (ka && kb) {
		u64 ua = t == SSA_PTR ? (u64)a : zext(a, t), ub = t == SSA_PTR ? (u64)b : zext(b, t);
		i64 sa = t == SSA_PTR ? a : sext(a, t), sb = t == SSA_PTR ? b : sext(b, t);
		bool res = v.op == SSA_EQ ? ua == ub : v.op == SSA_NE ? ua != ub : v.op == SSA_LT ? sa < sb : v.op == SSA_LE ? sa <= sb
			: v.op == SSA_ULT ? ua < ub : ua <= ub;
		become_const(x, r, res);
		return true;
	}
	if (v.a[0] == v.a[1]) {
		become_const(x, r, v.op == SSA_EQ || v.op == SSA_LE || v.op == SSA_ULE);
		return true;
	}
	if (kb && (v.op == SSA_EQ || v.op == SSA_NE)) {
		Value *p = V(x, v.a[0]);
		// The negation of a comparison, and the comparison itself.
		if (t == SSA_I8 && is_compare(p->op) && (b == 0 || b == 1)) {
			if ((v.op == SSA_EQ) == (b == 1)) {
				become_copy(x, r, v.a[0]);
				return true;
			}
			Ref m = p->a[0], n = p->a[1];
			switch (p->op) {
			case SSA_EQ: become2(x, r, SSA_NE, m, n); return true;
			case SSA_NE: become2(x, r, SSA_EQ, m, n); return true;
			case SSA_LT: become2(x, r, SSA_LE, n, m); return true;
			case SSA_LE: become2(x, r, SSA_LT, n, m); return true;
			case SSA_ULT: become2(x, r, SSA_ULE, n, m); return true;
			case SSA_ULE: become2(x, r, SSA_ULT, n, m); return true;
			case SSA_FEQ: become2(x, r, SSA_FNE, m, n); return true;
			case SSA_FNE: become2(x, r, SSA_FEQ, m, n); return true;
			}
		}
		if (p->op == SSA_ZEXT && zext(b, V(x, p->a[0])->type) == (u64)b) {
			Ref inner = p->a[0];
			become2(x, r, v.op, inner, make_const(x, V(x, inner)->type, b));
			return true;
		}
		if (b == 0 && t == SSA_PTR && (p->op == SSA_SLOTADDR || p->op == SSA_SYMADDR || p->op == SSA_NILCHECK || p->flags & VF_NONNIL)) {
			become_const(x, r, v.op == SSA_NE);
			return true;
		}
	}
	return false;
}

static bool fold_shift(Fold *x, Ref r)
{
	Value v = *V(x, r);
	i64 a, n;
	if (!konst(x, v.a[1], &n))
		return konst(x, v.a[0], &a) && a == 0 ? (become_const(x, r, 0), true) : false;
	u64 count = zext(n, V(x, v.a[1])->type);
	u32 w = bits_of(v.type);
	if (v.op == SSA_ROTL) {
		count &= w - 1;
		if (count == 0) {
			become_copy(x, r, v.a[0]);
			return true;
		}
		return false;
	}
	if (count == 0) {
		become_copy(x, r, v.a[0]);
		return true;
	}
	if (count >= w) {
		if (v.op != SSA_SAR) {
			become_const(x, r, 0);
			return true;
		}
		become_shift(x, r, SSA_SAR, v.a[0], w - 1);
		return count != w - 1;
	}
	if (konst(x, v.a[0], &a)) {
		become_const(x, r, v.op == SSA_SHL ? (i64)((u64)a << count) : v.op == SSA_SHR ? (i64)(zext(a, v.type) >> count)
			: sext(a, v.type) >> count);
		return true;
	}
	Value *p = V(x, v.a[0]);
	i64 m;
	if (p->op == v.op && konst(x, p->a[1], &m)) { // twice the same way
		u64 sum = count + zext(m, V(x, p->a[1])->type);
		Ref in = p->a[0];
		if (zext(m, V(x, p->a[1])->type) < w) {
			if (sum >= w && v.op != SSA_SAR)
				become_const(x, r, 0);
			else
				become_shift(x, r, v.op, in, (u32)MIN(sum, w - 1));
			return true;
		}
	}
	V(x, r)->flags |= VF_BOUNDED;
	return false;
}

// x << c | x >> (width - c)
static bool fold_rotate(Fold *x, Ref r)
{
	Value v = *V(x, r), *l = V(x, v.a[0]), *h = V(x, v.a[1]);
	if (l->op == SSA_SHR) {
		Value *t = l;
		l = h, h = t;
	}
	i64 m, n;
	if (l->op != SSA_SHL || h->op != SSA_SHR || l->a[0] != h->a[0] || !konst(x, l->a[1], &m) || !konst(x, h->a[1], &n))
		return false;
	if (m <= 0 || n <= 0 || m + n != bits_of(v.type))
		return false;
	become_shift(x, r, SSA_ROTL, l->a[0], (u32)m);
	return true;
}

// r is what is returned and *c more.
static Ref split_sum(Fold *x, Ref r, i64 *c)
{
	*c = 0;
	while (V(x, r)->op == SSA_BOUNDS || V(x, r)->op == SSA_COPY)
		r = V(x, r)->a[0];
	if (V(x, r)->op != SSA_ADD || !konst(x, V(x, r)->a[1], c))
		return r;
	r = V(x, r)->a[0];
	while (V(x, r)->op == SSA_BOUNDS || V(x, r)->op == SSA_COPY)
		r = V(x, r)->a[0];
	return r;
}

static bool fold_binary(Fold *x, Ref r)
{
	Value v = *V(x, r);
	if ((v.op == SSA_OR || v.op == SSA_XOR || v.op == SSA_ADD) && fold_rotate(x, r))
		return true;
	i64 a, b;
	bool ka = konst(x, v.a[0], &a), kb = konst(x, v.a[1], &b);
	bool commutes = v.op != SSA_SUB && v.op != SSA_HMUL && v.op != SSA_HMULU;
	if (ka && kb) {
		switch (v.op) {
		case SSA_ADD: become_const(x, r, (i64)((u64)a + (u64)b)); return true;
		case SSA_SUB: become_const(x, r, (i64)((u64)a - (u64)b)); return true;
		case SSA_MUL: become_const(x, r, (i64)((u64)a * (u64)b)); return true;
		case SSA_AND: become_const(x, r, a & b); return true;
		case SSA_OR: become_const(x, r, a | b); return true;
		case SSA_XOR: become_const(x, r, a ^ b); return true;
		}
		return false;
	}
	if (ka && commutes) {
		become2(x, r, v.op, v.a[1], v.a[0]);
		return true;
	}
	if (kb) {
		i64 s = sext(b, v.type);
		Value *p = V(x, v.a[0]);
		i64 c;
		switch (v.op) {
		case SSA_ADD: case SSA_SUB:
			if (s == 0) {
				become_copy(x, r, v.a[0]);
				return true;
			}
			if (v.op == SSA_SUB) {
				Ref k = make_const(x, v.type, (i64)(0 - (u64)s));
				become2(x, r, SSA_ADD, v.a[0], k);
				return true;
			}
			if (p->op == SSA_ADD && konst(x, p->a[1], &c)) {
				Ref in = p->a[0], k = make_const(x, v.type, (i64)((u64)s + (u64)c));
				become2(x, r, SSA_ADD, in, k);
				return true;
			}
			break;
		case SSA_MUL:
			if (s == 0) {
				become_const(x, r, 0);
				return true;
			}
			if (s == 1) {
				become_copy(x, r, v.a[0]);
				return true;
			}
			if (s == -1) {
				become(x, r, SSA_NEG, v.a, 1);
				return true;
			}
			if (pow2(zext(b, v.type))) {
				become_shift(x, r, SSA_SHL, v.a[0], log2_of(zext(b, v.type)));
				return true;
			}
			break;
		case SSA_AND:
			if (s == 0 || s == -1) {
				if (s)
					become_copy(x, r, v.a[0]);
				else
					become_const(x, r, 0);
				return true;
			}
			if (p->op == SSA_AND && konst(x, p->a[1], &c)) {
				Ref in = p->a[0], k = make_const(x, v.type, s & c);
				become2(x, r, SSA_AND, in, k);
				return true;
			}
			if (p->op == SSA_ZEXT) {
				u64 all = zext(-1, V(x, p->a[0])->type);
				if ((zext(b, v.type) & all) == all) {
					become_copy(x, r, v.a[0]);
					return true;
				}
			}
			break;
		case SSA_OR:
			if (s == 0 || s == -1) {
				if (s)
					become_const(x, r, -1);
				else
					become_copy(x, r, v.a[0]);
				return true;
			}
			break;
		case SSA_XOR:
			if (s == 0) {
				become_copy(x, r, v.a[0]);
				return true;
			}
			if (s == -1) {
				become(x, r, SSA_COM, v.a, 1);
				return true;
			}
			if (s == 1 && v.type == SSA_I8 && is_compare(p->op)) { // !comparison
				Ref c0 = v.a[0];
				become2(x, r, SSA_EQ, c0, make_const(x, SSA_I8, 0));
				return true;
			}
			break;
		}
	}
	if (v.op == SSA_SUB && !kb) { // x + a - (x + b)
		Ref p = split_sum(x, v.a[0], &a), q = split_sum(x, v.a[1], &b);
		if (p == q) {
			become_const(x, r, (i64)((u64)a - (u64)b));
			return true;
		}
	}
	if (v.a[0] == v.a[1]) {
		switch (v.op) {
		case SSA_SUB: case SSA_XOR: become_const(x, r, 0); return true;
		case SSA_AND: case SSA_OR: become_copy(x, r, v.a[0]); return true;
		}
	}
	return false;
}

static bool fold_convert(Fold *x, Ref r)
{
	Value v = *V(x, r);
	Value p = *V(x, v.a[0]);
	i64 c;
	if (konst(x, v.a[0], &c)) {
		become_const(x, r, v.op == SSA_ZEXT ? (i64)zext(c, p.type) : v.op == SSA_SEXT ? sext(c, p.type) : c);
		return true;
	}
	if (v.op == SSA_TRUNC) {
		if (p.op == SSA_TRUNC) {
			become(x, r, SSA_TRUNC, p.a, 1);
			return true;
		}
		if (p.op == SSA_ZEXT || p.op == SSA_SEXT) {
			u8 t = V(x, p.a[0])->type;
			if (t == v.type)
				become_copy(x, r, p.a[0]);
			else
				become(x, r, t > v.type ? SSA_TRUNC : p.op, p.a, 1);
			return true;
		}
		return false;
	}
	if (p.op == v.op) {
		become(x, r, v.op, p.a, 1);
		return true;
	}
	if (v.op == SSA_SEXT && p.op == SSA_ZEXT) { // the sign bit is clear
		become(x, r, SSA_ZEXT, p.a, 1);
		return true;
	}
	return false;
}

// A choice between x and x+1 or x-1 adds the condition; between the booleans it is the condition.
static bool fold_select(Fold *x, Ref r)
{
	Value v = *V(x, r);
	if (v.type < SSA_I8 || v.type > SSA_I64)
		return false;
	i64 a, b, c;
	bool ka = konst(x, v.a[1], &a), kb = konst(x, v.a[2], &b);
	if (v.type == SSA_I8 && ka && kb && ((a == 1 && b == 0) || (a == 0 && b == 1))) {
		if (a)
			become_copy(x, r, v.a[0]);
		else
			become2(x, r, SSA_EQ, v.a[0], make_const(x, SSA_I8, 0));
		return true;
	}
	for (u32 k = 1; k <= 2; k++) { // v.a[k] is the other plus c
		Value *p = V(x, v.a[k]);
		if (p->op != SSA_ADD || p->a[0] != v.a[3 - k] || !konst(x, p->a[1], &c) || (c != 1 && c != -1))
			continue;
		Ref t = v.a[0];
		if (k == 2)
			t = make2(x, SSA_EQ, SSA_I8, t, make_const(x, SSA_I8, 0));
		if (v.type != SSA_I8)
			t = make1(x, SSA_ZEXT, v.type, t);
		become2(x, r, c == 1 ? SSA_ADD : SSA_SUB, v.a[3 - k], t);
		return true;
	}
	return false;
}

static bool fold_value(Fold *x, Ref r)
{
	Value v = *V(x, r);
	i64 c;
	switch (v.op) {
	case SSA_ADD: case SSA_SUB: case SSA_MUL: case SSA_AND: case SSA_OR: case SSA_XOR:
		return fold_binary(x, r);
	case SSA_DIV: case SSA_DIVU: case SSA_MOD: case SSA_MODU:
		return fold_div(x, r);
	case SSA_SHL: case SSA_SHR: case SSA_SAR: case SSA_ROTL:
		return fold_shift(x, r);
	case SSA_NEG:
		if (konst(x, v.a[0], &c)) {
			become_const(x, r, (i64)(0 - (u64)c));
			return true;
		}
		return false;
	case SSA_COM:
		if (konst(x, v.a[0], &c)) {
			become_const(x, r, ~c);
			return true;
		}
		return false;
	case SSA_EQ: case SSA_NE: case SSA_LT: case SSA_LE: case SSA_ULT: case SSA_ULE:
		return fold_compare(x, r);
	case SSA_SEXT: case SSA_ZEXT: case SSA_TRUNC:
		return fold_convert(x, r);
	case SSA_SELECT:
		if (konst(x, v.a[0], &c)) {
			become_copy(x, r, zext(c, SSA_I8) ? v.a[1] : v.a[2]);
			return true;
		}
		if (v.a[1] == v.a[2]) {
			become_copy(x, r, v.a[1]);
			return true;
		}
		return fold_select(x, r);
	case SSA_OFFPTR: {
		Value *p = V(x, v.a[0]);
		if (v.imm == 0) {
			become_copy(x, r, v.a[0]);
			return true;
		}
		if (p->op == SSA_OFFPTR) {
			Ref in = p->a[0];
			i64 off = p->imm + v.imm;
			become(x, r, SSA_OFFPTR, &in, 1);
			V(x, r)->imm = off;
			return true;
		}
		if (p->op == SSA_SLOTADDR || p->op == SSA_SYMADDR) {
			Value q = *p;
			become(x, r, q.op, NULL, 0);
			V(x, r)->imm = q.imm + v.imm;
			V(x, r)->imm2 = q.imm2;
			V(x, r)->sym = q.sym;
			return true;
		}
		return false;
	}
	case SSA_ADDPTR:
		if (konst(x, v.a[1], &c) && c == (i32)c && c >= 0) {
			become(x, r, SSA_OFFPTR, v.a, 1);
			V(x, r)->imm = c;
			return true;
		}
		return false;
	case SSA_LOAD: case SSA_STORE: case SSA_STOREWB: {
		Value *p = V(x, v.a[0]);
		if (p->op == SSA_OFFPTR && p->imm + v.imm == (i32)(p->imm + v.imm)) {
			i64 off = p->imm;
			value_replace_arg(x->f, r, 0, p->a[0]);
			V(x, r)->imm += off;
			return true;
		}
		return false;
	}
	case SSA_CTZ: case SSA_BITLEN: case SSA_POPCNT:
		if (konst(x, v.a[0], &c)) {
			u8 t = V(x, v.a[0])->type;
			u64 z = zext(c, t);
			become_const(x, r, v.op == SSA_POPCNT ? __builtin_popcountll(z) : v.op == SSA_CTZ ? (z ? __builtin_ctzll(z) : (i64)bits_of(t))
				: z ? 64 - __builtin_clzll(z) : 0);
			return true;
		}
		return false;
	}
	return false;
}

void pass_fold(Func *f)
{
	Fold fold = {.f = f}, *x = &fold;
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		u32 n = bb->nvals;
		Ref *old = NEWN(f->arena, Ref, n);
		if (n)
			memcpy(old, bb->vals, n * sizeof(Ref));
		bb->nvals = 0;
		x->b = b;
		for (u32 k = 0; k < n; k++) {
			x->pos = V(x, old[k])->pos;
			// Arguments may have become copies by now.
			for (u32 j = 0; j < V(x, old[k])->nargs; j++) {
				Ref a = value_args(V(x, old[k]))[j], s = a;
				while (V(x, s)->op == SSA_COPY || (V(x, s)->op == SSA_BOUNDS && V(x, V(x, s)->a[0])->op == SSA_CONST))
					s = V(x, s)->a[0]; // what a check of a constant gives is that
				if (s != a && V(x, old[k])->op != SSA_PHI)
					value_replace_arg(f, old[k], j, s);
			}
			u32 at = f->blocks[b].nvals;
			for (u32 tries = 0; tries < 8 && fold_value(x, old[k]); tries++)
				if (V(x, old[k])->op == SSA_COPY || V(x, old[k])->op == SSA_CONST)
					break;
			// What division was expanded to is worth a look itself.
			for (; at < f->blocks[b].nvals; at++)
				if (V(x, f->blocks[b].vals[at])->op == SSA_TRUNC || V(x, f->blocks[b].vals[at])->op == SSA_ZEXT)
					fold_convert(x, f->blocks[b].vals[at]);
			block_push(f, b, old[k]);
		}
	}
}
