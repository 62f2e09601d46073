// die.c: the two ways in which the process ends early: an environment in which it cannot work (base_die),
// and a broken invariant of its own (bug), which says what the thread was doing.
#include "base/base.h"

#include <stdlib.h>
#include <unistd.h>

static _Thread_local const char *context_what, *context_pass;

void base_context(const char *what, const char *pass)
{
	context_what = what;
	context_pass = pass;
}

// One write, so that messages of threads do not mix; no stdio locks, no atexit handlers.
static void say(const char *prefix, const char *fmt, va_list ap)
{
	char text[2048];
	int n = snprintf(text, sizeof text - 256, "%s", prefix);
	int m = vsnprintf(text + n, sizeof text - 256 - (size_t)n, fmt, ap);
	n = MIN(n + m, (int)sizeof text - 257);
	if (prefix[0] == 'i' && context_what)
		n += snprintf(text + n, 254, " [%.160s%s%.60s]", context_what, context_pass ? ": " : "",
			context_pass ? context_pass : "");
	text[n++] = '\n';
	for (int at = 0; at < n;) {
		ssize_t w = write(2, text + at, (size_t)(n - at));
		if (w <= 0)
			break;
		at += (int)w;
	}
}

void base_die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say("go: ", fmt, ap);
	va_end(ap);
	_exit(1);
}

void bug(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say("internal compiler error: ", fmt, ap);
	va_end(ap);
	if (getenv("INGOT_ABORT")) // for a debugger or a core file
		abort();
	_exit(2);
}
