// package.c: a directory to the files of its package and what they import. Only the head of a file is read: the
// comments that may constrain it, the package clause and the imports. Words of errors: go/build.
#include "load/facts.h"
#include "syntax/syntax.h"

#include <stdlib.h>

typedef struct Reader {
	BuildContext *c;
	Arena *a;
	LoadPkg *p;
	StrMap imports, test_imports, xtest_imports; // path -> non-NULL once listed
	Str first_file;     // whose package name counts
	Str comment_file;   // whose import comment does
} Reader;

static void add_import(Reader *r, StrMap *seen, ImportRefVec *v, Str path, Pos pos)
{
	if (strmap_has(seen, path))
		return;
	strmap_put(r->a, seen, path, r);
	vec_push(r->a, v, (ImportRef){path, pos});
}

// The first thing that is wrong counts. inside: in a file, not with the directory as such.
static void package_error(Reader *r, Str msg, Str pos, bool inside)
{
	if (r->p->err.n)
		return;
	r->p->err = msg;
	r->p->err_pos = pos;
	r->p->err_inside = inside;
}

static void bad_file(Reader *r, Str name, Str msg, Str pos, bool inside)
{
	StrVec *v = &r->p->invalid_go;
	package_error(r, msg, pos, inside);
	if (!v->n || !str_eq(v->p[v->n - 1], name))
		vec_push(r->a, v, name);
}

static const struct { const char *ext; size_t list; } other_kinds[] = {
	{".c", offsetof(LoadPkg, c_files)}, {".cc", offsetof(LoadPkg, cxx_files)}, {".cpp", offsetof(LoadPkg, cxx_files)},
	{".cxx", offsetof(LoadPkg, cxx_files)}, {".m", offsetof(LoadPkg, m_files)}, {".h", offsetof(LoadPkg, h_files)},
	{".hh", offsetof(LoadPkg, h_files)}, {".hpp", offsetof(LoadPkg, h_files)}, {".hxx", offsetof(LoadPkg, h_files)},
	{".f", offsetof(LoadPkg, f_files)}, {".F", offsetof(LoadPkg, f_files)}, {".for", offsetof(LoadPkg, f_files)},
	{".f90", offsetof(LoadPkg, f_files)}, {".s", offsetof(LoadPkg, s_files)}, {".S", offsetof(LoadPkg, s_files)},
	{".sx", offsetof(LoadPkg, s_files)}, {".swig", offsetof(LoadPkg, swig_files)}, {".swigcxx", offsetof(LoadPkg, swigcxx_files)},
	{".syso", offsetof(LoadPkg, syso_files)},
};

// The list for files that are not Go's; NULL if such files are none of ours.
static StrVec *other_list(LoadPkg *p, Str name)
{
	int dot = str_rindex(name, '.');
	for (u32 i = 0; dot >= 0 && i < LENGTH(other_kinds); i++)
		if (str_is(str_from(name, (u32)dot), other_kinds[i].ext))
			return (StrVec *)((char *)p + other_kinds[i].list);
	return NULL;
}

// A position of facts.h, "line:col: message", split and put behind the file's name.
static void bad_syntax(Reader *r, Str name, const FileFacts *f)
{
	int colon = str_find(f->error, ": ");
	Str pos = str_fmt(r->a, STR_FMT ":" STR_FMT, STR_ARG(load_short_path(r->c, r->a, f->path)), STR_ARG(str_sub(f->error, 0, (u32)MAX(colon, 0))));
	bad_file(r, name, str_from(f->error, colon < 0 ? 0 : (u32)colon + 2), pos, true);
}

static void take_import_comment(Reader *r, Str name, const FileFacts *f)
{
	LoadPkg *p = r->p;
	Str path;
	if (!f->import_comment.line || !r->c->gopath)
		return;
	if (!syntax_unquote(r->a, f->import_comment.path, &path))
		bad_file(r, name, str_fmt(r->a, STR_FMT ":%u: cannot parse import comment", STR_ARG(f->path), f->import_comment.line), S(""), false);
	else if (!p->import_comment.n) {
		p->import_comment = path;
		r->comment_file = name;
	} else if (!str_eq(p->import_comment, path))
		bad_file(r, name, str_fmt(r->a, "found import comments \"" STR_FMT "\" (" STR_FMT ") and \"" STR_FMT "\" (" STR_FMT ") in " STR_FMT,
			STR_ARG(p->import_comment), STR_ARG(r->comment_file), STR_ARG(path), STR_ARG(name), STR_ARG(p->dir)), S(""), false);
}

static void add_go_file(Reader *r, Str name, const FileFacts *f)
{
	LoadPkg *p = r->p;
	bool test = str_has_suffix(name, "_test.go");
	if (f->error.n)
		bad_syntax(r, name, f);
	else if (f->invalid_import.n)
		bad_file(r, name, str_fmt(r->a, STR_FMT ":" STR_FMT, STR_ARG(f->path), STR_ARG(f->invalid_import)), S(""), false);
	Str pkg = f->package_name;
	if (str_is(pkg, "documentation")) {
		vec_push(r->a, &p->ignored_go, name);
		return;
	}
	bool xtest = test && str_has_suffix(pkg, "_test") && !str_eq(p->name, pkg);
	if (xtest)
		pkg = str_sub(pkg, 0, pkg.n - 5);
	if (!p->name.n) {
		p->name = pkg;
		r->first_file = name;
	} else if (!str_eq(p->name, pkg)) {
		bad_file(r, name, str_fmt(r->a, "found packages " STR_FMT " (" STR_FMT ") and " STR_FMT " (" STR_FMT ") in " STR_FMT,
			STR_ARG(p->name), STR_ARG(r->first_file), STR_ARG(pkg), STR_ARG(name), STR_ARG(p->dir)), S(""), false);
	}
	if (!test && !p->doc.n)
		p->doc = f->doc;
	take_import_comment(r, name, f);
	if (f->cgo && test)
		bad_file(r, name, str_fmt(r->a, "use of cgo in test " STR_FMT " not supported", STR_ARG(f->path)), S(""), false);
	if (f->cgo && !test && !r->c->cgo) { // import "C" is a constraint, too
		vec_push(r->a, &p->ignored_go, name);
		return;
	}
	SourceFile *src = source_add(f->path, f->path);
	StrMap *seen = xtest ? &r->xtest_imports : test ? &r->test_imports : &r->imports;
	ImportRefVec *list = xtest ? &p->xtest_imports : test ? &p->test_imports : &p->imports;
	for (u32 i = 0; i < f->nimports; i++)
		add_import(r, seen, list, f->imports[i].path, pos_make(src->index, f->imports[i].line, f->imports[i].col));
	if (f->cgo && !test)
		add_import(r, seen, list, S("C"), 0);
	EmbedRefVec *embeds = xtest ? &p->xtest_embeds : test ? &p->test_embeds : &p->embeds;
	for (u32 i = 0; i < f->nembeds; i++)
		vec_push(r->a, embeds, (EmbedRef){f->embeds[i].path, pos_make(src->index, f->embeds[i].line, f->embeds[i].col)});
	StrVec *directives = xtest ? &p->xtest_directives : test ? &p->test_directives : &p->directives;
	for (u32 i = 0; i < f->ndirectives; i++)
		vec_push(r->a, directives, f->directives[i].path);
	vec_push(r->a, f->cgo && !test ? &p->cgo_files : xtest ? &p->xtest_go : test ? &p->test_go : &p->go_files, name);
}

// One file of the directory, whether or not it belongs.
static void add_file(Reader *r, Str name, bool named)
{
	BuildContext *c = r->c;
	LoadPkg *p = r->p;
	bool go = str_has_suffix(name, ".go");
	StrVec *other = go ? NULL : other_list(p, name);
	if ((!go && !other) || name.p[0] == '_' || name.p[0] == '.')
		return;
	bool matched = named || match_file_name(c, name, NULL);
	if (matched && !named && !c->tests && str_has_suffix(name, "_test.go")) {
		vec_push(r->a, &p->test_go, name); // which of the two test packages it is in is not known
		return;
	}
	if (matched && !str_has_suffix(name, ".syso")) {
		Str why = S("");
		Err e;
		const FileFacts *f = facts_get(c->facts, path_join(r->a, p->dir, name), &e);
		if (!f) {
			if (go)
				bad_file(r, name, e.msg, S(""), false);
			return;
		}
		matched = match_constraint(c, f->constraint, &why) || named;
		if (why.n && go) {
			bad_file(r, name, str_fmt(r->a, STR_FMT ": " STR_FMT, STR_ARG(f->path), STR_ARG(why)), S(""), false);
			return;
		}
		if (matched && go) {
			add_go_file(r, name, f);
			return;
		}
	}
	vec_push(r->a, go ? &p->ignored_go : matched ? other : &p->ignored_other, name);
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

static int by_pattern(const void *x, const void *y)
{
	const EmbedRef *p = x, *q = y;
	int c = str_cmp(p->pattern, q->pattern);
	return c ? c : (p->pos > q->pos) - (p->pos < q->pos);
}

static void sort_embeds(EmbedRefVec *v)
{
	u32 n = 0;
	if (v->n)
		qsort(v->p, v->n, sizeof *v->p, by_pattern);
	for (u32 i = 0; i < v->n; i++)
		if (!n || !str_eq(v->p[n - 1].pattern, v->p[i].pattern))
			v->p[n++] = v->p[i];
	v->n = n;
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
	if (n < p->s_files.n)
		strs_sort(&p->ignored_other);
	p->s_files.n = n;
	sort_imports(&p->imports);
	sort_imports(&p->test_imports);
	sort_imports(&p->xtest_imports);
	sort_embeds(&p->embeds);
	sort_embeds(&p->test_embeds);
	sort_embeds(&p->xtest_embeds);
	p->is_main = str_is(p->name, "main");
	return p;
}

static void no_go_files(Reader *r)
{
	LoadPkg *p = r->p;
	if (!p->go_files.n && !p->cgo_files.n && !p->test_go.n && !p->xtest_go.n)
		package_error(r, str_fmt(r->a, p->ignored_go.n ? "build constraints exclude all Go files in " STR_FMT : "no Go files in " STR_FMT,
			STR_ARG(p->dir)), S(""), true);
}

LoadPkg *load_dir(BuildContext *c, Arena *a, Str dir, Str import_path)
{
	LoadPkg *p = NEW(a, LoadPkg);
	*p = (LoadPkg){.import_path = import_path, .dir = dir};
	Reader r = {.c = c, .a = a, .p = p};
	Err e;
	const FileFacts *d = facts_get(c->facts, dir, &e);
	if (!d) {
		p->err = e.msg;
		return p;
	}
	for (u32 i = 0; i < d->nnames; i++)
		add_file(&r, d->names[i], false);
	no_go_files(&r);
	return finish(&r);
}

LoadPkg *load_files(BuildContext *c, Arena *a, StrVec files)
{
	LoadPkg *p = NEW(a, LoadPkg);
	*p = (LoadPkg){.import_path = S("command-line-arguments"), .is_command_line = true, .local = true, .match = files};
	Reader r = {.c = c, .a = a, .p = p};
	Str dir0 = files.n ? path_dir(files.p[0]) : S(".");
	p->dir = path_clean(a, dir0.p[0] == '/' ? dir0 : path_join(a, c->cwd, dir0));
	for (u32 i = 0; i < files.n; i++)
		add_file(&r, path_base(files.p[i]), true);
	no_go_files(&r);
	return finish(&r);
}
