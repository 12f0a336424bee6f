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

TEST_MAIN(cmocka_unit_test(test_hmac))
