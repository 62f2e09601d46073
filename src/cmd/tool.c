// tool.c: `go tool NAME args`: the compiler, assembler, linker and their kin, which are functions of this program, and
// the tools that the library has as commands (cmd/cover, cmd/objdump ...).
#include "cmd/buildcmd.h"
#include "cmd/help.h"

#include <errno.h>
#include <unistd.h>

static const struct { const char *name; int (*run)(int, char **); } tools[] = {
#define COMMAND(name, func, summary)
#define TOOL(name, func) {#name, func},
#include "cmd/commands.def"
#undef COMMAND
#undef TOOL
	{NULL, NULL},
};

int (*tool_find(const char *name))(int, char **)
{
	for (u32 i = 0; tools[i].name; i++)
		if (!strcmp(tools[i].name, name))
			return tools[i].run;
	return NULL;
}

Str tool_path(Arena *a, const char *name)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe);
	return n < 0 ? S("") : str_fmt(a, STR_FMT "/tool/%s", STR_ARG(path_dir(str_n(exe, (size_t)n))), name);
}

// -n: the file that would run.
static int show_tool(const char *name)
{
	Str path = tool_path(arena_new(), name);
	if (!path.n)
		return cmd_error("cannot find this program: %s", strerror(errno));
	printf(STR_FMT "\n", STR_ARG(path));
	return 0;
}

int cmd_tool(int argc, char **argv)
{
	bool show = false;
	for (; argc > 1 && !strcmp(argv[1], "-n"); argc--, argv++)
		show = true;
	if (argc < 2) {
		for (u32 i = 0; tools[i].name; i++)
			puts(tools[i].name);
		return 0;
	}
	if (argv[1][0] == '-') {
		fprintf(stderr, "flag provided but not defined: %s\n", argv[1]);
		return flags_usage(help_usage("tool")), 2;
	}
	int (*run)(int, char **) = tool_find(argv[1]);
	if (run)
		return show ? show_tool(argv[1]) : run(argc - 1, argv + 1);
	Arena *a = arena_new();
	Str why, path = str_fmt(a, "cmd/%s", argv[1]);
	Str dir = path_join(a, path_join(a, env_goroot(env_new(a), &why), S("src")), path);
	if (strchr(argv[1], '/') || argv[1][0] == '.' || !strcmp(argv[1], "internal") || !strcmp(argv[1], "vendor") || !file_is_dir(dir)) {
		fprintf(stderr, "go: no such tool \"%s\"\n", argv[1]);
		return 2;
	}
	if (show)
		return cmd_error("tool: -n of %s, which is built when it is used, is not supported yet", argv[1]);
	return program_run_library(str_c(a, path), argv + 2);
}
