// pkgflags.c: see pkgflags.h.
#include "cmd/buildcmd.h"

bool pkgflags_add(Arena *a, PkgFlags *f, Str value, Str *why)
{
	PkgFlag x = {.pattern = S(""), .raw = value};
	value = str_trim(value);
	if (value.n && value.p[0] != '-') {
		int eq = str_index(value, '=');
		if (eq < 0)
			return *why = S("missing =<value> in <pattern>=<value>"), false;
		if (!eq)
			return *why = S("missing <pattern> in <pattern>=<value>"), false;
		if (value.p[0] == '\'' || value.p[0] == '"')
			return *why = str_fmt(a, "parameter may not start with quote character %c", value.p[0]), false;
		x.pattern = str_trim(str_sub(value, 0, (u32)eq));
		value = str_from(value, (u32)eq + 1);
	}
	if (!split_words(a, value, &x.words))
		return *why = str_fmt(a, "unterminated %s string", str_index(value, '\'') >= 0 ? "'" : "\""), false;
	vec_push(a, f, x);
	return true;
}

static bool is_tool(BuildCmd *c, LoadPkg *p)
{
	for (u32 i = 0; i < c->mods.mains.n; i++) {
		const ModFile *f = c->mods.mains.p[i]->file;
		for (u32 k = 0; f && k < f->tool.n; k++)
			if (str_eq(f->tool.p[k], p->import_path))
				return true;
	}
	return false;
}

static bool matches(BuildCmd *c, Str pattern, LoadPkg *p)
{
	if (!pattern.n)
		return p->named || p->is_command_line || p->is_testmain;
	if (str_is(pattern, "all"))
		return true;
	if (str_is(pattern, "std"))
		return p->standard;
	if (str_is(pattern, "cmd"))
		return p->standard && str_has_prefix(p->import_path, "cmd/");
	if (str_is(pattern, "work"))
		return p->module && p->module->main;
	if (str_is(pattern, "tool"))
		return is_tool(c, p);
	if (!mod_is_dir_path(pattern))
		return load_glob(pattern, p->import_path);
	int dots = str_find(pattern, "...");
	Str head = dots >= 0 ? str_sub(pattern, 0, (u32)dots) : pattern;
	Str dir = path_clean(c->arena, head.p[0] == '/' ? head : path_join(c->arena, c->ctx.cwd, head));
	if (dots >= 0)
		dir = str_cat(c->arena, head.n && head.p[head.n - 1] == '/' ? str_cat(c->arena, dir, S("/")) : dir, str_from(pattern, (u32)dots));
	return load_glob(dir, p->dir);
}

StrVec pkgflags_for(BuildCmd *c, const PkgFlags *f, LoadPkg *p)
{
	for (u32 i = f->n; i-- > 0;)
		if (matches(c, f->p[i].pattern, p))
			return f->p[i].words;
	return (StrVec){0};
}
