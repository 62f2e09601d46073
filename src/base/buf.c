// buf.c: byte buffers that grow on the heap, for what is written out: little-endian integers, LEB128, text.
#include "base/base.h"

#include <stdlib.h>

void buf_free(Buf *b)
{
	free(b->p);
	*b = (Buf){0};
}

u8 *buf_reserve(Buf *b, size_t n)
{
	if (b->cap - b->n < n) {
		size_t cap = MAX(b->cap * 2, (size_t)256);
		if (cap < b->n + n)
			cap = b->n + n;
		u8 *p = realloc(b->p, cap);
		if (!p)
			base_die("out of memory");
		b->p = p;
		b->cap = cap;
	}
	u8 *p = b->p + b->n;
	b->n += n;
	return p;
}

void buf_bytes(Buf *b, const void *p, size_t n)
{
	if (n)
		memcpy(buf_reserve(b, n), p, n);
}

void buf_str(Buf *b, Str s) { buf_bytes(b, s.p, s.n); }
void buf_c(Buf *b, const char *c) { buf_bytes(b, c, strlen(c)); }
void buf_u8(Buf *b, u8 v) { *buf_reserve(b, 1) = v; }
void buf_u16(Buf *b, u16 v) { put_u16(buf_reserve(b, 2), v); }
void buf_u32(Buf *b, u32 v) { put_u32(buf_reserve(b, 4), v); }
void buf_u64(Buf *b, u64 v) { put_u64(buf_reserve(b, 8), v); }

void buf_uvarint(Buf *b, u64 v)
{
	u8 t[10];
	u32 n = 0;
	for (; v >= 0x80; v >>= 7)
		t[n++] = (u8)(v | 0x80);
	t[n++] = (u8)v;
	buf_bytes(b, t, n);
}

void buf_varint(Buf *b, i64 v)
{
	buf_uvarint(b, (u64)v << 1 ^ (u64)(v >> 63));
}

void buf_zeros(Buf *b, size_t n)
{
	if (n)
		memset(buf_reserve(b, n), 0, n);
}

void buf_align(Buf *b, size_t align)
{
	buf_zeros(b, ALIGN_UP(b->n, align) - b->n);
}

void buf_printf(Buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	size_t room = 128;
	int n = vsnprintf((char *)buf_reserve(b, room), room, fmt, ap);
	if (n < 0)
		base_die("formatting failed: %s", fmt);
	b->n -= room;
	if ((size_t)n >= room) {
		vsnprintf((char *)buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
		b->n -= (size_t)n + 1;
	}
	b->n += (size_t)n;
	va_end(again);
	va_end(ap);
}
