// package.c: a directory to the files of its package and what they import. Only the head of a file is read: the
// comments that may constrain it, the package clause and the imports. Words of errors: go/build.
#include "load/facts.h"

#include <stdlib.h>

typedef struct Reader {
	BuildContext *c;
	Arena *a;
	LoadPkg *p;
	StrMap imports, test_imports, xtest_imports; // path -> non-NULL once listed
	Str first_file;     // whose package name counts
} Reader;

static void add_import(Reader *r, StrMap *seen, ImportRefVec *v, Str path, Pos pos)
{
	if (strmap_has(seen, path))
		return;
	strmap_put(r->a, seen, path, r);
	vec_push(r->a, v, (ImportRef){path, pos});
}

static void package_error(Reader *r, Str msg)
{
	if (!r->p->err.n)
		r->p->err = msg;
}

static void add_other(Reader *r, Str name, bool matched)
{
	LoadPkg *p = r->p;
	static const struct { const char *ext; size_t list; } kinds[] = {
		{".c", offsetof(LoadPkg, c_files)}, {".cc", offsetof(LoadPkg, cxx_files)}, {".cpp", offsetof(LoadPkg, cxx_files)},
		{".cxx", offsetof(LoadPkg, cxx_files)}, {".h", offsetof(LoadPkg, h_files)}, {".hh", offsetof(LoadPkg, h_files)},
		{".hpp", offsetof(LoadPkg, h_files)}, {".hxx", offsetof(LoadPkg, h_files)}, {".s", offsetof(LoadPkg, s_files)},
		{".S", offsetof(LoadPkg, s_files)}, {".sx", offsetof(LoadPkg, s_files)}, {".syso", offsetof(LoadPkg, syso_files)},
	};
	for (u32 i = 0; i < LENGTH(kinds); i++)
		if (str_has_suffix(name, kinds[i].ext)) {
			StrVec *v = matched ? (StrVec *)((char *)p + kinds[i].list) : &p->ignored_other;
			vec_push(r->a, v, name);
			return;
		}
}

static void add_go_file(Reader *r, Str name, const FileFacts *f)
{
	LoadPkg *p = r->p;
	bool test = str_has_suffix(name, "_test.go");
	if (f->error.n && !f->package_name.n) {
		package_error(r, str_fmt(r->a, STR_FMT ":" STR_FMT, STR_ARG(f->path), STR_ARG(f->error)));
		vec_push(r->a, test ? &p->test_go : &p->go_files, name);
		return;
	}
	Str pkg = f->package_name;
	if (str_is(pkg, "documentation") || (f->cgo && !r->c->cgo)) { // import "C" is a constraint, too
		vec_push(r->a, &p->ignored_go, name);
		return;
	}
	bool xtest = test && str_has_suffix(pkg, "_test") && pkg.n > 5;
	if (xtest)
		pkg = str_sub(pkg, 0, pkg.n - 5);
	if (!p->name.n) {
		p->name = pkg;
		r->first_file = name;
	} else if (!str_eq(p->name, pkg)) {
		package_error(r, str_fmt(r->a, "found packages " STR_FMT " (" STR_FMT ") and " STR_FMT " (" STR_FMT ") in " STR_FMT,
			STR_ARG(p->name), STR_ARG(r->first_file), STR_ARG(pkg), STR_ARG(name), STR_ARG(p->dir)));
	}
	SourceFile *src = source_add(f->path, f->path);
	StrMap *seen = xtest ? &r->xtest_imports : test ? &r->test_imports : &r->imports;
	ImportRefVec *list = xtest ? &p->xtest_imports : test ? &p->test_imports : &p->imports;
	for (u32 i = 0; i < f->nimports; i++)
		add_import(r, seen, list, f->imports[i].path, pos_make(src->index, f->imports[i].line, f->imports[i].col));
	EmbedRefVec *embeds = xtest ? &p->xtest_embeds : test ? &p->test_embeds : &p->embeds;
	for (u32 i = 0; i < f->nembeds; i++)
		vec_push(r->a, embeds, (EmbedRef){f->embeds[i].path, pos_make(src->index, f->embeds[i].line, f->embeds[i].col)});
	vec_push(r->a, f->cgo ? &p->cgo_files : xtest ? &p->xtest_go : test ? &p->test_go : &p->go_files, name);
}

// One file of the directory, whether or not it belongs.
static void add_file(Reader *r, Str name, bool named)
{
	BuildContext *c = r->c;
	bool go = str_has_suffix(name, ".go");
	if (!named && (name.p[0] == '_' || name.p[0] == '.')) {
		if (go)
			vec_push(r->a, &r->p->ignored_go, name);
		return;
	}
	static const char *const others[] = {".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".s", ".S", ".sx", ".syso"};
	bool other = false;
	for (u32 i = 0; i < LENGTH(others) && !go; i++)
		other = other || str_has_suffix(name, others[i]);
	if (!go && !other)
		return;
	bool matched = named || match_file_name(c, name, NULL);
	if (matched && !named && !c->tests && str_has_suffix(name, "_test.go")) {
		vec_push(r->a, &r->p->test_go, name); // which of the two test packages it is in is not known
		return;
	}
	if (matched && !str_has_suffix(name, ".syso")) {
		Str why = S("");
		Err e;
		const FileFacts *f = facts_get(c->facts, path_join(r->a, r->p->dir, name), &e);
		if (!f) {
			package_error(r, e.msg);
			return;
		}
		matched = named || match_constraint(c, f->constraint, &why);
		if (why.n)
			package_error(r, str_fmt(r->a, STR_FMT ": " STR_FMT, STR_ARG(f->path), STR_ARG(why)));
		if (matched && go) {
			add_go_file(r, name, f);
			return;
		}
	}
	if (go)
		vec_push(r->a, &r->p->ignored_go, name);
	else
		add_other(r, name, matched);
}

static int by_path(const void *x, const void *y)
{
	return str_cmp(((const ImportRef *)x)->path, ((const ImportRef *)y)->path);
}

static void sort_imports(ImportRefVec *v)
{
	if (v->n)
		qsort(v->p, v->n, sizeof *v->p, by_path);
}

static LoadPkg *finish(Reader *r)
{
	LoadPkg *p = r->p;
	// .S and .sx are for the C compiler: they count only in packages that use cgo.
	u32 n = 0;
	for (u32 i = 0; i < p->s_files.n; i++) {
		Str f = p->s_files.p[i];
		if (!p->cgo_files.n && !str_has_suffix(f, ".s"))
			vec_push(r->a, &p->ignored_other, f);
		else
			p->s_files.p[n++] = f;
	}
	p->s_files.n = n;
	sort_imports(&p->imports);
	sort_imports(&p->test_imports);
	sort_imports(&p->xtest_imports);
	p->is_main = str_is(p->name, "main");
	return p;
}

LoadPkg *load_dir(BuildContext *c, Arena *a, Str dir, Str import_path)
{
	LoadPkg *p = NEW(a, LoadPkg);
	p->import_path = import_path;
	p->dir = dir;
	Reader r = {.c = c, .a = a, .p = p};
	Err e;
	const FileFacts *d = facts_get(c->facts, dir, &e);
	if (!d) {
		p->err = e.msg;
		return p;
	}
	for (u32 i = 0; i < d->nnames; i++)
		add_file(&r, d->names[i], false);
	if (!p->err.n && !p->go_files.n && !p->cgo_files.n && !p->test_go.n && !p->xtest_go.n)
		p->err = p->ignored_go.n ? str_fmt(a, "build constraints exclude all Go files in " STR_FMT, STR_ARG(dir))
		                         : str_fmt(a, "no Go files in " STR_FMT, STR_ARG(dir));
	return finish(&r);
}

LoadPkg *load_files(BuildContext *c, Arena *a, StrVec files)
{
	LoadPkg *p = NEW(a, LoadPkg);
	p->import_path = S("command-line-arguments");
	p->is_command_line = true;
	Reader r = {.c = c, .a = a, .p = p};
	Str dir0 = files.n ? path_dir(files.p[0]) : S(".");
	p->dir = dir0.p[0] == '/' ? dir0 : path_clean(a, path_join(a, c->cwd, dir0));
	for (u32 i = 0; i < files.n; i++) {
		Str f = files.p[i];
		if (!str_eq(path_dir(f), dir0)) {
			package_error(&r, str_fmt(a, "named files must all be in one directory; have " STR_FMT " and " STR_FMT,
				STR_ARG(dir0), STR_ARG(path_dir(f))));
			return p;
		}
		if (!file_exists(f)) {
			package_error(&r, str_fmt(a, "no required module provides package " STR_FMT
				"; to add it:\n\tgo get " STR_FMT, STR_ARG(f), STR_ARG(f)));
			return p;
		}
		if (file_is_dir(f)) {
			package_error(&r, str_fmt(a, STR_FMT " is a directory, should be a Go file", STR_ARG(f)));
			return p;
		}
		add_file(&r, path_base(f), true);
	}
	if (!p->err.n && !p->go_files.n && !p->cgo_files.n && !p->test_go.n && !p->xtest_go.n)
		p->err = str_fmt(a, "no Go files in " STR_FMT, STR_ARG(p->dir));
	return finish(&r);
}
