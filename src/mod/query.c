// query.c: see query.h. Facts and words: cmd/go/internal/modload/query.go.
#include "mod/query.h"

#include <errno.h>
#include <stdlib.h>

static int by_semver(const void *x, const void *y) { return semver_cmp(*(const Str *)x, *(const Str *)y); }

static bool is_none(Str v) { return !v.n || str_is(v, "none"); }

bool query_replaced(Mods *m, Str path, StrVec *out)
{
	bool any = false;
	for (u32 k = 0; k <= m->mains.n; k++) {
		const ModFile *f = k < m->mains.n ? m->mains.p[k]->file : m->work;
		for (u32 i = 0; f && i < f->replace.n; i++) {
			if (!str_eq(f->replace.p[i].path, path))
				continue;
			any = true;
			if (f->replace.p[i].version.n)
				vec_push(m->arena, out, f->replace.p[i].version);
		}
	}
	return any;
}

static Str zero_version(Arena *a, Str path)
{
	Str major;
	mod_path_major(path, &major);
	return pseudo_make(a, major.n ? str_from(major, 1) : S("v0"), S(""), S("00010101000000"), S("000000000000"));
}

static bool has_gomod(Mods *m, Str path, Str version)
{
	Str text;
	if (failed(fetch_gomod(m->fetch, path, version, &text)))
		return false;
	return !str_eq(text, str_fmt(m->arena, "module " STR_FMT "\n", STR_ARG(path)));
}

// What the repository has, without +incompatible versions where a compatible one has a go.mod.
static Err repo_versions(Mods *m, Str path, StrVec *out)
{
	StrVec all = {0}, some = {0};
	Err e = fetch_versions(m->fetch, path, &all);
	if (mod_is_toolchain(path)) {
		*out = all;
		return e;
	}
	StrVec own = {0};
	bool replaced = query_replaced(m, path, &own);
	if (failed(e) && !(replaced && e.errnum == ENOENT))
		return e;
	Str compatible = S("");
	bool incompatible = false;
	for (u32 i = 0; i < all.n; i++) {
		bool inc = str_has_suffix(all.p[i], "+incompatible");
		incompatible = incompatible || inc;
		if (!inc)
			compatible = all.p[i];
	}
	bool drop = incompatible && compatible.n && has_gomod(m, path, compatible);
	for (u32 i = 0; i < all.n; i++)
		if (!drop || !str_has_suffix(all.p[i], "+incompatible"))
			vec_push(m->arena, &some, all.p[i]);
	for (u32 i = 0; i < own.n; i++)
		vec_push(m->arena, &some, own.p[i]);
	if (some.n)
		qsort(some.p, some.n, sizeof *some.p, by_semver);
	u32 n = 0;
	for (u32 i = 0; i < some.n; i++)
		if (!n || !str_eq(some.p[n - 1], some.p[i]))
			some.p[n++] = some.p[i];
	some.n = n;
	*out = some;
	return OK;
}

static Str newest(const StrVec *v)
{
	for (u32 i = v->n; i-- > 0;)
		if (!semver_prerelease(v->p[i]).n)
			return v->p[i];
	return v->n ? v->p[v->n - 1] : S("");
}

// The go.mod of the newest version, which says which others are retracted and whether the module is deprecated.
static const ModFile *newest_file(Mods *m, Str path)
{
	Str key = str_cat(m->arena, S("newest "), path), text, file;
	ModFile *f = strmap_get(&m->summaries, key);
	if (f)
		return f;
	f = NEW(m->arena, ModFile);
	*f = (ModFile){.module = S(""), .deprecated = S("")};
	strmap_put(m->arena, &m->summaries, key, f);
	if (mods_replacement(m, path, S(""), &file)) // none of its versions is used
		return f;
	if (mods_is_main(m, path)) {
		Module *x = strmap_get(&m->by_path, path);
		return x ? x->file : f;
	}
	StrVec all = {0};
	Str v = S("");
	RevInfo info;
	if (!failed(repo_versions(m, path, &all)))
		v = newest(&all);
	if (!v.n && !failed(fetch_latest(m->fetch, path, &info)))
		v = info.version;
	StrVec errs = {0};
	bool readonly = m->readonly;
	m->readonly = false; // only retractions are read: go.sum need not know it
	if (v.n && !failed(mods_gomod_text(m, path, v, &text, &file)))
		modfile_parse(m->arena, S("go.mod"), str_dup(m->arena, text), false, f, &errs);
	m->readonly = readonly;
	return f;
}

bool query_retracted(Mods *m, Str path, Str version, StrVec *rationales)
{
	Str base;
	rationales->n = 0;
	if (mod_is_toolchain(path))
		return false;
	const ModReplace *r = mods_replacement(m, path, version, &base);
	if (!version.n || (r && !r->new_version.n))
		return false;
	if (r) {
		path = r->new_path;
		version = r->new_version;
	}
	const ModFile *f = newest_file(m, path);
	bool found = false;
	for (u32 i = 0; i < f->retract.n; i++) {
		const ModRetract *x = &f->retract.p[i];
		if (semver_cmp(version, x->low) < 0 || semver_cmp(version, x->high) > 0)
			continue;
		found = true;
		if (x->rationale.n)
			vec_push(m->arena, rationales, x->rationale);
	}
	return found;
}

Str query_short_message(Arena *a, Str s, const char *empty)
{
	int nl = str_index(s, '\n');
	s = str_trim(nl >= 0 ? str_sub(s, 0, (u32)nl) : s);
	if (!s.n)
		return str(empty);
	if (s.n > 500)
		return S("(message omitted: too long)");
	for (u32 i = 0; i < s.n; i++)
		if ((u8)s.p[i] < ' ' || s.p[i] == 0x7f)
			return S("(message omitted: contains non-printable characters)");
	return s;
}

Str query_deprecation(Mods *m, Str path) { return mod_is_toolchain(path) ? S("") : newest_file(m, path)->deprecated; }

Err query_list(Mods *m, Str path, bool retracted, StrVec *out)
{
	StrVec all = {0}, some = {0}, why = {0};
	Err e = repo_versions(m, path, &all);
	for (u32 i = 0; i < all.n; i++)
		if (!mods_excluded(m, path, all.p[i]) && (retracted || !query_retracted(m, path, all.p[i], &why)))
			vec_push(m->arena, &some, all.p[i]);
	*out = some;
	return e;
}

// ---- one version --------------------------------------------------------------------------------

static Err stat_version(Mods *m, Str path, Str version, RevInfo *out)
{
	Str base;
	const ModReplace *r = mods_replacement(m, path, version, &base);
	if (mod_is_toolchain(path))
		return fetch_stat(m->fetch, path, version, out);
	if (r && str_eq(mod_canonical(m->arena, version), version)) { // it need not exist anywhere else
		Err e = r->new_version.n ? fetch_stat(m->fetch, path, version, out) : OK;
		if (failed(e) || !r->new_version.n)
			*out = (RevInfo){.version = version, .time = pseudo_is(version) ? pseudo_time(m->arena, version) : S(""), .origin = S(""), .name = S("")};
		return OK;
	}
	return fetch_stat(m->fetch, path, version, out);
}

static Err no_match(Mods *m, Str path, Str query, Str current)
{
	Str cur = !is_none(current) && (str_is(query, "upgrade") || str_is(query, "patch"))
		? str_fmt(m->arena, " (current version is " STR_FMT ")", STR_ARG(current)) : S("");
	Str of = mod_is_toolchain(path) ? S("") : str_fmt(m->arena, "module " STR_FMT ": ", STR_ARG(path));
	return (Err){str_fmt(m->arena, STR_FMT "no matching versions for query " STR_FMT STR_FMT, STR_ARG(of), STR_ARG(go_quote(m->arena, query)),
		STR_ARG(cur)), QUERY_NO_MATCH};
}

typedef struct Match { Str path; char op; bool equal; Str v, prefix, floor; bool lowest; } Match; // op: '<', '>', 'p' prefix, 'a' any

static bool matches(const Match *q, Str v)
{
	int c;
	if (q->floor.n && mod_version_cmp(q->path, v, q->floor) < 0)
		return false;
	switch (q->op) {
	case '<':
		c = mod_version_cmp(q->path, v, q->v);
		return c < 0 || (q->equal && c == 0);
	case '>':
		c = mod_version_cmp(q->path, v, q->v);
		return c > 0 || (q->equal && c == 0);
	case 'p': // v1.2. begins v1.2.3; of Go's releases 1.21 itself is one
		return (v.n > q->prefix.n && !memcmp(v.p, q->prefix.p, q->prefix.n)) ||
			(mod_is_toolchain(q->path) && v.n + 1 == q->prefix.n && !memcmp(v.p, q->prefix.p, v.n));
	default:
		return true;
	}
}

bool query_is_revision(Str path, Str q)
{
	return !(str_is(q, "latest") || str_is(q, "upgrade") || str_is(q, "patch") || str_has_prefix(q, "<") || str_has_prefix(q, ">") ||
		(mod_version_valid(path, q) && mod_version_is_prefix(path, q)));
}

static Err stat_named(Mods *m, Str path, Str query, RevInfo *out)
{
	Arena *a = m->arena;
	Str v = mod_is_toolchain(path) ? query : mod_canonical(a, query), major;
	Err e = stat_version(m, path, v, out);
	if (failed(e) && e.errnum == ENOENT && !mod_is_toolchain(path) && !str_has_suffix(v, "+incompatible") && mod_path_major(path, &major) && !major.n &&
	    !mod_major_fits(v, major) && !failed(stat_version(m, path, str_cat(a, v, S("+incompatible")), out)))
		return OK; // v2 of a repository without go.mod
	return e;
}

Err query_version(Mods *m, Str path, Str query, Str current, RevInfo *out)
{
	Arena *a = m->arena;
	if (m->vendor)
		return err_fmt(a, "cannot query module due to -mod=vendor%s" STR_FMT "%s", m->mod_reason.n ? "\n\t(" : "", STR_ARG(m->mod_reason),
			m->mod_reason.n ? ")" : "");
	*out = (RevInfo){.version = S(""), .time = S(""), .origin = S(""), .name = S("")};
	Match q = {.path = path, .op = 'a', .floor = S("")};
	bool upgrade = str_is(query, "upgrade"), patch = str_is(query, "patch"), latest = str_is(query, "latest"), have = !is_none(current);
	bool use_latest = latest || (upgrade && !have) || ((upgrade || patch) && pseudo_is(current));
	if (mods_is_main(m, path) && (upgrade || patch || !query.n))
		return OK;
	if (patch && !have)
		return (Err){str_fmt(a, "can't query version \"patch\" of module " STR_FMT ": no existing version is required", STR_ARG(path)), QUERY_NO_BASE};
	if (query.n && (query.p[0] == '<' || query.p[0] == '>')) {
		q.op = query.p[0];
		q.equal = query.n > 1 && query.p[1] == '=';
		Str v = str_from(query, q.equal ? 2 : 1);
		if (!mod_version_valid(path, v))
			return err_fmt(a, "invalid semantic version %s in range %s", go_quote(a, v).p, go_quote(a, query).p);
		if (mod_version_is_prefix(path, v) && ((q.op == '<' && q.equal) || (q.op == '>' && !q.equal)))
			return err_fmt(a, "ambiguous semantic version %s in range %s", go_quote(a, v).p, go_quote(a, query).p);
		q.v = mod_is_toolchain(path) ? v : semver_canonical(a, v);
		q.lowest = q.op == '>';
	} else if (patch) {
		q.op = 'p';
		q.prefix = str_cat(a, mod_version_family(a, path, current), S("."));
	} else if (!upgrade && !latest) {
		if (!mod_version_valid(path, query))
			return fetch_stat(m->fetch, path, query, out);
		if (!mod_version_is_prefix(path, query))
			return stat_named(m, path, query, out);
		q.op = 'p';
		q.prefix = str_cat(a, query, S("."));
		q.floor = query;
	}
	if ((upgrade || patch) && have)
		q.floor = current;
	StrVec all = {0};
	Err e = query_list(m, path, false, &all);
	Str best = S("");
	if (failed(e))
		return e;
	for (u32 pass = 0; pass < 2 && !best.n; pass++) // releases first
		for (u32 k = 0; k < all.n && !best.n; k++) {
			Str v = all.p[q.lowest ? k : all.n - 1 - k];
			if (mod_version_is_pre(path, v) == (pass == 1) && matches(&q, v))
				best = v;
		}
	if (best.n) {
		e = stat_version(m, path, best, out);
		bool newer = !failed(e) && (upgrade || patch) && pseudo_is(current) && out->time.n; // a commit after the last tag
		return newer && str_cmp(out->time, pseudo_time(a, current)) < 0 ? stat_version(m, path, current, out) : e;
	}
	if (use_latest && !mod_is_toolchain(path)) {
		StrVec own = {0}, retracted = {0};
		bool replaced = query_replaced(m, path, &own);
		e = fetch_latest(m->fetch, path, out);
		if (failed(e) && replaced) {
			*out = (RevInfo){.version = own.n ? own.p[own.n - 1] : zero_version(a, path), .time = S(""), .origin = S(""), .name = S("")};
			return OK;
		}
		if (!failed(e) && upgrade && have && semver_cmp(out->version, current) < 0)
			return stat_version(m, path, current, out);
		if (!failed(e) && !mods_excluded(m, path, out->version) && !query_retracted(m, path, out->version, &retracted))
			return OK;
		if (failed(e) && (e.errnum != ENOENT || !all.n) && !(have && (upgrade || patch)))
			return e;
	}
	if ((upgrade || patch) && have)
		return stat_version(m, path, current, out);
	return no_match(m, path, query, current);
}
