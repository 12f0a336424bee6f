#include "ingest/pieces.h"

#include "core/mem.h"
#include "tests/check.h"

static const char idx[] = "1:0:d=2026112500:PRMSL:mean sea level:3 hour fcst:\n"
                          "2:1000:d=2026112500:GUST:surface:3 hour fcst:\n"
                          "3:2000:d=2026112500:APCP:surface:0-3 hour acc fcst:\n"
                          "4:3500:d=2026112500:UGRD:10 m above ground:3 hour fcst:\n"
                          "4.1:3500:d=2026112500:VGRD:10 m above ground:3 hour fcst:\n"
                          "5:9000:d=2026112500:TMP:surface:3 hour fcst:\n";
static const char json[] =
    "{\"param\": \"tp\", \"number\": \"1\", \"step\": \"24\", \"_offset\": 500, \"_length\": 100}\n"
    "{\"param\": \"2t\", \"number\": \"1\", \"step\": \"24\", \"_offset\": 0, \"_length\": 500}\n"
    "{\"param\": \"tp\", \"number\": \"2\", \"step\": \"24\", \"_offset\": 900, \"_length\": 50}\n";

static const struct {
    const char *name, *index;
    enum pieces_kind kind;
    const char *take[2];
    size_t count;
    struct piece part[2];
} found_rows[] = {
    {"one message", idx, PIECES_WGRIB2, {":GUST:surface:"}, 1, {{1000, 1999}}},
    {"neighbours are one piece",
     idx,
     PIECES_WGRIB2,
     {":APCP:surface:", ":GUST:surface:"},
     1,
     {{1000, 3499}}},
    {"the first and the last, whose end is not known",
     idx,
     PIECES_WGRIB2,
     {":TMP:surface:", ":PRMSL:"},
     2,
     {{0, 999}, {9000, -1}}},
    {"the second field of a message brings all of it",
     idx,
     PIECES_WGRIB2,
     {":VGRD:10 m above ground:"},
     1,
     {{3500, 8999}}},
    {"members of ECMWF's index", json, PIECES_ECMWF, {"param=tp"}, 2, {{500, 599}, {900, 949}}},
    {"two of them", json, PIECES_ECMWF, {"param=tp,number=2"}, 1, {{900, 949}}},
    {"in the order of the file",
     json,
     PIECES_ECMWF,
     {"param=tp,number=1", "param=2t"},
     1,
     {{0, 599}}},
};

static void test_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(found_rows); i++) {
        ROW(found_rows[i].name);
        struct err err = {0};
        AUTO(pieces_free) struct pieces parts = {0};
        char *take[2] = {(char *)found_rows[i].take[0], (char *)found_rows[i].take[1]};
        CHECK_OK(pieces_find(str_of(found_rows[i].index), found_rows[i].kind, take, take[1] ? 2 : 1,
                             &parts, &err),
                 err);
        CHECK_INT(parts.count, found_rows[i].count);
        for (size_t k = 0; k < parts.count; k++) {
            CHECK_INT(parts.at[k].first, found_rows[i].part[k].first);
            CHECK_INT(parts.at[k].last, found_rows[i].part[k].last);
        }
    }
}

static const struct {
    const char *name, *index;
    enum pieces_kind kind;
    const char *take, *says;
} refused_rows[] = {
    {"what is not there", idx, PIECES_WGRIB2, ":SNOD:", "the index has no \":SNOD:\""},
    {"an empty index", "", PIECES_WGRIB2, ":GUST:", "the index has no \":GUST:\""},
    {"a web page", "<html>\n", PIECES_WGRIB2, ":GUST:", "the line \"<html>\", which says no place"},
    {"offsets that fall", "1:500:d=1:A:b:\n2:400:d=1:A:b:\n", PIECES_WGRIB2,
     ":A:", "which says no place"},
    {"an offset below zero", "1:-5:d=1:A:b:\n", PIECES_WGRIB2, ":A:", "which says no place"},
    {"JSON that is none", "{\"param\": \n", PIECES_ECMWF, "param=tp", "which says no place"},
    {"no length", "{\"param\": \"tp\", \"_offset\": 5}\n", PIECES_ECMWF, "param=tp",
     "which says no place"},
    {"a length that is too large",
     "{\"param\": \"tp\", \"_offset\": 5, \"_length\": 9000000000000000000}\n", PIECES_ECMWF,
     "param=tp", "which says no place"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        struct pieces parts = {0};
        char *take[] = {(char *)refused_rows[i].take};
        CHECK_INT(
            pieces_find(str_of(refused_rows[i].index), refused_rows[i].kind, take, 1, &parts, &err),
            ERR_INPUT);
        CHECK_HAS(err.text, refused_rows[i].says);
        CHECK(!parts.at);
    }
    ROW("more pieces than are fetched");
    struct err err = {0};
    struct pieces parts = {0};
    AUTO(buf_free) struct buf many = buf_new(1 << 20);
    for (int i = 0; i <= 2 * PIECES_MAX + 1; i++)
        buf_print(&many, "%d:%d:d=1:%s:b:\n", i, i * 100, i % 2 ? "A" : "B");
    char *take[] = {(char *)":A:"};
    CHECK_INT(pieces_find(buf_slice(&many), PIECES_WGRIB2, take, 1, &parts, &err), ERR_INPUT);
    CHECK_HAS(err.text, "2001 pieces of a file are too many, at most 2000");
}

static void test_choices(void **state)
{
    (void)state;
    static const struct {
        const char *name, *take;
        enum pieces_kind kind;
        bool good;
    } rows[] = {
        {"a field and its level", ":APCP:surface:", PIECES_WGRIB2, true},
        {"without colons it might be a part of another word", "APCP", PIECES_WGRIB2, false},
        {"nothing", "", PIECES_WGRIB2, false},
        {"a member", "param=tp", PIECES_ECMWF, true},
        {"two members", "param=t,levelist=850", PIECES_ECMWF, true},
        {"no value", "param=", PIECES_ECMWF, false},
        {"no name", "=tp", PIECES_ECMWF, false},
        {"no member at all", "tp", PIECES_ECMWF, false},
        {"nothing of ECMWF", "", PIECES_ECMWF, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        CHECK_INT(pieces_check(rows[i].kind, str_of(rows[i].take), &err) == OK, rows[i].good);
        if (!rows[i].good)
            CHECK_HAS(err.text, "chooses no message; write");
    }
}

TEST_MAIN(cmocka_unit_test(test_found), cmocka_unit_test(test_refused),
          cmocka_unit_test(test_choices))
