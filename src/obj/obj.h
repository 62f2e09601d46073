// obj.h: symbols with their bytes, relocations and function tables, gathered while a package is compiled or
// assembled, and the object file that they become. Format: gc's (cmd/internal/goobj/objfile.go,
// cmd/internal/objabi), inside a Go archive ("!<arch>\n", __.PKGDEF, _go_.o).
//
// An ObjPkg may be filled from many threads: obj_sym and obj_alloc lock; one symbol is filled by one thread.
#ifndef INGOT_OBJ_H
#define INGOT_OBJ_H

#include "base/base.h"

// Symbol kinds, numbered as cmd/internal/objabi/symkind.go.
typedef enum SymKind {
	SYM_NONE, SYM_TEXT, SYM_TEXT_FIPS, SYM_RODATA, SYM_RODATA_FIPS, SYM_NOPTRDATA, SYM_NOPTRDATA_FIPS,
	SYM_DATA, SYM_DATA_FIPS, SYM_BSS, SYM_NOPTRBSS, SYM_TLSBSS, SYM_DWARFCUINFO, SYM_DWARFCONST,
	SYM_DWARFFCN, SYM_DWARFABSFCN, SYM_DWARFTYPE, SYM_DWARFVAR, SYM_DWARFRANGE, SYM_DWARFLOC,
	SYM_DWARFLINES, SYM_DWARFADDR, SYM_LIBFUZZER_8BIT_COUNTER, SYM_COVERAGE_COUNTER, SYM_COVERAGE_AUXVAR,
	SYM_SEHUNWINDINFO,
} SymKind;

typedef enum Abi { ABI0, ABI_INTERNAL, ABI_STATIC = 0xffff } Abi; // ABI_STATIC: file-local (name<>), as goobj's SymABIstatic

// Relocation types, numbered as cmd/internal/objabi/reloctype.go.
typedef enum RelocType {
#define RELOC(name, num) R_##name = num,
#include "obj/relocs.def"
#undef RELOC
} RelocType;

typedef struct LSym LSym;
typedef struct Reloc { u32 off; u8 size; u16 type; i64 add; LSym *sym; } Reloc;

// Where an inlined call sits (cmd/internal/goobj/funcinfo.go, InlTreeNode).
typedef struct InlNode {
	i32 parent;         // index in the same tree, -1: the function itself
	Pos pos;            // of the call
	LSym *func;         // what was inlined
	Str name;           // its name for tracebacks
	u32 parent_pc;      // pc in the outer function that stands for the call: filled by the assembler
	LSym *abs;          // obj_abstract: what all its inlined calls have in common
	u32 scope;          // in which it is called: as DwarfVar.scope
} InlNode;

// Where a variable is while the pc is in [from, to) of its function: the DWARF expression at FuncInfo.loc_text + at.
typedef struct DwarfLoc { u32 from, to, at, n; } DwarfLoc;

// A block of the function, or of an inlined call, in which variables are declared, and its code.
typedef struct PcSpan { u32 from, to; } PcSpan;
typedef struct DwarfScope { u32 inl, parent; PcSpan *spans; u32 nspans; } DwarfScope; // inl: as DwarfVar's; parent: index + 1, 0: none

// A variable as the debugger sees it.
typedef struct DwarfVar {
	Str name;
	bool is_param, is_result;
	bool in_heap;       // what is at offset is its address
	i32 offset;         // from the canonical frame address (CFA), unless it moves
	bool moves;         // it is where locs says, and nowhere else
	DwarfLoc *locs; u32 nlocs;
	const u8 *expr; u8 nexpr; // DWARF expression of where it always is, if that is not offset
	u32 *list;          // where the list of locs begins + 1, once there is one: variables that are always in the same places share it
	LSym *abs; u32 die; // of an inlined call: its entry in InlNode.abs
	LSym *type;         // "type:..." symbol, as gc's "go:info." names derive from it
	Pos pos;
	u32 inl;            // index in the inline tree + 1, 0: the function's own
	u32 order;          // among variables of its kind
	const void *owner;  // the maker's
	u32 scope;          // index in FuncInfo.scopes + 1, 0: it is known everywhere
} DwarfVar;

// What a function symbol carries besides its code. pc-value tables are in the encoding of
// runtime/symtab.go (pcvalue): pairs of zig-zag varint value delta and uvarint pc delta, ended by 0.
typedef struct FuncInfo {
	u32 args;           // bytes of arguments and results on the stack (ABI0 layout or the spill area)
	u32 locals;         // bytes of the frame
	u8 func_id;         // internal/abi/symtab.go FuncID
	u8 func_flag;       // FuncFlag: TopFrame 1, SPWrite 2, Asm 4
	Pos pos;            // of the func keyword; its line is the start line
	Pos end_pos;
	Str pcsp, pcfile, pcline, pcinline;
	Str *pcdata;        // by PCDATA index
	u32 npcdata;
	LSym **funcdata;    // by FUNCDATA index, NULL for none
	u32 nfuncdata;
	u32 *files;         // indices from obj_file, those that pcfile and the inline tree use, without repeats
	u32 nfiles;
	u32 prologue_end;   // pc of the first instruction after the prologue, 0: unknown; for debuggers' breakpoints
	bool inlinable;     // others inline it: obj_func_dwarf then splits off an abstract DIE
	InlNode *inl;
	u32 ninl;
	DwarfVar *vars;     // until obj_func_dwarf: by inl, and there parameters, results and locals
	u32 nvars;
	u8 *loc_text;
	DwarfScope *scopes; // outer ones first
	u32 nscopes;
	Str listing;        // its instructions as text, if -S asks for them
	LSym *dwarf_info, *dwarf_ranges, *dwarf_lines, *dwarf_loc; // made by obj_func_dwarf
} FuncInfo;

struct LSym {
	Str name;           // the linker's name, e.g. fmt.Println, type:*int, go:string."x"
	u16 abi;            // Abi
	u8 kind;            // SymKind; SYM_NONE: only referenced so far
	bool dupok : 1, local : 1, typelink : 1, leaf : 1, nosplit : 1, reflect_method : 1, is_type : 1, used_in_iface : 1,
		is_itab : 1, is_dict : 1, is_pkginit : 1, linkname : 1, linkname_std : 1, abi_wrapper : 1, wasm_export : 1,
		content_addr : 1, // data may be merged with any symbol of the same bytes (gc's hashed symbols)
		static_tmp : 1, noinline_ref : 1, topframe : 1, wrapper : 1, needctxt : 1,
		cfunc : 1, // runs on the system stack (//go:systemstack): morestackc, stackguard1
		noframe : 1;
	bool defined;       // under the lock of obj_define; the others are the definer's
	u32 align;          // 0: by size and kind
	u64 size;           // may exceed data.n: the rest is zero
	u8 *data;
	u32 ndata, cdata;
	Reloc *relocs;
	u32 nrelocs, crelocs;
	LSym *gotype;       // for DATA and BSS variables: their "type:" symbol
	LSym *dwarf_var;    // for variables: made by obj_var_dwarf
	FuncInfo *func;     // for SYM_TEXT
	u32 seq;            // order of definition: outputs are in this order, see obj_define
	u32 index, pkg_index; // used by the writer
	u32 serial;         // order of creation among symbols without a name of their own
};

typedef struct ObjPkg ObjPkg;

typedef enum ObjFlags { OBJ_SHARED = 1, OBJ_FROM_ASM = 4, OBJ_UNLINKABLE = 8, OBJ_STD = 16 } ObjFlags; // header flags
// A file name as the rules of -trimpath have it recorded: "prefix=>replacement;prefix" (cmd/internal/objabi, line.go). The
// first rule whose prefix the name lies below counts.
Str obj_trim_path(Arena *a, Str rules, Str name);
// The rules for all file names that the package will record; to be called before any is.
void obj_set_trimpath(ObjPkg *o, Str rules);
// An import path as symbol names begin with it (cmd/internal/objabi, PathToPrefix). In arena a.
Str obj_path_prefix(Arena *a, Str path);
ObjPkg *obj_new(Str import_path);
void obj_set_flags(ObjPkg *o, u32 flags);       // OBJ_STD: a package of the standard library
void obj_free(ObjPkg *o);
// The symbol of that name and ABI, made on first use (kind SYM_NONE). Names are copied. abi is ABI0 for data;
// functions of Go code are ABI_INTERNAL.
LSym *obj_sym(ObjPkg *o, Str name, Abi abi);
LSym *obj_symf(ObjPkg *o, Abi abi, const char *fmt, ...) PRINTF_LIKE(3, 4);
// A new symbol at each call, whatever the name: nothing else finds it by name (e.g. name<> of assembly,
// "..stmp_1"). Callers that mean the same one twice keep the pointer. ABI_STATIC.
LSym *obj_local(ObjPkg *o, Str name);
void *obj_alloc(ObjPkg *o, size_t n);           // zeroed memory that lives as long as o
// Declares s defined here with that kind and gives it its place in the output order. Returns false if it was
// already defined (then the caller leaves it alone: dupok symbols may be asked for by two threads at once).
// For deterministic output `seq` must not depend on thread timing: pass the function's index in the package,
// or OBJ_SEQ_NAME to be placed after all others, ordered by name.
#define OBJ_SEQ_NAME UINT32_MAX
bool obj_define(ObjPkg *o, LSym *s, SymKind kind, u32 seq);
// What was defined with seq < n is now where to[seq] says.
void obj_reorder(ObjPkg *o, const u32 *to, u32 n);
// The index in the object's file table: of a SourceFile index, of any name (as //line gives), of a position
// (*line: as //line directives show it). pcfile holds these indices; -1 is before the first.
u32 obj_file(ObjPkg *o, u32 source_file);
u32 obj_file_name(ObjPkg *o, Str name);
u32 obj_file_pos(ObjPkg *o, Pos pos, u32 *line);
// Writing into a data symbol; it grows as needed. Offsets in bytes.
void sym_grow(ObjPkg *o, LSym *s, u64 size);    // data is at least that long, new bytes zero
void sym_u8(ObjPkg *o, LSym *s, u64 off, u8 v);
void sym_u16(ObjPkg *o, LSym *s, u64 off, u16 v);
void sym_u32(ObjPkg *o, LSym *s, u64 off, u32 v);
void sym_u64(ObjPkg *o, LSym *s, u64 off, u64 v);
void sym_bytes(ObjPkg *o, LSym *s, u64 off, const void *p, size_t n);
void sym_addr(ObjPkg *o, LSym *s, u64 off, LSym *target, i64 add);             // 8 bytes, R_ADDR
void sym_off32(ObjPkg *o, LSym *s, u64 off, LSym *target, i64 add, u16 reloc); // 4 bytes: R_ADDROFF, R_METHODOFF, R_WEAKADDROFF
Reloc *sym_reloc(ObjPkg *o, LSym *s);           // appends a zero relocation
// go:string."..." : the read-only bytes of a string constant; its own symbol for each content.
LSym *obj_string(ObjPkg *o, Str s);
// Content-named read-only data, e.g. stack maps ("gclocals·HASH") and float constants ("$f64.400...").
LSym *obj_gclocals(ObjPkg *o, const void *p, size_t n);
LSym *obj_const(ObjPkg *o, const void *p, u32 n, u32 align); // n is 4, 8 or 16

typedef struct ObjImport { Str path; u8 fingerprint[8]; } ObjImport; // zero fingerprint: not checked
void obj_import(ObjPkg *o, Str path);           // for Autolib: a directly imported package

// Debug information (DWARF 5, cmd/internal/dwarf). For a function whose code, pc tables and FuncInfo are
// complete: makes its info, ranges and line symbols. Thread-safe as filling one symbol is.
void obj_list(ObjPkg *o, Buf *out);              // everything that is defined, as text (-S)
void obj_func_dwarf(ObjPkg *o, LSym *fn);
// The symbol of the entry that inlined calls of a function share: its parameters and variables, of which name, is_param,
// is_result and pos are set; sets their `die`. *fresh: it is not written yet, obj_abstract_write must be called, for
// which the types must be set, too.
LSym *obj_abstract(ObjPkg *o, Str func, Pos pos, DwarfVar *vars, u32 n, bool *fresh);
void obj_abstract_write(ObjPkg *o, LSym *s, Str func, Pos pos, const DwarfVar *vars, u32 n);
// For a package variable with its gotype set.
void obj_var_dwarf(ObjPkg *o, LSym *var);
// For an integer constant of the package: `name` without the package path, type as "type:int".
void obj_const_dwarf(ObjPkg *o, Str name, LSym *type, i64 val);
// What the compilation unit says of the package: "packagename", "producer" (flags).
void obj_unit_dwarf(ObjPkg *o, const char *what, Str text);

// pc-value tables (see FuncInfo): appending to and reading them.
typedef struct PcTab { Buf b; u32 pc; i32 val; bool started; } PcTab; // zero-initialized is empty, values begin at -1
void pctab_at(PcTab *t, u32 pc, i32 val);       // val holds from pc on; pc rising, the first call's pc is 0
Str pctab_end(ObjPkg *o, PcTab *t, u32 size);   // closes at the function's size: bytes that live as o, "" if all -1
typedef struct PcIter { const u8 *p, *end; u32 pc, next; i32 val; bool done, first; } PcIter;
PcIter pciter(Str tab);                         // stands at the first range: val holds in [pc, next); damaged: done
void pciter_next(PcIter *it);

// The bytes of the object (go120ld...), deterministic. Appends to out. After it o is not to be changed.
void obj_write(ObjPkg *o, Buf *out);
// The archive around it, as `go tool compile -o` writes: __.PKGDEF holding `header` + export data, then _go_.o.
void obj_write_archive(ObjPkg *o, Str goos, Str goarch, Str build_id, bool is_main, Str export_data, Buf *out);
// "go object linux amd64 go1.27 GOAMD64=v1 ...\n", the first line of every object member.
void obj_header(Buf *out, Str goos, Str goarch);
// An assembler's object member: header line, "!\n", object.
void obj_write_member(ObjPkg *o, Str goos, Str goarch, Buf *out);

extern const char obj_go_version[];     // the Go release that our objects and programs say they are of

// Archives ("!<arch>\n").
typedef struct ArMember { Str name, data; } ArMember;
// Members in order, pointing into file. False with *why set if it is not an archive or is damaged.
bool ar_read(Arena *a, Str file, ArMember **members, u32 *n, const char **why);
void ar_add(Buf *out, Str name, Str data);      // writes the "!<arch>\n" first if out is empty
// The same of data that is written into out between the two; ar_end is given what ar_begin returned.
size_t ar_begin(Buf *out, Str name);
void ar_end(Buf *out, size_t begin);

#endif
