// zip.h: zip archives in memory, the rules of module zips, and the hashes of go.sum.
#ifndef INGOT_MOD_ZIP_H
#define INGOT_MOD_ZIP_H

#include "base/base.h"

typedef struct ZipEntry { Str name; u64 size, packed; u32 crc, at; u16 method; bool link; } ZipEntry; // at: of its local header; link: symbolic
typedef struct Zip { Str data; VEC(ZipEntry) entries; } Zip;

Err zip_open(Arena *a, Str data, Zip *out);     // names point into data
// The entry's bytes, on the heap (buf_free), checked against size and CRC.
Err zip_read(Arena *a, const Zip *z, const ZipEntry *e, Buf *out);
// Appends a stored or deflated file to an archive under construction; zip_finish writes the directory.
typedef struct ZipWriter { Buf out, directory; u32 n; } ZipWriter;
void zip_add(ZipWriter *w, Str name, Str bytes);
void zip_finish(ZipWriter *w);

// Whether the archive is that of a module: names, sizes, collisions (golang.org/x/mod/zip).
Err modzip_check(Arena *a, const Zip *z, Str path, Str version);
// Writes the files below path@version/ into dir, which must be absent or empty; read-only.
Err modzip_extract(Arena *a, const Zip *z, Str path, Str version, Str dir);

// Hashes of go.sum: "h1:" and the SHA-256 of a list of SHA-256 of files (golang.org/x/mod/sumdb/dirhash).
typedef struct HashedFile { Str name; u8 sum[32]; } HashedFile;
Str dirhash_list(Arena *a, HashedFile *files, u32 n);   // sorts files
Err dirhash_zip(Arena *a, const Zip *z, Str *out);
Err dirhash_dir(Arena *a, Str dir, Str prefix, Str *out);
Str dirhash_gomod(Arena *a, Str text);
Str dirhash_gomod_hash(Arena *a, const u8 sum[32]);     // of a go.mod with that SHA-256

Str base64(Arena *a, const void *p, size_t n);
bool base64_decode(Arena *a, Str s, Str *out);

#endif
