// version_arg.c: `go install path@version` and `go run path@version` may need a newer release than ours, which may know flags that
// we do not: so it is found before flags are parsed, as well as it can be. Facts: cmd/go/internal/toolchain/select.go.
#include "cmd/buildcmd.h"
#include "mod/toolchain.h"

#include <stdlib.h>

static const Flag *find_flag(const Flag *const *tables, Str name)
{
	for (u32 t = 0; tables[t]; t++)
		for (const Flag *f = tables[t]; f->name; f++)
			if (str_is(name, f->name))
				return f;
	return NULL;
}

// The package among the arguments, "" where that is not clear.
static Str find_package(const Flag *const *tables, bool run, int argc, char **argv, bool *writable)
{
	for (int i = 1; i < argc; i++) {
		Str arg = str(argv[i]);
		if (str_is(arg, "--"))
			return i + 1 < argc ? str(argv[i + 1]) : S("");
		if (!arg.n || arg.p[0] != '-')
			return arg;
		Str name = str_from(arg, arg.n > 1 && arg.p[1] == '-' ? 2 : 1);
		int eq = str_index(name, '=');
		Str bare = eq >= 0 ? str_sub(name, 0, (u32)eq) : name;
		if (str_is(bare, "modcacherw"))
			*writable = eq < 0 || str_is(str_from(name, (u32)eq + 1), "true") || str_is(str_from(name, (u32)eq + 1), "1");
		if (eq >= 0 || str_is(bare, "modcacherw"))
			continue;
		const Flag *f = find_flag(tables, bare);
		if (!f && run)
			return S(""); // with or without a value? what follows may be the program's
		if (!f)
			return argv[argc - 1][0] != '-' && i < argc - 1 ? str(argv[argc - 1]) : S("");
		if (f->kind != FLAG_BOOL)
			i++;
	}
	return S("");
}

void version_arg_select(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	Str out, exec, setting;
	bool run = !strcmp(argv[0], "run");
	if (argc < 2 || (!run && strcmp(argv[0], "install") != 0))
		return;
	c.env = env_new(c.arena);
	setting = env_get(c.env, "GOTOOLCHAIN");
	if (!str_is(setting, "auto") && !str_is(setting, "path") && !str_has_suffix(setting, "+auto") && !str_has_suffix(setting, "+path"))
		return;
	const Flag own[] = {{"o", FLAG_STRING, &out}, {"exec", FLAG_STRING, &exec}, {NULL, 0, NULL}};
	Str arg = find_package((const Flag *const[]){own, buildcmd_flags(&c, c.arena), NULL}, run, argc, argv, &c.modcacherw), resolved;
	int at = str_index(arg, '@');
	if (at <= 0 || at + 1 == (int)arg.n || mod_is_dir_path(arg) || buildcmd_init(&c))
		return;
	Err e = mods_use_version(&c.mods, str_sub(arg, 0, (u32)at), str_from(arg, (u32)at + 1), &resolved);
	if (e.errnum == MOD_TOO_NEW)
		exit(toolchain_fail(c.mods.fetch, e));
}
