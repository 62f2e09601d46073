// debug.c: what debuggers are told of the variables of a compiled function. What lives in a slot is there all the time;
// of what lives in values debug_places.c knows where its components are, and here each stretch of code in which none of
// them moves becomes an entry of the variable's location list. Parameters that came on the stack and are never assigned
// stay there.
#include "ssa/backend.h"

#include <stdlib.h>

enum { DW_OP_ADDR = 0x03, DW_OP_DEREF = 0x06, DW_OP_CONSTS = 0x11, DW_OP_REG0 = 0x50, DW_OP_BREG0 = 0x70, DW_OP_REGX = 0x90, DW_OP_FBREG = 0x91,
	DW_OP_BREGX = 0x92, DW_OP_PIECE = 0x93, DW_OP_STACK_VALUE = 0x9f };

static DwarfVar describe(Func *f, IrVar *v)
{
	return (DwarfVar){.name = name_str(v->name), .is_param = v->cls == IRV_PARAM, .is_result = v->cls == IRV_RESULT, .pos = v->pos,
		.inl = v->inl, .order = v->index, .type = obj_symf(f->unit->obj, ABI0, "type:" STR_FMT, STR_ARG(types_link_name(v->type)))};
}

static bool is_named(const IrVar *v) { return v && v->name && !name_is_blank(v->name); }

// ---- location lists -------------------------------------------------------------------------------

static void put_leb(Buf *b, i64 v)
{
	for (bool more = true; more;) {
		u8 c = v & 0x7f;
		v >>= 7;
		more = !((v == 0 && !(c & 0x40)) || (v == -1 && (c & 0x40)));
		buf_u8(b, more ? c | 0x80 : c);
	}
}

static void put_reg(Buf *b, u8 few, u8 many, u8 number)
{
	if (number < 32) {
		buf_u8(b, (u8)(few + number));
	} else {
		buf_u8(b, many);
		buf_uvarint(b, number);
	}
}

static i32 slot_offset(const Slot *s) { return (i32)(s->is_param ? s->offset : s->offset - 16); } // from the frame's base, the CFA

static void put_place(Func *f, Buf *b, const DebugSpan *s, bool is_addr)
{
	if (s->where & DEBUG_REG) {
		u8 reg = f->target->regs->dwarf[s->where & 31];
		put_reg(b, is_addr ? DW_OP_BREG0 : DW_OP_REG0, is_addr ? DW_OP_BREGX : DW_OP_REGX, reg);
		if (is_addr)
			buf_u8(b, 0);
	} else if (s->where & DEBUG_SLOT) {
		buf_u8(b, DW_OP_FBREG);
		put_leb(b, slot_offset(&f->slots[s->where & ~DEBUG_SLOT]));
		if (is_addr)
			buf_u8(b, DW_OP_DEREF);
	} else {
		i64 bits = 0;
		debug_constant(f, s->v, &bits);
		buf_u8(b, DW_OP_CONSTS);
		put_leb(b, bits);
		if (!is_addr)
			buf_u8(b, DW_OP_STACK_VALUE);
	}
}

// The variable where its components are as s says (NULL: nowhere).
static void put_expression(Func *f, Buf *b, const DebugVar *v, const DebugSpan *const *s)
{
	i64 at = 0;
	for (u32 i = 0; i < v->n; i++) {
		u32 size = ssa_type_size(v->type[i]);
		bool whole = v->n == 1 && v->off[0] == 0;
		if (v->off[i] > at) { // padding
			buf_u8(b, DW_OP_PIECE);
			buf_uvarint(b, (u64)(v->off[i] - at));
		}
		at = v->off[i] + size;
		if (s[i])
			put_place(f, b, s[i], v->is_addr);
		if (!whole) {
			buf_u8(b, DW_OP_PIECE);
			buf_uvarint(b, size);
		}
	}
}

static int by_from(const void *a, const void *b)
{
	const DebugSpan *x = *(const DebugSpan *const *)a, *y = *(const DebugSpan *const *)b;
	return x->from != y->from ? (x->from < y->from ? -1 : 1) : 0;
}

static bool same_place(const DebugSpan *x, const DebugSpan *y)
{
	return x && y && x->where == y->where && (!(x->where & DEBUG_CONST) || x->v == y->v);
}

typedef struct Lists {
	const DebugSpan **sorted; u32 csorted;
	Buf text;
	u64 *stops;             // bits by pc
} Lists;

// Where debuggers stop or look: where another line begins, and in the last byte of calls, for the frames that wait.
static u64 *find_stops(Func *f, const Prog *first, u32 size)
{
	u64 *bits = NEWN(f->arena, u64, size / 64 + 2);
	Pos pos = 0;
	u32 inl = 0;
	bits[0] = 1;
	for (const Prog *p = first; p; p = p->next) {
		if (p->pos != pos || p->inl != inl)
			bits[p->pc / 64] |= 1ull << p->pc % 64;
		pos = p->pos;
		inl = p->inl;
		if (p->op == OP_CALL && p->next)
			bits[(p->next->pc - 1) / 64] |= 1ull << (p->next->pc - 1) % 64;
	}
	return bits;
}

static bool has_stop(const u64 *bits, u32 from, u32 to)
{
	for (u32 w = from / 64; w <= (to - 1) / 64; w++) {
		u64 x = bits[w];
		if (w == from / 64)
			x &= ~0ull << from % 64;
		if (w == (to - 1) / 64)
			x &= ~0ull >> (63 - (to - 1) % 64);
		if (x)
			return true;
	}
	return false;
}

// The spans of v's components, merged.
static void list_places(Func *f, DwarfVar *d, const DebugVar *v, const u32 *heads, const DebugSpan *spans, Lists *l)
{
	u32 n[4], first[4], total = 0;
	for (u32 c = 0; c < v->n; c++) {
		first[c] = total;
		for (u32 i = heads[v->comp + c]; i; i = spans[i].next)
			total++;
		n[c] = total - first[c];
	}
	if (!total)
		return;
	if (total > l->csorted) {
		l->csorted = total * 2;
		l->sorted = NEWN(f->arena, const DebugSpan *, l->csorted);
	}
	for (u32 c = 0; c < v->n; c++) {
		u32 k = first[c] + n[c];
		bool sorted = true; // lists are backwards
		for (u32 i = heads[v->comp + c]; i; i = spans[i].next) {
			l->sorted[--k] = &spans[i];
			sorted &= k + 1 == first[c] + n[c] || l->sorted[k]->from <= l->sorted[k + 1]->from;
		}
		if (!sorted)
			qsort(l->sorted + first[c], n[c], sizeof *l->sorted, by_from);
	}
	d->locs = NEWN(f->arena, DwarfLoc, total * 2);
	const DebugSpan *now[4] = {0}, *last[4] = {0};
	for (u32 pc = 0;;) {
		u32 next = UINT32_MAX;
		bool any = false;
		for (u32 c = 0; c < v->n; c++) {
			while (n[c] && l->sorted[first[c]]->to <= pc)
				first[c]++, n[c]--;
			const DebugSpan *s = n[c] ? l->sorted[first[c]] : NULL;
			now[c] = s && s->from <= pc ? s : NULL;
			if (s)
				next = MIN(next, now[c] ? s->to : s->from);
			any |= now[c] != NULL;
		}
		if (next == UINT32_MAX)
			break;
		if (any) {
			DwarfLoc *prev = d->nlocs ? &d->locs[d->nlocs - 1] : NULL;
			bool same = prev && prev->to == pc;
			for (u32 c = 0; c < v->n; c++)
				same &= same_place(now[c], last[c]) || (!now[c] && !last[c]);
			if (same) {
				prev->to = next;
			} else {
				u32 from = (u32)l->text.n;
				put_expression(f, &l->text, v, now);
				d->locs[d->nlocs++] = (DwarfLoc){pc, next, from, (u32)l->text.n - from};
			}
			memcpy(last, now, sizeof last);
		}
		pc = next;
	}
	u32 k = 0; // what nobody sees is left out
	for (u32 i = 0; i < d->nlocs; i++)
		if (has_stop(l->stops, d->locs[i].from, d->locs[i].to))
			d->locs[k++] = d->locs[i];
	d->nlocs = k;
}

// ---- all variables --------------------------------------------------------------------------------

static u32 rank(const DwarfVar *v) { return v->is_param ? 0 : v->is_result ? 1 : 2; }

static int by_order(const void *a, const void *b)
{
	const DwarfVar *x = a, *y = b;
	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void debug_vars(Func *f, FuncInfo *info, const Prog *first, u32 size)
{
	const DebugSpan *spans = NULL;
	const u32 *heads = debug_places(f, size, &spans);
	Lists lists = {.stops = heads ? find_stops(f, first, size) : NULL};
	bool *has = NEWN(f->arena, bool, f->ir->vars.n + 1);
	info->vars = NEWN(f->arena, DwarfVar, f->nslots + f->abi->nparams + f->debug.nvars + 1);
	for (u32 i = 0; i < f->nslots; i++) {
		Slot *s = &f->slots[i];
		if (!is_named(s->var) || !s->type)
			continue;
		DwarfVar d = describe(f, s->var);
		d.in_heap = s->holds_addr;
		d.offset = slot_offset(s);
		info->vars[info->nvars++] = d;
		has[s->var->index] = true;
	}
	for (u32 i = 0; i < f->abi->nparams && f->ir->nparams == f->abi->nparams; i++) {
		const AbiValue *v = &f->abi->params[i];
		IrVar *var = f->ir->params[i];
		if (v->in_regs || !is_named(var) || has[var->index] || var->reassigned || var->heap || var->addr_taken)
			continue;
		DwarfVar d = describe(f, var);
		d.offset = (i32)v->stack_off;
		info->vars[info->nvars++] = d;
		has[var->index] = true;
	}
	for (u32 i = 0; i < f->debug.nvars; i++) {
		const DebugVar *v = &f->debug.vars[i];
		if (has[v->var->index])
			continue;
		DwarfVar d = describe(f, v->var);
		d.moves = true;
		if (heads)
			list_places(f, &d, v, heads, spans, &lists);
		info->vars[info->nvars++] = d;
		has[v->var->index] = true;
	}
	for (u32 i = 0; i < f->ir->nparams; i++)
		if (is_named(f->ir->params[i]) && !has[f->ir->params[i]->index]) {
			DwarfVar d = describe(f, f->ir->params[i]);
			d.moves = true;
			info->vars[info->nvars++] = d;
		}
	if (info->nvars)
		qsort(info->vars, info->nvars, sizeof *info->vars, by_order);
	info->loc_text = NEWN(f->arena, u8, lists.text.n + 1);
	if (lists.text.n)
		memcpy(info->loc_text, lists.text.p, lists.text.n);
	buf_free(&lists.text);
}
