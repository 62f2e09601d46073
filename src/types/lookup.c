// lookup.c: what x.name means: fields and methods of a type, level by level through embedded fields, and whether
// and why not a type has the methods of an interface. Rules: doc/go_spec.html, "Selectors" and "Method sets".
#include "types/algebra.h"

// A type to be searched at the current depth, and how it is reached.
typedef struct Embedded {
	Type *type;
	u32 *path, npath;
	bool indirect;          // through a pointer
	bool multiple;          // several of it at this depth: whatever is found in it is ambiguous
} Embedded;
typedef VEC(Embedded) Level;

typedef struct Search {
	Arena *a;
	Package *pkg;
	Name name;
	bool fold;
	Object *found;
	bool indirect, ambiguous;
	u32 *path, npath;
} Search;

static bool is_it(Search *s, Object *o)
{
	if (!s->fold && o->name != s->name)
		return false;
	return object_same_id(o, s->pkg, s->name, s->fold);
}

static u32 *extend(Arena *a, const Embedded *e, u32 i)
{
	u32 *p = NEWN(a, u32, e->npath + 1);
	if (e->npath)
		memcpy(p, e->path, e->npath * sizeof *p);
	p[e->npath] = i;
	return p;
}

// False: a second one at this depth.
static bool hit(Search *s, Embedded *e, u32 i, Object *o)
{
	s->path = extend(s->a, e, i);
	s->npath = e->npath + 1;
	if (s->found || e->multiple) {
		s->found = NULL;
		s->ambiguous = true;
		return false;
	}
	s->found = o;
	s->indirect = e->indirect;
	return true;
}

static bool search_struct(Search *s, Embedded *e, Type *st, Level *next)
{
	for (u32 i = 0; i < st->structt.n; i++) {
		Object *f = st->structt.fields[i];
		if (is_it(s, f)) {
			if (!hit(s, e, i, f))
				return false;
			continue;
		}
		if (f->embedded && !s->found) {
			bool ptr;
			Type *t = type_deref(f->type, &ptr);
			Type *k = type_unalias(t);
			if (k->kind == TY_BASIC)
				continue; // has neither fields nor methods
			vec_push(s->a, next, (Embedded){t, extend(s->a, e, i), e->npath + 1, e->indirect || ptr, e->multiple});
		}
	}
	return true;
}

// Types of the level that are identical become one entry, marked.
static void merge_multiples(Level *l)
{
	u32 n = 0;
	for (u32 i = 0; i < l->n; i++) {
		u32 j = 0;
		while (j < n && !types_identical(l->p[j].type, l->p[i].type))
			j++;
		if (j < n)
			l->p[j].multiple = true;
		else
			l->p[n++] = l->p[i];
	}
	l->n = n;
}

static bool already_seen(TypeVec *seen, Type *t)
{
	for (u32 i = 0; i < seen->n; i++)
		if (types_identical(seen->p[i], t))
			return true;
	return false;
}

static void search(Search *s, Type *t)
{
	bool is_ptr;
	if (name_is_blank(s->name))
		return;
	t = type_deref(t, &is_ptr);
	if (is_ptr && type_is_interface(t))
		return; // pointers to interfaces have no methods
	Level cur = {0};
	TypeVec seen = {0};
	vec_push(s->a, &cur, (Embedded){.type = t, .indirect = is_ptr});
	while (cur.n > 0) {
		Level next = {0};
		for (u32 k = 0; k < cur.n; k++) {
			Embedded *e = &cur.p[k];
			Type *named = type_as_named(e->type);
			if (named) {
				if (already_seen(&seen, named))
					continue; // shadowed by itself, higher up
				vec_push(s->a, &seen, named);
				Object *m;
				int i = named_lookup_method(named, s->pkg, s->name, s->fold, &m);
				if (i >= 0) {
					if (!hit(s, e, (u32)i, m))
						return;
					continue;
				}
			}
			Type *u = type_under(e->type);
			if (u->kind == TY_STRUCT) {
				if (!search_struct(s, e, u, &next))
					return;
			} else if (u->kind == TY_INTERFACE) {
				u32 i;
				Object *m = typeset_lookup_method(types_type_set(NULL, 0, u), s->pkg, s->name, s->fold, &i);
				if (m && !hit(s, e, i, m))
					return;
			}
		}
		if (s->found)
			return;
		if (next.n > 1)
			merge_multiples(&next);
		cur = next;
	}
}

static bool has_ptr_recv(Object *m)
{
	if (m->type && m->type->kind == TY_FUNC && m->type->func.recv) {
		bool ptr;
		type_deref(m->type->func.recv->type, &ptr);
		return ptr;
	}
	return m->ptr_recv;
}

static Object *lookup_direct(Arena *a, Type *t, bool addressable, Package *pkg, Name name, bool fold, U32Vec *path, bool *indirect)
{
	Search s = {.a = a, .pkg = pkg, .name = name, .fold = fold};
	search(&s, t);
	if (path)
		*path = (U32Vec){0};
	*indirect = false;
	if (s.found && s.found->kind == OBJ_FUNC && has_ptr_recv(s.found) && !s.indirect && !addressable) {
		*indirect = true; // there is one, but it wants a pointer
		return NULL;
	}
	if (path && (s.found || s.ambiguous))
		*path = (U32Vec){s.path, s.npath, s.npath};
	if (s.found)
		*indirect = s.indirect;
	return s.found;
}

Object *types_lookup_fold(Arena *a, Type *t, bool addressable, Package *pkg, Name name, bool fold, U32Vec *path, bool *indirect)
{
	Type *n = type_as_named(t);
	if (n && type_under(n)->kind == TY_POINTER) {
		// A defined pointer type has the fields of what it points to, but no methods.
		Object *o = lookup_direct(a, type_under(n), false, pkg, name, fold, path, indirect);
		if (o && o->kind == OBJ_FUNC) {
			o = NULL;
			*indirect = false;
			if (path)
				*path = (U32Vec){0};
		}
		return o;
	}
	return lookup_direct(a, t, addressable, pkg, name, fold, path, indirect);
}

Object *types_lookup(Arena *a, Type *t, bool addressable, Package *pkg, Name name, U32Vec *path, bool *indirect)
{
	return types_lookup_fold(a, t, addressable, pkg, name, false, path, indirect);
}

int types_field_index(Type *st, Package *pkg, Name name, bool fold)
{
	if (name_is_blank(name))
		return -1;
	for (u32 i = 0; i < st->structt.n; i++) {
		Object *f = st->structt.fields[i];
		if ((fold || f->name == name) && object_same_id(f, pkg, name, fold))
			return (int)i;
	}
	return -1;
}

// ---- missing methods ----------------------------------------------------------------------------

bool type_is_interface_ptr(Type *t)
{
	Type *p = type_under(t);
	return p->kind == TY_POINTER && p->pointer.elem && type_is_interface(p->pointer.elem);
}

static Str interface_ptr_error(Checker *c, Type *t)
{
	bool param = type_is_typeparam(type_under(t)->pointer.elem);
	const char *what = param ? "type parameter" : "interface";
	return str_fmt(arena_for(c), "type %s is pointer to %s, not %s", TS(t), what, what);
}

typedef enum Lack { L_NONE, L_ABSENT, L_SPELLING, L_UNEXPORTED, L_SIGNATURE, L_AMBIGUOUS, L_PTR_RECV, L_FIELD, L_NOINTERFACE } Lack;

// What keeps concrete type v from having method m; *f is the method, field or near miss found.
static Lack lack_of(Checker *c, Type *v, Object *m, SameType same, void *ctx, Object **f)
{
	Arena *a = arena_for(c);
	U32Vec path;
	bool indirect;
	Object *o = lookup_direct(a, v, false, m->pkg, m->name, false, &path, &indirect);
	*f = o;
	if (!o) {
		if (path.n)
			return L_AMBIGUOUS;
		if (indirect)
			return L_PTR_RECV;
		o = lookup_direct(a, v, false, m->pkg, m->name, true, NULL, &indirect);
		if (!o || o->kind != OBJ_FUNC)
			return L_ABSENT;
		*f = o;
		return o->name == m->name ? L_UNEXPORTED : L_SPELLING;
	}
	if (o->kind != OBJ_FUNC) {
		*f = NULL;
		return L_FIELD;
	}
	if (c)
		check_obj_decl(c, o);
	if (!same(ctx, o->type, m->type))
		return L_SIGNATURE;
	return object_nointerface(o) ? L_NOINTERFACE : L_NONE;
}

static Str explain(Checker *c, Lack lack, Type *v, Type *iface, Object *m, Object *f)
{
	Arena *a = arena_for(c);
	const char *name = m->name->s;
	if (f && c)
		check_obj_decl(c, f);
	switch (lack) {
	case L_ABSENT: {
		bool pv = type_is_interface_ptr(v);
		if (pv || type_is_interface_ptr(iface)) {
			Str s = interface_ptr_error(c, pv ? v : iface);
			return str_fmt(a, "(" STR_FMT ")", STR_ARG(s));
		}
		return str_fmt(a, "(missing method %s)", name);
	}
	case L_SPELLING: {
		Str have = check_func_string(c, f, false), want = check_func_string(c, m, false);
		return str_fmt(a, "(missing method %s)\n\t\thave " STR_FMT "\n\t\twant " STR_FMT, name, STR_ARG(have), STR_ARG(want));
	}
	case L_UNEXPORTED:
		return str_fmt(a, "(unexported method %s)", name);
	case L_SIGNATURE: {
		Str have = check_func_string(c, f, false), want = check_func_string(c, m, false);
		if (str_eq(have, want)) {
			have = check_func_string(c, f, true);
			want = check_func_string(c, m, true);
		}
		if (str_eq(have, want))
			return str_fmt(a, "(wrong type for method %s)", name);
		return str_fmt(a, "(wrong type for method %s)\n\t\thave " STR_FMT "\n\t\twant " STR_FMT, name, STR_ARG(have), STR_ARG(want));
	}
	case L_AMBIGUOUS:
		return str_fmt(a, "(ambiguous selector %s.%s)", TS(v), name);
	case L_PTR_RECV:
		return str_fmt(a, "(method %s has pointer receiver)", name);
	case L_NOINTERFACE:
		return str_fmt(a, "(%s method is marked 'nointerface')", name);
	case L_FIELD:
		return str_fmt(a, "(%s.%s is a field, not a method)", TS(v), name);
	default:
		return (Str){0};
	}
}

Object *missing_method(Checker *c, Type *v, Type *iface, bool is_static, SameType same, void *ctx, Str *cause)
{
	const TypeSet *want = types_type_set(c, 0, type_under(iface));
	Type *u = type_under(v);
	for (u32 i = 0; i < want->nmethods; i++) {
		Object *m = want->methods[i], *f = NULL;
		Lack lack;
		if (u->kind == TY_INTERFACE) {
			f = typeset_lookup_method(types_type_set(c, 0, u), m->pkg, m->name, false, NULL);
			if (!f && !is_static)
				continue;
			lack = !f ? L_ABSENT : f == m || same(ctx, f->type, m->type) ? L_NONE : L_SIGNATURE;
		} else {
			lack = lack_of(c, v, m, same, ctx, &f);
		}
		if (lack == L_NONE)
			continue;
		if (cause)
			*cause = explain(c, lack, v, iface, m, f);
		return m;
	}
	return NULL;
}

static bool same_type(void *ctx, Type *x, Type *y)
{
	(void)ctx;
	return types_identical(x, y);
}

Object *check_missing_method(Checker *c, Type *v, Type *iface, bool is_static, Str *cause)
{
	return missing_method(c, v, iface, is_static, same_type, NULL, cause);
}

static bool invalid_embedded(Type *t, TypeVec *seen)
{
	Type *s = type_under(type_deref_struct_ptr(t));
	if (s->kind != TY_STRUCT)
		return false;
	for (u32 i = 0; i < seen->n; i++)
		if (seen->p[i] == s)
			return false;
	vec_push(types_late_arena(), seen, s);
	for (u32 i = 0; i < s->structt.n; i++) {
		Object *f = s->structt.fields[i];
		if (f->embedded && (!type_valid(f->type) || invalid_embedded(f->type, seen)))
			return true;
	}
	return false;
}

bool type_has_invalid_embedded(Type *t)
{
	TypeVec seen = {0};
	return invalid_embedded(t, &seen);
}

bool has_all_methods(Checker *c, Type *v, Type *iface, bool is_static, SameType same, void *ctx, Str *cause)
{
	return !type_valid(v) || !missing_method(c, v, iface, is_static, same, ctx, cause) || type_has_invalid_embedded(v);
}

// Whether a v.(t) can succeed: an interface t always may; a concrete t must have v's methods.
bool check_assertable_to(Checker *c, Type *v, Type *t, Str *cause)
{
	return type_is_interface(t) || has_all_methods(c, t, v, false, same_type, NULL, cause);
}

bool check_new_assertable_to(Checker *c, Type *v, Type *t, Str *cause)
{
	return type_is_interface(t) || check_implements(c, 0, t, v, false, cause);
}

// ---- explanations -------------------------------------------------------------------------------

// Equal but for the first character.
static bool same_tail(Name x, Name y)
{
	Str s = name_str(x), t = name_str(y);
	u32 ws = 0, wt = 0;
	if (s.n)
		utf8_decode(s.p, s.n, &ws);
	if (t.n)
		utf8_decode(t.p, t.n, &wt);
	return str_eq(str_from(s, ws), str_from(t, wt));
}

Str check_lookup_error(Checker *c, Type *t, Name sel, Object *obj, bool struct_lit)
{
	Arena *a = arena_for(c);
	enum { MISSING, MISSPELLED, UNEXPORTED, INACCESSIBLE } e = MISSING;
	const char *s = sel->s, *alt = obj ? obj->name->s : "", *what = "object";
	if (obj) {
		bool up = name_is_exported(obj->name);
		if (obj->pkg == c->pkg)
			e = MISSPELLED;
		else if (name_is_exported(sel))
			e = up ? MISSPELLED : same_tail(sel, obj->name) ? UNEXPORTED : MISSING;
		else if (up)
			e = same_tail(sel, obj->name) ? MISSPELLED : MISSING;
		else if (sel == obj->name)
			e = INACCESSIBLE;
		what = obj->kind == OBJ_VAR ? "field" : obj->kind == OBJ_FUNC ? "method" : what;
	}
	if (struct_lit) {
		switch (e) {
		case MISSPELLED:
			return str_fmt(a, "unknown field %s in struct literal of type %s, but does have %s", s, TS(t), alt);
		case UNEXPORTED:
			return str_fmt(a, "unknown field %s in struct literal of type %s, but does have unexported %s", s, TS(t), alt);
		case INACCESSIBLE:
			return str_fmt(a, "cannot refer to unexported field %s in struct literal of type %s", alt, TS(t));
		default:
			return str_fmt(a, "unknown field %s in struct literal of type %s", s, TS(t));
		}
	}
	switch (e) {
	case MISSPELLED:
		return str_fmt(a, "type %s has no field or method %s, but does have %s %s", TS(t), s, what, alt);
	case UNEXPORTED:
		return str_fmt(a, "type %s has no field or method %s, but does have unexported %s %s", TS(t), s, what, alt);
	case INACCESSIBLE:
		return str_fmt(a, "cannot refer to unexported %s %s", what, alt);
	default:
		return str_fmt(a, "type %s has no field or method %s", TS(t), s);
	}
}

Str check_func_string(Checker *c, Object *f, bool pkg_info)
{
	Buf b = {0};
	buf_c(&b, f->name->s);
	if (f->type && f->type->kind == TY_FUNC)
		signature_write(&b, pkg_info ? NULL : c, NULL, f->type, false, pkg_info);
	Str s = str_dup(arena_for(c), buf_view(&b));
	buf_free(&b);
	return s;
}
