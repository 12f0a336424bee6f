#include "core/twin.h"

#include "core/mem.h"
#include "tests/check.h"

enum { LONGEST = 1200 };

static void fill(char text[LONGEST])
{
    for (size_t i = 0; i < LONGEST; i++)
        text[i] = (char)(i * 37 + i / 251);
}

static struct twin twin_of(const char *text, size_t first, size_t len)
{
    return (struct twin){text, first, {text + first, len - first}};
}

// FIPS 180-4's own examples.
static void published_sums(void **state)
{
    (void)state;
    struct twin text[2] = {
        {"", 0, STR("abc")},
        {"abcdbcdecdefdefg", 16, STR("efghfghighijhijkijkljklmklmnlmnomnopnopq")}};
    struct hash out[2];
    twin_hash(text, out);
    CHECK_TEXT(hash_hex(out[0]).at,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_TEXT(hash_hex(out[1]).at,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// Of every length, beside one that is as long, shorter or longer, the sums that OpenSSL gives.
static void each_is_summed_as_if_alone(void **state)
{
    (void)state;
    static const size_t beside[] = {0, 1, 55, 56, 64, 119, 120, 257, 700, 1015, 1016, LONGEST};
    static const size_t prefix[] = {0, 1, 32, 65};
    char text[LONGEST];
    fill(text);
    for (size_t len = 0; len <= LONGEST; len++) {
        struct hash whole = hash_of((struct str){text, len});
        for (size_t b = 0; b < COUNT_OF(beside); b++) {
            size_t first = prefix[b % COUNT_OF(prefix)] < len ? prefix[b % COUNT_OF(prefix)] : len;
            struct twin twins[2] = {twin_of(text, first, len), twin_of(text, 0, beside[b])};
            struct hash out[2], turned[2];
            twin_hash(twins, out);
            twin_hash((struct twin[2]){twins[1], twins[0]}, turned);
            CHECK(hash_same(out[0], whole));
            CHECK(hash_same(out[1], hash_of((struct str){text, beside[b]})));
            CHECK(hash_same(turned[0], out[1]) && hash_same(turned[1], out[0]));
        }
    }
}

TEST_MAIN(cmocka_unit_test(published_sums), cmocka_unit_test(each_is_summed_as_if_alone))
