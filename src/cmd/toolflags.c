// toolflags.c: see toolflags.h. Words and layout are those of package flag (flag.go: parseOne, PrintDefaults) and of
// cmd/internal/objabi/flag.go.
#include "cmd/toolflags.h"
#include "cmd/flags.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_switch(const ToolFlag *f) { return f->kind <= TOOLFLAG_COUNT || f->kind == TOOLFLAG_VERSION; }

static Str default_of(Arena *a, const ToolFlag *f)
{
	return strcmp(f->def, "@processors") ? str(f->def) : str_fmt(a, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
}

int toolflags_usage(const ToolFlags *t)
{
	Arena *a = arena_new();
	fputs(t->usage, stderr);
	for (u32 i = 0; i < t->n; i++) {
		const ToolFlag *f = &t->flags[i];
		fprintf(stderr, "  -%s%s%s%s%s", f->name, *f->value ? " " : "", f->value, f->name[1] || *f->value ? "\n    \t" : "\t", f->help);
		Str def = default_of(a, f);
		const char *quote = f->kind == TOOLFLAG_STR && !strcmp(f->value, "string") ? "\"" : "";
		if (def.n)
			fprintf(stderr, " (default %s" STR_FMT "%s)", quote, STR_ARG(def), quote);
		fputc('\n', stderr);
	}
	arena_free(a);
	return 2;
}

static bool parse_int(Str v, i64 *out)
{
	char *end;
	errno = 0;
	*out = strtoll(v.p, &end, 0);
	return v.n && end == v.p + v.n && !errno && *v.p != ' ';
}

// *why: what is wrong. v ends with a NUL.
static bool set(Arena *a, const ToolFlag *f, void *to, Str v, Str *why)
{
	void *p = (char *)to + f->off;
	bool on;
	i64 n;
	*why = S("parse error");
	switch (f->kind) {
	case TOOLFLAG_BOOL:
		return flag_parse_bool(v, p);
	case TOOLFLAG_TERNARY:
		if (!flag_parse_bool(v, &on))
			return *why = str_fmt(a, "strconv.ParseBool: parsing \"" STR_FMT "\": invalid syntax", STR_ARG(v)), false;
		*(int *)p = on;
		return true;
	case TOOLFLAG_COUNT:
		if (str_is(v, "true"))
			++*(int *)p;
		else if (str_is(v, "false"))
			*(int *)p = 0;
		else if (parse_int(v, &n) && n == (int)n)
			*(int *)p = (int)n;
		else
			return *why = str_fmt(a, "invalid count \"" STR_FMT "\"", STR_ARG(v)), false;
		return true;
	case TOOLFLAG_INT:
		return parse_int(v, p);
	case TOOLFLAG_STR:
		*(Str *)p = v;
		return true;
	case TOOLFLAG_LIST:
		vec_push(a, (StrVec *)p, v);
		return true;
	}
	*(int *)p = 1;
	return true;
}

static const ToolFlag *find(const ToolFlags *t, Str name)
{
	for (u32 i = 0; i < t->n; i++)
		if (str_is(name, t->flags[i].name))
			return &t->flags[i];
	return NULL;
}

// One argument of a response file, from *at on: at white space outside quotes. Within "..." a backslash stands before \ " $ `
// and the end of a line, elsewhere before anything.
static bool next_word(Str s, u32 *at, Buf *out)
{
	bool any = false;
	char quote = 0;
	for (; *at < s.n; ++*at) {
		char c = s.p[*at];
		if (!quote && strchr(" \t\n\r", c)) {
			if (any)
				return true;
			continue;
		}
		if (c == quote && c) {
			quote = 0;
			continue;
		}
		if (!quote && (c == '\'' || c == '"')) {
			quote = c;
			any = true;
			continue;
		}
		if (c == '\\' && quote != '\'') {
			if (*at + 1 == s.n && !quote)
				continue;
			char next = *at + 1 < s.n ? s.p[*at + 1] : 0;
			bool crlf = next == '\r' && *at + 2 < s.n && s.p[*at + 2] == '\n';
			if (next == '\n' || crlf) { // the line goes on
				*at += crlf ? 2 : 1;
				continue;
			}
			if (!quote || (next && strchr("\\\"$`", next))) {
				c = next;
				++*at;
			}
		}
		any = true;
		buf_u8(out, (u8)c);
	}
	return any;
}

static void expand(Arena *a, StrVec args, StrVec *out, u32 depth)
{
	enum { MOST_DEPTH = 100 };
	for (u32 i = 0; i < args.n; i++) {
		Str arg = args.p[i], text;
		if (!arg.n || arg.p[0] != '@') {
			vec_push(a, out, arg);
			continue;
		}
		Err e = file_map(a, str_from(arg, 1), &text);
		if (!failed(e) && depth == MOST_DEPTH)
			e = err_fmt(a, "open " STR_FMT ": response files name each other", STR_ARG(str_from(arg, 1)));
		if (failed(e)) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(e.msg));
			exit(1);
		}
		StrVec words = {0};
		Buf word = {0};
		for (u32 at = 0; next_word(text, &at, &word); word.n = 0)
			vec_push(a, &words, str(str_c(a, buf_view(&word))));
		buf_free(&word);
		file_unmap(text);
		expand(a, words, out, depth + 1);
	}
}

static bool wrong(const ToolFlags *t, Arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(a, fmt, ap);
	va_end(ap);
	fprintf(stderr, STR_FMT "\n", STR_ARG(s));
	toolflags_usage(t);
	return false;
}

bool toolflags_parse(const ToolFlags *t, Arena *a, StrVec given, void *to, StrVec *rest)
{
	StrVec args = {0};
	Str why;
	expand(a, given, &args, 0);
	for (u32 i = 0; i < t->n; i++) {
		if (t->flags[i].kind == TOOLFLAG_TERNARY)
			*(int *)((char *)to + t->flags[i].off) = -1;
		if (*t->flags[i].def)
			set(a, &t->flags[i], to, default_of(a, &t->flags[i]), &why);
	}
	u32 i = 0;
	while (i < args.n) {
		Str arg = args.p[i], value = S("true");
		if (arg.n < 2 || arg.p[0] != '-')
			break;
		i++;
		if (str_is(arg, "--"))
			break;
		Str name = str_from(arg, arg.p[1] == '-' ? 2 : 1);
		if (!name.n || name.p[0] == '-' || name.p[0] == '=')
			return wrong(t, a, "bad flag syntax: " STR_FMT, STR_ARG(arg));
		int eq = str_index(name, '=');
		if (eq >= 0) {
			value = str_from(name, (u32)eq + 1);
			name = str_sub(name, 0, (u32)eq);
		}
		const ToolFlag *f = find(t, name);
		if (!f && (str_is(name, "h") || str_is(name, "help")))
			return toolflags_usage(t), false;
		if (!f)
			return wrong(t, a, "flag provided but not defined: -" STR_FMT, STR_ARG(name));
		if (eq < 0 && !is_switch(f)) {
			if (i == args.n)
				return wrong(t, a, "flag needs an argument: -" STR_FMT, STR_ARG(name));
			value = args.p[i++];
		}
		if (!set(a, f, to, value, &why))
			return wrong(t, a, "invalid %s \"" STR_FMT "\" for %s-" STR_FMT ": " STR_FMT, is_switch(f) ? "boolean value" : "value", STR_ARG(value),
				is_switch(f) ? "" : "flag ", STR_ARG(name), STR_ARG(why));
		if (f->kind == TOOLFLAG_VERSION)
			break;
	}
	*rest = (StrVec){.p = args.p + i, .n = args.n - i};
	return true;
}
