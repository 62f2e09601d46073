// tool_nm.c: `go tool nm`: the symbols of objects, archives and ELF executables, as cmd/nm prints them.
#include <stdlib.h>

#include "cmd/cmd.h"
#include "obj/goobj.h"

#include <elf.h> // after obj.h: it defines macros of names that obj.h has as constants

static const char NO_SYMBOLS[] = "no symbol section";

typedef struct Entry { Str name; u64 addr, size; u32 seq; char code; } Entry;
typedef VEC(Entry) EntryVec;
typedef struct Nm { Arena *a; const char *sort; bool size, many; int status; bool found; } Nm;

static int by_seq(const Entry *a, const Entry *b) { return a->seq < b->seq ? -1 : 1; }

static int by_name(const void *x, const void *y)
{
	const Entry *a = x, *b = y;
	int c = str_cmp(a->name, b->name);
	return c ? c : by_seq(a, b);
}

static int by_addr(const void *x, const void *y)
{
	const Entry *a = x, *b = y;
	return a->addr != b->addr ? (a->addr < b->addr ? -1 : 1) : by_seq(a, b);
}

static int by_size(const void *x, const void *y)
{
	const Entry *a = x, *b = y;
	return a->size != b->size ? (a->size > b->size ? -1 : 1) : by_seq(a, b);
}

static void print(Nm *nm, Str file, Str member, bool members, EntryVec *v)
{
	if (!v->n)
		return;
	nm->found = true;
	if (strcmp(nm->sort, "none"))
		qsort(v->p, v->n, sizeof *v->p, !strcmp(nm->sort, "name") ? by_name : !strcmp(nm->sort, "size") ? by_size : by_addr);
	for (u32 i = 0; i < v->n; i++) {
		Entry *e = &v->p[i];
		if (members)
			printf("%.*s(%.*s):\t", STR_ARG(file), STR_ARG(member));
		else if (nm->many)
			printf("%.*s:\t", STR_ARG(file));
		if (e->code == 'U')
			printf("%8s", "");
		else
			printf("%8llx", (unsigned long long)e->addr);
		if (nm->size)
			printf(" %10lld", (long long)e->size);
		printf(" %c %.*s\n", e->code, STR_ARG(e->name));
	}
}

static char code_of(u8 kind)
{
	switch (kind) {
	case SYM_TEXT: case SYM_TEXT_FIPS: return 'T';
	case SYM_RODATA: case SYM_RODATA_FIPS: return 'R';
	case SYM_NOPTRDATA: case SYM_NOPTRDATA_FIPS: case SYM_DATA: case SYM_DATA_FIPS: return 'D';
	case SYM_BSS: case SYM_NOPTRBSS: case SYM_TLSBSS: return 'B';
	default: return '?';
	}
}

static bool object_symbols(Nm *nm, Str member, EntryVec *v, const char **why)
{
	int at = -1;
	for (u32 i = 0; i + 3 <= member.n; i++)
		if (member.p[i] == '\n' && member.p[i + 1] == '!' && member.p[i + 2] == '\n') {
			at = (int)i + 3;
			break;
		}
	GoObj o;
	*why = "truncated object file";
	if (at < 0 || !goobj_open(&o, str_from(member, (u32)at), why))
		return false;
	for (u32 i = 0; i < o.nall; i++) {
		const u8 *s = goobj_sym(&o, i);
		Str name = goobj_str_at(&o, s);
		if (!name.n)
			continue;
		bool local = goobj_abi(s) == ABI_STATIC;
		char code = code_of(goobj_kind(s));
		if (local)
			name = str_fmt(nm->a, "%.*s<1>", STR_ARG(name));
		u64 off = (u64)(goobj_data(&o, i).p - (const char *)o.p);
		vec_push(nm->a, v, (Entry){name, off, goobj_size(s), v->n, local ? (char)(code + 32) : code});
	}
	for (u32 i = 0; i < o.nref; i++)
		vec_push(nm->a, v, (Entry){goobj_name(&o, o.nall + i), 0, 0, v->n, 'U'});
	for (u32 i = 0; i < goobj_nrefname(&o); i++) {
		Str name;
		goobj_refname(&o, i, &name);
		vec_push(nm->a, v, (Entry){name, 0, 0, v->n, 'U'});
	}
	return true;
}

static bool elf_symbols(Nm *nm, Str f, EntryVec *v, const char **why)
{
	*why = "unrecognized object file";
	if (f.n < sizeof(Elf64_Ehdr) || (u8)f.p[4] != ELFCLASS64 || (u8)f.p[5] != ELFDATA2LSB)
		return false;
	Elf64_Ehdr h;
	memcpy(&h, f.p, sizeof h);
	if (h.e_shoff > f.n || (u64)h.e_shnum * sizeof(Elf64_Shdr) > f.n - h.e_shoff)
		return false;
	Elf64_Shdr *sh = NEWN(nm->a, Elf64_Shdr, h.e_shnum + 1u);
	memcpy(sh, f.p + h.e_shoff, h.e_shnum * sizeof *sh);
	*why = NO_SYMBOLS;
	for (u32 i = 0; i < h.e_shnum; i++) {
		Elf64_Shdr *t = &sh[i];
		if (t->sh_type != SHT_SYMTAB)
			continue;
		Elf64_Shdr *strs = t->sh_link < h.e_shnum ? &sh[t->sh_link] : NULL;
		if (!strs || t->sh_offset > f.n || t->sh_size > f.n - t->sh_offset || strs->sh_offset > f.n ||
		    strs->sh_size > f.n - strs->sh_offset)
			return false;
		for (u64 j = 1; j < t->sh_size / sizeof(Elf64_Sym); j++) {
			Elf64_Sym s;
			memcpy(&s, f.p + t->sh_offset + j * sizeof s, sizeof s);
			Str name = {"", 0};
			if (s.st_name < strs->sh_size) {
				const char *p = f.p + strs->sh_offset + s.st_name;
				name = str_n(p, strnlen(p, strs->sh_size - s.st_name));
			}
			char code = '?';
			if (s.st_shndx == SHN_UNDEF)
				code = 'U';
			else if (s.st_shndx == SHN_COMMON)
				code = 'B';
			else if (s.st_shndx < h.e_shnum)
				switch (sh[s.st_shndx].sh_flags & (SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR)) {
				case SHF_ALLOC | SHF_EXECINSTR: code = 'T'; break;
				case SHF_ALLOC: code = 'R'; break;
				case SHF_ALLOC | SHF_WRITE: code = sh[s.st_shndx].sh_type == SHT_NOBITS ? 'B' : 'D'; break;
				}
			if (ELF64_ST_BIND(s.st_info) == STB_LOCAL)
				code = (char)(code + 32);
			vec_push(nm->a, v, (Entry){name, s.st_value, s.st_size, v->n, code});
		}
		return true;
	}
	return false;
}

static void nm_file(Nm *nm, Str file)
{
	Str f;
	Err e = file_map(nm->a, file, &f);
	if (failed(e)) {
		fprintf(stderr, "%.*s\n", STR_ARG(e.msg));
		nm->status = 1;
		return;
	}
	const char *why = NULL;
	ArMember *m;
	u32 n;
	nm->found = false;
	if (f.n >= 8 && !memcmp(f.p, "!<arch>\n", 8)) {
		if (ar_read(nm->a, f, &m, &n, &why)) {
			u32 shown = 0;
			for (u32 i = 0; i < n; i++)
				shown += !str_is(m[i].name, "__.PKGDEF");
			for (u32 i = 0; i < n && !why; i++) {
				EntryVec v = {0};
				if (str_is(m[i].name, "__.PKGDEF"))
					continue;
				if (str_has_prefix(m[i].data, "go object ") ? object_symbols(nm, m[i].data, &v, &why)
									    : elf_symbols(nm, m[i].data, &v, &why))
					why = NULL;
				print(nm, file, m[i].name, shown > 1, &v);
			}
		}
	} else {
		EntryVec v = {0};
		if (str_has_prefix(f, "go object ") ? object_symbols(nm, f, &v, &why) : elf_symbols(nm, f, &v, &why))
			why = NULL;
		print(nm, file, S(""), false, &v);
	}
	bool stripped = why && !strcmp(why, NO_SYMBOLS);
	if (why) {
		fprintf(stderr, "%s %.*s: %s\n", stripped ? "reading" : "open", STR_ARG(file), why);
		nm->status = 1;
	}
	if (!nm->found && (!why || stripped)) {
		fprintf(stderr, "reading %.*s: no symbols\n", STR_ARG(file));
		nm->status = 1;
	}
	file_unmap(f);
}

static int usage(void)
{
	fputs("usage: go tool nm [options] file...\n"
	      "  -n\n      an alias for -sort address (numeric),\n      for compatibility with other nm commands\n"
	      "  -size\n      print symbol size in decimal between address and type\n"
	      "  -sort {address,name,none,size}\n      sort output in the given order (default name)\n"
	      "      size orders from largest to smallest\n"
	      "  -type\n      print symbol type after name\n", stderr);
	return 2;
}

int tool_nm_main(int argc, char **argv)
{
	Nm nm = {.a = arena_new(), .sort = "name"};
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *f = argv[i] + (argv[i][1] == '-' ? 2 : 1);
		if (!strcmp(f, "n"))
			nm.sort = "address";
		else if (!strcmp(f, "size"))
			nm.size = true;
		else if (!strcmp(f, "type"))
			;
		else if (!strncmp(f, "sort=", 5))
			nm.sort = f + 5;
		else if (!strcmp(f, "sort") && i + 1 < argc)
			nm.sort = argv[++i];
		else {
			if (strcmp(f, "h") && strcmp(f, "help"))
				fprintf(stderr, "flag provided but not defined: -%s\n", f);
			return usage();
		}
	}
	static const char *const orders[] = {"address", "name", "none", "size"};
	bool known = false;
	for (u32 k = 0; k < LENGTH(orders); k++)
		known |= !strcmp(nm.sort, orders[k]);
	if (!known) {
		fprintf(stderr, "nm: unknown sort order \"%s\"\n", nm.sort);
		return 2;
	}
	if (i == argc)
		return usage();
	nm.many = argc - i > 1;
	for (; i < argc; i++)
		nm_file(&nm, str(argv[i]));
	arena_free(nm.a);
	return nm.status;
}
