// clean.c: what other passes leave behind: copies and phis that choose between one value and itself are named by that
// value; values that nothing uses and that have no effect go.
#include "ssa/backend.h"

static Ref find(Ref *to, Ref r)
{
	while (to[r]) {
		if (to[to[r]])
			to[r] = to[to[r]];
		r = to[r];
	}
	return r;
}

void pass_copyelim(Func *f)
{
	Ref *to = NEWN(f->arena, Ref, f->nvals);
	bool any = false;
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 0; i < f->norder; i++) {
			BasicBlock *bb = &f->blocks[f->order[i]];
			for (u32 k = 0; k < bb->nvals; k++) {
				Ref r = bb->vals[k];
				Value *v = val(f, r);
				if (to[r])
					continue;
				if (v->op == SSA_COPY) {
					if (find(to, v->a[0]) == r)
						continue;
					to[r] = v->a[0];
					any = true;
				} else if (v->op == SSA_PHI) {
					Ref same = 0, *args = value_args(v);
					u32 j = 0;
					for (; j < v->nargs; j++) {
						Ref x = find(to, args[j]);
						if (x == r || x == same)
							continue;
						if (same)
							break;
						same = x;
					}
					if (j == v->nargs && same) {
						to[r] = same;
						any = changed = true;
					}
				}
			}
		}
	}
	if (!any)
		return;
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref r = bb->vals[k];
			for (u32 j = 0; j < val(f, r)->nargs; j++) {
				Ref a = value_args(val(f, r))[j], x = find(to, a);
				if (x != a)
					value_replace_arg(f, r, j, x);
			}
		}
		for (u32 k = 0; k < bb->ncontrols; k++) {
			Ref c = bb->controls[k], x = find(to, c);
			if (x != c) {
				val(f, c)->uses--;
				val(f, x)->uses++;
				bb->controls[k] = x;
			}
		}
	}
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals && val(f, bb->vals[k])->op == SSA_PHI; k++)
			if (to[bb->vals[k]])
				value_to_copy(f, bb->vals[k], find(to, bb->vals[k]));
	}
	pass_deadcode(f);
}

// May be dropped if nothing uses it. Loads can: what makes them fault is checked on its own.
static bool removable(const Value *v)
{
	if (v->op == SSA_NONE)
		return true;
	if (v->op == SSA_LOAD || v->op == SSA_LOADRES || v->op == SSA_MEMEQ || v->op == SSA_CALLERPC)
		return true;
	return op_is_pure(v->op);
}

void pass_deadcode(Func *f)
{
	Ref *work = NEWN(f->arena, Ref, f->nvals);
	u32 n = 0;
	// Phis that only feed each other: mark what is used by something real.
	bool *live = NEWN(f->arena, bool, f->nvals);
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++)
			if (!removable(val(f, bb->vals[k])) && !live[bb->vals[k]]) {
				live[bb->vals[k]] = true;
				work[n++] = bb->vals[k];
			}
		for (u32 k = 0; k < bb->ncontrols; k++)
			if (!live[bb->controls[k]]) {
				live[bb->controls[k]] = true;
				work[n++] = bb->controls[k];
			}
	}
	while (n) {
		Value *v = val(f, work[--n]);
		Ref *args = value_args(v);
		for (u32 j = 0; j < v->nargs; j++)
			if (!live[args[j]]) {
				live[args[j]] = true;
				work[n++] = args[j];
			}
	}
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		u32 m = 0;
		for (u32 k = 0; k < bb->nvals; k++) {
			Ref r = bb->vals[k];
			if (live[r]) {
				bb->vals[m++] = r;
				continue;
			}
			value_set_args(f, r, NULL, 0);
			u16 op = val(f, r)->op;
			if (op != SSA_COPY && op != SSA_CONST && op != SSA_FCONST) // debuggers may still want to know: see DebugMark
				val(f, r)->op = SSA_NONE;
			val(f, r)->block = 0;
		}
		bb->nvals = m;
	}
}
