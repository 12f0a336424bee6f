#include "ingest/proof.h"

#include "tests/check.h"

static const char hex[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // "abc"

static void pages(void **state)
{
    (void)state;
    CHECK(proof_is_page("text/html; charset=utf-8", STR("CDF")));
    CHECK(proof_is_page("", STR("\n <!DOCTYPE html>")));
    CHECK(proof_is_page("application/x-netcdf", STR("<html lang=en>")));
    CHECK(!proof_is_page("application/octet-stream", STR("CDF\x01")));
    CHECK(!proof_is_page("text/plain", STR("")));
    CHECK(!proof_is_page("", STR("<htm")));
}

static void sums(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sum;
        bool says;
    } rows[] = {
        {"alone", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n", true},
        {"in capitals", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", true},
        {"as sha256sum writes it",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  x.nc\n", true},
        {"the line that names the file",
         "00  y.nc\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *x.nc\n",
         true},
        {"another sum", "ca7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  x.nc\n",
         false},
        {"cut off", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a", false},
        {"nothing", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(proof_sum_says(str_of(rows[i].sum), "https://h/a/x.nc", hex), rows[i].says);
    }
}

static void digests(void **state)
{
    (void)state;
    struct hash abc = hash_of(STR("abc"));
    static const struct {
        const char *name, *digest;
        bool says;
    } rows[] = {
        {"as RFC 9530 writes it", "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", true},
        {"as RFC 3230 writes it", "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", true},
        {"after another",
         "md5=:AAAA:, sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", true},
        {"another sum", "sha-256=:vngWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", false},
        {"cut off", "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/Yf", false},
        {"none", "", false},
        {"another kind", "sha-512=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(proof_digest_says(rows[i].digest, abc), rows[i].says);
    }
}

TEST_MAIN(cmocka_unit_test(pages), cmocka_unit_test(sums), cmocka_unit_test(digests))
