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

// Costs are told from bodies as they were built; then each function is made final by itself; how parameters flow is told
// from what is then called.
typedef enum Stage { STAGE_COST, STAGE_ESCAPE } Stage;
typedef struct Scc { IrUnit *u; Arena *a; FuncVec stack; u32 next; Stage stage; } Scc;

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

static bool is_done(Scc *s, IrFunc *f)
{
	if (f->kind == IRK_CLOSURE || (s->stage == STAGE_COST ? f->summary->costed : atomic_load_explicit(&f->state, memory_order_acquire) == FS_ANALYSED))
		return true;
	if (!ir_facts(f))
		return false;
	f->summary->costed = true;
	return true;
}

// ---- components ---------------------------------------------------------------------------------

static bool earlier(IrFunc *f, IrFunc *g) { return f->pos != g->pos ? f->pos < g->pos : str_cmp(f->sym, g->sym) < 0; }

static void in_order_of_calls(Arena *a, IrFunc *f, Map *left, FuncVec *out)
{
	map_put(a, left, PKEY(f), NULL);
	vec_push(a, out, f);
	Scc callees = {.a = a};
	collect_func(f, &callees);
	for (u32 i = 0; i < callees.stack.n; i++)
		if (map_get(left, PKEY(callees.stack.p[i])))
			in_order_of_calls(a, callees.stack.p[i], left, out);
}

static void report_costs(IrUnit *u, IrFunc *f)
{
	ir_report_inlinable(u, f);
	for (u32 i = 0; i < f->closures.n; i++)
		report_costs(u, f->closures.p[i]);
}

// The first function declared, what it calls in that order, and so on: as gc would come upon them. A call of one whose cost
// is not known yet counts as one that stays.
static void cost_component(Scc *s, FuncVec v)
{
	if (v.n > 1) {
		Map left = {0};
		IrFunc *first = v.p[0];
		for (u32 i = 0; i < v.n; i++) {
			map_put(s->a, &left, PKEY(v.p[i]), v.p[i]);
			if (earlier(v.p[i], first))
				first = v.p[i];
		}
		memset(&v, 0, sizeof v);
		in_order_of_calls(s->a, first, &left, &v);
	}
	for (u32 i = 0; i < v.n; i++) {
		ir_inline_cost(v.p[i]);
		if (v.p[i]->summary->cost >= 0)
			ir_keep_model(v.p[i]);
		report_costs(s->u, v.p[i]);
	}
}

static void escape_component(Scc *s, FuncVec v)
{
	qsort(v.p, v.n, sizeof *v.p, by_name);
	base_context(v.p[0]->sym.p, "escape");
	ir_escape(s->u, v.p, v.n);
	for (u32 i = 0; i < v.n; i++) {
		if (v.p[i]->kind == IRK_INIT)
			ir_settle_init(s->u, v.p[i]);
		ir_move_slices(s->u, v.p[i]);
		ir_order(v.p[i]);
		set_state(v.p[i], FS_ANALYSED);
	}
}

// Tarjan's algorithm. Within a component the order does not depend on where it was entered.
static void visit(Scc *s, IrFunc *f)
{
	ir_body(f);
	if (s->stage == STAGE_COST ? too_many_instances(s->u, f) : s->u->exploded)
		return; // reported: nothing will be compiled
	if (s->stage == STAGE_ESCAPE) {
		base_context(f->sym.p, "inline");
		ir_cost(s->u, f);
		ir_inline(s->u, f);
	}
	u32 k = s->stage, *low = &f->summary->scc[k].low;
	f->summary->scc[k].index = *low = ++s->next;
	f->summary->scc[k].on_stack = true;
	vec_push(s->a, &s->stack, f);
	Scc callees = {.a = s->a};
	collect_func(f, &callees);
	for (u32 i = 0; i < callees.stack.n; i++) {
		IrFunc *c = callees.stack.p[i];
		if (is_done(s, c))
			continue;
		if (!c->summary->scc[k].index) {
			visit(s, c);
			*low = MIN(*low, c->summary->scc[k].low);
		} else if (c->summary->scc[k].on_stack) {
			*low = MIN(*low, c->summary->scc[k].index);
		}
	}
	if (*low != f->summary->scc[k].index || s->u->exploded)
		return;
	FuncVec v = {0};
	IrFunc *top;
	do {
		top = vec_pop(&s->stack);
		top->summary->scc[k].on_stack = false;
		vec_push(s->a, &v, top);
	} while (top != f);
	(k == STAGE_COST ? cost_component : escape_component)(s, v);
}

static void run(IrUnit *u, IrFunc *f, Stage stage)
{
	while (f->kind == IRK_CLOSURE && f->outer)
		f = f->outer;
	if (!ir_body(f) || f->summary->scc[stage].index)
		return;
	Scc s = {.u = u, .a = arena_new(), .stage = stage};
	visit(&s, f);
	arena_free(s.a);
}

void ir_cost(IrUnit *u, IrFunc *f)
{
	Scc s = {.stage = STAGE_COST};
	if (!is_done(&s, f))
		run(u, f, STAGE_COST);
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
		run(u, fs[i], STAGE_ESCAPE);
	pthread_mutex_unlock(&analysis);
}
