// inline.c: calls become the bodies of what they call, and what is known then lets more calls be certain: of closures, and
// of interfaces whose concrete type came to light (devirtualize.c). Which calls is gc's choice (inline/inl.go,
// inline/interleaved): a body costs at most 80, in big functions 20, that of a closure twice as much, or 800 where it is called
// once; a function is not inlined into itself a second time. Copies are made of bodies as they were built, so that what they
// call is judged where it lands.
#include "ir/build.h"

// Functions that return closures that call such functions could go on for very long.
enum { MOST_CLOSURES = 1000 };

typedef struct Inliner {
	IrUnit *u;
	IrFunc *f;          // inlined into: the outermost function or a closure in it
	Arena *a;
	i32 max;            // of an ordinary function's cost in f
	bool closure_calls; // there are calls of function values
	bool inlined, lost; // something was; and a closure
	u32 nclosures;      // that came with inlined calls
	NodeVec fresh;      // what inlined calls left; not yet looked into
	Map defs;           // IrVar * of a function type that is assigned once -> IrNode *
	Map calls;          // IrFunc * of a closure -> number of calls of it
	NodeVec unresolved; // CALLCLOSURE, to be counted
	Map uses;           // IrVar * -> number of VAR nodes
} Inliner;

static void inline_in(IrNode **slot, void *ctx);

static u32 count_in(Map *m, void *key) { return (u32)(uintptr_t)map_get(m, PKEY(key)); }
static void count_one(Arena *a, Map *m, void *key) { map_put(a, m, PKEY(key), (void *)(uintptr_t)(count_in(m, key) + 1)); }

// ---- functions that are certain -----------------------------------------------------------------

static bool is_func(Type *t) { return type_under(t)->kind == TY_FUNC; }

static void survey(IrNode **slot, void *ctx)
{
	Inliner *in = ctx;
	IrNode *n = *slot;
	if (n->op == IR_CALLCLOSURE)
		vec_push(in->a, &in->unresolved, n);
	if (n->op == IR_ASSIGN && n->flags & IRF_DEF && n->b && is_func(n->a->type) && !n->a->var->reassigned && !n->a->var->addr_taken)
		map_put(in->a, &in->defs, PKEY(n->a->var), n->b);
	ir_kids(n, survey, ctx);
}

// The function or closure that n always is, if f may call it in place.
static IrNode *certain(Inliner *in, IrNode *n)
{
	for (u32 i = 0; n && i < 16; i++) {
		if (n->op == IR_CONVNOP || n->op == IR_STMTEXPR)
			n = n->a;
		else if (n->op == IR_VAR)
			n = map_get(&in->defs, PKEY(ir_root(n->var)));
		else
			break;
	}
	return n && (n->op == IR_CLOSURE || n->op == IR_FUNC) ? n : NULL;
}

static void resolve(Inliner *in)
{
	for (u32 i = 0; i < in->unresolved.n; i++) {
		IrNode *v = certain(in, in->unresolved.p[i]->a);
		if (v && v->op == IR_CLOSURE)
			count_one(in->a, &in->calls, v->func);
	}
	in->unresolved.n = 0;
}

static bool captures_here(Inliner *in, IrFunc *g)
{
	for (u32 i = 0; i < g->captures.n; i++)
		if (!g->captures.p[i]->outer || g->captures.p[i]->outer->func != in->f)
			return false;
	return true;
}

// ---- one call -----------------------------------------------------------------------------------

// Is the call n in f of g, directly or not, in what an inlined call of g left, or that same call once more? The second is how
// closures that make and call closures are noticed: each time they are others.
static bool goes_round(IrFunc *f, IrNode *n, IrFunc *g)
{
	u32 inl = n->inl;
	for (; f; inl = f->outer_inl, f = f->kind == IRK_CLOSURE ? f->outer : NULL)
		for (; inl; inl = (u32)(f->inl.p[inl - 1].parent + 1))
			if (f->inl.p[inl - 1].func == g || f->inl.p[inl - 1].pos == n->pos)
				return true;
	return false;
}

typedef struct CallOf { const char *sym; bool found; } CallOf;

static void find_call_of(IrNode **slot, void *ctx)
{
	CallOf *c = ctx;
	c->found |= (*slot)->op == IR_CALL && str_is((*slot)->func->sym, c->sym);
	if (!c->found)
		ir_kids(*slot, find_call_of, ctx);
}

static bool calls(IrFunc *f, const char *sym)
{
	CallOf c = {sym};
	for (u32 i = 0; i < f->body.n && !c.found; i++)
		find_call_of(&f->body.p[i], &c);
	return c.found;
}

// getg() is a register, which a function that calls setg changes: what another function got before is not kept there.
static bool confuses_g(Inliner *in, IrFunc *g)
{
	return in->u->is_runtime && calls(ir_inline_model(g), "runtime.getg") && calls(in->f, "runtime.setg");
}

// What n calls, if that is to be inlined.
static IrFunc *inlinable_callee(Inliner *in, IrNode *n)
{
	IrFunc *g = n->func;
	i32 max = in->max;
	if (n->op == IR_CALLCLOSURE) {
		IrNode *v = certain(in, n->a);
		if (!v)
			return NULL;
		g = v->func;
		if (v->op == IR_FUNC) {
			if (ir_nparams(g->sig) != n->list.n)
				return NULL; // a method expression's receiver is not in the signature
			if (n->a->op == IR_FUNC || n->a->op == IR_VAR) {
				n->op = IR_CALL;
				n->func = g;
				n->a = NULL;
			}
		} else {
			if (!g->outer || g == in->f || !captures_here(in, g))
				return NULL;
			ir_inline_cost(g);
			max = count_in(&in->calls, g) <= 1 ? MAX(max * 2, INLINE_ONCE_MAX) : max * 2;
		}
	}
	if (!g->has_body || ir_is_intrinsic(g))
		return NULL;
	if (g->kind == IRK_WRAPPER && g->source->kind == SRC_METHOD && !(n->flags & IRF_IMPLICIT))
		return NULL; // a method expression: gc makes the wrapper when everything is inlined; tracebacks show it if it panics
	ir_cost(in->u, g);
	if (!g->summary->costed || g->summary->cost < 0 || g->summary->cost > max || n->list.n != g->nparams || goes_round(in->f, n, g))
		return NULL;
	for (u32 i = 0; i < g->nparams; i++)
		if (n->list.p[i]->type != g->params[i]->type)
			return NULL;
	return confuses_g(in, g) ? NULL : g;
}

// r, after what is done to evaluate the function that n calls.
static IrNode *after_effects(Inliner *in, IrNode *r, IrNode *n)
{
	NodeVec all = {0};
	for (IrNode *x = n->op == IR_CALLCLOSURE ? n->a : NULL; x && (x->op == IR_CONVNOP || x->op == IR_STMTEXPR); x = x->a) {
		if (x->op == IR_CONVNOP)
			continue;
		IrNode *b = ir_new(in->a, IR_BLOCK, x->pos, NULL);
		b->inl = x->inl;
		b->body = x->body;
		b->imm2 = x->imm2;
		vec_push(in->a, &all, b);
	}
	if (!all.n)
		return r;
	IrNode *seq = ir_new(in->a, r->op, n->pos, r->type);
	seq->inl = n->inl;
	if (r->op == IR_BLOCK)
		vec_push(in->a, &all, r);
	else
		seq->a = r;
	seq->body = ir_list(&all);
	return seq;
}

static void report_inlining(Inliner *in, u32 inl, Pos pos, IrFunc *g)
{
	Str name = ir_func_report_name(in->a, in->u, g);
	ir_report(in->u, ir_outermost(in->f, inl, pos), "inlining call to " STR_FMT, STR_ARG(name));
}

// The call just inlined, and those that had been inlined into the callee.
static void report_inlined(Inliner *in, u32 from)
{
	for (u32 i = from; i < in->f->inl.n; i++)
		report_inlining(in, i + 1, in->f->inl.p[i].pos, in->f->inl.p[i].func);
}

static void inline_in(IrNode **slot, void *ctx)
{
	Inliner *in = ctx;
	IrNode *n = *slot;
	ir_kids(n, inline_in, in);
	if (n->op == IR_EXPR && n->a->op == IR_BLOCK) { // a call without results became statements
		*slot = n->a;
		return;
	}
	if (n->op != IR_CALL && n->op != IR_CALLCLOSURE)
		return;
	IrFunc *g = inlinable_callee(in, n);
	if (!g && n->op == IR_CALL && ir_explains(in->u, in->f) && ir_is_intrinsic(n->func) && !ir_is_free(n->func))
		report_inlining(in, n->inl, n->pos, n->func);
	u32 nclosures = g ? ir_inline_model(g)->closures.n : 0;
	if (!g || (nclosures && in->nclosures > MOST_CLOSURES))
		return;
	in->nclosures += nclosures;
	in->inlined = true;
	in->lost |= g->kind == IRK_CLOSURE;
	u32 index = in->f->inl.n;
	IrNode *r = ir_inline_call(in->f, n, g);
	if (ir_explains(in->u, in->f))
		report_inlined(in, index);
	vec_push(in->a, &in->fresh, r);
	*slot = after_effects(in, r, n);
}

// ---- all calls of a function --------------------------------------------------------------------

static void each_body(Inliner *in, IrFunc *f, void (*visit)(IrNode **slot, void *ctx))
{
	for (u32 i = 0; i < f->body.n; i++)
		visit(&f->body.p[i], in);
	for (u32 i = 0; i < f->closures.n; i++)
		each_body(in, f->closures.p[i], visit);
}

// The callee's part of what an inlined call left.
static void visit_fresh(Inliner *in, IrNode *n, void (*visit)(IrNode **slot, void *ctx))
{
	for (u32 i = (u32)n->imm2; i < n->body.n; i++)
		visit(&n->body.p[i], in);
	if (n->a)
		visit(&n->a, in);
	for (u32 i = 0; i < n->list.n; i++)
		visit(&n->list.p[i], in);
}

static bool has_closure_calls(IrFunc *f)
{
	bool r = f->has_closure_calls;
	for (u32 i = 0; i < f->closures.n && !r; i++)
		r = has_closure_calls(f->closures.p[i]);
	return r;
}

// Into f, and then into the closures in it, which until then are as they were built.
static void inline_func(Inliner *in, IrFunc *outermost, IrFunc *f)
{
	in->f = f;
	in->max = f->summary->nodes > INLINE_BIG_NODES ? INLINE_BIG_MAX : INLINE_BUDGET;
	for (u32 i = 0; i < f->body.n; i++)
		inline_in(&f->body.p[i], in);
	while (in->fresh.n) {
		IrList l = ir_list(&in->fresh);
		memset(&in->fresh, 0, sizeof in->fresh);
		if (in->closure_calls) {
			for (u32 i = 0; i < l.n; i++)
				visit_fresh(in, l.p[i], survey);
		} else if (f->has_closure_calls) {
			in->closure_calls = true;
			each_body(in, outermost, survey);
		}
		resolve(in);
		for (u32 i = 0; i < l.n; i++)
			visit_fresh(in, l.p[i], inline_in);
	}
	for (u32 i = 0; i < f->closures.n; i++)
		inline_func(in, outermost, f->closures.p[i]);
}

// ---- closures that are gone ---------------------------------------------------------------------

static void count_uses(IrNode **slot, void *ctx)
{
	Inliner *in = ctx;
	IrNode *n = *slot;
	if (n->op == IR_VAR && is_func(n->type))
		count_one(in->a, &in->uses, n->var);
	if (n->op == IR_ASSIGN && n->flags & IRF_DEF && n->a->op == IR_VAR) {
		if (n->b)
			count_uses(&n->b, ctx);
		return;
	}
	ir_kids(n, count_uses, ctx);
}

// A closure nobody refers to any more is not made.
static void drop_closures(IrNode **slot, void *ctx)
{
	Inliner *in = ctx;
	IrNode *n = *slot;
	ir_kids(n, drop_closures, ctx);
	if (n->op == IR_ASSIGN && n->flags & IRF_DEF && n->b && n->b->op == IR_CLOSURE && !n->a->var->addr_taken && !n->a->var->reassigned
	    && count_in(&in->uses, n->a->var) == 0) {
		IrNode *b = ir_new(in->a, IR_BLOCK, n->pos, NULL);
		b->inl = n->inl;
		*slot = b;
	}
}

static void find_closures(IrNode **slot, void *ctx)
{
	IrFunc *f = ctx;
	if ((*slot)->op == IR_CLOSURE && (*slot)->func->outer == f)
		vec_push(ir_arena(), &f->closures, (*slot)->func);
	ir_kids(*slot, find_closures, ctx);
}

static bool is_closure_of(IrFunc *f, IrFunc *closure)
{
	for (u32 i = 0; i < f->closures.n; i++)
		if (f->closures.p[i] == closure)
			return true;
	return false;
}

// Of f and the closures in it those stay that are made somewhere. For gc others that capture nothing are functions like any
// other, and so their variables are reported.
static void keep_closures(IrUnit *u, IrFunc *f)
{
	__typeof__(f->closures) before = f->closures;
	memset(&f->closures, 0, sizeof f->closures);
	for (u32 i = 0; i < f->body.n; i++)
		find_closures(&f->body.p[i], f);
	for (u32 i = 0; i < before.n; i++) {
		IrFunc *g = before.p[i];
		bool kept = is_closure_of(f, g), reported = !kept && ir_explains(u, f) && ir_is_separate(g) && !g->is_range_body;
		if (reported)
			vec_push(ir_arena(), &f->summary->dropped, g);
		if (kept || reported)
			keep_closures(u, g);
	}
}

void ir_inline(IrUnit *u, IrFunc *f)
{
	enum { ROUNDS = 10 };
	Inliner in = {.u = u, .a = ir_arena(), .closure_calls = has_closure_calls(f)};
	// What was inlined may have brought forth the function that a call around it calls, or the type of an interface.
	for (u32 i = 0; i < ROUNDS && (ir_devirtualize(u, f) || i == 0 || in.closure_calls) && !u->no_inline; i++) {
		memset(&in.calls, 0, sizeof in.calls);
		if (in.closure_calls) {
			each_body(&in, f, survey);
			resolve(&in);
		}
		in.inlined = false;
		inline_func(&in, f, f);
		if (!in.inlined)
			break;
	}
	if (!in.lost || f->kind == IRK_INIT) // an initializer's closures may be in data
		return;
	each_body(&in, f, count_uses);
	each_body(&in, f, drop_closures);
	keep_closures(u, f);
	ir_remark(f);
}
