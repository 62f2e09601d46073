// toolchain.h: which release of Go runs a command: this one, or the one that GOTOOLCHAIN, go.work or go.mod name, found in
// PATH or downloaded (https://go.dev/doc/toolchain).
#ifndef INGOT_MOD_TOOLCHAIN_H
#define INGOT_MOD_TOOLCHAIN_H

#include "mod/fetch.h"

// At the start: the release of the library that is compiled, which may be a later patch than the rules were read from.
void toolchain_is(Str name);
const char *toolchain_name(void);               // of ourselves: "go1.27.4"
Str toolchain_local(void);                      // the release in it: "1.27.4"

// Takes "-C DIR" out of a command line: the first flag of a command (`go mod tidy -C DIR`), or before it. False: there is none.
bool chdir_flag(int *argc, char **argv, Str *dir);
// At the start of every command, argv of the whole process without -C: becomes another release's `go` if one is asked for.
void toolchain_select(Env *env, int argc, char **argv);

// The error of something that asks for a newer release than ours: "WHAT requires go >= GO (running go ...)". f remembers
// the newest.
Err toolchain_too_new(Fetch *f, Str what, Str go);
// Before the errors of a command are printed: if something was too new and GOTOOLCHAIN allows it, becomes a release that is
// not and does not return. *why: what to print behind the errors where that failed; may be empty.
void toolchain_switch(Fetch *f, Str *why);
// The same, and prints e: the status of the command.
int toolchain_fail(Fetch *f, Err e);

Str gomod_line(Str text, const char *key);      // what the first line "key ..." of a go.mod or go.work says

// The variable that counts how often a command has switched: not for the programs we start.
#define TOOLCHAIN_COUNT "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT"

#endif
