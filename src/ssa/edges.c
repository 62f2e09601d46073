// edges.c: -d=libfuzzer: every block of a function counts how often it was entered, in a byte of its own, for the fuzzer of
// internal/fuzz, which looks for inputs that reach new ones. All counters of a program lie between internal/fuzz._counters and
// _ecounters. A counter that was anything never becomes 0 again: 255 is followed by 1 (cmd/compile/internal/walk/order.go).
#include "ssa/backend.h"

static bool is_first(u16 op) // stands at the head of its block
{
	return op == SSA_PHI || op == SSA_PARAM || op == SSA_CLOSUREPTR;
}

static void count(Func *f, BlockId b, LSym *counters, u32 offset)
{
	u32 at = 0, pos = f->blocks[b].pos;
	while (at < f->blocks[b].nvals && is_first(val(f, f->blocks[b].vals[at])->op))
		at++;
	if (at < f->blocks[b].nvals)
		pos = val(f, f->blocks[b].vals[at])->pos;
	Ref addr = value_new_at(f, b, at++, SSA_SYMADDR, SSA_PTR, pos);
	val(f, addr)->sym = counters;
	val(f, addr)->imm = offset;
	Ref one = value_new_at(f, b, at++, SSA_CONST, SSA_I8, pos), last = value_new_at(f, b, at++, SSA_CONST, SSA_I8, pos);
	val(f, one)->imm = 1;
	val(f, last)->imm = -1;
	Ref old = value_new_at(f, b, at++, SSA_LOAD, SSA_I8, pos);
	value_set_args(f, old, &addr, 1);
	val(f, old)->flags |= VF_NOFAULT;
	Ref full = value_new_at(f, b, at++, SSA_EQ, SSA_I8, pos);
	value_set_args(f, full, (Ref[]){old, last}, 2);
	Ref next = value_new_at(f, b, at++, SSA_ADD, SSA_I8, pos);
	value_set_args(f, next, (Ref[]){old, one}, 2);
	Ref sum = value_new_at(f, b, at++, SSA_ADD, SSA_I8, pos);
	value_set_args(f, sum, (Ref[]){next, full}, 2);
	Ref store = value_new_at(f, b, at++, SSA_STORE, SSA_VOID, pos);
	value_set_args(f, store, (Ref[]){addr, sum}, 2);
	val(f, store)->flags |= VF_NOFAULT;
}

void pass_edges(Func *f)
{
	if (!f->unit->count_edges)
		return;
	u32 n = 0, blocks = f->nblocks;
	LSym *counters = obj_local(f->unit->obj, S("edges"));
	for (BlockId b = 1; b < blocks; b++) {
		const BasicBlock *bb = &f->blocks[b];
		if (bb->kind != BLOCK_NONE && (b == 1 || bb->npreds) && b != f->deferreturn_block) // which the runtime enters
			count(f, b, counters, n++);
	}
	if (!n)
		return;
	obj_define(f->unit->obj, counters, SYM_LIBFUZZER_8BIT_COUNTER, f->seq);
	counters->size = n;
	counters->align = 1;
}
