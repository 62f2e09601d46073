// modzip.c: what a module's zip must be, its files on disk, and the hashes by which go.sum knows them.
// Rules and words: golang.org/x/mod/zip, golang.org/x/mod/sumdb/dirhash, https://go.dev/ref/mod#zip-files.
#include "mod/version.h"
#include "mod/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZIP_MAX ((u64)500 << 20)
#define GOMOD_MAX ((u64)16 << 20)
#define LICENSE_MAX ((u64)16 << 20)

typedef struct Seen { Str path; bool dir; } Seen;

// Names that some file systems take for the same. "" if there is none.
static Str collision(Arena *a, StrMap *seen, Str p, bool dir)
{
	for (;;) {
		Str key = str_lower(a, p);
		Seen *other = strmap_get(seen, key);
		if (other) {
			if (!str_eq(p, other->path))
				return str_fmt(a, "case-insensitive file name collision: " STR_FMT " and " STR_FMT, STR_ARG(go_quote(a, other->path)),
					STR_ARG(go_quote(a, p)));
			if (dir != other->dir)
				return str_fmt(a, "entry " STR_FMT " is both a file and a directory", STR_ARG(go_quote(a, p)));
			if (!dir)
				return str_fmt(a, "multiple entries for file " STR_FMT, STR_ARG(go_quote(a, p)));
		} else {
			other = NEW(a, Seen);
			*other = (Seen){p, dir};
			strmap_put(a, seen, key, other);
		}
		if (str_index(p, '/') < 0)
			return S("");
		p = path_dir(p);
		dir = true;
	}
}

// What is wrong with one entry; "" if nothing. name: without the prefix.
static Str check_entry(Arena *a, StrMap *seen, const ZipEntry *e, Str name)
{
	bool dir = name.p[name.n - 1] == '/';
	if (dir)
		name.n--;
	if (!name.n || !str_eq(path_clean(a, name), name))
		return S("file path is not clean");
	Str why = file_check_path(a, name);
	if (!why.n)
		why = collision(a, seen, name, dir);
	if (why.n || dir)
		return why;
	Str base = path_base(name);
	if (base.n == 6 && !strncasecmp(base.p, "go.mod", 6)) {
		if (base.n != name.n)
			return S("go.mod file not in module root directory");
		if (!str_is(name, "go.mod"))
			return S("go.mod files must have lowercase names");
		if (e->size > GOMOD_MAX)
			return str_fmt(a, "go.mod file too large (max size is %d bytes)", (int)GOMOD_MAX);
	}
	if (str_is(name, "LICENSE") && e->size > LICENSE_MAX)
		return str_fmt(a, "LICENSE file too large (max size is %d bytes)", (int)LICENSE_MAX);
	return S("");
}

Err modzip_check(Arena *a, const Zip *z, Str path, Str version)
{
	if (z->data.n > ZIP_MAX)
		return err_fmt(a, "module zip file is too large (%u bytes; limit is %d bytes)", z->data.n, (int)ZIP_MAX);
	Str prefix = str_fmt(a, STR_FMT "@" STR_FMT "/", STR_ARG(path), STR_ARG(version));
	StrMap seen = {0};
	u64 total = 0;
	Buf bad = {0};
	for (u32 i = 0; i < z->entries.n; i++) {
		const ZipEntry *e = &z->entries.p[i];
		Str why;
		if (e->name.n < prefix.n || memcmp(e->name.p, prefix.p, prefix.n) != 0)
			why = str_fmt(a, "path does not have prefix " STR_FMT, STR_ARG(go_quote(a, prefix)));
		else if (e->name.n == prefix.n)
			continue;
		else
			why = check_entry(a, &seen, e, str_from(e->name, prefix.n));
		total = e->size > ZIP_MAX - MIN(total, ZIP_MAX) ? ZIP_MAX + 1 : total + e->size;
		if (why.n)
			buf_printf(&bad, "%s" STR_FMT ": " STR_FMT, bad.n ? "\n" : "", STR_ARG(e->name), STR_ARG(why));
	}
	Err err = OK;
	if (total > ZIP_MAX)
		err = err_fmt(a, "total uncompressed size of module contents too large (max size is %d bytes)", (int)ZIP_MAX);
	else if (bad.n)
		err = err_fmt(a, STR_FMT, STR_ARG(buf_view(&bad)));
	buf_free(&bad);
	return err;
}

static Err write_new(Arena *a, Str file, const Buf *b)
{
	int fd = open(file.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_sys(a, "open", file);
	for (size_t at = 0; at < b->n;) {
		ssize_t n = write(fd, b->p + at, b->n - at);
		if (n < 0 && errno != EINTR) {
			Err e = err_sys(a, "write", file);
			close(fd);
			return e;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	return close(fd) ? err_sys(a, "close", file) : OK;
}

Err modzip_extract(Arena *a, const Zip *z, Str path, Str version, Str dir)
{
	StrVec there = {0};
	if (!failed(dir_list(a, dir, &there)) && there.n)
		return err_fmt(a, "target directory " STR_FMT " exists and is not empty", STR_ARG(dir));
	Err e = modzip_check(a, z, path, version);
	if (!failed(e))
		e = dir_make_all(a, dir);
	u32 prefix = path.n + version.n + 2;
	for (u32 i = 0; i < z->entries.n && !failed(e); i++) {
		const ZipEntry *x = &z->entries.p[i];
		Str name = str_from(x->name, prefix);
		if (!name.n || name.p[name.n - 1] == '/')
			continue;
		Str file = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(name));
		Buf b = {0};
		e = dir_make_all(a, path_dir(file));
		if (!failed(e))
			e = zip_read(a, z, x, &b);
		if (!failed(e))
			e = write_new(a, file, &b);
		buf_free(&b);
	}
	return e;
}

// ---- hashes -------------------------------------------------------------------------------------

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Str base64(Arena *a, const void *p, size_t n)
{
	const u8 *s = p;
	char *out = arena_alloc(a, n / 3 * 4 + 5);
	u32 k = 0;
	for (size_t i = 0; i < n; i += 3) {
		u32 v = (u32)s[i] << 16 | (i + 1 < n ? (u32)s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);
		out[k++] = base64_digits[v >> 18];
		out[k++] = base64_digits[v >> 12 & 63];
		out[k++] = i + 1 < n ? base64_digits[v >> 6 & 63] : '=';
		out[k++] = i + 2 < n ? base64_digits[v & 63] : '=';
	}
	return str_n(out, k);
}

bool base64_decode(Arena *a, Str s, Str *out)
{
	char *p = arena_alloc(a, s.n);
	u32 n = 0, bits = 0, v = 0;
	if (s.n % 4)
		return false;
	while (s.n && s.p[s.n - 1] == '=')
		s.n--;
	for (u32 i = 0; i < s.n; i++) {
		const char *d = s.p[i] ? strchr(base64_digits, s.p[i]) : NULL;
		if (!d)
			return false;
		v = v << 6 | (u32)(d - base64_digits);
		bits += 6;
		if (bits >= 8)
			p[n++] = (char)(v >> (bits -= 8));
	}
	*out = str_n(p, n);
	return true;
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const HashedFile *)x)->name, ((const HashedFile *)y)->name);
}

Str dirhash_list(Arena *a, HashedFile *files, u32 n)
{
	if (n)
		qsort(files, n, sizeof *files, by_name);
	static const char digits[] = "0123456789abcdef";
	Sha256 all;
	sha256_init(&all);
	for (u32 i = 0; i < n; i++) {
		char hex[67];
		for (u32 k = 0; k < 32; k++)
			memcpy(hex + 2 * k, (char[]){digits[files[i].sum[k] >> 4], digits[files[i].sum[k] & 15]}, 2);
		memcpy(hex + 64, "  ", 3);
		sha256_add(&all, hex, 66);
		sha256_add(&all, files[i].name.p, files[i].name.n);
		sha256_add(&all, "\n", 1);
	}
	u8 sum[32];
	sha256_end(&all, sum);
	return str_cat(a, S("h1:"), base64(a, sum, 32));
}

Str dirhash_gomod(Arena *a, Str text)
{
	u8 sum[32];
	sha256(text.p, text.n, sum);
	return dirhash_gomod_hash(a, sum);
}

Str dirhash_gomod_hash(Arena *a, const u8 sum[32])
{
	HashedFile f = {.name = S("go.mod")};
	memcpy(f.sum, sum, sizeof f.sum);
	return dirhash_list(a, &f, 1);
}

Err dirhash_zip(Arena *a, const Zip *z, Str *out)
{
	HashedFile *files = NEWN(a, HashedFile, z->entries.n + 1);
	for (u32 i = 0; i < z->entries.n; i++) {
		const ZipEntry *e = &z->entries.p[i];
		if (str_index(e->name, '\n') >= 0)
			return err_fmt(a, "dirhash: filenames with newlines are not supported");
		Buf b = {0};
		Err err = zip_read(a, z, e, &b);
		files[i].name = e->name;
		sha256(b.p, b.n, files[i].sum);
		buf_free(&b);
		if (failed(err))
			return err;
	}
	*out = dirhash_list(a, files, z->entries.n);
	return OK;
}

typedef VEC(HashedFile) HashedFiles;

static Err hash_below(Arena *a, Str dir, Str name, HashedFiles *out)
{
	StrVec names = {0};
	Err e = dir_list(a, dir, &names);
	for (u32 i = 0; i < names.n && !failed(e); i++) {
		Str file = path_join(a, dir, names.p[i]), shown = path_join(a, name, names.p[i]), text;
		struct stat st;
		if (lstat(str_c(a, file), &st) == 0 && S_ISDIR(st.st_mode)) {
			e = hash_below(a, file, shown, out);
			continue;
		}
		e = file_map(a, file, &text);
		if (failed(e))
			break;
		HashedFile f = {.name = shown};
		sha256(text.p, text.n, f.sum);
		file_unmap(text);
		vec_push(a, out, f);
	}
	return e;
}

Err dirhash_dir(Arena *a, Str dir, Str prefix, Str *out)
{
	HashedFiles files = {0};
	Err e = hash_below(a, dir, prefix, &files);
	if (!failed(e))
		*out = dirhash_list(a, files.p, files.n);
	return e;
}
