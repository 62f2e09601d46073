// flags.c: see flags.h. $GOFLAGS stands in front of the command line of every command; of its flags a command takes those
// that it has.
#include "cmd/flags.h"

#include "cmd/help.h"
#include "cmd/pkgflags.h"
#include "load/load.h"

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

bool flag_parse_bool(Str v, bool *out)
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

// *why: what is wrong, where that is more than "parse error".
static bool set(Arena *a, const Flag *f, Str v, Str *why)
{
	*why = S("parse error");
	switch (f->kind) {
	case FLAG_BOOL:
		return flag_parse_bool(v, f->to);
	case FLAG_AUTO: {
		bool on = false;
		if (v.n && !str_is(v, "auto") && !flag_parse_bool(v, &on))
			return *why = S("value is neither 'auto' nor a valid bool"), false;
		*(Str *)f->to = !v.n || str_is(v, "auto") ? S("auto") : on ? S("true") : S("false");
		return true;
	}
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
	case FLAG_PACKAGES:
		return pkgflags_add(a, f->to, v, why);
	default:
		split_commas(a, v, f->to);
		return true;
	}
}

int flags_usage(const char *command)
{
	fprintf(stderr, "usage: go %s\nRun 'go help %.*s' for details.\n", command, help_name_length(command), command);
	return 0;
}

// Sets f from its text; wrong usage is reported. where: "" or " (from $GOFLAGS)".
static bool set_from_goflags(Arena *a, const char *command, const Flag *f, Str name, bool has_value, Str value)
{
	const char *from = "(from $GOFLAGS)";
	if (!has_value && !flag_is_switch(f)) {
		fprintf(stderr, "go: flag needs an argument: -" STR_FMT " %s\n", STR_ARG(name), from);
		return flags_usage(command);
	}
	Str why;
	if (set(a, f, has_value ? value : S("true"), &why))
		return true;
	fprintf(stderr, "go: invalid %s\"" STR_FMT "\" for flag -" STR_FMT " %s: " STR_FMT "\n", flag_is_switch(f) ? "boolean value " : "value ",
		STR_ARG(value), STR_ARG(name), from, STR_ARG(why));
	return flags_usage(command);
}

// The name and value of a flag, -x, --x, -x=v.
static Str flag_name(Str arg, Str *value, bool *has_value)
{
	Str name = str_from(arg, arg.p[1] == '-' ? 2 : 1);
	int eq = str_index(name, '=');
	*has_value = eq >= 0;
	*value = eq >= 0 ? str_from(name, (u32)eq + 1) : S("");
	return eq >= 0 ? str_sub(name, 0, (u32)eq) : name;
}

// Every flag that some command of go has.
static bool some_command_has(Str name)
{
	static const char *const names[] = {
#define FLAG_NAME(name) name,
#include "cmd/flagnames.def"
#undef FLAG_NAME
	};
	for (u32 i = 0; i < LENGTH(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static void goflags_words(Arena *a, StrVec *words)
{
	if (!split_words(a, env_get(env_new(a), "GOFLAGS"), words))
		base_die("parsing $GOFLAGS: unterminated %s string", strchr(env_get(env_new(a), "GOFLAGS").p, '\'') ? "'" : "\"");
}

bool flags_in_goflags(Arena *a, const char *flag)
{
	StrVec words = {0};
	Str value;
	bool has_value;
	goflags_words(a, &words);
	for (u32 i = 0; i < words.n; i++)
		if (words.p[i].n >= 2 && str_is(flag_name(words.p[i], &value, &has_value), flag))
			return true;
	return false;
}

// False after a message. `go env` and `go bug` pass over what is wrong: they are what one looks at GOFLAGS with.
static bool take_goflags(Arena *a, const char *command, const Flag *const *tables)
{
	StrVec words = {0};
	bool lenient = !strncmp(command, "env ", 4) || !strncmp(command, "bug", 3);
	if (lenient && !split_words(a, env_get(env_new(a), "GOFLAGS"), &words))
		return true;
	goflags_words(a, &words);
	for (u32 i = 0; i < words.n; i++) {
		Str word = words.p[i], value;
		bool has_value, is_flag = word.n >= 2 && word.p[0] == '-';
		Str name = is_flag ? flag_name(word, &value, &has_value) : word;
		if (!is_flag || !name.n || name.p[0] == '-') {
			if (lenient)
				continue;
			base_die("parsing $GOFLAGS: non-flag \"" STR_FMT "\"", STR_ARG(word));
		}
		const Flag *f = find(tables, name);
		if (!f && !lenient && !some_command_has(str_has_prefix(name, "test.") ? str_from(name, 5) : name))
			base_die("parsing $GOFLAGS: unknown flag -" STR_FMT, STR_ARG(name));
		if (f && !set_from_goflags(a, command, f, name, has_value, value))
			return false;
	}
	return true;
}

int flags_parse(Arena *a, const char *command, int argc, char **argv, const Flag *const *tables)
{
	bool tool = !strncmp(command, "tool ", 5) && strncmp(command, "tool [", 6);
	if (!tool && !take_goflags(a, command, tables))
		return 0;
	int i = 1;
	while (i < argc) {
		Str arg = str(argv[i]), value;
		bool has_value;
		if (arg.n < 2 || arg.p[0] != '-')
			break;
		i++;
		if (str_is(arg, "--"))
			break;
		Str name = flag_name(arg, &value, &has_value);
		const Flag *f = find(tables, name);
		bool chdir = !tool && str_is(name, "C"); // main.c took it where it may stand
		if ((!f && !chdir) || (f && f->kind == FLAG_NONE)) {
			if (f || !(str_is(name, "h") || str_is(name, "help")))
				fprintf(stderr, "flag provided but not defined: -" STR_FMT "\n", STR_ARG(name));
			return flags_usage(command);
		}
		if (!has_value) {
			if (!chdir && flag_is_switch(f)) {
				value = S("true");
			} else if (i == argc) {
				fprintf(stderr, "flag needs an argument: -" STR_FMT "\n", STR_ARG(name));
				return flags_usage(command);
			} else {
				value = str(argv[i++]);
			}
		}
		if (chdir) {
			fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -C: -C flag must be first flag on command line\n", STR_ARG(value));
			return flags_usage(command);
		}
		Str why;
		if (!set(a, f, value, &why)) {
			fprintf(stderr, "invalid %svalue \"" STR_FMT "\" for %s-%s: " STR_FMT "\n", flag_is_switch(f) ? "boolean " : "", STR_ARG(value),
				flag_is_switch(f) ? "" : "flag ", f->name, STR_ARG(why));
			return flags_usage(command);
		}
	}
	return i;
}
