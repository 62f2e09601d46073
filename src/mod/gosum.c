// gosum.c: go.sum: hashes of what was downloaded before, checked whenever it is downloaded again. Words and rules:
// cmd/go/internal/modfetch, https://go.dev/ref/mod#go-sum-files.
#include "base/overlay.h"
#include "mod/fetch.h"

#include <stdlib.h>

static const char go_sum_mismatch[] = "\n\nSECURITY ERROR\n"
	"This download does NOT match an earlier download recorded in go.sum.\n"
	"The bits may have been replaced on the origin server, or an attacker may\n"
	"have intercepted the download attempt.\n\n"
	"For more information, see 'go help module-auth'.\n";
static const char sumdb_mismatch[] = "\n\nSECURITY ERROR\n"
	"This download does NOT match the one reported by the checksum server.\n"
	"The bits may have been replaced on the origin server, or an attacker may\n"
	"have intercepted the download attempt.\n\n"
	"For more information, see 'go help module-auth'.\n";
static const char sumdb_absent[] = "\n\nSECURITY ERROR\n"
	"This download does NOT match one reported by the checksum server.\n"
	"The checksum server has provided checksums, but the checksums do\n"
	"not contain an entry for the download.\n"
	"The checksum server may be malfunctioning, or an attacker may have\n"
	"intercepted the checksum request.\n"
	"The download cannot be verified.\n\n"
	"For more information, see 'go help module-auth'.\n";
static const char unknown_hash[] = "\n\nSECURITY WARNING\n"
	"This download is listed in go.sum, but using an unknown hash algorithm.\n"
	"The download cannot be verified.\n\n"
	"For more information, see 'go help module-auth'.\n\n";

void mod_fatal(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fflush(stdout);
	Str s = str_vfmt(arena_new(), fmt, ap);
	fprintf(stderr, STR_FMT "%s", STR_ARG(s), s.n && s.p[s.n - 1] == '\n' ? "" : "\n");
	va_end(ap);
	exit(1);
}

static Str key_of(Arena *a, Str path, Str version) { return str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(path), STR_ARG(version)); }

// Entries of one key follow each other through the index's first one: there is hardly ever more than one.
static void add(Sums *s, Str path, Str version, Str hash, bool added)
{
	Str key = key_of(s->arena, path, version);
	if (!strmap_has(&s->index, key))
		strmap_put(s->arena, &s->index, key, (void *)(uintptr_t)(s->all.n + 1));
	vec_push(s->arena, &s->all, (Sum){path, version, hash, added, added, false, S("")});
}

static Str next_word(Str *line)
{
	*line = str_trim(*line);
	u32 n = 0;
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	Str w = str_sub(*line, 0, n);
	*line = str_from(*line, n);
	return w;
}

static void read_file(Sums *s, Str file, bool lenient, bool others)
{
	Str text;
	if (!file.n || failed(file_map(s->arena, file, &text)))
		return;
	text = str_dup(s->arena, text);
	for (u32 line_no = 1; text.n; line_no++) {
		int nl = str_index(text, '\n');
		Str line = nl >= 0 ? str_sub(text, 0, (u32)nl) : text, rest = line;
		text = nl >= 0 ? str_from(text, (u32)nl + 1) : S("");
		Str w[3] = {next_word(&rest), next_word(&rest), next_word(&rest)};
		if (!w[0].n)
			continue;
		u32 n = w[2].n ? 3 : w[1].n ? 2 : 1;
		while (next_word(&rest).n)
			n++;
		if (n != 3) {
			if (lenient)
				continue;
			mod_fatal("malformed go.sum:\n" STR_FMT ":%u: wrong number of fields %u\n", STR_ARG(file), line_no, n);
		}
		if (str_is(w[2], "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=")) // of an empty go.mod: written by an old bug
			continue;
		if (others)
			vec_push(s->arena, &s->others, (Sum){w[0], w[1], w[2], .file = file});
		else
			add(s, w[0], w[1], w[2], false);
	}
}

Sums *sums_read(Arena *a, Fetch *f, Str file, bool lenient)
{
	Sums *s = NEW(a, Sums);
	*s = (Sums){.arena = a, .fetch = f, .file = file, .name = str_has_suffix(file, "go.work.sum") ? "go.work.sum" : "go.sum"};
	read_file(s, file, lenient, false);
	return s;
}

void sums_read_more(Sums *s, Str file) { read_file(s, file, false, true); }

static bool is(const Sum *x, Str path, Str version) { return str_eq(x->path, path) && str_eq(x->version, version); }

static Str full_version(Arena *a, Str version, bool gomod) { return gomod ? str_cat(a, version, S("/go.mod")) : version; }

bool sums_have(Sums *s, Str path, Str version, bool gomod)
{
	version = full_version(s->arena, version, gomod);
	u32 first = (u32)(uintptr_t)strmap_get(&s->index, key_of(s->arena, path, version));
	for (u32 i = first ? first - 1 : s->all.n; i < s->all.n; i++)
		if (is(&s->all.p[i], path, version) && str_has_prefix(s->all.p[i].hash, "h1:") && !s->all.p[i].added && !s->all.p[i].dropped)
			return true;
	for (u32 i = 0; i < s->others.n; i++)
		if (is(&s->others.p[i], path, version) && str_has_prefix(s->others.p[i].hash, "h1:"))
			return true;
	return false;
}

static void mismatch(Str path, Str version, Str hash, const char *file, Str recorded)
{
	mod_fatal("verifying " STR_FMT "@" STR_FMT ": checksum mismatch\n\tdownloaded: " STR_FMT "\n\t%s:     " STR_FMT "%s", STR_ARG(path),
		STR_ARG(version), STR_ARG(hash), file, STR_ARG(recorded), go_sum_mismatch);
}

static Err check_sumdb(Sums *s, Str path, Str version, bool gomod, Str hash)
{
	Arena *a = s->arena;
	Str db, lines, full = full_version(a, version, gomod);
	const char *noun = gomod ? "go.mod" : "module";
	Err e = sumdb_lookup(s->fetch, path, full, &db, &lines);
	if (failed(e)) {
		e.msg = str_fmt(a, STR_FMT "@" STR_FMT ": verifying %s: " STR_FMT, STR_ARG(path), STR_ARG(version), noun, STR_ARG(e.msg));
		e.errnum = 0;
		return e;
	}
	Str prefix = str_fmt(a, STR_FMT " " STR_FMT " ", STR_ARG(path), STR_ARG(full));
	for (Str line; str_next(&lines, '\n', &line);) {
		if (line.n < prefix.n || memcmp(line.p, prefix.p, prefix.n) != 0)
			continue;
		Str known = str_from(line, prefix.n);
		if (str_eq(known, hash))
			return OK;
		if (str_has_prefix(known, "h1:"))
			return err_fmt(a, STR_FMT "@" STR_FMT ": verifying %s: checksum mismatch\n\tdownloaded: " STR_FMT "\n\t" STR_FMT ": " STR_FMT "%s",
				STR_ARG(path), STR_ARG(version), noun, STR_ARG(hash), STR_ARG(db), STR_ARG(known), sumdb_mismatch);
	}
	return err_fmt(a, STR_FMT "@" STR_FMT ": verifying %s: checksum missing from sumdb response%s", STR_ARG(path), STR_ARG(version), noun,
		sumdb_absent);
}

// Whether the checksum database must agree. Toolchains are programs: nothing but a proxy of one's own excuses them.
static bool asks_sumdb(Sums *s, Str path)
{
	Env *env = s->fetch->env;
	Str proxy = env_get(env, "GOPROXY"), skip = env_get(env, "GONOSUMDB");
	if (str_is(path, "golang.org/toolchain"))
		return !(str_has_prefix(proxy, "file://") && str_index(proxy, ',') < 0 && str_index(proxy, '|') < 0);
	if (!skip.n)
		skip = env_get(env, "GOPRIVATE");
	return !str_is(env_get(env, "GOSUMDB"), "off") && !mod_match_globs(s->arena, skip, path);
}

bool sums_ask_database(Sums *s, Str path, Str version, bool gomod)
{
	return asks_sumdb(s, path) && !strmap_has(&s->index, key_of(s->arena, path, full_version(s->arena, version, gomod)));
}

Err sums_check(Sums *s, Str path, Str version, bool gomod, Str hash)
{
	Arena *a = s->arena;
	Str full = full_version(a, version, gomod), unknown = S("");
	u32 first = (u32)(uintptr_t)strmap_get(&s->index, key_of(a, path, full));
	for (u32 i = first ? first - 1 : s->all.n; i < s->all.n; i++) {
		Sum *x = &s->all.p[i];
		if (!is(x, path, full))
			continue;
		if (str_eq(x->hash, hash)) {
			x->used = true;
			return str_is(path, "golang.org/toolchain") && asks_sumdb(s, path) ? check_sumdb(s, path, version, gomod, hash) : OK;
		}
		if (str_has_prefix(x->hash, "h1:"))
			mismatch(path, full, hash, s->name, x->hash);
		unknown = unknown.n ? str_fmt(a, STR_FMT ", " STR_FMT, STR_ARG(unknown), STR_ARG(x->hash)) : x->hash;
	}
	for (u32 i = 0; i < s->others.n; i++) {
		if (!is(&s->others.p[i], path, full))
			continue;
		if (str_eq(s->others.p[i].hash, hash))
			return OK;
		if (str_has_prefix(s->others.p[i].hash, "h1:"))
			mismatch(path, full, hash, str_c(a, s->others.p[i].file), s->others.p[i].hash);
	}
	if (asks_sumdb(s, path)) {
		Err e = check_sumdb(s, path, version, gomod, hash);
		if (failed(e))
			return e;
	}
	if (unknown.n)
		fprintf(stderr, "warning: verifying " STR_FMT "@" STR_FMT ": unknown hashes in go.sum: " STR_FMT "; adding " STR_FMT "%s",
			STR_ARG(path), STR_ARG(full), STR_ARG(unknown), STR_ARG(hash), unknown_hash);
	add(s, str_dup(a, path), str_dup(a, full), str_dup(a, hash), true);
	return OK;
}

void sums_trim(Sums *s, bool (*keep)(void *ctx, Str path, Str version), void *ctx)
{
	for (u32 i = 0; i < s->all.n; i++)
		s->all.p[i].dropped = !keep(ctx, s->all.p[i].path, s->all.p[i].version);
}

static int by_line(const void *x, const void *y)
{
	const Sum *p = x, *q = y;
	ModVersion vp = {p->path, p->version}, vq = {q->path, q->version};
	int c = mod_cmp(&vp, &vq);
	return c ? c : str_cmp(p->hash, q->hash);
}

Str sums_text(Sums *s, bool (*keep)(void *ctx, Str path, Str version), void *ctx)
{
	VEC(Sum) lines = {0};
	for (u32 i = 0; i < s->all.n; i++) {
		Sum *x = &s->all.p[i];
		if (!x->dropped && (!x->added || !keep || keep(ctx, x->path, x->version)))
			vec_push(s->arena, &lines, *x);
	}
	if (lines.n)
		qsort(lines.p, lines.n, sizeof *lines.p, by_line);
	Buf b = {0};
	for (u32 i = 0; i < lines.n; i++)
		if (!i || by_line(&lines.p[i - 1], &lines.p[i]))
			buf_printf(&b, STR_FMT " " STR_FMT " " STR_FMT "\n", STR_ARG(lines.p[i].path), STR_ARG(lines.p[i].version),
				STR_ARG(lines.p[i].hash));
	Str text = str_dup(s->arena, buf_view(&b));
	buf_free(&b);
	return text;
}

Err sums_write(Sums *s, bool (*keep)(void *ctx, Str path, Str version), void *ctx, bool readonly)
{
	bool dirty = false;
	for (u32 i = 0; i < s->all.n; i++) {
		Sum *x = &s->all.p[i];
		dirty = dirty || (!x->added && x->dropped) || (x->added && !x->dropped && (!keep || keep(ctx, x->path, x->version)));
	}
	if (!dirty || !s->file.n)
		return OK;
	if (readonly)
		return err_fmt(s->arena, "updates to go.sum needed, disabled by -mod=readonly");
	if (overlay_replaced(s->file))
		return err_fmt(s->arena, "updates to go.sum needed, but go.sum is part of the overlay specified with -overlay");
	Str text = sums_text(s, keep, ctx);
	if (!text.n && !file_exists(s->file))
		return OK;
	Err e = file_write(s->arena, s->file, text.p, text.n, 0666);
	if (failed(e))
		e.msg = str_fmt(s->arena, "updating go.sum: " STR_FMT, STR_ARG(e.msg));
	return e;
}
