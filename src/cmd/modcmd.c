// modcmd.c: `go mod`: its subcommands, and `go mod init`.
#include "cmd/modcmd.h"
#include "mod/toolchain.h"

#include <unistd.h>

int mod_init_main(BuildCmd *c, int argc, char **argv)
{
	int at = flags_parse(c->arena, "mod init [module-path]", argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (argc - at > 1)
		return cmd_error("'go mod init' accepts at most one argument");
	c->env = env_new(c->arena);
	Err failure = context_init(&c->ctx, c->arena, c->env);
	if (failed(failure))
		return cmd_error(STR_FMT, STR_ARG(failure.msg));
	if (str_is(env_get(c->env, "GO111MODULE"), "off"))
		return cmd_error("modules disabled by GO111MODULE=off; see 'go help modules'");
	c->mods.arena = c->arena;
	c->mods.ctx = &c->ctx;
	Str file = path_join(c->arena, c->ctx.cwd, S("go.mod"));
	if (file_exists(file))
		return cmd_error(STR_FMT " already exists", STR_ARG(file));
	Str path = at < argc ? str(argv[at]) : S("");
	if (at == argc) { // the only place it can be known from here is GOPATH
		Str gp = env_get(c->env, "GOPATH"), src = path_join(c->arena, gp, S("src"));
		if (gp.n && c->ctx.cwd.n > src.n + 1 && !memcmp(c->ctx.cwd.p, src.p, src.n) && c->ctx.cwd.p[src.n] == '/')
			path = str_from(c->ctx.cwd, src.n + 1);
		else
			return cmd_error("cannot determine module path for source directory " STR_FMT " (outside GOPATH, module path must be specified)\n\n"
				"Example usage:\n\t'go mod init example.com/m' to initialize a v0 or v1 module\n"
				"\t'go mod init example.com/m/v2' to initialize a v2 module\n\nRun 'go help mod init' for more information.", STR_ARG(c->ctx.cwd));
	}
	Str why = mod_check_path(c->arena, path), major;
	if (mod_is_dir_path(path))
		return cmd_error("malformed module path %s: is a local import path", go_quote(c->arena, path).p);
	if (str_is(path, "go") || str_is(path, "toolchain"))
		return cmd_error("invalid module path \"" STR_FMT "\": \"" STR_FMT "\" is a reserved module path", STR_ARG(path), STR_ARG(path));
	if (str_find(why, ": invalid version") >= 0) {
		Str base = path_parent(path);
		return cmd_error("invalid module path %s: major version suffixes must be in the form of /vN and are only allowed for v2 or later:\n\tgo mod init "
			STR_FMT "/v2", go_quote(c->arena, path).p, STR_ARG(base));
	}
	if (why.n && str_find(why, "missing dot in first path element") < 0)
		return cmd_error(STR_FMT, STR_ARG(why));
	if (!mod_path_major(path, &major))
		return cmd_error("invalid module path " STR_FMT, STR_ARG(go_quote(c->arena, path)));
	Str text = str_fmt(c->arena, "module " STR_FMT "\n\ngo " STR_FMT "\n", STR_ARG(path), STR_ARG(toolchain_local()));
	Err e = file_write(c->arena, file, text.p, text.n, 0666);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	fprintf(stderr, "go: creating new go.mod: module " STR_FMT "\n", STR_ARG(path));
	StrVec names = {0};
	if (!failed(dir_list(c->arena, c->ctx.cwd, &names)))
		for (u32 i = 0; i < names.n; i++)
			if (str_has_suffix(names.p[i], ".go") || file_is_dir(names.p[i])) {
				fputs("go: to add module requirements and sums:\n\tgo mod tidy\n", stderr);
				break;
			}
	return 0;
}

static const Subcommand subcommands[] = {
	{"download", mod_download_main, "download modules to local cache"}, {"edit", mod_edit_main, "edit go.mod from tools or scripts"},
	{"graph", mod_graph_main, "print module requirement graph"}, {"init", mod_init_main, "initialize new module in current directory"},
	{"tidy", mod_tidy_main, "add missing and remove unused modules"}, {"vendor", mod_vendor_main, "make vendored copy of dependencies"},
	{"verify", mod_verify_main, "verify dependencies have expected content"},
	{"why", mod_why_main, "explain why packages or modules are needed"},
};

int subcommand_run(const char *group, const char *about, const Subcommand *table, u32 n, int argc, char **argv)
{
	BuildCmd *c = NEW(arena_new(), BuildCmd);
	c->arena = arena_new();
	for (u32 i = 0; argc >= 2 && i < n; i++)
		if (!strcmp(argv[1], table[i].name))
			return table[i].run(c, argc - 1, argv + 1);
	if (argc >= 2) {
		fprintf(stderr, "go %s: unknown command\nRun 'go help %s' for usage.\n", group, group);
		return 2;
	}
	fprintf(stderr, "%s\n\nUsage:\n\n\tgo %s <command> [arguments]\n\nThe commands are:\n\n", about, group);
	for (u32 i = 0; i < n; i++)
		fprintf(stderr, "\t%-11s %s\n", table[i].name, table[i].summary);
	fprintf(stderr, "\nUse \"go help %s <command>\" for more information about a command.\n", group);
	return 2;
}

int cmd_mod(int argc, char **argv)
{
	return subcommand_run("mod", "Go mod provides access to operations on modules.", subcommands, LENGTH(subcommands), argc, argv);
}
