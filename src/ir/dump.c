// dump.c: an ir function as text, for -d=ir and for finding bugs: one node a line, indented by depth.
#include "ir/build.h"

typedef struct Dump { FILE *out; Arena *a; int depth; } Dump;

static void dump_node(Dump *d, IrNode *n, const char *role);

static void dump_list(Dump *d, IrList l, const char *role)
{
	for (u32 i = 0; i < l.n; i++)
		dump_node(d, l.p[i], role);
}

static void dump_var(Dump *d, IrVar *v)
{
	static const char cls[] = "lprc";
	fprintf(d->out, "%c%u", cls[v->cls], v->index);
	if (v->name)
		fprintf(d->out, ":%s", name_str(v->name).p);
	if (v->heap)
		fputs(" heap", d->out);
	if (v->by_ref)
		fputs(" ref", d->out);
	if (v->addr_taken)
		fputs(" addr", d->out);
}

static void dump_node(Dump *d, IrNode *n, const char *role)
{
	for (int i = 0; i < d->depth; i++)
		fputs("  ", d->out);
	if (role)
		fprintf(d->out, "%s: ", role);
	if (!n) {
		fputs("nil\n", d->out);
		return;
	}
	fputs(ir_op_name(n->op), d->out);
	if (n->sub)
		fprintf(d->out, " %s", op_str(n->sub));
	switch (n->op) {
	case IR_CONST: {
		Str s = const_exact_str(d->a, n->val);
		fprintf(d->out, " %.*s", (int)MIN(s.n, 60u), s.p);
		break;
	}
	case IR_VAR: fputc(' ', d->out); dump_var(d, n->var); break;
	case IR_GLOBAL: fprintf(d->out, " " STR_FMT, STR_ARG(n->global->sym)); break;
	case IR_FUNC: case IR_CLOSURE: case IR_CALL: case IR_FUNCPC:
		fprintf(d->out, " " STR_FMT, STR_ARG(n->func->sym));
		break;
	case IR_FIELD: fprintf(d->out, " %u", n->index); break;
	case IR_CALLINTER: fprintf(d->out, " method %d", (int)n->imm); break;
	case IR_SLICELIT: fprintf(d->out, " len %d", (int)n->imm2); break;
	case IR_DECL: fputc(' ', d->out); dump_var(d, n->var); break;
	case IR_CASE: if (n->var) { fputc(' ', d->out); dump_var(d, n->var); } break;
	case IR_LABEL: case IR_GOTO: fprintf(d->out, " L%u", n->label->id); break;
	case IR_BREAK: case IR_CONTINUE: fprintf(d->out, " %p", (void *)n->target); break;
	case IR_FOR: case IR_RANGEMAP: case IR_SWITCH: case IR_TYPESWITCH: case IR_SELECT: case IR_BLOCK:
		fprintf(d->out, " [%p]", (void *)n);
		break;
	default: break;
	}
	if (n->type) {
		Str s = type_str(d->a, n->type, NULL);
		fprintf(d->out, " <" STR_FMT ">", STR_ARG(s));
	}
	static const struct { u16 f; const char *s; } flags[] = {
		{IRF_BOUNDED, " bounded"}, {IRF_NONNIL, " nonnil"}, {IRF_TMP, " tmp"}, {IRF_DOTS, " dots"}, {IRF_DEFAULT, " default"},
		{IRF_DEF, " def"}, {IRF_LIKELY, " likely"}, {IRF_NOWB, " nowb"},
	};
	for (u32 i = 0; i < LENGTH(flags); i++)
		if (n->flags & flags[i].f)
			fputs(flags[i].s, d->out);
	if (n->esc_none)
		fputs(" stack", d->out);
	if (n->inl)
		fprintf(d->out, " inl%u", n->inl);
	fprintf(d->out, " :%u\n", pos_line(n->pos));
	d->depth++;
	if (n->a)
		dump_node(d, n->a, "a");
	if (n->b)
		dump_node(d, n->b, "b");
	if (n->c)
		dump_node(d, n->c, "c");
	dump_list(d, n->list, "list");
	dump_list(d, n->body, n->op == IR_ASSIGNLIST ? "src" : "body");
	d->depth--;
}

void ir_dump(FILE *out, IrFunc *f)
{
	Dump d = {out, arena_new(), 1};
	fprintf(out, "func " STR_FMT "\n", STR_ARG(f->sym));
	for (u32 i = 0; i < f->vars.n; i++) {
		IrVar *v = f->vars.p[i];
		Str s = type_str(d.a, v->type, NULL);
		fputs("  var ", out);
		dump_var(&d, v);
		fprintf(out, " <" STR_FMT ">\n", STR_ARG(s));
	}
	dump_list(&d, f->body, NULL);
	for (u32 i = 0; i < f->closures.n; i++)
		ir_dump(out, f->closures.p[i]);
	arena_free(d.a);
}
