// stmt.c: statements and function bodies. Rules, recovery and positions: cmd/compile/internal/syntax/parser.go.
#include "syntax/parse.h"

static Stmt *statement(Parser *p);
static Block *block(Parser *p, const char *context);

static Stmt *stmt(Parser *p, StmtKind k, Pos pos)
{
	return stmt_new(p->a, k, pos);
}

static bool is_stmt_list_end(Parser *p)
{
	return p->tok == T_EOF || p->tok == T_RBRACE || p->tok == T_CASE || p->tok == T_DEFAULT;
}

static StmtVec stmt_list(Parser *p)
{
	StmtVec v = {0};
	u32 base = p->nstack;
	while (!is_stmt_list_end(p)) {
		Stmt *s = statement(p);
		if (p->pending.any)
			directive_flush(p);
		if (!s)
			break;
		stack_push(p, s);
		if (!got(p, T_SEMI) && p->tok != T_RBRACE) {
			syntax_error(p, "at end of statement");
			skip_to(p, FOLLOW(SEMI) | FOLLOW(RBRACE) | FOLLOW(CASE) | FOLLOW(DEFAULT));
			got(p, T_SEMI);
		}
	}
	TAKE(p, base, &v);
	return v;
}

// context: what the block must follow, if it is not certain that there is one.
static Block *block(Parser *p, const char *context)
{
	Block *b = NEW(p->a, Block);
	b->pos = p->pos;
	if (!got(p, T_LBRACE)) {
		syntax_error(p, "expected { after %s", context);
		skip_to(p, FOLLOW(NAME) | FOLLOW(RBRACE));
		b->rbrace = p->pos;
		if (got(p, T_RBRACE))
			return b;
	}
	enter(p);
	b->list = stmt_list(p);
	leave(p);
	b->rbrace = p->pos;
	want(p, T_RBRACE);
	return b;
}

static Stmt *block_stmt(Parser *p)
{
	Stmt *s = stmt(p, ST_BLOCK, p->pos);
	s->block = block(p, "");
	return s;
}

// Skips a body: to the matching brace.
static void skip_body(Parser *p, Block *b)
{
	b->pos = p->pos;
	for (u32 depth = 0; p->tok != T_EOF; scan_next(p)) {
		if (p->tok == T_LBRACE)
			depth++;
		else if (p->tok == T_RBRACE && --depth == 0)
			break;
	}
	b->rbrace = p->pos;
	p->pending = (Pending){0};
	want(p, T_RBRACE);
}

FuncBody *parse_body(Parser *p)
{
	FuncBody *outer = p->body, *f = NEW(p->a, FuncBody);
	if (p->opt->skip_bodies) {
		f->block = NEW(p->a, Block);
		skip_body(p, f->block);
		return f;
	}
	p->body = f;
	p->fnest++;
	u32 errors = p->errors, branches = p->branches;
	f->block = block(p, "");
	p->fnest--;
	p->body = outer;
	// Without errors only: an incomplete tree would give more of them.
	if (p->opt->check_branches && errors == p->errors && branches != p->branches)
		check_branches(p, f->block);
	return f;
}

// ---- simple statements --------------------------------------------------------------------------

static Stmt *assignment(Parser *p, Pos pos, Op op, Expr *lhs, Expr *rhs)
{
	Stmt *s = stmt(p, ST_ASSIGN, pos);
	s->op = (u8)op;
	s->assign.lhs = lhs;
	s->assign.rhs = rhs;
	return s;
}

static Stmt *range_clause(Parser *p, Expr *lhs, bool def)
{
	Stmt *s = stmt(p, ST_RANGE, p->pos);
	scan_next(p);
	s->range.pos = s->pos;
	s->range.lhs = lhs;
	s->range.def = def;
	s->range.x = parse_expr(p);
	return s;
}

static Stmt *expr_stmt(Parser *p, Expr *x)
{
	Stmt *s = stmt(p, ST_EXPR, x->pos);
	s->x = x;
	return s;
}

static Expr *one(Parser *p, Pos pos)
{
	Expr *e = node(p, E_LIT, pos);
	e->lit.text = S("1");
	e->lit.kind = LIT_INT;
	e->implicit = true;
	return e;
}

// lhs, if given, was consumed. keyword: of the statement whose header this is part of, or T_EOF.
static Stmt *simple_stmt(Parser *p, Expr *lhs, Token keyword)
{
	if (keyword == T_FOR && p->tok == T_RANGE)
		return range_clause(p, NULL, false);
	if (!lhs)
		lhs = parse_expr_list(p);
	Pos pos = p->pos;
	if (lhs->kind != E_LIST && p->tok != T_ASSIGN && p->tok != T_DEFINE) {
		Stmt *s;
		u8 op = p->op;
		switch (p->tok) {
		case T_ASSIGNOP:
			scan_next(p);
			return assignment(p, pos, op, lhs, parse_expr(p));
		case T_INCOP:
			scan_next(p);
			s = assignment(p, pos, op, lhs, one(p, pos));
			s->assign.incdec = true;
			return s;
		case T_ARROW:
			s = stmt(p, ST_SEND, pos);
			scan_next(p);
			s->send.chan = lhs;
			s->send.val = parse_expr(p);
			return s;
		default:
			return expr_stmt(p, lhs);
		}
	}
	if (p->tok != T_ASSIGN && p->tok != T_DEFINE) {
		syntax_error(p, "expected := or = or comma");
		skip_to(p, FOLLOW(SEMI) | FOLLOW(RBRACE));
		return expr_stmt(p, lhs->kind == E_LIST ? lhs->list.v.p[0] : lhs);
	}
	Op op = p->tok == T_DEFINE ? OP_DEF : OP_NONE;
	scan_next(p);
	if (keyword == T_FOR && p->tok == T_RANGE)
		return range_clause(p, lhs, op == OP_DEF);
	Expr *rhs = parse_expr_list(p);
	if (rhs->kind == E_TYPESWITCH && keyword == T_SWITCH && op == OP_DEF && lhs->kind == E_NAME) {
		rhs->guard.lhs = lhs;
		return expr_stmt(p, rhs);
	}
	return assignment(p, pos, op, lhs, rhs);
}

// As gc prints a simple statement in a message.
Str stmt_str(Arena *a, const Stmt *s)
{
	Str x, y;
	switch (s->kind) {
	case ST_EXPR:
		return expr_str(a, s->x);
	case ST_SEND:
		x = expr_str(a, s->send.chan), y = expr_str(a, s->send.val);
		return str_fmt(a, STR_FMT " <- " STR_FMT, STR_ARG(x), STR_ARG(y));
	case ST_ASSIGN:
		x = expr_str(a, s->assign.lhs);
		if (s->assign.incdec)
			return str_fmt(a, STR_FMT "%s%s", STR_ARG(x), op_str(s->op), op_str(s->op));
		y = expr_str(a, s->assign.rhs);
		return str_fmt(a, STR_FMT " %s= " STR_FMT, STR_ARG(x), op_str(s->op), STR_ARG(y));
	default:
		return S("statement");
	}
}

// ---- headers of if, for and switch --------------------------------------------------------------

typedef struct Header { Stmt *init, *post; Expr *cond; } Header;

static Str emphasized(Parser *p, const Expr *x)
{
	Str s = expr_str(p->a, x);
	return x->kind == E_BINARY ? str_fmt(p->a, "(" STR_FMT ")", STR_ARG(s)) : s;
}

// The statement in the place of a condition must be an expression; "=" for "==" is the common mistake.
static Expr *condition(Parser *p, const Stmt *s)
{
	if (s->kind == ST_EXPR)
		return s->x;
	if (s->kind == ST_ASSIGN && s->op == OP_NONE)
		syntax_error_at(p, s->pos, "cannot use assignment " STR_FMT " = " STR_FMT " as value",
			STR_ARG(emphasized(p, s->assign.lhs)), STR_ARG(emphasized(p, s->assign.rhs)));
	else
		syntax_error_at(p, s->pos, "cannot use " STR_FMT " as value", STR_ARG(stmt_str(p->a, s)));
	return NULL;
}

static Expr *bad_condition(Parser *p, Pos pos)
{
	Expr *e = bad_expr(p);
	e->pos = pos;
	return e;
}

// What follows the first statement and is not "{".
static void header_rest(Parser *p, Token keyword, Header *h, Stmt **cond, Pos *semi_pos, u8 *semi)
{
	if (p->tok == T_SEMI) {
		*semi_pos = p->pos;
		*semi = p->semi;
		scan_next(p);
	} else {
		want(p, T_LBRACE); // "expected {" is more likely what was meant than ";"
		if (p->tok != T_LBRACE)
			skip_to(p, FOLLOW(LBRACE) | FOLLOW(RBRACE));
	}
	if (keyword != T_FOR) {
		if (p->tok != T_LBRACE)
			*cond = simple_stmt(p, NULL, keyword);
		return;
	}
	if (p->tok != T_SEMI) {
		if (p->tok == T_LBRACE) {
			syntax_error(p, "expected for loop condition");
			return;
		}
		*cond = simple_stmt(p, NULL, T_EOF);
	}
	want(p, T_SEMI);
	if (p->tok != T_LBRACE) {
		h->post = simple_stmt(p, NULL, T_EOF);
		if (h->post->kind == ST_ASSIGN && h->post->op == OP_DEF)
			syntax_error_at(p, h->post->pos, "cannot declare in post statement of for loop");
	}
}

static Header header(Parser *p, Token keyword)
{
	Header h = {0};
	scan_next(p); // the keyword
	if (p->tok == T_LBRACE) {
		if (keyword == T_IF) {
			syntax_error(p, "missing condition in if statement");
			h.cond = bad_expr(p);
		}
		return h;
	}
	int outer = p->xnest;
	p->xnest = -1;
	if (p->tok != T_SEMI) {
		if (got(p, T_VAR))
			syntax_error(p, "var declaration not allowed in %s initializer", token_str(keyword));
		h.init = simple_stmt(p, NULL, keyword);
		if (h.init->kind == ST_RANGE) {
			p->xnest = outer;
			return h;
		}
	}
	Stmt *cond = NULL;
	Pos semi_pos = 0;
	u8 semi = 0;
	if (p->tok == T_LBRACE) {
		cond = h.init;
		h.init = NULL;
	} else {
		header_rest(p, keyword, &h, &cond, &semi_pos, &semi);
	}
	if (cond) {
		h.cond = condition(p, cond);
	} else if (keyword == T_IF && semi_pos) {
		if (semi == SEMI_SEMICOLON)
			syntax_error_at(p, semi_pos, "missing condition in if statement");
		else
			syntax_error_at(p, semi_pos, "unexpected %s, expected { after if clause", semi == SEMI_EOF ? "EOF" : "newline");
		h.cond = bad_condition(p, semi_pos);
	}
	p->xnest = outer;
	return h;
}

static Stmt *if_stmt(Parser *p)
{
	Stmt *s = stmt(p, ST_IF, p->pos);
	Header h = header(p, T_IF);
	s->if_.init = h.init;
	s->if_.cond = h.cond ? h.cond : bad_condition(p, s->pos);
	s->if_.then = block(p, "if clause");
	if (got(p, T_ELSE)) {
		if (p->tok == T_IF) {
			enter(p);
			s->if_.els = if_stmt(p);
			leave(p);
		} else if (p->tok == T_LBRACE) {
			s->if_.els = block_stmt(p);
		} else {
			syntax_error(p, "else must be followed by if or statement block");
			skip_to(p, FOLLOW(NAME) | FOLLOW(RBRACE));
		}
	}
	return s;
}

static Stmt *for_stmt(Parser *p)
{
	Pos pos = p->pos;
	Header h = header(p, T_FOR);
	Block *body = block(p, "for clause");
	if (h.init && h.init->kind == ST_RANGE) {
		h.init->pos = pos;
		h.init->range.body = body;
		return h.init;
	}
	Stmt *s = stmt(p, ST_FOR, pos);
	s->for_.init = h.init;
	s->for_.cond = h.cond;
	s->for_.post = h.post;
	s->for_.body = body;
	return s;
}

static Clause *clause(Parser *p, bool comm)
{
	Clause *c = NEW(p->a, Clause);
	c->pos = p->pos;
	if (p->tok == T_CASE) {
		scan_next(p);
		if (comm)
			c->comm = simple_stmt(p, NULL, T_EOF);
		else
			c->cases = parse_expr_list(p);
	} else if (p->tok == T_DEFAULT) {
		scan_next(p);
	} else {
		syntax_error(p, "expected case or default or }");
		skip_to(p, FOLLOW(COLON) | FOLLOW(CASE) | FOLLOW(DEFAULT) | FOLLOW(RBRACE));
	}
	c->colon = p->pos;
	want(p, T_COLON);
	c->body = stmt_list(p);
	return c;
}

static ClauseVec clauses(Parser *p, const char *what, bool comm, Pos *rbrace)
{
	ClauseVec v = {0};
	u32 base = p->nstack;
	if (!got(p, T_LBRACE)) {
		syntax_error(p, "missing { after %s clause", what);
		skip_to(p, FOLLOW(CASE) | FOLLOW(DEFAULT) | FOLLOW(RBRACE));
	}
	enter(p);
	while (p->tok != T_EOF && p->tok != T_RBRACE)
		stack_push(p, clause(p, comm));
	leave(p);
	TAKE(p, base, &v);
	*rbrace = p->pos;
	want(p, T_RBRACE);
	return v;
}

static Stmt *switch_stmt(Parser *p)
{
	Stmt *s = stmt(p, ST_SWITCH, p->pos);
	Header h = header(p, T_SWITCH);
	if (h.cond && h.cond->kind == E_TYPESWITCH)
		s->kind = ST_TYPESWITCH;
	s->switch_.init = h.init;
	s->switch_.tag = h.cond;
	s->switch_.clauses = clauses(p, "switch", false, &s->switch_.rbrace);
	return s;
}

static Stmt *select_stmt(Parser *p)
{
	Stmt *s = stmt(p, ST_SELECT, p->pos);
	scan_next(p);
	s->select.clauses = clauses(p, "select", true, &s->select.rbrace);
	return s;
}

// ---- the other statements -----------------------------------------------------------------------

static Stmt *go_or_defer(Parser *p)
{
	Stmt *s = stmt(p, ST_CALL, p->pos);
	s->call.tok = p->tok;
	if (p->tok == T_DEFER && p->body)
		p->body->has_defer = true;
	scan_next(p);
	Expr *x = parse_primary(p, NULL, p->tok == T_LPAREN);
	Expr *t = expr_unparen(x);
	if (t != x)
		error_at(p, x->pos, "expression in %s must not be parenthesized", token_str(s->call.tok));
	s->call.call = t;
	return s;
}

static Stmt *branch(Parser *p)
{
	Stmt *s = stmt(p, ST_BRANCH, p->pos);
	s->branch.tok = p->tok;
	p->branches++;
	scan_next(p);
	if (s->branch.tok == T_GOTO) {
		if (p->body)
			p->body->has_goto = true;
		s->branch.label = parse_name(p);
	} else if (s->branch.tok != T_FALLTHROUGH && p->tok == T_NAME) {
		s->branch.label = parse_name(p);
	}
	return s;
}

static Stmt *labeled(Parser *p, Expr *label)
{
	Stmt *s = stmt(p, ST_LABELED, p->pos);
	s->labeled.label = label;
	p->branches++;
	if (p->body)
		p->body->has_label = true;
	want(p, T_COLON);
	if (p->tok == T_RBRACE) { // an empty statement, its semicolon left out
		s->labeled.stmt = stmt(p, ST_EMPTY, p->pos);
		return s;
	}
	enter(p);
	s->labeled.stmt = statement(p);
	leave(p);
	if (s->labeled.stmt)
		return s;
	syntax_error_at(p, s->pos, "missing statement after label");
	return NULL;
}

static Stmt *decl_stmt(Parser *p, DeclKind k)
{
	Stmt *s = stmt(p, ST_DECL, p->pos);
	scan_next(p);
	s->decls = parse_group(p, k);
	for (u32 i = 0; k == D_TYPE && i < s->decls.n; i++)
		if (s->decls.p[i]->kind == D_TYPE && !s->decls.p[i]->type.alias)
			s->decls.p[i]->type.local = ++p->f->nlocal_types;
	return s;
}

// NULL if there is no statement here.
static Stmt *statement(Parser *p)
{
	if (p->tok == T_NAME) {
		if (p->pending.any)
			directive_flush(p);
		Expr *lhs = parse_expr_list(p);
		if (lhs->kind == E_NAME && p->tok == T_COLON)
			return labeled(p, lhs);
		return simple_stmt(p, lhs, T_EOF);
	}
	switch (p->tok) { // these may have directives
	case T_VAR: return decl_stmt(p, D_VAR);
	case T_CONST: return decl_stmt(p, D_CONST);
	case T_TYPE: return decl_stmt(p, D_TYPE);
	}
	if (p->pending.any)
		directive_flush(p);
	switch (p->tok) {
	case T_LBRACE: return block_stmt(p);
	case T_OPERATOR: case T_STAR:
		switch (p->op) {
		case OP_ADD: case OP_SUB: case OP_MUL: case OP_AND: case OP_XOR: case OP_NOT:
			return simple_stmt(p, NULL, T_EOF);
		}
		return NULL;
	case T_LITERAL: case T_FUNC: case T_LPAREN: case T_LBRACK: case T_STRUCT: case T_MAP: case T_CHAN: case T_INTERFACE:
	case T_ARROW:
		return simple_stmt(p, NULL, T_EOF);
	case T_FOR: return for_stmt(p);
	case T_SWITCH: return switch_stmt(p);
	case T_SELECT: return select_stmt(p);
	case T_IF: return if_stmt(p);
	case T_FALLTHROUGH: case T_BREAK: case T_CONTINUE: case T_GOTO: return branch(p);
	case T_GO: case T_DEFER: return go_or_defer(p);
	case T_RETURN: {
		Stmt *s = stmt(p, ST_RETURN, p->pos);
		scan_next(p);
		if (p->tok != T_SEMI && p->tok != T_RBRACE)
			s->ret.results = parse_expr_list(p);
		return s;
	}
	case T_SEMI: return stmt(p, ST_EMPTY, p->pos);
	default: return NULL;
	}
}
