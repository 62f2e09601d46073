// arena.c: memory that is handed out by moving a pointer and given back all at once. An arena is a chain of
// chunks of growing size from the kernel; each thread keeps some of those that were given back for its next arenas.
// Invariant: in a chunk everything at or above `high` has never been handed out and is still the kernel's zeros, so
// only reused memory is cleared. In the chunk in use that holds for what is above both `high` and Arena.at.
// Under AddressSanitizer what is not handed out is poisoned, and blocks keep a distance.
#include "base/base.h"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define GAP 16
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

typedef struct Chunk {
	struct Chunk *next;
	size_t size;        // of the mapping, this header included
	size_t high;        // first offset never handed out
	size_t pad;
} Chunk;

struct Arena {
	Chunk *first, *cur; // chunks behind cur are free (left by a reset)
	char *at, *end;     // what is left of cur
	char *dirty;        // below, what is handed out may have been used before; cur->high lags behind `at` until cur is left
	size_t total;
};

#define FIRST_CHUNK ((size_t)32 << 10)
#define HUGE_CHUNK ((size_t)2 << 20) // from here on, aligned for huge pages
#define LARGEST_CHUNK ((size_t)8 << 20)
#define SMALL_SLAB ((size_t)256 << 10) // what small chunks are cut from, for the first
#define FIRST_SLABS ((size_t)3 << 20)  // bytes

// Given back by this thread: by size, FIRST_CHUNK << i.
enum { SPARE_SIZES = 9, SPARE_MOST = 16 << 20 };
static _Thread_local struct { Chunk *list[SPARE_SIZES]; size_t large; } spare; // large: bytes in those with mappings of their own

static int spare_index(size_t size)
{
	int i = __builtin_ctzll(size | (size_t)1 << 62) - __builtin_ctzll(FIRST_CHUNK);
	return i >= 0 && i < SPARE_SIZES && size == FIRST_CHUNK << i ? i : -1;
}

static char *map_pages(size_t size, int flags)
{
	bool huge = size >= HUGE_CHUNK;
	size_t ask = huge ? size + HUGE_CHUNK : size;
	char *p = mmap(NULL, ask, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	if (p == MAP_FAILED)
		base_die("out of memory");
	if (huge) { // cut down to an aligned piece
		char *q = (char *)ALIGN_UP((uintptr_t)p, HUGE_CHUNK);
		if (q > p)
			munmap(p, (size_t)(q - p));
		if (q + size < p + ask)
			munmap(q + size, (size_t)(p + ask - (q + size)));
		p = q;
		madvise(p, size, MADV_HUGEPAGE);
	}
	return p;
}

// Chunks smaller than a huge page are cut from one; only a thread's first few, which may be all that it needs, are not.
static char *cut(size_t size)
{
	static _Thread_local struct { char *p, *end; size_t total; } slab;
	if ((size_t)(slab.end - slab.p) < size) {
		size_t n = slab.total < FIRST_SLABS ? MAX(size, SMALL_SLAB) : HUGE_CHUNK;
		slab.p = map_pages(n, slab.total && n < HUGE_CHUNK ? MAP_POPULATE : 0); // all at once costs a fifth of page by page
		slab.end = slab.p + n;
		slab.total += n;
	}
	char *p = slab.p;
	slab.p += size;
	return p;
}

static Chunk *chunk_map(size_t size)
{
	int at = spare_index(size);
	if (at >= 0 && spare.list[at]) {
		Chunk *c = spare.list[at];
		spare.list[at] = c->next;
		spare.large -= size >= HUGE_CHUNK ? size : 0;
		c->next = NULL;
		return c;
	}
	char *p = at >= 0 && size < HUGE_CHUNK ? cut(size) : map_pages(size, 0);
	Chunk *c = (Chunk *)p;
	c->size = size;
	c->high = sizeof(Chunk);
	POISON(p + sizeof(Chunk), size - sizeof(Chunk));
	return c;
}

static void chunk_unmap(Chunk *c)
{
	size_t n = c->size;
	int at = spare_index(n);
	size_t large = n >= HUGE_CHUNK ? n : 0;
	if (at >= 0 && (!large || spare.large + large <= SPARE_MOST)) {
		POISON((char *)c + sizeof(Chunk), n - sizeof(Chunk));
		c->next = spare.list[at];
		spare.list[at] = c;
		spare.large += large;
		return;
	}
	UNPOISON(c, n);
	munmap(c, n);
}

static void enter(Arena *a, Chunk *c, size_t used)
{
	a->cur = c;
	a->at = (char *)c + used;
	a->end = (char *)c + c->size - GAP;
	a->dirty = (char *)c + c->high;
}

static void leave(Arena *a)
{
	a->cur->high = MAX(a->cur->high, (size_t)(a->at - (char *)a->cur));
}

// The arena itself is the first block of its first chunk.
Arena *arena_new(void)
{
	Chunk *c = chunk_map(FIRST_CHUNK);
	Arena *a = (Arena *)(c + 1);
	UNPOISON(a, sizeof *a);
	a->first = c;
	a->total = c->size;
	enter(a, c, ALIGN_UP(sizeof(Chunk) + sizeof(Arena), (size_t)16) + GAP);
	return a;
}

void arena_free(Arena *a)
{
	if (!a)
		return;
	leave(a);
	for (Chunk *c = a->first, *next; c; c = next) {
		next = c->next;
		chunk_unmap(c);
	}
}

static void chunk_add(Arena *a, size_t n)
{
	size_t need = ALIGN_UP(n + sizeof(Chunk) + GAP, (size_t)4096);
	Chunk *next = a->cur->next;
	if (!next || next->size < need) {
		// A quarter to a half of what there is: the kernel clears whole pages, huge ones, also of what is never used.
		size_t size = MAX((size_t)1 << (63 - __builtin_clzll(a->total / 2)), FIRST_CHUNK);
		size = MAX(MIN(size, LARGEST_CHUNK), need);
		if (size >= LARGEST_CHUNK)
			size = ALIGN_UP(size, HUGE_CHUNK);
		else
			size = (size_t)1 << (64 - __builtin_clzll(size - 1)); // a size that can be kept
		Chunk *c = chunk_map(size);
		c->next = next;
		a->cur->next = c;
		a->total += size;
		next = c;
	}
	leave(a);
	enter(a, next, ALIGN_UP(sizeof(Chunk), (size_t)16));
}

static __attribute__((noinline)) char *chunk_for(Arena *a, size_t n)
{
	if (n > (size_t)1 << 46)
		base_die("out of memory");
	chunk_add(a, n);
	return a->at;
}

static inline void clear(char *p, size_t n)
{
	if (n > 256 || GAP) {
		memset(p, 0, n);
		return;
	}
	for (size_t i = 0; i < n; i += 16) // what is handed out is a multiple of this
		memset(p + i, 0, 16);
}

static inline char *behind(const Arena *a, char *p)
{
	char *q = (char *)ALIGN_UP((uintptr_t)p, 16) + GAP;
	return GAP ? MIN(q, a->end) : q;
}

static inline char *take(Arena *a, size_t n, bool cleared)
{
	char *p = a->at;
	if (__builtin_expect(n > (size_t)(a->end - p), 0))
		p = chunk_for(a, n);
	a->at = behind(a, p + n);
	UNPOISON(p, n);
	if (cleared && p < a->dirty)
		clear(p, MIN(n, (size_t)(a->dirty - p)));
	return p;
}

void *arena_alloc(Arena *a, size_t n) { return take(a, n, true); }

void *arena_raw(Arena *a, size_t n) { return take(a, n, false); }

static inline void *grow(Arena *a, void *old_p, size_t old, size_t n, bool cleared)
{
	char *p = old_p;
	if (n <= old && p)
		return p;
	if (p > (char *)a->cur && p < a->end && n <= (size_t)(a->end - p) && a->at == behind(a, p + old)) {
		a->at = behind(a, p + n);
		UNPOISON(p, n);
		if (cleared && p + old < a->dirty)
			memset(p + old, 0, MIN(n - old, (size_t)(a->dirty - (p + old))));
		return p;
	}
	char *q = take(a, n, cleared);
	if (old)
		memcpy(q, p, old);
	return q;
}

void *arena_grow(Arena *a, void *p, size_t old, size_t n) { return grow(a, p, old, n, true); }

void *arena_grow_raw(Arena *a, void *p, size_t old, size_t n) { return grow(a, p, old, n, false); }

ArenaMark arena_mark(Arena *a)
{
	return (ArenaMark){a->cur, (size_t)(a->at - (char *)a->cur)};
}

void arena_reset(Arena *a, ArenaMark m)
{
#ifdef ASAN
	for (Chunk *c = m.chunk; c; c = c->next) {
		size_t from = c == m.chunk ? m.used : sizeof(Chunk);
		POISON((char *)c + from, c->size - from);
	}
#endif
	leave(a);
	enter(a, m.chunk, m.used);
}

size_t arena_size(Arena *a)
{
	return a->total;
}
