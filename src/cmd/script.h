// script.h: -n and -x: a build as the commands of a shell that would have the same result. The build itself happens in this
// process: the compiler, assembler and linker that are named are this program under other names (bin/tool).
#ifndef INGOT_CMD_SCRIPT_H
#define INGOT_CMD_SCRIPT_H

#include "cmd/buildcmd.h"

// One for each command that was given. NULL: neither -n nor -x nor -work was; all functions do nothing then.
typedef struct Script Script;
Script *script_new(BuildCmd *c);
// What a planned build compiles: every package that is not in the cache.
void script_packages(Script *s);
// How main is linked, into a file that is called name below $WORK; its path, in terms of $WORK. With -x the cache's file if
// it has the executable and that is wanted somewhere.
Str script_link(Script *s, LoadPkg *main, Str name, bool wanted);
// A command line, shown as it is.
void script_line(Script *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
// p's executable (made, of script_link) or archive is put where the user wants it.
void script_put(Script *s, LoadPkg *p, Str made, Str file);
// The directory of the temporary files is not needed any more.
void script_end(Script *s);

#endif
