// cache.h: the build cache, in the official layout (cmd/go/internal/cache): DIR/xx/HEX-a maps an action to the name and
// size of its output, DIR/xx/HEX-d is an output, named by a hash. Shared between processes; may be shared with the
// official go command, which names outputs by their SHA-256. An entry that is missing, damaged or unreadable is a miss.
#ifndef INGOT_BUILD_CACHE_H
#define INGOT_BUILD_CACHE_H

#include "base/base.h"

typedef struct ActionId { u8 b[32]; } ActionId;
typedef struct Cache Cache;

// dir: $GOCACHE; "off" or empty: a cache that keeps nothing. Directories are made when first needed.
// The action that makes another output, called part, of the same inputs.
ActionId action_part(const ActionId *id, const char *part);

Cache *cache_open(Arena *a, Str dir);
// The output of an action, mapped and checked against its hash. *file: where it lies. False: not there.
bool cache_get(Cache *c, const ActionId *id, Str *out, Str *file);
// When the output of an action was stored, in ns since 1970; 0 if it is not there.
i64 cache_time(Cache *c, const ActionId *id);
// The same of an output that was stored a moment ago: not checked, and not read before it is looked at.
bool cache_find(Cache *c, const ActionId *id, Str *out, Str *file);
// Stores an output. mode: 0666, or 0777 for executables. *file as above, NULL if not wanted. Errors leave the cache
// as it was.
Err cache_put(Cache *c, const ActionId *id, const void *p, size_t n, u32 mode, Str *file);
// Once a day: removes what has not been used for five days.
void cache_trim(Cache *c);
// The identity of this very program, that every action depends on.
void cache_self_id(u8 out[32]);

#endif
