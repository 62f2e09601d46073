// vendor.c: vendor/modules.txt: "# path version [=> replacement]", "## explicit; go 1.N", then a package a line; and whether
// it says what go.mod says. Facts and words: cmd/go/internal/modload/vendor.go.
#include "mod/fetch.h"
#include "mod/reqs.h"
#include "mod/toolchain.h"

typedef struct Entry { ModVersion v, replacement; Str go; bool explicit, replaced, packages; } Entry; // packages: some are listed
typedef struct Vendor { Mods *m; VEC(Entry) entries; Buf errors; } Vendor;

static Str word(Str *line)
{
	*line = str_trim(*line);
	int sp = str_index(*line, ' ');
	Str w = sp >= 0 ? str_sub(*line, 0, (u32)sp) : *line;
	*line = str_from(*line, w.n);
	return w;
}

static Module *vendored_module(Mods *m, ModVersion v)
{
	Module *x = strmap_get(&m->by_path, v.path);
	if (x)
		return x;
	x = NEW(m->arena, Module);
	*x = (Module){.path = v.path, .version = v.version, .dir = S(""), .gomod = S(""), .go = S(""), .lang = S("go1.16"), .replace_path = S(""),
		.replace_version = S(""), .indirect = true};
	strmap_put(m->arena, &m->by_path, v.path, x);
	vec_push(m->arena, &m->all, x);
	return x;
}

static void describe_module(Mods *m, Module *x, const Entry *e)
{
	x->version = e->v.version;
	x->replace_path = e->replacement.path;
	x->replace_version = e->replacement.version;
	x->go = e->go;
	x->lang = mods_lang(m->arena, e->go);
}

static Entry parse_entry(Str line)
{
	Entry e = {.v = {S(""), S("")}, .replacement = {S(""), S("")}, .go = S("")};
	e.v.path = word(&line);
	Str next = word(&line);
	if (!str_is(next, "=>")) {
		e.v.version = next;
		next = word(&line);
	}
	if (str_is(next, "=>")) {
		e.replaced = true;
		e.replacement.path = word(&line);
		e.replacement.version = word(&line);
	}
	return e;
}

static void complain(Vendor *w, ModVersion v, Str why)
{
	buf_printf(&w->errors, "\n\t" STR_FMT "%s" STR_FMT ": " STR_FMT, STR_ARG(v.path), v.version.n ? "@" : "", STR_ARG(v.version), STR_ARG(why));
}

static Entry *find(Vendor *w, Str path, Str version)
{
	for (u32 i = 0; i < w->entries.n; i++)
		if (str_eq(w->entries.p[i].v.path, path) && str_eq(w->entries.p[i].v.version, version))
			return &w->entries.p[i];
	return NULL;
}

static Str describe(Arena *a, Str path, Str version)
{
	return version.n ? str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(path), STR_ARG(version)) : path;
}

static void check_requires(Vendor *w, const ModFile *f, bool modern)
{
	for (u32 i = 0; i < f->require.n; i++) {
		ModVersion v = {f->require.p[i].path, f->require.p[i].version};
		Entry *e = find(w, v.path, v.version), *other = NULL;
		if (e && e->explicit)
			continue;
		for (u32 k = 0; k < w->entries.n; k++)
			if (str_eq(w->entries.p[k].v.path, v.path) && w->entries.p[k].packages)
				other = &w->entries.p[k];
		if (modern)
			complain(w, v, S("is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"));
		else if (other && !str_eq(other->v.version, v.version))
			complain(w, v, str_fmt(w->m->arena, "is explicitly required in go.mod, but vendor/modules.txt indicates " STR_FMT,
				STR_ARG(describe(w->m->arena, v.path, other->v.version))));
	}
}

static void check_replaces(Vendor *w, const ModFile *f, Str file, bool modern, StrMap *seen)
{
	Mods *m = w->m;
	Arena *a = m->arena;
	for (u32 i = 0; i < f->replace.n; i++) {
		ModVersion old = {f->replace.p[i].path, f->replace.p[i].version};
		Str key = describe(a, old.path, old.version), base, shown = mods_short_path(m, file);
		if (strmap_has(seen, key))
			continue;
		strmap_put(a, seen, key, w);
		Entry *e = find(w, old.path, old.version), *used = NULL;
		const ModReplace *r = mods_replacement(m, old.path, old.version, &base);
		for (u32 k = 0; k < w->entries.n; k++)
			if (str_eq(w->entries.p[k].v.path, old.path) && w->entries.p[k].packages)
				used = &w->entries.p[k];
		if (!r)
			continue;
		if (m->work && r != &f->replace.p[i])
			for (u32 k = 0; k < m->work->replace.n; k++)
				shown = r == &m->work->replace.p[k] ? mods_short_path(m, m->gowork) : shown;
		ModVersion now = mods_replace_shown(m, r, base);
		if (!e || !e->replaced) {
			if (modern || (old.version.n && used && str_eq(used->v.version, old.version)))
				complain(w, old, str_fmt(a, "is replaced in " STR_FMT ", but not marked as replaced in vendor/modules.txt", STR_ARG(shown)));
		} else if (!str_eq(e->replacement.path, now.path) || !str_eq(e->replacement.version, now.version)) {
			complain(w, old, str_fmt(a, "is replaced by " STR_FMT " in " STR_FMT ", but marked as replaced by " STR_FMT " in vendor/modules.txt",
				STR_ARG(describe(a, r->new_path, r->new_version)), STR_ARG(shown), STR_ARG(describe(a, e->replacement.path, e->replacement.version))));
		}
	}
}

static void check(Vendor *w, bool modern)
{
	Mods *m = w->m;
	StrMap seen = {0};
	for (u32 i = 0; i < m->mains.n; i++)
		check_requires(w, m->mains.p[i]->file, modern);
	for (u32 i = 0; i < m->mains.n; i++)
		check_replaces(w, m->mains.p[i]->file, m->mains.p[i]->gomod, modern, &seen);
	if (m->work)
		check_replaces(w, m->work, m->gowork, modern, &seen);
	for (u32 i = 0; i < w->entries.n; i++) {
		Entry *e = &w->entries.p[i];
		bool required = false;
		for (u32 k = 0; k < m->mains.n; k++)
			for (u32 j = 0; j < m->mains.p[k]->file->require.n; j++)
				required = required || (str_eq(m->mains.p[k]->file->require.p[j].path, e->v.path) &&
					str_eq(m->mains.p[k]->file->require.p[j].version, e->v.version));
		if (e->explicit && !required)
			complain(w, e->v, m->work ? S("is marked as explicit in vendor/modules.txt, but not explicitly required in a go.mod")
				: S("is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod"));
	}
	for (u32 i = 0; i < w->entries.n; i++) {
		Entry *e = &w->entries.p[i];
		Str base;
		if (e->replaced && !mods_replacement(m, e->v.path, e->v.version, &base))
			complain(w, e->v, m->work ? S("is marked as replaced in vendor/modules.txt, but not replaced in the workspace")
				: S("is marked as replaced in vendor/modules.txt, but not replaced in go.mod"));
	}
}

bool mods_vendor_of_workspace(Arena *a, Str dir)
{
	Str text;
	if (failed(file_map(a, path_join(a, dir, S("modules.txt")), &text)))
		return false;
	int nl = str_index(text, '\n');
	Str line = nl >= 0 ? str_sub(text, 0, (u32)nl) : text;
	bool yes = str_has_prefix(line, "## ") && str_find(line, "workspace") >= 0;
	file_unmap(text);
	return yes;
}

Err mods_read_vendor(Mods *m)
{
	Arena *a = m->arena;
	Vendor w = {.m = m};
	Str text, file = path_join(a, m->root, S("vendor/modules.txt"));
	Err e = file_map(a, file, &text);
	bool modern = m->main && go_version_cmp(m->work ? S("1.22") : m->main->go, S("1.14")) >= 0;
	m->selected = true;
	if (failed(e) && modern && m->all.n == m->mains.n)
		return OK; // nothing is required, nothing need be there
	text = failed(e) ? S("") : str_dup(a, text);
	Module *cur = NULL;
	while (text.n) {
		int nl = str_index(text, '\n');
		Str line = str_trim(nl >= 0 ? str_sub(text, 0, (u32)nl) : text);
		text = nl >= 0 ? str_from(text, (u32)nl + 1) : S("");
		if (str_has_prefix(line, "## ")) {
			int at = str_find(line, "go 1");
			if (w.entries.n && (str_has_prefix(line, "## explicit")))
				vec_last(&w.entries).explicit = true;
			if (cur && at >= 0) {
				Str go = str_from(line, (u32)at + 3);
				int semi = str_index(go, ';');
				Str release = str_trim(semi >= 0 ? str_sub(go, 0, (u32)semi) : go);
				if (go_version_cmp(release, toolchain_local()) > 0)
					return toolchain_too_new(m->fetch, str_fmt(a, STR_FMT " in " STR_FMT, STR_ARG(cur->path), STR_ARG(mods_short_path(m, file))), release);
				vec_last(&w.entries).go = semi >= 0 ? str_sub(go, 0, (u32)semi) : go;
				if (str_eq(cur->version, vec_last(&w.entries).v.version))
					describe_module(m, cur, &vec_last(&w.entries));
			}
		} else if (str_has_prefix(line, "# ")) {
			Entry x = parse_entry(str_from(line, 2));
			vec_push(a, &w.entries, x);
			if (!x.v.version.n)
				continue; // a replacement that nothing uses
			cur = vendored_module(m, x.v);
			if (str_eq(cur->version, x.v.version))
				describe_module(m, cur, &vec_last(&w.entries));
		} else if (line.n && cur && line.p[0] != '#') {
			if (strmap_has(&m->vendored, line))
				continue;
			if (!vec_last(&w.entries).packages) // of several versions that one is selected
				describe_module(m, cur, &vec_last(&w.entries));
			vec_last(&w.entries).packages = true;
			strmap_put(a, &m->vendored, line, cur);
			vec_push(a, &m->vendor_list, line);
		}
	}
	check(&w, modern);
	if (w.errors.n)
		e = err_fmt(a, "inconsistent vendoring in " STR_FMT ":" STR_FMT "\n\n\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\t"
			"To sync the vendor directory, run:\n\t\tgo %s vendor", STR_ARG(m->root), STR_ARG(buf_view(&w.errors)), m->work ? "work" : "mod");
	else if (modern)
		e = OK;
	buf_free(&w.errors);
	return e;
}
