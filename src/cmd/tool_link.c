// tool_link.c: `go tool link`: the official linker's flags over link_program.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/toolflags.h"
#include "link/link.h"
#include "obj/obj.h"

typedef struct Flags {
#define FLAG(name, kind, field, value, def, help) TOOLFLAG_FIELD_##kind field;
#include "cmd/linkflags.def"
#undef FLAG
} Flags;

static const ToolFlag defs[] = {
#define FLAG(name, kind, field, value, def, help) {name, TOOLFLAG_##kind, offsetof(Flags, field), value, def, help},
#include "cmd/linkflags.def"
#undef FLAG
};
static const ToolFlags flags = {"usage: link [options] main.o\n", defs, LENGTH(defs)};

#define fail(...) tool_error("link: ", __VA_ARGS__)

// -X importpath.name=value
static bool definitions(Arena *a, const Flags *f, LinkConfig *c)
{
	LinkDef *defs_of = NEWN(a, LinkDef, f->X.n + 1);
	for (u32 i = 0; i < f->X.n; i++) {
		int eq = str_index(f->X.p[i], '=');
		Str name = eq >= 0 ? str_sub(f->X.p[i], 0, (u32)eq) : S("");
		int dot = str_rindex(name, '.');
		if (dot < 0) {
			fail("-X flag requires argument of the form importpath.name=value");
			return false;
		}
		defs_of[i] = (LinkDef){str_cat(a, obj_path_prefix(a, str_sub(name, 0, (u32)dot)), str_from(name, (u32)dot)),
			str_from(f->X.p[i], (u32)eq + 1)};
	}
	c->defs = defs_of;
	c->ndefs = f->X.n;
	return true;
}

// What official Go's linker can and this one cannot.
static const char *unsupported(const Flags *f)
{
	return f->race ? "-race" : f->msan ? "-msan" : f->asan ? "-asan" : f->linkshared ? "-linkshared" : f->c ? "-c" : f->benchmark.n ? "-benchmark"
		: f->benchmarkprofile.n ? "-benchmarkprofile" : f->cpuprofile.n ? "-cpuprofile" : f->memprofile.n ? "-memprofile" : f->k.n ? "-k"
		: f->capturehostobjs.n ? "-capturehostobjs" : f->fipso.n ? "-fipso" : NULL;
}

static bool one_of(Str s, const char *const *names)
{
	for (; *names; names++)
		if (str_is(s, *names))
			return true;
	return false;
}

// What the flags mean; 0, or the exit status after a message.
static int configure(Arena *a, Flags *f, LinkConfig *c)
{
	static const char *const modes[] = {"auto", "internal", "external", NULL}, *const builds[] = {"exe", "pie", "c-archive", "c-shared", "shared", "plugin", NULL},
		*const headers[] = {"aix", "darwin", "dragonfly", "elf", "freebsd", "js", "linux", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows", "windowsgui", NULL};
	if (f->linkmode.n && !one_of(f->linkmode, modes)) {
		fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -linkmode: invalid linkmode: \"" STR_FMT "\"\n", STR_ARG(f->linkmode), STR_ARG(f->linkmode));
		return toolflags_usage(&flags);
	}
	if (f->buildmode.n && !str_is(f->buildmode, "default") && !one_of(f->buildmode, builds)) {
		fprintf(stderr, "invalid value \"" STR_FMT "\" for flag -buildmode: invalid buildmode: \"" STR_FMT "\"\n", STR_ARG(f->buildmode), STR_ARG(f->buildmode));
		return toolflags_usage(&flags);
	}
	if (f->H.n && !one_of(f->H, headers)) {
		fprintf(stderr, "unknown -H option: " STR_FMT "\n", STR_ARG(f->H));
		return toolflags_usage(&flags);
	}
	if (!definitions(a, f, c))
		return 1;
	c->build_id = f->buildid;
	c->host_build_id = f->B;
	c->entry = f->E;
	c->strip_symtab = f->s;
	c->strip_dwarf = f->w >= 0 ? f->w != 0 : f->s;
	c->no_compress = !f->compressdwarf;
	c->no_check_linkname = !f->checklinkname;
	c->ignore_version = f->f;
	c->dump_deps = f->dumpdep;
	c->debug_nosplit = f->debugnosplit;
	c->verbose = f->v > 0;
	c->all_errors = f->e;
	c->race = f->race;
	c->strict_dups = (u32)f->strictdups;
	c->text_addr = f->T < 0 ? 0 : (u64)f->T;
	c->data_addr = f->D < 0 ? 0 : (u64)f->D;
	c->round = f->R < 0 ? 0 : (u64)f->R;
	c->func_align = (u32)f->funcalign;
	u8 note[32];
	u32 note_bytes;
	Str bad = f->B.n && !str_is(f->B, "gobuildid") && !str_is(f->B, "none") ? link_parse_note(a, f->B, note, &note_bytes) : S("");
	if (bad.n)
		return fail(STR_FMT, STR_ARG(bad));
	if (f->R != -1 && (f->R < 4096 || (f->R & (f->R - 1))))
		return fail("invalid -R value 0x%llx", (unsigned long long)f->R);
	if (f->funcalign < 0 || (f->funcalign & (f->funcalign - 1)))
		return fail("invalid -funcalign value %lld", (long long)f->funcalign);
	if (f->D != -1 && f->D % (c->round ? (i64)c->round : 4096))
		return fail("invalid -D value 0x%llx: not aligned to rounding quantum 0x%llx", (unsigned long long)f->D,
			    (unsigned long long)(c->round ? c->round : 4096));
	if (str_is(f->linkmode, "external"))
		return fail("-linkmode=external is not supported: linking is internal");
	if (f->buildmode.n && !str_is(f->buildmode, "exe") && !str_is(f->buildmode, "default"))
		return fail("-buildmode=" STR_FMT " is not supported", STR_ARG(f->buildmode));
	if (unsupported(f))
		return fail("%s is not supported", unsupported(f));
	if (f->H.n && !str_is(f->H, "linux") && !str_is(f->H, "elf"))
		return fail("-H " STR_FMT " is not supported", STR_ARG(f->H));
	return 0;
}

bool tool_link_flags(Arena *a, const StrVec *words, LinkConfig *cfg)
{
	if (!words->n)
		return true;
	Flags f = {0};
	StrVec rest;
	if (!toolflags_parse(&flags, a, *words, &f, &rest))
		return false;
	if (rest.n) {
		toolflags_usage(&flags);
		return false;
	}
	return !configure(a, &f, cfg);
}

int tool_link_main(int argc, char **argv)
{
	Arena *a = arena_new();
	Flags f = {0};
	StrVec args = {0}, rest;
	for (int i = 1; i < argc; i++)
		vec_push(a, &args, str(argv[i]));
	if (!toolflags_parse(&flags, a, args, &f, &rest))
		return 2;
	if (f.V) {
		printf("link version %s\n", obj_go_version);
		return 0;
	}
	if (rest.n != 1)
		return toolflags_usage(&flags);
	const char *goos = getenv("GOOS"), *goarch = getenv("GOARCH"), *goroot = getenv("GOROOT");
	LinkConfig c = {
		.out = f.o.n ? f.o : S("a.out"), .goos = str(goos && *goos ? goos : "linux"),
		.goarch = str(goarch && *goarch ? goarch : "amd64"), .goroot = str(goroot ? goroot : ""),
		.build_version = str(obj_go_version),
	};
	int status = configure(a, &f, &c);
	if (status)
		return status;
	LinkInput *in = NULL;
	u32 n = 0;
	if (f.importcfg.n) {
		Err e = link_read_importcfg(a, f.importcfg, &in, &n, &c.mod_info);
		if (failed(e))
			return fail("%.*s", STR_ARG(e.msg));
	}
	LinkInput *all = NEWN(a, LinkInput, n + 1);
	all[0] = (LinkInput){.path = S("main"), .file = rest.p[0]};
	if (n)
		memcpy(all + 1, in, n * sizeof *in);
	Diags *d = diags_new(a);
	bool ok = link_program(&c, all, n + 1, NULL, d);
	if (!ok)
		diags_print(d, stderr, f.e ? 0 : 20, DIAG_PLAIN);
	arena_free(a);
	return ok ? 0 : 2;
}
