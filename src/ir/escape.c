// escape.c: what must live in the heap. A graph of locations (variables and allocating expressions) with edges
// "dst receives src dereferenced d times", d = -1 being src's address, is built for a batch of mutually recursive
// functions and the closures in them; an address that reaches something that outlives its location moves that to
// the heap. How parameters flow to the heap and to results is kept as the functions' summary for callers.
// Rules and limits: cmd/compile/internal/escape, ir/cfg.go.
#include "ir/build.h"

typedef struct Loc Loc;
typedef struct Edge { Loc *src; i32 derefs; } Edge;

enum { ESCAPES = 1, PERSISTS = 2, MUTATES = 4, CALLS = 8, ALL_ATTRS = 15 };

struct Loc {
	IrVar *var;             // or
	IrNode *node;           // what allocates; both NULL: a temporary of the analysis
	IrFunc *fn;
	i32 depth;              // of loops around the declaration
	VEC(Edge) edges;
	i32 derefs;             // of the walk
	u32 walk, queued_one;
	bool queued_all;
	u8 attrs;
	i32 param, result;      // index + 1
	Leaks leaks;
	IrNode *def;            // the value of a variable that is never assigned again
};

typedef struct Hole { Loc *dst; i32 derefs; } Hole;

typedef VEC(Loc *) LocVec;
typedef struct Closure { Hole k; IrNode *n; } Closure;


enum { MAX_CALLEES = 8 };
typedef struct FuncValues { IrNode *v[MAX_CALLEES]; u32 n; bool unknown; } FuncValues;

typedef struct Batch {
	IrUnit *u;
	Arena *a;
	LocVec locs;
	Loc heap, mutator, callee, blank;
	VEC(Closure) closures;
	Map walked;             // closures
	Map in_batch;           // IrFunc * -> itself; closures too
	Map results_lost;       // closures some of whose results are not tracked
	Map closure_of;         // Loc * of a CLOSURE -> IrFunc *
	Map func_values;        // IrVar * of a function type -> FuncValues *: all that is ever assigned to it
	u32 walkgen;
} Batch;

typedef struct Esc { Batch *b; IrFunc *fn; i32 depth; Map labels; } Esc; // labels: IrLabel * -> 1 seen, 2 jumped back to

static void stmts(Esc *e, IrList l);
static void stmt(Esc *e, IrNode *n);
static void expr(Esc *e, Hole k, IrNode *n);
static void walk_func(Batch *b, IrFunc *f);

// ---- locations ----------------------------------------------------------------------------------

static Hole hole(Loc *l) { return (Hole){l, 0}; }
static Hole shift(Hole k, i32 d) { k.derefs = MAX(k.derefs + d, -1); return k; }
static Hole heap(Esc *e) { return hole(&e->b->heap); }
static Hole discard_hole(Esc *e) { return hole(&e->b->blank); }

static Loc *new_loc(Batch *b, IrFunc *fn, i32 depth, IrVar *v, IrNode *n, bool persists)
{
	Loc *l = NEW(b->a, Loc);
	l->var = v;
	l->node = n;
	l->fn = fn;
	l->depth = depth;
	if (persists)
		l->attrs = PERSISTS;
	memset(&l->leaks, -1, sizeof l->leaks);
	vec_push(b->a, &b->locs, l);
	if (v)
		v->esc_tag = b->locs.n;
	return l;
}

static Loc *var_loc(Batch *b, IrVar *v)
{
	v = ir_root(v);
	if (!v->esc_tag)
		bug("escape: a variable of %.*s has no location", STR_ARG(v->func->sym));
	return b->locs.p[v->esc_tag - 1];
}

static void flow(Batch *b, Hole k, Loc *src)
{
	Loc *dst = k.dst;
	if (dst == &b->blank || (dst == src && k.derefs >= 0))
		return;
	if (dst->attrs & ESCAPES && k.derefs < 0) {
		src->attrs |= ALL_ATTRS;
		return;
	}
	vec_push(b->a, &dst->edges, (Edge){src, k.derefs});
}

static Loc *spill_loc(Esc *e, Hole k, IrNode *n)
{
	Loc *l = new_loc(e->b, e->fn, e->depth, NULL, n, false);
	flow(e->b, shift(k, -1), l);
	return l;
}

static Hole spill(Esc *e, Hole k, IrNode *n) { return hole(spill_loc(e, k, n)); }

static Hole tee(Esc *e, const Hole *ks, u32 n)
{
	if (n == 0)
		return discard_hole(e);
	if (n == 1)
		return ks[0];
	Loc *l = new_loc(e->b, e->fn, e->depth, NULL, NULL, false);
	for (u32 i = 0; i < n; i++)
		flow(e->b, ks[i], l);
	return hole(l);
}

static Hole later(Esc *e, Hole k)
{
	Loc *l = new_loc(e->b, e->fn, e->depth, NULL, NULL, true);
	flow(e->b, k, l);
	return hole(l);
}

static bool is_direct(Type *t)
{
	return type_size(t) == 8 && type_ptrdata(t) == 8;
}

static Hole dot_type(Hole k, Type *t)
{
	return ir_is_iface(t) || is_direct(t) ? k : shift(k, 1);
}

// ---- calls --------------------------------------------------------------------------------------

static bool in_batch(Batch *b, IrFunc *f) { return map_has(&b->in_batch, PKEY(f)); }

// Pointers behind strings do not count: internal/abi.EscapeNonString.
static bool non_string_pointers(Type *t)
{
	if (!type_has_pointers(t))
		return false;
	Type *u = type_under(t);
	if (u->kind == TY_BASIC && u->info & INFO_STRING)
		return false;
	if (u->kind == TY_ARRAY)
		return non_string_pointers(ir_canon(u->array.elem));
	if (u->kind == TY_STRUCT) {
		for (u32 i = 0; i < u->structt.n; i++)
			if (non_string_pointers(ir_canon(u->structt.fields[i]->type)))
				return true;
		return false;
	}
	return true;
}

static Leaks extern_leaks(IrFunc *f)
{
	Leaks l;
	memset(&l, -1, sizeof l);
	if (f->kind == IRK_EXTERN || f->pragma & PRAGMA_NOESCAPE) {
		l.d[LEAK_MUTATE] = l.d[LEAK_CALL] = 0;
	} else {
		l.d[LEAK_HEAP] = 0;
	}
	return l;
}

// Where argument i of a call of f goes; ks: where the results go (NULL: nowhere).
static Hole arg_hole(Esc *e, IrFunc *f, u32 i, const Hole *ks, u32 nks)
{
	Batch *b = e->b;
	if (in_batch(b, f))
		return hole(var_loc(b, f->params[i]));
	Leaks l;
	if (!f->has_body) {
		l = extern_leaks(f);
	} else if (!f->summary->params && e->fn->kind == IRK_CLOSURE) { // a function around this closure calls it in turn
		memset(&l, -1, sizeof l);
		l.d[LEAK_HEAP] = 0;
	} else {
		if (!f->summary->params || i >= f->summary->nparams)
			bug("escape: %.*s has no summary", STR_ARG(f->sym));
		l = f->summary->params[i];
	}
	Hole to[LEAK_COUNT];
	u32 n = 0;
	if (l.d[LEAK_HEAP] >= 0)
		to[n++] = shift(heap(e), l.d[LEAK_HEAP]);
	if (l.d[LEAK_MUTATE] >= 0)
		to[n++] = shift(hole(&b->mutator), l.d[LEAK_MUTATE]);
	if (l.d[LEAK_CALL] >= 0)
		to[n++] = shift(hole(&b->callee), l.d[LEAK_CALL]);
	for (u32 r = 0; ks && r < nks && r < LEAK_NRESULTS; r++)
		if (l.d[LEAK_RESULT0 + r] >= 0)
			to[n++] = shift(ks[r], l.d[LEAK_RESULT0 + r]);
	return tee(e, to, n);
}

static void uintptr_arg(Esc *e, IrFunc *f, IrNode *x)
{
	if (!(f->pragma & PRAGMA_UINTPTR_ESCAPES))
		return;
	if (x->op == IR_SLICELIT) {
		for (u32 i = 0; i < x->list.n; i++)
			if (x->list.p[i])
				uintptr_arg(e, f, x->list.p[i]);
		return;
	}
	if (x->op == IR_CONVNOP && x->type == TYPE(UINTPTR) && type_under(x->a->type) == TYPE(UNSAFEPTR) && x->a->op == IR_VAR)
		flow(e->b, heap(e), var_loc(e->b, x->a->var));
}

// A call of one of several functions.
static void static_call(Esc *e, const Hole *ks, u32 nks, IrNode *n, IrFunc **fs, u32 nfs)
{
	Batch *b = e->b;
	IrFunc *f = fs[0];
	for (u32 k = 0; k < nfs; k++)
		if (in_batch(b, fs[k]) && ks)
			for (u32 i = 0; i < nks && i < fs[k]->nresults; i++)
				flow(b, ks[i], var_loc(b, fs[k]->results[i]));
	if (str_has_prefix(f->sym, "internal/abi.EscapeNonString[")) {
		for (u32 i = 0; i < n->list.n; i++)
			expr(e, non_string_pointers(n->list.p[i]->type) ? heap(e) : discard_hole(e), n->list.p[i]);
		return;
	}
	for (u32 i = 0; i < n->list.n; i++) {
		uintptr_arg(e, f, n->list.p[i]);
		Hole to[MAX_CALLEES];
		for (u32 k = 0; k < nfs; k++)
			to[k] = arg_hole(e, fs[k], i, ks, nks);
		expr(e, tee(e, to, nfs), n->list.p[i]);
	}
}

// The closure or function that a function value is, if that is certain.
static IrNode *static_value(Batch *b, IrNode *n)
{
	for (u32 i = 0; i < 16; i++) {
		if (n->op == IR_CONVNOP) {
			n = n->a;
			continue;
		}
		if (n->op != IR_VAR)
			break;
		IrVar *v = ir_root(n->var);
		if (v->reassigned || v->addr_taken || !v->esc_tag)
			return NULL;
		IrNode *d = b->locs.p[v->esc_tag - 1]->def;
		if (!d)
			return NULL;
		n = d;
	}
	return n->op == IR_CLOSURE ? n : NULL;
}

static bool is_func_var(IrNode *n) { return n && n->op == IR_VAR && type_under(n->type)->kind == TY_FUNC; }

static FuncValues *func_values(Batch *b, IrVar *v)
{
	v = ir_root(v);
	FuncValues *x = map_get(&b->func_values, PKEY(v));
	if (!x) {
		x = NEW(b->a, FuncValues);
		map_put(b->a, &b->func_values, PKEY(v), x);
	}
	return x;
}

// Notes what is assigned to variables of function types; what is not a plain assignment makes them unknown.
static void find_func_values(IrNode **slot, void *ctx)
{
	Batch *b = ctx;
	IrNode *n = *slot;
	switch (n->op) {
	case IR_ASSIGN:
		if (is_func_var(n->a)) {
			FuncValues *x = func_values(b, n->a->var);
			if (x->n == MAX_CALLEES)
				x->unknown = true;
			else
				x->v[x->n++] = n->b;
		}
		break;
	case IR_ASSIGNLIST: case IR_ASSIGNMULTI:
		for (u32 i = 0; i < n->list.n; i++)
			if (is_func_var(n->list.p[i]))
				func_values(b, n->list.p[i]->var)->unknown = true;
		break;
	case IR_ADDR:
		if (is_func_var(n->a))
			func_values(b, n->a->var)->unknown = true;
		break;
	case IR_RANGEMAP: case IR_COMM:
		if (is_func_var(n->b))
			func_values(b, n->b->var)->unknown = true;
		if (is_func_var(n->c))
			func_values(b, n->c->var)->unknown = true;
		break;
	case IR_CASE:
		if (n->var && type_under(n->var->type)->kind == TY_FUNC)
			func_values(b, n->var)->unknown = true;
		break;
	default:
		break;
	}
	ir_kids(n, find_func_values, ctx);
}

static bool add_callee(Batch *b, IrNode *n, IrNode *call, IrFunc **fs, u32 *nfs)
{
	while (n && n->op == IR_CONVNOP)
		n = n->a;
	if (!n || n->op == IR_NIL || n->op == IR_ZERO)
		return true; // a call of it panics
	if (n->op != IR_CLOSURE && n->op != IR_FUNC)
		return false;
	IrFunc *f = n->func;
	if (f->pragma & (PRAGMA_UINTPTR_KEEPALIVE | PRAGMA_UINTPTR_ESCAPES) || str_has_prefix(f->sym, "internal/abi.EscapeNonString["))
		return false;
	if (!in_batch(b, f) && (!f->has_body || !f->summary->params))
		return false;
	if ((f->summary->from_facts ? f->summary->nparams : f->nparams) != call->list.n) // captures are not parameters, receivers of method expressions are
		return false;
	fs[(*nfs)++] = f;
	return true;
}

// The functions that the call of a function value may call; 0: not known.
static u32 callees(Esc *e, IrNode *call, IrFunc **fs)
{
	Batch *b = e->b;
	IrNode *n = call->a, *c = static_value(b, n);
	u32 nfs = 0;
	if (c)
		return add_callee(b, c, call, fs, &nfs) ? nfs : 0;
	while (n->op == IR_CONVNOP)
		n = n->a;
	if (n->op != IR_VAR || ir_root(n->var)->cls != IRV_LOCAL)
		return n->op == IR_CLOSURE && add_callee(b, n, call, fs, &nfs) ? nfs : 0;
	FuncValues *x = map_get(&b->func_values, PKEY(ir_root(n->var)));
	if (!x || x->unknown)
		return 0;
	for (u32 i = 0; i < x->n; i++)
		if (!add_callee(b, x->v[i], call, fs, &nfs))
			return 0;
	return nfs;
}

// What a variable that is never assigned again was defined as.
static IrNode *defined_as(Batch *b, IrNode *n)
{
	for (u32 i = 0; i < 16 && n; i++) {
		if (n->op != IR_VAR)
			return n;
		IrVar *v = ir_root(n->var);
		if (v->reassigned || v->addr_taken || !v->esc_tag)
			return NULL;
		n = b->locs.p[v->esc_tag - 1]->def;
	}
	return NULL;
}

// A variable that is always one constant is replaced by it: boxes become read-only data, sizes are known. So is the
// length of a variable that is always one slice literal (escape/escape.go rewriteWithLiterals).
static void constant_operand(Esc *e, IrNode **slot)
{
	IrNode *n = *slot, *d = n->op == IR_VAR ? defined_as(e->b, n) : n;
	if (d && d->op == IR_LEN) {
		IrNode *lit = defined_as(e->b, d->a);
		if (lit && lit->op == IR_SLICELIT && d->type == n->type)
			*slot = ir_int(ir_arena(), n->pos, n->type, lit->imm2);
	} else if (d && d != n && d->op == IR_CONST && d->type == n->type) {
		i64 v;
		if (type_under(n->type)->kind == TY_BASIC && type_under(n->type)->info & INFO_INT && (!ir_is_const_int(d, &v)))
			return;
		IrNode *c = ir_new(ir_arena(), IR_CONST, n->pos, n->type);
		c->val = d->val;
		c->inl = n->inl;
		*slot = c;
	}
}

static void call(Esc *e, const Hole *ks, u32 nks, IrNode *n)
{
	Batch *b = e->b;
	if (n->op == IR_CALL) {
		static_call(e, ks, nks, n, &n->func, 1);
		return;
	}
	if (n->op == IR_CALLCLOSURE) {
		IrFunc *fs[MAX_CALLEES];
		u32 nfs = callees(e, n, fs);
		if (nfs) {
			expr(e, discard_hole(e), n->a);
			static_call(e, ks, nks, n, fs, nfs);
			return;
		}
		Hole k = discard_hole(e);
		for (u32 i = 0; i < nks; i++)
			if (ks[i].dst != &b->blank)
				k = hole(&b->callee);
		expr(e, k, n->a);
	} else {
		expr(e, heap(e), n->a);
	}
	for (u32 i = 0; i < n->list.n; i++)
		expr(e, heap(e), n->list.p[i]);
}

// ---- expressions --------------------------------------------------------------------------------

static void discard(Esc *e, IrNode *n)
{
	if (n)
		expr(e, discard_hole(e), n);
}

// Arithmetic on uintptr that ends in an unsafe.Pointer: the pointer goes on through it.
static void unsafe_value(Esc *e, Hole k, IrNode *n)
{
	switch (n->op) {
	case IR_CONV: case IR_CONVNOP:
		if (type_under(n->a->type) == TYPE(UNSAFEPTR))
			expr(e, k, n->a);
		else
			discard(e, n->a);
		break;
	case IR_FIELD:
		if (ir_is_header_data(n))
			expr(e, shift(k, 1), n->a->a);
		else
			discard(e, n);
		break;
	case IR_UNARY:
		unsafe_value(e, k, n->a);
		break;
	case IR_BINARY:
		if (n->sub == OP_SHL || n->sub == OP_SHR) {
			unsafe_value(e, k, n->a);
			discard(e, n->b);
		} else {
			unsafe_value(e, k, n->a);
			unsafe_value(e, k, n->b);
		}
		break;
	default:
		discard(e, n);
	}
}

static bool is_literal(IrNode *n)
{
	return n->op == IR_STRUCTLIT || n->op == IR_ARRAYLIT || n->op == IR_SLICELIT || n->op == IR_MAPLIT || n->op == IR_ZERO;
}

// A closure that captures nothing is a function like any other: analysed before the one around it.
bool ir_is_separate(IrFunc *f)
{
	return f->kind == IRK_CLOSURE && !f->captures.n && f->source->kind != SRC_METHOD_VALUE;
}

// Where a method value's receiver goes when it is called, which may be anywhere.
static Hole method_receiver(Esc *e, IrFunc *method)
{
	Hole ks[LEAK_NRESULTS];
	for (u32 i = 0; i < LEAK_NRESULTS; i++)
		ks[i] = heap(e);
	return arg_hole(e, method, 0, ks, LEAK_NRESULTS);
}

static void closure_expr(Esc *e, Hole k, IrNode *n)
{
	Batch *b = e->b;
	Loc *l = spill_loc(e, k, n);
	k = hole(l);
	if (ir_is_separate(n->func))
		return;
	if (!in_batch(b, n->func)) { // a method value: the receiver goes into the closure, and who knows where
		IrFunc *method = ir_method_value_target(n->func);
		for (u32 i = 0; i < n->list.n; i++) {
			Hole two[2] = {k, method ? method_receiver(e, method) : heap(e)};
			expr(e, tee(e, two, 2), n->list.p[i]);
		}
		return;
	}
	map_put(b->a, &b->closure_of, PKEY(l), n->func);
	vec_push(b->a, &b->closures, (Closure){k, n});
	if (!map_has(&b->walked, PKEY(n->func))) {
		map_put(b->a, &b->walked, PKEY(n->func), n);
		walk_func(b, n->func);
	}
}

static void expr(Esc *e, Hole k, IrNode *n)
{
	if (!n)
		return;
	if (k.derefs >= 0 && n->type && n->type->kind != TY_TUPLE && !type_has_pointers(n->type))
		k = discard_hole(e);
	switch (n->op) {
	case IR_CONST: case IR_NIL: case IR_ZERO: case IR_GLOBAL: case IR_FUNC: case IR_FUNCPC: case IR_TYPEDESC: case IR_RECOVER:
	case IR_GETCALLERPC: case IR_TYPE:
		return;
	case IR_VAR:
		flow(e->b, k, var_loc(e->b, n->var));
		return;
	case IR_ADDR:
		if (is_literal(n->a))
			expr(e, spill(e, k, n), n->a);
		else
			expr(e, shift(k, -1), n->a);
		return;
	case IR_DEREF:
		expr(e, shift(k, 1), n->a);
		return;
	case IR_FIELD: case IR_DATAWORD: case IR_SLICE2ARRPTR: case IR_IFACE2IFACE: case IR_SLICEDATA: case IR_STRINGDATA:
		expr(e, k, n->a);
		return;
	case IR_INDEX:
		expr(e, type_under(n->a->type)->kind == TY_ARRAY ? k : shift(k, 1), n->a);
		discard(e, n->b);
		return;
	case IR_SLICE:
		expr(e, k, n->a);
		for (u32 i = 0; i < n->list.n; i++)
			discard(e, n->list.p[i]);
		return;
	case IR_CONV: case IR_CONVNOP:
		if (type_under(n->type) == TYPE(UNSAFEPTR) && type_under(n->a->type) == TYPE(UINTPTR))
			unsafe_value(e, k, n->a);
		else
			expr(e, k, n->a);
		return;
	case IR_CONVIFACE:
		constant_operand(e, &n->a);
		if (!is_direct(n->a->type))
			k = spill(e, k, n);
		expr(e, k, n->a);
		return;
	case IR_DOTTYPE:
		expr(e, dot_type(k, n->type), n->a);
		return;
	case IR_SLICE2ARR:
		expr(e, shift(k, 1), n->a);
		return;
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER:
		call(e, &k, n->type && n->type->kind != TY_TUPLE ? 1 : 0, n);
		return;
	case IR_STMTEXPR:
		stmts(e, n->body);
		expr(e, k, n->a);
		for (u32 i = 0; i < n->list.n; i++)
			discard(e, n->list.p[i]);
		return;
	case IR_APPEND: {
		// The slice may be the result; what it holds may move to a new one in the heap.
		Type *elem = ir_elem(n->type);
		Hole ks[3] = {k, hole(&e->b->mutator)};
		u32 nk = 2;
		if (type_has_pointers(elem))
			ks[nk++] = shift(heap(e), 1);
		expr(e, tee(e, ks, nk), n->a);
		for (u32 i = 0; i < n->list.n; i++) {
			IrNode *x = n->list.p[i];
			if (n->flags & IRF_DOTS)
				expr(e, type_under(x->type)->kind == TY_SLICE && type_has_pointers(elem) ? shift(heap(e), 1) : discard_hole(e), x);
			else
				expr(e, heap(e), x);
		}
		spill_loc(e, k, n)->depth = 0; // the new array: one that is in the frame is made only once, also in a loop
		return;
	}
	case IR_COPY:
		expr(e, hole(&e->b->mutator), n->a);
		expr(e, type_under(n->b->type)->kind == TY_SLICE && type_has_pointers(ir_elem(n->b->type)) ? shift(heap(e), 1)
			: discard_hole(e), n->b);
		return;
	case IR_NEW:
		expr(e, spill(e, k, n), n->a);
		return;
	case IR_MAKESLICE: case IR_MAKEMAP:
		if (n->op == IR_MAKESLICE)
			constant_operand(e, n->b ? &n->b : &n->a);
		spill(e, k, n);
		discard(e, n->a);
		discard(e, n->b);
		return;
	case IR_MIN: case IR_MAX:
		for (u32 i = 0; i < n->list.n; i++)
			expr(e, k, n->list.p[i]);
		return;
	case IR_UNSAFEADD: case IR_UNSAFESLICE: case IR_UNSAFESTRING:
		expr(e, k, n->a);
		discard(e, n->b);
		return;
	case IR_STRUCTLIT: case IR_ARRAYLIT:
		for (u32 i = 0; i < n->list.n; i++)
			expr(e, k, n->list.p[i]);
		return;
	case IR_SLICELIT:
		k = spill(e, k, n);
		for (u32 i = 0; i < n->list.n; i++)
			expr(e, k, n->list.p[i]);
		return;
	case IR_MAPLIT:
		spill(e, k, n);
		for (u32 i = 0; i < n->list.n; i++)
			expr(e, heap(e), n->list.p[i]);
		return;
	case IR_CLOSURE:
		closure_expr(e, k, n);
		return;
	case IR_CONCAT: case IR_BYTES2STR: case IR_STR2BYTES: case IR_RUNES2STR: case IR_STR2RUNES: case IR_RUNE2STR:
		spill(e, k, n);
		discard(e, n->a);
		for (u32 i = 0; i < n->list.n; i++)
			discard(e, n->list.p[i]);
		return;
	default: // operands are looked at, nothing flows
		discard(e, n->a);
		discard(e, n->b);
		discard(e, n->c);
		for (u32 i = 0; i < n->list.n; i++)
			discard(e, n->list.p[i]);
		return;
	}
}

// ---- assignments --------------------------------------------------------------------------------

// Where what is stored in n goes.
static Hole place(Esc *e, IrNode *n)
{
	Hole k = heap(e);
	if (!n)
		return discard_hole(e);
	switch (n->op) {
	case IR_VAR:
		return hole(var_loc(e->b, n->var));
	case IR_FIELD:
		return place(e, n->a);
	case IR_INDEX:
		discard(e, n->b);
		if (type_under(n->a->type)->kind == TY_ARRAY)
			return place(e, n->a);
		expr(e, hole(&e->b->mutator), n->a);
		return k;
	case IR_DEREF:
		expr(e, hole(&e->b->mutator), n->a);
		return k;
	case IR_MAPINDEX:
		discard(e, n->a);
		expr(e, heap(e), n->b);
		return k;
	case IR_STMTEXPR:
		stmts(e, n->body);
		return place(e, n->a);
	default:
		discard(e, n);
		return k;
	}
}

static bool same_path(IrNode *x, IrNode *y)
{
	if (x->op != y->op)
		return false;
	switch (x->op) {
	case IR_VAR: return x->var == y->var;
	case IR_GLOBAL: return x->global == y->global;
	case IR_FIELD: return x->index == y->index && same_path(x->a, y->a);
	case IR_DEREF: case IR_CONVNOP: return x->type == y->type && same_path(x->a, y->a);
	default: return false;
	}
}

static bool no_effect(IrNode *n)
{
	switch (n->op) {
	case IR_VAR: case IR_CONST: case IR_NIL: return true;
	case IR_BINARY: return no_effect(n->a) && no_effect(n->b);
	case IR_FIELD: case IR_DEREF: case IR_LEN: case IR_CAP: case IR_CONV: case IR_CONVNOP: return no_effect(n->a);
	case IR_INDEX: return no_effect(n->a) && no_effect(n->b);
	default: return false;
	}
}

// b of *b and b.f, a pointer variable.
static IrVar *pointer_behind(IrNode *n)
{
	if (n->op == IR_FIELD)
		n = n->a;
	return n->op == IR_DEREF && n->a->op == IR_VAR ? n->a->var : NULL;
}

// b.buf = b.buf[n:m] and val.x = val.y change nothing for this analysis (escape/utils.go isSelfAssign).
static bool self_assign(IrNode *dst, IrNode *src)
{
	if (!dst)
		return false;
	IrVar *base = pointer_behind(dst);
	// Not of an array in the object: that would be a new pointer into it.
	if (base && src->op == IR_SLICE && src->a->op != IR_ADDR && pointer_behind(src->a) == base)
		return true;
	if (dst->op != src->op)
		return false;
	if (dst->op == IR_FIELD)
		return same_path(dst->a, src->a);
	if (dst->op == IR_INDEX)
		return no_effect(dst->b) && no_effect(src->b) && same_path(dst->a, src->a);
	return false;
}

static void report_self_assign(Esc *e, Pos pos, IrList dst, IrList src)
{
	IrUnit *u = e->b->u;
	if (!ir_explains(u, e->fn))
		return;
	Arena *a = e->b->a;
	Str f = ir_func_report_name(a, u, e->fn), x = ir_list_str(a, u, dst), y = ir_list_str(a, u, src);
	ir_report(u, ir_outermost(e->fn, src.p[0]->inl, pos), STR_FMT " ignoring self-assignment in " STR_FMT " = " STR_FMT, STR_ARG(f),
		STR_ARG(x), STR_ARG(y));
}

static void declare(Esc *e, IrVar *v)
{
	var_loc(e->b, v)->depth = e->depth;
}

static void multi(Esc *e, IrNode *n)
{
	Hole ks[64];
	u32 nk = MIN(n->list.n, 64u);
	for (u32 i = 0; i < nk; i++) {
		if (n->flags & IRF_DEF && n->list.p[i])
			declare(e, n->list.p[i]->var);
		ks[i] = place(e, n->list.p[i]);
	}
	IrNode *x = n->a;
	while (x->op == IR_STMTEXPR && !x->list.n) {
		stmts(e, x->body);
		x = x->a;
	}
	switch (x->op) {
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER:
		call(e, ks, nk, x);
		return;
	case IR_STMTEXPR:
		stmts(e, x->body);
		for (u32 i = 0; i < x->list.n && i < nk; i++)
			expr(e, ks[i], x->list.p[i]);
		return;
	case IR_DOTTYPE2:
		expr(e, dot_type(ks[0], ir_canon(x->type->tuple.vars[0]->type)), x->a);
		return;
	default: // MAPINDEX2, RECV2: what comes out of a map or channel is in the heap
		discard(e, x->a);
		discard(e, x->b);
		return;
	}
}

// ---- statements ---------------------------------------------------------------------------------

static void block(Esc *e, IrList l)
{
	i32 depth = e->depth;
	stmts(e, l);
	e->depth = depth;
}

static void stmts(Esc *e, IrList l)
{
	for (u32 i = 0; i < l.n; i++)
		if (l.p[i])
			stmt(e, l.p[i]);
}

static void stmt(Esc *e, IrNode *n)
{
	Batch *b = e->b;
	switch (n->op) {
	case IR_BLOCK:
		stmts(e, n->body);
		return;
	case IR_DECL:
		declare(e, n->var);
		return;
	case IR_ASSIGN: {
		if (n->flags & IRF_DEF) {
			declare(e, n->a->var);
			var_loc(b, n->a->var)->def = n->b;
		}
		Hole k = place(e, n->a);
		if (n->a && n->b && self_assign(n->a, n->b)) {
			k = discard_hole(e);
			report_self_assign(e, n->pos, (IrList){&n->a, 1}, (IrList){&n->b, 1});
		}
		if (n->b && n->a && ir_is_header_data(n->a))
			unsafe_value(e, heap(e), n->b);
		else if (n->b)
			expr(e, k, n->b);
		return;
	}
	case IR_ASSIGNOP:
		place(e, n->a);
		discard(e, n->b);
		return;
	case IR_ASSIGNLIST:
		for (u32 i = 0; i < n->list.n; i++) {
			Hole k = place(e, n->list.p[i]);
			if (n->list.p[i] && self_assign(n->list.p[i], n->body.p[i])) {
				k = discard_hole(e);
				report_self_assign(e, n->pos, n->list, n->body);
			}
			expr(e, k, n->body.p[i]);
		}
		return;
	case IR_ASSIGNMULTI:
		multi(e, n);
		return;
	case IR_IF:
		discard(e, n->a);
		block(e, n->body);
		block(e, n->list);
		return;
	case IR_FOR:
		e->depth++;
		discard(e, n->a);
		if (n->b)
			stmt(e, n->b);
		block(e, n->body);
		e->depth--;
		return;
	case IR_RANGEMAP: {
		Loc *m = new_loc(b, e->fn, e->depth, NULL, NULL, true);
		expr(e, hole(m), n->a);
		e->depth++;
		IrNode *vars[2] = {n->b, n->c};
		for (u32 i = 0; i < 2; i++)
			if (vars[i]) {
				declare(e, vars[i]->var);
				if (type_has_pointers(vars[i]->type))
					flow(b, shift(place(e, vars[i]), 1), m);
			}
		block(e, n->body);
		e->depth--;
		return;
	}
	case IR_SWITCH:
		discard(e, n->a);
		for (u32 i = 0; i < n->body.n; i++) {
			IrNode *c = n->body.p[i];
			for (u32 k = 0; k < c->list.n; k++)
				discard(e, c->list.p[k]);
			block(e, c->body);
		}
		return;
	case IR_TYPESWITCH: {
		VEC(Hole) ks = {0};
		for (u32 i = 0; i < n->body.n; i++) {
			IrVar *v = n->body.p[i]->var;
			if (!v)
				continue;
			declare(e, v);
			if (type_has_pointers(v->type))
				vec_push(b->a, &ks, dot_type(hole(var_loc(b, v)), v->type));
		}
		expr(e, tee(e, ks.p, ks.n), n->a);
		for (u32 i = 0; i < n->body.n; i++)
			block(e, n->body.p[i]->body);
		return;
	}
	case IR_SELECT:
		for (u32 i = 0; i < n->body.n; i++) {
			IrNode *c = n->body.p[i];
			if (c->b)
				declare(e, c->b->var);
			if (c->c)
				declare(e, c->c->var);
			if (c->a && c->a->op == IR_SEND)
				stmt(e, c->a);
			else if (c->a)
				discard(e, c->a);
			block(e, c->body);
		}
		return;
	case IR_SEND:
		discard(e, n->a);
		expr(e, heap(e), n->b);
		return;
	case IR_RETURN:
		for (u32 i = 0; i < n->list.n; i++)
			expr(e, hole(var_loc(b, e->fn->results[i])), n->list.p[i]);
		return;
	case IR_LABEL:
		if (map_get(&e->labels, PKEY(n->label)) == (void *)2)
			e->depth++;
		return;
	case IR_GO:
		if (n->a->op == IR_CLOSURE)
			n->a->flags |= IRF_IMPLICIT; // in the heap also where the runtime must not allocate: a goroutine's is never freed early
		expr(e, heap(e), n->a);
		return;
	case IR_DEFERRANGE:
		expr(e, heap(e), n->a);
		discard(e, n->list.p[0]);
		return;
	case IR_DEFER: {
		Hole k = heap(e);
		n->esc_none = false;
		if (e->depth == 1 && !n->imm) {
			k = later(e, discard_hole(e));
			n->esc_none = true;
		}
		expr(e, k, n->a);
		return;
	}
	case IR_PANIC:
		expr(e, heap(e), n->a);
		return;
	case IR_CLEAR:
		expr(e, hole(&b->mutator), n->a);
		return;
	case IR_BREAK: case IR_CONTINUE: case IR_GOTO: case IR_FALLTHROUGH:
		return;
	default: // EXPR, PRINT, DELETE, CLOSE, KEEPALIVE
		discard(e, n->a);
		discard(e, n->b);
		for (u32 i = 0; i < n->list.n; i++)
			discard(e, n->list.p[i]);
		return;
	}
}

// ---- functions ----------------------------------------------------------------------------------

static void find_labels(IrNode **slot, void *ctx)
{
	Esc *e = ctx;
	IrNode *n = *slot;
	if (n->op == IR_LABEL)
		map_put(e->b->a, &e->labels, PKEY(n->label), (void *)1);
	else if (n->op == IR_GOTO && map_has(&e->labels, PKEY(n->label)))
		map_put(e->b->a, &e->labels, PKEY(n->label), (void *)2);
	ir_kids(n, find_labels, ctx);
}

static bool has_closure_calls(IrFunc *f)
{
	while (f->kind == IRK_CLOSURE && f->outer && f->captures.n)
		f = f->outer;
	VEC(IrFunc *) todo = {0};
	Arena *a = arena_new();
	vec_push(a, &todo, f);
	bool found = false;
	while (todo.n && !found) {
		f = vec_pop(&todo);
		found = f->has_closure_calls;
		for (u32 i = 0; i < f->closures.n; i++)
			vec_push(a, &todo, f->closures.p[i]);
	}
	arena_free(a);
	return found;
}

static void init_func(Batch *b, IrFunc *f)
{
	map_put(b->a, &b->in_batch, PKEY(f), f);
	for (u32 i = 0; i < f->vars.n; i++) {
		IrVar *v = f->vars.p[i];
		if (v->cls == IRV_CAPTURE && v->outer)
			continue;
		new_loc(b, f, 1, v, NULL, true);
	}
	for (u32 i = 0; i < f->nparams; i++)
		var_loc(b, f->params[i])->param = (i32)i + 1;
	for (u32 i = 0; i < f->nresults; i++)
		var_loc(b, f->results[i])->result = (i32)i + 1;
	if (has_closure_calls(f)) // of this function, or of one inside it
		for (u32 i = 0; i < f->body.n; i++)
			find_func_values(&f->body.p[i], b);
	for (u32 i = 0; i < f->closures.n; i++)
		if (!ir_is_separate(f->closures.p[i]))
			init_func(b, f->closures.p[i]);
}

static void walk_func(Batch *b, IrFunc *f)
{
	Esc e = {.b = b, .fn = f, .depth = 1};
	for (u32 i = 0; i < f->body.n; i++)
		find_labels(&f->body.p[i], &e);
	block(&e, f->body);
}

static void flow_closure(Batch *b, Closure *c)
{
	IrFunc *f = c->n->func;
	for (u32 i = 0; i < f->captures.n; i++) {
		IrVar *v = f->captures.p[i];
		Loc *l = var_loc(b, v);
		if (!v->by_ref && !type_has_pointers(v->type))
			continue;
		flow(b, v->by_ref ? shift(c->k, -1) : c->k, l);
	}
}

// ---- the solution -------------------------------------------------------------------------------

typedef struct Queue { Loc **p; u32 cap, head, n; } Queue; // cap: a power of two

static void queue_push(Arena *a, Queue *q, Loc *l, bool front)
{
	if (q->n == q->cap) {
		u32 cap = q->cap ? q->cap * 2 : 64;
		Loc **p = NEWN(a, Loc *, cap);
		for (u32 i = 0; i < q->n; i++)
			p[i] = q->p[(q->head + i) & (q->cap - 1)];
		q->p = p;
		q->cap = cap;
		q->head = 0;
	}
	if (front) {
		q->head = (q->head - 1) & (q->cap - 1);
		q->p[q->head] = l;
	} else {
		q->p[(q->head + q->n) & (q->cap - 1)] = l;
	}
	q->n++;
}

static Loc *queue_pop(Queue *q)
{
	Loc *l = q->p[q->head];
	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	return l;
}

static bool contains_closure(IrFunc *f, IrFunc *c)
{
	if (f == c || c->kind != IRK_CLOSURE)
		return false;
	for (IrFunc *p = c->outer; p; p = p->outer)
		if (p == f)
			return true;
	return false;
}

// May values in l be used after other's lifetime, if other is on the stack?
static bool outlives(Batch *b, Loc *l, Loc *other)
{
	if (l->attrs & ESCAPES)
		return true;
	if (l == &b->mutator || l == &b->callee)
		return false;
	if (l->result) {
		// Results of a closure all of whose calls are known stay with the function around it.
		if (other->fn && contains_closure(other->fn, l->fn) && !map_has(&b->results_lost, PKEY(l->fn)))
			return false;
		return true;
	}
	if (l->fn == other->fn && l->depth < other->depth)
		return true;
	return l->fn && other->fn && contains_closure(l->fn, other->fn);
}

static void add_leak(Leaks *l, u32 i, i32 derefs)
{
	i8 d = (i8)MIN(derefs, 100);
	if (l->d[i] < 0 || d < l->d[i])
		l->d[i] = d;
}

static void leak_to(Loc *l, Loc *sink, i32 derefs)
{
	if (!(sink->attrs & ESCAPES) && sink->result && sink->fn == l->fn && sink->result <= LEAK_NRESULTS)
		add_leak(&l->leaks, LEAK_RESULT0 + (u32)sink->result - 1, derefs);
	else
		add_leak(&l->leaks, LEAK_HEAP, derefs);
}

typedef struct Work { Queue all, one; } Work;

static void enqueue(Batch *b, Work *w, Loc *l)
{
	if (l->queued_all)
		return;
	l->queued_all = true;
	queue_push(b->a, &w->all, l, l->attrs & ESCAPES);
}

// The fewest dereferences from root to every location that flows to it.
static void walk_one(Batch *b, Work *w, Loc *root)
{
	u32 gen = ++b->walkgen;
	root->walk = gen;
	root->derefs = 0;
	if (root->attrs & CALLS && root->node && root->node->op == IR_CLOSURE) {
		IrFunc *f = map_get(&b->closure_of, PKEY(root));
		if (f && !map_has(&b->results_lost, PKEY(f))) {
			map_put(b->a, &b->results_lost, PKEY(f), f);
			for (u32 i = 0; i < f->nresults; i++)
				enqueue(b, w, var_loc(b, f->results[i]));
		}
	}
	Queue *q = &w->one;
	q->n = 0;
	queue_push(b->a, q, root, true);
	while (q->n) {
		Loc *l = queue_pop(q);
		l->queued_one = 0;
		i32 derefs = l->derefs;
		u8 add = 0;
		if (derefs < 0) {
			derefs = 0;
			if (outlives(b, root, l))
				add |= ALL_ATTRS;
			else if (root->attrs & PERSISTS)
				add |= PERSISTS;
		}
		if (derefs == 0)
			add |= root->attrs & (MUTATES | CALLS);
		if (l->param) {
			if (outlives(b, root, l))
				leak_to(l, root, derefs);
			if (root->attrs & MUTATES)
				add_leak(&l->leaks, LEAK_MUTATE, derefs);
			if (root->attrs & CALLS)
				add_leak(&l->leaks, LEAK_CALL, derefs);
		}
		if (add & ~l->attrs) {
			l->attrs |= add;
			enqueue(b, w, l);
			if (l->attrs & ESCAPES)
				continue;
		}
		for (u32 i = 0; i < l->edges.n; i++) {
			Loc *s = l->edges.p[i].src;
			if (s->attrs & ESCAPES)
				continue;
			i32 d = derefs + l->edges.p[i].derefs;
			if (s->walk != gen || s->derefs > d) {
				s->walk = gen;
				s->derefs = d;
				if (s->queued_one != gen) {
					s->queued_one = gen;
					queue_push(b->a, q, s, false);
				}
			}
		}
	}
}

static void solve(Batch *b)
{
	Work w = {0};
	for (u32 i = 0; i < b->locs.n; i++) {
		b->locs.p[i]->queued_all = true;
		queue_push(b->a, &w.all, b->locs.p[i], true);
	}
	Loc *special[3] = {&b->mutator, &b->callee, &b->heap};
	for (u32 i = 0; i < 3; i++) {
		special[i]->queued_all = true;
		queue_push(b->a, &w.all, special[i], true);
	}
	while (w.all.n) {
		Loc *l = queue_pop(&w.all);
		l->queued_all = false;
		walk_one(b, &w, l);
	}
}

// ---- results ------------------------------------------------------------------------------------

// Too large for the stack, whatever the flow (escape/utils.go HeapAllocReason).
static bool too_large(Loc *l)
{
	if (l->var)
		return l->var->cls == IRV_LOCAL && type_size(l->var->type) > MAX_STACK_VAR;
	IrNode *n = l->node;
	if (!n)
		return false;
	i64 v;
	switch (n->op) {
	case IR_NEW: case IR_ADDR:
		return type_size(ir_elem(n->type)) > MAX_IMPLICIT_STACK_VAR;
	case IR_CONVIFACE:
		return type_size(n->a->type) > MAX_IMPLICIT_STACK_VAR;
	case IR_SLICELIT: {
		i64 size = type_size(ir_elem(n->type));
		return size && n->imm2 > MAX_STACK_VAR / size;
	}
	case IR_CLOSURE: {
		i64 size = 8;
		for (u32 i = 0; i < n->list.n; i++)
			size += i < n->func->captures.n && n->func->captures.p[i]->by_ref ? 8 : type_size(n->list.p[i]->type);
		return size > MAX_IMPLICIT_STACK_VAR;
	}
	case IR_MAKESLICE: {
		i64 size = type_size(ir_elem(n->type));
		if (!ir_is_const_int(n->b ? n->b : n->a, &v))
			return false; // allocated by the runtime, but what is stored in it is in the heap anyway
		return size == 0 || v < 0 || v > MAX_IMPLICIT_STACK_VAR / size;
	}
	default:
		return false;
	}
}

static void set_summary(Batch *b, IrFunc *f)
{
	IrSummary *s = f->summary;
	s->nparams = f->nparams;
	s->params = NEWN(ir_arena(), Leaks, f->nparams + 1);
	bool report = ir_explains(b->u, f) && !f->dupok && f->func_id != FUNCID_WRAPPER;
	for (u32 i = 0; i < f->nparams; i++) {
		IrVar *v = f->params[i];
		Loc *l = var_loc(b, v);
		Leaks *leaks = &s->params[i];
		*leaks = l->leaks;
		if (report && f->pragma & PRAGMA_UINTPTR_ESCAPES && ir_report_uintptr(b->u, f, i))
			continue;
		if (!type_has_pointers(v->type)) {
			memset(leaks, -1, sizeof *leaks);
			continue;
		}
		i8 to_heap = leaks->d[LEAK_HEAP]; // nothing is added by what is as far or farther away
		for (u32 k = 0; to_heap >= 0 && k < LEAK_COUNT; k++)
			if (k != LEAK_HEAP && leaks->d[k] >= to_heap)
				leaks->d[k] = -1;
		if (report && !(l->attrs & ESCAPES) && v->name && !name_is_blank(v->name))
			ir_report_leaks(b->u, f, v, leaks);
	}
	for (u32 i = 0; i < f->closures.n; i++)
		if (!ir_is_separate(f->closures.p[i]))
			set_summary(b, f->closures.p[i]);
}

static void clear_tags(IrFunc *f)
{
	for (u32 i = 0; i < f->vars.n; i++)
		f->vars.p[i]->esc_tag = 0;
	for (u32 i = 0; i < f->closures.n; i++)
		if (!ir_is_separate(f->closures.p[i]))
			clear_tags(f->closures.p[i]);
}

// x.M: the receiver was saved in a temporary, its address perhaps taken.
static Str method_value_str(Batch *b, IrNode *n)
{
	IrNode *x = n->list.n ? n->list.p[0] : n;
	for (u32 i = 0; i < 4 && x->op == IR_VAR && !ir_root(x->var)->name && ir_root(x->var)->esc_tag; i++) {
		IrNode *d = b->locs.p[ir_root(x->var)->esc_tag - 1]->def;
		if (!d)
			break;
		x = d;
	}
	if (x->op == IR_DEREF)
		x = x->a;
	bool address = x->op == IR_ADDR;
	if (address && !is_literal(x->a)) {
		x = x->a;
		address = false;
	}
	Str s = ir_node_str(b->a, b->u, x), m = name_str(n->func->source->method->name);
	return str_fmt(b->a, address ? "(" STR_FMT ")." STR_FMT : STR_FMT "." STR_FMT, STR_ARG(s), STR_ARG(m));
}

static void report_node(Batch *b, Loc *l, IrNode *n, bool esc)
{
	if (n->op == IR_CLOSURE && n->func->func_id == FUNCID_WRAPPER && n->func->source->kind != SRC_METHOD_VALUE)
		return; // of go and defer
	Pos pos = ir_outermost(l->fn, n->inl, n->pos);
	Str what = n->op == IR_CLOSURE && n->func->source->kind == SRC_METHOD_VALUE ? method_value_str(b, n) : ir_node_str(b->a, b->u, n);
	ir_report(b->u, pos, esc ? STR_FMT " escapes to heap" : STR_FMT " does not escape", STR_ARG(what));
	if (n->op == IR_STR2BYTES && !(l->attrs & MUTATES))
		ir_report(b->u, pos, "zero-copy string->[]byte conversion");
}

static void finish(Batch *b)
{
	for (u32 i = 0; i < b->locs.n; i++) {
		Loc *l = b->locs.p[i];
		bool esc = l->attrs & ESCAPES;
		bool runtime = b->u && b->u->is_runtime && l->fn && l->fn->pkg == b->u->pkg;
		if (l->var) {
			l->var->heap = esc;
			if (esc && l->var->name && l->fn && ir_explains(b->u, l->fn))
				ir_report(b->u, ir_outermost(l->var->func, l->var->inl, l->var->pos), "moved to heap: " STR_FMT,
					STR_ARG(name_str(l->var->name)));
			if (esc && runtime && l->var->func->kind != IRK_WRAPPER)
				diag(b->u->diags, l->var->pos ? l->var->pos : l->var->func->pos, "%s escapes to heap, not allowed in runtime",
					l->var->name ? name_str(l->var->name).p : "temporary");
			continue;
		}
		IrNode *n = l->node;
		if (!n)
			continue;
		n->esc_none = !esc;
		if (l->fn && ir_explains(b->u, l->fn) && !(esc && l->fn->kind == IRK_INIT && n->op != IR_CONVIFACE)) // data, mostly
			report_node(b, l, n, esc);
		// []byte("") is not nil, but the pointer of an empty string may be
		if (n->op == IR_STR2BYTES && !(l->attrs & MUTATES) && n->a->op == IR_CONST && const_string_len(n->a->val))
			n->flags |= IRF_TMP;
		if (n->op == IR_CLOSURE && esc && runtime && n->list.n && !(n->flags & IRF_IMPLICIT) && n->func->func_id != FUNCID_WRAPPER)
			diag(b->u->diags, n->pos, "heap-allocated closure " STR_FMT ", not allowed in runtime",
				STR_ARG(ir_func_report_name(ir_arena(), b->u, n->func)));
	}
}

// Closures whose making is nowhere in the body: package initializers that became static data. Anyone may call them.
static void walk_static(Batch *b, IrFunc *f)
{
	for (u32 i = 0; i < f->closures.n; i++) {
		IrFunc *c = f->closures.p[i];
		if (ir_is_separate(c))
			continue;
		if (!map_has(&b->walked, PKEY(c))) {
			map_put(b->a, &b->walked, PKEY(c), c);
			map_put(b->a, &b->results_lost, PKEY(c), c);
			walk_func(b, c);
		}
		walk_static(b, c);
	}
}

static void escape_separate(IrUnit *u, IrFunc *f)
{
	for (u32 i = 0; i < f->closures.n; i++) {
		if (ir_is_separate(f->closures.p[i]))
			ir_escape(u, &f->closures.p[i], 1);
		else
			escape_separate(u, f->closures.p[i]);
	}
	for (u32 i = 0; i < f->summary->dropped.n; i++)
		ir_escape(u, &f->summary->dropped.p[i], 1);
}

void ir_escape(IrUnit *u, IrFunc **fs, u32 n)
{
	for (u32 i = 0; i < n; i++)
		escape_separate(u, fs[i]);
	Batch b = {.u = u, .a = arena_new()};
	b.heap.attrs = ALL_ATTRS;
	b.mutator.attrs = MUTATES;
	b.callee.attrs = CALLS;
	for (u32 i = 0; i < n; i++)
		init_func(&b, fs[i]);
	for (u32 i = 0; i < n; i++)
		walk_func(&b, fs[i]);
	for (u32 i = 0; i < n; i++)
		walk_static(&b, fs[i]);
	for (u32 i = 0; i < b.closures.n; i++)
		flow_closure(&b, &b.closures.p[i]);
	for (u32 i = 0; i < b.locs.n; i++)
		if (too_large(b.locs.p[i]))
			flow(&b, shift(hole(&b.heap), -1), b.locs.p[i]);
	solve(&b);
	for (u32 i = 0; i < n; i++)
		set_summary(&b, fs[i]);
	finish(&b);
	for (u32 i = 0; i < n; i++)
		clear_tags(fs[i]);
	arena_free(b.a);
}
