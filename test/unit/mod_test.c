// Versions, paths, requirements in go.mod text, zips, hashes and the checksum database's tree.
#include "mod/modedit.h"
#include "mod/sumdb.h"
#include "mod/zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void check_str(Str got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void orders_versions(void **state)
{
	static const char *const rising[] = {"bad", "v1.0.0-0", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0", "v1.0.1",
		"v1.2.0", "v1.10.0", "v2.0.0+incompatible"};
	for (u32 i = 0; i + 1 < LENGTH(rising); i++) {
		assert_true(semver_cmp(str(rising[i]), str(rising[i + 1])) < 0);
		assert_true(semver_cmp(str(rising[i + 1]), str(rising[i])) > 0);
	}
	static const char *const releases[] = {"", "1.16", "1.20rc1", "1.20", "1.20.1", "1.21", "1.21rc2", "1.21.0", "1.21.1", "1.22"};
	for (u32 i = 0; i + 1 < LENGTH(releases); i++)
		assert_true(go_version_cmp(str(releases[i]), str(releases[i + 1])) < 0);
}

static void makes_pseudo_versions(void **state)
{
	Arena *a = arena_new();
	Str t = S("20200102030405"), rev = S("abcdefabcdef");
	check_str(pseudo_make(a, S("v2"), S(""), t, rev), "v2.0.0-20200102030405-abcdefabcdef");
	check_str(pseudo_make(a, S("v1"), S("v1.2.9"), t, rev), "v1.2.10-0.20200102030405-abcdefabcdef");
	check_str(pseudo_make(a, S("v1"), S("v1.2.3-pre"), t, rev), "v1.2.3-pre.0.20200102030405-abcdefabcdef");
	assert_true(pseudo_is(S("v1.2.10-0.20200102030405-abcdefabcdef")));
	assert_false(pseudo_is(S("v1.2.10-20200102030405")));
	assert_false(pseudo_is(S("v1.2.3")));
	check_str(pseudo_rev(S("v0.0.0-20200102030405-abcdefabcdef")), "abcdefabcdef");
	check_str(pseudo_time(a, S("v0.0.0-20200102030405-abcdefabcdef")), "2020-01-02T03:04:05Z");
	arena_free(a);
}

static void checks_paths(void **state)
{
	Arena *a = arena_new();
	static const char *const good[] = {"example.com/a", "gopkg.in/yaml.v3", "x.org/a/v2"};
	for (u32 i = 0; i < LENGTH(good); i++)
		assert_int_equal(mod_check_path(a, str(good[i])).n, 0);
	static const char *const bad[] = {"", "nodot/a", "x.org/a/v1", "x.org/..", "x.org//a", "X.org/a", "x.org/con", "x.org/a~1", "-x.org/a", "x.org/\xff"};
	for (u32 i = 0; i < LENGTH(bad); i++)
		assert_true(mod_check_path(a, str(bad[i])).n > 0);
	assert_true(mod_match_globs(a, S("*.corp.com,rsc.io/private"), S("git.corp.com/xyzzy")));
	assert_true(mod_match_globs(a, S("*.corp.com,rsc.io/private"), S("rsc.io/private/quux")));
	assert_false(mod_match_globs(a, S("*.corp.com,rsc.io/private"), S("rsc.io/public")));
	arena_free(a);
}

static void edits_requirements(void **state)
{
	Arena *a = arena_new();
	ModEdit e;
	modedit_parse(&e, a, S("module m // name\n\ngo 1.20\n\n// why\nrequire (\n\ta.com/a v1.0.0 // first\n\tb.com/b v1.0.0\n)\n\nrequire c.com/c v1.0.0 // indirect\n"));
	ModRequire req[] = {{S("a.com/a"), S("v1.1.0"), false}, {S("c.com/c"), S("v1.0.0"), true}, {S("d.com/d"), S("v1.0.0"), true}};
	modedit_set_requires(&e, req, 3, true, S("1.20"));
	modedit_add_plain(&e, "tool", S("a.com/a/cmd"));
	check_str(modedit_print(&e), "module m // name\n\ngo 1.20\n\n// why\nrequire a.com/a v1.1.0 // first\n\nrequire (\n\tc.com/c v1.0.0 // indirect\n"
		"\td.com/d v1.0.0 // indirect\n)\n\ntool a.com/a/cmd\n");
	arena_free(a);
}

static void zips_and_hashes(void **state)
{
	Arena *a = arena_new();
	ZipWriter w = {0};
	char big[5000];
	memset(big, 'x', sizeof big);
	zip_add(&w, S("x.org/m@v1.0.0/go.mod"), S("module x.org/m\n"));
	zip_add(&w, S("x.org/m@v1.0.0/big"), str_n(big, sizeof big));
	zip_add(&w, S("x.org/m@v1.0.0/none"), S(""));
	zip_finish(&w);
	Zip z;
	Str data = str_dup(a, buf_view(&w.out)), hash;
	assert_false(failed(zip_open(a, data, &z)));
	assert_int_equal(z.entries.n, 3);
	Buf b = {0};
	assert_false(failed(zip_read(a, &z, &z.entries.p[1], &b)));
	assert_int_equal(b.n, sizeof big);
	assert_memory_equal(b.p, big, sizeof big);
	buf_free(&b);
	assert_false(failed(modzip_check(a, &z, S("x.org/m"), S("v1.0.0"))));
	assert_true(failed(modzip_check(a, &z, S("x.org/m"), S("v1.0.1"))));
	assert_false(failed(dirhash_zip(a, &z, &hash)));
	assert_int_equal(hash.n, 47);
	for (u32 cut = 0; cut < data.n; cut++) { // damaged: an error or less, never a crash
		Zip half;
		if (!failed(zip_open(a, str_sub(data, 0, cut), &half)))
			for (u32 i = 0; i < half.entries.n; i++) {
				Buf x = {0};
				zip_read(a, &half, &half.entries.p[i], &x);
				buf_free(&x);
			}
	}
	for (u32 at = 0; at < data.n; at++) {
		char *bad = str_c(a, data);
		bad[at] ^= 0x55;
		Zip other;
		if (!failed(zip_open(a, str_n(bad, data.n), &other)))
			for (u32 i = 0; i < other.entries.n; i++) {
				Buf x = {0};
				zip_read(a, &other, &other.entries.p[i], &x);
				buf_free(&x);
			}
	}
	buf_free(&w.out);
	// As sum.golang.org has it of rsc.io/quote v1.5.0.
	check_str(dirhash_gomod(a, S("module \"rsc.io/quote\"\n\nrequire \"rsc.io/sampler\" v1.3.0\n")), "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=");
	arena_free(a);
}

static void refuses_bad_archives(void **state)
{
	Arena *a = arena_new();
	static const char *const names[][2] = {{"x.org/m@v1.0.0/../up", ""}, {"x.org/m@v1.0.0/a", "x.org/m@v1.0.0/A"}, {"x.org/m@v1.0.0/a", "x.org/m@v1.0.0/a"},
		{"x.org/m@v1.0.0/sub/go.mod", ""}, {"x.org/m@v1.0.0/GO.MOD", ""}, {"x.org/m@v1.0.0/a", "x.org/m@v1.0.0/a/b"}, {"other", ""},
		{"x.org/m@v1.0.0//etc/passwd", ""}, {"x.org/m@v1.0.0/a:b", ""}};
	for (u32 i = 0; i < LENGTH(names); i++) {
		ZipWriter w = {0};
		for (u32 k = 0; k < 2; k++)
			if (*names[i][k])
				zip_add(&w, str(names[i][k]), S("x"));
		zip_finish(&w);
		Zip z;
		assert_false(failed(zip_open(a, buf_view(&w.out), &z)));
		assert_true(failed(modzip_check(a, &z, S("x.org/m"), S("v1.0.0"))));
		buf_free(&w.out);
	}
	arena_free(a);
}

// A log of 13 records whose inner hashes are computed the plain way.
typedef struct Log { Hash32 leaf[13]; } Log;

static Hash32 plain_root(const Log *l, u64 low, u64 high)
{
	if (high - low == 1)
		return l->leaf[low];
	u64 k = 1;
	while (2 * k < high - low)
		k *= 2;
	Hash32 left = plain_root(l, low, low + k), right = plain_root(l, low + k, high), h;
	u8 text[65] = {1};
	memcpy(text + 1, left.b, 32);
	memcpy(text + 33, right.b, 32);
	sha256(text, 65, h.b);
	return h;
}

static bool node(void *ctx, u32 level, u64 index, Hash32 *out)
{
	*out = plain_root(ctx, index << level, (index + 1) << level);
	return true;
}

static void proves_records(void **state)
{
	Log l;
	for (u32 i = 0; i < 13; i++) {
		char text[8];
		l.leaf[i] = record_hash(str_n(text, (size_t)snprintf(text, sizeof text, "r%u", i)));
	}
	for (u64 n = 1; n <= 13; n++) {
		Hash32 want = plain_root(&l, 0, n), got;
		for (u64 r = 0; r < n; r++) {
			assert_true(tree_root(n, r, &l.leaf[r], 0, node, &l, &got));
			assert_memory_equal(got.b, want.b, 32);
			Hash32 other = l.leaf[(r + 1) % 13];
			assert_true(tree_root(n, r, &other, 0, node, &l, &got));
			assert_memory_not_equal(got.b, want.b, 32);
		}
		for (u64 old = 1; old < n; old++) {
			assert_true(tree_root(n, UINT64_MAX, NULL, old, node, &l, &got));
			assert_memory_equal(got.b, want.b, 32);
		}
	}
	Arena *a = arena_new();
	check_str(tile_path(a, 0, 1234067, 256), "tile/8/0/x001/x234/067");
	check_str(tile_path(a, 1, 5, 7), "tile/8/1/005.p/7");
	arena_free(a);
}

static void opens_signed_notes(void **state)
{
	Arena *a = arena_new();
	NoteKey key;
	Str why, text;
	// The example of golang.org/x/mod/sumdb/note.
	assert_true(note_key_parse(a, S("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key, &why));
	Str note = S("If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
		"\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n");
	assert_true(note_open(a, &key, note, &text, &why));
	check_str(text, "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n");
	char *bad = str_c(a, note);
	bad[3] ^= 1;
	assert_false(note_open(a, &key, str_n(bad, note.n), &text, &why));
	assert_false(note_key_parse(a, S("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key, &why));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(orders_versions), cmocka_unit_test(makes_pseudo_versions), cmocka_unit_test(checks_paths),
		cmocka_unit_test(edits_requirements), cmocka_unit_test(zips_and_hashes), cmocka_unit_test(refuses_bad_archives),
		cmocka_unit_test(proves_records), cmocka_unit_test(opens_signed_notes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
