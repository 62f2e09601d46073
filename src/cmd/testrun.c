// testrun.c: one package on its way through `go test`: its binary is built (or found), run in the package's directory,
// and summed up in a line. Facts: runTestActor in cmd/go/internal/test/test.go.
#include "cmd/script.h"
#include "cmd/test.h"
#include "cmd/vet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Where output goes.
typedef struct TestRun {
	TestCmd *t;
	LoadPkg *p;
	Str dir;                // for files of this run
	Test2Json *json;
	bool direct;            // what it writes is not kept: without events, it writes to our stdout itself
	bool echo;              // what it writes is shown as it comes
	Buf out;                // all of it, unless direct
	Str counts;             // -cover: the directory for what is counted
	Str exe;                // -n and -x: what the script links
} TestRun;

typedef struct Ended {
	int status;             // of waitpid; -1: it did not start
	Str why;                // then
	const char *killed;     // how it was ended when its time was over, NULL if it was not
	bool incomplete;        // something still held its output open
	i64 ns;
} Ended;

static i64 now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (i64)t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static void to_stdout(void *ctx, const void *p, size_t n)
{
	fwrite(p, 1, n, stdout);
	fflush(stdout);
}

static void emit(TestRun *r, const void *p, size_t n)
{
	if (r->json)
		test2json_write(r->json, p, n);
	else if (r->direct || r->echo)
		to_stdout(NULL, p, n);
	if (!r->direct)
		buf_bytes(&r->out, p, n);
}

static void say(TestRun *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(TestRun *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(r->t->c.arena, fmt, ap);
	va_end(ap);
	emit(r, s.p, s.n);
}

// ---- the process --------------------------------------------------------------------------------

// Tests find the go command that runs them first in $PATH.
static void set_path(void)
{
	char self[PATH_MAX], path[2 * PATH_MAX + 8192];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *old = getenv("PATH");
	if (n <= 0)
		return;
	self[n] = 0;
	*strrchr(self, '/') = 0;
	if (snprintf(path, sizeof path, "%s%s%s", self, old && *old ? ":" : "", old ? old : "") < (int)sizeof path)
		setenv("PATH", path, 1);
}

static pid_t start(TestRun *r, char **argv, int out)
{
	char *dir = str_c(r->t->c.arena, r->p->dir), *root = str_c(r->t->c.arena, r->t->c.ctx.goroot);
	char *counts = r->counts.n ? str_c(r->t->c.arena, r->counts) : NULL;
	fflush(NULL);
	pid_t pid = fork();
	if (pid)
		return pid;
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (out >= 0) {
		dup2(out, 1);
		dup2(out, 2);
	} else {
		dup2(1, 2);
	}
	if (chdir(dir)) {
		fprintf(stderr, "chdir %s: %s\n", dir, strerror(errno));
		_exit(1);
	}
	set_path();
	setenv("PWD", dir, 1);
	setenv("GOROOT", root, 1);
	if (counts)
		setenv("GOCOVERDIR", counts, 1); // for programs that the test builds
	execvp(argv[0], argv);
	fprintf(stderr, "fork/exec %s: %s\n", argv[0], strerror(errno));
	_exit(1);
}

// Waits for the end of the process and of its output, as long as that may take.
static void wait_end(TestRun *r, pid_t pid, int out, Ended *e)
{
	TestCmd *t = r->t;
	i64 limit = t->kill_ns ? now_ns() + t->kill_ns : 0;
	bool running = true;
	u32 signals = 0;
	int end = (int)syscall(SYS_pidfd_open, pid, 0);
	char buf[1 << 16];
	while (out >= 0 || running) {
		struct pollfd pf[2] = {{out, POLLIN, 0}, {running ? end : -1, POLLIN, 0}};
		i64 left = limit ? MAX(limit - now_ns(), 0) / 1000000 + 1 : -1;
		int n = poll(pf, 2, (int)MIN(left, 1 << 30));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0 && limit && now_ns() < limit)
			continue;
		if (n == 0 && !running) {
			e->incomplete = true;
			break;
		}
		if (n == 0) {
			e->killed = e->killed ? e->killed : "quit";
			kill(pid, signals++ ? SIGKILL : SIGQUIT);
			limit = now_ns() + t->wait_ns;
			continue;
		}
		if (pf[0].revents) {
			ssize_t k = read(out, buf, sizeof buf);
			if (k > 0)
				emit(r, buf, (size_t)k);
			else if (k == 0 || errno != EINTR)
				out = -1;
		}
		if (running && pf[1].revents) {
			while (waitpid(pid, &e->status, 0) < 0 && errno == EINTR)
				;
			running = false;
			limit = t->wait_ns ? now_ns() + t->wait_ns : 0;
		}
	}
	if (end >= 0)
		close(end);
	if (running)
		while (waitpid(pid, &e->status, 0) < 0 && errno == EINTR)
			;
}

static Ended run_binary(TestRun *r, char **argv)
{
	Ended e = {.status = -1, .why = S("")};
	int fds[2] = {-1, -1};
	if ((!r->direct || r->json) && pipe2(fds, O_CLOEXEC)) {
		e.why = str_fmt(r->t->c.arena, "pipe: %s", strerror(errno));
		return e;
	}
	// Ctrl-C reaches the test, too; what it says of it is reported.
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	i64 begin = now_ns();
	pid_t pid = start(r, argv, fds[1]);
	if (fds[1] >= 0)
		close(fds[1]);
	if (pid > 0)
		wait_end(r, pid, fds[0], &e);
	else
		e.why = str_fmt(r->t->c.arena, "fork/exec %s: %s", argv[0], strerror(errno));
	e.ns = now_ns() - begin;
	if (fds[0] >= 0)
		close(fds[0]);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	return e;
}

// ---- the report ---------------------------------------------------------------------------------

// Whether a line of the output is this warning of the testing package.
static bool warned(Str out, const char *text)
{
	Str line = str(text);
	for (u32 i = 0; i + line.n < out.n; i++)
		if ((i == 0 || out.p[i - 1] == '\n') && !memcmp(out.p + i, line.p, line.n) && out.p[i + line.n] == '\n')
			return true;
	return false;
}

static Str exit_text(Arena *a, const Ended *e)
{
	if (e->status < 0)
		return e->why;
	if (!WIFSIGNALED(e->status))
		return str_fmt(a, "exit status %d", WEXITSTATUS(e->status));
	const char *text = strsignal(WTERMSIG(e->status));
	return str_fmt(a, "signal: %c%s%s", text[0] | 0x20, text + 1, WCOREDUMP(e->status) ? " (core dumped)" : "");
}

// "coverage: 50.0% of statements" from the output, for the line on the package.
static Str coverage_of(TestCmd *t, Str out)
{
	int at = t->cover ? str_find(out, "coverage: ") : -1;
	Str rest = at < 0 ? S("") : str_from(out, (u32)at);
	int nl = str_index(rest, '\n');
	return nl < 0 ? S("") : str_cat(t->c.arena, S("\t"), str_sub(rest, 0, (u32)nl));
}

static void report_pass(TestRun *r, const Ended *e)
{
	Str out = str_dup(r->t->c.arena, buf_view(&r->out));
	if (!test_shows_pass(r->t) && !r->json)
		r->out.n = 0;
	const char *note = "";
	if (warned(out, "testing: warning: no tests to run"))
		note = " [no tests to run]";
	if (warned(out, "testing: warning: no fuzz tests to fuzz"))
		note = " [no fuzz tests to fuzz]";
	if (warned(out, "testing: warning: -fuzz matches more than one fuzz test, won't fuzz"))
		note = "[-fuzz matches more than one fuzz test, won't fuzz]";
	if (out.n && out.p[out.n - 1] != '\n')
		say(r, "\n");
	say(r, "ok  \t" STR_FMT "\t%.3fs" STR_FMT "%s\n", STR_ARG(r->p->import_path), (double)e->ns / 1e9, STR_ARG(coverage_of(r->t, out)), note);
}

static void report_fail(TestRun *r, const Ended *e)
{
	Arena *a = r->t->c.arena;
	Str out = buf_view(&r->out), why = exit_text(a, e);
	bool exited = e->status >= 0 && WIFEXITED(e->status), empty = !out.n, open_line = out.n && out.p[out.n - 1] != '\n';
	if (e->killed)
		say(r, "*** Test killed with %s: ran too long (%s).\n", e->killed, duration_fmt(a, r->t->kill_ns).p);
	else if (e->incomplete)
		say(r, "*** Test I/O incomplete %s after exiting.\n", duration_fmt(a, r->t->wait_ns).p);
	if (!exited || empty)
		say(r, STR_FMT "\n", STR_ARG(e->incomplete && exited && !WEXITSTATUS(e->status) ? S("exec: WaitDelay expired before I/O complete") : why));
	else if (open_line)
		say(r, "\n");
	bool marked = r->json || str_is(r->t->value[TEST_v], "test2json");
	say(r, "%sFAIL\t" STR_FMT "\t%.3fs\n", marked ? "\x16" : "", STR_ARG(r->p->import_path), (double)e->ns / 1e9);
}

static bool write_file(Str file, Str text, u32 mode)
{
	Arena *a = arena_new();
	Err e = file_write(a, file, text.p, text.n, mode);
	if (failed(e))
		cmd_error(STR_FMT, STR_ARG(e.msg));
	arena_free(a);
	return !failed(e);
}

// How the binary is called.
static StrVec command_of(TestRun *r, Str exe, Str log, Str profile)
{
	TestCmd *t = r->t;
	Arena *a = t->c.arena;
	StrVec args = {0};
	for (u32 i = 0; i < t->exec.n; i++)
		vec_push(a, &args, t->exec.p[i]);
	vec_push(a, &args, exe);
	if (log.n)
		vec_push(a, &args, str_cat(a, S("-test.testlogfile="), log));
	vec_push(a, &args, S("-test.paniconexit0"));
	if (t->value[TEST_fuzz].n)
		vec_push(a, &args, str_fmt(a, "-test.fuzzcachedir=" STR_FMT "/fuzz/" STR_FMT, STR_ARG(env_get(t->c.env, "GOCACHE")), STR_ARG(r->p->import_path)));
	if (t->cover) {
		r->counts = testcover_dir(t, r->dir);
		vec_push(a, &args, str_cat(a, S("-test.gocoverdir="), r->counts));
	}
	for (u32 i = 0; i < t->args.n; i++) // each test writes a profile of its own
		vec_push(a, &args, t->cover_profile.n && str_has_prefix(t->args.p[i], "-test.coverprofile=") ? str_cat(a, S("-test.coverprofile="), profile)
			: t->args.p[i]);
	return args;
}

static void show_command(TestRun *r, const StrVec *args) // -n and -x
{
	if (!r->t->c.show && !r->t->c.show_only)
		return;
	for (u32 i = 0; i < args->n; i++)
		fprintf(stderr, "%s" STR_FMT, i ? " " : "", STR_ARG(args->p[i]));
	fputc('\n', stderr);
}

static bool run_test(TestRun *r, Str image, TestCache *cache)
{
	TestCmd *t = r->t;
	Arena *a = t->c.arena;
	Str exe = path_join(a, r->dir, testpkg_binary(t, r->p)); // tests start themselves by os.Args[0]: it has to be a file
	if (!write_file(exe, image, 0777))
		return false;
	Str log = path_join(a, r->dir, S("testlog.txt")), profile = path_join(a, r->dir, S("_cover_.out")), part = {0};
	StrVec args = command_of(r, exe, !cache->off && !t->exec.n ? log : S(""), profile);
	show_command(r, &args);
	char **argv = NEWN(a, char *, args.n + 1);
	for (u32 i = 0; i < args.n; i++)
		argv[i] = str_c(a, args.p[i]);
	Ended e = run_binary(r, argv);
	bool ok = e.status == 0 && !e.killed && !e.incomplete;
	if (t->cover_profile.n && !failed(file_map(a, profile, &part)))
		testcover_merge(t, part);
	if (ok) {
		report_pass(r, &e);
		if (!t->exec.n)
			testcache_save(t, cache, r->p, log, buf_view(&r->out), part);
	} else {
		report_fail(r, &e);
	}
	return ok;
}

// ---- one package --------------------------------------------------------------------------------

// -c, -o and profiles leave the binary behind.
static bool is_kept(const TestCmd *t)
{
	const char *profile = testflags_profile(t);
	return test_flag_on(t, TEST_c) || t->value[TEST_o].n || (profile && strcmp(profile, "-trace"));
}

static bool keep_binary(TestCmd *t, LoadPkg *p, Str image)
{
	Arena *a = t->c.arena;
	Str name = testpkg_binary(t, p), out = t->value[TEST_o];
	if (!is_kept(t))
		return true;
	Str file = !out.n ? name : t->out_is_dir ? path_join(a, out, name) : out;
	if (t->out_is_dir && failed(dir_make_all(a, out)))
		return !cmd_error("mkdir " STR_FMT ": %s", STR_ARG(out), strerror(errno));
	return str_is(file, "/dev/null") || write_file(file, image, 0777);
}

typedef struct Messages { FILE *f; char *text; size_t n; } Messages;

// Shows what the build said; as events they are of the package `path` if it is given. Returns their first package.
static Str show_messages(TestRun *r, Messages *m, Str path, FILE *errors)
{
	Str first = S("");
	fclose(m->f);
	if (r->t->c.json) {
		first = buildjson_write(r->t->c.arena, str_n(m->text, m->n), path, errors == stderr ? stdout : errors);
	} else {
		fwrite(m->text, 1, m->n, errors);
		fflush(errors);
	}
	free(m->text);
	return first;
}

// What is counted while fuzzing: all but what the test framework uses at the same time (cmd/go/internal/test).
static void mark_fuzzed(const LoadPkgVec *all)
{
	static const char *const others[] = {"context", "internal/fuzz", "internal/godebug", "internal/runtime/maps", "internal/sync", "reflect",
		"runtime", "sync", "sync/atomic", "syscall", "testing", "time", "testing/internal/testdeps", "internal/coverage/cfile", "unsafe"};
	for (u32 i = 0; i < all->n; i++) {
		LoadPkg *p = all->p[i];
		p->fuzzed = !p->is_testmain;
		for (u32 k = 0; k < LENGTH(others) && p->standard; k++)
			if (str_is(p->import_path, others[k]))
				p->fuzzed = false;
	}
}

TestLoad *testrun_load(TestCmd *t, LoadPkg *p)
{
	Arena *a = t->c.arena;
	TestLoad *l = NEW(a, TestLoad);
	l->c = t->c;
	l->c.own_errors = true;
	l->c.loader.all = (LoadPkgVec){0}; // what the binary is made of, and no more
	l->p = p;
	l->none = !p->test_go.n && !p->xtest_go.n;
	load_graph(&t->c.loader, &p, 1);
	l->why = p->err;
	if (p->err.n)
		return l;
	l->units[0] = p;
	if (!l->none) {
		l->main = testpkg_make(t, p, &l->units[0], &l->units[1], &l->why);
	} else if (t->cover && !t->cover_patterns.n) {
		l->main = NEW(a, LoadPkg);
		*l->main = *p;
		testcover_package(t, l->main, p->go_files.n);
	} else {
		l->main = p;
	}
	if (!l->main)
		return l;
	load_list(a, &l->main, 1, &l->c.loader.all);
	if (t->value[TEST_fuzz].n)
		mark_fuzzed(&l->c.loader.all);
	l->ok = true;
	for (u32 i = 0; i < l->c.loader.all.n; i++)
		l->ok = l->ok && !l->c.loader.all.p[i]->err.n;
	return l;
}

static TestRun run_of(TestCmd *t, TestLoad *l, Str dir)
{
	TestRun r = {.t = t, .p = l->p, .dir = dir, .direct = !t->packages.n || t->value[TEST_bench].n || t->value[TEST_fuzz].n,
		.echo = test_flag_on(t, TEST_json) || (test_shows_pass(t) && (t->n == 1 || t->c.jobs == 1))};
	return r;
}

static void finish(TestRun *r, bool ok, Str failed_build)
{
	if (r->json)
		test2json_close(r->json, ok, failed_build);
	else if (!r->direct && !r->echo)
		to_stdout(NULL, r->out.p, r->out.n);
	buf_free(&r->out);
}

void testrun_setup_failed(TestCmd *t, TestLoad *l, FILE *errors)
{
	TestRun r = run_of(t, l, S(""));
	Str failed_build = S("");
	l->c.build = (Build){.opt = {.ctx = &l->c.ctx}, .arena = t->c.arena};
	LoadPkgVec *all = &l->c.loader.all;
	if (!l->main) { // it comes to no graph
		all->n = 0;
		LoadPkg *p = NEW(t->c.arena, LoadPkg);
		*p = *l->p;
		p->err = l->why;
		vec_push(t->c.arena, all, p);
	}
	for (u32 i = 0; i < all->n; i++) {
		if (!all->p[i]->err.n)
			continue;
		Messages m = {0};
		m.f = open_memstream(&m.text, &m.n);
		fprintf(m.f, "# " STR_FMT "\n", STR_ARG(l->p->import_path));
		build_print_load_error(&l->c.build, all->p[i], m.f);
		Str path = show_messages(&r, &m, all->p[i]->import_path, errors);
		failed_build = failed_build.n ? failed_build : path;
	}
	if (test_flag_on(t, TEST_json))
		r.json = test2json_new(t->c.arena, l->p->import_path, to_stdout, NULL);
	say(&r, "FAIL\t" STR_FMT " [setup failed]\n", STR_ARG(l->p->import_path));
	finish(&r, false, failed_build);
}

enum Stage { BUILD_FAILED, CACHED, READY, SHOWN }; // SHOWN: with -n nothing is done

// Brings the binary (or, without tests, the package itself) up to date, or finds the output of an earlier run.
static enum Stage build_test(TestRun *r, TestLoad *l, FILE *errors, TestCache *cache, Str *image, Buf *found)
{
	TestCmd *t = r->t;
	BuildCmd *c = &l->c;
	c->own_errors = false;
	c->errors = errors;
	c->forced_ldflags = (StrVec){0};
	c->omit_debug = !is_kept(t) && !str_is(l->p->import_path, "runtime"); // whose own tests look for symbols
	if (!l->none) {
		vec_push(c->arena, &c->forced_ldflags, S("-X"));
		vec_push(c->arena, &c->forced_ldflags, S("testing.testBinary=1")); // testing.Testing reports true
	}
	if (!buildcmd_plan(c, &l->main, 1))
		return BUILD_FAILED;
	if (c->show_only || c->show) {
		Script *script = script_new(c);
		script_packages(script);
		if (!l->none)
			r->exe = script_link(script, l->main, testpkg_binary(t, l->p), true);
		if (c->show_only)
			return SHOWN;
	}
	if (l->none)
		return buildcmd_compile(c) ? READY : BUILD_FAILED;
	bool keep = test_flag_on(t, TEST_c);
	ActionId id = build_link_id(&c->build, l->main);
	if (!keep && testcache_find(t, cache, l->p, &id, found))
		return CACHED;
	Str file;
	if (!buildcmd_exe(c, l->main, true, image, &file))
		return BUILD_FAILED;
	sha256(image->p, image->n, id.b);
	if (!keep && testcache_find(t, cache, l->p, &id, found))
		return CACHED;
	Str source = path_join(c->arena, r->dir, l->main->go_files.p[0]);
	return write_file(source, l->main->texts.p[0], 0666) && keep_binary(t, l->p, *image) ? READY : BUILD_FAILED;
}

// Runs the analyzers over the package and its tests. False, with what they found in m, if there is something.
static bool vet_test(TestRun *r, TestLoad *l, Messages *m)
{
	TestCmd *t = r->t;
	Vet v = {.name = "vet", .flags = t->vet_flags, .explicit_flags = t->vet_explicit, .standard_tool = true, .in_test = true, .work = r->dir};
	LoadPkg *roots[2];
	u32 n = 0;
	for (u32 i = 0; i < LENGTH(l->units); i++)
		if (l->units[i] && l->units[i]->go_files.n)
			roots[n++] = l->units[i];
	if (t->vet_off || !n)
		return true;
	BuildCmd c = l->c;
	c.loader.all = (LoadPkgVec){0};
	c.own_errors = true;
	VetUnitVec units = {0};
	vet_run(&v, &c, roots, n, &units);
	bool ok = true;
	for (u32 i = 0; i < units.n; i++) {
		VetUnit *u = units.p[i];
		if (!u->failed)
			continue;
		vet_print(&c, u, true, m->f);
		ok = false;
	}
	if (c.build.opt.pool)
		pool_free(c.build.opt.pool);
	return ok;
}

static void report_untested(TestRun *r)
{
	Arena *a = r->t->c.arena;
	Str profile = r->t->cover_profile.n ? path_join(a, r->dir, S("_cover_.out")) : S(""), part;
	Str line = r->t->cover ? testcover_untested(r->t, r->p, r->dir, profile) : S("");
	if (!line.n) {
		say(r, "?   \t" STR_FMT "\t[no test files]\n", STR_ARG(r->p->import_path));
		return;
	}
	emit(r, line.p, line.n);
	if (profile.n && !failed(file_map(a, profile, &part)))
		testcover_merge(r->t, part);
}

bool testrun_package(TestCmd *t, TestLoad *l, Str dir, FILE *errors, void (*built)(void *ctx), void *ctx)
{
	bool json = test_flag_on(t, TEST_json), keep = test_flag_on(t, TEST_c);
	TestRun r = run_of(t, l, dir);
	TestCache cache = {0};
	Str image = {0};
	Messages m = {0};
	m.f = open_memstream(&m.text, &m.n);
	Buf found = {0};
	enum Stage stage = build_test(&r, l, m.f, &cache, &image, &found);
	Str failed_build = show_messages(&r, &m, S(""), errors);
	if (stage >= CACHED) {
		m = (Messages){0};
		m.f = open_memstream(&m.text, &m.n);
		if (!vet_test(&r, l, &m))
			stage = BUILD_FAILED;
		LoadPkg *p = l->units[0];
		Str what = p->for_test.n ? str_fmt(t->c.arena, STR_FMT " [" STR_FMT ".test]", STR_ARG(p->import_path), STR_ARG(p->for_test)) : p->import_path;
		Str vetted = show_messages(&r, &m, what, errors);
		failed_build = stage >= CACHED ? failed_build : vetted;
	}
	if (built)
		built(ctx);
	bool ok = stage >= CACHED;
	if (stage == SHOWN) {
		StrVec args = l->none || keep ? (StrVec){0} : command_of(&r, r.exe, S(""), S(""));
		if (args.n)
			show_command(&r, &args);
		return true;
	}
	if (stage == CACHED)
		testcover_merge(t, cache.profile);
	if (json && !(keep && ok && !l->none))
		r.json = test2json_new(t->c.arena, l->p->import_path, to_stdout, NULL);
	if (!ok)
		say(&r, "FAIL\t" STR_FMT " [build failed]\n", STR_ARG(l->p->import_path));
	else if (l->none)
		report_untested(&r);
	else if (stage == CACHED)
		emit(&r, found.p, found.n);
	else if (!keep)
		ok = run_test(&r, image, &cache);
	finish(&r, ok, failed_build);
	buf_free(&found);
	if (l->c.build.opt.pool)
		pool_free(l->c.build.opt.pool);
	return ok;
}
