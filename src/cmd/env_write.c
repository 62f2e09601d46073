// env_write.c: `go env -w` and -u: the settings file is changed only if all of it makes sense: known variables, values that
// the next command can work with, a target that exists.
#include "cmd/envcmd.h"

#include <stdlib.h>

static bool is_plain_name(Str program) { return str_index(program, '/') < 0; }

// Why name may not be set to value, OK if it may.
static Err check_setting(Env *e, Arena *a, Str name, Str value)
{
	const EnvVar *v = env_var(name);
	if (v && v->set == ENV_FILE_NEVER)
		return err_fmt(a, STR_FMT " cannot be modified", STR_ARG(name));
	if (v && v->set == ENV_OS_ONLY && !str_is(name, "GOPACKAGESDRIVER"))
		return err_fmt(a, STR_FMT " can only be set using the OS environment", STR_ARG(name));
	if ((!v || v->set == ENV_OS_ONLY) && !env_in_files(e, str_c(a, name)))
		return err_fmt(a, "unknown go command variable " STR_FMT, STR_ARG(name));
	const char *quoted = go_quote(a, value).p;
	bool absolute = !value.n || value.p[0] == '/';
	if (str_is(name, "GO111MODULE") && value.n && !str_is(value, "auto") && !str_is(value, "on") && !str_is(value, "off"))
		return err_fmt(a, "invalid GO111MODULE value %s", quoted);
	if (str_is(name, "GOPATH") && value.n && value.p[0] == '~')
		return err_fmt(a, "GOPATH entry cannot start with shell metacharacter '~': %s", quoted);
	if ((str_is(name, "GOPATH") || str_is(name, "GOMODCACHE")) && !absolute)
		return err_fmt(a, STR_FMT " entry is relative; must be absolute path: %s", STR_ARG(name), quoted);
	if (str_is(name, "GOTMPDIR") && !absolute)
		return err_fmt(a, "GOTMPDIR must be an absolute path");
	if ((str_is(name, "CC") || str_is(name, "CXX")) && value.n) {
		StrVec words = {0};
		if (!split_words(a, value, &words))
			return err_fmt(a, "invalid " STR_FMT ": unterminated string", STR_ARG(name));
		if (!words.n)
			return err_fmt(a, STR_FMT " entry cannot contain only space", STR_ARG(name));
		if (words.p[0].p[0] != '/' && !is_plain_name(words.p[0]))
			return err_fmt(a, STR_FMT " entry is relative; must be absolute path: %s", STR_ARG(name), go_quote(a, words.p[0]).p);
	}
	for (u32 i = 0, width; i < value.n; i += width)
		if (utf8_decode(value.p + i, value.n - i, &width) == 0xfffd && width == 1)
			return err_fmt(a, "invalid UTF-8 in " STR_FMT "=... value", STR_ARG(name));
	for (u32 i = 0; i < value.n; i++)
		if (value.p[i] == '\v' || value.p[i] == '\r' || value.p[i] == '\n')
			return err_fmt(a, "invalid newline in " STR_FMT "=... value", STR_ARG(name));
	return OK;
}

typedef struct Change { Str name, value; bool done; } Change;
typedef struct Changes { Change *p; u32 n; bool write; } Changes;

// The value that a variable has after the changes; *touched if they concern it.
static Str after(Env *e, const Changes *c, const char *name, bool *touched)
{
	for (u32 i = 0; i < c->n; i++) {
		if (!str_is(c->p[i].name, name))
			continue;
		*touched = true;
		const char *os = getenv(name);
		return c->write ? c->p[i].value : os && *os ? str(os) : env_default(e, name);
	}
	return env_get(e, name);
}

static Err check_target(Env *e, Arena *a, const Changes *c)
{
	bool port = false, experiment = false;
	Str goos = after(e, c, "GOOS", &port), goarch = after(e, c, "GOARCH", &port), experiments = after(e, c, "GOEXPERIMENT", &experiment);
	Err err = port ? env_check_port(a, goos, goarch) : OK;
	return failed(err) || !experiment ? err : env_check_experiments(a, experiments);
}

// NAME of a line "NAME=value"; "" for comments and the rest.
static Str line_key(Str line)
{
	int eq = str_index(line, '=');
	Str key = eq >= 0 ? str_sub(line, 0, (u32)eq) : S("");
	return str_index(key, '#') >= 0 ? S("") : key;
}

static int by_key(const void *x, const void *y)
{
	return str_cmp(line_key(*(const Str *)x), line_key(*(const Str *)y));
}

// The file's lines with the changes; of what is there twice, the last counts. Blocks of settings are kept sorted.
static void change_lines(Arena *a, StrVec *lines, const Changes *c)
{
	StrVec out = {0};
	for (u32 i = 0; i < lines->n; i++) {
		Str key = line_key(lines->p[i]);
		bool again = false, drop = false;
		for (u32 k = i + 1; key.n && k < lines->n; k++)
			again = again || str_eq(line_key(lines->p[k]), key);
		for (u32 k = 0; k < c->n && !again; k++) {
			if (!str_eq(c->p[k].name, key))
				continue;
			c->p[k].done = true;
			drop = !c->write;
			lines->p[i] = str_fmt(a, STR_FMT "=" STR_FMT, STR_ARG(key), STR_ARG(c->p[k].value));
		}
		if (!again && !drop)
			vec_push(a, &out, lines->p[i]);
	}
	for (u32 k = 0; k < c->n && c->write; k++)
		if (!c->p[k].done)
			vec_push(a, &out, str_fmt(a, STR_FMT "=" STR_FMT, STR_ARG(c->p[k].name), STR_ARG(c->p[k].value)));
	for (u32 i = 0, start = 0; i <= out.n; i++)
		if (i == out.n || !line_key(out.p[i]).n) {
			if (i > start)
				qsort(out.p + start, i - start, sizeof *out.p, by_key);
			start = i + 1;
		}
	*lines = out;
}

int env_change_file(Env *e, Arena *a, char **args, u32 n, bool write)
{
	if (!n)
		return cmd_error(write ? "no KEY=VALUE arguments given" : "'go env -u' requires an argument");
	Changes c = {NEWN(a, Change, n), 0, write};
	for (u32 i = 0; i < n; i++) {
		Str arg = str(args[i]);
		int eq = str_index(arg, '=');
		if (write && eq < 0)
			return cmd_error("arguments must be KEY=VALUE: invalid argument: %s", args[i]);
		Change *x = &c.p[c.n];
		*x = (Change){write ? str_sub(arg, 0, (u32)eq) : arg, write ? str_from(arg, (u32)eq + 1) : S(""), false};
		Err err = check_setting(e, a, x->name, x->value);
		if (failed(err))
			return cmd_error(STR_FMT, STR_ARG(err.msg));
		for (u32 k = 0; k < c.n && write; k++)
			if (str_eq(c.p[k].name, x->name))
				return cmd_error("multiple values for key: " STR_FMT, STR_ARG(x->name));
		const char *os = getenv(str_c(a, x->name));
		if (write && os && *os && !str_is(x->value, os))
			fprintf(stderr, "warning: go env -w " STR_FMT "=... does not override conflicting OS environment variable\n", STR_ARG(x->name));
		c.n++;
	}
	Err err = check_target(e, a, &c);
	if (failed(err))
		return cmd_error(STR_FMT, STR_ARG(err.msg));
	Str file = env_value(e, a, S("GOENV")), text = S("");
	if (!file.n)
		return cmd_error("cannot find go env config: GOENV=off");
	err = file_map(a, file, &text);
	if (failed(err) && (file_exists(file) || !write))
		return cmd_error("reading go env config: " STR_FMT, STR_ARG(err.msg));
	StrVec lines = {0};
	while (text.n) {
		int nl = str_index(text, '\n');
		vec_push(a, &lines, nl >= 0 ? str_sub(text, 0, (u32)nl) : text);
		text = nl >= 0 ? str_from(text, (u32)nl + 1) : S("");
	}
	change_lines(a, &lines, &c);
	Buf b = {0};
	for (u32 k = 0; k < lines.n; k++)
		buf_printf(&b, STR_FMT "\n", STR_ARG(lines.p[k]));
	err = dir_make_all(a, path_dir(file));
	if (!failed(err))
		err = file_write(a, file, b.p, b.n, 0666);
	buf_free(&b);
	return failed(err) ? cmd_error("writing go env config: " STR_FMT, STR_ARG(err.msg)) : 0;
}
