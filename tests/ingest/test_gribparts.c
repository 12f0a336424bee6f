// Messages of edition 2 made of bare sections: taking them apart asks nothing of what they mean.
#include "ingest/gribparts.h"

#include "core/mem.h"
#include "tests/check.h"

#include <stdlib.h>

static void put_number(struct buf *out, uint64_t number, size_t size)
{
    for (size_t i = size; i-- > 0;)
        buf_char(out, (char)(number >> (8 * i)));
}

// "3:abc 6:\xff" as sections: number, then what is in it.
static void put_section(struct buf *out, char number, const char *body, size_t len)
{
    put_number(out, 5 + len, 4);
    buf_char(out, number);
    buf_add(out, body, len);
}

static struct buf message_of(const struct buf *sections)
{
    struct buf out = buf_new(10000);
    buf_add(&out, "GRIB\0\0\0\2", 8);
    put_number(&out, 16 + sections->len + 4, 8);
    buf_add(&out, sections->at, sections->len);
    buf_text(&out, "7777");
    return out;
}

static void add_field(struct buf *out, const char *product, const char *bitmap, const char *data)
{
    put_section(out, 4, product, strlen(product));
    put_section(out, 5, "p", 1);
    put_section(out, 6, bitmap, 1);
    put_section(out, 7, data, strlen(data));
}

static bool has(struct str bytes, const char *text)
{
    return memmem(bytes.at, bytes.len, text, strlen(text)) != NULL;
}

static void test_several(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf sections = buf_new(10000);
    put_section(&sections, 1, "centre", 6);
    put_section(&sections, 3, "grid", 4);
    add_field(&sections, "eastward", "\x00", "EAST");
    add_field(&sections, "northward", "\xfe", "NORTH"); // 254: the bitmap of the one before
    AUTO(buf_free) struct buf two = message_of(&sections);
    AUTO(buf_free) struct buf file = buf_new(10000);
    buf_add(&file, two.at, two.len);
    buf_add(&file, "padding", 7);
    buf_add(&file, two.at, two.len);
    AUTO(gribparts_free) struct gribparts parts = gribparts_of(buf_slice(&file));
    static const char *const data[] = {"EAST", "NORTH", "EAST", "NORTH"};
    static const char *const other[] = {"NORTH", "EAST", "NORTH", "EAST"};
    for (size_t i = 0; i < 4; i++) {
        struct str one;
        CHECK_OK(gribparts_next(&parts, &one, &err), err);
        CHECK(has(one, "centre") && has(one, "grid") && has(one, data[i]));
        CHECK(!has(one, other[i]));
        CHECK(!memmem(one.at, one.len, "\x06\xfe", 2)); // its own bitmap, not a pointer to one
        CHECK_INT(one.at[15], one.len & 0xff);          // the length is its own
        CHECK_INT(memcmp(one.at + one.len - 4, "7777", 4), 0);
    }
    struct str end;
    CHECK_OK(gribparts_next(&parts, &end, &err), err);
    CHECK_INT(end.len, 0);
}

static void test_one(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf sections = buf_new(10000);
    put_section(&sections, 1, "centre", 6);
    add_field(&sections, "rain", "\xff", "RAIN");
    AUTO(buf_free) struct buf one = message_of(&sections);
    AUTO(gribparts_free) struct gribparts parts = gribparts_of(buf_slice(&one));
    struct str got;
    CHECK_OK(gribparts_next(&parts, &got, &err), err);
    CHECK(got.at == one.at); // the very bytes
    CHECK_INT(got.len, one.len);

    ROW("cut off");
    AUTO(gribparts_free) struct gribparts cut = gribparts_of((struct str){one.at, one.len - 1});
    CHECK_INT(gribparts_next(&cut, &got, &err), ERR_INPUT);
    CHECK_HAS(err.text, "is cut off or damaged");
    ROW("an end that is none");
    one.at[one.len - 1] = '8';
    AUTO(gribparts_free) struct gribparts bent = gribparts_of(buf_slice(&one));
    CHECK_INT(gribparts_next(&bent, &got, &err), ERR_INPUT);
    CHECK_HAS(err.text, "does not end where it says");
}

// Bent bytes end somewhere, and nothing is read beyond them (the sanitizers say so).
static void test_bent(void **state)
{
    (void)state;
    unsigned seed = 20261125;
    (void)printf("# seed %u\n", seed);
    AUTO(buf_free) struct buf sections = buf_new(10000);
    put_section(&sections, 1, "centre", 6);
    add_field(&sections, "a", "\x00", "A");
    add_field(&sections, "b", "\xfe", "B");
    AUTO(buf_free) struct buf whole = message_of(&sections);
    for (int i = 0; i < 20000; i++) {
        struct err err = {0};
        AUTO(mem_drop) char *bytes = mem_new(whole.len, 1);
        memcpy(bytes, whole.at, whole.len);
        for (int k = rand_r(&seed) % 4; k >= 0; k--)
            bytes[(size_t)rand_r(&seed) % whole.len] = (char)rand_r(&seed);
        AUTO(gribparts_free) struct gribparts parts = gribparts_of((struct str){bytes, whole.len});
        struct str one = {"x", 1};
        size_t fields = 0;
        while (one.len && gribparts_next(&parts, &one, &err) == OK)
            fields++;
        CHECK(fields <= whole.len);
    }
}

TEST_MAIN(cmocka_unit_test(test_several), cmocka_unit_test(test_one), cmocka_unit_test(test_bent))
