// header.c: see header.h. A scanner for the few tokens that may stand at the beginning of a file; it stops where
// go/build stops reading, so that what comes behind the imports cannot be an error here.
#include "load/header.h"

#include "syntax/syntax.h"

typedef enum HeadToken { HEAD_EOF, HEAD_NAME, HEAD_STRING, HEAD_LITERAL, HEAD_OP, HEAD_SEMI } HeadToken;

typedef struct Head {
	Arena *a;
	FileFacts *f;
	const char *p, *end, *start, *line_start;
	u32 line;
	bool after_value;       // a newline ends a statement here
	HeadToken tok;
	Str text;               // of the token; for a newline "\n"
	u32 tok_line, tok_col;
	Str group;              // the last group of comments
	u32 group_line;         // the line behind it
} Head;

static void head_error_at(Head *h, u32 line, u32 col, Str msg)
{
	if (!h->f->error.n)
		h->f->error = str_fmt(h->a, "%u:%u: " STR_FMT, line, col, STR_ARG(msg));
}

static void newline(Head *h)
{
	h->line++;
	h->line_start = h->p + 1;
}

static u32 column(const Head *h, const char *p) { return (u32)(p - h->line_start) + 1; }

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (u8)c >= 0x80;
}

// A comment at h->p: past it. False if it holds a newline that ends a statement.
static void comment(Head *h)
{
	const char *start = h->p;
	u32 line = h->line, col = column(h, start);
	if (h->p[1] == '/') {
		const char *nl = memchr(h->p, '\n', (size_t)(h->end - h->p));
		h->p = nl ? nl : h->end;
	} else {
		const char *q = memmem(h->p + 2, (size_t)(h->end - h->p - 2), "*/", 2);
		if (!q)
			head_error_at(h, line, col, S("comment not terminated"));
		const char *to = q ? q + 2 : h->end;
		for (; h->p < to; h->p++)
			if (*h->p == '\n')
				newline(h);
	}
	// One group: comments with nothing but the ends of their lines between them.
	if (!h->group.n || line > h->group_line)
		h->group = str_n(start, (size_t)(h->p - start));
	else
		h->group.n = (u32)(h->p - h->group.p);
	h->group_line = h->line + 1;
	Str text = str_n(start, (size_t)(h->p - start));
	while (text.n && text.p[text.n - 1] == '\r')
		text.n--;
	if (!h->f->package_name.p && h->tok == HEAD_EOF && str_has_prefix(text, "//go:")) {
		ImportFact *more = NEWN(h->a, ImportFact, h->f->ndirectives + 1);
		if (h->f->ndirectives)
			memcpy(more, h->f->directives, sizeof *more * h->f->ndirectives);
		more[h->f->ndirectives++] = (ImportFact){str_dup(h->a, text), line, col};
		h->f->directives = more;
	}
}

static void quoted(Head *h)
{
	char q = *h->p;
	const char *start = h->p++;
	u32 line = h->line, col = h->tok_col;
	while (h->p < h->end && *h->p != q && (q == '`' || *h->p != '\n')) {
		if (*h->p == '\\' && q != '`' && h->p + 1 < h->end)
			h->p++;
		if (*h->p == '\n')
			newline(h);
		h->p++;
	}
	if (h->p < h->end && *h->p == q)
		h->p++;
	else
		head_error_at(h, line, col, q == '`' ? S("raw string literal not terminated") : q == '"' ? S("string literal not terminated")
			: S("rune literal not terminated"));
	h->text = str_n(start, (size_t)(h->p - start));
	h->tok = q == '\'' ? HEAD_LITERAL : HEAD_STRING;
	h->after_value = true;
}

static void operator(Head *h)
{
	static const char *const ops[] = {"<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=", "-=",
		"*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^"};
	u32 n = 1;
	for (u32 i = 0; i < LENGTH(ops); i++) {
		size_t k = strlen(ops[i]);
		if ((size_t)(h->end - h->p) >= k && memcmp(h->p, ops[i], k) == 0) {
			n = (u32)k;
			break;
		}
	}
	h->text = str_n(h->p, n);
	h->tok = HEAD_OP;
	h->after_value = n == 1 && strchr(")]}", *h->p);
	if (n == 1 && !strchr("+-*/%&|^<>=!()[]{},.:~", *h->p)) {
		head_error_at(h, h->tok_line, h->tok_col, str_fmt(h->a, "illegal character U+%04X%s%.*s%s", (u8)*h->p, (u8)*h->p >= ' ' ? " '" : "",
			(u8)*h->p >= ' ', h->p, (u8)*h->p >= ' ' ? "'" : ""));
		h->text = S("ILLEGAL");
	}
	h->p += n;
}

static bool is_keyword(Str s)
{
	static const char *const words[] = {"break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func",
		"go", "goto", "if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var"};
	for (u32 i = 0; i < LENGTH(words); i++)
		if (str_is(s, words[i]))
			return true;
	return false;
}

static bool ends_statement(Str s) { return str_is(s, "break") || str_is(s, "continue") || str_is(s, "fallthrough") || str_is(s, "return"); }

static void next(Head *h)
{
	for (;;) {
		if (h->p == h->end) {
			h->tok_line = h->line;
			h->tok_col = column(h, h->p);
			if (h->line > 1 && h->p == h->line_start) { // a line that has no bytes is none: still the one before
				const char *start = h->p - 1;
				while (start > h->start && start[-1] != '\n')
					start--;
				h->tok_line--;
				h->tok_col = (u32)(h->p - start) + 1;
			}
			h->tok = h->after_value ? HEAD_SEMI : HEAD_EOF;
			h->text = h->after_value ? S("\n") : S("EOF");
			h->after_value = false;
			return;
		}
		char c = *h->p;
		if (c == '\n') {
			h->tok_line = h->line;
			h->tok_col = column(h, h->p);
			bool ends = h->after_value;
			newline(h);
			h->p++;
			if (!ends)
				continue;
			h->after_value = false;
			h->tok = HEAD_SEMI;
			h->text = S("\n");
			return;
		}
		if (c == ' ' || c == '\t' || c == '\r') {
			h->p++;
		} else if (c == '/' && h->p + 1 < h->end && (h->p[1] == '/' || h->p[1] == '*')) {
			u32 line = h->line;
			const char *at = h->p;
			u32 col = column(h, at);
			comment(h);
			if (h->after_value && h->line > line) {
				h->after_value = false;
				h->tok = HEAD_SEMI;
				h->text = S("\n");
				h->tok_line = line;
				h->tok_col = col;
				return;
			}
		} else {
			break;
		}
	}
	h->tok_line = h->line;
	h->tok_col = column(h, h->p);
	if (*h->p == '"' || *h->p == '`' || *h->p == '\'') {
		quoted(h);
	} else if (name_byte(*h->p)) {
		const char *start = h->p;
		bool digit = *h->p >= '0' && *h->p <= '9';
		while (h->p < h->end && (name_byte(*h->p) || (digit && *h->p == '.')))
			h->p++;
		h->text = str_n(start, (size_t)(h->p - start));
		h->tok = digit ? HEAD_LITERAL : HEAD_NAME;
		h->after_value = digit || !is_keyword(h->text) || ends_statement(h->text);
	} else if (*h->p == ';') {
		h->text = str_n(h->p++, 1);
		h->tok = HEAD_SEMI;
		h->after_value = false;
	} else {
		operator(h);
	}
}

static void expected(Head *h, const char *what)
{
	Str found;
	if (h->tok == HEAD_SEMI && h->text.p[0] == '\n')
		found = S("newline");
	else if (h->tok == HEAD_STRING || h->tok == HEAD_LITERAL || (h->tok == HEAD_NAME && !is_keyword(h->text)))
		found = h->text;
	else
		found = str_fmt(h->a, "'" STR_FMT "'", STR_ARG(h->text));
	head_error_at(h, h->tok_line, h->tok_col, str_fmt(h->a, "expected %s, found " STR_FMT, what, STR_ARG(found)));
}

// Reading goes on only if something like another import follows.
static bool more_follows(Head *h)
{
	Head look = *h;
	FileFacts none = {.package_name = S("x")};
	look.f = &none;
	if (h->tok == HEAD_NAME)
		return h->text.p[0] == 'i';
	while (look.tok == HEAD_SEMI)
		next(&look);
	return look.tok == HEAD_NAME && look.text.p[0] == 'i';
}

static void expect_semi(Head *h)
{
	if (h->tok == HEAD_SEMI)
		next(h);
	else if (!(h->tok == HEAD_OP && (str_is(h->text, ")") || str_is(h->text, "}"))))
		expected(h, "';'");
}

typedef VEC(ImportFact) ImportFactVec;

static void import_spec(Head *h, ImportFactVec *out)
{
	u32 line = h->tok_line, col = h->tok_col;
	if ((h->tok == HEAD_NAME && !is_keyword(h->text)) || (h->tok == HEAD_OP && str_is(h->text, ".")))
		next(h);
	if (h->tok != HEAD_STRING) {
		head_error_at(h, h->tok_line, h->tok_col, h->tok == HEAD_LITERAL ? S("import path must be a string")
			: S("missing import path"));
		return;
	}
	Str path;
	if (!h->f->error.n && syntax_unquote(h->a, h->text, &path)) {
		path = str_dup(h->a, path);
		if (!import_path_valid(path) && !h->f->invalid_import.n)
			h->f->invalid_import = str_fmt(h->a, "%u:%u: invalid import path: " STR_FMT, line, col, STR_ARG(path));
		else if (str_is(path, "C"))
			h->f->cgo = true;
		else
			vec_push(h->a, out, (ImportFact){path, line, col});
	}
	next(h);
}

static void import_decl(Head *h, ImportFactVec *out)
{
	next(h);
	if (h->tok == HEAD_OP && str_is(h->text, "(")) {
		next(h);
		while (!h->f->error.n && h->tok != HEAD_EOF && !(h->tok == HEAD_OP && str_is(h->text, ")"))) {
			import_spec(h, out);
			if (!h->f->error.n)
				expect_semi(h);
		}
		if (h->f->error.n)
			return;
		if (h->tok == HEAD_EOF)
			expected(h, "')'");
		next(h);
	} else {
		import_spec(h, out);
	}
	if (!h->f->error.n && more_follows(h))
		expect_semi(h);
}

// `package x // import "path"`: what stands behind import, as written.
static void import_comment(Head *h)
{
	const char *p = h->p;
	while (p < h->end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	if (h->end - p < 2 || p[0] != '/' || (p[1] != '/' && p[1] != '*'))
		return;
	const char *nl = memchr(p, '\n', (size_t)(h->end - p));
	Str text = str_n(p + 2, (size_t)((nl ? nl : h->end) - p - 2));
	if (p[1] == '*') {
		int close = str_find(text, "*/");
		if (close < 0)
			return;
		text.n = (u32)close;
	}
	text = str_trim(text);
	if (str_has_prefix(text, "import") && (text.n == 6 || !name_byte(text.p[6])))
		h->f->import_comment = (ImportFact){str_dup(h->a, str_trim(str_from(text, 6))), h->line, 0};
}

// Patterns of one //go:embed line whose comment begins at p, up to end. False if they are malformed.
static bool embed_line(Arena *a, const char *start, const char *p, const char *end, u32 line, u32 col, ImportFactVec *out)
{
	u32 before = out->n;
	while (p < end) {
		u32 w, r = utf8_decode(p, (size_t)(end - p), &w);
		if (r == ' ' || r == '\t' || r == '\r' || r == 0x85 || r == 0xa0) {
			p += w;
			continue;
		}
		const char *from = p;
		Str arg;
		if (*p == '"' || *p == '`') {
			for (p++; p < end && *p != *from; p++)
				if (*p == '\\' && *from == '"')
					p++;
			if (p >= end || !syntax_unquote(a, str_n(from, (size_t)(p + 1 - from)), &arg)) {
				out->n = before;
				return false;
			}
			p++;
			if (p < end && *p != ' ' && *p != '\t' && *p != '\r') {
				out->n = before;
				return false;
			}
		} else {
			while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
				p++;
			arg = str_n(from, (size_t)(p - from));
		}
		vec_push(a, out, (ImportFact){str_dup(a, arg), line, col + (u32)(from - start)});
	}
	return true;
}

// The //go:embed lines of the whole file, strings and other comments apart.
static void find_embeds(Arena *a, Str text, FileFacts *f)
{
	ImportFactVec v = {0};
	const char *p = text.p, *end = p + text.n, *line_start = p;
	u32 line = 1;
	while (p < end) {
		char c = *p;
		if (c == '\n') {
			line++;
			line_start = ++p;
		} else if (c == '/' && p + 1 < end && p[1] == '/') {
			const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
			if (stop - p >= 10 && memcmp(p, "//go:embed", 10) == 0 && (stop - p == 10 || p[10] == ' ' || p[10] == '\t'))
				embed_line(a, p, p + 10, stop, line, (u32)(p - line_start) + 1, &v);
			p = stop;
		} else if ((c == '/' && p + 1 < end && p[1] == '*') || c == '`') {
			const char *q = c == '`' ? memchr(p + 1, '`', (size_t)(end - p - 1)) : memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
			const char *stop = q ? q + (c == '`' ? 1 : 2) : end;
			for (; p < stop; p++)
				if (*p == '\n') {
					line++;
					line_start = p + 1;
				}
		} else if (c == '"' || c == '\'') {
			for (p++; p < end && *p != c && *p != '\n'; p++)
				if (*p == '\\' && p + 1 < end && p[1] != '\n')
					p++;
			if (p < end && *p == c)
				p++;
		} else {
			p++;
		}
	}
	f->embeds = v.p;
	f->nembeds = v.n;
}

void header_read(Arena *a, Str text, FileFacts *f)
{
	Head h = {.a = a, .f = f, .p = text.p, .end = text.p + text.n, .start = text.p, .line_start = text.p, .line = 1};
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		h.p += 3;
		h.line_start += 3;
	}
	next(&h);
	if (f->error.n)
		return;
	Str doc = h.group.n && h.group_line == h.tok_line ? h.group : S("");
	if (h.tok != HEAD_NAME || !str_is(h.text, "package")) {
		expected(&h, "'package'");
		return;
	}
	next(&h);
	if (h.tok != HEAD_NAME || is_keyword(h.text)) {
		expected(&h, "'IDENT'");
		return;
	}
	Str name = h.text;
	import_comment(&h);
	next(&h);
	if (more_follows(&h))
		expect_semi(&h);
	if (f->error.n)
		return;
	f->package_name = str_dup(a, name);
	f->doc = doc.n ? doc_synopsis(a, comment_text(a, doc)) : S("");
	ImportFactVec imports = {0};
	while (!f->error.n && more_follows(&h)) {
		while (h.tok == HEAD_SEMI)
			next(&h);
		if (h.tok != HEAD_NAME || !str_is(h.text, "import"))
			break;
		import_decl(&h, &imports);
	}
	if (f->error.n || f->invalid_import.n)
		return;
	f->imports = imports.p;
	f->nimports = imports.n;
	for (u32 i = 0; i < imports.n; i++)
		if (str_is(imports.p[i].path, "embed")) {
			find_embeds(a, text, f);
			break;
		}
}
