// pool.c: loops whose iterations run on a fixed set of threads. A loop is a record on its caller's stack; the
// pool keeps a list of the loops that still have iterations to give out, newest first.
// Invariant: whoever waits for a loop works only on that loop, so what belongs to a worker is never used by a
// second job in the middle of a first, except by the loops that the first itself starts.
#include "base/base.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

// The passes recurse along the source's nesting, which syntax/ limits; this is address space, not memory.
#define STACK_SIZE ((size_t)512 << 20)
#define GUARD 65536 // what one pushed frame may skip

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

typedef struct Loop {
	struct Loop *next;
	void (*fn)(void *ctx, u32 i, u32 worker);
	void *ctx;
	u32 n;
	_Atomic u32 given;  // iterations given out
	u32 helpers;        // threads working on it besides the caller (under the lock)
	pthread_cond_t left; // a helper has left
} Loop;

struct Pool {
	pthread_mutex_t lock;
	pthread_cond_t work; // a loop was added, or quit
	Loop *loops;
	u32 size;
	bool quit;
	pthread_t *threads;  // size - 1
};

typedef struct Start { Pool *pool; u32 worker; } Start;
static _Thread_local u32 this_worker;

static void run(Loop *l, u32 worker)
{
	for (;;) {
		u32 i = atomic_fetch_add_explicit(&l->given, 1, memory_order_relaxed);
		if (i >= l->n)
			return;
		l->fn(l->ctx, i, worker);
	}
}

static void *work(void *arg)
{
	Start s = *(Start *)arg;
	free(arg);
	Pool *p = s.pool;
	this_worker = s.worker;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		Loop *l = p->loops;
		while (l && atomic_load_explicit(&l->given, memory_order_relaxed) >= l->n)
			l = l->next;
		if (l) {
			l->helpers++;
			pthread_mutex_unlock(&p->lock);
			run(l, s.worker);
			pthread_mutex_lock(&p->lock);
			if (--l->helpers == 0)
				pthread_cond_signal(&l->left);
			continue;
		}
		if (p->quit)
			break;
		pthread_cond_wait(&p->work, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static bool thread_start(pthread_t *t, void *(*fn)(void *), void *arg)
{
	for (size_t stack = STACK_SIZE; stack >= (size_t)8 << 20; stack /= 2) { // less under a tight ulimit -v
		pthread_attr_t attr;
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, stack);
		int e = pthread_create(t, &attr, fn, arg);
		pthread_attr_destroy(&attr);
		if (e == 0)
			return true;
	}
	return false;
}

Pool *pool_new(u32 threads)
{
	if (threads == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);
		cpu_set_t set;
		if (sched_getaffinity(0, sizeof set, &set) == 0)
			n = CPU_COUNT(&set);
		threads = n < 1 ? 1 : n > 256 ? 256 : (u32)n;
	}
	Pool *p = calloc(1, sizeof *p);
	pthread_t *t = calloc(threads, sizeof *t);
	if (!p || !t)
		base_die("out of memory");
	p->threads = t;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	for (p->size = 1; p->size < threads; p->size++) {
		Start *s = malloc(sizeof *s);
		if (!s)
			base_die("out of memory");
		*s = (Start){p, p->size};
		if (!thread_start(&t[p->size - 1], work, s)) { // then with as many as there are
			free(s);
			break;
		}
	}
	return p;
}

void pool_free(Pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (u32 i = 0; i + 1 < p->size; i++)
		pthread_join(p->threads[i], NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	free(p->threads);
	free(p);
}

u32 pool_size(Pool *p)
{
	return p->size;
}

void pool_for(Pool *p, u32 n, void (*fn)(void *ctx, u32 i, u32 worker), void *ctx)
{
	u32 me = this_worker;
	if (p->size == 1 || n <= 1) {
		for (u32 i = 0; i < n; i++)
			fn(ctx, i, me);
		return;
	}
	Loop l = {.fn = fn, .ctx = ctx, .n = n};
	pthread_cond_init(&l.left, NULL);
	pthread_mutex_lock(&p->lock);
	l.next = p->loops;
	p->loops = &l;
	if (n - 1 < p->size - 1)
		for (u32 i = 0; i < n - 1; i++)
			pthread_cond_signal(&p->work);
	else
		pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	run(&l, me);
	pthread_mutex_lock(&p->lock);
	Loop **link = &p->loops;
	while (*link != &l)
		link = &(*link)->next;
	*link = l.next;
	while (l.helpers)
		pthread_cond_wait(&l.left, &p->lock);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&l.left);
}

typedef struct Deep { void (*fn)(void *); void *arg; ucontext_t here, there; } Deep;

#ifdef SANITIZED // which know the stacks of threads only

static void *deep(void *arg)
{
	Deep *d = arg;
	d->fn(d->arg);
	return NULL;
}

void run_on_deep_stack(void (*fn)(void *), void *arg)
{
	Deep d = {.fn = fn, .arg = arg};
	pthread_t t;
	if (thread_start(&t, deep, &d))
		pthread_join(t, NULL);
	else
		fn(arg);
}

#else

static void deep(unsigned low, unsigned high) // the halves of a pointer: makecontext passes ints
{
	Deep *d = (Deep *)((uintptr_t)high << 32 | low);
	d->fn(d->arg);
}

static bool map_stack(stack_t *out)
{
	for (size_t size = STACK_SIZE; size >= (size_t)8 << 20; size /= 2) {
		void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
		*out = (stack_t){.ss_sp = p, .ss_size = size};
		if (p != MAP_FAILED)
			return mprotect(p, GUARD, PROT_NONE) == 0;
	}
	return false;
}

// On this thread: starting one, and a second heap for it, would be a fifth of what `go version` takes.
void run_on_deep_stack(void (*fn)(void *), void *arg)
{
	Deep d = {.fn = fn, .arg = arg};
	stack_t stack;
	if (!map_stack(&stack) || getcontext(&d.there) != 0) {
		fn(arg);
		return;
	}
	d.there.uc_stack = stack;
	d.there.uc_link = &d.here;
	makecontext(&d.there, (void (*)(void))deep, 2, (unsigned)(uintptr_t)&d, (unsigned)((uintptr_t)&d >> 32));
	if (swapcontext(&d.here, &d.there) != 0)
		fn(arg);
	munmap(stack.ss_sp, stack.ss_size);
}

#endif
