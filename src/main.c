// main.c: the front door: the first argument names a command of cmd/commands.def; or the program's own name a tool.
#include "cmd/cmd.h"
#include "mod/toolchain.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

static const struct { const char *name; int (*run)(int, char **); } commands[] = {
#define COMMAND(name, func, summary) {#name, func},
#define TOOL(name, func)
#include "cmd/commands.def"
#undef COMMAND
#undef TOOL
};

typedef struct Args { int argc; char **argv; int status; } Args;

// -C DIR: goes there before anything else is done. False after a message.
static bool take_chdir(Args *x)
{
	Str dir;
	if (!chdir_flag(&x->argc, x->argv, &dir) || chdir(dir.p) == 0)
		return true;
	Err e = err_sys(arena_new(), "chdir", dir);
	cmd_error(STR_FMT, STR_ARG(e.msg));
	return false;
}

static void run(void *arg)
{
	Args *x = arg;
	const char *slash = strrchr(x->argv[0], '/'), *name = slash ? slash + 1 : x->argv[0];
	int (*tool)(int, char **) = tool_find(name); // started by a link named as a tool: bin/tool/compile
	if (tool) {
		x->status = tool(x->argc, x->argv);
		return;
	}
	if (!take_chdir(x)) {
		x->status = 1;
		return;
	}
	Env *env = env_new(arena_new());
	toolchain_is(env_release(env));
	toolchain_select(env, x->argc, x->argv);
	if (x->argc > 2)
		version_arg_select(x->argc - 1, x->argv + 1);
	if (x->argc < 2) {
		help_overview(stderr);
		x->status = 2;
		return;
	}
	const char *first = x->argv[1];
	if (first[0] == '-' && first[1]) { // as package flag says it, which has no flags here
		const char *name = first + (first[1] == '-' ? 2 : 1);
		if (strcmp(name, "h") && strcmp(name, "help"))
			fprintf(stderr, "flag provided but not defined: -%.*s\n", (int)strcspn(name, "="), name);
		help_overview(stderr);
		x->status = 2;
		return;
	}
	for (u32 i = 0; i < LENGTH(commands); i++)
		if (!strcmp(commands[i].name, x->argv[1])) {
			x->status = commands[i].run(x->argc - 1, x->argv + 1);
			return;
		}
	if (!strcmp(x->argv[1], "help")) {
		x->status = cmd_help(x->argc - 1, x->argv + 1);
		return;
	}
	fprintf(stderr, "go %s: unknown command\nRun 'go help' for usage.\n", x->argv[1]);
	x->status = 2;
}

int main(int argc, char **argv)
{
	// Buffers grow and go by the thousand: what they leave is kept for the next, rather than fetched again page by page.
	mallopt(M_MMAP_THRESHOLD, 256 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	Args x = {argc, argv, 0};
	run_on_deep_stack(run, &x);
	return x.status;
}
