// world.c: which function is which. There is one IrFunc for each declared function, each instance, each made
// function, process-wide, whoever asks; they are found through Object.ir, by symbol name, or by a key.
// Invariant: an IrFunc never moves and never dies; the tables are guarded by one lock, which is held briefly.
#include "ir/build.h"

#include <pthread.h>
#include <stdlib.h>

// The one process-wide table of ir/, as names are of base/: a link name means the same function to everybody.
static struct {
	pthread_mutex_t lock;
	Arena *arena;
	StrMap made;        // key -> IrFunc *
	StrMap externs;     // symbol -> IrFunc *
	IrFunc *_Atomic runtime[256];
	Type *unsafe_slice[8];
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

// What Object.ir points to for a function: the function itself, or for generic ones the instances by hash.
typedef struct FuncSlot { IrFunc *plain; Map instances; } FuncSlot;

void ir_lock(void) { pthread_mutex_lock(&world.lock); }
void ir_unlock(void) { pthread_mutex_unlock(&world.lock); }

Arena *ir_world_arena(void)
{
	if (!world.arena)
		world.arena = arena_new();
	return world.arena;
}

IrFunc *ir_named_get(Str key) { return strmap_get(&world.made, key); }
void ir_named_put(Str key, IrFunc *f) { strmap_put(ir_world_arena(), &world.made, key, f); }

void ir_forget(void)
{
	ir_lock();
	world.made = (StrMap){0};
	ir_unlock();
}

// Under ir_lock. sym must live as long as the process.
IrFunc *ir_func_make(Str sym, IrFuncKind kind, Type *sig)
{
	Arena *a = ir_world_arena();
	IrFunc *f = NEW(a, IrFunc);
	f->source = NEW(a, IrSource);
	f->summary = NEW(a, IrSummary);
	f->sym = sym;
	f->kind = (u8)kind;
	f->abi = ABI_INTERNAL;
	f->sig = sig;
	return f;
}

// ---- link names ---------------------------------------------------------------------------------

// pkg.init.N for the N-th function init, as in gc's noder/noder.go (Renameinit).
Str ir_init_name(Arena *a, Object *fn)
{
	u32 n = 0;
	for (u32 i = 0; i < fn->pkg->funcs.n; i++) {
		Object *o = fn->pkg->funcs.p[i];
		if (o == fn)
			break;
		if (o->name == fn->name && !o->func.recv_named && o->type && !o->type->func.recv)
			n++;
	}
	Str base = types_link_name_func(a, fn, NULL, 0);
	if (str_has_suffix(base, ".init"))
		return str_fmt(a, STR_FMT ".%u", STR_ARG(base), n);
	return base;
}

static bool is_init_func(Object *fn)
{
	return str_is(name_str(fn->name), "init") && fn->type && !fn->type->func.recv && fn->func.decl;
}

// The second argument of the //go:linkname of o, if it has one.
static Str linkname_of(Object *o)
{
	if (!o->pkg)
		return (Str){0};
	Directive *d = map_get(&o->pkg->linknames, PKEY(o));
	if (d && d->nargs >= 2)
		return d->args[1];
	return (Str){0};
}

static Str func_sym(Arena *a, Object *fn, Type **targs, u32 ntargs)
{
	Str remote = linkname_of(fn);
	if (remote.n && !ntargs)
		return str_dup(a, remote);
	if (is_init_func(fn))
		return ir_init_name(a, fn);
	Object *recv = fn->type->func.recv;
	u32 nr = fn->type->func.nrecv_tparams;
	if (recv && nr) { // named after the instance of its receiver's type
		Type *t = types_canon(types_subst(recv->type, fn->type->func.recv_tparams, targs, nr));
		return str_dup(a, types_link_name_method(a, t, fn, targs + nr, ntargs - nr));
	}
	return str_dup(a, types_link_name_func(a, fn, targs, ntargs));
}

// internal/abi FuncID of the runtime's special functions, cmd/internal/objabi/funcid.go.
static u8 func_id(Str sym)
{
	static const struct { const char *name; u8 id; } ids[] = {
		{"abort", 1}, {"asmcgocall", 2}, {"asyncPreempt", 3}, {"cgocallback", 4}, {"corostart", 5}, {"debugCallV2", 6},
		{"gcBgMarkWorker", 7}, {"goexit", 8}, {"gogo", 9}, {"gopanic", 10}, {"handleAsyncEvent", 11}, {"mcall", 12},
		{"morestack", 13}, {"mstart", 14}, {"panicwrap", 15}, {"rt0_go", 16}, {"main", 17}, {"runFinalizers", 18},
		{"runCleanups", 19}, {"sigpanic", 20}, {"systemstack", 21}, {"systemstack_switch", 22},
		{"deferreturn", FUNCID_WRAPPER},
	};
	// Between a function that can recover and its caller these count as wrappers (ir/abi.go).
	if (str_is(sym, "reflect.callReflect") || str_is(sym, "reflect.callMethod") || str_is(sym, "runtime.reflectcall"))
		return FUNCID_WRAPPER;
	if (!str_has_prefix(sym, "runtime."))
		return FUNCID_NORMAL;
	Str s = str_from(sym, 8);
	for (u32 i = 0; i < LENGTH(ids); i++)
		if (str_is(s, ids[i].name))
			return ids[i].id;
	return FUNCID_NORMAL;
}

// ---- declared functions and instances -----------------------------------------------------------

static u64 targs_hash(Type **targs, u32 n)
{
	u64 h = n;
	for (u32 i = 0; i < n; i++) {
		CHECK(targs[i]->id);
		h = (h ^ targs[i]->id) * 0x9e3779b97f4a7c15u;
	}
	return h;
}

static Type *func_sig(Object *fn, Type **targs, u32 ntargs)
{
	Type *sig = fn->type;
	CHECK(sig && sig->kind == TY_FUNC);
	if (ntargs) {
		Type **tp = NEWN(ir_world_arena(), Type *, ntargs);
		u32 n = 0;
		for (u32 i = 0; i < sig->func.nrecv_tparams && n < ntargs; i++)
			tp[n++] = sig->func.recv_tparams[i];
		for (u32 i = 0; i < sig->func.ntparams && n < ntargs; i++)
			tp[n++] = sig->func.tparams[i];
		CHECK(n == ntargs);
		// Without receiver and type parameters of its own, so that the rest can be instantiated.
		Type *plain = type_new_func(ir_world_arena(), NULL, sig->func.params, sig->func.results, sig->variadic);
		return types_canon(types_subst(plain, tp, targs, ntargs));
	}
	return types_canon(type_new_func(ir_world_arena(), NULL, sig->func.params, sig->func.results, sig->variadic));
}

static IrFunc *declare(Object *fn, Type **targs, u32 ntargs)
{
	Arena *a = ir_world_arena();
	IrFunc *f = ir_func_make(func_sym(a, fn, targs, ntargs), ntargs ? IRK_INSTANCE : IRK_DECL, func_sig(fn, targs, ntargs));
	f->obj = fn;
	f->pkg = fn->pkg;
	f->targs = NEWN(a, Type *, ntargs ? ntargs : 1);
	for (u32 i = 0; i < ntargs; i++)
		f->targs[i] = targs[i];
	f->ntargs = ntargs;
	f->dupok = ntargs > 0;
	f->pos = fn->pos;
	Decl *d = fn->func.decl;
	f->source->kind = SRC_DECL;
	f->source->decl = d;
	if (d) {
		CHECK(d->kind == D_FUNC);
		f->pos = d->pos;
		f->end_pos = d->func.end;
		f->pragma = d->pragma;
		f->has_body = d->func.body != NULL;
	}
	if (f->pragma & PRAGMA_CGO_UNSAFE_ARGS)
		f->abi = ABI0;
	f->func_id = func_id(f->sym);
	return f;
}

IrFunc *ir_func_of(Object *fn, Type **targs, u32 ntargs)
{
	CHECK(fn->kind == OBJ_FUNC);
	if (fn->func.origin && fn->func.origin != fn)
		fn = fn->func.origin;
	if (!ntargs) { // quick path without the lock
		FuncSlot *s = atomic_load_explicit(&fn->ir, memory_order_acquire);
		IrFunc *f = s ? __atomic_load_n(&s->plain, __ATOMIC_ACQUIRE) : NULL;
		if (f)
			return f;
	}
	ir_lock();
	FuncSlot *s = atomic_load_explicit(&fn->ir, memory_order_relaxed);
	if (!s) {
		s = NEW(ir_world_arena(), FuncSlot);
		atomic_store_explicit(&fn->ir, s, memory_order_release);
	}
	IrFunc *f;
	if (!ntargs) {
		f = s->plain;
		if (!f) {
			f = declare(fn, NULL, 0);
			__atomic_store_n(&s->plain, f, __ATOMIC_RELEASE);
		}
	} else {
		u64 h = targs_hash(targs, ntargs);
		IrFunc *first = map_get(&s->instances, h);
		for (f = first; f; f = f->source->next) {
			bool same = f->ntargs == ntargs;
			for (u32 i = 0; same && i < ntargs; i++)
				same = f->targs[i] == targs[i];
			if (same)
				break;
		}
		if (!f) {
			f = declare(fn, targs, ntargs);
			f->source->next = first;
			map_put(ir_world_arena(), &s->instances, h, f);
		}
	}
	ir_unlock();
	return f;
}

IrFunc *ir_func_named(Str sym, Type *sig)
{
	ir_lock();
	IrFunc *f = strmap_get(&world.externs, sym);
	if (!f) {
		Arena *a = ir_world_arena();
		f = ir_func_make(str_dup(a, sym), IRK_EXTERN, sig);
		f->func_id = func_id(f->sym);
		strmap_put(a, &world.externs, f->sym, f);
	}
	ir_unlock();
	return f;
}

// ---- functions of package runtime ---------------------------------------------------------------

static const struct { const char *name, *params, *results; } runtime_funcs[] = {
#define RT(name, params, results) {#name, params, results},
#include "ir/runtime.def"
#undef RT
};

static Type *runtime_type(char c)
{
	Arena *a = ir_world_arena();
	switch (c) {
	case 'p': return TYPE(UNSAFEPTR);
	case 'i': return TYPE(INT);
	case 'l': return TYPE(INT64);
	case 'q': return TYPE(UINT64);
	case 'r': return TYPE(INT32);
	case 'w': return TYPE(UINT32);
	case 'h': return TYPE(UINT16);
	case 'y': return TYPE(UINT8);
	case 'u': return TYPE(UINTPTR);
	case 'U': return TYPE(UINT);
	case 's': return TYPE(STRING);
	case 'b': return TYPE(BOOL);
	case 'e': return types_canon(type_empty_interface());
	case 'f': return TYPE(FLOAT64);
	case 'F': return TYPE(FLOAT32);
	case 'c': return TYPE(COMPLEX128);
	case 'C': return TYPE(COMPLEX64);
	case 'B': return types_canon(type_new_slice(a, TYPE(UINT8)));
	case 'R': return types_canon(type_new_slice(a, TYPE(INT32)));
	case 'S': return types_canon(type_new_slice(a, TYPE(STRING)));
	case 'P': return types_canon(type_new_slice(a, TYPE(UNSAFEPTR)));
	default: bug("runtime.def: unknown letter %c", c);
	}
}

static Type *runtime_tuple(const char *letters)
{
	Type *types[16];
	u32 n = (u32)strlen(letters);
	CHECK(n <= LENGTH(types));
	for (u32 i = 0; i < n; i++)
		types[i] = runtime_type(letters[i]);
	return ir_tuple(ir_world_arena(), types, n);
}

static u32 runtime_index(const char *name)
{
	for (u32 i = 0; i < LENGTH(runtime_funcs); i++)
		if (!strcmp(runtime_funcs[i].name, name))
			return i;
	bug("no runtime function %s", name);
}

IrFunc *ir_runtime(const char *name)
{
	u32 i = runtime_index(name);
	IrFunc *f = atomic_load_explicit(&world.runtime[i], memory_order_acquire);
	if (f)
		return f;
	ir_lock();
	Arena *a = ir_world_arena();
	Type *sig = types_canon(type_new_func(a, NULL, runtime_tuple(runtime_funcs[i].params),
		runtime_tuple(runtime_funcs[i].results), false));
	Str sym = str_fmt(a, "runtime.%s", name);
	ir_unlock();
	f = ir_func_named(sym, sig);
	atomic_store_explicit(&world.runtime[i], f, memory_order_release);
	return f;
}

// ---- package-level variables --------------------------------------------------------------------

IrGlobal *ir_global_of(Object *var)
{
	CHECK(var->kind == OBJ_VAR);
	IrGlobal *g = atomic_load_explicit(&var->ir, memory_order_acquire);
	if (g)
		return g;
	ir_lock();
	g = atomic_load_explicit(&var->ir, memory_order_relaxed);
	if (!g) {
		Arena *a = ir_world_arena();
		g = NEW(a, IrGlobal);
		Str remote = linkname_of(var);
		g->sym = remote.n ? str_dup(a, remote) : str_dup(a, types_link_name_func(a, var, NULL, 0));
		g->type = types_canon(var->type);
		g->obj = var;
		g->pkg = var->pkg;
		atomic_store_explicit(&var->ir, g, memory_order_release);
	}
	ir_unlock();
	return g;
}

// ---- for people ---------------------------------------------------------------------------------

Str ir_func_display_name(Arena *a, IrFunc *f)
{
	return str_dup(a, f->sym);
}
