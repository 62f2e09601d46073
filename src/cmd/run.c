// run.c: `go run`: builds a command and runs it: from the build cache's file, or, where there is no cache to keep it,
// from memory.
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

// Runs the program and waits. SIGINT and SIGQUIT from the terminal reach it too: we wait for what it makes of them.
static int run_image(int fd, Str name, char **args)
{
	fflush(NULL);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	pid_t pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		fexecve(fd, args, environ);
		fprintf(stderr, "go: fork/exec " STR_FMT ": %s\n", STR_ARG(name), strerror(errno));
		_exit(1);
	}
	if (pid < 0)
		return cmd_error("fork/exec " STR_FMT ": %s", STR_ARG(name), strerror(errno));
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status)) {
		const char *text = strsignal(WTERMSIG(status));
		fprintf(stderr, "signal: %c%s%s\n", text[0] | 0x20, text + 1, WCOREDUMP(status) ? " (core dumped)" : "");
		return 1;
	}
	if (WEXITSTATUS(status)) {
		fprintf(stderr, "exit status %d\n", WEXITSTATUS(status));
		return 1;
	}
	return 0;
}

int cmd_run(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new(), .versions = true};
	Str exec = {0};
	const Flag own[] = {{"exec", FLAG_STRING, &exec}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, "run [build flags] [-exec xprog] package [arguments...]", argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(&c, c.arena), NULL});
	if (!at)
		return 2;
	if (exec.n)
		return cmd_error("run: -exec is not supported yet");
	int status = buildcmd_init(&c);
	if (status)
		return status;
	int end = at;
	while (end < argc && str_has_suffix(str(argv[end]), ".go"))
		end++;
	if (end == at)
		end = at < argc ? at + 1 : at;
	if (end == at)
		return cmd_error("no go files listed");
	for (int i = at; i < end; i++)
		if (str_has_suffix(str(argv[i]), "_test.go"))
			return cmd_error("cannot run *_test.go files (%s)", argv[i]);
	for (int i = at; i < end; i++)
		if (str_has_suffix(str(argv[i]), ".go") && !file_exists(str(argv[i])))
			return cmd_error("stat %s: no such file or directory", argv[i]);
	u32 n;
	LoadPkg **roots = buildcmd_packages(&c, argv + at, end - at, &n);
	if (!n)
		return 1;
	LoadPkg *main = roots[0];
	if (!main->err.n && !main->is_main) {
		fprintf(stderr, "package " STR_FMT " is not a main package\n", STR_ARG(main->import_path));
		return 1;
	}
	if (!buildcmd_plan(&c, roots, n))
		return 1;
	Str name = buildcmd_exec_name(&c, main), image, file;
	if (!buildcmd_exe(&c, main, true, &image, &file))
		return 1;
	int fd = file.n && access(file.p, X_OK) == 0 ? open(file.p, O_RDONLY | O_CLOEXEC) : memory_file(image, name, c.arena);
	if (fd < 0)
		return cmd_error("cannot run " STR_FMT ": %s", STR_ARG(name), strerror(errno));
	char **args = NEWN(c.arena, char *, argc - end + 2);
	args[0] = str_c(c.arena, name);
	for (int i = end; i < argc; i++)
		args[i - end + 1] = argv[i];
	return run_image(fd, name, args);
}
