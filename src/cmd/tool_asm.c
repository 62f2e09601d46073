// tool_asm.c: `go tool asm`: assembles .s files into an object file, or writes their symabis. Flags and messages
// are the official tool's (cmd/asm/main.go, internal/flags).
#include "arch/arch.h"
#include "asm/asm.h"
#include "cmd/cmd.h"
#include "cmd/toolflags.h"
#include "load/load.h"
#include "obj/obj.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct AsmFlags {
#define FLAG(name, kind, field, value, def, help) TOOLFLAG_FIELD_##kind field;
#include "cmd/asmflags.def"
#undef FLAG
	AsmOptions opt;
	StrVec files;
	Str output;
} AsmFlags;

static const ToolFlag defs[] = {
#define FLAG(name, kind, field, value, def, help) {name, TOOLFLAG_##kind, offsetof(AsmFlags, field), value, def, help},
#include "cmd/asmflags.def"
#undef FLAG
};
static const ToolFlags flags = {"usage: asm [options] file.s ...\nFlags:\n", defs, LENGTH(defs)};

static bool write_output(Arena *a, const AsmFlags *f, Buf *out)
{
	Err e = file_write(a, f->output, out->p, out->n, 0666);
	if (failed(e))
		fprintf(stderr, "asm: " STR_FMT "\n", STR_ARG(e.msg));
	return !failed(e);
}

static int assemble(Arena *a, AsmFlags *f)
{
	const char *goos = getenv("GOOS");
	Buf out = {0};
	bool ok;
	if (f->gensymabis) {
		ok = asm_symabis(&f->opt, &out);
	} else {
		ObjPkg *obj = obj_new(f->opt.import_path);
		bool unlinkable = str_is(f->opt.import_path, "<unlinkable>");
		obj_set_flags(obj, OBJ_FROM_ASM | (f->shared || f->dynlink ? OBJ_SHARED : 0) | (f->std ? OBJ_STD : 0) | (unlinkable ? OBJ_UNLINKABLE : 0));
		ok = asm_package(&f->opt, obj, 0);
		if (ok && f->S) {
			Buf text = {0};
			obj_list(obj, &text);
			fwrite(text.p, 1, text.n, stdout);
			buf_free(&text);
		}
		if (ok)
			obj_write_member(obj, goos && *goos ? str(goos) : S("linux"), str(f->opt.arch->name), &out);
		obj_free(obj);
	}
	if (ok)
		ok = write_output(a, f, &out);
	else {
		diags_print(f->opt.diags, stderr, 0, diag_style(2));
		if (f->files.n == 1)
			fprintf(stderr, "asm: assembly of " STR_FMT " failed\n", STR_ARG(f->files.p[0]));
		else
			fputs("asm: assembly failed\n", stderr);
		file_remove_output(a, f->output);
	}
	buf_free(&out);
	return ok ? 0 : 1;
}

int asm_tool_main(int argc, char **argv)
{
	Arena *a = arena_new();
	AsmFlags f = {0};
	StrVec args = {0};
	for (int i = 1; i < argc; i++)
		vec_push(a, &args, str(argv[i]));
	if (!toolflags_parse(&flags, a, args, &f, &f.files))
		return 2;
	if (f.V) {
		printf("asm version " STR_FMT "\n", STR_ARG(env_release(env_new(a))));
		return 0;
	}
	if (f.files.n == 0)
		return toolflags_usage(&flags);
	f.output = f.o;
	if (!f.output.n) {
		if (f.files.n != 1)
			return toolflags_usage(&flags);
		Str base = path_base(f.files.p[0]);
		if (str_has_suffix(base, ".s"))
			base.n -= 2;
		f.output = str_cat(a, base, S(".o"));
	}
	f.opt.import_path = f.p;
	f.opt.trimpath = f.trimpath;
	f.opt.debug = f.debug;
	f.opt.list = f.S;
	f.opt.all_errors = f.e;
	const char *goarch = getenv("GOARCH");
	Str arch = goarch && *goarch ? str(goarch) : S("amd64");
	f.opt.arch = arch_find(arch);
	if (!f.opt.arch) {
		fprintf(stderr, "asm: unrecognized architecture " STR_FMT "\n", STR_ARG(arch));
		return 1;
	}
	if (f.spectre.n && !str_is(f.spectre, "index")) {
		if (!str_is(f.spectre, "all") && !str_is(f.spectre, "ret")) {
			fprintf(stderr, "asm: unknown setting -spectre=" STR_FMT "\n", STR_ARG(f.spectre));
			return 2;
		}
		f.opt.retpoline = true;
	}
	f.opt.dynlink = f.dynlink;
	f.opt.shared = f.shared;
	f.opt.files = f.files.p;
	f.opt.nfiles = f.files.n;
	f.opt.includes = f.I.p;
	f.opt.nincludes = f.I.n;
	f.opt.defines = f.D.p;
	f.opt.ndefines = f.D.n;
	const char *goroot = getenv("GOROOT");
	f.opt.goroot = goroot ? str(goroot) : (Str){0};
	f.opt.diags = diags_new(a);
	int status = assemble(a, &f);
	arena_free(a);
	return status;
}
