#include "ledger/mode.h"

#include "ledger/outbox.h"
#include "tests/ledger/place.h"

static void put_body(struct place *place, const char *key, const char *body)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    bool fresh;
    AUTO(mem_drop) char *copy = mem_text(body);
    struct outbox_item item = {.channel = "sms",
                               .person = "P-1",
                               .lane = OUTBOX_LANE_REST,
                               .expires = UTC_NEVER,
                               .cause = cause_of(place),
                               .body = copy};
    (void)snprintf(item.key, sizeof(item.key), "%s", key);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// A drill that is made live would pay invented people in earnest; the reverse would write what is
// owed into a file and call it paid.
static void a_ledger_stays_what_it_was_begun_as(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *second, *settings, *refusal;
    } rows[] = {
        {"a drill is a drill", "{\"drill\":true}", NULL, "mode: drill\n", NULL},
        {"a live site is live", "{\"drill\":false}", NULL, "mode: live\n", NULL},
        {"no messages: not yet either", NULL, NULL, "mode: live\n", NULL},
        {"a drill made live", "{\"amount_vnd\":\"5000\",\"drill\":true}", NULL, "mode: live\n",
         "gong.yaml: mode: live, but message 1 of this ledger is of a drill; write mode: drill, or "
         "begin another site: gong init DIR --mode live"},
        {"a live site made a drill", "{\"drill\":false}", NULL, "mode: drill\n",
         "mode: drill, but message 1 of this ledger is in earnest; write mode: live, or begin "
         "another site: gong init DIR --mode drill"},
        {"the first that says it counts", "{\"text\":\"x\"}", "{\"drill\":true}", "mode: live\n",
         "message 2 of this ledger is of a drill"},
        {"words of a text say nothing", "{\"text\":\"\\\"drill\\\":true\"}", NULL, "mode: live\n",
         NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct place place = place_new();
        struct ledger *again = NULL;
        char settings[200];
        if (rows[i].first)
            put_body(&place, "a", rows[i].first);
        if (rows[i].second)
            put_body(&place, "b", rows[i].second);
        (void)snprintf(settings, sizeof(settings), "%s%s", rows[i].settings,
                       strstr(rows[i].settings, "live")
                           ? "sms_driver: none\npay_driver: none\nmail_driver: none\n"
                             "webhook_driver: none\nmqtt_driver: none\ntelco_driver: none\n"
                           : "");
        place_settings(&place, settings);
        for (int mode = LEDGER_READ; mode <= LEDGER_WRITE; mode++) {
            struct err err = {0};
            enum err_kind kind = ledger_open(place.folder, (enum ledger_mode)mode, &again, &err);
            CHECK_HAS(err.text, rows[i].refusal ? rows[i].refusal : "");
            CHECK_INT(kind, rows[i].refusal ? ERR_INPUT : OK);
            ledger_close(&again);
        }
        place_free(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_ledger_stays_what_it_was_begun_as)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
