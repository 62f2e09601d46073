// sha256.c: SHA-256 (FIPS 180-4), with the processor's SHA instructions where it has them.
// The constants are the first 32 bits of the fractional parts of roots of the first primes.
#include "base/base.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

static const u32 round_constant[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline u32 ror(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

// One round; what the eight letters stand for moves on by one each time.
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                                 \
	do {                                                                                                                   \
		u32 t = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + (g ^ (e & (f ^ g))) + round_constant[i] + w[(i) & 15];           \
		d += t;                                                                                                              \
		h = t + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) | (c & (a | b)));                                           \
	} while (0)

static void blocks_portable(u32 h[8], const u8 *p, size_t n)
{
	for (; n; n--, p += 64) {
		u32 w[16];
		u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
		for (int i = 0; i < 16; i++)
			w[i] = __builtin_bswap32(get_u32(p + i * 4));
		for (int r = 0; r < 64; r += 16) {
#pragma GCC unroll 16
			for (int i = 0; r && i < 16; i++) { // the words sixteen steps on, in place of these
				u32 x = w[(i + 1) & 15], y = w[(i + 14) & 15];
				w[i] += w[(i + 9) & 15] + (ror(x, 7) ^ ror(x, 18) ^ x >> 3) + (ror(y, 17) ^ ror(y, 19) ^ y >> 10);
			}
#pragma GCC unroll 2
			for (int i = r; i < r + 16; i += 8) {
				ROUND(a, b, c, d, e, f, g, k, i);
				ROUND(k, a, b, c, d, e, f, g, i + 1);
				ROUND(g, k, a, b, c, d, e, f, i + 2);
				ROUND(f, g, k, a, b, c, d, e, i + 3);
				ROUND(e, f, g, k, a, b, c, d, i + 4);
				ROUND(d, e, f, g, k, a, b, c, i + 5);
				ROUND(c, d, e, f, g, k, a, b, i + 6);
				ROUND(b, c, d, e, f, g, k, a, i + 7);
			}
		}
		h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
	}
}

#ifdef __x86_64__
// The instructions keep the state as two registers, ABEF and CDGH, and do two rounds at a time.
__attribute__((target("sha,sse4.1,ssse3"))) static void blocks_sha(u32 h[8], const u8 *p, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i lo = _mm_loadu_si128((const __m128i *)h), hi = _mm_loadu_si128((const __m128i *)(h + 4));
	lo = _mm_shuffle_epi32(lo, 0xb1); // CDAB
	hi = _mm_shuffle_epi32(hi, 0x1b); // EFGH
	__m128i abef = _mm_alignr_epi8(lo, hi, 8), cdgh = _mm_blend_epi16(hi, lo, 0xf0);
	for (; n; n--, p += 64) {
		__m128i abef0 = abef, cdgh0 = cdgh, w[4];
		for (int i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + i * 16)), swap);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i x = w[i & 3];
			__m128i k = _mm_add_epi32(x, _mm_load_si128((const __m128i *)(round_constant + i * 4)));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
			if (i < 12) { // the words four steps on, in place of these
				__m128i next = _mm_sha256msg1_epu32(x, w[(i + 1) & 3]);
				next = _mm_add_epi32(next, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
				w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
			}
		}
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}
	lo = _mm_shuffle_epi32(abef, 0x1b); // FEBA
	hi = _mm_shuffle_epi32(cdgh, 0xb1); // DCHG
	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(lo, hi, 0xf0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(hi, lo, 8));
}

static bool cpu_has_sha(void)
{
	static _Atomic int known; // 0: not asked yet, 1: no, 2: yes
	int k = atomic_load_explicit(&known, memory_order_relaxed);
	if (!k) {
		u32 a, b, c, d;
		bool sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3);
		k = sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29) ? 2 : 1;
		atomic_store_explicit(&known, k, memory_order_relaxed);
	}
	return k == 2;
}
#endif

static void blocks(u32 h[8], const u8 *p, size_t n)
{
#ifdef __x86_64__
	if (cpu_has_sha()) {
		blocks_sha(h, p, n);
		return;
	}
#endif
	blocks_portable(h, p, n);
}

void sha256_init(Sha256 *s)
{
	*s = (Sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(Sha256 *s, const void *ptr, size_t n)
{
	const u8 *p = ptr;
	size_t have = s->n & 63;
	if (n == 0) // then p may be NULL
		return;
	s->n += n;
	if (have) {
		size_t take = MIN(64 - have, n);
		memcpy(s->block + have, p, take);
		p += take;
		n -= take;
		if (have + take < 64)
			return;
		blocks(s->h, s->block, 1);
	}
	if (n >= 64)
		blocks(s->h, p, n / 64);
	if (n & 63)
		memcpy(s->block, p + (n & ~(size_t)63), n & 63);
}

void sha256_end(Sha256 *s, u8 out[32])
{
	u64 bits = s->n * 8;
	u8 pad[72] = {0x80};
	size_t n = 64 - ((s->n + 8) & 63); // up to 8 bytes before the end of a block
	for (int i = 0; i < 8; i++)
		pad[n + (size_t)i] = (u8)(bits >> (56 - 8 * i));
	sha256_add(s, pad, n + 8);
	for (int i = 0; i < 8; i++)
		put_u32(out + i * 4, __builtin_bswap32(s->h[i]));
}

void sha256(const void *p, size_t n, u8 out[32])
{
	Sha256 s;
	sha256_init(&s);
	sha256_add(&s, p, n);
	sha256_end(&s, out);
}
