// process.c: see process.h.
#include "mod/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool drain(int fd, Buf *b) // false at the end
{
	char p[16384];
	ssize_t n = read(fd, p, sizeof p);
	if (n > 0)
		buf_bytes(b, p, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

// A file that is nowhere, to be read from its beginning.
static int input_file(Str input)
{
	int fd = input.n ? memfd_create("input", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (u32 at = 0; fd >= 0 && at < input.n;) {
		ssize_t n = write(fd, input.p + at, input.n - at);
		if (n <= 0)
			break;
		at += (u32)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

int process_feed(Arena *a, Str dir, const char *const *args, Str input, Str *out, Str *err)
{
	int o[2], e[2];
	*out = *err = S("");
	if (pipe2(o, O_CLOEXEC) != 0 || pipe2(e, O_CLOEXEC) != 0) {
		*err = str_fmt(a, "pipe: %s", strerror(errno));
		return -1;
	}
	char *where = str_c(a, dir);
	int in = input_file(input);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in, 0);
		dup2(o[1], 1);
		dup2(e[1], 2);
		setenv("GIT_TERMINAL_PROMPT", "0", 1);
		setenv("LC_ALL", "C", 1);
		if (*where && chdir(where) != 0)
			_exit(127);
		execvp(args[0], (char *const *)args);
		dprintf(2, "exec: \"%s\": executable file not found in $PATH", args[0]);
		_exit(127);
	}
	close(o[1]);
	close(e[1]);
	close(in);
	Buf bo = {0}, be = {0};
	struct pollfd p[2] = {{o[0], POLLIN, 0}, {e[0], POLLIN, 0}};
	for (u32 open_ends = pid > 0 ? 2 : 0; open_ends;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		for (u32 i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents && !drain(p[i].fd, i ? &be : &bo)) {
				p[i].fd = -1;
				open_ends--;
			}
	}
	close(o[0]);
	close(e[0]);
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*out = str_dup(a, buf_view(&bo));
	*err = str_dup(a, str_trim(buf_view(&be)));
	buf_free(&bo);
	buf_free(&be);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int process_run(Arena *a, Str dir, const char *const *args, Str *out, Str *err) { return process_feed(a, dir, args, S(""), out, err); }

bool process_output(Arena *a, Str dir, const char *const *args, Str *out, Str *err)
{
	int status = process_run(a, dir, args, out, err);
	if (status && !err->n)
		*err = status > 0 ? str_fmt(a, "exit status %d", status) : S("killed");
	return status == 0;
}

Str path_program(Arena *a, Str name)
{
	const char *path = getenv("PATH");
	Str rest = str(path ? path : "");
	for (Str dir; str_next(&rest, ':', &dir);) {
		Str file = path_join(a, dir, name);
		if (dir.n && dir.p[0] == '/' && !file_is_dir(file) && access(str_c(a, file), X_OK) == 0)
			return file;
	}
	return S("");
}
