// git.c: modules straight from their git repositories: tags are versions, other commits pseudo-versions; a zip is made
// as a proxy would make it. A bare copy of each repository is kept below GOMODCACHE/cache/vcs. The user's own git is
// asked, so that credentials and configuration are the user's. Reference: cmd/go/internal/modfetch/coderepo.go.
#include "mod/process.h"
#include "mod/vcs.h"
#include "mod/zip.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef struct Repo {
	Fetch *fetch;
	Str path, major;        // module path and what of it is a major version ("/v2")
	Str code_dir;           // the module's directory within the repository, without major; "" is its root
	Str dir;                // the bare copy
	RepoRoot root;
	Err err;
} Repo;

static Str git(Repo *r, Err *e, const char *const *args)
{
	Str out, why;
	const char *all[24] = {"git", "-c", "core.autocrlf=input", "-c", "core.eol=lf"};
	u32 n = 5;
	for (u32 i = 0; args[i] && n < LENGTH(all) - 1; i++)
		all[n++] = args[i];
	*e = OK;
	if (!process_output(r->fetch->arena, r->dir, all, &out, &why))
		*e = (Err){str_fmt(r->fetch->arena, "git %s: " STR_FMT, args[0], STR_ARG(why)), ENOENT};
	return out;
}
#define GIT(r, e, ...) git((r), (e), (const char *const[]){__VA_ARGS__, NULL})

static Err fill(Repo *r)
{
	Arena *a = r->fetch->arena;
	Err e = OK;
	u8 sum[32];
	Str key = str_cat(a, S("git3:"), r->root.url);
	sha256(key.p, key.n, sum);
	char hex[65];
	for (u32 i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	Str dir = str_fmt(a, STR_FMT "/cache/vcs/%s", STR_ARG(r->fetch->cache), hex);
	bool fresh = !file_exists(path_join(a, dir, S("HEAD")));
	e = dir_make_all(a, dir);
	if (failed(e))
		return e;
	r->dir = dir;
	if (fresh) {
		GIT(r, &e, "init", "--bare", "-q");
		if (failed(e))
			return e;
		static const char attributes[] = "\n* -export-subst -export-ignore\n"; // what is committed is what counts
		dir_make_all(a, path_join(a, dir, S("info")));
		file_write(a, path_join(a, dir, S("info/attributes")), attributes, sizeof attributes - 1, 0666);
		Str info = str_fmt(a, STR_FMT "\n", STR_ARG(key));
		file_write(a, str_cat(a, dir, S(".info")), info.p, info.n, 0666);
	}
	char *url = str_c(a, r->root.url);
	GIT(r, &e, "fetch", "-q", "-f", "--prune", "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
	if (failed(e))
		return e;
	Str head = GIT(r, &e, "ls-remote", "--symref", "--", url, "HEAD"); // which branch is the repository's own
	if (!failed(e) && str_has_prefix(head, "ref: ")) {
		u32 n = 5;
		while (n < head.n && head.p[n] != '\t' && head.p[n] != ' ')
			n++;
		GIT(r, &e, "symbolic-ref", "HEAD", str_c(a, str_sub(head, 5, n)));
	}
	return e;
}

static Repo *open_repo(Fetch *f, Str path)
{
	Arena *a = f->arena;
	Str key = str_cat(a, S("repo "), path);
	Repo *r = strmap_get(&f->known, key);
	if (r)
		return r;
	r = NEW(a, Repo);
	*r = (Repo){.fetch = f, .path = path, .dir = S("")};
	strmap_put(a, &f->known, key, r);
	r->err = vcs_repo_root(f, path, &r->root);
	if (failed(r->err))
		return r;
	mod_path_major(path, &r->major);
	Str base = str_sub(path, 0, path.n - r->major.n);
	r->code_dir = base.n > r->root.root.n ? str_from(base, r->root.root.n + 1) : S("");
	if (r->root.subdir.n)
		r->code_dir = path_join(a, r->root.subdir, r->code_dir);
	if (str_is(r->root.vcs, "git"))
		r->err = fill(r);
	return r;
}

static Str show_file(Repo *r, Str commit, Str file, Err *e)
{
	return GIT(r, e, "cat-file", "blob", str_fmt(r->fetch->arena, STR_FMT ":" STR_FMT, STR_ARG(commit), STR_ARG(file)).p);
}

static Str module_line(Arena *a, Str gomod)
{
	while (gomod.n) {
		int nl = str_index(gomod, '\n');
		Str line = str_trim(nl >= 0 ? str_sub(gomod, 0, (u32)nl) : gomod);
		gomod = nl >= 0 ? str_from(gomod, (u32)nl + 1) : S("");
		if (!str_has_prefix(line, "module ") && !str_has_prefix(line, "module\t"))
			continue;
		line = str_trim(str_from(line, 7));
		int comment = str_find(line, "//");
		line = str_trim(comment >= 0 ? str_sub(line, 0, (u32)comment) : line);
		return line.n >= 2 && (line.p[0] == '"' || line.p[0] == '`') ? str_sub(line, 1, line.n - 1) : line;
	}
	return S("");
}

// The module's directory at a commit, and its go.mod. For /v2 either the repository's own or its subdirectory v2.
static Err find_dir(Repo *r, Str commit, Str *dir, Str *gomod, bool *has)
{
	Arena *a = r->fetch->arena;
	Err e;
	*dir = r->code_dir;
	Str text = show_file(r, commit, path_join(a, r->code_dir, S("go.mod")), &e);
	bool at_root = !failed(e);
	*has = at_root;
	*gomod = at_root ? text : str_fmt(a, "module " STR_FMT "\n", STR_ARG(r->path));
	if (!r->major.n || r->major.p[0] == '.' || (at_root && str_eq(module_line(a, text), r->path)))
		return OK;
	Str sub = path_join(a, r->code_dir, str_from(r->major, 1)), there = show_file(r, commit, path_join(a, sub, S("go.mod")), &e);
	if (!failed(e)) {
		*dir = sub;
		*gomod = there;
		*has = true;
		return OK;
	}
	Str file = path_join(a, r->code_dir, S("go.mod"));
	if (at_root)
		return (Err){str_fmt(a, STR_FMT " has non-..." STR_FMT " module path \"" STR_FMT "\" (and ..." STR_FMT "/go.mod does not exist) at revision "
			STR_FMT, STR_ARG(file), STR_ARG(r->major), STR_ARG(module_line(a, text)), STR_ARG(r->major), STR_ARG(commit)), ENOENT};
	return (Err){str_fmt(a, "missing " STR_FMT " and ..." STR_FMT "/go.mod at revision " STR_FMT, STR_ARG(file), STR_ARG(r->major),
		STR_ARG(commit)), ENOENT};
}

static Str tag_prefix(Repo *r) { return r->code_dir.n ? str_cat(r->fetch->arena, r->code_dir, S("/")) : S(""); }

// The versions among lines of tag names; of v2 and up without a go.mod as +incompatible.
static void tags_to_versions(Repo *r, Str tags, bool incompatible, StrVec *out)
{
	Arena *a = r->fetch->arena;
	Str prefix = tag_prefix(r);
	for (Str t; str_next(&tags, '\n', &t);) {
		if (t.n <= prefix.n || memcmp(t.p, prefix.p, prefix.n) != 0)
			continue;
		t = str_from(t, prefix.n);
		if (!str_eq(semver_canonical(a, t), t) || pseudo_is(t))
			continue;
		if (mod_major_fits(t, r->major))
			vec_push(a, out, t);
		else if (incompatible && !r->major.n)
			vec_push(a, out, str_cat(a, t, S("+incompatible")));
	}
}

static Str highest(const StrVec *v, bool compatible)
{
	Str best = S("");
	for (u32 i = 0; i < v->n; i++)
		if ((!compatible || !str_has_suffix(v->p[i], "+incompatible")) && (!best.n || semver_cmp(best, v->p[i]) < 0))
			best = v->p[i];
	return best;
}

static Str tag_of(Repo *r, Str version)
{
	if (str_has_suffix(version, "+incompatible"))
		version.n -= 13;
	return str_fmt(r->fetch->arena, "refs/tags/" STR_FMT STR_FMT, STR_ARG(tag_prefix(r)), STR_ARG(version));
}

static Err need_git(Repo *r)
{
	if (failed(r->err))
		return r->err;
	if (str_is(r->root.vcs, "mod"))
		return err_fmt(r->fetch->arena, "go-import tags with a module proxy are not supported yet: " STR_FMT, STR_ARG(r->root.url));
	return OK;
}

Err direct_versions(Fetch *f, Str path, StrVec *out)
{
	Repo *r = open_repo(f, path);
	Err e = need_git(r);
	if (failed(e))
		return version_error(f->arena, path, S(""), e);
	Str tags = GIT(r, &e, "tag", "-l");
	StrVec all = {0}, some = {0};
	tags_to_versions(r, tags, true, &all);
	Str best = highest(&all, true), gomod, dir;
	bool has = false;
	if (best.n) // after a version with go.mod there are no incompatible ones
		find_dir(r, tag_of(r, best), &dir, &gomod, &has);
	for (u32 i = 0; i < all.n; i++)
		if (!has || !str_has_suffix(all.p[i], "+incompatible"))
			vec_push(f->arena, &some, all.p[i]);
	*out = some;
	return e;
}

// "20060102150405" of a commit in UTC, and RFC 3339.
static bool commit_time(Repo *r, Str commit, Str *compact, Str *rfc)
{
	Err e;
	Str out = str_trim(GIT(r, &e, "-c", "log.showsignature=false", "log", "-n1", "--format=%ct", str_c(r->fetch->arena, commit), "--"));
	if (failed(e) || !out.n)
		return false;
	time_t t = (time_t)strtoll(out.p, NULL, 10);
	struct tm tm;
	char text[40];
	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y%m%d%H%M%S", &tm);
	*compact = str_dup(r->fetch->arena, str(text));
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	*rfc = str_dup(r->fetch->arena, str(text));
	return true;
}

static Str resolve(Repo *r, Str rev)
{
	Arena *a = r->fetch->arena;
	Str tries[] = {str_cat(a, S("refs/tags/"), rev), str_cat(a, S("refs/heads/"), rev), rev};
	for (u32 i = str_is(rev, "HEAD") ? 2 : 0; i < LENGTH(tries); i++) {
		Err e;
		if (i == 2 && (rev.n < 4 || rev.p[0] == '-'))
			break;
		Str hash = str_trim(GIT(r, &e, "rev-parse", "-q", "--verify", str_fmt(a, STR_FMT "^{commit}", STR_ARG(tries[i])).p));
		if (!failed(e) && hash.n >= 40)
			return hash;
	}
	return S("");
}

static Err convert(Repo *r, Str rev, Str commit, RevInfo *out)
{
	Arena *a = r->fetch->arena;
	Err e;
	Str compact, dir, gomod;
	bool has;
	*out = (RevInfo){.version = S(""), .origin = S(""), .name = commit};
	if (!commit_time(r, commit, &compact, &out->time))
		return err_fmt(a, "unknown revision " STR_FMT, STR_ARG(rev));
	e = find_dir(r, commit, &dir, &gomod, &has);
	if (failed(e))
		return e;
	if (str_eq(mod_canonical(a, rev), rev)) {
		out->version = rev;
		return OK;
	}
	StrVec here = {0}, before = {0};
	tags_to_versions(r, GIT(r, &e, "tag", "--points-at", str_c(a, commit)), !has, &here);
	out->version = highest(&here, false);
	if (out->version.n)
		return OK;
	tags_to_versions(r, GIT(r, &e, "tag", "--merged", str_c(a, commit)), !has, &before);
	Str major = r->major.n ? str_from(r->major, 1) : S("v0");
	if (str_has_suffix(major, "-unstable"))
		major.n -= 9;
	out->version = pseudo_make(a, major, highest(&before, false), compact, str_sub(commit, 0, 12));
	return OK;
}

static Err unknown_revision(Repo *r, Str rev)
{
	return (Err){str_fmt(r->fetch->arena, "unknown revision " STR_FMT, STR_ARG(rev)), ENOENT};
}

// The commit of a version.
static Err commit_of(Repo *r, Str version, Str *commit)
{
	Err e = need_git(r);
	if (failed(e))
		return e;
	if (pseudo_is(version)) {
		*commit = resolve(r, pseudo_rev(version));
		return commit->n ? OK : unknown_revision(r, pseudo_rev(version));
	}
	if (str_eq(mod_canonical(r->fetch->arena, version), version)) {
		Str tag = tag_of(r, version);
		*commit = str_trim(GIT(r, &e, "rev-parse", "-q", "--verify", str_fmt(r->fetch->arena, STR_FMT "^{commit}", STR_ARG(tag)).p));
		return failed(e) ? unknown_revision(r, str_from(tag, 10)) : OK;
	}
	*commit = resolve(r, version);
	return commit->n ? OK : unknown_revision(r, version);
}

Err direct_stat(Fetch *f, Str path, Str rev, RevInfo *out)
{
	Repo *r = open_repo(f, path);
	Str commit;
	Err e = commit_of(r, rev, &commit);
	if (failed(e))
		return e;
	if (pseudo_is(rev)) { // it must say what the commit does
		Str compact, rfc;
		if (commit_time(r, commit, &compact, &rfc) && !str_eq(pseudo_time(f->arena, rev), rfc))
			return err_fmt(f->arena, "invalid pseudo-version: does not match version-control timestamp (expected " STR_FMT ")", STR_ARG(compact));
		if (!str_eq(pseudo_rev(rev), str_sub(commit, 0, 12)))
			return err_fmt(f->arena, "invalid pseudo-version: revision is %s than canonical (expected " STR_FMT ")",
				pseudo_rev(rev).n < 12 ? "shorter" : "longer", STR_ARG(str_sub(commit, 0, 12)));
	}
	return convert(r, rev, commit, out);
}

Err direct_latest(Fetch *f, Str path, RevInfo *out)
{
	Repo *r = open_repo(f, path);
	Err e = need_git(r);
	if (failed(e))
		return e;
	Str commit = resolve(r, S("HEAD"));
	if (!commit.n)
		return (Err){S("no commits"), ENOENT};
	return convert(r, S("HEAD"), commit, out);
}

Err direct_gomod(Fetch *f, Str path, Str version, Str *text)
{
	Repo *r = open_repo(f, path);
	Str commit, dir;
	bool has;
	Err e = commit_of(r, version, &commit);
	return failed(e) ? e : find_dir(r, commit, &dir, text, &has);
}

// Which files of an archive belong to the module: none of nested modules or vendored packages.
static bool in_module(StrMap *nested, Str name)
{
	if (str_has_prefix(name, "vendor/") && !str_is(name, "vendor/modules.txt"))
		return false;
	int v = str_find(name, "/vendor/");
	if (v >= 0 && str_index(str_from(name, (u32)v + 8), '/') >= 0)
		return false;
	for (Str d = name; str_index(d, '/') >= 0;) {
		d = path_dir(d);
		if (strmap_has(nested, d))
			return false;
	}
	return true;
}

Err direct_zip(Fetch *f, Str path, Str version, Str *bytes)
{
	Arena *a = f->arena;
	Repo *r = open_repo(f, path);
	Str commit, dir, gomod;
	bool has, licensed = false;
	Err e = commit_of(r, version, &commit);
	if (!failed(e))
		e = find_dir(r, commit, &dir, &gomod, &has);
	if (failed(e))
		return e;
	Str tree = dir.n ? str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(commit), STR_ARG(dir)) : commit;
	Str archive = GIT(r, &e, "archive", "--format=zip", "--prefix=m/", str_c(a, tree));
	Zip z;
	if (!failed(e))
		e = zip_open(a, archive, &z);
	if (failed(e))
		return e;
	StrMap nested = {0};
	for (u32 i = 0; i < z.entries.n; i++) {
		Str n = z.entries.p[i].name;
		if (str_has_suffix(n, "/go.mod") && n.n > 9)
			strmap_put(a, &nested, str_sub(n, 2, n.n - 7), r);
	}
	ZipWriter w = {0};
	for (u32 i = 0; i < z.entries.n && !failed(e); i++) {
		ZipEntry *x = &z.entries.p[i];
		Str name = x->name.n > 2 ? str_from(x->name, 2) : S("");
		if (!name.n || name.p[name.n - 1] == '/' || x->link || !in_module(&nested, name))
			continue;
		Buf b = {0};
		e = zip_read(a, &z, x, &b);
		licensed = licensed || str_is(name, "LICENSE");
		zip_add(&w, str_fmt(a, STR_FMT "@" STR_FMT "/" STR_FMT, STR_ARG(path), STR_ARG(version), STR_ARG(name)), buf_view(&b));
		buf_free(&b);
	}
	if (dir.n && !licensed) { // the repository's license is that of the modules below it
		Err none;
		Str license = show_file(r, commit, S("LICENSE"), &none);
		if (!failed(none))
			zip_add(&w, str_fmt(a, STR_FMT "@" STR_FMT "/LICENSE", STR_ARG(path), STR_ARG(version)), license);
	}
	zip_finish(&w);
	*bytes = str_dup(a, buf_view(&w.out));
	buf_free(&w.out);
	return e;
}

Err local_version(Fetch *f, Str dir, Str code_root, Str path, Str commit, Str *version)
{
	Repo r = {.fetch = f, .path = path, .dir = dir, .code_dir = S("")};
	mod_path_major(path, &r.major);
	Str base = str_sub(path, 0, path.n - r.major.n);
	if (!path_has_prefix(base, code_root))
		return err_fmt(f->arena, "module " STR_FMT " is not below " STR_FMT, STR_ARG(path), STR_ARG(code_root));
	if (base.n > code_root.n)
		r.code_dir = str_from(base, code_root.n + 1);
	RevInfo info;
	Err e = convert(&r, commit, commit, &info);
	*version = info.version;
	return e;
}
