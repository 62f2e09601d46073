// nowb.c: go:nowritebarrier and go:nowritebarrierrec: no write barrier in such a function, or in any function of the runtime
// that it calls, up to a go:yeswritebarrierrec. The collector's own code counts on it. What systemstack is given counts
// as called. Facts: cmd/compile/internal/ssagen/nowb.go.
//
// Functions are noted as they are compiled, by any thread; the call graph is walked when all are.
#include "ssa/backend.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct Call { LSym *to; Pos pos; } Call;
typedef struct Noted {
	LSym *sym;
	IrFunc *func;
	Pos barrier;            // the first one; 0: none
	VEC(Call) calls;
	struct Noted *caller;   // on the way from a root; itself for a root, NULL: barriers are allowed
	Pos call;               // where that calls this
} Noted;
struct NoBarriers {
	pthread_mutex_t lock;
	Arena *arena;
	VEC(Noted *) all;
};

void nowb_begin(IrUnit *u)
{
	if (!u->is_runtime)
		return;
	u->no_barriers = NEW(u->arena, NoBarriers);
	pthread_mutex_init(&u->no_barriers->lock, NULL);
	u->no_barriers->arena = arena_new();
}

typedef struct Walk { IrUnit *u; Noted *n; } Walk;

static void on_system_stack(IrNode **slot, void *ctx)
{
	Walk *w = ctx;
	IrNode *n = *slot;
	if (n->op == IR_CALL && n->list.n == 1 && n->list.p[0] && str_is(n->func->sym, "runtime.systemstack")) {
		IrNode *f = n->list.p[0];
		while (f->op == IR_CONVNOP)
			f = f->a;
		if (f->op == IR_CLOSURE || f->op == IR_FUNC)
			vec_push(w->u->no_barriers->arena, &w->n->calls, ((Call){ir_func_sym(w->u, f->func), n->pos}));
	}
	ir_kids(n, on_system_stack, ctx);
}

void nowb_note(IrUnit *u, IrFunc *fn, const Func *f)
{
	NoBarriers *nb = u->no_barriers;
	if (!nb)
		return;
	pthread_mutex_lock(&nb->lock);
	Noted *n = NEW(nb->arena, Noted);
	*n = (Noted){.sym = f->sym, .func = fn, .barrier = f->first_wb ? ir_outermost(fn, f->positions[f->first_wb].inl, f->positions[f->first_wb].pos) : 0};
	for (u32 i = 0; i < f->norder; i++) {
		const BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			const Value *v = val((Func *)f, bb->vals[k]);
			if (op_is_call(v->op) && v->call && v->call->sym && !v->call->is_wb)
				vec_push(nb->arena, &n->calls, ((Call){v->call->sym, f->positions[v->pos].pos}));
		}
	}
	Walk w = {u, n};
	for (u32 i = 0; i < fn->body.n && fn->kind != IRK_WRAPPER; i++) // a wrapper of systemstack's is not its caller
		if (fn->body.p[i])
			on_system_stack(&fn->body.p[i], &w);
	vec_push(nb->arena, &nb->all, n);
	pthread_mutex_unlock(&nb->lock);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp((*(Noted *const *)a)->sym->name, (*(Noted *const *)b)->sym->name);
}

static Str own_name(Arena *a, IrFunc *f)
{
	Str s = ir_func_display_name(a, f);
	return str_from(s, (u32)(str_index(s, '.') + 1)); // paths of the runtime's packages have no dot
}

static void report(IrUnit *u, Noted *n)
{
	Arena *a = u->no_barriers->arena;
	if (n->caller == n) {
		diag(u->diags, n->barrier, "write barrier prohibited");
		return;
	}
	Buf b = {0};
	for (Noted *k = n; k->caller != k; k = k->caller) {
		Str at = pos_fmt(a, k->call), name = own_name(a, k->caller->func);
		buf_printf(&b, "\n\t" STR_FMT ": called by " STR_FMT, STR_ARG(at), STR_ARG(name));
	}
	Str name = own_name(a, n->func);
	diag(u->diags, n->barrier, "write barrier prohibited by caller; " STR_FMT STR_FMT, STR_ARG(name), STR_ARG(buf_view(&b)));
	buf_free(&b);
}

void nowb_check(IrUnit *u)
{
	NoBarriers *nb = u->no_barriers;
	if (!nb)
		return;
	Map by_sym = {0};
	VEC(Noted *) queue = {0};
	if (nb->all.n)
		qsort(nb->all.p, nb->all.n, sizeof *nb->all.p, by_name);
	for (u32 i = 0; i < nb->all.n; i++) {
		Noted *n = nb->all.p[i];
		map_put(nb->arena, &by_sym, PKEY(n->sym), n);
		if (n->func->pragma & PRAGMA_NOWRITEBARRIERREC) {
			n->caller = n;
			vec_push(nb->arena, &queue, n);
		} else if (n->func->pragma & PRAGMA_NOWRITEBARRIER && n->barrier) {
			diag(u->diags, n->barrier, "write barrier prohibited");
		}
	}
	for (u32 i = 0; i < queue.n; i++) {
		Noted *n = queue.p[i];
		if (n->barrier) {
			report(u, n);
			continue;
		}
		for (u32 k = 0; k < n->calls.n; k++) {
			Noted *to = map_get(&by_sym, PKEY(n->calls.p[k].to));
			if (!to || to->caller || to->func->pragma & PRAGMA_YESWRITEBARRIERREC)
				continue;
			to->caller = n;
			to->call = n->calls.p[k].pos;
			vec_push(nb->arena, &queue, to);
		}
	}
	arena_free(nb->arena);
	u->no_barriers = NULL;
}
