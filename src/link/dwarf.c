// dwarf.c: the debug sections, DWARF 5. One compilation unit for each object file with code: the entries, line
// programs, ranges and location lists of its functions are the object's own symbols, strung together; types
// hang on the runtime's unit. First everything gets its offset, then units are filled in parallel, then
// sections are compressed (cmd/link/internal/ld/dwarf.go).
#include "link/dwarf.h"
#include "obj/dwarf.h"

#include <elf.h>
#include <stdlib.h>
#include <zlib.h>

enum { D_ABBREV, D_LINE, D_FRAME, D_SCRIPTS, D_INFO, D_LOCLISTS, D_RNGLISTS, D_ADDR, ND };

static const char *const names[ND] = {".debug_abbrev", ".debug_line", ".debug_frame", ".debug_gdb_scripts", ".debug_info",
				      ".debug_loclists", ".debug_rnglists", ".debug_addr"};

enum { NONE = UINT32_MAX, P_INFO = 0, P_LOC, P_RANGES, P_LINES, NPARTS };

typedef struct Part { u32 li[NPARTS]; } Part; // local indices of a function's debug symbols, or NONE

typedef struct Unit {
	Obj *o;
	VEC(Sym *) fns;
	VEC(Part) parts;
	VEC(Sym *) abs;     // abstract functions that are written here
	VEC(u32) vars;      // local indices of variables' entries
	Sym *consts;
	bool types;         // carries the types
	u32 *off;           // by local index below ndef: offset in its section
	Buf head, line, ranges; // beginning of the unit; line table header; the unit's own range list
	u32 stmt_at, ranges_at, addr_at; // where in head the offsets of the other sections belong
	u64 at[ND], size[ND];
} Unit;

typedef struct Dwarf {
	Linker *L;
	DwarfTypes types;
	VEC(Unit *) units;
	Unit **by_obj;
	u32 *slot;          // by function's number in pcln: its index in its unit's address table
	u8 *out[ND];
	Buf *frames;        // by task
	u32 nframes;
} Dwarf;

void leb_u(Buf *b, u64 v) { buf_uvarint(b, v); }

void leb_s(Buf *b, i64 v)
{
	for (;;) {
		u8 c = v & 0x7f;
		v >>= 7;
		if ((v == 0 && !(c & 0x40)) || (v == -1 && (c & 0x40))) {
			buf_u8(b, c);
			return;
		}
		buf_u8(b, c | 0x80);
	}
}

// ---- collecting ---------------------------------------------------------------------------------

static Unit *unit_of(Dwarf *d, Obj *o)
{
	if (!d->by_obj[o->index]) {
		Unit *u = d->by_obj[o->index] = NEW(d->L->arena, Unit);
		u->o = o;
		u->off = NEWN(d->L->arena, u32, o->g.ndef + 1);
		vec_push(d->L->arena, &d->units, u);
	}
	return d->by_obj[o->index];
}

// References within the object go to what stands in the same unit.
static bool is_own_part(const Obj *o, u32 li)
{
	if (li >= o->g.ndef)
		return false;
	u8 kind = goobj_kind(goobj_sym(&o->g, li));
	return kind == SYM_DWARFLOC || kind == SYM_DWARFRANGE || kind == SYM_DWARFFCN;
}

// Asks for the types and abstract functions that a symbol refers to.
static void scan(Dwarf *d, Unit *u, Obj *o, u32 li)
{
	u32 n;
	const u8 *r = goobj_relocs(&o->g, li, &n);
	for (u32 i = 0; i < n; i++, r += GOOBJ_RELOC) {
		u16 type = get_u16(r + 5);
		SymRef ref = goobj_ref(r + 15);
		if (type == R_USETYPE) {
			types_of(&d->types, sym_resolve(d->L, o, ref));
			continue;
		}
		if (type != R_DWARFSECREF) {
			sym_resolve(d->L, o, ref);
			continue;
		}
		u32 t = goobj_local(&o->g, ref);
		if (is_own_part(o, t))
			continue;
		Sym *s = sym_resolve(d->L, o, ref);
		if (!s || s->aux)
			continue;
		if (s->kind == SYM_DWARFABSFCN && s->obj) {
			s->aux = 1;
			vec_push(d->L->arena, &u->abs, s);
			scan(d, u, s->obj, s->li);
		} else if (s->kind == SYM_NONE || s->kind == SYM_DWARFTYPE) {
			Str name = str_has_prefix(s->name, DWARF_INFO) ? str_from(s->name, sizeof DWARF_INFO - 1) : S("");
			s->aux = types_named(&d->types, name);
		}
	}
}

static void add_function(Dwarf *d, Sym *s)
{
	Linker *L = d->L;
	Obj *o = s->obj;
	if (!o)
		return;
	Part p = {{NONE, NONE, NONE, NONE}};
	bool info = false;
	u32 n;
	const u8 *aux = goobj_auxs(&o->g, s->li, &n);
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX) {
		u32 li = goobj_local(&o->g, goobj_ref(aux + 1));
		info |= aux[0] == AUX_FUNCINFO;
		if (li >= o->g.ndef)
			continue;
		switch (aux[0]) {
		case AUX_DWARFINFO: p.li[P_INFO] = li; break;
		case AUX_DWARFLOC: p.li[P_LOC] = li; break;
		case AUX_DWARFRANGES: p.li[P_RANGES] = li; break;
		case AUX_DWARFLINES: p.li[P_LINES] = li; break;
		}
	}
	if (!info)
		return;
	Unit *u = unit_of(d, o);
	d->slot[s->aux] = u->fns.n;
	vec_push(L->arena, &u->fns, s);
	vec_push(L->arena, &u->parts, p);
	for (u32 i = 0; i < 3; i++)
		if (p.li[i] != NONE)
			scan(d, u, o, p.li[i]);
}

static void add_variable(Dwarf *d, Sym *s)
{
	Obj *o = s->obj;
	if (!o || s->abi == ABI_STATIC || (s->flags & SF_NOSYM))
		return;
	u32 n, die = NONE;
	const u8 *aux = goobj_auxs(&o->g, s->li, &n);
	Sym *type = NULL;
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX) {
		if (aux[0] == AUX_GOTYPE)
			type = sym_resolve(d->L, o, goobj_ref(aux + 1));
		else if (aux[0] == AUX_DWARFINFO)
			die = goobj_local(&o->g, goobj_ref(aux + 1));
	}
	if (type && die < o->g.ndef) {
		Unit *u = unit_of(d, o);
		types_of(&d->types, type);
		scan(d, u, o, die);
		vec_push(d->L->arena, &u->vars, die);
	} else if (!type && (s->oflag2 & OSYM_DICT)) {
		for (u32 i = 0; i < s->nrels; i++)
			if (rel_type(s, i) == R_USEIFACE)
				types_of(&d->types, rel_at(d->L, s, i).sym);
	}
}

static void collect(Dwarf *d)
{
	Linker *L = d->L;
	static const char *const always[] = { // what debuggers look for in every program
		"internal/abi.Type", "internal/abi.ArrayType", "internal/abi.ChanType", "internal/abi.FuncType", "internal/abi.MapType",
		"internal/abi.PtrType", "internal/abi.SliceType", "internal/abi.StructType", "internal/abi.InterfaceType",
		"internal/abi.ITab", "internal/abi.Imethod", "runtime.eface", "runtime.iface", "unsafe.Pointer", "uintptr",
	};
	types_init(&d->types, L);
	for (u32 i = 0; i < LENGTH(always); i++)
		types_named(&d->types, str(always[i]));
	for (u32 i = 0; i < L->text.n; i++)
		add_function(d, L->text.p[i]);
	for (u32 g = G_RODATA; g < NGROUPS; g++)
		if (g != G_TYPE && g != G_FUNCDATA && g != G_FUNCVAL)
			for (u32 i = 0; i < L->group[g].n; i++)
				add_variable(d, L->group[g].p[i]);
	for (u32 i = 0; i < L->group[G_TYPE].n; i++) // what an interface may hold
		types_of(&d->types, L->group[G_TYPE].p[i]);
	for (u32 i = 0; i < L->npkgs; i++) {
		Pkg *p = L->pkgs[i];
		Sym *c = sym_lookup(L, str_fmt(L->arena, DWARF_CONST "%.*s", STR_ARG(p->path)), ABI0);
		if (!c || !c->obj || !d->by_obj[c->obj->index])
			continue;
		Unit *u = d->by_obj[c->obj->index];
		u->consts = c;
		scan(d, u, c->obj, c->li);
	}
	types_finish(&d->types);
	for (u32 i = 0; i < d->units.n; i++) // the runtime's own unit, or the first
		if (str_is(d->units.p[i]->o->pkg->path, "runtime") && !(d->units.p[i]->o->g.flags & OBJ_FROM_ASM)) {
			d->units.p[i]->types = true;
			return;
		}
	if (d->units.n)
		d->units.p[0]->types = true;
}

// ---- offsets ------------------------------------------------------------------------------------

static void file_tables(Linker *L, Obj *o, Buf *b, Arena *a)
{
	StrMap dirs = {0};
	StrVec list = {0};
	Buf files = {0};
	vec_push(a, &list, S("."));
	strmap_put(a, &dirs, S("."), (void *)(uintptr_t)1);
	put_cstr(&files, S("?"));
	leb_u(&files, 0);
	for (u32 i = 0; i < o->max_file; i++) {
		if (!o->file_off[i]) { // not used by what is linked
			put_cstr(&files, S("?"));
			leb_u(&files, 0);
			continue;
		}
		Str name = file_expand(L, a, goobj_file(&o->g, i));
		if (!name.n)
			name = str_fmt(a, "<missing>_%u", i);
		Str dir = path_dir(name);
		u32 k = (u32)(uintptr_t)strmap_get(&dirs, dir);
		if (!k) {
			vec_push(a, &list, dir);
			k = list.n;
			strmap_put(a, &dirs, dir, (void *)(uintptr_t)k);
		}
		put_cstr(&files, path_base(name));
		leb_u(&files, k - 1);
	}
	buf_bytes(b, "\1\1\x08", 3); // directories: one DW_LNCT_path as DW_FORM_string
	leb_u(b, list.n);
	for (u32 i = 0; i < list.n; i++)
		put_cstr(b, list.p[i]);
	buf_bytes(b, "\2\1\x08\2\x0f", 5); // files: a path and a DW_LNCT_directory_index as DW_FORM_udata
	leb_u(b, (u64)o->max_file + 1);
	buf_bytes(b, files.p, files.n);
	buf_free(&files);
}

static Str info_string(Linker *L, const char *what, Str pkg)
{
	Sym *s = sym_lookup(L, str_fmt(L->arena, "go:cuinfo.%s.%.*s", what, STR_ARG(pkg)), ABI0);
	return s ? str_n((const char *)s->data, s->ndata) : S("");
}

static void unit_heads(Dwarf *d, Unit *u)
{
	Linker *L = d->L;
	Str pkg = u->o->pkg->path;
	Buf *h = &u->head;
	bool text = u->fns.n;
	buf_u32(h, 0);
	buf_u16(h, 5);
	buf_u8(h, 1); // DW_UT_compile
	buf_u8(h, 8);
	buf_u32(h, 0);
	leb_u(h, text ? AB_COMPUNIT : AB_COMPUNIT_TEXTLESS);
	put_cstr(h, pkg);
	buf_u8(h, DW_LANG_Go);
	if (text) {
		u->stmt_at = (u32)h->n;
		buf_u32(h, 0);
		buf_u64(h, u->fns.p[0]->addr);
		u->ranges_at = (u32)h->n;
		buf_u32(h, 0);
	}
	put_cstr(h, S("."));
	Str extra = info_string(L, "producer", pkg);
	buf_printf(h, "Go cmd/compile %.*s%s%.*s", STR_ARG(L->cfg->build_version), extra.n ? "; " : "", STR_ARG(extra));
	buf_u8(h, 0);
	put_cstr(h, info_string(L, "packagename", pkg));
	if (!text)
		return;
	u->addr_at = (u32)h->n;
	buf_u32(h, 0);

	Buf *b = &u->line;
	buf_u32(b, 0);
	buf_u16(b, 5);
	buf_u8(b, 8);
	buf_u8(b, 0);
	buf_u32(b, 0);
	size_t from = b->n;
	static const u8 fixed[] = {1, 1, 1, (u8)LINE_BASE, LINE_RANGE, LINE_OPCODE_BASE, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0};
	buf_bytes(b, fixed, sizeof fixed);
	file_tables(L, u->o, b, L->arena);
	put_u32(b->p + 8, (u32)(b->n - from));

	Buf *r = &u->ranges;
	u64 base = u->fns.p[0]->addr, lo = base, hi = base;
	buf_u8(r, DW_RLE_base_addressx);
	leb_u(r, 0);
	for (u32 i = 0; i <= u->fns.n; i++) {
		Sym *s = i < u->fns.n ? u->fns.p[i] : NULL;
		bool next = s && i && s->aux == u->fns.p[i - 1]->aux + 1;
		if (i && !next) {
			buf_u8(r, DW_RLE_offset_pair);
			leb_u(r, lo - base);
			leb_u(r, hi - base);
		}
		if (s && !next)
			lo = s->addr;
		if (s)
			hi = sym_end(s);
	}
	buf_u8(r, DW_RLE_end_of_list);
}

static u64 place(Unit *u, u32 li, u64 at)
{
	if (li == NONE)
		return at;
	u->off[li] = (u32)at;
	return at + goobj_data(&u->o->g, li).n;
}

// Gives every symbol its offset in its section.
static void assign(Dwarf *d, u64 total[ND])
{
	static const u8 header[ND] = {[D_LOCLISTS] = 12, [D_RNGLISTS] = 12, [D_ADDR] = 8};
	for (u32 k = 0; k < ND; k++)
		total[k] = header[k];
	for (u32 i = 0; i < d->units.n; i++) {
		Unit *u = d->units.p[i];
		for (u32 k = 0; k < ND; k++)
			u->at[k] = total[k];
		u64 info = total[D_INFO] + u->head.n, line = total[D_LINE] + u->line.n;
		u64 loc = total[D_LOCLISTS], rng = total[D_RNGLISTS] + u->ranges.n;
		for (u32 j = 0; j < u->abs.n; j++) {
			u->abs.p[j]->addr = info;
			info += u->abs.p[j]->ndata;
		}
		for (u32 j = 0; j < u->fns.n; j++) {
			Part *p = &u->parts.p[j];
			info = place(u, p->li[P_INFO], info);
			line = place(u, p->li[P_LINES], line);
			loc = place(u, p->li[P_LOC], loc);
			rng = place(u, p->li[P_RANGES], rng);
		}
		if (u->consts)
			info += u->consts->ndata;
		for (u32 j = 0; j < u->vars.n; j++)
			info = place(u, u->vars.p[j], info);
		if (u->types)
			info += d->types.b.n;
		total[D_INFO] = info + 1;
		total[D_LINE] = line;
		total[D_LOCLISTS] = loc;
		total[D_RNGLISTS] = rng;
		total[D_ADDR] += 8ull * u->fns.n;
		for (u32 k = 0; k < ND; k++)
			u->size[k] = total[k] - u->at[k];
	}
}

// ---- filling ------------------------------------------------------------------------------------

typedef struct Fill { Dwarf *d; u64 types_at; } Fill;

static void fixed_uleb(u8 *p, u32 v, u32 n)
{
	for (u32 i = 0; i < n; i++, v >>= 7)
		p[i] = (u8)((v & 0x7f) | (i + 1 < n ? 0x80 : 0));
}

static void copy(Fill *f, Unit *u, Obj *o, u32 li, u8 *to)
{
	Dwarf *d = f->d;
	Str data = goobj_data(&o->g, li);
	memcpy(to, data.p, data.n);
	u32 n;
	const u8 *r = goobj_relocs(&o->g, li, &n);
	for (u32 i = 0; i < n; i++, r += GOOBJ_RELOC) {
		u32 off = get_u32(r), size = r[4];
		u16 type = get_u16(r + 5);
		i64 add = (i64)get_u64(r + 7);
		if (!size || off > data.n || size > data.n - off)
			continue;
		SymRef ref = goobj_ref(r + 15);
		u8 *p = to + off;
		u32 t = goobj_local(&o->g, ref);
		if (type == R_DWARFSECREF && size == 4) {
			u64 v = 0;
			if (is_own_part(o, t)) {
				v = o == u->o ? u->off[t] : 0;
			} else {
				Sym *s = sym_resolve(d->L, o, ref);
				if (s && s->kind == SYM_DWARFABSFCN)
					v = s->addr;
				else if (s)
					v = f->types_at + d->types.dies.p[s->aux ? s->aux : d->types.unspecified].off;
			}
			put_u32(p, (u32)(v + (u64)add));
			continue;
		}
		Sym *s = sym_resolve(d->L, o, ref);
		bool live = s && (s->flags & SF_REACHED) && s->section;
		if (type >= R_DWTXTADDR_U1 && type <= R_DWTXTADDR_U4 && size <= 4)
			fixed_uleb(p, live && s->section == SECT_TEXT ? d->slot[s->aux] : 0, size);
		else if (type == R_ADDR && size == 8)
			put_u64(p, live ? s->addr + (u64)add : 0);
	}
}

static void fill_unit(void *ctx, u32 i, u32 worker)
{
	Fill *f = ctx;
	Dwarf *d = f->d;
	Unit *u = d->units.p[i];
	(void)worker;
	u8 *info = d->out[D_INFO] + u->at[D_INFO];
	memcpy(info, u->head.p, u->head.n);
	put_u32(info, (u32)u->size[D_INFO] - 4);
	if (u->fns.n) {
		put_u32(info + u->stmt_at, (u32)u->at[D_LINE]);
		put_u32(info + u->ranges_at, (u32)u->at[D_RNGLISTS]);
		put_u32(info + u->addr_at, (u32)u->at[D_ADDR]);
		memcpy(d->out[D_LINE] + u->at[D_LINE], u->line.p, u->line.n);
		put_u32(d->out[D_LINE] + u->at[D_LINE], (u32)u->size[D_LINE] - 4);
		memcpy(d->out[D_RNGLISTS] + u->at[D_RNGLISTS], u->ranges.p, u->ranges.n);
	}
	static const u8 sect[NPARTS] = {D_INFO, D_LOCLISTS, D_RNGLISTS, D_LINE};
	for (u32 j = 0; j < u->fns.n; j++) {
		for (u32 k = 0; k < NPARTS; k++)
			if (u->parts.p[j].li[k] != NONE)
				copy(f, u, u->o, u->parts.p[j].li[k], d->out[sect[k]] + u->off[u->parts.p[j].li[k]]);
		put_u64(d->out[D_ADDR] + u->at[D_ADDR] + 8ull * j, u->fns.p[j]->addr);
	}
	for (u32 j = 0; j < u->abs.n; j++)
		copy(f, u, u->abs.p[j]->obj, u->abs.p[j]->li, d->out[D_INFO] + u->abs.p[j]->addr);
	u64 end = u->at[D_INFO] + u->size[D_INFO] - 1 - (u->types ? d->types.b.n : 0);
	u64 vars = 0;
	for (u32 j = 0; j < u->vars.n; j++) {
		copy(f, u, u->o, u->vars.p[j], d->out[D_INFO] + u->off[u->vars.p[j]]);
		vars += goobj_data(&u->o->g, u->vars.p[j]).n;
	}
	if (u->consts)
		copy(f, u, u->consts->obj, u->consts->li, d->out[D_INFO] + end - vars - u->consts->ndata);
	if (u->types) {
		memcpy(d->out[D_INFO] + end, d->types.b.p, d->types.b.n);
		for (u32 j = 0; j < d->types.refs.n; j++)
			put_u32(d->out[D_INFO] + end + d->types.refs.p[j].at, (u32)(end + d->types.dies.p[d->types.refs.p[j].die].off));
	}
}

// ---- frames -------------------------------------------------------------------------------------

enum { FRAME_TASK = 1024, DATA_ALIGN = -4, CIE_SIZE = 16 };

static void frame_cie(Linker *L, Buf *b)
{
	size_t at = b->n;
	buf_u32(b, CIE_SIZE);
	buf_u32(b, UINT32_MAX);
	buf_u8(b, 3);
	buf_u8(b, 0);
	leb_u(b, 1);
	leb_s(b, DATA_ALIGN);
	leb_u(b, L->arch->dwarf_ra);
	buf_u8(b, 0x0c); // DW_CFA_def_cfa: SP plus the return address
	leb_u(b, L->arch->dwarf_sp);
	leb_u(b, 8);
	buf_u8(b, 0x05); // DW_CFA_offset_extended: the return address is just below
	leb_u(b, L->arch->dwarf_ra);
	leb_u(b, (u64)(-8 / DATA_ALIGN));
	buf_zeros(b, CIE_SIZE + 4 - (b->n - at));
}

static void frame_task(void *ctx, u32 task, u32 worker)
{
	Dwarf *d = ctx;
	Linker *L = d->L;
	Buf *b = &d->frames[task];
	(void)worker;
	for (u32 i = task * FRAME_TASK; i < MIN(L->text.n, (task + 1) * FRAME_TASK); i++) {
		Sym *s = L->text.p[i];
		if (!s->obj)
			continue;
		u32 n;
		const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
		Str tab = S("");
		bool info = false;
		for (u32 j = 0; j < n; j++, aux += GOOBJ_AUX) {
			info |= aux[0] == AUX_FUNCINFO;
			u32 li = goobj_local(&s->obj->g, goobj_ref(aux + 1));
			if (aux[0] == AUX_PCSP && li < s->obj->g.nall)
				tab = goobj_data(&s->obj->g, li);
		}
		if (!info)
			continue;
		size_t at = b->n;
		buf_u32(b, 0);
		buf_u32(b, 0);
		buf_u64(b, s->addr);
		buf_u64(b, s->ndata);
		for (PcIter it = pciter(tab); !it.done; pciter_next(&it)) {
			u32 next = it.next;
			if (next == s->ndata && --next < it.pc) // gdb wants the last rule to begin inside
				continue;
			buf_u8(b, 0x13); // DW_CFA_def_cfa_offset_sf
			leb_s(b, ((i64)it.val + 8) / DATA_ALIGN);
			u32 dpc = next - it.pc;
			if (dpc < 0x40) {
				buf_u8(b, (u8)(0x40 + dpc));
			} else if (dpc < 0x100) {
				buf_u8(b, 2);
				buf_u8(b, (u8)dpc);
			} else if (dpc < 0x10000) {
				buf_u8(b, 3);
				buf_u16(b, (u16)dpc);
			} else {
				buf_u8(b, 4);
				buf_u32(b, dpc);
			}
		}
		while ((b->n - at - 4) % 8 != 4) // as gc's: instructions padded to 8 bytes
			buf_u8(b, 0);
		put_u32(b->p + at, (u32)(b->n - at - 4));
	}
}

// ---- sections -----------------------------------------------------------------------------------

static void abbrevs(Buf *b)
{
#define ABBREV(name, tag, children, attrs) \
	leb_u(b, AB_##name); \
	leb_u(b, tag); \
	buf_u8(b, children); \
	attrs \
	buf_u16(b, 0);
#define AT(name, form) leb_u(b, DW_AT_##name); leb_u(b, DW_FORM_##form);
#include "obj/abbrevs.def"
#undef ABBREV
#undef AT
	buf_u8(b, 0);
}

enum { CHUNK = 128 << 10 };

typedef struct Zip { const u8 *p; u32 n; bool last; u8 *out; uLong nout; uLong adler; } Zip;

static void zip_chunk(void *ctx, u32 i, u32 worker)
{
	Zip *z = (Zip *)ctx + i;
	z_stream s = {0};
	(void)worker;
	if (deflateInit2(&s, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		base_die("out of memory");
	uLong room = deflateBound(&s, z->n) + 16;
	z->out = malloc(room);
	if (!z->out)
		base_die("out of memory");
	s.next_in = (Bytef *)z->p;
	s.avail_in = z->n;
	s.next_out = z->out;
	s.avail_out = (uInt)room;
	deflate(&s, z->last ? Z_FINISH : Z_SYNC_FLUSH);
	z->nout = room - s.avail_out;
	z->adler = adler32(adler32(0, NULL, 0), z->p, z->n);
	deflateEnd(&s);
}

// zlib streams in pieces that are compressed in parallel (SHF_COMPRESSED).
static void compress_all(Linker *L, DwarfOut *out)
{
	u32 n = 0, k = 0;
	for (u32 i = 0; i < out->nsect; i++)
		n += (u32)((out->sect[i].b.n + CHUNK - 1) / CHUNK);
	Zip *z = NEWN(L->arena, Zip, n + 1);
	for (u32 i = 0; i < out->nsect; i++) {
		Buf *b = &out->sect[i].b;
		for (size_t at = 0; at < b->n; at += CHUNK)
			z[k++] = (Zip){.p = b->p + at, .n = (u32)MIN(b->n - at, (size_t)CHUNK), .last = at + CHUNK >= b->n};
	}
	pool_for(L->pool, n, zip_chunk, z);
	k = 0;
	for (u32 i = 0; i < out->nsect; i++) {
		DwarfSect *s = &out->sect[i];
		Buf b = {0};
		Elf64_Chdr h = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = s->b.n, .ch_addralign = 1};
		buf_bytes(&b, &h, sizeof h);
		buf_bytes(&b, "\x78\x01", 2);
		uLong adler = adler32(0, NULL, 0);
		for (size_t at = 0; at < s->b.n; at += CHUNK, k++) {
			buf_bytes(&b, z[k].out, z[k].nout);
			adler = adler32_combine(adler, z[k].adler, (z_off_t)z[k].n);
			free(z[k].out);
		}
		for (u32 j = 0; j < 4; j++)
			buf_u8(&b, (u8)(adler >> (24 - 8 * j)));
		if (b.n < s->b.n) {
			buf_free(&s->b);
			s->b = b;
			s->compressed = true;
		} else {
			buf_free(&b);
		}
	}
}

static void list_header(u8 *p, u64 total, bool offsets)
{
	put_u32(p, (u32)total - 4);
	put_u16(p + 4, 5);
	p[6] = 8;
	p[7] = 0;
	if (offsets)
		put_u32(p + 8, 0);
}

void dwarf_build(Linker *L)
{
	Dwarf d = {.L = L, .by_obj = NEWN(L->arena, Unit *, L->nobjs + 1), .slot = NEWN(L->arena, u32, L->text.n + 1)};
	collect(&d);
	for (u32 i = 0; i < d.units.n; i++)
		unit_heads(&d, d.units.p[i]);
	u64 total[ND];
	assign(&d, total);
	Buf b[ND] = {{0}};
	for (u32 k = 0; k < ND; k++)
		if (total[k] > UINT32_MAX) {
			link_error(L, NULL, "too much debug information in %s", names[k]);
			return;
		} else if (total[k]) {
			d.out[k] = buf_reserve(&b[k], total[k]);
		}
	Fill f = {.d = &d};
	for (u32 i = 0; i < d.units.n; i++)
		if (d.units.p[i]->types)
			f.types_at = d.units.p[i]->at[D_INFO] + d.units.p[i]->size[D_INFO] - 1 - d.types.b.n;
	pool_for(L->pool, d.units.n, fill_unit, &f);
	for (u32 i = 0; i < d.units.n; i++) // what closes each unit
		d.out[D_INFO][d.units.p[i]->at[D_INFO] + d.units.p[i]->size[D_INFO] - 1] = 0;
	list_header(d.out[D_LOCLISTS], total[D_LOCLISTS], true);
	list_header(d.out[D_RNGLISTS], total[D_RNGLISTS], true);
	list_header(d.out[D_ADDR], total[D_ADDR], false);

	d.nframes = (L->text.n + FRAME_TASK - 1) / FRAME_TASK;
	d.frames = NEWN(L->arena, Buf, d.nframes + 1);
	pool_for(L->pool, d.nframes, frame_task, &d);
	frame_cie(L, &b[D_FRAME]);
	for (u32 i = 0; i < d.nframes; i++) {
		buf_bytes(&b[D_FRAME], d.frames[i].p, d.frames[i].n);
		buf_free(&d.frames[i]);
	}
	abbrevs(&b[D_ABBREV]);
	if (L->cfg->goroot.n) {
		buf_u8(&b[D_SCRIPTS], 1);
		buf_printf(&b[D_SCRIPTS], "%.*s/src/runtime/runtime-gdb.py", STR_ARG(L->cfg->goroot));
		buf_u8(&b[D_SCRIPTS], 0);
	}
	for (u32 i = 0; i < d.units.n; i++) {
		buf_free(&d.units.p[i]->head);
		buf_free(&d.units.p[i]->line);
		buf_free(&d.units.p[i]->ranges);
	}
	buf_free(&d.types.b);
	DwarfOut *out = L->dwarf = NEW(L->arena, DwarfOut);
	for (u32 k = 0; k < ND; k++)
		if (b[k].n)
			out->sect[out->nsect++] = (DwarfSect){.name = names[k], .b = b[k]};
	if (!L->cfg->no_compress)
		compress_all(L, out);
	for (u32 i = 0; i < out->nsect; i++)
		out->sect[i].size = out->sect[i].b.n;
}

void dwarf_write(Linker *L)
{
	for (u32 i = 0; i < L->dwarf->nsect; i++) {
		DwarfSect *s = &L->dwarf->sect[i];
		memcpy(L->image + s->off, s->b.p, s->b.n);
		buf_free(&s->b);
	}
}
