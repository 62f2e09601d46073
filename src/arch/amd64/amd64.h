// amd64.h: the processor as the compiler's back end and the assembler see it: registers, operations, and
// how a function's list of Progs must look when it is handed to arch_amd64.assemble.
//
// THE CONTRACT FOR PROGS WRITTEN BY THE COMPILER (AsmFunc.from_compiler = true)
//
// Function. `sym` is the SYM_TEXT symbol (abi ABI_INTERNAL, or ABI0 for a wrapper that assembly calls), its
//   bits nosplit, noframe, needctxt, wrapper, topframe set. An OP_TEXT as first Prog is optional and carries
//   nothing but its position (the position of the function, used for prologue and morestack code).
//   f->frame  bytes of locals + outgoing stack arguments, a multiple of 8; WITHOUT return address and
//             WITHOUT the saved BP. f->args: bytes of incoming stack arguments, results and register spill
//             area above the return address (gc's textarg), for FuncInfo.args.
// Prologue and epilogue are inserted here, never by the back end: the stack check and the call of
//   runtime.morestack(_noctxt) at the end of the function, PUSHQ BP; MOVQ SP, BP; SUBQ $frame, SP; and before
//   each OP_RET the inverse. A function that makes no call and has frame 0 gets no BP save. A small leaf
//   becomes nosplit by itself. Register arguments that are live at entry must be given in f->spills: they are
//   stored before the call of morestack and loaded after it.
// Stack layout, from the SP that instructions of the body see:
//      0 .. frame-1     outgoing arguments lowest, then locals        ("raw": reg REG_SP, name NAME_NONE)
//      frame            saved BP (if there is one), then return address
//      then             incoming argument area, offset 0 of NAME_PARAM
//   Locals are written either way:
//      {ADDR_MEM, NAME_AUTO, offset < 0}    offset from the TOP of the locals: the address is SP+frame+offset
//      {ADDR_MEM, NAME_PARAM, offset >= 0}  offset from the incoming argument area
//      {ADDR_MEM, NAME_NONE, reg REG_SP, offset >= 0} relative to SP, not adjusted in any way
//   reg is ignored with NAME_AUTO and NAME_PARAM; index and scale may be used; sym is not needed.
//   ADDR_ADDR with the same names is the address itself: write it as ALEAQ from ADDR_MEM.
// PUSH and POP adjust what SP means for NAME_AUTO/NAME_PARAM and pcsp by themselves (spadj is set here).
//
// Calls and jumps
//   static call      OP_CALL to {ADDR_BRANCH, NAME_EXTERN, sym}                     R_CALL
//   closure call     OP_CALL to {ADDR_REG, reg}: the code pointer is in reg; the closure in REG_DX
//   interface call   the same: load the code pointer into a register first          R_CALLIND marker
//   jump             OP_JMP or AJxx to {ADDR_BRANCH, target = the Prog jumped to}; target may be an OP_NOP
//   tail call        OP_RET to {ADDR_BRANCH, NAME_EXTERN, sym}: epilogue, then JMP sym; or to {ADDR_REG, reg}
//   jump table       OP_JMP to {ADDR_MEM or ADDR_REG}; the table's entries in f->jump_tables
//   return           OP_RET without operands
//   unreachable      OP_UNDEF (UD2)
//   duff             OP_DUFFZERO / OP_DUFFCOPY to {ADDR_ADDR, sym = runtime.duffzero/duffcopy, offset = entry};
//                    a call for the prologue's purposes
// Globals: {ADDR_MEM, NAME_EXTERN, sym, offset} (R_PCREL). Their address: ALEAQ from ADDR_MEM.
// Thread-local g: in ABI_INTERNAL it is REG_R14; {ADDR_MEM, reg REG_TLS, offset 0} reads it from FS (R_TLS_LE).
// Constants: {ADDR_CONST, offset}; AMOVQ takes all 64 bits and the shortest encoding is chosen; the flags are
//   never changed by a move. {ADDR_FCONST, fval} in MOVSS/MOVSD etc. becomes a $f32/$f64 symbol.
// Three and four operands: AT&T/Plan 9 order; from, rest[0..nrest), to. Compares: ACMPQ x, y is from = x,
//   to = y (sets flags of x-y); the constant of ACMPQ AX, $5 is in `to`. For CMPxx of SSE: ACMPSD imm is `rest`-free:
//   from = source, to = {ADDR_CONST}, and the register in rest[0], as the assembler writes CMPSD src, dst, $imm.
//   Unary operations: operand in `to` (NEGQ, NOTQ, INCQ, BSWAPQ, POPQ, SETxx), in `from` (PUSHQ, MULQ, IMULQ one
//   operand, DIVQ, IDIVQ).
// OP_PCDATA from {ADDR_CONST index} to {ADDR_CONST value}: value from the next instruction on.
// OP_FUNCDATA from {ADDR_CONST index} to {ADDR_MEM, NAME_EXTERN, sym}.
// OP_NOP produces no bytes (a label, or a carrier of pos). A one-byte NOP for an inline mark is AXCHGL AX, AX.
// OP_PCALIGN from {ADDR_CONST alignment}.
// Inlining: Prog.inl is the inline tree index + 1 of the instruction; the tree is in f->info->inl, and
//   f->inl_marks names the Prog whose pc becomes parent_pc of a node.
// Prog.pos 0 keeps the line of the instruction before.
// Relocations that f->sym has already (R_USEIFACE and other markers) stay in front.
//
// After assemble: sym->data, size, relocs, FuncInfo.{args,locals,pcsp,pcline,pcfile,pcinline,pcdata,funcdata,
// files,func_flag} are complete, every Prog has pc (prologue Progs have been inserted into the list), and each
// Prog's offsets of NAME_AUTO/NAME_PARAM have been made SP-relative.
#ifndef INGOT_AMD64_H
#define INGOT_AMD64_H

#include "arch/arch.h"

// Registers. The low 4 bits (5 for vectors) of a register minus its group's first are its hardware number.
enum {
	REG_NONE = 0,
	REG_AL = 16, REG_CL, REG_DL, REG_BL, REG_SPB, REG_BPB, REG_SIB, REG_DIB,
	REG_R8B, REG_R9B, REG_R10B, REG_R11B, REG_R12B, REG_R13B, REG_R14B, REG_R15B,
	REG_AX = 32, REG_CX, REG_DX, REG_BX, REG_SP, REG_BP, REG_SI, REG_DI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
	REG_AH = 48, REG_CH, REG_DH, REG_BH,
	REG_F0 = 56, REG_F7 = 63,
	REG_M0 = 64, REG_M7 = 71,
	REG_K0 = 72, REG_K1, REG_K2, REG_K3, REG_K4, REG_K5, REG_K6, REG_K7,
	REG_X0 = 96, REG_X1, REG_X2, REG_X3, REG_X4, REG_X5, REG_X6, REG_X7,
	REG_X8, REG_X9, REG_X10, REG_X11, REG_X12, REG_X13, REG_X14, REG_X15, REG_X31 = 127,
	REG_Y0 = 128, REG_Y15 = 143, REG_Y31 = 159,
	REG_Z0 = 160, REG_Z15 = 175, REG_Z31 = 191,
	REG_CS = 192, REG_SS, REG_DS, REG_ES, REG_FS, REG_GS,
	REG_GDTR, REG_IDTR, REG_LDTR, REG_MSW, REG_TASK,
	REG_CR0 = 208, REG_CR15 = 223,
	REG_DR0 = 224, REG_DR7 = 231,
	REG_TR0 = 232, REG_TR7 = 239,
	REG_TLS = 240,
	REG_MAX,
	// Roles in ABI_INTERNAL (cmd/compile/abi-internal.md).
	REG_CTXT = REG_DX, REG_G = REG_R14, REG_ENTRY_TMP0 = REG_R12, REG_ENTRY_TMP1 = REG_R13, REG_ZERO = REG_X15,
};

// Operations: AMOVQ, AADDQ, AJEQ, AVPADDD ... CALL, RET, JMP, NOP and the directives are OP_CALL etc. of arch.h.
enum {
	A_FIRST_ = OP_ARCH - 1,
#define OP(name) A##name,
#include "arch/amd64/ops.def"
#undef OP
	A_END,
};

// DWARF's number of a register, -1 if it has none (psABI figure 3.36).
int amd64_dwarf_reg(u16 reg);

#endif
