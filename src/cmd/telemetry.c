// telemetry.c: `go telemetry`: shows or sets the mode that official Go tools on this machine follow, in the file that they
// read: "MODE DATE" (golang.org/x/telemetry). This program itself never collects or sends anything.
#include "cmd/envcmd.h"
#include "cmd/help.h"
#include "cmd/cmd.h"

#include <time.h>

int cmd_telemetry(int argc, char **argv)
{
	Arena *a = arena_new();
	const Flag none[] = {{NULL, 0, NULL}};
	int at = flags_parse(a, help_usage("telemetry"), argc, argv, (const Flag *const[]){none, NULL});
	if (!at)
		return 2;
	Env *e = env_new(a);
	Str now = env_value(e, a, S("GOTELEMETRY"));
	if (at == argc) {
		printf(STR_FMT "\n", STR_ARG(now));
		return 0;
	}
	Str mode = str(argv[at]);
	if (argc - at > 1 || !(str_is(mode, "off") || str_is(mode, "local") || str_is(mode, "on")))
		return flags_usage(help_usage("telemetry")), 2;
	if (str_eq(mode, now))
		return 0;
	char date[16];
	time_t t = time(NULL);
	struct tm tm;
	strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&t, &tm));
	Str dir = env_value(e, a, S("GOTELEMETRYDIR")), text = str_fmt(a, STR_FMT " %s", STR_ARG(mode), date);
	Err err = dir.n ? dir_make_all(a, dir) : err_fmt(a, "there is no home directory");
	if (!failed(err))
		err = file_write(a, path_join(a, dir, S("mode")), text.p, text.n, 0666);
	return failed(err) ? cmd_error("failed to set the telemetry mode to " STR_FMT ": " STR_FMT, STR_ARG(mode), STR_ARG(err.msg)) : 0;
}
