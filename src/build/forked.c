// forked.c: most packages of a large build are compiled in processes of their own, small ones a few together. Each is forked from the go command,
// reads what it imports on demand (types_lazy) from archives that are already in the cache, puts its archive there and
// ends: so the trees of a package live only as long as its compilation, and nothing is shared that would have to be
// locked. What fails is left to the caller, who compiles it in this process and reports its errors.
#include "build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Below this the types of imports are better checked once than in each process.
enum { FEWEST = 8 };
// Bytes of source from which a package gets threads for its functions although other packages are compiled beside it.
enum { LARGE = 48 << 10, LARGE_THREADS = 4 };
// Several small packages, together not more than this, share a process where there are enough of them.
enum { SMALL = 150 << 10 };

typedef VEC(BuildPkg *) BuildPkgVec;
typedef struct Child { pid_t pid; int fd; BuildPkgVec pkgs; } Child; // fd: is closed when the process ends

typedef struct Forks {
	Build *b;
	u32 *waiting;           // by package: imports that are not in the cache
	u64 *height;            // bytes of source on the longest way up to a command
	BuildPkgVec *importers;
	BuildPkgVec ready;
	VEC(Child) running;
} Forks;

static bool to_compile(BuildPkg *k)
{
	return k->wanted && !k->cached.n && !k->failed && !k->talks && !k->load->err.n && !str_is(k->load->import_path, "unsafe");
}

// What k imports, directly or not, is there to be looked into.
static void view_imports(BuildPkg *k)
{
	for (u32 i = 0; i < k->load->deps.n; i++) {
		BuildPkg *d = k->load->deps.p[i]->build;
		if (!d || d->types)
			continue;
		if (str_is(d->load->import_path, "unsafe"))
			d->types = types_unsafe_package();
		else
			package_on_demand(d, name_of(d->load->name));
		view_imports(d);
	}
}

static NORETURN void child_main(Forks *f, BuildPkgVec pkgs, u32 threads)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	Pool *pool = pool_new(threads);
	for (u32 i = 0; i < pkgs.n; i++) {
		BuildPkg *k = pkgs.p[i];
		view_imports(k);
		if (package_parse(k) && package_check(k) && package_compile(k, pool) && !diags_count(k->diags))
			cache_put(f->b->cache, &k->action, k->archive.p, k->archive.n, 0666, NULL);
		buf_free(&k->archive);
	}
	_exit(0);
}

static bool start(Forks *f, BuildPkgVec pkgs)
{
	bool alone = !f->running.n && !f->ready.n;
	int fd[2];
	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	for (u32 i = 0; i < pkgs.n; i++)
		build_announce(f->b, pkgs.p[i]);
	pid_t pid = base_fork();
	if (pid == 0) {
		close(fd[0]);
		u32 all = pool_size(f->b->opt.pool);
		child_main(f, pkgs, alone ? all : pkgs.p[0]->bytes > LARGE ? MIN(all, LARGE_THREADS + 0u) : 1);
	}
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return false;
	}
	vec_push(f->b->arena, &f->running, (Child){pid, fd[0], pkgs});
	return true;
}

static void done(Forks *f, BuildPkg *k)
{
	for (u32 i = 0; i < f->importers[k->order].n; i++) {
		BuildPkg *up = f->importers[k->order].p[i];
		if (--f->waiting[up->order] == 0 && to_compile(up))
			vec_push(f->b->arena, &f->ready, up);
	}
}

static void wait_for_one(Forks *f)
{
	struct pollfd fds[256];
	u32 n = f->running.n;
	for (u32 i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = f->running.p[i].fd, .events = POLLIN};
	while (poll(fds, n, -1) < 0)
		;
	for (u32 i = n; i-- > 0;) {
		if (!fds[i].revents)
			continue;
		Child c = f->running.p[i];
		f->running.p[i] = vec_pop(&f->running);
		close(c.fd);
		int status;
		while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
			;
		for (u32 k = 0; k < c.pkgs.n; k++)
			if (cache_find(f->b->cache, &c.pkgs.p[k]->action, &c.pkgs.p[k]->cached, &c.pkgs.p[k]->file))
				done(f, c.pkgs.p[k]);
	}
}

// The package on the longest way first: what the end of the build waits for.
static BuildPkg *take(Forks *f)
{
	u32 best = 0;
	for (u32 i = 1; i < f->ready.n; i++) {
		u64 x = f->height[f->ready.p[i]->order], y = f->height[f->ready.p[best]->order];
		if (x > y || (x == y && f->ready.p[i]->order < f->ready.p[best]->order))
			best = i;
	}
	BuildPkg *k = f->ready.p[best];
	f->ready.p[best] = vec_pop(&f->ready);
	return k;
}

void build_forked(Build *b)
{
	Forks f = {.b = b};
	u32 n = 0;
	for (u32 i = 0; i < b->n; i++)
		n += to_compile(&b->pkgs[i]);
	if (n < FEWEST)
		return;
	f.waiting = NEWN(b->arena, u32, b->n);
	f.height = NEWN(b->arena, u64, b->n);
	f.importers = NEWN(b->arena, BuildPkgVec, b->n);
	for (u32 i = b->n; i-- > 0;) { // importers come behind what they import
		BuildPkg *k = &b->pkgs[i];
		f.height[i] += k->bytes;
		for (u32 d = 0; d < k->load->deps.n; d++) {
			BuildPkg *to = k->load->deps.p[d]->build;
			if (!to || to->order >= i)
				continue; // not found, or a cycle: reported already
			f.height[to->order] = MAX(f.height[to->order], f.height[i]);
			if (!to->cached.n && !str_is(to->load->import_path, "unsafe")) {
				f.waiting[i]++;
				vec_push(b->arena, &f.importers[to->order], k);
			}
		}
	}
	for (u32 i = 0; i < b->n; i++)
		if (!f.waiting[i] && to_compile(&b->pkgs[i]))
			vec_push(b->arena, &f.ready, &b->pkgs[i]);
	u32 most = MIN(pool_size(b->opt.pool), 256u);
	fflush(NULL);
	while (f.ready.n || f.running.n) {
		while (f.ready.n && f.running.n < most) {
			u32 share = f.ready.n / most;
			BuildPkgVec pkgs = {0};
			u64 bytes = 0;
			do {
				vec_push(b->arena, &pkgs, take(&f));
				bytes += vec_last(&pkgs)->bytes;
			} while (f.ready.n && pkgs.n < share && bytes < SMALL);
			if (!start(&f, pkgs) && !f.running.n)
				return;
		}
		if (f.running.n)
			wait_for_one(&f);
	}
}
