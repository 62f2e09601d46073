// layout.c: places encoded instructions: chooses the length of each jump, pads code of the compiler so that no
// jump crosses or ends at a 32-byte boundary (Intel's JCC erratum; asm6.go, padJump), writes code, relocations
// and jump tables. Jumps begin short and only grow, so the passes end.
#include "arch/amd64/internal.h"

enum { BOUNDARY = 32 };

static const u8 nops[9][9] = { // cmd/internal/obj/x86/asm6.go, nop
	{0x90},
	{0x66, 0x90},
	{0x0f, 0x1f, 0x00},
	{0x0f, 0x1f, 0x40, 0x00},
	{0x0f, 0x1f, 0x44, 0x00, 0x00},
	{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
	{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
	{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	{0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
};

static void fill_nops(u8 *p, u32 n)
{
	while (n) {
		u32 m = MIN(n, 9);
		memcpy(p, nops[m - 1], m);
		p += m;
		n -= m;
	}
}

// ---- jumps that fuse with a comparison before them (Intel optimization manual 3.4.2.2) --------------

enum { FUSE_NO, FUSE_CMP, FUSE_ADD, FUSE_TEST, FUSE_INC };

static u8 fuse_class(u16 op)
{
	switch (op) {
	case ACMPB: case ACMPL: case ACMPQ: case ACMPW:
		return FUSE_CMP;
	case AADDB: case AADDL: case AADDW: case AADDQ: case ASUBB: case ASUBL: case ASUBW: case ASUBQ:
		return FUSE_ADD;
	case ATESTB: case ATESTL: case ATESTQ: case ATESTW: case AANDB: case AANDL: case AANDQ: case AANDW:
		return FUSE_TEST;
	case AINCB: case AINCL: case AINCQ: case AINCW: case ADECB: case ADECL: case ADECQ: case ADECW:
		return FUSE_INC;
	default:
		return FUSE_NO;
	}
}

static bool is_marker(u16 op) { return op == OP_PCDATA || op == OP_FUNCDATA; }

static void find_fusion(Asm *s, u32 i)
{
	Ins *head = &s->ins.p[i];
	u32 n = s->ins.n, size = 0;
	for (u32 lock = 0; lock < 2; lock++) {
		u16 op = s->ins.p[i].prog->op;
		if (lock == 0 ? op != AXRELEASE && op != AXACQUIRE : op != ALOCK)
			continue;
		size += s->ins.p[i].size;
		do
			i++;
		while (i < n && is_marker(s->ins.p[i].prog->op));
		if (i == n)
			return;
	}
	const Prog *p = s->ins.p[i].prog;
	u8 class = fuse_class(p->op);
	if (class == FUSE_NO)
		return;
	if (class != FUSE_INC) {
		u8 one = p->to.type, two = p->from.type;
		if (class == FUSE_CMP)
			one = p->from.type, two = p->to.type;
		if (one == ADDR_REG ? two != ADDR_REG && two != ADDR_CONST && two != ADDR_MEM : one != ADDR_MEM || two != ADDR_REG)
			return;
	}
	size += s->ins.p[i].size;
	do
		i++;
	while (i < n && (is_marker(s->ins.p[i].prog->op) || s->ins.p[i].prog->op == OP_NOP));
	if (i == n || s->ins.p[i].kind != JUMP_JCC)
		return;
	u16 j = s->ins.p[i].prog->op;
	if (class != FUSE_TEST) {
		if (j == AJOC || j == AJOS || j == AJMI || j == AJPL || j == AJPS || j == AJPC)
			return;
		if (class == FUSE_INC && (j == AJCS || j == AJCC || j == AJHI || j == AJLS))
			return;
	}
	head->fuse = i;
	head->fuse_size = (u8)size;
}

// ---- placing --------------------------------------------------------------------------------------

static u8 jump_size(const Ins *x, bool is_long)
{
	switch (x->kind) {
	case JUMP_XBEGIN: return 6;
	case JUMP_LOOP: return x->flags & INS_PREFIXED ? 3 : 2;
	case JUMP_JCC: return is_long ? 6 : 2;
	default: return is_long ? 5 : 2;
	}
}

static u32 alignment(Asm *s, const Prog *p, u32 pc)
{
	i64 a = p->from.offset;
	if (a < 8 || a > 2048 || (a & (a - 1))) {
		amd64_error(s, p, "alignment value of an instruction must be a power of two and in the range [8, 2048], got %lld\n",
			(long long)a);
		return 0;
	}
	if (s->f->sym->align < (u32)a)
		s->f->sym->align = (u32)a;
	return (u32)(ALIGN_UP((i64)pc, a) - pc);
}

// One pass over all instructions. True: something grew, and another pass is needed.
static bool place(Asm *s, bool pad, bool first)
{
	bool again = false;
	u32 pc = 0;
	Ins *ins = s->ins.p;
	for (u32 i = 0; i < s->ins.n; i++) {
		Ins *x = &ins[i];
		if (pad && !first) { // in the first pass no size is known yet
			u32 n = x->fuse ? x->fuse_size + ins[x->fuse].size : x->flags & INS_IS_JUMP ? x->size : 0;
			if (n && (pc & (BOUNDARY - 1)) + n >= BOUNDARY)
				pc = ALIGN_UP(pc, BOUNDARY);
		}
		x->pc = pc;
		if (x->prog->op == OP_PCALIGN) {
			pc += alignment(s, x->prog, pc);
			continue;
		}
		if (x->kind) {
			u8 size;
			if (x->flags & INS_BACK) {
				i64 v = (i64)ins[x->target].pc - (pc + 2);
				if (v < -128 && x->kind == JUMP_LOOP && !(x->flags & INS_LONG)) {
					amd64_error(s, x->prog, "loop too far: " STR_FMT, STR_ARG(amd64_prog(s, x->prog)));
					x->flags |= INS_LONG;
				}
				size = jump_size(x, v < -128);
			} else {
				size = jump_size(x, x->flags & INS_LONG);
			}
			if (size != x->size && pad)
				again = true;
			x->size = size;
		}
		pc += x->size;
	}
	for (u32 i = 0; i < s->ins.n; i++) {
		Ins *x = &ins[i];
		if (!x->kind || x->flags & (INS_BACK | INS_LONG) || x->kind == JUMP_XBEGIN)
			continue;
		if ((i64)ins[x->target].pc - (x->pc + x->size) > 127) {
			x->flags |= INS_LONG;
			again = true;
			if (x->kind == JUMP_LOOP)
				amd64_error(s, x->prog, "loop too far: " STR_FMT, STR_ARG(amd64_prog(s, x->prog)));
		}
	}
	s->f->sym->size = pc;
	return again || (first && pad);
}

static void put_jump(const Asm *s, const Ins *x, u8 *b)
{
	const Ins *t = &s->ins.p[x->target];
	i32 v = (i32)(t->pc - (x->pc + x->size));
	if (x->kind == JUMP_LOOP || x->size == 2) {
		if (x->flags & INS_PREFIXED) {
			*b++ = 0x67;
			if (x->flags & INS_BACK)
				v++; // asm6.go counts this one from the byte before its end
		}
		*b++ = x->op_short;
		*b = (u8)v;
		return;
	}
	if (x->kind == JUMP_XBEGIN)
		*b++ = x->op_short;
	else if (x->kind == JUMP_JCC)
		*b++ = 0x0f;
	*b++ = x->op_long;
	put_u32(b, (u32)v);
}

static void write_relocs(Asm *s)
{
	LSym *sym = s->f->sym;
	u32 n = s->relocs.n;
	if (!n)
		return;
	if (sym->nrelocs + n > sym->crelocs) {
		Reloc *r = obj_alloc(s->f->obj, sizeof(Reloc) * (sym->nrelocs + n));
		if (sym->nrelocs)
			memcpy(r, sym->relocs, sizeof(Reloc) * sym->nrelocs);
		sym->relocs = r;
		sym->crelocs = sym->nrelocs + n;
	}
	for (u32 i = 0; i < n; i++) {
		const InsReloc *r = &s->relocs.p[i];
		sym->relocs[sym->nrelocs++] = (Reloc){
			.off = s->ins.p[r->ins].pc + r->off, .size = r->size, .type = r->type, .add = r->add, .sym = r->sym};
	}
}

static void write_code(Asm *s)
{
	LSym *sym = s->f->sym;
	u8 *code = obj_alloc(s->f->obj, sym->size + 1);
	u32 pc = 0;
	for (u32 i = 0; i < s->ins.n; i++) {
		const Ins *x = &s->ins.p[i];
		if (x->pc > pc)
			fill_nops(code + pc, x->pc - pc);
		if (x->kind)
			put_jump(s, x, code + x->pc);
		else
			memcpy(code + x->pc, s->code + x->off, x->size);
		pc = x->pc + x->size;
		x->prog->pc = x->pc;
	}
	if (sym->size > pc)
		fill_nops(code + pc, (u32)sym->size - pc);
	sym->data = code;
	sym->ndata = (u32)sym->size;
}

// Padding before an instruction belongs to the one before it: a Prog of its own, as far as pc tables go.
static void splice_padding(Asm *s)
{
	for (u32 i = 1; i < s->ins.n; i++) {
		const Ins *x = &s->ins.p[i], *prev = &s->ins.p[i - 1];
		u32 end = prev->pc + prev->size;
		if (x->pc <= end || prev->prog->op == OP_PCALIGN)
			continue;
		Prog *p = prog_new(s->a, OP_NOP);
		p->pos = prev->prog->pos;
		p->inl = prev->prog->inl;
		p->pc = end;
		p->next = prev->prog->next;
		prev->prog->next = p;
	}
}

// AX in a byte instruction means AL. The official assembler notices this while it encodes, so that from its second
// pass on ADDB $1, AX has the short form of AL, and not before (asm6.go, bytereg).
static void shorten_bytes(Asm *s)
{
	for (u32 i = 0; i < s->ins.n; i++) {
		Ins *x = &s->ins.p[i];
		if (!(x->flags & INS_BYTE_AX))
			continue;
		Prog *p = x->prog;
		if (p->from.type == ADDR_REG && p->from.reg == REG_AX)
			p->from.reg = REG_AL;
		if (p->to.type == ADDR_REG && p->to.reg == REG_AX)
			p->to.reg = REG_AL;
		u32 old = s->relocs.n, off = x->off, size = x->size;
		amd64_encode_at(s, i);
		if (old != s->relocs.n) { // a form with a field to relocate is the same with AL
			s->relocs.n = old;
			x->off = off;
			x->size = (u8)size;
		}
	}
}

// Sizes that shorten_bytes changed count for fused jumps one pass later. True if there were any.
static bool fix_fusions(Asm *s)
{
	bool any = false;
	for (u32 i = 0; i < s->ins.n; i++) {
		Ins *x = &s->ins.p[i];
		if (!x->fuse)
			continue;
		u32 size = 0;
		for (u32 k = i; k < x->fuse; k++)
			size += s->ins.p[k].size;
		if (size != x->fuse_size) {
			x->fuse_size = (u8)size;
			any = true;
		}
	}
	return any;
}

void amd64_layout(Asm *s)
{
	bool pad = s->f->from_compiler, jumps = false;
	for (u32 i = 0; i < s->ins.n; i++) {
		Ins *x = &s->ins.p[i];
		const Prog *p = x->prog;
		if (x->kind) {
			x->target = p->to.target->mark;
			if (x->target >= s->ins.n || s->ins.p[x->target].prog != p->to.target)
				bug("%.*s: jump to an instruction outside the function", STR_ARG(s->f->sym->name));
			if (x->target <= i)
				x->flags |= INS_BACK;
		}
		if (p->to.target || p->op == OP_JMP || p->op == OP_CALL || p->op == OP_RET || p->op == OP_DUFFCOPY ||
			p->op == OP_DUFFZERO) {
			x->flags |= INS_IS_JUMP;
			jumps = true;
		}
	}
	pad &= jumps;
	if (pad)
		for (u32 i = 0; i < s->ins.n; i++)
			if (fuse_class(s->ins.p[i].prog->op) || s->ins.p[i].prog->op == ALOCK || s->ins.p[i].prog->op == AXRELEASE ||
				s->ins.p[i].prog->op == AXACQUIRE)
				find_fusion(s, i);
	for (u32 n = 0;; n++) {
		bool again = place(s, pad, n == 0);
		if (n == 1 && fix_fusions(s) && pad)
			again = true;
		if (!again)
			break;
		if (s->bad)
			return;
		if (n > 1000)
			bug("%.*s: placing instructions does not end", STR_ARG(s->f->sym->name));
		if (n == 0)
			shorten_bytes(s);
	}
	if (s->bad)
		return;
	write_code(s);
	write_relocs(s);
	if (pad)
		splice_padding(s);
	for (u32 i = 0; i < s->f->njump_tables; i++) {
		JumpTable *t = &s->f->jump_tables[i];
		for (u32 k = 0; k < t->n; k++)
			sym_addr(s->f->obj, t->sym, k * 8, s->f->sym, t->targets[k]->pc);
	}
}
