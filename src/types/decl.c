// decl.c: declarations. An object is checked when it is first needed; while that goes on it is grey and lies on
// c->path, so that coming upon a grey object means a cycle, which is an error unless a type definition breaks
// it (types2/decl.go, cycles.go).
#include "types/check.h"

void check_declare(Checker *c, Scope *scope, Expr *id, Object *o, Pos scope_pos)
{
	if (!name_is_blank(o->name)) {
		Object *alt = scope_insert(c->a, scope, o);
		if (alt) {
			ErrMsg m = {.c = c, .code = C_DuplicateDecl};
			errmsg_add(&m, o->pos, "%s redeclared in this block", o->name->s);
			errmsg_add_alt_decl(&m, alt);
			errmsg_report(&m);
			return;
		}
		o->scope_pos = scope_pos;
		if (o->kind == OBJ_VAR && o->var_kind == VAR_LOCAL)
			vec_push(c->a, &c->locals, o);
	}
	if (o->kind == OBJ_VAR && o->var_kind == VAR_LOCAL)
		o->var.owner = (struct FuncLit *)c->env.funclit;
	if (id)
		id->name.obj = o;
}

void check_push(Checker *c, Object *o)
{
	o->color = GREY;
	vec_push(c->a, &c->path, o);
}

void check_pop(Checker *c)
{
	Object *o = vec_pop(&c->path);
	o->color = BLACK;
}

// The part of the path from o, which is grey, to its end.
static Object **path_from(Checker *c, Object *o, u32 *n)
{
	u32 i = c->path.n;
	while (i > 0 && c->path.p[i - 1] != o)
		i--;
	CHECK(i > 0);
	*n = c->path.n - (i - 1);
	return c->path.p + (i - 1);
}

u32 check_first_in_src(Object **path, u32 n)
{
	u32 first = 0;
	for (u32 i = 1; i < n; i++)
		if (path[i]->pos < path[first]->pos)
			first = i;
	return first;
}

static const char *cycle_name(Checker *c, Object *o)
{
	if (o->type && o->kind == OBJ_TYPENAME && o->type->kind == TY_NAMED && o->type->named.rec->orig)
		return TS(o->type);
	return str_fmt(c->a, "%s%s", check_pkg_prefix_c(c, o->pkg), o->name->s).p;
}

void check_cycle_error(Checker *c, Object **cycle, u32 n, u32 start)
{
	Object *o = cycle[start];
	bool is_type = o->kind == OBJ_TYPENAME;
	if (is_type && o->type && o->type->kind == TY_ALIAS)
		alias_set_rhs(o->type, TYPE(INVALID));
	if (n == 1) {
		if (is_type)
			check_error(c, o->pos, C_InvalidDeclCycle, "invalid recursive type: %s refers to itself", cycle_name(c, o));
		else
			check_error(c, o->pos, C_InvalidDeclCycle, "invalid cycle in declaration: %s refers to itself",
				cycle_name(c, o));
		return;
	}
	ErrMsg m = {.c = c, .code = C_InvalidDeclCycle};
	errmsg_add(&m, o->pos, is_type ? "invalid recursive type %s" : "invalid cycle in declaration of %s",
		cycle_name(c, o));
	for (u32 i = 0; i < n; i++) {
		Object *next = cycle[(start + i + 1) % n];
		errmsg_add(&m, o->pos, "%s refers to %s", cycle_name(c, o), cycle_name(c, next));
		o = next;
	}
	errmsg_report(&m);
}

void check_report_path_cycle(Checker *c, Object *o)
{
	u32 n;
	Object **cycle = path_from(c, o, &n);
	Object **copy = NEWN(c->a, Object *, n);
	memcpy(copy, cycle, n * sizeof *copy);
	check_cycle_error(c, copy, n, check_first_in_src(copy, n));
}

static bool valid_cycle(Checker *c, Object *o)
{
	u32 n, nval = 0, ndef = 0;
	Object **cycle = path_from(c, o, &n);
	for (u32 i = 0; i < n; i++) {
		Object *x = cycle[i];
		if (x->kind == OBJ_CONST || x->kind == OBJ_VAR) {
			nval++;
		} else if (x->kind == OBJ_TYPENAME) {
			if (c->env.in_tparam_list && x->type && type_is_generic(x->type))
				return true; // cycles through type parameter lists are fine
			if (!x->is_alias)
				ndef++;
		}
	}
	if (nval == n) // reported with the initialization order
		return true;
	if (nval == 0 && ndef > 0)
		return true;
	check_report_path_cycle(c, o);
	return false;
}

bool check_is_complete(Checker *c, Type *t)
{
	Type *seen = NULL; // after 1, 2, 4 ... steps: a cycle, which has been reported, comes back to it
	for (u32 steps = 1; t; steps++) {
		if (t == seen)
			return false;
		if ((steps & (steps - 1)) == 0)
			seen = t;
		Object *o;
		Type *rhs;
		if (t->kind == TY_ALIAS) {
			o = t->alias.obj;
			rhs = t->alias.rhs;
			if (t->alias.origin && t->alias.origin != t)
				o = NULL;
		} else if (t->kind == TY_NAMED) {
			NamedRec *r = t->named.rec;
			o = r->orig ? NULL : r->obj;
			rhs = r->rhs;
		} else {
			return true;
		}
		if (o) {
			if (o->pkg != c->pkg)
				return true;
			if (o->color == GREY) {
				check_report_path_cycle(c, o);
				return false;
			}
		}
		t = rhs;
	}
	return true;
}

// ---- types that are nothing but each other's names -----------------------------------------------

// Follows type A B; type B C; ... from one declared type; DeclInfo.body_state marks what was seen (types have no body).
static void direct_cycle(Checker *c, Object *o)
{
	enum { SEEN = 1, DONE = 2 };
	ObjectVec path = {0};
	for (;;) {
		if (o->info->body_state == DONE)
			break;
		if (o->info->body_state == SEEN) {
			u32 start = 0;
			while (path.p[start] != o)
				start++;
			o->type = TYPE(INVALID);
			check_cycle_error(c, path.p + start, path.n - start, check_first_in_src(path.p + start, path.n - start));
			break;
		}
		o->info->body_state = SEEN;
		vec_push(c->a, &path, o);
		Expr *rhs = o->info->decl->type.type;
		if (rhs->kind != E_NAME)
			break;
		Object *next = scope_lookup(c->pkg->scope, rhs->name.name);
		if (!next || next->kind != OBJ_TYPENAME || !next->info)
			break;
		o = next;
	}
	for (u32 i = 0; i < path.n; i++)
		path.p[i]->info->body_state = DONE;
}

void check_direct_cycles(Checker *c)
{
	for (u32 i = 0; i < c->objs.n; i++) {
		Object *o = c->objs.p[i];
		if (o->kind == OBJ_TYPENAME && o->info->decl->type.type->kind == E_NAME)
			direct_cycle(c, o);
	}
}

// ---- constants and variables ---------------------------------------------------------------------

static void const_decl(Checker *c, Object *o, Expr *type, Expr *init, bool inherited, u32 iota)
{
	const Const *saved_iota = c->env.iota;
	Pos saved_errpos = c->env.errpos;
	c->env.iota = const_i64(c->a, iota);
	c->env.errpos = 0;
	if (!o->constant.val)
		o->constant.val = (Const *)const_unknown();
	if (type) {
		Type *t = check_typ(c, type);
		if (!type_is(t, INFO_CONST)) {
			if (type_valid(type_under(t)))
				check_error(c, EPOS(type), C_InvalidConstType, "invalid constant type %s", TS(t));
			o->type = TYPE(INVALID);
			goto done;
		}
		o->type = t;
	}
	Operand x = {0};
	if (init) {
		if (inherited)
			c->env.errpos = o->pos;
		check_expr(c, NULL, &x, init);
	}
	check_init_const(c, o, &x);
done:
	c->env.iota = saved_iota;
	c->env.errpos = saved_errpos;
}

static void var_decl(Checker *c, Object *o, Object **lhs, u32 nlhs, Expr *type, Expr *init)
{
	c->env.object = o->pos;
	if (type)
		o->type = check_var_type(c, type);
	if (!init) {
		if (!type)
			o->type = TYPE(INVALID);
		return;
	}
	if (type && c->lazy && o->var_kind == VAR_PACKAGE) { // importers need no more
		for (u32 i = 0; i < nlhs; i++)
			lhs[i]->type = o->type;
		return;
	}
	if (nlhs <= 1) {
		Target tg;
		Operand x = {0};
		check_expr(c, check_target(c, &tg, o->type, name_str(o->name)), &x, init);
		check_init_var(c, o, &x, "variable declaration");
		return;
	}
	if (type)
		for (u32 i = 0; i < nlhs; i++)
			lhs[i]->type = o->type;
	check_init_vars(c, lhs, nlhs, &init, 1, NULL);
}

// ---- types ---------------------------------------------------------------------------------------

typedef struct TypeDeclCtx { Object *obj; Decl *decl; Type *rhs; bool version_err; } TypeDeclCtx;

static bool imported_constraint(Checker *c, Type *t)
{
	Type *n = t ? type_as_named(t) : NULL;
	if (!n || named_obj(n)->pkg == c->pkg || !named_obj(n)->pkg)
		return false;
	Type *u = type_under(n);
	return u && u->kind == TY_INTERFACE && !typeset_is_method_set(types_type_set(c, 0, u));
}

static void finish_type_decl(Checker *c, void *ctx)
{
	TypeDeclCtx *d = ctx;
	Type *t = d->obj->type ? type_as_named(d->obj->type) : NULL;
	if (t)
		check_valid_type(c, t);
	if (!d->version_err && imported_constraint(c, d->rhs))
		check_verify_version(c, EPOS(d->decl->type.type), GO1_18, "using type constraint %s", TS(d->rhs));
}

static void type_decl(Checker *c, Object *o, Decl *d)
{
	TypeDeclCtx *ctx = NEW(c->a, TypeDeclCtx);
	ctx->obj = o;
	ctx->decl = d;
	check_later(c, finish_type_decl, ctx);
	Field *tp0 = d->type.tparams.n ? d->type.tparams.p[0] : NULL;
	Pos tp_pos = tp0 ? (tp0->name ? tp0->name->pos : tp0->pos) : 0;
	Expr *e = d->type.type;
	if (d->type.alias) {
		if (tp0 && !check_verify_version(c, tp_pos, GO1_23, "generic type alias"))
			ctx->version_err = true;
		if (!ctx->version_err && !check_verify_version(c, d->pos, GO1_9, "type alias"))
			ctx->version_err = true;
		o->is_alias = true;
		Type *alias = alias_new(c, c->a, o, NULL);
		if (tp0) {
			check_open_scope(c, d->pos, 0);
			check_collect_tparams(c, &alias->alias.tparams, &alias->alias.ntparams, d->type.tparams);
		}
		Type *rhs = ctx->rhs = check_declared_type(c, e, o);
		alias_set_rhs(alias, rhs);
		if (rhs->kind == TY_TYPEPARAM)
			for (u32 i = 0; i < alias->alias.ntparams; i++)
				if (alias->alias.tparams[i] == rhs) {
					check_error(c, EPOS(e), C_MisplacedTypeParam,
						"cannot use type parameter declared in alias declaration as RHS");
					alias_set_rhs(alias, TYPE(INVALID));
				}
		if (tp0)
			check_close_scope(c);
		return;
	}
	if (tp0 && !check_verify_version(c, tp_pos, GO1_18, "type parameter"))
		ctx->version_err = true;
	Type *t = named_new(c, c->a, o, NULL);
	if (tp0) {
		check_open_scope(c, d->pos, 0);
		check_collect_tparams(c, &t->named.rec->tparams, &t->named.rec->ntparams, d->type.tparams);
	}
	Type *rhs = ctx->rhs = check_declared_type(c, e, o);
	named_set_rhs(t, rhs);
	if (type_is_typeparam(rhs)) {
		check_error(c, EPOS(e), C_MisplacedTypeParam, "cannot use a type parameter as RHS in type declaration");
		named_set_rhs(t, TYPE(INVALID));
	}
	if (tp0)
		check_close_scope(c);
}

Type *check_declare_tparam(Checker *c, Expr *name, Pos scope_pos)
{
	Object *o = object_new(c->a, OBJ_TYPENAME, name->pos, c->pkg, name->name.name, NULL);
	Type *t = type_new_typeparam(c, c->a, o, TYPE(INVALID));
	check_declare(c, c->env.scope, name, o, scope_pos);
	return t;
}

// A constraint; ~T and A|B alone stand for an interface of them.
static Type *bound(Checker *c, Expr *e)
{
	if ((e->kind == E_UNARY && e->op == OP_TILDE) || (e->kind == E_BINARY && e->op == OP_OR)) {
		Expr *i = expr_new(c->a, E_INTERFACETYPE, e->pos);
		Field *f = NEW(c->a, Field);
		i->implicit = true;
		f->pos = e->pos;
		f->type = e;
		f->embedded = true;
		vec_push(c->a, &i->iface.methods, f);
		Type *t = check_typ(c, i);
		if (t->kind == TY_INTERFACE)
			t->implicit = true;
		return t;
	}
	return check_typ(c, e);
}

void check_collect_tparams(Checker *c, Type ***tparams, u32 *n, FieldVec list)
{
	Type **tp = NEWN(c->a, Type *, list.n ? list.n : 1);
	Pos scope_pos = list.n ? list.p[0]->pos : 0;
	for (u32 i = 0; i < list.n; i++) {
		Expr *name = list.p[i]->name;
		if (!name) {
			name = expr_new(c->a, E_NAME, list.p[i]->pos);
			name->name.name = name_of_c("_");
		}
		tp[i] = check_declare_tparam(c, name, scope_pos);
		tp[i]->tparam.index = i;
	}
	// Known before the constraints, which may use the type that is being declared.
	*tparams = tp;
	*n = list.n;
	c->env.in_tparam_list = true;
	Type *b = NULL;
	for (u32 i = 0; i < list.n; i++) {
		if (i == 0 || list.p[i]->type != list.p[i - 1]->type) {
			b = list.p[i]->type ? bound(c, list.p[i]->type) : TYPE(INVALID);
			if (type_is_typeparam(b)) {
				check_error(c, EPOS(list.p[i]->type), C_MisplacedTypeParam, "cannot use a type parameter as constraint");
				b = TYPE(INVALID);
			}
		}
		tp[i]->tparam.bound = b;
	}
	c->env.in_tparam_list = false;
}

// spec: field and method names of a struct type are distinct.
static void field_uniqueness(Checker *c, void *ctx)
{
	Type *base = ctx, *u = type_under(base);
	if (u->kind != TY_STRUCT || named_nmethods(base) == 0)
		return;
	for (u32 i = 0; i < u->structt.n; i++) {
		Object *f = u->structt.fields[i];
		if (name_is_blank(f->name))
			continue;
		for (u32 k = 0; k < named_nmethods(base); k++) {
			Object *m = named_method(base, k);
			if (m->name != f->name)
				continue;
			ErrMsg e = {.c = c, .code = C_DuplicateFieldAndMethod};
			errmsg_add(&e, m->pos, "field and method with the same name %s", f->name->s);
			errmsg_add_alt_decl(&e, f);
			errmsg_report(&e);
		}
	}
}

static void method_later(Checker *c, void *m)
{
	check_obj_decl(c, m);
}

static void collect_methods(Checker *c, Object *o)
{
	ObjectVec methods = o->info->methods;
	if (methods.n == 0)
		return;
	o->info->methods = (ObjectVec){0};
	Type *base = o->type ? type_as_named(o->type) : NULL;
	if (base)
		check_later(c, field_uniqueness, base);
	Map seen = {0};
	for (u32 i = 0; i < methods.n; i++) {
		Object *m = methods.p[i], *alt = NULL;
		if (methods.n <= 8) {
			for (u32 k = 0; k < i && !alt; k++)
				if (methods.p[k]->name == m->name)
					alt = methods.p[k];
		} else if (!(alt = map_get(&seen, PKEY(m->name)))) {
			map_put(c->a, &seen, PKEY(m->name), m);
		}
		if (alt) {
			check_error(c, m->pos, C_DuplicateMethod, "method %s.%s already declared at " STR_FMT, o->name->s, m->name->s,
				STR_ARG(pos_fmt(c->a, alt->pos)));
			continue;
		}
		if (base)
			named_add_method(c, base, m);
		if (c->lazy) // who gets hold of the type may ask for any of them
			check_later(c, method_later, m);
	}
}

// ---- functions -----------------------------------------------------------------------------------

static void func_body_later(Checker *c, void *ctx)
{
	Object *o = ctx;
	DeclInfo *info = o->info;
	syntax_read_body(info->file, info->decl, c->cfg.parse, c->d);
	c->env.file = info->file;
	c->env.version = info->version;
	check_func_body(c, info, o->name, o->type, info->decl->func.body, NULL, NULL);
}

// A function that was left out, although something refers to it that is compiled, is not.
void check_wanted(Checker *c, Object *o)
{
	Decl *d = o->info && o->pkg == c->pkg ? o->info->decl : NULL;
	if (!d || !d->left_out || c->env.dead)
		return;
	d->left_out = false;
	if (o->color != BLACK || o->info->body_state || !d->func.body)
		return; // its declaration is still to be checked
	o->info->body_state = 1;
	check_later(c, func_body_later, o);
}

// What a function refers to that stays left out: for the initialization order.
void check_left_out(Checker *c, Object *o)
{
	DeclInfo *info = o->info;
	if (!info->decl->left_out || info->body_state || !info->decl->func.body)
		return;
	info->body_state = 1;
	c->env.dead = true;
	func_body_later(c, o);
	check_process_delayed(c, 0);
	c->env.dead = false;
}

static void func_decl(Checker *c, Object *o, DeclInfo *info)
{
	Decl *d = info->decl;
	Type *sig = o->type = type_new_func(c->a, NULL, c->no_results, c->no_results, false); // guards against cycles
	check_func_type(c, sig, d->func.recv, &d->func.tparams, d->func.type);
	if (d->func.tparams.n && !d->func.body)
		check_soft_error(c, d->pos, C_BadDecl, "generic function is missing function body");
	if (sig->func.recv && sig->func.recv->type) {
		bool ptr;
		Type *base = type_deref(sig->func.recv->type, &ptr);
		o->ptr_recv = ptr;
		o->func.recv_named = type_as_named(base);
	}
	if (!c->cfg.ignore_bodies && !c->lazy && d->func.body && !d->left_out) { // of a lazy package one body at a time
		info->body_state = 1;
		check_later(c, func_body_later, o);
	}
}

void check_obj_decl(Checker *c, Object *o)
{
	if (o->color == GREY) {
		switch (o->kind) {
		case OBJ_CONST:
		case OBJ_VAR:
			if (!valid_cycle(c, o) || !o->type)
				o->type = TYPE(INVALID);
			break;
		case OBJ_TYPENAME:
			if (!valid_cycle(c, o))
				o->type = TYPE(INVALID);
			break;
		case OBJ_FUNC:
			valid_cycle(c, o); // stays an empty signature
			break;
		}
		if (!o->type)
			o->type = TYPE(INVALID);
		return;
	}
	if (o->type)
		return;
	DeclInfo *info = o->info;
	CHECK(info);
	check_push(c, o);
	Env saved = c->env;
	c->env = (Env){.scope = info->scope, .file = info->file, .version = info->version, .object = o->pos};
	switch (o->kind) {
	case OBJ_CONST:
		c->env.decl = info;
		const_decl(c, o, info->vtype, info->init, info->inherited, info->iota);
		break;
	case OBJ_VAR:
		c->env.decl = info;
		var_decl(c, o, info->lhs, info->nlhs, info->vtype, info->init);
		break;
	case OBJ_TYPENAME:
		type_decl(c, o, info->decl);
		collect_methods(c, o);
		break;
	case OBJ_FUNC:
		func_decl(c, o, info);
		break;
	}
	c->env = saved;
	check_pop(c);
}

void check_func_body(Checker *c, DeclInfo *decl, Name name, Type *sig, FuncBody *body, Expr *funclit, const Const *iota)
{
	Env saved = c->env;
	u32 locals = c->locals.n;
	c->env = (Env){.decl = decl, .object = saved.object, .dead = saved.dead, .scope = sig->func.scope, .file = saved.file, .version = saved.version, .iota = iota,
		.sig = sig, .funclit = funclit};
	if (name)
		base_context(name->s, "types");
	check_stmt_list(c, 0, body->block->list);
	if (sig->func.results->tuple.n > 0 && !check_is_terminating_list(c, body->block->list, NULL))
		check_error(c, body->block->rbrace, C_MissingReturn, "missing return");
	for (u32 i = locals; i < c->locals.n; i++) {
		Object *v = c->locals.p[i];
		if (v->used)
			continue;
		hint_unused_var(c, v);
		check_soft_error(c, v->pos, C_UnusedVar, "declared and not used: %s", v->name->s);
	}
	c->locals.n = locals;
	c->env = saved;
}

// ---- declarations inside functions ---------------------------------------------------------------

static void local_consts(Checker *c, Decl *d)
{
	u32 top = c->delayed.n, n, nn = d->val.names.n;
	Expr **values = expr_list(&d->val.values, &n);
	Object **lhs = NEWN(c->a, Object *, nn ? nn : 1);
	for (u32 i = 0; i < nn; i++) {
		Expr *id = d->val.names.p[i];
		lhs[i] = object_new(c->a, OBJ_CONST, id->pos, c->pkg, id->name.name, NULL);
		const_decl(c, lhs[i], d->val.type, i < n ? values[i] : NULL, d->inherited, d->iota);
	}
	check_arity(c, d->pos, d->val.names, n, values, true, d->inherited);
	check_process_delayed(c, top);
	for (u32 i = 0; i < nn; i++)
		check_declare(c, c->env.scope, d->val.names.p[i], lhs[i], d->pos);
}

static void local_vars(Checker *c, Decl *d)
{
	u32 top = c->delayed.n, n, nn = d->val.names.n;
	Expr **values = expr_list(&d->val.values, &n);
	Object **lhs = NEWN(c->a, Object *, nn ? nn : 1);
	if (d->embeds.n)
		vec_push(c->a, &c->local_embeds, d);
	for (u32 i = 0; i < nn; i++) {
		Expr *id = d->val.names.p[i];
		lhs[i] = object_new_var(c->a, VAR_LOCAL, id->pos, c->pkg, id->name.name, NULL);
		lhs[i]->var.decl = d;
	}
	for (u32 i = 0; i < nn; i++) {
		Expr *init = n == nn || (n != 1 && i < n) ? values[i] : n == 1 ? values[0] : NULL;
		bool all = n == 1 && nn != 1;
		if (n == nn)
			lhs[i]->var.init = init;
		var_decl(c, lhs[i], all ? lhs : NULL, all ? nn : 0, d->val.type, init);
		if (n == 1)
			break; // one variable, or all got their types
	}
	if (!d->val.type || n > 0)
		check_arity(c, d->pos, d->val.names, n, values, false, false);
	check_process_delayed(c, top);
	for (u32 i = 0; i < nn; i++) {
		if (!lhs[i]->type)
			lhs[i]->type = TYPE(INVALID);
		check_declare(c, c->env.scope, d->val.names.p[i], lhs[i], d->pos);
	}
}

// Of the files before the current one: gc numbers them through the package.
static u32 local_types_before(Checker *c)
{
	u32 n = 0;
	for (u32 i = 0; i < c->pkg->nfiles && c->pkg->files[i] != c->env.file; i++)
		n += c->pkg->files[i]->nlocal_types;
	return n;
}

void check_decl_stmt(Checker *c, DeclVec decls)
{
	for (u32 i = 0; i < decls.n; i++) {
		Decl *d = decls.p[i];
		switch (d->kind) {
		case D_CONST:
			local_consts(c, d);
			break;
		case D_VAR:
			local_vars(c, d);
			break;
		case D_TYPE: {
			Expr *id = d->type.name;
			Object *o = object_new(c->a, OBJ_TYPENAME, id->pos, c->pkg, id->name.name, NULL);
			o->is_alias = d->type.alias;
			o->tname.decl = d;
			if (!d->type.alias)
				o->tname.gen = local_types_before(c) + d->type.local;
			check_declare(c, c->env.scope, id, o, id->pos);
			check_push(c, o);
			type_decl(c, o, d);
			check_pop(c);
			vec_push(c->a, &c->pkg->types, o);
			break;
		}
		default:
			check_error(c, d->pos, C_InvalidSyntaxTree, "unknown declaration");
		}
	}
}
