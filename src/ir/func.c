// func.c: the builder of a function: types under the instance's substitution, variables and captures, and
// ir_body, which turns a declaration into trees once. A function literal is built together with the function
// around it; what it captures by value or by reference is decided when the outermost one is complete.
#include "ir/build.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

// ---- types --------------------------------------------------------------------------------------

Type *ir_ty(Builder *b, Type *t)
{
	if (!t)
		bug("an expression without a type");
	Subst *s = b->subst;
	if (t->kind == TY_BASIC)
		return t->info & INFO_UNTYPED ? (t->basic == B_UNTYPED_NIL ? t : ir_canon(type_default(t))) : types_canon(type_basic[t->basic]);
	Type *r = map_get(&s->cache, PKEY(t));
	if (r)
		return r;
	if (s->n) { // local types depend on the instance even where no type parameter is to be seen
		r = types_canon(types_subst(t, s->tparams, s->targs, s->n));
	} else {
		r = ir_canon(t);
	}
	map_put(b->a, &s->cache, PKEY(t), r);
	return r;
}

u32 ir_go_minor(Package *pkg, Pos pos)
{
	Str v = pkg->go_version;
	for (u32 i = 0; i < pkg->nfiles; i++) {
		SyntaxFile *f = pkg->files[i];
		if (f->source && f->source->index == pos_file(pos)) {
			if (f->go_version.n)
				v = f->go_version;
			break;
		}
	}
	if (!str_has_prefix(v, "go1."))
		return 27;
	u32 n = 0;
	for (u32 i = 4; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		n = n * 10 + (u32)(v.p[i] - '0');
	return n;
}

// ---- variables ----------------------------------------------------------------------------------

const Scope *ir_scope(const Object *obj)
{
	return obj->parent && !obj->parent->is_func ? obj->parent : NULL;
}

IrVar *ir_declare(Builder *b, Object *obj)
{
	IrVar *v = ir_var_new(b->f, b->a, IRV_LOCAL, obj->name, ir_ty(b, obj->type), obj->pos);
	v->scope = ir_scope(obj);
	map_put(b->a, &b->vars, PKEY(obj), v);
	return v;
}

static IrVar *capture_as(Builder *b, IrVar *outer, u64 key)
{
	IrVar *v = ir_var_new(b->f, b->a, IRV_CAPTURE, outer->name, outer->type, outer->pos);
	v->outer = outer;
	outer->used = outer->captured = true;
	vec_push(b->a, &b->f->captures, v);
	map_put(b->a, &b->vars, key, v);
	return v;
}

IrVar *ir_lookup(Builder *b, Object *obj)
{
	IrVar *v = map_get(&b->vars, PKEY(obj));
	if (v)
		return v;
	if (!b->outer)
		bug("variable %s is not declared in %.*s", name_str(obj->name).p, STR_ARG(b->f->sym));
	return capture_as(b, ir_lookup(b->outer, obj), PKEY(obj));
}

IrVar *ir_capture(Builder *b, IrVar *v)
{
	if (v->func == b->f)
		return v;
	IrVar *mine = map_get(&b->vars, PKEY(v));
	if (mine)
		return mine;
	CHECK(b->outer);
	return capture_as(b, ir_capture(b->outer, v), PKEY(v));
}

// By value if the variable keeps its value from the capture on, and is small (escape/escape.go flowClosure).
static void decide_captures(IrFunc *f)
{
	for (u32 i = 0; i < f->captures.n; i++) {
		IrVar *v = f->captures.p[i];
		IrVar *root = ir_root(v);
		if (root == v)
			continue; // method values: given by value
		v->by_ref = root->reassigned || root->addr_taken || type_size(root->type) > 128;
		if (v->by_ref)
			root->addr_taken = true;
	}
	f->needs_ctxt = f->captures.n > 0;
	for (u32 i = 0; i < f->closures.n; i++)
		decide_captures(f->closures.p[i]);
}

// Marks may have been set by a later closure: two rounds are enough, as the first only adds to addr_taken of
// variables that it found to be taken by reference.
void ir_finish(IrFunc *f)
{
	decide_captures(f);
	decide_captures(f);
}

// ---- builders -----------------------------------------------------------------------------------

void ir_builder_init(Builder *b, IrFunc *f, Builder *outer)
{
	*b = (Builder){.f = f, .a = f->arena, .outer = outer, .pkg = f->pkg};
	if (outer) {
		b->subst = outer->subst;
		b->per_iteration = outer->per_iteration;
	} else {
		b->subst = NEW(b->a, Subst);
		b->per_iteration = true;
	}
}

static void declare_param(Builder *b, Object *o, IrVarClass cls, u32 i, IrVar ***list, u32 *n)
{
	Name name = o->name && name_str(o->name).n && !name_is_blank(o->name) ? o->name : NULL;
	IrVar *v = ir_var_new(b->f, b->a, cls, name, ir_ty(b, o->type), o->pos);
	map_put(b->a, &b->vars, PKEY(o), v);
	(*list)[(*n)++] = v;
}

// sig's objects are those that the body refers to. recv: the receiver's object, or NULL.
static void declare_params(Builder *b, Type *sig, Object *recv)
{
	IrFunc *f = b->f;
	u32 np = sig->func.params->tuple.n, nr = sig->func.results->tuple.n;
	f->params = NEWN(b->a, IrVar *, np + 1);
	f->results = NEWN(b->a, IrVar *, nr + 1);
	f->nparams = f->nresults = 0;
	if (recv)
		declare_param(b, recv, IRV_PARAM, 0, &f->params, &f->nparams);
	for (u32 i = 0; i < np; i++)
		declare_param(b, sig->func.params->tuple.vars[i], IRV_PARAM, i, &f->params, &f->nparams);
	for (u32 i = 0; i < nr; i++)
		declare_param(b, sig->func.results->tuple.vars[i], IRV_RESULT, i, &f->results, &f->nresults);
}

void ir_declare_params(Builder *b, Type *sig, Type *recv)
{
	Object *r = NULL;
	if (recv) {
		r = NEW(b->a, Object);
		r->kind = OBJ_VAR;
		r->type = recv;
	}
	declare_params(b, sig, r);
}

// The instance's substitution for a declared function: receiver's type parameters first.
static void set_subst(Builder *b, Type *sig)
{
	IrFunc *f = b->f;
	if (!f->ntargs)
		return;
	Subst *s = b->subst;
	s->tparams = NEWN(b->a, Type *, f->ntargs);
	s->targs = f->targs;
	for (u32 i = 0; i < sig->func.nrecv_tparams; i++)
		s->tparams[s->n++] = sig->func.recv_tparams[i];
	for (u32 i = 0; i < sig->func.ntparams; i++)
		s->tparams[s->n++] = sig->func.tparams[i];
	CHECK(s->n == f->ntargs);
}

static void build_decl(IrFunc *f)
{
	Object *o = f->obj;
	Decl *d = f->source->decl;
	Type *sig = o->type;
	Builder b;
	ir_builder_init(&b, f, NULL);
	set_subst(&b, sig);
	b.per_iteration = ir_go_minor(f->pkg, d->pos) >= 22;
	declare_params(&b, sig, sig->func.recv);
	CHECK(!d->func.body->unread);
	f->body = ir_block(&b, d->func.body->block->list);
	ir_finish(f);
}

static void clear_marks(IrFunc *f)
{
	for (u32 i = 0; i < f->vars.n; i++)
		f->vars.p[i]->addr_taken = f->vars.p[i]->captured = false;
	for (u32 i = 0; i < f->closures.n; i++)
		clear_marks(f->closures.p[i]);
}

static void find_marks(IrNode **slot, void *ctx)
{
	IrNode *n = *slot;
	if (n->op == IR_ADDR)
		ir_mark_addr(n->a);
	for (u32 i = 0; n->op == IR_CLOSURE && i < n->list.n; i++)
		if (n->list.p[i]->op == IR_VAR)
			n->list.p[i]->var->captured = true;
	ir_kids(n, find_marks, ctx);
}

static void set_marks(IrFunc *f)
{
	for (u32 i = 0; i < f->body.n; i++)
		find_marks(&f->body.p[i], NULL);
	for (u32 i = 0; i < f->closures.n; i++)
		set_marks(f->closures.p[i]);
}

void ir_remark(IrFunc *f)
{
	clear_marks(f);
	set_marks(f);
	ir_finish(f);
}

// ---- memory -------------------------------------------------------------------------------------

// Trees live as long as the process and are made by whichever thread comes by, so each thread has an arena for them.
Arena *ir_arena(void)
{
	static __thread Arena *mine;
	if (!mine)
		mine = arena_new();
	return mine;
}

// ---- on demand ----------------------------------------------------------------------------------

static IrFunc *outermost(IrFunc *f)
{
	while (f->kind == IRK_CLOSURE && f->outer)
		f = f->outer;
	return f;
}

void ir_set_built(IrFunc *f)
{
	for (u32 i = 0; i < f->closures.n; i++)
		ir_set_built(f->closures.p[i]);
	atomic_store_explicit(&f->state, FS_BUILT, memory_order_release);
}

bool ir_body(IrFunc *f)
{
	f = outermost(f);
	if (!f->has_body)
		return false;
	if (f->kind == IRK_ALG) { // rtti/ made it complete
		if (!f->summary)
			f->summary = NEW(ir_arena(), IrSummary);
		u8 new = FS_NEW;
		atomic_compare_exchange_strong(&f->state, &new, FS_BUILT);
		return true;
	}
	u8 state = atomic_load_explicit(&f->state, memory_order_acquire);
	if (state >= FS_BUILT)
		return true;
	u8 expected = FS_NEW;
	if (!atomic_compare_exchange_strong(&f->state, &expected, FS_BUILDING)) {
		while (atomic_load_explicit(&f->state, memory_order_acquire) < FS_BUILT)
			sched_yield();
		return true;
	}
	if (!f->source) { // made complete, by rtti/
		f->summary = NEW(f->arena, IrSummary);
		ir_set_built(f);
		return true;
	}
	if (f->source->kind == SRC_DECL && f->obj->info) {
		// With ignore_bodies the package's bodies are checked when they are first asked for.
		Arena *tmp = arena_new();
		Diags *d = diags_new(tmp);
		types_check_body(f->obj, d);
		u32 n;
		Diag *errors = diags_all(d, &n);
		if (n && !f->pkg->failed)
			bug("the body of %s, compiled before, has an error now: %s", f->sym.p, errors[0].msg.p);
		arena_free(tmp);
	}
	base_context(f->sym.p, "ir");
	f->arena = ir_arena();
	switch (f->source->kind) {
	case SRC_DECL: build_decl(f); break;
	case SRC_CUSTOM: f->source->build(f, f->source->ctx); ir_finish(f); break;
	case SRC_INIT: break; // built by ir_unit_start
	default: ir_build_wrapper(f); ir_finish(f); break;
	}
	ir_set_built(f);
	return true;
}
