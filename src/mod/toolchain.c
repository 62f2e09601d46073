// toolchain.c: see toolchain.h. Facts: cmd/go/internal/toolchain, cmd/go/internal/gover. A switch is an exec: nothing of this
// process stays. Two variables go along: the release that is expected, and how many switches there were.
#include "mod/process.h"
#include "mod/toolchain.h"
#include "base/release.h"
#include "mod/mod.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGET "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"
#define MAX_SWITCHES 100

// Written once, before there are threads; what the process is does not change.
static char ourselves[32] = "go" GO_RELEASE;

void toolchain_is(Str name)
{
	if (name.n < sizeof ourselves && toolchain_release(name).n)
		snprintf(ourselves, sizeof ourselves, STR_FMT, STR_ARG(name));
}

const char *toolchain_name(void)
{
#ifdef TESTGO // a build for the script tests, which play other releases
	const char *v = getenv("TESTGO_VERSION");
	if (v && *v)
		return v;
#endif
	return ourselves;
}

Str toolchain_local(void)
{
	Str v = toolchain_release(str(toolchain_name()));
	return v.n ? v : S(GO_RELEASE);
}

// What GOTOOLCHAIN and the files above the working directory say.
typedef struct Choice {
	Str setting;            // GOTOOLCHAIN
	Str minimum;            // name of the release that runs at least
	Str name;               // of the release to run
	Str mode;               // "auto", "path" or ""
	Str file, go, toolchain; // the go.work or go.mod that was looked at, and what of it counted
	Str trace;              // lines for GODEBUG=toolchaintrace=1
	Str wrong;              // the setting cannot be understood: why
} Choice;

static bool has_mode(Str setting, const char *mode)
{
	int plus = str_index(setting, '+');
	return str_is(plus >= 0 ? str_from(setting, (u32)plus + 1) : setting, mode);
}

Str gomod_line(Str text, const char *key)
{
	u32 n = (u32)strlen(key);
	while (text.n) {
		int nl = str_index(text, '\n');
		Str line = str_trim(nl >= 0 ? str_sub(text, 0, (u32)nl) : text);
		text = nl >= 0 ? str_from(text, (u32)nl + 1) : S("");
		if (!str_has_prefix(line, key) || line.n == n || (line.p[n] != ' ' && line.p[n] != '\t'))
			continue;
		line = str_from(line, n);
		int comment = str_find(line, "//");
		return str_trim(comment >= 0 ? str_sub(line, 0, (u32)comment) : line);
	}
	return S("");
}

static Str short_path(Str cwd, Str p)
{
	return path_has_prefix(p, cwd) && p.n > cwd.n ? str_from(p, cwd.n + (cwd.n > 1)) : p;
}

static Str governing_file(Arena *a, Env *env, Str cwd)
{
	Str work = env_get(env, "GOWORK"), file = S("");
	if (!str_is(work, "off")) {
		file = work.n && !str_is(work, "auto") ? work : mods_find_up(a, cwd, S("go.work"));
		if (file.n && (!file_exists(file) || str_eq(file, path_join(a, env_get(env, "GOROOT"), S("go.work")))))
			file = S("");
	}
	return file.n ? file : mods_find_gomod(a, cwd);
}

static void choose(Arena *a, Env *env, Str cwd, Choice *c)
{
	*c = (Choice){.setting = env_get(env, "GOTOOLCHAIN"), .mode = S(""), .file = S(""), .go = S(""), .toolchain = S(""), .trace = S(""), .wrong = S("")};
	Str least = toolchain_local();
	c->minimum = str(toolchain_name());
	if (str_is(c->setting, "auto") || str_is(c->setting, "path")) {
		c->mode = c->setting;
	} else {
		int plus = str_index(c->setting, '+');
		Str name = plus >= 0 ? str_sub(c->setting, 0, (u32)plus) : c->setting;
		c->mode = plus >= 0 ? str_from(c->setting, (u32)plus + 1) : S("");
		if (!str_is(name, "local")) {
			c->minimum = name;
			least = toolchain_release(name);
			if (!least.n)
				c->wrong = str_fmt(a, "invalid GOTOOLCHAIN \"" STR_FMT "\"%s" STR_FMT "%s", STR_ARG(c->setting), plus >= 0 ? ": invalid minimum toolchain \"" : "",
					STR_ARG(plus >= 0 ? name : S("")), plus >= 0 ? "\"" : "");
		}
		if (!c->wrong.n && plus >= 0 && !str_is(c->mode, "auto") && !str_is(c->mode, "path"))
			c->wrong = str_fmt(a, "invalid GOTOOLCHAIN \"" STR_FMT "\": only version suffixes are +auto and +path", STR_ARG(c->setting));
		c->trace = str_fmt(a, "go: default toolchain set to " STR_FMT " from GOTOOLCHAIN=" STR_FMT "\n", STR_ARG(c->minimum), STR_ARG(c->setting));
	}
	c->name = c->minimum;
	Str text;
	if (!c->mode.n || c->wrong.n)
		return;
	c->file = governing_file(a, env, cwd);
	if (!c->file.n || failed(file_map(a, c->file, &text)))
		return;
	Str go = gomod_line(text, "go"), toolchain = gomod_line(text, "toolchain"), shown = short_path(cwd, c->file);
	const char *named = str_index(c->setting, '+') >= 0 ? "<name>+" : "";
	if (str_is(toolchain, "default")) { // what the user has set up, be it older or newer
		c->toolchain = toolchain;
		return;
	}
	if (toolchain.n) {
		Str release = toolchain_release(toolchain);
		if (!release.n) {
			c->wrong = str_fmt(a, "invalid toolchain \"" STR_FMT "\" in " STR_FMT, STR_ARG(toolchain), STR_ARG(shown));
			return;
		}
		if (go_version_cmp(release, least) > 0) {
			c->trace = str_fmt(a, STR_FMT "go: upgrading toolchain to " STR_FMT " (required by toolchain line in " STR_FMT "; upgrade allowed by GOTOOLCHAIN=%s"
				STR_FMT ")\n", STR_ARG(c->trace), STR_ARG(toolchain), STR_ARG(shown), named, STR_ARG(c->mode));
			c->name = c->toolchain = toolchain;
			least = release;
		}
	}
	if (go_version_cmp(go, least) > 0) { // a language's first release has a .0
		c->name = str_fmt(a, "go" STR_FMT "%s", STR_ARG(go), go_release_is_lang(go) ? ".0" : "");
		c->go = go;
		c->toolchain = S("");
		c->trace = str_fmt(a, STR_FMT "go: upgrading toolchain to " STR_FMT " (required by go line in " STR_FMT "; upgrade allowed by GOTOOLCHAIN=%s" STR_FMT
			")\n", STR_ARG(c->trace), STR_ARG(c->name), STR_ARG(shown), named, STR_ARG(c->mode));
	}
}

static bool godebug(Env *env, const char *setting) // of the go command itself
{
	Str list = env_get(env, "GODEBUG");
	while (list.n) {
		int comma = str_index(list, ',');
		if (str_is(comma >= 0 ? str_sub(list, 0, (u32)comma) : list, setting))
			return true;
		list = comma >= 0 ? str_from(list, (u32)comma + 1) : S("");
	}
	return false;
}

// ---- becoming another release ---------------------------------------------------------------------

bool chdir_flag(int *argc, char **argv, Str *dir)
{
	static const char *const groups[] = {"mod", "work"}; // their commands are words of their own
	int at = 1;
	if (at < *argc && argv[at][0] != '-') {
		for (u32 i = 0; i < LENGTH(groups); i++)
			at += !strcmp(argv[1], groups[i]);
		at++;
	}
	if (at >= *argc)
		return false;
	Str arg = str(argv[at]);
	int n = str_is(arg, "-C") || str_is(arg, "--C") ? 2 : str_has_prefix(arg, "-C=") || str_has_prefix(arg, "--C=") ? 1 : 0;
	if (!n || at + n > *argc)
		return false;
	*dir = n == 2 ? str(argv[at + 1]) : str_from(arg, (u32)str_index(arg, '=') + 1);
	memmove(argv + at, argv + at + n, (size_t)(*argc - at - n + 1) * sizeof *argv); // with the NULL behind
	*argc -= n;
	return true;
}

// The command line of this process, for the switches that are found to be needed later.
static char **command_line(Arena *a)
{
	Str text;
	VEC(char *) v = {0};
	if (!failed(file_map(a, S("/proc/self/cmdline"), &text)))
		while (text.n) {
			int end = str_index(text, 0);
			u32 n = end >= 0 ? (u32)end : text.n;
			vec_push(a, &v, str_c(a, str_sub(text, 0, n)));
			text = str_from(text, MIN(n + 1, text.n));
		}
	int n = (int)v.n;
	vec_push(a, &v, NULL);
	Str dir;
	chdir_flag(&n, v.p, &dir); // we are there already
	return v.p;
}

NORETURN static void become(Arena *a, Env *env, Str name, Str goroot, Str program)
{
	char **args = command_line(a);
	fflush(NULL);
	setenv(TARGET, str_c(a, name), 1);
	if (goroot.n)
		setenv("GOROOT", str_c(a, goroot), 1);
	else
		unsetenv("GOROOT");
	if (godebug(env, "toolchaintrace=1"))
		fprintf(stderr, goroot.n ? "go: using " STR_FMT " toolchain from cache located at " STR_FMT "\n"
			: "go: using " STR_FMT " toolchain located in system PATH (" STR_FMT ")\n", STR_ARG(name), STR_ARG(program));
	if (godebug(env, "gotoolchainexec=0")) { // as on systems that have no exec
		pid_t pid = fork();
		if (pid == 0) {
			execv(str_c(a, program), args);
			fprintf(stderr, "go: " STR_FMT "\n", STR_ARG(err_sys(a, "exec", program).msg));
			_exit(1);
		}
		int status = 1;
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (pid > 0 && WIFEXITED(status))
			exit(WEXITSTATUS(status));
		mod_fatal("go: exec " STR_FMT ": failed", STR_ARG(name));
	}
	execv(str_c(a, program), args);
	mod_fatal("go: " STR_FMT, STR_ARG(err_sys(a, "exec", name).msg));
}

// The next directory of PATH; relative ones are passed over, as Go does. False at the end.
static bool next_dir(Str *list, Str *dir)
{
	while (list->n) {
		int colon = str_index(*list, ':');
		*dir = colon >= 0 ? str_sub(*list, 0, (u32)colon) : *list;
		*list = colon >= 0 ? str_from(*list, (u32)colon + 1) : S("");
		if (dir->n && dir->p[0] == '/')
			return true;
	}
	return false;
}

static Str search_path(void)
{
	const char *path = getenv("PATH");
	return path ? str(path) : S("");
}

static bool is_program(Arena *a, Str file) { return !file_is_dir(file) && access(str_c(a, file), X_OK) == 0; }

// ---- a downloaded release ---------------------------------------------------------------------------

// The module cache keeps files without execute bits. glob: which files of the directory get them; "": all.
static Err allow_exec(Arena *a, Str dir, const char *prefix, const char *suffix)
{
	StrVec names = {0};
	Err e = dir_list(a, dir, &names);
	for (u32 i = 0; i < names.n && !failed(e); i++) {
		Str p = path_join(a, dir, names.p[i]);
		struct stat st;
		if (file_is_dir(p))
			e = allow_exec(a, p, prefix, suffix);
		else if (str_has_prefix(names.p[i], prefix) && str_has_suffix(names.p[i], suffix) && stat(str_c(a, p), &st) == 0 &&
		         chmod(p.p, (st.st_mode & 0777) | 0111) != 0)
			e = err_sys(a, "chmod", p);
	}
	return e;
}

static i64 size_of(Arena *a, Str file)
{
	struct stat st;
	return stat(str_c(a, file), &st) == 0 ? (i64)st.st_size : -1;
}

// _go.mod becomes go.mod: zips of modules cannot hold modules. Other processes may do the same at the same time.
static Err restore_gomod(Arena *a, Str dir)
{
	Str from = path_join(a, dir, S("_go.mod")), to = path_join(a, dir, S("go.mod")), text;
	struct stat st;
	if (size_of(a, from) < 0 || size_of(a, from) == size_of(a, to))
		return OK;
	Err e = file_map(a, from, &text);
	if (failed(e) || stat(str_c(a, dir), &st) != 0)
		return e;
	chmod(str_c(a, dir), (st.st_mode & 0777) | 0200);
	e = file_write(a, to, text.p, text.n, 0444);
	chmod(str_c(a, dir), st.st_mode & 0777);
	return failed(e) && size_of(a, from) == size_of(a, to) ? OK : e;
}

static Err restore_gomods(Arena *a, Str dir, Str last)
{
	StrVec names = {0};
	Err e = dir_list(a, dir, &names);
	for (u32 i = 0; i < names.n && !failed(e); i++) {
		Str p = path_join(a, dir, names.p[i]);
		if (file_is_dir(p))
			e = restore_gomods(a, p, last);
	}
	return failed(e) || str_eq(dir, last) ? e : restore_gomod(a, dir);
}

static Err prepare(Arena *a, Str dir)
{
	struct stat st;
	Str go = path_join(a, dir, S("bin/go")), src = path_join(a, dir, S("src"));
	if (stat(str_c(a, go), &st) != 0)
		return err_sys(a, "stat", go);
	Err e = OK;
	if (!(st.st_mode & 0111)) { // bin/go last: others take it for the sign that all is done
		e = allow_exec(a, path_join(a, dir, S("pkg/tool")), "", "");
		if (!failed(e))
			e = allow_exec(a, path_join(a, dir, S("lib")), "go_", "_exec");
		if (!failed(e))
			e = allow_exec(a, path_join(a, dir, S("bin")), "gofmt", "");
		if (!failed(e))
			e = allow_exec(a, path_join(a, dir, S("bin")), "", "");
	}
	if (!failed(e) && size_of(a, path_join(a, src, S("go.mod"))) != size_of(a, path_join(a, src, S("_go.mod")))) {
		e = restore_gomods(a, dir, src);
		if (!failed(e))
			e = restore_gomod(a, src);
	}
	return e;
}

NORETURN static void become_release(Arena *a, Env *env, Fetch *f, Str name)
{
	const char *text = getenv(TOOLCHAIN_COUNT);
	int count = text ? atoi(text) : 0;
	if (count >= MAX_SWITCHES - 10)
		fprintf(stderr, "go: switching from go" STR_FMT " to " STR_FMT " [depth %d]\n", STR_ARG(toolchain_local()), STR_ARG(name), count);
	if (count >= MAX_SWITCHES)
		mod_fatal("go: too many toolchain switches");
	setenv(TOOLCHAIN_COUNT, str_fmt(a, "%d", count + 1).p, 1);
#ifdef TESTGO
	const char *play = getenv("TESTGO_VERSION_SWITCH");
	if (play && *play) {
		if (!strcmp(play, "switch"))
			setenv("TESTGO_VERSION", str_c(a, name), 1);
		become(a, env, name, env_get(env, "GOROOT"), S("/proc/self/exe"));
	}
#endif
	Str program = path_program(a, name);
	if (program.n)
		become(a, env, name, S(""), program);
	if (has_mode(env_get(env, "GOTOOLCHAIN"), "path"))
		mod_fatal("go: cannot find \"" STR_FMT "\" in PATH", STR_ARG(name));
	Str version = str_fmt(a, "v0.0.1-" STR_FMT "." STR_FMT "-" STR_FMT, STR_ARG(name), STR_ARG(env_get(env, "GOOS")), STR_ARG(env_get(env, "GOARCH"))), dir;
	Err e = fetch_dir(f, S("golang.org/toolchain"), version, &dir);
	Str release = toolchain_release(name);
	if (failed(e) && e.errnum == ENOENT && go_release_is_lang(release))
		mod_fatal("go: invalid toolchain: " STR_FMT " is a language version but not a toolchain version (" STR_FMT ".x)", STR_ARG(name), STR_ARG(name));
	if (failed(e) && e.errnum == ENOENT)
		mod_fatal("go: download " STR_FMT " for " STR_FMT "/" STR_FMT ": toolchain not available", STR_ARG(name), STR_ARG(env_get(env, "GOOS")),
			STR_ARG(env_get(env, "GOARCH")));
	if (!failed(e))
		e = prepare(a, dir);
	if (failed(e))
		mod_fatal("go: download " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(e.msg));
	become(a, env, name, dir, path_join(a, dir, S("bin/go")));
}

// ---- at the start ---------------------------------------------------------------------------------

// `go env GOTOOLCHAIN`, GOMOD, GOWORK and `go env -w GOTOOLCHAIN=...` are ours whatever is set: they show the way out.
static bool is_ours(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "env") != 0)
		return false;
	if (argc == 3)
		return !strcmp(argv[2], "GOTOOLCHAIN") || !strcmp(argv[2], "GOMOD") || !strcmp(argv[2], "GOWORK");
	return argc == 4 && !strcmp(argv[2], "-w") && !strncmp(argv[3], "GOTOOLCHAIN=", 12);
}

void toolchain_select(Env *env, int argc, char **argv)
{
	if (is_ours(argc, argv))
		return;
	Arena *a = arena_new();
	Choice c;
	char cwd[4096];
	if (str_is(env_get(env, "GO111MODULE"), "off") || !env_get(env, "GOTOOLCHAIN").n || !getcwd(cwd, sizeof cwd))
		return;
	choose(a, env, str(cwd), &c);
	if (c.wrong.n)
		mod_fatal("go: " STR_FMT, STR_ARG(c.wrong));
	const char *target = getenv(TARGET);
	bool looping = false, trace = godebug(env, "toolchaintrace=1");
#ifdef TESTGO
	const char *play = getenv("TESTGO_VERSION_SWITCH");
	looping = play && !strcmp(play, "loop");
#endif
	if (target && *target && !looping) {
		if (strcmp(target, toolchain_name()) != 0)
			mod_fatal("go: toolchain %s invoked to provide %s", toolchain_name(), target);
		unsetenv(TARGET);
		return;
	}
	if (trace)
		fputs(str_c(a, c.trace), stderr);
	if (str_is(c.name, "local") || str_is(c.name, toolchain_name())) {
		if (trace)
			fprintf(stderr, "go: using local toolchain %s\n", toolchain_name());
		return;
	}
	if (!str_has_prefix(c.name, "go1") && str_find(c.name, "-go1") < 0)
		mod_fatal("go: invalid GOTOOLCHAIN \"" STR_FMT "\"", STR_ARG(c.name));
	become_release(a, env, fetch_new(a, env), c.name);
}

// ---- later ------------------------------------------------------------------------------------------

Err toolchain_too_new(Fetch *f, Str what, Str go)
{
	Arena *a = f->arena;
	int c = f->too_new.go.n ? go_version_cmp(go, f->too_new.go) : 1;
	if (c > 0 || (c == 0 && str_cmp(what, f->too_new.what) < 0))
		f->too_new = (TooNew){what, go};
	Choice x;
	char cwd[4096];
	choose(a, f->env, getcwd(cwd, sizeof cwd) ? str(cwd) : S(""), &x);
	Str why = x.setting.n && !str_is(x.setting, "auto") ? str_cat(a, S("; GOTOOLCHAIN="), x.setting) : S("");
	if (x.file.n && (x.go.n || x.toolchain.n))
		why = str_fmt(a, STR_FMT "; " STR_FMT " sets %s" STR_FMT, STR_ARG(why), STR_ARG(short_path(str(cwd), x.file)), x.toolchain.n ? "toolchain " : "go ",
			STR_ARG(x.toolchain.n ? x.toolchain : x.go));
	return (Err){str_fmt(a, STR_FMT " requires go >= " STR_FMT " (running go " STR_FMT STR_FMT ")", STR_ARG(what), STR_ARG(go), STR_ARG(toolchain_local()),
		STR_ARG(why)), MOD_TOO_NEW};
}

static int by_release(const void *x, const void *y) { return go_version_cmp(*(const Str *)x, *(const Str *)y); }

// Releases whose programs are in PATH.
static void path_releases(Arena *a, StrVec *out)
{
	Str dir;
	for (Str list = search_path(); next_dir(&list, &dir);) {
		StrVec names = {0};
		if (failed(dir_list(a, dir, &names)))
			continue;
		for (u32 i = 0; i < names.n; i++) {
			Str v = str_has_prefix(names.p[i], "go1.") ? toolchain_release(names.p[i]) : S("");
			if (v.n && is_program(a, path_join(a, dir, names.p[i])))
				vec_push(a, out, v);
		}
	}
	if (out->n)
		qsort(out->p, out->n, sizeof *out->p, by_release);
}

// The newest patch release of the language version before the newest, if that will do: few want to be first. Then the newest
// release, then a release candidate.
static Str newer_release(const StrVec *list, Str need)
{
	Str latest = S("");
	for (u32 i = list->n; i-- > 0;) {
		Str v = list->p[i];
		if (go_version_cmp(v, need) < 0)
			break;
		if (str_eq(go_release_lang(latest), go_release_lang(v)))
			continue;
		Str newer = latest;
		latest = v;
		if (newer.n && !go_release_is_pre(newer))
			break;
	}
	return latest;
}

void toolchain_switch(Fetch *f, Str *why)
{
	Env *env = f->env;
	Arena *a = f->arena;
	Str setting = env_get(env, "GOTOOLCHAIN");
	bool from_net = has_mode(setting, "auto");
	*why = S("");
	if (!f->too_new.go.n || (!from_net && !has_mode(setting, "path")))
		return;
	StrVec list = {0};
	if (from_net) {
		Err e = fetch_versions(f, S("go"), &list);
		if (failed(e)) {
			*why = str_fmt(a, "switching to go >= " STR_FMT ": " STR_FMT, STR_ARG(f->too_new.go), STR_ARG(e.msg));
			return;
		}
	} else {
		path_releases(a, &list);
	}
	Str v = newer_release(&list, f->too_new.go);
	if (!v.n) {
		*why = str_fmt(a, "switching to go >= " STR_FMT ": no releases found for go >= " STR_FMT, STR_ARG(f->too_new.go), STR_ARG(f->too_new.go));
		return;
	}
	fprintf(stderr, "go: " STR_FMT " requires go >= " STR_FMT "; switching to go" STR_FMT "\n", STR_ARG(f->too_new.what), STR_ARG(f->too_new.go), STR_ARG(v));
	become_release(a, env, f, str_cat(a, S("go"), v));
}

int toolchain_fail(Fetch *f, Err e)
{
	Str why;
	toolchain_switch(f, &why);
	fprintf(stderr, "go: " STR_FMT "\n", STR_ARG(e.msg));
	if (why.n)
		fprintf(stderr, "go: " STR_FMT "\n", STR_ARG(why));
	return 1;
}
