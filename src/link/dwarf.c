// dwarf.c: placeholder
#include "link/linker.h"
#include "link/dwarf.h"
void dwarf_build(Linker *L) { (void)L; }
void dwarf_write(Linker *L) { (void)L; }
