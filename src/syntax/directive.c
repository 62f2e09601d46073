// directive.c: comments that are directives: //line, //go:build, and the //go: pragmas, which wait in
// p->pending for the declaration behind them. Where which is allowed, and messages: noder/noder.go, lex.go and
// writer.go (collectDecls) of cmd/compile/internal.
#include "syntax/parse.h"

#include <ctype.h>
#include <stdlib.h>

// Bits beside those of Pragma, which need no place in the tree.
#define PRAGMA_GO_BUILD (1u << 31) // //go:build, allowed before the package clause

static const struct { const char *verb; u32 flags; } pragmas[] = {
	{"go:build", PRAGMA_GO_BUILD},
	{"go:noescape", PRAGMA_NOESCAPE},
	{"go:norace", PRAGMA_NORACE},
	{"go:nosplit", PRAGMA_NOSPLIT | PRAGMA_NOCHECKPTR},
	{"go:noinline", PRAGMA_NOINLINE},
	{"go:nocheckptr", PRAGMA_NOCHECKPTR},
	{"go:systemstack", PRAGMA_SYSTEMSTACK},
	{"go:nowritebarrier", PRAGMA_NOWRITEBARRIER},
	{"go:nowritebarrierrec", PRAGMA_NOWRITEBARRIERREC | PRAGMA_NOWRITEBARRIER},
	{"go:yeswritebarrierrec", PRAGMA_YESWRITEBARRIERREC},
	{"go:cgo_unsafe_args", PRAGMA_CGO_UNSAFE_ARGS | PRAGMA_NOCHECKPTR},
	{"go:uintptrkeepalive", PRAGMA_UINTPTR_KEEPALIVE},
	{"go:uintptrescapes", PRAGMA_UINTPTR_ESCAPES | PRAGMA_UINTPTR_KEEPALIVE},
	{"go:registerparams", PRAGMA_REGISTERPARAMS},
};
#define PRAGMAS_FUNC (~PRAGMA_GO_BUILD)
#define PRAGMAS_RUNTIME (PRAGMA_SYSTEMSTACK | PRAGMA_NOWRITEBARRIER | PRAGMA_NOWRITEBARRIERREC | PRAGMA_YESWRITEBARRIERREC)

// Allowed in the standard library without having a flag.
static const char *const std_verbs[] = {"go:cgo_export_static", "go:cgo_export_dynamic", "go:cgo_import_static",
	"go:cgo_import_dynamic", "go:cgo_ldflag", "go:cgo_dynamic_linker", "go:embed", "go:fix", "go:generate"};

// Reported at once, but not a syntax error: parsing goes on as if nothing was.
static void complain(Parser *p, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void complain(Parser *p, Pos pos, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	diag_add(p->d, (Diag){.pos = pos, .msg = str_vfmt(p->a, fmt, ap)});
	va_end(ap);
}

static void late(Parser *p, Pos pos, const char *msg)
{
	vec_push(p->a, &p->f->late, (Diag){.pos = pos, .msg = str(msg)});
}

// ---- line directives ----------------------------------------------------------------------------

// Splits ":123" off the end of s: *at is the offset of the digits, 0 if there is no ":". False if what is behind
// it is no number; a number that is too large gives UINT32_MAX.
static bool trailing_number(Str s, u32 *at, u32 *n)
{
	int colon = str_rindex(s, ':');
	*at = (u32)(colon + 1);
	*n = 0;
	if (colon < 0 || *at == s.n)
		return false;
	u64 v = 0;
	for (u32 i = *at; i < s.n; i++) {
		if (!isdigit((u8)s.p[i]))
			return false;
		v = v * 10 + (u64)(s.p[i] - '0');
		if (v > UINT32_MAX)
			v = UINT32_MAX;
	}
	*n = (u32)v;
	return true;
}

#define POS_MAX (1u << 30) // of lines and columns (cmd/compile/internal/syntax/pos.go)

// text: behind "line ", at text_pos. The directive holds from (line, col) on.
static void line_directive(Parser *p, Str text, const char *at, u32 line, u32 col)
{
	u32 i, n, i2, n2;
	bool ok = trailing_number(text, &i, &n);
	if (i == 0)
		return; // an ordinary comment
	if (!ok) {
		error_at(p, scan_pos_at(p, at + i), "invalid line number: " STR_FMT, STR_ARG(str_from(text, i)));
		return;
	}
	struct LineDirective d = {.line = line, .col = col};
	bool has_col = trailing_number(str_sub(text, 0, i - 1), &i2, &n2);
	if (has_col) {
		if (n == 0 || n > POS_MAX) {
			error_at(p, scan_pos_at(p, at + i), "invalid column number: " STR_FMT, STR_ARG(str_from(text, i)));
			return;
		}
		d.at_col = n;
		text = str_sub(text, 0, i - 1);
		i = i2;
		n = n2;
	}
	if (n == 0 || n > POS_MAX) {
		error_at(p, scan_pos_at(p, at + i), "invalid line number: " STR_FMT, STR_ARG(str_from(text, i)));
		return;
	}
	d.at_line = n;
	Str name = str_sub(text, 0, i - 1), dir = path_dir(p->f->source->name);
	if (name.n == 0 && has_col) { // the file as before
		d.file = p->line_directives.n ? vec_last(&p->line_directives).file : p->f->source->name;
	} else if (name.n) {
		d.file = path_clean(p->a, name);
		if (d.file.p[0] != '/' && !str_is(dir, "."))
			d.file = path_clean(p->a, path_join(p->a, dir, d.file));
	}
	vec_push(p->a, &p->line_directives, d);
}

// Source files outlive the parser's arena, so their directives move to the heap.
void directive_finish(Parser *p)
{
	u32 n = p->line_directives.n;
	size_t names = 0;
	if (n == 0)
		return;
	for (u32 i = 0; i < n; i++)
		names += p->line_directives.p[i].file.n + 1;
	struct LineDirective *d = malloc(n * sizeof *d + names);
	if (!d)
		base_die("out of memory");
	char *to = (char *)(d + n);
	for (u32 i = 0; i < n; i++) {
		d[i] = p->line_directives.p[i];
		if (d[i].file.n)
			memcpy(to, d[i].file.p, d[i].file.n);
		to[d[i].file.n] = 0;
		d[i].file.p = to;
		to += d[i].file.n + 1;
	}
	p->f->source->directives = d;
	p->f->source->ndirectives = n;
}

// ---- build constraints --------------------------------------------------------------------------

// The lowest language version that a //go:build line implies (go/build/constraint/vers.go): -1 for none. The
// negation of the expression is evaluated beside it. Parsing and evaluation are one.
typedef struct Version { int yes, no; } Version;
typedef struct Constraint { const char *q, *end; u32 terms; bool bad; } Constraint;

static Version constraint_or(Constraint *c, u32 depth);

static bool constraint_token(Constraint *c, const char *t)
{
	while (c->q < c->end && (*c->q == ' ' || *c->q == '\t'))
		c->q++;
	size_t n = strlen(t);
	if ((size_t)(c->end - c->q) < n || memcmp(c->q, t, n) != 0)
		return false;
	c->q += n;
	return true;
}

static Version constraint_term(Constraint *c, u32 depth)
{
	Version none = {-1, -1};
	if (++c->terms > 1000 || depth > 1000) {
		c->bad = true;
		return none;
	}
	if (constraint_token(c, "!")) {
		if (constraint_token(c, "!"))
			c->bad = true;
		Version v = constraint_term(c, depth + 1);
		return (Version){v.no, v.yes};
	}
	if (constraint_token(c, "(")) {
		Version v = constraint_or(c, depth + 1);
		c->bad |= !constraint_token(c, ")");
		return v;
	}
	const char *from = c->q;
	for (u32 width; c->q < c->end; c->q += width) {
		u32 r = utf8_decode(c->q, (size_t)(c->end - c->q), &width);
		if (!unicode_is_letter(r) && !unicode_is_digit(r) && r != '_' && r != '.')
			break;
	}
	Str tag = {from, (u32)(c->q - from)};
	c->bad |= tag.n == 0;
	if (str_is(tag, "go1"))
		return (Version){0, -1};
	if (!str_has_prefix(tag, "go1.") || tag.n == 4 || tag.n > 12)
		return none;
	int n = 0;
	for (u32 i = 4; i < tag.n; i++) {
		if (!isdigit((u8)tag.p[i]))
			return none;
		n = n * 10 + (tag.p[i] - '0');
	}
	return (Version){n, -1};
}

static Version constraint_and(Constraint *c, u32 depth)
{
	Version v = constraint_term(c, depth);
	while (!c->bad && constraint_token(c, "&&")) {
		Version w = constraint_term(c, depth);
		v = (Version){MAX(v.yes, w.yes), MIN(v.no, w.no)};
	}
	return v;
}

static Version constraint_or(Constraint *c, u32 depth)
{
	Version v = constraint_and(c, depth);
	while (!c->bad && constraint_token(c, "||")) {
		Version w = constraint_and(c, depth);
		v = (Version){MIN(v.yes, w.yes), MAX(v.no, w.no)};
	}
	return v;
}

static void build_line(Parser *p, Str text)
{
	text = str_trim(str_from(text, (u32)strlen("go:build")));
	Constraint c = {text.p, text.p + text.n};
	Version v = constraint_or(&c, 0);
	constraint_token(&c, "");
	if (c.bad || c.q != c.end)
		return;
	if (v.yes < 0)
		p->f->go_version = (Str){0};
	else if (v.yes == 0)
		p->f->go_version = S("go1");
	else
		p->f->go_version = str_fmt(p->a, "go1.%d", v.yes);
}

// ---- //go: directives ---------------------------------------------------------------------------

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static StrVec fields(Parser *p, Str s)
{
	StrVec v = {0};
	for (u32 i = 0; i < s.n;) {
		if (is_space(s.p[i])) {
			i++;
			continue;
		}
		u32 from = i;
		while (i < s.n && !is_space(s.p[i]))
			i++;
		vec_push(p->a, &v, str_sub(s, from, i));
	}
	return v;
}

// Like fields, but text in double quotes is one field, quotes included; an open quote swallows the rest.
static StrVec quoted_fields(Parser *p, Str s)
{
	StrVec v = {0};
	for (u32 i = 0; i < s.n;) {
		if (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r') {
			i++;
			continue;
		}
		u32 from = i;
		if (s.p[i] == '"') {
			for (i++; i < s.n && s.p[i] != '"'; i++)
				i += s.p[i] == '\\';
			if (i >= s.n)
				break;
			i++;
		} else {
			while (i < s.n && s.p[i] != '"' && s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r')
				i++;
		}
		vec_push(p->a, &v, str_sub(s, from, i));
	}
	return v;
}

static bool is_quoted(Str s)
{
	return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';
}

static void add_directive(Parser *p, Pos pos, Str verb, const Str *args, u32 n, Str text)
{
	Directive d = {.pos = pos, .verb = verb, .nargs = MIN(n, 3u), .text = text};
	for (u32 i = 0; i < d.nargs; i++)
		d.args[i] = args[i];
	vec_push(p->a, &p->f->directives, d);
}

// The forms of the cgo directives; usage has the text of the complaint. Arguments are the first three.
static void cgo_directive(Parser *p, Pos pos, Str text)
{
	StrVec f = quoted_fields(p, text);
	Str verb = str_from(f.p[0], 3);
	Str *arg = f.p + 1;
	u32 n = f.n - 1, names = 0;
	const char *usage = NULL;
	if (str_is(verb, "cgo_export_static") || str_is(verb, "cgo_export_dynamic")) {
		names = n;
		if (!(n == 1 && !is_quoted(arg[0])) && !(n == 2 && !is_quoted(arg[0]) && !is_quoted(arg[1])))
			usage = "local [remote]";
	} else if (str_is(verb, "cgo_import_dynamic")) {
		names = MIN(n, 2u);
		bool ok = n >= 1 && n <= 3 && !is_quoted(arg[0]) && (n < 2 || !is_quoted(arg[1])) && (n < 3 || is_quoted(arg[2]));
		if (!ok || (n == 3 && !syntax_unquote(p->a, arg[2], &arg[2])))
			usage = "local [remote [\"library\"]]";
	} else if (str_is(verb, "cgo_import_static")) {
		names = 1;
		if (n != 1 || is_quoted(arg[0]))
			usage = "local";
	} else if (str_is(verb, "cgo_dynamic_linker")) {
		if (n != 1 || !is_quoted(arg[0]) || !syntax_unquote(p->a, arg[0], &arg[0]))
			usage = "\"path\"";
		else if (str_index(arg[0], ',') >= 0) {
			complain(p, pos, "invalid path \"" STR_FMT "\" in //go:" STR_FMT, STR_ARG(arg[0]), STR_ARG(verb));
			return;
		}
	} else if (str_is(verb, "cgo_ldflag")) {
		if (n != 1 || !is_quoted(arg[0]) || !syntax_unquote(p->a, arg[0], &arg[0]))
			usage = "\"arg\"";
	} else {
		return;
	}
	if (usage) {
		complain(p, pos, "usage: //go:" STR_FMT " %s", STR_ARG(verb), usage);
		return;
	}
	for (u32 i = 0; i < names; i++) {
		if (str_index(arg[i], ',') < 0)
			continue;
		complain(p, pos, "invalid symbol name \"" STR_FMT "\" in //go:" STR_FMT, STR_ARG(arg[i]), STR_ARG(verb));
		return;
	}
	add_directive(p, pos, verb, arg, n, text);
}

// A library name that means nothing else on a command line.
static bool is_safe_argument(Str s)
{
	for (u32 i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '.' && i > 0 && s.p[i - 1] == '.')
			return false;
		if (!isalnum((u8)c) && !(c && strchr("._/@", c)) && !((c == '-' || c == '+') && i > 0) && (u8)c < 0x80)
			return false;
	}
	return s.n > 0;
}

// The patterns of //go:embed: words, or strings in double or back quotes.
static StrVec embed_patterns(Parser *p, Pos pos, Str s)
{
	StrVec v = {0};
	for (;;) {
		while (s.n && is_space(s.p[0]))
			s = str_from(s, 1);
		if (!s.n)
			break;
		u32 end = 0;
		Str pattern, rest = s;
		if (s.p[0] == '`' || s.p[0] == '"') {
			for (end = 1; end < s.n && s.p[end] != s.p[0]; end++)
				end += s.p[0] == '"' && s.p[end] == '\\';
			end++;
			if (end > s.n)
				goto bad;
			rest = str_sub(s, 0, end);
			if (s.p[0] == '`')
				pattern = str_sub(s, 1, end - 1);
			else if (!syntax_unquote(p->a, rest, &pattern))
				goto bad;
			rest = str_from(s, end);
			if (rest.n && !is_space(rest.p[0]))
				goto bad;
		} else {
			while (end < s.n && !is_space(s.p[end]))
				end++;
			pattern = str_sub(s, 0, end);
		}
		vec_push(p->a, &v, pattern);
		s = str_from(s, end);
		continue;
	bad:
		complain(p, pos, "invalid quoted string in //go:embed: " STR_FMT, STR_ARG(rest));
		return (StrVec){0};
	}
	return v;
}

static void plain_pragma(Parser *p, Pos pos, Str text)
{
	int blank = str_index(text, ' ');
	Str verb = blank < 0 ? text : str_sub(text, 0, (u32)blank);
	u32 flags = 0;
	bool known = false;
	for (u32 i = 0; i < LENGTH(pragmas); i++)
		if (str_is(verb, pragmas[i].verb))
			flags = pragmas[i].flags;
	if (p->opt->fieldtrack && str_is(verb, "go:nointerface"))
		flags = PRAGMA_NOINTERFACE;
	for (u32 i = 0; i < LENGTH(std_verbs); i++)
		known |= str_is(verb, std_verbs[i]);
	if (!p->opt->runtime && (flags & PRAGMAS_RUNTIME))
		complain(p, pos, "//" STR_FMT " only allowed in runtime", STR_ARG(verb));
	if (flags == PRAGMA_UINTPTR_KEEPALIVE && !p->opt->std)
		complain(p, pos, "//" STR_FMT " is only allowed in the standard library", STR_ARG(verb));
	if (flags == 0 && !known && p->opt->std)
		complain(p, pos, "//" STR_FMT " is not allowed in the standard library", STR_ARG(verb));
	p->pending.flags |= flags;
	vec_push(p->a, &p->pending.list, (PendingFlag){pos, flags});
}

static void pragma(Parser *p, Pos pos, bool alone, Str text)
{
	Pending *w = &p->pending;
	w->any = true;
	if (!alone) {
		complain(p, pos, "misplaced compiler directive");
		return;
	}
	if (str_has_prefix(text, "go:wasmimport ") || str_has_prefix(text, "go:wasmexport ")) {
		StrVec f = fields(p, text);
		bool import = text.p[7] == 'i';
		if (f.n != (import ? 3 : 2)) {
			complain(p, pos, "usage: //go:%s", import ? "wasmimport importmodule importname" : "wasmexport exportname");
		} else if (p->opt->wasm) {
			if (import)
				w->wasmimport.set = true, w->wasmimport.pos = pos;
			else
				w->wasmexport.set = true, w->wasmexport.pos = pos;
			add_directive(p, pos, str_from(f.p[0], 3), f.p + 1, f.n - 1, text);
		}
	} else if (str_has_prefix(text, "go:linkname ") || str_has_prefix(text, "go:linknamestd ")) {
		StrVec f = fields(p, text);
		if (f.n < 2 || f.n > 3)
			complain(p, pos, "usage: //" STR_FMT " localname [linkname]", STR_ARG(f.p[0]));
		else
			add_directive(p, pos, str_from(f.p[0], 3), f.p + 1, f.n - 1, text);
	} else if (str_is(text, "go:embed") || str_has_prefix(text, "go:embed ")) {
		StrVec patterns = embed_patterns(p, pos, str_from(text, 8));
		if (patterns.n == 0)
			complain(p, pos, "usage: //go:embed pattern...");
		else
			vec_push(p->a, &w->embeds, (PendingEmbed){pos, patterns});
	} else if (str_has_prefix(text, "go:cgo_")) {
		// Also outside of what cgo wrote, because some libraries need it: cgo_import_dynamic with a harmless library.
		if (str_has_prefix(text, "go:cgo_import_dynamic ")) {
			StrVec f = quoted_fields(p, text);
			if (f.n >= 4) {
				Str lib = f.p[3];
				while (lib.n && lib.p[0] == '"')
					lib = str_from(lib, 1);
				while (lib.n && lib.p[lib.n - 1] == '"')
					lib.n--;
				if (lib.n && !is_safe_argument(lib) && !p->opt->is_cgo)
					complain(p, pos, "invalid library name \"" STR_FMT "\" in cgo_import_dynamic directive", STR_ARG(lib));
				cgo_directive(p, pos, text);
				return;
			}
		}
		if (!p->opt->is_cgo && !p->opt->std)
			complain(p, pos, "//" STR_FMT " only allowed in cgo-generated code", STR_ARG(text));
		cgo_directive(p, pos, text);
		plain_pragma(p, pos, text);
	} else {
		plain_pragma(p, pos, text);
	}
}

// Whether only blanks stand before `at` in its line.
static bool alone_in_line(const Parser *p, const char *at)
{
	while (at > p->line_start && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == '\r'))
		at--;
	return at == p->line_start || (p->line == 1 && at == p->text + 3 && (u8)p->text[0] == 0xef);
}

// A comment from `from` to `to` that begins with //go:, //line or /*line. It lies in the present line.
void directive_comment(Parser *p, const char *from, const char *to)
{
	bool block = from[1] == '*';
	Str text = {from + 2, (u32)(to - from - (block ? 4 : 2))};
	if (!block && text.n && text.p[text.n - 1] == '\r')
		text.n--;
	if (str_has_prefix(text, "line ")) {
		if (block)
			line_directive(p, str_from(text, 5), from + 7, p->line, (u32)(to - p->line_start) + 1);
		else if (from == p->line_start)
			line_directive(p, str_from(text, 5), from + 7, p->line + 1, 1);
		return;
	}
	if (!str_has_prefix(text, "go:"))
		return;
	if (p->top && (str_is(text, "go:build") || str_has_prefix(text, "go:build ") || str_has_prefix(text, "go:build\t")))
		build_line(p, text);
	pragma(p, scan_pos_at(p, from + 2), alone_in_line(p, from), text);
}

void directive_flush(Parser *p)
{
	Pending w = p->pending;
	if (!w.any)
		return;
	p->pending = (Pending){0};
	for (u32 i = 0; i < w.list.n; i++)
		if (w.list.p[i].flags)
			complain(p, w.list.p[i].pos, "misplaced compiler directive");
	for (u32 i = 0; i < w.embeds.n; i++)
		complain(p, w.embeds.p[i].pos, "misplaced go:embed directive");
	if (w.wasmimport.set)
		complain(p, w.wasmimport.pos, "misplaced go:wasmimport directive");
	if (w.wasmexport.set)
		complain(p, w.wasmexport.pos, "misplaced go:wasmexport directive");
}

static void check_allowed(Parser *p, const Pending *w, u32 allowed, bool embed)
{
	for (u32 i = 0; i < w->list.n; i++)
		if (w->list.p[i].flags & ~allowed)
			late(p, w->list.p[i].pos, "misplaced compiler directive");
	for (u32 i = 0; i < w->embeds.n && !embed; i++)
		late(p, w->embeds.p[i].pos, "misplaced go:embed directive");
}

// What waits belongs to d, which begins here.
void directive_attach(Parser *p, Decl *d)
{
	Pending w = p->pending;
	if (!w.any)
		return;
	p->pending = (Pending){0};
	d->pragma = w.flags & ~PRAGMA_GO_BUILD;
	check_allowed(p, &w, d->kind == D_FUNC ? PRAGMAS_FUNC : 0, d->kind == D_VAR);
	if (d->kind != D_VAR || w.embeds.n == 0)
		return;
	d->embed_pos = w.embeds.p[0].pos;
	for (u32 i = 0; i < w.embeds.n; i++)
		for (u32 j = 0; j < w.embeds.p[i].patterns.n; j++)
			vec_push(p->a, &d->embeds, w.embeds.p[i].patterns.p[j]);
}

void directive_attach_file(Parser *p)
{
	Pending w = p->pending;
	p->pending = (Pending){0};
	p->f->pragma = w.flags & ~PRAGMA_GO_BUILD;
	check_allowed(p, &w, PRAGMA_GO_BUILD, false);
}
