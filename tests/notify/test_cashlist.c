#include "notify/cashlist.h"

#include "core/mem.h"
#include "tests/check.h"

struct rows {
    struct cash_return at[4];
    size_t count;
};

static enum err_kind keep(void *self, const struct cash_return *row, struct err *err)
{
    struct rows *rows = self;
    (void)err;
    CHECK(rows->count < COUNT_OF(rows->at));
    rows->at[rows->count++] = *row;
    return OK;
}

static void test_a_list_goes_out_and_comes_back(void **state)
{
    (void)state;
    static const struct cash_row out_rows[] = {
        {"0A1B2C3D4E5F6G7H8J9K0M1N2P", "BK-1", "Đặng Thị Bưởi (diễn tập)", 1500000},
        {"1A1B2C3D4E5F6G7H8J9K0M1N2P", "BK-2", "Lý, \"Ba\"", 250000},
        {"2A1B2C3D4E5F6G7H8J9K0M1N2P", "BK-3", "=cmd()", 1},
    };
    struct err err = {0};
    AUTO(buf_free) struct buf out = buf_new(10000);
    cashlist_write(out_rows, 3, &out);
    CHECK_TEXT(out.at, "\xef\xbb\xbfreference,contract,name,amount_vnd,paid,received_by,paid_on,"
                       "note\r\n"
                       "0A1B2C3D4E5F6G7H8J9K0M1N2P,BK-1,Đặng Thị Bưởi (diễn tập),1500000,,,,\r\n"
                       "1A1B2C3D4E5F6G7H8J9K0M1N2P,BK-2,\"Lý, \"\"Ba\"\"\",250000,,,,\r\n"
                       "2A1B2C3D4E5F6G7H8J9K0M1N2P,BK-3,\"'=cmd()\",1,,,,\r\n");
    struct rows rows = {.count = 0};
    CHECK_OK(cashlist_read(buf_slice(&out), "list.csv", keep, &rows, &err), err);
    CHECK_INT(rows.count, 3);
    CHECK_TEXT(rows.at[1].name, "Lý, \"Ba\"");
    CHECK(!rows.at[0].is_decided);
    CHECK_INT(rows.at[0].amount_vnd, 1500000);
}

static void test_what_is_filled_in(void **state)
{
    (void)state;
#define HEAD "reference,contract,name,amount_vnd,paid,received_by,paid_on,note\n"
    static const struct {
        const char *name, *text, *error;
        bool decided, paid;
    } rows[] = {
        {"paid", HEAD "R,C,An,5,yes,An,2024-09-08,\n", NULL, true, true},
        {"in Vietnamese", HEAD "R,C,An,5,CÓ,An,2024-09-08,\n", NULL, true, true},
        {"not paid", HEAD "R,C,An,5,không,,,moved away\n", NULL, true, false},
        {"not yet", HEAD "R,C,An,5,,,,\n", NULL, false, false},
        {"other columns first",
         "paid,paid_on,note,received_by,name,amount_vnd,contract,reference\n"
         "yes,2024-09-08,,An,An,5,C,R\n",
         NULL, true, true},
        {"a word that is neither", HEAD "R,C,An,5,maybe,,,\n", "f:2: paid must be yes or no", false,
         false},
        {"paid without a day", HEAD "R,C,An,5,yes,An,,\n", "f:2: paid_on", false, false},
        {"an amount with a point", HEAD "R,C,An,5.000,yes,An,2024-09-08,\n", "f:2: amount_vnd",
         false, false},
        {"a column is missing", "reference,name\nR,An\n", "the column \"contract\" is missing",
         false, false},
        {"empty", "", "is empty", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct rows got = {.count = 0};
        enum err_kind kind = cashlist_read(str_of(rows[i].text), "f", keep, &got, &err);
        CHECK_INT(kind, rows[i].error ? ERR_INPUT : OK);
        if (rows[i].error) {
            CHECK_HAS(err.text, rows[i].error);
            continue;
        }
        CHECK_INT(got.count, 1);
        CHECK_INT(got.at[0].is_decided, rows[i].decided);
        CHECK_INT(got.at[0].is_paid, rows[i].paid);
        CHECK_TEXT(got.at[0].reference, "R");
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"Đặng Thị Bưởi", "DANG THI BUOI", true},
        {"Đặng Thị Bưởi (diễn tập)", "Dang  thi Buoi", true},
        {"Y Ƀing Êban", "y bing eban", true},
        {"Đặng Thị Bưởi", "Đặng Thị Bười", true}, // the same without accents
        {"Đặng Thị Bưởi", "Đặng Thị", false},
        {"Đặng Thị Bưởi", "Bưởi Đặng Thị", false},
        {"An", "", false},
        {"", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].b);
        CHECK_INT(cashlist_same_name(rows[i].a, rows[i].b), rows[i].same);
    }
}

TEST_MAIN(cmocka_unit_test(test_a_list_goes_out_and_comes_back),
          cmocka_unit_test(test_what_is_filled_in), cmocka_unit_test(test_names))
