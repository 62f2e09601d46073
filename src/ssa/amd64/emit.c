// emit.c: machine values with registers to Progs: instructions, pc-data marks, out-of-line panics, jump tables,
// inline marks. Everything about a position in memory is left to the assembler through NAME_AUTO and NAME_PARAM.
//
// Invariant: while flags are live, nothing is emitted that changes them.
#include "ssa/amd64/machine.h"

typedef struct Stub { Ref v; Prog *label; u16 args; } Stub;

typedef struct Emit {
	Func *f;
	AsmFunc *out;
	Arena *a;
	ObjPkg *o;
	Prog *last;
	Prog **label;           // by block
	u32 pos, last_pos;      // index of position
	i32 map_now, unsafe_now, args_now;
	bool has_args;          // args, args_set: tracebacks can be told which arguments are in their homes
	u16 args_set;
	ArgLive args;
	bool flags_live, all_unsafe, abi0;
	StackMaps maps;
	VEC(Stub) stubs;
	VEC(JumpTable) tables;
} Emit;

// ---- making Progs --------------------------------------------------------------------------------

static Prog *add(Emit *e, Prog *p)
{
	PosInl *pi = &e->f->positions[e->pos];
	if (e->f->npositions) {
		p->pos = pi->pos;
		p->inl = pi->inl;
		if (pi->is_stmt && e->pos != e->last_pos && p->op != OP_NOP && p->op != OP_PCDATA && p->op != OP_FUNCDATA)
			p->is_stmt = 1;
	}
	if (p->op != OP_NOP && p->op != OP_PCDATA && p->op != OP_FUNCDATA)
		e->last_pos = e->pos;
	e->last->next = p;
	return e->last = p;
}

static Addr reg(u16 r) { return (Addr){.type = ADDR_REG, .reg = r}; }
static Addr imm(i64 c) { return (Addr){.type = ADDR_CONST, .offset = c}; }
static Addr mem(u16 base, i64 off) { return (Addr){.type = ADDR_MEM, .reg = base, .offset = off}; }
static Addr ext(LSym *s, i64 off) { return (Addr){.type = ADDR_MEM, .name = NAME_EXTERN, .sym = s, .offset = off}; }
static Addr tls(void) { return mem(REG_TLS, 0); }

static Prog *op0(Emit *e, u16 op) { return add(e, prog_new(e->a, op)); }
static Prog *op2(Emit *e, u16 op, Addr from, Addr to)
{
	Prog *p = prog_new(e->a, op);
	p->from = from;
	p->to = to;
	return add(e, p);
}
static Prog *op_to(Emit *e, u16 op, Addr to) { return op2(e, op, (Addr){0}, to); }
static Prog *op_from(Emit *e, u16 op, Addr from) { return op2(e, op, from, (Addr){0}); }
static Prog *op3(Emit *e, u16 op, Addr from, Addr mid, Addr to)
{
	Prog *p = prog_new(e->a, op);
	p->from = from;
	p->rest = NEW(e->a, Addr);
	p->rest[0] = mid;
	p->nrest = 1;
	p->to = to;
	return add(e, p);
}
static Prog *jump(Emit *e, u16 op, Prog *target) { return op_to(e, op, (Addr){.type = ADDR_BRANCH, .target = target}); }
static Prog *label_new(Emit *e) { return prog_new(e->a, OP_NOP); }
static void label_here(Emit *e, Prog *l) { add(e, l); }
static void call_sym(Emit *e, LSym *s)
{
	op_to(e, OP_CALL, (Addr){.type = ADDR_BRANCH, .name = NAME_EXTERN, .sym = s});
}
static void pcdata(Emit *e, i64 index, i64 value) { op2(e, OP_PCDATA, imm(index), imm(value)); }
static void funcdata(Emit *e, i64 index, LSym *s)
{
	if (s)
		op2(e, OP_FUNCDATA, imm(index), ext(s, 0));
}
static LSym *runtime_sym(Emit *e, const char *name) { return obj_symf(e->o, ABI_INTERNAL, "runtime.%s", name); }

static void set_unsafe(Emit *e, bool unsafe)
{
	i32 v = unsafe || e->all_unsafe ? -2 : -1; // abi.UnsafePointUnsafe, UnsafePointSafe
	if (v == e->unsafe_now)
		return;
	e->unsafe_now = v;
	pcdata(e, 0, v);
}

static void set_map(Emit *e, i32 index)
{
	if (index < 0 || index == e->map_now)
		return;
	e->map_now = index;
	pcdata(e, 1, index);
}

static void set_args(Emit *e, u16 set)
{
	i32 index = e->has_args ? arglive_index(&e->args, set) : -1;
	if (index == e->args_now)
		return;
	e->args_now = index;
	pcdata(e, 3, index);
}

static Addr slot_addr(Emit *e, u32 slot, i64 off)
{
	Slot *s = &e->f->slots[slot];
	return (Addr){.type = ADDR_MEM, .name = s->is_param ? NAME_PARAM : NAME_AUTO, .offset = s->offset + off};
}

// The memory operand of a machine value.
static Addr mem_of(Emit *e, Ref r)
{
	Value *v = val(e->f, r);
	u32 k = v->nargs - addr_nargs(v);
	u16 *regs = e->f->arg_regs[r];
	Addr a = {.type = ADDR_MEM, .offset = v->imm};
	switch (addr_base(v)) {
	case AB_REG: a.reg = regs[k++]; break;
	case AB_SLOT: a = slot_addr(e, (u32)v->imm2, v->imm); break;
	case AB_SYM: a.name = NAME_EXTERN, a.sym = v->sym; break;
	case AB_PARAM: a.name = NAME_PARAM; break;
	case AB_OUT: a.reg = REG_SP; break;
	}
	if (addr_scale(v)) {
		a.index = regs[k];
		a.scale = addr_scale(v);
	}
	return a;
}

static bool is_x(u16 r) { return r >= REG_X0 && r <= REG_X15; }

static void move_reg(Emit *e, u16 from, u16 to, u8 type)
{
	if (from == to)
		return;
	if (is_x(from) && is_x(to))
		op2(e, AMOVUPS, reg(from), reg(to));
	else
		op2(e, ssa_type_size(type) <= 4 && !is_x(from) && !is_x(to) ? AMOVL : AMOVQ, reg(from), reg(to));
}

static u16 mov_op(u8 type, bool x)
{
	CHECK(type != SSA_V128);
	if (x)
		return type == SSA_F32 ? AMOVSS : AMOVSD;
	return ssa_type_size(type) <= 4 ? AMOVL : AMOVQ;
}

static const u16 jcc[] = {AJEQ, AJNE, AJLT, AJGE, AJLE, AJGT, AJCS, AJCC, AJLS, AJHI, AJMI, AJPL, AJOS, AJOC};
static const u16 setcc[] = {ASETEQ, ASETNE, ASETLT, ASETGE, ASETLE, ASETGT, ASETCS, ASETCC, ASETLS, ASETHI, ASETMI, ASETPL, ASETOS, ASETOC};
static const u16 cmovl[] = {ACMOVLEQ, ACMOVLNE, ACMOVLLT, ACMOVLGE, ACMOVLLE, ACMOVLGT, ACMOVLCS, ACMOVLCC, ACMOVLLS, ACMOVLHI, ACMOVLMI,
	ACMOVLPL, ACMOVLOS, ACMOVLOC};
static const u16 cmovq[] = {ACMOVQEQ, ACMOVQNE, ACMOVQLT, ACMOVQGE, ACMOVQLE, ACMOVQGT, ACMOVQCS, ACMOVQCC, ACMOVQLS, ACMOVQHI, ACMOVQMI,
	ACMOVQPL, ACMOVQOS, ACMOVQOC};

static void emit_const(Emit *e, i64 c, u8 type, u16 r)
{
	if (c == 0 && !e->flags_live)
		op2(e, AXORL, reg(r), reg(r));
	else if (ssa_type_size(type) <= 4)
		op2(e, AMOVL, imm((i32)c), reg(r));
	else
		op2(e, AMOVQ, imm(c), reg(r));
}

// ---- single classes ------------------------------------------------------------------------------

static void emit_add(Emit *e, const Value *v, u16 as, u16 r, const u16 *in)
{
	u16 lea = v->width == 8 ? ALEAQ : ALEAL;
	if (v->form == FORM_RI) {
		if (r != in[0])
			op2(e, lea, mem(in[0], v->imm), reg(r));
		else if (v->imm == 1)
			op_to(e, v->width == 8 ? AINCQ : AINCL, reg(r));
		else if (v->imm == -1)
			op_to(e, v->width == 8 ? ADECQ : ADECL, reg(r));
		else if (v->imm == 128)
			op2(e, v->width == 8 ? ASUBQ : ASUBL, imm(-128), reg(r));
		else
			op2(e, as, imm(v->imm), reg(r));
		return;
	}
	if (r == in[0])
		op2(e, as, reg(in[1]), reg(r));
	else if (r == in[1])
		op2(e, as, reg(in[0]), reg(r));
	else
		op2(e, lea, (Addr){.type = ADDR_MEM, .reg = in[0], .index = in[1], .scale = 1}, reg(r));
}

static void emit_div(Emit *e, const Value *v, u16 as, const u16 *in)
{
	bool q = v->width == 8;
	if (v->op == M_DIVU || v->op == M_MODU) {
		op2(e, AXORL, reg(REG_DX), reg(REG_DX));
		op_from(e, as, reg(in[1]));
		return;
	}
	Prog *fix = NULL, *done = NULL;
	if (v->imm) {
		fix = label_new(e), done = label_new(e);
		op2(e, q ? ACMPQ : ACMPL, reg(in[1]), imm(-1));
		jump(e, AJEQ, fix);
	}
	op0(e, q ? ACQO : ACDQ);
	op_from(e, as, reg(in[1]));
	if (v->imm) {
		jump(e, OP_JMP, done);
		label_here(e, fix);
		op_to(e, q ? ANEGQ : ANEGL, reg(REG_AX));
		op2(e, AXORL, reg(REG_DX), reg(REG_DX));
		label_here(e, done);
	}
}

static void emit_u2f(Emit *e, const Value *v, u16 as, u16 r, u16 x)
{
	Prog *slow = label_new(e), *done = label_new(e);
	op2(e, AXORPS, reg(r), reg(r));
	op2(e, ATESTQ, reg(x), reg(x));
	jump(e, AJLT, slow);
	op2(e, as, reg(x), reg(r));
	jump(e, OP_JMP, done);
	label_here(e, slow); // half of it, with the lost bit sticking for the rounding, twice
	op2(e, AMOVQ, reg(x), reg(REG_R12));
	op2(e, AMOVL, reg(x), reg(REG_R13));
	op2(e, ASHRQ, imm(1), reg(REG_R12));
	op2(e, AANDL, imm(1), reg(REG_R13));
	op2(e, AORQ, reg(REG_R13), reg(REG_R12));
	op2(e, as, reg(REG_R12), reg(r));
	op2(e, v->width == 4 ? AADDSS : AADDSD, reg(r), reg(r));
	label_here(e, done);
}

static LSym *float_sym(Emit *e, double d, u32 width)
{
	if (width == 4) {
		float s = (float)d;
		return obj_const(e->o, &s, 4, 4);
	}
	return obj_const(e->o, &d, 8, 8);
}

static void emit_f2u(Emit *e, const Value *v, u16 as, u16 r, u16 x)
{
	bool s = v->width == 4;
	Prog *fast = label_new(e), *done = label_new(e);
	op2(e, s ? AMOVSS : AMOVSD, ext(float_sym(e, 0x1p63, v->width), 0), reg(REG_X14));
	op2(e, s ? AUCOMISS : AUCOMISD, reg(x), reg(REG_X14)); // flags of 2^63 ? x
	jump(e, AJHI, fast);
	op2(e, AMOVUPS, reg(x), reg(REG_X14));
	op2(e, s ? ASUBSS : ASUBSD, ext(float_sym(e, 0x1p63, v->width), 0), reg(REG_X14));
	op2(e, as, reg(REG_X14), reg(r));
	op2(e, AMOVQ, imm(INT64_MIN), reg(REG_R13));
	op2(e, AXORQ, reg(REG_R13), reg(r));
	jump(e, OP_JMP, done);
	label_here(e, fast);
	op2(e, as, reg(x), reg(r));
	label_here(e, done);
}

static void emit_tail(Emit *e, bool move, i64 rest)
{
	// The last bytes, overlapping what is done already: DI and SI stand behind the loop.
	while (rest > 0) {
		i64 at = rest >= 16 ? 0 : rest - 16;
		if (move) {
			op2(e, AMOVUPS, mem(REG_SI, at), reg(REG_X14));
			op2(e, AMOVUPS, reg(REG_X14), mem(REG_DI, at));
		} else {
			op2(e, AMOVUPS, reg(REG_X15), mem(REG_DI, at));
		}
		if (rest <= 16)
			break;
		op2(e, AADDQ, imm(16), reg(REG_DI));
		if (move)
			op2(e, AADDQ, imm(16), reg(REG_SI));
		rest -= 16;
	}
}

static void emit_block_loop(Emit *e, bool move, i64 size)
{
	if (size >= 2048) {
		op2(e, AMOVQ, imm(size / 8), reg(REG_CX));
		if (!move)
			op2(e, AXORL, reg(REG_AX), reg(REG_AX));
		op0(e, AREP);
		op0(e, move ? AMOVSQ : ASTOSQ);
		if (size % 8)
			emit_tail(e, move, size % 8);
		return;
	}
	Prog *top = label_new(e);
	op2(e, AMOVL, imm(size / 64), reg(REG_CX));
	label_here(e, top);
	for (int i = 0; i < 4; i++) {
		if (move) {
			op2(e, AMOVUPS, mem(REG_SI, i * 16), reg(REG_X14));
			op2(e, AMOVUPS, reg(REG_X14), mem(REG_DI, i * 16));
		} else {
			op2(e, AMOVUPS, reg(REG_X15), mem(REG_DI, i * 16));
		}
	}
	if (move)
		op2(e, AADDQ, imm(64), reg(REG_SI));
	op2(e, AADDQ, imm(64), reg(REG_DI));
	op_to(e, ADECL, reg(REG_CX));
	jump(e, AJNE, top);
	emit_tail(e, move, size % 64);
}

static void emit_bounds(Emit *e, Ref r)
{
	Value *v = val(e->f, r);
	u16 *in = e->f->arg_regs[r];
	bool index = v->imm == BOUNDS_INDEX; // index < length; the others: index <= length
	u8 cc;
	if (v->form == FORM_IR) {
		op2(e, ACMPQ, reg(in[0]), imm(v->imm2));
		cc = index ? CC_ULE : CC_ULT;
	} else {
		op2(e, ACMPQ, reg(in[0]), v->form == FORM_RI ? imm(v->imm2) : reg(in[1]));
		cc = index ? CC_UGE : CC_UGT;
	}
	Prog *l = label_new(e);
	vec_push(e->a, &e->stubs, (Stub){r, l, e->args_set});
	jump(e, jcc[cc], l);
}

static i64 hw(u16 r) { return r - REG_AX; }

// internal/abi/bounds.go, BoundsEncode: how runtime.panicBounds finds the two numbers.
static void emit_stub(Emit *e, Stub *s)
{
	Value *v = val(e->f, s->v);
	u16 *in = e->f->arg_regs[s->v];
	e->pos = v->pos;
	label_here(e, s->label);
	i64 c = 0;
	u16 xr = v->form == FORM_IR ? 0 : in[0], yr = v->form == FORM_RR ? in[1] : v->form == FORM_IR ? in[0] : 0;
	if (v->form == FORM_IR && (v->imm2 < 0 || v->imm2 > 31)) {
		xr = yr == REG_AX ? REG_CX : REG_AX;
		op2(e, AMOVQ, imm(v->imm2), reg(xr));
	}
	if (v->form == FORM_RI && (v->imm2 < 0 || v->imm2 > 31)) {
		yr = xr == REG_AX ? REG_CX : REG_AX;
		op2(e, AMOVQ, imm(v->imm2), reg(yr));
	}
	if (xr)
		c |= 1 | (v->flags & VF_SIGNED ? 4 : 0) | hw(xr) << 3;
	else
		c |= v->imm2 << 2;
	c |= yr ? 2 | hw(yr) << 7 : v->imm2 << 7;
	set_map(e, e->maps.defer_index);
	set_args(e, s->args);
	pcdata(e, 4, c * 9 + v->imm);
	call_sym(e, runtime_sym(e, "panicBounds"));
}

static void enter_internal(Emit *e)
{
	op2(e, AXORPS, reg(REG_X15), reg(REG_X15));
	op2(e, AMOVQ, tls(), reg(REG_R14));
}

static void emit_call(Emit *e, Ref r)
{
	Func *f = e->f;
	Value *v = val(f, r);
	set_map(e, e->maps.index[r]);
	LSym *s = v->call ? v->call->sym : NULL;
	bool to0 = v->op == SSA_CALL ? s->abi == ABI0 : v->call && v->call->abi0;
	if (e->abi0 && !to0)
		enter_internal(e);
	if (call_is_tail(v)) {
		op_to(e, OP_RET, v->op == SSA_CALL ? (Addr){.type = ADDR_BRANCH, .name = NAME_EXTERN, .sym = s} : reg(f->arg_regs[r][0]));
		return;
	}
	switch (v->op) {
	case SSA_CALL:
		call_sym(e, s);
		break;
	case SSA_CALLCLOSURE:
		op2(e, AMOVQ, mem(REG_DX, 0), reg(REG_R12));
		op_to(e, OP_CALL, reg(REG_R12));
		break;
	case SSA_CALLPTR:
		op_to(e, OP_CALL, reg(f->arg_regs[r][0]));
		break;
	}
	if (!e->abi0 && to0)
		enter_internal(e);
}

// The upper half of the register is known to be zero.
static bool upper_zero(Func *f, Ref r)
{
	Value *v = val(f, r);
	if (v->op < SSA_ARCH || v->type != SSA_I32 || v->width > 4)
		return false;
	switch (mop(v->op)->cls) {
	case MC_BINARY: case MC_MUL: case MC_UNARY1: case MC_DIV: case MC_CMOV:
		return true;
	case MC_SHIFT:
		return v->width == 4;
	case MC_LOAD:
		return v->op == M_LOAD;
	case MC_UNARY:
		return v->op == M_ZX || v->op == M_BSF || v->op == M_POPCNT;
	}
	return false;
}

static void emit_machine(Emit *e, Ref r)
{
	Func *f = e->f;
	Value *v = val(f, r);
	const MOp *m = mop(v->op);
	u16 *in = f->arg_regs[r], d = f->reg[r];
	u16 as = m->as[width_index(v->width)];
	switch (m->cls) {
	case MC_CONST:
		emit_const(e, v->imm, v->type, d);
		break;
	case MC_FCONST:
		if (v->imm == 0) {
			op2(e, AXORPS, reg(d), reg(d));
		} else {
			double x;
			memcpy(&x, &v->imm, 8);
			op2(e, as, ext(float_sym(e, x, v->width), 0), reg(d));
		}
		break;
	case MC_LEA: {
		Addr a = mem_of(e, r);
		if (a.name == NAME_NONE && !a.index && a.offset == 0)
			move_reg(e, a.reg, d, SSA_PTR);
		else if (a.name == NAME_NONE && !a.index && a.reg == d && !e->flags_live)
			op2(e, AADDQ, imm(a.offset), reg(d));
		else if (a.name == NAME_NONE && a.index && a.scale == 1 && a.offset == 0 && a.reg == d && !e->flags_live)
			op2(e, AADDQ, reg(a.index), reg(d));
		else
			op2(e, ALEAQ, a, reg(d));
		break;
	}
	case MC_LOAD:
		op2(e, as, mem_of(e, r), reg(d));
		break;
	case MC_STORE:
		op2(e, as, v->form == FORM_MI ? imm((i32)(v->imm2 >> 32)) : reg(in[0]), mem_of(e, r));
		break;
	case MC_STOREZ:
		op2(e, as, reg(REG_X15), mem_of(e, r));
		break;
	case MC_UNARY:
		if (v->op == M_COPY) {
			move_reg(e, in[0], d, v->width == 8 ? SSA_I64 : SSA_I32);
			break;
		}
		if (v->op == M_ZX && v->width == 8 && in[0] == d)
			break;
		if (v->op == M_ZX && v->width == 4 && in[0] == d && upper_zero(f, v->a[0]))
			break;
		if (v->op == M_POPCNT && in[0] != d) // false dependency on the destination
			op2(e, AXORL, reg(d), reg(d));
		op2(e, as, reg(in[0]), reg(d));
		break;
	case MC_BINARY:
		if (v->op == M_ADD && v->form != FORM_RM && !v->cc) {
			emit_add(e, v, as, d, in);
			break;
		}
		op2(e, as, v->form == FORM_RI ? imm(v->imm) : v->form == FORM_RM ? mem_of(e, r) : reg(in[1]), reg(d));
		break;
	case MC_MUL:
		if (v->form == FORM_RI)
			op3(e, v->width == 8 ? AIMUL3Q : AIMUL3L, imm(v->imm), reg(in[0]), reg(d));
		else
			op2(e, as, v->form == FORM_RM ? mem_of(e, r) : reg(in[1]), reg(d));
		break;
	case MC_UNARY1:
		op_to(e, as, reg(d));
		break;
	case MC_SHIFT:
		op2(e, as, v->form == FORM_RI ? imm(v->imm) : reg(REG_CX), reg(d));
		break;
	case MC_HMUL: case MC_MULHILO:
		op_from(e, as, reg(in[1]));
		break;
	case MC_DIV:
		emit_div(e, v, as, in);
		break;
	case MC_DIV128:
		op_from(e, as, reg(in[2]));
		break;
	case MC_CMP:
		if (v->op == M_BT) {
			op2(e, as, imm(v->imm), reg(in[0]));
			break;
		}
		if (v->op == M_TEST) {
			op2(e, as, v->form == FORM_RI ? imm(v->imm) : reg(in[1]), reg(in[0]));
			break;
		}
		switch (v->form) {
		case FORM_RR: op2(e, as, reg(in[0]), reg(in[1])); break;
		case FORM_RI: op2(e, as, reg(in[0]), imm(v->imm)); break;
		case FORM_RM: op2(e, as, reg(in[0]), mem_of(e, r)); break;
		case FORM_MI: op2(e, as, mem_of(e, r), imm((i32)(v->imm2 >> 32))); break;
		}
		break;
	case MC_FCMP:
		op2(e, as, v->form == FORM_RM ? mem_of(e, r) : reg(in[1]), reg(in[0]));
		break;
	case MC_SETCC:
		if (v->type == SSA_FLAGS)
			break;
		if (v->cc == CC_FEQ || v->cc == CC_FNE) {
			bool eq = v->cc == CC_FEQ;
			op_to(e, eq ? ASETPC : ASETPS, reg(REG_R13));
			op_to(e, eq ? ASETEQ : ASETNE, reg(d));
			op2(e, eq ? AANDL : AORL, reg(REG_R13), reg(d));
		} else {
			op_to(e, setcc[v->cc], reg(d));
		}
		break;
	case MC_CMOV:
		op2(e, (v->width == 8 ? cmovq : cmovl)[v->cc], reg(in[1]), reg(d));
		break;
	case MC_FCMOV: {
		Prog *over = label_new(e);
		jump(e, jcc[cc_invert(v->cc)], over);
		op2(e, AMOVUPS, reg(in[1]), reg(d));
		label_here(e, over);
		break;
	}
	case MC_SBBMASK:
		op2(e, as, reg(d), reg(d));
		break;
	case MC_RMW:
		op2(e, as, v->form == FORM_MI ? imm((i32)(v->imm2 >> 32)) : reg(in[0]), mem_of(e, r));
		break;
	case MC_FMA:
		op3(e, as, reg(in[2]), reg(in[1]), reg(d));
		break;
	case MC_FROUND:
		op3(e, as, imm(v->imm), reg(in[0]), reg(d));
		break;
	case MC_CVT:
		op2(e, AXORPS, reg(d), reg(d));
		op2(e, as, reg(in[0]), reg(d));
		break;
	case MC_CVTU2F:
		emit_u2f(e, v, as, d, in[0]);
		break;
	case MC_CVTF2U:
		emit_f2u(e, v, as, d, in[0]);
		break;
	case MC_BOUNDS:
		emit_bounds(e, r);
		break;
	case MC_NILCHECK:
		op2(e, ATESTB, reg(REG_AX), mem(in[0], 0));
		break;
	case MC_MOVELOOP:
		emit_block_loop(e, true, v->imm);
		break;
	case MC_ZEROLOOP:
		emit_block_loop(e, false, v->imm);
		break;
	case MC_XCHG: case MC_XADD: {
		u16 x = d;
		if (v->type == SSA_VOID)
			op2(e, AMOVQ, reg(in[0]), reg(x = REG_R13));
		if (v->op == M_XADD)
			op0(e, ALOCK);
		op2(e, as, reg(x), mem_of(e, r));
		break;
	}
	case MC_CMPXCHG:
		op0(e, ALOCK);
		op2(e, as, reg(in[1]), mem_of(e, r));
		if (d)
			op_to(e, ASETEQ, reg(d));
		break;
	case MC_LOCK:
		op0(e, ALOCK);
		op2(e, as, reg(in[0]), mem_of(e, r));
		break;
	case MC_RMWLOOP: {
		Prog *top = label_new(e);
		bool q = v->width == 8;
		op2(e, q ? AMOVQ : v->width == 1 ? AMOVBLZX : AMOVL, mem_of(e, r), reg(REG_AX));
		label_here(e, top);
		op2(e, q ? AMOVQ : AMOVL, reg(REG_AX), reg(REG_R13));
		op2(e, as, reg(in[0]), reg(REG_R13));
		op0(e, ALOCK);
		op2(e, q ? ACMPXCHGQ : v->width == 1 ? ACMPXCHGB : ACMPXCHGL, reg(REG_R13), mem_of(e, r));
		jump(e, AJNE, top);
		break;
	}
	case MC_PREFETCH:
		op_from(e, v->cc ? APREFETCHNTA : APREFETCHT0, mem_of(e, r));
		break;
	case MC_PAUSE:
		op0(e, APAUSE);
		break;
	case MC_WBCALL: {
		char name[] = "gcWriteBarrier0";
		name[sizeof name - 2] = (char)('0' + v->imm);
		call_sym(e, runtime_sym(e, name));
		break;
	}
	case MC_LOADPC:
		op2(e, AMOVQ, (Addr){.type = ADDR_MEM, .name = NAME_PARAM, .offset = -8}, reg(d));
		break;
	}
}

static void emit_value(Emit *e, Ref r)
{
	Func *f = e->f;
	Value *v = val(f, r);
	if (v->pos)
		e->pos = v->pos;
	switch (v->op) {
	case SSA_PHI: case SSA_PARAM: case SSA_CLOSUREPTR: case SSA_RESULT: case SSA_GETG: case SSA_VARDEF: case SSA_VARLIVE:
	case SSA_KEEPALIVE: case SSA_WBEND: case SSA_NONE:
		return;
	case SSA_REGMOVE:
		move_reg(e, f->arg_regs[r][0], f->reg[r], v->type);
		return;
	case SSA_REGSWAP:
		op2(e, AXCHGQ, reg(f->arg_regs[r][0]), reg(f->reg[r]));
		return;
	case SSA_SPILL: {
		u16 op = mov_op(v->type, is_x(f->arg_regs[r][0]));
		if (f->slots[v->imm2].is_param && op == AMOVL) // the homes of parameters are packed
			op = v->type == SSA_I8 ? AMOVB : v->type == SSA_I16 ? AMOVW : AMOVL;
		op2(e, op, reg(f->arg_regs[r][0]), slot_addr(e, (u32)v->imm2, 0));
		return;
	}
	case SSA_RELOAD: {
		u16 op = mov_op(v->type, is_x(f->reg[r]));
		if (f->slots[v->imm2].is_param && op == AMOVL)
			op = v->type == SSA_I8 ? AMOVBLZX : v->type == SSA_I16 ? AMOVWLZX : AMOVL;
		op2(e, op, slot_addr(e, (u32)v->imm2, 0), reg(f->reg[r]));
		return;
	}
	case SSA_SLOTMOVE:
		if (v->imm == v->imm2)
			return;
		op2(e, AMOVSD, slot_addr(e, (u32)v->imm, 0), reg(REG_X14));
		op2(e, AMOVSD, reg(REG_X14), slot_addr(e, (u32)v->imm2, 0));
		return;
	}
	if (v->nargs || op_is_call(v->op)) // others do not fault
		set_args(e, e->args_set);
	if (op_is_call(v->op))
		emit_call(e, r);
	else
		emit_machine(e, r);
}

// Flags are live from a FLAGS value to its last consumer in the block.
static void note_flags(Emit *e, const Value *v, u32 *left)
{
	if (v->op < SSA_ARCH)
		return;
	if (v->type == SSA_FLAGS) {
		*left = v->uses;
		e->flags_live = *left != 0;
		return;
	}
	for (u32 i = 0; i < v->nargs; i++)
		if (val(e->f, v->a[i])->type == SSA_FLAGS && *left && --*left == 0)
			e->flags_live = false;
}

static bool ends_in_tail_call(Func *f, const BasicBlock *bb)
{
	return bb->nvals && call_is_tail(val(f, bb->vals[bb->nvals - 1]));
}

static void emit_branch(Emit *e, BlockId b, BlockId next)
{
	Func *f = e->f;
	BasicBlock *bb = &f->blocks[b];
	if (bb->pos)
		e->pos = bb->pos;
	switch (bb->kind) {
	case BLOCK_PLAIN: case BLOCK_DEFER:
		if (bb->succs[0] != next)
			jump(e, OP_JMP, e->label[bb->succs[0]]);
		break;
	case BLOCK_RET:
		op0(e, OP_RET);
		break;
	case BLOCK_EXIT:
		if (!ends_in_tail_call(f, bb))
			op0(e, OP_UNDEF);
		break;
	case BLOCK_ARCH: {
		u8 cc = bb->cond;
		BlockId yes = bb->succs[0], no = bb->succs[1];
		if (cc == CC_FNE) {
			cc = CC_FEQ;
			yes = bb->succs[1], no = bb->succs[0];
		}
		if (cc == CC_FEQ) {
			jump(e, AJNE, e->label[no]);
			if (next == yes) {
				jump(e, AJPS, e->label[no]);
			} else {
				jump(e, AJPC, e->label[yes]);
				if (next != no)
					jump(e, OP_JMP, e->label[no]);
			}
		} else if (next == yes) {
			jump(e, jcc[cc_invert(cc)], e->label[no]);
		} else {
			jump(e, jcc[cc], e->label[yes]);
			if (next != no)
				jump(e, OP_JMP, e->label[no]);
		}
		break;
	}
	case BLOCK_JUMPTABLE: {
		JumpTable t = {.sym = val(f, bb->controls[1])->sym, .n = bb->nsuccs};
		t.targets = NEWN(e->a, Prog *, t.n);
		for (u32 i = 0; i < t.n; i++)
			t.targets[i] = e->label[bb->succs[i]];
		vec_push(e->a, &e->tables, t);
		op_to(e, OP_JMP, (Addr){.type = ADDR_MEM, .reg = bb->control_regs[1], .index = bb->control_regs[0], .scale = 8});
		break;
	}
	}
}

// Slots that may be scanned before they are written.
static void emit_zeroing(Emit *e)
{
	for (u32 i = 0; i < e->maps.nzero; i++) {
		Slot *s = &e->f->slots[e->maps.zero_slots[i]];
		i64 size = ALIGN_UP(s->size, 8), at = 0;
		if (size > 256) {
			Prog *top = label_new(e);
			Addr a = slot_addr(e, e->maps.zero_slots[i], 0);
			op2(e, ALEAQ, a, reg(REG_R12));
			op2(e, AMOVL, imm(size / 64), reg(REG_R13));
			label_here(e, top);
			for (int k = 0; k < 4; k++)
				op2(e, AMOVUPS, reg(REG_X15), mem(REG_R12, k * 16));
			op2(e, AADDQ, imm(64), reg(REG_R12));
			op_to(e, ADECL, reg(REG_R13));
			jump(e, AJNE, top);
			at = size / 64 * 64;
		}
		for (; at + 16 <= size; at += 16)
			op2(e, AMOVUPS, reg(REG_X15), slot_addr(e, e->maps.zero_slots[i], at));
		if (at < size)
			op2(e, AMOVQ, imm(0), slot_addr(e, e->maps.zero_slots[i], at));
	}
}

// ---- inlining ------------------------------------------------------------------------------------

static Pos line_of(Pos p) { return p >> 20; } // with the file

// Every inlined call needs an instruction of its caller on the call's line: one that is there, or a NOP before the first
// instruction of the inlined body (runtime/symtab.go, inlineUnwinder: parentPc).
static void inline_marks(Emit *e, Prog *first)
{
	FuncInfo *info = e->out->info;
	if (!info->ninl)
		return;
	u32 n = info->ninl;
	Prog **before = NEWN(e->a, Prog *, n), **mark = NEWN(e->a, Prog *, n);
	bool *seen = NEWN(e->a, bool, n);
	// The address of a function without a prologue must not be inside an inlined one (runtime.FuncForPC).
	Prog *entry = first;
	while (entry->next && (entry->next->op == OP_NOP || entry->next->op == OP_PCDATA || entry->next->op == OP_FUNCDATA))
		entry = entry->next;
	if (entry->next && entry->next->inl && e->f->is_leaf) {
		Prog *nop = prog_new(e->a, AXCHGL);
		nop->from = nop->to = reg(REG_AX);
		nop->pos = e->f->ir->pos;
		nop->next = entry->next;
		entry->next = nop;
	}
	for (Prog *p = first; p->next; p = p->next) {
		Prog *q = p->next;
		if (q->op == OP_NOP || q->op == OP_PCDATA || q->op == OP_FUNCDATA)
			continue;
		for (i32 k = (i32)q->inl - 1; k >= 0 && !seen[k]; k = info->inl[k].parent) {
			seen[k] = true;
			before[k] = p;
		}
	}
	// A call site's position to the node waiting for it.
	Map want = {0};
	u32 *chain = NEWN(e->a, u32, n);
	for (u32 k = 0; k < n; k++) {
		if (!seen[k])
			continue;
		u64 key = line_of(info->inl[k].pos) ^ (u64)(u32)(info->inl[k].parent + 1) * 0x9e3779b97f4a7c15u;
		chain[k] = (u32)(uintptr_t)map_get(&want, key);
		map_put(e->a, &want, key, (void *)(uintptr_t)(k + 1));
	}
	for (Prog *q = first; q; q = q->next) {
		if (q->op == OP_NOP || q->op == OP_PCDATA || q->op == OP_FUNCDATA || q->op == OP_TEXT || !q->pos)
			continue;
		u64 key = line_of(q->pos) ^ (u64)q->inl * 0x9e3779b97f4a7c15u;
		u32 k = (u32)(uintptr_t)map_get(&want, key);
		for (; k; k = chain[k - 1])
			if (line_of(info->inl[k - 1].pos) == line_of(q->pos) && info->inl[k - 1].parent + 1 == (i32)q->inl && !mark[k - 1])
				mark[k - 1] = q;
	}
	InlMark *marks = NEWN(e->a, InlMark, n);
	u32 nm = 0;
	for (u32 k = 0; k < n; k++) {
		if (!seen[k])
			continue;
		if (!mark[k]) {
			Prog *p = prog_new(e->a, AXCHGL);
			p->from = p->to = reg(REG_AX);
			p->pos = info->inl[k].pos;
			p->inl = (u32)(info->inl[k].parent + 1);
			p->is_stmt = 1;
			p->next = before[k]->next;
			before[k]->next = p;
			mark[k] = p;
		}
		marks[nm++] = (InlMark){mark[k], k};
	}
	e->out->inl_marks = marks;
	e->out->ninl_marks = nm;
}

// ---- the function --------------------------------------------------------------------------------

static void register_spills(Emit *e)
{
	Func *f = e->f;
	BasicBlock *bb = &f->blocks[1];
	u32 n = 0;
	RegSpill *s = RAWN(e->a, RegSpill, 32);
	for (u32 k = 0; k < bb->nvals; k++) {
		Value *v = val(f, bb->vals[k]);
		if (v->op != SSA_PARAM)
			continue;
		for (u32 i = 0; i < f->abi->nparams; i++) {
			AbiValue *p = &f->abi->params[i];
			for (u32 j = 0; p->in_regs && j < p->n; j++) {
				AbiPart *part = &f->abi->parts[p->first + j];
				bool x = type_is_float(part->type);
				if (part->reg != v->imm || x != type_is_float(v->type))
					continue;
				static const u16 mv[] = {[SSA_I8] = AMOVB, [SSA_I16] = AMOVW, [SSA_I32] = AMOVL, [SSA_I64] = AMOVQ, [SSA_PTR] = AMOVQ,
					[SSA_F32] = AMOVSS, [SSA_F64] = AMOVSD};
				static const u16 ld[] = {[SSA_I8] = AMOVBLZX, [SSA_I16] = AMOVWLZX, [SSA_I32] = AMOVL, [SSA_I64] = AMOVQ, [SSA_PTR] = AMOVQ,
					[SSA_F32] = AMOVSS, [SSA_F64] = AMOVSD};
				CHECK(n < 32);
				s[n++] = (RegSpill){.reg = f->reg[bb->vals[k]], .store = mv[part->type], .load = ld[part->type],
					.addr = {.type = ADDR_MEM, .name = NAME_PARAM, .offset = p->spill_off + part->offset}};
			}
		}
	}
	e->out->spills = s;
	e->out->nspills = n;
}

static void open_defer_info(Emit *e)
{
	Func *f = e->f;
	if (!f->has_open_defers)
		return;
	// runtime/panic.go, initOpenCodedDefers: two varints, offsets below varp.
	Buf b = {0};
	buf_uvarint(&b, (u64)-f->slots[f->open_defer_bits_slot].offset);
	buf_uvarint(&b, (u64)-f->slots[f->open_defer_slot].offset);
	LSym *s = obj_symf(e->o, ABI0, STR_FMT ".opendefer", STR_ARG(e->out->sym->name));
	if (obj_define(e->o, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		sym_bytes(e->o, s, 0, b.p, b.n);
		s->dupok = true;
		s->content_addr = true;
		s->align = 1;
	}
	buf_free(&b);
	funcdata(e, 4, s);
}

void amd64_emit(Func *f, AsmFunc *out)
{
	Emit em = {.f = f, .out = out, .a = f->arena, .o = out->obj, .map_now = -1, .unsafe_now = -1, .args_now = -1};
	Emit *e = &em;
	e->abi0 = out->sym->abi == ABI0;
	e->all_unsafe = func_unsafe(f);
	e->maps = stackmap_build(f);
	e->label = NEWN(f->arena, Prog *, f->nblocks);
	for (u32 i = 0; i < f->norder; i++)
		e->label[f->order[i]] = label_new(e);
	e->last_pos = UINT32_MAX;
	Prog *first = prog_new(f->arena, OP_TEXT);
	first->pos = f->ir ? f->ir->pos : 0;
	e->last = first;
	funcdata(e, 0, e->maps.args);
	funcdata(e, 1, e->maps.locals);
	funcdata(e, 2, e->maps.objects);
	open_defer_info(e);
	funcdata(e, 5, arginfo_build(f));
	e->has_args = arglive_build(f, &e->args);
	register_spills(e);
	emit_zeroing(e);
	bool prev_unsafe = false;
	f->value_progs = NEWN(f->arena, Prog *, f->nvals);
	f->block_progs = NEWN(f->arena, Prog *, 2 * f->norder + 1);
	for (u32 i = 0; i < f->norder; i++) {
		BlockId b = f->order[i];
		BasicBlock *bb = &f->blocks[b];
		label_here(e, e->label[b]);
		e->flags_live = false;
		if (e->has_args)
			e->args_set = e->args.in[b];
		u32 flags_left = 0;
		prev_unsafe = bb->unsafe;
		f->block_progs[2 * i] = e->last;
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref r = bb->vals[k];
			Value *v = val(f, r);
			bool inserted = v->op >= SSA_REGMOVE && v->op <= SSA_SLOTMOVE;
			bool unsafe = inserted ? prev_unsafe || bb->unsafe : (v->flags & VF_UNSAFE) != 0;
			if (inserted && !unsafe)
				for (u32 j = k + 1; j < bb->nvals && !unsafe; j++) {
					Value *w = val(f, bb->vals[j]);
					if (w->op >= SSA_REGMOVE && w->op <= SSA_SLOTMOVE)
						continue;
					unsafe = (w->flags & VF_UNSAFE) != 0;
					break;
				}
			set_unsafe(e, unsafe);
			prev_unsafe = unsafe;
			f->value_progs[r] = e->last;
			emit_value(e, r);
			if (e->has_args)
				e->args_set = arglive_after(&e->args, f, r, e->args_set);
			note_flags(e, val(f, r), &flags_left);
		}
		set_unsafe(e, bb->unsafe);
		f->block_progs[2 * i + 1] = e->last;
		emit_branch(e, b, i + 1 < f->norder ? f->order[i + 1] : 0);
	}
	set_unsafe(e, false);
	f->block_progs[2 * f->norder] = e->last;
	for (u32 i = 0; i < e->stubs.n; i++)
		emit_stub(e, &e->stubs.p[i]);
	// The return address of a last call must lie inside the function.
	if (e->last->op == OP_CALL) {
		Prog *p = op0(e, AXCHGL);
		p->from = p->to = reg(REG_AX);
	}
	if (e->has_args)
		funcdata(e, 6, obj_gclocals(e->o, e->args.bytes.p, e->args.bytes.n));
	buf_free(&e->args.bytes);
	out->first = first;
	out->jump_tables = e->tables.p;
	out->njump_tables = e->tables.n;
	inline_marks(e, first);
}
