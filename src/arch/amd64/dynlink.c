// dynlink.c: -dynlink: global data may live in another shared library, so it is reached through the global offset
// table, with R15 as the register between. Rules: cmd/internal/obj/x86/obj6.go, rewriteToUseGot and errorCheck.
#include "arch/amd64/internal.h"

static bool is_global(const Addr *a) { return a->name == NAME_EXTERN && a->sym && !a->sym->local; }
static const Addr *third(const Prog *p) { return p->nrest ? &p->rest[0] : NULL; }

static Prog *append(Asm *s, Prog *after, u16 op)
{
	Prog *p = prog_new(s->a, op);
	p->pos = after->pos;
	p->inl = after->inl;
	p->next = after->next;
	after->next = p;
	return p;
}

static Addr got(LSym *sym) { return (Addr){.type = ADDR_MEM, .name = NAME_GOTREF, .sym = sym}; }

// Through R15: MOVQ sym@GOT, R15; then p with (R15) for the symbol.
static void through_got(Asm *s, Prog *p, const Addr *source)
{
	if (source->type != ADDR_MEM)
		amd64_error(s, p, "don't know how to handle " STR_FMT " with -dynlink", STR_ARG(amd64_prog(s, p)));
	Prog *load = append(s, p, AMOVQ), *use = append(s, load, p->op);
	load->from = got(source->sym);
	load->to = (Addr){.type = ADDR_REG, .reg = REG_R15};
	use->from = p->from;
	use->to = p->to;
	use->rest = p->rest;
	use->nrest = p->nrest;
	use->suffix = p->suffix;
	Addr *a = p->from.name == NAME_EXTERN ? &use->from : p->to.name == NAME_EXTERN ? &use->to : &use->rest[0];
	a->reg = REG_R15;
	a->name = NAME_NONE;
	a->sym = NULL;
	p->op = OP_NOP;
	p->from = p->to = (Addr){0};
	p->nrest = 0;
}

void amd64_edit_dynlink(Asm *s, Prog *p)
{
	if (p->op == OP_DUFFCOPY || p->op == OP_DUFFZERO) {
		const char *name = p->op == OP_DUFFZERO ? "runtime.duffzero" : "runtime.duffcopy";
		i64 offset = p->to.offset;
		p->op = AMOVQ;
		p->from = got(obj_sym(s->f->obj, str(name), ABI_INTERNAL));
		p->to = (Addr){.type = ADDR_REG, .reg = REG_R15};
		Prog *q = append(s, p, ALEAQ);
		q->from = (Addr){.type = ADDR_MEM, .reg = REG_R15, .offset = offset};
		q->to = p->to;
		q = append(s, q, OP_CALL);
		q->to = p->to;
	}
	if (p->op == ALEAQ && p->from.type == ADDR_MEM && is_global(&p->from)) {
		p->op = AMOVQ;
		p->from.type = ADDR_ADDR;
	}
	if (p->from.type == ADDR_ADDR && is_global(&p->from)) { // the address itself is in the table
		if (p->to.type != ADDR_REG || p->op != AMOVQ) {
			amd64_error(s, p, "do not know how to handle LEA-type insn to non-register in " STR_FMT " with -dynlink",
				STR_ARG(amd64_prog(s, p)));
			return;
		}
		i64 offset = p->from.offset;
		p->from = got(p->from.sym);
		if (offset) {
			Prog *q = append(s, p, ALEAQ);
			q->from = (Addr){.type = ADDR_MEM, .reg = p->to.reg, .offset = offset};
			q->to = p->to;
		}
	}
	for (u32 i = 1; i < p->nrest; i++)
		if (is_global(&p->rest[i]))
			amd64_error(s, p, "don't know how to handle " STR_FMT " with -dynlink", STR_ARG(amd64_prog(s, p)));
	bool from = is_global(&p->from), to = is_global(&p->to), mid = third(p) && is_global(third(p));
	if (!from && !to && !mid)
		return;
	if (from && to)
		amd64_error(s, p, "cannot handle NAME_EXTERN on both sides in " STR_FMT " with -dynlink", STR_ARG(amd64_prog(s, p)));
	if (mid && (from || to))
		amd64_error(s, p, "cannot handle NAME_EXTERN on multiple operands in " STR_FMT " with -dynlink",
			STR_ARG(amd64_prog(s, p)));
	switch (p->op) {
	case OP_CALL: case OP_TEXT: case OP_FUNCDATA: case OP_RET: case OP_JMP:
		return;
	}
	through_got(s, p, from ? &p->from : to ? &p->to : third(p));
}

// ---- R15 after an access to a global is junk ---------------------------------------------------------

enum { READ_FROM = 1, READ_TO = 2, READ_MID = 4, WRITE_TO = 8, WRITE_MID = 16 };

static bool is_r15(u16 r) { return r == REG_R15 || r == REG_R15B; }
static bool reg_is_r15(const Addr *a) { return a->type == ADDR_REG && is_r15(a->reg); }
static bool mem_is_r15(const Addr *a) { return a->type == ADDR_MEM && (is_r15(a->reg) || is_r15(a->index)); }

// What an instruction reads and writes, as far as R15 matters.
static u32 effects(const Prog *p)
{
	u32 m = (p->from.type ? READ_FROM : 0) | (p->to.type ? READ_TO | WRITE_TO : 0) | (p->nrest ? READ_MID : 0);
	const char *name = arch_amd64.op_name(p->op);
	if (strncmp(name, "MOV", 3) == 0 || strncmp(name, "PMOV", 4) == 0)
		m &= ~(u32)READ_TO;
	switch (p->op) {
	case APOPW: case APOPL: case APOPQ: case ALEAL: case ALEAQ: case AIMUL3W: case AIMUL3L: case AIMUL3Q: case APEXTRB:
	case APEXTRW: case APEXTRD: case APEXTRQ: case AVPEXTRB: case AVPEXTRW: case AVPEXTRD: case AVPEXTRQ:
	case AEXTRACTPS: case ABSFW: case ABSFL: case ABSFQ: case ABSRW: case ABSRL: case ABSRQ: case APOPCNTW:
	case APOPCNTL: case APOPCNTQ: case ALZCNTW: case ALZCNTL: case ALZCNTQ: case ASHLXL: case ASHLXQ: case ASHRXL:
	case ASHRXQ: case ASARXL: case ASARXQ:
		m &= ~(u32)READ_TO;
		break;
	case AXORL: case AXORQ:
		if (p->from.type == ADDR_REG && p->to.type == ADDR_REG && p->from.reg == p->to.reg)
			m &= ~(u32)(READ_FROM | READ_TO);
		break;
	case AMULXL: case AMULXQ:
		m = (m & ~(u32)(READ_TO | READ_MID)) | WRITE_MID;
		break;
	}
	return m;
}

static bool reads_r15(const Prog *p)
{
	u32 m = effects(p);
	const Addr *t = third(p);
	return (m & READ_FROM && reg_is_r15(&p->from)) || (m & READ_TO && reg_is_r15(&p->to)) ||
		(m & READ_MID && reg_is_r15(t)) || mem_is_r15(&p->from) || mem_is_r15(&p->to) || (t && mem_is_r15(t));
}

static bool writes_r15(const Prog *p)
{
	u32 m = effects(p);
	return (m & WRITE_TO && reg_is_r15(&p->to)) || (m & WRITE_MID && reg_is_r15(third(p)));
}

static bool uses_global(const Prog *p)
{
	switch (p->op) {
	case OP_CALL: case OP_TEXT: case OP_FUNCDATA: case OP_RET: case OP_JMP: case ALEAQ:
		return false;
	}
	return is_global(&p->from) || is_global(&p->to) || (p->nrest && is_global(&p->rest[0]));
}

static bool mentions(const Addr *a) { return is_r15(a->reg) || is_r15(a->index); }

// Reports a use of R15 where a global was accessed before it on some path. Before any rewriting.
void amd64_check_dynlink(Asm *s)
{
	VEC(Prog *) work = {0};
	bool any = false;
	for (Prog *p = s->text; p; p = p->next) {
		p->mark = 0;
		if (uses_global(p)) {
			vec_push(s->a, &work, p);
			p->mark = 1;
		}
		any |= mentions(&p->from) || mentions(&p->to) || (p->nrest && mentions(&p->rest[0]));
	}
	while (any && work.n) {
		Prog *p = vec_pop(&work);
		if (reads_r15(p)) {
			Str file;
			u32 line, col;
			pos_resolve(p->pos, &file, &line, &col);
			file = path_base(file);
			amd64_error(s, p, STR_FMT ":%u: when dynamic linking, R15 is clobbered by a global variable access and is used here: "
				STR_FMT, STR_ARG(file), line, STR_ARG(amd64_prog(s, p)));
			return; // one a function
		}
		if (writes_r15(p))
			continue;
		Prog *next[2] = {p->to.target, p->op == OP_JMP || p->op == OP_RET ? NULL : p->next};
		for (u32 i = 0; i < 2; i++)
			if (next[i] && !next[i]->mark) {
				next[i]->mark = 1;
				vec_push(s->a, &work, next[i]);
			}
	}
}
