// What carriers say later of messages, and of payments.
#include "tests/ledger/outbox_put.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/outbox.h"

static enum err_kind say(struct place *place, const char *channel, const char *ref, const char *key,
                         enum evidence_kind kind)
{
    struct outbox_evidence evidence = {channel, ref, key, kind, {7}, "receipt"};
    enum err_kind noted = OK;
    enum err_kind failed = outbox_testify(place->ledger, &evidence, 1, &noted, &place->err);
    return failed ? failed : noted;
}

static int64_t evidence_of(struct place *place, const char *key)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(place->ledger), "SELECT evidence FROM outbox WHERE key = ?");
    bool row = false;
    stmt_text(stmt, 1, key);
    CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
    return row_int(stmt, 0);
}

// Of one turn of a dispatcher.
static void answers_and_receipts_are_one_commit(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t attempt; // that is answered; it has one
        enum err_kind kind;
        const char *ref; // of the report, "": by its key
        enum err_kind noted;
        enum evidence_kind evidence;
        int64_t done;
    } rows[] = {
        {"both are recorded", 1, OK, "", OK, EVIDENCE_DELIVERED, 1},
        {"a report by the name that its answer brings", 1, OK, "p1", OK, EVIDENCE_DELIVERED, 1},
        {"a report of nobody leaves the answer", 1, OK, "p2", ERR_MISSING, EVIDENCE_NONE, 1},
        {"an answer that lies: nothing", 2, ERR_INPUT, "", OK, EVIDENCE_NONE, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        ROW(rows[i].name);
        put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        struct outbox_answer answer = {
            items.at[0].id, rows[i].attempt, OUTCOME_DONE, "sms", 0, {0}, "p1", "x"};
        struct outbox_evidence said = {
            "sms", rows[i].ref, *rows[i].ref ? "" : "k", EVIDENCE_DELIVERED, {7}, "receipt"};
        enum err_kind noted = OK;
        struct outbox_news news = {&answer, 1, &said, 1, &noted};
        CHECK_INT(outbox_record(place.ledger, &news, 3, &place.err), rows[i].kind);
        CHECK_INT(noted, rows[i].noted);
        CHECK_INT(evidence_of(&place, "k"), rows[i].evidence);
        CHECK_INT(count_of(&place, "sms", OUTBOX_DONE), rows[i].done);
    }
}

static void many_receipts_are_one_commit(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    struct outbox_evidence said[] = {{"sms", "", "nobody's", EVIDENCE_FAILED, {7}, "receipt"},
                                     {"sms", "", "k", EVIDENCE_DELIVERED, {7}, "receipt"}};
    enum err_kind noted[2];
    ROW("one that names no message does not keep the others from being recorded");
    CHECK_OK(outbox_testify(place.ledger, said, 2, noted, &place.err), place.err);
    CHECK(noted[0] == ERR_MISSING && noted[1] == OK);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_DELIVERED);
}

static void receipts_come_in_any_order(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    ROW("before the answer is here nobody knows the ref");
    CHECK_INT(say(&place, "sms", "p1", "", EVIDENCE_DELIVERED), ERR_MISSING);
    struct outbox_answer answer = {items.at[0].id, 1, OUTCOME_DONE, "sms", 0, {0}, "p1 p2", "x"};
    CHECK_OK(outbox_settle(place.ledger, &answer, 1, 3, &place.err), place.err);
    ROW("of two parts one: not delivered yet");
    CHECK_OK(say(&place, "sms", "p1", "", EVIDENCE_DELIVERED), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_NONE);
    CHECK_OK(say(&place, "sms", "p2", "", EVIDENCE_ACCEPTED), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_ACCEPTED);
    CHECK_OK(say(&place, "sms", "p2", "", EVIDENCE_DELIVERED), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_DELIVERED);
    ROW("late and twice: nothing changes");
    CHECK_OK(say(&place, "sms", "p2", "", EVIDENCE_ACCEPTED), place.err);
    CHECK_OK(say(&place, "sms", "p2", "", EVIDENCE_FAILED), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_DELIVERED);
    ROW("another channel's refs are others");
    CHECK_INT(say(&place, "pay", "p1", "", EVIDENCE_DELIVERED), ERR_MISSING);
}

static void a_part_is_not_the_whole(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    ROW("one part was taken and is delivered, the other was never taken");
    struct outbox_answer answer = {items.at[0].id, 1, OUTCOME_RETRY, "sms", 0, {0}, "p1 p2", "x"};
    CHECK_OK(outbox_settle(place.ledger, &answer, 1, 3, &place.err), place.err);
    CHECK_OK(say(&place, "sms", "p1", "", EVIDENCE_DELIVERED), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_NONE);
    ROW("the next try has both taken: delivered with the other's receipt");
    outbox_items_free(&items);
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    answer.attempt = items.at[0].attempt;
    answer.outcome = OUTCOME_DONE;
    CHECK_OK(outbox_settle(place.ledger, &answer, 1, 3, &place.err), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_NONE);
    CHECK_OK(say(&place, "sms", "p2", "", EVIDENCE_DELIVERED), place.err);
    CHECK_INT(evidence_of(&place, "k"), EVIDENCE_DELIVERED);
}

static void answer(struct place *place, int64_t id, int64_t attempt, enum outcome outcome,
                   const char *ref)
{
    struct outbox_answer said = {id, attempt, outcome, "sms", 0, {0}, ref, "x"};
    CHECK_OK(outbox_settle(place->ledger, &said, 1, 9, &place->err), place->err);
}

static void take_again(struct place *place, int64_t attempt)
{
    AUTO(outbox_items_free) struct outbox_items items = {0};
    CHECK_INT(take(place, "sms", attempt, &items), 1);
}

// Each word as TRY:PART=LETTER; a: accepted, d: delivered, f: failed. "A" to "C": the answer of try
// 1 to 3 is recorded, with both of its parts, or with `same` at every try; "b", "c": that try is in
// hand now, else it is taken when it is answered; "k=LETTER": by the message's key.
static void say_all(struct place *place, int64_t id, const char *words, const char *same)
{
    int64_t in_hand = 1;
    for (const char *at = words; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        if (*at == 'b' || *at == 'c') {
            in_hand = *at - 'a' + 1;
            take_again(place, in_hand);
            continue;
        }
        if (*at == 'l') {
            size_t count = 0;
            CHECK_OK(outbox_reclaim(place->ledger, 5000, NULL, &count, &place->err), place->err);
            CHECK_INT(count, 1);
            continue;
        }
        if (*at >= 'A' && *at <= 'C') {
            char refs[20];
            int64_t attempt = *at - 'A' + 1;
            (void)snprintf(refs, sizeof(refs), "%d:1 %d:2", (int)attempt, (int)attempt);
            if (attempt > in_hand)
                take_again(place, in_hand = attempt);
            answer(place, id, attempt, at[1] == '!' ? OUTCOME_RETRY : OUTCOME_DONE,
                   same ? same : refs);
            continue;
        }
        const char *is = strchr(at, '=') + 1;
        enum evidence_kind kind = *is == 'a'   ? EVIDENCE_ACCEPTED
                                  : *is == 'd' ? EVIDENCE_DELIVERED
                                               : EVIDENCE_FAILED;
        char ref[8];
        (void)snprintf(ref, sizeof(ref), "%.*s", (int)strcspn(at, "="), at);
        CHECK_OK(say(place, "sms", *at == 'k' ? "" : ref, *at == 'k' ? "k" : "", kind), place->err);
    }
}

static void tries_make(const char *name, const char *words, const char *same,
                       enum evidence_kind evidence)
{
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    ROW(name);
    put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
    CHECK_INT(take(&place, "sms", 0, &items), 1);
    say_all(&place, items.at[0].id, words, same);
    CHECK_INT(evidence_of(&place, "k"), evidence);
}

// What came of one try says nothing of the next.
static void a_part_belongs_to_its_try(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
        enum evidence_kind evidence;
    } rows[] = {
        {"a part of the only try failed", "A 1:1=d 1:2=f", EVIDENCE_FAILED},
        {"failed, and the next is on its way", "A! 1:1=f B", EVIDENCE_NONE},
        {"failed, and the next delivers", "A! 1:1=f B 2:1=d 2:2=d", EVIDENCE_DELIVERED},
        {"the report of the first comes when the next is out", "A! B 1:1=f 2:1=d 2:2=d",
         EVIDENCE_DELIVERED},
        {"or between", "A! B 2:1=d 1:2=f 2:2=d", EVIDENCE_DELIVERED},
        {"one that says both while the next is in hand", "A! b 1:1=f 1:1=d 1:2=d B", EVIDENCE_NONE},
        {"or last: it takes nothing back", "A! B 2:1=d 2:2=d 1:1=f", EVIDENCE_DELIVERED},
        {"both fail", "A! B 1:1=f 2:2=f", EVIDENCE_FAILED},
        {"the first delivers after all", "A! B 2:1=f 1:1=d 1:2=d", EVIDENCE_DELIVERED},
        {"a part of each is not the message", "A! B 1:1=d 2:2=d", EVIDENCE_NONE},
        {"the first fails while the next is in hand", "A! b 1:1=f B 2:1=d 2:2=d",
         EVIDENCE_DELIVERED},
        {"the first fails while the third is in hand, the second delivers",
         "A! B! c 1:1=f C 2:1=d 2:2=d", EVIDENCE_DELIVERED},
        {"three tries", "A! 1:1=f B! 2:1=f C 3:1=d 3:2=a", EVIDENCE_ACCEPTED},
        {"by its key, and the next by parts", "A! k=f B 2:1=d 2:2=d", EVIDENCE_DELIVERED},
        {"by its key when the next is out", "A! B k=f 2:1=a 2:2=a", EVIDENCE_ACCEPTED},
        {"by its key delivered after all", "A! B 2:1=f k=d", EVIDENCE_DELIVERED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        tries_make(rows[i].name, rows[i].words, NULL, rows[i].evidence);
}

// One name for all tries is of the last.
static void a_name_of_all_tries(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
        enum evidence_kind evidence;
    } rows[] = {
        {"the same name at every try: what failed is on its way again", "A! w=f B", EVIDENCE_NONE},
        {"and delivers", "A! w=f B w=d", EVIDENCE_DELIVERED},
        {"and fails again", "A! w=f B w=f", EVIDENCE_FAILED},
        {"what the first try has reached is not lost", "A! w=a B", EVIDENCE_ACCEPTED},
        {"nor that it delivered", "A! w=d B w=f", EVIDENCE_DELIVERED},
        {"what fails while the next is in hand may be that one", "A! b w=f B", EVIDENCE_FAILED},
        {"also after the first failed", "A! w=f b w=f B", EVIDENCE_FAILED},
        {"also said twice", "A! b w=f w=f B", EVIDENCE_FAILED},
        {"it was the first: the next delivers", "A! b w=f B w=d", EVIDENCE_DELIVERED},
        {"or fails as well", "A! b w=f B w=f", EVIDENCE_FAILED},
        {"of three the second", "A! b w=f B! C", EVIDENCE_NONE},
        {"of three the third", "A! B! c w=f C", EVIDENCE_FAILED},
        {"what failed before it was in hand is of none later", "A! w=f b B", EVIDENCE_NONE},
        {"it failed and was delivered while the next is in hand: one of them is there",
         "A! b w=f w=d B", EVIDENCE_DELIVERED},
        {"the first failed, and while the next is in hand it is delivered", "A! w=f b w=d B",
         EVIDENCE_DELIVERED},
        {"what failed after that takes nothing back", "A! w=f b w=d w=f B", EVIDENCE_DELIVERED},
        {"nor before the answer of a third", "A! w=f b w=d B! c w=f C", EVIDENCE_DELIVERED},
        {"nor is it lost when nobody answers for that try", "A! w=f b w=d l c C",
         EVIDENCE_DELIVERED},
        {"what fails in such a try is not of the next", "A! w=a b w=f l c C", EVIDENCE_NONE},
        {"before the answer of a third", "A! w=f B! c w=f w=d C", EVIDENCE_DELIVERED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        tries_make(rows[i].name, rows[i].words, "w", rows[i].evidence);
}

static void names_of_all_tries(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
        enum evidence_kind evidence;
    } rows[] = {
        {"one failed and was delivered while the next is in hand, and then the other",
         "A! b w=f w=d B v=d", EVIDENCE_DELIVERED},
        {"and nothing of the other", "A! b w=f w=d B", EVIDENCE_NONE},
        {"and the other failed", "A! b w=f w=d v=f B", EVIDENCE_FAILED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        tries_make(rows[i].name, rows[i].words, "w v", rows[i].evidence);
}

// A carrier that counts anew, or names all alike: whose report that is nobody knows, and the other
// parts alone are not the message.
static void a_name_of_another_message(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ref;
        int64_t attempt;
        enum evidence_kind evidence; // when "p" is delivered, if the message has it
    } rows[] = {
        {"the first try", "0", 1, EVIDENCE_NONE},
        {"the second", "0", 2, EVIDENCE_NONE},
        {"no name at all", " ", 1, EVIDENCE_NONE},
        {"no name at all, at the second", " ", 2, EVIDENCE_NONE},
        {"one of two parts", "0 p", 1, EVIDENCE_NONE},
        {"one of two, the other way round", "p 0", 1, EVIDENCE_NONE},
        {"one of two, at the second try", "0 p", 2, EVIDENCE_NONE},
        {"neither of two", "q p", 2, EVIDENCE_ACCEPTED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        ROW(rows[i].name);
        put(&place, &(struct message){"sms", "other", "b", 0, 0}, "");
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        answer(&place, items.at[0].id, 1, OUTCOME_DONE, "0");
        put(&place, &(struct message){"sms", "k", "a", 0, 0}, "");
        CHECK_INT(take(&place, "sms", 0, &items), 1);
        int64_t id = items.at[0].id;
        for (int64_t attempt = 2; attempt <= rows[i].attempt; attempt++) {
            answer(&place, id, attempt - 1, OUTCOME_RETRY, rows[i].ref);
            CHECK_INT(take(&place, "sms", attempt, &items), 1);
        }
        answer(&place, id, rows[i].attempt, OUTCOME_DONE, rows[i].ref);
        answer(&place, id, rows[i].attempt, OUTCOME_DONE, rows[i].ref); // said twice
        if (strchr(rows[i].ref, 'q'))
            CHECK_OK(say(&place, "sms", "q", "", EVIDENCE_ACCEPTED), place.err);
        if (strchr(rows[i].ref, 'p'))
            CHECK_OK(say(&place, "sms", "p", "", EVIDENCE_DELIVERED), place.err);
        CHECK_INT(evidence_of(&place, "k"), rows[i].evidence);
        CHECK_OK(say(&place, "sms", "0", "", EVIDENCE_DELIVERED), place.err);
        CHECK_INT(evidence_of(&place, "other"), EVIDENCE_DELIVERED);
        CHECK_INT(evidence_of(&place, "k"), rows[i].evidence);
        ROW("by its key it is delivered after all");
        CHECK_OK(say(&place, "sms", "", "k", EVIDENCE_DELIVERED), place.err);
        CHECK_INT(evidence_of(&place, "k"), EVIDENCE_DELIVERED);
    }
}

static void evidence_ends_a_payment(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
    put(&place, &(struct message){"pay", "C-2", "b", 1, 0}, "");
    CHECK_INT(take(&place, "pay", 0, &items), 2);
    CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_PENDING, 900, ""), place.err);
    CHECK_OK(say(&place, "pay", "", "C-1", EVIDENCE_ACCEPTED), place.err);
    CHECK_TEXT(payout_state(&place, "C-1"), "accepted");
    CHECK_OK(say(&place, "pay", "", "C-1", EVIDENCE_DELIVERED), place.err);
    CHECK_TEXT(payout_state(&place, "C-1"), "paid");
    CHECK_OK(say(&place, "pay", "", "C-1", EVIDENCE_FAILED), place.err);
    CHECK_TEXT(payout_state(&place, "C-1"), "paid");
    CHECK_OK(say(&place, "pay", "", "C-2", EVIDENCE_FAILED), place.err);
    CHECK_TEXT(payout_state(&place, "C-2"), "rejected");
    CHECK_INT(count_of(&place, "pay", OUTBOX_DEAD), 1);
}

static void put_state(struct place *place, const char *sql)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(place->ledger), sql);
    CHECK_OK(stmt_run(stmt, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static int64_t count_in(struct place *place, const char *sql)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(place->ledger), sql);
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
    return row_int(stmt, 0);
}

// Whatever became of the message: money that is there is not sent again.
static void a_payout_that_is_paid_is_never_sent_again(void **state)
{
    (void)state;
    static const struct {
        const char *name, *payout, *state, *why, *result;
        bool is_sent; // before
    } rows[] = {
        {"paid", "UPDATE payout SET state = 'paid' WHERE contract = 'C-1'", "paid",
         "its payout is paid and never becomes", "its payout is paid", true},
        {"paid, and returned", "UPDATE payout SET state = 'returned' WHERE contract = 'C-1'",
         "returned", "its payout is returned and never becomes", "its payout is paid, and returned",
         true},
        {"paid, and never sent by us", "UPDATE payout SET state = 'paid' WHERE contract = 'C-1'",
         "paid", "its payout is paid and never becomes", "its payout is paid", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        AUTO(mem_drop) struct outbox_dead *dead = NULL;
        size_t count = 0;
        ROW(rows[i].name);
        put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
        if (rows[i].is_sent) {
            CHECK_INT(take(&place, "pay", 0, &items), 1);
            CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_RETRY, 0, "busy"), place.err);
        }
        put_state(&place, rows[i].payout);
        ROW("not by a lease, and the others go on");
        put(&place, &(struct message){"pay", "C-2", "b", 1, 0}, "");
        CHECK_INT(take(&place, "pay", 0, &items), 1);
        CHECK_TEXT(items.at[0].key, "C-2");
        CHECK_TEXT(payout_state(&place, "C-1"), rows[i].state);
        CHECK_TEXT(payout_state(&place, "C-2"), "sending");
        CHECK_INT(count_in(&place, "SELECT count(*) FROM intent"), 1 + rows[i].is_sent);
        CHECK_INT(count_in(&place, "SELECT max(amount) FROM spent"), 1000 * (1 + rows[i].is_sent));
        CHECK_OK(outbox_dead_list(place.ledger, "pay", 10, &dead, &count, &place.err), place.err);
        CHECK_INT(count, 1);
        CHECK_TEXT(dead[0].key, "C-1");
        CHECK_TEXT(dead[0].why, rows[i].result);
        ROW("nor as a dead letter");
        replay(&place, dead[0].id, true, ERR_REFUSED);
        CHECK_HAS(place.err.text, rows[i].why);
        CHECK_INT(count_of(&place, "pay", OUTBOX_DEAD), 1);
    }
}

// While it is in hand the money turns out to be there: what becomes of the lease changes nothing.
static void a_payout_that_is_paid_stays_so(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool lapses;
    } rows[] = {{"it is to be tried again", false}, {"its lease lapses", true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        size_t count = 0;
        ROW(rows[i].name);
        put(&place, &(struct message){"pay", "C-1", "a", 1, 0}, "");
        CHECK_INT(take(&place, "pay", 0, &items), 1);
        put_state(&place, "UPDATE payout SET state = 'paid'");
        if (rows[i].lapses)
            CHECK_OK(outbox_reclaim(place.ledger, 5000, NULL, &count, &place.err), place.err);
        else
            CHECK_OK(settle(&place, items.at[0].id, 1, OUTCOME_BUSY, 0, "busy"), place.err);
        CHECK_INT(count, rows[i].lapses);
        CHECK_TEXT(payout_state(&place, "C-1"), "paid");
    }
}

TEST_MAIN(cmocka_unit_test(answers_and_receipts_are_one_commit),
          cmocka_unit_test(many_receipts_are_one_commit),
          cmocka_unit_test(receipts_come_in_any_order), cmocka_unit_test(a_part_is_not_the_whole),
          cmocka_unit_test(a_part_belongs_to_its_try), cmocka_unit_test(a_name_of_all_tries),
          cmocka_unit_test(names_of_all_tries), cmocka_unit_test(evidence_ends_a_payment),
          cmocka_unit_test(a_payout_that_is_paid_is_never_sent_again),
          cmocka_unit_test(a_payout_that_is_paid_stays_so),
          cmocka_unit_test(a_name_of_another_message))
