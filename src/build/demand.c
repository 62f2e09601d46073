// demand.c: which functions of the library a program may reach, told from names alone, before anything is checked. Most of
// the library is reached by no program, so what is left out here need not be checked, compiled or linked.
//
// From the program's own packages, the initializers of all and what the compiler and the assembly call, the text of each
// declaration that is reached is scanned for names: a name alone means that declaration of the same package, p.Name that of an
// imported one, x.Name every method of that name whose receiver's type is reached, too. So more is taken to be reached than is. Where it is less
// after all (an import's name that is hidden by a variable, a method found by reflection), nothing goes wrong: what the
// checker comes upon in the same package is checked and compiled nevertheless, and the linker tells of what it misses, which
// is then compiled in whole (program.c).
#include "build/demand.h"

#include "base/reader.h"
#include "ir/ir.h"
#include "obj/goobj.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

// A package-level declaration, or a method.
typedef struct Item {
	Decl *decl;
	struct FileNames *file;
	BuildPkg *pkg;
	Str remote;             // its symbol, if //go:linkname gives it one
	u32 name;               // hash
	bool reached, exported;
	struct Item *recv;      // of a method: the declaration of its receiver's type; NULL if that is not known
	struct Item *same_name, *same_recv; // next method
	struct Item *methods;   // of a type
} Item;

typedef struct Import { u32 name; BuildPkg *pkg; } Import;
typedef struct FileNames { SyntaxFile *file; VEC(Import) imports; bool sees_reflect; } FileNames;

typedef struct MethodName { bool called; Item *first; } MethodName;

// A function in assembly: what it names.
typedef struct AsmText { struct AsmText *next; bool reached; StrVec refs; } AsmText;

typedef struct Demand {
	Build *b;
	Arena *a;
	Map items;              // package and name -> Item
	Map methods;            // name -> MethodName
	StrMap symbols;         // link name -> Item with a body
	StrMap pkgs;            // import path -> BuildPkg
	VEC(Item *) all, types, work;
	VEC(u32) locals;        // names of the parameters and variables of the declaration that is being scanned
	bool reflects;          // methods are found by name at run time
	u32 method, method_by_name; // hashes of reflect's names for that
	StrMap assembly;        // symbol -> AsmText
} Demand;

bool demand_may_be_partial(const Build *b, const BuildPkg *k)
{
	LoadPkg *p = k->load;
	return p->standard && !p->named && !p->is_main && !p->for_test.n && !p->is_testmain && !p->cover_prefix.n && !p->fuzzed &&
		!k->gcflags.n && !k->asmflags.n && !k->talks && !k->whole && !b->opt.keep_archives && !b->opt.check_only;
}

// ---- names --------------------------------------------------------------------------------------

static inline bool is_letter(u8 c) { return (u32)((c | 32) - 'a') < 26 || c == '_' || c >= 0x80; }
static inline bool is_digit(u8 c) { return (u32)(c - '0') < 10; }

static inline u32 hash_name(const char *p, const char **end)
{
	u32 h = 0x811c9dc5;
	do
		h = (h ^ (u8)*p++) * 0x01000193;
	while (is_letter((u8)*p) || is_digit((u8)*p));
	*end = p;
	return h;
}

static u32 hash_of(Str s)
{
	u32 h = 0x811c9dc5;
	for (u32 i = 0; i < s.n; i++)
		h = (h ^ (u8)s.p[i]) * 0x01000193;
	return h;
}

static u64 item_key(const BuildPkg *k, u32 name) { return (u64)(k->order + 1) << 32 | name; }

static Item *find(Demand *m, const BuildPkg *k, u32 name) { return map_get(&m->items, item_key(k, name)); }

static MethodName *method_name(Demand *m, u64 key)
{
	MethodName *n = map_get(&m->methods, key);
	if (!n) {
		n = NEW(m->a, MethodName);
		map_put(m->a, &m->methods, key, n);
	}
	return n;
}

// Names that are not exported mean something in their package only.
static u64 method_key(const BuildPkg *k, u32 name, bool exported) { return exported ? name : item_key(k, name); }

// ---- what reaches what --------------------------------------------------------------------------

static void reach(Demand *m, Item *it)
{
	if (!it || it->reached)
		return;
	it->reached = true;
	vec_push(m->a, &m->work, it);
}

static void reach_method(Demand *m, Item *it)
{
	MethodName *name = method_name(m, method_key(it->pkg, it->name, it->exported));
	if ((name->called || (m->reflects && it->exported)) && (!it->recv || it->recv->reached))
		reach(m, it);
}

static void call_method(Demand *m, u64 key)
{
	MethodName *n = map_get(&m->methods, key);
	if (!n || n->called)
		return;
	n->called = true;
	for (Item *it = n->first; it; it = it->same_name)
		reach_method(m, it);
}

static void reflect_methods(Demand *m)
{
	if (m->reflects)
		return;
	m->reflects = true;
	for (u32 i = 0; i < m->types.n; i++)
		for (Item *it = m->types.p[i]->methods; it; it = it->same_recv)
			reach_method(m, it);
}

// What a linked symbol's name stands for: pushed by a linkname, in assembly, or declared as pkg.name.
static void reach_symbol(Demand *m, Str sym)
{
	reach(m, strmap_get(&m->symbols, sym));
	for (AsmText *t = strmap_get(&m->assembly, sym); t; t = t->next)
		if (!t->reached) {
			t->reached = true;
			for (u32 i = 0; i < t->refs.n; i++)
				reach_symbol(m, t->refs.p[i]);
		}
	int dot = str_rindex(sym, '.');
	BuildPkg *k = dot > 0 ? strmap_get(&m->pkgs, str_sub(sym, 0, (u32)dot)) : NULL;
	if (k)
		reach(m, find(m, k, hash_of(str_from(sym, (u32)dot + 1))));
}

// x.Name; before: x, if that is a name alone, else 1. Not exported, and with an operand's or assignment's operator behind it, it is a field.
static void selected(Demand *m, Item *from, u32 before, u32 name, bool exported, bool method)
{
	FileNames *f = from->file;
	for (u32 i = 0; before != 1 && i < f->imports.n; i++) {
		if (f->imports.p[i].name != before)
			continue;
		Item *it = f->imports.p[i].pkg ? find(m, f->imports.p[i].pkg, name) : NULL;
		if (it) {
			reach(m, it);
			return;
		}
	}
	if (exported || method)
		call_method(m, method_key(from->pkg, name, exported));
	if (exported && from->file->sees_reflect && (name == m->method || name == m->method_by_name))
		reflect_methods(m);
}

static bool is_local(const Demand *m, u32 name)
{
	for (u32 i = 0; i < m->locals.n; i++)
		if (m->locals.p[i] == name)
			return true;
	return false;
}

// next: the character behind it. What a ":" follows is a field's name, a label or a case.
static void alone(Demand *m, Item *from, u32 name, char next)
{
	Item *it = find(m, from->pkg, name);
	if (it && !it->reached && ((next != ':' && !is_local(m, name)) || it->decl->kind == D_TYPE))
		reach(m, it);
	for (u32 i = 0; i < from->file->imports.n; i++)
		if (!from->file->imports.p[i].name) // import . "p"
			reach(m, find(m, from->file->imports.p[i].pkg, name));
}

static const char *skip_quoted(const char *p, const char *end, char quote)
{
	for (p++; p < end && *p != quote; p++)
		if (*p == '\\' && quote != '`')
			p++;
	return p + 1;
}

static const char *skip_comment(const char *p, const char *end)
{
	if (p[1] == '/') {
		p = memchr(p, '\n', (size_t)(end - p));
		return p ? p : end;
	}
	for (p += 2; p < end && (p[0] != '*' || p[1] != '/'); p++)
		;
	return p + 2;
}

static void add_locals(Demand *m, const FieldVec *v)
{
	for (u32 i = 0; i < v->n; i++)
		if (v->p[i]->name)
			vec_push(m->a, &m->locals, hash_of(name_str(v->p[i]->name->name.name)));
}

// The names to the left of the ":=" at p.
static void add_defined(Demand *m, const char *p, const char *begin)
{
	const char *end;
	do {
		while (p > begin && (p[-1] == ' ' || p[-1] == '\t'))
			p--;
		const char *q = p;
		while (p > begin && (is_letter((u8)p[-1]) || is_digit((u8)p[-1])))
			p--;
		if (p == q)
			return;
		vec_push(m->a, &m->locals, hash_name(p, &end));
		while (p > begin && (p[-1] == ' ' || p[-1] == '\t'))
			p--;
	} while (p > begin && *--p == ',');
}

// A package-level function that is used under such a name before it is hidden is found by the checker.
static void find_locals(Demand *m, Item *it, const char *begin, const char *end)
{
	m->locals.n = 0;
	Decl *d = it->decl;
	if (d->kind != D_FUNC)
		return;
	if (d->func.recv && d->func.recv->name)
		vec_push(m->a, &m->locals, hash_of(name_str(d->func.recv->name->name.name)));
	add_locals(m, &d->func.type->func.params);
	add_locals(m, &d->func.type->func.results);
	for (const char *p = begin; (p = memmem(p, (size_t)(end - p), ":=", 2)); p += 2)
		add_defined(m, p, begin);
	for (const char *p = begin, *after; (p = memmem(p, (size_t)(end - p), "\tvar ", 5)); p += 5)
		if (is_letter((u8)p[5]))
			vec_push(m->a, &m->locals, hash_name(p + 5, &after));
}

// ---- conditions that are constant ---------------------------------------------------------------

// Whether a declared constant is false: by the word, or another constant's name.
static bool is_false(Demand *m, Item *it, u32 depth)
{
	if (!it || it->decl->kind != D_CONST || it->decl->val.names.n != 1 || !it->decl->val.values || depth > 4)
		return false;
	Expr *v = expr_unparen(it->decl->val.values);
	if (v->kind == E_NAME) {
		u32 name = hash_of(name_str(v->name.name));
		Item *other = find(m, it->pkg, name);
		return other ? is_false(m, other, depth + 1) : str_is(name_str(v->name.name), "false");
	}
	if (v->kind != E_SELECTOR || v->sel.x->kind != E_NAME)
		return false;
	u32 pkg = hash_of(name_str(v->sel.x->name.name));
	for (u32 i = 0; i < it->file->imports.n; i++)
		if (it->file->imports.p[i].name == pkg && it->file->imports.p[i].pkg)
			return is_false(m, find(m, it->file->imports.p[i].pkg, hash_of(name_str(v->sel.sel->name.name))), depth + 1);
	return false;
}

static const char *skip_block(const char *p, const char *end)
{
	for (u32 depth = 0; p < end;) {
		switch (*p) {
		case '{':
			depth++;
			p++;
			break;
		case '}':
			p++;
			if (--depth == 0)
				return p;
			break;
		case '"': case '`': case '\'':
			p = skip_quoted(p, end, *p);
			break;
		case '/':
			p = p[1] == '/' || p[1] == '*' ? skip_comment(p, end) : p + 1;
			break;
		default:
			p++;
		}
	}
	return end;
}

// Behind "if": where to go on if what follows is `Name {`, `p.Name {` or `Name && ... {` with a constant that is false.
static const char *skip_dead(Demand *m, Item *from, const char *p, const char *end)
{
	while (*p == ' ')
		p++;
	if (!is_letter((u8)*p))
		return NULL;
	const char *start = p;
	u32 name = hash_name(p, &p);
	Item *it = find(m, from->pkg, name);
	if (*p == '.' && is_letter((u8)p[1])) {
		u32 sel = hash_name(p + 1, &p);
		it = NULL;
		for (u32 i = 0; i < from->file->imports.n && !it; i++)
			if (from->file->imports.p[i].name == name && from->file->imports.p[i].pkg)
				it = find(m, from->file->imports.p[i].pkg, sel);
	} else if (is_local(m, name)) {
		return NULL;
	}
	if (*p != ' ' || (p[1] != '{' && (p[1] != '&' || p[2] != '&')) || !is_false(m, it, 0))
		return NULL;
	const char *line = memchr(start, '\n', (size_t)(end - start)), *brace = line && line[-1] == '{' ? line - 1 : NULL;
	const char *or = line ? memmem(start, (size_t)(line - start), "||", 2) : NULL;
	return brace && !or ? skip_block(brace, end) : NULL;
}

static void scan(Demand *m, Item *it)
{
	enum { SEEN = 256 };
	u64 seen[SEEN] = {0}; // what was looked up lately
	Str text = it->file->file->source->text;
	const char *p = text.p + it->decl->from, *end = text.p + MIN(it->decl->to, text.n);
	find_locals(m, it, p, end);
	u32 before = 0; // the name just in front
	bool dot = false;
	while (p < end) {
		u8 c = (u8)*p;
		if (is_letter(c)) {
			if (c == 'i' && p[1] == 'f' && p[2] == ' ' && !dot) {
				const char *after = skip_dead(m, it, p + 3, end);
				if (after) {
					p = after;
					before = 0;
					continue;
				}
			}
			bool exported = (u32)(c - 'A') < 26 || c >= 0x80;
			u32 h = hash_name(p, &p), q = dot ? before ? before : 1 : 0;
			u64 key = (u64)q << 32 | h;
			before = dot ? 0 : h;
			u64 *slot = &seen[(h ^ q * 7) % SEEN];
			if (*slot != key) {
				*slot = key;
				if (!q)
					alone(m, it, h, *p);
				else
					selected(m, it, q, h, exported, !strchr(".[ +-:", *p));
			}
			dot = false;
			continue;
		}
		switch (c) {
		case ' ': case '\t': case '\n': case '\r':
			p++;
			continue;
		case '.':
			dot = p[1] != '.';
			p += dot ? 1 : 3;
			continue;
		case '/':
			if (p[1] == '/' || p[1] == '*') {
				p = skip_comment(p, end);
				continue;
			}
			p++;
			break;
		case '"': case '`': case '\'':
			p = skip_quoted(p, end, (char)c);
			break;
		default:
			if (is_digit(c))
				while (is_letter((u8)*p) || is_digit((u8)*p) || *p == '.')
					p++;
			else
				p++;
			break;
		}
		dot = false;
		before = 0;
	}
}

static void go_on(Demand *m)
{
	while (m->work.n) {
		Item *it = vec_pop(&m->work);
		scan(m, it);
		if (it->decl->kind == D_TYPE)
			for (Item *x = it->methods; x; x = x->same_recv)
				reach_method(m, x);
		if (it->decl->kind == D_FUNC && !it->decl->func.body) {
			Str path = it->pkg->opt.import_path;
			reach_symbol(m, it->remote.n ? it->remote : str_fmt(m->a, STR_FMT "." STR_FMT, STR_ARG(path), STR_ARG(name_str(it->decl->func.name->name.name))));
		}
	}
}

// ---- declarations -------------------------------------------------------------------------------

static Item *add(Demand *m, BuildPkg *k, FileNames *f, Decl *d, Expr *name)
{
	Item *it = NEW(m->a, Item);
	Str s = name_str(name->name.name);
	*it = (Item){.decl = d, .file = f, .pkg = k, .name = hash_of(s), .exported = name_is_exported(name->name.name)};
	vec_push(m->a, &m->all, it);
	return it;
}

static void add_named(Demand *m, BuildPkg *k, FileNames *f, Decl *d, Expr *name)
{
	Item *it = add(m, k, f, d, name);
	if (!map_has(&m->items, item_key(k, it->name)))
		map_put(m->a, &m->items, item_key(k, it->name), it);
	if (d->kind == D_TYPE)
		vec_push(m->a, &m->types, it);
	Str s = name_str(name->name.name);
	// Nothing refers to these by name, or nothing need: they are there in any case.
	if (d->kind == D_VAR || d->kind == D_CONST || (d->kind == D_FUNC && (str_is(s, "init") || (k->load->is_main && str_is(s, "main")))))
		reach(m, it);
}

static Expr *receiver_name(Decl *d)
{
	Expr *t = d->func.recv->type;
	for (;;) {
		if (t->kind == E_PAREN)
			t = t->x;
		else if (t->kind == E_UNARY)
			t = t->unary.x;
		else if (t->kind == E_INDEX)
			t = t->index.x;
		else
			return t->kind == E_NAME ? t : NULL;
	}
}

static void add_method(Demand *m, BuildPkg *k, FileNames *f, Decl *d)
{
	Item *it = add(m, k, f, d, d->func.name);
	Expr *recv = receiver_name(d);
	Item *type = recv ? find(m, k, hash_of(name_str(recv->name.name))) : NULL;
	if (type && type->decl->kind == D_TYPE && !type->decl->type.alias) {
		it->recv = type;
		it->same_recv = type->methods;
		type->methods = it;
	}
	MethodName *n = method_name(m, method_key(k, it->name, it->exported));
	it->same_name = n->first;
	n->first = it;
}

static void add_import(Demand *m, BuildPkg *k, FileNames *f, Decl *d)
{
	Str path;
	if (!d->import.path || d->import.path->lit.bad || !syntax_unquote(m->a, d->import.path->lit.text, &path))
		return;
	LoadPkg *p = strmap_get(&k->load->import_map, path);
	BuildPkg *to = p ? p->build : NULL;
	if (!to)
		return;
	Str name = d->import.local ? name_str(d->import.local->name.name) : p->name;
	f->sees_reflect = f->sees_reflect || str_is(path, "reflect");
	vec_push(m->a, &f->imports, ((Import){str_is(name, ".") ? 0 : hash_of(name), to}));
}

static void add_linknames(Demand *m, BuildPkg *k, SyntaxFile *f)
{
	for (u32 i = 0; i < f->directives.n; i++) {
		Directive *d = &f->directives.p[i];
		if (d->nargs < 2 || (!str_has_suffix(d->verb, "linkname") && !str_has_suffix(d->verb, "linknamestd")))
			continue;
		Item *it = find(m, k, hash_of(d->args[0]));
		if (!it || it->decl->kind != D_FUNC)
			continue;
		it->remote = d->args[1];
		if (it->decl->func.body)
			strmap_put(m->a, &m->symbols, it->remote, it);
	}
}

static void add_package(Demand *m, BuildPkg *k, SyntaxFile **files, u32 n)
{
	FileNames *names = NEWN(m->a, FileNames, n + 1);
	for (u32 i = 0; i < n; i++) {
		names[i].file = files[i];
		for (u32 j = 0; j < files[i]->decls.n; j++) {
			Decl *d = files[i]->decls.p[j];
			switch (d->kind) {
			case D_IMPORT: add_import(m, k, &names[i], d); break;
			case D_TYPE: add_named(m, k, &names[i], d, d->type.name); break;
			case D_FUNC:
				if (!d->func.recv)
					add_named(m, k, &names[i], d, d->func.name);
				break;
			default:
				for (u32 v = 0; v < d->val.names.n; v++)
					add_named(m, k, &names[i], d, d->val.names.p[v]);
				break;
			}
		}
	}
	for (u32 i = 0; i < n; i++) {
		for (u32 j = 0; j < files[i]->decls.n; j++)
			if (files[i]->decls.p[j]->kind == D_FUNC && files[i]->decls.p[j]->func.recv)
				add_method(m, k, &names[i], files[i]->decls.p[j]);
		add_linknames(m, k, files[i]);
	}
}

// ---- roots --------------------------------------------------------------------------------------

// A symbol of assembly around the middle dot at p: "runtime·memmove", "·add", "internal∕abi·f".
static Str asm_symbol(Demand *m, BuildPkg *k, const char *begin, const char *p, const char *end)
{
	const char *from = p, *to = p + 2;
	while (from > begin && (is_letter((u8)from[-1]) || is_digit((u8)from[-1])))
		from--;
	while (to < end && (is_letter((u8)*to) || is_digit((u8)*to)) && memcmp(to, "\xc2\xb7", 2))
		to++;
	Str pkg = str_n(from, (size_t)(p - from)), name = str_n(p + 2, (size_t)(to - p - 2));
	if (!pkg.n)
		pkg = k->opt.import_path;
	Buf sym = {0};
	for (u32 i = 0; i < pkg.n; i++) {
		bool slash = i + 2 < pkg.n && !memcmp(pkg.p + i, "\xe2\x88\x95", 3);
		buf_u8(&sym, slash ? '/' : (u8)pkg.p[i]);
		i += slash ? 2 : 0;
	}
	buf_u8(&sym, '.');
	buf_str(&sym, name);
	Str s = str_dup(m->a, buf_view(&sym));
	buf_free(&sym);
	return s;
}

// What each TEXT of a file names is needed if that is; what stands elsewhere, in any case.
static void add_assembly(Demand *m, BuildPkg *k, Str file, AsmText *always)
{
	Str text;
	if (failed(file_map(m->a, file, &text)))
		return;
	AsmText *in = always;
	const char *end = text.p + text.n;
	for (const char *line = text.p, *next; line < end; line = next) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		next = nl ? nl + 1 : end;
		Str s = str_n(line, (size_t)(next - line));
		bool is_text = str_has_prefix(s, "TEXT"), outside = line[0] == '#' || str_has_prefix(s, "DATA") || str_has_prefix(s, "GLOBL");
		const char *dot = memmem(line, s.n, "\xc2\xb7", 2);
		if (is_text)
			in = always;
		if (is_text && dot) {
			Str name = asm_symbol(m, k, line, dot, next);
			in = NEW(m->a, AsmText);
			in->next = strmap_get(&m->assembly, name);
			strmap_put(m->a, &m->assembly, name, in);
			Str path = str_sub(name, 0, (u32)str_rindex(name, '.'));
			// The compiler calls the runtime's; others without a Go declaration are called by assembly or by the system.
			if (!str_eq(path, k->opt.import_path) || str_is(path, "runtime") || !find(m, k, hash_of(str_from(name, path.n + 1))))
				vec_push(m->a, &always->refs, name);
		}
		for (; dot; dot = memmem(dot + 2, (size_t)(next - dot - 2), "\xc2\xb7", 2))
			vec_push(m->a, outside ? &always->refs : &in->refs, asm_symbol(m, k, line, dot, next));
	}
	file_unmap(text);
}

// What the compiler and the linker call without its being written.
static void add_roots(Demand *m)
{
	static const char *const called[] = {
#define RT(name, params, results) "runtime." #name,
#include "ir/runtime.def"
#undef RT
		"runtime.unreachableMethod", "runtime.mapinitnoop", "runtime.wbMove", "runtime.wbZero", "runtime.memhash_varlen",
		"runtime.memequal_varlen", "runtime.memhash0", "runtime.memhash8", "runtime.memhash16", "runtime.memhash128",
		"runtime.memequal0", "runtime.memequal8", "runtime.memequal16", "runtime.memequal128", "runtime.c64hash",
		"runtime.c128hash", "runtime.c64equal", "runtime.c128equal",
	};
	AsmText always = {0};
	for (u32 i = 0; i < m->b->n; i++) {
		BuildPkg *k = &m->b->pkgs[i];
		for (u32 j = 0; j < k->s_files.n; j++)
			add_assembly(m, k, k->s_files.p[j], &always);
	}
	for (u32 i = 0; i < LENGTH(called); i++)
		reach_symbol(m, str(called[i]));
	for (u32 i = 0; i < goobj_nbuiltins; i++)
		reach_symbol(m, str(goobj_builtins[i].name));
	for (u32 i = 0; i < always.refs.n; i++)
		reach_symbol(m, always.refs.p[i]);
}

// ---- the whole ----------------------------------------------------------------------------------

typedef struct Parsed { Build *b; SyntaxFile ***files; u32 *n; } Parsed;

static void parse_one(void *ctx, u32 i, u32 worker)
{
	Parsed *x = ctx;
	BuildPkg *k = &x->b->pkgs[i], other = *k;
	if (k->load->err.n || str_is(k->load->import_path, "unsafe"))
		return;
	other.arena = arena_new();
	other.diags = diags_new(other.arena);
	other.partial = true; // bodies may have errors; the names are wanted only
	bool ok = package_parse(&other) && !diags_count(other.diags);
	x->files[i] = other.files;
	for (u32 n = 0; other.files && n < k->go_files.n && other.files[n]; n++)
		x->n[i] = n + 1;
	k->partial = k->partial && ok; // else whoever parses it again reports what is wrong
}

static bool is_declared_body(const Decl *d) { return d->kind == D_TYPE || (d->kind == D_FUNC && d->func.body); }

// For each package its number and what is left out of it, a bit for each declaration that may be.
static void put_left_out(Demand *m, Parsed *x, Buf *out)
{
	for (u32 i = 0; i < m->all.n; i++) {
		Item *it = m->all.p[i];
		it->decl->left_out = it->pkg->partial && !it->reached && is_declared_body(it->decl);
	}
	for (u32 i = 0; i < m->b->n; i++) {
		if (!m->b->pkgs[i].partial)
			continue;
		Buf bits = {0};
		u32 n = 0;
		for (u32 f = 0; f < x->n[i]; f++)
			for (u32 d = 0; d < x->files[i][f]->decls.n; d++, n++) {
				if (n % 8 == 0)
					buf_u8(&bits, 0);
				bits.p[n / 8] |= (u8)(x->files[i][f]->decls.p[d]->left_out << n % 8);
			}
		buf_uvarint(out, i);
		buf_uvarint(out, bits.n);
		buf_str(out, buf_view(&bits));
		buf_free(&bits);
	}
}

static void find_left_out(Build *b, Buf *out)
{
	Parsed x = {b, NEWN(b->arena, SyntaxFile **, b->n), NEWN(b->arena, u32, b->n)};
	Pool *pool = pool_new(pool_size(b->opt.pool));
	pool_for(pool, b->n, parse_one, &x);
	Demand m = {.b = b, .a = arena_new(), .method = hash_of(S("Method")), .method_by_name = hash_of(S("MethodByName"))};
	for (u32 i = 0; i < b->n; i++)
		strmap_put(m.a, &m.pkgs, b->pkgs[i].opt.import_path, &b->pkgs[i]);
	for (u32 i = 0; i < b->n; i++)
		add_package(&m, &b->pkgs[i], x.files[i], x.n[i]);
	for (u32 i = 0; i < m.all.n; i++) {
		BuildPkg *k = m.all.p[i]->pkg;
		if (!k->partial && (!k->load->standard || !k->cached.n))
			reach(&m, m.all.p[i]);
	}
	add_roots(&m);
	go_on(&m);
	put_left_out(&m, &x, out);
}

// In a process of its own, whose trees are gone when others are compiled. False if there can be none.
static bool run_apart(Build *b, Buf *out)
{
	int fd[2];
	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	pid_t pid = base_fork();
	if (pid == 0) {
		find_left_out(b, out);
		for (size_t at = 0; at < out->n;) {
			ssize_t n = write(fd[1], out->p + at, out->n - at);
			if (n < 0 && errno != EINTR)
				_exit(1);
			at += n > 0 ? (size_t)n : 0;
		}
		_exit(0);
	}
	close(fd[1]);
	u8 block[1 << 14];
	for (ssize_t n; pid > 0 && ((n = read(fd[0], block, sizeof block)) > 0 || (n < 0 && errno == EINTR));)
		for (ssize_t i = 0; i < n; i++)
			buf_u8(out, block[i]);
	close(fd[0]);
	int status = 1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

void demand_run(Build *b)
{
	bool any = false, program = false;
	bool *partial = NEWN(b->arena, bool, b->n);
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		k->partial = !k->cached.n && k->wanted && demand_may_be_partial(b, k);
		any = any || k->partial;
		program = program || (k->load->is_main && !k->load->force_library);
	}
	Buf out = {0};
	if (program && any && run_apart(b, &out)) {
		Str all = buf_view(&out);
		Reader in = {all.p, all.p + all.n};
		while (in.p < in.end && !in.bad) {
			u64 i = read_uvarint(&in);
			Str bits = read_str(&in);
			if (in.bad || i >= b->n)
				break;
			b->pkgs[i].left_out_decls = str_dup(b->arena, bits);
			partial[i] = true;
		}
	}
	buf_free(&out);
	for (u32 i = 0; i < b->n; i++)
		b->pkgs[i].partial = partial[i];
}

void demand_mark(BuildPkg *k)
{
	u32 n = 0;
	Str bits = k->left_out_decls;
	for (u32 f = 0; k->files && f < k->go_files.n && k->files[f]; f++)
		for (u32 i = 0; i < k->files[f]->decls.n; i++, n++) {
			Decl *d = k->files[f]->decls.p[i];
			d->left_out = n / 8 < bits.n && (u8)bits.p[n / 8] >> n % 8 & 1 && is_declared_body(d);
		}
}
