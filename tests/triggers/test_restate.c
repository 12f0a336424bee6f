#include "triggers/restate.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/reading.h"
#include "tests/ledger/place.h"

static void put_set(struct place *place)
{
    char a[] = "00001", b[] = "00002", name[] = "Xã", zone[] = "z";
    struct commune communes[] = {{.code = a, .name = name, .zone = zone, .area_km2 = 1},
                                 {.code = b, .name = name, .zone = zone, .area_km2 = 1}};
    struct boundary_set set = {.name = "two", .count = 2, .commune = communes};
    bool fresh;
    set.hash = boundary_set_hash(&set);
    CHECK_OK(boundary_set_put(place->map, &set, &fresh, &place->err), place->err);
}

// One revision of the only step, and the batch that stands on it: commune 00001 has `value`, and is
// paid `amount` under `period`.
static void decide(struct place *place, int32_t value, enum answer answer, const char *period,
                   int64_t amount)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct doc *list = doc_array();
    int32_t values[2] = {value, 7000};
    uint16_t cover[2] = {READING_COVER_FULL, READING_COVER_FULL};
    struct reading reading = {.meta = {.source = "gauge",
                                       .variable = "rain",
                                       .boundary_set = "two",
                                       .valid_to = {86400},
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE,
                                       .raw = hash_of((struct str){(char *)&value, sizeof(value)})},
                              .communes = 2,
                              .value = values,
                              .cover = cover};
    struct batch batch = {"q", 1, {{0}}, "two", "p", {172800}, {{0}}};
    struct money standing;
    struct hash hash;
    int64_t batch_seq, seq;
    bool fresh;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(reading_put(txn, &reading, &fresh, &hash, &place->err), place->err);
    doc_push_text(list, hash_hex(hash).at);
    doc_put(inputs, "readings", list);
    batch.basis = hash;
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    struct decision one = {"00001", answer, true, value, trace, 0, NULL};
    struct decision two = {"00002", ANSWER_NO, true, 7000, trace, 0, NULL};
    CHECK_OK(decision_put(txn, &batch, batch_seq, &one, &seq, &place->err), place->err);
    struct payout payout = {"C-1", period, "q", VND(amount), seq};
    if (amount)
        CHECK_OK(payout_put(txn, batch.as_of, &payout, &fresh, &standing, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &two, &seq, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static void corrections_say_what_was_revised_and_what_was_added(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(doc_free) struct doc *commune = NULL;
    AUTO(doc_free) struct doc *policy = NULL;
    AUTO(buf_free) struct buf words = buf_new(100000);
    struct restate_query query = {.policy = "q", .commune = "00001", .contract = "C-1"};
    put_set(&place);
    decide(&place, 1000, ANSWER_NO, "p", 0);
    decide(&place, 150500, ANSWER_YES, "p", 400000);
    decide(&place, 200000, ANSWER_YES, "p+1", 100000);
    // The hashes of the files: printf "\\xe4\\x4b\\x02\\x00" | sha256sum
    CHECK_OK(restate_make(place.ledger, place.map, &query, &commune, &place.err), place.err);
    restate_say(commune, LANGUAGE_EN, &words);
    CHECK_TEXT(words.at,
               "#2  q v1  period p  no, index 1\n"
               "#5  q v1  period p  yes, index 150.5; replaces #2\n"
               "    revised gauge 1970-01-01T00:00:00Z .. 1970-01-02T00:00:00Z: 1 -> 150.5; file "
               "bfe75402677d… \n"
               "    payout C-1, p: 400,000 VND (planned)\n"
               "#9  q v1  period p  yes, index 200; replaces #5\n"
               "    revised gauge 1970-01-01T00:00:00Z .. 1970-01-02T00:00:00Z: 150.5 -> 200; file "
               "347e4e96ea71… \n"
               "    top-up C-1, p+1: 100,000 VND (planned)\n");
    ROW("of a policy: its batches");
    query = (struct restate_query){.policy = "q"};
    buf_clear(&words);
    CHECK_OK(restate_make(place.ledger, place.map, &query, &policy, &place.err), place.err);
    restate_say(policy, LANGUAGE_VI, &words);
    CHECK_HAS(words.at, "kỳ p  có 1, không 1, không rõ 0; 1 xã đổi kết quả; thay cho #1\n");
    CHECK_HAS(words.at, "có 1, không 1, không rõ 0; 0 xã đổi kết quả; thay cho #4\n");
    CHECK_HAS(words.at, "số liệu sửa gauge");
}

enum { STEPS = 120 };

// A decision on 120 days, each with that value.
static void decide_season(struct place *place, int32_t value)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct doc *list = doc_array();
    int32_t values[2] = {value, value};
    uint16_t cover[2] = {READING_COVER_FULL, READING_COVER_FULL};
    struct batch batch = {"q", 1, {{0}}, "two", "p", {172800}, {{0}}};
    struct decision decision = {"00001", ANSWER_NO, true, value, trace, 0, NULL};
    struct hash hash;
    int64_t batch_seq, seq;
    bool fresh;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int i = 0; i < STEPS; i++) {
        struct reading reading = {
            .meta = {.source = "gauge",
                     .variable = "rain",
                     .boundary_set = "two",
                     .valid_from = {i * DAY_S},
                     .valid_to = {(i + 1) * DAY_S},
                     .issued_at = UTC_NEVER,
                     .member = MEMBER_NONE,
                     .raw = hash_of((struct str){(char *)&value, sizeof(value)})},
            .communes = 2,
            .value = values,
            .cover = cover};
        CHECK_OK(reading_put(txn, &reading, &fresh, &hash, &place->err), place->err);
        doc_push_text(list, hash_hex(hash).at);
    }
    doc_put(inputs, "readings", list);
    batch.basis = hash;
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// More than are shown: what is shown is the first of them by time, each beside what it was.
static void a_season_that_was_revised_is_not_called_late(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(doc_free) struct doc *history = NULL;
    struct restate_query query = {.policy = "q", .commune = "00001"};
    put_set(&place);
    decide_season(&place, 1000);
    decide_season(&place, 2000);
    CHECK_OK(restate_make(place.ledger, place.map, &query, &history, &place.err), place.err);
    const struct doc *second = doc_at(doc_get(history, "decisions"), 1);
    const struct doc *list = doc_get(second, "revised");
    CHECK_INT(doc_count(list), 50);
    CHECK_INT(doc_int(doc_get(second, "revised_more"), 0), STEPS - 50);
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *step = doc_at(list, i);
        CHECK_TEXT(doc_text(doc_get(step, "from"), ""),
                   utc_text((struct utc){(int64_t)i * DAY_S}).at);
        CHECK_INT(doc_int(doc_get(step, "old_milli"), 0), 1000);
        CHECK_INT(doc_int(doc_get(step, "new_milli"), 0), 2000);
    }
}

TEST_MAIN(cmocka_unit_test(corrections_say_what_was_revised_and_what_was_added),
          cmocka_unit_test(a_season_that_was_revised_is_not_called_late))
