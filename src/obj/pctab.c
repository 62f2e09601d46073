// pctab.c: pc-value tables, the delta-coded runs by which the runtime maps a pc to a line, a file, the stack
// depth and so on (runtime/symtab.go, pcvalue). The value before the first pair is -1.
#include "obj/obj.h"

void pctab_at(PcTab *t, u32 pc, i32 val)
{
	i32 old = t->started ? t->val : -1;
	if (val == old && (t->started || pc > 0))
		return;
	if (t->started)
		buf_uvarint(&t->b, pc - t->pc);
	buf_varint(&t->b, (i64)val - old);
	t->started = true;
	t->pc = pc;
	t->val = val;
}

Str pctab_end(ObjPkg *o, PcTab *t, u32 size)
{
	Str s = {"", 0};
	if (t->started && !(t->b.n == 1 && t->val == -1)) {
		buf_uvarint(&t->b, size - t->pc);
		buf_u8(&t->b, 0);
		u8 *p = obj_alloc(o, t->b.n);
		memcpy(p, t->b.p, t->b.n);
		s = str_n((char *)p, t->b.n);
	}
	buf_free(&t->b);
	*t = (PcTab){0};
	return s;
}

static bool uvarint(PcIter *it, u64 *v)
{
	*v = 0;
	for (u32 sh = 0; it->p < it->end && sh < 64; sh += 7) {
		u8 c = *it->p++;
		*v |= (u64)(c & 0x7f) << sh;
		if (c < 0x80)
			return true;
	}
	return false;
}

void pciter_next(PcIter *it)
{
	u64 v, pc;
	it->pc = it->next;
	if (it->done)
		return;
	if (it->p == it->end || !uvarint(it, &v) || (v == 0 && !it->first) || !uvarint(it, &pc)) {
		it->done = true;
		return;
	}
	it->first = false;
	it->val = (i32)((u32)it->val + (u32)((i64)(v >> 1) ^ -(i64)(v & 1)));
	it->next = it->pc + (u32)pc;
}

PcIter pciter(Str tab)
{
	PcIter it = {.p = (const u8 *)tab.p, .end = (const u8 *)tab.p + tab.n, .val = -1, .first = true};
	pciter_next(&it);
	return it;
}
