// inline_copy.c: copies of functions and of their bodies, in which variables, labels and closures become those of the function
// that they are copied into, and the inline tree records where the code comes from.
#include "ir/build.h"

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
	bool model;         // closures keep their names
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
	w->scope = v->scope;
	w->origin = v->inl || !c->inl ? v->origin : v;
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
	if (c->inl)
		r->flags &= ~IRF_TAIL;
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

// The arguments of an inlined call in a copy, once the code is copied.
static void copy_args(Copy *c, IrInl *x)
{
	IrInlArg *old = x->args;
	x->args = NEWN(c->a, IrInlArg, x->nargs);
	for (u32 i = 0; i < x->nargs; i++) {
		x->args[i] = old[i];
		if (!old[i].value || old[i].value->op != IR_VAR)
			continue;
		IrNode *n = map_get(&c->values, PKEY(old[i].value->var));
		IrVar *v = n ? NULL : map_get(&c->vars, PKEY(old[i].value->var));
		if (v) {
			n = ir_new(c->a, IR_VAR, old[i].value->pos, v->type);
			n->var = v;
		}
		x->args[i].value = n;
	}
}

static IrFunc *copy_func(Copy *outer, IrFunc *f, Str sym)
{
	Arena *a = ir_arena();
	IrFunc *g = NEW(a, IrFunc);
	*g = *f;
	g->sym = sym;
	g->ssa = NULL;
	memset(&g->captures, 0, sizeof g->captures);
	memset(&g->vars, 0, sizeof g->vars);
	memset(&g->closures, 0, sizeof g->closures);
	memset(&g->inl, 0, sizeof g->inl);
	for (u32 i = 0; i < f->inl.n; i++)
		vec_push(a, &g->inl, f->inl.p[i]);
	Copy k = {.from = f, .to = g, .a = a, .model = !outer || outer->model};
	g->params = NEWN(a, IrVar *, f->nparams + 1);
	g->results = NEWN(a, IrVar *, f->nresults + 1);
	for (u32 i = 0; i < f->nparams; i++)
		g->params[i] = copy_var(&k, f->params[i]);
	for (u32 i = 0; i < f->nresults; i++)
		g->results[i] = copy_var(&k, f->results[i]);
	for (u32 i = 0; i < f->captures.n; i++) {
		IrVar *v = f->captures.p[i], *w = copy_var(&k, v);
		w->outer = v->outer ? copy_var(outer, v->outer) : NULL;
		if (w->outer)
			w->outer->captured = true;
		vec_push(a, &g->captures, w);
	}
	g->body = copy_list(&k, f->body);
	for (u32 i = 0; i < g->inl.n; i++)
		copy_args(&k, &g->inl.p[i]);
	return g;
}

// A closure made in an inlined body belongs to the caller: it gets a function of its own.
static IrFunc *copy_closure(Copy *c, IrFunc *f)
{
	IrFunc *o = f;
	while (o->outer)
		o = o->outer;
	Str base = o->obj ? name_str(o->obj->name) : S("inl"), sym;
	if (c->model)
		sym = f->sym;
	else if (c->inl)
		sym = str_fmt(c->a, STR_FMT "." STR_FMT ".func%u", STR_ARG(c->to->sym), STR_ARG(base), ++c->to->nfunclits);
	else
		sym = str_fmt(c->a, STR_FMT ".%u", STR_ARG(c->to->sym), ++c->to->nfunclits);
	IrFunc *g = copy_func(c, f, sym);
	g->source = NEW(c->a, IrSource);
	g->source->kind = SRC_CLOSURE;
	g->summary = NEW(c->a, IrSummary);
	g->summary->cost = f->summary->cost;
	g->summary->full_cost = f->summary->full_cost;
	g->summary->nodes = f->summary->nodes;
	g->summary->costed = f->summary->costed;
	g->outer = c->to;
	g->outer_inl = c->inl ? (f->outer_inl ? c->inl_base + f->outer_inl : c->inl) : f->outer_inl;
	g->dupok = c->to->dupok;
	vec_push(c->a, &c->to->closures, g);
	return g;
}

static void find_changing(IrNode **slot, void *ctx)
{
	switch ((*slot)->op) {
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER: case IR_CLOSURE: case IR_STMTEXPR: *(bool *)ctx = true; return;
	default: ir_kids(*slot, find_changing, ctx);
	}
}

// Where what is inlined for a call of f is copied from: f as it was built. Inlining into f, and what is done for the
// sake of calls after it, changes f itself.
IrFunc *ir_inline_model(IrFunc *f)
{
	if (f->kind == IRK_CLOSURE)
		return f;
	CHECK(f->summary->model);
	return f->summary->model;
}

void ir_keep_model(IrFunc *f)
{
	bool changes = false;
	for (u32 i = 0; i < f->body.n && !changes; i++)
		find_changing(&f->body.p[i], &changes);
	IrFunc *g = f->summary->model = changes ? copy_func(NULL, f, f->sym) : f;
	g->own.p = g->vars.p, g->own.n = g->vars.n;
}

// ---- one call -----------------------------------------------------------------------------------

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

// The call n of callee, inlined into f, as a STMTEXPR, or a BLOCK if there are no results.
IrNode *ir_inline_call(IrFunc *f, IrNode *n, IrFunc *callee)
{
	Arena *a = ir_arena();
	IrFunc *g = ir_inline_model(callee);
	if (g == callee && g->kind == IRK_CLOSURE)
		g->own.p = g->vars.p, g->own.n = g->vars.n;
	u32 index = f->inl.n;
	vec_push(a, &f->inl, (IrInl){.parent = (i32)n->inl - 1, .pos = n->pos, .func = callee, .args = NEWN(a, IrInlArg, g->nparams)});
	Copy c = {.from = g, .to = f, .a = a, .inl = index + 1, .inl_base = f->inl.n};
	for (u32 i = 0; i < g->inl.n; i++) {
		IrInl x = g->inl.p[i];
		x.parent = x.parent < 0 ? (i32)index : x.parent + (i32)c.inl_base;
		vec_push(a, &f->inl, x);
	}
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
			f->inl.p[index].args[f->inl.p[index].nargs++] = (IrInlArg){p, x};
			continue;
		}
		IrNode *as = ir_new(a, IR_ASSIGN, n->pos, NULL);
		as->inl = n->inl;
		as->flags |= IRF_DEF;
		IrVar *v = copy_var(&c, p);
		as->a = var_node(a, n->pos, v, n->inl);
		as->b = x;
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
	for (u32 i = 0; i < g->inl.n; i++)
		copy_args(&c, &f->inl.p[c.inl_base + i]);
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
