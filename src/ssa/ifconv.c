// ifconv.c: branches around little computation become SELECTs: "if c { x = y }" and "if c { x = y } else { x = z }"
// compute both and choose. A choice costs a few cycles always, a branch many when it goes the way nobody expected, so
// branches with a likely side stay, and values that find their way into the address of a load: these wait for nothing
// behind a branch that was guessed right.
#include "ssa/backend.h"

enum { MOST_COST = 4 };

// Values that addresses of loads are computed from.
static bool *find_addresses(Func *f)
{
	bool *in = NEWN(f->arena, bool, f->nvals);
	Ref *work = NEWN(f->arena, Ref, f->nvals);
	u32 n = 0;
	for (u32 i = 0; i < f->norder; i++) {
		BasicBlock *bb = &f->blocks[f->order[i]];
		for (u32 k = 0; k < bb->nvals; k++) {
			Value *v = val(f, bb->vals[k]);
			if (v->op != SSA_LOAD && v->op != SSA_MOVE && v->op != SSA_MOVEWB && v->op != SSA_ALOAD && v->op != SSA_MOVEARG)
				continue;
			Ref a = v->a[v->op == SSA_MOVE || v->op == SSA_MOVEWB];
			if (!in[a])
				in[a] = true, work[n++] = a;
		}
	}
	while (n) {
		Value *v = val(f, work[--n]);
		if (op_is_call(v->op))
			continue;
		for (u32 j = 0; j < v->nargs; j++) {
			Ref a = value_args(v)[j];
			if (!in[a] && !type_is_float(val(f, a)->type))
				in[a] = true, work[n++] = a;
		}
	}
	return in;
}

// What it costs to compute the values of s always; more than MOST_COST if that is impossible.
static u32 arm_cost(Func *f, BlockId s)
{
	BasicBlock *sb = &f->blocks[s];
	u32 cost = 0;
	for (u32 k = 0; k < sb->nvals && cost <= MOST_COST; k++) {
		Value *v = val(f, sb->vals[k]);
		switch (v->op) {
		case SSA_CONST: case SSA_COPY: case SSA_TRUNC:
			break;
		case SSA_ADD: case SSA_SUB: case SSA_AND: case SSA_OR: case SSA_XOR: case SSA_NEG: case SSA_COM: case SSA_ZEXT: case SSA_SEXT:
		case SSA_ADDPTR: case SSA_OFFPTR: case SSA_SYMADDR: case SSA_SLOTADDR:
		case SSA_EQ: case SSA_NE: case SSA_LT: case SSA_LE: case SSA_ULT: case SSA_ULE:
			cost++;
			break;
		case SSA_SHL: case SSA_SHR: case SSA_SAR: case SSA_ROTL:
			cost += val(f, v->a[1])->op == SSA_CONST ? 1 : 3;
			break;
		case SSA_MUL: case SSA_SELECT:
			cost += 2;
			break;
		default:
			return MOST_COST + 1;
		}
	}
	return cost;
}

// s does nothing but lead from `from` to *post.
static bool is_arm(Func *f, BlockId s, BlockId *post)
{
	BasicBlock *sb = &f->blocks[s];
	if (sb->kind != BLOCK_PLAIN || sb->npreds != 1 || sb->unsafe || s == f->deferreturn_block)
		return false;
	*post = sb->succs[0];
	return *post != s;
}

// How many phis of post tell the two ways apart; UINT32_MAX if one must not become a SELECT.
static u32 count_choices(Func *f, const bool *address, BlockId post, u32 p, u32 q)
{
	BasicBlock *bb = &f->blocks[post];
	u32 n = 0;
	for (u32 k = 0; k < bb->nvals && val(f, bb->vals[k])->op == SSA_PHI; k++) {
		Value *v = val(f, bb->vals[k]);
		Ref x = value_args(v)[p], y = value_args(v)[q];
		if (x == y)
			continue;
		if (type_is_float(v->type) || address[bb->vals[k]])
			return UINT32_MAX;
		n++;
	}
	return n;
}

static void convert(Func *f, const bool *address, BlockId b)
{
	BasicBlock *bb = &f->blocks[b];
	if (bb->kind != BLOCK_IF || bb->likely || bb->unsafe || bb->succs[0] == bb->succs[1])
		return;
	BlockId s[2] = {bb->succs[0], bb->succs[1]}, post[2] = {0, 0};
	bool arm[2] = {is_arm(f, s[0], &post[0]), is_arm(f, s[1], &post[1])};
	u32 keep = 0; // the successor whose edge to join stays
	bool both = false;
	if (arm[0] && post[0] == s[1])
		keep = 0;
	else if (arm[1] && post[1] == s[0])
		keep = 1;
	else if (arm[0] && arm[1] && post[0] == post[1])
		both = true;
	else
		return;
	BlockId join = post[keep];
	if (join == b || join == f->deferreturn_block)
		return;
	BasicBlock *jb = &f->blocks[join];
	// The numbers of the ways among join's predecessors: taken if the condition holds, and if not.
	u32 yes = pred_number(jb, keep == 0 || both ? s[0] : b), no = pred_number(jb, keep == 1 || both ? s[1] : b);
	u32 cost = arm_cost(f, s[keep]) + (both ? arm_cost(f, s[1]) : 0);
	if (cost > MOST_COST)
		return;
	u32 choices = count_choices(f, address, join, yes, no);
	if (choices == 0 || choices > (both || cost > 2 ? 1u : 2u))
		return;
	// Everything moves behind the branch, which goes one way only.
	Ref c = bb->controls[0];
	if (both) {
		BasicBlock *from = &f->blocks[s[1]];
		for (u32 k = 0; k < from->nvals; k++) {
			block_push(f, s[0], from->vals[k]);
			from = &f->blocks[s[1]];
		}
		from->nvals = 0;
	}
	for (u32 k = 0; k < f->blocks[join].nvals; k++) {
		Ref phi = f->blocks[join].vals[k];
		if (val(f, phi)->op != SSA_PHI)
			break;
		Ref x = value_args(val(f, phi))[yes], y = value_args(val(f, phi))[no];
		if (x == y)
			continue;
		Ref r = value_new(f, s[keep], SSA_SELECT, val(f, phi)->type, f->blocks[b].pos);
		value_set_args(f, r, (Ref[]){c, x, y}, 3);
		value_replace_arg(f, phi, keep == 0 ? yes : no, r);
	}
	block_remove_edge(f, b, !keep);
	bb = &f->blocks[b];
	val(f, c)->uses--;
	bb->ncontrols = 0;
	bb->kind = BLOCK_PLAIN;
	if (both) // its edge to join goes too: nothing leads to it
		block_remove_edge(f, s[1], 0), f->blocks[s[1]].kind = BLOCK_NONE;
	block_join(f, b);
	f->blocks[s[keep]].merged = 0; // what variables are there is told by the choices
	while (block_join(f, b))
		;
}

void pass_ifconv(Func *f)
{
	bool *address = NULL;
	for (u32 i = f->norder; i-- > 0;) { // inner branches first
		BlockId b = f->order[i], post;
		BasicBlock *bb = &f->blocks[b];
		if (bb->kind != BLOCK_IF || bb->likely || (!is_arm(f, bb->succs[0], &post) && !is_arm(f, bb->succs[1], &post)))
			continue;
		if (!address)
			address = find_addresses(f);
		convert(f, address, b);
	}
}
