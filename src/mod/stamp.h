// stamp.h: what version control knows of the sources of a command, for its build information.
#ifndef INGOT_MOD_STAMP_H
#define INGOT_MOD_STAMP_H

#include "mod/mod.h"

typedef enum StampMode { STAMP_NEVER, STAMP_AUTO, STAMP_ALWAYS } StampMode; // -buildvcs
typedef struct StampOptions {
	StampMode mode;         // auto: what cannot be found out is left out
	bool show, verbose;     // -x: commands are shown; -v: what failed, too
} StampOptions;

// Sets p->vcs_settings and p->vcs_version of a command of a main module whose repository the working directory is in, too.
// Returns what is wrong, "" if nothing is.
Str mods_stamp(Mods *m, LoadPkg *p, const StampOptions *opt);

#endif
