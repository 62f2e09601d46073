// run.c: `go run`: builds a command and runs it (program.c).
#include "cmd/buildcmd.h"

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
	return program_run(&c, main, argv + end);
}
