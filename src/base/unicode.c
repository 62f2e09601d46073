// unicode.c: UTF-8, and the three Unicode categories that the language asks about. A category is a sorted
// list of the runes at which membership flips: a rune is in it when an odd number of flips lie at or below.
#include "base/base.h"

#define UNICODE_LETTER
static const u32 letter[] = {
#include "base/unicode.def"
};
#undef UNICODE_LETTER
#define UNICODE_DIGIT
static const u32 digit[] = {
#include "base/unicode.def"
};
#undef UNICODE_DIGIT
#define UNICODE_UPPER
static const u32 upper[] = {
#include "base/unicode.def"
};
#undef UNICODE_UPPER

static bool flipped(const u32 *t, u32 n, u32 r)
{
	u32 lo = 0, hi = n; // t[i] <= r for i < lo, t[i] > r for i >= hi
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (t[mid] <= r)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo & 1;
}

bool unicode_is_letter(u32 r)
{
	if (r < 0x80)
		return (r | 0x20) - 'a' < 26;
	return flipped(letter, LENGTH(letter), r);
}

bool unicode_is_identifier(Str s)
{
	u32 width;
	for (u32 i = 0; i < s.n; i += width) {
		u32 r = utf8_decode(s.p + i, s.n - i, &width);
		if (!unicode_is_letter(r) && r != '_' && !(i && unicode_is_digit(r)))
			return false;
	}
	return s.n > 0;
}

bool unicode_is_digit(u32 r)
{
	if (r < 0x80)
		return r - '0' < 10;
	return flipped(digit, LENGTH(digit), r);
}

bool unicode_is_upper(u32 r)
{
	if (r < 0x80)
		return r - 'A' < 26;
	return flipped(upper, LENGTH(upper), r);
}

// Rejects overlong forms, surrogates and values above 10FFFF, as unicode/utf8 does.
u32 utf8_decode(const char *p, size_t n, u32 *width)
{
	const u8 *s = (const u8 *)p;
	u32 c = s[0], need, min;
	*width = 1;
	if (c < 0x80)
		return c;
	if (c < 0xc2)
		return 0xfffd;
	if (c < 0xe0)
		need = 1, min = 0x80, c &= 0x1f;
	else if (c < 0xf0)
		need = 2, min = 0x800, c &= 0x0f;
	else if (c < 0xf5)
		need = 3, min = 0x10000, c &= 0x07;
	else
		return 0xfffd;
	if (n <= need)
		return 0xfffd;
	for (u32 i = 1; i <= need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0xfffd;
	*width = need + 1;
	return c;
}

u32 utf8_encode(char *out, u32 r)
{
	if (r > 0x10ffff || (r >= 0xd800 && r < 0xe000))
		r = 0xfffd;
	if (r < 0x80) {
		out[0] = (char)r;
		return 1;
	}
	if (r < 0x800) {
		out[0] = (char)(0xc0 | r >> 6);
		out[1] = (char)(0x80 | (r & 0x3f));
		return 2;
	}
	if (r < 0x10000) {
		out[0] = (char)(0xe0 | r >> 12);
		out[1] = (char)(0x80 | (r >> 6 & 0x3f));
		out[2] = (char)(0x80 | (r & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | r >> 18);
	out[1] = (char)(0x80 | (r >> 12 & 0x3f));
	out[2] = (char)(0x80 | (r >> 6 & 0x3f));
	out[3] = (char)(0x80 | (r & 0x3f));
	return 4;
}
