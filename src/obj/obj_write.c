// obj_write.c: an ObjPkg becomes gc's object format (cmd/internal/goobj/objfile.go), and that an archive.
// Symbols are referred to by name except file-local and content-addressed ones, so an object does not depend
// on the numbering of any other. The output depends only on the content, never on the order of creation.
#include "obj/obj_int.h"
#include "base/release.h"

#include <stdlib.h>

// gc's object header line names the Go release (objabi.HeaderString); ours speaks for the release whose
// library we compile.
const char obj_go_version[] = "go" GO_RELEASE;
static const char experiments[] = // those that are on by default on amd64 and arm64 (internal/buildcfg/exp.go)
	"regabiwrappers,regabiargs,dwarf5,jsonv2,greenteagc,randomizedheapbase64,sizespecializedmalloc";

typedef struct { u64 a, b; } Hash128;

// A 128-bit hash for merging equal content. Not cryptographic: the linker compares the bytes as well.
static u64 mix(u64 a, u64 b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (u64)m ^ (u64)(m >> 64);
}

static Hash128 hash128(Hash128 h, const void *data, size_t n)
{
	const u8 *p = data;
	size_t left = n;
	while (left > 16) {
		u64 x = get_u64(p), y = get_u64(p + 8);
		h.a = mix(x ^ 0xa0761d6478bd642full, y ^ h.a);
		h.b = mix(x ^ h.b, y ^ 0xe7037ed1a0b428dbull);
		p += 16;
		left -= 16;
	}
	u8 tail[16] = {0};
	if (left)
		memcpy(tail, p, left);
	u64 x = get_u64(tail), y = get_u64(tail + 8);
	h.a = mix(x ^ 0x8ebc6af09c88c6e3ull, y ^ h.a ^ (u64)n);
	h.b = mix(x ^ h.b ^ (u64)n << 32, y ^ 0x589965cc75374cc3ull);
	return h;
}

static Hash128 hash_word(Hash128 h, u64 v) { return hash128(h, &v, 8); }

// What becomes a symbol record.
typedef struct Rec {
	LSym *sym;          // NULL for those made here: FuncInfo and pc-value tables
	struct Func *func;  // of text symbols
	Str data;
	Hash128 hash;
	bool hashed_done;
} Rec;
typedef VEC(Rec) RecVec;

typedef struct Writer {
	ObjPkg *o;
	Arena *a;
	Buf *out;
	size_t start;
	RecVec defs, h64, hashed, nonpkg;
	VEC(LSym *) refs;
	Map pctabs;         // hash of a table -> chain
	struct Func { LSym *sym; u32 info; u32 tabs[4]; u32 *pcdata; } *funcs;
	u32 nfuncs;
} Writer;

static const struct FuncInfo no_info;

static Rec *place(Writer *w, LSym *s, u32 pkg, RecVec *v)
{
	s->pkg_index = pkg;
	s->index = v->n;
	vec_push(w->a, v, (Rec){.sym = s, .data = str_n((char *)s->data, s->ndata)});
	return &vec_last(v);
}

// Trailing zeros are not part of content: size is.
static Str trimmed(Str d)
{
	while (d.n && !d.p[d.n - 1])
		d.n--;
	return d;
}

static Rec *place_def(Writer *w, LSym *s)
{
	if (s->content_addr && !s->nrelocs && s->size <= 8 && !obj_content_section(s))
		return place(w, s, PKG_HASHED64, &w->h64);
	if (s->content_addr)
		return place(w, s, PKG_HASHED, &w->hashed);
	if (s->abi == ABI_STATIC || !s->name.n)
		return place(w, s, PKG_SELF, &w->defs);
	return place(w, s, PKG_NONE, &w->nonpkg);
}

static void need(Writer *w, LSym *s)
{
	if (!s || s->pkg_index)
		return;
	if (s->content_addr)
		bug("content-addressed symbol %.*s is not defined", STR_ARG(s->name));
	s->pkg_index = PKG_NONE;
	s->index = UINT32_MAX;
	vec_push(w->a, &w->refs, s);
}

// A pc-value table: one record for each content. Returns its index among the hashed symbols.
static u32 pctab(Writer *w, Str data)
{
	typedef struct Chain { u32 index; struct Chain *next; } Chain;
	Hash128 h = hash128((Hash128){'P', data.n}, data.p, data.n);
	Chain *first = map_get(&w->pctabs, h.a);
	for (Chain *c = first; c; c = c->next)
		if (str_eq(w->hashed.p[c->index].data, data))
			return c->index;
	Chain *c = NEW(w->a, Chain);
	*c = (Chain){w->hashed.n, first};
	map_put(w->a, &w->pctabs, h.a, c);
	vec_push(w->a, &w->hashed, (Rec){.data = data, .hash = h, .hashed_done = true});
	return c->index;
}

static Hash128 content_hash(Writer *w, LSym *s)
{
	if (s->pkg_index == PKG_HASHED && w->hashed.p[s->index].hashed_done)
		return w->hashed.p[s->index].hash;
	Str d = trimmed(str_n((char *)s->data, s->ndata));
	Hash128 h = hash128((Hash128){obj_content_section(s), s->size}, d.p, d.n);
	if (s->kind == SYM_TEXT || s->kind == SYM_TEXT_FIPS)
		h = hash128(h, s->name.p, s->name.n);
	for (u32 i = 0; i < s->nrelocs; i++) {
		Reloc *r = &s->relocs[i];
		h = hash_word(h, (u64)r->off << 32 | (u64)r->size << 16 | r->type);
		h = hash_word(h, (u64)r->add);
		if (!r->sym || r->sym == s) {
			h = hash_word(h, r->sym ? 1 : 2);
		} else if (r->sym->content_addr) {
			Hash128 t = content_hash(w, r->sym);
			h = hash128(h, &t, sizeof t);
		} else {
			h = hash128(h, r->sym->name.p, r->sym->name.n);
			h = hash_word(h, r->sym->abi);
			if (r->sym->abi == ABI_STATIC) { // file-local: its place in this package names it
				h = hash128(h, w->o->path.p, w->o->path.n);
				h = hash_word(h, r->sym->index);
			}
		}
	}
	if (s->pkg_index == PKG_HASHED) {
		w->hashed.p[s->index].hash = h;
		w->hashed.p[s->index].hashed_done = true;
	}
	return h;
}

static void put_ref(Buf *b, const LSym *s)
{
	buf_u32(b, s ? s->pkg_index : 0);
	buf_u32(b, s ? s->index : 0);
}

// The serialized FuncInfo (goobj/funcinfo.go).
static Str func_info(Writer *w, LSym *s)
{
	const FuncInfo *f = s->func ? s->func : &no_info;
	Buf b = {0};
	u32 line;
	obj_file_pos(w->o, f->pos, &line);
	buf_u32(&b, f->args);
	buf_u32(&b, f->locals);
	buf_u8(&b, f->func_id);
	buf_u8(&b, f->func_flag);
	buf_u16(&b, 0);
	buf_u32(&b, line);
	buf_u32(&b, f->nfiles);
	for (u32 i = 0; i < f->nfiles; i++)
		buf_u32(&b, f->files[i]);
	buf_u32(&b, f->ninl);
	for (u32 i = 0; i < f->ninl; i++) {
		const InlNode *n = &f->inl[i];
		u32 file = obj_file_pos(w->o, n->pos, &line);
		buf_u32(&b, (u32)n->parent);
		buf_u32(&b, file);
		buf_u32(&b, line);
		put_ref(&b, n->func);
		buf_u32(&b, n->parent_pc);
	}
	Str r = str_dup(w->a, buf_view(&b));
	buf_free(&b);
	return r;
}

// Gives every symbol its list and index.
static void number(Writer *w)
{
	u32 n;
	LSym **all = obj_sorted_defs(w->o, &n);
	w->funcs = NEWN(w->a, struct Func, n + 1);
	for (u32 i = 0; i < n; i++) {
		LSym *s = all[i];
		Rec *r = place_def(w, s);
		if (s->kind == SYM_TEXT || s->kind == SYM_TEXT_FIPS) {
			r->func = &w->funcs[w->nfuncs++];
			r->func->sym = s;
		}
	}
	for (u32 i = 0; i < n; i++) {
		LSym *s = all[i];
		for (u32 j = 0; j < s->nrelocs; j++)
			need(w, s->relocs[j].sym);
		need(w, s->gotype);
	}
	for (u32 i = 0; i < w->nfuncs; i++) {
		struct Func *f = &w->funcs[i];
		const FuncInfo *fi = f->sym->func ? f->sym->func : &no_info;
		const Str tabs[4] = {fi->pcsp, fi->pcfile, fi->pcline, fi->pcinline};
		for (u32 j = 0; j < 4; j++)
			f->tabs[j] = tabs[j].n ? pctab(w, tabs[j]) : UINT32_MAX;
		f->pcdata = NEWN(w->a, u32, fi->npcdata + 1);
		for (u32 j = 0; j < fi->npcdata; j++)
			f->pcdata[j] = pctab(w, fi->pcdata[j]);
		for (u32 j = 0; j < fi->nfuncdata; j++) {
			// Assembly functions name what the compiler makes of their declarations. Where that is in the same object, it must be there.
			if (fi->funcdata[j] && !fi->funcdata[j]->defined && !(w->o->flags & OBJ_FROM_ASM))
				fi->funcdata[j] = NULL;
			need(w, fi->funcdata[j]);
		}
		for (u32 j = 0; j < fi->ninl; j++)
			need(w, fi->inl[j].func);
		LSym *const dw[4] = {fi->dwarf_info, fi->dwarf_loc, fi->dwarf_ranges, fi->dwarf_lines};
		for (u32 j = 0; j < 4; j++)
			need(w, dw[j]);
	}
	for (u32 i = 0; i < n; i++)
		need(w, all[i]->dwarf_var);
	for (u32 i = 0; i < w->refs.n; i++)
		w->refs.p[i]->index = w->nonpkg.n + i;
	for (u32 i = 0; i < w->nfuncs; i++) {
		struct Func *f = &w->funcs[i];
		f->info = w->defs.n;
		vec_push(w->a, &w->defs, (Rec){.data = func_info(w, f->sym)});
	}
}

static void begin_block(Writer *w, u32 blk) { put_u32(w->out->p + w->start + 20 + 4 * blk, (u32)(w->out->n - w->start)); }

static void sym_record(Writer *w, u32 name_n, u32 name_off, u16 abi, u8 kind, u32 flag, u32 flag2, u32 size, u32 align)
{
	u8 *p = buf_reserve(w->out, GOOBJ_SYM);
	put_u32(p, name_n);
	put_u32(p + 4, name_off);
	put_u16(p + 8, abi);
	p[10] = kind;
	p[11] = (u8)flag;
	p[12] = (u8)flag2;
	put_u32(p + 13, size);
	put_u32(p + 17, align);
}

static void put_sym(Writer *w, const Rec *r, u32 name_off, bool pc_table)
{
	const LSym *s = r->sym;
	if (!s) {
		sym_record(w, 0, name_off, ABI0, pc_table ? SYM_RODATA : SYM_DATA, 0, 0, r->data.n, pc_table);
		return;
	}
	bool ro = s->kind == SYM_RODATA;
	u32 flag = 0, flag2 = 0;
	flag |= s->dupok ? OSYM_DUPOK : 0;
	flag |= s->local ? OSYM_LOCAL : 0;
	flag |= s->typelink ? OSYM_TYPELINK : 0;
	flag |= s->leaf ? OSYM_LEAF : 0;
	flag |= s->nosplit ? OSYM_NOSPLIT : 0;
	flag |= s->reflect_method ? OSYM_REFLECT_METHOD : 0;
	flag |= (s->is_type || (str_has_prefix(s->name, "type:") && s->name.n > 5 && s->name.p[5] != '.')) && ro ? OSYM_GOTYPE : 0;
	flag2 |= s->used_in_iface ? OSYM_USED_IN_IFACE : 0;
	flag2 |= (s->is_itab || str_has_prefix(s->name, "go:itab.")) && ro ? OSYM_ITAB : 0;
	flag2 |= s->is_dict ? OSYM_DICT : 0;
	flag2 |= s->is_pkginit ? OSYM_PKGINIT : 0;
	// The runtime pulls main.main by linkname (cmd/internal/obj/objfile.go).
	flag2 |= s->linkname || str_is(s->name, "main.main") ? OSYM_LINKNAME : 0;
	flag2 |= s->linkname_std ? OSYM_LINKNAME_STD : 0;
	flag2 |= s->abi_wrapper ? OSYM_ABI_WRAPPER : 0;
	flag2 |= s->wasm_export ? OSYM_WASM_EXPORT : 0;
	if (s->size > 2000000000u)
		bug("%.*s: symbol too large (%llu bytes > 2000000000 bytes)", STR_ARG(s->name), (unsigned long long)s->size);
	sym_record(w, s->name.n, name_off, s->abi, s->defined ? s->kind : SYM_NONE, flag, flag2,
		   s->defined ? (u32)MAX(s->size, (u64)s->ndata) : 0, s->align);
}

static int by_offset(const void *x, const void *y)
{
	const Reloc *a = x, *b = y;
	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	// Markers and such share offsets: keep them in a defined order.
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->add != b->add)
		return a->add < b->add ? -1 : 1;
	return a->sym && b->sym && a->sym != b->sym ? str_cmp(a->sym->name, b->sym->name) : 0;
}

static void sort_relocs(LSym *s)
{
	for (u32 i = 1; i < s->nrelocs; i++)
		if (s->relocs[i].off < s->relocs[i - 1].off) {
			qsort(s->relocs, s->nrelocs, sizeof *s->relocs, by_offset);
			return;
		}
}

static void put_aux(Buf *b, u8 type, u32 pkg, u32 idx)
{
	u8 *p = buf_reserve(b, GOOBJ_AUX);
	p[0] = type;
	put_u32(p + 1, pkg);
	put_u32(p + 5, idx);
}

static u32 put_auxs(Writer *w, const LSym *s, const struct Func *f, bool count_only)
{
	static const u8 tab_types[4] = {AUX_PCSP, AUX_PCFILE, AUX_PCLINE, AUX_PCINLINE};
	static const u8 dwarf_types[4] = {AUX_DWARFINFO, AUX_DWARFLOC, AUX_DWARFRANGES, AUX_DWARFLINES};
	u32 n = 0;
#define AUX(type, pkg, idx) (n++, count_only ? (void)0 : put_aux(w->out, (type), (pkg), (idx)))
	if (s->gotype)
		AUX(AUX_GOTYPE, s->gotype->pkg_index, s->gotype->index);
	if (f) {
		const FuncInfo *fi = s->func ? s->func : &no_info;
		LSym *const dw[4] = {fi->dwarf_info, fi->dwarf_loc, fi->dwarf_ranges, fi->dwarf_lines};
		AUX(AUX_FUNCINFO, PKG_SELF, f->info);
		for (u32 i = 0; i < fi->nfuncdata; i++) {
			LSym *d = fi->funcdata[i];
			AUX(AUX_FUNCDATA, d ? d->pkg_index : 0, d ? d->index : 0);
		}
		for (u32 i = 0; i < 4; i++)
			if (dw[i] && dw[i]->size)
				AUX(dwarf_types[i], dw[i]->pkg_index, dw[i]->index);
		for (u32 i = 0; i < 4; i++)
			if (f->tabs[i] != UINT32_MAX)
				AUX(tab_types[i], PKG_HASHED, f->tabs[i]);
		for (u32 i = 0; i < fi->npcdata; i++)
			AUX(AUX_PCDATA, PKG_HASHED, f->pcdata[i]);
	} else if (s->dwarf_var && s->dwarf_var->size) {
		AUX(AUX_DWARFINFO, s->dwarf_var->pkg_index, s->dwarf_var->index);
	}
#undef AUX
	return n;
}

void obj_write(ObjPkg *o, Buf *out)
{
	Writer w = {.o = o, .a = arena_new(), .out = out, .start = out->n};
	number(&w);
	RecVec *const lists[] = {&w.defs, &w.h64, &w.hashed, &w.nonpkg};
	u32 total = 0;
	for (u32 i = 0; i < 4; i++)
		total += lists[i]->n;
	size_t size = GOOBJ_HEADER + (size_t)(total + w.refs.n) * (GOOBJ_SYM + 3 * 4) + (w.h64.n + w.hashed.n) * 16ul;
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++) {
			const Rec *r = &lists[i]->p[j];
			size += r->data.n + (r->sym ? r->sym->name.n + (size_t)r->sym->nrelocs * GOOBJ_RELOC : 0) + 16 * GOOBJ_AUX;
		}
	for (u32 i = 0; i < w.refs.n; i++)
		size += w.refs.p[i]->name.n;
	buf_reserve(out, size); // all at once; what is left over costs nothing
	out->n = w.start;
	strs_sort(&o->imports);

	buf_bytes(out, "\0go120ld", 8);
	buf_zeros(out, 8); // fingerprint: none
	buf_u32(out, o->flags);
	buf_zeros(out, 4 * NBLK);

	// Strings: every name once for each symbol; names are unique but for ABI twins, so no table is kept.
	u32 *names = NEWN(w.a, u32, total + w.refs.n + 1), k = 0;
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++) {
			const LSym *s = lists[i]->p[j].sym;
			names[k++] = (u32)(out->n - w.start);
			if (s)
				buf_str(out, s->name);
		}
	for (u32 i = 0; i < w.refs.n; i++) {
		names[k++] = (u32)(out->n - w.start);
		buf_str(out, w.refs.p[i]->name);
	}
	u32 *imports = NEWN(w.a, u32, o->imports.n + 1), *files = NEWN(w.a, u32, o->files.n + 1);
	for (u32 i = 0; i < o->imports.n; i++) {
		imports[i] = (u32)(out->n - w.start);
		buf_str(out, o->imports.p[i]);
	}
	for (u32 i = 0; i < o->files.n; i++) {
		files[i] = (u32)(out->n - w.start);
		buf_str(out, o->files.p[i]);
	}

	begin_block(&w, BLK_AUTOLIB);
	for (u32 i = 0; i < o->imports.n; i++) {
		buf_u32(out, o->imports.p[i].n);
		buf_u32(out, imports[i]);
		buf_zeros(out, 8);
	}
	begin_block(&w, BLK_PKGIDX);
	buf_zeros(out, 8); // entry 0 is never referred to
	begin_block(&w, BLK_FILE);
	for (u32 i = 0; i < o->files.n; i++) {
		buf_u32(out, o->files.p[i].n);
		buf_u32(out, files[i]);
	}
	k = 0;
	for (u32 i = 0; i < 4; i++) {
		begin_block(&w, BLK_SYMDEF + i);
		for (u32 j = 0; j < lists[i]->n; j++)
			put_sym(&w, &lists[i]->p[j], names[k++], i == 2);
	}
	begin_block(&w, BLK_NONPKGREF);
	for (u32 i = 0; i < w.refs.n; i++)
		put_sym(&w, &(Rec){.sym = w.refs.p[i]}, names[k++], false);
	begin_block(&w, BLK_REFFLAGS);
	begin_block(&w, BLK_HASH64);
	for (u32 i = 0; i < w.h64.n; i++) {
		u8 h[8] = {0};
		if (w.h64.p[i].data.n)
			memcpy(h, w.h64.p[i].data.p, MIN(w.h64.p[i].data.n, 8u));
		buf_bytes(out, h, 8);
	}
	begin_block(&w, BLK_HASH);
	for (u32 i = 0; i < w.hashed.n; i++) {
		Rec *r = &w.hashed.p[i];
		Hash128 h = r->sym ? content_hash(&w, r->sym) : r->hash;
		buf_bytes(out, &h, 16);
	}

	begin_block(&w, BLK_RELOCIDX);
	u32 n = 0;
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++) {
			buf_u32(out, n);
			n += lists[i]->p[j].sym ? lists[i]->p[j].sym->nrelocs : 0;
		}
	buf_u32(out, n);
	begin_block(&w, BLK_AUXIDX);
	n = 0;
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++) {
			buf_u32(out, n);
			if (lists[i]->p[j].sym)
				n += put_auxs(&w, lists[i]->p[j].sym, lists[i]->p[j].func, true);
		}
	buf_u32(out, n);
	begin_block(&w, BLK_DATAIDX);
	u64 off = 0;
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++) {
			buf_u32(out, (u32)off);
			off += lists[i]->p[j].data.n;
		}
	if (off > UINT32_MAX)
		base_die("package %.*s: data too large", STR_ARG(o->path));
	buf_u32(out, (u32)off);

	begin_block(&w, BLK_RELOC);
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++) {
			LSym *s = lists[i]->p[j].sym;
			if (!s || !s->nrelocs)
				continue;
			sort_relocs(s);
			u8 *p = buf_reserve(out, (size_t)s->nrelocs * GOOBJ_RELOC);
			for (u32 m = 0; m < s->nrelocs; m++, p += GOOBJ_RELOC) {
				const Reloc *r = &s->relocs[m];
				put_u32(p, r->off);
				p[4] = r->size;
				put_u16(p + 5, r->type);
				put_u64(p + 7, (u64)r->add);
				put_u32(p + 15, r->sym ? r->sym->pkg_index : 0);
				put_u32(p + 19, r->sym ? r->sym->index : 0);
			}
		}
	begin_block(&w, BLK_AUX);
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++)
			if (lists[i]->p[j].sym)
				put_auxs(&w, lists[i]->p[j].sym, lists[i]->p[j].func, false);
	begin_block(&w, BLK_DATA);
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < lists[i]->n; j++)
			buf_str(out, lists[i]->p[j].data);
	begin_block(&w, BLK_REFNAME);
	begin_block(&w, BLK_END);
	arena_free(w.a);
}

void obj_header(Buf *out, Str goos, Str goarch)
{
	// Architecture level and experiments as objabi.HeaderString has them for a default configuration.
	const char *level = "";
	if (str_is(goarch, "amd64"))
		level = " GOAMD64=v1";
	else if (str_is(goarch, "arm64"))
		level = " GOARM64=v8.0";
	buf_printf(out, "go object %.*s %.*s %s%s X:%s\n", STR_ARG(goos), STR_ARG(goarch), obj_go_version,
		   level, experiments);
}

void obj_write_member(ObjPkg *o, Str goos, Str goarch, Buf *out)
{
	obj_header(out, goos, goarch);
	buf_c(out, "!\n");
	obj_write(o, out);
}

void obj_write_archive(ObjPkg *o, Str goos, Str goarch, Str build_id, bool is_main, Str export_data, Buf *out)
{
	Buf head = {0};
	obj_header(&head, goos, goarch);
	if (build_id.n)
		buf_printf(&head, "build id \"%.*s\"\n", STR_ARG(build_id));
	if (is_main)
		buf_c(&head, "main\n");
	buf_c(&head, "\n");
	size_t at = ar_begin(out, S("__.PKGDEF"));
	buf_str(out, buf_view(&head));
	buf_str(out, export_data);
	ar_end(out, at);
	at = ar_begin(out, S("_go_.o"));
	buf_str(out, buf_view(&head));
	buf_c(out, "\n!\n");
	obj_write(o, out);
	ar_end(out, at);
	buf_free(&head);
}
