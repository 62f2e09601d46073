// inline.c: the bodies of small functions in place of calls of them. Cost model and limits are gc's, approximately
// (inline/inl.go): 80 nodes, a call that stays costs 57. A callee's tree is copied as it is after inlining into
// itself, so nothing is inlined twice; its variables, labels and closures become the caller's, and the inline tree
// records where they come from. Calls of closures that are certain are inlined too.
#include "ir/build.h"

enum { BUDGET = 80, CALL_COST = 57, PARAM_CALL_COST = 17, PANIC_COST = 1, THROW_COST = 80, BIG_NODES = 5000, BIG_MAX = 20,
	ONCE_MAX = 800, NEVER = 1 << 20 };

bool ir_is_intrinsic(IrFunc *f)
{
	static const Str names[] = {
#define INTRINSIC(s, k, t) {s, sizeof(s) - 1},
#include "ssa/intrinsics.def"
#undef INTRINSIC
	};
	IrSummary *m = f->summary;
	if (!m->intrinsic) {
		// the last is known by its prefix: see ssa/build_intrinsics.c
		m->intrinsic = str_has_prefix(f->sym, "internal/abi.EscapeNonString[") ? 2 : 1;
		for (u32 i = 0; i < LENGTH(names); i++)
			if (str_eq(names[i], f->sym))
				m->intrinsic = 2;
	}
	return m->intrinsic == 2;
}

// ---- cost ---------------------------------------------------------------------------------------

typedef struct Cost { IrUnit *u; IrFunc *f; i32 n; u32 nodes; Map *closures; Arena *tmp; } Cost; // closures: IrVar * -> IrFunc *: what it always is

static bool is_cheap_call(IrFunc *f)
{
	static const char *const byteorder[] = {"LEUint64", "LEUint32", "LEUint16", "BEUint64", "BEUint32", "BEUint16", "LEPutUint64",
		"LEPutUint32", "LEPutUint16", "BEPutUint64", "BEPutUint32", "BEPutUint16", "LEAppendUint64", "LEAppendUint32",
		"LEAppendUint16", "BEAppendUint64", "BEAppendUint32", "BEAppendUint16"};
	Str s = f->sym;
	if (str_has_prefix(s, "internal/byteorder."))
		for (u32 i = 0; i < LENGTH(byteorder); i++)
			if (str_is(str_from(s, 19), byteorder[i]))
				return true;
	if (str_has_prefix(s, "encoding/binary.littleEndian.") || str_has_prefix(s, "encoding/binary.bigEndian."))
		return true;
	return str_is(s, "internal/abi.NoEscape") || str_has_prefix(s, "internal/abi.EscapeNonString[")
		|| str_is(s, "runtime.panicrangestate") || str_is(s, "runtime.heapBits.nextArena");
}

static bool may_inline_call(IrFunc *f)
{
	return f->summary->cost >= 0 && f->summary->cost <= BUDGET && f->state == FS_ANALYSED && !ir_is_intrinsic(f);
}

// The closure that a variable was defined as and always is.
static IrFunc *certain_closure(Cost *c, IrNode *n)
{
	if (n->op == IR_CLOSURE)
		return n->func;
	if (n->op != IR_VAR || n->var->reassigned || n->var->addr_taken)
		return NULL;
	return map_get(c->closures, PKEY(n->var));
}

static void cost_visit(IrNode **slot, void *ctx)
{
	Cost *c = ctx;
	IrNode *n = *slot;
	c->nodes++;
	if (c->n > NEVER)
		return;
	switch (n->op) {
	case IR_CALL: {
		Str s = n->func->sym;
		if (str_has_prefix(s, "internal/runtime/sys.GetC")) { // the physical caller's pc, sp, closure
			c->n += NEVER * 2;
			return;
		}
		if (str_is(s, "runtime.deferrangefunc")) {
			c->n += NEVER * 2;
			return;
		}
		c->n++;
		if (str_is(s, "runtime.throw"))
			c->n += THROW_COST - 1;
		else if (is_cheap_call(n->func) || ir_is_intrinsic(n->func))
			;
		else if (n->func->has_body && may_inline_call(n->func) && !(n->flags & IRF_IMPLICIT))
			c->n += n->func->summary->cost;
		else
			c->n += CALL_COST;
		break;
	}
	case IR_CALLCLOSURE:
		if (n->a->op == IR_CLOSURE || (n->a->op == IR_VAR && certain_closure(c, n->a))) {
			IrFunc *g = n->a->op == IR_CLOSURE ? n->a->func : certain_closure(c, n->a);
			c->n += 1 + (g->summary->cost >= 0 && g->summary->cost <= BUDGET ? g->summary->cost : CALL_COST);
			break;
		}
		c->n += 1 + (n->a->op == IR_VAR && n->a->var->cls == IRV_PARAM ? PARAM_CALL_COST : CALL_COST);
		break;
	case IR_CALLINTER:
		c->n += 1 + CALL_COST;
		break;
	case IR_PANIC:
		c->n += 1 + PANIC_COST;
		break;
	case IR_RECOVER: case IR_GO: case IR_DEFER: case IR_DEFERRANGE:
		c->n += NEVER * 2;
		return;
	case IR_CLOSURE:
		c->n += 16;
		return; // captured variables cost nothing
	case IR_EXPR: case IR_BLOCK: case IR_STMTEXPR: case IR_CONVNOP: case IR_FALLTHROUGH: case IR_TYPE:
		break;
	case IR_DEREF: // of x.f and (*p)[i]
		c->n++;
		break;
	case IR_FIELD:
		c->n += n->a->op == IR_DEREF ? 0 : 1;
		break;
	case IR_ASSIGN:
		c->n += n->flags & IRF_DEF ? 2 : 1;
		if (n->flags & IRF_DEF && n->b && n->a->op == IR_VAR && type_under(n->a->type)->kind == TY_FUNC) {
			IrFunc *g = certain_closure(c, n->b);
			if (g) {
				if (!c->tmp)
					c->tmp = arena_new();
				map_put(c->tmp, c->closures, PKEY(n->a->var), g);
			}
		}
		break;
	case IR_FOR:
		c->n -= n->flags & IRF_IMPLICIT ? 10 : 0; // a range: its counters are ours
		break;
	default:
		c->n++;
		break;
	}
	ir_kids(n, cost_visit, ctx);
}

i32 ir_inline_cost(IrUnit *u, IrFunc *f)
{
	enum { NOT = PRAGMA_NOINLINE | PRAGMA_CGO_UNSAFE_ARGS | PRAGMA_UINTPTR_KEEPALIVE | PRAGMA_UINTPTR_ESCAPES
		| PRAGMA_YESWRITEBARRIERREC };
	for (u32 i = 0; i < f->closures.n; i++) {
		IrFunc *g = f->closures.p[i];
		if (!g->summary->nodes)
			g->summary->cost = ir_inline_cost(u, g);
	}
	Map closures = {0};
	Cost c = {.u = u, .f = f, .closures = &closures, .nodes = 1};
	for (u32 i = 0; i < f->body.n; i++)
		cost_visit(&f->body.p[i], &c);
	arena_free(c.tmp);
	f->summary->nodes = c.nodes;
	f->summary->full_cost = c.n;
	if (f->pragma & NOT || !f->has_body || f->has_recover || f->has_defer || f->kind == IRK_INIT || f->abi_wrapper
	    || f->kind == IRK_ALG || c.n > NEVER)
		return -1;
	// What the runtime calls or finds by name must stay a call (runtime's own callers are few and hot enough).
	i32 max = f->kind == IRK_CLOSURE ? ONCE_MAX : BUDGET;
	return c.n <= max ? MAX(c.n, 0) : -1;
}

// ---- copying ------------------------------------------------------------------------------------

typedef struct Copy {
	IrFunc *from, *to;
	Arena *a;
	Map vars;           // IrVar * -> IrVar *
	Map values;         // IrVar * -> IrNode * that stands for it
	Map nodes;          // branch targets
	Map labels;
	u32 inl;            // of to, that stands for from's own code: index + 1; 0: a copy of a whole function
	u32 inl_base;       // where from's inline tree begins in to's
	IrNode *block;      // returns leave it
	IrVar **results;    // in to
	IrNode *last;       // the return at the end of the body, which need not leave
	IrNode *value;      // what it returned, if nothing else returns
	bool direct;        // value is wanted
} Copy;

static IrNode *copy(Copy *c, IrNode *n);
static IrFunc *copy_closure(Copy *c, IrFunc *f);

static u32 map_inl(Copy *c, u32 inl)
{
	if (!c->inl)
		return inl;
	return inl ? c->inl_base + inl : c->inl;
}

static IrVar *copy_var(Copy *c, IrVar *v)
{
	IrVar *w = map_get(&c->vars, PKEY(v));
	if (w)
		return w;
	CHECK(v->func == c->from);
	w = ir_var_new(c->to, c->a, c->inl ? IRV_LOCAL : v->cls, v->name, v->type, v->pos);
	w->inl = map_inl(c, v->inl);
	w->addr_taken = v->addr_taken;
	w->reassigned = v->reassigned;
	w->captured = v->captured;
	w->used = v->used;
	w->by_ref = v->by_ref;
	map_put(c->a, &c->vars, PKEY(v), w);
	return w;
}

static IrList copy_list(Copy *c, IrList l)
{
	IrList r = {NEWN(c->a, IrNode *, l.n + 1), l.n};
	for (u32 i = 0; i < l.n; i++)
		r.p[i] = copy(c, l.p[i]);
	return r;
}

// A return becomes assignments to the caller's variables.
static IrNode *copy_return(Copy *c, IrNode *n)
{
	if (c->direct && n == c->last && n->list.n == 1) {
		c->value = copy(c, n->list.p[0]);
		IrNode *nothing = ir_new(c->a, IR_BLOCK, n->pos, NULL);
		return nothing;
	}
	IrNode *b = ir_new(c->a, IR_BLOCK, n->pos, NULL);
	b->inl = map_inl(c, n->inl);
	NodeVec v = {0};
	if (n->list.n == 1) {
		IrNode *as = ir_new(c->a, IR_ASSIGN, n->pos, NULL);
		as->inl = b->inl;
		as->a = ir_new(c->a, IR_VAR, n->pos, c->results[0]->type);
		as->a->var = c->results[0];
		as->b = copy(c, n->list.p[0]);
		vec_push(c->a, &v, as);
	} else if (n->list.n > 1) {
		IrNode *as = ir_new(c->a, IR_ASSIGNLIST, n->pos, NULL);
		as->inl = b->inl;
		as->list.n = as->body.n = n->list.n;
		as->list.p = NEWN(c->a, IrNode *, n->list.n);
		as->body.p = NEWN(c->a, IrNode *, n->list.n);
		for (u32 i = 0; i < n->list.n; i++) {
			as->list.p[i] = ir_new(c->a, IR_VAR, n->pos, c->results[i]->type);
			as->list.p[i]->var = c->results[i];
			as->body.p[i] = copy(c, n->list.p[i]);
		}
		vec_push(c->a, &v, as);
	}
	if (n != c->last) {
		IrNode *brk = ir_new(c->a, IR_BREAK, n->pos, NULL);
		brk->inl = b->inl;
		brk->target = c->block;
		vec_push(c->a, &v, brk);
	}
	b->body = ir_list(&v);
	return b;
}

// What was a parameter may be a constant now.
static void fold_concat(Arena *a, IrNode *n)
{
	Str all = S("");
	for (u32 i = 0; i < n->list.n; i++) {
		if (n->list.p[i]->op != IR_CONST || const_kind(n->list.p[i]->val) != CONST_STRING)
			return;
		all = str_cat(a, all, const_as_string(n->list.p[i]->val));
	}
	n->op = IR_CONST;
	n->val = const_string(a, all);
	n->list = (IrList){0};
}

static IrNode *copy(Copy *c, IrNode *n)
{
	if (!n)
		return NULL;
	if (n->op == IR_VAR) {
		IrNode *v = map_get(&c->values, PKEY(n->var));
		if (v) {
			IrNode *r = NEW(c->a, IrNode);
			*r = *v;
			return r;
		}
	}
	if (n->op == IR_RETURN && c->inl)
		return copy_return(c, n);
	IrNode *r = NEW(c->a, IrNode);
	*r = *n;
	r->inl = map_inl(c, n->inl);
	r->esc_none = false;
	switch (n->op) {
	case IR_VAR:
		r->var = copy_var(c, n->var);
		break;
	case IR_DECL:
		r->var = copy_var(c, n->var);
		break;
	case IR_CASE:
		if (n->var)
			r->var = copy_var(c, n->var);
		break;
	case IR_LABEL: case IR_GOTO: {
		IrLabel *l = map_get(&c->labels, PKEY(n->label));
		if (!l) {
			l = NEW(c->a, IrLabel);
			l->name = n->label->name;
			l->id = ++c->to->nlabels;
			map_put(c->a, &c->labels, PKEY(n->label), l);
		}
		r->label = l;
		break;
	}
	case IR_FOR: case IR_RANGEMAP: case IR_SWITCH: case IR_TYPESWITCH: case IR_SELECT: case IR_BLOCK:
		map_put(c->a, &c->nodes, PKEY(n), r);
		break;
	case IR_BREAK: case IR_CONTINUE:
		r->target = map_get(&c->nodes, PKEY(n->target));
		CHECK(r->target);
		break;
	case IR_CLOSURE:
		if (n->func->kind == IRK_CLOSURE && n->func->outer)
			r->func = copy_closure(c, n->func);
		break;
	default:
		break;
	}
	r->a = copy(c, n->a);
	r->b = copy(c, n->b);
	r->c = copy(c, n->c);
	if (n->list.n)
		r->list = copy_list(c, n->list);
	if (n->body.n)
		r->body = copy_list(c, n->body);
	if (r->op == IR_CONCAT)
		fold_concat(c->a, r);
	return r;
}

// A closure made in an inlined body belongs to the caller: it gets a function of its own.
static IrFunc *copy_closure(Copy *c, IrFunc *f)
{
	IrFunc *g = NEW(c->a, IrFunc), *o = f;
	*g = *f;
	while (o->outer)
		o = o->outer;
	Str base = o->obj ? name_str(o->obj->name) : S("inl");
	if (c->inl)
		g->sym = str_fmt(c->a, STR_FMT "." STR_FMT ".func%u", STR_ARG(c->to->sym), STR_ARG(base), ++c->to->nfunclits);
	else
		g->sym = str_fmt(c->a, STR_FMT ".%u", STR_ARG(c->to->sym), ++c->to->nfunclits);
	g->source = NEW(c->a, IrSource);
	g->source->kind = SRC_CLOSURE;
	g->summary = NEW(c->a, IrSummary);
	g->summary->cost = f->summary->cost;
	g->summary->nodes = f->summary->nodes;
	g->outer = c->to;
	g->dupok = c->to->dupok;
	g->ssa = NULL;
	g->nfunclits = g->nranges = g->nwraps = 0;
	memset(&g->captures, 0, sizeof g->captures);
	memset(&g->vars, 0, sizeof g->vars);
	memset(&g->closures, 0, sizeof g->closures);
	memset(&g->inl, 0, sizeof g->inl);
	for (u32 i = 0; i < f->inl.n; i++)
		vec_push(c->a, &g->inl, f->inl.p[i]);
	Copy k = {.from = f, .to = g, .a = c->a};
	g->params = NEWN(c->a, IrVar *, f->nparams + 1);
	g->results = NEWN(c->a, IrVar *, f->nresults + 1);
	for (u32 i = 0; i < f->nparams; i++)
		g->params[i] = copy_var(&k, f->params[i]);
	for (u32 i = 0; i < f->nresults; i++)
		g->results[i] = copy_var(&k, f->results[i]);
	for (u32 i = 0; i < f->captures.n; i++) {
		IrVar *v = f->captures.p[i], *w = copy_var(&k, v);
		w->outer = v->outer ? copy_var(c, v->outer) : NULL;
		if (w->outer)
			w->outer->captured = true;
		vec_push(c->a, &g->captures, w);
	}
	g->body = copy_list(&k, f->body);
	atomic_store_explicit(&g->state, FS_INLINED, memory_order_release);
	vec_push(c->a, &c->to->closures, g);
	return g;
}

// ---- one call -----------------------------------------------------------------------------------

typedef struct Inliner {
	IrUnit *u;
	IrFunc *f;          // inlined into
	Arena *a;
	bool big;
	Map defs;           // IrVar * -> IrNode *: the closure or function a variable always is
	Map uses;           // IrVar * -> number of VAR nodes
} Inliner;

static void count_returns(IrNode **slot, void *ctx)
{
	if ((*slot)->op == IR_RETURN)
		++*(u32 *)ctx;
	ir_kids(*slot, count_returns, ctx);
}

static bool pure_arg(IrNode *x)
{
	switch (x->op) {
	case IR_CONST: case IR_NIL: case IR_FUNC: case IR_TYPEDESC: return true;
	case IR_VAR: return !x->var->reassigned && !x->var->addr_taken && !x->var->by_ref && x->var->cls != IRV_RESULT;
	default: return false;
	}
}

static IrNode *var_node(Arena *a, Pos pos, IrVar *v, u32 inl)
{
	IrNode *n = ir_new(a, IR_VAR, pos, v->type);
	n->var = v;
	n->inl = inl;
	return n;
}

// The call just inlined, and those that had been inlined into the callee.
static void report_inlined(Inliner *in, u32 from)
{
	for (u32 i = from; i < in->f->inl.n; i++) {
		IrInl *x = &in->f->inl.p[i];
		Str name = ir_func_report_name(in->a, in->u, x->func);
		ir_report(in->u, ir_outermost(in->f, i + 1, x->pos), "inlining call to " STR_FMT, STR_ARG(name));
	}
}

// The inlined call as a STMTEXPR, or a BLOCK if g has no results.
static IrNode *inline_call(Inliner *in, IrNode *n, IrFunc *g)
{
	Arena *a = in->a;
	IrFunc *f = in->f;
	u32 index = f->inl.n;
	vec_push(a, &f->inl, (IrInl){(i32)n->inl - 1, n->pos, g});
	Copy c = {.from = g, .to = f, .a = a, .inl = index + 1, .inl_base = f->inl.n};
	for (u32 i = 0; i < g->inl.n; i++) {
		IrInl x = g->inl.p[i];
		x.parent = x.parent < 0 ? (i32)index : x.parent + (i32)c.inl_base;
		vec_push(a, &f->inl, x);
	}
	if (ir_explains(in->u, f))
		report_inlined(in, index);
	NodeVec out = {0};
	CHECK(n->list.n == g->nparams);
	for (u32 i = 0; i < g->captures.n; i++) {
		IrVar *v = g->captures.p[i];
		CHECK(v->outer && v->outer->func == f);
		map_put(a, &c.vars, PKEY(v), v->outer);
	}
	for (u32 i = 0; i < g->nparams; i++) {
		IrVar *p = g->params[i];
		IrNode *x = n->list.p[i];
		if (!p->reassigned && !p->addr_taken && !p->captured && pure_arg(x) && x->type == p->type) {
			map_put(a, &c.values, PKEY(p), x);
			continue;
		}
		IrNode *as = ir_new(a, IR_ASSIGN, n->pos, NULL);
		as->inl = n->inl;
		as->flags |= IRF_DEF;
		IrVar *v = copy_var(&c, p);
		as->a = var_node(a, n->pos, v, n->inl);
		as->b = x;
		if ((x->op == IR_CLOSURE || x->op == IR_FUNC) && !v->reassigned && !v->addr_taken)
			map_put(a, &in->defs, PKEY(v), x);
		vec_push(a, &out, as);
	}
	u32 nargs = out.n;
	u32 returns = 0;
	for (u32 i = 0; i < g->body.n; i++)
		count_returns(&g->body.p[i], &returns);
	IrNode *end = g->body.n ? g->body.p[g->body.n - 1] : NULL;
	bool ends = end && end->op == IR_RETURN;
	c.last = ends ? end : NULL;
	bool plain = returns == (ends ? 1u : 0u); // nothing leaves from the middle
	c.direct = plain && ends && g->nresults == 1 && end->list.n == 1 && !g->results[0]->name;
	if (!c.direct) {
		c.results = NEWN(a, IrVar *, g->nresults + 1);
		for (u32 i = 0; i < g->nresults; i++) {
			IrVar *v = copy_var(&c, g->results[i]);
			v->reassigned = true;
			c.results[i] = v;
			IrNode *d = ir_new(a, IR_DECL, n->pos, NULL);
			d->var = v;
			d->inl = n->inl;
			vec_push(a, &out, d);
		}
	}
	c.block = ir_new(a, IR_BLOCK, n->pos, NULL);
	c.block->inl = c.inl;
	c.block->body = copy_list(&c, g->body);
	if (plain)
		for (u32 i = 0; i < c.block->body.n; i++)
			vec_push(a, &out, c.block->body.p[i]);
	else
		vec_push(a, &out, c.block);
	f->has_closure_calls |= g->has_closure_calls;
	IrNode *r = ir_new(a, g->nresults ? IR_STMTEXPR : IR_BLOCK, n->pos, n->type);
	r->inl = n->inl;
	r->imm2 = nargs;
	r->body = ir_list(&out);
	if (g->nresults == 0)
		return r;
	if (c.direct) {
		r->a = c.value;
	} else if (g->nresults == 1) {
		r->a = var_node(a, n->pos, c.results[0], n->inl);
	} else {
		NodeVec v = {0};
		for (u32 i = 0; i < g->nresults; i++)
			vec_push(a, &v, var_node(a, n->pos, c.results[i], n->inl));
		r->list = ir_list(&v);
	}
	return r;
}

// ---- all calls of a function --------------------------------------------------------------------

static void inline_in(Inliner *in, IrNode **slot);

static void inline_kid(IrNode **slot, void *ctx)
{
	inline_in(ctx, slot);
}

static u32 uses_of(Inliner *in, IrVar *v)
{
	return (u32)(uintptr_t)map_get(&in->uses, PKEY(v));
}

// The function or closure that n certainly is.
static IrNode *certain(Inliner *in, IrNode *n, bool *once)
{
	*once = n->op == IR_CLOSURE;
	for (u32 i = 0; i < 8; i++) {
		if (n->op == IR_CONVNOP) {
			n = n->a;
		} else if (n->op == IR_VAR) {
			IrNode *d = map_get(&in->defs, PKEY(n->var));
			if (!d)
				return NULL;
			*once = uses_of(in, n->var) <= 1;
			n = d;
		} else {
			break;
		}
	}
	return n->op == IR_CLOSURE || n->op == IR_FUNC ? n : NULL;
}

static bool captures_here(Inliner *in, IrNode *clo)
{
	IrFunc *g = clo->func;
	for (u32 i = 0; i < g->captures.n; i++)
		if (!g->captures.p[i]->outer || g->captures.p[i]->outer->func != in->f)
			return false;
	return true;
}

static bool has_closure_value(IrNode *n)
{
	for (u32 i = 0; i < n->list.n; i++)
		if (n->list.p[i]->op == IR_CLOSURE || n->list.p[i]->op == IR_FUNC)
			return true;
	return false;
}

static void inline_in(Inliner *in, IrNode **slot)
{
	IrNode *n = *slot;
	if (n->op == IR_GO || n->op == IR_DEFER || n->op == IR_DEFERRANGE) {
		ir_kids(n, inline_kid, in);
		return;
	}
	ir_kids(n, inline_kid, in);
	if (n->op == IR_ASSIGN && n->flags & IRF_DEF && n->b && (n->b->op == IR_CLOSURE || n->b->op == IR_FUNC
		|| (n->b->op == IR_VAR && map_has(&in->defs, PKEY(n->b->var))))
	    && !n->a->var->reassigned && !n->a->var->addr_taken) {
		map_put(in->a, &in->defs, PKEY(n->a->var), n->b);
		return;
	}
	if (n->op == IR_EXPR && n->a->op == IR_BLOCK) { // a call without results became statements
		*slot = n->a;
		return;
	}
	IrFunc *g = NULL;
	i32 max = in->big ? BIG_MAX : BUDGET;
	if (n->op == IR_CALL) {
		g = n->func;
		if (!g->has_body || g->state != FS_ANALYSED || ir_is_intrinsic(g))
			return;
	} else if (n->op == IR_CALLCLOSURE) {
		bool once;
		IrNode *v = certain(in, n->a, &once);
		if (!v)
			return;
		if (v->op == IR_FUNC) {
			if (ir_nparams(v->func->sig) != n->list.n)
				return; // a method expression's receiver is not in the signature
			n->op = IR_CALL;
			n->func = v->func;
			n->a = NULL;
			g = v->func;
			if (!g->has_body || g->state != FS_ANALYSED || ir_is_intrinsic(g))
				return;
		} else {
			g = v->func;
			if (!g->outer || !captures_here(in, v) || g == in->f)
				return;
			max = once && !in->big ? ONCE_MAX : max * 2;
		}
	} else {
		return;
	}
	if (in->u->no_inline || g->summary->cost < 0 || g->summary->cost > max || n->list.n != g->nparams)
		return;
	for (u32 i = 0; i < g->nparams; i++)
		if (n->list.p[i]->type != g->params[i]->type)
			return;
	bool again = g->has_closure_calls && (has_closure_value(n) || n->op == IR_CALLCLOSURE);
	IrNode *r = inline_call(in, n, g);
	*slot = r;
	if (again)
		for (u32 i = 0; i < r->body.n; i++)
			inline_in(in, &r->body.p[i]);
	if (again && r->a)
		inline_in(in, &r->a);
}

static void count_uses(IrNode **slot, void *ctx)
{
	Inliner *in = ctx;
	IrNode *n = *slot;
	if (n->op == IR_VAR && type_under(n->type)->kind == TY_FUNC)
		map_put(in->a, &in->uses, PKEY(n->var), (void *)(uintptr_t)(uses_of(in, n->var) + 1));
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
	if (n->op == IR_ASSIGN && n->flags & IRF_DEF && n->b && n->b->op == IR_CLOSURE && !n->a->var->captured
	    && !n->a->var->addr_taken && !n->a->var->reassigned && uses_of(in, n->a->var) == 0) {
		IrNode *b = ir_new(in->a, IR_BLOCK, n->pos, NULL);
		b->inl = n->inl;
		*slot = b;
	}
}

// Why f is never inlined, for -m=2.
static Str why_not(Arena *a, IrFunc *f)
{
	if (f->pragma & PRAGMA_NOINLINE)
		return S("marked go:noinline");
	if (f->pragma & PRAGMA_CGO_UNSAFE_ARGS)
		return S("marked go:cgo_unsafe_args");
	if (f->pragma & PRAGMA_UINTPTR_KEEPALIVE)
		return S("marked as having a keep-alive uintptr argument");
	if (f->pragma & PRAGMA_UINTPTR_ESCAPES)
		return S("marked as having an escaping uintptr argument");
	if (f->pragma & PRAGMA_YESWRITEBARRIERREC)
		return S("marked go:yeswritebarrierrec");
	if (!f->has_body)
		return S("no function body");
	if (f->has_recover)
		return S("call to recover");
	if (f->has_defer)
		return S("unhandled op DEFER");
	if (f->summary->full_cost > NEVER)
		return S("unhandled op GO");
	return str_fmt(a, "function too complex: cost %d exceeds budget %d", f->summary->full_cost, BUDGET);
}

void ir_report_inlinable(IrUnit *u, IrFunc *f)
{
	if (!ir_explains(u, f) || u->no_inline || f->is_range_body || f->func_id == FUNCID_WRAPPER || f->kind == IRK_INIT)
		return;
	Arena *a = arena_new();
	Str name = ir_func_report_name(a, u, f);
	if (f->summary->cost >= 0 && f->summary->cost <= BUDGET) {
		if (u->explain > 1)
			ir_report(u, f->pos, "can inline " STR_FMT " with cost %d as: %.*s { ... }", STR_ARG(name), f->summary->cost,
				STR_ARG(type_str(a, f->sig, u->pkg)));
		else
			ir_report(u, f->pos, "can inline " STR_FMT, STR_ARG(name));
	} else if (u->explain > 1) {
		ir_report(u, f->pos, "cannot inline " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(why_not(a, f)));
	}
	if (u->explain > 1 && f->summary->nodes > BIG_NODES)
		ir_report(u, f->pos, "function " STR_FMT " considered 'big'; reducing max cost of inlinees", STR_ARG(name));
	arena_free(a);
}

void ir_inline(IrUnit *u, IrFunc *f)
{
	for (u32 i = 0; i < f->closures.n; i++) {
		IrFunc *c = f->closures.p[i];
		if (atomic_load_explicit(&c->state, memory_order_relaxed) >= FS_INLINED)
			continue;
		if (!c->summary->nodes)
			c->summary->cost = ir_inline_cost(u, c);
		ir_report_inlinable(u, c);
		ir_inline(u, c);
		atomic_store_explicit(&c->state, FS_INLINED, memory_order_release);
	}
	Inliner in = {.u = u, .f = f, .a = ir_arena(), .big = f->summary->nodes > BIG_NODES};
	for (u32 i = 0; i < f->body.n; i++)
		count_uses(&f->body.p[i], &in);
	u32 before = f->inl.n;
	for (u32 i = 0; i < f->body.n; i++)
		inline_in(&in, &f->body.p[i]);
	if (f->inl.n == before)
		return;
	in.uses = (Map){0};
	for (u32 i = 0; i < f->body.n; i++)
		count_uses(&f->body.p[i], &in);
	for (u32 i = 0; i < f->body.n; i++)
		drop_closures(&f->body.p[i], &in);
}

bool ir_inlinable(IrFunc *f)
{
	return f->has_body && f->state == FS_ANALYSED && f->summary->cost >= 0 && f->summary->cost <= BUDGET;
}
