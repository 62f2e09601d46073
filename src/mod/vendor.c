// vendor.c: vendor/modules.txt: "# path version [=> replacement]", "## explicit; go 1.N", then a package a line; and whether
// it says what go.mod says. Facts and words: cmd/go/internal/modload/vendor.go.
#include "mod/fetch.h"
#include "mod/reqs.h"

typedef struct Entry { ModVersion v, replacement; bool explicit, replaced; } Entry;
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

static Entry parse_entry(Str line)
{
	Entry e = {.v = {S(""), S("")}, .replacement = {S(""), S("")}};
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

static void check_main(Vendor *w, const ModFile *f)
{
	Arena *a = w->m->arena;
	for (u32 i = 0; i < f->require.n; i++) {
		ModVersion v = {f->require.p[i].path, f->require.p[i].version};
		Entry *e = find(w, v.path, v.version);
		if ((e && e->explicit) || mods_is_main(w->m, v.path))
			continue;
		Entry *other = NULL;
		for (u32 k = 0; k < w->entries.n; k++)
			if (str_eq(w->entries.p[k].v.path, v.path) && w->entries.p[k].v.version.n)
				other = &w->entries.p[k];
		if (other && !str_eq(other->v.version, v.version))
			complain(w, v, str_fmt(a, "is explicitly required in go.mod, but vendor/modules.txt indicates " STR_FMT,
				STR_ARG(describe(a, v.path, other->v.version))));
		else
			complain(w, v, S("is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"));
	}
	for (u32 i = 0; i < f->replace.n; i++) {
		const ModReplace *r = &f->replace.p[i];
		Entry *e = find(w, r->path, r->version);
		ModVersion old = {r->path, r->version};
		if (!e || !e->replaced)
			complain(w, old, S("is replaced in go.mod, but not marked as replaced in vendor/modules.txt"));
		else if (!str_eq(e->replacement.path, r->new_path) || !str_eq(e->replacement.version, r->new_version))
			complain(w, old, str_fmt(a, "is replaced by " STR_FMT " in go.mod, but marked as replaced by " STR_FMT " in vendor/modules.txt",
				STR_ARG(describe(a, r->new_path, r->new_version)), STR_ARG(describe(a, e->replacement.path, e->replacement.version))));
	}
}

static void check(Vendor *w)
{
	Mods *m = w->m;
	for (u32 i = 0; i < m->mains.n; i++)
		check_main(w, m->mains.p[i]->file);
	for (u32 i = 0; i < w->entries.n; i++) {
		Entry *e = &w->entries.p[i];
		bool required = false;
		Str base;
		for (u32 k = 0; k < m->mains.n; k++)
			for (u32 j = 0; j < m->mains.p[k]->file->require.n; j++)
				required = required || (str_eq(m->mains.p[k]->file->require.p[j].path, e->v.path) &&
					str_eq(m->mains.p[k]->file->require.p[j].version, e->v.version));
		if (e->explicit && !required)
			complain(w, e->v, S("is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod"));
		if (e->replaced && !mods_replacement(m, e->v.path, e->v.version, &base))
			complain(w, e->v, S("is marked as replaced in vendor/modules.txt, but not replaced in go.mod"));
	}
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
				cur->go = semi >= 0 ? str_sub(go, 0, (u32)semi) : go;
				cur->lang = mods_lang(a, cur->go);
			}
		} else if (str_has_prefix(line, "# ")) {
			Entry x = parse_entry(str_from(line, 2));
			vec_push(a, &w.entries, x);
			if (!x.v.version.n)
				continue; // a replacement that nothing uses
			cur = vendored_module(m, x.v);
			if (x.replaced) {
				cur->replace_path = x.replacement.path;
				cur->replace_version = x.replacement.version;
			}
		} else if (line.n && cur && line.p[0] != '#') {
			strmap_put(a, &m->vendored, line, cur);
			vec_push(a, &m->vendor_list, line);
		}
	}
	if (modern)
		check(&w);
	if (w.errors.n)
		e = err_fmt(a, "inconsistent vendoring in " STR_FMT ":" STR_FMT "\n\n\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\t"
			"To sync the vendor directory, run:\n\t\tgo %s vendor", STR_ARG(m->root), STR_ARG(buf_view(&w.errors)), m->work ? "work" : "mod");
	else if (modern)
		e = OK;
	buf_free(&w.errors);
	return e;
}
