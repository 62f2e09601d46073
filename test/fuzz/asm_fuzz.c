// asm_fuzz.c: libFuzzer target: any bytes as an assembly file, for symabis and for objects. Build with make fuzz-asm;
// ASM_FUZZ_INCLUDE names the directory of textflag.h, so that real files are a corpus.
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "asm/asm.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int fd = -1;
	static char name[32];
	if (fd < 0) {
		fd = memfd_create("fuzz.s", 0);
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	}
	if (n > 1 << 16 || ftruncate(fd, 0) || pwrite(fd, p, n, 0) != (ssize_t)n)
		return 0;
	Arena *a = arena_new();
	Str file = str(name), include = str(getenv("ASM_FUZZ_INCLUDE") ? getenv("ASM_FUZZ_INCLUDE") : ".");
	AsmOptions o = {.arch = &arch_amd64, .import_path = S("runtime"), .files = &file, .nfiles = 1, .diags = diags_new(a),
		.includes = &include, .nincludes = 1, .shared = n & 1, .dynlink = n % 4 == 3, .retpoline = n % 8 == 2,
		.go_asm_h = S("#define T_size 24\n#define ADD(a, b) ADDQ a, b\n")};
	Buf out = {0};
	asm_symabis(&o, &out);
	buf_free(&out);
	o.diags = diags_new(a);
	ObjPkg *obj = obj_new(S("runtime"));
	if (asm_package(&o, obj, 0))
		obj_write_member(obj, S("linux"), S("amd64"), &out);
	buf_free(&out);
	obj_free(obj);
	arena_free(a);
	return 0;
}
