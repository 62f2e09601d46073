// elf.c: the image as an ELF64 static executable: headers and notes in the first page, then segments at page
// boundaries, then debug sections, symbols and strings, which are not loaded. Section and note names are those
// that Go's tools look for (cmd/link/internal/ld/elf.go).
#include "link/linker.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_ROOM = 4096, MAX_SECTIONS = 48 };

typedef struct Header { Elf64_Shdr h; const char *name; } Header;

typedef struct ElfOut {
	Header sh[MAX_SECTIONS];
	u32 nsh;
	Buf symtab, strtab, shstrtab;
	u32 nlocals;
	u8 note_go[512], note_gnu[64];
	u32 note_go_n, note_gnu_n;
	u64 size;           // of the file
} ElfOut;

#include "link/dwarf.h"

static Header *add_section(ElfOut *e, const char *name, u32 type, u64 flags, u64 addr, u64 off, u64 size, u64 align)
{
	if (e->nsh == MAX_SECTIONS)
		bug("too many ELF sections");
	Header *h = &e->sh[e->nsh++];
	*h = (Header){.name = name, .h = {.sh_type = type, .sh_flags = flags, .sh_addr = addr, .sh_offset = off,
					  .sh_size = size, .sh_addralign = align}};
	return h;
}

// ---- symbols ------------------------------------------------------------------------------------

static void put_sym(Linker *L, ElfOut *e, const Sym *s, bool global)
{
	u8 type = s->section == SECT_TEXT ? STT_FUNC : STT_OBJECT;
	Elf64_Sym y = {
		.st_name = (u32)e->strtab.n, .st_info = ELF64_ST_INFO(global ? STB_GLOBAL : STB_LOCAL, type),
		.st_shndx = L->sect[s->section].shndx, .st_value = s->addr, .st_size = s->size,
	};
	buf_bytes(&e->symtab, &y, sizeof y);
	const char *p = s->name.p, *end = p + s->name.n;
	for (const char *q; (q = memmem(p, (size_t)(end - p), "\xc2\xb7", 2)); p = q + 2) { // for tools that know ASCII only
		buf_bytes(&e->strtab, p, (size_t)(q - p));
		buf_u8(&e->strtab, '.');
	}
	buf_bytes(&e->strtab, p, (size_t)(end - p));
	// A function that exists in both ABIs: the plain name is the ABIInternal one's.
	if (s->section == SECT_TEXT && s->abi == ABI0) {
		Sym *twin = sym_lookup(L, s->name, ABI_INTERNAL);
		if (twin && sym_is_text(twin))
			buf_c(&e->strtab, ".abi0");
	}
	buf_u8(&e->strtab, 0);
}

static bool is_local(const Sym *s)
{
	if (s->flags & SF_LOCAL)
		return true;
	if (s->abi == ABI_STATIC)
		return str_find(s->name, "..stmp_") < 0;
	return (s->flags & SF_HASHED) && s->section == SECT_TEXT;
}

static bool is_listed(const Sym *s)
{
	if ((s->flags & SF_NOSYM) || !s->section || !s->name.n || s->name.p[0] == '.')
		return false;
	// Go's file-local data is for nobody's eyes; the assembler's is.
	return s->abi != ABI_STATIC || !s->obj || (s->obj->g.flags & OBJ_FROM_ASM) || s->section == SECT_TEXT;
}

static void build_symtab(Linker *L, ElfOut *e)
{
	VEC(Sym *) list = {0};
	Arena *a = L->arena;
	vec_push(a, &list, sym_lookup(L, S("runtime.text"), ABI0));
	for (u32 i = 0; i < L->text.n; i++)
		if (is_listed(L->text.p[i]))
			vec_push(a, &list, L->text.p[i]);
	vec_push(a, &list, sym_lookup(L, S("runtime.etext"), ABI0));
	for (u32 g = G_GOSTRING; g < NGROUPS; g++)
		for (u32 i = 0; i < L->group[g].n; i++)
			if (is_listed(L->group[g].p[i]))
				vec_push(a, &list, L->group[g].p[i]);
	for (u32 i = 0; i < L->nextra; i++) {
		Sym *s = L->extra[i];
		if ((s->flags & SF_MARKER) && s->section && s->section != SECT_TEXT && is_listed(s) && !str_has_prefix(s->name, "internal/"))
			vec_push(a, &list, s);
	}
	buf_zeros(&e->symtab, sizeof(Elf64_Sym));
	buf_u8(&e->strtab, 0);
	Elf64_Sym file = {.st_name = 1, .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FILE), .st_shndx = SHN_ABS};
	buf_bytes(&e->symtab, &file, sizeof file);
	buf_bytes(&e->strtab, "go.go", 6);
	for (u32 pass = 0; pass < 2; pass++) {
		for (u32 i = 0; i < list.n; i++)
			if (is_local(list.p[i]) == (pass == 0))
				put_sym(L, e, list.p[i], pass);
		if (!pass)
			e->nlocals = (u32)(e->symtab.n / sizeof(Elf64_Sym));
	}
}

// ---- notes --------------------------------------------------------------------------------------

static u32 put_note(u8 *out, size_t room, const char *name, u32 namesz, u32 type, const void *desc, u32 n)
{
	u32 size = 12 + ALIGN_UP(namesz, 4u) + ALIGN_UP(n, 4u);
	if (size > room)
		return 0;
	memset(out, 0, size);
	put_u32(out, namesz);
	put_u32(out + 4, n);
	put_u32(out + 8, type);
	memcpy(out + 12, name, namesz);
	memcpy(out + 12 + ALIGN_UP(namesz, 4u), desc, n);
	return size;
}

Str link_parse_note(Arena *a, Str hex, u8 id[32], u32 *n)
{
	if (!str_has_prefix(hex, "0x"))
		return str_fmt(a, "-B argument must start with 0x: " STR_FMT, STR_ARG(hex));
	if (hex.n % 2)
		return str_fmt(a, "-B argument must have even number of digits: " STR_FMT, STR_ARG(hex));
	*n = (hex.n - 2) / 2;
	if (*n > 32)
		return str_fmt(a, "-B option too long (max 32 digits): " STR_FMT, STR_ARG(hex));
	for (u32 i = 2; i < hex.n; i++) {
		if (!isxdigit((u8)hex.p[i]))
			return str_fmt(a, "-B argument contains invalid hex digit %c: " STR_FMT, hex.p[i], STR_ARG(hex));
		u8 digit = (u8)(isdigit((u8)hex.p[i]) ? hex.p[i] - '0' : (hex.p[i] | 32) - 'a' + 10);
		id[i / 2 - 1] = (u8)(i % 2 ? id[i / 2 - 1] << 4 | digit : digit);
	}
	return S("");
}

static void build_notes(Linker *L, ElfOut *e)
{
	const LinkConfig *c = L->cfg;
	if (c->build_id.n) {
		e->note_go_n = put_note(e->note_go, sizeof e->note_go, "Go\0", 4, 4, c->build_id.p, c->build_id.n);
		if (!e->note_go_n)
			link_error(L, NULL, "build ID is too long");
	}
	Str b = c->host_build_id;
	if (!b.n && c->build_id.n)
		b = S("gobuildid");
	if (!b.n || str_is(b, "none"))
		return;
	u8 id[32];
	u32 n = 20;
	if (str_is(b, "gobuildid")) {
		if (!c->build_id.n)
			link_error(L, NULL, "-B gobuildid requires a Go build ID supplied via -buildid");
		sha256(c->build_id.p, c->build_id.n, id);
	} else {
		Str why = link_parse_note(L->arena, b, id, &n);
		if (why.n) {
			link_error(L, NULL, STR_FMT, STR_ARG(why));
			return;
		}
	}
	e->note_gnu_n = put_note(e->note_gnu, sizeof e->note_gnu, "GNU", 4, 3, id, n);
}

// ---- the file -----------------------------------------------------------------------------------

static void plan(Linker *L, ElfOut *e)
{
	u64 round = L->cfg->round ? L->cfg->round : 4096, off = HEADER_ROOM, base = L->sect[SECT_TEXT].addr - HEADER_ROOM;
	static const u64 flags[] = {SHF_ALLOC | SHF_EXECINSTR, SHF_ALLOC, SHF_ALLOC | SHF_WRITE};
	add_section(e, "", SHT_NULL, 0, 0, 0, 0, 0);
	u64 note = HEADER_ROOM - e->note_gnu_n, note2 = note - e->note_go_n;
	if (e->note_go_n)
		add_section(e, ".note.go.buildid", SHT_NOTE, SHF_ALLOC, base + note2, note2, e->note_go_n, 4);
	if (e->note_gnu_n)
		add_section(e, ".note.gnu.build-id", SHT_NOTE, SHF_ALLOC, base + note, note, e->note_gnu_n, 4);
	for (u32 g = 0; g < NSEGMENTS; g++) {
		SegmentInfo *seg = &L->seg[g];
		if (g)
			off = ALIGN_UP(off, round);
		seg->off = off;
		for (u32 i = 1; i < NSECTIONS; i++) {
			SectionInfo *s = &L->sect[i];
			if (s->seg != (Segment)g)
				continue;
			s->off = off + (s->addr - seg->addr);
			if (!s->size && (i == SECT_FIPSINFO || i == SECT_FUZZ))
				continue;
			s->shndx = (u8)e->nsh;
			add_section(e, s->name, i >= SECT_BSS ? SHT_NOBITS : SHT_PROGBITS, flags[g], s->addr, s->off, s->size, s->align);
		}
		off += seg->filesz;
	}
	// A border of a section that is left out counts as its neighbour's.
	for (u32 i = 1; i < NSECTIONS; i++)
		if (!L->sect[i].shndx)
			L->sect[i].shndx = L->sect[SECT_NOPTRBSS].shndx ? L->sect[SECT_NOPTRBSS].shndx : 1;
	off = ALIGN_UP(off, round);
	if (L->dwarf)
		for (u32 i = 0; i < L->dwarf->nsect; i++) {
			DwarfSect *d = &L->dwarf->sect[i];
			d->off = off;
			add_section(e, d->name, SHT_PROGBITS, d->compressed ? SHF_COMPRESSED : 0, 0, off, d->size, 1);
			off += d->size;
		}
	e->size = off;
}

static void plan_symbols(Linker *L, ElfOut *e)
{
	u64 off = ALIGN_UP(e->size, 8);
	if (!L->cfg->strip_symtab) {
		Header *h = add_section(e, ".symtab", SHT_SYMTAB, 0, 0, off, e->symtab.n, 8);
		h->h.sh_entsize = sizeof(Elf64_Sym);
		h->h.sh_link = e->nsh;
		h->h.sh_info = e->nlocals;
		off += e->symtab.n;
		add_section(e, ".strtab", SHT_STRTAB, 0, 0, off, e->strtab.n, 1);
		off += e->strtab.n;
	}
	Header *h = add_section(e, ".shstrtab", SHT_STRTAB, 0, 0, off, 0, 1);
	for (u32 i = 0; i < e->nsh; i++) {
		e->sh[i].h.sh_name = (u32)e->shstrtab.n;
		buf_bytes(&e->shstrtab, e->sh[i].name, strlen(e->sh[i].name) + 1);
	}
	h->h.sh_size = e->shstrtab.n;
	e->size = off + e->shstrtab.n;
}

static void write_headers(Linker *L, ElfOut *e)
{
	u8 *img = L->image;
	u64 base = L->sect[SECT_TEXT].addr - HEADER_ROOM, round = L->cfg->round ? L->cfg->round : 4096;
	Elf64_Phdr ph[8] = {0};
	u32 n = 0;
	ph[n++] = (Elf64_Phdr){.p_type = PT_PHDR, .p_flags = PF_R, .p_offset = 64, .p_vaddr = base + 64, .p_paddr = base + 64,
			       .p_align = round};
	if (e->note_go_n + e->note_gnu_n) {
		u64 off = HEADER_ROOM - e->note_gnu_n - e->note_go_n, size = e->note_go_n + e->note_gnu_n;
		ph[n++] = (Elf64_Phdr){PT_NOTE, PF_R, off, base + off, base + off, size, size, 4};
	}
	static const u32 perms[] = {PF_R | PF_X, PF_R, PF_R | PF_W};
	for (u32 i = 0; i < NSEGMENTS; i++) {
		SegmentInfo *s = &L->seg[i];
		u64 extra = i ? 0 : HEADER_ROOM; // the headers are part of the first segment
		ph[n++] = (Elf64_Phdr){PT_LOAD, perms[i], s->off - extra, s->addr - extra, s->addr - extra, s->filesz + extra,
				       s->size + extra, round};
	}
	ph[n++] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 8};
	ph[0].p_filesz = ph[0].p_memsz = n * sizeof ph[0];
	Elf64_Ehdr eh = {
		.e_type = ET_EXEC, .e_machine = L->arch->elf_machine, .e_version = EV_CURRENT, .e_phoff = 64,
		.e_shoff = 64 + n * sizeof ph[0], .e_ehsize = 64, .e_phentsize = sizeof ph[0], .e_phnum = (u16)n,
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = (u16)e->nsh, .e_shstrndx = (u16)(e->nsh - 1),
	};
	memcpy(eh.e_ident, ELFMAG "\2\1\1", 7);
	Str entry = L->cfg->entry;
	if (!entry.n)
		entry = str_fmt(L->arena, "_rt0_%.*s_%.*s", STR_ARG(L->cfg->goarch), STR_ARG(L->cfg->goos));
	Sym *s = sym_lookup(L, entry, ABI0);
	if (s && s->section == SECT_TEXT)
		eh.e_entry = s->addr;
	else
		link_error(L, s, "entry not text");
	memcpy(img, &eh, sizeof eh);
	memcpy(img + 64, ph, n * sizeof ph[0]);
	for (u32 i = 0; i < e->nsh; i++)
		memcpy(img + eh.e_shoff + i * sizeof(Elf64_Shdr), &e->sh[i].h, sizeof(Elf64_Shdr));
	u64 note = HEADER_ROOM - e->note_gnu_n - e->note_go_n;
	if (eh.e_shoff + e->nsh * sizeof(Elf64_Shdr) > note)
		link_error(L, NULL, "ELF headers do not fit into their page");
	memcpy(img + note, e->note_go, e->note_go_n);
	memcpy(img + note + e->note_go_n, e->note_gnu, e->note_gnu_n);
	for (u32 i = 0; i < e->nsh; i++) {
		u8 *to = img + e->sh[i].h.sh_offset;
		if (!strcmp(e->sh[i].name, ".symtab"))
			memcpy(to, e->symtab.p, e->symtab.n);
		else if (!strcmp(e->sh[i].name, ".strtab"))
			memcpy(to, e->strtab.p, e->strtab.n);
		else if (!strcmp(e->sh[i].name, ".shstrtab"))
			memcpy(to, e->shstrtab.p, e->shstrtab.n);
	}
}

static void fill(Linker *L, ElfOut *e)
{
	write_sections(L);
	pcln_write(L, L->image + L->sect[SECT_PCLN].off);
	if (L->dwarf)
		dwarf_write(L);
	write_synth_fips(L);
	write_headers(L, e);
}

// The file is made beside its final place and renamed, so that a running program or a reader never sees half.
static bool write_file(Linker *L, ElfOut *e)
{
	Arena *a = L->arena;
	const LinkConfig *c = L->cfg;
	struct stat st;
	char *path = c->out.n ? str_c(a, c->out) : NULL, *tmp = NULL;
	int fd = c->out_fd;
	bool special = path && stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	if (path && special) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else if (path) {
		tmp = str_c(a, str_fmt(a, "%s.tmp%ld", path, (long)getpid()));
		unlink(tmp);
		fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0777);
	}
	if (fd < 0) {
		Str name = str(path ? path : "output");
		link_error(L, NULL, "cannot create " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(err_sys(a, "open", name).msg));
		return false;
	}
	// Filling anonymous memory on large pages and writing it at once costs less than faulting in a mapped file.
	size_t room = e->size;
	bool ok = true;
	L->image = link_map_memory(&room);
	fill(L, e);
	for (u64 off = 0; off < e->size && ok && !diags_count(L->diags);) {
		ssize_t n = pwrite(fd, L->image + off, e->size - off, (off_t)off);
		if (n < 0 && errno == ESPIPE)
			n = write(fd, L->image + off, e->size - off);
		if (n <= 0) {
			link_error(L, NULL, "cannot write %s: %s", path ? path : "output", strerror(errno));
			ok = false;
		}
		off += (u64)n;
	}
	munmap(L->image, room);
	L->image = NULL;
	if (path)
		close(fd);
	if (diags_count(L->diags))
		ok = false;
	if (tmp && ok && rename(tmp, path) < 0) {
		link_error(L, NULL, "cannot create %s: " STR_FMT, path, STR_ARG(err_sys(a, "rename", str(path)).msg));
		ok = false;
	}
	if (tmp && !ok)
		unlink(tmp);
	return ok;
}

bool elf_write(Linker *L)
{
	ElfOut *e = NEW(L->arena, ElfOut);
	build_notes(L, e);
	plan(L, e);
	if (!L->cfg->strip_symtab)
		build_symtab(L, e);
	plan_symbols(L, e);
	L->image_size = e->size;
	bool ok = !diags_count(L->diags);
	if (ok && L->cfg->out_buf) {
		size_t at = L->cfg->out_buf->n;
		buf_zeros(L->cfg->out_buf, e->size);
		L->image = L->cfg->out_buf->p + at;
		fill(L, e);
		ok = !diags_count(L->diags);
	} else if (ok) {
		ok = write_file(L, e);
	}
	buf_free(&e->symtab);
	buf_free(&e->strtab);
	buf_free(&e->shstrtab);
	return ok;
}
