// mod_download.c: `go mod download` and `go mod verify`: modules into the cache, and whether they are what they were.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "mod/toolchain.h"
#include "mod/zip.h"

#include <stdlib.h>

typedef struct Download { Str path, version, query, error, info, gomod, zip, dir, sum, gomod_sum; bool too_new, skip; } Download;

static void add_value(Arena *a, Value *v, const char *name, Str s)
{
	if (s.n)
		value_set(a, v, name, value_str(a, s));
}

static void print_json(Arena *a, const Download *d)
{
	Value *v = value_struct(a, "*ModuleJSON");
	add_value(a, v, "Path", d->path);
	add_value(a, v, "Version", d->version);
	add_value(a, v, "Query", d->query);
	add_value(a, v, "Error", d->error);
	add_value(a, v, "Info", d->info);
	add_value(a, v, "GoMod", d->gomod);
	add_value(a, v, "Zip", d->zip);
	add_value(a, v, "Dir", d->dir);
	add_value(a, v, "Sum", d->sum);
	add_value(a, v, "GoModSum", d->gomod_sum);
	Buf b = {0};
	value_json(&b, v, 0);
	fwrite(b.p, 1, b.n, stdout);
	putchar('\n');
	buf_free(&b);
}

static Err download(Mods *m, Download *d, Str path, Str version)
{
	Fetch *f = m->fetch;
	RevInfo info;
	Str text;
	Err e = fetch_stat(f, path, version, &info);
	if (!failed(e)) {
		d->info = fetch_cache_file(f, path, version, "info");
		e = fetch_gomod(f, path, version, &text);
	}
	if (!failed(e)) {
		d->gomod = fetch_cache_file(f, path, version, "mod");
		d->gomod_sum = dirhash_gomod(m->arena, text);
		e = fetch_zip(f, path, version, &d->zip);
	}
	Str hash;
	if (!failed(e)) {
		if (!failed(file_map(m->arena, fetch_cache_file(f, path, version, "ziphash"), &hash)))
			d->sum = str_trim(hash);
		e = fetch_dir(f, path, version, &d->dir);
	}
	if (failed(e) && !file_exists(d->zip))
		d->zip = S("");
	return e;
}

static void split_at(Str arg, Str *path, Str *version)
{
	int at = str_index(arg, '@');
	*path = at >= 0 ? str_sub(arg, 0, (u32)at) : arg;
	*version = at >= 0 ? str_from(arg, (u32)at + 1) : S("");
}

int mod_download_main(BuildCmd *c, int argc, char **argv)
{
	Str reuse = {0};
	const Flag own[] = {{"reuse", FLAG_STRING, &reuse}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, help_usage("mod download"), argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (reuse.n)
		return cmd_error("mod download: -reuse is not supported yet");
	int status = modcmd_init(c, MODCMD_LOOSE);
	Mods *m = &c->mods;
	if (status)
		return status;
	m->fetch->quiet = true;
	Arena *a = c->arena;
	VEC(Download) list = {0};
	bool explicit = at < argc;
	if (m->work && !m->main)
		return cmd_error(MOD_NO_MODULES);
	if (!m->main && !explicit)
		return cmd_error("no modules specified (see 'go help mod download')");
	if (!explicit) {
		for (u32 i = 0; m->reqs->pruned && i < m->reqs->roots.n; i++)
			if (!mod_is_toolchain(m->reqs->roots.p[i].path))
				vec_push(a, &list, (Download){.path = m->reqs->roots.p[i].path, .version = m->reqs->roots.p[i].version});
		if (!m->reqs->pruned) {
			if (failed(reqs_graph(m, m->reqs)->err))
				return toolchain_fail(m->fetch, m->reqs->graph->err);
			ModVersionVec all = {0};
			graph_list(m, m->reqs->graph, &all);
			for (u32 i = 0; i < all.n; i++)
				vec_push(a, &list, (Download){.path = all.p[i].path, .version = all.p[i].version});
		}
		if (!list.n)
			fputs("go: no module dependencies to download\n", stderr);
	}
	for (int i = at; i < argc; i++) {
		Str path, version, arg = str(argv[i]);
		split_at(arg, &path, &version);
		if (str_is(arg, "all") || str_find(path, "...") >= 0) {
			if (!m->main)
				return cmd_error("cannot match \"" STR_FMT "\": " MOD_NO_GOMOD,
					STR_ARG(arg));
			if (!modcmd_graph(c))
				return 1;
			ModVersionVec all = {0};
			graph_list(m, m->reqs->graph, &all);
			for (u32 k = 0; k < all.n; k++)
				if (str_is(arg, "all") || load_glob(path, all.p[k].path))
					vec_push(a, &list, (Download){.path = all.p[k].path, .version = all.p[k].version});
			continue;
		}
		if (m->main && mods_is_main(m, path)) {
			if (!version.n || str_is(version, "upgrade") || str_is(version, "patch")) {
				fprintf(stderr, "go: skipping download of " STR_FMT " that resolves to the main module\n", STR_ARG(arg));
				continue;
			}
		}
		Download d = {.path = path, .version = version};
		if (m->main && !version.n) {
			if (!modcmd_graph(c))
				return 1;
			d.version = graph_selected(m->reqs->graph, path);
		}
		RevInfo info;
		Str q = d.version.n ? d.version : S("latest");
		if (!m->reqs)
			m->reqs = reqs_new(m, NULL, 0, true, NULL);
		Err e = query_version(m, path, q, S(""), &info);
		if (failed(e))
			d.error = e.msg;
		else
			d.version = info.version;
		d.too_new = e.errnum == MOD_TOO_NEW;
		if (version.n && !str_eq(version, d.version))
			d.query = version;
		vec_push(a, &list, d);
	}
	bool bad = false, too_new = false;
	Str why = S("");
	ModVersionVec ahead = {0};
	for (u32 i = 0; i < list.n; i++)
		if (!list.p[i].error.n && !(m->main && mods_replacement(m, list.p[i].path, list.p[i].version, &(Str){0})))
			vec_push(a, &ahead, (ModVersion){list.p[i].path, list.p[i].version});
	fetch_ahead(m->fetch, ahead.p, ahead.n, "info");
	fetch_ahead(m->fetch, ahead.p, ahead.n, "mod");
	enum { ZIPS = 48 }; // in memory at a time
	for (u32 i = 0; i < list.n; i++) {
		Download *d = &list.p[i];
		Str base;
		if (i % ZIPS == 0 && i < ahead.n)
			fetch_ahead(m->fetch, ahead.p + i, MIN(ahead.n - i, ZIPS), "zip");
		const ModReplace *r = m->main ? mods_replacement(m, d->path, d->version, &base) : NULL;
		d->skip = r && !r->new_version.n && !d->error.n; // a directory of its own
		if (d->skip)
			continue;
		if (!d->error.n) {
			Err e = download(m, d, r ? r->new_path : d->path, r ? r->new_version : d->version);
			if (failed(e))
				d->error = e.msg;
			d->too_new = e.errnum == MOD_TOO_NEW;
		}
		bad = bad || d->error.n > 0;
		too_new = too_new || d->too_new;
	}
	if (too_new && (explicit || m->work))
		toolchain_switch(m->fetch, &why);
	for (u32 i = 0; i < list.n; i++) {
		Download *d = &list.p[i];
		if (d->skip)
			continue;
		if (c->json)
			print_json(a, d);
		else if (d->error.n)
			cmd_error(STR_FMT, STR_ARG(d->error));
	}
	if (why.n)
		cmd_error(STR_FMT, STR_ARG(why));
	if (m->main) {
		bool sums = explicit || (!bad && !m->reqs->pruned);
		Err e = sums ? sums_write(m->fetch->sums, NULL, NULL, false) : OK;
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	return bad;
}

// ---- verify -------------------------------------------------------------------------------------

static bool verify_module(Mods *m, Str path, Str version)
{
	Arena *a = m->arena;
	Fetch *f = m->fetch;
	Str file = fetch_cache_file(f, path, version, "zip"), dir = fetch_cache_dir(f, path, version), recorded, hash;
	bool have_zip = file_exists(file), have_dir = fetch_have_dir(f, path, version);
	if (failed(file_map(a, fetch_cache_file(f, path, version, "ziphash"), &recorded))) {
		if (!have_zip && !have_dir)
			return true; // not downloaded: nothing to check
		cmd_error(STR_FMT " " STR_FMT ": missing ziphash: open hash: no such file or directory", STR_ARG(path), STR_ARG(version));
		return false;
	}
	recorded = str_trim(recorded);
	bool ok = true;
	Zip z;
	Str data;
	if (have_zip) {
		Err e = file_map(a, file, &data);
		if (!failed(e))
			e = zip_open(a, data, &z);
		if (!failed(e))
			e = dirhash_zip(a, &z, &hash);
		if (failed(e) || !str_eq(hash, recorded)) {
			fprintf(stderr, STR_FMT " " STR_FMT ": " STR_FMT "\n", STR_ARG(path), STR_ARG(version), STR_ARG(failed(e) ? e.msg :
				str_fmt(a, "zip has been modified (" STR_FMT ")", STR_ARG(file))));
			ok = false;
		}
	}
	if (have_dir) {
		Err e = dirhash_dir(a, dir, str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(path), STR_ARG(version)), &hash);
		if (failed(e) || !str_eq(hash, recorded)) {
			fprintf(stderr, STR_FMT " " STR_FMT ": " STR_FMT "\n", STR_ARG(path), STR_ARG(version), STR_ARG(failed(e) ? e.msg :
				str_fmt(a, "dir has been modified (" STR_FMT ")", STR_ARG(dir))));
			ok = false;
		}
	}
	return ok;
}

int mod_verify_main(BuildCmd *c, int argc, char **argv)
{
	int at = flags_parse(c->arena, help_usage("mod verify"), argc, argv, (const Flag *const[]){buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (at < argc)
		return cmd_error("verify takes no arguments");
	int status = modcmd_init(c, MODCMD_LOOSE);
	if (status)
		return status;
	Mods *m = &c->mods;
	if (!m->main)
		return cmd_error(MOD_NO_GOMOD);
	if (!modcmd_graph(c))
		return 1;
	ModVersionVec all = {0};
	graph_list(m, m->reqs->graph, &all);
	bool ok = true;
	for (u32 i = 0; i < all.n; i++) {
		Str base;
		const ModReplace *r = mods_replacement(m, all.p[i].path, all.p[i].version, &base);
		if (r && !r->new_version.n)
			continue;
		ok = verify_module(m, r ? r->new_path : all.p[i].path, r ? r->new_version : all.p[i].version) && ok;
	}
	if (ok)
		puts("all modules verified");
	return !ok;
}
