// arch.h: machine instructions as the Plan 9 assembler and the compiler both write them, and what an
// architecture must give: registers, an encoder, prologues, pc tables. `Prog` is one instruction;
// arch->assemble turns a function's list of Progs into the bytes, relocations and pc-value tables of its
// symbol. One Arch a processor; nothing outside src/arch/NAME/ asks which it is.
#ifndef INGOT_ARCH_H
#define INGOT_ARCH_H

#include "base/base.h"
#include "obj/obj.h"

typedef struct Prog Prog;

typedef enum AddrType {
	ADDR_NONE,
	ADDR_REG,       // reg
	ADDR_MEM,       // sym+offset(reg)(index*scale); with name below
	ADDR_CONST,     // $offset
	ADDR_FCONST,    // $float (fval)
	ADDR_SCONST,    // $"string" (8 bytes of DATA), sval
	ADDR_ADDR,      // $sym+offset(reg): an address
	ADDR_BRANCH,    // target, or sym for a call
	ADDR_INDIR,     // *reg or *mem: indirect jump or call, spelled so in assembly
	ADDR_REGREG,    // pair (r1, r2)
	ADDR_REGLIST,   // [r1-r4]
	ADDR_TEXTSIZE,  // $frame-args of TEXT
} AddrType;

// What offset is relative to, in ADDR_MEM and ADDR_ADDR.
typedef enum AddrName {
	NAME_NONE,      // reg
	NAME_EXTERN,    // sym(SB)
	NAME_STATIC,    // sym<>(SB)
	NAME_AUTO,      // a local: x-8(SP), offset from the top of the frame as the assembler counts
	NAME_PARAM,     // an argument: x+0(FP)
	NAME_GOTREF,    // sym@GOT(SB)
} AddrName;

typedef struct Addr {
	u8 type, name, scale;
	u16 reg, index;     // architecture's numbers, 0: none
	i64 offset;         // displacement or constant; frame size for ADDR_TEXTSIZE
	LSym *sym;
	Prog *target;
	union {
		double fval;
		Str sval;
		i32 args;       // ADDR_TEXTSIZE: argument bytes, or INT32_MIN where not given
	};
} Addr;

// Operations every architecture shares, as in cmd/internal/obj (ACALL ...). An architecture's own begin at
// OP_ARCH.
enum {
	OP_XXX, OP_CALL, OP_DUFFCOPY, OP_DUFFZERO, OP_END, OP_FUNCDATA, OP_JMP, OP_NOP, OP_PCALIGN, OP_PCDATA, OP_RET,
	OP_GETCALLERPC, OP_TEXT, OP_UNDEF, OP_PCALIGNMAX, OP_ARCH = 32,
};

struct Prog {
	Prog *next;
	Pos pos;
	u32 inl;            // inline tree index + 1; 0: the function itself
	u16 op;
	u8 nrest;
	u8 is_stmt;         // a statement begins here (DWARF is_stmt)
	i32 spadj;          // change of SP by this instruction (PUSH +8), as pcsp needs it
	u32 pc;             // byte offset in the function, after assembly
	u32 suffix;         // instruction suffixes (EVEX .Z .BCST ...), architecture's bits
	u32 mark;           // scratch of the assembler
	Addr from, to;      // Plan 9 order: source first, destination last
	Addr *rest;         // operands between them, in order of writing (3- and 4-operand instructions)
};

// A register argument to be saved around the call of morestack: `store` reg to addr, `load` it back.
typedef struct RegSpill { u16 reg, store, load; Addr addr; } RegSpill; // ops; addr: a NAME_PARAM slot of the spill area
// The table of a multi-way jump: 8 bytes a target in sym, filled with R_ADDR of the function + pc.
typedef struct JumpTable { LSym *sym; Prog **targets; u32 n; } JumpTable;
typedef struct InlMark { Prog *prog; u32 inl; } InlMark; // inl: index in info->inl; its parent_pc becomes prog->pc

// A function about to be assembled.
typedef struct AsmFunc {
	ObjPkg *obj;
	LSym *sym;          // SYM_TEXT; its nosplit, noframe, needctxt, wrapper, topframe bits are set
	Arena *arena;       // scratch; everything that must last is copied into obj
	Prog *first;        // first is OP_TEXT or, from the compiler, the first instruction
	i64 frame;          // bytes of locals and outgoing arguments, without return address and saved BP
	i64 args;           // bytes of incoming stack arguments and results (ABI0 size or the spill area)
	bool from_compiler; // Progs address locals relative to SP already? see arch/amd64 for what it implies
	FuncInfo *info;     // to be completed: pcsp, pcline, pcfile, pcinline, pcdata, files
	RegSpill *spills;   // in the order to store them
	u32 nspills;
	JumpTable *jump_tables;
	u32 njump_tables;
	InlMark *inl_marks;
	u32 ninl_marks;
	bool shared;        // position-independent: thread-local storage through the initial-exec model
	bool dynlink;       // global data through the global offset table; implies shared
	bool retpoline;     // indirect calls and jumps through runtime.retpolineREG (-spectre=ret)
	Diags *diags;       // an operand combination that does not exist is an error at p->pos
} AsmFunc;

typedef struct Arch {
	const char *name;   // GOARCH
	u8 ptr_size, min_lc;        // pointer bytes; pc quantum
	u16 reg_sp, reg_ctxt, reg_g; // stack pointer, closure context, current g
	// Inserts prologue (stack check, morestack, frame pointer) and epilogues, chooses branch lengths, encodes,
	// writes code, relocations and pc tables into f->sym. False if errors were reported.
	bool (*assemble)(AsmFunc *f);
	// For the assembler: the operation or register of that name, 0 if there is none; and back.
	u16 (*op_find)(Str name);
	u16 (*reg_find)(Str name);
	const char *(*op_name)(u16 op);
	const char *(*reg_name)(u16 reg);
	bool (*op_is_jump)(u16 op); // its last operand is a branch target
	bool (*op_unary_dst)(u16 op); // its only operand is a destination (Prog.to)
	// Suffixes of an operation as written, "BCST.Z": Prog.suffix bits; *why set if they do not go together. And back.
	u32 (*suffix_find)(Arena *a, Str text, Str *why);
	Str (*suffix_fmt)(Arena *a, u32 bits);
} Arch;

extern const Arch arch_amd64;
const Arch *arch_find(Str goarch); // NULL if it is not supported

Prog *prog_new(Arena *a, u16 op);
Str addr_fmt(Arena *a, const Arch *arch, const Addr *x);
Str prog_fmt(Arena *a, const Arch *arch, const Prog *p); // as Plan 9 assembly, for -S and dumps

// The instructions of an assembled function as text, for -S; place: where it is said to be.
Str code_listing(Arena *a, const Arch *arch, const AsmFunc *code, Pos (*place)(void *ctx, const Prog *p), void *ctx);

#endif
