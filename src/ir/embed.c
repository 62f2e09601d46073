// embed.c: //go:embed variables: a string or []byte is the file's bytes; an embed.FS is a pointer to a sorted slice of
// files (embed/embed.go: name, data, hash), directories with a trailing slash. Patterns are relative to the source
// file's directory (cmd/compile/internal/staticdata/embed.go).
#include "ir/build.h"
#include "rtti/rtti.h"

#include <stdlib.h>

typedef struct File { Str name, path; bool dir; } File; // name: as in the FS, without the slash
typedef VEC(File) FileVec;

static Str elem_of(Str s) { return path_base(s); }
static Str dir_of(Str s) { return str_rindex(s, '/') < 0 ? S(".") : path_dir(s); }

static int by_dir(const void *x, const void *y)
{
	Str p = ((const File *)x)->name, q = ((const File *)y)->name;
	int c = str_cmp(dir_of(p), dir_of(q));
	return c ? c : str_cmp(elem_of(p), elem_of(q));
}

static void add_file(Arena *a, FileVec *v, Str root, Str name, bool dir)
{
	for (u32 i = 0; i < v->n; i++)
		if (str_eq(v->p[i].name, name))
			return;
	vec_push(a, v, (File){name, path_join(a, root, name), dir});
	int slash = str_rindex(name, '/');
	if (slash > 0)
		add_file(a, v, root, str_sub(name, 0, (u32)slash), true);
}

// name and, if it is a directory, what is below. Hidden files only if asked for.
static void add_tree(Arena *a, FileVec *v, Str root, Str name, bool all)
{
	Str path = path_join(a, root, name);
	if (!file_is_dir(path)) {
		add_file(a, v, root, name, false);
		return;
	}
	StrVec names = {0};
	if (failed(dir_list(a, path, &names)))
		return;
	add_file(a, v, root, name, true);
	for (u32 i = 0; i < names.n; i++)
		if (all || (names.p[i].p[0] != '.' && names.p[i].p[0] != '_'))
			add_tree(a, v, root, path_join(a, name, names.p[i]), all);
}

static void add_given(Arena *a, FileVec *v, Str name, Str path)
{
	u32 n = v->n;
	add_file(a, v, S(""), name, false);
	if (v->n > n)
		v->p[n].path = path;
}

// What the build system says that the patterns mean.
static void match_given(IrUnit *u, Decl *d, FileVec *v)
{
	Pos pos = d->embed_pos ? d->embed_pos : d->pos;
	if (!u->embed)
		diag(u->diags, pos, "invalid go:embed: build system did not supply embed configuration");
	for (u32 i = 0; u->embed && i < d->embeds.n; i++) {
		const StrVec *names = strmap_get((StrMap *)&u->embed->patterns, d->embeds.p[i]);
		if (!names)
			diag(u->diags, pos, "invalid go:embed: build system did not map pattern: " STR_FMT, STR_ARG(d->embeds.p[i]));
		for (u32 k = 0; names && k < names->n; k++) {
			const Str *path = strmap_get((StrMap *)&u->embed->files, names->p[k]);
			if (!path)
				diag(u->diags, pos, "invalid go:embed: build system did not map file: " STR_FMT, STR_ARG(names->p[k]));
			else
				add_given(u->arena, v, names->p[k], *path);
		}
	}
}

static void match(IrUnit *u, Decl *d, FileVec *v)
{
	if (u->embed_given) {
		match_given(u, d, v);
		return;
	}
	Arena *a = u->arena;
	Str root = path_dir(source_get(pos_file(d->pos))->path);
	for (u32 i = 0; i < d->embeds.n; i++) {
		Str p = d->embeds.p[i];
		bool all = str_has_prefix(p, "all:");
		if (all)
			p = str_from(p, 4);
		StrVec found = {0};
		dir_glob(a, root, p, &found);
		if (!found.n)
			diag(u->diags, d->embed_pos ? d->embed_pos : d->pos, "pattern %.*s: no matching files found", STR_ARG(d->embeds.p[i]));
		for (u32 k = 0; k < found.n; k++)
			add_tree(a, v, root, found.p[k], all);
	}
}

static Str contents(IrUnit *u, Decl *d, File *f)
{
	Str text = {0}, kept;
	Err e = file_map(u->arena, f->path, &text);
	if (failed(e)) {
		diag(u->diags, d->pos, "embed " STR_FMT ": " STR_FMT, STR_ARG(f->name), STR_ARG(e.msg));
		return S("");
	}
	kept = str_dup(u->arena, text);
	file_unmap(text);
	return kept;
}

static void write_str(IrUnit *u, LSym *s, u64 off, Str text)
{
	if (text.n)
		sym_addr(u->obj, s, off, obj_string(u->obj, text), 0);
	sym_u64(u->obj, s, off + 8, text.n);
}

void ir_embed(IrUnit *u, IrGlobal *g, Decl *d)
{
	FileVec v = {0};
	match(u, d, &v);
	Arena *a = ir_arena();
	Type *t = type_under(g->type);
	if (t->kind != TY_STRUCT) {
		File *only = NULL;
		u32 n_files = 0;
		for (u32 i = 0; i < v.n; i++)
			if (!v.p[i].dir) {
				only = &v.p[i];
				n_files++;
			}
		if (n_files > 1)
			diag(u->diags, d->pos, "invalid go:embed: multiple files for type " STR_FMT, STR_ARG(type_str(u->arena, g->type, u->pkg)));
		Str text = only ? contents(u, d, only) : S("");
		IrNode *n = ir_new(a, IR_CONST, d->pos, t->kind == TY_BASIC ? g->type : TYPE(STRING));
		n->val = const_string(a, text);
		if (t->kind != TY_BASIC) {
			IrNode *b = ir_new(a, IR_STR2BYTES, d->pos, g->type);
			b->a = n;
			n = b;
		}
		data_global(u, g, n);
		return;
	}
	if (v.n)
		qsort(v.p, v.n, sizeof *v.p, by_dir);
	LSym *files = obj_symf(u->obj, ABI0, STR_FMT ".files", STR_ARG(g->sym));
	obj_define(u->obj, files, SYM_RODATA, OBJ_SEQ_NAME);
	sym_addr(u->obj, files, 0, files, 24);
	sym_u64(u->obj, files, 8, v.n);
	sym_u64(u->obj, files, 16, v.n);
	u64 off = 24;
	for (u32 i = 0; i < v.n; i++, off += 48) {
		File *f = &v.p[i];
		Str text = f->dir ? S("") : contents(u, d, f);
		write_str(u, files, off, f->dir ? str_cat(u->arena, f->name, S("/")) : f->name);
		write_str(u, files, off + 16, text);
		if (!f->dir) {
			u8 sum[32];
			sha256(text.p, text.n, sum);
			sym_bytes(u->obj, files, off + 32, sum, 16);
		} else {
			sym_grow(u->obj, files, off + 48);
		}
	}
	files->size = off;
	LSym *s = ir_global_sym(u, g);
	if (obj_define(u->obj, s, SYM_DATA, OBJ_SEQ_NAME)) {
		s->gotype = rtti_type(u, g->type);
		sym_addr(u->obj, s, 0, files, 0);
		s->size = 8;
	}
}
