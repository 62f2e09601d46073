// tool_link.c: `go tool link`: the official linker's flags over link_program.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "link/link.h"
#include "obj/obj.h"

typedef enum FlagKind { FLAG_BOOL, FLAG_STR, FLAG_INT, FLAG_COUNT, FLAG_DEF, FLAG_LIST } FlagKind;

typedef struct Flags {
	bool a, aslr, asan, bindnow, c, checklinkname, compressdwarf, d, dumpdep, debugnosplit, e, f, g, h, linkshared, msan, n,
		pruneweakmap, race, s, w, w_set, V;
	Str B, E, H, I, L, buildid, buildmode, capturehostobjs, cpuprofile, extar, extld, extldflags, fipso, importcfg,
		installsuffix, k, libgcc, linkmode, macos, macsdk, memprofile, o, pluginpath, r, tmpdir, benchmark,
		benchmarkprofile;
	i64 D, R, T, debugtramp, debugtextsize, funcalign, memprofilerate, randlayout, strictdups, v;
	VEC(LinkDef) X;
} Flags;

typedef struct FlagDef { const char *name; FlagKind kind; size_t off; const char *help; } FlagDef;

#define F(field) offsetof(Flags, field)
static const FlagDef defs[] = {
	{"B", FLAG_STR, F(B), "set ELF NT_GNU_BUILD_ID note; use \"gobuildid\" to generate it from the Go build ID; \"none\" to disable"},
	{"D", FLAG_INT, F(D), "set the start address of data symbols (default -1)"},
	{"E", FLAG_STR, F(E), "set entry symbol name"},
	{"H", FLAG_STR, F(H), "set header type"},
	{"I", FLAG_STR, F(I), "use linker as ELF dynamic linker"},
	{"L", FLAG_LIST, F(L), "add specified directory to library path"},
	{"R", FLAG_INT, F(R), "set address rounding quantum (default -1)"},
	{"T", FLAG_INT, F(T), "set the start address of text symbols (default -1)"},
	{"V", FLAG_BOOL, F(V), "print version and exit"},
	{"X", FLAG_DEF, 0, "add string value definition of the form importpath.name=value"},
	{"a", FLAG_BOOL, F(a), "no-op (deprecated)"},
	{"asan", FLAG_BOOL, F(asan), "enable ASan interface"},
	{"aslr", FLAG_BOOL, F(aslr), "enable ASLR for buildmode=c-shared on windows (default true)"},
	{"benchmark", FLAG_STR, F(benchmark), "set to 'mem' or 'cpu' to enable phase benchmarking"},
	{"benchmarkprofile", FLAG_STR, F(benchmarkprofile), "emit phase profiles"},
	{"bindnow", FLAG_BOOL, F(bindnow), "mark a dynamically linked ELF object for immediate function binding"},
	{"buildid", FLAG_STR, F(buildid), "record id as Go toolchain build id"},
	{"buildmode", FLAG_STR, F(buildmode), "set build mode"},
	{"c", FLAG_BOOL, F(c), "dump call graph"},
	{"capturehostobjs", FLAG_STR, F(capturehostobjs), "capture host object files loaded during internal linking to specified dir"},
	{"checklinkname", FLAG_BOOL, F(checklinkname), "check linkname symbol references (default true)"},
	{"compressdwarf", FLAG_BOOL, F(compressdwarf), "compress DWARF if possible (default true)"},
	{"cpuprofile", FLAG_STR, F(cpuprofile), "write cpu profile to file"},
	{"d", FLAG_BOOL, F(d), "disable dynamic executable"},
	{"debugnosplit", FLAG_BOOL, F(debugnosplit), "dump nosplit call graph"},
	{"debugtextsize", FLAG_INT, F(debugtextsize), "debug text section max size"},
	{"debugtramp", FLAG_INT, F(debugtramp), "debug trampolines"},
	{"dumpdep", FLAG_BOOL, F(dumpdep), "dump symbol dependency graph"},
	{"e", FLAG_BOOL, F(e), "no limit on number of errors reported"},
	{"extar", FLAG_STR, F(extar), "archive program for buildmode=c-archive"},
	{"extld", FLAG_STR, F(extld), "use linker when linking in external mode"},
	{"extldflags", FLAG_STR, F(extldflags), "pass flags to external linker"},
	{"f", FLAG_BOOL, F(f), "ignore version mismatch"},
	{"fipso", FLAG_STR, F(fipso), "write fips module to file"},
	{"funcalign", FLAG_INT, F(funcalign), "set function align to N bytes"},
	{"g", FLAG_BOOL, F(g), "disable go package data checks"},
	{"h", FLAG_BOOL, F(h), "halt on error"},
	{"importcfg", FLAG_STR, F(importcfg), "read import configuration from file"},
	{"installsuffix", FLAG_STR, F(installsuffix), "set package directory suffix"},
	{"k", FLAG_STR, F(k), "set field tracking symbol"},
	{"libgcc", FLAG_STR, F(libgcc), "compiler support lib for internal linking; use \"none\" to disable"},
	{"linkmode", FLAG_STR, F(linkmode), "set link mode"},
	{"linkshared", FLAG_BOOL, F(linkshared), "link against installed Go shared libraries"},
	{"macos", FLAG_STR, F(macos), "mac OS version to write in build info"},
	{"macsdk", FLAG_STR, F(macsdk), "mac SDK version to write in build info"},
	{"memprofile", FLAG_STR, F(memprofile), "write memory profile to file"},
	{"memprofilerate", FLAG_INT, F(memprofilerate), "set runtime.MemProfileRate to rate"},
	{"msan", FLAG_BOOL, F(msan), "enable MSan interface"},
	{"n", FLAG_BOOL, F(n), "no-op (deprecated)"},
	{"o", FLAG_STR, F(o), "write output to file"},
	{"pluginpath", FLAG_STR, F(pluginpath), "full path name for plugin"},
	{"pruneweakmap", FLAG_BOOL, F(pruneweakmap), "prune weak mapinit refs (default true)"},
	{"r", FLAG_STR, F(r), "set the ELF dynamic linker search path to dir1:dir2:..."},
	{"race", FLAG_BOOL, F(race), "enable race detector"},
	{"randlayout", FLAG_INT, F(randlayout), "randomize function layout"},
	{"s", FLAG_BOOL, F(s), "disable symbol table"},
	{"strictdups", FLAG_INT, F(strictdups), "sanity check duplicate symbol contents during object file reading (1=warn 2=err)."},
	{"tmpdir", FLAG_STR, F(tmpdir), "use directory for temporary files"},
	{"v", FLAG_COUNT, F(v), "print link trace"},
	{"w", FLAG_BOOL, F(w), "disable DWARF generation"},
};

#define NO_FLAGS {.checklinkname = true, .compressdwarf = true, .aslr = true, .pruneweakmap = true, .D = -1, .R = -1, .T = -1}

static int usage(void)
{
	fprintf(stderr, "usage: link [options] main.o\n");
	for (u32 i = 0; i < LENGTH(defs); i++)
		fprintf(stderr, "  -%s%s\n    \t%s\n", defs[i].name, defs[i].kind == FLAG_BOOL || defs[i].kind == FLAG_COUNT ? "" : " value",
			defs[i].help);
	return 2;
}

static bool parse_bool(const char *v, bool *out)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0", "f", "F", "false", "FALSE",
												 "False"};
	for (u32 i = 0; i < 6; i++) {
		if (!strcmp(v, yes[i]))
			return *out = true, true;
		if (!strcmp(v, no[i]))
			return *out = false, true;
	}
	return false;
}

// Go's flag syntax: -name, -name=value, -name value; also with two dashes. Returns the index of the first
// argument that is no flag, or -1 after a message.
static int parse(Arena *a, Flags *f, int argc, char **argv)
{
	int i = 1;
	for (; i < argc; i++) {
		const char *s = argv[i];
		if (s[0] != '-' || !s[1])
			break;
		if (!strcmp(s, "--"))
			return i + 1;
		s += s[1] == '-' ? 2 : 1;
		const char *eq = strchr(s, '='), *val = eq ? eq + 1 : NULL;
		Str name = eq ? str_n(s, (size_t)(eq - s)) : str(s);
		const FlagDef *d = NULL;
		for (u32 k = 0; k < LENGTH(defs); k++)
			if (str_is(name, defs[k].name))
				d = &defs[k];
		if (!d) {
			if (str_is(name, "V=full"))
				return f->V = true, i;
			fprintf(stderr, "flag provided but not defined: -%.*s\n", STR_ARG(name));
			return -1;
		}
		char *p = (char *)f + d->off;
		if (d->kind == FLAG_BOOL && d->off == F(V)) {
			f->V = true;
			continue;
		}
		if (d->kind == FLAG_BOOL) {
			*(bool *)p = true;
			if (val && !parse_bool(val, (bool *)p)) {
				fprintf(stderr, "invalid boolean value \"%s\" for -%s: parse error\n", val, d->name);
				return -1;
			}
			if (d->off == F(w))
				f->w_set = true;
			continue;
		}
		if (d->kind == FLAG_COUNT) {
			if (val)
				*(i64 *)p = strcmp(val, "false") ? (strcmp(val, "true") ? atoll(val) : 1) : 0;
			else
				++*(i64 *)p;
			continue;
		}
		if (!val) {
			if (i + 1 >= argc) {
				fprintf(stderr, "flag needs an argument: -%s\n", d->name);
				return -1;
			}
			val = argv[++i];
		}
		switch (d->kind) {
		case FLAG_INT: {
			char *end;
			*(i64 *)p = strtoll(val, &end, 0);
			if (*end || !*val) {
				fprintf(stderr, "invalid value \"%s\" for flag -%s: parse error\n", val, d->name);
				return -1;
			}
			break;
		}
		case FLAG_DEF: {
			const char *e = strchr(val, '=');
			Str n = e ? str_n(val, (size_t)(e - val)) : S("");
			int dot = str_rindex(n, '.');
			if (dot < 0) {
				fprintf(stderr, "link: -X flag requires argument of the form importpath.name=value\n");
				return -2;
			}
			Str pkg = obj_path_prefix(a, str_sub(n, 0, (u32)dot));
			vec_push(a, &f->X, (LinkDef){str_cat(a, pkg, str_from(n, (u32)dot)), str(e + 1)});
			break;
		}
		default:
			*(Str *)p = str(val);
		}
	}
	return i;
}

static int fail(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("link: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return 1;
}

// What the flags mean; 0, or the exit status after a message.
static int configure(Flags *f, LinkConfig *c)
{
	c->build_id = f->buildid;
	c->host_build_id = f->B;
	c->entry = f->E;
	c->strip_symtab = f->s;
	c->strip_dwarf = f->w_set ? f->w : f->s;
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
	Arena *a = arena_new();
	Str bad = f->B.n && !str_is(f->B, "gobuildid") && !str_is(f->B, "none") ? link_parse_note(a, f->B, note, &note_bytes) : S("");
	int status = bad.n ? fail(STR_FMT, STR_ARG(bad)) : 0;
	arena_free(a);
	if (status)
		return status;
	if (f->R != -1 && (f->R < 4096 || (f->R & (f->R - 1))))
		return fail("invalid -R value 0x%llx", (unsigned long long)f->R);
	if (f->funcalign < 0 || (f->funcalign & (f->funcalign - 1)))
		return fail("invalid -funcalign value %lld", (long long)f->funcalign);
	if (f->D != -1 && f->D % (c->round ? (i64)c->round : 4096))
		return fail("invalid -D value 0x%llx: not aligned to rounding quantum 0x%llx", (unsigned long long)f->D,
			    (unsigned long long)(c->round ? c->round : 4096));
	if (f->linkmode.n && !str_is(f->linkmode, "auto") && !str_is(f->linkmode, "internal"))
		return fail("-linkmode=%.*s is not supported: linking is internal", STR_ARG(f->linkmode));
	if (f->buildmode.n && !str_is(f->buildmode, "exe") && !str_is(f->buildmode, "default"))
		return fail("-buildmode=%.*s is not supported", STR_ARG(f->buildmode));
	if (f->linkshared)
		return fail("-linkshared is not supported");
	if (f->race || f->msan || f->asan)
		return fail("%s is not supported", f->race ? "-race" : f->msan ? "-msan" : "-asan");
	if (f->H.n && !str_is(f->H, "linux"))
		return fail("-H %.*s is not supported", STR_ARG(f->H));
	c->defs = f->X.p;
	c->ndefs = f->X.n;
	return 0;
}

bool tool_link_flags(Arena *a, const StrVec *words, LinkConfig *cfg)
{
	if (!words->n)
		return true;
	Flags f = NO_FLAGS;
	char **argv = NEWN(a, char *, words->n + 2);
	argv[0] = "link";
	for (u32 i = 0; i < words->n; i++)
		argv[i + 1] = str_c(a, words->p[i]);
	int at = parse(a, &f, (int)words->n + 1, argv);
	if (at >= 0 && at != (int)words->n + 1)
		fprintf(stderr, "link: %s is no flag\n", argv[at]);
	if (at == -1)
		usage();
	return at == (int)words->n + 1 && !configure(&f, cfg);
}

int tool_link_main(int argc, char **argv)
{
	Arena *a = arena_new();
	Flags f = NO_FLAGS;
	int first = parse(a, &f, argc, argv);
	if (first == -2)
		return 1;
	if (first < 0)
		return usage();
	if (f.V) {
		printf("link version %s\n", obj_go_version);
		return 0;
	}
	if (argc - first != 1)
		return usage();
	const char *goos = getenv("GOOS"), *goarch = getenv("GOARCH"), *goroot = getenv("GOROOT");
	LinkConfig c = {
		.out = f.o.n ? f.o : S("a.out"), .goos = str(goos && *goos ? goos : "linux"),
		.goarch = str(goarch && *goarch ? goarch : "amd64"), .goroot = str(goroot ? goroot : ""),
		.build_version = str(obj_go_version),
	};
	int status = configure(&f, &c);
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
	all[0] = (LinkInput){.path = S("main"), .file = str(argv[first])};
	if (n)
		memcpy(all + 1, in, n * sizeof *in);
	Diags *d = diags_new(a);
	bool ok = link_program(&c, all, n + 1, NULL, d);
	if (!ok)
		diags_print(d, stderr, f.e ? 0 : 20, DIAG_PLAIN);
	arena_free(a);
	return ok ? 0 : 1;
}
