// buildcmd.h: what build, run, install, test and list share: the build flags and the way from arguments to packages.
#ifndef INGOT_CMD_BUILDCMD_H
#define INGOT_CMD_BUILDCMD_H

#include "build/build.h"
#include "cmd/cmd.h"
#include "cmd/flags.h"
#include "cmd/pkgflags.h"
#include "mod/fetch.h"
#include "mod/mod.h"

#include <limits.h>

enum { JOBS_BY_DEFAULT = INT_MIN }; // no -p was given

typedef struct BuildCmd {
	Arena *arena;
	Env *env;
	BuildContext ctx;
	Loader loader;
	Mods mods;
	Build build;
	// Flags (`go help build`).
	bool all, show_only, verbose, show, work, trimpath, race, msan, asan, json, modcacherw, linkshared;
	Str work_dir;           // -work: the directory that is kept
	bool keep_here;         // -i of build: what is built is kept in the project's _obj
	bool versions;          // path@version is allowed: set by run and install
	bool mains_only;        // packages that are no commands are errors if named, passed over if matched: run, install @version
	int jobs;               // -p, or JOBS_BY_DEFAULT
	PkgFlags gcflags, ldflags, asmflags, gccgoflags; // the last is read, and of no use here
	StrVec forced_ldflags;  // behind those: of `go test`
	StrVec debug;
	Str tag_text;           // -tags
	Str mod, modfile, overlay, buildmode, compiler, pkgdir, installsuffix, buildvcs, pgo, toolexec;
	Str out;                // -o
	bool omit_debug;        // the program is run and forgotten: it gets neither symbols nor debugging information
	bool auto_vcs;          // commands are stamped with the state of version control (-buildvcs=auto): build, install, list
	bool goes_on;           // errors in requirements are no reason to stop: list -e
	bool hands_on_status;   // what the program ends with is said by our exit status alone
	bool own_errors;        // the caller prints why packages could not be loaded
	FILE *errors;           // where errors of the build go; NULL: stderr
	// Of the command line, behind the flags; set by buildcmd_begin.
	const char *name;       // of the command
	char **args;
	int nargs;
	LoadPkg **roots;        // the packages named
	u32 nroots;
} BuildCmd;

// The flags; fields of c. Ends with a NULL name.
const Flag *buildcmd_flags(BuildCmd *c, Arena *a);
// The opening of build, run and install: their flags (own: besides the build flags; usage: as flags_parse has it), then
// buildcmd_init. Nonzero: an exit status.
int buildcmd_begin(BuildCmd *c, const char *usage, const Flag *own, int argc, char **argv);
// Loads the packages that nargs of c->args name into c->roots, reports what is wrong with them and plans their build.
// Packages that have only tests, or are not of the kind that -buildmode makes, are passed over. Nonzero: an exit status.
int buildcmd_load(BuildCmd *c, int nargs);
// Why the build cache cannot be used, in the official words: prints it and returns false. Nothing is built without one.
bool buildcmd_need_cache(BuildCmd *c);
// Finds GOROOT and sets the context up; nonzero: an exit status, the message is printed.
int buildcmd_init(BuildCmd *c);
// The packages that args name: .go files of one directory, import paths, directories, patterns; none: ".".
// NULL after a message; *n may be 0, where patterns match nothing.
LoadPkg **buildcmd_packages(BuildCmd *c, char **args, int nargs, u32 *n);
// Loads what the roots import and plans the build. False after errors were printed.
bool buildcmd_plan(BuildCmd *c, LoadPkg **roots, u32 n);
// Makes the directory for temporary files, in $GOTMPDIR; -work: says where it is. False after a message.
bool buildcmd_work_dir(BuildCmd *c, Str *dir);
// Asks version control about the commands among the packages; what is wrong becomes their error.
void buildcmd_stamp(BuildCmd *c, LoadPkg **pkgs, u32 n);
// The profile that a command is to be built with (-pgo), which is recorded, but not used yet; "" if there is none.
Str buildcmd_profile(BuildCmd *c, const LoadPkg *main);
// settings.c: the lines "build key=value" of a program's build information.
Str buildcmd_settings(void *c, LoadPkg *main, Str godebug);
// Compiles it all. False after errors were printed.
bool buildcmd_compile(BuildCmd *c);
// The same, with export data in gc's format in the archives.
bool buildcmd_exports(BuildCmd *c);
// The executable of main, linked or from the cache: its bytes, and the cache's file or "". False after errors were
// printed. compile: the packages still have to be compiled if the executable is not in the cache.
bool buildcmd_exe(BuildCmd *c, LoadPkg *main, bool compile, Str *image, Str *file);

// Puts an executable or archive where the user wants it; what is there and was not made by a compiler or linker is kept.
// Makes the directory. False after a message.
bool buildcmd_write(BuildCmd *c, LoadPkg *p, Str file, Str content, u32 mode);
// Where `go install` puts p, "" if nowhere: commands need a place, archives are then in the build cache only.
Str buildcmd_target(BuildCmd *c, LoadPkg *p);
// What the executable of a command is called: the last element of its import path that is no version; for files named
// on the command line, the first.
Str buildcmd_exec_name(BuildCmd *c, LoadPkg *p);
Str buildcmd_path_name(Str path);                // of a command by its import path

// Runs the command `main` of a planned build, with args (NULL at the end, without its name), as the last argument of the
// command `exec` if that is not empty: from the build cache's file
// or, where there is no cache to keep it, from memory. The exit status for ours: 1, after a message, if it fails.
int program_run(BuildCmd *c, LoadPkg *main, const StrVec *exec, char **args);
// The executable of a command of the library, built with default settings: a file. False after a message.
bool program_library_file(const char *path, Str *file);
// Runs a command of the library ("cmd/gofmt"), built with default settings.
int program_run_library(const char *path, char **args);

#endif
