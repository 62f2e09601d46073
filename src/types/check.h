// check.h: what the files of types/ share. The checker proper (resolve, decl, typexpr, expr, call, stmt, ...) works
// on a Checker and Operands on the C stack; the type algebra (universe, const, named, subst, infer, lookup, ...) is
// called by it. Functions that take a Checker may be given NULL only where that is said. Rules and names follow
// cmd/compile/internal/types2, so that its messages come out in the same places.
#ifndef INGOT_CHECK_H
#define INGOT_CHECK_H

#include <pthread.h>

#include "types/types.h"

typedef enum Code {
#define CODE(name, number) C_##name = number,
#include "types/codes.def"
#undef CODE
} Code;

typedef struct Checker Checker;

// ---- operands -----------------------------------------------------------------------------------

// The result of checking an expression. mode is a Mode; MODE_INVALID means that an error was reported.
typedef struct Operand {
	u8 mode;
	u16 builtin;            // MODE_BUILTIN: Builtin
	Expr *expr;
	Type *type;
	const Const *val;       // MODE_CONST
} Operand;

static inline bool op_valid(const Operand *x) { return x->mode != MODE_INVALID; }
static inline bool op_is_nil(const Operand *x) { return x->mode == MODE_NIL; }

// ---- declarations -------------------------------------------------------------------------------

// Object.color.
enum { WHITE, BLACK, GREY };

// What the checker knows of a package-level object or method until it is checked, and its dependencies for
// the initialization order.
typedef struct DeclInfo {
	Object *obj;            // whose this is (of n:1 variable declarations: the first)
	SyntaxFile *file;
	Scope *scope;           // of the file
	u32 version;            // language version of the file: minor of go1.N
	Decl *decl;
	Object **lhs; u32 nlhs; // n:1 variable declaration
	Expr *vtype, *init;     // constants and variables
	bool inherited;         // constant with an inherited initializer
	bool has_iota;
	u32 iota;
	ObjectVec deps;         // package-level objects the initializer or body refers to, each once
	Map depset;             // members of deps, once there are many
	ObjectVec methods;      // type names: associated methods (not blank), until they are collected
	bool emitted;           // its initializer is in the initialization order
	u8 body_state;          // 0 unchecked, 1 checked: types_check_body
} DeclInfo;

// The environment within which an object or statement is checked (types2's environment).
typedef struct Env {
	DeclInfo *decl;         // package-level declaration whose initializer or body is checked
	Scope *scope;           // innermost scope for lookups
	SyntaxFile *file;
	u32 version;            // minor N of the language version go1.N that applies
	const Const *iota;      // value of iota in a constant declaration, or NULL
	Pos object;             // of the object whose declaration is checked last: where gc's back end reports types that are too large
	Pos errpos;             // if not 0: where errors of an inherited constant initializer are reported
	Type *sig;              // signature of the function whose body is checked, or NULL
	Expr *funclit;          // innermost function literal, NULL in a declared function
	bool in_tparam_list;
	bool dead;              // within what a constant condition excludes: see check_wanted
	bool has_label;
	bool has_call_or_recv;  // an expression contained a call or receive
} Env;

typedef struct Sized { Expr *e; Pos object; } Sized;
typedef struct Action { void (*f)(Checker *c, void *ctx); void *ctx; u32 version; SyntaxFile *file; } Action;

struct Checker {
	CheckConfig cfg;
	Arena *a;
	Package *pkg;
	Diags *d;
	u32 nerrors;
	Env env;
	ObjectVec objs;         // package-level objects and methods, in source order
	ObjectVec path;         // grey objects, outermost first
	VEC(Action) delayed;    // run in FIFO order by check_process_delayed
	u32 delayed_top;
	TypeVec cleanup;        // named types (and instances) made by this checker
	ObjectVec imports;      // PkgName objects, for unused imports
	Map dot_imports;        // file scope, name -> PkgName
	Map instances;          // hash of (origin, targs) -> chain; owned by instantiate
	struct Mono *mono;      // owned by mono
	StrMap pkg_paths;       // package name -> list of paths, for qualifying names in messages; owned by format
	bool pkg_paths_done;
	u32 next_order;
	Map valid_types;        // named types known not to contain themselves -> the type; being looked into -> another; owned by validtype
	Expr *call_fun;         // of the call whose arguments are assigned
	Type *no_results;       // the empty tuple: type of calls without a result
	ObjectVec locals;       // local variables of the function bodies being checked, for "declared and not used"
	VEC(Expr *) prints;      // calls of print and println
	StrMap fakes;           // packages that could not be imported, by path: reported once
	VEC(Sized) sized; // array, map and channel types, for gc's limits
	DeclVec local_embeds;   // variables in functions with //go:embed
	VEC(Expr *) iface_exprs; // interface type literals, for the check of anonymous cycles
	Str hint;               // of the error that is about to be reported (hint.c)
	Expr *qualifier;        // the x of the selector x.y that is being checked, for hints
	Expr *assigned;         // the unknown name left of = that is being checked, for hints
	pthread_mutex_t lock;   // types_check_body, types_member: one at a time in a package
	bool lazy;              // types_lazy
	_Atomic(bool) loaded;   // lazy: its files are there
};

// ---- errors (errors.c) --------------------------------------------------------------------------

// Reports at pos. In fmt, types, operands and objects are given as strings: TS(t), XS(x), ES(e).
void check_error(Checker *c, Pos pos, Code code, const char *fmt, ...) PRINTF_LIKE(4, 5);
void check_soft_error(Checker *c, Pos pos, Code code, const char *fmt, ...) PRINTF_LIKE(4, 5);
// An error of several lines: the first part gives the position, the others become "\n\tfile:line:col: text".
typedef struct ErrMsg { Checker *c; Code code; bool soft; u32 n; Pos pos; Str first, text; u32 cap; } ErrMsg; // first: the first part alone; cap: room at text.p, once there are several
void errmsg_add(ErrMsg *m, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
void errmsg_add_alt_decl(ErrMsg *m, Object *obj);
void errmsg_report(ErrMsg *m);              // does nothing if nothing was added
Pos op_pos(const Operand *x);               // leftmost position of its expression, 0 if none
#define EPOS(e) expr_start(e)
// Strings for messages, in the checker's arena.
#define TS(t) check_type_c(c, (t))
#define XS(x) check_operand_c(c, (x))
#define ES(e) check_expr_c(c, (e))
#define OS(o) check_object_c(c, (o))
// A cause is built like this: if (cause) *cause = str_fmt(a, ...).

// hint.c: a hint for the error that is reported next, if there is a sure one
void hint_undefined(Checker *c, Expr *name);
void hint_package_member(Checker *c, Package *p, Name name);
void hint_member(Checker *c, Type *t, Name name, bool field); // field: of a struct literal
void hint_unused_var(Checker *c, Object *v);
void hint_unused_import(Checker *c);
void hint_no_new_var(Checker *c);
void hint_mismatch(Checker *c, const Operand *x, Type *want);
void hint_operands(Checker *c, const Operand *x, const Operand *y);
void hint_behind_pointer(Checker *c, const Operand *x, Name sel);
void hint_not_addressable(Checker *c, const Operand *x, Name sel);

// ---- language versions: minor numbers -----------------------------------------------------------

enum { GO1_9 = 9, GO1_13 = 13, GO1_14 = 14, GO1_17 = 17, GO1_18 = 18, GO1_20 = 20, GO1_21 = 21, GO1_22 = 22, GO1_23 = 23,
	GO1_26 = 26, GO1_27 = 27 };
static inline bool check_allow_version(Checker *c, u32 v) { return !c->env.version || c->env.version >= v; } // 0: none in force
// Reports "WHAT requires go1.V or later" if the version does not allow it.
bool check_verify_version(Checker *c, Pos pos, u32 v, const char *fmt, ...) PRINTF_LIKE(4, 5);

// ================= the checker proper (first author) =============================================

// scope.c
Scope *scope_new(Arena *a, Scope *parent, Pos pos, Pos end);
Object *scope_insert(Arena *a, Scope *s, Object *obj);     // the object already there, or NULL if obj was inserted; sets parent if unset
Object *scope_lookup_parent(Scope *s, Name name, Scope **where);
Object *object_new(Arena *a, ObjectKind kind, Pos pos, Package *pkg, Name name, Type *type);
Object *object_new_var(Arena *a, VarKind kind, Pos pos, Package *pkg, Name name, Type *type);
Object *object_new_func(Arena *a, Pos pos, Package *pkg, Name name, Type *sig);
bool object_same_id(const Object *o, Package *pkg, Name name, bool fold_case); // exported, or of the same package
bool package_same(Package *a, Package *b);
bool name_equal_fold(Name a, Name b);

// decl.c, resolve.c, check.c
void check_obj_decl(Checker *c, Object *obj);               // makes sure that obj->type is known
void check_cycle_error(Checker *c, Object **cycle, u32 n, u32 start);
u32 check_first_in_src(Object **path, u32 n);
void check_later(Checker *c, void (*f)(Checker *c, void *ctx), void *ctx);
void check_process_delayed(Checker *c, u32 top);
void check_declare(Checker *c, Scope *scope, Expr *name, Object *obj, Pos scope_pos);
bool check_is_complete(Checker *c, Type *t);                // has an underlying type already; reports a cycle otherwise
void check_init_order(Checker *c);
void check_add_dep(Checker *c, Object *to);
void check_wanted(Checker *c, Object *fn);
void check_left_out(Checker *c, Object *fn);
void check_decl_stmt(Checker *c, DeclVec decls);
Type *check_declare_tparam(Checker *c, Expr *name, Pos scope_pos);
void check_report_path_cycle(Checker *c, Object *o);         // o is grey: the cycle from it to itself
void check_func_body(Checker *c, DeclInfo *decl, Name name, Type *sig, FuncBody *body, Expr *funclit, const Const *iota);
void check_unused_imports(Checker *c);
void check_collect_objects(Checker *c);
void check_direct_cycles(Checker *c);
void check_linknames(Checker *c);                           // what //go:linkname lines name
void check_after(Checker *c);                               // gc's own restrictions, after all else is right
u32 check_file_version(Checker *c, SyntaxFile *f);
void check_push(Checker *c, Object *o);                     // o becomes grey
void check_pop(Checker *c);
void check_package_objects(Checker *c);
void check_unpack_recv(Checker *c, Expr *e, bool want_tparams, bool *ptr, Expr **base, ExprVec *tparams);

// typexpr.c, signature.c, structs.c
void check_ident(Checker *c, Operand *x, Expr *e, bool want_type);
void check_record_instance(Checker *c, Expr *e, Type **targs, u32 n); // on the E_NAME that e instantiates
const char *check_exprs_c(Checker *c, Expr **e, u32 n);     // "[x, y]"
const char *object_kind_str(const Object *o);
Type *check_typ(Checker *c, Expr *e);                       // a type; B_INVALID after an error
Type *check_var_type(Checker *c, Expr *e);                  // no constraint interfaces
Type *check_defined_type(Checker *c, Expr *e, Object *def);
Type *check_declared_type(Checker *c, Expr *e, Object *def);
Type *check_generic_type(Checker *c, Expr *e, Str *cause);
bool check_type_list(Checker *c, Expr **e, u32 n, TypeVec *out); // false if an error was reported
Type *check_parse_union(Checker *c, Expr *e);
Type *check_new_interface(Checker *c);
void check_struct_type(Checker *c, Type *t, Expr *e);
void check_interface_type(Checker *c, Type *t, Expr *e, Object *def);
void check_func_type(Checker *c, Type *sig, Field *recv, FieldVec *tparams, Expr *ftype);
void check_collect_tparams(Checker *c, Type ***tparams, u32 *n, FieldVec list);
void check_valid_var_type(Checker *c, Expr *e, Type *t);

// expr.c, convert.c, literals.c, index.c, call.c, builtins.c, assign.c, stmt.c
// What an expression is wanted for: a function type that a generic function is to be instantiated for.
typedef struct Target { Type *sig; Str desc; } Target;
// Fills *tg and returns it if t is a function type, else NULL.
const Target *check_target(Checker *c, Target *tg, Type *t, Str desc);
void check_expr(Checker *c, const Target *t, Operand *x, Expr *e);          // single value
void check_generic_expr(Checker *c, Operand *x, Expr *e, Type *hint);        // may stay generic
void check_multi_expr(Checker *c, Operand *x, Expr *e);
void check_expr_or_type(Checker *c, Operand *x, Expr *e, bool allow_generic);
typedef enum ExprClass { EC_CONVERSION, EC_EXPRESSION, EC_STATEMENT } ExprClass;
ExprClass check_raw_expr(Checker *c, const Target *t, Operand *x, Expr *e, Type *hint, bool allow_generic);
void check_single_value(Checker *c, Operand *x);
void check_exclude(Checker *c, Operand *x, u32 modeset);
void check_record(Checker *c, Operand *x);
void check_record_types(Checker *c, Expr *e, Mode mode, Type *t, const Const *val);
void check_record_comma_ok(Checker *c, Expr *e, Type *t0, Type *t1);
void check_update_expr_type(Checker *c, Expr *e, Type *t, bool final);
void check_convert_untyped(Checker *c, Operand *x, Type *target);
Type *check_implicit_type(Checker *c, Operand *x, Type *target, const Const **val, Code *code); // NULL: error
void check_invalid_conversion(Checker *c, Code code, Operand *x, Type *target);
void check_match_types(Checker *c, Operand *x, Operand *y);
void check_set_type(Checker *c, Operand *x, Type *t, const Const *val);
bool check_representation(Checker *c, Operand *x, Type *basic, const Const **val, Code *code);
void check_non_generic(Checker *c, const Target *t, Operand *x);
void check_assertion(Checker *c, Expr *e, Operand *x, Type *t, bool type_switch);
void check_mark_storage(Expr *e, bool addr);
Type *check_chan_elem(Checker *c, Pos pos, Operand *x, bool recv);
void check_binary(Checker *c, Operand *x, Expr *e, Expr *lhs, Expr *rhs, Op op);
bool const_representable(Checker *c, const Const *x, Type *basic, const Const **rounded); // x fits basic; rounded as it would be stored
void check_overflow(Checker *c, Operand *x, Pos op_pos);
bool check_representable(Checker *c, Operand *x, Type *basic);
void check_conversion(Checker *c, Operand *x, Type *t);
bool check_convertible(Checker *c, Operand *x, Type *t, Str *cause);
void check_comparison(Checker *c, Operand *x, Operand *y, Op op, bool switch_case);
void check_assignment(Checker *c, Operand *x, Type *t, const char *context);
void check_init_const(Checker *c, Object *lhs, Operand *x);
void check_init_var(Checker *c, Object *lhs, Operand *x, const char *context);
void check_init_vars(Checker *c, Object **lhs, u32 nlhs, Expr **rhs, u32 nrhs, Stmt *ret);
void check_assign_var(Checker *c, Expr *lhs, Expr *rhs, Operand *x, const char *context);
void check_assign_vars(Checker *c, Expr **lhs, u32 nlhs, Expr **rhs, u32 nrhs);
void check_short_var_decl(Checker *c, Pos pos, Expr **lhs, u32 nlhs, Expr **rhs, u32 nrhs);
Type *check_lhs_var(Checker *c, Expr *lhs);
void check_arity(Checker *c, Pos pos, ExprVec names, u32 ninits, Expr **inits, bool const_decl, bool inherited);
bool check_use(Checker *c, Expr **e, u32 n);                // evaluates them; true if there was no error
bool check_use_lhs(Checker *c, Expr **e, u32 n);
// As context of check_assignment: "argument to F", F being c->call_fun.
#define CONTEXT_ARGUMENT NULL
Type *check_arguments(Checker *c, Expr *call, Type *sig, TypeVec targs, Expr **xlist, u32 nx, Operand **args, u32 nargs,
	TypeVec *partial);
Operand **check_call_args(Checker *c, ExprVec v, u32 *n);
Str check_types_summary(Checker *c, Type **t, u32 n, bool variadic, bool dots); // "(int, string)"
void check_record_field(Checker *c, Expr *e, Type *recv, Object *o, U32Vec path);
ExprClass check_call(Checker *c, Operand *x, Expr *call);
void check_selector(Checker *c, Operand *x, Expr *e, bool want_type);
bool check_builtin(Checker *c, Operand *x, Expr *call, Builtin id);
bool check_index_expr(Checker *c, Operand *x, Expr *e);     // true: x is a generic function still to be instantiated
void check_slice_expr(Checker *c, Operand *x, Expr *e);
bool check_valid_index(Checker *c, Operand *x, Code code, const char *what, bool allow_negative);
Type *check_index(Checker *c, Expr *e, i64 max, i64 *val);
i64 check_indexed_elems(Checker *c, ExprVec elems, Type *t, i64 len);
u64 const_hash(const Const *v);              // equal constants of one kind have equal hashes
void check_composite(Checker *c, Operand *x, Expr *e, Type *hint);
void check_func_lit(Checker *c, Operand *x, Expr *e);
void check_basic_lit(Checker *c, Operand *x, Expr *e);
// Instantiates the generic function x (by the E_INDEX inst, the target, or both). Without infer, when type arguments
// are missing, x is left generic and those given are put into *partial; true then.
bool check_func_inst(Checker *c, const Target *t, Pos pos, Operand *x, Expr *inst, bool infer, TypeVec *partial);
Type *check_instantiate_signature(Checker *c, Pos pos, Expr *e, Type **targs, u32 ntargs, Type *sig, Expr **xlist, u32 nxlist);
Pos stmt_start(const Stmt *s);
void check_stmt_list(Checker *c, u32 ctxt, StmtVec list);
void check_range_stmt(Checker *c, u32 inner, Stmt *s);
bool check_is_terminating(Checker *c, Stmt *s, Name label);
bool check_is_terminating_list(Checker *c, StmtVec list, Name label);
void check_open_scope(Checker *c, Pos pos, Pos end);
void check_close_scope(Checker *c);
Expr **expr_list(Expr **e, u32 *n);         // the elements of the E_LIST *e; or just *e; or none if it is NULL
void check_use_var(Checker *c, Object *v);

// ================= the type algebra (second author) ==============================================

const Const *const_unknown(void);            // const.c: the CONST_UNKNOWN value

// universe.c: types_universe, type_* of types.h, and
Object *universe_iota(void);
Object *universe_byte(void), *universe_rune(void), *universe_any(void), *universe_comparable(void);
Type *universe_byte_type(void), *universe_rune_type(void); // B_UINT8, B_INT32 with the names byte, rune (distinct pointers)
typedef struct BuiltinInfo { const char *name; u8 nargs; bool variadic; u8 kind; } BuiltinInfo; // kind: ExprClass
extern const BuiltinInfo builtin_info[BI_COUNT];

// named.c: named type records. rhs is what was written behind the name (types2's fromRHS), under what is behind all
// names. An instance (orig != NULL) gets rhs, under and methods when they are first asked for.
typedef struct NamedRec {
	Type *self;
	Object *obj;            // of an instance: the origin's object
	Type *rhs, *under;      // NULL until known
	Type **tparams; u32 ntparams;
	Type *orig;             // NULL if not an instance
	Type **targs; u32 ntargs;
	ObjectVec methods;      // declared ones, in source order; empty in instances (slots)
	Pos pos;                // of an instance: where it was instantiated
	Type **implicits; u32 nimplicits; // of an instance of a local type: arguments for the function's type parameters
	Checker *check;         // while its package is being checked; NULL afterwards
	struct MethodSlots *slots; // of an instance: methods made so far
	TypeList *ambient;      // of a local type: named_ambient
} NamedRec;
Type *named_new(Checker *c, Arena *a, Object *obj, Type *rhs); // sets obj->type if unset; c may be NULL
void named_set_rhs(Type *t, Type *rhs);
void named_set_tparams(Type *t, Type **tparams, u32 n);
Type *named_rhs(Type *t);                                   // expands an instance
void named_add_method(Checker *c, Type *t, Object *m);
int named_lookup_method(Type *t, Package *pkg, Name name, bool fold_case, Object **m); // index, or -1; *m expanded
void named_cleanup(Type *t);                                // end of checking: under set, check forgotten
Type *type_as_named(Type *t);                               // behind aliases: the TY_NAMED, or NULL
Type *type_as_typeparam(Type *t);                           // behind aliases: the TY_TYPEPARAM, or NULL
// alias.c or named.c
Type *alias_new(Checker *c, Arena *a, Object *obj, Type *rhs); // sets obj->type if unset; rhs may be NULL until set:
void alias_set_rhs(Type *alias, Type *rhs);

// constructors
Type *type_new_interface(Arena *a, Checker *c);              // empty, not complete
Type *type_new_typeparam(Checker *c, Arena *a, Object *obj, Type *bound); // sets obj->type if unset; fresh id
Type *type_new_union(Arena *a, struct Term *terms, u32 n);
Type *typeparam_iface(Checker *c, Type *tparam);             // the constraint as an interface; c may be NULL

// typeset.c
typedef struct TypeSet TypeSet;
const TypeSet *types_type_set(Checker *c, Pos pos, Type *iface); // c: reports errors of the interface, may be NULL
bool typeset_is_empty(const TypeSet *s), typeset_is_all(const TypeSet *s), typeset_is_method_set(const TypeSet *s);
bool typeset_is_comparable(const TypeSet *s), typeset_has_terms(const TypeSet *s);
u32 typeset_nmethods(const TypeSet *s);
Object *typeset_method(const TypeSet *s, u32 i);
Object *typeset_lookup_method(const TypeSet *s, Package *pkg, Name name, bool fold_case, u32 *index);
// Reports overlapping terms and the like after a union's types are known (union.go), as parseUnion delays it.
void check_union_terms(Checker *c, Type *u, Expr **terms);  // terms: expressions of u's terms
// The types of t's type set: of a type parameter its constraint's terms (none if there are no specific types),
// t itself otherwise. Underlying types by type_under.
TypeList types_specific(Arena *a, Type *t);
// The one underlying type of all types in t's type set (types2's commonUnder without a condition), or NULL and why.
Type *types_common_under(Arena *a, Checker *c, Type *t, Str *cause);

// predicates.c
// An alias whose right side is not known yet counts as valid.
static inline bool type_valid(Type *t)
{
	for (u32 i = 0; t && t->kind == TY_ALIAS && i < 1000; i++)
		t = t->alias.rhs;
	return t != TYPE(INVALID);
}
bool type_all(Type *t, u32 info);            // every type of the type set is basic with INFO_ bits (allBasic)
bool type_is_untyped(Type *t);
static inline bool type_is_typed(Type *t) { return !type_is_untyped(t); }
bool type_is_untyped_numeric(Type *t);
bool type_is_interface(Type *t);             // underlying is an interface; type parameters too
bool type_is_nonparam_interface(Type *t);
bool type_has_name(Type *t);                 // hasName
bool type_is_literal(Type *t);               // isTypeLit
bool type_is_generic(Type *t);               // uninstantiated
bool type_has_empty_typeset(Type *t);
bool type_has_nil(Type *t);
Type *type_max(Type *x, Type *y);            // maxType of untyped operands, NULL if none
bool check_comparable(Checker *c, Type *t, bool dynamic, Str *cause); // comparableType
bool types_identical_ignore_tags(Type *x, Type *y);

// lookup.c
Object *types_lookup_fold(Arena *a, Type *t, bool addressable, Package *pkg, Name name, bool fold_case, U32Vec *path,
	bool *indirect);                         // types_lookup is this with false
Type *type_deref(Type *t, bool *was_pointer);
Type *type_deref_struct_ptr(Type *t);        // derefStructPtr
int types_field_index(Type *structt, Package *pkg, Name name, bool fold_case); // -1: none
Object *check_missing_method(Checker *c, Type *v, Type *iface, bool is_static, Str *cause); // NULL: all there
bool check_assertable_to(Checker *c, Type *v, Type *t, Str *cause);
bool check_new_assertable_to(Checker *c, Type *v, Type *t, Str *cause);
bool type_has_invalid_embedded(Type *t);
bool type_is_interface_ptr(Type *t);
Str check_lookup_error(Checker *c, Type *t, Name sel, Object *obj, bool struct_lit); // lookupError; obj may be NULL
Str check_func_string(Checker *c, Object *f, bool pkg_info);

// subst.c, instantiate.c, infer.c
Type *check_subst(Checker *c, Pos pos, Type *t, Type **tparams, Type **targs, u32 n, Type *expanding); // c may be NULL
// The instance of a generic named type, alias or function signature. Arguments are counted and verified by the
// caller (check_validate_targs, check_verify).
Type *check_instance(Checker *c, Pos pos, Type *generic, Type **targs, u32 n, Type *expanding);
bool check_validate_targ_len(Checker *c, Pos pos, Str name, u32 want, u32 got);
int check_verify(Checker *c, Pos pos, Type **tparams, Type **targs, u32 n, Str *cause); // index of the first bad argument, or -1
bool check_implements(Checker *c, Pos pos, Type *v, Type *t, bool constraint, Str *cause);
// Type arguments for tparams (some may be given in targs), from arguments for params; NULL if it failed, with the
// reason added to m. result has ntparams elements.
Type **check_infer(Checker *c, Pos pos, Type **tparams, u32 ntparams, Type **targs, u32 ntargs, Type *params,
	Operand **args, u32 nargs, bool reverse, ErrMsg *m);
Type **check_rename_tparams(Checker *c, Pos pos, Type **tparams, u32 n, Type **type); // fresh ones; *type substituted
bool type_is_parameterized(Type **tparams, u32 n, Type *t);
// Assignability of an operand (assignableTo); *code is set when false.
bool check_assignable(Checker *c, Operand *x, Type *t, Str *cause, Code *code);

// validtype.c, mono.c
void check_valid_type(Checker *c, Type *named);              // reports an invalid recursive type
void check_mono_record_canon(Checker *c, Type *method_tparam, Type *tparam);
void check_mono_record_instance(Checker *c, Pos pos, Type **tparams, Type **targs, u32 n, Expr **xlist, u32 nxlist);
void check_monomorph(Checker *c);

// sizes.c
bool type_sizes_known(Type *t);              // no type parameters inside (then type_size may be called)
i64 check_sizeof(Checker *c, Type *t);       // as conf.sizeof: -1 if too large
i64 check_alignof(Checker *c, Type *t);
i64 check_offsetof(Checker *c, Type *t, const u32 *path, u32 n); // -1 if too large

// format.c: NUL-terminated text for messages
const char *check_type_c(Checker *c, Type *t);
const char *check_types_c(Checker *c, Type **t, u32 n);      // "int, string"
const char *check_operand_c(Checker *c, const Operand *x);
const char *check_expr_c(Checker *c, const Expr *e);
const char *check_object_c(Checker *c, Object *o);           // ObjectString
const char *check_pkg_prefix_c(Checker *c, Package *p);      // "p." or "" (qualifier)
const char *type_compositeness(Type *t);                     // compositeKind: "struct", "map", ... or ""

#endif
