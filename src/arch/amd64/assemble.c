// assemble.c: a function's Progs -> the bytes, relocations and tables of its symbol. The four steps, in order;
// all scratch memory is from the function's arena.
#include "arch/amd64/internal.h"

Str amd64_prog(Asm *s, const Prog *p)
{
	return prog_fmt(s->a, &arch_amd64, p);
}

void amd64_error(Asm *s, const Prog *p, const char *fmt, ...)
{
	s->bad = true;
	va_list ap;
	va_start(ap, fmt);
	Str msg = str_vfmt(s->a, fmt, ap);
	va_end(ap);
	Pos pos = p->pos;
	for (const Prog *q = s->text; q && !pos; q = q->next)
		pos = q->pos; // nearly always the function's own
	diag_add(s->f->diags, (Diag){.pos = pos, .msg = msg});
}

void amd64_encode_at(Asm *s, u32 i)
{
	if (s->ncode + 40 > s->code_cap) {
		s->code = arena_grow(s->a, s->code, s->code_cap, s->code_cap * 2);
		s->code_cap *= 2;
	}
	Ins *x = &s->ins.p[i];
	x->off = s->ncode;
	s->cur = i;
	amd64_encode(s, x, s->code + s->ncode);
	s->ncode += x->size;
}

static void encode_all(Asm *s)
{
	u32 n = 0;
	for (Prog *p = s->text; p; p = p->next)
		p->mark = n++;
	s->ins.p = NEWN(s->a, Ins, n + 1);
	s->ins.n = s->ins.cap = n;
	s->code_cap = n * 6 + 64;
	s->code = arena_alloc(s->a, s->code_cap);
	u32 i = 0;
	for (Prog *p = s->text; p; p = p->next, i++) {
		s->ins.p[i].prog = p;
		amd64_encode_at(s, i);
	}
}

bool amd64_assemble(AsmFunc *f)
{
	Asm s = {.f = f, .a = f->arena, .text = f->first};
	if (!s.text || s.text->op != OP_TEXT) {
		s.text = prog_new(s.a, OP_TEXT);
		s.text->next = f->first;
		if (f->first)
			s.text->pos = f->first->pos;
	}
	if (!amd64_edit(&s))
		return false;
	encode_all(&s);
	if (s.bad)
		return false;
	amd64_layout(&s);
	if (s.bad)
		return false;
	amd64_tables(&s);
	return !s.bad;
}
