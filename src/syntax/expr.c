// expr.c: expressions. Positions of nodes are gc's: a binary operation is at its operator, a call at its "(",
// a selector at its ".", an index at its "[" (cmd/compile/internal/syntax/parser.go).
// Invariant: `{` behind an operand opens a composite literal only where xnest >= 0 or the type says so.
#include "syntax/parse.h"

Expr *name_node(Parser *p, Pos pos, Name n)
{
	Expr *e = node(p, E_NAME, pos);
	e->name.name = n;
	return e;
}

static Expr *blank(Parser *p)
{
	return name_node(p, p->pos, name_of(S("_")));
}

Expr *parse_name(Parser *p)
{
	if (p->tok == T_NAME) {
		Expr *e = name_node(p, p->pos, p->name);
		scan_next(p);
		return e;
	}
	Expr *e = blank(p);
	syntax_error(p, "expected name");
	skip_to(p, 0);
	return e;
}

Expr *parse_literal(Parser *p)
{
	if (p->tok != T_LITERAL)
		return NULL;
	Expr *e = node(p, E_LIT, p->pos);
	e->lit.text = p->lit;
	e->lit.kind = p->kind;
	e->lit.bad = p->bad;
	scan_next(p);
	return e;
}

Expr *expr_unparen(Expr *e)
{
	while (e && e->kind == E_PAREN)
		e = e->x;
	return e;
}

// ---- composite literals -------------------------------------------------------------------------

static Expr *literal_value(Parser *p, Expr *type);

static Expr *element(Parser *p)
{
	return p->tok == T_LBRACE ? literal_value(p, NULL) : parse_expr(p);
}

static Expr *literal_value(Parser *p, Expr *type)
{
	Expr *e = node(p, E_COMPOSITE, p->pos);
	u32 base = p->nstack, nkeys = 0;
	enter(p);
	p->xnest++;
	want(p, T_LBRACE);
	List l = {"composite literal", T_COMMA, T_RBRACE};
	for (; list_at(p, &l); list_sep(p, &l)) {
		Expr *x = element(p);
		if (p->tok == T_COLON) {
			Expr *kv = node(p, E_KEYVALUE, p->pos);
			scan_next(p);
			kv->kv.key = x;
			kv->kv.val = element(p);
			x = kv;
			nkeys++;
		}
		stack_push(p, x);
	}
	p->xnest--;
	leave(p);
	TAKE(p, base, &e->complit.elems);
	e->complit.type = type;
	e->complit.nkeys = nkeys;
	e->complit.rbrace = l.end;
	return e;
}

// Whether the expression cannot be a type.
static bool is_value(const Expr *e)
{
	for (;;) {
		switch (e->kind) {
		case E_LIT: case E_COMPOSITE: case E_FUNCLIT: case E_SLICE: case E_ASSERT: case E_TYPESWITCH: case E_CALL:
		case E_BINARY:
			return true;
		case E_UNARY:
			return e->op != OP_MUL;
		case E_PAREN:
			e = e->x;
			continue;
		case E_INDEX:
			if (is_value(e->index.i))
				return true;
			e = e->index.x;
			continue;
		default:
			return false;
		}
	}
}

static bool may_be_literal_type(Parser *p, const Expr *t)
{
	switch (t->kind) {
	case E_NAME: case E_SELECTOR:
		return p->xnest >= 0;
	case E_INDEX:
		return p->xnest >= 0 && !is_value(t);
	case E_ARRAYTYPE: case E_SLICETYPE: case E_STRUCTTYPE: case E_MAPTYPE:
		return true;
	default:
		return false;
	}
}

// ---- primary expressions ------------------------------------------------------------------------

static Expr *func_operand(Parser *p)
{
	Pos pos = p->pos;
	scan_next(p);
	Expr *type = parse_func_type(p, "function type", NULL);
	if (p->tok != T_LBRACE)
		return type;
	Expr *e = node(p, E_FUNCLIT, pos);
	e->funclit.type = type;
	p->xnest++;
	e->funclit.body = parse_body(p);
	p->xnest--;
	return e;
}

static Expr *operand(Parser *p, bool keep_parens)
{
	switch (p->tok) {
	case T_NAME:
		return parse_name(p);
	case T_LITERAL:
		return parse_literal(p);
	case T_LPAREN: {
		Pos pos = p->pos;
		scan_next(p);
		enter(p);
		p->xnest++;
		Expr *x = parse_expr(p);
		p->xnest--;
		leave(p);
		want(p, T_RPAREN);
		// Kept where someone may have to complain about them: here, and around the type of a literal.
		if (keep_parens || p->tok == T_LBRACE) {
			Expr *e = node(p, E_PAREN, pos);
			e->x = x;
			return e;
		}
		return x;
	}
	case T_FUNC:
		return func_operand(p);
	case T_LBRACK: case T_CHAN: case T_MAP: case T_STRUCT: case T_INTERFACE:
		return parse_type(p);
	default: {
		Expr *x = bad_expr(p);
		syntax_error(p, "expected expression");
		skip_to(p, FOLLOW(RPAREN) | FOLLOW(RBRACK) | FOLLOW(RBRACE));
		return x;
	}
	}
}

// Behind x, at the dot.
static Expr *selector_or_assertion(Parser *p, Expr *x)
{
	Pos pos = p->pos;
	scan_next(p);
	if (p->tok == T_NAME) {
		Expr *e = node(p, E_SELECTOR, pos);
		e->sel.x = x;
		e->sel.sel = parse_name(p);
		return e;
	}
	if (p->tok != T_LPAREN) {
		syntax_error(p, "expected name or (");
		skip_to(p, FOLLOW(SEMI) | FOLLOW(RPAREN));
		return x;
	}
	scan_next(p);
	Expr *e;
	if (got(p, T_TYPE)) {
		e = node(p, E_TYPESWITCH, pos);
		e->guard.x = x;
	} else {
		e = node(p, E_ASSERT, pos);
		e->assert.x = x;
		e->assert.type = parse_type(p);
	}
	want(p, T_RPAREN);
	return e;
}

// Behind x, at the "[".
static Expr *index_or_slice(Parser *p, Expr *x)
{
	Pos pos = p->pos;
	scan_next(p);
	Expr *i = NULL;
	if (p->tok != T_COLON) {
		bool comma = false;
		if (p->tok == T_RBRACK) {
			syntax_error(p, "expected operand");
			i = bad_expr(p);
		} else {
			i = parse_type_list(p, false, &comma);
		}
		if (comma || p->tok == T_RBRACK) {
			want(p, T_RBRACK);
			Expr *e = node(p, E_INDEX, pos);
			e->index.x = x;
			e->index.i = i;
			return e;
		}
	}
	if (!got(p, T_COLON)) {
		syntax_error(p, "expected comma, : or ]");
		skip_to(p, FOLLOW(COMMA) | FOLLOW(COLON) | FOLLOW(RBRACK));
	}
	p->xnest++;
	Expr *e = node(p, E_SLICE, pos);
	e->slice.x = x;
	e->slice.lo = i;
	if (p->tok != T_COLON && p->tok != T_RBRACK)
		e->slice.hi = parse_expr(p);
	if (p->tok == T_COLON) {
		e->slice.full = true;
		if (!e->slice.hi) {
			error_at(p, p->pos, "middle index required in 3-index slice");
			e->slice.hi = bad_expr(p);
		}
		scan_next(p);
		if (p->tok != T_RBRACK) {
			e->slice.max = parse_expr(p);
		} else {
			error_at(p, p->pos, "final index required in 3-index slice");
			e->slice.max = bad_expr(p);
		}
	}
	p->xnest--;
	want(p, T_RBRACK);
	return e;
}

static Expr *call(Parser *p, Expr *fun)
{
	Expr *e = node(p, E_CALL, p->pos);
	u32 base = p->nstack;
	e->call.fun = fun;
	scan_next(p);
	p->xnest++;
	List l = {"argument list", T_COMMA, T_RPAREN};
	for (; list_at(p, &l); list_sep(p, &l)) {
		stack_push(p, parse_expr(p));
		l.done = e->call.dots = got(p, T_DOTDOTDOT);
	}
	p->xnest--;
	TAKE(p, base, &e->call.args);
	if (p->body && fun->kind == E_NAME && str_is(name_str(fun->name.name), "recover"))
		p->body->has_recover = true;
	return e;
}

Expr *parse_primary(Parser *p, Expr *x, bool keep_parens)
{
	enter(p);
	if (!x)
		x = operand(p, keep_parens);
	for (u32 chain = 0;; chain++) {
		if (chain == CHAIN_MAX)
			give_up(p, "expression too long");
		switch (p->tok) {
		case T_DOT:
			x = selector_or_assertion(p, x);
			continue;
		case T_LBRACK:
			x = index_or_slice(p, x);
			continue;
		case T_LPAREN:
			x = call(p, x);
			continue;
		case T_LBRACE: {
			Expr *t = expr_unparen(x);
			if (!may_be_literal_type(p, t))
				break;
			if (t != x)
				syntax_error(p, "cannot parenthesize type in composite literal");
			x = literal_value(p, x);
			continue;
		}
		default:
			break;
		}
		leave(p);
		return x;
	}
}

// ---- operators ----------------------------------------------------------------------------------

// x, the operand of "<-", is a channel type, so the arrow belongs to it: <-(chan E) is (<-chan E), and where x
// has an arrow itself, that moves on to the element: <-(chan<- chan E) is (<-chan (<-chan E)).
static Expr *receive_channel(Parser *p, Expr *x)
{
	u8 dir = CHAN_SEND;
	Expr *t = x;
	while (dir == CHAN_SEND && t->kind == E_CHANTYPE) {
		dir = t->chan.dir;
		if (dir == CHAN_RECV)
			syntax_error(p, "unexpected <-, expected chan");
		t->chan.dir = CHAN_RECV;
		t = t->chan.elem;
	}
	if (dir == CHAN_SEND)
		syntax_error(p, "unexpected " STR_FMT ", expected chan", STR_ARG(expr_str(p->a, t)));
	return x;
}

static Expr *unary(Parser *p)
{
	Pos pos = p->pos;
	if (p->tok == T_OPERATOR || p->tok == T_STAR) {
		switch (p->op) {
		case OP_MUL: case OP_ADD: case OP_SUB: case OP_NOT: case OP_XOR: case OP_TILDE: case OP_AND: {
			Expr *e = node(p, E_UNARY, pos);
			e->op = p->op;
			scan_next(p);
			enter(p);
			e->unary.x = unary(p);
			leave(p);
			if (e->op == OP_AND) // &(T{}) is &T{}
				e->unary.x = expr_unparen(e->unary.x);
			return e;
		}
		}
	} else if (p->tok == T_ARROW) {
		scan_next(p);
		enter(p);
		Expr *x = unary(p); // only its end tells whether this is a channel type or a receive operation
		leave(p);
		if (x->kind == E_CHANTYPE)
			return receive_channel(p, x);
		Expr *e = node(p, E_UNARY, pos);
		e->op = OP_RECV;
		e->unary.x = x;
		return e;
	}
	return parse_primary(p, NULL, true);
}

Expr *parse_binary(Parser *p, Expr *x, u32 prec)
{
	if (!x)
		x = unary(p);
	for (u32 chain = 0; (p->tok == T_OPERATOR || p->tok == T_STAR) && p->prec > prec; chain++) {
		if (chain == CHAIN_MAX) {
			give_up(p, "expression too long");
			break;
		}
		Expr *e = node(p, E_BINARY, p->pos);
		e->op = p->op;
		u32 inner = p->prec;
		scan_next(p);
		e->binary.x = x;
		e->binary.y = parse_binary(p, NULL, inner);
		x = e;
	}
	return x;
}

Expr *parse_expr(Parser *p)
{
	return parse_binary(p, NULL, 0);
}

Expr *parse_expr_list(Parser *p)
{
	Expr *x = parse_expr(p);
	if (p->tok != T_COMMA)
		return x;
	Expr *e = node(p, E_LIST, x->pos);
	u32 base = p->nstack;
	stack_push(p, x);
	while (got(p, T_COMMA))
		stack_push(p, parse_expr(p));
	TAKE(p, base, &e->list.v);
	return e;
}
