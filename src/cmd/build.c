// build.c: `go build`: compiles what is named; a single command is linked to an executable in the working directory,
// or to -o; everything else is compiled and thrown away.
#include "cmd/buildcmd.h"

int cmd_build(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	Str out = {0};
	const Flag own[] = {{"o", FLAG_STRING, &out}, {NULL, 0, NULL}};
	int at = flags_parse(c.arena, "build [-o output] [build flags] [packages]", argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(&c, c.arena), NULL});
	if (!at)
		return 2;
	int status = buildcmd_init(&c);
	if (status)
		return status;
	u32 n;
	LoadPkg **roots = buildcmd_packages(&c, argv + at, argc - at, &n);
	if (!n)
		return 1;
	if (!buildcmd_plan(&c, roots, n))
		return 1;
	bool whole = n > 1 || !roots[0]->is_main; // archives are what is asked for
	if (whole && !buildcmd_compile(&c))
		return 1;
	bool to_dir = out.n && (out.p[out.n - 1] == '/' || file_is_dir(out));
	if (out.n && n > 1 && !to_dir && !str_is(out, "/dev/null"))
		return cmd_error("cannot write multiple packages to non-directory " STR_FMT, STR_ARG(out));
	if (to_dir) {
		Err e = dir_make_all(c.arena, out);
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	if (out.n && !to_dir && out.n > path_base(out).n) {
		Err e = dir_make_all(c.arena, path_dir(out));
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	for (u32 i = 0; i < n; i++) {
		LoadPkg *p = roots[i];
		BuildPkg *b = p->build;
		Str file = to_dir ? path_join(c.arena, out, buildcmd_exec_name(&c, p)) : out.n ? out : buildcmd_exec_name(&c, p);
		if (!p->is_main) {
			if (out.n && !to_dir) {
				Str archive = b->cached.n ? b->cached : buf_view(&b->archive);
				Err e = file_write(c.arena, out, archive.p, archive.n, 0666);
				if (failed(e))
					return cmd_error(STR_FMT, STR_ARG(e.msg));
			}
			continue;
		}
		if (n > 1 && !out.n)
			continue;
		if (file_is_dir(file))
			return cmd_error("build output \"" STR_FMT "\" already exists and is a directory", STR_ARG(file));
		Str image, cached;
		if (!buildcmd_exe(&c, p, !whole, &image, &cached))
			return 1;
		Err e = file_write(c.arena, file, image.p, image.n, 0777);
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	return 0;
}
