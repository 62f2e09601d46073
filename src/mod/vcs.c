// vcs.c: a module path to its repository: well-known hosts, paths that name the system (x.org/repo.git/sub), or else the
// go-import tags of the page at https://PATH?go-get=1. Reference: cmd/go/internal/vcs, https://go.dev/ref/mod#vcs-find.
#include "mod/vcs.h"

#include <errno.h>
#include <strings.h>

// The first n elements of path; "" if it has fewer.
static Str first_elements(Str path, u32 n)
{
	u32 i = 0;
	for (; i < path.n; i++)
		if (path.p[i] == '/' && --n == 0)
			break;
	return n <= 1 && (i == path.n ? n == 1 : n == 0) ? str_sub(path, 0, i) : S("");
}

static bool has_vcs_suffix(Str path, RepoRoot *out)
{
	static const char *const systems[] = {"bzr", "fossil", "git", "hg", "svn"};
	for (u32 i = 1; i <= path.n; i++)
		for (u32 k = 0; (i == path.n || path.p[i] == '/') && k < LENGTH(systems); k++) {
			Str root = str_sub(path, 0, i);
			u32 n = (u32)strlen(systems[k]);
			if (root.n <= n + 1 || root.p[root.n - n - 1] != '.' || !str_has_suffix(root, systems[k]) || str_index(root, '/') <= 0)
				continue;
			out->root = root;
			out->vcs = str(systems[k]);
			return true;
		}
	return false;
}

static bool in_list(Str list, Str name, char separator)
{
	while (list.n) {
		int at = str_index(list, separator);
		Str item = str_trim(at >= 0 ? str_sub(list, 0, (u32)at) : list);
		list = at >= 0 ? str_from(list, (u32)at + 1) : S("");
		if (str_eq(item, name) || str_is(item, "all"))
			return true;
	}
	return false;
}

// Whether GOVCS lets a version control system be used for a repository: "pattern:git|hg,pattern:off"; what it does not speak
// of: any system for private modules, git and hg for public ones (`go help vcs`).
static Err check_govcs(Fetch *f, const RepoRoot *r)
{
	Arena *a = f->arena;
	Str rules = str_trim(env_get(f->env, "GOVCS"));
	bool private = mod_match_globs(a, env_get(f->env, "GOPRIVATE"), r->root), decided = false, allowed = false;
	StrMap seen = {0};
	if (str_is(r->vcs, "mod"))
		return OK;
	while (rules.n) {
		int comma = str_index(rules, ',');
		Str item = str_trim(comma >= 0 ? str_sub(rules, 0, (u32)comma) : rules), *old = NEW(a, Str);
		rules = comma >= 0 ? str_from(rules, (u32)comma + 1) : S("");
		int colon = str_index(item, ':');
		Str pattern = str_trim(colon >= 0 ? str_sub(item, 0, (u32)colon) : item), list = str_trim(colon >= 0 ? str_from(item, (u32)colon + 1) : S(""));
		Str quoted = go_quote(a, item), *before = strmap_get(&seen, pattern);
		if (!item.n)
			return err_fmt(a, "empty entry in GOVCS");
		if (colon < 0)
			return err_fmt(a, "malformed entry in GOVCS (missing colon): " STR_FMT, STR_ARG(quoted));
		if (!pattern.n || !list.n)
			return err_fmt(a, "empty %s in GOVCS: " STR_FMT, pattern.n ? "VCS list" : "pattern", STR_ARG(quoted));
		if (mod_is_dir_path(pattern) && pattern.p[0] == '.')
			return err_fmt(a, "relative pattern not allowed in GOVCS: " STR_FMT, STR_ARG(go_quote(a, pattern)));
		if (before)
			return err_fmt(a, "unreachable pattern in GOVCS: " STR_FMT " after " STR_FMT, STR_ARG(quoted), STR_ARG(go_quote(a, *before)));
		*old = item;
		strmap_put(a, &seen, pattern, old);
		bool match = str_is(pattern, "private") ? private : str_is(pattern, "public") ? !private : mod_match_globs(a, pattern, r->root);
		if (match && !decided) {
			decided = true;
			allowed = in_list(list, r->vcs, '|');
		}
	}
	if (!decided)
		allowed = private || str_is(r->vcs, "git") || str_is(r->vcs, "hg");
	return allowed ? OK : err_fmt(a, "GOVCS disallows using " STR_FMT " for %s " STR_FMT "; see 'go help vcs'", STR_ARG(r->vcs), private ? "private" : "public",
		STR_ARG(r->root));
}

static bool scheme_ok(Str url, bool insecure)
{
	return str_has_prefix(url, "https://") || str_has_prefix(url, "git+ssh://") || str_has_prefix(url, "ssh://") ||
		(insecure && (str_has_prefix(url, "http://") || str_has_prefix(url, "git://")));
}

// The value of attribute name in a tag.
static Str attribute(Str tag, const char *name)
{
	u32 n = (u32)strlen(name);
	for (u32 i = 0; i + n + 2 < tag.n; i++) {
		if (strncasecmp(tag.p + i, name, n) || tag.p[i + n] != '=')
			continue;
		char q = tag.p[i + n + 1];
		Str rest = str_from(tag, i + n + 1 + (q == '"' || q == '\''));
		u32 end = 0;
		while (end < rest.n && (q == '"' || q == '\'' ? rest.p[end] != q : rest.p[end] != ' ' && rest.p[end] != '>'))
			end++;
		return str_sub(rest, 0, end);
	}
	return S("");
}

static Str next_field(Str *s)
{
	*s = str_trim(*s);
	int sp = str_index(*s, ' ');
	Str w = sp >= 0 ? str_sub(*s, 0, (u32)sp) : *s;
	*s = str_from(*s, w.n);
	return w;
}

// <meta name="go-import" content="prefix vcs url [subdirectory]"> of the page's head.
static bool parse_meta(Str page, Str path, RepoRoot *out, bool *several)
{
	bool found = false;
	for (int at; (at = str_find(page, "<meta")) >= 0;) {
		page = str_from(page, (u32)at);
		int end = str_index(page, '>');
		Str tag = end >= 0 ? str_sub(page, 0, (u32)end) : page;
		page = str_from(page, MAX(tag.n, 5));
		if (!str_is(attribute(tag, "name"), "go-import"))
			continue;
		Str content = attribute(tag, "content");
		RepoRoot r = {.root = next_field(&content), .vcs = next_field(&content), .url = next_field(&content), .subdir = next_field(&content)};
		if (!r.url.n || !path_has_prefix(path, r.root))
			continue;
		if (found && str_is(out->vcs, "mod") == str_is(r.vcs, "mod")) {
			*several = true;
			return false;
		}
		if (!found || str_is(r.vcs, "mod"))
			*out = r;
		found = true;
	}
	return found;
}

static Err discover(Fetch *f, Str path, bool insecure, RepoRoot *out)
{
	Arena *a = f->arena;
	Str page;
	int status;
	bool several = false;
	Str url = str_fmt(a, "https://" STR_FMT "?go-get=1", STR_ARG(path));
	Err e = http_get(f->http, a, url, insecure, &page, &status);
	if (!status && insecure) {
		url = str_fmt(a, "http://" STR_FMT "?go-get=1", STR_ARG(path));
		e = http_get(f->http, a, url, insecure, &page, &status);
	}
	if (!status)
		return err_fmt(a, "unrecognized import path \"" STR_FMT "\": https fetch: " STR_FMT, STR_ARG(path), STR_ARG(e.msg));
	if (!parse_meta(page, path, out, &several)) {
		if (several)
			return err_fmt(a, "unrecognized import path \"" STR_FMT "\": multiple meta tags match import path \"" STR_FMT "\"", STR_ARG(path),
				STR_ARG(path));
		if (failed(e))
			return err_fmt(a, "unrecognized import path \"" STR_FMT "\": " STR_FMT, STR_ARG(path), STR_ARG(e.msg));
		return err_fmt(a, "unrecognized import path \"" STR_FMT "\": parse " STR_FMT ": no go-import meta tags ()", STR_ARG(path), STR_ARG(url));
	}
	return OK;
}

static Err find_root(Fetch *f, Str path, RepoRoot *out)
{
	static const struct { const char *host; u32 elements; } known[] = {{"github.com/", 3}, {"bitbucket.org/", 3},
		{"codeberg.org/", 3}, {"git.sr.ht/", 3}};
	Arena *a = f->arena;
	Str insecure_globs = env_get(f->env, "GOINSECURE");
	bool insecure = mod_match_globs(a, insecure_globs, path);
	*out = (RepoRoot){.vcs = S("git"), .subdir = S("")};
	for (u32 i = 0; i < LENGTH(known); i++)
		if (str_has_prefix(path, known[i].host)) {
			out->root = first_elements(path, known[i].elements);
			if (!out->root.n)
				return (Err){str_fmt(a, "invalid %s import path \"" STR_FMT "\"", known[i].host, STR_ARG(path)), ENOENT};
			out->url = str_cat(a, S("https://"), out->root);
			return OK;
		}
	if (has_vcs_suffix(path, out)) {
		out->url = str_cat(a, S("https://"), out->root);
		return OK;
	}
	Err e = discover(f, path, insecure, out);
	if (failed(e))
		return (Err){e.msg, ENOENT};
	if (!scheme_ok(out->url, insecure))
		return (Err){str_fmt(a, "cannot find secure protocol for " STR_FMT, STR_ARG(out->url)), ENOENT};
	return OK;
}

Err vcs_repo_root(Fetch *f, Str path, RepoRoot *out)
{
	Arena *a = f->arena;
	Err e = find_root(f, path, out);
	if (!failed(e))
		e = check_govcs(f, out);
	if (failed(e))
		return e;
	if (!str_is(out->vcs, "git") && !str_is(out->vcs, "mod"))
		return err_fmt(a, STR_FMT ": version control system " STR_FMT " is not supported yet", STR_ARG(path), STR_ARG(out->vcs));
	return OK;
}
