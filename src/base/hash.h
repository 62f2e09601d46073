// hash.h: private to base/: the hash of bytes, in pieces. Sixteen bytes a step are multiplied and folded; the
// last step may overlap the one before, so that there is no loop over single bytes.
#ifndef INGOT_BASE_HASH_H
#define INGOT_BASE_HASH_H

#include "base/base.h"

#define HASH_K0 0x9e3779b97f4a7c15
#define HASH_K1 0xd6e8feb86659fd93

static inline u64 hash_fold(u64 a, u64 b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (u64)m ^ (u64)(m >> 64);
}

// Up to 16 bytes as two words: with n, they determine the bytes.
static inline void hash_words(const void *ptr, size_t n, u64 *x, u64 *y)
{
	const u8 *p = ptr;
	*y = 0;
	if (n >= 8) {
		*x = get_u64(p);
		*y = get_u64(p + n - 8);
	} else if (n >= 4) {
		*x = get_u32(p) | (u64)get_u32(p + n - 4) << 32;
	} else {
		*x = n ? p[0] | (u64)p[n / 2] << 8 | (u64)p[n - 1] << 16 : 0;
	}
}

static inline u32 hash_finish(u64 x, u64 y, size_t n)
{
	u64 h = hash_fold(x ^ HASH_K0 ^ n, y ^ HASH_K1);
	return (u32)(h ^ h >> 32);
}

#endif
