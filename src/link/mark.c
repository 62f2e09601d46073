// mark.c: which symbols the program can reach from its entry point. Methods of a type are kept only when the
// type may become an interface value and some reached code calls an interface method of that name and type, or
// reflection is used. Rules: cmd/link/internal/ld/deadcode.go. Every relocation of a reached symbol is
// resolved here, so later passes may follow relocations from many threads.
#include "link/linker.h"

#include <stdlib.h>

typedef struct Method { Sym *src, *typ; Str name; u32 rel, hash; bool exported; } Method;

typedef struct SigSlot { Str name; Sym *typ; u32 hash; bool used; } SigSlot;
typedef struct SigSet { SigSlot *p; u32 n, cap; } SigSet; // (name, type), type NULL for a bare name

typedef struct Marker {
	Linker *L;
	Sym **work;
	u32 n, cap;
	SigSet sigs;
	Method *methods;
	u32 nmethods, cmethods;
	bool reflect_seen, grew;
} Marker;

static u32 sig_hash(Str name, const Sym *typ) { return hash_str(name) ^ (typ ? typ->id * 0x9e3779b9u : 0x85ebca6bu); }

static bool sig_has(const SigSet *s, Str name, const Sym *typ, u32 hash)
{
	if (!s->cap)
		return false;
	for (u32 j = hash & (s->cap - 1); s->p[j].used; j = (j + 1) & (s->cap - 1))
		if (s->p[j].hash == hash && s->p[j].typ == typ && str_eq(s->p[j].name, name))
			return true;
	return false;
}

static bool sig_add(SigSet *s, Str name, Sym *typ)
{
	u32 hash = sig_hash(name, typ);
	if (sig_has(s, name, typ, hash))
		return false;
	if (s->n * 2 >= s->cap) {
		SigSet t = {calloc(s->cap ? s->cap * 2 : 256, sizeof(SigSlot)), s->n, s->cap ? s->cap * 2 : 256};
		if (!t.p)
			base_die("out of memory");
		for (u32 i = 0; i < s->cap; i++) {
			if (!s->p[i].used)
				continue;
			u32 j = s->p[i].hash & (t.cap - 1);
			while (t.p[j].used)
				j = (j + 1) & (t.cap - 1);
			t.p[j] = s->p[i];
		}
		free(s->p);
		*s = t;
	}
	u32 j = hash & (s->cap - 1);
	while (s->p[j].used)
		j = (j + 1) & (s->cap - 1);
	s->p[j] = (SigSlot){name, typ, hash, true};
	s->n++;
	return true;
}

Sym *rel_target_at(Linker *L, Sym *s, u32 off)
{
	u32 lo = 0, hi = s->nrels;
	while (lo < hi) { // relocations are in order of offset
		u32 m = (lo + hi) / 2;
		if (rel_off(s, m) < off)
			lo = m + 1;
		else
			hi = m;
	}
	if (lo < s->nrels && rel_off(s, lo) == off)
		return rel_at(L, s, lo).sym;
	return NULL;
}

// A name of package internal/abi: a byte of flags, the length as a varint, the bytes.
static Str name_bytes(const Sym *s)
{
	u64 n = 0;
	u32 i = 1;
	if (!s)
		return (Str){"", 0};
	for (u32 sh = 0; i < s->ndata && sh < 35; sh += 7) {
		u8 c = s->data[i++];
		n |= (u64)(c & 0x7f) << sh;
		if (c < 0x80)
			break;
	}
	return n <= s->ndata - MIN(i, s->ndata) ? str_n((const char *)s->data + i, (u32)n) : (Str){"", 0};
}

Str type_name_at(Linker *L, Sym *type, u32 off) { return name_bytes(rel_target_at(L, type, off)); }

Str type_string(Linker *L, Sym *t)
{
	Str s = type_name_at(L, t, TYPE_STR);
	if (t->ndata > TYPE_TFLAG && (t->data[TYPE_TFLAG] & TFLAG_EXTRA_STAR) && s.n)
		return str_from(s, 1);
	return s;
}

static Str dep_name(const Sym *s) { return s ? s->name : S("_"); }

static void push(Marker *m, Sym *s)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 4096;
		m->work = realloc(m->work, m->cap * sizeof *m->work);
		if (!m->work)
			base_die("out of memory");
	}
	m->work[m->n++] = s;
}

static void mark(Marker *m, Sym *s, const Sym *from)
{
	if (!s || (s->flags & SF_REACHED))
		return;
	s->flags |= SF_REACHED;
	push(m, s);
	if (m->L->cfg->dump_deps && s->name.n)
		printf("%.*s%s -> %.*s%s%s\n", STR_ARG(dep_name(from)), from && (from->flags & SF_USED_IN_IFACE) ? " <UsedInIface>" : "",
		       STR_ARG(s->name), s->flags & SF_USED_IN_IFACE ? " <UsedInIface>" : "",
		       s->oflag & OSYM_REFLECT_METHOD ? " <ReflectMethod>" : "");
}

// A type that was passed before it was known to be used in interfaces must be looked at again.
static void again_if_iface(Marker *m, Sym *s)
{
	if ((s->flags & (SF_USED_IN_IFACE | SF_IFACE_SEEN | SF_REACHED)) == (SF_USED_IN_IFACE | SF_REACHED) &&
	    (s->oflag & OSYM_GOTYPE)) {
		s->flags |= SF_IFACE_SEEN;
		push(m, s);
	}
}

static void use_in_iface(Marker *m, Sym *s)
{
	s->flags |= SF_USED_IN_IFACE;
	again_if_iface(m, s);
}

static bool is_exported(Str name)
{
	u32 w;
	return name.n && unicode_is_upper(utf8_decode(name.p, name.n, &w));
}

static void add_method(Marker *m, Sym *src, u32 rel, u32 off, Sym *typ)
{
	if (m->nmethods == m->cmethods) {
		m->cmethods = m->cmethods ? m->cmethods * 2 : 4096;
		m->methods = realloc(m->methods, m->cmethods * sizeof *m->methods);
		if (!m->methods)
			base_die("out of memory");
	}
	// abi.Method: name, type, two entry points, 4 bytes each; off is of the type.
	Str name = off >= 4 ? type_name_at(m->L, src, off - 4) : S("");
	m->methods[m->nmethods++] = (Method){src, typ, name, rel, sig_hash(name, typ), is_exported(name)};
}

// Relocations that mean no more than that their target is needed.
static const bool plain[] = {[R_ADDR] = true, [R_ADDROFF] = true, [R_CALL] = true, [R_PCREL] = true};

static void visit(Marker *m, Sym *s)
{
	Linker *L = m->L;
	bool gotype = s->oflag & OSYM_GOTYPE && !(s->flags & SF_OWNED);
	bool iface = gotype && (s->flags & SF_USED_IN_IFACE);
	if (iface)
		s->flags |= SF_IFACE_SEEN;
	if (s->oflag & OSYM_REFLECT_METHOD)
		m->reflect_seen = true;
	for (u32 i = 0; i < s->nrels; i++) {
		u32 *of = NULL;
		if (s->raw && !s->rels && !iface) {
			// Most references are to what is reached already: the table alone says so.
			const u8 *p = s->raw + (size_t)i * GOOBJ_RELOC;
			u16 type = get_u16(p + 5);
			u32 li = type < LENGTH(plain) && plain[type] ? goobj_local(&s->obj->g, goobj_ref(p + 15)) : UINT32_MAX;
			if (li != UINT32_MAX) {
				of = &L->of[s->obj->base + li];
				if ((*of & (OF_TAG | OF_DONE)) == (OF_SYM | OF_DONE))
					continue;
			}
		}
		Rel r = rel_at(L, s, i);
		if (!r.sym)
			continue;
		again_if_iface(m, r.sym);
		if (r.weak)
			continue;
		switch (r.type) {
		case R_METHODOFF: // three in a row: type, interface entry, direct entry
			if (iface && i + 2 < s->nrels) {
				add_method(m, s, i, r.off, r.sym);
				use_in_iface(m, r.sym);
			}
			for (u32 j = 1; j <= 2 && i + 1 < s->nrels; j++) {
				i++;
				rel_at(L, s, i); // resolved for later passes
			}
			continue;
		case R_USETYPE:
		case R_INITORDER:
			continue;
		case R_USEIFACE: {
			Sym *t = r.sym->oflag2 & OSYM_ITAB ? rel_target_at(L, r.sym, ITAB_TYPE) : r.sym;
			if (t)
				use_in_iface(m, t);
			continue;
		}
		case R_USEIFACEMETHOD: {
			Sym *typ = rel_target_at(L, r.sym, (u32)r.add + 4);
			m->grew |= sig_add(&m->sigs, type_name_at(L, r.sym, (u32)r.add), typ);
			continue;
		}
		case R_USENAMEDMETHOD:
			m->grew |= sig_add(&m->sigs, str_n((const char *)r.sym->data, r.sym->ndata), NULL);
			continue;
		}
		if (iface && (r.sym->oflag & OSYM_GOTYPE) && !(r.sym->flags & SF_USED_IN_IFACE))
			use_in_iface(m, r.sym);
		mark(m, r.sym, s);
		if (of && (*of & OF_TAG) == OF_SYM)
			*of |= OF_DONE;
	}
	if (!s->obj || (s->flags & SF_OWNED))
		return;
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX) {
		if (aux[0] == AUX_FUNCDATA)
			mark(m, sym_resolve(L, s->obj, goobj_ref(aux + 1)), s);
	}
	if (n && (s->oflag2 & OSYM_PKGINIT))
		vec_push(L->arena, &L->inits, s);
}

static void flood(Marker *m)
{
	while (m->n)
		visit(m, m->work[--m->n]);
}

static bool wanted(const Marker *m, const Method *x)
{
	return (m->reflect_seen && x->exported) || sig_has(&m->sigs, x->name, x->typ, x->hash) ||
	       sig_has(&m->sigs, x->name, NULL, sig_hash(x->name, NULL));
}

static u8 group_of(const Linker *L, const Sym *s)
{
	(void)L;
	static const u8 by_kind[] = {
		[SYM_TEXT] = G_TEXT, [SYM_TEXT_FIPS] = G_TEXT_FIPS, [SYM_RODATA] = G_RODATA, [SYM_RODATA_FIPS] = G_RODATA_FIPS,
		[SYM_NOPTRDATA] = G_NOPTRDATA, [SYM_NOPTRDATA_FIPS] = G_NOPTRDATA_FIPS, [SYM_DATA] = G_DATA,
		[SYM_DATA_FIPS] = G_DATA_FIPS, [SYM_BSS] = G_BSS, [SYM_NOPTRBSS] = G_NOPTRBSS,
		[SYM_LIBFUZZER_8BIT_COUNTER] = G_FUZZ, [SYM_COVERAGE_COUNTER] = G_COVERAGE, [SYM_COVERAGE_AUXVAR] = G_NOPTRBSS,
		[SYM_SEHUNWINDINFO] = 0,
	};
	u8 g = s->kind < LENGTH(by_kind) ? by_kind[s->kind] : G_NONE;
	// Names say the rest (cmd/link/internal/ld/symtab.go).
	if (g == G_NOPTRBSS && str_has_prefix(s->name, "type:.gcmask."))
		return G_GCMASK;
	if (g == G_RODATA) {
		if (str_has_prefix(s->name, "type:") || (s->oflag2 & OSYM_ITAB))
			return G_TYPE;
		if (str_has_prefix(s->name, "go:string."))
			return G_GOSTRING;
		if (str_has_suffix(s->name, "\xc2\xb7" "f"))
			return G_FUNCVAL;
		if (str_has_prefix(s->name, "runtime.gcbits."))
			return G_GCBITS;
	}
	return g;
}

// The entry point's name by system (cmd/link/internal/ld/lib.go, libinit).
static Str entry_name(Linker *L)
{
	if (L->cfg->entry.n)
		return L->cfg->entry;
	return str_fmt(L->arena, "_rt0_%.*s_%.*s", STR_ARG(L->cfg->goarch), STR_ARG(L->cfg->goos));
}

void mark_reachable(Linker *L)
{
	Marker m = {.L = L};
	Sym *entry = sym_lookup(L, entry_name(L), ABI0);
	if (!entry)
		link_error(L, NULL, "missing entry symbol \"%.*s\"", STR_ARG(entry_name(L)));
	mark(&m, entry, NULL);
	L->unreachable_method = sym_lookup(L, S("runtime.unreachableMethod"), ABI_INTERNAL);
	mark(&m, sym_lookup(L, S("runtime.unreachableMethod"), ABI0), NULL);
	mark(&m, L->unreachable_method, NULL);
	mark(&m, L->main_inits, NULL);
	L->map_init_noop = sym_lookup(L, S("runtime.mapinitnoop"), ABI_INTERNAL);
	L->morestack = sym_lookup(L, S("runtime.morestack"), ABI0);
	L->defer_return = sym_lookup(L, S("runtime.deferreturn"), ABI_INTERNAL);

	flood(&m);
	for (;;) {
		u32 k = 0;
		for (u32 i = 0; i < m.nmethods; i++) {
			Method x = m.methods[i];
			if (!wanted(&m, &x)) {
				m.methods[k++] = x;
				continue;
			}
			for (u32 j = 0; j < 3; j++)
				mark(&m, rel_at(L, x.src, x.rel + j).sym, x.src);
			map_put(L->arena, &L->live_methods, (u64)x.src->index << 32 | x.rel, x.src);
		}
		m.nmethods = k;
		if (!m.n)
			break;
		flood(&m);
	}
	// Weak calls to map initializers that nothing needs go to a function that does nothing.
	for (u32 i = 0; i < L->inits.n; i++) {
		Sym *s = L->inits.p[i];
		for (u32 j = 0; j < s->nrels; j++) {
			Rel r = rel_at(L, s, j);
			if (r.weak && L->arch->is_call(r.type) && r.sym && !(r.sym->flags & SF_REACHED)) {
				mark(&m, L->map_init_noop, s);
				flood(&m);
			}
		}
	}
	free(m.work);
	free(m.methods);
	free(m.sigs.p);
}

static void find_groups(void *ctx, u32 chunk, u32 worker)
{
	Linker *L = ctx;
	(void)worker;
	for (u32 i = 0; i < SYM_CHUNK; i++) {
		Sym *s = &L->chunks[chunk][i];
		if ((s->flags & SF_REACHED) && !s->group)
			s->group = group_of(L, s);
	}
}

void mark_groups(Linker *L)
{
	u32 total = L->nids + L->nextra, nchunks = (L->nsyms + SYM_CHUNK - 1) / SYM_CHUNK;
	pool_for(L->pool, nchunks, find_groups, L);
	BitSet live = bits_new(L->arena, total);
	for (u32 c = 0; c < nchunks; c++)
		for (u32 i = 0; i < SYM_CHUNK; i++) {
			Sym *s = &L->chunks[c][i];
			if ((s->flags & SF_REACHED) && s->group && !(s->flags & (SF_PLACED | SF_MARKER)))
				bits_add(live, s->id);
		}
	bits_each(live, id) {
		Sym *s = id < L->nids ? sym_known(L, id) : L->extra[id - L->nids];
		if (!s || s->id != id)
			continue; // content taken over by an equal symbol
		switch (s->group) {
		case G_TYPE: case G_GOSTRING: case G_FUNCVAL: case G_GCBITS: case G_GCMASK:
			s->flags |= SF_NOSYM;
		}
		vec_push(L->arena, &L->group[s->group], s);
	}
}
