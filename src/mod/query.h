// query.h: version queries: latest, upgrade, patch, v1, <v1.2.3, branches, commits (https://go.dev/ref/mod#version-queries).
#ifndef INGOT_MOD_QUERY_H
#define INGOT_MOD_QUERY_H

#include "mod/fetch.h"
#include "mod/reqs.h"

// The version of a module that a query means; current: what is selected now, or "". Retracted and excluded versions are
// passed over, where the query does not name them.
Err query_version(Mods *m, Str path, Str query, Str current, RevInfo *out);
// All versions of a module, in order, with those that replace directives know. retracted: those, too.
Err query_list(Mods *m, Str path, bool retracted, StrVec *out);
// The module, at the version of a query, that has a package: the longest path that does.
Err query_package(Mods *m, Str path, Str query, ModVersion *out);
// Why a version is retracted: *rationales. False if it is not.
bool query_retracted(Mods *m, Str path, Str version, StrVec *rationales);
Str query_short_message(Arena *a, Str message, const char *empty);        // one line that is fit for a terminal
Str query_deprecation(Mods *m, Str path);       // of the newest version's go.mod; "" if there is none

#endif
