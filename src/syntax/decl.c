// decl.c: declarations, and whole files. Rules, recovery and positions: cmd/compile/internal/syntax/parser.go.
#include "syntax/parse.h"

#include <stdlib.h>

typedef struct Group {
	u32 number;         // 0: not parenthesized
	u32 iota;
	Expr *type, *values; // of the last constant that had any
} Group;

static Decl *decl_new(Parser *p, DeclKind k, const Group *g)
{
	Decl *d = NEW(p->a, Decl);
	d->kind = (u8)k;
	d->pos = p->pos;
	d->from = (u32)(p->start - p->text);
	d->group = g->number;
	return d;
}

static Decl *import_decl(Parser *p, Group *g)
{
	Decl *d = decl_new(p, D_IMPORT, g);
	directive_attach(p, d);
	if (p->tok == T_NAME) {
		d->import.local = parse_name(p);
	} else if (p->tok == T_DOT) {
		d->import.local = name_node(p, p->pos, name_of(S(".")));
		scan_next(p);
	}
	Expr *path = d->import.path = parse_literal(p);
	if (!path) {
		syntax_error(p, "missing import path");
		skip_to(p, FOLLOW(SEMI) | FOLLOW(RPAREN));
		return d;
	}
	if (!path->lit.bad && path->lit.kind != LIT_STRING) {
		syntax_error_at(p, path->pos, "import path must be a string");
		path->lit.bad = true;
	}
	return d;
}

static ExprVec name_list(Parser *p)
{
	ExprVec v = {0};
	u32 base = p->nstack;
	do
		stack_push(p, parse_name(p));
	while (got(p, T_COMMA));
	TAKE(p, base, &v);
	return v;
}

static Decl *const_decl(Parser *p, Group *g)
{
	Decl *d = decl_new(p, D_CONST, g);
	directive_attach(p, d);
	d->val.names = name_list(p);
	if (p->tok != T_EOF && p->tok != T_SEMI && p->tok != T_RPAREN) {
		d->val.type = parse_type_or_null(p);
		if (got_assign(p))
			d->val.values = parse_expr_list(p);
	}
	d->iota = g->iota++;
	if (d->val.type || d->val.values) {
		g->type = d->val.type;
		g->values = d->val.values;
	} else {
		d->inherited = true;
		d->val.type = g->type;
		d->val.values = g->values;
	}
	return d;
}

static Decl *var_decl(Parser *p, Group *g)
{
	Decl *d = decl_new(p, D_VAR, g);
	directive_attach(p, d);
	d->val.names = name_list(p);
	if (got_assign(p)) {
		d->val.values = parse_expr_list(p);
	} else {
		d->val.type = parse_type(p);
		if (got_assign(p))
			d->val.values = parse_expr_list(p);
	}
	return d;
}

// Whether e can only be a type (or a constraint), never a value.
static bool is_type_elem(const Expr *e)
{
	for (;;) {
		switch (e->kind) {
		case E_ARRAYTYPE: case E_STRUCTTYPE: case E_FUNCTYPE: case E_INTERFACETYPE: case E_SLICETYPE: case E_MAPTYPE:
		case E_CHANTYPE:
			return true;
		case E_BINARY:
			if (is_type_elem(e->binary.y))
				return true;
			e = e->binary.x;
			continue;
		case E_UNARY:
			if (e->op == OP_TILDE)
				return true;
			e = e->unary.x;
			continue;
		case E_PAREN:
			e = e->x;
			continue;
		default:
			return false;
		}
	}
}

// x was read as an expression behind "type T [". If it can be taken as a type parameter's name and the type
// that follows it (P *C, P (C), P *C|D), returns the name and sets *type; a name alone gives *type NULL. What
// could be either is taken so if `force` is set, or if part of it can only be a type.
static Expr *split_name(Parser *p, Expr *x, bool force, Expr **type)
{
	*type = NULL;
	if (x->kind == E_NAME)
		return x;
	if (x->kind == E_BINARY && x->op == OP_MUL && x->binary.x->kind == E_NAME) {
		if (!force && !is_type_elem(x->binary.y))
			return NULL;
		*type = node(p, E_UNARY, x->pos);
		(*type)->op = OP_MUL;
		(*type)->unary.x = x->binary.y;
		return x->binary.x;
	}
	if (x->kind == E_BINARY && x->op == OP_OR) { // the name is at the far left of the union
		Expr *lhs;
		Expr *name = split_name(p, x->binary.x, force || is_type_elem(x->binary.y), &lhs);
		if (!name || !lhs)
			return NULL;
		*type = node(p, E_BINARY, x->pos);
		(*type)->op = OP_OR;
		(*type)->binary.x = lhs;
		(*type)->binary.y = x->binary.y;
		return name;
	}
	if (x->kind == E_CALL && x->call.fun->kind == E_NAME && x->call.args.n == 1 && !x->call.dots &&
		(force || is_type_elem(x->call.args.p[0]))) {
		*type = expr_unparen(x->call.args.p[0]);
		return x->call.fun;
	}
	return NULL;
}

// "type T [" NAME: an array type or type parameters.
static void array_or_tparams(Parser *p, Decl *d, Pos pos)
{
	Expr *x = parse_name(p), *type;
	if (p->tok != T_LBRACK) { // P []E could not be an array length
		p->xnest++;
		x = parse_binary(p, parse_primary(p, x, false), 0);
		p->xnest--;
	}
	Expr *name = split_name(p, x, p->tok == T_COMMA, &type);
	if (name && (type || p->tok != T_RBRACK)) {
		d->type.tparams = parse_params(p, name, type, T_RBRACK, true, false);
		d->type.alias = got_assign(p);
		d->type.type = parse_type_or_null(p);
	} else {
		d->type.type = parse_array_type(p, pos, x);
	}
}

static Decl *type_decl(Parser *p, Group *g)
{
	Decl *d = decl_new(p, D_TYPE, g);
	directive_attach(p, d);
	d->type.name = parse_name(p);
	Pos pos = p->pos;
	if (!got(p, T_LBRACK)) {
		d->type.alias = got_assign(p);
		d->type.type = parse_type_or_null(p);
	} else if (p->tok == T_NAME) {
		array_or_tparams(p, d, pos);
	} else if (got(p, T_RBRACK)) {
		d->type.type = parse_slice_type(p, pos);
	} else {
		d->type.type = parse_array_type(p, pos, NULL);
	}
	if (!d->type.type) {
		d->type.type = bad_expr(p);
		syntax_error(p, "in type declaration");
		skip_to(p, FOLLOW(SEMI) | FOLLOW(RPAREN));
	}
	return d;
}

static Decl *func_decl(Parser *p, Group *g);

static Decl *one_decl(Parser *p, DeclKind k, Group *g)
{
	Decl *d;
	switch (k) {
	case D_IMPORT: d = import_decl(p, g); break;
	case D_CONST: d = const_decl(p, g); break;
	case D_TYPE: d = type_decl(p, g); break;
	case D_VAR: d = var_decl(p, g); break;
	default: d = func_decl(p, g); break;
	}
	d->to = (u32)(p->start - p->text);
	return d;
}

// Behind the keyword: one declaration, or several in parentheses.
void parse_group_onto_stack(Parser *p, DeclKind k)
{
	Group g = {0};
	if (p->tok != T_LPAREN) {
		stack_push(p, one_decl(p, k, &g));
		return;
	}
	g.number = ++p->groups;
	directive_flush(p); // before the next token brings new ones
	scan_next(p);
	List l = {"grouped declaration", T_SEMI, T_RPAREN};
	for (; list_at(p, &l); list_sep(p, &l))
		stack_push(p, one_decl(p, k, &g));
}

DeclVec parse_group(Parser *p, DeclKind k)
{
	DeclVec v = {0};
	u32 base = p->nstack;
	parse_group_onto_stack(p, k);
	TAKE(p, base, &v);
	return v;
}

static Decl *func_decl(Parser *p, Group *g)
{
	Decl *d = decl_new(p, D_FUNC, g);
	directive_attach(p, d);
	bool method = got(p, T_LPAREN);
	if (method) {
		FieldVec recv = parse_params(p, NULL, NULL, T_RPAREN, false, false);
		if (recv.n != 1)
			error_at(p, p->pos, "method has %s", recv.n ? "multiple receivers" : "no receiver");
		if (recv.n)
			d->func.recv = recv.p[0];
	}
	if (p->tok == T_NAME) {
		d->func.name = parse_name(p);
		d->func.type = parse_func_type(p, NULL, &d->func.tparams);
	} else {
		d->func.name = name_node(p, p->pos, name_of(S("_")));
		d->func.type = node(p, E_FUNCTYPE, p->pos);
		syntax_error(p, method ? "expected name" : "expected name or (");
		skip_to(p, FOLLOW(LBRACE) | FOLLOW(SEMI));
	}
	d->func.end = p->pos;
	if (p->tok == T_LBRACE) {
		d->func.body = p->opt->lazy_bodies ? lazy_body(p) : NULL;
		if (!d->func.body)
			d->func.body = parse_body(p);
		d->func.end = d->func.body->block->rbrace;
	}
	return d;
}

// ---- files --------------------------------------------------------------------------------------

static void declarations(Parser *p)
{
	const u64 follow = FOLLOW(IMPORT) | FOLLOW(CONST) | FOLLOW(TYPE) | FOLLOW(VAR) | FOLLOW(FUNC);
	Token prev = T_IMPORT;
	while (p->tok != T_EOF) {
		if (p->tok == T_IMPORT && prev != T_IMPORT)
			syntax_error(p, "imports must appear before other declarations");
		if (p->tok != T_IMPORT && p->opt->imports_only)
			return;
		prev = p->tok;
		switch (p->tok) {
		case T_IMPORT: scan_next(p), parse_group_onto_stack(p, D_IMPORT); break;
		case T_CONST: scan_next(p), parse_group_onto_stack(p, D_CONST); break;
		case T_TYPE: scan_next(p), parse_group_onto_stack(p, D_TYPE); break;
		case T_VAR: scan_next(p), parse_group_onto_stack(p, D_VAR); break;
		case T_FUNC: scan_next(p), stack_push(p, one_decl(p, D_FUNC, &(Group){0})); break;
		default: {
			Decl *last = p->nstack ? p->stack[p->nstack - 1] : NULL;
			if (p->tok == T_LBRACE && last && last->kind == D_FUNC && !last->func.body)
				syntax_error(p, "unexpected semicolon or newline before {");
			else
				syntax_error(p, "non-declaration statement outside function body");
			skip_to(p, follow);
			continue;
		}
		}
		directive_flush(p); // before the ";" brings the next declaration's
		if (p->tok != T_EOF && !got(p, T_SEMI)) {
			syntax_error(p, "after top level declaration");
			skip_to(p, follow);
		}
	}
}

static void file(Parser *p)
{
	SyntaxFile *f = p->f;
	scan_next(p);
	f->package_pos = p->pos;
	p->top = false;
	if (!got(p, T_PACKAGE)) {
		syntax_error(p, "package statement must be first");
		return;
	}
	directive_attach_file(p);
	Expr *name = parse_name(p);
	want(p, T_SEMI);
	if (p->failed)
		return;
	f->package_name = name;
	declarations(p);
	TAKE(p, 0, &f->decls);
	directive_flush(p);
	f->eof = p->pos;
}

SyntaxFile *syntax_parse(Arena *a, SourceFile *src, Str text, const ParseOptions *opt, Diags *d)
{
	static const ParseOptions plain;
	SyntaxFile *f = NEW(a, SyntaxFile);
	f->source = src;
	f->arena = a;
	Parser p = {.f = f, .a = a, .d = d, .opt = opt ? opt : &plain, .file = src->index, .top = true};
	scan_init(&p, text);
	file(&p);
	directive_finish(&p);
	if (!f->eof)
		f->eof = p.pos;
	f->lines = p.line;
	f->ngroups = p.groups;
	f->failed = p.failed;
	free(p.stack);
	return f;
}
