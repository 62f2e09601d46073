// gcexport.h: what a package declares in the format of gc's export data, which go/importer and the analyzers of go vet
// read: types, objects and constants, without bodies.
#ifndef INGOT_BUILD_GCEXPORT_H
#define INGOT_BUILD_GCEXPORT_H

#include "types/types.h"

// Appends 'u' and the unified IR (version 5) of a package without errors; path: its import path there.
void gcexport_write(Package *p, Str path, Buf *out);
// An archive of nothing but that: as `go tool compile` writes one, for readers of export data.
void gcexport_archive(Package *p, Str path, Str goos, Str goarch, Buf *out);
// The same in front of what an archive of ours holds, whose own export data become a second __.PKGDEF, which official tools
// skip. False: it is damaged.
bool gcexport_add(Package *p, Str path, Str archive, Buf *out);

#endif
