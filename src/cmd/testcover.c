// testcover.c: `go test -cover`: the packages to be covered are compiled from sources in which the library's cmd/cover has
// put counters. It writes the counters and the description of the package (the meta-data) into a file of their own, to
// which we add the registration of the package; official Go's compiler makes that call itself. Facts:
// cmd/internal/cov/covcmd, cmd/compile/internal/coverage, cmd/go/internal/work/cover.go.
#include "cmd/test.h"
#include "cmd/value.h"
#include "load/facts.h"
#include "mod/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define RTCOV "internal/coverage/rtcov"

// What cmd/cover makes of a package: the file of counters, the sources, and the meta-data for covdata.
typedef struct Instrumented { StrVec files; Str meta; } Instrumented;

static void hex(Buf *b, const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i++)
		buf_printf(b, "%02x", p[i]);
}

static Str hash_name(Arena *a, const char *prefix, Str s, u32 n, const char *suffix)
{
	u8 sum[32];
	sha256(s.p, s.n, sum);
	Buf b = {0};
	buf_c(&b, prefix);
	hex(&b, sum, n);
	buf_c(&b, suffix);
	Str out = str_dup(a, buf_view(&b));
	buf_free(&b);
	return out;
}

// ---- the tool -----------------------------------------------------------------------------------

static void json_member(Buf *b, const char *name, Str value)
{
	buf_printf(b, "%s\"%s\":", b->n ? "," : "{", name);
	json_string(b, value);
}

static bool write_text(Arena *a, Str file, Str text)
{
	return !failed(file_write(a, file, text.p, text.n, 0666));
}

static Str read_text(Arena *a, Str file)
{
	Str text, s = {0};
	if (!failed(file_map(a, file, &text))) {
		s = str_dup(a, text);
		file_unmap(text);
	}
	return s;
}

// The statement that makes the package known to the coverage runtime, from what the tool says of it.
static Str registration(Arena *a, LoadPkg *p, Str vars, Str config, Str mode)
{
	int at = str_find(config, "\"MetaLen\":"), h = str_find(config, "\"MetaHash\":\"");
	Str declared = str_fmt(a, "var " STR_FMT "P uint32\n", STR_ARG(p->cover_prefix));
	int decl = str_find(vars, declared.p);
	int clause = str_find(vars, "package ");
	if (at < 0 || h < 0 || decl < 0 || clause < 0)
		return (Str){0};
	u32 len = (u32)strtoul(config.p + at + 10, NULL, 10), eol = (u32)clause;
	while (eol < vars.n && vars.p[eol] != '\n')
		eol++;
	Buf hash = {0};
	for (u32 i = 0; i < 16; i++)
		buf_printf(&hash, "%s0x%.2s", i ? ", " : "", config.p + h + 12 + 2 * i);
	int cmode = str_is(mode, "set") ? 1 : str_is(mode, "count") ? 2 : 3, per_block = 1; // internal/coverage/defs.go
	Str out = str_fmt(a, STR_FMT "\nimport goCover_rtcov \"" RTCOV "\"\nimport goCover_unsafe \"unsafe\"\n" STR_FMT
		"var " STR_FMT "P = goCover_rtcov.AddMeta(goCover_unsafe.Pointer(&" STR_FMT "M), %u, [16]byte{" STR_FMT "}, \"" STR_FMT "\", -1, %d, %d)\n"
		STR_FMT, STR_ARG(str_sub(vars, 0, eol)), STR_ARG(str_sub(vars, eol, (u32)decl)), STR_ARG(p->cover_prefix), STR_ARG(p->cover_prefix), len,
		STR_ARG(buf_view(&hash)), STR_ARG(p->import_path), cmode, per_block, STR_ARG(str_from(vars, (u32)decl + declared.n)));
	buf_free(&hash);
	return out;
}

static bool run_cover(TestCmd *t, LoadPkg *p, u32 nfiles, Instrumented *out)
{
	Arena *a = t->c.arena;
	Str mode = t->value[TEST_covermode];
	Str dir = path_join(a, t->work, hash_name(a, "cover-", p->import_path, 8, ""));
	Str cfg = path_join(a, dir, S("pkgcfg.txt")), list = path_join(a, dir, S("outfiles.txt")), fixup = path_join(a, dir, S("fixup.json")),
		vars = path_join(a, dir, S("covervars.go")), meta = path_join(a, dir, S("meta"));
	Buf b = {0}, names = {0};
	json_member(&b, "OutConfig", fixup);
	json_member(&b, "PkgPath", p->import_path);
	json_member(&b, "PkgName", p->name);
	json_member(&b, "Granularity", S("perblock"));
	json_member(&b, "ModulePath", p->module ? p->module->path : S(""));
	json_member(&b, "EmitMetaFile", meta);
	if (p->is_command_line) // no import path names its files
		buf_c(&b, ",\"Local\":true");
	buf_c(&b, "}\n");
	StrVec sources = {0};
	buf_printf(&names, STR_FMT "\n", STR_ARG(vars));
	for (u32 i = 0; i < nfiles; i++) {
		vec_push(a, &sources, str_fmt(a, STR_FMT "/%u.cover.go", STR_ARG(dir), i));
		buf_printf(&names, STR_FMT "\n", STR_ARG(sources.p[i]));
	}
	bool ok = !failed(dir_make_all(a, dir)) && write_text(a, cfg, buf_view(&b)) && write_text(a, list, buf_view(&names));
	buf_free(&b);
	buf_free(&names);
	const char **args = NEWN(a, const char *, nfiles + 12);
	u32 n = 0;
	const char *fixed[] = {t->cover_tool.p, "-pkgcfg", cfg.p, "-mode", mode.p, "-var", p->cover_prefix.p, "-outfilelist", list.p};
	for (; n < LENGTH(fixed); n++)
		args[n] = fixed[n];
	for (u32 i = 0; i < nfiles; i++)
		args[n++] = str_c(a, path_join(a, p->dir, p->go_files.p[i]));
	Str said, err;
	ok = ok && process_output(a, dir, args, &said, &err);
	if (ok) {
		vec_push(a, &out->files, registration(a, p, read_text(a, vars), read_text(a, fixup), mode));
		for (u32 i = 0; i < sources.n; i++)
			vec_push(a, &out->files, read_text(a, sources.p[i]));
		out->meta = read_text(a, meta);
		for (u32 i = 0; i < out->files.n; i++)
			ok = ok && out->files.p[i].p;
	}
	dir_remove_all(a, dir);
	return ok;
}

// ---- what was instrumented before ---------------------------------------------------------------

static void add_text(Buf *b, Str s)
{
	buf_u32(b, s.n);
	buf_str(b, s);
}

static bool take_text(Str *all, Str *out)
{
	if (all->n < 4 || get_u32(all->p) > all->n - 4)
		return false;
	*out = str_sub(*all, 4, 4 + get_u32(all->p));
	*all = str_from(*all, 4 + out->n);
	return true;
}

static bool action_of(TestCmd *t, LoadPkg *p, u32 nfiles, ActionId *id)
{
	Arena *a = t->c.arena;
	Buf b = {0};
	add_text(&b, S("ingot cover 1"));
	add_text(&b, t->cover_tool); // a file of the cache, named by content
	add_text(&b, t->value[TEST_covermode]);
	add_text(&b, p->import_path);
	add_text(&b, p->module ? p->module->path : S(""));
	add_text(&b, p->dir);
	bool ok = true;
	for (u32 i = 0; i < nfiles; i++) {
		Err e;
		const FileFacts *f = facts_get(t->c.ctx.facts, path_join(a, p->dir, p->go_files.p[i]), &e);
		add_text(&b, p->go_files.p[i]);
		if (f)
			buf_bytes(&b, f->hash, sizeof f->hash);
		ok = ok && f;
	}
	sha256(b.p, b.n, id->b);
	buf_free(&b);
	return ok;
}

static bool instrument(TestCmd *t, LoadPkg *p, u32 nfiles, Instrumented *out)
{
	Arena *a = t->c.arena;
	ActionId id;
	Cache *cache = cache_open(a, env_get(t->c.env, "GOCACHE"));
	bool known = action_of(t, p, nfiles, &id);
	Str data, file;
	if (known && cache_get(cache, &id, &data, &file)) {
		Str one;
		while (data.n && take_text(&data, &one))
			vec_push(a, &out->files, str_dup(a, one)); // the scanner needs the NUL behind it
		if (out->files.n == nfiles + 2) {
			out->meta = vec_pop(&out->files);
			return true;
		}
		out->files.n = 0;
	}
	if (!run_cover(t, p, nfiles, out))
		return false;
	Buf b = {0};
	for (u32 i = 0; i < out->files.n; i++)
		add_text(&b, out->files.p[i]);
	add_text(&b, out->meta);
	if (known)
		cache_put(cache, &id, b.p, b.n, 0666, NULL);
	buf_free(&b);
	return true;
}

// The instrumented sources import what the others do not.
static void add_import(TestCmd *t, LoadPkg *p, Str path)
{
	ImportError *bad = NULL;
	LoadPkg *d = strmap_has(&p->import_map, path) ? NULL : load_import(&t->c.loader, NULL, path, 0, &bad);
	if (!d)
		return;
	vec_push(t->c.arena, &p->imports, (ImportRef){path, 0});
	vec_push(t->c.arena, &p->import_paths, path);
	vec_push(t->c.arena, &p->deps, d);
	strmap_put(t->c.arena, &p->import_map, path, d);
}

// p may be a copy that shares its lists with the original.
static void own_lists(Arena *a, LoadPkg *p)
{
	LoadPkgVec deps = {0};
	StrMap map = {0};
	StrVec files = {0}, paths = {0};
	ImportRefVec imports = {0};
	for (u32 i = 0; i < p->imports.n; i++)
		vec_push(a, &imports, p->imports.p[i]);
	for (u32 i = 0; i < p->import_paths.n; i++)
		vec_push(a, &paths, p->import_paths.p[i]);
	for (u32 i = 0; i < p->deps.n; i++)
		vec_push(a, &deps, p->deps.p[i]);
	for (u32 i = 0; i < p->import_map.cap; i++)
		if (p->import_map.slots[i].key.p)
			strmap_put(a, &map, p->import_map.slots[i].key, p->import_map.slots[i].val);
	vec_push(a, &files, S("_covervars.go")); // first: what counts must not change the order in which variables are initialized
	for (u32 i = 0; i < p->go_files.n; i++)
		vec_push(a, &files, p->go_files.p[i]);
	p->imports = imports;
	p->import_paths = paths;
	p->deps = deps;
	p->import_map = map;
	p->go_files = files;
	p->texts = (StrVec){0};
}

void testcover_package(TestCmd *t, LoadPkg *p, u32 n)
{
	Arena *a = t->c.arena;
	Instrumented in = {0};
	if (!n || p->err.n || build_is_runtime(p->import_path))
		return;
	p->cover_prefix = hash_name(a, "goCover_", p->import_path, 6, "_");
	if (!instrument(t, p, n, &in)) { // the compiler says why
		p->cover_prefix = S("");
		return;
	}
	own_lists(a, p);
	for (u32 i = 0; i < p->go_files.n; i++)
		vec_push(a, &p->texts, i <= n ? in.files.p[i] : (Str){0});
	add_import(t, p, S(RTCOV));
	add_import(t, p, S("unsafe"));
	if (str_is(p->name, "main")) // cmd/cover has commands import it
		add_import(t, p, S("runtime/coverage"));
	if (str_is(t->value[TEST_covermode], "atomic") && !str_is(p->import_path, "sync/atomic"))
		add_import(t, p, S("sync/atomic"));
	if (in.meta.n) {
		Str *meta = NEW(a, Str);
		*meta = in.meta;
		strmap_put(a, &t->cover_meta, p->import_path, meta);
	}
}

// ---- which packages -----------------------------------------------------------------------------

// Whether a pattern of -coverpkg names a package.
static bool matches(TestCmd *t, Str pattern, LoadPkg *p)
{
	bool cmd = str_is(p->import_path, "cmd") || str_has_prefix(p->import_path, "cmd/");
	if (str_is(pattern, "all"))
		return true;
	if (str_is(pattern, "std") || str_is(pattern, "cmd"))
		return p->standard && cmd == str_is(pattern, "cmd");
	if (mod_is_dir_path(pattern)) {
		Str dir = pattern.p[0] == '/' ? pattern : path_join(t->c.arena, t->c.ctx.cwd, pattern);
		return load_glob(path_clean(t->c.arena, dir), p->dir);
	}
	return load_glob(pattern, p->import_path);
}

static bool is_coverable(TestCmd *t, LoadPkg *p)
{
	bool atomic = str_is(t->value[TEST_covermode], "atomic") && str_is(p->import_path, "sync/atomic");
	return p->go_files.n && !p->is_testmain && !p->is_xtest && !str_is(p->import_path, "unsafe") && !atomic;
}

static Str start_tool(const char *path)
{
	Str file;
	return program_library_file(path, &file) ? file : S("");
}

bool testcover_start(TestCmd *t, LoadPkg **roots)
{
	Arena *a = t->c.arena;
	t->cover_tool = start_tool("cmd/cover");
	if (!t->cover_tool.n)
		return false;
	Str list = t->value[TEST_coverpkg];
	for (u32 i = 0; list.n && i <= list.n; i++)
		if (i == list.n || list.p[i] == ',') {
			vec_push(a, &t->cover_patterns, str_sub(list, 0, i));
			list = str_from(list, MIN(i + 1, list.n));
			i = UINT32_MAX;
		}
	bool *used = NEWN(a, bool, t->cover_patterns.n + 1);
	t->cover = false; // these are loaded to look at them only
	for (u32 i = 0; i < t->n && t->cover_patterns.n; i++) {
		TestLoad *l = testrun_load(t, roots[i]);
		for (u32 k = 0; k < l->c.loader.all.n; k++) {
			LoadPkg *p = l->c.loader.all.p[k];
			LoadPkg *own = strmap_get(&t->c.loader.pkgs, p->import_path); // p may be a copy for this test
			bool any = false;
			for (u32 m = 0; m < t->cover_patterns.n; m++)
				if (matches(t, t->cover_patterns.p[m], p))
					any = used[m] = true;
			if (!any || !own || !is_coverable(t, own) || strmap_has(&t->covered, p->import_path))
				continue;
			strmap_put(a, &t->covered, p->import_path, own);
			vec_push(a, &t->covered_list, p->import_path);
		}
	}
	t->cover = true;
	for (u32 i = 0; i < t->covered_list.n; i++) {
		LoadPkg *p = strmap_get(&t->covered, t->covered_list.p[i]);
		testcover_package(t, p, p->go_files.n);
	}
	for (u32 m = 0; m < t->cover_patterns.n; m++)
		if (!used[m])
			fprintf(stderr, "warning: no packages being tested depend on matches for pattern " STR_FMT "\n", STR_ARG(t->cover_patterns.p[m]));
	return true;
}

// ---- running ------------------------------------------------------------------------------------

static Str meta_name(Arena *a, Str import_path) { return hash_name(a, "covmeta.", import_path, 32, ""); }

Str testcover_dir(TestCmd *t, Str work)
{
	Arena *a = t->c.arena;
	Str dir = path_join(a, work, S("gocoverdir"));
	Buf paths = {0}, files = {0};
	if (failed(dir_make_all(a, dir)))
		return dir;
	for (u32 i = 0; i < t->covered_list.n; i++) { // also those that are not linked into this test
		Str path = t->covered_list.p[i], *meta = strmap_get(&t->cover_meta, path), file = path_join(a, work, meta_name(a, path));
		if (!meta || !write_text(a, file, *meta))
			continue;
		buf_c(&paths, paths.n ? "," : "");
		json_string(&paths, path);
		buf_c(&files, files.n ? "," : "");
		json_string(&files, file);
	}
	if (t->covered_list.n) {
		Str text = str_fmt(a, "{\"ImportPaths\":[" STR_FMT "],\"MetaFileFragments\":[" STR_FMT "]}\n", STR_ARG(buf_view(&paths)), STR_ARG(buf_view(&files)));
		write_text(a, path_join(a, dir, S("metafiles.txt")), text);
	}
	buf_free(&paths);
	buf_free(&files);
	return dir;
}

Str testcover_untested(TestCmd *t, LoadPkg *p, Str work, Str profile)
{
	Arena *a = t->c.arena;
	Str *meta = strmap_get(&t->cover_meta, p->import_path), out, err;
	Str tool = meta ? start_tool("cmd/covdata") : S(""), dir = path_join(a, work, S("meta"));
	if (!tool.n || failed(dir_make_all(a, dir)) || !write_text(a, path_join(a, dir, meta_name(a, p->import_path)), *meta))
		return S("");
	const char *percent[] = {tool.p, "percent", "-i", dir.p, NULL}, *textfmt[] = {tool.p, "textfmt", "-i", dir.p, "-o", profile.p, NULL};
	if (!process_output(a, dir, percent, &out, &err))
		return S("");
	Str none, ignored;
	if (profile.n)
		process_output(a, dir, textfmt, &none, &ignored);
	return out;
}

bool testcover_create(TestCmd *t)
{
	Arena *a = t->c.arena;
	Str file = t->value[TEST_coverprofile];
	if (!file.n || test_flag_on(t, TEST_c))
		return true;
	if (file.p[0] != '/')
		file = path_join(a, t->value[TEST_outputdir].n ? t->value[TEST_outputdir] : t->c.ctx.cwd, file);
	Str head = str_fmt(a, "mode: " STR_FMT "\n", STR_ARG(t->value[TEST_covermode]));
	int fd = open(file.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, head.p, head.n) != (ssize_t)head.n) {
		fprintf(stderr, STR_FMT "\n", STR_ARG(err_sys(a, "open", file).msg));
		return false;
	}
	close(fd);
	t->cover_profile = file;
	return true;
}

void testcover_merge(TestCmd *t, Str part)
{
	Arena *a = t->c.arena;
	Str head = str_fmt(a, "mode: " STR_FMT "\n", STR_ARG(t->value[TEST_covermode]));
	if (!t->cover_profile.n || !part.n)
		return;
	if (!str_has_prefix(part, head.p)) {
		fprintf(stderr, "test wrote malformed coverage profile\n");
		return;
	}
	int fd = open(t->cover_profile.p, O_WRONLY | O_APPEND | O_CLOEXEC); // other tests append to it, too
	if (fd < 0)
		return;
	flock(fd, LOCK_EX);
	for (part = str_from(part, head.n); part.n;) {
		ssize_t n = write(fd, part.p, part.n);
		if (n <= 0) {
			fprintf(stderr, "saving coverage profile: %s\n", err_sys(a, "write", t->cover_profile).msg.p);
			break;
		}
		part = str_from(part, (u32)n);
	}
	close(fd);
}
