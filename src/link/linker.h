// linker.h: what the passes share. A Sym exists for every symbol that was ever asked for; the objects' own
// tables stay where they lie. Symbols have numbers: each object owns the numbers from its base on, in the
// order of its local indices, so that ascending numbers are the order of the output.
#ifndef INGOT_LINKER_H
#define INGOT_LINKER_H

#include "link/link.h"
#include "obj/goobj.h"

typedef struct Linker Linker;
typedef struct Sym Sym;
typedef struct Obj Obj;

typedef enum Group {
	G_NONE,
#define GROUP(name, section) G_##name,
#include "link/groups.def"
#undef GROUP
	NGROUPS
} Group;

typedef enum Section {
	SECT_NONE,
#define SECTION(name, elf, seg) SECT_##name,
#include "link/sections.def"
#undef SECTION
	NSECTIONS
} Section;

typedef enum Segment { SEG_RX, SEG_RO, SEG_RW, NSEGMENTS } Segment;

enum { // Sym.flags
	SF_REACHED = 1, SF_USED_IN_IFACE = 2, SF_OWNED = 4, // owned: data and relocs are the linker's, not the object's
	SF_NOSYM = 8,       // not in the symbol table
	SF_LOCAL = 16,
	SF_HASHED = 32,
	SF_PLACED = 64,     // has its address otherwise than by its group
	SF_MARKER = 128,    // stands for an address (runtime.text ...), occupies nothing
	SF_IFACE_SEEN = 256,
};

// A relocation, decoded.
typedef struct Rel { u32 off; u8 size; bool weak; u16 type; i64 add; Sym *sym; } Rel;

struct Sym {
	const u8 *data;
	const u8 *raw;      // relocations as the object has them
	Rel *rels;          // or the linker's own
	u32 ndata, nrels;
	u64 size, addr;     // addr: offset in the section until layout_addresses, then the address
	Obj *obj;           // where it is defined; NULL: undefined or the linker's
	u32 li;             // local index there
	u32 first;          // of what several objects may define: least number of a definition beside a reference that was followed
	u32 id;             // its number
	u32 index;          // among Syms
	Str name;
	u32 align;
	u16 abi, flags;
	u8 kind;            // SymKind; SYM_NONE: undefined
	u8 group;           // Group, valid once reached
	u8 section;
	u8 oflag, oflag2;   // OSYM_*
	u32 name_off;       // offset in funcnametab + 1
	u32 aux;            // of functions: index in pcln; of types: DWARF DIE; otherwise free
};

typedef struct Pkg {
	Str path, prefix, file, bytes;
	bool loaded, mapped, is_main_pkg, needed, cgo;
	Obj **objs;
	u32 nobjs;
	struct Pkg **imports;
	u32 nimports;
	u8 visit;
	Str error;          // what went wrong while it was opened
} Pkg;

struct Obj {
	GoObj g;
	Pkg *pkg;
	Str file;
	u32 index;          // in Linker.objs
	u32 base;           // number of local symbol 0
	u32 *hash;          // of names: of package symbols, then of non-package definitions; 0: not found by name
	u32 nnamed;         // that are not 0
	Obj **pkgs;         // by package index
	u32 *file_off;      // by file: offset in filetab + 1; 0: not used
	u32 nfile, max_file, cu_off; // cu_off: index in cutab
	u32 text_first, ntext; // functions of this unit in Linker.text (filled by layout)
	void *dwarf;
};

typedef struct SymList { Sym **p; u32 n, cap; } SymList;

typedef struct SectionInfo {
	const char *name;
	Segment seg;
	u64 addr, size, off; // off: in the file
	u32 align;
	u8 shndx;
} SectionInfo;

typedef struct SegmentInfo { u64 addr, size, filesz, off; } SegmentInfo;

// What an architecture decides: sizes and the relocations that only it knows.
typedef struct LinkArch {
	const char *name;
	u16 elf_machine;
	u32 func_align, max_align, min_align, min_lc;
	u8 ptr_size, call_size; // call_size: stack that a call itself takes
	u8 pad;             // byte between functions
	u8 dwarf_sp, dwarf_ra;
	i32 tls_offset;
	u32 defer_return_back; // bytes before the call's operand that the call instruction begins
	// Applies r, whose target value (address + addend) is v, at p = place. False: not a relocation of it.
	bool (*reloc)(Linker *L, const Sym *s, const Rel *r, u8 *p, u64 place, u64 v);
	bool (*is_call)(u16 type);
} LinkArch;
extern const LinkArch link_amd64;

typedef struct NameSlot { u32 hash, id; } NameSlot; // id 0: free

enum {
	SYM_CHUNK = 512,
	OF_TAG = 3u << 30,
	OF_SYM = 0u << 30,  // index of a Sym, from 1
	OF_DONE = 1u << 29, // with OF_SYM: reached, and nothing more to learn by following this reference
	OF_ALIAS = 2u << 30, // slot in names where the winner of a duplicated definition stands
	OF_PCTAB = 3u << 30, // a pc-value table: its offset in pctab
};

struct Linker {
	const LinkConfig *cfg;
	const LinkArch *arch;
	Arena *arena, **arenas; // arenas: of load.c's workers, for as long as the link; the first is `arena`
	u32 narenas;
	Diags *diags;
	Pool *pool;

	Pkg **pkgs;         // in dependency order
	u32 npkgs;
	StrMap pkg_by_path;
	Obj **objs;
	u32 nobjs;
	Pkg *main;

	u32 nids;           // numbers of objects' symbols are below; the linker's own follow
	u32 *of;            // by number: what it resolved to, tagged OF_*; 0: nothing yet
	Sym **chunks;       // Syms by index, SYM_CHUNK each
	u32 nsyms;
	NameSlot *names;    // by (name, ABI)
	u32 names_mask;     // of one shard of the table; see load.c
	u32 names_shards, names_room; // room: names that may still be added after loading
	u8 *tables;         // the memory of the tables above
	size_t tables_size, tables_used;
	Sym **extra;        // symbols without an object, by number - nids
	u32 nextra, cextra;
	Sym **hashes;       // content-addressed symbols by content
	u32 hashes_mask, hashes_n;
	Sym **builtin;      // by index in goobj_builtins

	Sym *map_init_noop, *unreachable_method, *morestack, *defer_return;
	SymList inits;      // package initializers reached
	bool misses;        // something that an archive left out, see LinkConfig
	Map live_methods;   // index of a type's symbol << 32 | its relocation where a method begins that is kept
	Sym *main_inits, *runtime_inits, *module, *fips_info, *build_info;

	SymList group[NGROUPS];
	SymList text;       // functions in address order
	u64 group_at[NGROUPS], group_end[NGROUPS]; // offsets in the section, of data groups
	SectionInfo sect[NSECTIONS];
	SegmentInfo seg[NSEGMENTS];
	u64 type_len, itab_off, itab_size; // moduledata's typedesclen, itaboffset, itabsize
	u64 data_gc_end, bss_gc_end;
	struct Pcln *pcln;
	struct DwarfOut *dwarf;
	struct ElfOut *elf;
	u8 *image;
	u64 image_size;
};

// ---- load.c: packages, numbers, names
bool load_packages(Linker *L, const LinkInput *in, u32 n);
bool load_symbols(Linker *L);                   // numbers and the name table
u8 *link_map_memory(size_t *n);                 // zeroed, on large pages; *n is rounded up; munmap when done
void load_check_linknames(Linker *L);
// The symbol a reference of an object means; NULL for none or a damaged reference.
Sym *sym_resolve(Linker *L, Obj *o, SymRef r);
Sym *sym_local(Linker *L, Obj *o, u32 li);
Obj *obj_of(Linker *L, u32 id);                 // the object of a definition's number
void sym_take(Linker *L, Sym *s, u32 id);       // the definition of that number, one of several, becomes the content of s
Sym *sym_lookup(Linker *L, Str name, u16 abi);  // NULL if nothing defines or mentions it
bool sym_is_defined(Linker *L, Str name, u16 abi); // by an object; changes nothing, so any thread may ask
Sym *sym_make(Linker *L, Str name, u16 abi);    // found or made, undefined at first
Sym *sym_own(Linker *L, const char *name, SymKind kind); // makes its content the linker's, empty
void sym_set_data(Linker *L, Sym *s, const void *p, u32 n);
void sym_add_addr(Linker *L, Sym *s, Sym *target, i64 add); // appends a pointer
void sym_add_u64(Linker *L, Sym *s, u64 v);
bool sym_is_text(const Sym *s);

static inline Rel rel_at(Linker *L, const Sym *s, u32 i)
{
	if (s->rels)
		return s->rels[i];
	const u8 *p = s->raw + (size_t)i * GOOBJ_RELOC;
	u16 t = get_u16(p + 5);
	return (Rel){get_u32(p), p[4], t >> 15, t & 0x7fff, (i64)get_u64(p + 7), sym_resolve(L, s->obj, goobj_ref(p + 15))};
}
static inline u32 rel_off(const Sym *s, u32 i)
{
	return s->rels ? s->rels[i].off : get_u32(s->raw + (size_t)i * GOOBJ_RELOC);
}
static inline u16 rel_type(const Sym *s, u32 i) // with the weak bit of objects
{
	return s->rels ? (u16)(s->rels[i].type | s->rels[i].weak << 15) : get_u16(s->raw + (size_t)i * GOOBJ_RELOC + 5);
}

// ---- the passes
void synth_inittasks(Linker *L);
void mark_reachable(Linker *L);
void settle_owners(Linker *L);                  // which of several definitions of a symbol counts
void mark_groups(Linker *L);                    // sorts what was reached into groups, in ascending number
void synth_program(Linker *L);                  // module data, -X strings, build info, FIPS brackets
void stack_check(Linker *L);
void layout_text(Linker *L);
void pcln_build(Linker *L);
void layout_data(Linker *L);
void layout_addresses(Linker *L);
void synth_finish(Linker *L);                   // contents that need addresses or sizes
void dwarf_build(Linker *L);
bool elf_write(Linker *L);                      // sizes the file, writes everything into it

// ---- helpers of single passes
Buf gcprog_build(Linker *L, SymList *syms, u64 end); // pointer mask of a section's symbols as a GC program
void pcln_write(Linker *L, u8 *out);            // out: start of the section in the image
u64 pcln_size(Linker *L);
void pcln_free(Linker *L);
void pcln_place(Linker *L);                     // funcdata gets its addresses, once the section has one
void write_sections(Linker *L);                 // copies and relocates all but pcln into the image
void write_synth_fips(Linker *L);
bool reloc_apply(Linker *L, const Sym *s, const Rel *r, u8 *base, u64 size, u64 addr);
void dwarf_write(Linker *L);
Str type_name_at(Linker *L, Sym *type, u32 off); // the name a nameOff at that offset of a type points at
Sym *rel_target_at(Linker *L, Sym *s, u32 off);  // target of the relocation at off, NULL if none
Str type_string(Linker *L, Sym *type);
Str file_expand(Linker *L, Arena *a, Str name);
PRINTF_LIKE(3, 4) void link_error(Linker *L, const Sym *at, const char *fmt, ...);
// What a number resolved to so far, NULL if nothing.
static inline Sym *sym_known(const Linker *L, u32 id)
{
	u32 x = L->of[id];
	if (!x || (x & OF_TAG) != OF_SYM)
		return NULL;
	x &= ~(u32)OF_DONE;
	return &L->chunks[x / SYM_CHUNK][x % SYM_CHUNK];
}
static inline u64 sym_end(const Sym *s) { return s->addr + s->size; }

// A type descriptor's fixed part (internal/abi/type.go) on a 64-bit target.
enum {
	TYPE_SIZE = 0, TYPE_PTRDATA = 8, TYPE_TFLAG = 20, TYPE_KIND = 23, TYPE_GCDATA = 32, TYPE_STR = 40,
	TYPE_COMMON = 48, TYPE_ELEM = 48, TYPE_ARRAY_LEN = 64, UNCOMMON_SIZE = 16, ITAB_TYPE = 8,
	TFLAG_UNCOMMON = 1, TFLAG_EXTRA_STAR = 2, TFLAG_GCMASK_ON_DEMAND = 16,
};
enum { // internal/abi Kind
	KIND_BOOL = 1, KIND_INT, KIND_INT8, KIND_INT16, KIND_INT32, KIND_INT64, KIND_UINT, KIND_UINT8, KIND_UINT16,
	KIND_UINT32, KIND_UINT64, KIND_UINTPTR, KIND_FLOAT32, KIND_FLOAT64, KIND_COMPLEX64, KIND_COMPLEX128, KIND_ARRAY,
	KIND_CHAN, KIND_FUNC, KIND_INTERFACE, KIND_MAP, KIND_POINTER, KIND_SLICE, KIND_STRING, KIND_STRUCT,
	KIND_UNSAFE_POINTER,
};

#endif
