// inline_cost.c: what it costs to inline a function: its size in gc's nodes, where a call that stays counts 57 more
// and one that will be inlined what its body costs (inline/inl.go). Costs are told from bodies as they were built,
// before anything is inlined into them, callees before callers (prepare.c).
#include "ir/build.h"

enum { CALL_COST = 57, PARAM_CALL_COST = 17, NEVER = 1 << 20 };

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

typedef struct Cost {
	bool big, generic;
	i32 n;
	u32 nodes;
	Map closures;       // IrVar * -> IrFunc *: what it always is
	Map calls;          // Pos -> IrNode *
	Arena *tmp;
} Cost;

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
	return n->op == IR_VAR ? map_get(&c->closures, PKEY(ir_root(n->var))) : NULL;
}

// An instruction for gc. Some it knows and we call, and some the other way round.
bool ir_is_free(IrFunc *f)
{
	static const Str more[] = {
#define NAME(s) {s, sizeof(s) - 1}
		NAME("crypto/internal/constanttime.Select"), NAME("internal/runtime/maps.bitsetFirst"),
		NAME("internal/runtime/maps.bitsetLowestSet"), NAME("internal/runtime/maps.bitsetRemoveBelow"),
		NAME("internal/runtime/maps.bitsetShiftOutLowest"), NAME("internal/runtime/maps.ctrlGroupMatchEmpty"),
		NAME("internal/runtime/maps.ctrlGroupMatchEmptyOrDeleted"), NAME("internal/runtime/maps.ctrlGroupMatchFull"),
		NAME("internal/runtime/maps.ctrlGroupMatchH2"), NAME("math.Round"), NAME("math/bits.OnesCount8"), NAME("math/bits.Reverse"),
		NAME("math/bits.Reverse8"), NAME("math/bits.Reverse16"), NAME("math/bits.Reverse32"), NAME("math/bits.Reverse64"),
		NAME("math/bits.ReverseBytes16"), NAME("runtime.memequal"), NAME("runtime.publicationBarrier"),
#undef NAME
	};
	if (ir_is_intrinsic(f))
		return !(str_has_prefix(f->sym, "math.Float") && (str_has_suffix(f->sym, "bits")));
	for (u32 i = 0; i < LENGTH(more); i++)
		if (str_eq(more[i], f->sym))
			return true;
	return false;
}

// A method is named by its type and costs nothing, a function is a node.
static bool is_method(IrFunc *f) { return f->obj && f->obj->type->func.recv; }

// What a call costs besides its nodes.
static i32 call_cost(Cost *c, IrNode *n)
{
	IrFunc *f = n->func;
	i32 extra = CALL_COST;
	if (n->op == IR_CALLCLOSURE) {
		f = certain_closure(c, n->a);
		if (f)
			ir_inline_cost(f);
		if (f && f->summary->cost >= 0 && f->summary->cost <= 2 * (c->big ? INLINE_BIG_MAX : INLINE_BUDGET))
			return f->summary->cost;
		return n->a->op == IR_VAR && (n->a->var->cls == IRV_PARAM || n->a->var->cls == IRV_CAPTURE) ? PARAM_CALL_COST : extra;
	}
	if (n->op == IR_CALLINTER)
		return extra;
	if (str_has_prefix(f->sym, "internal/runtime/sys.GetCaller") || str_is(f->sym, "runtime.deferrangefunc")) // the physical caller's pc, sp
		return NEVER * 2;
	if (is_cheap_call(f) || ir_is_free(f))
		return 0;
	return f->has_body && may_inline_call(c, f) ? f->summary->cost : extra;
}

static i32 written_call_cost(void *ctx, Expr *e)
{
	Cost *c = ctx;
	IrNode *n = map_get(&c->calls, e->pos + 1);
	c->n += n ? call_cost(c, n) : CALL_COST;
	if (n && n->op == IR_CALL && n->func->ntargs && (c->generic || !is_method(n->func)))
		c->n += c->generic ? 4 : 2; // gc passes a dictionary, which it finds in its own
	return 0;
}

static void find_calls(IrNode **slot, void *ctx)
{
	Cost *c = ctx;
	IrNode *n = *slot;
	if ((n->op == IR_CALL || n->op == IR_CALLCLOSURE || n->op == IR_CALLINTER) && !map_has(&c->calls, n->pos + 1))
		map_put(c->tmp, &c->calls, n->pos + 1, n);
	if (n->op == IR_ASSIGN && n->flags & IRF_DEF && n->b && n->b->op == IR_CLOSURE && !n->a->var->reassigned && !n->a->var->addr_taken)
		map_put(c->tmp, &c->closures, PKEY(n->a->var), n->b->func);
	if (n->op == IR_GO || n->op == IR_DEFER || n->op == IR_DEFERRANGE)
		c->n += NEVER * 2;
	ir_kids(n, find_calls, ctx);
}

// What nobody wrote: wrappers, and bodies of range loops.
static void count_nodes(IrNode **slot, void *ctx)
{
	Cost *c = ctx;
	IrNode *n = *slot;
	switch (n->op) {
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER:
		c->nodes += 1 + (n->op == IR_CALLINTER || (n->op == IR_CALL && !is_method(n->func)));
		c->n += call_cost(c, n);
		break;
	case IR_EXPR: case IR_BLOCK: case IR_STMTEXPR: case IR_CONVNOP: case IR_FALLTHROUGH: case IR_TYPE: case IR_KEEPALIVE:
		break;
	case IR_CLOSURE:
		c->nodes += 16;
		return;
	case IR_FIELD:
		c->nodes += n->a->op == IR_DEREF ? 0 : 1;
		break;
	default:
		c->nodes++;
		break;
	}
	ir_kids(n, count_nodes, ctx);
}

static Block *written(IrFunc *f)
{
	if (f->source->kind == SRC_DECL && f->source->decl)
		return f->source->decl->func.body->block;
	return f->source->kind == SRC_CLOSURE && !f->is_range_body ? f->source->literal : NULL;
}

void ir_inline_cost(IrFunc *f)
{
	enum { NOT = PRAGMA_NOINLINE | PRAGMA_CGO_UNSAFE_ARGS | PRAGMA_UINTPTR_KEEPALIVE | PRAGMA_UINTPTR_ESCAPES
		| PRAGMA_YESWRITEBARRIERREC };
	IrSummary *s = f->summary;
	if (s->costed)
		return;
	s->costed = true;
	s->cost = -1;
	Cost c = {.tmp = arena_new(), .generic = f->ntargs > 0};
	Block *body = f->source ? written(f) : NULL;
	for (u32 i = 0; i < f->body.n; i++)
		find_calls(&f->body.p[i], &c);
	if (body)
		c.nodes = (u32)ir_size(body, f->sig, written_call_cost, &c);
	else
		for (u32 i = 0; i < f->body.n; i++)
			count_nodes(&f->body.p[i], &c);
	c.n += (i32)c.nodes;
	arena_free(c.tmp);
	s->nodes = c.nodes;
	s->full_cost = c.n;
	i32 max = f->kind == IRK_CLOSURE ? INLINE_ONCE_MAX : INLINE_BUDGET;
	bool never = f->pragma & NOT || !f->has_body || f->has_recover || f->has_defer || f->kind == IRK_INIT || f->abi_wrapper
		|| f->kind == IRK_ALG || c.n > max;
	s->cost = never ? -1 : MAX(c.n, 0);
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
