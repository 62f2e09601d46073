// env.c: `go env`: the settings in force, as shell assignments, as JSON, or the values of those named; -changed: those that
// are not what they are by default. envvars.def lists them; -w and -u are in env_write.c.
#include "cmd/envcmd.h"
#include "cmd/help.h"

#include <stdlib.h>
#include <unistd.h>

const EnvVar env_vars[] = {
#define VAR(name, fallback, kind, set) {#name, fallback, ENV_##kind, ENV_##set},
#include "cmd/envvars.def"
#undef VAR
	{NULL, NULL, 0, 0},
};

const EnvVar *env_var(Str name)
{
	for (const EnvVar *v = env_vars; v->name; v++)
		if (str_is(name, v->name))
			return v;
	return NULL;
}

// The variable that says more of a processor; NULL if it has none.
static const char *arch_variable(Str goarch)
{
	static const struct { const char *arch, *var; } of[] = {
		{"386", "GO386"}, {"amd64", "GOAMD64"}, {"arm", "GOARM"}, {"arm64", "GOARM64"}, {"mips", "GOMIPS"}, {"mipsle", "GOMIPS"},
		{"mips64", "GOMIPS64"}, {"mips64le", "GOMIPS64"}, {"ppc64", "GOPPC64"}, {"ppc64le", "GOPPC64"}, {"riscv64", "GORISCV64"},
		{"wasm", "GOWASM"},
	};
	for (u32 i = 0; i < LENGTH(of); i++)
		if (str_is(goarch, of[i].arch))
			return of[i].var;
	return NULL;
}

static bool is_shown(Env *e, const EnvVar *v)
{
	static const char *const levels[] = {"GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM"};
	const char *own = arch_variable(env_get(e, "GOARCH"));
	for (u32 i = 0; i < LENGTH(levels); i++)
		if (!strcmp(v->name, levels[i]))
			return own && !strcmp(v->name, own);
	return v->set != ENV_HIDDEN;
}

static Str working_directory(Arena *a)
{
	char cwd[4096];
	return getcwd(cwd, sizeof cwd) ? str_dup(a, str(cwd)) : S("");
}

static Str default_gobin(Env *e, Arena *a)
{
	Str rest = env_get(e, "GOPATH"), first = S(""), wd = working_directory(a);
	bool modules = !str_is(env_get(e, "GO111MODULE"), "off");
	for (Str one; str_next(&rest, ':', &one);) {
		if (!first.n)
			first = one;
		if (!modules && one.n && path_has_prefix(wd, one)) // where the command in this directory would go
			return path_join(a, one, S("bin"));
	}
	return first.n ? path_join(a, first, S("bin")) : S("");
}

static Str gowork(Env *e, Arena *a)
{
	Str v = env_get(e, "GOWORK");
	if (v.n && !str_is(v, "auto"))
		return v;
	return str_is(env_get(e, "GO111MODULE"), "off") ? S("") : mods_find_up(a, working_directory(a), S("go.work"));
}

static Str gomod(Env *e, Arena *a)
{
	Str mode = env_get(e, "GO111MODULE");
	if (str_is(mode, "off"))
		return S("");
	Str f = mods_find_gomod(a, working_directory(a));
	return f.n || str_is(mode, "auto") ? f : S("/dev/null");
}

static bool in_path(Arena *a, Str program)
{
	if (str_index(program, '/') >= 0)
		return access(str_c(a, program), X_OK) == 0;
	Str rest = str(getenv("PATH") ? getenv("PATH") : "");
	for (Str dir; str_next(&rest, ':', &dir);) {
		if (dir.n && access(path_join(a, dir, program).p, X_OK) == 0)
			return true;
	}
	return false;
}

// What cgo would give the C compiler first. The official command tries each flag; here the compiler's kind decides.
static Str gcc_flags(Env *e, Arena *a, Str cc)
{
	static const struct { const char *arch, *flags; } machine[] = {
		{"386", " -m32"}, {"amd64", " -m64"}, {"arm", " -marm"}, {"s390x", " -m64 -march=z13"}, {"mips64", " -mabi=64"},
		{"mips64le", " -mabi=64"}, {"mips", " -mabi=32 -march=mips32"}, {"mipsle", " -mabi=32 -march=mips32"}, {"loong64", " -mabi=lp64d"},
	};
	Str goarch = env_get(e, "GOARCH"), tmp = env_get(e, "GOTMPDIR");
	const char *m = "", *t = getenv("TMPDIR");
	for (u32 i = 0; i < LENGTH(machine); i++)
		if (str_is(goarch, machine[i].arch))
			m = machine[i].flags;
	tmp = tmp.n ? tmp : t && *t ? str(t) : S("/tmp");
	int blank = str_index(cc, ' ');
	Str program = blank >= 0 ? str_sub(cc, 0, (u32)blank) : cc;
	bool found = in_path(a, program), clang = str_find(path_base(program), "clang") >= 0, windows = str_is(env_get(e, "GOOS"), "windows");
	Str map = str_fmt(a, " -ffile-prefix-map=" STR_FMT "/go-build%u=/tmp/go-build -gno-record-gcc-switches", STR_ARG(tmp), (u32)getpid());
	Str flags = str_fmt(a, "%s%s%s%s%s -fmessage-length=0" STR_FMT, windows ? "" : " -fPIC", m, str_is(env_get(e, "CGO_ENABLED"), "1") ? " -pthread" : "",
		found && clang ? " -fno-caret-diagnostics -Qunused-arguments" : "", found ? " -Wl,--no-gc-sections" : "", STR_ARG((found ? map : S(""))));
	return flags.n && flags.p[0] == ' ' ? str_from(flags, 1) : flags;
}

static Str default_compiler(Env *e, bool cxx)
{
	static const char *const clang[] = {"darwin", "freebsd", "ios", "openbsd"};
	Str goos = env_get(e, "GOOS");
	for (u32 i = 0; i < LENGTH(clang); i++)
		if (str_is(goos, clang[i]))
			return cxx ? S("clang++") : S("clang");
	return cxx ? S("g++") : S("gcc");
}

static Str config_dir(Arena *a)
{
	const char *x = getenv("XDG_CONFIG_HOME"), *h = getenv("HOME");
	return x && *x ? str(x) : h && *h ? path_join(a, str(h), S(".config")) : S("");
}

// `go telemetry` keeps "MODE" or "MODE DATE" in a file. Nothing is ever collected or sent by this program.
static Str telemetry_mode(Arena *a)
{
	Str text;
	if (!config_dir(a).n || failed(file_map(a, path_join(a, config_dir(a), S("go/telemetry/mode")), &text)))
		return config_dir(a).n ? S("local") : S("off");
	text = str_trim(text);
	int blank = str_index(text, ' ');
	return blank >= 0 ? str_sub(text, 0, (u32)blank) : text;
}

static Str fallback(Env *e, const char *name)
{
	const EnvVar *v = env_var(str(name));
	Str d = env_default(e, name);
	return d.n || !v ? d : str(v->fallback);
}

// The words of a list of flags, quoted again as Go quotes them.
static Str requote(Arena *a, Str list)
{
	StrVec words = {0};
	if (!split_words(a, list, &words))
		return list;
	Str out = S("");
	for (u32 i = 0; i < words.n; i++) {
		Str w = words.p[i];
		bool blank = !w.n, single = str_index(w, '\'') >= 0;
		for (u32 k = 0; k < w.n; k++)
			blank = blank || w.p[k] == ' ' || w.p[k] == '\t' || w.p[k] == '\n';
		bool quote = blank || single || str_index(w, '"') >= 0;
		const char *q = !quote ? "" : single ? "\"" : "'";
		out = str_fmt(a, STR_FMT "%s%s" STR_FMT "%s", STR_ARG(out), i ? " " : "", q, STR_ARG(w), q);
	}
	return out;
}

Str env_value(Env *e, Arena *a, Str name)
{
	const EnvVar *v = env_var(name);
	if (!v)
		return env_in_files(e, str_c(a, name)) ? env_get(e, str_c(a, name)) : S("");
	Str set = v->set == ENV_OS_ONLY ? str(getenv(v->name) ? getenv(v->name) : "") : env_get(e, v->name);
	if (str_is(name, "GOVERSION"))
		return env_release(e);
	if (str_is(name, "GOMOD"))
		return gomod(e, a);
	if (str_is(name, "GOWORK"))
		return gowork(e, a);
	if (str_is(name, "GOENV"))
		return str_is(set, "off") ? S("") : env_get(e, "GOENV");
	if (str_is(name, "GOEXE"))
		return str_is(env_get(e, "GOOS"), "windows") ? S(".exe") : S("");
	if (str_is(name, "GOHOSTARCH") || str_is(name, "GOHOSTOS"))
		return env_default(e, str_is(name, "GOHOSTOS") ? "GOOS" : "GOARCH");
	if (str_is(name, "GOTELEMETRY"))
		return telemetry_mode(a);
	if (str_is(name, "GOTELEMETRYDIR"))
		return config_dir(a).n ? path_join(a, config_dir(a), S("go/telemetry")) : S("");
	if (str_is(name, "GOGCCFLAGS"))
		return gcc_flags(e, a, env_value(e, a, S("CC")));
	if (str_is(name, "GOCACHE"))
		return set.n && set.p[0] == '/' ? set : S("off");
	if (str_is(name, "CGO_ENABLED"))
		return str_is(set, "1") ? S("1") : S("0");
	if (set.n)
		return str_has_prefix(name, "CGO_") && str_has_suffix(name, "FLAGS") ? requote(a, set) : set;
	if (str_is(name, "GONOPROXY") || str_is(name, "GONOSUMDB"))
		return env_get(e, "GOPRIVATE");
	if (str_is(name, "GOBIN"))
		return default_gobin(e, a);
	if (str_is(name, "CC") || str_is(name, "CXX"))
		return default_compiler(e, str_is(name, "CXX"));
	return fallback(e, v->name);
}

static bool is_changed(Env *e, Arena *a, const EnvVar *v)
{
	Str value = env_value(e, a, str(v->name));
	const char *os = getenv(v->name);
	bool in_env = os && *os;
	if (!strcmp(v->name, "GO111MODULE"))
		return value.n && !str_is(value, "on");
	if (!strcmp(v->name, "CGO_ENABLED") && (!str_eq(env_get(e, "GOOS"), env_default(e, "GOOS")) || !str_eq(env_get(e, "GOARCH"), env_default(e, "GOARCH"))))
		return str_is(value, "1"); // cross builds do without cgo
	switch (v->kind) {
	case ENV_NONE:
		return value.n > 0;
	case ENV_SET:
		return v->set == ENV_OS_ONLY ? in_env : in_env || env_in_files(e, v->name);
	case ENV_VALUE:
		if (!strcmp(v->name, "GONOPROXY") || !strcmp(v->name, "GONOSUMDB"))
			return !str_eq(value, env_get(e, "GOPRIVATE"));
		return !str_eq(value, fallback(e, v->name));
	default:
		return false;
	}
}

// In single quotes, with ' as '\''.
static void print_quoted(Str v)
{
	putchar('\'');
	for (u32 i = 0; i < v.n; i++)
		v.p[i] == '\'' ? (void)fputs("'\\''", stdout) : (void)putchar(v.p[i]);
	putchar('\'');
}

// What would make every command fail: said here, too. Exit status.
static int check_configuration(Env *e, Arena *a, bool all)
{
	Err err = env_check_experiments(a, env_get(e, "GOEXPERIMENT"));
	if (!failed(err) && !env_known_fips(env_value(e, a, S("GOFIPS140"))))
		err = err_fmt(a, "invalid GOFIPS140: must be off, latest, inprocess, certified, or v1.Y.Z");
	if (!failed(err) && all)
		err = env_check_port(a, env_get(e, "GOOS"), env_get(e, "GOARCH"));
	if (failed(err))
		cmd_error(STR_FMT, STR_ARG(err.msg));
	return failed(err) ? 2 : 0;
}

int cmd_env(int argc, char **argv)
{
	Arena *a = arena_new();
	bool json = false, write = false, unset = false, changed = false, ignored;
	const Flag own[] = {{"json", FLAG_BOOL, &json}, {"w", FLAG_BOOL, &write}, {"u", FLAG_BOOL, &unset}, {"changed", FLAG_BOOL, &changed},
		{"n", FLAG_BOOL, &ignored}, {"x", FLAG_BOOL, &ignored}, {NULL, 0, NULL}};
	int at = flags_parse(a, help_usage("env"), argc, argv, (const Flag *const[]){own, NULL});
	if (!at)
		return 2;
	if (json && (write || unset))
		return cmd_error("cannot use -json with %s", unset ? "-u" : "-w");
	if (write && unset)
		return cmd_error("cannot use -u with -w");
	Env *e = env_new(a);
	if (write || unset)
		return env_change_file(e, a, argv + at, (u32)(argc - at), write);
	int status = check_configuration(e, a, at == argc);
	if (status)
		return status;
	Str why = S(""), named = env_goroot_named(e);
	if (named.n ? !file_is_dir(named) : !env_goroot(e, &why).n) {
		fprintf(stderr, "go: " STR_FMT "\n", STR_ARG((why.n ? why : str_cat(a, S("cannot find GOROOT directory: "), named))));
		return 2;
	}
	for (int i = at; i < argc; i++)
		if (strchr(argv[i], '='))
			return cmd_error("invalid variable name \"%s\" (use -w to set variable)", argv[i]);
	Value *all = value_map(a);
	u32 n = at < argc ? (u32)(argc - at) : (u32)LENGTH(env_vars) - 1;
	for (u32 i = 0; i < n; i++) {
		const char *name = at < argc ? argv[at + (int)i] : env_vars[i].name;
		const EnvVar *var = env_var(str(name));
		if ((at == argc && !is_shown(e, var)) || (changed && (!var || !is_changed(e, a, var))))
			continue;
		Str v = env_value(e, a, str(name));
		if (json) {
			value_set(a, all, name, value_str(a, v));
		} else if (at < argc && !changed) {
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
