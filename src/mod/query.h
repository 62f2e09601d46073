// query.h: version queries: latest, upgrade, patch, v1, <v1.2.3, branches, commits (https://go.dev/ref/mod#version-queries).
#ifndef INGOT_MOD_QUERY_H
#define INGOT_MOD_QUERY_H

#include "mod/fetch.h"
#include "mod/reqs.h"

// Errnums of failed queries, beside ENOENT: no source has it.
enum { QUERY_NO_MATCH = 1100, QUERY_NO_PACKAGE, QUERY_NO_BASE, QUERY_INVALID, QUERY_MAIN };
// Whether a query names one revision, and does not choose among versions.
bool query_is_revision(Str path, Str query);
// The version of a module that a query means; current: what is selected now, or "". Retracted and excluded versions are
// passed over, where the query does not name them.
Err query_version(Mods *m, Str path, Str query, Str current, RevInfo *out);
// All versions of a module, in order, with those that replace directives know. retracted: those, too.
Err query_list(Mods *m, Str path, bool retracted, StrVec *out);
// The modules that a pattern may mean at the version of a query. current: what is selected of a path, "" or "none".
typedef struct QueryFound {
	ModVersionVec packages; // have matching packages; longest path first; a main module has no version
	ModVersion module;      // has none, but its own path matches
	bool is_main;           // a main module's path matches
} QueryFound;
typedef Str (*QueryCurrent)(void *ctx, Str path);
Err query_pattern(Mods *m, Str pattern, Str query, QueryCurrent current, void *ctx, QueryFound *out);
Err query_main_error(Mods *m, Str pattern, Str query);  // what is said of versions of the main module
bool query_replaced(Mods *m, Str path, StrVec *versions); // whether replace directives know the path, and with which versions
// The module, at the version of a query, that has a package: the longest path that does.
Err query_package(Mods *m, Str path, Str query, ModVersion *out);
// Why a version is retracted: *rationales. False if it is not.
bool query_retracted(Mods *m, Str path, Str version, StrVec *rationales);
Str query_short_message(Arena *a, Str message, const char *empty);        // one line that is fit for a terminal
Str query_deprecation(Mods *m, Str path);       // of the newest version's go.mod; "" if there is none

#endif
