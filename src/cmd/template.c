// template.c: Go's text/template over Values: parsing into a tree of nodes, and running it. Reference: the package
// documentation of text/template; messages as there.
#include "cmd/value.h"

#include <ctype.h>
#include <stdlib.h>

typedef enum NodeKind { N_TEXT, N_ACTION, N_IF, N_RANGE, N_WITH, N_TEMPLATE, N_BREAK, N_CONTINUE } NodeKind;

typedef enum TermKind { TM_DOT, TM_NIL, TM_BOOL, TM_NUMBER, TM_STRING, TM_FIELD, TM_VAR, TM_FUNC, TM_PAREN } TermKind;

typedef struct Pipe Pipe;
typedef struct Term {
	u8 kind;
	Value *lit;
	Str name;               // of a function or variable
	StrVec fields;          // .A.B behind it
	Pipe *pipe;             // TM_PAREN
	u32 at;                 // offset in the text
} Term;
typedef struct Command { Term *p; u32 n, cap; } Command; // the first may be a function; the others are its arguments
struct Pipe {
	StrVec vars;            // $x := or $i, $x :=
	bool assign;            // = instead of :=
	VEC(Command) cmds;
};
typedef struct Node Node;
typedef VEC(Node *) NodeVec;
struct Node { u8 kind; Str text; Pipe *pipe; NodeVec body, other; Str name; };

struct Template {
	Arena *a;
	Str name, text;
	TemplateFuncs funcs;
	NodeVec body;
	StrMap defs;            // {{define}}: name -> NodeVec *
};

// ---- parsing ------------------------------------------------------------------------------------

typedef struct Parser {
	Template *t;
	Arena *a;
	u32 at;
	Str err;
	u32 depth;
} Parser;

static u32 line_of(Template *t, u32 at)
{
	u32 line = 1;
	for (u32 i = 0; i < at && i < t->text.n; i++)
		line += t->text.p[i] == '\n';
	return line;
}

static void parse_error(Parser *p, const char *fmt, Str arg)
{
	if (p->err.n)
		return;
	Str what = str_fmt(p->a, fmt, STR_ARG(arg));
	p->err = str_fmt(p->a, "template: " STR_FMT ":%u: " STR_FMT, STR_ARG(p->t->name), line_of(p->t, p->at), STR_ARG(what));
}

static char peek(Parser *p) { return p->at < p->t->text.n ? p->t->text.p[p->at] : 0; }

static bool looking_at(Parser *p, const char *s)
{
	return str_has_prefix(str_from(p->t->text, p->at), s);
}

static void blanks(Parser *p)
{
	while (p->at < p->t->text.n && isspace((u8)peek(p)))
		p->at++;
}

// At the end of an action: "}}" or " -}}".
static bool at_close(Parser *p)
{
	blanks(p);
	return looking_at(p, "}}") || (looking_at(p, "-}}") && p->at > 0 && isspace((u8)p->t->text.p[p->at - 1]));
}

static void close_action(Parser *p)
{
	if (!at_close(p)) {
		parse_error(p, "unexpected " STR_FMT " in command", p->at < p->t->text.n ? str_sub(p->t->text, p->at, p->at + 1) : S("EOF"));
		return;
	}
	if (looking_at(p, "-}}")) {
		p->at += 3;
		blanks(p);
	} else {
		p->at += 2;
	}
}

static Str word(Parser *p)
{
	u32 start = p->at;
	while (isalnum((u8)peek(p)) || peek(p) == '_' || (u8)peek(p) >= 0x80)
		p->at++;
	return str_sub(p->t->text, start, p->at);
}

static bool unquote(Parser *p, Str *out)
{
	char q = peek(p);
	u32 start = ++p->at;
	Buf b = {0};
	while (p->at < p->t->text.n && peek(p) != q) {
		char c = peek(p);
		p->at++;
		if (c != '\\' || q == '`') {
			buf_u8(&b, (u8)c);
			continue;
		}
		static const char from[] = "abfnrtv\\\"'", to[] = "\a\b\f\n\r\t\v\\\"'";
		c = peek(p);
		p->at++;
		const char *k = c ? strchr(from, c) : NULL;
		char rune[4];
		if (k) {
			buf_u8(&b, (u8)to[k - from]);
		} else if (c == 'u' || c == 'x' || c == 'U') {
			u32 digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
			char num[9] = {0};
			for (u32 i = 0; i < digits && p->at < p->t->text.n; i++)
				num[i] = p->t->text.p[p->at++];
			u32 r = (u32)strtoul(num, NULL, 16);
			if (c == 'x')
				buf_u8(&b, (u8)r);
			else
				buf_bytes(&b, rune, utf8_encode(rune, r));
		}
	}
	if (p->at >= p->t->text.n) {
		p->at = start;
		parse_error(p, "unterminated quoted string" STR_FMT, S(""));
		return false;
	}
	p->at++;
	*out = str_dup(p->a, buf_view(&b));
	buf_free(&b);
	return true;
}

static Pipe *parse_pipe(Parser *p, const char *context);

static void parse_fields(Parser *p, Term *t)
{
	while (peek(p) == '.') {
		p->at++;
		Str w = word(p);
		if (!w.n) {
			parse_error(p, "unexpected . after term" STR_FMT, S(""));
			return;
		}
		vec_push(p->a, &t->fields, w);
	}
}

static bool is_builtin_func(Str s);

static bool parse_term(Parser *p, Term *t)
{
	*t = (Term){.at = p->at};
	char c = peek(p);
	if (c == '.') {
		t->kind = TM_FIELD;
		if (p->at + 1 < p->t->text.n && (isalpha((u8)p->t->text.p[p->at + 1]) || p->t->text.p[p->at + 1] == '_')) {
			parse_fields(p, t);
		} else {
			p->at++;
			t->kind = TM_DOT;
		}
		return !p->err.n;
	}
	if (c == '$') {
		p->at++;
		t->kind = TM_VAR;
		t->name = word(p);
		parse_fields(p, t);
		return !p->err.n;
	}
	if (c == '"' || c == '`') {
		Str s;
		t->kind = TM_STRING;
		if (!unquote(p, &s))
			return false;
		t->lit = value_str(p->a, s);
		return true;
	}
	if (c == '\'') {
		Str s;
		t->kind = TM_NUMBER;
		if (!unquote(p, &s) || !s.n)
			return false;
		u32 w;
		t->lit = value_int(p->a, utf8_decode(s.p, s.n, &w));
		return true;
	}
	if (c == '(') {
		p->at++;
		t->kind = TM_PAREN;
		if (++p->depth > 200) {
			parse_error(p, "max expression depth exceeded" STR_FMT, S(""));
			return false;
		}
		t->pipe = parse_pipe(p, "parenthesized pipeline");
		p->depth--;
		blanks(p);
		if (peek(p) != ')') {
			parse_error(p, "unclosed left paren" STR_FMT, S(""));
			return false;
		}
		p->at++;
		parse_fields(p, t);
		return !p->err.n;
	}
	if (isdigit((u8)c) || ((c == '-' || c == '+') && isdigit((u8)p->t->text.p[p->at + 1]))) {
		char *end;
		t->kind = TM_NUMBER;
		t->lit = value_int(p->a, strtoll(p->t->text.p + p->at, &end, 0));
		p->at = (u32)(end - p->t->text.p);
		return true;
	}
	Str w = word(p);
	if (!w.n && p->at >= p->t->text.n) {
		parse_error(p, "unclosed action" STR_FMT, S(""));
		return false;
	}
	if (!w.n) {
		parse_error(p, "unexpected \"" STR_FMT "\" in operand", str_sub(p->t->text, p->at, MIN(p->at + 1, p->t->text.n)));
		return false;
	}
	if (str_is(w, "true") || str_is(w, "false")) {
		t->kind = TM_BOOL;
		t->lit = value_bool(p->a, str_is(w, "true"));
	} else if (str_is(w, "nil")) {
		t->kind = TM_NIL;
		t->lit = value_nil(p->a);
	} else {
		t->kind = TM_FUNC;
		t->name = w;
		Str err = S("");
		if (!is_builtin_func(w) && (!p->t->funcs.call || (!p->t->funcs.call(p->t->funcs.ctx, w, NULL, 0, &err) && !err.n)))
			parse_error(p, "function \"" STR_FMT "\" not defined", w);
		parse_fields(p, t);
	}
	return !p->err.n;
}

static Pipe *parse_pipe(Parser *p, const char *context)
{
	Pipe *pipe = NEW(p->a, Pipe);
	blanks(p);
	// Variables in front: $x := ..., $i, $x := ..., $x = ...
	u32 start = p->at;
	StrVec vars = {0};
	while (peek(p) == '$') {
		p->at++;
		Str name = word(p);
		vec_push(p->a, &vars, name);
		blanks(p);
		if (looking_at(p, ":=") || (peek(p) == '=' && !looking_at(p, "=="))) {
			pipe->assign = peek(p) == '=';
			p->at += pipe->assign ? 1 : 2;
			pipe->vars = vars;
			break;
		}
		if (peek(p) != ',' || strcmp(context, "range") || vars.n == 2)
			break;
		p->at++;
		blanks(p);
	}
	if (!pipe->vars.n)
		p->at = start;
	for (;;) {
		Command cmd = {0};
		for (;;) {
			blanks(p);
			if (at_close(p) || peek(p) == '|' || peek(p) == ')')
				break;
			Term t;
			if (!parse_term(p, &t))
				return pipe;
			vec_push(p->a, &cmd, t);
		}
		if (!cmd.n) {
			parse_error(p, "missing value for " STR_FMT, str(context));
			return pipe;
		}
		vec_push(p->a, &pipe->cmds, cmd);
		if (peek(p) != '|')
			return pipe;
		p->at++;
	}
}

static void add_text(Parser *p, NodeVec *out, Str text)
{
	if (!text.n)
		return;
	Node *n = NEW(p->a, Node);
	n->kind = N_TEXT;
	n->text = text;
	vec_push(p->a, out, n);
}

// Parses up to {{end}} or {{else}}, or the end of the text at the top. Returns the word that ended it.
static Str parse_list(Parser *p, NodeVec *out, bool top);

static void parse_branch(Parser *p, Node *n, const char *word_)
{
	n->pipe = parse_pipe(p, word_);
	close_action(p);
	Str end = parse_list(p, &n->body, false);
	if (!str_is(end, "else"))
		return;
	blanks(p);
	Str next = word(p);
	if (next.n) { // {{else if x}}: an if inside the else, that one {{end}} closes too
		Node *inner = NEW(p->a, Node);
		inner->kind = str_is(next, "with") ? N_WITH : N_IF;
		parse_branch(p, inner, inner->kind == N_WITH ? "with" : "if");
		vec_push(p->a, &n->other, inner);
		return;
	}
	close_action(p);
	parse_list(p, &n->other, false);
}

static Str parse_list(Parser *p, NodeVec *out, bool top)
{
	Str t = p->t->text;
	if (++p->depth > 500)
		parse_error(p, "template nested too deeply" STR_FMT, S(""));
	while (!p->err.n) {
		const char *open = p->at < t.n ? memmem(t.p + p->at, t.n - p->at, "{{", 2) : NULL;
		u32 stop = open ? (u32)(open - t.p) : t.n;
		bool trim = open && stop + 3 < t.n && t.p[stop + 2] == '-' && isspace((u8)t.p[stop + 3]);
		u32 end = stop;
		while (trim && end > p->at && isspace((u8)t.p[end - 1]))
			end--;
		add_text(p, out, str_sub(t, p->at, end));
		if (!open) {
			p->at = t.n;
			if (!top)
				parse_error(p, "unexpected EOF" STR_FMT, S(""));
			break;
		}
		p->at = stop + (trim ? 3 : 2);
		blanks(p);
		if (looking_at(p, "/*")) {
			const char *q = memmem(t.p + p->at, t.n - p->at, "*/", 2);
			if (!q) {
				parse_error(p, "unclosed comment" STR_FMT, S(""));
				break;
			}
			p->at = (u32)(q - t.p) + 2;
			close_action(p);
			continue;
		}
		u32 start = p->at;
		Str w = word(p);
		Node *n = NEW(p->a, Node);
		if (str_is(w, "end") || str_is(w, "else")) {
			if (top)
				parse_error(p, "unexpected {{" STR_FMT "}}", w);
			else if (str_is(w, "end"))
				close_action(p);
			p->depth--;
			return w;
		}
		if (str_is(w, "if") || str_is(w, "range") || str_is(w, "with")) {
			n->kind = str_is(w, "if") ? N_IF : str_is(w, "range") ? N_RANGE : N_WITH;
			parse_branch(p, n, n->kind == N_IF ? "if" : n->kind == N_RANGE ? "range" : "with");
		} else if (str_is(w, "break") || str_is(w, "continue")) {
			n->kind = str_is(w, "break") ? N_BREAK : N_CONTINUE;
			close_action(p);
		} else if (str_is(w, "define") || str_is(w, "template") || str_is(w, "block")) {
			blanks(p);
			if ((peek(p) != '"' && peek(p) != '`') || !unquote(p, &n->name)) {
				parse_error(p, "missing template name in " STR_FMT, w);
				break;
			}
			n->kind = N_TEMPLATE;
			if (!str_is(w, "define") && !at_close(p))
				n->pipe = parse_pipe(p, "template");
			close_action(p);
			if (!str_is(w, "template")) {
				NodeVec *body = NEW(p->a, NodeVec);
				parse_list(p, body, false);
				strmap_put(p->a, &p->t->defs, n->name, body);
			}
			if (str_is(w, "define"))
				continue;
		} else {
			p->at = start;
			n->kind = N_ACTION;
			n->pipe = parse_pipe(p, "command");
			if (!p->err.n)
				close_action(p);
		}
		vec_push(p->a, out, n);
	}
	p->depth--;
	return S("");
}

Template *template_parse(Arena *a, Str name, Str text, const TemplateFuncs *funcs, Str *err)
{
	Template *t = NEW(a, Template);
	*t = (Template){.a = a, .name = name, .text = str_dup(a, text)};
	if (funcs)
		t->funcs = *funcs;
	Parser p = {.t = t, .a = a};
	parse_list(&p, &t->body, true);
	*err = p.err;
	return p.err.n ? NULL : t;
}

// ---- running ------------------------------------------------------------------------------------

typedef struct Var { Str name; Value *val; } Var;
typedef struct Run { Template *t; Arena *a; Buf *out; Str err; VEC(Var) vars; u8 jump; u32 depth; } Run;
enum { JUMP_NONE, JUMP_BREAK, JUMP_CONTINUE };

static const char *type_name(const Value *v)
{
	static const char *const names[] = {"nil", "bool", "int", "string", "[]string", "struct", "map[string]string"};
	return v->type ? v->type : names[v->kind];
}

static Value *run_error(Run *r, u32 at, const char *fmt, Str x, const char *y)
{
	if (!r->err.n) {
		Str what = str_fmt(r->a, fmt, STR_ARG(x), y);
		u32 line = line_of(r->t, at), start = at;
		while (start && r->t->text.p[start - 1] != '\n')
			start--;
		u32 end = at;
		while (end < r->t->text.n && !isspace((u8)r->t->text.p[end]) && r->t->text.p[end] != '}' && r->t->text.p[end] != ')')
			end++;
		r->err = str_fmt(r->a, "template: " STR_FMT ":%u:%u: executing \"" STR_FMT "\" at <" STR_FMT ">: " STR_FMT, STR_ARG(r->t->name),
			line, at - start, STR_ARG(r->t->name), STR_ARG(str_sub(r->t->text, at, end)), STR_ARG(what));
	}
	return value_nil(r->a);
}

static void print_value(Run *r, Buf *out, const Value *v)
{
	switch (v->kind) {
	case V_NIL: buf_c(out, "<nil>"); break;
	case V_BOOL: buf_c(out, v->b ? "true" : "false"); break;
	case V_INT: buf_printf(out, "%lld", (long long)v->i); break;
	case V_STR: buf_str(out, v->s); break;
	case V_LIST:
		buf_c(out, "[");
		for (u32 i = 0; i < v->list.n; i++) {
			buf_c(out, i ? " " : "");
			print_value(r, out, v->list.p[i]);
		}
		buf_c(out, "]");
		break;
	case V_STRUCT:
		if (v->text.n) {
			buf_str(out, v->text);
			break;
		}
		buf_c(out, "{");
		for (u32 i = 0; i < v->fields.n; i++) {
			buf_c(out, i ? " " : "");
			print_value(r, out, v->fields.p[i].val);
		}
		buf_c(out, "}");
		break;
	default:
		buf_c(out, "map[");
		for (u32 i = 0; i < v->fields.n; i++) {
			buf_printf(out, "%s" STR_FMT ":", i ? " " : "", STR_ARG(v->fields.p[i].name));
			print_value(r, out, v->fields.p[i].val);
		}
		buf_c(out, "]");
	}
}

static Value *run_pipe(Run *r, Pipe *p, Value *dot);

static Value *fields_of(Run *r, Value *v, Term *t)
{
	for (u32 i = 0; i < t->fields.n && !r->err.n; i++) {
		if (v->kind == V_NIL)
			return run_error(r, t->at, "nil pointer evaluating " STR_FMT "%s", S(""), type_name(v));
		Value *f = value_field(v, t->fields.p[i]);
		if (!f && v->kind == V_MAP)
			f = value_nil(r->a);
		if (!f)
			return run_error(r, t->at, "can't evaluate field " STR_FMT " in type %s", t->fields.p[i], type_name(v));
		v = f;
	}
	return v;
}

static Value *call(Run *r, Term *f, Value **args, u32 n);

static Value *run_term(Run *r, Term *t, Value *dot)
{
	switch (t->kind) {
	case TM_DOT:
		return dot;
	case TM_FIELD:
		return fields_of(r, dot, t);
	case TM_VAR:
		for (u32 i = r->vars.n; i-- > 0;)
			if (str_eq(r->vars.p[i].name, t->name))
				return fields_of(r, r->vars.p[i].val, t);
		return run_error(r, t->at, "undefined variable: $" STR_FMT "%s", t->name, "");
	case TM_FUNC:
		return fields_of(r, call(r, t, NULL, 0), t);
	case TM_PAREN:
		return fields_of(r, run_pipe(r, t->pipe, dot), t);
	default:
		return t->lit;
	}
}

static Value *run_pipe(Run *r, Pipe *p, Value *dot)
{
	Value *last = NULL;
	for (u32 i = 0; i < p->cmds.n && !r->err.n; i++) {
		Command *c = &p->cmds.p[i];
		if (c->p[0].kind != TM_FUNC || c->p[0].fields.n) {
			if (c->n > 1 || last)
				return run_error(r, c->p[0].at, "can't give argument to non-function " STR_FMT "%s",
				                 str_sub(r->t->text, c->p[0].at, c->p[0].at + 1), "");
			last = run_term(r, &c->p[0], dot);
			continue;
		}
		Value **args = NEWN(r->a, Value *, c->n + 1);
		u32 n = 0;
		bool is_and = str_is(c->p[0].name, "and"), is_or = str_is(c->p[0].name, "or");
		bool stopped = false;
		for (u32 k = 1; k < c->n && !r->err.n && !stopped; k++) {
			args[n++] = run_term(r, &c->p[k], dot);
			// and, or: no argument behind the deciding one is evaluated
			stopped = (is_and && !value_truth(args[n - 1])) || (is_or && value_truth(args[n - 1]));
		}
		if (last && !stopped)
			args[n++] = last;
		if (!r->err.n)
			last = call(r, &c->p[0], args, n);
	}
	if (!last)
		last = value_nil(r->a);
	if (p->vars.n == 1 && !r->err.n) {
		if (!p->assign) {
			vec_push(r->a, &r->vars, (Var){p->vars.p[0], last});
		} else {
			for (u32 i = r->vars.n; i-- > 0;)
				if (str_eq(r->vars.p[i].name, p->vars.p[0])) {
					r->vars.p[i].val = last;
					break;
				}
		}
	}
	return last;
}

// ---- functions ----------------------------------------------------------------------------------

static int compare(Run *r, Term *f, const Value *x, const Value *y, bool *equal)
{
	if (x->kind != y->kind) {
		*equal = false;
		if (x->kind != V_NIL && y->kind != V_NIL)
			run_error(r, f->at, "error calling " STR_FMT ": %s", f->name, "incompatible types for comparison");
		return 0;
	}
	int c = 0;
	if (x->kind == V_STR)
		c = str_cmp(x->s, y->s);
	else if (x->kind == V_INT)
		c = (x->i > y->i) - (x->i < y->i);
	else if (x->kind == V_BOOL)
		c = x->b != y->b;
	else if (x->kind != V_NIL)
		run_error(r, f->at, "error calling " STR_FMT ": %s", f->name, "non-comparable type");
	*equal = c == 0;
	return c;
}

static void format(Run *r, Buf *out, Str fmt, Value **args, u32 n)
{
	u32 k = 0;
	for (u32 i = 0; i < fmt.n; i++) {
		if (fmt.p[i] != '%' || i + 1 == fmt.n) {
			buf_u8(out, (u8)fmt.p[i]);
			continue;
		}
		u32 start = i++;
		while (i < fmt.n && (isdigit((u8)fmt.p[i]) || strchr("-+# .", fmt.p[i])))
			i++;
		if (i == fmt.n) {
			buf_c(out, "%!(NOVERB)");
			break;
		}
		char verb = fmt.p[i];
		if (verb == '%') {
			buf_u8(out, '%');
			continue;
		}
		if (k == n) {
			buf_printf(out, "%%!%c(MISSING)", verb);
			continue;
		}
		Value *v = args[k++];
		Str spec = str_sub(fmt, start, i);
		Buf text = {0};
		if (verb == 'q' && (v->kind == V_STR || v->text.n))
			value_json(&text, v->kind == V_STR ? v : value_str(r->a, v->text), 0);
		else
			print_value(r, &text, v);
		if (v->kind == V_INT && strchr("dxXobc", verb)) {
			char c_fmt[32];
			snprintf(c_fmt, sizeof c_fmt, STR_FMT "ll%c", MIN((int)spec.n, 20), spec.p, verb == 'b' ? 'd' : verb);
			buf_printf(out, c_fmt, (long long)v->i);
		} else if (strchr("vsqdtT", verb)) {
			char c_fmt[32];
			bool plus = str_index(spec, '+') >= 0 || str_index(spec, '#') >= 0;
			snprintf(c_fmt, sizeof c_fmt, STR_FMT "s", plus ? 1 : MIN((int)spec.n, 20), plus ? "%" : spec.p);
			buf_u8(&text, 0);
			buf_printf(out, c_fmt, (char *)text.p);
		} else {
			buf_printf(out, "%%!%c(", verb);
			buf_str(out, buf_view(&text));
			buf_c(out, ")");
		}
		buf_free(&text);
	}
}

static Value *as_string(Run *r, Buf *b)
{
	Value *v = value_str(r->a, str_dup(r->a, buf_view(b)));
	buf_free(b);
	return v;
}

static Value *fn_and_or(Run *r, Term *f, Value **args, u32 n) { return args[n - 1]; }
static Value *fn_not(Run *r, Term *f, Value **args, u32 n) { return value_bool(r->a, !value_truth(args[0])); }

static Value *fn_eq(Run *r, Term *f, Value **args, u32 n)
{
	bool eq = false, ne = str_is(f->name, "ne");
	for (u32 i = 1; i < n && !eq; i++)
		compare(r, f, args[0], args[i], &eq);
	return value_bool(r->a, eq != ne);
}

static Value *fn_order(Run *r, Term *f, Value **args, u32 n)
{
	bool eq;
	int c = compare(r, f, args[0], args[1], &eq);
	bool lt = f->name.p[0] == 'l', or_eq = f->name.p[1] == 'e';
	return value_bool(r->a, (or_eq && eq) || (lt ? c < 0 : c > 0));
}

static Value *fn_len(Run *r, Term *f, Value **args, u32 n)
{
	Value *v = args[0];
	if (v->kind == V_STR)
		return value_int(r->a, v->s.n);
	if (v->kind == V_LIST)
		return value_int(r->a, v->list.n);
	if (v->kind == V_MAP)
		return value_int(r->a, v->fields.n);
	return run_error(r, f->at, "error calling " STR_FMT ": len of type %s", f->name, type_name(v));
}

static Value *fn_index(Run *r, Term *f, Value **args, u32 n)
{
	Value *v = args[0];
	for (u32 i = 1; i < n; i++) {
		if (v->kind == V_LIST && args[i]->kind == V_INT) {
			if (args[i]->i < 0 || args[i]->i >= v->list.n)
				return run_error(r, f->at, "error calling " STR_FMT ": index out of range%s", f->name, "");
			v = v->list.p[args[i]->i];
		} else if (v->kind == V_MAP && args[i]->kind == V_STR) {
			Value *e = value_field(v, args[i]->s);
			v = e ? e : value_str(r->a, S(""));
		} else {
			return run_error(r, f->at, "error calling " STR_FMT ": can't index item of type %s", f->name, type_name(v));
		}
	}
	return v;
}

static Value *fn_slice(Run *r, Term *f, Value **args, u32 n)
{
	Value *v = args[0];
	i64 len = v->kind == V_STR ? (i64)v->s.n : v->kind == V_LIST ? (i64)v->list.n : -1;
	i64 lo = n > 1 && args[1]->kind == V_INT ? args[1]->i : 0, hi = n > 2 && args[2]->kind == V_INT ? args[2]->i : len;
	if (len < 0 || lo < 0 || lo > hi || hi > len)
		return run_error(r, f->at, "error calling " STR_FMT ": invalid slice index%s", f->name, "");
	if (v->kind == V_STR)
		return value_str(r->a, str_sub(v->s, (u32)lo, (u32)hi));
	Value *s = value_list(r->a);
	for (i64 i = lo; i < hi; i++)
		value_append(r->a, s, v->list.p[i]);
	return s;
}

static Value *fn_print(Run *r, Term *f, Value **args, u32 n)
{
	Buf b = {0};
	if (str_is(f->name, "printf")) {
		if (!n || args[0]->kind != V_STR)
			return run_error(r, f->at, "wrong type for value; expected string; got " STR_FMT "%s", S(""), n ? type_name(args[0]) : "nothing");
		format(r, &b, args[0]->s, args + 1, n - 1);
		return as_string(r, &b);
	}
	bool ln = str_is(f->name, "println");
	for (u32 i = 0; i < n; i++) {
		if (i && (ln || (args[i]->kind != V_STR && args[i - 1]->kind != V_STR)))
			buf_u8(&b, ' ');
		print_value(r, &b, args[i]);
	}
	if (ln)
		buf_u8(&b, '\n');
	return as_string(r, &b);
}

static Value *fn_escape(Run *r, Term *f, Value **args, u32 n)
{
	Buf in = {0}, b = {0};
	for (u32 i = 0; i < n; i++)
		print_value(r, &in, args[i]);
	bool html = str_is(f->name, "html"), url = str_is(f->name, "urlquery");
	for (size_t i = 0; i < in.n; i++) {
		char c = (char)in.p[i];
		if (html && strchr("<>&'\"", c) && c)
			buf_c(&b, c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '\'' ? "&#39;" : "&#34;");
		else if (url && !isalnum((u8)c) && !strchr("-_.~", c))
			c == ' ' ? buf_u8(&b, '+') : buf_printf(&b, "%%%02X", (u8)c);
		else if (!html && !url && strchr("<>&'\"\\=", c) && c)
			c == '\\' || c == '\'' || c == '"' ? buf_printf(&b, "\\%c", c) : buf_printf(&b, "\\u%04X", c);
		else
			buf_u8(&b, (u8)c);
	}
	buf_free(&in);
	return as_string(r, &b);
}

static const struct { const char *name; Value *(*run)(Run *, Term *, Value **, u32); u32 min, max; } builtins[] = {
	{"and", fn_and_or, 1, 99}, {"or", fn_and_or, 1, 99}, {"not", fn_not, 1, 1}, {"eq", fn_eq, 2, 99}, {"ne", fn_eq, 2, 2},
	{"lt", fn_order, 2, 2}, {"le", fn_order, 2, 2}, {"gt", fn_order, 2, 2}, {"ge", fn_order, 2, 2}, {"len", fn_len, 1, 1},
	{"index", fn_index, 1, 99}, {"slice", fn_slice, 1, 4}, {"print", fn_print, 0, 99}, {"printf", fn_print, 1, 99},
	{"println", fn_print, 0, 99}, {"html", fn_escape, 0, 99}, {"js", fn_escape, 0, 99}, {"urlquery", fn_escape, 0, 99},
};

static bool is_builtin_func(Str s)
{
	for (u32 i = 0; i < LENGTH(builtins); i++)
		if (str_is(s, builtins[i].name))
			return true;
	return false;
}

static Value *call(Run *r, Term *f, Value **args, u32 n)
{
	for (u32 i = 0; i < LENGTH(builtins); i++)
		if (str_is(f->name, builtins[i].name)) {
			if (n < builtins[i].min || n > builtins[i].max)
				return run_error(r, f->at, "wrong number of args for " STR_FMT "%s", f->name, "");
			return builtins[i].run(r, f, args, n);
		}
	Str err = S("");
	Value *v = r->t->funcs.call(r->t->funcs.ctx, f->name, args, n, &err);
	if (!v)
		return run_error(r, f->at, "error calling " STR_FMT ": %s", f->name, str_c(r->a, err));
	return v;
}

static void run_list(Run *r, NodeVec *list, Value *dot);

static void run_range(Run *r, Node *n, Value *dot)
{
	u32 mark = r->vars.n;
	// The loop's variables are set for each element, not to the whole.
	StrVec names = n->pipe->vars;
	n->pipe->vars.n = 0;
	Value *v = run_pipe(r, n->pipe, dot);
	n->pipe->vars = names;
	u32 count = v->kind == V_LIST ? v->list.n : v->kind == V_MAP ? v->fields.n : v->kind == V_INT && v->i > 0 ? (u32)v->i : 0;
	if (!r->err.n && v->kind != V_LIST && v->kind != V_MAP && v->kind != V_INT && v->kind != V_NIL)
		run_error(r, n->pipe->cmds.p[0].p[0].at, "range can't iterate over " STR_FMT "%s", v->kind == V_STR ? v->s : S(""), "");
	for (u32 i = 0; i < count && !r->err.n; i++) {
		Value *key = v->kind == V_MAP ? value_str(r->a, v->fields.p[i].name) : value_int(r->a, i);
		Value *elem = v->kind == V_LIST ? v->list.p[i] : v->kind == V_MAP ? v->fields.p[i].val : key;
		if (names.n == 2)
			vec_push(r->a, &r->vars, (Var){names.p[0], key});
		if (names.n)
			vec_push(r->a, &r->vars, (Var){names.p[names.n - 1], elem});
		run_list(r, &n->body, elem);
		r->vars.n = mark;
		u8 jump = r->jump;
		r->jump = JUMP_NONE;
		if (jump == JUMP_BREAK)
			break;
	}
	if (!count && !r->err.n)
		run_list(r, &n->other, dot);
	r->vars.n = mark;
}

static void run_node(Run *r, Node *n, Value *dot)
{
	u32 mark = r->vars.n;
	Value *v;
	switch (n->kind) {
	case N_TEXT:
		buf_str(r->out, n->text);
		break;
	case N_ACTION:
		v = run_pipe(r, n->pipe, dot);
		if (!r->err.n && !n->pipe->vars.n)
			print_value(r, r->out, v);
		break;
	case N_IF:
	case N_WITH:
		v = run_pipe(r, n->pipe, dot);
		if (!r->err.n)
			run_list(r, value_truth(v) ? &n->body : &n->other, n->kind == N_WITH && value_truth(v) ? v : dot);
		r->vars.n = mark;
		break;
	case N_RANGE:
		run_range(r, n, dot);
		break;
	case N_TEMPLATE: {
		NodeVec *body = strmap_get(&r->t->defs, n->name);
		v = n->pipe ? run_pipe(r, n->pipe, dot) : value_nil(r->a);
		if (!body)
			r->err = str_fmt(r->a, "template: " STR_FMT ": template \"" STR_FMT "\" not defined", STR_ARG(r->t->name), STR_ARG(n->name));
		else if (!r->err.n)
			run_list(r, body, v);
		r->vars.n = mark;
		break;
	}
	default:
		r->jump = n->kind == N_BREAK ? JUMP_BREAK : JUMP_CONTINUE;
	}
}

static void run_list(Run *r, NodeVec *list, Value *dot)
{
	if (++r->depth > 10000)
		r->err = str_fmt(r->a, "template: " STR_FMT ": exceeded maximum template depth", STR_ARG(r->t->name));
	for (u32 i = 0; i < list->n && !r->err.n && !r->jump; i++)
		run_node(r, list->p[i], dot);
	r->depth--;
}

bool template_run(Template *t, Value *dot, Buf *out, Str *err)
{
	Run r = {.t = t, .a = t->a, .out = out};
	vec_push(r.a, &r.vars, (Var){S(""), dot});
	run_list(&r, &t->body, dot);
	*err = r.err;
	return !r.err.n;
}
