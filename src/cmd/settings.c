// settings.c: how a program was built, for debug.ReadBuildInfo and `go version -m`: flags and environment that matter, in the
// order of cmd/go/internal/load (setBuildInfo).
#include "cmd/buildcmd.h"

// Values are quoted where they could be mistaken (runtime/debug.BuildInfo).
static void put(Buf *b, Arena *a, const char *key, Str value)
{
	bool quote = false;
	Buf line = {0};
	for (u32 i = 0; i < value.n; i++) {
		buf_u8(&line, value.p[i] == '\n' ? ' ' : (u8)value.p[i]);
		quote = quote || memchr(" \t\r\n\"`", value.p[i], 6);
	}
	Str text = str_dup(a, buf_view(&line));
	buf_free(&line);
	if (quote)
		text = go_quote(a, text);
	buf_printf(b, "build\t%s=" STR_FMT "\n", key, STR_ARG(text));
}

static void put_flags(Buf *b, Arena *a, const char *key, const PkgFlags *f, bool if_empty)
{
	if (f->n && (vec_last(f).raw.n || if_empty))
		put(b, a, key, vec_last(f).raw);
}

Str buildcmd_profile(BuildCmd *c, const LoadPkg *main)
{
	if (str_is(c->pgo, "off"))
		return S("");
	if (c->pgo.n && !str_is(c->pgo, "auto"))
		return path_clean(c->arena, c->pgo.p[0] == '/' ? c->pgo : path_join(c->arena, c->ctx.cwd, c->pgo));
	Str file = path_join(c->arena, main->dir, S("default.pgo"));
	return str_is(main->name, "main") && !main->is_testmain && file_exists(file) ? file : S("");
}

Str buildcmd_settings(void *ctx, LoadPkg *main, Str godebug)
{
	BuildCmd *c = ctx;
	Arena *a = c->arena;
	Buf b = {0};
	put_flags(&b, a, "-asmflags", &c->asmflags, true);
	put(&b, a, "-buildmode", c->buildmode.n && !str_is(c->buildmode, "default") ? c->buildmode : S("exe"));
	put(&b, a, "-compiler", S("gc"));
	put_flags(&b, a, "-gcflags", &c->gcflags, false);
	if (!c->trimpath) // it may hold paths
		put_flags(&b, a, "-ldflags", &c->ldflags, false);
	Str profile = buildcmd_profile(c, main);
	if (profile.n)
		put(&b, a, "-pgo", c->trimpath ? path_base(profile) : profile);
	if (c->ctx.tags.n) {
		Str list = S("");
		for (u32 i = 0; i < c->ctx.tags.n; i++)
			list = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(list), i ? "," : "", STR_ARG(c->ctx.tags.p[i]));
		put(&b, a, "-tags", list);
	}
	if (c->trimpath)
		put(&b, a, "-trimpath", S("true"));
	if (godebug.n)
		put(&b, a, "DefaultGODEBUG", godebug);
	put(&b, a, "CGO_ENABLED", c->ctx.cgo ? S("1") : S("0"));
	static const char *const cgo[] = {"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"};
	for (u32 i = 0; i < LENGTH(cgo) && c->ctx.cgo && !c->trimpath; i++)
		put(&b, a, cgo[i], env_get(c->env, cgo[i]));
	put(&b, a, "GOARCH", c->ctx.goarch);
	Str experiments = env_get(c->env, "GOEXPERIMENT");
	if (experiments.n)
		put(&b, a, "GOEXPERIMENT", experiments);
	put(&b, a, "GOOS", c->ctx.goos);
	if (str_is(c->ctx.goarch, "amd64") && env_get(c->env, "GOAMD64").n)
		put(&b, a, "GOAMD64", env_get(c->env, "GOAMD64"));
	buf_str(&b, main->vcs_settings);
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}
