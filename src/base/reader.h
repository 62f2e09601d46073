// reader.h: reads back what a Buf was filled with, from bytes that may be damaged: beyond the end, or where a length does not
// fit, `bad` is set and what is returned is 0 or empty. Strings point into the bytes.
#ifndef INGOT_BASE_READER_H
#define INGOT_BASE_READER_H

#include "base/base.h"

typedef struct Reader { const char *p, *end; bool bad; } Reader;

u64 read_uvarint(Reader *in);           // as buf_uvarint writes
Str read_bytes(Reader *in, u64 n);
Str read_str(Reader *in);               // a uvarint length, then the bytes

#endif
