// test.h: what the parts of `go test` share: its flags (testflags.c), the packages of a test binary (testpkg.c,
// testmain.c), running it (testrun.c), the results kept of earlier runs (testcache.c), output as events (test2json.c).
#ifndef INGOT_CMD_TEST_H
#define INGOT_CMD_TEST_H

#include "cmd/buildcmd.h"

#define NS_PER_SECOND 1000000000ll

typedef enum TestFlag {
#define TEST_FLAG(name, kind, pass, cache) TEST_##name,
#include "cmd/testflags.def"
#undef TEST_FLAG
	TEST_FLAGS,
} TestFlag;
typedef enum TestFlagCache { TF_CACHED, TF_IGNORED, TF_UNCACHED } TestFlagCache;

typedef struct TestCmd {
	BuildCmd c;
	Str value[TEST_FLAGS];  // as Go prints it; "" if not given
	bool set[TEST_FLAGS];
	StrVec packages;        // arguments that name packages
	StrVec args;            // of the binary
	StrVec exec;            // -exec, in words
	StrVec vet_flags;       // of the vet program; see vet_off
	bool vet_off, vet_explicit;
	bool help;              // the binary is asked for its usage
	bool cover;
	Str cover_tool;         // the executable of cmd/cover
	StrVec cover_patterns;  // -coverpkg
	StrVec covered_list;    // packages that match, for all tests
	StrMap covered, cover_meta; // path -> LoadPkg *, the same; path -> Str *, its meta-data
	Str cover_profile;      // absolute; empty: none is written
	i64 timeout_ns;         // 0: none
	i64 kill_ns, wait_ns;   // a last resort; how long output may come after the end. 0: for ever
	bool out_is_dir;        // -o
	u32 n;                  // packages to test
	Str work;               // $WORK
} TestCmd;

static inline bool test_flag_on(const TestCmd *t, TestFlag f) { return str_is(t->value[f], "true"); }
static inline bool test_verbose(const TestCmd *t) { return t->value[TEST_v].n && !str_is(t->value[TEST_v], "false"); }
// Output of tests that pass is shown.
static inline bool test_shows_pass(const TestCmd *t) { return test_verbose(t) || t->value[TEST_list].n || t->help; }

// Takes the command line apart: flags before and behind the packages, $GOFLAGS; puts those of the build into argv and
// returns their number, 0 after a message.
int testflags_parse(TestCmd *t, int argc, char **argv, const Flag *build);
// What a flag of the binary ("-test.run=x") means for cached results.
TestFlagCache testflags_cache(Str arg);
// A profile that only one package can write: its flag, NULL if there is none.
const char *testflags_profile(const TestCmd *t);
// As time.Duration prints itself.
Str duration_fmt(Arena *a, i64 ns);

// The main package of the test binary of p, which is loaded, with all that it depends on. NULL with *err.
// test, xtest: the packages that it tests, xtest NULL if there is none.
LoadPkg *testpkg_make(TestCmd *t, LoadPkg *p, LoadPkg **test, LoadPkg **xtest, Str *err);
// What the binary is called: x.test.
Str testpkg_binary(TestCmd *t, LoadPkg *p);

// ---- coverage -----------------------------------------------------------------------------------

// Makes the tools ready and finds the packages that -coverpkg selects. False after a message.
bool testcover_start(TestCmd *t, LoadPkg **roots);
bool testcover_create(TestCmd *t);                      // the file of -coverprofile
// Replaces the first n sources of a loaded package by instrumented ones.
void testcover_package(TestCmd *t, LoadPkg *p, u32 n);
// The directory, below work, for what the test binary counts.
Str testcover_dir(TestCmd *t, Str work);
// The line on a package without tests ("" if there is nothing to cover); its profile is written to the file profile.
Str testcover_untested(TestCmd *t, LoadPkg *p, Str work, Str profile);
void testcover_merge(TestCmd *t, Str part);             // a test's profile into the one of all

// ---- events -------------------------------------------------------------------------------------

typedef struct Test2Json Test2Json;
typedef void (*Test2JsonSink)(void *ctx, const void *p, size_t n); // one or more whole lines
// A converter of the output of one test binary; writes the event "start".
Test2Json *test2json_new(Arena *a, Str package, Test2JsonSink sink, void *ctx);
void test2json_write(Test2Json *j, const void *p, size_t n);
// The end: failed_build is the package that could not be built, "" if that is not the reason.
void test2json_close(Test2Json *j, bool ok, Str failed_build);
// Messages of a build ("# path" above those of each package) as events; all of the package `path`
// if it is not empty. Returns the first package.
Str buildjson_write(Arena *a, Str messages, Str path, FILE *to);

// ---- cached results -----------------------------------------------------------------------------

typedef struct TestCache {
	bool off;               // the result may not be kept
	ActionId ids[2];        // of the test by what it is linked from, by its binary
	u32 n;
	Str profile;            // the coverage profile that was found with a result
} TestCache;
// Looks for the result of an earlier run of the test that is identified by `build`. Its output, with "(cached)" for the
// time, is appended to out.
bool testcache_find(TestCmd *t, TestCache *k, LoadPkg *p, const ActionId *build, Buf *out);
// Keeps the output of a run, and its coverage profile if one is written. testlog: the file in which the test wrote down what it looked at.
void testcache_save(TestCmd *t, TestCache *k, LoadPkg *p, Str testlog, Str output, Str profile);

// ---- running ------------------------------------------------------------------------------------

// One package to be tested, with all that its binary is made of.
typedef struct TestLoad {
	BuildCmd c;             // whose loader.all is what the binary is made of
	LoadPkg *p, *main;      // main: of the binary, or p itself where there is none; NULL: see why
	LoadPkg *units[2];      // with their tests, for the analyzers: the package and package x_test; NULL: there is none
	bool none;              // no test files
	bool ok;                // all could be loaded
	Str why;
} TestLoad;
TestLoad *testrun_load(TestCmd *t, LoadPkg *p);
// Reports why it could not be loaded.
void testrun_setup_failed(TestCmd *t, TestLoad *l, FILE *errors);
// Builds and tests one package; output goes to stdout, messages of the build to errors. built is called when only the
// run is left. dir: a directory for it. False if it failed.
bool testrun_package(TestCmd *t, TestLoad *l, Str dir, FILE *errors, void (*built)(void *ctx), void *ctx);

#endif
