// vcs.h: which repository a module's path names.
#ifndef INGOT_MOD_VCS_H
#define INGOT_MOD_VCS_H

#include "mod/fetch.h"

typedef struct RepoRoot { Str root, url, vcs, subdir; } RepoRoot;  // vcs: "git", or "mod": url is a proxy's
// The version that a module of the local repository dir, whose root has a module named code_root, has at a commit.
Err local_version(Fetch *f, Str dir, Str code_root, Str path, Str commit, Str *version);
Err vcs_repo_root(Fetch *f, Str path, RepoRoot *out);

#endif
