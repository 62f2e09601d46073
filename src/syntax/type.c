// type.c: types, parameter lists, and the places where a "[" may begin an array, type arguments or type
// parameters. Rules and recovery: cmd/compile/internal/syntax/parser.go.
#include "syntax/parse.h"

static Field *field_new(Parser *p, Pos pos, Expr *name, Expr *type)
{
	Field *f = NEW(p->a, Field);
	f->pos = pos;
	f->name = name;
	f->type = type;
	return f;
}

static Expr *pointer(Parser *p, Pos pos, Expr *elem)
{
	Expr *e = node(p, E_UNARY, pos);
	e->op = OP_MUL;
	e->unary.x = elem;
	return e;
}

static bool at_op(Parser *p, Op op)
{
	return p->tok == T_OPERATOR && p->op == op;
}

// ---- type names ---------------------------------------------------------------------------------

static Expr *type_arguments(Parser *p, Expr *x)
{
	Expr *e = node(p, E_INDEX, p->pos);
	want(p, T_LBRACK);
	e->index.x = x;
	if (p->tok == T_RBRACK) {
		syntax_error(p, "expected type argument list");
		e->index.i = bad_expr(p);
	} else {
		bool comma;
		e->index.i = parse_type_list(p, true, &comma);
	}
	want(p, T_RBRACK);
	return e;
}

// name may be the first name, already consumed.
static Expr *qualified_name(Parser *p, Expr *name)
{
	Expr *x = name;
	if (!x && p->tok == T_NAME) {
		x = parse_name(p);
	} else if (!x) {
		x = name_node(p, p->pos, name_of(S("_")));
		syntax_error(p, "expected name");
		skip_to(p, FOLLOW(DOT) | FOLLOW(SEMI) | FOLLOW(RBRACE));
	}
	if (p->tok == T_DOT) {
		Expr *e = node(p, E_SELECTOR, p->pos);
		scan_next(p);
		e->sel.x = x;
		e->sel.sel = parse_name(p);
		x = e;
	}
	return p->tok == T_LBRACK ? type_arguments(p, x) : x;
}

// Types separated by commas, the last comma optional; the first may be any expression unless strict.
Expr *parse_type_list(Parser *p, bool strict, bool *comma)
{
	p->xnest++;
	Expr *x = strict ? parse_type(p) : parse_expr(p);
	*comma = got(p, T_COMMA);
	Expr *t = *comma ? parse_type_or_null(p) : NULL;
	if (t) {
		Expr *e = node(p, E_LIST, x->pos);
		u32 base = p->nstack;
		stack_push(p, x);
		stack_push(p, t);
		while (got(p, T_COMMA) && (t = parse_type_or_null(p)))
			stack_push(p, t);
		TAKE(p, base, &e->list.v);
		x = e;
	}
	p->xnest--;
	return x;
}

// ---- arrays, channels, functions ----------------------------------------------------------------

// "[" has been consumed; len, if given, too.
Expr *parse_array_type(Parser *p, Pos pos, Expr *len)
{
	if (!len && !got(p, T_DOTDOTDOT)) {
		p->xnest++;
		len = parse_expr(p);
		p->xnest--;
	}
	if (p->tok == T_COMMA) { // as in a type parameter list
		syntax_error(p, "unexpected comma; expected ]");
		scan_next(p);
	}
	want(p, T_RBRACK);
	Expr *e = node(p, E_ARRAYTYPE, pos);
	e->array.len = len;
	e->array.elem = parse_type(p);
	return e;
}

Expr *parse_slice_type(Parser *p, Pos pos)
{
	Expr *e = node(p, E_SLICETYPE, pos);
	e->x = parse_type(p);
	return e;
}

static Expr *channel(Parser *p, Pos pos, ChanDir dir)
{
	Expr *e = node(p, E_CHANTYPE, pos);
	e->chan.dir = (u8)dir;
	if (dir == CHAN_BOTH && got(p, T_ARROW))
		e->chan.dir = CHAN_SEND;
	e->chan.elem = parse_type_or_null(p);
	if (!e->chan.elem) {
		e->chan.elem = bad_expr(p);
		syntax_error(p, "missing channel element type");
	}
	return e;
}

static FieldVec results(Parser *p)
{
	if (got(p, T_LPAREN))
		return parse_params(p, NULL, NULL, T_RPAREN, false, false);
	FieldVec v = {0};
	Pos pos = p->pos;
	Expr *type = parse_type_or_null(p);
	if (type) {
		u32 base = p->nstack;
		stack_push(p, field_new(p, pos, NULL, type));
		TAKE(p, base, &v);
	}
	return v;
}

// Behind "func" and the name. no_tparams: what this is, if it may have no type parameters.
Expr *parse_func_type(Parser *p, const char *no_tparams, FieldVec *tparams)
{
	Expr *e = node(p, E_FUNCTYPE, p->pos);
	FieldVec list = {0};
	if (got(p, T_LBRACK)) {
		if (no_tparams)
			syntax_error_at(p, e->pos, "%s must have no type parameters", no_tparams);
		if (p->tok == T_RBRACK) {
			syntax_error(p, "empty type parameter list");
			scan_next(p);
		} else {
			list = parse_params(p, NULL, NULL, T_RBRACK, true, false);
		}
	}
	if (tparams)
		*tparams = list;
	want(p, T_LPAREN);
	e->func.params = parse_params(p, NULL, NULL, T_RPAREN, false, true);
	e->func.results = results(p);
	return e;
}

// ---- structs ------------------------------------------------------------------------------------

typedef struct Fields { FieldVec fields; ExprVec tags; } Fields;

static void add_field(Parser *p, Fields *s, Field *f, Expr *tag)
{
	if (tag) {
		while (s->tags.n < s->fields.n)
			vec_push(p->a, &s->tags, NULL);
		vec_push(p->a, &s->tags, tag);
	}
	vec_push(p->a, &s->fields, f);
}

static void add_embedded(Parser *p, Fields *s, Pos pos, Expr *type)
{
	Field *f = field_new(p, pos, NULL, type);
	f->embedded = true;
	add_field(p, s, f, parse_literal(p));
}

// Behind a name, at "[": an array or slice type, or type arguments (an E_INDEX whose x is to be set).
static Expr *array_or_arguments(Parser *p)
{
	Pos pos = p->pos;
	bool comma;
	want(p, T_LBRACK);
	if (got(p, T_RBRACK))
		return parse_slice_type(p, pos);
	Expr *n = parse_type_list(p, false, &comma);
	want(p, T_RBRACK);
	Expr *elem = comma ? NULL : parse_type_or_null(p);
	Expr *e = node(p, elem ? E_ARRAYTYPE : E_INDEX, pos);
	if (elem) {
		e->array.len = n;
		e->array.elem = elem;
	} else {
		e->index.i = n;
	}
	return e;
}

static void named_fields(Parser *p, Fields *s, Pos pos)
{
	Expr *name = parse_name(p), *type;
	if (p->tok == T_DOT || p->tok == T_LITERAL || p->tok == T_SEMI || p->tok == T_RBRACE) {
		add_embedded(p, s, pos, qualified_name(p, name));
		return;
	}
	u32 base = p->nstack;
	stack_push(p, name);
	while (got(p, T_COMMA))
		stack_push(p, parse_name(p));
	u32 n = p->nstack - base;
	if (n == 1 && p->tok == T_LBRACK) {
		type = array_or_arguments(p);
		if (type->kind == E_INDEX) {
			p->nstack = base;
			type->index.x = name;
			add_embedded(p, s, pos, type);
			return;
		}
	} else {
		type = parse_type(p);
	}
	Expr *tag = parse_literal(p);
	for (u32 i = 0; i < n; i++) {
		Expr *x = p->stack[base + i];
		Field *f = field_new(p, x->pos, x, type);
		f->shared_type = i > 0;
		add_field(p, s, f, tag);
	}
	p->nstack = base;
}

static void field_decl(Parser *p, Fields *s)
{
	Pos pos = p->pos;
	switch (p->tok) {
	case T_NAME:
		named_fields(p, s, pos);
		break;
	case T_STAR: {
		scan_next(p);
		bool paren = p->tok == T_LPAREN;
		if (paren) {
			syntax_error(p, "cannot parenthesize embedded type");
			scan_next(p);
		}
		Expr *type = qualified_name(p, NULL);
		if (paren)
			got(p, T_RPAREN);
		add_embedded(p, s, pos, pointer(p, pos, type));
		break;
	}
	case T_LPAREN: {
		syntax_error(p, "cannot parenthesize embedded type");
		scan_next(p);
		Pos star = p->pos;
		bool ptr = got(p, T_STAR);
		Expr *type = qualified_name(p, NULL);
		if (ptr)
			type = pointer(p, star, type);
		got(p, T_RPAREN);
		add_embedded(p, s, pos, type);
		break;
	}
	default:
		syntax_error(p, "expected field name or embedded type");
		skip_to(p, FOLLOW(SEMI) | FOLLOW(RBRACE));
	}
}

static Expr *struct_type(Parser *p)
{
	Expr *e = node(p, E_STRUCTTYPE, p->pos);
	Fields s = {0};
	scan_next(p);
	want(p, T_LBRACE);
	List l = {"struct type", T_SEMI, T_RBRACE};
	for (; list_at(p, &l); list_sep(p, &l))
		field_decl(p, &s);
	e->structt.fields = s.fields;
	e->structt.tags = s.tags;
	e->structt.rbrace = l.end;
	return e;
}

// ---- interfaces ---------------------------------------------------------------------------------

static Expr *embedded_term(Parser *p)
{
	if (at_op(p, OP_TILDE)) {
		Expr *e = node(p, E_UNARY, p->pos);
		e->op = OP_TILDE;
		scan_next(p);
		e->unary.x = parse_type(p);
		return e;
	}
	Expr *t = parse_type_or_null(p);
	if (!t) {
		t = bad_expr(p);
		syntax_error(p, "expected ~ term or type");
		skip_to(p, FOLLOW(OPERATOR) | FOLLOW(SEMI) | FOLLOW(RPAREN) | FOLLOW(RBRACK) | FOLLOW(RBRACE));
	}
	return t;
}

// f, if given, holds the first term.
static Field *embedded_union(Parser *p, Field *f)
{
	if (!f) {
		f = field_new(p, p->pos, NULL, NULL);
		f->type = embedded_term(p);
	}
	for (u32 chain = 0; at_op(p, OP_OR); chain++) {
		if (chain == CHAIN_MAX) {
			give_up(p, "expression too long");
			break;
		}
		Expr *e = node(p, E_BINARY, p->pos);
		e->op = OP_OR;
		scan_next(p);
		e->binary.x = f->type;
		e->binary.y = embedded_term(p);
		f->type = e;
	}
	return f;
}

static const char interface_method[] = "interface method";

static void method(Parser *p, Field *f, Expr *name)
{
	f->name = name;
	f->type = parse_func_type(p, interface_method, NULL);
}

// At "[" behind a name: type arguments of an embedded type, or the type parameters that a method may not have.
// Both read as a parameter list; whether it has names tells.
static void method_or_instance(Parser *p, Field *f, Expr *name)
{
	Pos pos = p->pos;
	scan_next(p);
	if (p->tok == T_RBRACK) {
		Pos close = p->pos;
		scan_next(p);
		bool is_method = p->tok == T_LPAREN;
		error_at(p, close, "empty type %s list", is_method ? "parameter" : "argument");
		if (is_method)
			method(p, f, name);
		else
			f->type = name;
		return;
	}
	FieldVec list = parse_params(p, NULL, NULL, T_RBRACK, false, false);
	if (list.n == 0) { // an error was reported
		if (p->tok == T_LPAREN)
			method(p, f, name);
		else
			f->type = name;
		return;
	}
	if (list.p[0]->name) {
		method(p, f, name);
		error_at(p, pos, "interface method must have no type parameters");
		return;
	}
	Expr *e = node(p, E_INDEX, pos);
	e->index.x = name;
	e->index.i = list.p[0]->type;
	if (list.n > 1) {
		Expr *types = node(p, E_LIST, list.p[0]->pos);
		u32 base = p->nstack;
		for (u32 i = 0; i < list.n; i++)
			stack_push(p, list.p[i]->type);
		TAKE(p, base, &types->list.v);
		e->index.i = types;
	}
	f->type = e;
}

static Field *interface_elem(Parser *p)
{
	if (p->tok != T_NAME) {
		Field *f = embedded_union(p, NULL);
		f->embedded = true;
		return f;
	}
	Field *f = field_new(p, p->pos, NULL, NULL);
	Expr *name = parse_name(p);
	if (p->tok == T_LPAREN)
		method(p, f, name);
	else if (p->tok == T_LBRACK)
		method_or_instance(p, f, name);
	else
		f->type = qualified_name(p, name);
	if (!f->name) {
		embedded_union(p, f);
		f->embedded = true;
	}
	return f;
}

static Expr *interface_type(Parser *p)
{
	Expr *e = node(p, E_INTERFACETYPE, p->pos);
	u32 base = p->nstack;
	scan_next(p);
	want(p, T_LBRACE);
	List l = {"interface type", T_SEMI, T_RBRACE};
	for (; list_at(p, &l); list_sep(p, &l))
		stack_push(p, interface_elem(p));
	TAKE(p, base, &e->iface.methods);
	e->iface.rbrace = l.end;
	return e;
}

// ---- all types ----------------------------------------------------------------------------------

static Expr *type_or_null(Parser *p)
{
	Pos pos = p->pos;
	switch (p->tok) {
	case T_STAR:
		scan_next(p);
		return pointer(p, pos, parse_type(p));
	case T_ARROW:
		scan_next(p);
		want(p, T_CHAN);
		return channel(p, pos, CHAN_RECV);
	case T_FUNC:
		scan_next(p);
		return parse_func_type(p, "function type", NULL);
	case T_LBRACK:
		scan_next(p);
		return got(p, T_RBRACK) ? parse_slice_type(p, pos) : parse_array_type(p, pos, NULL);
	case T_CHAN:
		scan_next(p);
		return channel(p, pos, CHAN_BOTH);
	case T_MAP: {
		scan_next(p);
		want(p, T_LBRACK);
		Expr *e = node(p, E_MAPTYPE, pos);
		e->map.key = parse_type(p);
		want(p, T_RBRACK);
		e->map.val = parse_type(p);
		return e;
	}
	case T_STRUCT:
		return struct_type(p);
	case T_INTERFACE:
		return interface_type(p);
	case T_NAME:
		return qualified_name(p, NULL);
	case T_LPAREN: { // parentheses around types are not kept
		scan_next(p);
		Expr *t = parse_type(p);
		want(p, T_RPAREN);
		return t;
	}
	default:
		return NULL;
	}
}

Expr *parse_type_or_null(Parser *p)
{
	enter(p);
	Expr *t = type_or_null(p);
	leave(p);
	return t;
}

Expr *parse_type(Parser *p)
{
	Expr *t = parse_type_or_null(p);
	if (!t) {
		t = bad_expr(p);
		syntax_error(p, "expected type");
		skip_to(p, FOLLOW(COMMA) | FOLLOW(COLON) | FOLLOW(SEMI) | FOLLOW(RPAREN) | FOLLOW(RBRACK) | FOLLOW(RBRACE));
	}
	return t;
}

// ---- parameters ---------------------------------------------------------------------------------

// One parameter, as written: a name, a type, or both; a name alone may turn out to be a type. `name`, if given,
// was consumed. NULL after an error.
static Field *parameter(Parser *p, Expr *name, Token close)
{
	bool unions = close == T_RBRACK; // type parameters may have constraints such as ~T|U
	if (!name && unions && at_op(p, OP_TILDE))
		return embedded_union(p, NULL);
	Field *f = field_new(p, name ? name->pos : p->pos, NULL, NULL);
	if (!name && p->tok == T_NAME)
		name = parse_name(p);
	if (name) {
		bool whole = true;
		if (p->tok == T_LBRACK) {
			f->type = array_or_arguments(p);
			if (f->type->kind == E_INDEX)
				f->type->index.x = name;
			else
				f->name = name;
		} else if (p->tok == T_DOT) {
			f->type = qualified_name(p, name);
		} else if (unions && at_op(p, OP_OR)) {
			f->type = name;
		} else {
			whole = false;
			f->name = name;
		}
		if (whole)
			return unions && at_op(p, OP_OR) ? embedded_union(p, f) : f;
	}
	if (p->tok == T_DOTDOTDOT) {
		Expr *e = node(p, E_DOTSTYPE, p->pos);
		scan_next(p);
		e->x = parse_type_or_null(p);
		f->type = e;
		if (!e->x) {
			f->type = bad_expr(p);
			syntax_error(p, "... is missing type");
		}
		return f;
	}
	if (unions && at_op(p, OP_TILDE)) {
		f->type = embedded_union(p, NULL)->type;
		return f;
	}
	f->type = parse_type_or_null(p);
	if (unions && f->type && at_op(p, OP_OR))
		f = embedded_union(p, f);
	if (f->name || f->type)
		return f;
	syntax_error(p, "expected %s", token_word(close));
	skip_to(p, FOLLOW(COMMA) | (u64)1 << close);
	return NULL;
}

// Some parameters have names: gives those that are only a name the type of the next that has one.
static void distribute_types(Parser *p, FieldVec v, u32 named, u32 typed, Pos end, bool require_names)
{
	Pos where = 0; // of the leftmost error
	Expr *type = NULL;
	for (u32 i = v.n; i-- > 0;) {
		Field *f = v.p[i];
		if (f->type) {
			type = f->type;
			if (!f->name) {
				where = expr_start(type);
				f->name = name_node(p, where, name_of(S("_")));
			}
		} else if (type) {
			f->type = type;
		} else {
			where = f->name->pos;
			f->type = bad_expr(p);
			f->type->pos = where;
		}
	}
	if (!where)
		return;
	if (named == typed) // names without a type, at the end of the list
		syntax_error_at(p, end, "%s", require_names ? "missing type constraint" : "missing parameter type");
	else if (!require_names)
		syntax_error_at(p, where, "missing parameter name");
	else
		syntax_error_at(p, where, "missing type parameter name%s", v.n == 1 ? " or invalid array length" : "");
}

// "(" or "[" has been consumed, and perhaps the first name, and perhaps its type.
FieldVec parse_params(Parser *p, Expr *name, Expr *type, Token close, bool require_names, bool dots_ok)
{
	FieldVec v = {0};
	u32 base = p->nstack, named = 0, typed = 0;
	if (name && type && p->tok == close) {
		scan_next(p);
		stack_push(p, field_new(p, name->pos, name, type));
		TAKE(p, base, &v);
		return v;
	}
	List l = {"parameter list", T_COMMA, close};
	for (; list_at(p, &l); list_sep(p, &l)) {
		Field *f = type ? field_new(p, name->pos, name, type) : parameter(p, name, close);
		name = type = NULL;
		if (!f)
			continue;
		named += f->name && f->type;
		typed += f->type != NULL;
		stack_push(p, f);
	}
	TAKE(p, base, &v);
	if (v.n == 0)
		return v;
	if (named == 0 && !require_names) { // then the names are types
		for (u32 i = 0; i < v.n; i++) {
			if (v.p[i]->name) {
				v.p[i]->type = v.p[i]->name;
				v.p[i]->name = NULL;
			}
		}
	} else if (named != v.n) {
		distribute_types(p, v, named, typed, l.end, require_names);
	}
	bool reported = false;
	for (u32 i = 0; i < v.n; i++) {
		Expr *t = v.p[i]->type;
		if (i > 0 && t == v.p[i - 1]->type)
			v.p[i]->shared_type = true;
		if (t->kind != E_DOTSTYPE || (dots_ok && i + 1 == v.n))
			continue;
		if (!reported)
			error_at(p, t->pos, "%s", dots_ok ? "can only use ... with final parameter" : "invalid use of ...");
		reported = true;
		v.p[i]->type = t->x;
	}
	return v;
}
