// mod.h: modules: go.mod files, the main module, the modules a build selects, and where an import path lives.
// Reference: cmd/go/internal/modload, golang.org/x/mod. Nothing is downloaded: a required module is in vendor/, in the
// module cache, or replaced by a directory, or its packages are not found.
#ifndef INGOT_MOD_H
#define INGOT_MOD_H

#include "load/load.h"

// ---- go.mod -------------------------------------------------------------------------------------

typedef struct ModVersion { Str path, version; } ModVersion;
typedef struct ModRequire { Str path, version; bool indirect; } ModRequire;
typedef struct ModReplace { Str path, version, new_path, new_version; } ModReplace; // new_version empty: a directory
typedef struct ModRetract { Str low, high, rationale; } ModRetract;
typedef struct ModSetting { Str key, value; } ModSetting;

typedef struct ModFile {
	Str module, deprecated, go, toolchain;  // go: "1.21", empty if there is no go line
	bool has_module;
	VEC(ModRequire) require;
	VEC(ModReplace) replace;
	VEC(ModVersion) exclude;
	VEC(ModRetract) retract;
	VEC(ModSetting) godebug;
	StrVec tool, ignore;
} ModFile;

// Parses text, which file names in messages. strict: the main module's file, in which all must be understood; others
// may hold what later versions mean. False with messages "file:line[:col]: ..." in *errs.
bool modfile_parse(Arena *a, Str file, Str text, bool strict, ModFile *out, StrVec *errs);
bool mod_is_dir_path(Str p);                    // ./x, ../x, /x
int semver_cmp(Str v, Str w);                   // precedence; an invalid version is below all others
bool semver_valid(Str v);
// Upper-case letters as '!' and lower case: for file systems that do not tell them apart.
Str mod_escape(Arena *a, Str path);

// ---- modules of a build -------------------------------------------------------------------------

typedef struct Module Module;
struct Module {
	Str path, version;      // version empty: the main module
	Str dir;                // where its files are; empty: not downloaded
	Str gomod;              // its go.mod
	Str go;                 // of the go line, "1.21"; empty if there is none
	Str lang;               // language version, "go1.21"
	bool main, indirect;
	Str replace_path, replace_version;      // as written, empty if not replaced
	ModFile *file;
};

typedef enum ModMode {
	MODE_NONE,              // modules, but no go.mod: only the library and files named on the command line
	MODE_MODULE,
	MODE_GOPATH,            // GO111MODULE=off
} ModMode;

typedef struct Mods {
	BuildContext *ctx;
	Arena *arena;
	ModMode mode;
	Str gomod;              // the main module's go.mod
	Str root;               // its directory
	Module *main;
	bool vendor;            // packages of others come from root/vendor
	bool std;               // the main module is the library itself, or cmd
	bool selected;          // `all` is complete: the requirements of requirements are followed
	VEC(Module *) all;      // main first, then by path
	StrMap by_path;
	StrMap vendored;        // package -> Module *
	StrMap ignored;         // directories of ignore lines
} Mods;

// Finds and reads the main module. mod: of -mod, modfile: of -modfile; empty if not given.
Err mods_init(Mods *m, BuildContext *c, Str mod, Str modfile);
// go.mod above dir; "" if there is none.
Str mods_find_gomod(Arena *a, Str dir);
// Loader.find and Loader.found.
Str mods_find(void *mods, Str path, LoadPkg *from, Str *why);
void mods_found(void *mods, LoadPkg *p, LoadPkg *from);
// The import path of a directory: of the library, the main module or GOPATH. "" with *why if it is in none.
Str mods_dir_path(Mods *m, Str dir, Str *why);
// The module that holds a package, NULL for the library.
Module *mods_of_package(Mods *m, Str path);
// All modules selected (`go list -m all`).
void mods_select(Mods *m);
// All packages a pattern names (./..., path/..., all, std, cmd): import paths, sorted.
Err mods_match(Mods *m, Str pattern, StrVec *out);

#endif
