// tool_pack.c: `go tool pack`: the little archiver for Go's archives (cmd/pack).
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "obj/obj.h"

typedef struct Pack { Arena *a; char op; bool verbose; char **names; int nnames; } Pack;

static int usage(void)
{
	fputs("Usage: pack op file.a [name....]\n"
	      "Where op is one of cprtx optionally followed by v for verbose output.\n"
	      "For compatibility with old Go build environments the op string grc is\n"
	      "accepted as a synonym for c.\n\nFor more information, run\n\tgo doc cmd/pack\n", stderr);
	return 2;
}

static int fail(Str msg)
{
	fprintf(stderr, "pack: %.*s\n", STR_ARG(msg));
	return 1;
}

// Takes a name off the list of those asked for; without a list everything is.
static bool match(Pack *p, bool all, Str name)
{
	if (all)
		return true;
	for (int i = 0; i < p->nnames; i++)
		if (str_is(name, p->names[i])) {
			memmove(p->names + i, p->names + i + 1, (size_t)(p->nnames - i - 1) * sizeof *p->names);
			p->nnames--;
			return true;
		}
	return false;
}

static bool is_compiled(const ArMember *m, u32 n)
{
	bool def = false, obj = false;
	for (u32 i = 0; i < n; i++) {
		def |= str_is(m[i].name, "__.PKGDEF");
		obj |= str_is(m[i].name, "_go_.o");
	}
	return (n == 1 && (def || obj)) || (n == 2 && def && obj);
}

static void add_member(Buf *out, Str name, Str data, u32 mode)
{
	size_t at = out->n ? out->n : 8;
	ar_add(out, name, data);
	char m[9];
	snprintf(m, sizeof m, "%-8o", mode);
	memcpy(out->p + at + 40, m, 8);
}

static Err add_files(Pack *p, Buf *out)
{
	if (p->op == 'c') // the export data of the first compiled package among the files
		for (int i = 0; i < p->nnames; i++) {
			Str f;
			ArMember *m;
			u32 n;
			const char *why;
			Err e = file_map(p->a, str(p->names[i]), &f);
			if (failed(e))
				return e;
			if (!ar_read(p->a, f, &m, &n, &why) || !is_compiled(m, n))
				continue;
			bool done = false;
			for (u32 j = 0; j < n; j++)
				if (str_is(m[j].name, "__.PKGDEF")) {
					if (p->verbose)
						printf("__.PKGDEF # %s\n", p->names[i]);
					ar_add(out, m[j].name, m[j].data);
					done = true;
				}
			if (done)
				break;
		}
	for (int i = 0; i < p->nnames; i++) {
		Str f, file = str(p->names[i]);
		ArMember *m;
		u32 n;
		const char *why;
		if (p->verbose)
			printf("%s\n", p->names[i]);
		Err e = file_map(p->a, file, &f);
		if (failed(e))
			return e;
		if (ar_read(p->a, f, &m, &n, &why) && is_compiled(m, n)) {
			for (u32 j = 0; j < n; j++)
				if (str_is(m[j].name, "_go_.o"))
					ar_add(out, path_base(file), m[j].data);
			continue;
		}
		struct stat st;
		if (stat(p->names[i], &st) < 0)
			return err_sys(p->a, "stat", file);
		add_member(out, path_base(file), f, (u32)st.st_mode & 0777);
	}
	return OK;
}

static void list_long(const ArMember *m)
{
	// The header stands before the data: date, owner, group and mode in decimal and octal.
	const char *h = m->data.p - 60;
	char f[24], mode[11] = "-rwxrwxrwx", when[64];
	u64 v[4];
	static const u8 at[4] = {16, 28, 34, 40}, len[4] = {12, 6, 6, 8};
	for (u32 i = 0; i < 4; i++) {
		memcpy(f, h + at[i], len[i]);
		f[len[i]] = 0;
		v[i] = strtoull(f, NULL, i == 3 ? 8 : 10);
	}
	for (u32 i = 0; i < 9; i++)
		if (!(v[3] >> (8 - i) & 1))
			mode[1 + i] = '-';
	time_t t = (time_t)v[0];
	struct tm tm;
	strftime(when, sizeof when, "%b %e %H:%M %Y", localtime_r(&t, &tm));
	printf("%s %6llu/%-6llu %12u %s %.*s\n", mode, (unsigned long long)v[1], (unsigned long long)v[2], m->data.n, when,
	       STR_ARG(m->name));
}

int tool_pack_main(int argc, char **argv)
{
	Pack p = {.a = arena_new()};
	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "-help") || !strcmp(argv[1], "--help")))
		return usage();
	if (argc < 3) {
		fputs("pack: not enough arguments\n\n", stderr);
		return usage();
	}
	const char *op = !strcmp(argv[1], "grc") ? "c" : argv[1];
	for (; *op; op++) {
		if (*op == 'v' && !p.verbose)
			p.verbose = true;
		else if (strchr("cprtx", *op) && !p.op)
			p.op = *op;
		else
			return usage();
	}
	if (!p.op) {
		fprintf(stderr, "pack: invalid operation \"%s\"\n\n", argv[1]);
		return usage();
	}
	Str file = str(argv[2]), bytes = {"", 0};
	p.names = argv + 3;
	p.nnames = argc - 3;
	ArMember *m = NULL;
	u32 n = 0;
	const char *why = NULL;
	bool exists = file_exists(file);
	if (exists || (p.op != 'c' && p.op != 'r')) {
		Err e = file_map(p.a, file, &bytes);
		if (failed(e))
			return fail(e.msg);
		if (!ar_read(p.a, bytes, &m, &n, &why) && !((p.op == 'r' && !bytes.n) || p.op == 'c')) // only c puts an archive in the place of anything else
			return fail(str_fmt(p.a, "%s: %s", argv[2], why));
	}
	for (u32 i = 0; i < n; i++)
		if (!m[i].name.n || str_index(m[i].name, '/') >= 0 || str_is(m[i].name, "..") || str_is(m[i].name, "."))
			return fail(str_fmt(p.a, "\"%.*s\": invalid name", STR_ARG(m[i].name)));
	if (p.op == 'c' || p.op == 'r') {
		if (!p.nnames)
			return usage();
		Buf out = {0};
		if (p.op == 'r' && !why && bytes.n)
			buf_str(&out, bytes);
		else
			buf_c(&out, "!<arch>\n");
		if (out.n & 1)
			buf_u8(&out, 0);
		Err e = add_files(&p, &out);
		if (!failed(e))
			e = file_write(p.a, file, out.p, out.n, 0666);
		buf_free(&out);
		return failed(e) ? fail(e.msg) : 0;
	}
	bool all = p.nnames == 0;
	for (u32 i = 0; i < n; i++) {
		if (!match(&p, all, m[i].name))
			continue;
		if (p.op == 't' && p.verbose)
			list_long(&m[i]);
		else if (p.op == 't' || p.verbose)
			printf("%.*s\n", STR_ARG(m[i].name));
		if (p.op == 'p') {
			fwrite(m[i].data.p, 1, m[i].data.n, stdout);
		} else if (p.op == 'x') {
			int fd = open(str_c(p.a, m[i].name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
			if (fd < 0)
				return fail(err_sys(p.a, "open", m[i].name).msg);
			for (u32 off = 0; off < m[i].data.n;) {
				ssize_t k = write(fd, m[i].data.p + off, m[i].data.n - off);
				if (k <= 0)
					return fail(err_sys(p.a, "write", m[i].name).msg);
				off += (u32)k;
			}
			close(fd);
		}
	}
	if (p.nnames)
		return fail(str_fmt(p.a, "file \"%s\" not in archive", p.names[0]));
	arena_free(p.a);
	return 0;
}
