// buildcmd.h: what build, run, install, test and list share: the build flags and the way from arguments to packages.
#ifndef INGOT_CMD_BUILDCMD_H
#define INGOT_CMD_BUILDCMD_H

#include "build/build.h"
#include "cmd/cmd.h"
#include "cmd/flags.h"
#include "mod/fetch.h"
#include "mod/mod.h"

typedef struct BuildCmd {
	Arena *arena;
	Env *env;
	BuildContext ctx;
	Loader loader;
	Mods mods;
	Build build;
	// Flags (`go help build`).
	bool all, show_only, verbose, show, work, trimpath, race, msan, asan, json, modcacherw;
	bool versions;          // path@version is allowed: set by run and install
	int jobs;
	StrVec gcflags, ldflags, asmflags, tags, debug;
	Str mod, modfile, overlay, buildmode, compiler, pkgdir, installsuffix, buildvcs, pgo, toolexec, chdir;
	Str out;                // -o
	bool own_errors;        // the caller prints why packages could not be loaded
	FILE *errors;           // where errors of the build go; NULL: stderr
} BuildCmd;

// The flags; fields of c. Ends with a NULL name.
const Flag *buildcmd_flags(BuildCmd *c, Arena *a);
// Finds GOROOT and sets the context up; nonzero: an exit status, the message is printed.
int buildcmd_init(BuildCmd *c);
// The packages that args name: .go files of one directory, import paths, directories, patterns; none: ".".
// NULL with *n == 0 after a message.
LoadPkg **buildcmd_packages(BuildCmd *c, char **args, int nargs, u32 *n);
// Loads what the roots import and plans the build. False after errors were printed.
bool buildcmd_plan(BuildCmd *c, LoadPkg **roots, u32 n);
// Compiles it all. False after errors were printed.
bool buildcmd_compile(BuildCmd *c);
// The executable of main, linked or from the cache: its bytes, and the cache's file or "". False after errors were
// printed. compile: the packages still have to be compiled if the executable is not in the cache.
bool buildcmd_exe(BuildCmd *c, LoadPkg *main, bool compile, Str *image, Str *file);

// What the executable of a command is called: the last element of its import path that is no version; for files named
// on the command line, the first.
Str buildcmd_exec_name(BuildCmd *c, LoadPkg *p);

// Runs the command `main` of a planned build, with args (NULL at the end, without its name): from the build cache's file
// or, where there is no cache to keep it, from memory. The exit status for ours: 1, after a message, if it fails.
int program_run(BuildCmd *c, LoadPkg *main, char **args);
// The same for a command of the library ("cmd/gofmt"), built with default settings.
int program_run_library(const char *path, char **args);

#endif
