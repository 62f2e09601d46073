// dwarf.h: the debug sections as elf.c sees them, and what dwarf.c and dwarf_type.c share.
#ifndef INGOT_LINK_DWARF_H
#define INGOT_LINK_DWARF_H

#include "link/linker.h"

typedef struct DwarfSect {
	const char *name;
	Buf b;              // contents, relocated; compressed if so
	u64 size, off;      // in the file
	bool compressed;
} DwarfSect;

enum { DWARF_SECTS = 10 };

typedef struct DwarfOut { DwarfSect sect[DWARF_SECTS]; u32 nsect; } DwarfOut;

typedef struct Die { Str name; u32 off; } Die;
typedef struct DieSub { const char *field; u32 die; } DieSub; // in a copied struct, the field gets that type
typedef struct DieWork { u8 what; u32 die, arg; Sym *type; DieSub sub[2]; } DieWork;
typedef struct DieRef { u32 at, die; } DieRef; // 4 bytes at `at` shall be the entry's offset in .debug_info

// Entries of types, made from the runtime's type descriptors (dwarf_type.c). A type is asked for and gets a
// number at once; types_finish makes all that were asked for, and what they need. Offsets are in `b`.
typedef struct DwarfTypes {
	Linker *L;
	Buf b;
	StrMap by_name;     // -> number
	VEC(Die) dies;      // number 0 is none
	VEC(DieWork) work;
	VEC(DieRef) refs;
	u32 done;
	u32 unspecified;
} DwarfTypes;

void types_init(DwarfTypes *t, Linker *L);
u32 types_of(DwarfTypes *t, Sym *type);         // "type:..." symbol, or NULL
u32 types_named(DwarfTypes *t, Str name);       // as after "go:info."
void types_finish(DwarfTypes *t);

void leb_u(Buf *b, u64 v);
void leb_s(Buf *b, i64 v);
static inline void put_cstr(Buf *b, Str s)
{
	buf_str(b, s);
	buf_u8(b, 0);
}

#endif
