// gcprog.c: where the pointers lie in .data and .bss, as the program of literal and repeat instructions that
// the runtime runs at start-up (runtime/mbitmap.go, runGCProg; cmd/internal/gcprog).
#include "link/linker.h"

enum { MAX_LITERAL = 127 };

typedef struct Prog { Linker *L; Buf b; u64 at; u8 lit[MAX_LITERAL]; u32 nlit; u32 depth; } Prog;

static void flush_literals(Prog *p)
{
	if (!p->nlit)
		return;
	buf_u8(&p->b, (u8)p->nlit);
	for (u32 i = 0; i < p->nlit; i += 8) {
		u8 bits = 0;
		for (u32 j = i; j < MIN(i + 8, p->nlit); j++)
			bits |= (u8)(p->lit[j] << (j - i));
		buf_u8(&p->b, bits);
	}
	p->nlit = 0;
}

static void literal(Prog *p, u8 bit)
{
	if (p->nlit == MAX_LITERAL)
		flush_literals(p);
	p->lit[p->nlit++] = bit;
	p->at++;
}

// Repeats the last n bits c more times.
static void repeat(Prog *p, u64 n, u64 c)
{
	if (!n || !c)
		return;
	flush_literals(p);
	if (n < 128) {
		buf_u8(&p->b, (u8)(0x80 | n));
	} else {
		buf_u8(&p->b, 0x80);
		buf_uvarint(&p->b, n);
	}
	buf_uvarint(&p->b, c);
	p->at += n * c;
}

static void zero_until(Prog *p, u64 at)
{
	if (at <= p->at)
		return;
	u64 skip = at - p->at;
	if (skip < 32) {
		while (skip--)
			literal(p, 0);
		return;
	}
	literal(p, 0);
	repeat(p, 1, skip - 1);
}

static u64 type_word(const Sym *t, u32 off) { return off + 8 <= t->ndata ? get_u64(t->data + off) : 0; }

static bool add_type(Prog *p, u64 off, Sym *t)
{
	if (!t || t->ndata < TYPE_COMMON || p->depth > 200)
		return false;
	u64 ptrdata = type_word(t, TYPE_PTRDATA);
	if (!ptrdata)
		return true;
	u8 kind = t->data[TYPE_KIND] & 31;
	bool ok = true;
	p->depth++;
	if (kind == KIND_ARRAY) {
		Sym *elem = rel_target_at(p->L, t, TYPE_ELEM);
		u64 n = type_word(t, TYPE_ARRAY_LEN);
		ok = add_type(p, off, elem);
		if (ok && n > 1) {
			u64 size = type_word(elem, TYPE_SIZE);
			zero_until(p, (off + size) / 8);
			repeat(p, size / 8, n - 1);
		}
	} else if (kind == KIND_STRUCT) {
		u64 n = type_word(t, TYPE_COMMON + 16);
		u32 f = TYPE_COMMON + 32 + (t->data[TYPE_TFLAG] & TFLAG_UNCOMMON ? UNCOMMON_SIZE : 0);
		for (u64 i = 0; i < n && ok; i++, f += 24) {
			if (f + 24 > t->ndata)
				break; // fields of zero offset at the end may be cut with their zeros
			Sym *ft = rel_target_at(p->L, t, f + 8);
			if (ft && type_word(ft, TYPE_PTRDATA))
				ok = add_type(p, off + type_word(t, f + 16), ft);
		}
	} else {
		Sym *mask = rel_target_at(p->L, t, TYPE_GCDATA);
		if (!mask || t->data[TYPE_TFLAG] & TFLAG_GCMASK_ON_DEMAND) {
			ok = false;
		} else {
			for (u64 i = 0; i < ptrdata / 8; i++)
				if (i / 8 < mask->ndata && mask->data[i / 8] >> (i % 8) & 1) {
					zero_until(p, off / 8 + i);
					literal(p, 1);
				}
		}
	}
	p->depth--;
	return ok;
}

static Sym *gotype_of(Linker *L, Sym *s)
{
	if (!s->obj)
		return NULL;
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX)
		if (aux[0] == AUX_GOTYPE)
			return sym_resolve(L, s->obj, goobj_ref(aux + 1));
	return NULL;
}

// syms in ascending address; addr is the offset in the section. end: bytes of the section.
Buf gcprog_build(Linker *L, SymList *syms, u64 end)
{
	Prog p = {.L = L};
	for (u32 i = 0; i < syms->n; i++) {
		Sym *s = syms->p[i], *t = gotype_of(L, s);
		if (s->size < 8)
			continue;
		if (!t && s->kind == SYM_DATA_FIPS)
			continue;
		if (!t)
			link_error(L, s, "missing Go type information for global symbol: size %llu", (unsigned long long)s->size);
		else if (!add_type(&p, s->addr, t))
			link_error(L, s, "no pointer mask for its type %.*s", STR_ARG(t->name));
	}
	zero_until(&p, end / 8);
	flush_literals(&p);
	buf_u8(&p.b, 0);
	return p.b;
}
