// types.h: syntax trees to a checked package: constants, scopes, objects, types, generics, initialization
// order, sizes. Results are written into the trees (syntax.h, fields marked "checker") and into Objects and
// Types. Rules: doc/go_spec.html; words and places of errors: cmd/compile/internal/types2 and
// internal/types/errors/codes.go of Go 1.27.
//
// Lifetime: types and objects live in their package's arena, and packages as long as the build, because
// importers point into them. Threads: packages are checked in parallel once what they import is checked; a
// checked package is read-only, but for lazily made things (instances, method sets, sizes, link names), which
// the functions below guard themselves. Everything here may be called from any thread after types_check.
#ifndef INGOT_TYPES_H
#define INGOT_TYPES_H

#include "base/base.h"
#include "syntax/syntax.h"

// ---- constants ----------------------------------------------------------------------------------

// An exact value (go/constant): integers and rationals of any size through GMP, large-exponent floats through
// MPFR. Immutable; small integers without allocation beyond the struct.
typedef enum ConstKind { CONST_UNKNOWN, CONST_BOOL, CONST_STRING, CONST_INT, CONST_FLOAT, CONST_COMPLEX } ConstKind;

const Const *const_bool(bool b);
Const *const_string(Arena *a, Str s);
Const *const_i64(Arena *a, i64 v);
Const *const_u64(Arena *a, u64 v);
Const *const_f64(Arena *a, double v);
Const *const_lit(Arena *a, Str text, LitKind kind);     // CONST_UNKNOWN if malformed or far too large
ConstKind const_kind(const Const *c);
Const *const_unary(Arena *a, Op op, const Const *x, u32 bits); // bits: unsigned size for OP_XOR, 0: signed or untyped
Const *const_binary(Arena *a, const Const *x, Op op, const Const *y, bool int_div); // CONST_UNKNOWN on overflow of our limits
Const *const_shift(Arena *a, const Const *x, Op op, u64 n);
bool const_compare(const Const *x, Op op, const Const *y);
Const *const_to_int(Arena *a, const Const *c);          // CONST_UNKNOWN if it is not integral
Const *const_to_float(Arena *a, const Const *c);
Const *const_to_complex(Arena *a, const Const *c);
Const *const_real(Arena *a, const Const *c);
Const *const_imag(Arena *a, const Const *c);
Const *const_make_complex(Arena *a, const Const *re, const Const *im);
int const_sign(const Const *c);                         // complex: 0 iff zero
bool const_is_i64(const Const *c, i64 *v);              // exact integer (CONST_INT) in range
bool const_is_u64(const Const *c, u64 *v);
u64 const_wrap64(const Const *c);                       // low 64 bits, two's complement, of a CONST_INT
double const_as_f64(const Const *c);                    // nearest; +-Inf if out of range
float const_as_f32(const Const *c);
bool const_as_bool(const Const *c);
Str const_as_string(const Const *c);
u32 const_string_len(const Const *c);                   // bytes; does not put a long concatenation together
u32 const_bit_len(const Const *c);
Str const_str(Arena *a, const Const *c);                // as go/constant's String: for messages
Str const_exact_str(Arena *a, const Const *c);          // ExactString

// ---- types --------------------------------------------------------------------------------------

typedef enum TypeKind {
	TY_BASIC, TY_ARRAY, TY_SLICE, TY_STRUCT, TY_POINTER, TY_TUPLE, TY_FUNC, TY_INTERFACE, TY_MAP, TY_CHAN, TY_NAMED,
	TY_TYPEPARAM, TY_UNION, TY_ALIAS,
} TypeKind;

typedef enum BasicKind { // order of types2/basic.go
	B_INVALID, B_BOOL, B_INT, B_INT8, B_INT16, B_INT32, B_INT64, B_UINT, B_UINT8, B_UINT16, B_UINT32, B_UINT64, B_UINTPTR,
	B_FLOAT32, B_FLOAT64, B_COMPLEX64, B_COMPLEX128, B_STRING, B_UNSAFEPTR, B_UNTYPED_BOOL, B_UNTYPED_INT,
	B_UNTYPED_RUNE, B_UNTYPED_FLOAT, B_UNTYPED_COMPLEX, B_UNTYPED_STRING, B_UNTYPED_NIL, B_COUNT,
} BasicKind;

enum { INFO_BOOL = 1, INFO_INT = 2, INFO_UNSIGNED = 4, INFO_FLOAT = 8, INFO_COMPLEX = 16, INFO_STRING = 32, INFO_UNTYPED = 64,
	INFO_ORDERED = INFO_INT | INFO_FLOAT | INFO_STRING, INFO_NUMERIC = INFO_INT | INFO_FLOAT | INFO_COMPLEX,
	INFO_CONST = INFO_BOOL | INFO_NUMERIC | INFO_STRING };

typedef struct TypeList { Type **p; u32 n; } TypeList;
typedef VEC(Type *) TypeVec;
typedef VEC(Object *) ObjectVec;
typedef struct U32Vec { u32 *p; u32 n, cap; } U32Vec; // for vec_push

typedef struct MethodSet MethodSet;

struct Type {
	u8 kind;                // TypeKind
	u8 basic;               // TY_BASIC: BasicKind
	u8 dir;                 // TY_CHAN: ChanDir
	u8 info;                // TY_BASIC: INFO_ bits
	bool variadic : 1;      // TY_FUNC: the last parameter is ...T, of type []T
	bool implicit : 1;      // TY_INTERFACE: made for a constraint literal like ~int
	_Atomic(bool) has_tparam; // canonical types: a type parameter occurs in it
	u32 id;                 // canonical types (types_canon): a unique number, for hashing; 0 otherwise
	union {
		struct { Type *elem; i64 len; } array;          // len < 0: unknown after an error
		struct { Type *elem; } slice, pointer, chan;
		struct { Type *key, *elem; } map;
		struct { Object **fields; Str *tags; u32 n; } structt; // tags NULL if there are none
		struct { Object **vars; u32 n; } tuple;         // parameters or results; n may be 0
		struct { Object *recv; Type *params, *results; Type **tparams; u32 ntparams; Type **recv_tparams; u32 nrecv_tparams;
		         Scope *scope; } func;                  // params and results: TY_TUPLE, never NULL; recv NULL for plain functions
		struct { ObjectVec methods; TypeVec embeds; Pos *embed_pos; struct TypeSet *tset; bool complete; Package *pkg; struct Checker *check; } iface; // explicit methods; the type set is lazy: types_type_set
		struct { struct NamedRec *rec; } named;         // private to types/: use the functions below
		struct { Object *obj; Type *bound; u32 index; u32 id; } tparam;
		struct { struct Term { bool tilde; Type *type; } *terms; u32 n; } union_;
		struct { Object *obj; Type *rhs, *actual, *origin; Type **tparams; u32 ntparams; Type **targs; u32 ntargs; } alias;
	};
	// Lazily made, for canonical types; see the functions.
	i64 size; u32 align; u32 ptrdata_words;  // valid if laid_out
	_Atomic(u8) laid_out, notinheap;         // owned by sizes.c
	Type *canon;                             // owned by canon.c: types_canon, once it is known
	const MethodSet *method_set;             // owned by methodset.c
	_Atomic(void *) rtti;                    // owned by rtti/
	Str *link_name;                          // owned by linkname.c
};

extern Type *const type_basic[B_COUNT];     // int, string ...; constant table
#define TYPE(b) (type_basic[B_##b])         // TYPE(INT)
Type *type_byte(void);                      // alias byte's object differs in messages only
Type *type_error(void);                     // universe's error (TY_NAMED), comparable (TY_NAMED), any (TY_ALIAS)
Type *type_comparable(void);
Type *type_any(void);
Type *type_empty_interface(void);

Type *type_new_pointer(Arena *a, Type *elem);
Type *type_new_slice(Arena *a, Type *elem);
Type *type_new_array(Arena *a, Type *elem, i64 len);
Type *type_new_map(Arena *a, Type *key, Type *elem);
Type *type_new_chan(Arena *a, ChanDir dir, Type *elem);
Type *type_new_tuple(Arena *a, Object **vars, u32 n);
Type *type_new_func(Arena *a, Object *recv, Type *params, Type *results, bool variadic);
Type *type_new_struct(Arena *a, Object **fields, u32 n, Str *tags);

Type *type_unalias(Type *t);                // behind aliases
Type *type_under(Type *t);                  // underlying type (of a type parameter: its constraint interface)
Type *type_core(Type *t);                   // core type of a type set, or underlying; NULL if none
bool type_is_named(Type *t), type_is_typeparam(Type *t);
bool type_is(Type *t, u32 info);            // under is basic with one of those INFO_ bits
bool types_identical(Type *x, Type *y);
bool types_assignable(Type *from, Type *to);  // of a typed value
bool types_identical_ignore_tags(Type *x, Type *y);
bool types_implements(Type *t, Type *iface);
bool type_comparable_p(Type *t);
bool type_has_tparam(Type *t);
Type *type_default(Type *t);                // untyped to its default type

// TY_NAMED.
Object *named_obj(Type *t);                 // the TypeName
Type *named_origin(Type *t);                // the generic type, or t itself
TypeList named_targs(Type *t);
TypeList named_tparams(Type *t);
u32 named_nmethods(Type *t);
Object *named_method(Type *t, u32 i);       // declared methods (instantiated receiver type), in source order
// Interfaces: all methods, embedded ones included, sorted by name (then package, for unexported ones).
u32 iface_nmethods(Type *t);                // t: interface or named interface
Object *iface_method(Type *t, u32 i);
bool iface_is_basic(Type *t);               // no type terms: usable as a variable's type

// One step of x.name for any x; see types2/lookup.go. Returns NULL if there is none.
Object *types_lookup(Arena *a, Type *t, bool addressable, Package *pkg, Name name, struct U32Vec *path, bool *indirect);

// The method set of t with embedded (promoted) ones, sorted by name as the runtime's tables need: for type
// descriptors and itabs. Each has the path of field indices to the receiver and the method itself.
typedef struct MethodSel { Object *func; u32 *path; u32 npath; bool indirect, ptr_recv; } MethodSel;
struct MethodSet { MethodSel *p; u32 n; };
const MethodSet *types_method_set(Type *t); // cached; t canonical or not

// Substitution and instantiation. Results are canonical if all inputs are.
Type *types_instantiate(Type *generic, Type **targs, u32 n); // named or alias; shared by identical arguments
Type *types_subst(Type *t, Type **tparams, Type **targs, u32 n);

// The one representative of all types identical to t: after checking, canonical types are equal iff their
// pointers are. Aliases vanish; receiver names, parameter names and struct positions are not significant.
Type *types_canon(Type *t);

// gc's layout for amd64 (types2/gcsizes.go): canonical or not, no type parameters inside.
i64 type_size(Type *t);
i64 type_align(Type *t);
i64 struct_offset(Type *t, u32 field);
bool type_has_pointers(Type *t);
i64 type_ptrdata(Type *t);                  // bytes up to and including the last pointer word
bool type_notinheap(Type *t);               // internal/runtime/sys.NotInHeap inside: pointers to it are not GC pointers

Str type_str(Arena *a, Type *t, Package *relative_to);  // for messages: as types2 with check.qualifier
// Names as gc's linker and reflection have them.
Str types_link_name(Type *t);               // symbol "type:" + this; package paths in full (types.go, LinkString)
Str types_reflect_name(Arena *a, Type *t);  // String of reflect: package names
Str types_link_name_func(Arena *a, Object *fn, Type **targs, u32 n); // "pkg.(*T).Method", "pkg.F[int]" : the symbol of a function
Str types_link_name_method(Arena *a, Type *recv, Object *method, Type **targs, u32 n); // the same method, promoted to or wrapped for recv
Str types_path_prefix(Arena *a, Str path);  // an import path as symbols have it (objabi.PathToPrefix)

// ---- objects ------------------------------------------------------------------------------------

typedef enum ObjectKind { OBJ_PKGNAME, OBJ_CONST, OBJ_TYPENAME, OBJ_VAR, OBJ_FUNC, OBJ_LABEL, OBJ_BUILTIN, OBJ_NIL } ObjectKind;

typedef enum Builtin {
#define BUILTIN(name, nargs, variadic, kind) BI_##name,
#include "types/builtins.def"
#undef BUILTIN
	BI_COUNT
} Builtin;

typedef enum VarKind { VAR_PACKAGE, VAR_LOCAL, VAR_RECV, VAR_PARAM, VAR_RESULT, VAR_FIELD } VarKind;

struct Object {
	u8 kind;                // ObjectKind
	u8 color;               // checker's state
	u8 var_kind;            // VarKind
	bool used : 1;
	bool embedded : 1;      // field
	bool ptr_recv : 1;      // method with a pointer receiver
	bool is_alias : 1;
	bool captured : 1;      // local variable used in a function literal inside
	bool addr_taken : 1;    // &v, v[:] of an array, method call with implicit &v, at least once
	bool reassigned : 1;    // assigned after its declaration
	bool is_interface_method : 1;
	_Atomic(bool) ready;    // of a package checked on demand: all that can be reached from it is checked
	Name name;
	Type *type;
	Package *pkg;           // NULL in the universe
	Pos pos;
	Scope *parent;
	u32 order;              // of declaration in the package, from 1
	Pos scope_pos;          // visible from here on (locals)
	union {
		struct { Const *val; } constant;
		struct { Package *imported; bool dot; } pkgname;
		u16 builtin;        // Builtin
		struct { Decl *decl; Expr *init; struct FuncLit *owner; u32 index; i64 offset; } var; // index: of fields, parameters; offset: private to sizes.c
		struct { Decl *decl;                                // NULL for interface methods and universe's Error
		         Object *origin;                            // method of a generic type for an instance's method; else itself
		         Type *recv_named; } func;
		struct { Decl *decl; u32 gen; } tname;  // gen: local types are numbered through a package, as in gc's names; 0: not local
	};
	struct DeclInfo *info;  // checker's: file scope, dependencies
	_Atomic(void *) ir;     // owned by ir/
};

struct Scope { Scope *parent; Map names; VEC(Object *) list; Pos pos, end; bool is_func; }; // names: Name -> Object
Object *scope_lookup(Scope *s, Name name);                 // in s alone
// A method marked //go:nointerface: it satisfies no interface's.
static inline bool object_nointerface(const Object *m)
{
	const Object *f = m->func.origin ? m->func.origin : m;
	return f->func.decl && (f->func.decl->pragma & PRAGMA_NOINTERFACE);
}
Scope *types_universe(void);

// One initialization step: lhs = rhs, in the order of the specification (Package.inits).
typedef struct InitStep { Object **lhs; u32 nlhs; Expr *rhs; } InitStep;

struct Package {
	Str path;               // import path as in object files: "main" for a command, "net/http", "vendor/..." for std's own
	Name name;
	Arena *arena;
	Scope *scope;
	SyntaxFile **files; u32 nfiles;
	VEC(Package *) imports; // direct, sorted by path
	ObjectVec funcs;        // all functions and methods declared (init and _ too) in source order; generic ones too
	ObjectVec vars, types;  // package-level, in source order; types declared inside functions are in `types` too
	VEC(InitStep) inits;
	VEC(Expr *) funclits;   // of package-level initializers
	Str go_version;         // -lang
	bool is_std, fake, complete, is_unsafe, failed;
	Map linknames;          // Object * -> Directive *: //go:linkname of a declared object
	void *ir;               // owned by ir/
	Str facts;              // of functions, from the archive of an imported package: ir_facts_write
	struct Checker *checker; // of types/, for bodies that are checked later
};
Package *types_unsafe_package(void);

typedef struct CheckConfig {
	Str path;               // import path
	Str go_version;         // language version, "go1.27"
	bool error_url;         // errors end with where they are explained
	// The package imported by that path (as written), NULL with *why set ("could not import x (...)") if there is none.
	Package *(*import)(void *ctx, Str path, Str *why);
	void *import_ctx;
	bool is_std;            // of GOROOT
	bool ignore_bodies;     // declarations only; bodies later through types_check_body
	bool partial;           // bodies that are left out (Decl.left_out) count for nothing, unless what is checked refers to them
	bool complete;          // -complete: functions without a body are errors
	bool has_cgo;           // import "C" is resolved by cgo
	u32 error_limit;
	// Of a package that is checked on demand (types_lazy):
	SyntaxFile **(*load)(void *ctx, u32 *n);    // its files; called once, when it is first looked into
	void *load_ctx;
	const ParseOptions *parse;                  // with what bodies are read that were passed over
} CheckConfig;

// Checks a package. Errors go to d; the result is never NULL and usable as far as it is right (failed set).
Package *types_check(Arena *a, const CheckConfig *cfg, SyntaxFile **files, u32 nfiles, Diags *d);
// A package that compiled before, seen by importers: files are loaded when something in it is looked up, and only
// declarations that are reached are checked. An object of it is found by types_member only.
Package *types_lazy(Arena *a, const CheckConfig *cfg, Name name, Diags *d);
// The package-level object of that name, for who imports p; NULL if there is none. Thread-safe.
Object *types_member(Package *p, Name name);
void types_load(Package *p);                // p->scope and p->imports are complete from then on
// With ignore_bodies: checks the body of one function now, once; thread-safe.
void types_check_body(Object *fn, Diags *d);

#endif
