// One person's messages keep their order, whatever fails.
#include "tests/ledger/queue.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/daily_seal.h"
#include "ledger/hold.h"
#include "ledger/outbox.h"
#include "ledger/seal.h"
#include "tests/ledger/cast.h"

#include <pthread.h>
#include <stdatomic.h>

static void put_body(struct place *place, const struct message *message, const char *thread,
                     int64_t due_ms, char *body)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct outbox_item item = {.lane = message->lane,
                               .expires = message->expires_s ? (struct utc){message->expires_s}
                                                             : UTC_NEVER,
                               .cause = cause_of(place),
                               .due_ms = due_ms,
                               .body = body};
    (void)snprintf(item.channel, sizeof(item.channel), "%s", message->channel);
    (void)snprintf(item.key, sizeof(item.key), "%s", message->key);
    (void)snprintf(item.person, sizeof(item.person), "%s", message->person);
    (void)snprintf(item.thread, sizeof(item.thread), "%s", thread);
    bool fresh = false;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK(fresh);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static void put_at(struct place *place, const struct message *message, const char *thread,
                   int64_t due_ms)
{
    char body[] = "{}";
    put_body(place, message, thread, due_ms, body);
}

static void put_in_thread(struct place *place, const struct message *message, const char *thread)
{
    put_at(place, message, thread, 0);
}

static void put_for_later(struct place *place, const char *key, const char *person, int64_t due_ms)
{
    struct message message = {"sms", "", "", 1, 0};
    message.key = key;
    message.person = person;
    put_at(place, &message, "", due_ms);
}

static void put(struct place *place, const struct message *message)
{
    put_in_thread(place, message, "");
}

// It waits for the retry of the earlier one no longer than there will be one.
static void who_waits_goes_when_the_earlier_one_ends(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t expires_s; // of the earlier one
        const char *newer; // thread of a third message that comes then; "": none
        bool answered;     // the earlier one's try was done after all
        const char *goes;  // what goes before the retry's time; NULL: nothing
    } rows[] = {
        {"it is still to be tried again", 0, "", false, NULL},
        {"its answer comes late: done", 0, "", true, "2"},
        {"it is stale", 200, "", false, "2"},
        {"a newer one takes its place", 0, "t", false, "2"},
        {"a newer one of another thread", 0, "u", false, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        ROW(rows[i].name);
        put_in_thread(&place, &(struct message){"sms", "1", "a", 1, rows[i].expires_s}, "t");
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        int64_t first = items.at[0].id;
        CHECK_OK(settle(&place, first, 1, OUTCOME_RETRY, 5000, "gateway busy"), place.err);
        put(&place, &(struct message){"sms", "2", "a", 1, 0});
        CHECK_INT(take(&place, "sms", 10, &items), 0);
        if (*rows[i].newer)
            put_in_thread(&place, &(struct message){"sms", "3", "a", 1, 0}, rows[i].newer);
        if (rows[i].answered)
            CHECK_OK(settle(&place, first, 1, OUTCOME_DONE, 0, ""), place.err);
        struct outbox_claim claim = {"sms", "worker-1", 10, 9, {201}, 20, 1000, NULL};
        outbox_items_free(&items);
        CHECK_OK(outbox_take(place.ledger, &claim, &items, &place.err), place.err);
        CHECK_INT(items.count, rows[i].goes ? 1 : 0);
        if (rows[i].goes)
            CHECK_TEXT(items.at[0].key, rows[i].goes);
    }
}

static int64_t stop(struct place *place, const struct cast *cast, const char *channel,
                    const char *policy)
{
    AUTO(act_free) struct act act = {0};
    int64_t seq = 0;
    CHECK_OK(cast_begin(place, "hold", "approver-2", &act), place->err);
    hold_word(&act, channel, policy, "a drill");
    cast_sign(place, cast, &act);
    CHECK_OK(hold_put(place->ledger, &act, (struct utc){100}, &seq, &place->err), place->err);
    return seq;
}

static void release(struct place *place, const struct cast *cast, int64_t seq)
{
    AUTO(act_free) struct act act = {0};
    CHECK_OK(cast_begin(place, "release", "insurer-1", &act), place->err);
    hold_word_release(&act, seq, "a drill");
    cast_sign(place, cast, &act);
    CHECK_OK(hold_release(place->ledger, &act, (struct utc){100}, &place->err), place->err);
}

// For what a hold stops nobody waits, whether it came before or after them.
static void who_waits_goes_when_a_hold_stops_the_earlier_one(void **state)
{
    (void)state;
    static char rain[] = "{\"policy\":\"rain\"}", wind[] = "{\"policy\":\"wind\"}";
    static const struct {
        const char *name, *channel, *policy; // what is stopped
        bool released;                       // before anybody looks again
        bool goes;                           // the later one, before the retry's time
    } rows[] = {
        {"the earlier one's policy", "sms", "rain", false, true},
        {"on every channel", "", "rain", false, true},
        {"on another channel", "mail", "rain", false, false},
        {"the later one's policy", "sms", "wind", false, false},
        {"a third policy", "sms", "flood", false, false},
        {"both", "sms", "", false, false},
        {"let go again: the order is kept", "sms", "rain", true, false},
        {"both, let go again", "sms", "", true, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct cast cast = cast_new(&place);
        ROW(rows[i].name);
        put_body(&place, &(struct message){"sms", "1", "a", 1, 0}, "", 0, rain);
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_RETRY, 5000, "busy"), place.err);
        put_body(&place, &(struct message){"sms", "2", "a", 1, 0}, "", 0, wind);
        CHECK_INT(take(&place, "sms", 10, &items), 0);
        int64_t seq = stop(&place, &cast, rows[i].channel, rows[i].policy);
        if (rows[i].released)
            release(&place, &cast, seq);
        CHECK_INT(take(&place, "sms", 20, &items), rows[i].goes);
        if (rows[i].goes)
            CHECK_TEXT(items.at[0].key, "2");
        if (rows[i].released) {
            CHECK_INT(take(&place, "sms", 5000, &items), 1);
            CHECK_TEXT(items.at[0].key, "1");
        }
    }
}

// What another machine does at the same time, on a connection of its own.
struct side {
    struct ledger *ledger;
    int64_t session; // PostgreSQL's number of it
    struct act act;  // the hold
    struct outbox_items items;
    enum err_kind kind;
    struct err err;
    atomic_bool ended;
    pthread_t thread;
};

static int64_t number(struct ledger *ledger, const char *sql, int64_t about)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), sql);
    struct err err = {0};
    bool row = false;
    stmt_int(stmt, 1, about);
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    return row_int(stmt, 0);
}

static void *claim_one(void *self)
{
    struct side *side = self;
    struct outbox_claim claim = {"sms", "worker-2", 1, INT32_MAX, {100}, 20, 1020, NULL};
    side->kind = outbox_take(side->ledger, &claim, &side->items, &side->err);
    side->ended = true;
    return NULL;
}

static void *stop_all(void *self)
{
    struct side *side = self;
    int64_t seq;
    side->kind = hold_put(side->ledger, &side->act, (struct utc){100}, &seq, &side->err);
    side->ended = true;
    return NULL;
}

static void begin_side(struct place *place, struct side *side, void *(*run)(void *self))
{
    CHECK_OK(ledger_open(place->folder, LEDGER_WRITE, &side->ledger, &place->err), place->err);
    side->session = number(side->ledger, "SELECT pg_backend_pid() + 0 * ?", 0);
    CHECK_INT(pthread_create(&side->thread, NULL, run, side), 0);
    while (!side->ended &&
           number(place->ledger, "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ?",
                  side->session) == 0) {
    }
}

static void end_side(struct side *side)
{
    CHECK_INT(pthread_join(side->thread, NULL), 0);
    ledger_close(&side->ledger);
    act_free(&side->act);
}

// Held up in the midst of its writing: each change of a message waits for a lock of the test.
#define HELD_UP                                                                                    \
    "CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM"                 \
    " pg_advisory_xact_lock_shared(20201018); RETURN NEW; END';"                                   \
    "CREATE OR REPLACE TRIGGER hold_up BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION "     \
    "hold_up();"                                                                                   \
    "SELECT pg_advisory_lock(20201018)"

// Once a hold is recorded nothing is leased that it stops, also by a claim that began before.
static void a_hold_waits_for_the_claims_that_do_not_see_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t due_ms;
    } rows[] = {{"in its lease", 0}, {"before it looked for any: it wakes what waited", 10}};
    for (size_t i = 0; place_store() && i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct side claim = {.kind = OK}, hold = {.kind = OK};
        ROW(rows[i].name);
        put_for_later(&place, "1", "a", rows[i].due_ms);
        put_for_later(&place, "2", "b", rows[i].due_ms);
        CHECK_OK(cast_begin(&place, "hold", "approver-2", &hold.act), place.err);
        hold_word(&hold.act, "", "", "a drill");
        cast_sign(&place, &cast, &hold.act);
        CHECK_OK(db_run(ledger_db(place.ledger), HELD_UP, &place.err), place.err);
        begin_side(&place, &claim, claim_one);
        begin_side(&place, &hold, stop_all);
        bool claimed = claim.ended, held = hold.ended;
        CHECK_OK(db_run(ledger_db(place.ledger), "SELECT pg_advisory_unlock(20201018)", &place.err),
                 place.err);
        end_side(&claim);
        end_side(&hold);
        CHECK_OK(claim.kind, claim.err);
        CHECK_OK(hold.kind, hold.err);
        CHECK(!claimed && !held);
        CHECK_INT(claim.items.count, 1);
        outbox_items_free(&claim.items);
        ROW("nothing goes after it");
        AUTO(outbox_items_free) struct outbox_items items = {0};
        CHECK_INT(take(&place, "sms", 20, &items), 0);
        CHECK_INT(count_of(&place, "sms", OUTBOX_READY), 1);
    }
}

// Who was to go later by its own does not go sooner with that.
static void what_was_put_for_later_is_not_woken(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "1", "a", 1, 0});
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    int64_t first = items.at[0].id;
    CHECK_OK(settle(&place, first, 1, OUTCOME_RETRY, 5000, "gateway busy"), place.err);
    put_for_later(&place, "2", "a", 5000);
    CHECK_OK(settle(&place, first, 1, OUTCOME_DONE, 0, ""), place.err);
    CHECK_INT(take(&place, "sms", 4999, &items), 0);
    CHECK_INT(take(&place, "sms", 5000, &items), 1);
    CHECK_TEXT(items.at[0].key, "2");
}

// What came later does not overtake what is to be tried again.
static void a_person_s_messages_keep_their_order_over_a_retry(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *channel, *person; // of the later message
        int32_t lane;
        int64_t expires_s; // sorts before the first's
        const char *thread;
        bool waits;
    } rows[] = {
        {"the next one of the person", "sms", "a", 1, 0, "", true},
        {"one that is stale sooner", "sms", "a", 1, 500, "", true},
        {"one that is less urgent", "sms", "a", 2, 0, "", true},
        {"life-safety waits behind nothing that is less urgent", "sms", "a", 0, 0, "", false},
        {"one that takes its place", "sms", "a", 1, 0, "t", false},
        {"another person's", "sms", "b", 1, 0, "", false},
        {"nobody's", "sms", "", 1, 0, "", false},
        {"another channel's", "mail", "a", 1, 0, "", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct message later = {rows[i].channel, "2", rows[i].person, rows[i].lane,
                                rows[i].expires_s};
        ROW(rows[i].name);
        put_in_thread(&place, &(struct message){"sms", "1", "a", 1, 0}, "t");
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        int64_t first = items.at[0].id;
        CHECK_OK(settle(&place, first, 1, OUTCOME_RETRY, 5000, "gateway busy"), place.err);
        put_in_thread(&place, &later, rows[i].thread);
        CHECK_INT(take(&place, rows[i].channel, 4999, &items), !rows[i].waits);
        if (!rows[i].waits)
            continue;
        int64_t due_ms = 0;
        CHECK_OK(outbox_next_due_ms(place.ledger, "sms", &due_ms, &place.err), place.err);
        CHECK_INT(due_ms, 5000); // no look passes it until then
        CHECK_INT(take(&place, "sms", 5000, &items), 1);
        CHECK_TEXT(items.at[0].key, "1");
        CHECK_OK(settle(&place, first, 2, OUTCOME_DONE, 0, ""), place.err);
        CHECK_INT(take(&place, "sms", 5000, &items), 1);
        CHECK_TEXT(items.at[0].key, "2");
    }
}

static void an_end_of_the_first_lets_the_second_go(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "1", "a", 1, 0});
    put(&place, &(struct message){"sms", "2", "a", 1, 0});
    put(&place, &(struct message){"sms", "3", "a", 1, 0});
    put(&place, &(struct message){"sms", "4", "b", 1, 0});
    ROW("a page of those that wait hides nobody else");
    CHECK_INT(take(&place, "sms", 0, &items), 2);
    int64_t first = items.at[0].id;
    CHECK_OK(settle(&place, items.at[1].id, 1, OUTCOME_DONE, 0, ""), place.err);
    for (int64_t attempt = 1; attempt <= 3; attempt++) {
        CHECK_OK(settle(&place, first, attempt, OUTCOME_RETRY, attempt * 1000, "no"), place.err);
        if (attempt == 3)
            break;
        put(&place, &(struct message){"sms", attempt == 1 ? "5" : "6", "", 1, 0});
        struct outbox_claim claim = {"sms", "w", 1, 2, {100}, attempt * 1000 - 1, 99999, NULL};
        outbox_items_free(&items);
        CHECK_OK(outbox_take(place.ledger, &claim, &items, &place.err), place.err);
        CHECK_INT(items.count, 1);
        CHECK_TEXT(items.at[0].key, attempt == 1 ? "5" : "6");
        CHECK_INT(take(&place, "sms", attempt * 1000, &items), 1);
        CHECK_INT(items.at[0].id, first);
    }
    ROW("the first is a dead letter, the second goes, then the third");
    CHECK_INT(count_of(&place, "sms", OUTBOX_DEAD), 1);
    for (int i = 2; i <= 3; i++) {
        char key[] = {(char)('0' + i), '\0'};
        CHECK_INT(take(&place, "sms", 3000, &items), 1);
        CHECK_TEXT(items.at[0].key, key);
        CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_DONE, 0, ""), place.err);
    }
}

// Quiet hours last for nine: nothing that is more urgent waits for their end.
static void nothing_more_urgent_waits_behind_what_a_rule_puts_off(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum outcome outcome; // of the first
        int32_t first, later; // lanes
        bool waits;
    } rows[] = {
        {"the carrier throttles: the order is kept", OUTCOME_BUSY, 1, 1, true},
        {"a rule: an answer that somebody waits for", OUTCOME_PUT_OFF, 1, 1, false},
        {"a rule: a warning, whatever lane the first had", OUTCOME_PUT_OFF, 0, 0, false},
        {"a rule: what the rule puts off as well keeps its order", OUTCOME_PUT_OFF, 2, 2, true},
        {"a rule: so it does behind one of a lane before it", OUTCOME_PUT_OFF, 1, 2, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        put(&place, &(struct message){"sms", "1", "a", rows[i].first, 0});
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        int64_t first = items.at[0].id;
        CHECK_OK(settle(&place, first, 1, rows[i].outcome, 5000, "quiet hours"), place.err);
        put(&place, &(struct message){"sms", "2", "a", rows[i].later, 0});
        CHECK_INT(take(&place, "sms", 4999, &items), !rows[i].waits);
        if (!rows[i].waits) {
            CHECK_TEXT(items.at[0].key, "2");
            CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_DONE, 0, ""), place.err);
        }
        CHECK_INT(take(&place, "sms", 5000, &items), 1);
        CHECK_INT(items.at[0].id, first);
    }
}

static void a_warning_does_not_wait_behind_the_day_s_checkpoint(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    AUTO(mem_drop) char *list = file_join(place.folder, "subscribers.yaml");
    AUTO(mem_drop) char *folder = file_join(place.folder, "daily");
    AUTO(mem_drop) char *keys = file_join(place.folder, "keys");
    bool made = false, done = false;
    ROW("by SMS, in quiet hours");
    CHECK_OK(file_write(list,
                        STR("gong_subscribers: 1\nsubscribers:\n"
                            "  auditor: {channel: sms, to: P-1, wants: [checkpoints]}\n"),
                        0600, &place.err),
             place.err);
    CHECK_OK(file_make_folder(folder, 0700, &place.err), place.err);
    CHECK_OK(file_make_folder(keys, 0700, &place.err), place.err);
    CHECK_OK(seal_key_create(place.folder, &place.err), place.err);
    struct daily_job job = {place.ledger, place.folder, folder, true, {1795000000}};
    CHECK_OK(daily_seal_once(&job, &made, &done, &place.err), place.err);
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    CHECK_TEXT(items.at[0].person, "P-1");
    CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_BUSY, 5000, "quiet hours"), place.err);
    put(&place, &(struct message){"sms", "alert", "P-1", 0, 0});
    CHECK_INT(take(&place, "sms", 4999, &items), 1);
    CHECK_TEXT(items.at[0].key, "alert");
}

TEST_MAIN(cmocka_unit_test(who_waits_goes_when_the_earlier_one_ends),
          cmocka_unit_test(who_waits_goes_when_a_hold_stops_the_earlier_one),
          cmocka_unit_test(a_hold_waits_for_the_claims_that_do_not_see_it),
          cmocka_unit_test(what_was_put_for_later_is_not_woken),
          cmocka_unit_test(nothing_more_urgent_waits_behind_what_a_rule_puts_off),
          cmocka_unit_test(a_warning_does_not_wait_behind_the_day_s_checkpoint),
          cmocka_unit_test(a_person_s_messages_keep_their_order_over_a_retry),
          cmocka_unit_test(an_end_of_the_first_lets_the_second_go))
