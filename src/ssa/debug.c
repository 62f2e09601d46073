// debug.c: where a debugger finds the variables of a compiled function. What lives in a slot is there all the time. A
// parameter that came in registers is in them from the entry on until the first block overwrites them, and at home
// above the arguments once it was spilled there; it is looked for no further. One that came on the stack stays there.
#include "ssa/backend.h"

#include <stdlib.h>

enum { DW_OP_REG0 = 0x50, DW_OP_REGX = 0x90, DW_OP_FBREG = 0x91, DW_OP_PIECE = 0x93 };

typedef struct Place { u32 reg_end, home_from; u8 reg; i64 home; u32 size; } Place; // one scalar of a parameter; ends exclusive

static DwarfVar describe(Func *f, IrVar *v)
{
	return (DwarfVar){.name = name_str(v->name), .is_param = v->cls == IRV_PARAM, .is_result = v->cls == IRV_RESULT, .pos = v->pos,
		.inl = v->inl, .type = obj_symf(f->unit->obj, ABI0, "type:" STR_FMT, STR_ARG(types_link_name(v->type)))};
}

static bool is_named(const IrVar *v) { return v && v->name && !name_is_blank(v->name); }

static u32 pc_behind(const Prog *p, u32 end) { return p && p->next ? p->next->pc : end; }

static u8 number(const RegInfo *ri, u16 reg)
{
	for (u8 i = 0; i < LENGTH(ri->reg); i++)
		if (ri->reg[i] == reg)
			return i;
	return NO_REG;
}

// Follows the first block: when each register that brought a parameter is overwritten, what is stored in whose home.
static void follow(Func *f, u32 end, u32 *reg_end, Place *places, u32 n)
{
	const RegInfo *ri = f->target->regs;
	BasicBlock *bb = &f->blocks[f->order[0]];
	for (u32 k = 0; k < bb->nvals; k++) {
		Ref r = bb->vals[k];
		Value *v = val(f, r);
		u32 pc = pc_behind(f->entry_progs[k], end), after = pc_behind(f->entry_progs[k + 1], end);
		if (v->op == SSA_PARAM)
			continue;
		if (v->op == SSA_SPILL) {
			Slot *s = &f->slots[v->imm2];
			for (u32 i = 0; i < n && s->is_param; i++)
				if (places[i].home == s->offset && places[i].home_from == UINT32_MAX)
					places[i].home_from = after;
			continue;
		}
		RegSet gone = 0;
		if (op_is_call(v->op)) {
			gone = ~(RegSet)0;
			pc = after;
		} else if (v->op >= SSA_ARCH) {
			RegNeed need = {0};
			ri->need(f, v, &need);
			gone = need.clobber;
		}
		u8 out = type_has_reg(v->type) ? number(ri, f->reg[r]) : NO_REG;
		if (out != NO_REG)
			gone |= REG_BIT(out);
		for (u32 i = 0; i < 32; i++)
			if (gone & REG_BIT(i) && reg_end[i] > pc)
				reg_end[i] = pc;
	}
	u32 last = f->norder > 1 ? pc_behind(f->entry_progs[bb->nvals], end) : end;
	for (u32 i = 0; i < 32; i++)
		reg_end[i] = MIN(reg_end[i], last);
}

static void put_leb(Buf *b, i64 v)
{
	for (bool more = true; more;) {
		u8 c = v & 0x7f;
		v >>= 7;
		more = !((v == 0 && !(c & 0x40)) || (v == -1 && (c & 0x40)));
		buf_u8(b, more ? c | 0x80 : c);
	}
}

// The parameter's places from pc on, as a DWARF expression; empty if nothing is known.
static Str expression(Func *f, const Place *p, u32 n, u32 pc)
{
	const RegInfo *ri = f->target->regs;
	Buf b = {0};
	bool any = false;
	for (u32 i = 0; i < n; i++) {
		if (pc < p[i].reg_end) {
			u8 d = ri->dwarf[p[i].reg];
			if (d < 32) {
				buf_u8(&b, (u8)(DW_OP_REG0 + d));
			} else {
				buf_u8(&b, DW_OP_REGX);
				buf_uvarint(&b, d);
			}
			any = true;
		} else if (pc >= p[i].home_from) {
			buf_u8(&b, DW_OP_FBREG);
			put_leb(&b, p[i].home);
			any = true;
		}
		if (n > 1) {
			buf_u8(&b, DW_OP_PIECE);
			buf_uvarint(&b, p[i].size);
		}
	}
	Str s = S("");
	if (any) {
		char *copy = obj_alloc(f->unit->obj, b.n + 1);
		memcpy(copy, b.p, b.n);
		s = str_n(copy, b.n);
	}
	buf_free(&b);
	return s;
}

static int by_pc(const void *a, const void *b) { return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b; }

// Scalars with a gap between them (padding) cannot be told as pieces: they are left out.
static bool is_dense(const AbiInfo *abi, const AbiValue *v)
{
	i64 at = 0;
	for (u32 k = 0; k < v->n; k++) {
		const AbiPart *p = &abi->parts[v->first + k];
		if (p->offset != at)
			return false;
		at += ssa_type_size(p->type);
	}
	return v->n > 0;
}

static void params(Func *f, FuncInfo *info, u32 size, bool *const in_slot)
{
	const AbiInfo *abi = f->abi;
	const RegInfo *ri = f->target->regs;
	u32 reg_end[32];
	memset(reg_end, 0xff, sizeof reg_end);
	Place *places = NEWN(f->arena, Place, abi->nparts + 1);
	u32 n = 0;
	for (u32 i = 0; i < abi->nparams; i++)
		for (u32 k = 0; abi->params[i].in_regs && k < abi->params[i].n; k++) {
			const AbiPart *p = &abi->parts[abi->params[i].first + k];
			bool fl = type_is_float(p->type);
			places[n++] = (Place){.home_from = UINT32_MAX, .reg = number(ri, fl ? f->target->float_args[p->reg] : f->target->int_args[p->reg]),
				.home = abi->params[i].spill_off + p->offset, .size = ssa_type_size(p->type)};
		}
	follow(f, size, reg_end, places, n);
	n = 0;
	for (u32 i = 0; i < abi->nparams; i++) {
		const AbiValue *v = &abi->params[i];
		IrVar *var = f->ir->params[i];
		Place *p = places + n;
		n += v->in_regs ? v->n : 0;
		if (in_slot[i] || !is_named(var))
			continue;
		DwarfVar *d = &info->vars[info->nvars++];
		*d = describe(f, var);
		d->moves = v->in_regs || var->reassigned || var->addr_taken || var->heap;
		if (!d->moves)
			d->offset = (i32)v->stack_off;
		if (!v->in_regs || var->reassigned || var->addr_taken || var->heap || !is_dense(abi, v))
			continue;
		u32 *pcs = NEWN(f->arena, u32, 2 * v->n + 2), npcs = 0;
		pcs[npcs++] = 0;
		pcs[npcs++] = size;
		for (u32 k = 0; k < v->n; k++) {
			p[k].reg_end = reg_end[p[k].reg];
			pcs[npcs++] = MIN(p[k].reg_end, size);
			pcs[npcs++] = MIN(p[k].home_from, size);
		}
		qsort(pcs, npcs, sizeof *pcs, by_pc);
		d->locs = obj_alloc(f->unit->obj, npcs * sizeof *d->locs);
		for (u32 k = 0; k + 1 < npcs; k++) {
			Str e = pcs[k] < pcs[k + 1] ? expression(f, p, v->n, pcs[k]) : S("");
			DwarfLoc *last = d->nlocs ? &d->locs[d->nlocs - 1] : NULL;
			if (last && last->to == pcs[k] && str_eq(last->expr, e))
				last->to = pcs[k + 1];
			else if (e.n)
				d->locs[d->nlocs++] = (DwarfLoc){pcs[k], pcs[k + 1], e};
		}
	}
}

void debug_vars(Func *f, FuncInfo *info, u32 size)
{
	info->vars = obj_alloc(f->unit->obj, sizeof(DwarfVar) * (f->nslots + f->abi->nparams + 1));
	bool *in_slot = NEWN(f->arena, bool, f->abi->nparams + 1);
	for (u32 i = 0; i < f->nslots; i++) {
		Slot *s = &f->slots[i];
		if (!is_named(s->var) || !s->type)
			continue;
		DwarfVar d = describe(f, s->var);
		d.in_heap = s->holds_addr;
		d.offset = (i32)(s->is_param ? s->offset : s->offset - 16);
		info->vars[info->nvars++] = d;
		for (u32 k = 0; k < f->abi->nparams && f->ir->params; k++)
			in_slot[k] |= f->ir->params[k] == s->var;
	}
	if (f->entry_progs && f->ir->nparams == f->abi->nparams)
		params(f, info, size, in_slot);
}
