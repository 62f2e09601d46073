// help.c: `go help`, `go help COMMAND`, `go help TOPIC` and `go mod help COMMAND`. The texts are in help.def, what a group of
// commands has in that group's table.
#include "cmd/help.h"
#include "cmd/cmd.h"
#include "cmd/modcmd.h"

static const struct { const char *name, *usage, *text; } helps[] = {
#define HELP(name, usage, text) {name, usage, text},
#define TOPIC(name, summary, text)
#include "cmd/help.def"
#undef HELP
#undef TOPIC
};

static const struct { const char *name, *summary, *text; } topics[] = {
#define HELP(name, usage, text)
#define TOPIC(name, summary, text) {name, summary, text},
#include "cmd/help.def"
#undef HELP
#undef TOPIC
};

static const struct { const char *name, *summary; } commands[] = {
#define COMMAND(name, func, summary) {#name, summary},
#define TOOL(name, func)
#include "cmd/commands.def"
#undef COMMAND
#undef TOOL
};

const char *help_usage(const char *command)
{
	for (u32 i = 0; i < LENGTH(helps); i++)
		if (!strcmp(helps[i].name, command))
			return helps[i].usage;
	bug("no usage line of go %s", command);
}

int help_name_length(const char *usage)
{
	const char *end = strstr(usage, " [");
	const char *other = strstr(usage, " <");
	if (!end || (other && other < end))
		end = other;
	return end ? (int)(end - usage) : (int)strlen(usage);
}

void help_overview(FILE *out)
{
	fputs("Go is a tool for managing Go source code.\n\nUsage:\n\n\tgo <command> [arguments]\n\nThe commands are:\n\n", out);
	for (u32 i = 0; i < LENGTH(commands); i++)
		fprintf(out, "\t%-11s %s\n", commands[i].name, commands[i].summary);
	fputs("\nUse \"go help <command>\" for more information about a command.\n\nAdditional help topics:\n\n", out);
	for (u32 i = 0; i < LENGTH(topics); i++)
		fprintf(out, "\t%-15s %s\n", topics[i].name, topics[i].summary);
	fputs("\nUse \"go help <topic>\" for more information about that topic.\n\n", out);
}

int cmd_help(int argc, char **argv)
{
	Arena *a = arena_new();
	Buf name = {0};
	for (int i = 1; i < argc; i++)
		buf_printf(&name, "%s%s", i > 1 ? " " : "", argv[i]);
	Str what = str_dup(a, str_n((char *)name.p, name.n));
	buf_free(&name);
	if (!what.n) {
		help_overview(stdout);
		return 0;
	}
	if (str_is(what, "mod") || str_is(what, "work")) {
		subcommand_help(str_is(what, "mod") ? &mod_group : &work_group, stdout);
		return 0;
	}
	for (u32 i = 0; i < LENGTH(helps); i++)
		if (str_is(what, helps[i].name)) {
			printf("usage: go %s\n\n%s", helps[i].usage, helps[i].text);
			return 0;
		}
	for (u32 i = 0; i < LENGTH(topics); i++)
		if (str_is(what, topics[i].name)) {
			fputs(topics[i].text, stdout);
			return 0;
		}
	fprintf(stderr, "go help " STR_FMT ": unknown help topic. Run 'go help", STR_ARG(what));
	if (argc > 2 && (!strcmp(argv[1], "mod") || !strcmp(argv[1], "work")))
		fprintf(stderr, " %s", argv[1]);
	fputs("'.\n", stderr);
	return 2;
}
