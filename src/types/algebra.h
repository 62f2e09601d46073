// algebra.h: what the files of the type algebra share among themselves, behind check.h.
//
// Threads: while a package is checked, its types are touched by that one thread (their record or interface names
// the Checker) and made in its arena. Afterwards they are read-only, but for parts made on first use: those are
// computed without a lock, from complete types, and published by one atomic exchange; a thread that loses the
// race drops its copy. Such parts live in an arena of the thread that made them, until the process ends.
#ifndef INGOT_TYPES_ALGEBRA_H
#define INGOT_TYPES_ALGEBRA_H

#include "types/check.h"

Arena *types_late_arena(void);
static inline Arena *arena_for(Checker *c) { return c ? c->a : types_late_arena(); }

// Sets *slot to v unless it is set already; the winner's value is the result.
#define PUBLISH(slot, v)                                                                               \
	({                                                                                             \
		__typeof__(*(slot)) publish_old = NULL, publish_new = (v);                             \
		__atomic_compare_exchange_n((slot), &publish_old, publish_new, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) \
			? publish_new : publish_old;                                                   \
	})
#define LOAD(slot) __atomic_load_n((slot), __ATOMIC_ACQUIRE)

static inline bool type_is_canon(const Type *t) { return LOAD(&t->canon) == t; }

typedef struct Term Term;

// A set of types: all types, or those of the terms, which are disjoint after norm.
typedef struct TermList { Term *p; u32 n; bool all; } TermList;

// All methods, sorted as the runtime sorts them, and the terms. comparable: only where terms.all.
struct TypeSet { Object **methods; u32 nmethods; TermList terms; bool comparable; };

static inline bool terms_empty(TermList l) { return !l.all && l.n == 0; }
bool terms_equal(TermList x, TermList y);
bool terms_subset(TermList x, TermList y);
bool term_includes(const Term *x, Type *t);
TermList union_terms(Checker *c, Arena *a, Pos pos, Type *u, bool *overflow);
Str terms_str(Checker *c, TermList l);
int object_cmp(const Object *a, const Object *b);   // order of methods: exported first, by name, by package path

// The terms of a type parameter's constraint; none (n == 0) if it has no specific types.
TermList typeparam_terms(Type *tparam);

static inline NamedRec *named_rec(const Type *t) { return t->named.rec; }
Object *object_clone(Arena *a, const Object *o, Type *type);
Type *instance_new(Checker *c, Arena *a, Pos pos, Type *orig, Type **targs, u32 n, Type **implicits, u32 nimplicits);
// Type parameters of the function around a locally declared type: it is a different type for each instance.
TypeList named_ambient(Type *t);
Type *alias_instance_new(Checker *c, Arena *a, Pos pos, Type *orig, Type **targs, u32 n);

u32 type_hash(Type *t);                              // equal for identical types, complete or not
// Instances made outside of checking: one for identical arguments, which are made canonical.
Type *instance_canonical(Type *orig, Type **targs, u32 n, Type **implicits, u32 nimplicits);

typedef bool (*SameType)(void *ctx, Type *x, Type *y);
Object *missing_method(Checker *c, Type *v, Type *iface, bool is_static, SameType same, void *ctx, Str *cause);
bool has_all_methods(Checker *c, Type *v, Type *iface, bool is_static, SameType same, void *ctx, Str *cause);

// One pair of interfaces that are being compared, for the cycles that anonymous interfaces make.
typedef struct IfacePair { Type *x, *y; struct IfacePair *prev; } IfacePair;
bool iface_pair_seen(IfacePair *stack, Type *x, Type *y);

Type *type_clone(Arena *a, const Type *t);           // a flat copy, with nothing remembered about it
bool name_equal_fold(Name a, Name b);                // strings.EqualFold
Type **type_list_dup(Arena *a, Type **p, u32 n);
Str types_quote(Arena *a, Str s);                    // strconv.Quote
const char *basic_name(const Type *t);

// Writes type t in the words of messages: packages other than `relative` by name, or as c's qualifier does it.
void type_write(Buf *b, Checker *c, Package *relative, Type *t);
void signature_write(Buf *b, Checker *c, Package *relative, Type *sig, bool names, bool pkg_info);

#endif
