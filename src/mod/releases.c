// releases.c: the modules "go" and "toolchain", which exist in name only: their versions are the releases that
// golang.org/toolchain has for download (v0.0.1-go1.21.0.linux-amd64), and our own. Facts: cmd/go/internal/modfetch/toolchain.go.
#include "mod/fetch.h"
#include "mod/toolchain.h"

#include <stdlib.h>

#define DOWNLOADS "golang.org/toolchain"

static int by_release(const void *x, const void *y) { return go_version_cmp(*(const Str *)x, *(const Str *)y); }

Err releases_versions(Fetch *f, Str path, StrVec *out)
{
	StrVec all = {0}, found = {0};
	StrMap have = {0};
	Err e = fetch_versions(f, S(DOWNLOADS), &all);
	if (failed(e))
		return e;
	vec_push(f->arena, &all, str_fmt(f->arena, "-go" STR_FMT ".-", STR_ARG(toolchain_local()))); // ours, wherever it came from
	for (u32 i = 0; i < all.n; i++) {
		int dash = str_index(all.p[i], '-'), dot = str_rindex(all.p[i], '.');
		if (dash < 0 || dot < dash || str_index(str_from(all.p[i], (u32)dot), '-') < 0)
			continue;
		Str v = str_sub(all.p[i], (u32)dash + 1, (u32)dot);
		v = str_has_prefix(v, "go") ? str_from(v, 2) : v;
		if (strmap_has(&have, v))
			continue;
		strmap_put(f->arena, &have, v, f);
		vec_push(f->arena, &found, v);
	}
	qsort(found.p, found.n, sizeof *found.p, by_release);
	for (u32 i = 0; str_is(path, "toolchain") && i < found.n; i++)
		found.p[i] = str_cat(f->arena, S("go"), found.p[i]);
	*out = found;
	return OK;
}

Err releases_stat(Fetch *f, Str path, Str rev, RevInfo *out)
{
	bool go = str_is(path, "go");
	Str v = str_has_prefix(rev, "go") ? str_from(rev, 2) : rev;
	*out = (RevInfo){.version = go ? v : str_cat(f->arena, S("go"), v), .time = S(""), .origin = S(""), .name = S("")};
	if (!go_release_valid(v))
		return err_fmt(f->arena, "invalid " STR_FMT " version " STR_FMT, STR_ARG(path), STR_ARG(rev));
	if (go ? go_version_cmp(v, toolchain_local()) <= 0 : str_eq(v, toolchain_local()))
		return OK; // these we can be ourselves
	if (go_release_is_lang(v))
		return err_fmt(f->arena, "go language version " STR_FMT " is not a toolchain version", STR_ARG(rev));
	RevInfo info; // every release has been there for this system
	Err e = fetch_stat(f, S(DOWNLOADS), str_fmt(f->arena, "v0.0.1-go" STR_FMT ".linux-amd64", STR_ARG(v)), &info);
	out->time = info.time;
	return e;
}
