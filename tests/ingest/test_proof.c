#include "ingest/proof.h"

#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

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

// Of "abc": FIPS 180-4 and RFC 1321 have these as examples.
static struct sum sum_of_abc(enum sum_kind kind)
{
    struct err err = {0};
    struct sum sum;
    char path[] = "/tmp/gong-test-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, "abc", 3), 3);
    CHECK_INT(close(fd), 0);
    CHECK_OK(sum_of_file(kind, path, &sum, &err), err);
    CHECK_INT(unlink(path), 0);
    return sum;
}

#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MD5 "900150983cd24fb0d6963f7d28e17f72"
#define SHA1 "a9993e364706816aba3e25717850c26c9cd0d89d"

static void sums(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sum;
        enum sum_kind kind;
        bool says;
    } rows[] = {
        {"alone", SHA256 "\n", SUM_SHA256, true},
        {"in capitals", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
         SUM_SHA256, true},
        {"as sha256sum writes it", SHA256 "  x.nc\n", SUM_SHA256, true},
        {"the line that names the file", "00  y.nc\n" SHA256 " *x.nc\n", SUM_SHA256, true},
        {"as BSD writes it", "SHA256 (y.nc) = 00\nSHA256 (x.nc) = " SHA256 "\n", SUM_SHA256, true},
        {"as md5sum writes it", MD5 "  x.nc\n", SUM_MD5, true},
        {"as sha1sum writes it", "00  y.nc\n" SHA1 "  x.nc\n", SUM_SHA1, true},
        {"another sum", "c" SHA256 "  x.nc\n", SUM_SHA256, false},
        {"of another kind", SHA1 "  x.nc\n", SUM_MD5, false},
        {"the beginning of a longer one", SHA256 "00  x.nc\n", SUM_SHA256, false},
        {"of another file", MD5 "  y.nc\n00  x.nc\n", SUM_MD5, false},
        {"cut off", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a", SUM_SHA256,
         false},
        {"nothing", "", SUM_SHA256, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct sum sum = sum_of_abc(rows[i].kind);
        CHECK_INT(proof_sum_says(str_of(rows[i].sum), "https://h/a/x.nc", &sum), rows[i].says);
    }
}

static void digests(void **state)
{
    (void)state;
    static const struct {
        const char *name, *digest;
        enum sum_kind kind;
        bool says;
    } rows[] = {
        {"as RFC 9530 writes it",
         "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", SUM_SHA256, true},
        {"as RFC 3230 writes it",
         "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", SUM_SHA256, true},
        {"after another",
         "md5=:AAAA:, sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", SUM_SHA256, true},
        {"an MD5", "MD5=kAFQmDzST7DWlj99KOF/cg==", SUM_MD5, true},
        {"an SHA-1", "sha=qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", SUM_SHA1, true},
        {"another sum", "sha-256=:vngWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", SUM_SHA256,
         false},
        {"cut off", "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/Yf", SUM_SHA256, false},
        {"none", "", SUM_SHA256, false},
        {"another kind", "sha-512=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", SUM_SHA256,
         false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct sum sum = sum_of_abc(rows[i].kind);
        CHECK_INT(proof_digest_says(rows[i].digest, rows[i].kind, &sum), rows[i].says);
    }
    struct sum md5 = sum_of_abc(SUM_MD5);
    ROW("Content-MD5");
    CHECK(proof_base64_says("kAFQmDzST7DWlj99KOF/cg==", &md5));
    CHECK(!proof_base64_says("lAFQmDzST7DWlj99KOF/cg==", &md5));
    CHECK(!proof_base64_says("", &md5));
    ROW("an ETag that is the sum");
    CHECK(proof_etag_says("\"" MD5 "\"", &md5));
    CHECK(!proof_etag_says("\"" MD5 "-2\"", &md5)); // of several parts
    CHECK(!proof_etag_says("W/\"" MD5 "\"", &md5));
    CHECK(!proof_etag_says("", &md5));
}

TEST_MAIN(cmocka_unit_test(pages), cmocka_unit_test(sums), cmocka_unit_test(digests))
