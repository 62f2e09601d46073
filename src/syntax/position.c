// position.c: where an expression begins and, approximately, ends in the source. gc's scopes and messages are
// tied to these (cmd/compile/internal/syntax/positions.go).
#include "syntax/parse.h"

Pos expr_start(const Expr *e)
{
	for (;;) {
		const Expr *in = NULL;
		switch (e->kind) {
		case E_COMPOSITE: in = e->complit.type; break;
		case E_KEYVALUE: in = e->kv.key; break;
		case E_SELECTOR: in = e->sel.x; break;
		case E_INDEX: in = e->index.x; break;
		case E_ASSERT: in = e->assert.x; break;
		case E_TYPESWITCH: in = e->guard.lhs ? e->guard.lhs : e->guard.x; break;
		case E_BINARY: in = e->binary.x; break;
		case E_CALL: in = e->call.fun; break;
		case E_LIST: in = e->list.v.n ? e->list.v.p[0] : NULL; break;
		}
		if (!in)
			return e->pos;
		e = in;
	}
}

static const Expr *last(ExprVec v)
{
	return v.n ? vec_last(&v) : NULL;
}

static const Expr *last_field(FieldVec v)
{
	return v.n ? (vec_last(&v)->type ? vec_last(&v)->type : vec_last(&v)->name) : NULL;
}

// Columns count bytes, so a length is a distance unless the text spans lines; then gc is approximate, too.
static Pos behind(const Expr *e, u32 n)
{
	return pos_make(pos_file(e->pos), pos_line(e->pos), pos_col(e->pos) + n);
}

Pos expr_end(const Expr *e)
{
	for (;;) {
		const Expr *in = NULL;
		switch (e->kind) {
		case E_NAME: return behind(e, name_str(e->name.name).n);
		case E_LIT: return behind(e, e->lit.text.n);
		case E_COMPOSITE: return e->complit.rbrace;
		case E_KEYVALUE: in = e->kv.val; break;
		case E_FUNCLIT: return e->funclit.body ? e->funclit.body->block->rbrace : e->pos;
		case E_PAREN: in = e->x; break;
		case E_SELECTOR: in = e->sel.sel; break;
		case E_INDEX: in = e->index.i; break;
		case E_SLICE: in = e->slice.x; break; // as gc has it, whatever the indices
		case E_ASSERT: in = e->assert.type; break;
		case E_TYPESWITCH: in = e->guard.x; break;
		case E_UNARY: in = e->unary.x; break;
		case E_BINARY: in = e->binary.y; break;
		case E_CALL: in = e->call.args.n ? last(e->call.args) : e->call.fun; break;
		case E_LIST: in = last(e->list.v); break;
		case E_ARRAYTYPE: in = e->array.elem; break;
		case E_SLICETYPE: case E_DOTSTYPE: in = e->x; break;
		case E_STRUCTTYPE: in = last_field(e->structt.fields); break;
		case E_INTERFACETYPE: in = last_field(e->iface.methods); break;
		case E_FUNCTYPE:
			in = last_field(e->func.results.n ? e->func.results : e->func.params);
			break;
		case E_MAPTYPE: in = e->map.val; break;
		case E_CHANTYPE: in = e->chan.elem; break;
		}
		if (!in)
			return e->pos;
		e = in;
	}
}
