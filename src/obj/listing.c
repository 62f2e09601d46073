// listing.c: an object as text, for -S: each symbol's attributes, a function's instructions, the bytes and the
// relocations (cmd/internal/obj/objfile.go, writeSymDebugNamed).
#include <stdlib.h>

#include "obj/obj_int.h"

static const char *kind_name(u8 kind)
{
	static const char *const names[] = {"Sxxx", "STEXT", "STEXTFIPS", "SRODATA", "SRODATAFIPS", "SNOPTRDATA", "SNOPTRDATAFIPS",
		"SDATA", "SDATAFIPS", "SBSS", "SNOPTRBSS", "STLSBSS", "SDWARFCUINFO", "SDWARFCONST", "SDWARFFCN", "SDWARFABSFCN",
		"SDWARFTYPE", "SDWARFVAR", "SDWARFRANGE", "SDWARFLOC", "SDWARFLINES", "SDWARFADDR", "SLIBFUZZER_8BIT_COUNTER",
		"SCOVERAGE_COUNTER", "SCOVERAGE_AUXVAR", "SSEHUNWINDINFO"};
	return kind < LENGTH(names) ? names[kind] : "S?";
}

static const char *reloc_name(u16 type)
{
	switch (type) {
#define RELOC(name, num) case num: return "R_" #name;
#include "obj/relocs.def"
#undef RELOC
	default: return "R_?";
	}
}

static void put_bytes(Buf *b, const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i += 16) {
		u32 end = MIN(i + 16, n);
		buf_printf(b, "\t0x%04x", i);
		for (u32 j = i; j < i + 16; j++)
			if (j < end)
				buf_printf(b, " %02x", p[j]);
			else
				buf_c(b, "   ");
		buf_c(b, "  ");
		for (u32 j = i; j < end; j++)
			buf_u8(b, p[j] >= ' ' && p[j] <= '~' ? p[j] : '.');
		buf_c(b, "\n");
	}
}

static int by_offset(const void *a, const void *b)
{
	const Reloc *x = a, *y = b;
	return x->off < y->off ? -1 : x->off > y->off;
}

static void put_symbol(Buf *b, LSym *s)
{
	const FuncInfo *f = s->func;
	buf_printf(b, STR_FMT " %s ", STR_ARG(s->name), kind_name(s->kind));
	if (s->abi == ABI_STATIC)
		buf_c(b, "static ");
	if (s->dupok)
		buf_c(b, "dupok ");
	if (s->cfunc)
		buf_c(b, "cfunc ");
	if (s->nosplit)
		buf_c(b, "nosplit ");
	if (s->topframe)
		buf_c(b, "topframe ");
	buf_printf(b, "size=%llu align=0x%x", (unsigned long long)s->size, s->align);
	if (f)
		buf_printf(b, " args=0x%x locals=0x%x funcid=0x%x%s", f->args, f->locals, f->func_id, s->leaf ? " leaf" : "");
	buf_c(b, "\n");
	if (f)
		buf_str(b, f->listing);
	put_bytes(b, s->data, s->ndata);
	qsort(s->relocs, s->nrelocs, sizeof *s->relocs, by_offset);
	for (u32 i = 0; i < s->nrelocs; i++) {
		Reloc *r = &s->relocs[i];
		buf_printf(b, "\trel %u+%u t=%s " STR_FMT "+%lld\n", r->off, r->size, reloc_name(r->type),
			STR_ARG(r->sym ? r->sym->name : r->type == R_TLS_LE ? S("TLS") : S("")), (long long)r->add);
	}
}

void obj_list(ObjPkg *o, Buf *out)
{
	u32 n;
	LSym **all = obj_sorted_defs(o, &n);
	for (u32 text = 2; text-- > 0;) // functions first
		for (u32 i = 0; i < n; i++)
			if ((all[i]->kind == SYM_TEXT) == text)
				put_symbol(out, all[i]);
}
