// synopsis.c: comments to the line that `go list` shows of a package. Facts: go/ast's CommentGroup.Text, go/doc's
// Synopsis, go/doc/comment (the first paragraph only; quotes become typographic).
#include "load/header.h"

// A comment that is meant for a program: //line, //go:name.
static bool is_directive(Str c)
{
	if (str_has_prefix(c, "line ") || str_has_prefix(c, "extern ") || str_has_prefix(c, "export "))
		return true;
	int colon = str_index(c, ':');
	if (colon <= 0 || (u32)colon + 1 >= c.n)
		return false;
	for (u32 i = 0; i <= (u32)colon + 1; i++) {
		char b = c.p[i];
		if (i != (u32)colon && !((b >= 'a' && b <= 'z') || (b >= '0' && b <= '9')))
			return false;
	}
	return true;
}

typedef struct TextOut { Buf b; bool blank; } TextOut;

static void add_line(TextOut *o, Str l)
{
	while (l.n && strchr(" \t\r", l.p[l.n - 1]))
		l.n--;
	if (!l.n) {
		o->blank = true;
		return;
	}
	if (o->blank && o->b.n)
		buf_u8(&o->b, '\n');
	o->blank = false;
	buf_str(&o->b, l);
	buf_u8(&o->b, '\n');
}

Str comment_text(Arena *a, Str group)
{
	TextOut o = {0};
	while (group.n >= 2) {
		bool block = group.p[1] == '*';
		int end = block ? str_find(str_from(group, 2), "*/") : str_index(group, '\n');
		u32 n = end < 0 ? group.n : (u32)end + (block ? 2 : 0);
		Str text = str_sub(group, 2, n);
		group = str_from(group, MIN(n + (block ? 2 : 1), group.n));
		while (group.n && strchr(" \t\r\n", group.p[0]))
			group = str_from(group, 1);
		while (!block && text.n && text.p[text.n - 1] == '\r')
			text.n--;
		if (!block && text.n && text.p[0] == ' ')
			text = str_from(text, 1);
		else if (!block && is_directive(text))
			continue;
		for (int nl; (nl = str_index(text, '\n')) >= 0; text = str_from(text, (u32)nl + 1))
			add_line(&o, str_sub(text, 0, (u32)nl));
		add_line(&o, text);
	}
	Str s = str_dup(a, buf_view(&o.b));
	buf_free(&o.b);
	return s;
}

// Up to a period that ends a word of more than one capital letter.
static Str first_sentence(Str s)
{
	u32 ppp = 0, pp = 0, p = 0;
	for (u32 i = 0, w; i < s.n; i += w) {
		u32 q = utf8_decode(s.p + i, s.n - i, &w);
		if (q == '\n' || q == '\r' || q == '\t')
			q = ' ';
		if ((q == ' ' && p == '.' && (!unicode_is_upper(pp) || unicode_is_upper(ppp))) || p == 0x3002 || p == 0xff0e)
			return str_sub(s, 0, i);
		ppp = pp;
		pp = p;
		p = q;
	}
	return s;
}

static bool fold_prefix(Str s, const char *prefix)
{
	for (u32 i = 0; prefix[i]; i++)
		if (i >= s.n || (s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]) != prefix[i])
			return false;
	return true;
}

static bool is_punct(char c)
{
	return c > ' ' && (u8)c < 0x7f && !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) && !strchr("$+<=>^`|~", c);
}

static bool is_exported(Str s)
{
	for (u32 i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_'))
			return false;
	return s.n && s.p[0] >= 'A' && s.p[0] <= 'Z';
}

// A link to a package or to something of one: "[net/http]", "[io.Reader]". Names without a slash must be the library's.
static bool is_link(Str s)
{
	static const char *const library[] = {"bufio", "bytes", "cmp", "context", "crypto", "embed", "encoding", "errors", "expvar", "flag", "fmt",
		"hash", "html", "image", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "slices",
		"sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "time", "unicode", "unique", "unsafe", "uuid", "weak"};
	if (str_has_prefix(s, "*"))
		s = str_from(s, 1);
	for (u32 i = 0; i < 2; i++) { // package.Type.Method
		int dot = str_rindex(s, '.');
		if (dot > 0 && is_exported(str_from(s, (u32)dot + 1)))
			s = str_sub(s, 0, (u32)dot);
	}
	if (str_index(s, '/') > 0)
		return import_path_valid(s) && s.p[s.n - 1] != '/';
	for (u32 i = 0; i < LENGTH(library); i++)
		if (str_is(s, library[i]))
			return true;
	return false;
}

// The length of a link, brackets included, that begins at text[i]; 0 if there is none.
static u32 link_at(Str text, u32 i)
{
	int close = text.p[i] == '[' ? str_index(str_from(text, i), ']') : -1;
	u32 end = i + (u32)MAX(close, 0) + 1;
	if (close < 2 || (i && !is_punct(text.p[i - 1]) && !strchr(" \t\n", text.p[i - 1])) || (end < text.n && !is_punct(text.p[end]) &&
		!strchr(" \t\n", text.p[end])))
		return 0;
	return is_link(str_sub(text, i + 1, end - 1)) ? end - i : 0;
}

Str doc_synopsis(Arena *a, Str text)
{
	text = first_sentence(text);
	static const char *const legal[] = {"copyright", "all rights", "author"};
	for (u32 i = 0; i < LENGTH(legal); i++)
		if (fold_prefix(text, legal[i]))
			return S("");
	if (!text.n || text.p[0] == ' ' || text.p[0] == '\t') // preformatted
		return S("");
	if (text.n > 2 && text.p[0] == '#' && (text.p[1] == ' ' || text.p[1] == '\t')) { // a heading, if it stands alone
		int nl = str_index(text, '\n');
		if (nl < 0 || (u32)nl + 1 >= text.n || text.p[nl + 1] == '\n')
			return S("");
	}
	Buf b = {0};
	for (u32 i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\n' && (i + 1 >= text.n || strchr("\n \t", text.p[i + 1])))
			break; // the end of the paragraph
		bool twice = i + 1 < text.n && text.p[i + 1] == c;
		u32 link = link_at(text, i);
		if (link) {
			buf_str(&b, str_sub(text, i + 1, i + link - 1));
			i += link - 1;
			continue;
		}
		if (c == '`' && twice && !(i + 2 < text.n && text.p[i + 2] == '`')) {
			buf_c(&b, "“");
			i++;
		} else if (c == '`' && twice) {
			for (; i < text.n && text.p[i] == '`'; i++)
				buf_u8(&b, '`');
			i--;
		} else if (c == '\'' && twice) {
			buf_c(&b, "”");
			i++;
		} else if (c == '\n' || c == '\t' || c == ' ') {
			if (b.n && b.p[b.n - 1] != ' ')
				buf_u8(&b, ' ');
		} else {
			buf_u8(&b, (u8)c);
		}
	}
	Str s = str_dup(a, str_trim(buf_view(&b)));
	buf_free(&b);
	return s;
}

bool import_path_valid(Str path)
{
	for (u32 i = 0, w; i < path.n; i += w) {
		u32 r = utf8_decode(path.p + i, path.n - i, &w);
		bool space = r <= ' ' || r == 0x7f || (r >= 0x80 && r <= 0xa0) || r == 0x1680 || (r >= 0x2000 && r <= 0x200f) ||
			(r >= 0x2028 && r <= 0x202f) || r == 0x205f || r == 0x3000 || r == 0xfeff;
		if (space || r == 0xfffd || (r < 0x80 && strchr("!\"#$%&'()*,:;<=>?[\\]^{|}`", (int)r)))
			return false;
	}
	return path.n > 0;
}
