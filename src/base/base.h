// base.h: what every other directory stands on: integers, arenas, strings, names, vectors, maps, byte
// buffers, files, threads, SHA-256, source positions and diagnostics.
//
// Memory: everything with the lifetime of a package or of the build lives in an Arena and is never freed
// one by one. Running out of memory ends the process with a message (base_die), so allocators never
// return NULL. Errors in what the user gave are Diags or an Err; broken invariants of ours end in bug().
#ifndef INGOT_BASE_H
#define INGOT_BASE_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define LENGTH(a) ((u32)(sizeof(a) / sizeof((a)[0])))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ALIGN_UP(n, a) (((n) + (a) - 1) & ~((__typeof__(n))(a) - 1)) // a is a power of two

// ---- ends of the process ------------------------------------------------------------------------

// Prints "go: MESSAGE" to stderr and exits with status 1: out of memory, an unusable environment.
NORETURN void base_die(const char *fmt, ...) PRINTF_LIKE(1, 2);
// A broken invariant of ours: prints "internal compiler error: MESSAGE", with the function and the pass
// that base_context last named on this thread, and exits with status 2.
NORETURN void bug(const char *fmt, ...) PRINTF_LIKE(1, 2);
#define CHECK(cond) ((cond) ? (void)0 : bug("%s:%d: %s", __FILE__, __LINE__, #cond))
// What this thread is doing, for bug(): e.g. ("fmt.Println", "regalloc"). The strings must outlive it.
void base_context(const char *what, const char *pass);

// ---- arenas -------------------------------------------------------------------------------------

typedef struct Arena Arena; // not thread-safe: one thread at a time
typedef struct ArenaMark { void *chunk; size_t used; } ArenaMark;

Arena *arena_new(void);
void arena_free(Arena *a);                      // frees all; NULL is allowed
void *arena_alloc(Arena *a, size_t n);          // zeroed, aligned to 16 bytes
void *arena_grow(Arena *a, void *p, size_t old, size_t n); // copy to a larger block (in place if it was last); the rest is zeroed
void *arena_raw(Arena *a, size_t n);            // not zeroed: all is written before it is read
void *arena_grow_raw(Arena *a, void *p, size_t old, size_t n);
ArenaMark arena_mark(Arena *a);
void arena_reset(Arena *a, ArenaMark m);        // forget all that was allocated since m, keep the memory
size_t arena_size(Arena *a);                    // bytes obtained from the system
#define NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define NEWN(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))
#define RAWN(a, T, n) ((T *)arena_raw((a), sizeof(T) * (size_t)(n)))

// ---- strings ------------------------------------------------------------------------------------

// A string is a pointer and a length; it does not own its bytes and need not end in NUL.
typedef struct Str { const char *p; u32 n; } Str;
#define S(lit) ((Str){"" lit, sizeof(lit) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline Str str(const char *c) { return (Str){c, (u32)strlen(c)}; }
static inline Str str_n(const char *p, size_t n) { return (Str){p, (u32)n}; }
static inline bool str_eq(Str a, Str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_is(Str a, const char *c) { return a.n == strlen(c) && memcmp(a.p, c, a.n) == 0; }
int str_cmp(Str a, Str b);                      // bytewise order: <0, 0, >0
bool str_has_prefix(Str s, const char *prefix);
bool str_has_suffix(Str s, const char *suffix);
int str_index(Str s, char c);                   // first index, or -1
int str_rindex(Str s, char c);                  // last index, or -1
int str_find(Str s, const char *sub);           // first index, or -1
static inline Str str_sub(Str s, u32 from, u32 to) { return (Str){s.p + from, to - from}; }
static inline Str str_from(Str s, u32 from) { return (Str){s.p + from, s.n - from}; }
Str str_trim(Str s);                            // without blanks, tabs, \r, \n at both ends
Str str_dup(Arena *a, Str s);                   // a copy that also ends in NUL (not counted)
char *str_c(Arena *a, Str s);                   // a NUL-terminated copy
Str str_fmt(Arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);   // NUL-terminated too
Str str_vfmt(Arena *a, const char *fmt, va_list ap);
Str str_cat(Arena *a, Str x, Str y);
Str str_lower(Arena *a, Str s);                 // of ASCII letters
bool str_next(Str *rest, char sep, Str *part);  // takes off what is in front of the next sep; false if nothing is left
Str path_join(Arena *a, Str dir, Str name);     // dir/name; name alone if dir is empty
bool path_has_prefix(Str path, Str prefix);     // equal, or below it
Str path_dir(Str p);                            // up to the last '/', without it; "." if none
Str path_base(Str p);                           // after the last '/'
Str path_clean(Arena *a, Str p);                // as path.Clean of Go
u32 hash_bytes(const void *p, size_t n);        // 32-bit hash, the same in every run
// 128 bits that tell damage from what was written, at the speed of memory. No protection against malice.
void checksum(const void *p, size_t n, u8 out[16]);
static inline u32 hash_str(Str s) { return hash_bytes(s.p, s.n); }

// UTF-8. utf8_decode reads one rune from p[0..n), n > 0; an invalid sequence gives 0xFFFD with *width 1.
u32 utf8_decode(const char *p, size_t n, u32 *width);
u32 utf8_encode(char *out, u32 rune);           // writes at most 4 bytes, returns how many
bool unicode_is_identifier(Str s);              // letters, _, and digits but for the first
bool unicode_is_letter(u32 r);                  // category L
bool unicode_is_digit(u32 r);                   // category Nd
bool unicode_is_upper(u32 r);                   // category Lu

// ---- names --------------------------------------------------------------------------------------

// An interned string: two names are the same if their pointers are. Interning is thread-safe; names live
// as long as the process (the one process-wide table besides source files; identity must be global).
typedef struct NameRec { u32 hash; u32 n; char s[]; } NameRec; // s ends in NUL
typedef const NameRec *Name;
Name name_of(Str s);
Name name_of_c(const char *c);
static inline Str name_str(Name n) { return n ? (Str){n->s, n->n} : (Str){"", 0}; }
bool name_is_exported(Name n);                  // begins with an upper-case letter
bool name_is_blank(Name n);                     // "_"

// ---- vectors ------------------------------------------------------------------------------------

// VEC(T) v = {0}; vec_push(arena, &v, x); v.p[i], v.n. The elements live in the arena.
#define VEC(T) struct { __typeof__(T) *p; u32 n, cap; }
#define vec_push(a, v, ...)                                                                            \
	(((v)->n == (v)->cap ? vec_grow_((a), (void **)&(v)->p, &(v)->cap, (v)->n, sizeof *(v)->p) : (void)0), \
	 (v)->p[(v)->n++] = (__VA_ARGS__))
#define vec_last(v) ((v)->p[(v)->n - 1])
#define vec_pop(v) ((v)->p[--(v)->n])
void vec_grow_(Arena *a, void **p, u32 *cap, u32 n, size_t elem);
typedef VEC(Str) StrVec;
bool split_words(Arena *a, Str v, StrVec *out); // at white space outside quotes (cmd/internal/quoted); false if a quote is not closed
bool strs_has(const StrVec *v, Str s);
void strs_sort(StrVec *v);                      // bytewise
void strs_unique(StrVec *v);                    // of equal neighbours one stays

// ---- hash maps ----------------------------------------------------------------------------------

// From a 64-bit key (an integer or a pointer; any value) to a pointer. Zero-initialized is empty.
// Iteration order is not defined: never let it reach an output.
typedef struct Map { struct MapSlot *slots; u32 n, cap; } Map;
typedef struct MapSlot { u64 key; void *val; bool used; } MapSlot;
void *map_get(const Map *m, u64 key);           // NULL if absent
void map_put(Arena *a, Map *m, u64 key, void *val);
bool map_has(const Map *m, u64 key);
#define PKEY(p) ((u64)(uintptr_t)(p))

// From a string to a pointer. Keys are not copied: they must live as long as the map.
typedef struct StrMap { struct StrSlot *slots; u32 n, cap; } StrMap;
typedef struct StrSlot { Str key; u32 hash; void *val; } StrSlot; // key.p == NULL: free
void *strmap_get(const StrMap *m, Str key);     // NULL if absent
void strmap_put(Arena *a, StrMap *m, Str key, void *val);
bool strmap_has(const StrMap *m, Str key);

// ---- bit sets -----------------------------------------------------------------------------------

typedef struct BitSet { u64 *w; u32 nwords; } BitSet;
BitSet bits_new(Arena *a, u32 nbits);
static inline bool bits_has(BitSet b, u32 i) { return b.w[i >> 6] >> (i & 63) & 1; }
static inline void bits_add(BitSet b, u32 i) { b.w[i >> 6] |= (u64)1 << (i & 63); }
static inline void bits_del(BitSet b, u32 i) { b.w[i >> 6] &= ~((u64)1 << (i & 63)); }
bool bits_or(BitSet dst, BitSet src);           // dst |= src; true if dst changed
void bits_copy(BitSet dst, BitSet src);
void bits_clear(BitSet b);
#define bits_each(b, i) for (u32 i = bits_next((b), 0); i != UINT32_MAX; i = bits_next((b), i + 1))
u32 bits_next(BitSet b, u32 from);              // first member >= from, or UINT32_MAX

// ---- byte buffers -------------------------------------------------------------------------------

// A growing buffer on the heap, little-endian. Zero-initialized is empty. buf_free when done.
typedef struct Buf { u8 *p; size_t n, cap; } Buf;
void buf_free(Buf *b);
u8 *buf_reserve(Buf *b, size_t n);              // n uninitialized bytes appended; pointer valid until the next append
void buf_bytes(Buf *b, const void *p, size_t n);
void buf_str(Buf *b, Str s);
void buf_c(Buf *b, const char *c);
void buf_u8(Buf *b, u8 v);
void buf_u16(Buf *b, u16 v);
void buf_u32(Buf *b, u32 v);
void buf_u64(Buf *b, u64 v);
void buf_uvarint(Buf *b, u64 v);                // LEB128, as encoding/binary
void buf_varint(Buf *b, i64 v);                 // zig-zag
void buf_zeros(Buf *b, size_t n);
void buf_align(Buf *b, size_t align);           // zero-fill up to a multiple
void buf_printf(Buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline Str buf_view(const Buf *b) { return (Str){(const char *)b->p, (u32)b->n}; }

static inline u16 get_u16(const void *p) { u16 v; memcpy(&v, p, 2); return v; }
static inline u32 get_u32(const void *p) { u32 v; memcpy(&v, p, 4); return v; }
static inline u64 get_u64(const void *p) { u64 v; memcpy(&v, p, 8); return v; }
static inline void put_u16(void *p, u16 v) { memcpy(p, &v, 2); }
static inline void put_u32(void *p, u32 v) { memcpy(p, &v, 4); }
static inline void put_u64(void *p, u64 v) { memcpy(p, &v, 8); }

// ---- files --------------------------------------------------------------------------------------

// Whatever reads by a path sees the tree that an overlay makes of the disk's (overlay.h).

// What went wrong with a file or a request, in Go's words ("open x: no such file or directory").
// An Err with msg.p == NULL is success. The text lives in the arena given to the call.
typedef struct Err { Str msg; int errnum; } Err; // errnum: errno, or 0 where there is none
#define OK ((Err){0})
static inline bool failed(Err e) { return e.msg.p != NULL; }
Err err_fmt(Arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
Err err_sys(Arena *a, const char *op, Str path); // from errno: "OP PATH: strerror" in Go's lower-case wording

// The bytes of a whole file, mapped (or read, where that is better). Empty files are allowed. A NUL byte that
// does not count follows the text. Unmapped with file_unmap (the whole, unchanged Str); it lives until then.
Err file_map(Arena *a, Str path, Str *out);
void file_unmap(Str s);
// Writes a file whole or not at all: a temporary file beside it, then rename. mode: permission bits,
// before the umask. If path exists and is not a regular file (/dev/null), writes into it and never
// replaces it.
Err file_write(Arena *a, Str path, const void *p, size_t n, u32 mode);
// The same for what can be made again: nothing is written where it is there already, and it may be lost when power is.
Err file_write_output(Arena *a, Str path, const void *p, size_t n, u32 mode);
void file_remove_output(Arena *a, Str path);    // what an earlier run has made there; nothing that is no regular file, such as /dev/null
struct stat;
bool file_stat(Str path, struct stat *st);      // false: errno says why
bool file_lstat(Str path, struct stat *st);     // of a symbolic link itself
bool file_exists(Str path);
bool file_is_dir(Str path);
Err dir_make_all(Arena *a, Str path);           // as mkdir -p
void dir_remove_all(Arena *a, Str dir);         // as rm -rf, read-only directories too; follows no links
Err dir_list(Arena *a, Str path, StrVec *names); // sorted bytewise, without . and ..
typedef enum FileKind { FILE_REGULAR, FILE_DIR, FILE_LINK, FILE_OTHER } FileKind;
typedef struct DirEntry { Str name; FileKind kind; } DirEntry;
typedef VEC(DirEntry) DirEntryVec;
Err dir_entries(Arena *a, Str path, DirEntryVec *out); // the same with what they are; links are not followed

// Adds the files below dir that the pattern (path.Match of Go, which may be several elements) matches: relative to dir,
// sorted within each directory.
void dir_glob(Arena *a, Str dir, Str pattern, StrVec *out);

// ---- threads ------------------------------------------------------------------------------------

typedef struct Pool Pool;
Pool *pool_new(u32 threads);                    // 0: one a processor. With 1 everything runs on the caller.
void pool_free(Pool *p);
u32 pool_size(Pool *p);                         // number of workers, the caller included
// Calls fn(ctx, i, worker) for every i in [0, n), in parallel; worker in [0, pool_size). Returns when all
// are done. The caller works too; may be called from inside a job (nested loops share the workers).
void pool_for(Pool *p, u32 n, void (*fn)(void *ctx, u32 i, u32 worker), void *ctx);

// Runs fn(arg) on a thread of its own with a stack for deep recursion (512 MB of address space) and waits; the
// pool's threads have such stacks too. main runs everything so: the passes recurse along the source's nesting.
void run_on_deep_stack(void (*fn)(void *), void *arg);

// fork(2) where other threads may be at work in base/: the child, which has only the calling thread, can go on using it.
int base_fork(void);

// ---- SHA-256 ------------------------------------------------------------------------------------

typedef struct Sha256 { u32 h[8]; u64 n; u8 block[64]; } Sha256;
void sha256_init(Sha256 *s);
void sha256_add(Sha256 *s, const void *p, size_t n);
void sha256_end(Sha256 *s, u8 out[32]);
void sha256(const void *p, size_t n, u8 out[32]);

// ---- source positions ---------------------------------------------------------------------------

// Where something is written: file (20 bits), line (24), column (20, in bytes, from 1), so that positions
// in one file compare as integers. 0 is "unknown". Files are registered process-wide, so a position can
// cross packages (inlining).
typedef u64 Pos;
typedef struct SourceFile SourceFile;
struct SourceFile {
	u32 index;          // in the process-wide table, from 1
	Str path;           // absolute path of the file
	Str name;           // as to be shown: relative to the user's directory, or as -trimpath rewrites it
	Str text;           // its bytes while mapped; for excerpts; may be empty
	// //line directives, in order of line (see syntax): from `line` on, positions are file:at
	struct LineDirective { u32 line, col; Str file; u32 at_line, at_col; } *directives; // at_col 0: columns unknown
	u32 ndirectives;
};
static inline Pos pos_make(u32 file, u32 line, u32 col)
{
	return (u64)file << 44 | (u64)MIN(line, 0xffffffu) << 20 | MIN(col, 0xfffffu);
}
static inline u32 pos_file(Pos p) { return (u32)(p >> 44); }
static inline u32 pos_line(Pos p) { return (u32)(p >> 20) & 0xffffff; } // physical line
static inline u32 pos_col(Pos p) { return (u32)p & 0xfffff; }
SourceFile *source_add(Str path, Str name);     // thread-safe; strings are copied
SourceFile *source_get(u32 index);              // NULL for 0
// The position as //line directives show it. *col is 0 where unknown.
void pos_resolve(Pos p, Str *file, u32 *line, u32 *col);
Str pos_fmt(Arena *a, Pos p);                   // "file:line:col", "" for 0

// ---- diagnostics --------------------------------------------------------------------------------

// Collects the errors of one package, from any thread; sorted and deduplicated when printed.
typedef struct Diag { Pos pos; Str msg; u32 len; u16 code; bool soft, warn; u32 seq, file; Str hint; } Diag;
// len: bytes to underline, 0: one. msg may have continuation lines, each beginning with "\n\t".
// code: number of internal/types/errors, 0 if none. soft: as types2 marks it; gc prints soft errors like others.
// seq, file: set by diags_all, the order of report of errors and of the files that they are in.
typedef struct Diags Diags;
Diags *diags_new(Arena *a);
void diags_free(Diags *d);                      // what it holds besides a; only where there are very many Diags
void diag_add(Diags *d, Diag x);                // copies msg
void diag(Diags *d, Pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
void diags_merge(Diags *into, Diags *from);      // appends: for files checked in parallel but reported in order
u32 diags_count(Diags *d);                      // errors so far
Diag *diags_all(Diags *d, u32 *n);              // all, in the order of report
Diag *diags_sorted(Diags *d, u32 *n);           // by position, then order of report; duplicates of a line and text dropped
// How messages look: gc's plain lines; with the source line, a caret under the token, and the hint; that with colour.
typedef enum DiagStyle { DIAG_PLAIN, DIAG_EXCERPT, DIAG_COLOR, DIAG_NO_COLUMNS } DiagStyle; // the last: plain, without columns
// What fits the file: plain but for a terminal; no colour with NO_COLOR or on a dumb one.
DiagStyle diag_style(int fd);
// Prints as gc: "file:line:col: msg", at most `limit` errors (0: all), then "too many errors" (gc's limit is 10;
// of more, the first reported are shown).
void diags_print(Diags *d, FILE *out, u32 limit, DiagStyle style);
// Prints messages with other names for their files: each absolute path with a line number that begins a word becomes name(ctx,
// a, path). Messages may speak of places in the middle of a line.
void print_renamed(FILE *out, Str text, Str (*name)(void *ctx, Arena *a, Str path), void *ctx, Arena *a);
// Line `number` of the text and under it a caret at byte `col` (from 1), as long as the token there or as `len` bytes.
// Nothing if there is no such place.
void excerpt_print(FILE *out, Str text, u32 number, u32 col, u32 len, bool color);

#endif
