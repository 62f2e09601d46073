// http.c: see http.h. libcurl has no place among the libraries we link: most runs never need it, and a machine without it
// can build all that is on it already.
#include "mod/http.h"
#include "mod/auth.h"
#include "mod/version.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX ((size_t)600 << 20)    // a module's zip has at most 500 MB (golang.org/x/mod/zip)

enum {
#define CURL_OPTION(name, n) OPT_##name = n,
#define CURL_INFO(name, n) INFO_##name = n,
#define CURL_CODE(name, n) CURL_##name = n,
#include "mod/curl.def"
};

typedef struct Message { int kind; void *easy; union { void *any; int code; } data; } Message; // of transfers in parallel

// The functions of libcurl that are used: name, and what it is.
#define CURL_FUNCTIONS(F)                                                                                                \
	F(global_init, int, (long))                                                                                            \
	F(easy_init, void *, (void))                                                                                           \
	F(easy_setopt, int, (void *, int, ...))                                                                                \
	F(easy_getinfo, int, (void *, int, ...))                                                                               \
	F(easy_perform, int, (void *))                                                                                         \
	F(easy_reset, void, (void *))                                                                                          \
	F(easy_cleanup, void, (void *))                                                                                        \
	F(easy_strerror, const char *, (int))                                                                                  \
	F(multi_init, void *, (void))                                                                                          \
	F(multi_add_handle, int, (void *, void *))                                                                             \
	F(multi_remove_handle, int, (void *, void *))                                                                          \
	F(multi_perform, int, (void *, int *))                                                                                 \
	F(multi_wait, int, (void *, void *, unsigned, int, int *))                                                             \
	F(multi_info_read, Message *, (void *, int *))

typedef struct Ahead { Str url, type; Buf body; int status; bool ready; void *easy; } Ahead;

struct Http {
	Arena *arena;
	void *easy, *multi;     // NULL until the first request
#define CURL_FUNCTION(name, type, args) type(*name) args;
	CURL_FUNCTIONS(CURL_FUNCTION)
#undef CURL_FUNCTION
	StrMap ahead;           // URL -> Ahead *
	Auth *auth;
	bool trace;
};

Http *http_new(Arena *a)
{
	Http *h = NEW(a, Http);
	h->arena = a;
	h->auth = auth_new(a, S(""));
	return h;
}

void http_goauth(Http *h, Str setting) { h->auth = auth_new(h->arena, setting); }

void http_trace(Http *h, bool on) { h->trace = on; }

static Err load_curl(Http *h, Arena *a)
{
	if (h->easy)
		return OK;
	void *lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		lib = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return err_fmt(a, "libcurl.so.4 is needed to download modules and cannot be loaded");
	bool all = true;
#define CURL_FUNCTION(name, type, args) all = all && (h->name = (type(*) args)dlsym(lib, "curl_" #name));
	CURL_FUNCTIONS(CURL_FUNCTION)
#undef CURL_FUNCTION
	if (!all || h->global_init(3) != 0 || !(h->easy = h->easy_init()))
		return err_fmt(a, "libcurl.so.4 cannot be used");
	return OK;
}

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
	Buf *b = ctx;
	if (b->n + size * n > BODY_MAX)
		return 0;
	buf_bytes(b, p, size * n);
	return size * n;
}

static const char *status_words(int status)
{
	static const struct { int n; const char *words; } table[] = {
		{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {301, "Moved Permanently"}, {302, "Found"},
		{303, "See Other"}, {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
		{400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"}, {403, "Forbidden"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {406, "Not Acceptable"}, {407, "Proxy Authentication Required"}, {408, "Request Timeout"},
		{409, "Conflict"}, {410, "Gone"}, {418, "I'm a teapot"}, {421, "Misdirected Request"}, {429, "Too Many Requests"},
		{451, "Unavailable For Legal Reasons"}, {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"},
		{503, "Service Unavailable"}, {504, "Gateway Timeout"},
	};
	for (u32 i = 0; i < LENGTH(table); i++)
		if (table[i].n == status)
			return table[i].words;
	return "";
}

// The path of a file:// URL, with %XX undone.
static Str file_path(Arena *a, Str url)
{
	Str p = str_from(url, 7);
	if (str_has_prefix(p, "localhost/"))
		p = str_from(p, 9);
	char *out = arena_alloc(a, p.n + 1);
	u32 n = 0;
	for (u32 i = 0; i < p.n; i++) {
		unsigned c;
		if (p.p[i] == '%' && i + 2 < p.n && sscanf(p.p + i + 1, "%2x", &c) == 1) {
			out[n++] = (char)c;
			i += 2;
		} else {
			out[n++] = p.p[i];
		}
	}
	return str_n(out, n);
}

// The user's name and password of a URL are not for messages.
static Str redacted(Arena *a, Str url)
{
	int scheme = str_find(url, "://"), at = str_index(url, '@');
	if (scheme < 0 || at < 0)
		return url;
	Str rest = str_from(url, (u32)scheme + 3);
	int slash = str_index(rest, '/'), colon = str_index(rest, ':');
	if (slash >= 0 && at > scheme + 3 + slash)
		return url;
	Str user = str_sub(rest, 0, (u32)(colon >= 0 && colon + scheme + 3 < at ? colon : at - scheme - 3));
	return str_fmt(a, STR_FMT STR_FMT "%s" STR_FMT, STR_ARG(str_sub(url, 0, (u32)scheme + 3)), STR_ARG(user),
		colon >= 0 && colon + scheme + 3 < at ? ":xxxxx" : "", STR_ARG(str_from(url, (u32)at)));
}

// What a server says to a request that it refuses: a few short lines of text are worth showing.
static Str detail(Arena *a, const Buf *body, const char *type)
{
	if (!type || strncmp(type, "text/plain", 10) != 0 || !body->n || body->n > 8 << 10)
		return S("");
	Str t = buf_view(body), out = S("");
	u32 lines = 0;
	for (u32 i = 0; i < t.n; i++)
		if ((u8)t.p[i] < ' ' && t.p[i] != '\n' && t.p[i] != '\r' && t.p[i] != '\t')
			return S("");
	t = str_trim(t);
	while (t.n && lines < 8) {
		int nl = str_index(t, '\n');
		Str line = nl >= 0 ? str_sub(t, 0, (u32)nl) : t;
		t = nl >= 0 ? str_from(t, (u32)nl + 1) : S("");
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		out = lines++ ? str_fmt(a, STR_FMT "\n\t" STR_FMT, STR_ARG(out), STR_ARG(line)) : str_dup(a, line);
	}
	return out;
}

typedef struct HeaderList { char *data; struct HeaderList *next; } HeaderList; // struct curl_slist

static void set_headers(Http *h, Arena *a, void *easy, const StrVec *headers)
{
	HeaderList *list = NULL;
	for (u32 i = headers ? headers->n : 0; i-- > 0;) {
		HeaderList *one = NEW(a, HeaderList);
		*one = (HeaderList){str_c(a, headers->p[i]), list};
		list = one;
	}
	h->easy_setopt(easy, OPT_HTTPHEADER, list);
}

// Certificates of others than the system's, as crypto/x509 finds them.
static void set_certificates(Http *h, void *easy)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");
	if (file && *file)
		h->easy_setopt(easy, OPT_CAINFO, file);
	if (dir && *dir)
		h->easy_setopt(easy, OPT_CAPATH, dir);
}

static void set_up(Http *h, Arena *a, void *easy, Str url, bool insecure, Buf *body)
{
	h->easy_setopt(easy, OPT_URL, str_c(a, url));
	h->easy_setopt(easy, OPT_WRITEFUNCTION, take_body);
	h->easy_setopt(easy, OPT_WRITEDATA, body);
	h->easy_setopt(easy, OPT_USERAGENT, "Go-http-client/1.1");
	h->easy_setopt(easy, OPT_ACCEPT_ENCODING, "");
	h->easy_setopt(easy, OPT_NOSIGNAL, 1L);
	h->easy_setopt(easy, OPT_FOLLOWLOCATION, 1L);
	h->easy_setopt(easy, OPT_MAXREDIRS, 10L);
	h->easy_setopt(easy, OPT_CONNECTTIMEOUT, 30L);
	h->easy_setopt(easy, OPT_LOW_SPEED_LIMIT, 1L);
	h->easy_setopt(easy, OPT_LOW_SPEED_TIME, 60L);
	set_headers(h, a, easy, insecure ? NULL : auth_headers(h->auth, url));
	h->easy_setopt(easy, OPT_PROTOCOLS, 3L);        // http, https
	h->easy_setopt(easy, OPT_REDIR_PROTOCOLS, insecure || str_has_prefix(url, "http:") ? 3L : 2L);
	set_certificates(h, easy);
	if (insecure) {
		h->easy_setopt(easy, OPT_SSL_VERIFYPEER, 0L);
		h->easy_setopt(easy, OPT_SSL_VERIFYHOST, 0L);
	}
}

// Takes what came: *body, or the error that the status is.
static Err answer(Arena *a, Str shown, int status, Buf *b, const char *type, Str *body)
{
	Err e = OK;
	if (status != 200) {
		Str said = detail(a, b, type);
		e = (Err){str_fmt(a, "reading " STR_FMT ": %d %s", STR_ARG(shown), status, status_words(status)), status == 404 || status == 410 ? ENOENT : 0};
		if (said.n)
			e.msg = str_fmt(a, STR_FMT "\n\tserver response:%s" STR_FMT, STR_ARG(e.msg), str_index(said, '\n') >= 0 ? "\n\t" : " ", STR_ARG(said));
	}
	*body = str_dup(a, buf_view(b));
	buf_free(b);
	return e;
}

typedef struct Transfer { Str url, shown; bool insecure; Buf head, body; int status; const char *type; } Transfer; // head: of the answer

static size_t take_head(char *p, size_t size, size_t n, void *ctx)
{
	Buf *b = ctx;
	if (size * n > 5 && !memcmp(p, "HTTP/", 5)) // the answer behind a redirection
		b->n = 0;
	if (b->n < 1 << 16)
		buf_bytes(b, p, size * n);
	return size * n;
}

static Err transfer(Http *h, Arena *a, Transfer *t)
{
	char why[256] = "";
	h->easy_reset(h->easy);
	set_up(h, a, h->easy, t->url, t->insecure, &t->body);
	h->easy_setopt(h->easy, OPT_ERRORBUFFER, why);
	h->easy_setopt(h->easy, OPT_HEADERFUNCTION, take_head);
	h->easy_setopt(h->easy, OPT_HEADERDATA, &t->head);
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (h->trace)
		fprintf(stderr, "# get " STR_FMT "\n", STR_ARG(t->shown));
	int code = h->easy_perform(h->easy);
	long http = 0;
	char *type = NULL, *last = NULL;
	h->easy_getinfo(h->easy, INFO_RESPONSE_CODE, &http);
	h->easy_getinfo(h->easy, INFO_CONTENT_TYPE, &type);
	h->easy_getinfo(h->easy, INFO_EFFECTIVE_URL, &last);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (h->trace)
		fprintf(stderr, "# get " STR_FMT ": %ld %s (%.3fs)\n", STR_ARG(t->shown), http, code ? h->easy_strerror(code) : status_words((int)http),
			(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	t->status = (int)http;
	t->type = type;
	if (!code)
		return OK;
	buf_free(&t->body);
	Str quoted = go_quote(a, t->shown);
	t->status = 0;
	if (code == CURL_TOO_MANY_REDIRECTS)
		return err_fmt(a, "Get " STR_FMT ": stopped after 10 redirects", STR_ARG(quoted));
	if (code == CURL_UNSUPPORTED_PROTOCOL && last && !strncmp(last, "http:", 5))
		return err_fmt(a, "Get " STR_FMT ": redirected from secure URL " STR_FMT " to insecure URL %s", STR_ARG(go_quote(a, str(last))), STR_ARG(t->shown), last);
	return err_fmt(a, "Get " STR_FMT ": %s", STR_ARG(quoted), code == CURL_WRITE_ERROR ? "answer too large" : *why ? why : h->easy_strerror(code));
}

Err http_get(Http *h, Arena *a, Str url, bool insecure, Str *body, int *status)
{
	*status = 0;
	*body = S("");
	Str shown = redacted(a, url);
	if (str_has_prefix(url, "file://")) {
		Str file = file_path(a, url), text;
		Err e = file_map(a, file, &text);
		if (failed(e)) {
			int colon = str_rindex(e.msg, ':');
			*status = e.errnum == ENOENT || e.errnum == ENOTDIR ? 404 : 500;
			return (Err){str_fmt(a, "reading " STR_FMT STR_FMT, STR_ARG(shown), STR_ARG(str_from(e.msg, (u32)colon))),
				*status == 404 ? ENOENT : 0};
		}
		*body = text;
		*status = 200;
		return OK;
	}
	Ahead *before = insecure ? NULL : strmap_get(&h->ahead, url);
	if (before && before->ready) {
		before->ready = false;
		*status = before->status;
		return answer(a, shown, before->status, &before->body, str_c(a, before->type), body);
	}
	Err e = load_curl(h, a);
	if (failed(e))
		return e;
	Transfer t = {.url = url, .shown = shown, .insecure = insecure};
	bool again = false;
	e = transfer(h, a, &t);
	if (!failed(e) && t.status >= 400 && t.status < 500 && !insecure) {
		again = auth_refused(h->auth, url, buf_view(&t.head));
		if (again) {
			buf_free(&t.body);
			e = transfer(h, a, &t);
		}
	}
	if (again)
		auth_worked(h->auth, !failed(e) && t.status < 400);
	buf_free(&t.head);
	*status = t.status;
	return failed(e) ? e : answer(a, shown, t.status, &t.body, t.type, body);
}

Err http_read(Http *h, Arena *a, Str url, bool insecure, Str *body)
{
	int status;
	return http_get(h, a, url, insecure, body, &status);
}

// ---- many at once -------------------------------------------------------------------------------

enum { AT_ONCE = 16 };

static bool start_one(Http *h, Str url)
{
	if (strmap_has(&h->ahead, url) || str_has_prefix(url, "file://") || failed(load_curl(h, h->arena)))
		return false;
	if (!h->multi && !(h->multi = h->multi_init()))
		return false;
	Ahead *x = NEW(h->arena, Ahead);
	*x = (Ahead){.url = url, .type = S("")};
	strmap_put(h->arena, &h->ahead, url, x);
	if (!(x->easy = h->easy_init()))
		return false;
	set_up(h, h->arena, x->easy, url, false, &x->body);
	h->easy_setopt(x->easy, OPT_PRIVATE, x);
	h->easy_setopt(x->easy, OPT_PIPEWAIT, (long)str_has_prefix(url, "https:")); // over one connection, where the server can
	if (h->trace)
		fprintf(stderr, "# get " STR_FMT "\n", STR_ARG(redacted(h->arena, url)));
	h->multi_add_handle(h->multi, x->easy);
	return true;
}

static void finish_one(Http *h, void *easy, int code)
{
	Ahead *x = NULL;
	long http = 0;
	char *type = NULL;
	h->easy_getinfo(easy, INFO_PRIVATE, &x);
	h->easy_getinfo(easy, INFO_RESPONSE_CODE, &http);
	h->easy_getinfo(easy, INFO_CONTENT_TYPE, &type);
	x->status = (int)http;
	x->type = type ? str_dup(h->arena, str(type)) : S("");
	x->ready = code == 0 && !(http >= 400 && http < 500 && auth_asks(h->auth)); // then it is asked again, with what is found
	if (!x->ready)
		buf_free(&x->body);
	if (h->trace)
		fprintf(stderr, "# get " STR_FMT ": %ld %s\n", STR_ARG(redacted(h->arena, x->url)), http, code ? h->easy_strerror(code) : status_words((int)http));
	h->multi_remove_handle(h->multi, easy);
	h->easy_cleanup(easy);
	x->easy = NULL;
}

void http_ahead(Http *h, const StrVec *urls)
{
	u32 running = 0, done = 0;
	time_t start = time(NULL);
	bool shown = false;
	for (u32 i = 0; i < urls->n || running;) {
		while (running < AT_ONCE && i < urls->n)
			running += start_one(h, urls->p[i++]);
		if (!running)
			break;
		int active, left;
		h->multi_perform(h->multi, &active);
		for (Message *m; (m = h->multi_info_read(h->multi, &left));)
			if (m->kind == 1) { // CURLMSG_DONE
				finish_one(h, m->easy, m->data.code);
				running--;
				done++;
			}
		if (running)
			h->multi_wait(h->multi, NULL, 0, 200, NULL);
		if (time(NULL) - start >= 2 && isatty(2)) { // a person waits
			fprintf(stderr, "\rgo: %u of %u requests answered\x1b[K", done, urls->n);
			shown = true;
		}
	}
	if (shown)
		fputs("\r\x1b[K", stderr);
}

bool http_waiting(Http *h, Str url, Str *body)
{
	Ahead *x = strmap_get(&h->ahead, url);
	if (!x || !x->ready || x->status != 200)
		return false;
	*body = buf_view(&x->body);
	return true;
}
