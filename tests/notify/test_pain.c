#include "notify/pain.h"

#include "notify/bankfile.h"
#include "tests/notify/golden.h"

static const char SCHEMA[] = "../shared/specs/iso20022/pain.001.001.10_1.xsd";

static const struct pain_payment payments[] = {
    {"0A1B2C3D4E5F6G7H8J9K0M1N2P", 1500000, "Đặng Thị Bưởi (diễn tập)", "84900000001"},
    {"1A1B2C3D4E5F6G7H8J9K0M1N2P", 250000, "Y Ƀing Êban & Con", "970436:0123456789"},
    {"2A1B2C3D4E5F6G7H8J9K0M1N2P", 1, "Hoàng Văn Thụ", "ACB-00-17"},
};

static struct pain_file file_of(const struct pain_payment *payment, size_t count)
{
    return (struct pain_file){.message = "GONG-DRILL-0001",
                              .event = "bac-kan-heavy-rain/2024-09",
                              .at = {1725685200}, // 2024-09-07T05:00:00Z
                              .debtor = "Quỹ bảo hiểm diễn tập",
                              .account = "970436:9990001112223",
                              .payment = payment,
                              .count = count};
}

static void test_a_batch_is_written_and_valid(void **state)
{
    (void)state;
    struct err err = {0};
    struct pain_file file = file_of(payments, 3);
    AUTO(buf_free) struct buf out = buf_new(PAIN_BYTES_MAX);
    CHECK_OK(pain_write(&file, &out, &err), err);
    golden("pain.001.xml", buf_slice(&out));
    CHECK_TEXT(schema_says(buf_slice(&out), SCHEMA), "");
    CHECK_OK(pain_check(buf_slice(&out), "f", &err), err);
}

static void test_what_is_not_written(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct pain_payment payment[2];
        size_t count;
        const char *error;
    } rows[] = {
        {"nothing", {{0}}, 0, "0 payments"},
        {"no money", {{"A", 0, "n", "1"}}, 1, "0 đồng cannot be paid"},
        {"less than nothing", {{"A", -5, "n", "1"}}, 1, "-5 đồng cannot be paid"},
        {"more than can be counted",
         {{"A", INT64_MAX, "n", "1"}, {"B", 1, "n", "1"}},
         2,
         "payment B: 1 đồng cannot be paid"},
        {"one reference twice",
         {{"A", 1, "n", "1"}, {"A", 1, "n", "1"}},
         2,
         "EndToEndId A is there twice"},
        {"a reference that is too long",
         {{"0123456789012345678901234567890123456", 1, "n", "1"}},
         1,
         "has 37 letters"},
        {"an account with a blank", {{"A", 1, "n", "97 0436"}}, 1, "payment A: the account"},
        {"a bank without account", {{"A", 1, "n", "970436:"}}, 1, "payment A: the account"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct pain_file file = file_of(rows[i].payment, rows[i].count);
        AUTO(buf_free) struct buf out = buf_new(PAIN_BYTES_MAX);
        CHECK_INT(pain_write(&file, &out, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].error);
        CHECK_INT(out.len, 0);
    }
}

// What the schema takes and we do not: each row changes one place of a good file.
static void test_our_own_check(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *error;
        bool schema_takes_it;
    } rows[] = {
        {"a wrong count", "<NbOfTxs>3<", "<NbOfTxs>2<", "NbOfTxs says 2, there are 3", true},
        {"a wrong sum", "<CtrlSum>1750001<", "<CtrlSum>1750002<", "CtrlSum says 1750002", true},
        {"half a đồng", "VND\">250000<", "VND\">250000.50<", "InstdAmt is not whole", true},
        {"decimals that are noughts", "VND\">250000<", "VND\">250000.00<", "is not whole", true},
        {"another currency", "Ccy=\"VND\">250000", "Ccy=\"USD\">250000", "currency is \"USD\"",
         true},
        {"one reference twice", "<EndToEndId>1A1B", "<EndToEndId>0A1B", "is there twice", true},
        {"a reference that is too long", "<EndToEndId>1A1B",
         "<EndToEndId>0123456789012345678901A1B", "letters, 1 to 35 fit", false},
        {"another document", "pain.001.001.10", "pain.008.001.10", "is no pain.001", false},
    };
    struct err err = {0};
    struct pain_file file = file_of(payments, 3);
    AUTO(buf_free) struct buf good = buf_new(PAIN_BYTES_MAX);
    CHECK_OK(pain_write(&file, &good, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf bad = buf_new(PAIN_BYTES_MAX);
        const char *at = strstr(good.at, rows[i].from);
        CHECK(at != NULL);
        buf_add(&bad, good.at, (size_t)(at - good.at));
        buf_text(&bad, rows[i].to);
        buf_text(&bad, at + strlen(rows[i].from));
        CHECK_INT(pain_check(buf_slice(&bad), "f", &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].error);
        CHECK((*schema_says(buf_slice(&bad), SCHEMA) == '\0') == rows[i].schema_takes_it);
    }
}

static void test_names_for_rails(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"Đặng Thị Bưởi", "DANG THI BUOI"},
        {"  Y ƀing  Êban ", "Y BING EBAN"},
        {"a—b_c", "A-B C"},
        {"Nguyễn/Văn-A", "NGUYEN/VAN-A"},
        {"数", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        AUTO(buf_free) struct buf out = buf_new(100);
        pain_text(&out, rows[i].text, 70);
        CHECK_TEXT(out.at ? out.at : "", rows[i].want);
    }
}

// --- files of the bank
// --------------------------------------------------------------------------------

struct lines {
    struct bank_line at[8];
    size_t count;
};

static enum err_kind keep(void *self, const struct bank_line *line, struct err *err)
{
    struct lines *lines = self;
    (void)err;
    CHECK(lines->count < COUNT_OF(lines->at));
    lines->at[lines->count++] = *line;
    return OK;
}

static void read_example(const char *name, const char *schema, struct lines *lines,
                         struct bank_summary *summary)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join("tests/notify/bank", name);
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    CHECK_OK(file_read(path, &text, &err), err);
    CHECK_TEXT(schema_says(buf_slice(&text), schema), "");
    *lines = (struct lines){.count = 0};
    CHECK_OK(bankfile_read(buf_slice(&text), name, keep, lines, summary, &err), err);
}

static void test_a_status_report(void **state)
{
    (void)state;
    struct lines lines;
    struct bank_summary summary;
    read_example("pain.002.xml", "../shared/specs/iso20022/pain.002.001.11.xsd", &lines, &summary);
    CHECK_TEXT(summary.kind, "pain.002");
    CHECK_TEXT(summary.message, "BANK-ST-1");
    CHECK_INT(lines.count, 3);
    CHECK_TEXT(lines.at[0].reference, "0A1B2C3D4E5F6G7H8J9K0M1N2P");
    CHECK_TEXT(lines.at[0].file, "GONG-DRILL-0001");
    CHECK_INT(lines.at[0].outcome, PAYMENT_ACCEPTED);
    CHECK_TEXT(lines.at[0].code, "ACSP");
    CHECK_INT(lines.at[1].outcome, PAYMENT_REJECTED);
    CHECK_TEXT(lines.at[1].reason, "AC01");
    CHECK(lines.at[1].has_amount);
    CHECK_INT(lines.at[1].amount_vnd, 250000);
    ROW("settled, says the report: the debit in camt is the truth, not this");
    CHECK_INT(lines.at[2].outcome, PAYMENT_ACCEPTED);
}

static void test_a_whole_file_is_rejected(void **state)
{
    (void)state;
    struct lines lines;
    struct bank_summary summary;
    read_example("pain.002-file.xml", "../shared/specs/iso20022/pain.002.001.11.xsd", &lines,
                 &summary);
    CHECK_INT(lines.count, 1);
    CHECK_TEXT(lines.at[0].reference, "");
    CHECK_TEXT(lines.at[0].file, "GONG-DRILL-0001");
    CHECK_INT(lines.at[0].outcome, PAYMENT_REJECTED);
}

static void test_a_statement(void **state)
{
    (void)state;
    struct lines lines;
    struct bank_summary summary;
    read_example("camt.053.xml", "../shared/specs/iso20022/camt.053.001.08.xsd", &lines, &summary);
    CHECK_TEXT(summary.kind, "camt.053");
    CHECK(summary.has_balance);
    CHECK_INT(summary.opening_vnd, 10000000);
    CHECK_INT(summary.movement_vnd, -1750001 + 250000 - 4400);
    CHECK_INT(summary.closing_vnd, 10000000 - 1750001 + 250000 - 4400);
    CHECK_INT(summary.pending, 1);
    CHECK_INT(lines.count, 5);
    CHECK_INT(lines.at[0].outcome, PAYMENT_PAID);
    CHECK_INT(lines.at[0].amount_vnd, 1500000);
    CHECK_TEXT(lines.at[0].bank, "FT0001");
    CHECK_TEXT(lines.at[1].reference, "1A1B2C3D4E5F6G7H8J9K0M1N2P");
    CHECK_INT(lines.at[1].amount_vnd, 250000);
    CHECK_INT(lines.at[2].amount_vnd, 1);
    ROW("the money came back");
    CHECK_INT(lines.at[3].outcome, PAYMENT_RETURNED);
    CHECK_TEXT(lines.at[3].reason, "AC04");
    ROW("a fee bears no reference");
    CHECK_TEXT(lines.at[4].reference, "");
    CHECK_INT(lines.at[4].amount_vnd, 4400);
}

static void test_a_notice_of_an_entry(void **state)
{
    (void)state;
    struct lines lines;
    struct bank_summary summary;
    read_example("camt.054.xml", "../shared/specs/iso20022/camt.054.001.08.xsd", &lines, &summary);
    CHECK_TEXT(summary.kind, "camt.054");
    CHECK(!summary.has_balance);
    CHECK_INT(lines.count, 1);
    CHECK_INT(lines.at[0].outcome, PAYMENT_PAID);
    CHECK_INT(lines.at[0].amount_vnd, 1500000);
}

static void test_bank_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *error;
    } rows[] = {
        {"another currency", "Ccy=\"VND\">1500000.00", "Ccy=\"USD\">1500000.00",
         "currency is \"USD\""},
        {"half a đồng", ">1500000.00<", ">1500000.50<", "is not whole đồng"},
        {"no number", ">1500000.00<", ">one<", "f:"},
        {"neither side", "<CdtDbtInd>DBIT</CdtDbtInd>\n        <Sts>", "<Sts>", "neither DBIT"},
        {"another message", "camt.053.001", "camt.099.001", "neither pain.002"},
        {"a reference that is too long", "0A1B2C3D", "0A1B2C3D0123456789", "is over 35 bytes"},
    };
    struct err err = {0};
    AUTO(buf_free) struct buf good = buf_new(1 << 20);
    CHECK_OK(file_read("tests/notify/bank/camt.053.xml", &good, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct lines lines = {.count = 0};
        struct bank_summary summary;
        AUTO(buf_free) struct buf bad = buf_new(1 << 20);
        const char *at = strstr(good.at, rows[i].from);
        CHECK(at != NULL);
        buf_add(&bad, good.at, (size_t)(at - good.at));
        buf_text(&bad, rows[i].to);
        buf_text(&bad, at + strlen(rows[i].from));
        CHECK_INT(bankfile_read(buf_slice(&bad), "f", keep, &lines, &summary, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].error);
    }
}

TEST_MAIN(cmocka_unit_test(test_a_batch_is_written_and_valid),
          cmocka_unit_test(test_what_is_not_written), cmocka_unit_test(test_our_own_check),
          cmocka_unit_test(test_names_for_rails), cmocka_unit_test(test_a_status_report),
          cmocka_unit_test(test_a_whole_file_is_rejected), cmocka_unit_test(test_a_statement),
          cmocka_unit_test(test_a_notice_of_an_entry),
          cmocka_unit_test(test_bank_files_that_are_refused))
