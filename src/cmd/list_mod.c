// list_mod.c: `go list -m`: modules rather than packages. Facts: cmd/go/internal/modload/list.go.
#include "cmd/modcmd.h"

#include <stdlib.h>

static void set(Arena *a, Value *v, const char *name, Str s) { value_set(a, v, name, value_str(a, s)); }

// How a module is printed when no format is given (modinfo.ModulePublic).
static Str shown(Arena *a, Module *m, Str update, bool retracted, bool deprecated)
{
	Str s = m->version.n ? str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(m->path), STR_ARG(m->version)) : m->path;
	if (update.n)
		s = str_fmt(a, STR_FMT " [" STR_FMT "]", STR_ARG(s), STR_ARG(update));
	if (deprecated)
		s = str_cat(a, s, S(" (deprecated)"));
	if (m->replace_path.n)
		s = str_fmt(a, STR_FMT " => " STR_FMT "%s" STR_FMT, STR_ARG(s), STR_ARG(m->replace_path), m->replace_version.n ? " " : "",
			STR_ARG(m->replace_version));
	if (retracted)
		s = str_cat(a, s, S(" (retracted)"));
	return s;
}

typedef struct Extra {
	Str query, time, update, error, deprecated, replace_deprecated, sum, gomod_sum;
	StrVec versions, retracted;
	bool is_retracted;
} Extra;

static Value *full_value(Arena *a, Module *m, const Extra *x)
{
	Value *v = value_struct(a, "*modinfo.ModulePublic");
	set(a, v, "Path", m->path);
	set(a, v, "Version", m->version);
	set(a, v, "Query", x->query);
	value_set(a, v, "Versions", value_strs(a, &x->versions));
	if (m->replace_path.n) {
		Value *r = value_struct(a, "*modinfo.ModulePublic");
		set(a, r, "Path", m->replace_path);
		set(a, r, "Version", m->replace_version);
		set(a, r, "Dir", m->dir);
		set(a, r, "GoMod", m->gomod);
		set(a, r, "GoVersion", m->go);
		r->text = m->replace_version.n ? str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(m->replace_path), STR_ARG(m->replace_version)) : m->replace_path;
		set(a, r, "Deprecated", x->replace_deprecated);
		if (m->replace_version.n)
			value_set(a, r, "Retracted", value_strs(a, &x->retracted));
		value_set(a, v, "Replace", r);
	} else {
		value_set(a, v, "Replace", value_nil(a));
	}
	set(a, v, "Time", x->time);
	if (x->update.n) {
		Value *u = value_struct(a, "*modinfo.ModulePublic");
		set(a, u, "Path", m->path);
		set(a, u, "Version", x->update);
		u->text = str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(m->path), STR_ARG(x->update));
		value_set(a, v, "Update", u);
	} else {
		value_set(a, v, "Update", value_nil(a));
	}
	value_set(a, v, "Main", value_bool(a, m->main));
	value_set(a, v, "Indirect", value_bool(a, m->indirect));
	set(a, v, "Dir", m->dir);
	set(a, v, "GoMod", m->gomod);
	set(a, v, "GoVersion", m->go);
	Value *retracted = value_strs(a, &x->retracted);
	if (x->is_retracted && !x->retracted.n)
		value_append(a, retracted, value_str(a, S("retracted by module author")));
	value_set(a, v, "Retracted", retracted);
	set(a, v, "Deprecated", x->deprecated);
	if (x->error.n) {
		Value *e = value_struct(a, "*modinfo.ModuleError");
		set(a, e, "Err", x->error);
		value_set(a, v, "Error", e);
	} else {
		value_set(a, v, "Error", value_nil(a));
	}
	set(a, v, "Sum", x->sum);
	set(a, v, "GoModSum", x->gomod_sum);
	v->text = shown(a, m, x->update, x->is_retracted, x->deprecated.n > 0);
	return v;
}

Value *module_value(Arena *a, Module *m)
{
	Extra x = {0};
	return m ? full_value(a, m, &x) : value_nil(a);
}

Value *module_value_retracted(Mods *mods, Module *m)
{
	Extra x = {0};
	if (m && m->version.n)
		x.is_retracted = query_retracted(mods, m->path, m->version, &x.retracted);
	return m ? full_value(mods->arena, m, &x) : value_nil(mods->arena);
}

typedef struct Listing { BuildCmd *c; const ListModules *opt; Template *t; Buf out; bool bad; } Listing;

static bool print_module(Listing *l, Module *m, Extra *x)
{
	mods_read_module(&l->c->mods, m);
	Arena *a = l->c->arena;
	Mods *mods = &l->c->mods;
	const ListModules *opt = l->opt;
	if (m->version.n && !x->error.n && !mods->vendor) {
		RevInfo info;
		bool wants_time = opt->json || opt->format.n;
		if (opt->updates || opt->retracted) {
			x->is_retracted = query_retracted(mods, m->path, m->version, &x->retracted);
			x->deprecated = query_deprecation(mods, m->path);
			x->replace_deprecated = m->replace_version.n ? query_deprecation(mods, m->replace_path) : S("");
		}
		if (opt->updates && !failed(query_version(mods, m->path, S("upgrade"), m->version, &info)) &&
		    semver_cmp(info.version, m->version) > 0)
			x->update = info.version;
		if (opt->versions)
			query_list(mods, m->path, opt->retracted, &x->versions);
		Str file = fetch_cache_file(mods->fetch, m->path, m->version, "info"), text;
		if (wants_time && !x->time.n && !failed(file_map(a, file, &text)))
			json_string_field(a, text, "Time", &x->time);
		Str at = m->replace_path.n ? m->replace_path : m->path, v = m->replace_path.n ? m->replace_version : m->version;
		for (u32 i = 0; i < mods->fetch->sums->all.n; i++) {
			Sum *s = &mods->fetch->sums->all.p[i];
			if (!str_eq(s->path, at) || s->added)
				continue;
			if (str_eq(s->version, v))
				x->sum = s->hash;
			else if (s->version.n == v.n + 7 && str_has_suffix(s->version, "/go.mod") && !memcmp(s->version.p, v.p, v.n))
				x->gomod_sum = s->hash;
		}
		if (!m->replace_path.n && !file_exists(m->gomod))
			m->gomod = S("");
	} else if (m->main && opt->versions && !mods->vendor) { // those that are published
		query_list(mods, m->path, opt->retracted, &x->versions);
	}
	Value *v = full_value(a, m, x);
	size_t before = l->out.n;
	Str err;
	if (x->error.n && !opt->errors) {
		cmd_error(STR_FMT, STR_ARG(x->error));
		l->bad = true;
		return true;
	}
	if (opt->json) {
		value_json(&l->out, v, 0);
	} else if (opt->format.n) {
		if (!template_run(l->t, v, &l->out, &err)) {
			cmd_error(STR_FMT, STR_ARG(err));
			return false;
		}
	} else if (opt->versions) {
		buf_str(&l->out, m->path);
		for (u32 i = 0; i < x->versions.n; i++)
			buf_printf(&l->out, " " STR_FMT, STR_ARG(x->versions.p[i]));
	} else {
		buf_str(&l->out, shown(a, m, x->update, x->is_retracted, x->deprecated.n > 0));
	}
	if (l->out.n > before && l->out.p[l->out.n - 1] != '\n')
		buf_u8(&l->out, '\n');
	return true;
}

static Module *bare_module(Arena *a, Str path, Str version)
{
	Module *m = NEW(a, Module);
	*m = (Module){.path = path, .version = version, .dir = S(""), .gomod = S(""), .go = S(""), .replace_path = S(""), .replace_version = S("")};
	return m;
}

static const char no_main[] = MOD_NO_GOMOD;

static bool list_arg(Listing *l, Str arg)
{
	BuildCmd *c = l->c;
	Mods *m = &c->mods;
	Arena *a = c->arena;
	int at = str_index(arg, '@');
	if (str_index(arg, '\\') >= 0)
		return cmd_error("module paths never use backslash"), false;
	if (mod_is_dir_path(arg))
		return cmd_error("cannot use relative path " STR_FMT " to specify module", STR_ARG(arg)), false;
	bool all = str_is(arg, "all"), pattern = str_find(arg, "...") >= 0;
	if (!m->main && (all || pattern))
		return cmd_error("cannot match \"" STR_FMT "\": %s", STR_ARG(arg), no_main), false;
	Str checked = at >= 0 ? str_sub(arg, 0, (u32)at) : arg, why = all || pattern || mod_is_toolchain(checked) ? S("") : mod_check_path(a, checked), base;
	bool main_or_versions = at < 0 && l->opt->versions && !(m->main && mods_is_main(m, checked));
	if (why.n && (str_find(why, "missing dot") < 0 || main_or_versions) && (at >= 0 || l->opt->versions) && !mods_replacement(m, checked, S(""), &base)) {
		Extra bad = {.error = at >= 0 ? str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(arg), STR_ARG(why)) : why};
		return print_module(l, bare_module(a, checked, at >= 0 ? str_from(arg, (u32)at + 1) : S("")), &bad);
	}
	if (at >= 0) {
		Str path = str_sub(arg, 0, (u32)at), version = str_from(arg, (u32)at + 1);
		if (!m->reqs)
			m->reqs = reqs_new(m, NULL, 0, true, NULL);
		Extra x = {0};
		RevInfo info;
		Str current = m->selected ? graph_selected(reqs_graph(m, m->reqs), path) : m->main ? reqs_root(m->reqs, path) : S("");
		Err e = query_version(m, path, version, current, &info);
		if (failed(e)) {
			bool named = str_has_prefix(e.msg, str_c(a, path)) || str_has_prefix(e.msg, "module ");
			x.error = named ? e.msg : str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(arg), STR_ARG(e.msg));
			return print_module(l, bare_module(a, path, version), &x);
		}
		bool readonly = m->readonly;
		m->readonly = false; // named with a version: nothing is built from it
		Module *y = info.version.n ? mods_module(m, path, info.version) : m->main;
		m->readonly = readonly;
		x.time = info.time;
		if (!str_eq(version, info.version))
			x.query = version;
		return print_module(l, y, &x);
	}
	if (!m->main && !l->opt->versions)
		return cmd_error("cannot match \"" STR_FMT "\" without -versions or an explicit version: %s", STR_ARG(arg), no_main), false;
	if (!m->main) {
		Extra x = {0};
		m->reqs = m->reqs ? m->reqs : reqs_new(m, NULL, 0, true, NULL);
		Err e = query_list(m, arg, l->opt->retracted, &x.versions);
		if (failed(e))
			x.error = e.msg;
		return print_module(l, bare_module(a, arg, S("")), &x);
	}
	bool matched = false;
	for (u32 i = 0; i < m->all.n; i++) {
		Module *x = m->all.p[i];
		if (!all && !(pattern ? load_glob(arg, x->path) : str_eq(arg, x->path)))
			continue;
		matched = true;
		Extra extra = {0};
		if (!print_module(l, x, &extra))
			return false;
	}
	if (matched)
		return true;
	if (pattern) {
		fprintf(stderr, "warning: pattern \"" STR_FMT "\" matched no module dependencies\n", STR_ARG(arg));
		return true;
	}
	Extra x = {.error = m->vendor ? S("can't resolve module using the vendor directory\n\t(Use -mod=mod or -mod=readonly to bypass.)") : S("not a known dependency")};
	if (l->opt->versions && !m->vendor) {
		Err e = query_list(m, arg, l->opt->retracted, &x.versions);
		x.error = failed(e) ? e.msg : S("");
	}
	if (x.error.n && !l->opt->versions)
		x.error = str_fmt(a, "module " STR_FMT ": " STR_FMT, STR_ARG(arg), STR_ARG(x.error));
	if (x.error.n && !l->opt->errors) {
		cmd_error(STR_FMT, STR_ARG(x.error));
		l->bad = true;
		return true;
	}
	return print_module(l, bare_module(a, arg, S("")), &x);
}

// Whether the requirements of requirements must be known for an argument.
static bool needs_graph(Mods *m, Str arg)
{
	int at = str_index(arg, '@');
	Str path = at >= 0 ? str_sub(arg, 0, (u32)at) : arg;
	if (at >= 0 && !str_has_suffix(arg, "@upgrade") && !str_has_suffix(arg, "@patch"))
		return false;
	return !m->reqs || !m->reqs->pruned || m->work || !(reqs_root(m->reqs, path).n || mods_is_main(m, path));
}

int list_modules(BuildCmd *c, const ListModules *opt, char **args, int n)
{
	Mods *m = &c->mods;
	Listing l = {.c = c, .opt = opt};
	Str err;
	if (m->mode == MODE_GOPATH)
		return cmd_error("list -m cannot be used with GO111MODULE=off");
	if (opt->format.n && !(l.t = template_parse(c->arena, S("main"), opt->format, opt->funcs, &err)))
		return cmd_error(STR_FMT, STR_ARG(err));
	if (m->vendor && (opt->updates || opt->versions || opt->retracted))
		return cmd_error("list -m: can't determine %s using the vendor directory\n\t(Use -mod=mod or -mod=readonly to bypass.)",
			opt->updates ? "available upgrades" : opt->versions ? "available versions" : "retracted versions");
	if (m->work && !m->main)
		return cmd_error(MOD_NO_MODULES);
	if (n == 0) {
		Extra none = {0};
		if (!m->main) // what files named on the command line would belong to
			print_module(&l, bare_module(c->arena, S("command-line-arguments"), S("")), &none);
		for (u32 i = 0; i < m->mains.n; i++) {
			Extra x = {0};
			print_module(&l, m->mains.p[i], &x);
		}
	}
	bool named = false;
	for (int i = 0; i < n; i++)
		named = named || needs_graph(m, str(args[i]));
	if (named && n && m->main && !m->vendor && !m->std) {
		ModGraph *g = reqs_graph(m, m->reqs);
		if (failed(g->err) && !opt->errors)
			return cmd_error(STR_FMT, STR_ARG(g->err.msg));
		mods_select(m);
		mods_set_reqs(m, m->reqs);
	}
	bool ok = true;
	for (int i = 0; i < n && ok; i++)
		ok = list_arg(&l, str(args[i]));
	fwrite(l.out.p, 1, l.out.n, stdout);
	buf_free(&l.out);
	if (m->main && !m->readonly && !m->vendor) { // what was read with -mod=mod is recorded
		CommitOptions commit = {0};
		Err e = mods_commit(m, m->reqs, NULL, &commit);
		if (failed(e))
			return cmd_error(STR_FMT, STR_ARG(e.msg));
	}
	return !ok || l.bad;
}
