// program.c: running a program: what `go run` built, or one of the library's own commands (gofmt, cover, the go command's
// documentation viewer ...), which our compiler builds on first use and the build cache keeps.
#include "cmd/buildcmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// The image in a memfd: a program that leaves no file behind.
static int memory_file(Str image, Str name, Arena *a)
{
	int fd = memfd_create(str_c(a, name), MFD_CLOEXEC);
	for (size_t off = 0; fd >= 0 && off < image.n;) {
		ssize_t n = write(fd, image.p + off, image.n - off);
		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		off += n > 0 ? (size_t)n : 0;
	}
	return fd;
}

// SIGINT and SIGQUIT from the terminal reach the program, too: we wait for what it makes of them, and have failed in any case.
static volatile sig_atomic_t interrupted;

static void note_interrupt(int sig)
{
	if (sig == SIGINT || sig == SIGQUIT)
		interrupted = 1;
}

// What a program that cannot be started is told as: words of os/exec.
static int start_failed(Arena *a, Str name, int why)
{
	if (why == ENOENT && str_index(name, '/') < 0) {
		fprintf(stderr, "exec: \"" STR_FMT "\": executable file not found in $PATH\n", STR_ARG(name));
	} else {
		errno = why;
		fprintf(stderr, STR_FMT "\n", STR_ARG(err_sys(a, "fork/exec", name).msg));
	}
	return 1;
}

// Runs the program, fd or (-1) what args[0] names, and waits.
static int run_image(Arena *a, int fd, Str name, char **args, bool hands_on_status)
{
	fflush(NULL);
	static const int caught[] = {SIGINT, SIGQUIT, SIGUSR1, SIGUSR2}; // the last two do nothing to a program of Go
	struct sigaction note = {.sa_handler = note_interrupt, .sa_flags = SA_RESTART}, old[LENGTH(caught)];
	for (u32 i = 0; i < LENGTH(caught); i++)
		sigaction(caught[i], &note, &old[i]);
	int said[2]; // closed by a program that starts; otherwise why it does not
	if (pipe2(said, O_CLOEXEC) < 0)
		return cmd_error("pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		for (u32 i = 0; i < LENGTH(caught); i++)
			sigaction(caught[i], &old[i], NULL);
		if (fd >= 0)
			fexecve(fd, args, environ);
		else
			execvp(args[0], args);
		int why = errno;
		_exit(write(said[1], &why, sizeof why) == sizeof why ? 1 : 2);
	}
	close(said[1]);
	int status, why = errno;
	if (pid < 0) {
		close(said[0]);
		return start_failed(a, name, why);
	}
	ssize_t n;
	while ((n = read(said[0], &why, sizeof why)) < 0 && errno == EINTR)
		;
	close(said[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n == sizeof why)
		return start_failed(a, name, why);
	if (WIFSIGNALED(status)) {
		const char *text = strsignal(WTERMSIG(status));
		fprintf(stderr, "signal: %c%s%s\n", text[0] | 0x20, text + 1, WCOREDUMP(status) ? " (core dumped)" : "");
		return 1;
	}
	if (hands_on_status)
		return WEXITSTATUS(status);
	if (WEXITSTATUS(status)) {
		fprintf(stderr, "exit status %d\n", WEXITSTATUS(status));
		return 1;
	}
	return interrupted ? 1 : 0;
}

int program_run(BuildCmd *c, LoadPkg *main, const StrVec *exec, char **args)
{
	Str name = buildcmd_exec_name(c, main), image, file;
	if (!buildcmd_exe(c, main, true, &image, &file))
		return 1;
	if (c->work_dir.n) { // -work: the program is among what is kept
		Str dir = path_join(c->arena, c->work_dir, S("b001/exe")), text = image;
		Err e = dir_make_all(c->arena, dir);
		if (!failed(e) && !text.n)
			e = file_map(c->arena, file, &text);
		if (!failed(e))
			e = file_write(c->arena, path_join(c->arena, dir, name), text.p, text.n, 0777);
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	int fd = file.n && access(file.p, X_OK) == 0 ? open(file.p, O_RDONLY | O_CLOEXEC) : memory_file(image, name, c->arena);
	if (fd < 0)
		return cmd_error("cannot run " STR_FMT ": %s", STR_ARG(name), strerror(errno));
	u32 n = 0;
	while (args[n])
		n++;
	// Under another command the program needs a name that can be opened: ours of the descriptor, if it is in no cache.
	char **all = NEWN(c->arena, char *, exec->n + n + 2);
	for (u32 i = 0; i < exec->n; i++)
		all[i] = str_c(c->arena, exec->p[i]);
	Str path = exec->n ? (file.n ? file : str_fmt(c->arena, "/proc/%d/fd/%d", (int)getpid(), fd)) : name;
	all[exec->n] = str_c(c->arena, path);
	memcpy(all + exec->n + 1, args, (size_t)n * sizeof *args);
	return run_image(c->arena, exec->n ? -1 : fd, exec->n ? exec->p[0] : name, all, c->hands_on_status);
}

// The build of a command of the library. NULL after a message.
static LoadPkg *plan_library(BuildCmd *c, const char *path)
{
	u32 n;
	char *names[] = {(char *)path, NULL};
	c->omit_debug = true;
	c->jobs = JOBS_BY_DEFAULT;
	if (buildcmd_init(c))
		return NULL;
	LoadPkg **roots = buildcmd_packages(c, names, 1, &n);
	return n && buildcmd_plan(c, roots, n) ? roots[0] : NULL;
}

bool program_library_file(const char *path, Str *file)
{
	BuildCmd c = {.arena = arena_new()};
	LoadPkg *p = plan_library(&c, path);
	Str image;
	bool ok = p && buildcmd_exe(&c, p, true, &image, file);
	if (c.build.opt.pool)
		pool_free(c.build.opt.pool);
	if (ok && !file->n)
		return !cmd_error("cannot run " STR_FMT ": there is no build cache to keep it in", STR_ARG(p->import_path));
	return ok;
}

// Tools start the go command as $GOROOT/bin/go. Where the library has none, it gets it in a directory of links, kept in the
// build cache, that stands for it.
static void offer_go(BuildCmd *c)
{
	Arena *a = c->arena;
	Str root = c->ctx.goroot, cache = env_get(c->env, "GOCACHE");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (file_exists(path_join(a, root, S("bin/go"))) || !cache.n || cache.p[0] != '/' || n <= 0)
		return;
	self[n] = 0;
	Str dir = str_fmt(a, STR_FMT "/goroot-%08x", STR_ARG(cache), hash_str(str_cat(a, root, str(self))));
	Str bin = path_join(a, dir, S("bin"));
	StrVec names = {0};
	if (failed(dir_make_all(a, bin)) || failed(dir_list(a, root, &names)))
		return;
	for (u32 i = 0; i < names.n; i++)
		if (!str_is(names.p[i], "bin") && symlink(path_join(a, root, names.p[i]).p, path_join(a, dir, names.p[i]).p) && errno != EEXIST)
			return;
	if (symlink(self, path_join(a, bin, S("go")).p) == 0 || errno == EEXIST)
		setenv("GOROOT", dir.p, 1);
}

int program_run_library(const char *path, char **args)
{
	BuildCmd c = {.arena = arena_new(), .hands_on_status = true};
	LoadPkg *p = plan_library(&c, path);
	if (p)
		offer_go(&c);
	static const StrVec directly = {0};
	return p ? program_run(&c, p, &directly, args) : 1;
}
