// Many messages in one statement: leased, and answered as usual, with one among them that is not.
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/group.h"
#include "ledger/outbox.h"
#include "tests/ledger/queue.h"

enum {
    COUNT = 2 * GROUP_MAX + 12, // two groups and a part of one
    ODD = GROUP_MAX + 3,        // the place of the odd one, within the second
    LEASE_MS = 1000,
};

static void put_all(struct place *place)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t cause = cause_of(place);
    char body[] = "{}";
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int i = 0; i < COUNT; i++) {
        bool fresh = false;
        struct outbox_item item = {
            .channel = "sms", .expires = UTC_NEVER, .cause = cause, .body = body};
        (void)snprintf(item.key, sizeof(item.key), "k%d", i);
        CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
        CHECK(fresh);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static void take_all(struct place *place, int64_t now_ms, struct outbox_items *items)
{
    struct outbox_claim claim = {"sms",  "worker-1",        COUNT, INT32_MAX, {100},
                                 now_ms, now_ms + LEASE_MS, NULL};
    outbox_items_free(items);
    CHECK_OK(outbox_take(place->ledger, &claim, items, &place->err), place->err);
}

static int64_t number(struct place *place, const char *sql)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(place->ledger), sql);
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
    CHECK(row);
    return row_int(stmt, 0);
}

static void all_are_leased(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put_all(&place);
    take_all(&place, 0, &items);
    CHECK_INT(items.count, COUNT);
    CHECK_INT(number(&place, "SELECT count(*) FROM outbox WHERE state = 1 AND attempt = 1 AND ask ="
                             " 0 AND worker = 'worker-1' AND lease_until_ms = 1000"),
              COUNT);
    for (size_t i = 0; i < items.count; i++)
        CHECK_INT(items.at[i].attempt, 1);
    take_all(&place, 0, &items);
    CHECK_INT(items.count, 0);
}

// What makes the odd one odd.
enum oddity {
    NOTHING,
    TWICE,
    REFUSED,
    OTHER_WORDS,
    WITH_REF,
    LEASED_AGAIN,
    DONE_ALREADY,
    OTHER_CHANNEL,
    NEVER_TRIED,
    NO_CHANNEL,
};

static void make_odd(struct outbox_answer *answer, enum oddity oddity)
{
    switch (oddity) {
    case TWICE:
        answer->id = answer[-1].id;
        break;
    case REFUSED:
        answer->outcome = OUTCOME_REFUSED;
        break;
    case OTHER_WORDS:
        answer->why = "other words";
        break;
    case WITH_REF:
        answer->ref = "r1";
        break;
    case OTHER_CHANNEL:
        answer->channel = "mail";
        break;
    case NEVER_TRIED:
        answer->attempt = 9;
        break;
    case NO_CHANNEL:
        answer->channel = NULL;
        break;
    case NOTHING:
    case LEASED_AGAIN:
    case DONE_ALREADY:
        break;
    }
}

// Before the answers come, its lease ran out and it was handed out again; or it was answered.
static void prepare(struct place *place, int64_t id, enum oddity oddity)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql), "UPDATE outbox SET %s WHERE id = %lld",
                   oddity == LEASED_AGAIN ? "attempt = 2" : "state = 3, result = 'as usual'",
                   (long long)id);
    if (oddity == LEASED_AGAIN || oddity == DONE_ALREADY)
        CHECK_OK(db_run(ledger_db(place->ledger), sql, &place->err), place->err);
}

static void one_odd_answer_among_many(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum oddity oddity;
        enum err_kind kind;
        int64_t done, leased, dead, as_usual; // as_usual: those with the words of all
    } rows[] = {
        {"none is odd", NOTHING, OK, COUNT, 0, 0, COUNT},
        {"one comes twice, another not", TWICE, OK, COUNT - 1, 1, 0, COUNT - 1},
        {"one is refused", REFUSED, OK, COUNT - 1, 0, 1, COUNT},
        {"one says other words", OTHER_WORDS, OK, COUNT, 0, 0, COUNT - 1},
        {"one says what the carrier calls it", WITH_REF, OK, COUNT, 0, 0, COUNT},
        {"one is of an attempt before", LEASED_AGAIN, OK, COUNT, 0, 0, COUNT},
        {"one is done already", DONE_ALREADY, OK, COUNT, 0, 0, COUNT},
        {"one is of another channel: none counts", OTHER_CHANNEL, ERR_INPUT, 0, COUNT, 0, 0},
        {"one was never tried so often: none counts", NEVER_TRIED, ERR_INPUT, 0, COUNT, 0, 0},
        {"of one the channel is not known", NO_CHANNEL, OK, COUNT, 0, 0, COUNT},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct outbox_answer answer[COUNT];
        put_all(&place);
        take_all(&place, 0, &items);
        for (size_t m = 0; m < COUNT; m++)
            answer[m] = (struct outbox_answer){items.at[m].id, 1,  OUTCOME_DONE, "sms", 0,
                                               {100},          "", "as usual"};
        make_odd(&answer[ODD], rows[i].oddity);
        prepare(&place, items.at[ODD].id, rows[i].oddity);
        CHECK_INT(outbox_settle(place.ledger, answer, COUNT, 3, &place.err), rows[i].kind);
        CHECK_INT(count_of(&place, "sms", OUTBOX_DONE), rows[i].done);
        CHECK_INT(count_of(&place, "sms", OUTBOX_LEASED), rows[i].leased);
        CHECK_INT(count_of(&place, "sms", OUTBOX_DEAD), rows[i].dead);
        CHECK_INT(number(&place, "SELECT count(*) FROM outbox WHERE result = 'as usual'"),
                  rows[i].as_usual);
        CHECK_INT(number(&place, "SELECT count(*) FROM part WHERE ref = 'r1'"),
                  rows[i].oddity == WITH_REF);
    }
}

// By one key, whatever else the message is: the words of carriers, which come in any order.
static void words_of_carriers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *channel, *key;
        enum evidence_kind kind;
        enum err_kind noted;
        int64_t evidence; // of the message afterwards
    } rows[] = {
        {"buffered", "sms", "k1", EVIDENCE_BUFFERED, OK, EVIDENCE_BUFFERED},
        {"accepted: less than it is", "sms", "k1", EVIDENCE_ACCEPTED, OK, EVIDENCE_BUFFERED},
        {"of another channel", "mail", "k1", EVIDENCE_FAILED, ERR_MISSING, EVIDENCE_BUFFERED},
        {"of no message", "sms", "none", EVIDENCE_FAILED, ERR_MISSING, EVIDENCE_BUFFERED},
        {"delivered", "sms", "k1", EVIDENCE_DELIVERED, OK, EVIDENCE_DELIVERED},
        {"failed, after that", "sms", "k1", EVIDENCE_FAILED, OK, EVIDENCE_DELIVERED},
        {"delivered once more", "sms", "k1", EVIDENCE_DELIVERED, OK, EVIDENCE_DELIVERED},
    };
    AUTO(place_free) struct place place = place_new();
    put_all(&place);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct outbox_evidence evidence = {rows[i].channel, "",    rows[i].key,
                                           rows[i].kind,    {100}, "a report"};
        enum err_kind noted = ERR_BROKEN;
        CHECK_OK(outbox_testify(place.ledger, &evidence, 1, &noted, &place.err), place.err);
        CHECK_INT(noted, rows[i].noted);
        CHECK_INT(number(&place, "SELECT evidence FROM outbox WHERE key = 'k1'"), rows[i].evidence);
        CHECK_INT(number(&place, "SELECT count(*) FROM outbox WHERE evidence <> 0"), 1);
    }
}

TEST_MAIN(cmocka_unit_test(all_are_leased), cmocka_unit_test(one_odd_answer_among_many),
          cmocka_unit_test(words_of_carriers))
