// modedit.c: see modedit.h. The file is a list of statements: a line, a block of lines, or comments that stand alone.
#include "mod/modedit.h"

#include <stdlib.h>

static Str take_line(Str *text)
{
	int nl = str_index(*text, '\n');
	Str line = nl >= 0 ? str_sub(*text, 0, (u32)nl) : *text;
	*text = nl >= 0 ? str_from(*text, (u32)nl + 1) : S("");
	return line;
}

static EditStmt *add_stmt(ModEdit *e, EditKind kind, u32 at)
{
	EditStmt *s = NEW(e->arena, EditStmt);
	s->kind = kind;
	vec_push(e->arena, &e->stmts, s);
	for (u32 i = e->stmts.n - 1; i > at; i--)
		e->stmts.p[i] = e->stmts.p[i - 1];
	return e->stmts.p[at] = s;
}

static void parse_block(ModEdit *e, EditStmt *b, Str *text)
{
	StrVec before = {0};
	while (text->n) {
		StrVec words = {0};
		Str comment;
		modfile_words(e->arena, take_line(text), &words, &comment);
		if (!words.n) {
			bool blank = !comment.n; // one between lines, none at the beginning
			if (!blank || (b->lines.n && !(before.n && !vec_last(&before).n)) || (before.n && vec_last(&before).n))
				vec_push(e->arena, &before, comment);
			continue;
		}
		if (str_is(words.p[0], ")")) {
			b->close_suffix = comment;
			while (before.n && !vec_last(&before).n)
				before.n--;
			b->close_before = before;
			return;
		}
		EditLine *l = NEW(e->arena, EditLine);
		*l = (EditLine){before, words, comment, false};
		vec_push(e->arena, &b->lines, l);
		before = (StrVec){0};
	}
}

void modedit_parse(ModEdit *e, Arena *a, Str text)
{
	*e = (ModEdit){.arena = a};
	StrVec before = {0};
	text = str_dup(a, text);
	while (text.n) {
		StrVec words = {0};
		Str comment;
		modfile_words(a, take_line(&text), &words, &comment);
		if (!words.n) {
			if (comment.n) {
				vec_push(a, &before, comment);
			} else if (before.n) {
				add_stmt(e, EDIT_COMMENT, e->stmts.n)->before = before;
				before = (StrVec){0};
			}
			continue;
		}
		bool block = words.n >= 2 && str_is(vec_last(&words), "(");
		EditStmt *s = add_stmt(e, block ? EDIT_BLOCK : EDIT_LINE, e->stmts.n);
		s->before = before;
		before = (StrVec){0};
		if (block) {
			s->verb = words.p[0];
			s->open_suffix = comment;
			parse_block(e, s, &text);
		} else if (words.n == 3 && str_is(words.p[1], "(") && str_is(words.p[2], ")")) {
			s->kind = EDIT_BLOCK;
			s->verb = words.p[0];
			s->open_suffix = s->close_suffix = S("");
		} else {
			s->line = NEW(a, EditLine);
			*s->line = (EditLine){.words = words, .suffix = comment};
		}
	}
	if (before.n)
		add_stmt(e, EDIT_COMMENT, e->stmts.n)->before = before;
}

// ---- printing -----------------------------------------------------------------------------------

static void print_words(Buf *b, const StrVec *words)
{
	bool space = false;
	for (u32 i = 0; i < words->n; i++) {
		Str w = words->p[i];
		if (space && !str_is(w, ",") && !str_is(w, ")") && !str_is(w, "]") && !str_is(w, "}"))
			buf_u8(b, ' ');
		buf_str(b, w);
		space = !str_is(w, "(") && !str_is(w, "[") && !str_is(w, "{");
	}
}

static void print_comments(Buf *b, const StrVec *c, bool tab)
{
	for (u32 i = 0; i < c->n; i++)
		buf_printf(b, "%s" STR_FMT "\n", tab && c->p[i].n ? "\t" : "", STR_ARG(c->p[i]));
}

static void print_suffix(Buf *b, Str c)
{
	if (c.n)
		buf_printf(b, " " STR_FMT, STR_ARG(c));
	buf_u8(b, '\n');
}

Str modedit_print(ModEdit *e)
{
	Buf b = {0};
	for (u32 i = 0; i < e->stmts.n; i++) {
		EditStmt *s = e->stmts.p[i];
		if (i)
			buf_u8(&b, '\n');
		print_comments(&b, &s->before, false);
		if (s->kind == EDIT_LINE) {
			print_words(&b, &s->line->words);
			print_suffix(&b, s->line->suffix);
		} else if (s->kind == EDIT_BLOCK) {
			buf_printf(&b, STR_FMT " (", STR_ARG(s->verb));
			print_suffix(&b, s->open_suffix);
			for (u32 k = 0; k < s->lines.n; k++) {
				print_comments(&b, &s->lines.p[k]->before, true);
				buf_u8(&b, '\t');
				print_words(&b, &s->lines.p[k]->words);
				print_suffix(&b, s->lines.p[k]->suffix);
			}
			print_comments(&b, &s->close_before, true);
			buf_u8(&b, ')');
			print_suffix(&b, s->close_suffix);
		}
	}
	Str text = str_dup(e->arena, buf_view(&b));
	buf_free(&b);
	return text;
}

// ---- changes ------------------------------------------------------------------------------------

Str modfile_quote(Arena *a, Str s)
{
	bool plain = s.n && str_find(s, "//") < 0 && str_find(s, "/*") < 0 && !str_is(s, "(") && !str_is(s, ")") && !str_is(s, "=>");
	for (u32 i = 0; i < s.n; i++)
		plain = plain && (u8)s.p[i] > ' ' && !strchr("\"'`()[]{},", s.p[i]);
	return plain ? s : go_quote(a, s);
}

static void set_words(ModEdit *e, EditLine *l, const char *verb, const Str *words, u32 n, bool in_block)
{
	l->words = (StrVec){0};
	if (!in_block)
		vec_push(e->arena, &l->words, str(verb));
	for (u32 i = 0; i < n; i++)
		vec_push(e->arena, &l->words, words[i]);
}

static bool in_block(ModEdit *e, EditLine *l)
{
	for (u32 i = 0; i < e->stmts.n; i++)
		if (e->stmts.p[i]->line == l)
			return false;
	return true;
}

void modedit_set(ModEdit *e, EditLine *l, const char *verb, const Str *words, u32 n)
{
	set_words(e, l, verb, words, n, in_block(e, l));
}

void modedit_each(ModEdit *e, const char *verb, EditVisit fn, void *ctx)
{
	for (u32 i = 0; i < e->stmts.n; i++) {
		EditStmt *s = e->stmts.p[i];
		bool block = s->kind == EDIT_BLOCK && str_is(s->verb, verb), one = s->kind == EDIT_LINE && str_is(s->line->words.p[0], verb);
		for (u32 k = 0; k < (block ? s->lines.n : one ? 1 : 0); k++) {
			EditLine *l = block ? s->lines.p[k] : s->line;
			StrVec words = {0};
			if (l->removed)
				continue;
			for (u32 w = one; w < l->words.n; w++)
				vec_push(e->arena, &words, modfile_unquote(e->arena, l->words.p[w]));
			if (!fn(ctx, l, words))
				return;
		}
	}
}

static bool take_first(void *ctx, EditLine *l, StrVec words)
{
	*(EditLine **)ctx = l;
	return false;
}

EditLine *modedit_first(ModEdit *e, const char *verb)
{
	EditLine *l = NULL;
	modedit_each(e, verb, take_first, &l);
	return l;
}

static EditLine *insert(ModEdit *e, EditStmt *b, u32 at)
{
	EditLine *l = NEW(e->arena, EditLine);
	l->suffix = S("");
	vec_push(e->arena, &b->lines, l);
	for (u32 i = b->lines.n - 1; i > at; i--)
		b->lines.p[i] = b->lines.p[i - 1];
	return b->lines.p[at] = l;
}

static void line_to_block(ModEdit *e, EditStmt *s)
{
	EditLine *l = s->line;
	s->kind = EDIT_BLOCK;
	s->verb = l->words.p[0];
	s->open_suffix = s->close_suffix = S("");
	l->words.p++;
	l->words.n--;
	l->words.cap = l->words.n;
	l->before = s->before;
	s->before = (StrVec){0};
	s->line = NULL;
	vec_push(e->arena, &s->lines, l);
}

EditLine *modedit_add(ModEdit *e, EditLine *hint, const char *verb, const Str *words, u32 n)
{
	EditLine *l = NULL;
	for (u32 i = e->stmts.n; i-- > 0 && !l;) {
		EditStmt *s = e->stmts.p[i];
		bool same = s->kind == EDIT_BLOCK ? str_is(s->verb, verb) : s->kind == EDIT_LINE && str_is(s->line->words.p[0], verb);
		u32 at = UINT32_MAX;
		if (s->kind == EDIT_LINE && (hint ? s->line == hint : same))
			at = 1;
		for (u32 k = 0; hint && s->kind == EDIT_BLOCK && k < s->lines.n; k++)
			if (s->lines.p[k] == hint)
				at = k + 1;
		if (!hint && s->kind == EDIT_BLOCK && same)
			at = s->lines.n;
		if (at == UINT32_MAX)
			continue;
		if (same) {
			if (s->kind == EDIT_LINE)
				line_to_block(e, s);
			l = insert(e, s, at);
			set_words(e, l, verb, words, n, true);
		} else {
			EditStmt *fresh = add_stmt(e, EDIT_LINE, i + 1);
			l = fresh->line = NEW(e->arena, EditLine);
			l->suffix = S("");
			set_words(e, l, verb, words, n, false);
		}
	}
	if (!l) {
		l = add_stmt(e, EDIT_LINE, e->stmts.n)->line = NEW(e->arena, EditLine);
		l->suffix = S("");
		set_words(e, l, verb, words, n, false);
	}
	return l;
}

void modedit_clean(ModEdit *e)
{
	u32 n = 0;
	for (u32 i = 0; i < e->stmts.n; i++) {
		EditStmt *s = e->stmts.p[i];
		if (s->kind == EDIT_LINE && s->line->removed)
			continue;
		if (s->kind == EDIT_BLOCK) {
			u32 k = 0;
			for (u32 j = 0; j < s->lines.n; j++)
				if (!s->lines.p[j]->removed)
					s->lines.p[k++] = s->lines.p[j];
			s->lines.n = k;
			if (!k)
				continue;
			if (k == 1 && !s->close_before.n) {
				EditLine *l = s->lines.p[0];
				StrVec words = {0};
				vec_push(e->arena, &words, s->verb);
				for (u32 w = 0; w < l->words.n; w++)
					vec_push(e->arena, &words, l->words.p[w]);
				l->words = words;
				for (u32 w = 0; w < l->before.n; w++)
					if (l->before.p[w].n)
						vec_push(e->arena, &s->before, l->before.p[w]);
				l->before = (StrVec){0};
				if (!l->suffix.n)
					l->suffix = s->open_suffix.n ? s->open_suffix : s->close_suffix;
				s->kind = EDIT_LINE;
				s->line = l;
				s->lines.n = 0;
			}
		}
		e->stmts.p[n++] = s;
	}
	e->stmts.n = n;
}

static int cmp_words(const EditLine *p, const EditLine *q)
{
	u32 n = MIN(p->words.n, q->words.n);
	for (u32 i = 0; i < n; i++) {
		int c = str_cmp(p->words.p[i], q->words.p[i]);
		if (c)
			return c;
	}
	return p->words.n < q->words.n ? -1 : p->words.n > q->words.n;
}

static int cmp_exclude(const EditLine *p, const EditLine *q)
{
	if (p->words.n != 2 || q->words.n != 2)
		return cmp_words(p, q);
	int c = str_cmp(p->words.p[0], q->words.p[0]);
	return c ? c : semver_cmp(p->words.p[1], q->words.p[1]);
}

static int cmp_retract(const EditLine *p, const EditLine *q) // newest first
{
	Str low[2], high[2];
	const EditLine *l[] = {p, q};
	for (u32 i = 0; i < 2; i++) {
		bool range = l[i]->words.n == 5;
		low[i] = l[i]->words.p[range ? 1 : 0];
		high[i] = l[i]->words.p[range ? 3 : 0];
	}
	int c = semver_cmp(low[1], low[0]);
	return c ? c : semver_cmp(high[1], high[0]);
}

void modedit_sort(ModEdit *e, Str go)
{
	for (u32 i = 0; i < e->stmts.n; i++) {
		EditStmt *s = e->stmts.p[i];
		if (s->kind != EDIT_BLOCK)
			continue;
		int (*cmp)(const EditLine *, const EditLine *) = cmp_words;
		if (str_is(s->verb, "exclude") && go_version_cmp(go, S("1.21")) >= 0)
			cmp = cmp_exclude;
		else if (str_is(s->verb, "retract"))
			cmp = cmp_retract;
		for (u32 k = 1; k < s->lines.n; k++) { // blocks are short, and mostly in order
			EditLine *l = s->lines.p[k];
			u32 j = k;
			for (; j > 0 && cmp(s->lines.p[j - 1], l) > 0; j--)
				s->lines.p[j] = s->lines.p[j - 1];
			s->lines.p[j] = l;
		}
	}
}

void modedit_set_single(ModEdit *e, const char *verb, Str value)
{
	EditLine *l = modedit_first(e, verb);
	if (!value.n) {
		if (l)
			l->removed = true;
		modedit_clean(e);
		return;
	}
	value = modfile_quote(e->arena, value);
	if (l) {
		modedit_set(e, l, verb, &value, 1);
		return;
	}
	EditLine *hint = !strcmp(verb, "toolchain") ? modedit_first(e, "go") : NULL;
	if (!hint)
		hint = modedit_first(e, "module");
	if (!hint && e->stmts.n && strcmp(verb, "toolchain") != 0) { // in front of everything but comments
		u32 at = 0;
		while (at < e->stmts.n && e->stmts.p[at]->kind == EDIT_COMMENT && strcmp(verb, "module") != 0)
			at++;
		l = add_stmt(e, EDIT_LINE, at)->line = NEW(e->arena, EditLine);
		l->suffix = S("");
		set_words(e, l, verb, &value, 1, false);
		return;
	}
	modedit_add(e, hint, verb, &value, 1);
}

// ---- requirements -------------------------------------------------------------------------------

static bool is_indirect(const EditLine *l)
{
	if (!str_has_prefix(l->suffix, "//"))
		return false;
	Str c = str_trim(str_from(l->suffix, 2));
	return str_is(c, "indirect") || str_has_prefix(c, "indirect;");
}

static bool has_comments(const EditLine *l, const StrVec *before)
{
	return before->n || (l->suffix.n && !str_is(l->suffix, "// indirect"));
}

static void set_indirect(ModEdit *e, EditLine *l, bool indirect)
{
	if (is_indirect(l) == indirect)
		return;
	if (indirect) {
		Str c = str_has_prefix(l->suffix, "//") ? str_trim(str_from(l->suffix, 2)) : S("");
		l->suffix = c.n ? str_fmt(e->arena, "// indirect; " STR_FMT, STR_ARG(c)) : S("// indirect");
		return;
	}
	Str c = str_trim(str_from(l->suffix, 2));
	int semi = str_index(c, ';');
	l->suffix = semi >= 0 ? str_fmt(e->arena, "// " STR_FMT, STR_ARG(str_trim(str_from(c, (u32)semi + 1)))) : S("");
}

typedef struct Update {
	ModEdit *e;
	const ModRequire *req;
	u32 n;
	bool *done, separate, flat;
	EditStmt *direct, *indirect;
	VEC(EditLine *) to_direct, to_indirect;
} Update;

static bool holds(const EditStmt *b, const EditLine *l)
{
	for (u32 i = 0; b && i < b->lines.n; i++)
		if (b->lines.p[i] == l)
			return true;
	return false;
}

static bool update_line(void *ctx, EditLine *l, StrVec words)
{
	Update *u = ctx;
	Arena *a = u->e->arena;
	u32 at = u->n;
	for (u32 i = 0; i < u->n && words.n == 2; i++)
		if (str_eq(u->req[i].path, words.p[0]))
			at = i;
	if (at == u->n || u->done[at]) {
		l->removed = true;
		return true;
	}
	u->done[at] = true;
	vec_last(&l->words) = u->req[at].version;
	set_indirect(u->e, l, u->req[at].indirect);
	if (u->separate && u->req[at].indirect && !holds(u->indirect, l) && (u->flat || holds(u->direct, l)))
		vec_push(a, &u->to_indirect, l);
	else if (u->separate && !u->req[at].indirect && !holds(u->direct, l) && (u->flat || holds(u->indirect, l)))
		vec_push(a, &u->to_direct, l);
	return true;
}

static void move_line(ModEdit *e, EditStmt *to, EditLine *l)
{
	EditLine *fresh = NEW(e->arena, EditLine);
	*fresh = *l;
	if (!in_block(e, l)) {
		fresh->words.p++;
		fresh->words.n--;
		fresh->words.cap = fresh->words.n;
	}
	l->removed = true;
	vec_push(e->arena, &to->lines, fresh);
}

static EditStmt *new_block(ModEdit *e, u32 at)
{
	EditStmt *s = add_stmt(e, EDIT_BLOCK, at);
	s->verb = S("require");
	s->open_suffix = s->close_suffix = S("");
	return s;
}

// The last blocks of only direct and only indirect requirements, without comments: where new ones go.
static void find_blocks(ModEdit *e, Update *u)
{
	u32 count = 0, last = UINT32_MAX;
	for (u32 i = 0; i < e->stmts.n; i++) {
		EditStmt *s = e->stmts.p[i];
		if (s->kind == EDIT_LINE && str_is(s->line->words.p[0], "require")) {
			last = i;
			count++;
			if (has_comments(s->line, &s->before))
				continue;
			bool indirect = is_indirect(s->line);
			line_to_block(e, s);
			*(indirect ? &u->indirect : &u->direct) = s;
		} else if (s->kind == EDIT_BLOCK && str_is(s->verb, "require")) {
			last = i;
			count++;
			if (s->before.n || s->open_suffix.n)
				continue;
			bool direct = s->lines.n > 0, indirect = direct;
			for (u32 k = 0; k < s->lines.n; k++) {
				EditLine *l = s->lines.p[k];
				if (has_comments(l, &l->before))
					direct = indirect = false;
				else if (is_indirect(l))
					direct = false;
				else
					indirect = false;
			}
			if (direct)
				u->direct = s;
			if (indirect)
				u->indirect = s;
		}
	}
	u->flat = count == 1 && !e->stmts.p[last]->before.n;
	if (!u->direct) {
		u32 at = last == UINT32_MAX ? e->stmts.n : last + 1;
		for (u32 i = 0; u->indirect && i < e->stmts.n; i++)
			if (e->stmts.p[i] == u->indirect)
				at = i;
		u->direct = new_block(e, at);
	}
	if (!u->indirect) {
		u32 at = e->stmts.n;
		for (u32 i = 0; i < e->stmts.n; i++)
			if (e->stmts.p[i] == u->direct)
				at = i + 1;
		if (last != UINT32_MAX && last + 1 > at)
			at = last + 1;
		u->indirect = new_block(e, MIN(at, e->stmts.n));
	}
}

void modedit_set_requires(ModEdit *e, const ModRequire *req, u32 n, bool separate, Str go)
{
	Update u = {.e = e, .req = req, .n = n, .done = NEWN(e->arena, bool, n + 1), .separate = separate};
	if (separate)
		find_blocks(e, &u);
	modedit_each(e, "require", update_line, &u);
	for (u32 i = 0; i < u.to_direct.n; i++)
		move_line(e, u.direct, u.to_direct.p[i]);
	for (u32 i = 0; i < u.to_indirect.n; i++)
		move_line(e, u.indirect, u.to_indirect.p[i]);
	for (u32 i = 0; i < n; i++) {
		if (u.done[i])
			continue;
		Str words[] = {modfile_quote(e->arena, req[i].path), req[i].version};
		EditLine *l;
		if (separate) {
			EditStmt *b = req[i].indirect ? u.indirect : u.direct;
			l = insert(e, b, b->lines.n);
			set_words(e, l, "require", words, 2, true);
		} else {
			l = modedit_add(e, NULL, "require", words, 2);
		}
		set_indirect(e, l, req[i].indirect);
	}
	modedit_clean(e);
	modedit_sort(e, go);
}

// ---- other directives ---------------------------------------------------------------------------

typedef struct ReplaceVisit { ModEdit *e; ModReplace r; bool done; EditLine *hint; Str *words; u32 n; } ReplaceVisit;

static bool replace_line(void *ctx, EditLine *l, StrVec words)
{
	ReplaceVisit *v = ctx;
	bool versioned = words.n > 1 && !str_is(words.p[1], "=>");
	Str version = versioned ? words.p[1] : S("");
	if (!str_eq(words.p[0], v->r.path))
		return true;
	if (!v->r.new_path.n) { // dropped
		if (str_eq(version, v->r.version))
			l->removed = true;
		return true;
	}
	if (!v->r.version.n || str_eq(version, v->r.version)) {
		if (!v->done)
			modedit_set(v->e, l, "replace", v->words, v->n);
		else
			l->removed = true;
		v->done = true;
	}
	v->hint = l;
	return true;
}

void modedit_add_replace(ModEdit *e, ModReplace r)
{
	Str words[5];
	u32 n = 0;
	words[n++] = modfile_quote(e->arena, r.path);
	if (r.version.n)
		words[n++] = r.version;
	words[n++] = S("=>");
	words[n++] = modfile_quote(e->arena, r.new_path);
	if (r.new_version.n)
		words[n++] = r.new_version;
	ReplaceVisit v = {e, r, false, NULL, words, n};
	modedit_each(e, "replace", replace_line, &v);
	if (!v.done && r.new_path.n)
		modedit_add(e, v.hint, "replace", words, n);
	modedit_clean(e);
}

typedef struct PlainVisit { Str word; EditLine *found; } PlainVisit;

static bool find_plain(void *ctx, EditLine *l, StrVec words)
{
	PlainVisit *v = ctx;
	if (words.n == 1 && str_eq(words.p[0], v->word))
		v->found = l;
	return !v->found;
}

void modedit_add_plain(ModEdit *e, const char *verb, Str word)
{
	PlainVisit v = {word, NULL};
	modedit_each(e, verb, find_plain, &v);
	Str quoted = modfile_quote(e->arena, word);
	if (!v.found)
		modedit_add(e, NULL, verb, &quoted, 1);
	modedit_sort(e, S("1.21"));
}

void modedit_drop_plain(ModEdit *e, const char *verb, Str word)
{
	PlainVisit v = {word, NULL};
	modedit_each(e, verb, find_plain, &v);
	if (v.found)
		v.found->removed = true;
	modedit_clean(e);
}
