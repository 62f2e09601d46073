// tool_buildid.c: `go tool buildid`: prints the build ID of an archive or executable; with -w replaces its last
// part by the hash of the contents (cmd/internal/buildid).
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define fail(...) tool_error("buildid: ", __VA_ARGS__)

// Finds the note of that owner and type. Offsets are checked against the file.
static bool find_note(Str f, const char *owner, u32 ownersz, u32 type, Str *desc)
{
	Elf64_Ehdr h;
	if (f.n < sizeof h || (u8)f.p[4] != ELFCLASS64)
		return false;
	memcpy(&h, f.p, sizeof h);
	if (h.e_phoff > f.n || (u64)h.e_phnum * sizeof(Elf64_Phdr) > f.n - h.e_phoff)
		return false;
	for (u32 i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p;
		memcpy(&p, f.p + h.e_phoff + i * sizeof p, sizeof p);
		if (p.p_type != PT_NOTE || p.p_offset > f.n || p.p_filesz > f.n - p.p_offset)
			continue;
		const char *q = f.p + p.p_offset, *end = q + p.p_filesz;
		while (end - q >= 12) {
			u64 ns = get_u32(q), ds = get_u32(q + 4), room = (u64)(end - q) - 12;
			if (ALIGN_UP(ns, 4) > room || ds > room - ALIGN_UP(ns, 4))
				break;
			const char *d = q + 12 + ALIGN_UP(ns, 4);
			if (ns == ownersz && get_u32(q + 8) == type && !memcmp(q + 12, owner, ns)) {
				*desc = str_n(d, ds);
				return true;
			}
			if (ALIGN_UP(ds, 4) > (u64)(end - d))
				break;
			q = d + ALIGN_UP(ds, 4);
		}
	}
	return false;
}

// What follows the header of section .note.gnu.build-id. gc's program headers do not cover it.
static bool find_gnu_note(Str f, Str *desc)
{
	Elf64_Ehdr h;
	if (f.n < sizeof h || (u8)f.p[4] != ELFCLASS64)
		return false;
	memcpy(&h, f.p, sizeof h);
	if (h.e_shoff > f.n || (u64)h.e_shnum * sizeof(Elf64_Shdr) > f.n - h.e_shoff || h.e_shstrndx >= h.e_shnum)
		return false;
	Elf64_Shdr names, s;
	memcpy(&names, f.p + h.e_shoff + h.e_shstrndx * sizeof names, sizeof names);
	static const char want[] = ".note.gnu.build-id";
	for (u32 i = 0; i < h.e_shnum; i++) {
		memcpy(&s, f.p + h.e_shoff + i * sizeof s, sizeof s);
		u64 at = names.sh_offset + s.sh_name;
		if (at < names.sh_offset || at > f.n || sizeof want > f.n - at || memcmp(f.p + at, want, sizeof want))
			continue;
		if (s.sh_size < 16 || s.sh_offset > f.n || s.sh_size > f.n - s.sh_offset)
			return false;
		*desc = str_n(f.p + s.sh_offset + 16, s.sh_size - 16);
		return true;
	}
	return false;
}

// False with no id where the file has none that we understand.
static bool read_id(Str f, Str *id)
{
	*id = S("");
	if (f.n >= 8 && !memcmp(f.p, "!<arch>\n", 8)) {
		Str s = str_from(f, 8);
		if (!str_has_prefix(s, "__.PKGDEF") || s.n < 60)
			return false;
		s = str_from(s, 60);
		int nl = str_index(str_sub(s, 0, MIN(s.n, 1024u)), '\n');
		if (!str_has_prefix(s, "go object ") || nl < 0)
			return false;
		s = str_from(s, (u32)nl + 1);
		if (!str_has_prefix(s, "build id \""))
			return true;
		s = str_from(s, 10);
		int q = str_index(str_sub(s, 0, MIN(s.n, 1024u)), '"');
		if (q < 0)
			return false;
		*id = str_sub(s, 0, (u32)q);
		return true;
	}
	if (f.n >= 4 && !memcmp(f.p, ELFMAG, 4)) {
		find_note(f, "Go\0", 4, 4, id);
		return true;
	}
	Str head = str_sub(f, 0, MIN(f.n, 32768u));
	static const char mark[] = "\xff Go build ID: \"";
	const char *p = memmem(head.p, head.n, mark, sizeof mark - 1);
	if (!p)
		return true;
	p += sizeof mark - 1;
	const char *q = memmem(p, (size_t)(head.p + head.n - p), "\"\n \xff", 4);
	if (!q)
		return false;
	*id = str_n(p, (size_t)(q - p));
	return true;
}

int tool_buildid_main(int argc, char **argv)
{
	bool write_it = argc > 1 && (!strcmp(argv[1], "-w") || !strcmp(argv[1], "--w") || !strcmp(argv[1], "-w=true"));
	int i = write_it ? 2 : 1;
	if (argc - i != 1 || argv[i][0] == '-') {
		fputs("usage: go tool buildid [-w] file\n  -w\twrite build ID\n", stderr);
		return 2;
	}
	Arena *a = arena_new();
	Str f, id;
	Err e = file_map(a, str(argv[i]), &f);
	if (failed(e))
		return fail("%.*s", STR_ARG(e.msg));
	if (!read_id(f, &id))
		return fail("parse %s: malformed object file", argv[i]);
	if (!write_it) {
		printf("%.*s\n", STR_ARG(id));
		return 0;
	}
	int slash = str_rindex(id, '/');
	if (slash < 0)
		return fail("%s: build ID is a legacy format...binary too old for this tool", argv[i]);
	// The hash is of the contents with every occurrence of the ID, and the GNU note derived from it, as zeros.
	u8 *copy = malloc(f.n), sum[32];
	if (!copy)
		base_die("out of memory");
	memcpy(copy, f.p, f.n);
	VEC(u32) at = {0};
	for (u8 *p = copy; (p = memmem(p, f.n - (size_t)(p - copy), id.p, id.n)); p += id.n) {
		vec_push(a, &at, (u32)(p - copy));
		memset(p, 0, id.n);
	}
	Str gnu;
	if (f.n >= 4 && !memcmp(f.p, ELFMAG, 4) && find_gnu_note(f, &gnu))
		memset(copy + (gnu.p - f.p), 0, gnu.n);
	sha256(copy, f.n, sum);
	free(copy);
	static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char hash[21] = {0};
	for (u32 k = 0; k < 5; k++) {
		u32 v = (u32)sum[3 * k] << 16 | (u32)sum[3 * k + 1] << 8 | sum[3 * k + 2];
		for (u32 j = 0; j < 4; j++)
			hash[4 * k + j] = b64[v >> (18 - 6 * j) & 63];
	}
	Str fresh = str_fmt(a, "%.*s/%s", slash, id.p, hash);
	if (fresh.n != id.n)
		return fail("%s: build ID length mismatch \"%.*s\" vs \"%.*s\"", argv[i], STR_ARG(id), STR_ARG(fresh));
	int fd = open(argv[i], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail("%.*s", STR_ARG(err_sys(a, "open", str(argv[i])).msg));
	for (u32 k = 0; k < at.n; k++)
		if (pwrite(fd, fresh.p, fresh.n, at.p[k]) != (ssize_t)fresh.n)
			return fail("%.*s", STR_ARG(err_sys(a, "write", str(argv[i])).msg));
	close(fd);
	file_unmap(f);
	arena_free(a);
	return 0;
}
