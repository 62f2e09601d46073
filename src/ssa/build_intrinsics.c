// build_intrinsics.c: calls of certain functions of the library that become instructions: intrinsics.def.
#include "ssa/build.h"

typedef enum Kind {
	K_NONE, K_GETG, K_CALLERPC, K_CALLERSP, K_CLOSUREPTR, K_BSWAP, K_PREFETCH, K_PREFETCHS, K_CTZ, K_LEN, K_POPCNT, K_MULOVER, K_MUL64,
	K_ADD64, K_SUB64, K_DIV64, K_TMPSTRING, K_KEEPALIVE, K_ROTL, K_SQRT, K_ABS, K_COPYSIGN, K_FMA, K_ROUND0, K_ROUND1, K_ROUND2,
	K_ROUND3, K_BITCAST, K_SAME, K_ALOAD, K_ASTORE, K_AXCHG, K_AADD, K_ACAS, K_AAND, K_AOR, K_AANDV, K_AORV,
	K_SETABOVE, K_SETLOWEST, K_SETSHIFT, K_MATCHH2, K_MATCHEMPTY, K_MATCHUNUSED, K_MATCHFULL, K_NOTHING,
} Kind;

typedef struct Intrinsic { const char *sym; u8 len, kind, type; } Intrinsic;

static const Intrinsic table[] = {
#define INTRINSIC(s, k, t) {s, sizeof(s) - 1, K_##k, SSA_##t},
#include "ssa/intrinsics.def"
#undef INTRINSIC
};

static const Intrinsic *find(Str sym)
{
	// every package in the table begins with one of these
	if (!(sym.n > 6 && (sym.p[0] == 'i' || sym.p[0] == 'm' || sym.p[0] == 's' || sym.p[0] == 'r' || sym.p[0] == 'c')))
		return NULL;
	// what it means is said by ir's escape analysis
	static const Intrinsic nothing = {"", 0, K_NOTHING, SSA_VOID};
	if (str_has_prefix(sym, "internal/abi.EscapeNonString["))
		return &nothing;
	for (u32 i = 0; i < LENGTH(table); i++)
		if (table[i].len == sym.n && memcmp(table[i].sym, sym.p, sym.n) == 0)
			return &table[i];
	return NULL;
}

bool ssa_is_intrinsic(Str sym) { return find(sym) != NULL; }

// Looked up once for each function: IrFunc.ssa holds the entry, or a mark for "none".
static const Intrinsic *intrinsic_of(IrFunc *f)
{
	static const Intrinsic none;
	const Intrinsic *k = __atomic_load_n(&f->ssa, __ATOMIC_RELAXED);
	if (!k) {
		k = find(f->sym);
		__atomic_store_n(&f->ssa, (void *)(k ? k : &none), __ATOMIC_RELAXED);
	}
	return k == &none || !k ? NULL : k;
}

static Ref result_of(Builder *b, Ref op, u32 i)
{
	Ref r = e1(b, SSA_RESULT, SSA_I64, op);
	b->f->vals[r].imm = i;
	return r;
}

// op if the processor can, else the call. feature: a bool of package runtime.
static Rv guarded(Builder *b, IrNode *n, const char *feature, const Shape *sh, Rv *x, Ref (*op)(Builder *, Rv *, const Intrinsic *),
	const Intrinsic *in)
{
	u32 v = sv_new(b, sh->c[0].type);
	BlockId yes = bl_new(b), no = bl_new(b), end = bl_new(b);
	Ref flag = symaddr(b, obj_sym(b->u->obj, str(feature), ABI0), 0);
	Mem m = {.p = flag, .good = true};
	Ref has = load1(b, SSA_I8, m);
	bl_if(b, e2(b, SSA_NE, SSA_I8, has, ci(b, SSA_I8, 0)), yes, no, 1);
	bl_seal(b, yes);
	bl_seal(b, no);
	bl_start(b, yes);
	sv_set(b, v, op(b, x, in));
	bl_goto(b, end);
	bl_start(b, no);
	Rv out[1];
	emit_static(b, n->func, x, out);
	sv_set(b, v, out[0].c[0]);
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return rv1(sh, sv_get(b, v));
}

static Ref do_popcnt(Builder *b, Rv *x, const Intrinsic *in)
{
	Ref r = x[0].c[0];
	if (in->type == SSA_I16)
		r = e1(b, SSA_ZEXT, SSA_I32, r);
	return to_i64(b, e1(b, SSA_POPCNT, b->f->vals[r].type, r), false);
}

static Ref do_fma(Builder *b, Rv *x, const Intrinsic *in)
{
	(void)in;
	return e3(b, SSA_FMA, SSA_F64, x[0].c[0], x[1].c[0], x[2].c[0]);
}

static Ref do_round(Builder *b, Rv *x, const Intrinsic *in)
{
	Ref r = e1(b, SSA_FROUND, SSA_F64, x[0].c[0]);
	b->f->vals[r].imm = in->kind - K_ROUND0;
	return r;
}

static Ref small_to_i32(Builder *b, Ref r)
{
	u8 t = b->f->vals[r].type;
	return t == SSA_I8 || t == SSA_I16 ? e1(b, SSA_ZEXT, SSA_I32, r) : r;
}

static void keep_alive(Builder *b, IrNode *a)
{
	if (a->op == IR_CONVIFACE) // what is boxed only for this call need not be
		a = a->a;
	keep_value(b, expr(b, a));
}

bool intrinsic(Builder *b, IrNode *n, Rv *out, u32 nout)
{
	const Intrinsic *in = intrinsic_of(n->func);
	if (!in)
		return false;
	Type *rs = n->func->sig->func.results;
	const Shape *sh[2] = {0};
	for (u32 i = 0; i < rs->tuple.n && i < 2; i++)
		sh[i] = shape_of(b, rs->tuple.vars[i]->type);
	if (in->kind == K_KEEPALIVE) {
		keep_alive(b, n->list.p[0]);
		return true;
	}
	Rv x[4];
	CHECK(n->list.n <= LENGTH(x));
	for (u32 i = 0; i < n->list.n; i++)
		x[i] = expr(b, n->list.p[i]);
	set_pos(b, n);
	bl_need(b);
	Ref a0 = n->list.n > 0 ? x[0].c[0] : 0, a1 = n->list.n > 1 ? x[1].c[0] : 0, a2 = n->list.n > 2 ? x[2].c[0] : 0, r = 0, r2 = 0;
	switch (in->kind) {
	case K_NOTHING:
		return true;
	case K_GETG:
		r = e0(b, SSA_GETG, SSA_PTR, 0);
		break;
	case K_CALLERPC:
		r = e0(b, SSA_CALLERPC, SSA_I64, 0);
		break;
	case K_CALLERSP:
		r = e0(b, SSA_CALLERSP, SSA_I64, 0);
		break;
	case K_CLOSUREPTR:
		if (!b->clo)
			b->clo = value_new_at(b->f, 1, 0, SSA_CLOSUREPTR, SSA_PTR, b->pos);
		r = e1(b, SSA_PTRTOINT, SSA_I64, b->clo);
		break;
	case K_BSWAP:
		r = e1(b, SSA_BSWAP, in->type, a0);
		break;
	case K_PREFETCH: case K_PREFETCHS:
		r = e1(b, SSA_PREFETCH, SSA_VOID, to_ptr(b, a0));
		b->f->vals[r].imm = in->kind == K_PREFETCHS;
		return true;
	case K_CTZ:
		if (in->type <= SSA_I16) {
			r = e2(b, SSA_OR, SSA_I32, small_to_i32(b, a0), ci(b, SSA_I32, in->type == SSA_I8 ? 1 << 8 : 1 << 16));
			r = e1(b, SSA_CTZ, SSA_I32, r);
			b->f->vals[r].flags |= VF_BOUNDED;
		} else {
			r = e1(b, SSA_CTZ, in->type, a0);
		}
		r = to_i64(b, r, false);
		break;
	case K_LEN:
		r = to_i64(b, e1(b, SSA_BITLEN, in->type <= SSA_I16 ? SSA_I32 : in->type, small_to_i32(b, a0)), false);
		break;
	case K_POPCNT:
		out[0] = guarded(b, n, "runtime.x86HasPOPCNT", sh[0], x, do_popcnt, in);
		return true;
	case K_FMA:
		out[0] = guarded(b, n, "runtime.x86HasFMA", sh[0], x, do_fma, in);
		return true;
	case K_ROUND0: case K_ROUND1: case K_ROUND2: case K_ROUND3:
		out[0] = guarded(b, n, "runtime.x86HasSSE41", sh[0], x, do_round, in);
		return true;
	case K_MUL64: case K_MULOVER: {
		Ref m = e2(b, SSA_MUL64HILO, SSA_VOID, a0, a1);
		r = result_of(b, m, 0);
		r2 = result_of(b, m, 1);
		if (in->kind == K_MULOVER) {
			Ref hi = r;
			r = r2;
			r2 = e2(b, SSA_NE, SSA_I8, hi, ci(b, SSA_I64, 0));
		}
		break;
	}
	case K_ADD64: case K_SUB64: {
		Ref m = e3(b, in->kind == K_ADD64 ? SSA_ADDC : SSA_SUBB, SSA_VOID, a0, a1, a2);
		r = result_of(b, m, 0);
		r2 = result_of(b, m, 1);
		break;
	}
	case K_DIV64: {
		panic_unless(b, e2(b, SSA_NE, SSA_I8, a2, ci(b, SSA_I64, 0)), RT_panicdivide);
		panic_unless(b, e2(b, SSA_ULT, SSA_I8, a0, a2), RT_panicoverflow);
		Ref m = e3(b, SSA_DIV128, SSA_VOID, a0, a1, a2);
		r = result_of(b, m, 0);
		r2 = result_of(b, m, 1);
		break;
	}
	case K_TMPSTRING:
		out[0] = (Rv){sh[0], {a0, a1}};
		return true;
	case K_ROTL:
		r = e2(b, SSA_ROTL, in->type, a0, a1);
		break;
	case K_SQRT:
		r = e1(b, SSA_FSQRT, SSA_F64, a0);
		break;
	case K_ABS:
		r = e1(b, SSA_FABS, SSA_F64, a0);
		break;
	case K_COPYSIGN:
		r = e2(b, SSA_FCOPYSIGN, SSA_F64, a0, a1);
		break;
	case K_BITCAST:
		r = e1(b, SSA_BITCAST, in->type, a0);
		break;
	case K_SAME:
		r = a0;
		break;
	case K_ALOAD:
		r = e1(b, SSA_ALOAD, in->type, a0);
		break;
	case K_ASTORE:
		e2(b, SSA_ASTORE, SSA_VOID, a0, a1);
		return true;
	case K_AXCHG:
		r = e2(b, SSA_AXCHG, in->type, a0, a1);
		break;
	case K_AADD:
		r = e2(b, SSA_AADD, in->type, a0, a1);
		break;
	case K_ACAS:
		r = e3(b, SSA_ACAS, SSA_I8, a0, a1, a2);
		break;
	case K_AAND: case K_AOR:
		e2(b, in->kind == K_AAND ? SSA_AAND : SSA_AOR, SSA_VOID, a0, a1);
		return true;
	case K_AANDV: case K_AORV:
		r = e2(b, in->kind == K_AANDV ? SSA_AANDV : SSA_AORV, in->type, a0, a1);
		break;
	case K_SETABOVE: { // without the bits below a1
		Ref bit = e2(b, SSA_SHL, SSA_I64, ci(b, SSA_I64, 1), a1);
		b->f->vals[bit].flags |= VF_BOUNDED;
		r = e2(b, SSA_AND, SSA_I64, a0, e1(b, SSA_NEG, SSA_I64, bit));
		break;
	}
	case K_SETLOWEST:
		r = e2(b, SSA_NE, SSA_I8, e2(b, SSA_AND, SSA_I64, a0, ci(b, SSA_I64, 1)), ci(b, SSA_I64, 0));
		break;
	case K_SETSHIFT:
		r = e2(b, SSA_SHR, SSA_I64, a0, ci(b, SSA_I64, 1));
		break;
	case K_MATCHH2:
		r = e2(b, SSA_BYTEEQ, SSA_I64, a0, e2(b, SSA_MUL, SSA_I64, a1, ci(b, SSA_I64, 0x0101010101010101)));
		break;
	case K_MATCHEMPTY:
		r = e2(b, SSA_BYTEEQ, SSA_I64, a0, ci(b, SSA_I64, (i64)0x8080808080808080));
		break;
	case K_MATCHUNUSED:
		r = e1(b, SSA_BYTESIGNS, SSA_I64, a0);
		break;
	case K_MATCHFULL:
		r = e1(b, SSA_BYTESIGNS, SSA_I64, e1(b, SSA_COM, SSA_I64, a0));
		break;
	default:
		bug("intrinsic %s", in->sym);
	}
	Ref rr[2] = {r, r2};
	for (u32 i = 0; i < 2 && i < nout; i++) {
		out[i] = rv1(sh[i], rr[i]);
		u8 have = b->f->vals[rr[i]].type, want = sh[i]->c[0].type;
		if (have != want) // pointers to memory outside the heap, and uintptr
			out[i].c[0] = want == SSA_PTR ? e1(b, SSA_INTTOPTR, SSA_PTR, rr[i]) : e1(b, SSA_PTRTOINT, want, rr[i]);
	}
	if (nout == 0 && sh[0])
		out[0] = rv1(sh[0], r);
	return true;
}
