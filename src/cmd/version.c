// version.c: `go version`, and with files what they were built with and (-m) from, as the linker wrote it into them
// (debug/buildinfo). Without arguments it must stay the cheapest of all commands: it looks at nothing.
#include "cmd/flags.h"
#include "cmd/cmd.h"
#include "mod/toolchain.h"

#include <stdio.h>

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

static bool show_file(Arena *a, Str path, bool modules)
{
	Str data, version, mod;
	Err e = file_map(a, path, &data);
	if (failed(e)) {
		fprintf(stderr, STR_FMT "\n", STR_ARG(e.msg));
		return false;
	}
	for (u32 i = 0; i + 32 <= data.n; i += 16) { // the blob is aligned
		const char *p = memchr(data.p + i, 0xff, data.n - i);
		if (!p)
			break;
		i = (u32)(p - data.p) & ~15u;
		if (i + 32 > data.n || memcmp(data.p + i, "\xff Go buildinf:", 14) || !(data.p[i + 15] & 2))
			continue;
		u32 at = i + 32;
		if (!take_string(data, &at, &version) || !take_string(data, &at, &mod))
			continue;
		printf(STR_FMT ": " STR_FMT "\n", STR_ARG(path), STR_ARG(version));
		if (mod.n >= 33 && modules) { // between two marks of 16 bytes
			mod = str_sub(mod, 16, mod.n - 16);
			while (mod.n) {
				int nl = str_index(mod, '\n');
				Str line = nl >= 0 ? str_sub(mod, 0, (u32)nl) : mod;
				mod = nl >= 0 ? str_from(mod, (u32)nl + 1) : S("");
				printf("\t" STR_FMT "\n", STR_ARG(line));
			}
		}
		file_unmap(data);
		return true;
	}
	file_unmap(data);
	fprintf(stderr, STR_FMT ": could not read Go build info from " STR_FMT ": not a Go executable\n", STR_ARG(path), STR_ARG(path));
	return false;
}

int cmd_version(int argc, char **argv)
{
	if (argc > 1) {
		Arena *a = arena_new();
		bool modules = false, verbose = false, json = false;
		const Flag own[] = {{"m", FLAG_BOOL, &modules}, {"v", FLAG_BOOL, &verbose}, {"json", FLAG_BOOL, &json}, {NULL, 0, NULL}};
		int at = flags_parse(a, "version [-m] [-v] [-json] [file ...]", argc, argv, (const Flag *const[]){own, NULL});
		if (!at)
			return 2;
		if (json)
			return cmd_error("version: -json is not supported yet");
		if (at == argc && (modules || verbose)) {
			fputs("go: 'go version' only accepts -m flag with arguments\n", stderr);
			return 2;
		}
		bool ok = true;
		for (int i = at; i < argc; i++) {
			if (file_is_dir(str(argv[i]))) {
				ok = cmd_error("version: directories are not supported yet: %s", argv[i]) == 0;
				continue;
			}
			ok = show_file(a, str(argv[i]), modules) && ok;
		}
		if (at < argc)
			return ok ? 0 : 1;
	}
#if defined __aarch64__
	printf("go version %s linux/arm64\n", toolchain_name());
#else
	printf("go version %s linux/amd64\n", toolchain_name());
#endif
	return 0;
}
