// mod_vendor.c: `go mod vendor`, `go work vendor`: the packages that the main module needs, copied below its vendor directory, with
// modules.txt that says where they are from. Facts: cmd/go/internal/modcmd/vendor.go.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "load/facts.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static Err copy_file(Arena *a, Str from, Str to)
{
	Str text;
	Err e = file_map(a, from, &text);
	if (!failed(e))
		e = dir_make_all(a, path_dir(to));
	if (!failed(e))
		e = file_write(a, to, text.p, text.n, 0666);
	file_unmap(text);
	return e;
}

static bool is_regular(Arena *a, Str file)
{
	struct stat st;
	return lstat(str_c(a, file), &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_metadata(Str name)
{
	static const char *const prefixes[] = {"AUTHORS", "CONTRIBUTORS", "COPYLEFT", "COPYING", "COPYRIGHT", "LEGAL", "LICENSE", "NOTICE", "PATENTS"};
	for (u32 i = 0; i < LENGTH(prefixes); i++)
		if (str_has_prefix(name, prefixes[i]))
			return true;
	return false;
}

static Str vendor_go(Mods *m) { return !m->work ? m->main->go : m->work->go.n ? m->work->go : S("1.18"); }

static bool is_source(Mods *m, Str dir, Str name)
{
	if (str_has_suffix(name, "_test.go"))
		return false;
	if ((str_is(name, "go.mod") || str_is(name, "go.sum")) && go_version_cmp(vendor_go(m), S("1.17")) >= 0)
		return false;
	Err e;
	const FileFacts *f = str_has_suffix(name, ".go") ? facts_get(m->ctx->facts, path_join(m->arena, dir, name), &e) : NULL;
	return !f || !pkgs_ignored_file(f);
}

static Err copy_dir(Mods *m, Str from, Str to, bool metadata)
{
	Arena *a = m->arena;
	StrVec names = {0};
	Err e = dir_list(a, from, &names);
	for (u32 i = 0; i < names.n && !failed(e); i++)
		if (is_regular(a, path_join(a, from, names.p[i])) && (metadata ? is_metadata(names.p[i]) : is_source(m, from, names.p[i])))
			e = copy_file(a, path_join(a, from, names.p[i]), path_join(a, to, names.p[i]));
	return e;
}

// Files that the package embeds. *none: a pattern matches nothing that may be embedded.
static Err copy_embeds(Mods *m, ModPkg *p, Str to, bool *none)
{
	Arena *a = m->arena;
	StrVec names = {0}, files = {0};
	EmbedRefVec patterns = {0};
	Err e = dir_list(a, p->dir, &names), bad;
	bool tests = go_version_cmp(vendor_go(m), S("1.22")) < 0; // as older releases did
	for (u32 i = 0; i < names.n && !failed(e); i++) {
		if (!str_has_suffix(names.p[i], ".go") || (!tests && str_has_suffix(names.p[i], "_test.go")))
			continue;
		const FileFacts *f = facts_get(m->ctx->facts, path_join(a, p->dir, names.p[i]), &bad);
		for (u32 k = 0; f && !pkgs_ignored_file(f) && k < f->nembeds; k++)
			vec_push(a, &patterns, (EmbedRef){f->embeds[k].path, 0});
	}
	u32 at;
	Str why = patterns.n ? load_embeds(a, p->dir, &patterns, &files, &at) : S("");
	*none = why.n > 0;
	if (why.n)
		return err_fmt(a, "resolving embeds in " STR_FMT ": " STR_FMT, STR_ARG(p->path), STR_ARG(why));
	for (u32 i = 0; i < files.n && !failed(e); i++)
		e = copy_file(a, path_join(a, p->dir, files.p[i]), path_join(a, to, files.p[i]));
	return e;
}

// What replaces a version, as modules.txt names it: directories relative to where vendor is.
static bool replaced_by(Mods *m, ModVersion v, ModVersion *out)
{
	Str base;
	const ModReplace *r = mods_replacement(m, v.path, v.version, &base);
	if (!r)
		return false;
	*out = mods_replace_shown(m, r, base);
	return true;
}

static void module_line(Buf *b, Mods *m, ModVersion v)
{
	ModVersion r;
	buf_printf(b, "# " STR_FMT, STR_ARG(v.path));
	if (v.version.n)
		buf_printf(b, " " STR_FMT, STR_ARG(v.version));
	if (replaced_by(m, v, &r)) {
		if (path_has_prefix(path_clean(m->arena, r.path), S("vendor")))
			mod_fatal("go: replacement path " STR_FMT " inside vendor directory", STR_ARG(r.path));
		buf_printf(b, " => " STR_FMT "%s" STR_FMT, STR_ARG(r.path), r.version.n ? " " : "", STR_ARG(r.version));
	}
	buf_u8(b, '\n');
}

static void add_module(Mods *m, StrMap *seen, ModVersionVec *out, ModVersion v)
{
	Str key = str_fmt(m->arena, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version));
	if (strmap_has(seen, key))
		return;
	strmap_put(m->arena, seen, key, m);
	vec_push(m->arena, out, v);
}

static void unused_replacements(Buf *b, Mods *m, const ModFile *f, StrMap *written)
{
	ModVersionVec list = {0};
	for (u32 i = 0; f && i < f->replace.n; i++)
		add_module(m, written, &list, (ModVersion){f->replace.p[i].path, f->replace.p[i].version});
	for (u32 i = 0; i < list.n; i++)
		module_line(b, m, list.p[i]);
}

static int by_pkg(const void *x, const void *y) { return str_cmp((*(ModPkg *const *)x)->path, (*(ModPkg *const *)y)->path); }

static Err write_vendor(Mods *m, PkgLoad *l, Str out, bool lenient, bool verbose, u32 *count)
{
	Arena *a = m->arena;
	Buf text = {0};
	ModVersionVec mods = {0};
	StrMap seen = {0}, explicit = {0};
	Str go = vendor_go(m);
	bool modern = go_version_cmp(go, S("1.14")) >= 0, with_go = go_version_cmp(go, S("1.17")) >= 0;
	if (m->work)
		buf_printf(&text, "## workspace\n");
	for (u32 k = 0; modern && k < m->mains.n; k++)
		for (u32 i = 0; i < m->mains.p[k]->file->require.n; i++) {
			ModVersion v = {m->mains.p[k]->file->require.p[i].path, m->mains.p[k]->file->require.p[i].version};
			strmap_put(a, &explicit, str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version)), m);
			add_module(m, &seen, &mods, v);
		}
	ModPkgVec pkgs = {0};
	for (u32 i = 0; i < l->pkgs.n; i++) {
		ModPkg *p = l->pkgs.p[i];
		if (!p->mod || p->mod->main || p->test_of)
			continue;
		vec_push(a, &pkgs, p);
		add_module(m, &seen, &mods, (ModVersion){p->mod->path, p->mod->version});
	}
	if (mods.n)
		qsort(mods.p, mods.n, sizeof *mods.p, mod_cmp);
	if (pkgs.n)
		qsort(pkgs.p, pkgs.n, sizeof *pkgs.p, by_pkg);
	Err e = OK;
	for (u32 i = 0; i < mods.n && !failed(e); i++) {
		Err none;
		ModVersion v = mods.p[i];
		const ModFile *own = mods_is_main(m, v.path) ? NULL : mods_summary(m, v.path, v.version, &none);
		bool is_explicit = strmap_has(&explicit, str_fmt(a, STR_FMT "@" STR_FMT, STR_ARG(v.path), STR_ARG(v.version)));
		Str line = with_go && own ? own->go : S("");
		for (u32 k = 0; with_go && !own && k < m->mains.n; k++)
			line = str_eq(m->mains.p[k]->path, v.path) ? m->mains.p[k]->go : line;
		module_line(&text, m, v);
		if (is_explicit || line.n)
			buf_printf(&text, "## %s%s%s" STR_FMT "\n", is_explicit ? "explicit" : "", is_explicit && line.n ? "; " : "", line.n ? "go " : "", STR_ARG(line));
		for (u32 k = 0; k < pkgs.n && !failed(e); k++) {
			ModPkg *p = pkgs.p[k];
			if (!str_eq(p->mod->path, v.path) || !str_eq(p->mod->version, v.version))
				continue;
			buf_printf(&text, STR_FMT "\n", STR_ARG(p->path));
			Str to = path_join(a, out, p->path);
			bool no_match;
			e = copy_dir(m, p->dir, to, false);
			for (Str d = p->dir, t = to; !failed(e) && d.n >= p->mod->dir.n; d = path_dir(d), t = path_dir(t))
				e = copy_dir(m, d, t, true);
			if (!failed(e)) {
				e = copy_embeds(m, p, to, &no_match);
				if (failed(e) && no_match && lenient) {
					fprintf(stderr, "go: " STR_FMT "\n", STR_ARG(e.msg));
					e = OK;
				}
			}
		}
	}
	if (modern) {
		unused_replacements(&text, m, m->work, &seen);
		for (u32 k = 0; k < m->mains.n; k++)
			unused_replacements(&text, m, m->mains.p[k]->file, &seen);
	}
	if (verbose)
		fwrite(text.p, 1, text.n, stderr);
	*count = text.n > 0;
	if (!failed(e) && text.n) {
		e = dir_make_all(a, out);
		if (!failed(e))
			e = file_write(a, path_join(a, out, S("modules.txt")), text.p, text.n, 0666);
	}
	buf_free(&text);
	return e;
}

static int vendor(BuildCmd *c, int argc, char **argv, bool work)
{
	bool errors = false;
	Str out = {0};
	const Flag own[] = {{"e", FLAG_BOOL, &errors}, {"o", FLAG_STRING, &out}, {NULL, 0, NULL}};
	int at = flags_parse(c->arena, work ? help_usage("work vendor") : help_usage("mod vendor"), argc, argv,
	                     (const Flag *const[]){own, buildcmd_flags(c, c->arena), NULL});
	if (!at)
		return 2;
	if (at < argc)
		return cmd_error("'go %s vendor' accepts no arguments", work ? "work" : "mod");
	Str mod = c->mod;
	int status = modcmd_init(c, work ? MODCMD_LOOSE : MODCMD_EDIT);
	if (status)
		return status;
	Mods *m = &c->mods;
	Str file = mods_find_up(c->arena, c->ctx.cwd, S("go.work")), setting = env_get(c->env, "GOWORK");
	if (work && !m->work)
		return cmd_error("no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)");
	if (!work && file.n && !str_is(setting, "off"))
		return cmd_error("'go mod vendor' cannot be run in workspace mode. Run 'go work vendor' to vendor the workspace or set 'GOWORK=off' to exit workspace mode.");
	if (!m->main) {
		fputs("go: no dependencies to vendor\n", stderr);
		return 0;
	}
	m->readonly = !work && !str_is(mod, "mod");
	PkgLoad l = {.m = m, .reqs = m->reqs, .all = true, .vendor_all = true, .resolve = str_is(mod, "mod")};
	StrVec roots = {0};
	pkgs_main(m, &roots);
	for (u32 k = 0; k < m->mains.n; k++)
		for (u32 i = 0; i < m->mains.p[k]->file->tool.n; i++)
			vec_push(c->arena, &roots, m->mains.p[k]->file->tool.p[i]);
	pkgs_load(&l, &roots);
	if (failed(reqs_graph(m, l.reqs)->err))
		return cmd_error(STR_FMT, STR_ARG(l.reqs->graph->err.msg));
	if (pkgs_report(&l, errors))
		return 1;
	StrMap folded = {0};
	for (u32 i = 0; i < l.pkgs.n; i++) { // paths that some file systems take for one
		ModPkg *p = l.pkgs.p[i];
		Str low = p->test_of || !p->mod || p->mod->main ? S("") : str_lower(c->arena, p->path);
		ModPkg *other = strmap_get(&folded, low);
		if (low.n && other && !str_eq(other->path, p->path))
			return cmd_error("case-insensitive import collision: \"" STR_FMT "\" and \"" STR_FMT "\"", STR_ARG(other->path), STR_ARG(p->path));
		if (low.n)
			strmap_put(c->arena, &folded, low, p);
	}
	Str dir = out.n ? (out.p[0] == '/' ? out : path_join(c->arena, c->ctx.cwd, out)) : path_join(c->arena, m->root, S("vendor"));
	if (file_exists(dir) && !file_is_dir(dir))
		return cmd_error("open " STR_FMT ": not a directory", STR_ARG(dir));
	dir_remove_all(c->arena, dir);
	u32 n;
	Err e = write_vendor(m, &l, dir, errors, c->verbose, &n);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	if (!n)
		fputs("go: no dependencies to vendor\n", stderr);
	facts_save(c->ctx.facts);
	return 0;
}

int mod_vendor_main(BuildCmd *c, int argc, char **argv) { return vendor(c, argc, argv, false); }
int work_vendor_main(BuildCmd *c, int argc, char **argv) { return vendor(c, argc, argv, true); }
