// build.h: from loaded packages to objects, archives and programs, in this process. build_package (package.c) is
// the compiler's pipeline, build_program (program.c) that of a whole build.
#ifndef INGOT_BUILD_H
#define INGOT_BUILD_H

#include "base/base.h"
#include "build/cache.h"
#include "link/link.h"
#include "load/load.h"
#include "obj/obj.h"
#include "syntax/syntax.h"
#include "types/types.h"

// Options of the compiler for one package: what `go tool compile` takes and what `go build` derives.
typedef struct CompileOptions {
	Str import_path;        // -p: "main" for commands
	Str lang;               // -lang: "go1.27"
	bool std, runtime;      // -std, -+
	bool complete;          // -complete: no function bodies are elsewhere
	bool no_opt, no_inline; // -N, -l
	bool no_bounds;         // -B
	bool error_url;         // -errorurl
	bool embed_given;       // what //go:embed means is only what embed says, NULL: nothing; else it is found in the files' directory
	const struct EmbedCfg *embed; // -embedcfg
	bool all_errors;        // -e
	bool check_only;        // stop after type checking
	Str build_id;           // -buildid
	Str trimpath;           // prefix rewrites
	Str goos, goarch, goroot;
	Str debug;              // -d=
	Str cover_prefix;       // of the names of coverage counters; empty: there are none
	Str asmhdr;             // -asmhdr: file to write go_asm.h to
	u8 print_asm;           // -S: 0 to 2; the result is in BuildPkg.listing
	bool fieldtrack;        // GOEXPERIMENT=fieldtrack
	u8 explain;             // -m: 0 to 2
} CompileOptions;

// One package on its way through the pipeline.
typedef struct BuildPkg {
	CompileOptions opt;
	Arena *arena;           // trees, types: as long as importers need them
	Str dir;
	StrVec go_files, s_files;       // absolute paths
	Str symabis;            // text of -symabis; made from s_files if those are given
	Package *(*import)(void *ctx, Str path, Str *why);
	void *import_ctx;
	Diags *diags;
	// Results, step by step.
	ParseOptions parse;
	SyntaxFile **files;
	Str *texts;
	Package *types;
	Str go_asm_h;
	ObjPkg *obj;
	Buf archive;            // __.PKGDEF and _go_.o
	Buf listing;            // of -S
	bool failed;
	bool partial;           // only what this program may reach is compiled: see demand.c
	bool whole;             // it must not be partial: something that was left out is needed
	Str left_out_decls;     // of a partial one: a bit for each declaration of its files, in their order: see demand.c
	Str left_out;           // of a partial one, once compiled: see export_left_out
	ActionId action;        // what the archive depends on
	Str cached;             // the archive, from the cache; empty: to be compiled
	Str facts;              // of a cached package's functions
	Str file;               // where the cache keeps the archive; empty if it does not
	StrVec gcflags, asmflags; // of the user
	bool talks;             // its compilation says something besides errors: it is not taken from the cache
	Str gc_file;            // its export data in gc's format: see build_gc_exports
	bool skip;              // not to be built: only what it imports is needed
	bool wanted;            // its types are needed: it, or an importer of it, is compiled
	Str stale_reason;       // of `go list`: why it is out of date; empty if it is not
	LoadPkg *load;
	u32 order;
	u64 bytes;              // of source
	bool announced;         // -v named it
} BuildPkg;

// The steps of build_package. Each returns false, with errors in b->diags, if the next cannot be taken.
bool package_parse(BuildPkg *b);
bool package_check(BuildPkg *b);                // imports must be checked
void package_on_demand(BuildPkg *b, Name name); // instead of both, of a cached package: read and checked as far as importers ask
bool package_compile(BuildPkg *b, Pool *pool);  // ir, ssa, assembly: b->obj; then b->archive
// All of them, for `go tool compile`.
bool build_package(BuildPkg *b, Pool *pool);

typedef enum BuildTool { TOOL_COMPILE, TOOL_ASM, TOOL_LINK } BuildTool;

// What a build makes of its packages.
typedef struct BuildOptions {
	BuildContext *ctx;
	Pool *pool;
	bool trimpath, verbose;
	bool check_only;        // nothing is compiled
	bool rebuild;           // -a: the cache is not asked
	bool keep_archives;     // archives are wanted themselves, not only what is linked from them
	// The flags that the user gave for a tool and a package; what they mean for the compiler and the linker (false after
	// a message). NULL: there are none; they are not looked at.
	StrVec (*tool_flags)(void *ctx, LoadPkg *p, BuildTool tool);
	void *tool_ctx;
	bool (*compile_flags)(Arena *a, const StrVec *words, CompileOptions *opt);
	bool (*link_flags)(Arena *a, const StrVec *words, LinkConfig *cfg);
	Str (*module_info)(void *ctx, LoadPkg *main);   // lines of build information on modules; may be NULL
	Str (*default_godebug)(void *ctx, LoadPkg *main);       // of a command; may be NULL
	void *module_ctx;
	Str (*settings)(void *ctx, LoadPkg *main, Str godebug); // lines "build key=value" of build information; ctx: tool_ctx
	bool print_times;       // -d=times: wall time of each phase to stderr
} BuildOptions;

// Compiles every package of l->all. False if one failed; errors are in the packages' diags.
typedef struct Build {
	BuildOptions opt;
	Arena *arena;
	Loader *loader;
	Cache *cache;
	BuildPkg *pkgs;         // in dependency order
	u32 n;
	Str trim_rules;         // of -trimpath, as obj_trim_path has them
	bool looked;            // build_find_cached was called
	double clock;           // ms, end of the last phase
} Build;
// First step: what every package and the program depends on. Errors of loading: false.
bool build_plan(Build *b, Loader *l, const BuildOptions *opt);
// What the executable of a planned build depends on.
ActionId build_link_id(Build *b, LoadPkg *main);
// The executable of a planned build from the cache: its bytes and the file that holds them.
bool build_cached_exe(Build *b, LoadPkg *main, Str *image, Str *file);
// What `go version -m` will say of the program, between its marks; the version of the library; the linker's flags.
Str build_mod_info(Build *b, LoadPkg *main);
Str build_go_version(Build *b);
StrVec build_link_words(Build *b, LoadPkg *main);
// Takes from the cache what it has: BuildPkg.cached. build_packages does it if it was not done.
void build_find_cached(Build *b);
// Second step: brings every archive up to date.
bool build_packages(Build *b);
// The same, and every package's export data in gc's format (k->gc_file); whole: within its archive, else nothing is
// compiled.
bool build_gc_exports(Build *b, bool whole);
// forked.c, for build_packages: compiles in other processes what it can, and sets k->cached of that.
void build_forked(Build *b);
// Compiles the packages that are marked (k->whole) again, now in whole. False if one has errors.
bool build_forked_whole(Build *b);
void build_announce(Build *b, BuildPkg *k); // -v, once
// Links the command `main` of a finished build into image, and puts it into the cache (*file: where, empty if it
// could not be).
bool build_link(Build *b, LoadPkg *main, Buf *image, Str *file, LinkResult *res, Diags *d);
// Prints all errors as the go command does: "# import/path" above the messages of each package, paths relative to
// the working directory. Returns their number.
u32 build_print_errors(Build *b, FILE *out);
Str build_error_text(Build *b, BuildPkg *k);    // those of compiling one package; "" if there are none
// Prints messages with their files as they are from the working directory: "./x.go" in it, "dir/x.go" below; with `library`
// those of the library as "$GOROOT/src/...", as they are where the library is only imported.
void build_print_short(BuildContext *c, Arena *a, FILE *out, Str text, bool library);
Str build_library_name(Arena *a, Str goroot, Str path); // "$GOROOT/src/..." of a file in goroot, other paths unchanged
// Prints why a package of the build could not be loaded (p->err, which must not be empty).
void build_print_load_error(Build *b, LoadPkg *p, FILE *out);

// Import paths of the library that get the runtime's rules, -+ (cmd/internal/objabi/pkgspecial.go).
bool build_is_runtime(Str path);

#endif
