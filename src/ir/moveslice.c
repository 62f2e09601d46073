// moveslice.c: slices that begin in the frame though they escape in the end (cmd/compile/internal/slice). While a variable is the
// only one that knows its array, the array may be in the frame, and moves to the heap right before the one statement that
// makes it known to others: `return s`, `x = s`. What the variable then took few appends to grow to is allocated once.
// gc's rules: which uses keep the variable the only one, and that the statement is not in a loop that the variable is not in.
#include "ir/build.h"

typedef struct Tracked {
	u32 ok, all;        // uses that are understood, and all of them
	IrNode *transition; // the statement
	NodeVec appends;    // s = append(s, ...)
	u32 weight;         // of the appends: those in loops count more
	u32 depth;          // of loops at the declaration
	bool cap_used;      // somebody may see the capacity
	bool lost;
} Tracked;

typedef struct Mover {
	IrFunc *f;
	Arena *a;
	Map vars;           // IrVar * -> Tracked *
	u32 depth;
} Mover;

static Tracked *tracked(Mover *m, IrNode *n)
{
	Tracked *t = n && n->op == IR_VAR ? map_get(&m->vars, PKEY(n->var)) : NULL;
	return t && !t->lost ? t : NULL;
}

static void add_transition(Mover *m, Tracked *t, IrNode *stmt)
{
	t->lost |= t->transition || m->depth > t->depth;
	t->transition = stmt;
}

static void assign(Mover *m, IrNode *x, IrNode *y, IrNode *stmt)
{
	Tracked *t = tracked(m, x);
	if (t && stmt->flags & IRF_DEF)
		t->depth = m->depth;
	if (t && y) {
		bool same = (y->op == IR_SLICE || y->op == IR_APPEND) && y->a->op == IR_VAR && y->a->var == x->var;
		t->ok += y->op == IR_NIL || y->op == IR_ZERO || y->op == IR_SLICELIT ? 1 : same && !(y->op == IR_SLICE && y->list.n > 2 && y->list.p[2]) ? 2 : 0;
		t->cap_used |= y->op == IR_SLICELIT || y->op == IR_SLICE;
		if (same && y->op == IR_APPEND) {
			vec_push(m->a, &t->appends, y);
			t->weight += 1 + (m->depth - MIN(t->depth, m->depth));
		}
	}
	if ((t = tracked(m, y))) {
		t->ok++;
		add_transition(m, t, stmt);
	}
}

// An argument of a function that does not let it go anywhere.
static bool stays(IrFunc *g, u32 i)
{
	if (!g->has_body || !g->summary->params || i >= g->summary->nparams)
		return false;
	for (u32 k = 0; k < LEAK_COUNT; k++)
		if (g->summary->params[i].d[k] >= 0)
			return false;
	return true;
}

static void visit(IrNode **slot, void *ctx)
{
	Mover *m = ctx;
	IrNode *n = *slot;
	Tracked *t;
	switch (n->op) {
	case IR_VAR:
		if ((t = tracked(m, n)))
			t->all++;
		return;
	case IR_DECL:
		t = map_get(&m->vars, PKEY(n->var));
		if (t)
			t->depth = m->depth;
		return;
	case IR_INDEX: case IR_LEN: case IR_CAP:
		if ((t = tracked(m, n->a))) {
			t->ok++;
			t->cap_used |= n->op == IR_CAP;
		}
		break;
	case IR_ADDR: {
		IrNode *x = n->a;
		while (x->op == IR_FIELD || (x->op == IR_INDEX && type_under(x->a->type)->kind == TY_ARRAY))
			x = x->a;
		if (x->op == IR_INDEX && (t = tracked(m, x->a)))
			t->lost = true;
		break;
	}
	case IR_RETURN:
		for (u32 i = 0; i < n->list.n; i++)
			if ((t = tracked(m, n->list.p[i]))) {
				t->ok++;
				add_transition(m, t, n);
			}
		for (u32 i = 0; !n->list.n && i < m->f->nresults; i++)
			if ((t = map_get(&m->vars, PKEY(m->f->results[i]))))
				add_transition(m, t, n);
		break;
	case IR_CALL:
		for (u32 i = 0; i < n->list.n; i++)
			if ((t = tracked(m, n->list.p[i])) && stays(n->func, i)) {
				t->ok++;
				t->cap_used = true;
			}
		break;
	case IR_ASSIGN:
		assign(m, n->a, n->b, n);
		break;
	case IR_ASSIGNLIST:
		for (u32 i = 0; i < n->list.n; i++)
			assign(m, n->list.p[i], n->body.p[i], n);
		break;
	case IR_FOR: case IR_RANGEMAP:
		m->depth++;
		ir_kids(n, visit, m);
		m->depth--;
		return;
	default:
		break;
	}
	ir_kids(n, visit, m);
}

typedef struct Place { IrNode *stmt, *move; Arena *a; bool done, assigned; } Place;

static void find_assignment(IrNode **slot, void *ctx)
{
	Place *p = ctx;
	IrNode *n = *slot;
	p->assigned |= n->op == IR_APPEND && n->a->op == IR_VAR && n->a->var == p->move->a->var;
	ir_kids(n, find_assignment, ctx);
}

static u32 insert(IrList *l, Place *p);

static void insert_below(IrNode **slot, void *ctx)
{
	Place *p = ctx;
	IrNode *n = *slot;
	if (p->done)
		return;
	switch (n->op) {
	case IR_BLOCK: case IR_STMTEXPR: case IR_IF: case IR_FOR: case IR_RANGEMAP: case IR_CASE: case IR_COMM: {
		IrNode **kids[3] = {&n->a, &n->b, &n->c};
		for (u32 i = 0; i < 3; i++)
			if (*kids[i])
				insert_below(kids[i], p);
		u32 at = insert(&n->body, p);
		if ((n->op == IR_BLOCK || n->op == IR_STMTEXPR) && at < n->imm2)
			n->imm2++; // among the arguments of an inlined call
		insert(&n->list, p); // of an if; in others there are no statements
		break;
	}
	default:
		ir_kids(n, insert_below, p);
	}
}

// The move, before its statement, if that is in the list or below it. In the list: where; otherwise UINT32_MAX.
static u32 insert(IrList *l, Place *p)
{
	for (u32 i = 0; i < l->n && !p->done; i++) {
		if (!l->p[i])
			continue;
		if (l->p[i] != p->stmt) {
			insert_below(&l->p[i], p);
			continue;
		}
		IrNode **q = NEWN(p->a, IrNode *, l->n + 1);
		memcpy(q, l->p, i * sizeof *q);
		q[i] = p->move;
		memcpy(q + i + 1, l->p + i, (l->n - i) * sizeof *q);
		*l = (IrList){q, l->n + 1};
		p->done = true;
		return i;
	}
	return UINT32_MAX;
}

static void move_before(Mover *m, IrVar *v, Tracked *t)
{
	bool any = false;
	for (u32 i = 0; i < t->appends.n; i++)
		any |= !t->appends.p[i]->esc_none;
	if (t->lost || t->ok != t->all || !t->transition || t->weight < 2 || !any)
		return;
	IrNode *at = t->transition, *as = ir_new(m->a, IR_ASSIGN, at->pos, NULL), *move = ir_new(m->a, IR_MOVESLICE, at->pos, v->type);
	as->inl = move->inl = at->inl;
	for (u32 i = 0; i < 2; i++) {
		IrNode *x = ir_new(m->a, IR_VAR, at->pos, v->type);
		x->var = v;
		x->inl = at->inl;
		*(i ? &as->a : &move->a) = x;
	}
	as->b = move;
	if (t->cap_used)
		move->flags |= IRF_KEEPCAP;
	Place p = {.stmt = at, .move = as, .a = m->a};
	find_assignment(&at, &p);
	if (!p.assigned)
		insert(&m->f->body, &p);
	for (u32 i = 0; p.done && i < t->appends.n; i++) {
		t->appends.p[i]->esc_none = true;
		if (t->cap_used)
			t->appends.p[i]->flags |= IRF_KEEPCAP;
	}
}

void ir_move_slices(IrUnit *u, IrFunc *f)
{
	if (!u || u->no_opt)
		return;
	Mover m = {.f = f, .a = ir_arena()};
	for (u32 i = 0; i < f->vars.n; i++) {
		IrVar *v = f->vars.p[i];
		if (v->cls == IRV_CAPTURE || v->heap || v->addr_taken || type_under(v->type)->kind != TY_SLICE || !v->reassigned)
			continue;
		if (type_size(type_under(v->type)->slice.elem) <= SMALL_ARRAY)
			map_put(m.a, &m.vars, PKEY(v), NEW(m.a, Tracked));
	}
	if (m.vars.n) {
		for (u32 i = 0; i < f->body.n; i++)
			visit(&f->body.p[i], &m);
		for (u32 i = 0; i < f->vars.n; i++) { // in the order of variables
			Tracked *t = map_get(&m.vars, PKEY(f->vars.p[i]));
			if (t)
				move_before(&m, f->vars.p[i], t);
		}
	}
	for (u32 i = 0; i < f->closures.n; i++)
		ir_move_slices(u, f->closures.p[i]);
}
