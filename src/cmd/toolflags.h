// toolflags.h: the flags of the tools, as Go's flag package and cmd/internal/objabi read and list them. A tool has a table
// (compileflags.def, linkflags.def, asmflags.def) and a struct made from it with a field for each flag.
#ifndef INGOT_CMD_TOOLFLAGS_H
#define INGOT_CMD_TOOLFLAGS_H

#include "base/base.h"

typedef enum ToolFlagKind {
	TOOLFLAG_BOOL,
	TOOLFLAG_TERNARY,       // int: 0, 1, or -1 where it is not given
	TOOLFLAG_COUNT,         // int: -x adds one, -x=n sets
	TOOLFLAG_INT,           // i64
	TOOLFLAG_STR,           // Str
	TOOLFLAG_LIST,          // StrVec: each use adds one
	TOOLFLAG_VERSION,       // int: 1 where it is given; what follows is not looked at
} ToolFlagKind;

// For a struct with a field for each FLAG: #define FLAG(name, kind, field, value, def, help) TOOLFLAG_FIELD_##kind field;
#define TOOLFLAG_FIELD_BOOL bool
#define TOOLFLAG_FIELD_TERNARY int
#define TOOLFLAG_FIELD_COUNT int
#define TOOLFLAG_FIELD_INT i64
#define TOOLFLAG_FIELD_STR Str
#define TOOLFLAG_FIELD_LIST StrVec
#define TOOLFLAG_FIELD_VERSION int

typedef struct ToolFlag { const char *name; u8 kind; u32 off; const char *value, *def, *help; } ToolFlag; // def "@processors": how many there are

typedef struct ToolFlags { const char *usage; const ToolFlag *flags; u32 n; } ToolFlags; // usage: what stands before the list of flags

// Prints how the tool is used; returns 2, its exit status.
int toolflags_usage(const ToolFlags *t);
// Sets the fields of `to` to their defaults, and then from args, which may name files with more of them ("@file"). *rest is
// what follows the flags. False after a message and the usage.
bool toolflags_parse(const ToolFlags *t, Arena *a, StrVec args, void *to, StrVec *rest);

#endif
