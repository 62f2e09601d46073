// literal.c: number, string and rune literals: finding their end, what may be wrong in them, and the values
// of strings and runes. Messages and their places: cmd/compile/internal/syntax/scanner.go.
#include "syntax/parse.h"

static u8 lower(u8 c) { return c | 0x20; }
static bool is_decimal(u8 c) { return (u8)(c - '0') < 10; }
static bool is_hex(u8 c) { return is_decimal(c) || (u8)(lower(c) - 'a') < 6; }

// Approximates unicode.IsPrint: what is surely not graphic is shown by number alone.
static bool is_print(u32 r)
{
	if (r < 0x7f)
		return r >= 0x20;
	return !(r < 0xa1 || r == 0xad || r == 0x61c || r == 0x180e || (r >= 0x2000 && r <= 0x200f) ||
		(r >= 0x2028 && r <= 0x202f) || (r >= 0x205f && r <= 0x206f) || r == 0x3000 || r == 0xfeff ||
		(r >= 0xd800 && r <= 0xf8ff) || (r >= 0xfff0 && r <= 0xfffb) || (r & 0xfffe) == 0xfffe || r >= 0xe0000);
}

u32 rune_describe(char *out, u32 r)
{
	int n = snprintf(out, 16, "U+%04X", r);
	if (is_print(r)) {
		out[n++] = ' ';
		out[n++] = '\'';
		n += (int)utf8_encode(out + n, r);
		out[n++] = '\'';
	}
	return (u32)n;
}

u32 rune_quote(char *out, u32 r)
{
	static const char named[] = "\aa\bb\ff\nn\rr\tt\vv\\\\''";
	for (const char *e = named; *e; e += 2)
		if (r == (u8)*e)
			return (u32)snprintf(out, 16, "'\\%c'", e[1]);
	if (r < 0x20 || r == 0x7f)
		return (u32)snprintf(out, 16, "'\\x%02x'", r);
	if (!is_print(r))
		return (u32)snprintf(out, 16, r < 0x10000 ? "'\\u%04x'" : "'\\U%08x'", r);
	char t[5] = {0};
	utf8_encode(t, r);
	return (u32)snprintf(out, 16, "'%s'", t);
}

static void literal(Parser *p, const char *end, LitKind kind, bool ok)
{
	p->p = end;
	p->tok = T_LITERAL;
	p->lit = (Str){p->start, (u32)(end - p->start)};
	p->kind = (u8)kind;
	p->bad = !ok;
	p->nlsemi = true;
}

// ---- numbers ------------------------------------------------------------------------------------

static const char *base_name(u32 base)
{
	return base == 2 ? "binary" : base == 8 ? "octal" : base == 10 ? "decimal" : "hexadecimal";
}

enum { DIGIT = 1, SEPARATOR = 2 };

// Digits and separators. Bases up to ten take any decimal digit; the first that is too large goes to *invalid.
static const char *digits(const char *q, u32 base, u32 *seen, const char **invalid)
{
	for (;; q++) {
		u8 c = (u8)*q;
		if (c == '_') {
			*seen |= SEPARATOR;
		} else if (base <= 10 ? is_decimal(c) : is_hex(c)) {
			*seen |= DIGIT;
			if (base <= 10 && c >= '0' + base && invalid && !*invalid)
				*invalid = q;
		} else {
			return q;
		}
	}
}

// The first "_" that does not stand between digits (a base prefix counts as a digit), or NULL.
static const char *misplaced_separator(const char *q, const char *end)
{
	const char *begin = q;
	bool hex = false, after_digit = false;
	if (q[0] == '0' && end - q >= 2 && (lower((u8)q[1]) == 'x' || lower((u8)q[1]) == 'o' || lower((u8)q[1]) == 'b')) {
		hex = lower((u8)q[1]) == 'x';
		after_digit = true;
		q += 2;
	}
	for (; q < end; q++) {
		bool digit = is_decimal((u8)*q) || (hex && is_hex((u8)*q));
		if (*q == '_') {
			if (!after_digit)
				return q;
		} else if (!digit && q > begin && q[-1] == '_') {
			return q - 1;
		}
		after_digit = digit;
	}
	return end[-1] == '_' ? end - 1 : NULL;
}

void scan_number(Parser *p, bool seen_point)
{
	const char *q = p->p, *invalid = NULL;
	bool ok = true;
	LitKind kind = LIT_INT;
	u32 base = 10, seen = 0;
	u8 prefix = 0; // of 0x, 0o, 0b; '0' for a leading zero
	if (seen_point) {
		q++;
	} else {
		if (*q == '0') {
			prefix = lower((u8)q[1]);
			base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
			if (prefix == 'x' || prefix == 'o' || prefix == 'b') {
				q += 2;
			} else {
				prefix = '0';
				seen = DIGIT;
				q++;
			}
		}
		q = digits(q, base, &seen, &invalid);
		if (*q == '.') {
			if (prefix == 'o' || prefix == 'b') {
				error_at(p, scan_pos_at(p, q), "invalid radix point in %s literal", base_name(base));
				ok = false;
			}
			q++;
			seen_point = true;
		}
	}
	if (seen_point) {
		kind = LIT_FLOAT;
		q = digits(q, base, &seen, &invalid);
	}
	if (!(seen & DIGIT) && ok) {
		error_at(p, scan_pos_at(p, q), "%s literal has no digits", base_name(base));
		ok = false;
	}
	u8 e = lower((u8)*q);
	if (e == 'e' || e == 'p') {
		bool fits = e == 'e' ? prefix == 0 || prefix == '0' : prefix == 'x';
		if (ok && !fits) {
			error_at(p, scan_pos_at(p, q), "'%c' exponent requires %s mantissa", *q, e == 'e' ? "decimal" : "hexadecimal");
			ok = false;
		}
		q++;
		kind = LIT_FLOAT;
		if (*q == '+' || *q == '-')
			q++;
		u32 exponent = 0;
		q = digits(q, 10, &exponent, NULL);
		seen |= exponent & SEPARATOR;
		if (!(exponent & DIGIT) && ok) {
			error_at(p, scan_pos_at(p, q), "exponent has no digits");
			ok = false;
		}
	} else if (prefix == 'x' && kind == LIT_FLOAT && ok) {
		error_at(p, scan_pos_at(p, q), "hexadecimal mantissa requires a 'p' exponent");
		ok = false;
	}
	if (*q == 'i') {
		kind = LIT_IMAG;
		q++;
	}
	if (kind == LIT_INT && invalid && ok) {
		error_at(p, scan_pos_at(p, invalid), "invalid digit '%c' in %s literal", *invalid, base_name(base));
		ok = false;
	}
	if ((seen & SEPARATOR) && ok) {
		const char *bad = misplaced_separator(p->start, q);
		if (bad) {
			error_at(p, scan_pos_at(p, bad), "'_' must separate successive digits");
			ok = false;
		}
	}
	literal(p, q, kind, ok);
}

// ---- strings and runes --------------------------------------------------------------------------

// *pq is behind the backslash. False if an error was reported; the end of the text is the caller's to report.
static bool escape(Parser *p, const char **pq, u8 quote)
{
	const char *q = *pq;
	u32 n, base, max, x = 0;
	char text[24];
	switch ((u8)*q) {
	case 'a': case 'b': case 'f': case 'n': case 'r': case 't': case 'v': case '\\':
		*pq = q + 1;
		return true;
	case '0' ... '7': n = 3, base = 8, max = 255; break;
	case 'x': q++, n = 2, base = 16, max = 255; break;
	case 'u': q++, n = 4, base = 16, max = 0x10ffff; break;
	case 'U': q++, n = 8, base = 16, max = 0x10ffff; break;
	default:
		if ((u8)*q == quote) {
			*pq = q + 1;
			return true;
		}
		if (!*q)
			return true;
		error_at(p, scan_pos_at(p, q), "unknown escape");
		return false;
	}
	for (; n; n--) {
		u8 c = (u8)*q;
		u32 d = is_decimal(c) ? c - (u32)'0' : is_hex(c) ? lower(c) - 'a' + 10u : base;
		if (!c) {
			*pq = q;
			return true;
		}
		if (d >= base) {
			u32 width, r = utf8_decode(q, (size_t)(p->end - q), &width);
			text[rune_quote(text, r)] = 0;
			error_at(p, scan_pos_at(p, q), "invalid character %s in %s escape", text, base_name(base));
			*pq = q;
			return false;
		}
		x = x * base + d;
		q++;
	}
	*pq = q;
	if (x > max && base == 8) {
		error_at(p, scan_pos_at(p, q), "octal escape value %u > 255", x);
		return false;
	}
	if (x > max || (x >= 0xd800 && x < 0xe000)) {
		text[rune_describe(text, x)] = 0;
		error_at(p, scan_pos_at(p, q), "escape is invalid Unicode code point %s", text);
		return false;
	}
	return true;
}

static const u8 string_stop[256] = {['"'] = 1, ['\\'] = 1, ['\n'] = 1, [0] = 1};

void scan_string(Parser *p)
{
	const char *q = p->p + 1;
	bool ok = true;
	for (;;) {
		while (!string_stop[(u8)*q])
			q++;
		if (*q == '"') {
			q++;
			break;
		}
		if (*q == '\\') {
			q++;
			ok &= escape(p, &q, '"');
			continue;
		}
		if (*q == '\n')
			error_at(p, scan_pos_at(p, q), "newline in string");
		else
			error_at(p, p->pos, "string not terminated");
		ok = false;
		break;
	}
	literal(p, q, LIT_STRING, ok);
}

void scan_raw_string(Parser *p)
{
	const char *from = p->p + 1, *q = memchr(from, '`', (size_t)(p->end - from));
	bool ok = q != NULL;
	if (!ok) {
		error_at(p, p->pos, "string not terminated");
		q = p->end;
	}
	for (const char *nl; (nl = memchr(from, '\n', (size_t)(q - from))); from = nl + 1) {
		p->line++;
		p->line_start = nl + 1;
	}
	literal(p, ok ? q + 1 : q, LIT_STRING, ok);
}

void scan_rune(Parser *p)
{
	const char *q = p->p + 1;
	bool ok = true;
	for (u32 n = 0;; n++) {
		while ((u8)*q == JUNK)
			q++;
		if (*q == '\'') {
			if (ok && n == 0) {
				error_at(p, scan_pos_at(p, q), "empty rune literal or unescaped '");
				ok = false;
			} else if (ok && n != 1) {
				error_at(p, p->pos, "more than one character in rune literal");
				ok = false;
			}
			q++;
			break;
		}
		if (*q == '\\') {
			q++;
			ok &= escape(p, &q, '\'');
			continue;
		}
		if (*q == '\n' || !*q) {
			if (ok && *q)
				error_at(p, scan_pos_at(p, q), "newline in rune literal");
			else if (ok)
				error_at(p, p->pos, "rune literal not terminated");
			ok = false;
			break;
		}
		u32 width = 1;
		if ((u8)*q >= 0x80)
			utf8_decode(q, (size_t)(p->end - q), &width);
		q += width;
	}
	literal(p, q, LIT_RUNE, ok);
}

// ---- values -------------------------------------------------------------------------------------

// One character or escape at *pq; false if it is malformed. *byte: the value is a byte, not a rune.
static bool unquote_char(const char **pq, const char *end, u8 quote, u32 *value, bool *byte)
{
	static const char named[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";
	const char *q = *pq;
	u8 c = (u8)*q++;
	*byte = false;
	if (c >= 0x80) {
		u32 width;
		*value = utf8_decode(*pq, (size_t)(end - *pq), &width);
		*byte = *value == 0xfffd && width == 1; // cannot be in a good literal
		if (*byte)
			*value = c;
		*pq += width;
		return true;
	}
	if (c != '\\') {
		*value = c;
		*pq = q;
		return c != quote && c != '\n';
	}
	if (q >= end)
		return false;
	c = (u8)*q++;
	u32 n = 0, base = 16, x = 0;
	switch (c) {
	case '0' ... '7': n = 3, base = 8, q--; break;
	case 'x': n = 2; break;
	case 'u': n = 4; break;
	case 'U': n = 8; break;
	default:
		*pq = q;
		*value = c;
		if (c == quote)
			return true;
		for (const char *e = named; *e; e += 2)
			if (c == (u8)*e) {
				*value = (u8)e[1];
				return true;
			}
		return false;
	}
	*byte = base == 8 || c == 'x';
	for (; n; n--, q++) {
		if (q >= end)
			return false;
		u32 d = is_decimal((u8)*q) ? (u32)(*q - '0') : is_hex((u8)*q) ? lower((u8)*q) - 'a' + 10u : 99;
		if (d >= base)
			return false;
		x = x * base + d;
	}
	*value = x;
	*pq = q;
	return *byte ? x <= 255 : x <= 0x10ffff && !(x >= 0xd800 && x < 0xe000);
}

bool syntax_unquote(Arena *a, Str lit, Str *out)
{
	*out = (Str){0};
	if (lit.n < 2 || lit.p[0] != lit.p[lit.n - 1])
		return false;
	const char *q = lit.p + 1, *end = lit.p + lit.n - 1;
	char *to = arena_alloc(a, lit.n);
	u32 n = 0;
	if (lit.p[0] == '`') {
		for (; q < end; q++) { // carriage returns do not count
			if (*q == '`')
				return false;
			if (*q != '\r')
				to[n++] = *q;
		}
	} else if (lit.p[0] == '"') {
		while (q < end) {
			const char *plain = q;
			while (q < end && !string_stop[(u8)*q])
				q++;
			memcpy(to + n, plain, (size_t)(q - plain));
			n += (u32)(q - plain);
			if (q == end)
				break;
			u32 x;
			bool byte;
			if (!unquote_char(&q, end, '"', &x, &byte))
				return false;
			if (byte)
				to[n++] = (char)x;
			else
				n += utf8_encode(to + n, x);
		}
	} else {
		return false;
	}
	*out = (Str){to, n};
	return true;
}

bool syntax_unquote_rune(Str lit, u32 *out)
{
	if (lit.n < 3 || lit.p[0] != '\'' || lit.p[lit.n - 1] != '\'')
		return false;
	const char *q = lit.p + 1, *end = lit.p + lit.n - 1;
	bool byte;
	return unquote_char(&q, end, '\'', out, &byte) && q == end;
}
