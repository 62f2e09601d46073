// resolve.c: the declarations of all files into the package's and the files' scopes; imports; methods to their
// receiver's types. After it every package-level object has a DeclInfo and no type yet (types2/resolver.go).
#include "types/check.h"

Expr **expr_list(Expr **e, u32 *n)
{
	if (!*e) {
		*n = 0;
		return NULL;
	}
	if ((*e)->kind == E_LIST) {
		*n = (*e)->list.v.n;
		return (*e)->list.v.p;
	}
	*n = 1;
	return e;
}

static bool valid_import_path(Arena *a, Str lit, Str *path, Str *why)
{
	if (!syntax_unquote(a, lit, path)) {
		*why = S("invalid syntax");
		return false;
	}
	if (path->n == 0) {
		*why = S("empty string");
		return false;
	}
	for (u32 i = 0, w; i < path->n; i += w) {
		u32 r = utf8_decode(path->p + i, path->n - i, &w);
		if (r <= ' ' || r == 0x7f || (r >= 0x80 && r <= 0xa0) || r == 0xFFFD ||
			(r < 0x80 && strchr("!\"#$%&'()*,:;<=>?[\\]^{|}`", (int)r))) {
			char utf[4];
			u32 k = utf8_encode(utf, r);
			if (r <= ' ' || (r >= 0x7f && r <= 0x9f))
				*why = str_fmt(a, "invalid character U+%04X%s", r, r == ' ' ? " ' '" : "");
			else
				*why = str_fmt(a, "invalid character U+%04X '%.*s'", r, (int)k, utf);
			return false;
		}
	}
	return true;
}

static Package *import_package(Checker *c, Pos pos, Str path)
{
	if (str_is(path, "unsafe"))
		return types_unsafe_package();
	Package *p = strmap_get(&c->fakes, path);
	if (p)
		return p;
	Str why = {0};
	if (str_is(path, "main"))
		why = S("cannot import \"main\"");
	else if (str_eq(path, c->pkg->path))
		why = str_fmt(c->a, "import \"" STR_FMT "\" while compiling that package (import cycle)", STR_ARG(path));
	else if (path.p[0] == '/')
		why = S("import path cannot be absolute path");
	else if (path.p[0] != '.' && !str_eq(path_clean(c->a, path), path))
		why = str_fmt(c->a, "non-canonical import path \"" STR_FMT "\" (should be \"" STR_FMT "\")", STR_ARG(path),
			STR_ARG(path_clean(c->a, path)));
	else if (c->cfg.import)
		p = c->cfg.import(c->cfg.import_ctx, path, &why);
	if (p && p->name && !name_is_blank(p->name))
		return p;
	if (p)
		why = str_fmt(c->a, "invalid package name: \"%s\"", p->name ? p->name->s : "");
	if (!why.p)
		why = S("not found");
	if (str_has_prefix(why, "could not import "))
		check_error(c, pos, C_BrokenImport, STR_FMT, STR_ARG(why));
	else
		check_error(c, pos, C_BrokenImport, "could not import " STR_FMT " (" STR_FMT ")", STR_ARG(path), STR_ARG(why));
	p = NEW(c->a, Package); // a fake one avoids follow-up errors
	p->path = str_dup(c->a, path);
	p->name = name_of(path_base(path));
	p->arena = c->a;
	p->scope = scope_new(c->a, types_universe(), 0, 0);
	p->fake = true;
	strmap_put(c->a, &c->fakes, p->path, p);
	return p;
}

static void dot_import(Checker *c, Scope *file_scope, Decl *d, Package *imp, Object *pkgname)
{
	types_load(imp);
	for (u32 i = 0; i < imp->scope->list.n; i++) {
		Object *o = imp->scope->list.p[i];
		if (!name_is_exported(o->name))
			continue;
		types_member(imp, o->name);
		Object *alt = scope_insert(c->a, file_scope, o);
		if (alt) {
			ErrMsg m = {.c = c, .code = C_DuplicateDecl};
			errmsg_add(&m, d->import.local->pos, "%s redeclared in this block", alt->name->s);
			errmsg_add_alt_decl(&m, alt);
			errmsg_report(&m);
		} else {
			map_put(c->a, &c->dot_imports, PKEY(file_scope) * 31 ^ PKEY(o->name), pkgname);
		}
	}
}

static void collect_import(Checker *c, SyntaxFile *f, Decl *d)
{
	Expr *lit = d->import.path;
	if (!lit || lit->kind != E_LIT || lit->lit.bad)
		return;
	Str path, why;
	if (!valid_import_path(c->a, lit->lit.text, &path, &why)) {
		check_error(c, lit->pos, C_BadImportPath, "invalid import path (" STR_FMT ")", STR_ARG(why));
		return;
	}
	Package *imp = import_package(c, lit->pos, path);
	Name name = imp->name;
	Expr *local = d->import.local;
	if (local) {
		name = local->name.name;
		if (str_is(path, "C")) {
			check_error(c, local->pos, C_ImportCRenamed, "cannot rename import \"C\"");
			return;
		}
	}
	Pos start = local ? local->pos : lit->pos;
	if (str_is(name_str(name), "init")) {
		check_error(c, start, C_InvalidInitDecl, "cannot import package as init - init must be a func");
		return;
	}
	bool known = false;
	for (u32 i = 0; i < c->pkg->imports.n; i++)
		known |= c->pkg->imports.p[i] == imp;
	if (!known && !imp->is_unsafe)
		vec_push(c->a, &c->pkg->imports, imp);
	Object *o = object_new(c->a, OBJ_PKGNAME, d->pos, c->pkg, name, TYPE(INVALID));
	o->pkgname.imported = imp;
	o->used = imp->fake;
	d->import.obj = o;
	if (local)
		local->name.obj = o;
	vec_push(c->a, &c->imports, o);
	if (str_is(name_str(name), ".")) {
		o->pkgname.dot = true;
		dot_import(c, f->scope, d, imp, o);
	} else {
		check_declare(c, f->scope, NULL, o, 0);
	}
}

static DeclInfo *new_info(Checker *c, SyntaxFile *f, Decl *d, Object *o)
{
	DeclInfo *info = NEW(c->a, DeclInfo);
	info->obj = o;
	info->file = f;
	info->scope = f->scope;
	info->version = c->env.version;
	info->decl = d;
	o->info = info;
	return info;
}

static void number(Checker *c, Object *o)
{
	vec_push(c->a, &c->objs, o);
	o->order = ++c->next_order;
}

// Declares a package-level constant, variable or type.
static void declare_pkg_obj(Checker *c, Expr *ident, Object *o)
{
	Str s = name_str(ident->name.name);
	if (str_is(s, "init")) {
		check_error(c, ident->pos, C_InvalidInitDecl, "cannot declare init - must be func");
		return;
	}
	if (str_is(s, "main") && str_is(name_str(c->pkg->name), "main")) {
		check_error(c, ident->pos, C_InvalidMainDecl, "cannot declare main - must be func");
		return;
	}
	check_declare(c, c->pkg->scope, ident, o, 0);
	number(c, o);
}

void check_arity(Checker *c, Pos pos, ExprVec names, u32 n, Expr **inits, bool const_decl, bool inherited)
{
	u32 l = names.n;
	if (l < n) {
		if (inherited)
			check_error(c, pos, C_WrongAssignCount, "extra init expr at " STR_FMT, STR_ARG(pos_fmt(c->a, inits[l]->pos)));
		else
			check_error(c, EPOS(inits[l]), C_WrongAssignCount, "extra init expr %s", ES(inits[l]));
	} else if (l > n && (const_decl || n != 1)) {
		check_error(c, names.p[n]->pos, C_WrongAssignCount, "missing init expr for %s", names.p[n]->name.name->s);
	}
}

static void collect_const(Checker *c, SyntaxFile *f, Decl *d)
{
	u32 n;
	Expr **values = expr_list(&d->val.values, &n);
	for (u32 i = 0; i < d->val.names.n; i++) {
		Expr *id = d->val.names.p[i];
		Object *o = object_new(c->a, OBJ_CONST, id->pos, c->pkg, id->name.name, NULL);
		DeclInfo *info = new_info(c, f, d, o);
		info->vtype = d->val.type;
		info->init = i < n ? values[i] : NULL;
		info->inherited = d->inherited;
		info->has_iota = true;
		info->iota = d->iota;
		declare_pkg_obj(c, id, o);
	}
	check_arity(c, d->pos, d->val.names, n, values, true, d->inherited);
}

static void collect_var(Checker *c, SyntaxFile *f, Decl *d)
{
	u32 n, nn = d->val.names.n;
	Expr **values = expr_list(&d->val.values, &n);
	bool one = !d->val.values || d->val.values->kind != E_LIST; // all variables share the initializer
	Object **lhs = NEWN(c->a, Object *, nn ? nn : 1);
	DeclInfo *shared = NULL;
	for (u32 i = 0; i < nn; i++) {
		Expr *id = d->val.names.p[i];
		Object *o = lhs[i] = object_new_var(c->a, VAR_PACKAGE, id->pos, c->pkg, id->name.name, NULL);
		o->var.decl = d;
		if (one && shared) {
			o->info = shared;
		} else {
			DeclInfo *info = new_info(c, f, d, o);
			info->vtype = d->val.type;
			info->init = one ? d->val.values : i < n ? values[i] : NULL;
			if (one) {
				info->lhs = lhs;
				info->nlhs = nn;
				shared = info;
			}
		}
		o->var.init = o->info->init;
		declare_pkg_obj(c, id, o);
	}
	if (!d->val.type || n > 0)
		check_arity(c, d->pos, d->val.names, n, values, false, false);
}

// The parts of a receiver's type *T[A, B]: whether it is a pointer, the base T, and (if wanted) the names A, B.
void check_unpack_recv(Checker *c, Expr *e, bool want_tparams, bool *ptr, Expr **base, ExprVec *tparams)
{
	*ptr = false;
	e = expr_unparen(e);
	if (e->kind == E_UNARY && e->op == OP_MUL) {
		*ptr = true;
		e = expr_unparen(e->unary.x);
	}
	*base = e;
	if (e->kind != E_INDEX)
		return;
	*base = e->index.x;
	if (!want_tparams)
		return;
	u32 n;
	Expr **list = expr_list(&e->index.i, &n);
	for (u32 i = 0; i < n; i++) {
		Expr *par = list[i];
		if (par->kind != E_NAME) {
			if (par->kind != E_BAD)
				check_error(c, EPOS(par), C_BadDecl, "receiver type parameter %s must be an identifier", ES(par));
			Pos pos = par->pos;
			par = expr_new(c->a, E_NAME, pos);
			par->name.name = name_of_c("_");
		}
		vec_push(c->a, tparams, par);
	}
}

// A method whose receiver names a type, to be associated once all types are known.
typedef struct MethodDecl { Object *obj; bool ptr; Expr *recv; } MethodDecl;
typedef VEC(MethodDecl) MethodDeclVec;

static void collect_func(Checker *c, SyntaxFile *f, Decl *d, MethodDeclVec *methods)
{
	Expr *id = d->func.name;
	Name name = id->name.name;
	Object *o = object_new_func(c->a, id->pos, c->pkg, name, NULL);
	o->func.decl = d;
	id->name.obj = o;
	Field *tp0 = d->func.tparams.n ? d->func.tparams.p[0] : NULL;
	Pos tp_pos = tp0 ? (tp0->name ? tp0->name->pos : tp0->pos) : 0;
	bool is_init = str_is(name_str(name), "init");
	if (!d->func.recv) {
		bool is_main = str_is(name_str(name), "main") && str_is(name_str(c->pkg->name), "main");
		if (is_init || is_main) {
			Code code = is_main ? C_InvalidMainDecl : C_InvalidInitDecl;
			if (tp0)
				check_soft_error(c, tp_pos, code, "func %s must have no type parameters", name->s);
			Expr *t = d->func.type;
			if (t->func.params.n || t->func.results.n)
				check_soft_error(c, id->pos, code, "func %s must have no arguments and no return values", name->s);
		} else if (tp0) {
			check_verify_version(c, tp_pos, GO1_18, "type parameter");
		}
		if (is_init) { // invisible
			o->parent = c->pkg->scope;
			if (!d->func.body)
				check_soft_error(c, o->pos, C_MissingInitBody, "func init must have a body");
		} else {
			check_declare(c, c->pkg->scope, id, o, 0);
		}
	} else {
		bool ptr;
		Expr *base;
		check_unpack_recv(c, d->func.recv->type, false, &ptr, &base, NULL);
		if (base->kind == E_NAME && !name_is_blank(name))
			vec_push(c->a, methods, (MethodDecl){o, ptr, base});
		if (tp0)
			check_verify_version(c, tp_pos, GO1_27, "generic method");
		o->ptr_recv = ptr;
	}
	new_info(c, f, d, o);
	number(c, o);
}

// Follows non-generic aliases from a receiver's base name to the declared type it means, NULL if there is none.
static Object *resolve_base(Checker *c, bool *ptr, Expr *name)
{
	Object *seen[64];
	u32 nseen = 0;
	while (name) {
		Object *o = scope_lookup(c->pkg->scope, name->name.name);
		if (!o || o->kind != OBJ_TYPENAME || !o->info)
			return NULL;
		for (u32 i = 0; i < nseen; i++)
			if (seen[i] == o)
				return NULL;
		Decl *d = o->info->decl;
		if (!d->type.alias)
			return o;
		if (d->type.tparams.n || nseen == LENGTH(seen))
			return NULL;
		seen[nseen++] = o;
		Expr *t = expr_unparen(d->type.type);
		if (t->kind == E_UNARY && t->op == OP_MUL) {
			if (*ptr)
				return NULL;
			*ptr = true;
			t = expr_unparen(t->unary.x);
		}
		name = t->kind == E_NAME ? t : NULL;
	}
	return NULL;
}

static void check_file_names(Checker *c)
{
	for (u32 i = 0; i < c->pkg->nfiles; i++) {
		Scope *s = c->pkg->files[i]->scope;
		for (u32 k = 0; k < s->list.n; k++) {
			Object *o = s->list.p[k];
			Object *alt = scope_lookup(c->pkg->scope, o->name);
			if (!alt)
				continue;
			ErrMsg m = {.c = c, .code = C_DuplicateDecl};
			if (o->kind == OBJ_PKGNAME)
				errmsg_add(&m, alt->pos, "%s already declared through import of package %s (\"" STR_FMT "\")", alt->name->s,
					o->pkgname.imported->name->s, STR_ARG(o->pkgname.imported->path));
			else
				errmsg_add(&m, alt->pos, "%s already declared through dot-import of package %s (\"" STR_FMT "\")",
					alt->name->s, o->pkg->name->s, STR_ARG(o->pkg->path));
			errmsg_add_alt_decl(&m, o);
			errmsg_report(&m);
		}
	}
}

void check_collect_objects(Checker *c)
{
	MethodDeclVec methods = {0};
	for (u32 i = 0; i < c->pkg->nfiles; i++) {
		SyntaxFile *f = c->pkg->files[i];
		f->scope = scope_new(c->a, c->pkg->scope, f->package_pos, f->eof);
		c->env = (Env){.scope = f->scope, .file = f, .version = check_file_version(c, f)};
		for (u32 k = 0; k < f->decls.n; k++) {
			Decl *d = f->decls.p[k];
			switch (d->kind) {
			case D_IMPORT:
				collect_import(c, f, d);
				break;
			case D_CONST:
				collect_const(c, f, d);
				break;
			case D_VAR:
				collect_var(c, f, d);
				break;
			case D_TYPE: {
				Expr *id = d->type.name;
				Object *o = object_new(c->a, OBJ_TYPENAME, id->pos, c->pkg, id->name.name, NULL);
				o->is_alias = d->type.alias;
				o->tname.decl = d;
				new_info(c, f, d, o);
				declare_pkg_obj(c, id, o);
				break;
			}
			case D_FUNC:
				collect_func(c, f, d, &methods);
				break;
			}
		}
	}
	c->env = (Env){0};
	check_file_names(c);
	for (u32 i = 0; i < methods.n; i++) {
		MethodDecl *m = &methods.p[i];
		bool ptr = m->ptr;
		Object *base = resolve_base(c, &ptr, m->recv);
		if (base) {
			m->obj->ptr_recv = ptr;
			vec_push(c->a, &base->info->methods, m->obj);
		}
	}
}

// Types first, then aliases, then all else: so that an alias is known where it is needed.
void check_package_objects(Checker *c)
{
	for (u32 i = 0; i < c->objs.n; i++) {
		Object *o = c->objs.p[i];
		if (o->kind == OBJ_TYPENAME && !o->info->decl->type.alias)
			check_obj_decl(c, o);
	}
	for (u32 i = 0; i < c->objs.n; i++) {
		Object *o = c->objs.p[i];
		if (o->kind == OBJ_TYPENAME && o->info->decl->type.alias)
			check_obj_decl(c, o);
	}
	for (u32 i = 0; i < c->objs.n; i++) {
		Object *o = c->objs.p[i];
		if (o->kind != OBJ_TYPENAME)
			check_obj_decl(c, o);
	}
}

void check_unused_imports(Checker *c)
{
	for (u32 i = 0; i < c->imports.n; i++) {
		Object *o = c->imports.p[i];
		if (o->used || name_is_blank(o->name))
			continue;
		hint_unused_import(c);
		Str path = o->pkgname.imported->path, elem = path_base(path), name = name_str(o->name);
		if (name.n == 0 || str_is(name, ".") || str_eq(name, elem))
			check_soft_error(c, o->pos, C_UnusedImport, "\"" STR_FMT "\" imported and not used", STR_ARG(path));
		else
			check_soft_error(c, o->pos, C_UnusedImport, "\"" STR_FMT "\" imported as %s and not used", STR_ARG(path),
				o->name->s);
	}
}
