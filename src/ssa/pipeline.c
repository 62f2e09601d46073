// pipeline.c: the list of passes between ssa_build and the assembler, readable from top to bottom. Each is named, can
// be dumped after and leaves the function valid.
#include "ssa/backend.h"

#include <stdlib.h>

typedef struct Pass { const char *name; void (*run)(Func *f); bool optional; } Pass;

static void pass_lower(Func *f) { f->target->lower(f); }

static const Pass passes[] = {
	{"edges", pass_edges},
	{"order", block_order},
	{"copyelim", pass_copyelim},
	{"deadcode", pass_deadcode},
	{"fold", pass_fold},
	{"copyelim 2", pass_copyelim},
	{"branch", pass_branch},
	{"cse", pass_cse},
	{"memory", pass_memory},
	{"bounds", pass_bounds},
	{"copyelim 3", pass_copyelim},
	{"range tests", pass_rangetest},
	{"if conversion", pass_ifconv},
	{"fold again", pass_fold},
	{"branch again", pass_branch},
	{"copyelim 4", pass_copyelim},
	{"combine", pass_combine},
	{"expand", pass_expand},
	{"deadcode again", pass_deadcode},
	{"nilcheck", pass_nilcheck},
	{"report", pass_report},
	{"writebarrier", pass_writebarrier},
	{"split critical", block_split_critical},
	{"order again", block_order},
	{"lower", pass_lower},
	{"regalloc", pass_regalloc},
	{"layout", pass_layout},
	{"frame", pass_frame},
};

// INGOT_SSA_CHECK=1: every allocation of registers is proved.
static bool wants_check(void)
{
	const char *s = getenv("INGOT_SSA_CHECK");
	return s && *s;
}

void ssa_run_passes(Func *f, bool dump)
{
	bool check = wants_check();
	if (dump)
		ssa_dump(stderr, f, "build");
	for (u32 i = 0; i < LENGTH(passes); i++) {
		base_context(f->sym->name.p, passes[i].name);
		passes[i].run(f);
		if (dump)
			ssa_dump(stderr, f, passes[i].name);
		if (check && passes[i].run == pass_regalloc)
			regalloc_check(f);
	}
}

