// encode.c: one Prog -> its bytes. The operands' classes are bit masks; the first form of the operation's
// shape (shapes.def) whose classes are all in the masks gives each operand a role, and its encoding
// (insns.def, vector.def) gives prefixes and opcode. Nothing here knows a single instruction but by its table.
#include <stddef.h>

#include "arch/amd64/internal.h"

// ---- tables -------------------------------------------------------------------------------------

// Classes of operands, as forms name them.
enum {
	C_NONE, C_I0, C_I1, C_U2, C_I8, C_U8, C_I32, C_I64, C_IAUTO, C_AL, C_CL, C_AX, C_CX, C_RB, C_RL, C_RX, C_RF,
	C_F0, C_MB, C_ML, C_MEM, C_BR, C_CS, C_SS, C_DS, C_ES, C_FS, C_GS, C_SEG, C_GDTR, C_IDTR, C_LDTR, C_MSW, C_TASK,
	C_CR, C_DRL, C_DRQ, C_TR, C_MR, C_MM, C_X0, C_XLIST, C_XR, C_XRE, C_XM, C_XME, C_XV, C_XVE, C_YLIST, C_YR, C_YRE,
	C_YM, C_YME, C_YV, C_YVE, C_ZLIST, C_ZR, C_ZM, C_ZV, C_KN0, C_KR, C_KM, C_TLS, C_INDIR,
};
_Static_assert(C_INDIR < 64, "classes fit a mask");
#define B(c) ((u64)1 << C_##c)

// Roles of operands.
enum {
	O__,            // implied by the opcode
	O_M,            // ModRM.rm
	O_MB,           // the same; a 32-bit register name means its low byte
	O_R,            // ModRM.reg
	O_RM,           // a register in both
	O_V,            // VEX.vvvv
	O_K,            // EVEX.aaa
	O_H,            // imm8[7:4]
	O_O,            // low bits of the opcode
	O_I1, O_I2, O_I4, // immediate of that many bytes
	O_IQ,           // immediate of MOVQ: 4 zero-extended, 4 sign-extended or 8 bytes
	O_LEA,          // ModRM.rm, given as an address
	O_MCALL,        // ModRM.rm of an indirect call
	O_CALL, O_ABS, O_IND, O_JCC, O_JMP, O_LOOP, O_DATA,
};

enum { E_DIGIT = 1, E_BYTE2 = 2, E_BYTEREG = 4, E_ILL64 = 8, E_VEX = 16, E_EVEX = 32 };
enum { EV_Z = 4, EV_R = 2, EV_S = 1 };

typedef struct Enc {
	u8 kind;
	u8 pp;          // legacy: bits 66 F3 F2; VEX and EVEX: the pp field
	u8 map;         // 0 none, 1 0F, 2 0F38, 3 0F3A
	u8 w, l, op;
	u8 ext;         // digit or second byte
	u8 evex;        // log2 of disp8's unit << 5 | broadcast (1: 4 bytes, 2: 8) << 3 | EV_x
} Enc;

typedef struct Form { u8 e, n, cls[5], role[5]; } Form;

#define F0(e) {e, 0}
#define F1(e, a, b) {e, 1, {C_##a}, {O_##b}}
#define F2(e, a, b, c, d) {e, 2, {C_##a, C_##c}, {O_##b, O_##d}}
#define F3(e, a, b, c, d, f, g) {e, 3, {C_##a, C_##c, C_##f}, {O_##b, O_##d, O_##g}}
#define F4(e, a, b, c, d, f, g, h, i) {e, 4, {C_##a, C_##c, C_##f, C_##h}, {O_##b, O_##d, O_##g, O_##i}}
#define F5(e, a, b, c, d, f, g, h, i, j, k)                                                            \
	{e, 5, {C_##a, C_##c, C_##f, C_##h, C_##j}, {O_##b, O_##d, O_##g, O_##i, O_##k}}

struct ShapeTable {
#define SHAPE(name, ...) Form name[sizeof((Form[]){__VA_ARGS__}) / sizeof(Form)];
#include "arch/amd64/shapes.def"
#undef SHAPE
};
static const struct ShapeTable shapes = {
#define SHAPE(name, ...) .name = {__VA_ARGS__},
#include "arch/amd64/shapes.def"
#undef SHAPE
};

enum { P_NP = 0, P_66 = 1, P_F3 = 2, P_F2 = 4, P_66F3 = 3, P_66F2 = 5 };
enum { VP_NP = 0, VP_66 = 1, VP_F3 = 2, VP_F2 = 3 };
enum { MAP_NO, MAP_0F, MAP_0F38, MAP_0F3A };
enum { LEN_128, LEN_256, LEN_512 };
enum { N_1 = 0, N_2 = 1 << 5, N_4 = 2 << 5, N_8 = 3 << 5, N_16 = 4 << 5, N_32 = 5 << 5, N_64 = 6 << 5, N_128 = 7 << 5 };
enum { BC_0 = 0, BC_4 = 1 << 3, BC_8 = 2 << 3 };
enum { FL_N = 0, FL_B = E_BYTEREG, FL_I64 = E_ILL64 };
enum { EF_N = 0, EF_Z = EV_Z, EF_R = EV_R, EF_S = EV_S, EF_ZR = EV_Z | EV_R, EF_ZS = EV_Z | EV_S, EF_RS = EV_R | EV_S, EF_ZRS = 7 };
#define L(pp, map, w, op, fl) {FL_##fl, P_##pp, MAP_##map, w, 0, 0x##op}
#define LD(pp, map, w, op, d, fl) {FL_##fl | E_DIGIT, P_##pp, MAP_##map, w, 0, 0x##op, d}
#define LX(pp, map, w, op, x, fl) {FL_##fl | E_BYTE2, P_##pp, MAP_##map, w, 0, 0x##op, 0x##x}
#define V(l, pp, map, w, op) {E_VEX, VP_##pp, MAP_##map, w, LEN_##l, 0x##op}
#define VD(l, pp, map, w, op, d) {E_VEX | E_DIGIT, VP_##pp, MAP_##map, w, LEN_##l, 0x##op, d}
#define E(l, pp, map, w, op, n, b, f) {E_EVEX, VP_##pp, MAP_##map, w, LEN_##l, 0x##op, 0, N_##n | BC_##b | EF_##f}
#define ED(l, pp, map, w, op, d, n, b, f)                                                              \
	{E_EVEX | E_DIGIT, VP_##pp, MAP_##map, w, LEN_##l, 0x##op, d, N_##n | BC_##b | EF_##f}

struct EncTable {
#define I(op, shape, ...) Enc op[sizeof((Enc[]){__VA_ARGS__}) / sizeof(Enc)];
#include "arch/amd64/insns.def"
#include "arch/amd64/vector.def"
#undef I
};
static const struct EncTable encodings = {
#define I(op, shape, ...) .op = {__VA_ARGS__},
#include "arch/amd64/insns.def"
#include "arch/amd64/vector.def"
#undef I
};

// Where the forms and encodings of an operation are: indices in the two tables seen as arrays.
static const struct OpInfo { u16 form, nforms, enc; } op_info[A_END] = {
#define I(op, shape, ...)                                                                              \
	[op] = {offsetof(struct ShapeTable, shape) / sizeof(Form), sizeof shapes.shape / sizeof(Form),        \
		offsetof(struct EncTable, op) / sizeof(Enc)},
#include "arch/amd64/insns.def"
#include "arch/amd64/vector.def"
#undef I
};

#define M_RB (B(RB) | B(MB))
#define M_RL (B(RL) | M_RB | B(ML) | B(MM))
#define M_RX (B(RX) | M_RL)
#define M_XRE (B(XRE) | B(XME))
#define M_XR (B(XR) | B(XM) | M_XRE)
#define M_YRE (B(YRE) | B(YME))
#define M_YR (B(YR) | B(YM) | M_YRE)
#define M_ZR (B(ZR) | B(ZM))
#define M_MEM (B(MEM) | B(MB) | B(ML) | B(MM) | B(XM) | B(XME) | B(YM) | B(YME) | B(ZM) | B(KM))
#define M_I32 (B(I32) | B(I64))
#define M_U8 (B(U8) | M_I32)
#define M_U7 (B(I8) | M_U8)

// The classes that a register belongs to.
static const u64 reg_mask[REG_MAX] = {
	[REG_AL] = B(AL) | M_RB, [REG_CL] = B(CL) | B(CX) | M_RB, [REG_DL] = M_RB, [REG_BL] = M_RB,
	[REG_BPB ... REG_R15B] = M_RB, // SPB has no class (asm6.go, oclass)
	[REG_AX] = B(AX) | M_RX, [REG_CX] = B(CX) | M_RX, [REG_DX] = M_RX, [REG_BX] = M_RX, [REG_SP ... REG_R15] = M_RL,
	[REG_AH ... REG_BH] = M_RB,
	[REG_F0] = B(F0) | B(RF), [REG_F0 + 1 ... REG_F7] = B(RF),
	[REG_M0 ... REG_M7] = B(MR) | B(MM),
	[REG_K0] = B(KR) | B(KM), [REG_K1 ... REG_K7] = B(KN0) | B(KR) | B(KM),
	[REG_X0] = B(X0) | M_XR, [REG_X1 ... REG_X15] = M_XR, [REG_X15 + 1 ... REG_X31] = M_XRE,
	[REG_Y0 ... REG_Y15] = M_YR, [REG_Y15 + 1 ... REG_Y31] = M_YRE,
	[REG_Z0 ... REG_Z31] = M_ZR,
	[REG_CS] = B(CS) | B(SEG), [REG_SS] = B(SS) | B(SEG), [REG_DS] = B(DS) | B(SEG), [REG_ES] = B(ES) | B(SEG),
	[REG_FS] = B(FS) | B(SEG), [REG_GS] = B(GS) | B(SEG),
	[REG_GDTR] = B(GDTR), [REG_IDTR] = B(IDTR), [REG_LDTR] = B(LDTR), [REG_MSW] = B(MSW), [REG_TASK] = B(TASK),
	[REG_CR0] = B(CR), [REG_CR0 + 2 ... REG_CR0 + 4] = B(CR), [REG_CR0 + 8] = B(CR),
	[REG_DR0] = B(DRL) | B(DRQ), [REG_DR0 + 2 ... REG_DR0 + 3] = B(DRQ), [REG_DR0 + 6 ... REG_DR7] = B(DRL) | B(DRQ),
	[REG_TR0 + 6 ... REG_TR7] = B(TR),
	[REG_TLS] = B(TLS),
};

#define NUM8(r) [r] = 0, [r + 1] = 1, [r + 2] = 2, [r + 3] = 3, [r + 4] = 4, [r + 5] = 5, [r + 6] = 6, [r + 7] = 7
const i8 amd64_reg_num[REG_MAX] = {
	[0 ... REG_MAX - 1] = -1,
	NUM8(REG_AL), NUM8(REG_R8B), NUM8(REG_AX), NUM8(REG_R8), [REG_AH] = 4, [REG_CH] = 5, [REG_DH] = 6, [REG_BH] = 7,
	NUM8(REG_F0), NUM8(REG_M0), NUM8(REG_K0),
	NUM8(REG_X0), NUM8(REG_X0 + 8), NUM8(REG_X0 + 16), NUM8(REG_X0 + 24),
	NUM8(REG_Y0), NUM8(REG_Y0 + 8), NUM8(REG_Y0 + 16), NUM8(REG_Y0 + 24),
	NUM8(REG_Z0), NUM8(REG_Z0 + 8), NUM8(REG_Z0 + 16), NUM8(REG_Z0 + 24),
	[REG_ES] = 0, [REG_CS] = 1, [REG_SS] = 2, [REG_DS] = 3, [REG_FS] = 4, [REG_GS] = 5,
	NUM8(REG_CR0), NUM8(REG_CR0 + 8), NUM8(REG_DR0), NUM8(REG_TR0),
};
#define NUM(r) ((u8)(amd64_reg_num[r] & 7))

// Bit 3 and bit 4 of a register's number, and whether its byte name needs a REX prefix.
enum { X_3 = 1, X_4 = 2, X_REX = 0x40 };
static const u8 reg_ext[REG_MAX] = {
	[REG_SPB ... REG_DIB] = X_REX, [REG_R8B ... REG_R15B] = X_3, [REG_R8 ... REG_R15] = X_3,
	[REG_X8 ... REG_X15] = X_3, [REG_X0 + 16 ... REG_X0 + 23] = X_4, [REG_X0 + 24 ... REG_X31] = X_3 | X_4,
	[REG_Y0 + 8 ... REG_Y15] = X_3, [REG_Y0 + 16 ... REG_Y0 + 23] = X_4, [REG_Y0 + 24 ... REG_Y31] = X_3 | X_4,
	[REG_Z0 + 8 ... REG_Z15] = X_3, [REG_Z0 + 16 ... REG_Z0 + 23] = X_4, [REG_Z0 + 24 ... REG_Z31] = X_3 | X_4,
	[REG_CR0 + 8 ... REG_CR15] = X_3,
};

// ---- operand classes ----------------------------------------------------------------------------

static u64 mask_const(i64 v)
{
	if (v >= -128 && v <= 127) {
		if (v < 0)
			return B(I8) | M_I32;
		return v == 0 ? B(I0) | B(U2) | M_U7 : v == 1 ? B(I1) | B(U2) | M_U7 : v <= 3 ? B(U2) | M_U7 : M_U7;
	}
	if (v >= 0 && v <= 255)
		return M_U8;
	return v == (i32)v || (u64)v >> 32 == 0 ? M_I32 : B(I64);
}

static u64 mask_mem(const Addr *a)
{
	if (a->reg >= REG_MAX)
		return 0;
	if (a->index) {
		if (a->index == REG_SP || a->index >= REG_MAX)
			return 0;
		u16 x = a->index;
		if (x >= REG_X0 && x <= REG_Z31)
			return x <= REG_X15 ? B(XV) | B(XVE) : x <= REG_X31 ? B(XVE) : x <= REG_Y15 ? B(YV) | B(YVE)
				: x <= REG_Y31 ? B(YVE) : B(ZV);
	}
	switch (a->name) {
	case NAME_NONE:
		return M_MEM;
	case NAME_EXTERN:
	case NAME_STATIC:
	case NAME_GOTREF: // relative to RIP: no other register
		return a->reg || a->index || a->scale ? 0 : M_MEM;
	default:
		return a->reg && a->reg != REG_SP ? 0 : M_MEM;
	}
}

static u64 mask_of(const Addr *a)
{
	switch (a->type) {
	case ADDR_REG:
		return a->reg < REG_MAX ? reg_mask[a->reg] : 0;
	case ADDR_MEM:
		return mask_mem(a);
	case ADDR_CONST:
		return mask_const(a->offset);
	case ADDR_BRANCH:
		return B(BR);
	case ADDR_ADDR:
		if (a->name == NAME_NONE || (a->sym && str_has_prefix(a->sym->name, "runtime.duff")))
			return a->sym ? M_I32 : mask_const(a->offset);
		return B(IAUTO);
	case ADDR_INDIR:
		return a->name != NAME_NONE && !a->reg && !a->index && !a->scale ? B(INDIR) : 0;
	case ADDR_REGLIST: {
		u16 lo = a->reg, hi = a->index;
		if (hi != lo + 3)
			return 0;
		return lo >= REG_X0 && hi <= REG_X31 ? B(XLIST) : lo >= REG_Y0 && hi <= REG_Y31 ? B(YLIST)
			: lo >= REG_Z0 && hi <= REG_Z31 ? B(ZLIST) : 0;
	}
	default:
		return 0;
	}
}

static u8 segment_prefix(u16 reg)
{
	switch (reg) {
	case REG_CS: return 0x2e;
	case REG_DS: return 0x3e;
	case REG_ES: return 0x26;
	case REG_FS: return 0x64;
	case REG_GS: return 0x65;
	default: return 0;
	}
}

static u8 prefix_of(const Asm *s, const Addr *a)
{
	if (a->reg < REG_CS && a->index < REG_CS)
		return 0;
	if (a->type == ADDR_MEM && a->name == NAME_NONE) {
		if (a->reg == REG_TLS)
			return 0x64;
		u8 p = segment_prefix(a->reg);
		if (p)
			return p;
	}
	if (a->index == REG_TLS && s->f->shared)
		return 0x64;
	return segment_prefix(a->index);
}

// ---- emission -----------------------------------------------------------------------------------

typedef struct Out {
	Asm *s;
	const Prog *p;
	const Enc *e;
	u8 *b;          // next byte
	u8 *base;
	u32 first_rel;  // relocations from here on are this instruction's
} Out;

static void put4(Out *o, u32 v)
{
	put_u32(o->b, v);
	o->b += 4;
}

static void reloc(Out *o, u16 type, u8 size, LSym *sym, i64 add)
{
	vec_push(o->s->a, &o->s->relocs,
		(InsReloc){.ins = o->s->cur, .off = (u8)(o->b - o->base), .size = size, .type = type, .sym = sym, .add = add});
}

static void bad_address(Out *o, const Addr *a)
{
	amd64_error(o->s, o->p, "asmand: bad address %d/%s/%s in " STR_FMT, a->scale,
		a->index ? arch_amd64.reg_name(a->index) : "NONE", a->reg ? arch_amd64.reg_name(a->reg) : "NONE",
		STR_ARG(amd64_prog(o->s, o->p)));
}

// A displacement that fits a byte, in EVEX in units of the operand's size.
static bool disp8(const Out *o, i32 v, u8 *d)
{
	if (o->e->kind & E_EVEX) {
		i32 n = o->p->suffix & SUFFIX_BCST ? (i32[]){1, 4, 8, 1}[o->e->evex >> 3 & 3] : 1 << (o->e->evex >> 5);
		if (v % n)
			return false;
		v /= n;
	}
	*d = (u8)v;
	return v >= -128 && v <= 127;
}

static u8 sib(Out *o, const Addr *a, u16 index, u16 base)
{
	u8 v = 4 << 3;
	if (index) {
		if (!(REG_IS_INT(index) || (index >= REG_X0 && index <= REG_Z31)) || index == REG_SP)
			bad_address(o, a);
		v = (u8)(NUM(index) << 3);
		switch (a->scale) {
		case 1: break;
		case 2: v |= 1 << 6; break;
		case 4: v |= 2 << 6; break;
		case 8: v |= 3 << 6; break;
		default: bad_address(o, a);
		}
	}
	if (base && !REG_IS_INT(base))
		bad_address(o, a);
	return v | (base ? NUM(base) : 5);
}

// ModRM, SIB and displacement of a with reg in the reg field.
static void modrm(Out *o, const Addr *a, u8 reg)
{
	reg = (u8)(reg << 3);
	if (a->offset != (i32)a->offset && o->p->op != ALEAL) {
		amd64_error(o->s, o->p, "offset too large in " STR_FMT, STR_ARG(amd64_prog(o->s, o->p)));
		return;
	}
	if (a->type == ADDR_REG) {
		if (amd64_reg_num[a->reg] < 0 || a->offset)
			bad_address(o, a);
		*o->b++ = 3 << 6 | reg | NUM(a->reg);
		return;
	}
	if (a->type != ADDR_MEM && a->type != ADDR_ADDR) {
		bad_address(o, a);
		return;
	}
	i32 v = (i32)a->offset;
	u16 base = a->reg;
	u16 index = REG_IS_SEG(a->index) || a->index == REG_TLS ? 0 : a->index;
	switch (a->name) {
	case NAME_EXTERN:
	case NAME_STATIC:
	case NAME_GOTREF:
		*o->b++ = reg | 5;
		reloc(o, a->name == NAME_GOTREF ? R_GOTPCREL : R_PCREL, 4, a->sym, a->offset);
		put4(o, 0);
		return;
	case NAME_AUTO:
	case NAME_PARAM:
		base = REG_SP;
		break;
	}
	u8 d;
	if (index) {
		*o->b++ = reg | 4; // mod below
		u8 *mod = o->b - 1;
		*o->b++ = sib(o, a, index, base);
		if (!base) {
			put4(o, (u32)v);
		} else if (v == 0 && NUM(base) != 5) {
		} else if (disp8(o, v, &d)) {
			*mod |= 1 << 6;
			*o->b++ = d;
		} else {
			*mod |= 2 << 6;
			put4(o, (u32)v);
		}
		return;
	}
	if (!base || REG_IS_SEG(base) || base == REG_TLS) { // absolute
		*o->b++ = reg | 4;
		*o->b++ = 4 << 3 | 5;
		if (base == REG_TLS) {
			reloc(o, R_TLS_LE, 4, NULL, v);
			v = 0;
		}
		put4(o, (u32)v);
		return;
	}
	if (!REG_IS_INT(base)) {
		bad_address(o, a);
		return;
	}
	u8 rm = NUM(base);
	u8 *mod = o->b;
	*o->b++ = reg | rm;
	if (rm == 4)
		*o->b++ = sib(o, a, 0, base);
	if (a->index == REG_TLS && !o->s->f->shared) { // off(reg)(TLS*1) where TLS was not folded into the base
		*mod |= 2 << 6;
		reloc(o, R_TLS_LE, 4, NULL, v);
		put4(o, 0);
	} else if (v == 0 && rm != 5) {
	} else if (disp8(o, v, &d)) {
		*mod |= 1 << 6;
		*o->b++ = d;
	} else {
		*mod |= 2 << 6;
		put4(o, (u32)v);
	}
}

// The REX bits B and X that an operand in ModRM.rm needs (1 and 2), and REX itself.
static u8 rm_rex(const Addr *a)
{
	if (a->type == ADDR_REG)
		return (reg_ext[a->reg] & X_REX) | (reg_ext[a->reg] & X_3);
	u16 base = a->name == NAME_NONE ? a->reg : 0;
	return (u8)((reg_ext[base] & X_3) | (reg_ext[a->index] & X_3) << 1);
}

static void legacy_prefix(Out *o, u8 rex)
{
	const Enc *e = o->e;
	if (e->pp & P_66)
		*o->b++ = 0x66;
	if (e->pp & P_F3)
		*o->b++ = 0xf3;
	if (e->pp & P_F2)
		*o->b++ = 0xf2;
	if (e->w)
		rex |= 0x48;
	if (rex)
		*o->b++ = 0x40 | rex;
	if (e->map) {
		*o->b++ = 0x0f;
		if (e->map == MAP_0F38)
			*o->b++ = 0x38;
		else if (e->map == MAP_0F3A)
			*o->b++ = 0x3a;
	}
}

static void vex_prefix(Out *o, const Addr *rm, const Addr *v, const Addr *r)
{
	const Enc *e = o->e;
	u8 x = rm ? rm_rex(rm) & 3 : 0;
	u8 xr = r ? reg_ext[r->reg] & X_3 : 0;
	u8 vvvv = v ? (u8)(NUM(v->reg) | (reg_ext[v->reg] & X_3) << 3) : 0;
	u8 tail = (u8)((vvvv ^ 15) << 3 | e->l << 2 | e->pp);
	if (e->map == MAP_0F && !x && !e->w) {
		*o->b++ = 0xc5;
		*o->b++ = (u8)((xr ^ 1) << 7 | tail);
	} else {
		*o->b++ = 0xc4;
		*o->b++ = (u8)(((xr << 2 | x) ^ 7) << 5 | e->map);
		*o->b++ = (u8)(e->w << 7 | tail);
	}
	*o->b++ = e->op;
}

static void evex_prefix(Out *o, const Addr *rm, const Addr *v, const Addr *r, const Addr *k)
{
	const Enc *e = o->e;
	const Prog *p = o->p;
	u8 R = 1, R4 = 1, X = 1, Bb = 1, V4 = 1, vvvv = 0, L = e->l, b = 0, z = 0;
	if (r) {
		R = !(reg_ext[r->reg] & X_3);
		R4 = !(reg_ext[r->reg] & X_4);
	}
	if (rm) {
		u16 base = rm->type == ADDR_MEM && rm->name != NAME_NONE ? 0 : rm->reg;
		X = rm->index ? !(reg_ext[rm->index] & X_3) : !(reg_ext[base] & X_4);
		Bb = !(reg_ext[base] & X_3);
	}
	if (v)
		vvvv = (u8)(NUM(v->reg) | (reg_ext[v->reg] & X_3) << 3);
	if (rm && rm->type == ADDR_MEM && reg_ext[rm->index] & X_4)
		V4 = 0;
	else if (v && reg_ext[v->reg] & X_4)
		V4 = 0;
	bool mem = rm && rm->type == ADDR_MEM;
	const char *why = NULL;
	if (p->suffix & SUFFIX_Z) {
		if (!(e->evex & EV_Z))
			why = "unsupported zeroing";
		else if (!k)
			why = "mask register must be specified for .Z instructions";
		z = 1;
	}
	if (p->suffix & SUFFIX_ROUND) {
		why = mem ? "illegal rounding with memory argument" : !(e->evex & EV_R) ? "unsupported rounding" : why;
		b = 1;
		L = p->suffix >> 4 & 3;
	} else if (p->suffix & SUFFIX_BCST) {
		why = !mem ? "illegal broadcast without memory argument" : !(e->evex & 0x18) ? "unsupported broadcast" : why;
		b = 1;
	} else if (p->suffix & SUFFIX_SAE) {
		why = mem ? "illegal SAE with memory argument" : !(e->evex & EV_S) ? "unsupported SAE" : why;
		b = 1;
	}
	if (why)
		amd64_error(o->s, p, "%s: " STR_FMT, why, STR_ARG(amd64_prog(o->s, p)));
	*o->b++ = 0x62;
	*o->b++ = (u8)(R << 7 | X << 6 | Bb << 5 | R4 << 4 | e->map);
	*o->b++ = (u8)(e->w << 7 | (vvvv ^ 15) << 3 | 4 | e->pp);
	*o->b++ = (u8)(z << 7 | L << 5 | b << 4 | V4 << 3 | (k ? NUM(k->reg) : 0));
	*o->b++ = e->op;
}

// The encodings whose operands are not fields of an instruction: branches, calls by symbol, bytes of data.
static void encode_special(Out *o, Ins *ins, u8 role, const Addr *to)
{
	const Enc *e = o->e;
	switch (role) {
	case O_CALL:
		if (o->s->f->dynlink && (o->p->op == OP_DUFFZERO || o->p->op == OP_DUFFCOPY))
			amd64_error(o->s, o->p, "directly calling duff when dynamically linking Go");
		*o->b++ = e->op;
		if (!to->sym)
			amd64_error(o->s, o->p, "call without target");
		reloc(o, R_CALL, 4, to->sym, to->offset);
		put4(o, 0);
		break;
	case O_ABS: // CALL $n, JMP $n: relative to nothing
		*o->b++ = e->op;
		reloc(o, R_PCREL, 4, NULL, to->offset);
		put4(o, 0);
		break;
	case O_IND: // CALL *sym(SB)
		*o->b++ = e->op;
		*o->b++ = (u8)(e->ext << 3 | 5);
		reloc(o, R_PCREL, 4, to->sym, to->offset);
		put4(o, 0);
		break;
	case O_DATA: {
		i64 v = to->offset;
		memcpy(o->b, &v, e->ext);
		o->b += e->ext;
		break;
	}
	default: // a jump
		if (to->sym) {
			if (role != O_JMP || o->p->op == AXBEGIN) {
				amd64_error(o->s, o->p, "branch to ATEXT");
				break;
			}
			*o->b++ = e->ext;
			reloc(o, R_CALL, 4, to->sym, 0);
			put4(o, 0);
			break;
		}
		ins->kind = role == O_JCC ? JUMP_JCC : role == O_LOOP ? JUMP_LOOP : o->p->op == AXBEGIN ? JUMP_XBEGIN : JUMP_JMP;
		ins->op_short = e->op;
		ins->op_long = e->ext;
		if (o->p->op == AJCXZL)
			ins->flags |= INS_PREFIXED;
		ins->size = 0; // layout decides
		break;
	}
}

static Addr low_byte(const Addr *a)
{
	Addr b = *a;
	if (b.type == ADDR_REG && REG_IS_INT(b.reg) && !b.index)
		b.reg = (u16)(b.reg - REG_AX + REG_AL);
	return b;
}

// MOVQ of a constant to a register: the shortest of 5, 7 and 10 bytes.
static void encode_movq(Out *o, i64 v, u16 reg)
{
	u8 x = reg_ext[reg] & X_3;
	if ((u64)v >> 32 == 0) {
		if (x)
			*o->b++ = 0x41;
		*o->b++ = 0xb8 + NUM(reg);
		put4(o, (u32)v);
	} else if (v == (i32)v) {
		*o->b++ = 0x48 | x;
		*o->b++ = 0xc7;
		*o->b++ = 0xc0 | NUM(reg);
		put4(o, (u32)v);
	} else {
		*o->b++ = 0x48 | x;
		*o->b++ = 0xb8 + NUM(reg);
		put_u64(o->b, (u64)v);
		o->b += 8;
	}
}

static void encode_form(Out *o, Ins *ins, const Form *f, const Addr **args)
{
	const Enc *e = o->e;
	const Addr *rm = NULL, *r = NULL, *v = NULL, *k = NULL, *h = NULL, *imm = NULL, *opreg = NULL;
	u8 nimm = 0;
	Addr byte_from, byte_to, lea;
	if (e->kind & E_BYTEREG) { // in byte instructions AX means AL
		for (u32 i = 0; i < f->n; i++)
			if (args[i] == &o->p->from)
				byte_from = low_byte(args[i]), args[i] = &byte_from;
			else if (args[i] == &o->p->to)
				byte_to = low_byte(args[i]), args[i] = &byte_to;
	}
	if (e->kind & E_ILL64)
		amd64_error(o->s, o->p, "asmins: illegal in 64-bit mode: " STR_FMT, STR_ARG(amd64_prog(o->s, o->p)));
	for (u32 i = 0; i < f->n; i++) {
		const Addr *a = args[i];
		switch (f->role[i]) {
		case O__:
			break;
		case O_MB:
			byte_from = low_byte(a);
			rm = &byte_from;
			break;
		case O_MCALL:
			reloc(o, R_CALLIND, 0, NULL, 0);
			rm = a;
			break;
		case O_M:
			rm = a;
			break;
		case O_LEA:
			lea = *a;
			lea.type = ADDR_MEM;
			rm = &lea;
			break;
		case O_RM:
			rm = r = a;
			break;
		case O_R:
			r = a;
			break;
		case O_V:
			v = a;
			break;
		case O_K:
			k = a;
			break;
		case O_H:
			h = a;
			break;
		case O_O:
			opreg = a;
			break;
		case O_I1:
			imm = a, nimm = 1;
			break;
		case O_I2:
			imm = a, nimm = 2;
			break;
		case O_I4:
			imm = a, nimm = 4;
			break;
		case O_IQ:
			encode_movq(o, a->offset, args[1]->reg);
			return;
		default:
			encode_special(o, ins, f->role[i], a);
			return;
		}
	}
	if (e->kind & E_VEX) {
		vex_prefix(o, rm, v, r);
	} else if (e->kind & E_EVEX) {
		evex_prefix(o, rm, v, r, k);
	} else {
		u8 rex = 0;
		if (rm)
			rex |= rm_rex(rm);
		if (r)
			rex |= (u8)((reg_ext[r->reg] & X_REX) | (reg_ext[r->reg] & X_3) << 2);
		if (opreg)
			rex |= reg_ext[opreg->reg] & (X_REX | X_3);
		for (u32 i = o->first_rel; i < o->s->relocs.n; i++) // a CALLIND marker is after REX (asm6.go, asmins)
			o->s->relocs.p[i].off += rex != 0;
		legacy_prefix(o, rex);
		*o->b++ = opreg ? e->op + NUM(opreg->reg) : e->op;
		if (e->kind & E_BYTE2)
			*o->b++ = e->ext;
	}
	if (rm)
		modrm(o, rm, e->kind & E_DIGIT ? e->ext : r ? NUM(r->reg) : 0);
	if (h)
		*o->b++ = (u8)((NUM(h->reg) | (reg_ext[h->reg] & X_3) << 3) << 4);
	if (imm) {
		i64 x = imm->offset;
		memcpy(o->b, &x, nimm);
		o->b += nimm;
	}
}

// Gathers fault if destination, index and mask are not distinct. False: an error was reported.
static bool gather_valid(Asm *s, const Prog *p)
{
	switch (p->op) {
	case AVGATHERDPD: case AVGATHERQPD: case AVGATHERDPS: case AVGATHERQPS:
	case AVPGATHERDD: case AVPGATHERQD: case AVPGATHERDQ: case AVPGATHERQQ:
		break;
	default:
		return true;
	}
#define INDEX5(r) (NUM(r) | (reg_ext[r] & X_3) << 3 | (reg_ext[r] & X_4) << 3)
	if (p->nrest == 0) {
		amd64_error(s, p, "need a third arg for gather instruction: " STR_FMT, STR_ARG(amd64_prog(s, p)));
		return false;
	}
	const Addr *third = &p->rest[0];
	u32 dest = INDEX5(p->to.reg);
	if (third->reg >= REG_K0 && third->reg <= REG_K7) {
		if (dest != (u32)INDEX5(p->from.index))
			return true;
		amd64_error(s, p, "index and destination registers should be distinct: " STR_FMT, STR_ARG(amd64_prog(s, p)));
		return false;
	}
	u32 mask = INDEX5(p->from.reg), index = INDEX5(third->index);
	if (dest != mask && dest != index && mask != index)
		return true;
	amd64_error(s, p, "mask, index, and destination registers should be distinct: " STR_FMT,
		STR_ARG(amd64_prog(s, p)));
	return false;
}

void amd64_encode(Asm *s, Ins *ins, u8 *out)
{
	const Prog *p = ins->prog;
	ins->size = 0;
	ins->flags |= p->to.target != NULL;
	const struct OpInfo *info = p->op < A_END ? &op_info[p->op] : &op_info[0];
	if (!info->nforms) {
		switch (p->op) {
		case OP_TEXT: case OP_NOP: case OP_PCDATA: case OP_FUNCDATA: case OP_PCALIGN: case OP_PCALIGNMAX: case OP_END:
			return;
		}
		amd64_error(s, p, "asmins: missing op " STR_FMT, STR_ARG(amd64_prog(s, p)));
		return;
	}
	const Addr *args[8];
	u64 mask[8];
	u32 n = 0;
	if (p->from.type) {
		mask[n] = mask_of(&p->from);
		args[n++] = &p->from;
	}
	for (u32 i = 0; i < p->nrest && n < 7; i++) {
		mask[n] = mask_of(&p->rest[i]);
		args[n++] = &p->rest[i];
	}
	if (p->to.type) {
		mask[n] = mask_of(&p->to);
		args[n++] = &p->to;
	}
	Out o = {.s = s, .p = p, .b = out, .base = out, .first_rel = s->relocs.n};
	u8 pre = prefix_of(s, &p->from);
	if (pre)
		*o.b++ = pre;
	pre = prefix_of(s, &p->to);
	if (pre)
		*o.b++ = pre;
	if (p->op < OP_ARCH && p->op != OP_UNDEF)
		ins->flags |= INS_IS_JUMP; // CALL, JMP, RET, DUFFx
	if (p->op >= AVGATHERDPD && p->op <= AVPGATHERQQ && !gather_valid(s, p))
		return;
	if (p->op == AMOVQ && p->from.type == ADDR_REG && p->from.reg == REG_TLS && p->to.type == ADDR_REG &&
		REG_IS_INT(p->to.reg) && s->f->shared) { // MOVQ g@gottpoff(IP), reg
		*o.b++ = (u8)(0x48 | (reg_ext[p->to.reg] & X_3) << 2);
		*o.b++ = 0x8b;
		*o.b++ = (u8)(5 | NUM(p->to.reg) << 3);
		reloc(&o, R_TLS_IE, 4, NULL, -4);
		put4(&o, 0);
		ins->size = 7;
		return;
	}
	const Form *f = (const Form *)&shapes + info->form;
	for (u32 i = 0; i < info->nforms; i++, f++) {
		if (f->n != n)
			continue;
		u64 ok = 1;
		for (u32 j = 0; j < n; j++)
			ok &= mask[j] >> f->cls[j];
		if (!(ok & 1))
			continue;
		o.e = (const Enc *)&encodings + info->enc + f->e;
		if (p->suffix && !(o.e->kind & E_EVEX))
			continue;
		encode_form(&o, ins, f, args);
		ins->size = (u8)(o.b - out);
		if (o.e->kind & E_BYTEREG && o.first_rel == s->relocs.n && (p->from.reg == REG_AX || p->to.reg == REG_AX))
			ins->flags |= INS_BYTE_AX;
		// The linker counts from the end of the field, the processor from the end of the instruction.
		for (u32 j = o.first_rel; j < s->relocs.n; j++) {
			InsReloc *r = &s->relocs.p[j];
			if (r->type == R_PCREL)
				r->add -= ins->size - (r->off + r->size);
		}
		return;
	}
	amd64_error(s, p, STR_FMT ": invalid instruction: " STR_FMT, STR_ARG(s->f->sym->name), STR_ARG(amd64_prog(s, p)));
}
