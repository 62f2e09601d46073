// version.c: `go version`. Must stay the cheapest of all commands: it looks at nothing but its arguments.
#include "cmd/cmd.h"

#include <stdio.h>

int cmd_version(int argc, char **argv)
{
	if (argc > 1)
		return cmd_error("version: flags and files are not supported yet");
#if defined __aarch64__
	puts("go version go1.27 linux/arm64");
#else
	puts("go version go1.27 linux/amd64");
#endif
	return 0;
}
