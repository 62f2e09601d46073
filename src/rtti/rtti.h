// rtti.h: what the runtime reads about types and data: type descriptors (internal/abi/type.go), itabs, GC masks,
// equality and hash functions, and the static data of package-level variables and constant literals.
// Everything is emitted into the unit's ObjPkg on first demand; safe from several threads.
#ifndef INGOT_RTTI_H
#define INGOT_RTTI_H

#include "ir/ir.h"
#include "obj/obj.h"
#include "types/types.h"

// The descriptor "type:T" of a canonical type. Defined in this unit if it belongs here (unnamed types,
// instances, types declared in this package), else only referenced. Methods' wrappers are queued by ir_need.
LSym *rtti_type(IrUnit *u, Type *t);
// The itab "go:itab.T,I" of concrete type t for interface type iface (with methods).
LSym *rtti_itab(IrUnit *u, Type *t, Type *iface);
// First word of interface type `iface` holding a t: the itab, or the descriptor for interfaces without methods.
u32 rtti_type_hash(Type *t);             // that of its descriptor
LSym *rtti_iface_word(IrUnit *u, Type *t, Type *iface);
// Static closure symbols of func(p, q unsafe.Pointer) bool and func(p unsafe.Pointer, h uintptr) uintptr;
// NULL if t is not comparable. Regular memory uses the runtime's memequalN and memhashN.
LSym *rtti_eq(IrUnit *u, Type *t);
LSym *rtti_hash(IrUnit *u, Type *t);
// Marks for the linker's dead code elimination; every conversion of a t to an interface and every interface
// method call in function `from` needs its mark, or methods reached only through them vanish (reflectdata's
// MarkTypeUsedInInterface, MarkUsedIfaceMethod).
void rtti_mark_used_in_iface(IrUnit *u, LSym *from, Type *t);
void rtti_mark_iface_method(IrUnit *u, LSym *from, Type *iface, u32 method);
// Emits what the package must define: descriptors of its named types (and of pointers to them), of the basic types
// in package runtime. Called once a unit, before functions are compiled.
void rtti_package(IrUnit *u);
// How == works on t (walk/compare.go, compare/compare.go): plain memory, or by rtti_eq_func.
bool rtti_is_plain_memory(Type *t);         // no padding, floats, strings, interfaces: memequal is right
IrFunc *rtti_eq_func(IrUnit *u, Type *t);   // ".eq" function to call with two pointers: returns bool
bool rtti_is_direct_iface(Type *t);         // stored in the interface's data word itself: pointer-shaped
// GC pointer mask symbol "runtime.gcbits.*": one bit a word of type_ptrdata.
LSym *rtti_gcbits(IrUnit *u, Type *t);
// Pointer words of t: sets bit (off/8 + i) in bits for each pointer word.
void rtti_pointer_words(Type *t, i64 off, BitSet bits);

// Map internals (internal/abi/map.go, reflectdata/map.go): layout of groups for map[K]V.
Type *rtti_map_group(Type *map_type);       // struct { ctrl uint64; slots [8]struct{ key K; elem E } } with indirections
Type *rtti_map_header(void);                // internal/runtime/maps.Map: layout for stack-allocated maps
Type *rtti_map_iter(void);                  // internal/runtime/maps.Iter
enum { MAP_FAST_NONE, MAP_FAST32, MAP_FAST32PTR, MAP_FAST64, MAP_FAST64PTR, MAP_FASTSTR };
int rtti_map_fast(Type *map_type);          // which fast variants of mapaccess, mapassign, mapdelete fit

// Static data. Writes the value of an ir expression, converted to its type, at off of dst, if it is known at
// link time: constants, nil, addresses of globals and of (new) static composite literals, functions,
// closures without captures, strings, conversions of constants to interfaces, array, struct and slice literals.
// False if any part is not; then nothing useful has been written (the bytes may be partly set: pass a fresh symbol,
// or zero them).
bool data_static(IrUnit *u, LSym *dst, u64 off, IrNode *expr);
bool data_is_static(IrNode *expr);          // would data_static succeed?
// A read-only symbol with the value of a composite literal or constant, to copy from; NULL if not static.
LSym *data_readonly(IrUnit *u, IrNode *expr);
// Defines the symbol of a package-level variable (DATA, BSS, NOPTRBSS by type and content) of this package.
// A variable without data becomes data with the value of n, or a copy of another's; false if that cannot be done.
bool data_settle(IrUnit *u, IrGlobal *g, IrNode *n);
bool data_copy(IrUnit *u, IrGlobal *g, IrGlobal *from);
// init: NULL or an expression accepted by data_static.
void data_global(IrUnit *u, IrGlobal *g, IrNode *init);

#endif
