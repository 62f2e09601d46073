// facts.c: see facts.h. The file: magic, the number of slots, a hash table of offsets into the file (0: an empty slot), then
// records, each behind its length and a hash of its bytes. It is mapped, and nothing of it is read before it is asked for.
#include "load/facts.h"

#include "base/overlay.h"
#include "base/reader.h"
#include "load/header.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "ingot facts 7\n\0"
enum { HEAD = 20 };             // magic (16), number of slots (4): a power of two
// A file written within this time before we looked may be written again within the clock's tick.
enum { RACY_NS = 100 * 1000 * 1000 };

struct Facts {
	Arena *a;
	Str file, text;             // the record and its mapping
	u32 slots;                  // of the table in text; 0: there is none
	StrMap now;                 // path -> FileFacts *, looked up in this run
	VEC(FileFacts *) all;
	bool dirty;
	Str dir;                    // the directory looked at last, open in fd: its files are found there by their names alone
	int fd;
};

// ---- reading and writing records ----------------------------------------------------------------

static u32 in_count(Reader *in) // of things that take a byte at least
{
	u64 n = read_uvarint(in);
	if (n > (u64)(in->end - in->p))
		in->bad = true;
	return in->bad ? 0 : (u32)n;
}

static void put_str(Buf *b, Str s)
{
	buf_uvarint(b, s.n);
	buf_str(b, s);
}

static ImportFact *in_list(Reader *in, Arena *a, u32 *n)
{
	*n = in_count(in);
	ImportFact *v = *n ? NEWN(a, ImportFact, *n) : NULL;
	for (u32 i = 0; i < *n && !in->bad; i++) {
		v[i].path = read_str(in);
		v[i].line = (u32)read_uvarint(in);
		v[i].col = (u32)read_uvarint(in);
	}
	return v;
}

static void put_list(Buf *b, const ImportFact *v, u32 n)
{
	buf_uvarint(b, n);
	for (u32 i = 0; i < n; i++) {
		put_str(b, v[i].path);
		buf_uvarint(b, v[i].line);
		buf_uvarint(b, v[i].col);
	}
}

static void write_record(Buf *b, const FileFacts *f)
{
	put_str(b, f->path);
	buf_uvarint(b, (u64)f->mtime_ns);
	buf_uvarint(b, (u64)f->size);
	buf_uvarint(b, f->ino);
	buf_bytes(b, f->hash, 32);
	buf_u8(b, f->is_dir | f->cgo << 1);
	put_str(b, f->package_name);
	put_str(b, f->error);
	put_str(b, f->constraint);
	put_str(b, f->invalid_import);
	put_str(b, f->doc);
	put_list(b, &f->import_comment, 1);
	put_list(b, f->imports, f->nimports);
	put_list(b, f->embeds, f->nembeds);
	put_list(b, f->directives, f->ndirectives);
	buf_uvarint(b, f->nnames);
	for (u32 i = 0; i < f->nnames; i++)
		put_str(b, f->names[i]);
	put_str(b, f->summary);
}

static bool read_record(Arena *a, const char *p, const char *end, FileFacts *f)
{
	Reader in = {p, end, false};
	f->path = read_str(&in);
	f->mtime_ns = (i64)read_uvarint(&in);
	f->size = (i64)read_uvarint(&in);
	f->ino = read_uvarint(&in);
	if (in.bad || in.end - in.p < 33)
		return false;
	memcpy(f->hash, in.p, 32);
	u8 flags = (u8)in.p[32];
	in.p += 33;
	f->is_dir = flags & 1;
	f->cgo = flags & 2;
	f->package_name = read_str(&in);
	f->error = read_str(&in);
	f->constraint = read_str(&in);
	f->invalid_import = read_str(&in);
	f->doc = read_str(&in);
	u32 one;
	ImportFact *comment = in_list(&in, a, &one);
	if (one == 1)
		f->import_comment = *comment;
	f->imports = in_list(&in, a, &f->nimports);
	f->embeds = in_list(&in, a, &f->nembeds);
	f->directives = in_list(&in, a, &f->ndirectives);
	f->nnames = in_count(&in);
	f->names = f->nnames ? NEWN(a, Str, f->nnames) : NULL;
	for (u32 i = 0; i < f->nnames && !in.bad; i++)
		f->names[i] = read_str(&in);
	f->summary = read_str(&in);
	return !in.bad;
}

Facts *facts_open(Arena *a, Str dir, const char *name)
{
	Facts *f = NEW(a, Facts);
	f->a = a;
	f->fd = -1;
	if (!dir.n || dir.p[0] != '/')
		return f;
	f->file = path_join(a, dir, str(name));
	if (failed(file_map(a, f->file, &f->text)))
		return f;
	Str t = f->text;
	if (t.n < HEAD || memcmp(t.p, MAGIC, 16))
		return f;
	u32 slots = get_u32(t.p + 16);
	if (slots && !(slots & (slots - 1)) && slots <= (t.n - HEAD) / 4)
		f->slots = slots;
	return f;
}

// The record at a slot. False: none, or a damaged one.
static bool record_at(const Facts *f, u32 slot, Str *rec)
{
	u32 at = get_u32(f->text.p + HEAD + 4 * slot);
	if (!at || at >= f->text.n)
		return false;
	Reader in = {f->text.p + at, f->text.p + f->text.n, false};
	u64 hash = read_uvarint(&in);
	*rec = read_str(&in);
	return !in.bad && hash == hash_bytes(rec->p, rec->n);
}

static Str record_path(Str rec)
{
	Reader in = {rec.p, rec.p + rec.n, false};
	return read_str(&in);
}

static bool old_record(const Facts *f, Str path, Str *rec)
{
	for (u32 i = 0, at = hash_str(path); i < f->slots; i++, at++) {
		u32 slot = at & (f->slots - 1);
		if (!get_u32(f->text.p + HEAD + 4 * slot))
			return false;
		if (record_at(f, slot, rec) && str_eq(record_path(*rec), path))
			return true;
	}
	return false;
}

static void put_record(Buf *b, u32 slots, Str rec)
{
	u32 slot = hash_str(record_path(rec)) & (slots - 1);
	while (get_u32(b->p + HEAD + 4 * slot))
		slot = (slot + 1) & (slots - 1);
	put_u32(b->p + HEAD + 4 * slot, (u32)b->n);
	buf_uvarint(b, hash_bytes(rec.p, rec.n));
	buf_uvarint(b, rec.n);
	buf_str(b, rec);
}

void facts_save(Facts *f)
{
	if (!f->dirty || !f->file.n)
		return;
	Buf b = {0}, rec = {0};
	u32 slots = 16, n = f->all.n;
	for (u32 i = 0; i < f->slots; i++)
		n += get_u32(f->text.p + HEAD + 4 * i) != 0;
	while (slots < 2 * n)
		slots *= 2;
	buf_bytes(&b, MAGIC, 16);
	buf_u32(&b, slots);
	buf_zeros(&b, (size_t)slots * 4);
	for (u32 i = 0; i < f->all.n; i++) {
		rec.n = 0;
		write_record(&rec, f->all.p[i]);
		put_record(&b, slots, buf_view(&rec));
	}
	// What this run did not look at stays on record.
	Str old;
	for (u32 i = 0; i < f->slots; i++)
		if (record_at(f, i, &old) && !strmap_has(&f->now, record_path(old)))
			put_record(&b, slots, old);
	if (!failed(dir_make_all(f->a, path_dir(f->file))))
		file_write(f->a, f->file, b.p, b.n, 0666);
	buf_free(&b);
	buf_free(&rec);
	f->dirty = false;
}

// ---- finding out --------------------------------------------------------------------------------

// The constraint in the comments above the package clause: the //go:build line, or the +build lines that a blank
// line separates from it.
static Str header_constraint(Arena *a, Str text)
{
	const char *p = text.p, *end = text.p + text.n, *plus_end = p;
	Str build = {0};
	bool line_blank = true;
	while (p < end) {
		if (*p == '\n') {
			if (line_blank)
				plus_end = p;
			line_blank = true;
			p++;
		} else if (*p == ' ' || *p == '\t' || *p == '\r') {
			p++;
		} else if (p == text.p && end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
			p += 3;
		} else if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
			const char *nl = memchr(p, '\n', (size_t)(end - p));
			Str line = str_trim(str_n(p, (size_t)((nl ? nl : end) - p)));
			if (!build.p && str_has_prefix(line, "//go:build") && (line.n == 10 || line.p[10] == ' ' || line.p[10] == '\t'))
				build = str_trim(str_from(line, 10));
			p = nl ? nl : end;
			line_blank = false;
		} else if (end - p >= 2 && p[0] == '/' && p[1] == '*') {
			const char *q = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
			if (!q)
				break;
			p = q + 2;
			line_blank = false;
		} else {
			break;
		}
	}
	if (build.p)
		return str_cat(a, S("g"), build);
	Str lines = {0};
	for (p = text.p; p < plus_end;) {
		const char *nl = memchr(p, '\n', (size_t)(plus_end - p));
		Str line = str_trim(str_n(p, (size_t)((nl ? nl : plus_end) - p)));
		if (str_has_prefix(line, "//")) {
			Str rest = str_trim(str_from(line, 2));
			if (str_has_prefix(rest, "+build") && (rest.n == 6 || rest.p[6] == ' ' || rest.p[6] == '\t'))
				lines = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(lines), lines.n ? "\n" : "p", STR_ARG(str_trim(str_from(rest, 6))));
		}
		p = nl ? nl + 1 : plus_end;
	}
	return lines;
}

static bool has_ext(Str name, const char *const *exts, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (str_has_suffix(name, exts[i]))
			return true;
	return false;
}

static Err dir_facts(Facts *fs, FileFacts *f)
{
	DirEntryVec names;
	Err e = dir_entries(fs->a, f->path, &names);
	if (failed(e))
		return e;
	static const char *const exts[] = {".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for",
		".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso"};
	StrVec files = {0};
	for (u32 i = 0; i < names.n; i++)
		if (has_ext(names.p[i].name, exts, LENGTH(exts)) && (names.p[i].kind == FILE_REGULAR ||
		    (names.p[i].kind != FILE_DIR && !file_is_dir(path_join(fs->a, f->path, names.p[i].name)))))
			vec_push(fs->a, &files, names.p[i].name);
	f->names = files.p;
	f->nnames = files.n;
	return OK;
}

// Worth it where there are a few.
static void open_dir(Facts *fs, const FileFacts *dir)
{
	if (dir->nnames < 4)
		return;
	if (fs->fd >= 0)
		close(fs->fd);
	fs->dir = dir->path;
	fs->fd = open(str_c(fs->a, dir->path), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool look(const Facts *fs, Str path, struct stat *st) // path ends in NUL
{
	Str actual;
	if (overlay_find(path, &actual) != OVERLAY_NONE)
		return file_stat(path, st);
	u32 n = fs->dir.n;
	bool in_dir = fs->fd >= 0 && path.n > n + 1 && path.p[n] == '/' && path_base(path).n == path.n - n - 1 && !memcmp(path.p, fs->dir.p, n);
	return fstatat(in_dir ? fs->fd : AT_FDCWD, in_dir ? path.p + n + 1 : path.p, st, 0) == 0;
}

static const FileFacts *get(Facts *fs, Str path, Str (*summarize)(Arena *a, Str text), Err *err)
{
	*err = OK;
	FileFacts *f = strmap_get(&fs->now, path);
	if (f)
		return f;
	Arena *a = fs->a;
	Str p = str_dup(a, path);
	struct stat st;
	if (!look(fs, p, &st)) {
		*err = err_sys(a, "open", p);
		return NULL;
	}
	f = NEW(a, FileFacts);
	i64 mtime = (i64)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	Str actual, rec;
	bool passing = overlay_find(p, &actual) == OVERLAY_DIR; // what is in it is not as its time says
	if (passing || !old_record(fs, path, &rec) || !read_record(a, rec.p, rec.p + rec.n, f) || f->mtime_ns != mtime || f->size != st.st_size ||
	    f->ino != st.st_ino || f->is_dir != S_ISDIR(st.st_mode)) {
		*f = (FileFacts){.path = p, .mtime_ns = mtime, .size = st.st_size, .ino = st.st_ino, .is_dir = S_ISDIR(st.st_mode)};
		if (f->is_dir) {
			*err = dir_facts(fs, f);
		} else {
			Str text;
			*err = file_map(a, p, &text);
			if (!failed(*err)) {
				if (summarize) { // go.mod: go.sum has such hashes
					sha256(text.p, text.n, f->hash);
					f->summary = summarize(a, text);
				} else {
					checksum(text.p, text.n, f->hash);
					f->constraint = header_constraint(a, text);
				}
				if (!summarize && str_has_suffix(p, ".go"))
					header_read(a, text, f);
				file_unmap(text);
			}
		}
		if (failed(*err))
			return NULL;
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		if ((i64)now.tv_sec * 1000000000 + now.tv_nsec - mtime < RACY_NS || passing)
			f->mtime_ns = 0; // look again next time
		fs->dirty = true;
	}
	strmap_put(a, &fs->now, p, f);
	vec_push(a, &fs->all, f);
	if (f->is_dir)
		open_dir(fs, f);
	return f;
}

const FileFacts *facts_get(Facts *f, Str path, Err *err) { return get(f, path, NULL, err); }

const FileFacts *facts_get_with(Facts *f, Str path, Str (*summarize)(Arena *a, Str text), Err *err) { return get(f, path, summarize, err); }
