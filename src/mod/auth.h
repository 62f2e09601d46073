// auth.h: which headers go along with requests to whom: GOAUTH (`go help goauth`), for https only.
#ifndef INGOT_MOD_AUTH_H
#define INGOT_MOD_AUTH_H

#include "base/base.h"

typedef struct Auth Auth;
Auth *auth_new(Arena *a, Str goauth);                   // "off", "netrc", "git DIR" or commands, between semicolons
// The headers "Name: value" that are known for a URL; none: NULL. The first call asks every method that needs no URL.
const StrVec *auth_headers(Auth *auth, Str url);
// url was refused with that response (status line and headers): the methods are asked again. Whether headers are known now.
bool auth_refused(Auth *auth, Str url, Str response);
bool auth_asks(const Auth *auth);                       // whether a refusal may change what is known
// Whether what auth_refused found was right: those who keep passwords want to know.
void auth_worked(Auth *auth, bool ok);

#endif
