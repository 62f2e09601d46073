// combine.c: bytes that are loaded one by one and put together become one load (swapped, where the order of bytes is the
// other one), and neighbouring stores of the parts of a value one store. Both grow by doubling: two bytes become one of
// 16 bits when the second is seen, two of 16 bits one of 32.
#include "ssa/backend.h"

typedef struct Place { Ref base, index; i64 off; } Place;       // base + index + off; index may be 0
typedef struct Part { Ref load; u32 shift, size; bool swapped; Place at; } Part; // bytes of memory as bits [shift, shift + 8*size)

typedef struct Combine {
	Func *f;
	BlockId b;
	u32 *epoch;         // by value: of loads, the state of memory they read; valid in block b
	u32 cepoch, now;
	u32 steps;          // of a search, which has a limit
} Combine;

enum { MOST_PARTS = 8, MOST_STEPS = 40 };

static void note_load(Combine *x, Ref r)
{
	if (r >= x->cepoch) {
		u32 n = x->f->nvals + x->f->nvals / 4 + 64;
		x->epoch = arena_grow(x->f->arena, x->epoch, x->cepoch * sizeof(u32), n * sizeof(u32));
		memset(x->epoch + x->cepoch, 0, (n - x->cepoch) * sizeof(u32));
		x->cepoch = n;
	}
	x->epoch[r] = x->now;
}

static Place place_of(Func *f, const Value *access)
{
	Place p = {.base = access->a[0], .off = access->imm};
	for (;;) {
		Value *v = val(f, p.base);
		if (v->op == SSA_OFFPTR) {
			p.off += v->imm;
		} else if (v->op == SSA_ADDPTR && !p.index) {
			p.index = v->a[1];
			for (;;) {
				Value *i = val(f, p.index);
				i64 c;
				if (i->op == SSA_BOUNDS || i->op == SSA_COPY) {
					p.index = i->a[0];
				} else if (i->op == SSA_ADD && value_is_const(f, i->a[1], &c)) {
					p.off = (i64)((u64)p.off + (u64)c);
					p.index = i->a[0];
				} else {
					break;
				}
			}
			i64 c;
			if (value_is_const(f, p.index, &c))
				p.off = (i64)((u64)p.off + (u64)c), p.index = 0;
		} else if (v->op != SSA_COPY) {
			return p;
		}
		p.base = v->a[0];
	}
}

static bool same_object(Place a, Place b) { return a.base == b.base && a.index == b.index; }
static u8 int_type(u32 size) { return size == 1 ? SSA_I8 : size == 2 ? SSA_I16 : size == 4 ? SSA_I32 : SSA_I64; }

// ---- loads ---------------------------------------------------------------------------------------

// Collects what r is put together of, moved up by shift. Bits at `limit` and above are lost. false: it is more than that.
static bool collect(Combine *x, Ref r, u32 shift, u32 limit, bool root, Part *parts, u32 *n)
{
	Func *f = x->f;
	Value *v = val(f, r);
	limit = MIN(limit, shift + ssa_type_size(v->type) * 8);
	if ((!root && v->uses != 1) || x->steps++ > MOST_STEPS)
		return false;
	i64 c;
	switch (v->op) {
	case SSA_OR: case SSA_ADD: case SSA_XOR: {
		Ref a = v->a[0], b = v->a[1];
		return collect(x, a, shift, limit, false, parts, n) && collect(x, b, shift, limit, false, parts, n);
	}
	case SSA_SHL:
		return value_is_const(f, v->a[1], &c) && c >= 0 && c < 64 && c % 8 == 0 && collect(x, v->a[0], shift + (u32)c, limit, false, parts, n);
	case SSA_ZEXT:
		return collect(x, v->a[0], shift, limit, false, parts, n);
	case SSA_BSWAP: case SSA_LOAD: {
		bool swapped = v->op == SSA_BSWAP;
		Ref l = swapped ? v->a[0] : r;
		Value *lv = val(f, l);
		u32 size = ssa_type_size(lv->type);
		if (lv->op != SSA_LOAD || lv->uses != 1 || lv->block != x->b || l >= x->cepoch || x->epoch[l] != x->now || type_is_float(lv->type)
		    || lv->type == SSA_PTR || shift + 8 * size > limit || *n == MOST_PARTS)
			return false;
		parts[(*n)++] = (Part){l, shift, size, swapped, place_of(f, lv)};
		return true;
	}
	}
	return false;
}

static Ref push(Combine *x, u16 op, u8 type, u32 pos, Ref a, Ref b)
{
	Ref r = value_new(x->f, x->b, op, type, pos);
	value_set_args(x->f, r, (Ref[]){a, b}, b ? 2 : 1);
	return r;
}

// r: an OR, or its likes; everything before it has been pushed.
static void combine_loads(Combine *x, Ref r)
{
	Func *f = x->f;
	Part p[MOST_PARTS];
	u32 n = 0, size = 0;
	u8 type = val(f, r)->type;
	x->steps = 0;
	if (!collect(x, r, 0, ssa_type_size(type) * 8, true, p, &n) || n < 2)
		return;
	for (u32 i = 1; i < n; i++) // by their place in the value
		for (u32 k = i; k && p[k].shift < p[k - 1].shift; k--) {
			Part t = p[k];
			p[k] = p[k - 1], p[k - 1] = t;
		}
	for (u32 i = 0; i < n; i++)
		size += p[i].size;
	if (size != 2 && size != 4 && size != 8)
		return;
	bool up = true, down = true; // the order of bytes: the processor's, or the other
	for (u32 i = 0; i < n; i++) {
		up &= !p[i].swapped;
		down &= p[i].swapped || p[i].size == 1;
		if (i == 0)
			continue;
		if (!same_object(p[i].at, p[0].at) || p[i].shift != p[i - 1].shift + 8 * p[i - 1].size)
			return;
		up &= p[i].at.off == p[i - 1].at.off + p[i - 1].size;
		down &= p[i].at.off + p[i].size == p[i - 1].at.off;
	}
	if (!up && !down)
		return;
	Value first = *val(f, p[up ? 0 : n - 1].load);
	u32 pos = val(f, r)->pos;
	Ref l = push(x, SSA_LOAD, int_type(size), pos, first.a[0], 0);
	val(f, l)->imm = first.imm;
	val(f, l)->flags = first.flags & (VF_NOFAULT | VF_READONLY | VF_UNSAFE);
	note_load(x, l);
	Ref whole = l;
	if (!up)
		whole = push(x, SSA_BSWAP, int_type(size), pos, whole, 0);
	if (int_type(size) != type)
		whole = push(x, SSA_ZEXT, type, pos, whole, 0);
	if (p[0].shift) {
		Ref c = value_new(f, x->b, SSA_CONST, SSA_I64, pos);
		val(f, c)->imm = p[0].shift;
		whole = push(x, SSA_SHL, type, pos, whole, c);
		val(f, whole)->flags |= VF_BOUNDED;
	}
	// r becomes the last of them, so that no copy counts as a use of its parts.
	Value last = *val(f, whole);
	value_set_args(f, r, last.a, last.nargs);
	Value *v = val(f, r);
	v->op = last.op;
	v->imm = last.imm;
	v->flags = last.flags;
	if (v->op == SSA_LOAD)
		note_load(x, r);
	value_set_args(f, whole, NULL, 0);
	val(f, whole)->op = SSA_NONE;
	f->blocks[x->b].nvals--;
}

// ---- stores --------------------------------------------------------------------------------------

// Bits [shift, shift + 8*size) of `of`, swapped or not; of a constant: its value.
typedef struct Bits { Ref of; u32 shift; bool swapped, constant; i64 c; } Bits;

static Bits bits_of(Func *f, Ref r)
{
	Bits b = {.of = r};
	Value *v = val(f, r);
	if (v->op == SSA_CONST)
		return (Bits){.constant = true, .c = v->imm};
	if (v->op == SSA_BSWAP)
		b.swapped = true, b.of = v->a[0];
	v = val(f, b.of);
	i64 c;
	if (v->op == SSA_TRUNC) {
		b.of = v->a[0];
		v = val(f, b.of);
		if ((v->op == SSA_SHR || v->op == SSA_SAR) && value_is_const(f, v->a[1], &c) && c >= 0 && c < ssa_type_size(v->type) * 8)
			b.shift = (u32)c, b.of = v->a[0];
	}
	return b;
}

// The last two stores are one; r: the second, not pushed yet. Returns the store that stands for both, or 0.
static Ref combine_stores(Combine *x, Ref first, Ref r)
{
	Func *f = x->f;
	Value *s = val(f, first), *t = val(f, r);
	u8 type = val(f, t->a[1])->type;
	u32 size = ssa_type_size(type), pos = t->pos;
	if (val(f, s->a[1])->type != type || type_is_float(type) || type == SSA_PTR || size > 4 || (s->flags ^ t->flags) & (VF_NOFAULT | VF_UNSAFE))
		return 0;
	Place p = place_of(f, s), q = place_of(f, t);
	if (!same_object(p, q) || (p.off + size != q.off && q.off + size != p.off))
		return 0;
	bool ascending = p.off < q.off;
	Bits low = bits_of(f, ascending ? s->a[1] : t->a[1]), high = bits_of(f, ascending ? t->a[1] : s->a[1]); // by address
	Value *where = ascending ? s : t;
	Ref addr = where->a[0];
	i64 off = where->imm;
	u8 flags = where->flags, wide = int_type(2 * size);
	u32 bits = 8 * size;
	Ref whole;
	if (low.constant && high.constant) {
		u64 mask = ((u64)1 << bits) - 1;
		u64 c = ((u64)low.c & mask) | ((u64)high.c & mask) << bits;
		u32 up = 64 - 2 * bits;
		whole = value_new(f, x->b, SSA_CONST, wide, pos);
		val(f, whole)->imm = (i64)(c << up) >> up;
	} else {
		if (low.constant || high.constant || low.of != high.of)
			return 0;
		bool swapped;
		if (high.shift == low.shift + bits && (size == 1 || (!low.swapped && !high.swapped)))
			swapped = false;
		else if (low.shift == high.shift + bits && (size == 1 || (low.swapped && high.swapped)))
			swapped = true;
		else
			return 0;
		u32 shift = MIN(low.shift, high.shift);
		whole = low.of;
		u8 from = val(f, whole)->type;
		u32 width = ssa_type_size(from) * 8;
		if (from == SSA_PTR || type_is_float(from) || shift + 2 * bits > width)
			return 0;
		if (shift) {
			Ref c = value_new(f, x->b, SSA_CONST, SSA_I64, pos);
			val(f, c)->imm = shift;
			whole = push(x, SSA_SHR, from, pos, whole, c);
			val(f, whole)->flags |= VF_BOUNDED;
		}
		if (width > 2 * bits)
			whole = push(x, SSA_TRUNC, wide, pos, whole, 0);
		if (swapped)
			whole = push(x, SSA_BSWAP, wide, pos, whole, 0);
	}
	value_set_args(f, first, NULL, 0);
	val(f, first)->op = SSA_NONE;
	value_set_args(f, r, (Ref[]){addr, whole}, 2);
	val(f, r)->imm = off;
	val(f, r)->flags = flags;
	return r;
}

// ---- a block -------------------------------------------------------------------------------------

static Ref store_before(Combine *x, Ref r)
{
	BasicBlock *bb = &x->f->blocks[x->b];
	u32 steps = 0;
	for (u32 k = bb->nvals; k-- > 0 && steps++ < MOST_STEPS;) {
		Value *v = val(x->f, bb->vals[k]);
		if (bb->vals[k] == r || v->op == SSA_NONE || op_is_pure(v->op) || v->op == SSA_COPY)
			continue;
		return v->op == SSA_STORE ? bb->vals[k] : 0;
	}
	return 0;
}

static void combine_block(Combine *x, BlockId b)
{
	Func *f = x->f;
	BasicBlock *bb = &f->blocks[b];
	u32 n = bb->nvals;
	Ref *old = NEWN(f->arena, Ref, n);
	memcpy(old, bb->vals, n * sizeof(Ref));
	bb->nvals = 0;
	x->b = b;
	x->now++;
	for (u32 k = 0; k < n; k++) {
		Ref r = old[k];
		u16 op = val(f, r)->op;
		for (u32 j = 0; j < val(f, r)->nargs && op != SSA_PHI; j++)
			while (val(f, value_args(val(f, r))[j])->op == SSA_COPY)
				value_replace_arg(f, r, j, val(f, value_args(val(f, r))[j])->a[0]);
		if (op == SSA_LOAD) {
			note_load(x, r);
		} else if (op == SSA_OR || op == SSA_ADD || op == SSA_XOR) {
			combine_loads(x, r);
		} else if (op == SSA_STORE) {
			for (Ref s; (s = store_before(x, r)) && combine_stores(x, s, r);)
				;
			x->now++;
		} else if (!op_is_pure(op) && op != SSA_BOUNDS && op != SSA_NILCHECK) {
			x->now++;
		}
		block_push(f, b, r);
	}
	block_drop_none(f, b);
}

void pass_combine(Func *f)
{
	Combine x = {.f = f};
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		u32 narrow = 0; // loads and stores of less than a word: without two of them in a block there is nothing to do
		for (u32 k = 0; k < bb->nvals && narrow < 2; k++) {
			Value *v = val(f, bb->vals[k]);
			u8 type = v->op == SSA_STORE ? val(f, v->a[1])->type : v->op == SSA_LOAD ? v->type : SSA_VOID;
			narrow += type >= SSA_I8 && type <= SSA_I32;
		}
		if (narrow == 2)
			combine_block(&x, f->order[i]);
	}
}
