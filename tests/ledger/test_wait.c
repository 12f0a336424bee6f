// Messages that wait for their time: a retry, quiet hours, a question to be asked later.
#include "ledger/outbox.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/hold.h"
#include "tests/ledger/place.h"

static void put(struct place *place, const char *key, int32_t lane, int64_t due_ms,
                int64_t expires_s)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *nothing = doc_object();
    char body[] = "{}";
    bool fresh = false;
    struct outbox_item item = {.channel = "sms",
                               .lane = lane,
                               .due_ms = due_ms,
                               .expires = expires_s ? (struct utc){expires_s} : UTC_NEVER,
                               .body = body};
    (void)snprintf(item.key, sizeof(item.key), "%s", key);
    (void)snprintf(item.person, sizeof(item.person), "P-%s", key);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "drill", (struct utc){0}, nothing, &item.cause, NULL, &place->err),
             place->err);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// The keys of what is handed out at a time, in order, a blank between them.
static const char *taken(struct place *place, int64_t now_ms)
{
    static char keys[200];
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct outbox_claim claim = {.channel = "sms",
                                 .worker = "w",
                                 .max = 10,
                                 .lane_max = INT32_MAX,
                                 .now = {now_ms / 1000},
                                 .now_ms = now_ms,
                                 .lease_until_ms = now_ms + 1000};
    CHECK_OK(outbox_take(place->ledger, &claim, &items, &place->err), place->err);
    keys[0] = '\0';
    for (size_t i = 0; i < items.count; i++) {
        size_t len = strlen(keys);
        (void)snprintf(keys + len, sizeof(keys) - len, "%s%s", i ? " " : "", items.at[i].key);
    }
    return keys;
}

static int64_t due_of(struct place *place)
{
    int64_t due_ms = 0;
    CHECK_OK(outbox_next_due_ms(place->ledger, "sms", &due_ms, &place->err), place->err);
    return due_ms;
}

static void what_waits_is_handed_out_when_its_time_comes(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    int64_t count[OUTBOX_STATES];
    put(&place, "note", 2, 5000, 0);
    put(&place, "urgent", 0, 6000, 0);
    put(&place, "stale", 0, 9000, 7);
    put(&place, "later", 0, 9000, 0);
    ROW("nothing is due, and it is known what will be first");
    CHECK_INT(due_of(&place), 5000);
    CHECK_TEXT(taken(&place, 4999), "");
    ROW("two woke at once: the urgent one goes first though the other waited for less");
    CHECK_TEXT(taken(&place, 6000), "urgent note");
    ROW("what nobody may send any more expires while it waits");
    CHECK_TEXT(taken(&place, 7000), "");
    CHECK_OK(outbox_count(place.ledger, "sms", count, &place.err), place.err);
    CHECK_INT(count[OUTBOX_EXPIRED], 1);
    CHECK_INT(count[OUTBOX_READY], 1);
    ROW("the last one, to the millisecond");
    CHECK_TEXT(taken(&place, 8999), "");
    CHECK_TEXT(taken(&place, 9000), "later");
}

// However many wait, a look that finds nothing goes by the index of what waits, and stops there.
static void a_look_does_not_pass_what_waits(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "e USING INDEX outbox_due (channel=? AND state=? AND lane=?)",
        "outbox_stale (channel=? AND expires<?)",
        "outbox_later (channel=? AND due_ms<?)",
        "o USING INDEX outbox_due (channel=? AND state=?)",
        "a USING INDEX outbox_due (channel=? AND state=?)",
    };
    AUTO(place_free) struct place place = place_new();
    AUTO(buf_free) struct buf plan = buf_new(10000);
    if (place_store())
        return; // the words are SQLite's
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place.ledger), "EXPLAIN QUERY PLAN " OUTBOX_LOOK);
    for (bool row = true; row;) {
        CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
        if (row)
            buf_print(&plan, "%s\n", row_text(stmt, 3));
    }
    buf_char(&plan, '\0');
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        ROW(wanted[i]);
        CHECK_HAS(plan.at, wanted[i]);
    }
    ROW("nothing is read from end to end, nor put in order");
    CHECK(!strstr(plan.at, "SCAN outbox") && !strstr(plan.at, "SCAN e") &&
          !strstr(plan.at, "SCAN o") && !strstr(plan.at, "SCAN a") && !strstr(plan.at, "B-TREE"));
}

TEST_MAIN(cmocka_unit_test(what_waits_is_handed_out_when_its_time_comes),
          cmocka_unit_test(a_look_does_not_pass_what_waits))
