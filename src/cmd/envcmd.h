// envcmd.h: the variables of `go env`.
#ifndef INGOT_CMD_ENVCMD_H
#define INGOT_CMD_ENVCMD_H

#include "cmd/buildcmd.h"
#include "cmd/value.h"

typedef enum EnvKind { ENV_VALUE, ENV_NONE, ENV_SET, ENV_FIXED } EnvKind;
typedef enum EnvSet { ENV_FREE, ENV_FILE_NEVER, ENV_OS_ONLY, ENV_HIDDEN } EnvSet;
typedef struct EnvVar { const char *name, *fallback; u8 kind, set; } EnvVar;

extern const EnvVar env_vars[]; // sorted by name, ended by a NULL name
const EnvVar *env_var(Str name);
Str env_value(Env *e, Arena *a, Str name);
// -w NAME=VALUE ... and -u NAME ...: writes the settings file, or nothing. The exit status.
int env_change_file(Env *e, Arena *a, char **args, u32 n, bool write);

#endif
