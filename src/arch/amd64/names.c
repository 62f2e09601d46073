// names.c: operations and registers by name and back, and Progs as Plan 9 assembly text. Names are kept in
// one block of characters with 16-bit offsets, so that the tables need no relocation at program start.
#include <stddef.h>

#include "arch/amd64/internal.h"

struct NameBlock {
#define OP(name) char name[sizeof #name];
#include "arch/amd64/ops.def"
#undef OP
};
static const struct NameBlock op_names = {
#define OP(name) .name = #name,
#include "arch/amd64/ops.def"
#undef OP
};
static const u16 op_offset[] = {
#define OP(name) offsetof(struct NameBlock, name),
#include "arch/amd64/ops.def"
#undef OP
};

// Operations every architecture shares (cmd/internal/obj/util.go, Anames).
static const struct { u16 op; char name[12]; } common[] = {
	{OP_CALL, "CALL"}, {OP_DUFFCOPY, "DUFFCOPY"}, {OP_DUFFZERO, "DUFFZERO"}, {OP_END, "END"},
	{OP_FUNCDATA, "FUNCDATA"}, {OP_JMP, "JMP"}, {OP_NOP, "NOP"}, {OP_PCALIGN, "PCALIGN"}, {OP_PCALIGNMAX, "PCALIGNMAX"}, {OP_PCDATA, "PCDATA"},
	{OP_RET, "RET"}, {OP_GETCALLERPC, "GETCALLERPC"}, {OP_TEXT, "TEXT"}, {OP_UNDEF, "UNDEF"},
};

// Other spellings (cmd/asm/internal/arch/arch.go, archX86), sorted.
static const struct { char name[12]; u16 op; } aliases[] = {
	{"JA", AJHI}, {"JAE", AJCC}, {"JB", AJCS}, {"JBE", AJLS}, {"JC", AJCS}, {"JE", AJEQ}, {"JG", AJGT}, {"JHS", AJCC},
	{"JL", AJLT}, {"JLO", AJCS}, {"JNA", AJLS}, {"JNAE", AJCS}, {"JNB", AJCC}, {"JNBE", AJHI}, {"JNC", AJCC},
	{"JNG", AJLE}, {"JNGE", AJLT}, {"JNL", AJGE}, {"JNLE", AJGT}, {"JNO", AJOC}, {"JNP", AJPC}, {"JNS", AJPL},
	{"JNZ", AJNE}, {"JO", AJOS}, {"JP", AJPS}, {"JPE", AJPS}, {"JPO", AJPC}, {"JS", AJMI}, {"JZ", AJEQ},
	{"MASKMOVDQU", AMASKMOVOU}, {"MOVBELL", AMOVBEL}, {"MOVBEQQ", AMOVBEQ}, {"MOVBEWW", AMOVBEW}, {"MOVD", AMOVQ},
	{"MOVDQ2Q", AMOVQ}, {"MOVNTDQ", AMOVNTO}, {"MOVOA", AMOVO}, {"PADDD", APADDL}, {"PSLLDQ", APSLLO},
	{"PSRLDQ", APSRLO},
};

static const char *op_name(u16 op)
{
	if (op >= OP_ARCH && op < A_END)
		return (const char *)&op_names + op_offset[op - OP_ARCH];
	for (u32 i = 0; i < LENGTH(common); i++)
		if (common[i].op == op)
			return common[i].name;
	return "XXX";
}

static u16 op_find(Str name)
{
	u32 lo = 0, hi = LENGTH(aliases);
	while (lo < hi) {
		u32 m = (lo + hi) / 2;
		int c = str_cmp(name, str(aliases[m].name));
		if (c == 0)
			return aliases[m].op;
		if (c < 0)
			hi = m;
		else
			lo = m + 1;
	}
	lo = 0, hi = LENGTH(op_offset);
	while (lo < hi) {
		u32 m = (lo + hi) / 2;
		int c = str_cmp(name, str((const char *)&op_names + op_offset[m]));
		if (c == 0)
			return (u16)(OP_ARCH + m);
		if (c < 0)
			hi = m;
		else
			lo = m + 1;
	}
	for (u32 i = 0; i < LENGTH(common); i++)
		if (str_is(name, common[i].name))
			return common[i].op;
	return 0;
}

static bool op_is_jump(u16 op)
{
	switch (op) {
	case OP_CALL:
	case OP_JMP:
	case AXBEGIN:
		return true;
	default:
		return op >= OP_ARCH && op < A_END && (op_name(op)[0] == 'J' || strncmp(op_name(op), "LOOP", 4) == 0);
	}
}

static const char reg_names[REG_MAX][6] = {
#define R(n) [REG_##n] = #n
	R(AL), R(CL), R(DL), R(BL), R(SPB), R(BPB), R(SIB), R(DIB), R(R8B), R(R9B), R(R10B), R(R11B), R(R12B), R(R13B),
	R(R14B), R(R15B), R(AX), R(CX), R(DX), R(BX), R(SP), R(BP), R(SI), R(DI), R(R8), R(R9), R(R10), R(R11), R(R12),
	R(R13), R(R14), R(R15), R(AH), R(CH), R(DH), R(BH), R(CS), R(SS), R(DS), R(ES), R(FS), R(GS), R(GDTR), R(IDTR),
	R(LDTR), R(MSW), R(TASK), R(TLS),
#undef R
#define R8(p, b) [REG_##p##0 + b] = #p #b
#define ROW(p)                                                                                         \
	R8(p, 0), R8(p, 1), R8(p, 2), R8(p, 3), R8(p, 4), R8(p, 5), R8(p, 6), R8(p, 7)
#define ROW16(p)                                                                                       \
	ROW(p), R8(p, 8), R8(p, 9), R8(p, 10), R8(p, 11), R8(p, 12), R8(p, 13), R8(p, 14), R8(p, 15)
#define ROW32(p)                                                                                       \
	ROW16(p), R8(p, 16), R8(p, 17), R8(p, 18), R8(p, 19), R8(p, 20), R8(p, 21), R8(p, 22), R8(p, 23), R8(p, 24),      \
		R8(p, 25), R8(p, 26), R8(p, 27), R8(p, 28), R8(p, 29), R8(p, 30), R8(p, 31)
	ROW(F), ROW(M), ROW(K), ROW32(X), ROW32(Y), ROW32(Z), ROW16(CR), ROW(DR), ROW(TR),
};

static const char *reg_name(u16 reg)
{
	return reg < REG_MAX && reg_names[reg][0] ? reg_names[reg] : "NONE";
}

static u16 reg_find(Str name)
{
	if (name.n == 0 || name.n > 5)
		return 0;
	if (str_is(name, "g"))
		return REG_G;
	for (u16 r = 1; r < REG_MAX; r++)
		if (memcmp(reg_names[r], name.p, name.n) == 0 && reg_names[r][name.n] == '\0')
			return r;
	return 0;
}

int amd64_dwarf_reg(u16 reg)
{
	static const u8 ints[16] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
	if (REG_IS_INT(reg))
		return ints[reg - REG_AX];
	if (reg >= REG_X0 && reg <= REG_X15)
		return 17 + reg - REG_X0;
	if (reg > REG_X15 && reg <= REG_X31)
		return 67 + reg - REG_X0 - 16;
	if (reg >= REG_F0 && reg <= REG_F7)
		return 33 + reg - REG_F0;
	if (reg >= REG_M0 && reg <= REG_M7)
		return 41 + reg - REG_M0;
	if (reg >= REG_K0 && reg <= REG_K7)
		return 118 + reg - REG_K0;
	switch (reg) {
	case REG_ES: return 50;
	case REG_CS: return 51;
	case REG_SS: return 52;
	case REG_DS: return 53;
	case REG_FS: return 54;
	case REG_GS: return 55;
	case REG_TR0: return 62;
	case REG_LDTR: return 63;
	default: return -1;
	}
}

// ---- suffixes of vector instructions --------------------------------------------------------------

static const struct { char name[12]; u32 bits; } suffixes[] = {
	{"Z", SUFFIX_Z}, {"BCST", SUFFIX_BCST}, {"SAE", SUFFIX_SAE}, {"RN_SAE", SUFFIX_ROUND | SUFFIX_RN},
	{"RD_SAE", SUFFIX_ROUND | SUFFIX_RD}, {"RU_SAE", SUFFIX_ROUND | SUFFIX_RU}, {"RZ_SAE", SUFFIX_ROUND | SUFFIX_RZ},
};

// The suffixes of "BCST.Z" (without a leading dot) as Prog.suffix bits; *why is set where they do not combine.
static u32 suffix_find(Arena *a, Str text, Str *why)
{
	u32 bits = 0, n = 0;
	bool seen[LENGTH(suffixes)] = {0}, round = false, last_z = false;
	StrVec unknown = {0}, all = {0};
	Buf msg = {0};
	*why = (Str){0};
	for (Str rest = text;; n++) {
		int dot = str_index(rest, '.');
		Str part = dot < 0 ? rest : str_sub(rest, 0, (u32)dot);
		u32 k = 0;
		while (k < LENGTH(suffixes) && !str_is(part, suffixes[k].name))
			k++;
		if (k == LENGTH(suffixes)) {
			bool dup = false;
			for (u32 i = 0; i < unknown.n; i++)
				dup |= str_eq(unknown.p[i], part);
			if (!dup)
				buf_printf(&msg, "%sunknown suffix \"" STR_FMT "\"", msg.n ? "; " : "", STR_ARG(part));
			vec_push(a, &unknown, part);
		} else {
			if (k == 0 && dot >= 0)
				buf_printf(&msg, "%sZ suffix should be the last", msg.n ? "; " : "");
			bits |= suffixes[k].bits;
			round |= k >= 2;
			last_z = k == 0;
		}
		for (u32 i = 0; i < all.n; i++)
			if (str_eq(all.p[i], part)) {
				buf_printf(&msg, "%sduplicate suffix \"" STR_FMT "\"", msg.n ? "; " : "", STR_ARG(part));
				break;
			}
		vec_push(a, &all, part);
		if (k < LENGTH(suffixes))
			seen[k] = true;
		if (dot < 0)
			break;
		rest = str_from(rest, (u32)dot + 1);
	}
	if (seen[1] && round)
		buf_printf(&msg, "%scan't combine rounding/SAE and broadcast", msg.n ? "; " : "");
	if (!msg.n && n + 1 - last_z > 1)
		buf_c(&msg, "bad suffix combination");
	if (msg.n)
		*why = str_dup(a, buf_view(&msg));
	buf_free(&msg);
	return bits;
}

// ".BCST.Z", in the order that is the only one accepted.
static Str suffix_fmt(Arena *a, u32 bits)
{
	Str s = {"", 0};
	static const char *const rounds[4] = {".RN_SAE", ".RD_SAE", ".RU_SAE", ".RZ_SAE"};
	if (bits & SUFFIX_BCST)
		s = S(".BCST");
	else if (bits & SUFFIX_ROUND)
		s = str(rounds[bits >> 4 & 3]);
	else if (bits & SUFFIX_SAE)
		s = S(".SAE");
	return bits & SUFFIX_Z ? str_cat(a, s, S(".Z")) : s;
}

// Operations with one operand that is a destination (obj6.go, unaryDst).
static bool op_unary_dst(u16 op)
{
	switch (op) {
	case ABSWAPL: case ABSWAPQ: case ACLDEMOTE: case ACLFLUSH: case ACLFLUSHOPT: case ACLWB: case ACMPXCHG16B:
	case ACMPXCHG8B: case ADECB: case ADECL: case ADECQ: case ADECW: case AFBSTP: case AFFREE: case AFLDENV:
	case AFSAVE: case AFSTCW: case AFSTENV: case AFSTSW: case AFXSAVE64: case AFXSAVE: case AINCB: case AINCL:
	case AINCQ: case AINCW: case ANEGB: case ANEGL: case ANEGQ: case ANEGW: case ANOTB: case ANOTL: case ANOTQ:
	case ANOTW: case APOPL: case APOPQ: case APOPW: case ARDFSBASEL: case ARDFSBASEQ: case ARDGSBASEL:
	case ARDGSBASEQ: case ARDPID: case ARDRANDL: case ARDRANDQ: case ARDRANDW: case ARDSEEDL: case ARDSEEDQ:
	case ARDSEEDW: case ASETCC: case ASETCS: case ASETEQ: case ASETGE: case ASETGT: case ASETHI: case ASETLE:
	case ASETLS: case ASETLT: case ASETMI: case ASETNE: case ASETOC: case ASETOS: case ASETPC: case ASETPL:
	case ASETPS: case ASGDT: case ASIDT: case ASLDTL: case ASLDTQ: case ASLDTW: case ASMSWL: case ASMSWQ:
	case ASMSWW: case ASTMXCSR: case ASTRL: case ASTRQ: case ASTRW: case AXSAVE64: case AXSAVE: case AXSAVEC64:
	case AXSAVEC: case AXSAVEOPT64: case AXSAVEOPT: case AXSAVES64: case AXSAVES: case OP_RET: case OP_GETCALLERPC:
		return true;
	default:
		return false;
	}
}

extern bool amd64_assemble(AsmFunc *f);

const Arch arch_amd64 = {
	.name = "amd64",
	.ptr_size = 8,
	.min_lc = 1,
	.reg_sp = REG_SP,
	.reg_ctxt = REG_CTXT,
	.reg_g = REG_G,
	.assemble = amd64_assemble,
	.op_find = op_find,
	.reg_find = reg_find,
	.op_name = op_name,
	.reg_name = reg_name,
	.op_is_jump = op_is_jump,
	.op_unary_dst = op_unary_dst,
	.suffix_find = suffix_find,
	.suffix_fmt = suffix_fmt,
};
