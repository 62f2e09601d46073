// positions.c: prints kind, position and extent of every node of Go files, and the text of expressions as
// messages show it, one a line: to be sorted and compared with the same from another parser.
//   positions FILE|@LIST ...
#include "syntax/syntax.h"

static Arena *scratch;
static Str file_name;

static void expr(const Expr *e);
static void stmt(const Stmt *s);
static void decl(const Decl *d);
static void block(const Block *b);

static void put(Pos pos, const char *kind)
{
	printf(STR_FMT ":%06u:%04u %s", STR_ARG(file_name), pos_line(pos), pos_col(pos), kind);
}

static void fields(FieldVec v)
{
	for (u32 i = 0; i < v.n; i++) {
		expr(v.p[i]->name);
		expr(v.p[i]->type);
	}
}

static void exprs(ExprVec v)
{
	for (u32 i = 0; i < v.n; i++)
		expr(v.p[i]);
}

static void expr(const Expr *e)
{
	static const char *const kinds[] = {"BadExpr", "Name", "BasicLit", "CompositeLit", "KeyValueExpr", "FuncLit", "ParenExpr",
		"SelectorExpr", "IndexExpr", "SliceExpr", "AssertExpr", "TypeSwitchGuard", "Operation", "Operation", "CallExpr",
		"ListExpr", "ArrayType", "SliceType", "DotsType", "StructType", "InterfaceType", "FuncType", "MapType", "ChanType"};
	if (!e || e->implicit)
		return;
	put(e->pos, kinds[e->kind]);
	if (e->kind != E_LIST && e->kind != E_KEYVALUE) {
		Pos st = expr_start(e), en = expr_end(e);
		printf(" %u:%u-%u:%u ", pos_line(st), pos_col(st), pos_line(en), pos_col(en));
		Str s = expr_str(scratch, e);
		for (u32 i = 0; i < s.n; i++)
			if (s.p[i] == '\n')
				fputs("\\n", stdout);
			else
				putchar(s.p[i]);
	}
	putchar('\n');
	switch (e->kind) {
	case E_COMPOSITE: expr(e->complit.type), exprs(e->complit.elems); break;
	case E_KEYVALUE: expr(e->kv.key), expr(e->kv.val); break;
	case E_FUNCLIT: expr(e->funclit.type), block(e->funclit.body->block); break;
	case E_PAREN: case E_SLICETYPE: case E_DOTSTYPE: expr(e->x); break;
	case E_SELECTOR: expr(e->sel.x), expr(e->sel.sel); break;
	case E_INDEX: expr(e->index.x), expr(e->index.i); break;
	case E_SLICE: expr(e->slice.x), expr(e->slice.lo), expr(e->slice.hi), expr(e->slice.max); break;
	case E_ASSERT: expr(e->assert.x), expr(e->assert.type); break;
	case E_TYPESWITCH: expr(e->guard.lhs), expr(e->guard.x); break;
	case E_UNARY: expr(e->unary.x); break;
	case E_BINARY: expr(e->binary.x), expr(e->binary.y); break;
	case E_CALL: expr(e->call.fun), exprs(e->call.args); break;
	case E_LIST: exprs(e->list.v); break;
	case E_ARRAYTYPE: expr(e->array.len), expr(e->array.elem); break;
	case E_STRUCTTYPE:
		fields(e->structt.fields);
		for (u32 i = 0; i < e->structt.tags.n; i++)
			expr(e->structt.tags.p[i]);
		break;
	case E_INTERFACETYPE: fields(e->iface.methods); break;
	case E_FUNCTYPE: fields(e->func.params), fields(e->func.results); break;
	case E_MAPTYPE: expr(e->map.key), expr(e->map.val); break;
	case E_CHANTYPE: expr(e->chan.elem); break;
	}
}

static void stmts(StmtVec v)
{
	for (u32 i = 0; i < v.n; i++)
		stmt(v.p[i]);
}

static void block(const Block *b)
{
	put(b->pos, "BlockStmt\n");
	stmts(b->list);
}

static void clauses(ClauseVec v)
{
	for (u32 i = 0; i < v.n; i++) {
		expr(v.p[i]->cases);
		stmt(v.p[i]->comm);
		stmts(v.p[i]->body);
	}
}

static void stmt(const Stmt *s)
{
	static const char *const kinds[] = {"Bad", "EmptyStmt", "LabeledStmt", NULL, "ExprStmt", "SendStmt", "DeclStmt",
		"AssignStmt", "BranchStmt", "CallStmt", "ReturnStmt", "IfStmt", "ForStmt", "ForStmt", "SwitchStmt", "SwitchStmt",
		"SelectStmt"};
	if (!s)
		return;
	if (kinds[s->kind])
		put(s->pos, kinds[s->kind]), putchar('\n');
	switch (s->kind) {
	case ST_LABELED: expr(s->labeled.label), stmt(s->labeled.stmt); break;
	case ST_BLOCK: block(s->block); break;
	case ST_EXPR: expr(s->x); break;
	case ST_SEND: expr(s->send.chan), expr(s->send.val); break;
	case ST_DECL:
		for (u32 i = 0; i < s->decls.n; i++)
			decl(s->decls.p[i]);
		break;
	case ST_ASSIGN: expr(s->assign.lhs), expr(s->assign.rhs); break;
	case ST_BRANCH: expr(s->branch.label); break;
	case ST_CALL: expr(s->call.call); break;
	case ST_RETURN: expr(s->ret.results); break;
	case ST_IF: stmt(s->if_.init), expr(s->if_.cond), block(s->if_.then), stmt(s->if_.els); break;
	case ST_FOR: stmt(s->for_.init), expr(s->for_.cond), stmt(s->for_.post), block(s->for_.body); break;
	case ST_RANGE: expr(s->range.lhs), expr(s->range.x), block(s->range.body); break;
	case ST_SWITCH: case ST_TYPESWITCH: stmt(s->switch_.init), expr(s->switch_.tag), clauses(s->switch_.clauses); break;
	case ST_SELECT: clauses(s->select.clauses); break;
	}
}

static void decl(const Decl *d)
{
	static const char *const kinds[] = {"ImportDecl\n", "ConstDecl\n", "TypeDecl\n", "VarDecl\n", "FuncDecl\n"};
	put(d->pos, kinds[d->kind]);
	switch (d->kind) {
	case D_IMPORT: expr(d->import.local), expr(d->import.path); break;
	case D_CONST: case D_VAR:
		exprs(d->val.names);
		if (!d->inherited)
			expr(d->val.type), expr(d->val.values);
		break;
	case D_TYPE: expr(d->type.name), fields(d->type.tparams), expr(d->type.type); break;
	case D_FUNC:
		if (d->func.recv)
			expr(d->func.recv->name), expr(d->func.recv->type);
		expr(d->func.name), fields(d->func.tparams), expr(d->func.type);
		if (d->func.body)
			block(d->func.body->block);
		break;
	}
}

static void one(Str path)
{
	Arena *a = arena_new();
	scratch = arena_new();
	Str text;
	if (!failed(file_map(a, path, &text))) {
		Diags *d = diags_new(a);
		SyntaxFile *f = syntax_parse(a, source_add(path, path), text, &(ParseOptions){.check_branches = true, .std = true, .runtime = true}, d);
		file_name = path;
		if (!f->failed && f->package_name) {
			expr(f->package_name);
			for (u32 i = 0; i < f->decls.n; i++)
				decl(f->decls.p[i]);
		}
		file_unmap(text);
	}
	arena_free(scratch);
	arena_free(a);
}

typedef struct Args { int argc; char **argv; } Args;

static void run(void *arg)
{
	Args *args = arg;
	Arena *a = arena_new();
	for (int i = 1; i < args->argc; i++) {
		Str s = str(args->argv[i]), list;
		if (s.p[0] != '@' || failed(file_map(a, str_from(s, 1), &list))) {
			one(s);
			continue;
		}
		while (list.n) {
			int nl = str_index(list, '\n');
			u32 n = nl < 0 ? list.n : (u32)nl;
			one(str_sub(list, 0, n));
			list = str_from(list, MIN(n + 1, list.n));
		}
	}
}

int main(int argc, char **argv)
{
	Args args = {argc, argv};
	run_on_deep_stack(run, &args);
	return 0;
}
