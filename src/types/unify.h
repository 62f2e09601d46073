// unify.h: unification of types, for infer.c.
#ifndef INGOT_TYPES_UNIFY_H
#define INGOT_TYPES_UNIFY_H

#include "types/algebra.h"

// Type parameters to be inferred and what is known of them. Parameters that were found to be the same share a slot.
typedef struct Unifier {
	Checker *c;
	Type **tparams; u32 n;
	u32 *slot;              // of each parameter
	Type **types;           // of each slot; NULL: unknown
	u32 depth;
	bool interfaces;        // use methods of interfaces (Go 1.21)
} Unifier;

enum {
	UNIFY_ASSIGN = 1,       // a value of one type is assigned to the other: inexact at the top, exact below
	UNIFY_EXACT = 2,        // identical; otherwise a defined type matches a literal, directions of channels do not
};                              // count, and interfaces match what implements them

void unifier_init(Unifier *u, Checker *c, Type **tparams, u32 n, Type **targs, u32 ntargs, bool interfaces);
bool unify(Unifier *u, Type *x, Type *y, u32 mode);
Type *unifier_at(const Unifier *u, u32 i);
void unifier_set(Unifier *u, u32 i, Type *t);
u32 unifier_unknowns(const Unifier *u);

#endif
