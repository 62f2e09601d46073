// constant.c: exact values of constant expressions. An integer that fits is an i64, a fraction whose parts fit
// is a pair of i64; everything larger is GMP's or, beyond fractions of 4096 bits, a float of 512 bits of MPFR.
// Rules and limits are those of go/constant: which representation holds a value decides what its text is.
//
// Invariant: a Const never changes, and its limbs lie in the arena: GMP and MPFR only ever see read-only views
// of them. The least representation is used among integers, and among floats.
#include "types/check.h"

#include <gmp.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

enum { PREC = 512, MAX_EXP = 4 << 10 };
enum { LIMBS = PREC / GMP_NUMB_BITS };
enum { LONG_STRING = 64 << 10 }; // bytes; from here on, a concatenation waits until its bytes are needed

// In the order in which operands are brought to a common representation.
typedef enum Rep { R_UNKNOWN, R_BOOL, R_STRING, R_I64, R_BIG, R_FRAC, R_RAT, R_FLOAT, R_COMPLEX } Rep;

typedef struct Big { mp_limb_t *p; i64 n; } Big; // n < 0: negative, of -n limbs

// The bytes of a concatenation, with room behind them: x + y is written behind x if nothing is there yet, so
// that a chain of concatenations is linear.
typedef struct Rope { _Atomic u32 used; u32 cap; char p[]; } Rope;

struct Const {
	u8 rep;
	union {
		bool b;
		struct { Str s; Rope *rope; const Const *x, *y; } s; // s.p NULL: x + y, put together when it is asked for
		i64 i;
		Big z;
		struct { i64 num, den; } frac;  // lowest terms, den > 0
		struct { Big num, den; } rat;
		struct { mp_limb_t *p; i64 exp; int kind; } f;
		struct { const Const *re, *im; } c;
	};
};

static const Const unknown = {R_UNKNOWN}, const_true = {R_BOOL, .b = true}, const_false = {R_BOOL, .b = false};

const Const *const_unknown(void)
{
	return &unknown;
}
static const Const zero = {R_I64, .i = 0};

static Const *fresh(Arena *a, Rep r)
{
	Const *c = NEW(a, Const);
	c->rep = r;
	return c;
}

static Const *make_unknown(void)
{
	return (Const *)&unknown;
}

const Const *const_bool(bool b)
{
	return b ? &const_true : &const_false;
}

Const *const_string(Arena *a, Str s)
{
	Const *c = fresh(a, R_STRING);
	c->s.s = s;
	return c;
}

Const *const_i64(Arena *a, i64 v)
{
	Const *c = fresh(a, R_I64);
	c->i = v;
	return c;
}

ConstKind const_kind(const Const *c)
{
	static const u8 kinds[] = {CONST_UNKNOWN, CONST_BOOL, CONST_STRING, CONST_INT, CONST_INT, CONST_FLOAT, CONST_FLOAT,
	                           CONST_FLOAT, CONST_COMPLEX};
	return kinds[c->rep];
}

// ---- views --------------------------------------------------------------------------------------

static void view_big(mpz_t z, Big b)
{
	mpz_roinit_n(z, b.p, b.n);
}

// An integer as a GMP number; limb must outlive z.
static void view_int(mpz_t z, const Const *c, mp_limb_t *limb)
{
	if (c->rep == R_BIG) {
		view_big(z, c->z);
		return;
	}
	*limb = c->i < 0 ? -(u64)c->i : (u64)c->i;
	mpz_roinit_n(z, limb, c->i < 0 ? -1 : c->i > 0);
}

static void view_float(mpfr_t f, const Const *c)
{
	mpfr_custom_init_set(f, c->f.kind, c->f.exp, PREC, c->f.p);
}

// A new GMP fraction with the value of an integer or fraction.
static void load_rat(mpq_t q, const Const *c)
{
	mpq_init(q);
	switch (c->rep) {
	case R_I64:
		mpz_set_si(mpq_numref(q), c->i);
		break;
	case R_BIG: {
		mpz_t z;
		view_big(z, c->z);
		mpz_set(mpq_numref(q), z);
		break;
	}
	case R_FRAC:
		mpz_set_si(mpq_numref(q), c->frac.num);
		mpz_set_si(mpq_denref(q), c->frac.den);
		break;
	case R_RAT: {
		mpz_t z;
		view_big(z, c->rat.num);
		mpz_set(mpq_numref(q), z);
		view_big(z, c->rat.den);
		mpz_set(mpq_denref(q), z);
		break;
	}
	default:
		bug("load_rat");
	}
}

// A new MPFR number. This thread's exponents must not end before those of big.Float do.
static void new_float(mpfr_t f, mpfr_prec_t prec)
{
	if (mpfr_get_emax() < INT32_MAX) {
		mpfr_set_emax(mpfr_get_emax_max());
		mpfr_set_emin(mpfr_get_emin_min());
	}
	mpfr_init2(f, prec);
}

// A new MPFR number with the value of any real constant, rounded to PREC bits.
static void load_float(mpfr_t f, const Const *c)
{
	new_float(f, PREC);
	switch (c->rep) {
	case R_I64:
		mpfr_set_si(f, c->i, MPFR_RNDN);
		break;
	case R_BIG: {
		mpz_t z;
		view_big(z, c->z);
		mpfr_set_z(f, z, MPFR_RNDN);
		break;
	}
	case R_FRAC: case R_RAT: {
		mpq_t q;
		load_rat(q, c);
		mpfr_set_q(f, q, MPFR_RNDN);
		mpq_clear(q);
		break;
	}
	case R_FLOAT: {
		mpfr_t v;
		view_float(v, c);
		mpfr_set(f, v, MPFR_RNDN);
		break;
	}
	default:
		bug("load_float");
	}
}

// ---- normal forms -------------------------------------------------------------------------------

static Big keep_big(Arena *a, mpz_srcptr z)
{
	Big b;
	size_t n = mpz_size(z);
	b.p = NEWN(a, mp_limb_t, n ? n : 1);
	memcpy(b.p, mpz_limbs_read(z), n * sizeof(mp_limb_t));
	b.n = mpz_sgn(z) < 0 ? -(i64)n : (i64)n;
	return b;
}

static Const *make_int(Arena *a, mpz_srcptr z)
{
	if (mpz_fits_slong_p(z))
		return const_i64(a, mpz_get_si(z));
	Const *c = fresh(a, R_BIG);
	c->z = keep_big(a, z);
	return c;
}

static Const *take_int(Arena *a, mpz_t z)
{
	Const *c = make_int(a, z);
	mpz_clear(z);
	return c;
}

// Exponents as big.Float has them: 32 bits. Beyond, values are infinite, or zero.
static Const *take_float(Arena *a, mpfr_t f)
{
	Const *c;
	if (!mpfr_number_p(f) || (!mpfr_zero_p(f) && mpfr_get_exp(f) > INT32_MAX)) {
		c = make_unknown();
	} else {
		c = fresh(a, R_FLOAT);
		c->f.p = NEWN(a, mp_limb_t, LIMBS);
		if (mpfr_zero_p(f) || mpfr_get_exp(f) < INT32_MIN) {
			c->f.kind = MPFR_ZERO_KIND;
		} else {
			memcpy(c->f.p, mpfr_custom_get_significand(f), LIMBS * sizeof(mp_limb_t));
			c->f.kind = mpfr_custom_get_kind(f);
			c->f.exp = mpfr_get_exp(f);
		}
	}
	mpfr_clear(f);
	return c;
}

static bool is_small(mpz_srcptr z)
{
	return mpz_sizeinbase(z, 2) < MAX_EXP;
}

// q is canonical and is consumed.
static Const *take_rat(Arena *a, mpq_t q)
{
	Const *c;
	if (mpz_fits_slong_p(mpq_numref(q)) && mpz_fits_slong_p(mpq_denref(q))) {
		c = fresh(a, R_FRAC);
		c->frac.num = mpz_get_si(mpq_numref(q));
		c->frac.den = mpz_get_si(mpq_denref(q));
	} else if (is_small(mpq_numref(q)) && is_small(mpq_denref(q))) {
		c = fresh(a, R_RAT);
		c->rat.num = keep_big(a, mpq_numref(q));
		c->rat.den = keep_big(a, mpq_denref(q));
	} else {
		mpfr_t f;
		new_float(f, PREC);
		mpfr_set_q(f, q, MPFR_RNDN);
		c = take_float(a, f);
	}
	mpq_clear(q);
	return c;
}

static Const *make_frac(Arena *a, i64 num, i64 den)
{
	Const *c = fresh(a, R_FRAC);
	c->frac.num = num;
	c->frac.den = den;
	return c;
}

static Const *make_complex(Arena *a, const Const *re, const Const *im)
{
	if (re->rep == R_UNKNOWN || im->rep == R_UNKNOWN)
		return make_unknown();
	Const *c = fresh(a, R_COMPLEX);
	c->c.re = re;
	c->c.im = im;
	return c;
}

Const *const_u64(Arena *a, u64 v)
{
	if (v <= INT64_MAX)
		return const_i64(a, (i64)v);
	mpz_t z;
	mpz_init_set_ui(z, v);
	return take_int(a, z);
}

static bool small_float(mpfr_srcptr f)
{
	return mpfr_zero_p(f) || (mpfr_get_exp(f) > -MAX_EXP && mpfr_get_exp(f) < MAX_EXP);
}

// The fraction that f is, if its exponent is moderate, as go/constant keeps it.
static Const *take_small_float(Arena *a, mpfr_t f)
{
	mpq_t q;
	mpq_init(q);
	mpfr_get_q(q, f);
	mpfr_clear(f);
	return take_rat(a, q);
}

Const *const_f64(Arena *a, double v)
{
	if (isinf(v) || isnan(v))
		return make_unknown();
	mpfr_t f;
	new_float(f, PREC);
	mpfr_set_d(f, v + 0, MPFR_RNDN);
	return take_small_float(a, f);
}

// ---- literals -----------------------------------------------------------------------------------

static bool int_literal(mpz_t z, const char *s, size_t n)
{
	int base = 10;
	if (n > 1 && s[0] == '0') {
		char p = s[1] | 0x20;
		base = p == 'x' ? 16 : p == 'b' ? 2 : 8;
		s += p == 'x' || p == 'b' || p == 'o' ? 2 : 1;
	}
	return mpz_set_str(z, s, base) == 0;
}

// s ends in NUL and has no underscores.
static Const *float_literal(Arena *a, char *s, size_t n)
{
	char p = n > 1 && s[0] == '0' ? s[1] | 0x20 : 0;
	if (p == 'b' || p == 'o') {
		mpz_t z;
		mpz_init(z);
		if (!int_literal(z, s, n)) {
			mpz_clear(z);
			return make_unknown();
		}
		mpq_t q;
		mpq_init(q);
		mpq_set_z(q, z);
		mpz_clear(z);
		return take_rat(a, q);
	}
	mpfr_t f;
	new_float(f, PREC);
	char *end;
	mpfr_strtofr(f, s, &end, p == 'x' ? 16 : 10, MPFR_RNDN);
	if (*end || end == s || !mpfr_number_p(f)) {
		mpfr_clear(f);
		return make_unknown();
	}
	if (!small_float(f))
		return take_float(a, f);
	if (mpfr_zero_p(f)) {
		mpfr_clear(f);
		return make_frac(a, 0, 1);
	}
	mpfr_clear(f);
	// Exact: digits without the point, times a power of ten, or of two.
	char *digits = malloc(n + 1);
	if (!digits)
		base_die("out of memory");
	size_t nd = 0;
	i64 exp = 0;
	bool point = false;
	char *c = p == 'x' ? s + 2 : s;
	for (; *c; c++) {
		if (*c == '.')
			point = true;
		else if (p == 'x' ? (*c | 0x20) == 'p' : (*c | 0x20) == 'e')
			break;
		else {
			digits[nd++] = *c;
			exp -= point ? (p == 'x' ? 4 : 1) : 0;
		}
	}
	digits[nd] = 0;
	if (*c)
		exp += strtol(c + 1, NULL, 10);
	mpq_t q;
	mpq_init(q);
	mpz_set_str(mpq_numref(q), digits, p == 'x' ? 16 : 10);
	free(digits);
	mpz_t e;
	mpz_init(e);
	u64 m = exp < 0 ? -(u64)exp : (u64)exp;
	if (p == 'x')
		mpz_setbit(e, m);
	else
		mpz_ui_pow_ui(e, 10, m);
	if (exp < 0)
		mpz_set(mpq_denref(q), e);
	else
		mpz_mul(mpq_numref(q), mpq_numref(q), e);
	mpz_clear(e);
	mpq_canonicalize(q);
	return take_rat(a, q);
}

Const *const_lit(Arena *a, Str text, LitKind kind)
{
	if (kind == LIT_STRING) {
		Str s;
		return syntax_unquote(a, text, &s) ? const_string(a, s) : make_unknown();
	}
	if (kind == LIT_RUNE) {
		u32 r;
		return syntax_unquote_rune(text, &r) ? const_i64(a, r) : make_unknown();
	}
	if (kind == LIT_INT && text.n < 19) {
		i64 v = 0;
		u32 i = 0;
		if (text.p[0] != '0' || text.n == 1)
			for (; i < text.n && (u8)(text.p[i] - '0') < 10; i++)
				v = v * 10 + (text.p[i] - '0');
		if (i == text.n && i > 0)
			return const_i64(a, v);
	}
	char small[64], *s = text.n < sizeof small ? small : malloc((size_t)text.n + 1);
	if (!s)
		base_die("out of memory");
	size_t n = 0;
	for (u32 i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			s[n++] = text.p[i];
	s[n] = 0;
	Const *c = make_unknown();
	if (kind == LIT_INT) {
		mpz_t z;
		mpz_init(z);
		if (int_literal(z, s, n))
			c = make_int(a, z);
		mpz_clear(z);
	} else if (kind == LIT_FLOAT) {
		c = float_literal(a, s, n);
	} else if (n > 0 && s[n - 1] == 'i') {
		s[n - 1] = 0;
		c = make_complex(a, &zero, float_literal(a, s, n - 1));
	}
	if (s != small)
		free(s);
	return c;
}

// ---- conversions --------------------------------------------------------------------------------

Const *const_to_int(Arena *a, const Const *c)
{
	switch (c->rep) {
	case R_I64: case R_BIG:
		return (Const *)c;
	case R_FRAC:
		return c->frac.den == 1 ? const_i64(a, c->frac.num) : make_unknown();
	case R_RAT: {
		mpz_t num, den;
		view_big(den, c->rat.den);
		if (mpz_cmp_ui(den, 1) != 0)
			return make_unknown();
		view_big(num, c->rat.num);
		return make_int(a, num);
	}
	case R_FLOAT: {
		mpfr_t v, t;
		view_float(v, c);
		if (!small_float(v))
			return make_unknown();
		// A value within a few bits of an integer is taken for one: earlier steps have rounded.
		Const *r = make_unknown();
		static const mpfr_rnd_t dir[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDA};
		for (int i = 0; i < 3 && r->rep == R_UNKNOWN; i++) {
			new_float(t, i == 0 ? PREC : PREC - 4);
			mpfr_set(t, v, dir[i]);
			if (mpfr_integer_p(t)) {
				mpz_t z;
				mpz_init(z);
				mpfr_get_z(z, t, MPFR_RNDN);
				r = take_int(a, z);
			}
			mpfr_clear(t);
		}
		return r;
	}
	case R_COMPLEX: {
		const Const *re = const_to_float(a, c);
		return const_kind(re) == CONST_FLOAT ? const_to_int(a, re) : make_unknown();
	}
	default:
		return make_unknown();
	}
}

Const *const_to_float(Arena *a, const Const *c)
{
	switch (c->rep) {
	case R_I64:
		return make_frac(a, c->i, 1);
	case R_BIG: {
		mpz_t z;
		view_big(z, c->z);
		if (is_small(z)) {
			mpq_t q;
			load_rat(q, c);
			return take_rat(a, q);
		}
		mpfr_t f;
		load_float(f, c);
		return take_float(a, f);
	}
	case R_FRAC: case R_RAT: case R_FLOAT:
		return (Const *)c;
	case R_COMPLEX:
		return const_sign(c->c.im) == 0 ? const_to_float(a, c->c.re) : make_unknown();
	default:
		return make_unknown();
	}
}

Const *const_to_complex(Arena *a, const Const *c)
{
	if (c->rep == R_COMPLEX)
		return (Const *)c;
	return c->rep >= R_I64 ? make_complex(a, c, &zero) : make_unknown();
}

Const *const_real(Arena *a, const Const *c)
{
	(void)a;
	return (Const *)(c->rep == R_COMPLEX ? c->c.re : c->rep >= R_I64 ? c : &unknown);
}

Const *const_imag(Arena *a, const Const *c)
{
	(void)a;
	return (Const *)(c->rep == R_COMPLEX ? c->c.im : c->rep >= R_I64 ? &zero : &unknown);
}

Const *const_make_complex(Arena *a, const Const *re, const Const *im)
{
	return make_complex(a, re, im);
}

int const_sign(const Const *c)
{
	switch (c->rep) {
	case R_I64:
		return (c->i > 0) - (c->i < 0);
	case R_BIG:
		return c->z.n < 0 ? -1 : 1;
	case R_FRAC:
		return (c->frac.num > 0) - (c->frac.num < 0);
	case R_RAT:
		return (c->rat.num.n > 0) - (c->rat.num.n < 0);
	case R_FLOAT: {
		mpfr_t f;
		view_float(f, c);
		return mpfr_sgn(f);
	}
	case R_COMPLEX:
		return const_sign(c->c.re) | const_sign(c->c.im);
	default:
		return 1;
	}
}

bool const_is_i64(const Const *c, i64 *v)
{
	if (c->rep != R_I64)
		return false;
	*v = c->i;
	return true;
}

bool const_is_u64(const Const *c, u64 *v)
{
	if (c->rep == R_I64 && c->i >= 0) {
		*v = (u64)c->i;
		return true;
	}
	if (c->rep == R_BIG && c->z.n == 1) {
		*v = c->z.p[0];
		return true;
	}
	return false;
}

u64 const_wrap64(const Const *c)
{
	if (c->rep == R_I64)
		return (u64)c->i;
	if (c->rep == R_BIG)
		return c->z.n < 0 ? -(u64)c->z.p[0] : c->z.p[0];
	return 0;
}

// Rounds once, to the precision and range of an IEEE type, with gradual underflow.
static double round_to(const Const *c, bool single)
{
	if (c->rep == R_COMPLEX)
		c = c->c.re;
	if (c->rep < R_I64)
		return 0;
	if (c->rep == R_I64)
		return single ? (double)(float)c->i : (double)c->i;
	mpfr_t f;
	double d;
	if (c->rep == R_RAT || c->rep == R_FRAC) {
		// Straight from the fraction: 512 bits in between could round twice.
		mpq_t q;
		load_rat(q, c);
		new_float(f, 1100);
		int inexact = mpfr_set_q(f, q, MPFR_RNDZ);
		if (inexact && mpfr_regular_p(f)) // a sticky bit
			mpfr_nextabove(f), mpfr_signbit(f) ? (mpfr_nextbelow(f), mpfr_nextbelow(f)) : (void)0;
		mpq_clear(q);
	} else {
		load_float(f, c);
	}
	d = single ? (double)mpfr_get_flt(f, MPFR_RNDN) : mpfr_get_d(f, MPFR_RNDN);
	mpfr_clear(f);
	return d;
}

double const_as_f64(const Const *c)
{
	return round_to(c, false);
}

float const_as_f32(const Const *c)
{
	return (float)round_to(c, true);
}

bool const_as_bool(const Const *c)
{
	return c->rep == R_BOOL && c->b;
}

// Writes the bytes of c before end. A chain of concatenations leans to the left: no recursion there.
static void write_before(const Const *c, char *end)
{
	const char *p;
	while (!(p = __atomic_load_n(&c->s.s.p, __ATOMIC_ACQUIRE))) {
		write_before(c->s.y, end);
		end -= c->s.y->s.s.n;
		c = c->s.x;
	}
	memcpy(end - c->s.s.n, p, c->s.s.n);
}

// A long string is put together at most once, on the heap: any thread may ask, and an arena belongs to one.
Str const_as_string(const Const *c)
{
	if (c->rep != R_STRING)
		return (Str){"", 0};
	const char *p = __atomic_load_n(&c->s.s.p, __ATOMIC_ACQUIRE), *none = NULL;
	u32 n = c->s.s.n;
	if (!p && n) {
		char *flat = malloc((size_t)n + 1);
		if (!flat)
			base_die("out of memory");
		write_before(c, flat + n);
		flat[n] = 0;
		if (__atomic_compare_exchange_n(&((Const *)c)->s.s.p, &none, flat, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			p = flat;
		} else { // another thread was first
			p = none;
			free(flat);
		}
	}
	return (Str){p ? p : "", n};
}

u32 const_string_len(const Const *c)
{
	return c->rep == R_STRING ? c->s.s.n : 0;
}

u32 const_bit_len(const Const *c)
{
	if (c->rep == R_I64)
		return c->i ? 64 - (u32)__builtin_clzll(c->i < 0 ? -(u64)c->i : (u64)c->i) : 0;
	if (c->rep != R_BIG)
		return 0;
	mpz_t z;
	view_big(z, c->z);
	return (u32)mpz_sizeinbase(z, 2);
}

// ---- operations ---------------------------------------------------------------------------------

Const *const_unary(Arena *a, Op op, const Const *x, u32 bits)
{
	if (x->rep == R_UNKNOWN)
		return make_unknown();
	switch (op) {
	case OP_ADD:
		return (Const *)x;
	case OP_SUB:
		switch (x->rep) {
		case R_I64:
			if (x->i != INT64_MIN)
				return const_i64(a, -x->i);
			// fall through
		case R_BIG: {
			mpz_t z, v;
			mp_limb_t limb;
			view_int(v, x, &limb);
			mpz_init(z);
			mpz_neg(z, v);
			return take_int(a, z);
		}
		case R_FRAC:
			if (x->frac.num != INT64_MIN)
				return make_frac(a, -x->frac.num, x->frac.den);
			// fall through
		case R_RAT: {
			mpq_t q;
			load_rat(q, x);
			mpq_neg(q, q);
			return take_rat(a, q);
		}
		case R_FLOAT: {
			mpfr_t f;
			load_float(f, x);
			mpfr_neg(f, f, MPFR_RNDN);
			return take_float(a, f);
		}
		case R_COMPLEX:
			return make_complex(a, const_unary(a, OP_SUB, x->c.re, 0), const_unary(a, OP_SUB, x->c.im, 0));
		}
		break;
	case OP_XOR: {
		if (x->rep != R_I64 && x->rep != R_BIG)
			break;
		if (x->rep == R_I64 && bits == 0)
			return const_i64(a, ~x->i);
		mpz_t z, v;
		mp_limb_t limb;
		view_int(v, x, &limb);
		mpz_init(z);
		mpz_com(z, v);
		if (bits > 0)
			mpz_fdiv_r_2exp(z, z, bits);
		return take_int(a, z);
	}
	case OP_NOT:
		if (x->rep == R_BOOL)
			return (Const *)const_bool(!x->b);
		break;
	default:
		break;
	}
	return make_unknown();
}

static Const *concat(Arena *a, const Const *x, const Const *y)
{
	Str s = x->s.s, t = y->s.s;
	if (t.n == 0)
		return (Const *)x;
	if (s.n == 0)
		return (Const *)y;
	if ((u64)s.n + t.n > UINT32_MAX)
		return make_unknown();
	u32 n = s.n + t.n;
	Const *c = fresh(a, R_STRING);
	if (n >= LONG_STRING) {
		c->s.s.n = n;
		c->s.x = x;
		c->s.y = y;
		return c;
	}
	Rope *r = x->s.rope;
	u32 at = s.n;
	if (r && n <= r->cap && s.p == r->p && atomic_compare_exchange_strong(&r->used, &at, n)) {
		memcpy(r->p + s.n, t.p, t.n);
	} else {
		u32 cap = n < 256 ? n : n * 2;
		r = arena_alloc(a, sizeof(Rope) + cap);
		r->cap = cap;
		atomic_init(&r->used, n);
		memcpy(r->p, s.p, s.n);
		memcpy(r->p + s.n, t.p, t.n);
	}
	c->s.rope = r;
	c->s.s = (Str){r->p, n};
	return c;
}

static Const *int_op(Arena *a, const Const *x, Op op, const Const *y, bool int_div)
{
	if (x->rep == R_I64 && y->rep == R_I64) {
		i64 p = x->i, q = y->i, r;
		switch (op) {
		case OP_ADD:
			if (!__builtin_add_overflow(p, q, &r))
				return const_i64(a, r);
			break;
		case OP_SUB:
			if (!__builtin_sub_overflow(p, q, &r))
				return const_i64(a, r);
			break;
		case OP_MUL:
			if (!__builtin_mul_overflow(p, q, &r))
				return const_i64(a, r);
			break;
		case OP_DIV:
			if (q == 0)
				return make_unknown();
			if (int_div && !(p == INT64_MIN && q == -1))
				return const_i64(a, p / q);
			break;
		case OP_REM:
			if (q == 0)
				return make_unknown();
			return const_i64(a, q == -1 ? 0 : p % q);
		case OP_AND:
			return const_i64(a, p & q);
		case OP_OR:
			return const_i64(a, p | q);
		case OP_XOR:
			return const_i64(a, p ^ q);
		case OP_ANDNOT:
			return const_i64(a, p & ~q);
		default:
			return make_unknown();
		}
	}
	mp_limb_t l1, l2;
	mpz_t p, q, r;
	view_int(p, x, &l1);
	view_int(q, y, &l2);
	if ((op == OP_DIV || op == OP_REM) && mpz_sgn(q) == 0)
		return make_unknown();
	if (op == OP_DIV && !int_div) {
		mpq_t v;
		mpq_init(v);
		mpz_set(mpq_numref(v), p);
		mpz_set(mpq_denref(v), q);
		mpq_canonicalize(v);
		return take_rat(a, v);
	}
	mpz_init(r);
	switch (op) {
	case OP_ADD: mpz_add(r, p, q); break;
	case OP_SUB: mpz_sub(r, p, q); break;
	case OP_MUL: mpz_mul(r, p, q); break;
	case OP_DIV: mpz_tdiv_q(r, p, q); break;
	case OP_REM: mpz_tdiv_r(r, p, q); break;
	case OP_AND: mpz_and(r, p, q); break;
	case OP_OR: mpz_ior(r, p, q); break;
	case OP_XOR: mpz_xor(r, p, q); break;
	case OP_ANDNOT: mpz_com(r, q); mpz_and(r, p, r); break;
	default: mpz_clear(r); return make_unknown();
	}
	return take_int(a, r);
}

static Const *rat_op(Arena *a, const Const *x, Op op, const Const *y)
{
	mpq_t p, q;
	load_rat(p, x);
	load_rat(q, y);
	bool ok = true;
	switch (op) {
	case OP_ADD: mpq_add(p, p, q); break;
	case OP_SUB: mpq_sub(p, p, q); break;
	case OP_MUL: mpq_mul(p, p, q); break;
	case OP_DIV:
		ok = mpq_sgn(q) != 0;
		if (ok)
			mpq_div(p, p, q);
		break;
	default: ok = false;
	}
	mpq_clear(q);
	if (ok)
		return take_rat(a, p);
	mpq_clear(p);
	return make_unknown();
}

static Const *float_op(Arena *a, const Const *x, Op op, const Const *y)
{
	mpfr_t p, q;
	load_float(p, x);
	load_float(q, y);
	bool ok = true;
	switch (op) {
	case OP_ADD: mpfr_add(p, p, q, MPFR_RNDN); break;
	case OP_SUB: mpfr_sub(p, p, q, MPFR_RNDN); break;
	case OP_MUL: mpfr_mul(p, p, q, MPFR_RNDN); break;
	case OP_DIV: mpfr_div(p, p, q, MPFR_RNDN); break;
	default: ok = false;
	}
	mpfr_clear(q);
	if (ok)
		return take_float(a, p);
	mpfr_clear(p);
	return make_unknown();
}

static Const *complex_op(Arena *ar, const Const *x, Op op, const Const *y)
{
	const Const *a = x->c.re, *b = x->c.im, *c = y->c.re, *d = y->c.im;
#define BIN(p, o, q) const_binary(ar, p, o, q, false)
	switch (op) {
	case OP_ADD: case OP_SUB:
		return make_complex(ar, BIN(a, op, c), BIN(b, op, d));
	case OP_MUL:
		return make_complex(ar, BIN(BIN(a, OP_MUL, c), OP_SUB, BIN(b, OP_MUL, d)),
		                    BIN(BIN(b, OP_MUL, c), OP_ADD, BIN(a, OP_MUL, d)));
	case OP_DIV: {
		const Const *s = BIN(BIN(c, OP_MUL, c), OP_ADD, BIN(d, OP_MUL, d));
		const Const *re = BIN(BIN(a, OP_MUL, c), OP_ADD, BIN(b, OP_MUL, d));
		const Const *im = BIN(BIN(b, OP_MUL, c), OP_SUB, BIN(a, OP_MUL, d));
		return make_complex(ar, BIN(re, OP_DIV, s), BIN(im, OP_DIV, s));
	}
	default:
		return make_unknown();
	}
#undef BIN
}

Const *const_binary(Arena *a, const Const *x, Op op, const Const *y, bool int_div)
{
	if (x->rep == R_UNKNOWN || y->rep == R_UNKNOWN)
		return make_unknown();
	u8 rep = MAX(x->rep, y->rep);
	if (MIN(x->rep, y->rep) < R_I64 && x->rep != y->rep)
		return make_unknown();
	switch (rep) {
	case R_BOOL:
		return op == OP_ANDAND ? (Const *)const_bool(x->b && y->b) :
		       op == OP_OROR ? (Const *)const_bool(x->b || y->b) : make_unknown();
	case R_STRING:
		return op == OP_ADD ? concat(a, x, y) : make_unknown();
	case R_I64: case R_BIG:
		return int_op(a, x, op, y, int_div);
	case R_FRAC: case R_RAT:
		return rat_op(a, x, op, y);
	case R_FLOAT:
		return float_op(a, x, op, y);
	default:
		return complex_op(a, const_to_complex(a, x), op, const_to_complex(a, y));
	}
}

Const *const_shift(Arena *a, const Const *x, Op op, u64 n)
{
	if (x->rep != R_I64 && x->rep != R_BIG)
		return make_unknown();
	if (n == 0)
		return (Const *)x;
	if (x->rep == R_I64) {
		if (op == OP_SHR)
			return const_i64(a, x->i >> MIN(n, 63));
		if (n < 63 && x->i >= 0 && x->i <= INT64_MAX >> n)
			return const_i64(a, x->i << n);
	}
	if (op == OP_SHL && n > 1 << 20)
		return make_unknown();
	mpz_t z, v;
	mp_limb_t limb;
	view_int(v, x, &limb);
	mpz_init(z);
	if (op == OP_SHL)
		mpz_mul_2exp(z, v, n);
	else
		mpz_fdiv_q_2exp(z, v, n);
	return take_int(a, z);
}

static bool by_sign(int c, Op op)
{
	switch (op) {
	case OP_EQL: return c == 0;
	case OP_NEQ: return c != 0;
	case OP_LSS: return c < 0;
	case OP_LEQ: return c <= 0;
	case OP_GTR: return c > 0;
	case OP_GEQ: return c >= 0;
	default: return false;
	}
}

bool const_compare(const Const *x, Op op, const Const *y)
{
	if (x->rep == R_UNKNOWN || y->rep == R_UNKNOWN)
		return false;
	u8 rep = MAX(x->rep, y->rep);
	if (MIN(x->rep, y->rep) < R_I64 && x->rep != y->rep)
		return false;
	switch (rep) {
	case R_BOOL:
		return op == OP_EQL ? x->b == y->b : op == OP_NEQ && x->b != y->b;
	case R_STRING:
		return by_sign(str_cmp(const_as_string(x), const_as_string(y)), op);
	case R_I64:
		return by_sign((x->i > y->i) - (x->i < y->i), op);
	case R_BIG: {
		mp_limb_t l1, l2;
		mpz_t p, q;
		view_int(p, x, &l1);
		view_int(q, y, &l2);
		return by_sign(mpz_cmp(p, q), op);
	}
	case R_FRAC: case R_RAT: {
		mpq_t p, q;
		load_rat(p, x);
		load_rat(q, y);
		int c = mpq_cmp(p, q);
		mpq_clear(p);
		mpq_clear(q);
		return by_sign(c, op);
	}
	case R_FLOAT: {
		mpfr_t p, q;
		load_float(p, x);
		load_float(q, y);
		int c = mpfr_cmp(p, q);
		mpfr_clear(p);
		mpfr_clear(q);
		return by_sign(c, op);
	}
	default: {
		bool cx = x->rep == R_COMPLEX, cy = y->rep == R_COMPLEX;
		bool eq = const_compare(cx ? x->c.re : x, OP_EQL, cy ? y->c.re : y) &&
		          const_compare(cx ? x->c.im : &zero, OP_EQL, cy ? y->c.im : &zero);
		return op == OP_EQL ? eq : op == OP_NEQ && !eq;
	}
	}
}

// ---- text ---------------------------------------------------------------------------------------

static Str big_str(Arena *a, mpz_srcptr z)
{
	char *s = NEWN(a, char, mpz_sizeinbase(z, 10) + 2);
	mpz_get_str(s, 10, z);
	return str(s);
}

// The shortest text that reads back as d, laid out as Go's %g does.
static Str shortest(Arena *a, double d)
{
	char e[40];
	int prec = 0;
	do
		snprintf(e, sizeof e, "%.*e", prec++, d);
	while (prec < 17 && strtod(e, NULL) != d);
	int exp = atoi(strchr(e, 'e') + 1);
	if (exp < -4 || exp >= 6) {
		char *mark = strchr(e, 'e');
		*mark = 0;
		return str_fmt(a, "%se%c%02d", e, exp < 0 ? '-' : '+', exp < 0 ? -exp : exp);
	}
	return str_fmt(a, "%.*f", MAX(0, prec - 1 - exp), d);
}

static double power_of_ten(double x)
{
	mpfr_t f;
	new_float(f, 64);
	mpfr_set_d(f, x, MPFR_RNDN);
	mpfr_exp10(f, f, MPFR_RNDN);
	double y = mpfr_get_d(f, MPFR_RNDN);
	mpfr_clear(f);
	return y;
}

static Str float_str(Arena *a, mpfr_srcptr f, bool is_int)
{
	double d = mpfr_get_d(f, MPFR_RNDN);
	if (mpfr_zero_p(f) == (d == 0) && !isinf(d)) {
		Str s = str_fmt(a, "%.6g", d);
		return !is_int && str_index(s, '.') < 0 ? shortest(a, d) : s;
	}
	// Out of the range of doubles: a decimal mantissa from the binary one.
	mpfr_t m;
	new_float(m, PREC);
	mpfr_set(m, f, MPFR_RNDN);
	i64 bexp = mpfr_get_exp(f);
	mpfr_set_exp(m, 0);
	double md = mpfr_get_d(m, MPFR_RNDN), de = (double)bexp * (M_LN2 / M_LN10);
	mpfr_clear(m);
	i64 e = (i64)de;
	md *= power_of_ten(de - (double)e);
	if (fabs(md) < 1 - 0.5e-6) {
		md *= 10;
		e--;
	} else if (fabs(md) >= 10) {
		md /= 10;
		e++;
	}
	return str_fmt(a, "%.6ge%+lld", md, (long long)e);
}

Str types_quote(Arena *a, Str s)
{
	Buf b = {0};
	buf_u8(&b, '"');
	for (u32 i = 0; i < s.n;) {
		u32 w, r = utf8_decode(s.p + i, s.n - i, &w);
		if (r == 0xFFFD && w == 1) {
			buf_printf(&b, "\\x%02x", (u8)s.p[i]);
		} else if (r == '"' || r == '\\') {
			buf_u8(&b, '\\');
			buf_u8(&b, (u8)r);
		} else if (r >= 0x20 && r < 0x7f) {
			buf_u8(&b, (u8)r);
		} else if (r < 0x80) {
			static const char named[] = "abtnvfr";
			if (r >= 7 && r <= 13)
				buf_printf(&b, "\\%c", named[r - 7]);
			else
				buf_printf(&b, "\\x%02x", r);
		} else if (r < 0xa1 || r == 0xad || r == 0xFEFF || (r >= 0x2000 && r <= 0x200f) || (r >= 0x2028 && r <= 0x202f) ||
		           (r >= 0x205f && r <= 0x206f) || r == 0x3000 || (r >= 0xE000 && r <= 0xF8FF)) {
			buf_printf(&b, r < 0x10000 ? "\\u%04x" : "\\U%08x", r);
		} else {
			buf_bytes(&b, s.p + i, w);
		}
		i += w;
	}
	buf_u8(&b, '"');
	Str out = str_dup(a, buf_view(&b));
	buf_free(&b);
	return out;
}

Str const_str(Arena *a, const Const *c)
{
	switch (c->rep) {
	case R_STRING: {
		enum { MAX_RUNES = 72 };
		Str q = types_quote(a, const_as_string(c));
		u32 runes = 0, cut = 0;
		for (u32 i = 0, w; i < q.n; i += w, runes++) {
			if (runes == MAX_RUNES - 3)
				cut = i;
			utf8_decode(q.p + i, q.n - i, &w);
		}
		return runes > MAX_RUNES ? str_fmt(a, STR_FMT "...", (int)cut, q.p) : q;
	}
	case R_FRAC: case R_RAT: case R_FLOAT: {
		mpfr_t f;
		load_float(f, c);
		Str s = float_str(a, f, mpfr_integer_p(f));
		mpfr_clear(f);
		return s;
	}
	case R_COMPLEX: {
		Str re = const_str(a, c->c.re), im = const_str(a, c->c.im);
		return str_fmt(a, "(" STR_FMT " + " STR_FMT "i)", STR_ARG(re), STR_ARG(im));
	}
	default:
		return const_exact_str(a, c);
	}
}

Str const_exact_str(Arena *a, const Const *c)
{
	switch (c->rep) {
	case R_BOOL:
		return str(c->b ? "true" : "false");
	case R_STRING:
		return types_quote(a, const_as_string(c));
	case R_I64:
		return str_fmt(a, "%lld", (long long)c->i);
	case R_BIG: {
		mpz_t z;
		view_big(z, c->z);
		return big_str(a, z);
	}
	case R_FRAC:
		return c->frac.den == 1 ? str_fmt(a, "%lld", (long long)c->frac.num) :
		       str_fmt(a, "%lld/%lld", (long long)c->frac.num, (long long)c->frac.den);
	case R_RAT: {
		mpz_t n, d;
		view_big(n, c->rat.num);
		view_big(d, c->rat.den);
		Str num = big_str(a, n), den = big_str(a, d);
		return mpz_cmp_ui(d, 1) == 0 ? num : str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(num), STR_ARG(den));
	}
	case R_FLOAT: {
		// 0x.MANTISSAp±EXP, as big.Float's format 'p'.
		mpfr_t f;
		view_float(f, c);
		if (mpfr_zero_p(f))
			return str("0");
		mpz_t z;
		mpz_init(z);
		mpfr_get_z_2exp(z, f);
		bool neg = mpz_sgn(z) < 0;
		mpz_abs(z, z);
		char *h = NEWN(a, char, mpz_sizeinbase(z, 16) + 2);
		mpz_get_str(h, 16, z);
		mpz_clear(z);
		size_t n = strlen(h);
		while (n > 1 && h[n - 1] == '0')
			h[--n] = 0;
		return str_fmt(a, "%s0x.%sp%+lld", neg ? "-" : "", h, (long long)c->f.exp);
	}
	case R_COMPLEX: {
		Str re = const_exact_str(a, c->c.re), im = const_exact_str(a, c->c.im);
		return str_fmt(a, "(" STR_FMT " + " STR_FMT "i)", STR_ARG(re), STR_ARG(im));
	}
	default:
		return str("unknown");
	}
}
