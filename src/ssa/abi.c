// abi.c: where a function's parameters and results are: the register assignment of ABI_INTERNAL
// (cmd/compile/abi-internal.md) or the stack layout of ABI0. Invariant: the parts of a value stand in the order
// of their offsets, which is the order of the components of ssa/build.h's Shape.
#include "ssa/ssa.h"

typedef struct Assign {
	Arena *a;
	const Target *t;
	AbiInfo *abi;
	VEC(AbiPart) parts;
	u32 ints, floats;       // used so far
	i64 stack, spill;
	bool abi0;
} Assign;

static bool part_add(Assign *s, u8 type, i64 off)
{
	bool fl = type == SSA_F32 || type == SSA_F64;
	u32 *used = fl ? &s->floats : &s->ints;
	if (*used >= (fl ? s->t->nfloat_args : s->t->nint_args))
		return false;
	vec_push(s->a, &s->parts, (AbiPart){.type = type, .reg = (u8)(*used)++, .offset = (i32)off, .in_reg = 1});
	return true;
}

// Assigns registers to t at offset off of its value; false if there are not enough or t cannot be in registers.
static bool type_add(Assign *s, Type *t, i64 off)
{
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC:
		if (u->info & INFO_STRING)
			return part_add(s, SSA_PTR, off) && part_add(s, SSA_I64, off + 8);
		if (u->info & INFO_COMPLEX) {
			u8 fl = u->basic == B_COMPLEX64 ? SSA_F32 : SSA_F64;
			return part_add(s, fl, off) && part_add(s, fl, off + (fl == SSA_F32 ? 4 : 8));
		}
		return part_add(s, ssa_type_of(u), off);
	case TY_SLICE:
		return part_add(s, SSA_PTR, off) && part_add(s, SSA_I64, off + 8) && part_add(s, SSA_I64, off + 16);
	case TY_INTERFACE:
		return part_add(s, SSA_PTR, off) && part_add(s, SSA_PTR, off + 8);
	case TY_ARRAY:
		if (u->array.len == 0)
			return true;
		return u->array.len == 1 && type_add(s, u->array.elem, off);
	case TY_STRUCT:
		for (u32 i = 0; i < u->structt.n; i++)
			if (!type_add(s, u->structt.fields[i]->type, off + struct_offset(u, i)))
				return false;
		return true;
	default:
		return part_add(s, ssa_type_of(u), off);
	}
}

static void value_assign(Assign *s, AbiValue *v, Type *t, bool result)
{
	*v = (AbiValue){.type = t, .first = s->parts.n};
	i64 size = type_size(t), align = MAX(type_align(t), 1);
	u32 ints = s->ints, floats = s->floats, n = s->parts.n;
	if (!s->abi0 && size > 0 && type_add(s, t, 0)) { // values without size are on the stack
		v->in_regs = true;
		v->n = s->parts.n - n;
		if (!result) {
			s->spill = ALIGN_UP(s->spill, align);
			v->spill_off = s->spill;
			s->spill += size;
		}
		return;
	}
	s->ints = ints, s->floats = floats, s->parts.n = n;
	s->stack = ALIGN_UP(s->stack, align);
	v->stack_off = s->stack;
	s->stack += size;
}

AbiInfo *abi_assign_types(Arena *a, const Target *t, Type **params, u32 nparams, Type **results, u32 nresults, bool abi0)
{
	AbiInfo *abi = NEW(a, AbiInfo);
	Assign s = {.a = a, .t = t, .abi = abi, .abi0 = abi0};
	abi->params = NEWN(a, AbiValue, nparams + 1);
	abi->results = NEWN(a, AbiValue, nresults + 1);
	abi->nparams = nparams, abi->nresults = nresults;
	for (u32 i = 0; i < nparams; i++)
		value_assign(&s, &abi->params[i], params[i], false);
	s.stack = ALIGN_UP(s.stack, 8);
	abi->int_params = s.ints, abi->float_params = s.floats;
	s.ints = s.floats = 0;
	for (u32 i = 0; i < nresults; i++)
		value_assign(&s, &abi->results[i], results[i], true);
	abi->int_results = s.ints, abi->float_results = s.floats;
	abi->args_size = ALIGN_UP(s.stack, 8);
	abi->spill_size = ALIGN_UP(s.spill, 8);
	for (u32 i = 0; i < nparams; i++) // from the start of the argument area
		if (abi->params[i].in_regs)
			abi->params[i].spill_off += abi->args_size;
	abi->parts = s.parts.p, abi->nparts = s.parts.n;
	return abi;
}

AbiInfo *abi_assign_sig(Arena *a, const Target *t, Type *recv, Type *sig, bool abi0)
{
	Type *ps = sig->func.params, *rs = sig->func.results;
	u32 np = 0;
	Type **p = NEWN(a, Type *, ps->tuple.n + 1), **r = NEWN(a, Type *, rs->tuple.n + 1);
	if (recv)
		p[np++] = recv;
	for (u32 i = 0; i < ps->tuple.n; i++)
		p[np++] = ps->tuple.vars[i]->type;
	for (u32 i = 0; i < rs->tuple.n; i++)
		r[i] = rs->tuple.vars[i]->type;
	return abi_assign_types(a, t, p, np, r, rs->tuple.n, abi0);
}

AbiInfo *abi_assign(Arena *a, const Target *t, IrFunc *f)
{
	Type **p = NEWN(a, Type *, f->nparams + 1), **r = NEWN(a, Type *, f->nresults + 1);
	for (u32 i = 0; i < f->nparams; i++)
		p[i] = f->params[i]->type;
	for (u32 i = 0; i < f->nresults; i++)
		r[i] = f->results[i]->type;
	return abi_assign_types(a, t, p, f->nparams, r, f->nresults, f->abi == ABI0);
}

AbiInfo *abi_assign_scalars(Arena *a, const Target *t, const u8 *params, u32 nparams, const u8 *results, u32 nresults)
{
	static const u8 size[] = {[SSA_I8] = 1, [SSA_I16] = 2, [SSA_I32] = 4, [SSA_I64] = 8, [SSA_PTR] = 8, [SSA_F32] = 4, [SSA_F64] = 8};
	AbiInfo *abi = NEW(a, AbiInfo);
	Assign s = {.a = a, .t = t, .abi = abi};
	abi->params = NEWN(a, AbiValue, nparams + nresults + 1);
	abi->results = abi->params + nparams;
	abi->nparams = nparams, abi->nresults = nresults;
	for (u32 i = 0; i < nparams + nresults; i++) {
		if (i == nparams) {
			abi->int_params = s.ints, abi->float_params = s.floats;
			s.ints = s.floats = 0;
		}
		u8 t1 = i < nparams ? params[i] : results[i - nparams];
		abi->params[i] = (AbiValue){.in_regs = true, .first = s.parts.n, .n = 1};
		if (!part_add(&s, t1, 0))
			bug("too many arguments in a runtime call");
		if (i < nparams) {
			s.spill = ALIGN_UP(s.spill, size[t1]);
			abi->params[i].spill_off = s.spill;
			s.spill += size[t1];
		}
	}
	if (nresults == 0)
		abi->int_params = s.ints, abi->float_params = s.floats, s.ints = s.floats = 0;
	abi->int_results = s.ints, abi->float_results = s.floats;
	abi->spill_size = ALIGN_UP(s.spill, 8);
	abi->parts = s.parts.p, abi->nparts = s.parts.n;
	return abi;
}
