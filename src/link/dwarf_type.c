// dwarf_type.c: debugging entries of types. The compiler writes none: the linker reads the descriptors that the
// runtime has anyway (internal/abi/type.go), and gives strings, slices, maps and channels the insides that
// gdb and delve expect (cmd/link/internal/ld/dwarf.go).
#include "link/dwarf.h"
#include "obj/dwarf.h"

enum { WORK_TYPE, WORK_POINTER, WORK_STRUCT, WORK_NULL };
enum { ATE_BOOLEAN = 2, ATE_COMPLEX = 3, ATE_FLOAT = 4, ATE_SIGNED = 5, ATE_UNSIGNED = 7 };

static u64 word(const Sym *t, u32 off) { return t && off + 8 <= t->ndata ? get_u64(t->data + off) : 0; }
static u16 half(const Sym *t, u32 off) { return t && off + 2 <= t->ndata ? get_u16(t->data + off) : 0; }
static u8 kind_of(const Sym *t) { return t && t->ndata > TYPE_KIND ? t->data[TYPE_KIND] & 31 : 0; }
static bool has_uncommon(const Sym *t) { return t->data[TYPE_TFLAG] & TFLAG_UNCOMMON; }

static Str type_name(const Sym *t) { return str_has_prefix(t->name, "type:") ? str_from(t->name, 5) : t->name; }

static u32 new_die(DwarfTypes *t, Str name, bool findable)
{
	vec_push(t->L->arena, &t->dies, (Die){name, 0});
	u32 n = t->dies.n - 1;
	if (findable)
		strmap_put(t->L->arena, &t->by_name, name, (void *)(uintptr_t)n);
	return n;
}

void types_init(DwarfTypes *t, Linker *L)
{
	*t = (DwarfTypes){.L = L};
	new_die(t, S(""), false);
	t->unspecified = new_die(t, S("<unspecified>"), true);
	vec_push(L->arena, &t->work, (DieWork){.what = WORK_NULL, .die = t->unspecified});
}

u32 types_of(DwarfTypes *t, Sym *type)
{
	if (!type || type->ndata < TYPE_COMMON || !str_has_prefix(type->name, "type:"))
		return t->unspecified;
	Str name = type_name(type);
	u32 n = (u32)(uintptr_t)strmap_get(&t->by_name, name);
	if (n)
		return n;
	n = new_die(t, name, true);
	vec_push(t->L->arena, &t->work, (DieWork){.what = WORK_TYPE, .die = n, .type = type});
	return n;
}

static Sym *type_sym(Linker *L, Str name)
{
	Sym *s = sym_lookup(L, str_fmt(L->arena, "type:%.*s", STR_ARG(name)), ABI0);
	return s && s->ndata >= TYPE_COMMON ? s : NULL;
}

static u32 pointer_to(DwarfTypes *t, u32 die)
{
	Str name = str_fmt(t->L->arena, "*%.*s", STR_ARG(t->dies.p[die].name));
	u32 n = (u32)(uintptr_t)strmap_get(&t->by_name, name);
	if (n)
		return n;
	Sym *s = type_sym(t->L, name);
	if (s)
		return types_of(t, s);
	n = new_die(t, name, true);
	vec_push(t->L->arena, &t->work, (DieWork){.what = WORK_POINTER, .die = n, .arg = die});
	return n;
}

u32 types_named(DwarfTypes *t, Str name)
{
	u32 n = (u32)(uintptr_t)strmap_get(&t->by_name, name);
	if (n)
		return n;
	Sym *s = type_sym(t->L, name);
	if (!s && name.n > 1 && name.p[0] == '*')
		return pointer_to(t, types_named(t, str_from(name, 1)));
	return types_of(t, s);
}

// A struct like the runtime's `proto` under another name, with the types of up to two fields replaced.
static u32 struct_like(DwarfTypes *t, Str name, Sym *proto, const char *f1, u32 d1, const char *f2, u32 d2)
{
	u32 n = (u32)(uintptr_t)strmap_get(&t->by_name, name);
	if (n || !proto)
		return n ? n : t->unspecified;
	n = new_die(t, name, true);
	vec_push(t->L->arena, &t->work, (DieWork){.what = WORK_STRUCT, .die = n, .type = proto, .sub = {{f1, d1}, {f2, d2}}});
	return n;
}

// ---- writing entries ----------------------------------------------------------------------------

static void begin(DwarfTypes *t, u32 die, u32 abbrev)
{
	t->dies.p[die].off = (u32)t->b.n;
	leb_u(&t->b, abbrev);
	put_cstr(&t->b, t->dies.p[die].name);
}

static void ref(DwarfTypes *t, u32 die)
{
	vec_push(t->L->arena, &t->refs, (DieRef){(u32)t->b.n, die});
	buf_u32(&t->b, 0);
}

static void runtime_type(DwarfTypes *t, const Sym *s)
{
	bool live = s && (s->flags & SF_REACHED) && s->section == SECT_TYPE;
	buf_u64(&t->b, live ? s->addr - t->L->sect[SECT_TYPE].addr : 0);
}

static void member(DwarfTypes *t, Str name, u64 off, u32 type, bool embedded)
{
	leb_u(&t->b, AB_STRUCTFIELD);
	put_cstr(&t->b, name);
	leb_u(&t->b, off);
	ref(t, type);
	buf_u8(&t->b, embedded);
}

static void members(DwarfTypes *t, Sym *s, const DieWork *w)
{
	u64 n = word(s, TYPE_COMMON + 16);
	u32 f = TYPE_COMMON + 32 + (has_uncommon(s) ? UNCOMMON_SIZE : 0);
	for (u64 i = 0; i < n && f + 8 <= s->ndata; i++, f += 24) {
		Sym *ft = rel_target_at(t->L, s, f + 8), *nm = rel_target_at(t->L, s, f);
		Str name = type_name_at(t->L, s, f);
		if (!name.n && ft)
			name = type_name(ft);
		u32 die = 0;
		for (u32 k = 0; w && k < 2; k++)
			if (w->sub[k].field && str_is(name, w->sub[k].field))
				die = w->sub[k].die;
		member(t, name, word(s, f + 16), die ? die : types_of(t, ft), nm && nm->ndata && nm->data[0] & 8);
	}
}

// Named types are a typedef of their structure; what is spelled out in its name needs none.
static bool needs_typedef(Str name, u8 kind)
{
	switch (kind) {
	case KIND_ARRAY: case KIND_FUNC: case KIND_INTERFACE: case KIND_POINTER: case KIND_SLICE: case KIND_STRUCT: break;
	default: return false;
	}
	static const char *const literal[] = {"map[", "struct {", "noalg.struct {", "chan ", "[", "*"};
	for (u32 i = 0; i < LENGTH(literal); i++)
		if (str_has_prefix(name, literal[i]))
			return false;
	return true;
}

static u32 map_insides(DwarfTypes *t, Sym *s)
{
	Linker *L = t->L;
	Sym *map = type_sym(L, S("internal/runtime/maps.Map")), *table = type_sym(L, S("internal/runtime/maps.table"));
	Sym *groups = type_sym(L, S("internal/runtime/maps.groupsReference"));
	u32 key = types_of(t, rel_target_at(L, s, TYPE_COMMON)), val = types_of(t, rel_target_at(L, s, TYPE_COMMON + 8));
	u32 group = types_of(t, rel_target_at(L, s, TYPE_COMMON + 16));
	Str k = t->dies.p[key].name, v = t->dies.p[val].name;
	u32 g = struct_like(t, str_fmt(L->arena, "groupReference<%.*s,%.*s>", STR_ARG(k), STR_ARG(v)), groups, "data",
			    pointer_to(t, group), NULL, 0);
	u32 tab = struct_like(t, str_fmt(L->arena, "table<%.*s,%.*s>", STR_ARG(k), STR_ARG(v)), table, "groups", g, NULL, 0);
	u32 m = struct_like(t, str_fmt(L->arena, "map<%.*s,%.*s>", STR_ARG(k), STR_ARG(v)), map, "dirPtr",
			    pointer_to(t, pointer_to(t, tab)), NULL, 0);
	return pointer_to(t, m);
}

static u32 chan_insides(DwarfTypes *t, u32 elem)
{
	Linker *L = t->L;
	Str e = t->dies.p[elem].name;
	u32 sudog = struct_like(t, str_fmt(L->arena, "sudog<%.*s>", STR_ARG(e)), type_sym(L, S("runtime.sudog")), "elem",
				pointer_to(t, elem), NULL, 0);
	u32 ps = pointer_to(t, sudog);
	u32 waitq = struct_like(t, str_fmt(L->arena, "waitq<%.*s>", STR_ARG(e)), type_sym(L, S("runtime.waitq")), "first", ps,
				"last", ps);
	u32 hchan = struct_like(t, str_fmt(L->arena, "hchan<%.*s>", STR_ARG(e)), type_sym(L, S("runtime.hchan")), "recvq", waitq,
				"sendq", waitq);
	return pointer_to(t, hchan);
}

static void put_type(DwarfTypes *t, u32 die, Sym *s)
{
	Linker *L = t->L;
	Buf *b = &t->b;
	u8 kind = kind_of(s);
	Str name = t->dies.p[die].name;
	u64 size = word(s, TYPE_SIZE);
	if (needs_typedef(name, kind)) {
		u32 def = new_die(t, name, false);
		begin(t, die, AB_TYPEDECL);
		ref(t, def);
		die = def;
	}
#define SIZE_KIND_TYPE() do { leb_u(b, size); buf_u8(b, kind); runtime_type(t, s); } while (0)
#define KIND_TYPE() do { buf_u8(b, kind); runtime_type(t, s); } while (0)
	u32 encoding = 0;
	switch (kind) {
	case KIND_BOOL: encoding = ATE_BOOLEAN; goto base;
	case KIND_INT: case KIND_INT8: case KIND_INT16: case KIND_INT32: case KIND_INT64: encoding = ATE_SIGNED; goto base;
	case KIND_UINT: case KIND_UINT8: case KIND_UINT16: case KIND_UINT32: case KIND_UINT64: case KIND_UINTPTR:
		encoding = ATE_UNSIGNED;
		goto base;
	case KIND_FLOAT32: case KIND_FLOAT64: encoding = ATE_FLOAT; goto base;
	case KIND_COMPLEX64: case KIND_COMPLEX128: encoding = ATE_COMPLEX;
base:
		begin(t, die, AB_BASETYPE);
		buf_u8(b, (u8)encoding);
		buf_u8(b, (u8)size);
		KIND_TYPE();
		break;
	case KIND_ARRAY:
		begin(t, die, AB_ARRAYTYPE);
		ref(t, types_of(t, rel_target_at(L, s, TYPE_ELEM)));
		SIZE_KIND_TYPE();
		leb_u(b, AB_ARRAYRANGE);
		ref(t, types_named(t, S("uintptr")));
		leb_u(b, word(s, TYPE_ARRAY_LEN));
		buf_u8(b, 0);
		break;
	case KIND_CHAN: {
		u32 elem = types_of(t, rel_target_at(L, s, TYPE_ELEM)), inside = chan_insides(t, elem);
		begin(t, die, AB_CHANTYPE);
		ref(t, inside);
		KIND_TYPE();
		ref(t, elem);
		break;
	}
	case KIND_FUNC: {
		u32 in = half(s, TYPE_COMMON), out = half(s, TYPE_COMMON + 2), at = TYPE_COMMON + 8;
		bool variadic = out >> 15;
		out &= 0x7fff;
		at += has_uncommon(s) ? UNCOMMON_SIZE : 0;
		begin(t, die, AB_FUNCTYPE);
		SIZE_KIND_TYPE();
		for (u32 i = 0; i < in; i++, at += 8) {
			leb_u(b, AB_FUNCTYPEPARAM);
			ref(t, types_of(t, rel_target_at(L, s, at)));
		}
		if (variadic)
			leb_u(b, AB_DOTDOTDOT);
		for (u32 i = 0; i < out; i++, at += 8) {
			leb_u(b, AB_FUNCTYPEOUTPARAM);
			buf_u8(b, 1);
			ref(t, types_of(t, rel_target_at(L, s, at)));
		}
		buf_u8(b, 0);
		break;
	}
	case KIND_INTERFACE:
		begin(t, die, AB_IFACETYPE);
		ref(t, types_named(t, word(s, TYPE_COMMON + 16) ? S("runtime.iface") : S("runtime.eface")));
		KIND_TYPE();
		buf_u8(b, 0);
		break;
	case KIND_MAP: {
		u32 inside = map_insides(t, s);
		begin(t, die, AB_MAPTYPE);
		ref(t, inside);
		KIND_TYPE();
		ref(t, types_of(t, rel_target_at(L, s, TYPE_COMMON)));
		ref(t, types_of(t, rel_target_at(L, s, TYPE_COMMON + 8)));
		break;
	}
	case KIND_POINTER:
		begin(t, die, AB_PTRTYPE);
		ref(t, types_of(t, rel_target_at(L, s, TYPE_ELEM)));
		KIND_TYPE();
		break;
	case KIND_SLICE: {
		u32 elem = types_of(t, rel_target_at(L, s, TYPE_ELEM)), p = pointer_to(t, elem), n = types_named(t, S("int"));
		begin(t, die, AB_SLICETYPE);
		SIZE_KIND_TYPE();
		ref(t, elem);
		member(t, S("array"), 0, p, false);
		member(t, S("len"), 8, n, false);
		member(t, S("cap"), 16, n, false);
		buf_u8(b, 0);
		break;
	}
	case KIND_STRING: {
		u32 p = pointer_to(t, types_named(t, S("uint8"))), n = types_named(t, S("int"));
		begin(t, die, AB_STRINGTYPE);
		SIZE_KIND_TYPE();
		member(t, S("str"), 0, p, false);
		member(t, S("len"), 8, n, false);
		buf_u8(b, 0);
		break;
	}
	case KIND_STRUCT:
		begin(t, die, AB_STRUCTTYPE);
		SIZE_KIND_TYPE();
		members(t, s, NULL);
		buf_u8(b, 0);
		break;
	case KIND_UNSAFE_POINTER:
		begin(t, die, AB_BARE_PTRTYPE);
		runtime_type(t, s);
		break;
	default:
		begin(t, die, AB_TYPEDECL);
		ref(t, t->unspecified);
	}
}

void types_finish(DwarfTypes *t)
{
	for (; t->done < t->work.n; t->done++) {
		DieWork w = t->work.p[t->done];
		switch (w.what) {
		case WORK_NULL:
			begin(t, w.die, AB_NULLTYPE);
			break;
		case WORK_POINTER:
			begin(t, w.die, AB_PTRTYPE);
			ref(t, w.arg);
			buf_u8(&t->b, 0);
			buf_u64(&t->b, 0);
			break;
		case WORK_STRUCT:
			begin(t, w.die, AB_STRUCTTYPE);
			leb_u(&t->b, word(w.type, TYPE_SIZE));
			buf_u8(&t->b, KIND_STRUCT);
			buf_u64(&t->b, 0);
			members(t, w.type, &w);
			buf_u8(&t->b, 0);
			break;
		default:
			put_type(t, w.die, w.type);
		}
	}
}
