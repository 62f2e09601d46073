// forked.c: the packages of a large build are compiled in processes of their own, as many as there are processors. They are
// forked from the go command and compile one package after the other: each reads what it imports on demand (types_lazy) from
// archives that are already in the cache, unless the same process has compiled it, and puts its archive there. So nothing is shared
// that would have to be locked. What fails is left to the caller, who compiles it in this process and reports its errors.
#include "build/demand.h"
#include "ir/ir.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// Below this the types of imports are better checked once than in each process.
enum { FEWEST = 8 };
// Bytes of source from which a package gets threads for its functions although other packages are compiled beside it.
enum { LARGE = 48 << 10, LARGE_THREADS = 4 };
// Bytes of source for one process, whose memory grows with them: what is larger gets one for itself.
enum { WORKER_MOST = 1024 << 10 };

typedef VEC(BuildPkg *) BuildPkgVec;
typedef struct Worker { pid_t pid; int fd; BuildPkg *pkg; u64 bytes; } Worker; // pkg: what it compiles; bytes: so far

typedef struct Forks {
	Build *b;
	u32 *waiting;           // by package: imports that are not in the cache, or wait themselves
	u64 *height;            // bytes of source on the longest way up to a command
	BuildPkgVec *importers;
	BuildPkgVec ready;
	VEC(Worker) workers;
	u32 running;            // workers that have something to do
	bool again;             // packages that were compiled in part: see build_forked_whole
} Forks;

static bool to_compile(const BuildPkg *k, bool again)
{
	return k->wanted && (!again || k->whole) && !k->cached.n && !k->failed && !k->talks && !k->load->err.n && !str_is(k->load->import_path, "unsafe");
}

// What k imports, directly or not, is there to be looked into.
static void view_imports(Build *b, BuildPkg *k)
{
	for (u32 i = 0; i < k->load->deps.n; i++) {
		BuildPkg *d = k->load->deps.p[i]->build;
		if (!d || d->types)
			continue;
		if (str_is(d->load->import_path, "unsafe"))
			d->types = types_unsafe_package();
		else if (d->cached.n || cache_find(b->cache, &d->action, &d->cached, &d->file))
			package_on_demand(d, name_of(d->load->name));
		else
			continue; // no package's that is compiled
		view_imports(b, d);
	}
}

// This process has looked into packages already; it must not meet their types beside those that are made now.
static void forget_types(Build *b)
{
	ir_forget();
	for (u32 i = 0; i < b->n; i++) {
		b->pkgs[i].types = NULL;
		b->pkgs[i].files = NULL;
	}
}

static bool compile(Forks *f, BuildPkg *k, Pool *pool)
{
	view_imports(f->b, k);
	bool ok = package_parse(k) && package_check(k) && package_compile(k, pool) && !diags_count(k->diags);
	if (ok)
		cache_put(f->b->cache, &k->action, k->archive.p, k->archive.n, 0666, NULL);
	buf_free(&k->archive);
	return ok;
}

static bool read_all(int fd, void *p, size_t n)
{
	ssize_t got;
	for (size_t at = 0; at < n; at += (size_t)got) {
		while ((got = read(fd, (char *)p + at, n - at)) < 0 && errno == EINTR)
			;
		if (got <= 0)
			return false;
	}
	return true;
}

// One after the other: what is known of an import is known to all that come later. Ends with the first that fails, because what
// that left behind is not to be met by others.
static NORETURN void worker_main(Forks *f, int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (f->again)
		forget_types(f->b);
	u32 job[2]; // number of the package, threads
	while (read_all(fd, job, sizeof job)) {
		Pool *pool = pool_new(job[1]);
		bool ok = compile(f, &f->b->pkgs[job[0]], pool);
		pool_free(pool);
		if (send(fd, "", 1, MSG_NOSIGNAL) != 1 || !ok)
			break;
	}
	_exit(0);
}

static bool start_worker(Forks *f)
{
	int fd[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return false;
	pid_t pid = base_fork();
	if (pid == 0) {
		for (u32 i = 0; i < f->workers.n; i++) // else they would not see their parent close them
			close(f->workers.p[i].fd);
		close(fd[0]);
		worker_main(f, fd[1]);
	}
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return false;
	}
	vec_push(f->b->arena, &f->workers, ((Worker){.pid = pid, .fd = fd[0]}));
	return true;
}

static void end_worker(Forks *f, u32 i)
{
	Worker w = f->workers.p[i];
	f->workers.p[i] = vec_pop(&f->workers);
	close(w.fd);
	int status;
	while (waitpid(w.pid, &status, 0) < 0 && errno == EINTR)
		;
}

// Gives k to a worker that has nothing to do; a new one if there is none.
static bool give(Forks *f, BuildPkg *k, bool alone)
{
	u32 i = 0;
	while (i < f->workers.n && f->workers.p[i].pkg)
		i++;
	if (i < f->workers.n && f->workers.p[i].bytes + k->bytes > WORKER_MOST) {
		end_worker(f, i);
		i = f->workers.n;
	}
	if (i == f->workers.n && !start_worker(f))
		return false;
	Worker *w = &f->workers.p[i];
	u32 all = pool_size(f->b->opt.pool);
	u32 job[2] = {k->order, alone ? all : k->bytes > LARGE ? MIN(all, LARGE_THREADS + 0u) : 1};
	w->pkg = k;
	w->bytes += k->bytes;
	f->running++;
	build_announce(f->b, k);
	send(w->fd, job, sizeof job, MSG_NOSIGNAL); // if it has ended, wait_for_one will see
	return true;
}

// k, and all that it imports, directly or not, can be looked into.
static void done(Forks *f, BuildPkg *k)
{
	for (u32 i = 0; i < f->importers[k->order].n; i++) {
		BuildPkg *up = f->importers[k->order].p[i];
		if (--f->waiting[up->order] > 0)
			continue;
		if (to_compile(up, f->again))
			vec_push(f->b->arena, &f->ready, up);
		else if (up->cached.n)
			done(f, up);
	}
}

static void wait_for_one(Forks *f)
{
	struct pollfd fds[256];
	u32 n = f->workers.n;
	for (u32 i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = f->workers.p[i].fd, .events = POLLIN};
	while (poll(fds, n, -1) < 0)
		;
	for (u32 i = n; i-- > 0;) {
		if (!fds[i].revents)
			continue;
		Worker *w = &f->workers.p[i];
		BuildPkg *k = w->pkg;
		char c;
		bool alive = read_all(w->fd, &c, 1);
		w->pkg = NULL;
		f->running -= k != NULL;
		if (k && cache_find(f->b->cache, &k->action, &k->cached, &k->file))
			done(f, k);
		if (!alive)
			end_worker(f, i);
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

static void run(Forks *f)
{
	Build *b = f->b;
	f->waiting = NEWN(b->arena, u32, b->n);
	f->height = NEWN(b->arena, u64, b->n);
	f->importers = NEWN(b->arena, BuildPkgVec, b->n);
	for (u32 i = b->n; i-- > 0;) { // importers come behind what they import
		BuildPkg *k = &b->pkgs[i];
		f->height[i] += k->bytes;
		for (u32 d = 0; d < k->load->deps.n; d++) {
			BuildPkg *to = k->load->deps.p[d]->build;
			if (!to || to->order >= i)
				continue; // not found, or a cycle: reported already
			f->height[to->order] = MAX(f->height[to->order], f->height[i]);
		}
	}
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		for (u32 d = 0; d < k->load->deps.n; d++) {
			BuildPkg *to = k->load->deps.p[d]->build;
			if (!to || to->order >= i || str_is(to->load->import_path, "unsafe") || (to->cached.n && !f->waiting[to->order]))
				continue;
			f->waiting[i]++;
			vec_push(b->arena, &f->importers[to->order], k);
		}
		if (!f->waiting[i] && to_compile(k, f->again))
			vec_push(b->arena, &f->ready, k);
	}
	u32 most = MIN(pool_size(b->opt.pool), 256u);
	fflush(NULL);
	while (f->ready.n || f->running) {
		while (f->ready.n && f->running < most) {
			bool alone = !f->running && f->ready.n == 1;
			if (!give(f, take(f), alone))
				break;
		}
		if (!f->running)
			break; // no process can be started
		wait_for_one(f);
	}
	while (f->workers.n)
		end_worker(f, f->workers.n - 1);
}

void build_forked(Build *b)
{
	Forks f = {.b = b};
	u32 n = 0;
	for (u32 i = 0; i < b->n; i++)
		n += to_compile(&b->pkgs[i], false);
	if (n < FEWEST)
		return;
	demand_run(b);
	run(&f);
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		if (k->partial && !k->cached.n) { // it has an error: to be found by compiling all of it
			k->files = NULL;
			k->diags = diags_new(k->arena);
		}
		k->partial = false;
	}
}

bool build_forked_whole(Build *b)
{
	Forks f = {.b = b, .again = true};
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		if (k->whole && k->left_out.n) {
			k->cached = k->left_out = (Str){0};
			k->wanted = true;
		}
	}
	run(&f);
	for (u32 i = 0; i < b->n; i++)
		if (b->pkgs[i].whole && !b->pkgs[i].cached.n)
			return false;
	return true;
}
