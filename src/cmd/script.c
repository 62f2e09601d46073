// script.c: see script.h. The form is that of cmd/go/internal/work (shell.go, gc.go): directories $WORK/b001 ..., one for
// each package, whose inputs are written by here-documents. Those hold real paths, since the shell replaces nothing in them.
#include "cmd/script.h"
#include "cmd/value.h"

#include "base/overlay.h"

#include <stdlib.h>
#include <unistd.h>

struct Script {
	BuildCmd *c;
	Str work;               // what $WORK stands for
	Str dir;                // where the shell would be; "" at first
	Str *objdirs;           // by BuildPkg.order: "$WORK/b002" of what is compiled
	u32 next;               // number of the next directory; 1 is the program's
};

Script *script_new(BuildCmd *c)
{
	if (!c->show && !c->show_only && !c->work)
		return NULL;
	Script *s = NEW(c->arena, Script);
	const char *tmp = getenv("TMPDIR");
	Str dir = env_get(c->env, "GOTMPDIR");
	dir = dir.n ? dir : tmp && *tmp ? str(tmp) : S("/tmp");
	if (dir.p[0] != '/')
		dir = path_join(c->arena, c->ctx.cwd, dir);
	*s = (Script){.c = c, .next = 2};
	s->work = str_fmt(c->arena, STR_FMT "/go-build%u", STR_ARG(dir), (u32)getpid());
	bool keep = c->work && !c->show_only;
	if (keep && !file_exists(dir))
		base_die("creating work dir: stat " STR_FMT ": no such file or directory", STR_ARG(dir));
	fprintf(stderr, "WORK=" STR_FMT "\n", STR_ARG(s->work));
	if (!keep)
		return s;
	// Kept for the user. Of a build in one process there is little to keep: the program, where it is not what is asked for.
	Err e = dir_make_all(c->arena, s->work);
	if (failed(e))
		base_die("creating work dir: " STR_FMT, STR_ARG(e.msg));
	c->work_dir = s->work;
	return s;
}

void script_line(Script *s, const char *fmt, ...)
{
	if (!s || (!s->c->show && !s->c->show_only))
		return;
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

// $WORK/x as a here-document has it.
static Str real(Script *s, Str path)
{
	return str_has_prefix(path, "$WORK") ? str_cat(s->c->arena, s->work, str_from(path, 5)) : path;
}

static void change_dir(Script *s, Str dir)
{
	if (!str_eq(s->dir, dir))
		script_line(s, "cd " STR_FMT, STR_ARG(dir));
	s->dir = dir;
}

// A word of a command line: quoted if a shell would see more in it than its letters; variables are still replaced.
static void put_word(Buf *b, Str w)
{
	bool quote = !w.n;
	for (u32 i = 0; i < w.n; i++)
		quote = quote || strchr(" \t\n\"'`\\<>|&;()*?[]{}#~!", w.p[i]);
	buf_u8(b, ' ');
	if (quote)
		buf_u8(b, '"');
	for (u32 i = 0; i < w.n; i++) {
		if (quote && (w.p[i] == '"' || w.p[i] == '\\' || w.p[i] == '`'))
			buf_u8(b, '\\');
		buf_u8(b, (u8)w.p[i]);
	}
	if (quote)
		buf_u8(b, '"');
}

static void put_words(Buf *b, const StrVec *words)
{
	for (u32 i = 0; i < words->n; i++)
		put_word(b, words->p[i]);
}

// "TOOL word word ...", from words that a NULL ends.
static void begin_tool(Script *s, Buf *b, const char *tool, ...)
{
	Str path = tool_path(s->c->arena, tool);
	b->n = 0;
	buf_str(b, path);
	va_list ap;
	va_start(ap, tool);
	for (const char *w; (w = va_arg(ap, const char *));)
		put_word(b, str(w));
	va_end(ap);
}

static void end_tool(Script *s, Buf *b)
{
	script_line(s, "%.*s", (int)b->n, (const char *)b->p);
}

// name within dir as seen from where the shell is.
static Str short_file(Script *s, Str dir, Str name)
{
	Arena *a = s->c->arena;
	Str full = overlay_actual(path_join(a, dir, name));
	if (str_eq(path_dir(full), s->dir))
		return str_cat(a, S("./"), path_base(full));
	return path_has_prefix(full, s->dir) ? str_fmt(a, "./" STR_FMT, STR_ARG(str_from(full, s->dir.n + 1))) : full;
}

static Str archive_of(Script *s, LoadPkg *p)
{
	BuildPkg *k = p->build;
	Str dir = s->objdirs[k->order];
	return dir.n ? path_join(s->c->arena, dir, S("_pkg_.a")) : k->file;
}

// All that p imports, directly or not: the compiler follows the imports of imports.
static void collect(LoadPkg *p, bool *seen)
{
	for (u32 i = 0; i < p->deps.n; i++) {
		BuildPkg *k = p->deps.p[i]->build;
		if (!k || seen[k->order])
			continue;
		seen[k->order] = true;
		collect(p->deps.p[i], seen);
	}
}

static void put_archives(Script *s, Buf *b, LoadPkg *p)
{
	Build *build = &s->c->build;
	bool *seen = NEWN(s->c->arena, bool, build->n);
	collect(p, seen);
	for (u32 i = 0; i < build->n; i++) {
		LoadPkg *d = build->pkgs[i].load;
		if (seen[i] && d != p && !str_is(d->import_path, "unsafe"))
			buf_printf(b, "packagefile " STR_FMT "=" STR_FMT "\n", STR_ARG(d->import_path), STR_ARG(real(s, archive_of(s, d))));
	}
}

static void write_importcfg(Script *s, LoadPkg *p, Str dir)
{
	Buf b = {0};
	buf_c(&b, "# import config\n");
	for (u32 i = 0; i < p->imports.n; i++) {
		LoadPkg *d = strmap_get(&p->import_map, p->imports.p[i].path);
		if (d && !str_eq(d->import_path, p->imports.p[i].path))
			buf_printf(&b, "importmap " STR_FMT "=" STR_FMT "\n", STR_ARG(p->imports.p[i].path), STR_ARG(d->import_path));
	}
	put_archives(s, &b, p);
	script_line(s, "cat >" STR_FMT "/importcfg << 'EOF' # internal\n%.*sEOF", STR_ARG(dir), (int)b.n, (const char *)b.p);
	buf_free(&b);
}

// Which files the patterns of //go:embed mean, and where they are. False if there are none.
static bool write_embedcfg(Script *s, LoadPkg *p, Str dir)
{
	Arena *a = s->c->arena;
	if (!p->embeds.n)
		return false;
	Value *cfg = value_struct(a, NULL), *patterns = value_map(a), *files = value_map(a);
	for (u32 i = 0; i < p->embeds.n; i++) {
		StrVec names = {0};
		u32 bad;
		load_embeds(a, p->dir, &(EmbedRefVec){.p = &p->embeds.p[i], .n = 1}, &names, &bad);
		value_set(a, patterns, str_c(a, p->embeds.p[i].pattern), value_strs(a, &names));
		for (u32 k = 0; k < names.n; k++)
			value_set(a, files, str_c(a, names.p[k]), value_str(a, overlay_actual(path_join(a, p->dir, names.p[k]))));
	}
	value_set(a, cfg, "Patterns", patterns);
	value_set(a, cfg, "Files", files);
	Buf b = {0};
	value_json(&b, cfg, 0);
	script_line(s, "cat >" STR_FMT "/embedcfg << 'EOF' # internal\n%.*s\nEOF", STR_ARG(dir), (int)b.n, (const char *)b.p);
	buf_free(&b);
	return true;
}

// asm with what all its calls have in common.
static void begin_asm(Script *s, Buf *b, BuildPkg *k, Str dir)
{
	Arena *a = s->c->arena;
	BuildContext *c = &s->c->ctx;
	const char *own = str_c(a, str_cat(a, dir, S("/")));
	begin_tool(s, b, "asm", "-p", str_c(a, k->opt.import_path), "-trimpath", str_c(a, str_cat(a, dir, S("=>"))), "-I", own, "-I",
		str_c(a, path_join(a, c->goroot, S("pkg/include"))), "-D", str_c(a, str_cat(a, S("GOOS_"), c->goos)), "-D",
		str_c(a, str_cat(a, S("GOARCH_"), c->goarch)), NULL);
	if (str_is(c->goarch, "amd64"))
		buf_printf(b, " -D GOAMD64_" STR_FMT, STR_ARG(env_get(c->env, "GOAMD64")));
	if (k->opt.std)
		buf_c(b, " -std");
	put_words(b, &k->asmflags);
}

static void assemble(Script *s, BuildPkg *k, Str dir, bool symabis)
{
	Arena *a = s->c->arena;
	Buf b = {0};
	change_dir(s, k->load->dir);
	for (u32 i = 0; i < (symabis ? 1 : k->load->s_files.n); i++) {
		begin_asm(s, &b, k, dir);
		Str name = k->load->s_files.p[i], object = str_cat(a, str_sub(name, 0, name.n - 2), S(".o"));
		if (symabis)
			buf_c(&b, " -gensymabis");
		buf_c(&b, " -o");
		put_word(&b, path_join(a, dir, symabis ? S("symabis") : object));
		for (u32 f = symabis ? 0 : i; f < (symabis ? k->load->s_files.n : i + 1); f++)
			put_word(&b, short_file(s, k->load->dir, k->load->s_files.p[f]));
		end_tool(s, &b);
	}
	buf_free(&b);
}

static u32 workers(Script *s)
{
	const char *max = getenv("GOMAXPROCS");
	int n = max ? atoi(max) : 0;
	return MIN(n > 0 ? (u32)n : (u32)sysconf(_SC_NPROCESSORS_ONLN), 4); // as many as the official command gives one compiler
}

// The source files that lie nowhere: of a test's main package.
static void write_texts(Script *s, LoadPkg *p, Str dir)
{
	for (u32 i = 0; i < p->texts.n && i < p->go_files.n; i++)
		if (p->texts.p[i].p)
			script_line(s, "cat >" STR_FMT "/" STR_FMT " << 'EOF' # internal\n" STR_FMT "EOF", STR_ARG(dir), STR_ARG(p->go_files.p[i]),
				STR_ARG(p->texts.p[i]));
}

static void compile(Script *s, BuildPkg *k)
{
	LoadPkg *p = k->load;
	Arena *a = s->c->arena;
	Str dir = s->objdirs[k->order];
	bool assembly = p->s_files.n > 0;
	script_line(s, "mkdir -p " STR_FMT "/", STR_ARG(dir));
	write_texts(s, p, dir);
	if (assembly) {
		script_line(s, "echo -n > " STR_FMT "/go_asm.h # internal", STR_ARG(dir));
		assemble(s, k, dir, true);
	}
	write_importcfg(s, p, dir);
	bool embeds = write_embedcfg(s, p, dir);
	change_dir(s, s->c->ctx.cwd);
	Buf b = {0};
	Str trim = k->opt.trimpath.n ? str_fmt(a, STR_FMT "=>;" STR_FMT, STR_ARG(dir), STR_ARG(k->opt.trimpath)) : str_cat(a, dir, S("=>"));
	begin_tool(s, &b, "compile", "-o", path_join(a, dir, S("_pkg_.a")).p, "-trimpath", str_c(a, trim), "-p", str_c(a, k->opt.import_path), NULL);
	if (p->go_version.n)
		buf_printf(&b, " -lang=" STR_FMT, STR_ARG(p->go_version));
	buf_printf(&b, "%s%s%s -goversion " STR_FMT, k->opt.std ? " -std" : "", k->opt.runtime ? " -+" : "", k->opt.complete ? " -complete" : "",
		STR_ARG(build_go_version(&s->c->build)));
	if (assembly)
		buf_printf(&b, " -symabis " STR_FMT "/symabis", STR_ARG(dir));
	buf_printf(&b, " -c=%u -nolocalimports -importcfg " STR_FMT "/importcfg", workers(s), STR_ARG(dir));
	if (embeds)
		buf_printf(&b, " -embedcfg " STR_FMT "/embedcfg", STR_ARG(dir));
	put_words(&b, &k->gcflags);
	buf_c(&b, " -pack");
	if (assembly)
		buf_printf(&b, " -asmhdr " STR_FMT "/go_asm.h", STR_ARG(dir));
	for (u32 i = 0; i < p->go_files.n; i++)
		put_word(&b, i < p->texts.n && p->texts.p[i].p ? path_join(a, dir, p->go_files.p[i]) : short_file(s, p->dir, p->go_files.p[i]));
	end_tool(s, &b);
	if (assembly) {
		assemble(s, k, dir, false);
		begin_tool(s, &b, "pack", "r", path_join(a, dir, S("_pkg_.a")).p, NULL);
		for (u32 i = 0; i < p->s_files.n; i++)
			put_word(&b, str_fmt(a, STR_FMT "/" STR_FMT ".o", STR_ARG(dir), STR_ARG(str_sub(p->s_files.p[i], 0, p->s_files.p[i].n - 2))));
		buf_c(&b, " # internal");
		end_tool(s, &b);
	}
	buf_free(&b);
}

void script_packages(Script *s)
{
	if (!s)
		return;
	Build *b = &s->c->build;
	build_find_cached(b);
	s->objdirs = NEWN(s->c->arena, Str, b->n);
	for (u32 i = 0; i < b->n; i++) {
		BuildPkg *k = &b->pkgs[i];
		if (k->cached.n || k->load->err.n || !k->load->go_files.n || str_is(k->load->import_path, "unsafe"))
			continue;
		s->objdirs[i] = str_fmt(s->c->arena, "$WORK/b%03u", s->next++);
		compile(s, k);
	}
}

// The marks around it are no UTF-8: they are written as numbers.
static void put_modinfo(Buf *b, Str info)
{
	buf_c(b, "modinfo \"");
	for (u32 i = 0; i < info.n; i++) {
		u8 c = (u8)info.p[i];
		if (c == '\n' || c == '\t')
			buf_c(b, c == '\n' ? "\\n" : "\\t");
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < ' ' || c > '~')
			buf_printf(b, "\\x%02x", c);
		else
			buf_u8(b, c);
	}
	buf_c(b, "\"\n");
}

Str script_link(Script *s, LoadPkg *main, Str name, bool wanted)
{
	if (!s)
		return S("");
	Arena *a = s->c->arena;
	Build *build = &s->c->build;
	Str dir = S("$WORK/b001"), exe = str_fmt(a, STR_FMT "/exe/" STR_FMT, STR_ARG(dir), STR_ARG(name));
	Buf b = {0};
	Str image, cached;
	if (wanted && !s->c->show_only && build_cached_exe(build, main, &image, &cached))
		return cached;
	buf_printf(&b, "packagefile " STR_FMT "=" STR_FMT "\n", STR_ARG(main->import_path), STR_ARG(real(s, archive_of(s, main))));
	put_archives(s, &b, main);
	put_modinfo(&b, build_mod_info(build, main));
	script_line(s, "mkdir -p " STR_FMT "/", STR_ARG(dir));
	script_line(s, "cat >" STR_FMT "/importcfg.link << 'EOF' # internal\n%.*sEOF", STR_ARG(dir), (int)b.n, (const char *)b.p);
	script_line(s, "mkdir -p " STR_FMT "/exe/", STR_ARG(dir));
	change_dir(s, S("."));
	s->dir = s->c->ctx.cwd;
	begin_tool(s, &b, "link", "-o", str_c(a, exe), "-importcfg", path_join(a, dir, S("importcfg.link")).p, NULL);
	StrVec first = build_link_words(build, main);
	put_words(&b, &first);
	buf_c(&b, " -buildmode=exe");
	put_word(&b, archive_of(s, main));
	script_line(s, "GOROOT='" STR_FMT "' %.*s", STR_ARG((s->c->trimpath ? S("") : s->c->ctx.goroot)), (int)b.n, (const char *)b.p);
	buf_free(&b);
	return exe;
}

void script_put(Script *s, LoadPkg *p, Str made, Str file)
{
	if (!s)
		return;
	Buf b = {0};
	if (path_base(file).n < file.n) {
		buf_c(&b, "mkdir -p");
		put_word(&b, str_cat(s->c->arena, path_dir(file), S("/")));
		end_tool(s, &b);
	}
	b.n = 0;
	buf_c(&b, p->is_main && str_has_prefix(made, "$WORK") ? "mv" : "cp"); // the cache keeps what it has
	put_word(&b, p->is_main ? made : archive_of(s, p));
	put_word(&b, file);
	end_tool(s, &b);
	buf_free(&b);
}

void script_end(Script *s)
{
	if (s && !s->c->work)
		script_line(s, "rm -rf $WORK/b001/");
}
