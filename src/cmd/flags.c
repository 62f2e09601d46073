// flags.c: see flags.h.
#include "cmd/flags.h"

#include <errno.h>
#include <stdlib.h>

static const Flag *find(const Flag *const *tables, Str name)
{
	for (; *tables; tables++)
		for (const Flag *f = *tables; f->name; f++)
			if (str_is(name, f->name))
				return f;
	return NULL;
}

static bool parse_bool(Str v, bool *out)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
	for (u32 i = 0; i < LENGTH(yes); i++) {
		if (str_is(v, yes[i]))
			return *out = true, true;
		if (str_is(v, no[i]))
			return *out = false, true;
	}
	return false;
}

bool split_words(Arena *a, Str v, StrVec *out)
{
	out->n = 0;
	for (u32 i = 0; i < v.n;) {
		if (v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\n') {
			i++;
			continue;
		}
		char q = v.p[i];
		u32 start = i;
		if (q == '"' || q == '\'') {
			for (start = ++i; i < v.n && v.p[i] != q;)
				i++;
			if (i == v.n)
				return false;
			vec_push(a, out, str_sub(v, start, i++));
		} else {
			while (i < v.n && v.p[i] != ' ' && v.p[i] != '\t' && v.p[i] != '\n')
				i++;
			vec_push(a, out, str_sub(v, start, i));
		}
	}
	return true;
}

static void split_commas(Arena *a, Str v, StrVec *out)
{
	out->n = 0;
	for (u32 i = 0; i < v.n;) {
		u32 start = i;
		while (i < v.n && v.p[i] != ',' && v.p[i] != ' ')
			i++;
		if (i > start)
			vec_push(a, out, str_sub(v, start, i));
		i++;
	}
}

static bool set(Arena *a, const Flag *f, Str v)
{
	switch (f->kind) {
	case FLAG_BOOL:
		return parse_bool(v, f->to);
	case FLAG_STRING:
		*(Str *)f->to = v;
		return true;
	case FLAG_INT: {
		char *end;
		errno = 0;
		long n = strtol(v.p, &end, 0);
		*(int *)f->to = (int)n;
		return v.n && end == v.p + v.n && !errno && n == (int)n;
	}
	case FLAG_STRINGS:
		vec_push(a, (StrVec *)f->to, v);
		return true;
	case FLAG_WORDS:
		return split_words(a, v, f->to);
	default:
		split_commas(a, v, f->to);
		return true;
	}
}

static int wrong(const char *command)
{
	int word = (int)strcspn(command, " ");
	fprintf(stderr, "usage: go %s\nRun 'go help %.*s' for details.\n", command, word, command);
	return 0;
}

int flags_parse(Arena *a, const char *command, int argc, char **argv, const Flag *const *tables)
{
	int i = 1;
	while (i < argc) {
		Str arg = str(argv[i]);
		if (arg.n < 2 || arg.p[0] != '-')
			break;
		i++;
		if (str_is(arg, "--"))
			break;
		Str name = str_from(arg, arg.p[1] == '-' ? 2 : 1), value = {0};
		int eq = str_index(name, '=');
		if (eq >= 0) {
			value = str_from(name, (u32)eq + 1);
			name = str_sub(name, 0, (u32)eq);
		}
		const Flag *f = find(tables, name);
		if (!f) {
			fprintf(stderr, "flag provided but not defined: -" STR_FMT "\n", STR_ARG(name));
			return wrong(command);
		}
		if (eq < 0) {
			if (f->kind == FLAG_BOOL) {
				value = S("true");
			} else if (i == argc) {
				fprintf(stderr, "flag needs an argument: -%s\n", f->name);
				return wrong(command);
			} else {
				value = str(argv[i++]);
			}
		}
		if (!set(a, f, value)) {
			fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -%s: parse error\n", STR_ARG(value), f->name);
			return wrong(command);
		}
	}
	return i;
}
