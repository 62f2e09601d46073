// flags.h: command-line flags as Go's flag package reads them: -x, --x, -x=v, -x v; flags end at the first
// argument that is none, or behind "--".
#ifndef INGOT_CMD_FLAGS_H
#define INGOT_CMD_FLAGS_H

#include "base/base.h"

typedef enum FlagKind {
	FLAG_BOOL,      // bool *
	FLAG_AUTO,      // Str *: "true", "false" or "auto"; alone: "true"
	FLAG_STRING,    // Str *
	FLAG_INT,       // int *
	FLAG_STRINGS,   // StrVec *: each use adds one
	FLAG_WORDS,     // StrVec *: split at white space, with 'quotes' and "quotes"
	FLAG_PACKAGES,  // PkgFlags *: each use adds one (pkgflags.h)
	FLAG_COMMAS,    // StrVec *: split at commas (and blanks)
	FLAG_NONE,      // there is no flag of this name, whatever the tables behind say
} FlagKind;

typedef struct Flag { const char *name; u8 kind; void *to; } Flag;
static inline bool flag_is_switch(const Flag *f) { return f->kind == FLAG_BOOL || f->kind == FLAG_AUTO; } // needs no value

// Parses argv[1..]. Returns the index of the first argument behind the flags, or 0 after printing what is wrong
// (the caller exits with 2). tables: NULL-name-terminated arrays, searched in order, ended by NULL.
// command is the usage line without "go". $GOFLAGS comes first, but for tools ("tool NAME ...").
int flags_parse(Arena *a, const char *command, int argc, char **argv, const Flag *const *tables);
// A bool as strconv.ParseBool reads it; false if it is none.
bool flag_parse_bool(Str v, bool *out);
// Prints "usage: go COMMAND" and where to read more; returns 0.
int flags_usage(const char *command);
// Whether $GOFLAGS has a flag of that name.
bool flags_in_goflags(Arena *a, const char *flag);

#endif
