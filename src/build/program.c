// program.c: a whole build in one process. The plan gives each package an action id, a hash of all that its archive
// depends on. Archives that the cache has are taken from there; the other packages, and those whose types they need,
// are parsed (in parallel), checked (in order of imports, in parallel where they do not depend on each other) and
// compiled (in parallel). What is a command is linked.
#include "base/overlay.h"
#include "base/release.h"
#include "build/demand.h"
#include "build/export.h"
#include "load/facts.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void phase(Build *b, const char *name)
{
	double t = now_ms();
	if (b->opt.print_times)
		fprintf(stderr, "%-10s %8.1f ms\n", name, t - b->clock);
	b->clock = t;
}

static Package *import_package(void *ctx, Str path, Str *why)
{
	BuildPkg *from = ctx;
	if (str_is(path, "unsafe"))
		return types_unsafe_package();
	LoadPkg *p = strmap_get(&from->load->import_map, path);
	BuildPkg *b = p ? p->build : NULL;
	if (!b || !b->types) {
		Str reason = p && p->err.n ? p->err : S("not built");
		*why = str_fmt(from->arena, "could not import " STR_FMT " (" STR_FMT ")", STR_ARG(path), STR_ARG(reason));
		return NULL;
	}
	return b->types;
}

bool build_is_runtime(Str path)
{
	static const char *const names[] = {"internal/abi", "internal/bytealg", "internal/byteorder", "internal/chacha8rand",
		"internal/coverage/rtcov", "internal/cpu", "internal/goarch", "internal/godebugs", "internal/goexperiment",
		"internal/goos", "internal/profilerecord", "internal/runtime/atomic", "internal/runtime/cgroup",
		"internal/runtime/exithook", "internal/runtime/gc", "internal/runtime/gc/scan", "internal/runtime/maps",
		"internal/runtime/math", "internal/runtime/sys", "internal/runtime/syscall/linux",
		"internal/runtime/syscall/windows", "internal/strconv", "internal/stringslite", "runtime"};
	for (u32 i = 0; i < LENGTH(names); i++)
		if (str_is(path, names[i]))
			return true;
	return false;
}

// Packages with functions whose bodies are elsewhere without being assembly (cmd/go/internal/work/gc.go).
static bool is_complete(LoadPkg *p)
{
	static const char *const incomplete[] = {"bytes", "internal/poll", "net", "os", "runtime/metrics", "runtime/pprof",
		"runtime/trace", "sync", "syscall", "time"};
	if (p->s_files.n)
		return false;
	for (u32 i = 0; i < LENGTH(incomplete) && p->standard; i++)
		if (str_is(p->import_path, incomplete[i]))
			return false;
	return true;
}

static StrVec flags_of(Build *b, LoadPkg *p, BuildTool tool)
{
	return b->opt.tool_flags ? b->opt.tool_flags(b->opt.tool_ctx, p, tool) : (StrVec){0};
}

static Str default_godebug(Build *b, LoadPkg *main)
{
	return b->opt.default_godebug ? b->opt.default_godebug(b->opt.module_ctx, main) : S("");
}

StrVec build_link_words(Build *b, LoadPkg *main)
{
	StrVec given = flags_of(b, main, TOOL_LINK), words = {0};
	Str debug = default_godebug(b, main);
	if (debug.n)
		vec_push(b->arena, &words, str_cat(b->arena, S("-X=runtime.godebugDefault="), debug));
	for (u32 i = 0; i < given.n; i++)
		vec_push(b->arena, &words, given.p[i]);
	return words;
}

// False after a message.
static bool prepare(Build *b, BuildPkg *k, LoadPkg *p)
{
	BuildContext *c = b->opt.ctx;
	Arena *a = b->arena;
	k->load = p;
	p->build = k;
	k->arena = arena_new();
	k->diags = diags_new(k->arena);
	k->dir = p->dir;
	for (u32 i = 0; i < p->go_files.n; i++)
		vec_push(a, &k->go_files, path_join(a, p->dir, p->go_files.p[i]));
	if (p->texts.n) {
		k->texts = NEWN(b->arena, Str, p->go_files.n);
		memcpy(k->texts, p->texts.p, MIN(p->texts.n, p->go_files.n) * sizeof(Str));
	}
	for (u32 i = 0; i < p->s_files.n; i++)
		vec_push(a, &k->s_files, path_join(a, p->dir, p->s_files.p[i]));
	k->import = import_package;
	k->import_ctx = k;
	k->opt = (CompileOptions){
		.import_path = p->is_main ? S("main") : p->import_path, .lang = p->go_version, .std = p->standard,
		.runtime = p->standard && build_is_runtime(p->import_path), .complete = is_complete(p),
		.goos = c->goos, .goarch = c->goarch, .goroot = c->goroot, .trimpath = b->trim_rules, .cover_prefix = p->cover_prefix,
		.fieldtrack = context_experiment(c, "fieldtrack"),
	};
	k->gcflags = flags_of(b, p, TOOL_COMPILE);
	k->asmflags = flags_of(b, p, TOOL_ASM);
	if (b->opt.compile_flags && !b->opt.compile_flags(a, &k->gcflags, &k->opt))
		return false;
	k->talks = k->opt.explain || k->opt.print_asm || (k->opt.debug.n && !str_is(k->opt.debug, "libfuzzer"));
	return true;
}

static void parse_one(void *ctx, u32 i, u32 worker)
{
	BuildPkg *k = &((Build *)ctx)->pkgs[i];
	if (k->wanted && !k->cached.n && !k->load->err.n && !str_is(k->load->import_path, "unsafe") && !package_parse(k))
		k->failed = true;
}

// ---- checking in order --------------------------------------------------------------------------

typedef struct Schedule {
	Build *b;
	pthread_mutex_t lock;
	pthread_cond_t more;
	u32 *waiting;           // by package: imports not done yet
	u32 *ready, nready, taken, done;
	VEC(u32) *importers;
} Schedule;

// Such a package's own errors would only follow from those of its imports: gc is not even started on it.
static bool import_failed(const BuildPkg *k)
{
	for (u32 i = 0; i < k->load->deps.n; i++) {
		LoadPkg *d = k->load->deps.p[i];
		if (d->err.n || !d->build || ((BuildPkg *)d->build)->failed)
			return true;
	}
	return false;
}

static void check_one(Build *b, BuildPkg *k)
{
	if (k->failed || k->load->err.n || !k->wanted)
		return;
	if (str_is(k->load->import_path, "unsafe")) {
		k->types = types_unsafe_package();
		return;
	}
	k->failed = import_failed(k);
	if (k->failed)
		return;
	base_context(k->load->import_path.p, "check");
	if (k->cached.n)
		package_on_demand(k, name_of(k->load->name));
	else if (!package_check(k))
		k->failed = true;
}

static void check_worker(void *ctx, u32 i, u32 worker)
{
	Schedule *s = ctx;
	Build *b = s->b;
	pthread_mutex_lock(&s->lock);
	while (s->done < b->n) {
		if (s->taken == s->nready) {
			if (s->taken == b->n)
				break;
			pthread_cond_wait(&s->more, &s->lock);
			continue;
		}
		u32 at = s->ready[s->taken++];
		pthread_mutex_unlock(&s->lock);
		check_one(b, &b->pkgs[at]);
		pthread_mutex_lock(&s->lock);
		s->done++;
		for (u32 k = 0; k < s->importers[at].n; k++)
			if (--s->waiting[s->importers[at].p[k]] == 0)
				s->ready[s->nready++] = s->importers[at].p[k];
		pthread_cond_broadcast(&s->more);
	}
	pthread_mutex_unlock(&s->lock);
}

static void check_all(Build *b)
{
	Schedule s = {.b = b};
	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.more, NULL);
	s.waiting = NEWN(b->arena, u32, b->n);
	s.ready = NEWN(b->arena, u32, b->n);
	s.importers = (void *)NEWN(b->arena, VEC(u32), b->n);
	for (u32 i = 0; i < b->n; i++) {
		LoadPkg *p = b->pkgs[i].load;
		for (u32 d = 0; d < p->deps.n; d++) {
			BuildPkg *k = p->deps.p[d]->build;
			if (!k || k->order >= i)
				continue; // not found, or a cycle: reported already
			s.waiting[i]++;
			vec_push(b->arena, &s.importers[k->order], i);
		}
		if (!s.waiting[i])
			s.ready[s.nready++] = i;
	}
	// One job a worker; with one worker a single call does everything in order.
	pool_for(b->opt.pool, pool_size(b->opt.pool), check_worker, &s);
}

// ---- compiling ----------------------------------------------------------------------------------

typedef struct CompileAll { Build *b; u32 *by_size; } CompileAll;

void build_announce(Build *b, BuildPkg *k)
{
	if (b->opt.verbose && !k->announced)
		fprintf(stderr, STR_FMT "\n", STR_ARG(k->load->import_path));
	k->announced = true;
}

static void compile_one(void *ctx, u32 i, u32 worker)
{
	CompileAll *c = ctx;
	BuildPkg *k = &c->b->pkgs[c->by_size[i]];
	if (k->failed || k->cached.n || !k->types || k->types->is_unsafe)
		return;
	build_announce(c->b, k);
	base_context(k->load->import_path.p, "compile");
	if (!package_compile(k, c->b->opt.pool)) {
		k->failed = true;
		return;
	}
	cache_put(c->b->cache, &k->action, k->archive.p, k->archive.n, 0666, &k->file);
}

static int larger_first(const void *x, const void *y, void *ctx)
{
	Build *b = ctx;
	u64 p = b->pkgs[*(const u32 *)x].bytes, q = b->pkgs[*(const u32 *)y].bytes;
	return p < q ? 1 : p > q ? -1 : (*(const u32 *)x > *(const u32 *)y) - (*(const u32 *)x < *(const u32 *)y);
}

static bool any_failed(Build *b)
{
	for (u32 i = 0; i < b->n; i++)
		if (b->pkgs[i].failed || b->pkgs[i].load->err.n)
			return true;
	return false;
}

// ---- the plan -----------------------------------------------------------------------------------

static void hash_str_field(Sha256 *h, Str s)
{
	u64 n = s.n;
	sha256_add(h, &n, sizeof n);
	sha256_add(h, s.p, s.n);
}

static bool hash_files(Build *b, Sha256 *h, LoadPkg *p, const StrVec *files)
{
	for (u32 i = 0; i < files->n; i++) {
		Err e;
		if (files == &p->go_files && i < p->texts.n && p->texts.p[i].p) {
			hash_str_field(h, files->p[i]);
			hash_str_field(h, p->texts.p[i]);
			continue;
		}
		const FileFacts *f = facts_get(b->opt.ctx->facts, path_join(b->arena, p->dir, files->p[i]), &e);
		if (!f) {
			p->err = e.msg;
			return false;
		}
		hash_str_field(h, files->p[i]);
		sha256_add(h, f->hash, 32);
		if (files == &p->go_files)
			((BuildPkg *)p->build)->bytes += (u64)f->size;
	}
	return true;
}

static void hash_words(Sha256 *h, const StrVec *words)
{
	u64 n = words->n;
	sha256_add(h, &n, sizeof n);
	for (u32 i = 0; i < words->n; i++)
		hash_str_field(h, words->p[i]);
}

static void plan_package(Build *b, BuildPkg *k, const u8 self[32])
{
	LoadPkg *p = k->load;
	Sha256 h;
	sha256_init(&h);
	hash_str_field(&h, S("ingot compile"));
	sha256_add(&h, self, 32);
	Str fields[] = {k->opt.import_path, k->opt.lang, k->opt.goos, k->opt.goarch, k->opt.goroot, p->dir, k->opt.trimpath};
	for (u32 i = 0; i < LENGTH(fields); i++)
		hash_str_field(&h, fields[i]);
	u8 flags[] = {k->opt.std, k->opt.runtime, k->opt.complete, k->opt.fieldtrack};
	sha256_add(&h, flags, sizeof flags);
	hash_words(&h, &k->gcflags);
	hash_words(&h, &k->asmflags);
	const StrVec *files[] = {&p->go_files, &p->s_files, &p->h_files, &p->embed_files};
	for (u32 i = 0; i < LENGTH(files); i++)
		if (!hash_files(b, &h, p, files[i]))
			return;
	for (u32 i = 0; i < p->deps.n; i++) {
		BuildPkg *d = p->deps.p[i]->build;
		hash_str_field(&h, p->deps.p[i]->import_path);
		if (d)
			sha256_add(&h, d->action.b, 32);
	}
	sha256_end(&h, k->action.b);
}

// -trimpath: files of the library and of modules are recorded by import path, as the official command does it. Inner
// directories come before outer ones.
static int by_length(const void *x, const void *y)
{
	Str a = (*(LoadPkg *const *)x)->dir, b = (*(LoadPkg *const *)y)->dir;
	return a.n != b.n ? (a.n < b.n) - (a.n > b.n) : str_cmp(a, b);
}

static Str trim_rules(Build *b, const Loader *l)
{
	BuildContext *c = b->opt.ctx;
	Buf rules = {0};
	buf_printf(&rules, STR_FMT "/src", STR_ARG(c->goroot));
	Str modules = env_get(c->env, "GOMODCACHE");
	if (modules.n)
		buf_printf(&rules, ";" STR_FMT, STR_ARG(modules));
	LoadPkgVec others = {0};
	for (u32 i = 0; i < l->all.n; i++)
		if (!l->all.p[i]->standard)
			vec_push(b->arena, &others, l->all.p[i]);
	if (others.n)
		qsort(others.p, others.n, sizeof *others.p, by_length);
	for (u32 i = 0; i < others.n; i++)
		buf_printf(&rules, ";" STR_FMT "=>" STR_FMT, STR_ARG(others.p[i]->dir),
			STR_ARG(others.p[i]->is_command_line ? S(".") : others.p[i]->import_path));
	Str s = str_dup(b->arena, buf_view(&rules));
	buf_free(&rules);
	return s;
}

bool build_plan(Build *b, Loader *l, const BuildOptions *opt)
{
	*b = (Build){.opt = *opt, .arena = l->arena, .loader = l, .n = l->all.n, .clock = now_ms()};
	b->cache = cache_open(b->arena, env_get(opt->ctx->env, "GOCACHE"));
	if (opt->trimpath)
		b->trim_rules = trim_rules(b, l);
	b->pkgs = NEWN(b->arena, BuildPkg, b->n);
	u8 self[32];
	cache_self_id(self);
	bool ok = true;
	for (u32 i = 0; i < b->n; i++) {
		ok = prepare(b, &b->pkgs[i], l->all.p[i]) && ok;
		b->pkgs[i].order = i;
		plan_package(b, &b->pkgs[i], self);
		ok = ok && !l->all.p[i]->err.n;
	}
	phase(b, "plan");
	return ok;
}

ActionId build_link_id(Build *b, LoadPkg *main)
{
	Sha256 h;
	ActionId id;
	sha256_init(&h);
	hash_str_field(&h, S("ingot link"));
	sha256_add(&h, ((BuildPkg *)main->build)->action.b, 32);
	hash_str_field(&h, build_mod_info(b, main));
	u8 flags[] = {b->opt.trimpath};
	sha256_add(&h, flags, sizeof flags);
	StrVec words = build_link_words(b, main);
	hash_words(&h, &words);
	sha256_end(&h, id.b);
	return id;
}

static bool any_talks(Build *b)
{
	for (u32 i = 0; i < b->n; i++)
		if (b->pkgs[i].talks)
			return true;
	return false;
}

bool build_cached_exe(Build *b, LoadPkg *main, Str *image, Str *file)
{
	if (any_talks(b))
		return false;
	ActionId id = build_link_id(b, main);
	return !b->opt.rebuild && cache_get(b->cache, &id, image, file);
}

// ---- the pipeline of a build --------------------------------------------------------------------

typedef struct Finder { Build *b; Str dir; Cache **caches; } Finder; // a handle of the cache for each worker, with its own arena

static void find_one(void *ctx, u32 i, u32 worker)
{
	Finder *f = ctx;
	Build *b = f->b;
	BuildPkg *k = &b->pkgs[i];
	if (b->opt.rebuild || k->talks || k->skip)
		return;
	if (!f->caches[worker])
		f->caches[worker] = cache_open(arena_new(), f->dir);
	if (cache_get(f->caches[worker], &k->action, &k->cached, &k->file) && !demand_may_be_partial(b, k) &&
		export_left_out(k->cached).n)
		k->cached = S("");
}

void build_find_cached(Build *b)
{
	Finder f = {b, env_get(b->opt.ctx->env, "GOCACHE"), NEWN(b->arena, Cache *, pool_size(b->opt.pool))};
	pool_for(b->opt.pool, b->n, find_one, &f);
	for (u32 i = b->n; i-- > 0;) { // importers come behind what they import
		BuildPkg *k = &b->pkgs[i];
		if (k->skip)
			k->wanted = false;
		else if (!k->cached.n)
			k->wanted = true;
		for (u32 d = 0; (k->wanted || k->skip) && d < k->load->deps.n; d++)
			if (k->load->deps.p[d]->build)
				((BuildPkg *)k->load->deps.p[d]->build)->wanted = true;
	}
	b->looked = true;
	phase(b, "cache");
}

bool build_packages(Build *b)
{
	if (!b->looked)
		build_find_cached(b);
	if (!b->opt.check_only) {
		build_forked(b);
		phase(b, "forked");
	}
	pool_for(b->opt.pool, b->n, parse_one, b);
	phase(b, "parse");
	check_all(b);
	phase(b, "check");
	if (any_failed(b))
		return false;
	if (b->opt.check_only)
		return true;
	CompileAll c = {b, NEWN(b->arena, u32, b->n)};
	for (u32 i = 0; i < b->n; i++)
		c.by_size[i] = i;
	if (any_talks(b)) { // imports first: what is said of a function is said where its own package is compiled
		for (u32 i = 0; i < b->n; i++)
			compile_one(&c, i, 0);
	} else {
		qsort_r(c.by_size, b->n, sizeof *c.by_size, larger_first, b);
		pool_for(b->opt.pool, b->n, compile_one, &c);
	}
	phase(b, "compile");
	return !any_failed(b);
}

Str build_go_version(Build *b)
{
	return release_of_library(b->arena, b->opt.ctx->goroot);
}

// What debug.ReadBuildInfo and `go version -m` say of the program, between the marks by which they find it
// (cmd/go/internal/modload/build.go, debug/buildinfo).
Str build_mod_info(Build *b, LoadPkg *main)
{
	Str modules = b->opt.module_info ? b->opt.module_info(b->opt.module_ctx, main) : S("");
	Str settings = b->opt.settings ? b->opt.settings(b->opt.tool_ctx, main, default_godebug(b, main)) : S("");
	Str info = str_fmt(b->arena, "path\t" STR_FMT "\n" STR_FMT STR_FMT, STR_ARG(main->import_path), STR_ARG(modules), STR_ARG(settings));
	info = str_cat(b->arena, S("0w\xaf\x0c\x92t\x08\x02" "A\xe1\xc1\x07\xe6\xd6\x18\xe6"), info);
	return str_cat(b->arena, info, S("\xf9" "2C1\x86\x18 r\0\x82" "B\x10" "A\x16\xd8\xf2"));
}

static void mark_linked(LoadPkg *p, bool *seen)
{
	BuildPkg *k = p->build;
	if (!k || seen[k->order])
		return;
	seen[k->order] = true;
	for (u32 i = 0; i < p->deps.n; i++)
		mark_linked(p->deps.p[i], seen);
}

typedef struct Missing { Build *b; const bool *linked; } Missing;

// Whether a partial archive left sym out: then its package is compiled again, in whole.
static bool left_out(void *ctx, Str sym)
{
	Missing *m = ctx;
	bool any = false;
	for (u32 i = 0; i < m->b->n; i++) {
		BuildPkg *k = &m->b->pkgs[i];
		if (!m->linked[i] || !k->cached.n || !k->load->standard)
			continue;
		if (!k->left_out.p)
			k->left_out = export_left_out(k->cached);
		if (!export_leaves_out(k->left_out, sym))
			continue;
		k->whole = any = true;
		if (m->b->opt.print_times)
			fprintf(stderr, "left out: " STR_FMT " of " STR_FMT "\n", STR_ARG(sym), STR_ARG(k->load->import_path));
	}
	return any;
}

static u32 add_inputs(Build *b, LoadPkg *main, const bool *linked, LinkInput *in)
{
	u32 n = 0;
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		if (!linked[i])
			continue;
		Str bytes = k->cached.n ? k->cached : buf_view(&k->archive);
		if (bytes.n && (!k->load->is_main || k->load == main))
			in[n++] = (LinkInput){k->opt.import_path, k->load->import_path, bytes};
	}
	return n;
}

// What a function that was left out has wrong.
static bool build_failed_whole(Build *b)
{
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		if (k->whole && !k->cached.n) {
			k->files = NULL;
			k->diags = diags_new(k->arena);
			if (package_parse(k))
				package_check(k);
		}
	}
	build_print_errors(b, stderr);
	return false;
}

bool build_link(Build *b, LoadPkg *main, Buf *image, Str *file, LinkResult *res, Diags *d)
{
	LinkInput *in = NEWN(b->arena, LinkInput, b->n);
	bool *linked = NEWN(b->arena, bool, b->n);
	mark_linked(main, linked);
	Missing missing = {b, linked};
	BuildContext *c = b->opt.ctx;
	LinkConfig cfg = {.out_buf = image, .goos = c->goos, .goarch = c->goarch, .goroot = b->opt.trimpath ? S("") : c->goroot, .build_version = build_go_version(b),
		.mod_info = build_mod_info(b, main),
		.pool = b->opt.pool, .left_out = left_out, .left_out_ctx = &missing};
	StrVec words = build_link_words(b, main);
	if (b->opt.link_flags && !b->opt.link_flags(b->arena, &words, &cfg))
		return false;
	bool ok;
	while (!(ok = link_program(&cfg, in, add_inputs(b, main, linked, in), res, d)) && !diags_count(d)) {
		phase(b, "link");
		if (!build_forked_whole(b))
			return build_failed_whole(b);
		phase(b, "whole");
	}
	phase(b, "link");
	*file = S("");
	if (ok) {
		ActionId id = build_link_id(b, main);
		if (failed(cache_put(b->cache, &id, image->p, image->n, 0777, file)))
			*file = S("");
		phase(b, "store");
	}
	return ok;
}

// ---- errors -------------------------------------------------------------------------------------

static Str from_here(void *ctx, Arena *a, Str path)
{
	Str s = load_short_path(ctx, a, overlay_actual(path)); // the file to edit
	return str_index(s, '/') < 0 ? str_fmt(a, "./" STR_FMT, STR_ARG(s)) : s;
}

Str build_library_name(Arena *a, Str goroot, Str path)
{
	bool in = goroot.n && path_has_prefix(path, path_join(a, goroot, S("src")));
	return in ? str_fmt(a, "$GOROOT" STR_FMT, STR_ARG(str_from(path, goroot.n))) : path;
}

static Str from_outside(void *ctx, Arena *a, Str path)
{
	Str s = build_library_name(a, ((BuildContext *)ctx)->goroot, path);
	return s.p[0] == '$' ? s : from_here(ctx, a, path);
}

void build_print_short(BuildContext *c, Arena *a, FILE *out, Str text, bool library)
{
	print_renamed(out, text, library ? from_outside : from_here, c, a);
}

void build_print_load_error(Build *b, LoadPkg *p, FILE *out)
{
	Str text = load_error(b->arena, p);
	fprintf(out, STR_FMT "\n", STR_ARG(text));
}

// The errors of one package's compilation; "" if there are none.
static Str error_text(Build *b, BuildPkg *k, DiagStyle style)
{
	u32 all;
	diags_all(k->diags, &all);
	if (import_failed(k) || (!diags_count(k->diags) && !(k->talks && all) && !k->listing.n))
		return S("");
	char *text = NULL, *whole = NULL;
	size_t size = 0, whole_size = 0;
	FILE *m = open_memstream(&text, &size), *out;
	diags_print(k->diags, m, k->opt.all_errors ? 0 : 10, style);
	fclose(m);
	out = open_memstream(&whole, &whole_size);
	LoadPkg *p = k->load;
	fprintf(out, "# " STR_FMT, STR_ARG(p->import_path));
	if (p->for_test.n)
		fprintf(out, " [" STR_FMT ".test]", STR_ARG(p->for_test));
	fputc('\n', out);
	build_print_short(b->opt.ctx, b->arena, out, str_n(text, size), !p->standard);
	if (k->listing.n)
		fwrite(k->listing.p, 1, k->listing.n, out);
	fclose(out);
	free(text);
	Str s = str_dup(b->arena, str_n(whole, whole_size));
	free(whole);
	return s;
}

Str build_error_text(Build *b, BuildPkg *k) { return error_text(b, k, DIAG_PLAIN); }

u32 build_print_errors(Build *b, FILE *out)
{
	u32 total = 0;
	DiagStyle style = diag_style(fileno(out) >= 0 ? fileno(out) : fileno(stderr)); // text that is collected ends there
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		if (k->load->err.n) {
			build_print_load_error(b, k->load, out);
			total++;
		}
		Str text = error_text(b, k, style);
		total += diags_count(k->diags);
		fwrite(text.p, 1, text.n, out);
	}
	return total;
}
