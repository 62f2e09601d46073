// generate.c: `go generate`: runs the commands of //go:generate comments, file by file, in the directory of each. After an
// error the rest of the package is passed over. Rules: `go help generate`, cmd/go/internal/generate.
#include "cmd/buildcmd.h"
#include "cmd/help.h"
#include "load/facts.h"
#include "syntax/syntax.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Generate {
	BuildCmd *c;
	regex_t run, skip;      // of -run and -skip, where those are given
	bool have_run, have_skip;
	// Of the file at hand:
	Str path, package;
	u32 line;
	StrMap commands;        // -command NAME: -> StrVec *
} Generate;

static bool report(Generate *g, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, STR_FMT ":%u: ", STR_ARG(load_short_path(&g->c->ctx, g->c->arena, g->path)), g->line);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return false;
}

// ---- the words of a directive -------------------------------------------------------------------

// The variables that a directive knows besides the environment.
static Str variable(Generate *g, Str name)
{
	Arena *a = g->c->arena;
	if (str_is(name, "GOROOT"))
		return g->c->ctx.goroot;
	if (str_is(name, "GOARCH"))
		return g->c->ctx.goarch;
	if (str_is(name, "GOOS"))
		return g->c->ctx.goos;
	if (str_is(name, "GOFILE"))
		return path_base(g->path);
	if (str_is(name, "GOLINE"))
		return str_fmt(a, "%u", g->line);
	if (str_is(name, "GOPACKAGE"))
		return g->package;
	if (str_is(name, "DOLLAR"))
		return S("$");
	if (str_is(name, "PWD"))
		return path_dir(g->path);
	const char *v = getenv(str_c(a, name));
	return v ? str(v) : S("");
}

static bool is_name_char(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// $NAME and ${NAME} replaced; names of one special character ($*, $1) are variables too, which are empty.
static Str expand(Generate *g, Str w)
{
	Buf b = {0};
	for (u32 i = 0; i < w.n;) {
		if (w.p[i] != '$' || i + 1 == w.n) {
			buf_u8(&b, (u8)w.p[i++]);
			continue;
		}
		u32 start = ++i;
		if (w.p[i] == '{') {
			while (i < w.n && w.p[i] != '}')
				i++;
			buf_str(&b, i < w.n ? variable(g, str_sub(w, start + 1, i)) : S(""));
			i += i < w.n;
		} else if (strchr("*#$@!?-0123456789", w.p[i])) {
			i++;
		} else {
			while (i < w.n && is_name_char(w.p[i]))
				i++;
			if (i > start)
				buf_str(&b, variable(g, str_sub(w, start, i)));
		}
	}
	Str s = str_dup(g->c->arena, buf_view(&b));
	buf_free(&b);
	return s;
}

// Words at blanks; "..." is a string of Go. False after a message.
static bool split(Generate *g, Str line, StrVec *words)
{
	Arena *a = g->c->arena;
	for (u32 i = 0; i < line.n;) {
		if (line.p[i] == ' ' || line.p[i] == '\t') {
			i++;
			continue;
		}
		u32 start = i;
		if (line.p[i] == '"') {
			for (i++; i < line.n && line.p[i] != '"'; i++)
				if (line.p[i] == '\\' && ++i == line.n)
					return report(g, "bad backslash");
			if (i == line.n)
				return report(g, "mismatched quoted string");
			Str word;
			if (!syntax_unquote(a, str_sub(line, start, ++i), &word))
				return report(g, "bad quoted string");
			vec_push(a, words, word);
			if (i < line.n && line.p[i] != ' ' && line.p[i] != '\t')
				return report(g, "expect space after quoted argument");
			continue;
		}
		while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t')
			i++;
		vec_push(a, words, str_sub(line, start, i));
	}
	StrVec *named = words->n ? strmap_get(&g->commands, words->p[0]) : NULL, all = {0};
	for (u32 i = 0; named && i < named->n; i++)
		vec_push(a, &all, named->p[i]);
	for (u32 i = named ? 1 : 0; i < words->n; i++)
		vec_push(a, &all, words->p[i]);
	for (u32 i = 0; i < all.n; i++)
		all.p[i] = expand(g, all.p[i]);
	*words = all;
	return true;
}

// ---- running ------------------------------------------------------------------------------------

// This program comes first in PATH: `go run` in a directive means it.
static void set_environment(Generate *g)
{
	static const char *const names[] = {"GOROOT", "GOARCH", "GOOS", "GOFILE", "GOLINE", "GOPACKAGE", "DOLLAR", "PWD"};
	for (u32 i = 0; i < LENGTH(names); i++)
		setenv(names[i], str_c(g->c->arena, variable(g, str(names[i]))), 1);
	Str own = path_dir(path_dir(tool_path(g->c->arena, "compile")));
	const char *path = getenv("PATH");
	setenv("PATH", str_c(g->c->arena, str_fmt(g->c->arena, STR_FMT ":" STR_FMT "/bin%s%s", STR_ARG(own), STR_ARG(g->c->ctx.goroot),
		path && *path ? ":" : "", path ? path : "")), 1);
}

static bool execute(Generate *g, const StrVec *words)
{
	char **argv = NEWN(g->c->arena, char *, words->n + 1);
	for (u32 i = 0; i < words->n; i++)
		argv[i] = str_c(g->c->arena, words->p[i]);
	fflush(NULL);
	int fds[2]; // closed by a successful exec, or brings its errno
	if (pipe2(fds, O_CLOEXEC) != 0)
		return report(g, "running \"%s\": %s", argv[0], strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		set_environment(g);
		if (chdir(str_c(g->c->arena, path_dir(g->path))) == 0)
			execvp(argv[0], argv);
		int e = errno;
		ssize_t sent = write(fds[1], &e, sizeof e);
		_exit(sent == sizeof e ? 127 : 126);
	}
	close(fds[1]);
	int e = 0, status = 0;
	bool failed_exec = pid < 0 || read(fds[0], &e, sizeof e) == sizeof e;
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (failed_exec && e == ENOENT && !strchr(argv[0], '/'))
		return report(g, "running \"%s\": exec: \"%s\": executable file not found in $PATH", argv[0], argv[0]);
	if (failed_exec) {
		errno = pid < 0 ? errno : e;
		Err err = err_sys(g->c->arena, "fork/exec", words->p[0]);
		return report(g, "running \"%s\": " STR_FMT, argv[0], STR_ARG(err.msg));
	}
	if (WIFSIGNALED(status))
		return report(g, "running \"%s\": signal: %s", argv[0], strsignal(WTERMSIG(status)));
	return !WEXITSTATUS(status) || report(g, "running \"%s\": exit status %d", argv[0], WEXITSTATUS(status));
}

static bool directive(Generate *g, Str line)
{
	Arena *a = g->c->arena;
	const char *text = str_c(a, str_trim(line));
	if ((g->have_run && regexec(&g->run, text, 0, NULL, 0)) || (g->have_skip && !regexec(&g->skip, text, 0, NULL, 0)))
		return true;
	StrVec words = {0};
	Str args = str_from(line, 14);
	if (args.n && args.p[args.n - 1] == '\r')
		args.n--;
	if (!split(g, args, &words))
		return false;
	if (!words.n)
		return report(g, "no arguments to directive");
	if (str_is(words.p[0], "-command")) {
		if (words.n == 1)
			return report(g, "no command specified for -command");
		if (strmap_has(&g->commands, words.p[1]))
			return report(g, "command \"" STR_FMT "\" multiply defined", STR_ARG(words.p[1]));
		StrVec *rest = NEW(a, StrVec);
		for (u32 i = 2; i < words.n; i++)
			vec_push(a, rest, words.p[i]);
		strmap_put(a, &g->commands, words.p[1], rest);
		return true;
	}
	if (g->c->show || g->c->show_only) {
		for (u32 i = 0; i < words.n; i++)
			fprintf(stderr, "%s" STR_FMT, i ? " " : "", STR_ARG(words.p[i]));
		fputc('\n', stderr);
	}
	return g->c->show_only || execute(g, &words);
}

// False: the rest of the package is not looked at.
static bool generate_file(Generate *g, Str path)
{
	Err e;
	const FileFacts *f = facts_get(g->c->ctx.facts, path, &e);
	Str text;
	if (!f || !f->package_name.n)
		return true;
	if (failed(e = file_map(g->c->arena, path, &text))) {
		fprintf(stderr, "generate: " STR_FMT "\n", STR_ARG(e.msg));
		return false;
	}
	g->path = path;
	g->package = f->package_name;
	g->line = 0;
	g->commands = (StrMap){0};
	if (g->c->verbose)
		fprintf(stderr, STR_FMT "\n", STR_ARG(load_short_path(&g->c->ctx, g->c->arena, path)));
	bool ok = true;
	for (Str rest = text; ok && rest.n;) {
		int nl = str_index(rest, '\n');
		Str line = nl >= 0 ? str_sub(rest, 0, (u32)nl) : rest;
		rest = str_from(rest, nl >= 0 ? (u32)nl + 1 : rest.n);
		g->line++;
		if (!str_has_prefix(line, "//go:generate ") && !str_has_prefix(line, "//go:generate\t"))
			continue;
		if (nl < 0)
			ok = report(g, "error reading " STR_FMT ": unexpected EOF", STR_ARG(load_short_path(&g->c->ctx, g->c->arena, path)));
		else if (line.n >= 4096)
			ok = report(g, "directive too long");
		else
			ok = directive(g, line);
	}
	file_unmap(text);
	return ok;
}

static bool generate_files(Generate *g, LoadPkg *p, const StrVec *const *lists, u32 n)
{
	StrVec all = {0};
	for (u32 k = 0; k < n; k++)
		for (u32 i = 0; i < lists[k]->n; i++)
			vec_push(g->c->arena, &all, lists[k]->p[i]);
	for (u32 i = 0; i < all.n; i++)
		if (!generate_file(g, path_join(g->c->arena, p->dir, all.p[i])))
			return false;
	return true;
}

static bool compile_regexp(regex_t *re, Str text, bool *have, Arena *a)
{
	*have = text.n > 0;
	int e = *have ? regcomp(re, str_c(a, text), REG_EXTENDED | REG_NOSUB) : 0;
	char why[256];
	if (e) {
		regerror(e, re, why, sizeof why);
		fprintf(stderr, "generate: error parsing regexp: %s: `" STR_FMT "`\n", why, STR_ARG(text));
	}
	return !e;
}

int cmd_generate(int argc, char **argv)
{
	BuildCmd c = {.arena = arena_new()};
	Generate g = {.c = &c};
	Str run = {0}, skip = {0};
	const Flag own[] = {{"run", FLAG_STRING, &run}, {"skip", FLAG_STRING, &skip}, {NULL, 0, NULL}};
	int status = buildcmd_begin(&c, help_usage("generate"), own, argc, argv);
	if (status)
		return status;
	if (!compile_regexp(&g.run, run, &g.have_run, c.arena) || !compile_regexp(&g.skip, skip, &g.have_skip, c.arena))
		return 1;
	vec_push(c.arena, &c.ctx.tags, S("generate"));
	c.ctx.tests = true;
	c.loader.no_imports = true;
	c.roots = buildcmd_packages(&c, c.args, c.nargs, &c.nroots);
	if (!c.roots)
		return 1;
	bool ok = true, told = false;
	for (u32 i = 0; i < c.nroots; i++) {
		LoadPkg *p = c.roots[i];
		if (p->module && !p->module->main) {
			if (!told)
				fputs("go: not generating in packages in dependency modules\n", stderr);
			told = true;
			continue;
		}
		if (p->err.n && !p->go_files.n && !p->cgo_files.n && !p->ignored_go.n && !p->invalid_go.n && !p->test_go.n && !p->xtest_go.n) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(load_error(c.arena, p)));
			ok = false;
			continue;
		}
		const StrVec *const own_files[] = {&p->go_files, &p->cgo_files, &p->test_go}, *const tests[] = {&p->xtest_go};
		ok = generate_files(&g, p, own_files, LENGTH(own_files)) && ok;
		ok = generate_files(&g, p, tests, LENGTH(tests)) && ok;
	}
	return ok ? 0 : 1;
}
