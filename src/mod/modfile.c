// modfile.c: the text of a go.mod file to its directives. A line is a list of words, a block "verb (" gives its verb to
// the lines up to ")". Words of errors: golang.org/x/mod/modfile.
#include "mod/modedit.h"

typedef struct Word { Str s; u32 col; } Word;

typedef struct Parser {
	Arena *a;
	Str file, text;
	u32 at, line, line_start;
	bool strict;
	ModFile *f;
	StrVec *errs;
	bool has_go, has_toolchain, work;
	VEC(Word) words;        // of the current line
	Str comment;            // behind them, with the slashes
	Str block;              // comment above the block we are in
	Str above;              // comment lines directly above, as one text
} Parser;

static void fail_at(Parser *p, u32 line, u32 col, Str msg)
{
	vec_push(p->a, p->errs, col > 1 ? str_fmt(p->a, STR_FMT ":%u:%u: " STR_FMT, STR_ARG(p->file), line, col, STR_ARG(msg))
	                                : str_fmt(p->a, STR_FMT ":%u: " STR_FMT, STR_ARG(p->file), line, STR_ARG(msg)));
}

#define FAIL(p, ...) fail_at((p), (p)->line, (p)->words.p[0].col, str_fmt((p)->a, __VA_ARGS__))

// ---- words --------------------------------------------------------------------------------------

static bool is_delim(Parser *p, u32 i)
{
	Str t = p->text;
	char c = t.p[i];
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}' ||
	       c == ',' || (c == '/' && i + 1 < t.n && (t.p[i + 1] == '/' || t.p[i + 1] == '*')) ||
	       (c == '=' && i + 1 < t.n && t.p[i + 1] == '>');
}

// Reads the words of one line into p->words; p->at is behind its end. False after an error of syntax.
static bool read_line(Parser *p)
{
	Str t = p->text;
	p->words.n = 0;
	p->comment = S("");
	p->line++;
	p->line_start = p->at;
	while (p->at < t.n && t.p[p->at] != '\n') {
		char c = t.p[p->at];
		u32 start = p->at, col = start - p->line_start + 1;
		if (c == ' ' || c == '\t' || c == '\r') {
			p->at++;
			continue;
		}
		if (c == '/' && start + 1 < t.n && t.p[start + 1] == '/') {
			while (p->at < t.n && t.p[p->at] != '\n')
				p->at++;
			p->comment = str_trim(str_sub(t, start, p->at));
			break;
		}
		if (c == '/' && start + 1 < t.n && t.p[start + 1] == '*') {
			fail_at(p, p->line, col, S("mod files must use // comments (not /* */ comments)"));
			return false;
		}
		if (c == '=' && start + 1 < t.n && t.p[start + 1] == '>') {
			p->at += 2;
		} else if (c == '"' || c == '`') {
			for (p->at++; p->at < t.n && t.p[p->at] != c; p->at++) {
				if (t.p[p->at] == '\n' && c == '"') {
					fail_at(p, p->line, p->at - p->line_start + 1, S("unexpected newline in string"));
					return false;
				}
				if (t.p[p->at] == '\\' && c == '"' && p->at + 1 < t.n)
					p->at++;
				if (t.p[p->at] == '\n') {
					p->line++;
					p->line_start = p->at + 1;
				}
			}
			if (p->at >= t.n) {
				fail_at(p, p->line, t.n - p->line_start + 1, S("unexpected EOF in string"));
				return false;
			}
			p->at++;
		} else if (is_delim(p, start)) {
			p->at++;
		} else {
			if ((u8)c < ' ' || c == 0x7f) {
				fail_at(p, p->line, col, str_fmt(p->a, "unexpected input character U+%04X", (u8)c));
				return false;
			}
			while (p->at < t.n && !is_delim(p, p->at))
				p->at++;
		}
		vec_push(p->a, &p->words, (Word){str_sub(t, start, p->at), col});
	}
	if (p->at < t.n)
		p->at++;
	return true;
}

// A word without its quotes. False after the error.
static bool parse_string(Parser *p, Str s, Str *out)
{
	if (s.n && s.p[0] == '`' && s.n >= 2) {
		*out = str_sub(s, 1, s.n - 1);
		return true;
	}
	if (s.n && s.p[0] == '"' && s.n >= 2) {
		char *b = arena_alloc(p->a, s.n);
		u32 n = 0;
		for (u32 i = 1; i + 1 < s.n; i++) {
			if (s.p[i] == '\\' && i + 2 < s.n)
				i++;
			b[n++] = s.p[i];
		}
		*out = str_n(b, n);
		return true;
	}
	if (str_index(s, '"') >= 0 || str_index(s, '`') >= 0) {
		FAIL(p, "invalid quoted string: unquoted string cannot contain quote");
		return false;
	}
	*out = s;
	return true;
}

static bool parse_version(Parser *p, Str verb, Str path, Str word, Str *out)
{
	if (!parse_string(p, word, out))
		return false;
	u32 ends[4];
	if (!semver_split(*out, ends) || ends[1] == ends[0] || ends[2] == ends[1]) {
		// Of go.mod files only the main module's is read before its queries ("latest", branches) are resolved.
		FAIL(p, STR_FMT " " STR_FMT ": version \"" STR_FMT "\" invalid: must be of the form v1.2.3", STR_ARG(verb), STR_ARG(path),
		     STR_ARG(*out));
		return false;
	}
	return true;
}

// Whether a version's major number fits its path.
static bool check_major(Parser *p, Str verb, Str path, Str v)
{
	Str want;
	if (!mod_path_major(path, &want)) {
		FAIL(p, "invalid module path");
		return false;
	}
	u32 ends[4];
	semver_split(v, ends);
	Str have = str_sub(v, 0, ends[0]);
	if (str_has_suffix(v, "+incompatible") && !want.n)
		return true;
	if (want.n ? str_eq(str_from(want, 1), have) || (want.p[0] == '.' && str_has_prefix(v, "v0.0.0-") && str_is(want, ".v1"))
	           : str_is(have, "v0") || str_is(have, "v1"))
		return true;
	if (want.n)
		FAIL(p, STR_FMT " " STR_FMT ": version \"" STR_FMT "\" invalid: should be " STR_FMT ", not " STR_FMT, STR_ARG(verb), STR_ARG(path),
		     STR_ARG(v), STR_ARG(str_from(want, 1)), STR_ARG(have));
	else
		FAIL(p, STR_FMT " " STR_FMT ": version \"" STR_FMT "\" invalid: should be v0 or v1, not " STR_FMT, STR_ARG(verb), STR_ARG(path),
		     STR_ARG(v), STR_ARG(have));
	return false;
}

// ---- directives ---------------------------------------------------------------------------------

bool go_version_ok(Str s)
{
	u32 i = 0;
	if (!semver_digits(s, &i) || s.p[0] == '0' || i == s.n || s.p[i] != '.')
		return false;
	i++;
	if (!semver_digits(s, &i))
		return false;
	if (i < s.n && s.p[i] == '.') {
		i++;
		if (!semver_digits(s, &i))
			return false;
	}
	if (i == s.n)
		return true;
	u32 start = i;
	while (i < s.n && s.p[i] >= 'a' && s.p[i] <= 'z')
		i++;
	if (i == start)
		return false;
	start = i;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i > start && i == s.n;
}

// What the comments above and beside a directive say.
static Str comment_text(Parser *p)
{
	Str c = str_has_prefix(p->comment, "//") ? str_trim(str_from(p->comment, 2)) : S("");
	if (!p->above.n || !c.n)
		return p->above.n ? p->above : c;
	return str_fmt(p->a, STR_FMT "\n" STR_FMT, STR_ARG(p->above), STR_ARG(c));
}

// The paragraph of a comment that begins with "Deprecated:", without that.
static Str deprecation(Str c)
{
	while (c.n && !str_has_prefix(c, "Deprecated:")) {
		int next = str_find(c, "\n\n");
		c = next >= 0 ? str_from(c, (u32)next + 2) : S("");
	}
	if (!c.n)
		return c;
	c = str_from(c, 11);
	int end = str_find(c, "\n\n");
	return str_trim(end >= 0 ? str_sub(c, 0, (u32)end) : c);
}

static void add_replace(Parser *p, Str verb, Word *w, u32 n)
{
	ModReplace r = {.version = S(""), .new_version = S("")};
	u32 arrow = n >= 2 && str_is(w[1].s, "=>") ? 1 : 2;
	if (n < arrow + 2 || n > arrow + 3 || !str_is(w[arrow].s, "=>")) {
		FAIL(p, "usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory");
		return;
	}
	if (!parse_string(p, w[0].s, &r.path))
		return;
	if (arrow == 2 && (!parse_version(p, verb, r.path, w[1].s, &r.version) || !check_major(p, verb, r.path, r.version)))
		return;
	if (!parse_string(p, w[arrow + 1].s, &r.new_path))
		return;
	if (n == arrow + 2 && !mod_is_dir_path(r.new_path)) {
		if (str_index(r.new_path, '@') >= 0)
			FAIL(p, "replacement module must match format 'path version', not 'path@version'");
		else
			FAIL(p, "replacement module without version must be directory path (rooted or starting with . or ..)");
		return;
	}
	if (n == arrow + 2 && str_index(r.new_path, '\\') >= 0) {
		FAIL(p, "replacement directory appears to be Windows path (on a non-windows system)");
		return;
	}
	if (n == arrow + 3) {
		if (!parse_version(p, verb, r.new_path, w[arrow + 2].s, &r.new_version))
			return;
		if (mod_is_dir_path(r.new_path)) {
			FAIL(p, "replacement module directory path \"" STR_FMT "\" cannot have version", STR_ARG(r.new_path));
			return;
		}
	}
	vec_push(p->a, &p->f->replace, r);
}

static void add_retract(Parser *p, Word *w, u32 n)
{
	Str own = comment_text(p);
	ModRetract r = {.rationale = own.n ? own : p->block, .line = p->line};
	if (!n || str_is(w[0].s, "(") || str_is(w[0].s, "=>")) {
		if (p->strict)
			FAIL(p, "expected '[' or version");
		return;
	}
	if (!str_is(w[0].s, "[")) {
		if (!parse_version(p, S("retract"), S(""), w[0].s, &r.low))
			return;
		r.high = r.low;
		w++;
		n--;
	} else {
		const char *why = n < 2 ? "expected version after '['" : n < 3 || !str_is(w[2].s, ",") ? "expected ',' after version"
			: n < 4 ? "expected version after ','" : n < 5 || !str_is(w[4].s, "]") ? "expected ']' after version" : NULL;
		if (why) {
			if (p->strict)
				FAIL(p, "%s", why);
			return;
		}
		if (!parse_version(p, S("retract"), S(""), w[1].s, &r.low) || !parse_version(p, S("retract"), S(""), w[3].s, &r.high))
			return;
		w += 5;
		n -= 5;
	}
	if (n && p->strict) {
		FAIL(p, "unexpected token after version: \"" STR_FMT "\"", STR_ARG(w[0].s));
		return;
	}
	vec_push(p->a, &p->f->retract, r);
}

// Go lines of other modules may be of a time when more was written there: v1.2.3-x is 1.2.
static bool lax_go(Str *s)
{
	Str v = str_has_prefix(*s, "v") ? str_from(*s, 1) : *s;
	u32 i = 0;
	if (!semver_digits(v, &i) || v.p[0] == '0' || i == v.n || v.p[i++] != '.' || !semver_digits(v, &i) || i == v.n || (v.p[i] >= '0' && v.p[i] <= '9'))
		return false;
	*s = str_sub(v, 0, i);
	return true;
}

static void add(Parser *p, Str verb, Word *w, u32 n)
{
	ModFile *f = p->f;
	Str s;
	bool everywhere = str_is(verb, "go") || str_is(verb, "module") || str_is(verb, "retract") || str_is(verb, "require") ||
		str_is(verb, "ignore");
	if (!p->strict && !everywhere)
		return;
	if (str_is(verb, "go")) {
		if (p->has_go)
			FAIL(p, "repeated go statement");
		else if (n != 1)
			FAIL(p, "go directive expects exactly one argument");
		else if (!go_version_ok(w[0].s) && (p->strict || !lax_go(&w[0].s)))
			FAIL(p, "invalid go version '" STR_FMT "': must match format 1.23.0", STR_ARG(w[0].s));
		else if (go_version_ok(w[0].s)) {
			f->go = w[0].s;
			p->has_go = true;
		}
	} else if (p->work && !str_is(verb, "toolchain") && !str_is(verb, "godebug") && !str_is(verb, "use") && !str_is(verb, "replace")) {
		FAIL(p, "unknown directive: " STR_FMT, STR_ARG(verb));
	} else if (p->work && str_is(verb, "use")) {
		if (n != 1)
			FAIL(p, "usage: use local/dir");
		else if (parse_string(p, w[0].s, &s)) {
			vec_push(p->a, &f->use, s);
			vec_push(p->a, &f->use_lines, p->line);
		}
	} else if (str_is(verb, "toolchain")) {
		if (p->has_toolchain)
			FAIL(p, "repeated toolchain statement");
		else if (n != 1)
			FAIL(p, "toolchain directive expects exactly one argument");
		else if (!str_is(w[0].s, "default") && !str_is(w[0].s, "go1") && !str_has_prefix(w[0].s, "go1."))
			FAIL(p, "invalid toolchain version '" STR_FMT "': must match format go1.23.0 or default", STR_ARG(w[0].s));
		else {
			f->toolchain = w[0].s;
			p->has_toolchain = true;
		}
	} else if (str_is(verb, "module")) {
		Str c = comment_text(p);
		if (f->has_module) {
			FAIL(p, "repeated module statement");
			return;
		}
		f->has_module = true;
		f->deprecated = deprecation(c);
		if (n != 1)
			FAIL(p, "usage: module module/path");
		else if (parse_string(p, w[0].s, &s))
			f->module = s;
	} else if (str_is(verb, "godebug")) {
		int eq = n == 1 ? str_index(w[0].s, '=') : -1;
		if (eq < 0 || str_index(w[0].s, '"') >= 0 || str_index(w[0].s, '`') >= 0 || str_index(w[0].s, '\'') >= 0)
			FAIL(p, "usage: godebug key=value");
		else
			vec_push(p->a, &f->godebug, (ModSetting){str_sub(w[0].s, 0, (u32)eq), str_from(w[0].s, (u32)eq + 1), p->line});
	} else if (str_is(verb, "require") || str_is(verb, "exclude")) {
		Str v;
		if (n != 2) {
			FAIL(p, "usage: " STR_FMT " module/path v1.2.3", STR_ARG(verb));
			return;
		}
		if (!parse_string(p, w[0].s, &s) || !parse_version(p, verb, s, w[1].s, &v) || !check_major(p, verb, s, v))
			return;
		Str c = str_has_prefix(p->comment, "//") ? str_trim(str_from(p->comment, 2)) : S("");
		if (str_is(verb, "require"))
			vec_push(p->a, &f->require, (ModRequire){s, v, str_is(c, "indirect") || str_has_prefix(c, "indirect;")});
		else
			vec_push(p->a, &f->exclude, (ModVersion){s, v});
	} else if (str_is(verb, "replace")) {
		add_replace(p, verb, w, n);
	} else if (str_is(verb, "retract")) {
		add_retract(p, w, n);
	} else if (str_is(verb, "tool") || str_is(verb, "ignore")) {
		if (n != 1)
			FAIL(p, STR_FMT " directive expects exactly one argument", STR_ARG(verb));
		else if (parse_string(p, w[0].s, &s))
			vec_push(p->a, str_is(verb, "tool") ? &f->tool : &f->ignore, s);
	} else {
		FAIL(p, "unknown directive: " STR_FMT, STR_ARG(verb));
	}
}

static void note_above(Parser *p)
{
	if (!p->comment.n) {
		p->above = S(""); // a blank line
		return;
	}
	Str c = str_trim(str_from(p->comment, 2));
	p->above = p->above.n ? str_fmt(p->a, STR_FMT "\n" STR_FMT, STR_ARG(p->above), STR_ARG(c)) : c;
}

static bool is_block_verb(Str v)
{
	static const char *const verbs[] = {"godebug", "module", "require", "exclude", "replace", "retract", "tool", "ignore", "use"};
	for (u32 i = 0; i < LENGTH(verbs); i++)
		if (str_is(v, verbs[i]))
			return true;
	return false;
}

// The lines of a block up to ")". False after an error of syntax.
static bool parse_block(Parser *p, Str verb, bool known)
{
	u32 line = p->line, col = p->words.p[0].col;
	p->block = p->above;
	p->above = S("");
	for (;;) {
		if (p->at >= p->text.n) {
			fail_at(p, p->line, p->at - p->line_start + 1, str_fmt(p->a, "syntax error (unterminated block started at "
				STR_FMT ":%u:%u)", STR_ARG(p->file), line, col));
			return false;
		}
		if (!read_line(p))
			return false;
		if (!p->words.n) {
			note_above(p);
			continue;
		}
		if (str_is(p->words.p[0].s, ")")) {
			p->block = S("");
			if (p->words.n == 1)
				return true;
			fail_at(p, p->line, p->words.p[1].col, S("syntax error (expected newline after closing paren)"));
			return false;
		}
		if (known)
			add(p, verb, p->words.p, p->words.n);
		p->above = S("");
	}
}

static bool parse_file(Arena *a, Str file, Str text, bool strict, bool work, ModFile *out, StrVec *errs)
{
	Parser *p = NEW(a, Parser);
	*p = (Parser){.a = a, .file = file, .text = text, .strict = strict, .work = work, .f = out, .errs = errs};
	*out = (ModFile){.module = S(""), .go = S(""), .toolchain = S(""), .deprecated = S("")};
	u32 before = errs->n;
	while (p->at < text.n) {
		if (!read_line(p))
			break;
		if (!p->words.n) {
			note_above(p);
			continue;
		}
		Str verb = p->words.p[0].s;
		if (p->words.n >= 2 && str_is(vec_last(&p->words).s, "(")) {
			bool known = p->words.n == 2 && is_block_verb(verb);
			if (!known && strict) {
				Buf b = {0};
				for (u32 i = 0; i + 1 < p->words.n; i++)
					buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(p->words.p[i].s));
				FAIL(p, "unknown block type: " STR_FMT, STR_ARG(str_dup(a, buf_view(&b))));
				buf_free(&b);
			}
			if (!parse_block(p, verb, known))
				break;
		} else if (p->words.n == 3 && str_is(p->words.p[1].s, "(") && str_is(p->words.p[2].s, ")")) {
			// An empty block.
		} else {
			add(p, verb, p->words.p + 1, p->words.n - 1);
		}
		p->above = S("");
	}
	return errs->n == before;
}

bool modfile_parse(Arena *a, Str file, Str text, bool strict, ModFile *out, StrVec *errs)
{
	return parse_file(a, file, text, strict, false, out, errs);
}

bool workfile_parse(Arena *a, Str file, Str text, ModFile *out, StrVec *errs)
{
	return parse_file(a, file, text, true, true, out, errs);
}

bool modfile_words(Arena *a, Str line, StrVec *words, Str *comment)
{
	StrVec errs = {0};
	Parser p = {.a = a, .file = S(""), .text = line, .errs = &errs};
	bool ok = read_line(&p);
	words->n = 0;
	for (u32 i = 0; i < p.words.n; i++)
		vec_push(a, words, p.words.p[i].s);
	*comment = p.comment;
	return ok;
}

Str modfile_unquote(Arena *a, Str word)
{
	StrVec errs = {0};
	Parser p = {.a = a, .file = S(""), .text = word, .errs = &errs};
	vec_push(a, &p.words, (Word){word, 1});
	Str s;
	return parse_string(&p, word, &s) ? s : word;
}
