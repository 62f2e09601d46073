// bug.c: `go bug`: a form for a report with what is known here. It is printed; nothing is opened or sent.
#include "cmd/cmd.h"
#include "cmd/envcmd.h"
#include "cmd/help.h"

#include <sys/utsname.h>

int cmd_bug(int argc, char **argv)
{
	const Flag none[] = {{NULL, 0, NULL}};
	int at = flags_parse(arena_new(), help_usage("bug"), argc, argv, (const Flag *const[]){none, NULL});
	if (!at)
		return 2;
	if (at < argc)
		return cmd_error("bug takes no arguments"), 2;
	struct utsname u;
	printf("### What did you do?\n\n\n\n### What did you expect to see?\n\n\n\n### What did you see instead?\n\n\n\n### With what?\n\n```\n"
		"go version " STR_FMT " (Ingot)\n", STR_ARG(env_release(env_new(arena_new()))));
	if (uname(&u) == 0)
		printf("%s %s %s\n", u.sysname, u.release, u.machine);
	fputs("```\n\n```\n", stdout);
	int status = cmd_env(1, (char *[]){"env", NULL});
	puts("```");
	return status;
}
