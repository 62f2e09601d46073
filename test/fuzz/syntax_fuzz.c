// syntax_fuzz.c: any bytes through the parser, with everything that reads the tree. A libFuzzer target; with
// -DSTANDALONE a program that feeds it truncated and mutated copies of files: syntax_fuzz SECONDS FILE ...
#include "syntax/syntax.h"

#include <stdlib.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t n);

typedef struct Input { const u8 *data; size_t n; } Input;

static void parse(void *arg)
{
	Input *in = arg;
	static SourceFile *src;
	if (!src)
		src = source_add(S("/fuzz.go"), S("fuzz.go"));
	for (u32 mode = 0; mode < 3; mode++) {
		Arena *a = arena_new();
		Str text = str_dup(a, str_n((const char *)in->data, in->n));
		ParseOptions opt = {.check_branches = true, .skip_bodies = mode == 1, .imports_only = mode == 2, .std = mode == 1};
		Diags *d = diags_new(a);
		free(src->directives);
		src->directives = NULL;
		src->ndirectives = 0;
		SyntaxFile *f = syntax_parse(a, src, text, &opt, d);
		FILE *null = fopen("/dev/null", "w");
		if (null) {
			syntax_dump(null, f);
			src->text = text;
			diags_print(d, null, 0, DIAG_COLOR);
			src->text = (Str){0};
			fclose(null);
		}
		diags_free(d);
		arena_free(a);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
	Input in = {data, n};
#ifdef STANDALONE
	parse(&in); // main runs on a deep stack
#else
	run_on_deep_stack(parse, &in);
#endif
	return 0;
}

#ifdef STANDALONE
static u64 seed = 88172645463325252;

static u32 next(u32 n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (u32)(seed >> 20) % (n ? n : 1);
}

// One change of the kinds that find things: cut, flip, insert a token, copy a piece elsewhere, nest.
static u32 mutate(u8 *p, u32 n, u32 cap)
{
	static const char *const pieces[] = {"(", ")", "[", "]", "{", "}", "<-", "chan ", "func", "type ", "switch ", "case ",
		"go ", "...", ".(", "~", "|", ":=", "=", ";", "\n", "`", "\"", "'", "/*", "//line x:1\n", "//go:", "0x", "1e", "_",
		"\\", "\xff", "\xef\xbb\xbf", "\xc3\xa9", "goto L\n", "L: ", "interface{", "struct{", "*", ",", ".", "if ", "for ", "range "};
	switch (next(6)) {
	case 0: return next(n);
	case 1: p[next(n)] = (u8)next(256); return n;
	case 2: {
		const char *s = pieces[next(LENGTH(pieces))];
		u32 m = (u32)strlen(s), at = next(n);
		if (n + m > cap)
			return n;
		memmove(p + at + m, p + at, n - at);
		memcpy(p + at, s, m);
		return n + m;
	}
	case 3: {
		u32 from = next(n), to = next(n), most = MIN(n - from, n - to), m = next(MIN(most, 200u));
		memmove(p + to, p + from, m);
		return n;
	}
	case 4: {
		u32 at = next(n), m = next(MIN(60u, n - at));
		memmove(p + at, p + at + m, n - at - m);
		return n - m;
	}
	default: {
		const char *s = pieces[next(LENGTH(pieces))];
		u32 m = (u32)strlen(s), times = next(40), at = next(n);
		for (u32 i = 0; i < times && n + m <= cap; i++, n += m) {
			memmove(p + at + m, p + at, n - at);
			memcpy(p + at, s, m);
		}
		return n;
	}
	}
}

typedef struct Args { int argc; char **argv; } Args;

static void run(void *arg)
{
	Args *args = arg;
	time_t end = time(NULL) + atoi(args->argv[1]);
	u64 runs = 0;
	Arena *a = arena_new();
	while (time(NULL) < end)
		for (int i = 2; i < args->argc && time(NULL) < end; i++) {
			ArenaMark m = arena_mark(a);
			Str text;
			if (failed(file_map(a, str(args->argv[i]), &text)) || text.n > 100000)
				continue;
			u32 cap = text.n + 4096;
			u8 *p = arena_alloc(a, cap);
			for (u32 k = 0; k < 4; k++, runs++) {
				u32 n = text.n;
				if (n)
					memcpy(p, text.p, n);
				for (u32 j = next(6) + 1; j && n; j--)
					n = mutate(p, n, cap);
				LLVMFuzzerTestOneInput(p, n);
			}
			file_unmap(text);
			arena_reset(a, m);
		}
	printf("%llu inputs\n", (unsigned long long)runs);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		base_die("usage: syntax_fuzz SECONDS FILE ...");
	Args args = {argc, argv};
	run_on_deep_stack(run, &args);
	return 0;
}
#endif
