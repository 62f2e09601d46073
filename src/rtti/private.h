// private.h: what the files of rtti/ share: the per-unit state and its lock.
#ifndef INGOT_RTTI_PRIVATE_H
#define INGOT_RTTI_PRIVATE_H

#include <pthread.h>

#include "rtti/rtti.h"

// State of one unit. The lock is recursive: descriptors refer to descriptors.
typedef struct Rtti {
	pthread_mutex_t lock;
	Arena *arena;
	Map types;          // canonical Type * -> LSym *
	StrMap itabs;       // "T,I" -> LSym *
	StrMap algs;        // ".eq.SIG", ".hash.SIG" -> IrFunc *
	StrMap closures;    // ".eqfunc.SIG" ... -> LSym *
	Map literals;       // IrNode * -> LSym * of data_readonly
	u32 nstmp;          // number of the next ..stmp_N
} Rtti;

Rtti *rtti_lock(IrUnit *u);     // makes the state on first use
void rtti_unlock(Rtti *r);

// Kinds of equality (cmd/compile/internal/types/alg.go, without the fixed-size variants).
typedef enum Alg { ALG_NONE, ALG_MEM, ALG_STRING, ALG_IFACE, ALG_EFACE, ALG_FLOAT, ALG_SPECIAL } Alg;
Alg rtti_alg(Type *t);

bool rtti_is_map_internal(Type *t);     // a type made by rtti_map_group: no equality, not found by reflection
Type *rtti_ptr_to(Rtti *r, Type *t);    // canonical *t
Type *rtti_slice_of(Rtti *r, Type *t);  // canonical []t
LSym *rtti_sys_closure(IrUnit *u, const char *name); // runtime.NAME·f

#endif
