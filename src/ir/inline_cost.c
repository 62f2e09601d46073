// inline_cost.c: what it costs to inline a function: its size in gc's nodes, where a call that stays counts 57 more
// and one that will be inlined what its body costs (inline/inl.go). Costs are told from bodies as they were built,
// before anything is inlined into them, callees before callers (prepare.c).
#include "ir/build.h"

enum { CALL_COST = 57, PARAM_CALL_COST = 17, PANIC_COST = 1, THROW_COST = 80, NEVER = 1 << 20 };

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

typedef struct Cost { bool big; i32 n; u32 nodes; Map *closures; Arena *tmp; } Cost; // closures: IrVar * -> IrFunc *: what it always is

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

static bool may_inline_call(Cost *c, IrFunc *f)
{
	return f->summary->costed && f->summary->cost >= 0 && f->summary->cost <= (c->big ? INLINE_BIG_MAX : INLINE_BUDGET);
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
		else if (n->func->has_body && may_inline_call(c, n->func))
			c->n += n->func->summary->cost;
		else
			c->n += CALL_COST;
		break;
	}
	case IR_CALLCLOSURE:
		if (n->a->op == IR_CLOSURE || (n->a->op == IR_VAR && certain_closure(c, n->a))) {
			IrFunc *g = n->a->op == IR_CLOSURE ? n->a->func : certain_closure(c, n->a);
			ir_inline_cost(g);
			c->n += 1 + (g->summary->cost >= 0 && g->summary->cost <= (c->big ? INLINE_BIG_MAX : INLINE_BUDGET) * 2 ? g->summary->cost : CALL_COST);
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

void ir_inline_cost(IrFunc *f)
{
	enum { NOT = PRAGMA_NOINLINE | PRAGMA_CGO_UNSAFE_ARGS | PRAGMA_UINTPTR_KEEPALIVE | PRAGMA_UINTPTR_ESCAPES
		| PRAGMA_YESWRITEBARRIERREC };
	IrSummary *s = f->summary;
	if (s->costed)
		return;
	Map closures = {0};
	Cost c = {.closures = &closures, .nodes = 1};
	for (u32 i = 0; i < f->body.n; i++)
		cost_visit(&f->body.p[i], &c);
	arena_free(c.tmp);
	s->nodes = c.nodes;
	s->full_cost = c.n;
	i32 max = f->kind == IRK_CLOSURE ? INLINE_ONCE_MAX : INLINE_BUDGET;
	bool never = f->pragma & NOT || !f->has_body || f->has_recover || f->has_defer || f->kind == IRK_INIT || f->abi_wrapper
		|| f->kind == IRK_ALG || c.n > max;
	s->cost = never ? -1 : MAX(c.n, 0);
	s->costed = true;
	for (u32 i = 0; i < f->closures.n; i++)
		ir_inline_cost(f->closures.p[i]);
}

// ---- reports ------------------------------------------------------------------------------------

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
	return str_fmt(a, "function too complex: cost %d exceeds budget %d", f->summary->full_cost, INLINE_BUDGET);
}

void ir_report_inlinable(IrUnit *u, IrFunc *f)
{
	if (!ir_explains(u, f) || u->no_inline || f->is_range_body || (f->func_id == FUNCID_WRAPPER && f->source->kind != SRC_CLOSURE) || f->kind == IRK_INIT)
		return;
	Arena *a = arena_new();
	Str name = ir_func_report_name(a, u, f);
	if (f->summary->cost >= 0) {
		if (u->explain > 1)
			ir_report(u, f->pos, "can inline " STR_FMT " with cost %d as: %.*s { ... }", STR_ARG(name), f->summary->cost,
				STR_ARG(type_str(a, f->sig, u->pkg)));
		else
			ir_report(u, f->pos, "can inline " STR_FMT, STR_ARG(name));
	} else if (u->explain > 1) {
		ir_report(u, f->pos, "cannot inline " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(why_not(a, f)));
	}
	if (u->explain > 1 && f->summary->nodes > INLINE_BIG_NODES)
		ir_report(u, f->pos, "function " STR_FMT " considered 'big'; reducing max cost of inlinees", STR_ARG(name));
	arena_free(a);
}

bool ir_inlinable(IrFunc *f)
{
	return f->has_body && f->summary->costed && f->summary->cost >= 0 && f->summary->cost <= INLINE_BUDGET;
}
