// listing.c: compiled functions as -S prints them. With -S=2 a position is that in the function itself, otherwise that in the
// function the code was inlined from.
#include "ssa/backend.h"

static Pos innermost(void *ctx, const Prog *p)
{
	(void)ctx;
	return p->pos;
}

static Pos in_function(void *ctx, const Prog *p)
{
	return ir_outermost(((Func *)ctx)->ir, p->inl, p->pos);
}

Str func_listing(Arena *a, Func *f, const AsmFunc *code, bool outermost)
{
	return code_listing(a, f->target->arch, code, outermost ? in_function : innermost, f);
}
