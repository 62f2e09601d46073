// assemble.c: a function's Progs -> the bytes, relocations and tables of its symbol. All scratch memory is from the
// function's arena. The list is walked four times: edit, edit_body with encode, write_code, tables.
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

static void encode_one(Asm *s, Prog *p)
{
	if (s->ncode + 40 > s->code_cap) {
		s->code = arena_grow(s->a, s->code, s->code_cap, s->code_cap * 2);
		s->code_cap *= 2;
	}
	if (s->ins.n == s->ins.cap)
		bug("%.*s: more instructions than counted", STR_ARG(s->f->sym->name));
	Ins *x = &s->ins.p[s->ins.n];
	p->mark = s->cur = s->ins.n++;
	x->prog = p;
	x->off = s->ncode;
	amd64_encode(s, x, s->code + s->ncode);
	s->ncode += x->size;
}

static void encode_all(Asm *s)
{
	u32 n = s->nprogs + s->nrets * 2 + 32 + s->f->nspills * 2; // epilogues, prologue and the call of morestack
	s->ins.p = NEWN(s->a, Ins, n);
	s->ins.cap = n;
	s->code_cap = n * 6 + 64;
	s->code = arena_raw(s->a, s->code_cap);
	for (Prog *p = s->text; p; p = p->next) {
		Prog *end = s->text->next ? amd64_edit_body(s, p) : p;
		for (; p != end; p = p->next)
			encode_one(s, p);
		encode_one(s, p);
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
	amd64_edit(&s);
	if (!s.bad)
		encode_all(&s);
	if (!s.bad)
		amd64_layout(&s);
	if (!s.bad)
		amd64_tables(&s);
	return !s.bad;
}
