// gcexport.c: see gcexport.h. The format is a bit stream of elements in ten sections (strings, packages, types, objects
// ...); an element refers to others through a table at its begin. As gc's linker of export data does it, declarations
// of other packages that are reached are written, too. Facts: internal/pkgbits, cmd/compile/internal/noder/writer.go,
// go/internal/gcimporter/ureader.go.
#include "build/gcexport.h"

#include "obj/obj.h"

#include <gmp.h>
#include <stdlib.h>

enum { UIR_VERSION = 5 };
enum Section { SEC_STRING, SEC_META, SEC_POSBASE, SEC_PKG, SEC_NAME, SEC_TYPE, SEC_OBJ, SEC_OBJEXT, SEC_OBJDICT, SEC_BODY, SECTIONS };
enum { VAL_BOOL, VAL_STRING, VAL_INT64, VAL_BIG_INT, VAL_BIG_RAT, VAL_BIG_FLOAT };
enum { TAG_BASIC, TAG_NAMED, TAG_POINTER, TAG_SLICE, TAG_ARRAY, TAG_CHAN, TAG_MAP, TAG_SIGNATURE, TAG_STRUCT, TAG_INTERFACE, TAG_UNION, TAG_TYPEPARAM };
typedef enum ObjCode { O_ALIAS, O_CONST, O_TYPE, O_FUNC, O_VAR, O_STUB } ObjCode;

typedef VEC(Str) Elems;

typedef struct Writer {
	Arena *a;
	Package *self;
	Str self_path;
	Elems sections[SECTIONS];
	StrMap strings, posbases;       // -> number + 1
	Map pkgs, types, objs;          // pointer -> number + 1
} Writer;

// A type by its number, in the section or among those derived from type parameters.
typedef struct TypeInfo { u32 idx; bool derived; } TypeInfo;

// What one declaration makes of its type parameters.
typedef struct Dict {
	Type **receivers; u32 nreceivers;       // of a generic method
	Map derived_idx;                        // Type * -> number in derived + 1
	VEC(u32) derived;                       // of types
} Dict;

// An element being written. Elements nest: a type is written while the object that mentions it is.
typedef struct Elem {
	Writer *w;
	u32 section, idx;
	Buf data;
	VEC(u64) refs;          // section << 32 | number
	Dict *dict;
	bool derived;           // a type parameter occurs in it
} Elem;

// ---- elements -----------------------------------------------------------------------------------

static u32 reserve(Writer *w, u32 section)
{
	vec_push(w->a, &w->sections[section], S(""));
	return w->sections[section].n - 1;
}

static Elem *elem_at(Writer *w, u32 section, u32 idx, Dict *d)
{
	Elem *e = NEW(w->a, Elem);
	*e = (Elem){.w = w, .section = section, .idx = idx, .dict = d};
	return e;
}

static Elem *elem_new(Writer *w, u32 section, Dict *d)
{
	return elem_at(w, section, reserve(w, section), d);
}

static u32 flush(Elem *e)
{
	Buf b = {0};
	buf_uvarint(&b, e->refs.n);
	for (u32 i = 0; i < e->refs.n; i++) {
		buf_uvarint(&b, e->refs.p[i] >> 32);
		buf_uvarint(&b, (u32)e->refs.p[i]);
	}
	buf_bytes(&b, e->data.p, e->data.n);
	e->w->sections[e->section].p[e->idx] = str_dup(e->w->a, buf_view(&b));
	buf_free(&b);
	buf_free(&e->data);
	return e->idx;
}

static void put_len(Elem *e, u64 n) { buf_uvarint(&e->data, n); }

static bool put_bool(Elem *e, bool b)
{
	buf_u8(&e->data, b);
	return b;
}

static void put_ref(Elem *e, u32 section, u32 idx)
{
	u64 ref = (u64)section << 32 | idx;
	u32 i = 0;
	while (i < e->refs.n && e->refs.p[i] != ref)
		i++;
	if (i == e->refs.n)
		vec_push(e->w->a, &e->refs, ref);
	put_len(e, i);
}

static void *numbered(u32 idx) { return (void *)(uintptr_t)(idx + 1); }

static bool number_of(void *found, u32 *idx)
{
	*idx = (u32)(uintptr_t)found - 1;
	return found != NULL;
}

static void put_str(Elem *e, Str s)
{
	Writer *w = e->w;
	u32 idx;
	if (!number_of(strmap_get(&w->strings, s), &idx)) {
		idx = reserve(w, SEC_STRING);
		w->sections[SEC_STRING].p[idx] = str_dup(w->a, s); // raw: without references
		strmap_put(w->a, &w->strings, w->sections[SEC_STRING].p[idx], numbered(idx));
	}
	put_ref(e, SEC_STRING, idx);
}

static void put_pos(Elem *e, Pos p)
{
	Writer *w = e->w;
	if (!put_bool(e, p != 0))
		return;
	Str file;
	u32 line, col, idx;
	pos_resolve(p, &file, &line, &col);
	if (!number_of(strmap_get(&w->posbases, file), &idx)) {
		Elem *b = elem_new(w, SEC_POSBASE, NULL);
		put_str(b, file);
		put_bool(b, true); // a file, not a //line directive
		idx = flush(b);
		strmap_put(w->a, &w->posbases, str_dup(w->a, file), numbered(idx));
	}
	put_ref(e, SEC_POSBASE, idx);
	put_len(e, line);
	put_len(e, col);
}

static void put_pkg(Elem *e, Package *p)
{
	Writer *w = e->w;
	u32 idx;
	if (!number_of(map_get(&w->pkgs, PKEY(p)), &idx)) {
		Elem *b = elem_new(w, SEC_PKG, NULL);
		put_str(b, !p ? S("builtin") : p == w->self ? w->self_path : p->path);
		if (p && !p->is_unsafe) {
			put_str(b, name_str(p->name));
			put_len(b, 0); // its imports: readers of declarations pass over them
		}
		idx = flush(b);
		map_put(w->a, &w->pkgs, PKEY(p), numbered(idx));
	}
	put_ref(e, SEC_PKG, idx);
}

// A name as it is known outside its scope: with its package.
static void put_ident(Elem *e, Object *o)
{
	put_pkg(e, o->pkg);
	put_str(e, name_str(o->name));
}

// ---- constants ----------------------------------------------------------------------------------

static void put_big(Elem *e, mpz_t z)
{
	size_t n = 0;
	char *bytes = NEWN(e->w->a, char, (mpz_sizeinbase(z, 2) + 7) / 8 + 1);
	mpz_export(bytes, &n, 1, 1, 1, 0, z);
	put_str(e, str_n(bytes, mpz_sgn(z) ? n : 0));
	put_bool(e, mpz_sgn(z) < 0);
}

// as_float: an integer stands for a value of a floating-point type.
static void put_number(Elem *e, const Const *c, bool as_float)
{
	i64 v;
	Arena *a = e->w->a;
	if (!as_float && const_is_i64(c, &v)) {
		put_len(e, VAL_INT64);
		buf_varint(&e->data, v);
		return;
	}
	Str s = const_exact_str(a, c); // "n", "n/d" or "0x.hhhp+e"
	if (str_index(s, 'x') >= 0) {
		put_len(e, VAL_BIG_FLOAT);
		put_str(e, s);
		return;
	}
	int slash = str_index(s, '/');
	mpz_t n, d;
	mpz_init_set_str(n, str_c(a, slash < 0 ? s : str_sub(s, 0, (u32)slash)), 10);
	mpz_init_set_str(d, slash < 0 ? "1" : str_c(a, str_from(s, (u32)slash + 1)), 10);
	bool integer = const_kind(c) == CONST_INT && !as_float;
	put_len(e, integer ? VAL_BIG_INT : VAL_BIG_RAT);
	put_big(e, n);
	if (!integer)
		put_big(e, d);
	mpz_clears(n, d, NULL);
}

static void put_value(Elem *e, Object *o)
{
	const Const *c = o->constant.val;
	Type *t = type_under(o->type);
	Arena *a = e->w->a;
	bool typed = t->kind == TY_BASIC && !(t->info & INFO_UNTYPED), as_float = typed && (t->info & (INFO_FLOAT | INFO_COMPLEX));
	bool complex = const_kind(c) == CONST_COMPLEX || (typed && (t->info & INFO_COMPLEX));
	put_bool(e, complex);
	switch (const_kind(c)) {
	case CONST_BOOL:
		put_len(e, VAL_BOOL);
		put_bool(e, const_as_bool(c));
		break;
	case CONST_STRING:
		put_len(e, VAL_STRING);
		put_str(e, const_as_string(c));
		break;
	default:
		put_number(e, complex ? const_real(a, c) : c, as_float || const_kind(c) == CONST_FLOAT);
		if (complex)
			put_number(e, const_imag(a, c), as_float);
	}
}

// ---- types --------------------------------------------------------------------------------------

static u32 obj_idx(Writer *w, Object *o);
static TypeInfo type_idx(Writer *w, Type *t, Dict *d);

static void put_type_info(Elem *e, TypeInfo t)
{
	if (put_bool(e, t.derived)) {
		put_len(e, t.idx);
		e->derived = true;
	} else {
		put_ref(e, SEC_TYPE, t.idx);
	}
}

static void put_type(Elem *e, Type *t) { put_type_info(e, type_idx(e->w, t, e->dict)); }

static void put_obj(Elem *e, Object *o, TypeList targs)
{
	TypeInfo *infos = NEWN(e->w->a, TypeInfo, targs.n);
	for (u32 i = 0; i < targs.n; i++)
		infos[i] = type_idx(e->w, targs.p[i], e->dict);
	put_ref(e, SEC_OBJ, obj_idx(e->w, o));
	put_len(e, targs.n);
	for (u32 i = 0; i < targs.n; i++)
		put_type_info(e, infos[i]);
}

static void put_param(Elem *e, Object *o)
{
	put_pos(e, o->pos);
	put_ident(e, o);
	put_type(e, o->type);
}

static void put_params(Elem *e, Type *tuple)
{
	put_len(e, tuple->tuple.n);
	for (u32 i = 0; i < tuple->tuple.n; i++)
		put_param(e, tuple->tuple.vars[i]);
}

static void put_signature(Elem *e, Type *t)
{
	put_params(e, t->func.params);
	put_params(e, t->func.results);
	put_bool(e, t->variadic);
}

static void put_struct(Elem *e, Type *t)
{
	put_len(e, t->structt.n);
	for (u32 i = 0; i < t->structt.n; i++) {
		Object *f = t->structt.fields[i];
		put_pos(e, f->pos);
		put_ident(e, f);
		put_type(e, f->type);
		put_str(e, t->structt.tags ? t->structt.tags[i] : S(""));
		put_bool(e, f->embedded);
	}
}

static void put_interface(Elem *e, Type *t)
{
	u32 nmethods = t->iface.methods.n, nembeds = t->iface.embeds.n;
	put_len(e, nmethods);
	put_len(e, nembeds);
	if (!nmethods && nembeds == 1)
		put_bool(e, t->implicit);
	for (u32 i = 0; i < nmethods; i++) {
		Object *m = t->iface.methods.p[i];
		put_pos(e, m->pos);
		put_ident(e, m);
		put_signature(e, m->type);
	}
	for (u32 i = 0; i < nembeds; i++)
		put_type(e, t->iface.embeds.p[i]);
}

static void put_typeparam(Elem *e, Type *t)
{
	Dict *d = e->dict;
	e->derived = true;
	u32 at = d->nreceivers + t->tparam.index;
	for (u32 i = 0; i < d->nreceivers; i++)
		if (d->receivers[i] == t)
			at = i;
	put_len(e, at);
}

static void put_tagged(Elem *e, u32 tag) { put_len(e, tag); }

static void put_type_def(Elem *e, Type *t)
{
	switch (t->kind) {
	case TY_BASIC:
		if (t != type_basic[t->basic]) { // byte and rune
			put_tagged(e, TAG_NAMED);
			put_obj(e, scope_lookup(types_universe(), name_of_c(t->basic == B_UINT8 ? "byte" : "rune")), (TypeList){0});
			break;
		}
		put_tagged(e, TAG_BASIC);
		put_len(e, t->basic);
		break;
	case TY_NAMED:
		put_tagged(e, TAG_NAMED);
		put_obj(e, named_obj(named_origin(t)), named_targs(t));
		break;
	case TY_ALIAS:
		put_tagged(e, TAG_NAMED);
		put_obj(e, (t->alias.origin ? t->alias.origin : t)->alias.obj, (TypeList){t->alias.targs, t->alias.ntargs});
		break;
	case TY_TYPEPARAM:
		put_tagged(e, TAG_TYPEPARAM);
		put_typeparam(e, t);
		break;
	case TY_ARRAY:
		put_tagged(e, TAG_ARRAY);
		put_len(e, (u64)t->array.len);
		put_type(e, t->array.elem);
		break;
	case TY_CHAN:
		put_tagged(e, TAG_CHAN);
		put_len(e, t->dir);
		put_type(e, t->chan.elem);
		break;
	case TY_MAP:
		put_tagged(e, TAG_MAP);
		put_type(e, t->map.key);
		put_type(e, t->map.elem);
		break;
	case TY_POINTER:
		put_tagged(e, TAG_POINTER);
		put_type(e, t->pointer.elem);
		break;
	case TY_SLICE:
		put_tagged(e, TAG_SLICE);
		put_type(e, t->slice.elem);
		break;
	case TY_FUNC:
		put_tagged(e, TAG_SIGNATURE);
		put_signature(e, t);
		break;
	case TY_STRUCT:
		put_tagged(e, TAG_STRUCT);
		put_struct(e, t);
		break;
	case TY_INTERFACE:
		put_tagged(e, TAG_INTERFACE);
		put_interface(e, t);
		break;
	case TY_UNION:
		put_tagged(e, TAG_UNION);
		put_len(e, t->union_.n);
		for (u32 i = 0; i < t->union_.n; i++) {
			put_bool(e, t->union_.terms[i].tilde);
			put_type(e, t->union_.terms[i].type);
		}
		break;
	default:
		bug("export data: type of kind %d", t->kind);
	}
}

static bool is_global(const Object *o)
{
	return !o->pkg || o->parent == o->pkg->scope;
}

static TypeInfo type_idx(Writer *w, Type *t, Dict *d)
{
	u32 idx;
	while (t->kind == TY_ALIAS && !is_global(t->alias.obj))
		t = t->alias.rhs;
	if (number_of(map_get(&w->types, PKEY(t)), &idx))
		return (TypeInfo){idx, false};
	if (d && number_of(map_get(&d->derived_idx, PKEY(t)), &idx))
		return (TypeInfo){idx, true};
	Elem *e = elem_new(w, SEC_TYPE, d);
	put_type_def(e, t);
	if (!e->derived) {
		map_put(w->a, &w->types, PKEY(t), numbered(e->idx));
		return (TypeInfo){flush(e), false};
	}
	idx = d->derived.n;
	vec_push(w->a, &d->derived, e->idx);
	map_put(w->a, &d->derived_idx, PKEY(t), numbered(idx));
	flush(e);
	return (TypeInfo){idx, true};
}

// ---- objects ------------------------------------------------------------------------------------

static bool is_generic_method(const Object *o)
{
	return o->kind == OBJ_FUNC && o->type->func.recv && o->type->func.ntparams;
}

static void put_tparam_names(Elem *e, Type **tparams, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		put_pos(e, tparams[i]->tparam.obj->pos);
		put_ident(e, tparams[i]->tparam.obj);
	}
}

static u32 method_index(Object *m)
{
	Type *t = m->type->func.recv->type;
	t = type_unalias(t);
	if (t->kind == TY_POINTER)
		t = type_unalias(t->pointer.elem);
	t = named_origin(t);
	u32 i = 0;
	while (i < named_nmethods(t) && named_method(t, i) != m)
		i++;
	return i;
}

static void put_method(Elem *e, Object *m, u32 index)
{
	Type *t = m->type;
	put_len(e, index);
	put_pos(e, m->pos);
	put_ident(e, m);
	put_tparam_names(e, t->func.recv_tparams, t->func.nrecv_tparams);
	put_param(e, t->func.recv);
	put_signature(e, t);
	put_pos(e, m->pos);
}

static void put_named(Elem *e, Object *o)
{
	Type *t = o->type;
	TypeList tparams = named_tparams(t);
	u32 n = named_nmethods(t), generic = 0;
	put_pos(e, o->pos);
	put_tparam_names(e, tparams.p, tparams.n);
	put_type(e, type_under(t));
	for (u32 i = 0; i < n; i++)
		generic += is_generic_method(named_method(t, i));
	put_len(e, n - generic);
	for (u32 i = 0; i < n; i++)
		if (!is_generic_method(named_method(t, i)))
			put_method(e, named_method(t, i), i);
	put_len(e, generic);
	for (u32 i = 0; i < n; i++)
		if (is_generic_method(named_method(t, i)))
			put_ref(e, SEC_OBJ, obj_idx(e->w, named_method(t, i)));
}

static ObjCode put_object(Elem *e, Object *o)
{
	if (!o->pkg || o->pkg->is_unsafe)
		return O_STUB;
	Type *t = o->type;
	switch (o->kind) {
	case OBJ_CONST:
		put_pos(e, o->pos);
		put_type(e, t);
		put_value(e, o);
		return O_CONST;
	case OBJ_VAR:
		put_pos(e, o->pos);
		put_type(e, t);
		return O_VAR;
	case OBJ_FUNC:
		put_pos(e, o->pos);
		if (put_bool(e, is_generic_method(o))) {
			put_ident(e, o);
			put_tparam_names(e, t->func.recv_tparams, t->func.nrecv_tparams);
			put_param(e, t->func.recv);
			put_len(e, method_index(o));
		}
		put_tparam_names(e, t->func.tparams, t->func.ntparams);
		put_signature(e, t);
		put_pos(e, o->pos);
		return O_FUNC;
	default:
		if (!o->is_alias) {
			put_named(e, o);
			return O_TYPE;
		}
		bool alias = t->kind == TY_ALIAS && t->alias.obj == o;
		put_pos(e, o->pos);
		put_tparam_names(e, alias ? t->alias.tparams : NULL, alias ? t->alias.ntparams : 0);
		put_type(e, alias ? t->alias.rhs : t);
		return O_ALIAS;
	}
}

// The type parameters of an object: of a generic method's receiver, and its own.
static TypeList own_tparams(Object *o)
{
	if (o->kind == OBJ_FUNC)
		return (TypeList){o->type->func.tparams, o->type->func.ntparams};
	if (o->kind != OBJ_TYPENAME)
		return (TypeList){0};
	if (o->is_alias)
		return o->type->kind == TY_ALIAS && o->type->alias.obj == o ? (TypeList){o->type->alias.tparams, o->type->alias.ntparams} : (TypeList){0};
	return o->type->kind == TY_NAMED ? named_tparams(o->type) : (TypeList){0};
}

static void put_dict(Elem *e, Object *o)
{
	Dict *d = e->dict;
	TypeList own = o->pkg ? own_tparams(o) : (TypeList){0};
	put_len(e, 0); // of functions around it
	put_len(e, d->nreceivers);
	put_len(e, own.n);
	for (u32 i = 0; i < d->nreceivers; i++)
		put_type(e, d->receivers[i]->tparam.bound);
	for (u32 i = 0; i < own.n; i++)
		put_type(e, own.p[i]->tparam.bound);
	put_len(e, d->derived.n);
	for (u32 i = 0; i < d->derived.n; i++)
		put_ref(e, SEC_TYPE, d->derived.p[i]);
	for (u32 i = 0; i < d->nreceivers; i++)
		put_bool(e, iface_is_basic(type_under(d->receivers[i])));
	for (u32 i = 0; i < own.n; i++)
		put_bool(e, iface_is_basic(type_under(own.p[i])));
	for (u32 i = 0; i < 4; i++) // what bodies need: method expressions, dictionaries, types and itabs
		put_len(e, 0);
}

static void put_name(Elem *e, Object *o, ObjCode code)
{
	Str name = name_str(o->name);
	if (o->kind == OBJ_TYPENAME && !o->is_alias && o->tname.gen)
		name = str_fmt(e->w->a, STR_FMT "\xc2\xb7%u", STR_ARG(name), o->tname.gen);
	if (code == O_FUNC && is_generic_method(o)) {
		Type *t = type_unalias(o->type->func.recv->type);
		bool ptr = t->kind == TY_POINTER;
		Str of = name_str(named_obj(ptr ? type_unalias(t->pointer.elem) : t)->name);
		name = str_fmt(e->w->a, ptr ? "(*" STR_FMT ")." STR_FMT : STR_FMT "." STR_FMT, STR_ARG(of), STR_ARG(name));
	}
	put_pkg(e, o->pkg);
	put_str(e, name);
	put_len(e, code);
}

static u32 obj_idx(Writer *w, Object *o)
{
	u32 idx;
	if (number_of(map_get(&w->objs, PKEY(o)), &idx))
		return idx;
	Dict *d = NEW(w->a, Dict);
	if (is_generic_method(o)) {
		d->receivers = o->type->func.recv_tparams;
		d->nreceivers = o->type->func.nrecv_tparams;
	}
	idx = reserve(w, SEC_OBJ);
	reserve(w, SEC_OBJEXT);
	reserve(w, SEC_NAME);
	reserve(w, SEC_OBJDICT);
	map_put(w->a, &w->objs, PKEY(o), numbered(idx));
	Elem *e = elem_at(w, SEC_OBJ, idx, d), *name = elem_at(w, SEC_NAME, idx, d), *dict = elem_at(w, SEC_OBJDICT, idx, d);
	ObjCode code = put_object(e, o);
	flush(e);
	flush(elem_at(w, SEC_OBJEXT, idx, d)); // for compilers only
	put_name(name, o, code);
	flush(name);
	put_dict(dict, o);
	flush(dict);
	return idx;
}

// ---- the whole ----------------------------------------------------------------------------------

static int by_name(const void *x, const void *y)
{
	return str_cmp(name_str((*(Object *const *)x)->name), name_str((*(Object *const *)y)->name));
}

static void put_roots(Writer *w, Elem *root, Elem *bodies)
{
	types_load(w->self);
	Scope *s = w->self->scope;
	Object **list = NEWN(w->a, Object *, s->list.n);
	u32 n = 0;
	for (u32 i = 0; i < s->list.n; i++)
		if (name_is_exported(s->list.p[i]->name))
			list[n++] = s->list.p[i];
	if (n)
		qsort(list, n, sizeof *list, by_name);
	for (u32 i = 0; i < n; i++) {
		Object *o = types_member(w->self, list[i]->name);
		if (o)
			obj_idx(w, o);
	}
	put_pkg(root, w->self);
	put_len(root, w->sections[SEC_OBJ].n);
	for (u32 i = 0; i < w->sections[SEC_OBJ].n; i++) {
		put_ref(root, SEC_OBJ, i);
		put_len(root, 0);
	}
	flush(root);
	put_bool(bodies, false);
	put_len(bodies, 0);
	flush(bodies);
}

void gcexport_write(Package *p, Str path, Buf *out)
{
	Arena *a = arena_new();
	Writer *w = NEW(a, Writer);
	w->a = a;
	w->self = p;
	w->self_path = path;
	Elem *root = elem_new(w, SEC_META, NULL), *bodies = elem_new(w, SEC_META, NULL);
	put_roots(w, root, bodies);
	buf_u8(out, 'u');
	size_t begin = out->n;
	buf_u32(out, UIR_VERSION);
	buf_u32(out, 0); // flags
	u32 sum = 0;
	for (u32 s = 0; s < SECTIONS; s++)
		buf_u32(out, sum += w->sections[s].n);
	sum = 0;
	for (u32 s = 0; s < SECTIONS; s++)
		for (u32 i = 0; i < w->sections[s].n; i++)
			buf_u32(out, sum += w->sections[s].p[i].n);
	for (u32 s = 0; s < SECTIONS; s++)
		for (u32 i = 0; i < w->sections[s].n; i++)
			buf_str(out, w->sections[s].p[i]);
	u8 fingerprint[32];
	sha256(out->p + begin, out->n - begin, fingerprint);
	buf_bytes(out, fingerprint, 8);
	arena_free(a);
}

static void add_pkgdef(Buf *out, Package *p, Str path, Str header)
{
	Buf def = {0};
	buf_str(&def, header);
	buf_c(&def, "\n$$B\n");
	gcexport_write(p, path, &def);
	buf_c(&def, "\n$$\n");
	ar_add(out, S("__.PKGDEF"), buf_view(&def));
	buf_free(&def);
}

void gcexport_archive(Package *p, Str path, Str goos, Str goarch, Buf *out)
{
	Buf header = {0};
	obj_header(&header, goos, goarch);
	add_pkgdef(out, p, path, buf_view(&header));
	buf_free(&header);
}

bool gcexport_add(Package *p, Str path, Str archive, Buf *out)
{
	Arena *a = arena_new();
	ArMember *m;
	u32 n;
	const char *damage;
	bool ok = ar_read(a, archive, &m, &n, &damage) && n && str_is(m[0].name, "__.PKGDEF");
	int blank = ok ? str_find(m[0].data, "\n\n") : -1;
	if ((ok = blank >= 0)) {
		add_pkgdef(out, p, path, str_sub(m[0].data, 0, (u32)blank + 1));
		ar_add(out, S("__.PKGDEF"), m[0].data);
		for (u32 i = 1; i < n; i++)
			ar_add(out, m[i].name, m[i].data);
	}
	arena_free(a);
	return ok;
}
