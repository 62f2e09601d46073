// match.c: patterns of import paths to the packages below a directory. Facts: cmd/internal/pkgpattern,
// cmd/go/internal/search and modload/search.go.
#include "load/load.h"

// "..." matches any string without VENDOR; what stands for it is no more than the last one needs.
enum { VENDOR = 1 };

static bool glob(Str pat, Str s)
{
	u32 i = 0, k = 0, after = 0, from = 0; // after: where the pattern goes on behind the last "...", which ends at s[from]
	bool star = false;
	for (;;) {
		if (str_has_prefix(str_from(pat, i), "...")) {
			star = true;
			i = after = i + 3;
			from = k;
		} else if (k < s.n && i < pat.n && pat.p[i] == s.p[k]) {
			i++;
			k++;
		} else if (k == s.n && i == pat.n) {
			return true;
		} else if (star && from < s.n && s.p[from] != VENDOR) {
			k = ++from;
			i = after;
		} else {
			return false;
		}
	}
}

bool load_glob(Str pat, Str s)
{
	return glob(pat, s) || (str_has_suffix(pat, "/...") && glob(str_sub(pat, 0, pat.n - 4), s));
}

// Elements "vendor" that others follow become one byte.
static Str mark_vendor(Arena *a, Str s)
{
	if (str_find(s, "vendor/") < 0)
		return s;
	Buf b = {0};
	for (u32 i = 0; i < s.n; i++) {
		if ((i == 0 || s.p[i - 1] == '/') && str_has_prefix(str_from(s, i), "vendor/")) {
			buf_u8(&b, VENDOR);
			i += 5;
		} else {
			buf_u8(&b, (u8)s.p[i]);
		}
	}
	Str r = str_dup(a, buf_view(&b));
	buf_free(&b);
	return r;
}

bool load_match_path(Arena *a, Str pat, Str path)
{
	if (str_is(pat, "vendor/..."))
		return false; // so the official command has it
	return load_glob(mark_vendor(a, pat), mark_vendor(a, path)) || (str_has_suffix(pat, "vendor/...") && str_eq(str_sub(pat, 0, pat.n - 4), path));
}

// Whether something below path may match.
static bool tree_can_match(Str pat, Str path)
{
	if (!pat.n)
		return true;
	int dots = str_find(pat, "...");
	Str fixed = dots >= 0 ? str_sub(pat, 0, (u32)dots) : pat;
	if (path.n <= fixed.n)
		return !path.n || path_has_prefix(fixed, path) || str_eq(fixed, path);
	return dots >= 0 && !memcmp(path.p, fixed.p, fixed.n);
}

typedef struct Walk { BuildContext *c; Arena *a; const TreeMatch *m; StrVec *out; } Walk;

// A path with a slash at both ends.
static Str slashes(Arena *a, Str s)
{
	return str_fmt(a, "%s" STR_FMT "%s", str_has_prefix(s, "/") ? "" : "/", STR_ARG(s), str_has_suffix(s, "/") ? "" : "/");
}

static bool is_ignored(Walk *w, Str dir)
{
	const TreeMatch *m = w->m;
	if (!m->ignore || !m->ignore->n || dir.n <= m->ignore_root.n || !path_has_prefix(dir, m->ignore_root))
		return false;
	Str rel = slashes(w->a, str_from(dir, m->ignore_root.n + (m->ignore_root.n > 1)));
	for (u32 i = 0; i < m->ignore->n; i++) {
		Str p = m->ignore->p[i];
		bool relative = str_has_prefix(p, "./");
		p = slashes(w->a, relative ? str_from(p, 2) : p);
		int at = str_find(rel, str_c(w->a, p));
		if (at == 0 || (at > 0 && !relative)) {
			if (m->say_ignored)
				fprintf(stderr, "# ignoring directory " STR_FMT "\n", STR_ARG(dir));
			return true;
		}
	}
	return false;
}

static void walk(Walk *w, Str dir, Str path, bool top);

static void enter(Walk *w, Str dir, Str path, Str name, FileKind kind)
{
	const TreeMatch *m = w->m;
	Str sub = path_join(w->a, dir, name), sub_path = path.n ? path_join(w->a, path, name) : name;
	if (name.p[0] == '.' || name.p[0] == '_' || str_is(name, "testdata") || !tree_can_match(m->pattern, sub_path))
		return;
	if (kind == FILE_LINK && m->warn_links && file_is_dir(sub))
		fprintf(stderr, "warning: ignoring symlink " STR_FMT "\n", STR_ARG(sub));
	if (kind != FILE_DIR || is_ignored(w, sub))
		return;
	if (m->stop_at_modules && file_exists(path_join(w->a, sub, S("go.mod"))) && !file_is_dir(path_join(w->a, sub, S("go.mod"))))
		return;
	walk(w, sub, sub_path, false);
}

static void walk(Walk *w, Str dir, Str path, bool top)
{
	DirEntryVec entries;
	dir_entries(w->a, dir, &entries);
	bool has_go = false;
	for (u32 i = 0; i < entries.n; i++)
		has_go = has_go || str_has_suffix(entries.p[i].name, ".go");
	if (has_go && path.n && (!w->m->pattern.n || load_match_path(w->a, w->m->pattern, path)))
		vec_push(w->a, w->out, path);
	if (w->m->stop_at_vendor && !top && str_is(path_base(dir), "vendor"))
		return;
	for (u32 i = 0; i < entries.n; i++)
		if (entries.p[i].kind != FILE_REGULAR)
			enter(w, dir, path, entries.p[i].name, entries.p[i].kind);
}

void load_match_tree(BuildContext *c, Arena *a, const TreeMatch *m, StrVec *out)
{
	Walk w = {c, a, m, out};
	walk(&w, m->dir, m->path, true);
	strs_sort(out);
}

void load_match(BuildContext *c, Arena *a, Str root, Str prefix, Str pattern, StrVec *out)
{
	Str src = path_join(a, c->goroot, S("src")), cmd = path_join(a, src, S("cmd"));
	TreeMatch m = {.dir = root, .path = prefix, .pattern = pattern, .stop_at_modules = true};
	load_match_tree(c, a, &m, out);
	if (str_eq(root, src) && file_is_dir(cmd)) { // a module of its own, but listed with std
		m.dir = cmd;
		m.path = S("cmd");
		load_match_tree(c, a, &m, out);
	}
}
