#include "tests/ledger/place.h"

#include "ledger/reason.h"

static void numbers_of_people_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words; // NULL: it may be said
        bool numbers;
    } rows[] = {
        {"ask 0900000123 about it", "phone number (it ends in 123)", false},
        {"ask 0900 000 123 about it", "phone number", false},
        {"0900.000.123", "phone number", false},
        {"090-000-0123", "phone number", false},
        {"(0900) 000 123", "phone number", false},
        {"gọi +84 900 000 123 nhé", "phone number", false},
        {"gọi 84900000123 nhé", "phone number", false},
        {"since 2024-09-07 0900 000 123 said", "phone number", false},
        {"0900 000 123 2024 said so", "phone number", false},
        {"0900000123 in a bank's line", "phone number", true},
        {"gọi ０９００ ０００ １２３ nhé", "phone number (it ends in 123)", false},
        {"gọi “0900000123” nhé", "phone number", false},
        {"gọi số：0900000123。", "phone number", false},
        {"ĐT0900000123, SĐT 0900000123", "phone number", false},
        {"0900\u00a0000\u00a0123", "phone number", false},
        {"0900\u2013000\u2013123", "phone number", false},
        {"0900\u200b000\u200b123", "phone number", false},
        {"0900/000/123", "phone number", false},
        {"09 00 00 01 23", "phone number", false},
        {"09 0000 0123", "phone number", false},
        {"+84 (0) 900 000 123", "phone number", false},
        {"(0)900 000 123", "phone number", false},
        {"+840900000123", "phone number", true},
        {"0262 381 2345 của xã", "phone number (it ends in 345)", false},
        {"căn cước 001 099 012 345", "12 digits", false},
        {"STK001234567 của bà", "9 digits", false},
        {"account 001234567 is wrong", "9 digits in a row", false},
        {"card 001123456789 shown", "12 digits in a row", false},
        {"line 001234567 of the statement", NULL, true},
        {"FT24123456789 of the bank", NULL, false},
        {"from 07.09.2024 08 o'clock on", NULL, false},
        {"from 07.09.2024 00 on", NULL, false},
        {"05/09/2024 11 giờ", NULL, false},
        {"lines 02345678901 and 012345678901 of the statement", NULL, true},
        {"from 2024-09-07 06:00 to 2024-09-08 06:00", NULL, false},
        {"1.500.000.000 and 1 500 000 000 and 84 000 000 000", NULL, false},
        {"20240907 was wet", NULL, false},
        {"file 4f851a17b77e3a8b0123456789ab", NULL, false},
        {"0241234567", "10 digits in a row", false},
        {"statement 7, line 12", NULL, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        struct err err = {0};
        CHECK_INT(reason_has_no_number("why", rows[i].text, rows[i].numbers, &err),
                  rows[i].words ? ERR_INPUT : OK);
        if (rows[i].words)
            CHECK_HAS(err.text, rows[i].words);
    }
}

static void letters_are_counted_not_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *letter;
        size_t times;
        bool fits;
    } rows[] = {{"a", 9, false}, {"a", 10, true}, {"a", 400, true}, {"a", 401, false},
                {"ệ", 9, false}, {"ệ", 10, true}, {"ệ", 400, true}, {"ệ", 401, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].letter);
        AUTO(buf_free) struct buf text = buf_new(2000);
        for (size_t n = 0; n < rows[i].times; n++)
            buf_text(&text, rows[i].letter);
        CHECK(reason_has_length(text.at) == rows[i].fits);
    }
}

static void names_of_the_register_are_found(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct commune one = {
        .code = "01840", .name = "Xã A", .zone = "", .area_km2 = 1, .shape = STR("shape")};
    struct boundary_set set = {.name = "two", .count = 1, .commune = &one};
    AUTO(import_report_free) struct import_report report = {0};
    bool fresh = false;
    static const char csv[] =
        "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,"
        "starts,ends\n"
        "C-1,P-1,Đặng Thị Hường (diễn tập),0900000001,DRILL-77,vi,01840,two,rain,1,2024-01-01,"
        "2024-12-31\n"
        "C-3,P-3,សុខ សំណាង (diễn tập),0900000003,D-3,vi,01840,two,rain,1,2024-01-01,2024-12-31\n"
        "C-2,P-2,Mưa (diễn tập),0900000002,D-2,vi,01840,two,rain,1,2024-01-01,2024-12-31\n";
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"bà Đặng Thị Hường nói khác", "holds the name of somebody"},
        {"ĐẶNG THỊ HƯỜNG nói khác", "holds the name of somebody"},
        {"dang thi huong, of the village", "holds the name of somebody"},
        {"bà \u0110a\u0306\u0323ng Thi\u0323 H\u01b0\u01a1\u0300ng nói khác",
         "holds the name of somebody"},
        {"Ｄang\u200b Thi\u00a0Hu\u00adong nói khác", "holds the name of somebody"},
        {"pay into drill 77 instead", "holds the account of somebody"},
        {"pay into DRILL77.", "holds the account of somebody"},
        {"there was a drill 775 days ago", NULL},
        {"សុខ សំណាង was there", "holds the name of somebody"},
        {"pay into DRILL-77 instead", "holds the account of somebody"},
        {"bà Đặng Thị Hườngg nói khác", NULL},
        {"mưa nhiều lắm (diễn tập)", NULL}, // a name of one word is a word
        {"it rained all night", NULL},
    };
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    CHECK_OK(people_import(place.people, place.folder, str_of(csv), "c.csv",
                           &(struct import_rules){.drill = true}, &report, &place.err),
             place.err);
    CHECK_INT(report.taken, 3);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        struct err err = {0};
        CHECK_INT(reason_names_nobody(place.people, "why", rows[i].text, &err),
                  rows[i].words ? ERR_INPUT : OK);
        if (rows[i].words)
            CHECK_HAS(err.text, rows[i].words);
    }
}

TEST_MAIN(cmocka_unit_test(numbers_of_people_are_found),
          cmocka_unit_test(letters_are_counted_not_bytes),
          cmocka_unit_test(names_of_the_register_are_found))
