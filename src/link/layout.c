// layout.c: where everything goes. Text has addresses as soon as it is ordered; data is laid out relative to its
// section, and layout_addresses then fixes sections and segments. Order within the data sections is by size, so
// that little is lost to alignment; types are in the order that the runtime walks (ld/data.go, dodataSect).
#include "link/linker.h"

#include <stdlib.h>

static const u8 group_section[NGROUPS] = {
#define GROUP(name, section) [G_##name] = SECT_##section,
#include "link/groups.def"
#undef GROUP
};

void layout_text(Linker *L)
{
	u64 va = L->cfg->text_addr ? L->cfg->text_addr : 0x401000;
	u32 align = L->cfg->func_align ? L->cfg->func_align : L->arch->func_align;
	va = ALIGN_UP(va, (u64)align);
	SectionInfo *sect = &L->sect[SECT_TEXT];
	sect->addr = va;
	sect->align = MAX(align, 64u);
	for (u32 g = G_TEXT; g <= G_TEXT_FIPS_END; g++)
		for (u32 i = 0; i < L->group[g].n; i++) {
			Sym *s = L->group[g].p[i];
			u32 al = MAX(s->align, align);
			sect->align = MAX(sect->align, al);
			va = ALIGN_UP(va, (u64)al);
			s->addr = va;
			s->section = SECT_TEXT;
			va += MAX(s->size, 16u); // internal/abi MINFUNC: findfunctab counts on it
			vec_push(L->arena, &L->text, s);
		}
	sect->size = va - sect->addr + L->arch->min_lc;
}

static u32 sym_align(Linker *L, Sym *s)
{
	if (s->align)
		return MAX(s->align, L->arch->min_align);
	u32 al = L->arch->max_align;
	while (al > s->size && al > L->arch->min_align)
		al >>= 1;
	return s->align = al;
}

// Orders a group by size; what is of equal size keeps its order.
static void sort_by_size(Linker *L, SymList *v)
{
	if (v->n < 2)
		return;
	Sym *zerobase = NULL;
	for (u32 i = 0; i < v->n && !zerobase; i++)
		if (v->p[i]->size == 8 && str_is(v->p[i]->name, "runtime.zerobase"))
			zerobase = v->p[i];
	u64 *k = malloc((size_t)v->n * 2 * sizeof *k), *t = k + v->n;
	Sym **copy = malloc((size_t)v->n * sizeof *copy);
	if (!k || !copy)
		base_die("out of memory");
	for (u32 i = 0; i < v->n; i++) {
		Sym *s = v->p[i];
		// Everything of size zero has the address of runtime.zerobase.
		u64 size = s == zerobase ? 1 : s->size ? s->size + 1 : 0;
		k[i] = MIN(size, (u64)UINT32_MAX) << 32 | i;
	}
	for (u32 sh = 32; sh < 64; sh += 8) {
		u32 count[257] = {0};
		for (u32 i = 0; i < v->n; i++)
			count[(k[i] >> sh & 255) + 1]++;
		if (count[(k[0] >> sh & 255) + 1] == v->n)
			continue;
		for (u32 i = 0; i < 256; i++)
			count[i + 1] += count[i];
		for (u32 i = 0; i < v->n; i++)
			t[count[k[i] >> sh & 255]++] = k[i];
		u64 *x = k;
		k = t;
		t = x;
	}
	memcpy(copy, v->p, v->n * sizeof *copy);
	for (u32 i = 0; i < v->n; i++)
		v->p[i] = copy[(u32)k[i]];
	free(MIN(k, t));
	free(copy);
	(void)L;
}

typedef struct TypeKey { Sym *s; Str str; } TypeKey;

static int by_type_string(const void *x, const void *y)
{
	const TypeKey *a = x, *b = y;
	int c = str_cmp(a->str, b->str);
	return c ? c : a->s->id < b->s->id ? -1 : a->s->id > b->s->id;
}

// Types that reflection looks up by string come first, ordered by it; then the others; then itabs.
static u64 place_types(Linker *L)
{
	SymList *v = &L->group[G_TYPE];
	VEC(TypeKey) links = {0};
	SymList rest = {0}, itabs = {0};
	u32 align = 8;
	for (u32 i = 0; i < v->n; i++) {
		Sym *s = v->p[i];
		if (s->oflag2 & OSYM_ITAB)
			vec_push(L->arena, &itabs, s);
		else if (s->oflag & OSYM_TYPELINK)
			vec_push(L->arena, &links, (TypeKey){s, type_string(L, s)});
		else
			vec_push(L->arena, &rest, s);
	}
	if (links.n)
		qsort(links.p, links.n, sizeof *links.p, by_type_string);
	sort_by_size(L, &rest);
	sort_by_size(L, &itabs);
	u64 off = L->arch->ptr_size; // offset 0 must not be a type
	u32 k = 0;
#define PLACE(sym) do { \
		Sym *s_ = (sym); \
		u32 al_ = sym_align(L, s_); \
		align = MAX(align, al_); \
		off = ALIGN_UP(off, (u64)al_); \
		s_->addr = off; \
		s_->section = SECT_TYPE; \
		off += s_->size; \
		v->p[k++] = s_; \
	} while (0)
	for (u32 i = 0; i < links.n; i++)
		PLACE(links.p[i].s);
	L->type_len = off;
	for (u32 i = 0; i < rest.n; i++)
		PLACE(rest.p[i]);
	if (itabs.n)
		off = ALIGN_UP(off, (u64)sym_align(L, itabs.p[0]));
	L->itab_off = off;
	for (u32 i = 0; i < itabs.n; i++)
		PLACE(itabs.p[i]);
	L->itab_size = off - L->itab_off;
#undef PLACE
	L->sect[SECT_TYPE].align = align;
	return off;
}

static void sort_group(void *ctx, u32 g, u32 worker)
{
	Linker *L = ctx;
	(void)worker;
	if (g > G_TEXT_FIPS_END && g != G_TYPE && g != G_FUNCDATA && g != G_RODATA)
		sort_by_size(L, &L->group[g]);
}

// Lays out one group at the end of its section.
static void place_group(Linker *L, u32 g)
{
	SectionInfo *sect = &L->sect[group_section[g]];
	u64 off = sect->size;
	L->group_at[g] = off;
	for (u32 i = 0; i < L->group[g].n; i++) {
		Sym *s = L->group[g].p[i];
		u32 al = sym_align(L, s);
		sect->align = MAX(sect->align, al);
		off = ALIGN_UP(off, (u64)al);
		s->addr = off;
		s->section = group_section[g];
		if (!i)
			L->group_at[g] = off;
		off += s->size;
		if (off > 2000000000) {
			link_error(L, s, "too much data in section %s", sect->name);
			return;
		}
	}
	sect->size = off;
	L->group_end[g] = off;
}

static void add_gc_program(Linker *L, const char *name, SymList *syms, u64 end)
{
	Buf b = gcprog_build(L, syms, end);
	Sym *s = sym_own(L, name, SYM_RODATA);
	sym_set_data(L, s, b.p, (u32)b.n);
	s->flags |= SF_REACHED | SF_LOCAL;
	s->group = G_RODATA;
	buf_free(&b);
	vec_push(L->arena, &L->group[G_RODATA], s);
}

void layout_data(Linker *L)
{
	for (u32 i = 1; i < NSECTIONS; i++)
		L->sect[i].align = MAX(L->sect[i].align, 1u);
	// Funcdata has been placed by pcln.c; it looked like other read-only data until then.
	SymList *ro = &L->group[G_RODATA];
	for (u32 g = G_GOSTRING; g < NGROUPS; g++) {
		SymList *v = &L->group[g];
		u32 k = 0;
		for (u32 i = 0; i < v->n; i++)
			if (!(v->p[i]->flags & SF_PLACED))
				v->p[k++] = v->p[i];
		v->n = k;
	}
	pool_for(L->pool, NGROUPS, sort_group, L);
	// Writable data first: the pointer masks of .data and .bss are read-only data themselves.
	for (u32 g = G_BUILDINFO; g < NGROUPS; g++) {
		place_group(L, g);
		if (g == G_DATA_FIPS_END)
			L->data_gc_end = L->sect[SECT_DATA].size;
		if (g == G_BSS)
			L->bss_gc_end = L->sect[SECT_BSS].size;
	}
	SymList data = {0};
	for (u32 g = G_DATA; g <= G_DATA_FIPS_END; g++)
		for (u32 i = 0; i < L->group[g].n; i++)
			vec_push(L->arena, &data, L->group[g].p[i]);
	add_gc_program(L, "runtime.gcdata", &data, L->data_gc_end);
	add_gc_program(L, "runtime.gcbss", &L->group[G_BSS], L->bss_gc_end);
	sort_by_size(L, ro);
	for (u32 g = G_GOSTRING; g <= G_RODATA_FIPS_END; g++)
		place_group(L, g);
	L->sect[SECT_TYPE].size = place_types(L);
	place_group(L, G_FUNCVAL);
	L->sect[SECT_PCLN].size = pcln_size(L);
	L->sect[SECT_PCLN].align = 32;
}

void layout_addresses(Linker *L)
{
	u64 round = L->cfg->round ? L->cfg->round : 4096, va = L->sect[SECT_TEXT].addr;
	for (u32 seg = 0; seg < NSEGMENTS; seg++) {
		SegmentInfo *g = &L->seg[seg];
		if (seg != SEG_RX)
			va = ALIGN_UP(va, round);
		if (seg == SEG_RW && L->cfg->data_addr)
			va = L->cfg->data_addr;
		g->addr = va;
		u64 file_end = 0;
		for (u32 i = 1; i < NSECTIONS; i++) {
			SectionInfo *s = &L->sect[i];
			if (s->seg != (Segment)seg)
				continue;
			va = ALIGN_UP(va, (u64)s->align);
			s->addr = va;
			va += s->size;
			if (i < SECT_BSS)
				file_end = va;
		}
		g->size = va - g->addr;
		g->filesz = file_end - g->addr;
	}
	for (u32 g = G_GOSTRING; g < NGROUPS; g++)
		for (u32 i = 0; i < L->group[g].n; i++)
			L->group[g].p[i]->addr += L->sect[group_section[g]].addr;
	for (u32 i = 0; i < L->nextra; i++) { // parts of pclntab
		Sym *s = L->extra[i];
		if (s->section == SECT_PCLN && (s->flags & SF_MARKER))
			s->addr += L->sect[SECT_PCLN].addr;
	}
	pcln_place(L);
}
