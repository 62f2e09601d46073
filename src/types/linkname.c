// linkname.c: names of types and functions as gc's symbols have them (package paths in full, escaped), and as
// reflection shows them (package names). Source: cmd/compile/internal/types/fmt.go, ir/expr.go (MethodSymSuffix),
// noder/reader.go (mangle), cmd/internal/objabi/path.go.
#include "types/algebra.h"

typedef enum NameMode { LINK, REFLECT } NameMode;

static void write_type(Buf *b, Type *t, NameMode mode, bool bare);

static void write_path_prefix(Buf *b, Str path)
{
	static const char hex[] = "0123456789abcdef";
	int slash = str_rindex(path, '/');
	for (u32 i = 0; i < path.n; i++) {
		u8 c = (u8)path.p[i];
		if (c <= ' ' || (c == '.' && (int)i > slash) || c == '%' || c == '"' || c >= 0x7f) {
			buf_u8(b, '%');
			buf_u8(b, (u8)hex[c >> 4]);
			buf_u8(b, (u8)hex[c & 15]);
		} else {
			buf_u8(b, c);
		}
	}
}

static void write_pkg(Buf *b, Package *p, NameMode mode)
{
	if (!p)
		buf_c(b, mode == LINK ? "go:builtin" : "");
	else if (mode == LINK)
		write_path_prefix(b, p->path);
	else
		buf_str(b, name_str(p->name));
}

// [implicit;explicit]
static void write_targs(Buf *b, Type **implicits, u32 nimplicits, Type **targs, u32 n)
{
	if (n + nimplicits == 0)
		return;
	buf_u8(b, '[');
	for (u32 i = 0; i < n + nimplicits; i++) {
		if (i > 0)
			buf_u8(b, i == nimplicits ? ';' : ',');
		write_type(b, i < nimplicits ? implicits[i] : targs[i - nimplicits], LINK, false);
	}
	buf_u8(b, ']');
}

// T[int]·1; bare: without the package.
static void write_named(Buf *b, Type *t, NameMode mode, bool bare)
{
	NamedRec *r = named_rec(t);
	Object *o = r->obj;
	if (!bare && o->pkg) {
		write_pkg(b, o->pkg, mode);
		buf_u8(b, '.');
	}
	buf_str(b, name_str(o->name));
	write_targs(b, r->implicits, r->nimplicits, r->targs, r->ntargs);
	if (mode == LINK && o->kind == OBJ_TYPENAME && o->tname.gen)
		buf_printf(b, "·%u", o->tname.gen);
}

static void write_params(Buf *b, Type *tuple, bool variadic, NameMode mode)
{
	buf_u8(b, '(');
	for (u32 i = 0; i < tuple->tuple.n; i++) {
		Type *t = tuple->tuple.vars[i]->type;
		if (i)
			buf_c(b, ", ");
		if (variadic && i == tuple->tuple.n - 1 && type_unalias(t)->kind == TY_SLICE) {
			buf_c(b, "...");
			t = type_unalias(t)->slice.elem;
		}
		write_type(b, t, mode, false);
	}
	buf_u8(b, ')');
}

static void write_signature(Buf *b, Type *f, NameMode mode)
{
	write_params(b, f->func.params, f->variadic, mode);
	Type *r = f->func.results;
	if (r->tuple.n == 0)
		return;
	buf_u8(b, ' ');
	if (r->tuple.n == 1)
		write_type(b, r->tuple.vars[0]->type, mode, false);
	else
		write_params(b, r, false, mode);
}

static void write_field(Buf *b, Object *f, Str tag, NameMode mode)
{
	bool show = true;
	if (f->embedded) {
		// The name is left out if it is the type's own.
		Type *t = type_unalias(f->type);
		if (t->kind == TY_POINTER)
			t = type_unalias(t->pointer.elem);
		NamedRec *r = t->kind == TY_NAMED ? named_rec(t) : NULL;
		bool same = r && r->obj->name == f->name && r->ntargs + r->nimplicits == 0 && r->obj->tname.gen == 0 &&
		            (name_is_exported(f->name) || package_same(r->obj->pkg, f->pkg));
		show = mode == LINK && !same;
	}
	if (show) {
		if (!name_is_exported(f->name) && mode == LINK) {
			write_pkg(b, f->pkg, mode);
			buf_u8(b, '.');
		}
		buf_str(b, name_str(f->name));
		buf_c(b, f->embedded ? " = " : " ");
	}
	write_type(b, f->type, mode, false);
	if (tag.n) {
		buf_u8(b, ' ');
		buf_str(b, types_quote(types_late_arena(), tag));
	}
}

static void write_interface(Buf *b, Type *t, NameMode mode)
{
	const TypeSet *s = types_type_set(NULL, 0, t);
	buf_c(b, "interface {");
	for (u32 i = 0; i < s->nmethods; i++) {
		Object *m = s->methods[i];
		buf_c(b, i ? "; " : " ");
		if (!name_is_exported(m->name)) {
			write_pkg(b, m->pkg, mode);
			buf_u8(b, '.');
		}
		buf_str(b, name_str(m->name));
		write_signature(b, m->type, mode);
	}
	buf_c(b, s->nmethods ? " }" : "}");
}

// An interface without a name that contains itself ends here.
static _Thread_local u32 depth;

static void write_type(Buf *b, Type *t, NameMode mode, bool bare)
{
	t = type_unalias(t);
	if (depth > 1000) {
		buf_c(b, "...");
		return;
	}
	depth++;
	switch ((TypeKind)t->kind) {
	case TY_BASIC:
		buf_c(b, t->basic == B_UNSAFEPTR ? "unsafe.Pointer" : basic_name(type_basic[t->basic]));
		break;
	case TY_ARRAY:
		buf_printf(b, "[%lld]", (long long)t->array.len);
		write_type(b, t->array.elem, mode, false);
		break;
	case TY_SLICE:
		buf_c(b, "[]");
		write_type(b, t->slice.elem, mode, false);
		break;
	case TY_POINTER:
		buf_u8(b, '*');
		write_type(b, t->pointer.elem, mode, bare);
		break;
	case TY_MAP:
		buf_c(b, "map[");
		write_type(b, t->map.key, mode, false);
		buf_u8(b, ']');
		write_type(b, t->map.elem, mode, false);
		break;
	case TY_CHAN: {
		Type *e = type_unalias(t->chan.elem);
		bool parens = t->dir == CHAN_BOTH && e->kind == TY_CHAN && e->dir == CHAN_RECV;
		buf_c(b, t->dir == CHAN_RECV ? "<-chan " : t->dir == CHAN_SEND ? "chan<- " : "chan ");
		buf_c(b, parens ? "(" : "");
		write_type(b, e, mode, false);
		buf_c(b, parens ? ")" : "");
		break;
	}
	case TY_STRUCT:
		buf_c(b, "struct {");
		for (u32 i = 0; i < t->structt.n; i++) {
			buf_c(b, i ? "; " : " ");
			write_field(b, t->structt.fields[i], t->structt.tags ? t->structt.tags[i] : (Str){0}, mode);
		}
		buf_c(b, t->structt.n ? " }" : "}");
		break;
	case TY_FUNC:
		buf_c(b, "func");
		write_signature(b, t, mode);
		break;
	case TY_INTERFACE:
		write_interface(b, t, mode);
		break;
	case TY_NAMED:
		write_named(b, t, mode, bare);
		break;
	case TY_TUPLE:
		write_params(b, t, false, mode);
		break;
	case TY_TYPEPARAM:
		buf_str(b, name_str(t->tparam.obj->name));
		break;
	case TY_UNION: case TY_ALIAS:
		type_write(b, NULL, NULL, t);
		break;
	}
	depth--;
}

static Str take(Arena *a, Buf *b)
{
	Str s = str_dup(a, buf_view(b));
	buf_free(b);
	return s;
}

Str types_link_name(Type *t)
{
	t = types_canon(t);
	Str *s = LOAD(&t->link_name);
	if (s)
		return *s;
	Buf b = {0};
	write_type(&b, t, LINK, false);
	s = NEW(types_late_arena(), Str);
	*s = take(types_late_arena(), &b);
	return *PUBLISH(&t->link_name, s);
}

Str types_reflect_name(Arena *a, Type *t)
{
	Buf b = {0};
	write_type(&b, t, REFLECT, false);
	return take(a, &b);
}

Str types_path_prefix(Arena *a, Str path)
{
	Buf b = {0};
	write_path_prefix(&b, path);
	return take(a, &b);
}

Str types_link_name_method(Arena *a, Type *recv, Object *m, Type **targs, u32 n)
{
	Buf b = {0};
	bool ptr;
	Type *base = type_unalias(type_deref(recv, &ptr));
	Package *pkg = base->kind == TY_NAMED ? named_obj(base)->pkg : NULL;
	if (base->kind == TY_NAMED)
		write_pkg(&b, pkg, LINK);
	else
		buf_c(&b, "go"); // a struct with embedded fields
	buf_c(&b, ptr ? ".(*" : ".");
	write_type(&b, base, LINK, true);
	buf_c(&b, ptr ? ")" : "");
	if (!name_is_exported(m->name) && !(base->kind == TY_NAMED && package_same(m->pkg, pkg))) {
		buf_u8(&b, '.');
		write_pkg(&b, m->pkg, LINK);
	}
	buf_u8(&b, '.');
	buf_str(&b, name_str(m->name));
	write_targs(&b, NULL, 0, targs, n);
	return take(a, &b);
}

Str types_link_name_func(Arena *a, Object *fn, Type **targs, u32 n)
{
	Object *recv = fn->type && fn->type->kind == TY_FUNC ? fn->type->func.recv : NULL;
	if (recv)
		return types_link_name_method(a, recv->type, fn, targs, n);
	Buf b = {0};
	write_pkg(&b, fn->pkg, LINK);
	buf_u8(&b, '.');
	buf_str(&b, name_str(fn->name));
	write_targs(&b, NULL, 0, targs, n);
	return take(a, &b);
}
