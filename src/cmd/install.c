// install.c: `go install`: builds and puts commands into $GOBIN or $GOPATH/bin, those of the library into $GOROOT, and (with
// GO111MODULE=off) archives into $GOPATH/pkg.
#include "cmd/help.h"
#include "cmd/script.h"

#include <sys/stat.h>
#include <unistd.h>

// The entry of GOPATH that holds p, or the first.
static Str gopath_of(BuildCmd *c, LoadPkg *p)
{
	Str all = env_get(c->env, "GOPATH"), first = S("");
	for (Str one; str_next(&all, ':', &one);) {
		if (!one.n)
			continue;
		if (!first.n)
			first = one;
		if (c->mods.mode == MODE_GOPATH && path_has_prefix(p->dir, path_join(c->arena, one, S("src"))))
			return one;
	}
	return c->mods.mode == MODE_GOPATH ? S("") : first;
}

Str buildcmd_target(BuildCmd *c, LoadPkg *p)
{
	Arena *a = c->arena;
	Str bin = env_get(c->env, "GOBIN"), platform = str_fmt(a, STR_FMT "_" STR_FMT, STR_ARG(c->ctx.goos), STR_ARG(c->ctx.goarch));
	bool cross = !str_is(c->ctx.goos, "linux") || !str_is(c->ctx.goarch, "amd64");
	if (!p->is_main) {
		Str root = c->mods.mode == MODE_GOPATH && !p->standard ? gopath_of(c, p) : S("");
		return root.n ? str_fmt(a, STR_FMT "/pkg/" STR_FMT "/" STR_FMT ".a", STR_ARG(root), STR_ARG(platform), STR_ARG(p->import_path)) : S("");
	}
	Str name = buildcmd_exec_name(c, p);
	if (p->goroot && str_has_prefix(p->import_path, "cmd/")) {
		if (!str_is(p->import_path, "cmd/go") && !str_is(p->import_path, "cmd/gofmt"))
			return str_fmt(a, STR_FMT "/pkg/tool/" STR_FMT "/" STR_FMT, STR_ARG(c->ctx.goroot), STR_ARG(platform), STR_ARG(name));
		bin = path_join(a, c->ctx.goroot, S("bin"));
	} else if (!bin.n) {
		Str root = gopath_of(c, p);
		if (!root.n)
			return S("");
		bin = path_join(a, root, S("bin"));
	} else if (cross) {
		return S("");
	}
	return path_join(a, cross ? path_join(a, bin, platform) : bin, name);
}

// Nothing may be installed unless all can be.
static bool have_targets(BuildCmd *c)
{
	Str bin = env_get(c->env, "GOBIN");
	if (bin.n && bin.p[0] != '/')
		return !cmd_plain_error("cannot install, GOBIN must be an absolute path");
	bool ok = true;
	for (u32 i = 0; i < c->nroots; i++) {
		LoadPkg *p = c->roots[i];
		if (!p->conflict_dir.n && (!p->is_main || buildcmd_target(c, p).n))
			continue;
		ok = false;
		if (p->conflict_dir.n)
			cmd_error("no install location for " STR_FMT ": hidden by " STR_FMT, STR_ARG(p->dir), STR_ARG(p->conflict_dir));
		else if (bin.n)
			cmd_error("cannot install cross-compiled binaries when GOBIN is set");
		else if (p->is_command_line)
			cmd_error("no install location for .go files listed on command line (GOBIN not set)");
		else
			cmd_error("no install location for directory " STR_FMT " outside GOPATH\n\tFor more details see: 'go help gopath'", STR_ARG(p->dir));
	}
	return ok;
}

// Once the command in the working directory is installed, the executable that `go build` left there would only be stale.
static void remove_built(BuildCmd *c, LoadPkg *p)
{
	Str left = path_join(c->arena, p->dir, buildcmd_exec_name(c, p));
	struct stat st;
	if (!str_eq(left, buildcmd_target(c, p)) && stat(left.p, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111)
		unlink(left.p);
}

int cmd_install(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new(), .versions = true, .auto_vcs = true};
	int status = buildcmd_begin(&c, help_usage("install"), NULL, argc, argv);
	if (status)
		return status;
	c.mains_only = c.nargs && str_index(str(c.args[0]), '@') >= 0 && !mod_is_dir_path(str(c.args[0]));
	status = buildcmd_load(&c, c.nargs);
	if (status)
		return status;
	if (!have_targets(&c))
		return 1;
	Script *script = script_new(&c);
	script_packages(script);
	for (u32 i = 0; i < c.nroots && script; i++) {
		LoadPkg *p = c.roots[i];
		Str target = buildcmd_target(&c, p), made = p->is_main ? script_link(script, p, S("a.out"), true) : S("");
		if (target.n)
			script_put(script, p, made, target);
		script_end(script);
	}
	if (c.show_only)
		return 0;
	bool linked = c.nroots == 1 && c.roots[0]->is_main;
	if (c.nroots && !linked && !buildcmd_compile(&c))
		return 1;
	for (u32 i = 0; i < c.nroots; i++) {
		LoadPkg *p = c.roots[i];
		BuildPkg *b = p->build;
		Str target = buildcmd_target(&c, p), image, cached;
		if (p->is_main ? !buildcmd_exe(&c, p, linked, &image, &cached) || !buildcmd_write(&c, p, target, image, 0777)
		               : target.n && !buildcmd_write(&c, p, target, b->cached.n ? b->cached : buf_view(&b->archive), 0666))
			return 1;
	}
	if (!c.nargs && linked)
		remove_built(&c, c.roots[0]);
	return 0;
}
