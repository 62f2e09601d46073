// testmain.h: the main package of a test binary.
#ifndef INGOT_CMD_TESTMAIN_H
#define INGOT_CMD_TESTMAIN_H

#include "load/load.h"

// -cover: the mode; the patterns of -coverpkg and what they select, none without it.
typedef struct TestmainCover { Str mode; const StrVec *patterns, *packages; } TestmainCover;

// Looks for the tests of p (as loaded, with its test files apart) and writes the source of the main package that runs
// them. cover may be NULL. Sets what it has to import. False with *err, and *at where a file cannot be read as Go: 0 for
// other errors.
bool testmain_generate(Arena *a, LoadPkg *p, Str module, const TestmainCover *cover, Buf *out, bool *import_test, bool *import_xtest, Str *err,
	Pos *at);

#endif
