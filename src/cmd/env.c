// env.c: `go env`: the settings in force, as shell assignments, as JSON, or the values of those named.
#include "cmd/buildcmd.h"
#include "cmd/value.h"

#include <stdlib.h>
#include <unistd.h>

// In the order of the official command; a default where load/env.c has none.
static const struct { const char *name, *fallback; } vars[] = {
	{"AR", "ar"}, {"CC", "gcc"}, {"CGO_CFLAGS", "-O2 -g"}, {"CGO_CPPFLAGS", ""}, {"CGO_CXXFLAGS", "-O2 -g"}, {"CGO_ENABLED", ""},
	{"CGO_FFLAGS", "-O2 -g"}, {"CGO_LDFLAGS", "-O2 -g"}, {"CXX", "g++"}, {"GCCGO", "gccgo"}, {"GO111MODULE", ""}, {"GOAMD64", ""},
	{"GOARCH", ""}, {"GOAUTH", "netrc"}, {"GOBIN", ""}, {"GOCACHE", ""}, {"GOCACHEPROG", ""}, {"GODEBUG", ""}, {"GOENV", ""},
	{"GOEXE", ""}, {"GOEXPERIMENT", ""}, {"GOFIPS140", "off"}, {"GOFLAGS", ""}, {"GOHOSTARCH", "amd64"},
	{"GOHOSTOS", "linux"}, {"GOINSECURE", ""}, {"GOMOD", ""}, {"GOMODCACHE", ""}, {"GONOPROXY", ""}, {"GONOSUMDB", ""}, {"GOOS", ""},
	{"GOPACKAGESDRIVER", ""}, {"GOPATH", ""}, {"GOPRIVATE", ""}, {"GOPROXY", ""}, {"GOROOT", ""}, {"GOSUMDB", ""},
	{"GOTELEMETRY", "off"}, {"GOTELEMETRYDIR", ""}, {"GOTMPDIR", ""}, {"GOTOOLCHAIN", "local"}, {"GOTOOLDIR", ""}, {"GOVCS", ""},
	{"GOVERSION", ""}, {"GOWORK", ""}, {"PKG_CONFIG", "pkg-config"},
};

static Str value_of(BuildCmd *c, const char *name)
{
	if (!strcmp(name, "GOVERSION")) {
		Str text;
		if (failed(file_map(c->arena, path_join(c->arena, env_get(c->env, "GOROOT"), S("VERSION")), &text)))
			return S("go1.27");
		int nl = str_index(text, '\n');
		return nl >= 0 ? str_sub(text, 0, (u32)nl) : text;
	}
	if (!strcmp(name, "GOMOD")) {
		if (str_is(env_get(c->env, "GO111MODULE"), "off"))
			return S("");
		char cwd[4096];
		Str f = getcwd(cwd, sizeof cwd) ? mods_find_gomod(c->arena, str_dup(c->arena, str(cwd))) : S("");
		return f.n || str_is(env_get(c->env, "GO111MODULE"), "auto") ? f : S("/dev/null");
	}
	if (!strcmp(name, "GONOPROXY") || !strcmp(name, "GONOSUMDB")) {
		Str v = env_get(c->env, name);
		return v.n ? v : env_get(c->env, "GOPRIVATE");
	}
	Str v = env_get(c->env, name);
	if (v.n)
		return v;
	for (u32 i = 0; i < LENGTH(vars); i++)
		if (!strcmp(vars[i].name, name))
			return str(vars[i].fallback);
	return v;
}

// Shell quoting: 'value', with ' as '"'"'.
static void print_quoted(Str v)
{
	putchar('\'');
	for (u32 i = 0; i < v.n; i++)
		v.p[i] == '\'' ? (void)fputs("'\"'\"'", stdout) : (void)putchar(v.p[i]);
	putchar('\'');
}

// -w NAME=VALUE and -u NAME: the settings file, with its other lines as they are.
static int change_file(BuildCmd *c, int argc, char **argv, int at, bool write)
{
	Arena *a = c->arena;
	Str file = env_get(c->env, "GOENV"), text = S("");
	if (at == argc)
		return cmd_error("no KEY=VALUE arguments given");
	if (!file.n || str_is(file, "off"))
		return cmd_error("GOENV=off: cannot write settings");
	if (!failed(file_map(a, file, &text)))
		text = str_dup(a, text);
	StrVec lines = {0};
	while (text.n) {
		int nl = str_index(text, '\n');
		vec_push(a, &lines, nl >= 0 ? str_sub(text, 0, (u32)nl) : text);
		text = nl >= 0 ? str_from(text, (u32)nl + 1) : S("");
	}
	for (int i = at; i < argc; i++) {
		Str arg = str(argv[i]), name = arg;
		int eq = str_index(arg, '=');
		if (write && eq < 0)
			return cmd_error("arguments must be KEY=VALUE: invalid argument: %s", argv[i]);
		if (!write && eq >= 0)
			return cmd_error("unknown go command variable %s", argv[i]);
		if (write)
			name = str_sub(arg, 0, (u32)eq);
		bool known = false;
		for (u32 k = 0; k < LENGTH(vars); k++)
			known = known || str_is(name, vars[k].name);
		if (!known)
			return cmd_error("unknown go command variable " STR_FMT, STR_ARG(name));
		static const char *const fixed[] = {"GOENV", "GOGCCFLAGS", "GOHOSTARCH", "GOHOSTOS", "GOMOD", "GOVERSION", "GOWORK", "GOTOOLDIR", "GOEXE"};
		for (u32 k = 0; k < LENGTH(fixed); k++)
			if (str_is(name, fixed[k]))
				return cmd_error(STR_FMT " cannot be modified", STR_ARG(name));
		if (getenv(str_c(a, name)) && write)
			fprintf(stderr, "warning: go env -w " STR_FMT "=... does not override conflicting OS environment variable\n", STR_ARG(name));
		u32 n = 0;
		bool done = false;
		for (u32 k = 0; k < lines.n; k++) {
			Str l = lines.p[k];
			bool same = l.n > name.n && l.p[name.n] == '=' && !memcmp(l.p, name.p, name.n);
			if (same && (!write || done))
				continue;
			lines.p[n++] = same ? arg : l;
			done = done || same;
		}
		lines.n = n;
		if (write && !done)
			vec_push(a, &lines, arg);
	}
	Buf b = {0};
	for (u32 k = 0; k < lines.n; k++)
		buf_printf(&b, STR_FMT "\n", STR_ARG(lines.p[k]));
	Err e = dir_make_all(a, path_dir(file));
	if (!failed(e))
		e = file_write(a, file, b.p, b.n, 0666);
	buf_free(&b);
	return failed(e) ? cmd_error("writing go env config: " STR_FMT, STR_ARG(e.msg)) : 0;
}

int cmd_env(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	bool json = false, write = false, unset = false, changed = false;
	const Flag own[] = {{"json", FLAG_BOOL, &json}, {"w", FLAG_BOOL, &write}, {"u", FLAG_BOOL, &unset},
		{"changed", FLAG_BOOL, &changed}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, "env [-json] [-changed] [-u] [-w] [var ...]", argc, argv, (const Flag *const[]){own, NULL});
	if (!at)
		return 2;
	if (changed)
		return cmd_error("env: -changed is not supported yet");
	if (write && unset)
		return cmd_error("cannot use -u with -w");
	c.env = env_new(c.arena);
	if (write || unset)
		return change_file(&c, argc, argv, at, write);
	Str why;
	if (!env_goroot(c.env, &why).n)
		return cmd_error(STR_FMT, STR_ARG(why));
	u32 n = at < argc ? (u32)(argc - at) : LENGTH(vars);
	Value *all = value_map(c.arena);
	for (u32 i = 0; i < n; i++) {
		const char *name = at < argc ? argv[at + (int)i] : vars[i].name;
		Str v = value_of(&c, name);
		if (json) {
			value_set(c.arena, all, name, value_str(c.arena, v));
		} else if (at < argc) {
			printf(STR_FMT "\n", STR_ARG(v));
		} else {
			printf("%s=", name);
			print_quoted(v);
			putchar('\n');
		}
	}
	if (json) {
		Buf b = {0};
		value_json(&b, all, 0);
		buf_u8(&b, '\n');
		fwrite(b.p, 1, b.n, stdout);
	}
	return 0;
}
