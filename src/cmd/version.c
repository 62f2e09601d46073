// version.c: `go version`, and with files what they were built with and (-m) from, as the linker wrote it into them
// (debug/buildinfo); of directories, all executables in them. Without arguments it must stay the cheapest of all commands:
// it looks at nothing.
#include "syntax/syntax.h"
#include "cmd/cmd.h"
#include "cmd/flags.h"
#include "cmd/help.h"
#include "cmd/value.h"
#include "load/load.h"
#include "mod/toolchain.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef struct VersionCmd { Arena *a; bool modules, verbose, json; } VersionCmd;
typedef struct Info { Str version, modules; } Info;

// A string behind its length as a varint. False if it does not fit.
static bool take_string(Str data, u32 *at, Str *out)
{
	u64 n = 0;
	for (u32 shift = 0; *at < data.n && shift < 35; shift += 7) {
		u8 c = (u8)data.p[(*at)++];
		n |= (u64)(c & 0x7f) << shift;
		if (c < 0x80) {
			if (n > data.n - *at)
				return false;
			*out = str_sub(data, *at, *at + (u32)n);
			*at += (u32)n;
			return true;
		}
	}
	return false;
}

static bool is_executable_format(Str data)
{
	static const char *const magics[] = {"\x7f" "ELF", "MZ", "\xfe\xed\xfa", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe"};
	for (u32 i = 0; i < LENGTH(magics); i++)
		if (str_has_prefix(data, magics[i]))
			return true;
	return false;
}

// What the linker wrote: two strings behind a mark that is aligned to 16 bytes.
static bool find_info(Str data, Info *out)
{
	if (!is_executable_format(data))
		return false;
	for (u32 i = 0; i + 32 <= data.n; i += 16) {
		const char *p = memchr(data.p + i, 0xff, data.n - i);
		if (!p)
			break;
		i = (u32)(p - data.p) & ~15u;
		if (i + 32 > data.n || memcmp(data.p + i, "\xff Go buildinf:", 14) || !(data.p[i + 15] & 2))
			continue;
		u32 at = i + 32;
		Str mod;
		if (!take_string(data, &at, &out->version) || !take_string(data, &at, &mod))
			continue;
		out->modules = mod.n >= 33 ? str_sub(mod, 16, mod.n - 16) : S(""); // between two marks of 16 bytes
		return true;
	}
	return false;
}

// ---- -json --------------------------------------------------------------------------------------

// The n-th of the fields that tabs separate, "" if there are fewer.
static Str field(Str line, u32 n)
{
	for (; n; n--) {
		int tab = str_index(line, '\t');
		if (tab < 0)
			return S("");
		line = str_from(line, (u32)tab + 1);
	}
	int tab = str_index(line, '\t');
	return tab >= 0 ? str_sub(line, 0, (u32)tab) : line;
}

static void set_string(Arena *a, Value *v, const char *name, Str s)
{
	if (s.n)
		value_set(a, v, name, value_str(a, s));
}

static Value *module_of(Arena *a, Str line)
{
	Value *v = value_struct(a, "debug.Module");
	set_string(a, v, "Path", field(line, 1));
	set_string(a, v, "Version", field(line, 2));
	set_string(a, v, "Sum", field(line, 3));
	return v;
}

static void print_json(VersionCmd *c, const Info *info)
{
	Arena *a = c->a;
	Value *v = value_struct(a, "debug.BuildInfo"), *deps = value_list(a), *settings = value_list(a), *last = NULL, *main = value_struct(a, "debug.Module");
	Str path = S("");
	for (Str rest = info->modules, line; str_next(&rest, '\n', &line);) {
		Str kind = field(line, 0);
		if (str_is(kind, "path")) {
			path = field(line, 1);
		} else if (str_is(kind, "mod")) {
			last = main = module_of(a, line);
		} else if (str_is(kind, "dep")) {
			value_append(a, deps, last = module_of(a, line));
		} else if (str_is(kind, "=>") && last) {
			value_set(a, last, "Replace", module_of(a, line));
		} else if (str_is(kind, "build")) {
			Str pair = field(line, 1);
			int eq = str_index(pair, '=');
			Value *s = value_struct(a, "debug.BuildSetting");
			value_set(a, s, "Key", value_str(a, eq >= 0 ? str_sub(pair, 0, (u32)eq) : pair));
			Str text = eq >= 0 ? str_from(pair, (u32)eq + 1) : S(""), plain;
			bool quoted = text.n && (text.p[0] == '"' || text.p[0] == '`') && syntax_unquote(a, text, &plain);
			value_set(a, s, "Value", value_str(a, quoted ? plain : text));
			value_append(a, settings, s);
		}
	}
	set_string(a, v, "GoVersion", info->version);
	set_string(a, v, "Path", path);
	value_set(a, v, "Main", main);
	v->fields.p[v->fields.n - 1].show_zero = true;
	if (deps->list.n)
		value_set(a, v, "Deps", deps);
	if (settings->list.n)
		value_set(a, v, "Settings", settings);
	Buf b = {0};
	value_json(&b, v, 0);
	printf("%.*s\n", (int)b.n, (const char *)b.p);
	buf_free(&b);
}

// ---- files and directories ----------------------------------------------------------------------

// Whether one expects a program there: only then it is worth saying that there is none of Go.
static bool looks_like_program(Str path, const struct stat *st)
{
	return (S_ISREG(st->st_mode) && st->st_mode & 0111) || str_has_suffix(path, ".so") || str_has_suffix(path, ".exe") ||
		str_has_suffix(path, ".dll") || str_find(path_base(path), ".so.") >= 0;
}

// Whether the file is a Go program. tell: say so if it is not.
static bool show_file(VersionCmd *c, Str path, bool tell)
{
	Str data;
	Info info = {0};
	struct stat st;
	bool there = stat(path.p, &st) == 0;
	Err e = there && !S_ISREG(st.st_mode) ? err_fmt(c->a, STR_FMT, STR_ARG(path)) : file_map(c->a, path, &data);
	if (failed(e)) {
		if (tell)
			fprintf(stderr, STR_FMT "\n", STR_ARG(path));
		return false;
	}
	if (!find_info(data, &info)) {
		if (tell && looks_like_program(path, &st))
			fprintf(stderr, STR_FMT ": could not read Go build info from " STR_FMT ": %s\n", STR_ARG(path), STR_ARG(path),
				is_executable_format(data) ? "not a Go executable" : "unrecognized file format");
	} else if (c->json) {
		print_json(c, &info);
	} else {
		printf(STR_FMT ": " STR_FMT "\n", STR_ARG(path), STR_ARG(info.version));
		for (Str rest = c->modules ? info.modules : S(""), line; str_next(&rest, '\n', &line);) {
			printf("\t" STR_FMT "\n", STR_ARG(line));
		}
	}
	file_unmap(data);
	return info.version.n > 0;
}

static void show_directory(VersionCmd *c, Str dir)
{
	StrVec names = {0};
	if (failed(dir_list(c->a, dir, &names)))
		return;
	for (u32 i = 0; i < names.n; i++) {
		Str path = str_is(dir, ".") ? names.p[i] : path_join(c->a, dir, names.p[i]);
		struct stat st;
		path = str_dup(c->a, path);
		if (lstat(path.p, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			show_directory(c, path);
		else if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
			show_file(c, path, c->verbose);
	}
}

int cmd_version(int argc, char **argv)
{
	VersionCmd c = {0};
	int at = 1;
	const char *goflags = getenv("GOFLAGS");
	if (argc > 1 || (goflags && *goflags)) {
		c.a = arena_new();
		const Flag own[] = {{"m", FLAG_BOOL, &c.modules}, {"v", FLAG_BOOL, &c.verbose}, {"json", FLAG_BOOL, &c.json}, {NULL, 0, NULL}};
		at = flags_parse(c.a, help_usage("version"), argc, argv, (const Flag *const[]){own, NULL});
		if (!at)
			return 2;
	}
	if (at == argc) {
		const char *alone = c.modules && !flags_in_goflags(c.a, "m") ? "-m" : c.verbose && !flags_in_goflags(c.a, "v") ? "-v"
			: c.json && !flags_in_goflags(c.a, "json") ? "-json" : NULL;
		if (alone)
			return cmd_error("'go version' only accepts %s flag with arguments", alone), 2;
#if defined __aarch64__
		const char *arch = "arm64";
#else
		const char *arch = "amd64";
#endif
		printf("go version %s linux/%s\n", toolchain_name(), arch);
		return 0;
	}
	if (c.json && !c.modules)
		return cmd_error("'go version' with -json flag requires -m flag"), 2;
	int status = 0;
	for (int i = at; i < argc; i++) {
		Str path = str(argv[i]);
		struct stat st;
		if (stat(argv[i], &st) != 0) {
			Err e = err_sys(c.a, "stat", path);
			fprintf(stderr, STR_FMT "\n", STR_ARG(e.msg));
			status = 1;
		} else if (S_ISDIR(st.st_mode)) {
			show_directory(&c, path);
		} else if (!show_file(&c, path, true) && c.modules) {
			status = 1;
		}
	}
	return status;
}
