// debug.c: what debuggers are told of the variables of a compiled function. What lives in a slot is there all the time;
// of what lives in values debug_places.c knows where its components are, and here each stretch of code in which none of
// them moves becomes an entry of the variable's location list. Parameters that came on the stack and are never assigned
// stay there.
#include "rtti/rtti.h"
#include "ssa/backend.h"

#include <stdlib.h>

enum { DW_OP_ADDR = 0x03, DW_OP_DEREF = 0x06, DW_OP_CONSTS = 0x11, DW_OP_REG0 = 0x50, DW_OP_BREG0 = 0x70, DW_OP_REGX = 0x90, DW_OP_FBREG = 0x91,
	DW_OP_BREGX = 0x92, DW_OP_PIECE = 0x93, DW_OP_STACK_VALUE = 0x9f };

// The linker describes types as their descriptors do, so there must be one, beside what is compiled: what else an archive
// holds may be different from one time to the next (build/demand.c).
static LSym *type_sym(Func *f, Type *t) { return rtti_type(f->unit, t); }

static DwarfVar describe(const IrVar *v)
{
	return (DwarfVar){.name = v->name ? name_str(v->name) : S(""), .is_param = v->cls == IRV_PARAM, .is_result = v->cls == IRV_RESULT, .pos = v->pos,
		.inl = v->inl, .order = v->index};
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

static void put_constant(Buf *b, i64 c)
{
	buf_u8(b, DW_OP_CONSTS);
	put_leb(b, c);
	buf_u8(b, DW_OP_STACK_VALUE);
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
		put_constant(b, bits);
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

// ---- inlined calls --------------------------------------------------------------------------------

static u32 rank(const DwarfVar *v) { return v->is_param ? 0 : v->is_result ? 1 : 2; }

static int by_order(const void *a, const void *b)
{
	const DwarfVar *x = a, *y = b;
	if (x->inl != y->inl)
		return x->inl < y->inl ? -1 : 1;
	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

// What an inlined call has of its own, as its function's entry lists it.
typedef struct Inlined { DwarfVar *vars; IrVar **ir; u32 n; LSym *abs; } Inlined;

static Inlined inlined(Func *f, IrFunc *fn)
{
	Inlined in = {0};
	const IrFunc *g = ir_inline_model(fn);
	in.vars = NEWN(f->arena, DwarfVar, g->own.n + 1);
	in.ir = NEWN(f->arena, IrVar *, g->own.n + 1);
	for (u32 pass = 0; pass < 3 && !f->unit->lean_debug; pass++)
		for (u32 i = 0; i < g->own.n; i++) {
			IrVar *v = g->own.p[i];
			if (v->inl || !is_named(v) || v->cls == IRV_CAPTURE)
				continue;
			DwarfVar d = describe(v);
			if (rank(&d) != pass)
				continue;
			in.ir[in.n] = v;
			in.vars[in.n++] = d;
		}
	bool fresh;
	in.abs = obj_abstract(f->unit->obj, fn->sym, fn->pos, in.vars, in.n, &fresh);
	if (fresh) {
		for (u32 i = 0; i < in.n; i++)
			in.vars[i].type = type_sym(f, in.ir[i]->type);
		obj_abstract_write(f->unit->obj, in.abs, fn->sym, fn->pos, in.vars, in.n);
	}
	return in;
}

// Makes d, whose place is known, the variable of the inlined call that origin was copied for. False: it has no entry.
static bool become_inlined(DwarfVar *d, const Inlined *in, u32 inl, const IrVar *origin)
{
	for (u32 i = 0; i < in->n; i++)
		if (in->ir[i] == origin) {
			d->is_param = in->vars[i].is_param;
			d->is_result = in->vars[i].is_result;
			d->die = in->vars[i].die;
			d->abs = in->abs;
			d->order = i;
			d->inl = inl;
			return true;
		}
	return false;
}

// ---- blocks ---------------------------------------------------------------------------------------

enum { MAX_BLOCKS = 400 };
typedef struct CodeBlock { const Scope *scope; VEC(PcSpan) spans; } CodeBlock; // beside FuncInfo.scopes

// The innermost block around pos in the function's own code (inl 0) or in that of an inlined call; index + 1, 0: none.
static u32 block_at(const FuncInfo *info, const CodeBlock *blocks, u32 inl, Pos pos)
{
	u32 best = 0;
	for (u32 i = 0; i < info->nscopes; i++) {
		const Scope *s = blocks[i].scope;
		if (info->scopes[i].inl == inl && s->pos <= pos && pos < s->end && (!best || blocks[best - 1].scope->pos <= s->pos))
			best = i + 1;
	}
	return best;
}

static void add_code(Func *f, CodeBlock *b, u32 from, u32 to)
{
	if (b->spans.n && b->spans.p[b->spans.n - 1].to >= from)
		b->spans.p[b->spans.n - 1].to = MAX(b->spans.p[b->spans.n - 1].to, to);
	else
		vec_push(f->arena, &b->spans, (PcSpan){from, to});
}

// Tells the blocks in which variables are declared; scope[i]: of variable i.
static void find_blocks(Func *f, FuncInfo *info, const Scope *const *scope, const Prog *first, u32 size)
{
	CodeBlock *blocks = NEWN(f->arena, CodeBlock, info->nvars + 1);
	info->scopes = NEWN(f->arena, DwarfScope, info->nvars + 1);
	for (u32 i = 0; i < info->nvars; i++) {
		if (!scope[i])
			continue;
		u32 k = 0;
		while (k < info->nscopes && (blocks[k].scope != scope[i] || info->scopes[k].inl != info->vars[i].inl))
			k++;
		if (k == MAX_BLOCKS) { // enormous: without blocks
			info->nscopes = 0;
			return;
		}
		if (k == info->nscopes) {
			blocks[k].scope = scope[i];
			info->scopes[info->nscopes++].inl = info->vars[i].inl;
		}
	}
	for (u32 i = 1; i < info->nscopes; i++) // outer blocks begin first
		for (u32 k = i; k && blocks[k - 1].scope->pos > blocks[k].scope->pos; k--) {
			CodeBlock b = blocks[k];
			DwarfScope d = info->scopes[k];
			blocks[k] = blocks[k - 1], info->scopes[k] = info->scopes[k - 1];
			blocks[k - 1] = b, info->scopes[k - 1] = d;
		}
	for (u32 i = 0; i < info->nscopes; i++)
		for (u32 k = 0; k < i; k++)
			if (info->scopes[k].inl == info->scopes[i].inl && blocks[k].scope->end >= blocks[i].scope->end)
				info->scopes[i].parent = k + 1;
	for (u32 i = 0; i < info->nvars; i++)
		for (u32 k = 0; k < info->nscopes && scope[i]; k++)
			if (blocks[k].scope == scope[i] && info->scopes[k].inl == info->vars[i].inl)
				info->vars[i].scope = k + 1;
	if (!info->nscopes)
		return;
	for (u32 i = 0; i < info->ninl; i++)
		info->inl[i].scope = block_at(info, blocks, (u32)(info->inl[i].parent + 1), info->inl[i].pos);
	u32 in = 0, inl = UINT32_MAX;
	Pos pos = 0;
	for (const Prog *p = first; p; p = p->next) {
		u32 end = p->next ? p->next->pc : size;
		if (p->pos != pos || p->inl != inl) {
			pos = p->pos, inl = p->inl;
			in = block_at(info, blocks, inl, pos);
		}
		if (p->pc == end)
			continue;
		u32 call = inl;
		for (u32 b = in;;) {
			for (; b; b = info->scopes[b - 1].parent)
				add_code(f, &blocks[b - 1], p->pc, end);
			if (!call)
				break;
			b = info->inl[call - 1].scope;
			call = (u32)(info->inl[call - 1].parent + 1);
		}
	}
	for (u32 i = 0; i < info->nscopes; i++) {
		info->scopes[i].spans = blocks[i].spans.p;
		info->scopes[i].nspans = blocks[i].spans.n;
	}
}

// ---- all variables --------------------------------------------------------------------------------

typedef struct Vars {
	Func *f;
	FuncInfo *info;
	u32 *at;                // by IrVar.index: its place in info->vars + 1
	Inlined *inl;           // by inlined call
} Vars;

static bool has(const Vars *x, const IrVar *v) { return v->index < x->f->ir->vars.n && x->at[v->index]; }

static void add(Vars *x, const IrVar *v, DwarfVar d)
{
	if (v->index >= x->f->ir->vars.n)
		return;
	d.list = NEW(x->f->arena, u32);
	d.owner = v;
	if (!v->inl)
		d.type = type_sym(x->f, v->type);
	else if (v->inl > x->info->ninl || !v->origin || !become_inlined(&d, &x->inl[v->inl - 1], v->inl, v->origin))
		d.inl = UINT32_MAX; // only others are where it is
	x->info->vars[x->info->nvars++] = d;
	x->at[v->index] = x->info->nvars;
}

static bool constant_arg(const IrNode *n, i64 *c)
{
	if (n->op != IR_CONST || type_is_float(ssa_type_of(n->type)) || ssa_type_of(n->type) == SSA_VOID)
		return false;
	if (const_kind(n->val) == CONST_BOOL)
		*c = const_as_bool(n->val);
	return const_kind(n->val) == CONST_BOOL || const_is_i64(n->val, c);
}

// A parameter for which its argument stands.
static void add_arg(Vars *x, u32 inl, const IrInlArg *arg)
{
	Func *f = x->f;
	DwarfVar d = {.moves = true};
	const IrNode *n = arg->value;
	i64 c;
	if (n && n->op == IR_VAR && has(x, n->var)) {
		d = x->info->vars[x->at[n->var->index] - 1];
		d.owner = NULL;
	} else if (n && constant_arg(n, &c)) {
		Buf b = {0};
		put_constant(&b, c);
		u8 *expr = NEWN(f->arena, u8, b.n);
		memcpy(expr, b.p, b.n);
		d.expr = expr, d.nexpr = (u8)b.n;
		buf_free(&b);
	}
	if (become_inlined(&d, &x->inl[inl], inl + 1, arg->param))
		x->info->vars[x->info->nvars++] = d;
}

void debug_vars(Func *f, FuncInfo *info, const Prog *first, u32 size)
{
	const DebugSpan *spans = NULL;
	const u32 *heads = debug_places(f, size, &spans);
	Lists lists = {.stops = heads ? find_stops(f, first, size) : NULL};
	IrFunc *fn = f->ir;
	Vars x = {f, info, NEWN(f->arena, u32, fn->vars.n + 1), NEWN(f->arena, Inlined, fn->inl.n + 1)};
	u32 nargs = 0;
	for (u32 i = 0; i < fn->inl.n; i++) {
		x.inl[i] = inlined(f, fn->inl.p[i].func);
		info->inl[i].abs = x.inl[i].abs;
		nargs += fn->inl.p[i].nargs;
	}
	info->vars = NEWN(f->arena, DwarfVar, f->nslots + f->abi->nparams + f->debug.nvars + fn->nparams + fn->nresults + nargs + 1);
	for (u32 i = 0; i < f->nslots; i++) {
		Slot *s = &f->slots[i];
		if (!is_named(s->var) || !s->type)
			continue;
		DwarfVar d = describe(s->var);
		d.in_heap = s->holds_addr;
		d.offset = slot_offset(s);
		add(&x, s->var, d);
	}
	for (u32 i = 0; i < f->abi->nparams && fn->nparams == f->abi->nparams; i++) {
		const AbiValue *v = &f->abi->params[i];
		IrVar *var = fn->params[i];
		if (v->in_regs || !is_named(var) || has(&x, var) || var->reassigned || var->heap || var->addr_taken)
			continue;
		DwarfVar d = describe(var);
		d.offset = (i32)v->stack_off;
		add(&x, var, d);
	}
	for (u32 i = 0; i < f->debug.nvars; i++) {
		const DebugVar *v = &f->debug.vars[i];
		if (has(&x, v->var))
			continue;
		DwarfVar d = describe(v->var);
		d.moves = true;
		if (heads)
			list_places(f, &d, v, heads, spans, &lists);
		add(&x, v->var, d);
	}
	for (u32 i = 0; i < fn->nresults && fn->nresults == f->abi->nresults; i++) { // nameless ones are known by number
		const AbiValue *v = &f->abi->results[i];
		if (fn->results[i]->name)
			continue;
		DwarfVar d = describe(fn->results[i]);
		d.name = str_fmt(f->arena, "~r%u", i);
		d.moves = v->in_regs;
		d.offset = (i32)v->stack_off;
		add(&x, fn->results[i], d);
	}
	for (u32 i = 0; i < fn->nparams; i++)
		if (is_named(fn->params[i]) && !has(&x, fn->params[i])) {
			DwarfVar d = describe(fn->params[i]);
			d.moves = true;
			add(&x, fn->params[i], d);
		}
	for (u32 i = 0; i < fn->inl.n; i++)
		for (u32 k = 0; k < fn->inl.p[i].nargs; k++)
			add_arg(&x, i, &fn->inl.p[i].args[k]);
	u32 n = 0; // inlined calls say nothing of locals that are nowhere
	for (u32 i = 0; i < info->nvars; i++) {
		const DwarfVar *d = &info->vars[i];
		if (d->inl != UINT32_MAX && (!d->inl || d->is_param || !d->moves || d->nlocs || d->nexpr))
			info->vars[n++] = *d;
	}
	info->nvars = n;
	if (n)
		qsort(info->vars, n, sizeof *info->vars, by_order);
	const Scope **scope = NEWN(f->arena, const Scope *, n + 1);
	bool any = false;
	for (u32 i = 0; i < n; i++) {
		const IrVar *v = info->vars[i].owner;
		scope[i] = v && rank(&info->vars[i]) == 2 ? v->scope : NULL;
		any |= scope[i] != NULL;
	}
	if (any)
		find_blocks(f, info, scope, first, size);
	info->loc_text = NEWN(f->arena, u8, lists.text.n + 1);
	if (lists.text.n)
		memcpy(info->loc_text, lists.text.p, lists.text.n);
	buf_free(&lists.text);
}
