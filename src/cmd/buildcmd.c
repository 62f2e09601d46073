// buildcmd.c: see buildcmd.h.
#include "cmd/buildcmd.h"
#include "load/facts.h"

#include <stdlib.h>
#include <unistd.h>

const Flag *buildcmd_flags(BuildCmd *c, Arena *a)
{
	const Flag table[] = {
		{"a", FLAG_BOOL, &c->all}, {"n", FLAG_BOOL, &c->show_only}, {"v", FLAG_BOOL, &c->verbose}, {"x", FLAG_BOOL, &c->show},
		{"work", FLAG_BOOL, &c->work}, {"trimpath", FLAG_BOOL, &c->trimpath}, {"race", FLAG_BOOL, &c->race},
		{"msan", FLAG_BOOL, &c->msan}, {"asan", FLAG_BOOL, &c->asan}, {"p", FLAG_INT, &c->jobs}, {"json", FLAG_BOOL, &c->json},
		{"gcflags", FLAG_WORDS, &c->gcflags}, {"ldflags", FLAG_WORDS, &c->ldflags}, {"asmflags", FLAG_WORDS, &c->asmflags},
		{"tags", FLAG_COMMAS, &c->tags}, {"d", FLAG_COMMAS, &c->debug}, {"mod", FLAG_STRING, &c->mod},
		{"modfile", FLAG_STRING, &c->modfile}, {"overlay", FLAG_STRING, &c->overlay}, {"buildmode", FLAG_STRING, &c->buildmode},
		{"compiler", FLAG_STRING, &c->compiler}, {"pkgdir", FLAG_STRING, &c->pkgdir}, {"C", FLAG_STRING, &c->chdir},
		{"installsuffix", FLAG_STRING, &c->installsuffix}, {"buildvcs", FLAG_STRING, &c->buildvcs}, {"pgo", FLAG_STRING, &c->pgo},
		{"toolexec", FLAG_STRING, &c->toolexec}, {NULL, 0, NULL},
	};
	Flag *f = arena_alloc(a, sizeof table);
	memcpy(f, table, sizeof table);
	return f;
}

int buildcmd_init(BuildCmd *c)
{
	if (c->chdir.n && chdir(c->chdir.p) != 0)
		return cmd_error("chdir " STR_FMT ": no such file or directory", STR_ARG(c->chdir));
	if (c->race || c->msan || c->asan)
		return cmd_error("-race, -msan and -asan are not supported yet");
	if (c->buildmode.n && !str_is(c->buildmode, "exe") && !str_is(c->buildmode, "default"))
		return cmd_error("-buildmode=" STR_FMT " is not supported yet", STR_ARG(c->buildmode));
	c->env = env_new(c->arena);
	Err e = context_init(&c->ctx, c->arena, c->env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	c->ctx.tags = c->tags;
	loader_init(&c->loader, &c->ctx, c->arena);
	return 0;
}

LoadPkg **buildcmd_packages(BuildCmd *c, char **args, int nargs, u32 *n)
{
	*n = 0;
	VEC(LoadPkg *) out = {0};
	static char *here[] = {"."};
	if (nargs == 0) {
		args = here;
		nargs = 1;
	}
	if (str_has_suffix(str(args[0]), ".go")) {
		StrVec files = {0};
		for (int i = 0; i < nargs; i++) {
			if (!str_has_suffix(str(args[i]), ".go")) {
				cmd_error("named files must be .go files: %s", args[i]);
				return NULL;
			}
			vec_push(c->arena, &files, str(args[i]));
		}
		LoadPkg *p = load_files(&c->ctx, c->arena, files);
		p->go_version = c->ctx.goversion;
		vec_push(c->arena, &out, p);
	} else {
		for (int i = 0; i < nargs; i++) {
			Str arg = str(args[i]);
			StrVec paths = {0};
			if (str_is(arg, "std"))
				load_match(&c->ctx, c->arena, path_join(c->arena, c->ctx.goroot, S("src")), S(""), S("..."), &paths);
			else if (arg.p[0] == '.' || arg.p[0] == '/') {
				Str dir = path_clean(c->arena, arg.p[0] == '/' ? arg : path_join(c->arena, c->ctx.cwd, arg));
				LoadPkg *p = load_dir(&c->ctx, c->arena, dir, path_base(dir));
				p->go_version = c->ctx.goversion;
				vec_push(c->arena, &out, p);
				continue;
			} else {
				vec_push(c->arena, &paths, arg);
			}
			for (u32 k = 0; k < paths.n; k++) {
				Str path = paths.p[k];
				if (str_is(arg, "std") && (str_has_prefix(path, "cmd/") || str_is(path, "cmd") || str_is(path, "builtin")))
					continue;
				LoadPkg *p = load_package(&c->loader, path, NULL);
				if (str_is(arg, "std") && (p->err.n || (!p->go_files.n && !p->cgo_files.n)))
					continue; // not for this system
				vec_push(c->arena, &out, p);
			}
		}
	}
	*n = out.n;
	return out.p;
}

static bool print_errors(BuildCmd *c)
{
	return build_print_errors(&c->build, stderr) > 0;
}

bool buildcmd_plan(BuildCmd *c, LoadPkg **roots, u32 n)
{
	load_graph(&c->loader, roots, n);
	BuildOptions opt = {.ctx = &c->ctx, .pool = pool_new(c->jobs > 0 ? (u32)c->jobs : 0), .trimpath = c->trimpath,
		.verbose = c->verbose, .rebuild = c->all};
	for (u32 i = 0; i < c->gcflags.n; i++) {
		opt.no_opt = opt.no_opt || str_is(c->gcflags.p[i], "-N") || str_is(c->gcflags.p[i], "all=-N");
		opt.no_inline = opt.no_inline || str_is(c->gcflags.p[i], "-l") || str_is(c->gcflags.p[i], "all=-l");
	}
	for (u32 i = 0; i < c->ldflags.n; i++) {
		Str f = c->ldflags.p[i];
		if (str_is(f, "-s"))
			opt.strip_symtab = opt.strip_dwarf = true;
		else if (str_is(f, "-w"))
			opt.strip_dwarf = true;
		else if (str_is(f, "-X") && i + 1 < c->ldflags.n)
			vec_push(c->arena, &opt.ldflags_X, c->ldflags.p[++i]);
		else if (str_has_prefix(f, "-X="))
			vec_push(c->arena, &opt.ldflags_X, str_from(f, 3));
		else {
			cmd_error("-ldflags: " STR_FMT " is not supported yet", STR_ARG(f));
			return false;
		}
	}
	for (u32 i = 0; i < c->debug.n; i++)
		opt.print_times = opt.print_times || str_is(c->debug.p[i], "times");
	if (build_plan(&c->build, &c->loader, &opt))
		return true;
	print_errors(c);
	return false;
}

bool buildcmd_compile(BuildCmd *c)
{
	bool ok = build_packages(&c->build);
	if (!ok)
		print_errors(c);
	facts_save(c->ctx.facts);
	return ok;
}

bool buildcmd_exe(BuildCmd *c, LoadPkg *main, bool compile, Str *image, Str *file)
{
	if (build_cached_exe(&c->build, main, image, file)) {
		facts_save(c->ctx.facts);
		return true;
	}
	if (compile && !buildcmd_compile(c))
		return false;
	Diags *d = diags_new(c->arena);
	LinkResult res;
	Buf out = {0};
	if (build_link(&c->build, main, &out, file, &res, d)) {
		*image = buf_view(&out);
		cache_trim(c->build.cache);
		return true;
	}
	fprintf(stderr, "# " STR_FMT "\n", STR_ARG(main->import_path));
	diags_print(d, stderr, 0, false);
	return false;
}
