// goobj.h: reading gc's object files where they lie (cmd/internal/goobj/objfile.go). goobj_open checks the
// header and every index table once, so that the accessors below never leave the object; what a symbol
// reference points at is checked by whoever follows it.
#ifndef INGOT_GOOBJ_H
#define INGOT_GOOBJ_H

#include "base/base.h"
#include "obj/obj.h"

enum { // blocks, in file order
	BLK_AUTOLIB, BLK_PKGIDX, BLK_FILE, BLK_SYMDEF, BLK_HASHED64DEF, BLK_HASHEDDEF, BLK_NONPKGDEF, BLK_NONPKGREF,
	BLK_REFFLAGS, BLK_HASH64, BLK_HASH, BLK_RELOCIDX, BLK_AUXIDX, BLK_DATAIDX, BLK_RELOC, BLK_AUX, BLK_DATA,
	BLK_REFNAME, BLK_END, NBLK
};
enum { // sizes of records
	GOOBJ_HEADER = 8 + 8 + 4 + 4 * NBLK, GOOBJ_SYM = 21, GOOBJ_RELOC = 23, GOOBJ_AUX = 9, GOOBJ_IMPORT = 16,
	GOOBJ_REFFLAGS = 10, GOOBJ_REFNAME = 16, GOOBJ_INLNODE = 24,
};
enum { // package indices with a meaning
	PKG_NONE = 0x7fffffff, PKG_HASHED64 = 0x7ffffffe, PKG_HASHED = 0x7ffffffd, PKG_BUILTIN = 0x7ffffffc,
	PKG_SELF = 0x7ffffffb,
};
enum { // Sym.Flag
	OSYM_DUPOK = 1, OSYM_LOCAL = 2, OSYM_TYPELINK = 4, OSYM_LEAF = 8, OSYM_NOSPLIT = 16, OSYM_REFLECT_METHOD = 32,
	OSYM_GOTYPE = 64,
};
enum { // Sym.Flag2
	OSYM_USED_IN_IFACE = 1, OSYM_ITAB = 2, OSYM_DICT = 4, OSYM_PKGINIT = 8, OSYM_LINKNAME = 16,
	OSYM_LINKNAME_STD = 32, OSYM_ABI_WRAPPER = 64, OSYM_WASM_EXPORT = 128,
};
enum { // Aux types
	AUX_GOTYPE, AUX_FUNCINFO, AUX_FUNCDATA, AUX_DWARFINFO, AUX_DWARFLOC, AUX_DWARFRANGES, AUX_DWARFLINES, AUX_PCSP,
	AUX_PCFILE, AUX_PCLINE, AUX_PCINLINE, AUX_PCDATA, AUX_WASMIMPORT, AUX_WASMTYPE, AUX_SEHUNWIND,
};

typedef struct GoObj {
	const u8 *p;        // from the magic on
	u32 n;
	u32 flags;          // ObjFlags
	u8 fingerprint[8];
	u32 blk[NBLK];
	u32 ndef, nhashed64, nhashed, nnonpkgdef, nref; // symbols of each kind, in this order
	u32 nall;           // all that are defined here: local indices [0, nall); references follow
	u32 nrelocs, nauxs, ndata;
} GoObj;

typedef struct SymRef { u32 pkg, idx; } SymRef;

// A view of bytes that begin with the magic. False with *why set if it is not an object or is damaged.
bool goobj_open(GoObj *o, Str bytes, const char **why);

static inline const u8 *goobj_sym(const GoObj *o, u32 i) { return o->p + o->blk[BLK_SYMDEF] + (size_t)i * GOOBJ_SYM; }
static inline Str goobj_str_at(const GoObj *o, const u8 *ref)
{
	u32 n = get_u32(ref), off = get_u32(ref + 4);
	return off <= o->n && n <= o->n - off ? (Str){(const char *)o->p + off, n} : (Str){"", 0};
}
static inline Str goobj_name(const GoObj *o, u32 i) { return goobj_str_at(o, goobj_sym(o, i)); }
static inline u16 goobj_abi(const u8 *sym) { return get_u16(sym + 8); }
static inline u8 goobj_kind(const u8 *sym) { return sym[10]; }
static inline u8 goobj_flag(const u8 *sym) { return sym[11]; }
static inline u8 goobj_flag2(const u8 *sym) { return sym[12]; }
static inline u32 goobj_size(const u8 *sym) { return get_u32(sym + 13); }
static inline u32 goobj_align(const u8 *sym) { return get_u32(sym + 17); }

static inline Str goobj_data(const GoObj *o, u32 i)
{
	const u8 *x = o->p + o->blk[BLK_DATAIDX] + (size_t)i * 4;
	u32 a = get_u32(x);
	return (Str){(const char *)o->p + o->blk[BLK_DATA] + a, get_u32(x + 4) - a};
}
static inline const u8 *goobj_relocs(const GoObj *o, u32 i, u32 *n)
{
	const u8 *x = o->p + o->blk[BLK_RELOCIDX] + (size_t)i * 4;
	u32 a = get_u32(x);
	*n = get_u32(x + 4) - a;
	return o->p + o->blk[BLK_RELOC] + (size_t)a * GOOBJ_RELOC;
}
static inline const u8 *goobj_auxs(const GoObj *o, u32 i, u32 *n)
{
	const u8 *x = o->p + o->blk[BLK_AUXIDX] + (size_t)i * 4;
	u32 a = get_u32(x);
	*n = get_u32(x + 4) - a;
	return o->p + o->blk[BLK_AUX] + (size_t)a * GOOBJ_AUX;
}
static inline SymRef goobj_ref(const u8 *p) { return (SymRef){get_u32(p), get_u32(p + 4)}; }
// The local index that a reference within the object means, UINT32_MAX for one outside (builtin, other package)
// or out of range.
static inline u32 goobj_local(const GoObj *o, SymRef r)
{
	u32 i = r.idx, lim, base;
	switch (r.pkg) {
	case PKG_SELF: base = 0, lim = o->ndef; break;
	case PKG_HASHED64: base = o->ndef, lim = o->nhashed64; break;
	case PKG_HASHED: base = o->ndef + o->nhashed64, lim = o->nhashed; break;
	case PKG_NONE: base = o->ndef + o->nhashed64 + o->nhashed, lim = o->nnonpkgdef + o->nref; break;
	default: return UINT32_MAX;
	}
	return i < lim ? base + i : UINT32_MAX;
}

u32 goobj_nautolib(const GoObj *o);
Str goobj_autolib(const GoObj *o, u32 i, const u8 **fingerprint);
u32 goobj_npkg(const GoObj *o);                 // entry 0 is a dummy
Str goobj_pkg(const GoObj *o, u32 i);
u32 goobj_nfile(const GoObj *o);
Str goobj_file(const GoObj *o, u32 i);
u32 goobj_nrefname(const GoObj *o);
SymRef goobj_refname(const GoObj *o, u32 i, Str *name);

// The runtime functions that have an index of their own (goobj/builtinlist.go), in gc's order.
extern const struct GoBuiltin { const char *name; u8 abi; } goobj_builtins[];
extern const u32 goobj_nbuiltins;

// The serialized FuncInfo (goobj/funcinfo.go). Valid only if open returned true.
typedef struct FuncInfoView {
	u32 args, locals, start_line;
	u8 func_id, func_flag;
	u32 nfiles, ninl;
	const u8 *files, *inl; // u32s; GOOBJ_INLNODE bytes each
} FuncInfoView;
typedef struct InlView { i32 parent; u32 file, line; SymRef func; i32 parent_pc; } InlView;
bool funcinfo_open(FuncInfoView *f, Str data);
static inline InlView funcinfo_inl(const FuncInfoView *f, u32 i)
{
	const u8 *p = f->inl + (size_t)i * GOOBJ_INLNODE;
	return (InlView){(i32)get_u32(p), get_u32(p + 4), get_u32(p + 8), {get_u32(p + 12), get_u32(p + 16)}, (i32)get_u32(p + 20)};
}

#endif
