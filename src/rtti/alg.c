// alg.c: equality and hash functions. A type is condensed to a signature, the list of comparisons it needs
// (M8: eight bytes of memory, K: skip, F G: floats, S: string, I E: interfaces, [nX]: n times X); types of
// one signature share one function. The runtime has functions for the simple signatures. The signatures are gc's
// (reflectdata/alg.go), since symbol names show them; each function is built as an ir tree and compiled like any other.
#include "rtti/private.h"

Alg rtti_alg(Type *t)
{
	t = type_under(t);
	switch (t->kind) {
	case TY_BASIC:
		if (t->info & INFO_STRING)
			return ALG_STRING;
		return t->info & (INFO_FLOAT | INFO_COMPLEX) ? ALG_FLOAT : ALG_MEM;
	case TY_POINTER: case TY_CHAN:
		return ALG_MEM;
	case TY_INTERFACE:
		return iface_nmethods(t) ? ALG_IFACE : ALG_EFACE;
	case TY_ARRAY: {
		Alg e = rtti_alg(t->array.elem);
		if (e == ALG_NONE || t->array.len == 0)
			return e == ALG_NONE ? ALG_NONE : ALG_MEM;
		return t->array.len == 1 || e == ALG_MEM ? e : ALG_SPECIAL;
	}
	case TY_STRUCT: {
		if (rtti_is_map_internal(t))
			return ALG_NONE;
		if (t->structt.n == 1 && !name_is_blank(t->structt.fields[0]->name))
			return rtti_alg(t->structt.fields[0]->type);
		Alg all = ALG_MEM;
		i64 end = 0;
		for (u32 i = 0; i < t->structt.n; i++) {
			Object *f = t->structt.fields[i];
			Alg e = rtti_alg(f->type);
			if (e == ALG_NONE)
				return ALG_NONE;
			if (e != ALG_MEM || name_is_blank(f->name) || struct_offset(t, i) != end)
				all = ALG_SPECIAL;
			end = struct_offset(t, i) + type_size(f->type);
		}
		return end == type_size(t) ? all : ALG_SPECIAL;
	}
	default: // slice, map, func
		return ALG_NONE;
	}
}

bool rtti_is_plain_memory(Type *t)
{
	return rtti_alg(t) == ALG_MEM;
}

// ---- signatures ---------------------------------------------------------------------------------

typedef struct Sig { Buf b; i64 mem, skip; } Sig;

static void sig_flush(Sig *s, bool at_end)
{
	if (s->mem)
		buf_printf(&s->b, "M%lld", (long long)s->mem);
	if (s->skip && !at_end)
		buf_printf(&s->b, "K%lld", (long long)s->skip);
	s->mem = s->skip = 0;
}

static void sig_mem(Sig *s, i64 n)
{
	if (!s->mem)
		sig_flush(s, false);
	s->mem += n;
}

static void sig_skip(Sig *s, i64 n)
{
	if (!s->skip)
		sig_flush(s, false);
	s->skip += n;
}

static void sig_put(Sig *s, const char *kinds)
{
	sig_flush(s, false);
	buf_c(&s->b, kinds);
}

static void sig_add(Sig *s, Type *t)
{
	Type *under = type_under(t);
	switch (under->kind) {
	case TY_BASIC:
		if (under->info & INFO_STRING)
			sig_put(s, "S");
		else if (under->info & INFO_FLOAT)
			sig_put(s, under->basic == B_FLOAT32 ? "F" : "G");
		else if (under->info & INFO_COMPLEX)
			sig_put(s, under->basic == B_COMPLEX64 ? "FF" : "GG");
		else
			sig_mem(s, type_size(under));
		break;
	case TY_POINTER: case TY_CHAN:
		sig_mem(s, 8);
		break;
	case TY_INTERFACE:
		sig_put(s, iface_nmethods(under) ? "I" : "E");
		break;
	case TY_STRUCT: {
		i64 off = 0;
		for (u32 i = 0; i < under->structt.n; i++) {
			Object *f = under->structt.fields[i];
			if (name_is_blank(f->name))
				continue;
			i64 at = struct_offset(under, i);
			if (off < at)
				sig_skip(s, at - off);
			sig_add(s, f->type);
			off = at + type_size(f->type);
		}
		if (off < type_size(under))
			sig_skip(s, type_size(under) - off);
		break;
	}
	case TY_ARRAY: {
		Type *e = under->array.elem;
		i64 n = under->array.len, size = type_size(e);
		if (rtti_alg(under) == ALG_MEM) {
			if (type_size(under))
				sig_mem(s, type_size(under));
			break;
		}
		if (size == 0)
			break;
		i64 unroll = MAX(1, 32 / size); // about 32 bytes a round
		for (; n % unroll; n--)
			sig_add(s, e);
		if (n == 0)
			break;
		if (n == unroll) {
			for (i64 i = 0; i < n; i++)
				sig_add(s, e);
			break;
		}
		sig_flush(s, false);
		buf_printf(&s->b, "[%lld", (long long)(n / unroll));
		for (i64 i = 0; i < unroll; i++)
			sig_add(s, e);
		sig_flush(s, false);
		buf_c(&s->b, "]");
		break;
	}
	default:
		bug("equality of a type of kind %d", under->kind);
	}
}

static Str signature(Arena *a, Type *t)
{
	Sig s = {0};
	sig_add(&s, t);
	sig_flush(&s, true);
	Str r = str_dup(a, buf_view(&s.b));
	buf_free(&s.b);
	return r;
}

static i64 sig_number(Str *s)
{
	i64 n = 0;
	while (s->n && *s->p >= '0' && *s->p <= '9') {
		n = n * 10 + (*s->p - '0');
		*s = str_from(*s, 1);
	}
	return n;
}

// Takes "n elem ]" off the front.
static i64 sig_array(Str *s, Str *elem)
{
	i64 n = sig_number(s);
	u32 depth = 1, i = 0;
	for (;; i++) {
		depth += s->p[i] == '[';
		depth -= s->p[i] == ']';
		if (!depth)
			break;
	}
	*elem = str_sub(*s, 0, i);
	*s = str_from(*s, i + 1);
	return n;
}

static i64 sig_size(Str s)
{
	i64 size = 0;
	while (s.n) {
		char c = *s.p;
		s = str_from(s, 1);
		if (c == 'M' || c == 'K') {
			size += sig_number(&s);
		} else if (c == '[') {
			Str elem;
			i64 n = sig_array(&s, &elem);
			size += n * sig_size(elem);
		} else {
			size += c == 'F' ? 4 : c == 'G' ? 8 : 16;
		}
	}
	return size;
}

static Str sig_without_last_skip(Str s)
{
	u32 n = s.n;
	while (n && s.p[n - 1] >= '0' && s.p[n - 1] <= '9')
		n--;
	return n && n < s.n && s.p[n - 1] == 'K' ? str_sub(s, 0, n - 1) : s;
}

// ---- building functions -------------------------------------------------------------------------

typedef struct Gen {
	IrUnit *unit;
	Rtti *rtti;
	Arena *a;
	IrFunc *f;
	VEC(IrNode *) body;
	IrVar *p, *q, *h;   // parameters: eq(p, q), hash(p, h)
	IrVar *index;       // added to the offset inside a loop, NULL outside
	i64 off;
} Gen;

static IrVar *gen_var(Gen *g, const char *name, Type *t, IrVarClass cls)
{
	IrVar *v = NEW(g->a, IrVar);
	v->name = name_of_c(name);
	v->type = t;
	v->func = g->f;
	v->cls = (u8)cls;
	v->index = g->f->vars.n;
	v->used = true;
	vec_push(g->a, &g->f->vars, v);
	return v;
}

static IrNode *gen_use(Gen *g, IrVar *v)
{
	IrNode *n = ir_new(g->a, IR_VAR, 0, v->type);
	n->var = v;
	return n;
}

static IrNode *gen_int(Gen *g, i64 v)
{
	IrNode *n = ir_new(g->a, IR_CONST, 0, TYPE(UINTPTR));
	n->val = const_i64(g->a, v);
	return n;
}

static IrNode *gen_add(Gen *g, IrNode *p, IrNode *off)
{
	IrNode *n = ir_new(g->a, IR_UNSAFEADD, 0, TYPE(UNSAFEPTR));
	n->a = p;
	n->b = off;
	return n;
}

static IrNode *gen_addr(Gen *g, IrVar *base, i64 off)
{
	IrNode *p = gen_use(g, base);
	return off ? gen_add(g, p, gen_int(g, off)) : p;
}

static IrNode *gen_load(Gen *g, IrVar *base, i64 off, Type *t)
{
	IrNode *c = ir_new(g->a, IR_CONVNOP, 0, rtti_ptr_to(g->rtti, t));
	c->a = gen_addr(g, base, off);
	IrNode *d = ir_new(g->a, IR_DEREF, 0, t);
	d->a = c;
	d->flags = IRF_NONNIL;
	return d;
}

static IrNode *gen_call(Gen *g, IrFunc *f, Type *result, IrNode *x, IrNode *y, IrNode *z)
{
	IrNode *c = ir_new(g->a, IR_CALL, 0, result);
	c->func = f;
	c->list.p = NEWN(g->a, IrNode *, 3);
	c->list.p[c->list.n++] = x;
	c->list.p[c->list.n++] = y;
	if (z)
		c->list.p[c->list.n++] = z;
	return c;
}

static IrNode *gen_bool(Gen *g, bool v)
{
	IrNode *n = ir_new(g->a, IR_CONST, 0, TYPE(BOOL));
	n->val = const_bool(v);
	return n;
}

static void gen_return(Gen *g, IrNode *v)
{
	IrNode *r = ir_new(g->a, IR_RETURN, 0, NULL);
	r->list.p = NEWN(g->a, IrNode *, 1);
	r->list.p[r->list.n++] = v;
	vec_push(g->a, &g->body, r);
}

// if !cond { return false }
static void gen_test(Gen *g, IrNode *cond)
{
	IrNode *not = ir_new(g->a, IR_UNARY, 0, TYPE(BOOL));
	not->sub = OP_NOT;
	not->a = cond;
	IrNode *n = ir_new(g->a, IR_IF, 0, NULL);
	n->a = not;
	IrNode *r = ir_new(g->a, IR_RETURN, 0, NULL);
	r->list.p = NEWN(g->a, IrNode *, 1);
	r->list.p[r->list.n++] = gen_bool(g, false);
	n->body.p = NEWN(g->a, IrNode *, 1);
	n->body.p[n->body.n++] = r;
	vec_push(g->a, &g->body, n);
}

static void gen_compare(Gen *g, i64 off, Type *t)
{
	IrNode *c = ir_new(g->a, IR_COMPARE, 0, TYPE(BOOL));
	c->sub = OP_EQL;
	c->a = gen_load(g, g->p, off, t);
	c->b = gen_load(g, g->q, off, t);
	gen_test(g, c);
}

static void gen_set_hash(Gen *g, IrNode *call)
{
	IrNode *as = ir_new(g->a, IR_ASSIGN, 0, NULL);
	as->a = gen_use(g, g->h);
	as->b = call;
	g->h->reassigned = true;
	vec_push(g->a, &g->body, as);
}

static void gen_memory_equal(Gen *g, i64 off, i64 n)
{
	if (n > 64) {
		gen_test(g, gen_call(g, ir_runtime("memequal"), TYPE(BOOL), gen_addr(g, g->p, off), gen_addr(g, g->q, off), gen_int(g, n)));
		return;
	}
	i64 whole = n;
	while (n) {
		// The last odd bytes are compared by a wide load that overlaps what is done already.
		i64 w = n >= 8 || (n > 4 && whole >= 8) ? 8 : n >= 4 || (n == 3 && whole >= 4) ? 4 : n >= 2 ? 2 : 1;
		if (w > n) {
			off -= w - n;
			n = w;
		}
		gen_compare(g, off, w == 8 ? TYPE(UINT64) : w == 4 ? TYPE(UINT32) : w == 2 ? TYPE(UINT16) : TYPE(UINT8));
		off += w;
		n -= w;
	}
}

static IrFunc *alg_func(IrUnit *u, Rtti *r, Str sig, bool hash);

// for i := 0; i < n*size; i += size { ... elem(p+off+i, ...) }
static void gen_loop(Gen *g, i64 off, i64 n, Str elem, bool hash)
{
	i64 size = sig_size(elem);
	IrFunc *ef = alg_func(g->unit, g->rtti, hash ? elem : sig_without_last_skip(elem), hash);
	ir_need(g->unit, ef);
	IrVar *i = gen_var(g, "i", TYPE(UINTPTR), IRV_LOCAL);
	i->reassigned = true;
	IrNode *init = ir_new(g->a, IR_ASSIGN, 0, NULL);
	init->flags = IRF_DEF;
	init->a = gen_use(g, i);
	init->b = gen_int(g, off);
	vec_push(g->a, &g->body, init);
	IrNode *loop = ir_new(g->a, IR_FOR, 0, NULL);
	loop->a = ir_new(g->a, IR_COMPARE, 0, TYPE(BOOL));
	loop->a->sub = OP_LSS;
	loop->a->a = gen_use(g, i);
	loop->a->b = gen_int(g, off + n * size);
	loop->b = ir_new(g->a, IR_ASSIGNOP, 0, NULL);
	loop->b->sub = OP_ADD;
	loop->b->a = gen_use(g, i);
	loop->b->b = gen_int(g, size);
	__typeof__(g->body) outer = g->body;
	memset(&g->body, 0, sizeof g->body);
	IrNode *p = gen_add(g, gen_use(g, g->p), gen_use(g, i));
	if (hash)
		gen_set_hash(g, gen_call(g, ef, TYPE(UINTPTR), p, gen_use(g, g->h), NULL));
	else
		gen_test(g, gen_call(g, ef, TYPE(BOOL), p, gen_add(g, gen_use(g, g->q), gen_use(g, i)), NULL));
	loop->body.p = g->body.p;
	loop->body.n = g->body.n;
	g->body = outer;
	vec_push(g->a, &g->body, loop);
}

static void gen_hash_body(Gen *g, Str sig)
{
	static const struct { char kind; const char *func; i64 size; } runtime_hash[] = {
		{'F', "f32hash", 4}, {'G', "f64hash", 8}, {'S', "strhash", 16}, {'E', "nilinterhash", 16}, {'I', "interhash", 16},
	};
	i64 off = 0;
	while (sig.n) {
		char c = *sig.p;
		sig = str_from(sig, 1);
		if (c == 'M') {
			i64 n = sig_number(&sig);
			IrNode *p = gen_addr(g, g->p, off), *h = gen_use(g, g->h);
			gen_set_hash(g, n == 4   ? gen_call(g, ir_runtime("memhash32"), TYPE(UINTPTR), p, h, NULL)
			                : n == 8 ? gen_call(g, ir_runtime("memhash64"), TYPE(UINTPTR), p, h, NULL)
			                         : gen_call(g, ir_runtime("memhash"), TYPE(UINTPTR), p, h, gen_int(g, n)));
			off += n;
		} else if (c == 'K') {
			off += sig_number(&sig);
		} else if (c == '[') {
			Str elem;
			i64 n = sig_array(&sig, &elem);
			gen_loop(g, off, n, elem, true);
			off += n * sig_size(elem);
		} else {
			for (u32 i = 0; i < LENGTH(runtime_hash); i++)
				if (runtime_hash[i].kind == c) {
					gen_set_hash(g, gen_call(g, ir_runtime(runtime_hash[i].func), TYPE(UINTPTR), gen_addr(g, g->p, off),
					                         gen_use(g, g->h), NULL));
					off += runtime_hash[i].size;
				}
		}
	}
	gen_return(g, gen_use(g, g->h));
}

// String contents are compared behind the scalars, but before anything that can panic.
static void gen_flush_strings(Gen *g, i64 *strings, u32 *n)
{
	for (u32 i = 0; i < *n; i++)
		gen_test(g, gen_call(g, ir_runtime("memequal"), TYPE(BOOL), gen_load(g, g->p, strings[i], TYPE(UNSAFEPTR)),
		                     gen_load(g, g->q, strings[i], TYPE(UNSAFEPTR)), gen_load(g, g->p, strings[i] + 8, TYPE(UINTPTR))));
	*n = 0;
}

static void gen_eq_body(Gen *g, Str sig)
{
	i64 off = 0;
	i64 *strings = NEWN(g->a, i64, sig.n + 1);
	u32 nstrings = 0;
	while (sig.n) {
		char c = *sig.p;
		sig = str_from(sig, 1);
		switch (c) {
		case 'M': {
			i64 n = sig_number(&sig);
			gen_memory_equal(g, off, n);
			off += n;
			break;
		}
		case 'K':
			off += sig_number(&sig);
			break;
		case 'F':
			gen_compare(g, off, TYPE(FLOAT32));
			off += 4;
			break;
		case 'G':
			gen_compare(g, off, TYPE(FLOAT64));
			off += 8;
			break;
		case 'S':
			gen_compare(g, off + 8, TYPE(UINTPTR));
			strings[nstrings++] = off;
			off += 16;
			break;
		case 'E':
		case 'I':
			gen_flush_strings(g, strings, &nstrings);
			gen_compare(g, off, rtti_ptr_to(g->rtti, TYPE(UINTPTR)));
			gen_test(g, gen_call(g, ir_runtime(c == 'E' ? "efaceeq" : "ifaceeq"), TYPE(BOOL),
			                     gen_load(g, g->p, off, rtti_ptr_to(g->rtti, TYPE(UINTPTR))),
			                     gen_load(g, g->p, off + 8, TYPE(UNSAFEPTR)), gen_load(g, g->q, off + 8, TYPE(UNSAFEPTR))));
			off += 16;
			break;
		case '[': {
			gen_flush_strings(g, strings, &nstrings);
			Str elem;
			i64 n = sig_array(&sig, &elem);
			gen_loop(g, off, n, elem, false);
			off += n * sig_size(elem);
			break;
		}
		default:
			bug("equality signature %c", c);
		}
	}
	gen_flush_strings(g, strings, &nstrings);
	gen_return(g, gen_bool(g, true));
}

static Object *gen_param(Arena *a, Type *t)
{
	Object *o = NEW(a, Object);
	o->kind = OBJ_VAR;
	o->var_kind = VAR_PARAM;
	o->type = t;
	return o;
}

// func eq(p, q unsafe.Pointer) bool or func hash(p unsafe.Pointer, h uintptr) uintptr of a signature.
static IrFunc *alg_func(IrUnit *u, Rtti *r, Str sig, bool hash)
{
	Arena *a = r->arena;
	Str name = str_fmt(a, "type:.%s." STR_FMT, hash ? "hash" : "eq", STR_ARG(sig));
	IrFunc *f = strmap_get(&r->algs, name);
	if (f)
		return f;
	f = NEW(a, IrFunc);
	strmap_put(a, &r->algs, name, f);
	f->sym = name;
	f->kind = IRK_ALG;
	f->abi = ABI_INTERNAL;
	f->dupok = f->has_body = true;
	f->pragma = PRAGMA_NOINLINE;
	f->pkg = u->pkg;
	f->arena = a;
	f->func_id = 0;
	Type *second = hash ? TYPE(UINTPTR) : TYPE(UNSAFEPTR), *result = hash ? TYPE(UINTPTR) : TYPE(BOOL);
	Object *in[2] = {gen_param(a, TYPE(UNSAFEPTR)), gen_param(a, second)}, *out[1] = {gen_param(a, result)};
	Object **inp = NEWN(a, Object *, 2), **outp = NEWN(a, Object *, 1);
	memcpy(inp, in, sizeof in);
	memcpy(outp, out, sizeof out);
	f->sig = types_canon(type_new_func(a, NULL, type_new_tuple(a, inp, 2), type_new_tuple(a, outp, 1), false));
	Gen g = {.unit = u, .rtti = r, .a = a, .f = f};
	g.p = gen_var(&g, "p", TYPE(UNSAFEPTR), IRV_PARAM);
	IrVar *p2 = gen_var(&g, hash ? "h" : "q", second, IRV_PARAM);
	IrVar *res = gen_var(&g, "r", result, IRV_RESULT);
	g.q = g.h = p2;
	f->params = NEWN(a, IrVar *, 2);
	f->params[f->nparams++] = g.p;
	f->params[f->nparams++] = p2;
	f->results = NEWN(a, IrVar *, 1);
	f->results[f->nresults++] = res;
	if (hash)
		gen_hash_body(&g, sig);
	else
		gen_eq_body(&g, sig);
	f->body.p = g.body.p;
	f->body.n = g.body.n;
	return f;
}

// ---- closures -----------------------------------------------------------------------------------

LSym *rtti_sys_closure(IrUnit *u, const char *name)
{
	LSym *s = obj_symf(u->obj, ABI0, "runtime.%s·f", name);
	if (obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		sym_addr(u->obj, s, 0, obj_symf(u->obj, ABI_INTERNAL, "runtime.%s", name), 0);
		s->dupok = true;
		s->align = 8;
	}
	return s;
}

static const struct { const char *sig, *eq, *hash; } runtime_algs[] = {
	{"", "memequal0", "memhash0"}, {"M1", "memequal8", "memhash8"}, {"M2", "memequal16", "memhash16"},
	{"M4", "memequal32", "memhash32"}, {"M8", "memequal64", "memhash64"}, {"M16", "memequal128", "memhash128"},
	{"S", "strequal", "strhash"}, {"I", "interequal", "interhash"}, {"E", "nilinterequal", "nilinterhash"},
	{"F", "f32equal", "f32hash"}, {"G", "f64equal", "f64hash"}, {"FF", "c64equal", "c64hash"}, {"GG", "c128equal", "c128hash"},
};

static LSym *alg_closure(IrUnit *u, Type *t, bool hash)
{
	Rtti *r = rtti_lock(u);
	Str sig = signature(r->arena, t);
	LSym *s = NULL;
	for (u32 i = 0; i < LENGTH(runtime_algs) && !s; i++)
		if (str_is(sig, runtime_algs[i].sig))
			s = rtti_sys_closure(u, hash ? runtime_algs[i].hash : runtime_algs[i].eq);
	if (!s) {
		s = obj_symf(u->obj, ABI0, "type:.%sfunc." STR_FMT, hash ? "hash" : "eq", STR_ARG(sig));
		if (obj_define(u->obj, s, SYM_RODATA, OBJ_SEQ_NAME)) {
			s->dupok = true;
			s->align = 8;
			Str rest = str_from(sig, 1);
			i64 n = sig.p[0] == 'M' ? sig_number(&rest) : 0;
			if (sig.p[0] == 'M' && rest.n == 0) { // the length is in the closure
				sym_addr(u->obj, s, 0, obj_symf(u->obj, ABI_INTERNAL, "runtime.%s", hash ? "memhash_varlen" : "memequal_varlen"), 0);
				sym_u64(u->obj, s, 8, (u64)n);
			} else {
				IrFunc *f = alg_func(u, r, sig, hash);
				ir_need(u, f);
				sym_addr(u->obj, s, 0, ir_func_sym(u, f), 0);
			}
		}
	}
	rtti_unlock(r);
	return s;
}

LSym *rtti_eq(IrUnit *u, Type *t)
{
	return rtti_alg(t) == ALG_NONE || rtti_is_map_internal(t) ? NULL : alg_closure(u, t, false);
}

LSym *rtti_hash(IrUnit *u, Type *t)
{
	return rtti_alg(t) == ALG_NONE ? NULL : alg_closure(u, t, true);
}

IrFunc *rtti_eq_func(IrUnit *u, Type *t)
{
	Rtti *r = rtti_lock(u);
	IrFunc *f = alg_func(u, r, signature(r->arena, t), false);
	ir_need(u, f);
	rtti_unlock(r);
	return f;
}
