// file.c: whole files in and out, directories, and errors in Go's words.
// Invariant of file_map: the text is followed by a NUL byte that does not belong to it, so that a scanner
// needs no bounds check. Files below READ_MAX are read rather than mapped: that is faster, and nobody can
// make them shorter under us. Whatever reads sees the overlay; whatever writes does not.
#include "base/base.h"
#include "base/overlay.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_MAX ((size_t)256 << 10)
#define PAGE ((size_t)4096)

Err err_fmt(Arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	Str s = str_vfmt(a, fmt, ap);
	va_end(ap);
	return (Err){s, 0};
}

// Go's texts (syscall/zerrors_linux_amd64.go) are the C library's with a small first letter.
Err err_sys(Arena *a, const char *op, Str path)
{
	int e = errno;
	char text[128];
	const char *said = strerror_r(e, text, sizeof text);
	bool lower = isupper((u8)said[0]) && !isupper((u8)said[1]);
	Str msg = str_fmt(a, "%s " STR_FMT ": %c%s", op, STR_ARG(path), lower ? tolower((u8)said[0]) : said[0],
		said[0] ? said + 1 : "");
	return (Err){msg, e ? e : EIO};
}

// A path as the kernel wants it; short ones on the stack.
typedef struct CPath { char small[512]; char *p; } CPath;

static const char *cpath(CPath *c, Str path)
{
	c->p = path.n < sizeof c->small ? c->small : malloc((size_t)path.n + 1);
	if (!c->p)
		base_die("out of memory");
	if (path.n)
		memcpy(c->p, path.p, path.n);
	c->p[path.n] = 0;
	return c->p;
}

static void cpath_free(CPath *c)
{
	int e = errno;
	if (c->p != c->small)
		free(c->p);
	errno = e;
}

// Reads until the end, whatever the file's size was said to be. The result obeys file_unmap's rule: below
// READ_MAX on the heap, otherwise a mapping.
static bool read_all(int fd, size_t guess, bool regular, Str *out)
{
	size_t cap = guess + 1, n = 0;
	char *p = malloc(cap);
	for (;;) {
		if (!p)
			base_die("out of memory");
		ssize_t got = read(fd, p + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int e = errno;
			free(p);
			errno = e;
			return false;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == guess && regular) // as long as it was said to be: its end is not read once more
			break;
		if (n == cap) {
			if (n >= UINT32_MAX / 2) {
				free(p);
				errno = EFBIG;
				return false;
			}
			p = realloc(p, cap *= 2);
		}
	}
	p[n] = 0;
	if (n >= READ_MAX) {
		char *m = mmap(NULL, ALIGN_UP(n + 1, PAGE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (m == MAP_FAILED)
			base_die("out of memory");
		memcpy(m, p, n);
		free(p);
		p = m;
	}
	*out = (Str){p, (u32)n};
	return true;
}

// GODEBUG=gofsystrace=1: what is looked at is named on stderr, in the form of cmd/go/internal/fsys.
static void trace(const char *op, Str path)
{
	static _Atomic int wanted; // -1: no
	if (!wanted) {
		const char *debug = getenv("GODEBUG");
		wanted = debug && strstr(debug, "gofsystrace=1") ? 1 : -1;
	}
	if (wanted > 0)
		fprintf(stderr, "%d gofsystrace %s " STR_FMT "\n", (int)getpid(), op, STR_ARG(path));
}

Err file_map(Arena *a, Str path, Str *out)
{
	trace("Open", path);
	CPath c;
	*out = (Str){0};
	int fd;
	Str actual;
	if (overlay_find(path, &actual) == OVERLAY_GONE) {
		errno = ENOENT;
		return err_sys(a, "open", path);
	}
	do
		fd = open(cpath(&c, actual), O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR && (cpath_free(&c), true));
	cpath_free(&c);
	if (fd < 0)
		return err_sys(a, "open", path);
	struct stat st;
	bool ok = fstat(fd, &st) == 0;
	size_t n = ok ? (size_t)st.st_size : 0;
	if (ok && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		ok = false;
	} else if (ok && n >= UINT32_MAX / 2) {
		errno = EFBIG;
		ok = false;
	} else if (ok && S_ISREG(st.st_mode) && n >= READ_MAX && n % PAGE != 0) {
		// The kernel fills the last page up with zeros: the NUL behind the text.
		char *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (p != MAP_FAILED)
			*out = (Str){p, (u32)n};
		else
			ok = read_all(fd, n, true, out);
	} else if (ok) {
		ok = read_all(fd, S_ISREG(st.st_mode) ? n : 4096, S_ISREG(st.st_mode), out);
	}
	Err e = ok ? OK : err_sys(a, "read", path);
	close(fd);
	return e;
}

void file_unmap(Str s)
{
	if (!s.p)
		return;
	if (s.n < READ_MAX)
		free((void *)s.p);
	else
		munmap((void *)s.p, ALIGN_UP((size_t)s.n + 1, PAGE));
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

// Puts tmp in the place of to. ext4 writes a file to the disk when it replaces another by rename, so that a loss of power leaves
// one of them; lasting: that is wanted. Otherwise the two change places.
static bool replace(const char *tmp, const char *to, bool lasting)
{
	if (!lasting && renameat2(AT_FDCWD, tmp, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
		return unlink(tmp) == 0;
	return rename(tmp, to) == 0;
}

static Err write_whole(Arena *a, Str path, const void *p, size_t n, u32 mode, bool lasting)
{
	CPath c;
	const char *to = cpath(&c, path);
	struct stat st;
	Err e = OK;
	if (stat(to, &st) == 0 && !S_ISREG(st.st_mode)) {
		int fd = open(to, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			e = err_sys(a, "open", path);
		else if (!write_all(fd, p, n))
			e = err_sys(a, "write", path);
		if (fd >= 0)
			close(fd);
		cpath_free(&c);
		return e;
	}
	// A symbolic link is followed, so that the link stays and its target is replaced.
	char *real = realpath(to, NULL);
	static _Atomic u32 serial;
	Str tmp = str_fmt(a, "%s.%d-%u.tmp", real ? real : to, (int)getpid(), atomic_fetch_add(&serial, 1));
	int fd = open(tmp.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0) {
		e = err_sys(a, "open", path);
	} else {
		bool ok = write_all(fd, p, n);
		if (close(fd) != 0)
			ok = false;
		if (!ok)
			e = err_sys(a, "write", path);
		else if (!replace(tmp.p, real ? real : to, lasting))
			e = err_sys(a, "rename", path);
		if (failed(e))
			unlink(tmp.p);
	}
	free(real);
	cpath_free(&c);
	return e;
}

Err file_write(Arena *a, Str path, const void *p, size_t n, u32 mode) { return write_whole(a, path, p, n, mode, true); }

void file_remove_output(Arena *a, Str path)
{
	struct stat st;
	char *p = str_c(a, path);
	if (lstat(p, &st) == 0 && S_ISREG(st.st_mode))
		unlink(p);
}

Err file_write_output(Arena *a, Str path, const void *p, size_t n, u32 mode)
{
	Str old = {0};
	struct stat st;
	bool same = !overlay_replaced(path) && !failed(file_map(a, path, &old)) && old.n == n && !memcmp(old.p, p, n) && stat(str_c(a, path), &st) == 0 &&
	            S_ISREG(st.st_mode) && (st.st_mode & 0111) == (mode & 0111);
	file_unmap(old);
	if (same && utimensat(AT_FDCWD, str_c(a, path), NULL, 0) == 0) // make looks at the time
		return OK;
	return write_whole(a, path, p, n, mode, false);
}

// What stands at path, as the overlay has it: its files are no links.
static bool look(Str path, struct stat *st, bool follow)
{
	trace(follow ? "Stat" : "Lstat", path);
	CPath c;
	Str actual;
	OverlayKind k = overlay_find(path, &actual);
	if (k == OVERLAY_GONE) {
		errno = ENOENT;
		return false;
	}
	const char *p = cpath(&c, actual);
	bool ok = (follow || k == OVERLAY_FILE ? stat(p, st) : lstat(p, st)) == 0;
	cpath_free(&c);
	if (k == OVERLAY_DIR && !(ok && S_ISDIR(st->st_mode))) {
		*st = (struct stat){.st_mode = S_IFDIR | 0500};
		ok = true;
	}
	if (k == OVERLAY_FILE && ok && S_ISDIR(st->st_mode)) {
		errno = EISDIR;
		ok = false;
	}
	return ok;
}

bool file_stat(Str path, struct stat *st) { return look(path, st, true); }
bool file_lstat(Str path, struct stat *st) { return look(path, st, false); }

bool file_exists(Str path)
{
	struct stat st;
	return file_stat(path, &st);
}

bool file_is_dir(Str path)
{
	struct stat st;
	return file_stat(path, &st) && S_ISDIR(st.st_mode);
}

Err dir_make_all(Arena *a, Str path)
{
	char *p = str_c(a, path);
	for (u32 i = 1; i <= path.n; i++) {
		if (i < path.n && (p[i] != '/' || p[i - 1] == '/'))
			continue;
		p[i] = 0;
		struct stat st;
		if (mkdir(p, 0777) != 0 && !(stat(p, &st) == 0 && S_ISDIR(st.st_mode))) {
			if (errno == EEXIST)
				errno = ENOTDIR;
			return err_sys(a, "mkdir", str(p));
		}
		if (i < path.n)
			p[i] = '/';
	}
	return OK;
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const DirEntry *)x)->name, ((const DirEntry *)y)->name);
}

static FileKind kind_of(const struct stat *st)
{
	return S_ISDIR(st->st_mode) ? FILE_DIR : S_ISLNK(st->st_mode) ? FILE_LINK : S_ISREG(st->st_mode) ? FILE_REGULAR : FILE_OTHER;
}

// Makes the entries those of the overlay's tree.
static void overlay_entries(Arena *a, Str path, DirEntryVec *v)
{
	Str name, file;
	OverlayKind kind;
	for (u32 at = 0; overlay_child(path, &at, &name, &kind, &file);) {
		u32 i = 0;
		while (i < v->n && !str_eq(v->p[i].name, name))
			i++;
		if (kind == OVERLAY_GONE) {
			if (i < v->n)
				v->p[i] = vec_pop(v);
			continue;
		}
		if (i == v->n)
			vec_push(a, v, (DirEntry){str_dup(a, name), FILE_DIR});
		v->p[i].kind = kind == OVERLAY_DIR ? FILE_DIR : FILE_REGULAR;
	}
}

Err dir_entries(Arena *a, Str path, DirEntryVec *out)
{
	trace("ReadDir", path);
	CPath c;
	*out = (DirEntryVec){0};
	Str actual;
	OverlayKind over = overlay_find(path, &actual);
	if (over == OVERLAY_GONE)
		errno = ENOENT;
	DIR *d = over == OVERLAY_GONE ? NULL : opendir(cpath(&c, actual));
	if (over != OVERLAY_GONE)
		cpath_free(&c);
	if (!d && over != OVERLAY_DIR)
		return err_sys(a, "open", path);
	struct dirent *e;
	while (d && (errno = 0, (e = readdir(d)))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		DirEntry x = {str_dup(a, str(e->d_name)), e->d_type == DT_DIR ? FILE_DIR : e->d_type == DT_LNK ? FILE_LINK :
			e->d_type == DT_REG ? FILE_REGULAR : FILE_OTHER};
		struct stat st;
		if (e->d_type == DT_UNKNOWN && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			x.kind = kind_of(&st);
		vec_push(a, out, x);
	}
	Err err = d && errno ? err_sys(a, "readdirent", path) : OK;
	if (d)
		closedir(d);
	overlay_entries(a, path, out);
	if (out->n)
		qsort(out->p, out->n, sizeof *out->p, by_name);
	return err;
}

Err dir_list(Arena *a, Str path, StrVec *names)
{
	DirEntryVec v;
	*names = (StrVec){0};
	Err e = dir_entries(a, path, &v);
	for (u32 i = 0; i < v.n; i++)
		vec_push(a, names, v.p[i].name);
	return e;
}

void dir_remove_all(Arena *a, Str dir)
{
	StrVec names = {0};
	chmod(str_c(a, dir), 0777);
	if (!failed(dir_list(a, dir, &names)))
		for (u32 i = 0; i < names.n; i++) {
			Str p = path_join(a, dir, names.p[i]);
			struct stat st;
			if (lstat(str_c(a, p), &st) == 0 && S_ISDIR(st.st_mode))
				dir_remove_all(a, p);
			else
				unlink(str_c(a, p));
		}
	rmdir(str_c(a, dir));
}
