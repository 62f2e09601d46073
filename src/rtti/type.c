// type.c: type descriptors and itabs. The layout is internal/abi/type.go's; names of symbols are those of
// cmd/compile/internal/reflectdata, because the linker and other packages' objects meet at them. A descriptor is
// written whole by the first who asks; everything it points to is asked for while it is being written.
#include "rtti/private.h"

// internal/abi.Kind
enum { K_BOOL = 1, K_INT, K_INT8, K_INT16, K_INT32, K_INT64, K_UINT, K_UINT8, K_UINT16, K_UINT32, K_UINT64, K_UINTPTR, K_FLOAT32,
	K_FLOAT64, K_COMPLEX64, K_COMPLEX128, K_ARRAY, K_CHAN, K_FUNC, K_INTERFACE, K_MAP, K_POINTER, K_SLICE, K_STRING, K_STRUCT,
	K_UNSAFEPTR };
// internal/abi.TFlag
enum { TFLAG_UNCOMMON = 1, TFLAG_EXTRA_STAR = 2, TFLAG_NAMED = 4, TFLAG_REGULAR = 8, TFLAG_MASK_ON_DEMAND = 16, TFLAG_DIRECT = 32 };
// Offsets in abi.Type and sizes of the descriptors.
enum { OFF_SIZE = 0, OFF_PTRBYTES = 8, OFF_HASH = 16, OFF_TFLAG = 20, OFF_ALIGN = 21, OFF_FIELD_ALIGN = 22, OFF_KIND = 23,
	OFF_EQUAL = 24, OFF_GCDATA = 32, OFF_STR = 40, OFF_PTR_TO_THIS = 44, TYPE_SIZE = 48, UNCOMMON_SIZE = 16, METHOD_SIZE = 16,
	IMETHOD_SIZE = 8, FIELD_SIZE = 24 };
enum { MAX_PTRMASK_BYTES = 16, MAP_MAX_INLINE = 128 }; // internal/abi

static const u8 basic_kind[B_COUNT] = {
	[B_BOOL] = K_BOOL, [B_INT] = K_INT, [B_INT8] = K_INT8, [B_INT16] = K_INT16, [B_INT32] = K_INT32, [B_INT64] = K_INT64,
	[B_UINT] = K_UINT, [B_UINT8] = K_UINT8, [B_UINT16] = K_UINT16, [B_UINT32] = K_UINT32, [B_UINT64] = K_UINT64,
	[B_UINTPTR] = K_UINTPTR, [B_FLOAT32] = K_FLOAT32, [B_FLOAT64] = K_FLOAT64, [B_COMPLEX64] = K_COMPLEX64,
	[B_COMPLEX128] = K_COMPLEX128, [B_STRING] = K_STRING, [B_UNSAFEPTR] = K_UNSAFEPTR,
};
// By TypeKind: abi.Kind and bytes of the descriptor's fixed part.
static const struct { u8 kind, size; } layout[] = {
	[TY_ARRAY] = {K_ARRAY, 72}, [TY_SLICE] = {K_SLICE, 56}, [TY_STRUCT] = {K_STRUCT, 80}, [TY_POINTER] = {K_POINTER, 56},
	[TY_FUNC] = {K_FUNC, 56}, [TY_INTERFACE] = {K_INTERFACE, 80}, [TY_MAP] = {K_MAP, 136}, [TY_CHAN] = {K_CHAN, 64},
	[TY_BASIC] = {0, TYPE_SIZE},
};

Rtti *rtti_lock(IrUnit *u)
{
	Rtti *r = __atomic_load_n(&u->rtti, __ATOMIC_ACQUIRE);
	if (!r) {
		Arena *a = arena_new();
		r = NEW(a, Rtti);
		r->arena = a;
		pthread_mutexattr_t attr;
		pthread_mutexattr_init(&attr);
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
		pthread_mutex_init(&r->lock, &attr);
		Rtti *none = NULL;
		if (!__atomic_compare_exchange_n(&u->rtti, &none, r, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			arena_free(a);
			r = none;
		}
	}
	pthread_mutex_lock(&r->lock);
	return r;
}

void rtti_unlock(Rtti *r)
{
	pthread_mutex_unlock(&r->lock);
}

Type *rtti_ptr_to(Rtti *r, Type *t) { return types_canon(type_new_pointer(r->arena, t)); }
Type *rtti_slice_of(Rtti *r, Type *t) { return types_canon(type_new_slice(r->arena, t)); }

bool rtti_is_direct_iface(Type *t)
{
	// Size == PtrBytes == one word, so that the word itself is the pointer (abi.TFlagDirectIface).
	return type_size(t) == 8 && type_ptrdata(t) == 8;
}

// The object a type is named by: itself, or for a pointer to a defined type, that type's.
static Object *type_object(Type *t)
{
	return t->kind == TY_NAMED ? named_obj(t) : NULL;
}

static bool has_name(Type *t) { return t->kind == TY_NAMED || t->kind == TY_BASIC; }

// The package whose unexported names need not be spelled out in t's tables.
static Package *type_package(Type *t)
{
	if (t->kind == TY_ARRAY || t->kind == TY_SLICE || t->kind == TY_POINTER || t->kind == TY_CHAN) {
		Type *e = t->kind == TY_ARRAY ? t->array.elem : t->slice.elem;
		if (e->kind == TY_NAMED)
			t = e;
	}
	if (t->kind == TY_BASIC && t->basic == B_UNSAFEPTR)
		return types_unsafe_package();
	Object *o = type_object(t);
	return o ? o->pkg : NULL;
}

static bool is_universe_type(Type *t)
{
	return t->kind == TY_BASIC || (t->kind == TY_NAMED && !named_obj(t)->pkg) ||
	       (t->kind == TY_INTERFACE && iface_nmethods(t) == 0);
}

// Descriptors that package runtime defines for all (reflectdata.WriteBasicTypes): basic types, error, any,
// func(error) string, slices of them, and pointers to all of these.
static bool belongs_to_runtime(Type *t)
{
	if (t->kind == TY_FUNC)
		return !t->func.recv && t->func.params->tuple.n == 1 && t->func.results->tuple.n == 1 &&
		       t->func.params->tuple.vars[0]->type == types_canon(type_error()) &&
		       t->func.results->tuple.vars[0]->type == TYPE(STRING) && !t->variadic;
	if (t->kind == TY_SLICE)
		t = t->slice.elem;
	return is_universe_type(t);
}

static bool is_local_type(Object *o)
{
	return o->parent && o->pkg && o->parent != o->pkg->scope;
}

// Whether this unit defines t's descriptor, and if so whether others may too.
static bool emitted_here(IrUnit *u, Type *t, bool *dupok)
{
	Type *base = t;
	if (t->kind == TY_POINTER && has_name(t->pointer.elem))
		base = t->pointer.elem;
	*dupok = true;
	if (belongs_to_runtime(base) || (t->kind == TY_POINTER && belongs_to_runtime(t->pointer.elem)))
		return str_is(u->pkg->path, "runtime");
	Object *o = type_object(base);
	if (!o)
		return true;
	if (named_targs(base).n > 0)
		return true;
	*dupok = is_local_type(o);
	return o->pkg == u->pkg || is_local_type(o);
}

// ---- names --------------------------------------------------------------------------------------

static LSym *import_path_sym(IrUnit *u, Package *p)
{
	LSym *s = obj_symf(u->obj, ABI0, "type:.importpath." STR_FMT ".", STR_ARG(p->path));
	if (!obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME))
		return s;
	Buf b = {0};
	buf_u8(&b, 0);
	buf_uvarint(&b, p->path.n);
	buf_str(&b, p->path);
	sym_bytes(u->obj, s, 0, b.p, b.n);
	buf_free(&b);
	s->dupok = s->content_addr = true;
	s->align = 1;
	return s;
}

// A reflect name: flag byte, length, text, tag, package (internal/abi.Name).
static LSym *name_sym(IrUnit *u, Str name, Str tag, Package *pkg, bool exported, bool embedded)
{
	Buf b = {0};
	buf_c(&b, "type:.namedata.");
	if (name.n == 0)
		buf_printf(&b, exported ? "-noname-exported." : "-noname-unexported.");
	buf_str(&b, name);
	if (name.n)
		buf_u8(&b, exported ? '.' : '-');
	buf_str(&b, tag);
	if (pkg)
		buf_printf(&b, "." STR_FMT, STR_ARG(pkg->path));
	if (embedded)
		buf_c(&b, ".embedded");
	LSym *s = obj_sym(u->obj, buf_view(&b), ABI0);
	buf_free(&b);
	if (!obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME))
		return s;
	Buf d = {0};
	buf_u8(&d, (exported ? 1 : 0) | (tag.n ? 2 : 0) | (pkg ? 4 : 0) | (embedded ? 8 : 0));
	buf_uvarint(&d, name.n);
	buf_str(&d, name);
	if (tag.n) {
		buf_uvarint(&d, tag.n);
		buf_str(&d, tag);
	}
	sym_bytes(u->obj, s, 0, d.p, d.n);
	if (pkg)
		sym_off32(u->obj, s, d.n, import_path_sym(u, pkg), 0, R_ADDROFF);
	buf_free(&d);
	s->dupok = s->content_addr = true;
	s->align = 1;
	return s;
}

// ---- GC masks -----------------------------------------------------------------------------------

void rtti_pointer_words(Type *t, i64 off, BitSet bits)
{
	if (!type_has_pointers(t))
		return;
	Type *under = type_under(t);
	switch (under->kind) {
	case TY_BASIC: // string and unsafe.Pointer: their first word
	case TY_POINTER: case TY_CHAN: case TY_MAP: case TY_FUNC: case TY_SLICE:
		bits_add(bits, (u32)(off / 8));
		break;
	case TY_INTERFACE: // descriptors and itabs are not in the heap, or kept by reflect
		bits_add(bits, (u32)(off / 8 + 1));
		break;
	case TY_ARRAY:
		for (i64 i = 0; i < under->array.len; i++)
			rtti_pointer_words(under->array.elem, off + i * type_size(under->array.elem), bits);
		break;
	case TY_STRUCT:
		for (u32 i = 0; i < under->structt.n; i++)
			rtti_pointer_words(under->structt.fields[i]->type, off + struct_offset(under, i), bits);
		break;
	default:
		bug("rtti_pointer_words: type kind %d", under->kind);
	}
}

LSym *rtti_gcbits(IrUnit *u, Type *t)
{
	Rtti *r = rtti_lock(u);
	ArenaMark m = arena_mark(r->arena);
	u64 words = (u64)type_ptrdata(t) / 8;
	u32 n = (u32)ALIGN_UP((words + 7) / 8, 8);
	BitSet bits = bits_new(r->arena, MAX(n * 8, 64));
	rtti_pointer_words(t, 0, bits);
	char *hex = arena_alloc(r->arena, 2 * (size_t)n + 1);
	for (u32 i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", ((u8 *)bits.w)[i]);
	LSym *s = obj_symf(u->obj, ABI0, "runtime.gcbits.%s", hex);
	if (obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		sym_bytes(u->obj, s, 0, bits.w, n);
		s->dupok = s->local = s->content_addr = true;
		s->align = 8;
	}
	arena_reset(r->arena, m);
	rtti_unlock(r);
	return s;
}

// Large types: the runtime computes the mask, and keeps a pointer to it in this word.
static LSym *mask_on_demand_sym(IrUnit *u, Type *t)
{
	LSym *s = obj_symf(u->obj, ABI0, "type:.gcmask." STR_FMT, STR_ARG(types_link_name(t)));
	if (obj_define(u->obj, s, SYM_NOPTRBSS, OBJ_SEQ_NAME)) {
		s->size = 8;
		s->align = 8;
		s->dupok = s->local = true;
	}
	return s;
}

// ---- methods ------------------------------------------------------------------------------------

// Methods for t's table: generic methods have no place in it.
static u32 table_methods(Rtti *r, Type *t, MethodSel **out)
{
	*out = NULL;
	if (type_under(t)->kind == TY_INTERFACE || (t->kind == TY_POINTER && type_under(t->pointer.elem)->kind == TY_INTERFACE))
		return 0;
	const MethodSet *ms = types_method_set(t);
	u32 n = 0;
	for (u32 i = 0; i < ms->n; i++)
		if (ms->p[i].func->type->func.ntparams == 0 && !object_nointerface(ms->p[i].func)) {
			if (!*out)
				*out = NEWN(r->arena, MethodSel, ms->n);
			(*out)[n++] = ms->p[i];
		}
	return n;
}

static Type *method_type(Rtti *r, Object *m)
{
	Type *sig = m->type;
	return types_canon(type_new_func(r->arena, NULL, sig->func.params, sig->func.results, sig->variadic));
}

static LSym *wrapper_sym(IrUnit *u, Type *t, const MethodSel *m, bool for_iface, bool emit)
{
	IrFunc *f = ir_method_wrapper(t, m, for_iface);
	if (emit || f->dupok)
		ir_need(u, f);
	return ir_func_sym(u, f);
}

static void write_uncommon(IrUnit *u, Rtti *r, LSym *s, u64 off, Type *t, u32 data_size, MethodSel *ms, u32 n)
{
	Package *pkg = type_package(t);
	if (pkg)
		sym_off32(u->obj, s, off, import_path_sym(u, pkg), 0, R_ADDROFF);
	u32 exported = 0;
	while (exported < n && name_is_exported(ms[exported].func->name))
		exported++;
	sym_u16(u->obj, s, off + 4, (u16)n);
	sym_u16(u->obj, s, off + 6, (u16)exported);
	sym_u32(u->obj, s, off + 8, UNCOMMON_SIZE + data_size);
	sym_u32(u->obj, s, off + 12, 0);
	for (u32 i = 0; i < n; i++) {
		Object *f = ms[i].func;
		bool exp = name_is_exported(f->name);
		u64 at = off + UNCOMMON_SIZE + data_size + i * METHOD_SIZE;
		sym_off32(u->obj, s, at, name_sym(u, name_str(f->name), S(""), !exp && f->pkg != pkg ? f->pkg : NULL, exp, false), 0,
			R_ADDROFF);
		sym_off32(u->obj, s, at + 4, rtti_type(u, method_type(r, f)), 0, R_METHODOFF);
		sym_off32(u->obj, s, at + 8, wrapper_sym(u, t, &ms[i], true, true), 0, R_METHODOFF);
		sym_off32(u->obj, s, at + 12, wrapper_sym(u, t, &ms[i], false, true), 0, R_METHODOFF);
	}
}

// ---- descriptors --------------------------------------------------------------------------------

u32 rtti_type_hash(Type *t)
{
	Str name = types_link_name(t);
	u8 sum[32];
	sha256(name.p, name.n, sum);
	sum[0] ^= 0xff; // cmd/internal/hash.Sum32
	return get_u32(sum);
}

static void write_common(IrUnit *u, Rtti *r, LSym *s, Type *t, bool uncommon, u8 kind)
{
	i64 ptrdata = type_ptrdata(t);
	sym_u64(u->obj, s, OFF_SIZE, (u64)type_size(t));
	sym_u64(u->obj, s, OFF_PTRBYTES, (u64)ptrdata);
	sym_u32(u->obj, s, OFF_HASH, rtti_type_hash(t));
	Str name = types_reflect_name(r->arena, t);
	bool exported = false;
	u8 flags = (uncommon ? TFLAG_UNCOMMON : 0) | (has_name(t) ? TFLAG_NAMED : 0) | (rtti_is_direct_iface(t) ? TFLAG_DIRECT : 0) |
		(rtti_is_plain_memory(t) ? TFLAG_REGULAR : 0);
	// "*T"[1:] serves as "T": the two share their text.
	if (name.p[0] != '*') {
		name = str_cat(r->arena, S("*"), name);
		flags |= TFLAG_EXTRA_STAR;
		exported = t->kind == TY_NAMED && name_is_exported(named_obj(t)->name);
	} else if (t->kind == TY_POINTER && t->pointer.elem->kind == TY_NAMED) {
		exported = name_is_exported(named_obj(t->pointer.elem)->name);
	}
	bool on_demand = ptrdata / 8 > MAX_PTRMASK_BYTES * 8;
	if (on_demand)
		flags |= TFLAG_MASK_ON_DEMAND;
	sym_u8(u->obj, s, OFF_TFLAG, flags);
	sym_u8(u->obj, s, OFF_ALIGN, (u8)MAX(type_align(t), 1));
	sym_u8(u->obj, s, OFF_FIELD_ALIGN, (u8)MAX(type_align(t), 1));
	sym_u8(u->obj, s, OFF_KIND, kind);
	LSym *eq = rtti_eq(u, t);
	if (eq)
		sym_addr(u->obj, s, OFF_EQUAL, eq, 0);
	sym_addr(u->obj, s, OFF_GCDATA, on_demand ? mask_on_demand_sym(u, t) : rtti_gcbits(u, t), 0);
	sym_off32(u->obj, s, OFF_STR, name_sym(u, name, S(""), NULL, exported, false), 0, R_ADDROFF);
	// *T: strong where T has a name or *T has methods, else only if something else keeps it. Not for pointers to
	// pointers, or descriptors would not end.
	if (t->kind != TY_POINTER) {
		Type *p = rtti_ptr_to(r, t);
		MethodSel *ms;
		bool strong = has_name(t) || table_methods(r, p, &ms) > 0;
		sym_off32(u->obj, s, OFF_PTR_TO_THIS, rtti_type(u, p), 0, strong ? R_ADDROFF : R_WEAKADDROFF);
	}
}

// reflectdata/reflect.go needkeyupdate: keys of which equal ones can differ.
static bool needs_key_update(Type *t)
{
	t = type_under(t);
	if (t->kind == TY_BASIC)
		return t->info & (INFO_FLOAT | INFO_COMPLEX | INFO_STRING);
	if (t->kind == TY_ARRAY)
		return needs_key_update(t->array.elem);
	if (t->kind == TY_STRUCT)
		for (u32 i = 0; i < t->structt.n; i++)
			if (needs_key_update(t->structt.fields[i]->type))
				return true;
	return t->kind == TY_INTERFACE;
}

static bool hash_might_panic(Type *t)
{
	t = type_under(t);
	if (t->kind == TY_ARRAY)
		return hash_might_panic(t->array.elem);
	if (t->kind == TY_STRUCT)
		for (u32 i = 0; i < t->structt.n; i++)
			if (hash_might_panic(t->structt.fields[i]->type))
				return true;
	return t->kind == TY_INTERFACE;
}

static void write_map(IrUnit *u, LSym *s, Type *named, Type *t)
{
	Type *group = rtti_map_group(t);
	Type *slot = group->structt.fields[1]->type->array.elem;
	i64 keys_off = struct_offset(group, 1), elem_off = struct_offset(slot, 1);
	sym_addr(u->obj, s, 48, rtti_type(u, t->map.key), 0);
	sym_addr(u->obj, s, 56, rtti_type(u, t->map.elem), 0);
	sym_addr(u->obj, s, 64, rtti_type(u, group), 0);
	sym_addr(u->obj, s, 72, rtti_hash(u, t->map.key), 0);
	sym_u64(u->obj, s, 80, (u64)type_size(group));
	sym_u64(u->obj, s, 88, (u64)keys_off);
	sym_u64(u->obj, s, 96, (u64)type_size(slot));
	sym_u64(u->obj, s, 104, (u64)(keys_off + elem_off));
	sym_u64(u->obj, s, 112, (u64)type_size(slot));
	sym_u64(u->obj, s, 120, (u64)elem_off);
	u32 flags = (needs_key_update(t->map.key) ? 1 : 0) | (hash_might_panic(t->map.key) ? 2 : 0) |
		(type_size(t->map.key) > MAP_MAX_INLINE ? 4 : 0) | (type_size(t->map.elem) > MAP_MAX_INLINE ? 8 : 0);
	sym_u32(u->obj, s, 128, flags);
	sym_u32(u->obj, s, 132, 0);
	if (named != t) { // conversions through reflection must find the same hash function
		Reloc *k = sym_reloc(u->obj, s);
		k->type = R_KEEP;
		k->sym = rtti_type(u, t);
	}
}

static void write_struct(IrUnit *u, LSym *s, Type *t, u64 data)
{
	Package *pkg = NULL; // of all unexported fields
	for (u32 i = 0; i < t->structt.n && !pkg; i++)
		if (!name_is_exported(t->structt.fields[i]->name))
			pkg = t->structt.fields[i]->pkg;
	if (pkg)
		sym_addr(u->obj, s, 48, import_path_sym(u, pkg), 0);
	sym_addr(u->obj, s, 56, s, (i64)data);
	sym_u64(u->obj, s, 64, t->structt.n);
	sym_u64(u->obj, s, 72, t->structt.n);
	for (u32 i = 0; i < t->structt.n; i++) {
		Object *f = t->structt.fields[i];
		Str tag = t->structt.tags ? t->structt.tags[i] : S("");
		u64 at = data + i * FIELD_SIZE;
		sym_addr(u->obj, s, at, name_sym(u, name_str(f->name), tag, NULL, name_is_exported(f->name), f->embedded), 0);
		sym_addr(u->obj, s, at + 8, rtti_type(u, f->type), 0);
		sym_u64(u->obj, s, at + 16, (u64)struct_offset(t, i));
	}
}

static void write_interface(IrUnit *u, Rtti *r, LSym *s, Type *named, Type *t, u64 data)
{
	Package *pkg = named->kind == TY_NAMED ? named_obj(named)->pkg : NULL;
	u32 n = iface_nmethods(t);
	if (pkg)
		sym_addr(u->obj, s, 48, import_path_sym(u, pkg), 0);
	sym_addr(u->obj, s, 56, s, (i64)data);
	sym_u64(u->obj, s, 64, n);
	sym_u64(u->obj, s, 72, n);
	for (u32 i = 0; i < n; i++) {
		Object *m = iface_method(t, i);
		bool exp = name_is_exported(m->name);
		u64 at = data + i * IMETHOD_SIZE;
		sym_off32(u->obj, s, at, name_sym(u, name_str(m->name), S(""), !exp && m->pkg != pkg ? m->pkg : NULL, exp, false), 0,
			R_ADDROFF);
		sym_off32(u->obj, s, at + 4, rtti_type(u, method_type(r, m)), 0, R_ADDROFF);
	}
}

static void write_func(IrUnit *u, LSym *s, Type *t, u64 data)
{
	Type *in = t->func.params, *out = t->func.results;
	sym_u16(u->obj, s, 48, (u16)in->tuple.n);
	sym_u16(u->obj, s, 50, (u16)(out->tuple.n | (t->variadic ? 1u << 15 : 0)));
	sym_u32(u->obj, s, 52, 0);
	for (u32 i = 0; i < in->tuple.n; i++, data += 8)
		sym_addr(u->obj, s, data, rtti_type(u, in->tuple.vars[i]->type), 0);
	for (u32 i = 0; i < out->tuple.n; i++, data += 8)
		sym_addr(u->obj, s, data, rtti_type(u, out->tuple.vars[i]->type), 0);
}

static u32 chan_dir(u8 dir) { return dir == CHAN_RECV ? 1 : dir == CHAN_SEND ? 2 : 3; }

static void write_type(IrUnit *u, Rtti *r, LSym *s, Type *t)
{
	Type *under = type_under(t);
	MethodSel *ms;
	u32 nmethods = table_methods(r, t, &ms);
	bool uncommon = has_name(t) || nmethods > 0;
	u32 fixed = layout[under->kind].size;
	u32 data_size = 0;
	if (under->kind == TY_FUNC)
		data_size = (under->func.params->tuple.n + under->func.results->tuple.n) * 8;
	else if (under->kind == TY_INTERFACE)
		data_size = iface_nmethods(under) * IMETHOD_SIZE;
	else if (under->kind == TY_STRUCT)
		data_size = under->structt.n * FIELD_SIZE;
	u64 data = fixed + (uncommon ? UNCOMMON_SIZE : 0);
	sym_grow(u->obj, s, data + data_size + (u64)nmethods * METHOD_SIZE);
	write_common(u, r, s, t, uncommon, under->kind == TY_BASIC ? basic_kind[under->basic] : layout[under->kind].kind);
	switch (under->kind) {
	case TY_BASIC:
		break;
	case TY_ARRAY:
		sym_addr(u->obj, s, 48, rtti_type(u, under->array.elem), 0);
		sym_addr(u->obj, s, 56, rtti_type(u, rtti_slice_of(r, under->array.elem)), 0);
		sym_u64(u->obj, s, 64, (u64)under->array.len);
		break;
	case TY_SLICE:
	case TY_POINTER:
		sym_addr(u->obj, s, 48, rtti_type(u, under->slice.elem), 0);
		break;
	case TY_CHAN:
		sym_addr(u->obj, s, 48, rtti_type(u, under->chan.elem), 0);
		sym_u64(u->obj, s, 56, chan_dir(under->dir));
		break;
	case TY_MAP:
		write_map(u, s, t, under);
		break;
	case TY_FUNC:
		write_func(u, s, under, data);
		break;
	case TY_INTERFACE:
		write_interface(u, r, s, t, under, data);
		break;
	case TY_STRUCT:
		write_struct(u, s, under, data);
		break;
	default:
		bug("type descriptor of kind %d", under->kind);
	}
	if (uncommon)
		write_uncommon(u, r, s, fixed, t, data_size, ms, nmethods);
}

LSym *rtti_type(IrUnit *u, Type *t)
{
	t = types_canon(t);
	Rtti *r = rtti_lock(u);
	LSym *s = map_get(&r->types, PKEY(t));
	if (!s) {
		s = obj_symf(u->obj, ABI0, "type:" STR_FMT, STR_ARG(types_link_name(t)));
		map_put(r->arena, &r->types, PKEY(t), s);
		s->is_type = true;
		bool dupok;
		if (emitted_here(u, t, &dupok) && obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
			s->dupok = dupok;
			s->align = 8;
			// reflect must find the existing descriptor of types that it can make itself.
			s->typelink = t->kind != TY_INTERFACE && !has_name(t) && !rtti_is_map_internal(t);
			write_type(u, r, s, t);
		}
	}
	rtti_unlock(r);
	return s;
}

LSym *rtti_itab(IrUnit *u, Type *t, Type *iface)
{
	t = types_canon(t);
	iface = types_canon(iface);
	Rtti *r = rtti_lock(u);
	Str key = str_fmt(r->arena, "go:itab." STR_FMT "," STR_FMT, STR_ARG(types_link_name(t)), STR_ARG(types_link_name(iface)));
	LSym *s = strmap_get(&r->itabs, key);
	if (!s) {
		s = obj_sym(u->obj, key, ABI0);
		strmap_put(r->arena, &r->itabs, key, s);
		if (obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
			MethodSel *ms;
			u32 n = table_methods(r, t, &ms), want = iface_nmethods(iface), got = 0;
			bool dupok, emit = emitted_here(u, t, &dupok);
			LSym **fns = NEWN(r->arena, LSym *, want);
			for (u32 i = 0; i < n && got < want; i++) {
				Object *m = iface_method(iface, got);
				if (ms[i].func->name == m->name && (name_is_exported(m->name) || ms[i].func->pkg == m->pkg)
				    && method_type(r, ms[i].func) == method_type(r, m))
					fns[got++] = wrapper_sym(u, t, &ms[i], true, emit);
			}
			// internal/abi/iface.go, ITab.Size: the runtime steps over them by it.
			sym_grow(u->obj, s, 24 + 8 * (u64)(got == want ? MAX(want, 1) : 1));
			sym_addr(u->obj, s, 0, rtti_type(u, iface), 0);
			sym_addr(u->obj, s, 8, rtti_type(u, t), 0);
			sym_u32(u->obj, s, 16, rtti_type_hash(t));
			// fun[0] == 0: t does not implement iface (assertions in instances may ask for such pairs)
			for (u32 i = 0; i < want && got == want; i++) {
				sym_addr(u->obj, s, 24 + 8 * (u64)i, fns[i], 0);
				s->relocs[s->nrelocs - 1].type = R_WEAKADDR;
			}
			s->dupok = s->content_addr = s->is_itab = true;
			s->align = 8;
		}
	}
	rtti_unlock(r);
	return s;
}

LSym *rtti_iface_word(IrUnit *u, Type *t, Type *iface)
{
	return iface_nmethods(iface) ? rtti_itab(u, t, iface) : rtti_type(u, t);
}

void rtti_mark_used_in_iface(IrUnit *u, LSym *from, Type *t)
{
	LSym *target = rtti_type(u, t);
	for (u32 i = 0; i < from->nrelocs; i++)
		if (from->relocs[i].sym == target && from->relocs[i].type == R_USEIFACE)
			return;
	Reloc *m = sym_reloc(u->obj, from);
	m->type = R_USEIFACE;
	m->sym = target;
}

void rtti_mark_iface_method(IrUnit *u, LSym *from, Type *iface, u32 method)
{
	LSym *target = rtti_type(u, iface);
	// Where the method's entry stands in the descriptor (reflectdata.InterfaceMethodOffset).
	i64 off = layout[TY_INTERFACE].size + (has_name(types_canon(iface)) ? UNCOMMON_SIZE : 0) + (i64)method * IMETHOD_SIZE;
	for (u32 i = 0; i < from->nrelocs; i++)
		if (from->relocs[i].sym == target && from->relocs[i].type == R_USEIFACEMETHOD && from->relocs[i].add == off)
			return;
	Reloc *m = sym_reloc(u->obj, from);
	m->type = R_USEIFACEMETHOD;
	m->sym = target;
	m->add = off;
}

static void leave_out(IrUnit *u, Type *t)
{
	ir_leave_out(u, str_fmt(u->arena, "type:" STR_FMT, STR_ARG(types_link_name(types_canon(t)))));
}

void rtti_package(IrUnit *u)
{
	Rtti *r = rtti_lock(u);
	for (u32 i = 0; i < u->pkg->types.n; i++) {
		Object *o = u->pkg->types.p[i];
		Type *t = o->type;
		// Generic types have descriptors only as instances; so have types declared in generic functions.
		if (o->is_alias || t->kind != TY_NAMED || named_tparams(t).n > 0 || type_has_tparam(t))
			continue;
		if (type_under(t)->kind == TY_INTERFACE && !iface_is_basic(t))
			continue;
		if (u->partial && o->tname.decl && o->tname.decl->left_out) {
			leave_out(u, t);
			leave_out(u, rtti_ptr_to(r, types_canon(t)));
			continue;
		}
		rtti_type(u, rtti_ptr_to(r, types_canon(t)));
		rtti_type(u, types_canon(t));
	}
	if (str_is(u->pkg->path, "runtime")) {
		for (int b = B_BOOL; b <= B_UNSAFEPTR; b++) {
			rtti_type(u, rtti_ptr_to(r, type_basic[b]));
			rtti_type(u, rtti_ptr_to(r, rtti_slice_of(r, type_basic[b])));
		}
		Type *more[] = {types_canon(type_error()), types_canon(type_empty_interface())};
		for (u32 i = 0; i < LENGTH(more); i++) {
			rtti_type(u, rtti_ptr_to(r, more[i]));
			rtti_type(u, rtti_ptr_to(r, rtti_slice_of(r, more[i])));
		}
		Object *in = NEW(r->arena, Object), *out = NEW(r->arena, Object);
		in->kind = out->kind = OBJ_VAR;
		in->type = type_error();
		out->type = TYPE(STRING);
		Type *sig = type_new_func(r->arena, NULL, type_new_tuple(r->arena, &in, 1), type_new_tuple(r->arena, &out, 1), false);
		rtti_type(u, rtti_ptr_to(r, types_canon(sig)));
	}
	rtti_unlock(r);
}
