// ir.h: checked bodies to explicit trees: names resolved, types canonical and concrete, implicit conversions,
// dereferences, method selection and variadic packing written out, range loops and range-over-func rewritten,
// closures with their captures, defer and go reduced to func() values. On these trees work inlining,
// devirtualization and escape analysis; ssa/ reads the result.
//
// Every function stands alone (DESIGN D5): an IrFunc is asked for by ir_func_of and its body by ir_body, in any
// order, from any thread, once. Generic functions exist only as instances. A function's trees are read-only
// once ir_prepare has been done on it.
#ifndef INGOT_IR_H
#define INGOT_IR_H

#include "base/base.h"
#include "obj/obj.h"
#include "syntax/syntax.h"
#include "types/types.h"

typedef enum IrOp {
#define IR(name, use) IR_##name,
#include "ir/ops.def"
#undef IR
	IR_COUNT
} IrOp;

typedef struct IrNode IrNode;
typedef struct IrFunc IrFunc;
typedef struct IrVar IrVar;
typedef struct EmbedCfg { StrMap patterns, files; } EmbedCfg; // pattern -> StrVec * of names, name -> Str * of a path

typedef struct IrUnit IrUnit;
typedef struct IrList { IrNode **p; u32 n; } IrList;

enum { MAX_STACK_VAR = 128 << 10, MAX_IMPLICIT_STACK_VAR = 64 << 10 }; // bytes: ir/cfg.go
enum { SMALL_ARRAY = 32 }; // bytes: arrays of slices that do not escape and are that small are in the frame (gc's variablemakethreshold)

enum { // IrNode.flags
	IRF_BOUNDED = 1,    // INDEX, SLICE: cannot fail
	IRF_NONNIL = 2,     // DEREF, CALLINTER: a is not nil
	IRF_TMP = 4,        // BYTES2STR, STR2BYTES: no copy is needed
	IRF_DOTS = 8,       // APPEND, PRINT
	IRF_DEFAULT = 16,   // CASE, COMM
	IRF_DEF = 32,       // ASSIGN, ASSIGNMULTI
	IRF_IMPLICIT = 64,  // not written in the source; CALL: of what a devirtualized call calls
	IRF_LIKELY = 128,   // IF: the condition is usually true
	IRF_KEEPCAP = 512,  // MOVESLICE: the capacity stays; APPEND: the array in the frame is one that moves so
	IRF_TAIL = 1024,    // CALL, CALLINTER of a wrapper: the last thing it does is to jump there, if all parameters are in registers
	IRF_NOWB = 256,     // ASSIGN: no write barrier is needed (set by who knows: initialization of fresh memory)
};

struct IrNode {
	u8 op;              // IrOp
	u8 sub;             // Op (syntax.h) of UNARY, BINARY, COMPARE, ASSIGNOP
	u16 flags;          // IRF_
	bool esc_none;      // escape analysis: what this allocates does not outlive the frame. false: heap
	u32 inl;            // index in IrFunc.inl + 1, 0: the function's own code
	Pos pos;
	Type *type;
	IrNode *a, *b, *c;
	IrList list, body;
	union {
		const Const *val;
		IrVar *var;
		struct IrGlobal *global;
		IrFunc *func;
		Type *rtype;
		IrNode *target;
		struct IrLabel *label;
		u32 index;          // FIELD
		i64 imm;
		i64 *indices;       // ARRAYLIT; SLICELIT keeps its length in type-independent `imm2`
	};
	i64 imm2;           // SLICELIT: length of the backing array; BLOCK, STMTEXPR of an inlined call: how many statements are its arguments
};

typedef enum IrVarClass { IRV_LOCAL, IRV_PARAM, IRV_RESULT, IRV_CAPTURE } IrVarClass;

struct IrVar {
	Name name;          // NULL for temporaries
	Type *type;
	IrFunc *func;
	Pos pos;
	u8 cls;             // IrVarClass
	u32 index;          // number in func->vars
	u32 inl;            // as IrNode.inl
	bool addr_taken : 1;    // its address is used: lives in memory
	bool heap : 1;          // escape analysis: moved to the heap; each DECL allocates (parameters: on entry)
	bool by_ref;            // IRV_CAPTURE: the closure holds a pointer to it. No bit: others read it while the body is built
	bool reassigned : 1;
	bool used : 1;
	bool captured : 1;      // by a closure
	bool open_defer : 1;
	IrVar *outer;       // IRV_CAPTURE: the variable of the enclosing function
	const Scope *scope; // of a declared local, NULL where that is the function's own
	IrVar *origin;      // of an inlined call: its variable in what was inlined (ir_inline_model)
	u32 esc_tag;        // IRV_PARAM: summary, see escape.c; private
	void *ssa;          // private to ssa/, valid during the compilation of func
};

typedef struct IrGlobal {
	Str sym;            // link name, go:linkname applied
	Type *type;
	Object *obj;        // NULL for made ones
	Package *pkg;
	bool defined_here;  // per unit: ir_global_is_local
	bool settled;       // it has an initial value that is data
} IrGlobal;

typedef struct IrLabel { Name name; u32 id; } IrLabel;

// One inlined call in a function. args: parameters for which values stand instead of variables, for debuggers.
typedef struct IrInlArg { IrVar *param; IrNode *value; } IrInlArg; // value: NULL if it is not known any more
typedef struct IrInl { i32 parent; Pos pos; IrFunc *func; IrInlArg *args; u32 nargs; } IrInl; // parent: index, -1 for the function itself

typedef enum IrFuncKind {
	IRK_DECL,           // declared function or method
	IRK_INSTANCE,       // of a generic function or of a method of a generic type
	IRK_CLOSURE,        // function literal, or what defer, go and method values were wrapped into
	IRK_WRAPPER,        // promoted or pointer-receiver method for tables and method expressions
	IRK_INIT,           // package initializer pkg.init
	IRK_EXTERN,         // known by name only: runtime functions, linknames
	IRK_ALG,            // equality or hash function of a type (rtti/)
} IrFuncKind;

struct IrFunc {
	Str sym;            // link name, go:linkname applied; process-wide identity with abi
	u8 kind;            // IrFuncKind
	u8 abi;             // Abi of its definition: ABI0 if it is assembly (then calls go through a wrapper the unit makes)
	bool dupok;         // each unit that needs it emits it: instances, wrappers, alg
	bool has_body;      // there is Go source (or a synthesis) for it
	u32 pragma;         // Pragma
	Type *sig;          // TY_FUNC without receiver: the receiver is params[0]
	Package *pkg;       // where it is declared (privileges, positions)
	Object *obj;        // NULL for made ones
	Type **targs; u32 ntargs;
	IrFunc *outer;      // IRK_CLOSURE: enclosing function
	u32 outer_inl;      // and the inlined call in it with which it came, as IrNode.inl
	Pos pos, end_pos;
	u8 func_id;         // internal/abi FuncID: FuncIDWrapper ...
	// Valid after ir_body:
	Arena *arena;       // of the trees: of the thread that built them, do not allocate in it
	IrVar **params; u32 nparams;    // receiver first
	IrVar **results; u32 nresults;
	VEC(IrVar *) captures;
	VEC(IrVar *) vars;  // all, in order of index
	struct { IrVar **p; u32 n; } own;       // of what is inlined: those of them that it was built with
	VEC(IrFunc *) closures;         // made in this body, not those inlined into it
	VEC(IrInl) inl;     // the inline tree
	IrList body;
	bool has_defer, has_recover, has_closure_calls;
	u32 ndefers; bool defer_in_loop;
	bool needs_ctxt;    // has captures: reads the context register
	bool abi_wrapper;   // IRK_WRAPPER: same sym as what it calls, which has the other ABI; its own convention is `abi`
	bool is_range_body; // IRK_CLOSURE: body of a range over a function (the yield function)
	u32 nlabels;        // ids of labels given so far
	u32 nfunclits, nranges, nwraps; // numbers given to closures so far (their names)
	// Private to ir/: state of preparation, inline cost, escape summary.
	_Atomic(u8) state;
	struct IrSummary *summary;
	struct IrSource *source;        // what ir_body builds from
	void *ssa;          // private to ssa/
};

// ---- a unit: one package being compiled ---------------------------------------------------------

// Of -d=: bounds checks that stay (ssa/check_bce/debug), nil checks (nil), write barriers (wb).
typedef enum IrDebug { IR_DEBUG_BOUNDS = 1, IR_DEBUG_NIL = 2, IR_DEBUG_BARRIERS = 4 } IrDebug;

// Everything a compilation emits goes into one ObjPkg. Functions that others make necessary (instances,
// wrappers, closures, equality functions) are queued by ir_need; the driver takes them in rounds, sorted by name.
struct IrUnit {
	Package *pkg;
	ObjPkg *obj;
	Arena *arena;
	Diags *diags;
	Str goarch;
	bool is_runtime;    // -+: package runtime and its kin: no heap escapes allowed, own rules for directives
	bool no_inline, no_opt;  // -l, -N
	bool no_bounds;          // -B: indices are not checked
	bool embed_given;        // //go:embed means what embed says; without it what is in the files' directory
	const EmbedCfg *embed;   // NULL: nothing
	bool lean_debug;         // debuggers are told of parameters only, not of what optimized code has in registers besides
	bool complete;
	bool partial;       // functions whose declarations are left out (Decl.left_out) are not compiled
	VEC(u32) left_out;  // hash_str of the symbols that this spared
	bool count_edges;   // -d=libfuzzer: see ssa/edges.c
	StrMap symabis_def[2], symabis_ref; // functions in assembly, by the Abi that they are defined for; Go functions called from assembly as ABI0
	Str cover_prefix;   // variables so named that count what is executed lie together; empty: there are none
	u32 debug;          // IrDebug bits: what the optimizer reports
	u8 explain;         // -m: what inlining and escape analysis decide is reported, see report.c
	bool explain_calls; // -d=escapemutationscalls
	bool explain_defer, explain_tail; // -d=defer, tailcall
	u8 print_asm;       // -S: 1, 2 with positions in the outermost function
	VEC(IrFunc *) inits; // what initializes the package, in order
	Map needed;         // IrFunc * that were queued
	VEC(IrFunc *) queue;
	struct UnitLock *lock;
	u32 ninstances;     // of generic functions that were looked at
	u64 instance_names; // bytes of their names
	bool exploded;      // there were too many; reported
	struct NoBarriers *no_barriers; // owned by ssa/nowb.c; NULL but for the runtime
	struct Rtti *rtti;  // owned by rtti/
	struct IrWorld *world; // process-wide tables of ir/
};

// Makes a unit for a checked package.
IrUnit *ir_unit_new(Package *pkg, ObjPkg *obj, Diags *d);
// Queues all that the package itself must define: its functions, methods, initializer. Also package-level
// variables: static data through rtti/ (data_static), the rest in pkg.init; and the init task.
void ir_unit_start(IrUnit *u);
// Once the package's own functions are prepared: the init task, which leaves out what does nothing.
void ir_unit_inits(IrUnit *u);
// Queues f for emission into u, if it belongs there and was not queued before. Thread-safe.
void ir_need(IrUnit *u, IrFunc *f);
void ir_leave_out(IrUnit *u, Str sym); // of a partial unit; by one thread at a time
// f was inlined: tables of the program tell of it, so it is not left out, if it is of this package.
void ir_need_inlined(IrUnit *u, IrFunc *f);
// Takes the queue (sorted by symbol name, deterministic) and empties it. n == 0: all done.
IrFunc **ir_unit_take(IrUnit *u, u32 *n);
// Makes fs ready for ssa/: builds bodies, inlines, devirtualizes, runs escape analysis over them (bottom up, in
// strongly connected components; callees' summaries are made on demand), rewrites what that decides.
void ir_prepare(IrUnit *u, IrFunc **fs, u32 n, Pool *pool);

// ---- functions ----------------------------------------------------------------------------------

IrFunc *ir_func_of(Object *fn, Type **targs, u32 ntargs); // a declared function; canonical targs for generic ones (receiver's first)
IrFunc *ir_func_named(Str sym, Type *sig);      // IRK_EXTERN
IrFunc *ir_runtime(const char *name);           // a function of package runtime the compiler calls; bug() if unknown. sig from
                                                // the signatures table runtime.def (typecheck/_builtin/runtime.go)
bool ir_body(IrFunc *f);                        // builds params, body ...; false if it has none. Once, thread-safe
// The wrapper through which an itab or method table of type `recv` calls method m (receiver word in, see
// reflectdata/reflect.go methodWrapper); m->func itself where no wrapper is needed.
IrFunc *ir_method_wrapper(Type *recv, const MethodSel *m, bool for_iface);
IrGlobal *ir_global_of(Object *var);
Str ir_func_display_name(Arena *a, IrFunc *f);  // for tracebacks and messages
Str ir_func_report_name(Arena *a, IrUnit *u, IrFunc *f); // for the reports of -m and -d, as seen from u's package
LSym *ir_func_sym(IrUnit *u, IrFunc *f);        // text symbol to call it by (ABI_INTERNAL)
LSym *ir_func_value_sym(IrUnit *u, IrFunc *f);  // "f·f": static closure, defined on first use
LSym *ir_global_sym(IrUnit *u, IrGlobal *g);
// The calling convention (Abi) by which code of this unit calls f: ABI0 for the package's own assembly functions and
// for f->abi == ABI0; otherwise ABI_INTERNAL. The text symbol to call is obj_sym(name, that). (ssagen/abi.go)
u16 ir_call_abi(IrUnit *u, IrFunc *f);
// Forgets the functions that were made (instances excepted): for who begins anew with other objects of the same packages.
void ir_forget(void);
// What importers need to know of the functions of a compiled package instead of their bodies, for its archive (facts.c).
// Package.facts of an importer's view is what was written, if it is valid.
void ir_facts_write(Package *p, Buf *out);
bool ir_facts_valid(Str facts);
IrFunc *ir_inline_model(IrFunc *f);     // what inlined calls of f are copies of; its `own` variables are theirs
bool ir_inlinable(IrFunc *f);
// Broken invariants of a built function end in bug(): types canonical, variables declared in it, operands agree.
void ir_verify(IrFunc *f, const char *pass);

// ---- trees --------------------------------------------------------------------------------------

IrNode *ir_new(Arena *a, IrOp op, Pos pos, Type *type);
IrVar *ir_tmp(IrFunc *f, Type *type, Pos pos); // appended to f->vars
// Calls visit on every direct kid slot (a, b, c, list, body), in order of evaluation as written.
void ir_kids(IrNode *n, void (*visit)(IrNode **slot, void *ctx), void *ctx);
bool ir_has_call(IrNode *n);            // or receives, or has statements in it
bool ir_is_ordered(IrNode *n);          // has calls, or what is evaluated in order with them
bool ir_compares_second_first(IrNode *n); // COMPARE: of operands that are not ordered the second is evaluated first
bool ir_eq_can_panic(Type *t);          // == of t may find interfaces whose values cannot be compared
void ir_dump(FILE *out, IrFunc *f);             // -d=ir
const char *ir_op_name(IrOp op);

// x.Data of a reflect.SliceHeader or reflect.StringHeader: a pointer in a uintptr.
bool ir_is_header_data(const IrNode *n);

// A line of -m and the like; the position in f itself of code at pos that inline tree entry inl stands for.
void ir_report(IrUnit *u, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
Pos ir_outermost(IrFunc *f, u32 inl, Pos pos);

#endif
