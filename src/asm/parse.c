// parse.c: lines of assembly -> Progs of functions, and data. A line is {label:} WORD[.suffix] operands; an error
// is reported once a line and parsing goes on. Rules: cmd/asm/internal/asm/parse.go, asm.go.
#include "asm/internal.h"

enum { MAX_ERRORS = 10, MAX_OPERANDS = 8 };

Pos parse_pos(Parser *p) { return pos_make(p->at.record, p->line, 0); }

void parse_error(Parser *p, const char *fmt, ...)
{
	u64 where = (u64)p->at.file << 32 | p->line;
	if (where == p->error_line || p->too_many)
		return;
	p->error_line = where;
	va_list ap;
	va_start(ap, fmt);
	Str msg = str_vfmt(p->a, fmt, ap);
	va_end(ap);
	diag_add(p->o->diags, (Diag){.pos = pos_make(p->at.file, p->line, 0), .msg = msg});
	p->errors++;
	if (p->errors > MAX_ERRORS && !p->o->all_errors) {
		diag(p->o->diags, 0, "too many errors");
		p->too_many = true;
	}
}

// ---- lines ----------------------------------------------------------------------------------------

// The next token that is not a build comment or what remains of a directive.
static Tok token(Parser *p)
{
	for (;;) {
		Tok t = p->too_many ? (Tok){T_EOF, {0}} : lex_next(p->lex);
		if (t.kind == T_BUILD) {
			p->line = lex_top(p->lex)->line;
			p->at = lex_top(p->lex)->at;
			if (p->saw_code)
				parse_error(p, "misplaced //go:build comment");
			continue;
		}
		if (t.kind != '\n')
			p->saw_code = true;
		if (t.kind != '#')
			return t;
	}
}

typedef struct Statement { Str word, suffix; Line ops[MAX_OPERANDS]; u32 n; } Statement;

// One statement; false at the end of the file or where nothing more can be made of it.
static bool read_statement(Parser *p, Statement *st)
{
	TokVec toks;
	u32 start[MAX_OPERANDS + 1];
	Tok t;
again:
	do {
		t = token(p);
		p->line = lex_top(p->lex)->line;
		p->at = lex_top(p->lex)->at;
		if (t.kind == T_EOF)
			return false;
	} while (t.kind == '\n' || t.kind == ';');
	if (t.kind != T_IDENT) {
		parse_error(p, "expected identifier, found \"" STR_FMT "\"", STR_ARG(t.text));
		return false;
	}
	*st = (Statement){.word = t.text};
	toks = (TokVec){0};
	u32 nesting = 0;
	i32 colon = -1;
	bool extra = false;
	while (t.kind != '\n' && t.kind != ';') {
		u32 first = toks.n;
		for (;;) {
			t = token(p);
			if (st->n == 0 && toks.n == first) {
				if (t.kind == '.') {
					t = token(p);
					if (t.kind != T_IDENT)
						parse_error(p, "instruction suffix expected identifier, found " STR_FMT, STR_ARG(t.text));
					st->suffix = st->suffix.n ? str_fmt(p->a, STR_FMT "." STR_FMT, STR_ARG(st->suffix), STR_ARG(t.text)) : t.text;
					if (t.kind == T_EOF || t.kind == '\n')
						return true;
					continue;
				}
				if (t.kind == ':') {
					vec_push(p->a, &p->pending, st->word);
					goto again;
				}
			}
			if (t.kind == T_EOF) {
				parse_error(p, "unexpected EOF");
				return false;
			}
			if (t.kind == '\n' || t.kind == ';' || (nesting == 0 && (t.kind == ',' || t.kind == ':'))) {
				if (t.kind == ':') {
					if (colon >= 0) {
						parse_error(p, "invalid ':' in operand");
						goto out;
					}
					colon = (i32)st->n;
				}
				break;
			}
			if (t.kind == '(' || t.kind == '[')
				nesting++;
			if (t.kind == ')' || t.kind == ']')
				nesting--;
			vec_push(p->a, &toks, (Tok){t.kind, lex_dots(p->a, t.text)});
		}
		if (toks.n > first) {
			if (st->n == MAX_OPERANDS) {
				extra = true;
				continue;
			}
			start[st->n] = first;
			st->ops[st->n++].n = toks.n - first;
			if (colon >= 0 && st->n == (u32)colon + 2) { // AX:DX is DX, AX
				u32 s0 = start[colon], n0 = st->ops[colon].n;
				start[colon] = start[colon + 1];
				st->ops[colon].n = st->ops[colon + 1].n;
				start[colon + 1] = s0;
				st->ops[colon + 1].n = n0;
				colon = -1;
			}
		} else if (st->n > 0 || t.kind == ',' || colon >= 0) {
			parse_error(p, "missing operand");
		}
	}
out:
	if (extra)
		parse_error(p, "can't handle " STR_FMT " instruction with %u operands", STR_ARG(st->word), MAX_OPERANDS + 1);
	for (u32 i = 0; i < st->n; i++)
		st->ops[i].toks = toks.p + start[i];
	return true;
}

// ---- instructions ---------------------------------------------------------------------------------

void parse_append(Parser *p, Prog *prog, Str suffix)
{
	if (suffix.n) {
		Str why;
		prog->suffix = p->arch->suffix_find(p->a, suffix, &why);
		if (why.n) {
			parse_error(p, STR_FMT, STR_ARG(why));
			return;
		}
	}
	p->pc++;
	prog->pc = p->pc;
	for (u32 i = 0; i < p->pending.n; i++) {
		if (strmap_get(&p->labels, p->pending.p[i])) {
			parse_error(p, "label \"" STR_FMT "\" multiply defined", STR_ARG(p->pending.p[i]));
			return;
		}
		strmap_put(p->a, &p->labels, p->pending.p[i], prog);
	}
	p->pending.n = 0;
	if (p->o->debug)
		printf("%u %05u (" STR_FMT ")\t" STR_FMT "\n", p->line, prog->pc, STR_ARG(pos_fmt(p->a, prog->pos)),
			STR_ARG(prog_fmt(p->a, p->arch, prog)));
	if (!p->fn)
		return; // before the first TEXT: parsed, then dropped
	p->fn->last->next = prog;
	p->fn->last = prog;
}

void parse_patch(Parser *p)
{
	for (u32 i = 0; i < p->patches.n; i++) {
		Patch *x = &p->patches.p[i];
		Prog *t = strmap_get(&p->labels, x->label);
		if (!t) {
			parse_error(p, "undefined label " STR_FMT, STR_ARG(x->label));
			return;
		}
		*x->addr = (Addr){.type = ADDR_BRANCH, .target = t};
	}
	p->patches.n = 0;
}

static void jump(Parser *p, u16 op, Str suffix, Operand *a, u32 n)
{
	Prog *prog = prog_new(p->a, op);
	prog->pos = parse_pos(p);
	if (n != 1 && n != 2) {
		parse_error(p, "wrong number of arguments to %s instruction", p->arch->op_name(op));
		return;
	}
	if (n == 2)
		prog->from = a[0].addr;
	Operand *t = &a[n - 1];
	Addr *x = &t->addr;
	bool global = x->name == NAME_EXTERN || x->name == NAME_STATIC;
	if (x->type == ADDR_BRANCH) { // n(PC): counted in instructions, resolved at the end of the function
		prog->to = (Addr){.type = ADDR_BRANCH, .offset = (i64)p->pc + 1 + x->offset};
	} else if (x->type == ADDR_REG || (x->type == ADDR_MEM && global) || (x->type == ADDR_INDIR && global)) {
		prog->to = *x;
	} else if (x->type == ADDR_MEM && !x->reg && !x->offset) {
		if (!t->label.p)
			return;
		Prog *to = strmap_get(&p->labels, t->label);
		if (to)
			prog->to = (Addr){.type = ADDR_BRANCH, .target = to};
		else
			vec_push(p->a, &p->patches, (Patch){&prog->to, t->label});
	} else if (x->type == ADDR_MEM && x->name == NAME_NONE) {
		prog->to = *x;
	} else if (x->type == ADDR_CONST) {
		prog->to = a[0].addr;
	} else if (x->type != ADDR_NONE) {
		parse_error(p, "cannot assemble jump " STR_FMT, STR_ARG(addr_fmt(p->a, p->arch, x)));
		return;
	}
	parse_append(p, prog, suffix);
}

static void instruction(Parser *p, u16 op, const Statement *st)
{
	Operand a[MAX_OPERANDS];
	p->is_jump = p->arch->op_is_jump(op);
	for (u32 i = 0; i < st->n; i++) {
		parse_operand(p, st->ops[i], &a[i]);
		if (!p->is_jump && addr_is_pseudo(&a[i].addr))
			parse_error(p, "illegal use of pseudo-register in " STR_FMT, STR_ARG(st->word));
	}
	if (p->is_jump) {
		jump(p, op, st->suffix, a, st->n);
		return;
	}
	Prog *prog = prog_new(p->a, op);
	prog->pos = parse_pos(p);
	if (st->n > 5) {
		parse_error(p, "can't handle %s instruction with %u operands", p->arch->op_name(op), st->n);
		return;
	}
	if (st->n == 1) {
		if (p->arch->op_unary_dst(op))
			prog->to = a[0].addr;
		else
			prog->from = a[0].addr;
	} else if (st->n > 1) {
		prog->from = a[0].addr;
		prog->to = a[st->n - 1].addr;
		prog->nrest = (u8)(st->n - 2);
		prog->rest = NEWN(p->a, Addr, prog->nrest + 1);
		for (u32 i = 0; i < prog->nrest; i++)
			prog->rest[i] = a[i + 1].addr;
	}
	parse_append(p, prog, st->suffix);
}

// ---- directives -----------------------------------------------------------------------------------

static Str symbol_name(Parser *p, const Operand *o)
{
	return o->label.p ? o->label : S("<erroneous symbol>");
}

static bool valid_symbol(Parser *p, const char *pseudo, const Operand *o, bool offset_ok)
{
	const Addr *a = &o->addr;
	if (!a->sym || (a->name != NAME_EXTERN && a->name != NAME_STATIC) || a->scale || a->reg) {
		parse_error(p, "%s symbol \"" STR_FMT "\" must be a symbol(SB)", pseudo, STR_ARG(symbol_name(p, o)));
		return false;
	}
	if (!offset_ok && a->offset) {
		parse_error(p, "%s symbol \"" STR_FMT "\" must not be offset from SB", pseudo, STR_ARG(symbol_name(p, o)));
		return false;
	}
	return true;
}

static bool valid_immediate(Parser *p, const char *pseudo, const Addr *a)
{
	if (a->type == ADDR_CONST && !a->name && !a->reg && !a->index)
		return true;
	parse_error(p, "%s: expected immediate constant; found " STR_FMT, pseudo, STR_ARG(addr_fmt(p->a, p->arch, a)));
	return false;
}

// An integer that may be written without $.
static i64 integer(Parser *p, const char *pseudo, Line l)
{
	Addr a = parse_addr(p, l);
	if (a.type != ADDR_MEM || a.name || a.reg || a.index)
		parse_error(p, "%s: expected integer constant; found " STR_FMT, pseudo, STR_ARG(addr_fmt(p->a, p->arch, &a)));
	return a.offset;
}

// cmd/internal/obj/textflag.go
enum {
	NOPROF = 1, DUPOK = 2, NOSPLIT = 4, RODATA = 8, NOPTR = 16, WRAPPER = 32, NEEDCTXT = 64, TLSBSS = 256, NOFRAME = 512,
	REFLECTMETHOD = 1024, TOPFRAME = 2048, ABIWRAPPER = 4096, PKGINIT = 8192,
};

// What the runtime calls these functions by (internal/abi/symtab.go, objabi/funcid.go).
static const struct { char name[20]; u8 id; } func_ids[] = {
	{"abort", 1}, {"asmcgocall", 2}, {"asyncPreempt", 3}, {"cgocallback", 4}, {"corostart", 5}, {"debugCallV2", 6},
	{"gcBgMarkWorker", 7}, {"goexit", 8}, {"gogo", 9}, {"gopanic", 10}, {"handleAsyncEvent", 11}, {"mcall", 12},
	{"morestack", 13}, {"mstart", 14}, {"panicwrap", 15}, {"rt0_go", 16}, {"main", 17}, {"runFinalizers", 18},
	{"runCleanups", 19}, {"sigpanic", 20}, {"systemstack", 21}, {"systemstack_switch", 22}, {"deferreturn", 23},
};
enum { FUNC_ID_WRAPPER = 23 };

static u8 func_id(Str name, bool wrapper)
{
	if (wrapper)
		return FUNC_ID_WRAPPER;
	if (str_has_prefix(name, "runtime."))
		for (u32 i = 0; i < LENGTH(func_ids); i++)
			if (str_is(str_from(name, 8), func_ids[i].name))
				return func_ids[i].id;
	return 0;
}

static void begin_function(Parser *p, const Operand *o, i64 flag, i64 frame, i64 args)
{
	LSym *s = o->addr.sym;
	if (s->func || map_get(p->data, PKEY(s))) {
		parse_error(p, "symbol " STR_FMT " redeclared", STR_ARG(s->name));
		p->fn = NULL;
		return;
	}
	FuncInfo *info = obj_alloc(p->obj, sizeof *info);
	s->func = info;
	info->func_id = func_id(s->name, flag & (WRAPPER | ABIWRAPPER));
	info->func_flag = (flag & TOPFRAME ? 1 : 0) | 4;
	info->pos = parse_pos(p);
	if (!obj_define(p->obj, s, asm_fips_kind(p, s, SYM_TEXT), (*p->seq)++))
		parse_error(p, "symbol " STR_FMT " redeclared", STR_ARG(s->name));
	s->dupok = (flag & DUPOK) != 0;
	s->nosplit = (flag & NOSPLIT) != 0;
	s->reflect_method = (flag & REFLECTMETHOD) != 0;
	s->wrapper = (flag & WRAPPER) != 0;
	s->abi_wrapper = (flag & ABIWRAPPER) != 0;
	s->needctxt = (flag & NEEDCTXT) != 0;
	s->noframe = (flag & NOFRAME) != 0;
	s->topframe = (flag & TOPFRAME) != 0;
	s->is_pkginit = (flag & PKGINIT) != 0;
	Func *f = NEW(p->a, Func);
	f->sym = s;
	f->info = info;
	f->frame = frame;
	f->pos = parse_pos(p);
	f->text = f->last = prog_new(p->a, OP_TEXT);
	f->text->pos = f->pos;
	f->text->from = o->addr;
	f->text->to = (Addr){.type = ADDR_TEXTSIZE, .offset = frame, .args = (i32)args};
	*p->tail = f;
	p->tail = &f->next;
	p->fn = NULL;
	parse_append(p, f->text, (Str){0});
	p->fn = f;
}

// TEXT name(SB), flags, $frame-args
void parse_text(Parser *p, Line *ops, u32 n)
{
	if (n != 2 && n != 3) {
		parse_error(p, "expect two or three operands for TEXT");
		return;
	}
	parse_patch(p);
	p->labels = (StrMap){0};
	Operand name;
	parse_operand(p, ops[0], &name);
	if (!valid_symbol(p, "TEXT", &name, false))
		return;
	i64 flag = n == 3 ? integer(p, "TEXT", ops[1]) : 0;
	Str s = name.label;
	if (name.addr.sym->abi == ABI_INTERNAL && !(flag & NOSPLIT))
		parse_error(p, "TEXT \"" STR_FMT "\": ABIInternal requires NOSPLIT", STR_ARG(s));
	// $frame-args is two numbers, not a subtraction; only the frame may be negative.
	const Tok *t = ops[n - 1].toks;
	u32 k = ops[n - 1].n, i = 1;
	bool negative = k > 1 && t[1].kind == '-';
	i += negative;
	if (k < 2 || t[0].kind != '$' || i >= k || t[i].kind != T_INT) {
		parse_error(p, "TEXT " STR_FMT ": frame size must be an immediate constant", STR_ARG(s));
		return;
	}
	i64 frame = parse_positive(p, t[i++].text), args = INT32_MIN;
	if (negative)
		frame = -frame;
	if (i < k) {
		if (k - i != 2 || t[i].kind != '-' || t[i + 1].kind != T_INT) {
			parse_error(p, "TEXT " STR_FMT ": argument size must be of form -integer", STR_ARG(s));
			return;
		}
		args = parse_positive(p, t[i + 1].text);
	}
	if (frame > 1 << 30 || frame < -(1 << 30)) {
		parse_error(p, "TEXT " STR_FMT ": frame size too large", STR_ARG(s));
		return;
	}
	begin_function(p, &name, flag, frame, args);
}

SymKind asm_fips_kind(Parser *p, LSym *s, SymKind k)
{
	static const char prefix[] = "crypto/internal/fips140";
	Str pkg = p->o->import_path;
	if (str_has_suffix(pkg, "_test"))
		return k;
	if (s->abi == ABI_STATIC) {
		if (!str_is(pkg, prefix) && !str_has_prefix(pkg, "crypto/internal/fips140/"))
			return k;
	} else {
		Str n = s->name;
		u32 len = sizeof prefix - 1;
		if (n.n <= len || (n.p[len] != '.' && n.p[len] != '/') || memcmp(n.p, prefix, len) != 0)
			return k;
	}
	switch (k) {
	case SYM_TEXT: return SYM_TEXT_FIPS;
	case SYM_DATA: return SYM_DATA_FIPS;
	case SYM_RODATA: return SYM_RODATA_FIPS;
	case SYM_NOPTRDATA: return SYM_NOPTRDATA_FIPS;
	default: return k;
	}
}

enum { HAS_DATA = 1, HAS_GLOBL = 2 };

static void data_flag(Parser *p, LSym *s, u32 bit)
{
	map_put(p->a, p->data, PKEY(s), (void *)((uintptr_t)map_get(p->data, PKEY(s)) | bit));
}

// The kind of a symbol that gets its first bytes.
static void becomes_data(Parser *p, LSym *s)
{
	data_flag(p, s, HAS_DATA);
	if (s->kind == SYM_BSS)
		s->kind = (u8)asm_fips_kind(p, s, SYM_DATA);
	else if (s->kind == SYM_NOPTRBSS)
		s->kind = (u8)asm_fips_kind(p, s, SYM_NOPTRDATA);
	else if (s->kind == SYM_TLSBSS)
		parse_error(p, "cannot supply data for TLSBSS var " STR_FMT, STR_ARG(s->name));
}

// DATA name+offset(SB)/size, $value
void parse_data(Parser *p, Line *ops, u32 n)
{
	if (n != 2) {
		parse_error(p, "expect two operands for DATA");
		return;
	}
	Line op = ops[0];
	if (op.n < 3 || op.toks[op.n - 2].kind != '/' || op.toks[op.n - 1].kind != T_INT) {
		parse_error(p, "expect /size for DATA argument");
		return;
	}
	Str size_text = op.toks[op.n - 1].text;
	i64 size = 0;
	for (u32 i = 0; i < size_text.n; i++) {
		if ((u8)(size_text.p[i] - '0') >= 10 || size > 1 << 20) {
			parse_error(p, "bad size for DATA argument: \"" STR_FMT "\"", STR_ARG(size_text));
			return;
		}
		size = size * 10 + size_text.p[i] - '0';
	}
	op.n -= 2;
	Operand name;
	parse_operand(p, op, &name);
	if (!valid_symbol(p, "DATA", &name, true))
		return;
	Addr v = parse_addr(p, ops[1]);
	if (v.type != ADDR_CONST && v.type != ADDR_FCONST && v.type != ADDR_SCONST && v.type != ADDR_ADDR) {
		parse_error(p, "DATA value must be an immediate constant or address");
		return;
	}
	LSym *s = name.addr.sym;
	i64 off = name.addr.offset;
	if (off < 0 || off >= 1 << 30) {
		parse_error(p, "prepwrite: bad off=%lld siz=%lld s=" STR_FMT, (long long)off, (long long)size, STR_ARG(s->name));
		return;
	}
	i64 end = (i64)(uintptr_t)strmap_get(&p->data_end, name.label) - 1;
	if (end >= 0 && off < end) {
		parse_error(p, "overlapping DATA entry for " STR_FMT, STR_ARG(name.label));
		return;
	}
	strmap_put(p->a, &p->data_end, name.label, (void *)(uintptr_t)(off + size + 1));
	becomes_data(p, s);
	switch (v.type) {
	case ADDR_CONST:
		if (size != 1 && size != 2 && size != 4 && size != 8)
			parse_error(p, "bad int size for DATA argument: %lld", (long long)size);
		else
			sym_bytes(p->obj, s, (u64)off, &v.offset, (size_t)size);
		break;
	case ADDR_FCONST:
		if (size == 4) {
			float f = (float)v.fval;
			sym_bytes(p->obj, s, (u64)off, &f, 4);
		} else if (size == 8) {
			sym_bytes(p->obj, s, (u64)off, &v.fval, 8);
		} else {
			parse_error(p, "bad float size for DATA argument: %lld", (long long)size);
		}
		break;
	case ADDR_SCONST:
		if (size < v.sval.n) {
			parse_error(p, "WriteString: bad string size: %lld < %u", (long long)size, v.sval.n);
			break;
		}
		sym_grow(p->obj, s, (u64)(off + size));
		sym_bytes(p->obj, s, (u64)off, v.sval.p, v.sval.n);
		break;
	default:
		if (size != p->arch->ptr_size)
			parse_error(p, "bad addr size for DATA argument: %lld", (long long)size);
		else
			sym_addr(p->obj, s, (u64)off, v.sym, v.offset);
	}
}

// GLOBL name(SB), flags, $size
void parse_globl(Parser *p, Line *ops, u32 n)
{
	if (n != 2 && n != 3) {
		parse_error(p, "expect two or three operands for GLOBL");
		return;
	}
	Operand name;
	parse_operand(p, ops[0], &name);
	if (!valid_symbol(p, "GLOBL", &name, false))
		return;
	i64 flag = n == 3 ? integer(p, "GLOBL", ops[1]) : 0;
	Addr size = parse_addr(p, ops[n - 1]);
	if (!valid_immediate(p, "GLOBL", &size))
		return;
	LSym *s = name.addr.sym;
	uintptr_t had = (uintptr_t)map_get(p->data, PKEY(s));
	if (had & HAS_GLOBL || s->func) {
		parse_error(p, "symbol " STR_FMT " redeclared", STR_ARG(s->name));
		return;
	}
	data_flag(p, s, HAS_GLOBL);
	SymKind k = had & HAS_DATA ? SYM_DATA : SYM_BSS;
	if (flag & RODATA)
		k = SYM_RODATA;
	else if (flag & NOPTR)
		k = had & HAS_DATA ? SYM_NOPTRDATA : SYM_NOPTRBSS;
	else if (flag & TLSBSS)
		k = SYM_TLSBSS;
	if (size.offset < 0 || size.offset > (i64)1 << 40) {
		parse_error(p, "GLOBL: bad size %lld", (long long)size.offset);
		return;
	}
	k = asm_fips_kind(p, s, k);
	if (!obj_define(p->obj, s, k, OBJ_SEQ_NAME))
		s->kind = (u8)k; // a Go variable without a value: what is said here counts
	s->size = MAX((u64)size.offset, (u64)s->ndata);
	s->dupok = (flag & DUPOK) != 0;
}

static void parse_pcdata(Parser *p, Line *ops, u32 n)
{
	if (n != 2) {
		parse_error(p, "expect two operands for PCDATA");
		return;
	}
	Prog *prog = prog_new(p->a, OP_PCDATA);
	prog->pos = parse_pos(p);
	prog->from = parse_addr(p, ops[0]);
	if (!valid_immediate(p, "PCDATA", &prog->from))
		return;
	prog->to = parse_addr(p, ops[1]);
	if (valid_immediate(p, "PCDATA", &prog->to))
		parse_append(p, prog, (Str){0});
}

static void parse_pcalign(Parser *p, Line *ops, u32 n)
{
	if (n != 1) {
		parse_error(p, "expect one operand for PCALIGN");
		return;
	}
	Prog *prog = prog_new(p->a, OP_PCALIGN);
	prog->pos = parse_pos(p);
	prog->from = parse_addr(p, ops[0]);
	if (valid_immediate(p, "PCALIGN", &prog->from))
		parse_append(p, prog, (Str){0});
}

static void parse_funcdata(Parser *p, Line *ops, u32 n)
{
	if (n != 2) {
		parse_error(p, "expect two operands for FUNCDATA");
		return;
	}
	Prog *prog = prog_new(p->a, OP_FUNCDATA);
	prog->pos = parse_pos(p);
	prog->from = parse_addr(p, ops[0]);
	if (!valid_immediate(p, "FUNCDATA", &prog->from))
		return;
	Operand name;
	parse_operand(p, ops[1], &name);
	if (!valid_symbol(p, "FUNCDATA", &name, true))
		return;
	prog->to = name.addr;
	parse_append(p, prog, (Str){0});
}

static bool directive(Parser *p, Statement *st)
{
	static const struct { char name[9]; void (*fn)(Parser *, Line *, u32); } list[] = {
		{"DATA", parse_data}, {"FUNCDATA", parse_funcdata}, {"GLOBL", parse_globl}, {"PCDATA", parse_pcdata},
		{"PCALIGN", parse_pcalign}, {"TEXT", parse_text},
	};
	for (u32 i = 0; i < LENGTH(list); i++)
		if (str_is(st->word, list[i].name)) {
			list[i].fn(p, st->ops, st->n);
			return true;
		}
	return false;
}

bool parse_file(Parser *p)
{
	Statement st;
	while (read_statement(p, &st)) {
		p->is_jump = false;
		if (directive(p, &st))
			continue;
		u16 op = p->arch->op_find(st.word);
		if (op)
			instruction(p, op, &st);
		else
			parse_error(p, "unrecognized instruction \"" STR_FMT "\"", STR_ARG(st.word));
	}
	if (p->errors || p->lex->failed)
		return false;
	parse_patch(p);
	return p->errors == 0;
}

bool parse_symabis(Parser *p, Buf *out)
{
	Statement st;
	while (read_statement(p, &st)) {
		u32 i = 0;
		bool text = str_is(st.word, "TEXT");
		if (text)
			st.n = MIN(st.n, 1);
		else if (str_is(st.word, "DATA") || str_is(st.word, "FUNCDATA"))
			i = 1;
		for (; i < st.n; i++) {
			Str name;
			Abi abi;
			if (parse_func_address(p, st.ops[i], &name, &abi))
				buf_printf(out, "%s " STR_FMT " %s\n", text ? "def" : "ref", STR_ARG(name),
					abi == ABI_INTERNAL ? "ABIInternal" : "ABI0");
		}
	}
	return p->errors == 0 && !p->lex->failed;
}
