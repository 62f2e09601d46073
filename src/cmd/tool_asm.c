// tool_asm.c: `go tool asm`: assembles .s files into an object file, or writes their symabis. Flags and messages
// are the official tool's (cmd/asm/main.go, internal/flags).
#include "arch/arch.h"
#include "asm/asm.h"
#include "cmd/cmd.h"
#include "load/load.h"
#include "obj/obj.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct AsmFlags {
	AsmOptions o;
	StrVec files, includes, defines;
	const char *output, *spectre;
	bool shared, dynlink, linkshared, symabis, std, version;
} AsmFlags;

static int usage(void)
{
	fputs("usage: asm [options] file.s ...\nFlags:\n"
		"  -D value\n    \tpredefined symbol with optional simple value -D=identifier=value; can be set multiple times\n"
		"  -I value\n    \tinclude directory; can be set multiple times\n"
		"  -S\tprint assembly and machine code\n"
		"  -V\tprint version and exit\n"
		"  -debug\n    \tdump instructions as they are parsed\n"
		"  -dynlink\n    \tsupport references to Go symbols defined in other shared libraries\n"
		"  -e\tno limit on number of errors reported\n"
		"  -gensymabis\n    \twrite symbol ABI information to output file, don't assemble\n"
		"  -linkshared\n    \tgenerate code that will be linked against Go shared libraries\n"
		"  -o string\n    \toutput file; default foo.o for /a/b/c/foo.s as first argument\n"
		"  -p path\n    \tset expected package import to path (default \"<unlinkable>\")\n"
		"  -shared\n    \tgenerate code that can be linked into a shared library\n"
		"  -spectre list\n    \tenable spectre mitigations in list (all, ret)\n"
		"  -std\n    \tbuilding standard library\n"
		"  -trimpath string\n    \tremove prefix from recorded source file paths\n"
		"  -v\tprint debug output\n", stderr);
	return 2;
}

// Value of a boolean flag: -x, -x=true, -x=false.
static bool is_true(const char *v) { return !v || !strcmp(v, "true") || !strcmp(v, "1"); }

// 0: all parsed; else the exit status.
static int parse_flags(Arena *a, AsmFlags *f, int argc, char **argv)
{
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		char *name = argv[i] + 1;
		if (*name == '-')
			name++;
		if (!*name) {
			i++;
			break;
		}
		char *v = strchr(name, '=');
		Str n = v ? str_n(name, (size_t)(v - name)) : str(name);
		if (v)
			v++;
		struct { const char *name; bool *to; } bools[] = {{"debug", &f->o.debug}, {"dynlink", &f->dynlink},
			{"e", &f->o.all_errors}, {"gensymabis", &f->symabis}, {"linkshared", &f->linkshared},
			{"shared", &f->shared}, {"std", &f->std}, {"S", NULL}, {"v", NULL}, {"compiling-runtime", NULL}};
		u32 k = 0;
		while (k < LENGTH(bools) && !str_is(n, bools[k].name))
			k++;
		if (k < LENGTH(bools)) {
			if (bools[k].to)
				*bools[k].to = is_true(v);
			continue;
		}
		if (str_is(n, "V")) {
			f->version = true;
			continue;
		}
		if (str_is(n, "h") || str_is(n, "help"))
			return usage();
		bool known = str_is(n, "D") || str_is(n, "I") || str_is(n, "o") || str_is(n, "p") || str_is(n, "spectre") ||
			str_is(n, "trimpath") || str_is(n, "d");
		if (!known) {
			fprintf(stderr, "flag provided but not defined: -" STR_FMT "\n", STR_ARG(n));
			return usage();
		}
		if (!v) {
			if (++i >= argc) {
				fprintf(stderr, "flag needs an argument: -" STR_FMT "\n", STR_ARG(n));
				return usage();
			}
			v = argv[i];
		}
		if (str_is(n, "D"))
			vec_push(a, &f->defines, str(v));
		else if (str_is(n, "I"))
			vec_push(a, &f->includes, str(v));
		else if (str_is(n, "o"))
			f->output = v;
		else if (str_is(n, "p"))
			f->o.import_path = str(v);
		else if (str_is(n, "spectre"))
			f->spectre = v;
		else if (str_is(n, "trimpath"))
			f->o.trimpath = str(v);
	}
	for (; i < argc; i++)
		vec_push(a, &f->files, str(argv[i]));
	return 0;
}

static bool write_output(Arena *a, const AsmFlags *f, Buf *out)
{
	Err e = file_write(a, str(f->output), out->p, out->n, 0666);
	if (failed(e))
		fprintf(stderr, "asm: " STR_FMT "\n", STR_ARG(e.msg));
	return !failed(e);
}

static int assemble(Arena *a, AsmFlags *f)
{
	const char *goos = getenv("GOOS");
	Buf out = {0};
	bool ok;
	if (f->symabis) {
		ok = asm_symabis(&f->o, &out);
	} else {
		ObjPkg *obj = obj_new(f->o.import_path);
		bool unlinkable = str_is(f->o.import_path, "<unlinkable>");
		obj_set_flags(obj, OBJ_FROM_ASM | (f->shared || f->dynlink ? OBJ_SHARED : 0) | (f->std ? OBJ_STD : 0) | (unlinkable ? OBJ_UNLINKABLE : 0));
		ok = asm_package(&f->o, obj, 0);
		if (ok)
			obj_write_member(obj, goos && *goos ? str(goos) : S("linux"), str(f->o.arch->name), &out);
		obj_free(obj);
	}
	if (ok)
		ok = write_output(a, f, &out);
	else {
		diags_print(f->o.diags, stderr, 0, diag_style(2));
		if (f->files.n == 1)
			fprintf(stderr, "asm: assembly of " STR_FMT " failed\n", STR_ARG(f->files.p[0]));
		else
			fputs("asm: assembly failed\n", stderr);
		struct stat st;
		if (lstat(f->output, &st) == 0 && S_ISREG(st.st_mode)) // never a device such as /dev/null
			unlink(f->output);
	}
	buf_free(&out);
	return ok ? 0 : 1;
}

int asm_tool_main(int argc, char **argv)
{
	Arena *a = arena_new();
	AsmFlags f = {.o.import_path = S("<unlinkable>")};
	int status = parse_flags(a, &f, argc, argv);
	if (status)
		return status;
	if (f.version) {
		printf("asm version " STR_FMT "\n", STR_ARG(env_release(env_new(a))));
		return 0;
	}
	if (f.files.n == 0)
		return usage();
	if (!f.output) {
		if (f.files.n != 1)
			return usage();
		Str base = path_base(f.files.p[0]);
		if (str_has_suffix(base, ".s"))
			base.n -= 2;
		f.output = str_c(a, str_cat(a, base, S(".o")));
	}
	const char *goarch = getenv("GOARCH");
	Str arch = goarch && *goarch ? str(goarch) : S("amd64");
	f.o.arch = arch_find(arch);
	if (!f.o.arch) {
		fprintf(stderr, "asm: unrecognized architecture " STR_FMT "\n", STR_ARG(arch));
		return 1;
	}
	if (f.spectre && *f.spectre && strcmp(f.spectre, "index")) {
		if (strcmp(f.spectre, "all") && strcmp(f.spectre, "ret")) {
			fprintf(stderr, "asm: unknown setting -spectre=%s\n", f.spectre);
			return 2;
		}
		f.o.retpoline = true;
	}
	f.o.dynlink = f.dynlink;
	f.o.shared = f.shared;
	f.o.files = f.files.p;
	f.o.nfiles = f.files.n;
	f.o.includes = f.includes.p;
	f.o.nincludes = f.includes.n;
	f.o.defines = f.defines.p;
	f.o.ndefines = f.defines.n;
	const char *goroot = getenv("GOROOT");
	f.o.goroot = goroot ? str(goroot) : (Str){0};
	f.o.diags = diags_new(a);
	status = assemble(a, &f);
	arena_free(a);
	return status;
}
