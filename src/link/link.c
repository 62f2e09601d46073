// link.c: the link, from top to bottom. Each pass is a call; with -v each says how long it took.
#include "link/linker.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static const struct { const char *name; u8 seg; } sections[NSECTIONS] = {
#define SECTION(name, elf, seg) [SECT_##name] = {elf, SEG_##seg},
#include "link/sections.def"
#undef SECTION
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const LinkArch *find_arch(Str name) { return str_is(name, "amd64") ? &link_amd64 : NULL; }

static bool may_reexec(Linker *L)
{
	static const char *const names[] = {"os.StartProcess", "syscall.Exec", "os.Executable", "os.startProcess",
					    "syscall.StartProcess", "syscall.forkExec"};
	for (u32 i = 0; i < LENGTH(names); i++) {
		Sym *s = sym_lookup(L, str(names[i]), ABI_INTERNAL);
		if (s && (s->flags & SF_REACHED))
			return true;
	}
	return false;
}

static void find_missing(Linker *L)
{
	for (u32 i = 1; L->cfg->left_out && i < L->nsyms; i++) {
		Sym *s = &L->chunks[i / SYM_CHUNK][i % SYM_CHUNK];
		if ((s->flags & SF_REACHED) && s->kind == SYM_NONE && L->cfg->left_out(L->cfg->left_out_ctx, s->name))
			L->misses = true;
	}
}

static bool run(Linker *L, const LinkInput *in, u32 n, LinkResult *res)
{
	double t = now(), start = t;
#define PASS(name, call) do { \
		base_context("link", name); \
		call; \
		if (L->cfg->verbose) { \
			double t2_ = now(); \
			fprintf(stderr, "%-14s %7.2f ms\n", name, t2_ - t); \
			t = t2_; \
		} \
	} while (0)
#define STOP_ON_ERROR() do { if (diags_count(L->diags)) return false; } while (0)
	bool ok = true;
	PASS("load", ok = load_packages(L, in, n));
	if (!ok)
		return false;
	PASS("symbols", ok = load_symbols(L));
	if (!ok)
		return false;
	PASS("linknames", load_check_linknames(L));
	PASS("inittasks", synth_inittasks(L));
	STOP_ON_ERROR();
	PASS("reachable", mark_reachable(L));
	STOP_ON_ERROR();
	PASS("missing", find_missing(L));
	if (L->misses)
		return false;
	PASS("owners", settle_owners(L));
	PASS("synth", synth_program(L));
	PASS("groups", mark_groups(L));
	PASS("stackcheck", stack_check(L));
	STOP_ON_ERROR();
	PASS("text", layout_text(L));
	if (!L->text.n) {
		link_error(L, NULL, "the program has no code");
		return false;
	}
	PASS("pclntab", pcln_build(L));
	if (L->misses)
		return false;
	PASS("data", layout_data(L));
	PASS("addresses", layout_addresses(L));
	PASS("finish", synth_finish(L));
	STOP_ON_ERROR();
	if (!L->cfg->strip_dwarf)
		PASS("dwarf", dwarf_build(L));
	PASS("write", ok = elf_write(L));
	base_context(NULL, NULL);
	if (res)
		*res = (LinkResult){.may_reexec = may_reexec(L), .size = L->image_size, .npackages = L->npkgs,
				    .nsyms = L->text.n};
	if (L->cfg->verbose)
		fprintf(stderr, "%-14s %7.2f ms, %u packages, %u functions, %llu bytes\n", "total", now() - start, L->npkgs, L->text.n,
			(unsigned long long)L->image_size);
	return ok;
}

bool link_program(const LinkConfig *cfg, const LinkInput *in, u32 n, LinkResult *res, Diags *diags)
{
	Linker *L = calloc(1, sizeof *L);
	if (!L)
		base_die("out of memory");
	L->cfg = cfg;
	L->diags = diags;
	L->arena = arena_new();
	L->arch = find_arch(cfg->goarch);
	L->pool = cfg->pool ? cfg->pool : pool_new(0);
	for (u32 i = 1; i < NSECTIONS; i++) {
		L->sect[i].name = sections[i].name;
		L->sect[i].seg = (Segment)sections[i].seg;
	}
	bool ok = false;
	if (!L->arch)
		link_error(L, NULL, "linking for %.*s is not supported", STR_ARG(cfg->goarch));
	else if (!str_is(cfg->goos, "linux"))
		link_error(L, NULL, "linking for %.*s is not supported", STR_ARG(cfg->goos));
	else if (cfg->mode != LINK_EXE)
		link_error(L, NULL, "-buildmode=pie is not supported");
	else
		ok = run(L, in, n, res);
	for (u32 i = 0; i < L->npkgs; i++)
		if (L->pkgs[i]->mapped)
			file_unmap(L->pkgs[i]->bytes);
	pcln_free(L);
	if (L->tables)
		munmap(L->tables, L->tables_size);
	if (!cfg->pool)
		pool_free(L->pool);
	for (u32 i = 1; i < L->narenas; i++)
		arena_free(L->arenas[i]);
	arena_free(L->arena);
	free(L);
	return ok;
}
