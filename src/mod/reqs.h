// reqs.h: requirements: the modules that a go.mod lists (the roots), the graph of what those require, and the versions
// that minimal version selection picks from it (https://go.dev/ref/mod#minimal-version-selection).
#ifndef INGOT_MOD_REQS_H
#define INGOT_MOD_REQS_H

#include "mod/mod.h"

typedef struct GraphNode { ModVersion v; ModVersionVec requires; } GraphNode;

typedef struct ModGraph {
	StrMap selected;        // path -> Str *version
	StrVec paths;           // all of them, sorted
	StrMap nodes;           // "path@version" -> GraphNode *, of modules whose requirements were read
	VEC(GraphNode *) order; // as they were reached
	StrMap errors;          // "path@version" -> Err *, of those that could not be read
	Err err;                // of the first go.mod that could not be read: "a@v1 requires\n\tb@v2: ..."
} ModGraph;

typedef struct Reqs {
	ModVersionVec roots;    // sorted by path; "go" always, "toolchain" if it is set are among them
	StrMap direct;          // paths of modules with packages that the main module imports
	bool pruned;            // go 1.17 and up: roots list everything, deeper requirements are not followed
	ModGraph *graph;        // read when it is first needed
} Reqs;

Reqs *reqs_new(Mods *m, const ModVersion *roots, u32 n, bool pruned, const StrMap *direct);
// Root by root the versions that are selected, until that changes nothing. *e: the graph cannot be read; then r as far as it came.
Reqs *reqs_settle(Mods *m, Reqs *r, Err *e);
Reqs *reqs_of_main(Mods *m);                    // as the main modules' files say
void reqs_keep_toolchain(Mods *m, const Reqs *r, ModVersionVec *roots); // adds r's "go" and "toolchain"
Reqs *reqs_with_go(Mods *m, const Reqs *r, Str go);
Reqs *reqs_convert(Mods *m, Reqs *r, bool pruned); // the same versions, listed for pruning or not
ModGraph *graph_read(Mods *m, const ModVersion *roots, u32 n, bool pruned);
// Without pruning a go.mod lists what is needed to select the versions of r: direct's paths always, of others only needed's
// (NULL: all).
void reqs_fewest(Mods *m, Reqs *r, const StrMap *direct, const StrMap *needed, ModVersionVec *out);

// Why a version that was asked for cannot be selected: path begins at another that was, or was there, and ends at one that is
// above limit, or cannot be read (err).
typedef struct Conflict { ModVersionVec path; ModVersion limit; Err err; } Conflict;
typedef VEC(Conflict) ConflictVec;
// r with each of must selected ("none": not at all), wish as far as that allows, everything else changed no more than needed.
// NULL: conflicts, or *e.
Reqs *reqs_edit(Mods *m, Reqs *r, const ModVersionVec *wish, const ModVersionVec *must, ConflictVec *conflicts, Err *e);

Str reqs_root(const Reqs *r, Str path);         // the version a root has, "" if it is none
ModGraph *reqs_graph(Mods *m, Reqs *r);
Str graph_selected(const ModGraph *g, Str path); // "" if no module requires it
void graph_list(Mods *m, ModGraph *g, ModVersionVec *out); // without the main modules, "go" and "toolchain"
// The go.mod of a version as this build sees it: replaced, and without excluded requirements. NULL with *e.
const ModFile *mods_summary(Mods *m, Str path, Str version, Err *e);
// The go.mod of a version in the module cache, from the record of earlier runs; without replace, exclude, retract and godebug.
// False: it must be read. *e: go.sum disagrees.
bool summary_get(struct Fetch *f, Str path, Str version, ModFile *out, Err *e);
void summaries_save(struct Fetch *f);
// The text of the go.mod itself, of whatever replaces it.
Err mods_gomod_text(Mods *m, Str path, Str version, Str *text, Str *file);
const ModReplace *mods_replacement(Mods *m, Str path, Str version, Str *base);
// The replacement as it is shown: in a workspace directories are relative to go.work.
ModVersion mods_replace_shown(Mods *m, const ModReplace *r, Str base);
Module *mods_module(Mods *m, Str path, Str version);
Module *mods_module_unread(Mods *m, Str path, Str version); // of many modules nobody asks more than where they are
void mods_read_module(Mods *m, Module *x);
Err mods_read_vendor(Mods *m);                   // vendor/modules.txt, which must agree with go.mod
bool mods_is_main(Mods *m, Str path);
bool mods_excluded(Mods *m, Str path, Str version);
// Downloads what is needed of a module: x->dir is where it is. In read-only mode it must be in go.sum.
Err mods_need_dir(Mods *m, Module *x);

#endif
