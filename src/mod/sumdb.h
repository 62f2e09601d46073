// sumdb.h: the parts of the checksum database that can be judged alone: signed notes, tree heads and Merkle hashes.
#ifndef INGOT_MOD_SUMDB_H
#define INGOT_MOD_SUMDB_H

#include "base/base.h"

typedef struct NoteKey { Str name; u32 hash; u8 key[32]; } NoteKey;
typedef struct TreeHead { u64 n; u8 hash[32]; } TreeHead;
typedef struct Hash32 { u8 b[32]; } Hash32;

// "name+hash+base64". False with *why in the words of golang.org/x/mod/sumdb/note.
bool note_key_parse(Arena *a, Str text, NoteKey *out, Str *why);
// The text of a note that the key has signed.
bool note_open(Arena *a, const NoteKey *key, Str note, Str *text, Str *why);
bool tree_head_parse(Arena *a, Str text, TreeHead *out);
Hash32 record_hash(Str record);                 // of a leaf (RFC 6962, 2.1)
// The root of records [0, n) from the hashes that node(ctx, level, index) gives: of 2^level records from index << level.
// Where record < n its leaf is *leaf instead; no hash is used that covers records on both sides of old.
typedef bool (*NodeReader)(void *ctx, u32 level, u64 index, Hash32 *out);
bool tree_root(u64 n, u64 record, const Hash32 *leaf, u64 old, NodeReader node, void *ctx, Hash32 *out);
Str tile_path(Arena *a, u32 level, u64 n, u32 width);  // "tile/8/0/x001/234.p/5"

#endif
