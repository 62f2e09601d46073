// ar.c: the archives that hold Go objects: "!<arch>\n", then members with 60-byte headers, padded to even
// offsets (cmd/internal/archive).
#include "obj/obj.h"

#define AR_MAGIC "!<arch>\n"
enum { AR_HEADER = 60 };

bool ar_read(Arena *a, Str file, ArMember **members, u32 *n, const char **why)
{
	VEC(ArMember) v = {0};
	*members = NULL;
	*n = 0;
	*why = "not an archive";
	if (file.n < 8 || memcmp(file.p, AR_MAGIC, 8))
		return false;
	*why = "malformed archive";
	for (u32 off = 8; off < file.n;) {
		if (file.n - off < AR_HEADER)
			return false;
		const char *h = file.p + off;
		if (h[58] != '`' || h[59] != '\n')
			return false;
		u64 size = 0;
		u32 i = 48;
		for (; i < 58 && h[i] >= '0' && h[i] <= '9'; i++)
			size = size * 10 + (u64)(h[i] - '0');
		if (i == 48)
			return false;
		for (; i < 58; i++)
			if (h[i] != ' ')
				return false;
		off += AR_HEADER;
		if (size > file.n - off)
			return false;
		u32 len = 16;
		while (len && (h[len - 1] == ' ' || h[len - 1] == '/'))
			len--;
		vec_push(a, &v, (ArMember){{h, len}, {file.p + off, (u32)size}});
		off += (u32)size;
		if (off & 1)
			off++;
	}
	*members = v.p;
	*n = v.n;
	*why = NULL;
	return true;
}

size_t ar_begin(Buf *out, Str name)
{
	char h[AR_HEADER + 1];
	if (!out->n)
		buf_c(out, AR_MAGIC);
	// gc writes zero times, owners and mode 0644, for reproducible archives.
	snprintf(h, sizeof h, "%-16.*s%-12d%-6d%-6d%-8o%-10u`\n", (int)MIN(name.n, 16u), name.p, 0, 0, 0, 0644, 0);
	buf_bytes(out, h, AR_HEADER);
	return out->n;
}

void ar_end(Buf *out, size_t begin)
{
	char size[11];
	int n = snprintf(size, sizeof size, "%-10u", (u32)(out->n - begin));
	memcpy(out->p + begin - 12, size, (size_t)n); // the last field but for the mark of two bytes
	if ((out->n - begin) & 1)
		buf_u8(out, 0);
}

void ar_add(Buf *out, Str name, Str data)
{
	size_t at = ar_begin(out, name);
	buf_str(out, data);
	ar_end(out, at);
}
