// internal.h: what the files of src/arch/amd64 share. assemble.c drives: edit.c rewrites the Progs of a
// function, encode.c turns each into bytes, layout.c places them and writes the pc tables.
#ifndef INGOT_AMD64_INTERNAL_H
#define INGOT_AMD64_INTERNAL_H

#include "arch/amd64/amd64.h"

// How the size of an instruction depends on where its target lies.
typedef enum JumpKind {
	JUMP_NONE,
	JUMP_JCC,       // 7x rel8, or 0F 8x rel32
	JUMP_JMP,       // EB rel8, or E9 rel32
	JUMP_LOOP,      // rel8 only: LOOP, JCXZ
	JUMP_XBEGIN,    // C7 F8 rel32
} JumpKind;

enum {
	INS_IS_JUMP = 1,    // a jump, call or return: to be padded
	INS_PREFIXED = 2,   // JCXZL: one more prefix byte
	INS_BYTE_AX = 4,    // AX stands for AL
	INS_TARGET = 8,     // something jumps here
};

// An encoded instruction.
typedef struct Ins {
	Prog *prog;
	u32 off;        // of its bytes in Asm.code
	u8 size;        // 0 for jumps: layout decides
	u8 kind;        // JumpKind
	u8 flags;
	u8 op_short, op_long;
} Ins;

// A relocation at a place that layout has yet to move.
typedef struct InsReloc { u32 ins; u8 off, size; u16 type; LSym *sym; i64 add; } InsReloc;

typedef struct Asm {
	AsmFunc *f;
	Arena *a;
	Prog *text;             // first Prog, an OP_TEXT
	i32 frame;              // bytes that the prologue subtracts from SP, saved BP included
	i32 bp_size;            // 8 if BP is saved
	i32 delta;              // bytes that PUSH and the prologue have subtracted from SP, up to the Prog being edited
	Prog *prologue_last;    // last Prog of the prologue, NULL: there is none
	Prog *last;
	u32 nprogs, nrets;      // before edit
	bool calls, big_calls;  // calls at all; others than those of small leaves
	bool bad;               // errors were reported
	bool tls;               // a thread-local name is used in two instructions (AsmFunc.shared)
	VEC(Ins) ins;
	VEC(InsReloc) relocs;
	u8 *code;               // bytes of all instructions, one after the other
	u32 ncode, code_cap;
	u32 cur;                // the instruction being encoded
} Asm;

// An error in the function's Progs, at p's position.
void amd64_error(Asm *s, const Prog *p, const char *fmt, ...) PRINTF_LIKE(3, 4);
Str amd64_prog(Asm *s, const Prog *p); // as error messages quote it

void amd64_edit(Asm *s);                // rewrites single Progs, inserts the prologue
Prog *amd64_edit_body(Asm *s, Prog *p); // then each Prog in turn: SP-relative offsets, epilogues
void amd64_check_dynlink(Asm *s);       // AsmFunc.dynlink: R15 is not used after an access to a global
void amd64_edit_dynlink(Asm *s, Prog *p); // accesses to globals go through the global offset table
void amd64_encode(Asm *s, Ins *ins, u8 *out); // sets size, kind and the rest; out has room for 32 bytes
void amd64_layout(Asm *s);              // final pcs; writes code, relocations and jump tables into the symbol
void amd64_tables(Asm *s);              // pcsp, pcfile, pcline, pcinline, pcdata, funcdata

extern const i8 amd64_reg_num[REG_MAX]; // low three bits of the hardware number, -1: not encodable
#define REG_IS_INT(r) ((u16)((r) - REG_AX) < 16)
#define REG_IS_SEG(r) ((u16)((r) - REG_CS) <= REG_GS - REG_CS)

// Suffixes of vector instructions (Prog.suffix).
enum {
	SUFFIX_Z = 1, SUFFIX_BCST = 2, SUFFIX_SAE = 4, SUFFIX_ROUND = 8,
	SUFFIX_RN = 0 << 4, SUFFIX_RD = 1 << 4, SUFFIX_RU = 2 << 4, SUFFIX_RZ = 3 << 4, // EVEX.L'L
};

#endif
