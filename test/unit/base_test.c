// base_test.c: unit tests of base/: each table and algorithm against values known from elsewhere.
#include "base/base.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_str(s, want)                                                                            \
	do {                                                                                           \
		Str got_ = (s);                                                                        \
		if (!str_is(got_, want))                                                               \
			fail_msg("got \"" STR_FMT "\", want \"%s\"", STR_ARG(got_), want);             \
	} while (0)

static void test_arena(void **state)
{
	Arena *a = arena_new();
	for (int round = 0; round < 3; round++) {
		ArenaMark m = arena_mark(a);
		for (u32 i = 1; i < 3000; i += 7) {
			u8 *p = arena_alloc(a, i);
			assert_int_equal((uintptr_t)p % 16, 0);
			for (u32 j = 0; j < i; j++)
				assert_int_equal(p[j], 0);
			memset(p, 0xaa, i);
		}
		u8 *big = arena_alloc(a, 20 << 20);
		assert_int_equal(big[(20 << 20) - 1], 0);
		big[0] = big[(20 << 20) - 1] = 1;
		arena_reset(a, m);
	}
	VEC(u32) v = {0};
	for (u32 i = 0; i < 100000; i++)
		vec_push(a, &v, i);
	for (u32 i = 0; i < v.n; i++)
		assert_int_equal(v.p[i], i);
	char *g = arena_alloc(a, 10);
	memcpy(g, "123456789", 10);
	char *h = arena_grow(a, g, 10, 40);
	assert_ptr_equal(g, h);
	assert_string_equal(h, "123456789");
	assert_int_equal(h[39], 0);
	size_t total = arena_size(a);
	assert_true(total > 20u << 20);
	arena_free(a);
	arena_free(NULL);
}

static void test_str(void **state)
{
	Arena *a = arena_new();
	assert_true(str_cmp(S("a"), S("b")) < 0 && str_cmp(S("ab"), S("a")) > 0 && str_cmp(S(""), S("")) == 0);
	assert_int_equal(str_index(S("a/b/c"), '/'), 1);
	assert_int_equal(str_rindex(S("a/b/c"), '/'), 3);
	assert_int_equal(str_find(S("hello"), "ll"), 2);
	assert_int_equal(str_find(S("hello"), "lx"), -1);
	assert_str(str_trim(S(" \tx y\r\n")), "x y");
	assert_str(str_fmt(a, "%d-%s", 7, "x"), "7-x");
	assert_str(path_join(a, S("a/"), S("b")), "a/b");
	assert_str(path_join(a, S(""), S("b")), "b");
	assert_str(path_dir(S("/a/b")), "/a");
	assert_str(path_dir(S("/a")), "/");
	assert_str(path_dir(S("a")), ".");
	assert_str(path_base(S("/a/b.go")), "b.go");
	static const char *const clean[][2] = {{"", "."}, {"abc", "abc"}, {"a//b", "a/b"}, {"a/./b/..", "a"}, {"..", ".."},
		{"../../a", "../../a"}, {"a/../../b", "../b"}, {"/..", "/"}, {"/../a", "/a"}, {"/", "/"}, {"abc/", "abc"},
		{"./x", "x"}, {"a/..", "."}, {"/a/b/../../..", "/"}, {"a/b/../../../../x", "../../x"}};
	for (u32 i = 0; i < LENGTH(clean); i++)
		assert_str(path_clean(a, str(clean[i][0])), clean[i][1]);
	char buf[64];
	for (u32 n = 0; n < 64; n++) { // every byte counts
		for (u32 i = 0; i < 64; i++)
			buf[i] = (char)(i * 7);
		u32 h = hash_bytes(buf, n);
		for (u32 i = 0; i < n; i++) {
			buf[i] ^= 1;
			if (n > 3)
				assert_int_not_equal(hash_bytes(buf, n), h);
			buf[i] ^= 1;
		}
	}
	arena_free(a);
}

static void test_utf8(void **state)
{
	for (u32 r = 0; r <= 0x10ffff; r++) {
		char t[4];
		u32 w, n = utf8_encode(t, r);
		if (r >= 0xd800 && r < 0xe000)
			continue;
		assert_int_equal(utf8_decode(t, n, &w), r);
		assert_int_equal(w, n);
	}
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
		"\xe2\x82", "\xf0\x9f\x98"};
	for (u32 i = 0; i < LENGTH(bad); i++) {
		u32 w;
		assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &w), 0xfffd);
		assert_int_equal(w, 1);
	}
	assert_true(unicode_is_letter(0xe4) && unicode_is_letter(0x4e16) && !unicode_is_letter(0x20ac) && unicode_is_letter('z'));
	assert_true(unicode_is_digit(0x0664) && unicode_is_digit('9') && !unicode_is_digit(0xb2));
	assert_true(unicode_is_upper(0xc4) && !unicode_is_upper(0xe4) && unicode_is_upper('A') && !unicode_is_upper(0x1c5));
	assert_false(unicode_is_letter(0x10ffff));
	assert_true(unicode_is_letter(0x30000) && !unicode_is_letter(0x2fa1e));
}

static void *intern_many(void *arg)
{
	Name *out = arg;
	for (u32 i = 0; i < 20000; i++) {
		char t[32];
		snprintf(t, sizeof t, "name%u", i);
		out[i] = name_of_c(t);
	}
	return NULL;
}

static void test_names(void **state)
{
	assert_ptr_equal(name_of_c("x"), name_of(S("x")));
	assert_ptr_not_equal(name_of_c("x"), name_of_c("y"));
	assert_str(name_str(name_of_c("hello")), "hello");
	assert_ptr_equal(name_of_c(""), name_of((Str){0}));
	assert_true(name_is_exported(name_of_c("Foo")) && !name_is_exported(name_of_c("foo")) && !name_is_exported(name_of_c("_F")));
	assert_true(name_is_exported(name_of_c("Ärger")) && !name_is_exported(name_of_c("世界")));
	assert_true(name_is_blank(name_of_c("_")) && !name_is_blank(name_of_c("__")) && !name_is_blank(NULL));
	enum { THREADS = 4 };
	static Name got[THREADS][20000];
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, intern_many, got[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 1; i < THREADS; i++)
		assert_memory_equal(got[0], got[i], sizeof got[0]);
	assert_str(name_str(got[0][12345]), "name12345");
}

static void test_maps(void **state)
{
	Arena *a = arena_new();
	Map m = {0};
	assert_null(map_get(&m, 1));
	for (u64 i = 0; i < 10000; i++)
		map_put(a, &m, i << 40, (void *)(uintptr_t)(i + 1));
	for (u64 i = 0; i < 10000; i++)
		assert_int_equal((uintptr_t)map_get(&m, i << 40), i + 1);
	assert_false(map_has(&m, 1));
	map_put(a, &m, 1, NULL);
	assert_true(map_has(&m, 1));
	assert_int_equal(m.n, 10001);
	StrMap s = {0};
	assert_false(strmap_has(&s, S("x")));
	for (u32 i = 0; i < 5000; i++)
		strmap_put(a, &s, str_fmt(a, "k%u", i), (void *)(uintptr_t)(i + 1));
	strmap_put(a, &s, S("k7"), (void *)1000000);
	assert_int_equal(s.n, 5000);
	assert_int_equal((uintptr_t)strmap_get(&s, S("k7")), 1000000);
	assert_int_equal((uintptr_t)strmap_get(&s, S("k4999")), 5000);
	assert_null(strmap_get(&s, S("k5000")));
	strmap_put(a, &s, S(""), a);
	assert_ptr_equal(strmap_get(&s, S("")), a);
	BitSet x = bits_new(a, 200), y = bits_new(a, 200);
	bits_add(x, 0), bits_add(x, 63), bits_add(x, 64), bits_add(x, 199);
	assert_true(bits_or(y, x));
	assert_false(bits_or(y, x));
	bits_del(y, 63);
	u32 seen[8], n = 0;
	bits_each(y, i)
		seen[n++] = i;
	assert_int_equal(n, 3);
	assert_true(seen[0] == 0 && seen[1] == 64 && seen[2] == 199);
	bits_copy(y, x);
	assert_true(bits_has(y, 63));
	bits_clear(y);
	assert_int_equal(bits_next(y, 0), UINT32_MAX);
	arena_free(a);
}

static void test_buf(void **state)
{
	Buf b = {0};
	buf_u8(&b, 1), buf_u16(&b, 0x0203), buf_u32(&b, 0x04050607), buf_u64(&b, 0x08090a0b0c0d0e0f);
	assert_int_equal(b.n, 15);
	assert_int_equal(b.p[1], 3);
	buf_align(&b, 16);
	assert_int_equal(b.n, 16);
	b.n = 0;
	buf_uvarint(&b, 300), buf_varint(&b, -1), buf_varint(&b, 64);
	assert_memory_equal(b.p, "\xac\x02\x01\x80\x01", 5);
	b.n = 0;
	for (int i = 0; i < 500; i++)
		buf_printf(&b, "%d,", i);
	buf_printf(&b, "%1000d", 1);
	assert_int_equal(b.n, 10 * 2 + 90 * 3 + 400 * 4 + 1000);
	buf_free(&b);
}

static void test_files(void **state)
{
	Arena *a = arena_new();
	char dir[] = "/tmp/ingot-base-XXXXXX";
	assert_non_null(mkdtemp(dir));
	Str sub = str_fmt(a, "%s/p/q", dir), got;
	assert_false(failed(dir_make_all(a, sub)));
	assert_false(failed(dir_make_all(a, sub)));
	assert_true(file_is_dir(sub));
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 262143, 262144, 262145, 1 << 20};
	static char data[1 << 20];
	memset(data, 'x', sizeof data);
	Str f = str_fmt(a, "%s/f", dir);
	for (u32 i = 0; i < LENGTH(sizes); i++) {
		assert_false(failed(file_write(a, f, data, sizes[i], 0644)));
		assert_false(failed(file_map(a, f, &got)));
		assert_int_equal(got.n, sizes[i]);
		assert_int_equal(got.p[got.n], 0);
		assert_true(got.n == 0 || memcmp(got.p, data, got.n) == 0);
		file_unmap(got);
	}
	Str link = str_fmt(a, "%s/link", dir);
	assert_int_equal(symlink("f", link.p), 0);
	assert_false(failed(file_write(a, link, "new", 3, 0644)));
	assert_false(failed(file_map(a, f, &got)));
	assert_str(got, "new");
	file_unmap(got);
	assert_false(failed(file_write(a, S("/dev/null"), "x", 1, 0644)));
	StrVec names;
	assert_false(failed(dir_list(a, str(dir), &names)));
	assert_int_equal(names.n, 3);
	assert_str(names.p[0], "f");
	assert_str(names.p[2], "p");
	Err e = file_map(a, S("/nonexistent/x"), &got);
	assert_str(e.msg, "open /nonexistent/x: no such file or directory");
	assert_int_equal(e.errnum, ENOENT);
	e = file_map(a, str(dir), &got);
	assert_true(failed(e) && str_has_suffix(e.msg, ": is a directory"));
	e = dir_make_all(a, str_fmt(a, "%s/f/g", dir));
	assert_true(failed(e) && str_has_suffix(e.msg, ": not a directory"));
	assert_true(failed(dir_list(a, S("/nonexistent"), &names)));
	assert_false(failed(file_map(a, S("/proc/self/status"), &got)));
	assert_true(got.n > 100);
	file_unmap(got);
	if (system(str_fmt(a, "rm -r %s", dir).p) != 0)
		fail();
	arena_free(a);
}

typedef struct Count { Pool *p; _Atomic u32 n, workers; } Count;

static void inner(void *ctx, u32 i, u32 worker)
{
	Count *c = ctx;
	assert_true(worker < pool_size(c->p));
	atomic_fetch_add(&c->n, 1);
}

static void outer(void *ctx, u32 i, u32 worker)
{
	Count *c = ctx;
	pool_for(c->p, i % 17, inner, c);
}

static void deep(void *arg)
{
	volatile char big[64 << 20];
	big[0] = 1;
	*(int *)arg = big[0];
}

static void test_pool(void **state)
{
	for (u32 threads = 0; threads < 6; threads++) {
		Pool *p = pool_new(threads);
		assert_true(pool_size(p) >= 1);
		Count c = {.p = p};
		u32 want = 0;
		for (u32 i = 0; i < 500; i++)
			want += i % 17;
		for (int round = 0; round < 20; round++) {
			c.n = 0;
			pool_for(p, 500, outer, &c);
			assert_int_equal(c.n, want);
		}
		pool_for(p, 0, inner, &c);
		pool_free(p);
	}
	int done = 0;
	run_on_deep_stack(deep, &done);
	assert_int_equal(done, 1);
}

static void assert_hash(const char *text, size_t n, const char *want)
{
	u8 h[32];
	char hex[65];
	sha256(text, n, h);
	for (int i = 0; i < 32; i++)
		snprintf(hex + i * 2, 3, "%02x", h[i]);
	assert_string_equal(hex, want);
}

static void test_checksum(void **state)
{
	u8 text[80], x[16], y[16];
	for (u32 i = 0; i < sizeof text; i++)
		text[i] = (u8)(i * 37);
	for (u32 n = 0; n <= sizeof text; n++) {
		checksum(text, n, x);
		for (u32 bit = 0; bit < n * 8; bit++) { // every one counts
			text[bit / 8] ^= (u8)(1 << bit % 8);
			checksum(text, n, y);
			assert_memory_not_equal(x, y, 8);
			assert_memory_not_equal(x + 8, y + 8, 8);
			text[bit / 8] ^= (u8)(1 << bit % 8);
		}
		if (n) {
			checksum(text, n - 1, y);
			assert_memory_not_equal(x, y, 16);
		}
	}
}

static void test_sha256(void **state)
{
	assert_hash("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_hash("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	assert_hash(two, strlen(two), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	static char million[1000000];
	memset(million, 'a', sizeof million);
	assert_hash(million, sizeof million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	for (size_t cut = 0; cut < 300; cut++) { // any division gives the same
		Sha256 s;
		u8 x[32], y[32];
		sha256(million, 300, x);
		sha256_init(&s);
		sha256_add(&s, million, cut);
		sha256_add(&s, million + cut, 300 - cut);
		sha256_end(&s, y);
		assert_memory_equal(x, y, 32);
	}
}

static void test_positions(void **state)
{
	Arena *a = arena_new();
	SourceFile *f = source_add(S("/src/a.go"), S("./a.go"));
	assert_ptr_equal(source_get(f->index), f);
	assert_null(source_get(0));
	assert_null(source_get(f->index + 100));
	Pos p = pos_make(f->index, 12, 34);
	assert_true(pos_file(p) == f->index && pos_line(p) == 12 && pos_col(p) == 34);
	assert_str(pos_fmt(a, p), "./a.go:12:34");
	struct LineDirective d[] = {{10, 1, S("x.y"), 100, 0}, {20, 5, S("z.y"), 7, 3}};
	f->directives = d;
	f->ndirectives = 2;
	assert_str(pos_fmt(a, p), "x.y:102");
	assert_str(pos_fmt(a, pos_make(f->index, 9, 1)), "./a.go:9:1");
	assert_str(pos_fmt(a, pos_make(f->index, 20, 4)), "x.y:110");
	assert_str(pos_fmt(a, pos_make(f->index, 20, 8)), "z.y:7:6");
	assert_str(pos_fmt(a, pos_make(f->index, 21, 8)), "z.y:8:8");
	assert_str(pos_fmt(a, 0), "");
	arena_free(a);
}

static Str printed(Arena *a, Diags *d, u32 limit, bool color)
{
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);
	diags_print(d, f, limit, color ? DIAG_COLOR : DIAG_PLAIN);
	fclose(f);
	Str s = str_dup(a, str_n(p, n));
	free(p);
	return s;
}

static void test_diags(void **state)
{
	Arena *a = arena_new();
	SourceFile *f = source_add(S("/src/d.go"), S("d.go"));
	f->text = S("one\n\tx := é + y\n");
	Diags *d = diags_new(a);
	diag(d, pos_make(f->index, 2, 3), "undefined: %s", "y");
	diag(d, pos_make(f->index, 1, 300), "syntax error: far");
	diag(d, pos_make(f->index, 1, 2), "syntax error: same line");
	diag(d, pos_make(f->index, 2, 3), "undefined: y");
	assert_int_equal(diags_count(d), 4);
	u32 n;
	diags_sorted(d, &n);
	assert_int_equal(n, 2);
	assert_str(printed(a, d, 0, false), "d.go:1: syntax error: far\nd.go:2:3: undefined: y\n");
	assert_str(printed(a, d, 1, false), "d.go:2:3: undefined: y\nd.go:2:3: too many errors\n");
	d = diags_new(a);
	diag_add(d, (Diag){.pos = pos_make(f->index, 2, 12), .msg = S("bad"), .len = 1, .hint = S("try")});
	assert_non_null(strstr(printed(a, d, 0, true).p, "\tx := é + y\n      \x1b[2m|\x1b[0m \t         \x1b[1;32m^"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena), cmocka_unit_test(test_str), cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_names), cmocka_unit_test(test_maps), cmocka_unit_test(test_buf),
		cmocka_unit_test(test_files), cmocka_unit_test(test_pool), cmocka_unit_test(test_sha256), cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_positions), cmocka_unit_test(test_diags),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
