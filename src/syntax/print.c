// print.c: expressions as gc's messages show them (cmd/compile/internal/syntax/printer.go, ShortForm: bodies and
// elements are "…"), and a dump of the whole tree for those who look for a bug.
#include "syntax/parse.h"

static void expr(Buf *b, const Expr *e);

static void exprs(Buf *b, ExprVec v)
{
	for (u32 i = 0; i < v.n; i++) {
		if (i)
			buf_c(b, ", ");
		expr(b, v.p[i]);
	}
}

// Parameters in parentheses; names that share a type stand together.
static void params(Buf *b, FieldVec v)
{
	buf_c(b, "(");
	for (u32 i = 0; i < v.n; i++) {
		if (i)
			buf_c(b, ", ");
		if (v.p[i]->name) {
			expr(b, v.p[i]->name);
			if (i + 1 < v.n && v.p[i + 1]->name && v.p[i + 1]->type == v.p[i]->type)
				continue;
			buf_c(b, " ");
		}
		expr(b, v.p[i]->type);
	}
	buf_c(b, ")");
}

static void signature(Buf *b, const Expr *e)
{
	if (e->kind != E_FUNCTYPE)
		return;
	params(b, e->func.params);
	FieldVec r = e->func.results;
	if (r.n == 0)
		return;
	buf_c(b, " ");
	if (r.n == 1 && !r.p[0]->name)
		expr(b, r.p[0]->type);
	else
		params(b, r);
}

static void struct_fields(Buf *b, const Expr *e)
{
	FieldVec v = e->structt.fields;
	for (u32 i = 0; i < v.n; i++) {
		Field *f = v.p[i];
		if (i)
			buf_c(b, f->name && f->shared_type ? ", " : "; ");
		if (f->name) {
			expr(b, f->name);
			if (i + 1 < v.n && v.p[i + 1]->name && v.p[i + 1]->shared_type)
				continue;
			buf_c(b, " ");
		}
		expr(b, f->type);
		if (i < e->structt.tags.n && e->structt.tags.p[i]) {
			buf_c(b, " ");
			expr(b, e->structt.tags.p[i]);
		}
	}
}

static void channel(Buf *b, const Expr *e)
{
	const Expr *elem = e->chan.elem;
	bool paren = e->chan.dir == CHAN_BOTH && elem->kind == E_CHANTYPE && elem->chan.dir == CHAN_RECV;
	buf_c(b, e->chan.dir == CHAN_RECV ? "<-chan " : e->chan.dir == CHAN_SEND ? "chan<- " : "chan ");
	buf_c(b, paren ? "(" : "");
	expr(b, elem);
	buf_c(b, paren ? ")" : "");
}

#define LONGEST ((size_t)1 << 20) // of a text for a message; nobody reads more

static void expr(Buf *b, const Expr *e)
{
	if (!e || b->n > LONGEST)
		return;
	switch (e->kind) {
	case E_BAD: buf_c(b, "<bad expr>"); break;
	case E_NAME: buf_str(b, name_str(e->name.name)); break;
	case E_LIT: buf_str(b, e->lit.text); break;
	case E_COMPOSITE:
		expr(b, e->complit.type);
		buf_c(b, e->complit.elems.n ? "{…}" : "{}");
		break;
	case E_KEYVALUE: expr(b, e->kv.key), buf_c(b, ": "), expr(b, e->kv.val); break;
	case E_FUNCLIT:
		expr(b, e->funclit.type);
		buf_c(b, e->funclit.body && e->funclit.body->block->list.n ? " {…}" : " {}");
		break;
	case E_PAREN: buf_c(b, "("), expr(b, e->x), buf_c(b, ")"); break;
	case E_SELECTOR: expr(b, e->sel.x), buf_c(b, "."), expr(b, e->sel.sel); break;
	case E_INDEX: expr(b, e->index.x), buf_c(b, "["), expr(b, e->index.i), buf_c(b, "]"); break;
	case E_SLICE:
		expr(b, e->slice.x), buf_c(b, "["), expr(b, e->slice.lo), buf_c(b, ":"), expr(b, e->slice.hi);
		if (e->slice.max)
			buf_c(b, ":"), expr(b, e->slice.max);
		buf_c(b, "]");
		break;
	case E_ASSERT: expr(b, e->assert.x), buf_c(b, ".("), expr(b, e->assert.type), buf_c(b, ")"); break;
	case E_TYPESWITCH:
		if (e->guard.lhs)
			expr(b, e->guard.lhs), buf_c(b, " := ");
		expr(b, e->guard.x), buf_c(b, ".(type)");
		break;
	case E_UNARY: buf_c(b, op_str(e->op)), expr(b, e->unary.x); break;
	case E_BINARY: expr(b, e->binary.x), buf_printf(b, " %s ", op_str(e->op)), expr(b, e->binary.y); break;
	case E_CALL:
		expr(b, e->call.fun), buf_c(b, "("), exprs(b, e->call.args), buf_c(b, e->call.dots ? "...)" : ")");
		break;
	case E_LIST: exprs(b, e->list.v); break;
	case E_ARRAYTYPE:
		buf_c(b, "[");
		if (e->array.len)
			expr(b, e->array.len);
		else
			buf_c(b, "...");
		buf_c(b, "]"), expr(b, e->array.elem);
		break;
	case E_SLICETYPE: buf_c(b, "[]"), expr(b, e->x); break;
	case E_DOTSTYPE: buf_c(b, "..."), expr(b, e->x); break;
	case E_STRUCTTYPE: buf_c(b, "struct{"), struct_fields(b, e), buf_c(b, "}"); break;
	case E_FUNCTYPE: buf_c(b, "func"), signature(b, e); break;
	case E_INTERFACETYPE:
		buf_c(b, "interface{");
		for (u32 i = 0; i < e->iface.methods.n; i++) {
			Field *f = e->iface.methods.p[i];
			buf_c(b, i ? "; " : "");
			if (f->name)
				expr(b, f->name), signature(b, f->type);
			else
				expr(b, f->type);
		}
		buf_c(b, "}");
		break;
	case E_MAPTYPE: buf_c(b, "map["), expr(b, e->map.key), buf_c(b, "]"), expr(b, e->map.val); break;
	case E_CHANTYPE: channel(b, e); break;
	}
}

Str expr_str(Arena *a, const Expr *e)
{
	Buf b = {0};
	expr(&b, e);
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

// ---- the dump -----------------------------------------------------------------------------------

// One line a declaration or statement, indented by depth, with its position and the expressions in it.
typedef struct Dump { Buf b; u32 depth; } Dump;

static void line(Dump *d, Pos pos, const char *what)
{
	buf_printf(&d->b, "%*s%s @%u:%u", (int)d->depth * 2, "", what, pos_line(pos), pos_col(pos));
}

static void item(Dump *d, const char *name, const Expr *e)
{
	if (!e)
		return;
	buf_printf(&d->b, " %s=", name);
	size_t n = d->b.n;
	expr(&d->b, e);
	for (; n < d->b.n; n++)
		if (d->b.p[n] == '\n')
			d->b.p[n] = ' ';
}

static void nl(Dump *d) { buf_c(&d->b, "\n"); }

static void dump_stmt(Dump *d, const Stmt *s);
static void dump_decl(Dump *d, const Decl *x);

static void dump_list(Dump *d, StmtVec v)
{
	d->depth++;
	for (u32 i = 0; i < v.n; i++)
		dump_stmt(d, v.p[i]);
	d->depth--;
}

static void dump_part(Dump *d, const Stmt *s)
{
	if (s)
		dump_list(d, (StmtVec){(Stmt **)&s, 1, 1});
}

static void dump_clauses(Dump *d, ClauseVec v)
{
	d->depth++;
	for (u32 i = 0; i < v.n; i++) {
		line(d, v.p[i]->pos, v.p[i]->cases || v.p[i]->comm ? "case" : "default");
		item(d, "cases", v.p[i]->cases);
		nl(d);
		dump_part(d, v.p[i]->comm);
		dump_list(d, v.p[i]->body);
	}
	d->depth--;
}

static void dump_stmt(Dump *d, const Stmt *s)
{
	static const char *const names[] = {"bad", "empty", "label", "block", "expr", "send", "decl", "assign", "branch", "call",
		"return", "if", "for", "range", "switch", "typeswitch", "select"};
	line(d, s->pos, names[s->kind]);
	switch (s->kind) {
	case ST_LABELED: item(d, "label", s->labeled.label), nl(d), dump_part(d, s->labeled.stmt); return;
	case ST_BLOCK: nl(d), dump_list(d, s->block->list); return;
	case ST_EXPR: item(d, "x", s->x); break;
	case ST_SEND: item(d, "chan", s->send.chan), item(d, "val", s->send.val); break;
	case ST_DECL:
		nl(d);
		d->depth++;
		for (u32 i = 0; i < s->decls.n; i++)
			dump_decl(d, s->decls.p[i]);
		d->depth--;
		return;
	case ST_ASSIGN:
		buf_printf(&d->b, " op=%s%s", op_str(s->op), s->assign.incdec ? op_str(s->op) : "=");
		item(d, "lhs", s->assign.lhs), item(d, "rhs", s->assign.rhs);
		break;
	case ST_BRANCH:
		buf_printf(&d->b, " %s", token_str(s->branch.tok));
		item(d, "label", s->branch.label);
		if (s->branch.target)
			buf_printf(&d->b, " -> @%u:%u", pos_line(s->branch.target->pos), pos_col(s->branch.target->pos));
		break;
	case ST_CALL: buf_printf(&d->b, " %s", token_str(s->call.tok)), item(d, "call", s->call.call); break;
	case ST_RETURN: item(d, "results", s->ret.results); break;
	case ST_IF:
		item(d, "cond", s->if_.cond), nl(d), dump_part(d, s->if_.init), dump_list(d, s->if_.then->list);
		dump_part(d, s->if_.els);
		return;
	case ST_FOR:
		item(d, "cond", s->for_.cond), nl(d), dump_part(d, s->for_.init), dump_part(d, s->for_.post);
		dump_list(d, s->for_.body->list);
		return;
	case ST_RANGE:
		item(d, "lhs", s->range.lhs), item(d, s->range.def ? "def" : "x", s->range.x), nl(d);
		dump_list(d, s->range.body->list);
		return;
	case ST_SWITCH: case ST_TYPESWITCH:
		item(d, "tag", s->switch_.tag), nl(d), dump_part(d, s->switch_.init), dump_clauses(d, s->switch_.clauses);
		return;
	case ST_SELECT: nl(d), dump_clauses(d, s->select.clauses); return;
	}
	nl(d);
}

static void dump_decl(Dump *d, const Decl *x)
{
	static const char *const names[] = {"import", "const", "type", "var", "func"};
	line(d, x->pos, names[x->kind]);
	if (x->pragma)
		buf_printf(&d->b, " pragma=%#x", x->pragma);
	switch (x->kind) {
	case D_IMPORT: item(d, "local", x->import.local), item(d, "path", x->import.path); break;
	case D_CONST: case D_VAR:
		buf_c(&d->b, " names=");
		exprs(&d->b, x->val.names);
		item(d, "type", x->val.type), item(d, "values", x->val.values);
		break;
	case D_TYPE:
		item(d, "name", x->type.name);
		if (x->type.tparams.n)
			buf_c(&d->b, " tparams="), params(&d->b, x->type.tparams);
		item(d, x->type.alias ? "alias" : "type", x->type.type);
		break;
	case D_FUNC:
		if (x->func.recv)
			item(d, "recv", x->func.recv->type);
		item(d, "name", x->func.name);
		if (x->func.tparams.n)
			buf_c(&d->b, " tparams="), params(&d->b, x->func.tparams);
		item(d, "type", x->func.type);
		nl(d);
		if (x->func.body)
			dump_list(d, x->func.body->block->list);
		return;
	}
	nl(d);
}

void syntax_dump(FILE *out, const SyntaxFile *f)
{
	Dump d = {0};
	if (f->package_name)
		line(&d, f->package_pos, "package"), item(&d, "name", f->package_name), nl(&d);
	for (u32 i = 0; i < f->decls.n; i++)
		dump_decl(&d, f->decls.p[i]);
	if (d.b.n)
		fwrite(d.b.p, 1, d.b.n, out);
	buf_free(&d.b);
}
