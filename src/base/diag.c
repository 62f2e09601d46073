// diag.c: collects what is wrong with a package and prints it. Which of the errors collected are shown, and in
// which order, is as in cmd/compile/internal/base/print.go: one syntax error a line, no repetition of a line and
// text, after ten errors "too many errors"; those ten are the first reported, shown by position.
// Invariant: errors have a serial number in the order of report; everything else follows from sorting.
#include "base/base.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define COL_MAX 255 // gc's positions have 8 bits for columns; from here on it prints none (cmd/internal/src/pos.go)

struct Diags {
	pthread_mutex_t lock;
	Arena *own;         // made at the first error: the arena given belongs to one thread
	VEC(Diag) all;
	u32 errors;
};

Diags *diags_new(Arena *a)
{
	Diags *d = NEW(a, Diags);
	pthread_mutex_init(&d->lock, NULL);
	return d;
}

void diags_free(Diags *d)
{
	arena_free(d->own);
	d->own = NULL;
	d->all.n = d->all.cap = d->errors = 0;
	d->all.p = NULL;
}

void diag_add(Diags *d, Diag x)
{
	pthread_mutex_lock(&d->lock);
	if (!d->own)
		d->own = arena_new();
	x.msg = str_dup(d->own, x.msg);
	if (x.hint.p)
		x.hint = str_dup(d->own, x.hint);
	x.seq = d->all.n;
	d->errors += !x.warn;
	vec_push(d->own, &d->all, x);
	pthread_mutex_unlock(&d->lock);
}

void diag(Diags *d, Pos pos, const char *fmt, ...)
{
	char small[512];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	char *text = small;
	if (n >= (int)sizeof small) {
		text = malloc((size_t)n + 1);
		if (!text)
			base_die("out of memory");
		vsnprintf(text, (size_t)n + 1, fmt, again);
	}
	diag_add(d, (Diag){.pos = pos, .msg = {text, (u32)MAX(n, 0)}});
	if (text != small)
		free(text);
	va_end(again);
	va_end(ap);
}

void diags_merge(Diags *into, Diags *from)
{
	for (u32 i = 0; i < from->all.n; i++)
		diag_add(into, from->all.p[i]);
}

u32 diags_count(Diags *d)
{
	pthread_mutex_lock(&d->lock);
	u32 n = d->errors;
	pthread_mutex_unlock(&d->lock);
	return n;
}

static int by_file_and_seq(const void *a, const void *b)
{
	const Diag *x = a, *y = b;
	if (pos_file(x->pos) != pos_file(y->pos))
		return pos_file(x->pos) < pos_file(y->pos) ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_seq(const void *a, const void *b)
{
	const Diag *x = a, *y = b;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

// gc numbers files when it reports the first error in them.
static int by_pos(const void *a, const void *b)
{
	const Diag *x = a, *y = b;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->pos != y->pos)
		return x->pos < y->pos ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static bool same_line(Pos a, Pos b)
{
	if (a >> 20 == b >> 20)
		return true;
	Str fa, fb;
	u32 la, lb, ca, cb;
	pos_resolve(a, &fa, &la, &ca);
	pos_resolve(b, &fb, &lb, &cb);
	return pos_file(a) == pos_file(b) && la == lb && str_eq(fa, fb) && pos_line(a) == pos_line(b);
}

// Drops what gc does not show. Per file, so that it does not matter in which order threads report.
static u32 filter(Diag *x, u32 n)
{
	if (n)
		qsort(x, n, sizeof *x, by_file_and_seq);
	u32 kept = 0;
	i64 syntax = -1, other = -1;
	for (u32 i = 0; i < n; i++) {
		if (i && pos_file(x[i].pos) != pos_file(x[i - 1].pos))
			syntax = other = -1;
		if (x[i].warn) { // one line may have the same to say of several of its columns
			x[kept++] = x[i];
			continue;
		}
		i64 *last = str_has_prefix(x[i].msg, "syntax error") ? &syntax : &other;
		if (*last >= 0 && same_line(x[*last].pos, x[i].pos) &&
			(last == &syntax || str_eq(x[i].msg, x[*last].msg)))
			continue;
		*last = kept;
		x[kept++] = x[i];
	}
	return kept;
}

static u32 sort(Diag *x, u32 n)
{
	if (n)
		qsort(x, n, sizeof *x, by_pos);
	u32 kept = 0;
	for (u32 i = 0; i < n; i++)
		if (!kept || x[i].pos != x[kept - 1].pos || !str_eq(x[i].msg, x[kept - 1].msg))
			x[kept++] = x[i];
	return kept;
}

Diag *diags_all(Diags *d, u32 *n)
{
	pthread_mutex_lock(&d->lock);
	*n = d->all.n;
	Diag *x = d->own ? NEWN(d->own, Diag, d->all.n + 1) : NULL;
	if (*n)
		memcpy(x, d->all.p, sizeof(Diag) * *n);
	Map files = {0};
	for (u32 i = 0; i < *n; i++)
		if (!x[i].warn && !map_has(&files, pos_file(x[i].pos) + 1))
			map_put(d->own, &files, pos_file(x[i].pos) + 1, (void *)(uintptr_t)(files.n + 1));
	for (u32 i = 0; i < *n; i++) {
		uintptr_t place = (uintptr_t)map_get(&files, pos_file(x[i].pos) + 1);
		x[i].file = place ? (u32)place : files.n + 1 + pos_file(x[i].pos); // reports without an error: in the order of files
	}
	pthread_mutex_unlock(&d->lock);
	return x;
}

Diag *diags_sorted(Diags *d, u32 *n)
{
	Diag *x = diags_all(d, n);
	*n = filter(x, *n);
	*n = sort(x, *n);
	return x;
}

static void print_pos(FILE *out, Pos p, DiagStyle style)
{
	Str file;
	u32 line, col;
	pos_resolve(p, &file, &line, &col);
	fprintf(out, STR_FMT ":%u", STR_ARG(file), line);
	if (style != DIAG_NO_COLUMNS && col > 0 && col < COL_MAX)
		fprintf(out, ":%u", col);
	fputs(": ", out);
}

static void print_excerpt(FILE *out, const Diag *x, bool color)
{
	SourceFile *f = source_get(pos_file(x->pos));
	if (!f)
		return;
	Str mapped = {0};
	Arena *a = NULL;
	if (!f->text.p) {
		a = arena_new();
		if (failed(file_map(a, f->path, &mapped)))
			mapped = (Str){0};
	}
	excerpt_print(out, f->text.p ? f->text : mapped, pos_line(x->pos), pos_col(x->pos), x->len, color);
	file_unmap(mapped);
	arena_free(a);
}

// The position stays plain, for print_renamed to find it.
static void print_one(FILE *out, const Diag *x, DiagStyle style)
{
	if (x->pos)
		print_pos(out, x->pos, style);
	if (style == DIAG_PLAIN || style == DIAG_NO_COLUMNS) {
		fprintf(out, STR_FMT "\n", STR_ARG(x->msg));
		return;
	}
	bool color = style == DIAG_COLOR;
	const char *end = color ? "\x1b[0m" : "";
	int nl = str_index(x->msg, '\n');
	Str first = nl < 0 ? x->msg : str_sub(x->msg, 0, (u32)nl);
	fprintf(out, "%s" STR_FMT "%s\n", !color ? "" : x->warn ? "\x1b[1;33m" : "\x1b[1;31m", STR_ARG(first), end);
	if (nl >= 0)
		fprintf(out, STR_FMT "\n", STR_ARG(str_from(x->msg, (u32)nl + 1)));
	print_excerpt(out, x, color);
	if (x->hint.n)
		fprintf(out, "      %s= hint:%s " STR_FMT "\n", color ? "\x1b[1;36m" : "", end, STR_ARG(x->hint));
}

DiagStyle diag_style(int fd)
{
	if (!isatty(fd))
		return DIAG_PLAIN;
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	return !term || !*term || !strcmp(term, "dumb") || (no_color && *no_color) ? DIAG_EXCERPT : DIAG_COLOR;
}

void diags_print(Diags *d, FILE *out, u32 limit, DiagStyle style)
{
	u32 n;
	Diag *x = diags_all(d, &n);
	n = filter(x, n);
	Pos last = 0;
	bool many = false;
	if (limit) { // the first `limit` errors as reported, and the warnings before them
		if (n)
			qsort(x, n, sizeof *x, by_seq);
		u32 errors = 0, i = 0;
		for (; i < n && errors < limit; i++) {
			errors += !x[i].warn;
			last = x[i].pos;
		}
		many = errors == limit;
		n = i;
	}
	n = sort(x, n);
	for (u32 i = 0; i < n; i++)
		print_one(out, &x[i], style);
	if (many) {
		if (last)
			print_pos(out, last, style);
		fputs("too many errors\n", out);
	}
}

static u32 path_at(Str text, u32 i)
{
	if (text.p[i] != '/' || str_has_prefix(str_from(text, i), "/*") || (i && !strchr(" \t\n", text.p[i - 1])))
		return 0;
	u32 n = 0;
	while (i + n < text.n && !strchr(":\t\n", text.p[i + n]))
		n++;
	bool line = i + n + 1 < text.n && text.p[i + n] == ':' && text.p[i + n + 1] >= '0' && text.p[i + n + 1] <= '9';
	return line ? n : 0;
}

void print_renamed(FILE *out, Str text, Str (*name)(void *ctx, Arena *a, Str path), void *ctx, Arena *a)
{
	u32 done = 0;
	for (u32 i = 0; i < text.n; i++) {
		u32 n = path_at(text, i);
		if (!n)
			continue;
		Str path = name(ctx, a, str_sub(text, i, i + n));
		fprintf(out, STR_FMT STR_FMT, STR_ARG(str_sub(text, done, i)), STR_ARG(path));
		done = i + n;
		i = done - 1;
	}
	fwrite(text.p + done, 1, text.n - done, out);
}
