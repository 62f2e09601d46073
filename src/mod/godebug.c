// godebug.c: the GODEBUG settings that a program is built with: those that its module's go version had as defaults, changed by
// the godebug lines of go.mod or go.work and by //go:debug comments of the main package (cmd/go/internal/load/godebug.go).
#include "mod/mod.h"

#include <stdlib.h>

static const struct { const char *name; u32 changed; const char *old; } settings[] = {
#define SETTING(name, changed, old) {#name, changed, old},
#define GONE(name, removed, old)
#include "mod/godebugs.def"
#undef SETTING
#undef GONE
};

static const struct { const char *name; u32 removed; const char *old; } gone[] = {
#define SETTING(name, changed, old)
#define GONE(name, removed, old) {#name, removed, old},
#include "mod/godebugs.def"
#undef SETTING
#undef GONE
};

static bool has_any(Str s, const char *chars)
{
	for (u32 i = 0; i < s.n; i++)
		if (strchr(chars, s.p[i]))
			return true;
	return false;
}

Str godebug_check(Arena *a, const char *what, Str key, Str value)
{
	if (has_any(key, " \t") || has_any(value, " \t"))
		return has_any(key, " \t") ? S("key contains space") : S("value contains space");
	if (has_any(key, ",") || has_any(value, ","))
		return has_any(key, ",") ? S("key contains comma") : S("value contains comma");
	if (str_is(key, "default")) {
		Str v = str_has_prefix(value, "go") ? str_from(value, 2) : S("");
		if (!go_version_ok(v))
			return S("value for default= must be goVERSION");
		return go_version_cmp(v, S("1.27.99")) > 0 ? str_fmt(a, "default=" STR_FMT " too new (toolchain is go1.27)", STR_ARG(value)) : S("");
	}
	for (u32 i = 0; i < LENGTH(settings); i++)
		if (str_is(key, settings[i].name))
			return S("");
	for (u32 i = 0; i < LENGTH(gone); i++)
		if (str_is(key, gone[i].name))
			return value.n == 1 && strchr(gone[i].old, value.p[0]) ? str_fmt(a, "removed GODEBUG \"" STR_FMT "\" set to old value \"" STR_FMT
				"\" (https://go.dev/doc/godebug#go-1%u)", STR_ARG(key), STR_ARG(value), gone[i].removed) : S("");
	return str_fmt(a, "unknown %s \"" STR_FMT "\"", what, STR_ARG(key));
}

bool godebug_parse(Arena *a, Str comment, Str *key, Str *value, Str *why)
{
	*why = S("");
	if (!str_has_prefix(comment, "//go:debug") || (comment.n > 10 && comment.p[10] != ' ' && comment.p[10] != '\t'))
		return false;
	Str rest = str_trim(str_from(comment, 10));
	int eq = str_index(rest, '=');
	*key = eq >= 0 ? str_sub(rest, 0, (u32)eq) : rest;
	*value = eq >= 0 ? str_from(rest, (u32)eq + 1) : S("");
	*why = eq < 0 ? S("missing key=value") : godebug_check(a, "//go:debug setting", *key, *value);
	return !why->n;
}

// The version whose defaults count.
static Str base_version(Mods *m, LoadPkg *p)
{
	if (m->mode == MODE_GOPATH)
		return S("1.20");
	if (m->work)
		return m->work->go.n ? m->work->go : S("1.18");
	if (m->main)
		return m->main->go.n ? m->main->go : S("1.16");
	if (m->mode == MODE_MODULE && p->module) // path@version
		return p->module->go.n ? p->module->go : S("1.20");
	return S("1.27");
}

static void set(Arena *a, StrMap *values, StrVec *keys, Str key, Str value)
{
	Str *v = NEW(a, Str);
	*v = value;
	if (!strmap_has(values, key))
		vec_push(a, keys, key);
	strmap_put(a, values, key, v);
}

static int by_name(const void *x, const void *y) { return str_cmp(*(const Str *)x, *(const Str *)y); }

Str mods_default_godebug(void *mods, LoadPkg *p)
{
	Mods *m = mods;
	Arena *a = m->arena;
	if (!p->is_main)
		return S("");
	StrMap values = {0};
	StrVec keys = {0};
	if (!str_is(env_get(m->ctx->env, "GOFIPS140"), "off") && env_get(m->ctx->env, "GOFIPS140").n)
		set(a, &values, &keys, S("fips140"), S("on"));
	const ModFile *f = m->work ? m->work : m->mains.n == 1 ? m->main->file : NULL;
	for (u32 i = 0; f && i < f->godebug.n; i++)
		set(a, &values, &keys, f->godebug.p[i].key, f->godebug.p[i].value);
	for (u32 i = 0; i < p->directives.n; i++) {
		Str key, value, why;
		if (godebug_parse(a, p->directives.p[i], &key, &value, &why))
			set(a, &values, &keys, key, value);
	}
	Str version = base_version(m, p), *named = strmap_get(&values, S("default"));
	if (named)
		version = str_has_prefix(*named, "go") ? str_from(*named, 2) : *named;
	u32 minor = 0;
	bool known = str_has_prefix(version, "1.");
	for (u32 i = 2; known && i < version.n && version.p[i] != '.'; i++) {
		known = version.p[i] >= '0' && version.p[i] <= '9'; // release candidates have no defaults of their own
		minor = minor * 10 + (u32)(version.p[i] - '0');
	}
	for (u32 i = 0; known && i < LENGTH(settings); i++)
		if (minor < settings[i].changed && !strmap_has(&values, str(settings[i].name)))
			set(a, &values, &keys, str(settings[i].name), str(settings[i].old));
	if (keys.n)
		qsort(keys.p, keys.n, sizeof *keys.p, by_name);
	Str out = S("");
	for (u32 i = 0; i < keys.n; i++)
		if (!str_is(keys.p[i], "default"))
			out = str_fmt(a, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(out), out.n ? "," : "", STR_ARG(keys.p[i]), STR_ARG((*(Str *)strmap_get(&values, keys.p[i]))));
	return out;
}
