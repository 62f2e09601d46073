// dwarf_func.c: what a debugger needs of one function or variable, as DWARF 5 symbols that the linker strings
// together (cmd/internal/dwarf/dwarf.go). Line programs and inlined calls come from the pc-value tables, so
// they agree with what the runtime's tracebacks say.
#include "obj/dwarf.h"
#include "obj/obj_int.h"

#include <stdlib.h>

typedef struct Out { ObjPkg *o; LSym *s; } Out;

static void u8_(Out w, u8 v) { sym_u8(w.o, w.s, w.s->ndata, v); }
static void u32_(Out w, u32 v) { sym_u32(w.o, w.s, w.s->ndata, v); }
static void bytes_(Out w, const void *p, size_t n) { sym_bytes(w.o, w.s, w.s->ndata, p, n); }

static void uleb(Out w, u64 v)
{
	do {
		u8 c = v & 0x7f;
		v >>= 7;
		u8_(w, v ? c | 0x80 : c);
	} while (v);
}

static u32 sleb_bytes(u8 *out, i64 v)
{
	u32 n = 0;
	for (;;) {
		u8 c = v & 0x7f;
		v >>= 7;
		if ((v == 0 && !(c & 0x40)) || (v == -1 && (c & 0x40))) {
			out[n++] = c;
			return n;
		}
		out[n++] = c | 0x80;
	}
}

static void sleb(Out w, i64 v)
{
	u8 b[10];
	bytes_(w, b, sleb_bytes(b, v));
}

static void string(Out w, Str s)
{
	bytes_(w, s.p, s.n);
	u8_(w, 0);
}

static void ref(Out w, LSym *target, i64 add, u8 size, u16 type)
{
	*sym_reloc(w.o, w.s) = (Reloc){.off = w.s->ndata, .size = size, .type = type, .add = add, .sym = target};
	sym_grow(w.o, w.s, w.s->ndata + size);
}

static LSym *info_sym(ObjPkg *o, LSym *type)
{
	if (!type)
		return obj_sym(o, S(DWARF_INFO "<unspecified>"), ABI0);
	Str name = str_has_prefix(type->name, "type:") ? str_from(type->name, 5) : type->name;
	return obj_symf(o, ABI0, DWARF_INFO "%.*s", STR_ARG(name));
}

static LSym *new_part(ObjPkg *o, LSym *fn, SymKind kind)
{
	LSym *s = obj_local(o, S(""));
	obj_define(o, s, kind, fn->seq);
	return s;
}

// ---- variables ----------------------------------------------------------------------------------

// The list of v's places; returns its offset in the function's location lists.
static u32 put_locs(Out w, LSym *fn, const DwarfVar *v)
{
	FuncInfo *f = fn->func;
	if (!f->dwarf_loc)
		f->dwarf_loc = new_part(w.o, fn, SYM_DWARFLOC);
	Out l = {w.o, f->dwarf_loc};
	u32 at = l.s->ndata;
	u8_(l, DW_RLE_base_addressx); // the entries of location lists are numbered like those of range lists
	ref(l, fn, 0, 3, R_DWTXTADDR_U3);
	for (u32 i = 0; i < v->nlocs; i++) {
		u8_(l, DW_RLE_offset_pair);
		uleb(l, v->locs[i].from);
		uleb(l, v->locs[i].to);
		uleb(l, v->locs[i].n);
		bytes_(l, f->loc_text + v->locs[i].at, v->locs[i].n);
	}
	u8_(l, DW_RLE_end_of_list);
	return at;
}

static void put_place(Out w, const DwarfVar *v)
{
	u8 loc[13] = {DW_OP_call_frame_cfa};
	u32 n = 1;
	if (v->nexpr || v->moves) { // nothing: not to be found
		u8_(w, v->nexpr);
		bytes_(w, v->expr, v->nexpr);
		return;
	}
	if (v->offset || v->in_heap) {
		loc[0] = DW_OP_fbreg;
		n += sleb_bytes(loc + 1, v->offset);
	}
	if (v->in_heap)
		loc[n++] = DW_OP_deref;
	u8_(w, (u8)n);
	bytes_(w, loc, n);
}

static void put_var(Out w, LSym *fn, const DwarfVar *v)
{
	static const u8 abbrevs[2][2][2] = {{{AB_VAR, AB_VAR_LOCLIST}, {AB_PARAM, AB_PARAM_LOCLIST}},
		{{AB_VAR_CONCRETE, AB_VAR_CONCRETE_LOCLIST}, {AB_PARAM_CONCRETE, AB_PARAM_CONCRETE_LOCLIST}}};
	bool param = v->is_param || v->is_result;
	uleb(w, abbrevs[v->abs != NULL][param][v->nlocs > 0]);
	if (v->abs) {
		ref(w, v->abs, v->die, 4, R_DWARFSECREF);
	} else {
		u32 line;
		obj_file_pos(w.o, v->pos, &line);
		string(w, v->name);
		if (param)
			u8_(w, v->is_result);
		uleb(w, line);
		ref(w, info_sym(w.o, v->type), 0, 4, R_DWARFSECREF);
	}
	if (!v->nlocs) {
		put_place(w, v);
		return;
	}
	if (!*v->list)
		*v->list = put_locs(w, fn, v) + 1;
	ref(w, fn->func->dwarf_loc, *v->list - 1, 4, R_DWARFSECREF);
}

// Variables of an inlined call (0: of the function) that are declared in one of its blocks.
static void put_vars(Out w, LSym *fn, u32 inl, u32 scope, u32 k)
{
	const FuncInfo *f = fn->func;
	for (; k < f->nvars && f->vars[k].inl == inl; k++)
		if (f->vars[k].scope == scope)
			put_var(w, fn, &f->vars[k]);
}

// ---- inlined calls ------------------------------------------------------------------------------

static u32 uleb_size(u64 v)
{
	u32 n = 1;
	while (v >>= 7)
		n++;
	return n;
}

// Every package that inlines a function has the entry, and one is kept: its name tells what is in it, because what
// official Go writes of the same function is different.
LSym *obj_abstract(ObjPkg *o, Str func, Pos pos, DwarfVar *vars, u32 n, bool *fresh)
{
	u32 line, at, hash = 2166136261u;
	obj_file_pos(o, pos, &line);
	at = (u32)(1 + func.n + 1 + 1 + uleb_size(line) + 1);
	for (u32 i = 0; i < n; i++) {
		vars[i].die = at;
		at += (u32)(1 + vars[i].name.n + 1 + 4);
		obj_file_pos(o, vars[i].pos, &line);
		at += vars[i].is_param || vars[i].is_result ? 1 : uleb_size(line);
		for (size_t k = 0; k < vars[i].name.n; k++)
			hash = (hash ^ (u8)vars[i].name.p[k]) * 16777619u;
		hash = (hash ^ line) * 16777619u;
	}
	LSym *s = obj_symf(o, ABI0, DWARF_INFO "%.*s$abstract.%x", STR_ARG(func), hash);
	*fresh = obj_define(o, s, SYM_DWARFABSFCN, OBJ_SEQ_NAME);
	return s;
}

void obj_abstract_write(ObjPkg *o, LSym *s, Str func, Pos pos, const DwarfVar *vars, u32 n)
{
	u32 line;
	Out w = {o, s};
	s->dupok = true;
	obj_file_pos(o, pos, &line);
	uleb(w, AB_FUNCTION_ABSTRACT);
	string(w, func);
	u8_(w, 1); // DW_INL_inlined
	uleb(w, line);
	u8_(w, 1);
	for (u32 i = 0; i < n; i++) {
		const DwarfVar *v = &vars[i];
		bool param = v->is_param || v->is_result;
		CHECK(s->ndata == v->die);
		uleb(w, param ? AB_PARAM_ABSTRACT : AB_VAR_ABSTRACT);
		string(w, v->name);
		if (param) {
			u8_(w, v->is_result);
		} else {
			obj_file_pos(o, v->pos, &line);
			uleb(w, line);
		}
		ref(w, info_sym(o, v->type), 0, 4, R_DWARFSECREF);
	}
	uleb(w, 0);
}

static LSym *abstract_func(ObjPkg *o, const InlNode *n)
{
	if (n->abs)
		return n->abs;
	bool fresh;
	Str name = n->func ? n->func->name : n->name;
	LSym *s = obj_abstract(o, name, 0, NULL, 0, &fresh);
	if (fresh)
		obj_abstract_write(o, s, name, 0, NULL, 0);
	return s;
}

enum { NO_SPAN = UINT32_MAX };
typedef struct Span { u32 from, to, next; } Span;       // code in a node or below it; next: of the same node
typedef struct InlShape { u32 first, last; i32 child, sibling; } InlShape; // spans; nodes right below, and beside
typedef struct Inliner {
	Out w;
	LSym *fn, *ranges;
	const FuncInfo *f;
	InlShape *shape;        // by node
	u32 *first_var;         // by node: index in f->vars
	VEC(Span) spans;
	Arena *a;
} Inliner;

// Code from from to to, behind all that was added before, is in node n and so in those around it.
static void add_span(Inliner *x, i32 n, u32 from, u32 to)
{
	const FuncInfo *f = x->f;
	for (u32 guard = 0; n >= 0 && (u32)n < f->ninl && guard <= f->ninl; guard++, n = f->inl[n].parent) {
		InlShape *s = &x->shape[n];
		if (s->last != NO_SPAN && x->spans.p[s->last].to == from) {
			x->spans.p[s->last].to = to;
			continue;
		}
		u32 k = x->spans.n;
		vec_push(x->a, &x->spans, (Span){from, to, NO_SPAN});
		if (s->last == NO_SPAN)
			s->first = k;
		else
			x->spans.p[s->last].next = k;
		s->last = k;
	}
}

static void put_body(Inliner *x, u32 inl, u32 scope, u32 first_var, i32 child);

static u32 range_list(Inliner *x)
{
	Out r = {x->w.o, x->ranges};
	u32 at = r.s->ndata;
	u8_(r, DW_RLE_base_addressx);
	ref(r, x->fn, 0, 3, R_DWTXTADDR_U3);
	return at;
}

static void put_span(Inliner *x, u32 from, u32 to)
{
	Out r = {x->w.o, x->ranges};
	u8_(r, DW_RLE_offset_pair);
	uleb(r, from);
	uleb(r, to);
}

static void put_inlined(Inliner *x, i32 i)
{
	const InlNode *n = &x->f->inl[i];
	if (x->shape[i].first == NO_SPAN)
		return;
	Out w = x->w, r = {w.o, x->ranges};
	u32 line, file = obj_file_pos(w.o, n->pos, &line), at = range_list(x);
	uleb(w, AB_INLINED_SUBROUTINE_RANGES);
	ref(w, abstract_func(w.o, n), 0, 4, R_DWARFSECREF);
	ref(w, r.s, at, 4, R_DWARFSECREF);
	for (u32 k = x->shape[i].first; k != NO_SPAN; k = x->spans.p[k].next)
		put_span(x, x->spans.p[k].from, x->spans.p[k].to);
	u8_(r, DW_RLE_end_of_list);
	u32_(w, file + 1);
	uleb(w, line);
	put_body(x, (u32)i + 1, 0, x->first_var[i], x->shape[i].child);
	uleb(w, 0);
}

// What is right below an inlined call (0: the function) or one of its blocks: variables, blocks, further calls.
static void put_body(Inliner *x, u32 inl, u32 scope, u32 first_var, i32 child)
{
	const FuncInfo *f = x->f;
	put_vars(x->w, x->fn, inl, scope, first_var);
	for (u32 s = scope; s < f->nscopes; s++) {
		const DwarfScope *d = &f->scopes[s];
		if (d->inl != inl || d->parent != scope || !d->nspans)
			continue;
		u32 at = range_list(x);
		for (u32 k = 0; k < d->nspans; k++)
			put_span(x, d->spans[k].from, d->spans[k].to);
		u8_((Out){x->w.o, x->ranges}, DW_RLE_end_of_list);
		uleb(x->w, AB_LEXICAL_BLOCK_RANGES);
		ref(x->w, x->ranges, at, 4, R_DWARFSECREF);
		put_body(x, inl, s + 1, first_var, child);
		uleb(x->w, 0);
	}
	for (i32 i = child; i >= 0; i = x->shape[i].sibling)
		if (f->inl[i].scope == scope)
			put_inlined(x, i);
}

static void put_all_inlined(Out w, LSym *fn, const FuncInfo *f)
{
	Arena *a = arena_new();
	Inliner x = {w, fn, f->dwarf_ranges, f, NEWN(a, InlShape, f->ninl), NEWN(a, u32, f->ninl), .a = a};
	for (u32 i = 0, k = 0; i < f->ninl; i++) {
		while (k < f->nvars && f->vars[k].inl <= i)
			k++;
		x.first_var[i] = k;
	}
	i32 top = -1;
	for (u32 i = 0; i < f->ninl; i++)
		x.shape[i] = (InlShape){NO_SPAN, NO_SPAN, -1, -1};
	for (u32 i = f->ninl; i-- > 0;) { // backwards, so that lists are in order
		i32 up = f->inl[i].parent;
		i32 *list = up >= 0 && (u32)up < f->ninl ? &x.shape[up].child : &top;
		x.shape[i].sibling = *list;
		*list = (i32)i;
	}
	for (PcIter it = pciter(f->pcinline); !it.done; pciter_next(&it))
		if (it.next > it.pc)
			add_span(&x, it.val, it.pc, it.next);
	put_body(&x, 0, 0, 0, top);
	arena_free(a);
}

// ---- lines --------------------------------------------------------------------------------------

static void put_row(Out w, u32 dpc, i64 dline)
{
	if (dline < LINE_BASE || dline >= LINE_BASE + LINE_RANGE) {
		u8_(w, DW_LNS_advance_line);
		sleb(w, dline);
		dline = 0;
	}
	u32 room = (255 - LINE_OPCODE_BASE - (u32)(dline - LINE_BASE)) / LINE_RANGE;
	if (dpc > room) {
		u8_(w, DW_LNS_advance_pc);
		uleb(w, dpc);
		dpc = 0;
	}
	u8_(w, (u8)(LINE_OPCODE_BASE + (u32)(dline - LINE_BASE) + LINE_RANGE * dpc));
}

static void put_lines(Out w, LSym *fn, const FuncInfo *f)
{
	u8_(w, 0);
	uleb(w, 9);
	u8_(w, DW_LNE_set_address);
	ref(w, fn, 0, 8, R_ADDR);
	PcIter line = pciter(f->pcline), file = pciter(f->pcfile);
	i64 at_line = 1;
	i32 at_file = 0;
	u32 at_pc = 0;
	bool prologue = f->prologue_end != 0;
	for (u32 pc = 0; pc < fn->size;) {
		if (line.done || file.done)
			break;
		u32 next = MIN(line.next, file.next);
		bool wrote = false;
		if (line.val > 0 && file.val >= 0 && next > pc) {
			if (file.val != at_file) {
				u8_(w, DW_LNS_set_file);
				uleb(w, (u32)file.val + 1);
				at_file = file.val;
				wrote = true;
			}
			bool split = prologue && pc < f->prologue_end && f->prologue_end < next;
			if (prologue && pc >= f->prologue_end) {
				u8_(w, DW_LNS_set_prologue_end);
				prologue = false;
				wrote = true;
			}
			if (wrote || line.val != at_line) {
				put_row(w, pc - at_pc, line.val - at_line);
				at_pc = pc;
				at_line = line.val;
			}
			if (split)
				next = f->prologue_end;
		}
		pc = next;
		if (line.next == pc)
			pciter_next(&line);
		if (file.next == pc)
			pciter_next(&file);
	}
	u8_(w, DW_LNS_advance_pc);
	uleb(w, fn->size - at_pc);
	u8_(w, 0);
	uleb(w, 1);
	u8_(w, DW_LNE_end_sequence);
}

void obj_func_dwarf(ObjPkg *o, LSym *fn)
{
	FuncInfo *f = fn->func;
	if (!f || !fn->size || f->dwarf_info)
		return;
	u32 line, file = obj_file_pos(o, f->pos, &line);
	Out w = {o, f->dwarf_info = new_part(o, fn, SYM_DWARFFCN)};
	f->dwarf_ranges = new_part(o, fn, SYM_DWARFRANGE);
	uleb(w, fn->wrapper ? AB_WRAPPER : AB_FUNCTION);
	string(w, fn->name);
	ref(w, fn, 0, 3, R_DWTXTADDR_U3);
	uleb(w, fn->size);
	u8_(w, 1);
	u8_(w, DW_OP_call_frame_cfa);
	if (fn->wrapper) {
		u8_(w, 1);
	} else {
		u32_(w, file + 1);
		uleb(w, line);
		u8_(w, fn->abi != ABI_STATIC);
	}
	if (f->ninl || f->nscopes)
		put_all_inlined(w, fn, f);
	else
		put_vars(w, fn, 0, 0, 0);
	uleb(w, 0);
	Out l = {o, f->dwarf_lines = new_part(o, fn, SYM_DWARFLINES)};
	put_lines(l, fn, f);
}

void obj_var_dwarf(ObjPkg *o, LSym *var)
{
	if (var->dwarf_var || !var->gotype)
		return;
	LSym *s = obj_local(o, S(""));
	obj_define(o, s, SYM_DWARFVAR, var->seq);
	Out w = {o, s};
	uleb(w, AB_VARIABLE);
	string(w, var->name);
	u8_(w, 9);
	u8_(w, DW_OP_addr);
	ref(w, var, 0, 8, R_ADDR);
	ref(w, info_sym(o, var->gotype), 0, 4, R_DWARFSECREF);
	u8_(w, 1);
	var->dwarf_var = s;
}

void obj_const_dwarf(ObjPkg *o, Str name, LSym *type, i64 val)
{
	LSym *s = obj_symf(o, ABI0, DWARF_CONST "%.*s", STR_ARG(o->path));
	obj_define(o, s, SYM_DWARFCONST, OBJ_SEQ_NAME);
	s->dupok = true; // tests link two packages main
	Out w = {o, s};
	uleb(w, AB_INT_CONSTANT);
	bytes_(w, o->path.p, o->path.n);
	u8_(w, '.');
	string(w, name);
	ref(w, info_sym(o, type), 0, 4, R_DWARFSECREF);
	sleb(w, val);
}

void obj_unit_dwarf(ObjPkg *o, const char *what, Str text)
{
	LSym *s = obj_symf(o, ABI0, "go:cuinfo.%s.%.*s", what, STR_ARG(o->path));
	if (!obj_define(o, s, SYM_DWARFCUINFO, OBJ_SEQ_NAME))
		return;
	s->dupok = true;
	sym_bytes(o, s, 0, text.p, text.n);
}
