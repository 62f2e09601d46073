// test2json.c: the output of a test binary run with -test.v=test2json as events, a JSON object a line: which test runs,
// what it prints, how it ends. The binary marks its own lines with ^V and errors with ^O and ^N; ^[ takes such a mark
// in what a test prints its meaning. Facts: cmd/internal/test2json, `go doc test2json`.
#include "cmd/test.h"
#include "cmd/value.h"

#include <stdlib.h>
#include <time.h>

enum { MARK_FRAME = 0x16, MARK_ERROR = 0x0f, MARK_ERROR_END = 0x0e, MARK_ESCAPE = 0x1b };
enum { LINE_MAX_BYTES = 4096 }; // longer lines are handed on in parts

typedef struct Event {
	const char *action;
	Str test, key, value, path;
	double elapsed;
	bool has_elapsed;
} Event;

// Collects bytes and hands on lines, or parts of those that are too long.
typedef struct LineBuffer {
	u8 b[LINE_MAX_BYTES];
	u32 n;
	bool mid;       // within a long line
	bool escaped;
	void (*line)(Test2Json *j, u8 *p, u32 n);
	void (*part)(Test2Json *j, u8 *p, u32 n);
} LineBuffer;

struct Test2Json {
	Arena *a;
	Str package;
	Test2JsonSink sink;
	void *ctx;
	struct timespec start;
	Str test;               // whose output it is
	VEC(Event) reports;     // results of a test and its subtests, not shown yet
	const char *result;     // of all
	LineBuffer in, out;
	bool framing;           // our lines begin with ^V
	bool in_error, escape;
	bool frame;             // what is written now is a line of the testing package
};

// ---- events -------------------------------------------------------------------------------------

static void field(Buf *b, const char *name, Str s)
{
	if (!s.n)
		return;
	buf_printf(b, ",\"%s\":", name);
	json_string(b, s);
}

// The shortest decimal that is the same number.
static void number(Buf *b, double v)
{
	char s[32];
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(s, sizeof s, "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	if (strchr(s, 'e'))
		snprintf(s, sizeof s, "%.9f", v);
	buf_c(b, s);
}

static void timestamp(Buf *b)
{
	struct timespec t;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &t);
	localtime_r(&t.tv_sec, &tm);
	char text[64], nano[16];
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	int n = snprintf(nano, sizeof nano, ".%09ld", t.tv_nsec);
	while (n && (nano[n - 1] == '0' || nano[n - 1] == '.'))
		nano[--n] = 0;
	buf_printf(b, "\"Time\":\"%s%s", text, nano);
	long off = tm.tm_gmtoff / 60;
	if (off)
		buf_printf(b, "%c%02ld:%02ld\"", off < 0 ? '-' : '+', labs(off) / 60, labs(off) % 60);
	else
		buf_c(b, "Z\"");
}

static void write_event(Test2Json *j, const Event *e, const Str *output, const char *type, Str failed_build)
{
	Buf b = {0};
	buf_u8(&b, '{');
	timestamp(&b);
	buf_printf(&b, ",\"Action\":\"%s\"", e->action);
	field(&b, "Package", j->package);
	field(&b, "Test", e->test.n ? e->test : j->test);
	if (e->has_elapsed) {
		buf_c(&b, ",\"Elapsed\":");
		number(&b, e->elapsed);
	}
	if (output) {
		buf_c(&b, ",\"Output\":");
		json_string(&b, *output);
	}
	field(&b, "OutputType", str(type));
	field(&b, "FailedBuild", failed_build);
	field(&b, "Key", e->key);
	field(&b, "Value", e->value);
	field(&b, "Path", e->path);
	buf_c(&b, "}\n");
	j->sink(j->ctx, b.p, b.n);
	buf_free(&b);
}

static void event(Test2Json *j, const Event *e)
{
	write_event(j, e, NULL, "", S(""));
}

static void output_event(Test2Json *j, const u8 *p, u32 n, const char *type)
{
	Str s = str_n((const char *)p, n);
	write_event(j, &(Event){.action = "output"}, &s, type, S(""));
}

// One line, or a part: errors become events of their own.
static void write_output(Test2Json *j, u8 *p, u32 n)
{
	const char *type = j->frame ? "frame" : j->in_error ? "error-continue" : "";
	u32 w = 0, from = 0; // p[from..w) is to be written: marks are left out
	for (u32 i = 0; i < n; i++) {
		u8 c = p[i];
		if (j->escape) {
			j->escape = false;
			p[w++] = c;
		} else if (c == MARK_ESCAPE) {
			j->escape = true;
		} else if (c == MARK_ERROR) {
			if (w > from)
				output_event(j, p + from, w - from, type);
			from = w;
			j->in_error = true;
			type = "error";
		} else if (c == MARK_ERROR_END) {
			if (i + 1 < n && p[i + 1] == '\n')
				p[w++] = p[++i];
			output_event(j, p + from, w - from, type);
			from = w;
			j->in_error = false;
			type = "";
		} else {
			p[w++] = c;
		}
	}
	if (w > from)
		output_event(j, p + from, w - from, type);
}

// ---- lines --------------------------------------------------------------------------------------

// The end of a line: a newline, which belongs to it, or a ^V behind its begin, which does not.
static int line_end(LineBuffer *l, u32 from, u32 *width)
{
	for (u32 i = from; i < l->n; i++) {
		u8 c = l->b[i];
		*width = 1;
		if (c == '\n')
			return (int)i;
		if (l->escaped) {
			l->escaped = false;
		} else if (c == MARK_ESCAPE) {
			l->escaped = true;
		} else if (c == MARK_FRAME && i > from) {
			*width = 0;
			return (int)i;
		}
	}
	return -1;
}

// How much of a text ends with a whole character.
static u32 whole_runes(const u8 *p, u32 n)
{
	for (u32 i = 1; i < 4 && i <= n; i++) {
		u8 c = p[n - i];
		if ((c & 0xc0) == 0x80)
			continue;
		u32 need = (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 1;
		return need > i ? n - i : n;
	}
	return n;
}

// "BenchmarkX   \t": the name comes long before the rest of the line.
static bool is_benchmark_name(const u8 *p, u32 n)
{
	while (n && p[n - 1] == ' ')
		n--;
	Str s = str_n((const char *)p, n);
	if (!str_has_prefix(s, "Benchmark"))
		return false;
	if (n == 9)
		return true;
	u32 w, r = utf8_decode(s.p + 9, n - 9, &w);
	return r < 0x80 ? !(r >= 'a' && r <= 'z') : !unicode_is_letter(r) || unicode_is_upper(r);
}

static void lines_write(Test2Json *j, LineBuffer *l, const u8 *p, u32 n)
{
	while (n) {
		u32 m = MIN(n, LINE_MAX_BYTES - l->n), i = 0, width;
		memcpy(l->b + l->n, p, m);
		l->n += m;
		p += m;
		n -= m;
		while (i < l->n) {
			int end = line_end(l, i, &width);
			if (end < 0) {
				u8 *tab = l->mid ? NULL : memchr(l->b + i, '\t', l->n - i);
				if (tab && is_benchmark_name(l->b + i, (u32)(tab - l->b) - i)) {
					u32 to = (u32)(tab - l->b) + 1;
					l->part(j, l->b + i, to - i);
					l->mid = true;
					i = to;
				}
				break;
			}
			u32 to = (u32)end + width;
			(l->mid ? l->part : l->line)(j, l->b + i, to - i);
			l->mid = false;
			i = to;
		}
		if (!i && l->n == LINE_MAX_BYTES) {
			i = whole_runes(l->b, l->n);
			l->part(j, l->b, i);
			l->mid = true;
		}
		memmove(l->b, l->b + i, l->n - i);
		l->n -= i;
	}
}

static void lines_flush(Test2Json *j, LineBuffer *l)
{
	if (l->n)
		l->part(j, l->b, l->n);
	l->n = 0;
}

static void out_part(Test2Json *j, u8 *p, u32 n) { lines_write(j, &j->out, p, n); }

static void write_frame(Test2Json *j, const u8 *p, u32 n)
{
	j->frame = true;
	lines_write(j, &j->out, p, n);
	j->frame = false;
}

// Shows the results of tests that are nested as deep as `depth` or deeper.
static void flush_reports(Test2Json *j, u32 depth)
{
	j->test = S("");
	while (j->reports.n > depth) {
		Event e = vec_pop(&j->reports);
		event(j, &e);
	}
}

// "--- PASS: name (0.00s)", behind 4 blanks for each level of nesting.
static void report_line(Test2Json *j, Str line, u32 indent, bool marked, const u8 *p, u32 n)
{
	if (j->reports.n < indent) { // deeper than can be: something else
		lines_write(j, &j->out, p, n);
		return;
	}
	static const char *const actions[] = {"pass", "fail", "skip", "bench"}, *const words[] = {"PASS:", "FAIL:", "SKIP:", "BENCH:"};
	Event e = {.action = "output"};
	for (u32 i = 0; i < LENGTH(words); i++)
		if (str_has_prefix(str_from(line, 4), words[i]))
			e.action = actions[i];
	Str name = str_trim(str_from(line, (u32)str_index(line, ':') + 1));
	int open = str_find(name, " (");
	if (open >= 0) {
		if (str_has_suffix(name, "s)")) {
			char *end;
			e.elapsed = strtod(str_c(j->a, str_sub(name, (u32)open + 2, name.n - 2)), &end);
			e.has_elapsed = !*end;
		}
		name = str_sub(name, 0, (u32)open);
	}
	j->framing = marked;
	flush_reports(j, indent);
	e.test = j->test = str_dup(j->a, name);
	vec_push(j->a, &j->reports, e);
	write_frame(j, p, n);
}

// "=== RUN   name".
static void update_line(Test2Json *j, Str line, bool marked, const u8 *p, u32 n)
{
	static const char *const actions[] = {"run", "pause", "cont", "name", "pass", "fail", "skip", "attr", "artifacts"},
		*const words[] = {"RUN", "PAUSE", "CONT", "NAME", "PASS", "FAIL", "SKIP", "ATTR", "ARTIFACTS"};
	Str rest = str_from(line, 4);
	int blank = str_index(rest, ' ');
	Str word = blank < 0 ? rest : str_sub(rest, 0, (u32)blank), name = str_trim(str_from(rest, word.n));
	Event e = {.action = "output"};
	for (u32 i = 0; i < LENGTH(words); i++)
		if (str_is(word, words[i]))
			e.action = actions[i];
	bool attr = !strcmp(e.action, "attr"), artifacts = !strcmp(e.action, "artifacts");
	int cut = attr || artifacts ? str_index(name, ' ') : -1;
	if (cut >= 0) {
		Str more = str_from(name, (u32)cut + 1);
		name = str_sub(name, 0, (u32)cut);
		int second = str_index(more, ' ');
		if (artifacts) {
			e.path = more;
		} else {
			e.key = second < 0 ? more : str_sub(more, 0, (u32)second);
			e.value = second < 0 ? S("") : str_from(more, (u32)second + 1);
		}
	}
	j->framing = marked;
	flush_reports(j, 0);
	j->test = str_dup(j->a, name);
	if (!strcmp(e.action, "name"))
		return;
	bool pause = !strcmp(e.action, "pause"); // its line comes first
	if (pause)
		write_frame(j, p, n);
	event(j, &e);
	if (!pause)
		write_frame(j, p, n);
}

static void in_line(Test2Json *j, u8 *p, u32 n)
{
	bool marked = n && p[0] == MARK_FRAME;
	if (!n || (j->framing && !marked)) {
		lines_write(j, &j->out, p, n);
		return;
	}
	if (marked) {
		lines_flush(j, &j->out);
		p++;
		n--;
	}
	Str line = str_n((char *)p, n), trim = line;
	if (trim.n && trim.p[trim.n - 1] == '\n')
		trim.n--;
	if (trim.n && trim.n < line.n && trim.p[trim.n - 1] == '\r')
		trim.n--;
	bool pass = str_is(trim, "PASS");
	if (pass || str_is(trim, "FAIL") || str_has_prefix(trim, "FAIL\t")) {
		flush_reports(j, 0);
		j->framing = marked;
		write_frame(j, p, n);
		j->result = pass ? "pass" : "fail";
		return;
	}
	if (str_has_prefix(line, "?   \t") && str_has_suffix(trim, "\t[no test files]") && !j->reports.n)
		j->result = "skip";
	if (str_is(trim, "=== NAME")) { // blanks at its end may be lost
		update_line(j, S("=== NAME  "), marked, p, n);
		return;
	}
	static const char *const updates[] = {"=== RUN   ", "=== PAUSE ", "=== CONT  ", "=== NAME  ", "=== PASS  ", "=== FAIL  ", "=== SKIP  ",
		"=== ATTR  ", "=== ARTIFACTS "}, *const reports[] = {"--- PASS: ", "--- FAIL: ", "--- SKIP: ", "--- BENCH: "};
	for (u32 i = 0; i < LENGTH(updates); i++)
		if (str_has_prefix(line, updates[i])) {
			update_line(j, trim, marked, p, n);
			return;
		}
	u32 indent = 0;
	while (str_has_prefix(line, "    ")) {
		line = str_from(line, 4);
		indent++;
	}
	for (u32 i = 0; i < LENGTH(reports); i++)
		if (str_has_prefix(line, reports[i])) {
			report_line(j, str_trim(line), indent, marked, p, n);
			return;
		}
	if (indent && indent <= j->reports.n) // printed by a test that has ended
		j->test = j->reports.p[indent - 1].test;
	lines_write(j, &j->out, p, n);
}

// ---- the whole ----------------------------------------------------------------------------------

Test2Json *test2json_new(Arena *a, Str package, Test2JsonSink sink, void *ctx)
{
	Test2Json *j = NEW(a, Test2Json);
	*j = (Test2Json){.a = a, .package = package, .sink = sink, .ctx = ctx, .in = {.line = in_line, .part = out_part},
		.out = {.line = write_output, .part = write_output}};
	clock_gettime(CLOCK_MONOTONIC, &j->start);
	event(j, &(Event){.action = "start"});
	return j;
}

void test2json_write(Test2Json *j, const void *p, size_t n)
{
	lines_write(j, &j->in, p, (u32)n);
}

void test2json_close(Test2Json *j, bool ok, Str failed_build)
{
	if (!ok)
		j->result = "fail";
	else if (!j->result || strcmp(j->result, "skip"))
		j->result = "pass";
	lines_flush(j, &j->in);
	lines_flush(j, &j->out);
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	i64 ms = ((i64)(t.tv_sec - j->start.tv_sec) * NS_PER_SECOND + t.tv_nsec - j->start.tv_nsec + 500000) / 1000000;
	Event e = {.action = j->result, .elapsed = (double)ms / 1e3, .has_elapsed = true};
	write_event(j, &e, NULL, "", ok ? S("") : failed_build);
}

// ---- the build ----------------------------------------------------------------------------------

static void build_event(Buf *out, Str path, const char *action, Str text)
{
	buf_c(out, "{\"ImportPath\":");
	json_string(out, path);
	buf_printf(out, ",\"Action\":\"%s\"", action);
	field(out, "Output", text);
	buf_c(out, "}\n");
}

Str buildjson_write(Arena *a, Str messages, Str path, FILE *to)
{
	bool given = path.n > 0, none = !messages.n;
	Str first = path;
	Buf out = {0};
	while (messages.n) {
		int nl = str_index(messages, '\n');
		Str line = nl < 0 ? messages : str_sub(messages, 0, (u32)nl + 1);
		messages = str_from(messages, line.n);
		if (!given && str_has_prefix(line, "# ") && !str_has_prefix(line, "# [")) { // "# [x]" is vet's
			if (path.n)
				build_event(&out, path, "build-fail", S(""));
			path = str_trim(str_from(line, 2));
			if (!first.n)
				first = str_dup(a, path);
		}
		build_event(&out, path, "build-output", line);
	}
	if (path.n && !none)
		build_event(&out, path, "build-fail", S(""));
	fwrite(out.p, 1, out.n, to);
	fflush(to);
	buf_free(&out);
	return first;
}
