// ssa_test.c: random SSA functions (straight lines, branches, loops, calls, stack memory), evaluated by a small
// interpreter here and by the machine code the back end makes of them: both must agree. A failure prints the seed;
// SSA_SEED=n runs that one and dumps it, SSA_COUNT=n sets how many are run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "rtti/rtti.h"
#include "ssa/backend.h"

__attribute__((weak)) LSym *rtti_gcbits(IrUnit *u, Type *t) { return NULL; }
__attribute__((weak)) void rtti_pointer_words(Type *t, i64 off, BitSet bits) {}

// ---- calling ---------------------------------------------------------------------------------------

typedef struct Regs { u64 i[9]; double f[15]; } Regs;
static u64 fake_g[64];

// void enter(Regs *r, void *code, void *g): Go's internal ABI from C.
void enter(Regs *r, void *code, void *g);
__asm__(
	".text\nenter:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"sub $264, %rsp; mov %rdi, 256(%rsp)\n"
	"mov %rsi, %r12; mov %rdx, %r14\n"
	"mov %rdi, %r13\n"
	"movsd 72(%r13), %xmm0; movsd 80(%r13), %xmm1; movsd 88(%r13), %xmm2; movsd 96(%r13), %xmm3\n"
	"mov 0(%r13), %rax; mov 8(%r13), %rbx; mov 16(%r13), %rcx; mov 24(%r13), %rdi; mov 32(%r13), %rsi\n"
	"mov 40(%r13), %r8; mov 48(%r13), %r9; mov 56(%r13), %r10; mov 64(%r13), %r11\n"
	"xorps %xmm15, %xmm15\n"
	"call *%r12\n"
	"mov 256(%rsp), %r13\n"
	"mov %rax, 0(%r13); mov %rbx, 8(%r13); mov %rcx, 16(%r13); mov %rdi, 24(%r13); movsd %xmm0, 72(%r13); movsd %xmm1, 80(%r13)\n"
	"add $264, %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

// int64, float64 = callee(int64, int64, float64): a*3 + b^0x55, x+1; destroys every other register.
void callee(void);
__asm__(
	".text\ncallee:\n"
	"lea (%rax,%rax,2), %rax; xor $0x55, %rbx; add %rbx, %rax\n"
	"mov $0x3ff0000000000000, %rbx; movq %rbx, %xmm1; addsd %xmm1, %xmm0\n"
	"mov $0xdeadbeefdeadbeef, %rbx; mov %rbx, %rcx; mov %rbx, %rdx; mov %rbx, %rsi; mov %rbx, %rdi; mov %rbx, %r8\n"
	"mov %rbx, %r9; mov %rbx, %r10; mov %rbx, %r11; mov %rbx, %r12; mov %rbx, %r13; mov %rbx, %r15\n"
	"movq %rbx, %xmm1; movq %rbx, %xmm2; movq %rbx, %xmm3; movq %rbx, %xmm4; movq %rbx, %xmm5; movq %rbx, %xmm6\n"
	"movq %rbx, %xmm7; movq %rbx, %xmm8; movq %rbx, %xmm9; movq %rbx, %xmm10; movq %rbx, %xmm11; movq %rbx, %xmm12\n"
	"movq %rbx, %xmm13; movq %rbx, %xmm14\n"
	"mov %rbx, 8(%rsp); mov %rbx, 16(%rsp); mov %rbx, 24(%rsp)\n" // the spill area is the callee's
	"ret\n");
static void die(void) { abort(); }

// ---- loading ---------------------------------------------------------------------------------------

typedef struct Image { u8 *p; u64 n, cap; Map at; } Image;

static u8 *place(Arena *a, Image *im, LSym *s)
{
	u8 *old = map_get(&im->at, PKEY(s));
	if (old)
		return old;
	if (str_is(s->name, "test.callee") || str_is(s->name, "runtime.panicBounds") || str_has_prefix(s->name, "runtime.")) {
		u8 *t = im->p + im->n; // a thunk near the code
		im->n += 16;
		t[0] = 0xff, t[1] = 0x25;
		put_u32(t + 2, 0);
		put_u64(t + 6, (u64)(uintptr_t)(str_is(s->name, "test.callee") ? (void *)callee : (void *)die));
		map_put(a, &im->at, PKEY(s), t);
		return t;
	}
	im->n = ALIGN_UP(im->n, 32);
	u8 *p = im->p + im->n;
	im->n += s->size;
	CHECK(im->n < im->cap);
	if (s->ndata)
		memcpy(p, s->data, s->ndata);
	map_put(a, &im->at, PKEY(s), p);
	for (u32 i = 0; i < s->nrelocs; i++) {
		Reloc *r = &s->relocs[i];
		switch (r->type) {
		case R_CALL: case R_PCREL:
			put_u32(p + r->off, (u32)(i32)((i64)(uintptr_t)place(a, im, r->sym) + r->add - (i64)(uintptr_t)(p + r->off + 4)));
			break;
		case R_ADDR:
			put_u64(p + r->off, (u64)(uintptr_t)place(a, im, r->sym) + (u64)r->add);
			break;
		default:
			break;
		}
	}
	return p;
}

// ---- generating ------------------------------------------------------------------------------------

typedef struct Gen {
	Func *f;
	Arena *a;
	BlockId b;
	u64 rng;
	VEC(Ref) vals[8];       // by SsaType: what may be used here
	u32 budget, depth;
	u32 slots[2];           // of 64 bytes
	LSym *callee;
} Gen;

static u32 rnd(Gen *g, u32 n)
{
	g->rng = g->rng * 6364136223846793005u + 1442695040888963407u;
	return (u32)((g->rng >> 33) % n);
}

static Ref node(Gen *g, u16 op, u8 type, u32 n, const Ref *args)
{
	Ref r = value_new(g->f, g->b, op, type, 0);
	value_set_args(g->f, r, args, n);
	return r;
}
static Ref n1(Gen *g, u16 op, u8 type, Ref a) { return node(g, op, type, 1, &a); }
static Ref n2(Gen *g, u16 op, u8 type, Ref a, Ref b) { return node(g, op, type, 2, (Ref[]){a, b}); }
static Ref konst(Gen *g, u8 type, i64 c)
{
	Ref r = value_new(g->f, g->b, SSA_CONST, type, 0);
	u32 s = 64 - ssa_type_size(type) * 8;
	val(g->f, r)->imm = (i64)((u64)c << s) >> s;
	return r;
}
static Ref any(Gen *g, u8 type)
{
	if (rnd(g, 8) == 0 && type != SSA_F64) {
		static const i64 cs[] = {0, 1, -1, 2, 3, 7, 8, 64, 127, 128, 255, 256, 1000, -5, 0x7fffffff, 0x80000000, 0x123456789abc, INT64_MIN};
		return konst(g, type, cs[rnd(g, LENGTH(cs))]);
	}
	u32 n = g->vals[type].n;
	u32 k = rnd(g, 3) ? rnd(g, n) : n - 1 - rnd(g, MIN(n, 4u));
	return g->vals[type].p[k];
}
static void have(Gen *g, Ref r) { vec_push(g->a, &g->vals[val(g->f, r)->type], r); }
static u8 int_type(Gen *g) { static const u8 t[] = {SSA_I8, SSA_I16, SSA_I32, SSA_I64, SSA_I64, SSA_I32}; return t[rnd(g, 6)]; }

static Ref boolean(Gen *g)
{
	if (rnd(g, 5) == 0)
		return n2(g, (u16)(SSA_FEQ + rnd(g, 4)), SSA_I8, any(g, SSA_F64), any(g, SSA_F64));
	u8 t = int_type(g);
	return n2(g, (u16)(SSA_EQ + rnd(g, 6)), SSA_I8, any(g, t), any(g, t));
}

static Ref slot_ptr(Gen *g, i64 *off)
{
	Ref p = value_new(g->f, g->b, SSA_SLOTADDR, SSA_PTR, 0);
	val(g->f, p)->imm2 = g->slots[rnd(g, 2)];
	*off = 0;
	if (rnd(g, 2)) {
		Ref seven = konst(g, SSA_I64, 3), three = konst(g, SSA_I64, 3);
		Ref ix = n2(g, SSA_AND, SSA_I64, any(g, SSA_I64), seven);
		Ref sh = n2(g, SSA_SHL, SSA_I64, ix, three);
		val(g->f, sh)->flags |= VF_BOUNDED;
		p = n2(g, SSA_ADDPTR, SSA_PTR, p, sh);
		if (rnd(g, 2)) {
			p = n1(g, SSA_OFFPTR, SSA_PTR, p);
			val(g->f, p)->imm = 8;
		}
	}
	*off += rnd(g, 3) * 8;
	return p;
}

static void step(Gen *g)
{
	u8 t = int_type(g);
	switch (rnd(g, 26)) {
	case 0: case 1: case 2: case 3: {
		static const u16 ops[] = {SSA_ADD, SSA_SUB, SSA_MUL, SSA_AND, SSA_OR, SSA_XOR, SSA_ADD, SSA_HMUL, SSA_HMULU};
		u16 op = ops[rnd(g, LENGTH(ops))];
		have(g, n2(g, op, t, any(g, t), any(g, t)));
		break;
	}
	case 4: {
		u8 ct = rnd(g, 2) ? SSA_I64 : SSA_I8;
		have(g, n2(g, (u16)(SSA_SHL + rnd(g, 3)), t, any(g, t), any(g, ct)));
		break;
	}
	case 5: {
		Ref c = n2(g, SSA_AND, SSA_I64, any(g, SSA_I64), konst(g, SSA_I64, (i64)ssa_type_size(t) * 8 - 1));
		Ref r = n2(g, (u16)(SSA_SHL + rnd(g, 4)), t, any(g, t), c);
		val(g->f, r)->flags |= VF_BOUNDED;
		have(g, r);
		break;
	}
	case 6: {
		static const i64 ds[] = {1, 2, 3, 5, 7, 8, 10, 16, 100, 127, 641, 1000, 65537, 1000000007, -1, -2, -3, -7, -128, INT64_MIN, INT64_MAX, 6700417,
			0x7fffffff, 60, 3600, 24, 365};
		Ref d = 0;
		if (rnd(g, 2)) {
			i64 c = ds[rnd(g, LENGTH(ds))];
			u32 s = 64 - ssa_type_size(t) * 8;
			if ((u64)c << s)
				d = konst(g, t, c);
		}
		if (!d)
			d = n2(g, SSA_OR, t, any(g, t), konst(g, t, 1));
		have(g, n2(g, (u16)(SSA_DIV + rnd(g, 4)), t, any(g, t), d));
		break;
	}
	case 7:
		have(g, n1(g, rnd(g, 2) ? SSA_NEG : SSA_COM, t, any(g, t)));
		break;
	case 8:
		if (t != SSA_I64)
			have(g, n1(g, rnd(g, 2) ? SSA_SEXT : SSA_ZEXT, (u8)(t + 1 + rnd(g, SSA_I64 - t)), any(g, t)));
		break;
	case 9:
		if (t != SSA_I8)
			have(g, n1(g, SSA_TRUNC, (u8)(SSA_I8 + rnd(g, t - SSA_I8)), any(g, t)));
		break;
	case 10: {
		Ref c = boolean(g);
		have(g, node(g, SSA_SELECT, t, 3, (Ref[]){c, any(g, t), any(g, t)}));
		if (rnd(g, 2))
			have(g, c);
		break;
	}
	case 11: case 12:
		have(g, n2(g, (u16)(SSA_FADD + rnd(g, 4)), SSA_F64, any(g, SSA_F64), any(g, SSA_F64)));
		break;
	case 13:
		switch (rnd(g, 7)) {
		case 0: have(g, n1(g, SSA_FNEG, SSA_F64, any(g, SSA_F64))); break;
		case 1: have(g, n1(g, SSA_FABS, SSA_F64, any(g, SSA_F64))); break;
		case 2: have(g, n2(g, SSA_FMIN, SSA_F64, any(g, SSA_F64), any(g, SSA_F64))); break;
		case 3: have(g, n2(g, SSA_FMAX, SSA_F64, any(g, SSA_F64), any(g, SSA_F64))); break;
		case 4: have(g, n2(g, SSA_FCOPYSIGN, SSA_F64, any(g, SSA_F64), any(g, SSA_F64))); break;
		case 5: have(g, node(g, SSA_SELECT, SSA_F64, 3, (Ref[]){boolean(g), any(g, SSA_F64), any(g, SSA_F64)})); break;
		case 6: have(g, n1(g, SSA_BITCAST, SSA_I64, any(g, SSA_F64))); break;
		}
		break;
	case 14:
		have(g, n1(g, rnd(g, 2) ? SSA_I2F : SSA_U2F, SSA_F64, any(g, SSA_I64)));
		break;
	case 15:
		have(g, n1(g, SSA_F2I, SSA_I64, any(g, SSA_F64)));
		break;
	case 16: case 17: {
		i64 off;
		Ref p = slot_ptr(g, &off);
		u8 ty = rnd(g, 4) ? t : SSA_F64;
		Ref s = n2(g, SSA_STORE, SSA_VOID, p, any(g, ty));
		val(g->f, s)->imm = off;
		break;
	}
	case 18: case 19: case 20: {
		i64 off;
		Ref p = slot_ptr(g, &off);
		Ref l = n1(g, SSA_LOAD, t, p);
		val(g->f, l)->imm = off;
		have(g, l);
		if (rnd(g, 3) == 0) { // load, change, store
			Ref x = n2(g, (u16)(SSA_AND + rnd(g, 3)), t, l, any(g, t));
			Ref s = n2(g, SSA_STORE, SSA_VOID, p, x);
			val(g->f, s)->imm = off;
		}
		break;
	}
	case 21: {
		Ref args[3] = {any(g, SSA_I64), any(g, SSA_I64), any(g, SSA_F64)};
		Ref c = node(g, SSA_CALL, SSA_VOID, 3, args);
		CallInfo *ci = NEW(g->a, CallInfo);
		ci->sym = g->callee;
		ci->abi = abi_assign_scalars(g->a, g->f->target, (u8[]){SSA_I64, SSA_I64, SSA_F64}, 3, (u8[]){SSA_I64, SSA_F64}, 2);
		val(g->f, c)->call = ci;
		g->f->has_calls = true;
		Ref r0 = n1(g, SSA_RESULT, SSA_I64, c), r1 = n1(g, SSA_RESULT, SSA_F64, c);
		val(g->f, r1)->imm = 1;
		have(g, r0);
		have(g, r1);
		break;
	}
	case 22: {
		u16 op = (u16)(SSA_CTZ + rnd(g, 5));
		if (op == SSA_BSWAP && t == SSA_I8)
			break;
		u8 rt = op == SSA_BSWAP || op == SSA_BITREV ? t : SSA_I64;
		have(g, n1(g, op, rt, any(g, t)));
		break;
	}
	case 23: {
		if (rnd(g, 2)) {
			Ref m = n2(g, SSA_MUL64HILO, SSA_VOID, any(g, SSA_I64), any(g, SSA_I64));
			Ref hi = n1(g, SSA_RESULT, SSA_I64, m), lo = n1(g, SSA_RESULT, SSA_I64, m);
			val(g->f, lo)->imm = 1;
			have(g, hi);
			have(g, lo);
		} else {
			Ref c = n1(g, SSA_ZEXT, SSA_I64, boolean(g));
			Ref m = node(g, rnd(g, 2) ? SSA_ADDC : SSA_SUBB, SSA_VOID, 3, (Ref[]){any(g, SSA_I64), any(g, SSA_I64), c});
			Ref s = n1(g, SSA_RESULT, SSA_I64, m), co = n1(g, SSA_RESULT, SSA_I64, m);
			val(g->f, co)->imm = 1;
			have(g, s);
			have(g, co);
		}
		break;
	}
	case 24: {
		Ref ix = n2(g, SSA_AND, SSA_I64, any(g, SSA_I64), konst(g, SSA_I64, 7));
		Ref bo = n2(g, SSA_BOUNDS, SSA_I64, ix, konst(g, SSA_I64, 8 + rnd(g, 100)));
		have(g, bo);
		break;
	}
	case 25: { // copy between or clear parts of the slots
		Ref p = value_new(g->f, g->b, SSA_SLOTADDR, SSA_PTR, 0), q = value_new(g->f, g->b, SSA_SLOTADDR, SSA_PTR, 0);
		val(g->f, p)->imm2 = g->slots[0];
		val(g->f, q)->imm2 = g->slots[1];
		Ref m = rnd(g, 2) ? n2(g, SSA_MOVE, SSA_VOID, p, q) : n1(g, SSA_ZERO, SSA_VOID, p);
		val(g->f, m)->imm2 = 1 + rnd(g, rnd(g, 4) ? 80 : 600);
		break;
	}
	}
}

static void body(Gen *g);

static void marks(Gen *g, u32 *m)
{
	for (u32 t = 0; t < 8; t++)
		m[t] = g->vals[t].n;
}
static void restore(Gen *g, const u32 *m)
{
	for (u32 t = 0; t < 8; t++)
		g->vals[t].n = m[t];
}
static const u8 phi_types[] = {SSA_I64, SSA_F64, SSA_I32, SSA_I8, SSA_I64};

static void branch(Gen *g)
{
	Ref c = boolean(g);
	bool empty = rnd(g, 3) == 0;
	BlockId b = g->b, yes = block_new(g->f, BLOCK_PLAIN), end = block_new(g->f, BLOCK_PLAIN);
	BlockId no = empty ? end : block_new(g->f, BLOCK_PLAIN);
	BasicBlock *bb = &g->f->blocks[b];
	bb->kind = BLOCK_IF;
	bb->likely = (i8)((int)rnd(g, 3) - 1);
	bb->controls = NEWN(g->a, Ref, 1);
	bb->controls[0] = c;
	bb->ncontrols = 1;
	val(g->f, c)->uses++;
	block_add_edge(g->f, b, yes);
	block_add_edge(g->f, b, empty ? end : no);
	u32 m[8], nphi = rnd(g, 5);
	Ref x[8][2];
	marks(g, m);
	if (empty)
		for (u32 i = 0; i < nphi; i++)
			x[i][1] = g->vals[phi_types[i]].p[rnd(g, g->vals[phi_types[i]].n)];
	g->b = yes;
	body(g);
	for (u32 i = 0; i < nphi; i++)
		x[i][0] = g->vals[phi_types[i]].p[rnd(g, g->vals[phi_types[i]].n)];
	BlockId e1 = g->b, e2 = b;
	restore(g, m);
	if (!empty) {
		g->b = no;
		body(g);
		for (u32 i = 0; i < nphi; i++)
			x[i][1] = g->vals[phi_types[i]].p[rnd(g, g->vals[phi_types[i]].n)];
		e2 = g->b;
		restore(g, m);
	}
	g->b = end;
	bool swap = empty;
	if (!empty)
		block_add_edge(g->f, e2, end);
	block_add_edge(g->f, e1, end);
	(void)swap;
	for (u32 i = 0; i < nphi; i++) // predecessors: e2 first
		have(g, node(g, SSA_PHI, phi_types[i], 2, (Ref[]){x[i][1], x[i][0]}));
}

static void loop(Gen *g)
{
	BlockId pre = g->b, head = block_new(g->f, BLOCK_IF), in = block_new(g->f, BLOCK_PLAIN), out = block_new(g->f, BLOCK_PLAIN);
	u32 nphi = 1 + rnd(g, 5), m[8];
	Ref x[8], phi[8];
	x[0] = konst(g, SSA_I64, 0);
	for (u32 i = 1; i < nphi; i++)
		x[i] = g->vals[phi_types[i]].p[rnd(g, g->vals[phi_types[i]].n)];
	block_add_edge(g->f, pre, head);
	g->b = head;
	for (u32 i = 0; i < nphi; i++) {
		phi[i] = node(g, SSA_PHI, phi_types[i], 2, (Ref[]){x[i], x[i]});
		have(g, phi[i]);
	}
	Ref c = n2(g, SSA_LT, SSA_I8, phi[0], konst(g, SSA_I64, 2 + rnd(g, 5)));
	BasicBlock *hb = &g->f->blocks[head];
	hb->controls = NEWN(g->a, Ref, 1);
	hb->controls[0] = c;
	hb->ncontrols = 1;
	val(g->f, c)->uses++;
	block_add_edge(g->f, head, in);
	block_add_edge(g->f, head, out);
	marks(g, m);
	g->b = in;
	body(g);
	Ref next = n2(g, SSA_ADD, SSA_I64, phi[0], konst(g, SSA_I64, 1));
	value_replace_arg(g->f, phi[0], 1, next);
	for (u32 i = 1; i < nphi; i++) { // now and then another phi: swaps
		Ref y = rnd(g, 3) ? g->vals[phi_types[i]].p[g->vals[phi_types[i]].n - 1 - rnd(g, MIN(g->vals[phi_types[i]].n, 6u))] : 0;
		if (!y)
			for (u32 k = 1; k < nphi; k++)
				if (phi_types[k] == phi_types[i] && k != i)
					y = phi[k];
		if (y)
			value_replace_arg(g->f, phi[i], 1, y);
	}
	block_add_edge(g->f, g->b, head);
	restore(g, m);
	g->b = out;
}

static void body(Gen *g)
{
	g->depth++;
	u32 n = 2 + rnd(g, 12);
	for (u32 i = 0; i < n && g->budget; i++) {
		g->budget--;
		u32 k = rnd(g, 14);
		if (k == 0 && g->depth < 5)
			branch(g);
		else if (k == 1 && g->depth < 4)
			loop(g);
		else
			step(g);
	}
	g->depth--;
}

// ---- interpreting ----------------------------------------------------------------------------------

typedef struct Interp { Func *f; u64 *v; u8 mem[2][1024]; u32 slots[2]; u64 hi[1]; } Interp;

static i64 sx(u64 x, u8 t)
{
	u32 s = 64 - ssa_type_size(t) * 8;
	return (i64)(x << s) >> s;
}
static u64 zx(u64 x, u8 t)
{
	u32 s = 64 - ssa_type_size(t) * 8;
	return x << s >> s;
}
static double fl(u64 x) { double d; memcpy(&d, &x, 8); return d; }
static u64 bits(double d) { u64 x; memcpy(&x, &d, 8); return x; }

static u64 div_op(u16 op, u64 a, u64 b, u8 t)
{
	i64 x = sx(a, t), y = sx(b, t);
	u64 ux = zx(a, t), uy = zx(b, t);
	switch (op) {
	case SSA_DIV: return y == -1 ? 0 - (u64)x : (u64)(x / y);
	case SSA_MOD: return y == -1 ? 0 : (u64)(x % y);
	case SSA_DIVU: return ux / uy;
	default: return ux % uy;
	}
}

// Pointers are slot number << 32 + offset + 1 << 40.
static u8 *mem_at(Interp *in, u64 p)
{
	return &in->mem[p >> 32 & 1][(u32)p];
}

static double go_min(double a, double b)
{
	if (a != a) return a;
	if (b != b) return b;
	if (a == 0 && b == 0) return bits(a) >> 63 ? a : b;
	return a < b ? a : b;
}

static void interp(Interp *in, Regs *r)
{
	Func *f = in->f;
	BlockId b = 1, prev = 0;
	u64 steps = 0;
	for (;;) {
		BasicBlock *bb = &f->blocks[b];
		u32 pi = 0;
		while (prev && bb->preds[pi] != prev)
			pi++;
		u64 phis[64];
		u32 np = 0;
		for (; np < bb->nvals && val(f, bb->vals[np])->op == SSA_PHI; np++)
			phis[np] = in->v[value_args(val(f, bb->vals[np]))[pi]];
		for (u32 k = 0; k < np; k++)
			in->v[bb->vals[k]] = phis[k];
		for (u32 k = np; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			u64 a = v->nargs > 0 ? in->v[v->a[0]] : 0, c = v->nargs > 1 ? in->v[v->a[1]] : 0, d = v->nargs > 2 ? in->v[v->a[2]] : 0, x = 0;
			u8 t = v->type, at = v->nargs ? val(f, v->a[0])->type : 0;
			u32 w = ssa_type_size(t) * 8;
			CHECK(++steps < 50000000);
			switch (v->op) {
			case SSA_PARAM: x = type_is_float(t) ? bits(r->f[v->imm]) : r->i[v->imm]; break;
			case SSA_CONST: case SSA_FCONST: x = (u64)v->imm; break;
			case SSA_SLOTADDR: x = (u64)(v->imm2 == in->slots[1]) << 32 | 256; break;
			case SSA_ADDPTR: case SSA_ADD: x = a + c; break;
			case SSA_OFFPTR: x = a + (u64)v->imm; break;
			case SSA_SUB: x = a - c; break;
			case SSA_MUL: x = a * c; break;
			case SSA_HMUL: x = (u64)(((__int128)sx(a, t) * sx(c, t)) >> w); break;
			case SSA_HMULU: x = (u64)(((unsigned __int128)zx(a, t) * zx(c, t)) >> w); break;
			case SSA_AND: x = a & c; break;
			case SSA_OR: x = a | c; break;
			case SSA_XOR: x = a ^ c; break;
			case SSA_DIV: case SSA_DIVU: case SSA_MOD: case SSA_MODU: x = div_op(v->op, a, c, t); break;
			case SSA_SHL: case SSA_SHR: case SSA_SAR: {
				u64 n = zx(c, val(f, v->a[1])->type);
				x = v->op == SSA_SHL ? (n >= w ? 0 : a << n) : v->op == SSA_SHR ? (n >= w ? 0 : zx(a, t) >> n) : (u64)(sx(a, t) >> (n >= w ? w - 1 : n));
				break;
			}
			case SSA_ROTL: { u64 n = c & (w - 1), z = zx(a, t); x = n ? z << n | z >> (w - n) : z; break; }
			case SSA_NEG: x = 0 - a; break;
			case SSA_COM: x = ~a; break;
			case SSA_CTZ: { u64 z = zx(a, at); x = z ? (u64)__builtin_ctzll(z) : ssa_type_size(at) * 8; break; }
			case SSA_BITLEN: { u64 z = zx(a, at); x = z ? 64 - (u64)__builtin_clzll(z) : 0; break; }
			case SSA_POPCNT: x = (u64)__builtin_popcountll(zx(a, at)); break;
			case SSA_BSWAP: x = __builtin_bswap64(a) >> (64 - w); break;
			case SSA_BITREV: for (u32 i = 0; i < w; i++) x |= (a >> i & 1) << (w - 1 - i); break;
			case SSA_SEXT: x = (u64)sx(a, at); break;
			case SSA_ZEXT: x = zx(a, at); break;
			case SSA_TRUNC: x = a; break;
			case SSA_I2F: x = bits((double)(i64)a); break;
			case SSA_U2F: x = bits((double)a); break;
			case SSA_F2I: { double z = fl(a); x = z >= -0x1p63 && z < 0x1p63 ? (u64)(i64)z : (u64)INT64_MIN; break; }
			case SSA_BITCAST: x = a; break;
			case SSA_EQ: x = zx(a, at) == zx(c, at); break;
			case SSA_NE: x = zx(a, at) != zx(c, at); break;
			case SSA_LT: x = sx(a, at) < sx(c, at); break;
			case SSA_LE: x = sx(a, at) <= sx(c, at); break;
			case SSA_ULT: x = zx(a, at) < zx(c, at); break;
			case SSA_ULE: x = zx(a, at) <= zx(c, at); break;
			case SSA_FEQ: x = fl(a) == fl(c); break;
			case SSA_FNE: x = fl(a) != fl(c); break;
			case SSA_FLT: x = fl(a) < fl(c); break;
			case SSA_FLE: x = fl(a) <= fl(c); break;
			case SSA_SELECT: x = zx(a, SSA_I8) ? c : d; break;
			case SSA_FADD: x = bits(fl(a) + fl(c)); break;
			case SSA_FSUB: x = bits(fl(a) - fl(c)); break;
			case SSA_FMUL: x = bits(fl(a) * fl(c)); break;
			case SSA_FDIV: x = bits(fl(a) / fl(c)); break;
			case SSA_FNEG: x = a ^ (u64)1 << 63; break;
			case SSA_FABS: x = a & ~((u64)1 << 63); break;
			case SSA_FMIN: x = bits(go_min(fl(a), fl(c))); break;
			case SSA_FMAX: x = bits(-go_min(-fl(a), -fl(c))); break;
			case SSA_FCOPYSIGN: x = (a & ~((u64)1 << 63)) | (c & (u64)1 << 63); break;
			case SSA_LOAD: memcpy(&x, mem_at(in, a + (u64)v->imm), ssa_type_size(t)); break;
			case SSA_STORE: memcpy(mem_at(in, a + (u64)v->imm), &c, ssa_type_size(val(f, v->a[1])->type)); break;
			case SSA_MOVE: memmove(mem_at(in, a), mem_at(in, c), (size_t)v->imm2); break;
			case SSA_ZERO: memset(mem_at(in, a), 0, (size_t)v->imm2); break;
			case SSA_CALL: in->v[bb->vals[k + 1]] = a * 3 + (c ^ 0x55); in->v[bb->vals[k + 2]] = bits(fl(d) + 1); break;
			case SSA_MUL64HILO: {
				unsigned __int128 p = (unsigned __int128)a * c;
				in->v[bb->vals[k + 1]] = (u64)(p >> 64), in->v[bb->vals[k + 2]] = (u64)p;
				break;
			}
			case SSA_ADDC: {
				unsigned __int128 p = (unsigned __int128)a + c + d;
				in->v[bb->vals[k + 1]] = (u64)p, in->v[bb->vals[k + 2]] = (u64)(p >> 64);
				break;
			}
			case SSA_SUBB:
				in->v[bb->vals[k + 1]] = a - c - d, in->v[bb->vals[k + 2]] = (unsigned __int128)a < (unsigned __int128)c + d;
				break;
			case SSA_RESULT: continue;
			case SSA_BOUNDS: x = a; break;
			default: bug("interpreter: %s", ssa_op_name(f, v->op));
			}
			in->v[bb->vals[k]] = type_has_reg(t) && !type_is_float(t) && t != SSA_PTR ? zx(x, t) : x;
		}
		prev = b;
		if (bb->kind == BLOCK_RET) {
			u32 ni = 0, nf = 0;
			for (u32 k = 0; k < bb->ncontrols; k++) {
				Value *v = val(f, bb->controls[k]);
				u64 x = in->v[bb->controls[k]];
				if (type_is_float(v->type))
					r->f[nf++] = fl(x);
				else
					r->i[ni++] = x;
			}
			return;
		}
		b = bb->succs[bb->kind == BLOCK_IF && !zx(in->v[bb->controls[0]], SSA_I8)];
	}
}

// ---- one case --------------------------------------------------------------------------------------

static void one(u64 seed, bool dump)
{
	Arena *a = arena_new();
	ObjPkg *o = obj_new(S("test"));
	IrUnit unit = {.obj = o, .arena = a};
	Func *f = NEW(a, Func);
	f->arena = a;
	f->unit = &unit;
	f->target = &target_amd64;
	f->positions = NEWN(a, PosInl, 1);
	f->npositions = 1;
	f->sym = obj_sym(o, S("test.f"), ABI_INTERNAL);
	obj_define(o, f->sym, SYM_TEXT, 0);
	f->sym->func = obj_alloc(o, sizeof(FuncInfo));
	static const u8 pt[] = {SSA_I64, SSA_I32, SSA_I16, SSA_I8, SSA_I64, SSA_F64, SSA_F64, SSA_I64};
	static const u8 rt[] = {SSA_I64, SSA_I32, SSA_F64, SSA_I64, SSA_F64};
	f->abi = abi_assign_scalars(a, f->target, pt, LENGTH(pt), rt, LENGTH(rt));
	Gen g = {.f = f, .a = a, .rng = seed * 2654435761u + 12345, .budget = 60};
	if (rnd(&g, 4) == 0)
		g.budget = 400;
	g.callee = obj_sym(o, S("test.callee"), ABI_INTERNAL);
	g.b = block_new(f, BLOCK_PLAIN);
	u32 ni = 0, nf = 0;
	for (u32 i = 0; i < LENGTH(pt); i++) {
		Ref p = value_new(f, g.b, SSA_PARAM, pt[i], 0);
		val(f, p)->imm = type_is_float(pt[i]) ? nf++ : ni++;
		have(&g, p);
	}
	for (u32 i = 0; i < 2; i++) {
		g.slots[i] = slot_new(f, NULL, NULL, 768, 8);
		f->slots[g.slots[i]].spill_type = SSA_I64;
	}
	for (u32 i = 0; i < 2; i++) { // defined contents
		Ref p = value_new(f, g.b, SSA_SLOTADDR, SSA_PTR, 0);
		val(f, p)->imm2 = g.slots[i];
		Ref z = n1(&g, SSA_ZERO, SSA_VOID, p);
		val(f, z)->imm2 = 768;
	}
	body(&g);
	body(&g);
	f->blocks[g.b].kind = BLOCK_RET;
	Ref *c = NEWN(a, Ref, LENGTH(rt));
	for (u32 i = 0; i < LENGTH(rt); i++) {
		c[i] = any(&g, rt[i]);
		val(f, c[i])->uses++;
	}
	f->blocks[g.b].controls = c;
	f->blocks[g.b].ncontrols = LENGTH(rt);
	Regs in[4], want[4];
	for (u32 k = 0; k < 4; k++) {
		for (u32 i = 0; i < 9; i++) {
			u64 x = (u64)rnd(&g, 1u << 31) << 33 | (u64)rnd(&g, 1u << 31) << 2;
			in[k].i[i] = k == 0 ? i : k == 1 ? x >> (x & 63) : x;
		}
		for (u32 i = 0; i < 15; i++)
			in[k].f[i] = k == 0 ? i : (double)(i32)rnd(&g, 1u << 31) / (1 + rnd(&g, 100)) - 1e6;
		want[k] = in[k];
		Interp ip = {.f = f, .v = NEWN(a, u64, f->nvals), .slots = {g.slots[0], g.slots[1]}};
		interp(&ip, &want[k]);
	}
	ssa_verify(f, "generate");
	ssa_run_passes(f, dump);
	AsmFunc out = {.obj = o, .sym = f->sym, .arena = a, .from_compiler = true, .info = f->sym->func, .diags = diags_new(a)};
	out.frame = f->locals + f->out_args;
	out.args = f->abi->args_size + f->abi->spill_size;
	f->target->emit(f, &out);
	if (dump)
		for (Prog *p = out.first; p; p = p->next)
			fprintf(stderr, "\t" STR_FMT "\n", STR_ARG(prog_fmt(a, f->target->arch, p)));
	if (!f->target->arch->assemble(&out)) {
		u32 n;
		Diag *d = diags_sorted(out.diags, &n);
		fprintf(stderr, "seed %llu: assembler: " STR_FMT "\n", (unsigned long long)seed, n ? (int)d[0].msg.n : 0, d[0].msg.p);
		fail();
	}
	Image im = {.cap = 1 << 20};
	im.p = mmap(NULL, im.cap, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u8 *code = place(a, &im, f->sym);
	for (u32 k = 0; k < 4; k++) {
		Regs r = in[k];
		enter(&r, code, fake_g);
		bool same = r.i[0] == want[k].i[0] && (u32)r.i[1] == (u32)want[k].i[1] && r.i[2] == want[k].i[2];
		for (u32 i = 0; i < 2; i++)
			same &= bits(r.f[i]) == bits(want[k].f[i]) || (r.f[i] != r.f[i] && want[k].f[i] != want[k].f[i]);
		if (!same) {
			fprintf(stderr, "seed %llu input %u: got %llx %x %llx %g %g want %llx %x %llx %g %g\n", (unsigned long long)seed, k,
				(unsigned long long)r.i[0], (u32)r.i[1], (unsigned long long)r.i[2], r.f[0], r.f[1],
				(unsigned long long)want[k].i[0], (u32)want[k].i[1], (unsigned long long)want[k].i[2], want[k].f[0], want[k].f[1]);
			fail();
		}
	}
	munmap(im.p, im.cap);
	obj_free(o);
	arena_free(a);
}

static void random_functions(void **state)
{
	const char *s = getenv("SSA_SEED"), *c = getenv("SSA_COUNT");
	if (s) {
		one(strtoull(s, NULL, 0), true);
		return;
	}
	u64 n = c ? strtoull(c, NULL, 0) : 2000;
	for (u64 i = 0; i < n; i++) {
		if (getenv("SSA_VERBOSE"))
			fprintf(stderr, "seed %llu\n", (unsigned long long)i);
		one(i, false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_functions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
