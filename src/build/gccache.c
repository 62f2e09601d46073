// gccache.c: export data in gc's format for the packages of a build, made from their types and kept in the cache under
// the archive's action: what go vet's analyzers and `go list -export` hand on.
#include "build/build.h"
#include "build/gcexport.h"

typedef struct Exports { Build *b; bool whole; } Exports;

static bool has_types(const BuildPkg *k)
{
	return k->types && !k->failed && !k->load->err.n && !k->types->is_unsafe && k->load->go_files.n;
}

static void write_one(void *ctx, u32 i, u32 worker)
{
	Exports *x = ctx;
	Build *b = x->b;
	BuildPkg *k = &b->pkgs[i];
	Str archive = k->cached.n ? k->cached : buf_view(&k->archive);
	if (k->gc_file.n || !has_types(k) || (x->whole && !archive.n))
		return;
	base_context(k->load->import_path.p, "export");
	Buf out = {0};
	Str path = k->opt.import_path;
	BuildContext *c = b->opt.ctx;
	bool ok = true;
	if (x->whole)
		ok = gcexport_add(k->types, path, archive, &out);
	else
		gcexport_archive(k->types, path, c->goos, c->goarch, &out);
	ActionId id = action_part(&k->action, x->whole ? "gc export 1 and archive" : "gc export 1");
	if (ok && failed(cache_put(b->cache, &id, out.p, out.n, 0666, &k->gc_file)))
		k->gc_file = S("");
	buf_free(&out);
}

bool build_gc_exports(Build *b, bool whole)
{
	b->opt.check_only = !whole;
	b->opt.keep_archives = b->opt.keep_archives || whole;
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		ActionId id = action_part(&k->action, whole ? "gc export 1 and archive" : "gc export 1");
		Str data;
		if (k->skip || str_is(k->load->import_path, "unsafe"))
			continue;
		if (b->opt.rebuild || !cache_get(b->cache, &id, &data, &k->gc_file)) {
			k->gc_file = S("");
			k->wanted = true;
		}
	}
	bool ok = build_packages(b);
	Exports x = {b, whole};
	pool_for(b->opt.pool, b->n, write_one, &x);
	return ok;
}
