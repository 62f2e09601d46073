// get.h: `go get`: its arguments as queries, the module versions that answer them, and what is settled so far.
#ifndef INGOT_CMD_GET_H
#define INGOT_CMD_GET_H

#include "cmd/modcmd.h"

// What an argument may mean, of one path: modules with its packages, or a module alone; or why that is not known.
typedef struct Candidate { Str path; ModVersionVec packages; ModVersion module; Err err; } Candidate;

typedef struct Query {
	Str raw;                // the argument; "" where there was none
	Str pattern, version;   // version: never empty
	Str raw_version;        // as it was given, or ""
	bool local, wild, none;
	VEC(Candidate) open;    // not yet decided
	StrMap seen;            // paths that were looked at
	bool packages;          // its pattern matches packages
	bool conflicts;         // that was said
	bool resolved;          // to a version at least once
} Query;

typedef struct Decision { Str version; Query *by; } Decision;

typedef struct Get {
	BuildCmd *c;
	Mods *m;
	VEC(Query *) queries;
	Reqs *before;           // as go.mod was
	StrMap decided;         // module path -> Decision *
	StrVec decided_paths;
	StrVec tools;           // for CommitOptions
	bool tests, tool, drop_toolchain, explicit_toolchain;
	Str upgrade;            // "", "upgrade" or "patch", of -u
	bool bad;               // something was printed that ends the command
	Str workspace;          // go.work above, or ""
	StrVec work_paths, work_dirs; // its modules
} Get;

void get_error(Get *g, const char *fmt, ...) PRINTF_LIKE(2, 3);
void query_error(Get *g, const Query *q, Err e);        // names the argument, unless the message does
Query *query_new(Get *g, Str raw);                      // NULL after a message
Str get_selected(Get *g, Str path);                     // now; "none" if it is not
Str get_initial(Get *g, Str path);                      // before anything was changed
// Finds candidates; each path is looked at once in the life of a query.
void query_local(Get *g, Query *q);
void query_path(Get *g, Query *q);
void query_none(Get *g, Query *q);
void query_wildcard(Get *g, Query *q);                  // modules of the build list
void query_missing_wildcard(Get *g, Query *q);          // modules that are not in it
void query_tool(Get *g, Query *q);
void query_all(Get *g, Query *q, const PkgLoad *l);
void check_wildcard(Get *g, Query *q);                  // that what is selected is what was asked for
// Decides what can be decided. True if the requirements have changed. Ends the process after errors.
bool get_resolve(Get *g);
bool get_apply(Get *g, const ModVersionVec *wish);
// Of candidates for a package that is needed: the one to try.
ModVersion get_choose(Get *g, const Candidate *c);
void get_end_if_bad(Get *g);
// The packages that a query names, among those of the modules selected.
void query_expand(Get *g, Query *q, StrVec *out);

#endif
