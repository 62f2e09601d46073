// name.c: the process-wide table of interned strings. It is split by hash into shards; a shard is an
// open-addressing table that readers probe without a lock and writers replace whole when it grows.
// Invariant: a published record never moves or changes, and a slot goes from empty to one record for good,
// so a reader can at worst miss a name that is being added, and then asks again under the lock. In front of it
// every thread has a small cache of short names that it met: most of a source text is made of a few hundred.
#include "base/hold.h"
#include "base/base.h"
#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>

#define SHARDS 64
#define SHARD_OF(h) ((h) >> 26)

typedef struct Slot {
	_Atomic(const NameRec *) rec;
} Slot;

typedef struct Table {
	struct Table *smaller; // its predecessor, which someone may still be reading
	u32 mask;
	Slot slots[];
} Table;

typedef struct Shard {
	_Atomic(Table *) table;
	pthread_mutex_t lock;
	u32 n;              // under the lock, as what follows
	char *free;         // room for records
	size_t left;
} __attribute__((aligned(64))) Shard;

static Shard shards[SHARDS] = {[0 ... SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static inline Name probe(const Table *t, u32 hash, Str s)
{
	for (u32 i = hash;; i++) {
		const NameRec *r = atomic_load_explicit(&t->slots[i & t->mask].rec, memory_order_acquire);
		if (!r)
			return NULL;
		if (r->hash == hash && r->n == s.n && memcmp(r->s, s.p, s.n) == 0)
			return r;
	}
}

static void insert(Table *t, const NameRec *r)
{
	u32 i = r->hash;
	while (atomic_load_explicit(&t->slots[i & t->mask].rec, memory_order_relaxed))
		i++;
	atomic_store_explicit(&t->slots[i & t->mask].rec, r, memory_order_release);
}

static Table *table_new(u32 size)
{
	Table *t = calloc(1, sizeof(Table) + size * sizeof(Slot));
	if (!t)
		base_die("out of memory");
	t->mask = size - 1;
	return t;
}

static void *room(Shard *sh, size_t n)
{
	n = ALIGN_UP(n, (size_t)8);
	if (n > sh->left) {
		size_t chunk = MAX(n, (size_t)8 << 10);
		sh->free = malloc(chunk);
		if (!sh->free)
			base_die("out of memory");
		sh->left = chunk;
	}
	void *p = sh->free;
	sh->free += n;
	sh->left -= n;
	return p;
}

static __attribute__((noinline)) Name add(Shard *sh, u32 hash, Str s)
{
	pthread_mutex_lock(&sh->lock);
	Table *t = atomic_load_explicit(&sh->table, memory_order_relaxed);
	Name found = t ? probe(t, hash, s) : NULL;
	if (!found) {
		if (!t || sh->n * 2 >= t->mask + 1) { // at most half full; the old table stays for its readers
			Table *bigger = table_new(t ? (t->mask + 1) * 2 : 64);
			for (u32 i = 0; t && i <= t->mask; i++)
				if (t->slots[i].rec)
					insert(bigger, t->slots[i].rec);
			bigger->smaller = t;
			atomic_store_explicit(&sh->table, bigger, memory_order_release);
			t = bigger;
		}
		NameRec *r = room(sh, sizeof(NameRec) + s.n + 1);
		r->hash = hash;
		r->n = s.n;
		if (s.n)
			memcpy(r->s, s.p, s.n);
		r->s[s.n] = 0;
		insert(t, r);
		sh->n++;
		found = r;
	}
	pthread_mutex_unlock(&sh->lock);
	return found;
}

static Name lookup(u32 hash, Str s)
{
	Shard *sh = &shards[SHARD_OF(hash)];
	Table *t = atomic_load_explicit(&sh->table, memory_order_acquire);
	Name n = t ? probe(t, hash, s) : NULL;
	return n ? n : add(sh, hash, s);
}

// A name of up to 16 bytes is its length and two words, which may overlap: cheaper to compare than bytes.
typedef struct Recent { u64 x, y; Name name; u32 n; } Recent;
#define RECENT 1024
static _Thread_local Recent recent[RECENT];

Name name_of(Str s)
{
	u64 x, y;
	if (s.n == 0)
		s.p = "";
	if (s.n > 16)
		return lookup(hash_bytes(s.p, s.n), s);
	hash_words(s.p, s.n, &x, &y);
	u32 hash = hash_finish(x, y, s.n);
	Recent *r = &recent[hash % RECENT];
	if (r->x == x && r->y == y && r->n == s.n && r->name)
		return r->name;
	Name n = lookup(hash, s);
	*r = (Recent){x, y, n, s.n};
	return n;
}

Name name_of_c(const char *c)
{
	return name_of(str(c));
}

bool name_is_exported(Name n)
{
	if (!n || n->n == 0)
		return false;
	u32 width;
	u8 c = (u8)n->s[0];
	return c < 0x80 ? c >= 'A' && c <= 'Z' : unicode_is_upper(utf8_decode(n->s, n->n, &width));
}

bool name_is_blank(Name n)
{
	return n && n->n == 1 && n->s[0] == '_';
}

void name_hold(bool take)
{
	for (u32 i = 0; i < SHARDS; i++)
		take ? pthread_mutex_lock(&shards[i].lock) : pthread_mutex_unlock(&shards[i].lock);
}
