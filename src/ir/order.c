// order.c: calls before reads. The specification orders calls, receives and logical operators of a statement, and leaves
// open when variables between them are read; gc reads them when all calls have returned, and programs depend on it
// (walk/order.go). A statement in which a read or a possible panic stands before a call gets its calls, in their order,
// into temporaries; others stay as they are. Runs last, so that temporaries cost nothing in inlining and escape analysis.
#include "ir/build.h"
#include "rtti/rtti.h"

typedef struct Need {
	bool pending;   // something was read, or may have panicked, that a call to come may change or forestall
	bool found;     // and such a call came
} Need;

static void order_list(IrFunc *f, IrList *l);
static void order_body(IrFunc *f, IrNode *n);
static void need(IrNode **slot, void *ctx);
static void hoist(IrFunc *f, IrNode **slot, NodeVec *out);

static bool is_logical(IrNode *n) { return (n->op == IR_ANDAND || n->op == IR_OROR) && ir_has_call(n->b); }

static bool is_call(IrNode *n)
{
	switch (n->op) {
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER: case IR_RECV: case IR_RECOVER: return true;
	default: return false;
	}
}

// What gc evaluates where it stands among the calls: built-in functions, slices, and what may panic by itself.
static bool is_builtin(IrNode *n)
{
	switch (n->op) {
	case IR_LEN: case IR_CAP: case IR_MIN: case IR_MAX: case IR_COMPLEX: case IR_REAL: case IR_IMAG: case IR_NEW: case IR_MAKESLICE:
	case IR_MAKEMAP: case IR_MAKECHAN: case IR_APPEND: case IR_COPY: case IR_STR2BYTES: case IR_STR2RUNES: case IR_SLICE:
		return true;
	case IR_DOTTYPE: return !rtti_is_direct_iface(n->type);
	case IR_MAPINDEX: return n->b->op == IR_BYTES2STR; // which is not copied, and may change
	default: return false;
	}
}

// cmd/compile/internal/ssa/value.go, CanSSA.
static bool fits_registers(Type *t)
{
	Type *u = type_under(t);
	if (type_size(t) > 32)
		return false;
	if (u->kind == TY_ARRAY)
		return u->array.len == 0 || (u->array.len == 1 && fits_registers(u->array.elem));
	if (u->kind != TY_STRUCT)
		return true;
	for (u32 i = 0; i < u->structt.n; i++)
		if (!fits_registers(u->structt.fields[i]->type))
			return false;
	return u->structt.n <= 4;
}

// Has n an address that can be passed, so that it need not be copied?
static bool has_address(IrNode *n)
{
	while (n->op == IR_FIELD || (n->op == IR_INDEX && type_under(n->a->type)->kind == TY_ARRAY))
		n = n->a;
	if (n->op == IR_VAR)
		return n->var->addr_taken || ir_root(n->var)->addr_taken || !fits_registers(n->var->type) || n->var->cls == IRV_PARAM
			|| n->var->cls == IRV_RESULT;
	return n->op == IR_GLOBAL || n->op == IR_DEREF || n->op == IR_INDEX;
}

// The runtime is given the words of a number, pointer or string that is a key, and the address of others.
static bool key_is_passed_by_value(Type *map)
{
	Type *key = type_under(type_under(map)->map.key);
	return rtti_map_fast(map) != MAP_FAST_NONE && (key->kind == TY_BASIC || rtti_is_direct_iface(key));
}

// The operand that n copies where it stands, unless it has an address: that of a conversion to an interface, whose value is not
// what the runtime's conversion is given (words without pointers, strings, slices: walk/convert.go, dataWordFuncName), and a key
// (walk/order.go, mapKeyTemp).
static IrNode **copied(IrNode *n)
{
	if (n->op == IR_MAPINDEX)
		return n->b->op == IR_CONST || n->b->op == IR_NIL || has_address(n->b) || key_is_passed_by_value(n->a->type) ? NULL : &n->b;
	if (n->op != IR_CONVIFACE || n->a->op == IR_CONST || n->a->op == IR_NIL || n->a->op == IR_FUNC || has_address(n->a))
		return NULL;
	Type *t = n->a->type, *u = type_under(t);
	i64 size = type_size(t), align = type_align(t);
	if (size == align && (size == 2 || ((size == 4 || size == 8) && !type_has_pointers(t))))
		return NULL;
	while ((u->kind == TY_ARRAY && u->array.len == 1) || (u->kind == TY_STRUCT && u->structt.n == 1))
		u = type_under(u->kind == TY_ARRAY ? u->array.elem : u->structt.fields[0]->type);
	return u->kind != TY_SLICE && !(u->kind == TY_BASIC && type_is(u, INFO_STRING)) ? &n->a : NULL;
}

static void find_ordered(IrNode **slot, void *ctx)
{
	bool *found = ctx;
	if (is_call(*slot) || is_builtin(*slot) || copied(*slot) || (*slot)->op == IR_STMTEXPR)
		*found = true;
	else if ((*slot)->op != IR_CLOSURE)
		ir_kids(*slot, find_ordered, ctx);
}

bool ir_is_ordered(IrNode *n)
{
	bool found = false;
	find_ordered(&n, &found);
	return found;
}

static bool has_one_value(IrNode *n) { return n->type && n->type->kind != TY_TUPLE; }

// A place that is written or whose address is taken: what is read to find it.
static void need_place(IrNode *n, Need *k)
{
	switch (n->op) {
	case IR_VAR: case IR_GLOBAL:
		break;
	case IR_FIELD:
		need_place(n->a, k);
		break;
	case IR_INDEX:
		if (type_under(n->a->type)->kind == TY_ARRAY)
			need_place(n->a, k);
		else
			need(&n->a, k);
		need(&n->b, k);
		break;
	default:
		ir_kids(n, need, k);
		break;
	}
}

static void need(IrNode **slot, void *ctx)
{
	Need *k = ctx;
	IrNode *n = *slot;
	if (is_call(n) || is_logical(n)) { // what its operands read is done with when it has a value
		Need own = {.pending = k->pending};
		if (is_call(n))
			ir_kids(n, need, &own);
		else
			need(&n->a, &own);
		k->found |= own.found || (k->pending && has_one_value(n));
		return;
	}
	switch (n->op) {
	case IR_STMTEXPR:
		k->found |= k->pending && has_one_value(n);
		return;
	case IR_CLOSURE:
		return;
	case IR_VAR: {
		IrVar *v = ir_root(n->var);
		k->pending |= v->reassigned || v->addr_taken || n->var->reassigned || n->var->addr_taken;
		return;
	}
	case IR_ADDR:
		need_place(n->a, k);
		return;
	case IR_BINARY:
		ir_kids(n, need, k);
		k->pending |= (n->sub == OP_DIV || n->sub == OP_REM || n->sub == OP_SHL || n->sub == OP_SHR) && n->b->op != IR_CONST;
		return;
	case IR_COMPARE:
		ir_kids(n, need, k);
		k->pending |= !type_is(n->a->type, INFO_NUMERIC | INFO_BOOL | INFO_STRING);
		k->found |= ir_compares_second_first(n) && (ir_is_ordered(n->a) || ir_is_ordered(n->b)); // of what is left then
		return;
	case IR_GLOBAL: case IR_INDEX: case IR_DEREF: case IR_MAPINDEX: case IR_SLICE: case IR_DOTTYPE: case IR_SLICE2ARR:
	case IR_SLICE2ARRPTR: case IR_BYTES2STR: case IR_STR2BYTES: case IR_RUNES2STR: case IR_APPEND: case IR_COPY:
	case IR_UNSAFESLICE: case IR_UNSAFESTRING: case IR_LEN: case IR_CAP: // those of maps and channels read what they point to
		ir_kids(n, need, k);
		k->pending = true;
		return;
	default:
		ir_kids(n, need, k);
		return;
	}
}

typedef struct Hoist { IrFunc *f; NodeVec *out; } Hoist;

static void hoist_kid(IrNode **slot, void *ctx) { hoist(((Hoist *)ctx)->f, slot, ((Hoist *)ctx)->out); }

static void hoist_kids(IrFunc *f, IrNode *n, NodeVec *out)
{
	Hoist h = {f, out};
	ir_kids(n, hoist_kid, &h);
}

static IrNode *make(IrOp op, IrNode *like, Type *type)
{
	IrNode *n = ir_new(ir_arena(), op, like->pos, type);
	n->inl = like->inl;
	return n;
}

static void save(IrFunc *f, IrNode **slot, NodeVec *out)
{
	IrNode *n = *slot, *as = make(IR_ASSIGN, n, NULL);
	IrVar *v = ir_tmp(f, n->type, n->pos);
	v->used = true;
	as->flags |= IRF_DEF;
	as->a = make(IR_VAR, n, n->type);
	as->a->var = v;
	as->b = n;
	vec_push(ir_arena(), out, as);
	*slot = make(IR_VAR, n, n->type);
	(*slot)->var = v;
}

// The calls in *slot become statements in out, operands before operators.
static void hoist(IrFunc *f, IrNode **slot, NodeVec *out)
{
	IrNode *n = *slot;
	if (n->op == IR_STMTEXPR) {
		if (has_one_value(n))
			save(f, slot, out);
	} else if (is_logical(n)) {
		hoist(f, &n->a, out);
		save(f, slot, out);
	} else if (n->op == IR_CONVNOP && type_under(n->type) == TYPE(UNSAFEPTR) && is_call(n->a)) {
		hoist_kids(f, n->a, out); // the pointer in a uintptr is one at once
		save(f, slot, out);
	} else {
		hoist_kids(f, n, out);
		IrNode **c = copied(n);
		if (c)
			save(f, c, out);
		if ((is_call(n) || is_builtin(n)) && has_one_value(n))
			save(f, slot, out);
	}
}

// What finds the place on the left: the element of a map is not read.
static void hoist_place(IrFunc *f, IrNode **slot, NodeVec *out)
{
	IrNode *n = *slot;
	if (n->op != IR_MAPINDEX) {
		hoist(f, slot, out);
		return;
	}
	hoist_kids(f, n, out);
	IrNode **c = copied(n);
	if (c)
		save(f, c, out);
}

// An expression that is evaluated on some paths only, or again and again: its calls stay in it.
static void order_within(IrFunc *f, IrNode **slot);

// What has statements or paths of its own inside an expression.
static void order_inner(IrNode **slot, void *ctx)
{
	IrFunc *f = ctx;
	IrNode *n = *slot;
	if (n->op == IR_STMTEXPR) {
		order_body(f, n);
		if (n->a)
			order_within(f, &n->a);
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i])
				order_inner(&n->list.p[i], f);
	} else if (is_logical(n)) {
		order_inner(&n->a, f);
		order_within(f, &n->b);
	} else {
		ir_kids(n, order_inner, f);
	}
}

static void order_within(IrFunc *f, IrNode **slot)
{
	order_inner(slot, f);
	Need k = {0};
	need(slot, &k);
	if (!k.found)
		return;
	NodeVec out = {0};
	IrNode *seq = make(IR_STMTEXPR, *slot, (*slot)->type);
	hoist(f, slot, &out);
	seq->a = *slot;
	seq->body = ir_list(&out);
	*slot = seq;
}

static void order_one(IrFunc *f, IrNode **slot, NodeVec *out)
{
	order_inner(slot, f);
	Need k = {0};
	need(slot, &k);
	if (k.found)
		hoist(f, slot, out);
}

// Is the place on the left found, and read, before the value on the right is evaluated?
static bool reads_place(IrNode *n)
{
	if (n->op != IR_ASSIGNOP)
		return false;
	IrNode *x = n->a;
	while (x->op == IR_FIELD)
		x = x->a;
	return x->op != IR_VAR && x->op != IR_GLOBAL && x->op != IR_MAPINDEX;
}

// Assignments in which the place on the left is not read.
static void order_assign(IrFunc *f, IrNode *n, NodeVec *out)
{
	Need k = {0};
	ir_kids(n, order_inner, f);
	bool multi = n->op == IR_ASSIGNMULTI, list = n->op == IR_ASSIGNLIST;
	if (multi || list) {
		for (u32 i = 0; i < n->list.n; i++)
			if (n->list.p[i])
				need_place(n->list.p[i], &k);
	} else if (n->a) {
		need_place(n->a, &k);
	}
	if (multi)
		need(&n->a, &k);
	else if (!list)
		k.pending |= reads_place(n);
	for (u32 i = 0; list && i < n->body.n; i++)
		need(&n->body.p[i], &k);
	if (!multi && !list && n->b)
		need(&n->b, &k);
	if (!k.found)
		return;
	for (u32 i = 0; i < n->list.n; i++)
		if (n->list.p[i])
			hoist_place(f, &n->list.p[i], out);
	if (multi) {
		hoist_kids(f, n->a, out);
		return;
	}
	for (u32 i = 0; i < n->body.n; i++)
		hoist(f, &n->body.p[i], out);
	if (n->a)
		hoist_place(f, &n->a, out);
	if (n->b && n->b->op == IR_APPEND)
		hoist_kids(f, n->b, out); // it may grow in place
	else if (n->b)
		hoist(f, &n->b, out);
}

static void order_stmt(IrFunc *f, IrNode *n, NodeVec *out)
{
	switch (n->op) {
	case IR_BLOCK:
		order_body(f, n);
		break;
	case IR_IF:
		order_one(f, &n->a, out);
		order_list(f, &n->body);
		order_list(f, &n->list);
		break;
	case IR_FOR:
		if (n->a)
			order_within(f, &n->a);
		order_list(f, &n->body);
		if (n->b) {
			IrList post = ir_list1(ir_arena(), n->b);
			order_list(f, &post);
			if (post.n > 1) {
				IrNode *block = make(IR_BLOCK, n->b, NULL);
				block->body = post;
				n->b = block;
			}
		}
		break;
	case IR_RANGEMAP:
		order_one(f, &n->a, out);
		order_list(f, &n->body);
		break;
	case IR_SWITCH: case IR_TYPESWITCH: case IR_SELECT:
		if (n->a)
			order_one(f, &n->a, out);
		for (u32 i = 0; i < n->body.n; i++) {
			IrNode *c = n->body.p[i];
			if (c->a)
				order_inner(&c->a, f);
			for (u32 j = 0; n->op == IR_SWITCH && j < c->list.n; j++)
				order_within(f, &c->list.p[j]);
			order_list(f, &c->body);
		}
		break;
	case IR_ASSIGN: case IR_ASSIGNOP: case IR_ASSIGNLIST: case IR_ASSIGNMULTI:
		order_assign(f, n, out);
		break;
	case IR_GO: case IR_DEFER: case IR_DEFERRANGE:
		ir_kids(n, order_inner, f);
		break;
	default: {
		Need k = {0};
		ir_kids(n, order_inner, f);
		ir_kids(n, need, &k);
		if (k.found && n->op == IR_EXPR)
			hoist_kids(f, n->a, out);
		else if (k.found)
			hoist_kids(f, n, out);
		break;
	}
	}
}

// The statements of l, of which the first nargs give an inlined call its arguments, as if by one assignment.
static void order_statements(IrFunc *f, IrList *l, u32 nargs)
{
	NodeVec out = {0};
	Need k = {0};
	for (u32 i = 0; i < nargs; i++) {
		ir_kids(l->p[i], order_inner, f);
		if (l->p[i]->b) // a closure that was inlined is gone
			need(&l->p[i]->b, &k);
	}
	for (u32 i = 0; k.found && i < nargs; i++)
		if (l->p[i]->b)
			hoist(f, &l->p[i]->b, &out);
	for (u32 i = 0; i < l->n; i++) {
		if (i >= nargs)
			order_stmt(f, l->p[i], &out);
		vec_push(ir_arena(), &out, l->p[i]);
	}
	if (out.n != l->n)
		*l = ir_list(&out);
}

static void order_list(IrFunc *f, IrList *l) { order_statements(f, l, 0); }

static void order_body(IrFunc *f, IrNode *n)
{
	order_statements(f, &n->body, (u32)n->imm2);
	n->imm2 = 0;
}

void ir_order(IrFunc *f)
{
	order_list(f, &f->body);
	for (u32 i = 0; i < f->closures.n; i++)
		ir_order(f->closures.p[i]);
}
