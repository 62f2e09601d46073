// cmd.h: the subcommands of `go` and the tools behind `go tool`. One file each; commands.def lists them.
#ifndef INGOT_CMD_H
#define INGOT_CMD_H

#include "base/base.h"

// Each takes the arguments behind its name (argv[0] is the name) and returns the exit status: 0; 1 for errors in the
// user's program or input; 2 for wrong use of the command line.
#define COMMAND(name, func, summary) int func(int argc, char **argv);
#define TOOL(name, func) int func(int argc, char **argv);
#include "cmd/commands.def"
#undef COMMAND
#undef TOOL

struct CompileOptions;
struct LinkConfig;
// Sets what the words of -gcflags and -ldflags mean. False after a message.
bool tool_compile_flags(Arena *a, const StrVec *words, struct CompileOptions *opt);
bool tool_link_flags(Arena *a, const StrVec *words, struct LinkConfig *cfg);

// `go help WORDS`, and what it says without words.
int cmd_help(int argc, char **argv);
void help_overview(FILE *out);

// The tool of that name, NULL if there is none.
int (*tool_find(const char *name))(int, char **);

// Of a command line from the command on: becomes the release of Go that path@version among its arguments asks for, if that is
// newer than ours and GOTOOLCHAIN allows it. Otherwise nothing.
void version_arg_select(int argc, char **argv);
// The file that is that tool: a link beside this program that bears its name (main.c looks at its own). "" if this program
// cannot find itself.
Str tool_path(Arena *a, const char *name);

// Prints "go: MESSAGE" to stderr and returns 1.
int cmd_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
int tool_error(const char *tool, const char *fmt, ...) PRINTF_LIKE(2, 3); // tool: "link: ", as Go's log.Fatal in that tool
int cmd_plain_error(const char *fmt, ...) PRINTF_LIKE(1, 2); // without "go: "

#endif
