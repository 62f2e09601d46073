// vet.h: running the analyzers of the library (cmd/vet, cmd/fix, or a tool of that protocol) over packages: for `go vet`,
// `go fix` and `go test`.
#ifndef INGOT_CMD_VET_H
#define INGOT_CMD_VET_H

#include "cmd/buildcmd.h"

typedef struct Vet {
	Str tool;               // its executable; empty: the library's, built when it is needed
	const char *name;       // what it calls itself in messages
	StrVec flags;
	bool explicit_flags;    // flags were given
	bool standard_tool;     // the library's own
	bool in_test;           // for go test: what does not compile is reported by others
	bool fix;               // archives of fixed files are wanted
	Str work;               // a directory for its files
} Vet;

// What came out for one package.
typedef struct VetUnit {
	LoadPkg *p;
	bool asked;             // its diagnostics are wanted; else only facts for its importers
	bool missing;           // what it imports could not be compiled
	bool done, failed;
	ActionId id;
	Str dir;                // of its files
	Str facts, fixes;       // files; "" if there are none
	Str report;             // what the tool wrote to the file for its output: JSON, or differences
	Str messages;           // what it said, when it failed
	u32 waiting;            // imports that are not done
	VEC(struct VetUnit *) importers;
} VetUnit;
typedef VEC(VetUnit *) VetUnitVec;

// Analyzes roots (as they are loaded, with their tests in them if they should be), which c must not have planned yet.
// asked: their results, in that order. False if packages that they import do not compile: the errors are printed.
bool vet_run(Vet *v, BuildCmd *c, LoadPkg **roots, u32 n, VetUnitVec *asked);
// Shows what the tool said of a package when it failed: below its path, files relative to the working directory.
void vet_print(BuildCmd *c, const VetUnit *u, bool in_test, FILE *out);

#endif
