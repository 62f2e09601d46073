// stack.c: chains of nosplit functions run without a stack check; the deepest must fit into the space that the
// runtime keeps below the guard (cmd/link/internal/ld/stackcheck.go, internal/abi/stack.go).
#include "link/linker.h"

enum { NOSPLIT_BASE = 800, CYCLE = 32767, UNKNOWN = -1 };

typedef struct Edge { u32 growth; Sym *to; } Edge; // to NULL: no call, only the frame
typedef struct Check { Linker *L; Map height; int limit; u32 depth; VEC(Edge) chain; VEC(Sym *) failed; } Check;

static Str pcsp_of(const Sym *s)
{
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	for (u32 i = 0; i < n; i++, aux += GOOBJ_AUX)
		if (aux[0] == AUX_PCSP) {
			u32 li = goobj_local(&s->obj->g, goobj_ref(aux + 1));
			return li < s->obj->g.nall ? goobj_data(&s->obj->g, li) : S("");
		}
	return S("");
}

static bool has_func_info(const Sym *s)
{
	if (!s->obj || !sym_is_text(s))
		return false;
	u32 n;
	const u8 *aux = goobj_auxs(&s->obj->g, s->li, &n);
	for (u32 i = 0; i < n; i++)
		if (aux[i * GOOBJ_AUX] == AUX_FUNCINFO)
			return true;
	return false;
}

static int check(Check *c, Sym *s);

// The stack that s may use below its entry. With a list, the edges are recorded as well.
static int height(Check *c, Sym *s, void *edges)
{
	VEC(Edge) *list = edges;
	Linker *L = c->L;
	int max = 0, call = L->arch->call_size;
	if (s == L->morestack || !has_func_info(s))
		return 0;
	if (!(s->oflag & OSYM_NOSPLIT)) {
		if (list)
			vec_push(L->arena, list, (Edge){(u32)call, L->morestack});
		return call;
	}
	int local = 0;
	u32 i = 0;
	for (PcIter it = pciter(pcsp_of(s)); !it.done; pciter_next(&it)) {
		local = MAX(local, it.val);
		for (; i < s->nrels && rel_off(s, i) < it.next; i++) {
			u16 t = rel_type(s, i) & 0x7fff;
			if (t != R_CALLIND && !L->arch->is_call(t))
				continue;
			Sym *to = t == R_CALLIND ? NULL : rel_at(L, s, i).sym;
			// An indirect call goes to something that checks its stack.
			int h = it.val + call + (to ? check(c, to) : call);
			if (list)
				vec_push(L->arena, list, (Edge){(u32)(it.val + call), to ? to : L->morestack});
			max = MAX(max, h);
		}
	}
	if (local > max) {
		if (list)
			vec_push(L->arena, list, (Edge){(u32)local, NULL});
		max = local;
	}
	return max;
}

static int check(Check *c, Sym *s)
{
	if (!(s->oflag & OSYM_NOSPLIT) || s == c->L->morestack || !s->obj)
		return height(c, s, NULL);
	void *known = map_get(&c->height, PKEY(s));
	if (known)
		return (int)(intptr_t)known - 1;
	map_put(c->L->arena, &c->height, PKEY(s), (void *)(intptr_t)(CYCLE + 1));
	int h = c->depth > 5000 ? CYCLE : 0;
	if (!h) {
		c->depth++;
		h = MIN(height(c, s, NULL), CYCLE);
		c->depth--;
	}
	map_put(c->L->arena, &c->height, PKEY(s), (void *)(intptr_t)(h + 1));
	return h;
}

static void name_line(Buf *b, u32 indent, const Sym *s, u32 growth)
{
	buf_printf(b, "\n%*s", (int)indent * 4, "");
	if (indent)
		buf_printf(b, "grows %u bytes", growth);
	if (s)
		buf_printf(b, "%s%.*s<%u>", indent ? ", calls " : "", STR_ARG(s->name), s->abi);
}

// Prints the deepest chain from s.
static void report(Check *c, Sym *root)
{
	Buf b = {0};
	Map seen = {0};
	int left = c->limit;
	u32 indent = 0;
	Sym *s = root;
	name_line(&b, 0, s, 0);
	while (s && indent < 100) {
		map_put(c->L->arena, &seen, PKEY(s), s);
		VEC(Edge) edges = {0};
		height(c, s, &edges);
		int worst = -1;
		u32 pick = UINT32_MAX;
		for (u32 i = 0; i < edges.n; i++) {
			int h = (int)edges.p[i].growth + (edges.p[i].to ? check(c, edges.p[i].to) : 0);
			if (h > worst)
				worst = h, pick = i;
		}
		if (pick == UINT32_MAX)
			break;
		Edge e = edges.p[pick];
		left -= (int)e.growth;
		name_line(&b, ++indent, e.to, e.growth);
		s = e.to;
		if (s && map_has(&seen, PKEY(s))) {
			buf_printf(&b, "\n%*sinfinite cycle", (int)indent * 4, "");
			break;
		}
	}
	if (left < 0)
		buf_printf(&b, "\n%*s%d bytes over limit", (int)indent * 4, "", -left);
	link_error(c->L, root, "nosplit stack over %d byte limit%.*s", c->limit, (int)b.n, (char *)b.p);
	buf_free(&b);
}

void stack_check(Linker *L)
{
	Check c = {.L = L};
	c.limit = NOSPLIT_BASE * (L->cfg->race ? 2 : 1) - L->arch->call_size;
	static const u8 groups[] = {G_TEXT, G_TEXT_FIPS};
	for (u32 g = 0; g < LENGTH(groups); g++)
		for (u32 i = 0; i < L->group[groups[g]].n; i++) {
			Sym *s = L->group[groups[g]].p[i];
			if (!(s->oflag & OSYM_NOSPLIT))
				continue;
			int h = check(&c, s);
			if (L->cfg->debug_nosplit)
				printf("nosplit: %.*s<%u> %d\n", STR_ARG(s->name), s->abi, h);
			if (h > c.limit)
				vec_push(L->arena, &c.failed, s);
		}
	if (!c.failed.n)
		return;
	// Only the outermost of the failing functions are worth a message.
	Map called = {0};
	for (u32 i = 0; i < c.failed.n; i++) {
		VEC(Edge) edges = {0};
		height(&c, c.failed.p[i], &edges);
		for (u32 j = 0; j < edges.n; j++)
			if (edges.p[j].to && edges.p[j].to != c.failed.p[i])
				map_put(L->arena, &called, PKEY(edges.p[j].to), edges.p[j].to);
	}
	u32 shown = 0;
	for (u32 i = 0; i < c.failed.n; i++)
		if (!map_has(&called, PKEY(c.failed.p[i])))
			report(&c, c.failed.p[i]), shown++;
	if (!shown)
		report(&c, c.failed.p[0]);
}
