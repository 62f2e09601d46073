// pcln.c: the pc-line table, by which the runtime finds the function, file, line, stack depth and pointer maps
// of a pc. Layout: runtime/symtab.go (pcHeader, functab, _func, findfuncbucket), cmd/link/internal/ld/pcln.go.
// pcln_build decides all sizes once text has addresses; pcln_write fills the section in the image in parallel.
#include "link/linker.h"

#include <stdlib.h>

enum {
	FUNC_SIZE = 44, FUNCDATA_INLTREE = 3, FUNCDATA_ARGS_MAPS = 0, FUNCDATA_ARG_INFO = 5, PCDATA_INLTREE = 2,
	HEADER_SIZE = 8 + 8 * 8, BUCKET = 4096, SUBBUCKETS = 16, NO_VALUE = -1,
};

typedef struct FuncRec {
	Sym *sym;
	FuncInfoView info;
	bool valid;
	u32 loc;            // of its _func in functab
	u32 npcdata, nfuncdata;
	u32 *pcdata;        // offsets in pctab; [0..2] are pcsp, pcfile, pcline, [3] pcinline, then pcdata
	Sym **funcdata;     // without the inline tree
	u32 inltree;        // offset of the inline tree in gofunc + 1
} FuncRec;

typedef struct PcSlot { u64 a, b; u32 off; const u8 *p; u32 n; } PcSlot;
typedef struct Named { u32 off; Str name; } Named;

typedef struct Pcln {
	FuncRec *f;
	u32 n;
	VEC(Named) names, files;
	VEC(struct { u32 off; Str data; }) tabs;
	PcSlot *slots;
	u32 slot_mask;
	Sym **fdata;        // funcdata symbols in order of address
	u32 nfdata;
	u32 ncu;            // entries of cutab
	Arena *arenas[3];   // of the walks; the last two are freed by pcln_free
	void (*const *walks)(Linker *, Arena *);
	VEC(Obj *) units;
	// offsets of the parts in the section, and sizes without padding
	u64 nametab, cutab, filetab, pctab, functab, gofunc, findfunc, total;
	u64 nametab_size, filetab_size, pctab_size, functab_size, gofunc_size, inl_size, findfunc_size;
} Pcln;

static void parse_func(Linker *L, u32 i)
{
	FuncRec *f = &L->pcln->f[i];
	Sym *s = f->sym;
	if (!s->obj)
		return;
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	for (u32 j = 0; j < n; j++, aux += GOOBJ_AUX) {
		if (aux[0] == AUX_FUNCINFO) {
			u32 li = goobj_local(&s->obj->g, goobj_ref(aux + 1));
			f->valid = li < s->obj->g.nall && funcinfo_open(&f->info, goobj_data(&s->obj->g, li));
		}
		f->npcdata += aux[0] == AUX_PCDATA;
		f->nfuncdata += aux[0] == AUX_FUNCDATA;
	}
	if (!f->valid)
		f->npcdata = f->nfuncdata = 0;
}

enum { PARSE_TASK = 512 };

static void parse_funcs(void *ctx, u32 task, u32 worker)
{
	Linker *L = ctx;
	(void)worker;
	for (u32 i = task * PARSE_TASK; i < MIN(L->pcln->n, (task + 1) * PARSE_TASK); i++)
		parse_func(L, i);
}

// The offset of a table in pctab, one for each content. 0 is the empty table.
static u32 pc_table(Linker *L, Arena *a, Obj *o, SymRef r)
{
	Pcln *P = L->pcln;
	u32 li = goobj_local(&o->g, r);
	if (li >= o->g.nall)
		return 0;
	u32 first = o->g.ndef, n = o->g.nhashed64 + o->g.nhashed;
	u32 *cache = li >= first && li - first < n ? &L->of[o->base + li] : NULL;
	if (cache && *cache) {
		if ((*cache & OF_TAG) == OF_PCTAB)
			return *cache & ~OF_TAG;
		cache = NULL; // also used as a symbol: the object is damaged
	}
	Str d = goobj_data(&o->g, li);
	u32 off = 0;
	if (d.n) {
		u64 h1, h2;
		if (li >= first + o->g.nhashed64 && li - first < n) {
			const u8 *h = o->g.p + o->g.blk[BLK_HASH] + (size_t)(li - first - o->g.nhashed64) * 16;
			h1 = get_u64(h), h2 = get_u64(h + 8);
		} else {
			h1 = hash_str(d), h2 = d.n;
		}
		u32 j = (u32)((h1 ^ h2) * 0x9e3779b97f4a7c15ull >> 32) & P->slot_mask;
		for (;; j = (j + 1) & P->slot_mask) {
			PcSlot *s = &P->slots[j];
			if (!s->p) {
				off = (u32)P->pctab_size;
				*s = (PcSlot){h1, h2, off, (const u8 *)d.p, d.n};
				vec_push(a, &P->tabs, (__typeof__(*P->tabs.p)){off, d});
				P->pctab_size += d.n;
				break;
			}
			if (s->a == h1 && s->b == h2 && s->n == d.n && !memcmp(s->p, d.p, d.n)) {
				off = s->off;
				break;
			}
		}
	}
	if (cache && off < 1u << 30)
		*cache = OF_PCTAB | off;
	return off;
}

static void add_name(Linker *L, Sym *s)
{
	Pcln *P = L->pcln;
	if (s->name_off)
		return;
	s->name_off = (u32)P->nametab_size + 1;
	vec_push(L->arena, &P->names, (Named){s->name_off - 1, s->name});
	P->nametab_size += (u64)s->name.n + 1;
}

static void use_file(Linker *L, StrMap *by_name, Obj *o, u32 file)
{
	Pcln *P = L->pcln;
	if (file >= o->nfile)
		return;
	if (file + 1 > o->max_file)
		o->max_file = file + 1;
	if (o->file_off[file])
		return;
	Str name = goobj_file(&o->g, file);
	u32 off = (u32)(uintptr_t)strmap_get(by_name, name);
	if (!off) {
		Str full = file_expand(L, L->arena, name);
		off = (u32)P->filetab_size + 1;
		strmap_put(L->arena, by_name, name, (void *)(uintptr_t)off);
		vec_push(L->arena, &P->files, (Named){off - 1, full});
		P->filetab_size += (u64)full.n + 1;
	}
	o->file_off[file] = off;
}

// gc's objects write the library's files as $GOROOT/...; and prefix file symbols with "gofile..".
Str file_expand(Linker *L, Arena *a, Str s)
{
	if (str_has_prefix(s, "gofile.."))
		s = str_from(s, 8);
	if (str_has_prefix(s, "$GOROOT/") && L->cfg->goroot.n)
		return path_join(a, L->cfg->goroot, str_from(s, 8));
	return s;
}

static bool ignore_funcdata(const Sym *fn, u32 j, const Sym *d)
{
	if (!d)
		return true;
	// Assembly functions without a Go declaration; in one process they share the object with compiled code.
	return (j == FUNCDATA_ARGS_MAPS || j == FUNCDATA_ARG_INFO) && !d->ndata;
}

static u32 rec_npcdata(const FuncRec *f)
{
	return f->valid && f->info.ninl ? MAX(f->npcdata, PCDATA_INLTREE + 1u) : f->npcdata;
}

static u32 rec_nfuncdata(const FuncRec *f)
{
	return f->valid && f->info.ninl ? MAX(f->nfuncdata, FUNCDATA_INLTREE + 1u) : f->nfuncdata;
}

static int by_align(const void *x, const void *y)
{
	const Sym *a = *(Sym *const *)x, *b = *(Sym *const *)y;
	u32 p = MAX(a->align, 1u), q = MAX(b->align, 1u);
	return p != q ? (p > q ? -1 : 1) : a->aux < b->aux ? -1 : a->aux > b->aux;
}

// Names of functions and of what is inlined into them, and their files.
static void walk_names(Linker *L, Arena *a)
{
	Pcln *P = L->pcln;
	StrMap by_name = {0};
	for (u32 i = 0; i < P->n; i++) {
		FuncRec *f = &P->f[i];
		Obj *o = f->sym->obj;
		add_name(L, f->sym);
		if (o && !o->ntext++)
			vec_push(a, &P->units, o);
		if (!f->valid)
			continue;
		for (u32 j = 0; j < f->info.nfiles; j++)
			use_file(L, &by_name, o, get_u32(f->info.files + 4 * j));
		for (u32 j = 0; j < f->info.ninl; j++) {
			InlView v = funcinfo_inl(&f->info, j);
			Sym *callee = sym_resolve(L, o, v.func);
			if (callee) {
				add_name(L, callee);
				if (callee->kind == SYM_NONE && L->cfg->left_out && L->cfg->left_out(L->cfg->left_out_ctx, callee->name))
					L->misses = true; // where it begins is not known
			}
			use_file(L, &by_name, o, v.file);
		}
	}
}

static void walk_tables(Linker *L, Arena *a)
{
	Pcln *P = L->pcln;
	for (u32 i = 0; i < P->n; i++) {
		FuncRec *f = &P->f[i];
		if (!f->valid)
			continue;
		Obj *o = f->sym->obj;
		u32 np = 4, n;
		const u8 *aux = goobj_auxs(&o->g, f->sym->li, &n);
		for (u32 j = 0; j < n; j++, aux += GOOBJ_AUX) {
			SymRef r = goobj_ref(aux + 1);
			switch (aux[0]) {
			case AUX_PCSP: f->pcdata[0] = pc_table(L, a, o, r); break;
			case AUX_PCFILE: f->pcdata[1] = pc_table(L, a, o, r); break;
			case AUX_PCLINE: f->pcdata[2] = pc_table(L, a, o, r); break;
			case AUX_PCINLINE:
				if (f->info.ninl)
					f->pcdata[3] = pc_table(L, a, o, r);
				break;
			case AUX_PCDATA: f->pcdata[np++] = pc_table(L, a, o, r); break;
			}
		}
	}
}

static void walk_funcdata(Linker *L, Arena *a)
{
	Pcln *P = L->pcln;
	VEC(Sym *) fdata = {0};
	for (u32 i = 0; i < P->n; i++) {
		FuncRec *f = &P->f[i];
		if (!f->valid)
			continue;
		Sym *s = f->sym;
		u32 nf = 0, n;
		const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
		for (u32 j = 0; j < n; j++, aux += GOOBJ_AUX)
			if (aux[0] == AUX_FUNCDATA)
				f->funcdata[nf++] = sym_resolve(L, s->obj, goobj_ref(aux + 1)); // resolved by mark.c
		for (u32 j = 0; j < f->nfuncdata; j++) {
			Sym *d = f->funcdata[j];
			if (ignore_funcdata(s, j, d) || (d->flags & SF_PLACED))
				continue;
			if (!d->size) {
				link_error(L, d, "zero size funcdata");
				continue;
			}
			d->flags |= SF_PLACED | SF_NOSYM;
			d->group = G_FUNCDATA;
			d->section = SECT_PCLN;
			d->aux = fdata.n;
			vec_push(a, &fdata, d);
		}
	}
	if (fdata.n)
		qsort(fdata.p, fdata.n, sizeof *fdata.p, by_align);
	P->fdata = fdata.p;
	P->nfdata = fdata.n;
}

static void run_walk(void *ctx, u32 i, u32 worker)
{
	Linker *L = ctx;
	(void)worker;
	L->pcln->walks[i](L, L->pcln->arenas[i]);
}

void pcln_build(Linker *L)
{
	Pcln *P = L->pcln = NEW(L->arena, Pcln);
	Arena *a = L->arena;
	P->n = L->text.n;
	P->f = NEWN(a, FuncRec, P->n + 1);
	for (u32 i = 0; i < P->n; i++) {
		P->f[i].sym = L->text.p[i];
		L->text.p[i]->aux = i;
	}
	pool_for(L->pool, (P->n + PARSE_TASK - 1) / PARSE_TASK, parse_funcs, L);
	u64 ntabs = 64;
	for (u32 i = 0; i < P->n; i++)
		ntabs += 4 + P->f[i].npcdata;
	u32 cap = 64;
	while (cap < ntabs * 3 / 2)
		cap *= 2;
	P->slots = NEWN(a, PcSlot, cap);
	P->slot_mask = cap - 1;
	P->pctab_size = 1; // offset 0 means "no table"
	for (u32 i = 0; i < P->n; i++) {
		FuncRec *f = &P->f[i];
		if (f->valid) {
			f->pcdata = NEWN(a, u32, f->npcdata + 4);
			f->funcdata = NEWN(a, Sym *, f->nfuncdata + 1);
		}
	}
	// Three walks over the functions that share nothing but what they read. Each has an arena of its own.
	static void (*const walks[])(Linker *, Arena *) = {walk_names, walk_tables, walk_funcdata};
	P->arenas[0] = a;
	P->arenas[1] = arena_new();
	P->arenas[2] = arena_new();
	P->walks = walks;
	pool_for(L->pool, 3, run_walk, L);
	u64 loc = (u64)P->n * 8 + 4;
	for (u32 i = 0; i < P->n; i++) {
		FuncRec *f = &P->f[i];
		if (f->valid && f->info.ninl) {
			f->inltree = (u32)P->inl_size + 1;
			P->inl_size += (u64)f->info.ninl * 16;
		}
		loc = ALIGN_UP(loc, 8);
		f->loc = (u32)loc;
		loc += FUNC_SIZE + 4ull * rec_npcdata(f) + 4ull * rec_nfuncdata(f);
	}
	P->functab_size = loc;
	for (u32 i = 0; i < P->units.n; i++) {
		P->units.p[i]->cu_off = P->ncu;
		P->ncu += P->units.p[i]->max_file;
	}
	u64 off = 0;
	for (u32 i = 0; i < P->nfdata; i++) {
		off = ALIGN_UP(off, MAX(P->fdata[i]->align, 1u));
		P->fdata[i]->addr = off;
		off += P->fdata[i]->size;
	}
	off = ALIGN_UP(off, 4); // inline trees follow
	P->gofunc_size = off + P->inl_size;
	for (u32 i = 0; i < P->n; i++)
		if (P->f[i].inltree)
			P->f[i].inltree += (u32)off;

	P->nametab = HEADER_SIZE;
	P->cutab = ALIGN_UP(P->nametab + P->nametab_size, 8);
	P->filetab = ALIGN_UP(P->cutab + P->ncu * 4ull, 8);
	P->pctab = ALIGN_UP(P->filetab + P->filetab_size, 8);
	P->functab = ALIGN_UP(P->pctab + P->pctab_size, 8);
	P->gofunc = ALIGN_UP(P->functab + P->functab_size, 32);
	P->findfunc = ALIGN_UP(P->gofunc + P->gofunc_size, 8);
	u64 text = P->n ? sym_end(L->text.p[P->n - 1]) - L->text.p[0]->addr : 0;
	P->findfunc_size = (text + BUCKET - 1) / BUCKET * 4 + (text + BUCKET / SUBBUCKETS - 1) / (BUCKET / SUBBUCKETS);
	P->total = P->findfunc + P->findfunc_size;
	for (u32 i = 0; i < P->nfdata; i++)
		P->fdata[i]->addr += P->gofunc; // relative to the section, as all data is now
	// What module data and the symbol table call these parts.
	struct { const char *name; u64 off, size; } parts[] = {
		{"runtime.pclntab", 0, P->total}, {"runtime.pcheader", 0, HEADER_SIZE},
		{"runtime.funcnametab", P->nametab, P->nametab_size}, {"runtime.cutab", P->cutab, P->ncu * 4ull},
		{"runtime.filetab", P->filetab, P->filetab_size}, {"runtime.pctab", P->pctab, P->pctab_size},
		{"runtime.functab", P->functab, P->functab_size}, {"go:func.*", P->gofunc, P->gofunc_size},
		{"runtime.findfunctab", P->findfunc, P->findfunc_size}, {"runtime.epclntab", P->total, 0},
	};
	for (u32 i = 0; i < LENGTH(parts); i++) {
		Sym *s = sym_own(L, parts[i].name, SYM_RODATA);
		s->flags |= SF_REACHED | SF_PLACED | SF_MARKER | SF_LOCAL;
		if (i >= 1 && i <= 6)
			s->flags |= SF_NOSYM;
		s->section = SECT_PCLN;
		s->addr = parts[i].off;
		s->size = parts[i].size;
	}
}

void pcln_free(Linker *L)
{
	if (!L->pcln)
		return;
	arena_free(L->pcln->arenas[1]);
	arena_free(L->pcln->arenas[2]);
}

u64 pcln_size(Linker *L) { return L->pcln->total; }

void pcln_place(Linker *L)
{
	for (u32 i = 0; i < L->pcln->nfdata; i++)
		L->pcln->fdata[i]->addr += L->sect[SECT_PCLN].addr;
}

// ---- writing ------------------------------------------------------------------------------------

typedef struct Job { Linker *L; u8 *out; u64 text; } Job;

enum { FUNCS_A_TASK = 1024 };

static u32 defer_return(Linker *L, Sym *s)
{
	for (u32 i = 0; i < s->nrels; i++)
		if (L->arch->is_call(rel_type(s, i) & 0x7fff) && rel_at(L, s, i).sym == L->defer_return)
			return rel_off(s, i) - L->arch->defer_return_back;
	return 0;
}

static void write_funcs(void *ctx, u32 task, u32 worker)
{
	Job *j = ctx;
	Linker *L = j->L;
	Pcln *P = L->pcln;
	u8 *functab = j->out + P->functab, *gofunc = j->out + P->gofunc;
	u64 base = L->sect[SECT_PCLN].addr + P->gofunc;
	(void)worker;
	for (u32 i = task * FUNCS_A_TASK; i < MIN(P->n, (task + 1) * FUNCS_A_TASK); i++) {
		FuncRec *f = &P->f[i];
		Sym *s = f->sym;
		u32 entry = (u32)(s->addr - j->text);
		put_u32(functab + 8ull * i, entry);
		put_u32(functab + 8ull * i + 4, f->loc);
		u8 *p = functab + f->loc;
		u32 npc = rec_npcdata(f), nfd = rec_nfuncdata(f);
		put_u32(p, entry);
		put_u32(p + 4, s->name_off - 1);
		put_u32(p + 8, f->valid ? f->info.args : 0);
		put_u32(p + 12, defer_return(L, s));
		for (u32 k = 0; k < 3; k++)
			put_u32(p + 16 + 4 * k, f->valid ? f->pcdata[k] : 0);
		put_u32(p + 28, npc);
		put_u32(p + 32, s->obj ? s->obj->cu_off : UINT32_MAX);
		put_u32(p + 36, f->valid ? f->info.start_line : 0);
		p[40] = f->valid ? f->info.func_id : 0;
		p[41] = f->valid ? f->info.func_flag : 0;
		p[42] = 0;
		p[43] = (u8)nfd;
		p += FUNC_SIZE;
		for (u32 k = 0; k < npc; k++)
			put_u32(p + 4 * k, k < f->npcdata ? f->pcdata[4 + k] : 0);
		if (f->valid && f->info.ninl)
			put_u32(p + 4 * PCDATA_INLTREE, f->pcdata[3]);
		p += 4 * npc;
		for (u32 k = 0; k < nfd; k++) {
			Sym *d = k < f->nfuncdata ? f->funcdata[k] : NULL;
			if (k == FUNCDATA_INLTREE && f->inltree)
				put_u32(p + 4 * k, f->inltree - 1);
			else
				put_u32(p + 4 * k, ignore_funcdata(s, k, d) ? UINT32_MAX : (u32)(d->addr - base));
		}
		if (!f->inltree)
			continue;
		u8 *t = gofunc + f->inltree - 1; // runtime/symtabinl.go, inlinedCall
		for (u32 k = 0; k < f->info.ninl; k++, t += 16) {
			InlView v = funcinfo_inl(&f->info, k);
			Sym *callee = sym_resolve(L, s->obj, v.func);
			FuncInfoView ci = {0};
			if (callee && callee->obj && sym_is_text(callee)) {
				u32 n;
				const u8 *aux = goobj_auxs(&callee->obj->g, callee->li, &n);
				for (u32 m = 0; m < n; m++, aux += GOOBJ_AUX)
					if (aux[0] == AUX_FUNCINFO) {
						u32 li = goobj_local(&callee->obj->g, goobj_ref(aux + 1));
						if (li >= callee->obj->g.nall || !funcinfo_open(&ci, goobj_data(&callee->obj->g, li)))
							memset(&ci, 0, sizeof ci);
					}
			}
			t[0] = ci.func_id;
			t[1] = t[2] = t[3] = 0;
			put_u32(t + 4, callee ? callee->name_off - 1 : 0);
			put_u32(t + 8, (u32)v.parent_pc);
			put_u32(t + 12, ci.start_line);
		}
	}
}

// For each 4096 bytes of text the index of the first function in it, and for each 256 the distance from that.
static void write_findfunc(Linker *L, u8 *out)
{
	Pcln *P = L->pcln;
	u64 min = L->text.p[0]->addr, max = sym_end(L->text.p[P->n - 1]), sub = BUCKET / SUBBUCKETS;
	u32 n = (u32)((max - min + sub - 1) / sub), f = 0, base = 0;
	for (u32 i = 0; i < n; i++) {
		u64 at = min + i * sub;
		while (f + 1 < P->n && L->text.p[f + 1]->addr <= at)
			f++;
		u8 *p = out + (u64)(i / SUBBUCKETS) * (4 + SUBBUCKETS);
		if (i % SUBBUCKETS == 0) {
			base = f;
			put_u32(p, base);
		}
		p[4 + i % SUBBUCKETS] = (u8)(f - base);
	}
}

static void write_tables(void *ctx, u32 task, u32 worker)
{
	Job *j = ctx;
	Linker *L = j->L;
	Pcln *P = L->pcln;
	u32 nfuncs = (P->n + FUNCS_A_TASK - 1) / FUNCS_A_TASK;
	if (task < nfuncs) {
		write_funcs(ctx, task, worker);
		return;
	}
	switch (task - nfuncs) {
	case 0:
		for (u32 i = 0; i < P->names.n; i++)
			memcpy(j->out + P->nametab + P->names.p[i].off, P->names.p[i].name.p, P->names.p[i].name.n);
		break;
	case 1:
		for (u32 i = 0; i < P->tabs.n; i++)
			memcpy(j->out + P->pctab + P->tabs.p[i].off, P->tabs.p[i].data.p, P->tabs.p[i].data.n);
		break;
	case 2: {
		u8 *h = j->out;
		put_u32(h, 0xfffffff1); // internal/abi.Go120PCLnTabMagic
		h[6] = (u8)L->arch->min_lc;
		h[7] = L->arch->ptr_size;
		const u64 words[] = {P->n, P->files.n, 0, P->nametab, P->cutab, P->filetab, P->pctab, P->functab};
		for (u32 i = 0; i < LENGTH(words); i++)
			put_u64(h + 8 + 8 * i, words[i]);
		for (u32 i = 0; i < P->units.n; i++) {
			Obj *o = P->units.p[i];
			for (u32 k = 0; k < o->max_file; k++)
				put_u32(j->out + P->cutab + (o->cu_off + k) * 4ull, o->file_off[k] - 1);
		}
		for (u32 i = 0; i < P->files.n; i++)
			memcpy(j->out + P->filetab + P->files.p[i].off, P->files.p[i].name.p, P->files.p[i].name.n);
		if (P->n) {
			Sym *last = L->text.p[P->n - 1];
			put_u32(j->out + P->functab + P->n * 8ull, (u32)(last->addr - j->text + last->size));
			write_findfunc(L, j->out + P->findfunc);
		}
		break;
	}
	case 3:
		for (u32 i = 0; i < P->nfdata; i++) {
			Sym *s = P->fdata[i];
			u8 *p = j->out + (s->addr - L->sect[SECT_PCLN].addr);
			memcpy(p, s->data, s->ndata);
			for (u32 k = 0; k < s->nrels; k++) {
				Rel r = rel_at(L, s, k);
				reloc_apply(L, s, &r, p, s->size, s->addr);
			}
		}
		break;
	}
}

void pcln_write(Linker *L, u8 *out)
{
	Job j = {L, out, L->sect[SECT_TEXT].addr};
	pool_for(L->pool, (L->pcln->n + FUNCS_A_TASK - 1) / FUNCS_A_TASK + 4, write_tables, &j);
}
