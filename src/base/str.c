// str.c: strings as pointer and length, the slash-separated paths made of them, and the hash of bytes.
// Nothing here changes the bytes of a string; what is new lives in the arena given.
#include "base/base.h"

#include <stdlib.h>
#include "base/hash.h"

int str_cmp(Str a, Str b)
{
	u32 n = MIN(a.n, b.n);
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_has_prefix(Str s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool str_has_suffix(Str s, const char *suffix)
{
	size_t n = strlen(suffix);
	return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

int str_index(Str s, char c)
{
	const char *q = s.n ? memchr(s.p, c, s.n) : NULL;
	return q ? (int)(q - s.p) : -1;
}

int str_rindex(Str s, char c)
{
	const char *q = s.n ? memrchr(s.p, c, s.n) : NULL;
	return q ? (int)(q - s.p) : -1;
}

int str_find(Str s, const char *sub)
{
	size_t n = strlen(sub);
	if (n == 0)
		return 0;
	const char *q = s.n ? memmem(s.p, s.n, sub, n) : NULL;
	return q ? (int)(q - s.p) : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Str str_trim(Str s)
{
	while (s.n && is_blank(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

Str str_dup(Arena *a, Str s)
{
	return (Str){str_c(a, s), s.n};
}

char *str_c(Arena *a, Str s)
{
	char *p = arena_alloc(a, (size_t)s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

// Formats of nothing but strings, as most are, without printf's cost. False: there is something else in it.
static bool fmt_strings(Arena *a, const char *fmt, va_list ap, Str *out)
{
	enum { MOST = 12 };
	Str parts[2 * MOST];
	u32 n = 0;
	size_t total = 0;
	for (const char *p = fmt; *p;) {
		size_t plain = strcspn(p, "%");
		if (n + 2 > LENGTH(parts))
			return false;
		total += plain;
		parts[n++] = str_n(p, plain);
		p += plain;
		if (!*p)
			break;
		Str s;
		if (p[1] == 's') {
			const char *arg = va_arg(ap, const char *);
			s = str(arg ? arg : "(null)");
			p += 2;
		} else if (p[1] == '.' && p[2] == '*' && p[3] == 's') {
			int most = va_arg(ap, int);
			const char *arg = va_arg(ap, const char *);
			s = str_n(arg, most > 0 ? strnlen(arg, (size_t)most) : 0);
			p += 4;
		} else {
			return false;
		}
		total += s.n;
		parts[n++] = s;
	}
	char *to = arena_alloc(a, total + 1);
	*out = (Str){to, (u32)total};
	for (u32 i = 0; i < n; i++)
		if (parts[i].n) {
			memcpy(to, parts[i].p, parts[i].n);
			to += parts[i].n;
		}
	return true;
}

Str str_vfmt(Arena *a, const char *fmt, va_list ap)
{
	Str strings;
	va_list first;
	va_copy(first, ap);
	bool done = fmt_strings(a, fmt, first, &strings);
	va_end(first);
	if (done)
		return strings;
	char small[256];
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	if (n < 0)
		base_die("formatting failed: %s", fmt);
	char *p = arena_alloc(a, (size_t)n + 1);
	if ((size_t)n < sizeof small)
		memcpy(p, small, (size_t)n);
	else
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (Str){p, (u32)n};
}

Str str_fmt(Arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

Str str_cat(Arena *a, Str x, Str y)
{
	char *p = arena_alloc(a, (size_t)x.n + y.n + 1);
	if (x.n)
		memcpy(p, x.p, x.n);
	if (y.n)
		memcpy(p + x.n, y.p, y.n);
	return (Str){p, x.n + y.n};
}

Str path_join(Arena *a, Str dir, Str name)
{
	if (dir.n == 0)
		return str_dup(a, name);
	bool slash = dir.p[dir.n - 1] == '/';
	char *p = arena_alloc(a, (size_t)dir.n + name.n + 2);
	memcpy(p, dir.p, dir.n);
	u32 n = dir.n;
	if (!slash)
		p[n++] = '/';
	if (name.n)
		memcpy(p + n, name.p, name.n);
	return (Str){p, n + name.n};
}

bool path_has_prefix(Str path, Str prefix)
{
	return str_eq(path, prefix) || (path.n > prefix.n && path.p[prefix.n] == '/' && !memcmp(path.p, prefix.p, prefix.n));
}

Str path_dir(Str p)
{
	int i = str_rindex(p, '/');
	if (i < 0)
		return S(".");
	while (i > 0 && p.p[i - 1] == '/')
		i--;
	return i == 0 ? str_sub(p, 0, 1) : str_sub(p, 0, (u32)i);
}

Str path_base(Str p)
{
	return str_from(p, (u32)(str_rindex(p, '/') + 1));
}

// Shortest equal path by text alone: no "." or "//", ".." only in front, "." if nothing is left.
Str path_clean(Arena *a, Str p)
{
	if (p.n == 0)
		return S(".");
	char *out = arena_alloc(a, (size_t)p.n + 2);
	u32 n = 0;
	bool rooted = p.p[0] == '/';
	if (rooted)
		out[n++] = '/';
	u32 floor = n; // nothing below this offset can be taken back by ".."
	for (u32 i = 0; i < p.n;) {
		u32 j = i;
		while (j < p.n && p.p[j] != '/')
			j++;
		Str elem = str_sub(p, i, j);
		i = j + 1;
		if (elem.n == 0 || str_is(elem, "."))
			continue;
		bool up = str_is(elem, "..");
		if (up && n > floor) {
			while (n > floor && out[n - 1] != '/')
				n--;
			if (n > floor)
				n--;
			continue;
		}
		if (up && rooted)
			continue;
		if (n > 0 && out[n - 1] != '/')
			out[n++] = '/';
		memcpy(out + n, elem.p, elem.n);
		n += elem.n;
		if (up)
			floor = n;
	}
	if (n == 0)
		out[n++] = '.';
	out[n] = 0;
	return (Str){out, n};
}

u32 hash_bytes(const void *ptr, size_t n)
{
	const u8 *p = ptr;
	u64 x, y, h = 0;
	if (n <= 16) {
		hash_words(p, n, &x, &y);
		return hash_finish(x, y, n);
	}
	const u8 *end = p + n - 16;
	for (; p < end; p += 16)
		h = hash_fold(get_u64(p) ^ h ^ HASH_K0, get_u64(p + 8) ^ HASH_K1);
	return hash_finish(get_u64(end) ^ h, get_u64(end + 8), n);
}

void checksum(const void *ptr, size_t n, u8 out[16])
{
	const u8 *p = ptr;
	u64 a = HASH_K0 ^ n, b = HASH_K1, x, y;
	for (; n > 32; n -= 32, p += 32) { // two chains, which the processor works on at the same time
		a = hash_fold(get_u64(p) ^ a, get_u64(p + 8) ^ HASH_K1) + get_u64(p + 16);
		b = hash_fold(get_u64(p + 16) ^ b, get_u64(p + 24) ^ HASH_K0) + get_u64(p);
	}
	hash_words(p, MIN(n, (size_t)16), &x, &y);
	a = hash_fold(x ^ a, y ^ HASH_K1);
	p += MIN(n, (size_t)16);
	hash_words(p, n > 16 ? n - 16 : 0, &x, &y);
	b = hash_fold(x ^ b, y ^ HASH_K0);
	put_u64(out, hash_fold(a ^ HASH_K0, b ^ HASH_K1));
	put_u64(out + 8, hash_fold(a ^ HASH_K1, b + HASH_K0));
}

bool str_next(Str *rest, char sep, Str *part)
{
	if (!rest->n)
		return false;
	int at = str_index(*rest, sep);
	*part = at >= 0 ? str_sub(*rest, 0, (u32)at) : *rest;
	*rest = str_from(*rest, part->n + (at >= 0));
	return true;
}

bool strs_has(const StrVec *v, Str s)
{
	for (u32 i = 0; i < v->n; i++)
		if (str_eq(v->p[i], s))
			return true;
	return false;
}

static int by_bytes(const void *x, const void *y) { return str_cmp(*(const Str *)x, *(const Str *)y); }

void strs_sort(StrVec *v)
{
	if (v->n)
		qsort(v->p, v->n, sizeof *v->p, by_bytes);
}

void strs_unique(StrVec *v)
{
	u32 n = 0;
	for (u32 i = 0; i < v->n; i++)
		if (!n || !str_eq(v->p[n - 1], v->p[i]))
			v->p[n++] = v->p[i];
	v->n = n;
}

bool split_words(Arena *a, Str v, StrVec *out)
{
	out->n = 0;
	for (u32 i = 0; i < v.n;) {
		if (v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\n') {
			i++;
			continue;
		}
		char q = v.p[i];
		u32 start = i;
		if (q == '"' || q == '\'') {
			for (start = ++i; i < v.n && v.p[i] != q;)
				i++;
			if (i == v.n)
				return false;
			vec_push(a, out, str_sub(v, start, i++));
		} else {
			while (i < v.n && v.p[i] != ' ' && v.p[i] != '\t' && v.p[i] != '\n')
				i++;
			vec_push(a, out, str_sub(v, start, i));
		}
	}
	return true;
}

Str str_lower(Arena *a, Str s)
{
	char *t = arena_alloc(a, s.n + 1);
	for (u32 i = 0; i < s.n; i++)
		t[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
	return str_n(t, s.n);
}
