// core.c: the arrays of a Func: making values, blocks, edges and slots; the verifier; the dump. The `uses` of a
// value always equals the number of arguments and block controls that name it, because only the helpers here
// change arguments.
#include "ssa/ssa.h"

static const char *const op_names[] = {
#define SSA(name, nargs, props) #name,
#include "ssa/ops.def"
#undef SSA
};

const char ssa_op_props[SSA_ARCH][4] = {
#define SSA(name, nargs, props) props,
#include "ssa/ops.def"
#undef SSA
};

static const i8 op_nargs[] = {
#define SSA(name, nargs, props) nargs,
#include "ssa/ops.def"
#undef SSA
};

static const char *const type_names[] = {"void", "i8", "i16", "i32", "i64", "ptr", "f32", "f64", "flags", "v128"};

const char *ssa_op_name(const Func *f, u16 op)
{
	if (op < LENGTH(op_names))
		return op_names[op];
	if (op >= SSA_ARCH && f->target && f->target->op_names)
		return f->target->op_names[op - SSA_ARCH];
	return "?";
}

u8 ssa_type_of(Type *t)
{
	t = type_under(t);
	switch (t->kind) {
	case TY_BASIC:
		switch (t->basic) {
		case B_BOOL: case B_INT8: case B_UINT8: case B_UNTYPED_BOOL:
			return SSA_I8;
		case B_INT16: case B_UINT16:
			return SSA_I16;
		case B_INT32: case B_UINT32: case B_UNTYPED_RUNE:
			return SSA_I32;
		case B_INT: case B_UINT: case B_INT64: case B_UINT64: case B_UINTPTR: case B_UNTYPED_INT:
			return SSA_I64;
		case B_FLOAT32:
			return SSA_F32;
		case B_FLOAT64: case B_UNTYPED_FLOAT:
			return SSA_F64;
		case B_UNSAFEPTR: case B_UNTYPED_NIL:
			return SSA_PTR;
		}
		return SSA_VOID;
	case TY_POINTER: // a pointer to memory outside the heap is no business of the collector
		return type_notinheap(t->pointer.elem) ? SSA_I64 : SSA_PTR;
	case TY_FUNC: case TY_MAP: case TY_CHAN:
		return SSA_PTR;
	}
	return SSA_VOID;
}

// ---- making -----------------------------------------------------------------------------------------

static Ref value_alloc(Func *f)
{
	if (f->nvals == f->cvals) {
		u32 cap = f->cvals ? f->cvals * 2 : 128;
		f->vals = arena_grow_raw(f->arena, f->vals, sizeof(Value) * f->cvals, sizeof(Value) * cap);
		f->cvals = cap;
	}
	if (f->nvals == 0)
		f->vals[f->nvals++] = (Value){0}; // 0 is no value
	Ref r = f->nvals++;
	f->vals[r] = (Value){0};
	return r;
}

Ref value_new_at(Func *f, BlockId b, u32 index, u16 op, u8 type, u32 pos)
{
	Ref r = value_alloc(f);
	Value *v = &f->vals[r];
	v->op = op;
	v->type = type;
	v->block = b;
	v->pos = pos;
	BasicBlock *bb = &f->blocks[b];
	if (bb->nvals == bb->cvals) {
		u32 cap = bb->cvals ? bb->cvals * 2 : 8;
		bb->vals = arena_grow_raw(f->arena, bb->vals, sizeof(Ref) * bb->cvals, sizeof(Ref) * cap);
		bb->cvals = cap;
	}
	if (index < bb->nvals)
		memmove(bb->vals + index + 1, bb->vals + index, sizeof(Ref) * (bb->nvals - index));
	bb->vals[index] = r;
	bb->nvals++;
	return r;
}

Ref value_new(Func *f, BlockId b, u16 op, u8 type, u32 pos)
{
	return value_new_at(f, b, f->blocks[b].nvals, op, type, pos);
}

void value_set_args(Func *f, Ref r, const Ref *args, u32 n)
{
	Value *v = &f->vals[r];
	Ref *old = value_args(v);
	for (u32 i = 0; i < n; i++) // first, in case old and new overlap
		f->vals[args[i]].uses++;
	for (u32 i = 0; i < v->nargs; i++)
		f->vals[old[i]].uses--;
	if (n > 4) {
		Ref *p = v->nargs >= n ? old : NEWN(f->arena, Ref, n);
		memmove(p, args, sizeof(Ref) * n);
		v->args = p;
	} else {
		Ref tmp[4];
		for (u32 i = 0; i < n; i++)
			tmp[i] = args[i];
		memcpy(v->a, tmp, sizeof(Ref) * n);
	}
	v->nargs = n;
}

void value_replace_arg(Func *f, Ref r, u32 i, Ref with)
{
	Ref *a = &value_args(&f->vals[r])[i];
	f->vals[with].uses++;
	f->vals[*a].uses--;
	*a = with;
}

void value_to_copy(Func *f, Ref r, Ref of)
{
	value_set_args(f, r, &of, 1);
	Value *v = &f->vals[r];
	v->op = SSA_COPY;
	v->imm = v->imm2 = 0;
	v->flags = 0;
	v->sym = NULL;
}

BlockId block_new(Func *f, u8 kind)
{
	if (f->nblocks == f->cblocks) {
		u32 cap = f->cblocks ? f->cblocks * 2 : 32;
		f->blocks = arena_grow_raw(f->arena, f->blocks, sizeof(BasicBlock) * f->cblocks, sizeof(BasicBlock) * cap);
		f->cblocks = cap;
	}
	if (f->nblocks == 0)
		f->blocks[f->nblocks++] = (BasicBlock){0}; // 0 is no block
	f->blocks[f->nblocks] = (BasicBlock){.kind = kind};
	return f->nblocks++;
}

static void edge_push(Func *f, BlockId **p, u32 n, u32 cap, BlockId x)
{
	if (n == cap)
		*p = arena_grow_raw(f->arena, *p, sizeof(BlockId) * n, sizeof(BlockId) * MAX(2 * n, 2u));
	(*p)[n] = x;
}

void block_add_edge(Func *f, BlockId from, BlockId to)
{
	BasicBlock *a = &f->blocks[from], *b = &f->blocks[to];
	// succs has no capacity of its own: it grows when n is 0, 2, 4, 8 ... which are exactly its sizes
	u32 n = a->nsuccs;
	edge_push(f, &a->succs, n, n == 0 || (n >= 2 && (n & (n - 1)) == 0) ? n : n + 1, to);
	a->nsuccs++;
	edge_push(f, &b->preds, b->npreds, b->cpreds, from);
	if (b->npreds++ == b->cpreds)
		b->cpreds = MAX(2 * b->cpreds, 2u);
}

u32 slot_new(Func *f, IrVar *var, Type *type, i64 size, u32 align)
{
	if (f->nslots == f->cslots) {
		u32 cap = f->cslots ? f->cslots * 2 : 16;
		f->slots = arena_grow_raw(f->arena, f->slots, sizeof(Slot) * f->cslots, sizeof(Slot) * cap);
		f->cslots = cap;
	}
	f->slots[f->nslots] = (Slot){.var = var, .type = type, .size = size, .align = MAX(align, 1u)};
	return f->nslots++;
}

// ---- the verifier -----------------------------------------------------------------------------------

static bool is_int(u8 t) { return t >= SSA_I8 && t <= SSA_I64; }
static bool is_word(u8 t) { return t >= SSA_I8 && t <= SSA_PTR; }
static bool is_float(u8 t) { return t == SSA_F32 || t == SSA_F64; }

#define FAIL(...) do { ssa_dump(stderr, f, pass); bug(__VA_ARGS__); } while (0)

// Types that an operation of the neutral set demands. Arch operations are checked by their own lowering.
static const char *type_fault(Func *f, const Value *v)
{
	const Ref *a = v->nargs > 4 ? v->args : v->a;
#define AT(i) (f->vals[a[i]].type)
	switch (v->op) {
	case SSA_PHI:
		for (u32 i = 0; i < v->nargs; i++)
			if (AT(i) != v->type)
				return "phi argument type";
		break;
	case SSA_COPY:
		if (AT(0) != v->type)
			return "copy type";
		break;
	case SSA_CONST:
		if (!is_word(v->type))
			return "integer constant type";
		break;
	case SSA_FCONST:
		if (!is_float(v->type))
			return "float constant type";
		break;
	case SSA_ADD: case SSA_SUB: case SSA_MUL: case SSA_DIV: case SSA_DIVU: case SSA_MOD: case SSA_MODU: case SSA_HMUL:
	case SSA_HMULU: case SSA_AND: case SSA_OR: case SSA_XOR:
		if (!is_int(v->type) || AT(0) != v->type || AT(1) != v->type)
			return "integer operands";
		break;
	case SSA_SHL: case SSA_SHR: case SSA_SAR: case SSA_ROTL:
		if (!is_int(v->type) || AT(0) != v->type || !is_int(AT(1)))
			return "shift operands";
		break;
	case SSA_NEG: case SSA_COM: case SSA_BSWAP: case SSA_BITREV:
		if (!is_int(v->type) || AT(0) != v->type)
			return "integer operand";
		break;
	case SSA_ADDPTR:
		if (v->type != SSA_PTR || AT(0) != SSA_PTR || AT(1) != SSA_I64)
			return "ADDPTR";
		break;
	case SSA_OFFPTR:
		if (v->type != SSA_PTR || AT(0) != SSA_PTR)
			return "OFFPTR";
		break;
	case SSA_PTRTOINT:
		if (v->type != SSA_I64 || AT(0) != SSA_PTR)
			return "PTRTOINT";
		break;
	case SSA_INTTOPTR:
		if (v->type != SSA_PTR || AT(0) != SSA_I64)
			return "INTTOPTR";
		break;
	case SSA_SEXT: case SSA_ZEXT:
		if (!is_int(v->type) || !is_int(AT(0)) || AT(0) >= v->type)
			return "extension";
		break;
	case SSA_TRUNC:
		if (!is_int(v->type) || !is_int(AT(0)) || AT(0) <= v->type)
			return "truncation";
		break;
	case SSA_I2F: case SSA_U2F:
		if (!is_float(v->type) || !is_int(AT(0)))
			return "int to float";
		break;
	case SSA_F2I: case SSA_F2U:
		if (!is_int(v->type) || !is_float(AT(0)))
			return "float to int";
		break;
	case SSA_EQ: case SSA_NE: case SSA_LT: case SSA_LE: case SSA_ULT: case SSA_ULE:
		if (v->type != SSA_I8 || AT(0) != AT(1) || !is_word(AT(0)))
			return "comparison";
		break;
	case SSA_FEQ: case SSA_FNE: case SSA_FLT: case SSA_FLE:
		if (v->type != SSA_I8 || AT(0) != AT(1) || !is_float(AT(0)))
			return "float comparison";
		break;
	case SSA_SELECT:
		if (AT(0) != SSA_I8 || AT(1) != v->type || AT(2) != v->type)
			return "SELECT";
		break;
	case SSA_FADD: case SSA_FSUB: case SSA_FMUL: case SSA_FDIV: case SSA_FMIN: case SSA_FMAX: case SSA_FCOPYSIGN:
		if (!is_float(v->type) || AT(0) != v->type || AT(1) != v->type)
			return "float operands";
		break;
	case SSA_FNEG: case SSA_FABS: case SSA_FSQRT: case SSA_FROUND:
		if (!is_float(v->type) || AT(0) != v->type)
			return "float operand";
		break;
	case SSA_LOAD:
		if (AT(0) != SSA_PTR && AT(0) != SSA_I64)
			return "load address";
		if (v->type == SSA_VOID)
			return "load of nothing";
		break;
	case SSA_STORE: case SSA_STOREWB: case SSA_MOVE: case SSA_MOVEWB: case SSA_ZERO: case SSA_ZEROWB:
		if (AT(0) != SSA_PTR && AT(0) != SSA_I64)
			return "store address";
		if (v->op == SSA_STOREWB && AT(1) != SSA_PTR)
			return "STOREWB of a scalar";
		if ((v->op == SSA_MOVE || v->op == SSA_MOVEWB) && AT(1) != SSA_PTR && AT(1) != SSA_I64)
			return "move source";
		break;
	case SSA_NILCHECK:
		if (AT(0) != v->type)
			return "NILCHECK";
		break;
	case SSA_BOUNDS:
		if (v->type != SSA_I64 || AT(0) != SSA_I64 || AT(1) != SSA_I64)
			return "BOUNDS";
		break;
	}
#undef AT
	return NULL;
}

static void find_rpo(Func *f, u32 *order, u32 *n, u32 *number)
{
	// Depth first without recursion; number[b]: 0 unseen
	u32 sp = 0, out = f->nblocks;
	struct { BlockId b; u32 i; } *stack = (void *)NEWN(f->arena, u64, f->nblocks + 1);
	stack[sp].b = 1, stack[sp++].i = 0;
	number[1] = 1;
	while (sp) {
		BasicBlock *bb = &f->blocks[stack[sp - 1].b];
		if (stack[sp - 1].i < bb->nsuccs) {
			BlockId s = bb->succs[stack[sp - 1].i++];
			if (!number[s]) {
				number[s] = 1;
				stack[sp].b = s, stack[sp++].i = 0;
			}
			continue;
		}
		order[--out] = stack[--sp].b;
	}
	*n = f->nblocks - out;
	memmove(order, order + out, sizeof(u32) * *n);
	for (u32 i = 0; i < *n; i++)
		number[order[i]] = i + 1;
}

void ssa_verify(Func *f, const char *pass)
{
	ArenaMark mark = arena_mark(f->arena);
	u32 *uses = NEWN(f->arena, u32, f->nvals + 1), *index = NEWN(f->arena, u32, f->nvals + 1);
	for (BlockId b = 1; b < f->nblocks; b++) {
		BasicBlock *bb = &f->blocks[b];
		if (bb->kind == BLOCK_NONE)
			continue;
		for (u32 i = 0; i < bb->nvals; i++) {
			Ref r = bb->vals[i];
			if (r == 0 || r >= f->nvals)
				FAIL("%s: b%u holds v%u, which does not exist", pass, b, r);
			if (index[r])
				FAIL("%s: v%u stands in two places", pass, r);
			index[r] = i + 1;
			if (f->vals[r].block != b)
				FAIL("%s: v%u stands in b%u but says b%u", pass, r, b, f->vals[r].block);
		}
	}
	for (BlockId b = 1; b < f->nblocks; b++) {
		BasicBlock *bb = &f->blocks[b];
		if (bb->kind == BLOCK_NONE)
			continue;
		bool phis = true;
		for (u32 i = 0; i < bb->nvals; i++) {
			Ref r = bb->vals[i];
			Value *v = &f->vals[r];
			if (v->op == SSA_PHI) {
				if (!phis)
					FAIL("%s: phi v%u is not first in b%u", pass, r, b);
				if (v->nargs != bb->npreds)
					FAIL("%s: phi v%u has %u arguments, b%u has %u predecessors", pass, r, v->nargs, b, bb->npreds);
			} else {
				phis = false;
			}
			if (v->op < LENGTH(op_nargs) && op_nargs[v->op] >= 0 && (u32)op_nargs[v->op] != v->nargs)
				FAIL("%s: v%u %s has %u arguments", pass, r, ssa_op_name(f, v->op), v->nargs);
			Ref *a = value_args(v);
			for (u32 k = 0; k < v->nargs; k++) {
				if (a[k] == 0 || a[k] >= f->nvals || !index[a[k]])
					FAIL("%s: v%u %s: argument %u is v%u, which stands nowhere", pass, r, ssa_op_name(f, v->op), k, a[k]);
				uses[a[k]]++;
				if (v->op != SSA_PHI && f->vals[a[k]].block == b && index[a[k]] > i)
					FAIL("%s: v%u uses v%u before it is made", pass, r, a[k]);
			}
			const char *why = type_fault(f, v);
			if (why)
				FAIL("%s: v%u %s: types are wrong: %s", pass, r, ssa_op_name(f, v->op), why);
			if (v->op == SSA_SLOTADDR && v->imm2 >= f->nslots)
				FAIL("%s: v%u: no slot %lld", pass, r, (long long)v->imm2);
		}
		for (u32 k = 0; k < bb->ncontrols; k++) {
			if (bb->controls[k] == 0 || bb->controls[k] >= f->nvals || !index[bb->controls[k]])
				FAIL("%s: control v%u of b%u stands nowhere", pass, bb->controls[k], b);
			uses[bb->controls[k]]++;
		}
		for (u32 k = 0; k < bb->nsuccs; k++) {
			u32 want = 0, have = 0;
			BasicBlock *s = &f->blocks[bb->succs[k]];
			if (s->kind == BLOCK_NONE)
				FAIL("%s: b%u leads to the removed b%u", pass, b, bb->succs[k]);
			for (u32 j = 0; j < s->npreds; j++)
				have += s->preds[j] == b;
			for (u32 j = 0; j < bb->nsuccs; j++)
				want += bb->succs[j] == bb->succs[k];
			if (have != want)
				FAIL("%s: edge b%u -> b%u is not known to both", pass, b, bb->succs[k]);
		}
		static const i8 nsuccs[] = {-1, 1, 2, -1, 0, 0, 2, 2};
		static const i8 ncontrols[] = {-1, 0, 1, 1, -1, 0, 0, -1};
		if (nsuccs[bb->kind] >= 0 && (u32)nsuccs[bb->kind] != bb->nsuccs)
			FAIL("%s: b%u of kind %u has %u successors", pass, b, bb->kind, bb->nsuccs);
		if (ncontrols[bb->kind] >= 0 && (u32)ncontrols[bb->kind] != bb->ncontrols)
			FAIL("%s: b%u of kind %u has %u controls", pass, b, bb->kind, bb->ncontrols);
		for (u32 j = 0; j < bb->npreds; j++)
			if (f->blocks[bb->preds[j]].kind == BLOCK_NONE)
				FAIL("%s: b%u is entered from the removed b%u", pass, b, bb->preds[j]);
	}
	for (Ref r = 1; r < f->nvals; r++)
		if (index[r] && uses[r] != f->vals[r].uses)
			FAIL("%s: v%u %s has %u uses, says %u", pass, r, ssa_op_name(f, f->vals[r].op), uses[r], f->vals[r].uses);

	{ // arguments dominate their uses
		u32 *order = NEWN(f->arena, u32, f->nblocks + 1), *num = NEWN(f->arena, u32, f->nblocks + 1), n;
		u32 *idom = NEWN(f->arena, u32, f->nblocks + 1);
		find_rpo(f, order, &n, num);
		idom[1] = 1;
		for (bool changed = true; changed;) {
			changed = false;
			for (u32 i = 1; i < n; i++) {
				BasicBlock *bb = &f->blocks[order[i]];
				BlockId d = 0;
				for (u32 j = 0; j < bb->npreds; j++) {
					BlockId p = bb->preds[j];
					if (!num[p] || !idom[p])
						continue;
					if (!d) {
						d = p;
						continue;
					}
					while (d != p)
						if (num[d] > num[p])
							d = idom[d];
						else
							p = idom[p];
				}
				if (idom[order[i]] != d)
					idom[order[i]] = d, changed = true;
			}
		}
		// intervals of the dominator tree: a dominates b iff pre[a] <= pre[b] <= post[a]
		u32 *kid = NEWN(f->arena, u32, f->nblocks + 1), *next = NEWN(f->arena, u32, f->nblocks + 1);
		u32 *pre = NEWN(f->arena, u32, f->nblocks + 1), *post = NEWN(f->arena, u32, f->nblocks + 1), clock = 0;
		for (u32 i = n; i-- > 1;)
			next[order[i]] = kid[idom[order[i]]], kid[idom[order[i]]] = order[i];
		u32 *stack = NEWN(f->arena, u32, f->nblocks + 1), sp = 0;
		stack[sp++] = 1, pre[1] = ++clock;
		while (sp) {
			BlockId b = stack[sp - 1];
			if (kid[b]) {
				BlockId k = kid[b];
				kid[b] = next[k];
				pre[k] = ++clock;
				stack[sp++] = k;
			} else {
				post[b] = clock;
				sp--;
			}
		}
#define DOMINATES(a, b) (pre[a] && pre[a] <= pre[b] && pre[b] <= post[a])
		for (u32 i = 0; i < n; i++) {
			BlockId b = order[i];
			BasicBlock *bb = &f->blocks[b];
			for (u32 k = 0; k < bb->nvals; k++) {
				Value *v = &f->vals[bb->vals[k]];
				Ref *a = value_args(v);
				for (u32 j = 0; j < v->nargs; j++) {
					BlockId at = v->op == SSA_PHI ? bb->preds[j] : b;
					if (num[at] && !DOMINATES(f->vals[a[j]].block, at))
						FAIL("%s: v%u (b%u) does not dominate its use in v%u (b%u)", pass, a[j], f->vals[a[j]].block,
							bb->vals[k], b);
				}
			}
			for (u32 k = 0; k < bb->ncontrols; k++)
				if (!DOMINATES(f->vals[bb->controls[k]].block, b))
					FAIL("%s: control v%u does not dominate b%u", pass, bb->controls[k], b);
		}
	}
	arena_reset(f->arena, mark);
}

// ---- the dump -----------------------------------------------------------------------------------------

static const char *const block_names[] = {"none", "plain", "if", "jumptable", "ret", "exit", "defer", "arch"};

static void dump_value(FILE *out, Func *f, Ref r)
{
	Value *v = &f->vals[r];
	fprintf(out, "\t");
	if (v->type != SSA_VOID)
		fprintf(out, "v%u:%s = ", r, type_names[v->type]);
	else
		fprintf(out, "v%u: ", r);
	fprintf(out, "%s", ssa_op_name(f, v->op));
	Ref *a = value_args(v);
	for (u32 i = 0; i < v->nargs; i++)
		fprintf(out, " v%u", a[i]);
	if (v->op == SSA_FCONST) {
		double d;
		memcpy(&d, &v->imm, 8);
		fprintf(out, " [%g]", d);
	} else if (v->imm || v->op == SSA_CONST || v->op == SSA_PARAM || v->op == SSA_RESULT) {
		fprintf(out, " [%lld]", (long long)v->imm);
	}
	if (v->imm2 || v->op == SSA_SLOTADDR || v->op == SSA_VARDEF || v->op == SSA_VARLIVE)
		fprintf(out, " {%lld}", (long long)v->imm2);
	bool call = v->op == SSA_CALL || v->op == SSA_CALLCLOSURE || v->op == SSA_CALLPTR;
	if (call && v->call) {
		if (v->call->sym)
			fprintf(out, " " STR_FMT, STR_ARG(v->call->sym->name));
		fprintf(out, "%s%s", v->call->tail ? " tail" : v->call->abi0 ? " abi0" : "", v->call->no_return ? " noreturn" : "");
	} else if (v->op < SSA_ARCH && !call && v->sym) {
		fprintf(out, " " STR_FMT, STR_ARG(v->sym->name));
	}
	if (v->flags)
		fprintf(out, " flags=%x", v->flags);
	fprintf(out, " (%u)", v->uses);
	if (f->reg && f->reg[r])
		fprintf(out, " -> r%u", f->reg[r]);
	if (f->spill_slot && f->spill_slot[r])
		fprintf(out, " spill %u", f->spill_slot[r] - 1);
	if (v->pos && v->pos < f->npositions)
		fprintf(out, "  :%u", pos_line(f->positions[v->pos].pos));
	fprintf(out, "\n");
}

static void dump_block(FILE *out, Func *f, BlockId b)
{
	BasicBlock *bb = &f->blocks[b];
	fprintf(out, "b%u:", b);
	if (bb->npreds) {
		fprintf(out, " <-");
		for (u32 i = 0; i < bb->npreds; i++)
			fprintf(out, " b%u", bb->preds[i]);
	}
	fprintf(out, "\n");
	for (u32 i = 0; i < bb->nvals; i++)
		dump_value(out, f, bb->vals[i]);
	fprintf(out, "\t%s", bb->kind < LENGTH(block_names) ? block_names[bb->kind] : "?");
	if (bb->kind == BLOCK_ARCH)
		fprintf(out, " cond=%u", bb->cond);
	for (u32 i = 0; i < bb->ncontrols; i++)
		fprintf(out, " v%u", bb->controls[i]);
	for (u32 i = 0; i < bb->nsuccs; i++)
		fprintf(out, "%s b%u", i ? "" : " ->", bb->succs[i]);
	if (bb->likely)
		fprintf(out, " (%s)", bb->likely > 0 ? "likely" : "unlikely");
	fprintf(out, "\n");
}

void ssa_dump(FILE *out, Func *f, const char *pass)
{
	fprintf(out, "---- " STR_FMT " after %s\n", STR_ARG(f->ir ? f->ir->sym : S("?")), pass);
	for (u32 i = 0; i < f->nslots; i++) {
		Slot *s = &f->slots[i];
		fprintf(out, "slot %u: %lld bytes, align %u", i, (long long)s->size, s->align);
		if (s->var && s->var->name)
			fprintf(out, " %s", s->var->name->s);
		fprintf(out, "%s%s%s%s", s->addr_taken ? " addr" : "", s->need_zero ? " zero" : "", s->is_param ? " param" : "",
			s->is_open_defer ? " always-live" : "");
		if (s->offset)
			fprintf(out, " at %lld", (long long)s->offset);
		fprintf(out, "\n");
	}
	if (f->norder) {
		for (u32 i = 0; i < f->norder; i++)
			dump_block(out, f, f->order[i]);
		return;
	}
	for (BlockId b = 1; b < f->nblocks; b++)
		if (f->blocks[b].kind != BLOCK_NONE)
			dump_block(out, f, b);
}
