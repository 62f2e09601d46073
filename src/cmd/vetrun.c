// vetrun.c: see vet.h. Each package is described by a file vet.cfg: its sources, and where the export data and the facts
// of what it imports are. Facts are computed for imported packages first; all results are kept in the build cache. Facts:
// cmd/go/internal/work/exec.go (vet), golang.org/x/tools/go/analysis/unitchecker.
#include "base/overlay.h"
#include "cmd/value.h"
#include "cmd/vet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct VetRun {
	Vet *v;
	BuildCmd *c;
	Arena *a;
	VetUnitVec units;       // dependencies first
	Map by_pkg;             // LoadPkg * -> VetUnit *
	u32 running;
} VetRun;

// ---- vet.cfg ------------------------------------------------------------------------------------

static Value *files_value(Arena *a, LoadPkg *p, const StrVec *const *lists, u32 n)
{
	Value *v = value_list(a);
	for (u32 i = 0; i < n; i++)
		for (u32 k = 0; k < lists[i]->n; k++) {
			Str file = path_join(a, p->dir, lists[i]->p[k]);
			bool made = lists[i] == &p->go_files && k < p->texts.n && p->texts.p[k].p && !file_exists(file); // by cmd/cover
			if (!made)
				value_append(a, v, value_str(a, overlay_actual(file)));
		}
	return v;
}

static void set_shown(Arena *a, Value *v, const char *name, Value *x)
{
	value_set(a, v, name, x);
	v->fields.p[v->fields.n - 1].show_zero = true;
}

static Value *module_of(Arena *a, Module *m)
{
	Value *v = value_struct(a, "*analysis.Module");
	set_shown(a, v, "Path", value_str(a, m->path));
	set_shown(a, v, "Version", value_str(a, m->version));
	set_shown(a, v, "Main", value_bool(a, m->main));
	set_shown(a, v, "Indirect", value_bool(a, m->indirect));
	set_shown(a, v, "Dir", value_str(a, m->dir));
	set_shown(a, v, "GoMod", value_str(a, m->gomod));
	set_shown(a, v, "GoVersion", value_str(a, m->go));
	return v;
}

static Str config(VetRun *r, VetUnit *u)
{
	Arena *a = r->a;
	LoadPkg *p = u->p;
	const StrVec *go[] = {&p->go_files}, *other[] = {&p->c_files, &p->cxx_files, &p->m_files, &p->h_files, &p->f_files, &p->s_files,
		&p->swig_files, &p->swigcxx_files, &p->syso_files}, *ignored[] = {&p->ignored_go, &p->ignored_other};
	Value *v = value_struct(a, "vetConfig"), *imports = value_struct(a, "map"), *files = value_struct(a, "map"), *std = value_struct(a, "map"),
		*facts = value_struct(a, "map");
	for (u32 i = 0; i < p->imports.n; i++)
		value_set(a, imports, str_c(a, p->imports.p[i].path), value_str(a, i < p->import_paths.n ? p->import_paths.p[i] : p->imports.p[i].path));
	for (u32 i = 0; i < p->deps.n; i++) {
		LoadPkg *d = p->deps.p[i];
		VetUnit *du = map_get(&r->by_pkg, PKEY(d));
		BuildPkg *k = d->build;
		char *path = str_c(a, d->import_path);
		if (k && k->gc_file.n)
			value_set(a, files, path, value_str(a, k->gc_file));
		if (d->standard)
			value_set(a, std, path, value_bool(a, true));
		if (du && du->facts.n)
			value_set(a, facts, path, value_str(a, du->facts));
	}
	Str version = p->module ? str_cat(a, S("go"), p->module->go.n ? p->module->go : S("1.16")) : r->c->ctx.goversion;
	set_shown(a, v, "ID", value_str(a, p->import_path));
	set_shown(a, v, "Compiler", value_str(a, S("gc")));
	set_shown(a, v, "Dir", value_str(a, p->dir));
	set_shown(a, v, "ImportPath", value_str(a, p->import_path));
	set_shown(a, v, "GoFiles", files_value(a, p, go, LENGTH(go)));
	set_shown(a, v, "NonGoFiles", files_value(a, p, other, LENGTH(other)));
	set_shown(a, v, "IgnoredFiles", files_value(a, p, ignored, LENGTH(ignored)));
	set_shown(a, v, "Module", p->module ? module_of(a, p->module) : value_nil(a));
	set_shown(a, v, "ImportMap", imports);
	set_shown(a, v, "PackageFile", files);
	set_shown(a, v, "Standard", std);
	set_shown(a, v, "PackageVetx", facts);
	set_shown(a, v, "VetxOnly", value_bool(a, !u->asked));
	set_shown(a, v, "VetxOutput", value_str(a, path_join(a, u->dir, S("vet.out"))));
	set_shown(a, v, "Stdout", value_str(a, path_join(a, u->dir, S("vet.stdout"))));
	set_shown(a, v, "GoVersion", value_str(a, version));
	set_shown(a, v, "FixArchive", value_str(a, u->asked && r->v->fix ? path_join(a, u->dir, S("vet.fix.zip")) : S("")));
	set_shown(a, v, "SucceedOnTypecheckFailure", value_bool(a, r->v->in_test));
	Buf b = {0};
	value_json(&b, v, 0);
	buf_u8(&b, '\n');
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}

// ---- what is kept -------------------------------------------------------------------------------

static void add_text(Sha256 *h, Str s)
{
	u64 n = s.n;
	sha256_add(h, &n, sizeof n);
	sha256_add(h, s.p, s.n);
}

// In the library all analyzers but two run where no others were asked for: it must be clean.
static StrVec flags_for(VetRun *r, LoadPkg *p)
{
	StrVec flags = {0};
	if (!p->goroot || r->v->explicit_flags || !r->v->standard_tool)
		return r->v->flags;
	vec_push(r->a, &flags, S("-unsafeptr=false"));
	if (r->v->in_test)
		vec_push(r->a, &flags, S("-unreachable=false"));
	return flags;
}

static ActionId action_of(VetRun *r, VetUnit *u)
{
	Sha256 h;
	ActionId id;
	StrVec flags = flags_for(r, u->p);
	u8 how[] = {u->asked, r->v->in_test, r->v->fix};
	sha256_init(&h);
	add_text(&h, S("ingot vet 1"));
	u8 sum[32] = {0};
	if (r->v->standard_tool) { // what it does follows from this program and the library
		cache_self_id(sum);
		sha256_add(&h, sum, sizeof sum);
		add_text(&h, str(r->v->name));
		add_text(&h, r->c->ctx.goroot);
	} else { // a file of the user's, which may change
		Str text;
		add_text(&h, r->v->tool);
		if (!failed(file_map(r->a, r->v->tool, &text))) {
			sha256(text.p, text.n, sum);
			file_unmap(text);
		}
		sha256_add(&h, sum, sizeof sum);
	}
	sha256_add(&h, how, sizeof how);
	for (u32 i = 0; i < flags.n; i++)
		add_text(&h, flags.p[i]);
	sha256_add(&h, ((BuildPkg *)u->p->build)->action.b, 32);
	for (u32 i = 0; i < u->p->deps.n; i++) {
		VetUnit *d = map_get(&r->by_pkg, PKEY(u->p->deps.p[i]));
		if (d)
			sha256_add(&h, d->id.b, sizeof d->id.b);
	}
	sha256_end(&h, id.b);
	return id;
}

static bool find_kept(VetRun *r, VetUnit *u)
{
	Cache *cache = r->c->build.cache;
	ActionId report = action_part(&u->id, "stdout"), fixes = action_part(&u->id, "fix.zip");
	Str data, file;
	if (r->c->all || !cache_get(cache, &u->id, &data, &u->facts))
		return false;
	if (!u->asked)
		return true;
	if (!cache_get(cache, &report, &u->report, &file))
		return false;
	return !r->v->fix || cache_get(cache, &fixes, &data, &u->fixes);
}

static void keep(VetRun *r, const ActionId *id, Str file, Str *kept)
{
	Str text;
	*kept = S("");
	if (failed(file_map(r->a, file, &text)))
		return;
	*kept = file;
	cache_put(r->c->build.cache, id, text.p, text.n, 0666, NULL);
	file_unmap(text);
}

// ---- running ------------------------------------------------------------------------------------

// -n and -x: how a package is looked at, as commands.
static void show_unit(VetRun *r, VetUnit *u, Str cfg, Str text)
{
	if (!r->c->show && !r->c->show_only)
		return;
	StrVec flags = flags_for(r, u->p);
	fprintf(stderr, "mkdir -p " STR_FMT "/\ncat >" STR_FMT " << 'EOF' # internal\n" STR_FMT "\nEOF\ncd " STR_FMT "\n" STR_FMT, STR_ARG(u->dir),
		STR_ARG(cfg), STR_ARG(text), STR_ARG(u->p->dir), STR_ARG(r->v->tool));
	for (u32 i = 0; i < flags.n; i++)
		fprintf(stderr, " " STR_FMT, STR_ARG(flags.p[i]));
	fprintf(stderr, " " STR_FMT "\n", STR_ARG(cfg));
}

static Str config_file(VetRun *r, const VetUnit *u) { return path_join(r->a, u->dir, S("vet.cfg")); }

static pid_t start(VetRun *r, VetUnit *u)
{
	Arena *a = r->a;
	Str cfg = config_file(r, u), text = config(r, u);
	show_unit(r, u, cfg, text);
	Err e = dir_make_all(a, u->dir);
	if (!failed(e))
		e = file_write(a, cfg, text.p, text.n, 0666);
	if (failed(e)) {
		cmd_error(STR_FMT, STR_ARG(e.msg));
		return -1;
	}
	StrVec flags = flags_for(r, u->p);
	char **argv = NEWN(a, char *, flags.n + 3);
	char *tool = str_c(a, r->v->tool);
	argv[0] = r->v->standard_tool ? str_c(a, str(r->v->name)) : tool;
	for (u32 i = 0; i < flags.n; i++)
		argv[i + 1] = str_c(a, flags.p[i]);
	argv[flags.n + 1] = str_c(a, cfg);
	char *out = str_c(a, path_join(a, u->dir, S("vet.messages"))), *dir = str_c(a, u->p->dir);
	fflush(NULL);
	pid_t pid = fork();
	if (pid)
		return pid;
	int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd < 0 || (chdir(dir) && errno != ENOENT)) // an overlay's directory may be nowhere
		_exit(1);
	execv(tool, argv);
	fprintf(stderr, "fork/exec %s: %s\n", tool, strerror(errno));
	_exit(1);
}

static Str read_file(Arena *a, Str file)
{
	Str text;
	return failed(file_map(a, file, &text)) ? S("") : text;
}

static void finish(VetRun *r, VetUnit *u, int status)
{
	Arena *a = r->a;
	u->failed = status != 0;
	if (u->failed) {
		u->messages = str_trim(read_file(a, path_join(a, u->dir, S("vet.messages"))));
		if (!u->messages.n)
			u->messages = WIFEXITED(status) ? str_fmt(a, "exit status %d", WEXITSTATUS(status)) : str_fmt(a, "signal %d", WTERMSIG(status));
		return;
	}
	Str file;
	ActionId report = action_part(&u->id, "stdout"), fixes = action_part(&u->id, "fix.zip");
	if (u->asked) {
		keep(r, &report, path_join(a, u->dir, S("vet.stdout")), &file);
		u->report = file.n ? read_file(a, file) : S("");
		if (!file.n)
			cache_put(r->c->build.cache, &report, "", 0, 0666, NULL);
	}
	if (u->asked && r->v->fix)
		keep(r, &fixes, path_join(a, u->dir, S("vet.fix.zip")), &u->fixes);
	keep(r, &u->id, path_join(a, u->dir, S("vet.out")), &u->facts);
}

static void done(VetUnit *u, VetUnitVec *ready, Arena *a)
{
	u->done = true;
	for (u32 i = 0; i < u->importers.n; i++)
		if (--u->importers.p[i]->waiting == 0)
			vec_push(a, ready, u->importers.p[i]);
}

// Whether all that the package imports can be imported.
static bool has_imports(LoadPkg *p)
{
	for (u32 i = 0; i < p->deps.n; i++) {
		BuildPkg *k = p->deps.p[i]->build;
		if (!str_is(p->deps.p[i]->import_path, "unsafe") && (!k || !k->gc_file.n))
			return false;
	}
	return true;
}

static bool have_tool(VetRun *r)
{
	Vet *v = r->v;
	return v->tool.n || program_library_file(str_is(str(v->name), "vet") ? "cmd/vet" : "cmd/fix", &v->tool);
}

static void run_all(VetRun *r)
{
	VetUnitVec ready = {0};
	u32 limit = r->c->jobs > 0 ? (u32)r->c->jobs : (u32)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1), at = 0;
	Map running = {0}; // pid -> VetUnit *
	for (u32 i = 0; i < r->units.n; i++)
		if (!r->units.p[i]->waiting)
			vec_push(r->a, &ready, r->units.p[i]);
	while (at < ready.n || r->running) {
		while (at < ready.n && r->running < limit) {
			VetUnit *u = ready.p[at++];
			u->missing = !has_imports(u->p);
			if (u->missing || find_kept(r, u)) {
				done(u, &ready, r->a);
				continue;
			}
			u->dir = str_fmt(r->a, STR_FMT "/vet%03u", STR_ARG(r->v->work), at);
			pid_t pid = have_tool(r) ? start(r, u) : -1;
			if (pid < 0) {
				u->failed = true;
				u->messages = S("cannot be started");
				done(u, &ready, r->a);
				continue;
			}
			map_put(r->a, &running, (u64)pid, u);
			r->running++;
		}
		if (!r->running)
			continue;
		int status;
		pid_t pid = waitpid(-1, &status, 0);
		VetUnit *u = pid > 0 ? map_get(&running, (u64)pid) : NULL;
		if (pid < 0 && errno != EINTR)
			break;
		if (!u)
			continue;
		r->running--;
		finish(r, u, status);
		done(u, &ready, r->a);
	}
}

static void make_units(VetRun *r, LoadPkg **roots, u32 n)
{
	Map asked = {0};
	for (u32 i = 0; i < n; i++)
		map_put(r->a, &asked, PKEY(roots[i]), roots[i]);
	for (u32 i = 0; i < r->c->loader.all.n; i++) {
		LoadPkg *p = r->c->loader.all.p[i];
		if (str_is(p->import_path, "unsafe"))
			continue;
		VetUnit *u = NEW(r->a, VetUnit);
		*u = (VetUnit){.p = p, .asked = map_has(&asked, PKEY(p)), .facts = S(""), .fixes = S(""), .report = S(""), .messages = S("")};
		map_put(r->a, &r->by_pkg, PKEY(p), u);
		vec_push(r->a, &r->units, u);
		for (u32 k = 0; k < p->deps.n; k++) {
			VetUnit *d = map_get(&r->by_pkg, PKEY(p->deps.p[k]));
			if (!d)
				continue;
			vec_push(r->a, &d->importers, u);
			u->waiting++;
		}
	}
}

bool vet_run(Vet *v, BuildCmd *c, LoadPkg **roots, u32 n, VetUnitVec *asked)
{
	VetRun *r = NEW(c->arena, VetRun);
	*r = (VetRun){.v = v, .c = c, .a = c->arena};
	c->loader.all.n = 0;
	load_list(r->a, roots, n, &c->loader.all);
	if (!buildcmd_plan(c, roots, n))
		return false;
	Map imported = {0};
	for (u32 i = 0; i < c->loader.all.n; i++)
		for (u32 k = 0; k < c->loader.all.p[i]->deps.n; k++)
			map_put(r->a, &imported, PKEY(c->loader.all.p[i]->deps.p[k]), r);
	for (u32 i = 0; i < n; i++)
		if (!map_has(&imported, PKEY(roots[i])))
			((BuildPkg *)roots[i]->build)->skip = true;
	make_units(r, roots, n);
	bool known = true, ok = true;
	if (c->show_only && !have_tool(r))
		return false;
	for (u32 i = 0; i < n && c->show_only; i++) {
		VetUnit *u = map_get(&r->by_pkg, PKEY(roots[i]));
		if (!u)
			continue;
		u->dir = str_fmt(r->a, STR_FMT "/vet%03u", STR_ARG(v->work), i + 1);
		show_unit(r, u, config_file(r, u), config(r, u));
	}
	if (c->show_only)
		return true;
	for (u32 i = 0; i < r->units.n; i++)
		r->units.p[i]->id = action_of(r, r->units.p[i]);
	for (u32 i = 0; i < n; i++) {
		VetUnit *u = map_get(&r->by_pkg, PKEY(roots[i]));
		if (!u)
			continue;
		vec_push(r->a, asked, u);
		known = known && find_kept(r, u);
	}
	if (!known) {
		ok = build_gc_exports(&c->build, false);
		if (!ok && !v->in_test)
			build_print_errors(&c->build, stderr);
		run_all(r);
	}
	return ok;
}

void vet_print(BuildCmd *c, const VetUnit *u, bool in_test, FILE *out)
{
	fprintf(out, "# " STR_FMT "\n", STR_ARG(u->p->import_path));
	if (u->p->for_test.n || (u->p->is_main && !in_test)) // a second line where it is a copy for its test: a command always is
		fprintf(out, "# [" STR_FMT "]\n", STR_ARG(u->p->import_path));
	build_print_short(&c->ctx, c->arena, out, u->messages, false);
	fputc('\n', out);
}
