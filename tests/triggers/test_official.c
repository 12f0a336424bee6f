// Which official bulletin a farmer's warning names.
#include "triggers/official.h"

#include "ledger/bulletin.h"
#include "ledger/map.h"
#include "tests/ledger/place.h"
#include "tests/triggers/box.h"

// What is passed on, as notify writes it, and the list of what stands: the newest first.
struct said {
    const char *identifier, *headline, *places, *expires;
};

static void put_area(struct place *place, struct doc *body, const char *text)
{
    struct doc *area = NULL;
    if (!text)
        return;
    CHECK_OK(doc_parse(str_of(text), "row", &area, &place->err), place->err);
    doc_put(body, "area", area);
}

// area: as the entries have it, NULL for words only.
static void pass_on(struct place *place, const struct said *said, const char *const *areas,
                    size_t count)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *standing = doc_object();
    struct doc *seqs = doc_array();
    int64_t last = 0;
    doc_put_text(standing, "source", bulletin_relay_source);
    doc_put(standing, "seqs", seqs);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (size_t i = 0; i < count; i++) {
        AUTO(doc_free) struct doc *body = doc_object();
        bool fresh = false;
        int64_t seq = 0;
        doc_put_text(body, "source", bulletin_relay_source);
        doc_put_text(body, "identifier", said[i].identifier);
        doc_put_text(body, "sent", "2024-09-07T07:00:00+07:00");
        doc_put_text(body, "event", "Bản tin (diễn tập)");
        doc_put_text(body, "headline", said[i].headline);
        doc_put_text(body, "areaDesc", said[i].places);
        doc_put_text(body, "expires", said[i].expires);
        put_area(place, body, areas ? areas[i] : NULL);
        CHECK_OK(bulletin_put(txn, (struct utc){0}, body, &fresh, &place->err), place->err);
        CHECK_OK(bulletin_find(place->ledger, bulletin_relay_source, said[i].identifier,
                               "2024-09-07T07:00:00+07:00", &seq, &place->err),
                 place->err);
        doc_push_int(seqs, seq);
    }
    CHECK_OK(bulletin_stand(txn, (struct utc){0}, standing, &last, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

#define RAIN "Cảnh báo mưa lớn, lũ quét"
#define LATER "2024-09-09T07:00:00+07:00"
static char code[] = "01840", name[] = "Xã Ba Bể";

static const struct {
    const char *name;
    struct said said[2];
    size_t count;
    const char *variable, *zone, *former, *number; // NULL: none
} rows[] = {
    {"its province, whatever kind of place it is called",
     {{"VN-17", RAIN, "Thái Nguyên; tỉnh Bắc Kạn", LATER}},
     1,
     "rain",
     "Tỉnh Bắc Kạn",
     "",
     "VN-17"},
    {"without accents, in capitals",
     {{"VN-17", RAIN, "BAC KAN, CAO BANG", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     "VN-17"},
    {"as a file of pilots marks it",
     {{"VN-17", RAIN, "Bắc Kạn", LATER}},
     1,
     "rain",
     "former-bac-kan",
     "",
     "VN-17"},
    {"a province that it was of",
     {{"VN-17", RAIN, "Bắc Kạn", LATER}},
     1,
     "rain",
     "Tỉnh Thái Nguyên",
     "Tỉnh Cũ; Tỉnh Bắc Kạn",
     "VN-17"},
    {"a part of it in words",
     {{"VN-17", RAIN, "vùng núi Bắc Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     "VN-17"},
    {"another province",
     {{"VN-17", RAIN, "Cao Bằng, Hà Giang", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"a name that is a part of another",
     {{"VN-17", RAIN, "Quảng Nam Bắc Kạnh", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"two neighbours in a list are no name",
     {{"VN-17", RAIN, "Bắc, Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"the commune among others",
     {{"VN-17", RAIN, "xã Chợ Rã, xã Ba Bể, tỉnh Bắc Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     "VN-17"},
    {"other communes of its province",
     {{"VN-17", RAIN, "xã Chợ Rã (Bắc Kạn)", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"one of its name in another province",
     {{"VN-17", RAIN, "xã Ba Bể, Cao Bằng", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"another hazard",
     {{"VN-17", "Nắng nóng diện rộng", "Bắc Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"which another warning may name",
     {{"VN-17", "Nắng nóng diện rộng", "Bắc Kạn", LATER}},
     1,
     "temperature",
     "Bắc Kạn",
     "",
     "VN-17"},
    {"a hazard that has no words here",
     {{"VN-17", RAIN, "Bắc Kạn", LATER}},
     1,
     "yield",
     "Bắc Kạn",
     "",
     NULL},
    {"in English",
     {{"VN-17", "Flood watch", "Bac Kan province", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     "VN-17"},
    {"it has ended",
     {{"VN-17", RAIN, "Bắc Kạn", "2024-09-08T07:00:00+07:00"}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"it gives no end", {{"VN-17", RAIN, "Bắc Kạn", ""}}, 1, "rain", "Bắc Kạn", "", "VN-17"},
    {"the newest of two",
     {{"VN-18", RAIN, "Bắc Kạn", LATER}, {"VN-17", RAIN, "Bắc Kạn", LATER}},
     2,
     "rain",
     "Bắc Kạn",
     "",
     "VN-18"},
    {"the older where the newest is of elsewhere",
     {{"VN-18", RAIN, "Cao Bằng", LATER}, {"VN-17", RAIN, "Bắc Kạn", LATER}},
     2,
     "rain",
     "Bắc Kạn",
     "",
     "VN-17"},
    {"as the weather services number theirs",
     {{"urn:oid:2.49.0.0.704.0.2024.9.7.1.2.3", RAIN, "Bắc Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     "urn:oid:2.49.0.0.704.0.2024.9.7.1.2.3"},
    {"a number that is an address",
     {{"http://a.invalid/17", RAIN, "Bắc Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"a number that is a sentence",
     {{"[QC] mua 17", RAIN, "Bắc Kạn", LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"a number that no SMS has room for",
     {{"12345678901234567890123456789012345678901234567890123456789012345", RAIN, "Bắc Kạn",
       LATER}},
     1,
     "rain",
     "Bắc Kạn",
     "",
     NULL},
    {"none stands", {{0}}, 0, "rain", "Bắc Kạn", "", NULL},
    {"a province that is known by its code only",
     {{"VN-17", RAIN, "Bắc Kạn, đến 06/9", LATER}},
     1,
     "rain",
     "06",
     "",
     NULL},
    {"of a commune whose province nobody told",
     {{"VN-17", RAIN, "Bắc Kạn", LATER}},
     1,
     "rain",
     "",
     "",
     NULL},
};

static void check_number(const struct official *official, const struct commune *commune,
                         const char *wanted)
{
    const char *number = official_number(official, commune);
    CHECK_TEXT(number ? number : "", wanted ? wanted : "");
}

static void which_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(official_free) struct official *official = NULL;
        AUTO(mem_drop) char *zone = str_copy(str_of(rows[i].zone));
        AUTO(mem_drop) char *former = str_copy(str_of(rows[i].former));
        const struct commune commune = {.code = code, .name = name, .zone = zone, .former = former};
        struct utc as_of = {1725753600}; // 2024-09-08 07:00 in Việt Nam
        pass_on(&place, rows[i].said, NULL, rows[i].count);
        struct official_ask ask = {place.ledger, place.map, "drill", rows[i].variable, as_of};
        CHECK_OK(official_load(&ask, &official, &place.err), place.err);
        check_number(official, &commune, rows[i].number);
    }
}

static void nothing_is_passed_on(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(official_free) struct official *official = NULL;
    const struct commune commune = {.code = code, .name = name, .zone = name};
    struct official_ask ask = {place.ledger, place.map, "drill", "rain", {0}};
    CHECK_OK(official_load(&ask, &official, &place.err), place.err);
    CHECK(!official_number(official, &commune));
    CHECK(!official_number(NULL, &commune));
}

// Two communes side by side; the first is of the rows.
static const struct box boxes[] = {{105.0, 22.0, 105.1, 22.1}, {105.1, 22.0, 105.2, 22.1}};
static char codes[][8] = {"01840", "01843"}, names[][16] = {"Xã Ba Bể", "Xã Chợ Rã"};
static char bac_kan[] = "Bắc Kạn";
static const char around[] = "{\"polygons\":[[21900000,104900000,21900000,105100000,22200000,"
                             "105100000,22200000,104900000,21900000,104900000]]}";
static const struct {
    const char *name;
    struct said said[2];
    const char *area[2];
    size_t count;
    const char *number[2]; // of each commune; NULL: none
} held[] = {
    {"districts in words, and a polygon",
     {{"VN-17", RAIN, "Huyện Ba Bể cũ, tỉnh Bắc Kạn", LATER}},
     {around},
     1,
     {"VN-17", NULL}},
    {"a place by another name", {{"VN-17", RAIN, "Vùng hồ", LATER}}, {around}, 1, {"VN-17", NULL}},
    {"its code",
     {{"VN-17", RAIN, "Vùng hồ", LATER}},
     {"{\"geocodes\":[\"drill=01843\"]}"},
     1,
     {NULL, "VN-17"}},
    {"the code of another set",
     {{"VN-17", RAIN, "Vùng hồ", LATER}},
     {"{\"geocodes\":[\"vn2024=01843\"]}"},
     1,
     {NULL, NULL}},
    {"a circle around both",
     {{"VN-17", RAIN, "Vùng hồ", LATER}},
     {"{\"circles\":[[22050000,105100000,30000]]}"},
     1,
     {"VN-17", "VN-17"}},
    {"its province in words: all of it",
     {{"VN-17", RAIN, "Bắc Kạn", LATER}},
     {around},
     1,
     {"VN-17", "VN-17"}},
    {"of another hazard", {{"VN-17", "Nắng nóng", "Vùng hồ", LATER}}, {around}, 1, {NULL, NULL}},
    {"the newest by its words, the older by its polygon",
     {{"VN-18", RAIN, "xã Chợ Rã, Bắc Kạn", LATER}, {"VN-17", RAIN, "Vùng hồ", LATER}},
     {NULL, around},
     2,
     {"VN-17", "VN-18"}},
};

// The communes of `boxes` become a set of the place's map, and are left as batches have them.
static void put_communes(struct place *place, struct commune *communes)
{
    struct buf wkb[] = {buf_new(1000), buf_new(1000)};
    bool fresh = false;
    for (size_t c = 0; c < 2; c++) {
        box_wkb(&boxes[c], 1, &wkb[c]);
        communes[c] = (struct commune){.code = codes[c],
                                       .name = names[c],
                                       .zone = bac_kan,
                                       .area_km2 = 100,
                                       .shape = buf_slice(&wkb[c])};
    }
    struct boundary_set set = {.name = "drill", .count = 2, .commune = communes};
    set.hash = boundary_set_hash(&set);
    CHECK_OK(boundary_set_put(place->map, &set, &fresh, &place->err), place->err);
    for (size_t c = 0; c < 2; c++) {
        communes[c].shape = (struct str){NULL, 0};
        buf_free(&wkb[c]);
    }
}

// Where the words do not say so, its area in numbers does.
static void where_it_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        ROW(held[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(official_free) struct official *official = NULL;
        struct commune communes[2];
        put_communes(&place, communes);
        pass_on(&place, held[i].said, held[i].area, held[i].count);
        struct official_ask ask = {place.ledger, place.map, "drill", "rain", {1725753600}};
        CHECK_OK(official_load(&ask, &official, &place.err), place.err);
        check_number(official, &communes[0], held[i].number[0]);
        check_number(official, &communes[1], held[i].number[1]);
    }
}

TEST_MAIN(cmocka_unit_test(which_is_named), cmocka_unit_test(nothing_is_passed_on),
          cmocka_unit_test(where_it_holds))
