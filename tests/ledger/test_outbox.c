#include "ledger/outbox_view.h"
#include "tests/ledger/outbox_put.h"

#include "core/mem.h"

static void the_same_key_is_the_same_message(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct message message = {"sms", "k", "p", 0, 0};
    CHECK(put(&place, &message, "one"));
    CHECK(!put(&place, &message, "one"));
    CHECK(!put(&place, &message, "two"));
    CHECK_HAS(place.err.text, "another message has the key k");
    CHECK_INT(count_of(&place, "sms", OUTBOX_READY), 1);
}

static void lanes_go_first_then_age(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "note", "a", 2, 0}, "");
    put(&place, &(struct message){"sms", "alert-1", "b", 0, 0}, "");
    put(&place, &(struct message){"sms", "alert-2", "c", 0, 0}, "");
    put(&place, &(struct message){"pay", "pay-1", "b", 1, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 3);
    CHECK_TEXT(items.at[0].key, "alert-1");
    CHECK_TEXT(items.at[1].key, "alert-2");
    CHECK_TEXT(items.at[2].key, "note");
    CHECK_INT(items.at[0].attempt, 1);
    CHECK(!items.at[0].ask);
    CHECK_INT(take(&place, "sms", 0, &items), 0);
    CHECK_INT(take(&place, "pay", 0, &items), 1);
}

static void one_message_in_flight_per_person(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "1", "a", 0, 0}, "");
    put(&place, &(struct message){"sms", "2", "a", 0, 0}, "");
    put(&place, &(struct message){"sms", "3", "", 0, 0}, "");
    put(&place, &(struct message){"sms", "4", "", 0, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 3);
    CHECK_TEXT(items.at[0].key, "1");
    CHECK_TEXT(items.at[1].key, "3");
    int64_t first = items.at[0].id;
    CHECK_INT(take(&place, "sms", 0, &items), 0);
    CHECK_OK(settle(&place, first, 1, OUTCOME_DONE, 0, ""), place.err);
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    CHECK_TEXT(items.at[0].key, "2");
}

static void a_stale_warning_is_not_sent(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "old", "a", 0, 100}, "");
    put(&place, &(struct message){"sms", "new", "b", 0, 101}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1); // take() asks at 100 s
    CHECK_TEXT(items.at[0].key, "new");
    CHECK_INT(count_of(&place, NULL, OUTBOX_EXPIRED), 1);
}

static void a_lease_that_is_over_is_handed_out_again(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    size_t count = 0;
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    CHECK_OK(outbox_reclaim(place.ledger, 999, NULL, &count, &place.err), place.err);
    CHECK_INT(count, 0);
    CHECK_OK(outbox_reclaim(place.ledger, 1000, NULL, &count, &place.err), place.err);
    CHECK_INT(count, 1);
    CHECK_INT(take(&place, "sms", 1000, &items), 1);
    CHECK_INT(items.at[0].attempt, 2);
    ROW("a word from the first attempt is evidence, its complaint is not");
    CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_RETRY, 5000, "late"), place.err);
    CHECK_INT(count_of(&place, "sms", OUTBOX_LEASED), 1);
    CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_DONE, 0, ""), place.err);
    CHECK_INT(count_of(&place, "sms", OUTBOX_DONE), 1);
    ROW("an attempt that never was");
    CHECK_INT(settle(&place, items.at[0].id, 9, OUTCOME_DONE, 0, ""), ERR_INPUT);
    CHECK_INT(settle(&place, 77, 1, OUTCOME_DONE, 0, ""), ERR_INPUT);
}

static void a_worker_that_is_gone_holds_nothing(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    size_t count = 0;
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    CHECK_OK(outbox_reclaim(place.ledger, 0, "worker-2", &count, &place.err), place.err);
    CHECK_INT(count, 0);
    CHECK_OK(outbox_reclaim(place.ledger, 0, "worker-1", &count, &place.err), place.err);
    CHECK_INT(count, 1);
}

// A message that ends each worker that takes it does not go round for ever.
static void a_message_that_ends_its_workers_is_a_dead_letter(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    AUTO(mem_drop) struct outbox_dead *dead = NULL;
    size_t count = 0;
    int64_t now_ms = 0, waited_ms = 0;
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    put(&place, &(struct message){"pay", "C-1", "b", 1, 0}, "");
    for (int lapse = 1; lapse <= OUTBOX_LAPSES_MAX; lapse++) {
        CHECK_INT(count_of(&place, "sms", OUTBOX_READY), 1);
        CHECK_INT(take(&place, "sms", now_ms, &items), 1);
        CHECK_INT(take(&place, "pay", now_ms, &items), 1);
        CHECK_OK(outbox_reclaim(place.ledger, now_ms, "worker-1", &count, &place.err), place.err);
        CHECK_INT(count, 2);
        int64_t due_ms, pay_due_ms;
        CHECK_OK(outbox_next_due_ms(place.ledger, "sms", &due_ms, &place.err), place.err);
        CHECK_OK(outbox_next_due_ms(place.ledger, "pay", &pay_due_ms, &place.err), place.err);
        ROW("the first time at once, then ever later");
        CHECK_INT(lapse == 1, due_ms <= now_ms);
        ROW("a payment is asked about at once until others would be dead");
        CHECK_INT(lapse < OUTBOX_LAPSES_MAX, pay_due_ms <= now_ms);
        if (lapse < OUTBOX_LAPSES_MAX) {
            waited_ms += due_ms > now_ms ? due_ms - now_ms : 0;
            CHECK(due_ms - now_ms <= 2 * 60000 + 8000);
        }
        now_ms += 200000;
    }
    CHECK(waited_ms > 60000);
    CHECK_INT(count_of(&place, "sms", OUTBOX_DEAD), 1);
    CHECK_OK(outbox_dead_list(place.ledger, "sms", 10, &dead, &count, &place.err), place.err);
    CHECK_TEXT(dead[0].why, "each of the 10 workers that took it ended, or said nothing");
    ROW("a payment is asked about all the same");
    CHECK_INT(count_of(&place, "pay", OUTBOX_UNKNOWN), 1);
    ROW("a person may send it again, and it counts anew");
    replay(&place, dead[0].id, false, OK);
    CHECK_INT(take(&place, "sms", now_ms, &items), 1);
    CHECK_OK(outbox_reclaim(place.ledger, now_ms, "worker-1", &count, &place.err), place.err);
    CHECK_INT(count_of(&place, "sms", OUTBOX_READY), 1);
}

static void tries_are_counted_until_it_is_dead(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    for (int64_t attempt = 1; attempt <= 3; attempt++) {
        CHECK_INT(take(&place, "sms", attempt * 100, &items), 1);
        CHECK_INT(items.at[0].attempt, attempt);
        CHECK_OK(settle(&place, items.at[0].id, attempt, OUTCOME_RETRY, attempt * 100 + 50,
                        "gateway busy"),
                 place.err);
        CHECK_INT(take(&place, "sms", attempt * 100 + 49, &items), 0);
        int64_t due = 0;
        CHECK_OK(outbox_next_due_ms(place.ledger, "sms", &due, &place.err), place.err);
        if (attempt < 3)
            CHECK_INT(due, attempt * 100 + 50);
        else
            CHECK(due == INT64_MAX);
    }
    CHECK_INT(count_of(&place, "sms", OUTBOX_DEAD), 1);
}

// The rule of money: a payment whose outcome is not known is asked about, never sent again.
static void a_payment_without_an_answer_is_asked_about(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    size_t count = 0;
    put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
    CHECK_INT(take(&place, "pay", 0, &items), 1);
    CHECK_OK(outbox_reclaim(place.ledger, 1000, NULL, &count, &place.err), place.err);
    CHECK_INT(count_of(&place, "pay", OUTBOX_UNKNOWN), 1);
    CHECK_TEXT(payout_state(&place, "C-1"), "unknown");
    ROW("it is leased to be asked about");
    CHECK_INT(take(&place, "pay", 1000, &items), 1);
    CHECK(items.at[0].ask);
    ROW("no answer: it stays unknown, however often");
    for (int64_t attempt = 2; attempt < 9; attempt++) {
        CHECK_OK(settle(&place, items.at[0].id, attempt, OUTCOME_UNKNOWN, attempt * 1000, ""),
                 place.err);
        CHECK_INT(count_of(&place, "pay", OUTBOX_UNKNOWN), 1);
        CHECK_INT(take(&place, "pay", attempt * 1000, &items), 1);
        CHECK(items.at[0].ask);
    }
    ROW("the answer is: it did not happen");
    CHECK_OK(settle(&place, items.at[0].id, items.at[0].attempt, OUTCOME_ABSENT, 0, ""), place.err);
    CHECK_INT(count_of(&place, "pay", OUTBOX_READY), 1);
    CHECK_TEXT(payout_state(&place, "C-1"), "planned");
    CHECK_INT(take(&place, "pay", 99000, &items), 1);
    CHECK(!items.at[0].ask);
    ROW("\"absent\" is no answer to a sending");
    CHECK_OK(settle(&place, items.at[0].id, items.at[0].attempt, OUTCOME_ABSENT, 0, ""), place.err);
    CHECK_INT(count_of(&place, "pay", OUTBOX_LEASED), 1);
    ROW("paid, and told twice");
    for (int i = 0; i < 2; i++)
        CHECK_OK(settle(&place, items.at[0].id, items.at[0].attempt, OUTCOME_DONE, 0, "file"),
                 place.err);
    CHECK_TEXT(payout_state(&place, "C-1"), "paid");
    AUTO(entry_free) struct entry entry = {0};
    int64_t seq = 0;
    struct hash head;
    CHECK_OK(ledger_head(place.ledger, &seq, &head, &place.err), place.err);
    CHECK_OK(ledger_entry(place.ledger, seq, &entry, &place.err), place.err);
    CHECK_TEXT(entry.kind, "payment");
    CHECK_HAS(entry.text, "\"outcome\":\"paid\"");
}

static void a_refused_payment_is_rejected_with_an_entry(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
    CHECK_INT(take(&place, "pay", 0, &items), 1);
    CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_REFUSED, 0, "no such account"), place.err);
    CHECK_INT(count_of(&place, "pay", OUTBOX_DEAD), 1);
    CHECK_TEXT(payout_state(&place, "C-1"), "rejected");
    CHECK_INT(take(&place, "pay", 99999, &items), 0);
}

static void what_expires_first_goes_first_within_a_lane(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "never", "a", 0, 0}, "");
    put(&place, &(struct message){"sms", "late", "b", 0, 900}, "");
    put(&place, &(struct message){"sms", "soon", "c", 0, 500}, "");
    put(&place, &(struct message){"sms", "note", "d", 2, 101}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 4);
    static const char *const order[] = {"soon", "late", "never", "note"};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        CHECK_TEXT(items.at[i].key, order[i]);
}

static void credit_that_is_kept_for_the_urgent_takes_no_other(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "note", "a", 2, 0}, "");
    put(&place, &(struct message){"sms", "alert", "b", 0, 0}, "");
    struct outbox_claim claim = {"sms", "w", 10, 0, {100}, 0, 1000, NULL};
    CHECK_OK(outbox_take(place.ledger, &claim, &items, &place.err), place.err);
    CHECK_INT(items.count, 1);
    CHECK_TEXT(items.at[0].key, "alert");
}

static void a_newer_message_of_a_thread_takes_the_place(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put_in_thread(&place, &(struct message){"sms", "t1", "a", 0, 0}, "", "t");
    put_in_thread(&place, &(struct message){"sms", "u1", "b", 0, 0}, "", "u");
    put_in_thread(&place, &(struct message){"sms", "t2", "a", 0, 0}, "", "t");
    CHECK_INT(count_of(&place, "sms", OUTBOX_SUPERSEDED), 1);
    CHECK_INT(take(&place, "sms", 0, &items), 2);
    CHECK_TEXT(items.at[0].key, "u1");
    CHECK_TEXT(items.at[1].key, "t2");
    ROW("one that is in hand is let be, but not tried again");
    put_in_thread(&place, &(struct message){"sms", "u2", "b", 0, 0}, "", "u");
    CHECK_INT(count_of(&place, "sms", OUTBOX_LEASED), 2);
    CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_RETRY, 0, ""), place.err);
    CHECK_INT(count_of(&place, "sms", OUTBOX_SUPERSEDED), 2);
    ROW("nor when its worker is gone");
    put_in_thread(&place, &(struct message){"sms", "t3", "a", 0, 0}, "", "t");
    size_t count = 0;
    CHECK_OK(outbox_reclaim(place.ledger, 0, "worker-1", &count, &place.err), place.err);
    CHECK_INT(count_of(&place, "sms", OUTBOX_SUPERSEDED), 3);
    CHECK_INT(take(&place, "sms", 0, &items), 2);
    CHECK_TEXT(items.at[0].key, "u2");
    CHECK_TEXT(items.at[1].key, "t3");
}

// What each outcome leads to, of a message and of a payment, sent and asked about.
static void outcomes_have_their_consequences(void **state)
{
    (void)state;
    static const struct {
        const char *name, *channel;
        bool ask;
        enum outcome outcome;
        enum outbox_state state;
        const char *payout;
    } rows[] = {
        {"sms done", "sms", false, OUTCOME_DONE, OUTBOX_DONE, NULL},
        {"sms in the carrier's hand", "sms", false, OUTCOME_PENDING, OUTBOX_UNKNOWN, NULL},
        {"sms throttled", "sms", false, OUTCOME_BUSY, OUTBOX_READY, NULL},
        {"sms with no way", "sms", false, OUTCOME_DOWN, OUTBOX_READY, NULL},
        {"sms in doubt is sent again", "sms", false, OUTCOME_UNKNOWN, OUTBOX_READY, NULL},
        {"sms refused", "sms", false, OUTCOME_REFUSED, OUTBOX_DEAD, NULL},
        {"pay done", "pay", false, OUTCOME_DONE, OUTBOX_DONE, "paid"},
        {"pay in the provider's hand", "pay", false, OUTCOME_PENDING, OUTBOX_UNKNOWN, "accepted"},
        {"pay throttled", "pay", false, OUTCOME_BUSY, OUTBOX_READY, "planned"},
        {"pay failed for now", "pay", false, OUTCOME_RETRY, OUTBOX_READY, "planned"},
        {"pay in doubt is asked about", "pay", false, OUTCOME_UNKNOWN, OUTBOX_UNKNOWN, "unknown"},
        {"pay refused", "pay", false, OUTCOME_REFUSED, OUTBOX_DEAD, "rejected"},
        {"asked: paid", "pay", true, OUTCOME_DONE, OUTBOX_DONE, "paid"},
        {"asked: not yet", "pay", true, OUTCOME_PENDING, OUTBOX_UNKNOWN, "accepted"},
        {"asked: it never was", "pay", true, OUTCOME_ABSENT, OUTBOX_READY, "planned"},
        {"asked: no answer", "pay", true, OUTCOME_UNKNOWN, OUTBOX_UNKNOWN, "unknown"},
        {"asked: busy", "pay", true, OUTCOME_BUSY, OUTBOX_UNKNOWN, "unknown"},
        {"asked: it failed for good", "pay", true, OUTCOME_REFUSED, OUTBOX_DEAD, "rejected"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        size_t count = 0;
        ROW(rows[i].name);
        put(&place, &(struct message){rows[i].channel, "C-1", "a", 1, 0}, "");
        CHECK_INT(take(&place, rows[i].channel, 0, &items), 1);
        if (rows[i].ask) {
            CHECK_OK(outbox_reclaim(place.ledger, 1000, NULL, &count, &place.err), place.err);
            CHECK_INT(take(&place, rows[i].channel, 2000, &items), 1);
            CHECK(items.at[0].ask);
        }
        CHECK_OK(settle(&place, items.at[0].id, items.at[0].attempt, rows[i].outcome, 0, "why"),
                 place.err);
        CHECK_INT(count_of(&place, rows[i].channel, rows[i].state), 1);
        if (rows[i].payout)
            CHECK_TEXT(payout_state(&place, "C-1"), rows[i].payout);
    }
}

static void throttling_is_no_try_and_two_doubts_are_enough(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    for (int64_t attempt = 1; attempt <= 20; attempt++) {
        CHECK_INT(take(&place, "sms", attempt, &items), 1);
        CHECK_OK(settle(&place, items.at[0].id, attempt, OUTCOME_BUSY, attempt + 1, "slow"),
                 place.err);
    }
    CHECK_INT(count_of(&place, "sms", OUTBOX_READY), 1);
    for (int64_t attempt = 21; attempt <= 22; attempt++) {
        CHECK_INT(take(&place, "sms", 100, &items), 1);
        CHECK_OK(settle(&place, items.at[0].id, attempt, OUTCOME_UNKNOWN, 100, "no answer"),
                 place.err);
    }
    CHECK_INT(count_of(&place, "sms", OUTBOX_DEAD), 1);
}

static void a_word_on_another_channel_is_a_lie(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
    CHECK_INT(take(&place, "pay", 0, &items), 1);
    struct outbox_answer lie = {items.at[0].id, 1, OUTCOME_DONE, "sms", 0, {0}, "", "x"};
    CHECK_INT(outbox_settle(place.ledger, &lie, 1, 3, &place.err), ERR_INPUT);
    CHECK_HAS(place.err.text, "of channel sms");
    CHECK_TEXT(payout_state(&place, "C-1"), "sending");
}

static void dead_letters_are_listed_and_replayed(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    AUTO(mem_drop) struct outbox_dead *dead = NULL;
    size_t count = 0;
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    int64_t sms = items.at[0].id;
    CHECK_OK(settle(&place, sms, 1, OUTCOME_REFUSED, 0, "no such number"), place.err);
    CHECK_INT(take(&place, "pay", 0, &items), 1);
    int64_t pay = items.at[0].id;
    CHECK_OK(settle(&place, pay, 1, OUTCOME_REFUSED, 0, "no account"), place.err);
    CHECK_OK(outbox_dead_list(place.ledger, NULL, 10, &dead, &count, &place.err), place.err);
    CHECK_INT(count, 2);
    CHECK_TEXT(dead[0].why, "no such number");
    ROW("a message by who may send messages again, a payment by who may do that");
    replay(&place, sms, true, ERR_REFUSED);
    CHECK_HAS(place.err.text, "is no payment; write gong notify retry");
    replay(&place, pay, false, ERR_REFUSED);
    CHECK_HAS(place.err.text, "is a payment; write gong pay retry");
    replay(&place, sms, false, OK);
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    CHECK(!items.at[0].ask);
    ROW("a payment is asked about first");
    replay(&place, pay, true, OK);
    CHECK_TEXT(payout_state(&place, "C-1"), "unknown");
    CHECK_INT(take(&place, "pay", 0, &items), 1);
    CHECK(items.at[0].ask);
    ROW("only what is dead");
    replay(&place, pay, true, ERR_INPUT);
    replay(&place, 999, false, ERR_MISSING);
}

static enum outbox_state replay_at(struct place *place, int64_t id, int64_t at_s)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    enum outbox_state became = OUTBOX_DEAD;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(outbox_replay(txn, id, false, (struct utc){at_s}, &became, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return became;
}

// Who sends a dead letter again is told what it is now: a stale warning harms, and so does one that
// a newer one took the place of.
static void what_is_stale_or_overtaken_is_not_sent_again(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct outbox_view view;
    int64_t id[3];
    put(&place, &(struct message){"sms", "stale", "a", 0, 1000}, "");
    put_in_thread(&place, &(struct message){"sms", "old", "b", 0, 9000}, "", "t");
    put(&place, &(struct message){"sms", "due", "c", 0, 9000}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 3);
    for (size_t i = 0; i < 3; i++) {
        id[i] = items.at[i].id;
        CHECK_OK(settle(&place, id[i], 1, OUTCOME_REFUSED, 0, "no such number"), place.err);
    }
    put_in_thread(&place, &(struct message){"sms", "new", "b", 0, 9000}, "", "t");
    CHECK_INT(replay_at(&place, id[0], 1000), OUTBOX_EXPIRED);
    CHECK_INT(replay_at(&place, id[1], 1000), OUTBOX_SUPERSEDED);
    CHECK_INT(replay_at(&place, id[2], 1000), OUTBOX_READY);
    ROW("what stands of each");
    CHECK_OK(outbox_view(place.ledger, id[0], &view, &place.err), place.err);
    CHECK_TEXT(view.key, "stale");
    CHECK_TEXT(view.person, "a");
    CHECK_TEXT(view.result, "its time is over");
    CHECK_INT(view.state, OUTBOX_EXPIRED);
    CHECK_INT(view.expires.s, 1000);
    CHECK_INT(outbox_view(place.ledger, 999, &view, &place.err), ERR_MISSING);
    ROW("what has waited for longest");
    bool some = false;
    CHECK_OK(outbox_view_oldest(place.ledger, "sms", &view, &some, &place.err), place.err);
    CHECK(some);
    CHECK_INT(view.id, id[2]);
    CHECK_OK(outbox_view_oldest(place.ledger, "mail", &view, &some, &place.err), place.err);
    CHECK(!some);
}

TEST_MAIN(cmocka_unit_test(what_is_stale_or_overtaken_is_not_sent_again),
          cmocka_unit_test(what_expires_first_goes_first_within_a_lane),
          cmocka_unit_test(credit_that_is_kept_for_the_urgent_takes_no_other),
          cmocka_unit_test(a_newer_message_of_a_thread_takes_the_place),
          cmocka_unit_test(outcomes_have_their_consequences),
          cmocka_unit_test(throttling_is_no_try_and_two_doubts_are_enough),
          cmocka_unit_test(a_word_on_another_channel_is_a_lie),
          cmocka_unit_test(dead_letters_are_listed_and_replayed),
          cmocka_unit_test(the_same_key_is_the_same_message),
          cmocka_unit_test(lanes_go_first_then_age),
          cmocka_unit_test(one_message_in_flight_per_person),
          cmocka_unit_test(a_stale_warning_is_not_sent),
          cmocka_unit_test(a_lease_that_is_over_is_handed_out_again),
          cmocka_unit_test(a_worker_that_is_gone_holds_nothing),
          cmocka_unit_test(a_message_that_ends_its_workers_is_a_dead_letter),
          cmocka_unit_test(tries_are_counted_until_it_is_dead),
          cmocka_unit_test(a_payment_without_an_answer_is_asked_about),
          cmocka_unit_test(a_refused_payment_is_rejected_with_an_entry))
