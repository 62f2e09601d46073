// write.c: copies every placed symbol into the image and applies its relocations, in parallel. By now each
// symbol has its address, and following relocations changes nothing (mark.c resolved them all).
#include "link/linker.h"

enum { SYMS_A_TASK = 256 };

static Str reloc_name(u16 type)
{
	static const struct { u16 n; const char *name; } names[] = {
#define RELOC(name, num) {num, "R_" #name},
#include "obj/relocs.def"
#undef RELOC
	};
	for (u32 i = 0; i < LENGTH(names); i++)
		if (names[i].n == type)
			return str(names[i].name);
	return S("R_?");
}

static void unresolved(Linker *L, const Sym *s, const Sym *to)
{
	if (str_is(to->name, "main.main")) {
		link_error(L, NULL, "runtime.main_main·f: function main is undeclared in the main package");
		return;
	}
	bool other = sym_is_defined(L, to->name, to->abi ? ABI0 : ABI_INTERNAL);
	static const char *const abi[] = {"ABI0", "ABIInternal"};
	if (other)
		link_error(L, s, "relocation target %.*s not defined for %s (but is defined for %s)", STR_ARG(to->name),
			   abi[to->abi & 1], abi[!(to->abi & 1)]);
	else
		link_error(L, s, "relocation target %.*s not defined", STR_ARG(to->name));
}

static void put_sized(u8 *p, u8 size, u64 v)
{
	switch (size) {
	case 1: *p = (u8)v; break;
	case 2: put_u16(p, (u16)v); break;
	case 4: put_u32(p, (u32)v); break;
	case 8: put_u64(p, v); break;
	}
}

// base: where s begins in memory; size: how many of its bytes are there; addr: its address.
bool reloc_apply(Linker *L, const Sym *s, const Rel *r, u8 *base, u64 size, u64 addr)
{
	if (!r->size)
		return true; // informs the linker only
	Sym *t = r->sym;
	if (r->off > size || r->size > size - r->off) {
		link_error(L, s, "invalid relocation %.*s: %u+%u not in [0,%llu)", STR_ARG(t ? t->name : S("")), r->off, r->size,
			   (unsigned long long)size);
		return false;
	}
	u8 *p = base + r->off;
	u64 v = 0, place = addr + r->off;
	if (t && t->kind == SYM_NONE && !r->weak && r->type != R_METHODOFF) {
		unresolved(L, s, t);
		return false;
	}
	bool live = t && (t->flags & SF_REACHED);
	if (t && !live && !r->weak && r->type != R_METHODOFF && r->type != R_TLS_LE) {
		link_error(L, s, "unreachable sym in relocation: %.*s", STR_ARG(t->name));
		return false;
	}
	switch (r->type) {
	case R_ADDR:
		if (r->weak && !live)
			t = L->unreachable_method;
		v = (t ? t->addr : 0) + (u64)r->add;
		break;
	case R_CALL:
	case R_PCREL:
		if (r->weak && !live)
			t = L->map_init_noop;
		v = (t ? t->addr : 0) + (u64)r->add - (place + r->size);
		break;
	case R_TLS_LE:
		v = (u64)((i64)L->arch->tls_offset + r->add);
		break;
	case R_METHODOFF:
		if (!live) {
			v = (u64)-1; // the runtime takes it for "no such method"
			break;
		}
		// fall through
	case R_ADDROFF:
		if (!live)
			return true;
		v = t->addr - L->sect[t->section].addr + (u64)r->add;
		break;
	case R_SIZE:
		v = (t ? t->size : 0) + (u64)r->add;
		break;
	case R_CONST:
		v = (u64)r->add;
		break;
	default:
		if (L->arch->reloc(L, s, r, p, place, (t ? t->addr : 0) + (u64)r->add))
			return true;
		link_error(L, s, "unknown reloc to %.*s: %u (%.*s)", STR_ARG(t ? t->name : S("")), r->type,
			   STR_ARG(reloc_name(r->type)));
		return false;
	}
	i64 x = (i64)v;
	if (r->size == 4 && x != (i32)x && ((r->type == R_CALL || r->type == R_PCREL) || x != (i64)(u32)x)) {
		link_error(L, s, "relocation %.*s of %.*s is too big: %#llx", STR_ARG(reloc_name(r->type)),
			   STR_ARG(t ? t->name : S("")), (unsigned long long)v);
		return false;
	}
	put_sized(p, r->size, v);
	return true;
}

static void copy_sym(Linker *L, const Sym *s, u8 *p)
{
	if (s->ndata)
		memcpy(p, s->data, s->ndata);
	if (s->rels) {
		for (u32 i = 0; i < s->nrels; i++)
			reloc_apply(L, s, &s->rels[i], p, s->size, s->addr);
		return;
	}
	for (u32 i = 0; i < s->nrels; i++) {
		if (!s->raw[(size_t)i * GOOBJ_RELOC + 4])
			continue;
		Rel r = rel_at(L, s, i);
		// The two kinds that nearly all are, without the checks that have proved needless.
		if (r.sym && (r.sym->flags & SF_REACHED) && r.sym->kind && r.off + r.size <= s->size) {
			if ((r.type == R_CALL || r.type == R_PCREL) && r.size == 4) {
				i64 v = (i64)(r.sym->addr + (u64)r.add - (s->addr + r.off + 4));
				if (v == (i32)v) {
					put_u32(p + r.off, (u32)v);
					continue;
				}
			} else if (r.type == R_ADDR && r.size == 8) {
				put_u64(p + r.off, r.sym->addr + (u64)r.add);
				continue;
			}
		}
		reloc_apply(L, s, &r, p, s->size, s->addr);
	}
}

typedef struct Copy { Linker *L; struct Chunk { Sym **p; u32 n; u8 section; } *chunks; } Copy;

static void copy_chunk(void *ctx, u32 i, u32 worker)
{
	Copy *c = ctx;
	Linker *L = c->L;
	struct Chunk *k = &c->chunks[i];
	SectionInfo *t = &L->sect[k->section];
	u8 *base = L->image + t->off;
	(void)worker;
	for (u32 j = 0; j < k->n; j++) {
		Sym *s = k->p[j];
		u8 *p = base + (s->addr - t->addr);
		copy_sym(L, s, p);
		if (k->section == SECT_TEXT) { // up to the next function
			u64 end = j + 1 < k->n || k->p + k->n < L->text.p + L->text.n ? k->p[j + 1]->addr : t->addr + t->size;
			memset(p + s->size, L->arch->pad, end - sym_end(s));
		}
	}
}

void write_sections(Linker *L)
{
	Copy c = {.L = L};
	u32 n = (L->text.n + SYMS_A_TASK - 1) / SYMS_A_TASK;
	for (u32 g = G_GOSTRING; g < G_BSS; g++)
		n += (L->group[g].n + SYMS_A_TASK - 1) / SYMS_A_TASK;
	c.chunks = NEWN(L->arena, struct Chunk, n + 1);
	n = 0;
	for (u32 i = 0; i < L->text.n; i += SYMS_A_TASK)
		c.chunks[n++] = (struct Chunk){L->text.p + i, MIN(SYMS_A_TASK, L->text.n - i), SECT_TEXT};
	for (u32 g = G_GOSTRING; g < G_BSS; g++) {
		if (g == G_FUNCDATA)
			continue;
		SymList *v = &L->group[g];
		for (u32 i = 0; i < v->n; i += SYMS_A_TASK)
			c.chunks[n++] = (struct Chunk){v->p + i, MIN(SYMS_A_TASK, v->n - i), v->p[i]->section};
	}
	pool_for(L->pool, n, copy_chunk, &c);
}
