// errors.c: reports of the checker. An error has a position (the leftmost of what it is about), a code of
// internal/types/errors and one or more lines; follow-up errors about invalid operands are dropped, as
// types2/errors.go does, so that a mistake is reported once.
#include "types/check.h"

static bool is_follow_up(Str text)
{
	return str_find(text, "invalid operand") > 0 || str_find(text, "invalid type") > 0;
}

// gc tells with a version error where the version comes from (noder/irgen.go, conf.Error).
static Str explain_version(Checker *c, Pos pos, Str text)
{
	int i = str_find(text, "requires go1.");
	if (i < 0 || str_find(str_from(text, (u32)i), " or later") < 0)
		return text;
	for (u32 k = 0; k < c->pkg->nfiles; k++) {
		SyntaxFile *f = c->pkg->files[k];
		if (f->source && f->source->index == pos_file(pos) && f->go_version.n &&
			str_eq(f->go_version, str_fmt(c->a, "go1.%u", check_file_version(c, f)))) // not so where the file asks for less than may be
			return str_fmt(c->a, STR_FMT " (file declares //go:build " STR_FMT ")", STR_ARG(text),
				STR_ARG(f->go_version));
	}
	return str_fmt(c->a, STR_FMT " (-lang was set to " STR_FMT "; check go.mod)", STR_ARG(text),
		STR_ARG(c->cfg.go_version));
}

static Str with_url(Checker *c, Code code, Str text)
{
	static const struct { i32 number; const char *name; } codes[] = {
#define CODE(name, number) {number, #name},
#include "types/codes.def"
#undef CODE
	};
	int line = str_index(text, '\n');
	u32 end = line < 0 ? text.n : (u32)line;
	for (u32 i = 0; i < LENGTH(codes); i++)
		if (codes[i].number == (i32)code)
			return str_fmt(c->a, STR_FMT " [go.dev/e/%s]" STR_FMT, STR_ARG(str_sub(text, 0, end)), codes[i].name, STR_ARG(str_from(text, end)));
	return text;
}

static void report(Checker *c, Pos pos, Code code, bool soft, Str first, Str text)
{
	Str hint = c->hint;
	c->hint = (Str){0};
	if (c->nerrors > 0 && is_follow_up(first))
		return;
	if (c->env.errpos)
		pos = c->env.errpos;
	if (code == C_InvalidSyntaxTree)
		text = str_fmt(c->a, "invalid syntax tree: " STR_FMT, STR_ARG(text));
	c->nerrors++;
	c->pkg->failed = true;
	if (c->cfg.error_url)
		text = with_url(c, code, text);
	diag_add(c->d, (Diag){.pos = pos, .msg = explain_version(c, pos, text), .code = (u16)code, .hint = hint});
}

void check_error(Checker *c, Pos pos, Code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(c->a, fmt, ap);
	va_end(ap);
	report(c, pos, code, false, s, s);
}

void check_soft_error(Checker *c, Pos pos, Code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(c->a, fmt, ap);
	va_end(ap);
	report(c, pos, code, true, s, s);
}

void errmsg_add(ErrMsg *m, Pos pos, const char *fmt, ...)
{
	Arena *a = m->c->a;
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(a, fmt, ap);
	va_end(ap);
	if (m->n++ == 0) {
		m->pos = pos;
		m->first = s;
		m->text = s;
		return;
	}
	if (pos)
		s = str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(pos_fmt(a, pos)), STR_ARG(s));
	u32 n = m->text.n;
	if (n + s.n + 2 > m->cap) { // doubled: a cycle may have thousands of lines
		m->cap = (n + s.n + 2) * 2;
		char *p = arena_alloc(a, m->cap);
		memcpy(p, m->text.p, n);
		m->text.p = p;
	}
	char *end = (char *)m->text.p + n;
	memcpy(end, "\n\t", 2);
	memcpy(end + 2, s.p, s.n);
	m->text.n = n + 2 + s.n;
}

void errmsg_add_alt_decl(ErrMsg *m, Object *obj)
{
	if (obj->pos)
		errmsg_add(m, obj->pos, "other declaration of " STR_FMT, STR_ARG(name_str(obj->name)));
}

void errmsg_report(ErrMsg *m)
{
	if (m->n)
		report(m->c, m->pos, m->code, m->soft, m->first, m->text);
	m->n = 0;
}

Pos op_pos(const Operand *x)
{
	return x->expr ? expr_start(x->expr) : 0;
}

bool check_verify_version(Checker *c, Pos pos, u32 v, const char *fmt, ...)
{
	if (check_allow_version(c, v))
		return true;
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(c->a, fmt, ap);
	va_end(ap);
	check_error(c, pos, C_UnsupportedFeature, STR_FMT " requires go1.%u or later", STR_ARG(s), v);
	return false;
}
