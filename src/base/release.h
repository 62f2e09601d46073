// release.h: the release of Go that this toolchain is: whose library it compiles and whose rules it follows.
#ifndef INGOT_BASE_RELEASE_H
#define INGOT_BASE_RELEASE_H

#include "base/base.h"

// What the rules were read from. The library that is compiled may be another patch of the same release.
#define GO_RELEASE "1.27.4"

// "go1.27.4": what goroot's VERSION says; GO_RELEASE's name without one. Lives in a.
Str release_of_library(Arena *a, Str goroot);

#endif
