// version.c: semantic versions, their order, queries' prefixes, pseudo-versions, and what of paths depends on versions.
// Rules: https://go.dev/ref/mod#versions, golang.org/x/mod/{semver,module}. Nothing here knows where modules come from.
#include "mod/version.h"

#include <fnmatch.h>
#include <strings.h>

bool semver_digits(Str s, u32 *i)
{
	u32 start = *i;
	while (*i < s.n && s.p[*i] >= '0' && s.p[*i] <= '9')
		(*i)++;
	return *i > start && (*i == start + 1 || s.p[start] != '0');
}

static bool idents(Str s, u32 *i, bool numbers_plain)
{
	for (;;) {
		u32 start = *i;
		bool number = true;
		for (; *i < s.n; (*i)++) {
			char c = s.p[*i];
			if (c >= '0' && c <= '9')
				continue;
			if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && c != '-')
				break;
			number = false;
		}
		if (*i == start || (numbers_plain && number && *i > start + 1 && s.p[start] == '0'))
			return false;
		if (*i >= s.n || s.p[*i] != '.')
			return true;
		(*i)++;
	}
}

// v1, v1.2, v1.2.3, v1.2.3-pre+build. *ends: where major, minor, patch, prerelease end.
bool semver_split(Str v, u32 ends[4])
{
	u32 i = 1;
	if (!v.n || v.p[0] != 'v')
		return false;
	u32 k = 0;
	for (; k < 3; k++) {
		if (!semver_digits(v, &i))
			return false;
		ends[k] = i;
		if (i == v.n || v.p[i] != '.' || k == 2)
			break;
		i++;
	}
	for (u32 q = k + 1; q < 4; q++)
		ends[q] = i;
	if (i == v.n)
		return true;
	if (k < 2)
		return false;
	if (v.p[i] == '-') {
		i++;
		if (!idents(v, &i, true))
			return false;
	}
	ends[3] = i;
	if (i < v.n && v.p[i] == '+') {
		i++;
		if (!idents(v, &i, false))
			return false;
	}
	return i == v.n;
}

bool semver_valid(Str v)
{
	u32 ends[4];
	return semver_split(v, ends);
}

static int cmp_number(Str x, Str y)
{
	return x.n != y.n ? (x.n < y.n ? -1 : 1) : str_cmp(x, y);
}

static bool is_number(Str s)
{
	for (u32 i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static int cmp_pre(Str x, Str y)
{
	if (str_eq(x, y))
		return 0;
	if (!x.n || !y.n)
		return x.n ? -1 : 1;
	while (x.n && y.n) {
		x = str_from(x, 1);
		y = str_from(y, 1);
		int dx = str_index(x, '.'), dy = str_index(y, '.');
		Str ex = dx >= 0 ? str_sub(x, 0, (u32)dx) : x, ey = dy >= 0 ? str_sub(y, 0, (u32)dy) : y;
		x = str_from(x, ex.n);
		y = str_from(y, ey.n);
		if (str_eq(ex, ey))
			continue;
		bool nx = is_number(ex), ny = is_number(ey);
		if (nx != ny)
			return nx ? -1 : 1;
		return nx ? cmp_number(ex, ey) : str_cmp(ex, ey) < 0 ? -1 : 1;
	}
	return x.n ? 1 : -1;
}

int semver_cmp(Str v, Str w)
{
	u32 ev[4], ew[4];
	bool okv = semver_split(v, ev), okw = semver_split(w, ew);
	if (!okv || !okw)
		return okv - okw;
	for (u32 k = 0; k < 3; k++) {
		Str zero = S("0");
		u32 sv = k ? ev[k - 1] + 1 : 1, sw = k ? ew[k - 1] + 1 : 1;
		Str x = sv < ev[k] ? str_sub(v, sv, ev[k]) : zero, y = sw < ew[k] ? str_sub(w, sw, ew[k]) : zero;
		int c = cmp_number(x, y);
		if (c)
			return c < 0 ? -1 : 1;
	}
	return cmp_pre(str_sub(v, ev[2], ev[3]), str_sub(w, ew[2], ew[3]));
}

Str mod_escape(Arena *a, Str path)
{
	char *b = arena_alloc(a, 2 * (size_t)path.n + 1);
	u32 n = 0;
	for (u32 i = 0; i < path.n; i++) {
		char c = path.p[i];
		if (c >= 'A' && c <= 'Z') {
			b[n++] = '!';
			c |= 0x20;
		}
		b[n++] = c;
	}
	return str_n(b, n);
}

bool mod_is_dir_path(Str p)
{
	return str_is(p, ".") || str_is(p, "..") || str_has_prefix(p, "./") || str_has_prefix(p, "../") || str_has_prefix(p, "/");
}

// The major version a path's end asks for: "/v2", ".v2" of gopkg.in, or "". False: malformed.
bool mod_path_major(Str path, Str *major)
{
	*major = S("");
	u32 i = path.n;
	bool gopkg = str_has_prefix(path, "gopkg.in/");
	if (gopkg && str_has_suffix(path, "-unstable"))
		i = path.n = path.n - 9;
	while (i > 0 && path.p[i - 1] >= '0' && path.p[i - 1] <= '9')
		i--;
	if (i <= 1 || i == path.n || path.p[i - 1] != 'v' || path.p[i - 2] != (gopkg ? '.' : '/'))
		return !gopkg;
	Str m = str_from(path, i - 2);
	if (m.p[2] == '0' && m.n > 3)
		return false;
	if (!gopkg && (str_is(m, "/v0") || str_is(m, "/v1")))
		return false;
	*major = m;
	return true;
}


Str semver_major(Str v)
{
	u32 e[4];
	return semver_split(v, e) ? str_sub(v, 0, e[0]) : S("");
}

Str semver_major_minor(Str v)
{
	u32 e[4];
	return semver_split(v, e) ? str_sub(v, 0, e[1]) : S("");
}

Str semver_prerelease(Str v)
{
	u32 e[4];
	return semver_split(v, e) ? str_sub(v, e[2], e[3]) : S("");
}

Str semver_canonical(Arena *a, Str v)
{
	u32 e[4];
	if (!semver_split(v, e))
		return S("");
	if (e[1] == e[0])
		return str_cat(a, v, S(".0.0"));
	if (e[2] == e[1])
		return str_cat(a, v, S(".0"));
	return str_sub(v, 0, e[3]);
}

Str mod_canonical(Arena *a, Str v)
{
	Str c = semver_canonical(a, v);
	u32 e[4];
	if (c.n && semver_split(v, e) && str_is(str_from(v, e[3]), "+incompatible"))
		return str_cat(a, c, S("+incompatible"));
	return c;
}

// ---- releases of Go -----------------------------------------------------------------------------

typedef struct GoRelease { u64 part[3]; Str kind; u64 pre; bool patch; u32 minor_end; } GoRelease; // minor_end: where "1.21" ends

static bool go_number(Str s, u32 *i, u64 *n)
{
	u32 start = *i;
	if (!semver_digits(s, i))
		return false;
	*n = 0;
	for (u32 k = start; k < *i; k++)
		*n = *n * 10 + (u64)(s.p[k] - '0');
	return true;
}

// internal/gover: 1, 1.21, 1.21.3, 1.21rc2, 1.21name. False: none of these.
static bool split_go(Str s, GoRelease *r)
{
	*r = (GoRelease){.kind = S("")};
	u32 i = 0;
	if (!go_number(s, &i, &r->part[0]))
		return false;
	r->minor_end = i;
	if (i == s.n)
		return true;
	if (s.p[i++] != '.' || !go_number(s, &i, &r->part[1]))
		return false;
	r->minor_end = i;
	if (i == s.n)
		return true;
	if (s.p[i] == '.') {
		i++;
		r->patch = true;
		return go_number(s, &i, &r->part[2]) && i == s.n;
	}
	u32 start = i;
	while (i < s.n && s.p[i] >= 'a' && s.p[i] <= 'z')
		i++;
	r->kind = str_sub(s, start, i);
	return i > start && (i == s.n || (go_number(s, &i, &r->pre) && i == s.n));
}

static bool before_121(const GoRelease *r) { return r->part[0] < 1 || (r->part[0] == 1 && r->part[1] < 21); }

// 1.21 is the language, below 1.21rc1, below 1.21.0; before 1.21 the release without a patch number was the .0 itself.
int go_version_cmp(Str x, Str y)
{
	GoRelease p, q, *both[] = {&p, &q};
	bool ok_p = split_go(x, &p), ok_q = split_go(y, &q);
	if (!ok_p || !ok_q)
		return ok_p - ok_q;
	for (u32 i = 0; i < 2; i++)
		if (before_121(both[i]) && !both[i]->kind.n)
			both[i]->patch = true;
	for (u32 k = 0; k < 2; k++)
		if (p.part[k] != q.part[k])
			return p.part[k] < q.part[k] ? -1 : 1;
	int rank_p = p.kind.n ? 1 : p.patch ? 2 : 0, rank_q = q.kind.n ? 1 : q.patch ? 2 : 0;
	if (rank_p != rank_q)
		return rank_p < rank_q ? -1 : 1;
	int c = str_cmp(p.kind, q.kind);
	if (c)
		return c;
	u64 np = p.kind.n ? p.pre : p.part[2], nq = q.kind.n ? q.pre : q.part[2];
	return np < nq ? -1 : np > nq;
}

bool go_release_valid(Str v)
{
	GoRelease r;
	return split_go(v, &r);
}

bool go_release_is_lang(Str v)
{
	GoRelease r;
	return split_go(v, &r) && !r.kind.n && !r.patch && !before_121(&r);
}

bool go_release_is_pre(Str v)
{
	GoRelease r;
	return split_go(v, &r) && r.kind.n > 0;
}

Str go_release_lang(Str v)
{
	GoRelease r;
	return split_go(v, &r) ? str_sub(v, 0, r.minor_end) : S("");
}

Str toolchain_release(Str name)
{
	if (!str_has_prefix(name, "go") || str_index(name, '/') >= 0 || str_index(name, '\\') >= 0)
		return S("");
	u32 n = 2;
	while (n < name.n && !strchr(" \t-", name.p[n]))
		n++;
	Str v = str_sub(name, 2, n);
	return go_release_valid(v) ? v : S("");
}

bool mod_is_toolchain(Str path) { return str_is(path, "go") || str_is(path, "toolchain"); }

static Str release_of(Str path, Str v) { return str_is(path, "toolchain") && !go_release_valid(v) ? toolchain_release(v) : v; }

bool mod_version_valid(Str path, Str v)
{
	return mod_is_toolchain(path) ? go_release_valid(str_is(path, "toolchain") ? toolchain_release(v) : v) : semver_valid(v);
}

bool mod_version_is_prefix(Str path, Str v)
{
	u32 e[4];
	return mod_is_toolchain(path) ? go_release_is_lang(release_of(path, v)) : semver_split(v, e) && e[2] == e[1] && e[3] == e[2] && v.n == e[3];
}

bool mod_version_is_pre(Str path, Str v)
{
	return mod_is_toolchain(path) ? go_release_is_pre(release_of(path, v)) : semver_prerelease(v).n > 0;
}

Str mod_version_family(Arena *a, Str path, Str v)
{
	if (!mod_is_toolchain(path))
		return semver_major_minor(v);
	Str lang = go_release_lang(release_of(path, v));
	return str_is(path, "toolchain") ? str_cat(a, S("go"), lang) : lang;
}

static bool is_nothing(Str v) { return !v.n || str_is(v, "none"); }

int mod_version_cmp(Str path, Str v, Str w)
{
	if (is_nothing(v) || is_nothing(w))
		return is_nothing(w) - is_nothing(v);
	if (str_is(path, "go"))
		return go_version_cmp(v, w);
	if (str_is(path, "toolchain"))
		return go_version_cmp(release_of(path, v), release_of(path, w));
	return semver_cmp(v, w);
}

int mod_cmp(const void *x, const void *y)
{
	const ModVersion *p = x, *q = y;
	int c = str_cmp(p->path, q->path);
	if (c)
		return c;
	int sp = str_index(p->version, '/'), sq = str_index(q->version, '/');
	Str vp = sp >= 0 ? str_sub(p->version, 0, (u32)sp) : p->version, vq = sq >= 0 ? str_sub(q->version, 0, (u32)sq) : q->version;
	c = mod_version_cmp(p->path, vp, vq);
	return c ? c : str_cmp(str_from(p->version, vp.n), str_from(q->version, vq.n));
}

// ---- pseudo-versions ----------------------------------------------------------------------------

// Where "yyyymmddhhmmss-rev" begins in v, or -1. Before it stands "-", "-0." or "-pre.0.".
static int pseudo_at(Str v)
{
	u32 e[4];
	if (!semver_split(v, e) || e[2] == e[1] || e[3] == e[2])
		return -1;
	int dash = -1;
	for (u32 i = e[2]; i < e[3]; i++)
		if (v.p[i] == '-')
			dash = (int)i;
	if (dash < (int)e[2] + 15 || (u32)dash + 1 == e[3])
		return -1;
	u32 t = (u32)dash - 14;
	for (u32 i = t; i < (u32)dash; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return -1;
	for (u32 i = (u32)dash + 1; i < e[3]; i++)
		if (!((v.p[i] >= '0' && v.p[i] <= '9') || ((v.p[i] | 0x20) >= 'a' && (v.p[i] | 0x20) <= 'z')))
			return -1;
	Str before = str_sub(v, e[2], t);
	if (str_is(before, "-") || str_is(before, "-0.") || str_has_suffix(before, ".0."))
		return (int)t;
	return -1;
}

bool pseudo_is(Str v) { return pseudo_at(v) >= 0; }

Str pseudo_rev(Str v)
{
	int t = pseudo_at(v);
	u32 e[4];
	return t >= 0 && semver_split(v, e) ? str_sub(v, (u32)t + 15, e[3]) : S("");
}

Str pseudo_time(Arena *a, Str v)
{
	int t = pseudo_at(v);
	if (t < 0)
		return S("");
	const char *p = v.p + t;
	return str_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", p, p + 4, p + 6, p + 8, p + 10, p + 12);
}

Str pseudo_make(Arena *a, Str major, Str older, Str time, Str rev)
{
	u32 e[4];
	if (!major.n)
		major = S("v0");
	if (!older.n || !semver_split(older, e))
		return str_fmt(a, STR_FMT ".0.0-" STR_FMT "-" STR_FMT, STR_ARG(major), STR_ARG(time), STR_ARG(rev));
	Str build = str_from(older, e[3]), pre = str_sub(older, e[2], e[3]), core = str_sub(older, 0, e[2]);
	if (pre.n)
		return str_fmt(a, STR_FMT STR_FMT ".0." STR_FMT "-" STR_FMT STR_FMT, STR_ARG(core), STR_ARG(pre), STR_ARG(time), STR_ARG(rev),
			STR_ARG(build));
	Str patch = str_sub(older, e[1] + 1, e[2]); // one higher, in decimal of any length
	char *d = str_c(a, str_cat(a, S("0"), patch));
	u32 i = patch.n;
	while (d[i] == '9')
		d[i--] = '0';
	d[i]++;
	return str_fmt(a, STR_FMT "%s-0." STR_FMT "-" STR_FMT STR_FMT, STR_ARG(str_sub(older, 0, e[1] + 1)), d[0] == '0' ? d + 1 : d,
		STR_ARG(time), STR_ARG(rev), STR_ARG(build));
}

// ---- paths --------------------------------------------------------------------------------------

bool mod_major_fits(Str v, Str major)
{
	Str have = semver_major(v);
	if (str_has_suffix(v, "+incompatible") && !major.n)
		return true;
	if (!major.n)
		return str_is(have, "v0") || str_is(have, "v1");
	if (str_has_suffix(major, "-unstable"))
		major = str_sub(major, 0, major.n - 9);
	return str_eq(str_from(major, 1), have) || (major.p[0] == '.' && str_is(major, ".v1") && str_has_prefix(v, "v0.0.0-"));
}

Str go_quote(Arena *a, Str s)
{
	Buf b = {0};
	buf_u8(&b, '"');
	for (u32 i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];
		if (c == '"' || c == '\\')
			buf_printf(&b, "\\%c", c);
		else if (c == '\n' || c == '\t' || c == '\r')
			buf_printf(&b, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
		else if (c < 0x20 || c == 0x7f)
			buf_printf(&b, "\\x%02x", c);
		else
			buf_u8(&b, c);
	}
	buf_u8(&b, '"');
	Str r = str_dup(a, buf_view(&b));
	buf_free(&b);
	return r;
}

typedef enum PathKind { PATH_MODULE, PATH_IMPORT, PATH_FILE } PathKind;

static Str bad_char(Arena *a, Str s, u32 width)
{
	Str c = go_quote(a, str_sub(s, 0, width)); // in the other kind of quotes
	return str_fmt(a, "invalid char '" STR_FMT "'", STR_ARG(str_is(c, "\"\\\"\"") ? S("\"") : str_sub(c, 1, c.n - 1)));
}

static bool same_letters(Str x, const char *y)
{
	return x.n == strlen(y) && !strncasecmp(x.p, y, x.n);
}

static Str check_elem(Arena *a, Str e, PathKind kind)
{
	static const char *const windows[] = {"con", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "nul", "prn",
		"aux", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"};
	u32 dots = 0;
	for (u32 i = 0; i < e.n; i++)
		dots += e.p[i] == '.';
	if (!e.n)
		return S("empty path element");
	if (dots == e.n)
		return str_fmt(a, "invalid path element " STR_FMT, STR_ARG(go_quote(a, e)));
	if (e.p[0] == '.' && kind == PATH_MODULE)
		return S("leading dot in path element");
	if (e.p[e.n - 1] == '.')
		return S("trailing dot in path element");
	for (u32 i = 0; i < e.n;) {
		u32 w, r = utf8_decode(e.p + i, e.n - i, &w);
		bool plain = (r >= '0' && r <= '9') || (r < 0x80 && (r | 0x20) >= 'a' && (r | 0x20) <= 'z');
		const char *also = kind == PATH_MODULE ? "-._~" : kind == PATH_IMPORT ? "-._~+" : "!#$%&()+,-.=@[]^_{}~ ";
		if (!plain && !(r < 0x80 && r && strchr(also, (int)r)) && !(r >= 0x80 && kind == PATH_FILE && unicode_is_letter(r)))
			return bad_char(a, str_from(e, i), w);
		i += w;
	}
	int dot = str_index(e, '.');
	Str name = dot >= 0 ? str_sub(e, 0, (u32)dot) : e;
	for (u32 i = 0; i < LENGTH(windows); i++)
		if (same_letters(name, windows[i]))
			return str_fmt(a, STR_FMT " disallowed as path element component on Windows", STR_ARG(go_quote(a, name)));
	int tilde = str_rindex(name, '~');
	if (kind == PATH_FILE || tilde < 0 || (u32)tilde + 1 == name.n)
		return S("");
	for (u32 i = (u32)tilde + 1; i < name.n; i++)
		if (name.p[i] < '0' || name.p[i] > '9')
			return S("");
	return S("trailing tilde and digits in path element");
}

static Str check_elems(Arena *a, Str p, PathKind kind)
{
	for (u32 i = 0; i < p.n;) {
		u32 w, r = utf8_decode(p.p + i, p.n - i, &w);
		if (r == 0xfffd && w == 1)
			return S("invalid UTF-8");
		i += w;
	}
	if (!p.n)
		return S("empty string");
	if (p.p[0] == '-' && kind != PATH_FILE)
		return S("leading dash");
	if (str_find(p, "//") >= 0)
		return S("double slash");
	if (p.p[p.n - 1] == '/')
		return S("trailing slash");
	for (;;) {
		int slash = str_index(p, '/');
		Str why = check_elem(a, slash >= 0 ? str_sub(p, 0, (u32)slash) : p, kind);
		if (why.n || slash < 0)
			return why;
		p = str_from(p, (u32)slash + 1);
	}
}

static Str check_module(Arena *a, Str p)
{
	Str why = check_elems(a, p, PATH_MODULE), major;
	if (why.n)
		return why;
	int slash = str_index(p, '/');
	Str first = slash >= 0 ? str_sub(p, 0, (u32)slash) : p;
	if (str_index(first, '.') < 0)
		return S("missing dot in first path element");
	for (u32 i = 0; i < first.n; i++) {
		char c = first.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
			return str_fmt(a, "invalid char '%c' in first path element", c);
	}
	return mod_path_major(p, &major) ? S("") : S("invalid version");
}

static Str malformed(Arena *a, const char *kind, Str p, Str why)
{
	return why.n ? str_fmt(a, "malformed %s path " STR_FMT ": " STR_FMT, kind, STR_ARG(go_quote(a, p)), STR_ARG(why)) : why;
}

Str mod_check_path(Arena *a, Str p) { return malformed(a, "module", p, check_module(a, p)); }
Str import_check_path(Arena *a, Str p) { return malformed(a, "import", p, check_elems(a, p, PATH_IMPORT)); }
Str file_check_path(Arena *a, Str p) { return malformed(a, "file", p, check_elems(a, p, PATH_FILE)); }

bool mod_match_globs(Arena *a, Str globs, Str target)
{
	for (Str g; str_next(&globs, ',', &g);) {
		if (g.n && g.p[g.n - 1] == '/')
			g.n--;
		if (!g.n)
			continue;
		u32 slashes = 0, end = 0;
		for (u32 i = 0; i < g.n; i++)
			slashes += g.p[i] == '/';
		for (; end < target.n && (target.p[end] != '/' || slashes); end++)
			slashes -= target.p[end] == '/';
		if (!slashes && !fnmatch(str_c(a, g), str_c(a, str_sub(target, 0, end)), FNM_PATHNAME))
			return true;
	}
	return false;
}
