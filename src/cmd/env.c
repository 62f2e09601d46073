// env.c: `go env`: the settings in force, as shell assignments, as JSON, or the values of those named.
#include "cmd/buildcmd.h"
#include "cmd/value.h"

#include <stdlib.h>

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

int cmd_env(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	bool json = false, write = false, unset = false, changed = false;
	const Flag own[] = {{"json", FLAG_BOOL, &json}, {"w", FLAG_BOOL, &write}, {"u", FLAG_BOOL, &unset},
		{"changed", FLAG_BOOL, &changed}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, "env [-json] [-changed] [-u] [-w] [var ...]", argc, argv, (const Flag *const[]){own, NULL});
	if (!at)
		return 2;
	if (write || unset || changed)
		return cmd_error("env: -w, -u and -changed are not supported yet");
	c.env = env_new(c.arena);
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
