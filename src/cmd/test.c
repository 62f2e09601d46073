// test.c: `go test`: for each package its test binary: the package with its _test.go files in it, the external test
// package beside it, and a main package that calls them; built, run in the package's directory, and summed up in a
// line. Facts: cmd/go/internal/test, cmd/go/internal/load/test.go.
#include "cmd/buildcmd.h"
#include "cmd/testmain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct TestCmd {
	BuildCmd c;
	Str out;
	bool compile_only, verbose, json;
	bool local;             // no packages named: the output is not held back
	bool stream;
	StrVec args;            // of the binary
	i64 timeout_ms;         // 0: none
} TestCmd;

// Flags of the test binary: go test takes them with and without "test.". true: boolean.
static const struct { const char *name; bool boolean; } test_flags[] = {
	{"bench", false}, {"benchmem", true}, {"benchtime", false}, {"blockprofile", false}, {"blockprofilerate", false}, {"count", false},
	{"cpu", false}, {"cpuprofile", false}, {"failfast", true}, {"fullpath", true}, {"fuzz", false}, {"fuzztime", false},
	{"fuzzminimizetime", false}, {"list", false}, {"memprofile", false}, {"memprofilerate", false}, {"mutexprofile", false},
	{"mutexprofilefraction", false}, {"outputdir", false}, {"parallel", false}, {"run", false}, {"short", true}, {"shuffle", false},
	{"skip", false}, {"timeout", false}, {"trace", false}, {"v", true}, {"paniconexit0", true}, {"artifacts", true},
};

static i64 now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (i64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// A duration as time.ParseDuration reads it, in ms; -1 if it is malformed.
static i64 parse_duration(Str s)
{
	if (str_is(s, "0"))
		return 0;
	double total = 0;
	for (u32 i = 0; i < s.n;) {
		char *end;
		double v = strtod(s.p + i, &end);
		u32 k = (u32)(end - s.p);
		if (k == i || k >= s.n)
			return -1;
		Str unit = str_from(s, k);
		static const struct { const char *name; double ms; } units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4},
			{"h", 3.6e6}};
		u32 u = 0;
		while (u < LENGTH(units) && !str_has_prefix(unit, units[u].name))
			u++;
		if (u == LENGTH(units))
			return -1;
		total += v * units[u].ms;
		i = k + (u32)strlen(units[u].name);
	}
	return s.n ? (i64)total : -1;
}

// ---- the packages of a test binary --------------------------------------------------------------

static void add_imports(Arena *a, ImportRefVec *to, const ImportRefVec *more)
{
	for (u32 i = 0; i < more->n; i++)
		vec_push(a, to, more->p[i]); // the graph passes over repeated ones
}

static void add_import(Arena *a, LoadPkg *p, Str path)
{
	vec_push(a, &p->imports, (ImportRef){path, 0});
}

static void copy_files(Arena *a, StrVec *to, const StrVec *from)
{
	for (u32 i = 0; i < from->n; i++)
		vec_push(a, to, from->p[i]);
}

// Where the source of the main package is kept: beside the build cache's entries, by its content, so that the
// binary of a package that has not changed is found in the cache.
static Str testmain_dir(TestCmd *t, Str text)
{
	u8 h[32];
	sha256(text.p, text.n, h);
	Arena *a = t->c.arena;
	Str cache = env_get(t->c.env, "GOCACHE");
	if (!cache.n || str_is(cache, "off"))
		cache = S("/tmp");
	return str_fmt(a, STR_FMT "/testmain/%02x%02x%02x%02x%02x%02x%02x%02x", STR_ARG(cache), h[0], h[1], h[2], h[3], h[4], h[5],
		h[6], h[7]);
}

// Makes the packages of p's test binary, in a loader of their own in which p itself is replaced.
static LoadPkg *make_packages(TestCmd *t, Loader *l, LoadPkg *p, Str *err)
{
	Arena *a = t->c.arena;
	LoadPkg *test = NEW(a, LoadPkg);
	*test = *p;
	test->go_files = (StrVec){0};
	copy_files(a, &test->go_files, &p->go_files);
	copy_files(a, &test->go_files, &p->test_go);
	test->imports = (ImportRefVec){0};
	add_imports(a, &test->imports, &p->imports);
	add_imports(a, &test->imports, &p->test_imports);
	test->is_main = false; // a library here
	test->for_test = p->import_path;
	test->state = 0;
	strmap_put(a, &l->pkgs, p->import_path, test);
	if (p->xtest_go.n) {
		LoadPkg *x = NEW(a, LoadPkg);
		*x = (LoadPkg){.import_path = str_cat(a, p->import_path, S("_test")), .name = str_cat(a, p->name, S("_test")), .dir = p->dir,
			.go_files = p->xtest_go, .imports = p->xtest_imports, .standard = p->standard, .goroot = p->goroot, .module = p->module,
			.go_version = p->go_version, .for_test = p->import_path, .is_xtest = true};
		strmap_put(a, &l->pkgs, x->import_path, x);
	}
	Buf text = {0};
	bool import_test, import_xtest;
	if (!testmain_generate(a, p, p->module ? p->module->path : S(""), &text, &import_test, &import_xtest, err))
		return NULL;
	LoadPkg *m = NEW(a, LoadPkg);
	*m = (LoadPkg){.import_path = str_cat(a, p->import_path, S(".test")), .name = S("main"), .is_main = true, .is_testmain = true,
		.module = p->module, .go_version = t->c.ctx.goversion};
	m->dir = testmain_dir(t, buf_view(&text));
	Str file = path_join(a, m->dir, S("_testmain.go"));
	Err e = dir_make_all(a, m->dir);
	if (!failed(e) && !file_exists(file))
		e = file_write(a, file, text.p, text.n, 0666);
	buf_free(&text);
	if (failed(e)) {
		*err = e.msg;
		return NULL;
	}
	vec_push(a, &m->go_files, S("_testmain.go"));
	static const char *const deps[] = {"os", "reflect", "testing", "testing/internal/testdeps"};
	for (u32 i = 0; i < LENGTH(deps); i++)
		add_import(a, m, str(deps[i]));
	if (import_test)
		add_import(a, m, p->import_path);
	if (import_xtest)
		add_import(a, m, str_cat(a, p->import_path, S("_test")));
	return m;
}

// ---- running ------------------------------------------------------------------------------------

static bool contains_line(Str text, const char *line)
{
	size_t n = strlen(line);
	for (u32 i = 0; i + n <= text.n; i++)
		if ((i == 0 || text.p[i - 1] == '\n') && !memcmp(text.p + i, line, n))
			return true;
	return false;
}

// Runs the binary with its output into *out, and to our own as it comes if the user is to see it all.
// Returns the wait status, -1 if it could not be started; *killed: it ran too long.
static int run_binary(TestCmd *t, LoadPkg *p, Str exe, Buf *out, bool *killed)
{
	Arena *a = t->c.arena;
	int fds[2];
	if (pipe(fds))
		return -1;
	char **argv = NEWN(a, char *, t->args.n + 2);
	argv[0] = str_c(a, exe);
	for (u32 i = 0; i < t->args.n; i++)
		argv[i + 1] = str_c(a, t->args.p[i]);
	char *dir = str_c(a, p->dir), *root = str_c(a, t->c.ctx.goroot);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		if (chdir(dir))
			_exit(127);
		setenv("PWD", dir, 1);
		setenv("GOROOT", root, 1);
		execv(argv[0], argv);
		fprintf(stderr, "fork/exec %s: %s\n", argv[0], strerror(errno));
		_exit(1);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -1;
	}
	i64 limit = t->timeout_ms ? now_ms() + t->timeout_ms + 60000 : 0;
	char buf[1 << 16];
	int signals = 0;
	for (;;) {
		i64 left = limit ? limit - now_ms() : -1;
		struct pollfd pf = {.fd = fds[0], .events = POLLIN};
		int r = poll(&pf, 1, limit ? (int)MIN(MAX(left, 0), 1 << 30) : -1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0) {
			*killed = true;
			kill(pid, signals++ ? SIGKILL : SIGQUIT);
			limit = now_ms() + 5000;
			if (signals > 2)
				break;
			continue;
		}
		ssize_t n = read(fds[0], buf, sizeof buf);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_bytes(out, buf, (size_t)n);
		if (t->stream) {
			fwrite(buf, 1, (size_t)n, stdout);
			fflush(stdout);
		}
	}
	close(fds[0]);
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static bool report(TestCmd *t, LoadPkg *p, int status, bool killed, Buf *out, i64 ms)
{
	Str text = buf_view(out);
	bool passed = status == 0 && !killed, nl = !text.n || text.p[text.n - 1] == '\n';
	if (!passed && !t->stream)
		fwrite(text.p, 1, text.n, stdout);
	if (passed) {
		if (!nl && t->stream)
			putchar('\n');
		printf("ok  \t" STR_FMT "\t%.3fs%s\n", STR_ARG(p->import_path), (double)ms / 1e3,
			contains_line(text, "testing: warning: no tests to run\n") ? " [no tests to run]" : "");
		return true;
	}
	if (killed)
		printf("*** Test killed: ran too long (%lds).\n", (long)(t->timeout_ms / 1000 + 60));
	if (status < 0)
		printf("fork/exec: %s\n", strerror(errno));
	else if (WIFSIGNALED(status))
		printf("signal: %c%s%s\n", strsignal(WTERMSIG(status))[0] | 0x20, strsignal(WTERMSIG(status)) + 1,
			WCOREDUMP(status) ? " (core dumped)" : "");
	else if (!text.n)
		printf("exit status %d\n", WEXITSTATUS(status));
	else if (!nl)
		putchar('\n');
	printf("FAIL\t" STR_FMT "\t%.3fs\n", STR_ARG(p->import_path), (double)ms / 1e3);
	return false;
}

static bool test_package(TestCmd *t, LoadPkg *root)
{
	BuildCmd c = t->c;
	Arena *a = c.arena;
	loader_init(&c.loader, &c.ctx, a);
	c.loader.find = mods_find;
	c.loader.found = mods_found;
	c.loader.find_ctx = &t->c.mods;
	LoadPkg *p = root->is_command_line || str_has_prefix(root->import_path, "_/") ? root : load_package(&c.loader, root->import_path, NULL);
	if (p->err.n) {
		fprintf(stderr, "# " STR_FMT "\n" STR_FMT "\n", STR_ARG(p->import_path), STR_ARG(p->err));
		printf("FAIL\t" STR_FMT " [setup failed]\n", STR_ARG(p->import_path));
		return false;
	}
	Str why = S("");
	bool none = !p->test_go.n && !p->xtest_go.n;
	LoadPkg *m = none ? p : make_packages(t, &c.loader, p, &why);
	if (!m) {
		fprintf(stderr, "# " STR_FMT "\n" STR_FMT "\n", STR_ARG(p->import_path), STR_ARG(why));
		printf("FAIL\t" STR_FMT " [setup failed]\n", STR_ARG(p->import_path));
		return false;
	}
	c.ldflags = (StrVec){0};
	copy_files(a, &c.ldflags, &t->c.ldflags);
	if (!none) {
		vec_push(a, &c.ldflags, S("-X"));
		vec_push(a, &c.ldflags, S("testing.testBinary=1")); // testing.Testing reports true
	}
	bool ok = false;
	if (!buildcmd_plan(&c, &m, 1)) {
		printf("FAIL\t" STR_FMT " [setup failed]\n", STR_ARG(p->import_path));
	} else if (none) {
		ok = buildcmd_compile(&c);
		if (ok)
			printf("?   \t" STR_FMT "\t[no test files]\n", STR_ARG(p->import_path));
		else
			printf("FAIL\t" STR_FMT " [build failed]\n", STR_ARG(p->import_path));
	} else {
		Str image, cached;
		if (!buildcmd_exe(&c, m, true, &image, &cached)) {
			printf("FAIL\t" STR_FMT " [build failed]\n", STR_ARG(p->import_path));
		} else if (t->compile_only) {
			Str name = str_cat(a, buildcmd_exec_name(&c, p), S(".test"));
			Str file = !t->out.n ? name : t->out.p[t->out.n - 1] == '/' || file_is_dir(t->out) ? path_join(a, t->out, name) : t->out;
			Err e = file_write(a, file, image.p, image.n, 0777);
			ok = !failed(e);
			if (!ok)
				cmd_error(STR_FMT, STR_ARG(e.msg));
		} else {
			const char *tmp = getenv("TMPDIR");
			char *dir = str_c(a, str_fmt(a, "%s/go-buildXXXXXX", tmp && *tmp ? tmp : "/tmp"));
			if (!mkdtemp(dir)) {
				cmd_error("mkdtemp %s: %s", dir, strerror(errno));
				return false;
			}
			// Tests start themselves by os.Args[0]: it has to be a file.
			char *exe = str_c(a, str_fmt(a, "%s/" STR_FMT ".test", dir, STR_ARG(buildcmd_exec_name(&c, p))));
			Err e = OK;
			if (!cached.n || access(str_c(a, cached), X_OK) || symlink(str_c(a, cached), exe))
				e = file_write(a, str(exe), image.p, image.n, 0777);
			Buf out = {0};
			bool killed = false;
			if (failed(e)) {
				cmd_error(STR_FMT, STR_ARG(e.msg));
			} else {
				i64 start = now_ms();
				int status = run_binary(t, p, str(exe), &out, &killed);
				ok = report(t, p, status, killed, &out, now_ms() - start);
			}
			buf_free(&out);
			unlink(exe);
			rmdir(dir);
		}
	}
	if (c.build.opt.pool)
		pool_free(c.build.opt.pool);
	fflush(stdout);
	return ok;
}

// Each of several packages in a process of its own, which gives its memory back, and whose end, whatever it is, is not
// that of the others. No other thread is running here: those of a build end with it.
static bool test_apart(TestCmd *t, LoadPkg *p)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return test_package(t, p);
	if (pid == 0) {
		bool ok = test_package(t, p);
		fflush(NULL);
		_exit(ok ? 0 : 1);
	}
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1)
		printf("FAIL\t" STR_FMT " [build failed]\n", STR_ARG(p->import_path));
	return status == 0;
}

// ---- the command line ---------------------------------------------------------------------------

// Takes the flags of the test binary out of the arguments, which may have them behind the packages too, and puts the
// packages last. Returns the new number, 0 after a message.
static int take_test_flags(TestCmd *t, int argc, char **argv, const Flag *build)
{
	Arena *a = t->c.arena;
	char **flags = NEWN(a, char *, argc + 1), **packages = NEWN(a, char *, argc + 1);
	int nf = 0, np = 0;
	bool done = false; // the packages came to their end
	Str timeout = S("10m");
	bool paniconexit0 = true;
	StrVec rest = {0};
	for (int i = 1; i < argc; i++) {
		Str arg = str(argv[i]);
		if (str_is(arg, "-args") || str_is(arg, "--args")) {
			for (i++; i < argc; i++)
				vec_push(a, &rest, str(argv[i]));
			break;
		}
		if (arg.n < 2 || arg.p[0] != '-') {
			if (done) {
				vec_push(a, &rest, arg); // behind flags that came behind packages: the binary's
				continue;
			}
			packages[np++] = argv[i];
			if (i + 1 < argc && argv[i + 1][0] == '-')
				done = true;
			continue;
		}
		Str name = str_from(arg, arg.p[1] == '-' ? 2 : 1), value = S("");
		int eq = str_index(name, '=');
		if (eq >= 0) {
			value = str_from(name, (u32)eq + 1);
			name = str_sub(name, 0, (u32)eq);
		}
		if (str_has_prefix(name, "test."))
			name = str_from(name, 5);
		u32 k = 0;
		while (k < LENGTH(test_flags) && !str_is(name, test_flags[k].name))
			k++;
		if (k < LENGTH(test_flags)) {
			if (eq < 0 && !test_flags[k].boolean) {
				if (i + 1 >= argc) {
					fprintf(stderr, "flag needs an argument: -" STR_FMT "\n", STR_ARG(name));
					return 0;
				}
				value = str(argv[++i]);
			} else if (eq < 0) {
				value = S("true");
			}
			if (str_is(name, "timeout")) {
				timeout = value;
				continue;
			}
			if (str_is(name, "v"))
				t->verbose = !str_is(value, "false");
			if (str_is(name, "bench"))
				t->stream = true;
			if (str_is(name, "fuzz"))
				return cmd_error("test: -fuzz is not supported yet"), 0;
			vec_push(a, &t->args, str_fmt(a, "-test." STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value)));
			continue;
		}
		static const char *const missing[] = {"json", "cover", "covermode", "coverpkg", "coverprofile", "exec", "vet"};
		for (u32 q = 0; q < LENGTH(missing); q++)
			if (str_is(name, missing[q]) && !(str_is(name, "vet") && str_is(value, "off")))
				return cmd_error("test: -%s is not supported yet", missing[q]), 0;
		if (str_is(name, "vet"))
			continue;
		flags[nf++] = argv[i];
		for (const Flag *b = build; b->name; b++)
			if (str_is(name, b->name) && b->kind != FLAG_BOOL && eq < 0 && i + 1 < argc) {
				flags[nf++] = argv[++i];
				break;
			}
		if (str_is(name, "o") && eq < 0 && i + 1 < argc)
			flags[nf++] = argv[++i];
	}
	t->timeout_ms = parse_duration(timeout);
	if (t->timeout_ms < 0) {
		fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -timeout: parse error\n", STR_ARG(timeout));
		return 0;
	}
	if (paniconexit0)
		vec_push(a, &t->args, S("-test.paniconexit0"));
	if (t->timeout_ms)
		vec_push(a, &t->args, str_fmt(a, "-test.timeout=" STR_FMT, STR_ARG(timeout)));
	copy_files(a, &t->args, &rest);
	int n = 1;
	for (int i = 0; i < nf; i++)
		argv[n++] = flags[i];
	for (int i = 0; i < np; i++)
		argv[n++] = packages[i];
	return n;
}

int cmd_test(int argc, char **argv)
{
	TestCmd *t = NEW(arena_new(), TestCmd);
	BuildCmd *c = &t->c;
	c->arena = arena_new();
	const Flag *build = buildcmd_flags(c, c->arena);
	const Flag own[] = {{"c", FLAG_BOOL, &t->compile_only}, {"o", FLAG_STRING, &t->out}, {NULL, 0, NULL}};
	argc = take_test_flags(t, argc, argv, build);
	if (!argc)
		return 2;
	int at = flags_parse(c->arena, "test [build/test flags] [packages] [build/test flags & test binary flags]", argc, argv,
	                     (const Flag *const[]){own, build, NULL});
	if (!at)
		return 2;
	int status = buildcmd_init(c);
	if (status)
		return status;
	c->ctx.tests = true;
	t->local = at == argc;
	u32 n;
	LoadPkg **roots = buildcmd_packages(c, argv + at, argc - at, &n);
	if (!n)
		return 1;
	t->stream = t->stream || t->local || (t->verbose && n == 1) || t->verbose;
	if (t->compile_only && n > 1 && t->out.n && !file_is_dir(t->out) && t->out.p[t->out.n - 1] != '/')
		return cmd_error("with multiple packages, -o must refer to a directory or /dev/null");
	bool ok = true;
	for (u32 i = 0; i < n; i++)
		ok = (n > 1 ? test_apart(t, roots[i]) : test_package(t, roots[i])) && ok;
	if (!ok && !t->local)
		puts("FAIL");
	return ok ? 0 : 1;
}
