// build_test.c: what importers promise: packages that several threads look into at the same time.
#include "build/export.h"
#include "load/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { PACKAGES = 6, FUNCS = 150 };

// A library of packages without archives: their bodies are passed over until they are asked for.
static void write_library(Arena *a, Str root)
{
	for (u32 p = 0; p < PACKAGES; p++) {
		Str dir = str_fmt(a, STR_FMT "/src/p%u", STR_ARG(root), p);
		assert_false(failed(dir_make_all(a, dir)));
		Buf text = {0};
		buf_printf(&text, "package p%u\n\nimport \"unsafe\"\n", p);
		for (u32 f = 0; f < FUNCS; f++)
			buf_printf(&text, "func F%u[T int | string](x []T, n int) (sum int) {\n\tm := map[string][]T{\"a\": x, \"b\": nil}\n"
				"\tfor k, v := range m {\n\t\tif len(k) > n {\n\t\t\tsum += len(v) * %u\n\t\t\tcontinue\n\t\t}\n"
				"\t\tsum += int(unsafe.Sizeof(v))\n\t}\n\tg := func(y T) []T { return append(x, y) }\n\tfor _, y := range x {\n"
				"\t\tx = g(y)\n\t}\n\treturn sum + len(x)\n}\n", f, f);
		assert_false(failed(file_write(a, str_fmt(a, STR_FMT "/p.go", STR_ARG(dir)), text.p, text.n, 0666)));
		buf_free(&text);
	}
}

typedef struct Bodies { Package *pkgs[PACKAGES]; Diags *d; } Bodies;

static void check_one(void *ctx, u32 i, u32 worker)
{
	Bodies *b = ctx;
	types_check_body(b->pkgs[i % PACKAGES]->funcs.p[i / PACKAGES], b->d);
}

// A package's late bodies are made under its own lock, so its memory must be its own, too.
static void bodies_of_packages_at_once(void **state)
{
	Arena *a = arena_new();
	char dir[] = "/tmp/build_test.XXXXXX";
	assert_non_null(mkdtemp(dir));
	write_library(a, str(dir));
	BuildContext ctx = {.arena = a, .env = env_new(a), .compiler = S("gc"), .goversion = S("go1.27"), .goroot = str(dir), .cwd = str(dir),
		.goos = S("linux"), .goarch = S("amd64"), .facts = facts_open(a, str(dir), FACTS_FILE)};
	ImporterConfig cfg = {.ctx = &ctx, .goroot = str(dir)};
	Importer *im = importer_new(a, &cfg);
	Bodies b = {.d = diags_new(a)};
	for (u32 i = 0; i < PACKAGES; i++) {
		Str why = S("");
		b.pkgs[i] = importer_import(im, str_fmt(a, "p%u", i), &why);
		if (!b.pkgs[i])
			fail_msg(STR_FMT, STR_ARG(why));
		assert_int_equal(b.pkgs[i]->funcs.n, FUNCS);
		for (u32 k = 0; k < i; k++)
			assert_ptr_not_equal(b.pkgs[i]->arena, b.pkgs[k]->arena);
	}
	Pool *pool = pool_new(4);
	pool_for(pool, PACKAGES * FUNCS, check_one, &b);
	pool_free(pool);
	assert_int_equal(diags_count(b.d), 0);
	for (u32 i = 0; i < PACKAGES; i++)
		for (u32 k = 0; k < FUNCS; k++) {
			FuncBody *body = b.pkgs[i]->funcs.p[k]->func.decl->func.body;
			assert_null(body->unread);
			assert_int_equal(body->block->list.n, 5);
		}
	dir_remove_all(a, str(dir));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_of_packages_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
