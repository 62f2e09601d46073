// parse.h: private to syntax/: the state of a parser, which is its scanner's state too, and what its files
// offer each other. The parser looks one token ahead; `tok` and the fields beside it describe that token.
#ifndef INGOT_SYNTAX_PARSE_H
#define INGOT_SYNTAX_PARSE_H

#include "syntax/syntax.h"

// Nesting of blocks, literals, parentheses, types ... in source. Later phases recurse along it.
#define DEPTH_MAX 10000
// Length of a chain that nests to the left: a + b + c ..., x.f().g() ...
#define CHAIN_MAX 100000

enum { PREC_OROR = 1, PREC_ANDAND, PREC_CMP, PREC_ADD, PREC_MUL };
typedef enum SemiKind { SEMI_SEMICOLON, SEMI_NEWLINE, SEMI_EOF } SemiKind;

// A byte that is not Go source text: reported when the scanner passes it. In the scanner's copy of the text
// it is JUNK, which counts as nothing.
typedef struct BadByte { const char *at; u8 kind; } BadByte;
enum { BAD_NUL, BAD_UTF8, BAD_BOM };
#define JUNK 0xff

// Directives that wait for a declaration to attach to.
typedef struct PendingFlag { Pos pos; u32 flags; } PendingFlag;
typedef struct PendingEmbed { Pos pos; StrVec patterns; } PendingEmbed;
typedef struct Pending {
	bool any;
	u32 flags;
	VEC(PendingFlag) list;
	VEC(PendingEmbed) embeds;
	struct { Pos pos; bool set; } wasmimport, wasmexport;
} Pending;

typedef struct Parser {
	// the scanner
	const char *p;          // next byte to look at
	const char *line_start;
	u32 line, file;
	const char *start;      // of the token
	Pos pos;                // of the token
	u8 tok;                 // Token
	u8 op, prec;            // T_OPERATOR, T_STAR, T_ASSIGNOP, T_INCOP; unary-only operators have prec 0
	u8 kind;                // T_LITERAL: LitKind
	u8 semi;                // T_SEMI: SemiKind
	bool bad;               // T_LITERAL: an error was reported
	bool nlsemi;            // the next newline is a semicolon
	Str lit;                // T_LITERAL: as written
	Name name;              // T_NAME
	const char *text, *end; // *end is NUL, and there is no NUL before
	const char *bad_at;     // the next bad byte's place, or beyond the end
	BadByte *bad_bytes;
	u32 bad_next, nbad;
	const char *bad_from, *bad_seen; // the start of line bad_line, and how far newlines were counted for bad bytes
	u32 bad_line;

	// the parser
	SyntaxFile *f;
	Arena *a;
	Diags *d;
	const ParseOptions *opt;
	Pending pending;
	FuncBody *body;         // being parsed; for its hints
	bool top;               // before the package clause
	bool failed;            // a syntax error was reported
	u32 errors;             // syntax errors so far
	u32 branches;           // labels and branch statements so far
	u32 groups;
	int fnest;              // function nesting: > 0 inside a body
	int xnest;              // expression nesting: < 0 in a statement's header, where { begins a block
	u32 depth, withinfunc;
	VEC(struct LineDirective) line_directives;
	void **stack;           // elements of the lists being parsed
	u32 nstack, capstack;
	Expr *exprs, *exprs_end; // a slab of zeroed nodes
} Parser;

// scan.c
void scan_init(Parser *p, Str text);
void scan_next(Parser *p);
Pos scan_pos_at(const Parser *p, const char *at); // on the current line
// lazy.c
FuncBody *lazy_body(Parser *p);          // passes over the body at the "{" that was just scanned; NULL, nothing done: parse it
// literal.c: from the first character on; they set tok, lit, kind, bad and nlsemi
void scan_number(Parser *p, bool seen_point);
void scan_string(Parser *p);
void scan_raw_string(Parser *p);
void scan_rune(Parser *p);
u32 rune_quote(char *out, u32 rune);     // as %q of Go; at most 16 bytes
u32 rune_describe(char *out, u32 rune);  // as %#U of Go; at most 24 bytes

// directive.c
void directive_comment(Parser *p, const char *from, const char *to); // a comment that begins like a directive
void directive_flush(Parser *p);         // what waits is misplaced
void directive_attach(Parser *p, Decl *d);
void directive_attach_file(Parser *p);
void directive_finish(Parser *p);        // when the file is done

// error.c
void error_at(Parser *p, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);        // as it stands; counts as a syntax error
void syntax_error_at(Parser *p, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4); // with "syntax error:" and the token
#define syntax_error(p, ...) syntax_error_at((p), (p)->pos, __VA_ARGS__)
const char *token_word(Token t);         // as messages name it
void give_up(Parser *p, const char *what); // reports the error, then there is only EOF
void skip_to(Parser *p, u64 follow);     // error recovery: to one of these tokens, or one that begins a statement
#define FOLLOW(t) ((u64)1 << T_##t)

static inline bool got(Parser *p, Token t)
{
	if (p->tok != t)
		return false;
	scan_next(p);
	return true;
}
void want(Parser *p, Token t);
bool got_assign(Parser *p);              // "="; also ":=", with an error

// A list: for (List l = {context, sep, close}; list_at(p, &l); list_sep(p, &l)) element
typedef struct List { const char *context; Token sep, close; bool done, broken; Pos end; } List;
bool list_at(Parser *p, List *l);
void list_sep(Parser *p, List *l);

void stack_push(Parser *p, void *x);
u32 stack_take(Parser *p, u32 base, void ***out); // what was pushed since base, copied to the arena
#define TAKE(p, base, vec) ((vec)->n = (vec)->cap = stack_take((p), (base), (void ***)&(vec)->p))

// Nesting; enter() is false where it is too deep, after which there is only EOF.
static inline bool enter(Parser *p)
{
	if (__builtin_expect(++p->depth > DEPTH_MAX, 0))
		give_up(p, "nested too deeply");
	return true;
}
static inline void leave(Parser *p) { p->depth--; }

Expr *node_slab(Parser *p);
static inline Expr *node(Parser *p, ExprKind k, Pos pos)
{
	Expr *e = p->exprs != p->exprs_end ? p->exprs++ : node_slab(p);
	e->kind = (u8)k;
	e->pos = pos;
	return e;
}
Expr *bad_expr(Parser *p);

// expr.c
Expr *parse_expr(Parser *p);
Expr *parse_primary(Parser *p, Expr *x, bool keep_parens);
Expr *parse_binary(Parser *p, Expr *x, u32 prec);
Expr *parse_expr_list(Parser *p);
Expr *parse_literal(Parser *p);          // NULL if there is none
Expr *parse_name(Parser *p);
Expr *name_node(Parser *p, Pos pos, Name n);

// type.c
Expr *parse_type(Parser *p);
Expr *parse_type_or_null(Parser *p);
Expr *parse_type_list(Parser *p, bool strict, bool *comma);
Expr *parse_func_type(Parser *p, const char *no_tparams, FieldVec *tparams);
Expr *parse_array_type(Parser *p, Pos pos, Expr *len);
Expr *parse_slice_type(Parser *p, Pos pos);
FieldVec parse_params(Parser *p, Expr *name, Expr *type, Token close, bool require_names, bool dots_ok);

// stmt.c, decl.c
FuncBody *parse_body(Parser *p);
DeclVec parse_group(Parser *p, DeclKind k); // the keyword has been consumed; pushes nothing on the stack for good
void parse_group_onto_stack(Parser *p, DeclKind k);
Str stmt_str(Arena *a, const Stmt *s);

// branch.c
void check_branches(Parser *p, Block *body);

#endif
