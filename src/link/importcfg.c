// importcfg.c: the file in which the go command tells the linker where the archives of packages are
// (cmd/link/internal/ld/ld.go, readImportCfg).
#include "link/link.h"

// Undoes strconv.Quote. False if s is no quoted string.
static bool unquote(Arena *a, Str s, Str *out)
{
	if (s.n < 2 || s.p[s.n - 1] != s.p[0] || (s.p[0] != '"' && s.p[0] != '`'))
		return false;
	if (s.p[0] == '`')
		return *out = str_sub(s, 1, s.n - 1), true;
	Buf b = {0};
	for (u32 i = 1; i + 1 < s.n; i++) {
		char c = s.p[i];
		if (c != '\\') {
			buf_u8(&b, (u8)c);
			continue;
		}
		c = s.p[++i];
		static const char from[] = "abfnrtv\\\"'", to[] = "\a\b\f\n\r\t\v\\\"'";
		const char *at = strchr(from, c);
		u32 digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0, v = 0;
		if (at && c) {
			buf_u8(&b, (u8)to[at - from]);
		} else if (digits && i + digits + 1 < s.n) {
			for (u32 k = 0; k < digits; k++) {
				u8 h = (u8)s.p[++i];
				v = v << 4 | (h <= '9' ? h - '0' : (h | 32) - 'a' + 10);
			}
			if (digits == 2) {
				buf_u8(&b, (u8)v);
			} else {
				char utf[4];
				buf_bytes(&b, utf, utf8_encode(utf, v));
			}
		} else if (c >= '0' && c <= '7' && i + 3 < s.n) {
			buf_u8(&b, (u8)((c - '0') << 6 | (s.p[i + 1] - '0') << 3 | (s.p[i + 2] - '0')));
			i += 2;
		} else {
			buf_free(&b);
			return false;
		}
	}
	*out = str_dup(a, buf_view(&b));
	buf_free(&b);
	return true;
}

Err link_read_importcfg(Arena *a, Str file, LinkInput **in, u32 *n, Str *mod_info)
{
	VEC(LinkInput) v = {0};
	Str text;
	Err e = file_map(a, file, &text);
	if (failed(e))
		return err_fmt(a, "-importcfg: %.*s", STR_ARG(e.msg));
	Str all = str_dup(a, text);
	file_unmap(text);
	for (u32 line = 1, at = 0; at < all.n; line++) {
		const char *nl = memchr(all.p + at, '\n', all.n - at);
		u32 end = nl ? (u32)(nl - all.p) : all.n;
		Str l = str_trim(str_sub(all, at, end));
		at = end + 1;
		if (!l.n || l.p[0] == '#')
			continue;
		int sp = str_index(l, ' ');
		Str verb = sp < 0 ? l : str_sub(l, 0, (u32)sp), args = sp < 0 ? S("") : str_trim(str_from(l, (u32)sp));
		int eq = str_index(args, '=');
		if (str_is(verb, "packagefile")) {
			if (eq <= 0 || (u32)eq + 1 == args.n)
				return err_fmt(a, "%.*s:%u: invalid packagefile: syntax is \"packagefile path=filename\"", STR_ARG(file), line);
			vec_push(a, &v, (LinkInput){.path = str_sub(args, 0, (u32)eq), .file = str_from(args, (u32)eq + 1)});
		} else if (str_is(verb, "packageshlib")) {
			return err_fmt(a, "%.*s:%u: shared libraries are not supported", STR_ARG(file), line);
		} else if (str_is(verb, "modinfo")) {
			if (!unquote(a, args, mod_info))
				return err_fmt(a, "%.*s:%u: invalid modinfo: invalid syntax", STR_ARG(file), line);
		} else {
			return err_fmt(a, "%.*s:%u: unknown directive \"%.*s\"", STR_ARG(file), line, STR_ARG(verb));
		}
	}
	*in = v.p;
	*n = v.n;
	return OK;
}
