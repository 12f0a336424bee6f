#include "tests/notify/payhouse.h"

// The driver against the test's own provider, over real sockets.

static void open_house(struct house *house, int port, const char *more)
{
    char settings[600];
    (void)snprintf(settings, sizeof(settings),
                   "pay_driver: gsma\ngsma_url: http://127.0.0.1:%d\ngsma_account: float\n"
                   "gsma_timeout_ms: 300\ngsma_quiet_s: 0\n%s",
                   port, more);
    house_open(house, settings);
    house_start(house);
    house_person(house, "P-1", "Đặng Thị Bưởi (diễn tập)", "84900000001");
}

// Each row: the one fault that strikes the first try, and how it ends.
static void test_each_fault_ends_in_the_truth(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *first, *end;
        size_t paid;
    } rows[] = {
        {"none", "", "paid", 1},
        {"paid-then-silent", "unknown", "paid", 1},
        {"paid-then-cut", "unknown", "paid", 1},
        {"paid-then-5xx", "unknown", "paid", 1},
        {"silent", "unknown", "paid", 1},
        {"5xx", "unknown", "paid", 1},
        {"forgets", "unknown", "paid", 1},
        {"delays", "accepted", "paid", 1},
        {"lies-404", "unknown", "paid", 1},
        {"lies-amount", "", "paid", 1},
        {"lies-other", "", "paid", 1},
        {"lies-failed", "unknown", "paid", 1},
        {"refuses", "rejected", "rejected", 0},
        {"fails", "accepted", "rejected", 0},
        {"duplicates", "accepted", "paid", 1},
    };
    struct provider provider = provider_start("none", "0");
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].fault);
        provider_reset(&provider, i, rows[i].fault, 100);
        struct house house;
        struct job job[1];
        int64_t amount = 0;
        open_house(&house, provider.port, "");
        house_plan(&house, "C-1", "P-1", 1500000);
        CHECK_INT(house_turn(&house, 1, HOUSE_ANSWERS, job), 1);
        if (*rows[i].first)
            CHECK_TEXT(house_state(&house, "C-1"), rows[i].first);
        for (int turn = 0; turn < 200 && house_turn(&house, 1, HOUSE_ANSWERS, job); turn++)
            pause_a_little();
        CHECK_TEXT(house_state(&house, "C-1"), rows[i].end);
        struct payment_reference reference = payment_reference_of("pay/C-1/p/q");
        CHECK_INT(provider_paid(&provider, i, reference.at, &amount), rows[i].paid);
        CHECK_INT(amount, rows[i].paid ? 1500000 : 0);
        provider_check_connections(&provider);
        house_close(&house);
    }
    provider_stop(&provider);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct house house;
    struct job job[1];
    open_house(&house, 1, "");
    house_plan(&house, "C-1", "P-1", 1500000);
    CHECK_INT(house_turn(&house, 1, HOUSE_ANSWERS, job), 1);
    ROW("it is proved that nothing was sent: approved or planned again");
    CHECK_INT(job[0].outcome, OUTCOME_DOWN);
    CHECK_HAS(job[0].why, "not sent: ");
    CHECK_TEXT(house_state(&house, "C-1"), "planned");
    house_close(&house);
}

static void test_what_cannot_be_sent(void **state)
{
    (void)state;
    struct provider provider = provider_start("none", "0");
    struct house house;
    struct job job[1];
    open_house(&house, provider.port, "");
    house_person(&house, "P-2", "Không tài khoản (diễn tập)", "");
    house_plan(&house, "C-1", "P-2", 1500000);
    house_plan(&house, "C-2", "P-9", 1500000);
    for (int i = 0; i < 2; i++)
        CHECK_INT(house_turn(&house, 1, HOUSE_ANSWERS, job), 1);
    CHECK_TEXT(house_state(&house, "C-1"), "rejected");
    CHECK_TEXT(house_state(&house, "C-2"), "rejected");
    CHECK_HAS(job[0].why, "no person P-9");
    house_close(&house);
    provider_stop(&provider);
}

// The same key is the same bytes: an account that was changed after the first try is not paid.
static void test_an_account_that_changed(void **state)
{
    (void)state;
    struct provider provider = provider_start("silent", "100");
    struct house house;
    struct job job[1];
    int64_t amount = 0;
    open_house(&house, provider.port, "");
    house_plan(&house, "C-1", "P-1", 1500000);
    CHECK_INT(house_turn(&house, 1, HOUSE_ANSWERS, job), 1);
    house_person(&house, "P-1", "Đặng Thị Bưởi (diễn tập)", "84900000002");
    for (int turn = 0; turn < 20 && house_turn(&house, 1, HOUSE_ANSWERS, job); turn++)
        pause_a_little();
    CHECK_TEXT(house_state(&house, "C-1"), "rejected");
    CHECK_HAS(job[0].why, "not that of the first try");
    CHECK_INT(provider_paid(&provider, 0, payment_reference_of("pay/C-1/p/q").at, &amount), 0);
    house_close(&house);
    provider_stop(&provider);
}

// A house that is called back, with one payment that the provider has in hand.
static void open_called(struct house *house, const struct provider *provider)
{
    struct job job[1];
    char settings[200];
    // A free port: one that the system gave out a moment ago.
    struct provider other = provider_start("none", "0");
    int port = other.port;
    provider_stop(&other);
    (void)snprintf(settings, sizeof(settings),
                   "gsma_listen_port: %d\ngsma_callback_url: http://127.0.0.1:%d/gsma\n", port,
                   port);
    open_house(house, provider->port, settings);
    house_plan(house, "C-1", "P-1", 1500000);
    CHECK_INT(house_turn(house, 1, HOUSE_ANSWERS, job), 1);
    CHECK_TEXT(house_state(house, "C-1"), "accepted");
}

static void test_a_callback_makes_it_ask(void **state)
{
    (void)state;
    static const struct {
        const char *name, *fault, *end;
    } rows[] = {
        {"with the transaction", "delays", "paid"},
        {"with an error that names no order: its header does", "fails", "rejected"},
    };
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        ROW(rows[r].name);
        struct provider provider = provider_start(rows[r].fault, "100");
        struct house house;
        open_called(&house, &provider);
        // The provider decides when its time comes and it is asked for anything; then it calls.
        provider_put(&provider, "/sim/heal");
        for (int i = 0; i < 20000 && strcmp(house_state(&house, "C-1"), rows[r].end) != 0; i++) {
            CHECK_OK(house.channel->step(house.driver, &house.place.err), house.place.err);
            pause_a_little();
        }
        CHECK_TEXT(house_state(&house, "C-1"), rows[r].end);
        house_close(&house);
        provider_stop(&provider);
    }
}

// What does not fit the API is noted, without a word of it, and changes nothing: only asking does.
static void test_what_is_no_callback_is_noted(void **state)
{
    (void)state;
    struct provider provider = provider_start("calls-wrong", "100");
    struct house house;
    struct job job[1];
    open_called(&house, &provider);
    provider_put(&provider, "/sim/heal");
    AUTO(buf_free) struct buf text = house_wrong_call(&house);
    CHECK_HAS(text.at, "\"why\":\"\\\"amount\\\" is missing or cannot be that\"");
    CHECK(!strstr(text.at, "84900000001"));
    CHECK_TEXT(house_state(&house, "C-1"), "accepted");
    for (int turn = 0; turn < 200 && house_turn(&house, 1, HOUSE_ANSWERS, job); turn++)
        pause_a_little();
    CHECK_TEXT(house_state(&house, "C-1"), "paid");
    house_close(&house);
    provider_stop(&provider);
}

static void test_what_a_check_says(void **state)
{
    (void)state;
    struct provider provider = provider_start("none", "0");
    struct house house;
    open_house(&house, provider.port, "");
    AUTO(doc_free) struct doc *report = doc_object();
    CHECK_OK(house.channel->check(house.site, report, &house.place.err), house.place.err);
    CHECK_TEXT(doc_text(doc_get(report, "serviceStatus"), ""), "available");
    CHECK_TEXT(doc_text(doc_get(report, "availableBalance"), ""), "1000000000");
    ROW("another key");
    write_text(house.place.folder, "keys/gsma-api-key", "wrong\n", 0600);
    CHECK_INT(house.channel->check(house.site, report, &house.place.err), ERR_REFUSED);
    CHECK_HAS(house.place.err.text, "does not take keys/gsma-api-key");
    house_close(&house);
    provider_stop(&provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_fault_ends_in_the_truth),
                                       cmocka_unit_test(test_nobody_there),
                                       cmocka_unit_test(test_what_cannot_be_sent),
                                       cmocka_unit_test(test_an_account_that_changed),
                                       cmocka_unit_test(test_a_callback_makes_it_ask),
                                       cmocka_unit_test(test_what_is_no_callback_is_noted),
                                       cmocka_unit_test(test_what_a_check_says)};
    // A proxy of the environment, which is dead, is nothing to money.
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    (void)unsetenv("no_proxy");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
