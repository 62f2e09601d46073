// json.c: JSON text to a Value (RFC 8259). Numbers are kept as their text. Nested no deeper than DEPTH.
#include "cmd/value.h"

#include <stdlib.h>

enum { DEPTH = 200 };

typedef struct Json { Arena *a; const char *p, *end; bool bad; } Json;

static void blanks(Json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

static bool take(Json *j, char c)
{
	blanks(j);
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static bool take_word(Json *j, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n))
		return false;
	j->p += n;
	return true;
}

static u32 hex4(Json *j)
{
	u32 v = 0;
	for (u32 i = 0; i < 4; i++, j->p++) {
		char c = j->p < j->end ? *j->p : 0;
		u32 d = c >= '0' && c <= '9' ? (u32)(c - '0') : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (u32)((c | 0x20) - 'a' + 10) : 16;
		if (d == 16) {
			j->bad = true;
			return 0;
		}
		v = v << 4 | d;
	}
	return v;
}

static void escape(Json *j, Buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *j->p++;
	const char *at = memchr(from, c, sizeof from - 1);
	if (at) {
		buf_u8(b, (u8)to[at - from]);
		return;
	}
	if (c != 'u') {
		j->bad = true;
		return;
	}
	u32 r = hex4(j);
	if (r >= 0xd800 && r < 0xdc00 && take_word(j, "\\u")) { // half of a pair
		u32 low = hex4(j);
		r = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((r - 0xd800) << 10 | (low - 0xdc00)) : 0xfffd;
	}
	char utf8[4];
	buf_bytes(b, utf8, utf8_encode(utf8, r >= 0xd800 && r < 0xe000 ? 0xfffd : r));
}

static Str string(Json *j)
{
	Buf b = {0};
	while (!j->bad && j->p < j->end && *j->p != '"') {
		char c = *j->p++;
		if (c == '\\' && j->p < j->end)
			escape(j, &b);
		else if ((u8)c < 0x20)
			j->bad = true;
		else
			buf_u8(&b, (u8)c);
	}
	j->bad = j->bad || j->p == j->end;
	j->p += j->p < j->end;
	Str s = str_dup(j->a, buf_view(&b));
	buf_free(&b);
	return s;
}

static Value *value(Json *j, u32 depth)
{
	Arena *a = j->a;
	blanks(j);
	if (j->p == j->end || depth == DEPTH) {
		j->bad = true;
		return value_nil(a);
	}
	if (take(j, '"'))
		return value_str(a, string(j));
	if (take_word(j, "true"))
		return value_bool(a, true);
	if (take_word(j, "false"))
		return value_bool(a, false);
	if (take_word(j, "null"))
		return value_nil(a);
	if (take(j, '[')) {
		Value *list = value_list(a);
		if (!take(j, ']'))
			do
				value_append(a, list, value(j, depth + 1));
			while (!j->bad && take(j, ','));
		else
			return list;
		j->bad = j->bad || !take(j, ']');
		return list;
	}
	if (take(j, '{')) {
		Value *map = value_struct(a, "map");
		if (take(j, '}'))
			return map;
		do {
			j->bad = j->bad || !take(j, '"');
			Str name = j->bad ? S("") : string(j);
			j->bad = j->bad || !take(j, ':');
			if (!j->bad)
				value_set(a, map, str_c(a, name), value(j, depth + 1));
		} while (!j->bad && take(j, ','));
		j->bad = j->bad || !take(j, '}');
		return map;
	}
	const char *from = j->p;
	while (j->p < j->end && strchr("+-.0123456789eE", *j->p) && *j->p)
		j->p++;
	j->bad = j->bad || from == j->p;
	return value_str(a, str_n(from, (size_t)(j->p - from)));
}

bool json_parse(Arena *a, Str text, Value **out)
{
	Json j = {a, text.p, text.p + text.n, false};
	*out = value(&j, 0);
	blanks(&j);
	return !j.bad && j.p == j.end;
}
