// demand.h: private to build/: which functions of the library a program may reach.
#ifndef INGOT_BUILD_DEMAND_H
#define INGOT_BUILD_DEMAND_H

#include "build/build.h"

// Whether an archive that leaves functions out may stand for package k in this build.
bool demand_may_be_partial(const Build *b, const BuildPkg *k);
// Parses packages of a build that will be linked and marks those to be compiled in part (BuildPkg.partial), and in them the
// functions that no program of this build reaches (Decl.left_out).
void demand_run(Build *b);

#endif
