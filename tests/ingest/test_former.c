// Lists of old and new communes: read, refused, kept, and said.
#include "ingest/former_csv.h"
#include "tests/ledger/place.h"

static char *codes[] = {"00001", "00002"};
static char *names[] = {"Xã Một", "Xã Hai"};
static char nothing[] = "";
static struct commune communes[] = {{.shape = STR("x")}, {.shape = STR("x")}};

static struct boundary_set two(void)
{
    for (size_t i = 0; i < COUNT_OF(communes); i++) {
        communes[i].code = codes[i];
        communes[i].name = names[i];
        communes[i].zone = nothing;
    }
    return (struct boundary_set){.name = "two", .count = COUNT_OF(communes), .commune = communes};
}

#define HEAD                                                                                       \
    "old_commune_code,old_commune,old_province,new_commune_code,new_commune,is_split,area_share\n"

static const struct {
    const char *name, *text, *says;
} bad[] = {
    {"a column is missing", "old_commune,new_commune_code\nA,00001\n",
     "f.csv has no column \"old_commune_code\""},
    {"a code that is not in the set", HEAD "1,A,P,00009,Xã Chín,0,\n",
     "1 new codes are not in \"two\": line 2: 00009"},
    {"a wrong code of a commune that is there", HEAD "1,A,P,00001,B,0,\n2,C,P,00009,Xã Hai,0,\n",
     "line 3: 00009 (Xã Hai is 00002 there: --rename 00009=00002)"},
    {"a share over one", HEAD "1,A,P,00001,B,0,1.5\n", "\"1.5\" is no share"},
    {"no new code and no share", HEAD "1,A,P,,,0,\n", "1 new codes are not in \"two\": line 2: "},
    {"a share that is a word", HEAD "1,A,P,00001,B,0,half\n", "\"half\" is no share"},
    {"more than the whole of an old commune, in parts that stand apart",
     HEAD "1,A,P,00001,B,1,0.75\n2,C,P,00001,B,0,1\n1,A,P,00002,B,1,0.260001\n",
     "the shares of old commune 1 (A) add up to 1.010001, which is more than the whole"},
    {"a share with a comma", HEAD "1,A,P,00001,B,0,\"0,5\"\n", "is no share; write 0 to 1"},
};

static void test_refusals(void **state)
{
    (void)state;
    struct boundary_set set = two();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i].name);
        struct err err = {0};
        AUTO(formers_free) struct formers formers = {0};
        size_t nowhere;
        CHECK_INT(
            former_csv_read(str_of(bad[i].text), "f.csv", &set, NULL, &formers, &nowhere, &err),
            ERR_INPUT);
        CHECK_HAS(err.text, bad[i].says);
        CHECK_INT(formers.count, 0);
    }
}

static void test_shares(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } good[] = {
        {"maps that overlap by slivers", HEAD "1,A,P,00001,B,1,0.34\n1,A,P,00002,B,1,0.67\n"},
        {"a part is elsewhere", HEAD "1,A,P,00001,B,1,0.5\n1,A,P,00002,B,1,0.25\n"},
        {"not told", HEAD "1,A,P,00001,B,1,\n1,A,P,00002,B,1,1\n"},
        {"without a code there is no whole", HEAD ",A,P,00001,B,0,1\n,C,P,00002,B,0,1\n"},
    };
    struct boundary_set set = two();
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ROW(good[i].name);
        struct err err = {0};
        AUTO(formers_free) struct formers formers = {0};
        size_t nowhere;
        CHECK_OK(
            former_csv_read(str_of(good[i].text), "f.csv", &set, NULL, &formers, &nowhere, &err),
            err);
        CHECK_INT(formers.count, 2);
    }
}

// What gong boundary crosswalk writes: who says by shares what was split, says nothing by slivers.
static void test_crosswalk(void **state)
{
    (void)state;
    struct boundary_set set = two();
    struct err err = {0};
    AUTO(formers_free) struct formers formers = {0};
    size_t nowhere;
    char today[16];
    CHECK_OK(
        former_csv_read(
            STR("old_commune_code,old_commune,new_commune_code,new_commune,area_m2,area_share\n"
                "1,A,00001,Xã Một,995,0.995000\n1,A,00002,Xã Hai,5,0.005000\n1,A,,,0,0.000000\n"
                "2,B,00001,Xã Một,400,0.400000\n2,B,00002,Xã "
                "Hai,300,0.300000\n2,B,,,300,0.300000\n"),
            "f.csv", &set, NULL, &formers, &nowhere, &err),
        err);
    CHECK_INT(formers.count, 4);
    CHECK_INT(nowhere, 1);
    AUTO(mem_drop) char *first = former_names(&formers, "00001");
    AUTO(mem_drop) char *second = former_names(&formers, "00002");
    AUTO(mem_drop) char *said = former_said(&formers, "00002", "Xã Hai");
    CHECK_TEXT(first, "A; B (một phần)");
    CHECK_TEXT(second, "B (một phần)");
    CHECK_TEXT(said, "B");
    CHECK_OK(former_today(&formers, "1", today, &err), err);
    CHECK_TEXT(today, "00001");
    CHECK_INT(former_today(&formers, "2", today, &err), ERR_INPUT);
    CHECK_HAS(err.text, "00001 (40 %), 00002 (30 %)");
}

// A district without communes is spoken of by its own name.
static void test_district(void **state)
{
    (void)state;
    struct former row[] = {
        {.code = "00001", .old_code = "", .old_name = "", .old_district = "Huyện A", .share = -1}};
    struct formers formers = {1, row};
    AUTO(mem_drop) char *names_of = former_names(&formers, "00001");
    CHECK_TEXT(names_of, "Huyện A");
}

static void test_kept(void **state)
{
    (void)state;
    struct place place = place_new();
    struct boundary_set set = two();
    struct renaming renaming = {STR("00009"), STR("00002")};
    AUTO(formers_free) struct formers formers = {0}, again = {0}, one = {0};
    size_t nowhere;
    bool fresh;
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    CHECK_OK(former_csv_read(STR(HEAD "10,Xã A,Bắc Kạn,00001,Xã Một,0,1\n"
                                      "11,Xã B,Bắc Kạn,00001,Xã Một,1,0.25\n"
                                      "11,Xã B,Bắc Kạn,00009,Xã Hai,1,0.75\n"
                                      ",,Lạng Sơn,00002,Xã Hai,0,\n"),
                             "f.csv", &set, &renaming, &formers, &nowhere, &place.err),
             place.err);
    CHECK_INT(formers.count, 4);
    CHECK_OK(former_put(place.map, "two", &formers, &place.err), place.err);
    CHECK_OK(former_put(place.map, "two", &formers, &place.err), place.err); // replaces
    CHECK_OK(former_list(place.map, "two", NULL, &again, &place.err), place.err);
    CHECK_INT(again.count, 4);
    CHECK_INT(again.at[1].share, 250000);
    CHECK_INT(again.at[2].share, -1);
    AUTO(mem_drop) char *first = former_names(&again, "00001");
    AUTO(mem_drop) char *provinces = former_provinces(&again, "00002");
    AUTO(mem_drop) char *same = former_provinces(&again, "00001");
    AUTO(mem_drop) char *none = former_names(&again, "00003");
    CHECK_TEXT(first, "Xã A; Xã B (một phần)");
    CHECK_TEXT(provinces, "Lạng Sơn; Bắc Kạn");
    CHECK_TEXT(same, "Bắc Kạn");
    CHECK_TEXT(none, "");
    CHECK_OK(former_list(place.map, "two", "00002", &one, &place.err), place.err);
    CHECK_INT(one.count, 2);
    CHECK_INT(former_put(place.map, "three", &formers, &place.err), ERR_MISSING);
    AUTO(boundary_set_free) struct boundary_set *told = NULL;
    CHECK_OK(boundary_set_load(place.map, "two", false, &told, &place.err), place.err);
    CHECK(!told->commune[0].formerly);
    CHECK_OK(former_tell(place.map, told, &place.err), place.err);
    CHECK_OK(former_tell(place.map, told, &place.err), place.err); // replaces
    CHECK_TEXT(told->commune[0].formerly, "A, B");
    CHECK_TEXT(told->commune[1].formerly, "B");
    place_free(&place);
}

// What stands in a message after the name of a commune.
#define LONG_NAME                                                                                  \
    "Long long long long long long long long long long long long long long long long long long "   \
    "long long long long long long place"

static const struct {
    const char *name, *now, *said;
    size_t count;
    struct former row[6];
} saids[] = {
    {"of three",
     "Xã Tuy Đức",
     "Đắk Buk So, Đắk R'Tih, Quảng Tâm",
     3,
     {{.old_name = "Xã Đắk Buk So"}, {.old_name = "Xã Đắk R'Tih"}, {.old_name = "Xã Quảng Tâm"}}},
    {"a number alone is no name",
     "Phường Đức Xuân",
     "Phường 1, Chợ Rã",
     2,
     {{.old_name = "Phường 1"}, {.old_name = "Thị trấn Chợ Rã"}}},
    {"more than fit",
     "Xã A",
     "B, C, D, E...",
     5,
     {{.old_name = "Xã B"},
      {.old_name = "Xã C"},
      {.old_name = "Xã D"},
      {.old_name = "Xã E"},
      {.old_name = "Xã F"}}},
    {"long ones are cut at a name",
     "Xã A",
     LONG_NAME ", B...",
     3,
     {{.old_name = LONG_NAME}, {.old_name = "Xã B"}, {.old_name = LONG_NAME}}},
    {"one that no short text has room for", "Xã A", "", 1, {{.old_name = LONG_NAME LONG_NAME}}},
    {"as it was", "Xã Quảng Hoà", "", 1, {{.old_name = "Xã Quảng Hòa"}}},
    {"as it was, of another kind", "Phường Quảng Hoà", "", 1, {{.old_name = "Xã Quảng Hòa"}}},
    {"a part of what it was",
     "Xã Quảng Hoà",
     "Quảng Hòa",
     1,
     {{.old_name = "Xã Quảng Hòa", .is_split = true}}},
    {"another name", "Xã Mới", "Cũ", 1, {{.old_name = "Xã Cũ"}}},
    {"a district without communes", "Côn Đảo", "", 1, {{.old_name = ""}}},
    {"never told", "Xã A", "", 0, {{.old_name = ""}}},
};

static void test_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(saids); i++) {
        ROW(saids[i].name);
        AUTO(formers_free) struct formers formers = {0};
        for (size_t k = 0; k < saids[i].count; k++) {
            struct former one = saids[i].row[k];
            one.share = -1; // not told
            one.code = "00002";
            one.old_code = one.old_district = one.old_province = "";
            formers_add(&formers, &one);
        }
        AUTO(mem_drop) char *said = former_said(&formers, "00002", saids[i].now);
        AUTO(mem_drop) char *other = former_said(&formers, "00003", saids[i].now);
        CHECK_TEXT(said, saids[i].said);
        CHECK_TEXT(other, "");
    }
}

TEST_MAIN(cmocka_unit_test(test_said), cmocka_unit_test(test_refusals),
          cmocka_unit_test(test_shares), cmocka_unit_test(test_crosswalk),
          cmocka_unit_test(test_district), cmocka_unit_test(test_kept))
