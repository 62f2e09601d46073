// check.c: a package from its files, step by step (types_check), and one body later (types_check_body). The order of
// the steps is that of types2/check.go, because it decides which errors are found. A Checker is used by one
// thread at a time; what it made is read-only once the package is handed out.
#include <stdlib.h>

#include "types/check.h"

enum { CURRENT = 27, ANY_VERSION = 1u << 20 };

// The minor number of "go1.17", "go1.21.3" ...; ANY_VERSION if it is not a version.
static u32 version_minor(Str v)
{
	if (!str_has_prefix(v, "go1"))
		return ANY_VERSION;
	if (v.n == 3)
		return 1; // 0 would say that none is in force
	if (v.p[3] != '.')
		return ANY_VERSION;
	u32 n = 0, i = 4;
	for (; i < v.n && v.p[i] >= '0' && v.p[i] <= '9' && n < 100000; i++)
		n = n * 10 + (u32)(v.p[i] - '0');
	return i == 4 ? ANY_VERSION : MAX(n, 1u);
}

u32 check_file_version(Checker *c, SyntaxFile *f)
{
	if (f->go_version.n) {
		u32 v = version_minor(f->go_version);
		if (v != ANY_VERSION)
			return MAX(v, 21);
	}
	return version_minor(c->cfg.go_version);
}

static void init_files(Checker *c, SyntaxFile **files, u32 n)
{
	Package *p = c->pkg;
	u32 v = version_minor(c->cfg.go_version);
	p->files = NEWN(c->a, SyntaxFile *, n ? n : 1);
	if (n && v != ANY_VERSION && v > CURRENT)
		check_error(c, files[0]->package_pos, C_TooNew,
			"package requires newer Go version go1.%u (application built with go1.%d)", v, CURRENT);
	for (u32 i = 0; i < n; i++) {
		SyntaxFile *f = files[i];
		if (!f->package_name)
			continue;
		Name name = f->package_name->name.name;
		if (!p->name) {
			if (name_is_blank(name))
				check_error(c, f->package_name->pos, C_BlankPkgName, "invalid package name _");
			else
				p->name = name;
		} else if (p->name != name) {
			check_error(c, f->package_name->pos, C_MismatchedPkgName, "package %s; expected package %s", name->s,
				p->name->s);
			continue;
		}
		if (f->go_version.n) {
			u32 fv = version_minor(f->go_version);
			if (fv != ANY_VERSION && fv > CURRENT)
				check_error(c, f->package_name->pos, C_TooNew, "file requires newer Go version go1.%u", fv);
		}
		p->files[p->nfiles++] = f;
	}
	if (!p->name)
		p->name = name_of_c("_");
}

void check_later(Checker *c, void (*f)(Checker *c, void *ctx), void *ctx)
{
	vec_push(c->a, &c->delayed, (Action){f, ctx, c->env.version, c->env.file});
}

void check_process_delayed(Checker *c, u32 top)
{
	if (c->delayed.n == top)
		return;
	u32 version = c->env.version;
	SyntaxFile *file = c->env.file;
	for (u32 i = top; i < c->delayed.n; i++) { // actions may push more
		Action act = c->delayed.p[i];
		c->env.version = act.version;
		c->env.file = act.file;
		act.f(c, act.ctx);
	}
	c->delayed.n = top;
	c->env.version = version;
	c->env.file = file;
}

static void cleanup(Checker *c)
{
	for (u32 i = 0; i < c->cleanup.n; i++) { // may grow
		Type *t = c->cleanup.p[i];
		switch (t->kind) {
		case TY_NAMED:
			named_cleanup(t);
			break;
		case TY_INTERFACE:
			types_type_set(c, 0, t);
			t->iface.check = NULL;
			break;
		case TY_TYPEPARAM:
			typeparam_iface(c, t);
			break;
		case TY_ALIAS:
			type_unalias(t);
			break;
		}
	}
	c->cleanup.n = 0;
}

static int import_cmp(const void *x, const void *y)
{
	return str_cmp((*(Package *const *)x)->path, (*(Package *const *)y)->path);
}

static void sort_imports(Package *p)
{
	if (p->imports.n)
		qsort(p->imports.p, p->imports.n, sizeof p->imports.p[0], import_cmp);
}

static void list_objects(Checker *c)
{
	Package *p = c->pkg;
	ObjectVec types = {0}; // those of the package before those of its functions
	for (u32 i = 0; i < c->objs.n; i++) {
		Object *o = c->objs.p[i];
		switch (o->kind) {
		case OBJ_FUNC:
			vec_push(c->a, &p->funcs, o);
			break;
		case OBJ_VAR:
			vec_push(c->a, &p->vars, o);
			break;
		case OBJ_TYPENAME:
			vec_push(c->a, &types, o);
			break;
		}
	}
	for (u32 i = 0; i < p->types.n; i++)
		vec_push(c->a, &types, p->types.p[i]);
	p->types.p = types.p;
	p->types.n = types.n;
	p->types.cap = types.cap;
	sort_imports(p);
}

static Package *package_new(Arena *a, const CheckConfig *cfg, Diags *d)
{
	Checker *c = NEW(a, Checker);
	c->cfg = *cfg;
	c->a = a;
	c->d = d;
	c->no_results = type_new_tuple(a, NULL, 0);
	pthread_mutex_init(&c->lock, NULL);
	Package *p = c->pkg = NEW(a, Package);
	p->path = str_dup(a, cfg->path);
	p->arena = a;
	p->checker = c;
	p->is_std = cfg->is_std;
	p->go_version = cfg->go_version;
	p->scope = scope_new(a, types_universe(), 0, 0);
	return p;
}

Package *types_check(Arena *a, const CheckConfig *cfg, SyntaxFile **files, u32 nfiles, Diags *d)
{
	Package *p = package_new(a, cfg, d);
	Checker *c = p->checker;
	base_context("types_check", "types");
	init_files(c, files, nfiles);
	check_collect_objects(c);
	check_direct_cycles(c);
	check_package_objects(c);
	check_process_delayed(c, 0);
	cleanup(c);
	list_objects(c);
	if (!cfg->ignore_bodies) {
		check_init_order(c);
		if (!cfg->partial)
			check_unused_imports(c);
		cleanup(c);
	}
	if (c->nerrors == 0)
		check_monomorph(c);
	if (c->nerrors == 0 && !diags_count(c->d)) // gc gets there without errors of the parser, too
		check_after(c);
	p->complete = true;
	c->cfg.partial = false; // bodies are looked at one by one from now on
	return p;
}

// ---- on demand ----------------------------------------------------------------------------------

// A package's lock is held while something in it is checked, and those of packages that it imports are taken meanwhile:
// as imports have no cycles, neither has that.
Package *types_lazy(Arena *a, const CheckConfig *cfg, Name name, Diags *d)
{
	Package *p = package_new(a, cfg, d);
	p->name = name;
	p->complete = true;
	p->checker->cfg.ignore_bodies = true;
	p->checker->lazy = true;
	return p;
}

// Under the lock.
static void load(Checker *c)
{
	if (atomic_load_explicit(&c->loaded, memory_order_relaxed))
		return;
	base_context(c->pkg->path.p, "types");
	u32 n;
	SyntaxFile **files = c->cfg.load(c->cfg.load_ctx, &n);
	init_files(c, files, n);
	check_collect_objects(c);
	check_linknames(c);
	sort_imports(c->pkg);
	atomic_store_explicit(&c->loaded, true, memory_order_release);
}

void types_load(Package *p)
{
	Checker *c = p->checker;
	if (!c || !c->lazy || atomic_load_explicit(&c->loaded, memory_order_acquire))
		return;
	pthread_mutex_lock(&c->lock);
	load(c);
	pthread_mutex_unlock(&c->lock);
}

Object *types_member(Package *p, Name name)
{
	types_load(p);
	Object *o = scope_lookup(p->scope, name);
	if (!o || !p->checker || !p->checker->lazy || atomic_load_explicit(&o->ready, memory_order_acquire))
		return o;
	Checker *c = p->checker;
	pthread_mutex_lock(&c->lock);
	c->env = (Env){0};
	check_obj_decl(c, o);
	check_process_delayed(c, 0);
	cleanup(c);
	atomic_store_explicit(&o->ready, true, memory_order_release);
	pthread_mutex_unlock(&c->lock);
	return o;
}

void types_check_body(Object *fn, Diags *d)
{
	if (fn->kind != OBJ_FUNC || !fn->pkg || !fn->pkg->checker)
		return;
	Object *o = fn->func.origin ? fn->func.origin : fn;
	DeclInfo *info = o->info;
	if (!info || !info->decl || info->decl->kind != D_FUNC || !info->decl->func.body)
		return;
	Checker *c = o->pkg->checker;
	pthread_mutex_lock(&c->lock);
	if (!info->body_state) {
		info->body_state = 1;
		Diags *saved = c->d;
		bool ignore = c->cfg.ignore_bodies;
		c->d = d;
		c->cfg.ignore_bodies = false;
		if (info->decl->func.body->unread)
			syntax_read_body(info->file, info->decl, c->cfg.parse, d);
		c->env = (Env){.scope = info->scope, .file = info->file, .version = info->version};
		check_func_body(c, info, o->name, o->type, info->decl->func.body, NULL, NULL);
		check_process_delayed(c, 0);
		cleanup(c);
		c->cfg.ignore_bodies = ignore;
		c->d = saved;
	}
	pthread_mutex_unlock(&c->lock);
}
