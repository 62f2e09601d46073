// asm.c: the files of a package, one after the other: parse each, then hand its functions to the architecture.
// Functions get here what every assembly function has: references to the argument maps the compiler writes.
#include "asm/internal.h"

enum { FUNCDATA_ARGS_POINTER_MAPS = 0, FUNCDATA_LOCALS_POINTER_MAPS = 1, FUNCDATA_ARG_INFO = 5 }; // internal/abi/symtab.go

bool asm_allows_abi(Str path)
{
	static const char *const list[] = {"runtime", "reflect", "syscall", "internal/bytealg", "internal/chacha8rand",
		"internal/runtime/syscall/linux", "internal/runtime/syscall/windows", "internal/runtime/startlinetest",
		"internal/runtime/maps"};
	for (u32 i = 0; i < LENGTH(list); i++)
		if (str_is(path, list[i]))
			return true;
	return false;
}

static LSym *derived(Parser *p, LSym *s, Str name)
{
	if (s->abi != ABI_STATIC)
		return obj_sym(p->obj, name, ABI0);
	LSym *d = strmap_get(p->statics, name);
	if (!d) {
		d = obj_local(p->obj, name);
		d->local = 0;
		strmap_put(p->a, p->statics, name, d);
	}
	return d;
}

static void add_funcdata(Parser *p, Func *f, i64 index, Str name)
{
	Prog *q = prog_new(p->a, OP_FUNCDATA);
	q->pos = f->text->pos;
	q->from = (Addr){.type = ADDR_CONST, .offset = index};
	q->to = (Addr){.type = ADDR_MEM, .name = NAME_EXTERN, .sym = derived(p, f->sym, name)};
	q->next = f->text->next;
	f->text->next = q;
}

// Names that stand for the compiler's argument map, and the map of a frame without pointers (obj/plist.go).
static void resolve_funcdata(Parser *p, Func *f)
{
	static const u32 no_pointers[2] = {2, 0};
	bool args = false, info = false;
	for (Prog *q = f->text; q; q = q->next) {
		if (q->op != OP_FUNCDATA)
			continue;
		if (str_is(q->to.sym->name, "go_args_stackmap")) {
			if (q->from.offset != FUNCDATA_ARGS_POINTER_MAPS)
				diag(p->o->diags, q->pos, "FUNCDATA use of go_args_stackmap(SB) without FUNCDATA_ArgsPointerMaps");
			q->to.sym = derived(p, f->sym, str_fmt(p->a, STR_FMT ".args_stackmap", STR_ARG(f->sym->name)));
		} else if (str_is(q->to.sym->name, "no_pointers_stackmap")) {
			if (q->from.offset != FUNCDATA_LOCALS_POINTER_MAPS)
				diag(p->o->diags, q->pos, "FUNCDATA use of no_pointers_stackmap(SB) without FUNCDATA_LocalsPointerMaps");
			q->to.sym = obj_gclocals(p->obj, no_pointers, sizeof no_pointers);
		}
		args |= q->from.offset == FUNCDATA_ARGS_POINTER_MAPS;
		info |= q->from.offset == FUNCDATA_ARG_INFO;
	}
	Str name = f->sym->name;
	bool ours = name.n > p->prefix.n && name.p[p->prefix.n] == '.' && memcmp(name.p, p->prefix.p, p->prefix.n) == 0;
	if (!ours || (f->sym->abi != ABI0 && f->sym->abi != ABI_STATIC) || str_is(name, "runtime.addmoduledata"))
		return;
	if (!args)
		add_funcdata(p, f, FUNCDATA_ARGS_POINTER_MAPS, str_fmt(p->a, STR_FMT ".args_stackmap", STR_ARG(name)));
	if (!info)
		add_funcdata(p, f, FUNCDATA_ARG_INFO, str_fmt(p->a, STR_FMT ".arginfo0", STR_ARG(name)));
}

// n(PC) operands: the Prog with that number in the function.
static bool resolve_jumps(Parser *p, Func *f)
{
	u32 n = 0;
	for (Prog *q = f->text; q; q = q->next)
		n++;
	Prog **list = NEWN(p->a, Prog *, n + 1);
	u32 first = f->text->pc;
	n = 0;
	for (Prog *q = f->text; q; q = q->next)
		list[n++] = q;
	bool ok = true;
	for (u32 i = 0; i < n; i++) {
		Addr *t = &list[i]->to;
		if (t->type != ADDR_BRANCH || t->target || t->sym)
			continue;
		if (t->offset < first || t->offset >= (i64)first + n) {
			diag(p->o->diags, list[i]->pos, "branch out of range (%#x)\n\t" STR_FMT, (u32)t->offset,
				STR_ARG(prog_fmt(p->a, p->arch, list[i])));
			ok = false;
			continue;
		}
		t->target = list[t->offset - first];
		t->offset = 0;
	}
	return ok;
}

static Pos where_written(void *ctx, const Prog *p)
{
	(void)ctx;
	return p->pos;
}

static bool assemble_functions(Parser *p)
{
	bool ok = true;
	for (Func *f = p->first; f; f = f->next) {
		if (!resolve_jumps(p, f)) {
			ok = false;
			continue;
		}
		resolve_funcdata(p, f);
		AsmFunc fn = {.obj = p->obj, .sym = f->sym, .arena = p->a, .first = f->text, .frame = f->frame,
			.args = f->text->to.args, .info = f->info, .diags = p->o->diags,
			.shared = p->o->shared || p->o->dynlink, .dynlink = p->o->dynlink,
			.retpoline = p->o->retpoline};
		if (p->arch->assemble(&fn)) {
			obj_func_dwarf(p->obj, f->sym);
			if (p->o->list) {
				Str text = code_listing(p->a, p->arch, &fn, where_written, NULL);
				char *kept = obj_alloc(p->obj, text.n + 1);
				memcpy(kept, text.p, text.n);
				f->info->listing = str_n(kept, text.n);
			}
		} else {
			ok = false;
		}
	}
	return ok;
}

typedef struct Session { Arena *a; StrVec maps; StrMap statics; Map data; u32 seq; } Session;

static void parser_init(Parser *p, Session *s, const AsmOptions *o, ObjPkg *obj, Lex *lex)
{
	*p = (Parser){.a = s->a, .o = o, .arch = o->arch, .obj = obj, .lex = lex, .statics = &s->statics, .data = &s->data,
		.seq = &s->seq};
	p->allow_abi = asm_allows_abi(o->import_path);
	p->prefix = obj_path_prefix(s->a, o->import_path);
	p->tail = &p->first;
}

static bool run(const AsmOptions *o, ObjPkg *obj, u32 seq, Buf *symabis)
{
	Session s = {.a = arena_new(), .seq = seq};
	u32 before = diags_count(o->diags);
	bool ok = true;
	for (u32 i = 0; i < o->nfiles && ok; i++) {
		Lex *lex = NEW(s.a, Lex);
		Parser *p = NEW(s.a, Parser);
		ok = lex_open(lex, s.a, o, o->files[i], &s.maps);
		if (!ok)
			break;
		parser_init(p, &s, o, obj, lex);
		ok = symabis ? parse_symabis(p, symabis) : parse_file(p) && assemble_functions(p);
	}
	for (u32 i = 0; i < s.maps.n; i++)
		file_unmap(s.maps.p[i]);
	arena_free(s.a);
	return ok && diags_count(o->diags) == before;
}

bool asm_symabis(const AsmOptions *o, Buf *out)
{
	return run(o, NULL, 0, out);
}

bool asm_package(const AsmOptions *o, ObjPkg *obj, u32 seq)
{
	return run(o, obj, seq, NULL);
}
