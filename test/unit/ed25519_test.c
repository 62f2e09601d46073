// Signatures: the test vectors of RFC 8032, 7.1, and messages that are not what was signed.
#include "mod/ed25519.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void unhex(const char *s, u8 *out)
{
	for (unsigned v; *s && sscanf(s, "%2x", &v) == 1; s += 2)
		*out++ = (u8)v;
}

static void hashes_as_fips_says(void **state)
{
	u8 got[64], want[64];
	const Str abc[] = {S("a"), S("bc")};
	sha512_parts(abc, 2, got);
	unhex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
	      "454d4423643ce80e2a9ac94fa54ca49f", want);
	assert_memory_equal(got, want, 64);
}

static void verifies_test_vectors(void **state)
{
	static const struct { const char *key, *message, *signature; } vectors[] = {
		{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};
	for (u32 i = 0; i < LENGTH(vectors); i++) {
		u8 key[32], message[8] = {0}, signature[64];
		unhex(vectors[i].key, key);
		unhex(vectors[i].message, message);
		unhex(vectors[i].signature, signature);
		Str m = str_n((char *)message, strlen(vectors[i].message) / 2);
		assert_true(ed25519_verify(key, m, signature));
		assert_false(ed25519_verify(key, S("other"), signature));
		for (u32 bit = 0; bit < 512; bit += 61) {
			signature[bit / 8] ^= (u8)(1 << bit % 8);
			assert_false(ed25519_verify(key, m, signature));
			signature[bit / 8] ^= (u8)(1 << bit % 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hashes_as_fips_says), cmocka_unit_test(verifies_test_vectors)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
