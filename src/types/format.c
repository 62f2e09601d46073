// format.c: types, operands and objects in the words of gc's messages (types2/typestring.go, operand.go, object.go).
#include "types/algebra.h"

typedef struct Writer {
	Buf *b;
	Checker *c;             // qualifies as c does, if set; otherwise:
	Package *relative;      // objects of this package are not qualified
	bool by_name;           // others by package name instead of path
	bool no_param_names;
	bool pkg_info;          // annotate the first unexported field with its package
	const struct Nest *nest;
} Writer;
typedef struct Nest { Type *t; const struct Nest *up; } Nest;

static void write_type(Writer *w, Type *t);

// ---- qualification ------------------------------------------------------------------------------

// Packages reachable through imports, by name: a name that several have is not enough to tell them apart.
typedef struct PathList { struct PathList *next; Str path; } PathList;

static void mark_imports(Checker *c, Map *seen, Package *p)
{
	if (map_has(seen, PKEY(p)))
		return;
	map_put(c->a, seen, PKEY(p), p);
	Str name = name_str(p->name);
	PathList *l = strmap_get(&c->pkg_paths, name);
	PathList *i = l;
	while (i && !str_eq(i->path, p->path))
		i = i->next;
	if (!i) {
		i = NEW(c->a, PathList);
		i->path = p->path;
		i->next = l;
		strmap_put(c->a, &c->pkg_paths, name, i);
	}
	types_load(p);
	for (u32 k = 0; k < p->imports.n; k++)
		mark_imports(c, seen, p->imports.p[k]);
}

static void write_prefix(Writer *w, Package *p)
{
	if (!p)
		return;
	if (w->c) {
		Checker *c = w->c;
		if (p == c->pkg)
			return;
		if (!c->pkg_paths_done) {
			Map seen = {0};
			c->pkg_paths_done = true;
			mark_imports(c, &seen, c->pkg);
		}
		PathList *l = strmap_get(&c->pkg_paths, name_str(p->name));
		buf_str(w->b, l && l->next ? types_quote(c->a, p->path) : name_str(p->name));
	} else {
		if (p == w->relative)
			return;
		buf_str(w->b, w->by_name ? name_str(p->name) : p->path);
	}
	buf_u8(w->b, '.');
}

static void write_typename(Writer *w, Object *o)
{
	write_prefix(w, o->pkg);
	buf_str(w->b, name_str(o->name));
}

// ---- types --------------------------------------------------------------------------------------

static void write_list(Writer *w, Type **p, u32 n)
{
	buf_u8(w->b, '[');
	for (u32 i = 0; i < n; i++) {
		if (i)
			buf_c(w->b, ", ");
		write_type(w, p[i]);
	}
	buf_u8(w->b, ']');
}

// [P, Q any, R C]
static void write_tparams(Writer *w, Type **p, u32 n)
{
	buf_u8(w->b, '[');
	for (u32 i = 0; i < n; i++) {
		if (i) {
			if (p[i]->tparam.bound != p[i - 1]->tparam.bound) {
				buf_u8(w->b, ' ');
				write_type(w, p[i - 1]->tparam.bound);
			}
			buf_c(w->b, ", ");
		}
		write_type(w, p[i]);
	}
	if (n && p[n - 1]->tparam.bound) {
		buf_u8(w->b, ' ');
		write_type(w, p[n - 1]->tparam.bound);
	}
	buf_u8(w->b, ']');
}

static void write_tuple(Writer *w, Type *t, bool variadic)
{
	buf_u8(w->b, '(');
	for (u32 i = 0; i < t->tuple.n; i++) {
		Object *v = t->tuple.vars[i];
		if (i)
			buf_c(w->b, ", ");
		if (v->name && v->name->n && !w->no_param_names) {
			buf_str(w->b, name_str(v->name));
			buf_u8(w->b, ' ');
		}
		if (variadic && i == t->tuple.n - 1) {
			if (v->type->kind == TY_SLICE) {
				buf_c(w->b, "...");
				write_type(w, v->type->slice.elem);
			} else { // append([]byte, "string"...)
				write_type(w, v->type);
				buf_c(w->b, "...");
			}
		} else {
			write_type(w, v->type);
		}
	}
	buf_u8(w->b, ')');
}

static void write_signature(Writer *w, Type *t)
{
	if (t->func.ntparams)
		write_tparams(w, t->func.tparams, t->func.ntparams);
	write_tuple(w, t->func.params, t->variadic);
	Type *r = t->func.results;
	if (r->tuple.n == 0)
		return;
	buf_u8(w->b, ' ');
	if (r->tuple.n == 1 && (!r->tuple.vars[0]->name || r->tuple.vars[0]->name->n == 0))
		write_type(w, r->tuple.vars[0]->type);
	else
		write_tuple(w, r, false);
}

static void write_struct(Writer *w, Type *t)
{
	buf_c(w->b, "struct{");
	for (u32 i = 0; i < t->structt.n; i++) {
		Object *f = t->structt.fields[i];
		if (i)
			buf_c(w->b, "; ");
		bool annotate = w->pkg_info && !name_is_exported(f->name);
		if (annotate)
			w->pkg_info = false;
		if (!f->embedded) {
			buf_str(w->b, name_str(f->name));
			buf_u8(w->b, ' ');
		}
		write_type(w, f->type);
		if (annotate && f->pkg)
			buf_printf(w->b, " /* package " STR_FMT " */ ", STR_ARG(f->pkg->path));
		if (t->structt.tags && t->structt.tags[i].n) {
			Str q = types_quote(types_late_arena(), t->structt.tags[i]);
			buf_u8(w->b, ' ');
			buf_str(w->b, q);
		}
	}
	buf_u8(w->b, '}');
}

static void write_interface(Writer *w, Type *t)
{
	if (t == type_under(type_comparable())) {
		buf_c(w->b, "interface{comparable}");
		return;
	}
	if (t->implicit) {
		if (t->iface.methods.n == 0 && t->iface.embeds.n == 1) {
			write_type(w, t->iface.embeds.p[0]);
			return;
		}
		buf_c(w->b, "/* implicit */ ");
	}
	buf_c(w->b, "interface{");
	const char *sep = "";
	for (u32 i = 0; i < t->iface.methods.n; i++, sep = "; ") {
		Object *m = t->iface.methods.p[i];
		buf_c(w->b, sep);
		buf_str(w->b, name_str(m->name));
		if (m->type && m->type->kind == TY_FUNC)
			write_signature(w, m->type);
	}
	for (u32 i = 0; i < t->iface.embeds.n; i++, sep = "; ") {
		buf_c(w->b, sep);
		write_type(w, t->iface.embeds.p[i]);
	}
	buf_u8(w->b, '}');
}

static void write_chan(Writer *w, Type *t)
{
	Type *e = t->chan.elem;
	bool parens = t->dir == CHAN_BOTH && e && e->kind == TY_CHAN && e->dir == CHAN_RECV;
	buf_c(w->b, t->dir == CHAN_SEND ? "chan<- " : t->dir == CHAN_RECV ? "<-chan " : "chan ");
	if (parens)
		buf_u8(w->b, '(');
	write_type(w, e);
	if (parens)
		buf_u8(w->b, ')');
}

static void write_type(Writer *w, Type *t)
{
	if (!t) {
		buf_c(w->b, "<nil>");
		return;
	}
	for (const Nest *n = w->nest; n; n = n->up) {
		if (n->t == t && t->kind != TY_BASIC) {
			buf_c(w->b, "<cycle>");
			return;
		}
	}
	Nest here = {t, w->nest};
	w->nest = &here;
	switch ((TypeKind)t->kind) {
	case TY_BASIC:
		if (t == TYPE(UNSAFEPTR))
			write_prefix(w, types_unsafe_package());
		buf_c(w->b, basic_name(t));
		break;
	case TY_ARRAY:
		buf_printf(w->b, "[%lld]", (long long)t->array.len);
		write_type(w, t->array.elem);
		break;
	case TY_SLICE:
		buf_c(w->b, "[]");
		write_type(w, t->slice.elem);
		break;
	case TY_STRUCT:
		write_struct(w, t);
		break;
	case TY_POINTER:
		buf_u8(w->b, '*');
		write_type(w, t->pointer.elem);
		break;
	case TY_TUPLE:
		write_tuple(w, t, false);
		break;
	case TY_FUNC:
		buf_c(w->b, "func");
		write_signature(w, t);
		break;
	case TY_UNION:
		for (u32 i = 0; i < t->union_.n; i++) {
			if (i)
				buf_c(w->b, " | ");
			if (t->union_.terms[i].tilde)
				buf_u8(w->b, '~');
			write_type(w, t->union_.terms[i].type);
		}
		break;
	case TY_INTERFACE:
		write_interface(w, t);
		break;
	case TY_MAP:
		buf_c(w->b, "map[");
		write_type(w, t->map.key);
		buf_u8(w->b, ']');
		write_type(w, t->map.elem);
		break;
	case TY_CHAN:
		write_chan(w, t);
		break;
	case TY_NAMED: {
		NamedRec *r = named_rec(t);
		write_typename(w, r->obj);
		if (r->ntargs)
			write_list(w, r->targs, r->ntargs);
		else if (!r->orig && r->ntparams)
			write_tparams(w, r->tparams, r->ntparams);
		break;
	}
	case TY_TYPEPARAM: {
		Object *o = t->tparam.obj;
		buf_str(w->b, name_str(o->name));
		if (scope_lookup(types_universe(), o->name)) {
			Str at = pos_fmt(types_late_arena(), o->pos);
			buf_printf(w->b, " /* with %s declared at " STR_FMT " */", o->name->s, STR_ARG(at));
		}
		break;
	}
	case TY_ALIAS:
		write_typename(w, t->alias.obj);
		if (t->alias.ntargs)
			write_list(w, t->alias.targs, t->alias.ntargs);
		else if (t->alias.ntparams)
			write_tparams(w, t->alias.tparams, t->alias.ntparams);
		break;
	}
	w->nest = here.up;
}

void type_write(Buf *b, Checker *c, Package *relative, Type *t)
{
	Writer w = {.b = b, .c = c, .relative = relative};
	write_type(&w, t);
}

void signature_write(Buf *b, Checker *c, Package *relative, Type *sig, bool names, bool pkg_info)
{
	Writer w = {.b = b, .c = c, .relative = relative, .no_param_names = !names, .pkg_info = pkg_info};
	write_signature(&w, sig);
}

static Str take(Arena *a, Buf *b)
{
	Str s = str_dup(a, buf_view(b));
	buf_free(b);
	return s;
}

Str type_str(Arena *a, Type *t, Package *relative_to)
{
	Buf b = {0};
	Writer w = {.b = &b, .relative = relative_to, .by_name = true};
	write_type(&w, t);
	return take(a, &b);
}

const char *check_type_c(Checker *c, Type *t)
{
	Buf b = {0};
	type_write(&b, c, NULL, t);
	return take(arena_for(c), &b).p;
}

const char *check_types_c(Checker *c, Type **t, u32 n)
{
	Buf b = {0};
	for (u32 i = 0; i < n; i++) {
		if (i)
			buf_c(&b, ", ");
		type_write(&b, c, NULL, t[i]);
	}
	return take(arena_for(c), &b).p;
}

const char *check_expr_c(Checker *c, const Expr *e)
{
	return str_c(arena_for(c), expr_str(arena_for(c), e));
}

const char *check_pkg_prefix_c(Checker *c, Package *p)
{
	Buf b = {0};
	Writer w = {.b = &b, .c = c};
	write_prefix(&w, p);
	return take(arena_for(c), &b).p;
}

// ---- operands -----------------------------------------------------------------------------------

static const char *const mode_names[] = {
	[MODE_INVALID] = "invalid operand", [MODE_NOVALUE] = "no value", [MODE_BUILTIN] = "built-in", [MODE_TYPE] = "type",
	[MODE_CONST] = "constant", [MODE_VAR] = "variable", [MODE_MAPINDEX] = "map index expression", [MODE_VALUE] = "value",
	[MODE_NIL] = "nil", [MODE_COMMAOK] = "comma, ok expression", [MODE_COMMAERR] = "comma, error expression",
	[MODE_CGOFUNC] = "cgo function",
};

static void write_operand_type(Buf *b, Checker *c, Type *t)
{
	if (!type_valid(t)) {
		buf_c(b, " with invalid type");
		return;
	}
	Type *p = type_as_typeparam(t);
	buf_c(b, " of ");
	if (type_is_generic(t))
		buf_c(b, "generic ");
	if (!p && (t->kind == TY_ALIAS || t->kind == TY_NAMED)) {
		const char *what = type_compositeness(t);
		buf_printf(b, "%s ", *what ? what : basic_name(type_under(t)));
	}
	buf_c(b, "type ");
	type_write(b, c, NULL, t);
	if (p) {
		buf_c(b, " constrained by ");
		type_write(b, c, NULL, p->tparam.bound);
		if (type_has_empty_typeset(p))
			buf_c(b, " with empty type set");
	}
}

const char *check_operand_c(Checker *c, const Operand *x)
{
	Arena *a = arena_for(c);
	if (x->mode == MODE_NIL) {
		if (!x->type || x->type == TYPE(INVALID))
			return "nil (with invalid type)";
		if (x->type == TYPE(UNTYPED_NIL))
			return "nil";
		return str_fmt(a, "nil (of type %s)", TS(x->type)).p;
	}
	Str expr = {0};
	if (x->expr)
		expr = expr_str(a, x->expr);
	else if (x->mode == MODE_BUILTIN)
		expr = str(builtin_info[x->builtin].name);
	else if (x->mode == MODE_TYPE)
		expr = str(TS(x->type));
	else if (x->mode == MODE_CONST)
		expr = const_str(a, x->val);
	Buf b = {0};
	if (expr.n) {
		buf_str(&b, expr);
		buf_c(&b, " (");
	}
	bool has_type = false;
	if (x->mode != MODE_INVALID && x->mode != MODE_NOVALUE && x->mode != MODE_BUILTIN && x->mode != MODE_TYPE && x->type) {
		if (type_is_untyped(x->type))
			buf_printf(&b, "%s ", basic_name(x->type));
		else
			has_type = true;
	}
	buf_c(&b, mode_names[x->mode]);
	if (x->mode == MODE_CONST && x->val) {
		Str s = const_str(a, x->val);
		if (!str_eq(s, expr)) {
			buf_u8(&b, ' ');
			buf_str(&b, s);
		}
	}
	if (has_type)
		write_operand_type(&b, c, x->type);
	if (expr.n)
		buf_u8(&b, ')');
	return take(a, &b).p;
}

// ---- objects ------------------------------------------------------------------------------------

static void write_func(Writer *w, Object *f)
{
	Type *sig = f->type && f->type->kind == TY_FUNC ? f->type : NULL;
	buf_c(w->b, "func ");
	if (sig && sig->func.recv) {
		buf_u8(w->b, '(');
		if (sig->func.recv->type->kind == TY_INTERFACE)
			buf_c(w->b, "interface");
		else
			write_type(w, sig->func.recv->type);
		buf_c(w->b, ").");
	} else if (sig) {
		write_prefix(w, f->pkg);
	}
	buf_str(w->b, name_str(f->name));
	if (sig)
		write_signature(w, sig);
}

static void write_object(Writer *w, Object *o)
{
	Type *t = o->type;
	Buf *b = w->b;
	switch ((ObjectKind)o->kind) {
	case OBJ_PKGNAME: {
		Str path = o->pkgname.imported ? o->pkgname.imported->path : (Str){0};
		buf_printf(b, "package %s", o->name->s);
		if (path.n && !str_eq(path, name_str(o->name)))
			buf_printf(b, " (\"" STR_FMT "\")", STR_ARG(path));
		return;
	}
	case OBJ_CONST:
		buf_c(b, "const");
		break;
	case OBJ_TYPENAME:
		buf_c(b, t && type_is_typeparam(t) ? "type parameter" : "type");
		break;
	case OBJ_VAR:
		buf_c(b, o->var_kind == VAR_FIELD ? "field" : "var");
		break;
	case OBJ_FUNC:
		write_func(w, o);
		return;
	case OBJ_LABEL:
		buf_printf(b, "label %s", o->name->s);
		return;
	case OBJ_BUILTIN:
		buf_printf(b, "builtin %s", o->name->s);
		return;
	case OBJ_NIL:
		buf_c(b, "nil");
		return;
	}
	buf_u8(b, ' ');
	if (o->pkg && scope_lookup(o->pkg->scope, o->name) == o)
		write_prefix(w, o->pkg);
	buf_str(b, name_str(o->name));
	if (!t)
		return;
	if (o->kind == OBJ_TYPENAME) {
		if (t->kind == TY_BASIC)
			return;
		if (t->kind == TY_NAMED && !named_rec(t)->orig && named_rec(t)->ntparams)
			write_tparams(w, named_rec(t)->tparams, named_rec(t)->ntparams);
		else if (t->kind == TY_ALIAS && t->alias.ntparams)
			write_tparams(w, t->alias.tparams, t->alias.ntparams);
		if (t->kind == TY_ALIAS || (t->kind == TY_NAMED && named_obj(t) != o)) {
			buf_c(b, " =");
			if (t->kind == TY_ALIAS)
				t = t->alias.rhs;
		} else if (t->kind == TY_TYPEPARAM) {
			t = t->tparam.bound;
		} else {
			t = type_under(t);
		}
	}
	buf_u8(b, ' ');
	write_type(w, t);
}

const char *check_object_c(Checker *c, Object *o)
{
	Buf b = {0};
	Writer w = {.b = &b, .c = c};
	write_object(&w, o);
	return take(arena_for(c), &b).p;
}
