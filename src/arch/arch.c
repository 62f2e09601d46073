// arch.c: what does not depend on the processor: making Progs, and writing them as Plan 9 assembly.
#include "arch/arch.h"

#include <math.h>

const Arch *arch_find(Str goarch)
{
	return str_is(goarch, arch_amd64.name) ? &arch_amd64 : NULL;
}

Prog *prog_new(Arena *a, u16 op)
{
	Prog *p = NEW(a, Prog);
	p->op = op;
	return p;
}

static void put_name(Buf *b, const Arch *arch, const Addr *a)
{
	static const char *const pseudo[] = {
		[NAME_EXTERN] = "SB", [NAME_STATIC] = "SB", [NAME_AUTO] = "SP", [NAME_PARAM] = "FP", [NAME_GOTREF] = "SB"};
	if (a->name == NAME_NONE) {
		if (!a->reg || a->offset)
			buf_printf(b, "%lld", (long long)a->offset);
		if (a->reg)
			buf_printf(b, "(%s)", arch->reg_name(a->reg));
		return;
	}
	if (a->sym)
		buf_str(b, a->sym->name);
	if (a->name == NAME_STATIC)
		buf_c(b, "<>");
	if (a->offset)
		buf_printf(b, "%+lld", (long long)a->offset);
	buf_printf(b, "%s(%s)", a->name == NAME_GOTREF ? "@GOT" : "", a->reg ? arch->reg_name(a->reg) : pseudo[a->name]);
}

static void put_addr(Buf *b, const Arch *arch, const Addr *a)
{
	switch (a->type) {
	case ADDR_NONE:
		break;
	case ADDR_REG:
		buf_c(b, arch->reg_name(a->reg));
		break;
	case ADDR_BRANCH:
		if (a->sym)
			buf_printf(b, STR_FMT "(SB)", STR_ARG(a->sym->name));
		else if (a->target)
			buf_printf(b, "%u", a->target->pc);
		else
			buf_printf(b, "%lld(PC)", (long long)a->offset);
		break;
	case ADDR_INDIR:
		buf_c(b, "*");
		put_name(b, arch, a);
		break;
	case ADDR_MEM:
		put_name(b, arch, a);
		if (a->index)
			buf_printf(b, "(%s*%d)", arch->reg_name(a->index), a->scale);
		break;
	case ADDR_CONST:
	case ADDR_ADDR:
		buf_c(b, "$");
		put_name(b, arch, a);
		break;
	case ADDR_FCONST: {
		char t[40];
		snprintf(t, sizeof t, "%.17g", a->fval);
		buf_printf(b, "$(%s%s)", t, strpbrk(t, ".e") || !isfinite(a->fval) ? "" : ".0");
		break;
	}
	case ADDR_SCONST:
		buf_printf(b, "$\"" STR_FMT "\"", STR_ARG(a->sval));
		break;
	case ADDR_TEXTSIZE:
		buf_printf(b, "$%lld", (long long)a->offset);
		if (a->args != INT32_MIN)
			buf_printf(b, "-%d", a->args);
		break;
	case ADDR_REGREG:
		buf_printf(b, "(%s, %s)", arch->reg_name(a->reg), arch->reg_name(a->index));
		break;
	case ADDR_REGLIST:
		buf_printf(b, "[%s-%s]", arch->reg_name(a->reg), arch->reg_name(a->index));
		break;
	default:
		buf_printf(b, "type=%d", a->type);
	}
}

Str addr_fmt(Arena *a, const Arch *arch, const Addr *x)
{
	Buf b = {0};
	put_addr(&b, arch, x);
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

Str prog_fmt(Arena *a, const Arch *arch, const Prog *p)
{
	Buf b = {0};
	buf_c(&b, arch->op_name(p->op));
	if (p->suffix)
		buf_str(&b, arch->suffix_fmt(a, p->suffix));
	const char *sep = "\t";
	const Addr *list[2] = {&p->from, &p->to};
	for (u32 i = 0; i < (u32)p->nrest + 2; i++) {
		const Addr *x = i == 0 ? list[0] : i <= p->nrest ? &p->rest[i - 1] : list[1];
		if (x->type == ADDR_NONE)
			continue;
		buf_c(&b, sep);
		put_addr(&b, arch, x);
		sep = ", ";
	}
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}
