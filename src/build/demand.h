// demand.h: private to build/: which functions of the library a program may reach.
#ifndef INGOT_BUILD_DEMAND_H
#define INGOT_BUILD_DEMAND_H

#include "build/build.h"

// Whether an archive that leaves functions out may stand for package k in this build.
bool demand_may_be_partial(const Build *b, const BuildPkg *k);
// For a build that will be linked: finds, in a process of its own, the packages to be compiled in part (BuildPkg.partial), and in
// them the declarations that no program of this build reaches (BuildPkg.left_out_decls).
void demand_run(Build *b);
// Marks these (Decl.left_out) in the files of k, just parsed.
void demand_mark(BuildPkg *k);

#endif
