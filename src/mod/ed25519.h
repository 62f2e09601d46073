// ed25519.h: whether a signature is of a message by a key (RFC 8032, section 5.1.7), and SHA-512.
#ifndef INGOT_MOD_ED25519_H
#define INGOT_MOD_ED25519_H

#include "base/base.h"

bool ed25519_verify(const u8 key[32], Str message, const u8 signature[64]);
void sha512_parts(const Str *parts, u32 n, u8 out[64]);         // of the parts, one behind the other

#endif
