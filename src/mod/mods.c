// mods.c: the main module, the modules its build selects by minimal version selection, and the directory an import path
// is found in. Facts: cmd/go/internal/modload (init.go, buildlist.go, import.go, vendor.go).
#include "mod/mod.h"

#include <stdlib.h>

static bool has_path_prefix(Str path, Str prefix)
{
	return str_eq(path, prefix) || (path.n > prefix.n && path.p[prefix.n] == '/' && !memcmp(path.p, prefix.p, prefix.n));
}

// What of path comes behind "prefix/".
static Str below(Str path, Str prefix) { return path.n > prefix.n ? str_from(path, prefix.n + 1) : S(""); }

static bool dir_below(Str dir, Str root)
{
	return str_is(root, "/") || has_path_prefix(dir, root);
}

static Str short_path(Mods *m, Str p)
{
	if (str_eq(p, m->ctx->cwd))
		return S(".");
	return has_path_prefix(p, m->ctx->cwd) ? below(p, m->ctx->cwd) : p;
}

Str mods_find_gomod(Arena *a, Str dir)
{
	for (;;) {
		Str f = path_join(a, dir, S("go.mod"));
		if (file_exists(f) && !file_is_dir(f))
			return f;
		if (dir.n <= 1)
			return S("");
		dir = path_dir(dir);
		if (!dir.n)
			dir = S("/");
	}
}

// "1.21.3" to "go1.21".
static Str lang_of(Arena *a, Str go, const char *fallback)
{
	if (!go.n)
		return str(fallback);
	u32 i = (u32)str_index(go, '.') + 1;
	while (i < go.n && go.p[i] >= '0' && go.p[i] <= '9')
		i++;
	return str_fmt(a, "go" STR_FMT, STR_ARG(str_sub(go, 0, i)));
}

static u32 minor_of(Str go) // 21 of "1.21.3"; 0 if there is none
{
	u32 n = 0;
	for (int i = str_index(go, '.') + 1; go.n && i < (int)go.n && go.p[i] >= '0' && go.p[i] <= '9'; i++)
		n = n * 10 + (u32)(go.p[i] - '0');
	return n;
}

static Err read_modfile(Mods *m, Str path, bool strict, ModFile *out)
{
	Str text;
	Err e = file_map(m->arena, path, &text);
	if (failed(e))
		return e;
	text = str_dup(m->arena, text); // the words in *out point into it
	StrVec errs = {0};
	Str shown = short_path(m, path);
	if (modfile_parse(m->arena, shown, text, strict, out, &errs))
		return OK;
	Buf b = {0};
	buf_printf(&b, "errors parsing " STR_FMT ":", STR_ARG(shown));
	for (u32 i = 0; i < errs.n; i++)
		buf_printf(&b, "\n" STR_FMT, STR_ARG(errs.p[i]));
	e = err_fmt(m->arena, STR_FMT, STR_ARG(buf_view(&b)));
	buf_free(&b);
	return e;
}

// ---- modules ------------------------------------------------------------------------------------

static Str cache_dir(Mods *m, Str path, Str version)
{
	return str_fmt(m->arena, STR_FMT "/" STR_FMT "@" STR_FMT, STR_ARG(env_get(m->ctx->env, "GOMODCACHE")),
		STR_ARG(mod_escape(m->arena, path)), STR_ARG(mod_escape(m->arena, version)));
}

static Str cache_gomod(Mods *m, Str path, Str version)
{
	return str_fmt(m->arena, STR_FMT "/cache/download/" STR_FMT "/@v/" STR_FMT ".mod", STR_ARG(env_get(m->ctx->env, "GOMODCACHE")),
		STR_ARG(mod_escape(m->arena, path)), STR_ARG(mod_escape(m->arena, version)));
}

static const ModReplace *replacement(Mods *m, Str path, Str version)
{
	const ModReplace *any = NULL;
	if (!m->main)
		return NULL;
	for (u32 i = 0; i < m->main->file->replace.n; i++) {
		const ModReplace *r = &m->main->file->replace.p[i];
		if (!str_eq(r->path, path))
			continue;
		if (r->version.n && str_eq(r->version, version))
			return r;
		if (!r->version.n)
			any = r;
	}
	return any;
}

// The module of that version: where it is and what its go.mod says.
static Module *open_module(Mods *m, Str path, Str version)
{
	Arena *a = m->arena;
	Module *x = NEW(a, Module);
	*x = (Module){.path = path, .version = version, .dir = S(""), .gomod = S(""), .go = S(""), .replace_path = S(""),
		.replace_version = S("")};
	const ModReplace *r = replacement(m, path, version);
	Str at_path = path, at_version = version;
	if (r) {
		x->replace_path = at_path = r->new_path;
		x->replace_version = at_version = r->new_version;
	}
	if (r && !at_version.n) {
		x->dir = at_path.p[0] == '/' ? path_clean(a, at_path) : path_clean(a, path_join(a, m->root, at_path));
		x->gomod = path_join(a, x->dir, S("go.mod"));
	} else {
		x->dir = cache_dir(m, at_path, at_version);
		x->gomod = cache_gomod(m, at_path, at_version);
		if (!file_exists(x->gomod))
			x->gomod = path_join(a, x->dir, S("go.mod"));
	}
	if (!file_is_dir(x->dir))
		x->dir = S("");
	ModFile *f = NEW(a, ModFile);
	if (file_exists(x->gomod) && !failed(read_modfile(m, x->gomod, false, f))) {
		x->file = f;
		x->go = f->go;
	}
	x->lang = lang_of(a, x->go, "go1.16");
	return x;
}

static bool excluded(Mods *m, Str path, Str version)
{
	for (u32 i = 0; i < m->main->file->exclude.n; i++)
		if (str_eq(m->main->file->exclude.p[i].path, path) && str_eq(m->main->file->exclude.p[i].version, version))
			return true;
	return false;
}

static Module *want_module(Mods *m, Str path, Str version)
{
	if (str_is(path, "go") || str_is(path, "toolchain") || excluded(m, path, version))
		return NULL;
	Module *have = strmap_get(&m->by_path, path);
	if (have && (have->main || semver_cmp(have->version, version) >= 0))
		return have;
	Module *x = open_module(m, path, version);
	if (have) {
		x->indirect = have->indirect;
		for (u32 i = 0; i < m->all.n; i++)
			if (m->all.p[i] == have)
				m->all.p[i] = x;
	} else {
		vec_push(m->arena, &m->all, x);
	}
	strmap_put(m->arena, &m->by_path, x->path, x);
	return x;
}

static int by_module_path(const void *x, const void *y)
{
	const Module *p = *(Module *const *)x, *q = *(Module *const *)y;
	return p->main != q->main ? q->main - p->main : str_cmp(p->path, q->path);
}

// Follows the requirements of requirements. Of a module that lists all it needs (go 1.17 and up) required by one that
// does too only its own list counts: the graph is pruned (https://go.dev/ref/mod#graph-pruning).
void mods_select(Mods *m)
{
	if (m->selected || m->mode != MODE_MODULE)
		return;
	m->selected = true;
	typedef struct Todo { ModVersion v; bool pruned; } Todo;
	VEC(Todo) todo = {0};
	StrMap seen = {0};
	bool pruned = minor_of(m->main->go) >= 17;
	const ModFile *f = m->main->file;
	for (u32 i = 0; i < f->require.n; i++)
		vec_push(m->arena, &todo, (Todo){{f->require.p[i].path, f->require.p[i].version}, pruned});
	for (u32 i = 0; i < todo.n; i++) {
		Todo t = todo.p[i];
		Str key = str_fmt(m->arena, STR_FMT "@" STR_FMT "%s", STR_ARG(t.v.path), STR_ARG(t.v.version), t.pruned ? "" : "!");
		if (strmap_has(&seen, key))
			continue;
		strmap_put(m->arena, &seen, key, m);
		want_module(m, t.v.path, t.v.version);
		Module *have = strmap_get(&m->by_path, t.v.path);
		Module *x = have && str_eq(have->version, t.v.version) ? have : open_module(m, t.v.path, t.v.version);
		if (!x->file)
			continue;
		bool own = minor_of(x->go) >= 17; // it lists all it needs
		for (u32 k = 0; k < x->file->require.n; k++) {
			ModRequire *r = &x->file->require.p[k];
			if (!t.pruned || !own)
				vec_push(m->arena, &todo, (Todo){{r->path, r->version}, t.pruned && own});
			else
				want_module(m, r->path, r->version);
		}
	}
	qsort(m->all.p, m->all.n, sizeof *m->all.p, by_module_path);
}

// vendor/modules.txt: "# path version [=> replacement]", "## explicit; go 1.N", then a package a line.
static Err read_vendor(Mods *m)
{
	Str text, file = path_join(m->arena, m->root, S("vendor/modules.txt"));
	Err e = file_map(m->arena, file, &text);
	if (failed(e))
		return e;
	text = str_dup(m->arena, text);
	Module *cur = NULL;
	while (text.n) {
		int nl = str_index(text, '\n');
		Str line = nl >= 0 ? str_sub(text, 0, (u32)nl) : text;
		text = nl >= 0 ? str_from(text, (u32)nl + 1) : S("");
		line = str_trim(line);
		if (str_has_prefix(line, "## ")) {
			int at = str_find(line, "go 1");
			if (cur && at >= 0) {
				Str go = str_from(line, (u32)at + 3);
				int semi = str_index(go, ';');
				cur->go = semi >= 0 ? str_sub(go, 0, (u32)semi) : go;
				cur->lang = lang_of(m->arena, cur->go, "go1.16");
			}
		} else if (str_has_prefix(line, "# ")) {
			Str rest = str_trim(str_from(line, 2));
			int sp = str_index(rest, ' ');
			Str path = sp >= 0 ? str_sub(rest, 0, (u32)sp) : rest, version = sp >= 0 ? str_trim(str_from(rest, (u32)sp)) : S("");
			int arrow = str_find(version, "=>");
			if (arrow >= 0)
				version = str_trim(str_sub(version, 0, (u32)arrow));
			cur = strmap_get(&m->by_path, path);
			if (!cur) {
				cur = NEW(m->arena, Module);
				*cur = (Module){.path = path, .version = version, .dir = S(""), .gomod = S(""), .go = S(""), .lang = S("go1.16"),
					.replace_path = S(""), .replace_version = S(""), .indirect = true};
				strmap_put(m->arena, &m->by_path, path, cur);
				vec_push(m->arena, &m->all, cur);
			}
		} else if (line.n && cur) {
			strmap_put(m->arena, &m->vendored, line, cur);
		}
	}
	m->selected = true;
	return OK;
}

Err mods_init(Mods *m, BuildContext *c, Str mod, Str modfile)
{
	Arena *a = c->arena;
	*m = (Mods){.ctx = c, .arena = a, .gomod = S(""), .root = S("")};
	Str on = env_get(c->env, "GO111MODULE");
	if (str_is(on, "off")) {
		m->mode = MODE_GOPATH;
		return OK;
	}
	if (on.n && !str_is(on, "on") && !str_is(on, "auto"))
		return err_fmt(a, "unknown environment setting GO111MODULE=" STR_FMT, STR_ARG(on));
	if (mod.n && !str_is(mod, "mod") && !str_is(mod, "readonly") && !str_is(mod, "vendor"))
		return err_fmt(a, "-mod=" STR_FMT " not supported (can be '', 'mod', 'readonly', or 'vendor')", STR_ARG(mod));
	Str found = mods_find_gomod(a, c->cwd);
	if (!found.n) {
		m->mode = str_is(on, "auto") ? MODE_GOPATH : MODE_NONE;
		return OK;
	}
	m->mode = MODE_MODULE;
	m->root = path_dir(found);
	if (!m->root.n)
		m->root = S("/");
	m->gomod = found;
	if (modfile.n)
		found = modfile.p[0] == '/' ? modfile : path_join(a, c->cwd, modfile);
	ModFile *f = NEW(a, ModFile);
	Err e = read_modfile(m, found, true, f);
	if (failed(e))
		return e;
	if (!f->module.n)
		return err_fmt(a, "error reading " STR_FMT ": missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod",
			STR_ARG(short_path(m, found)));
	if (minor_of(f->go) > 27)
		return err_fmt(a, STR_FMT " requires go >= " STR_FMT " (running go 1.27)", STR_ARG(short_path(m, found)), STR_ARG(f->go));
	Module *x = NEW(a, Module);
	*x = (Module){.path = f->module, .version = S(""), .dir = m->root, .gomod = m->gomod, .go = f->go,
		.lang = lang_of(a, f->go, "go1.16"), .main = true, .file = f, .replace_path = S(""), .replace_version = S("")};
	m->main = x;
	Str src = path_join(a, c->goroot, S("src"));
	m->std = str_eq(m->root, src) || str_eq(m->root, path_join(a, src, S("cmd")));
	vec_push(a, &m->all, x);
	strmap_put(a, &m->by_path, x->path, x);
	for (u32 i = 0; i < f->ignore.n; i++)
		strmap_put(a, &m->ignored, path_clean(a, f->ignore.p[i]), m);
	if (m->std)
		return OK;
	for (u32 i = 0; i < f->require.n; i++) {
		Module *r = want_module(m, f->require.p[i].path, f->require.p[i].version);
		if (r && !r->main)
			r->indirect = f->require.p[i].indirect;
	}
	m->vendor = str_is(mod, "vendor") || (!mod.n && minor_of(f->go) >= 14 && file_is_dir(path_join(a, m->root, S("vendor"))) &&
		file_exists(path_join(a, m->root, S("vendor/modules.txt"))));
	if (m->vendor)
		return read_vendor(m);
	if (minor_of(f->go) < 17)
		mods_select(m);
	return OK;
}

// ---- import paths to directories ----------------------------------------------------------------

static bool has_go_files(Mods *m, Str dir)
{
	StrVec names = {0};
	if (!file_is_dir(dir) || failed(dir_list(m->arena, dir, &names)))
		return false;
	for (u32 i = 0; i < names.n; i++)
		if (str_has_suffix(names.p[i], ".go") && !file_is_dir(path_join(m->arena, dir, names.p[i])))
			return true;
	return false;
}

// A directory with a go.mod of its own between root and dir is another module.
static bool crosses_module(Mods *m, Str root, Str dir)
{
	while (dir.n > root.n) {
		if (file_exists(path_join(m->arena, dir, S("go.mod"))))
			return true;
		dir = path_dir(dir);
	}
	return false;
}

static Str module_dir(Mods *m, Module *x, Str path)
{
	if (!x->dir.n || !has_path_prefix(path, x->path))
		return S("");
	Str rest = below(path, x->path), dir = rest.n ? path_join(m->arena, x->dir, rest) : x->dir;
	if (!file_is_dir(dir) || crosses_module(m, x->dir, dir) || (x->main && has_path_prefix(rest, S("vendor"))))
		return S("");
	return dir;
}

// The module with the longest path that has the package; *dir: where.
static Module *provider(Mods *m, Str path, Str *dir, Module **missing)
{
	Module *best = NULL;
	Str empty = S("");
	for (u32 i = 0; i < m->all.n; i++) {
		Module *x = m->all.p[i];
		if (!has_path_prefix(path, x->path) || (best && best->path.n >= x->path.n))
			continue;
		if (!x->dir.n && (!*missing || (*missing)->path.n < x->path.n))
			*missing = x;
		Str d = module_dir(m, x, path);
		if (d.n && x->main)
			empty = d; // load_dir says what is wrong with it
		if (d.n && has_go_files(m, d)) {
			best = x;
			*dir = d;
		}
	}
	if (!best && empty.n) {
		*dir = empty;
		return m->main;
	}
	return best;
}

static bool looks_std(Str path)
{
	int slash = str_index(path, '/');
	return str_index(slash >= 0 ? str_sub(path, 0, (u32)slash) : path, '.') < 0;
}

static Str gopath_find(Mods *m, Str path, LoadPkg *from, Str *why)
{
	Arena *a = m->arena;
	Str list = env_get(m->ctx->env, "GOPATH");
	Buf tried = {0};
	while (list.n) {
		int colon = str_index(list, ':');
		Str gp = colon >= 0 ? str_sub(list, 0, (u32)colon) : list;
		list = colon >= 0 ? str_from(list, (u32)colon + 1) : S("");
		if (!gp.n)
			continue;
		Str src = path_join(a, gp, S("src"));
		// Vendor directories from the importer's up.
		for (Str d = from && has_path_prefix(from->dir, src) ? from->dir : S(""); d.n >= src.n && d.n; d = path_dir(d)) {
			Str v = str_fmt(a, STR_FMT "/vendor/" STR_FMT, STR_ARG(d), STR_ARG(path));
			if (has_go_files(m, v))
				return v;
		}
		Str dir = path_join(a, src, path);
		if (file_is_dir(dir)) {
			buf_free(&tried);
			return dir;
		}
		buf_printf(&tried, "\n\t" STR_FMT " (from $GOPATH)", STR_ARG(dir));
	}
	*why = str_fmt(a, "cannot find package \"" STR_FMT "\" in any of:\n\t" STR_FMT "/src/" STR_FMT " (from $GOROOT)" STR_FMT,
		STR_ARG(path), STR_ARG(m->ctx->goroot), STR_ARG(path), STR_ARG(buf_view(&tried)));
	buf_free(&tried);
	return S("");
}

Str mods_find(void *ctx, Str path, LoadPkg *from, Str *why)
{
	Mods *m = ctx;
	Arena *a = m->arena;
	if (path.n && (path.p[0] == '.' || path.p[0] == '/')) {
		*why = path.p[0] == '/' ? str_fmt(a, "cannot import absolute path")
			: str_fmt(a, "\"" STR_FMT "\" is relative, but relative import paths are not supported in module mode", STR_ARG(path));
		return S("");
	}
	if (m->mode == MODE_GOPATH)
		return gopath_find(m, path, from, why);
	if (m->mode == MODE_NONE) {
		if (!looks_std(path))
			*why = str_fmt(a, "no required module provides package " STR_FMT
				": go.mod file not found in current directory or any parent directory; see 'go help modules'", STR_ARG(path));
		return S("");
	}
	Str dir;
	Module *missing = NULL;
	if (m->vendor) {
		dir = module_dir(m, m->main, path);
		if (dir.n)
			return dir;
		dir = str_fmt(a, STR_FMT "/vendor/" STR_FMT, STR_ARG(m->root), STR_ARG(path));
		if (has_go_files(m, dir))
			return dir;
		if (!looks_std(path))
			*why = str_fmt(a, "cannot find module providing package " STR_FMT ": import lookup disabled by -mod=vendor\n\t"
				"(Go version in go.mod is at least 1.14 and vendor directory exists.)", STR_ARG(path));
		return S("");
	}
	if (provider(m, path, &dir, &missing))
		return dir;
	if (!m->selected) { // what the requirements require
		mods_select(m);
		missing = NULL;
		if (provider(m, path, &dir, &missing))
			return dir;
	}
	if (missing && missing->replace_path.n && !missing->replace_version.n)
		*why = str_fmt(a, STR_FMT "@" STR_FMT ": replacement directory " STR_FMT " does not exist", STR_ARG(missing->path),
			STR_ARG(missing->version), STR_ARG(missing->replace_path));
	else if (missing)
		*why = str_fmt(a, "cannot find module providing package " STR_FMT ": " STR_FMT "@" STR_FMT
			" is not in the module cache, and modules are not downloaded yet", STR_ARG(path), STR_ARG(missing->path),
			STR_ARG(missing->version));
	else if (!looks_std(path))
		*why = str_fmt(a, "no required module provides package " STR_FMT "; to add it:\n\tgo get " STR_FMT, STR_ARG(path), STR_ARG(path));
	return S("");
}

Module *mods_of_package(Mods *m, Str path)
{
	if (m->mode != MODE_MODULE || m->std)
		return NULL;
	Module *x = strmap_get(&m->vendored, path), *missing = NULL;
	Str dir;
	if (m->vendor)
		return module_dir(m, m->main, path).n ? m->main : x;
	return provider(m, path, &dir, &missing);
}

void mods_found(void *ctx, LoadPkg *p, LoadPkg *from)
{
	Mods *m = ctx;
	if (p->standard)
		return;
	p->module = mods_of_package(m, p->import_path);
	if (p->module)
		p->go_version = p->module->lang;
}

Str mods_dir_path(Mods *m, Str dir, Str *why)
{
	Arena *a = m->arena;
	Str src = path_join(a, m->ctx->goroot, S("src"));
	if (!file_is_dir(dir)) {
		*why = str_fmt(a, "stat " STR_FMT ": directory not found", STR_ARG(dir));
		return S("");
	}
	if (has_path_prefix(dir, src) && !str_eq(dir, src))
		return below(dir, src);
	if (m->mode == MODE_GOPATH) {
		Str list = env_get(m->ctx->env, "GOPATH");
		while (list.n) {
			int colon = str_index(list, ':');
			Str gsrc = path_join(a, colon >= 0 ? str_sub(list, 0, (u32)colon) : list, S("src"));
			list = colon >= 0 ? str_from(list, (u32)colon + 1) : S("");
			if (has_path_prefix(dir, gsrc) && !str_eq(dir, gsrc))
				return below(dir, gsrc);
		}
		return str_fmt(a, "_" STR_FMT, STR_ARG(dir)); // a local package: named by its directory
	}
	if (m->mode == MODE_NONE) {
		*why = S("go.mod file not found in current directory or any parent directory; see 'go help modules'");
		return S("");
	}
	for (u32 i = 0; i < m->all.n; i++) {
		Module *x = m->all.p[i];
		if (!x->dir.n || !dir_below(dir, x->dir) || m->std)
			continue;
		Str rest = str_eq(dir, x->dir) ? S("") : str_from(dir, x->dir.n > 1 ? x->dir.n + 1 : 1);
		if (x->main && has_path_prefix(rest, S("vendor")) && rest.n > 7)
			return str_from(rest, 7);
		if (crosses_module(m, x->dir, dir)) {
			if (!x->main)
				continue;
			Str at = dir;
			while (!file_exists(path_join(a, at, S("go.mod"))))
				at = path_dir(at);
			bool known = false;
			for (u32 k = 0; k < m->all.n; k++)
				known = known || (k != i && str_eq(m->all.p[k]->dir, at));
			if (known)
				continue;
			*why = str_fmt(a, "main module (" STR_FMT ") does not contain package " STR_FMT "/" STR_FMT, STR_ARG(x->path),
				STR_ARG(x->path), STR_ARG(rest));
			return S("");
		}
		return rest.n ? path_join(a, x->path, rest) : x->path;
	}
	Str shown = short_path(m, dir);
	*why = str_is(shown, ".") ? S("current directory outside main module or its selected dependencies")
		: str_fmt(a, "directory " STR_FMT " outside main module or its selected dependencies", STR_ARG(shown));
	return S("");
}

// ---- patterns -----------------------------------------------------------------------------------

static bool in_vendor(Str path)
{
	return str_find(path, "/vendor/") >= 0 || str_has_suffix(path, "/vendor") || str_has_prefix(path, "vendor/");
}

static bool is_ignored(Mods *m, Module *x, Str path)
{
	if (!x || !x->main || !m->ignored.n)
		return false;
	// "./dir" ignores that directory, "dir" each of that name (path_clean has taken the "./" off: both are one here).
	for (Str rest = below(path, x->path); rest.n; rest = str_index(rest, '/') >= 0 ? path_dir(rest) : S(""))
		if (strmap_has(&m->ignored, rest) || strmap_has(&m->ignored, path_base(rest)))
			return true;
	return false;
}

static void match_module(Mods *m, Module *x, Str pattern, StrVec *out)
{
	StrVec found = {0};
	if (!x->dir.n)
		return;
	load_match(m->ctx, m->arena, x->dir, x->path, pattern, &found);
	for (u32 i = 0; i < found.n; i++)
		if (!in_vendor(below(found.p[i], x->path)) && !is_ignored(m, x, found.p[i]))
			vec_push(m->arena, out, found.p[i]);
}

static void match_std(Mods *m, Str pattern, StrVec *out, bool cmd)
{
	StrVec found = {0};
	load_match(m->ctx, m->arena, path_join(m->arena, m->ctx->goroot, S("src")), S(""), pattern, &found);
	for (u32 i = 0; i < found.n; i++)
		if (!str_is(found.p[i], "builtin") && (cmd || !has_path_prefix(found.p[i], S("cmd"))))
			vec_push(m->arena, out, found.p[i]);
}

static int by_str(const void *x, const void *y) { return str_cmp(*(const Str *)x, *(const Str *)y); }

static void match_gopath(Mods *m, Str pattern, StrVec *out)
{
	Str list = env_get(m->ctx->env, "GOPATH");
	while (list.n) {
		int colon = str_index(list, ':');
		Str src = path_join(m->arena, colon >= 0 ? str_sub(list, 0, (u32)colon) : list, S("src"));
		list = colon >= 0 ? str_from(list, (u32)colon + 1) : S("");
		load_match(m->ctx, m->arena, src, S(""), pattern, out);
	}
}

Err mods_match(Mods *m, Str pattern, StrVec *out)
{
	Arena *a = m->arena;
	if (str_is(pattern, "std")) {
		match_std(m, S("..."), out, false);
	} else if (str_is(pattern, "cmd")) {
		match_std(m, S("cmd/..."), out, true);
	} else if (str_is(pattern, "all")) {
		if (m->mode == MODE_MODULE && !m->std)
			match_module(m, m->main, S("..."), out);
		else
			match_std(m, S("..."), out, m->mode == MODE_GOPATH);
	} else if (pattern.p[0] == '.' || pattern.p[0] == '/') {
		Str abs = pattern.p[0] == '/' ? pattern : path_join(a, m->ctx->cwd, pattern);
		int dots = str_find(abs, "...");
		u32 slash = (u32)dots;
		while (slash > 0 && abs.p[slash - 1] != '/')
			slash--;
		Str root = path_clean(a, slash > 1 ? str_sub(abs, 0, slash - 1) : S("/")), why = S("");
		Str src = path_join(a, m->ctx->goroot, S("src"));
		if (m->std && (str_eq(root, src))) {
			match_std(m, str_from(abs, slash), out, false);
		} else {
			Str path = mods_dir_path(m, root, &why);
			if (why.n && str_has_prefix(why, "go.mod"))
				return err_fmt(a, "pattern " STR_FMT ": directory prefix " STR_FMT " does not contain main module or its selected dependencies",
					STR_ARG(pattern), STR_ARG(short_path(m, root)));
			if (why.n)
				return err_fmt(a, "pattern " STR_FMT ": " STR_FMT, STR_ARG(pattern), STR_ARG(why));
			StrVec found = {0};
			load_match(m->ctx, a, root, path, path_join(a, path, str_from(abs, slash)), &found);
			for (u32 i = 0; i < found.n; i++)
				if ((m->std || !in_vendor(found.p[i])) && !is_ignored(m, m->main, found.p[i]))
					vec_push(a, out, found.p[i]);
		}
	} else if (m->mode == MODE_GOPATH) {
		match_std(m, pattern, out, true);
		match_gopath(m, pattern, out);
	} else {
		match_std(m, pattern, out, has_path_prefix(pattern, S("cmd")));
		if (m->mode == MODE_MODULE && !m->std) {
			mods_select(m);
			for (u32 i = 0; i < m->all.n; i++)
				match_module(m, m->all.p[i], pattern, out);
		}
	}
	if (out->n)
		qsort(out->p, out->n, sizeof *out->p, by_str);
	return OK;
}
