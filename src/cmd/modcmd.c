// modcmd.c: `go mod`: its subcommands, and `go mod init`.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "mod/toolchain.h"

#include <stdlib.h>
#include <unistd.h>

// "package x // import "path"": what a source file says of its own import path.
static Str import_comment(Arena *a, Str file)
{
	Str text, path = S("");
	if (failed(file_map(a, file, &text)))
		return path;
	for (Str rest = text; rest.n && !path.n;) {
		int nl = str_index(rest, '\n');
		Str line = nl >= 0 ? str_trim(str_sub(rest, 0, (u32)nl)) : S("");
		int comment = str_find(line, "//");
		rest = nl >= 0 ? str_from(rest, (u32)nl + 1) : S("");
		if (!str_has_prefix(line, "package") || comment < 0)
			continue;
		Str word = str_trim(str_from(line, (u32)comment + 2));
		if (!str_has_prefix(word, "import"))
			continue;
		word = str_trim(str_from(word, 6));
		if (word.n > 2 && word.p[0] == '"' && word.p[word.n - 1] == '"')
			path = str_dup(a, str_sub(word, 1, word.n - 1));
	}
	file_unmap(text);
	return path;
}

static Str comment_in(Arena *a, Str dir)
{
	StrVec names = {0};
	Str path = S("");
	if (!failed(dir_list(a, dir, &names)))
		for (u32 i = 0; i < names.n && !path.n; i++)
			if (str_has_suffix(names.p[i], ".go") && !file_is_dir(path_join(a, dir, names.p[i])))
				path = import_comment(a, path_join(a, dir, names.p[i]));
	return path;
}

// The path of the module here: of import comments, or of the place in GOPATH.
static bool guess_path(BuildCmd *c, Str *path, Str *why)
{
	Arena *a = c->arena;
	Str cwd = c->ctx.cwd, list = env_get(c->env, "GOPATH");
	StrVec names = {0};
	char real[4096];
	*path = comment_in(a, cwd);
	if (!path->n && !failed(dir_list(a, cwd, &names)))
		for (u32 i = 0; i < names.n && !path->n; i++)
			if (file_is_dir(path_join(a, cwd, names.p[i]))) {
				Str below = comment_in(a, path_join(a, cwd, names.p[i]));
				*path = below.n ? path_dir(below) : S("");
			}
	*why = S("outside GOPATH, module path must be specified");
	const char *pwd = getenv("PWD"); // as the user came here, through whatever links
	Str at = pwd && *pwd == '/' && realpath(pwd, real) && str_eq(str(real), cwd) ? str(pwd) : cwd;
	while (!path->n && list.n) {
		int colon = str_index(list, ':');
		Str src = path_join(a, colon >= 0 ? str_sub(list, 0, (u32)colon) : list, S("src"));
		list = colon >= 0 ? str_from(list, (u32)colon + 1) : S("");
		Str resolved = realpath(str_c(a, src), real) ? str_dup(a, str(real)) : src;
		Str rest = path_has_prefix(at, src) && at.n > src.n ? str_from(at, src.n + 1) : path_has_prefix(cwd, resolved) && cwd.n > resolved.n
			? str_from(cwd, resolved.n + 1) : S("");
		Str bad = rest.n ? import_check_path(a, rest) : S("");
		if (bad.n)
			*why = str_cat(a, S("bad module path inferred from directory in GOPATH: "), bad);
		else
			*path = rest;
		if (rest.n)
			break;
	}
	return path->n > 0;
}

// The valid path that is meant by one whose major version is not: "" if nothing is wrong with that.
static Str suggest_path(Arena *a, Str path)
{
	Str major, last = path_base(path), base = path_parent(path);
	bool gopkg = str_has_prefix(path, "gopkg.in/");
	if (gopkg ? mod_path_major(path, &major) && major.n : str_index(path, '/') < 0)
		return S("");
	int at = gopkg ? str_rindex(path, 'v') : 0;
	Str tail = gopkg ? at > 0 && (path.p[at - 1] == '.' || path.p[at - 1] == '/') ? str_from(path, (u32)at) : S("") : last;
	bool version = tail.n > 0 && tail.p[0] == 'v';
	for (u32 i = 1; i < tail.n; i++)
		version = version && (tail.p[i] == '.' || (tail.p[i] >= '0' && tail.p[i] <= '9'));
	if (!gopkg && (!version || tail.n < 2 || (mod_path_major(path, &major) && major.n)))
		return S("");
	u32 i = 1, number = 0; // the first number, without zeros in front
	while (version && i < tail.n && (tail.p[i] == '.' || tail.p[i] == '0'))
		i++;
	bool fraction = gopkg && tail.n > 1 && tail.p[1] == '0';
	for (; version && i < tail.n && tail.p[i] >= '0' && tail.p[i] <= '9' && number < 100000000; i++)
		number = number * 10 + (u32)(tail.p[i] - '0');
	if (gopkg) {
		Str stem = version ? str_sub(path, 0, (u32)at - 1) : path;
		return str_fmt(a, STR_FMT ".v%u", STR_ARG(stem), fraction || number < 1 ? 1 : number);
	}
	return str_fmt(a, STR_FMT "/v%u", STR_ARG(base), number < 2 ? 2 : number);
}

int mod_init_main(BuildCmd *c, int argc, char **argv)
{
	int at = flags_parse(c->arena, help_usage("mod init"), argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL});
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
	Str file = c->modfile.n ? c->modfile : path_join(c->arena, c->ctx.cwd, S("go.mod"));
	if (file_exists(file))
		return cmd_error(STR_FMT " already exists", STR_ARG(file));
	Str path = at < argc ? str(argv[at]) : S(""), why = S("");
	if (at == argc && !guess_path(c, &path, &why))
		return cmd_error("cannot determine module path for source directory " STR_FMT " (" STR_FMT ")\n\n"
			"Example usage:\n\t'go mod init example.com/m' to initialize a v0 or v1 module\n"
			"\t'go mod init example.com/m/v2' to initialize a v2 module\n\nRun 'go help mod init' for more information.", STR_ARG(c->ctx.cwd),
			STR_ARG(why));
	why = mod_check_path(c->arena, path);
	if (mod_is_dir_path(path))
		return cmd_error("malformed module path %s: is a local import path", go_quote(c->arena, path).p);
	if (mod_is_toolchain(path))
		return cmd_error("invalid module path \"" STR_FMT "\": module path is reserved", STR_ARG(path));
	if (str_has_suffix(path, "."))
		return cmd_error(STR_FMT, STR_ARG(why));
	Str better = suggest_path(c->arena, path);
	if (better.n)
		return cmd_error("invalid module path %s: %s\n\nExample usage:\n\t'go mod init example.com/m' to initialize a v0 or v1 module\n\n"
			"or:\n\tgo mod init " STR_FMT, go_quote(c->arena, path).p, str_has_prefix(path, "gopkg.in/")
			? "module paths beginning with gopkg.in/ must always have a major version suffix in the form of .vN"
			: "major version suffixes must be in the form of /vN and are only allowed for v2 or later", STR_ARG(better));
	if (why.n && str_find(why, "missing dot in first path element") < 0)
		return cmd_error(STR_FMT, STR_ARG(why));
	Str text = str_fmt(c->arena, "module " STR_FMT "\n\ngo " STR_FMT "\n", STR_ARG(path), STR_ARG(toolchain_local()));
	Err e = file_write(c->arena, file, text.p, text.n, 0666);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	fprintf(stderr, "go: creating new go.mod: module " STR_FMT "\n", STR_ARG(path));
	StrVec names = {0};
	if (!failed(dir_list(c->arena, c->ctx.cwd, &names)))
		for (u32 i = 0; i < names.n; i++)
			if (names.p[i].p[0] != '.' && names.p[i].p[0] != '_' && (str_has_suffix(names.p[i], ".go") || file_is_dir(names.p[i]))) {
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

const SubcommandGroup mod_group = {"mod", "Go mod provides access to operations on modules.", subcommands, LENGTH(subcommands)};

void subcommand_help(const SubcommandGroup *g, FILE *out)
{
	fprintf(out, "%s\n\nUsage:\n\n\tgo %s\n\nThe commands are:\n\n", g->about, help_usage(g->name));
	for (u32 i = 0; i < g->n; i++)
		fprintf(out, "\t%-11s %s\n", g->table[i].name, g->table[i].summary);
	fprintf(out, "\nUse \"go help %s <command>\" for more information about a command.\n", g->name);
}

int subcommand_run(const SubcommandGroup *g, int argc, char **argv)
{
	if (argc < 2) {
		subcommand_help(g, stderr);
		return 2;
	}
	if (!strcmp(argv[1], "help")) {
		argv[1] = (char *)g->name;
		return cmd_help(argc, argv);
	}
	BuildCmd *c = NEW(arena_new(), BuildCmd);
	c->arena = arena_new();
	for (u32 i = 0; i < g->n; i++)
		if (!strcmp(argv[1], g->table[i].name))
			return g->table[i].run(c, argc - 1, argv + 1);
	fprintf(stderr, "go %s: unknown command\nRun 'go help %s' for usage.\n", g->name, g->name);
	return 2;
}

int cmd_mod(int argc, char **argv) { return subcommand_run(&mod_group, argc, argv); }
