// embed.c: patterns of //go:embed to the files of a package's directory that they match. Rules and words:
// cmd/go/internal/load (resolveEmbed): what would not be part of a module cannot be embedded.
#include "load/load.h"
#include "mod/version.h"

#include <sys/stat.h>

typedef struct Embeds { Arena *a; Str dir; StrVec *files; StrMap seen; Str why; bool all; } Embeds;

static bool valid_pattern(Str p)
{
	if (!p.n || str_is(p, "."))
		return false;
	u32 start = 0;
	int brackets = 0;
	for (u32 i = 0; i <= p.n; i++) {
		if (i < p.n && p.p[i] == '\\' && ++i >= p.n)
			return false;
		if (i < p.n && p.p[i] != '/') {
			brackets += p.p[i] == '[' && !brackets ? 1 : p.p[i] == ']' && brackets ? -1 : 0;
			continue;
		}
		Str elem = str_sub(p, start, MIN(i, p.n));
		if (!elem.n || str_is(elem, ".") || str_is(elem, "..") || brackets)
			return false;
		start = i + 1;
	}
	for (u32 i = 0, w; i < p.n; i += w)
		if (utf8_decode(p.p + i, p.n - i, &w) == 0xfffd && w == 1)
			return false;
	return true;
}

static bool bad_name(Arena *a, Str name)
{
	static const char *const control[] = {".bzr", ".hg", ".git", ".svn"};
	for (u32 i = 0; i < LENGTH(control); i++)
		if (str_is(name, control[i]))
			return true;
	return file_check_path(a, name).n > 0;
}

static void add(Embeds *e, Str rel)
{
	if (strmap_has(&e->seen, rel))
		return;
	strmap_put(e->a, &e->seen, rel, e);
	vec_push(e->a, e->files, rel);
}

// What is below a directory; returns the number of files.
static u32 add_tree(Embeds *e, Str rel)
{
	StrVec names = {0};
	u32 n = 0;
	if (failed(dir_list(e->a, path_join(e->a, e->dir, rel), &names)))
		return 0;
	for (u32 i = 0; i < names.n && !e->why.n; i++) {
		Str name = names.p[i], sub = path_join(e->a, rel, name);
		struct stat st;
		if (!file_lstat(path_join(e->a, e->dir, sub), &st))
			continue;
		bool hidden = name.p[0] == '.' || name.p[0] == '_', dir = S_ISDIR(st.st_mode), bad = bad_name(e->a, name);
		if (bad || (hidden && !e->all)) {
			if (!dir && !hidden)
				e->why = str_fmt(e->a, "cannot embed file " STR_FMT ": invalid name " STR_FMT, STR_ARG(sub), STR_ARG(name));
		} else if (dir) {
			if (!file_exists(path_join(e->a, path_join(e->a, e->dir, sub), S("go.mod"))))
				n += add_tree(e, sub);
		} else if (S_ISREG(st.st_mode)) {
			n++;
			add(e, sub);
		}
	}
	return n;
}

static void add_match(Embeds *e, Str rel)
{
	struct stat st;
	if (!file_lstat(path_join(e->a, e->dir, rel), &st))
		return;
	const char *what = S_ISDIR(st.st_mode) ? "directory" : "file";
	for (Str d = rel; d.n && !str_is(d, "."); d = str_index(d, '/') >= 0 ? path_dir(d) : S("")) {
		Str at = path_join(e->a, e->dir, d), elem = path_base(d);
		struct stat parent;
		if (file_exists(path_join(e->a, at, S("go.mod"))))
			e->why = str_fmt(e->a, "cannot embed %s " STR_FMT ": in different module", what, STR_ARG(rel));
		else if (d.n < rel.n && file_lstat(at, &parent) && !S_ISDIR(parent.st_mode))
			e->why = str_fmt(e->a, "cannot embed %s " STR_FMT ": in non-directory " STR_FMT, what, STR_ARG(rel), STR_ARG(d));
		else if (bad_name(e->a, elem))
			e->why = str_fmt(e->a, "cannot embed %s " STR_FMT ": %s " STR_FMT, what, STR_ARG(rel), d.n == rel.n ? "invalid name" : "in invalid directory",
				STR_ARG(elem));
		if (e->why.n)
			return;
	}
	if (S_ISREG(st.st_mode))
		add(e, rel);
	else if (!S_ISDIR(st.st_mode))
		e->why = str_fmt(e->a, "cannot embed irregular file " STR_FMT, STR_ARG(rel));
	else if (!add_tree(e, rel) && !e->why.n)
		e->why = str_fmt(e->a, "cannot embed directory " STR_FMT ": contains no embeddable files", STR_ARG(rel));
}

Str load_embeds(Arena *a, Str dir, const EmbedRefVec *patterns, StrVec *files, u32 *bad)
{
	Embeds e = {.a = a, .dir = dir, .files = files, .why = S("")};
	for (u32 i = 0; i < patterns->n && !e.why.n; i++) {
		Str p = patterns->p[i].pattern;
		*bad = i;
		e.all = str_has_prefix(p, "all:");
		if (e.all)
			p = str_from(p, 4);
		StrVec found = {0};
		if (valid_pattern(p))
			dir_glob(a, dir, p, &found);
		else
			e.why = S("invalid pattern syntax");
		for (u32 k = 0; k < found.n && !e.why.n; k++)
			add_match(&e, found.p[k]);
		if (!found.n && !e.why.n)
			e.why = S("no matching files found");
	}
	if (e.why.n) {
		files->n = 0;
		return str_fmt(a, "pattern " STR_FMT ": " STR_FMT, STR_ARG(patterns->p[*bad].pattern), STR_ARG(e.why));
	}
	strs_sort(files);
	return S("");
}
