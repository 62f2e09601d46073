// install.c: `go install`: builds and puts commands into $GOBIN, or $GOPATH/bin.
#include "cmd/buildcmd.h"

#include <unistd.h>

int cmd_install(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new(), .versions = true};
	int at = flags_parse(c.arena, "install [build flags] [packages]", argc, argv, (const Flag *const[]){buildcmd_flags(&c, c.arena), NULL});
	if (!at)
		return 2;
	int status = buildcmd_init(&c);
	if (status)
		return status;
	u32 n;
	LoadPkg **roots = buildcmd_packages(&c, argv + at, argc - at, &n);
	if (!n || !buildcmd_plan(&c, roots, n))
		return 1;
	bool whole = n > 1 || !roots[0]->is_main;
	if (whole && !buildcmd_compile(&c))
		return 1;
	Str bin = env_get(c.env, "GOBIN");
	if (bin.n && bin.p[0] != '/')
		return cmd_error("cannot install, GOBIN must be an absolute path");
	if (!bin.n) {
		Str gp = env_get(c.env, "GOPATH");
		int colon = str_index(gp, ':');
		gp = colon >= 0 ? str_sub(gp, 0, (u32)colon) : gp;
		if (!gp.n)
			return cmd_error("no install location: GOPATH is not set");
		bin = path_join(c.arena, gp, S("bin"));
	}
	for (u32 i = 0; i < n; i++) {
		LoadPkg *p = roots[i];
		if (!p->is_main)
			continue;
		if (p->standard)
			return cmd_error("installing commands of the library (" STR_FMT ") is not supported yet", STR_ARG(p->import_path));
		Str image, cached;
		if (!buildcmd_exe(&c, p, !whole, &image, &cached))
			return 1;
		Err e = dir_make_all(c.arena, bin);
		if (!failed(e))
			e = file_write(c.arena, path_join(c.arena, bin, buildcmd_exec_name(&c, p)), image.p, image.n, 0777);
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	return 0;
}
