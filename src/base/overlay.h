// overlay.h: files that stand in for others (-overlay): all that reads the user's files through base/file.c sees one tree in
// which some paths show another file, or none. Set once, before other threads run; process-wide, as the file system is.
#ifndef INGOT_BASE_OVERLAY_H
#define INGOT_BASE_OVERLAY_H

#include "base/base.h"

// path shows the file `actual`; empty: there is nothing. Both are absolute and clean.
typedef struct OverlayFile { Str path, actual; } OverlayFile;
// files: sorted by overlay_cmp; they live as long as the process.
void overlay_set(const OverlayFile *files, u32 n);
int overlay_cmp(Str x, Str y);                  // '/' before all other bytes: a directory is followed by what is below it

typedef enum OverlayKind {
	OVERLAY_NONE,           // as on disk
	OVERLAY_FILE,           // another file is to be read
	OVERLAY_DIR,            // a directory, on disk or not, with entries that are not as on disk
	OVERLAY_GONE,           // there is nothing
} OverlayKind;
// *actual: the path to go to; path itself where nothing stands in.
OverlayKind overlay_find(Str path, Str *actual);
static inline Str overlay_actual(Str path) { Str to; overlay_find(path, &to); return to; }
bool overlay_replaced(Str path);                // a file that another one stands in for, or that is gone
// A directory's entries that are not as on disk, one after another: from *at == 0 on. *file: the file, "" if it is gone.
bool overlay_child(Str dir, u32 *at, Str *name, OverlayKind *kind, Str *file);
// A replaced path at, above or below dir: "" if there is none.
Str overlay_touches(Str dir);

#endif
