// test.c: `go test`: tests each package (testrun.c), several of them in processes of their own: those give their memory
// back, and their end, whatever it is, is not that of the others. They build one after the other and run side by side;
// results are shown in the order of the packages.
#include "cmd/help.h"
#include "cmd/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Job {
	TestLoad *load;
	pid_t pid;
	int out, errors;        // pipes; -1: closed. errors is closed when it has built
	Buf text, messages;
	bool started, built, ended, ok;
	bool begun;             // its events have begun to be shown
} Job;

typedef struct Jobs {
	TestCmd *t;
	Job *p;
	u32 n, started, shown;
	StrMap seen;            // packages (their "# path" lines) whose messages were shown, to the job
} Jobs;

static Str job_dir(TestCmd *t, u32 i)
{
	Str dir = str_fmt(t->c.arena, STR_FMT "/b%03u", STR_ARG(t->work), i + 1);
	Err e = dir_make_all(t->c.arena, dir);
	if (failed(e))
		cmd_error(STR_FMT, STR_ARG(e.msg));
	return dir;
}

static bool test_here(TestCmd *t, TestLoad *l, u32 i, FILE *errors, void (*built)(void *), void *ctx)
{
	Str dir = job_dir(t, i);
	bool ok = testrun_package(t, l, dir, errors, built, ctx);
	fflush(NULL);
	if (!t->c.work)
		dir_remove_all(t->c.arena, dir);
	return ok;
}

// ---- several packages ---------------------------------------------------------------------------

static void close_errors(void *ctx)
{
	fclose(ctx);
}

static bool start(Jobs *j)
{
	u32 i = j->started++;
	Job *x = &j->p[i];
	int out[2], errors[2];
	if (pipe2(out, O_CLOEXEC) || pipe2(errors, O_CLOEXEC))
		return !cmd_error("pipe: %s", strerror(errno));
	fflush(NULL);
	x->started = true;
	x->pid = fork();
	if (x->pid == 0) { // no other thread is running: those of a build end with it
		dup2(out[1], 1);
		FILE *f = fdopen(errors[1], "w");
		bool ok = test_here(j->t, x->load, i, f, close_errors, f);
		_exit(ok ? 0 : 1);
	}
	close(out[1]);
	close(errors[1]);
	x->out = out[0];
	x->errors = errors[0];
	if (x->pid < 0)
		return !cmd_error("fork: %s", strerror(errno));
	return true;
}

static bool drain(int *fd, Buf *b) // true at the end
{
	char p[1 << 16];
	ssize_t n = read(*fd, p, sizeof p);
	if (n > 0)
		buf_bytes(b, p, (size_t)n);
	if (n > 0 || (n < 0 && errno == EINTR))
		return false;
	close(*fd);
	*fd = -1;
	return true;
}

// Shows what the build of job i said, but for what others have said already of the same packages.
static void show_messages(Jobs *j, u32 i)
{
	Arena *a = j->t->c.arena;
	Str text = buf_view(&j->p[i].messages);
	bool events = test_flag_on(j->t, TEST_json), hide = false;
	while (text.n) {
		int nl = str_index(text, '\n');
		Str line = nl < 0 ? text : str_sub(text, 0, (u32)nl + 1), key = line;
		text = str_from(text, line.n);
		if (events)
			key = str_sub(line, 0, (u32)MAX(str_find(line, ",\"Action\":"), 0));
		if (events || (str_has_prefix(line, "# ") && !str_has_prefix(line, "# ["))) {
			void *owner = strmap_get(&j->seen, key);
			hide = owner && owner != &j->p[i];
			if (!owner)
				strmap_put(a, &j->seen, str_dup(a, key), &j->p[i]);
		}
		if (!hide)
			fwrite(line.p, 1, line.n, events ? stdout : stderr);
	}
	fflush(stdout);
}

// Events are shown as whole lines as they come, but each job's only after those of the jobs in front have begun.
static void show_events(Jobs *j)
{
	for (u32 i = 0; i < j->n; i++) {
		Job *x = &j->p[i];
		Str text = buf_view(&x->text);
		int nl = str_rindex(text, '\n');
		if (nl >= 0) {
			fwrite(text.p, 1, (u32)nl + 1, stdout);
			x->text.n -= (u32)nl + 1;
			memmove(x->text.p, x->text.p + nl + 1, x->text.n);
			x->begun = true;
		}
		if (!x->begun && !x->ended)
			break;
	}
	fflush(stdout);
}

static void show_results(Jobs *j)
{
	for (; j->shown < j->n && j->p[j->shown].ended; j->shown++) {
		Job *x = &j->p[j->shown];
		fwrite(x->text.p, 1, x->text.n, stdout);
		buf_free(&x->text);
	}
	fflush(stdout);
}

static void take_end(Jobs *j, u32 i)
{
	Job *x = &j->p[i];
	int status;
	while (waitpid(x->pid, &status, 0) < 0 && errno == EINTR)
		;
	x->ended = true;
	x->ok = status == 0;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1)
		buf_printf(&x->text, "FAIL\t" STR_FMT " [build failed]\n", STR_ARG(x->load->p->import_path));
}

static bool may_start(Jobs *j, u32 running, u32 limit, bool failed_one)
{
	if (j->started == j->n || running >= limit)
		return false;
	if (failed_one && test_flag_on(j->t, TEST_failfast))
		return false;
	return !j->started || j->p[j->started - 1].built;
}

static bool test_all(TestCmd *t, TestLoad **loads, u32 n)
{
	Jobs j = {.t = t, .n = n, .p = NEWN(t->c.arena, Job, n)};
	bool events = test_flag_on(t, TEST_json), bench = t->value[TEST_bench].n > 0, ok = true;
	u32 running = 0, cpus = (u32)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1), limit = bench ? 1 : t->c.jobs > 0 ? (u32)t->c.jobs : cpus;
	struct pollfd *polls = NEWN(t->c.arena, struct pollfd, 2 * n);
	for (u32 i = 0; i < n; i++)
		j.p[i] = (Job){.load = loads[i], .out = -1, .errors = -1};
	for (;;) {
		while (may_start(&j, running, limit, !ok)) {
			if (!start(&j))
				return false;
			running++;
		}
		if (!running)
			break;
		for (u32 i = 0; i < n; i++) {
			polls[2 * i] = (struct pollfd){j.p[i].out, POLLIN, 0};
			polls[2 * i + 1] = (struct pollfd){j.p[i].errors, POLLIN, 0};
		}
		if (poll(polls, 2 * n, -1) < 0 && errno != EINTR)
			return false;
		for (u32 i = 0; i < j.started; i++) {
			Job *x = &j.p[i];
			if (x->errors >= 0 && polls[2 * i + 1].revents && drain(&x->errors, &x->messages)) {
				x->built = true;
				show_messages(&j, i);
			}
			if (x->out >= 0 && polls[2 * i].revents && drain(&x->out, &x->text)) {
				take_end(&j, i);
				running--;
				ok = ok && x->ok;
			}
		}
		if (events || limit == 1)
			show_events(&j);
		if (!events)
			show_results(&j);
	}
	return ok;
}

// ---- the command --------------------------------------------------------------------------------

// Packages whose binaries would overwrite each other.
static bool same_names(TestCmd *t, LoadPkg **roots)
{
	StrMap first = {0};
	bool any = false;
	for (u32 i = 0; i < t->n; i++) {
		Str name = testpkg_binary(t, roots[i]);
		if (!strmap_has(&first, name)) {
			strmap_put(t->c.arena, &first, name, roots[i]);
			continue;
		}
		if (strmap_get(&first, name) == t)
			continue; // said already
		strmap_put(t->c.arena, &first, name, t);
		fprintf(stderr, "cannot write test binary " STR_FMT " for multiple packages:\n", STR_ARG(name));
		for (u32 k = 0; k < t->n; k++)
			if (str_eq(testpkg_binary(t, roots[k]), name))
				fprintf(stderr, STR_FMT "\n", STR_ARG(roots[k]->import_path));
		any = true;
	}
	return any;
}

// Inputs that fail are written into the package's directory: it has to be the user's.
static bool may_fuzz(TestCmd *t, const LoadPkg *p)
{
	if (p->module)
		return p->module->main;
	return !p->standard || t->c.mods.mode == MODE_GOPATH || t->c.mods.std;
}

// What does not go together. Nonzero: the exit status, after a message.
static int check_flags(TestCmd *t, LoadPkg **roots)
{
	const char *profile = testflags_profile(t);
	Str out = t->value[TEST_o];
	if (t->value[TEST_fuzz].n && t->n > 1)
		return cmd_plain_error("cannot use -fuzz flag with multiple packages");
	if (t->value[TEST_fuzz].n && t->value[TEST_coverprofile].n)
		return cmd_plain_error("cannot use -coverprofile flag with -fuzz flag");
	if (t->value[TEST_fuzz].n && profile)
		return cmd_plain_error("cannot use %s flag with -fuzz flag", profile);
	if (t->value[TEST_fuzz].n && !may_fuzz(t, roots[0]))
		return cmd_plain_error("cannot use -fuzz flag on package outside the main module");
	if (profile && t->n > 1)
		return cmd_plain_error("cannot use %s flag with multiple packages", profile);
	t->out_is_dir = out.n && (out.p[out.n - 1] == '/' || file_is_dir(out));
	if (t->n > 1 && (test_flag_on(t, TEST_c) || out.n) && !str_is(out, "/dev/null")) {
		if (out.n && !t->out_is_dir)
			return cmd_plain_error("with multiple packages, -o must refer to a directory or /dev/null");
		if (same_names(t, roots))
			return 1;
	}
	return 0;
}

// First what cannot be loaded is reported, then the others are tested.
static bool test_roots(TestCmd *t, LoadPkg **roots)
{
	TestLoad **loads = NEWN(t->c.arena, TestLoad *, t->n);
	u32 n = 0;
	for (u32 i = 0; i < t->n; i++) {
		loads[n] = testrun_load(t, roots[i]);
		if (loads[n]->ok)
			n++;
		else
			testrun_setup_failed(t, loads[n], stderr);
	}
	bool ok = n == t->n;
	if (t->n > 1)
		return test_all(t, loads, n) && ok;
	return ok && test_here(t, loads[0], 0, stderr, NULL, NULL);
}

int cmd_test(int argc, char **argv)
{
	TestCmd *t = NEW(arena_new(), TestCmd);
	BuildCmd *c = &t->c;
	c->arena = arena_new();
	const Flag *build = buildcmd_flags(c, c->arena);
	argc = testflags_parse(t, argc, argv, build);
	if (!argc || !flags_parse(c->arena, help_usage("test"), argc, argv,
	                          (const Flag *const[]){build, NULL}))
		return 2;
	int status = buildcmd_init(c);
	if (status)
		return status;
	c->ctx.tests = true;
	char **names = NEWN(c->arena, char *, t->packages.n + 1);
	for (u32 i = 0; i < t->packages.n; i++)
		names[i] = str_c(c->arena, t->packages.p[i]);
	LoadPkg **roots = buildcmd_packages(c, names, (int)t->packages.n, &t->n);
	if (!roots)
		return 1;
	if (!t->n)
		return cmd_plain_error("no packages to test");
	if ((status = check_flags(t, roots)) || !buildcmd_work_dir(c, &t->work))
		return 1;
	if ((t->cover && !testcover_start(t, roots)) || !testcover_create(t))
		return 1;
	bool ok = test_roots(t, roots);
	if (!ok && !test_flag_on(t, TEST_json) && t->packages.n && !t->value[TEST_fuzz].n)
		puts("FAIL");
	if (!c->work)
		dir_remove_all(c->arena, t->work);
	return ok ? 0 : 1;
}
