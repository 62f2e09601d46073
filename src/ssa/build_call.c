// build_call.c: calls, defer and go, the function's entry and exit. Facts: cmd/compile/internal/ssagen/ssa.go
// (call, exit, openDeferExit), runtime/panic.go, runtime/runtime2.go (_defer).
//
// A function with defers keeps its results in slots. Its one exit runs the deferred calls and loads the results;
// after a recovered panic the runtime enters deferreturn_block, which does the same through runtime.deferreturn.
#include "ssa/build.h"

#include <stdarg.h>

// ---- calls of the runtime ---------------------------------------------------------------------------------------

LSym *rt_sym(Builder *b, RtCall fn)
{
	static const char *const names[] = {
#define X(n) "runtime." #n,
		RUNTIME_CALLS(X)
#undef X
	};
	if (!b->rt[fn])
		b->rt[fn] = obj_sym(b->u->obj, str(names[fn]), ABI_INTERNAL);
	return b->rt[fn];
}

static Ref rt_emit_sym(Builder *b, LSym *fn, const u8 *results, u32 nout, const Ref *args, u32 n, bool no_return)
{
	u8 types[12];
	CHECK(n <= LENGTH(types));
	for (u32 i = 0; i < n; i++)
		types[i] = b->f->vals[args[i]].type;
	CallInfo *c = NEW(b->a, CallInfo);
	c->sym = fn;
	c->abi = abi_assign_scalars(b->a, b->f->target, types, n, results, nout);
	c->no_return = no_return;
	c->nregargs = (u8)n;
	b->f->out_args = MAX(b->f->out_args, c->abi->args_size + c->abi->spill_size);
	Ref r = e0(b, SSA_CALL, SSA_VOID, 0);
	value_set_args(b->f, r, args, n);
	b->f->vals[r].call = c;
	return r;
}

static Ref rt_emit(Builder *b, RtCall fn, const u8 *results, u32 nout, const Ref *args, u32 n, bool no_return)
{
	return rt_emit_sym(b, rt_sym(b, fn), results, nout, args, n, no_return);
}

// runtime.mallocgc for an object of a size and kind known now (runtime/malloc_generated.go, mkmalloc.go): its size class
// is in the name of the function. false: there is no such function.
bool rt_malloc(Builder *b, i64 size, bool pointers, Ref type, Ref *out)
{
	static const u8 classes[] = {0, 8, 16, 24, 32, 48, 64, 80}; // internal/runtime/gc.SizeClassToSize
	enum { TINY = 16 };
	u32 k = 1;
	while (k < LENGTH(classes) && size > classes[k])
		k++;
	if (size <= 0 || k == LENGTH(classes))
		return false;
	LSym *fn = !pointers && size < TINY ? obj_sym(b->u->obj, S("runtime.mallocgcTinySC2"), ABI_INTERNAL)
		: obj_symf(b->u->obj, ABI_INTERNAL, "runtime.mallocgcSmall%sSC%u", pointers ? "ScanNoHeader" : "NoScan", k);
	Ref c = rt_emit_sym(b, fn, (u8[]){SSA_PTR}, 1, (Ref[]){ci(b, SSA_I64, size), type, ci(b, SSA_I8, 1)}, 3, false);
	*out = e1(b, SSA_RESULT, SSA_PTR, c);
	return true;
}

void rt_n(Builder *b, RtCall fn, const u8 *results, Ref *out, u32 nout, const Ref *args, u32 n)
{
	Ref c = rt_emit(b, fn, results, nout, args, n, false);
	for (u32 i = 0; i < nout; i++) {
		out[i] = e1(b, SSA_RESULT, results[i], c);
		b->f->vals[out[i]].imm = i;
	}
}

Ref rt(Builder *b, RtCall fn, u8 result, u32 n, ...)
{
	Ref args[12], out = 0;
	va_list ap;
	va_start(ap, n);
	for (u32 i = 0; i < n; i++)
		args[i] = va_arg(ap, Ref);
	va_end(ap);
	rt_n(b, fn, &result, &out, result != SSA_VOID, args, n);
	return out;
}

void rt_panic(Builder *b, RtCall fn, u32 n, ...)
{
	Ref args[12];
	va_list ap;
	va_start(ap, n);
	for (u32 i = 0; i < n; i++)
		args[i] = va_arg(ap, Ref);
	va_end(ap);
	rt_emit(b, fn, NULL, 0, args, n, true);
	bl_exit(b);
}

static BlockId panic_block(Builder *b, RtCall fn)
{
	for (u32 i = 0; i < MIN(b->npanics, LENGTH(b->panics)); i++)
		if (b->panics[i].kind == fn && b->panics[i].pos == b->pos && !b->blocks[b->panics[i].b].sealed)
			return b->panics[i].b;
	BlockId x = bl_new(b), cur = b->cur;
	b->cur = 0;
	bl_start(b, x); // left unsealed for others to share: it reads no variables
	rt_panic(b, fn, 0);
	b->cur = cur;
	u32 k = b->npanics++ % LENGTH(b->panics);
	b->panics[k].kind = fn, b->panics[k].pos = b->pos, b->panics[k].b = x;
	return x;
}

void panic_if(Builder *b, Ref c, RtCall fn)
{
	bl_need(b);
	BlockId next = bl_new(b);
	bl_if(b, c, panic_block(b, fn), next, -1);
	bl_seal(b, next);
	bl_start(b, next);
}

void panic_unless(Builder *b, Ref ok, RtCall fn)
{
	bl_need(b);
	BlockId next = bl_new(b);
	bl_if(b, ok, next, panic_block(b, fn), 1);
	bl_seal(b, next);
	bl_start(b, next);
}

// ---- calls ----------------------------------------------------------------------------------------------------------

// Emits the call. fn: closure or code pointer for CALLCLOSURE and CALLPTR. args have their parameters' shapes.
static Ref call_emit(Builder *b, u16 op, LSym *sym, Ref fn, AbiInfo *abi, bool abi0, bool tail, Rv *args)
{
	Ref few[24], *regs = abi->nparts + 1 <= LENGTH(few) ? few : NEWN(b->a, Ref, abi->nparts + 1);
	u32 n = 0;
	if (op != SSA_CALL)
		regs[n++] = fn;
	// from memory first: those loads may fault, and nothing must come between the stores of arguments and the call
	for (u32 i = 0; i < abi->nparams; i++) {
		AbiValue *p = &abi->params[i];
		if (!p->in_regs)
			continue;
		for (u32 k = 0; k < p->n; k++) {
			AbiPart *part = &abi->parts[p->first + k];
			regs[n++] = args[i].sh->ssa ? args[i].c[k] : load1(b, part->type, mem_at(mem_of_ptr(b, args[i].c[0]), part->offset));
		}
	}
	for (u32 i = 0; i < abi->nparams; i++) {
		AbiValue *p = &abi->params[i];
		if (p->in_regs || tail)
			continue;
		const Shape *sh = args[i].sh;
		if (!sh->ssa) {
			if (sh->size == 0)
				continue;
			Ref m = e1(b, SSA_MOVEARG, SSA_VOID, args[i].c[0]);
			b->f->vals[m].imm = p->stack_off;
			b->f->vals[m].imm2 = sh->size;
			continue;
		}
		for (u32 k = 0; k < sh->n; k++) {
			Ref s = e1(b, SSA_STOREARG, SSA_VOID, args[i].c[k]);
			b->f->vals[s].imm = p->stack_off + sh->c[k].off;
		}
	}
	CallInfo *c = NEW(b->a, CallInfo);
	c->sym = sym;
	c->abi = abi;
	c->abi0 = abi0;
	c->nregargs = (u8)(n - (op != SSA_CALL));
	c->tail = tail;
	if (!tail)
		b->f->out_args = MAX(b->f->out_args, abi->args_size + abi->spill_size);
	Ref r = e0(b, op, SSA_VOID, 0);
	value_set_args(b->f, r, regs, n);
	b->f->vals[r].call = c;
	return r;
}

// The results of call: those in registers first, as RESULTs must follow the call. dst: where a single result in
// memory goes.
static void call_results(Builder *b, Ref call, AbiInfo *abi, Rv *out, const Mem *dst)
{
	if (!call) {
		for (u32 i = 0; i < abi->nresults; i++) {
			const Shape *sh = shape_of(b, abi->results[i].type);
			out[i] = sh->ssa ? rv_zero(b, sh) : (Rv){sh, {mem_ptr(b, dst ? *dst : slot_mem(b, tmp_slot(b, abi->results[i].type)))}};
		}
		return;
	}
	u32 n = 0;
	Ref *parts = NEWN(b->a, Ref, abi->nparts + 1);
	for (u32 i = 0; i < abi->nresults; i++) {
		AbiValue *v = &abi->results[i];
		for (u32 k = 0; v->in_regs && k < v->n; k++) {
			Ref r = e1(b, SSA_RESULT, abi->parts[v->first + k].type, call);
			b->f->vals[r].imm = n++;
			parts[v->first + k] = r;
		}
	}
	for (u32 i = 0; i < abi->nresults; i++) { // small ones from the stack
		AbiValue *v = &abi->results[i];
		const Shape *sh = shape_of(b, v->type);
		out[i] = (Rv){sh, {0}};
		for (u32 k = 0; sh->ssa && k < sh->n; k++) {
			if (v->in_regs) {
				out[i].c[k] = parts[v->first + k];
				continue;
			}
			out[i].c[k] = e0(b, SSA_LOADRES, sh->c[k].type, v->stack_off + sh->c[k].off);
		}
	}
	for (u32 i = 0; i < abi->nresults; i++) {
		AbiValue *v = &abi->results[i];
		const Shape *sh = out[i].sh;
		if (sh->ssa)
			continue;
		Mem m;
		if (dst) {
			m = *dst;
		} else {
			m = slot_mem(b, tmp_slot(b, v->type));
		}
		out[i].c[0] = mem_ptr(b, m);
		if (v->in_regs) {
			for (u32 k = 0; k < v->n; k++)
				store1(b, mem_at(m, abi->parts[v->first + k].offset), parts[v->first + k]);
		} else {
			mem_copy(b, m, e0(b, SSA_ARGADDR, SSA_PTR, v->stack_off), sh, false);
		}
	}
}

static void mark_iface_method(Builder *b, Type *iface, i64 method)
{
	LSym *fn = obj_sym(b->u->obj, b->fn->sym, b->fn->abi), *t = rtti_type(b->u, iface);
	// offset of the method in the descriptor: commonSize 48, pkgpath 8, slice 24, uncommon 16 if it is named
	i64 off = 48 + 8 + 24 + (type_is_named(iface) ? 16 : 0) + method * 8;
	for (u32 i = 0; i < fn->nrelocs; i++)
		if (fn->relocs[i].type == R_USEIFACEMETHOD && fn->relocs[i].sym == t && fn->relocs[i].add == off)
			return;
	Reloc *r = sym_reloc(b->u->obj, fn);
	r->type = R_USEIFACEMETHOD;
	r->sym = t;
	r->add = off;
}

// A call of reflect's Method or MethodByName keeps all exported methods (or those of a name) alive.
static void mark_reflect(Builder *b, Type *sig, Str name, IrNode *n, u32 arg)
{
	bool by_name = str_is(name, "MethodByName");
	if (!by_name && !str_is(name, "Method"))
		return;
	if (str_is(b->u->pkg->path, "reflect")) {
		Str s = b->fn->sym;
		if (str_has_suffix(s, ").Method") || str_has_suffix(s, ").MethodByName") || str_has_suffix(s, "Value.Method") ||
			str_has_suffix(s, "Value.MethodByName"))
			return;
	}
	Type *ps = sig->func.params, *rs = sig->func.results;
	if (ps->tuple.n != 1 || rs->tuple.n < 1 || rs->tuple.n > 2 || !type_is(ps->tuple.vars[0]->type, by_name ? INFO_STRING : INFO_INT))
		return;
	Type *rt1 = rs->tuple.vars[0]->type;
	Object *o = type_is_named(rt1) ? named_obj(rt1) : NULL;
	if (!o || !o->pkg || !(str_is(o->pkg->path, "reflect") || str_is(o->pkg->path, "internal/reflectlite")))
		return;
	if (!str_is(name_str(o->name), "Method") && !str_is(name_str(o->name), "Value"))
		return;
	LSym *fn = obj_sym(b->u->obj, b->fn->sym, b->fn->abi);
	IrNode *a = arg < n->list.n ? n->list.p[arg] : NULL;
	if (by_name && a && a->op == IR_CONST) {
		Reloc *r = sym_reloc(b->u->obj, fn);
		r->type = R_USENAMEDMETHOD;
		r->sym = obj_string(b->u->obj, const_as_string(a->val));
	} else {
		fn->reflect_method = true;
	}
}

u32 *operand_order(Builder *b, IrList l)
{
	u32 *order = NEWN(b->a, u32, l.n + 1), k = 0, back = l.n;
	for (u32 i = 0; i < l.n; i++)
		if (l.n > 1 && ir_has_call(l.p[i]))
			order[k++] = i;
		else
			order[--back] = i;
	for (u32 i = k, j = l.n; i + 1 < j; i++) { // those that only read came in backwards
		u32 t = order[i];
		order[i] = order[--j];
		order[j] = t;
	}
	return order;
}

// Evaluates the arguments of n into x, from index `first` on, in the shapes of their parameters.
static void call_args(Builder *b, IrNode *n, AbiInfo *abi, u32 first, Rv *x)
{
	u32 k = n->list.n;
	u32 last_call = 0; // arguments before it must not be left in memory that it may change
	for (u32 i = 0; i < k; i++)
		if (!is_simple(n->list.p[i]))
			last_call = i;
	u32 *order = operand_order(b, n->list);
	for (u32 at = 0; at < k; at++) {
		u32 i = order[at];
		IrNode *a = n->list.p[i];
		Rv v = expr(b, a);
		if (first + i < abi->nparams)
			v = rv_as(b, v, shape_of(b, abi->params[first + i].type));
		if (!v.sh->ssa && i < last_call && a->op != IR_CALL && a->op != IR_STRUCTLIT && a->op != IR_ARRAYLIT && v.sh->size) {
			u32 s = tmp_slot(b, v.sh->type);
			mem_store(b, slot_mem(b, s), v);
			v.c[0] = slot_addr(b, s, 0);
		}
		x[first + i] = v;
	}
}

// The function or interface that is called, evaluated behind the arguments unless it takes a call to find it; whether it is nil
// is looked at last.
static Rv call_callee(Builder *b, IrNode *n, AbiInfo *abi, u32 first, Rv *x)
{
	bool early = ir_has_call(n->a);
	Rv v;
	if (early)
		v = expr(b, n->a);
	call_args(b, n, abi, first, x);
	return early ? v : expr(b, n->a);
}

// Whether a wrapper's call may take its place: the receiver is in a register, and what else is passed is where the callee expects it.
static bool is_tail_call(Builder *b, IrNode *n, const AbiInfo *abi, bool abi0)
{
	const AbiInfo *own = b->f->abi;
	if (!(n->flags & IRF_TAIL) || b->fn->kind != IRK_WRAPPER || abi0 || b->fn->abi == ABI0 || abi->args_size != own->args_size ||
		abi->nparams != own->nparams)
		return false;
	for (u32 i = 0; i < abi->nparams; i++)
		if (abi->params[i].in_regs != own->params[i].in_regs || (!abi->params[i].in_regs && abi->params[i].stack_off != own->params[i].stack_off))
			return false;
	return true;
}

// *call: 0 if nothing comes back from it.
static AbiInfo *call_build(Builder *b, IrNode *n, Ref *call)
{
	const Target *t = b->f->target;
	AbiInfo *abi;
	u16 op;
	LSym *sym = NULL;
	Ref fn = 0;
	Rv callee;
	bool abi0 = false;
	u32 nargs = n->list.n;
	Rv few[8], *x = nargs + 1 <= LENGTH(few) ? few : NEWN(b->a, Rv, nargs + 1);
	switch (n->op) {
	case IR_CALL: {
		IrFunc *f = n->func;
		Type *recv = nargs > f->sig->func.params->tuple.n ? n->list.p[0]->type : NULL;
		u16 conv = ir_call_abi(b->u, f);
		abi0 = conv == ABI0;
		sym = obj_sym(b->u->obj, f->sym, (Abi)conv);
		if (b->fn->abi_wrapper && str_eq(b->fn->sym, f->sym)) { // calls the other convention of its own name
			abi0 = b->fn->abi != ABI0;
			sym = obj_sym(b->u->obj, f->sym, abi0 ? ABI0 : ABI_INTERNAL);
		}
		ir_need(b->u, f);
		if (str_is(f->sym, "unique.Make[string]")) // it copies what it keeps
			borrow(n->list.p[0], NULL);
		abi = abi_assign_sig(b->a, t, recv, f->sig, abi0);
		if (f->obj && recv)
			mark_reflect(b, f->sig, name_str(f->obj->name), n, 1);
		op = SSA_CALL;
		call_args(b, n, abi, 0, x);
		break;
	}
	case IR_CALLCLOSURE:
		abi = abi_assign_sig(b->a, t, NULL, type_under(n->a->type), false);
		op = SSA_CALLCLOSURE;
		callee = call_callee(b, n, abi, 0, x);
		set_pos(b, n);
		fn = nil_check(b, callee.c[0]);
		break;
	default: {
		Object *m = iface_method(n->a->type, (u32)n->imm);
		abi = abi_assign_sig(b->a, t, TYPE(UNSAFEPTR), type_under(m->type), false);
		op = SSA_CALLPTR;
		mark_iface_method(b, n->a->type, n->imm);
		mark_reflect(b, type_under(m->type), name_str(m->name), n, 0);
		callee = call_callee(b, n, abi, 1, x);
		set_pos(b, n);
		Ref tab = n->flags & IRF_NONNIL ? callee.c[0] : nil_check(b, callee.c[0]);
		fn = load_ro(b, SSA_PTR, tab, 24 + 8 * n->imm); // ITab.Fun
		x[0] = rv1(shape_of(b, TYPE(UNSAFEPTR)), callee.c[1]);
		break;
	}
	}
	set_pos(b, n);
	bl_need(b);
	bool tail = is_tail_call(b, n, abi, abi0);
	*call = call_emit(b, op, sym, fn, abi, abi0, tail, x);
	if (tail) {
		Type *t = b->fn->params[0]->type->pointer.elem;
		if (b->u->explain_tail && type_is_named(t))
			ir_report(b->u, named_obj(t)->pos, "tail call emitted for the method " STR_FMT " wrapper",
				STR_ARG(n->op == IR_CALL ? ir_func_report_name(b->a, b->u, n->func) : name_str(iface_method(n->a->type, (u32)n->imm)->name)));
		b->f->has_tail_call = true;
		bl_exit(b);
		bl_need(b); // nothing comes here
		*call = 0;
	}
	return abi;
}

Rv call_expr(Builder *b, IrNode *n, const Mem *dst)
{
	Rv out[1] = {{0}};
	bool tuple = n->type && n->type->kind == TY_TUPLE;
	u32 nres = !n->type ? 0 : tuple ? n->type->tuple.n : 1;
	if (n->op == IR_CALL && nres <= 1 && intrinsic(b, n, out, nres)) {
		if (dst && out[0].sh)
			mem_store(b, *dst, out[0]);
		return out[0].sh ? out[0] : (Rv){&shape_void, {0}};
	}
	Ref call;
	AbiInfo *abi = call_build(b, n, &call);
	if (abi->nresults == 0)
		return (Rv){&shape_void, {0}};
	Rv few[4], *res = abi->nresults <= 4 ? few : NEWN(b->a, Rv, abi->nresults);
	call_results(b, call, abi, res, dst);
	if (n->type && !tuple)
		res[0] = rv_as(b, res[0], shape_of(b, n->type));
	return res[0];
}

void call_multi(Builder *b, IrNode *n, Rv *out, u32 nout)
{
	if (n->op == IR_CALL && intrinsic(b, n, out, nout))
		return;
	Ref call;
	AbiInfo *abi = call_build(b, n, &call);
	Rv few[8], *res = abi->nresults <= 8 ? few : NEWN(b->a, Rv, abi->nresults);
	call_results(b, call, abi, res, NULL);
	for (u32 i = 0; i < MIN(nout, abi->nresults); i++)
		out[i] = res[i];
}

void emit_static(Builder *b, IrFunc *f, Rv *args, Rv *out)
{
	bool abi0 = ir_call_abi(b->u, f) == ABI0;
	AbiInfo *abi = abi_assign_sig(b->a, b->f->target, NULL, f->sig, abi0);
	ir_need(b->u, f);
	Ref call = call_emit(b, SSA_CALL, obj_sym(b->u->obj, f->sym, abi0 ? ABI0 : ABI_INTERNAL), 0, abi, abi0, false, args);
	call_results(b, call, abi, out, NULL);
}

// ---- go and defer -----------------------------------------------------------------------------------------------------

void go_stmt(Builder *b, IrNode *n)
{
	Ref fn = expr1(b, n->a);
	set_pos(b, n);
	rt(b, RT_newproc, SSA_VOID, 1, fn); // which looks for nil itself
}

void defers_begin(Builder *b)
{
	IrFunc *fn = b->fn;
	Func *f = b->f;
	b->open_defers = !b->u->no_opt && fn->ndefers > 0 && fn->ndefers <= 8 && !fn->defer_in_loop;
	if (!b->open_defers)
		return;
	f->has_open_defers = true;
	f->ndefers = fn->ndefers;
	f->open_defer_bits_slot = slot_new(f, NULL, TYPE(UINT8), 1, 1);
	f->slots[f->open_defer_bits_slot].is_open_defer = true;
	f->slots[f->open_defer_bits_slot].addr_taken = true;
	Type *t = type_new_array(b->a, TYPE(UNSAFEPTR), fn->ndefers);
	f->open_defer_slot = slot_new(f, NULL, t, 8 * fn->ndefers, 8);
	Slot *s = &f->slots[f->open_defer_slot];
	s->is_open_defer = s->need_zero = s->addr_taken = true;
	b->defer_bits_var = sv_new(b, SSA_I8);
	Ref zero = ci(b, SSA_I8, 0);
	sv_set(b, b->defer_bits_var, zero);
	store1(b, slot_mem(b, f->open_defer_bits_slot), zero);
}

static void report_defer(Builder *b, IrNode *n, const char *kind)
{
	if (b->u->explain_defer)
		ir_report(b->u, n->pos, "%s defer", kind);
}

void defer_stmt(Builder *b, IrNode *n)
{
	Ref fn = expr1(b, n->a);
	set_pos(b, n);
	if (n->op == IR_DEFERRANGE) {
		Rv token = expr(b, n->list.p[0]);
		rt(b, RT_deferprocat, SSA_VOID, 3, fn, token.c[0], token.c[1]);
		return;
	}
	if (b->open_defers && b->nopen < b->f->ndefers) {
		u32 i = b->nopen++;
		report_defer(b, n, "open-coded");
		store1(b, mem_at(slot_mem(b, b->f->open_defer_slot), 8 * i), fn);
		Ref bits = e2(b, SSA_OR, SSA_I8, sv_get(b, b->defer_bits_var), ci(b, SSA_I8, 1 << i));
		sv_set(b, b->defer_bits_var, bits);
		store1(b, slot_mem(b, b->f->open_defer_bits_slot), bits);
		return;
	}
	if (n->imm || b->open_defers) { // in a loop: a record in the heap
		report_defer(b, n, "heap-allocated");
		rt(b, RT_deferproc, SSA_VOID, 1, fn);
		return;
	}
	report_defer(b, n, "stack-allocated");
	// runtime._defer in the frame: heap, rangefunc bool; sp, pc uintptr; fn func(); link, head pointers. The runtime looks
	// after its pointers itself.
	Type *parts[] = {TYPE(UINTPTR), TYPE(UINTPTR), TYPE(UINTPTR), TYPE(UINTPTR), TYPE(UINTPTR), TYPE(UINTPTR)};
	Type *t = make_struct(b, parts, 6);
	u32 s = tmp_slot(b, t);
	store1(b, mem_at(slot_mem(b, s), 24), fn);
	rt(b, RT_deferprocStack, SSA_VOID, 1, slot_addr(b, s, 0));
}

// ---- entry ---------------------------------------------------------------------------------------------------------------

i64 closure_offset(IrFunc *f, u32 i)
{
	i64 off = 8;
	for (u32 k = 0;; k++) {
		IrVar *v = f->captures.p[k];
		i64 align = v->by_ref ? 8 : MAX(type_align(v->type), 1);
		off = ALIGN_UP(off, align);
		if (k == i)
			return off;
		off += v->by_ref ? 8 : type_size(v->type);
	}
}

static Ref param_part(Builder *b, AbiPart *p)
{
	return e0(b, SSA_PARAM, p->type, p->reg);
}

void build_params(Builder *b)
{
	Func *f = b->f;
	IrFunc *fn = b->fn;
	AbiInfo *abi = f->abi;
	if (fn->captures.n) {
		b->clo = e0(b, SSA_CLOSUREPTR, SSA_PTR, 0);
		f->vals[b->clo].flags |= VF_NONNIL;
	}
	// PARAMs stand first: what arrives in registers is taken before anything is called
	Ref *parts = NEWN(b->a, Ref, abi->nparts + 1);
	for (u32 i = 0; i < fn->nparams; i++) {
		AbiValue *v = &abi->params[i];
		for (u32 k = 0; v->in_regs && k < v->n; k++)
			parts[v->first + k] = param_part(b, &abi->parts[v->first + k]);
	}
	f->debug.params = parts;
	for (u32 i = 0; i < fn->nparams; i++) {
		IrVar *var = fn->params[i];
		AbiValue *v = &abi->params[i];
		const Shape *sh = shape_of(b, var->type);
		if (v->in_regs) {
			VarInfo *vi = var_info(b, var);
			if (vi->where == AT_SSA) {
				for (u32 k = 0; k < v->n; k++)
					sv_set(b, vi->first + k, parts[v->first + k]);
				continue;
			}
			if (vi->where == AT_SLOT) { // in the room that the caller keeps for it, where tracebacks look
				f->slots[vi->slot].is_param = f->slots[vi->slot].is_home = v->home_taken = true;
				f->slots[vi->slot].offset = v->spill_off;
			}
			if (vi->where == AT_SLOT && vi->sh->ptrs)
				var_def(b, vi->slot);
			Mem m;
			if (vi->where == AT_PTR) {
				var_begin(b, var);
				m = var_mem(b, var);
				m.fresh = true;
			} else {
				m = slot_mem(b, vi->slot);
			}
			for (u32 k = 0; k < v->n; k++) {
				AbiPart *p = &abi->parts[v->first + k];
				Comp c = {p->type, p->type == SSA_PTR, p->offset};
				mem_store_comp(b, m, &c, parts[v->first + k]);
			}
			continue;
		}
		if (!var->heap && (!sh->ssa || var->addr_taken)) { // lives where it arrives
			VarInfo *vi = NEW(b->a, VarInfo);
			var->ssa = vi;
			vi->sh = sh;
			vi->where = AT_SLOT;
			vi->slot = slot_new(f, var, var->type, sh->size, sh->align);
			f->slots[vi->slot].is_param = true;
			f->slots[vi->slot].offset = v->stack_off;
			f->slots[vi->slot].addr_taken = var->addr_taken;
			continue;
		}
		Mem in = {.p = e0(b, SSA_PARAMADDR, SSA_PTR, v->stack_off), .stack = true, .good = true};
		VarInfo *vi = var_info(b, var);
		Rv x = mem_load(b, in, sh);
		if (vi->where == AT_PTR) {
			var_begin(b, var);
			Mem m = var_mem(b, var);
			m.fresh = true;
			mem_store(b, m, x);
		} else {
			var_set(b, var, x);
		}
	}
	for (u32 i = 0; i < fn->captures.n; i++) {
		IrVar *var = fn->captures.p[i];
		i64 off = closure_offset(fn, i);
		Mem m = {.p = b->clo, .off = off, .good = true};
		if (var->by_ref) {
			VarInfo *vi = var_info(b, var);
			Ref p = load1(b, SSA_PTR, m);
			f->vals[p].flags |= VF_NONNIL;
			if (vi->ptr_in_slot)
				store1(b, slot_mem(b, vi->slot), p);
			else
				sv_set(b, vi->first, p);
			continue;
		}
		const Shape *sh = shape_of(b, var->type);
		if (sh->ssa && !var->addr_taken) {
			var_set(b, var, mem_load(b, m, sh));
			continue;
		}
		VarInfo *vi = NEW(b->a, VarInfo); // never assigned again: read where it is
		var->ssa = vi;
		vi->sh = sh;
		vi->where = AT_PTR;
		vi->first = sv_new(b, SSA_PTR);
		sv_debug(b, vi->first, var, NULL);
		sv_set(b, vi->first, off_ptr(b, b->clo, off));
	}
	for (u32 i = 0; i < fn->nresults; i++) {
		IrVar *var = fn->results[i];
		AbiValue *v = &abi->results[i];
		const Shape *sh = shape_of(b, var->type);
		bool mem = !var->heap && (!sh->ssa || var->addr_taken || fn->has_defer);
		if (mem && !v->in_regs) { // lives where it leaves
			VarInfo *vi = NEW(b->a, VarInfo);
			var->ssa = vi;
			vi->sh = sh;
			vi->where = AT_SLOT;
			vi->slot = slot_new(f, var, var->type, sh->size, sh->align);
			Slot *s = &f->slots[vi->slot];
			s->is_param = s->is_result = true;
			s->offset = v->stack_off;
			s->addr_taken = var->addr_taken;
			s->is_open_defer = fn->has_defer; // zeroed here
			mem_zero(b, slot_mem(b, vi->slot), sh);
			continue;
		}
		var_begin_zero(b, var);
		if (mem && fn->has_defer && sh->size) { // var_begin leaves always-live slots alone
			VarInfo *vi = var_info(b, var);
			if (vi->where == AT_SLOT)
				f->slots[vi->slot].need_zero = false;
		}
	}
}

// ---- exit ----------------------------------------------------------------------------------------------------------------

// Ends the block with a return of x.
static void ret_values(Builder *b, Rv *x)
{
	Func *f = b->f;
	AbiInfo *abi = f->abi;
	Ref few[24], *c = abi->nparts <= LENGTH(few) ? few : NEWN(b->a, Ref, abi->nparts);
	u32 n = 0;
	for (u32 i = 0; i < abi->nresults; i++) {
		AbiValue *v = &abi->results[i];
		if (v->in_regs) {
			for (u32 k = 0; k < v->n; k++) {
				AbiPart *p = &abi->parts[v->first + k];
				c[n++] = x[i].sh->ssa ? x[i].c[k] : load1(b, p->type, mem_at(mem_of_ptr(b, x[i].c[0]), p->offset));
			}
			continue;
		}
		VarInfo *vi = b->fn->results[i]->ssa;
		if (vi && vi->where == AT_SLOT && f->slots[vi->slot].is_param) {
			Value *from = x[i].sh->ssa ? NULL : &f->vals[x[i].c[0]];
			if (from && from->op == SSA_SLOTADDR && from->imm2 == vi->slot && from->imm == 0)
				continue; // is there already
			if (!from && b->fn->has_defer)
				continue; // was loaded from there
			mem_store(b, slot_mem(b, vi->slot), x[i]);
			continue;
		}
		Mem out = {.p = e0(b, SSA_PARAMADDR, SSA_PTR, v->stack_off), .stack = true, .good = true};
		mem_store(b, out, x[i]);
	}
	bl_need(b);
	BasicBlock *bb = &f->blocks[b->cur];
	bb->kind = BLOCK_RET;
	bb->pos = b->pos;
	bb->controls = NEWN(b->a, Ref, n + 1);
	memcpy(bb->controls, c, sizeof(Ref) * n);
	bb->ncontrols = n;
	for (u32 i = 0; i < n; i++)
		f->vals[c[i]].uses++;
	b->cur = 0;
}

static void ret_vars(Builder *b)
{
	IrFunc *fn = b->fn;
	Rv few[8], *x = fn->nresults <= LENGTH(few) ? few : NEWN(b->a, Rv, fn->nresults);
	for (u32 i = 0; i < fn->nresults; i++)
		x[i] = var_get(b, fn->results[i]);
	ret_values(b, x);
}

static bool result_is_plain(IrVar *v) // cannot be seen by the expression that is returned
{
	return !v->name && !v->addr_taken && !v->heap;
}

void return_stmt(Builder *b, IrNode *n)
{
	IrFunc *fn = b->fn;
	bool defers = fn->has_defer;
	// a wrapper between the conventions or of a promoted method ends like any function
	if (n && n->list.n) {
		u32 k = fn->nresults;
		Rv few[8], *x = k <= LENGTH(few) ? few : NEWN(b->a, Rv, k);
		if (n->list.n == 1 && k > 1) {
			expr_multi(b, n->list.p[0], x, k);
		} else if (k == 1) {
			IrNode *e = n->list.p[0];
			const Shape *sh = shape_of(b, fn->results[0]->type);
			VarInfo *vi = var_info(b, fn->results[0]);
			if (!sh->ssa && vi->where == AT_SLOT) {
				if (vi->sh->ptrs && !b->f->slots[vi->slot].is_open_defer && !b->f->slots[vi->slot].is_param &&
					result_is_plain(fn->results[0]) && is_simple(e))
					var_def(b, vi->slot);
				expr_into(b, slot_mem(b, vi->slot), e, result_is_plain(fn->results[0]));
				x[0] = mem_load(b, slot_mem(b, vi->slot), sh);
			} else {
				x[0] = expr(b, e);
			}
		} else {
			u32 *order = operand_order(b, n->list);
			for (u32 at = 0; at < k; at++) {
				u32 i = order[at];
				x[i] = expr(b, n->list.p[i]);
				if (!x[i].sh->ssa && at + 1 < k && x[i].sh->size) {
					u32 s = tmp_slot(b, x[i].sh->type);
					mem_store(b, slot_mem(b, s), x[i]);
					x[i].c[0] = slot_addr(b, s, 0);
				}
			}
		}
		set_pos(b, n);
		bl_need(b);
		for (u32 i = 0; i < k; i++)
			x[i] = rv_as(b, x[i], shape_of(b, fn->results[i]->type));
		if (!defers) {
			ret_values(b, x);
			return;
		}
		for (u32 i = 0; i < k; i++) {
			VarInfo *vi = var_info(b, fn->results[i]);
			Value *from = x[i].sh->ssa ? NULL : &b->f->vals[x[i].c[0]];
			if (from && vi->where == AT_SLOT && from->op == SSA_SLOTADDR && from->imm2 == vi->slot && from->imm == 0)
				continue;
			var_set(b, fn->results[i], x[i]);
		}
	}
	if (defers) {
		bl_goto(b, b->ret_block);
		return;
	}
	ret_vars(b);
}

void build_exit(Builder *b)
{
	Func *f = b->f;
	BlockId tail = bl_new(b);
	if (!b->open_defers && f->blocks[b->ret_block].npreds) {
		// The linker takes the first call of deferreturn for the entry after a recovery; any will do.
		bl_start(b, b->ret_block);
		bl_goto(b, f->deferreturn_block);
	}
	bl_seal(b, f->deferreturn_block);
	bl_start(b, f->deferreturn_block);
	rt(b, RT_deferreturn, SSA_VOID, 0);
	bl_goto(b, tail);
	bl_seal(b, tail);
	bl_start(b, tail);
	ret_vars(b);
	bl_seal(b, b->ret_block);
	if (f->blocks[b->ret_block].npreds == 0)
		return; // never returns by itself
	if (!b->open_defers)
		return;
	bl_start(b, b->ret_block);
	for (u32 i = b->nopen; i-- > 0;) {
		BlockId run = bl_new(b), next = bl_new(b);
		Ref bits = sv_get(b, b->defer_bits_var);
		Ref set = e2(b, SSA_AND, SSA_I8, bits, ci(b, SSA_I8, 1 << i));
		bl_if(b, e2(b, SSA_NE, SSA_I8, set, ci(b, SSA_I8, 0)), run, next, 1);
		bl_seal(b, run);
		bl_start(b, run);
		Ref left = e2(b, SSA_AND, SSA_I8, bits, ci(b, SSA_I8, ~(1 << i)));
		sv_set(b, b->defer_bits_var, left);
		store1(b, slot_mem(b, f->open_defer_bits_slot), left);
		Ref fn = load1(b, SSA_PTR, mem_at(slot_mem(b, f->open_defer_slot), 8 * i));
		AbiInfo *abi = abi_assign_types(b->a, f->target, NULL, 0, NULL, 0, false);
		call_emit(b, SSA_CALLCLOSURE, NULL, nil_check(b, fn), abi, false, false, NULL);
		bl_goto(b, next);
		bl_seal(b, next);
		bl_start(b, next);
	}
	ret_vars(b);
}
