// run.c: `go run`: builds a command and runs it, from memory. Only a program that can start itself again (it reaches
// os.Executable, os.StartProcess ...) gets a file: in a private directory on tmpfs, removed when it ends.
#include "cmd/buildcmd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// Name for what runs: as the official command names the executable in its temporary directory.
static Str exe_name(BuildCmd *c, LoadPkg *p)
{
	Str f = p->is_command_line ? p->go_files.p[0] : path_base(p->dir);
	return p->is_command_line ? str_sub(f, 0, f.n - 3) : f;
}

static int copy_to_file(BuildCmd *c, int fd, Str name, char *dir, Str *file)
{
	const char *tmp = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
	sprintf(dir, "%.200s/go-run-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return cmd_error("cannot make a directory for the program: %s", strerror(errno));
	off_t size = lseek(fd, 0, SEEK_END);
	void *image = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	*file = path_join(c->arena, str(dir), name);
	Err e = image == MAP_FAILED ? err_sys(c->arena, "mmap", name) : file_write(c->arena, *file, image, (size_t)size, 0755);
	if (image != MAP_FAILED)
		munmap(image, (size_t)size);
	if (failed(e)) {
		rmdir(dir);
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	return 0;
}

// Runs the program and waits. SIGINT and SIGQUIT from the terminal reach it too: we wait for what it makes of them.
static int run_image(int fd, Str file, Str name, char **args)
{
	fflush(NULL);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	pid_t pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		if (file.n)
			execv(file.p, args);
		else
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
	BuildCmd c = {.arena = arena_new()};
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
	u32 n;
	LoadPkg **roots = buildcmd_packages(&c, argv + at, end - at, &n);
	if (!n)
		return 1;
	LoadPkg *main = roots[0];
	if (!main->err.n && !main->is_main) {
		fprintf(stderr, "package " STR_FMT " is not a main package\n", STR_ARG(main->import_path));
		return 1;
	}
	if (!buildcmd_compile(&c, roots, n))
		return 1;
	Str name = exe_name(&c, main), file = {0};
	int fd = memfd_create(str_c(c.arena, name), MFD_CLOEXEC);
	if (fd < 0)
		return cmd_error("memfd_create: %s", strerror(errno));
	LinkResult res = {0};
	if (!buildcmd_link(&c, main, S(""), fd, &res))
		return 1;
	char dir[256] = "";
	if (res.may_reexec && (status = copy_to_file(&c, fd, name, dir, &file)) != 0)
		return status;
	char **args = NEWN(c.arena, char *, argc - end + 2);
	args[0] = file.n ? str_c(c.arena, file) : str_c(c.arena, path_join(c.arena, S("/tmp"), name));
	for (int i = end; i < argc; i++)
		args[i - end + 1] = argv[i];
	status = run_image(fd, file, name, args);
	if (file.n) {
		unlink(file.p);
		rmdir(dir);
	}
	return status;
}
