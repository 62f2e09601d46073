// testcache.c: results of tests kept in the build cache. A test is identified by its binary (or what that is linked
// from) and its flags; under that stands the list of variables and files it looked at when it ran last, and under their
// state now its output. Facts: cmd/go/internal/test/test.go, internal/testlog.
#include "cmd/test.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define LOG_MAGIC "# test log\n" // testing/internal/testdeps
enum { TOO_NEW_SECONDS = 2 };   // a file may change once more without a new time

static bool trace(void)
{
	const char *v = getenv("GODEBUG");
	return v && strstr(v, "gocachetest=1");
}

#define TRACE(...) (trace() ? (void)fprintf(stderr, "testcache: " __VA_ARGS__) : (void)0)

static void add_text(Sha256 *h, const char *op, Str s)
{
	sha256_add(h, op, strlen(op) + 1);
	u64 n = s.n;
	sha256_add(h, &n, sizeof n);
	sha256_add(h, s.p, s.n);
}

static void add_env(Sha256 *h, Arena *a, Str name)
{
	const char *v = getenv(str_c(a, name));
	add_text(h, v ? "env" : "unset", name);
	if (v)
		add_text(h, "value", str(v));
}

static void add_stat(Sha256 *h, int err, const struct stat *st)
{
	if (err) {
		sha256_add(h, &err, sizeof err);
		return;
	}
	i64 v[] = {(i64)st->st_size, (i64)st->st_mode, (i64)st->st_mtim.tv_sec, (i64)st->st_mtim.tv_nsec};
	sha256_add(h, v, sizeof v);
}

static int by_name(const struct dirent **x, const struct dirent **y) { return strcmp((*x)->d_name, (*y)->d_name); }

// A file that was opened: its time and size stand for its content, a directory's for the names in it. False: it was
// written just now.
static bool add_open(Sha256 *h, const char *path)
{
	struct stat st;
	int err = stat(path, &st) ? errno : 0;
	add_stat(h, err, &st);
	if (err)
		return true;
	if (S_ISREG(st.st_mode))
		return time(NULL) - st.st_mtim.tv_sec >= TOO_NEW_SECONDS;
	struct dirent **names;
	int n = S_ISDIR(st.st_mode) ? scandir(path, &names, NULL, by_name) : 0;
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		struct stat in;
		if (strcmp(name, ".") && strcmp(name, "..")) {
			add_text(h, "file", str(name));
			int fd_err = 0;
			char full[PATH_MAX];
			if (snprintf(full, sizeof full, "%s/%s", path, name) >= (int)sizeof full || lstat(full, &in))
				fd_err = errno ? errno : ENAMETOOLONG;
			add_stat(h, fd_err, &in);
		}
		free(names[i]);
	}
	if (n > 0)
		free(names);
	return true;
}

// The directory below which files count for a package: its module's, GOROOT, or its tree of GOPATH.
static Str package_root(TestCmd *t, LoadPkg *p)
{
	if (p->goroot)
		return t->c.ctx.goroot;
	if (p->module && p->module->dir.n)
		return p->module->dir;
	if (t->c.mods.mode == MODE_GOPATH && str_has_suffix(p->dir, str_c(t->c.arena, str_cat(t->c.arena, S("/src/"), p->import_path))))
		return str_sub(p->dir, 0, p->dir.n - p->import_path.n - 5);
	return S("");
}

static bool inputs_id(TestCmd *t, LoadPkg *p, Str log, ActionId *id)
{
	Arena *a = t->c.arena;
	Str root = package_root(t, p), pwd = p->dir;
	Sha256 h;
	sha256_init(&h);
	add_env(&h, a, S("GODEBUG")); // the runtime reads it without a word
	log = str_from(log, (u32)strlen(LOG_MAGIC));
	while (log.n) {
		int nl = str_index(log, '\n');
		Str line = str_sub(log, 0, (u32)nl);
		log = str_from(log, (u32)nl + 1);
		if (!line.n)
			continue;
		int blank = str_index(line, ' ');
		if (blank < 0) {
			TRACE(STR_FMT ": input list malformed (" STR_FMT ")\n", STR_ARG(p->import_path), STR_ARG(line));
			return false;
		}
		Str op = str_sub(line, 0, (u32)blank), name = str_from(line, (u32)blank + 1);
		if (str_is(op, "getenv")) {
			add_env(&h, a, name);
			continue;
		}
		bool chdir = str_is(op, "chdir");
		if (!chdir)
			name = path_clean(a, name.n && name.p[0] == '/' ? name : path_join(a, pwd, name));
		char *path = str_c(a, name);
		if (!chdir && (!root.n || !path_has_prefix(name, root)))
			continue;
		add_text(&h, "path", name);
		struct stat st;
		if (chdir || str_is(op, "stat")) {
			int err = stat(path, &st) ? errno : 0;
			add_stat(&h, err, &st);
			err = lstat(path, &st) ? errno : 0;
			add_stat(&h, err, &st);
			pwd = chdir ? name : pwd;
		} else if (str_is(op, "open")) {
			if (!add_open(&h, path)) {
				TRACE(STR_FMT ": input file " STR_FMT ": file used as input is too new\n", STR_ARG(p->import_path), STR_ARG(name));
				return false;
			}
		} else {
			return false;
		}
	}
	sha256_end(&h, id->b);
	return true;
}

static ActionId derived(const ActionId *test, const ActionId *inputs, const char *what)
{
	Sha256 h;
	ActionId id;
	sha256_init(&h);
	add_text(&h, what, S(""));
	sha256_add(&h, test->b, sizeof test->b);
	sha256_add(&h, inputs->b, sizeof inputs->b);
	sha256_end(&h, id.b);
	return id;
}

// Set by `go clean -testcache`: older results do not count. In ns since 1970.
static i64 expire_time(TestCmd *t)
{
	Str text, dir = env_get(t->c.env, "GOCACHE");
	i64 when = 0;
	if (dir.n && !failed(file_map(t->c.arena, path_join(t->c.arena, dir, S("testexpire.txt")), &text))) {
		if (text.n && text.p[text.n - 1] == '\n')
			when = strtoll(text.p, NULL, 10);
		file_unmap(text);
	}
	return when;
}

static bool is_log(Str s)
{
	return str_has_prefix(s, LOG_MAGIC) && s.p[s.n - 1] == '\n';
}

bool testcache_find(TestCmd *t, TestCache *k, LoadPkg *p, const ActionId *build, Buf *out)
{
	if (k->off)
		return false;
	Arena *a = t->c.arena;
	k->off = true;
	if (!t->packages.n)
		return TRACE("caching disabled in local directory mode\n"), false;
	if (!package_root(t, p).n)
		return TRACE("caching disabled for package outside of module root, GOPATH, or GOROOT: " STR_FMT "\n", STR_ARG(p->import_path)), false;
	Sha256 h;
	sha256_init(&h);
	add_text(&h, "ingot test result", S(""));
	sha256_add(&h, build->b, sizeof build->b);
	for (u32 i = 0; i < t->args.n; i++) {
		TestFlagCache c = testflags_cache(t->args.p[i]);
		if (c == TF_UNCACHED)
			return TRACE("caching disabled for test argument: " STR_FMT "\n", STR_ARG(t->args.p[i])), false;
		if (c == TF_CACHED)
			add_text(&h, "arg", t->args.p[i]);
	}
	for (u32 i = 0; i < t->exec.n; i++)
		add_text(&h, "exec", t->exec.p[i]);
	for (u32 i = 0; i < t->covered_list.n; i++) { // not all of them are linked into the binary
		Str *meta = strmap_get(&t->cover_meta, t->covered_list.p[i]);
		add_text(&h, "covered", t->covered_list.p[i]);
		add_text(&h, "meta", meta ? *meta : S(""));
	}
	k->off = false;
	ActionId id, inputs;
	sha256_end(&h, id.b);
	k->ids[k->n++] = id;
	Str log, file, data;
	Cache *cache = cache_open(a, env_get(t->c.env, "GOCACHE"));
	if (!cache_get(cache, &id, &log, &file) || !is_log(log))
		return TRACE(STR_FMT ": input list not found\n", STR_ARG(p->import_path)), false;
	if (!inputs_id(t, p, log, &inputs))
		return false;
	ActionId key = derived(&id, &inputs, "output"), profile = derived(&id, &inputs, "profile");
	if (t->cover_profile.n && !cache_get(cache, &profile, &k->profile, &file))
		return TRACE(STR_FMT ": cached cover profile missing\n", STR_ARG(p->import_path)), false;
	if (!cache_get(cache, &key, &data, &file) || !data.n || data.p[data.n - 1] != '\n')
		return TRACE(STR_FMT ": test output not found\n", STR_ARG(p->import_path)), false;
	if (cache_time(cache, &key) < expire_time(t))
		return TRACE(STR_FMT ": test output expired due to go clean -testcache\n", STR_ARG(p->import_path)), false;
	int nl = str_rindex(str_sub(data, 0, data.n - 1), '\n');
	u32 last = (u32)(nl + 1);
	int tab = str_has_prefix(str_from(data, last), "ok  \t") ? str_index(str_from(data, last + 5), '\t') : -1;
	if (tab < 0)
		return TRACE(STR_FMT ": test output malformed\n", STR_ARG(p->import_path)), false;
	u32 at = last + 5 + (u32)tab + 1;
	buf_str(out, str_sub(data, 0, at));
	buf_c(out, "(cached)");
	while (at < data.n && ((data.p[at] >= '0' && data.p[at] <= '9') || data.p[at] == '.' || data.p[at] == 's'))
		at++;
	buf_str(out, str_from(data, at));
	return true;
}

void testcache_save(TestCmd *t, TestCache *k, LoadPkg *p, Str testlog, Str output, Str profile)
{
	Str log;
	ActionId inputs;
	if (k->off || !k->n || failed(file_map(t->c.arena, testlog, &log)))
		return;
	if (is_log(log) && inputs_id(t, p, log, &inputs)) {
		Cache *cache = cache_open(t->c.arena, env_get(t->c.env, "GOCACHE"));
		for (u32 i = 0; i < k->n; i++) {
			ActionId key = derived(&k->ids[i], &inputs, "output"), pkey = derived(&k->ids[i], &inputs, "profile");
			if (failed(cache_put(cache, &k->ids[i], log.p, log.n, 0666, NULL)) ||
			    failed(cache_put(cache, &key, output.p, output.n, 0666, NULL)) ||
			    (t->cover_profile.n && failed(cache_put(cache, &pkey, profile.p, profile.n, 0666, NULL))))
				break;
		}
	}
	file_unmap(log);
}
