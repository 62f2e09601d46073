// amd64.c: what linking for amd64 needs to know (cmd/link/internal/amd64). All relocations of gc's amd64 objects
// are of the general kinds, so there is nothing to apply here.
#include "link/linker.h"

static bool is_call(u16 type) { return type == R_CALL; }

static bool reloc(Linker *L, const Sym *s, const Rel *r, u8 *p, u64 place, u64 v)
{
	(void)L, (void)s, (void)r, (void)p, (void)place, (void)v;
	return false;
}

const LinkArch link_amd64 = {
	.name = "amd64", .elf_machine = 62, .func_align = 32, .max_align = 32, .min_align = 1, .min_lc = 1,
	.ptr_size = 8, .call_size = 8, .pad = 0xcc, .dwarf_sp = 7, .dwarf_ra = 16, .tls_offset = -8,
	.defer_return_back = 1, .reloc = reloc, .is_call = is_call,
};
