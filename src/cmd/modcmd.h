// modcmd.h: what `go mod`, `go get`, `go work` and `go list -m` share.
#ifndef INGOT_CMD_MODCMD_H
#define INGOT_CMD_MODCMD_H

#include "cmd/buildcmd.h"
#include "cmd/value.h"
#include "mod/fetch.h"
#include "mod/modedit.h"
#include "mod/pkgs.h"
#include "mod/query.h"

// Sets c up for a command that needs modules. 0, or the exit status after a message.
typedef enum ModUse {
	MODCMD_LOOSE,           // looks at modules; downloads what go.sum does not know
	MODCMD_EDIT,            // changes one main module's go.mod
} ModUse;
int modcmd_init(BuildCmd *c, ModUse use);
// The graph of requirements; false after its error was printed.
ModGraph *modcmd_graph(BuildCmd *c);

// The commands of a group, `go mod` or `go work`: runs the one that argv[1] names; without one prints what there is.
typedef struct Subcommand { const char *name; int (*run)(BuildCmd *, int, char **); const char *summary; } Subcommand;
typedef struct SubcommandGroup { const char *name, *about; const Subcommand *table; u32 n; } SubcommandGroup;
extern const SubcommandGroup mod_group, work_group;
int subcommand_run(const SubcommandGroup *g, int argc, char **argv);
void subcommand_help(const SubcommandGroup *g, FILE *out);

typedef struct ListModules { bool updates, versions, retracted, json, errors; Str format, json_fields; const TemplateFuncs *funcs; } ListModules;
Value *module_value(Arena *a, Module *m);       // as -json and templates show it
Value *module_value_retracted(Mods *mods, Module *m);   // with what its authors took back
int list_modules(BuildCmd *c, const ListModules *opt, char **args, int n); // `go list -m`

int work_sync_main(BuildCmd *c, int argc, char **argv);
int work_vendor_main(BuildCmd *c, int argc, char **argv);
int mod_init_main(BuildCmd *c, int argc, char **argv);
int mod_edit_main(BuildCmd *c, int argc, char **argv);
int mod_tidy_main(BuildCmd *c, int argc, char **argv);
int mod_download_main(BuildCmd *c, int argc, char **argv);
int mod_graph_main(BuildCmd *c, int argc, char **argv);
int mod_why_main(BuildCmd *c, int argc, char **argv);
int mod_verify_main(BuildCmd *c, int argc, char **argv);
int mod_vendor_main(BuildCmd *c, int argc, char **argv);

#endif
