// ed25519.c: verifies signatures with GMP's integers. Everything here is public, so nothing need take the same time for
// every input: the plain formulas of RFC 8032 will do, and no other library is needed.
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

// ---- the curve ----------------------------------------------------------------------------------

typedef struct Point { mpz_t x, y, z, t; } Point;       // extended homogeneous coordinates (RFC 8032, 5.1.4)
typedef struct Curve { mpz_t p, d, order, tmp[8]; Point base; } Curve;

static void point_init(Point *q) { mpz_inits(q->x, q->y, q->z, q->t, NULL); }
static void point_clear(Point *q) { mpz_clears(q->x, q->y, q->z, q->t, NULL); }

static void set_point(Point *to, const Point *q)
{
	mpz_set(to->x, q->x);
	mpz_set(to->y, q->y);
	mpz_set(to->z, q->z);
	mpz_set(to->t, q->t);
}

static void mul(Curve *c, mpz_t r, const mpz_t x, const mpz_t y)
{
	mpz_mul(r, x, y);
	mpz_mod(r, r, c->p);
}

// to = q + r; to may be q. The formula holds for doubling and for the neutral element, too.
static void point_add(Curve *c, Point *to, const Point *q, const Point *r)
{
	mpz_t *v = c->tmp;
	mpz_sub(v[0], q->y, q->x);
	mpz_sub(v[1], r->y, r->x);
	mul(c, v[0], v[0], v[1]);       // A
	mpz_add(v[1], q->y, q->x);
	mpz_add(v[2], r->y, r->x);
	mul(c, v[1], v[1], v[2]);       // B
	mul(c, v[2], q->t, r->t);
	mul(c, v[2], v[2], c->d);
	mpz_mul_2exp(v[2], v[2], 1);    // C
	mul(c, v[3], q->z, r->z);
	mpz_mul_2exp(v[3], v[3], 1);    // D
	mpz_sub(v[4], v[1], v[0]);      // E
	mpz_sub(v[5], v[3], v[2]);      // F
	mpz_add(v[6], v[3], v[2]);      // G
	mpz_add(v[7], v[1], v[0]);      // H
	mul(c, to->x, v[4], v[5]);
	mul(c, to->y, v[6], v[7]);
	mul(c, to->t, v[4], v[7]);
	mul(c, to->z, v[5], v[6]);
}

static void point_mul(Curve *c, Point *to, const mpz_t n, const Point *q)
{
	mpz_set_ui(to->x, 0);
	mpz_set_ui(to->y, 1);
	mpz_set_ui(to->z, 1);
	mpz_set_ui(to->t, 0);
	for (size_t i = mpz_sizeinbase(n, 2); i-- > 0;) {
		point_add(c, to, to, to);
		if (mpz_tstbit(n, i))
			point_add(c, to, to, q);
	}
}

static void from_bytes(mpz_t z, const u8 *p, size_t n) { mpz_import(z, n, -1, 1, 0, 0, p); }

// The point of 32 bytes (5.1.3). False if they are none.
static bool decode(Curve *c, Point *q, const u8 bytes[32])
{
	u8 b[32];
	memcpy(b, bytes, 32);
	bool odd = b[31] >> 7;
	b[31] &= 0x7f;
	from_bytes(q->y, b, 32);
	if (mpz_cmp(q->y, c->p) >= 0)
		return false;
	mpz_t *v = c->tmp;
	mul(c, v[0], q->y, q->y);
	mul(c, v[1], v[0], c->d);
	mpz_sub_ui(v[0], v[0], 1);
	mpz_add_ui(v[1], v[1], 1);
	if (!mpz_invert(v[1], v[1], c->p))
		return false;
	mul(c, v[0], v[0], v[1]);       // x squared
	mpz_add_ui(v[1], c->p, 3);
	mpz_tdiv_q_2exp(v[1], v[1], 3);
	mpz_powm(q->x, v[0], v[1], c->p);
	mul(c, v[1], q->x, q->x);
	if (!mpz_congruent_p(v[1], v[0], c->p)) { // times the square root of -1
		mpz_set_ui(v[2], 2);
		mpz_sub_ui(v[3], c->p, 1);
		mpz_tdiv_q_2exp(v[3], v[3], 2);
		mpz_powm(v[2], v[2], v[3], c->p);
		mul(c, q->x, q->x, v[2]);
		mul(c, v[1], q->x, q->x);
		if (!mpz_congruent_p(v[1], v[0], c->p))
			return false;
	}
	if (!mpz_sgn(q->x) && odd)
		return false;
	if ((bool)mpz_odd_p(q->x) != odd)
		mpz_sub(q->x, c->p, q->x);
	mpz_set_ui(q->z, 1);
	mul(c, q->t, q->x, q->y);
	return true;
}

static bool same_point(Curve *c, const Point *q, const Point *r)
{
	mpz_t *v = c->tmp;
	mul(c, v[0], q->x, r->z);
	mul(c, v[1], r->x, q->z);
	mul(c, v[2], q->y, r->z);
	mul(c, v[3], r->y, q->z);
	return !mpz_cmp(v[0], v[1]) && !mpz_cmp(v[2], v[3]);
}

static void curve_init(Curve *c)
{
	mpz_inits(c->p, c->d, c->order, NULL);
	for (u32 i = 0; i < LENGTH(c->tmp); i++)
		mpz_init(c->tmp[i]);
	mpz_ui_pow_ui(c->p, 2, 255);
	mpz_sub_ui(c->p, c->p, 19);
	mpz_set_ui(c->d, 121666);
	mpz_invert(c->d, c->d, c->p);
	mpz_mul_si(c->d, c->d, -121665);
	mpz_mod(c->d, c->d, c->p);
	mpz_set_str(c->order, "27742317777372353535851937790883648493", 10);
	mpz_setbit(c->order, 252);
	point_init(&c->base);
	u8 y[32]; // 4/5, with an even x
	memset(y, 0x66, sizeof y);
	y[0] = 0x58;
	decode(c, &c->base, y);
}

bool ed25519_verify(const u8 key[32], Str message, const u8 signature[64])
{
	Curve c;
	curve_init(&c);
	Point a, r, left, right;
	point_init(&a);
	point_init(&r);
	point_init(&left);
	point_init(&right);
	mpz_t s, k;
	mpz_inits(s, k, NULL);
	from_bytes(s, signature + 32, 32);
	bool ok = mpz_cmp(s, c.order) < 0 && decode(&c, &a, key) && decode(&c, &r, signature);
	if (ok) {
		u8 hash[64];
		const Str parts[] = {str_n((const char *)signature, 32), str_n((const char *)key, 32), message};
		sha512_parts(parts, 3, hash);
		from_bytes(k, hash, 64);
		mpz_mod(k, k, c.order);
		point_mul(&c, &left, s, &c.base);       // s B = R + k A
		point_mul(&c, &right, k, &a);
		set_point(&a, &right);
		point_add(&c, &right, &a, &r);
		ok = same_point(&c, &left, &right);
	}
	mpz_clears(s, k, NULL);
	point_clear(&a);
	point_clear(&r);
	point_clear(&left);
	point_clear(&right);
	point_clear(&c.base);
	for (u32 i = 0; i < LENGTH(c.tmp); i++)
		mpz_clear(c.tmp[i]);
	mpz_clears(c.p, c.d, c.order, NULL);
	return ok;
}
