// ahead.c: what many modules will be asked for one after the other is requested all at once: their go.mod files, zips or lists
// of versions, and what the checksum database says of them. The answers wait in http.c until they are asked for, where
// everything is checked as if it came then; so a guess that was wrong costs a request and changes nothing.
#include "mod/fetch.h"

// The proxy that is asked first, "" if that is none or a directory.
static Str first_proxy(Fetch *f)
{
	Str list = f->only.n ? f->only : env_get(f->env, "GOPROXY");
	u32 n = 0;
	while (n < list.n && list.p[n] != ',' && list.p[n] != '|')
		n++;
	Str url = str_trim(str_sub(list, 0, n));
	return str_has_prefix(url, "https://") || str_has_prefix(url, "http://") ? url : S("");
}

static bool is_private(Fetch *f, Str path)
{
	Str globs = env_get(f->env, "GONOPROXY");
	return mod_match_globs(f->arena, globs.n ? globs : env_get(f->env, "GOPRIVATE"), path);
}

void fetch_ahead(Fetch *f, const ModVersion *v, u32 n, const char *ext)
{
	Arena *a = f->arena;
	Str proxy = first_proxy(f);
	StrVec urls = {0};
	ModVersionVec asked = {0};
	if (!proxy.n || f->vendor || !f->cache.n || n < 2)
		return;
	for (u32 i = 0; i < n; i++) {
		Str rest = str_fmt(a, "@v/" STR_FMT ".%s", STR_ARG(fetch_escape_url(a, mod_escape(a, v[i].version))), ext);
		if (mod_is_toolchain(v[i].path) || is_private(f, v[i].path) || file_exists(fetch_cache_file(f, v[i].path, v[i].version, ext)))
			continue;
		vec_push(a, &urls, fetch_proxy_url(f, proxy, v[i].path, rest));
		if (sums_ask_database(f->sums, v[i].path, v[i].version, !strcmp(ext, "mod")))
			vec_push(a, &asked, v[i]);
	}
	if (urls.n < 2)
		return;
	http_ahead(f->http, &urls);
	if (asked.n)
		sumdb_ahead(f, asked.p, asked.n);
}

void fetch_ahead_versions(Fetch *f, const StrVec *paths)
{
	Str proxy = first_proxy(f);
	StrVec urls = {0};
	for (u32 i = 0; i < paths->n && proxy.n && !f->vendor; i++)
		if (!is_private(f, paths->p[i]))
			vec_push(f->arena, &urls, fetch_proxy_url(f, proxy, paths->p[i], S("@v/list")));
	if (urls.n > 1)
		http_ahead(f->http, &urls);
}
