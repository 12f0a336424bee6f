#include "tests/ledger/place.h"

#include "core/mem.h"
#include "core/phrase.h"
#include "core/text.h"
#include "ledger/former.h"

#include <stdlib.h>

#define HEADER                                                                                     \
    "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,"     \
    "starts,ends\n"
#define GOOD                                                                                       \
    "C-1,P-1,Hoàng Thị Drill (diễn "                                                          \
    "tập),0900000001,DRILL-1,vi,01840,two,rain,1500000,2024-01-01,2024-12-31\n"

static struct place place_with_communes(void)
{
    struct place place = place_new();
    struct commune communes[2] = {
        {.code = "01840", .name = "Xã A", .zone = "z", .area_km2 = 1, .shape = STR("shape")},
        {.code = "01843", .name = "Xã B", .zone = "z", .area_km2 = 2, .shape = STR("other")}};
    struct boundary_set set = {.name = "two", .count = 2, .commune = communes};
    bool fresh = false;
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    CHECK(fresh);
    return place;
}

static void add_former(struct place *place)
{
    AUTO(formers_free) struct formers formers = {0};
    static const struct former rows[] = {
        {"01840", "00700", "Xã Cũ", "", "", false, -1},
        {"01840", "00703", "Xã Chia", "", "", true, 600000},
        {"01843", "00703", "Xã Chia", "", "", true, 400000},
        {"01840", "00706", "Xã Nửa", "", "", false, -1}, // not marked, yet in two
        {"01843", "00706", "Xã Nửa", "", "", false, -1},
        {"09999", "00709", "Xã Xa", "", "", false, -1}, // in none of the set
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        formers_add(&formers, &rows[i]);
    CHECK_OK(former_put(place->map, "two", &formers, &place->err), place->err);
}

static enum err_kind import(struct place *place, const char *csv, struct import_report *report)
{
    return people_import(place->people, place->folder, str_of(csv), "c.csv",
                         &(struct import_rules){.drill = true}, report, &place->err);
}

static void good_rows_are_taken_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_with_communes();
    AUTO(import_report_free) struct import_report report = {0};
    CHECK_OK(import(&place, "\xEF\xBB\xBF" HEADER GOOD "\r\n", &report), place.err);
    CHECK_INT(report.taken, 1);
    CHECK_OK(import(&place, HEADER GOOD, &report), place.err);
    CHECK_INT(report.taken, 0);
    CHECK_INT(report.same, 1);
    struct contract contract;
    struct person person;
    CHECK_OK(contract_find(place.people, "C-1", &contract, &place.err), place.err);
    CHECK_TEXT(contract.commune, "01840");
    CHECK_INT(contract.sum_insured.minor, 1500000);
    CHECK_INT(contract.ends.month, 12);
    CHECK_OK(person_find(place.people, "P-1", &person, &place.err), place.err);
    CHECK_TEXT(person.phone, "84900000001");
    CHECK_TEXT(person.name, "Hoàng Thị Drill (diễn tập)");
    CHECK_INT(contract_find(place.people, "C-9", &contract, &place.err), ERR_MISSING);
}

static void columns_in_any_order_and_quotes(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_with_communes();
    AUTO(import_report_free) struct import_report report = {0};
    CHECK_OK(import(&place,
                    "ends,starts,sum_insured_vnd,policy,boundary_set,commune,language,account,"
                    "phone,name,person,contract\r\n"
                    "2024-12-31,2024-01-01,5000,rain,two,01843,en,DRILL-2,+84 900 000 002,"
                    "\"Drill, \"\"B\"\"\",P-2,C-2\r\n",
                    &report),
             place.err);
    CHECK_INT(report.taken, 1);
    struct person person;
    CHECK_OK(person_find(place.people, "P-2", &person, &place.err), place.err);
    CHECK_TEXT(person.name, "Drill, \"B\"");
}

// NFD in the file is NFC in the register: the same name is the same person.
static void names_are_kept_in_nfc(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_with_communes();
    AUTO(import_report_free) struct import_report report = {0};
    CHECK_OK(import(&place,
                    HEADER "C-3,P-3,Thi\xCC\xA3 Drill,0900000003,DRILL-3,vi,01840,two,rain,1000,"
                           "2024-01-01,2024-12-31\n",
                    &report),
             place.err);
    struct person person;
    CHECK_OK(person_find(place.people, "P-3", &person, &place.err), place.err);
    CHECK_TEXT(person.name, "Th\xE1\xBB\x8B Drill");
}

static const struct {
    const char *name, *row, *words;
} bad_rows[] = {
    {"a commune that is not there",
     "C-2,P-2,N,0900000002,A,vi,99999,two,rain,1000,2024-01-01,2024-12-31", "no commune \"99999\""},
    {"a code that lost its zero",
     "C-2,P-2,N,0900000002,A,vi,1840,two,rain,1000,2024-01-01,2024-12-31",
     "no commune \"1840\"; a spreadsheet takes zeros away: is it 01840"},
    {"a phone that lost its zero",
     "C-2,P-2,N,900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "lacks the 0 at its beginning, as a spreadsheet takes it away; write 0900000002"},
    {"a name that is turned round",
     "C-2,P-2,A\xE2\x80\xAE"
     "B,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "marks that are not seen"},
    {"a name of two lines",
     "C-2,P-2,\"A\nB\",0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "marks that are not seen"},
    {"a boundary set that is not there",
     "C-2,P-2,N,0900000002,A,vi,01840,old,rain,1000,2024-01-01,2024-12-31", "no boundary set old"},
    {"a phone outside the drill range",
     "C-2,P-2,N,0912345678,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31", "drill range"},
    {"a landline", "C-2,P-2,N,02091234567,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "no Vietnamese mobile"},
    {"no phone at all", "C-2,P-2,N,none,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "no phone number"},
    {"an amount with points",
     "C-2,P-2,N,0900000002,A,vi,01840,two,rain,1.000.000,2024-01-01,2024-12-31", "1.000.000"},
    {"an amount of nothing", "C-2,P-2,N,0900000002,A,vi,01840,two,rain,0,2024-01-01,2024-12-31",
     "is 0"},
    {"a negative amount", "C-2,P-2,N,0900000002,A,vi,01840,two,rain,-5,2024-01-01,2024-12-31",
     "-5"},
    {"a date that never was", "C-2,P-2,N,0900000002,A,vi,01840,two,rain,1000,2023-02-29,2024-12-31",
     "2023-02-29"},
    {"an end before the start",
     "C-2,P-2,N,0900000002,A,vi,01840,two,rain,1000,2024-12-31,2024-01-01", "before it starts"},
    {"an empty name", "C-2,P-2, ,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "\"name\" is empty"},
    {"a contract named by a phone number",
     "0900000002,P-2,N,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31",
     "no phone or identity number"},
    {"a contract with a blank",
     "C 2,P-2,N,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31", "letters, digits"},
    {"a language that is none",
     "C-2,P-2,N,0900000002,A,Tày,01840,two,rain,1000,2024-01-01,2024-12-31", "language \"Tày\""},
    {"a field too few", "C-2,P-2,N,0900000002,A,vi,01840,two,rain,1000,2024-01-01",
     "11 fields, the header has 12"},
    {"a field too many", "C-2,P-2,N,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31,x",
     "13 fields"},
    {"text that is no UTF-8",
     "C-2,P-2,N\xFF,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31", "UTF-8"},
    {"a quote that never ends",
     "C-2,P-2,\"N,0900000002,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31", "never closed"},
    {"the contract again with another sum",
     "C-1,P-1,Hoàng Thị Drill (diễn "
     "tập),0900000001,DRILL-1,vi,01840,two,rain,9,2024-01-01,2024-12-31",
     "contract C-1 is there with other words"},
    {"the person again with another phone",
     "C-2,P-1,Hoàng Thị Drill (diễn "
     "tập),0900000009,DRILL-1,vi,01840,two,rain,9,2024-01-01,2024-12-31",
     "person P-1 is there with another phone; gong people change"},
};

static void bad_rows_are_refused_with_line_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        ROW(bad_rows[i].name);
        AUTO(place_free) struct place place = place_with_communes();
        AUTO(import_report_free) struct import_report report = {0};
        AUTO(buf_free) struct buf csv = buf_new(4096);
        buf_print(&csv, "%s%s\n%s\n", HEADER GOOD, bad_rows[i].row,
                  "C-4,P-4,N,0900000004,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31");
        CHECK_OK(import(&place, csv.at, &report), place.err);
        CHECK_INT(report.refused_count, 1);
        CHECK_INT(report.refused[0].line, 3);
        CHECK_HAS(report.refused[0].why, bad_rows[i].words);
        ROW("nothing of the refused row is there, the good ones are");
        struct contracts all = {0};
        CHECK_OK(contract_list_all(place.people, &all, &place.err), place.err);
        CHECK_INT(all.count, 2);
        contracts_free(&all);
        struct person person;
        CHECK_INT(person_find(place.people, "P-2", &person, &place.err), ERR_MISSING);
    }
}

static void an_old_commune_is_what_it_is_today(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code, *today, *words; // today NULL: refused with the words
    } rows[] = {
        {"one that is whole", "00700", "01840", "the old commune 00700 is 01840 today"},
        {"one that was split", "00703", NULL,
         "Xã Chia was split; write the one of today: 01840 (60 %), 01843 (40 %)"},
        {"one that is in two, marked or not", "00706", NULL, "was split"},
        {"one that went outside of the set", "00709", NULL, "nor had it before"},
        {"one that nobody knows", "00712", NULL, "nor had it before"},
        {"one of today is not looked up", "01843", "01843", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_with_communes();
        AUTO(import_report_free) struct import_report report = {0};
        char csv[600];
        add_former(&place);
        (void)snprintf(csv, sizeof(csv),
                       HEADER "C-1,P-1,N,0900000001,A,vi,%s,two,rain,1000,2024-01-01,2024-12-31\n",
                       rows[i].code);
        CHECK_OK(import(&place, csv, &report), place.err);
        CHECK_INT(report.taken, rows[i].today != NULL);
        CHECK_INT(report.mapped_count, rows[i].today && rows[i].words);
        if (!rows[i].today) {
            CHECK_HAS(report.refused[0].why, rows[i].words);
            continue;
        }
        struct contract contract;
        CHECK_OK(contract_find(place.people, "C-1", &contract, &place.err), place.err);
        CHECK_TEXT(contract.commune, rows[i].today);
        if (rows[i].words)
            CHECK_HAS(report.mapped[0].why, rows[i].words);
        ROW("the same row again is there already");
        import_report_free(&report);
        CHECK_OK(import(&place, csv, &report), place.err);
        CHECK_INT(report.same, 1);
    }
}

static enum err_kind never(void *self, const struct contract *contract, const struct commune *place,
                           struct err *err)
{
    CHECK_TEXT(contract->commune, "01840");
    CHECK_TEXT(place->zone, "z");
    return err_set(err, *(enum err_kind *)self, "the moon is wrong");
}

static void the_site_has_its_own_rules(void **state)
{
    (void)state;
    static const struct {
        const char *name, *column, *value;
        bool needed;
        const char *words; // NULL: taken
    } rows[] = {
        {"consent is optional", "", "", false, NULL},
        {"an empty one too", ",consent", ",", false, NULL},
        {"a date", ",consent", ",2024-01-01", true, NULL},
        {"wanted and no column", "", "", true, "\"consent\" is no column"},
        {"wanted and empty", ",consent", ", ", true, "\"consent\" is empty"},
        {"no date", ",consent", ",yes", false, "yes"},
        {"a date to come", ",consent", ",2030-01-01", false, "2030-01-01 is in the future"},
    };
    AUTO(place_free) struct place place = place_with_communes();
    struct import_rules rules = {.drill = true, .now = {1735689600}}; // 2025-01-01
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(import_report_free) struct import_report report = {0};
        char csv[600], id[8];
        (void)snprintf(id, sizeof(id), "C-%zu", i);
        (void)snprintf(
            csv, sizeof(csv),
            "contract,person,name,phone,account,language,commune,boundary_set,policy,"
            "sum_insured_vnd,starts,ends%s\n%s,P-1,N,0900000001,A,vi,01840,two,rain,1000,"
            "2024-01-01,2024-12-31%s\n",
            rows[i].column, id, rows[i].value);
        rules.needs_consent = rows[i].needed;
        CHECK_OK(people_import(place.people, place.folder, str_of(csv), "c.csv", &rules, &report,
                               &place.err),
                 place.err);
        CHECK_INT(report.taken, rows[i].words == NULL);
        if (rows[i].words)
            CHECK_HAS(report.refused[0].why, rows[i].words);
        struct civil day = {0};
        bool dated = rows[i].value[0] && rows[i].value[1] && !rows[i].words;
        CHECK_INT(contract_consent(place.people, id, &day, &place.err), dated ? OK : ERR_MISSING);
        CHECK_INT(day.year, dated ? 2024 : 0);
    }
    ROW("what the policies say");
    enum err_kind kind = ERR_INPUT;
    rules = (struct import_rules){.drill = true, .covers = never, .self = &kind};
    AUTO(import_report_free) struct import_report report = {0};
    CHECK_OK(people_import(place.people, place.folder, STR(HEADER GOOD), "c.csv", &rules, &report,
                           &place.err),
             place.err);
    CHECK_HAS(report.refused[0].why, "the moon is wrong");
    kind = ERR_LATER;
    import_report_free(&report);
    CHECK_INT(people_import(place.people, place.folder, STR(HEADER GOOD), "c.csv", &rules, &report,
                            &place.err),
              ERR_LATER);
}

static void what_is_taken_otherwise_is_said(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_with_communes();
    AUTO(import_report_free) struct import_report report = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    struct import_rules rules = {.drill = true};
    CHECK_OK(phrase_load("policies/messages", &book, &place.err), place.err);
    rules.phrases = book;
    static const char csv[] =
        "Contract,PERSON,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,"
        "starts,ends\n"
        "C-1,P-1,N,0900000001,A-1,vi,01840,two,rain,1000,2024-01-01,2024-12-31\n"
        "C-2,P-2,M,0900000002,A-1,vn,01840,two,rain,3000,2024-01-01,2024-12-31\n"
        "C-3,P-3,O,0900000002,A-3,tyz,01840,two,rain,2000,2024-01-01,2024-12-31\n";
    CHECK_OK(people_import(place.people, place.folder, str_of(csv), "c.csv", &rules, &report,
                           &place.err),
             place.err);
    CHECK_INT(report.taken, 3);
    CHECK_INT(report.mapped_count, 1);
    CHECK_INT(report.mapped[0].line, 3);
    CHECK_HAS(report.mapped[0].why, "language \"vn\" here, it is vi then; did you mean ");
    CHECK_INT(report.least_vnd, 1000);
    CHECK_INT(report.most_vnd, 3000);
    CHECK_INT(report.shared_accounts, 1);
    CHECK_INT(report.shared_phones, 1);
}

static void a_wrong_header_refuses_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *name, *csv, *words;
    } rows[] = {
        {"an unknown column", "contract,person,nam\n", "did you mean \"name\""},
        {"a column twice", "contract,contract\n", "there twice"},
        {"a missing column", "contract,person\n", "\"name\" is missing"},
        {"nothing at all", "", "\"contract\" is missing"},
        {"ethnicity", "contract,ethnicity\n", "keeps nobody's ethnicity or religion"},
        {"the same in Vietnamese", "contract,dân tộc\n", "keeps nobody's ethnicity"},
        {"with a capital letter", "contract,Dân tộc\n", "keeps nobody's ethnicity"},
        {"its accents apart",
         "contract,Da\xCC\x82n to\xCC\xA3\xCC\x82"
         "c\n",
         "keeps nobody's ethnicity"},
        {"in other words", "contract,Ethnicity of the head\n", "keeps nobody's ethnicity"},
        {"semicolons", "contract;person;name\n", "\";\" stand between the columns"},
        {"tabs", "contract\tperson\tname\n", "tabs stand between the columns"},
        {"no header", "C-1,P-1,N\n", "line 1 names no column; write them there: contract, person"},
        {"an unknown one among others", "contract,xa\n", "there are contract, person, name"},
        {"UTF-16",
         "\xFF\xFE"
         "c\n",
         "UTF-16"},
        {"a workbook", "PK\x03\x04", "a workbook, not a CSV"},
    };
    AUTO(place_free) struct place place = place_with_communes();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(import_report_free) struct import_report report = {0};
        ROW(rows[i].name);
        CHECK_INT(import(&place, rows[i].csv, &report), ERR_INPUT);
        CHECK_HAS(place.err.text, rows[i].words);
        CHECK_HAS(place.err.text, "c.csv");
    }
}

static void contracts_are_found_by_policy_place_and_day(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_with_communes();
    AUTO(import_report_free) struct import_report report = {0};
    CHECK_OK(import(&place,
                    HEADER
                    "C-9,P-1,N,0900000001,A,vi,01843,two,rain,1000,2024-01-01,2024-06-30\n"
                    "C-8,P-1,N,0900000001,A,vi,01840,two,rain,1000,2024-01-01,2024-12-31\n"
                    "C-7,P-2,N,0900000002,A,vi,01840,two,drought,1000,2024-01-01,2024-12-31\n",
                    &report),
             place.err);
    CHECK_INT(report.taken, 3);
    AUTO(contracts_free) struct contracts rain = {0};
    CHECK_OK(contract_list(place.people, "rain", "two", &rain, &place.err), place.err);
    CHECK_INT(rain.count, 2);
    CHECK_TEXT(rain.at[0].id, "C-8");
    AUTO(contracts_free) struct contracts july = {0};
    CHECK_OK(contract_list_at(place.people, "two",
                              (struct civil){.year = 2024, .month = 7, .day = 1}, &july,
                              &place.err),
             place.err);
    CHECK_INT(july.count, 2);
    CHECK_TEXT(july.at[0].id, "C-8");
    CHECK_TEXT(july.at[1].id, "C-7");
}

TEST_MAIN(cmocka_unit_test(good_rows_are_taken_once),
          cmocka_unit_test(columns_in_any_order_and_quotes),
          cmocka_unit_test(names_are_kept_in_nfc),
          cmocka_unit_test(bad_rows_are_refused_with_line_and_reason),
          cmocka_unit_test(an_old_commune_is_what_it_is_today),
          cmocka_unit_test(the_site_has_its_own_rules),
          cmocka_unit_test(what_is_taken_otherwise_is_said),
          cmocka_unit_test(a_wrong_header_refuses_the_file),
          cmocka_unit_test(contracts_are_found_by_policy_place_and_day))
