// summary.c: what the go.mod files in the module cache ask for, kept between runs in $GOCACHE: a graph of modules is walked
// without reading or parsing one that is as it was. Kept is what others see of a module: its path, its go and toolchain lines,
// requirements, deprecation and ignored directories; and the hash of the file, which go.sum is asked about as if it were read.
#include "base/reader.h"
#include "load/facts.h"
#include "mod/fetch.h"
#include "mod/reqs.h"
#include "mod/zip.h"

#define SUMMARIES_FILE "ingot-mods"

static void put_str(Buf *b, Str s)
{
	buf_uvarint(b, s.n);
	buf_str(b, s);
}

// For facts_get_with: the summary of a go.mod, empty if it has errors: those are found, and said, by who reads it.
static Str summarize(Arena *a, Str text)
{
	ModFile f;
	StrVec errs = {0};
	if (!modfile_parse(a, S("go.mod"), str_dup(a, text), false, &f, &errs) || !f.has_module)
		return S("");
	Buf b = {0};
	put_str(&b, f.module);
	put_str(&b, f.go);
	put_str(&b, f.toolchain);
	put_str(&b, f.deprecated);
	buf_uvarint(&b, f.ignore.n);
	for (u32 i = 0; i < f.ignore.n; i++)
		put_str(&b, f.ignore.p[i]);
	buf_uvarint(&b, f.require.n);
	for (u32 i = 0; i < f.require.n; i++) {
		put_str(&b, f.require.p[i].path);
		put_str(&b, f.require.p[i].version);
		buf_u8(&b, f.require.p[i].indirect);
	}
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

static bool read_summary(Arena *a, Str s, ModFile *f)
{
	Reader in = {s.p, s.p + s.n, false};
	*f = (ModFile){.has_module = true};
	f->module = read_str(&in);
	f->go = read_str(&in);
	f->toolchain = read_str(&in);
	f->deprecated = read_str(&in);
	for (u64 n = read_uvarint(&in); n > 0 && !in.bad; n--)
		vec_push(a, &f->ignore, read_str(&in));
	u64 n = read_uvarint(&in);
	if (in.bad || n > s.n)
		return false;
	f->require.p = n ? NEWN(a, ModRequire, n) : NULL;
	f->require.n = f->require.cap = (u32)n;
	for (u32 i = 0; i < n; i++) {
		ModRequire *r = &f->require.p[i];
		r->path = read_str(&in);
		r->version = read_str(&in);
		r->indirect = *read_bytes(&in, 1).p;
	}
	return !in.bad;
}

bool summary_get(Fetch *f, Str path, Str version, ModFile *out, Err *e)
{
	if (!f->cache.n || f->cache.p[0] != '/')
		return false;
	if (!f->summaries)
		f->summaries = facts_open(f->arena, env_get(f->env, "GOCACHE"), SUMMARIES_FILE);
	const FileFacts *facts = facts_get_with(f->summaries, fetch_cache_file(f, path, version, "mod"), summarize, e);
	if (!facts || facts->is_dir || !facts->summary.n || !read_summary(f->arena, facts->summary, out))
		return false;
	*e = sums_check(f->sums, path, version, true, dirhash_gomod_hash(f->arena, facts->hash));
	return true;
}

void summaries_save(Fetch *f)
{
	if (f->summaries)
		facts_save(f->summaries);
}
