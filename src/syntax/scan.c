// scan.c: source text to tokens, one at a time. Before the first token the text is looked over once for bytes
// that no Go source may contain (NUL, malformed UTF-8, byte order marks); only if there are any is it copied,
// with JUNK in their place. From then on nothing but `end` is NUL and every byte >= 0x80 is good UTF-8 or JUNK,
// so no loop needs a bounds check. Messages: cmd/compile/internal/syntax/scanner.go and source.go.
#include "syntax/parse.h"

static bool is_decimal(u8 c) { return (u8)(c - '0') < 10; }

static const u8 ident_char[256] = { // 2: may be first
	['a' ... 'z'] = 2, ['A' ... 'Z'] = 2, ['_'] = 2, ['0' ... '9'] = 1,
};

static void add_bad(Parser *p, u32 *cap, const char *at, u8 kind)
{
	if (p->nbad == *cap) {
		p->bad_bytes = arena_grow(p->a, p->bad_bytes, *cap * sizeof(BadByte), (*cap * 2 + 8) * sizeof(BadByte));
		*cap = *cap * 2 + 8;
	}
	p->bad_bytes[p->nbad++] = (BadByte){at, kind};
}

// Length of the prefix that is ASCII without NUL, in whole words.
static size_t plain_prefix(const char *s, size_t n)
{
	const u64 ones = 0x0101010101010101, highs = 0x8080808080808080;
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		u64 w = get_u64(s + i);
		if ((w | (w - ones)) & highs) // a high bit, or a borrow out of a zero byte
			break;
	}
	return i;
}

static void look_over(Parser *p, Str text)
{
	u32 cap = 0;
	for (size_t i = 0; i < text.n;) {
		i += plain_prefix(text.p + i, text.n - i);
		for (size_t stop = MIN(i + 8, (size_t)text.n); i < stop;) {
			u8 c = (u8)text.p[i];
			u32 width = 1;
			if (c == 0)
				add_bad(p, &cap, text.p + i, BAD_NUL);
			else if (c >= 0x80) {
				u32 r = utf8_decode(text.p + i, text.n - i, &width);
				if (r == 0xfffd && width == 1)
					add_bad(p, &cap, text.p + i, BAD_UTF8);
				else if (r == 0xfeff && i > 0)
					add_bad(p, &cap, text.p + i, BAD_BOM);
			}
			i += width;
		}
	}
}

void scan_init(Parser *p, Str text)
{
	CHECK(text.n == 0 || text.p[text.n] == 0); // the contract of syntax_parse
	if (text.n == 0)
		text = S("");
	p->bad_at = (const char *)UINTPTR_MAX;
	look_over(p, text);
	if (p->nbad) {
		Str copy = str_dup(p->a, text);
		for (u32 i = 0; i < p->nbad; i++) {
			BadByte *b = &p->bad_bytes[i];
			char *at = (char *)copy.p + (b->at - text.p);
			memset(at, JUNK, b->kind == BAD_BOM ? 3 : 1);
			b->at = at;
		}
		p->bad_at = p->bad_bytes[0].at;
		text = copy;
	}
	p->text = p->line_start = p->p = text.p;
	p->end = text.p + text.n;
	p->line = 1;
	if (str_has_prefix(text, "\xef\xbb\xbf"))
		p->p += 3;
}

Pos scan_pos_at(const Parser *p, const char *at)
{
	return pos_make(p->file, p->line, (u32)MIN(at - p->line_start + 1, 0xfffff));
}

// Reports the bad bytes that were passed. Rare, so their lines are counted separately.
static __attribute__((noinline)) void report_bad(Parser *p)
{
	static const char *const said[] = {"invalid NUL character", "invalid UTF-8 encoding",
		"invalid BOM in the middle of the file"};
	u32 line = p->bad_line ? p->bad_line : 1;
	const char *from = p->bad_line ? p->bad_from : p->text, *seen = p->bad_line ? p->bad_seen : from;
	while (p->bad_next < p->nbad && p->bad_bytes[p->bad_next].at < p->p) {
		BadByte *b = &p->bad_bytes[p->bad_next++];
		for (const char *nl; (nl = memchr(seen, '\n', (size_t)(b->at - seen))); from = seen = nl + 1)
			line++;
		seen = b->at;
		error_at(p, pos_make(p->file, line, (u32)MIN(b->at - from + 1, 0xfffff)), "%s", said[b->kind]);
	}
	p->bad_line = line;
	p->bad_from = from;
	p->bad_seen = seen;
	p->bad_at = p->bad_next < p->nbad ? p->bad_bytes[p->bad_next].at : (const char *)UINTPTR_MAX;
}

// ---- identifiers and keywords -------------------------------------------------------------------

#define KEYWORD_HASH(c0, c1, n) (((u32)(c0) + 4 * (u32)(c1) + 6 * (u32)(n)) & 63) // perfect for the 25 keywords
static const struct { u8 tok, n; const char *text; } keywords[64] = {
#define K(c0, c1, n, tok, text) [KEYWORD_HASH(c0, c1, n)] = {T_##tok, n, text}
	K('b', 'r', 5, BREAK, "break"), K('c', 'a', 4, CASE, "case"), K('c', 'h', 4, CHAN, "chan"),
	K('c', 'o', 5, CONST, "const"), K('c', 'o', 8, CONTINUE, "continue"), K('d', 'e', 7, DEFAULT, "default"),
	K('d', 'e', 5, DEFER, "defer"), K('e', 'l', 4, ELSE, "else"), K('f', 'a', 11, FALLTHROUGH, "fallthrough"),
	K('f', 'o', 3, FOR, "for"), K('f', 'u', 4, FUNC, "func"), K('g', 'o', 2, GO, "go"), K('g', 'o', 4, GOTO, "goto"),
	K('i', 'f', 2, IF, "if"), K('i', 'm', 6, IMPORT, "import"), K('i', 'n', 9, INTERFACE, "interface"),
	K('m', 'a', 3, MAP, "map"), K('p', 'a', 7, PACKAGE, "package"), K('r', 'a', 5, RANGE, "range"),
	K('r', 'e', 6, RETURN, "return"), K('s', 'e', 6, SELECT, "select"), K('s', 't', 6, STRUCT, "struct"),
	K('s', 'w', 6, SWITCH, "switch"), K('t', 'y', 4, TYPE, "type"), K('v', 'a', 3, VAR, "var"),
#undef K
};

// Every rune beyond ASCII counts as part of an identifier; those that may not be are reported.
static const char *wide_rune(Parser *p, const char *q, bool first)
{
	char text[24];
	if ((u8)*q == JUNK)
		return q + 1;
	u32 width, r = utf8_decode(q, (size_t)(p->end - q), &width);
	if (unicode_is_letter(r))
		return q + width;
	if (!unicode_is_digit(r)) {
		text[rune_describe(text, r)] = 0;
		error_at(p, scan_pos_at(p, q), "invalid character %s in identifier", text);
	} else if (first) {
		text[rune_describe(text, r)] = 0;
		error_at(p, scan_pos_at(p, q), "identifier cannot begin with digit %s", text);
	}
	return q + width;
}

static inline void identifier(Parser *p, const char *q)
{
	const char *start = p->start;
	for (;;) {
		while (ident_char[(u8)*q])
			q++;
		if (__builtin_expect((u8)*q < 0x80, 1))
			break;
		q = wide_rune(p, q, false);
	}
	p->p = q;
	u32 n = (u32)(q - start);
	if (n >= 2) {
		u32 h = KEYWORD_HASH((u8)start[0], (u8)start[1], n);
		u32 i = 0;
		if (keywords[h].n == n)
			while (i < n && keywords[h].text[i] == start[i])
				i++;
		if (i == n) {
			p->tok = keywords[h].tok;
			p->nlsemi = p->tok == T_BREAK || p->tok == T_CONTINUE || p->tok == T_FALLTHROUGH || p->tok == T_RETURN;
			return;
		}
	}
	p->nlsemi = true;
	p->tok = T_NAME;
	p->name = name_of((Str){start, n});
}

// ---- comments -----------------------------------------------------------------------------------

static void line_comment(Parser *p)
{
	const char *from = p->p, *nl = memchr(from, '\n', (size_t)(p->end - from));
	const char *to = nl ? nl : p->end;
	p->p = to;
	if ((from[2] == 'g' && from[3] == 'o' && from[4] == ':') || (from[2] == 'l' && strncmp(from + 2, "line ", 5) == 0)) {
		if (p->p > p->bad_at)
			report_bad(p);
		directive_comment(p, from, to);
	}
}

static void block_comment(Parser *p)
{
	const char *from = p->p, *q = from + 2;
	Pos start = p->pos;
	bool line = strncmp(q, "line ", 5) == 0, multi = false;
	for (;; q++) {
		while (*q != '*' && *q != '\n' && *q)
			q++;
		if (*q == '*' && q[1] == '/') {
			p->p = q + 2;
			if (line && !multi) // a line directive cannot span lines
				directive_comment(p, from, p->p);
			return;
		}
		if (*q == '\n') {
			multi = true;
			p->line++;
			p->line_start = q + 1;
		} else if (!*q) {
			p->p = q;
			error_at(p, start, "comment not terminated");
			return;
		}
	}
}

// ---- tokens -------------------------------------------------------------------------------------

static inline void operator(Parser *p, u32 n, Op op, u32 prec)
{
	p->p += n;
	p->op = (u8)op;
	p->prec = (u8)prec;
	p->tok = T_OPERATOR;
}

// An operator of n characters that may be followed by "=".
static inline void assign_operator(Parser *p, u32 n, Op op, u32 prec)
{
	operator(p, n, op, prec);
	if (*p->p == '=') {
		p->p++;
		p->tok = T_ASSIGNOP;
	}
}

static inline void simple(Parser *p, u32 n, Token t)
{
	p->p += n;
	p->tok = (u8)t;
}

static inline void closing(Parser *p, Token t)
{
	simple(p, 1, t);
	p->nlsemi = true;
}

static void invalid_character(Parser *p)
{
	char text[24];
	text[rune_describe(text, (u8)*p->p)] = 0;
	error_at(p, p->pos, "invalid character %s", text);
	p->p++;
}

void scan_next(Parser *p)
{
	bool nlsemi = p->nlsemi;
	p->nlsemi = false;
again:;
	const char *q = p->p;
	u8 c = (u8)*q;
	while (c <= ' ') {
		if (c == '\n') {
			if (nlsemi)
				break;
			p->line++;
			p->line_start = q + 1;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			break;
		}
		c = (u8)*++q;
	}
	p->p = p->start = q;
	p->pos = scan_pos_at(p, q);
	if (ident_char[c] == 2) { // of tokens, about half
		identifier(p, q + 1);
		goto done;
	}
	switch (c) {
	case 0x80 ... 0xfe:
		identifier(p, wide_rune(p, q, true));
		break;
	case '0' ... '9':
		scan_number(p, false);
		break;
	case 0:
		if (q < p->end) { // cannot be: NULs were replaced
			p->p++;
			goto again;
		}
		p->tok = T_EOF;
		if (nlsemi) {
			p->tok = T_SEMI;
			p->semi = SEMI_EOF;
		}
		break;
	case '\n': // only where it is a semicolon
		p->p++;
		p->line++;
		p->line_start = p->p;
		p->tok = T_SEMI;
		p->semi = SEMI_NEWLINE;
		break;
	case JUNK:
		p->p++;
		goto again;
	case ';':
		simple(p, 1, T_SEMI);
		p->semi = SEMI_SEMICOLON;
		break;
	case '"': scan_string(p); break;
	case '`': scan_raw_string(p); break;
	case '\'': scan_rune(p); break;
	case '(': simple(p, 1, T_LPAREN); break;
	case '[': simple(p, 1, T_LBRACK); break;
	case '{': simple(p, 1, T_LBRACE); break;
	case ',': simple(p, 1, T_COMMA); break;
	case ')': closing(p, T_RPAREN); break;
	case ']': closing(p, T_RBRACK); break;
	case '}': closing(p, T_RBRACE); break;
	case ':':
		if (q[1] == '=')
			simple(p, 2, T_DEFINE);
		else
			simple(p, 1, T_COLON);
		break;
	case '.':
		if (is_decimal((u8)q[1]))
			scan_number(p, true);
		else if (q[1] == '.' && q[2] == '.')
			simple(p, 3, T_DOTDOTDOT);
		else
			simple(p, 1, T_DOT);
		break;
	case '+':
	case '-':
		if (q[1] == q[0]) {
			operator(p, 2, *q == '+' ? OP_ADD : OP_SUB, PREC_ADD);
			p->tok = T_INCOP;
			p->nlsemi = true;
		} else {
			assign_operator(p, 1, *q == '+' ? OP_ADD : OP_SUB, PREC_ADD);
		}
		break;
	case '*':
		assign_operator(p, 1, OP_MUL, PREC_MUL);
		if (p->tok == T_OPERATOR)
			p->tok = T_STAR;
		break;
	case '/':
		if (q[1] == '/') {
			line_comment(p);
			goto again;
		}
		if (q[1] == '*') {
			u32 line = p->line;
			block_comment(p);
			if (p->line == line || !nlsemi)
				goto again;
			p->tok = T_SEMI; // a comment of several lines is a newline
			p->semi = SEMI_NEWLINE;
			break;
		}
		assign_operator(p, 1, OP_DIV, PREC_MUL);
		break;
	case '%': assign_operator(p, 1, OP_REM, PREC_MUL); break;
	case '&':
		if (q[1] == '&')
			operator(p, 2, OP_ANDAND, PREC_ANDAND);
		else if (q[1] == '^')
			assign_operator(p, 2, OP_ANDNOT, PREC_MUL);
		else
			assign_operator(p, 1, OP_AND, PREC_MUL);
		break;
	case '|':
		if (q[1] == '|')
			operator(p, 2, OP_OROR, PREC_OROR);
		else
			assign_operator(p, 1, OP_OR, PREC_ADD);
		break;
	case '^': assign_operator(p, 1, OP_XOR, PREC_ADD); break;
	case '<':
		if (q[1] == '=')
			operator(p, 2, OP_LEQ, PREC_CMP);
		else if (q[1] == '<')
			assign_operator(p, 2, OP_SHL, PREC_MUL);
		else if (q[1] == '-')
			simple(p, 2, T_ARROW);
		else
			operator(p, 1, OP_LSS, PREC_CMP);
		break;
	case '>':
		if (q[1] == '=')
			operator(p, 2, OP_GEQ, PREC_CMP);
		else if (q[1] == '>')
			assign_operator(p, 2, OP_SHR, PREC_MUL);
		else
			operator(p, 1, OP_GTR, PREC_CMP);
		break;
	case '=':
		if (q[1] == '=')
			operator(p, 2, OP_EQL, PREC_CMP);
		else
			simple(p, 1, T_ASSIGN);
		break;
	case '!':
		if (q[1] == '=')
			operator(p, 2, OP_NEQ, PREC_CMP);
		else
			operator(p, 1, OP_NOT, 0);
		break;
	case '~': operator(p, 1, OP_TILDE, 0); break;
	default:
		invalid_character(p);
		goto again;
	}
done:
	if (__builtin_expect(p->p > p->bad_at, 0))
		report_bad(p);
}
