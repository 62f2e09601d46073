// modcmd.c: `go mod init` and `go mod edit -json`; what needs the network is not there yet.
#include "cmd/buildcmd.h"
#include "cmd/value.h"

#include <unistd.h>

static Str go_release(BuildCmd *c) // "1.27.4"
{
	Str text;
	if (failed(file_map(c->arena, path_join(c->arena, c->ctx.goroot, S("VERSION")), &text)))
		return S("1.27");
	int nl = str_index(text, '\n');
	Str v = str_trim(nl >= 0 ? str_sub(text, 0, (u32)nl) : text);
	return str_dup(c->arena, str_has_prefix(v, "go") ? str_from(v, 2) : v);
}

static bool path_ok(Str p)
{
	for (u32 i = 0; i < p.n; i++) {
		char c = p.p[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_' && c != '~' && c != '/')
			return false;
	}
	return p.n && p.p[0] != '/' && p.p[p.n - 1] != '/' && p.p[0] != '-' && str_find(p, "//") < 0;
}

static int mod_init(BuildCmd *c, int argc, char **argv)
{
	if (argc > 2)
		return cmd_error("mod init: too many arguments");
	Str file = path_join(c->arena, c->ctx.cwd, S("go.mod"));
	if (file_exists(file))
		return cmd_error(STR_FMT " already exists", STR_ARG(file));
	Str path = argc == 2 ? str(argv[1]) : S("");
	if (argc < 2) { // the only place it can be known from here is GOPATH
		Str gp = env_get(c->env, "GOPATH"), src = path_join(c->arena, gp, S("src"));
		if (gp.n && c->ctx.cwd.n > src.n + 1 && !memcmp(c->ctx.cwd.p, src.p, src.n) && c->ctx.cwd.p[src.n] == '/')
			path = str_from(c->ctx.cwd, src.n + 1);
		else
			return cmd_error("cannot determine module path for source directory " STR_FMT " (outside GOPATH, module path must be specified)\n\n"
				"Example usage:\n\t'go mod init example.com/m' to initialize a v0 or v1 module\n"
				"\t'go mod init example.com/m/v2' to initialize a v2 module\n\nRun 'go help mod init' for more information.", STR_ARG(c->ctx.cwd));
	}
	if (!path_ok(path))
		return cmd_error("malformed module path \"" STR_FMT "\"", STR_ARG(path));
	Str text = str_fmt(c->arena, "module " STR_FMT "\n\ngo " STR_FMT "\n", STR_ARG(path), STR_ARG(go_release(c)));
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

static Value *version_value(Arena *a, Str path, Str version)
{
	Value *v = value_struct(a, "*Module");
	value_set(a, v, "Path", value_str(a, path));
	value_set(a, v, "Version", value_str(a, version));
	return v;
}

static int mod_edit_json(BuildCmd *c, Str file)
{
	Arena *a = c->arena;
	if (!file.n)
		file = mods_find_gomod(a, c->ctx.cwd);
	if (!file.n)
		return cmd_error("go.mod file not found in current directory or any parent directory; see 'go help modules'");
	Str text;
	Err e = file_map(a, file, &text);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	ModFile f;
	StrVec errs = {0};
	if (!modfile_parse(a, file, str_dup(a, text), true, &f, &errs)) {
		fprintf(stderr, "go: errors parsing " STR_FMT ":\n", STR_ARG(file));
		for (u32 i = 0; i < errs.n; i++)
			fprintf(stderr, STR_FMT "\n", STR_ARG(errs.p[i]));
		return 1;
	}
	Value *v = value_struct(a, "*fileJSON"), *m = version_value(a, f.module, S(""));
	if (f.deprecated.n)
		value_set(a, m, "Deprecated", value_str(a, f.deprecated));
	value_set(a, v, "Module", m);
	value_set(a, v, "Go", value_str(a, f.go));
	value_set(a, v, "Toolchain", value_str(a, f.toolchain));
	Value *list = value_list(a);
	for (u32 i = 0; i < f.godebug.n; i++) {
		Value *x = value_struct(a, "*Godebug");
		value_set(a, x, "Key", value_str(a, f.godebug.p[i].key));
		value_set(a, x, "Value", value_str(a, f.godebug.p[i].value));
		value_append(a, list, x);
	}
	value_set(a, v, "GoDebug", list);
	list = value_list(a);
	for (u32 i = 0; i < f.require.n; i++) {
		Value *x = version_value(a, f.require.p[i].path, f.require.p[i].version);
		value_set(a, x, "Indirect", value_bool(a, f.require.p[i].indirect));
		value_append(a, list, x);
	}
	value_set(a, v, "Require", list);
	list = value_list(a);
	for (u32 i = 0; i < f.exclude.n; i++)
		value_append(a, list, version_value(a, f.exclude.p[i].path, f.exclude.p[i].version));
	value_set(a, v, "Exclude", list);
	list = value_list(a);
	for (u32 i = 0; i < f.replace.n; i++) {
		Value *x = value_struct(a, "*Replace");
		value_set(a, x, "Old", version_value(a, f.replace.p[i].path, f.replace.p[i].version));
		value_set(a, x, "New", version_value(a, f.replace.p[i].new_path, f.replace.p[i].new_version));
		value_append(a, list, x);
	}
	value_set(a, v, "Replace", list);
	list = value_list(a);
	for (u32 i = 0; i < f.retract.n; i++) {
		Value *x = value_struct(a, "*Retract");
		value_set(a, x, "Low", value_str(a, f.retract.p[i].low));
		value_set(a, x, "High", value_str(a, f.retract.p[i].high));
		value_set(a, x, "Rationale", value_str(a, f.retract.p[i].rationale));
		value_append(a, list, x);
	}
	value_set(a, v, "Retract", list);
	for (int k = 0; k < 2; k++) {
		list = value_list(a);
		StrVec *paths = k ? &f.ignore : &f.tool;
		for (u32 i = 0; i < paths->n; i++) {
			Value *x = value_struct(a, "*Path");
			value_set(a, x, "Path", value_str(a, paths->p[i]));
			value_append(a, list, x);
		}
		value_set(a, v, k ? "Ignore" : "Tool", list);
	}
	Buf b = {0};
	value_json(&b, v, 0);
	buf_u8(&b, '\n');
	fwrite(b.p, 1, b.n, stdout);
	return 0;
}

int cmd_mod(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	if (argc < 2) {
		fputs("Go mod provides access to operations on modules.\n\nUsage:\n\n\tgo mod <command> [arguments]\n\nThe commands are:\n\n"
		      "\tedit        edit go.mod from tools or scripts (only -json)\n\tinit        initialize new module in current directory\n", stderr);
		return 2;
	}
	c.env = env_new(c.arena);
	Err e = context_init(&c.ctx, c.arena, c.env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	Str sub = str(argv[1]);
	if (str_is(sub, "init"))
		return mod_init(&c, argc - 1, argv + 1);
	if (str_is(sub, "edit") && argc >= 3 && (!strcmp(argv[2], "-json") || !strcmp(argv[2], "--json")))
		return mod_edit_json(&c, argc > 3 ? str(argv[3]) : S(""));
	static const char *const known[] = {"download", "edit", "graph", "tidy", "vendor", "verify", "why"};
	for (u32 i = 0; i < LENGTH(known); i++)
		if (str_is(sub, known[i]))
			return cmd_error("mod %s is not supported yet", known[i]);
	fprintf(stderr, "go mod " STR_FMT ": unknown command\nRun 'go help mod' for usage.\n", STR_ARG(sub));
	return 2;
}
