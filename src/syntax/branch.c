// branch.c: labels and branch statements of one function body: finds the target of each, and what is wrong with
// them. Function literals are checked on their own. Rules: the specification's "Labeled statements" ff.;
// messages: cmd/compile/internal/syntax/branches.go.
#include "syntax/parse.h"

typedef struct BlockScope {
	struct BlockScope *parent;
	Pos start;
	const Stmt *label;  // ST_LABELED that this block belongs to, or NULL
} BlockScope;

typedef struct Label {
	Name name;
	BlockScope *block;  // where it is declared
	Stmt *stmt;
	bool used;
} Label;

typedef struct Targets {
	Stmt *brk, *cont;
	i64 clause;         // index of the clause of the switch `brk` that this list is the body of, or -1
} Targets;

typedef struct Branches {
	Parser *p;
	Arena *tmp;
	VEC(Label) labels;
	Map by_name;        // index + 1 in labels
	StmtVec forward;    // gotos whose label has not been seen yet, of all open blocks; a block owns those behind its mark
} Branches;

static void complain(Branches *b, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void complain(Branches *b, Pos pos, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(b->tmp, fmt, ap);
	va_end(ap);
	diag_add(b->p->d, (Diag){.pos = pos, .msg = s}); // not a syntax error: parsing is in order
}

static Label *label_find(Branches *b, Name n)
{
	uintptr_t i = (uintptr_t)map_get(&b->by_name, PKEY(n));
	return i ? &b->labels.p[i - 1] : NULL;
}

static Label *label_declare(Branches *b, BlockScope *scope, Stmt *s)
{
	Expr *x = s->labeled.label;
	Label *l = label_find(b, x->name.name);
	if (l) {
		complain(b, x->pos, "label %s already defined at " STR_FMT, x->name.name->s,
			STR_ARG(pos_fmt(b->tmp, l->stmt->labeled.label->pos)));
		return l;
	}
	vec_push(b->tmp, &b->labels, (Label){x->name.name, scope, s, false});
	map_put(b->tmp, &b->by_name, PKEY(x->name.name), (void *)(uintptr_t)b->labels.n);
	return &vec_last(&b->labels);
}

static void branch(Branches *b, BlockScope *scope, Targets t, Stmt *s, bool last)
{
	Expr *label = s->branch.label;
	Name name = label ? label->name.name : NULL;
	switch (s->branch.tok) {
	case T_BREAK:
	case T_CONTINUE: {
		bool brk = s->branch.tok == T_BREAK;
		if (!label) {
			s->branch.target = brk ? t.brk : t.cont;
			if (!s->branch.target)
				complain(b, s->pos, brk ? "break is not in a loop, switch, or select" : "continue is not in a loop");
			return;
		}
		Label *l = label_find(b, name);
		if (!l) {
			complain(b, label->pos, "%s label not defined: %s", brk ? "break" : "continue", name->s);
			return;
		}
		l->used = true;
		for (; scope && scope->label != l->stmt; scope = scope->parent)
			;
		Stmt *to = scope ? l->stmt->labeled.stmt : NULL;
		u8 k = to ? to->kind : ST_BAD;
		if (k == ST_FOR || k == ST_RANGE || (brk && (k == ST_SWITCH || k == ST_TYPESWITCH || k == ST_SELECT)))
			s->branch.target = to;
		else
			complain(b, label->pos, "invalid %s label %s", brk ? "break" : "continue", name->s);
		return;
	}
	case T_FALLTHROUGH: {
		const char *msg = "fallthrough statement out of place";
		if (t.brk && t.brk->kind == ST_TYPESWITCH)
			msg = "cannot fallthrough in type switch";
		else if (t.brk && t.brk->kind == ST_SWITCH && t.clause >= 0 && last) {
			if (t.clause + 1 < t.brk->switch_.clauses.n)
				return;
			msg = "cannot fallthrough final case in switch";
		}
		complain(b, s->pos, "%s", msg);
		return;
	}
	case T_GOTO: {
		Label *l = label_find(b, name);
		if (l) {
			l->used = true;
			for (; scope; scope = scope->parent)
				if (scope == l->block) {
					s->branch.target = l->stmt;
					return;
				}
		}
		vec_push(b->tmp, &b->forward, s);
		return;
	}
	}
}

static void statements(Branches *b, BlockScope *parent, Targets t, const Stmt *label, Pos start, StmtVec list);

static void block(Branches *b, BlockScope *parent, Targets t, const Stmt *label, const Block *x)
{
	statements(b, parent, t, label, x->pos, x->list);
}

// A label has been declared: the gotos of this block, and of blocks in it, that waited for it are resolved.
// Those before `over` were waiting at the latest variable declaration.
static void resolve(Branches *b, Label *l, u32 from, u32 *over, Pos var_pos, const Expr *var)
{
	u32 kept = from, before = from;
	for (u32 i = from; i < b->forward.n; i++) {
		Stmt *s = b->forward.p[i];
		Expr *x = s->branch.label;
		if (x->name.name != l->name) {
			b->forward.p[kept++] = b->forward.p[i];
			before += i < *over;
			continue;
		}
		s->branch.target = l->stmt;
		l->used = true;
		if (i < *over)
			complain(b, x->pos, "goto %s jumps over declaration of " STR_FMT " at " STR_FMT, l->name->s,
				STR_ARG(expr_str(b->tmp, var)), STR_ARG(pos_fmt(b->tmp, var_pos)));
	}
	b->forward.n = kept;
	*over = before;
}

static void statements(Branches *b, BlockScope *parent, Targets t, const Stmt *label, Pos start, StmtVec list)
{
	BlockScope *scope = NEW(b->tmp, BlockScope);
	*scope = (BlockScope){parent, start, label};
	u32 mine = b->forward.n, over = mine, n = list.n;
	Pos var_pos = 0;
	const Expr *var = NULL;
	while (n && list.p[n - 1]->kind == ST_EMPTY) // a fallthrough counts as last before empty statements
		n--;
	for (u32 i = 0; i < n; i++) {
		Stmt *s = list.p[i];
		const Stmt *here = NULL; // the label of this statement
		for (; s->kind == ST_LABELED; s = s->labeled.stmt) {
			if (name_is_blank(s->labeled.label->name.name))
				continue;
			Label *l = label_declare(b, scope, s);
			// As gc: the goto goes to this statement even if the label was declared before.
			Label now = {l->name, scope, s, false};
			resolve(b, &now, mine, &over, var_pos, var);
			l->used |= now.used;
			here = s;
		}
		Targets in = {t.brk, t.cont, -1};
		switch (s->kind) {
		case ST_DECL:
			for (u32 j = 0; j < s->decls.n; j++)
				if (s->decls.p[j]->kind == D_VAR) {
					var_pos = s->decls.p[j]->pos;
					var = s->decls.p[j]->val.names.p[0];
					over = b->forward.n;
					break;
				}
			break;
		case ST_ASSIGN:
			if (s->op == OP_DEF) {
				var_pos = s->pos;
				var = s->assign.lhs;
				over = b->forward.n;
			}
			break;
		case ST_BRANCH:
			branch(b, scope, t, s, i + 1 == n);
			break;
		case ST_BLOCK:
			block(b, scope, in, here, s->block);
			break;
		case ST_IF:
			block(b, scope, in, here, s->if_.then);
			if (s->if_.els)
				statements(b, scope, in, here, s->if_.els->pos, (StmtVec){&s->if_.els, 1, 1});
			break;
		case ST_FOR:
			in = (Targets){s, s, -1};
			block(b, scope, in, here, s->for_.body);
			break;
		case ST_RANGE:
			in = (Targets){s, s, -1};
			block(b, scope, in, here, s->range.body);
			break;
		case ST_SWITCH:
		case ST_TYPESWITCH:
		case ST_SELECT: {
			ClauseVec v = s->kind == ST_SELECT ? s->select.clauses : s->switch_.clauses;
			in.brk = s;
			for (u32 j = 0; j < v.n; j++) {
				in.clause = s->kind == ST_SELECT ? -1 : (i64)j;
				statements(b, scope, in, here, v.p[j]->pos, v.p[j]->body);
			}
			break;
		}
		}
	}
}

void check_branches(Parser *p, Block *body)
{
	Branches b = {.p = p, .tmp = arena_new()};
	block(&b, NULL, (Targets){NULL, NULL, -1}, NULL, body);
	for (u32 i = 0; i < b.forward.n; i++) {
		Expr *x = b.forward.p[i]->branch.label;
		Label *l = label_find(&b, x->name.name);
		if (!l) {
			complain(&b, x->pos, "label %s not defined", x->name.name->s);
			continue;
		}
		l->used = true;
		complain(&b, x->pos, "goto %s jumps into block starting at " STR_FMT, x->name.name->s,
			STR_ARG(pos_fmt(b.tmp, l->block->start)));
	}
	for (u32 i = 0; i < b.labels.n; i++) {
		Label *l = &b.labels.p[i];
		if (!l->used)
			complain(&b, l->stmt->labeled.label->pos, "label %s defined and not used", l->name->s);
	}
	arena_free(b.tmp);
}
