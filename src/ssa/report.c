// report.c: what the optimizer left, for those who ask by -d=: bounds checks, nil checks, write barriers. In gc's words
// (cmd/compile/internal/ssa/check_bce.go, nilcheck.go, writebarrier.go).
#include "ssa/backend.h"

static void report(Func *f, const Value *v, const char *text)
{
	const PosInl *p = &f->positions[v->pos];
	ir_report(f->unit, ir_outermost(f->ir, p->inl, p->pos), "%s", text);
}

void pass_report(Func *f)
{
	u32 what = f->unit->debug;
	for (u32 i = 0; i < f->norder && what; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			const Value *v = val(f, bb->vals[k]);
			if (v->op == SSA_BOUNDS && what & IR_DEBUG_BOUNDS)
				report(f, v, v->imm == BOUNDS_INDEX ? "Found IsInBounds" : "Found IsSliceInBounds");
			else if (v->op == SSA_NILCHECK && what & IR_DEBUG_NIL)
				report(f, v, v->flags & VF_NOFAULT ? "removed nil check" : "generated nil check");
			else if (op_is_wb(v->op) && what & IR_DEBUG_BARRIERS)
				report(f, v, "write barrier");
		}
	}
}
