// edit.c: the Progs as written -> the Progs to be encoded. Replaces what the processor does not have (thread
// local names, float constants, addresses as constants), inserts stack check, prologue and epilogues, and
// makes NAME_AUTO and NAME_PARAM offsets relative to SP. Rules: cmd/internal/obj/x86/obj6.go.
#include "arch/amd64/internal.h"

enum { STACK_SMALL = 128, STACK_BIG = 4096 }; // internal/abi/stack.go
enum { PCDATA_UNSAFE_POINT = 0, PCDATA_STACK_MAP = 1 }; // internal/abi/symtab.go
enum { UNSAFE_POINT_UNSAFE = -2 };
enum { G_STACKGUARD0 = 16, G_STACKGUARD1 = 24 };

static Prog *append(Asm *s, Prog *after, u16 op)
{
	Prog *p = prog_new(s->a, op);
	p->pos = after->pos;
	p->inl = after->inl;
	p->next = after->next;
	after->next = p;
	return p;
}

static Addr reg(u16 r) { return (Addr){.type = ADDR_REG, .reg = r}; }
static Addr mem(u16 r, i64 off) { return (Addr){.type = ADDR_MEM, .reg = r, .offset = off}; }
static Addr constant(i64 v) { return (Addr){.type = ADDR_CONST, .offset = v}; }

static Prog *append_pcdata(Asm *s, Prog *after, i64 table, i64 value)
{
	Prog *p = append(s, after, OP_PCDATA);
	p->from = constant(table);
	p->to = constant(value);
	return p;
}

// ---- rewriting single instructions ----------------------------------------------------------------

static void edit_tls(Asm *s, Prog *p)
{
	if (s->f->shared) { // off(TLS) is MOVQ TLS, r; off(r)(TLS*1)
		if ((p->op == AMOVQ || p->op == AMOVL) && p->from.type == ADDR_MEM && p->from.reg == REG_TLS &&
			p->to.type == ADDR_REG && REG_IS_INT(p->to.reg)) {
			Prog *q = append(s, p, p->op);
			q->from = p->from;
			q->from.reg = p->to.reg;
			q->from.index = REG_TLS;
			q->from.scale = 2;
			q->to = p->to;
			p->from = reg(REG_TLS);
			s->tls = true;
		}
		s->tls |= p->from.index == REG_TLS;
		return;
	}
	if ((p->op == AMOVQ || p->op == AMOVL) && p->from.type == ADDR_REG && p->from.reg == REG_TLS &&
		p->to.type == ADDR_REG && REG_IS_INT(p->to.reg)) {
		p->op = OP_NOP; // MOVQ TLS, r; off(r)(TLS*1) is off(TLS) on its own
		p->from = p->to = (Addr){0};
		return;
	}
	Addr *list[2] = {&p->from, &p->to};
	for (u32 i = 0; i < 2; i++)
		if (list[i]->type == ADDR_MEM && list[i]->index == REG_TLS && REG_IS_INT(list[i]->reg)) {
			list[i]->reg = REG_TLS;
			list[i]->index = 0;
			list[i]->scale = 0;
		}
}

// A float constant lives in memory, under a name made of its bits; +0 is a cleared register.
static void edit_float(Asm *s, Prog *p, bool single)
{
	u64 bits;
	memcpy(&bits, &p->from.fval, 8);
	bool move = p->op == AMOVSS || p->op == AVMOVSS || p->op == AMOVSD || p->op == AVMOVSD;
	if (move && bits == 0 && p->to.type == ADDR_REG && p->to.reg >= REG_X0 && p->to.reg <= REG_X15) {
		p->op = AXORPS;
		p->from = p->to;
		return;
	}
	u32 n = 8;
	if (single) {
		float f = (float)p->from.fval;
		memcpy(&bits, &f, 4);
		n = 4;
	}
	p->from = (Addr){.type = ADDR_MEM, .name = NAME_EXTERN, .sym = obj_const(s->f->obj, &bits, n, n)};
}

static void edit_prog(Asm *s, Prog *p)
{
	if (p->from.index == REG_TLS || p->to.index == REG_TLS || p->from.reg == REG_TLS)
		edit_tls(s, p);
	switch (p->op) {
	case ACMPPD: case ACMPPS: case ACMPSD: case ACMPSS: // the last operand may be written without $
		if (p->to.type == ADDR_MEM && p->to.name == NAME_NONE && !p->to.reg && !p->to.index && !p->to.sym)
			p->to.type = ADDR_CONST;
		break;
	case OP_CALL: case OP_JMP: case OP_RET:
		if (p->to.type == ADDR_MEM && (p->to.name == NAME_EXTERN || p->to.name == NAME_STATIC) && p->to.sym)
			p->to.type = ADDR_BRANCH;
		break;
	case OP_DUFFZERO: case OP_DUFFCOPY:
		p->to.name = NAME_NONE;
		break;
	case AMOVL: case AMOVQ:
		if (p->from.type == ADDR_ADDR) {
			p->op = p->op == AMOVL ? ALEAL : ALEAQ;
			p->from.type = ADDR_MEM;
		}
		break;
	}
	switch (p->from.type == ADDR_FCONST ? p->op : OP_XXX) {
	case AMOVSS: case AVMOVSS: case AFMOVF: case AFADDF: case AFSUBF: case AFSUBRF: case AFMULF: case AFDIVF:
	case AFDIVRF: case AFCOMF: case AFCOMFP: case AADDSS: case ASUBSS: case AMULSS: case ADIVSS: case ACOMISS:
	case AUCOMISS:
		edit_float(s, p, true);
		break;
	case AMOVSD: case AVMOVSD: case AFMOVD: case AFADDD: case AFSUBD: case AFSUBRD: case AFMULD: case AFDIVD:
	case AFDIVRD: case AFCOMD: case AFCOMDP: case AADDSD: case ASUBSD: case AMULSD: case ADIVSD: case ACOMISD:
	case AUCOMISD:
		edit_float(s, p, false);
		break;
	}
	if (s->f->dynlink)
		amd64_edit_dynlink(s, p);
}

// A jump to a jump goes where that goes; a circle of jumps gives NULL (a jump to itself).
static Prog *jump_end(Prog *t)
{
	for (u32 n = 0; t && n < 5000; n++) {
		if (t->op != OP_JMP || !t->to.target)
			return t;
		t = t->to.target;
	}
	return NULL;
}

// ---- prologue -------------------------------------------------------------------------------------

// Calls that take no arguments and use little stack do not make a function need a stack check (obj6.go).
static bool is_small_call(const LSym *sym)
{
	static const char *const names[] = {"runtime.panicdivide", "runtime.panicwrap", "runtime.panicshift",
		"runtime.panicBounds", "runtime.panicExtend"};
	if (!sym || !str_has_prefix(sym->name, "runtime.panic"))
		return false;
	for (u32 i = 0; i < LENGTH(names); i++)
		if (str_is(sym->name, names[i]))
			return true;
	return false;
}

static bool is_small_leaf(const Asm *s)
{
	return s->frame < STACK_SMALL && !s->big_calls && !(s->calls && s->frame >= STACK_SMALL - 8);
}

static Prog *compare_guard(Asm *s, Prog *p, u16 sp, u16 g)
{
	p = append(s, p, ACMPQ);
	p->from = reg(sp);
	p->to = mem(g, s->f->sym->cfunc ? G_STACKGUARD1 : G_STACKGUARD0);
	return p;
}

// A place in the argument area as SP stands at the entry, where only the return address is below it.
static Addr at_entry(Addr a)
{
	return (Addr){.type = ADDR_MEM, .reg = REG_SP, .offset = a.offset + 8};
}

// Appends to p the comparison of SP with the stack guard, and to the end of the function the call of morestack.
// The comparison and the call must not be preempted: they would grow the stack twice.
static Prog *insert_stack_check(Asm *s, Prog *p)
{
	LSym *sym = s->f->sym;
	Prog *before = p;
	u16 g = REG_G;
	if (sym->abi != ABI_INTERNAL) {
		p = append(s, p, AMOVQ);
		p->from = mem(REG_TLS, 0);
		p->to = reg(g);
		edit_tls(s, p);
		if (s->f->shared)
			p = p->next;
	}
	Prog *wrapped = NULL;
	if (s->frame <= STACK_SMALL) {
		p = compare_guard(s, p, REG_SP, g);
		p = append_pcdata(s, p, PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE);
	} else if (s->frame <= STACK_BIG) {
		p = append(s, p, ALEAQ);
		p->from = mem(REG_SP, -((i64)s->frame - STACK_SMALL));
		p->to = reg(REG_ENTRY_TMP0);
		p = compare_guard(s, p, REG_ENTRY_TMP0, g);
		p = append_pcdata(s, p, PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE);
	} else { // SP - frame may wrap
		p = append(s, p, AMOVQ);
		p->from = reg(REG_SP);
		p->to = reg(REG_ENTRY_TMP0);
		p = append_pcdata(s, p, PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE);
		p = append(s, p, ASUBQ);
		p->from = constant((i64)s->frame - STACK_SMALL);
		p->to = reg(REG_ENTRY_TMP0);
		p = append(s, p, AJCS);
		wrapped = p;
		p = compare_guard(s, p, REG_ENTRY_TMP0, g);
	}
	Prog *jls = append(s, p, AJLS);
	Prog *end = append_pcdata(s, jls, PCDATA_UNSAFE_POINT, -1);

	Prog *q = append(s, s->last, OP_NOP);
	q->spadj = -s->frame; // here SP is as at entry
	q = append_pcdata(s, q, PCDATA_STACK_MAP, -1);
	q->pos = s->text->pos;
	q->inl = 0;
	Prog *spill = q = append_pcdata(s, q, PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE);
	for (u32 i = 0; i < s->f->nspills; i++) {
		RegSpill *r = &s->f->spills[i];
		q = append(s, q, r->store);
		q->from = reg(r->reg);
		q->to = at_entry(r->addr);
	}
	q = append(s, q, OP_CALL);
	q->to = (Addr){.type = ADDR_BRANCH, .name = NAME_EXTERN};
	q->to.sym = obj_sym(s->f->obj, sym->cfunc ? S("runtime.morestackc")
		: sym->needctxt ? S("runtime.morestack") : S("runtime.morestack_noctxt"), ABI0);
	q = append_pcdata(s, q, PCDATA_UNSAFE_POINT, -1);
	for (u32 i = 0; i < s->f->nspills; i++) {
		RegSpill *r = &s->f->spills[i];
		q = append(s, q, r->load);
		q->from = at_entry(r->addr);
		q->to = reg(r->reg);
	}
	q = append(s, q, OP_JMP);
	q->to = (Addr){.type = ADDR_BRANCH, .target = before->next};
	q->spadj = s->frame;
	jls->to = (Addr){.type = ADDR_BRANCH, .target = spill};
	if (wrapped)
		wrapped->to = jls->to;
	return end;
}

static void insert_prologue(Asm *s)
{
	AsmFunc *f = s->f;
	i64 locals = f->frame;
	s->frame = (i32)MAX(locals, 0);
	if (!f->sym->noframe && !(s->frame == 0 && !s->calls)) {
		s->bp_size = 8;
		s->frame += 8;
		locals += 8;
	} else {
		f->sym->noframe = 1;
	}
	f->info->args = (u32)(i32)f->args;
	f->info->locals = (u32)(i32)locals;
	if (!f->sym->nosplit && is_small_leaf(s))
		f->sym->nosplit = 1;
	Prog *p = s->text;
	if (!f->sym->nosplit)
		p = insert_stack_check(s, p);
	if (s->bp_size) {
		p = append(s, p, APUSHQ);
		p->from = reg(REG_BP);
		p = append(s, p, AMOVQ);
		p->from = reg(REG_SP);
		p->to = reg(REG_BP);
	}
	if (s->frame % 8)
		amd64_error(s, s->text, "unaligned stack size %d", s->frame);
	if (s->frame - s->bp_size) {
		p = append(s, p, AADJSP);
		p->from = constant(s->frame - s->bp_size);
	}
	if (s->frame)
		s->prologue_last = p;
}

// ---- the body -------------------------------------------------------------------------------------

static void fix_offset(Asm *s, Addr *a, i32 delta)
{
	if (a->name == NAME_AUTO)
		a->offset += delta - s->bp_size;
	else if (a->name == NAME_PARAM)
		a->offset += delta + 8;
}

static void adjust(Prog *p, i32 by, i32 *delta)
{
	p->spadj = by;
	*delta += by;
}

// ADJSP becomes SUBQ or ADDQ with a positive constant; $-128 is shorter than $128.
static void make_adjsp(Prog *p)
{
	i64 v = p->from.offset;
	p->to = reg(REG_SP);
	if (v == 0) {
		p->op = OP_NOP;
	} else if (v == 128 || (v < 0 && v != -128)) {
		p->op = AADDQ;
		p->from.offset = -v;
	} else {
		p->op = ASUBQ;
	}
}

static Prog *insert_epilogue(Asm *s, Prog *p)
{
	i32 locals = s->frame - s->bp_size;
	Addr to = p->to, from = p->from;
	p->to = (Addr){0};
	if (locals) {
		p->op = AADJSP;
		p->from = constant(-locals);
		p->spadj = -locals;
		make_adjsp(p);
		p = append(s, p, OP_RET);
	}
	if (s->bp_size) {
		p->op = APOPQ;
		p->from = (Addr){0};
		p->to = reg(REG_BP);
		p->spadj = -8;
		p = append(s, p, OP_RET);
	}
	p->op = OP_RET;
	p->from = locals || s->bp_size ? (Addr){0} : from;
	p->to = to;
	p->spadj = s->frame; // what follows came by a jump, with the frame in place
	return p;
}

// -spectre=ret: what a register points to is jumped to by a return.
static void edit_retpoline(Asm *s, Prog *p)
{
	if ((p->op != OP_CALL && p->op != OP_JMP) || (p->to.type != ADDR_REG && p->to.type != ADDR_MEM))
		return;
	if (p->to.type != ADDR_REG) {
		amd64_error(s, p, "non-retpoline-compatible: " STR_FMT, STR_ARG(amd64_prog(s, p)));
		return;
	}
	LSym *sym = obj_symf(s->f->obj, ABI0, "runtime.retpoline%s", arch_amd64.reg_name(p->to.reg));
	p->to = (Addr){.type = ADDR_BRANCH, .name = NAME_EXTERN, .sym = sym};
}

static void self_jump(Prog *p)
{
	if (p->to.type == ADDR_BRANCH && !p->to.target && !p->to.sym)
		p->to.target = p;
}

// What a return becomes. The Progs from p to the one returned replace it; their offsets need no adjustment.
Prog *amd64_edit_body(Asm *s, Prog *p)
{
	i32 *delta = &s->delta;
	if (p->from.name >= NAME_AUTO)
		fix_offset(s, &p->from, *delta);
	if (p->nrest)
		fix_offset(s, &p->rest[0], *delta);
	if (p->to.name >= NAME_AUTO)
		fix_offset(s, &p->to, *delta);
	switch (p->op) {
	case OP_NOP: case OP_JMP: *delta += p->spadj; break; // around the call of morestack, which is made at entry's SP
	case APUSHL: case APUSHFL: adjust(p, 4, delta); break;
	case APUSHQ: case APUSHFQ: adjust(p, 8, delta); break;
	case APUSHW: case APUSHFW: adjust(p, 2, delta); break;
	case APOPL: case APOPFL: adjust(p, -4, delta); break;
	case APOPQ: case APOPFQ: adjust(p, -8, delta); break;
	case APOPW: case APOPFW: adjust(p, -2, delta); break;
	case AADJSP:
		adjust(p, (i32)p->from.offset, delta);
		make_adjsp(p);
		break;
	case OP_RET:
		if (*delta != s->frame)
			amd64_error(s, p, STR_FMT ": unbalanced PUSH/POP", STR_ARG(s->f->sym->name));
		if (s->frame)
			p = insert_epilogue(s, p);
		if (p->to.sym || p->to.type == ADDR_REG) // a tail call
			p->op = OP_JMP;
		break;
	default:
		if (p->to.type == ADDR_REG && p->to.reg == REG_SP && p->op != ACMPL && p->op != ACMPQ) {
			if (s->f->from_compiler)
				amd64_error(s, p, "compiled code writes SP: " STR_FMT, STR_ARG(amd64_prog(s, p)));
			s->f->info->func_flag |= 2; // SPWrite
		}
	}
	if (s->f->retpoline)
		edit_retpoline(s, p);
	self_jump(p);
	return p;
}

void amd64_edit(Asm *s)
{
	if (s->f->dynlink)
		amd64_check_dynlink(s);
	for (Prog *p = s->text; p; p = p->next) {
		edit_prog(s, p);
		if (p->to.target && s->f->from_compiler)
			p->to.target = jump_end(p->to.target);
		if (p->op == OP_CALL) {
			s->calls = true;
			s->big_calls |= !is_small_call(p->to.sym);
		} else if (p->op == OP_DUFFCOPY || p->op == OP_DUFFZERO) {
			s->calls = true;
		} else if (p->op == OP_RET) {
			s->nrets++;
		}
		s->nprogs++;
		s->last = p;
	}
	if (s->text->next)
		insert_prologue(s);
}
