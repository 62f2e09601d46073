// pkgflags.h: flags for tools that say which packages they are for: -gcflags='pattern=flags', -ldflags, -asmflags. Of those
// that match a package the last counts; without a pattern they are for the packages named on the command line.
#ifndef INGOT_CMD_PKGFLAGS_H
#define INGOT_CMD_PKGFLAGS_H

#include "load/load.h"

// pattern empty: the packages named. raw: as it was given
typedef struct PkgFlag { Str pattern, raw; StrVec words; } PkgFlag;
typedef VEC(PkgFlag) PkgFlags;

// Adds one use of such a flag. False with *why.
bool pkgflags_add(Arena *a, PkgFlags *f, Str value, Str *why);
struct BuildCmd;
StrVec pkgflags_for(struct BuildCmd *c, const PkgFlags *f, LoadPkg *p);

#endif
