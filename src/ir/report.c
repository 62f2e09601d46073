// report.c: what -m tells: which functions can be inlined, which calls were, what goes to the heap and how parameters
// leak, in the words of gc. Trees are printed back as the source they came from; what an inlined body does is reported
// at the outermost call. Nothing here is reached unless the unit asks for it (IrUnit.explain).
#include "ir/build.h"

#include <stdarg.h>

static void print(Buf *o, IrUnit *u, IrNode *n);

bool ir_explains(IrUnit *u, IrFunc *f)
{
	return u && u->explain && f->pkg == u->pkg && f->kind != IRK_WRAPPER && f->kind != IRK_ALG && !f->abi_wrapper
		&& !(f->func_id == FUNCID_WRAPPER && f->source->kind == SRC_METHOD_VALUE);
}

// Where the code of f with inline index `inl` and position `pos` was written in f itself.
Pos ir_outermost(IrFunc *f, u32 inl, Pos pos)
{
	for (u32 steps = 0; inl && inl <= f->inl.n && steps <= f->inl.n; steps++) {
		pos = f->inl.p[inl - 1].pos;
		inl = (u32)(f->inl.p[inl - 1].parent + 1);
	}
	return pos;
}

void ir_report(IrUnit *u, Pos pos, const char *fmt, ...)
{
	Buf b = {0};
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_printf(&b, "%s", text);
	diag_add(u->diags, (Diag){.pos = pos, .msg = buf_view(&b), .warn = true});
	buf_free(&b);
}

// F, T.M, (*T).M, F.func1; of other packages with the package's name before it.
Str ir_func_report_name(Arena *a, IrUnit *u, IrFunc *f)
{
	Str s = f->sym, path = f->pkg ? f->pkg->path : S("");
	if (f->kind == IRK_DECL && !f->obj->type->func.recv && !str_has_suffix(s, name_str(f->obj->name).p)) // of a linkname
		s = str_fmt(a, STR_FMT "." STR_FMT, STR_ARG(path), STR_ARG(name_str(f->obj->name)));
	bool fm = str_has_suffix(s, "-fm");
	if (fm)
		s.n -= 3;
	if (path.n && str_has_prefix(s, path.p) && s.n > path.n && s.p[path.n] == '.')
		s = str_from(s, path.n + 1);
	else {
		int slash = str_rindex(s, '/'), dot = str_index(slash >= 0 ? str_from(s, (u32)slash) : s, '.');
		if (dot >= 0 && f->pkg)
			s = str_from(s, (u32)(MAX(slash, 0) + dot + 1));
	}
	if (!f->pkg || f->pkg == u->pkg)
		return str_dup(a, s);
	return str_fmt(a, STR_FMT "." STR_FMT, STR_ARG(name_str(f->pkg->name)), STR_ARG(s));
}

// Canonical types have lost whether uint8 was written as byte: as an element it nearly always was.
static void print_type(Buf *o, IrUnit *u, Type *t)
{
	if (t->kind == TY_SLICE) {
		buf_str(o, S("[]"));
		if (t->slice.elem == TYPE(UINT8))
			buf_str(o, S("byte"));
		else
			print_type(o, u, t->slice.elem);
		return;
	}
	if (t->kind == TY_INTERFACE && !iface_nmethods(t)) {
		buf_str(o, S("any"));
		return;
	}
	if (t->kind == TY_POINTER) {
		buf_str(o, S("*"));
		print_type(o, u, t->pointer.elem);
		return;
	}
	Arena *a = arena_new();
	buf_str(o, type_str(a, t, u->pkg));
	arena_free(a);
}

// Does a conversion to t need parentheses around the type?
static bool is_unnamed(Type *t) { return t->kind != TY_NAMED && t->kind != TY_BASIC; }

static void print_list(Buf *o, IrUnit *u, IrList l, u32 from)
{
	for (u32 i = from; i < l.n; i++) {
		if (i > from)
			buf_str(o, S(", "));
		if (l.p[i])
			print(o, u, l.p[i]);
	}
}

static void print_var(Buf *o, IrUnit *u, IrVar *v)
{
	v = ir_root(v);
	if (v->name && name_str(v->name).n) {
		IrFunc *from = v->inl && v->inl <= v->func->inl.n ? v->func->inl.p[v->inl - 1].func : NULL;
		if (from && from->pkg && from->pkg != u->pkg)
			buf_printf(o, STR_FMT ".", STR_ARG(name_str(from->pkg->name)));
		buf_str(o, name_str(v->name));
		return;
	}
	for (u32 i = 0; i < v->func->nresults; i++)
		if (v->func->results[i] == v) {
			buf_printf(o, "~r%u", i);
			return;
		}
	buf_printf(o, ".autotmp_%u", v->index);
}

static void print_operand(Buf *o, IrUnit *u, IrNode *n)
{
	bool paren = n->op == IR_BINARY || n->op == IR_CONCAT || n->op == IR_COMPARE || n->op == IR_UNARY || n->op == IR_DEREF;
	if (paren)
		buf_str(o, S("("));
	print(o, u, n);
	if (paren)
		buf_str(o, S(")"));
}

static void print_call(Buf *o, IrUnit *u, const char *name, IrNode *x, IrNode *y)
{
	buf_printf(o, "%s(", name);
	if (x)
		print(o, u, x);
	if (y) {
		buf_str(o, S(", "));
		print(o, u, y);
	}
	buf_str(o, S(")"));
}

static void print_literal(Buf *o, IrUnit *u, IrNode *n, u32 elements)
{
	print_type(o, u, n->type);
	buf_str(o, elements ? S("{...}") : S("{}"));
}

static Str member_name(IrNode *n)
{
	Type *s = type_under(n->a->type);
	return s->kind == TY_STRUCT && n->index < s->structt.n ? name_str(s->structt.fields[n->index]->name) : S("?");
}

static void print(Buf *o, IrUnit *u, IrNode *n)
{
	Arena *a;
	if (!n)
		return;
	switch (n->op) {
	case IR_CONST:
		a = arena_new();
		if (n->type->kind == TY_NAMED || (n->type->kind == TY_BASIC && n->type->info & INFO_UNSIGNED)) {
			print_type(o, u, n->type);
			buf_printf(o, "(" STR_FMT ")", STR_ARG(const_exact_str(a, n->val)));
		} else {
			buf_str(o, const_exact_str(a, n->val));
		}
		arena_free(a);
		return;
	case IR_NIL: buf_str(o, S("nil")); return;
	case IR_ZERO: print_literal(o, u, n, 0); return;
	case IR_VAR: print_var(o, u, n->var); return;
	case IR_GLOBAL: {
		Object *obj = n->global->obj;
		if (obj && obj->pkg && obj->pkg != u->pkg)
			buf_printf(o, STR_FMT ".", STR_ARG(name_str(obj->pkg->name)));
		buf_str(o, obj ? name_str(obj->name) : n->global->sym);
		return;
	}
	case IR_FUNC:
		a = arena_new();
		buf_str(o, ir_func_report_name(a, u, n->func));
		arena_free(a);
		return;
	case IR_CLOSURE: {
		IrSource *s = n->func->source;
		if (s && s->kind == SRC_METHOD_VALUE && n->list.n) {
			print_operand(o, u, n->list.p[0]);
			buf_printf(o, "." STR_FMT, STR_ARG(name_str(s->method->name)));
			return;
		}
		buf_str(o, S("func literal"));
		return;
	}
	case IR_ADDR: buf_str(o, S("&")); print(o, u, n->a); return;
	case IR_DEREF:
		buf_str(o, S("*"));
		if (n->a->op == IR_FIELD)
			print(o, u, n->a);
		else
			print_operand(o, u, n->a);
		return;
	case IR_FIELD:
		print_operand(o, u, n->a->op == IR_DEREF ? n->a->a : n->a);
		buf_printf(o, "." STR_FMT, STR_ARG(member_name(n)));
		return;
	case IR_INDEX: case IR_MAPINDEX: case IR_MAPINDEX2:
		print_operand(o, u, n->a->op == IR_DEREF ? n->a->a : n->a);
		buf_str(o, S("["));
		print(o, u, n->b);
		buf_str(o, S("]"));
		return;
	case IR_SLICE:
		print_operand(o, u, n->a->op == IR_ADDR ? n->a->a : n->a);
		buf_str(o, S("["));
		for (u32 i = 0; i < n->list.n; i++) {
			if (i && (i < 2 || n->list.p[i]))
				buf_str(o, S(":"));
			if (n->list.p[i])
				print(o, u, n->list.p[i]);
		}
		if (n->list.n < 2)
			buf_str(o, S(":"));
		buf_str(o, S("]"));
		return;
	case IR_UNARY: buf_str(o, str(op_str((Op)n->sub))); print_operand(o, u, n->a); return;
	case IR_BINARY: case IR_COMPARE:
		print(o, u, n->a);
		buf_printf(o, " %s ", op_str((Op)n->sub));
		print(o, u, n->b);
		return;
	case IR_ANDAND: case IR_OROR:
		print(o, u, n->a);
		buf_str(o, n->op == IR_ANDAND ? S(" && ") : S(" || "));
		print(o, u, n->b);
		return;
	case IR_CONCAT:
		for (u32 i = 0; i < n->list.n; i++) {
			if (i)
				buf_str(o, S(" + "));
			print(o, u, n->list.p[i]);
		}
		return;
	case IR_CONVIFACE: case IR_IFACE2IFACE: case IR_CONV: case IR_CONVNOP: case IR_BYTES2STR: case IR_STR2BYTES: case IR_RUNES2STR:
	case IR_STR2RUNES: case IR_RUNE2STR: case IR_SLICE2ARR: case IR_SLICE2ARRPTR: {
		if (n->flags & IRF_IMPLICIT) {
			print(o, u, n->a);
			return;
		}
		bool paren = is_unnamed(n->type);
		buf_str(o, paren ? S("(") : S(""));
		if (n->op == IR_STR2RUNES && n->type->kind == TY_SLICE)
			buf_str(o, S("[]rune"));
		else
			print_type(o, u, n->type);
		buf_str(o, paren ? S(")(") : S("("));
		print(o, u, n->a);
		buf_str(o, S(")"));
		return;
	}
	case IR_DOTTYPE: case IR_DOTTYPE2:
		print_operand(o, u, n->a);
		buf_str(o, S(".("));
		print_type(o, u, n->type);
		buf_str(o, S(")"));
		return;
	case IR_RECV: case IR_RECV2: buf_str(o, S("<-")); print(o, u, n->a); return;
	case IR_STRUCTLIT: case IR_ARRAYLIT: print_literal(o, u, n, n->list.n); return;
	case IR_SLICELIT:
		if (n->flags & IRF_IMPLICIT)
			buf_str(o, S("... argument"));
		else
			print_literal(o, u, n, n->list.n);
		return;
	case IR_MAPLIT: print_literal(o, u, n, n->list.n); return;
	case IR_CALL:
		a = arena_new();
		buf_str(o, ir_func_report_name(a, u, n->func));
		arena_free(a);
		buf_str(o, S("("));
		print_list(o, u, n->list, 0);
		buf_str(o, S(")"));
		return;
	case IR_CALLCLOSURE:
		print_operand(o, u, n->a);
		buf_str(o, S("("));
		print_list(o, u, n->list, 0);
		buf_str(o, S(")"));
		return;
	case IR_CALLINTER:
		print_operand(o, u, n->a);
		buf_printf(o, "." STR_FMT "(", STR_ARG(name_str(iface_method(n->a->type, (u32)n->imm)->name)));
		print_list(o, u, n->list, 0);
		buf_str(o, S(")"));
		return;
	case IR_STMTEXPR:
		if (n->a)
			print(o, u, n->a);
		return;
	case IR_LEN: print_call(o, u, "len", n->a, NULL); return;
	case IR_CAP: print_call(o, u, "cap", n->a, NULL); return;
	case IR_APPEND: buf_str(o, S("append")); return;
	case IR_NEW:
		if (n->flags & IRF_IMPLICIT) { // of a literal without values
			buf_str(o, S("&"));
			print_type(o, u, ir_elem(n->type));
			buf_str(o, S("{}"));
			return;
		}
		buf_str(o, S("new("));
		if (n->a)
			print(o, u, n->a);
		else
			print_type(o, u, ir_elem(n->type));
		buf_str(o, S(")"));
		return;
	case IR_MAKESLICE: case IR_MAKEMAP: case IR_MAKECHAN:
		buf_str(o, S("make("));
		print_type(o, u, n->type);
		if (n->a) {
			buf_str(o, S(", "));
			print(o, u, n->a);
		}
		if (n->b) {
			buf_str(o, S(", "));
			print(o, u, n->b);
		}
		buf_str(o, S(")"));
		return;
	case IR_MIN: case IR_MAX:
		buf_str(o, n->op == IR_MIN ? S("min(") : S("max("));
		print_list(o, u, n->list, 0);
		buf_str(o, S(")"));
		return;
	case IR_DATAWORD: case IR_SLICEDATA: case IR_STRINGDATA: print(o, u, n->a); return;
	default:
		buf_printf(o, "%s", ir_op_name(n->op));
		return;
	}
}

Str ir_node_str(Arena *a, IrUnit *u, IrNode *n)
{
	Buf o = {0};
	print(&o, u, n);
	Str s = str_dup(a, buf_view(&o));
	buf_free(&o);
	return s;
}

// How parameter i of f leaks, at its declaration. Unnamed parameters are not spoken of.
void ir_report_leaks(IrUnit *u, IrFunc *f, IrVar *v, const Leaks *l)
{
	Str name = name_str(v->name);
	bool said = false;
	if (l->d[LEAK_HEAP] >= 0) {
		ir_report(u, v->pos, l->d[LEAK_HEAP] ? "leaking param content: " STR_FMT : "leaking param: " STR_FMT, STR_ARG(name));
		said = true;
	}
	for (u32 r = 0; r < LEAK_NRESULTS && r < f->nresults; r++) {
		if (l->d[LEAK_RESULT0 + r] < 0)
			continue;
		Str res = f->results[r]->name ? name_str(f->results[r]->name) : S("");
		if (res.n)
			ir_report(u, v->pos, "leaking param: " STR_FMT " to result " STR_FMT " level=%d", STR_ARG(name), STR_ARG(res),
				l->d[LEAK_RESULT0 + r]);
		else
			ir_report(u, v->pos, "leaking param: " STR_FMT " to result ~r%u level=%d", STR_ARG(name), r, l->d[LEAK_RESULT0 + r]);
		said = true;
	}
	if (!u->explain_calls) {
		if (!said)
			ir_report(u, v->pos, STR_FMT " does not escape", STR_ARG(name));
		return;
	}
	if (l->d[LEAK_MUTATE] >= 0) {
		ir_report(u, v->pos, "mutates param: " STR_FMT " derefs=%d", STR_ARG(name), l->d[LEAK_MUTATE]);
		said = true;
	}
	if (l->d[LEAK_CALL] >= 0) {
		ir_report(u, v->pos, "calls param: " STR_FMT " derefs=%d", STR_ARG(name), l->d[LEAK_CALL]);
		said = true;
	}
	if (!said)
		ir_report(u, v->pos, STR_FMT " does not escape, mutate, or call", STR_ARG(name));
}

// A function without a body: assembly, or elsewhere.
void ir_report_external(IrUnit *u, IrFunc *f)
{
	Type *sig = f->sig;
	if (!u->explain || !f->obj)
		return;
	Type *params = f->obj->type->func.params;
	for (u32 i = 0; params && i < params->tuple.n; i++) {
		Object *p = params->tuple.vars[i];
		Type *t = ir_param(sig, sig->func.params->tuple.n - params->tuple.n + i);
		Str name = p->name ? name_str(p->name) : S("");
		if (t == TYPE(UINTPTR) && !name.n)
			ir_report(u, p->pos, "assuming ~p%u is unsafe uintptr", i);
		else if (t == TYPE(UINTPTR))
			ir_report(u, p->pos, "assuming " STR_FMT " is unsafe uintptr", STR_ARG(name));
		else if (type_has_pointers(t) && name.n)
			ir_report(u, p->pos, f->pragma & PRAGMA_NOESCAPE ? STR_FMT " does not escape" : "leaking param: " STR_FMT, STR_ARG(name));
	}
}

Str ir_list_str(Arena *a, IrUnit *u, IrList l)
{
	Buf o = {0};
	print_list(&o, u, l, 0);
	Str s = str_dup(a, buf_view(&o));
	buf_free(&o);
	return s;
}

// A uintptr, or a slice of them packed for the last parameter, keeps what it points to.
bool ir_report_uintptr(IrUnit *u, IrFunc *f, u32 i)
{
	IrVar *v = f->params[i];
	bool dots = f->sig->variadic && i == f->nparams - 1 && ir_elem(v->type) == TYPE(UINTPTR);
	if (!dots && v->type != TYPE(UINTPTR))
		return false;
	u32 recv = f->nparams - ir_nparams(f->sig);
	Str name = v->name ? name_str(v->name) : str_fmt(ir_arena(), "~p%u", i - recv);
	ir_report(u, v->pos, "marking " STR_FMT " as escaping %suintptr", STR_ARG(name), dots ? "..." : "");
	return true;
}
