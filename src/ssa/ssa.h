// ssa.h: ir trees to SSA, to optimized SSA, to scheduled and register-allocated code, to Progs and symbols.
//
// A Func is arrays: values and blocks are 32-bit indices. The values of a block stand in order of execution;
// memory is not a value: LOAD, STORE and calls keep their order (a pass that moves a LOAD asks what writes lie
// between). Strings, slices, interfaces, complex numbers and small structs do not exist here: the builder
// takes them apart into scalars ("components"), and keeps what is too large, address-taken or indexed by a
// variable in slots.
//
// One thread compiles one function, in its own arena, which is reset afterwards.
#ifndef INGOT_SSA_H
#define INGOT_SSA_H

#include "arch/arch.h"
#include "base/base.h"
#include "ir/ir.h"
#include "obj/obj.h"

typedef u32 Ref;            // index of a Value; 0: none
typedef u32 BlockId;        // index of a Block; 0: none, the entry is 1

typedef enum SsaType { SSA_VOID, SSA_I8, SSA_I16, SSA_I32, SSA_I64, SSA_PTR, SSA_F32, SSA_F64, SSA_FLAGS, SSA_V128 } SsaType;

typedef enum SsaOp {
#define SSA(name, nargs, props) SSA_##name,
#include "ssa/ops.def"
#undef SSA
	SSA_ARCH = 256,         // an architecture's machine operations begin here
} SsaOp;

typedef enum BoundsKind { // internal/abi/bounds.go
	BOUNDS_INDEX, BOUNDS_SLICE_ALEN, BOUNDS_SLICE_ACAP, BOUNDS_SLICE_B, BOUNDS_SLICE3_ALEN, BOUNDS_SLICE3_ACAP, BOUNDS_SLICE3_B,
	BOUNDS_SLICE3_C, BOUNDS_CONVERT,
} BoundsKind;

enum { // Value.flags
	VF_BOUNDED = 1,         // shift count or CTZ argument is in range
	VF_NONNIL = 2,          // a PTR known not to be nil
	VF_SIGNED = 4,          // BOUNDS: the index is signed (for the panic's message)
	VF_NOFAULT = 8,         // LOAD, STORE: the address is known to be good
	VF_READONLY = 16,       // LOAD from memory that never changes (itabs, type descriptors, string constants)
	VF_MARK = 32,           // scratch of passes
	VF_SPILLED = 64,
	VF_UNSAFE = 128,        // inside a write barrier sequence: no asynchronous preemption
};

typedef struct Value {
	u16 op;
	u8 type;                // SsaType
	u8 flags;
	u32 nargs;
	union { Ref a[4]; Ref *args; };  // args where nargs > 4: use value_args
	u32 uses;               // number of arguments and block controls that name it; kept by the helpers below
	BlockId block;
	u32 pos;                // index into Func.positions
	u8 form, width, scale, cc; // machine values: operand form, operand bytes, address scale, condition; see ssa/<arch>/
	i64 imm;
	i64 imm2;
	union { LSym *sym; struct CallInfo *call; };
} Value;

// How a call passes what: internal ABI (cmd/compile/abi-internal.md). The same struct describes the function
// being compiled.
typedef struct AbiPart { u8 type; u8 reg; i32 offset; u8 in_reg; } AbiPart; // a scalar: SsaType, number in its register class; offset in its value
typedef struct AbiValue { Type *type; bool in_regs; u32 first, n; i64 stack_off; i64 spill_off;
	bool home_taken; } AbiValue; // parts[first..first+n) if in_regs; home_taken: a variable lives at spill_off
typedef struct AbiInfo {
	AbiValue *params, *results; u32 nparams, nresults;
	AbiPart *parts; u32 nparts;
	i64 args_size;          // bytes of stack arguments and stack results
	i64 spill_size;         // bytes of the register arguments' spill area behind them
	u32 int_params, float_params, int_results, float_results; // registers used
} AbiInfo;
typedef struct CallInfo {
	LSym *sym;              // static target, or NULL
	AbiInfo *abi;
	bool abi0;              // all on the stack
	bool nosplit_ok, no_return, is_wb;
	bool tail;              // a jump, which ends the block (BLOCK_EXIT)
	u8 nregargs;
} CallInfo;
// A call that is a jump. (Machine operations have symbols where calls have this.)
static inline bool call_is_tail(const Value *v) { return v->op >= SSA_CALL && v->op <= SSA_CALLPTR && v->call && v->call->tail; }

typedef enum BlockKind {
	BLOCK_NONE,
	BLOCK_PLAIN,            // to succs[0]
	BLOCK_IF,               // control != 0: succs[0], else succs[1]
	BLOCK_JUMPTABLE,        // control: I64 index known in [0, nsuccs)
	BLOCK_RET,              // controls: results in registers, in ABI order
	BLOCK_EXIT,             // does not return: ends in a panic call
	BLOCK_DEFER,            // the entry of a function with defers: goes on to succs[0]; succs[1] = Func.deferreturn_block is never
	                        // jumped to: the runtime enters it after a recovered panic, at its CALL of deferreturn, which stands
	                        // first in it. No registers survive; its code reads slots that are always_live only. No control
	BLOCK_ARCH,             // architecture's conditional branches: kind + condition code
} BlockKind;

typedef struct BasicBlock {
	u8 kind;
	i8 likely;              // 1: succs[0] is likely, -1: succs[1]
	u8 cond;                // BLOCK_ARCH
	u32 pos;
	u32 loop_depth;
	Ref *vals; u32 nvals, cvals;    // in order
	Ref *controls; u32 ncontrols;
	BlockId *succs; u32 nsuccs;
	BlockId *preds; u32 npreds, cpreds;
	BlockId idom;
	BlockId merged;         // of a block that is no more: where its values have gone
	bool unsafe;            // its branch is inside a write barrier sequence
	u16 control_regs[2];            // after regalloc: where the controls are (JUMPTABLE, DEFER)
} BasicBlock;

// Memory of the frame.
typedef struct Slot {
	IrVar *var;             // NULL for temporaries and spills
	Type *type;             // for the pointer map; NULL: spill of one SsaType
	i64 size; u32 align;
	u8 spill_type;
	bool addr_taken;        // its address escapes into values: a stack object, live while reachable
	bool need_zero;         // has pointers and may be live before it is written
	bool holds_addr;        // of var, which is elsewhere
	bool is_param;          // incoming: offset is in the argument area
	bool is_result;         // is_param, and of a result: the caller reads it after the return
	bool is_home;           // is_param, and of a parameter that came in registers: nobody looks at it after the return
	bool is_open_defer;     // always live, at every safepoint from the entry on (and zeroed there): records of open-coded
	                        // defers, results and the like which the code behind deferreturn reads
	i64 offset;             // from the frame's base, set by frame layout
} Slot;

// What debuggers shall be told of variables that are values: a variable has a component for each of its scalars, or one,
// its address. A mark says that from a place on a component is a value. Places are told by the values that were built
// before them, because those keep their numbers; debug.c finds out where both have got to when the function is emitted.
typedef struct DebugVar { IrVar *var; u32 comp; u8 n; bool is_addr; u8 type[4]; i32 off[4]; } DebugVar; // components [comp, comp + n)
typedef struct DebugMark { BlockId block; Ref after; u32 comp; Ref val; bool is_phi; } DebugMark; // after: a value of block, 0: its beginning
typedef struct DebugInfo {
	DebugVar *vars; u32 nvars;
	DebugMark *marks; u32 nmarks;
	u32 ncomps;
	Ref *next, *prev, *first; u32 nbuilt;   // by value below nbuilt: its neighbours in the block as it was built; by block
	Ref *params;                            // by AbiPart of the parameters: the value that it arrives as, 0: none
} DebugInfo;

typedef struct PosInl { Pos pos; u32 inl; bool is_stmt; } PosInl;

typedef struct Func {
	Arena *arena;
	IrUnit *unit;
	IrFunc *ir;
	const struct Target *target;
	Value *vals; u32 nvals, cvals;
	BasicBlock *blocks; u32 nblocks, cblocks;
	DebugInfo debug;
	struct Prog **value_progs; // by value: the Prog that stands before its code
	struct Prog **block_progs; // by place in `order`: the Prog before the block's code; two for each, the second before its branch
	Slot *slots; u32 nslots, cslots;
	PosInl *positions; u32 npositions, cpositions;
	AbiInfo *abi;
	BlockId *order; u32 norder;     // layout, reverse postorder before
	i64 out_args;                   // bytes of the outgoing argument area, the maximum over calls
	bool has_calls, has_wb, has_open_defers, is_leaf, has_tail_call;
	u32 open_defer_bits_slot, ndefers; BlockId deferreturn_block;   // deferreturn_block: any function with defers
	u32 open_defer_slot;            // [ndefers]func(): the closures of open-coded defers, one slot
	LSym *sym;                      // its text symbol
	bool nosplit;
	i64 locals;                     // bytes of the slots, after frame layout
	u32 first_wb;                   // position of its first write barrier, 0: it has none
	u32 seq;                        // of the function in its object: for symbols made with it
	// regalloc's result:
	u16 *reg;                       // by value: register, 0: none
	u16 (*arg_regs)[4];             // by value: the registers its arguments are in when it executes
	u32 *spill_slot; u32 nspills;   // by value below nspills: slot + 1, 0: none
	Ref first_inserted;             // the allocator's own moves and copies begin here
	struct BlockStart *starts;      // by block: see backend.h
} Func;

// What a processor must give: register sets, lowering, emission.
typedef struct Target {
	const Arch *arch;
	u32 nint_args, nfloat_args;     // ABI argument registers
	const u16 *int_args, *float_args;
	const char *const *op_names;    // of SSA_ARCH operations
	void (*lower)(Func *f);         // generic operations to machine operations, addressing modes, flag fusion
	void (*emit)(Func *f, AsmFunc *out);
	const struct RegInfo *regs;
} Target;
extern const Target target_amd64;

// ---- the pipeline: ssa_compile runs the passes in order; see pipeline.c ---------------------------

// Compiles one prepared function into u->obj. arena is scratch. Thread-safe between functions.
void ssa_compile(IrUnit *u, IrFunc *f, Arena *arena, u32 seq);
// Around the compilation of a unit's functions: where the runtime forbids write barriers there is none, or errors say so.
void nowb_begin(IrUnit *u);
void nowb_check(IrUnit *u);

Func *ssa_build(IrUnit *u, IrFunc *f, Arena *arena);    // ir to SSA
bool ssa_is_intrinsic(Str sym);                         // a call of it becomes instructions: it must not be inlined as Go code
AbiInfo *abi_assign(Arena *a, const Target *t, IrFunc *f);              // of a function
AbiInfo *abi_assign_sig(Arena *a, const Target *t, Type *recv, Type *sig, bool abi0);
AbiInfo *abi_assign_types(Arena *a, const Target *t, Type **params, u32 nparams, Type **results, u32 nresults, bool abi0);
AbiInfo *abi_assign_scalars(Arena *a, const Target *t, const u8 *params, u32 nparams, const u8 *results, u32 nresults); // runtime calls: AbiValue.type is NULL

// ---- making and changing --------------------------------------------------------------------------

static inline Value *val(Func *f, Ref r) { return &f->vals[r]; }         // valid until the next new value
static inline Ref *value_args(Value *v) { return v->nargs > 4 ? v->args : v->a; }
Ref value_new(Func *f, BlockId b, u16 op, u8 type, u32 pos);            // appended to b
Ref value_new_at(Func *f, BlockId b, u32 index, u16 op, u8 type, u32 pos); // inserted before vals[index]
void value_set_args(Func *f, Ref v, const Ref *args, u32 n);            // maintains uses
void value_replace_arg(Func *f, Ref v, u32 i, Ref with);
void value_to_copy(Func *f, Ref v, Ref of);                             // v becomes COPY of
BlockId block_new(Func *f, u8 kind);
void block_add_edge(Func *f, BlockId from, BlockId to);
u32 slot_new(Func *f, IrVar *var, Type *type, i64 size, u32 align);
u8 ssa_type_of(Type *t);                                // SsaType of a scalar type, SSA_VOID if it is not one
const char *ssa_op_name(const Func *f, u16 op);
extern const char ssa_op_props[SSA_ARCH][4];             // of the neutral operations: see ops.def
void ssa_verify(Func *f, const char *pass);             // debug builds and -d=ssa/check: bug() with the pass on a broken invariant
void ssa_dump(FILE *out, Func *f, const char *pass);    // -d=ssa:FUNC or GOSSAFUNC-like: after every pass

#endif
