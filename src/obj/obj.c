// obj.c: the symbols of a package under construction. Many threads ask for symbols by name; each symbol is then
// filled by one of them. Nothing here depends on timing: obj_sorted_defs gives the order of the output.
#include "obj/obj_int.h"

#include <stdlib.h>

Str obj_path_prefix(Arena *a, Str s)
{
	int slash = str_rindex(s, '/');
	Buf b = {0};
	for (u32 i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];
		if (c <= ' ' || (c == '.' && (int)i > slash) || c == '%' || c == '"' || c >= 0x7f)
			buf_printf(&b, "%%%02x", c);
		else
			buf_u8(&b, c);
	}
	Str r = str_dup(a, buf_view(&b));
	buf_free(&b);
	return r;
}

Str obj_trim_path(Arena *a, Str rules, Str name)
{
	for (Str rest = rules; rest.n;) {
		int semi = str_index(rest, ';');
		Str rule = semi < 0 ? rest : str_sub(rest, 0, (u32)semi);
		rest = semi < 0 ? (Str){0} : str_from(rest, (u32)semi + 1);
		int arrow = str_find(rule, "=>");
		Str prefix = arrow < 0 ? rule : str_sub(rule, 0, (u32)arrow);
		Str to = arrow < 0 ? (Str){0} : str_from(rule, (u32)arrow + 2);
		if (!prefix.n || !path_has_prefix(name, prefix))
			continue;
		if (name.n == prefix.n)
			return to.n ? to : S("??");
		return to.n ? str_cat(a, to, str_from(name, prefix.n)) : str_from(name, prefix.n + 1);
	}
	return name;
}

void obj_set_trimpath(ObjPkg *o, Str rules)
{
	o->trimpath = str_dup(o->arena, rules);
}

ObjPkg *obj_new(Str path)
{
	static _Atomic u64 last_id;
	ObjPkg *o = calloc(1, sizeof *o);
	if (!o)
		base_die("out of memory");
	o->id = atomic_fetch_add(&last_id, 1) + 1;
	for (u32 i = 0; i < OBJ_SHARDS; i++) {
		pthread_mutex_init(&o->shard[i].lock, NULL);
		pthread_mutex_init(&o->shard[i].arena_lock, NULL);
		o->shard[i].arena = arena_new();
	}
	pthread_mutex_init(&o->lock, NULL);
	o->arena = arena_new();
	o->path = str_dup(o->arena, path);
	o->prefix = obj_path_prefix(o->arena, path);
	return o;
}

void obj_free(ObjPkg *o)
{
	if (!o)
		return;
	for (u32 i = 0; i < OBJ_SHARDS; i++) {
		arena_free(o->shard[i].arena);
		free(o->shard[i].slots);
		free(o->shard[i].all);
		pthread_mutex_destroy(&o->shard[i].lock);
		pthread_mutex_destroy(&o->shard[i].arena_lock);
	}
	arena_free(o->arena);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

void obj_set_flags(ObjPkg *o, u32 flags) { o->flags = flags; }

// Memory comes from a shard chosen by thread, so that threads do not wait for each other.
static ObjShard *my_shard(ObjPkg *o)
{
	u64 t = (u64)(uintptr_t)pthread_self();
	return &o->shard[(t >> 12 ^ t >> 20) % OBJ_SHARDS];
}

// What a thread has at hand of the package that it works on: room for small things, and pointer maps that it named.
enum { ROOM = 4096, SMALL = 512, MAPS = 128 };
typedef struct NamedMap { u64 w[2]; size_t n; LSym *sym; } NamedMap;
typedef struct AtHand {
	u64 id;             // of the ObjPkg
	char *p, *end;
	NamedMap maps[MAPS];
} AtHand;
static _Thread_local AtHand mine;

static AtHand *at_hand(ObjPkg *o)
{
	if (mine.id != o->id)
		mine = (AtHand){.id = o->id};
	return &mine;
}

void *obj_alloc(ObjPkg *o, size_t n)
{
	AtHand *h = at_hand(o);
	bool small = n <= SMALL;
	if (small && n <= (size_t)(h->end - h->p)) {
		char *p = h->p;
		h->p += MIN(ALIGN_UP(n, (size_t)16), (size_t)(h->end - p));
		return p;
	}
	ObjShard *sh = my_shard(o);
	pthread_mutex_lock(&sh->arena_lock);
	char *p = arena_alloc(sh->arena, small ? ROOM : n);
	pthread_mutex_unlock(&sh->arena_lock);
	if (small) {
		h->p = p + ALIGN_UP(n, (size_t)16);
		h->end = p + ROOM;
	}
	return p;
}

static void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		base_die("out of memory");
	return p;
}

static void shard_record(ObjShard *h, LSym *s)
{
	if (h->nall == h->call) {
		h->call = h->call ? h->call * 2 : 64;
		h->all = xrealloc(h->all, h->call * sizeof *h->all);
	}
	h->all[h->nall++] = s;
}

static void shard_grow(ObjShard *h)
{
	u32 cap = h->cap ? h->cap * 2 : 64;
	SymSlot *slots = calloc(cap, sizeof *slots);
	if (!slots)
		base_die("out of memory");
	for (u32 i = 0; i < h->cap; i++) {
		if (!h->slots[i].sym)
			continue;
		u32 j = (h->slots[i].hash / OBJ_SHARDS) & (cap - 1);
		while (slots[j].sym)
			j = (j + 1) & (cap - 1);
		slots[j] = h->slots[i];
	}
	free(h->slots);
	h->slots = slots;
	h->cap = cap;
}

LSym *obj_sym(ObjPkg *o, Str name, Abi abi)
{
	u32 hash = hash_str(name) ^ (u32)abi * 0x9e3779b9u;
	ObjShard *h = &o->shard[hash % OBJ_SHARDS];
	pthread_mutex_lock(&h->lock);
	if (h->n * 4 >= h->cap * 3)
		shard_grow(h);
	u32 j = (hash / OBJ_SHARDS) & (h->cap - 1);
	LSym *s;
	while ((s = h->slots[j].sym)) {
		if (h->slots[j].hash == hash && s->abi == abi && str_eq(s->name, name))
			break;
		j = (j + 1) & (h->cap - 1);
	}
	if (!s) {
		pthread_mutex_lock(&h->arena_lock);
		s = arena_alloc(h->arena, sizeof *s);
		s->name = str_dup(h->arena, name);
		pthread_mutex_unlock(&h->arena_lock);
		s->abi = (u16)abi;
		h->slots[j] = (SymSlot){hash, s};
		h->n++;
		shard_record(h, s);
	}
	pthread_mutex_unlock(&h->lock);
	return s;
}

LSym *obj_symf(ObjPkg *o, Abi abi, const char *fmt, ...)
{
	char small[256], *p = small;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof small) {
		p = obj_alloc(o, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	return obj_sym(o, str_n(p, (size_t)n), abi);
}

LSym *obj_local(ObjPkg *o, Str name)
{
	ObjShard *h = my_shard(o);
	pthread_mutex_lock(&h->arena_lock);
	LSym *s = arena_alloc(h->arena, sizeof *s);
	s->name = str_dup(h->arena, name);
	pthread_mutex_unlock(&h->arena_lock);
	s->abi = ABI_STATIC;
	s->local = true;
	s->serial = atomic_fetch_add(&o->serial, 1) + 1;
	pthread_mutex_lock(&h->lock);
	shard_record(h, s);
	pthread_mutex_unlock(&h->lock);
	return s;
}

bool obj_define(ObjPkg *o, LSym *s, SymKind kind, u32 seq)
{
	ObjShard *h = &o->shard[PKEY(s) / 64 % OBJ_SHARDS];
	pthread_mutex_lock(&h->lock);
	bool first = !s->defined;
	if (first) {
		s->defined = true;
		s->kind = (u8)kind;
		s->seq = seq;
	}
	pthread_mutex_unlock(&h->lock);
	return first;
}

// ---- files and imports --------------------------------------------------------------------------

static u32 file_index(ObjPkg *o, Str name)
{
	name = obj_trim_path(o->arena, o->trimpath, name);
	u32 i = (u32)(uintptr_t)strmap_get(&o->file_index, name);
	if (!i) {
		name = str_dup(o->arena, name);
		vec_push(o->arena, &o->files, name);
		i = o->files.n;
		strmap_put(o->arena, &o->file_index, name, (void *)(uintptr_t)i);
	}
	return i - 1;
}

u32 obj_file_name(ObjPkg *o, Str name)
{
	pthread_mutex_lock(&o->lock);
	u32 i = file_index(o, name);
	pthread_mutex_unlock(&o->lock);
	return i;
}

u32 obj_file(ObjPkg *o, u32 source_file)
{
	pthread_mutex_lock(&o->lock);
	u32 i = (u32)(uintptr_t)map_get(&o->source_index, source_file);
	if (!i) {
		SourceFile *f = source_get(source_file);
		i = file_index(o, f ? f->name : S("<unknown>")) + 1;
		map_put(o->arena, &o->source_index, source_file, (void *)(uintptr_t)i);
	}
	pthread_mutex_unlock(&o->lock);
	return i - 1;
}

u32 obj_file_pos(ObjPkg *o, Pos pos, u32 *line)
{
	SourceFile *f = source_get(pos_file(pos));
	if (f && !f->ndirectives) {
		*line = pos_line(pos);
		return obj_file(o, f->index);
	}
	Str name = S("<autogenerated>");
	u32 col;
	*line = 1;
	if (f)
		pos_resolve(pos, &name, line, &col);
	if (!name.n)
		name = S("??"); // cmd/internal/objabi, AbsFile
	return obj_file_name(o, name);
}

void obj_import(ObjPkg *o, Str path)
{
	pthread_mutex_lock(&o->lock);
	bool have = false;
	for (u32 i = 0; i < o->imports.n && !have; i++)
		have = str_eq(o->imports.p[i], path);
	if (!have) {
		path = str_dup(o->arena, path);
		vec_push(o->arena, &o->imports, path);
	}
	pthread_mutex_unlock(&o->lock);
}

// ---- filling a symbol ---------------------------------------------------------------------------

void sym_grow(ObjPkg *o, LSym *s, u64 size)
{
	if (size > s->size)
		s->size = size;
	if (size <= s->ndata)
		return;
	if (size > UINT32_MAX / 2)
		bug("symbol %.*s is too large", STR_ARG(s->name));
	if (size > s->cdata) {
		u32 cap = (u32)MAX(size, (u64)s->cdata * 2);
		u8 *p = obj_alloc(o, cap);
		if (s->ndata)
			memcpy(p, s->data, s->ndata);
		s->data = p;
		s->cdata = cap;
	}
	s->ndata = (u32)size;
}

void sym_u8(ObjPkg *o, LSym *s, u64 off, u8 v)
{
	sym_grow(o, s, off + 1);
	s->data[off] = v;
}

void sym_u16(ObjPkg *o, LSym *s, u64 off, u16 v)
{
	sym_grow(o, s, off + 2);
	put_u16(s->data + off, v);
}

void sym_u32(ObjPkg *o, LSym *s, u64 off, u32 v)
{
	sym_grow(o, s, off + 4);
	put_u32(s->data + off, v);
}

void sym_u64(ObjPkg *o, LSym *s, u64 off, u64 v)
{
	sym_grow(o, s, off + 8);
	put_u64(s->data + off, v);
}

void sym_bytes(ObjPkg *o, LSym *s, u64 off, const void *p, size_t n)
{
	sym_grow(o, s, off + n);
	if (n)
		memcpy(s->data + off, p, n);
}

Reloc *sym_reloc(ObjPkg *o, LSym *s)
{
	if (s->nrelocs == s->crelocs) {
		u32 cap = s->crelocs ? s->crelocs * 2 : 4;
		Reloc *p = obj_alloc(o, cap * sizeof *p);
		if (s->nrelocs)
			memcpy(p, s->relocs, s->nrelocs * sizeof *p);
		s->relocs = p;
		s->crelocs = cap;
	}
	return &s->relocs[s->nrelocs++];
}

void sym_addr(ObjPkg *o, LSym *s, u64 off, LSym *target, i64 add)
{
	sym_grow(o, s, off + 8);
	*sym_reloc(o, s) = (Reloc){.off = (u32)off, .size = 8, .type = R_ADDR, .add = add, .sym = target};
}

void sym_off32(ObjPkg *o, LSym *s, u64 off, LSym *target, i64 add, u16 type)
{
	sym_grow(o, s, off + 4);
	*sym_reloc(o, s) = (Reloc){.off = (u32)off, .size = 4, .type = type, .add = add, .sym = target};
}

// ---- symbols named by their content -------------------------------------------------------------

// Two threads may ask for the same one: whoever defines it fills it before publishing a pointer to its bytes
// matters to nobody but the writer, which runs after both.
static LSym *content(ObjPkg *o, Str name, const void *p, size_t n, u32 align, bool dupok)
{
	LSym *s = obj_sym(o, name, ABI0);
	if (obj_define(o, s, SYM_RODATA, OBJ_SEQ_NAME)) {
		s->content_addr = true;
		s->local = true;
		s->dupok = dupok;
		s->align = align;
		sym_bytes(o, s, 0, p, n);
	}
	return s;
}

static void hex(char *out, const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[p[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
	}
}

// gc names short strings go:string."quoted" and longer ones go:string..gostring.LENGTH.HASH
// (cmd/compile/internal/staticdata/data.go). Only the prefix means something to a linker; the hash names all
// of ours, so no quoting is needed.
LSym *obj_string(ObjPkg *o, Str s)
{
	u8 sum[32];
	char h[65] = {0}, name[128];
	sha256(s.p, s.n, sum);
	hex(h, sum, 16);
	int n = snprintf(name, sizeof name, "go:string..gostring.%u.%s", s.n, h);
	return content(o, str_n(name, (size_t)n), s.p, s.n, 1, true);
}

static LSym *gclocals(ObjPkg *o, const void *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	u8 sum[33] = {0};
	char name[64] = "gclocals\xc2\xb7";
	u32 k = 10;
	sha256(p, n, sum);
	sum[0] ^= 0xff; // cmd/internal/hash
	sum[16] = sum[17] = 0;
	for (u32 i = 0; i < 18; i += 3) {
		u32 v = (u32)sum[i] << 16 | (u32)sum[i + 1] << 8 | sum[i + 2];
		for (u32 j = 0; j < 4; j++)
			name[k++] = digits[v >> (18 - 6 * j) & 63];
	}
	name[k - 2] = name[k - 1] = '=';
	return content(o, str_n(name, k), p, n, 4, false);
}

LSym *obj_gclocals(ObjPkg *o, const void *p, size_t n)
{
	NamedMap m = {.n = n};
	if (n > sizeof m.w)
		return gclocals(o, p, n);
	memcpy(m.w, p, n);
	u64 hash = (m.w[0] * 0x9E3779B97F4A7C15u ^ m.w[1]) * 0x9E3779B97F4A7C15u ^ n;
	NamedMap *k = &at_hand(o)->maps[(hash >> 32) % MAPS];
	if (!k->sym || k->n != n || k->w[0] != m.w[0] || k->w[1] != m.w[1]) {
		m.sym = gclocals(o, p, n);
		*k = m;
	}
	return k->sym;
}

LSym *obj_const(ObjPkg *o, const void *p, u32 n, u32 align)
{
	char name[64];
	int k;
	CHECK(n == 4 || n == 8 || n == 16);
	if (n == 4)
		k = snprintf(name, sizeof name, "$f32.%08x", get_u32(p));
	else if (n == 8)
		k = snprintf(name, sizeof name, "$f64.%016llx", (unsigned long long)get_u64(p));
	else
		k = snprintf(name, sizeof name, "$i128.%016llx%016llx", (unsigned long long)get_u64((const u8 *)p + 8),
			     (unsigned long long)get_u64(p));
	if (align > n)
		k += snprintf(name + k, sizeof name - (size_t)k, ".%u", align);
	return content(o, str_n(name, (size_t)k), p, n, align ? align : n, false);
}

// ---- order --------------------------------------------------------------------------------------

// seq, and whether it is other than text: a function's own text comes first, so that text is in source order.
typedef struct Place { u64 key; LSym *sym; } Place;

static int by_output_order(const void *x, const void *y)
{
	const Place *p = x, *q = y;
	if (p->key != q->key)
		return p->key < q->key ? -1 : 1;
	const LSym *a = p->sym, *b = q->sym;
	int c = str_cmp(a->name, b->name);
	if (c)
		return c;
	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

void obj_reorder(ObjPkg *o, const u32 *to, u32 n)
{
	for (u32 i = 0; i < OBJ_SHARDS; i++)
		for (u32 j = 0; j < o->shard[i].nall; j++)
			if (o->shard[i].all[j]->defined && o->shard[i].all[j]->seq < n)
				o->shard[i].all[j]->seq = to[o->shard[i].all[j]->seq];
}

LSym **obj_sorted_defs(ObjPkg *o, u32 *n)
{
	u32 total = 0, k = 0;
	for (u32 i = 0; i < OBJ_SHARDS; i++)
		total += o->shard[i].nall;
	Arena *a = arena_new();
	Place *places = RAWN(a, Place, total);
	for (u32 i = 0; i < OBJ_SHARDS; i++)
		for (u32 j = 0; j < o->shard[i].nall; j++) {
			LSym *s = o->shard[i].all[j];
			if (s->defined)
				places[k++] = (Place){(u64)s->seq << 1 | (s->kind != SYM_TEXT && s->kind != SYM_TEXT_FIPS), s};
		}
	qsort(places, k, sizeof *places, by_output_order);
	LSym **v = RAWN(o->arena, LSym *, k);
	for (u32 i = 0; i < k; i++)
		v[i] = places[i].sym;
	arena_free(a);
	*n = k;
	return v;
}

u8 obj_content_section(const LSym *s)
{
	// The suffixes and prefixes by which gc's contentHashSection (cmd/internal/obj/objfile.go) keeps merged
	// symbols within their section.
	static const char *const suffixes[] = {".opendefer", ".arginfo0", ".arginfo1", ".argliveinfo", ".wrapinfo",
					       ".args_stackmap", ".stkobj"};
	if (s->kind == SYM_TEXT)
		return 't';
	if (s->kind == SYM_TEXT_FIPS)
		return 'f';
	if (str_has_prefix(s->name, "gcargs.") || str_has_prefix(s->name, "gclocals"))
		return 'F';
	for (u32 i = 0; i < LENGTH(suffixes); i++)
		if (str_has_suffix(s->name, suffixes[i]))
			return 'F';
	return str_has_prefix(s->name, "type:") ? 'T' : 0;
}
