// writebarrier.c: stores of pointers into the heap to what the concurrent collector needs: a test of
// runtime.writeBarrier, and behind it the old and the new pointers put into the buffer that
// runtime.gcWriteBarrierN hands out, or a call of wbMove or wbZero (runtime/mbarrier.go, mwbbuf.go). Neighbouring
// stores share one test.
//
// Invariant: from the test to the last store there is no preemption point (VF_UNSAFE, BasicBlock.unsafe), or the
// collector could start between them.
#include "ssa/backend.h"

enum { MAX_ENTRIES = 8 };   // runtime/mwbbuf.go, wbMaxEntriesPerCall

static Ref new_value(Func *f, BlockId b, u16 op, u8 type, u32 pos, const Ref *args, u32 n)
{
	Ref r = value_new(f, b, op, type, pos);
	value_set_args(f, r, args, n);
	return r;
}

static Ref base_of(Func *f, Ref p)
{
	for (;;) {
		Value *v = val(f, p);
		if (v->op == SSA_OFFPTR || v->op == SSA_COPY || v->op == SSA_NILCHECK)
			p = v->a[0];
		else
			return p;
	}
}

static bool is_stack(Func *f, Ref p)
{
	u16 op = val(f, base_of(f, p))->op;
	return op == SSA_SLOTADDR || op == SSA_ARGADDR || op == SSA_PARAMADDR;
}

// The collector need not see it: nil, a global, the stack.
static bool not_heap(Func *f, Ref v)
{
	u16 op = val(f, base_of(f, v))->op;
	return op == SSA_SYMADDR || op == SSA_CONST || op == SSA_SLOTADDR;
}


typedef struct Entry { Ref v; i64 imm; bool load; u32 pos; } Entry;

static void flush(Func *f, BlockId b, const Entry *e, u32 n)
{
	if (!n)
		return;
	Ref buf = value_new(f, b, SSA_WBCALL, SSA_I64, e[0].pos);
	val(f, buf)->imm = n;
	for (u32 i = 0; i < n; i++) {
		Ref x = e[i].v;
		if (e[i].load) {
			x = new_value(f, b, SSA_LOAD, SSA_I64, e[i].pos, &e[i].v, 1);
			val(f, x)->imm = e[i].imm;
		}
		Ref s = new_value(f, b, SSA_STORE, SSA_VOID, e[i].pos, (Ref[]){buf, x}, 2);
		val(f, s)->imm = 8 * i;
	}
}

static Ref at_offset(Func *f, BlockId b, Ref p, i64 off, u32 pos)
{
	if (!off)
		return p;
	Ref r = new_value(f, b, SSA_OFFPTR, SSA_PTR, pos, &p, 1);
	val(f, r)->imm = off;
	return r;
}

static void runtime_call(Func *f, BlockId b, const char *name, LSym *type, const Ref *args, u32 n, u32 pos)
{
	Ref all[3];
	u8 types[3] = {SSA_PTR, SSA_PTR, SSA_PTR};
	all[0] = value_new(f, b, SSA_SYMADDR, SSA_PTR, pos);
	val(f, all[0])->sym = type;
	for (u32 i = 0; i < n; i++)
		all[1 + i] = args[i];
	Ref c = new_value(f, b, SSA_CALL, SSA_VOID, pos, all, n + 1);
	CallInfo *ci = NEW(f->arena, CallInfo);
	ci->sym = obj_symf(f->unit->obj, ABI_INTERNAL, "runtime.%s", name);
	ci->abi = abi_assign_scalars(f->arena, f->target, types, n + 1, NULL, 0);
	ci->is_wb = true;
	val(f, c)->call = ci;
	f->has_calls = true;
	f->is_leaf = false;
}

// What of a block is still to be expanded: it stands in no block meanwhile, so that each value moves once.
typedef struct Rest { Ref *v; u32 n; } Rest;

// Appends to b what comes before the first group of *rest, and expands that; returns the block behind it, in which *rest
// goes on, or 0 if all is done.
static BlockId expand(Func *f, BlockId b, Rest *rest)
{
	Ref *old = rest->v;
	u32 n = rest->n, first = 0;
	for (; first < n && !op_is_wb(val(f, old[first])->op); first++)
		block_push(f, b, old[first]);
	if (first == n)
		return 0;
	u32 last = first, entries = 0;
	bool moves = false;
	for (u32 k = first, plain = 0; k < n; k++) {
		Value *v = val(f, old[k]);
		if (op_is_wb(v->op)) {
			if (v->op == SSA_STOREWB) {
				if (++entries > 32)
					break;
			} else {
				// A move may read what an earlier store of the group writes.
				if (k != first && !moves && plain)
					break;
				moves = true;
			}
			last = k;
			continue;
		}
		if (v->op == SSA_STORE && !moves && ++plain <= 2)
			continue;
		if (!op_is_pure(v->op) || v->op == SSA_RESULT)
			break;
	}
	u32 pos = val(f, old[first])->pos;
	BlockId then = block_new(f, BLOCK_PLAIN), end = block_new(f, BLOCK_PLAIN);
	BasicBlock *bb = &f->blocks[b], *tb = &f->blocks[then];
	block_take_end(f, end, b);
	tb->pos = bb->pos = pos;
	Ref *stores = NEWN(f->arena, Ref, last - first + 1);
	u32 ns = 0;
	for (u32 k = first; k <= last; k++) {
		u16 op = val(f, old[k])->op;
		if (op_is_wb(op) || op == SSA_STORE)
			stores[ns++] = old[k];
		else
			block_push(f, b, old[k]);
	}
	Ref addr = value_new(f, b, SSA_SYMADDR, SSA_PTR, pos);
	val(f, addr)->sym = obj_sym(f->unit->obj, S("runtime.writeBarrier"), ABI0);
	Ref flag = new_value(f, b, SSA_LOAD, SSA_I32, pos, &addr, 1);
	Ref zero = value_new(f, b, SSA_CONST, SSA_I32, pos);
	Ref on = new_value(f, b, SSA_NE, SSA_I8, pos, (Ref[]){flag, zero}, 2);
	bb = &f->blocks[b];
	bb->kind = BLOCK_IF;
	bb->likely = -1;
	bb->unsafe = true;
	bb->controls = NEWN(f->arena, Ref, 1);
	bb->controls[0] = on;
	bb->ncontrols = 1;
	val(f, on)->uses++;
	block_add_edge(f, b, then);
	block_add_edge(f, b, end);
	block_add_edge(f, then, end);
	f->blocks[then].unsafe = true;
	// The slow side.
	Entry e[MAX_ENTRIES];
	u32 ne = 0;
	for (u32 i = 0; i < ns; i++) {
		Value v = *val(f, stores[i]);
		if (v.op != SSA_STOREWB)
			continue;
		bool seen = not_heap(f, v.a[1]);
		for (u32 j = 0; j < ne; j++)
			seen |= e[j].v == v.a[1] && !e[j].load;
		if (!seen) {
			e[ne++] = (Entry){v.a[1], 0, false, v.pos};
			if (ne == MAX_ENTRIES)
				flush(f, then, e, ne), ne = 0;
		}
		if (v.imm2) // over zero
			continue;
		e[ne++] = (Entry){v.a[0], v.imm, true, v.pos};
		if (ne == MAX_ENTRIES)
			flush(f, then, e, ne), ne = 0;
	}
	flush(f, then, e, ne);
	for (u32 i = 0; i < ns; i++) {
		Value v = *val(f, stores[i]);
		if (v.op == SSA_MOVEWB) {
			Ref d = at_offset(f, then, v.a[0], v.imm, v.pos);
			runtime_call(f, then, "wbMove", v.sym, (Ref[]){d, v.a[1]}, 2, v.pos);
		} else if (v.op == SSA_ZEROWB) {
			Ref d = at_offset(f, then, v.a[0], v.imm, v.pos);
			runtime_call(f, then, "wbZero", v.sym, &d, 1, v.pos);
		}
	}
	tb = &f->blocks[then];
	for (u32 k = 0; k < tb->nvals; k++)
		val(f, tb->vals[k])->flags |= VF_UNSAFE;
	// Both sides: the stores themselves.
	for (u32 i = 0; i < ns; i++) {
		Value *v = val(f, stores[i]);
		v->op = v->op == SSA_STOREWB ? SSA_STORE : v->op == SSA_MOVEWB ? SSA_MOVE : v->op == SSA_ZEROWB ? SSA_ZERO : v->op;
		if (v->op == SSA_STORE)
			v->imm2 = 0;
		v->flags |= VF_UNSAFE;
		block_push(f, end, stores[i]);
	}
	value_new(f, end, SSA_WBEND, SSA_VOID, pos);
	*rest = (Rest){old + last + 1, n - last - 1};
	f->has_wb = true;
	return end;
}

void pass_writebarrier(Func *f)
{
	u32 n = f->nblocks;
	for (BlockId b = 1; b < n; b++) {
		bool any = false;
		for (u32 k = 0; k < f->blocks[b].nvals; k++) {
			Value *v = val(f, f->blocks[b].vals[k]);
			if (!op_is_wb(v->op))
				continue;
			if (is_stack(f, v->a[0]))
				v->op = v->op == SSA_STOREWB ? SSA_STORE : v->op == SSA_MOVEWB ? SSA_MOVE : SSA_ZERO;
			else {
				any = true;
				f->first_wb = f->first_wb ? f->first_wb : v->pos;
			}
		}
		if (!any)
			continue;
		BasicBlock *bb = &f->blocks[b];
		Rest rest = {NEWN(f->arena, Ref, bb->nvals), bb->nvals};
		memcpy(rest.v, bb->vals, rest.n * sizeof(Ref));
		bb->nvals = 0;
		for (BlockId x = b; x;)
			x = expand(f, x, &rest);
	}
}
