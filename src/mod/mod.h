// mod.h: modules: go.mod files, the main modules, the modules a build selects, and where an import path lives.
// Reference: cmd/go/internal/modload, golang.org/x/mod. What is required and not there is downloaded (fetch.h).
#ifndef INGOT_MOD_H
#define INGOT_MOD_H

#include "load/load.h"
#include "mod/version.h"

// ---- go.mod -------------------------------------------------------------------------------------

typedef struct ModRequire { Str path, version; bool indirect; } ModRequire;
typedef struct ModReplace { Str path, version, new_path, new_version; } ModReplace; // new_version empty: a directory
typedef struct ModRetract { Str low, high, rationale; u32 line; } ModRetract;
typedef struct ModSetting { Str key, value; u32 line; } ModSetting;

typedef struct ModFile {
	Str module, deprecated, go, toolchain;  // go: "1.21", empty if there is no go line
	bool has_module;
	VEC(ModRequire) require;
	VEC(ModReplace) replace;
	VEC(ModVersion) exclude;
	VEC(ModRetract) retract;
	VEC(ModSetting) godebug;
	StrVec tool, ignore;
	StrVec use;             // of go.work
	VEC(u32) use_lines;     // where they stand
} ModFile;

// Parses text, which file names in messages. strict: the main module's file, in which all must be understood; others
// may hold what later versions mean. False with messages "file:line[:col]: ..." in *errs.
bool modfile_parse(Arena *a, Str file, Str text, bool strict, ModFile *out, StrVec *errs);
bool workfile_parse(Arena *a, Str file, Str text, ModFile *out, StrVec *errs); // go.work

// ---- modules of a build -------------------------------------------------------------------------

typedef struct Module Module;
typedef VEC(Module *) ModuleVec;
struct Module {
	Str path, version;      // version empty: the main module
	Str dir;                // where its files are; empty: not downloaded
	Str gomod;              // its go.mod
	Str go;                 // of the go line, "1.21"; empty if there is none
	Str lang;               // language version, "go1.21"
	bool main, indirect;
	bool unread;            // its go.mod was not looked at: go, lang and file are not known (mods_read_module)
	Str replace_path, replace_version;      // as written, empty if not replaced
	ModFile *file;
};

// GODEBUG settings (godebug.c). Why key=value may not be set, "" if it may; what: what is unknown if it is.
Str godebug_check(Arena *a, const char *what, Str key, Str value);
// A comment "//go:debug key=value". False if it is none, or (*why is not empty) a wrong one.
bool godebug_parse(Arena *a, Str comment, Str *key, Str *value, Str *why);
// The settings that the command p is built with: "a=b,c=d", sorted; "" for what is no command. mods: Mods *.
Str mods_default_godebug(void *mods, LoadPkg *p);

// What is said where a command needs a main module and there is none.
#define MOD_NO_GOMOD "go.mod file not found in current directory or any parent directory; see 'go help modules'"

// The same, or where a module should be made: where a repository's root is.
Str mods_no_gomod(Arena *a, Str goroot, Str cwd);

#define MOD_NO_MODULES "no modules were found in the current workspace; see 'go help work'"

typedef enum ModMode {
	MODE_NONE,              // modules, but no go.mod: only the library and files named on the command line
	MODE_MODULE,
	MODE_GOPATH,            // GO111MODULE=off
} ModMode;

typedef struct Mods {
	BuildContext *ctx;
	Arena *arena;
	ModMode mode;
	Str gomod;              // the main module's go.mod (or the file of -modfile)
	Str gowork;             // the go.work in force, "" if there is none
	ModFile *work;
	Str root;               // the main module's directory, or go.work's
	Module *main;           // the first of mains
	ModuleVec mains;        // several in a workspace
	bool readonly;          // go.mod and go.sum must say all that is needed
	bool mod_flag;          // -mod was given
	Str mod_reason;         // why a vendor directory is used or not, where -mod does not say; for messages
	struct Fetch *fetch;
	struct Reqs *reqs;      // requirements in force
	StrMap lookup_errors;   // package -> Str *: why -mod=mod did not find it
	StrMap summaries, modules; // by path@version
	bool vendor;            // packages of others come from root/vendor
	bool std;               // the main module is the library itself, or cmd
	bool selected;          // `all` is complete: the requirements of requirements were followed
	bool loose;             // set before mods_init: as -mod=mod, without looking at a vendor directory
	bool editing;           // set before mods_init: for commands that write go.mod: no vendor directory, no workspace
	bool trace, writable;   // set before mods_init: -x shows requests; -modcacherw
	bool work_command;      // set before mods_init: `go work`, which mends what is wrong between go.work and its modules
	ModuleVec all;          // main first, then by path
	StrMap by_path;
	StrMap dirs;            // "directory of a module\npackage" -> Str *: the package's, or ""
	StrMap vendored;        // package -> Module *
	StrVec vendor_list;     // its packages
	StrMap repos;           // directory -> what version control says of it (stamp.c)
	bool quiet_links;       // set before: no word of symbolic links that are not followed
	bool say_ignored;       // -x: directories left out by ignore lines are named on stderr
} Mods;

// Finds and reads the main module. mod: of -mod, modfile: of -modfile; empty if not given.
Err mods_init(Mods *m, BuildContext *c, Str mod, Str modfile);
// The files of the main module or workspace, without the rest: for commands that change them.
Err mods_read_file(Mods *m, Str path, bool strict, ModFile *out);
Str mods_lang(Arena *a, Str go);                // "1.21.3" to "go1.21"
Str mods_missing_why(Mods *m, Str path);        // what is said of a package that no module has
bool mods_vendor_of_workspace(Arena *a, Str dir); // whether a vendor directory is that of a workspace
Str mods_relative(Arena *a, Str root, Str dir); // as a go.mod or go.work in root names dir: ".", "./x", "../x"
Str mods_short_path(Mods *m, Str path);         // relative to the working directory if it is below
// The requirements in force become r: all, by_path.
void mods_set_reqs(Mods *m, struct Reqs *r);
// The module that has a package. NULL with *e: none, several, one that cannot be downloaded (errnum MOD_NO_SUM: or is not in
// go.sum). *dir: where it is.
enum { MOD_NO_SUM = 1000, MOD_MISSING, MOD_AMBIGUOUS, MOD_TOO_NEW, MOD_VERSION_CHANGE };
Module *mods_provider(Mods *m, struct Reqs *r, Str path, bool graph, Str *dir, Err *e);
// Where in a module, which must be downloaded, a package is; "" if it is not there.
Str mods_dir_in_module(Mods *m, Module *x, Str path);
void mods_match_main(Mods *m, Module *x, StrVec *out);  // all packages of a module
void mods_match_in(Mods *m, Module *x, Str pattern, StrVec *out); // its packages that match
// The lines "mod ..." and "dep ..." of a program's build information (BuildOptions.module_info).
Str mods_build_info(void *mods, LoadPkg *main);
// A build of path@version without a main module (`go install`, `go run`): the module becomes the one root. Err: it is not found.
Err mods_use_version(Mods *m, Str path, Str version, Str *resolved);
// Before a build that may change go.mod (-mod=mod): finds modules for missing packages and writes what is needed.
Err mods_resolve(Mods *m, const StrVec *paths);
Str mods_find_up(Arena *a, Str dir, Str name);
// go.mod above dir; "" if there is none.
Str mods_find_gomod(Arena *a, Str dir);
// Loader.find and Loader.found.
Str mods_find(void *mods, Str path, LoadPkg *from, Str *full, Str *why);
void mods_found(void *mods, LoadPkg *p, LoadPkg *from);
// The import path of a directory: of the library, the main module or GOPATH. "" with *why if it is in none.
Str mods_dir_path(Mods *m, Str dir, Str *why);
// The module that holds a package, NULL for the library.
Module *mods_of_package(Mods *m, Str path);
// All modules selected (`go list -m all`).
// A module before go 1.17 is loaded with its whole graph, whether it is needed or not. Err: that cannot be read.
Err mods_expand(Mods *m);
void mods_select(Mods *m);
// All packages a pattern names (./..., path/..., all, std, cmd): import paths, sorted.
Err mods_match(Mods *m, Str pattern, StrVec *out);

#endif
