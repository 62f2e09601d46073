// load.c: finds the packages that the program imports, opens their objects in place, numbers every symbol and
// builds the one table from (name, ABI) to definition. References are resolved when a pass first follows them:
// sym_resolve makes a Sym for what was meant. Rules for duplicates: cmd/link/internal/loader/loader.go.
#include "link/linker.h"

#include <stdlib.h>
#include <sys/mman.h>

static const struct Blocked { const char *sym, *pkgs; } blocked[] = {
#define BLOCKED(sym, pkgs) {sym, pkgs},
#include "link/blocked.def"
#undef BLOCKED
};

void link_error(Linker *L, const Sym *at, const char *fmt, ...)
{
	Buf b = {0};
	if (at && at->name.n)
		buf_printf(&b, "%.*s: ", STR_ARG(at->name));
	va_list ap;
	va_start(ap, fmt);
	char small[2048];
	vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	buf_c(&b, small);
	buf_u8(&b, 0);
	diag(L->diags, 0, "%s", (char *)b.p);
	buf_free(&b);
}

// ---- packages -----------------------------------------------------------------------------------

// Directives that ask for C code or for shared libraries. Others (cgo_export_static) mean nothing without C.
static bool has_cgo(Str text)
{
	int i = str_find(text, "\n$$  // cgo\n");
	if (i < 0)
		return false;
	Str rest = str_from(text, (u32)i);
	return str_find(rest, "[\"cgo_import_") >= 0 || str_find(rest, "[\"cgo_ldflag") >= 0 ||
	       str_find(rest, "[\"cgo_dynamic_linker") >= 0;
}

static u32 name_hash(Str name, u16 abi) { return hash_str(name) ^ (u32)abi * 0x9e3779b9u; }

typedef struct Opener { Linker *L; Pkg **frontier; Arena **arenas; } Opener;

static bool add_object(Linker *L, Arena *a, Pkg *p, Str member, Str bytes, u32 cap)
{
	int nl = str_index(bytes, '\n');
	if (nl < 0 || !str_has_prefix(bytes, "go object ")) {
		p->error = str_fmt(a, "%.*s(%.*s): not a Go object file", STR_ARG(p->file), STR_ARG(member));
		return false;
	}
	if (!L->cfg->ignore_version) {
		Buf want = {0};
		obj_header(&want, L->cfg->goos, L->cfg->goarch);
		Str w = buf_view(&want), have = str_sub(bytes, 0, (u32)nl + 1);
		bool same = str_eq(w, have);
		if (!same)
			p->error = str_fmt(a, "%.*s(%.*s): linked object header mismatch:\nhave \"%.*s\"\nwant \"%.*s\"", STR_ARG(p->file),
					   STR_ARG(member), STR_ARG(str_trim(have)), STR_ARG(str_trim(w)));
		buf_free(&want);
		if (!same)
			return false;
	}
	u32 at = 0;
	for (u32 i = (u32)nl; i + 3 <= bytes.n; i++) { // the object follows "\n!\n"
		const char *q = memchr(bytes.p + i, '\n', bytes.n - i);
		if (!q || (size_t)(bytes.p + bytes.n - q) < 3)
			break;
		i = (u32)(q - bytes.p);
		if (q[1] == '!' && q[2] == '\n') {
			at = i + 3;
			break;
		}
	}
	if (!at) {
		p->error = str_fmt(a, "truncated object file: %.*s(%.*s)", STR_ARG(p->file), STR_ARG(member));
		return false;
	}
	Str head = str_sub(bytes, 0, at);
	if (str_find(head, "\nmain\n") >= 0)
		p->is_main_pkg = true;
	if (has_cgo(head))
		p->cgo = true;
	Obj *o = NEW(a, Obj);
	const char *why;
	if (!goobj_open(&o->g, str_from(bytes, at), &why)) {
		p->error = str_fmt(a, "%.*s(%.*s): %s", STR_ARG(p->file), STR_ARG(member), why);
		return false;
	}
	if (o->g.flags & OBJ_UNLINKABLE) {
		p->error = str_fmt(a, "unlinkable object (from package %.*s) - compiler requires -p flag", STR_ARG(p->path));
		return false;
	}
	o->pkg = p;
	o->file = p->file;
	o->nfile = goobj_nfile(&o->g);
	// Hashes of all names that can be found by name.
	o->hash = NEWN(a, u32, o->g.ndef + o->g.nnonpkgdef + 1);
	u32 hidden = o->g.nhashed64 + o->g.nhashed;
	for (u32 i = 0; i < o->g.ndef + o->g.nnonpkgdef; i++) {
		const u8 *s = goobj_sym(&o->g, i < o->g.ndef ? i : i + hidden);
		Str name = goobj_str_at(&o->g, s);
		if (name.n && goobj_abi(s) <= ABI_INTERNAL) {
			o->hash[i] = name_hash(name, goobj_abi(s)) | 1;
			o->nnamed++;
		}
	}
	p->objs[p->nobjs++] = o;
	(void)cap;
	return true;
}

static void open_package(void *ctx, u32 i, u32 worker)
{
	Opener *op = ctx;
	Linker *L = op->L;
	Pkg *p = op->frontier[i];
	Arena *a = op->arenas[worker];
	if (!p->bytes.p) {
		Err e = file_map(a, p->file, &p->bytes);
		if (failed(e)) {
			p->error = str_fmt(a, "cannot open file %.*s: %.*s", STR_ARG(p->file), STR_ARG(e.msg));
			return;
		}
		p->mapped = true;
	}
	ArMember *m;
	u32 n;
	const char *why;
	if (str_has_prefix(p->bytes, "go object ")) {
		p->objs = NEWN(a, Obj *, 1);
		add_object(L, a, p, path_base(p->file), p->bytes, 1);
		return;
	}
	if (!ar_read(a, p->bytes, &m, &n, &why)) {
		p->error = str_fmt(a, "%.*s: %s", STR_ARG(p->file), why);
		return;
	}
	p->objs = NEWN(a, Obj *, n + 1);
	for (u32 j = 0; j < n; j++) {
		if (str_is(m[j].name, "__.PKGDEF")) {
			if (str_find(str_sub(m[j].data, 0, MIN(m[j].data.n, 4096u)), "\nmain\n") >= 0)
				p->is_main_pkg = true;
			continue;
		}
		if (str_is(m[j].name, "preferlinkext") || str_is(m[j].name, "dynimportfail"))
			continue;
		if (m[j].data.n >= 4 && !memcmp(m[j].data.p, "\177ELF", 4)) {
			p->cgo = true;
			continue;
		}
		if (!add_object(L, a, p, m[j].name, m[j].data, n))
			return;
	}
}

static void postorder(Linker *L, Pkg *p, u32 *n)
{
	if (p->visit)
		return;
	p->visit = 1;
	for (u32 i = 0; i < p->nimports; i++)
		postorder(L, p->imports[i], n);
	L->pkgs[(*n)++] = p;
}

bool load_packages(Linker *L, const LinkInput *in, u32 n)
{
	Arena *a = L->arena;
	u32 nworkers = pool_size(L->pool);
	VEC(Pkg *) frontier = {0}, all = {0};
	for (u32 i = 0; i < n; i++) {
		if (strmap_get(&L->pkg_by_path, in[i].path))
			continue;
		Pkg *p = NEW(a, Pkg);
		*p = (Pkg){.path = in[i].path, .file = in[i].file.n ? in[i].file : in[i].path, .bytes = in[i].bytes};
		strmap_put(a, &L->pkg_by_path, p->path, p);
	}
	static const char *const roots[] = {"main", "runtime"};
	for (u32 i = 0; i < LENGTH(roots); i++) {
		Pkg *p = strmap_get(&L->pkg_by_path, str(roots[i]));
		if (!p && i)
			continue; // said when there is nothing worse
		if (!p) {
			link_error(L, NULL, "cannot find package %s", roots[i]);
			return false;
		}
		p->needed = true;
		vec_push(a, &frontier, p);
	}
	L->main = frontier.p[0];
	L->arenas = NEWN(a, Arena *, nworkers);
	L->narenas = nworkers;
	for (u32 i = 0; i < nworkers; i++)
		L->arenas[i] = i ? arena_new() : a;
	Opener op = {.L = L, .arenas = L->arenas};
	bool ok = true;
	while (frontier.n && ok) {
		op.frontier = frontier.p;
		u32 done = frontier.n;
		pool_for(L->pool, done, open_package, &op);
		if (!L->main->is_main_pkg && !L->main->error.p) {
			link_error(L, NULL, STR_FMT ": not package main", STR_ARG(L->main->file));
			return false;
		}
		VEC(Pkg *) next = {0};
		for (u32 i = 0; i < done; i++) {
			Pkg *p = frontier.p[i];
			if (p->error.p) {
				link_error(L, NULL, "%.*s", STR_ARG(p->error));
				ok = false;
				continue;
			}
			if (p->cgo) {
				link_error(L, NULL, "%.*s: package %.*s needs cgo: linking C objects is not supported", STR_ARG(p->file),
					   STR_ARG(p->path));
				ok = false;
			}
			p->loaded = true;
			p->prefix = obj_path_prefix(a, p->path);
			vec_push(a, &all, p);
			u32 total = 0;
			for (u32 j = 0; j < p->nobjs; j++)
				total += goobj_nautolib(&p->objs[j]->g);
			p->imports = NEWN(a, Pkg *, total + 1);
			for (u32 j = 0; j < p->nobjs; j++)
				for (u32 k = 0; k < goobj_nautolib(&p->objs[j]->g); k++) {
					Str path = goobj_autolib(&p->objs[j]->g, k, NULL);
					if (str_is(path, "unsafe"))
						continue;
					Pkg *q = strmap_get(&L->pkg_by_path, path);
					if (!q) {
						link_error(L, NULL, "%.*s: cannot find package %.*s (using -importcfg)", STR_ARG(p->file),
							   STR_ARG(path));
						ok = false;
						continue;
					}
					p->imports[p->nimports++] = q;
					if (!q->needed) {
						q->needed = true;
						vec_push(a, &next, q);
					}
				}
		}
		memcpy(&frontier, &next, sizeof next);
	}
	if (ok && !strmap_get(&L->pkg_by_path, str(roots[1]))) {
		link_error(L, NULL, "cannot find package %s", roots[1]);
		ok = false;
	}
	if (!ok)
		return false;
	L->pkgs = NEWN(a, Pkg *, all.n);
	u32 k = 0;
	postorder(L, strmap_get(&L->pkg_by_path, S("runtime")), &k);
	postorder(L, L->main, &k);
	L->npkgs = k;
	for (u32 i = 0; i < k; i++)
		L->nobjs += L->pkgs[i]->nobjs;
	L->objs = NEWN(a, Obj *, L->nobjs + 1);
	u32 m = 0;
	for (u32 i = 0; i < k; i++)
		for (u32 j = 0; j < L->pkgs[i]->nobjs; j++) {
			L->pkgs[i]->objs[j]->index = m;
			L->objs[m++] = L->pkgs[i]->objs[j];
		}
	return true;
}

// ---- numbers and names --------------------------------------------------------------------------

// One region for all tables: large pages make a few page faults of what would be a thousand.
static void *table(Linker *L, size_t n)
{
	n = ALIGN_UP(n, (size_t)64);
	if (n > L->tables_size - L->tables_used)
		bug("linker tables are too small");
	void *p = L->tables + L->tables_used;
	L->tables_used += n;
	return p;
}

u8 *link_map_memory(size_t *n)
{
	enum { HUGE_PAGE = 2 << 20 };
	*n = ALIGN_UP(*n, (size_t)HUGE_PAGE);
	u8 *p = mmap(NULL, *n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		base_die("out of memory");
	u8 *q = (u8 *)ALIGN_UP((uintptr_t)p, (uintptr_t)HUGE_PAGE);
	if (q > p)
		munmap(p, (size_t)(q - p));
	if (q < p + HUGE_PAGE)
		munmap(q + *n, (size_t)(p + HUGE_PAGE - q));
	madvise(q, *n, MADV_HUGEPAGE);
	return q;
}

static u32 round_up_pow2(u32 n)
{
	u32 k = 64;
	while (k < n)
		k *= 2;
	return k;
}

Obj *obj_of(Linker *L, u32 id)
{
	u32 lo = 0, hi = L->nobjs;
	while (hi - lo > 1) {
		u32 m = (lo + hi) / 2;
		if (L->objs[m]->base <= id)
			lo = m;
		else
			hi = m;
	}
	return L->objs[lo];
}

static bool slot_is(Linker *L, u32 id, Str name, u16 abi)
{
	if (id >= L->nids) {
		Sym *s = L->extra[id - L->nids];
		return s->abi == abi && str_eq(s->name, name);
	}
	Obj *o = obj_of(L, id);
	const u8 *s = goobj_sym(&o->g, id - o->base);
	return goobj_abi(s) == abi && str_eq(goobj_str_at(&o->g, s), name);
}

// The table is cut into shards by hash, so that each can be filled by a thread of its own.
static NameSlot *shard_of(Linker *L, u32 hash)
{
	return L->names + ((size_t)(hash >> 1 & (L->names_shards - 1))) * ((size_t)L->names_mask + 1);
}

static NameSlot *name_slot(Linker *L, u32 hash, Str name, u16 abi)
{
	NameSlot *t = shard_of(L, hash);
	u32 j = hash >> 4 & L->names_mask;
	while (t[j].id) {
		if (t[j].hash == hash && slot_is(L, t[j].id, name, abi))
			break;
		j = (j + 1) & L->names_mask;
	}
	return &t[j];
}

static bool kind_is_text(u8 k) { return k == SYM_TEXT || k == SYM_TEXT_FIPS; }
static bool kind_is_data(u8 k) { return k >= SYM_NOPTRDATA && k <= SYM_NOPTRBSS; }
bool sym_is_text(const Sym *s) { return kind_is_text(s->kind); }

// A second definition of a name: which stays? True if the new one. Table in loader.go (addSym).
static bool new_wins(Linker *L, Str name, Obj *o, u32 li, Obj *oo, u32 oli)
{
	const u8 *n = goobj_sym(&o->g, li), *old = goobj_sym(&oo->g, oli);
	u32 size = goobj_size(n), old_size = goobj_size(old);
	bool dup = goobj_flag(n) & OSYM_DUPOK, old_dup = goobj_flag(old) & OSYM_DUPOK;
	if (dup) {
		if (old_dup && L->cfg->strict_dups) {
			Str a = goobj_data(&o->g, li), b = goobj_data(&oo->g, oli);
			if (!str_eq(a, b) && !str_has_prefix(name, "go:info.") && !str_has_prefix(name, "go:debuglines")) {
				fprintf(stderr, "link: while reading object for '%.*s': duplicate symbol '%.*s', previous def at '%.*s', "
					"with mismatched payload: %s\n", STR_ARG(o->pkg->path), STR_ARG(name), STR_ARG(oo->pkg->path),
					a.n != b.n ? "different lengths" : "same length but different contents");
				if (L->cfg->strict_dups > 1)
					link_error(L, NULL, "duplicate symbol %.*s with mismatched payload", STR_ARG(name));
			}
		}
		return old_dup && old_size < size;
	}
	if (old_dup)
		return true;
	bool has = goobj_data(&o->g, li).n != 0, old_has = goobj_data(&oo->g, oli).n != 0;
	bool bss = kind_is_data(goobj_kind(n)) && !has, old_bss = kind_is_data(goobj_kind(old)) && !old_has;
	if ((kind_is_text(goobj_kind(n)) && old_bss) || (has && old_bss) || (bss && old_bss && size > old_size))
		return true;
	if (!bss)
		link_error(L, NULL, "link: duplicated definition of symbol %.*s, from %.*s (size %u) and %.*s (size %u)", STR_ARG(name),
			   STR_ARG(o->pkg->path), size, STR_ARG(oo->pkg->path), old_size);
	return false;
}

static void add_names(Linker *L, u32 shard, Obj *o, u32 from, u32 to, const u32 *hash)
{
	u32 mask = L->names_mask, shards = L->names_shards - 1;
	NameSlot *t = L->names + (size_t)shard * ((size_t)mask + 1);
	for (u32 i = from; i < to; i++) {
		u32 h = hash[i - from];
		if (i + 16 < to)
			__builtin_prefetch(&t[hash[i + 16 - from] >> 4 & mask], 1);
		if (!h || (h >> 1 & shards) != shard)
			continue;
		u32 j = h >> 4 & mask;
		while (t[j].id) {
			if (t[j].hash == h) {
				const u8 *s = goobj_sym(&o->g, i);
				Str name = goobj_str_at(&o->g, s);
				if (slot_is(L, t[j].id, name, goobj_abi(s))) {
					u32 old = t[j].id, at = (u32)(t + j - L->names);
					Obj *oo = obj_of(L, old);
					if (new_wins(L, name, o, i, oo, old - oo->base)) {
						L->of[old] = OF_ALIAS | at;
						t[j].id = o->base + i;
					} else {
						L->of[o->base + i] = OF_ALIAS | at;
					}
					goto next;
				}
			}
			j = (j + 1) & mask;
		}
		t[j] = (NameSlot){h, o->base + i};
next:;
	}
}

// Package symbols of all objects come first: a definition found by name may replace one of them.
static void add_shard(void *ctx, u32 shard, u32 worker)
{
	Linker *L = ctx;
	(void)worker;
	for (u32 i = 0; i < L->nobjs; i++)
		add_names(L, shard, L->objs[i], 0, L->objs[i]->g.ndef, L->objs[i]->hash);
	for (u32 i = 0; i < L->nobjs; i++) {
		Obj *o = L->objs[i];
		add_names(L, shard, o, o->g.ndef + o->g.nhashed64 + o->g.nhashed, o->g.nall, o->hash + o->g.ndef);
	}
}

bool load_symbols(Linker *L)
{
	u64 ids = 1, named = 0, refs = 0; // number 0 means none
	L->names_shards = 1;
	for (u32 i = 0; i < L->nobjs; i++) {
		Obj *o = L->objs[i];
		o->base = (u32)ids;
		ids += (u64)o->g.nall + o->g.nref;
		// References to what nothing defines get names too; most are to debugging entries.
		refs += o->g.nref;
		named += o->nnamed + (L->cfg->strip_dwarf ? o->g.nref / 8 : o->g.nref);
	}
	if (ids > 1u << 29) {
		link_error(L, NULL, "too many symbols");
		return false;
	}
	L->nids = (u32)ids;
	while (L->names_shards * 2 <= MIN(pool_size(L->pool), 8u))
		L->names_shards *= 2;
	u32 cap = round_up_pow2((u32)(named + named / 4 + 4096) / L->names_shards);
	L->names_mask = cap - 1;
	L->names_room = (u32)(named / 4 + 2048);
	u32 nchunks = (u32)((ids + refs) / SYM_CHUNK + 64);
	L->tables_size = (size_t)cap * L->names_shards * sizeof *L->names + (size_t)ids * sizeof *L->of +
			 nchunks * sizeof *L->chunks + 4096;
	L->tables = link_map_memory(&L->tables_size);
	L->names = table(L, (size_t)cap * L->names_shards * sizeof *L->names);
	L->of = table(L, (size_t)ids * sizeof *L->of);
	L->chunks = table(L, nchunks * sizeof *L->chunks);
	L->nsyms = 1; // index 0 means none
	L->builtin = NEWN(L->arena, Sym *, goobj_nbuiltins);
	pool_for(L->pool, L->names_shards, add_shard, L);
	// Package indices. The first object of a package is the compiler's; only it is referred to by index.
	StrMap by_prefix = {0};
	for (u32 i = 0; i < L->npkgs; i++)
		if (L->pkgs[i]->nobjs)
			strmap_put(L->arena, &by_prefix, L->pkgs[i]->prefix, L->pkgs[i]->objs[0]);
	for (u32 i = 0; i < L->nobjs; i++) {
		Obj *o = L->objs[i];
		u32 n = goobj_npkg(&o->g);
		o->pkgs = NEWN(L->arena, Obj *, n + 1);
		for (u32 j = 1; j < n; j++) {
			o->pkgs[j] = strmap_get(&by_prefix, goobj_pkg(&o->g, j));
			if (!o->pkgs[j])
				link_error(L, NULL, "%.*s: reference to nonexistent package %.*s", STR_ARG(o->pkg->path),
					   STR_ARG(goobj_pkg(&o->g, j)));
		}
		o->file_off = NEWN(L->arena, u32, o->nfile + 1);
	}
	return diags_count(L->diags) == 0;
}

// ---- symbols ------------------------------------------------------------------------------------

static Sym *new_sym(Linker *L, u32 *index)
{
	u32 i = L->nsyms++, c = i / SYM_CHUNK;
	if (!L->chunks[c])
		L->chunks[c] = NEWN(L->arena, Sym, SYM_CHUNK);
	*index = i;
	return &L->chunks[c][i % SYM_CHUNK];
}

// Takes the definition at local index li as the content of s.
static void take_content(Linker *L, Sym *s, Obj *o, u32 li)
{
	const u8 *p = goobj_sym(&o->g, li);
	Str d = goobj_data(&o->g, li);
	s->obj = o;
	s->li = li;
	s->data = (const u8 *)d.p;
	s->ndata = d.n;
	s->raw = goobj_relocs(&o->g, li, &s->nrels);
	s->size = goobj_size(p);
	s->kind = goobj_kind(p) <= SYM_SEHUNWINDINFO ? goobj_kind(p) : SYM_NONE;
	s->oflag = goobj_flag(p);
	s->oflag2 = goobj_flag2(p);
	if (s->kind >= SYM_DWARFCUINFO && s->kind <= SYM_DWARFADDR)
		s->size = s->ndata; // some of these are written without a size
	if (s->ndata > s->size) {
		link_error(L, s, "initialize bounds (%llu < %u)", (unsigned long long)s->size, s->ndata);
		s->ndata = (u32)s->size;
	}
}

void sym_take(Linker *L, Sym *s, u32 id)
{
	Obj *o = obj_of(L, id);
	s->id = id;
	s->name = goobj_str_at(&o->g, goobj_sym(&o->g, id - o->base)); // equal contents may have different ones
	take_content(L, s, o, id - o->base);
	L->of[id] = s->index;
}

static void merge_flags(Linker *L, Sym *s, const u8 *p)
{
	u32 align = goobj_align(p);
	if (align > s->align)
		s->align = align <= 1u << 16 && !(align & (align - 1)) ? align : 1;
	if (goobj_flag(p) & OSYM_LOCAL)
		s->flags |= SF_LOCAL;
	if (goobj_flag2(p) & OSYM_USED_IN_IFACE)
		s->flags |= SF_USED_IN_IFACE; // the marking pass looks again at what it has passed, see mark.c
}

static Sym *define(Linker *L, Obj *o, u32 li)
{
	u32 id = o->base + li, index;
	Sym *s = sym_known(L, id);
	if (s)
		return s;
	s = new_sym(L, &index);
	const u8 *p = goobj_sym(&o->g, li);
	s->id = id;
	s->name = goobj_str_at(&o->g, p);
	s->abi = goobj_abi(p);
	take_content(L, s, o, li);
	merge_flags(L, s, p);
	L->of[id] = s->index = index;
	return s;
}

static u32 add_extra(Linker *L, Sym *s)
{
	if (L->nextra == L->cextra) {
		u32 cap = L->cextra ? L->cextra * 2 : 256;
		L->extra = arena_grow(L->arena, L->extra, L->cextra * sizeof(Sym *), cap * sizeof(Sym *));
		L->cextra = cap;
	}
	L->extra[L->nextra] = s;
	return s->id = L->nids + L->nextra++;
}

static Sym *sym_of_id(Linker *L, u32 id)
{
	if (id >= L->nids)
		return L->extra[id - L->nids];
	Obj *o = obj_of(L, id);
	return define(L, o, id - o->base);
}

Sym *sym_lookup(Linker *L, Str name, u16 abi)
{
	NameSlot *slot = name_slot(L, name_hash(name, abi) | 1, name, abi);
	return slot->id ? sym_of_id(L, slot->id) : NULL;
}

bool sym_is_defined(Linker *L, Str name, u16 abi)
{
	u32 id = name_slot(L, name_hash(name, abi) | 1, name, abi)->id;
	return id && id < L->nids;
}

Sym *sym_make(Linker *L, Str name, u16 abi)
{
	u32 h = name_hash(name, abi) | 1;
	NameSlot *slot = name_slot(L, h, name, abi);
	if (slot->id)
		return sym_of_id(L, slot->id);
	u32 index;
	Sym *s = new_sym(L, &index);
	s->name = name;
	s->abi = abi;
	s->index = index;
	u32 id = add_extra(L, s);
	if (L->names_room) {
		L->names_room--;
		*slot = (NameSlot){h, id};
	}
	return s;
}

typedef struct Content { u64 a, b; bool wide; } Content;

static Content content_of(const Obj *o, u32 li)
{
	u32 k = li - o->g.ndef;
	if (k < o->g.nhashed64)
		return (Content){get_u64(o->g.p + o->g.blk[BLK_HASH64] + (size_t)k * 8), 0, false};
	const u8 *h = o->g.p + o->g.blk[BLK_HASH] + (size_t)(k - o->g.nhashed64) * 16;
	return (Content){get_u64(h), get_u64(h + 8), true};
}

static u32 content_slot(const Linker *L, Content c)
{
	return (u32)((c.a ^ c.b) * 0x9e3779b97f4a7c15ull >> 32) & L->hashes_mask;
}

static void hashes_grow(Linker *L)
{
	u32 old = L->hashes ? L->hashes_mask + 1 : 0, cap = old ? old * 2 : 4096;
	Sym **was = L->hashes;
	L->hashes = NEWN(L->arena, Sym *, cap);
	L->hashes_mask = cap - 1;
	for (u32 i = 0; i < old; i++) {
		if (!was[i])
			continue;
		u32 j = content_slot(L, content_of(was[i]->obj, was[i]->li));
		while (L->hashes[j])
			j = (j + 1) & L->hashes_mask;
		L->hashes[j] = was[i];
	}
}

static Sym *hashed(Linker *L, Obj *o, u32 li)
{
	if (L->hashes_n * 2 >= L->hashes_mask)
		hashes_grow(L);
	Content c = content_of(o, li);
	u32 j = content_slot(L, c);
	Sym *s;
	for (; (s = L->hashes[j]); j = (j + 1) & L->hashes_mask) {
		Content x = content_of(s->obj, s->li);
		if (x.a != c.a || x.b != c.b || x.wide != c.wide)
			continue;
		// Equal but for trailing zeros; the larger size stands (loader.go, addSym).
		Str d = goobj_data(&o->g, li);
		if (memcmp(d.p, s->data, MIN(d.n, s->ndata)))
			continue; // a collision of hashes, not of contents
		if (goobj_size(goobj_sym(&o->g, li)) > s->size)
			take_content(L, s, o, li);
		return s;
	}
	s = define(L, o, li);
	s->flags |= SF_HASHED;
	L->hashes[j] = s;
	L->hashes_n++;
	return s;
}

Sym *sym_local(Linker *L, Obj *o, u32 li)
{
	u32 id = o->base + li, x = L->of[id];
	if (x && (x & OF_TAG) == OF_SYM) {
		x &= ~(u32)OF_DONE;
		return &L->chunks[x / SYM_CHUNK][x % SYM_CHUNK];
	}
	const u8 *p = goobj_sym(&o->g, li);
	Sym *s;
	if ((x & OF_TAG) == OF_PCTAB)
		return NULL; // only a damaged object uses a pc-value table as a symbol
	if ((x & OF_TAG) == OF_ALIAS) {
		s = sym_of_id(L, L->names[x & ~OF_TAG].id);
		// A variable declared twice, once without contents: the larger size stands.
		if (!(goobj_flag(p) & OSYM_DUPOK) && kind_is_data(s->kind) && goobj_size(p) > s->size)
			s->size = goobj_size(p);
	} else if (li >= o->g.ndef && li < o->g.ndef + o->g.nhashed64 + o->g.nhashed) {
		s = hashed(L, o, li);
	} else if (li < o->g.nall) {
		return define(L, o, li);
	} else {
		s = sym_make(L, goobj_str_at(&o->g, p), goobj_abi(p) == ABI_INTERNAL ? ABI_INTERNAL : ABI0);
	}
	merge_flags(L, s, p);
	L->of[id] = s->index;
	return s;
}

Sym *sym_resolve(Linker *L, Obj *o, SymRef r)
{
	if (!r.pkg || !o)
		return NULL;
	u32 li = goobj_local(&o->g, r);
	if (li != UINT32_MAX)
		return sym_local(L, o, li);
	if (r.pkg == PKG_BUILTIN) {
		if (r.idx >= goobj_nbuiltins)
			return NULL;
		if (!L->builtin[r.idx])
			L->builtin[r.idx] = sym_make(L, str(goobj_builtins[r.idx].name), goobj_builtins[r.idx].abi);
		return L->builtin[r.idx];
	}
	if (r.pkg >= goobj_npkg(&o->g) || !o->pkgs[r.pkg] || r.idx >= o->pkgs[r.pkg]->g.ndef)
		return NULL;
	return sym_local(L, o->pkgs[r.pkg], r.idx);
}

// ---- the linker's own symbols -------------------------------------------------------------------

Sym *sym_own(Linker *L, const char *name, SymKind kind)
{
	Sym *s = sym_make(L, str_dup(L->arena, str(name)), ABI0);
	s->flags |= SF_OWNED;
	s->kind = (u8)kind;
	s->data = NULL;
	s->raw = NULL;
	s->rels = NULL;
	s->ndata = s->nrels = 0;
	s->size = 0;
	return s;
}

void sym_set_data(Linker *L, Sym *s, const void *p, u32 n)
{
	u8 *d = arena_alloc(L->arena, n ? n : 1);
	if (n)
		memcpy(d, p, n);
	s->data = d;
	s->ndata = n;
	s->size = n;
}

static u8 *own_grow(Linker *L, Sym *s, u32 n)
{
	s->data = arena_grow(L->arena, (void *)s->data, s->ndata, s->ndata + n);
	u8 *p = (u8 *)s->data + s->ndata;
	s->ndata += n;
	s->size = s->ndata;
	memset(p, 0, n);
	return p;
}

void sym_add_u64(Linker *L, Sym *s, u64 v) { put_u64(own_grow(L, s, 8), v); }

void sym_add_addr(Linker *L, Sym *s, Sym *target, i64 add)
{
	s->rels = arena_grow(L->arena, s->rels, s->nrels * sizeof(Rel), (s->nrels + 1) * sizeof(Rel));
	s->rels[s->nrels++] = (Rel){.off = s->ndata, .size = 8, .type = R_ADDR, .add = add, .sym = target};
	own_grow(L, s, 8);
}

// ---- linkname rules -----------------------------------------------------------------------------

static bool may_pull(const char *pkgs, Str pkg)
{
	// crypto/internal/fips140/vX.Y.Z/... is a frozen copy of crypto/internal/fips140/...
	char path[256];
	if (str_has_prefix(pkg, "crypto/internal/fips140/v") && pkg.n < sizeof path) {
		Str rest = str_from(pkg, 24);
		int slash = str_index(rest, '/');
		int n = snprintf(path, sizeof path, "crypto/internal/fips140%.*s", slash < 0 ? 0 : (int)rest.n - slash,
				 slash < 0 ? "" : rest.p + slash);
		pkg = str_n(path, (size_t)n);
	}
	while (*pkgs) {
		size_t n = strcspn(pkgs, " ");
		if (str_eq(str_n(pkgs, n), pkg))
			return true;
		pkgs += n + (pkgs[n] == ' ');
	}
	return false;
}

static void check_linkname(Linker *L, const StrMap *rules, Obj *from, Str name, u16 abi)
{
	Str pkg = from->pkg->path;
	const struct Blocked *rule = strmap_get(rules, name);
	if (rule) {
		if (!may_pull(rule->pkgs, pkg))
			link_error(L, NULL, "link: %.*s: invalid reference to %.*s", STR_ARG(pkg), STR_ARG(name));
		return;
	}
	NameSlot *slot = name_slot(L, name_hash(name, abi) | 1, name, abi);
	if (!slot->id || slot->id >= L->nids)
		return; // nothing of Go defines it
	Obj *o = obj_of(L, slot->id);
	const u8 *def = goobj_sym(&o->g, slot->id - o->base);
	if (!(o->g.flags & OBJ_STD) || o->pkg == from->pkg)
		return;
	u8 f = goobj_flag2(def);
	if ((o->g.flags & OBJ_FROM_ASM) && !(f & (OSYM_LINKNAME | OSYM_LINKNAME_STD))) {
		if (str_index(name, '.') < 0 || (name.n >= pkg.n && !memcmp(name.p, pkg.p, pkg.n)))
			return;
		slot = name_slot(L, name_hash(name, 1 - abi) | 1, name, 1 - abi);
		if (slot->id && slot->id < L->nids) {
			o = obj_of(L, slot->id);
			f = goobj_flag2(goobj_sym(&o->g, slot->id - o->base));
		}
	}
	if ((f & OSYM_LINKNAME) || ((f & OSYM_LINKNAME_STD) && (from->g.flags & OBJ_STD)))
		return;
	link_error(L, NULL, "link: %.*s: invalid reference to %.*s", STR_ARG(pkg), STR_ARG(name));
}

void load_check_linknames(Linker *L)
{
	if (L->cfg->no_check_linkname)
		return;
	StrMap rules = {0};
	for (u32 i = 0; i < LENGTH(blocked); i++)
		strmap_put(L->arena, &rules, str(blocked[i].sym), (void *)&blocked[i]);
	for (u32 i = 0; i < L->nobjs; i++) {
		Obj *o = L->objs[i];
		bool assembly = o->g.flags & OBJ_FROM_ASM;
		for (u32 j = 0; j < o->g.nref; j++) {
			const u8 *s = goobj_sym(&o->g, o->g.nall + j);
			if (assembly || (goobj_flag2(s) & (OSYM_LINKNAME | OSYM_LINKNAME_STD)))
				check_linkname(L, &rules, o, goobj_str_at(&o->g, s), goobj_abi(s) == ABI_INTERNAL ? ABI_INTERNAL : ABI0);
		}
		// var x T with a linkname and no contents is a reference too, unless it is C's (no dot).
		for (u32 j = o->g.nall - o->g.nnonpkgdef; j < o->g.nall; j++) {
			const u8 *s = goobj_sym(&o->g, j);
			if (!(goobj_flag2(s) & (OSYM_LINKNAME | OSYM_LINKNAME_STD)) || goobj_data(&o->g, j).n)
				continue;
			Str name = goobj_str_at(&o->g, s);
			if (str_index(name, '.') >= 0 && goobj_abi(s) <= ABI_INTERNAL)
				check_linkname(L, &rules, o, name, goobj_abi(s));
		}
	}
}
