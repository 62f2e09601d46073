// build_chan.c: channels and select, through the runtime. Facts: cmd/compile/internal/walk/select.go,
// runtime/select.go (scase), runtime/chan.go.
#include "ssa/build.h"

static Type *chan_elem(IrNode *ch) { return type_under(ch->type)->chan.elem; }

// A place in the frame for the runtime to put an element; zeroed, as the collector may look before that.
static u32 recv_slot(Builder *b, Type *t)
{
	u32 s = tmp_slot(b, t);
	b->f->slots[s].addr_taken = true;
	if (type_has_pointers(t))
		mem_zero(b, slot_mem(b, s), shape_of(b, t));
	return s;
}

static Ref value_ptr(Builder *b, Rv v)
{
	if (v.sh->size == 0)
		return symaddr(b, obj_sym(b->u->obj, S("runtime.zerobase"), ABI0), 0);
	return mem_ptr(b, rv_to_mem(b, v, true));
}

Rv recv_expr(Builder *b, IrNode *n, Ref *ok)
{
	Type *t = chan_elem(n->a);
	const Shape *sh = shape_of(b, t);
	Ref ch = expr1(b, n->a);
	set_pos(b, n);
	u32 s = 0;
	Ref p;
	if (sh->size) {
		s = recv_slot(b, t);
		p = slot_addr(b, s, 0);
	} else {
		p = ci(b, SSA_PTR, 0);
	}
	if (ok)
		*ok = rt(b, RT_chanrecv2, SSA_I8, 2, ch, p);
	else
		rt(b, RT_chanrecv1, SSA_VOID, 2, ch, p);
	if (!sh->size)
		return rv_zero(b, sh);
	return mem_load(b, slot_mem(b, s), sh);
}

void send_stmt(Builder *b, IrNode *n)
{
	Ref ch = expr1(b, n->a);
	Rv v = rv_as(b, expr(b, n->b), shape_of(b, chan_elem(n->a)));
	set_pos(b, n);
	rt(b, RT_chansend1, SSA_VOID, 2, ch, value_ptr(b, v));
}

// ---- select -------------------------------------------------------------------------------------------------------

typedef struct Comm { IrNode *n; Ref ch; Rv val; Ref ptr; u32 slot; bool has_slot; u32 index; } Comm;

static void define_var(Builder *b, IrNode *v, Rv x)
{
	if (!v)
		return;
	VarInfo *vi = var_info(b, v->var);
	x = rv_as(b, x, vi->sh);
	var_begin(b, v->var);
	if (vi->where == AT_PTR) {
		Mem d = var_mem(b, v->var);
		d.fresh = v->var->heap;
		mem_store(b, d, x);
	} else {
		var_set(b, v->var, x);
	}
}

static void comm_prepare(Builder *b, Comm *c, bool pointers)
{
	IrNode *a = c->n->a;
	c->ch = expr1(b, a->a);
	Type *t = chan_elem(a->a);
	if (a->op == IR_SEND) {
		c->val = rv_as(b, expr(b, a->b), shape_of(b, t));
		if (pointers) {
			Rv v = c->val;
			if (!v.sh->ssa && v.sh->size) { // later operands may change the variable
				u32 s = tmp_slot(b, t);
				mem_store(b, slot_mem(b, s), v);
				v.c[0] = slot_addr(b, s, 0);
			}
			c->ptr = value_ptr(b, v);
		}
		return;
	}
	if (c->n->b && type_size(t)) {
		c->slot = recv_slot(b, t);
		c->has_slot = true;
		c->ptr = slot_addr(b, c->slot, 0);
	} else {
		c->ptr = ci(b, SSA_PTR, 0);
	}
}

static void comm_body(Builder *b, Comm *c, Ref ok, BlockId end)
{
	IrNode *n = c->n;
	if (n->a && n->a->op != IR_SEND) {
		const Shape *sh = shape_of(b, chan_elem(n->a->a));
		if (n->b)
			define_var(b, n->b, c->has_slot ? mem_load(b, slot_mem(b, c->slot), sh) : rv_zero(b, sh));
		if (n->c)
			define_var(b, n->c, rv1(shape_of(b, TYPE(BOOL)), ok));
	}
	stmts(b, n->body);
	bl_goto(b, end);
}

void select_stmt(Builder *b, IrNode *n)
{
	u32 k = n->body.n;
	IrNode *dflt = NULL;
	BlockId end = bl_new(b);
	target_push(b, n, end, 0);
	Comm *c = NEWN(b->a, Comm, k + 1);
	u32 m = 0;
	for (u32 i = 0; i < k; i++) {
		if (n->body.p[i]->flags & IRF_DEFAULT)
			dflt = n->body.p[i];
		else
			c[m++].n = n->body.p[i];
	}
	if (k == 0) {
		rt_panic(b, RT_block, 0);
	} else if (m == 0) {
		stmts(b, dflt->body);
		bl_goto(b, end);
	} else if (m == 1) {
		comm_prepare(b, c, true);
		set_pos(b, n);
		bool send = c->n->a->op == IR_SEND;
		Ref ok = 0, chosen = 0;
		if (!dflt) {
			if (send)
				rt(b, RT_chansend1, SSA_VOID, 2, c->ch, c->ptr);
			else
				ok = rt(b, RT_chanrecv2, SSA_I8, 2, c->ch, c->ptr);
			comm_body(b, c, ok, end);
		} else {
			if (send) {
				chosen = rt(b, RT_selectnbsend, SSA_I8, 2, c->ch, c->ptr);
			} else {
				static const u8 res[] = {SSA_I8, SSA_I8};
				Ref out[2];
				rt_n(b, RT_selectnbrecv, res, out, 2, (Ref[]){c->ptr, c->ch}, 2);
				chosen = out[0], ok = out[1];
			}
			BlockId yes = bl_new(b), no = bl_new(b);
			bl_if(b, chosen, yes, no, 0);
			bl_seal(b, yes);
			bl_seal(b, no);
			bl_start(b, yes);
			comm_body(b, c, ok, end);
			bl_start(b, no);
			stmts(b, dflt->body);
			bl_goto(b, end);
		}
	} else {
		// [m]struct { c *hchan; elem unsafe.Pointer }, sends first, receives from the end
		u32 cases = tmp_slot(b, type_new_array(b->a, TYPE(UNSAFEPTR), 2 * m));
		u32 order = tmp_slot(b, type_new_array(b->a, TYPE(UINT16), 2 * m));
		b->f->slots[cases].addr_taken = b->f->slots[order].addr_taken = true;
		for (u32 i = 0; i < m; i++)
			comm_prepare(b, &c[i], true);
		u32 ns = 0, nr = 0;
		var_def(b, cases);
		for (u32 i = 0; i < m; i++) {
			c[i].index = c[i].n->a->op == IR_SEND ? ns++ : m - ++nr;
			Mem at = mem_at(slot_mem(b, cases), 16 * c[i].index);
			store1(b, at, c[i].ch);
			store1(b, mem_at(at, 8), c[i].ptr);
		}
		set_pos(b, n);
		static const u8 res[] = {SSA_I64, SSA_I8};
		Ref out[2];
		rt_n(b, RT_selectgo, res, out, 2, (Ref[]){slot_addr(b, cases, 0), slot_addr(b, order, 0), ci(b, SSA_PTR, 0),
			ci(b, SSA_I64, ns), ci(b, SSA_I64, nr), ci(b, SSA_I8, !dflt)}, 6);
		if (dflt) {
			BlockId yes = bl_new(b), no = bl_new(b);
			bl_if(b, e2(b, SSA_LT, SSA_I8, out[0], ci(b, SSA_I64, 0)), yes, no, 0);
			bl_seal(b, yes);
			bl_seal(b, no);
			bl_start(b, yes);
			stmts(b, dflt->body);
			bl_goto(b, end);
			bl_start(b, no);
		}
		for (u32 i = 0; i < m; i++) {
			BlockId yes = bl_new(b), no = i + 1 < m ? bl_new(b) : 0;
			if (no)
				bl_if(b, e2(b, SSA_EQ, SSA_I8, out[0], ci(b, SSA_I64, c[i].index)), yes, no, 0);
			else
				bl_goto(b, yes);
			bl_seal(b, yes);
			bl_start(b, yes);
			comm_body(b, &c[i], out[1], end);
			if (no) {
				bl_seal(b, no);
				bl_start(b, no);
			}
		}
	}
	b->targets.n--;
	bl_seal(b, end);
	if (b->f->blocks[end].npreds)
		bl_start(b, end);
}
