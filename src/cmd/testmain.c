// testmain.c: _test.go files to the source of the main package of their test binary: tables of the functions TestX,
// BenchmarkX, FuzzX and ExampleX for testing.MainStart. Facts: cmd/go/internal/load/test.go, go/doc/example.go.
#include "cmd/testmain.h"

#include "syntax/syntax.h"

typedef struct TestFunc { const char *pkg; Name name; Str output; bool unordered; } TestFunc;
typedef VEC(TestFunc) TestFuncVec;

typedef struct Finder {
	Arena *a;
	TestFuncVec tests, benchmarks, fuzz, examples;
	TestFunc *main;
	bool import_used, named_used;   // of the package being looked at
	Str err;
	Pos at;                 // of a syntax error
} Finder;

// TestX, but not Testx.
static bool is_test(Str name, const char *prefix)
{
	if (!str_has_prefix(name, prefix))
		return false;
	u32 n = (u32)strlen(prefix), w;
	if (name.n == n)
		return true;
	u32 r = utf8_decode(name.p + n, name.n - n, &w);
	return r < 0x80 ? !(r >= 'a' && r <= 'z') : !unicode_is_letter(r) || unicode_is_upper(r);
}

// func (x *T) or func (x *testing.T), without results.
static bool takes(Decl *d, const char *arg)
{
	Expr *t = d->func.type;
	if (t->func.results.n || t->func.params.n != 1)
		return false;
	Expr *p = t->func.params.p[0]->type;
	if (!p || p->kind != E_UNARY || p->op != OP_MUL)
		return false;
	Expr *x = p->unary.x;
	if (x->kind == E_SELECTOR)
		x = x->sel.sel;
	return x->kind == E_NAME && str_is(name_str(x->name.name), arg);
}

static bool check(Finder *f, Decl *d, Str name, const char *arg)
{
	const char *low = *arg == 'T' ? "t" : *arg == 'B' ? "b" : *arg == 'F' ? "f" : "m";
	Str why = S("");
	if (!takes(d, arg))
		why = str_fmt(f->a, "must be: func " STR_FMT "(%s *testing.%s)", STR_ARG(name), low, arg);
	if (d->func.tparams.n)
		why = S("test functions cannot have type parameters");
	if (why.n && !f->err.n)
		f->err = str_fmt(f->a, STR_FMT ": wrong signature for " STR_FMT ", " STR_FMT, STR_ARG(pos_fmt(f->a, d->pos)), STR_ARG(name),
			STR_ARG(why));
	return !why.n;
}

static u32 offset_of(Str text, Pos pos)
{
	u32 line = 1, i = 0;
	for (; i < text.n && line < pos_line(pos); i++)
		line += text.p[i] == '\n';
	return MIN(i + pos_col(pos) - 1, text.n);
}

// The text of a comment group as go/ast's CommentGroup.Text has it.
static Str comment_text(Arena *a, Str group)
{
	Buf b = {0};
	u32 blank = 0;
	while (group.n) {
		Str line;
		bool block = str_has_prefix(group, "/*");
		int end = block ? str_find(group, "*/") : str_index(group, '\n');
		u32 n = end < 0 ? group.n : (u32)end;
		line = str_sub(group, 2, MAX(n, 2u));
		group = str_from(group, MIN(n + (block ? 2 : 1), group.n));
		while (group.n && (group.p[0] == ' ' || group.p[0] == '\t' || group.p[0] == '\n' || group.p[0] == '\r'))
			group = str_from(group, 1);
		if (!block && line.n && line.p[0] == ' ')
			line = str_from(line, 1);
		for (;;) { // its lines
			int nl = str_index(line, '\n');
			Str l = nl >= 0 ? str_sub(line, 0, (u32)nl) : line;
			while (l.n && (l.p[l.n - 1] == ' ' || l.p[l.n - 1] == '\t' || l.p[l.n - 1] == '\r'))
				l.n--;
			if (!l.n) {
				blank++;
			} else {
				if (blank && b.n)
					buf_u8(&b, '\n');
				blank = 0;
				buf_str(&b, l);
				buf_u8(&b, '\n');
			}
			if (nl < 0)
				break;
			line = str_from(line, (u32)nl + 1);
		}
	}
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

// The last comment group of a body.
static Str last_comment(Str t)
{
	u32 start = 0, end = 0;
	bool open = false, token_on_line = false, line_comment_only = false;
	u32 newlines = 0;
	for (u32 i = 0; i < t.n;) {
		char c = t.p[i];
		if (c == '\n') {
			newlines++;
			if (newlines > 1)
				open = false;
			token_on_line = false;
			i++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			i++;
		} else if (c == '/' && i + 1 < t.n && (t.p[i + 1] == '/' || t.p[i + 1] == '*')) {
			u32 from = i;
			if (t.p[i + 1] == '/') {
				while (i < t.n && t.p[i] != '\n')
					i++;
			} else {
				for (i += 2; i + 1 < t.n && !(t.p[i] == '*' && t.p[i + 1] == '/');)
					i++;
				i = MIN(i + 2, t.n);
			}
			if (!open || (line_comment_only && newlines))
				start = from;
			line_comment_only = token_on_line;
			open = true;
			end = i;
			newlines = 0;
		} else {
			open = false;
			token_on_line = true;
			newlines = 0;
			if (c == '"' || c == '\'' || c == '`') {
				for (i++; i < t.n && t.p[i] != c && (c == '`' || t.p[i] != '\n'); i++)
					if (t.p[i] == '\\' && c != '`')
						i++;
			}
			i++;
		}
	}
	return str_sub(t, start, end);
}

static bool fold_prefix(Str s, const char *p)
{
	for (u32 i = 0; p[i]; i++)
		if (i >= s.n || (s.p[i] | 0x20) != p[i])
			return false;
	return true;
}

static void add_example(Finder *f, const char *pkg, Decl *d, Str text)
{
	f->import_used = true;
	if (!d->func.body)
		return;
	u32 from = offset_of(text, d->func.body->block->pos), to = offset_of(text, d->func.body->block->rbrace);
	if (from >= to)
		return;
	Str c = comment_text(f->a, last_comment(str_sub(text, from + 1, to)));
	while (c.n && (c.p[0] == ' ' || c.p[0] == '\t' || c.p[0] == '\n'))
		c = str_from(c, 1);
	bool unordered = fold_prefix(c, "unordered");
	if (unordered)
		c = str_from(c, 9);
	while (unordered && c.n && c.p[0] == ' ')
		c = str_from(c, 1);
	if (c.n < 7 || !fold_prefix(str_sub(c, 0, 6), "output") || c.p[6] != ':')
		return;
	c = str_from(c, 7);
	while (c.n && c.p[0] == ' ')
		c = str_from(c, 1);
	if (c.n && c.p[0] == '\n')
		c = str_from(c, 1);
	vec_push(f->a, &f->examples, (TestFunc){pkg, d->func.name->name.name, c, unordered});
	f->named_used = true;
}

// The first error of a file that go/parser would find, in its words where those are much used. Others, of directives,
// are the compiler's business. False if there is none.
static bool syntax_error(Finder *f, Str text, Diags *d)
{
	u32 n, i = 0;
	Diag *all = diags_sorted(d, &n);
	while (i < n && !str_has_prefix(all[i].msg, "syntax error: ") && !str_has_prefix(all[i].msg, "invalid character "))
		i++;
	if (i == n)
		return false;
	Str msg = all[i].msg;
	msg = msg.p[0] == 's' ? str_from(msg, 14) : str_cat(f->a, S("illegal "), str_from(msg, 8));
	if (str_is(msg, "non-declaration statement outside function body")) {
		Str rest = str_from(text, offset_of(text, all[i].pos));
		u32 len = 0, w = 0;
		while (len < rest.n && (unicode_is_letter(utf8_decode(rest.p + len, rest.n - len, &w)) || rest.p[len] == '_' || (len && unicode_is_digit((u8)rest.p[len]))))
			len += w;
		msg = str_fmt(f->a, len ? "expected declaration, found " STR_FMT : "expected declaration, found '" STR_FMT "'",
			STR_ARG(str_sub(rest, 0, len ? len : MIN(1u, rest.n))));
	}
	if (f->err.n)
		return true;
	f->err = str_dup(f->a, msg);
	f->at = all[i].pos;
	return true;
}

static void look_at(Finder *f, const char *pkg, Str path)
{
	Str text;
	Err e = file_map(f->a, path, &text);
	if (failed(e)) {
		f->err = e.msg;
		return;
	}
	Diags *d = diags_new(f->a);
	SourceFile *src = source_add(path, path);
	SyntaxFile *file = syntax_parse(f->a, src, text, NULL, d);
	if (diags_count(d) && syntax_error(f, text, d))
		return;
	for (u32 i = 0; file && i < file->decls.n; i++) {
		Decl *x = file->decls.p[i];
		if (x->kind != D_FUNC || x->func.recv || !x->func.name || !x->func.type)
			continue;
		Name id = x->func.name->name.name;
		Str name = name_str(id);
		TestFunc t = {pkg, id, S(""), false};
		TestFuncVec *to = NULL;
		if (str_is(name, "TestMain") && !takes(x, "T")) {
			if (!check(f, x, name, "M"))
				continue;
			if (f->main && !f->err.n)
				f->err = S("multiple definitions of TestMain");
			f->main = NEW(f->a, TestFunc);
			*f->main = t;
			f->named_used = f->import_used = true;
		} else if (is_test(name, "Test")) {
			to = check(f, x, name, "T") ? &f->tests : NULL;
		} else if (is_test(name, "Benchmark")) {
			to = check(f, x, name, "B") ? &f->benchmarks : NULL;
		} else if (is_test(name, "Fuzz")) {
			to = check(f, x, name, "F") ? &f->fuzz : NULL;
		} else if (is_test(name, "Example") && !x->func.type->func.params.n && !x->func.type->func.results.n) {
			add_example(f, pkg, x, text);
		}
		if (to) {
			vec_push(f->a, to, t);
			f->named_used = f->import_used = true;
		}
	}
}

static void quote(Buf *b, Str s)
{
	buf_u8(b, '"');
	for (u32 i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];
		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			buf_printf(b, "\\x%02x", c);
		else
			buf_u8(b, c);
	}
	buf_u8(b, '"');
}

static void table(Buf *b, const char *var, const char *type, const TestFuncVec *v, bool examples)
{
	buf_printf(b, "var %s = []testing.%s{\n", var, type);
	for (u32 i = 0; i < v->n; i++) {
		const TestFunc *t = &v->p[i];
		buf_printf(b, "\t{\"" STR_FMT "\", %s." STR_FMT, STR_ARG(name_str(t->name)), t->pkg, STR_ARG(name_str(t->name)));
		if (examples) {
			buf_c(b, ", ");
			quote(b, t->output);
			buf_printf(b, ", %s", t->unordered ? "true" : "false");
		}
		buf_c(b, "},\n");
	}
	buf_c(b, "}\n\n");
}

// The hook comes first: official Go calls it at the end of the initialization of main's variables, of which there are none
// that count.
static void cover_settings(Buf *b, LoadPkg *p, const TestmainCover *c)
{
	buf_c(b, "\tcfile.InitHook(true)\n\ttestdeps.CoverMode = ");
	quote(b, c->mode);
	Buf list = {0};
	for (u32 i = 0; i < c->patterns->n; i++)
		buf_printf(&list, "%s" STR_FMT, i ? ", " : " in ", STR_ARG(c->patterns->p[i]));
	buf_c(b, "\n\ttestdeps.Covered = ");
	quote(b, buf_view(&list));
	buf_free(&list);
	buf_c(b, "\n\ttestdeps.CoverSelectedPackages = []string{");
	if (!c->patterns->n)
		quote(b, p->import_path);
	for (u32 i = 0; i < c->packages->n; i++) {
		buf_c(b, i ? ", " : "");
		quote(b, c->packages->p[i]);
	}
	buf_c(b, "}\n\ttestdeps.CoverSnapshotFunc = cfile.Snapshot\n\ttestdeps.CoverProcessTestDirFunc = cfile.ProcessCoverTestDir\n"
		"\ttestdeps.CoverMarkProfileEmittedFunc = cfile.MarkProfileEmitted\n");
}

bool testmain_generate(Arena *a, LoadPkg *p, Str module, const TestmainCover *cover, Buf *out, bool *import_test, bool *import_xtest, Str *err, Pos *at)
{
	Finder *f = NEW(a, Finder);
	f->a = a;
	f->err = S("");
	for (u32 i = 0; i < p->test_go.n; i++)
		look_at(f, "_test", path_join(a, p->dir, p->test_go.p[i]));
	bool named = f->named_used;
	*import_test = p->go_files.n + p->test_go.n > 0;
	f->named_used = f->import_used = false;
	for (u32 i = 0; i < p->xtest_go.n; i++)
		look_at(f, "_xtest", path_join(a, p->dir, p->xtest_go.p[i]));
	*import_xtest = p->xtest_go.n > 0;
	if (f->err.n) {
		*err = f->err;
		*at = f->at;
		return false;
	}
	buf_c(out, "// Code generated by 'go test'. DO NOT EDIT.\n\npackage main\n\nimport (\n\t\"os\"\n");
	if (f->main)
		buf_c(out, "\t\"reflect\"\n");
	if (cover)
		buf_c(out, "\t\"internal/coverage/cfile\"\n");
	buf_c(out, "\t\"testing\"\n\t\"testing/internal/testdeps\"\n");
	if (*import_test)
		buf_printf(out, "\t%s \"" STR_FMT "\"\n", named ? "_test" : "_", STR_ARG(p->import_path));
	if (*import_xtest)
		buf_printf(out, "\t%s \"" STR_FMT "_test\"\n", f->named_used ? "_xtest" : "_", STR_ARG(p->import_path));
	buf_c(out, ")\n\n");
	table(out, "tests", "InternalTest", &f->tests, false);
	table(out, "benchmarks", "InternalBenchmark", &f->benchmarks, false);
	table(out, "fuzzTargets", "InternalFuzzTarget", &f->fuzz, false);
	table(out, "examples", "InternalExample", &f->examples, true);
	buf_c(out, "func init() {\n");
	if (cover)
		cover_settings(out, p, cover);
	buf_c(out, "\ttestdeps.ModulePath = ");
	quote(out, module);
	buf_c(out, "\n\ttestdeps.ImportPath = ");
	quote(out, p->is_command_line || str_has_prefix(p->import_path, "_/") ? S("") : p->import_path);
	buf_c(out, "\n}\n\nfunc main() {\n"
		"\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, fuzzTargets, examples)\n");
	if (f->main)
		buf_printf(out, "\t%s." STR_FMT "(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))\n}\n",
			f->main->pkg, STR_ARG(name_str(f->main->name)));
	else
		buf_c(out, "\tos.Exit(m.Run())\n}\n");
	return true;
}
