// tool.c: `go tool NAME args`: the compiler, assembler, linker and their kin, which are functions of this program.
#include "cmd/cmd.h"

static const struct { const char *name; int (*run)(int, char **); } tools[] = {
#define COMMAND(name, func, summary)
#define TOOL(name, func) {#name, func},
#include "cmd/commands.def"
#undef COMMAND
#undef TOOL
	{NULL, NULL},
};

int cmd_tool(int argc, char **argv)
{
	if (argc < 2) {
		for (u32 i = 0; tools[i].name; i++)
			puts(tools[i].name);
		return 0;
	}
	if (argv[1][0] == '-') {
		fprintf(stderr, "flag provided but not defined: %s\nusage: go tool [-n] command [args...]\nRun 'go help tool' for details.\n",
		        argv[1]);
		return 2;
	}
	for (u32 i = 0; tools[i].name; i++)
		if (!strcmp(tools[i].name, argv[1]))
			return tools[i].run(argc - 1, argv + 1);
	fprintf(stderr, "go: no such tool \"%s\"\n", argv[1]);
	return 2;
}
