// excerpt.c: the line of source under a message on a terminal, with a caret under the token that it is about. Text is
// shown so that caret and token meet: tabs are repeated, wide runes count two columns and combining ones none, and of
// a long line a window is shown. What could act on the terminal (control characters, direction overrides) becomes '?'.
#include "base/base.h"

enum { WINDOW = 150, BEFORE = 70 }; // columns of a long line, and of them those before the token

static const u32 wide[][2] = { // East Asian Wide and Fullwidth (Unicode, EastAsianWidth.txt), and emoji
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653},
	{0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce},
	{0x26d4, 0x26d4}, {0x26ea, 0x26ea}, {0x26f2, 0x26f5}, {0x26fa, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b}, {0x2728, 0x2728},
	{0x274c, 0x274e}, {0x2753, 0x2757}, {0x2795, 0x2797}, {0x27b0, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b55}, {0x2e80, 0x303e},
	{0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004},
	{0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
	{0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e},
	{0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596},
	{0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6ff}, {0x1f7e0, 0x1f7eb},
	{0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};
static const u32 narrowest[][2] = { // without a column of their own: combining marks, joiners, variation selectors
	{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f}, {0x900, 0x902}, {0x93a, 0x93a}, {0x93c, 0x93c},
	{0x941, 0x948}, {0x94d, 0x94d}, {0xe31, 0xe31}, {0xe34, 0xe3a}, {0xe47, 0xe4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
	{0x200b, 0x200d}, {0x20d0, 0x20f0}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

static bool in_table(const u32 (*t)[2], u32 n, u32 r)
{
	u32 lo = 0, hi = n;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (r > t[mid][1])
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && r >= t[lo][0];
}

static bool is_harmful(u32 r)
{
	return r < ' ' || (r >= 0x7f && r < 0xa0) || r == 0x61c || r == 0x200e || r == 0x200f || (r >= 0x2028 && r <= 0x202e) ||
		(r >= 0x2066 && r <= 0x206f);
}

// The columns of a rune other than a tab.
static u32 rune_columns(u32 r)
{
	if (r < 0x300 || is_harmful(r))
		return 1;
	return in_table(narrowest, LENGTH(narrowest), r) ? 0 : in_table(wide, LENGTH(wide), r) ? 2 : 1;
}

static u32 columns(Str s)
{
	u32 n = 0, w;
	for (u32 i = 0; i < s.n; i += w)
		n += rune_columns(utf8_decode(s.p + i, s.n - i, &w));
	return n;
}

static bool is_word(u8 c)
{
	return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The length in bytes of the token that begins at line[at].
static u32 token_len(Str line, u32 at)
{
	static const char *const operators[] = {"<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=",
		"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^"};
	Str s = str_from(line, at);
	if (!s.n)
		return 1;
	u8 c = (u8)s.p[0];
	u32 n = 1;
	if (is_word(c)) {
		bool number = c >= '0' && c <= '9';
		while (n < s.n && (is_word((u8)s.p[n]) || (number && s.p[n] == '.')))
			n++;
		return n;
	}
	if (c == '"' || c == '\'' || c == '`') {
		for (; n < s.n && (u8)s.p[n] != c; n++)
			if (s.p[n] == '\\' && c != '`' && n + 1 < s.n)
				n++;
		return MIN(n + 1, s.n);
	}
	for (u32 i = 0; i < LENGTH(operators); i++)
		if (str_has_prefix(s, operators[i]))
			return (u32)strlen(operators[i]);
	return 1;
}

// Line number `line` of the text, without its end; false if there is none.
static bool source_line(Str text, u32 line, Str *out)
{
	for (; line > 1; line--) {
		int nl = str_index(text, '\n');
		if (nl < 0)
			return false;
		text = str_from(text, (u32)nl + 1);
	}
	int nl = str_index(text, '\n');
	*out = nl < 0 ? text : str_sub(text, 0, (u32)nl);
	if (out->n && out->p[out->n - 1] == '\r')
		out->n--;
	return out->n > 0;
}

static void put_rune(FILE *out, Str s, u32 at, u32 *width)
{
	u32 r = utf8_decode(s.p + at, s.n - at, width);
	if (r != '\t' && (is_harmful(r) || (r == 0xfffd && *width == 1)))
		fputc('?', out);
	else
		fwrite(s.p + at, 1, *width, out);
}

void excerpt_print(FILE *out, Str text, u32 number, u32 col, u32 len, bool color)
{
	Str line;
	if (!source_line(text, number, &line) || !col || col > line.n + 1)
		return;
	const char *dim = color ? "\x1b[2m" : "", *green = color ? "\x1b[1;32m" : "", *end = color ? "\x1b[0m" : "";
	u32 at = col - 1, from = 0, to = line.n, w;
	while (at > 0 && at < line.n && ((u8)line.p[at] & 0xc0) == 0x80) // never into the middle of a rune
		at--;
	u32 stop = MIN(at + MAX(len, token_len(line, at)), line.n);
	if (line.n > WINDOW) {
		from = at > BEFORE ? at - BEFORE : 0;
		to = MIN(line.n, from + WINDOW);
		while (from > 0 && ((u8)line.p[from] & 0xc0) == 0x80)
			from--;
		while (to < line.n && ((u8)line.p[to] & 0xc0) == 0x80)
			to++;
		stop = MIN(stop, to);
	}
	fprintf(out, "%s%5u |%s %s", dim, number, end, from ? "..." : "");
	for (u32 i = from; i < to; i += w)
		put_rune(out, line, i, &w);
	fprintf(out, "%s\n      %s|%s %s", to < line.n ? "..." : "", dim, end, from ? "   " : "");
	for (u32 i = from; i < at; i += w) {
		u32 r = utf8_decode(line.p + i, line.n - i, &w);
		if (r == '\t')
			fputc('\t', out);
		else
			fprintf(out, "%*s", (int)rune_columns(r), "");
	}
	fprintf(out, "%s^", green);
	for (u32 n = stop > at ? columns(str_sub(line, at, stop)) : 1; n > 1; n--)
		fputc('~', out);
	fprintf(out, "%s\n", end);
}
