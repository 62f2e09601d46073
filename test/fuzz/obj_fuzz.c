// obj_fuzz.c: damaged archives and objects must be refused, never crash. With libFuzzer (clang -fsanitize=fuzzer,
// address -DLIBFUZZER) it is a target; built plainly it damages the objects of a real link itself:
//	obj_fuzz ROUNDS SEED MAIN.a IMPORTCFG [ONE]
// links the program ROUNDS times, each time with a few bytes of one package changed. ONE: only round ONE.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/link.h"
#include "obj/goobj.h"

static void read_everything(Str member)
{
	GoObj o;
	const char *why;
	if (!goobj_open(&o, member, &why))
		return;
	volatile u32 sum = 0;
	for (u32 i = 0; i < o.nall + o.nref; i++)
		sum += hash_str(goobj_name(&o, i));
	for (u32 i = 0; i < o.nall; i++) {
		u32 n;
		sum += hash_str(goobj_data(&o, i));
		const u8 *r = goobj_relocs(&o, i, &n);
		for (u32 j = 0; j < n; j++)
			sum += goobj_local(&o, goobj_ref(r + j * GOOBJ_RELOC + 15));
		const u8 *a = goobj_auxs(&o, i, &n);
		for (u32 j = 0; j < n; j++) {
			u32 li = goobj_local(&o, goobj_ref(a + j * GOOBJ_AUX + 1));
			FuncInfoView f;
			if (li >= o.nall)
				continue;
			if (a[j * GOOBJ_AUX] == AUX_FUNCINFO && funcinfo_open(&f, goobj_data(&o, li)))
				for (u32 k = 0; k < f.ninl; k++)
					sum += funcinfo_inl(&f, k).line;
			for (PcIter it = pciter(goobj_data(&o, li)); !it.done; pciter_next(&it))
				sum += it.pc;
		}
	}
	for (u32 i = 0; i < goobj_nautolib(&o); i++)
		sum += goobj_autolib(&o, i, NULL).n;
	for (u32 i = 0; i < goobj_npkg(&o); i++)
		sum += goobj_pkg(&o, i).n;
	for (u32 i = 0; i < goobj_nfile(&o); i++)
		sum += goobj_file(&o, i).n;
	for (u32 i = 0; i < goobj_nrefname(&o); i++) {
		Str s;
		goobj_refname(&o, i, &s);
		sum += s.n;
	}
}

static bool try_link(LinkInput *in, u32 n, Pool *pool, bool quiet)
{
	Buf out = {0};
	Arena *a = arena_new();
	Diags *d = diags_new(a);
	LinkConfig c = {.out_buf = &out, .goos = S("linux"), .goarch = S("amd64"), .build_version = S("go1.27"), .goroot = S("/go"),
			.build_id = S("a/b"), .ignore_version = true, .no_compress = true, .pool = pool};
	bool ok = link_program(&c, in, n, NULL, d);
	if (!ok && !quiet)
		diags_print(d, stderr, 3, DIAG_PLAIN);
	buf_free(&out);
	arena_free(a);
	return ok;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n);
int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	Arena *a = arena_new();
	ArMember *m;
	u32 k;
	const char *why;
	Str s = str_n((const char *)p, n);
	read_everything(s);
	if (ar_read(a, s, &m, &k, &why))
		for (u32 i = 0; i < k; i++) {
			int at = str_find(m[i].data, "\n!\n");
			if (at >= 0)
				read_everything(str_from(m[i].data, (u32)at + 3));
		}
	LinkInput in[] = {{S("main"), S("main"), s}, {S("runtime"), S("runtime"), s}};
	Pool *pool = pool_new(1);
	try_link(in, 2, pool, true);
	pool_free(pool);
	arena_free(a);
	return 0;
}

#ifndef LIBFUZZER
static u64 rnd(u64 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	Arena *a = arena_new();
	LinkInput *in, *all;
	u32 n;
	Str mod;
	Err e = link_read_importcfg(a, str(argv[4]), &in, &n, &mod);
	if (failed(e))
		return 2;
	all = NEWN(a, LinkInput, n + 1);
	all[0] = (LinkInput){.path = S("main"), .file = str(argv[3])};
	memcpy(all + 1, in, n * sizeof *in);
	n++;
	for (u32 i = 0; i < n; i++)
		if (failed(file_map(a, all[i].file, &all[i].bytes)))
			return 2;
	u32 rounds = (u32)atoi(argv[1]), bad = 0, linked = 0;
	u32 first = argc > 5 ? (u32)atoi(argv[5]) : 0, last = argc > 5 ? first + 1 : rounds;
	for (u32 r = first; r < last; r++) {
		u64 s = ((u64)atoi(argv[2]) + 1) * 0x9e3779b97f4a7c15ull + r * 0xd6e8feb86659fd93ull + 1;
		for (u32 i = 0; i < 4; i++)
			rnd(&s);
		u32 victim = rnd(&s) % 3 ? (u32)(rnd(&s) % MIN(n, 3u)) : (u32)(rnd(&s) % n);
		pid_t pid = fork();
		if (!pid) {
			alarm(120);
			char *copy = malloc(all[victim].bytes.n);
			u32 len = all[victim].bytes.n;
			memcpy(copy, all[victim].bytes.p, len);
			u32 changes = 1 + (u32)(rnd(&s) % 64);
			// Most damage goes to the tables of the object, which are behind the data of __.PKGDEF.
			char *obj = memmem(copy, len, "\0go120ld", 8);
			u32 base = obj ? (u32)(obj - copy) : 0;
			for (u32 i = 0; i < changes; i++) {
				u32 at = rnd(&s) % 4 ? base + (u32)(rnd(&s) % (len - base)) : (u32)(rnd(&s) % len);
				if (rnd(&s) % 8 == 0 && base)
					at = base + 20 + (u32)(rnd(&s) % 76);
				copy[at] = rnd(&s) % 3 ? (char)rnd(&s) : (char)(copy[at] + 1);
			}
			if (rnd(&s) % 16 == 0)
				len = (u32)(rnd(&s) % len);
			char *exact = malloc(len ? len : 1); // so that the sanitizer sees the end
			memcpy(exact, copy, len);
			all[victim].bytes = str_n(exact, len);
			Pool *pool = pool_new(1);
			_exit(try_link(all, n, pool, argc <= 5) ? 0 : 1);
		}
		int st;
		waitpid(pid, &st, 0);
		if (WIFEXITED(st) && WEXITSTATUS(st) <= 1) {
			linked += !WEXITSTATUS(st);
			continue;
		}
		bad++;
		printf("round %u: %s %d\n", r, WIFSIGNALED(st) ? "signal" : "status", WIFSIGNALED(st) ? WTERMSIG(st) : WEXITSTATUS(st));
		fflush(stdout);
	}
	printf("%u rounds, %u linked all the same, %u failed\n", last - first, linked, bad);
	return bad != 0;
}
#endif
