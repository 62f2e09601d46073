// error.c: how the go command says what went wrong.
#include "cmd/cmd.h"

static void print_error(const char *who, const char *fmt, va_list ap)
{
	fputs(who, stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int cmd_error(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	print_error("go: ", fmt, ap);
	va_end(ap);
	return 1;
}

int tool_error(const char *tool, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	print_error(tool, fmt, ap);
	va_end(ap);
	return 1;
}

int cmd_plain_error(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	print_error("", fmt, ap);
	va_end(ap);
	return 1;
}
