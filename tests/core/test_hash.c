#include "core/hash.h"

#include "core/mem.h"
#include "tests/check.h"

// RFC 4231, test cases 1, 2 and 6.
static void test_hmac(void **state)
{
    (void)state;
    char ones[20], long_key[131];
    memset(ones, 0x0b, sizeof(ones));
    memset(long_key, 0xaa, sizeof(long_key));
    const struct {
        const char *name;
        struct str key, text;
        const char *want;
    } rows[] = {
        {"case 1",
         {ones, sizeof(ones)},
         STR("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"case 2", STR("Jefe"), STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"case 6",
         {long_key, sizeof(long_key)},
         STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_TEXT(hash_hex(hash_hmac(rows[i].key, rows[i].text)).at, rows[i].want);
    }
}

// Of every length around which a block begins, or the short way ends, the same as piece by piece.
static void two_pieces_are_one_text(void **state)
{
    (void)state;
    enum { LONGEST = 1200, FIRST_MAX = 66 };
    char text[LONGEST];
    for (size_t i = 0; i < LONGEST; i++)
        text[i] = (char)(i * 37 + i / 251);
    for (size_t len = 0; len <= LONGEST; len++) {
        struct hash whole = hash_of((struct str){text, len});
        for (size_t first = 0; first <= len && first <= FIRST_MAX; first++) {
            struct str rest = {text + first, len - first};
            CHECK(hash_same(hash_of_two(text, first, rest), whole));
        }
        CHECK(hash_same(hash_of_two(text, len, (struct str){NULL, 0}), whole));
    }
    // FIPS 180-4's own example of two blocks.
    struct str rest = STR("efghfghighijhijkijkljklmklmnlmnomnopnopq");
    CHECK_TEXT(hash_hex(hash_of_two("abcdbcdecdefdefg", 16, rest)).at,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_MAIN(cmocka_unit_test(test_hmac), cmocka_unit_test(two_pieces_are_one_text))
