// backend.h: what the files behind ssa_build share: the list of passes, what an architecture tells register
// allocation, frame layout and emission.
//
// Registers are numbered 0..31 inside the allocator: 0-15 integer, 16-31 floating point; RegInfo.reg maps to the
// architecture's numbers. A set of registers is a u32.
#ifndef INGOT_SSA_BACKEND_H
#define INGOT_SSA_BACKEND_H

#include "ssa/ssa.h"

typedef u32 RegSet;
#define REG_BIT(r) ((RegSet)1 << (r))

// What one machine value asks of its registers. in[i] == 0: argument i needs no register (flags).
typedef struct RegNeed {
	RegSet in[4];
	RegSet out;         // 0: no result in a register
	RegSet clobber;     // destroyed while it executes (temporaries of its expansion, fixed side results)
	bool tie;           // the result is computed in the register of argument 0
	bool early;         // the result is written before all arguments are read
	bool commutes;      // arguments 0 and 1 may be exchanged
} RegNeed;

typedef struct RegInfo {
	u16 reg[32];        // to the architecture's register numbers
	RegSet ints, floats; // allocatable
	u8 dwarf[32];       // to the numbers debuggers know them by
	u8 g;               // number of the register of g
	u8 ctxt;            // closure context
	RegSet code_ptr;    // where the code pointer of a call may be: none is an argument register
	void (*need)(const Func *f, const Value *v, RegNeed *n);
	bool (*remat)(const Value *v);          // is cheaper to compute again than to keep in memory
	bool (*constant)(const Value *v, i64 *bits); // a machine value that is a constant: of floats, a float64's bits
	u8 (*result)(const Func *f, const Value *producer, u32 index); // register of RESULT index of a machine value
} RegInfo;

#define NO_REG 0xff

// What is where when a block begins: registers, phis aside (their registers are in Func.reg), and all that lives in it.
typedef struct RegVal { Ref v; u8 r; } RegVal;
typedef struct Live { Ref v; i32 dist; } Live;
typedef struct BlockStart { RegVal *regs; u32 nregs; Live *live; u32 nlive; } BlockStart;

static inline bool type_is_float(u8 t) { return t == SSA_F32 || t == SSA_F64 || t == SSA_V128; }
static inline bool type_has_reg(u8 t) { return t != SSA_VOID && t != SSA_FLAGS; }
static inline u32 ssa_type_size(u8 t)
{
	static const u8 size[] = {[SSA_I8] = 1, [SSA_I16] = 2, [SSA_I32] = 4, [SSA_I64] = 8, [SSA_PTR] = 8, [SSA_F32] = 4, [SSA_F64] = 8,
		[SSA_V128] = 16};
	return size[t];
}
static inline bool op_is_pure(u16 op) { return op < SSA_ARCH && ssa_op_props[op][0] == 'P'; }
static inline bool op_is_wb(u16 op) { return op == SSA_STOREWB || op == SSA_MOVEWB || op == SSA_ZEROWB; }
static inline bool op_is_call(u16 op) { return op >= SSA_CALL && op <= SSA_CALLPTR; }
static inline bool value_is_const(Func *f, Ref r, i64 *c)
{
	*c = val(f, r)->imm;
	return val(f, r)->op == SSA_CONST;
}
static inline u32 pred_number(const BasicBlock *bb, BlockId p) // of p among bb's predecessors, where it is
{
	u32 k = 0;
	while (bb->preds[k] != p)
		k++;
	return k;
}
static inline bool block_can_follow(const BasicBlock *b) { return b->kind != BLOCK_RET && b->kind != BLOCK_EXIT; }

enum { FUNC_ID_WRAPPER = 23 }; // internal/abi/symtab.go, FuncIDWrapper
void ssa_run_passes(Func *f, bool dump); // all but emission: for tests too

typedef struct NoBarriers NoBarriers;
void nowb_note(IrUnit *u, IrFunc *fn, const Func *f);

// helpers.c
void block_push(Func *f, BlockId b, Ref v);             // appends an existing value
void block_order(Func *f);                              // f->order: reverse postorder; unreachable blocks are emptied; idom; loop_depth
void block_split_critical(Func *f);
float *block_frequencies(Func *f, Arena *a);            // by block, guesses: executions for one of the entry; frequency.c
BlockId block_common_dominator(Func *f, BlockId a, BlockId b, const u32 *depth);
u32 *block_dom_depth(Func *f, Arena *a);
void block_take_end(Func *f, BlockId b, BlockId from); // b ends as `from` did, which is left without an end
void block_drop_none(Func *f, BlockId b); // values that have become SSA_NONE
bool block_join(Func *f, BlockId b);    // with its only successor, if that has no other predecessor; says whether it was
void block_remove_edge(Func *f, BlockId from, u32 succ); // phis of the target lose that argument
// Register of the i-th integer or floating-point result of a signature: number in RegInfo, NO_REG if on the stack.
u8 abi_result_reg(const Func *f, const AbiInfo *abi, u32 index, u8 *type);

// passes, in the order of pipeline.c
void pass_edges(Func *f);           // counters for fuzzing
void pass_copyelim(Func *f);        // copies and trivial phis
void pass_deadcode(Func *f);
void pass_fold(Func *f);            // constants, algebra, strength reduction
void pass_cse(Func *f);
void pass_nilcheck(Func *f);
void pass_report(Func *f);
void pass_bounds(Func *f);
void pass_memory(Func *f);          // store to load forwarding, dead stores
void pass_branch(Func *f);          // constant branches, empty blocks
void pass_rangetest(Func *f);       // two comparisons with constants become one
void pass_ifconv(Func *f);          // short branches become SELECTs
void pass_combine(Func *f);         // loads and stores of neighbouring bytes
void pass_writebarrier(Func *f);
void pass_expand(Func *f);          // operations that become calls or loops
void pass_regalloc(Func *f);
void regalloc_check(Func *f);       // bug() if the result is wrong
void pass_frame(Func *f);           // slot offsets
void pass_layout(Func *f);          // final order of blocks

// Stack maps of a function whose frame is laid out.
typedef struct StackMaps {
	LSym *args, *locals, *objects;  // objects may be NULL
	i32 *index;                     // by value: index of the map of a call, -1: none
	i32 defer_index;                // for deferreturn and panics: what is live when only deferred calls go on
	i64 ptr_size;                   // bytes of locals that the map covers, from the top
	u32 *zero_slots; u32 nzero;     // slots to clear on entry
} StackMaps;
StackMaps stackmap_build(Func *f);
bool slot_has_pointers(const Slot *s);
LSym *arginfo_build(Func *f);       // FUNCDATA_ArgInfo, NULL if there are no arguments

// Which register arguments are in their homes, as sets of at most 10; bytes is FUNCDATA_ArgLiveInfo in the making.
typedef struct ArgLive { Buf bytes; u16 *in, *by_slot; u16 all; u32 start; } ArgLive; // in: by block, where it begins
bool arglive_build(Func *f, ArgLive *l); // false: there is nothing to tell
u16 arglive_after(const ArgLive *l, Func *f, Ref r, u16 set);
i32 arglive_index(ArgLive *l, u16 set); // PCDATA_ArgLiveIndex

bool func_unsafe(const Func *f);    // no asynchronous preemption anywhere in it

void debug_vars(Func *f, FuncInfo *info, const Prog *first, u32 size); // fills info->vars; of the assembled code

// Where a component of a variable is while the pc is in [from, to): a register, a slot, or the constant v.
enum { DEBUG_REG = 1 << 30, DEBUG_SLOT = 1 << 29, DEBUG_CONST = 1 << 28 };
typedef struct DebugSpan { u32 from, to, where; Ref v; u32 next; } DebugSpan; // where: DEBUG_REG | number, DEBUG_SLOT | index, ...
// By component of f->debug the index of its latest span; 0 ends the list. NULL if there are none.
const u32 *debug_places(Func *f, u32 size, const DebugSpan **spans);
bool debug_constant(Func *f, Ref r, i64 *bits); // *bits: as in memory

// The instructions of f as text, for -S; outermost: positions are those of the calls inlined code stands for.
Str func_listing(Arena *a, Func *f, const AsmFunc *code, bool outermost);

#endif
