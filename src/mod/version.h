// version.h: semantic versions, module paths and import paths, and the order of both.
#ifndef INGOT_MOD_VERSION_H
#define INGOT_MOD_VERSION_H

#include "base/base.h"

typedef struct ModVersion { Str path, version; } ModVersion;
typedef VEC(ModVersion) ModVersionVec;

bool semver_digits(Str s, u32 *i);              // a number without leading zeros at *i; *i behind it
// ends: where major, minor, patch, prerelease end. False: invalid.
bool semver_split(Str v, u32 ends[4]);
int semver_cmp(Str v, Str w);                   // precedence; an invalid version is below all others
bool semver_valid(Str v);
Str semver_canonical(Arena *a, Str v);          // v1 to v1.0.0, without +build; "" if invalid
Str semver_major(Str v);                        // "v1"
Str semver_major_minor(Str v);                  // "v1.2"
Str semver_prerelease(Str v);                   // "-pre", or ""
Str mod_canonical(Arena *a, Str v);             // semver_canonical, but +incompatible stays
bool go_version_ok(Str s);                      // "1.21", "1.21rc1", "1.21.0"
int go_version_cmp(Str x, Str y);               // order of go lines; "" is below all
// Releases as internal/gover knows them: "1", "1.21", "1.21.3", "1.21rc2", "1.999name"; from 1.21 on "1.21" names the language.
bool go_release_valid(Str v);
bool go_release_is_lang(Str v);
bool go_release_is_pre(Str v);
Str go_release_lang(Str v);                     // "1.21" of "1.21.3"
Str toolchain_release(Str name);                // "1.21.3" of "go1.21.3-suffix"; "" if it is no toolchain's name
bool mod_is_toolchain(Str path);                // "go", "toolchain": modules in name only
// The same questions about versions of any module.
bool mod_version_valid(Str path, Str v);
bool mod_version_is_prefix(Str path, Str v);    // v1, v1.2
bool mod_version_is_pre(Str path, Str v);
Str mod_version_family(Arena *a, Str path, Str v);      // "v1.2"
// The order of versions of a module: of "go" and "toolchain" that of Go's releases; "none" and "" below all.
int mod_version_cmp(Str path, Str v, Str w);
int mod_cmp(const void *x, const void *y);      // of ModVersion, for qsort: by path, then version ("/go.mod" behind its own)

bool pseudo_is(Str v);                          // v0.0.0-20060102150405-abcdefabcdef and the like
Str pseudo_rev(Str v);
Str pseudo_time(Arena *a, Str v);               // RFC 3339
// time: "20060102150405"; older: the tag before it, or "".
Str pseudo_make(Arena *a, Str major, Str older, Str time, Str rev);

bool mod_path_major(Str path, Str *major);      // "/v2", ".v2" of gopkg.in, or "". False: malformed
bool mod_major_fits(Str v, Str major);
// What is wrong with a path; empty if nothing. Words: golang.org/x/mod/module.
Str mod_check_path(Arena *a, Str path);         // "malformed module path ..."
Str import_check_path(Arena *a, Str path);      // "malformed import path ..."
Str file_check_path(Arena *a, Str path);        // "malformed file path ..."
bool mod_is_dir_path(Str p);                    // ./x, ../x, /x
// Upper-case letters as '!' and lower case: for file systems that do not tell them apart.
Str mod_escape(Arena *a, Str path);
// Whether one of the comma-separated globs matches a prefix of as many elements of target.
bool mod_match_globs(Arena *a, Str globs, Str target);
Str go_quote(Arena *a, Str s);                  // as Go's %q
static inline Str path_parent(Str path)                // what a path is below; "" for a single element
{
	int slash = str_rindex(path, '/');
	return str_sub(path, 0, slash > 0 ? (u32)slash : 0);
}

#endif
