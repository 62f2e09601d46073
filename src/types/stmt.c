// stmt.c: statements (types2/stmt.go, range.go, return.go). Labels and the places of break, continue, goto and
// fallthrough are the parser's business (syntax: check_branches). A statement runs the delayed checks that its
// expressions left, so that function literals see the scope as it was there.
#include "types/check.h"

static void stmt(Checker *c, Stmt *s);

void check_open_scope(Checker *c, Pos pos, Pos end)
{
	c->env.scope = scope_new(c->a, c->env.scope, pos, end);
}

void check_close_scope(Checker *c)
{
	Scope *s = c->env.scope, *p = s->parent;
	if (p->pos && p->end < s->end) // statements end where their last block does
		p->end = s->end;
	c->env.scope = p;
}

static Pos clause_end(ClauseVec v, u32 i, Pos rbrace) { return i + 1 < v.n ? v.p[i + 1]->pos : rbrace; }

void check_stmt_list(Checker *c, u32 ctxt, StmtVec list)
{
	for (u32 i = 0; i < list.n; i++)
		stmt(c, list.p[i]);
}

static void block(Checker *c, Block *b)
{
	check_open_scope(c, b->pos, b->rbrace);
	check_stmt_list(c, 0, b->list);
	check_close_scope(c);
}

static void scoped_list(Checker *c, Pos pos, Pos end, StmtVec list)
{
	check_open_scope(c, pos, end);
	check_stmt_list(c, 0, list);
	check_close_scope(c);
}

static void condition(Checker *c, Expr *cond, const char *what)
{
	Operand x = {0};
	check_expr(c, NULL, &x, cond);
	if (!op_valid(&x))
		return;
	if (!type_all(x.type, INFO_BOOL))
		check_error(c, EPOS(cond), C_InvalidCond, "non-boolean condition in %s statement", what);
	else if (type_is_untyped(x.type))
		check_update_expr_type(c, cond, TYPE(BOOL), true);
}

// Whether it is known to be false, as ir/ finds it, too.
static bool never(const Expr *e)
{
	while (e->kind == E_PAREN)
		e = e->x;
	if (e->val)
		return const_kind(e->val) == CONST_BOOL && !const_as_bool(e->val);
	return e->kind == E_BINARY && e->op == OP_ANDAND && (never(e->binary.x) || never(e->binary.y));
}

static void multiple_defaults(Checker *c, ClauseVec v, bool select)
{
	Clause *first = NULL;
	for (u32 i = 0; i < v.n; i++) {
		Clause *k = v.p[i];
		if (select ? k->comm != NULL : k->cases != NULL)
			continue;
		if (first)
			check_error(c, k->pos, C_DuplicateDefault, "multiple defaults (first at " STR_FMT ")",
				STR_ARG(pos_fmt(c->a, first->pos)));
		else
			first = k;
	}
}

// ---- expression switches -------------------------------------------------------------------------

// A constant case that was seen.
typedef struct SeenCase { const Const *val; Type *type; Pos pos; struct SeenCase *next; } SeenCase;

static void case_values(Checker *c, Operand *x, Clause *k, Map *seen)
{
	u32 n;
	Expr **list = expr_list(&k->cases, &n);
	for (u32 i = 0; i < n; i++) {
		Operand v = {0};
		check_expr(c, NULL, &v, list[i]);
		if (!op_valid(x) || !op_valid(&v))
			continue;
		check_convert_untyped(c, &v, x->type);
		if (!op_valid(&v))
			continue;
		Operand res = v, y = *x;
		check_comparison(c, &res, &y, OP_EQL, true);
		if (!op_valid(&res) || v.mode != MODE_CONST)
			continue;
		ConstKind kind = const_kind(v.val);
		if (kind != CONST_INT && kind != CONST_FLOAT && kind != CONST_STRING)
			continue;
		u64 h = const_hash(v.val);
		SeenCase *head = map_get(seen, h), *s = head;
		while (s && !(const_kind(s->val) == kind && const_compare(s->val, OP_EQL, v.val) && types_identical(s->type, v.type)))
			s = s->next;
		if (s) {
			ErrMsg m = {.c = c, .code = C_DuplicateCase};
			errmsg_add(&m, op_pos(&v), "duplicate case %s in expression switch", XS(&v));
			errmsg_add(&m, s->pos, "previous case");
			errmsg_report(&m);
			continue;
		}
		s = NEW(c->a, SeenCase);
		*s = (SeenCase){v.val, v.type, v.expr->pos, head};
		map_put(c->a, seen, h, s);
	}
}

static void switch_stmt(Checker *c, Stmt *s)
{
	Operand x = {0};
	ClauseVec clauses = s->switch_.clauses;
	if (s->switch_.tag) {
		check_expr(c, NULL, &x, s->switch_.tag);
		check_assignment(c, &x, NULL, "switch expression");
		if (op_valid(&x) && !check_comparable(c, x.type, true, NULL) && !type_has_nil(x.type)) {
			check_error(c, op_pos(&x), C_InvalidExprSwitch, "cannot switch on %s (%s is not comparable)", XS(&x), TS(x.type));
			x.mode = MODE_INVALID;
		}
	} else {
		x.mode = MODE_CONST;
		x.type = TYPE(BOOL);
		x.val = const_bool(true);
		x.expr = expr_new(c->a, E_NAME, clauses.n ? clauses.p[0]->pos : s->switch_.rbrace);
		x.expr->name.name = name_of_c("true");
	}
	multiple_defaults(c, clauses, false);
	Map seen = {0};
	for (u32 i = 0; i < clauses.n; i++) {
		Clause *k = clauses.p[i];
		case_values(c, &x, k, &seen);
		scoped_list(c, k->pos, clause_end(clauses, i, s->switch_.rbrace), k->body);
	}
}

// ---- type switches -------------------------------------------------------------------------------

typedef struct SeenType { Type *t; Expr *e; } SeenType;
typedef VEC(SeenType) SeenTypeVec;

static bool is_nil_expr(Checker *c, Expr *e)
{
	e = expr_unparen(e);
	if (e->kind != E_NAME)
		return false;
	Object *o = scope_lookup_parent(c->env.scope, e->name.name, NULL);
	return o && o->kind == OBJ_NIL;
}

static Type *case_types(Checker *c, Operand *x, Clause *k, SeenTypeVec *seen)
{
	u32 n;
	Expr **list = expr_list(&k->cases, &n);
	Type *t = NULL;
	for (u32 i = 0; i < n; i++) {
		Expr *e = list[i];
		if (is_nil_expr(c, e)) {
			Operand dummy = {0};
			check_expr(c, NULL, &dummy, e);
			t = NULL;
		} else {
			t = check_var_type(c, e);
			if (!type_valid(t))
				continue;
		}
		bool dup = false;
		for (u32 j = 0; j < seen->n && !dup; j++) {
			SeenType *o = &seen->p[j];
			if (t == o->t || (t && o->t && types_identical(t, o->t))) {
				ErrMsg m = {.c = c, .code = C_DuplicateCase};
				errmsg_add(&m, EPOS(e), "duplicate case %s in type switch", t ? TS(t) : "nil");
				errmsg_add(&m, EPOS(o->e), "previous case");
				errmsg_report(&m);
				dup = true;
			}
		}
		if (dup)
			continue;
		vec_push(c->a, seen, (SeenType){t, e});
		if (x && t)
			check_assertion(c, e, x, t, true);
	}
	if (n != 1 || !t)
		return x ? x->type : TYPE(INVALID);
	return t;
}

static void type_switch_stmt(Checker *c, Stmt *s)
{
	Expr *guard = s->switch_.tag, *lhs = guard->guard.lhs;
	if (lhs && name_is_blank(lhs->name.name)) {
		check_soft_error(c, lhs->pos, C_NoNewVar, "no new variable on left side of :=");
		lhs = NULL;
	}
	Operand x = {0}, *sx = NULL;
	check_expr(c, NULL, &x, guard->guard.x);
	if (op_valid(&x)) {
		if (type_is_typeparam(x.type))
			check_error(c, op_pos(&x), C_InvalidTypeSwitch, "cannot use type switch on type parameter value %s", XS(&x));
		else if (type_is_interface(x.type))
			sx = &x;
		else
			check_error(c, op_pos(&x), C_InvalidTypeSwitch, "%s is not an interface", XS(&x));
	}
	guard->mode = MODE_VALUE;
	guard->type = op_valid(&x) ? x.type : TYPE(INVALID);
	multiple_defaults(c, s->switch_.clauses, false);
	SeenTypeVec seen = {0};
	ObjectVec vars = {0};
	for (u32 i = 0; i < s->switch_.clauses.n; i++) {
		Clause *k = s->switch_.clauses.p[i];
		Type *t = case_types(c, sx, k, &seen);
		check_open_scope(c, k->pos, clause_end(s->switch_.clauses, i, s->switch_.rbrace));
		if (lhs) {
			Object *o = object_new_var(c->a, VAR_LOCAL, lhs->pos, c->pkg, lhs->name.name, t);
			check_declare(c, c->env.scope, NULL, o, k->colon);
			k->obj = o;
			vec_push(c->a, &vars, o);
		}
		check_stmt_list(c, 0, k->body);
		check_close_scope(c);
	}
	if (!lhs)
		return;
	// The variables of all clauses count as one.
	bool used = false;
	for (u32 i = 0; i < vars.n; i++)
		used |= vars.p[i]->used;
	for (u32 i = 0; i < vars.n; i++)
		vars.p[i]->used = true;
	if (!used)
		check_soft_error(c, lhs->pos, C_UnusedVar, "%s declared and not used", lhs->name.name->s);
}

// ---- range ---------------------------------------------------------------------------------------

static Type *array_ptr_deref(Type *t)
{
	Type *p = type_unalias(t);
	if (p->kind == TY_POINTER) {
		Type *a = type_under(p->pointer.elem);
		if (a->kind == TY_ARRAY)
			return a;
	}
	return t;
}

#define BAD_YIELD "func must be func(yield func(...) bool): "

static bool range_func(Checker *c, Type *f, Type **key, Type **val, Str *cause)
{
	*key = *val = TYPE(INVALID);
	if (f->func.params->tuple.n != 1) {
		*cause = S(BAD_YIELD "wrong argument count");
		return false;
	}
	if (f->func.results->tuple.n != 0) {
		*cause = S(BAD_YIELD "unexpected results");
		return false;
	}
	Str why = {0};
	Type *cb = types_common_under(c->a, c, f->func.params->tuple.vars[0]->type, &why);
	if (!cb || cb->kind != TY_FUNC) {
		*cause = why.n ? str_fmt(c->a, BAD_YIELD "in yield type, " STR_FMT, STR_ARG(why)) : S(BAD_YIELD "argument is not func");
		return false;
	}
	Type *res = cb->func.results;
	if (cb->func.params->tuple.n > 2) {
		*cause = S(BAD_YIELD "yield func has too many parameters");
		return false;
	}
	if (res->tuple.n != 1 || !types_identical(res->tuple.vars[0]->type, TYPE(BOOL))) {
		*cause = res->tuple.n == 1 && type_is(res->tuple.vars[0]->type, INFO_BOOL)
			? S(BAD_YIELD "yield func returns user-defined boolean, not bool") : S(BAD_YIELD "yield func does not return bool");
		return false;
	}
	if (cb->variadic) {
		*cause = str_fmt(c->a, "yield func of type %s cannot be variadic", TS(cb));
		return false;
	}
	u32 n = cb->func.params->tuple.n;
	*key = n >= 1 ? cb->func.params->tuple.vars[0]->type : NULL;
	*val = n >= 2 ? cb->func.params->tuple.vars[1]->type : NULL;
	return true;
}

// What ranging over a value of type t yields: key and value types, NULL where there is none.
static bool range_key_val(Checker *c, Type *t, Type **key, Type **val, Str *cause)
{
	*key = *val = TYPE(INVALID);
	Type *u = NULL;
	if (type_is_typeparam(t)) {
		TypeList l = types_specific(c->a, t);
		for (u32 i = 0; i < l.n; i++) {
			Type *v = type_under(l.p[i]);
			if (v->kind == TY_CHAN && v->dir == CHAN_SEND) {
				*cause = str_fmt(c->a, "receive from send-only channel %s", TS(l.p[i]));
				return false;
			}
		}
		u = types_common_under(c->a, c, t, cause);
	} else {
		u = type_under(t);
		if (u->kind == TY_CHAN && u->dir == CHAN_SEND) {
			*cause = str_fmt(c->a, "receive from send-only channel %s", TS(t));
			return false;
		}
	}
	if (!u)
		return false;
	u = array_ptr_deref(u);
	switch (u->kind) {
	case TY_BASIC:
		if (u->info & INFO_STRING) {
			*key = TYPE(INT);
			*val = universe_rune_type();
			return true;
		}
		if (u->info & INFO_INT) {
			if (!check_allow_version(c, GO1_22)) {
				*cause = S("requires go1.22 or later");
				return false;
			}
			*key = t;
			*val = NULL;
			return true;
		}
		break;
	case TY_ARRAY:
		*key = TYPE(INT);
		*val = u->array.elem;
		return true;
	case TY_SLICE:
		*key = TYPE(INT);
		*val = u->slice.elem;
		return true;
	case TY_MAP:
		*key = u->map.key;
		*val = u->map.elem;
		return true;
	case TY_CHAN:
		*key = u->chan.elem;
		*val = NULL;
		return true;
	case TY_FUNC:
		if (!check_allow_version(c, GO1_23)) {
			*cause = S("requires go1.23 or later");
			return false;
		}
		return range_func(c, u, key, val, cause);
	}
	*key = *val = NULL;
	return false;
}

void check_range_stmt(Checker *c, u32 inner, Stmt *s)
{
	u32 n;
	Expr **list = expr_list(&s->range.lhs, &n);
	Expr *lhs[2] = {n > 0 ? list[0] : NULL, n > 1 ? list[1] : NULL};
	Operand x = {0};
	check_expr(c, NULL, &x, s->range.x);
	Type *rhs[2] = {NULL, NULL};
	if (op_valid(&x)) {
		Str cause = {0};
		Type *k, *v;
		bool ok = range_key_val(c, x.type, &k, &v, &cause);
		if (!ok && cause.n)
			check_soft_error(c, op_pos(&x), C_InvalidRangeExpr, "cannot range over %s: " STR_FMT, XS(&x), STR_ARG(cause));
		else if (!ok)
			check_soft_error(c, op_pos(&x), C_InvalidRangeExpr, "cannot range over %s", XS(&x));
		else if (!k && lhs[0])
			check_soft_error(c, EPOS(lhs[0]), C_InvalidIterVar, "range over %s permits no iteration variables", XS(&x));
		else if (!v && lhs[1])
			check_soft_error(c, EPOS(lhs[1]), C_InvalidIterVar, "range over %s permits only one iteration variable", XS(&x));
		else if (n > 2)
			check_soft_error(c, EPOS(list[2]), C_InvalidIterVar, "range clause permits at most two iteration variables");
		rhs[0] = k;
		rhs[1] = v;
		if (type_is_untyped(x.type) && type_is(x.type, INFO_STRING))
			check_update_expr_type(c, x.expr, TYPE(STRING), true);
	}
	check_open_scope(c, s->pos, 0);
	bool over_int = type_is(x.type, INFO_INT);
	if (s->range.def) {
		Object *vars[2];
		u32 nvars = 0;
		for (u32 i = 0; i < 2; i++) {
			Expr *e = lhs[i];
			if (!e)
				continue;
			Object *o;
			if (e->kind == E_NAME) {
				o = object_new_var(c->a, VAR_LOCAL, e->pos, c->pkg, e->name.name, NULL);
				e->name.obj = o;
				if (!name_is_blank(o->name))
					vars[nvars++] = o;
			} else {
				check_error(c, EPOS(e), C_InvalidSyntaxTree, "cannot declare %s", ES(e));
				o = object_new_var(c->a, VAR_LOCAL, e->pos, c->pkg, name_of_c("_"), NULL);
			}
			Type *t = rhs[i];
			if (!t || t == TYPE(INVALID)) {
				o->type = TYPE(INVALID);
				o->used = true;
				continue;
			}
			if (over_int) {
				check_init_var(c, o, &x, "range clause");
			} else {
				Operand y = {.mode = MODE_VALUE, .expr = e, .type = t};
				check_init_var(c, o, &y, "assignment");
			}
			e->mode = MODE_VAR;
			e->type = o->type;
		}
		if (nvars) {
			for (u32 i = 0; i < nvars; i++)
				check_declare(c, c->env.scope, NULL, vars[i], s->range.body->pos);
		} else {
			hint_no_new_var(c);
			check_error(c, s->pos, C_NoNewVar, "no new variables on left side of :=");
		}
	} else if (lhs[0]) {
		for (u32 i = 0; i < 2; i++) {
			Type *t = rhs[i];
			if (!lhs[i] || !t || t == TYPE(INVALID))
				continue;
			if (over_int) {
				check_assign_var(c, lhs[i], NULL, &x, "range clause");
				if (op_valid(&x) && !type_is(x.type, INFO_INT))
					check_soft_error(c, EPOS(lhs[i]), C_InvalidRangeExpr, "cannot use iteration variable of type %s", TS(x.type));
			} else {
				Operand y = {.mode = MODE_VALUE, .expr = lhs[i], .type = t};
				check_assign_var(c, lhs[i], NULL, &y, "assignment");
			}
		}
	} else if (over_int) {
		check_assignment(c, &x, NULL, "range clause");
	}
	block(c, s->range.body);
	check_close_scope(c);
}

// ---- statements ----------------------------------------------------------------------------------

static void expr_stmt(Checker *c, Expr *e)
{
	Operand x = {0};
	ExprClass class = check_raw_expr(c, NULL, &x, e, NULL, false);
	const char *msg;
	Code code;
	switch (x.mode) {
	case MODE_BUILTIN:
		msg = "must be called";
		code = C_UncalledBuiltin;
		break;
	case MODE_TYPE:
		msg = "is not an expression";
		code = C_NotAnExpr;
		break;
	default:
		if (class == EC_STATEMENT)
			return;
		msg = "is not used";
		code = C_UnusedExpr;
	}
	check_error(c, op_pos(&x), code, "%s %s", XS(&x), msg);
}

static void suspended_call(Checker *c, Stmt *s)
{
	const char *kw = s->call.tok == T_DEFER ? "defer" : "go";
	Code code = s->call.tok == T_DEFER ? C_InvalidDefer : C_InvalidGo;
	Expr *call = s->call.call;
	if (call->kind != E_CALL) {
		check_error(c, EPOS(call), code, "expression in %s must be function call", kw);
		check_use(c, &call, 1);
		return;
	}
	Operand x = {0};
	const char *msg;
	switch (check_raw_expr(c, NULL, &x, call, NULL, false)) {
	case EC_CONVERSION:
		msg = "requires function call, not conversion";
		break;
	case EC_EXPRESSION:
		msg = "discards result of";
		code = C_UnusedResults;
		break;
	default:
		return;
	}
	check_error(c, op_pos(&x), code, "%s %s %s", kw, msg, XS(&x));
}

static void assign_stmt(Checker *c, Stmt *s)
{
	Operand x = {0};
	if (s->assign.incdec) {
		Expr *lhs = s->assign.lhs;
		const char *op = op_str(s->op);
		check_expr(c, NULL, &x, lhs);
		if (!op_valid(&x))
			return;
		if (!type_all(x.type, INFO_NUMERIC)) {
			check_error(c, EPOS(lhs), C_NonNumericIncDec, "invalid operation: %s%s%s (non-numeric type %s)", ES(lhs), op, op,
				TS(x.type));
			return;
		}
		if (s->assign.rhs) { // the implicit 1
			s->assign.rhs->mode = MODE_CONST;
			s->assign.rhs->type = x.type;
			s->assign.rhs->val = (Const *)const_i64(c->a, 1);
		}
		check_assign_var(c, lhs, NULL, &x, "assignment");
		return;
	}
	u32 l, r;
	Expr **lhs = expr_list(&s->assign.lhs, &l), **rhs = expr_list(&s->assign.rhs, &r);
	if (s->op == OP_NONE) {
		check_assign_vars(c, lhs, l, rhs, r);
	} else if (s->op == OP_DEF) {
		check_short_var_decl(c, s->pos, lhs, l, rhs, r);
	} else if (l != 1 || r != 1) {
		check_error(c, s->pos, C_MultiValAssignOp, "assignment operation %s requires single-valued expressions",
			op_str(s->op));
	} else {
		check_binary(c, &x, NULL, lhs[0], rhs[0], s->op);
		check_assign_var(c, lhs[0], NULL, &x, "assignment");
	}
}

static void return_stmt(Checker *c, Stmt *s)
{
	Type *res = c->env.sig->func.results;
	u32 n;
	Expr **list = expr_list(&s->ret.results, &n);
	if (n == 0 && res->tuple.n > 0 && res->tuple.vars[0]->name->n) {
		for (u32 i = 0; i < res->tuple.n; i++) {
			Object *o = res->tuple.vars[i];
			Object *alt = scope_lookup_parent(c->env.scope, o->name, NULL);
			if (!alt || alt == o || name_is_blank(o->name))
				continue;
			ErrMsg m = {.c = c, .code = C_OutOfScopeResult};
			errmsg_add(&m, s->pos, "result parameter %s not in scope at return", o->name->s);
			errmsg_add(&m, alt->pos, "inner declaration of %s", OS(o));
			errmsg_report(&m);
		}
		return;
	}
	if (res->tuple.n > 0 || n > 0)
		check_init_vars(c, res->tuple.vars, res->tuple.n, list, n, s);
}

static void select_stmt(Checker *c, Stmt *s)
{
	multiple_defaults(c, s->select.clauses, true);
	for (u32 i = 0; i < s->select.clauses.n; i++) {
		Clause *k = s->select.clauses.p[i];
		Expr *rhs = NULL;
		bool valid = !k->comm || k->comm->kind == ST_SEND;
		if (k->comm && k->comm->kind == ST_ASSIGN && k->comm->assign.rhs && k->comm->assign.rhs->kind != E_LIST)
			rhs = k->comm->assign.rhs;
		else if (k->comm && k->comm->kind == ST_EXPR)
			rhs = k->comm->x;
		if (rhs) {
			rhs = expr_unparen(rhs);
			valid = rhs->kind == E_UNARY && rhs->op == OP_RECV;
		}
		if (!valid) {
			check_error(c, stmt_start(k->comm), C_InvalidSelectCase,
				"select case must be send or receive (possibly with assignment)");
			continue;
		}
		check_open_scope(c, k->pos, clause_end(s->select.clauses, i, s->select.rbrace));
		if (k->comm)
			stmt(c, k->comm);
		check_stmt_list(c, 0, k->body);
		check_close_scope(c);
	}
}

// The leftmost position of a statement.
Pos stmt_start(const Stmt *s)
{
	switch (s->kind) {
	case ST_EXPR: return s->x->pos;
	case ST_SEND: return EPOS(s->send.chan);
	case ST_ASSIGN: return EPOS(s->assign.lhs);
	default: return s->pos;
	}
}

static void stmt1(Checker *c, Stmt *s)
{
	switch (s->kind) {
	case ST_BAD:
	case ST_EMPTY:
	case ST_BRANCH:
		break;
	case ST_DECL:
		check_decl_stmt(c, s->decls);
		break;
	case ST_LABELED:
		stmt(c, s->labeled.stmt);
		break;
	case ST_BLOCK:
		block(c, s->block);
		break;
	case ST_EXPR:
		expr_stmt(c, s->x);
		break;
	case ST_SEND: {
		Operand ch = {0}, val = {0};
		check_expr(c, NULL, &ch, s->send.chan);
		check_generic_expr(c, &val, s->send.val, NULL);
		if (!op_valid(&ch) || !op_valid(&val))
			break;
		Type *elem = check_chan_elem(c, stmt_start(s), &ch, false);
		if (elem)
			check_assignment(c, &val, elem, "send");
		break;
	}
	case ST_ASSIGN:
		assign_stmt(c, s);
		break;
	case ST_CALL:
		suspended_call(c, s);
		break;
	case ST_RETURN:
		return_stmt(c, s);
		break;
	case ST_IF: {
		u32 depth = 0; // of else if chains, which nest scopes
		for (;;) {
			check_open_scope(c, s->pos, 0);
			depth++;
			if (s->if_.init)
				stmt(c, s->if_.init);
			condition(c, s->if_.cond, "if");
			bool dead = c->env.dead;
			c->env.dead = dead || never(s->if_.cond);
			block(c, s->if_.then);
			c->env.dead = dead;
			Stmt *els = s->if_.els;
			if (!els)
				break;
			if (els->kind != ST_IF) {
				stmt(c, els);
				break;
			}
			s = els;
		}
		while (depth-- > 0)
			check_close_scope(c);
		break;
	}
	case ST_SWITCH:
	case ST_TYPESWITCH:
		check_open_scope(c, s->pos, 0);
		if (s->switch_.init)
			stmt(c, s->switch_.init);
		if (s->kind == ST_TYPESWITCH)
			type_switch_stmt(c, s);
		else
			switch_stmt(c, s);
		check_close_scope(c);
		break;
	case ST_SELECT:
		select_stmt(c, s);
		break;
	case ST_FOR:
		check_open_scope(c, s->pos, 0);
		if (s->for_.init)
			stmt(c, s->for_.init);
		if (s->for_.cond)
			condition(c, s->for_.cond, "for");
		if (s->for_.post) {
			stmt(c, s->for_.post);
			if (s->for_.post->kind == ST_ASSIGN && s->for_.post->op == OP_DEF)
				check_use(c, &s->for_.post->assign.lhs, 1); // the parser reported it
		}
		block(c, s->for_.body);
		check_close_scope(c);
		break;
	case ST_RANGE:
		check_range_stmt(c, 0, s);
		break;
	default:
		check_error(c, s->pos, C_InvalidSyntaxTree, "invalid statement");
	}
}

static void stmt(Checker *c, Stmt *s)
{
	u32 top = c->delayed.n;
	stmt1(c, s);
	if (c->delayed.n != top)
		check_process_delayed(c, top);
}

// ---- terminating statements ----------------------------------------------------------------------

static bool has_break(Stmt *s, Name label, bool implicit);

static bool has_break_list(StmtVec v, Name label, bool implicit)
{
	for (u32 i = 0; i < v.n; i++)
		if (has_break(v.p[i], label, implicit))
			return true;
	return false;
}

static bool has_break_clauses(ClauseVec v, Name label)
{
	for (u32 i = 0; i < v.n; i++)
		if (has_break_list(v.p[i]->body, label, false))
			return true;
	return false;
}

// Whether s contains a break that leaves the statement with that label, or (implicit) without one.
static bool has_break(Stmt *s, Name label, bool implicit)
{
	for (;;) {
		switch (s->kind) {
		case ST_LABELED:
			s = s->labeled.stmt;
			continue;
		case ST_BRANCH:
			if (s->branch.tok != T_BREAK)
				return false;
			return s->branch.label ? s->branch.label->name.name == label : implicit;
		case ST_BLOCK:
			return has_break_list(s->block->list, label, implicit);
		case ST_IF:
			if (has_break_list(s->if_.then->list, label, implicit))
				return true;
			if (!s->if_.els)
				return false;
			s = s->if_.els;
			continue;
		case ST_SWITCH:
		case ST_TYPESWITCH:
			return label && has_break_clauses(s->switch_.clauses, label);
		case ST_SELECT:
			return label && has_break_clauses(s->select.clauses, label);
		case ST_FOR:
			return label && has_break_list(s->for_.body->list, label, false);
		case ST_RANGE:
			return label && has_break_list(s->range.body->list, label, false);
		default:
			return false;
		}
	}
}

static bool is_panic(Expr *e)
{
	e = expr_unparen(e);
	return e->kind == E_CALL && e->call.builtin == BI_panic + 1;
}

bool check_is_terminating_list(Checker *c, StmtVec list, Name label)
{
	for (u32 i = list.n; i > 0; i--)
		if (list.p[i - 1]->kind != ST_EMPTY)
			return check_is_terminating(c, list.p[i - 1], label);
	return false;
}

bool check_is_terminating(Checker *c, Stmt *s, Name label)
{
	for (;;) {
		switch (s->kind) {
		case ST_LABELED:
			label = s->labeled.label->name.name;
			s = s->labeled.stmt;
			continue;
		case ST_EXPR:
			return is_panic(s->x);
		case ST_RETURN:
			return true;
		case ST_BRANCH:
			return s->branch.tok == T_GOTO || s->branch.tok == T_FALLTHROUGH;
		case ST_BLOCK:
			return check_is_terminating_list(c, s->block->list, NULL);
		case ST_IF:
			if (!s->if_.els || !check_is_terminating_list(c, s->if_.then->list, NULL))
				return false;
			s = s->if_.els;
			label = NULL;
			continue;
		case ST_SWITCH:
		case ST_TYPESWITCH: {
			bool has_default = false;
			for (u32 i = 0; i < s->switch_.clauses.n; i++) {
				Clause *k = s->switch_.clauses.p[i];
				has_default |= !k->cases;
				if (!check_is_terminating_list(c, k->body, NULL) || has_break_list(k->body, label, true))
					return false;
			}
			return has_default;
		}
		case ST_SELECT:
			for (u32 i = 0; i < s->select.clauses.n; i++) {
				Clause *k = s->select.clauses.p[i];
				if (!check_is_terminating_list(c, k->body, NULL) || has_break_list(k->body, label, true))
					return false;
			}
			return true;
		case ST_FOR:
			return !s->for_.cond && !has_break_list(s->for_.body->list, label, true);
		default:
			return false;
		}
	}
}
