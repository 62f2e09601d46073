// link_test.c: programs of a few symbols over a runtime of a few symbols are linked in memory and run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "link/link.h"
#include "obj/obj.h"

static LSym *code(ObjPkg *o, const char *name, Abi abi, const void *p, size_t n)
{
	LSym *s = obj_sym(o, str(name), abi);
	obj_define(o, s, SYM_TEXT, 0);
	sym_bytes(o, s, 0, p, n);
	s->nosplit = true;
	s->func = obj_alloc(o, sizeof *s->func);
	PcTab t = {0};
	pctab_at(&t, 0, 0);
	s->func->pcsp = pctab_end(o, &t, (u32)n);
	return s;
}

static void finish(ObjPkg *o, bool is_main, Buf *out)
{
	obj_write_archive(o, S("linux"), S("amd64"), S("a/b"), is_main, S(""), out);
	obj_free(o);
}

// The least that a program needs of package runtime: an entry that calls main.main and exits with 0.
static void runtime(Buf *out)
{
	ObjPkg *o = obj_new(S("runtime"));
	static const u8 entry[] = {0xe8, 0, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05}, ret[] = {0xc3};
	LSym *e = code(o, "_rt0_amd64_linux", ABI0, entry, sizeof entry);
	*sym_reloc(o, e) = (Reloc){.off = 1, .size = 4, .type = R_CALL, .sym = obj_sym(o, S("main.main"), ABI_INTERNAL)};
	code(o, "runtime.unreachableMethod", ABI_INTERNAL, ret, 1);
	code(o, "runtime.mapinitnoop", ABI_INTERNAL, ret, 1);
	LSym *md = obj_sym(o, S("type:runtime.moduledata"), ABI0);
	obj_define(o, md, SYM_RODATA, OBJ_SEQ_NAME);
	sym_u64(o, md, 0, 568);
	LSym *init = obj_sym(o, S("runtime..inittask"), ABI0);
	obj_define(o, init, SYM_NOPTRDATA, OBJ_SEQ_NAME);
	sym_u64(o, init, 0, 0);
	finish(o, false, out);
}

// main.main writes the string variable main.text (pointer, length) to standard output.
static ObjPkg *printer(void)
{
	ObjPkg *o = obj_new(S("main"));
	static const u8 body[] = {
		0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0,             // mov eax, 1; mov edi, 1
		0x48, 0x8b, 0x35, 0, 0, 0, 0,                   // mov rsi, [rip+text]
		0x48, 0x8b, 0x15, 0, 0, 0, 0,                   // mov rdx, [rip+text+8]
		0x0f, 0x05, 0xc3,                               // syscall; ret
	};
	LSym *m = code(o, "main.main", ABI_INTERNAL, body, sizeof body);
	LSym *text = obj_sym(o, S("main.text"), ABI0);
	obj_define(o, text, SYM_DATA, 1);
	sym_addr(o, text, 0, obj_string(o, S("hello\n")), 0);
	sym_u64(o, text, 8, 6);
	text->gotype = obj_sym(o, S("type:string"), ABI0);
	LSym *t = text->gotype; // one pointer, then a word
	obj_define(o, t, SYM_RODATA, OBJ_SEQ_NAME);
	sym_u64(o, t, 0, 16);
	sym_u64(o, t, 8, 8);
	sym_u8(o, t, 23, 24);
	sym_grow(o, t, 48);
	LSym *mask = obj_sym(o, S("runtime.gcbits.01"), ABI0);
	obj_define(o, mask, SYM_RODATA, OBJ_SEQ_NAME);
	sym_u8(o, mask, 0, 1);
	mask->dupok = true;
	sym_addr(o, t, 32, mask, 0);
	*sym_reloc(o, m) = (Reloc){.off = 13, .size = 4, .type = R_PCREL, .sym = text};
	*sym_reloc(o, m) = (Reloc){.off = 20, .size = 4, .type = R_PCREL, .sym = text, .add = 8};
	static const u8 never[] = "never called";
	code(o, "main.unused", ABI_INTERNAL, never, sizeof never);
	obj_import(o, S("runtime"));
	return o;
}

typedef struct Linked { Buf image; char said[4096]; bool ok; } Linked;

static Linked link_with(const LinkConfig *more, const LinkInput *in, u32 n)
{
	Linked r = {0};
	Arena *a = arena_new();
	Diags *d = diags_new(a);
	LinkConfig c = *more;
	c.out_buf = &r.image;
	c.goos = S("linux");
	c.goarch = S("amd64");
	c.build_version = S("go1.27");
	r.ok = link_program(&c, in, n, NULL, d);
	FILE *f = fmemopen(r.said, sizeof r.said, "w");
	diags_print(d, f, 0, DIAG_PLAIN);
	fclose(f);
	arena_free(a);
	return r;
}

// Runs the image and returns what it printed.
static void expect_output(Linked *r, const char *want)
{
	int fd = memfd_create("link_test", MFD_CLOEXEC), p[2];
	char got[64] = {0};
	assert_true(fd >= 0 && write(fd, r->image.p, r->image.n) == (ssize_t)r->image.n);
	assert_int_equal(pipe(p), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		dup2(p[1], 1);
		fexecve(fd, (char *[]){"x", NULL}, (char *[]){NULL});
		_exit(99);
	}
	close(p[1]);
	size_t n = 0;
	for (ssize_t k; n < sizeof got - 1 && (k = read(p[0], got + n, sizeof got - 1 - n)) > 0;)
		n += (size_t)k;
	int st;
	waitpid(pid, &st, 0);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	assert_string_equal(got, want);
	close(p[0]);
	close(fd);
}

static bool image_has(const Linked *r, const char *s) { return memmem(r->image.p, r->image.n, s, strlen(s)) != NULL; }

static void runs(void **state)
{
	(void)state;
	Buf rt = {0}, m = {0};
	runtime(&rt);
	finish(printer(), true, &m);
	LinkInput in[] = {{S("main"), S("main.a"), buf_view(&m)}, {S("runtime"), S("runtime.a"), buf_view(&rt)}};
	Linked r = link_with(&(LinkConfig){.strip_dwarf = true, .build_id = S("x/y")}, in, 2);
	assert_string_equal(r.said, "");
	assert_true(r.ok);
	expect_output(&r, "hello\n");
	assert_false(image_has(&r, "never called"));
	assert_true(image_has(&r, "main.main"));
	Linked again = link_with(&(LinkConfig){.strip_dwarf = true, .build_id = S("x/y"), .pool = NULL}, in, 2);
	assert_int_equal(r.image.n, again.image.n);
	assert_memory_equal(r.image.p, again.image.p, r.image.n);
	buf_free(&again.image);
	buf_free(&r.image);
	LinkDef x = {S("main.text"), S("other\n")};
	r = link_with(&(LinkConfig){.strip_dwarf = true, .strip_symtab = true, .defs = &x, .ndefs = 1}, in, 2);
	assert_true(r.ok);
	expect_output(&r, "other\n");
	assert_false(image_has(&r, "main.main\1")); // the name is in pclntab only
	buf_free(&r.image);
	buf_free(&rt);
	buf_free(&m);
}

static void refuses(void **state)
{
	(void)state;
	Buf rt = {0}, m = {0}, twice = {0};
	runtime(&rt);
	ObjPkg *o = printer();
	LSym *s = obj_sym(o, S("main.main"), ABI_INTERNAL);
	*sym_reloc(o, s) = (Reloc){.off = 13, .size = 4, .type = R_CALL, .sym = obj_sym(o, S("main.missing"), ABI_INTERNAL)};
	finish(o, true, &m);
	LinkInput in[] = {{S("main"), S("main.a"), buf_view(&m)}, {S("runtime"), S("runtime.a"), buf_view(&rt)}};
	Linked r = link_with(&(LinkConfig){.strip_dwarf = true}, in, 2);
	assert_false(r.ok);
	assert_non_null(strstr(r.said, "main.main: relocation target main.missing not defined"));
	buf_free(&r.image);
	r = link_with(&(LinkConfig){0}, in, 1);
	assert_false(r.ok);
	assert_non_null(strstr(r.said, "cannot find package runtime"));
	in[0].bytes = in[1].bytes;
	r = link_with(&(LinkConfig){0}, in, 2);
	assert_false(r.ok);
	assert_non_null(strstr(r.said, "main.a: not package main"));
	in[0].bytes = str_sub(buf_view(&m), 0, (u32)m.n / 2);
	r = link_with(&(LinkConfig){0}, in, 2);
	assert_false(r.ok);
	assert_non_null(strstr(r.said, "malformed archive"));
	// A chain of nosplit functions that is too deep.
	o = obj_new(S("main"));
	static const u8 body[] = {0x48, 0x81, 0xec, 0, 4, 0, 0, 0xc3};
	s = code(o, "main.main", ABI_INTERNAL, body, sizeof body);
	PcTab t = {0};
	pctab_at(&t, 0, 0);
	pctab_at(&t, 7, 1024);
	s->func->pcsp = pctab_end(o, &t, sizeof body);
	finish(o, true, &twice);
	in[0].bytes = buf_view(&twice);
	r = link_with(&(LinkConfig){.strip_dwarf = true}, in, 2);
	assert_false(r.ok);
	assert_non_null(strstr(r.said, "_rt0_amd64_linux: nosplit stack over 792 byte limit"));
	assert_non_null(strstr(r.said, "grows 8 bytes, calls main.main<1>\n        grows 1024 bytes\n        240 bytes over limit"));
	buf_free(&rt);
	buf_free(&m);
	buf_free(&twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(runs), cmocka_unit_test(refuses)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
