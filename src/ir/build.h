// build.h: what the files of ir/ share: the builder of one function, tree constructors, the source from which a
// function is built, and the steps of preparation. Files: world.c (identity of functions), func.c (a function),
// expr.c conv.c member.c call.c builtin.c lit.c (expressions), stmt.c assign.c range.c rangefunc.c (statements),
// closure.c wrapper.c init.c (made functions), devirtualize.c inline.c
// inline_cost.c inline_size.c inline_copy.c escape.c moveslice.c compare.c order.c prepare.c (analyses), report.c (-m),
// verify.c dump.c.
#ifndef INGOT_IR_BUILD_H
#define INGOT_IR_BUILD_H

#include "ir/ir.h"

typedef VEC(IrNode *) NodeVec;

// ---- where a function comes from ----------------------------------------------------------------

typedef enum SourceKind {
	SRC_NONE,           // extern
	SRC_DECL,           // decl, of obj
	SRC_CLOSURE,        // built together with the outer function
	SRC_METHOD,         // wrapper: receiver of type recv, calls `target_obj` found by path
	SRC_METHOD_VALUE,   // -fm: captures the receiver
	SRC_ABI,            // calls target with the same signature
	SRC_INIT,           // package initializer
	SRC_CUSTOM,         // build(f, ctx) fills it in
} SourceKind;

typedef struct IrSource IrSource;
struct IrSource {
	u8 kind;
	Decl *decl;
	Block *literal;     // SRC_CLOSURE: the body as written, NULL if it was not
	Type *recv;         // SRC_METHOD, SRC_METHOD_VALUE
	Object *method;     // what recv.name resolves to
	u32 *path; u32 npath;
	IrFunc *target;     // SRC_ABI
	void (*build)(IrFunc *f, void *ctx); void *ctx;
	u64 hash;           // of targs
	IrFunc *next;       // next instance in the chain of Object.ir
};

enum { FS_NEW, FS_BUILDING, FS_BUILT, FS_INLINED, FS_ANALYSED }; // IrFunc.state

// ---- summaries ----------------------------------------------------------------------------------

// What a caller needs to know of a function: inline cost and how its parameters flow. Leaks count dereferences;
// -1: no flow.
enum { LEAK_HEAP, LEAK_MUTATE, LEAK_CALL, LEAK_RESULT0, LEAK_NRESULTS = 7, LEAK_COUNT = LEAK_RESULT0 + LEAK_NRESULTS };
typedef struct Leaks { i8 d[LEAK_COUNT]; } Leaks;
typedef struct IrSummary {
	Leaks *params; u32 nparams;  // valid in FS_ANALYSED
	bool costed;                 // the next three are valid
	i32 cost;                    // inline cost, -1: never inlined
	i32 full_cost;               // as counted, also where cost is -1
	u32 nodes;                   // size of the body, for the limit on big functions
	u8 intrinsic;                // 0: not known, 1: no, 2: yes
	bool from_facts, no_facts;   // params and cost were read from the package's archive; were looked for there in vain
	IrFunc *model;               // what is inlined, if it is: see ir_inline_model
	VEC(IrFunc *) dropped;       // separate closures that are made nowhere any more, if decisions about them are reported
	struct { u32 index, low; bool on_stack; } scc[2]; // of the searches for strongly connected components
} IrSummary;

// ---- the builder --------------------------------------------------------------------------------

// Type parameters of the function being built and what they are in this instance.
typedef struct Subst { Type **tparams, **targs; u32 n; Map cache; } Subst;

typedef struct Builder Builder;

// What a break, continue or goto can name, seen from the function that contains it.
typedef struct Target { IrNode *node; Stmt *stmt; Builder *owner; } Target;

// A way out of the body of a range over a function other than its own break and continue.
typedef struct RfExit { u8 tok; Stmt *target; Object *label; i64 code; } RfExit;

// A range over a function whose body is being built as a function of its own.
typedef struct RfLoop {
	Stmt *stmt;
	struct RfLoop *parent;      // enclosing one, if that encloses this in the same declared function or literal
	Builder *owner;             // builder of the function that contains the loop
	IrVar *state;               // in owner
	VEC(RfExit) exits;          // that leave the body of this loop
} RfLoop;

// What the loops of one function share.
typedef struct RfOuter { IrVar *next, *defers; Builder *owner; i64 ncodes; VEC(RfExit) codes; } RfOuter;

struct Builder {
	IrFunc *f;
	Arena *a;
	Builder *outer;         // of the enclosing function
	Package *pkg;           // where names are looked up
	Subst *subst;
	Map vars;               // Object * or outer IrVar * -> IrVar *
	Map targets;            // Stmt * -> Target *
	Map labels;             // Stmt * (labeled statement) -> IrLabel *
	NodeVec *out;           // statements go here
	RfLoop *rf;             // this function is the body of that loop
	RfOuter *rfo;           // shared by all loops nested in a real function
	bool per_iteration;     // loop variables are new in each iteration: go1.22
	u32 loops;              // depth of loops around
	bool deferred;          // the call of a go or defer statement is built: it does not happen here
};

// tree.c
IrNode *ir_n1(Builder *b, IrOp op, Pos pos, Type *type, IrNode *x);
IrNode *ir_n2(Builder *b, IrOp op, Pos pos, Type *type, IrNode *x, IrNode *y);
IrNode *ir_var(Builder *b, Pos pos, IrVar *v);
IrNode *ir_int(Arena *a, Pos pos, Type *type, i64 v);
IrNode *ir_const(Builder *b, Pos pos, Type *type, const Const *val); // in the representation that type wants
IrNode *ir_call(Builder *b, Pos pos, IrFunc *f, IrNode **args, u32 n);
IrNode *ir_compare(Builder *b, Pos pos, Op op, IrNode *x, IrNode *y);
IrNode *ir_assign(Builder *b, Pos pos, IrNode *dst, IrNode *src);
IrNode *ir_define(Builder *b, Pos pos, IrVar *v, IrNode *src);
IrList ir_list(NodeVec *v);
IrList ir_list1(Arena *a, IrNode *n);
IrVar *ir_var_new(IrFunc *f, Arena *a, IrVarClass cls, Name name, Type *type, Pos pos);
Type *ir_tuple(Arena *a, Type **types, u32 n);
Type *ir_canon(Type *t);                    // types_canon, quick where it is canonical
Type *ir_sig(Type *t);                      // the signature under a function type
Type *ir_param(Type *sig, u32 i);           // canonical type of a parameter
Type *ir_result(Type *sig, u32 i);
u32 ir_nparams(Type *sig);
u32 ir_nresults(Type *sig);
Type *ir_call_type(Arena *a, Type *sig);    // type of a call's node
Type *ir_elem(Type *t);                     // canonical element of pointer, slice, array, map, chan
Type *ir_field_type(Type *structure, u32 i);
Type *ir_ptr(Type *elem);
bool ir_is_iface(Type *t);
bool ir_is_const_int(const IrNode *n, i64 *v);
void ir_mark_addr(IrNode *n);               // its address is taken
void ir_mark_assigned(IrNode *n);           // it is written to
IrVar *ir_root(IrVar *v);                   // behind captures
IrNode *ir_copy(IrNode *n, Arena *a, IrNode *(*leaf)(IrNode *n, void *ctx), void *ctx);
#define EMIT(b, n) vec_push((b)->a, (b)->out, (n))

// func.c
Type *ir_ty(Builder *b, Type *t);           // substituted, canonical, default of untyped
IrVar *ir_lookup(Builder *b, Object *obj);  // a variable of this or an enclosing function, captured as needed
IrVar *ir_capture(Builder *b, IrVar *v);    // v of an enclosing function, in b
const Scope *ir_scope(const Object *obj); // for IrVar.scope
IrVar *ir_declare(Builder *b, Object *obj); // a new local
void ir_builder_init(Builder *b, IrFunc *f, Builder *outer);
void ir_declare_params(Builder *b, Type *sig, Type *recv); // sig as the checker left it, with its objects
Arena *ir_arena(void);                      // the thread's, for trees
void ir_set_built(IrFunc *f);
void ir_finish(IrFunc *f);                  // decides captures, of f and the closures in it
u32 ir_go_minor(Package *pkg, Pos pos);

// expr.c
IrNode *ir_expr(Builder *b, Expr *e);
IrNode *ir_expr_to(Builder *b, Expr *e, Type *t); // with implicit conversion to t (canonical)
IrNode *ir_addr_of(Builder *b, Pos pos, IrNode *x);
void ir_evaluate(Builder *b, Pos pos, IrNode *x);       // emits x for its effects and panics
IrNode *ir_addr_lit(Builder *b, Pos pos, IrNode *lit);
IrNode *ir_deref(Builder *b, Pos pos, IrNode *p);
IrNode *ir_cond(Builder *b, Expr *e);
IrNode *ir_shallow_copy(Builder *b, IrNode *n);
bool ir_is_cheap(IrNode *n);                // can be evaluated twice: constants and variables that are not reassigned
IrNode *ir_nil(Builder *b, Pos pos, Type *t);
IrNode *ir_zero(Builder *b, Pos pos, Type *t);
IrNode *ir_field(Builder *b, Pos pos, IrNode *x, u32 i);
// Opens and closes a sequence of statements inside an expression.
typedef struct Seq { NodeVec v; NodeVec *saved; } Seq;
void seq_begin(Builder *b, Seq *s);
IrNode *seq_end(Builder *b, Seq *s, IrNode *value);
IrVar *ir_save(Builder *b, IrNode *n);      // a new temporary holding n, emitted
void ir_multi(Builder *b, IrNode *call, IrVar **vars, u32 n); // emits vars... := call

// conv.c
IrNode *ir_convert(Builder *b, Pos pos, IrNode *x, Type *t, bool implicit);

// member.c
IrNode *ir_selector(Builder *b, Expr *e);
typedef struct Method { // what x.m means on concrete types
	Object *func;       // declared method, or interface method
	IrFunc *fn;         // static method
	IrNode *recv;       // adjusted receiver: value, pointer, or the interface
	i64 index;          // interface method's index; -1 for static ones
	Type *sig;          // canonical, without receiver
} Method;
Method ir_method(Builder *b, Expr *sel);
u32 ir_iface_index(Type *iface, Object *m);
Type **ir_recv_targs(Type *recv, u32 *n);   // type arguments of the named type behind recv
IrNode *ir_path(Builder *b, Pos pos, IrNode *x, const u32 *path, u32 n);
Type *ir_path_type(Type *t, const u32 *path, u32 n); // type at the end
Object *ir_find_method(Arena *a, Type *t, Package *pkg, Name name, U32Vec *path, bool *indirect);
// Receiver as method m wants it, from x.
IrNode *ir_adjust_recv(Builder *b, Pos pos, IrNode *x, Object *m);
IrFunc *ir_method_func(Type *recv, Object *m); // the declared method, instantiated for recv
IrNode *ir_func_value(Builder *b, Expr *e); // E_NAME or E_SELECTOR of a declared function
IrFunc *ir_named_func(Builder *b, Expr *name); // the function that E_NAME, with its type arguments, stands for

// call.c, builtin.c, lit.c
IrNode *ir_call_expr(Builder *b, Expr *e);
IrNode *ir_builtin(Builder *b, Expr *e);
IrNode *ir_complit(Builder *b, Expr *e, Type *t);
u32 ir_unpack(Expr *e, Expr ***list);       // E_LIST or one expression
// Arguments converted and packed for sig. If spill: each argument that is not constant goes into a temporary.
void ir_arg_values(Builder *b, ExprVec *v, NodeVec *out);
void ir_args(Builder *b, Expr *call, Type *sig, NodeVec *args);

// stmt.c, assign.c, range.c, rangefunc.c
void ir_stmt(Builder *b, Stmt *s);
void ir_stmts(Builder *b, StmtVec v);
IrList ir_block(Builder *b, StmtVec v);
void ir_assign_stmt(Builder *b, Stmt *s);
void ir_var_decl(Builder *b, Decl *d);
void ir_store(Builder *b, Expr *lhs, IrNode *value); // lhs = value (converted)
void ir_range_stmt(Builder *b, Stmt *s);
void ir_range_func(Builder *b, Stmt *s, IrNode *fn, Type *ft);
Target *ir_target_add(Builder *b, Stmt *s, IrNode *n);
void ir_branch(Builder *b, Pos pos, u8 tok, Stmt *target);
void ir_return(Builder *b, Stmt *s);
IrLabel *ir_label(Builder *b, Stmt *labeled);
void ir_rf_return(Builder *b, Pos pos);
void ir_rf_branch(Builder *b, Pos pos, u8 tok, Stmt *target);
IrVar *ir_rf_defers(Builder *b);

// closure.c
IrFunc *ir_closure_new(Builder *b, Pos pos, Type *sig, const char *suffix, u32 *counter);
IrNode *ir_closure_node(Builder *b, Pos pos, IrFunc *f, Type *type);
IrNode *ir_funclit(Builder *b, Expr *e);
void ir_go_defer(Builder *b, Stmt *s);

// wrapper.c
IrFunc *ir_method_value_func(Type *recv, Object *m, const u32 *path, u32 npath);
IrFunc *ir_method_value_target(IrFunc *f);  // the method of a method value; NULL if it is an interface's
IrFunc *ir_wrapper_for(Type *recv, Object *m, const u32 *path, u32 npath);
IrFunc *ir_abi_wrapper(IrFunc *target, u16 abi);
void ir_build_wrapper(IrFunc *f);

bool ir_has_pointer_receiver(Object *m);

// init.c
void ir_embed(IrUnit *u, IrGlobal *g, Decl *d); // embed.c
void ir_asm_func_data(IrUnit *u, IrFunc *f); // asmfunc.c
Str ir_init_name(Arena *a, Object *fn);     // pkg.init.N

// world.c
IrFunc *ir_func_make(Str sym, IrFuncKind kind, Type *sig); // in the world's arena, with an IrSource
void ir_lock(void);
void ir_unlock(void);
Arena *ir_world_arena(void);                // under ir_lock
IrFunc *ir_named_get(Str key);              // table of made functions by key; under ir_lock
void ir_named_put(Str key, IrFunc *f);

// inline.c, escape.c, order.c, prepare.c
IrSummary *ir_summary(IrFunc *f);
void ir_cost(IrUnit *u, IrFunc *f);        // prepare.c: makes f's inline cost known, and those of what it calls before
void ir_inline_cost(IrFunc *f);            // of f, built, and of the closures in it
typedef i32 (*SizeCalls)(void *ctx, Expr *call); // what a call costs besides its nodes
i32 ir_size(Block *body, Type *sig, SizeCalls calls, void *ctx); // inline_size.c
i32 ir_static_bool(Expr *e);               // 1, -1: the condition always holds, or never; 0: not known
bool ir_terminates(Stmt *s);
u32 ir_labels_end(StmtVec v);              // how many statements there are up to the last that is labeled
void ir_keep_model(IrFunc *f);             // before anything is done to f
IrNode *ir_inline_call(IrFunc *f, IrNode *n, IrFunc *callee);
void ir_inline(IrUnit *u, IrFunc *f);      // calls in f become certain, and bodies
bool ir_devirtualize(IrUnit *u, IrFunc *f); // devirtualize.c: was there a call that became certain?
void ir_remark(IrFunc *f);                 // whose address is taken, and how it is captured, after closures have gone
bool ir_is_separate(IrFunc *f);             // a closure that is analysed by itself
void ir_escape(IrUnit *u, IrFunc **fs, u32 n);
void ir_move_slices(IrUnit *u, IrFunc *f); // moveslice.c, after escape analysis: f and its closures
void ir_order(IrFunc *f);                   // order.c: calls before reads, in f and its closures
void ir_settle_init(IrUnit *u, IrFunc *f); // init.c
void ir_report_inlinable(IrUnit *u, IrFunc *f);
bool ir_is_intrinsic(IrFunc *f);
bool ir_is_free(IrFunc *f);                // a call of it is an instruction for gc, too
bool ir_facts(IrFunc *f);                  // facts.c: fills f's summary from its package's archive, so that no body is needed

// report.c: -m
bool ir_explains(IrUnit *u, IrFunc *f);     // decisions about f are reported
Str ir_node_str(Arena *a, IrUnit *u, IrNode *n);
Str ir_list_str(Arena *a, IrUnit *u, IrList l);
void ir_report_leaks(IrUnit *u, IrFunc *f, IrVar *v, const Leaks *l);
bool ir_report_uintptr(IrUnit *u, IrFunc *f, u32 i); // of //go:uintptrescapes
void ir_report_external(IrUnit *u, IrFunc *f);

enum { INLINE_BUDGET = 80, INLINE_BIG_NODES = 5000, INLINE_BIG_MAX = 20, INLINE_ONCE_MAX = 800 }; // inline/inl.go
enum { FUNCID_NORMAL = 0, FUNCID_WRAPPER = 23 };

#endif
