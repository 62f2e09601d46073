// layout.c: places encoded instructions: chooses the length of each jump, pads code of the compiler so that no
// jump crosses or ends at a 32-byte boundary (Intel's JCC erratum; asm6.go, padJump), writes code, relocations
// and jump tables. Only events move: jumps, their targets, what may be padded; what lies between keeps its length.
// Jumps begin short and only grow, so the passes end.
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

// ---- events ---------------------------------------------------------------------------------------

enum { EV_LONG = 1, EV_BACK = 2, EV_PAD = 4 };

typedef struct Event {
	u32 ins;        // the instruction
	u32 gap;        // bytes between the event before and this one
	u32 pc, end;    // end: where what follows begins, after the padding of PCALIGN
	u32 target;     // the event jumped to
	u32 fuse;       // the event of the conditional jump it fuses with, 0: none
	u8 size;
	u8 fuse_size;   // bytes from this instruction to the fused jump, without the jump
	u8 kind, flags;
} Event;

typedef struct Layout { Asm *s; Event *ev; u32 n; bool pad; } Layout;

// ---- jumps that fuse with a comparison before them (Intel optimization manual 3.4.2.2) --------------

enum { FUSE_NO, FUSE_CMP, FUSE_ADD, FUSE_TEST, FUSE_INC, FUSE_LOCK };

static const u8 fuse_class[A_END] = {
	[ACMPB] = FUSE_CMP, [ACMPL] = FUSE_CMP, [ACMPQ] = FUSE_CMP, [ACMPW] = FUSE_CMP,
	[AADDB] = FUSE_ADD, [AADDL] = FUSE_ADD, [AADDW] = FUSE_ADD, [AADDQ] = FUSE_ADD,
	[ASUBB] = FUSE_ADD, [ASUBL] = FUSE_ADD, [ASUBW] = FUSE_ADD, [ASUBQ] = FUSE_ADD,
	[ATESTB] = FUSE_TEST, [ATESTL] = FUSE_TEST, [ATESTQ] = FUSE_TEST, [ATESTW] = FUSE_TEST,
	[AANDB] = FUSE_TEST, [AANDL] = FUSE_TEST, [AANDQ] = FUSE_TEST, [AANDW] = FUSE_TEST,
	[AINCB] = FUSE_INC, [AINCL] = FUSE_INC, [AINCQ] = FUSE_INC, [AINCW] = FUSE_INC,
	[ADECB] = FUSE_INC, [ADECL] = FUSE_INC, [ADECQ] = FUSE_INC, [ADECW] = FUSE_INC,
	[ALOCK] = FUSE_LOCK, [AXRELEASE] = FUSE_LOCK, [AXACQUIRE] = FUSE_LOCK,
};

static bool is_marker(u16 op) { return op == OP_PCDATA || op == OP_FUNCDATA; }

// The instruction index of the conditional jump that instruction i fuses with, 0: none.
static u32 find_fusion(const Asm *s, u32 i)
{
	u32 n = s->ins.n;
	for (u32 lock = 0; lock < 2; lock++) { // prefixes are instructions of their own
		u16 op = s->ins.p[i].prog->op;
		if (lock == 0 ? op != AXRELEASE && op != AXACQUIRE : op != ALOCK)
			continue;
		do
			i++;
		while (i < n && is_marker(s->ins.p[i].prog->op));
		if (i == n)
			return 0;
	}
	const Prog *p = s->ins.p[i].prog;
	u8 class = fuse_class[p->op];
	if (class == FUSE_NO || class == FUSE_LOCK)
		return 0;
	if (class != FUSE_INC) {
		u8 one = p->to.type, two = p->from.type;
		if (class == FUSE_CMP)
			one = p->from.type, two = p->to.type;
		if (one == ADDR_REG ? two != ADDR_REG && two != ADDR_CONST && two != ADDR_MEM : one != ADDR_MEM || two != ADDR_REG)
			return 0;
	}
	do
		i++;
	while (i < n && (is_marker(s->ins.p[i].prog->op) || s->ins.p[i].prog->op == OP_NOP));
	if (i == n || s->ins.p[i].kind != JUMP_JCC)
		return 0;
	u16 j = s->ins.p[i].prog->op;
	if (class != FUSE_TEST) {
		if (j == AJOC || j == AJOS || j == AJMI || j == AJPL || j == AJPS || j == AJPC)
			return 0;
		if (class == FUSE_INC && (j == AJCS || j == AJCC || j == AJHI || j == AJLS))
			return 0;
	}
	return i;
}

static void make_events(Layout *l)
{
	Asm *s = l->s;
	u32 n = s->ins.n;
	u32 *event_of = NEWN(s->a, u32, n);
	for (u32 i = 0; i < n; i++)
		if (s->ins.p[i].kind) {
			u32 t = s->ins.p[i].prog->to.target->mark;
			if (t >= n || s->ins.p[t].prog != s->ins.p[i].prog->to.target)
				bug("%.*s: jump to an instruction outside the function", STR_ARG(s->f->sym->name));
			s->ins.p[t].flags |= INS_TARGET;
		}
	l->ev = NEWN(s->a, Event, n + 1);
	u32 end = 0;
	for (u32 i = 0; i < n; i++) {
		const Ins *x = &s->ins.p[i];
		u32 fuse = l->pad && fuse_class[x->prog->op] ? find_fusion(s, i) : 0;
		if (!fuse && !x->kind && !(x->flags & (INS_TARGET | INS_BYTE_AX)) && !(l->pad && x->flags & INS_IS_JUMP) &&
			x->prog->op != OP_PCALIGN && x->prog->op != OP_PCALIGNMAX)
			continue;
		event_of[i] = l->n;
		Event *e = &l->ev[l->n++];
		*e = (Event){.ins = i, .gap = x->off - end, .size = x->size, .kind = x->kind, .fuse = fuse};
		if (l->pad && x->flags & INS_IS_JUMP)
			e->flags |= EV_PAD;
		end = x->off + x->size;
	}
	l->ev[l->n] = (Event){.ins = n, .gap = s->ncode - end};
	for (u32 i = 0; i < l->n; i++) {
		Event *e = &l->ev[i];
		if (e->kind) {
			e->target = event_of[s->ins.p[e->ins].prog->to.target->mark];
			if (e->target <= i)
				e->flags |= EV_BACK;
		}
		if (e->fuse) {
			for (u32 k = e->ins; k < e->fuse; k++)
				e->fuse_size += s->ins.p[k].size;
			e->fuse = event_of[e->fuse];
		}
	}
}

// ---- placing --------------------------------------------------------------------------------------

static u8 jump_size(const Layout *l, const Event *e, bool is_long)
{
	switch (e->kind) {
	case JUMP_XBEGIN: return 6;
	case JUMP_LOOP: return l->s->ins.p[e->ins].flags & INS_PREFIXED ? 3 : 2;
	case JUMP_JCC: return is_long ? 6 : 2;
	default: return is_long ? 5 : 2;
	}
}

static u32 alignment(Asm *s, const Prog *p, u32 pc)
{
	i64 a = p->from.offset;
	if (a < 8 || a > 2048 || (a & (a - 1))) {
		amd64_error(s, p, "alignment value of an instruction must be a power of two and in the range [8, 2048], got %lld",
			(long long)a);
		return 0;
	}
	if (s->f->sym->align < (u32)a)
		s->f->sym->align = (u32)a;
	u32 n = (u32)(ALIGN_UP((i64)pc, a) - pc);
	if (p->op == OP_PCALIGN)
		return n;
	i64 max = p->to.offset;
	if (max < 0 || max >= a) {
		amd64_error(s, p, "PCALIGNMAX 'amount' %lld must be non-negative and smaller than the alignment %lld",
			(long long)max, (long long)a);
		return 0;
	}
	return n <= max ? n : 0;
}

static void loop_too_far(Layout *l, const Event *e)
{
	const Prog *p = l->s->ins.p[e->ins].prog;
	amd64_error(l->s, p, "loop too far: " STR_FMT, STR_ARG(amd64_prog(l->s, p)));
}

// One pass over the events. True: something grew, and another pass is needed.
static bool place(Layout *l, bool first)
{
	bool again = first && l->pad;
	u32 pc = 0;
	Event *ev = l->ev;
	for (u32 i = 0; i < l->n; i++) {
		Event *e = &ev[i];
		pc += e->gap;
		if (!first) { // in the first pass no size is known yet
			u32 n = e->fuse ? e->fuse_size + ev[e->fuse].size : e->flags & EV_PAD ? e->size : 0;
			if (n && (pc & (BOUNDARY - 1)) + n >= BOUNDARY)
				pc = ALIGN_UP(pc, BOUNDARY);
		}
		e->pc = pc;
		if (e->kind) {
			u8 size;
			if (e->flags & EV_BACK) {
				i64 v = (i64)ev[e->target].pc - (pc + 2);
				if (v < -128 && e->kind == JUMP_LOOP)
					loop_too_far(l, e);
				size = jump_size(l, e, v < -128);
			} else {
				size = jump_size(l, e, e->flags & EV_LONG);
			}
			if (size != e->size && l->pad)
				again = true;
			e->size = size;
		} else if (l->s->ins.p[e->ins].prog->op == OP_PCALIGN || l->s->ins.p[e->ins].prog->op == OP_PCALIGNMAX) {
			pc += alignment(l->s, l->s->ins.p[e->ins].prog, pc);
		}
		pc += e->size;
		e->end = pc;
	}
	l->s->f->sym->size = ev[l->n].pc = pc + ev[l->n].gap;
	for (u32 i = 0; i < l->n; i++) {
		Event *e = &ev[i];
		if (!e->kind || e->flags & (EV_BACK | EV_LONG) || e->kind == JUMP_XBEGIN)
			continue;
		if ((i64)ev[e->target].pc - (e->pc + e->size) > 127) {
			e->flags |= EV_LONG;
			again = true;
			if (e->kind == JUMP_LOOP)
				loop_too_far(l, e);
		}
	}
	return again;
}

// AX in a byte instruction means AL. The official assembler notices this while it encodes, so that from its second
// pass on ADDB $1, AX has the short form of AL, and not before (asm6.go, bytereg).
static void shorten_bytes(Layout *l)
{
	Asm *s = l->s;
	for (u32 i = 0; i < l->n; i++) {
		Ins *x = &s->ins.p[l->ev[i].ins];
		if (!(x->flags & INS_BYTE_AX))
			continue;
		Prog *p = x->prog;
		if (p->from.type == ADDR_REG && p->from.reg == REG_AX)
			p->from.reg = REG_AL;
		if (p->to.type == ADDR_REG && p->to.reg == REG_AX)
			p->to.reg = REG_AL;
		u8 bytes[40];
		amd64_encode(s, x, bytes); // has no field to relocate, and is not longer than before
		memcpy(s->code + x->off, bytes, x->size);
		l->ev[i].size = x->size;
	}
}

// Sizes that shorten_bytes changed count for fused jumps one pass later. True if there were any.
static bool fix_fusions(Layout *l)
{
	bool any = false;
	for (u32 i = 0; i < l->n; i++) {
		Event *e = &l->ev[i];
		if (!e->fuse)
			continue;
		u32 size = 0;
		for (u32 k = e->ins; k < l->ev[e->fuse].ins; k++)
			size += l->s->ins.p[k].size;
		any |= size != e->fuse_size;
		e->fuse_size = (u8)size;
	}
	return any;
}

// ---- writing --------------------------------------------------------------------------------------

static void put_jump(const Layout *l, const Event *e, u8 *b)
{
	const Ins *x = &l->s->ins.p[e->ins];
	i32 v = (i32)(l->ev[e->target].pc - (e->pc + e->size));
	if (x->kind == JUMP_LOOP || e->size == 2) {
		if (x->flags & INS_PREFIXED) {
			*b++ = 0x67;
			if (e->flags & EV_BACK)
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
			.off = s->ins.p[r->ins].prog->pc + r->off, .size = r->size, .type = r->type, .add = r->add, .sym = r->sym};
	}
}

// Padding belongs to the instruction before it: a Prog of its own, as far as pc tables go.
static void splice_padding(Asm *s, u32 i, u32 pc)
{
	Prog *prev = s->ins.p[i - 1].prog;
	if (prev->op == OP_PCALIGN)
		return;
	Prog *p = prog_new(s->a, OP_NOP);
	p->pos = prev->pos;
	p->inl = prev->inl;
	p->pc = pc;
	p->next = prev->next;
	prev->next = p;
}

static void write_code(Layout *l)
{
	Asm *s = l->s;
	LSym *sym = s->f->sym;
	u8 *code = obj_alloc(s->f->obj, sym->size + 1);
	u32 pc = 0, off = 0, i = 0; // written so far; read so far; next instruction
	for (u32 k = 0; k <= l->n; k++) {
		const Event *e = &l->ev[k];
		memcpy(code + pc, s->code + off, e->gap);
		for (; i < e->ins; i++)
			s->ins.p[i].prog->pc = pc + s->ins.p[i].off - off;
		pc += e->gap;
		off += e->gap;
		if (e->pc > pc) {
			fill_nops(code + pc, e->pc - pc);
			if (l->pad && i && k < l->n)
				splice_padding(s, i, pc);
			pc = e->pc;
		}
		if (k == l->n)
			break;
		const Ins *x = &s->ins.p[i];
		x->prog->pc = pc;
		i++;
		if (e->kind) {
			put_jump(l, e, code + pc);
		} else {
			memcpy(code + pc, s->code + off, e->size);
			off = i < s->ins.n ? s->ins.p[i].off : s->ncode;
		}
		pc += e->size;
		fill_nops(code + pc, e->end - pc);
		pc = e->end;
	}
	sym->data = code;
	sym->ndata = (u32)sym->size;
}

// Between the two instructions that read a thread-local name the thread may not change.
static void mark_tls(Asm *s)
{
	i64 now = -1;
	for (Prog *prev = s->text, *p = prev->next; p; prev = p, p = p->next) {
		if (p->op == OP_PCDATA && p->from.offset == 0)
			now = p->to.offset;
		if (now == -2 || p->from.index != REG_TLS)
			continue;
		Prog *q = prog_new(s->a, OP_PCDATA);
		q->pos = prev->pos;
		q->from.type = q->to.type = ADDR_CONST;
		q->to.offset = -2;
		q->pc = p->pc;
		q->next = p;
		prev->next = q;
		while (p->next && p->next->from.index == REG_TLS)
			p = p->next;
		if (!p->next)
			break;
		q = prog_new(s->a, OP_PCDATA);
		q->pos = p->pos;
		q->from.type = q->to.type = ADDR_CONST;
		q->to.offset = now;
		q->pc = p->next->pc;
		q->next = p->next;
		p->next = q;
		p = q;
	}
}

void amd64_layout(Asm *s)
{
	Layout l = {.s = s, .pad = s->f->from_compiler};
	make_events(&l);
	for (u32 n = 0;; n++) {
		bool again = place(&l, n == 0);
		if (n == 1 && l.pad && fix_fusions(&l))
			again = true;
		if (s->bad)
			return;
		if (!again)
			break;
		if (n > 1000)
			bug("%.*s: placing instructions does not end", STR_ARG(s->f->sym->name));
		if (n == 0)
			shorten_bytes(&l);
	}
	write_code(&l);
	write_relocs(s);
	if (s->tls)
		mark_tls(s);
	for (u32 i = 0; i < s->f->njump_tables; i++) {
		JumpTable *t = &s->f->jump_tables[i];
		for (u32 k = 0; k < t->n; k++)
			sym_addr(s->f->obj, t->sym, k * 8, s->f->sym, t->targets[k]->pc);
	}
}
