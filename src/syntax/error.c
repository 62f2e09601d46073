// error.c: syntax errors in gc's words, getting back into step after one, and the parser's small machinery:
// separated lists, and the stack on which the elements of lists wait until their number is known.
// Words and recovery points: cmd/compile/internal/syntax/parser.go.
#include "syntax/parse.h"

#include <stdlib.h>

static const char *const token_text[] = {
#define TOKEN(name, text) text,
#include "syntax/tokens.def"
#undef TOKEN
};

static const char *const op_text[] = {
	[OP_NONE] = "", [OP_DEF] = ":", [OP_NOT] = "!", [OP_RECV] = "<-", [OP_TILDE] = "~", [OP_OROR] = "||", [OP_ANDAND] = "&&",
	[OP_EQL] = "==", [OP_NEQ] = "!=", [OP_LSS] = "<", [OP_LEQ] = "<=", [OP_GTR] = ">", [OP_GEQ] = ">=", [OP_ADD] = "+",
	[OP_SUB] = "-", [OP_OR] = "|", [OP_XOR] = "^", [OP_MUL] = "*", [OP_DIV] = "/", [OP_REM] = "%", [OP_AND] = "&",
	[OP_ANDNOT] = "&^", [OP_SHL] = "<<", [OP_SHR] = ">>",
};

const char *token_str(Token t) { return t < T_COUNT ? token_text[t] : "?"; }
const char *op_str(Op op) { return (u32)op < LENGTH(op_text) ? op_text[op] : "?"; }

const char *token_word(Token t)
{
	static const char *const keyword[] = {
#define TOKEN(name, text) "keyword " text,
#include "syntax/tokens.def"
#undef TOKEN
	};
	if (t == T_COMMA)
		return "comma";
	if (t == T_SEMI)
		return "semicolon or newline";
	return t >= T_BREAK ? keyword[t] : token_text[t];
}

static void report(Parser *p, Pos pos, Str msg)
{
	p->failed = true;
	p->errors++;
	u32 len = pos == p->pos && p->p > p->start ? (u32)(p->p - p->start) : 0;
	diag_add(p->d, (Diag){.pos = pos, .msg = msg, .len = len});
}

void error_at(Parser *p, Pos pos, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	report(p, pos, str_vfmt(p->a, fmt, ap));
	va_end(ap);
}

static Str found(Parser *p)
{
	static const char *const semi[] = {"semicolon", "newline", "EOF"};
	switch (p->tok) {
	case T_NAME: return str_fmt(p->a, "name " STR_FMT, STR_ARG(name_str(p->name)));
	case T_SEMI: return str(semi[p->semi]);
	case T_LITERAL: return str_fmt(p->a, "literal " STR_FMT, STR_ARG(p->lit));
	case T_OPERATOR: return str(op_str(p->op));
	case T_ASSIGNOP: return str_fmt(p->a, "%s=", op_str(p->op));
	case T_INCOP: return str_fmt(p->a, "%s%s", op_str(p->op), op_str(p->op));
	default: return str(token_word(p->tok));
	}
}

// A message that begins with "in", "at", "after" or "expected" tells where the present token is unexpected.
void syntax_error_at(Parser *p, Pos pos, const char *fmt, ...)
{
	if (p->tok == T_EOF && p->failed)
		return; // a consequence of the first
	va_list ap;
	va_start(ap, fmt);
	Str msg = str_vfmt(p->a, fmt, ap);
	va_end(ap);
	const char *glue;
	if (str_has_prefix(msg, "in ") || str_has_prefix(msg, "at ") || str_has_prefix(msg, "after "))
		glue = " ";
	else if (str_has_prefix(msg, "expected "))
		glue = ", ";
	else
		glue = NULL;
	if (glue)
		msg = str_fmt(p->a, "syntax error: unexpected " STR_FMT "%s" STR_FMT, STR_ARG(found(p)), glue, STR_ARG(msg));
	else
		msg = str_fmt(p->a, "syntax error: " STR_FMT, STR_ARG(msg));
	report(p, pos, msg);
}

void give_up(Parser *p, const char *what)
{
	if (p->p != p->end || p->tok != T_EOF)
		syntax_error(p, "%s", what);
	p->p = p->start = p->end;
	p->tok = T_EOF;
	p->nlsemi = false;
}

void skip_to(Parser *p, u64 follow)
{
	const u64 statements = FOLLOW(BREAK) | FOLLOW(CONST) | FOLLOW(CONTINUE) | FOLLOW(DEFER) | FOLLOW(FALLTHROUGH) |
		FOLLOW(FOR) | FOLLOW(GO) | FOLLOW(GOTO) | FOLLOW(IF) | FOLLOW(RETURN) | FOLLOW(SELECT) | FOLLOW(SWITCH) |
		FOLLOW(TYPE) | FOLLOW(VAR);
	if (!follow) { // no place to go: one token on
		if (p->tok != T_EOF)
			scan_next(p);
		return;
	}
	follow |= FOLLOW(EOF) | (p->fnest > 0 ? statements : 0);
	while (!(follow >> p->tok & 1))
		scan_next(p);
}

void want(Parser *p, Token t)
{
	if (!got(p, t)) {
		syntax_error(p, "expected %s", token_word(t));
		skip_to(p, 0);
	}
}

bool got_assign(Parser *p)
{
	if (p->tok == T_DEFINE)
		syntax_error(p, "expected =");
	else if (p->tok != T_ASSIGN)
		return false;
	scan_next(p);
	return true;
}

bool list_at(Parser *p, List *l)
{
	if (l->broken)
		return false;
	if (p->tok != T_EOF && p->tok != l->close && !l->done)
		return true;
	l->end = p->pos;
	want(p, l->close);
	return false;
}

void list_sep(Parser *p, List *l)
{
	if (got(p, l->sep) || p->tok == l->close)
		return;
	syntax_error(p, "in %s; possibly missing %s or %s", l->context, token_word(l->sep), token_word(l->close));
	skip_to(p, FOLLOW(RPAREN) | FOLLOW(RBRACK) | FOLLOW(RBRACE));
	if (p->tok != l->close) {
		l->broken = true;
		l->end = p->pos;
	}
}

void stack_push(Parser *p, void *x)
{
	if (p->nstack == p->capstack) {
		p->capstack = p->capstack ? p->capstack * 2 : 256;
		p->stack = realloc(p->stack, p->capstack * sizeof(void *));
		if (!p->stack)
			base_die("out of memory");
	}
	p->stack[p->nstack++] = x;
}

u32 stack_take(Parser *p, u32 base, void ***out)
{
	u32 n = p->nstack - base;
	*out = NULL;
	if (n) {
		*out = NEWN(p->a, void *, n);
		memcpy(*out, p->stack + base, n * sizeof(void *));
		p->nstack = base;
	}
	return n;
}

Expr *node_slab(Parser *p)
{
	u32 n = (u32)(p->end - p->p) / 8; // about a node every eight bytes
	n = n < 8 ? 8 : n > 128 ? 128 : n;
	p->exprs = NEWN(p->a, Expr, n);
	p->exprs_end = p->exprs + n;
	return p->exprs++;
}

Expr *bad_expr(Parser *p)
{
	return node(p, E_BAD, p->pos);
}

Expr *expr_new(Arena *a, ExprKind k, Pos pos)
{
	Expr *e = NEW(a, Expr);
	e->kind = (u8)k;
	e->pos = pos;
	return e;
}

Stmt *stmt_new(Arena *a, StmtKind k, Pos pos)
{
	Stmt *s = NEW(a, Stmt);
	s->kind = (u8)k;
	s->pos = pos;
	return s;
}
