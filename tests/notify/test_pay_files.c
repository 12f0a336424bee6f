#include "notify/bankfile.h"
#include "notify/cashlist.h"
#include "notify/collect.h"
#include "notify/pain.h"
#include "notify/pay_files.h"
#include "tests/notify/golden.h"
#include "tests/notify/payhouse.h"

static const char SCHEMA[] = "../shared/specs/iso20022/pain.001.001.10_1.xsd";

static void open_house(struct house *house, const char *driver, const char *more)
{
    char settings[400];
    (void)snprintf(settings, sizeof(settings),
                   "pay_driver: %s\nbank_debtor: Quỹ bảo hiểm (diễn tập)\n"
                   "bank_account: 970436:9990001112223\npay_batch_s: 0\n%s",
                   driver, more);
    house_open(house, settings);
    house_start(house);
    house_person(house, "P-1", "Đặng Thị Bưởi (diễn tập)", "84900000001");
    house_person(house, "P-2", "Y Ƀing Êban (diễn tập)", "970436:0123456789");
    house_person(house, "P-3", "Không tài khoản (diễn tập)", "");
}

// The only file in a folder of out, or none.
static size_t files_in(struct house *house, const char *folder, struct buf *text, char id[40])
{
    struct err *err = &house->place.err;
    AUTO(mem_drop) char *path = file_join(house->place.folder, folder);
    AUTO(file_names_free) char **names = NULL;
    size_t count = 0;
    CHECK_OK(file_names(path, &names, err), *err);
    for (size_t i = 0; names[i]; i++) {
        if (names[i][0] == '.')
            continue;
        AUTO(mem_drop) char *file = file_join(path, names[i]);
        buf_clear(text);
        CHECK_OK(file_read(file, text, err), *err);
        (void)snprintf(id, 40, "%s", names[i]);
        count++;
    }
    return count;
}

static void step(struct house *house)
{
    CHECK_OK(house->channel->step(house->driver, &house->place.err), house->place.err);
}

static void test_payments_become_one_bank_file(void **state)
{
    (void)state;
    struct house house;
    struct job job[4];
    char id[40] = "";
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    open_house(&house, "iso20022", "");
    house_plan(&house, "C-1", "P-1", 1500000);
    house_plan(&house, "C-2", "P-2", 250000);
    house_plan(&house, "C-3", "P-3", 1);
    CHECK_INT(house_turn(&house, 4, HOUSE_ANSWERS, job), 3);
    CHECK_INT(files_in(&house, "out/bank", &text, id), 0);
    step(&house);
    CHECK_INT(files_in(&house, "out/bank", &text, id), 1);
    CHECK_TEXT(schema_says(buf_slice(&text), SCHEMA), "");
    CHECK_OK(pain_check(buf_slice(&text), id, &house.place.err), house.place.err);
    CHECK_HAS(text.at, "<NbOfTxs>2</NbOfTxs>");
    CHECK_HAS(text.at, payment_reference_of("pay/C-1/p/q").at);
    CHECK_HAS(text.at, "<CtrlSum>1750000</CtrlSum>");
    CHECK_TEXT(house_state(&house, "C-1"), "accepted");
    CHECK_TEXT(house_state(&house, "C-3"), "rejected");
    ROW("another step makes no other file");
    step(&house);
    CHECK_INT(files_in(&house, "out/bank", &text, id), 1);
    CHECK_TEXT(house_state(&house, "C-1"), "accepted");
    house_close(&house);
}

static void test_cash_lists_by_commune(void **state)
{
    (void)state;
    struct house house;
    struct job job[4];
    open_house(&house, "csv", "");
    house_plan(&house, "C-1", "P-1", 1500000);
    ROW("whose commune is not known is on no list");
    CHECK_INT(house_turn(&house, 4, HOUSE_ANSWERS, job), 1);
    CHECK_TEXT(house_state(&house, "C-1"), "rejected");
    CHECK_HAS(job[0].why, "no contract C-1");
    house_close(&house);
}

// Gives back the memory of a driver that was killed, without what it would do at its end.
static void killed_close(void *driver)
{
    struct collect *collect = driver;
    collect_close(&collect);
}

// Where a kill may strike: after each of the four steps. Whatever it is, in the end there is one
// file with all payments, seen whole.
static void test_a_kill_at_each_step(void **state)
{
    (void)state;
    static const char *const names[] = {"a payment was taken", "a part without a line",
                                        "a part with its line", "the file has its name"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ROW(names[i]);
        struct house house;
        struct job job[4];
        struct err err = {0};
        char id[40] = "";
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        open_house(&house, "iso20022", "");
        house_plan(&house, "C-1", "P-1", 1500000);
        CHECK_INT(house_turn(&house, 4, HOUSE_DIES, job), 1);
        AUTO(mem_drop) char *bank = file_join(house.place.folder, "out/bank");
        AUTO(mem_drop) char *lines = file_join(house.place.folder, "out/pay-iso20022-files.jsonl");
        if (i > 0) {
            step(&house);
            CHECK_INT(files_in(&house, "out/bank", &text, id), 1);
            AUTO(mem_drop) char *path = file_join(bank, id);
            char part[60];
            (void)snprintf(part, sizeof(part), ".%.*s.part", (int)strlen(id) - 4, id);
            AUTO(mem_drop) char *hidden = file_join(bank, part);
            if (i < 3)
                CHECK_INT(rename(path, hidden), 0);
            if (i == 1)
                CHECK_INT(truncate(lines, 0), 0);
        }
        // A kill: the driver is left behind, and another is opened.
        void *killed = house.driver;
        CHECK_OK(house.channel->open(house.site, &house.host, &house.driver, &err), err);
        ROW("asked after the kill, it is known; nothing is ordered again");
        CHECK_INT(house_turn(&house, 4, HOUSE_ANSWERS, job), 1);
        CHECK_INT(job[0].outcome, OUTCOME_PENDING);
        step(&house);
        CHECK_INT(files_in(&house, "out/bank", &text, id), 1);
        CHECK_HAS(text.at, "<NbOfTxs>1</NbOfTxs>");
        CHECK_TEXT(schema_says(buf_slice(&text), SCHEMA), "");
        house_close(&house);
        killed_close(killed);
    }
}

static void test_files_are_no_larger_than_said(void **state)
{
    (void)state;
    struct house house;
    struct job job[8];
    char id[40] = "", contract[16];
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    open_house(&house, "iso20022", "pay_batch_max: 2\n");
    for (int i = 0; i < 5; i++) {
        (void)snprintf(contract, sizeof(contract), "C-%d", i);
        house_plan(&house, contract, i % 2 ? "P-1" : "P-2", 1000 + i);
    }
    for (int turn = 0; turn < 5; turn++)
        (void)house_turn(&house, 8, HOUSE_ANSWERS, job);
    step(&house);
    CHECK_INT(files_in(&house, "out/bank", &text, id), 3);
    house_close(&house);
}

static void test_settings_that_are_missing(void **state)
{
    (void)state;
    struct house house;
    struct err err = {0};
    house_open(&house, "pay_driver: iso20022\n");
    CHECK_OK(channel_find(house.site, "pay", &house.channel, &err), err);
    CHECK_INT(house.channel->open(house.site, &house.host, &house.driver, &err), ERR_INPUT);
    CHECK_HAS(err.text, "bank_debtor is empty; write it into gong.yaml");
    house_close(&house);
}

TEST_MAIN(cmocka_unit_test(test_payments_become_one_bank_file),
          cmocka_unit_test(test_cash_lists_by_commune), cmocka_unit_test(test_a_kill_at_each_step),
          cmocka_unit_test(test_files_are_no_larger_than_said),
          cmocka_unit_test(test_settings_that_are_missing))
