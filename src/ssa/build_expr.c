// build_expr.c: expressions to values: constants, variables, arithmetic, comparison; the other kinds of
// expression are in files of their own. Facts: cmd/compile/internal/ssagen/ssa.go, walk/compare.go.
#include "ssa/build.h"

bool is_signed(Type *t)
{
	Type *u = type_under(t);
	return u->kind == TY_BASIC && (u->info & INFO_INT) && !(u->info & INFO_UNSIGNED);
}

bool node_is_const(IrNode *n, i64 *v)
{
	while (n->op == IR_CONVNOP)
		n = n->a;
	if (n->op != IR_CONST || const_kind(n->val) != CONST_INT)
		return false;
	u64 u;
	if (const_is_i64(n->val, v))
		return true;
	if (!const_is_u64(n->val, &u))
		return false;
	*v = (i64)u;
	return true;
}

bool is_simple(IrNode *n)
{
	for (;; n = n->a) {
		switch (n->op) {
		case IR_CONST: case IR_NIL: case IR_ZERO: case IR_VAR: case IR_GLOBAL: case IR_FUNC: case IR_TYPEDESC:
			return true;
		case IR_FIELD: case IR_CONVNOP: case IR_LEN: case IR_CAP: case IR_REAL: case IR_IMAG:
			if (n->op == IR_LEN || n->op == IR_CAP) {
				u8 k = type_under(n->a->type)->kind;
				if (k == TY_MAP || k == TY_CHAN)
					return false;
			}
			continue;
		case IR_ADDR:
			switch (n->a->op) {
			case IR_VAR: case IR_GLOBAL: case IR_FIELD:
				continue;
			}
			return false;
		default:
			return false;
		}
	}
}

bool is_addressable(Builder *b, IrNode *n)
{
	for (;; n = n->a) {
		switch (n->op) {
		case IR_VAR:
			return var_info(b, n->var)->where != AT_SSA;
		case IR_GLOBAL: case IR_DEREF:
			return true;
		case IR_INDEX: {
			u8 k = type_under(n->a->type)->kind;
			if (k == TY_SLICE)
				return true;
			if (k != TY_ARRAY)
				return false;
			continue;
		}
		case IR_FIELD:
			continue;
		default:
			return false;
		}
	}
}

Ref nil_check(Builder *b, Ref p)
{
	Value *v = &b->f->vals[p];
	if (v->flags & VF_NONNIL || v->op == SSA_NILCHECK)
		return p;
	return e1(b, SSA_NILCHECK, v->type, p);
}

Mem addr(Builder *b, IrNode *n)
{
	switch (n->op) {
	case IR_VAR:
		if (var_info(b, n->var)->where == AT_SSA)
			break;
		return var_mem(b, n->var);
	case IR_GLOBAL:
		return mem_of_ptr(b, symaddr(b, ir_global_sym(b->u, n->global), 0));
	case IR_FIELD:
		return mem_at(addr(b, n->a), struct_offset(type_under(n->a->type), n->index));
	case IR_DEREF: {
		Ref p = expr1(b, n->a);
		set_pos(b, n);
		if (!(n->flags & IRF_NONNIL))
			p = nil_check(b, p);
		return mem_of_ptr(b, p);
	}
	case IR_INDEX:
		return index_mem(b, n);
	case IR_CONVNOP:
		return addr(b, n->a);
	case IR_STMTEXPR:
		if (!n->list.n && n->a && is_addressable(b, n->a)) {
			stmts(b, n->body);
			return addr(b, n->a);
		}
		break;
	}
	return rv_to_mem(b, expr(b, n), false); // no variable: the value in a temporary
}

// ---- constants ------------------------------------------------------------------------------------------

static Rv const_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->type);
	const Const *c = n->val;
	if (u->kind == TY_BASIC) {
		if (u->info & INFO_BOOL)
			return rv1(sh, ci(b, SSA_I8, const_as_bool(c)));
		if (u->info & INFO_STRING) {
			Str s = const_as_string(c);
			Ref p = s.n ? symaddr(b, obj_string(b->u->obj, s), 0) : ci(b, SSA_PTR, 0);
			return (Rv){sh, {p, ci(b, SSA_I64, s.n)}};
		}
		if (u->info & INFO_FLOAT)
			return rv1(sh, cf(b, sh->c[0].type, u->basic == B_FLOAT32 ? (double)const_as_f32(c) : const_as_f64(c)));
		if (u->info & INFO_COMPLEX) {
			const Const *re = const_kind(c) == CONST_COMPLEX ? const_real(b->a, c) : c;
			const Const *im = const_kind(c) == CONST_COMPLEX ? const_imag(b->a, c) : NULL;
			bool f32 = u->basic == B_COMPLEX64;
			double x = f32 ? (double)const_as_f32(re) : const_as_f64(re);
			double y = !im ? 0 : f32 ? (double)const_as_f32(im) : const_as_f64(im);
			return (Rv){sh, {cf(b, sh->c[0].type, x), cf(b, sh->c[1].type, y)}};
		}
	}
	if (const_kind(c) != CONST_INT)
		c = const_to_int(b->a, c);
	return rv1(sh, ci(b, sh->c[0].type, (i64)const_wrap64(c)));
}

// ---- arithmetic -------------------------------------------------------------------------------------------

Ref not_(Builder *b, Ref x)
{
	i64 c;
	if (is_const(b, x, &c))
		return ci(b, SSA_I8, !c);
	return e2(b, SSA_EQ, SSA_I8, x, ci(b, SSA_I8, 0));
}

static Ref widen(Builder *b, Ref x)
{
	return b->f->vals[x].type == SSA_F32 ? e1(b, SSA_F2F, SSA_F64, x) : x;
}

static Ref narrow(Builder *b, u8 type, Ref x)
{
	return type == SSA_F32 ? e1(b, SSA_F2F, SSA_F32, x) : x;
}

static Rv complex_op(Builder *b, Op op, const Shape *sh, Rv x, Rv y)
{
	u8 t = sh->c[0].type;
	if (op == OP_ADD || op == OP_SUB) {
		u16 o = op == OP_ADD ? SSA_FADD : SSA_FSUB;
		return (Rv){sh, {e2(b, o, t, x.c[0], y.c[0]), e2(b, o, t, x.c[1], y.c[1])}};
	}
	Ref xr = widen(b, x.c[0]), xi = widen(b, x.c[1]), yr = widen(b, y.c[0]), yi = widen(b, y.c[1]);
	if (op == OP_DIV) {
		static const u8 res[] = {SSA_F64, SSA_F64};
		Ref out[2];
		rt_n(b, RT_complex128div, res, out, 2, (Ref[]){xr, xi, yr, yi}, 4);
		return (Rv){sh, {narrow(b, t, out[0]), narrow(b, t, out[1])}};
	}
	Ref re = e2(b, SSA_FSUB, SSA_F64, e2(b, SSA_FMUL, SSA_F64, xr, yr), e2(b, SSA_FMUL, SSA_F64, xi, yi));
	Ref im = e2(b, SSA_FADD, SSA_F64, e2(b, SSA_FMUL, SSA_F64, xr, yi), e2(b, SSA_FMUL, SSA_F64, xi, yr));
	return (Rv){sh, {narrow(b, t, re), narrow(b, t, im)}};
}

static i64 fold(Op op, u8 type, bool sg, i64 x, i64 y, bool *ok)
{
	(void)type, (void)sg;
	*ok = true;
	switch (op) {
	case OP_ADD: return (i64)((u64)x + (u64)y);
	case OP_SUB: return (i64)((u64)x - (u64)y);
	case OP_MUL: return (i64)((u64)x * (u64)y);
	case OP_AND: return x & y;
	case OP_OR: return x | y;
	case OP_XOR: return x ^ y;
	case OP_ANDNOT: return x & ~y;
	default: *ok = false; return 0;
	}
}

Rv binary(Builder *b, Op op, Type *t, Rv xv, Rv yv, Type *yt, IrNode *n)
{
	const Shape *sh = shape_of(b, t);
	Type *u = type_under(t);
	if (u->info & INFO_COMPLEX)
		return complex_op(b, op, sh, xv, yv);
	Ref x = xv.c[0], y = yv.c[0];
	u8 k = sh->c[0].type;
	if (u->info & INFO_FLOAT) {
		u16 o = op == OP_ADD ? SSA_FADD : op == OP_SUB ? SSA_FSUB : op == OP_MUL ? SSA_FMUL : SSA_FDIV;
		return rv1(sh, e2(b, o, k, x, y));
	}
	if (u->info & INFO_BOOL) // & and | of booleans, made by rewriting
		return rv1(sh, e2(b, op == OP_AND ? SSA_AND : op == OP_OR ? SSA_OR : SSA_XOR, k, x, y));
	bool sg = is_signed(t);
	i64 c, d;
	bool yc = is_const(b, y, &c);
	switch (op) {
	case OP_SHL: case OP_SHR: {
		u16 o = op == OP_SHL ? SSA_SHL : sg ? SSA_SAR : SSA_SHR;
		u32 width = 8u << (k - SSA_I8);
		bool bounded = n && n->flags & IRF_BOUNDED;
		if (yc) {
			u64 cnt = (u64)c;
			u8 yk = b->f->vals[y].type;
			if (!is_signed(yt)) // the constant is held sign-extended
				cnt = yk == SSA_I8 ? (u8)c : yk == SSA_I16 ? (u16)c : yk == SSA_I32 ? (u32)c : (u64)c;
			if (cnt >= width) {
				if (o != SSA_SAR)
					return rv1(sh, ci(b, k, 0));
				cnt = width - 1;
			}
			if (cnt == 0)
				return xv;
			y = ci(b, SSA_I8, (i64)cnt);
			bounded = true;
		} else if (is_signed(yt) && !bounded) {
			u8 yk = b->f->vals[y].type;
			panic_if(b, e2(b, SSA_LT, SSA_I8, y, ci(b, yk, 0)), RT_panicshift);
		}
		Ref r = e2(b, o, k, x, y);
		if (bounded)
			b->f->vals[r].flags |= VF_BOUNDED;
		return rv1(sh, r);
	}
	case OP_DIV: case OP_REM: {
		if (!yc)
			panic_unless(b, e2(b, SSA_NE, SSA_I8, y, ci(b, k, 0)), RT_panicdivide);
		else if (c == 0) { // vet and the checker forbid it; inlining may still produce it
			rt_panic(b, RT_panicdivide, 0);
			bl_need(b);
			return rv1(sh, ci(b, k, 0));
		}
		u16 o = op == OP_DIV ? (sg ? SSA_DIV : SSA_DIVU) : (sg ? SSA_MOD : SSA_MODU);
		return rv1(sh, e2(b, o, k, x, y));
	}
	default:
		break;
	}
	if (yc && is_const(b, x, &d)) {
		bool ok;
		i64 r = fold(op, k, sg, d, c, &ok);
		if (ok)
			return rv1(sh, ci(b, k, r));
	}
	if (k == SSA_PTR) { // uintptr arithmetic has another shape
		bug("arithmetic on pointers");
	}
	switch (op) {
	case OP_ADD:
		return yc && c == 0 ? xv : rv1(sh, e2(b, SSA_ADD, k, x, y));
	case OP_SUB:
		return yc && c == 0 ? xv : rv1(sh, e2(b, SSA_SUB, k, x, y));
	case OP_MUL:
		return yc && c == 1 ? xv : rv1(sh, e2(b, SSA_MUL, k, x, y));
	case OP_AND:
		return rv1(sh, e2(b, SSA_AND, k, x, y));
	case OP_OR:
		return rv1(sh, e2(b, SSA_OR, k, x, y));
	case OP_XOR:
		return rv1(sh, e2(b, SSA_XOR, k, x, y));
	case OP_ANDNOT:
		return rv1(sh, e2(b, SSA_AND, k, x, yc ? ci(b, k, ~c) : e1(b, SSA_COM, k, y)));
	default:
		bug("binary operation %u", op);
	}
}

static Rv unary_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Rv x = expr(b, n->a);
	Type *u = type_under(n->type);
	u8 k = sh->c[0].type;
	i64 c;
	switch (n->sub) {
	case OP_NOT:
		return rv1(sh, not_(b, x.c[0]));
	case OP_SUB:
		if (u->info & INFO_COMPLEX)
			return (Rv){sh, {e1(b, SSA_FNEG, k, x.c[0]), e1(b, SSA_FNEG, k, x.c[1])}};
		if (u->info & INFO_FLOAT)
			return rv1(sh, e1(b, SSA_FNEG, k, x.c[0]));
		if (is_const(b, x.c[0], &c))
			return rv1(sh, ci(b, k, (i64)(0 - (u64)c)));
		return rv1(sh, e1(b, SSA_NEG, k, x.c[0]));
	case OP_XOR:
		if (is_const(b, x.c[0], &c))
			return rv1(sh, ci(b, k, ~c));
		return rv1(sh, e1(b, SSA_COM, k, x.c[0]));
	case OP_ADD:
		return x;
	}
	bug("unary operation %u", n->sub);
}

// ---- comparison -------------------------------------------------------------------------------------------

// res = false here, and on to end, unless ok.
static void and_then(Builder *b, Ref ok, BlockId end)
{
	BlockId next = bl_new(b);
	bl_if(b, ok, next, end, 0);
	bl_seal(b, next);
	bl_start(b, next);
}

static Ref string_equal(Builder *b, Rv x, Rv y)
{
	i64 n;
	if (is_const(b, x.c[1], &n) && !is_const(b, y.c[1], &n)) {
		Rv t = x;
		x = y, y = t;
	}
	Ref same_len = e2(b, SSA_EQ, SSA_I8, x.c[1], y.c[1]);
	bool known = is_const(b, y.c[1], &n);
	if (known && n == 0)
		return same_len;
	u32 res = sv_new(b, SSA_I8);
	BlockId end = bl_new(b);
	sv_set(b, res, ci(b, SSA_I8, 0));
	and_then(b, same_len, end);
	Ref eq;
	if (known && n <= 64)
		eq = e3(b, SSA_MEMEQ, SSA_I8, x.c[0], y.c[0], y.c[1]);
	else
		eq = rt(b, RT_memequal, SSA_I8, 3, x.c[0], y.c[0], x.c[1]);
	sv_set(b, res, eq);
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return sv_get(b, res);
}

static Ref iface_equal(Builder *b, Type *t, Rv x, Rv y)
{
	Ref same = e2(b, SSA_EQ, SSA_I8, x.c[0], y.c[0]);
	u32 res = sv_new(b, SSA_I8);
	BlockId end = bl_new(b);
	sv_set(b, res, ci(b, SSA_I8, 0));
	and_then(b, same, end);
	Ref eq = rt(b, iface_nmethods(t) ? RT_ifaceeq : RT_efaceeq, SSA_I8, 3, x.c[0], x.c[1], y.c[1]);
	sv_set(b, res, eq);
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return sv_get(b, res);
}

// Values in memory.
static Ref mem_equal(Builder *b, Type *t, Rv x, Rv y)
{
	i64 size = type_size(t);
	if (size == 0)
		return ci(b, SSA_I8, 1);
	if (rtti_is_plain_memory(t)) {
		if (size <= 64)
			return e3(b, SSA_MEMEQ, SSA_I8, x.c[0], y.c[0], ci(b, SSA_I64, size));
		rv_to_mem(b, x, true), rv_to_mem(b, y, true);
		return rt(b, RT_memequal, SSA_I8, 3, x.c[0], y.c[0], ci(b, SSA_I64, size));
	}
	rv_to_mem(b, x, true), rv_to_mem(b, y, true); // marks slots as having their address taken
	IrFunc *eq = rtti_eq_func(b->u, t);
	CHECK(eq);
	Type *p[2] = {TYPE(UNSAFEPTR), TYPE(UNSAFEPTR)}, *r[1] = {TYPE(BOOL)};
	CallInfo *ci_ = NEW(b->a, CallInfo);
	ci_->abi = abi_assign_types(b->a, b->f->target, p, 2, r, 1, false);
	ci_->sym = ir_func_sym(b->u, eq);
	Ref args[2] = {x.c[0], y.c[0]};
	Ref c = e0(b, SSA_CALL, SSA_VOID, 0);
	value_set_args(b->f, c, args, 2);
	b->f->vals[c].call = ci_;
	return e1(b, SSA_RESULT, SSA_I8, c);
}

static bool field_can_panic(Type *u, u32 i)
{
	Object *fo = u->structt.fields[i];
	return !name_is_blank(fo->name) && ir_eq_can_panic(fo->type);
}

// Goes on if those of the fields first to after that are cheap to compare, or those that are not, are equal.
static void fields_equal(Builder *b, Type *u, u32 first, u32 after, bool cheap, Rv x, Rv y, BlockId end)
{
	for (u32 i = first; i < after; i++) {
		Object *fo = u->structt.fields[i];
		const Shape *fs = shape_of(b, fo->type);
		Type *fu = type_under(fo->type);
		if (name_is_blank(fo->name) || fs->n == 0 || cheap != (fs->n == 1 && fu->kind != TY_STRUCT && fu->kind != TY_ARRAY))
			continue;
		and_then(b, equal(b, fo->type, rv_field(b, x, i, fs), rv_field(b, y, i, fs)), end);
	}
}

Ref equal(Builder *b, Type *t, Rv x, Rv y)
{
	Type *u = type_under(t);
	switch (u->kind) {
	case TY_BASIC:
		if (u->info & INFO_STRING)
			return string_equal(b, x, y);
		if (u->info & INFO_FLOAT)
			return e2(b, SSA_FEQ, SSA_I8, x.c[0], y.c[0]);
		if (u->info & INFO_COMPLEX)
			return e2(b, SSA_AND, SSA_I8, e2(b, SSA_FEQ, SSA_I8, x.c[0], y.c[0]), e2(b, SSA_FEQ, SSA_I8, x.c[1], y.c[1]));
		break;
	case TY_INTERFACE:
		return iface_equal(b, t, x, y);
	case TY_STRUCT: {
		if (!x.sh->ssa)
			return mem_equal(b, t, x, y);
		u32 res = sv_new(b, SSA_I8);
		BlockId end = bl_new(b);
		sv_set(b, res, ci(b, SSA_I8, 0));
		// cheap fields first: what is not equal is seen there. But a comparison that may panic keeps its place.
		for (u32 first = 0; first < u->structt.n;) {
			u32 after = first;
			while (after < u->structt.n && (after == first || !field_can_panic(u, first)) && (after == first || !field_can_panic(u, after)))
				after++;
			fields_equal(b, u, first, after, true, x, y, end);
			fields_equal(b, u, first, after, false, x, y, end);
			first = after;
		}
		sv_set(b, res, ci(b, SSA_I8, 1));
		bl_goto(b, end);
		bl_seal(b, end);
		bl_start(b, end);
		return sv_get(b, res);
	}
	case TY_ARRAY: {
		if (!x.sh->ssa)
			return mem_equal(b, t, x, y);
		if (u->array.len == 0 || x.sh->n == 0)
			return ci(b, SSA_I8, 1);
		const Shape *es = shape_of(b, u->array.elem);
		x.sh = y.sh = es;
		return equal(b, u->array.elem, x, y);
	}
	default:
		break;
	}
	return e2(b, SSA_EQ, SSA_I8, x.c[0], y.c[0]);
}

Ref compare(Builder *b, Op op, Type *t, Rv x, Rv y)
{
	if (op == OP_EQL)
		return equal(b, t, x, y);
	Type *u = type_under(t);
	if (op == OP_NEQ) {
		if (u->kind == TY_BASIC && u->info & INFO_FLOAT)
			return e2(b, SSA_FNE, SSA_I8, x.c[0], y.c[0]);
		bool word = u->kind == TY_POINTER || u->kind == TY_MAP || u->kind == TY_CHAN || u->kind == TY_FUNC || u->kind == TY_SLICE ||
			(u->kind == TY_BASIC && !(u->info & (INFO_STRING | INFO_COMPLEX)));
		if (word)
			return e2(b, SSA_NE, SSA_I8, x.c[0], y.c[0]);
		return not_(b, equal(b, t, x, y));
	}
	if (u->info & INFO_STRING) {
		Ref r = rt(b, RT_cmpstring, SSA_I64, 4, x.c[0], x.c[1], y.c[0], y.c[1]);
		Ref z = ci(b, SSA_I64, 0);
		switch (op) {
		case OP_LSS: return e2(b, SSA_LT, SSA_I8, r, z);
		case OP_LEQ: return e2(b, SSA_LE, SSA_I8, r, z);
		case OP_GTR: return e2(b, SSA_LT, SSA_I8, z, r);
		default: return e2(b, SSA_LE, SSA_I8, z, r);
		}
	}
	bool fl = u->info & INFO_FLOAT, sg = is_signed(t);
	u16 lt = fl ? SSA_FLT : sg ? SSA_LT : SSA_ULT, le = fl ? SSA_FLE : sg ? SSA_LE : SSA_ULE;
	switch (op) {
	case OP_LSS: return e2(b, lt, SSA_I8, x.c[0], y.c[0]);
	case OP_LEQ: return e2(b, le, SSA_I8, x.c[0], y.c[0]);
	case OP_GTR: return e2(b, lt, SSA_I8, y.c[0], x.c[0]);
	case OP_GEQ: return e2(b, le, SSA_I8, y.c[0], x.c[0]);
	default: bug("comparison %u", op);
	}
}

static bool is_nil(IrNode *n)
{
	while (n->op == IR_CONVNOP)
		n = n->a;
	if (n->op != IR_ZERO)
		return n->op == IR_NIL;
	u8 k = type_under(n->type)->kind;
	return k == TY_POINTER || k == TY_FUNC || k == TY_SLICE || k == TY_MAP || k == TY_CHAN || k == TY_INTERFACE;
}

// interface == concrete value: the first word decides whether the values need to be looked at; nothing is boxed.
static Ref compare_mixed(Builder *b, IrNode *iface, IrNode *conc, bool iface_first)
{
	Type *ct = conc->a->type;
	Rv i, c;
	if (iface_first) {
		i = expr(b, iface);
		c = expr(b, conc->a);
	} else {
		c = expr(b, conc->a);
		i = expr(b, iface);
	}
	Ref word = symaddr(b, rtti_iface_word(b->u, ct, iface->type), 0);
	u32 res = sv_new(b, SSA_I8);
	BlockId end = bl_new(b);
	sv_set(b, res, ci(b, SSA_I8, 0));
	and_then(b, e2(b, SSA_EQ, SSA_I8, i.c[0], word), end);
	sv_set(b, res, equal(b, ct, dot_value(b, i.c[1], ct), c));
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return sv_get(b, res);
}

// string(bytes) that is only looked at needs no copy, as long as nothing that is evaluated before the look may write.
void borrow(IrNode *n, IrNode *other)
{
	if (n->op == IR_BYTES2STR && (!other || is_simple(other) || (other->op == IR_BYTES2STR && is_simple(other->a))))
		n->flags |= IRF_TMP;
}

Rv map_key(Builder *b, IrNode *n)
{
	borrow(n, NULL);
	return expr(b, n);
}

static Rv compare_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *t = n->a->type, *u = type_under(t);
	Op op = n->sub;
	IrNode *x = n->a, *y = n->b;
	if (is_nil(x) && !is_nil(y)) {
		IrNode *s = x;
		x = y, y = s;
		t = x->type, u = type_under(t);
	}
	if (is_nil(y) && (op == OP_EQL || op == OP_NEQ)) {
		Ref w;
		if (u->kind == TY_SLICE)
			slice_parts(b, x, &w, NULL, NULL);
		else if (u->kind == TY_INTERFACE && is_addressable(b, x))
			w = load1(b, SSA_PTR, addr(b, x));
		else
			w = expr(b, x).c[0];
		return rv1(sh, e2(b, op == OP_EQL ? SSA_EQ : SSA_NE, SSA_I8, w, ci(b, b->f->vals[w].type, 0)));
	}
	bool swap = ir_compares_second_first(n) && !ir_is_ordered(x) && !ir_is_ordered(y);
	if (u->kind == TY_INTERFACE && (op == OP_EQL || op == OP_NEQ)) {
		bool xc = x->op == IR_CONVIFACE, yc = y->op == IR_CONVIFACE;
		if (xc != yc && type_comparable_p((xc ? x : y)->a->type)) {
			Ref r = compare_mixed(b, xc ? y : x, xc ? x : y, yc != swap);
			return rv1(sh, op == OP_NEQ ? not_(b, r) : r);
		}
	}
	borrow(x, y);
	borrow(y, NULL);
	if (swap) {
		IrNode *s = x;
		x = y, y = s;
	}
	Rv l = expr(b, x);
	if (!l.sh->ssa && !is_simple(y) && x->op != IR_CALL) {
		u32 s = tmp_slot(b, l.sh->type);
		mem_store(b, slot_mem(b, s), l);
		l.c[0] = slot_addr(b, s, 0);
	}
	Rv r = expr(b, y);
	set_pos(b, n);
	return rv1(sh, swap ? compare(b, op, t, r, l) : compare(b, op, t, l, r));
}

static Rv andand_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	u32 res = sv_new(b, SSA_I8);
	BlockId t = bl_new(b), f = bl_new(b), end = bl_new(b);
	cond(b, n, t, f, 0);
	bl_seal(b, t);
	bl_start(b, t);
	sv_set(b, res, ci(b, SSA_I8, 1));
	bl_goto(b, end);
	bl_seal(b, f);
	bl_start(b, f);
	sv_set(b, res, ci(b, SSA_I8, 0));
	bl_goto(b, end);
	bl_seal(b, end);
	bl_start(b, end);
	return rv1(sh, sv_get(b, res));
}

static Rv min_max(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->type);
	Rv acc = expr(b, n->list.p[0]);
	for (u32 i = 1; i < n->list.n; i++) {
		Rv x = expr(b, n->list.p[i]);
		if (u->info & INFO_FLOAT) {
			acc = rv1(sh, e2(b, n->op == IR_MIN ? SSA_FMIN : SSA_FMAX, sh->c[0].type, acc.c[0], x.c[0]));
			continue;
		}
		Ref take = n->op == IR_MIN ? compare(b, OP_LSS, n->type, x, acc) : compare(b, OP_LSS, n->type, acc, x);
		for (u32 k = 0; k < sh->n; k++)
			acc.c[k] = e3(b, SSA_SELECT, sh->c[k].type, take, x.c[k], acc.c[k]);
	}
	acc.sh = sh;
	return acc;
}

// ---- parts of strings, slices and the like ---------------------------------------------------------------------

void slice_parts(Builder *b, IrNode *n, Ref *ptr, Ref *len, Ref *cap)
{
	if (is_addressable(b, n)) {
		Mem m = addr(b, n);
		if (ptr)
			*ptr = load1(b, SSA_PTR, m);
		if (len)
			*len = load1(b, SSA_I64, mem_at(m, 8));
		if (cap)
			*cap = load1(b, SSA_I64, mem_at(m, 16));
		return;
	}
	Rv v = expr(b, n);
	if (ptr)
		*ptr = v.c[0];
	if (len)
		*len = v.c[1];
	if (cap)
		*cap = v.c[2];
}

static Rv len_expr(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	Type *u = type_under(n->a->type);
	Ref r;
	if (u->kind == TY_POINTER) { // of a pointer to an array
		expr(b, n->a);
		return rv1(sh, ci(b, SSA_I64, type_under(u->pointer.elem)->array.len));
	}
	switch (u->kind) {
	case TY_ARRAY:
		if (!is_simple(n->a))
			expr(b, n->a);
		return rv1(sh, ci(b, SSA_I64, u->array.len));
	case TY_MAP: {
		Ref m = expr1(b, n->a);
		u32 v = sv_new(b, SSA_I64);
		BlockId some = bl_new(b), end = bl_new(b);
		sv_set(b, v, ci(b, SSA_I64, 0));
		bl_if(b, e2(b, SSA_NE, SSA_I8, m, ci(b, SSA_PTR, 0)), some, end, 1);
		bl_seal(b, some);
		bl_start(b, some);
		Mem mm = {.p = m, .good = true};
		sv_set(b, v, load1(b, SSA_I64, mm)); // Map.used
		bl_goto(b, end);
		bl_seal(b, end);
		bl_start(b, end);
		return rv1(sh, sv_get(b, v));
	}
	case TY_CHAN:
		r = expr1(b, n->a);
		return rv1(sh, rt(b, n->op == IR_LEN ? RT_chanlen : RT_chancap, SSA_I64, 1, r));
	}
	if (n->op == IR_LEN)
		slice_parts(b, n->a, NULL, &r, NULL);
	else
		slice_parts(b, n->a, NULL, NULL, &r);
	return rv1(sh, r);
}

static Rv unsafe_slice(Builder *b, IrNode *n)
{
	const Shape *sh = shape_of(b, n->type);
	bool str = n->op == IR_UNSAFESTRING;
	Ref p = expr1(b, n->a);
	Ref len = to_i64(b, expr1(b, n->b), is_signed(n->b->type));
	p = to_ptr(b, p);
	i64 c;
	set_pos(b, n);
	i64 size = str ? 1 : MAX(type_size(type_under(n->type)->slice.elem), 0);
	if (!(is_const(b, len, &c) && c >= 0))
		panic_if(b, e2(b, SSA_LT, SSA_I8, len, ci(b, SSA_I64, 0)), str ? RT_panicunsafestringlen : RT_panicunsafeslicelen);
	// nil with a length
	BlockId nil = bl_new(b), ok = bl_new(b);
	bl_if(b, e2(b, SSA_EQ, SSA_I8, p, ci(b, SSA_PTR, 0)), nil, ok, -1);
	bl_seal(b, nil);
	bl_start(b, nil);
	panic_if(b, e2(b, SSA_NE, SSA_I8, len, ci(b, SSA_I64, 0)), str ? RT_panicunsafestringnilptr : RT_panicunsafeslicenilptr);
	bl_goto(b, ok);
	bl_seal(b, ok);
	bl_start(b, ok);
	// the end of the memory must not wrap around
	Ref bytes = len;
	if (size == 0)
		bytes = ci(b, SSA_I64, 0);
	else if (size > 1) {
		Ref mul = e2(b, SSA_MUL64HILO, SSA_VOID, len, ci(b, SSA_I64, size));
		Ref hi = e1(b, SSA_RESULT, SSA_I64, mul), lo = e1(b, SSA_RESULT, SSA_I64, mul);
		b->f->vals[lo].imm = 1;
		panic_if(b, e2(b, SSA_NE, SSA_I8, hi, ci(b, SSA_I64, 0)), RT_panicunsafeslicelen);
		bytes = lo;
	}
	if (size) {
		// a nil pointer with length 0 passes: 0 > 0 is false
		Ref room = e1(b, SSA_NEG, SSA_I64, e1(b, SSA_PTRTOINT, SSA_I64, p));
		panic_if(b, e2(b, SSA_ULT, SSA_I8, room, bytes), str ? RT_panicunsafestringlen : RT_panicunsafeslicelen);
	}
	return str ? (Rv){sh, {p, len}} : (Rv){sh, {p, len, len}};
}

// ---- the switchboard ---------------------------------------------------------------------------------------------

Ref expr1(Builder *b, IrNode *n)
{
	Rv v = expr(b, n);
	if (v.sh->n != 1)
		bug("%s has %u components, in " STR_FMT, ir_op_name(n->op), v.sh->n, STR_ARG(b->fn->sym));
	return v.c[0];
}

Rv expr(Builder *b, IrNode *n)
{
	bl_need(b);
	const Shape *sh = n->type && n->type->kind != TY_TUPLE ? shape_of(b, n->type) : NULL;
	switch (n->op) {
	case IR_VAR:
		return rv_as(b, var_get(b, n->var), sh);
	case IR_CONST:
		return const_expr(b, n);
	}
	set_pos(b, n);
	switch (n->op) {
	case IR_NIL: case IR_ZERO:
		return rv_zero(b, sh);
	case IR_GLOBAL: case IR_DEREF:
		return mem_load(b, addr(b, n), sh);
	case IR_FUNC:
		return rv1(sh, symaddr(b, ir_func_value_sym(b->u, n->func), 0));
	case IR_FUNCPC: {
		Ref p = symaddr(b, obj_sym(b->u->obj, n->func->sym, (Abi)n->imm2), 0);
		return rv1(sh, sh->c[0].type == SSA_I64 ? e1(b, SSA_PTRTOINT, SSA_I64, p) : p);
	}
	case IR_CLOSURE:
		return closure_expr(b, n);
	case IR_TYPEDESC: {
		Ref p = symaddr(b, rtti_type(b->u, n->rtype), 0);
		return rv1(sh, sh->c[0].type == SSA_I64 ? e1(b, SSA_PTRTOINT, SSA_I64, p) : p);
	}
	case IR_ADDR: {
		IrNode *a = n->a;
		if (a->op == IR_STRUCTLIT || a->op == IR_ARRAYLIT || a->op == IR_SLICELIT || a->op == IR_MAPLIT)
			return lit_addr(b, a, n->type, n->esc_none);
		if (a->op == IR_ZERO)
			return rv_as(b, rv1(shape_of(b, TYPE(UNSAFEPTR)), new_object(b, a->type, n->esc_none)), sh);
		Mem m = addr(b, a);
		Value *p = &b->f->vals[m.p];
		if (p->op == SSA_SLOTADDR)
			b->f->slots[p->imm2].addr_taken = true;
		Ref r = mem_ptr(b, m);
		return rv_as(b, rv1(b->f->vals[r].type == SSA_PTR ? shape_of(b, TYPE(UNSAFEPTR)) : shape_of(b, TYPE(UINTPTR)), r), sh);
	}
	case IR_FIELD:
		if (is_addressable(b, n->a))
			return mem_load(b, addr(b, n), sh);
		return rv_field(b, expr(b, n->a), n->index, sh);
	case IR_INDEX:
		return index_expr(b, n);
	case IR_MAPINDEX:
		return map_index(b, n);
	case IR_SLICE:
		return slice_expr(b, n);
	case IR_UNARY:
		return unary_expr(b, n);
	case IR_BINARY: {
		bool call_first = n->b->op != IR_CONST && ir_has_call(n->b) && !ir_has_call(n->a); // see operand_order
		Rv x, y;
		if (call_first)
			y = expr(b, n->b);
		x = expr(b, n->a);
		Type *yt = n->b->type;
		if ((n->sub == OP_SHL || n->sub == OP_SHR) && n->b->op == IR_CONST && !type_is(yt, INFO_INT)) {
			yt = TYPE(UINT); // 1 << 2.0
			y = rv1(shape_of(b, yt), ci(b, SSA_I64, (i64)const_wrap64(const_to_int(b->a, n->b->val))));
		} else if (!call_first) {
			y = expr(b, n->b);
		}
		set_pos(b, n);
		return binary(b, n->sub, n->type, x, y, yt, n);
	}
	case IR_COMPARE:
		return compare_expr(b, n);
	case IR_ANDAND: case IR_OROR:
		return andand_expr(b, n);
	case IR_CONCAT:
		return concat_expr(b, n);
	case IR_CONV: case IR_BYTES2STR: case IR_STR2BYTES: case IR_RUNES2STR: case IR_STR2RUNES: case IR_RUNE2STR:
	case IR_SLICE2ARR: case IR_SLICE2ARRPTR:
		return conv_expr(b, n);
	case IR_CONVNOP:
		if (!sh->ssa || is_addressable(b, n->a))
			return mem_load(b, addr(b, n->a), sh);
		return rv_as(b, expr(b, n->a), sh);
	case IR_CONVIFACE: case IR_IFACE2IFACE:
		return conv_iface(b, n);
	case IR_DOTTYPE: {
		Rv v;
		dot_type(b, n, &v, NULL);
		return v;
	}
	case IR_RECV:
		return recv_expr(b, n, NULL);
	case IR_STRUCTLIT: case IR_ARRAYLIT: case IR_SLICELIT:
		return lit_expr(b, n);
	case IR_MAPLIT:
		return map_lit(b, n);
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER:
		return call_expr(b, n, NULL);
	case IR_BLOCK: // an inlined call without results
		stmt(b, n);
		bl_need(b);
		return (Rv){&shape_void, {0}};
	case IR_STMTEXPR: {
		stmts(b, n->body);
		bl_need(b);
		if (!n->a)
			return (Rv){sh ? sh : &shape_void, {0}};
		Rv v = expr(b, n->a);
		return sh ? rv_as(b, v, sh) : v;
	}
	case IR_LEN: case IR_CAP:
		return len_expr(b, n);
	case IR_APPEND:
		return append_expr(b, n);
	case IR_MOVESLICE:
		return move_slice(b, n);
	case IR_COPY:
		return copy_expr(b, n);
	case IR_NEW: {
		if (n->a && (n->a->op == IR_STRUCTLIT || n->a->op == IR_ARRAYLIT))
			return lit_addr(b, n->a, n->type, n->esc_none);
		Type *et = type_under(n->type)->pointer.elem;
		const Shape *es = shape_of(b, et);
		if (!n->a)
			return rv1(sh, new_object(b, et, n->esc_none));
		Rv v = expr(b, n->a);
		Ref p = new_object(b, et, n->esc_none);
		Mem m = mem_of_ptr(b, p);
		m.fresh = !m.stack;
		m.good = true;
		mem_store(b, m, rv_as(b, v, es));
		return rv1(sh, p);
	}
	case IR_MAKESLICE:
		return make_slice(b, n);
	case IR_MAKEMAP:
		return make_map(b, n);
	case IR_MAKECHAN: {
		Ref t = symaddr(b, rtti_type(b->u, n->type), 0);
		Ref size = n->a ? to_i64(b, expr1(b, n->a), is_signed(n->a->type)) : ci(b, SSA_I64, 0);
		bool wide = n->a && !is_signed(n->a->type); // a large unsigned size must not turn negative: makechan64 panics as well
		return rv1(sh, rt(b, wide ? RT_makechan64 : RT_makechan, SSA_PTR, 2, t, size));
	}
	case IR_MIN: case IR_MAX:
		return min_max(b, n);
	case IR_COMPLEX: {
		Ref x = expr1(b, n->a), y = expr1(b, n->b);
		return (Rv){sh, {x, y}};
	}
	case IR_REAL:
		return rv1(sh, expr(b, n->a).c[0]);
	case IR_IMAG:
		return rv1(sh, expr(b, n->a).c[1]);
	case IR_RECOVER: {
		static const u8 res[] = {SSA_PTR, SSA_PTR};
		Rv v = {sh, {0}};
		rt_n(b, RT_gorecover, res, v.c, 2, NULL, 0);
		return v;
	}
	case IR_UNSAFEADD: {
		Ref p = expr1(b, n->a);
		Ref i = to_i64(b, expr1(b, n->b), is_signed(n->b->type));
		return rv1(sh, add_ptr(b, p, i));
	}
	case IR_UNSAFESLICE: case IR_UNSAFESTRING:
		return unsafe_slice(b, n);
	case IR_SLICEDATA: case IR_STRINGDATA: {
		Ref p;
		slice_parts(b, n->a, &p, NULL, NULL);
		return rv_as(b, rv1(shape_of(b, TYPE(UNSAFEPTR)), p), sh);
	}
	case IR_ITABWORD: {
		Ref p = expr(b, n->a).c[0];
		return rv1(sh, sh->c[0].type == SSA_I64 ? e1(b, SSA_PTRTOINT, SSA_I64, p) : p);
	}
	case IR_DATAWORD:
		return rv1(sh, expr(b, n->a).c[1]);
	}
	bug("%s is not an expression, in " STR_FMT, ir_op_name(n->op), STR_ARG(b->fn->sym));
}

void expr_into(Builder *b, Mem dst, IrNode *n, bool fresh)
{
	const Shape *sh = shape_of(b, n->type);
	switch (n->op) {
	case IR_ZERO:
		mem_zero(b, dst, sh);
		return;
	case IR_STRUCTLIT: case IR_ARRAYLIT:
		if (fresh && !sh->ssa) {
			lit_into(b, dst, n);
			return;
		}
		break;
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER:
		if (!sh->ssa && dst.stack) {
			call_expr(b, n, &dst);
			return;
		}
		break;
	case IR_STMTEXPR:
		if (fresh && !n->list.n && n->a) {
			stmts(b, n->body);
			bl_need(b);
			expr_into(b, dst, n->a, true);
			return;
		}
		break;
	}
	Rv v = expr(b, n);
	mem_store(b, dst, v);
}

void expr_multi(Builder *b, IrNode *n, Rv *out, u32 nout)
{
	bl_need(b);
	set_pos(b, n);
	switch (n->op) {
	case IR_CALL: case IR_CALLCLOSURE: case IR_CALLINTER:
		call_multi(b, n, out, nout);
		return;
	case IR_MAPINDEX2: case IR_DOTTYPE2: case IR_RECV2: {
		Ref ok = 0;
		CHECK(nout == 2);
		if (n->op == IR_MAPINDEX2)
			map_index2(b, n, &out[0], &ok);
		else if (n->op == IR_DOTTYPE2)
			dot_type(b, n, &out[0], &ok);
		else
			out[0] = recv_expr(b, n, &ok);
		out[1] = rv1(shape_of(b, TYPE(BOOL)), ok);
		return;
	}
	case IR_STMTEXPR:
		stmts(b, n->body);
		bl_need(b);
		if (n->list.n) {
			for (u32 i = 0; i < nout; i++) {
				out[i] = expr(b, n->list.p[i]);
				if (!out[i].sh->ssa && i + 1 < nout) {
					u32 s = tmp_slot(b, out[i].sh->type);
					mem_store(b, slot_mem(b, s), out[i]);
					out[i].c[0] = slot_addr(b, s, 0);
				}
			}
			return;
		}
		if (n->a) {
			if (nout == 1)
				out[0] = expr(b, n->a);
			else
				expr_multi(b, n->a, out, nout);
		}
		return;
	}
	if (nout == 1) {
		out[0] = expr(b, n);
		return;
	}
	bug("%s does not have %u values, in " STR_FMT, ir_op_name(n->op), nout, STR_ARG(b->fn->sym));
}
