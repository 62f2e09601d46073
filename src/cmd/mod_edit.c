// mod_edit.c: `go mod edit`: changes to the text of go.mod that look at nothing else. Flags act in the order in which they
// are given.
#include "cmd/help.h"
#include "cmd/modcmd.h"
#include "mod/toolchain.h"

#include <stdlib.h>
#include <unistd.h>

static Value *version_value(Arena *a, Str path, Str version)
{
	Value *v = value_struct(a, "*Module");
	value_set(a, v, "Path", value_str(a, path));
	value_set(a, v, "Version", value_str(a, version));
	return v;
}

static int print_json(Arena *a, ModFile f)
{
	Value *v = value_struct(a, "*fileJSON"), *m = version_value(a, f.module, S(""));
	if (f.deprecated.n)
		value_set(a, m, "Deprecated", value_str(a, f.deprecated));
	value_set(a, v, "Module", m);
	value_set(a, v, "Go", value_str(a, f.go));
	value_set(a, v, "Toolchain", value_str(a, f.toolchain));
	Value *list = value_list(a);
	for (u32 i = 0; i < f.godebug.n; i++) {
		Value *x = value_struct(a, "*Godebug");
		value_set(a, x, "Key", value_str(a, f.godebug.p[i].key));
		value_set(a, x, "Value", value_str(a, f.godebug.p[i].value));
		value_append(a, list, x);
	}
	value_set(a, v, "GoDebug", list);
	list = value_list(a);
	for (u32 i = 0; i < f.require.n; i++) {
		Value *x = version_value(a, f.require.p[i].path, f.require.p[i].version);
		value_set(a, x, "Indirect", value_bool(a, f.require.p[i].indirect));
		value_append(a, list, x);
	}
	value_set(a, v, "Require", list);
	list = value_list(a);
	for (u32 i = 0; i < f.exclude.n; i++)
		value_append(a, list, version_value(a, f.exclude.p[i].path, f.exclude.p[i].version));
	value_set(a, v, "Exclude", list);
	list = value_list(a);
	for (u32 i = 0; i < f.replace.n; i++) {
		Value *x = value_struct(a, "*Replace");
		value_set(a, x, "Old", version_value(a, f.replace.p[i].path, f.replace.p[i].version));
		value_set(a, x, "New", version_value(a, f.replace.p[i].new_path, f.replace.p[i].new_version));
		value_append(a, list, x);
	}
	value_set(a, v, "Replace", list);
	list = value_list(a);
	for (u32 i = 0; i < f.retract.n; i++) {
		Value *x = value_struct(a, "*Retract");
		value_set(a, x, "Low", value_str(a, f.retract.p[i].low));
		value_set(a, x, "High", value_str(a, f.retract.p[i].high));
		value_set(a, x, "Rationale", value_str(a, f.retract.p[i].rationale));
		value_append(a, list, x);
	}
	value_set(a, v, "Retract", list);
	for (int k = 0; k < 2; k++) {
		list = value_list(a);
		StrVec *paths = k ? &f.ignore : &f.tool;
		for (u32 i = 0; i < paths->n; i++) {
			Value *x = value_struct(a, "*Path");
			value_set(a, x, "Path", value_str(a, paths->p[i]));
			value_append(a, list, x);
		}
		value_set(a, v, k ? "Ignore" : "Tool", list);
	}
	Buf b = {0};
	value_json(&b, v, 0);
	buf_u8(&b, '\n');
	fwrite(b.p, 1, b.n, stdout);
	return 0;
}

typedef struct Edit { Str flag, value; } Edit;

static bool is_edit(Str name)
{
	static const char *const names[] = {"module", "go", "toolchain", "require", "droprequire", "exclude", "dropexclude", "replace", "dropreplace",
		"retract", "dropretract", "tool", "droptool", "ignore", "dropignore", "godebug", "dropgodebug"};
	for (u32 i = 0; i < LENGTH(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static void split_version(Str arg, Str *path, Str *version)
{
	int at = str_index(arg, '@');
	*path = str_trim(at >= 0 ? str_sub(arg, 0, (u32)at) : arg);
	*version = at >= 0 ? str_trim(str_from(arg, (u32)at + 1)) : S("");
}

static bool allowed_version(Str v) // a word, not a range or a list
{
	for (u32 i = 0; i < v.n; i++)
		if (strchr(" \t()[],\"'`", v.p[i]))
			return false;
	return v.n > 0;
}

// path@version, or a message.
static bool need_version(Arena *a, const Edit *x, Str *path, Str *version)
{
	split_version(x->value, path, version);
	if (str_index(x->value, '@') < 0)
		return cmd_error("-" STR_FMT "=" STR_FMT ": need path@version", STR_ARG(x->flag), STR_ARG(x->value)), false;
	Str why = import_check_path(a, *path);
	if (why.n)
		return cmd_error("-" STR_FMT "=" STR_FMT ": invalid path: " STR_FMT, STR_ARG(x->flag), STR_ARG(x->value), STR_ARG(why)), false;
	if (!allowed_version(*version))
		return cmd_error("-" STR_FMT "=" STR_FMT ": invalid version %s", STR_ARG(x->flag), STR_ARG(x->value), go_quote(a, *version).p), false;
	return true;
}

// Whether a version can stand with a path in exclude, or alone in retract: "" or why not.
static Str check_version(Arena *a, Str path, Str v)
{
	Str major = S(""), want;
	if (path.n)
		mod_path_major(path, &major);
	want = major.n ? str_from(major, 1) : S("v1");
	if (!v.n || !str_eq(mod_canonical(a, v), v))
		return str_fmt(a, "version %s invalid: must be of the form " STR_FMT ".2.3", go_quote(a, v).p, STR_ARG(want));
	if (!path.n || mod_major_fits(v, major))
		return S("");
	if (!major.n)
		return str_fmt(a, "version %s invalid: should be " STR_FMT "+incompatible (or module " STR_FMT "/" STR_FMT ")", go_quote(a, v).p, STR_ARG(v),
			STR_ARG(path), STR_ARG(semver_major(v)));
	return str_fmt(a, "version %s invalid: should be " STR_FMT ", not " STR_FMT, go_quote(a, v).p, STR_ARG(want), STR_ARG(semver_major(v)));
}

typedef struct Match { Str first, second; EditLine *found; } Match;

static bool match_line(void *ctx, EditLine *l, StrVec w)
{
	Match *m = ctx;
	if (w.n && str_eq(w.p[0], m->first) && (!m->second.p || (w.n > 1 && str_eq(w.p[1], m->second)))) {
		if (!m->found)
			m->found = l;
		else
			l->removed = true;
	}
	return true;
}

static EditLine *find_line(ModEdit *e, const char *verb, Str first, Str second)
{
	Match m = {first, second, NULL};
	modedit_each(e, verb, match_line, &m);
	return m.found;
}

static bool retract_words(Arena *a, Str v, Str *words, u32 *n)
{
	if (v.n && v.p[0] == '[') {
		int comma = str_index(v, ',');
		if (comma < 0 || v.p[v.n - 1] != ']')
			return false;
		words[0] = S("[");
		words[1] = str_trim(str_sub(v, 1, (u32)comma));
		words[2] = S(",");
		words[3] = str_trim(str_sub(v, (u32)comma + 1, v.n - 1));
		words[4] = S("]");
		*n = 5;
		return allowed_version(words[1]) && allowed_version(words[3]);
	}
	words[0] = v;
	*n = 1;
	return allowed_version(v);
}

static bool apply(Arena *a, ModEdit *e, const Edit *x)
{
	Str path, version, words[5];
	u32 n;
	const Str none = {0};
	if (str_is(x->flag, "module")) {
		Str why = import_check_path(a, x->value);
		if (!why.n && mod_is_toolchain(x->value))
			why = S("module path is reserved");
		if (why.n)
			return cmd_error("invalid -module: " STR_FMT, STR_ARG(why)), false;
		modedit_set_single(e, "module", x->value);
	} else if (str_is(x->flag, "go")) {
		if (!str_is(x->value, "none") && !go_version_ok(x->value))
			return cmd_plain_error("go mod: invalid -go option; expecting something like \"-go " STR_FMT "\"", STR_ARG(toolchain_local())), false;
		modedit_set_single(e, "go", str_is(x->value, "none") ? S("") : x->value);
	} else if (str_is(x->flag, "toolchain")) {
		bool ok = str_is(x->value, "none") || str_is(x->value, "default") || str_is(x->value, "go1") || str_has_prefix(x->value, "go1.");
		if (!ok)
			return cmd_error("invalid -toolchain option %s; expecting something like \"-toolchain go" STR_FMT "\"", go_quote(a, x->value).p,
				STR_ARG(toolchain_local())), false;
		modedit_set_single(e, "toolchain", str_is(x->value, "none") ? S("") : x->value);
	} else if (str_is(x->flag, "require") || str_is(x->flag, "exclude")) {
		if (!need_version(a, x, &path, &version))
			return false;
		const char *verb = str_is(x->flag, "require") ? "require" : "exclude";
		Str why = x->flag.p[0] == 'e' ? check_version(a, path, version) : S("");
		if (why.n)
			return cmd_error("-" STR_FMT "=" STR_FMT ": " STR_FMT, STR_ARG(x->flag), STR_ARG(x->value), STR_ARG(why)), false;
		bool require = x->flag.p[0] == 'r';
		EditLine *l = find_line(e, verb, path, require ? none : version);
		words[0] = modfile_quote(a, path);
		words[1] = version;
		if (l)
			modedit_set(e, l, verb, words, 2);
		else
			modedit_add(e, NULL, verb, words, 2);
	} else if (str_is(x->flag, "droprequire") || str_is(x->flag, "dropexclude")) {
		bool require = str_is(x->flag, "droprequire");
		split_version(x->value, &path, &version);
		if (require && str_index(x->value, '@') >= 0)
			return cmd_error("-droprequire=" STR_FMT ": need just path, not path@version", STR_ARG(x->value)), false;
		if (!require && !need_version(a, x, &path, &version))
			return false;
		EditLine *l = find_line(e, require ? "require" : "exclude", path, require ? none : version);
		if (l)
			l->removed = true;
	} else if (str_is(x->flag, "replace")) {
		int eq = str_index(x->value, '=');
		if (eq < 0)
			return cmd_error("-replace=" STR_FMT ": need old[@v]=new[@w] (missing =)", STR_ARG(x->value)), false;
		ModReplace r;
		split_version(str_trim(str_sub(x->value, 0, (u32)eq)), &r.path, &r.version);
		Str to = str_trim(str_from(x->value, (u32)eq + 1));
		if (str_has_prefix(to, ">"))
			return cmd_error("-replace=" STR_FMT ": separator between old and new is =, not =>", STR_ARG(x->value)), false;
		Str why = import_check_path(a, r.path);
		if (why.n)
			return cmd_error("-replace=" STR_FMT ": invalid old path: " STR_FMT, STR_ARG(x->value), STR_ARG(why)), false;
		int at = str_index(to, '@');
		if (mod_is_dir_path(to) && at < 0) {
			r.new_path = to;
			r.new_version = S("");
		} else {
			split_version(to, &r.new_path, &r.new_version);
			if (!r.new_version.n && !mod_is_dir_path(r.new_path))
				return cmd_error("-replace=" STR_FMT ": unversioned new path must be local directory", STR_ARG(x->value)), false;
			why = mod_is_dir_path(r.new_path) ? S("") : import_check_path(a, r.new_path);
			if (why.n)
				return cmd_error("-replace=" STR_FMT ": invalid new path: " STR_FMT, STR_ARG(x->value), STR_ARG(why)), false;
		}
		modedit_add_replace(e, r);
	} else if (str_is(x->flag, "dropreplace")) {
		split_version(x->value, &path, &version);
		modedit_add_replace(e, (ModReplace){path, version, S(""), S("")});
	} else if (str_is(x->flag, "retract") || str_is(x->flag, "dropretract")) {
		if (!retract_words(a, x->value, words, &n))
			return cmd_error("-" STR_FMT "=" STR_FMT ": invalid version %s", STR_ARG(x->flag), STR_ARG(x->value), go_quote(a, x->value).p), false;
		Str why = x->flag.p[0] == 'r' ? check_version(a, S(""), words[n == 5]) : S("");
		if (why.n)
			return cmd_error("-" STR_FMT "=" STR_FMT ": " STR_FMT, STR_ARG(x->flag), STR_ARG(x->value), STR_ARG(why)), false;
		EditLine *l = find_line(e, "retract", words[0], n == 5 ? words[1] : none);
		if (x->flag.p[0] == 'r' && !l)
			modedit_add(e, NULL, "retract", words, n);
		else if (x->flag.p[0] == 'd' && l)
			l->removed = true;
	} else if (str_is(x->flag, "godebug") || str_is(x->flag, "dropgodebug")) {
		bool drop = x->flag.p[0] == 'd';
		int eq = str_index(x->value, '=');
		if (!drop && eq < 0)
			return cmd_error("-godebug=" STR_FMT ": need key=value", STR_ARG(x->value)), false;
		Str key = eq >= 0 ? str_sub(x->value, 0, (u32)eq + 1) : str_cat(a, x->value, S("="));
		for (u32 i = 0; i < e->stmts.n; i++) // one setting for a key
			for (u32 k = 0; k < MAX(e->stmts.p[i]->lines.n, 1); k++) {
				EditStmt *s = e->stmts.p[i];
				EditLine *l = s->kind == EDIT_BLOCK && str_is(s->verb, "godebug") && s->lines.n ? s->lines.p[k] : s->kind == EDIT_LINE &&
					str_is(s->line->words.p[0], "godebug") ? s->line : NULL;
				if (l && str_has_prefix(vec_last(&l->words), key.p))
					l->removed = true;
			}
		modedit_clean(e);
		if (!drop)
			modedit_add(e, NULL, "godebug", &x->value, 1);
	} else {
		bool drop = str_has_prefix(x->flag, "drop");
		Str verb = drop ? str_from(x->flag, 4) : x->flag;
		if (drop)
			modedit_drop_plain(e, str_c(a, verb), x->value);
		else
			modedit_add_plain(e, str_c(a, verb), x->value);
	}
	return true;
}

int mod_edit_main(BuildCmd *c, int argc, char **argv)
{
	Arena *a = c->arena;
	VEC(Edit) edits = {0};
	bool json = false, print = false, format = false;
	int n = 1;
	for (int i = 1; i < argc; i++) { // ours out, the rest for flags_parse
		Str arg = str(argv[i]);
		if (arg.n < 2 || arg.p[0] != '-') {
			for (; i < argc; i++)
				argv[n++] = argv[i];
			break;
		}
		Str name = str_from(arg, arg.p[1] == '-' ? 2 : 1);
		int eq = str_index(name, '=');
		Str bare = eq >= 0 ? str_sub(name, 0, (u32)eq) : name;
		if (!is_edit(bare)) {
			argv[n++] = argv[i];
			continue;
		}
		if (eq < 0 && i + 1 == argc) {
			fprintf(stderr, "flag needs an argument: -" STR_FMT "\n", STR_ARG(bare));
			return 2;
		}
		vec_push(a, &edits, (Edit){bare, eq >= 0 ? str_from(name, (u32)eq + 1) : str(argv[++i])});
	}
	argv[n] = NULL;
	const Flag own[] = {{"json", FLAG_BOOL, &json}, {"print", FLAG_BOOL, &print}, {"fmt", FLAG_BOOL, &format}, {NULL, 0, NULL}};
	int at = flags_parse(a, help_usage("mod edit"), n, argv, (const Flag *const[]){own, buildcmd_flags(c, a), NULL});
	if (!at)
		return 2;
	if (!edits.n && !json && !print && !format)
		return cmd_error("no flags specified (see 'go help mod edit').");
	if (json && print)
		return cmd_error("cannot use both -json and -print");
	if (n - at > 1)
		return cmd_error("too many arguments");
	c->env = env_new(a);
	Err e = context_init(&c->ctx, a, c->env);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	c->mods.ctx = &c->ctx;
	c->mods.arena = a;
	Str file = at < n ? str(argv[at]) : c->modfile.n ? c->modfile : mods_find_gomod(a, c->ctx.cwd), text;
	if (!file.n)
		return cmd_error(MOD_NO_GOMOD);
	e = file_map(a, file, &text);
	if (failed(e))
		return cmd_error(STR_FMT, STR_ARG(e.msg));
	ModFile f;
	StrVec errs = {0};
	Str shown = mods_short_path(&c->mods, file);
	if (!modfile_parse(a, shown, str_dup(a, text), true, &f, &errs)) {
		fprintf(stderr, "go: errors parsing " STR_FMT ":\n", STR_ARG(shown));
		for (u32 i = 0; i < errs.n; i++)
			fprintf(stderr, STR_FMT "\n", STR_ARG(errs.p[i]));
		return 1;
	}
	ModEdit edit;
	modedit_parse(&edit, a, text);
	for (u32 i = 0; i < edits.n; i++)
		if (!apply(a, &edit, &edits.p[i]))
			return 1;
	modedit_clean(&edit);
	EditLine *go = modedit_first(&edit, "go");
	modedit_sort(&edit, go ? vec_last(&go->words) : S(""));
	Str out = modedit_print(&edit);
	if (json) {
		errs.n = 0; // versions may be queries here: they are shown as they are
		modfile_parse(a, shown, str_dup(a, out), true, &f, &errs);
		return print_json(a, f);
	}
	if (print) {
		fwrite(out.p, 1, out.n, stdout);
		return 0;
	}
	if (str_eq(out, text))
		return 0;
	e = file_write(a, file, out.p, out.n, 0666);
	return failed(e) ? cmd_error(STR_FMT, STR_ARG(e.msg)) : 0;
}
