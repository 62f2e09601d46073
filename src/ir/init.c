// init.c: the initializer of a package: pkg.init assigns the variables whose values are not known before the program
// runs, in the checker's order; the others become data. The init task names the functions to run and the
// packages to be initialized before (pkginit/init.go, runtime/proc.go initTask).
#include "ir/build.h"
#include "rtti/rtti.h"

static Str pkg_sym(Arena *a, Package *p, const char *name)
{
	return str_fmt(a, STR_FMT ".%s", STR_ARG(types_path_prefix(a, p->path)), name);
}

static IrNode *global_node(Builder *b, Pos pos, Object *o)
{
	IrNode *n = ir_new(b->a, IR_GLOBAL, pos, NULL);
	n->global = ir_global_of(o);
	n->type = n->global->type;
	return n;
}

static bool is_blank(Object *o)
{
	return name_is_blank(o->name);
}

static bool does_nothing(IrList l)
{
	for (u32 i = 0; i < l.n; i++) {
		const IrNode *n = l.p[i];
		bool never = n->a && n->a->op == IR_CONST && type_is(n->a->type, INFO_BOOL) && !const_as_bool(n->a->val);
		if (!(n->op == IR_BLOCK && does_nothing(n->body)) && !(n->op == IR_IF && never && does_nothing(n->list)) &&
			!(n->op == IR_FOR && never))
			return false;
	}
	return true;
}

// Initializers that inlining has made known before the program runs, as errors.New("text"), become data.
void ir_settle_init(IrUnit *u, IrFunc *f)
{
	u32 n = 0;
	for (u32 i = 0; i < f->body.n; i++) {
		IrNode *s = f->body.p[i], *v = s->op == IR_ASSIGN && s->a && s->a->op == IR_GLOBAL ? s->b : NULL;
		while (v && v->op == IR_STMTEXPR && v->a && !v->list.n && does_nothing(v->body))
			v = v->a;
		if (!v || !data_settle(u, s->a->global, v))
			f->body.p[n++] = s;
	}
	f->body.n = n;
}

// A copy of a variable whose value is data, while nothing has run that might have changed it.
static bool copies(IrUnit *u, Builder *b, Object *o, IrNode *v)
{
	return v->op == IR_GLOBAL && !b->out->n && data_copy(u, ir_global_of(o), v->global);
}

static void init_step(IrUnit *u, Builder *b, InitStep *s, Map *done)
{
	Pos pos = s->rhs->pos;
	if (s->nlhs == 1) {
		Object *o = s->lhs[0];
		Type *t = types_canon(o->type);
		IrNode *v = ir_expr_to(b, s->rhs, t);
		if (is_blank(o)) {
			if (!data_is_static(v))
				EMIT(b, ir_n2(b, IR_ASSIGN, pos, NULL, NULL, v));
			return;
		}
		if (!data_is_static(v) && copies(u, b, o, v)) {
			map_put(b->a, done, PKEY(o), o);
			return;
		}
		if (data_is_static(v)) {
			data_global(u, ir_global_of(o), v);
			map_put(b->a, done, PKEY(o), o);
			return;
		}
		EMIT(b, ir_n2(b, IR_ASSIGN, pos, NULL, global_node(b, pos, o), v));
		return;
	}
	IrNode *call = ir_expr(b, s->rhs);
	IrVar **tmp = NEWN(b->a, IrVar *, s->nlhs);
	ir_multi(b, call, tmp, s->nlhs);
	for (u32 i = 0; i < s->nlhs; i++) {
		if (is_blank(s->lhs[i]))
			continue;
		IrNode *dst = global_node(b, pos, s->lhs[i]);
		EMIT(b, ir_n2(b, IR_ASSIGN, pos, NULL, dst, ir_convert(b, pos, ir_var(b, pos, tmp[i]), dst->type, true)));
	}
}

// PREFIX_0, PREFIX_1 ...; PREFIX with another letter is something else of cmd/cover's.
static bool is_cover_counter(IrUnit *u, Object *o)
{
	Str name = name_str(o->name);
	return u->cover_prefix.n && name.n > u->cover_prefix.n && name.p[u->cover_prefix.n] == '_' &&
		!memcmp(name.p, u->cover_prefix.p, u->cover_prefix.n);
}

// Builds pkg.init and the data of all variables. NULL if there is nothing to run.
static IrFunc *build_init(IrUnit *u)
{
	Package *p = u->pkg;
	ir_lock();
	Arena *a = ir_world_arena();
	Type *none = type_new_tuple(a, NULL, 0);
	Type *sig = type_new_func(a, NULL, none, none, false);
	IrFunc *f = ir_func_make(pkg_sym(a, p, "init"), IRK_INIT, NULL);
	ir_unlock();
	f->sig = types_canon(sig);
	f->pkg = p;
	f->has_body = true;
	f->source->kind = SRC_INIT;
	f->arena = ir_arena();
	if (p->nfiles)
		f->pos = f->end_pos = p->files[0]->package_pos;
	Builder b;
	ir_builder_init(&b, f, NULL);
	NodeVec body = {0};
	b.out = &body;
	f->params = NEWN(b.a, IrVar *, 1);
	f->results = NEWN(b.a, IrVar *, 1);
	Map done = {0};
	for (u32 i = 0; i < p->inits.n; i++)
		init_step(u, &b, &p->inits.p[i], &done);
	f->body = ir_list(&body);
	ir_finish(f);
	ir_set_built(f);
	for (u32 i = 0; i < p->vars.n; i++) {
		Object *o = p->vars.p[i];
		if (!is_blank(o) && !map_has(&done, PKEY(o))) {
			IrGlobal *g = ir_global_of(o);
			if (o->var.decl && o->var.decl->embeds.n)
				ir_embed(u, g, o->var.decl);
			else if (!str_has_suffix(g->sym, "..inittask"))
				data_global(u, g, NULL);
			if (is_cover_counter(u, o))
				ir_global_sym(u, g)->kind = SYM_COVERAGE_COUNTER;
		}
	}
	return body.n ? f : NULL;
}

static bool is_generic(Object *o)
{
	return o->type->func.ntparams || o->type->func.nrecv_tparams;
}

// Declared functions, with the twins in the other ABI that assembly and linknames call for (ssagen/abi.go).
static void need_func(IrUnit *u, Object *o)
{
	if (name_is_blank(o->name) || is_generic(o))
		return;
	IrFunc *f = ir_func_of(o, NULL, 0);
	bool from_asm = strmap_has(&u->symabis_ref, f->sym) || (!o->type->func.recv && map_has(&u->pkg->linknames, PKEY(o)));
	if (!f->has_body) {
		ir_report_external(u, f);
		if (strmap_has(&u->symabis_def[ABI0], f->sym)) {
			ir_asm_func_data(u, f);
			ir_need(u, ir_abi_wrapper(f, ABI_INTERNAL));
		} else if (from_asm && strmap_has(&u->symabis_def[ABI_INTERNAL], f->sym)) {
			ir_need(u, ir_abi_wrapper(f, ABI0));
		}
		return;
	}
	ir_need(u, f);
	if (f->abi == ABI0)
		ir_need(u, ir_abi_wrapper(f, ABI_INTERNAL));
	else if (from_asm)
		ir_need(u, ir_abi_wrapper(f, ABI0));
}

void ir_unit_start(IrUnit *u)
{
	Package *p = u->pkg;
	IrFunc *init = build_init(u);
	if (init) {
		ir_need(u, init);
		vec_push(u->arena, &u->inits, init);
	}
	for (u32 i = 0; i < p->funcs.n; i++) {
		Object *o = p->funcs.p[i];
		need_func(u, o);
		if (str_is(name_str(o->name), "init") && !o->type->func.recv)
			vec_push(u->arena, &u->inits, ir_func_of(o, NULL, 0));
	}
}

void ir_unit_inits(IrUnit *u)
{
	Package *p = u->pkg;
	LSym *task = obj_sym(u->obj, pkg_sym(u->arena, p, ".inittask"), ABI0);
	obj_define(u->obj, task, SYM_NOPTRDATA, OBJ_SEQ_NAME);
	u32 n = 0;
	for (u32 i = 0; i < u->inits.n; i++)
		if (!u->inits.p[i]->has_body || !does_nothing(u->inits.p[i]->body))
			sym_addr(u->obj, task, 8 + 8 * n++, ir_func_sym(u, u->inits.p[i]), 0);
	sym_u32(u->obj, task, 0, 0);
	sym_u32(u->obj, task, 4, n);
	task->size = 8 + 8 * n;
	for (u32 i = 0; i < p->imports.n; i++) {
		Package *d = p->imports.p[i];
		if (d->is_unsafe)
			continue;
		Reloc *r = sym_reloc(u->obj, task);
		r->type = R_INITORDER;
		r->sym = obj_sym(u->obj, pkg_sym(u->arena, d, ".inittask"), ABI0);
	}
}
