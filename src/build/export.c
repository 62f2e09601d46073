// export.c: see export.h. Layout: a line "ingot export 4", then what a partial archive leaves out (hashes of symbols,
// u32 each, sorted), the facts of functions (ir/facts.c), import path, language version, flags, and the files: path,
// whether the text follows, and the text, or its size and checksum.
#include "build/export.h"

#include "base/reader.h"
#include "build/gcexport.h"
#include "ir/ir.h"
#include "obj/obj.h"

#include <stdlib.h>

#define EXPORT_LINE "ingot export 4\n"

static void put(Buf *out, Str s)
{
	buf_uvarint(out, s.n);
	buf_str(out, s);
}

static int by_value(const void *x, const void *y)
{
	u32 a = *(const u32 *)x, b = *(const u32 *)y;
	return (a > b) - (a < b);
}

static void put_left_out(u32 *hashes, u32 n, Buf *out)
{
	if (n)
		qsort(hashes, n, sizeof *hashes, by_value);
	buf_uvarint(out, (u64)n * 4);
	for (u32 i = 0; i < n; i++)
		buf_u32(out, hashes[i]);
}

void export_write(BuildPkg *b, u32 *left_out, u32 nleft_out, Buf *out)
{
	buf_c(out, EXPORT_LINE);
	put_left_out(left_out, nleft_out, out);
	Buf facts = {0};
	ir_facts_write(b->types, &facts);
	put(out, buf_view(&facts));
	buf_free(&facts);
	put(out, b->opt.import_path);
	put(out, b->opt.lang);
	buf_u8(out, (u8)(b->opt.std | b->opt.runtime << 1 | b->opt.fieldtrack << 2));
	buf_uvarint(out, b->go_files.n);
	for (u32 i = 0; i < b->go_files.n; i++) {
		put(out, b->go_files.p[i]);
		buf_u8(out, !b->opt.std);
		if (b->opt.std) {
			buf_uvarint(out, b->texts[i].n);
			checksum(b->texts[i].p, b->texts[i].n, buf_reserve(out, 16));
		} else {
			put(out, b->texts[i]);
		}
	}
}

// Behind the header lines "go object ...", "build id ...", "main" and an empty line.
static bool find_export(Str def, Reader *in)
{
	const char *p = memmem(def.p, def.n, "\n\n" EXPORT_LINE, 2 + sizeof EXPORT_LINE - 1);
	if (!p)
		return false;
	in->p = p + 2 + sizeof EXPORT_LINE - 1;
	in->end = def.p + def.n;
	return true;
}

static Str read_facts(Reader *in) // behind what is left out
{
	Str facts = read_str(in);
	return !in->bad && ir_facts_valid(facts) ? facts : S("");
}

// Our export data: where they always are, or where gc's were put in front of them.
static bool find_own(const ArMember *m, u32 n, Reader *in)
{
	for (u32 i = 0; i < n; i++)
		if (str_is(m[i].name, "__.PKGDEF") && find_export(m[i].data, in))
			return true;
	return false;
}

// What an archive leaves out; *in stands behind it.
static Str open_archive(Str archive, Reader *in)
{
	Arena *a = arena_new();
	ArMember *m;
	u32 n;
	const char *damage;
	*in = (Reader){.bad = true};
	bool found = ar_read(a, archive, &m, &n, &damage) && find_own(m, n, in);
	arena_free(a);
	if (!found)
		return S("");
	in->bad = false;
	return read_str(in);
}

Str export_facts(Str archive)
{
	Reader in;
	open_archive(archive, &in);
	return in.bad ? S("") : read_facts(&in);
}

Str export_left_out(Str archive)
{
	Reader in;
	return open_archive(archive, &in);
}

bool export_leaves_out(Str list, Str sym)
{
	u32 h = hash_str(sym), low = 0, high = list.n / 4;
	while (low < high) {
		u32 mid = (low + high) / 2;
		if (get_u32(list.p + mid * 4) < h)
			low = mid + 1;
		else
			high = mid;
	}
	return low < list.n / 4 && get_u32(list.p + low * 4) == h;
}

static bool read_file(Arena *a, BuildPkg *b, Reader *in, u32 i, Str *why)
{
	Str path = read_str(in), text;
	Str flag = read_bytes(in, 1);
	if (in->bad)
		return false;
	vec_push(a, &b->go_files, path);
	if (flag.p[0]) {
		b->texts[i] = str_dup(a, read_str(in)); // the scanner needs a NUL behind it
		return !in->bad;
	}
	u64 size = read_uvarint(in);
	Str want = read_bytes(in, 16);
	u8 sum[16];
	Err e = file_map(a, path, &text);
	if (failed(e)) {
		*why = e.msg;
		return false;
	}
	if (in->bad || text.n != size || (checksum(text.p, text.n, sum), memcmp(sum, want.p, 16))) {
		*why = str_fmt(a, STR_FMT " has changed since it was compiled", STR_ARG(path));
		file_unmap(text);
		return false;
	}
	b->texts[i] = text;
	return true;
}

BuildPkg *export_read(Arena *a, Str archive, Str *why)
{
	ArMember *m;
	u32 n;
	const char *damage = NULL;
	Reader in = {0};
	*why = S("");
	if (!ar_read(a, archive, &m, &n, &damage)) {
		*why = str(damage);
		return NULL;
	}
	if (!find_own(m, n, &in)) {
		*why = S("no export data of this compiler");
		return NULL;
	}
	BuildPkg *b = NEW(a, BuildPkg);
	b->arena = a;
	b->diags = diags_new(a);
	read_str(&in); // what is left out
	b->facts = read_facts(&in);
	b->opt.import_path = read_str(&in);
	b->opt.lang = read_str(&in);
	Str flags = read_bytes(&in, 1);
	u64 files = read_uvarint(&in);
	if (in.bad || files > (u64)(in.end - in.p)) {
		*why = S("damaged export data");
		return NULL;
	}
	b->opt.std = flags.p[0] & 1;
	b->opt.runtime = flags.p[0] & 2;
	b->opt.fieldtrack = flags.p[0] & 4;
	b->texts = NEWN(a, Str, files);
	for (u32 i = 0; i < files; i++)
		if (!read_file(a, b, &in, i, why)) {
			if (!why->n)
				*why = S("damaged export data");
			return NULL;
		}
	b->cached = archive;    // bodies are checked on demand
	return b;
}

// ---- importing ----------------------------------------------------------------------------------

struct Importer {
	Arena *a;
	ImporterConfig cfg;
	StrMap pkgs;            // path -> BuildPkg *; NULL value while it is being imported
	StrMap failed;          // path -> Str *
};

Importer *importer_new(Arena *a, const ImporterConfig *cfg)
{
	Importer *im = NEW(a, Importer);
	im->a = a;
	im->cfg = *cfg;
	return im;
}

static Str find_archive(Importer *im, Str path)
{
	for (u32 i = 0; i < im->cfg.nfiles; i++)
		if (str_eq(im->cfg.files[i].path, path))
			return im->cfg.files[i].file;
	for (u32 i = 0; i < im->cfg.dirs.n && !im->cfg.have_cfg; i++) {
		static const char *const exts[] = {"a", "o"};
		for (u32 k = 0; k < LENGTH(exts); k++) {
			Str f = str_fmt(im->a, STR_FMT "/" STR_FMT ".%s", STR_ARG(im->cfg.dirs.p[i]), STR_ARG(path), exts[k]);
			if (file_exists(f))
				return f;
		}
	}
	return S("");
}

// A package of the library without an archive: from its directory; its trees and types in a.
static BuildPkg *from_goroot(Importer *im, Arena *a, Str path)
{
	if (!im->cfg.ctx)
		return NULL;
	Str full = path, dir = str_fmt(im->a, STR_FMT "/src/" STR_FMT, STR_ARG(im->cfg.goroot), STR_ARG(path));
	if (!file_is_dir(dir)) {
		full = str_cat(im->a, S("vendor/"), path);
		dir = str_fmt(im->a, STR_FMT "/src/" STR_FMT, STR_ARG(im->cfg.goroot), STR_ARG(full));
		if (!file_is_dir(dir))
			return NULL;
	}
	LoadPkg *p = load_dir(im->cfg.ctx, im->a, dir, full);
	if (p->err.n)
		return NULL;
	BuildPkg *b = NEW(a, BuildPkg);
	b->arena = a;
	b->diags = diags_new(a);
	b->opt = (CompileOptions){.import_path = full, .lang = S("go1.27"), .std = true, .runtime = build_is_runtime(full)};
	for (u32 i = 0; i < p->go_files.n; i++)
		vec_push(a, &b->go_files, path_join(a, dir, p->go_files.p[i]));
	b->cached = S("library");
	return b;
}

static Package *fail(Importer *im, Str path, Str *why, Str reason)
{
	Str *s = NEW(im->a, Str);
	*s = *why = str_fmt(im->a, "could not import " STR_FMT " (" STR_FMT ")", STR_ARG(path), STR_ARG(reason));
	strmap_put(im->a, &im->failed, path, s);
	return NULL;
}

// The path that an import means.
static Str real_path(Importer *im, Str path)
{
	if (path.n && path.p[0] == '.' && im->cfg.local_prefix.n)
		path = path_clean(im->a, path_join(im->a, im->cfg.local_prefix, path));
	for (u32 i = 0; i < im->cfg.nmaps; i++)
		if (str_eq(im->cfg.maps[i].path, path))
			return im->cfg.maps[i].file;
	return path;
}

Package *importer_import_direct(void *ctx, Str path, Str *why)
{
	Importer *im = ctx;
	if (path.n && path.p[0] == '.' && im->cfg.no_local)
		return fail(im, path, why, S("local imports disallowed"));
	Str real = real_path(im, path);
	if (im->cfg.have_cfg && !str_is(path, "unsafe") && !find_archive(im, real).n)
		return fail(im, real, why, S("open : no such file or directory"));
	return importer_import(ctx, path, why);
}

Package *importer_import(void *ctx, Str path, Str *why)
{
	Importer *im = ctx;
	if (str_is(path, "unsafe"))
		return types_unsafe_package();
	path = real_path(im, path);
	BuildPkg *b = strmap_get(&im->pkgs, path);
	if (b)
		return b->types;
	Str *before = strmap_get(&im->failed, path);
	if (before) {
		*why = *before;
		return NULL;
	}
	if (strmap_has(&im->pkgs, path))
		return fail(im, path, why, S("import cycle"));
	path = str_dup(im->a, path);
	strmap_put(im->a, &im->pkgs, path, NULL);
	Str file = find_archive(im, path), archive, reason = S("");
	Arena *own = arena_new(); // bodies are read later, under the package's lock: see docs/architecture.md
	if (file.n) {
		Err e = file_map(im->a, file, &archive);
		if (failed(e))
			return fail(im, path, why, e.msg);
		b = export_read(own, archive, &reason);
		if (b && !str_eq(b->opt.import_path, path)) {
			reason = str_fmt(im->a, "mismatched import path, have \"" STR_FMT "\", want \"" STR_FMT "\"", STR_ARG(b->opt.import_path),
				STR_ARG(path));
			b = NULL;
		}
	} else {
		b = from_goroot(im, own, path);
		reason = S("file not found");
	}
	if (!b)
		return fail(im, path, why, reason);
	b->import = importer_import;
	b->import_ctx = im;
	if (!package_parse(b) || !package_check(b))
		return fail(im, path, why, S("its source has errors"));
	strmap_put(im->a, &im->pkgs, path, b);
	return b->types;
}
