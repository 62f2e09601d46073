// export.h: what importers need of a package, in the __.PKGDEF member of its archive: the source text itself (of the
// library's files: their paths and hashes), so that one mechanism, checking declarations and bodies on demand, serves
// packages of this build and packages that came from elsewhere.
#ifndef INGOT_BUILD_EXPORT_H
#define INGOT_BUILD_EXPORT_H

#include "build/build.h"

void export_write(BuildPkg *b, u32 *left_out, u32 nleft_out, Buf *out); // left_out: hash_str of symbols, put in order here
// Makes a package to be parsed and checked for declarations from an archive's export data. NULL with *why if the
// archive is not one of ours, is damaged, or its sources have changed.
BuildPkg *export_read(Arena *a, Str archive, Str *why);
// What an archive says of its functions, for Package.facts; empty if it is not one of ours, or damaged.
Str export_facts(Str archive);
// Of a partial archive (demand.c) the symbols that its package defines and it does not, empty of others; whether sym is one of
// them (or very rarely another, whose hash is the same).
Str export_left_out(Str archive);
bool export_leaves_out(Str list, Str sym);

// Imports packages from archives, for `go tool compile`.
typedef struct Importer Importer;
typedef struct PackageFile { Str path, file; } PackageFile;
typedef struct ImporterConfig {
	const PackageFile *files; u32 nfiles;   // packagefile lines of -importcfg
	const PackageFile *maps; u32 nmaps;     // importmap lines: path as written -> real path
	bool have_cfg;          // -importcfg was given: what the package itself imports must be in it
	StrVec dirs;            // -I
	Str local_prefix;       // -D: what a relative import path is relative to
	bool no_local;          // -nolocalimports
	Str goroot;             // where the library's packages are imported from if no archive has them
	Str goos, goarch;
	struct BuildContext *ctx;
} ImporterConfig;
Importer *importer_new(Arena *a, const ImporterConfig *cfg);
Package *importer_import(void *importer, Str path, Str *why);
Package *importer_import_direct(void *importer, Str path, Str *why); // for the package that is compiled

#endif
