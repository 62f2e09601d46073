// build_mem.c: the words in which build*.c write SSA: values, shapes of types, loads and stores with their write
// barriers, variables. Where a barrier is needed: cmd/compile/internal/ssa/writebarrier.go.
#include "ssa/build.h"

// ---- values -------------------------------------------------------------------------------------------

static Ref emit(Builder *b, u16 op, u8 type)
{
	bl_need(b);
	return value_new(b->f, b->cur, op, type, b->pos);
}

Ref e0(Builder *b, u16 op, u8 type, i64 imm)
{
	Ref r = emit(b, op, type);
	b->f->vals[r].imm = imm;
	return r;
}

Ref e1(Builder *b, u16 op, u8 type, Ref x)
{
	Ref r = emit(b, op, type);
	Value *v = &b->f->vals[r];
	v->nargs = 1, v->a[0] = x;
	b->f->vals[x].uses++;
	return r;
}

Ref e2(Builder *b, u16 op, u8 type, Ref x, Ref y)
{
	Ref r = emit(b, op, type);
	Value *v = &b->f->vals[r];
	v->nargs = 2, v->a[0] = x, v->a[1] = y;
	b->f->vals[x].uses++;
	b->f->vals[y].uses++;
	return r;
}

Ref e3(Builder *b, u16 op, u8 type, Ref x, Ref y, Ref z)
{
	Ref r = emit(b, op, type);
	Value *v = &b->f->vals[r];
	v->nargs = 3, v->a[0] = x, v->a[1] = y, v->a[2] = z;
	b->f->vals[x].uses++;
	b->f->vals[y].uses++;
	b->f->vals[z].uses++;
	return r;
}

static i64 sign_extend(u8 type, i64 v)
{
	return type == SSA_I8 ? (i8)v : type == SSA_I16 ? (i16)v : type == SSA_I32 ? (i32)v : v;
}

Ref ci(Builder *b, u8 type, i64 v)
{
	v = sign_extend(type, v);
	bl_need(b);
	u32 h = (u32)((u64)v * 0x9E3779B97F4A7C15u >> 59) ^ (type & 31);
	if (b->consts[h].b == b->cur && b->consts[h].type == type && b->consts[h].v == v)
		return b->consts[h].r;
	Ref r = e0(b, SSA_CONST, type, v);
	b->consts[h].b = b->cur, b->consts[h].type = type, b->consts[h].v = v, b->consts[h].r = r;
	return r;
}

Ref cf(Builder *b, u8 type, double v)
{
	i64 bits;
	memcpy(&bits, &v, 8);
	return e0(b, SSA_FCONST, type, bits);
}

Ref symaddr(Builder *b, LSym *s, i64 off)
{
	Ref r = e0(b, SSA_SYMADDR, SSA_PTR, off);
	b->f->vals[r].sym = s;
	b->f->vals[r].flags |= VF_NONNIL;
	return r;
}

Ref slot_addr(Builder *b, u32 slot, i64 off)
{
	Ref r = e0(b, SSA_SLOTADDR, SSA_PTR, off);
	b->f->vals[r].imm2 = slot;
	b->f->vals[r].flags |= VF_NONNIL;
	return r;
}

bool is_const(Builder *b, Ref r, i64 *v)
{
	if (b->f->vals[r].op != SSA_CONST)
		return false;
	*v = b->f->vals[r].imm;
	return true;
}

Ref off_ptr(Builder *b, Ref p, i64 off)
{
	if (off == 0)
		return p;
	Value *v = &b->f->vals[p];
	if (v->op == SSA_SLOTADDR)
		return slot_addr(b, (u32)v->imm2, v->imm + off);
	if (v->op == SSA_SYMADDR)
		return symaddr(b, v->sym, v->imm + off);
	if (v->op == SSA_OFFPTR) {
		off += v->imm;
		p = v->a[0];
	}
	if (v->type == SSA_I64) // outside the heap
		return e2(b, SSA_ADD, SSA_I64, p, ci(b, SSA_I64, off));
	if (off != (i32)off)
		return e2(b, SSA_ADDPTR, SSA_PTR, p, ci(b, SSA_I64, off));
	Ref r = e1(b, SSA_OFFPTR, SSA_PTR, p);
	b->f->vals[r].imm = off;
	b->f->vals[r].flags |= b->f->vals[p].flags & VF_NONNIL;
	return r;
}

Ref add_ptr(Builder *b, Ref p, Ref i)
{
	i64 c;
	if (is_const(b, i, &c))
		return off_ptr(b, p, c);
	return b->f->vals[p].type == SSA_I64 ? e2(b, SSA_ADD, SSA_I64, p, i) : e2(b, SSA_ADDPTR, SSA_PTR, p, i);
}

Ref to_i64(Builder *b, Ref r, bool is_signed)
{
	u8 t = b->f->vals[r].type;
	if (t == SSA_I64)
		return r;
	i64 c;
	if (is_const(b, r, &c)) {
		if (!is_signed)
			c = t == SSA_I8 ? (u8)c : t == SSA_I16 ? (u16)c : (u32)c;
		return ci(b, SSA_I64, c);
	}
	return e1(b, is_signed ? SSA_SEXT : SSA_ZEXT, SSA_I64, r);
}

Ref to_ptr(Builder *b, Ref r)
{
	return b->f->vals[r].type == SSA_PTR ? r : e1(b, SSA_INTTOPTR, SSA_PTR, r);
}

// ---- shapes -------------------------------------------------------------------------------------------

static bool comp_add(Shape *s, u8 type, bool barrier, i64 off)
{
	if (s->n == 4)
		return false;
	s->c[s->n++] = (Comp){type, barrier, (i32)off};
	return true;
}

static bool shape_add(Shape *s, Type *t, i64 off)
{
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC:
		if (u->info & INFO_STRING)
			return comp_add(s, SSA_PTR, true, off) && comp_add(s, SSA_I64, false, off + 8);
		if (u->info & INFO_COMPLEX) {
			u8 fl = u->basic == B_COMPLEX64 ? SSA_F32 : SSA_F64;
			return comp_add(s, fl, false, off) && comp_add(s, fl, false, off + (fl == SSA_F32 ? 4 : 8));
		}
		break;
	case TY_SLICE:
		return comp_add(s, SSA_PTR, true, off) && comp_add(s, SSA_I64, false, off + 8) && comp_add(s, SSA_I64, false, off + 16);
	case TY_INTERFACE: // descriptors and itabs are not in the heap
		return comp_add(s, SSA_PTR, false, off) && comp_add(s, SSA_PTR, true, off + 8);
	case TY_ARRAY:
		return u->array.len == 0 || (u->array.len == 1 && shape_add(s, u->array.elem, off));
	case TY_STRUCT:
		for (u32 i = 0; i < u->structt.n; i++)
			if (!shape_add(s, u->structt.fields[i]->type, off + struct_offset(u, i)))
				return false;
		return true;
	}
	u8 k = ssa_type_of(u);
	if (k == SSA_VOID)
		bug("a type without values in ssa: kind %u", u->kind);
	return comp_add(s, k, k == SSA_PTR, off);
}

const Shape shape_void = {.ssa = true};

const Shape *shape_of(Builder *b, Type *t)
{
	u32 h = (u32)((u64)(uintptr_t)t * 0x9E3779B97F4A7C15u >> 56);
	const Shape *c = b->shapes[h];
	if (c && c->type == t)
		return c;
	Shape *s = NEW(b->a, Shape);
	s->type = t;
	s->size = type_size(t);
	s->align = (u32)MAX(type_align(t), 1);
	s->ptrs = type_has_pointers(t);
	s->ssa = s->size <= 32 && shape_add(s, t, 0);
	if (!s->ssa)
		s->n = 0;
	return b->shapes[h] = s;
}

Rv rv1(const Shape *sh, Ref r)
{
	return (Rv){sh, {r}};
}

Rv rv_zero(Builder *b, const Shape *sh)
{
	Rv v = {sh, {0}};
	if (!sh->ssa) {
		u32 s = tmp_slot(b, sh->type);
		Mem m = slot_mem(b, s);
		mem_zero(b, m, sh);
		v.c[0] = mem_ptr(b, m);
		return v;
	}
	for (u32 i = 0; i < sh->n; i++)
		v.c[i] = sh->c[i].type == SSA_F32 || sh->c[i].type == SSA_F64 ? cf(b, sh->c[i].type, 0) : ci(b, sh->c[i].type, 0);
	return v;
}

u32 field_comp(Builder *b, Type *t, u32 field)
{
	Type *u = type_under(t);
	u32 n = 0;
	for (u32 i = 0; i < field; i++)
		n += shape_of(b, u->structt.fields[i]->type)->n;
	return n;
}

Rv rv_field(Builder *b, Rv v, u32 field, const Shape *fs)
{
	Rv r = {fs, {0}};
	if (!v.sh->ssa) {
		Mem m = mem_of_ptr(b, v.c[0]);
		return mem_load(b, mem_at(m, struct_offset(type_under(v.sh->type), field)), fs);
	}
	u32 first = field_comp(b, v.sh->type, field);
	for (u32 i = 0; i < fs->n; i++)
		r.c[i] = v.c[first + i];
	return r;
}

Rv rv_as(Builder *b, Rv v, const Shape *sh)
{
	if (v.sh == sh)
		return v;
	if (v.sh->ssa && sh->ssa)
		for (u32 i = 0; i < sh->n; i++)
			if (v.sh->c[i].type != sh->c[i].type)
				v.c[i] = e1(b, sh->c[i].type == SSA_PTR ? SSA_INTTOPTR : SSA_PTRTOINT, sh->c[i].type, v.c[i]);
	if (v.sh->ssa != sh->ssa) {
		Mem m = rv_to_mem(b, v, false);
		return mem_load(b, m, sh);
	}
	v.sh = sh;
	return v;
}

Type *make_struct(Builder *b, Type **types, u32 n)
{
	Object **fields = NEWN(b->a, Object *, n + 1);
	Object *objs = NEWN(b->a, Object, n + 1);
	for (u32 i = 0; i < n; i++) {
		Str name = str_fmt(b->a, "F%u", i);
		objs[i] = (Object){.kind = OBJ_VAR, .var_kind = VAR_FIELD, .name = name_of(name), .type = types[i], .pkg = b->u->pkg};
		objs[i].var.index = i;
		fields[i] = &objs[i];
	}
	return types_canon(type_new_struct(b->a, fields, n, NULL));
}

// ---- memory -------------------------------------------------------------------------------------------

Ref mem_ptr(Builder *b, Mem m) { return off_ptr(b, m.p, m.off); }

Mem mem_at(Mem m, i64 off)
{
	m.off += off;
	return m;
}

Mem mem_of_ptr(Builder *b, Ref p)
{
	Mem m = {.p = p};
	for (Value *v = &b->f->vals[p];; v = &b->f->vals[v->a[0]]) {
		if (v->op == SSA_SLOTADDR || v->op == SSA_ARGADDR || v->op == SSA_PARAMADDR)
			m.stack = m.good = true;
		else if (v->op == SSA_SYMADDR)
			m.good = true;
		else if (v->op == SSA_OFFPTR || v->op == SSA_ADDPTR || v->op == SSA_COPY || v->op == SSA_NILCHECK)
			continue;
		return m;
	}
}

// A displacement must fit in an instruction.
static Mem mem_fold(Builder *b, Mem m)
{
	if (m.off == (i32)m.off)
		return m;
	m.p = off_ptr(b, m.p, m.off);
	m.off = 0;
	return m;
}

static void access_flags(Builder *b, Ref r, Mem m)
{
	b->f->vals[r].imm = m.off;
	if (m.good || m.stack)
		b->f->vals[r].flags |= VF_NOFAULT;
}

Ref load1(Builder *b, u8 type, Mem m)
{
	m = mem_fold(b, m);
	Ref r = e1(b, SSA_LOAD, type, m.p);
	access_flags(b, r, m);
	return r;
}

Ref load_ro(Builder *b, u8 type, Ref p, i64 off)
{
	Ref r = e1(b, SSA_LOAD, type, p);
	b->f->vals[r].imm = off;
	b->f->vals[r].flags |= VF_READONLY | VF_NOFAULT;
	return r;
}

void store1(Builder *b, Mem m, Ref v)
{
	m = mem_fold(b, m);
	Ref r = e2(b, SSA_STORE, SSA_VOID, m.p, v);
	access_flags(b, r, m);
}

// Can v be a pointer into the heap?
static bool maybe_heap(Builder *b, Ref r)
{
	for (;;) {
		Value *v = &b->f->vals[r];
		switch (v->op) {
		case SSA_CONST: case SSA_SYMADDR:
			return false;
		case SSA_OFFPTR: case SSA_COPY: case SSA_NILCHECK:
			r = v->a[0];
			continue;
		}
		return true;
	}
}

void mem_store_comp(Builder *b, Mem m, const Comp *c, Ref v)
{
	m = mem_fold(b, mem_at(m, c->off));
	// the old value matters for the barrier too, unless the memory is known to be zero
	bool wb = c->barrier && !m.stack && b->f->vals[v].type == SSA_PTR && (!m.fresh || maybe_heap(b, v));
	Ref r = e2(b, wb ? SSA_STOREWB : SSA_STORE, SSA_VOID, m.p, v);
	b->f->vals[r].imm2 = wb && m.fresh; // no pointer there that the collector could lose
	access_flags(b, r, m);
	if (wb)
		b->f->has_wb = true;
}

Rv mem_load(Builder *b, Mem m, const Shape *sh)
{
	Rv v = {sh, {0}};
	if (!sh->ssa) {
		v.c[0] = mem_ptr(b, m);
		return v;
	}
	for (u32 i = 0; i < sh->n; i++)
		v.c[i] = load1(b, sh->c[i].type, mem_at(m, sh->c[i].off));
	return v;
}

void mem_store(Builder *b, Mem m, Rv v)
{
	if (!v.sh->ssa) {
		mem_copy(b, m, v.c[0], v.sh, false);
		return;
	}
	for (u32 i = v.sh->n; i-- > 0;) // lengths before pointers: the barrier comes last
		mem_store_comp(b, m, &v.sh->c[i], v.c[i]);
}

void mem_zero(Builder *b, Mem m, const Shape *sh)
{
	if (sh->size == 0 || m.fresh)
		return;
	if (sh->ssa && sh->n <= 4) {
		i64 covered = 0;
		static const u8 size[] = {[SSA_I8] = 1, [SSA_I16] = 2, [SSA_I32] = 4, [SSA_I64] = 8, [SSA_PTR] = 8, [SSA_F32] = 4, [SSA_F64] = 8};
		for (u32 i = 0; i < sh->n; i++)
			covered += size[sh->c[i].type];
		if (covered == sh->size || sh->n <= 2) {
			mem_store(b, m, rv_zero(b, sh));
			return;
		}
	}
	m = mem_fold(b, m);
	bool wb = sh->ptrs && !m.stack;
	Ref r = e1(b, wb ? SSA_ZEROWB : SSA_ZERO, SSA_VOID, m.p);
	access_flags(b, r, m);
	Value *v = &b->f->vals[r];
	v->imm2 = sh->size;
	if (wb) {
		LSym *s = rtti_type(b->u, sh->type);
		b->f->vals[r].sym = s;
		b->f->has_wb = true;
	}
}

void mem_copy(Builder *b, Mem dst, Ref src, const Shape *sh, bool may_overlap)
{
	if (sh->size == 0)
		return;
	bool wb = sh->ptrs && !dst.stack;
	if (may_overlap) { // partly, through conversions of slices to arrays
		if (wb)
			rt(b, RT_typedmemmove, SSA_VOID, 3, symaddr(b, rtti_type(b->u, sh->type), 0), mem_ptr(b, dst), src);
		else
			rt(b, RT_memmove, SSA_VOID, 3, mem_ptr(b, dst), src, ci(b, SSA_I64, sh->size));
		return;
	}
	Ref p = mem_ptr(b, dst);
	if (p == src)
		return;
	Ref r = e2(b, wb ? SSA_MOVEWB : SSA_MOVE, SSA_VOID, p, src);
	b->f->vals[r].imm2 = sh->size;
	if (dst.good || dst.stack)
		b->f->vals[r].flags |= 0; // the source may still fault
	if (wb) {
		LSym *s = rtti_type(b->u, sh->type);
		b->f->vals[r].sym = s;
		b->f->has_wb = true;
	}
}

void var_def(Builder *b, u32 slot)
{
	Ref r = e0(b, SSA_VARDEF, SSA_VOID, 0);
	b->f->vals[r].imm2 = slot;
}

u32 tmp_slot(Builder *b, Type *t)
{
	u32 s = slot_new(b->f, NULL, t, type_size(t), (u32)type_align(t));
	var_def(b, s);
	return s;
}

void slot_clear(Builder *b, u32 slot)
{
	var_def(b, slot);
	mem_zero(b, slot_mem(b, slot), shape_of(b, b->f->slots[slot].type));
}

Mem slot_mem(Builder *b, u32 slot)
{
	return (Mem){.p = slot_addr(b, slot, 0), .stack = true, .good = true};
}

Mem rv_to_mem(Builder *b, Rv v, bool addr_taken)
{
	Mem m;
	if (!v.sh->ssa) {
		m = mem_of_ptr(b, v.c[0]);
	} else {
		u32 s = tmp_slot(b, v.sh->type);
		m = slot_mem(b, s);
		mem_store(b, m, v);
	}
	Value *p = &b->f->vals[m.p];
	if (addr_taken && p->op == SSA_SLOTADDR)
		b->f->slots[p->imm2].addr_taken = true;
	return m;
}

// ---- variables ----------------------------------------------------------------------------------------

static bool is_result_of(IrFunc *f, IrVar *v)
{
	return v->cls == IRV_RESULT && v->func == f;
}

// Without optimization what has a name stays in memory, where debuggers find it.
static bool stays_in_memory(Builder *b, IrVar *v)
{
	return b->u->no_opt && v->name && !name_is_blank(v->name);
}

VarInfo *var_info(Builder *b, IrVar *v)
{
	if (v->ssa)
		return v->ssa;
	VarInfo *vi = NEW(b->a, VarInfo);
	v->ssa = vi;
	vi->sh = shape_of(b, v->type);
	bool keep = b->fn->has_defer && is_result_of(b->fn, v); // deferred functions and recovery see it
	if ((v->cls == IRV_CAPTURE && v->by_ref) || v->heap) {
		vi->where = AT_PTR; // captures: build_params has set it, unless this is an error of ours
		if (keep || stays_in_memory(b, v)) {
			vi->ptr_in_slot = true;
			vi->slot = slot_new(b->f, v, TYPE(UNSAFEPTR), 8, 8);
			b->f->slots[vi->slot].holds_addr = true;
			b->f->slots[vi->slot].is_open_defer = b->f->slots[vi->slot].need_zero = true;
		} else {
			vi->first = sv_new(b, SSA_PTR);
			sv_debug(b, vi->first, v, NULL);
		}
	} else if (vi->sh->ssa && !v->addr_taken && !keep && !stays_in_memory(b, v)) {
		vi->where = AT_SSA;
		vi->first = b->vars.n;
		for (u32 i = 0; i < vi->sh->n; i++)
			sv_new(b, vi->sh->c[i].type);
		sv_debug(b, vi->first, v, vi->sh);
	} else {
		vi->where = AT_SLOT;
		vi->slot = slot_new(b->f, v, v->type, vi->sh->size, vi->sh->align);
		Slot *s = &b->f->slots[vi->slot];
		s->addr_taken = v->addr_taken;
		if (keep)
			s->is_open_defer = s->need_zero = true;
	}
	return vi;
}

Mem var_mem(Builder *b, IrVar *v)
{
	VarInfo *vi = var_info(b, v);
	switch (vi->where) {
	case AT_SLOT:
		return slot_mem(b, vi->slot);
	case AT_PTR: {
		Ref p = vi->ptr_in_slot ? load1(b, SSA_PTR, slot_mem(b, vi->slot)) : sv_get(b, vi->first);
		b->f->vals[p].flags |= VF_NONNIL;
		Mem m = mem_of_ptr(b, p);
		m.good = true;
		return m;
	}
	}
	bug("variable %s of " STR_FMT " has no address", v->name ? v->name->s : "?", STR_ARG(b->fn->sym));
}

Rv var_get(Builder *b, IrVar *v)
{
	VarInfo *vi = var_info(b, v);
	if (vi->where != AT_SSA)
		return mem_load(b, var_mem(b, v), vi->sh);
	Rv r = {vi->sh, {0}};
	for (u32 i = 0; i < vi->sh->n; i++)
		r.c[i] = sv_get(b, vi->first + i);
	return r;
}

void var_set(Builder *b, IrVar *v, Rv x)
{
	VarInfo *vi = var_info(b, v);
	if (vi->where == AT_SSA) {
		x = rv_as(b, x, vi->sh);
		for (u32 i = 0; i < vi->sh->n; i++)
			sv_set(b, vi->first + i, x.c[i]);
		return;
	}
	if (vi->where == AT_SLOT && vi->sh->ptrs && x.sh->ssa && !b->f->slots[vi->slot].is_open_defer)
		var_def(b, vi->slot); // not for memory moves: the source may be the slot itself
	mem_store(b, var_mem(b, v), rv_as(b, x, vi->sh));
}
