// types_fuzz.c: any bytes through the parser and the checker, bodies and initialization order included. A libFuzzer
// target: clang -fsanitize=fuzzer,address,undefined -Isrc -D_GNU_SOURCE test/fuzz/types_fuzz.c src/base/*.c src/syntax/*.c
// src/types/*.c; with -DSTANDALONE it reads the files that it is given. Types of a run stay in the table of canonical
// types, so nothing is freed: run it in pieces (-max_total_time=100).
#include "types/types.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t n);

typedef struct Input { const u8 *data; size_t n; } Input;

enum { MOST_MEMORY = 400 << 20, LONGEST = 20000 };

static const char fmt_source[] = "package fmt\n"
	"type Stringer interface { String() string }\n"
	"type T[P any] struct { F P; next *T[P] }\n"
	"func (t *T[P]) Get() P { return t.F }\n"
	"type S struct { Name string; n int }\n"
	"func (S) M() {}\n"
	"func Println(a ...any) (n int, err error) { return }\n"
	"func Printf(format string, a ...any) (n int, err error) { return }\n"
	"func Map[K comparable, V any](m map[K]V, f func(K, V) bool) (r []V) { return }\n"
	"const C = 1 << 40\n"
	"var V = map[string]int{}\n";

static Package *fmt_package;

static Package *import(void *ctx, Str path, Str *why)
{
	if (str_is(path, "unsafe"))
		return types_unsafe_package();
	if (str_is(path, "fmt"))
		return fmt_package;
	*why = S("file not found");
	return NULL;
}

static Package *check(Str text, Str path, bool in_std)
{
	Arena *a = arena_new();
	static SourceFile *src;
	if (!src)
		src = source_add(S("/fuzz.go"), S("fuzz.go"));
	free(src->directives);
	src->directives = NULL;
	src->ndirectives = 0;
	text = str_dup(a, text);
	Diags *d = diags_new(a);
	ParseOptions opt = {.check_branches = true, .std = in_std};
	SyntaxFile *f = syntax_parse(a, src, text, &opt, d);
	CheckConfig cfg = {.path = path, .go_version = S("go1.27"), .import = import, .is_std = in_std};
	Package *p = types_check(a, &cfg, &f, 1, d);
	FILE *null = fopen("/dev/null", "w");
	if (null) {
		src->text = text;
		diags_print(d, null, 0, DIAG_COLOR);
		src->text = (Str){0};
		fclose(null);
	}
	diags_free(d);
	if (arena_size(a) > MOST_MEMORY)
		bug("%zu bytes of memory", arena_size(a));
	return p;
}

static void run(void *arg)
{
	Input *in = arg;
	if (!fmt_package)
		fmt_package = check(str(fmt_source), S("fmt"), true);
	check(str_n((const char *)in->data, in->n), S("p"), false);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
	if (n > LONGEST)
		return 0;
	setenv("INGOT_ABORT", "1", 1); // a broken invariant is a finding
	Input in = {data, n};
	run_on_deep_stack(run, &in);
	return 0;
}

#ifdef STANDALONE
int main(int argc, char **argv)
{
	Arena *a = arena_new();
	for (int i = 1; i < argc; i++) {
		Str text;
		Err e = file_map(a, str(argv[i]), &text);
		if (failed(e))
			base_die(STR_FMT, STR_ARG(e.msg));
		LLVMFuzzerTestOneInput((const u8 *)text.p, text.n);
		file_unmap(text);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
#endif
