// stackmap.c: for the precise garbage collector: which pointer words of the frame and of the arguments are live at
// each call, which slots are stack objects, and which must be cleared on entry. Formats: internal/abi/symtab.go,
// runtime/stkframe.go, runtime/stack.go; the rules of liveness: cmd/compile/internal/liveness/plive.go.
//
// A slot is live where a read of it may follow without a whole overwrite (VARDEF, stores that fill it, SPILL)
// in between. What lives at the entry though nothing has written it yet is cleared there. A slot whose address
// becomes a value is a stack object: the collector finds it through the pointers to it.
#include "rtti/rtti.h"
#include "ssa/amd64/machine.h"
#include "ssa/backend.h"

#include <stdlib.h>

typedef struct Liveness {
	Func *f;
	u32 *bit;           // by slot: number among the tracked ones + 1
	u32 *slot;          // and back
	u32 n;
	BitSet *in;         // by block
	BitSet always;
	BitSet results;     // of the caller's frame, which it reads after the return
	BitSet first;       // by value: of the stores that fill a slot with nothing between them, the first
} Liveness;

bool func_unsafe(const Func *f)
{
	return (f->unit && f->unit->is_runtime) || f->nosplit;
}

static void use_slot(Liveness *l, BitSet s, i64 slot)
{
	u32 b = l->bit[slot];
	if (b)
		bits_add(s, b - 1);
}

static void kill_slot(Liveness *l, BitSet s, i64 slot)
{
	u32 b = l->bit[slot];
	if (b)
		bits_del(s, b - 1);
}

// Going backwards over one value.
static void effect(Liveness *l, Ref r, BitSet live)
{
	Func *f = l->f;
	Value *v = val(f, r);
	switch (v->op) {
	case SSA_VARDEF: kill_slot(l, live, v->imm2); return;
	case SSA_VARLIVE: use_slot(l, live, v->imm2); return;
	case SSA_SPILL: kill_slot(l, live, v->imm2); return;
	case SSA_RELOAD: use_slot(l, live, v->imm2); return;
	case SSA_SLOTMOVE:
		kill_slot(l, live, v->imm2);
		use_slot(l, live, v->imm);
		return;
	case SSA_KEEPALIVE:
		if (f->spill_slot[v->a[0]])
			use_slot(l, live, f->spill_slot[v->a[0]] - 1);
		if (val(f, v->a[0])->op == M_LEA && addr_base(val(f, v->a[0])) == AB_SLOT) // the address of a variable here
			use_slot(l, live, (u32)val(f, v->a[0])->imm2);
		return;
	}
	if (v->op < SSA_ARCH || !form_has_mem(v->form) || addr_base(v) != AB_SLOT)
		return;
	u32 slot = (u32)v->imm2;
	u8 cls = mop(v->op)->cls;
	if (cls == MC_STORE || cls == MC_STOREZ) {
		if (bits_has(l->first, r))
			kill_slot(l, live, slot);
	} else {
		use_slot(l, live, slot);
	}
}

static void at_end(Liveness *l, const BasicBlock *bb, BitSet live)
{
	bits_clear(live);
	for (u32 k = 0; k < bb->nsuccs; k++)
		bits_or(live, l->in[bb->succs[k]]);
	if (bb->kind == BLOCK_RET)
		bits_or(live, l->results);
}

// The words of a slot with pointers, at most 64: others are not followed.
static u64 pointer_mask(const Slot *s)
{
	u64 mask = 0;
	if (!s->type)
		return 1;
	if (type_ptrdata(s->type) <= 64 * 8)
		rtti_pointer_words(s->type, 0, (BitSet){&mask, 1});
	return mask;
}

// A slot that stores fill one after the other needs no clearing before them: nothing looks at it between two of them,
// neither the code nor, for want of a call, the collector.
static void find_first_stores(Liveness *l)
{
	Func *f = l->f;
	typedef struct Filled { u64 need, done; u32 epoch; } Filled; // done: words stored to further on, valid in its epoch
	Filled *fill = NEWN(f->arena, Filled, l->n);
	for (u32 i = 0; i < l->n; i++)
		fill[i].need = pointer_mask(&f->slots[l->slot[i]]);
	l->first = bits_new(f->arena, f->nvals);
	u32 epoch = 0;
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		epoch++;
		for (u32 k = bb->nvals; k-- > 0;) {
			Value *v = val(f, bb->vals[k]);
			if (op_is_call(v->op) || v->op == SSA_VARLIVE || v->op == SSA_KEEPALIVE)
				epoch++;
			if (v->op < SSA_ARCH || !form_has_mem(v->form) || addr_base(v) != AB_SLOT || !l->bit[v->imm2 & UINT32_MAX])
				continue;
			Filled *s = &fill[l->bit[v->imm2 & UINT32_MAX] - 1];
			u8 cls = mop(v->op)->cls;
			if ((cls != MC_STORE && cls != MC_STOREZ) || addr_scale(v)) {
				s->epoch = 0;
				continue;
			}
			if (s->epoch != epoch)
				s->epoch = epoch, s->done = 0;
			i64 size = cls == MC_STOREZ || v->op == M_VSTORE ? 16 : v->width;
			for (i64 w = ALIGN_UP(v->imm, 8); w + 8 <= v->imm + size && w < 64 * 8; w += 8)
				s->done |= (u64)1 << (w / 8);
			if (s->need && !(s->need & ~s->done))
				bits_add(l->first, bb->vals[k]);
		}
	}
}

// Maps of one kind: equal ones are shared.
typedef struct MapKey { u64 hash; u32 index; } MapKey;

static bool slot_is_object(Func *f, u32 s) { return f->slots[s].addr_taken && f->slots[s].type && slot_has_pointers(&f->slots[s]); }

static int object_cmp(const void *a, const void *b)
{
	const Slot *x = *(Slot *const *)a, *y = *(Slot *const *)b;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static LSym *stack_objects(Func *f)
{
	ObjPkg *o = f->unit->obj;
	Slot **list = NEWN(f->arena, Slot *, f->nslots);
	u32 n = 0;
	for (u32 i = 0; i < f->nslots; i++)
		if (slot_is_object(f, i))
			list[n++] = &f->slots[i];
	if (!n)
		return NULL;
	qsort(list, n, sizeof *list, object_cmp);
	LSym *s = obj_local(o, str_fmt(f->arena, STR_FMT ".stkobj", STR_ARG(f->sym->name)));
	obj_define(o, s, SYM_RODATA, f->seq);
	s->align = 8;
	sym_u64(o, s, 0, n);
	for (u32 i = 0; i < n; i++) {
		u64 off = 8 + i * 16;
		sym_u32(o, s, off, (u32)(i32)list[i]->offset);
		sym_u32(o, s, off + 4, (u32)type_size(list[i]->type));
		sym_u32(o, s, off + 8, (u32)type_ptrdata(list[i]->type));
		sym_off32(o, s, off + 12, rtti_gcbits(f->unit, list[i]->type), 0, R_ADDROFF);
	}
	return s;
}

static void set_words(Func *f, u32 slot, BitSet locals, i64 nlocal, BitSet args)
{
	Slot *s = &f->slots[slot];
	BitSet dst = s->is_param ? args : locals;
	i64 off = s->is_param ? s->offset : s->offset + nlocal;
	if (s->type)
		rtti_pointer_words(s->type, off, dst);
	else
		bits_add(dst, (u32)(off / 8));
}

static void put_map(Buf *b, BitSet s, u32 nbits)
{
	for (u32 i = 0; i < nbits; i += 8) {
		u8 x = 0;
		for (u32 k = 0; k < 8 && i + k < nbits; k++)
			x |= (u8)(bits_has(s, i + k) << k);
		buf_u8(b, x);
	}
}

StackMaps stackmap_build(Func *f)
{
	Arena *a = f->arena;
	StackMaps m = {0};
	Liveness lv = {.f = f}, *l = &lv;
	// A slot whose address is left as a value must be findable.
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			if (v->op == M_LEA && addr_base(v) == AB_SLOT)
				f->slots[v->imm2].addr_taken = true;
		}
	}
	l->bit = NEWN(a, u32, f->nslots + 1);
	l->slot = NEWN(a, u32, f->nslots + 1);
	i64 top = 0, args_end = 0;
	for (u32 i = 0; i < f->nslots; i++) {
		Slot *s = &f->slots[i];
		if (!slot_has_pointers(s))
			continue;
		l->slot[l->n++] = i;
		l->bit[i] = l->n;
		if (s->is_param)
			args_end = MAX(args_end, s->offset + (s->type ? type_ptrdata(s->type) : 8));
		else
			top = MAX(top, -s->offset);
	}
	top = ALIGN_UP(top, 8);
	m.ptr_size = top;
	l->always = bits_new(a, l->n + 1);
	l->results = bits_new(a, l->n + 1);
	for (u32 i = 0; i < l->n; i++) {
		const Slot *slot = &f->slots[l->slot[i]];
		if (slot->is_open_defer)
			bits_add(l->always, i);
		if (slot->is_result)
			bits_add(l->results, i);
	}
	// Stack arguments are live throughout; the homes of register arguments at the entry.
	i64 args_words = 0;
	if (f->abi) {
		for (u32 i = 0; i < f->abi->nparams; i++) {
			AbiValue *p = &f->abi->params[i];
			if (p->type && type_has_pointers(p->type))
				args_end = MAX(args_end, (p->in_regs ? p->spill_off : p->stack_off) + type_ptrdata(p->type));
		}
	}
	args_words = ALIGN_UP(args_end, 8) / 8;
	find_first_stores(l);
	// Dataflow, backwards.
	l->in = NEWN(a, BitSet, f->nblocks);
	for (u32 i = 0; i < f->norder; i++)
		l->in[f->order[i]] = bits_new(a, l->n + 1);
	BitSet live = bits_new(a, l->n + 1);
	for (bool changed = l->n > 0; changed;) {
		changed = false;
		for (u32 i = f->norder; i-- > 0;) {
			BlockId b = f->order[i];
			BasicBlock *bb = &f->blocks[b];
			at_end(l, bb, live);
			for (u32 k = bb->nvals; k-- > 0;)
				effect(l, bb->vals[k], live);
			changed |= bits_or(l->in[b], live);
		}
	}
	// Slots to clear.
	m.zero_slots = NEWN(a, u32, l->n + 1);
	for (u32 i = 0; i < l->n; i++) {
		Slot *s = &f->slots[l->slot[i]];
		if (s->is_param)
			continue;
		if (bits_has(l->in[1], i) || bits_has(l->always, i))
			m.zero_slots[m.nzero++] = l->slot[i];
	}
	// One map for the entry (index 0), one for each different set at a call.
	m.index = NEWN(a, i32, f->nvals);
	VEC(BitSet) sets = {0};
	Map found = {0};
	u32 *chain = NULL;
	VEC(u32) chains = {0};
	(void)chain;
	BitSet entry = bits_new(a, l->n + 1);
	vec_push(a, &sets, entry);
	vec_push(a, &chains, 0);
#define INTERN(set, out) do { \
		u64 h_ = hash_bytes((set).w, (set).nwords * 8) + 1; \
		u32 k_ = (u32)(uintptr_t)map_get(&found, h_); \
		while (k_ && memcmp(sets.p[k_].w, (set).w, (set).nwords * 8)) \
			k_ = chains.p[k_]; \
		if (!k_) { \
			BitSet c_ = bits_new(a, l->n + 1); \
			bits_copy(c_, (set)); \
			k_ = sets.n; \
			vec_push(a, &sets, c_); \
			vec_push(a, &chains, (u32)(uintptr_t)map_get(&found, h_)); \
			map_put(a, &found, h_, (void *)(uintptr_t)k_); \
		} \
		(out) = (i32)k_; \
	} while (0)
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		at_end(l, bb, live);
		for (u32 k = bb->nvals; k-- > 0;) {
			Value *v = val(f, bb->vals[k]);
			if (op_is_call(v->op)) {
				BitSet at = bits_new(a, l->n + 1);
				bits_copy(at, live);
				bits_or(at, l->always);
				m.index[bb->vals[k]] = -1;
				if (!(v->call && v->call->is_wb))
					INTERN(at, m.index[bb->vals[k]]);
			}
			effect(l, bb->vals[k], live);
		}
	}
	INTERN(l->always, m.defer_index);
	ObjPkg *o = f->unit->obj;
	u32 nlocal = (u32)(top / 8);
	Buf ba = {0}, bl = {0};
	buf_u32(&ba, sets.n);
	buf_u32(&ba, (u32)args_words);
	buf_u32(&bl, sets.n);
	buf_u32(&bl, nlocal);
	BitSet args = bits_new(a, (u32)args_words + 1), locals = bits_new(a, nlocal + 1);
	for (u32 i = 0; i < sets.n; i++) {
		bits_clear(args);
		bits_clear(locals);
		bits_each(sets.p[i], k)
			set_words(f, l->slot[k], locals, top, args);
		if (f->abi)
			for (u32 k = 0; k < f->abi->nparams; k++) {
				AbiValue *p = &f->abi->params[k];
				if (p->type && !p->in_regs && type_has_pointers(p->type))
					rtti_pointer_words(p->type, p->stack_off, args);
			}
		if (i == 0) {
			BasicBlock *eb = &f->blocks[1];
			for (u32 k = 0; k < eb->nvals; k++) {
				Value *v = val(f, eb->vals[k]);
				if (v->op != SSA_PARAM || v->type != SSA_PTR)
					continue;
				for (u32 j = 0; j < f->abi->nparams; j++) {
					AbiValue *p = &f->abi->params[j];
					for (u32 q = 0; p->in_regs && q < p->n; q++) {
						AbiPart *part = &f->abi->parts[p->first + q];
						if (part->type == SSA_PTR && part->reg == v->imm)
							bits_add(args, (u32)((p->spill_off + part->offset) / 8));
					}
				}
			}
		}
		put_map(&ba, args, (u32)args_words);
		put_map(&bl, locals, nlocal);
	}
	m.args = obj_gclocals(o, ba.p, ba.n);
	m.locals = obj_gclocals(o, bl.p, bl.n);
	buf_free(&ba);
	buf_free(&bl);
	m.objects = stack_objects(f);
	return m;
}

// ---- argument descriptions for tracebacks ----------------------------------------------------------

// internal/abi/symtab.go: TraceArgs constants.
enum { ARGS_ENDSEQ = 0xff, ARGS_STARTAGG = 0xfe, ARGS_ENDAGG = 0xfd, ARGS_DOTS = 0xfc, ARGS_TOOLARGE = 0xfb, ARGS_SPECIAL = 0xf0,
	ARGS_LIMIT = 10, ARGS_DEPTH = 5 };

typedef struct ArgInfo { Buf b; u32 n; } ArgInfo;

static void arg_scalar(ArgInfo *x, i64 size, i64 off)
{
	if (off >= ARGS_SPECIAL) {
		buf_u8(&x->b, ARGS_TOOLARGE);
	} else {
		buf_u8(&x->b, (u8)off);
		buf_u8(&x->b, (u8)size);
	}
	x->n++;
}

static bool arg_type(ArgInfo *x, Type *t, i64 off, u32 depth)
{
	if (x->n >= ARGS_LIMIT) {
		buf_u8(&x->b, ARGS_DOTS);
		return false;
	}
	Type *u = type_under(t);
	bool string = u->kind == TY_BASIC && u->info & INFO_STRING, complex = u->kind == TY_BASIC && u->info & INFO_COMPLEX;
	if (!string && !complex && u->kind != TY_SLICE && u->kind != TY_INTERFACE && u->kind != TY_STRUCT && u->kind != TY_ARRAY) {
		arg_scalar(x, type_size(t), off);
		return true;
	}
	buf_u8(&x->b, ARGS_STARTAGG);
	if (++depth >= ARGS_DEPTH) {
		buf_u8(&x->b, ARGS_DOTS);
		buf_u8(&x->b, ARGS_ENDAGG);
		x->n++;
		return true;
	}
	Type *word = TYPE(UINTPTR);
	if (string || u->kind == TY_INTERFACE) {
		(void)(arg_type(x, word, off, depth) && arg_type(x, word, off + 8, depth));
	} else if (u->kind == TY_SLICE) {
		(void)(arg_type(x, word, off, depth) && arg_type(x, word, off + 8, depth) && arg_type(x, word, off + 16, depth));
	} else if (complex) {
		Type *f = type_size(t) == 8 ? TYPE(FLOAT32) : TYPE(FLOAT64);
		(void)(arg_type(x, f, off, depth) && arg_type(x, f, off + type_size(t) / 2, depth));
	} else if (u->kind == TY_ARRAY) {
		if (u->array.len == 0)
			x->n++;
		for (i64 i = 0; i < u->array.len; i++)
			if (!arg_type(x, u->array.elem, off + i * type_size(u->array.elem), depth))
				break;
	} else {
		if (u->structt.n == 0)
			x->n++;
		for (u32 i = 0; i < u->structt.n; i++)
			if (!arg_type(x, u->structt.fields[i]->type, off + struct_offset(u, i), depth))
				break;
	}
	buf_u8(&x->b, ARGS_ENDAGG);
	return true;
}

LSym *arginfo_build(Func *f)
{
	if (!f->abi || !f->abi->nparams)
		return NULL;
	ArgInfo x = {0};
	for (u32 i = 0; i < f->abi->nparams; i++) {
		AbiValue *p = &f->abi->params[i];
		if (!p->type || !arg_type(&x, p->type, p->in_regs ? p->spill_off : p->stack_off, 0))
			break;
	}
	buf_u8(&x.b, ARGS_ENDSEQ);
	ObjPkg *o = f->unit->obj;
	LSym *s = obj_local(o, str_fmt(f->arena, STR_FMT ".arginfo1", STR_ARG(f->sym->name)));
	obj_define(o, s, SYM_RODATA, f->seq);
	s->align = 1;
	sym_bytes(o, s, 0, x.b.p, x.b.n);
	buf_free(&x.b);
	return s;
}
