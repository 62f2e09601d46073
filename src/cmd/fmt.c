// fmt.c: `go fmt` runs the library's gofmt -l -w over the files of packages; `go doc` is the documentation viewer of the
// library's own go command.
#include "cmd/buildcmd.h"
#include "cmd/help.h"

static void add_files(Arena *a, StrVec *out, LoadPkg *p, const StrVec *names)
{
	for (u32 i = 0; i < names->n; i++)
		vec_push(a, out, path_join(a, p->dir, names->p[i]));
}

int cmd_fmt(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new(), .jobs = JOBS_BY_DEFAULT};
	const Flag own[] = {{"n", FLAG_BOOL, &c.show_only}, {"x", FLAG_BOOL, &c.show}, {"mod", FLAG_STRING, &c.mod},
		{"modfile", FLAG_STRING, &c.modfile}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, help_usage("fmt"), argc, argv, (const Flag *const[]){own, NULL});
	if (!at)
		return 2;
	int status = buildcmd_init(&c);
	if (status)
		return status;
	c.ctx.tests = true;
	u32 n;
	LoadPkg **roots = buildcmd_packages(&c, argv + at, argc - at, &n);
	if (!n)
		return 1;
	StrVec files = {0};
	for (u32 i = 0; i < n; i++) {
		LoadPkg *p = roots[i];
		if (p->err.n && !p->go_files.n && !p->ignored_go.n && !p->test_go.n && !p->xtest_go.n) {
			status = cmd_error(STR_FMT, STR_ARG(p->err));
			continue;
		}
		add_files(c.arena, &files, p, &p->go_files);
		add_files(c.arena, &files, p, &p->cgo_files);
		add_files(c.arena, &files, p, &p->ignored_go);
		add_files(c.arena, &files, p, &p->test_go);
		add_files(c.arena, &files, p, &p->xtest_go);
	}
	char **args = NEWN(c.arena, char *, files.n + 3);
	args[0] = "-l";
	args[1] = "-w";
	for (u32 i = 0; i < files.n; i++)
		args[i + 2] = str_c(c.arena, mods_short_path(&c.mods, files.p[i]));
	if (c.show || c.show_only) {
		fputs("gofmt", stdout);
		for (u32 i = 0; args[i]; i++)
			printf(" %s", args[i]);
		putchar('\n');
	}
	if (c.show_only || !files.n)
		return status;
	int done = program_run_library("cmd/gofmt", args);
	if (done)
		fprintf(stderr, "exit status %d\n", done);
	return done ? 1 : status;
}

int cmd_doc(int argc, char **argv)
{
	return program_run_library("cmd/go", argv);
}
