// machine.h: amd64's machine values, between lowering and emission.
//
// A machine value's `form` says where operands are: R register, I immediate, M memory. Register operands come
// first among the arguments, then the base register (if AB_REG), then the index (if scale != 0). `width` is the
// operand size in bytes. `imm` is the displacement of a memory operand, else the immediate; with both, the
// immediate is in the upper half of imm2 and the slot in the lower.
#ifndef INGOT_SSA_AMD64_MACHINE_H
#define INGOT_SSA_AMD64_MACHINE_H

#include "arch/amd64/amd64.h"
#include "ssa/backend.h"

enum {
	M_FIRST_ = SSA_ARCH - 1,
#define MOP(name, cls, b, w, l, q) M_##name,
#include "ssa/amd64/ops.def"
#undef MOP
	M_END,
};

typedef enum MClass {
	MC_CONST, MC_FCONST, MC_LEA, MC_LOAD, MC_STORE, MC_STOREZ, MC_UNARY, MC_BINARY, MC_MUL, MC_UNARY1, MC_SHIFT, MC_HMUL,
	MC_MULHILO, MC_DIV, MC_DIV128, MC_CMP, MC_FCMP, MC_SETCC, MC_CMOV, MC_FCMOV, MC_SBBMASK, MC_RMW, MC_FMA, MC_FROUND,
	MC_CVT, MC_CVTU2F, MC_CVTF2U, MC_BOUNDS, MC_NILCHECK, MC_MOVELOOP, MC_ZEROLOOP, MC_XCHG, MC_XADD, MC_CMPXCHG, MC_LOCK,
	MC_RMWLOOP, MC_PREFETCH, MC_PAUSE, MC_WBCALL, MC_LOADPC,
} MClass;

typedef struct MOp { const char *name; u8 cls; u16 as[4]; } MOp;
extern const MOp amd64_mops[];
static inline const MOp *mop(u16 op) { return &amd64_mops[op - SSA_ARCH]; }
static inline u32 width_index(u32 w) { return w == 1 ? 0 : w == 2 ? 1 : w == 4 ? 2 : 3; }

enum { FORM_RR, FORM_RI, FORM_RM, FORM_MR, FORM_MI, FORM_M, FORM_IR, FORM_II };
static inline bool form_has_mem(u8 form) { return form >= FORM_RM && form <= FORM_M; }

// Address base, in the upper half of Value.scale; the lower half is the scale of the index: 0, 1, 2, 4, 8.
enum { AB_REG = 0, AB_SLOT = 0x10, AB_SYM = 0x20, AB_PARAM = 0x30, AB_OUT = 0x40 };
static inline u8 addr_base(const Value *v) { return v->scale & 0xf0; }
static inline u8 addr_scale(const Value *v) { return v->scale & 0x0f; }
static inline u32 addr_nargs(const Value *v) { return form_has_mem(v->form) ? (addr_base(v) == AB_REG) + (addr_scale(v) != 0) : 0; }

// Condition codes, as the Jcc and SETcc behind ACMP x, y read them (flags of x - y).
typedef enum Cc { CC_EQ, CC_NE, CC_LT, CC_GE, CC_LE, CC_GT, CC_ULT, CC_UGE, CC_ULE, CC_UGT, CC_MI, CC_PL, CC_OS, CC_OC,
	CC_FEQ, CC_FNE, CC_NONE } Cc; // FEQ, FNE: two conditions: the parity flag too
static inline u8 cc_invert(u8 cc) { return cc ^ 1; }
u8 cc_swap(u8 cc);          // for exchanged operands

extern const RegInfo amd64_regs;
void amd64_lower(Func *f);
void amd64_emit(Func *f, AsmFunc *out);

#endif
