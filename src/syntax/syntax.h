// syntax.h: source text to syntax tree. The tree says what was written; the type checker (types/) writes
// what it means into the fields marked "checker", and ir/ reads both. One tree a file, in the package's arena;
// the source text stays mapped as long as the tree is used. Language: doc/go_spec.html of Go 1.27. Positions of
// nodes are those of cmd/compile/internal/syntax, because gc's messages and line tables show them.
#ifndef INGOT_SYNTAX_H
#define INGOT_SYNTAX_H

#include "base/base.h"

// Of types/; here only pointed to.
typedef struct Type Type;
typedef struct Object Object;
typedef struct Package Package;
typedef struct Const Const;
typedef struct Scope Scope;

// ---- tokens -------------------------------------------------------------------------------------

typedef enum Token {
#define TOKEN(name, text) T_##name,
#include "syntax/tokens.def"
#undef TOKEN
	T_COUNT
} Token;

// Operators. Expressions, assignments (x op= y) and unary operations share them.
typedef enum Op {
	OP_NONE,
	OP_DEF,                                     // := in an assignment
	OP_NOT, OP_RECV, OP_TILDE,                  // !x <-x ~T (unary only)
	OP_OROR, OP_ANDAND,
	OP_EQL, OP_NEQ, OP_LSS, OP_LEQ, OP_GTR, OP_GEQ,
	OP_ADD, OP_SUB, OP_OR, OP_XOR,              // OP_ADD OP_SUB OP_XOR are unary too (OP_XOR: complement)
	OP_MUL, OP_DIV, OP_REM, OP_AND, OP_ANDNOT, OP_SHL, OP_SHR, // unary OP_MUL: *x or pointer type; OP_AND: &x
} Op;

// ---- expressions and types ----------------------------------------------------------------------

typedef struct Expr Expr;
typedef struct Stmt Stmt;
typedef struct Decl Decl;
typedef struct Field Field;
typedef struct FuncBody FuncBody;
typedef VEC(Expr *) ExprVec;
typedef VEC(Stmt *) StmtVec;
typedef VEC(Decl *) DeclVec;
typedef VEC(Field *) FieldVec;

typedef enum ExprKind {
	E_BAD,          // a syntax error was reported
	E_NAME,         // name
	E_LIT,          // lit
	E_COMPOSITE,    // complit: T{...}
	E_KEYVALUE,     // kv: in composite literals
	E_FUNCLIT,      // funclit
	E_PAREN,        // x
	E_SELECTOR,     // sel: x.name
	E_INDEX,        // index: x[i], or instantiation x[T1, T2] (index.i is an E_LIST for several)
	E_SLICE,        // slice: x[lo:hi:max]
	E_ASSERT,       // assert: x.(T)
	E_TYPESWITCH,   // guard: [lhs :=] x.(type), only as the tag of a switch
	E_UNARY,        // unary: op x (also *x: OP_MUL, &x: OP_AND, <-x: OP_RECV, ~T: OP_TILDE)
	E_BINARY,       // binary: x op y
	E_CALL,         // call: fun(args), conversions too
	E_LIST,         // list: x, y, z on one side of an assignment, results, type arguments
	E_ARRAYTYPE,    // array: [len]elem; len NULL for [...]
	E_SLICETYPE,    // x: elem
	E_DOTSTYPE,     // x: elem; only for the last parameter
	E_STRUCTTYPE,   // structt
	E_INTERFACETYPE,// iface
	E_FUNCTYPE,     // func
	E_MAPTYPE,      // map
	E_CHANTYPE,     // chan
} ExprKind;

typedef enum LitKind { LIT_INT, LIT_FLOAT, LIT_IMAG, LIT_RUNE, LIT_STRING } LitKind;
typedef enum ChanDir { CHAN_BOTH, CHAN_SEND, CHAN_RECV } ChanDir;

// Checker: what an expression turned out to be (types2's operandMode).
typedef enum Mode {
	MODE_INVALID, MODE_NOVALUE, MODE_BUILTIN, MODE_TYPE, MODE_CONST, MODE_VAR, MODE_MAPINDEX, MODE_VALUE, MODE_NIL,
	MODE_COMMAOK, MODE_COMMAERR, MODE_CGOFUNC,
} Mode;

// Checker: how x.f was found.
typedef struct Selection {
	enum { SEL_FIELD, SEL_METHOD, SEL_METHODEXPR, SEL_QUALIFIED } kind; // SEL_QUALIFIED: package.Name
	Object *obj;        // the field (Var) or method (Func: of the instantiated receiver), or the package's object
	u32 *path;          // field indices from the operand's type: embedded fields, then the field or method index
	u32 npath;
	bool indirect;      // a pointer was followed on the way
	Type *recv;         // type of x
} Selection;

struct Expr {
	u8 kind;            // ExprKind
	u8 op;              // Op, of E_UNARY and E_BINARY
	u8 mode;            // checker: Mode
	bool implicit : 1;  // made by the parser or the checker, not written
	bool shift_lhs : 1; // checker: untyped left operand of a non-constant shift, still to be checked
	bool commaok : 1;   // checker: used in v, ok = x form (index, assertion, receive): type is a tuple (T, bool)
	Pos pos;            // as in cmd/compile/internal/syntax (its parser.go says which token)
	Type *type;         // checker: the type, after untyped operands got theirs; for MODE_TYPE the type denoted
	Const *val;         // checker: constant value, NULL if not constant
	union {
		struct { Name name; Object *obj; Type **targs; u32 ntargs; } name; // checker: obj used or defined; targs: instantiation
		struct { Str text; u8 kind; bool bad; } lit;             // text as written; LitKind; bad: an error was reported
		struct { Expr *type; ExprVec elems; u32 nkeys; Pos rbrace; } complit; // type NULL if elided
		struct { Expr *key, *val; } kv;
		struct { Expr *type; FuncBody *body; Object *func; } funclit; // type: E_FUNCTYPE
		Expr *x;
		struct { Expr *x, *sel; Selection *selection; } sel;       // sel: E_NAME; carries targs of an instantiated function or method
		struct { Expr *x, *i; } index;                             // where it instantiates a function, targs are on the E_NAME of x
		struct { Expr *x, *lo, *hi, *max; bool full; } slice;
		struct { Expr *x, *type; } assert;                         // type: of x.(T)
		struct { Expr *lhs, *x; } guard;                           // lhs: E_NAME or NULL
		struct { Expr *x; } unary;
		struct { Expr *x, *y; } binary;
		struct { Expr *fun; ExprVec args; bool dots; bool is_conversion; u16 builtin; } call; // checker: builtin: id + 1, 0: none
		struct { ExprVec v; } list;
		struct { Expr *len, *elem; } array;
		struct { FieldVec fields; ExprVec tags; Pos rbrace; } structt; // tags.p[i]: E_LIT or NULL; may be shorter than fields
		struct { FieldVec methods; Pos rbrace; } iface;            // methods have a name; the others are embedded elements
		struct { FieldVec params, results; } func;
		struct { Expr *key, *val; } map;
		struct { Expr *elem; u8 dir; } chan;
	};
};

// A parameter, result, struct field, method of an interface, embedded element or type parameter. "a, b int"
// makes two Fields that share `type`.
struct Field {
	Pos pos;
	Expr *name;         // E_NAME, NULL if anonymous
	Expr *type;         // for methods E_FUNCTYPE
	bool embedded;
	bool shared_type;   // type is the same node as the previous Field's
};

// ---- statements ---------------------------------------------------------------------------------

typedef enum StmtKind {
	ST_BAD, ST_EMPTY, ST_LABELED, ST_BLOCK, ST_EXPR, ST_SEND, ST_DECL, ST_ASSIGN, ST_BRANCH, ST_CALL, ST_RETURN, ST_IF,
	ST_FOR, ST_RANGE, ST_SWITCH, ST_TYPESWITCH, ST_SELECT,
} StmtKind;

typedef struct Block { Pos pos, rbrace; StmtVec list; } Block;

// case x, y: body  or, in a select, case comm: body
typedef struct Clause {
	Pos pos, colon;
	Expr *cases;        // E_LIST or one expression; NULL for default (and in a select)
	Stmt *comm;         // select: ST_SEND, ST_EXPR (<-c) or ST_ASSIGN (v = <-c); NULL for default
	StmtVec body;
	Object *obj;        // checker: the variable of a type switch in this clause
} Clause;
typedef VEC(Clause *) ClauseVec;

struct Stmt {
	u8 kind;            // StmtKind
	u8 op;              // ST_ASSIGN: Op of op=; OP_DEF for :=, OP_NONE for =
	Pos pos;
	union {
		struct { Expr *label; Stmt *stmt; Object *obj; } labeled;
		Block *block;
		Expr *x;                                                   // ST_EXPR
		struct { Expr *chan, *val; } send;
		DeclVec decls;                                             // ST_DECL
		struct { Expr *lhs, *rhs; bool incdec; } assign;           // E_LIST for several; incdec: x++ x-- (rhs is 1, implicit)
		struct { u8 tok; Expr *label; Stmt *target; } branch;      // Token; target, set by branch checks: the labeled statement for
		                                                           // goto, the enclosing for/range/switch/select otherwise
		struct { u8 tok; Expr *call; } call;                       // T_GO or T_DEFER; call should be E_CALL
		struct { Expr *results; } ret;                             // NULL, one, or E_LIST
		struct { Stmt *init; Expr *cond; Block *then; Stmt *els; } if_; // els: ST_IF or ST_BLOCK
		struct { Stmt *init; Expr *cond; Stmt *post; Block *body; } for_;
		struct { Expr *lhs; bool def; Expr *x; Block *body; Pos pos; } range; // lhs NULL, one or E_LIST; pos: of "range"
		struct { Stmt *init; Expr *tag; ClauseVec clauses; Pos rbrace; } switch_; // ST_TYPESWITCH: tag is E_TYPESWITCH
		struct { ClauseVec clauses; Pos rbrace; } select;
	};
};

struct FuncBody {
	Block *block;
	bool has_defer, has_recover, has_goto, has_label; // a hint by name, of this body alone (literals inside excluded)
	struct UnreadBody *unread;  // passed over by lazy_bodies; block has positions only until syntax_read_body
};

// ---- declarations -------------------------------------------------------------------------------

typedef enum DeclKind { D_IMPORT, D_CONST, D_TYPE, D_VAR, D_FUNC } DeclKind;

// Compiler directives before a declaration (cmd/compile/internal/noder/lex.go, ir/node.go).
typedef enum Pragma {
	PRAGMA_NOINTERFACE = 1 << 0, PRAGMA_NOESCAPE = 1 << 1, PRAGMA_NORACE = 1 << 2, PRAGMA_NOSPLIT = 1 << 3,
	PRAGMA_NOINLINE = 1 << 4, PRAGMA_NOCHECKPTR = 1 << 5, PRAGMA_SYSTEMSTACK = 1 << 6, PRAGMA_NOWRITEBARRIER = 1 << 7,
	PRAGMA_NOWRITEBARRIERREC = 1 << 8, PRAGMA_YESWRITEBARRIERREC = 1 << 9, PRAGMA_CGO_UNSAFE_ARGS = 1 << 10,
	PRAGMA_UINTPTR_KEEPALIVE = 1 << 11, PRAGMA_UINTPTR_ESCAPES = 1 << 12, PRAGMA_REGISTERPARAMS = 1 << 13,
	PRAGMA_NOTINHEAP = 1 << 14,
} Pragma;

struct Decl {
	u8 kind;            // DeclKind
	Pos pos;
	u32 pragma;         // Pragma bits
	u32 group;          // declarations of one parenthesized group share a number > 0 within the file
	u32 iota;           // D_CONST: index within the group
	u32 from, to;       // of package-level declarations: where their text lies in the file's, as offsets in bytes
	bool inherited;     // D_CONST: type and values are those of an earlier line (the pointers are set to them)
	bool left_out;      // D_FUNC, D_TYPE: nothing reaches it: its body is neither checked nor compiled, it has no descriptor (build/demand.c)
	StrVec embeds;      // D_VAR: patterns of //go:embed
	Pos embed_pos;
	union {
		struct { Expr *local, *path; Object *obj; } import;        // local: E_NAME or NULL; path: E_LIT
		struct { ExprVec names; Expr *type, *values; } val;        // D_CONST, D_VAR; values: NULL, one or E_LIST
		struct { Expr *name; FieldVec tparams; bool alias; u32 local; Expr *type; } type; // local: of defined types in functions, the number in the file, from 1
		struct { Field *recv; Expr *name; FieldVec tparams; Expr *type; FuncBody *body; Pos end; } func; // body NULL: declared only
	};
};

// A //go: line that names its objects: linkname (local, remote), cgo_*, wasmimport, wasmexport ...
typedef struct Directive { Pos pos; Str verb; Str args[3]; u32 nargs; Str text; } Directive;

typedef struct SyntaxFile {
	SourceFile *source;
	Arena *arena;
	Expr *package_name; // E_NAME, NULL if missing
	Pos package_pos, eof;
	u32 pragma;         // before the package clause
	DeclVec decls;      // in source order
	VEC(Directive) directives;
	Str go_version;     // "go1.21" from a //go:build line that implies one, else empty
	u32 lines;
	u32 ngroups;        // numbers given to groups
	u32 nlocal_types;   // defined types declared in functions
	bool failed;        // a syntax error was reported
	VEC(Diag) late;     // misplaced directives and the like: gc reports them only of a package that checks without errors
	Scope *scope;       // checker: file scope
} SyntaxFile;

typedef struct ParseOptions {
	bool imports_only;  // stop after the imports
	bool skip_bodies;   // function bodies become empty: for looking at declarations only
	bool lazy_bodies;   // bodies of declared functions are passed over, for syntax_read_body
	bool check_branches;// check labels, break, continue, goto, and set branch.target (branches.go)
	bool std;           // directives reserved to the standard library are allowed
	bool is_cgo;        // generated by cgo: //go:cgo_* allowed
	bool runtime;       // directives reserved to the runtime are allowed (gc's -+)
	bool fieldtrack;    // GOEXPERIMENT: //go:nointerface counts
	bool wasm;          // compiling for wasm: //go:wasmimport and //go:wasmexport count
} ParseOptions;

// Parses a whole file. Syntax errors go to d, in gc's words and at gc's positions, and parsing goes on behind
// them; the tree is complete where it can be, E_BAD elsewhere. Never fails otherwise: text may be any bytes, but
// a NUL byte that does not count must follow them (as file_map, str_dup and str_fmt provide). opt may be NULL.
// Needs a deep stack (run_on_deep_stack, pool_for). Files parsed in parallel: a Diags each, merged in file order.
// With lazy_bodies the text must have been parsed without errors before: what is passed over is not looked at.
SyntaxFile *syntax_parse(Arena *a, SourceFile *src, Str text, const ParseOptions *opt, Diags *d);
// Parses the body of d, a function of f, now, if it was passed over; opt as for syntax_parse, whose text must still be there.
void syntax_read_body(SyntaxFile *f, Decl *d, const ParseOptions *opt, Diags *diags);

Pos expr_start(const Expr *e);          // leftmost position (syntax.StartPos)
Pos expr_end(const Expr *e);            // just behind the expression (syntax.EndPos), approximately
Str expr_str(Arena *a, const Expr *e);  // as gc prints it in messages (syntax.String: short form)
Expr *expr_unparen(Expr *e);
const char *op_str(Op op);              // "+"
const char *token_str(Token t);
Expr *expr_new(Arena *a, ExprKind k, Pos pos);
Stmt *stmt_new(Arena *a, StmtKind k, Pos pos);
// The value of a string or rune literal as written (quotes included); false if malformed.
bool syntax_unquote(Arena *a, Str lit, Str *out);
bool syntax_unquote_rune(Str lit, u32 *out);
void syntax_dump(FILE *out, const SyntaxFile *f); // -d=syntax

#endif
