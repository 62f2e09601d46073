// env.c: the settings a go command works with: the process's environment over the file of `go env -w` over
// GOROOT/go.env over defaults; and where the library is. (`go help environment`, cmd/go/internal/cfg.)
#include "base/release.h"
#include "load/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#if defined __aarch64__
#define HOST_ARCH "arm64"
#else
#define HOST_ARCH "amd64"
#endif

struct Env {
	Arena *arena;
	StrMap set;         // by env_set: names -> Str *
	StrMap file;        // of GOENV
	StrMap root;        // of GOROOT/go.env
	bool file_read, root_read, goroot_read;
	Str goroot_named, goroot, goroot_why, release; // of env_goroot, and what it was asked for
};

Env *env_new(Arena *a)
{
	Env *e = NEW(a, Env);
	e->arena = a;
	return e;
}

void env_set(Env *e, const char *name, Str value)
{
	Str *v = NEW(e->arena, Str);
	*v = value;
	strmap_put(e->arena, &e->set, str(name), v);
}

// Lines "NAME=value"; others are passed over.
static void read_settings(Env *e, StrMap *m, Str path)
{
	Str text;
	if (failed(file_map(e->arena, path, &text)))
		return;
	for (u32 i = 0; i < text.n;) {
		u32 end = i;
		while (end < text.n && text.p[end] != '\n')
			end++;
		Str line = str_sub(text, i, end);
		int eq = str_index(line, '=');
		if (eq > 0 && line.p[0] >= 'A' && line.p[0] <= 'Z') {
			Str *v = NEW(e->arena, Str);
			*v = str_dup(e->arena, str_from(line, (u32)eq + 1));
			strmap_put(e->arena, m, str_dup(e->arena, str_sub(line, 0, (u32)eq)), v);
		}
		i = end + 1;
	}
	file_unmap(text);
}

static Str home(Env *e)
{
	const char *h = getenv("HOME");
	return h ? str(h) : S("");
}

static Str cache_home(Env *e)
{
	const char *x = getenv("XDG_CACHE_HOME");
	if (x && *x)
		return str(x);
	Str h = home(e);
	return h.n ? path_join(e->arena, h, S(".cache")) : S("");
}

static Str env_file(Env *e)
{
	const char *f = getenv("GOENV");
	if (f && *f)
		return strcmp(f, "off") == 0 ? S("") : str(f);
	const char *x = getenv("XDG_CONFIG_HOME");
	Str dir = x && *x ? str(x) : home(e).n ? path_join(e->arena, home(e), S(".config")) : S("");
	return dir.n ? path_join(e->arena, dir, S("go/env")) : S("");
}

static void read_file(Env *e)
{
	if (e->file_read)
		return;
	e->file_read = true;
	Str f = env_file(e);
	if (f.n)
		read_settings(e, &e->file, f);
}

static bool right_version(Env *e, Str dir)
{
	Str v = e->release = release_of_library(e->arena, dir);
	return str_has_prefix(v, "go1.27") && (v.n == 6 || v.p[6] == '.' || v.p[6] == 'r' || v.p[6] == '-');
}

static bool supported_goroot(Env *e, Str dir)
{
	return file_is_dir(path_join(e->arena, dir, S("src/runtime"))) && file_exists(path_join(e->arena, dir, S("VERSION"))) && right_version(e, dir);
}

Str env_goroot_named(Env *e)
{
	Str *set = strmap_get(&e->set, S("GOROOT"));
	const char *g = getenv("GOROOT");
	read_file(e);
	Str *file = strmap_get(&e->file, S("GOROOT")), named = set ? *set : g && *g ? str(g) : file ? *file : S("");
	return named.n ? path_clean(e->arena, named) : named;
}

static Str find_goroot(Env *e, Str named, Str *why)
{
	if (named.n) {
		if (!file_is_dir(named)) {
			*why = str_fmt(e->arena, "cannot find GOROOT directory: " STR_FMT, STR_ARG(named));
			return S("");
		}
		if (!right_version(e, named)) {
			*why = str_fmt(e->arena, "GOROOT " STR_FMT " is not a Go 1.27 library: its VERSION says otherwise", STR_ARG(named));
			return S("");
		}
		return named;
	}
	static const char *const usual[] = {"/usr/lib/go-1.27", "/usr/share/go-1.27", "/usr/local/go", "/usr/lib/go"};
	Str installed = path_join(e->arena, cache_home(e), S("ingot/goroot"));
	if (cache_home(e).n && supported_goroot(e, installed))
		return installed;
	for (u32 i = 0; i < LENGTH(usual); i++)
		if (supported_goroot(e, str(usual[i])))
			return str(usual[i]);
	*why = S("cannot find the Go 1.27 library: set GOROOT to it, or run tools/setup");
	return S("");
}

static void read_goroot(Env *e)
{
	Str named = env_goroot_named(e);
	if (e->goroot_read && str_eq(named, e->goroot_named))
		return;
	e->goroot_read = true;
	e->goroot_named = named;
	e->goroot_why = S("");
	e->goroot = find_goroot(e, named, &e->goroot_why);
	if (!e->goroot.n)
		e->release = S("go" GO_RELEASE);
}

Str env_goroot(Env *e, Str *why)
{
	read_goroot(e);
	*why = e->goroot_why;
	return e->goroot;
}

Str env_release(Env *e)
{
	read_goroot(e);
	return e->release;
}

static Str default_value(Env *e, const char *name)
{
	if (!strcmp(name, "GOOS"))
		return S("linux");
	if (!strcmp(name, "GOARCH"))
		return S(HOST_ARCH);
	if (!strcmp(name, "GOAMD64"))
		return S("v1");
	if (!strcmp(name, "GOENV"))
		return env_file(e);
	if (!strcmp(name, "GOPATH"))
		return home(e).n ? path_join(e->arena, home(e), S("go")) : S("");
	if (!strcmp(name, "GOCACHE"))
		return cache_home(e).n ? path_join(e->arena, cache_home(e), S("go-build")) : S("");
	if (!strcmp(name, "GOMODCACHE")) {
		Str gp = env_get(e, "GOPATH");
		int colon = str_index(gp, ':');
		gp = colon >= 0 ? str_sub(gp, 0, (u32)colon) : gp;
		return gp.n ? path_join(e->arena, gp, S("pkg/mod")) : gp;
	}
	if (!strcmp(name, "GOROOT")) {
		Str why, named = env_goroot_named(e);
		return named.n ? named : env_goroot(e, &why);
	}
	if (!strcmp(name, "GOTOOLDIR"))
		return str_fmt(e->arena, STR_FMT "/pkg/tool/linux_" HOST_ARCH, STR_ARG(env_get(e, "GOROOT")));
	if (!strcmp(name, "CGO_ENABLED"))
		return S("0");
	return S("");
}

Str env_get(Env *e, const char *name)
{
	Str *set = strmap_get(&e->set, str(name));
	if (set)
		return *set;
	const char *v = getenv(name);
	if (v && *v)
		return str(v);
	read_file(e);
	Str *w = strmap_get(&e->file, str(name));
	if (w)
		return *w;
	return env_default(e, name);
}

Str env_default(Env *e, const char *name)
{
	if (!e->root_read && strcmp(name, "GOROOT")) {
		e->root_read = true;
		Str why, root = env_goroot_named(e);
		root = root.n ? root : env_goroot(e, &why);
		if (root.n)
			read_settings(e, &e->root, path_join(e->arena, root, S("go.env")));
	}
	Str *w = strmap_get(&e->root, str(name));
	return w ? *w : default_value(e, name);
}

bool env_in_files(Env *e, const char *name)
{
	read_file(e);
	env_default(e, name);
	return strmap_has(&e->file, str(name)) || strmap_has(&e->root, str(name));
}

// ---- the context --------------------------------------------------------------------------------

// Experiments that are on in Go 1.27 for every 64-bit register-ABI port (internal/buildcfg/exp.go).
static const char *const baseline[] = {"regabiwrappers", "regabiargs", "dwarf5", "randomizedheapbase64", "greenteagc", "jsonv2",
	"sizespecializedmalloc"};
static const char *const experiments[] = {"fieldtrack", "preemptibleloops", "staticlockranking", "boringcrypto", "regabiwrappers",
	"regabiargs", "heapminimum512kib", "arenas", "cgocheck2", "loopvar", "newinliner", "dwarf5", "jsonv2", "greenteagc",
	"randomizedheapbase64", "runtimefreegc", "sizespecializedmalloc", "simd", "runtimesecret", "mapsplitgroup", "goroutineleakprofile"};

typedef bool Experiments[LENGTH(experiments)];

// Which are on with that GOEXPERIMENT.
static Err parse_experiments(Arena *a, Str list, Experiments on)
{
	for (u32 i = 0; i < LENGTH(experiments); i++)
		for (u32 k = 0; k < LENGTH(baseline); k++)
			on[i] = on[i] || !strcmp(experiments[i], baseline[k]);
	for (Str f; str_next(&list, ',', &f);) {
		if (!f.n)
			continue;
		if (str_is(f, "none")) {
			for (u32 i = 0; i < LENGTH(experiments); i++)
				on[i] = !strcmp(experiments[i], "regabiwrappers") || !strcmp(experiments[i], "regabiargs");
			continue;
		}
		Str name = f;
		bool v = true, found = false;
		if (str_has_prefix(f, "no")) {
			name = str_from(f, 2);
			v = false;
		}
		for (u32 i = 0; i < LENGTH(experiments); i++)
			if (str_is(name, experiments[i])) {
				on[i] = v || str_has_prefix(name, "regabi"); // the register ABI is always on
				found = true;
			}
		if (!found && !str_is(name, "regabi"))
			return err_fmt(a, "unknown GOEXPERIMENT " STR_FMT, STR_ARG(name));
	}
	return OK;
}

bool env_known_fips(Str v)
{
	static const char *const names[] = {"off", "latest", "inprocess", "certified"};
	for (u32 i = 0; i < LENGTH(names); i++)
		if (str_is(v, names[i]))
			return true;
	int dots = 0; // v1.Y.Z
	for (u32 i = 2; i < v.n; i++) {
		dots += v.p[i] == '.';
		if (v.p[i] != '.' && (v.p[i] < '0' || v.p[i] > '9'))
			return false;
	}
	return str_has_prefix(v, "v1.") && dots == 2;
}

Err env_check_experiments(Arena *a, Str list)
{
	Experiments on = {0};
	return parse_experiments(a, list, on);
}

Err env_check_port(Arena *a, Str goos, Str goarch)
{
	static const struct { const char *os, *arch; } ports[] = {
#define PORT(os, arch) {#os, #arch},
#include "load/ports.def"
#undef PORT
	};
	for (u32 i = 0; i < LENGTH(ports); i++)
		if (str_is(goos, ports[i].os) && str_is(goarch, ports[i].arch))
			return OK;
	return err_fmt(a, "unsupported GOOS/GOARCH pair " STR_FMT "/" STR_FMT, STR_ARG(goos), STR_ARG(goarch));
}

static Err experiment_tags(BuildContext *c)
{
	Experiments on = {0};
	Err e = parse_experiments(c->arena, env_get(c->env, "GOEXPERIMENT"), on);
	if (failed(e))
		return e;
	for (u32 i = 0; i < LENGTH(on); i++)
		if (on[i])
			vec_push(c->arena, &c->tool_tags, str_fmt(c->arena, "goexperiment.%s", experiments[i]));
	return OK;
}

bool context_experiment(const BuildContext *c, const char *name)
{
	for (u32 i = 0; i < c->tool_tags.n; i++)
		if (str_has_prefix(c->tool_tags.p[i], "goexperiment.") && str_is(str_from(c->tool_tags.p[i], 13), name))
			return true;
	return false;
}

static Str arch_level(BuildContext *c, const char *var, const char *otherwise)
{
	Str v = env_get(c->env, var);
	return v.n ? v : str(otherwise);
}

// What processors of the architecture are assumed to have, as tags: GOAMD64=v3 sets amd64.v1, amd64.v2, amd64.v3
// (internal/buildcfg, gogoarchTags).
static Err arch_tags(BuildContext *c)
{
	Arena *a = c->arena;
	Str arch = c->goarch;
	static const struct { const char *arch, *var, *otherwise; } one[] = {{"386", "GO386", "sse2"}, {"mips", "GOMIPS", "hardfloat"},
		{"mipsle", "GOMIPS", "hardfloat"}, {"mips64", "GOMIPS64", "hardfloat"}, {"mips64le", "GOMIPS64", "hardfloat"}};
	for (u32 i = 0; i < LENGTH(one); i++)
		if (str_is(arch, one[i].arch))
			vec_push(a, &c->tool_tags, str_fmt(a, "%s." STR_FMT, one[i].arch, STR_ARG(arch_level(c, one[i].var, one[i].otherwise))));
	if (str_is(arch, "amd64")) {
		Str v = env_get(c->env, "GOAMD64");
		if (v.n != 2 || v.p[0] != 'v' || v.p[1] < '1' || v.p[1] > '4')
			return err_fmt(a, "invalid GOAMD64: must be v1, v2, v3, v4");
		for (char k = '1'; k <= v.p[1]; k++)
			vec_push(a, &c->tool_tags, str_fmt(a, "amd64.v%c", k));
	} else if (str_is(arch, "arm")) {
		for (char k = '5'; k <= arch_level(c, "GOARM", "7").p[0]; k++)
			vec_push(a, &c->tool_tags, str_fmt(a, "arm.%c", k));
	} else if (str_is(arch, "arm64")) {
		Str v = arch_level(c, "GOARM64", "v8.0");
		if (v.n < 4 || v.p[0] != 'v' || (v.p[1] != '8' && v.p[1] != '9') || v.p[2] != '.' || v.p[3] < '0' || v.p[3] > '9')
			return err_fmt(a, "invalid GOARM64: must start with v8.{0-9} or v9.{0-5} and may optionally end in ,lse and/or ,crypto");
		for (char k = '0'; k <= v.p[3]; k++)
			vec_push(a, &c->tool_tags, str_fmt(a, "arm64.v%c.%c", v.p[1], k));
		for (char k = '0'; v.p[1] == '9' && k <= v.p[3] + 5 && k <= '9'; k++)
			vec_push(a, &c->tool_tags, str_fmt(a, "arm64.v8.%c", k));
	} else if (str_is(arch, "ppc64") || str_is(arch, "ppc64le")) {
		Str v = arch_level(c, "GOPPC64", "power8");
		for (int k = 8; v.n > 5 && k <= atoi(v.p + 5); k++)
			vec_push(a, &c->tool_tags, str_fmt(a, STR_FMT ".power%d", STR_ARG(arch), k));
	} else if (str_is(arch, "riscv64")) {
		Str v = arch_level(c, "GORISCV64", "rva20u64");
		if (!str_is(v, "rva20u64") && !str_is(v, "rva22u64") && !str_is(v, "rva23u64"))
			return err_fmt(a, "invalid GORISCV64: must be rva20u64, rva22u64, rva23u64");
		for (int k = 20; v.n > 4 && k <= MIN(atoi(v.p + 3), 23); k += k == 20 ? 2 : 1)
			vec_push(a, &c->tool_tags, str_fmt(a, "riscv64.rva%du64", k));
	} else if (str_is(arch, "wasm")) {
		vec_push(a, &c->tool_tags, S("wasm.satconv"));
		vec_push(a, &c->tool_tags, S("wasm.signext"));
	}
	return OK;
}

Err context_init(BuildContext *c, Arena *a, Env *e)
{
	*c = (BuildContext){.arena = a, .env = e, .compiler = S("gc"), .goversion = S("go1.27")};
	char cwd[4096];
	if (!getcwd(cwd, sizeof cwd))
		return err_sys(a, "getwd", S("."));
	c->cwd = str_dup(a, str(cwd));
	Str why;
	c->goroot = env_goroot(e, &why);
	if (!c->goroot.n)
		return err_fmt(a, STR_FMT, STR_ARG(why));
	if (c->goroot.p[0] != '/')
		c->goroot = path_clean(a, path_join(a, c->cwd, c->goroot));
	c->goos = env_get(e, "GOOS");
	c->goarch = env_get(e, "GOARCH");
	c->cgo = str_is(env_get(e, "CGO_ENABLED"), "1");
	Err e_arch = arch_tags(c);
	if (failed(e_arch))
		return e_arch;
	c->facts = facts_open(a, env_get(e, "GOCACHE"), FACTS_FILE);
	return experiment_tags(c);
}
