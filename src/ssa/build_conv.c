// build_conv.c: conversions: numbers, strings and slices, boxing into interfaces, type assertions. Facts:
// cmd/compile/internal/walk/convert.go, ssagen/ssa.go (dottype1), internal/abi/iface.go and switch.go.
#include "ssa/build.h"

static bool is_float_type(u8 t) { return t == SSA_F32 || t == SSA_F64; }

static Ref int_to_int(Builder *b, Ref r, bool sg, u8 to)
{
	u8 from = b->f->vals[r].type;
	i64 c;
	if (from == to)
		return r;
	if (is_const(b, r, &c)) {
		if (!sg)
			c = from == SSA_I8 ? (u8)c : from == SSA_I16 ? (u16)c : from == SSA_I32 ? (u32)c : c;
		return ci(b, to, c);
	}
	return e1(b, from > to ? SSA_TRUNC : sg ? SSA_SEXT : SSA_ZEXT, to, r);
}

Rv convert(Builder *b, Rv v, Type *from, Type *to)
{
	const Shape *sh = shape_of(b, to);
	Type *fu = type_under(from), *tu = type_under(to);
	if (tu->info & INFO_COMPLEX) {
		Rv r = {sh, {0}};
		for (u32 i = 0; i < 2; i++) {
			Ref x = i < v.sh->n ? v.c[i] : cf(b, v.sh->c[0].type, 0);
			r.c[i] = b->f->vals[x].type == sh->c[i].type ? x : e1(b, SSA_F2F, sh->c[i].type, x);
		}
		return r;
	}
	Ref x = v.c[0];
	u8 ft = v.sh->c[0].type, tt = sh->c[0].type;
	bool fs = is_signed(from), ts = is_signed(to);
	if (ft == SSA_PTR || tt == SSA_PTR || !(fu->info & INFO_NUMERIC) || !(tu->info & INFO_NUMERIC))
		return rv_as(b, v, sh);
	if (is_float_type(ft)) {
		if (is_float_type(tt))
			return rv1(sh, ft == tt ? x : e1(b, SSA_F2F, tt, x));
		if (tt == SSA_I64)
			return rv1(sh, e1(b, ts ? SSA_F2I : SSA_F2U, SSA_I64, x));
		if (tt == SSA_I32 && !ts) // a uint32 does not fit in the result of the 32-bit conversion
			return rv1(sh, e1(b, SSA_TRUNC, SSA_I32, e1(b, SSA_F2I, SSA_I64, x)));
		Ref i = e1(b, SSA_F2I, SSA_I32, x);
		return rv1(sh, tt == SSA_I32 ? i : e1(b, SSA_TRUNC, tt, i));
	}
	if (is_float_type(tt)) {
		if (ft == SSA_I64)
			return rv1(sh, e1(b, fs ? SSA_I2F : SSA_U2F, tt, x));
		if (ft == SSA_I32 && !fs)
			return rv1(sh, e1(b, SSA_I2F, tt, int_to_int(b, x, false, SSA_I64)));
		return rv1(sh, e1(b, SSA_I2F, tt, int_to_int(b, x, fs, SSA_I32)));
	}
	return rv1(sh, int_to_int(b, x, fs, tt));
}

// A buffer in the frame for a runtime function to use if it is large enough; nil otherwise.
static Ref stack_buf(Builder *b, bool on_stack, Type *elem, i64 n)
{
	if (!on_stack)
		return ci(b, SSA_PTR, 0);
	u32 s = tmp_slot(b, type_new_array(b->a, elem, n));
	b->f->slots[s].addr_taken = true;
	return slot_addr(b, s, 0);
}

// []byte of a constant: an array of its size, in the frame if it may be there, that is filled from the string's data.
static Ref const_bytes(Builder *b, IrNode *n, Ref from, i64 len)
{
	Type *t = type_new_array(b->a, TYPE(UINT8), len);
	Ref p;
	if (n->esc_none && len <= MAX_IMPLICIT_STACK_VAR)
		p = stack_buf(b, true, TYPE(UINT8), len);
	else if (len == 0)
		return new_object(b, t, false);
	else
		p = rt(b, RT_mallocgc, SSA_PTR, 3, ci(b, SSA_I64, len), ci(b, SSA_PTR, 0), ci(b, SSA_I8, 0));
	b->f->vals[p].flags |= VF_NONNIL;
	mem_copy(b, (Mem){.p = p, .good = true, .stack = n->esc_none}, from, shape_of(b, t), false);
	return p;
}

static const u8 res_string[] = {SSA_PTR, SSA_I64}, res_slice[] = {SSA_PTR, SSA_I64, SSA_I64};

Rv conv_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Rv r = {sh, {0}};
	Ref p, len;
	switch (n->op) {
	case IR_CONV:
		return convert(b, expr(b, n->a), n->a->type, n->type);
	case IR_BYTES2STR:
		slice_parts(b, n->a, &p, &len, NULL);
		if (n->flags & IRF_TMP)
			return (Rv){sh, {p, len}};
		rt_n(b, RT_slicebytetostring, res_string, r.c, 2, (Ref[]){stack_buf(b, n->esc_none, TYPE(UINT8), 32), p, len}, 3);
		return r;
	case IR_STR2BYTES:
		slice_parts(b, n->a, &p, &len, NULL);
		if (n->flags & IRF_TMP) { // []byte("") is not nil
			Ref zero = symaddr(b, obj_sym(b->u->obj, S("runtime.zerobase"), ABI0), 0);
			i64 c;
			if (is_const(b, p, &c))
				p = zero;
			else if (b->f->vals[p].op != SSA_SYMADDR)
				p = e3(b, SSA_SELECT, SSA_PTR, e2(b, SSA_EQ, SSA_I8, p, ci(b, SSA_PTR, 0)), zero, p);
			return (Rv){sh, {p, len, len}};
		}
		if (n->a->op == IR_CONST) {
			i64 size = const_string_len(n->a->val);
			return (Rv){sh, {const_bytes(b, n, p, size), ci(b, SSA_I64, size), ci(b, SSA_I64, size)}};
		}
		rt_n(b, RT_stringtoslicebyte, res_slice, r.c, 3, (Ref[]){stack_buf(b, n->esc_none, TYPE(UINT8), 32), p, len}, 3);
		return r;
	case IR_RUNES2STR: {
		Rv v = expr(b, n->a);
		rt_n(b, RT_slicerunetostring, res_string, r.c, 2,
			(Ref[]){stack_buf(b, n->esc_none, TYPE(UINT8), 32), v.c[0], v.c[1], v.c[2]}, 4);
		return r;
	}
	case IR_STR2RUNES:
		slice_parts(b, n->a, &p, &len, NULL);
		rt_n(b, RT_stringtoslicerune, res_slice, r.c, 3, (Ref[]){stack_buf(b, n->esc_none, TYPE(INT32), 32), p, len}, 3);
		return r;
	case IR_RUNE2STR: {
		Ref c = to_i64(b, expr1(b, n->a), is_signed(n->a->type));
		rt_n(b, RT_intstring, res_string, r.c, 2, (Ref[]){stack_buf(b, n->esc_none, TYPE(UINT8), 4), c}, 2);
		return r;
	}
	case IR_SLICE2ARR: case IR_SLICE2ARRPTR: {
		Type *at = type_under(n->op == IR_SLICE2ARR ? n->type : type_under(n->type)->pointer.elem);
		slice_parts(b, n->a, &p, &len, NULL);
		set_pos(b, n);
		if (at->array.len > 0 && !b->u->no_bounds) {
			Ref c = e2(b, SSA_BOUNDS, SSA_I64, ci(b, SSA_I64, at->array.len), len);
			b->f->vals[c].imm = BOUNDS_CONVERT;
			b->f->vals[c].flags |= VF_SIGNED;
		}
		if (n->op == IR_SLICE2ARRPTR)
			return rv_as(b, rv1(shape_of(b, TYPE(UNSAFEPTR)), p), sh);
		if (at->array.len == 0)
			return (Rv){sh, {sh->ssa ? 0 : p}};
		Mem m = mem_of_ptr(b, p);
		m.good = true;
		return mem_load(b, m, sh);
	}
	}
	bug("conversion %s", ir_op_name(n->op));
}

// ---- into interfaces ------------------------------------------------------------------------------------------

// Tells the linker that values of t are put into interfaces: their methods may be called.
static void mark_used(Builder *b, LSym *t)
{
	LSym *fn = obj_sym(b->u->obj, b->fn->sym, b->fn->abi);
	for (u32 i = 0; i < fn->nrelocs; i++)
		if (fn->relocs[i].type == R_USEIFACE && fn->relocs[i].sym == t)
			return;
	Reloc *r = sym_reloc(b->u->obj, fn);
	r->type = R_USEIFACE;
	r->sym = t;
}

// The only component of a struct or array of one thing, looked through.
static Type *sole_component(Type *t)
{
	for (;;) {
		Type *u = type_under(t);
		if (u->kind == TY_STRUCT && u->structt.n == 1)
			t = u->structt.fields[0]->type;
		else if (u->kind == TY_ARRAY && u->array.len == 1)
			t = u->array.elem;
		else
			return u;
	}
}

Ref as_word(Builder *b, Rv v, u8 type)
{
	if (v.sh->ssa && v.sh->n == 1) {
		u8 t = v.sh->c[0].type;
		if (t == type)
			return v.c[0];
		if ((t == SSA_F32 && type == SSA_I32) || (t == SSA_F64 && type == SSA_I64))
			return e1(b, SSA_BITCAST, type, v.c[0]);
		if (t == SSA_PTR && type == SSA_I64)
			return e1(b, SSA_PTRTOINT, type, v.c[0]);
		if (t == SSA_I64 && type == SSA_PTR)
			return e1(b, SSA_INTTOPTR, type, v.c[0]);
	}
	return load1(b, type, rv_to_mem(b, v, false));
}

Rv box(Builder *b, Rv v, Type *t, Type *iface, bool on_stack, IrNode *src)
{
	const Shape *sh = shape_of(b, iface);
	LSym *tsym = rtti_type(b->u, t);
	mark_used(b, tsym);
	Ref data;
	i64 size = type_size(t), align = type_align(t);
	Type *sole = sole_component(t);
	bool ptrs = type_has_pointers(t);
	LSym *ro;
	if (rtti_is_direct_iface(t)) {
		if (v.sh->ssa && v.sh->n != 1)
			bug("%u components in an interface's data word", v.sh->n);
		// Beside the pointer there may be fields of no size that keep the value in memory.
		data = v.sh->ssa ? to_ptr(b, v.c[0]) : load1(b, SSA_PTR, rv_to_mem(b, v, false));
	} else if (size == 0) {
		data = symaddr(b, obj_sym(b->u->obj, S("runtime.zerobase"), ABI0), 0);
	} else if (src && data_is_static(src) && (ro = data_readonly(b->u, src))) {
		data = symaddr(b, ro, 0);
	} else if (size == 1 && v.sh->ssa && v.sh->n == 1 && sole->kind == TY_BASIC) {
		Ref i = to_i64(b, v.c[0], false);
		Ref table = symaddr(b, obj_sym(b->u->obj, S("runtime.staticuint64s"), ABI0), 0);
		data = e2(b, SSA_ADDPTR, SSA_PTR, table, e2(b, SSA_SHL, SSA_I64, i, ci(b, SSA_I8, 3)));
		b->f->vals[b->f->vals[data].a[1]].flags |= VF_BOUNDED;
	} else if (on_stack && size <= 1024) {
		u32 s = tmp_slot(b, t);
		Mem m = slot_mem(b, s);
		b->f->slots[s].addr_taken = true;
		mem_store(b, m, v);
		data = slot_addr(b, s, 0);
	} else if (size == 2 && align == 2) {
		data = rt(b, RT_convT16, SSA_PTR, 1, as_word(b, v, SSA_I16));
	} else if (size == 4 && align == 4 && !ptrs) {
		data = rt(b, RT_convT32, SSA_PTR, 1, as_word(b, v, SSA_I32));
	} else if (size == 8 && align == 8 && !ptrs) {
		data = rt(b, RT_convT64, SSA_PTR, 1, as_word(b, v, SSA_I64));
	} else if (v.sh->ssa && sole->kind == TY_BASIC && sole->info & INFO_STRING) {
		data = rt(b, RT_convTstring, SSA_PTR, 2, v.c[0], v.c[1]);
	} else if (v.sh->ssa && sole->kind == TY_SLICE) {
		data = rt(b, RT_convTslice, SSA_PTR, 3, v.c[0], v.c[1], v.c[2]);
	} else {
		Mem m = rv_to_mem(b, v, true);
		data = rt(b, ptrs ? RT_convT : RT_convTnoptr, SSA_PTR, 2, symaddr(b, tsym, 0), mem_ptr(b, m));
	}
	return (Rv){sh, {symaddr(b, rtti_iface_word(b->u, t, iface), 0), data}};
}

Ref iface_type_word(Builder *b, Ref word, Type *iface)
{
	return iface_nmethods(iface) ? load_ro(b, SSA_PTR, word, 8) : word; // ITab.Type
}

// A made descriptor of this function for the runtime to keep a cache in.
static LSym *descriptor(Builder *b, const char *kind, Type *gotype, u64 size)
{
	u32 n = 0;
	LSym *fn = obj_sym(b->u->obj, b->fn->sym, b->fn->abi);
	(void)fn;
	n = b->f->nvals; // differs for each in this function
	LSym *s = obj_local(b->u->obj, str_fmt(b->a, STR_FMT "..%s%u", STR_ARG(b->fn->sym), kind, n));
	obj_define(b->u->obj, s, SYM_DATA, OBJ_SEQ_NAME);
	sym_grow(b->u->obj, s, size);
	s->size = size;
	s->align = 8;
	s->local = true;
	s->gotype = rtti_type(b->u, gotype);
	return s;
}

// The itab of the type in `typ` for interface `to`: a call of the runtime behind a small cache.
Ref type_assert(Builder *b, Type *to, Ref typ, bool can_fail)
{
	// internal/abi/switch.go, TypeAssert: Cache, Inter, CanFail
	Type *parts[] = {TYPE(UNSAFEPTR), TYPE(UNSAFEPTR), TYPE(BOOL)};
	LSym *d = descriptor(b, "typeAssert", make_struct(b, parts, 3), 24);
	sym_addr(b->u->obj, d, 0, obj_sym(b->u->obj, S("runtime.emptyTypeAssertCache"), ABI0), 0);
	sym_addr(b->u->obj, d, 8, rtti_type(b->u, to), 0);
	sym_u8(b->u->obj, d, 16, can_fail);
	Ref da = symaddr(b, d, 0);
	// cache: mask, then entries {type, itab}; an empty type ends a probe
	Ref cache = e1(b, SSA_ALOAD, SSA_PTR, da);
	Ref hash = e1(b, SSA_ZEXT, SSA_I64, load_ro(b, SSA_I32, typ, 16)); // Type.Hash
	Mem cm = {.p = cache, .good = true};
	Ref mask = load1(b, SSA_I64, cm);
	u32 hv = sv_new(b, SSA_I64), res = sv_new(b, SSA_PTR);
	sv_set(b, hv, hash);
	BlockId head = bl_new(b), next = bl_new(b), hit = bl_new(b), miss = bl_new(b), end = bl_new(b);
	bl_goto(b, head);
	bl_start(b, head);
	Ref h = sv_get(b, hv);
	Ref idx = e2(b, SSA_SHL, SSA_I64, e2(b, SSA_AND, SSA_I64, h, mask), ci(b, SSA_I8, 4));
	Ref e = e2(b, SSA_ADDPTR, SSA_PTR, cache, idx);
	Mem em = {.p = e, .off = 8, .good = true};
	sv_set(b, hv, e2(b, SSA_ADD, SSA_I64, h, ci(b, SSA_I64, 1)));
	Ref et = load1(b, SSA_PTR, em);
	bl_if(b, e2(b, SSA_EQ, SSA_I8, et, typ), hit, next, 1);
	bl_seal(b, next);
	bl_start(b, next);
	bl_if(b, e2(b, SSA_EQ, SSA_I8, et, ci(b, SSA_PTR, 0)), miss, head, 0);
	bl_seal(b, head);
	bl_seal(b, hit);
	bl_start(b, hit);
	sv_set(b, res, load1(b, SSA_PTR, mem_at(em, 8)));
	bl_goto(b, end);
	bl_seal(b, miss);
	bl_start(b, miss);
	sv_set(b, res, rt(b, RT_typeAssert, SSA_PTR, 2, da, typ));
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return sv_get(b, res);
}

// Interface to interface where nil stays nil. The result's first word.
static Ref convert_word(Builder *b, Ref word, Type *from, Type *to)
{
	u32 res = sv_new(b, SSA_PTR);
	BlockId some = bl_new(b), end = bl_new(b);
	sv_set(b, res, word);
	bl_if(b, e2(b, SSA_NE, SSA_I8, word, ci(b, SSA_PTR, 0)), some, end, 1);
	bl_seal(b, some);
	bl_start(b, some);
	Ref typ = iface_type_word(b, word, from);
	sv_set(b, res, iface_nmethods(to) ? type_assert(b, to, typ, true) : typ);
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return sv_get(b, res);
}

Rv iface_to_iface(Builder *b, Rv v, Type *from, Type *to)
{
	const Shape *sh = shape_of(b, to);
	if (!iface_nmethods(from) && !iface_nmethods(to))
		return (Rv){sh, {v.c[0], v.c[1]}};
	return (Rv){sh, {convert_word(b, v.c[0], from, to), v.c[1]}};
}

Rv conv_iface(Builder *b, IrNode *n)
{
	Rv v = expr(b, n->a);
	set_pos(b, n);
	if (n->op == IR_IFACE2IFACE || type_under(n->a->type)->kind == TY_INTERFACE)
		return types_identical(n->a->type, n->type) ? rv_as(b, v, shape_of(b, n->type)) : iface_to_iface(b, v, n->a->type, n->type);
	return box(b, v, n->a->type, n->type, n->esc_none, n->a);
}

// ---- assertions -------------------------------------------------------------------------------------------------

Rv dot_value(Builder *b, Ref data, Type *t)
{
	const Shape *sh = shape_of(b, t);
	if (rtti_is_direct_iface(t) && !sh->ssa) {
		Mem m = slot_mem(b, tmp_slot(b, t));
		store1(b, m, data);
		return mem_load(b, m, sh);
	}
	if (rtti_is_direct_iface(t))
		return rv1(sh, sh->c[0].type == SSA_PTR ? data : e1(b, SSA_PTRTOINT, SSA_I64, data));
	Mem m = {.p = data, .good = true};
	return mem_load(b, m, sh);
}

// x.(iface)
static void dot_iface(Builder *b, Rv x, Type *from, Type *to, Rv *val, Ref *ok)
{
	const Shape *sh = shape_of(b, to);
	Ref some = e2(b, SSA_NE, SSA_I8, x.c[0], ci(b, SSA_PTR, 0));
	bool src_empty = !iface_nmethods(from), dst_empty = !iface_nmethods(to);
	if (dst_empty && src_empty && ok) {
		*val = rv_as(b, x, sh);
		*ok = some;
		return;
	}
	u32 res = sv_new(b, SSA_PTR);
	BlockId bsome = bl_new(b), bnil = bl_new(b), end = bl_new(b);
	bl_if(b, some, bsome, bnil, 1);
	bl_seal(b, bnil);
	bl_start(b, bnil);
	if (ok) {
		sv_set(b, res, ci(b, SSA_PTR, 0));
		bl_goto(b, end);
	} else {
		rt_panic(b, RT_panicnildottype, 1, symaddr(b, rtti_type(b->u, to), 0));
	}
	bl_seal(b, bsome);
	bl_start(b, bsome);
	Ref typ = iface_type_word(b, x.c[0], from);
	sv_set(b, res, dst_empty ? typ : type_assert(b, to, typ, ok != NULL));
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	Ref w = sv_get(b, res);
	*val = (Rv){sh, {w, x.c[1]}};
	if (ok)
		*ok = e2(b, SSA_NE, SSA_I8, w, ci(b, SSA_PTR, 0));
}

void dot_type(Builder *b, IrNode *n, Rv *val, Ref *ok)
{
	Type *from = n->a->type, *to = n->op == IR_DOTTYPE2 ? n->type->tuple.vars[0]->type : n->type;
	to = types_canon(to);
	Rv x = expr(b, n->a);
	set_pos(b, n);
	if (type_under(to)->kind == TY_INTERFACE) {
		dot_iface(b, x, from, to, val, ok);
		return;
	}
	const Shape *sh = shape_of(b, to);
	Ref want = symaddr(b, rtti_iface_word(b->u, to, from), 0);
	Ref same = e2(b, SSA_EQ, SSA_I8, x.c[0], want);
	BlockId yes = bl_new(b), no = bl_new(b);
	bl_if(b, same, yes, no, 1);
	bl_seal(b, yes);
	bl_seal(b, no);
	if (!ok) {
		bl_start(b, no);
		Ref target = symaddr(b, rtti_type(b->u, to), 0), source = symaddr(b, rtti_type(b->u, from), 0);
		rt_panic(b, iface_nmethods(from) ? RT_panicdottypeI : RT_panicdottypeE, 3, x.c[0], target, source);
		bl_start(b, yes);
		*val = dot_value(b, x.c[1], to);
		return;
	}
	BlockId end = bl_new(b);
	u32 first = b->vars.n, slot = 0;
	if (sh->ssa) {
		for (u32 i = 0; i < sh->n; i++)
			sv_new(b, sh->c[i].type);
	} else {
		b->cur = yes; // the temporary begins to live before the branches would write it
		b->cur = 0;
		slot = slot_new(b->f, NULL, to, sh->size, sh->align);
	}
	for (u32 k = 0; k < 2; k++) {
		bl_start(b, k ? no : yes);
		if (!sh->ssa) {
			var_def(b, slot);
			if (k)
				mem_zero(b, slot_mem(b, slot), sh);
			else
				mem_store(b, slot_mem(b, slot), dot_value(b, x.c[1], to));
		} else {
			Rv v = k ? rv_zero(b, sh) : dot_value(b, x.c[1], to);
			for (u32 i = 0; i < sh->n; i++)
				sv_set(b, first + i, v.c[i]);
		}
		bl_goto(b, end);
	}
	bl_seal(b, end);
	bl_start(b, end);
	val->sh = sh;
	if (sh->ssa)
		for (u32 i = 0; i < sh->n; i++)
			val->c[i] = sv_get(b, first + i);
	else
		val->c[0] = slot_addr(b, slot, 0);
	*ok = same;
}
