// tool.c: `go tool NAME args`: the compiler, assembler, linker and their kin, which are functions of this program, and
// the tools that the library has as commands (cmd/cover, cmd/objdump ...); and those that go.mod names in tool lines.
#include "cmd/buildcmd.h"
#include "cmd/flags.h"
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

// The main module's tools; none outside a module.
static void module_tools(BuildCmd *c, StrVec *out)
{
	for (u32 i = 0; i < c->mods.mains.n; i++)
		for (u32 k = 0; k < c->mods.mains.p[i]->file->tool.n; k++)
			vec_push(c->arena, out, c->mods.mains.p[i]->file->tool.p[k]);
	strs_sort(out);
	strs_unique(out);
}

static u32 named(const StrVec *tools_of, Str name, Str *tool)
{
	u32 n = 0;
	for (u32 i = 0; i < tools_of->n; i++)
		if (str_eq(buildcmd_path_name(tools_of->p[i]), name)) {
			*tool = tools_of->p[i];
			n++;
		}
	return n;
}

static int list_tools(BuildCmd *c)
{
	StrVec own = {0};
	Str one;
	for (u32 i = 0; tools[i].name; i++)
		puts(tools[i].name);
	module_tools(c, &own);
	for (u32 i = 0; i < own.n; i++) {
		Str name = buildcmd_path_name(own.p[i]);
		if (named(&own, name, &one) == 1 && !str_eq(name, own.p[i]))
			printf(STR_FMT " (" STR_FMT ")\n", STR_ARG(name), STR_ARG(own.p[i]));
		else
			printf(STR_FMT "\n", STR_ARG(own.p[i]));
	}
	return 0;
}

// A tool of the main module, by its path or the name it is built as.
static int module_tool(BuildCmd *c, Str name, char **args, bool show)
{
	StrVec own = {0};
	Str tool = S("");
	module_tools(c, &own);
	u32 n = strs_has(&own, name) ? 1 : named(&own, name, &tool);
	if (strs_has(&own, name))
		tool = name;
	if (n > 1) {
		cmd_error("tool \"" STR_FMT "\" is ambiguous; choose one of:", STR_ARG(name));
		for (u32 i = 0; i < own.n; i++)
			if (str_eq(buildcmd_path_name(own.p[i]), name))
				fprintf(stderr, "\t" STR_FMT "\n", STR_ARG(own.p[i]));
		return 1;
	}
	if (!n) {
		cmd_error("no such tool \"" STR_FMT "\"", STR_ARG(name));
		return 2;
	}
	c->args = NEWN(c->arena, char *, 2);
	c->args[0] = str_c(c->arena, tool);
	c->nargs = 1;
	c->name = "tool";
	c->omit_debug = c->hands_on_status = true;
	int status = buildcmd_load(c, 1);
	if (status)
		return status;
	Str image, file;
	if (!c->nroots || !c->roots[0]->is_main)
		return cmd_error("package " STR_FMT " is not a main package", STR_ARG(tool));
	static const StrVec directly = {0};
	if (!show)
		return program_run(c, c->roots[0], &directly, args);
	if (!buildcmd_exe(c, c->roots[0], true, &image, &file))
		return 1;
	printf(STR_FMT, STR_ARG(file));
	for (u32 i = 0; args[i]; i++)
		printf(" %s", args[i]);
	putchar('\n');
	return 0;
}

int cmd_tool(int argc, char **argv)
{
	bool show = false;
	int (*run)(int, char **) = argc > 1 ? tool_find(argv[1]) : NULL;
	if (run)
		return run(argc - 1, argv + 1);
	BuildCmd c = {.arena = arena_new(), .jobs = JOBS_BY_DEFAULT};
	const Flag own[] = {{"n", FLAG_BOOL, &show}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, help_usage("tool"), argc, argv, (const Flag *const[]){own, buildcmd_flags(&c, c.arena), NULL});
	if (!at)
		return 2;
	char **args = argv + at;
	if (at < argc && (run = tool_find(args[0])))
		return show ? show_tool(args[0]) : run(argc - at, args);
	Str why, path = str_fmt(c.arena, "cmd/%s", at < argc ? args[0] : "");
	Str dir = path_join(c.arena, path_join(c.arena, env_goroot(env_new(c.arena), &why), S("src")), path), file;
	bool library = at < argc && args[0][0] && !strchr(args[0], '/') && args[0][0] != '.' && strcmp(args[0], "internal") && strcmp(args[0], "vendor") &&
	               file_is_dir(dir);
	if (library && !show)
		return program_run_library(str_c(c.arena, path), args + 1);
	if (library) {
		if (!program_library_file(str_c(c.arena, path), &file))
			return 1;
		printf(STR_FMT "\n", STR_ARG(file));
		return 0;
	}
	int status = buildcmd_init(&c);
	return status ? status : at == argc ? list_tools(&c) : module_tool(&c, str(args[0]), args + 1, show);
}
