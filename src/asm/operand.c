// operand.c: the tokens of one operand -> an Addr. The general form is $sym+offset(SB)(reg)(index*scale), every
// piece optional; expressions are of 64-bit unsigned integers with Go's precedence. Rules:
// cmd/asm/internal/asm/parse.go.
#include "asm/internal.h"

#include <errno.h>
#include <stdlib.h>

// ---- the tokens -----------------------------------------------------------------------------------

static const Tok end_tok = {T_EOF, {"EOF", 3}};

static Tok next(Parser *p) { return p->pos < p->nin ? p->in[p->pos++] : end_tok; }
static i32 peek(const Parser *p) { return p->pos < p->nin ? p->in[p->pos].kind : T_EOF; }

static bool have(const Parser *p, i32 kind)
{
	for (u32 i = p->pos; i < p->nin; i++)
		if (p->in[i].kind == kind)
			return true;
	return false;
}

static Str kind_name(Parser *p, i32 kind)
{
	switch (kind) {
	case T_EOF: return S("EOF");
	case T_IDENT: return S("identifier");
	case T_INT: return S("integer constant");
	case T_FLOAT: return S("float constant");
	case T_CHAR: return S("rune constant");
	case T_STRING: return S("string constant");
	}
	char t[8];
	u32 n = utf8_encode(t, kind > 0 ? (u32)kind : 0xfffd);
	return str_fmt(p->a, "'%.*s'", (int)n, t);
}

static void expect(Parser *p, i32 kind, const char *what)
{
	if (peek(p) == kind)
		return;
	Str w = what ? str(what) : kind_name(p, kind);
	parse_error(p, "expected " STR_FMT ", found " STR_FMT, STR_ARG(w), STR_ARG(next(p).text));
}

static Tok get(Parser *p, i32 kind)
{
	expect(p, kind, NULL);
	return next(p);
}

static void expect_end(Parser *p) { expect(p, T_EOF, "end of operand"); }

// ---- numbers --------------------------------------------------------------------------------------

// As strconv.ParseUint(s, 0, 64). 0: good, 1: syntax, 2: range.
static int parse_uint(Str s, u64 *out)
{
	u32 base = 10, i = 0;
	*out = 0;
	if (s.n >= 2 && s.p[0] == '0') {
		char c = s.p[1] | 32;
		base = c == 'x' ? 16 : c == 'b' ? 2 : c == 'o' ? 8 : 8;
		i = c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (i >= s.n)
		return 1;
	for (; i < s.n; i++) {
		char c = s.p[i];
		if (c == '_') {
			if (i + 1 == s.n || i == 0 || s.p[i + 1] == '_')
				return 1;
			continue;
		}
		u32 d = (u8)(c - '0') < 10 ? (u32)(c - '0') : (u8)((c | 32) - 'a') < 6 ? (u32)((c | 32) - 'a') + 10 : 99;
		if (d >= base)
			return 1;
		if (__builtin_mul_overflow(*out, (u64)base, out) || __builtin_add_overflow(*out, (u64)d, out)) {
			*out = UINT64_MAX;
			return 2;
		}
	}
	return 0;
}

static u64 atoi_u64(Parser *p, Str s)
{
	u64 v;
	int e = parse_uint(s, &v);
	if (e)
		parse_error(p, "strconv.ParseUint: parsing \"" STR_FMT "\": %s", STR_ARG(s),
			e == 1 ? "invalid syntax" : "value out of range");
	return v;
}

i64 parse_positive(Parser *p, Str s)
{
	u64 v;
	int e = parse_uint(s, &v);
	if (e || v > INT64_MAX)
		parse_error(p, "strconv.ParseInt: parsing \"" STR_FMT "\": %s", STR_ARG(s),
			e == 1 ? "invalid syntax" : "value out of range");
	return v > INT64_MAX ? INT64_MAX : (i64)v;
}

static double atof_str(Parser *p, Str s)
{
	char t[128];
	u32 n = 0;
	for (u32 i = 0; i < s.n && n < sizeof t - 1; i++)
		if (s.p[i] != '_')
			t[n++] = s.p[i];
	t[n] = 0;
	char *end;
	double v = strtod(t, &end);
	if (*end || end == t)
		parse_error(p, "strconv.ParseFloat: parsing \"" STR_FMT "\": invalid syntax", STR_ARG(s));
	else if (v > 1.7976931348623157e308)
		parse_error(p, "strconv.ParseFloat: parsing \"" STR_FMT "\": value out of range", STR_ARG(s));
	return v;
}

bool str_unquote(Arena *a, Str s, Str *out)
{
	if (s.n < 2 || s.p[s.n - 1] != s.p[0])
		return false;
	char quote = s.p[0];
	char *b = arena_alloc(a, s.n * 2 + 4);
	u32 n = 0;
	for (u32 i = 1; i + 1 < s.n; i++) {
		char c = s.p[i];
		if (c == quote || c == '\n')
			return false;
		if (c != '\\') {
			b[n++] = c;
			continue;
		}
		if (++i + 1 >= s.n)
			return false;
		c = s.p[i];
		static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
		const char *k = strchr(from, c);
		if (k && c) {
			if ((c == '\'' || c == '"') && c != quote)
				return false;
			b[n++] = to[k - from];
			continue;
		}
		u32 digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 3, base = digits == 3 ? 8 : 16;
		if (digits != 3)
			i++;
		if (i + digits >= s.n)
			return false;
		u32 v = 0;
		for (u32 j = 0; j < digits; j++) {
			c = s.p[i + j];
			u32 d = (u8)(c - '0') < 10 ? (u32)(c - '0') : (u8)((c | 32) - 'a') < 6 ? (u32)((c | 32) - 'a') + 10 : 99;
			if (d >= base)
				return false;
			v = v * base + d;
		}
		i += digits - 1;
		if (digits > 3) {
			if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
				return false;
			n += utf8_encode(b + n, v);
		} else {
			if (v > 255)
				return false;
			b[n++] = (char)v;
		}
	}
	*out = str_n(b, n);
	return true;
}

// ---- expressions ----------------------------------------------------------------------------------

enum { MAX_DEPTH = 500 };

static u64 expr(Parser *p, u32 depth);

static u64 factor(Parser *p, u32 depth)
{
	if (depth > MAX_DEPTH) {
		parse_error(p, "expression nested too deeply");
		p->pos = p->nin;
		return 0;
	}
	Tok t = next(p);
	switch (t.kind) {
	case T_INT:
		return atoi_u64(p, t.text);
	case T_CHAR: {
		Str s;
		if (!str_unquote(p->a, t.text, &s) || s.n == 0) {
			parse_error(p, "invalid syntax");
			return 0;
		}
		u32 w;
		u32 r = utf8_decode(s.p, s.n, &w);
		if (r == 0xfffd && w == 1)
			parse_error(p, "illegal UTF-8 encoding for character constant");
		return r;
	}
	case '+':
		return factor(p, depth + 1);
	case '-':
		return -factor(p, depth + 1);
	case '~':
		return ~factor(p, depth + 1);
	case '(': {
		u64 v = expr(p, depth + 1);
		if (next(p).kind != ')')
			parse_error(p, "missing closing paren");
		return v;
	}
	}
	parse_error(p, "unexpected " STR_FMT " evaluating expression", STR_ARG(t.text));
	return 0;
}

static u64 term(Parser *p, u32 depth)
{
	u64 v = factor(p, depth), d;
	for (;;) {
		i32 op = peek(p);
		switch (op) {
		case '*':
			next(p);
			v *= factor(p, depth + 1);
			break;
		case '/':
		case '%':
			next(p);
			if (op == '/' && (i64)v < 0)
				parse_error(p, "divide of value with high bit set");
			d = factor(p, depth + 1);
			if (op == '%' && (i64)v < 0)
				parse_error(p, "modulo of value with high bit set");
			if (d == 0)
				parse_error(p, "%s by zero", op == '/' ? "division" : "modulo");
			else
				v = op == '/' ? v / d : v % d;
			break;
		case T_LSH:
			next(p);
			d = factor(p, depth + 1);
			if ((i64)d < 0)
				parse_error(p, "negative left shift count");
			return d < 64 ? v << d : 0;
		case T_RSH:
			next(p);
			d = term(p, depth + 1);
			if ((i64)d < 0)
				parse_error(p, "negative right shift count");
			if ((i64)v < 0)
				parse_error(p, "right shift of value with high bit set");
			v = d < 64 ? v >> d : 0;
			break;
		case '&':
			next(p);
			v &= factor(p, depth + 1);
			break;
		default:
			return v;
		}
	}
}

static u64 expr(Parser *p, u32 depth)
{
	u64 v = term(p, depth + 1);
	for (;;) {
		switch (peek(p)) {
		case '+':
			next(p);
			v += term(p, depth + 1);
			break;
		case '-':
			next(p);
			v -= term(p, depth + 1);
			break;
		case '|':
			next(p);
			v |= term(p, depth + 1);
			break;
		case '^':
			next(p);
			v ^= term(p, depth + 1);
			break;
		default:
			return v;
		}
	}
}

static double float_expr(Parser *p, u32 depth)
{
	Tok t = next(p);
	if (depth > MAX_DEPTH)
		t.kind = 0;
	switch (t.kind) {
	case '(': {
		double v = float_expr(p, depth + 1);
		if (next(p).kind != ')')
			parse_error(p, "missing closing paren");
		return v;
	}
	case '+':
		return float_expr(p, depth + 1);
	case '-':
		return -float_expr(p, depth + 1);
	case T_FLOAT:
		return atof_str(p, t.text);
	}
	parse_error(p, "unexpected " STR_FMT " evaluating float expression", STR_ARG(t.text));
	return 0;
}

// ---- registers ------------------------------------------------------------------------------------

static u16 find_register(const Parser *p, Str name)
{
	if (name.n == 2) {
		if (str_is(name, "SB"))
			return PSEUDO_SB;
		if (str_is(name, "FP"))
			return PSEUDO_FP;
		if (str_is(name, "PC"))
			return PSEUDO_PC;
	}
	return p->arch->reg_find(name);
}

static u16 register_reference(Parser *p, Str name)
{
	u16 r = find_register(p, name);
	if (!r)
		parse_error(p, "expected register; found " STR_FMT, STR_ARG(name));
	return r;
}

// R1, R1:R2 or R1*scale; 0 if there was an error.
static u16 register_(Parser *p, Str name, i32 prefix, u16 *second, u8 *scale)
{
	*second = 0;
	*scale = 0;
	u16 r = register_reference(p, name);
	if (!r)
		return 0;
	if (prefix && prefix != '*')
		parse_error(p, "prefix %c not allowed for register: %c" STR_FMT, prefix, prefix, STR_ARG(name));
	i32 c = peek(p);
	if (c == ',' || c == '+') {
		parse_error(p, "(register%cregister) not supported on this architecture", c);
		next(p);
		return 0;
	}
	if (c == ':') {
		next(p);
		*second = register_reference(p, next(p).text);
		if (!*second)
			return 0;
	}
	if (peek(p) == '*') {
		next(p);
		Str s = next(p).text;
		if (s.n == 1 && (s.p[0] == '1' || s.p[0] == '2' || s.p[0] == '4' || s.p[0] == '8'))
			*scale = (u8)(s.p[0] - '0');
		else
			parse_error(p, "bad scale: " STR_FMT, STR_ARG(s));
	}
	return r;
}

// [X0-X3]: a list of consecutive registers; the bracket has been read.
static void register_list(Parser *p, Addr *a)
{
	Str lo = next(p).text;
	u16 r1 = find_register(p, lo);
	if (!r1) {
		if (str_is(lo, "EOF"))
			parse_error(p, "register list: expected ']', found EOF");
		else
			parse_error(p, "register list: bad low register in `[" STR_FMT "`", STR_ARG(lo));
		return;
	}
	i32 k = next(p).kind;
	if (k != '-') {
		parse_error(p, "register list: expected '-' after `[" STR_FMT "`, found " STR_FMT, STR_ARG(lo),
			STR_ARG(kind_name(p, k)));
		return;
	}
	Str hi = next(p).text;
	u16 r2 = find_register(p, hi);
	if (!r2) {
		parse_error(p, "register list: bad high register in `[" STR_FMT "-" STR_FMT "`", STR_ARG(lo), STR_ARG(hi));
		return;
	}
	k = next(p).kind;
	if (k != ']')
		parse_error(p, "register list: expected ']' after `[" STR_FMT "-" STR_FMT "`, found " STR_FMT, STR_ARG(lo),
			STR_ARG(hi), STR_ARG(kind_name(p, k)));
	a->type = ADDR_REGLIST;
	a->reg = r1;
	a->index = r2;
}

static void set_pseudo(Parser *p, Addr *a, Str reg, bool is_static, i32 prefix)
{
	if (a->reg)
		parse_error(p, "internal error: reg " STR_FMT " already set in pseudo", STR_ARG(reg));
	if (str_is(reg, "FP")) {
		a->name = NAME_PARAM;
	} else if (str_is(reg, "PC")) {
		if (prefix)
			parse_error(p, "illegal addressing mode for PC");
		a->type = ADDR_BRANCH;
	} else if (str_is(reg, "SB")) {
		a->name = is_static ? NAME_STATIC : NAME_EXTERN;
	} else if (str_is(reg, "SP")) {
		a->name = NAME_AUTO;
	} else {
		parse_error(p, "expected pseudo-register; found " STR_FMT, STR_ARG(reg));
	}
	if (prefix == '$')
		a->type = ADDR_ADDR;
}

// (R), (R*scale), (R)(X*scale) or (FP): at the opening parenthesis.
static void register_indirect(Parser *p, Addr *a, i32 prefix)
{
	get(p, '(');
	Tok t = next(p);
	u16 r2;
	u8 scale;
	u16 r1 = register_(p, t.text, 0, &r2, &scale);
	if (!r1)
		parse_error(p, "indirect through non-register " STR_FMT, STR_ARG(t.text));
	get(p, ')');
	a->type = ADDR_MEM;
	if (r1 >= PSEUDO_SB) {
		if (r2) {
			parse_error(p, "cannot use pseudo-register in pair");
			return;
		}
		if (r1 != PSEUDO_PC && a->name == NAME_NONE)
			parse_error(p, "cannot reference " STR_FMT " without a symbol", STR_ARG(t.text));
		set_pseudo(p, a, t.text, false, prefix);
		return;
	}
	a->reg = r1;
	if (r2)
		parse_error(p, "indirect through register pair");
	if (prefix == '$')
		a->type = ADDR_ADDR;
	if (scale == 0 && peek(p) == '(') {
		next(p);
		t = next(p);
		r1 = register_(p, t.text, 0, &r2, &scale);
		if (!r1)
			parse_error(p, "indirect through non-register " STR_FMT, STR_ARG(t.text));
		if (r2)
			parse_error(p, "unimplemented two-register form");
		a->index = r1;
		a->scale = scale;
		get(p, ')');
	} else if (scale) {
		a->reg = 0;
		a->index = r1;
		a->scale = scale;
	}
}

// ---- symbols --------------------------------------------------------------------------------------

static Str qualify(Parser *p, Str name)
{
	return name.n && name.p[0] == '.' ? str_cat(p->a, p->prefix, name) : name;
}

// <>, <ABI0> or <ABIInternal> after a name.
static void symbol_attrs(Parser *p, Str name, bool complain, bool *is_static, Abi *abi)
{
	*is_static = false;
	*abi = ABI0;
	if (peek(p) != '<')
		return;
	next(p);
	i32 k = peek(p);
	if (k == '>') {
		*is_static = true;
	} else if (k == T_IDENT) {
		Str s = next(p).text;
		if (!p->allow_abi) {
			if (complain)
				parse_error(p, "ABI selector only permitted when compiling runtime, reference was to \"" STR_FMT "\"",
					STR_ARG(name));
		} else if (str_is(s, "ABI0")) {
		} else if (str_is(s, "ABIInternal")) {
			*abi = ABI_INTERNAL;
		} else if (complain) {
			parse_error(p, "malformed ABI selector \"" STR_FMT "\" in reference to \"" STR_FMT "\"", STR_ARG(s),
				STR_ARG(name));
		}
	}
	get(p, '>');
}

static LSym *static_symbol(Parser *p, Str name)
{
	LSym *s = strmap_get(p->statics, name);
	if (!s) {
		s = obj_local(p->obj, name);
		s->local = 0; // not what gc calls local
		strmap_put(p->a, p->statics, str_dup(p->a, name), s);
	}
	return s;
}

static void symbol_reference(Parser *p, Operand *o, Str name, i32 prefix)
{
	Addr *a = &o->addr;
	a->type = prefix == '$' ? ADDR_ADDR : prefix == '*' ? ADDR_INDIR : ADDR_MEM;
	bool is_static;
	Abi abi;
	symbol_attrs(p, name, true, &is_static, &abi);
	if (peek(p) == '+' || peek(p) == '-')
		a->offset = (i64)expr(p, 0);
	o->label = name;
	if (peek(p) == T_EOF) {
		if (prefix == 0 && p->is_jump)
			return; // a label
		parse_error(p, "illegal or missing addressing mode for symbol " STR_FMT, STR_ARG(name));
		return;
	}
	get(p, '(');
	Str reg = get(p, T_IDENT).text;
	get(p, ')');
	set_pseudo(p, a, reg, is_static, prefix);
	if (a->name == NAME_EXTERN || a->name == NAME_STATIC)
		a->sym = is_static ? static_symbol(p, name) : obj_sym(p->obj, name, abi);
}

bool parse_func_address(Parser *p, Line l, Str *name, Abi *abi)
{
	p->in = l.toks;
	p->nin = l.n;
	p->pos = 0;
	if (peek(p) == '$' || peek(p) == '*')
		next(p);
	Tok t = next(p);
	if (t.kind != T_IDENT || find_register(p, t.text))
		return false;
	*name = qualify(p, t.text);
	bool is_static;
	symbol_attrs(p, *name, false, &is_static, abi);
	if (is_static)
		return false;
	t = next(p);
	if (t.kind == '+') {
		if (next(p).kind != T_INT)
			return false;
		t = next(p);
	}
	if (t.kind != '(')
		return false;
	t = next(p);
	return t.kind == T_IDENT && str_is(t.text, "SB") && next(p).kind == ')' && peek(p) == T_EOF;
}

// ---- operands -------------------------------------------------------------------------------------

static void parse_constant(Parser *p, Addr *a, i32 prefix, bool *done)
{
	*done = true;
	if (have(p, T_FLOAT)) {
		if (prefix != '$')
			parse_error(p, "floating-point constant must be an immediate");
		a->type = ADDR_FCONST;
		a->fval = float_expr(p, 0);
		expect_end(p);
		return;
	}
	if (have(p, T_STRING)) {
		if (prefix != '$') {
			parse_error(p, "string constant must be an immediate");
			return;
		}
		a->type = ADDR_SCONST;
		if (!str_unquote(p->a, get(p, T_STRING).text, &a->sval)) {
			a->sval = (Str){0};
			parse_error(p, "string parse error: invalid syntax");
		}
		expect_end(p);
		return;
	}
	a->offset = (i64)expr(p, 0);
	if (peek(p) == '(') {
		*done = false;
		return;
	}
	a->type = prefix == '$' ? ADDR_CONST : prefix == '*' ? ADDR_INDIR : ADDR_MEM;
	expect_end(p);
}

void parse_operand(Parser *p, Line l, Operand *o)
{
	*o = (Operand){0};
	Addr *a = &o->addr;
	p->in = l.toks;
	p->nin = l.n;
	p->pos = 0;
	if (l.n == 0) {
		parse_error(p, "empty operand: cannot happen");
		return;
	}
	i32 prefix = 0;
	if (peek(p) == '$' || peek(p) == '*')
		prefix = next(p).kind;
	Tok t = next(p);
	bool is_reg = t.kind == T_IDENT && find_register(p, t.text);
	if (t.kind == T_IDENT && !is_reg) {
		symbol_reference(p, o, qualify(p, t.text), prefix);
		if (peek(p) == T_EOF)
			return;
	}
	if (t.kind == '[') {
		if (prefix)
			parse_error(p, "illegal use of register list");
		register_list(p, a);
		expect_end(p);
		return;
	}
	if (is_reg) {
		u16 second;
		u8 scale;
		u16 r = register_(p, t.text, prefix, &second, &scale);
		if (r) {
			if (scale || second)
				parse_error(p, "expected simple register reference");
			a->type = ADDR_REG;
			a->reg = r;
		}
		expect_end(p);
		return;
	}
	bool is_const = false;
	switch (t.kind) {
	case T_INT: case T_FLOAT: case T_STRING: case T_CHAR: case '+': case '-': case '~':
		is_const = true;
		break;
	case '(':
		if (peek(p) == T_EOF) {
			parse_error(p, "missing right parenthesis");
			return;
		}
		is_const = !find_register(p, p->in[p->pos].text);
		if (!is_const)
			p->pos--;
		break;
	}
	if (is_const) {
		p->pos--;
		bool done;
		parse_constant(p, a, prefix, &done);
		if (done)
			return;
	}
	register_indirect(p, a, prefix);
	expect_end(p);
}

Addr parse_addr(Parser *p, Line l)
{
	Operand o;
	parse_operand(p, l, &o);
	return o.addr;
}
