// load.h: what is to be built: the environment, build constraints, the files of a package, import paths and
// patterns, the import graph. Reference: src/cmd/go/alldocs.go, go/build. What a package costs here is one
// directory listing and a look at the head of each file.
#ifndef INGOT_LOAD_H
#define INGOT_LOAD_H

#include "base/base.h"

// ---- environment --------------------------------------------------------------------------------

// Settings in force: the process's environment, then `go env -w`'s file, then GOROOT/go.env, then defaults.
typedef struct Env Env;
Env *env_new(Arena *a);
Str env_get(Env *e, const char *name);          // "" if unset; never NULL pointer
void env_set(Env *e, const char *name, Str value);
// The library: $GOROOT, else what set-up installed, else the usual places (docs/goroot.md). "" if there is none,
// with *why for the user.
Str env_goroot(Env *e, Str *why);
Str env_release(Env *e);                        // "go1.27.4": of that library; ours if there is none

Str env_goroot_named(Env *e);                   // what is set, whether or not it is there; "" if nothing is
Str env_default(Env *e, const char *name);      // the value of what is not set: of GOROOT/go.env, or built in
bool env_in_files(Env *e, const char *name);    // whether a settings file knows it
Err env_check_experiments(Arena *a, Str list);  // of GOEXPERIMENT
bool env_known_fips(Str v);                     // whether GOFIPS140 may be that
Err env_check_port(Arena *a, Str goos, Str goarch);

// Where and for what we build.
typedef struct BuildContext {
	Arena *arena;
	Env *env;
	Str goroot, goos, goarch, goversion;    // goversion: "go1.27"
	bool cgo, race, msan, asan;
	bool tests;             // _test.go files are looked at too; else they are only listed, in LoadPkg.test_go
	StrVec tags;            // of -tags
	StrVec tool_tags;       // goexperiment.*, GOARCH.feature
	Str compiler;           // "gc"
	Str install_suffix;
	Str cwd;                // working directory
	bool gopath;            // GOPATH mode (GO111MODULE=off)
	struct Facts *facts;    // what is known of files, kept between runs; see facts.h
} BuildContext;
// Err: no GOROOT, unsupported GOOS/GOARCH pair, unknown GOEXPERIMENT.
Err context_init(BuildContext *c, Arena *a, Env *e);
bool context_experiment(const BuildContext *c, const char *name); // is it on in GOEXPERIMENT?

// ---- build constraints --------------------------------------------------------------------------

bool tag_match(const BuildContext *c, Str tag);         // GOOS, GOARCH, unix, cgo, gc, go1.N, -tags ...
// Whether a file of that name is built for the context: _test, _GOOS, _GOARCH suffixes. Tags seen are added to
// *seen if it is not NULL.
bool match_file_name(const BuildContext *c, Str name, StrVec *seen);
// A file's constraint as facts.h keeps it. *why is set if it is malformed.
bool match_constraint(const BuildContext *c, Str constraint, Str *why);
// Evaluates one //go:build expression; *ok false if it is malformed.
bool constraint_eval(const BuildContext *c, Str expr, bool *ok);

// ---- packages -----------------------------------------------------------------------------------

typedef struct ImportRef { Str path; u64 pos; } ImportRef;      // pos: Pos of the first import
typedef struct EmbedRef { Str pattern; u64 pos; } EmbedRef;
typedef VEC(ImportRef) ImportRefVec;
typedef VEC(EmbedRef) EmbedRefVec;

// A step on the way from the command line to a package.
typedef struct ImportStep { Str path; Pos pos; } ImportStep;    // pos: of the import; 0: named on the command line
typedef VEC(ImportStep) ImportStack;

typedef struct LoadPkg LoadPkg;
typedef VEC(LoadPkg *) LoadPkgVec;
struct LoadPkg {
	Str import_path;        // "net/http"; "command-line-arguments" for files named on the command line
	Str dir, name;
	Str doc;                // the first sentence of its documentation
	Str import_comment;     // GOPATH mode only
	Str root;               // GOROOT, the module's directory or the GOPATH entry that holds it; "" if none does
	Str conflict_dir;       // what hides dir, if its import path means another directory
	StrVec go_files, cgo_files, ignored_go, invalid_go, test_go, xtest_go, c_files, cxx_files, m_files, h_files, f_files, s_files,
		swig_files, swigcxx_files, syso_files, ignored_other; // names within dir
	StrVec texts;           // go_files[i] is not what is on disk but this text, if there are that many and it is not NULL
	Str cover_prefix;       // of the names of coverage counters; empty: not instrumented
	ImportRefVec imports, test_imports, xtest_imports; // sorted by path, as written
	EmbedRefVec embeds, test_embeds, xtest_embeds;  // sorted by pattern
	StrVec embed_files, test_embed_files, xtest_embed_files; // what those match, once the package is loaded
	StrVec directives, test_directives, xtest_directives; // //go:... comments above package clauses
	bool standard, goroot, is_command_line, is_main, dep_only;
	bool local;             // named by a directory that has no import path: "./x" (GOPATH mode)
	Str for_internal;       // of files named on the command line: the import path of their directory
	StrVec match;           // the patterns of the command line that name it
	bool named, literal;    // on the command line; by a pattern without wildcards

	// Why it cannot be built; err is empty if it can. Text: load_error.
	Str err;                // what is wrong
	Str err_pos;            // where, "file:line:col"; may be empty
	ImportStack err_stack;  // how it was reached
	bool err_cycle;         // it takes part in an import cycle
	bool err_show_stack;    // err_stack is shown even if there is a position
	bool err_inside;        // the cause is in the package, not at the import of it
	bool err_placed;        // err_stack and err_pos are set
	bool incomplete;        // it, or what it depends on, has an error

	// Resolved by load_graph:
	LoadPkgVec deps;        // direct: the `imports` in their order, then those of the linker
	StrVec import_paths;    // what each of `imports` means: their import paths
	struct Module *module;  // owned by mod/
	Str go_version;         // language version, "go1.27"
	StrMap import_map;      // path as written -> LoadPkg *
	u32 state, index;       // of graph walks
	void *build;            // owned by build/
	Str vcs_settings, vcs_version;  // of a command: lines of build information from version control; its module's version
	// Of test binaries (`go test`, `go list -test`; test.c):
	Str for_test;           // the package this one is a variant of, or tests
	Str for_main;           // of several commands the one whose profile (default.pgo) this copy is built with
	bool is_xtest;          // package x_test
	bool is_testmain;       // the generated main package
	bool fuzzed;            // `go test -fuzz`: what it executes is counted
	bool force_library;     // not to be linked as a command, although its name is main
};

// Reads a directory: which files belong to the package and what they import. Errors (no Go files, several
// packages) are put into p->err in go/build's words.
LoadPkg *load_dir(BuildContext *c, Arena *a, Str dir, Str import_path);
// The same from named files of one directory (`go run a.go b.go`).
LoadPkg *load_files(BuildContext *c, Arena *a, StrVec files);

// The packages of a build.
typedef struct Loader {
	BuildContext *ctx;
	Arena *arena;
	StrMap pkgs;            // import path -> LoadPkg *
	LoadPkgVec all;         // dependencies before importers, once load_graph is done
	// Where an import path not of the standard library lives: set by mod/ or GOPATH mode. Returns "" with *why. *full is
	// set to the package's own path where that differs (vendor directories in GOPATH mode).
	Str (*find)(void *ctx, Str path, LoadPkg *from, Str *full, Str *why);
	void *find_ctx;
	// Told of each package once it is read: sets its module and language version. May be NULL.
	void (*found)(void *ctx, LoadPkg *p, LoadPkg *from);
	Diags *diags;
	StrMap folded;          // import path in lower case -> LoadPkg *
	ImportStack stack;      // of the walk
	bool no_imports;        // what the packages import is of no interest (`go list -find`)
	bool no_embeds;         // the files that patterns match are not needed
	bool cover;             // test binaries report coverage
} Loader;
void loader_init(Loader *l, BuildContext *c, Arena *a);
// The package of that path, as imported by `from` (NULL: from the command line). Never NULL; errors in p->err.
LoadPkg *load_package(Loader *l, Str path, LoadPkg *from);
// Follows imports from the roots, with runtime and what every program needs; fills l->all in dependency order (and,
// among packages that do not depend on each other, by path). Import cycles become errors ("import cycle not allowed").
void load_graph(Loader *l, LoadPkg **roots, u32 n);
// One import in the middle of a walk (l->stack says who imports it): the package, loaded with all it imports. *bad
// becomes what forbids the import, as an error of the importer; NULL if nothing does.
typedef struct ImportError { Str msg, pos; ImportStack stack; bool show_stack; } ImportError;
LoadPkg *load_import(Loader *l, LoadPkg *from, Str path, Pos pos, ImportError **bad);
void load_set_error(Loader *l, LoadPkg *p, Str msg);    // unless it has one; with the stack of the walk
// The packages that can be reached from the roots through deps, dependencies first.
void load_list(Arena *a, LoadPkg **roots, u32 n, LoadPkgVec *out);
// The whole message of a package's error: its position, or how it was reached, and what is wrong.
Str load_error(Arena *a, const LoadPkg *p);
Str load_short_path(const BuildContext *c, Arena *a, Str path); // relative to the working directory if that is shorter
Str load_short_pos(const BuildContext *c, Arena *a, Pos pos);   // "file:line:col", the file so

// The files that patterns of //go:embed match below dir: names relative to dir, sorted. "" or what is wrong, with *bad
// the pattern's index.
Str load_embeds(Arena *a, Str dir, const EmbedRefVec *patterns, StrVec *files, u32 *bad);

// The packages of a test binary (test.c). p must be loaded; its error, if there is one, becomes the test package's.
typedef struct LoadTests {
	LoadPkg *main;          // the generated command: its source is not written yet
	LoadPkg *test;          // p with its _test.go files; p itself if there are none
	LoadPkg *xtest;         // package p_test; NULL if there are no such files
} LoadTests;
// variant: test is a copy in any case.
void load_tests(Loader *l, LoadPkg *p, bool variant, LoadTests *out);
LoadPkg *load_tests_error(Arena *a, const LoadTests *t); // the first of them, or of what they import, that has an error; NULL
// Commands with a profile of their own (default.pgo) get copies of their dependencies that are built with it.
void load_split_profiles(Loader *l, LoadPkg **roots, u32 n);
// What a path means that `from` imports: the import path of the package, which is not read.
Str load_resolve(Loader *l, Str path, LoadPkg *from);
bool load_is_std(BuildContext *c, Str path);            // GOROOT/src/path exists
// Whether s matches a pattern: "..." is any string, "/..." at the end also nothing.
bool load_glob(Str pat, Str s);
// The same for import paths: "..." does not reach into directories "vendor".
bool load_match_path(Arena *a, Str pat, Str path);
// A search for packages below a directory. Directories are packages if they hold files *.go, whatever is in those.
typedef struct TreeMatch {
	Str dir, path;          // where to begin, and its import path; "": it is no package itself
	Str pattern;            // of import paths; "": all
	const StrVec *ignore;   // the "ignore" lines of the go.mod in ignore_root; NULL: none
	Str ignore_root;
	bool say_ignored;       // -x: they are named on stderr
	bool warn_links;        // symbolic links to directories, which are not followed, are named on stderr
	bool stop_at_modules;   // what has a go.mod of its own does not belong
	bool stop_at_vendor;    // nor does what is below "vendor"
} TreeMatch;
void load_match_tree(BuildContext *c, Arena *a, const TreeMatch *m, StrVec *out);    // out: sorted
// All packages below dir whose import paths, which begin with prefix, match. GOROOT/src: those of cmd, too.
void load_match(BuildContext *c, Arena *a, Str root, Str prefix, Str pattern, StrVec *out);

#endif
