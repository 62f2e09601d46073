// source.c: the process-wide list of source files, and what a position shows as. Files are found by index
// without a lock; they live as long as the process, because positions travel between packages.
#include "base/base.h"
#include "base/hold.h"

#include <pthread.h>
#include <stdlib.h>

#define PAGE_BITS 10
#define FILES_MAX (1u << 20) // a position's file field

typedef SourceFile *Page[1 << PAGE_BITS];
static _Atomic(Page *) pages[FILES_MAX >> PAGE_BITS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic u32 nfiles;

SourceFile *source_add(Str path, Str name)
{
	SourceFile *f = calloc(1, sizeof *f + (size_t)path.n + name.n + 2);
	if (!f)
		base_die("out of memory");
	char *p = (char *)(f + 1);
	if (path.n)
		memcpy(p, path.p, path.n);
	f->path = (Str){p, path.n};
	p += path.n + 1;
	if (name.n)
		memcpy(p, name.p, name.n);
	f->name = (Str){p, name.n};
	pthread_mutex_lock(&lock);
	u32 i = atomic_load_explicit(&nfiles, memory_order_relaxed) + 1;
	if (i >= FILES_MAX)
		base_die("too many source files");
	Page *page = atomic_load_explicit(&pages[i >> PAGE_BITS], memory_order_relaxed);
	if (!page) {
		page = calloc(1, sizeof *page);
		if (!page)
			base_die("out of memory");
		atomic_store_explicit(&pages[i >> PAGE_BITS], page, memory_order_release);
	}
	f->index = i;
	(*page)[i & ((1 << PAGE_BITS) - 1)] = f;
	atomic_store_explicit(&nfiles, i, memory_order_release);
	pthread_mutex_unlock(&lock);
	return f;
}

SourceFile *source_get(u32 index)
{
	if (index == 0 || index > atomic_load_explicit(&nfiles, memory_order_acquire))
		return NULL;
	Page *page = atomic_load_explicit(&pages[index >> PAGE_BITS], memory_order_acquire);
	return (*page)[index & ((1 << PAGE_BITS) - 1)];
}

// The directive that governs a position: the last one that begins at or before it.
static const struct LineDirective *directive_at(const SourceFile *f, u32 line, u32 col)
{
	u32 lo = 0, hi = f->ndirectives;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		const struct LineDirective *d = &f->directives[mid];
		if (d->line < line || (d->line == line && d->col <= col))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &f->directives[lo - 1] : NULL;
}

// Columns count on only in the line of the directive itself (cmd/compile/internal/syntax/pos.go, RelCol).
void pos_resolve(Pos p, Str *file, u32 *line, u32 *col)
{
	SourceFile *f = source_get(pos_file(p));
	*line = pos_line(p);
	*col = pos_col(p);
	*file = f ? f->name : (Str){"", 0};
	const struct LineDirective *d = f && f->ndirectives ? directive_at(f, *line, *col) : NULL;
	if (!d)
		return;
	*file = d->file;
	if (d->at_col == 0)
		*col = 0;
	else if (*line == d->line)
		*col = d->at_col + (*col - d->col);
	*line = d->at_line + (*line - d->line);
}

Str pos_fmt(Arena *a, Pos p)
{
	if (!p)
		return (Str){"", 0};
	Str file;
	u32 line, col;
	pos_resolve(p, &file, &line, &col);
	if (line == 0)
		return str_dup(a, file);
	if (col == 0)
		return str_fmt(a, STR_FMT ":%u", STR_ARG(file), line);
	return str_fmt(a, STR_FMT ":%u:%u", STR_ARG(file), line, col);
}

void source_hold(bool take)
{
	take ? pthread_mutex_lock(&lock) : pthread_mutex_unlock(&lock);
}
