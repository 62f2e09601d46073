// build.c: `go build`: compiles what is named; a single command is linked to an executable in the working directory,
// or to -o; everything else is compiled and thrown away.
#include "cmd/help.h"
#include "cmd/script.h"

// Where p goes; "" for what is compiled only.
static Str output_of(BuildCmd *c, LoadPkg *p, Str out, bool to_dir)
{
	if (to_dir)
		return p->is_main ? path_join(c->arena, out, buildcmd_exec_name(c, p)) : S("");
	if (out.n || !p->is_main || c->nroots > 1)
		return out;
	return buildcmd_exec_name(c, p);
}

static bool write_package(BuildCmd *c, LoadPkg *p, Str file, bool compiled)
{
	if (!p->is_main) {
		BuildPkg *b = p->build;
		return buildcmd_write(c, p, file, b->cached.n ? b->cached : buf_view(&b->archive), 0666);
	}
	Str image, cached;
	return buildcmd_exe(c, p, !compiled, &image, &cached) && buildcmd_write(c, p, file, image, 0777);
}

// What becomes of each package, as commands.
static void show_outputs(Script *s, BuildCmd *c, Str out, bool to_dir, bool null)
{
	for (u32 i = 0; i < c->nroots; i++) {
		LoadPkg *p = c->roots[i];
		Str file = null ? S("") : output_of(c, p, out, to_dir);
		Str made = p->is_main ? script_link(s, p, S("a.out"), file.n > 0) : S("");
		if (file.n)
			script_put(s, p, made, file);
		script_end(s);
	}
}

int cmd_build(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new(), .auto_vcs = true};
	Str out = {0};
	const Flag own[] = {{"o", FLAG_STRING, &out}, {"i", FLAG_BOOL, &c.keep_here}, {NULL, 0, NULL}};
	int status = buildcmd_begin(&c, help_usage("build"), own, argc, argv);
	if (!status)
		status = buildcmd_load(&c, c.nargs);
	if (status)
		return status;
	if (str_is(c.buildmode, "exe") && out.n && (c.nroots != 1 || !c.roots[0]->is_main))
		return cmd_plain_error("-buildmode=exe requires exactly one main package");
	bool null = str_is(out, "/dev/null"), to_dir = out.n && !null && (out.p[out.n - 1] == '/' || file_is_dir(out)), one_main = false;
	for (u32 i = 0; i < c.nroots; i++)
		one_main = one_main || c.roots[i]->is_main;
	if (to_dir && !one_main)
		return cmd_error("no main packages to build");
	if (out.n && !null && !to_dir && c.nroots > 1)
		return cmd_error("cannot write multiple packages to non-directory " STR_FMT, STR_ARG(out));
	if (out.n && !null && !c.nroots)
		return cmd_plain_error("no packages to build");
	bool linked = c.nroots == 1 && c.roots[0]->is_main;
	if (linked && !out.n && file_is_dir(buildcmd_exec_name(&c, c.roots[0])))
		return cmd_error("build output \"" STR_FMT "\" already exists and is a directory", STR_ARG(buildcmd_exec_name(&c, c.roots[0])));
	Script *script = script_new(&c);
	script_packages(script);
	if (c.show_only || c.show)
		show_outputs(script, &c, out, to_dir, null);
	if (c.show_only)
		return 0;
	bool compiled = !linked; // a lone executable may come from the cache as it is
	if (c.nroots && compiled && !buildcmd_compile(&c))
		return 1;
	for (u32 i = 0; i < c.nroots; i++) {
		LoadPkg *p = c.roots[i];
		Str image, cached;
		Str file = null ? S("") : output_of(&c, p, out, to_dir);
		// Linked even if nobody wants the executable: what is missing is found by the linker.
		if (file.n ? !write_package(&c, p, file, compiled) : p->is_main && !buildcmd_exe(&c, p, !compiled, &image, &cached))
			return 1;
	}
	return 0;
}
