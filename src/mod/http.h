// http.h: the bytes behind a URL: https and http through libcurl, which is loaded when it is first needed, and file.
#ifndef INGOT_MOD_HTTP_H
#define INGOT_MOD_HTTP_H

#include "base/base.h"

typedef struct Http Http;                       // one connection cache; one thread at a time
Http *http_new(Arena *a);
void http_goauth(Http *h, Str setting);          // GOAUTH; netrc by default
void http_trace(Http *h, bool on);              // shows requests on stderr, as -x does
// Of errors errnum is ENOENT for 404 and 410, 0 otherwise.
// insecure: plain http and unknown certificates will do. The body lives in a. Words: cmd/go/internal/web.
Err http_read(Http *h, Arena *a, Str url, bool insecure, Str *body);
// The same; *status: of HTTP, 0 if there was no answer. With an error answer *body is its page.
Err http_get(Http *h, Arena *a, Str url, bool insecure, Str *body, int *status);
// Requests all of them at once. The answers wait for http_read and http_get; what could not be had is asked for again there.
void http_ahead(Http *h, const StrVec *urls);
bool http_waiting(Http *h, Str url, Str *body);         // what has come and was not asked for yet

#endif
