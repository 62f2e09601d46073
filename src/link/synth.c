// synth.c: the symbols that no object defines: the order of package initialization, what the runtime calls its
// module data, the -X strings, the build information that `go version -m` reads, and the frame of the FIPS
// module's hash. Layout of moduledata: runtime/symtab.go; order of its fields: ld/symtab.go.
#include "link/linker.h"

#include <stdlib.h>

// ---- init tasks ---------------------------------------------------------------------------------

typedef struct Task { Sym *s; u32 waits; VEC(struct Task *) users; } Task;

static Task *task_of(Linker *L, Map *m, Sym *s, void *queue)
{
	Task *t = map_get(m, PKEY(s));
	if (!t) {
		VEC(Task *) *q = queue;
		t = NEW(L->arena, Task);
		t->s = s;
		map_put(L->arena, m, PKEY(s), t);
		vec_push(L->arena, q, t);
	}
	return t;
}

static void heap_push(Linker *L, void *heap, Task *t)
{
	VEC(Task *) *h = heap;
	vec_push(L->arena, h, t);
	for (u32 i = h->n - 1; i && str_cmp(h->p[i]->s->name, h->p[(i - 1) / 2]->s->name) < 0; i = (i - 1) / 2) {
		Task *x = h->p[i];
		h->p[i] = h->p[(i - 1) / 2];
		h->p[(i - 1) / 2] = x;
	}
}

static Task *heap_pop(void *heap)
{
	VEC(Task *) *h = heap;
	Task *top = h->p[0];
	h->p[0] = h->p[--h->n];
	for (u32 i = 0;;) {
		u32 m = i;
		for (u32 c = 2 * i + 1; c <= 2 * i + 2; c++)
			if (c < h->n && str_cmp(h->p[c]->s->name, h->p[m]->s->name) < 0)
				m = c;
		if (m == i)
			return top;
		Task *x = h->p[i];
		h->p[i] = h->p[m];
		h->p[m] = x;
		i = m;
	}
}

// A list of pointers to the init tasks that root needs: dependencies first, else by name (ld/inittask.go).
static Sym *init_list(Linker *L, const char *root, const char *name)
{
	Sym *r = sym_lookup(L, str(root), ABI0);
	if (!r)
		return NULL;
	Map tasks = {0};
	VEC(Task *) queue = {0}, ready = {0};
	task_of(L, &tasks, r, &queue);
	for (u32 i = 0; i < queue.n; i++) {
		Task *t = queue.p[i];
		for (u32 j = 0; j < t->s->nrels; j++) {
			if (rel_type(t->s, j) != R_INITORDER)
				continue;
			Sym *dep = rel_at(L, t->s, j).sym;
			if (!dep)
				continue;
			t->waits++;
			Task *d = task_of(L, &tasks, dep, &queue);
			vec_push(L->arena, &d->users, t);
		}
		if (!t->waits)
			heap_push(L, &ready, t);
	}
	Sym *list = sym_own(L, name, SYM_NOPTRDATA);
	u32 done = 0;
	while (ready.n) {
		Task *t = heap_pop(&ready);
		done++;
		if (t->s->size > 8) // otherwise it has no functions to run
			sym_add_addr(L, list, t->s, 0);
		for (u32 i = 0; i < t->users.n; i++)
			if (!--t->users.p[i]->waits)
				heap_push(L, &ready, t->users.p[i]);
	}
	if (done != queue.n)
		link_error(L, r, "init tasks depend on each other");
	return list;
}

static void own_slice(Linker *L, const char *name, Sym *array)
{
	Sym *s = sym_own(L, name, SYM_NOPTRDATA);
	sym_add_addr(L, s, array, 0);
	sym_add_u64(L, s, array->size / 8);
	sym_add_u64(L, s, array->size / 8);
}

void synth_inittasks(Linker *L)
{
	L->main_inits = init_list(L, "main..inittask", "go:main.inittasks");
	if (sym_lookup(L, S("runtime.runtime_inittasks"), ABI0)) {
		L->runtime_inits = init_list(L, "runtime..inittask", "go:runtime.inittasks");
		if (L->runtime_inits)
			own_slice(L, "runtime.runtime_inittasks", L->runtime_inits);
	}
}

// ---- -X -----------------------------------------------------------------------------------------

static void set_string(Linker *L, Str name, Str value)
{
	Sym *s = sym_lookup(L, name, ABI0);
	if (!s || !s->obj)
		return;
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	Sym *type = NULL;
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX)
		if (aux[0] == AUX_GOTYPE)
			type = sym_resolve(L, s->obj, goobj_ref(aux + 1));
	if (!type)
		return;
	if (!str_is(type->name, "type:string")) {
		link_error(L, NULL, "%.*s: cannot set with -X: not a var of type string (%.*s)", STR_ARG(name), STR_ARG(type->name));
		return;
	}
	if (!(s->flags & SF_REACHED))
		return;
	Sym *text = sym_own(L, str_c(L->arena, str_fmt(L->arena, "%.*s.str", STR_ARG(name))), SYM_RODATA);
	Str z = str_dup(L->arena, value); // ends in NUL
	sym_set_data(L, text, z.p, z.n + 1);
	text->flags |= SF_REACHED;
	text->align = 1;
	u64 size = s->size;
	s->flags |= SF_OWNED;
	s->data = NULL;
	s->raw = NULL;
	s->rels = NULL;
	s->ndata = s->nrels = 0;
	s->kind = SYM_DATA;
	sym_add_addr(L, s, text, 0);
	sym_add_u64(L, s, value.n);
	s->size = MAX(size, 16u);
}

// The last definition of a name wins. The linker's own come first, so that -X may override them.
static Str def_value(Linker *L, Str name)
{
	for (u32 i = L->cfg->ndefs; i-- > 0;)
		if (str_eq(L->cfg->defs[i].name, name))
			return L->cfg->defs[i].value;
	if (str_is(name, "runtime.buildVersion"))
		return L->cfg->build_version;
	if (str_is(name, "runtime.modinfo"))
		return L->cfg->mod_info;
	return S("");
}

static void set_strings(Linker *L)
{
	static const char *const own[] = {"runtime.buildVersion", "runtime.modinfo"};
	for (u32 i = 0; i < LENGTH(own); i++)
		set_string(L, str(own[i]), def_value(L, str(own[i])));
	if (L->cfg->goroot.n)
		set_string(L, S("runtime.defaultGOROOT"), L->cfg->goroot);
	for (u32 i = 0; i < L->cfg->ndefs; i++)
		if (str_cmp(def_value(L, L->cfg->defs[i].name), L->cfg->defs[i].value) == 0)
			set_string(L, L->cfg->defs[i].name, L->cfg->defs[i].value);
}

// ---- build information (debug/buildinfo) --------------------------------------------------------

static void build_info(Linker *L)
{
	Buf b = {0};
	buf_bytes(&b, "\xff Go buildinf:", 14);
	buf_u8(&b, L->arch->ptr_size);
	buf_u8(&b, 2); // strings inline, little-endian
	buf_zeros(&b, 32 - b.n);
	static const char *const names[] = {"runtime.buildVersion", "runtime.modinfo"};
	for (u32 i = 0; i < LENGTH(names); i++) {
		Str v = def_value(L, str(names[i]));
		buf_uvarint(&b, v.n);
		buf_str(&b, v);
	}
	buf_align(&b, 16);
	Sym *s = L->build_info = sym_own(L, "go:buildinfo", SYM_DATA);
	sym_set_data(L, s, b.p, (u32)b.n);
	s->align = 16;
	s->flags |= SF_REACHED;
	s->group = G_BUILDINFO;
	buf_free(&b);
}

// ---- FIPS 140 module (ld/fips140.go) ------------------------------------------------------------

enum { FIPS_MAGIC = 16, FIPS_SUM = 32 };

static const struct Frame { const char *name; u8 kind, group; } fips_frame[] = {
	{"go:textfipsstart", SYM_TEXT_FIPS, G_TEXT_FIPS_START}, {"go:textfipsend", SYM_TEXT_FIPS, G_TEXT_FIPS_END},
	{"go:rodatafipsstart", SYM_RODATA_FIPS, G_RODATA_FIPS_START}, {"go:rodatafipsend", SYM_RODATA_FIPS, G_RODATA_FIPS_END},
	{"go:noptrdatafipsstart", SYM_NOPTRDATA_FIPS, G_NOPTRDATA_FIPS_START},
	{"go:noptrdatafipsend", SYM_NOPTRDATA_FIPS, G_NOPTRDATA_FIPS_END},
	{"go:datafipsstart", SYM_DATA_FIPS, G_DATA_FIPS_START}, {"go:datafipsend", SYM_DATA_FIPS, G_DATA_FIPS_END},
};

static void fips_frames(Linker *L)
{
	Sym *info = sym_lookup(L, S("go:fipsinfo"), ABI0);
	if (!info || !(info->flags & SF_REACHED))
		return;
	L->fips_info = info = sym_own(L, "go:fipsinfo", SYM_DATA);
	u8 head[FIPS_MAGIC + FIPS_SUM] = "\xff Go fipsinfo \xff";
	sym_set_data(L, info, head, sizeof head);
	sym_add_addr(L, info, info, 0);
	info->group = G_FIPSINFO;
	info->align = 32;
	for (u32 i = 0; i < LENGTH(fips_frame); i++) {
		Sym *s = sym_own(L, fips_frame[i].name, fips_frame[i].kind);
		sym_set_data(L, s, "", 1);
		s->flags |= SF_REACHED | SF_LOCAL;
		s->group = fips_frame[i].group;
		sym_add_addr(L, info, s, 0);
	}
}

static u8 *image_at(Linker *L, u64 addr)
{
	for (u32 i = 0; i < NSEGMENTS; i++)
		if (addr >= L->seg[i].addr && addr - L->seg[i].addr <= L->seg[i].filesz)
			return L->image + L->seg[i].off + (addr - L->seg[i].addr);
	return NULL;
}

// HMAC-SHA256 with a key of zeros over the four framed ranges as they are in the image.
void write_synth_fips(Linker *L)
{
	if (!L->fips_info)
		return;
	u8 pad[64], sum[32];
	Sha256 h;
	memset(pad, 0x36, sizeof pad);
	sha256_init(&h);
	sha256_add(&h, pad, sizeof pad);
	sha256_add(&h, "go fips object v1\n", 18);
	for (u32 i = 0; i < LENGTH(fips_frame); i += 2) {
		Sym *a = sym_lookup(L, str(fips_frame[i].name), ABI0), *b = sym_lookup(L, str(fips_frame[i + 1].name), ABI0);
		u64 n = b->addr - a->addr;
		u8 be[8], *p = image_at(L, a->addr);
		for (u32 j = 0; j < 8; j++)
			be[j] = (u8)(n >> (56 - 8 * j));
		if (!p || !image_at(L, b->addr) || b->addr < a->addr) {
			link_error(L, a, "not in the expected segment");
			return;
		}
		sha256_add(&h, be, 8);
		sha256_add(&h, p, n);
	}
	sha256_end(&h, sum);
	memset(pad, 0x5c, sizeof pad);
	sha256_init(&h);
	sha256_add(&h, pad, sizeof pad);
	sha256_add(&h, sum, sizeof sum);
	sha256_end(&h, sum);
	memcpy(image_at(L, L->fips_info->addr) + FIPS_MAGIC, sum, FIPS_SUM);
}

// ---- the program as a whole ---------------------------------------------------------------------

// Names for the borders of sections: what kind of symbol, and where; see synth_finish.
static const struct Border { const char *name; u8 section; bool end; } borders[] = {
	{"runtime.text", SECT_TEXT, false}, {"runtime.etext", SECT_TEXT, true},
	{"runtime.rodata", SECT_RODATA, false}, {"runtime.erodata", SECT_RODATA, true},
	{"runtime.types", SECT_TYPE, false}, {"runtime.etypes", SECT_TYPE, true},
	{"runtime.noptrdata", SECT_NOPTRDATA, false}, {"runtime.enoptrdata", SECT_NOPTRDATA, true},
	{"runtime.data", SECT_DATA, false}, {"runtime.edata", SECT_DATA, true},
	{"runtime.bss", SECT_BSS, false}, {"runtime.ebss", SECT_BSS, true},
	{"runtime.noptrbss", SECT_NOPTRBSS, false}, {"runtime.enoptrbss", SECT_NOPTRBSS, true},
	{"runtime.end", SECT_FUZZ, true},
	{"runtime.__start___sancov_cntrs", SECT_FUZZ, false}, {"runtime.__stop___sancov_cntrs", SECT_FUZZ, true},
	{"internal/fuzz._counters", SECT_FUZZ, false}, {"internal/fuzz._ecounters", SECT_FUZZ, true},
	{"type:*", SECT_TYPE, false},
};

// Names for groups within a section. Their symbols are not in the symbol table one by one.
static const struct GroupName { const char *name; u8 section, group; bool end; } group_names[] = {
	{"go:string.*", SECT_RODATA, G_GOSTRING, false}, {"runtime.gcbits.*", SECT_RODATA, G_GCBITS, false},
	{"go:funcdesc", SECT_FUNC, G_FUNCVAL, false}, {"runtime.gcmask.*", SECT_NOPTRBSS, G_GCMASK, false},
	{"runtime.covctrs", SECT_NOPTRBSS, G_COVERAGE, false}, {"runtime.ecovctrs", SECT_NOPTRBSS, G_COVERAGE, true},
};

static u8 border_kind(u8 section)
{
	switch (section) {
	case SECT_TEXT: return SYM_TEXT;
	case SECT_NOPTRDATA: return SYM_NOPTRDATA;
	case SECT_DATA: return SYM_DATA;
	case SECT_BSS: return SYM_BSS;
	case SECT_NOPTRBSS: case SECT_FUZZ: return SYM_NOPTRBSS;
	default: return SYM_RODATA;
	}
}

void synth_program(Linker *L)
{
	set_strings(L);
	build_info(L);
	fips_frames(L);
	for (u32 i = 0; i < LENGTH(borders); i++) {
		Sym *s = sym_own(L, borders[i].name, border_kind(borders[i].section));
		s->flags |= SF_REACHED | SF_MARKER | (str_is(s->name, "type:*") ? 0 : SF_LOCAL);
		s->section = borders[i].section;
	}
	for (u32 i = 0; i < LENGTH(group_names); i++) {
		Sym *s = sym_own(L, group_names[i].name, border_kind(group_names[i].section));
		s->flags |= SF_REACHED | SF_MARKER | SF_LOCAL;
		s->section = group_names[i].section;
	}
	Sym *tls = sym_make(L, S("runtime.tlsg"), ABI0);
	if (!tls->kind)
		tls->kind = SYM_TLSBSS;
	tls->flags |= SF_REACHED | SF_MARKER | SF_NOSYM;
	// Memory profiling costs nothing where nothing asks for a profile (ld/lib.go, linksetup).
	Sym *prof = sym_lookup(L, S("runtime.memProfileInternal"), ABI_INTERNAL);
	Sym *off = sym_lookup(L, S("runtime.disableMemoryProfiling"), ABI0);
	if (off && !(prof && prof->flags & SF_REACHED)) {
		off = sym_own(L, "runtime.disableMemoryProfiling", SYM_NOPTRDATA);
		sym_set_data(L, off, "\1", 1);
	}
	Sym *type = sym_lookup(L, S("type:runtime.moduledata"), ABI0);
	if (!type || type->ndata < 8) {
		link_error(L, NULL, "the runtime lacks type:runtime.moduledata");
		return;
	}
	Sym *md = L->module = sym_own(L, "runtime.firstmoduledata", SYM_NOPTRDATA);
	md->size = get_u64(type->data);
	md->align = 32;
	md->flags |= SF_REACHED;
	md->group = G_MODULE;
	Sym *last = sym_own(L, "runtime.lastmoduledatap", SYM_NOPTRDATA);
	sym_add_addr(L, last, md, 0);
	last->flags |= SF_REACHED;
	Sym *map = sym_own(L, "runtime.textsectionmap", SYM_RODATA); // runtime.textsect: start, end, address
	sym_add_u64(L, map, 0);
	sym_add_u64(L, map, 0);
	sym_add_addr(L, map, sym_make(L, S("runtime.text"), ABI0), 0);
	map->flags |= SF_REACHED;
}

static Sym *need(Linker *L, const char *name)
{
	Sym *s = sym_lookup(L, str(name), ABI0);
	if (!s)
		bug("symbol %s was not made", name);
	return s;
}

void synth_finish(Linker *L)
{
	for (u32 i = 0; i < LENGTH(borders); i++) {
		Sym *s = need(L, borders[i].name);
		const SectionInfo *t = &L->sect[borders[i].section];
		s->addr = t->addr + (borders[i].end ? t->size : 0);
		if (i == 1) // runtime.etext is the end of the last function
			s->addr -= L->arch->min_lc;
	}
	for (u32 i = 0; i < LENGTH(group_names); i++) {
		const struct GroupName *g = &group_names[i];
		Sym *s = need(L, g->name);
		u64 from = L->group_at[g->group], to = L->group_end[g->group];
		s->addr = L->sect[g->section].addr + (g->end ? to : from);
		if (g->group != G_COVERAGE)
			s->size = to - from;
	}
	Sym *map = need(L, "runtime.textsectionmap");
	put_u64((u8 *)map->data + 8, L->sect[SECT_TEXT].size);

	Sym *md = L->module;
	u64 size = md->size;
	md->ndata = 0;
	md->size = 0;
	Sym *first = L->text.p[0], *last = L->text.p[L->text.n - 1];
#define ADDR(name) sym_add_addr(L, md, need(L, name), 0)
#define WORD(v) sym_add_u64(L, md, (v))
#define SLICE(sym, n) do { u64 n_ = (n); sym_add_addr(L, md, (sym), 0); WORD(n_); WORD(n_); } while (0)
#define WHOLE(name) SLICE(need(L, name), need(L, name)->size)
#define NIL() do { WORD(0); WORD(0); WORD(0); } while (0)
	ADDR("runtime.pcheader");
	WHOLE("runtime.funcnametab");
	SLICE(need(L, "runtime.cutab"), need(L, "runtime.cutab")->size / 4);
	WHOLE("runtime.filetab");
	WHOLE("runtime.pctab");
	WHOLE("runtime.functab");
	SLICE(need(L, "runtime.functab"), (u64)L->text.n + 1);
	ADDR("runtime.findfunctab");
	sym_add_addr(L, md, first, 0);
	sym_add_addr(L, md, last, (i64)last->size);
	static const char *const ranges[] = {
		"runtime.text", "runtime.etext", "runtime.noptrdata", "runtime.enoptrdata", "runtime.data", "runtime.edata",
		"runtime.bss", "runtime.ebss", "runtime.noptrbss", "runtime.enoptrbss", "runtime.covctrs", "runtime.ecovctrs",
		"runtime.end", "runtime.gcdata", "runtime.gcbss", "runtime.types",
	};
	for (u32 i = 0; i < LENGTH(ranges); i++)
		ADDR(ranges[i]);
	WORD(L->type_len);
	ADDR("runtime.etypes");
	WORD(L->itab_off);
	WORD(L->itab_size);
	ADDR("runtime.rodata");
	ADDR("go:func.*");
	ADDR("runtime.epclntab");
	SLICE(map, 1);
	NIL(); // ptab
	WORD(0), WORD(0); // pluginpath
	NIL(); // pkghashes
	if (L->main_inits)
		SLICE(L->main_inits, L->main_inits->size / 8);
	else
		NIL();
	WORD(0), WORD(0); // modulename
	NIL(); // modulehashes
	WORD(1); // hasmain, bad
	if (md->size > size)
		link_error(L, md, "module data of %llu bytes, the runtime has %llu", (unsigned long long)md->size,
			   (unsigned long long)size);
	md->size = size;
	md->ndata = (u32)MIN((u64)md->ndata, size);
}
