// sumdb.c: the checksum database: a log of the hashes of all public modules, of which the server cannot show different
// parts to different people, since every answer is proved to be in the tree whose signed head we keep
// (https://go.dev/design/25530-sumdb, RFC 6962). Tiles and words: golang.org/x/mod/sumdb.
#include "mod/sumdb.h"
#include "mod/ed25519.h"
#include "mod/fetch.h"
#include "mod/zip.h"

#include <errno.h>
#include <stdlib.h>

// ---- notes --------------------------------------------------------------------------------------

bool note_key_parse(Arena *a, Str text, NoteKey *out, Str *why)
{
	int first = str_index(text, '+');
	Str rest = first > 0 ? str_from(text, (u32)first + 1) : S(""), raw;
	int second = str_index(rest, '+');
	*why = S("malformed verifier id");
	if (first <= 0 || second != 8 || !base64_decode(a, str_from(rest, 9), &raw) || raw.n < 1)
		return false;
	out->name = str_sub(text, 0, (u32)first);
	char *end;
	Str hex = str_dup(a, str_sub(rest, 0, 8));
	out->hash = (u32)strtoul(hex.p, &end, 16);
	if (*end || str_index(out->name, ' ') >= 0)
		return false;
	u8 sum[32];
	Str id = str_fmt(a, STR_FMT "\n", STR_ARG(out->name));
	id = str_cat(a, id, raw);
	sha256(id.p, id.n, sum);
	if (out->hash != __builtin_bswap32(get_u32(sum))) {
		*why = S("invalid verifier hash");
		return false;
	}
	if (raw.p[0] != 1 || raw.n != 33) {
		*why = S("unknown verifier algorithm");
		return false;
	}
	memcpy(out->key, raw.p + 1, 32);
	*why = S("");
	return true;
}

bool note_open(Arena *a, const NoteKey *key, Str note, Str *text, Str *why)
{
	int split = -1;
	for (u32 i = 0; i + 1 < note.n; i++)
		if (note.p[i] == '\n' && note.p[i + 1] == '\n')
			split = (int)i;
	*why = S("malformed note");
	if (split < 0 || note.p[note.n - 1] != '\n')
		return false;
	*text = str_sub(note, 0, (u32)split + 1);
	Str lines = str_from(note, (u32)split + 2);
	*why = S("note has no verifiable signatures");
	while (lines.n) {
		int nl = str_index(lines, '\n');
		Str line = str_sub(lines, 0, (u32)nl), raw;
		lines = str_from(lines, (u32)nl + 1);
		if (!str_has_prefix(line, "\xe2\x80\x94 ")) {
			*why = S("malformed note");
			return false;
		}
		line = str_from(line, 4);
		int sp = str_index(line, ' ');
		if (sp < 0 || !base64_decode(a, str_from(line, (u32)sp + 1), &raw) || raw.n < 5) {
			*why = S("malformed note");
			return false;
		}
		if (!str_eq(str_sub(line, 0, (u32)sp), key->name) || __builtin_bswap32(get_u32(raw.p)) != key->hash)
			continue;
		if (raw.n != 68 || !ed25519_verify(key->key, *text, (const u8 *)raw.p + 4)) {
			*why = str_fmt(a, "invalid signature for key " STR_FMT "+%08x", STR_ARG(key->name), key->hash);
			return false;
		}
		*why = S("");
		return true;
	}
	return false;
}

bool tree_head_parse(Arena *a, Str text, TreeHead *out)
{
	static const char title[] = "go.sum database tree\n";
	if (!str_has_prefix(text, title))
		return false;
	text = str_from(text, sizeof title - 1);
	int nl = str_index(text, '\n');
	u64 n = 0;
	if (nl <= 0 || nl > 18)
		return false;
	for (int i = 0; i < nl; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (u64)(text.p[i] - '0');
	}
	text = str_from(text, (u32)nl + 1);
	nl = str_index(text, '\n');
	Str hash;
	if (nl < 0 || !base64_decode(a, str_sub(text, 0, (u32)nl), &hash) || hash.n != 32)
		return false;
	out->n = n;
	memcpy(out->hash, hash.p, 32);
	return true;
}

// ---- the tree -----------------------------------------------------------------------------------

Hash32 record_hash(Str record)
{
	Hash32 h;
	Sha256 s;
	sha256_init(&s);
	sha256_add(&s, "\0", 1);
	sha256_add(&s, record.p, record.n);
	sha256_end(&s, h.b);
	return h;
}

static Hash32 node_hash(const Hash32 *left, const Hash32 *right)
{
	Hash32 h;
	Sha256 s;
	sha256_init(&s);
	sha256_add(&s, "\1", 1);
	sha256_add(&s, left->b, 32);
	sha256_add(&s, right->b, 32);
	sha256_end(&s, h.b);
	return h;
}

typedef struct RootWalk { u64 record, old; const Hash32 *leaf; NodeReader node; void *ctx; } RootWalk;

static bool range_hash(RootWalk *w, u64 low, u64 high, Hash32 *out)
{
	u64 size = high - low;
	bool has_record = w->record >= low && w->record < high, across = w->old > low && w->old < high;
	if (size == 1 && has_record) {
		*out = *w->leaf;
		return true;
	}
	if ((size & (size - 1)) == 0 && !has_record && !across) { // every range with a power of two records is aligned
		u32 level = (u32)__builtin_ctzll(size);
		return w->node(w->ctx, level, low >> level, out);
	}
	u64 half = (u64)1 << (63 - __builtin_clzll(size - 1));
	Hash32 left, right;
	if (!range_hash(w, low, low + half, &left) || !range_hash(w, low + half, high, &right))
		return false;
	*out = node_hash(&left, &right);
	return true;
}

bool tree_root(u64 n, u64 record, const Hash32 *leaf, u64 old, NodeReader node, void *ctx, Hash32 *out)
{
	RootWalk w = {record, old, leaf, node, ctx};
	if (!n) {
		sha256("", 0, out->b);
		return true;
	}
	return range_hash(&w, 0, n, out);
}

Str tile_path(Arena *a, u32 level, u64 n, u32 width)
{
	Str s = str_fmt(a, "%03u", (unsigned)(n % 1000));
	while (n >= 1000) {
		n /= 1000;
		s = str_fmt(a, "x%03u/" STR_FMT, (unsigned)(n % 1000), STR_ARG(s));
	}
	s = str_fmt(a, "tile/8/%u/" STR_FMT, level, STR_ARG(s));
	return width == 256 ? s : str_fmt(a, STR_FMT ".p/%u", STR_ARG(s), width);
}

// ---- the client ---------------------------------------------------------------------------------

typedef struct Tile { Str path, data; } Tile;

typedef struct Db {
	Fetch *fetch;
	NoteKey key;
	Str base;               // URL; "" until it is needed
	StrMap tiles;           // path -> Tile *
	VEC(Tile *) fresh;      // not in the cache yet
	Map nodes;              // level and index -> Hash32 *: what was computed of tiles
	u64 size;               // of the tree that tiles are read of
	TreeHead latest;        // the largest one seen
	Str latest_note;
	Err err;
} Db;

static Err try_base(Fetch *f, Str proxy, void *ctx)
{
	Db *db = ctx;
	Str body;
	if (str_is(proxy, "noproxy"))
		return (Err){S("path does not match GOPRIVATE/GONOPROXY"), EXDEV};
	if (str_is(proxy, "direct") || str_is(proxy, "off"))
		return (Err){S("module lookup disabled by GOPROXY=off"), ENOENT};
	while (proxy.n && proxy.p[proxy.n - 1] == '/')
		proxy.n--;
	Str base = str_fmt(f->arena, STR_FMT "/sumdb/" STR_FMT, STR_ARG(proxy), STR_ARG(db->key.name));
	Err e = fetch_read(f, str_cat(f->arena, base, S("/supported")), &body);
	if (!failed(e))
		db->base = base;
	return e;
}

static Err find_base(Db *db)
{
	if (db->base.n)
		return OK;
	Err e = fetch_try_proxies(db->fetch, try_base, db);
	if (failed(e) && e.errnum != ENOENT)
		return e;
	if (failed(e))
		db->base = str_cat(db->fetch->arena, S("https://"), db->key.name);
	return OK;
}

static Err remote(Db *db, Str path, Str *body)
{
	Arena *a = db->fetch->arena;
	Err e = find_base(db);
	if (failed(e))
		return e;
	return fetch_read(db->fetch, str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(db->base), STR_ARG(path)), body);
}

static Str cache_file(Db *db, Str path)
{
	return str_fmt(db->fetch->arena, STR_FMT "/cache/download/sumdb/" STR_FMT "/" STR_FMT, STR_ARG(db->fetch->cache), STR_ARG(db->key.name),
		STR_ARG(path));
}

static void keep(Db *db, Str file, Str data)
{
	Arena *a = db->fetch->arena; // a cache that cannot be written only costs time
	if (!failed(dir_make_all(a, path_dir(file))))
		file_write(a, file, data.p, data.n, 0666);
}

static Str latest_file(Db *db)
{
	Str gp = env_get(db->fetch->env, "GOPATH");
	int colon = str_index(gp, ':');
	return str_fmt(db->fetch->arena, STR_FMT "/pkg/sumdb/" STR_FMT "/latest", STR_ARG(colon >= 0 ? str_sub(gp, 0, (u32)colon) : gp),
		STR_ARG(db->key.name));
}

static Tile *read_tile(Db *db, u32 level, u64 n, u32 width)
{
	Arena *a = db->fetch->arena;
	Str path = tile_path(a, level, n, width);
	Tile *t = strmap_get(&db->tiles, path);
	if (t)
		return t;
	t = NEW(a, Tile);
	t->path = path;
	Str full = tile_path(a, level, n, 256);
	if (failed(file_map(a, cache_file(db, path), &t->data)) && failed(file_map(a, cache_file(db, full), &t->data))) {
		db->err = remote(db, path, &t->data);
		if (failed(db->err) && width < 256) // the server may have the whole tile only
			db->err = remote(db, t->path = full, &t->data);
		if (failed(db->err))
			return NULL;
		vec_push(a, &db->fresh, t);
	}
	if (t->data.n < width * 32) {
		db->err = err_fmt(a, "downloaded inconsistent tile");
		return NULL;
	}
	strmap_put(a, &db->tiles, path, t);
	return t;
}

static bool read_node(void *ctx, u32 level, u64 index, Hash32 *out)
{
	Db *db = ctx;
	u32 row = level / 8, up = level % 8;
	u64 first = index << up, n = first / 256;
	u64 have = (db->size >> (8 * row)) - n * 256;
	Tile *t = read_tile(db, row, n, (u32)MIN(have, 256));
	if (!t)
		return false;
	Hash32 h[256];
	u32 count = 1u << up, at = (u32)(first % 256);
	if ((at + count) * 32 > t->data.n) {
		db->err = err_fmt(db->fetch->arena, "downloaded inconsistent tile");
		return false;
	}
	u64 key = (u64)level << 56 | index;
	const Hash32 *known = map_get(&db->nodes, key);
	if (known) {
		*out = *known;
		return true;
	}
	memcpy(h, t->data.p + 32 * at, 32 * (size_t)count);
	for (; count > 1; count /= 2)
		for (u32 i = 0; i < count / 2; i++)
			h[i] = node_hash(&h[2 * i], &h[2 * i + 1]);
	*out = h[0];
	Hash32 *kept = NEW(db->fetch->arena, Hash32);
	*kept = h[0];
	map_put(db->fetch->arena, &db->nodes, key, kept);
	return true;
}

NORETURN static void misbehaving(Db *db, const TreeHead *older, Str older_note, const TreeHead *newer, Str newer_note)
{
	mod_fatal("SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\t" STR_FMT "\nnew database:\n\t" STR_FMT
		"\nproof of misbehavior: tree#%llu is not in tree#%llu", STR_ARG(older_note), STR_ARG(newer_note),
		(unsigned long long)older->n, (unsigned long long)newer->n);
}

// Whether older is the beginning of newer.
static Err check_trees(Db *db, const TreeHead *older, Str older_note, const TreeHead *newer, Str newer_note)
{
	Hash32 root;
	db->size = newer->n;
	if (!older->n)
		return OK;
	if (!tree_root(older->n, UINT64_MAX, NULL, 0, read_node, db, &root))
		return db->err;
	if (memcmp(root.b, older->hash, 32) != 0)
		misbehaving(db, older, older_note, newer, newer_note);
	if (!tree_root(newer->n, UINT64_MAX, NULL, older->n, read_node, db, &root))
		return db->err;
	if (memcmp(root.b, newer->hash, 32) != 0)
		return err_fmt(db->fetch->arena, "downloaded inconsistent tile");
	return OK;
}

static Err open_head(Db *db, Str note, TreeHead *out)
{
	Arena *a = db->fetch->arena;
	Str text, why;
	if (!note_open(a, &db->key, note, &text, &why))
		return err_fmt(a, "reading tree note: " STR_FMT "\nnote:\n" STR_FMT, STR_ARG(why), STR_ARG(note));
	if (!tree_head_parse(a, text, out))
		return err_fmt(a, "reading tree: malformed tree note\ntree:\n" STR_FMT, STR_ARG(text));
	return OK;
}

static Err merge_head(Db *db, Str note)
{
	TreeHead head;
	if (db->latest.n && str_eq(note, db->latest_note)) // proved before
		return OK;
	Err e = open_head(db, note, &head);
	if (failed(e))
		return e;
	if (head.n <= db->latest.n) {
		if (head.n == db->latest.n && memcmp(head.hash, db->latest.hash, 32) != 0)
			misbehaving(db, &db->latest, db->latest_note, &head, note);
		return head.n < db->latest.n ? check_trees(db, &head, note, &db->latest, db->latest_note) : OK;
	}
	e = check_trees(db, &db->latest, db->latest_note, &head, note);
	if (failed(e))
		return e;
	db->latest = head;
	db->latest_note = note;
	keep(db, latest_file(db), note);
	return OK;
}

static Err db_open(Fetch *f, Db *db)
{
	Arena *a = f->arena;
	Str spec = env_get(f->env, "GOSUMDB"), why, note;
	if (str_is(spec, "off"))
		return err_fmt(a, "checksum database disabled by GOSUMDB=off");
	if (str_is(spec, "sum.golang.google.cn"))
		spec = S("sum.golang.org https://sum.golang.google.cn");
	spec = str_trim(spec);
	if (!spec.n)
		return err_fmt(a, "missing GOSUMDB");
	int sp = str_index(spec, ' ');
	Str key = sp >= 0 ? str_sub(spec, 0, (u32)sp) : spec, url = sp >= 0 ? str_trim(str_from(spec, (u32)sp)) : S("");
	if (str_index(url, ' ') >= 0)
		return err_fmt(a, "invalid GOSUMDB: too many fields");
	if (str_is(key, "sum.golang.org"))
		key = S("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
	if (!note_key_parse(a, key, &db->key, &why))
		return err_fmt(a, "invalid GOSUMDB: " STR_FMT, STR_ARG(why));
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	db->base = url;
	if (!failed(file_map(a, latest_file(db), &note)) && note.n)
		return open_head(db, db->latest_note = note, &db->latest);
	return OK;
}

// "id\nrecord lines\n\nsigned tree head".
static Err check_record(Db *db, Str answer, Str *lines)
{
	Arena *a = db->fetch->arena;
	int nl = str_index(answer, '\n'), end = str_find(answer, "\n\n");
	u64 id = 0;
	if (nl <= 0 || nl > 18 || end < nl)
		return err_fmt(a, "malformed record data");
	for (int i = 0; i < nl; i++) {
		if (answer.p[i] < '0' || answer.p[i] > '9')
			return err_fmt(a, "malformed record data");
		id = id * 10 + (u64)(answer.p[i] - '0');
	}
	*lines = str_sub(answer, (u32)nl + 1, (u32)end + 1);
	Err e = merge_head(db, str_from(answer, (u32)end + 2));
	if (failed(e))
		return e;
	if (id >= db->latest.n)
		return err_fmt(a, "cannot validate record %llu in tree of size %llu", (unsigned long long)id, (unsigned long long)db->latest.n);
	Hash32 leaf = record_hash(*lines), root;
	db->size = db->latest.n;
	if (!tree_root(db->latest.n, id, &leaf, 0, read_node, db, &root))
		return db->err;
	if (memcmp(root.b, db->latest.hash, 32) != 0)
		return err_fmt(a, "cannot authenticate record data in server response");
	return OK;
}

static Err database(Fetch *f, Db **out)
{
	Db *db = strmap_get(&f->known, S("sumdb"));
	Err e = OK;
	if (!db) {
		db = NEW(f->arena, Db);
		*db = (Db){.fetch = f, .base = S(""), .latest_note = S("")};
		e = db_open(f, db);
		if (!failed(e))
			strmap_put(f->arena, &f->known, S("sumdb"), db);
	}
	*out = db;
	return e;
}

static Str lookup_path(Arena *a, Str path, Str version)
{
	if (str_has_suffix(version, "/go.mod"))
		version.n -= 7;
	return str_fmt(a, "lookup/" STR_FMT "@" STR_FMT, STR_ARG(mod_escape(a, path)), STR_ARG(mod_escape(a, version)));
}

// Which tiles a proof reads: those that are not there yet are asked for.
typedef struct Wanted { Db *db; StrVec urls; StrMap seen; u64 size; } Wanted;

static bool want_node(void *ctx, u32 level, u64 index, Hash32 *out)
{
	Wanted *w = ctx;
	Arena *a = w->db->fetch->arena;
	u32 row = level / 8;
	u64 n = (index << level % 8) / 256, have = (w->size >> (8 * row)) - n * 256;
	Str path = tile_path(a, row, n, (u32)MIN(have, 256));
	*out = (Hash32){0};
	if (strmap_has(&w->seen, path))
		return true;
	strmap_put(a, &w->seen, path, w);
	if (!strmap_has(&w->db->tiles, path) && !file_exists(cache_file(w->db, path)) && !file_exists(cache_file(w->db, tile_path(a, row, n, 256))))
		vec_push(a, &w->urls, str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(w->db->base), STR_ARG(path)));
	return true;
}

static void want_proof(Wanted *w, Str answer)
{
	int end = str_find(answer, "\n\n"), nl = str_index(answer, '\n');
	TreeHead head;
	if (nl <= 0 || nl > 18 || end < nl || !tree_head_parse(w->db->fetch->arena, str_from(answer, (u32)end + 2), &head))
		return;
	Hash32 none = {0};
	u64 id = strtoull(str_c(w->db->fetch->arena, str_sub(answer, 0, (u32)nl)), NULL, 10);
	w->size = MAX(head.n, w->db->latest.n);
	if (id < w->size)
		tree_root(w->size, id, &none, 0, want_node, w, &none);
}

void sumdb_ahead(Fetch *f, const ModVersion *v, u32 n)
{
	Db *db;
	if (failed(database(f, &db)) || failed(find_base(db)))
		return;
	Arena *a = f->arena;
	StrVec urls = {0};
	for (u32 i = 0; i < n; i++) {
		Str path = lookup_path(a, v[i].path, v[i].version);
		if (!file_exists(cache_file(db, path)))
			vec_push(a, &urls, str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(db->base), STR_ARG(path)));
	}
	http_ahead(f->http, &urls);
	Wanted w = {.db = db};
	Str answer;
	for (u32 i = 0; i < urls.n; i++)
		if (http_waiting(f->http, urls.p[i], &answer))
			want_proof(&w, answer);
	http_ahead(f->http, &w.urls);
}

Err sumdb_lookup(Fetch *f, Str path, Str version, Str *name, Str *lines)
{
	Arena *a = f->arena;
	Db *db;
	Err e = database(f, &db);
	if (failed(e))
		return e;
	*name = db->key.name;
	if (str_has_suffix(version, "/go.mod"))
		version.n -= 7;
	Str query = lookup_path(a, path, version);
	Str file = cache_file(db, query), answer, *had = strmap_get(&f->known, query);
	if (had) {
		*lines = *had;
		return OK;
	}
	db->fresh.n = 0;
	bool cached = !failed(file_map(a, file, &answer));
	e = cached ? OK : remote(db, query, &answer);
	if (!failed(e))
		e = check_record(db, answer, lines);
	if (failed(e))
		return err_fmt(a, STR_FMT "@" STR_FMT ": " STR_FMT, STR_ARG(path), STR_ARG(version), STR_ARG(e.msg));
	if (!cached)
		keep(db, file, answer);
	for (u32 i = 0; i < db->fresh.n; i++) // they are proved now
		keep(db, cache_file(db, db->fresh.p[i]->path), db->fresh.p[i]->data);
	had = NEW(a, Str);
	*had = *lines;
	strmap_put(a, &f->known, query, had);
	return OK;
}
