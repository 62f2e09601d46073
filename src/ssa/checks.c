// checks.c: nil checks that cannot fail, or that the memory access behind them makes itself.
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
				if (!op_is_pure(v->op))
					epoch++;
			}
		}
	}
}
