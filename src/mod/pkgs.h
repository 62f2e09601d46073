// pkgs.h: packages and what they import, for commands that decide which modules are needed: `go mod tidy`, `go get`,
// `go mod vendor`, `go mod why`. Unlike load/ it looks at files for every system.
#ifndef INGOT_MOD_PKGS_H
#define INGOT_MOD_PKGS_H

#include "mod/reqs.h"

struct FileFacts;
typedef struct ModPkg ModPkg;
typedef VEC(ModPkg *) ModPkgVec;
struct ModPkg {
	Str path, dir;
	Module *mod;            // NULL: of the library, or not found
	bool std, in_all, root, scanned;
	bool test_scanned;
	Err err;
	ModPkgVec imports;      // of files that are no tests
	ModPkg *test;           // its tests, as a package of its own: imports of both kinds of test files
	ModPkg *test_of;
	ModPkg *from;           // who imports it first
};

typedef struct PkgLoad {
	Mods *m;
	Reqs *reqs;             // in: those to begin with; out: with what was added
	bool all;               // the roots are those of "all": main packages with their tests
	bool tests;             // tests of all packages in "all"
	bool resolve;           // modules of missing packages are looked for
	bool tidy;              // reqs becomes what is needed and no more
	bool quiet;
	bool roots_imported;    // the roots count as imported by the main module
	bool update;            // reqs gets the modules of packages that were found, though none are looked for
	bool (*allow)(void *ctx, ModPkg *p); // false: another version of p's module is wanted; its imports do not matter
	void *allow_ctx;
	bool vendor_all;        // "all" of `go mod vendor`: no tests but the main modules'
	bool host_only;         // files for this system only (`go mod vendor` and `why` take every one)
	ModPkgVec pkgs;         // in the order they were reached
	StrMap by_path;
	u32 visited, asked;     // of pkgs: how many were looked for; before which all was asked for
} PkgLoad;

// Loads the packages, adding requirements until nothing changes. What cannot be found is in the packages' err.
void pkgs_load(PkgLoad *l, const StrVec *roots);
// All packages of the main modules.
void pkgs_main(Mods *m, StrVec *out);
bool pkgs_ignored_file(const struct FileFacts *f);      // constrained to "ignore"
// How a package was reached: "a imports\n\tb imports\n\tc".
Str pkg_stack(Arena *a, ModPkg *p);
// Prints errors of packages; true if there were any.
bool pkgs_report(PkgLoad *l, bool warn_only);
// Requirements in which all of pkgs' modules are roots where that is needed (updateRoots of cmd/go).
Reqs *reqs_update(Mods *m, Reqs *r, const ModPkgVec *pkgs, const ModVersion *add, u32 nadd);
Reqs *reqs_tidy(Mods *m, Reqs *r, const ModPkgVec *pkgs);
// Whether the release `version` (-compat; "": by default) would load l's packages from the same modules; what would not is said.
// *old: the requirements as it sees them, NULL if that is how we do.
bool mods_compatible(Mods *m, Reqs *r, PkgLoad *l, Str version, bool errors_allowed, Reqs **old);

// ---- writing ------------------------------------------------------------------------------------

typedef struct CommitOptions { Str go; bool drop_toolchain, explicit_toolchain, update_go, tidy, readonly, tools_need_go; StrVec *tools; Reqs *compat; } CommitOptions; // compat: go.sum is for these, too
// Writes go.mod and go.sum as reqs and the packages loaded (l may be NULL) want them. Err: they would change, but must not.
Err mods_commit(Mods *m, Reqs *r, PkgLoad *l, const CommitOptions *opt);
Str mods_tidy_gosum(Mods *m, Reqs *r, PkgLoad *l, Reqs *compat);      // the text that go.sum gets with CommitOptions.tidy
// The text that go.mod gets.
Str mods_new_gomod(Mods *m, Reqs *r, const CommitOptions *opt);

#endif
