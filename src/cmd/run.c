// run.c: `go run`: builds a command and runs it (program.c).
#include "cmd/help.h"
#include "cmd/script.h"

int cmd_run(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new(), .versions = true, .mains_only = true, .omit_debug = true};
	StrVec exec = {0};
	const Flag own[] = {{"exec", FLAG_WORDS, &exec}, {NULL, 0, NULL}};
	int status = buildcmd_begin(&c, help_usage("run"), own, argc, argv);
	if (status)
		return status;
	int n = 0;
	while (n < c.nargs && str_has_suffix(str(c.args[n]), ".go"))
		n++;
	for (int i = 0; i < n; i++)
		if (str_has_suffix(str(c.args[i]), "_test.go"))
			return cmd_error("cannot run *_test.go files (%s)", c.args[i]);
	for (int i = 0; i < n; i++)
		if (!file_exists(str(c.args[i])))
			return cmd_plain_error("stat %s: no such file or directory", c.args[i]);
	n = n ? n : MIN(c.nargs, 1);
	if (!n || c.args[0][0] == '-')
		return cmd_error("no go files listed");
	status = buildcmd_load(&c, n);
	if (status)
		return status;
	if (!c.nroots)
		return cmd_error("no packages loaded from %s", c.args[0]);
	if (c.nroots > 1) {
		cmd_error("pattern %s matches multiple packages:", c.args[0]);
		for (u32 i = 0; i < c.nroots; i++)
			fprintf(stderr, "\t" STR_FMT "\n", STR_ARG(c.roots[i]->import_path));
		return 1;
	}
	Script *script = script_new(&c);
	script_packages(script);
	Str made = script_link(script, c.roots[0], buildcmd_exec_name(&c, c.roots[0]), true), line = made;
	for (int i = n; i < c.nargs; i++)
		line = str_fmt(c.arena, STR_FMT " %s", STR_ARG(line), c.args[i]);
	for (u32 i = exec.n; i-- > 0;)
		line = str_fmt(c.arena, STR_FMT " " STR_FMT, STR_ARG(exec.p[i]), STR_ARG(line));
	script_line(script, STR_FMT, STR_ARG(line));
	if (c.show_only)
		return 0;
	return program_run(&c, c.roots[0], &exec, c.args + n);
}
