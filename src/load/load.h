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
	struct Facts *facts;    // what is known of files, kept between runs; see facts.h
} BuildContext;
// Err: no GOROOT, unsupported GOOS/GOARCH pair, unknown GOEXPERIMENT.
Err context_init(BuildContext *c, Arena *a, Env *e);

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

typedef struct LoadPkg LoadPkg;
typedef VEC(LoadPkg *) LoadPkgVec;
struct LoadPkg {
	Str import_path;        // "net/http"; "command-line-arguments" for files named on the command line
	Str dir, name;
	Str doc;
	StrVec go_files, cgo_files, ignored_go, test_go, xtest_go, c_files, cxx_files, h_files, s_files, syso_files,
		other_files, ignored_other;     // names within dir
	StrVec texts;           // go_files[i] is not what is on disk but this text, if there are that many and it is not NULL
	ImportRefVec imports, test_imports, xtest_imports; // sorted by path, as written
	EmbedRefVec embeds, test_embeds, xtest_embeds;
	bool standard, goroot, is_command_line, is_main, dep_only;
	bool literal;           // named on the command line itself, not matched by a pattern
	Str err;                // why it cannot be built: "package x: ...", empty if it can
	Str err_pos;
	// Resolved by load_imports, in order of `imports`:
	LoadPkgVec deps;        // direct
	struct Module *module;  // owned by mod/
	Str go_version;         // language version, "go1.27"
	StrMap import_map;      // path as written -> LoadPkg * where they differ (vendor) or not
	u32 state, index;       // of graph walks
	void *build;            // owned by build/
	// Of test binaries (`go test`):
	Str for_test;           // the package this one is a variant of, or tests
	bool is_xtest;          // package x_test
	bool is_testmain;       // the generated main package
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
	// Where an import path not of the standard library lives: set by mod/ or GOPATH mode. Returns "" with *why.
	Str (*find)(void *ctx, Str path, LoadPkg *from, Str *why);
	void *find_ctx;
	// Told of each package once it is read: sets its module and language version. May be NULL.
	void (*found)(void *ctx, LoadPkg *p, LoadPkg *from);
	Diags *diags;
} Loader;
void loader_init(Loader *l, BuildContext *c, Arena *a);
// The package of that path, as imported by `from` (NULL: from the command line). Never NULL; errors in p->err.
LoadPkg *load_package(Loader *l, Str path, LoadPkg *from);
// Follows imports from the roots, with runtime and what every program needs; fills l->all in dependency order (and,
// among packages that do not depend on each other, by path). Import cycles become errors ("import cycle not allowed").
void load_graph(Loader *l, LoadPkg **roots, u32 n);
bool load_is_std(BuildContext *c, Str path);            // GOROOT/src/path exists
// Whether s matches a pattern: "..." is any string, "/..." at the end also nothing.
bool load_glob(Str pat, Str s);
// All packages below dir (patterns std, cmd, ./..., path/...): import paths, sorted.
void load_match(BuildContext *c, Arena *a, Str root, Str prefix, Str pattern, StrVec *out);

#endif
