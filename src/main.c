// main.c: the front door: the first argument names a command of cmd/commands.def.
#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdlib.h>

static const struct { const char *name; int (*run)(int, char **); const char *summary; } commands[] = {
#define COMMAND(name, func, summary) {#name, func, summary},
#define TOOL(name, func)
#include "cmd/commands.def"
#undef COMMAND
#undef TOOL
};

static void usage(FILE *out)
{
	fputs("Go is a tool for managing Go source code.\n\nUsage:\n\n\tgo <command> [arguments]\n\nThe commands are:\n\n", out);
	for (u32 i = 0; i < LENGTH(commands); i++)
		fprintf(out, "\t%-11s %s\n", commands[i].name, commands[i].summary);
	fputs("\nUse \"go help <command>\" for more information about a command.\n", out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	for (u32 i = 0; i < LENGTH(commands); i++)
		if (!strcmp(commands[i].name, argv[1]))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "go %s: unknown command\nRun 'go help' for usage.\n", argv[1]);
	return 2;
}
