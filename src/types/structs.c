// structs.c: struct, interface and function types, receivers and parameters (types2/struct.go, interface.go,
// signature.go).
#include <stdlib.h>

#include "types/check.h"

// ---- structs -------------------------------------------------------------------------------------

static Expr *embedded_ident(Expr *e)
{
	switch (e->kind) {
	case E_NAME:
		return e;
	case E_UNARY:
		if (e->op == OP_MUL && !(e->unary.x->kind == E_UNARY && e->unary.x->op == OP_MUL)) // *T, but not **T
			return embedded_ident(e->unary.x);
		break;
	case E_SELECTOR:
		return e->sel.sel;
	case E_INDEX:
		return embedded_ident(e->index.x);
	}
	return NULL;
}

typedef struct EmbeddedCtx { Type *t; Pos pos; } EmbeddedCtx;

static void embedded_later(Checker *c, void *p)
{
	EmbeddedCtx *k = p;
	bool is_ptr;
	Type *t = type_deref(k->t, &is_ptr), *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC:
		if (u->basic == B_UNSAFEPTR)
			check_error(c, k->pos, C_InvalidPtrEmbed, "embedded field type cannot be unsafe.Pointer");
		break;
	case TY_POINTER:
		check_error(c, k->pos, C_InvalidPtrEmbed, "embedded field type cannot be a pointer");
		break;
	case TY_INTERFACE:
		if (type_is_typeparam(t))
			check_error(c, k->pos, C_MisplacedTypeParam, "embedded field type cannot be a (pointer to a) type parameter");
		else if (is_ptr)
			check_error(c, k->pos, C_InvalidPtrEmbed, "embedded field type cannot be a pointer to an interface");
		break;
	}
}

static Str struct_tag(Checker *c, Expr *e)
{
	Str s = {0};
	if (!e || e->kind != E_LIT || e->lit.bad)
		return s;
	if (e->lit.kind != LIT_STRING || !syntax_unquote(c->a, e->lit.text, &s))
		check_error(c, EPOS(e), C_InvalidSyntaxTree, "incorrect tag syntax: " STR_FMT, STR_ARG(e->lit.text));
	return s;
}

void check_struct_type(Checker *c, Type *t, Expr *e)
{
	u32 nf = e->structt.fields.n, n = 0;
	if (nf == 0)
		return;
	Object **fields = NEWN(c->a, Object *, nf);
	Str *tags = NULL;
	Type *typ = NULL;
	Expr *prev = NULL;
	Map seen = {0};
	for (u32 i = 0; i < nf; i++) {
		Field *f = e->structt.fields.p[i];
		if (i == 0 || f->type != prev) {
			typ = check_var_type(c, f->type);
			prev = f->type;
		}
		Str tag = i < e->structt.tags.n ? struct_tag(c, e->structt.tags.p[i]) : (Str){0};
		Expr *id = f->name;
		Type *ft = typ;
		bool embedded = !f->name;
		if (embedded) {
			Pos pos = EPOS(f->type);
			id = embedded_ident(f->type);
			if (!id) {
				check_error(c, pos, C_InvalidSyntaxTree, "invalid embedded field type %s", ES(f->type));
				id = expr_new(c->a, E_NAME, pos);
				id->name.name = name_of_c("_");
				ft = typ = TYPE(INVALID);
				tag = (Str){0};
			} else {
				EmbeddedCtx *k = NEW(c->a, EmbeddedCtx);
				k->t = ft;
				k->pos = pos;
				check_later(c, embedded_later, k);
			}
		}
		Object *o = object_new_var(c->a, VAR_FIELD, id->pos, c->pkg, id->name.name, ft);
		o->embedded = embedded;
		if (!name_is_blank(o->name)) {
			Object *alt = NULL;
			if (nf <= 16) {
				for (u32 k = 0; k < n && !alt; k++)
					if (fields[k]->name == o->name)
						alt = fields[k];
			} else if (!(alt = map_get(&seen, PKEY(o->name)))) {
				map_put(c->a, &seen, PKEY(o->name), o);
			}
			if (alt) {
				ErrMsg m = {.c = c, .code = C_DuplicateDecl};
				errmsg_add(&m, o->pos, "%s redeclared", o->name->s);
				errmsg_add_alt_decl(&m, alt);
				errmsg_report(&m);
				continue;
			}
		}
		if (tag.n && !tags)
			tags = NEWN(c->a, Str, nf);
		if (tags)
			tags[n] = tag;
		o->var.index = n;
		fields[n++] = o;
		if (!embedded)
			id->name.obj = o;
	}
	t->structt.fields = fields;
	t->structt.n = n;
	t->structt.tags = tags;
}

// ---- interfaces ----------------------------------------------------------------------------------

Type *check_new_interface(Checker *c)
{
	Type *t = type_new_interface(c->a, c);
	t->iface.check = c;
	t->iface.pkg = c->pkg;
	return t;
}

typedef struct IfaceCtx { Type *t; Pos pos; } IfaceCtx;

static void type_set_later(Checker *c, void *p)
{
	IfaceCtx *k = p;
	types_type_set(c, k->pos, k->t);
}

static int method_cmp(const void *x, const void *y)
{
	const Object *a = *(Object *const *)x, *b = *(Object *const *)y;
	bool ea = name_is_exported(a->name), eb = name_is_exported(b->name);
	if (ea != eb)
		return ea ? -1 : 1;
	int r = str_cmp(name_str(a->name), name_str(b->name));
	if (r == 0)
		r = a->pos < b->pos ? -1 : a->pos > b->pos;
	return r;
}

void check_interface_type(Checker *c, Type *t, Expr *e, Object *def)
{
	for (u32 i = 0; i < e->iface.methods.n; i++) {
		Field *f = e->iface.methods.p[i];
		if (!f->name) {
			u32 cap = t->iface.embeds.n;
			Type *emb = check_parse_union(c, f->type);
			vec_push(c->a, &t->iface.embeds, emb);
			Pos *pos = NEWN(c->a, Pos, cap + 1);
			if (cap)
				memcpy(pos, t->iface.embed_pos, cap * sizeof *pos);
			pos[cap] = EPOS(f->type);
			t->iface.embed_pos = pos;
			continue;
		}
		Name name = f->name->name.name;
		if (name_is_blank(name)) {
			check_error(c, f->name->pos, C_BlankIfaceMethod, "methods must have a unique non-blank name");
			continue;
		}
		Type *sig = check_typ(c, f->type);
		if (sig->kind != TY_FUNC) {
			if (type_valid(sig))
				check_error(c, EPOS(f->type), C_InvalidSyntaxTree, "%s is not a method signature", TS(sig));
			continue;
		}
		Type *recv = t; // the named type, if there is one, for better messages
		if (def && def->type) {
			Type *n = type_as_named(def->type);
			if (n)
				recv = n;
		}
		sig->func.recv = object_new_var(c->a, VAR_RECV, f->name->pos, c->pkg, name_of_c(""), recv);
		Object *m = object_new_func(c->a, f->name->pos, c->pkg, name, sig);
		m->is_interface_method = true;
		f->name->name.obj = m;
		vec_push(c->a, &t->iface.methods, m);
	}
	t->iface.complete = true;
	vec_push(c->a, &c->iface_exprs, e);
	if (t->iface.methods.n == 0 && t->iface.embeds.n == 0)
		return;
	if (t->iface.methods.n > 1)
		qsort(t->iface.methods.p, t->iface.methods.n, sizeof(Object *), method_cmp);
	IfaceCtx *k = NEW(c->a, IfaceCtx);
	k->t = t;
	k->pos = e->pos;
	check_later(c, type_set_later, k);
}

// ---- receivers -----------------------------------------------------------------------------------

static Type *unpointer(Type *t)
{
	while (t && t->kind == TY_POINTER)
		t = t->pointer.elem;
	return t;
}

typedef struct RecvCtx { Pos pos; Object *recv; } RecvCtx;

static void valid_recv(Checker *c, void *p)
{
	RecvCtx *k = p;
	bool is_ptr;
	Type *rtyp = type_deref(k->recv->type, &is_ptr), *t = type_unalias(rtyp);
	if (!type_valid(t))
		return;
	if (t->kind == TY_NAMED) {
		if (named_obj(t)->pkg != c->pkg) {
			check_error(c, k->pos, C_InvalidRecv, "cannot define new methods on non-local type %s", TS(rtyp));
			return;
		}
		Type *u = type_under(t);
		const char *cause = NULL;
		if (u->kind == TY_BASIC && u->basic == B_UNSAFEPTR)
			cause = "unsafe.Pointer";
		else if (u->kind == TY_POINTER || u->kind == TY_INTERFACE)
			cause = "pointer or interface type";
		if (cause)
			check_error(c, k->pos, C_InvalidRecv, "invalid receiver type %s (%s)", TS(rtyp), cause);
	} else if (t->kind == TY_BASIC) {
		check_error(c, k->pos, C_InvalidRecv, "cannot define new methods on non-local type %s", TS(rtyp));
	} else {
		check_error(c, k->pos, C_InvalidRecv, "invalid receiver type %s", TS(k->recv->type));
	}
}

// (*(T[P])), *(T[P]), (T[P]), T[P]: all get their type recorded.
static void record_recv_types(Checker *c, Expr *e, Type *t)
{
	for (;;) {
		check_record_types(c, e, MODE_TYPE, t, NULL);
		if (e->kind == E_PAREN) {
			e = e->x;
		} else if (e->kind == E_UNARY && e->op == OP_MUL) {
			if (t->kind != TY_POINTER)
				return;
			e = e->unary.x;
			t = t->pointer.elem;
		} else {
			return;
		}
	}
}

static Object *collect_recv(Checker *c, Field *f, Pos scope_pos, Type ***tparams, u32 *ntparams)
{
	bool ptr;
	Expr *base;
	ExprVec names = {0};
	check_unpack_recv(c, f->type, true, &ptr, &base, &names);
	Type *recv_type = TYPE(INVALID);
	if (names.n == 0) {
		recv_type = check_var_type(c, f->type);
		Type *a = unpointer(recv_type);
		while (a && a->kind == TY_ALIAS) {
			Type *b = unpointer(a->alias.rhs);
			if (b && ((b->kind == TY_NAMED && named_tparams(b).n) || (b->kind == TY_ALIAS && b->alias.ntparams))) {
				check_error(c, EPOS(base), C_InvalidRecv, "cannot define new methods on instantiated type %s", TS(b));
				recv_type = TYPE(INVALID);
				break;
			}
			a = b;
		}
	} else {
		Type *bt = NULL;
		Str cause = {0};
		Type *t = check_generic_type(c, base, &cause);
		if (type_valid(t)) {
			if (t->kind == TY_NAMED)
				bt = t;
			else
				check_error(c, EPOS(base), C_InvalidRecv, "cannot define new methods on generic alias type %s", TS(t));
		} else if (cause.n) {
			check_error(c, EPOS(base), C_InvalidRecv, STR_FMT, STR_ARG(cause));
		}
		// They are declared behind the base, which they may hide.
		Type **tp = NEWN(c->a, Type *, names.n);
		for (u32 i = 0; i < names.n; i++) {
			tp[i] = check_declare_tparam(c, names.p[i], scope_pos);
			tp[i]->tparam.index = i;
			names.p[i]->name.obj = tp[i]->tparam.obj;
			check_record_types(c, names.p[i], MODE_TYPE, tp[i], NULL);
		}
		*tparams = tp;
		*ntparams = names.n;
		if (bt) {
			TypeList bp = named_tparams(bt);
			if (bp.n == names.n) {
				for (u32 i = 0; i < names.n; i++) {
					check_mono_record_canon(c, tp[i], bp.p[i]);
					tp[i]->tparam.bound = check_subst(c, tp[i]->tparam.obj->pos, bp.p[i]->tparam.bound, bp.p, tp,
						names.n, NULL);
				}
			} else {
				check_error(c, EPOS(base), C_BadRecv, "receiver declares %u type parameter%s, but receiver base type declares %u",
					names.n, names.n == 1 ? "" : "s", bp.n);
			}
			check_verify_version(c, EPOS(base), GO1_18, "type instantiation");
			Type **targs = NEWN(c->a, Type *, names.n);
			memcpy(targs, tp, names.n * sizeof *tp);
			recv_type = check_instance(c, f->type->pos, bt, targs, names.n, NULL);
			check_record_instance(c, base, targs, names.n);
			if (ptr && type_valid(recv_type))
				recv_type = type_new_pointer(c->a, recv_type);
			record_recv_types(c, f->type, recv_type);
		}
	}
	Object *recv;
	if (f->name) {
		recv = object_new_var(c->a, VAR_RECV, f->name->pos, c->pkg, f->name->name.name, recv_type);
		f->name->name.obj = recv;
	} else {
		recv = object_new_var(c->a, VAR_RECV, f->pos, c->pkg, name_of_c(""), recv_type);
	}
	RecvCtx *k = NEW(c->a, RecvCtx);
	k->pos = EPOS(base);
	k->recv = recv;
	check_later(c, valid_recv, k);
	return recv;
}

// ---- parameters ----------------------------------------------------------------------------------

static Type *collect_params(Checker *c, VarKind kind, FieldVec list, bool *variadic)
{
	if (list.n == 0)
		return c->no_results;
	Object **vars = NEWN(c->a, Object *, list.n);
	bool named = false, anonymous = false;
	Type *t = NULL;
	Expr *prev = NULL;
	for (u32 i = 0; i < list.n; i++) {
		Field *f = list.p[i];
		if (f->type != prev || i == 0) {
			Expr *e = prev = f->type;
			if (e->kind == E_DOTSTYPE) {
				if (kind == VAR_PARAM && i == list.n - 1 && variadic)
					*variadic = true;
				else
					check_error(c, EPOS(e), C_InvalidSyntaxTree, "invalid use of ...");
				e = e->x;
			}
			t = check_var_type(c, e);
		}
		if (f->name) {
			vars[i] = object_new_var(c->a, kind, f->name->pos, c->pkg, f->name->name.name, t);
			f->name->name.obj = vars[i];
			named = true;
		} else {
			vars[i] = object_new_var(c->a, kind, f->pos, c->pkg, name_of_c(""), t);
			anonymous = true;
		}
		vars[i]->var.index = i;
	}
	if (named && anonymous)
		check_error(c, list.p[0]->pos, C_InvalidSyntaxTree, "list contains both named and anonymous parameters");
	if (variadic && *variadic) {
		Object *last = vars[list.n - 1];
		last->type = type_new_slice(c->a, last->type);
		check_record_types(c, list.p[list.n - 1]->type, MODE_TYPE, last->type, NULL);
	}
	return type_new_tuple(c->a, vars, list.n);
}

static void declare_params(Checker *c, FieldVec list, Type *tuple, Pos scope_pos)
{
	for (u32 i = 0; i < list.n; i++)
		if (list.p[i]->name && list.p[i]->name->name.name->n)
			check_declare(c, c->env.scope, list.p[i]->name, tuple->tuple.vars[i], scope_pos);
}

void check_func_type(Checker *c, Type *sig, Field *recv_field, FieldVec *tparams, Expr *ft)
{
	check_open_scope(c, ft->pos, 0);
	c->env.scope->is_func = true;
	sig->func.scope = c->env.scope;
	Object *recv = NULL;
	Type **rtp = NULL;
	u32 nrtp = 0;
	if (recv_field)
		recv = collect_recv(c, recv_field, ft->pos, &rtp, &nrtp);
	if (tparams && tparams->n)
		check_collect_tparams(c, &sig->func.tparams, &sig->func.ntparams, *tparams);
	bool variadic = false;
	Type *params = collect_params(c, VAR_PARAM, ft->func.params, &variadic);
	Type *results = collect_params(c, VAR_RESULT, ft->func.results, NULL);
	Pos scope_pos = ft->pos;
	if (recv && recv->name->n)
		check_declare(c, c->env.scope, recv_field->name, recv, scope_pos);
	declare_params(c, ft->func.params, params, scope_pos);
	declare_params(c, ft->func.results, results, scope_pos);
	sig->func.recv = recv;
	sig->func.recv_tparams = rtp;
	sig->func.nrecv_tparams = nrtp;
	sig->func.params = params;
	sig->func.results = results;
	sig->variadic = variadic;
	check_close_scope(c);
}
