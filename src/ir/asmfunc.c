// asmfunc.c: what the compiler knows of functions whose body is assembly: the pointer map of their arguments and the
// description of arguments for tracebacks, as symbols that the assembler's FUNCDATA refer to (liveness/plive.go
// WriteFuncMap, ssagen EmitArgInfo). Layout: ABI0, everything on the stack.
#include "ir/build.h"
#include "rtti/rtti.h"

// internal/abi/symtab.go
enum { ARGS_LIMIT = 10, ARGS_MAX_DEPTH = 5, ARGS_END_SEQ = 0xff, ARGS_START_AGG = 0xfe, ARGS_END_AGG = 0xfd, ARGS_DOTS = 0xfc,
	ARGS_OFFSET_TOO_LARGE = 0xfb, ARGS_SPECIAL = 0xf0 };

typedef struct ArgInfo { Buf b; u32 n; } ArgInfo;

static bool write_one(ArgInfo *w, i64 size, i64 off)
{
	if (off >= ARGS_SPECIAL) {
		buf_u8(&w->b, ARGS_OFFSET_TOO_LARGE);
	} else {
		buf_u8(&w->b, (u8)off);
		buf_u8(&w->b, (u8)size);
	}
	w->n++;
	return true;
}

// False when enough has been written.
static bool write_type(ArgInfo *w, i64 off, Type *t, u32 depth)
{
	Type *u = type_under(t);
	if (w->n >= ARGS_LIMIT) {
		buf_u8(&w->b, ARGS_DOTS);
		return false;
	}
	bool string = u->kind == TY_BASIC && u->info & INFO_STRING, complex = u->kind == TY_BASIC && u->info & INFO_COMPLEX;
	if (!string && !complex && u->kind != TY_STRUCT && u->kind != TY_ARRAY && u->kind != TY_INTERFACE && u->kind != TY_SLICE)
		return write_one(w, type_size(u), off);
	buf_u8(&w->b, ARGS_START_AGG);
	depth++;
	if (depth >= ARGS_MAX_DEPTH) {
		buf_u8(&w->b, ARGS_DOTS);
		buf_u8(&w->b, ARGS_END_AGG);
		w->n++;
		return true;
	}
	if (u->kind == TY_STRUCT || u->kind == TY_ARRAY) {
		i64 n = u->kind == TY_STRUCT ? u->structt.n : u->array.len;
		if (n == 0)
			w->n++;
		for (i64 i = 0; i < n; i++) {
			Type *e = u->kind == TY_STRUCT ? ir_field_type(t, (u32)i) : ir_elem(t);
			i64 at = u->kind == TY_STRUCT ? struct_offset(u, (u32)i) : i * type_size(e);
			if (!write_type(w, off + at, e, depth))
				break;
		}
	} else if (complex) {
		Type *part = type_size(u) == 8 ? TYPE(FLOAT32) : TYPE(FLOAT64);
		if (write_type(w, off, part, depth))
			write_type(w, off + type_size(part), part, depth);
	} else {
		i64 words = u->kind == TY_SLICE ? 3 : 2;
		for (i64 i = 0; i < words; i++)
			if (!write_type(w, off + 8 * i, TYPE(UINTPTR), depth))
				break;
	}
	buf_u8(&w->b, ARGS_END_AGG);
	return true;
}

static i64 place(Type *t, i64 *off)
{
	i64 align = type_align(t);
	i64 at = ALIGN_UP(*off, align);
	*off = at + type_size(t);
	return at;
}

static void write_map(IrUnit *u, LSym *s, u64 off, BitSet bits, u32 n)
{
	for (u32 j = 0; j < n; j += 8) {
		u8 byte = 0;
		for (u32 k = 0; k < 8 && j + k < n; k++)
			byte |= (u8)(bits_has(bits, j + k) << k);
		sym_u8(u->obj, s, off++, byte);
	}
}

void ir_asm_func_data(IrUnit *u, IrFunc *f)
{
	u32 np = ir_nparams(f->sig), nr = ir_nresults(f->sig);
	Type *recv = f->obj->type->func.recv ? types_canon(f->obj->type->func.recv->type) : NULL;
	i64 off = 0, total = 0;
	if (recv)
		place(recv, &total);
	for (u32 i = 0; i < np; i++)
		place(ir_param(f->sig, i), &total);
	total = ALIGN_UP(total, 8);
	i64 results = total;
	for (u32 i = 0; i < nr; i++)
		place(ir_result(f->sig, i), &total);
	total = ALIGN_UP(total, 8);
	u32 nwords = (u32)(total / 8);
	BitSet bits = bits_new(u->arena, nwords + 64);
	ArgInfo info = {0};
	bool more = true;
	if (recv) {
		i64 at = place(recv, &off);
		rtti_pointer_words(recv, at, bits);
		more = write_type(&info, at, recv, 0);
	}
	for (u32 i = 0; i < np; i++) {
		Type *t = ir_param(f->sig, i);
		i64 at = place(t, &off);
		rtti_pointer_words(t, at, bits);
		if (more)
			more = write_type(&info, at, t, 0);
	}
	buf_u8(&info.b, ARGS_END_SEQ);
	LSym *m = obj_symf(u->obj, ABI0, STR_FMT ".args_stackmap", STR_ARG(f->sym));
	obj_define(u->obj, m, SYM_RODATA, OBJ_SEQ_NAME);
	m->linkname = true;
	u32 bytes = (nwords + 7) / 8;
	sym_u32(u->obj, m, 0, nr ? 2 : 1);
	sym_u32(u->obj, m, 4, nwords);
	write_map(u, m, 8, bits, nwords);
	if (nr) {
		off = results;
		for (u32 i = 0; i < nr; i++) {
			Type *t = ir_result(f->sig, i);
			rtti_pointer_words(t, place(t, &off), bits);
		}
		write_map(u, m, 8 + bytes, bits, nwords);
	}
	m->size = 8 + (nr ? 2 : 1) * bytes;
	LSym *a = obj_symf(u->obj, ABI0, STR_FMT ".arginfo0", STR_ARG(f->sym));
	obj_define(u->obj, a, SYM_RODATA, OBJ_SEQ_NAME);
	a->align = 1;
	sym_bytes(u->obj, a, 0, info.b.p, info.b.n);
	a->size = info.b.n;
	buf_free(&info.b);
}
