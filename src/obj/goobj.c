// goobj.c: opens gc's object files in place and checks them. After goobj_open succeeded, symbol records, index
// tables and the blocks they point into are known to lie within the object; names are checked at each use.
#include "obj/goobj.h"

const struct GoBuiltin goobj_builtins[] = {
#define BUILTIN(name, abi) {name, abi},
#include "obj/builtins.def"
#undef BUILTIN
};
const u32 goobj_nbuiltins = LENGTH(goobj_builtins);

static bool index_is_sound(const u8 *p, u32 n, u32 limit)
{
	u32 prev = 0;
	for (u32 i = 0; i < n; i++) {
		u32 x = get_u32(p + (size_t)i * 4);
		if (x < prev || x > limit)
			return false;
		prev = x;
	}
	return true;
}

bool goobj_open(GoObj *o, Str b, const char **why)
{
	memset(o, 0, sizeof *o);
	*why = "not a Go object file";
	if (b.n < GOOBJ_HEADER || memcmp(b.p, "\0go1", 4))
		return false;
	*why = "object file of another version of Go";
	if (memcmp(b.p, "\0go120ld", 8))
		return false;
	*why = "damaged object file";
	o->p = (const u8 *)b.p;
	o->n = b.n;
	memcpy(o->fingerprint, o->p + 8, 8);
	o->flags = get_u32(o->p + 16);
	u32 prev = GOOBJ_HEADER;
	for (u32 i = 0; i < NBLK; i++) {
		o->blk[i] = get_u32(o->p + 20 + 4 * i);
		if (o->blk[i] < prev || o->blk[i] > b.n)
			return false;
		prev = o->blk[i];
	}
#define COUNT(blk_, size) ((o->blk[(blk_) + 1] - o->blk[blk_]) / (size))
	o->ndef = COUNT(BLK_SYMDEF, GOOBJ_SYM);
	o->nhashed64 = COUNT(BLK_HASHED64DEF, GOOBJ_SYM);
	o->nhashed = COUNT(BLK_HASHEDDEF, GOOBJ_SYM);
	o->nnonpkgdef = COUNT(BLK_NONPKGDEF, GOOBJ_SYM);
	o->nref = COUNT(BLK_NONPKGREF, GOOBJ_SYM);
	o->nall = o->ndef + o->nhashed64 + o->nhashed + o->nnonpkgdef;
	// Local indices address the five lists as one, so there may be no rests between them.
	if (o->blk[BLK_REFFLAGS] - o->blk[BLK_SYMDEF] != (u64)(o->nall + o->nref) * GOOBJ_SYM)
		return false;
	o->nrelocs = COUNT(BLK_RELOC, GOOBJ_RELOC);
	o->nauxs = COUNT(BLK_AUX, GOOBJ_AUX);
	o->ndata = o->blk[BLK_DATA + 1] - o->blk[BLK_DATA];
	if (COUNT(BLK_HASH64, 8) < o->nhashed64 || COUNT(BLK_HASH, 16) < o->nhashed ||
	    COUNT(BLK_RELOCIDX, 4) < o->nall + 1 || COUNT(BLK_AUXIDX, 4) < o->nall + 1 ||
	    COUNT(BLK_DATAIDX, 4) < o->nall + 1)
		return false;
#undef COUNT
	if (!index_is_sound(o->p + o->blk[BLK_RELOCIDX], o->nall + 1, o->nrelocs) ||
	    !index_is_sound(o->p + o->blk[BLK_AUXIDX], o->nall + 1, o->nauxs) ||
	    !index_is_sound(o->p + o->blk[BLK_DATAIDX], o->nall + 1, o->ndata))
		return false;
	*why = NULL;
	return true;
}

u32 goobj_nautolib(const GoObj *o) { return (o->blk[BLK_AUTOLIB + 1] - o->blk[BLK_AUTOLIB]) / GOOBJ_IMPORT; }

Str goobj_autolib(const GoObj *o, u32 i, const u8 **fingerprint)
{
	const u8 *p = o->p + o->blk[BLK_AUTOLIB] + (size_t)i * GOOBJ_IMPORT;
	if (fingerprint)
		*fingerprint = p + 8;
	return goobj_str_at(o, p);
}

u32 goobj_npkg(const GoObj *o) { return (o->blk[BLK_PKGIDX + 1] - o->blk[BLK_PKGIDX]) / 8; }
Str goobj_pkg(const GoObj *o, u32 i) { return goobj_str_at(o, o->p + o->blk[BLK_PKGIDX] + (size_t)i * 8); }
u32 goobj_nfile(const GoObj *o) { return (o->blk[BLK_FILE + 1] - o->blk[BLK_FILE]) / 8; }
Str goobj_file(const GoObj *o, u32 i) { return goobj_str_at(o, o->p + o->blk[BLK_FILE] + (size_t)i * 8); }
u32 goobj_nrefname(const GoObj *o) { return (o->blk[BLK_REFNAME + 1] - o->blk[BLK_REFNAME]) / GOOBJ_REFNAME; }

SymRef goobj_refname(const GoObj *o, u32 i, Str *name)
{
	const u8 *p = o->p + o->blk[BLK_REFNAME] + (size_t)i * GOOBJ_REFNAME;
	*name = goobj_str_at(o, p + 8);
	return goobj_ref(p);
}

bool funcinfo_open(FuncInfoView *f, Str d)
{
	memset(f, 0, sizeof *f);
	if (d.n < 24)
		return false;
	const u8 *p = (const u8 *)d.p;
	f->args = get_u32(p);
	f->locals = get_u32(p + 4);
	f->func_id = p[8];
	f->func_flag = p[9];
	f->start_line = get_u32(p + 12);
	f->nfiles = get_u32(p + 16);
	f->files = p + 20;
	if (f->nfiles > (d.n - 24) / 4)
		return false;
	p = f->files + (size_t)f->nfiles * 4;
	f->ninl = get_u32(p);
	f->inl = p + 4;
	return f->ninl <= (d.n - (u32)(f->inl - (const u8 *)d.p)) / GOOBJ_INLNODE;
}
