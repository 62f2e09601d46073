// dwarf.h: the debug sections as elf.c sees them.
#ifndef INGOT_LINK_DWARF_H
#define INGOT_LINK_DWARF_H

#include "base/base.h"

typedef struct DwarfSect {
	const char *name;
	Buf b;              // contents, relocated; compressed if so
	u64 size, off;      // in the file
	bool compressed;
} DwarfSect;

enum { DWARF_SECTS = 10 };

typedef struct DwarfOut { DwarfSect sect[DWARF_SECTS]; u32 nsect; } DwarfOut;

#endif
