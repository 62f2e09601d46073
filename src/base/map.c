// map.c: growing arrays, the two hash maps and bit sets, all in arenas. The maps are open-addressing tables
// with linear probing, at most three quarters full; nothing is ever removed from them.
#include "base/base.h"

void vec_grow_(Arena *a, void **p, u32 *cap, u32 n, size_t elem)
{
	if (n >= UINT32_MAX / 2)
		base_die("out of memory");
	u32 bigger = n < 4 ? 4 : n * 2;
	*p = arena_grow_raw(a, *p, n * elem, bigger * elem);
	*cap = bigger;
}

static inline u32 mix(u64 key)
{
	key *= 0x9e3779b97f4a7c15;
	return (u32)(key >> 32);
}

static inline MapSlot *find(const Map *m, u64 key)
{
	for (u32 i = mix(key);; i++) {
		MapSlot *s = &m->slots[i & (m->cap - 1)];
		if (!s->used || s->key == key)
			return s;
	}
}

void *map_get(const Map *m, u64 key)
{
	return m->n ? find(m, key)->val : NULL;
}

bool map_has(const Map *m, u64 key)
{
	return m->n && find(m, key)->used;
}

void map_put(Arena *a, Map *m, u64 key, void *val)
{
	if (m->n + 1 > m->cap / 4 * 3) {
		Map bigger = {.n = m->n, .cap = m->cap ? m->cap * 2 : 8};
		bigger.slots = NEWN(a, MapSlot, bigger.cap);
		for (u32 i = 0; i < m->cap; i++)
			if (m->slots[i].used)
				*find(&bigger, m->slots[i].key) = m->slots[i];
		*m = bigger;
	}
	MapSlot *s = find(m, key);
	m->n += !s->used;
	*s = (MapSlot){key, val, true};
}

static inline StrSlot *str_slot(const StrMap *m, Str key, u32 hash)
{
	for (u32 i = hash;; i++) {
		StrSlot *s = &m->slots[i & (m->cap - 1)];
		if (!s->key.p || (s->hash == hash && str_eq(s->key, key)))
			return s;
	}
}

void *strmap_get(const StrMap *m, Str key)
{
	return m->n ? str_slot(m, key, hash_str(key))->val : NULL;
}

bool strmap_has(const StrMap *m, Str key)
{
	return m->n && str_slot(m, key, hash_str(key))->key.p;
}

void strmap_put(Arena *a, StrMap *m, Str key, void *val)
{
	if (m->n + 1 > m->cap / 4 * 3) {
		StrMap bigger = {.n = m->n, .cap = m->cap ? m->cap * 2 : 8};
		bigger.slots = NEWN(a, StrSlot, bigger.cap);
		for (u32 i = 0; i < m->cap; i++)
			if (m->slots[i].key.p)
				*str_slot(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
		*m = bigger;
	}
	u32 hash = hash_str(key);
	StrSlot *s = str_slot(m, key, hash);
	m->n += !s->key.p;
	*s = (StrSlot){key.p ? key : S(""), hash, val};
}

BitSet bits_new(Arena *a, u32 nbits)
{
	u32 n = (u32)(((u64)nbits + 63) / 64);
	return (BitSet){NEWN(a, u64, n), n};
}

bool bits_or(BitSet dst, BitSet src)
{
	u64 changed = 0;
	u32 n = MIN(dst.nwords, src.nwords);
	for (u32 i = 0; i < n; i++) {
		changed |= src.w[i] & ~dst.w[i];
		dst.w[i] |= src.w[i];
	}
	return changed != 0;
}

void bits_copy(BitSet dst, BitSet src)
{
	u32 n = MIN(dst.nwords, src.nwords);
	if (n)
		memcpy(dst.w, src.w, n * sizeof(u64));
	if (dst.nwords > n)
		memset(dst.w + n, 0, (dst.nwords - n) * sizeof(u64));
}

void bits_clear(BitSet b)
{
	if (b.nwords)
		memset(b.w, 0, b.nwords * sizeof(u64));
}

u32 bits_next(BitSet b, u32 from)
{
	u32 i = from >> 6;
	if (i >= b.nwords)
		return UINT32_MAX;
	u64 w = b.w[i] >> (from & 63) << (from & 63);
	while (!w) {
		if (++i >= b.nwords)
			return UINT32_MAX;
		w = b.w[i];
	}
	return i * 64 + (u32)__builtin_ctzll(w);
}
