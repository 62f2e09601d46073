// process.h: other programs that we ask: their output, and what they complained about.
#ifndef INGOT_MOD_PROCESS_H
#define INGOT_MOD_PROCESS_H

#include "base/base.h"

// Runs args (ends in NULL) in dir and collects what it writes. False if it cannot run or fails; *err then says why.
// Whoever has a terminal is not asked for passwords.
// The file that a program's name stands for in $PATH; "" if there is none. Relative entries of $PATH are passed over.
Str path_program(Arena *a, Str name);
// The same as process_output; returns the exit status, -1 if it was killed or could not be started. err: only what it wrote.
// With input to read.
int process_feed(Arena *a, Str dir, const char *const *args, Str input, Str *out, Str *err);
int process_run(Arena *a, Str dir, const char *const *args, Str *out, Str *err);
bool process_output(Arena *a, Str dir, const char *const *args, Str *out, Str *err);

#endif
