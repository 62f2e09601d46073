// graph.c: import paths to packages, and the graph of a build in dependency order. A package of GOROOT is found
// in GOROOT/src, or for imports by the library itself in GOROOT/src/vendor; others through Loader.find.
#include "load/load.h"

#include <stdlib.h>

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
	return file_is_dir(std_dir(c, path));
}

// internal/x is importable from the tree rooted at the parent of "internal" only.
static bool internal_ok(Str path, LoadPkg *from)
{
	Str p = path;
	int at = -1;
	for (u32 i = 0; i + 8 <= p.n; i++)
		if (memcmp(p.p + i, "internal", 8) == 0 && (i == 0 || p.p[i - 1] == '/') && (i + 8 == p.n || p.p[i + 8] == '/'))
			at = (int)i;
	if (at < 0)
		return true;
	Str parent = str_sub(p, 0, at ? (u32)at - 1 : 0);
	if (from->is_testmain)
		return true;
	Str f = from->for_test.n ? from->for_test : from->import_path;
	if (!parent.n)
		return from->standard;
	return str_eq(f, parent) || (f.n > parent.n && f.p[parent.n] == '/' && memcmp(f.p, parent.p, parent.n) == 0);
}

static Str first_elem(Str path)
{
	int slash = str_index(path, '/');
	return slash >= 0 ? str_sub(path, 0, (u32)slash) : path;
}

LoadPkg *load_package(Loader *l, Str path, LoadPkg *from)
{
	BuildContext *c = l->ctx;
	Str full = path, dir = S(""), why = S("");
	bool std = false;
	if (str_is(path, "unsafe")) {
		std = true;
	} else if (from && from->standard && str_index(first_elem(path), '.') >= 0) { // golang.org/x/... as vendored by the library
		full = str_cat(l->arena, str_has_prefix(from->import_path, "cmd/") ? S("cmd/vendor/") : S("vendor/"), path);
		dir = std_dir(c, full);
		std = true;
	} else if (load_is_std(c, path)) {
		dir = std_dir(c, path);
		std = true;
	} else if (l->find) {
		dir = l->find(l->find_ctx, path, from, &why);
	}
	LoadPkg *p = strmap_get(&l->pkgs, full);
	if (!p) {
		if (str_is(path, "unsafe")) {
			p = NEW(l->arena, LoadPkg);
			p->import_path = path;
			p->name = path;
			p->dir = std_dir(c, path);
		} else if (dir.n && file_is_dir(dir)) {
			p = load_dir(c, l->arena, dir, full);
		} else {
			p = NEW(l->arena, LoadPkg);
			p->import_path = full;
			p->err = why.n ? why : str_fmt(l->arena, "package " STR_FMT " is not in std (" STR_FMT ")", STR_ARG(path),
				STR_ARG(std_dir(c, path)));
		}
		p->standard = p->goroot = std;
		p->go_version = c->goversion;
		if (l->found)
			l->found(l->find_ctx, p, from);
		strmap_put(l->arena, &l->pkgs, full, p);
	}
	if (from && !p->err.n && (!std || !from->standard) && !(from->is_command_line && !std) && !internal_ok(path, from)) {
		LoadPkg *bad = NEW(l->arena, LoadPkg);
		*bad = *p;
		bad->err = str_fmt(l->arena, "use of internal package " STR_FMT " not allowed", STR_ARG(path));
		return bad;
	}
	return p;
}

enum { UNSEEN, ACTIVE, DONE };

// via[i]: where stack[i] imports what is being walked.
typedef struct Walk { Loader *l; VEC(LoadPkg *) stack; VEC(Pos) via; } Walk;

static void write_import(Walk *w, Buf *b, LoadPkg *p, Pos pos)
{
	buf_printf(b, "\n\timports " STR_FMT, STR_ARG(p->import_path));
	SourceFile *f = source_get(pos_file(pos));
	if (f)
		buf_printf(b, " from " STR_FMT, STR_ARG(path_base(f->path)));
}

// The way from the package that was asked for to the import that closes the cycle.
static void report_cycle(Walk *w, LoadPkg *p)
{
	if (p->err.n)
		return;
	Buf b = {0};
	buf_printf(&b, "package " STR_FMT, STR_ARG(w->stack.p[0]->import_path));
	for (u32 i = 1; i < w->stack.n; i++)
		write_import(w, &b, w->stack.p[i], w->via.p[i - 1]);
	write_import(w, &b, p, w->via.p[w->stack.n - 1]);
	buf_c(&b, ": import cycle not allowed");
	p->err = str_dup(w->l->arena, buf_view(&b));
	buf_free(&b);
}

static void visit(Walk *w, LoadPkg *p);

static void follow(Walk *w, LoadPkg *p, Str path, Pos pos, bool implicit)
{
	Loader *l = w->l;
	if (strmap_has(&p->import_map, path))
		return;
	LoadPkg *d = load_package(l, path, p);
	if (d->is_main && !d->err.n && !d->standard) {
		LoadPkg *bad = NEW(l->arena, LoadPkg);
		*bad = *d;
		bad->state = UNSEEN;
		bad->err = str_fmt(l->arena, "import \"" STR_FMT "\" is a program, not an importable package", STR_ARG(path));
		bad->err_pos = S("");
		bad->imports.n = bad->deps.n = 0;
		d = bad;
	}
	if (d->err.n && !d->err_pos.n && pos)
		d->err_pos = pos_fmt(l->arena, pos);
	strmap_put(l->arena, &p->import_map, path, d);
	vec_push(l->arena, &p->deps, d);
	w->via.p[w->stack.n - 1] = pos;
	if (d->state == ACTIVE)
		report_cycle(w, d);
	else
		visit(w, d);
}

static void visit(Walk *w, LoadPkg *p)
{
	if (p->state != UNSEEN)
		return;
	p->state = ACTIVE;
	vec_push(w->l->arena, &w->stack, p);
	vec_push(w->l->arena, &w->via, 0);
	for (u32 i = 0; i < p->imports.n; i++)
		follow(w, p, p->imports.p[i].path, p->imports.p[i].pos, false);
	// Every program needs the runtime; the library below it must not import it.
	if (p->is_main)
		follow(w, p, S("runtime"), 0, true);
	w->stack.n--;
	w->via.n--;
	p->state = DONE;
	p->index = w->l->all.n;
	vec_push(w->l->arena, &w->l->all, p);
}

void load_graph(Loader *l, LoadPkg **roots, u32 n)
{
	Walk w = {.l = l};
	for (u32 i = 0; i < n; i++)
		visit(&w, roots[i]);
}

// ---- patterns -----------------------------------------------------------------------------------

// pattern: with "..." matching any string, "/..." at the end also nothing.
bool load_glob(Str pat, Str s)
{
	if (!pat.n)
		return !s.n;
	if (str_has_prefix(pat, "...")) {
		for (u32 i = 0; i <= s.n; i++)
			if (load_glob(str_from(pat, 3), str_from(s, i)))
				return true;
		return false;
	}
	if (str_is(pat, "/...") && !s.n)
		return true;
	return s.n && pat.p[0] == s.p[0] && load_glob(str_from(pat, 1), str_from(s, 1));
}

static void match_tree(BuildContext *c, Arena *a, Str dir, Str path, Str pattern, StrVec *out, bool top, bool src)
{
	StrVec names = {0};
	if (failed(dir_list(a, dir, &names)))
		return;
	bool has_go = false;
	for (u32 i = 0; i < names.n; i++)
		has_go = has_go || str_has_suffix(names.p[i], ".go");
	if (has_go && path.n && load_glob(pattern, path))
		vec_push(a, out, path);
	for (u32 i = 0; i < names.n; i++) {
		Str n = names.p[i];
		Str sub = path_join(a, dir, n);
		if (n.p[0] == '.' || n.p[0] == '_' || str_is(n, "testdata") || !file_is_dir(sub))
			continue;
		if (!(top && src) && file_exists(path_join(a, sub, S("go.mod")))) // another module; but cmd is listed with std
			continue;
		match_tree(c, a, sub, path.n ? path_join(a, path, n) : n, pattern, out, false, src);
	}
}

static int by_str(const void *x, const void *y) { return str_cmp(*(const Str *)x, *(const Str *)y); }

void load_match(BuildContext *c, Arena *a, Str root, Str prefix, Str pattern, StrVec *out)
{
	match_tree(c, a, root, prefix, pattern, out, true, str_eq(root, path_join(a, c->goroot, S("src"))));
	if (out->n)
		qsort(out->p, out->n, sizeof *out->p, by_str);
}
