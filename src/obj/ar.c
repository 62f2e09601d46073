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

void ar_add(Buf *out, Str name, Str data)
{
	char h[AR_HEADER + 1];
	if (!out->n)
		buf_c(out, AR_MAGIC);
	// gc writes zero times, owners and mode 0644, for reproducible archives.
	snprintf(h, sizeof h, "%-16.*s%-12d%-6d%-6d%-8o%-10u`\n", (int)MIN(name.n, 16u), name.p, 0, 0, 0, 0644, data.n);
	buf_bytes(out, h, AR_HEADER);
	buf_str(out, data);
	if (data.n & 1)
		buf_u8(out, 0);
}
