// vcs.h: which repository a module's path names.
#ifndef INGOT_MOD_VCS_H
#define INGOT_MOD_VCS_H

#include "mod/fetch.h"

typedef struct RepoRoot { Str root, url, vcs, subdir; } RepoRoot;  // vcs: "git", or "mod": url is a proxy's
Err vcs_repo_root(Fetch *f, Str path, RepoRoot *out);

#endif
