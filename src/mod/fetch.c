// fetch.c: the module cache and the proxies that fill it. A file of the cache is written whole or not at all; a module is
// unpacked under its lock, with a ".partial" file beside it until it is complete. Reference: cmd/go/internal/modfetch.
#include "mod/fetch.h"
#include "mod/toolchain.h"
#include "mod/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

Fetch *fetch_new(Arena *a, Env *env)
{
	Fetch *f = NEW(a, Fetch);
	*f = (Fetch){.arena = a, .env = env, .http = http_new(a), .cache = env_get(env, "GOMODCACHE")};
	http_goauth(f->http, env_get(env, "GOAUTH"));
	f->sums = sums_read(a, f, S(""), false);
	return f;
}

// ---- JSON of answers ----------------------------------------------------------------------------

static u32 skip_string(Str j, u32 i)
{
	for (i++; i < j.n && j.p[i] != '"'; i++)
		if (j.p[i] == '\\')
			i++;
	return MIN(i + 1, j.n);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Keys are compared without case, as Go's decoder does.
bool json_raw_field(Str j, const char *key, Str *out)
{
	u32 depth = 0, n = (u32)strlen(key);
	for (u32 i = 0; i < j.n; i++) {
		char c = j.p[i];
		if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
		} else if (c == '"') {
			u32 end = skip_string(j, i), k = end;
			bool here = depth == 1 && end - i == n + 2 && !strncasecmp(j.p + i + 1, key, n);
			while (k < j.n && is_space(j.p[k]))
				k++;
			if (!here || k >= j.n || j.p[k] != ':') {
				i = end - 1;
				continue;
			}
			for (k++; k < j.n && is_space(j.p[k]);)
				k++;
			u32 start = k, level = 0;
			for (; k < j.n; k++) {
				if (j.p[k] == '"') {
					k = skip_string(j, k) - 1;
				} else if (j.p[k] == '{' || j.p[k] == '[') {
					level++;
				} else if (j.p[k] == '}' || j.p[k] == ']') {
					if (!level)
						break;
					level--;
				} else if (j.p[k] == ',' && !level) {
					break;
				}
			}
			*out = str_trim(str_sub(j, start, MIN(k, j.n)));
			return true;
		}
	}
	return false;
}

bool json_string_field(Arena *a, Str json, const char *key, Str *out)
{
	Str raw;
	*out = S("");
	if (!json_raw_field(json, key, &raw) || raw.n < 2 || raw.p[0] != '"')
		return false;
	char *p = arena_alloc(a, raw.n);
	u32 n = 0;
	for (u32 i = 1; i + 1 < raw.n; i++) {
		unsigned rune;
		if (raw.p[i] != '\\') {
			p[n++] = raw.p[i];
		} else if (raw.p[++i] == 'u' && i + 5 < raw.n && sscanf(raw.p + i + 1, "%4x", &rune) == 1) {
			n += utf8_encode(p + n, rune);
			i += 4;
		} else {
			p[n++] = raw.p[i] == 'n' ? '\n' : raw.p[i] == 't' ? '\t' : raw.p[i];
		}
	}
	*out = str_n(p, n);
	return true;
}

// ---- names --------------------------------------------------------------------------------------

Str fetch_cache_file(Fetch *f, Str path, Str version, const char *ext)
{
	return str_fmt(f->arena, STR_FMT "/cache/download/" STR_FMT "/@v/" STR_FMT ".%s", STR_ARG(f->cache), STR_ARG(mod_escape(f->arena, path)),
		STR_ARG(mod_escape(f->arena, version)), ext);
}

Str fetch_cache_dir(Fetch *f, Str path, Str version)
{
	return str_fmt(f->arena, STR_FMT "/" STR_FMT "@" STR_FMT, STR_ARG(f->cache), STR_ARG(mod_escape(f->arena, path)),
		STR_ARG(mod_escape(f->arena, version)));
}

bool fetch_have_dir(Fetch *f, Str path, Str version)
{
	return file_is_dir(fetch_cache_dir(f, path, version)) && !file_exists(fetch_cache_file(f, path, version, "partial"));
}

Str fetch_escape_url(Arena *a, Str s)
{
	Buf b = {0};
	for (u32 i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("-_.~$&+:=@/", c));
		if (plain)
			buf_u8(&b, c);
		else
			buf_printf(&b, "%%%02X", c);
	}
	Str r = str_dup(a, buf_view(&b));
	buf_free(&b);
	return r;
}

#define PROXY_OFF "module lookup disabled by GOPROXY=off" // of no module in particular

Err version_error(Arena *a, Str path, Str version, Err e)
{
	if (!failed(e) || (!version.n && str_is(e.msg, PROXY_OFF)))
		return e;
	Str replaced = str_fmt(a, STR_FMT "@" STR_FMT " (", STR_ARG(path), STR_ARG(version));
	if (version.n && e.msg.n > replaced.n && !memcmp(e.msg.p, replaced.p, replaced.n))
		return e;
	Str prefix = version.n ? str_fmt(a, STR_FMT "@" STR_FMT ": ", STR_ARG(path), STR_ARG(version))
		: str_fmt(a, "module " STR_FMT ": ", STR_ARG(path));
	if (e.msg.n >= prefix.n && !memcmp(e.msg.p, prefix.p, prefix.n))
		return e;
	if (version.n && !str_eq(mod_canonical(a, version), version) && !str_is(path, "go") && !str_is(path, "toolchain"))
		prefix = str_cat(a, prefix, S("invalid version: "));
	return (Err){str_cat(a, prefix, e.msg), e.errnum};
}

Err fetch_read(Fetch *f, Str url, Str *body) { return http_read(f->http, f->arena, url, false, body); }

// ---- the list of proxies ------------------------------------------------------------------------

static Str no_proxy_globs(Fetch *f)
{
	Str g = env_get(f->env, "GONOPROXY");
	return g.n ? g : env_get(f->env, "GOPRIVATE");
}

static bool has_scheme(Str url)
{
	return str_has_prefix(url, "https://") || str_has_prefix(url, "http://") || str_has_prefix(url, "file://");
}

Err fetch_try_proxies(Fetch *f, Err (*fn)(Fetch *f, Str proxy, void *ctx), void *ctx)
{
	Arena *a = f->arena;
	if (f->only.n)
		return fn(f, f->only, ctx);
	Str list = env_get(f->env, "GOPROXY");
	enum { NOT_EXIST, PROXY, DIRECT } rank = NOT_EXIST;
	Err best = OK;
	bool any = false;
	for (u32 i = 0; i < list.n; i++)
		any = any || !strchr(",| \t", list.p[i]);
	if (!any && list.n)
		return err_fmt(a, "GOPROXY list is not the empty string, but contains no entries");
	if (no_proxy_globs(f).n && !str_is(list, "direct")) {
		Err e = fn(f, S("noproxy"), ctx);
		if (!failed(e))
			return e;
		best = e;
		if (e.errnum != EXDEV) // EXDEV: the path is none of GONOPROXY's
			rank = DIRECT;
		if (rank == DIRECT && e.errnum != ENOENT)
			return e;
	}
	while (list.n) {
		u32 n = 0;
		while (n < list.n && list.p[n] != ',' && list.p[n] != '|')
			n++;
		Str url = str_trim(str_sub(list, 0, n));
		bool on_error = n < list.n && list.p[n] == '|';
		list = str_from(list, MIN(n + 1, list.n));
		if (!url.n)
			continue;
		bool last = str_is(url, "off") || str_is(url, "direct");
		if (!last && !has_scheme(url)) {
			bool plain = str_index(url, '.') < 0 && str_index(url, ':') < 0 && str_index(url, '/') < 0;
			if (plain || url.p[0] == '/')
				return err_fmt(a, "invalid proxy URL missing scheme: " STR_FMT, STR_ARG(url));
			if (str_find(url, ":/") >= 0)
				return err_fmt(a, "invalid proxy URL scheme (must be https, http, file): " STR_FMT, STR_ARG(url));
			url = str_cat(a, S("https://"), url);
		}
		Err e = fn(f, url, ctx);
		if (!failed(e))
			return e;
		bool missing = e.errnum == ENOENT;
		if (str_is(url, "direct")) {
			best = e;
			rank = DIRECT;
		} else if (rank <= PROXY && !missing) {
			best = e;
			rank = PROXY;
		} else if (rank == NOT_EXIST) {
			best = e;
		}
		if (last || (!on_error && !missing))
			break;
	}
	if (best.errnum == EXDEV)
		best.errnum = ENOENT;
	return best;
}


Str fetch_proxy_url(Fetch *f, Str proxy, Str path, Str rest)
{
	while (proxy.n && proxy.p[proxy.n - 1] == '/')
		proxy.n--;
	return str_fmt(f->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(proxy), STR_ARG(mod_escape(f->arena, path)), STR_ARG(rest));
}

// ---- requests -----------------------------------------------------------------------------------

typedef struct Answer { Err err; StrVec list; RevInfo info; Str text; } Answer;
typedef struct Request { Str path, rev; Answer *to; bool listed_pseudo; } Request;

// What a proxy entry means for one module: 'p' ask url, 'd' its repository, 0 an error.
static char proxy_kind(Fetch *f, Str proxy, const Request *r, Err *e)
{
	Arena *a = f->arena;
	bool private = mod_match_globs(a, no_proxy_globs(f), r->path), none = str_is(proxy, "noproxy"), direct = str_is(proxy, "direct");
	*e = OK;
	if (private && !none && !direct)
		*e = (Err){S("disabled by GOPRIVATE/GONOPROXY"), ENOENT};
	else if (!private && str_is(proxy, "off"))
		*e = (Err){S(PROXY_OFF), ENOENT};
	else if (!private && none)
		*e = (Err){S("path does not match GOPRIVATE/GONOPROXY"), EXDEV};
	else
		return private || direct ? 'd' : 'p';
	if (r->rev.n || !f->only.n) // who asks proxies one by one names the module
		*e = version_error(a, r->path, r->rev, *e);
	return 0;
}

static Answer *answer_of(Fetch *f, const char *what, Str path, Str rev, bool *had)
{
	Str key = str_fmt(f->arena, "%s " STR_FMT " " STR_FMT, what, STR_ARG(path), STR_ARG(rev)), whole = str_fmt(f->arena, STR_FMT " " STR_FMT, STR_ARG(key),
		STR_ARG(f->only));
	Answer *x = strmap_get(&f->known, whole), *known = strmap_get(&f->known, key);
	if (!x && known && !failed(known->err))
		x = known; // from whichever proxy
	*had = x != NULL;
	if (!x) {
		x = NEW(f->arena, Answer);
		strmap_put(f->arena, &f->known, whole, x);
	}
	return x;
}

static Err no_lookup(Fetch *f, Str path, Str version)
{
	return version_error(f->arena, path, version, err_fmt(f->arena, "module lookup disabled by -mod=vendor"));
}

static int by_semver(const void *x, const void *y)
{
	int c = semver_cmp(*(const Str *)x, *(const Str *)y);
	return c ? c : str_cmp(*(const Str *)x, *(const Str *)y);
}

static Err proxy_versions(Fetch *f, Str proxy, void *ctx)
{
	Request *r = ctx;
	Err e;
	char kind = proxy_kind(f, proxy, r, &e);
	r->to->list.n = 0;
	if (kind == 'd')
		return direct_versions(f, r->path, &r->to->list);
	if (!kind)
		return e;
	Str body;
	e = fetch_read(f, fetch_proxy_url(f, proxy, r->path, S("@v/list")), &body);
	if (failed(e))
		return version_error(f->arena, r->path, S(""), e);
	while (body.n) {
		int nl = str_index(body, '\n');
		Str line = str_trim(nl >= 0 ? str_sub(body, 0, (u32)nl) : body);
		body = nl >= 0 ? str_from(body, (u32)nl + 1) : S("");
		u32 n = 0;
		while (n < line.n && !is_space(line.p[n]))
			n++;
		line = str_sub(line, 0, n);
		if (semver_valid(line) && (r->listed_pseudo || !pseudo_is(line)))
			vec_push(f->arena, &r->to->list, line);
	}
	return OK;
}

Err fetch_versions(Fetch *f, Str path, StrVec *out)
{
	bool had;
	if (mod_is_toolchain(path))
		return releases_versions(f, path, out);
	Answer *x = answer_of(f, "list", path, S(""), &had);
	if (!had) {
		Request r = {.path = path, .rev = S(""), .to = x};
		x->err = f->vendor ? no_lookup(f, path, S("")) : fetch_try_proxies(f, proxy_versions, &r);
		if (x->list.n)
			qsort(x->list.p, x->list.n, sizeof *x->list.p, by_semver);
	}
	*out = x->list;
	return x->err;
}

static bool parse_info(Fetch *f, Str body, RevInfo *out)
{
	*out = (RevInfo){.version = S(""), .time = S(""), .origin = S(""), .name = S("")};
	json_string_field(f->arena, body, "Version", &out->version);
	json_string_field(f->arena, body, "Time", &out->time);
	json_string_field(f->arena, body, "Name", &out->name);
	json_raw_field(body, "Origin", &out->origin);
	body = str_trim(body);
	return body.n && body.p[0] == '{' && body.p[body.n - 1] == '}';
}

static Err bad_answer(Fetch *f, Str proxy, Str path, Str rev, Str body)
{
	Str why = str_trim(body).n ? str_fmt(f->arena, "invalid character '%c' looking for beginning of value", str_trim(body).p[0])
		: S("unexpected end of JSON input");
	return version_error(f->arena, path, rev, err_fmt(f->arena, "invalid response from proxy " STR_FMT ": " STR_FMT,
		STR_ARG(go_quote(f->arena, proxy)), STR_ARG(why)));
}

static Err proxy_stat(Fetch *f, Str proxy, void *ctx)
{
	Request *r = ctx;
	Arena *a = f->arena;
	Err e;
	char kind = proxy_kind(f, proxy, r, &e);
	if (kind == 'd')
		return version_error(a, r->path, r->rev, direct_stat(f, r->path, r->rev, &r->to->info));
	if (!kind)
		return e;
	if (file_check_path(a, r->rev).n || str_index(r->rev, '/') >= 0 || str_index(r->rev, '!') >= 0)
		return version_error(a, r->path, r->rev, (Err){str_eq(mod_canonical(a, r->rev), r->rev) ? S("invalid version: disallowed version string")
			: S("disallowed version string"), 0});
	Str body;
	e = fetch_read(f, fetch_proxy_url(f, proxy, r->path, str_fmt(a, "@v/" STR_FMT ".info", STR_ARG(fetch_escape_url(a, mod_escape(a, r->rev))))), &body);
	if (failed(e))
		return version_error(a, r->path, r->rev, e);
	if (!parse_info(f, body, &r->to->info))
		return bad_answer(f, proxy, r->path, r->rev, body);
	Str major;
	if (str_eq(mod_canonical(a, r->rev), r->rev) && !str_eq(r->to->info.version, r->rev) && mod_path_major(r->path, &major) &&
	    mod_major_fits(r->rev, major))
		return version_error(a, r->path, r->rev, err_fmt(a, "proxy returned info for version " STR_FMT " instead of requested version",
			STR_ARG(r->to->info.version)));
	return OK;
}

// The file "list" of a module in the cache, which makes it a proxy's: the versions with a go.mod.
static void list_cached(Fetch *f, Str dir)
{
	StrVec names = {0}, versions = {0};
	Buf b = {0};
	Str file = path_join(f->arena, dir, S("list")), old;
	if (failed(dir_list(f->arena, dir, &names)))
		return;
	for (u32 i = 0; i < names.n; i++) {
		Str v = str_has_suffix(names.p[i], ".mod") ? str_sub(names.p[i], 0, names.p[i].n - 4) : S("");
		if (v.n && str_eq(mod_canonical(f->arena, v), v))
			vec_push(f->arena, &versions, v);
	}
	if (versions.n)
		qsort(versions.p, versions.n, sizeof *versions.p, by_semver);
	for (u32 i = 0; i < versions.n; i++)
		buf_printf(&b, STR_FMT "\n", STR_ARG(versions.p[i]));
	if (failed(file_map(f->arena, file, &old)) || !str_eq(old, buf_view(&b)))
		file_write(f->arena, file, b.p, b.n, 0666);
	buf_free(&b);
}

static Err store(Fetch *f, Str path, Str version, const char *ext, Str text)
{
	Str file = fetch_cache_file(f, path, version, ext);
	Err e = dir_make_all(f->arena, path_dir(file));
	if (!failed(e))
		e = file_write(f->arena, file, text.p, text.n, 0666);
	if (!failed(e) && !strcmp(ext, "mod"))
		list_cached(f, path_dir(file));
	return e;
}

static Str info_text(Fetch *f, const RevInfo *x)
{
	return str_fmt(f->arena, "{\"Version\":" STR_FMT ",\"Time\":" STR_FMT "%s" STR_FMT "}", STR_ARG(go_quote(f->arena, x->version)),
		STR_ARG(go_quote(f->arena, x->time)), x->origin.n ? ",\"Origin\":" : "", STR_ARG(x->origin));
}

Err fetch_check_cache(Fetch *f)
{
	if (!f->cache.n)
		return err_fmt(f->arena, "module cache not found: neither GOMODCACHE nor GOPATH is set");
	if (f->cache.p[0] != '/')
		return err_fmt(f->arena, "GOMODCACHE entry is relative; must be absolute path: " STR_FMT ".\n", STR_ARG(go_quote(f->arena, f->cache)));
	if (f->cache_seen)
		return OK;
	f->cache_seen = file_is_dir(f->cache);
	if (!f->cache_seen && file_exists(f->cache))
		return err_fmt(f->arena, "could not create module cache: " STR_FMT " is not a directory", STR_ARG(go_quote(f->arena, f->cache)));
	return OK;
}

Err fetch_stat(Fetch *f, Str path, Str rev, RevInfo *out)
{
	bool had;
	if (mod_is_toolchain(path))
		return releases_stat(f, path, rev, out);
	Answer *x = answer_of(f, "info", path, rev, &had);
	if (!had) {
		Str text;
		bool canonical = str_eq(mod_canonical(f->arena, rev), rev);
		x->err = fetch_check_cache(f);
		if (!failed(x->err) && canonical && !failed(file_map(f->arena, fetch_cache_file(f, path, rev, "info"), &text)) &&
		    parse_info(f, text, &x->info) && str_eq(x->info.version, rev)) {
			*out = x->info;
			return OK;
		}
		Request r = {.path = path, .rev = rev, .to = x};
		if (!failed(x->err))
			x->err = f->vendor ? no_lookup(f, path, rev) : fetch_try_proxies(f, proxy_stat, &r);
		if (!failed(x->err)) {
			x->err = store(f, path, x->info.version, "info", info_text(f, &x->info));
			if (failed(x->err))
				x->err = version_error(f->arena, path, rev, x->err);
		}
	}
	*out = x->info;
	return x->err;
}

static Err proxy_latest(Fetch *f, Str proxy, void *ctx)
{
	Request *r = ctx;
	Arena *a = f->arena;
	Err e;
	char kind = proxy_kind(f, proxy, r, &e);
	if (kind == 'd')
		return version_error(a, r->path, S(""), direct_latest(f, r->path, &r->to->info));
	if (!kind)
		return e;
	Str body;
	e = fetch_read(f, fetch_proxy_url(f, proxy, r->path, S("@latest")), &body);
	if (!failed(e)) {
		if (!parse_info(f, body, &r->to->info))
			return bad_answer(f, proxy, r->path, S(""), body);
		return OK;
	}
	if (e.errnum != ENOENT)
		return version_error(a, r->path, S(""), e);
	// Older proxies have no @latest: the newest pseudo-version that @v/list names.
	Answer list = {0};
	Request all = {.path = r->path, .rev = S(""), .to = &list, .listed_pseudo = true};
	e = proxy_versions(f, proxy, &all);
	if (failed(e))
		return e;
	Str best = S("");
	for (u32 i = 0; i < list.list.n; i++)
		if (pseudo_is(list.list.p[i]) && (!best.n || str_cmp(pseudo_time(a, best), pseudo_time(a, list.list.p[i])) < 0))
			best = list.list.p[i];
	if (!best.n)
		return version_error(a, r->path, S(""), (Err){S("no matching versions for query \"latest\""), ENOENT});
	Request one = {.path = r->path, .rev = best, .to = r->to};
	return proxy_stat(f, proxy, &one);
}

Err fetch_latest(Fetch *f, Str path, RevInfo *out)
{
	bool had;
	Answer *x = answer_of(f, "latest", path, S(""), &had);
	if (!had) {
		Request r = {.path = path, .rev = S(""), .to = x};
		x->err = f->vendor ? no_lookup(f, path, S("")) : fetch_try_proxies(f, proxy_latest, &r);
		if (!failed(x->err))
			store(f, path, x->info.version, "info", info_text(f, &x->info));
	}
	*out = x->info;
	return x->err;
}

// The file of a version: ".mod" or ".zip".
static Err proxy_file(Fetch *f, Str proxy, Request *r, const char *suffix, Err (*direct)(Fetch *, Str, Str, Str *))
{
	Arena *a = f->arena;
	Err e;
	char kind = proxy_kind(f, proxy, r, &e);
	if (kind == 'd')
		return version_error(a, r->path, r->rev, direct(f, r->path, r->rev, &r->to->text));
	if (!kind)
		return e;
	return version_error(a, r->path, r->rev, fetch_read(f, fetch_proxy_url(f, proxy, r->path, str_fmt(a, "@v/" STR_FMT "%s",
		STR_ARG(fetch_escape_url(a, mod_escape(a, r->rev))), suffix)), &r->to->text));
}

static Err proxy_gomod(Fetch *f, Str proxy, void *ctx) { return proxy_file(f, proxy, ctx, ".mod", direct_gomod); }

Err fetch_gomod(Fetch *f, Str path, Str version, Str *text)
{
	bool had;
	Answer *x = answer_of(f, "mod", path, version, &had);
	if (!had) {
		x->err = fetch_check_cache(f);
		bool cached = !failed(x->err) && !failed(file_map(f->arena, fetch_cache_file(f, path, version, "mod"), &x->text));
		if (!cached && !failed(x->err)) {
			Request r = {.path = path, .rev = version, .to = x};
			if (f->ahead.fn)
				f->ahead.fn(f->ahead.ctx, "mod");
			x->err = f->vendor ? no_lookup(f, path, version) : fetch_try_proxies(f, proxy_gomod, &r);
		}
		if (!failed(x->err))
			x->err = sums_check(f->sums, path, version, true, dirhash_gomod(f->arena, x->text));
		if (!failed(x->err) && !cached)
			x->err = version_error(f->arena, path, version, store(f, path, version, "mod", x->text));
	}
	*text = x->text;
	return x->err;
}

// ---- zips ---------------------------------------------------------------------------------------

static Err proxy_zip(Fetch *f, Str proxy, void *ctx) { return proxy_file(f, proxy, ctx, ".zip", direct_zip); }

// The lock of a module version, as official Go takes it: other processes wait. -1 if it cannot be had.
static int lock_version(Fetch *f, Str path, Str version)
{
	Str file = fetch_cache_file(f, path, version, "lock");
	if (failed(dir_make_all(f->arena, path_dir(file))))
		return -1;
	int fd = open(file.p, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

static bool valid_sum(Str s) { return s.n == 47 && str_has_prefix(s, "h1:"); }

static Err hash_zip_file(Fetch *f, Str path, Str version, Str file, Str *hash)
{
	Str data;
	Zip z;
	Err e = file_map(f->arena, file, &data);
	if (!failed(e))
		e = zip_open(f->arena, data, &z);
	if (!failed(e))
		e = dirhash_zip(f->arena, &z, hash);
	if (!failed(e))
		e = store(f, path, version, "ziphash", *hash);
	file_unmap(data);
	return e;
}

static Err download_zip(Fetch *f, Str path, Str version)
{
	Arena *a = f->arena;
	int system = str_is(path, "golang.org/toolchain") ? str_rindex(version, '.') : -1, dash = str_index(version, '-');
	if (!f->quiet && system > dash && dash >= 0) { // v0.0.1-go1.21.0.linux-amd64
		Str name = str_sub(version, (u32)dash + 1, (u32)system), target = str_from(version, (u32)system + 1);
		int arch = str_index(target, '-');
		fprintf(stderr, "go: downloading " STR_FMT " (" STR_FMT "%s" STR_FMT ")\n", STR_ARG(name), STR_ARG(str_sub(target, 0, (u32)MAX(arch, 0))),
			arch > 0 ? "/" : "", STR_ARG(str_from(target, (u32)(arch + 1))));
	} else if (!f->quiet) {
		fprintf(stderr, "go: downloading " STR_FMT " " STR_FMT "\n", STR_ARG(path), STR_ARG(version));
	}
	Answer x = {0};
	Request r = {.path = path, .rev = version, .to = &x};
	Err e = f->vendor ? no_lookup(f, path, version) : fetch_try_proxies(f, proxy_zip, &r);
	if (failed(e))
		return e;
	Zip z;
	e = zip_open(a, x.text, &z);
	if (failed(e)) // what is no archive at all never reaches the cache
		return version_error(a, path, version, e);
	Str prefix = str_fmt(a, STR_FMT "@" STR_FMT "/", STR_ARG(path), STR_ARG(version));
	for (u32 i = 0; i < z.entries.n; i++) {
		Str name = z.entries.p[i].name;
		if (name.n < prefix.n || memcmp(name.p, prefix.p, prefix.n) != 0)
			return version_error(a, path, version, err_fmt(a, "zip for " STR_FMT " has unexpected file " STR_FMT, STR_ARG(str_sub(prefix, 0, prefix.n - 1)),
				STR_ARG(name)));
	}
	Str hash;
	e = dirhash_zip(a, &z, &hash);
	if (failed(e))
		return version_error(a, path, version, e);
	e = sums_check(f->sums, path, version, false, hash);
	if (failed(e))
		return e;
	e = store(f, path, version, "zip", x.text);
	if (!failed(e))
		e = store(f, path, version, "ziphash", hash);
	return version_error(a, path, version, e);
}

Err fetch_zip(Fetch *f, Str path, Str version, Str *file)
{
	bool had;
	Answer *x = answer_of(f, "zip", path, version, &had);
	*file = x->text;
	if (had)
		return x->err;
	*file = x->text = fetch_cache_file(f, path, version, "zip");
	x->err = fetch_check_cache(f);
	if (failed(x->err))
		return x->err;
	Str hash_file = fetch_cache_file(f, path, version, "ziphash"), hash = S("");
	if (file_exists(*file) && !failed(file_map(f->arena, hash_file, &hash))) {
		hash = str_trim(hash);
		if (!valid_sum(hash)) {
			Err e = hash_zip_file(f, path, version, *file, &hash);
			if (failed(e))
				mod_fatal("verifying " STR_FMT, STR_ARG(version_error(f->arena, path, version, e).msg));
		}
		return x->err = sums_check(f->sums, path, version, false, hash);
	}
	int lock = lock_version(f, path, version);
	if (file_exists(*file)) {
		if (!file_exists(hash_file))
			x->err = version_error(f->arena, path, version, hash_zip_file(f, path, version, *file, &hash));
		else if (!failed(file_map(f->arena, hash_file, &hash)))
			hash = str_trim(hash);
		if (!failed(x->err))
			x->err = sums_check(f->sums, path, version, false, hash);
	} else {
		if (f->ahead.fn)
			f->ahead.fn(f->ahead.ctx, "zip");
		x->err = download_zip(f, path, version);
	}
	if (lock >= 0)
		close(lock);
	return x->err;
}

static void make_read_only(Arena *a, Str dir)
{
	StrVec names = {0};
	if (!failed(dir_list(a, dir, &names)))
		for (u32 i = 0; i < names.n; i++) {
			Str p = path_join(a, dir, names.p[i]);
			if (file_is_dir(p))
				make_read_only(a, p);
		}
	chmod(str_c(a, dir), 0555);
}

static Err unpack(Fetch *f, Str path, Str version, Str zip_file, Str dir)
{
	Arena *a = f->arena;
	int lock = lock_version(f, path, version);
	Err e = OK;
	if (!fetch_have_dir(f, path, version)) { // while we waited for the lock
		Str partial = fetch_cache_file(f, path, version, "partial"), data;
		Zip z;
		if (file_is_dir(dir))
			dir_remove_all(a, dir);
		e = file_map(a, zip_file, &data);
		if (!failed(e))
			e = zip_open(a, data, &z);
		if (!failed(e))
			e = file_write(a, partial, "", 0, 0666);
		if (!failed(e)) {
			e = modzip_extract(a, &z, path, version, dir);
			if (failed(e)) {
				dir_remove_all(a, dir);
				e = err_fmt(a, "unzip " STR_FMT ": " STR_FMT, STR_ARG(zip_file), STR_ARG(e.msg));
				fprintf(stderr, "-> " STR_FMT "\n", STR_ARG(e.msg));
			}
			unlink(partial.p);
		}
		file_unmap(data);
		if (!failed(e) && !f->writable)
			make_read_only(a, dir);
	}
	if (lock >= 0)
		close(lock);
	return e;
}

#define TOOLCHAIN_PATH "golang.org/toolchain"   // is checked against the database again and again, whatever go.sum says

static Err need_dir(Fetch *f, Str path, Str version, Str dir)
{
	Str file, hash;
	Err e = fetch_check_cache(f);
	if (failed(e))
		return e;
	if (fetch_have_dir(f, path, version)) {
		if ((sums_have(f->sums, path, version, false) || !f->sums->file.n) && !str_is(path, TOOLCHAIN_PATH))
			return OK;
		// Unpacked by another build: what it was unpacked from counts.
		if (failed(file_map(f->arena, fetch_cache_file(f, path, version, "ziphash"), &hash)) || !valid_sum(str_trim(hash)))
			return fetch_zip(f, path, version, &file);
		return sums_check(f->sums, path, version, false, str_trim(hash));
	}
	e = fetch_zip(f, path, version, &file);
	return failed(e) ? e : version_error(f->arena, path, version, unpack(f, path, version, file, dir));
}

Err fetch_dir(Fetch *f, Str path, Str version, Str *dir)
{
	bool had;
	Answer *x = answer_of(f, "dir", path, version, &had);
	*dir = fetch_cache_dir(f, path, version);
	if (had)
		return x->err;
	x->err = need_dir(f, path, version, *dir);
	Str text;
	if (failed(x->err) || str_is(path, TOOLCHAIN_PATH) || failed(file_map(f->arena, path_join(f->arena, *dir, S("go.mod")), &text)))
		return x->err;
	Str go = str_dup(f->arena, gomod_line(text, "go"));
	if (go_version_cmp(go, toolchain_local()) > 0)
		x->err = toolchain_too_new(f, str_fmt(f->arena, STR_FMT "@" STR_FMT, STR_ARG(path), STR_ARG(version)), go);
	file_unmap(text);
	return x->err;
}
