// lex.c: text -> tokens, through the built-in preprocessor: #include, #define, #undef, #ifdef, #ifndef, #else,
// #endif, #line. A stack of readers holds the open files and the macros being expanded. Errors here end the
// file. Rules: cmd/asm/internal/lex, text/scanner.
#include "asm/internal.h"

#include <stdlib.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void lex_error(Lex *l, const char *fmt, ...)
{
	if (l->failed)
		return;
	l->failed = true;
	va_list ap;
	va_start(ap, fmt);
	Str msg = str_vfmt(l->a, fmt, ap);
	va_end(ap);
	Reader *r = lex_top(l);
	diag_add(l->o->diags, (Diag){.pos = pos_make(r->at.file, r->line, 0), .msg = msg});
}

Str lex_dots(Arena *a, Str s)
{
	bool any = false;
	for (u32 i = 0; i < s.n && !any; i++)
		any = (u8)s.p[i] == 0xc2 || (u8)s.p[i] == 0xe2;
	if (!any)
		return s;
	char *q = arena_alloc(a, s.n + 1);
	u32 n = 0;
	for (u32 i = 0; i < s.n; i++) {
		if (i + 1 < s.n && memcmp(s.p + i, "\xc2\xb7", 2) == 0)
			q[n++] = '.', i += 1;
		else if (i + 2 < s.n && memcmp(s.p + i, "\xe2\x88\x95", 3) == 0)
			q[n++] = '/', i += 2;
		else
			q[n++] = s.p[i];
	}
	return str_n(q, n);
}

// ---- scanning -------------------------------------------------------------------------------------

static bool is_ident_rune(u32 r, bool first)
{
	if (r < 128)
		return (r | 32) - 'a' < 26 || r == '_' || (!first && r - '0' < 10);
	return r == 0xb7 || r == 0x2215 || unicode_is_letter(r) || (!first && unicode_is_digit(r));
}

static bool is_digit(char c) { return (u8)(c - '0') < 10; }
static bool is_hex(char c) { return is_digit(c) || (u8)((c | 32) - 'a') < 6; }

static i32 scan_number(Reader *r)
{
	const char *p = r->p;
	bool is_float = false;
	if (*p == '0' && p + 1 < r->end && (p[1] | 32) == 'x') {
		for (p += 2; p < r->end && (is_hex(*p) || *p == '_' || *p == '.'); p++)
			is_float |= *p == '.';
		if (p < r->end && (*p | 32) == 'p') {
			is_float = true;
			p++;
			if (p < r->end && (*p == '+' || *p == '-'))
				p++;
			while (p < r->end && is_digit(*p))
				p++;
		}
	} else if (*p == '0' && p + 1 < r->end && ((p[1] | 32) == 'b' || (p[1] | 32) == 'o')) {
		for (p += 2; p < r->end && (is_digit(*p) || *p == '_'); p++) {}
	} else {
		for (; p < r->end && (is_digit(*p) || *p == '_' || *p == '.'); p++)
			is_float |= *p == '.';
		if (p < r->end && (*p | 32) == 'e') {
			is_float = true;
			p++;
			if (p < r->end && (*p == '+' || *p == '-'))
				p++;
			while (p < r->end && is_digit(*p))
				p++;
		}
	}
	r->p = p;
	return is_float ? T_FLOAT : T_INT;
}

static void scan_quoted(Reader *r, char quote)
{
	for (r->p++; r->p < r->end && *r->p != quote && *r->p != '\n'; r->p++)
		if (*r->p == '\\' && r->p + 1 < r->end && r->p[1] != '\n')
			r->p++;
	if (r->p < r->end && *r->p == quote)
		r->p++;
}

static bool is_go_build(const char *p, const char *end)
{
	return end - p >= 10 && memcmp(p, "//go:build", 10) == 0 && (end - p == 10 || p[10] == ' ' || p[10] == '\t');
}

static Tok scan(Reader *r)
{
	for (;;) {
		while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r'))
			r->p++;
		if (r->p >= r->end)
			return (Tok){T_EOF, {0}};
		const char *start = r->p;
		if (*start == '/' && start + 1 < r->end && start[1] == '/') {
			const char *nl = memchr(start, '\n', (size_t)(r->end - start));
			r->p = nl ? nl : r->end;
			if (is_go_build(start, r->p))
				return (Tok){T_BUILD, str_n(start, (size_t)(r->p - start))};
			continue;
		}
		if (*start == '/' && start + 1 < r->end && start[1] == '*') {
			for (r->p += 2; r->p < r->end && !(*r->p == '*' && r->p + 1 < r->end && r->p[1] == '/'); r->p++)
				if (*r->p == '\n')
					r->line++;
			r->p = MIN(r->p + 2, r->end);
			continue;
		}
		i32 kind;
		u32 w;
		u32 c = (u8)*start < 128 ? (w = 1, (u32)(u8)*start) : utf8_decode(start, (size_t)(r->end - start), &w);
		if (is_ident_rune(c, true)) {
			kind = T_IDENT;
			do {
				r->p += w;
				if (r->p >= r->end)
					break;
				c = (u8)*r->p < 128 ? (w = 1, (u32)(u8)*r->p) : utf8_decode(r->p, (size_t)(r->end - r->p), &w);
			} while (is_ident_rune(c, false));
		} else if (c - '0' < 10 || (c == '.' && start + 1 < r->end && is_digit(start[1]))) {
			kind = scan_number(r);
		} else if (c == '"' || c == '\'') {
			kind = c == '"' ? T_STRING : T_CHAR;
			scan_quoted(r, (char)c);
		} else {
			kind = (i32)c;
			r->p += w;
			char next = r->p < r->end ? *r->p : 0;
			if (c == '\n')
				r->line++;
			else if ((c == '-' || c == '@' || c == '>') && next == '>')
				r->p++, kind = c == '-' ? T_ARR : c == '@' ? T_ROT : T_RSH;
			else if (c == '<' && next == '<')
				r->p++, kind = T_LSH;
		}
		return (Tok){kind, str_n(start, (size_t)(r->p - start))};
	}
}

// The next token of the readers, unexpanded.
static Tok raw(Lex *l)
{
	if (l->failed)
		return l->cur = (Tok){T_EOF, {0}};
	for (;;) {
		Reader *r = lex_top(l);
		if (r->is_macro)
			l->cur = r->pos < r->ntoks ? r->toks[r->pos++] : (Tok){T_EOF, {0}};
		else
			l->cur = scan(r);
		if (l->cur.kind != T_EOF || l->depth == 1)
			return l->cur;
		l->depth--;
	}
}

static void push(Lex *l, Reader r)
{
	if (l->depth >= MAX_READERS - 1) {
		lex_error(l, "input recursion");
		return;
	}
	l->stack[l->depth++] = r;
}

// ---- directives -----------------------------------------------------------------------------------

static bool enabled(const Lex *l) { return l->ifdefs.n == 0 || vec_last(&l->ifdefs); }

static void expected(Lex *l, const char *what)
{
	lex_error(l, "%s ; got \"" STR_FMT "\"", what, STR_ARG(l->cur.kind == '\n' ? S("\\n") : l->cur.text));
}

static void expect_newline(Lex *l, const char *directive)
{
	if (raw(l).kind != '\n')
		lex_error(l, "expected newline after %s ; got \"" STR_FMT "\"", directive, STR_ARG(l->cur.text));
}

static Str macro_name(Lex *l)
{
	if (raw(l).kind != T_IDENT)
		expected(l, "expected identifier after # directive");
	return l->cur.text;
}

static void define(Lex *l)
{
	Str name = macro_name(l);
	if (l->failed)
		return;
	Macro *m = NEW(l->a, Macro);
	m->name = name;
	Reader *r = lex_top(l);
	bool paren = r->is_macro ? r->pos < r->ntoks && r->toks[r->pos].kind == '(' : r->p < r->end && *r->p == '(';
	Tok t = raw(l);
	if (t.kind == '(' && paren) {
		StrVec args = {0};
		bool accept = true;
		m->has_args = true;
		for (;;) {
			t = raw(l);
			if (t.kind == ')')
				break;
			if (t.kind == ',' ? accept : t.kind == T_IDENT && !accept) {
				lex_error(l, "bad syntax in definition for macro: " STR_FMT, STR_ARG(name));
			} else if (t.kind == ',') {
				accept = true;
			} else if (t.kind == T_IDENT) {
				for (u32 i = 0; i < args.n; i++)
					if (str_eq(args.p[i], t.text))
						lex_error(l, "duplicate argument " STR_FMT " in definition for macro: " STR_FMT, STR_ARG(t.text),
							STR_ARG(name));
				vec_push(l->a, &args, t.text);
				accept = false;
			} else {
				lex_error(l, "bad definition for macro: " STR_FMT, STR_ARG(name));
			}
			if (l->failed)
				return;
		}
		m->args = args.p;
		m->nargs = args.n;
		t = raw(l);
	}
	while (t.kind != '\n' && !(t.kind == T_EOF && m->body.n == 0 && !m->has_args)) {
		if (t.kind == T_EOF) {
			lex_error(l, "missing newline in definition for macro: " STR_FMT, STR_ARG(name));
			return;
		}
		if (t.kind == '\\') {
			t = raw(l);
			if (t.kind != '\n' && t.kind != '\\') {
				lex_error(l, "can only escape \\ or \\n in definition for macro: " STR_FMT, STR_ARG(name));
				return;
			}
		}
		vec_push(l->a, &m->body, (Tok){t.kind, lex_dots(l->a, t.text)});
		t = raw(l);
	}
	if (strmap_get(&l->macros, name)) {
		lex_error(l, "redefinition of macro: " STR_FMT, STR_ARG(name));
		return;
	}
	strmap_put(l->a, &l->macros, name, m);
}

static void undef(Lex *l)
{
	Str name = macro_name(l);
	if (!l->failed && !strmap_get(&l->macros, name))
		lex_error(l, "#undef for undefined macro: " STR_FMT, STR_ARG(name));
	if (raw(l).kind != '\n')
		lex_error(l, "syntax error in #undef for macro: " STR_FMT, STR_ARG(name));
	if (!l->failed)
		strmap_put(l->a, &l->macros, name, NULL);
}

static void ifdef(Lex *l, bool want)
{
	Str name = macro_name(l);
	expect_newline(l, "#if[n]def");
	bool on = enabled(l) && (strmap_get(&l->macros, name) != NULL) == want;
	vec_push(l->a, &l->ifdefs, on);
}

static void else_(Lex *l)
{
	expect_newline(l, "#else");
	u32 n = l->ifdefs.n;
	if (n == 0)
		lex_error(l, "unmatched #else");
	else if (n == 1 || l->ifdefs.p[n - 2])
		l->ifdefs.p[n - 1] = !l->ifdefs.p[n - 1];
}

static void endif(Lex *l)
{
	expect_newline(l, "#endif");
	if (l->ifdefs.n == 0)
		lex_error(l, "unmatched #endif");
	else
		l->ifdefs.n--;
}

// ---- files ----------------------------------------------------------------------------------------

// The name to be recorded in objects: absolute, rewritten as -trimpath says (objabi/line.go, AbsFile).
static Str recorded_name(Lex *l, Str file)
{
	Str dir = l->o->dir, name = file;
	char cwd[4096];
	if (!dir.n && getcwd(cwd, sizeof cwd))
		dir = str(cwd);
	if (!file.n || file.p[0] != '/')
		name = path_clean(l->a, path_join(l->a, dir, file));
	Str trimmed = obj_trim_path(l->a, l->o->trimpath, name);
	if (!str_eq(trimmed, name))
		return trimmed;
	if (l->o->goroot.n && path_has_prefix(name, l->o->goroot))
		name = str_cat(l->a, S("$GOROOT"), str_from(name, l->o->goroot.n));
	return name.n ? name : S("??");
}

static FilePos add_file(Lex *l, Str name)
{
	Str rec = recorded_name(l, name);
	u32 r = source_add(rec, rec)->index;
	return (FilePos){str_eq(rec, name) ? r : source_add(name, name)->index, r};
}

static void push_text(Lex *l, Str name, Str text)
{
	push(l, (Reader){.at = add_file(l, name), .line = 1, .p = text.p, .end = text.p + text.n});
}

static bool try_file(Lex *l, Str path, Str name)
{
	Str text;
	if (failed(file_map(l->a, path, &text)))
		return false;
	vec_push(l->a, l->maps, text);
	push_text(l, name, text);
	return true;
}

static void include(Lex *l)
{
	if (raw(l).kind != T_STRING) {
		expected(l, "expected string after #include");
		return;
	}
	Str name;
	if (!str_unquote(l->a, l->cur.text, &name)) {
		lex_error(l, "unquoting include file name:  invalid syntax");
		return;
	}
	expect_newline(l, "#include");
	if (l->failed)
		return;
	if (l->o->go_asm_h.p && str_is(name, "go_asm.h")) {
		push_text(l, name, l->o->go_asm_h);
		return;
	}
	Str direct = l->o->dir.n && (!name.n || name.p[0] != '/') ? path_join(l->a, l->o->dir, name) : name;
	if (try_file(l, direct, name))
		return;
	Str path = name;
	for (u32 i = 0; i < l->dirs.n; i++) {
		path = path_join(l->a, l->dirs.p[i], name);
		if (try_file(l, path, name))
			return;
	}
	lex_error(l, "#include: open " STR_FMT ": no such file or directory", STR_ARG(path));
}

// #line 337 "file": what follows is from there.
static void line(Lex *l)
{
	if (raw(l).kind != T_INT) {
		expected(l, "expected line number after #line");
		return;
	}
	u64 n = 0;
	for (u32 i = 0; i < l->cur.text.n && is_digit(l->cur.text.p[i]) && n < 1 << 24; i++)
		n = n * 10 + (u64)(l->cur.text.p[i] - '0');
	if (raw(l).kind != T_STRING) {
		expected(l, "expected file name in #line");
		return;
	}
	Str name;
	if (!str_unquote(l->a, l->cur.text, &name)) {
		lex_error(l, "unquoting #line file name:  invalid syntax");
		return;
	}
	if (raw(l).kind != '\n') {
		lex_error(l, "unexpected token at end of #line: " STR_FMT, STR_ARG(l->cur.text));
		return;
	}
	// Messages show that file with this one's line numbers, as the official assembler's do; objects are right.
	Reader *r = lex_top(l);
	SourceFile *f = source_get(r->at.record);
	struct LineDirective *d = realloc(f->directives, sizeof *d * (f->ndirectives + 1)); // lives as the SourceFile
	if (!d)
		base_die("out of memory");
	f->directives = d;
	d[f->ndirectives++] = (struct LineDirective){
		.line = r->line, .col = 1, .file = name_str(name_of(recorded_name(l, name))), .at_line = (u32)n, .at_col = 1};
	r->at.file = add_file(l, name).file;
}

static bool directive(Lex *l)
{
	if (raw(l).kind != T_IDENT) {
		expected(l, "expected identifier after '#'");
		return true;
	}
	Str d = l->cur.text;
	if (!enabled(l) && !str_is(d, "else") && !str_is(d, "endif") && !str_is(d, "ifdef") && !str_is(d, "ifndef") &&
		!str_is(d, "line"))
		return false;
	if (str_is(d, "define"))
		define(l);
	else if (str_is(d, "else"))
		else_(l);
	else if (str_is(d, "endif"))
		endif(l);
	else if (str_is(d, "ifdef"))
		ifdef(l, true);
	else if (str_is(d, "ifndef"))
		ifdef(l, false);
	else if (str_is(d, "include"))
		include(l);
	else if (str_is(d, "line"))
		line(l);
	else if (str_is(d, "undef"))
		undef(l);
	else
		lex_error(l, "unexpected token after '#': " STR_FMT, STR_ARG(d));
	return true;
}

// ---- macros ---------------------------------------------------------------------------------------

static void push_macro(Lex *l, const Tok *toks, u32 n)
{
	Reader *top = lex_top(l);
	push(l, (Reader){.is_macro = true, .at = top->at, .line = top->line, .toks = toks, .ntoks = n});
}

// One argument, up to the comma or the parenthesis that ends it.
static TokVec argument(Lex *l, const Macro *m, i32 *end)
{
	TokVec v = {0};
	u32 nesting = 0;
	for (;;) {
		Tok t = raw(l);
		if (t.kind == T_EOF || t.kind == '\n') {
			lex_error(l, "unterminated arg list invoking macro: " STR_FMT, STR_ARG(m->name));
			*end = ')';
			return v;
		}
		if (nesting == 0 && (t.kind == ')' || t.kind == ',')) {
			*end = t.kind;
			return v;
		}
		if (t.kind == '(')
			nesting++;
		if (t.kind == ')')
			nesting--;
		vec_push(l->a, &v, (Tok){t.kind, lex_dots(l->a, t.text)});
	}
}

static void invoke(Lex *l, const Macro *m)
{
	if (!m->has_args) {
		push_macro(l, m->body.p, m->body.n);
		return;
	}
	Tok t = raw(l);
	if (t.kind != '(') { // without arguments it is only a name
		l->peek = t;
		l->peeked = true;
		Tok *name = NEW(l->a, Tok);
		*name = (Tok){T_MACRO_NAME, m->name};
		push_macro(l, name, 1);
		return;
	}
	VEC(TokVec) args = {0};
	i32 end;
	do
		vec_push(l->a, &args, argument(l, m, &end));
	while (end != ')');
	if (m->nargs == 0 && args.n == 1 && args.p[0].n == 0)
		args.n = 0;
	else if (args.n != m->nargs)
		lex_error(l, "wrong arg count for macro " STR_FMT, STR_ARG(m->name));
	if (l->failed)
		return;
	TokVec out = {0};
	for (u32 i = 0; i < m->body.n; i++) {
		Tok b = m->body.p[i];
		u32 k = m->nargs;
		if (b.kind == T_IDENT)
			for (k = 0; k < m->nargs && !str_eq(m->args[k], b.text);)
				k++;
		if (k == m->nargs || args.p[k].n == 0) { // an empty argument is not substituted
			vec_push(l->a, &out, b);
			continue;
		}
		for (u32 j = 0; j < args.p[k].n; j++)
			vec_push(l->a, &out, args.p[k].p[j]);
		if (out.n > 1 << 22) {
			lex_error(l, "macro expansion too large: " STR_FMT, STR_ARG(m->name));
			return;
		}
	}
	push_macro(l, out.p, out.n);
}

Tok lex_next(Lex *l)
{
	if (l->peeked && !l->failed) {
		l->peeked = false;
		return l->peek;
	}
	for (u32 nesting = 0; nesting < 100;) {
		Tok t = raw(l);
		if (l->failed)
			return (Tok){T_EOF, {0}};
		if (t.kind == '#') {
			if (!l->line_begin)
				lex_error(l, "'#' must be first item on line");
			l->line_begin = l->failed ? false : directive(l);
			return l->failed ? (Tok){T_EOF, {0}} : (Tok){'#', S("#")};
		}
		if (t.kind == T_IDENT) {
			Macro *m = strmap_get(&l->macros, t.text);
			if (m) {
				nesting++;
				invoke(l, m);
				continue;
			}
		}
		if (t.kind == T_EOF && l->ifdefs.n) {
			lex_error(l, "unclosed #ifdef or #ifndef");
			return t;
		}
		l->line_begin = t.kind == '\n';
		if (t.kind == T_EOF || enabled(l))
			return t;
	}
	lex_error(l, "recursive macro invocation");
	return (Tok){T_EOF, {0}};
}

// ---- opening --------------------------------------------------------------------------------------

static bool predefine(Lex *l, Str d)
{
	int eq = str_index(d, '=');
	Str name = eq > 0 ? str_sub(d, 0, (u32)eq) : d, value = eq > 0 ? str_from(d, (u32)eq + 1) : S("1");
	Reader r = {.p = name.p, .end = name.p + name.n};
	Tok t = scan(&r);
	if (t.kind != T_IDENT || scan(&r).kind != T_EOF) {
		diag(l->o->diags, 0, "asm: parsing -D: \"" STR_FMT "\" is not a valid identifier name", STR_ARG(name));
		l->failed = true;
		return false;
	}
	Macro *m = NEW(l->a, Macro);
	m->name = name;
	r = (Reader){.p = value.p, .end = value.p + value.n};
	while ((t = scan(&r)).kind != T_EOF)
		vec_push(l->a, &m->body, (Tok){t.kind, lex_dots(l->a, t.text)});
	strmap_put(l->a, &l->macros, name, m);
	return true;
}

// The experiments of Go 1.27 on linux/amd64 (internal/buildcfg/exp.go).
static const char *const default_experiments[] = {
	"regabiwrappers", "regabiargs", "dwarf5", "randomizedheapbase64", "greenteagc", "jsonv2", "sizespecializedmalloc"};

bool lex_open(Lex *l, Arena *a, const AsmOptions *o, Str file, StrVec *maps)
{
	*l = (Lex){.a = a, .o = o, .line_begin = true, .maps = maps};
	bool relative = o->dir.n && (!file.n || file.p[0] != '/');
	Str path = relative ? path_join(a, o->dir, file) : file;
	vec_push(a, &l->dirs, path_dir(path));
	for (u32 i = 0; i < o->nincludes; i++)
		vec_push(a, &l->dirs, o->includes[i]);
	for (u32 i = 0; i < o->ndefines; i++)
		if (!predefine(l, o->defines[i]))
			return false;
	if (asm_allows_abi(o->import_path)) {
		if (o->experiments)
			for (u32 i = 0; i < o->nexperiments; i++)
				predefine(l, str_cat(a, S("GOEXPERIMENT_"), o->experiments[i]));
		else
			for (u32 i = 0; i < LENGTH(default_experiments); i++)
				predefine(l, str_cat(a, S("GOEXPERIMENT_"), str(default_experiments[i])));
	}
	Str text;
	Err e = file_map(a, path, &text);
	if (failed(e)) {
		diag(o->diags, 0, STR_FMT, STR_ARG(e.msg));
		return false;
	}
	vec_push(a, maps, text);
	push_text(l, file, text);
	return true;
}
