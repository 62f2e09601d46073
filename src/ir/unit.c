// unit.c: one package being compiled: which functions it has to emit, and the symbols by which they are called.
// Functions are queued once; the driver takes them in rounds sorted by name, so output does not depend on threads.
#include "ir/build.h"

#include <pthread.h>
#include <stdlib.h>

struct UnitLock { pthread_mutex_t m; };

IrUnit *ir_unit_new(Package *pkg, ObjPkg *obj, Diags *d)
{
	Arena *a = arena_new();
	IrUnit *u = NEW(a, IrUnit);
	u->pkg = pkg;
	u->obj = obj;
	u->arena = a;
	u->diags = d;
	u->lock = NEW(a, struct UnitLock);
	pthread_mutex_init(&u->lock->m, NULL);
	return u;
}

// Whether it, or what it is made for, is declared by a function that is left out.
static bool is_left_out(IrUnit *u, IrFunc *f)
{
	if (!u->partial)
		return false;
	if (f->abi_wrapper)
		f = f->source->target;
	Object *o = f->kind == IRK_WRAPPER && f->source->kind == SRC_METHOD ? f->source->method : f->obj;
	if (o && o->func.origin)
		o = o->func.origin;
	return o && o->func.decl && o->func.decl->left_out;
}

void ir_leave_out(IrUnit *u, Str sym)
{
	vec_push(u->arena, &u->left_out, hash_str(sym));
}

void ir_need(IrUnit *u, IrFunc *f)
{
	if (!f->has_body)
		return;
	IrFunc *o = f;
	while (o->kind == IRK_CLOSURE && o->outer)
		o = o->outer;
	if ((o->kind == IRK_DECL || o->kind == IRK_INIT) && o->pkg != u->pkg)
		return; // emitted where it is declared
	pthread_mutex_lock(&u->lock->m);
	if (!map_has(&u->needed, PKEY(f))) {
		map_put(u->arena, &u->needed, PKEY(f), f);
		if (is_left_out(u, f))
			ir_leave_out(u, f->sym);
		else
			vec_push(u->arena, &u->queue, f);
	}
	pthread_mutex_unlock(&u->lock->m);
}

void ir_need_inlined(IrUnit *u, IrFunc *f)
{
	if (!is_left_out(u, f) || f->kind != IRK_DECL || f->pkg != u->pkg)
		return;
	pthread_mutex_lock(&u->lock->m);
	if (f->obj->func.decl->left_out)
		vec_push(u->arena, &u->queue, f);
	f->obj->func.decl->left_out = false;
	pthread_mutex_unlock(&u->lock->m);
}

static int by_name(const void *x, const void *y)
{
	const IrFunc *f = *(IrFunc *const *)x, *g = *(IrFunc *const *)y;
	int c = str_cmp(f->sym, g->sym);
	return c ? c : (int)f->abi - (int)g->abi;
}

IrFunc **ir_unit_take(IrUnit *u, u32 *n)
{
	pthread_mutex_lock(&u->lock->m);
	IrFunc **p = u->queue.p;
	*n = u->queue.n;
	u->queue.p = NULL;
	u->queue.n = u->queue.cap = 0;
	pthread_mutex_unlock(&u->lock->m);
	if (*n)
		qsort(p, *n, sizeof *p, by_name);
	return p;
}

u16 ir_call_abi(IrUnit *u, IrFunc *f)
{
	if (f->abi_wrapper)
		return f->abi;
	if (f->pkg != u->pkg)
		return ABI_INTERNAL;
	if (f->abi == ABI0 || (!f->has_body && strmap_has(&u->symabis_def[ABI0], f->sym)))
		return ABI0;
	return ABI_INTERNAL;
}

static bool made_here(IrFunc *f)
{
	return f->has_body && f->kind != IRK_DECL && f->kind != IRK_EXTERN;
}

LSym *ir_func_sym(IrUnit *u, IrFunc *f)
{
	if (made_here(f))
		ir_need(u, f);
	return obj_sym(u->obj, f->sym, (Abi)ir_call_abi(u, f));
}

LSym *ir_func_value_sym(IrUnit *u, IrFunc *f)
{
	if (made_here(f))
		ir_need(u, f);
	LSym *s = obj_symf(u->obj, ABI0, STR_FMT "·f", STR_ARG(f->sym));
	if (obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		s->dupok = true;
		sym_addr(u->obj, s, 0, obj_sym(u->obj, f->sym, ABI_INTERNAL), 0);
		s->size = 8;
	}
	return s;
}

LSym *ir_global_sym(IrUnit *u, IrGlobal *g)
{
	return obj_sym(u->obj, g->sym, ABI0);
}
