// zip.c: reads and writes zip archives (APPNOTE.TXT 6.3; stored and deflated entries, zip64 sizes). Every number of an
// archive is checked against its length: it came from somewhere else. Words of errors: archive/zip.
#include "mod/zip.h"

#include <zlib.h>

enum { END_SIZE = 22, CENTRAL_SIZE = 46, LOCAL_SIZE = 30 };

static Err invalid(Arena *a) { return err_fmt(a, "zip: not a valid zip file"); }

// The sizes of a zip64 extra field, for those of the entry that are all ones.
static bool take_zip64(Str extra, ZipEntry *e, u64 *at)
{
	while (extra.n >= 4) {
		u32 id = get_u16(extra.p), n = get_u16(extra.p + 2);
		if (n > extra.n - 4)
			return false;
		if (id == 1) {
			u64 *wanted[] = {&e->size, &e->packed, at};
			Str f = str_sub(extra, 4, 4 + n);
			for (u32 i = 0; i < 3; i++) {
				if (*wanted[i] != 0xffffffff)
					continue;
				if (f.n < 8)
					return false;
				*wanted[i] = get_u64(f.p);
				f = str_from(f, 8);
			}
		}
		extra = str_from(extra, 4 + n);
	}
	return true;
}

Err zip_open(Arena *a, Str data, Zip *out)
{
	*out = (Zip){.data = data};
	if (data.n < END_SIZE)
		return invalid(a);
	i64 end = (i64)data.n - END_SIZE, low = MAX(0, end - 0xffff);
	while (end >= low && !(get_u32(data.p + end) == 0x06054b50 && get_u16(data.p + end + 20) + end + END_SIZE <= (i64)data.n))
		end--;
	if (end < low)
		return invalid(a);
	u64 n = get_u16(data.p + end + 10), size = get_u32(data.p + end + 12), at = get_u32(data.p + end + 16);
	if ((n == 0xffff || size == 0xffffffff || at == 0xffffffff) && end >= 20 && get_u32(data.p + end - 20) == 0x07064b50) {
		u64 z = get_u64(data.p + end - 12);
		if (z + 56 > data.n || get_u32(data.p + z) != 0x06064b50)
			return invalid(a);
		n = get_u64(data.p + z + 32);
		size = get_u64(data.p + z + 40);
		at = get_u64(data.p + z + 48);
	}
	if (at > data.n || size > data.n - at || n > size / CENTRAL_SIZE)
		return invalid(a);
	for (u64 i = 0; i < n; i++) {
		if (at + CENTRAL_SIZE > data.n || get_u32(data.p + at) != 0x02014b50)
			return invalid(a);
		const char *p = data.p + at;
		u32 names = get_u16(p + 28), extras = get_u16(p + 30), comments = get_u16(p + 32);
		if (at + CENTRAL_SIZE + names + extras + comments > data.n)
			return invalid(a);
		ZipEntry e = {.name = str_n(p + CENTRAL_SIZE, names), .method = get_u16(p + 10), .crc = get_u32(p + 16),
			.packed = get_u32(p + 20), .size = get_u32(p + 24)};
		u64 local = get_u32(p + 42);
		if (!take_zip64(str_n(p + CENTRAL_SIZE + names, extras), &e, &local) || local + LOCAL_SIZE > data.n)
			return invalid(a);
		e.at = (u32)local;
		e.link = (get_u32(p + 38) >> 16 & 0170000) == 0120000; // Unix mode
		vec_push(a, &out->entries, e);
		at += CENTRAL_SIZE + names + extras + comments;
	}
	return OK;
}

Err zip_read(Arena *a, const Zip *z, const ZipEntry *e, Buf *out)
{
	Str d = z->data;
	if (get_u32(d.p + e->at) != 0x04034b50)
		return invalid(a);
	u64 at = (u64)e->at + LOCAL_SIZE + get_u16(d.p + e->at + 26) + get_u16(d.p + e->at + 28);
	if (at > d.n || e->packed > d.n - at)
		return err_fmt(a, "unexpected EOF");
	if (e->method != 0 && e->method != 8)
		return err_fmt(a, "zip: unsupported compression algorithm");
	if (e->method == 0 ? e->size != e->packed : e->size / 1100 > e->packed + 1) // deflate gains at most a factor of 1032
		return invalid(a);
	u8 *to = buf_reserve(out, (size_t)e->size);
	if (e->method == 0) {
		if (e->size)
			memcpy(to, d.p + at, (size_t)e->size);
	} else {
		z_stream s = {.next_in = (u8 *)d.p + at, .avail_in = (uInt)e->packed, .next_out = to, .avail_out = (uInt)e->size};
		u8 none;
		if (!e->size) { // zlib wants somewhere to write
			s.next_out = &none;
			s.avail_out = 1;
		}
		if (inflateInit2(&s, -15) != Z_OK)
			return err_fmt(a, "zip: cannot inflate");
		int r = inflate(&s, Z_FINISH);
		u64 got = s.total_out;
		inflateEnd(&s);
		if (r != Z_STREAM_END || got != e->size)
			return r == Z_DATA_ERROR ? err_fmt(a, "flate: corrupt input before offset %llu", (unsigned long long)s.total_in)
			                         : err_fmt(a, "unexpected EOF");
	}
	if (crc32(0, to, (uInt)e->size) != e->crc)
		return err_fmt(a, "zip: checksum error");
	return OK;
}

// ---- writing ------------------------------------------------------------------------------------

void zip_add(ZipWriter *w, Str name, Str bytes)
{
	u32 at = (u32)w->out.n, crc = (u32)crc32(0, (const u8 *)bytes.p, bytes.n);
	Buf packed = {0};
	z_stream s = {.next_in = (u8 *)bytes.p, .avail_in = bytes.n};
	if (bytes.n && deflateInit2(&s, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK) {
		uLong bound = deflateBound(&s, bytes.n);
		s.next_out = buf_reserve(&packed, bound);
		s.avail_out = (uInt)bound;
		deflate(&s, Z_FINISH);
		packed.n = s.total_out;
		deflateEnd(&s);
	}
	bool deflated = packed.n && packed.n < bytes.n;
	Str body = deflated ? buf_view(&packed) : bytes;
	for (int central = 0; central < 2; central++) {
		Buf *b = central ? &w->directory : &w->out;
		buf_u32(b, central ? 0x02014b50 : 0x04034b50);
		if (central)
			buf_u16(b, 20);
		buf_u16(b, 20);
		buf_u16(b, 0x800);              // names are UTF-8
		buf_u16(b, deflated ? 8 : 0);
		buf_u32(b, 0);                  // no time: the same files give the same archive
		buf_u32(b, crc);
		buf_u32(b, body.n);
		buf_u32(b, bytes.n);
		buf_u16(b, (u16)name.n);
		buf_u16(b, 0);
		if (central) {
			buf_zeros(b, 10);
			buf_u32(b, at);
		}
		buf_str(b, name);
	}
	buf_str(&w->out, body);
	w->n++;
	buf_free(&packed);
}

void zip_finish(ZipWriter *w)
{
	u32 at = (u32)w->out.n;
	buf_bytes(&w->out, w->directory.p, w->directory.n);
	buf_u32(&w->out, 0x06054b50);
	buf_u32(&w->out, 0);
	buf_u16(&w->out, (u16)w->n);
	buf_u16(&w->out, (u16)w->n);
	buf_u32(&w->out, (u32)w->directory.n);
	buf_u32(&w->out, at);
	buf_u16(&w->out, 0);
	buf_free(&w->directory);
}
