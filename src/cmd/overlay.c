// overlay.c: {"Replace": {"path": "file that stands in for it, or nothing"}}. Relative paths are those of the working
// directory. What is refused, and how, is cmd/go/internal/fsys's.
#include "cmd/overlay.h"

#include "base/overlay.h"
#include "cmd/value.h"

#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

static Str absolute(Arena *a, Str path)
{
	char cwd[PATH_MAX];
	if (!path.n)
		return path;
	if (path.p[0] != '/' && getcwd(cwd, sizeof cwd))
		path = path_join(a, str_dup(a, str(cwd)), path);
	return path_clean(a, path);
}

static int by_raw_name(const void *x, const void *y) { return str_cmp(((const ValueField *)x)->name, ((const ValueField *)y)->name); }
static int by_path(const void *x, const void *y) { return overlay_cmp(((const OverlayFile *)x)->path, ((const OverlayFile *)y)->path); }

// A file cannot have files below it.
static Err check_nesting(Arena *a, const OverlayFile *f, u32 n)
{
	for (u32 i = 0; i < n; i++)
		for (u32 k = i + 1; f[i].actual.n && k < n && path_has_prefix(f[k].path, f[i].path); k++)
			if (f[k].actual.n)
				return err_fmt(a, "inconsistent files " STR_FMT " and " STR_FMT " in overlay map", STR_ARG(f[i].path), STR_ARG(f[k].path));
	return OK;
}

static Err set_replacements(Arena *a, const Value *map)
{
	u32 n = 0;
	OverlayFile *files = NEWN(a, OverlayFile, map->fields.n);
	StrMap named = {0}, seen = {0};
	ValueField *field = NEWN(a, ValueField, map->fields.n);
	for (u32 i = map->fields.n; i-- > 0;) { // of members with one name the last counts
		if (strmap_has(&named, map->fields.p[i].name))
			continue;
		strmap_put(a, &named, map->fields.p[i].name, files);
		field[n++] = map->fields.p[i];
	}
	if (n)
		qsort(field, n, sizeof *field, by_raw_name);
	for (u32 i = 0; i < n; i++) {
		Str from = field[i].name;
		if (field[i].val->kind != V_STR && field[i].val->kind != V_NIL)
			return err_fmt(a, "parsing overlay JSON: the file for " STR_FMT " is not a string", STR_ARG(from));
		if (!from.n)
			return err_fmt(a, "empty string key in overlay map");
		files[i].path = absolute(a, from);
		files[i].actual = field[i].val->kind == V_STR ? absolute(a, field[i].val->s) : S("");
		Str *old = strmap_get(&seen, files[i].path);
		if (old)
			return err_fmt(a, "duplicate paths " STR_FMT " and " STR_FMT " in overlay map", STR_ARG(*old), STR_ARG(from));
		strmap_put(a, &seen, files[i].path, &field[i].name);
	}
	if (n)
		qsort(files, n, sizeof *files, by_path);
	overlay_set(files, n);
	return check_nesting(a, files, n);
}

Err overlay_read(Arena *a, Str file)
{
	Str text;
	Err e = file_map(a, file, &text);
	if (failed(e))
		return err_fmt(a, "reading overlay: " STR_FMT, STR_ARG(e.msg));
	Value *v;
	if (!json_parse(a, text, &v))
		return err_fmt(a, "parsing overlay JSON: %s", text.n ? "invalid character or end of text" : "unexpected end of JSON input");
	if (v->kind != V_STRUCT)
		return v->kind == V_NIL ? OK : err_fmt(a, "parsing overlay JSON: not an object");
	for (u32 i = 0; i < v->fields.n; i++) {
		Str name = v->fields.p[i].name;
		const Value *map = v->fields.p[i].val;
		if (name.n != 7 || strncasecmp(name.p, "Replace", 7) || map->kind == V_NIL)
			continue;
		if (map->kind != V_STRUCT)
			return err_fmt(a, "parsing overlay JSON: Replace is not an object");
		e = set_replacements(a, map);
		if (failed(e))
			return e;
	}
	return OK;
}
