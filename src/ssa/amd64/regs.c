// regs.c: amd64's registers as the allocator sees them, the table of machine operations, and what each operation
// asks of the registers of its operands.
#include "ssa/amd64/machine.h"

const MOp amd64_mops[] = {
#define MOP(name, cls, b, w, l, q) [M_##name - SSA_ARCH] = {#name, MC_##cls, {b, w, l, q}},
#include "ssa/amd64/ops.def"
#undef MOP
};

enum { AX, CX, DX, BX, SP, BP, SI, DI, R8, R9, R10, R11, R12, R13, R14, R15, X0, X14 = 30, X15 };

#define INTS (0xffffu & ~(REG_BIT(SP) | REG_BIT(BP) | REG_BIT(R14)))
#define FLOATS 0x3fff0000u     // X0-X13: X14 is the scratch register, X15 is zero
#define ADDR_REGS (INTS | REG_BIT(R14))

u8 cc_swap(u8 cc)
{
	switch (cc) {
	case CC_LT: return CC_GT;
	case CC_GT: return CC_LT;
	case CC_LE: return CC_GE;
	case CC_GE: return CC_LE;
	case CC_ULT: return CC_UGT;
	case CC_UGT: return CC_ULT;
	case CC_ULE: return CC_UGE;
	case CC_UGE: return CC_ULE;
	}
	return cc;
}

static void need_reg(const Func *f, const Value *v, RegNeed *n)
{
	const MOp *m = mop(v->op);
	bool fl = type_is_float(v->type);
	RegSet out = type_has_reg(v->type) ? (fl ? FLOATS : INTS) : 0;
	n->out = out;
	u32 naddr = addr_nargs(v), nreg = v->nargs - naddr;
	for (u32 i = 0; i < v->nargs && i < 4; i++) {
		u8 t = f->vals[v->a[i]].type;
		if (i >= nreg)
			n->in[i] = ADDR_REGS;
		else if (t == SSA_FLAGS || t == SSA_VOID)
			n->in[i] = 0;
		else
			n->in[i] = type_is_float(t) ? FLOATS : INTS | REG_BIT(R14);
	}
	switch (m->cls) {
	case MC_BINARY:
		// ADD of two registers, or of a constant, can be a LEA.
		if (v->op == M_ADD && v->form != FORM_RM && !v->cc) {
			n->commutes = v->form == FORM_RR;
			break;
		}
		n->tie = true;
		n->in[0] &= out;
		n->commutes = v->form == FORM_RR && v->op != M_SUB && v->op != M_SBB && v->op != M_FSUB && v->op != M_FDIV
			&& v->op != M_FMINS && v->op != M_FANDN;
		break;
	case MC_MUL:
		if (v->form == FORM_RI)
			break;
		n->tie = true;
		n->in[0] &= out;
		n->commutes = v->form == FORM_RR;
		break;
	case MC_UNARY1:
		n->tie = true;
		n->in[0] &= out;
		break;
	case MC_SHIFT:
		n->tie = true;
		n->in[0] = INTS;
		if (v->form == FORM_RR) {
			n->in[0] = n->out = INTS & ~REG_BIT(CX);
			n->in[1] = REG_BIT(CX);
		}
		break;
	case MC_HMUL:
		n->in[0] = REG_BIT(AX);
		n->in[1] = INTS & ~(REG_BIT(AX) | REG_BIT(DX));
		n->out = REG_BIT(DX);
		n->clobber = REG_BIT(AX);
		break;
	case MC_MULHILO:
		n->in[0] = REG_BIT(AX);
		n->in[1] = INTS & ~(REG_BIT(AX) | REG_BIT(DX));
		n->out = 0;
		n->clobber = REG_BIT(AX) | REG_BIT(DX);
		break;
	case MC_DIV:
		n->in[0] = REG_BIT(AX);
		n->in[1] = INTS & ~(REG_BIT(AX) | REG_BIT(DX));
		n->out = v->op == M_DIV || v->op == M_DIVU ? REG_BIT(AX) : REG_BIT(DX);
		n->clobber = (REG_BIT(AX) | REG_BIT(DX)) & ~n->out;
		break;
	case MC_DIV128:
		n->in[0] = REG_BIT(DX);
		n->in[1] = REG_BIT(AX);
		n->in[2] = INTS & ~(REG_BIT(AX) | REG_BIT(DX));
		n->out = 0;
		n->clobber = REG_BIT(AX) | REG_BIT(DX);
		break;
	case MC_SETCC:
		if (v->cc >= CC_FEQ)
			n->clobber = REG_BIT(R13);
		break;
	case MC_CMOV: case MC_FCMOV:
		n->tie = true;
		n->in[0] &= out;
		break;
	case MC_FMA:
		n->tie = true;
		n->in[0] &= out;
		break;
	case MC_CVTU2F:
		n->clobber = REG_BIT(R12) | REG_BIT(R13);
		n->in[0] = INTS & ~n->clobber;
		break;
	case MC_CVT:
		// The result is cleared first to break a false dependency, which must not hit a float argument.
		n->early = type_is_float(f->vals[v->a[0]].type);
		break;
	case MC_CVTF2U:
		n->clobber = REG_BIT(R13);
		break;
	case MC_MOVELOOP:
		n->in[0] = REG_BIT(DI);
		n->in[1] = REG_BIT(SI);
		n->clobber = REG_BIT(DI) | REG_BIT(SI) | REG_BIT(CX);
		break;
	case MC_ZEROLOOP:
		n->in[0] = REG_BIT(DI);
		n->clobber = REG_BIT(DI) | REG_BIT(CX) | REG_BIT(AX);
		break;
	case MC_XCHG: case MC_XADD:
		if (out) {
			n->tie = true;
			n->in[0] = INTS;
		} else {
			n->clobber = REG_BIT(R13); // the value is copied there first
			for (u32 i = 0; i < v->nargs; i++)
				n->in[i] &= ~REG_BIT(R13);
		}
		break;
	case MC_CMPXCHG:
		n->in[0] = REG_BIT(AX);
		n->in[1] = INTS & ~REG_BIT(AX);
		for (u32 i = 2; i < v->nargs; i++)
			n->in[i] = ADDR_REGS & ~REG_BIT(AX);
		n->clobber = REG_BIT(AX);
		n->out = out & ~REG_BIT(AX);
		break;
	case MC_RMWLOOP:
		n->clobber = REG_BIT(R13);
		n->out = REG_BIT(AX);
		for (u32 i = 0; i < v->nargs; i++)
			n->in[i] &= ~(REG_BIT(AX) | REG_BIT(R13));
		n->early = true;
		break;
	case MC_WBCALL:
		n->out = REG_BIT(R11);
		n->clobber = FLOATS;
		break;
	}
}

static bool constant(const Value *v, i64 *bits)
{
	*bits = v->imm;
	return v->op == M_MOVI || v->op == M_FCONST;
}

static bool remat(const Value *v)
{
	const MOp *m = mop(v->op);
	return m->cls == MC_CONST || m->cls == MC_FCONST || (m->cls == MC_LEA && v->nargs == 0);
}

static u8 result(const Func *f, const Value *p, u32 index)
{
	switch (p->op) {
	case M_MULHILO: return index == 0 ? DX : AX;
	case M_DIV128: return index == 0 ? AX : DX;
	}
	return NO_REG;
}

const RegInfo amd64_regs = {
	.dwarf = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, // System V ABI, AMD64 supplement, figure 3.36
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32},
	.reg = {REG_AX, REG_CX, REG_DX, REG_BX, REG_SP, REG_BP, REG_SI, REG_DI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
		REG_R14, REG_R15, REG_X0, REG_X1, REG_X2, REG_X3, REG_X4, REG_X5, REG_X6, REG_X7, REG_X8, REG_X9, REG_X10, REG_X11,
		REG_X12, REG_X13, REG_X14, REG_X15},
	.ints = INTS,
	.floats = FLOATS,
	.g = R14,
	.ctxt = DX,
	.code_ptr = REG_BIT(R12) | REG_BIT(R13) | REG_BIT(R15) | REG_BIT(DX),
	.need = need_reg,
	.remat = remat,
	.constant = constant,
	.result = result,
};

static const char *const names[M_END - SSA_ARCH + 1] = {
#define MOP(name, cls, b, w, l, q) [M_##name - SSA_ARCH] = #name,
#include "ssa/amd64/ops.def"
#undef MOP
};
// cmd/compile/abi-internal.md, amd64 architecture.
static const u16 int_args[] = {REG_AX, REG_BX, REG_CX, REG_DI, REG_SI, REG_R8, REG_R9, REG_R10, REG_R11};
static const u16 float_args[] = {REG_X0, REG_X1, REG_X2, REG_X3, REG_X4, REG_X5, REG_X6, REG_X7, REG_X8, REG_X9, REG_X10, REG_X11,
	REG_X12, REG_X13, REG_X14};

const Target target_amd64 = {
	.arch = &arch_amd64,
	.nint_args = LENGTH(int_args), .nfloat_args = LENGTH(float_args),
	.int_args = int_args, .float_args = float_args,
	.op_names = names,
	.lower = amd64_lower,
	.emit = amd64_emit,
	.regs = &amd64_regs,
};
