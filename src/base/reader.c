// reader.c: see reader.h.
#include "base/reader.h"

u64 read_uvarint(Reader *in)
{
	u64 v = 0;
	for (u32 shift = 0; shift < 64 && in->p < in->end; shift += 7) {
		u8 b = (u8)*in->p++;
		v |= (u64)(b & 127) << shift;
		if (!(b & 128))
			return v;
	}
	in->bad = true;
	return 0;
}

Str read_bytes(Reader *in, u64 n)
{
	if (in->bad || n > (u64)(in->end - in->p)) {
		in->bad = true;
		return S("");
	}
	Str s = str_n(in->p, n);
	in->p += n;
	return s;
}

Str read_str(Reader *in)
{
	return read_bytes(in, read_uvarint(in));
}
