// fuzz_types.c: mutated Go programs through the parser and the checker, each in a process of its own; prints and
// keeps those that crash or hang. usage: fuzz_types SEED COUNT OUTDIR file.go...
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "types/types.h"

static u64 state;

static u32 rnd(u32 n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return n ? (u32)(state >> 33) % n : 0;
}

static const char *const words[] = {"x", "T", "int", "string", "nil", "iota", "_", "func", "struct", "interface", "map", "chan", "[]",
	"[...]", "(", ")", "{", "}", "[", "]", "*", "&", "<-", "...", ":=", "=", "==", "+", "<<", "~", "|", ".", ",", ";", ":", "type", "var",
	"const", "return", "if", "for", "range", "switch", "select", "case", "default", "go", "defer", "goto", "break", "any",
	"comparable", "error", "len", "append", "make", "new", "unsafe.Sizeof", "1", "1.5", "1i", "'a'", "\"s\"", "0", "1<<100", "T[int]",
	"T[T]", "P", "[P any]", "[P T]", "struct{T}", "interface{T}", "func() T", "*T", "[]T", "x.x", "x[x]", "x(x)", "T{}", "T(x)"};

static bool word_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Start and end of a token at a random place.
static void token_at(const char *p, u32 n, u32 *from, u32 *to)
{
	u32 i = rnd(n);
	while (i < n && (p[i] == ' ' || p[i] == '\n' || p[i] == '\t'))
		i++;
	if (i >= n)
		i = n - 1;
	u32 a = i, b = i + 1;
	if (word_char(p[i])) {
		while (a > 0 && word_char(p[a - 1]))
			a--;
		while (b < n && word_char(p[b]))
			b++;
	}
	*from = a;
	*to = b;
}

static void mutate(Buf *out, Str s)
{
	out->n = 0;
	buf_bytes(out, s.p, s.n);
	u32 k = 1 + rnd(4);
	while (k--) {
		Buf next = {0};
		u32 a, b, c, d;
		const char *p = (const char *)out->p;
		u32 n = (u32)out->n;
		token_at(p, n, &a, &b);
		token_at(p, n, &c, &d);
		switch (rnd(4)) {
		case 0: // drop
			buf_bytes(&next, p, a);
			buf_bytes(&next, p + b, n - b);
			break;
		case 1: // replace by another token of the file
			buf_bytes(&next, p, a);
			buf_bytes(&next, p + c, d - c);
			buf_bytes(&next, p + b, n - b);
			break;
		case 2: // replace by a word
			buf_bytes(&next, p, a);
			buf_c(&next, words[rnd(LENGTH(words))]);
			buf_bytes(&next, p + b, n - b);
			break;
		default: // insert a word
			buf_bytes(&next, p, b);
			buf_c(&next, " ");
			buf_c(&next, words[rnd(LENGTH(words))]);
			buf_c(&next, " ");
			buf_bytes(&next, p + b, n - b);
		}
		buf_free(out);
		*out = next;
	}
}

static Package *no_import(void *ctx, Str path, Str *why)
{
	*why = S("file not found");
	return NULL;
}

static void check(void *arg)
{
	Str *text = arg;
	Arena *a = arena_new();
	Diags *d = diags_new(a);
	ParseOptions opt = {.check_branches = true};
	SourceFile *src = source_add(S("f.go"), S("f.go"));
	SyntaxFile *f = syntax_parse(a, src, *text, &opt, d);
	CheckConfig cfg = {.path = S("p"), .go_version = S("go1.27"), .import = no_import};
	types_check(a, &cfg, &f, 1, d);
	FILE *null = fopen("/dev/null", "w");
	diags_print(d, null, 0, DIAG_PLAIN);
	fclose(null);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	state = (u64)atoll(argv[1]) * 7919 + 1;
	u32 count = (u32)atoi(argv[2]), bad = 0;
	Arena *a = arena_new();
	for (u32 i = 0; i < count; i++) {
		Str s;
		if (failed(file_map(a, str(argv[4 + rnd((u32)argc - 4)]), &s)) || s.n == 0 || s.n > 100000)
			continue;
		Buf out = {0};
		mutate(&out, s);
		file_unmap(s);
		buf_u8(&out, 0);
		Str text = {(const char *)out.p, (u32)out.n - 1};
		pid_t pid = fork();
		if (pid == 0) {
			alarm(10);
			if (!freopen("/dev/null", "w", stderr))
				_exit(0);
			run_on_deep_stack(check, &text);
			_exit(0);
		}
		int st;
		waitpid(pid, &st, 0);
		if (WIFSIGNALED(st) || WEXITSTATUS(st) != 0) {
			bad++;
			Str name = str_fmt(a, "%s/crash-%s-%u.go", argv[3], argv[1], i);
			file_write(a, name, text.p, text.n, 0666);
			printf("%s: %s %d\n", name.p, WIFSIGNALED(st) ? "signal" : "status", WIFSIGNALED(st) ? WTERMSIG(st) : WEXITSTATUS(st));
			fflush(stdout);
		}
		buf_free(&out);
	}
	printf("%u programs, %u bad\n", count, bad);
	return bad != 0;
}
