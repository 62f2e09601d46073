// stamp.c: see stamp.h. Rules and words: cmd/go/internal/load (setBuildInfo) and cmd/go/internal/vcs. Only git is asked.
#include "mod/stamp.h"

#include "mod/process.h"
#include "mod/vcs.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

// A file ".git" names the repository's directory, as in worktrees and submodules.
static bool is_git_root(Arena *a, Str dir)
{
	struct stat st;
	Str at = path_join(a, dir, S(".git")), text;
	if (!file_stat(at, &st) || S_ISDIR(st.st_mode))
		return file_is_dir(at);
	if (!S_ISREG(st.st_mode) || !st.st_size || st.st_size > 4096 || failed(file_map(a, at, &text)) || !str_has_prefix(text, "gitdir:"))
		return false;
	Str to = str_trim(str_from(text, 7));
	return to.n && file_is_dir(to.p[0] == '/' ? to : path_join(a, dir, to));
}

static bool is_file(Arena *a, Str dir, const char *name)
{
	Str at = path_join(a, dir, str(name));
	return file_exists(at) && !file_is_dir(at);
}

static const char *const programs[] = {"hg", "git", "svn", "fossil"};
enum { GIT = 1 };

static bool is_root(Arena *a, Str dir, u32 vcs)
{
	switch (vcs) {
	case GIT: return is_git_root(a, dir);
	case 3: return is_file(a, dir, ".fslckout") || is_file(a, dir, "_FOSSIL_");
	default: return file_is_dir(path_join(a, dir, str_fmt(a, ".%s", programs[vcs])));
	}
}

// The repository that dir is in, "" if none; a repository of another kind around it may be an attempt to have its programs run.
static Str find_repo(Arena *a, Str dir, u32 *vcs, Str *why)
{
	const char *debug = getenv("GODEBUG");
	bool several = debug && strstr(debug, "allowmultiplevcs=1");
	Str found = S("");
	*why = S("");
	for (Str d = path_clean(a, dir);; d = path_dir(d)) {
		for (u32 v = 0; v < LENGTH(programs); v++) {
			if (!is_root(a, d, v))
				continue;
			if (found.n && !(v == GIT && *vcs == GIT)) {
				*why = str_fmt(a, "multiple VCS detected: %s in \"" STR_FMT "\", and %s in \"" STR_FMT "\"", programs[*vcs], STR_ARG(found),
					programs[v], STR_ARG(d));
				return S("");
			}
			if (!found.n) {
				found = d;
				*vcs = v;
			}
			if (several)
				return found;
		}
		if (d.n <= 1)
			return found;
	}
}

typedef struct Status { Str revision, time, why; bool modified; } Status;

static bool ask(Mods *m, Str repo, const StampOptions *opt, const char *const *args, Str *out, Str *why)
{
	Arena *a = m->arena;
	Buf line = {0};
	for (u32 i = 0; args[i]; i++)
		buf_printf(&line, "%s%s", i ? " " : "", args[i]);
	if (opt->show)
		fprintf(stderr, "cd " STR_FMT "\n" STR_FMT "\n", STR_ARG(repo), STR_ARG(buf_view(&line)));
	Str said;
	int status = process_run(a, repo, args, out, &said);
	if (status) {
		*why = status > 0 ? str_fmt(a, "exit status %d", status) : S("killed");
		if (opt->verbose)
			fprintf(stderr, "# cd " STR_FMT "; " STR_FMT "\n" STR_FMT "\n", STR_ARG(repo), STR_ARG(buf_view(&line)), STR_ARG((said.n ? said : *why)));
	}
	buf_free(&line);
	return !status;
}

static Str rfc3339(Arena *a, Str seconds)
{
	time_t t = (time_t)strtoll(str_c(a, seconds), NULL, 10);
	struct tm tm;
	char text[40];
	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return str_dup(a, str(text));
}

// Once for each repository.
static const Status *status_of(Mods *m, Str repo, const StampOptions *opt)
{
	Arena *a = m->arena;
	Status *s = strmap_get(&m->repos, repo);
	if (s)
		return s;
	s = NEW(a, Status);
	*s = (Status){.revision = S(""), .time = S(""), .why = S("")};
	strmap_put(a, &m->repos, repo, s);
	Str out, why;
	if (!ask(m, repo, opt, (const char *const[]){"git", "status", "--porcelain", NULL}, &out, &s->why))
		return s;
	s->modified = out.n > 0;
	bool has_log = ask(m, repo, opt, (const char *const[]){"git", "-c", "log.showsignature=false", "log", "-1", "--format=%H:%ct", NULL}, &out, &why);
	int colon = str_index(out, ':');
	if (!has_log && !s->modified) // nothing was committed yet, or something is wrong
		s->why = why;
	else if (has_log && colon < 0)
		s->why = S("unrecognized VCS tool output");
	else if (has_log) {
		s->revision = str_sub(out, 0, (u32)colon);
		s->time = rfc3339(a, str_trim(str_from(out, (u32)colon + 1)));
	}
	return s;
}

// The version that the module would have at that commit; "" if it would not be found there.
static Str version_of(Mods *m, Str repo, const Module *x, const Status *s)
{
	ModFile root;
	Str major = S(""), version = S("");
	Str gomod = path_join(m->arena, repo, S("go.mod"));
	if (!s->revision.n || !file_exists(gomod) || failed(mods_read_file(m, gomod, false, &root)) || !root.module.n)
		return version;
	mod_path_major(root.module, &major);
	if (failed(local_version(m->fetch, repo, str_sub(root.module, 0, root.module.n - major.n), x->path, s->revision, &version)))
		return S("");
	if (!s->modified)
		return version;
	return str_cat(m->arena, version, str_has_suffix(version, "+incompatible") ? S(".dirty") : S("+dirty"));
}

static Str stamp(Mods *m, LoadPkg *p, const StampOptions *opt)
{
	Arena *a = m->arena;
	u32 vcs = 0, other;
	Str why, repo = find_repo(a, m->ctx->cwd, &vcs, &why);
	if (why.n)
		return why;
	Str dir = p->module->dir;
	if (!repo.n || (!path_has_prefix(dir, repo) && !path_has_prefix(repo, dir)))
		return S("");
	bool there = path_program(a, str(programs[vcs])).n > 0;
	if (opt->mode == STAMP_AUTO && (!there || vcs != GIT))
		return S("");
	const struct { const char *what; Str dir; } parts[] = {{"package", p->dir}, {"module", dir}};
	for (u32 i = 0; i < LENGTH(parts); i++) {
		Str in = find_repo(a, parts[i].dir, &other, &why);
		if (why.n)
			return why;
		if (str_eq(in, repo))
			continue;
		return opt->mode == STAMP_AUTO ? S("") : str_fmt(a, "main %s is in repository \"" STR_FMT "\" but current directory is in repository \"" STR_FMT "\"",
			parts[i].what, STR_ARG(in), STR_ARG(repo));
	}
	static const char *const names[] = {"Mercurial", "Git", "Subversion", "Fossil"};
	if (!there) {
		fprintf(stderr, "go: missing %s command. See https://go.dev/s/gogetcmd\n", names[vcs]);
		return str_fmt(a, "exec: \"%s\": executable file not found in $PATH", programs[vcs]);
	}
	if (vcs != GIT)
		return str_fmt(a, "%s is not supported yet", names[vcs]);
	const Status *s = status_of(m, repo, opt);
	if (s->why.n)
		return s->why;
	Buf b = {0};
	buf_c(&b, "build\tvcs=git\n");
	if (s->revision.n)
		buf_printf(&b, "build\tvcs.revision=" STR_FMT "\nbuild\tvcs.time=" STR_FMT "\n", STR_ARG(s->revision), STR_ARG(s->time));
	buf_printf(&b, "build\tvcs.modified=%s\n", s->modified ? "true" : "false");
	p->vcs_settings = str_dup(a, buf_view(&b));
	buf_free(&b);
	p->vcs_version = version_of(m, repo, p->module, s);
	return S("");
}

Str mods_stamp(Mods *m, LoadPkg *p, const StampOptions *opt)
{
	Module *x = p->module;
	if (opt->mode == STAMP_NEVER || !p->is_main || !x || !x->main || x->version.n || p->standard || p->vcs_settings.n)
		return S("");
	Str why = stamp(m, p, opt);
	return why.n ? str_fmt(m->arena, "error obtaining VCS status: " STR_FMT "\n\tUse -buildvcs=false to disable VCS stamping.", STR_ARG(why)) : why;
}
