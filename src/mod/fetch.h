// fetch.h: what is known of modules elsewhere: their versions, go.mod files and zips, by the GOPROXY protocol
// (https://go.dev/ref/mod#goproxy-protocol) or from their repositories, kept in the module cache in the official layout,
// checked against go.sum and the checksum database.
#ifndef INGOT_MOD_FETCH_H
#define INGOT_MOD_FETCH_H

#include "load/load.h"
#include "mod/http.h"
#include "mod/version.h"

// A commit: its version, time (RFC 3339), and, raw, the JSON of where it comes from.
typedef struct RevInfo { Str version, time, origin, name; } RevInfo;

typedef struct TooNew { Str what, go; } TooNew; // what asks for a release newer than ours

typedef struct FetchHook { void (*fn)(void *ctx, const char *ext); void *ctx; } FetchHook; // ext: "mod", "zip"; fn may be NULL

typedef struct Fetch {
	Arena *arena;
	Env *env;
	Http *http;
	struct Sums *sums;
	struct Facts *summaries; // summary.c's; NULL before one was asked for
	Str cache;              // GOMODCACHE
	bool cache_seen;        // it is there
	bool quiet;             // no "go: downloading": of `go mod download`
	bool writable;          // -modcacherw
	bool vendor;            // -mod=vendor: nothing may be looked up
	TooNew too_new;         // the newest release that something asked for (toolchain_too_new)
	Str only;               // while query_pattern asks one proxy after the other: that one; "" otherwise
	FetchHook ahead;        // called before something is downloaded: what else may come with it
	StrMap known;           // answers of this run, errors too: requests are made once
} Fetch;

Fetch *fetch_new(Arena *a, Env *env);
// Errors begin with path@version; errnum is ENOENT if no source knows the thing.
Err fetch_versions(Fetch *f, Str path, StrVec *out);            // releases and prereleases, in order; no pseudo-versions
Err fetch_stat(Fetch *f, Str path, Str rev, RevInfo *out);      // of a version, branch or commit
Err fetch_latest(Fetch *f, Str path, RevInfo *out);             // where there are no versions
Err fetch_gomod(Fetch *f, Str path, Str version, Str *text);
Err fetch_zip(Fetch *f, Str path, Str version, Str *file);      // into the cache
Err fetch_dir(Fetch *f, Str path, Str version, Str *dir);       // extracted
// The same for "go" and "toolchain", to which fetch_versions and fetch_stat pass on.
Err releases_versions(Fetch *f, Str path, StrVec *out);
Err releases_stat(Fetch *f, Str path, Str rev, RevInfo *out);
// Requests at once what a list of modules will be asked for: ext: "mod", "zip" or "info"; or their versions.
void fetch_ahead(Fetch *f, const ModVersion *v, u32 n, const char *ext);
void fetch_ahead_versions(Fetch *f, const StrVec *paths);
Str fetch_proxy_url(Fetch *f, Str proxy, Str path, Str rest);
Err fetch_check_cache(Fetch *f);                         // why there can be no module cache
// Names in the cache, whether they are there or not. ext: "info", "mod", "zip", "ziphash", "lock", "partial".
Str fetch_cache_file(Fetch *f, Str path, Str version, const char *ext);
Str fetch_cache_dir(Fetch *f, Str path, Str version);
bool fetch_have_dir(Fetch *f, Str path, Str version);           // completely extracted
// Calls fn with each entry of GOPROXY until one succeeds; the most helpful error otherwise.
Err fetch_try_proxies(Fetch *f, Err (*fn)(Fetch *f, Str proxy, void *ctx), void *ctx);
Err fetch_read(Fetch *f, Str url, Str *body);                   // http_read as this environment wants it
Str fetch_escape_url(Arena *a, Str path);
Err version_error(Arena *a, Str path, Str version, Err e);      // "path@version: e", once
bool json_string_field(Arena *a, Str json, const char *key, Str *out);  // of the outermost object
bool json_raw_field(Str json, const char *key, Str *out);

// Modules' repositories (git): what GOPROXY=direct and private paths use.
Err direct_versions(Fetch *f, Str path, StrVec *out);
Err direct_stat(Fetch *f, Str path, Str rev, RevInfo *out);
Err direct_latest(Fetch *f, Str path, RevInfo *out);
Err direct_gomod(Fetch *f, Str path, Str version, Str *text);
Err direct_zip(Fetch *f, Str path, Str version, Str *bytes);

// ---- go.sum -------------------------------------------------------------------------------------

typedef struct Sum { Str path, version, hash; bool used, added, dropped; Str file; } Sum; // version: with "/go.mod" for that file alone; file: of others
typedef struct Sums {
	Arena *arena;
	Fetch *fetch;
	Str file;               // where they are kept; "" if nowhere
	const char *name;       // "go.sum" or "go.work.sum"
	VEC(Sum) all;
	VEC(Sum) others;        // of the modules of a workspace: read only
	StrMap index;           // "path version" -> 1 + index into all
} Sums;

Sums *sums_read(Arena *a, Fetch *f, Str file, bool lenient);
void sums_read_more(Sums *s, Str file);
bool sums_have(Sums *s, Str path, Str version, bool gomod);
// Checks a hash against what is recorded, or else the checksum database, and records it. A mismatch ends the process:
// nothing that was downloaded may be used. Err: the database could not be asked, or disagrees.
Err sums_check(Sums *s, Str path, Str version, bool gomod, Str hash);
// Marks every entry that keep(ctx, ...) does not want, to be left out.
void sums_trim(Sums *s, bool (*keep)(void *ctx, Str path, Str version), void *ctx);
// Writes the file if it has changed. keep: which added entries belong to it; NULL: all. *changed if it would be written.
Err sums_write(Sums *s, bool (*keep)(void *ctx, Str path, Str version), void *ctx, bool readonly);
Str sums_text(Sums *s, bool (*keep)(void *ctx, Str path, Str version), void *ctx);
bool sums_ask_database(Sums *s, Str path, Str version, bool gomod);     // whether sums_check would
void sumdb_ahead(Fetch *f, const ModVersion *v, u32 n);
Err sumdb_lookup(Fetch *f, Str path, Str version, Str *db, Str *lines); // version: with "/go.mod"

// Ends the process with a message: for what must not be overlooked on any way back.
NORETURN void mod_fatal(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
