// constraint.c: which files are built: //go:build expressions, // +build lines, and file-name suffixes.
// Rules: `go help buildconstraint`, go/build/constraint.
#include "load/load.h"

#include <ctype.h>

static const struct { const char *name; bool is_unix; } known_os[] = {
#define OS(name, u) {#name, u},
#define ARCH(name)
#include "load/platforms.def"
#undef OS
#undef ARCH
};
static const char *const known_arch[] = {
#define OS(name, u)
#define ARCH(name) #name,
#include "load/platforms.def"
#undef OS
#undef ARCH
};

static bool is_known_os(Str s)
{
	for (u32 i = 0; i < LENGTH(known_os); i++)
		if (str_is(s, known_os[i].name))
			return true;
	return false;
}

static bool is_known_arch(Str s)
{
	for (u32 i = 0; i < LENGTH(known_arch); i++)
		if (str_is(s, known_arch[i]))
			return true;
	return false;
}

bool tag_match(const BuildContext *c, Str tag)
{
	if (str_is(tag, "cgo"))
		return c->cgo;
	if (str_eq(tag, c->goos) || str_eq(tag, c->goarch) || str_eq(tag, c->compiler))
		return true;
	// android is a linux, illumos a solaris, ios a darwin.
	if ((str_is(c->goos, "android") && str_is(tag, "linux")) || (str_is(c->goos, "illumos") && str_is(tag, "solaris")) ||
	    (str_is(c->goos, "ios") && str_is(tag, "darwin")))
		return true;
	if (str_is(tag, "unix"))
		for (u32 i = 0; i < LENGTH(known_os); i++)
			if (str_is(c->goos, known_os[i].name))
				return known_os[i].is_unix;
	if (str_is(tag, "boringcrypto"))
		tag = S("goexperiment.boringcrypto");
	if (str_has_prefix(tag, "go1.") && tag.n > 4) { // release tags: go1.1 ... of this version
		u32 n = 0, have = 0;
		for (u32 i = 4; i < tag.n; i++) {
			if (!isdigit((u8)tag.p[i]) || n > 10000)
				return strs_has(&c->tags, tag);
			n = n * 10 + (u32)(tag.p[i] - '0');
		}
		for (u32 i = 4; i < c->goversion.n && isdigit((u8)c->goversion.p[i]); i++)
			have = have * 10 + (u32)(c->goversion.p[i] - '0');
		if (n >= 1 && n <= have)
			return true;
	}
	return (c->race && str_is(tag, "race")) || (c->msan && str_is(tag, "msan")) || (c->asan && str_is(tag, "asan")) ||
	       strs_has(&c->tags, tag) || strs_has(&c->tool_tags, tag);
}

bool match_file_name(const BuildContext *c, Str name, StrVec *seen)
{
	int dot = str_index(name, '.');
	if (dot >= 0)
		name = str_sub(name, 0, (u32)dot);
	// Before Go 1.4 "linux.go" was constrained by its whole name: only what follows a '_' counts.
	int first = str_index(name, '_');
	if (first < 0)
		return true;
	name = str_from(name, (u32)first);
	if (str_has_suffix(name, "_test"))
		name.n -= 5;
	int k = str_rindex(name, '_');
	if (k < 0)
		return true;
	Str last = str_from(name, (u32)k + 1), rest = str_sub(name, 0, (u32)k);
	int k2 = str_rindex(rest, '_');
	Str before = k2 >= 0 ? str_from(rest, (u32)k2 + 1) : S("");
	if (seen) {
		if (is_known_os(last) || is_known_arch(last))
			vec_push(c->arena, seen, last);
	}
	if (k2 >= 0 && is_known_os(before) && is_known_arch(last))
		return tag_match(c, last) && tag_match(c, before);
	if (is_known_os(last) || is_known_arch(last))
		return tag_match(c, last);
	return true;
}

// ---- expressions --------------------------------------------------------------------------------

typedef struct Expr_ { const BuildContext *c; const char *p, *end; bool ok; int depth; } ConstraintParser;

static bool parse_or(ConstraintParser *x);

static void skip_blanks(ConstraintParser *x)
{
	while (x->p < x->end && (*x->p == ' ' || *x->p == '\t'))
		x->p++;
}

static bool is_tag_byte(char b)
{
	return isalnum((u8)b) || b == '_' || b == '.' || (u8)b >= 0x80;
}

static bool parse_not(ConstraintParser *x)
{
	skip_blanks(x);
	if (x->p < x->end && *x->p == '!') {
		x->p++;
		if (++x->depth > 1000) {
			x->ok = false;
			return false;
		}
		bool v = !parse_not(x);
		x->depth--;
		return v;
	}
	if (x->p < x->end && *x->p == '(') {
		x->p++;
		if (++x->depth > 1000) {
			x->ok = false;
			return false;
		}
		bool v = parse_or(x);
		x->depth--;
		skip_blanks(x);
		if (x->p < x->end && *x->p == ')')
			x->p++;
		else
			x->ok = false;
		return v;
	}
	const char *start = x->p;
	while (x->p < x->end && is_tag_byte(*x->p))
		x->p++;
	if (x->p == start) {
		x->ok = false;
		return false;
	}
	return tag_match(x->c, str_n(start, (size_t)(x->p - start)));
}

static bool parse_and(ConstraintParser *x)
{
	bool v = parse_not(x);
	for (;;) {
		skip_blanks(x);
		if (!x->ok || x->end - x->p < 2 || x->p[0] != '&' || x->p[1] != '&')
			return v;
		x->p += 2;
		bool w = parse_not(x);
		v = v && w;
	}
}

static bool parse_or(ConstraintParser *x)
{
	bool v = parse_and(x);
	for (;;) {
		skip_blanks(x);
		if (!x->ok || x->end - x->p < 2 || x->p[0] != '|' || x->p[1] != '|')
			return v;
		x->p += 2;
		bool w = parse_and(x);
		v = v || w;
	}
}

bool constraint_eval(const BuildContext *c, Str expr, bool *ok)
{
	ConstraintParser x = {c, expr.p, expr.p + expr.n, true, 0};
	bool v = parse_or(&x);
	skip_blanks(&x);
	*ok = x.ok && x.p == x.end;
	return *ok && v;
}

// "// +build a,b c": any of the space-separated options, each of which is all of its comma-separated terms.
static bool plus_build(const BuildContext *c, Str line)
{
	const char *p = line.p, *end = line.p + line.n;
	while (p < end) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		const char *start = p;
		while (p < end && *p != ' ' && *p != '\t')
			p++;
		if (p == start)
			break;
		bool all = true;
		for (const char *q = start; q < p;) {
			const char *comma = memchr(q, ',', (size_t)(p - q));
			const char *e = comma ? comma : p;
			bool not = q < e && *q == '!';
			bool twice = not && q + 1 < e && q[1] == '!'; // malformed: never
			all = all && !twice && tag_match(c, str_n(q + not, (size_t)(e - q - not))) != not;
			q = comma ? comma + 1 : p;
		}
		if (all)
			return true;
	}
	return false;
}

bool match_constraint(const BuildContext *c, Str constraint, Str *why)
{
	if (!constraint.n)
		return true;
	Str rest = str_from(constraint, 1);
	if (constraint.p[0] == 'g') {
		bool ok, v = constraint_eval(c, rest, &ok);
		if (!ok)
			*why = str_fmt(c->arena, "parsing //go:build line: " STR_FMT, STR_ARG(rest));
		return v;
	}
	bool all = true;
	while (rest.n) {
		int nl = str_index(rest, '\n');
		all = plus_build(c, nl >= 0 ? str_sub(rest, 0, (u32)nl) : rest) && all;
		rest = nl >= 0 ? str_from(rest, (u32)nl + 1) : S("");
	}
	return all;
}
