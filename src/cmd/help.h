// help.h: the texts of `go help`, and the usage lines of commands.
#ifndef INGOT_CMD_HELP_H
#define INGOT_CMD_HELP_H

// The usage line of a command ("mod edit"), without "go ": "mod edit [editing flags] ...". It must be one of help.def.
const char *help_usage(const char *command);
// How many bytes of a usage line are the command's name.
int help_name_length(const char *usage);

#endif
