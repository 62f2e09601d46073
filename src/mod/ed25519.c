// ed25519.c: verifies signatures (RFC 8032, 5.1.7). Everything here is public, so nothing need take the same time for every
// input. Numbers modulo p = 2^255-19 are five limbs of 51 bits, a little more between carries; scalars are GMP's.
#include "mod/ed25519.h"

#include <gmp.h>

// ---- SHA-512 (FIPS 180-4) -----------------------------------------------------------------------

static const u64 sha512_k[80] = {
#include "mod/sha512.def"
};

static u64 rotr(u64 x, u32 n) { return x >> n | x << (64 - n); }

static void sha512_block(u64 h[8], const u8 *p)
{
	u64 w[80];
	for (u32 i = 0; i < 16; i++)
		w[i] = __builtin_bswap64(get_u64(p + 8 * i));
	for (u32 i = 16; i < 80; i++) {
		u64 s0 = rotr(w[i - 15], 1) ^ rotr(w[i - 15], 8) ^ w[i - 15] >> 7, s1 = rotr(w[i - 2], 19) ^ rotr(w[i - 2], 61) ^ w[i - 2] >> 6;
		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	u64 v[8];
	memcpy(v, h, sizeof v);
	for (u32 i = 0; i < 80; i++) {
		u64 s1 = rotr(v[4], 14) ^ rotr(v[4], 18) ^ rotr(v[4], 41), ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
		u64 t1 = v[7] + s1 + ch + sha512_k[i] + w[i];
		u64 s0 = rotr(v[0], 28) ^ rotr(v[0], 34) ^ rotr(v[0], 39), maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + s0 + maj;
	}
	for (u32 i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha512_parts(const Str *parts, u32 n, u8 out[64])
{
	u64 h[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
	Buf b = {0};
	for (u32 i = 0; i < n; i++)
		buf_str(&b, parts[i]);
	u64 bits = (u64)b.n * 8;
	buf_u8(&b, 0x80);
	while (b.n % 128 != 112)
		buf_u8(&b, 0);
	buf_u64(&b, 0);
	buf_u64(&b, __builtin_bswap64(bits));
	for (size_t i = 0; i < b.n; i += 128)
		sha512_block(h, b.p + i);
	buf_free(&b);
	for (u32 i = 0; i < 8; i++)
		put_u64(out + 8 * i, __builtin_bswap64(h[i]));
}

// ---- numbers modulo p ---------------------------------------------------------------------------

typedef struct Fe { u64 v[5]; } Fe;     // below 2^52 each after a carry; fe_mul takes up to 2^54
typedef unsigned __int128 u128;

#define LIMB (((u64)1 << 51) - 1)

static Fe fe_small(u64 n) { return (Fe){{n}}; }

static Fe fe_carry(Fe x)
{
#pragma GCC unroll 4
	for (u32 i = 0; i < 4; i++) {
		x.v[i + 1] += x.v[i] >> 51;
		x.v[i] &= LIMB;
	}
	x.v[0] += 19 * (x.v[4] >> 51); // 2^255 is 19
	x.v[4] &= LIMB;
	return x;
}

static Fe fe_add(Fe x, Fe y)
{
#pragma GCC unroll 5
	for (u32 i = 0; i < 5; i++)
		x.v[i] += y.v[i];
	return x;
}

static Fe fe_sub(Fe x, Fe y) // y at most the sum of two carried numbers: 4p is above it in every limb
{
#pragma GCC unroll 5
	for (u32 i = 0; i < 5; i++)
		x.v[i] += 4 * (i ? LIMB : LIMB - 18) - y.v[i];
	return fe_carry(x);
}

static Fe fe_mul(Fe x, Fe y)
{
	u128 r[5];
#pragma GCC unroll 5
	for (u32 i = 0; i < 5; i++) {
		r[i] = 0;
#pragma GCC unroll 5
		for (u32 k = 0; k < 5; k++)
			r[i] += (u128)x.v[k] * (k <= i ? y.v[i - k] : 19 * y.v[5 + i - k]);
	}
	Fe f;
#pragma GCC unroll 4
	for (u32 i = 0; i < 4; i++) {
		r[i + 1] += (u64)(r[i] >> 51);
		f.v[i] = (u64)r[i] & LIMB;
	}
	f.v[4] = (u64)r[4] & LIMB;
	f.v[0] += 19 * (u64)(r[4] >> 51);
	f.v[1] += f.v[0] >> 51;
	f.v[0] &= LIMB;
	return f;
}

static Fe fe_sqr(Fe x) { return fe_mul(x, x); }

// x to the power whose lowest five bits are `low`, with `ones` ones in front of them: what p's relatives look like.
static Fe fe_pow(Fe x, u32 ones, u32 low)
{
	Fe r = x;
	for (u32 i = 1; i < ones + 5; i++) {
		r = fe_sqr(r);
		if (i < ones || low >> (ones + 4 - i) & 1)
			r = fe_mul(r, x);
	}
	return r;
}

static Fe fe_invert(Fe x) { return fe_pow(x, 250, 11); }        // to p - 2

static Fe fe_from_bytes(const u8 b[32])
{
	Fe f;
	for (u32 i = 0; i < 5; i++) {
		u32 bit = 51 * i, at = MIN(bit / 8, 24u); // of the eight bytes that are read
		f.v[i] = get_u64(b + at) >> (bit - 8 * at) & LIMB;
	}
	return f;
}

static void fe_to_bytes(Fe x, u8 out[32])
{
	x = fe_carry(fe_carry(x));
	u64 carry = 19; // whether it is p or more: adding 19 carries out of the top
	for (u32 i = 0; i < 5; i++)
		carry = (x.v[i] + carry) >> 51;
	x.v[0] += 19 * carry;
	for (u32 i = 0; i < 4; i++) {
		x.v[i + 1] += x.v[i] >> 51;
		x.v[i] &= LIMB;
	}
	x.v[4] &= LIMB;
	memset(out, 0, 32);
	for (u32 bit = 0; bit < 255; bit++)
		out[bit / 8] |= (u8)((x.v[bit / 51] >> bit % 51 & 1) << bit % 8);
}

static bool fe_equal(Fe x, Fe y)
{
	u8 a[32], b[32];
	fe_to_bytes(x, a);
	fe_to_bytes(y, b);
	return !memcmp(a, b, 32);
}

static bool fe_is_odd(Fe x)
{
	u8 b[32];
	fe_to_bytes(x, b);
	return b[0] & 1;
}

// ---- the curve ----------------------------------------------------------------------------------

typedef struct Point { Fe x, y, z, t; } Point;          // extended homogeneous coordinates (5.1.4)
typedef struct Odd { Point of[8]; } Odd;                // 1, 3, ... 15 times a point

static Point point_add(const Point *q, const Point *r, Fe d2) // d2: twice the curve's d
{
	Fe a = fe_mul(fe_sub(q->y, q->x), fe_sub(r->y, r->x)), b = fe_mul(fe_add(q->y, q->x), fe_add(r->y, r->x));
	Fe c = fe_mul(fe_mul(q->t, r->t), d2), d = fe_mul(fe_add(q->z, q->z), r->z);
	Fe e = fe_sub(b, a), f = fe_sub(d, c), g = fe_add(d, c), h = fe_add(b, a);
	return (Point){fe_mul(e, f), fe_mul(g, h), fe_mul(f, g), fe_mul(e, h)};
}

static Point point_double(const Point *q)
{
	Fe a = fe_sqr(q->x), b = fe_sqr(q->y), c = fe_sqr(q->z), h = fe_add(a, b);
	Fe e = fe_sub(h, fe_sqr(fe_add(q->x, q->y))), g = fe_sub(a, b), f = fe_carry(fe_add(fe_add(c, c), g));
	return (Point){fe_mul(e, f), fe_mul(g, h), fe_mul(f, g), fe_mul(e, h)};
}

static Point point_negate(Point q)
{
	q.x = fe_sub(fe_small(0), q.x);
	q.t = fe_sub(fe_small(0), q.t);
	return q;
}

// The point of 32 bytes (5.1.3). False if they are none.
static bool decode(Point *q, const u8 bytes[32], Fe d)
{
	bool odd = bytes[31] >> 7;
	q->y = fe_from_bytes(bytes);
	u8 again[32];
	fe_to_bytes(q->y, again);
	again[31] |= (u8)(odd << 7);
	if (memcmp(again, bytes, 32) != 0) // p or more
		return false;
	Fe yy = fe_sqr(q->y), u = fe_sub(yy, fe_small(1)), v = fe_add(fe_mul(d, yy), fe_small(1));
	Fe v3 = fe_mul(fe_sqr(v), v), v7 = fe_mul(fe_sqr(v3), v);
	q->x = fe_mul(fe_mul(u, v3), fe_pow(fe_mul(u, v7), 247, 29)); // the candidate for the root of u/v; to (p - 5) / 8
	Fe square = fe_mul(v, fe_sqr(q->x));
	if (!fe_equal(square, u)) {
		if (!fe_equal(square, fe_sub(fe_small(0), u)))
			return false;
		q->x = fe_mul(q->x, fe_pow(fe_small(2), 248, 27)); // the root of -1: 2 to (p - 1) / 4
	}
	bool is_odd = fe_is_odd(q->x);
	if (fe_equal(q->x, fe_small(0)) && odd)
		return false;
	if (is_odd != odd)
		q->x = fe_sub(fe_small(0), q->x);
	q->z = fe_small(1);
	q->t = fe_mul(q->x, q->y);
	return true;
}

static void encode(const Point *q, u8 out[32])
{
	Fe inverse = fe_invert(q->z);
	fe_to_bytes(fe_mul(q->y, inverse), out);
	out[31] |= (u8)(fe_is_odd(fe_mul(q->x, inverse)) << 7);
}

static void odd_multiples(Odd *o, const Point *q, Fe d2)
{
	Point twice = point_double(q);
	o->of[0] = *q;
	for (u32 i = 1; i < LENGTH(o->of); i++)
		o->of[i] = point_add(&o->of[i - 1], &twice, d2);
}

// n as the sum of digit[i] << i, each 0 or odd and between -15 and 15, with four zeros behind it: few are not 0. Destroys n.
static void digits_of(mpz_t n, i8 digit[257])
{
	memset(digit, 0, 257);
	for (u32 i = 0; mpz_sgn(n) > 0; i++) {
		if (mpz_odd_p(n)) {
			i32 low = (i32)(mpz_get_ui(n) & 31);
			digit[i] = (i8)(low > 15 ? low - 32 : low);
			if (digit[i] > 0)
				mpz_sub_ui(n, n, (unsigned long)digit[i]);
			else
				mpz_add_ui(n, n, (unsigned long)-digit[i]);
		}
		mpz_tdiv_q_2exp(n, n, 1);
	}
}

static void add_digit(Point *sum, const Odd *o, i32 digit, Fe d2)
{
	if (!digit)
		return;
	Point q = o->of[(digit < 0 ? -digit : digit) / 2];
	if (digit < 0)
		q = point_negate(q);
	*sum = point_add(sum, &q, d2);
}

static void from_bytes(mpz_t z, const u8 *p, size_t n) { mpz_import(z, n, -1, 1, 0, 0, p); }

// s and k (modulo the order of the base point) as digits. False: s is not below the order.
static bool scalars(const u8 s_bytes[32], const u8 k_bytes[64], i8 s_digits[257], i8 k_digits[257])
{
	mpz_t order, s, k;
	mpz_inits(order, s, k, NULL);
	mpz_set_str(order, "27742317777372353535851937790883648493", 10);
	mpz_setbit(order, 252);
	from_bytes(s, s_bytes, 32);
	from_bytes(k, k_bytes, 64);
	bool ok = mpz_cmp(s, order) < 0;
	if (ok) {
		mpz_mod(k, k, order);
		digits_of(s, s_digits);
		digits_of(k, k_digits);
	}
	mpz_clears(order, s, k, NULL);
	return ok;
}

bool ed25519_verify(const u8 key[32], Str message, const u8 signature[64])
{
	Fe d = fe_mul(fe_sub(fe_small(0), fe_small(121665)), fe_invert(fe_small(121666))), d2 = fe_carry(fe_add(d, d));
	u8 hash[64], base_y[32], r[32]; // the base point: 4/5, with an even x
	memset(base_y, 0x66, sizeof base_y);
	base_y[0] = 0x58;
	const Str parts[] = {str_n((const char *)signature, 32), str_n((const char *)key, 32), message};
	sha512_parts(parts, 3, hash);
	i8 s[257], k[257];
	Point a, base;
	if (!scalars(signature + 32, hash, s, k) || !decode(&a, key, d) || !decode(&base, base_y, d))
		return false;
	Odd of_base, of_a;
	a = point_negate(a);
	odd_multiples(&of_base, &base, d2);
	odd_multiples(&of_a, &a, d2);
	Point sum = {fe_small(0), fe_small(1), fe_small(1), fe_small(0)}; // R = s B - k A, both from the same doublings
	for (u32 i = 257; i-- > 0;) {
		sum = point_double(&sum);
		add_digit(&sum, &of_base, s[i], d2);
		add_digit(&sum, &of_a, k[i], d2);
	}
	encode(&sum, r);
	return !memcmp(r, signature, 32);
}
