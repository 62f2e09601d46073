// graph.c: import paths to packages, and the graph of a build in dependency order. A package of GOROOT is found
// in GOROOT/src, or for imports by the library itself in GOROOT/src/vendor; others through Loader.find.
#include "load/facts.h"
#include "mod/version.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

void loader_init(Loader *l, BuildContext *c, Arena *a)
{
	*l = (Loader){.ctx = c, .arena = a, .diags = diags_new(a)};
}

static Str std_dir(BuildContext *c, Str path)
{
	return str_fmt(c->arena, STR_FMT "/src/" STR_FMT, STR_ARG(c->goroot), STR_ARG(path));
}

bool load_is_std(BuildContext *c, Str path)
{
	// The first element of a path outside the library has a dot (`go help importpath`), but for local modules:
	// only what is there counts.
	int slash = str_index(path, '/');
	Str first = slash >= 0 ? str_sub(path, 0, (u32)slash) : path;
	if (str_index(first, '.') >= 0 || !path.n || path.p[0] == '/')
		return false;
	Err e;
	const FileFacts *d = facts_get(c->facts, std_dir(c, path), &e);
	for (u32 i = 0; d && d->is_dir && i < d->nnames; i++)
		if (str_has_suffix(d->names[i], ".go"))
			return true;
	return false; // a directory without Go files may be another module's package
}

static Str first_elem(Str path)
{
	int slash = str_index(path, '/');
	return slash >= 0 ? str_sub(path, 0, (u32)slash) : path;
}

// ---- errors -------------------------------------------------------------------------------------

static ImportStack copy_stack(Arena *a, const ImportStack *s)
{
	ImportStack c = {0};
	for (u32 i = 0; i < s->n; i++)
		vec_push(a, &c, s->p[i]);
	return c;
}

// The shorter way to a package is shown; among equally long ones the first by name.
static bool shorter(const ImportStack *s, const ImportStack *t)
{
	if (s->n != t->n)
		return s->n < t->n;
	for (u32 i = 0; i < s->n; i++) {
		int c = str_cmp(s->p[i].path, t->p[i].path);
		if (c)
			return c < 0;
	}
	return false;
}

Str load_short_path(const BuildContext *c, Arena *a, Str path)
{
	if (!path.n || path.p[0] != '/')
		return path;
	u32 same = 0, ups = 0; // bytes of cwd that path shares, up to a '/'
	for (u32 i = 0; i <= c->cwd.n && i <= path.n; i++) {
		bool end_cwd = i == c->cwd.n, end_path = i == path.n;
		if ((end_cwd || c->cwd.p[i] == '/') && (end_path || path.p[i] == '/'))
			same = i;
		if (end_cwd || end_path || c->cwd.p[i] != path.p[i])
			break;
	}
	for (u32 i = same; i < c->cwd.n; i++)
		ups += c->cwd.p[i] == '/';
	if (c->cwd.n == 1)
		ups = 0;
	Str rest = str_from(path, MIN(same + 1, path.n));
	if (ups * 3 + rest.n >= path.n)
		return path;
	Buf b = {0};
	for (u32 i = 0; i < ups; i++)
		buf_c(&b, i + 1 < ups || rest.n ? "../" : "..");
	buf_str(&b, rest.n || ups ? rest : S("."));
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	struct stat st, full;
	bool equal = file_stat(s, &st) ? file_stat(path, &full) && st.st_ino == full.st_ino && st.st_dev == full.st_dev : !file_exists(path);
	return equal ? s : path; // ".." may be the parent of something else behind a symbolic link
}

Str load_short_pos(const BuildContext *c, Arena *a, Pos pos)
{
	SourceFile *f = source_get(pos_file(pos));
	return f ? str_fmt(a, STR_FMT ":%u:%u", STR_ARG(load_short_path(c, a, f->path)), pos_line(pos), pos_col(pos)) : S("");
}

Str load_error(Arena *a, const LoadPkg *p)
{
	if (p->err_pos.n && (!p->err_stack.n || !p->err_show_stack))
		return str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(p->err_pos), STR_ARG(p->err));
	if (!p->err_stack.n)
		return p->err;
	Buf b = {0};
	for (u32 i = 0; i < p->err_stack.n; i++) {
		ImportStep *s = &p->err_stack.p[i];
		SourceFile *f = p->err_cycle ? source_get(pos_file(s->pos)) : NULL;
		buf_printf(&b, "%s" STR_FMT, i ? "\n\timports " : "package ", STR_ARG(s->path));
		if (f)
			buf_printf(&b, " from " STR_FMT, STR_ARG(path_base(f->path)));
	}
	if (p->err_pos.n)
		buf_printf(&b, "\n\t" STR_FMT, STR_ARG(p->err_pos));
	buf_printf(&b, ": " STR_FMT, STR_ARG(p->err));
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

void load_set_error(Loader *l, LoadPkg *p, Str msg)
{
	p->incomplete = true;
	if (p->err.n)
		return;
	p->err = msg;
	p->err_stack = copy_stack(l->arena, &l->stack);
	p->err_placed = true;
}

static void set_error_at(Loader *l, LoadPkg *p, Str path, Pos pos, Str msg)
{
	bool had = p->err.n > 0;
	load_set_error(l, p, msg);
	if (!had && l->stack.n && pos && !str_eq(path, vec_last(&l->stack).path))
		p->err_pos = load_short_pos(l->ctx, l->arena, pos);
}

// An error found when the package was read gets the way that led to it.
static void place_error(Loader *l, LoadPkg *p, Str path, Pos pos)
{
	if (!p->err.n || p->err_placed)
		return;
	p->err_placed = p->incomplete = true;
	p->err_stack = copy_stack(l->arena, &l->stack);
	if (p->err_inside)
		vec_push(l->arena, &p->err_stack, (ImportStep){path, pos});
	else if (l->stack.n && pos && !str_eq(path, vec_last(&l->stack).path))
		p->err_pos = load_short_pos(l->ctx, l->arena, pos);
}

// ---- what may be imported by whom ---------------------------------------------------------------

static ImportError *import_error(Loader *l, Str msg, Pos pos, bool show_stack)
{
	ImportError *e = NEW(l->arena, ImportError);
	*e = (ImportError){msg, pos ? load_short_pos(l->ctx, l->arena, pos) : S(""), copy_stack(l->arena, &l->stack), show_stack};
	return e;
}

// The last element of path that is `elem`: its index, -1 if there is none. inner: others have to follow it.
static int find_elem(Str path, const char *elem, bool inner)
{
	u32 n = (u32)strlen(elem);
	int at = -1;
	for (u32 i = 0; i + n <= path.n; i++)
		if (memcmp(path.p + i, elem, n) == 0 && (i == 0 || path.p[i - 1] == '/') && ((i + n == path.n && !inner) || (i + n < path.n && path.p[i + n] == '/')))
			at = (int)i;
	return at;
}

static Str real_path(Arena *a, Str path)
{
	char buf[PATH_MAX];
	return realpath(str_c(a, path), buf) ? str_dup(a, str(buf)) : path;
}

// Whether the importer's directory is below the one that holds path[at:] of p.
static bool in_tree(Loader *l, LoadPkg *from, LoadPkg *p, u32 at)
{
	if (at > 0)
		at--; // the slash
	if (p->dir.n + at < p->import_path.n)
		return true;
	Str parent = path_clean(l->arena, str_sub(p->dir, 0, p->dir.n - p->import_path.n + at)), dir = path_clean(l->arena, from->dir);
	return path_has_prefix(dir, parent) || path_has_prefix(real_path(l->arena, dir), real_path(l->arena, parent));
}

static bool internal_ok(Loader *l, LoadPkg *from, LoadPkg *p)
{
	Str path = p->import_path, importer = from->import_path;
	int at = find_elem(path, "internal", false);
	if (p->err.n || at < 0 || from->is_testmain)
		return true;
	bool fips = path_has_prefix(path, S("crypto/internal/fips140"));
	if (fips && path_has_prefix(importer, S("crypto")))
		return true;
	if (path_has_prefix(importer, S("crypto/internal/fips140")))
		return path_has_prefix(path, S("crypto/internal"));
	if (!p->module)
		return in_tree(l, from, p, (u32)at);
	if (from->is_command_line)
		importer = from->for_internal;
	return path_has_prefix(importer, str_sub(path, 0, at ? (u32)at - 1 : 0));
}

static ImportError *check_import(Loader *l, LoadPkg *from, LoadPkg *p, Str path, Pos pos)
{
	Arena *a = l->arena;
	if (!internal_ok(l, from, p))
		return import_error(l, str_fmt(a, "use of internal package " STR_FMT " not allowed", STR_ARG(p->import_path)), pos, true);
	int at = find_elem(p->import_path, "vendor", true);
	if (at >= 0 && !in_tree(l, from, p, (u32)at))
		return import_error(l, S("use of vendored package not allowed"), pos, false);
	at = find_elem(path, "vendor", true);
	if (at >= 0)
		return import_error(l, str_fmt(a, STR_FMT " must be imported as " STR_FMT, STR_ARG(path), STR_ARG(str_from(path, (u32)at + 7))), pos, false);
	if (str_is(p->name, "main") && !str_eq(from->dir, p->dir))
		return import_error(l, str_fmt(a, "import \"" STR_FMT "\" is a program, not an importable package", STR_ARG(path)), pos, false);
	if (p->local && !from->local) {
		if (str_is(path, "."))
			return import_error(l, str_fmt(a, STR_FMT ": cannot import current directory", STR_ARG(path)), pos, false);
		return import_error(l, str_fmt(a, "local import \"" STR_FMT "\" in non-local package", STR_ARG(path)), pos, false);
	}
	return NULL;
}

// ---- reading one package ------------------------------------------------------------------------

static LoadPkg *failed_package(Loader *l, Str path, Str why, bool inside)
{
	LoadPkg *p = NEW(l->arena, LoadPkg);
	*p = (LoadPkg){.import_path = path, .err = why, .err_inside = inside, .go_version = l->ctx->goversion};
	return p;
}

static bool is_local(Str path)
{
	return str_is(path, ".") || str_is(path, "..") || str_has_prefix(path, "./") || str_has_prefix(path, "../");
}

// Where an import path leads: the package's own path and its directory.
typedef struct Place { Str path, dir, why; bool std, local; } Place;

static Place locate(Loader *l, Str path, LoadPkg *from)
{
	BuildContext *c = l->ctx;
	Arena *a = l->arena;
	Place at = {.path = path, .dir = S(""), .why = S(""), .local = c->gopath && is_local(path)};
	if (c->gopath && !from && str_has_prefix(path, "_/")) { // a directory that a pattern matched
		at.local = true;
		at.dir = str_from(path, 1);
	} else if (at.local) {
		at.dir = path_clean(a, path_join(a, from ? from->dir : c->cwd, path));
		at.path = str_cat(a, S("_"), at.dir);
	} else if (from && from->standard && str_index(first_elem(path), '.') >= 0) { // golang.org/x/... as vendored by the library
		at.path = str_cat(a, str_has_prefix(from->import_path, "cmd/") ? S("cmd/vendor/") : S("vendor/"), path);
		at.std = true;
	} else {
		bool vendor_first = c->gopath && l->find && !str_is(path, "unsafe") && !(from && from->standard);
		if (vendor_first) { // vendor directories come before the library
			at.dir = l->find(l->find_ctx, path, from, &at.path, &at.why);
			at.std = path_has_prefix(at.dir, path_join(a, c->goroot, S("src")));
			return at;
		}
		at.std = str_is(path, "unsafe") || load_is_std(c, path);
		if (!at.std && l->find)
			at.dir = l->find(l->find_ctx, path, from, &at.path, &at.why);
	}
	if (at.std)
		at.dir = std_dir(c, at.path);
	return at;
}

Str load_resolve(Loader *l, Str path, LoadPkg *from)
{
	return l->ctx->gopath || from->standard ? locate(l, path, from).path : path;
}

LoadPkg *load_package(Loader *l, Str path, LoadPkg *from)
{
	BuildContext *c = l->ctx;
	Arena *a = l->arena;
	if (str_has_prefix(path, "mod/"))
		return failed_package(l, path, str_fmt(a, "disallowed import path \"" STR_FMT "\"", STR_ARG(path)), true);
	if (str_index(path, '@') >= 0)
		return failed_package(l, path, S("can only use path@version syntax with 'go get' and 'go install' in module-aware mode"), true);
	Place at = locate(l, path, from);
	LoadPkg *p = strmap_get(&l->pkgs, at.path);
	if (p)
		return p;
	if (at.dir.n && file_is_dir(at.dir))
		p = load_dir(c, a, at.dir, at.path);
	else
		p = failed_package(l, at.path, at.why.n ? at.why : str_fmt(a, "package " STR_FMT " is not in std (" STR_FMT ")", STR_ARG(path),
			STR_ARG(std_dir(c, path))), false);
	p->local = at.local || is_local(path);
	p->standard = p->goroot = at.std;
	p->go_version = c->goversion;
	if (at.std)
		p->root = c->goroot;
	if (l->found)
		l->found(l->find_ctx, p, from);
	if (c->gopath && !p->err.n && p->import_comment.n && !str_eq(p->import_comment, path) && find_elem(path, "vendor", true) < 0)
		p->err = str_fmt(a, "code in directory " STR_FMT " expects import \"" STR_FMT "\"", STR_ARG(p->dir), STR_ARG(p->import_comment));
	strmap_put(a, &l->pkgs, at.path, p);
	return p;
}

// ---- the walk -----------------------------------------------------------------------------------

// UNSEEN; ACTIVE: its imports are being loaded; GIVEN_UP: they never were; DONE.
enum { UNSEEN, ACTIVE, GIVEN_UP, DONE };

// The bytes that an argument of a command may begin with and not be taken for a flag.
static bool safe_arg(Str s)
{
	char c = s.n ? s.p[0] : 0;
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '/' || (u8)c >= 0x80;
}

static bool check_name(Loader *l, LoadPkg *p, StrMap *seen, Str f)
{
	Arena *a = l->arena;
	Str low = str_lower(a, f);
	Str *other = strmap_get(seen, low);
	u32 times = 0; // more than once: named so on the command line
	for (u32 i = 0; other && p->is_command_line && i < p->go_files.n; i++)
		times += str_eq(p->go_files.p[i], f);
	if (other && (!str_eq(*other, f) || times > 1)) {
		load_set_error(l, p, str_fmt(a, "case-insensitive file name collision: \"" STR_FMT "\" and \"" STR_FMT "\"", STR_ARG(*other), STR_ARG(f)));
		return false;
	}
	if (!other) {
		other = NEW(a, Str);
		*other = f;
		strmap_put(a, seen, low, other);
	}
	return true;
}

// Files that could be taken for something else by a file system or by a command.
static bool check_files(Loader *l, LoadPkg *p)
{
	const StrVec *lists[] = {&p->go_files, &p->cgo_files, &p->ignored_go, &p->ignored_other, &p->c_files, &p->cxx_files, &p->m_files, &p->h_files,
		&p->f_files, &p->s_files, &p->swig_files, &p->swigcxx_files, &p->syso_files, &p->test_go, &p->xtest_go, &p->embed_files};
	StrMap seen = {0};
	ArenaMark m = arena_mark(l->arena);
	for (u32 i = 0; i < LENGTH(lists); i++)
		for (u32 k = 0; k < lists[i]->n; k++)
			if (!check_name(l, p, &seen, lists[i]->p[k]))
				return false;
	arena_reset(l->arena, m);
	for (u32 i = 0; i < LENGTH(lists); i++)
		for (u32 k = 0; k < lists[i]->n; k++) {
			Str f = lists[i]->p[k];
			if (!safe_arg(f) || str_has_prefix(f, "_cgo_")) {
				load_set_error(l, p, str_fmt(l->arena, "invalid input file name \"" STR_FMT "\"", STR_ARG(f)));
				return false;
			}
		}
	if (!safe_arg(path_base(p->import_path)))
		load_set_error(l, p, str_fmt(l->arena, "invalid input directory name \"" STR_FMT "\"", STR_ARG(path_base(p->import_path))));
	else if (str_index(p->dir, '\n') >= 0 || str_index(p->dir, '\r') >= 0)
		load_set_error(l, p, str_fmt(l->arena, "invalid package directory " STR_FMT, STR_ARG(go_quote(l->arena, p->dir))));
	else
		return true;
	return false;
}

// Paths that differ in case only would be one file to some systems.
static bool check_path(Loader *l, LoadPkg *p, Str path, Pos pos)
{
	Str low = str_lower(l->arena, p->import_path);
	LoadPkg *other = strmap_get(&l->folded, low);
	if (other && !str_eq(other->import_path, p->import_path)) {
		set_error_at(l, p, path, pos, str_fmt(l->arena, "case-insensitive import collision: \"" STR_FMT "\" and \"" STR_FMT "\"",
			STR_ARG(p->import_path), STR_ARG(other->import_path)));
		return false;
	}
	if (!other)
		strmap_put(l->arena, &l->folded, low, p);
	if (safe_arg(p->import_path))
		return true;
	set_error_at(l, p, path, pos, str_fmt(l->arena, "invalid import path \"" STR_FMT "\"", STR_ARG(p->import_path)));
	return false;
}

static void no_foreign_files(Loader *l, LoadPkg *p)
{
	const struct { const char *what; StrVec *files; } kinds[] = {{"C", &p->c_files}, {"C++", &p->cxx_files}, {"Objective-C", &p->m_files},
		{"Fortran", &p->f_files}};
	if (!l->ctx->cgo)
		p->c_files.n = p->cxx_files.n = p->m_files.n = p->swig_files.n = p->swigcxx_files.n = 0;
	for (u32 i = 0; i < LENGTH(kinds); i++) {
		if (!kinds[i].files->n || p->cgo_files.n || p->swig_files.n || p->swigcxx_files.n)
			continue;
		Buf b = {0};
		buf_printf(&b, "%s source files not allowed when not using cgo or SWIG:", kinds[i].what);
		for (u32 k = 0; k < kinds[i].files->n; k++)
			buf_printf(&b, " " STR_FMT, STR_ARG(kinds[i].files->p[k]));
		load_set_error(l, p, str_dup(l->arena, buf_view(&b)));
		buf_free(&b);
		return;
	}
}

static void follow(Loader *l, LoadPkg *p, Str path, Pos pos)
{
	ImportError *bad = NULL;
	LoadPkg *d = load_import(l, p, path, pos, &bad);
	if (bad && !p->err.n) {
		p->err = bad->msg;
		p->err_pos = bad->pos;
		p->err_stack = bad->stack;
		p->err_show_stack = bad->show_stack;
		p->err_placed = true;
	}
	p->incomplete = p->incomplete || bad || d->incomplete;
	strmap_put(l->arena, &p->import_map, path, d);
	vec_push(l->arena, &p->deps, d);
}

static bool imports_path(const LoadPkg *p, const char *path)
{
	for (u32 i = 0; i < p->imports.n; i++)
		if (str_is(p->imports.p[i].path, path))
			return true;
	return false;
}

// The part of loading p that needs to know how it was reached. False if its imports are not looked at.
static bool load_rest(Loader *l, LoadPkg *p, Str path, Pos pos)
{
	Arena *a = l->arena;
	place_error(l, p, path, pos);
	if (!check_path(l, p, path, pos))
		return false;
	vec_push(a, &l->stack, (ImportStep){path, pos});
	u32 depth = l->stack.n;
	bool ok = true;
	if (!l->no_embeds && p->embeds.n) {
		u32 bad = 0;
		Str why = load_embeds(a, p->dir, &p->embeds, &p->embed_files, &bad);
		bool had = p->err.n > 0;
		if (why.n)
			load_set_error(l, p, why);
		if (why.n && !had)
			p->err_pos = load_short_pos(l->ctx, a, p->embeds.p[bad].pos);
	}
	ok = check_files(l, p);
	for (u32 i = 0; ok && !l->no_imports && i < p->imports.n; i++) {
		Str written = p->imports.p[i].path;
		if (!str_is(written, "C"))
			follow(l, p, written, p->imports.p[i].pos);
		vec_push(a, &p->import_paths, str_is(written, "C") ? written : vec_last(&p->deps)->import_path);
	}
	// Every program needs the runtime; the library below it must not import it.
	if (ok && !l->no_imports && p->is_main && !p->force_library) {
		if (!imports_path(p, "runtime"))
			follow(l, p, S("runtime"), 0);
		if (str_is(l->ctx->goarch, "arm") && !imports_path(p, "math"))
			follow(l, p, S("math"), 0);
	}
	if (ok) {
		p->state = DONE; // for reuse: from here on it is no part of a cycle
		no_foreign_files(l, p);
	}
	l->stack.n = depth - 1;
	return ok;
}

// A package that was loaded before is reached again, in a cycle perhaps.
static void reuse(Loader *l, LoadPkg *p, Str path, Pos pos)
{
	vec_push(l->arena, &l->stack, (ImportStep){path, pos});
	if (p->state == ACTIVE || p->state == GIVEN_UP) {
		if (!p->err.n)
			load_set_error(l, p, S("import cycle not allowed"));
		p->err_cycle = p->incomplete = true;
	}
	if (p->err.n && p->err_stack.n && !p->err_cycle && shorter(&l->stack, &p->err_stack))
		p->err_stack = copy_stack(l->arena, &l->stack);
	l->stack.n--;
}

static void visit(Loader *l, LoadPkg *p, Str path, Pos pos)
{
	if (p->state != UNSEEN) {
		reuse(l, p, path, pos);
		return;
	}
	p->state = ACTIVE;
	if (!load_rest(l, p, path, pos))
		p->state = GIVEN_UP;
	if (l->ctx->gopath && !p->is_command_line && !is_local(path) && !str_eq(path, path_clean(l->arena, path))) {
		p->err = S("");
		set_error_at(l, p, path, pos, str_fmt(l->arena, "non-canonical import path \"" STR_FMT "\": should be \"" STR_FMT "\"", STR_ARG(path),
			STR_ARG(path_clean(l->arena, path))));
	}
	p->index = l->all.n;
	vec_push(l->arena, &l->all, p);
}

LoadPkg *load_import(Loader *l, LoadPkg *from, Str path, Pos pos, ImportError **bad)
{
	LoadPkg *p = load_package(l, path, from);
	visit(l, p, path, pos);
	*bad = from ? check_import(l, from, p, path, pos) : NULL;
	return p;
}

void load_graph(Loader *l, LoadPkg **roots, u32 n)
{
	for (u32 i = 0; i < n; i++)
		visit(l, roots[i], roots[i]->import_path, 0);
}

static void list_from(Arena *a, LoadPkg *p, Map *seen, LoadPkgVec *out)
{
	if (map_has(seen, PKEY(p)))
		return;
	map_put(a, seen, PKEY(p), p);
	for (u32 i = 0; i < p->deps.n; i++)
		list_from(a, p->deps.p[i], seen, out);
	vec_push(a, out, p);
}

void load_list(Arena *a, LoadPkg **roots, u32 n, LoadPkgVec *out)
{
	Map seen = {0};
	for (u32 i = 0; i < n; i++)
		list_from(a, roots[i], &seen, out);
}
