// checks.c: nil and bounds checks that cannot fail, or that the memory access behind them makes itself.
#include "ssa/backend.h"

static Ref strip(Func *f, Ref p, i64 *off)
{
	for (;;) {
		Value *v = val(f, p);
		if (v->op == SSA_OFFPTR) {
			*off += v->imm;
			p = v->a[0];
		} else if (v->op == SSA_COPY) {
			p = v->a[0];
		} else {
			return p;
		}
	}
}

static bool never_nil(Func *f, Ref p)
{
	Value *v = val(f, p);
	switch (v->op) {
	case SSA_SLOTADDR: case SSA_SYMADDR: case SSA_ARGADDR: case SSA_PARAMADDR: case SSA_NILCHECK:
		return true;
	case SSA_OFFPTR: case SSA_ADDPTR: case SSA_COPY:
		return never_nil(f, v->a[0]);
	}
	return (v->flags & VF_NONNIL) != 0;
}

enum { FIRST_PAGE = 4096 }; // accesses below it fault, and the signal handler makes a panic of that

// Nil checks: those of addresses known to be good go; then those that an access of the same block repeats before
// anything else happens.
void pass_nilcheck(Func *f)
{
	u32 *covered = NEWN(f->arena, u32, f->nvals), epoch = 0;
	Ref *by = NEWN(f->arena, Ref, f->nvals);
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		epoch++;
		for (u32 k = bb->nvals; k-- > 0;) {
			Ref r = bb->vals[k];
			Value *v = val(f, r);
			i64 off = v->imm;
			switch (v->op) {
			case SSA_NILCHECK:
				if (never_nil(f, v->a[0])) {
					v->flags |= VF_NOFAULT;
				} else if (covered[r] == epoch || covered[v->a[0]] == epoch) {
					v->flags |= VF_NOFAULT;
					Value *w = val(f, by[covered[r] == epoch ? r : v->a[0]]);
					w->flags |= VF_MARK; // must not be dropped
					w->pos = v->pos;     // the panic is where the check was written
				} else {
					epoch++;
				}
				break;
			case SSA_LOAD: {
				v->flags &= (u8)~VF_MARK;
				Ref p = strip(f, v->a[0], &off);
				if (off >= 0 && off < FIRST_PAGE)
					covered[p] = epoch, by[p] = r;
				break;
			}
			case SSA_STORE: {
				epoch++;
				Ref p = strip(f, v->a[0], &off);
				if (off >= 0 && off < FIRST_PAGE)
					covered[p] = epoch, by[p] = r;
				break;
			}
			case SSA_VARDEF: case SSA_VARLIVE:
				break;
			default:
				if (!op_has(v->op, 'P'))
					epoch++;
			}
		}
	}
}

// ---- bounds --------------------------------------------------------------------------------------

// The value is never negative, and at most *max as far as that is known.
static bool range(Func *f, Ref r, u64 *max, u32 depth)
{
	Value *v = val(f, r);
	*max = INT64_MAX;
	if (depth > 6)
		return false;
	u64 m;
	i64 c;
	switch (v->op) {
	case SSA_COPY: case SSA_BOUNDS:
		return range(f, v->a[0], max, depth + 1) || v->op == SSA_BOUNDS;
	case SSA_CONST:
		*max = (u64)v->imm;
		return v->imm >= 0;
	case SSA_ZEXT: {
		u32 bits = ssa_type_size(val(f, v->a[0])->type) * 8;
		*max = bits < 64 ? ((u64)1 << bits) - 1 : UINT64_MAX;
		if (range(f, v->a[0], &m, depth + 1))
			*max = MIN(*max, m);
		return true;
	}
	case SSA_AND:
		for (u32 i = 0; i < 2; i++)
			if (val(f, v->a[i])->op == SSA_CONST && (c = val(f, v->a[i])->imm) >= 0) {
				*max = (u64)c;
				return true;
			}
		return false;
	case SSA_SHR:
		if (val(f, v->a[1])->op == SSA_CONST && (c = val(f, v->a[1])->imm) > 0 && c < 64 && v->type == SSA_I64) {
			*max = UINT64_MAX >> c;
			return true;
		}
		return false;
	case SSA_MODU:
		if (val(f, v->a[1])->op == SSA_CONST && (c = val(f, v->a[1])->imm) > 0) {
			*max = (u64)c - 1;
			return true;
		}
		return false;
	case SSA_SELECT: {
		u64 a, b;
		if (!range(f, v->a[1], &a, depth + 1) || !range(f, v->a[2], &b, depth + 1))
			return false;
		*max = MAX(a, b);
		return true;
	}
	}
	return false;
}

// A loop counter: phi of a start that is not negative and of itself plus something positive. It stays that way as
// long as it is bounded from above before it is increased, which the caller's fact says.
static bool counts_up(Func *f, Ref r)
{
	Value *v = val(f, r);
	if (v->op != SSA_PHI || v->nargs != 2 || v->type != SSA_I64)
		return false;
	for (u32 i = 0; i < 2; i++) {
		Value *n = val(f, v->a[i]);
		u64 m;
		if (n->op == SSA_ADD && n->a[0] == r && val(f, n->a[1])->op == SSA_CONST && val(f, n->a[1])->imm == 1
		    && range(f, v->a[1 - i], &m, 0))
			return true;
	}
	return false;
}

// What the condition c being `yes` says: index < length (strict) or <= for BOUNDS.
static bool implies(Func *f, Ref c, bool yes, Ref ix, Ref len, bool strict)
{
	Value *v = val(f, c);
	u64 m;
	Ref x = v->nargs > 0 ? v->a[0] : 0, y = v->nargs > 1 ? v->a[1] : 0;
	bool lt = false, le = false, uns = v->op == SSA_ULT || v->op == SSA_ULE;
	switch (v->op) {
	case SSA_LT: case SSA_ULT:
		if (yes)
			lt = x == ix && y == len;
		else
			le = y == ix && x == len; // not len < ix
		break;
	case SSA_LE: case SSA_ULE:
		if (yes)
			le = x == ix && y == len;
		else
			lt = y == ix && x == len; // not len <= ix
		break;
	default:
		return false;
	}
	if (!lt && !(le && !strict))
		return false;
	if (uns)
		return true;
	return range(f, ix, &m, 0) || counts_up(f, ix);
}

void pass_bounds(Func *f)
{
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref r = bb->vals[k];
			Value *v = val(f, r);
			if (v->op != SSA_BOUNDS)
				continue;
			Ref ix = v->a[0], len = v->a[1];
			bool strict = v->imm == BOUNDS_INDEX, good = false;
			u64 mi, ml;
			if (val(f, len)->op == SSA_CONST && range(f, ix, &mi, 0)) {
				ml = (u64)val(f, len)->imm;
				good = val(f, len)->imm >= 0 && (strict ? mi < ml : mi <= ml);
			}
			if (!strict && ix == len)
				good = range(f, ix, &mi, 0);
			u32 steps = 0;
			for (BlockId x = b; !good && x && steps < 64; steps++) {
				BasicBlock *xb = &f->blocks[x];
				BlockId d = xb->idom;
				if (!d)
					break;
				BasicBlock *db = &f->blocks[d];
				if (db->kind == BLOCK_IF && xb->npreds == 1 && xb->preds[0] == d && db->succs[0] != db->succs[1])
					good = implies(f, db->controls[0], db->succs[0] == x, ix, len, strict);
				x = d;
			}
			if (good)
				value_to_copy(f, r, ix);
		}
	}
}
