// owner.c: what several objects define alike (instances of generic functions, wrappers, types, strings) comes from the first
// object, in the order of the link, in which something that is reached refers to it. So the program does not depend on what objects
// define beyond that: archives that leave out what no program has needed yet give the same one as whole archives.
#include "link/linker.h"

typedef struct Owners { Linker *L; SymList work; } Owners;

typedef void RefFn(Owners *w, const Obj *o, SymRef r, Sym *to);

static void each_ref(Owners *w, Sym *s, RefFn *fn);

static bool is_shared(const Sym *s) { return (s->oflag & OSYM_DUPOK) || (s->flags & SF_HASHED); }

static void drop(Owners *w, const Obj *o, SymRef r, Sym *to);

// What only this object knows (tables of a function, say) comes and goes with what refers to it. What another definition did not
// refer to is reached with this one.
static void reach_with(Owners *w, Sym *to, bool yes)
{
	bool is = to->flags & SF_REACHED;
	if (is == yes)
		return;
	to->flags ^= SF_REACHED;
	if (yes)
		vec_push(w->L->arena, &w->work, to);
	else
		each_ref(w, to, drop);
}

static void drop(Owners *w, const Obj *o, SymRef r, Sym *to)
{
	if (to && goobj_local(&o->g, r) < o->g.ndef)
		reach_with(w, to, false);
}

// The bytes of short contents are their hash, which trailing zeros do not change: the larger size stands, as when they were found
// (load.c, hashed), or a pointer mask of 8 bytes would share the first byte of a string.
static bool stands_before(Linker *L, const Sym *s, u32 id, u32 other)
{
	if (!(s->flags & SF_HASHED))
		return id < other;
	Obj *o = obj_of(L, id), *p = obj_of(L, other);
	u32 size = goobj_size(goobj_sym(&o->g, id - o->base)), than = goobj_size(goobj_sym(&p->g, other - p->base));
	return size != than ? size > than : id < other;
}

static void note(Owners *w, const Obj *o, SymRef r, Sym *to)
{
	u32 li = goobj_local(&o->g, r), id = o->base + li;
	if (to && (li < o->g.ndef || to->obj))
		reach_with(w, to, true);
	if (!to || !is_shared(to) || !to->obj || li == UINT32_MAX || li < o->g.ndef || li >= o->g.nall ||
		(to->first && !stands_before(w->L, to, id, to->first)))
		return;
	to->first = id;
	vec_push(w->L->arena, &w->work, to);
}

// The same references that mark.c follows.
static void each_ref(Owners *w, Sym *s, RefFn *fn)
{
	Linker *L = w->L;
	for (u32 i = 0; i < s->nrels; i++) {
		Rel r = rel_at(L, s, i);
		const u8 *p = s->raw + (size_t)i * GOOBJ_RELOC;
		if (r.weak)
			continue;
		switch (r.type) {
		case R_USETYPE: case R_INITORDER: case R_USEIFACE: case R_USEIFACEMETHOD: case R_USENAMEDMETHOD:
			break;
		case R_METHODOFF: {
			bool live = map_has(&L->live_methods, (u64)s->index << 32 | i);
			for (u32 j = 0; j < 3 && i + j < s->nrels; j++, p += GOOBJ_RELOC) {
				Sym *to = rel_at(L, s, i + j).sym;
				if (live)
					fn(w, s->obj, goobj_ref(p + 15), to);
			}
			i += 2;
			break;
		}
		default:
			fn(w, s->obj, goobj_ref(p + 15), r.sym);
		}
	}
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX)
		if (aux[0] == AUX_FUNCDATA)
			fn(w, s->obj, goobj_ref(aux + 1), sym_resolve(L, s->obj, goobj_ref(aux + 1)));
}

static void settle(Owners *w)
{
	while (w->work.n) {
		Sym *s = vec_pop(&w->work);
		if (s->first && s->first != s->id) {
			each_ref(w, s, drop);
			sym_take(w->L, s, s->first);
		}
		each_ref(w, s, note);
	}
}

void settle_owners(Linker *L)
{
	Owners w = {.L = L};
	for (u32 shared = 0; shared < 2; shared++) // those that nobody refers to beside a definition come last
		for (u32 i = 1; i < L->nsyms; i++) {
			Sym *s = &L->chunks[i / SYM_CHUNK][i % SYM_CHUNK];
			if ((s->flags & SF_REACHED) && s->obj && !(s->flags & SF_OWNED) && is_shared(s) == shared && !s->first) {
				each_ref(&w, s, note);
				settle(&w);
			}
		}
}
