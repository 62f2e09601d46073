// prepare.c: brings functions to where ssa/ can take them: bodies in parallel, then, callees before callers, inlining
// and escape analysis. The analyses run under one lock, process-wide: what a caller needs to know of a callee is
// then complete or not begun, and the result does not depend on who asked first.
#include "ir/build.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t analysis = PTHREAD_MUTEX_INITIALIZER;

typedef struct Bodies { IrFunc **fs; } Bodies;

static void build_one(void *ctx, u32 i, u32 worker)
{
	ir_body(((Bodies *)ctx)->fs[i]);
}

IrSummary *ir_summary(IrFunc *f)
{
	return f->summary;
}

// ---- callees before callers ---------------------------------------------------------------------

typedef VEC(IrFunc *) FuncVec;
typedef struct Scc { IrUnit *u; Arena *a; FuncVec stack; u32 next; } Scc;

static void collect(IrNode **slot, void *ctx)
{
	IrNode *n = *slot;
	if ((n->op == IR_CALL || n->op == IR_FUNC) && n->func->has_body)
		vec_push(((Scc *)ctx)->a, &((Scc *)ctx)->stack, n->func);
	if (n->op == IR_CLOSURE) {
		IrFunc *method = ir_method_value_target(n->func);
		if (method && method->has_body)
			vec_push(((Scc *)ctx)->a, &((Scc *)ctx)->stack, method);
	}
	ir_kids(n, collect, ctx);
}

static void collect_func(IrFunc *f, Scc *to)
{
	for (u32 i = 0; i < f->body.n; i++)
		collect(&f->body.p[i], to);
	for (u32 i = 0; i < f->closures.n; i++)
		collect_func(f->closures.p[i], to);
}

static void set_state(IrFunc *f, u8 state)
{
	for (u32 i = 0; i < f->closures.n; i++)
		set_state(f->closures.p[i], state);
	atomic_store_explicit(&f->state, state, memory_order_release);
}

static int by_name(const void *x, const void *y)
{
	return str_cmp((*(IrFunc *const *)x)->sym, (*(IrFunc *const *)y)->sym);
}

// Instances that call for several more each would go on until memory ends. Real packages have a few thousand.
static bool too_many_instances(IrUnit *u, IrFunc *f)
{
	enum { MOST = 50000, MOST_NAMES = 16 << 20 };
	if (!f->ntargs)
		return u->exploded;
	u->ninstances++;
	u->instance_names += f->sym.n;
	if ((u->ninstances > MOST || u->instance_names > MOST_NAMES) && !u->exploded) {
		u->exploded = true;
		diag(u->diags, f->pos, "too many instances of generic functions: %u with this one", u->ninstances);
	}
	return u->exploded;
}

// Tarjan's algorithm. Within a component functions are taken by name, so that nothing depends on where it was entered.
static void visit(Scc *s, IrFunc *f)
{
	ir_body(f);
	if (too_many_instances(s->u, f))
		return; // reported: nothing will be compiled
	ir_devirtualize(s->u, f);
	IrSummary *m = f->summary;
	m->scc_index = m->scc_low = ++s->next;
	m->on_stack = true;
	vec_push(s->a, &s->stack, f);
	Scc callees = {.a = s->a};
	collect_func(f, &callees);
	for (u32 i = 0; i < callees.stack.n; i++) {
		IrFunc *c = callees.stack.p[i];
		if (atomic_load_explicit(&c->state, memory_order_acquire) == FS_ANALYSED || c->kind == IRK_CLOSURE || ir_facts(c))
			continue;
		if (!c->summary->scc_index) {
			visit(s, c);
			m->scc_low = MIN(m->scc_low, c->summary->scc_low);
		} else if (c->summary->on_stack) {
			m->scc_low = MIN(m->scc_low, c->summary->scc_index);
		}
	}
	if (m->scc_low != m->scc_index || s->u->exploded)
		return;
	FuncVec v = {0};
	IrFunc *top;
	do {
		top = vec_pop(&s->stack);
		top->summary->on_stack = false;
		vec_push(s->a, &v, top);
	} while (top != f);
	qsort(v.p, v.n, sizeof *v.p, by_name);
	base_context(f->sym.p, "inline");
	for (u32 i = 0; i < v.n; i++)
		v.p[i]->summary->cost = ir_inline_cost(s->u, v.p[i]);
	for (u32 i = 0; i < v.n; i++)
		ir_report_inlinable(s->u, v.p[i]);
	for (u32 i = 0; i < v.n; i++)
		ir_inline(s->u, v.p[i]);
	base_context(f->sym.p, "escape");
	ir_escape(s->u, v.p, v.n);
	if (f->kind == IRK_INIT)
		ir_settle_init(s->u, f);
	for (u32 i = 0; i < v.n; i++) {
		ir_order(v.p[i]);
		set_state(v.p[i], FS_ANALYSED);
	}
}

void ir_analyse(IrUnit *u, IrFunc *f)
{
	while (f->kind == IRK_CLOSURE && f->outer)
		f = f->outer;
	if (!ir_body(f) || f->summary->scc_index)
		return;
	Scc s = {.u = u, .a = arena_new()};
	visit(&s, f);
	arena_free(s.a);
}

void ir_prepare(IrUnit *u, IrFunc **fs, u32 n, Pool *pool)
{
	Bodies b = {fs};
	if (pool)
		pool_for(pool, n, build_one, &b);
	else
		for (u32 i = 0; i < n; i++)
			build_one(&b, i, 0);
	pthread_mutex_lock(&analysis);
	for (u32 i = 0; i < n; i++)
		ir_analyse(u, fs[i]);
	pthread_mutex_unlock(&analysis);
}
