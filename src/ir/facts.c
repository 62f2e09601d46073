// facts.c: what callers need to know of a package's functions, kept with its archive: of each function that is never
// inlined, how its parameters flow (its escape summary). With that, a function of an imported package needs no body.
// Those without a record are built and analysed from their source, as if there were no facts.
//
// Layout, little-endian: checksum of the rest (u32), number n (u32), n pairs of a name's hash and an offset from the
// beginning (u32 each), sorted; at each offset the symbol and the summary.
#include "ir/build.h"

#include "base/reader.h"

#include <stdlib.h>

enum { HEAD = 8, ENTRY = 8 };

typedef struct Entry { u32 hash; IrFunc *f; } Entry;
typedef VEC(Entry) EntryVec;

static int by_hash(const void *x, const void *y)
{
	const Entry *a = x, *b = y;
	return a->hash != b->hash ? (a->hash > b->hash) - (a->hash < b->hash) : str_cmp(a->f->sym, b->f->sym);
}

static void write_leaks(Buf *out, const Leaks *l)
{
	u32 mask = 0;
	for (u32 k = 0; k < LEAK_COUNT; k++)
		mask |= (u32)(l->d[k] >= 0) << k;
	buf_uvarint(out, mask);
	for (u32 k = 0; k < LEAK_COUNT; k++)
		if (mask >> k & 1)
			buf_u8(out, (u8)l->d[k]);
}

void ir_facts_write(Package *p, Buf *out)
{
	Arena *a = arena_new();
	EntryVec v = {0};
	for (u32 i = 0; i < p->funcs.n; i++) {
		Object *o = p->funcs.p[i];
		if (name_is_blank(o->name) || o->type->func.ntparams || o->type->func.nrecv_tparams)
			continue;
		IrFunc *f = ir_func_of(o, NULL, 0);
		if (f->has_body && atomic_load_explicit(&f->state, memory_order_acquire) == FS_ANALYSED && !ir_inlinable(f))
			vec_push(a, &v, (Entry){hash_str(f->sym), f});
	}
	if (v.n)
		qsort(v.p, v.n, sizeof *v.p, by_hash);
	size_t base = out->n;
	buf_u32(out, 0);
	buf_u32(out, v.n);
	buf_zeros(out, (size_t)v.n * ENTRY);
	for (u32 i = 0; i < v.n; i++) {
		IrFunc *f = v.p[i].f;
		put_u32(out->p + base + HEAD + i * ENTRY, v.p[i].hash);
		put_u32(out->p + base + HEAD + i * ENTRY + 4, (u32)(out->n - base));
		buf_uvarint(out, f->sym.n);
		buf_str(out, f->sym);
		buf_uvarint(out, f->summary->nparams);
		for (u32 k = 0; k < f->summary->nparams; k++)
			write_leaks(out, &f->summary->params[k]);
	}
	put_u32(out->p + base, hash_bytes(out->p + base + 4, out->n - base - 4));
	arena_free(a);
}

bool ir_facts_valid(Str facts)
{
	return facts.n >= HEAD && get_u32(facts.p) == hash_bytes(facts.p + 4, facts.n - 4)
		&& get_u32(facts.p + 4) <= (facts.n - HEAD) / ENTRY;
}

static bool read_summary(Reader *in, IrSummary *s)
{
	u64 n = read_uvarint(in);
	if (in->bad || n > (u64)(in->end - in->p))
		return false;
	Leaks *l = NEWN(ir_arena(), Leaks, n + 1);
	for (u64 i = 0; i < n; i++) {
		u64 mask = read_uvarint(in);
		for (u32 k = 0; k < LEAK_COUNT; k++)
			l[i].d[k] = mask >> k & 1 ? (i8)(read_bytes(in, 1).p[0] & 127) : -1;
	}
	if (in->bad)
		return false;
	s->params = l;
	s->nparams = (u32)n;
	s->cost = -1;
	return true;
}

// Under the analysis lock.
bool ir_facts(IrFunc *f)
{
	IrSummary *s = f->summary;
	if (s->from_facts)
		return true;
	if (f->kind != IRK_DECL || !f->has_body || s->no_facts || !f->pkg->facts.n)
		return false;
	s->no_facts = true;
	Str t = f->pkg->facts;
	u32 h = hash_str(f->sym), low = 0, high = get_u32(t.p + 4);
	while (low < high) {
		u32 mid = (low + high) / 2;
		if (get_u32(t.p + HEAD + mid * ENTRY) < h)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < get_u32(t.p + 4) && get_u32(t.p + HEAD + low * ENTRY) == h; low++) {
		u32 at = get_u32(t.p + HEAD + low * ENTRY + 4);
		Reader in = {t.p + MIN(at, t.n), t.p + t.n, false};
		if (!str_eq(read_str(&in), f->sym))
			continue;
		s->from_facts = read_summary(&in, s) && s->nparams == ir_nparams(f->sig) + (f->obj->type->func.recv != NULL);
		if (!s->from_facts)
			s->params = NULL;
		return s->from_facts;
	}
	return false;
}
