// auth.c: see auth.h. Facts: cmd/go/internal/auth. Credentials belong to a prefix of a URL, without "https://"; the longest
// prefix counts. Methods that come earlier in GOAUTH win: they are asked last.
#include "mod/auth.h"
#include "mod/fetch.h"
#include "mod/process.h"
#include "mod/zip.h"

#include <stdlib.h>

struct Auth {
	Arena *arena;
	Str setting;
	bool asked;
	StrMap known;           // prefix -> StrVec * of headers; NULL: none
	Str git_dir, git_answer; // of `git credential fill`, until it is known whether it was right
};

Auth *auth_new(Arena *a, Str goauth)
{
	Auth *x = NEW(a, Auth);
	*x = (Auth){.arena = a, .setting = goauth.n ? goauth : S("netrc"), .git_dir = S(""), .git_answer = S("")};
	return x;
}

static Str without_scheme(Str url)
{
	if (str_has_prefix(url, "https://"))
		url = str_from(url, 8);
	return url.n && url.p[url.n - 1] == '/' ? str_sub(url, 0, url.n - 1) : url;
}

static void keep(Auth *x, Str prefix, const StrVec *headers)
{
	StrVec *v = NEW(x->arena, StrVec);
	*v = *headers;
	strmap_put(x->arena, &x->known, str_dup(x->arena, without_scheme(prefix)), headers->n ? v : NULL);
}

static void keep_password(Auth *x, Str prefix, Str user, Str password)
{
	StrVec headers = {0};
	Str both = str_fmt(x->arena, STR_FMT ":" STR_FMT, STR_ARG(user), STR_ARG(password));
	vec_push(x->arena, &headers, str_cat(x->arena, S("Authorization: Basic "), base64(x->arena, both.p, both.n)));
	keep(x, prefix, &headers);
}

// ---- netrc --------------------------------------------------------------------------------------

typedef struct Login { Str machine, user, password; } Login;

static void ask_netrc(Auth *x)
{
	Arena *a = x->arena;
	const char *named = getenv("NETRC"), *home = getenv("HOME");
	Str text, line;
	VEC(Login) all = {0};
	Login l = {0};
	bool macro = false;
	if (failed(file_map(a, named && *named ? str(named) : path_join(a, str(home ? home : ""), S(".netrc")), &text)))
		return;
	while (str_next(&text, '\n', &line)) {
		StrVec w = {0};
		if (macro) {
			macro = line.n > 0;
			continue;
		}
		for (Str rest = str_trim(line); rest.n;) {
			u32 n = 0;
			while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
				n++;
			vec_push(a, &w, str_sub(rest, 0, n));
			rest = str_trim(str_from(rest, n));
		}
		u32 i = 0;
		for (; i + 1 < w.n; i += 2) {
			if (str_is(w.p[i], "machine"))
				l = (Login){.machine = w.p[i + 1]};
			else if (str_is(w.p[i], "login"))
				l.user = w.p[i + 1];
			else if (str_is(w.p[i], "password"))
				l.password = w.p[i + 1];
			else if (str_is(w.p[i], "macdef"))
				macro = true;
			if (l.machine.n && l.user.n && l.password.n) {
				vec_push(a, &all, l);
				l = (Login){0};
			}
		}
		if (i < w.n && str_is(w.p[i], "default"))
			break;
	}
	for (u32 i = all.n; i-- > 0;) // of several for one machine the first counts
		keep_password(x, all.p[i].machine, all.p[i].user, all.p[i].password);
}

// ---- git and other programs ---------------------------------------------------------------------

static void ask_git(Auth *x, const StrVec *words, Str url)
{
	Arena *a = x->arena;
	static const char needs_dir[] = "go: GOAUTH=git dir method requires an absolute path to the git working directory";
	if (words->n != 2)
		mod_fatal("%s", needs_dir);
	Str dir = words->p[1], out, err;
	if (dir.p[0] != '/')
		mod_fatal("%s, dir is not absolute", needs_dir);
	if (!file_exists(dir))
		mod_fatal("go: GOAUTH=git encountered an error; cannot stat " STR_FMT ": stat " STR_FMT ": no such file or directory", STR_ARG(dir), STR_ARG(dir));
	if (!file_is_dir(dir))
		mod_fatal("%s, dir is not a directory", needs_dir);
	if (!url.n) // git answers for one URL at a time
		return;
	const char *const fill[] = {"git", "credential", "fill", NULL};
	if (process_feed(a, dir, fill, str_fmt(a, "url=" STR_FMT "\n", STR_ARG(url)), &out, &err) != 0)
		return;
	Str protocol = S(""), host = S(""), path = S(""), user = S(""), password = S("");
	struct { const char *name; Str *to; } const fields[] = {{"protocol=", &protocol}, {"host=", &host}, {"path=", &path}, {"username=", &user},
		{"password=", &password}};
	Str rest = out;
	for (Str line; str_next(&rest, '\n', &line);)
		for (u32 i = 0; i < LENGTH(fields); i++)
			if (str_has_prefix(line, fields[i].name))
				*fields[i].to = str_trim(str_from(line, (u32)strlen(fields[i].name)));
	Str prefix = str_fmt(a, STR_FMT "://" STR_FMT "%s" STR_FMT, STR_ARG(protocol), STR_ARG(host), path.n ? "/" : "", STR_ARG(path));
	if (!host.n || !str_has_prefix(url, str_c(a, prefix)))
		return;
	x->git_dir = dir;
	x->git_answer = out;
	keep_password(x, prefix, user, password);
}

void auth_worked(Auth *x, bool ok)
{
	const char *const tell[] = {"git", "credential", ok ? "approve" : "reject", NULL};
	Str out, err;
	if (x->git_answer.n)
		process_feed(x->arena, x->git_dir, tell, x->git_answer, &out, &err);
	x->git_answer = S("");
}

static bool header_ok(Str name, Str value)
{
	for (u32 i = 0; i < name.n; i++)
		if ((u8)name.p[i] <= ' ' || (u8)name.p[i] >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", name.p[i]))
			return false;
	for (u32 i = 0; i < value.n; i++)
		if (((u8)value.p[i] < ' ' && value.p[i] != '\t') || value.p[i] == 0x7f)
			return false;
	return name.n > 0;
}

// What a program answers: URLs a line, a blank line, headers, a blank line; and again. Nothing is kept of what is malformed.
static void take_answer(Auth *x, Str out)
{
	Arena *a = x->arena;
	typedef struct Set { StrVec urls, headers; } Set;
	VEC(Set) sets = {0};
	Set set = {0};
	bool in_headers = false;
	for (Str line; out.n;) {
		int nl = str_index(out, '\n');
		if (nl < 0)
			return;
		line = str_sub(out, 0, (u32)nl);
		out = str_from(out, (u32)nl + 1);
		int colon = str_find(line, ": ");
		if (!line.n && in_headers) {
			vec_push(a, &sets, set);
			set = (Set){0};
		}
		if (!line.n) {
			in_headers = !in_headers;
		} else if (!in_headers) {
			if (str_find(line, "://") < 0)
				return;
			vec_push(a, &set.urls, line);
		} else {
			if (colon < 0 || !header_ok(str_sub(line, 0, (u32)colon), str_trim(str_from(line, (u32)colon + 2))))
				return;
			vec_push(a, &set.headers, str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(str_sub(line, 0, (u32)colon)), STR_ARG(str_trim(str_from(line, (u32)colon + 2)))));
		}
	}
	if (in_headers || set.urls.n)
		return;
	for (u32 i = 0; i < sets.n; i++)
		for (u32 k = 0; k < sets.p[i].urls.n; k++)
			keep(x, sets.p[i].urls.p[k], &sets.p[i].headers);
}

static void ask_program(Auth *x, Str command, Str url, Str response)
{
	Arena *a = x->arena;
	StrVec words = {0};
	Str out, err;
	if (!split_words(a, command, &words) || !words.n)
		return;
	const char **args = NEWN(a, const char *, words.n + 2);
	for (u32 i = 0; i < words.n; i++)
		args[i] = str_c(a, words.p[i]);
	if (url.n)
		args[words.n] = str_c(a, url);
	if (process_feed(a, S(""), args, response, &out, &err) == 0)
		take_answer(x, out);
}

// ---- all of them --------------------------------------------------------------------------------

static void ask_all(Auth *x, Str url, Str response)
{
	Arena *a = x->arena;
	StrVec commands = {0};
	Str rest = x->setting, shown = x->setting;
	for (;;) {
		int semi = str_index(rest, ';');
		vec_push(a, &commands, str_trim(semi >= 0 ? str_sub(rest, 0, (u32)semi) : rest));
		if (semi < 0)
			break;
		rest = str_from(rest, (u32)semi + 1);
	}
	for (u32 i = commands.n; i-- > 0;) {
		StrVec words = {0};
		split_words(a, commands.p[i], &words);
		if (!words.n)
			mod_fatal("go: GOAUTH encountered an empty command (GOAUTH=" STR_FMT ")", STR_ARG(shown));
		if (str_is(words.p[0], "off")) {
			if (commands.n != 1)
				mod_fatal("go: GOAUTH=off cannot be combined with other authentication commands (GOAUTH=" STR_FMT ")", STR_ARG(shown));
			return;
		}
		if (str_is(words.p[0], "netrc"))
			ask_netrc(x);
		else if (str_is(words.p[0], "git"))
			ask_git(x, &words, url);
		else
			ask_program(x, commands.p[i], url, response);
	}
}

const StrVec *auth_headers(Auth *x, Str url)
{
	if (!str_has_prefix(url, "https://") || str_is(x->setting, "off"))
		return NULL;
	if (!x->asked) {
		x->asked = true;
		ask_all(x, S(""), S(""));
	}
	for (Str at = without_scheme(url); at.n; at = path_parent(at))
		if (strmap_get(&x->known, at))
			return strmap_get(&x->known, at);
	return NULL;
}

bool auth_asks(const Auth *x) { return !str_is(x->setting, "netrc") && !str_is(x->setting, "off"); }

bool auth_refused(Auth *x, Str url, Str response)
{
	if (!str_has_prefix(url, "https://") || str_is(x->setting, "off"))
		return false;
	x->asked = true;
	ask_all(x, url, response);
	return auth_headers(x, url) != NULL;
}
