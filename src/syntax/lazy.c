// lazy.c: bodies of functions that may never be needed. They are passed over byte by byte, without making tokens, and
// parsed when somebody asks for them. A body in which something counts for the file around it (a directive in a
// comment, a local type, which has a number) is parsed at once.
#include "syntax/parse.h"

#include <stdlib.h>

struct UnreadBody { const char *at, *line_start; u32 line; }; // of its "{"

// Where a quoted literal that begins at q ends; NULL if it does not in this line.
static const char *quoted(const char *q, char quote)
{
	for (q++; *q != quote; q++) {
		if (*q == '\\')
			q++;
		if (*q == '\n' || !*q)
			return NULL;
	}
	return q + 1;
}

static bool is_directive(const char *comment)
{
	return strncmp(comment, "go:", 3) == 0 || strncmp(comment, "line ", 5) == 0;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c & 0x80;
}

// The keyword of a declaration; x.(type) is none.
static bool is_type_decl(const char *q)
{
	return q[1] == 'y' && q[2] == 'p' && q[3] == 'e' && !is_word(q[4]) && !is_word(q[-1]) && q[-1] != '(';
}

FuncBody *lazy_body(Parser *p)
{
	static const u8 stop[256] = {[0] = 1, ['\n'] = 1, ['{'] = 1, ['}'] = 1, ['"'] = 1, ['`'] = 1, ['\''] = 1, ['/'] = 1, ['t'] = 1};
	if (p->nbad)
		return NULL;
	const char *q = p->start + 1, *line_start = p->line_start;
	u32 line = p->line, depth = 1;
	for (;; q++) {
		while (!stop[(u8)*q])
			q++;
		switch (*q) {
		case 0:
			return NULL;
		case '\n':
			line++;
			line_start = q + 1;
			break;
		case '{':
			depth++;
			break;
		case '}':
			if (--depth == 0)
				goto end;
			break;
		case '"': case '\'':
			q = quoted(q, *q);
			if (!q)
				return NULL;
			q--;
			break;
		case '`':
			for (q++; *q != '`'; q++) {
				if (!*q)
					return NULL;
				if (*q == '\n') {
					line++;
					line_start = q + 1;
				}
			}
			break;
		case '/':
			if (q[1] == '/') {
				if (is_directive(q + 2))
					return NULL;
				q = memchr(q, '\n', (size_t)(p->end - q));
				if (!q)
					return NULL;
				q--;
			} else if (q[1] == '*') {
				if (is_directive(q + 2))
					return NULL;
				for (q += 2; q[0] != '*' || q[1] != '/'; q++) {
					if (!*q)
						return NULL;
					if (*q == '\n') {
						line++;
						line_start = q + 1;
					}
				}
				q++;
			}
			break;
		case 't':
			if (is_type_decl(q))
				return NULL;
			break;
		}
	}
end:;
	FuncBody *f = NEW(p->a, FuncBody);
	f->unread = NEW(p->a, struct UnreadBody);
	*f->unread = (struct UnreadBody){p->start, p->line_start, p->line};
	f->block = NEW(p->a, Block);
	f->block->pos = p->pos;
	p->line = line;
	p->line_start = line_start;
	p->p = q + 1;
	f->block->rbrace = scan_pos_at(p, q);
	p->nlsemi = true; // as behind every "}"
	scan_next(p);
	return f;
}

void syntax_read_body(SyntaxFile *f, Decl *d, const ParseOptions *opt, Diags *diags)
{
	struct UnreadBody *u = d->func.body ? d->func.body->unread : NULL;
	if (!u)
		return;
	Str text = f->source->text;
	Parser p = {.f = f, .a = f->arena, .d = diags, .opt = opt, .file = f->source->index, .text = text.p, .end = text.p + text.n,
		.p = u->at, .line_start = u->line_start, .line = u->line, .bad_at = (const char *)UINTPTR_MAX, .groups = f->ngroups};
	scan_next(&p);
	*d->func.body = *parse_body(&p); // in place: others look without a lock whether there is a body
	f->ngroups = p.groups;
	free(p.stack);
}
