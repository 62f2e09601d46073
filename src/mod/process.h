// process.h: other programs that we ask: their output, and what they complained about.
#ifndef INGOT_MOD_PROCESS_H
#define INGOT_MOD_PROCESS_H

#include "base/base.h"

// Runs args (ends in NULL) in dir and collects what it writes. False if it cannot run or fails; *err then says why.
// Whoever has a terminal is not asked for passwords.
bool process_output(Arena *a, Str dir, const char *const *args, Str *out, Str *err);

#endif
