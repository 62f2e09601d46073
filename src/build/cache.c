// cache.c: see cache.h.
#include "build/cache.h"

#include <dirent.h>
#include <elf.h>
#include <link.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// "v1 <hex action> <hex output> <size, 20 wide> <unix nanoseconds, 20 wide>\n"
enum { ENTRY_SIZE = 2 + 1 + 64 + 1 + 64 + 1 + 20 + 1 + 20 + 1 };
enum { USED_EVERY = 3600, TRIM_EVERY = 24 * 3600, KEEP = 5 * 24 * 3600 }; // seconds

struct Cache { Arena *a; Str dir; bool off; };

Cache *cache_open(Arena *a, Str dir)
{
	Cache *c = NEW(a, Cache);
	c->a = a;
	c->dir = dir;
	c->off = !dir.n || str_is(dir, "off") || dir.p[0] != '/';
	return c;
}

static void hex(const u8 *b, char out[65])
{
	static const char digits[] = "0123456789abcdef";
	for (u32 i = 0; i < 32; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[64] = 0;
}

static bool unhex(const char *s, u8 *b)
{
	for (u32 i = 0; i < 64; i++) {
		char ch = s[i];
		int v = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
		if (v < 0)
			return false;
		b[i / 2] = (u8)(i % 2 ? b[i / 2] | v : v << 4);
	}
	return true;
}

// The name of an output is a hash of the action and of what damage would change; of the whole content would take
// longer than the rest of a small build, and says no more once the action is part of it.
static void output_id(const ActionId *id, const void *p, size_t n, u8 out[32])
{
	struct { u8 action[32], sum[16]; u64 n; } x = {.n = n};
	memcpy(x.action, id->b, 32);
	checksum(p, n, x.sum);
	sha256(&x, sizeof x, out);
}

ActionId action_part(const ActionId *id, const char *part)
{
	Sha256 h;
	ActionId out;
	sha256_init(&h);
	sha256_add(&h, part, strlen(part) + 1);
	sha256_add(&h, id->b, sizeof id->b);
	sha256_end(&h, out.b);
	return out;
}

static Str entry_path(Arena *a, Cache *c, const u8 *id, char kind)
{
	char h[65];
	hex(id, h);
	return str_fmt(a, STR_FMT "/%.2s/%s-%c", STR_ARG(c->dir), h, h, kind);
}

// The time of last use is the file's time; it is kept to the hour.
static void mark_used(Str path)
{
	struct stat st;
	if (stat(path.p, &st) == 0 && time(NULL) - st.st_mtime > USED_EVERY)
		utimensat(AT_FDCWD, path.p, NULL, 0);
}

typedef struct Entry { u8 output[32]; u64 size; i64 time; } Entry;

static bool read_entry(Str path, const ActionId *id, Entry *out)
{
	int fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	char e[ENTRY_SIZE + 1];
	ssize_t n = read(fd, e, sizeof e);
	close(fd);
	u8 action[32];
	if (n != ENTRY_SIZE || memcmp(e, "v1 ", 3) || e[67] != ' ' || e[132] != ' ' || e[153] != ' ' || !unhex(e + 3, action) ||
	    !unhex(e + 68, out->output) || memcmp(action, id->b, 32))
		return false;
	e[153] = e[ENTRY_SIZE - 1] = 0;
	out->size = strtoull(e + 133, NULL, 10);
	out->time = strtoll(e + 154, NULL, 10);
	return true;
}

i64 cache_time(Cache *c, const ActionId *id)
{
	Entry e;
	return !c->off && read_entry(entry_path(c->a, c, id->b, 'a'), id, &e) ? e.time : 0;
}

bool cache_get(Cache *c, const ActionId *id, Str *out, Str *file)
{
	if (c->off)
		return false;
	Str path = entry_path(c->a, c, id->b, 'a');
	Entry e;
	u8 sum[32];
	if (!read_entry(path, id, &e))
		return false;
	Str data = entry_path(c->a, c, e.output, 'd');
	if (failed(file_map(c->a, data, out)))
		return false;
	if (out->n != e.size || (output_id(id, out->p, out->n, sum), memcmp(sum, e.output, 32))) {
		file_unmap(*out);
		*out = (Str){0}; // callers ask it whether they have something
		return false;
	}
	mark_used(path);
	mark_used(data);
	*file = data;
	return true;
}

bool cache_find(Cache *c, const ActionId *id, Str *out, Str *file)
{
	Entry e;
	struct stat st;
	if (c->off || !read_entry(entry_path(c->a, c, id->b, 'a'), id, &e))
		return false;
	*file = entry_path(c->a, c, e.output, 'd');
	int fd = open(file->p, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;
	if (fd >= 0 && fstat(fd, &st) == 0 && (u64)st.st_size == e.size && e.size && e.size < UINT32_MAX / 2)
		p = mmap(NULL, e.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	*out = p == MAP_FAILED ? (Str){0} : str_n(p, e.size);
	return out->n != 0;
}

static bool holds(Arena *a, Str path, const void *p, size_t n)
{
	Str old;
	if (failed(file_map(a, path, &old)))
		return false;
	bool same = old.n == n && memcmp(old.p, p, n) == 0;
	file_unmap(old);
	return same;
}

Err cache_put(Cache *c, const ActionId *id, const void *p, size_t n, u32 mode, Str *file)
{
	if (c->off)
		return err_fmt(c->a, "build cache is off");
	Arena *a = arena_new(); // several threads put at the same time
	u8 sum[32];
	output_id(id, p, n, sum);
	Str data = entry_path(a, c, sum, 'd'), entry = entry_path(a, c, id->b, 'a');
	struct stat st;
	Err e = OK;
	// Content never changes under its name, unless it was damaged: that is written over.
	if (stat(data.p, &st) != 0 || (mode & 0111 && !(st.st_mode & 0100)) || !holds(a, data, p, n)) {
		e = dir_make_all(a, path_dir(data));
		if (!failed(e))
			e = file_write(a, data, p, n, mode);
	}
	if (failed(e))
		return e;
	char h1[65], h2[65], text[ENTRY_SIZE + 1];
	hex(id->b, h1);
	hex(sum, h2);
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(text, sizeof text, "v1 %s %s %20zu %20lld\n", h1, h2, n, (long long)t.tv_sec * 1000000000 + t.tv_nsec);
	e = dir_make_all(a, path_dir(entry));
	if (!failed(e))
		e = file_write(a, entry, text, ENTRY_SIZE, 0666);
	if (file)
		*file = (Str){strdup(data.p), data.n};
	if (!failed(e)) // whose text would be in it
		arena_free(a);
	return e;
}

void cache_trim(Cache *c)
{
	if (c->off)
		return;
	Str stamp = path_join(c->a, c->dir, S("trim.txt"));
	struct stat st;
	time_t now = time(NULL);
	if (stat(stamp.p, &st) == 0 && now - st.st_mtime < TRIM_EVERY)
		return;
	char text[32];
	int n = snprintf(text, sizeof text, "%lld", (long long)now);
	if (failed(file_write(c->a, stamp, text, (size_t)n, 0666)))
		return;
	for (u32 i = 0; i < 256; i++) {
		Str dir = str_fmt(c->a, STR_FMT "/%02x", STR_ARG(c->dir), i);
		DIR *d = opendir(dir.p);
		if (!d)
			continue;
		struct dirent *e;
		while ((e = readdir(d))) {
			size_t len = strlen(e->d_name);
			if (len < 3 || (strcmp(e->d_name + len - 2, "-a") && strcmp(e->d_name + len - 2, "-d")))
				continue;
			if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && now - st.st_mtime > KEEP)
				unlinkat(dirfd(d), e->d_name, 0);
		}
		closedir(d);
	}
}

static int find_build_id(struct dl_phdr_info *info, size_t size, void *out)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_NOTE)
			continue;
		const char *p = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), *end = p + info->dlpi_phdr[i].p_memsz;
		while (end - p >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
			const ElfW(Nhdr) *h = (const void *)p;
			const char *name = p + sizeof *h, *desc = name + ALIGN_UP(h->n_namesz, 4);
			if (h->n_type == NT_GNU_BUILD_ID && h->n_namesz == 4 && !memcmp(name, "GNU", 4)) {
				*(Str *)out = str_n(desc, h->n_descsz);
				return 1;
			}
			p = desc + ALIGN_UP(h->n_descsz, 4);
		}
	}
	return 1; // the first object is the program itself
}

void cache_self_id(u8 out[32])
{
	Str id = {0};
	dl_iterate_phdr(find_build_id, &id);
	if (!id.n) { // linked without --build-id: the program's bytes
		Arena *a = arena_new();
		Str self;
		if (!failed(file_map(a, S("/proc/self/exe"), &self))) {
			sha256(self.p, self.n, out);
			file_unmap(self);
			arena_free(a);
			return;
		}
		arena_free(a);
	}
	sha256(id.p, id.n, out);
}
