// compile.c: one function from ir to its symbol: build, passes, emission, assembly, debug information.
#include <pthread.h>

#include "ssa/backend.h"

#include <stdlib.h>

// INGOT_SSA=part of a function's name: prints the function after every pass to stderr.
static bool wants_dump(Str name)
{
	const char *s = getenv("INGOT_SSA");
	return s && *s && str_find(name, s) >= 0;
}

// runtime functions that traceback and the like treat specially (cmd/internal/objabi/funcid.go).
static u8 func_id(Str name)
{
	static const struct { const char *name; u8 id; } ids[] = {
		{"runtime.gcBgMarkWorker", 7}, {"runtime.gopanic", 10},
		{"runtime.handleAsyncEvent", 11}, {"runtime.panicwrap", 15}, {"runtime.main", 17}, {"runtime.runFinalizers", 18},
		{"runtime.runCleanups", 19}, {"runtime.sigpanic", 20}, {"runtime.corostart", 5}, {"runtime.deferreturn", FUNC_ID_WRAPPER},
	};
	for (u32 i = 0; i < LENGTH(ids); i++)
		if (str_is(name, ids[i].name))
			return ids[i].id;
	return 0;
}

static Str keep_str(ObjPkg *o, Str s)
{
	char *p = obj_alloc(o, s.n + 1);
	memcpy(p, s.p, s.n);
	return str_n(p, s.n);
}

// Instances and wrappers are shared between units, which may compile them at the same time; the builder keeps its
// state in their variables (IrVar.ssa), so one at a time.
static pthread_mutex_t *shared_lock(IrFunc *fn)
{
	static pthread_mutex_t locks[64] = {[0 ... 63] = PTHREAD_MUTEX_INITIALIZER};
	while (fn->outer)
		fn = fn->outer;
	return &locks[(u64)(uintptr_t)fn * 0x9E3779B97F4A7C15u >> 58];
}

// The symbol that tells the linker what is to be known of an inlined function. Declared ones are in the object of their package;
// of instances, wrappers and closures, which may be inlined everywhere and so be nowhere, each unit has what is said of them, under a
// name of its own and without code. (gc has them in the object, compiled or not.)
static LSym *inlined_sym(IrUnit *u, IrFunc *f)
{
	if (f->kind != IRK_INSTANCE && f->kind != IRK_WRAPPER && f->kind != IRK_CLOSURE)
		return obj_sym(u->obj, f->sym, (Abi)ir_call_abi(u, f));
	LSym *s = obj_sym(u->obj, f->sym, ABI_STATIC);
	if (obj_define(u->obj, s, SYM_TEXT, OBJ_SEQ_NAME)) {
		FuncInfo *info = obj_alloc(u->obj, sizeof(FuncInfo));
		info->func_id = f->func_id ? f->func_id : func_id(f->sym);
		info->pos = f->pos;
		s->func = info;
		s->local = true;
	}
	return s;
}

static void compile(IrUnit *u, IrFunc *fn, Arena *arena, LSym *sym, u32 seq);

void ssa_compile(IrUnit *u, IrFunc *fn, Arena *arena, u32 seq)
{
	LSym *sym = ir_func_sym(u, fn);
	if (!obj_define(u->obj, sym, SYM_TEXT, seq))
		return;
	pthread_mutex_t *lock = shared_lock(fn);
	pthread_mutex_lock(lock);
	compile(u, fn, arena, sym, seq);
	pthread_mutex_unlock(lock);
}

// gc's limit and words (cmd/compile/internal/ssagen/pgen.go, CheckLargeStacks).
static bool frame_too_large(IrUnit *u, IrFunc *fn, Func *f)
{
	const i64 most = (i64)1 << 30;
	i64 args = f->abi->args_size + f->abi->spill_size;
	if (f->locals < most && args < most && f->locals + f->out_args < most + most / 4) // a quarter more: we copy large values more often
		return false;
	if (f->out_args)
		diag(u->diags, fn->pos, "stack frame too large (>1GB): %lld MB locals + %lld MB args + %lld MB callee",
			(long long)f->locals >> 20, (long long)args >> 20, (long long)f->out_args >> 20);
	else
		diag(u->diags, fn->pos, "stack frame too large (>1GB): %lld MB locals + %lld MB args", (long long)f->locals >> 20,
			(long long)args >> 20);
	return true;
}

static void compile(IrUnit *u, IrFunc *fn, Arena *arena, LSym *sym, u32 seq)
{
	base_context(sym->name.p, "build");
	Func *f = ssa_build(u, fn, arena);
	f->sym = sym;
	f->seq = seq;
	f->nosplit = (fn->pragma & PRAGMA_NOSPLIT) != 0;
	sym->nosplit = f->nosplit;
	sym->dupok = fn->dupok || fn->kind == IRK_CLOSURE; // a function inlined elsewhere takes its closures along
	sym->needctxt = fn->needs_ctxt;
	sym->cfunc = (fn->pragma & PRAGMA_SYSTEMSTACK) != 0;
	sym->wrapper = fn->kind == IRK_WRAPPER && !f->has_tail_call;
	FuncInfo *info = obj_alloc(u->obj, sizeof(FuncInfo));
	sym->func = info;
	info->func_id = fn->func_id && !f->has_tail_call ? fn->func_id : func_id(sym->name);
	info->pos = fn->pos;
	info->end_pos = fn->end_pos;
	info->ninl = fn->inl.n;
	info->inl = obj_alloc(u->obj, sizeof(InlNode) * (fn->inl.n + 1));
	// Only named: a closure inlined out of another package's function is not wanted here itself.
	for (u32 i = 0; i < fn->inl.n; i++) {
		IrInl *in = &fn->inl.p[i];
		ir_need_inlined(u, in->func);
		info->inl[i] = (InlNode){.parent = in->parent, .pos = in->pos, .func = inlined_sym(u, in->func),
			.name = keep_str(u->obj, ir_func_display_name(arena, in->func))};
	}
	ssa_run_passes(f, wants_dump(sym->name));
	nowb_note(u, fn, f);
	if (frame_too_large(u, fn, f))
		return;
	base_context(sym->name.p, "emit");
	AsmFunc out = {.obj = u->obj, .sym = sym, .arena = arena, .from_compiler = true, .info = info, .diags = u->diags};
	out.frame = f->locals + f->out_args;
	out.args = f->abi->args_size + f->abi->spill_size;
	f->target->emit(f, &out);
	if (wants_dump(sym->name))
		for (Prog *p = out.first; p; p = p->next)
			fprintf(stderr, "\t" STR_FMT "\n", STR_ARG(prog_fmt(arena, f->target->arch, p)));
	base_context(sym->name.p, "assemble");
	f->target->arch->assemble(&out);
	debug_vars(f, info, out.first, (u32)sym->size);
	if (u->print_asm)
		info->listing = keep_str(u->obj, func_listing(arena, f, &out, u->print_asm > 1));
	if (wants_dump(sym->name)) {
		fprintf(stderr, "pcsp:");
		for (PcIter it = pciter(info->pcsp); !it.done; pciter_next(&it))
			fprintf(stderr, " %x:%d", it.pc, it.val);
		fprintf(stderr, "\n");
	}
	obj_func_dwarf(u->obj, sym);
}
