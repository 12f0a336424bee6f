// Doubts of readings: from cells to communes, beside what the ledger has, and into the decision.
#include "ingest/doubt.h"

#include "core/doc.h"
#include "ledger/decision.h"
#include "ledger/quality.h"
#include "tests/ingest/one_to_one.h"
#include "tests/ledger/place.h"

// Twelve communes, each one cell of a grid of three rows.
enum { COMMUNES = 12, COLUMNS = 4, ROWS = 3, STEP_S = 3 * HOUR_S, MEMBERS = 51 };

// One file: `members` members of one step, member m of `base` + m.
struct file {
    int64_t issued_h, to_h; // issued_h < 0: an observation
    double base;
    int members;
    size_t ensemble; // what the source says
};

// Puts the file into the ledger as the ingest does; the doubts of all its steps together.
static int put(struct place *place, const struct file *file)
{
    int seen = 0;
    float value[COMMUNES * MEMBERS];
    int32_t milli[COMMUNES];
    uint16_t cover[COMMUNES];
    uint8_t flag[COMMUNES];
    struct grid_step step[MEMBERS] = {0};
    AUTO(weights_free) struct weights *weights = one_to_one(COMMUNES);
    struct frame frame = {.grid = {.rows = ROWS, .columns = COLUMNS},
                          .count = (size_t)file->members,
                          .step = step,
                          .value = value};
    for (size_t i = 0; i < frame.count; i++) {
        memcpy(step[i].variable, "rain", 5);
        step[i].valid_to.s = file->to_h * HOUR_S;
        step[i].valid_from.s = step[i].valid_to.s - STEP_S;
        step[i].issued_at = file->issued_h < 0 ? UTC_NEVER : (struct utc){file->issued_h * HOUR_S};
        step[i].member = file->issued_h < 0 ? MEMBER_NONE : (int32_t)i;
        for (size_t c = 0; c < COMMUNES; c++)
            value[i * COMMUNES + c] = (float)(file->base + (double)i + 0.5 * (double)c);
    }
    AUTO(doubt_free) struct doubt *doubt = doubt_new();
    uint8_t cells[COMMUNES * MEMBERS];
    doubt_cells(&frame, NULL, weights, cells);
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (size_t i = 0; i < frame.count; i++) {
        bool fresh;
        struct hash hash;
        for (size_t c = 0; c < COMMUNES; c++) {
            milli[c] = (int32_t)lround(1000 * (double)value[i * COMMUNES + c]);
            cover[c] = READING_COVER_FULL;
        }
        struct reading reading = {.meta = {.source = "s",
                                           .variable = "rain",
                                           .boundary_set = "b",
                                           .valid_from = step[i].valid_from,
                                           .valid_to = step[i].valid_to,
                                           .issued_at = step[i].issued_at,
                                           .member = step[i].member},
                                  .communes = COMMUNES,
                                  .value = milli,
                                  .cover = cover};
        for (size_t c = 0; c < COMMUNES; c++)
            flag[c] = cells[i * COMMUNES + c] |
                      (doubt_lacks(&frame, file->ensemble) ? QUALITY_MEMBERS : 0);
        CHECK_OK(doubt_step(doubt, place->ledger, &reading, flag, &place->err), place->err);
        CHECK_OK(reading_put(txn, &reading, &fresh, &hash, &place->err), place->err);
        CHECK_OK(quality_put(txn, &hash, flag, COMMUNES, &place->err), place->err);
        for (size_t c = 0; c < COMMUNES; c++)
            seen |= flag[c];
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return seen;
}

static void test_beside_the_ledger(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct file one, two;
        int doubts; // of the second file
    } rows[] = {
        {"another half day of rain", {-1, 3, 10, 1, 0}, {-1, 6, 11, 1, 0}, 0},
        {"the same rain again", {-1, 3, 10, 1, 0}, {-1, 6, 10, 1, 0}, QUALITY_FROZEN},
        {"the same rain ten hours later", {-1, 3, 10, 1, 0}, {-1, 13, 10, 1, 0}, 0},
        {"no rain, again", {-1, 3, -5, 1, 0}, {-1, 6, -5, 1, 0}, 0},
        {"another run", {0, 12, 10, 2, 2}, {6, 12, 20, 2, 2}, 0},
        {"the run before under a new name", {0, 12, 10, 2, 2}, {6, 12, 10, 2, 2}, QUALITY_REPEATED},
        {"the run before, its times moved on",
         {0, 12, 10, 2, 2},
         {6, 18, 10, 2, 2},
         QUALITY_REPEATED},
        {"a run three days later", {0, 12, 10, 2, 2}, {72, 84, 10, 2, 2}, 0},
        {"one member of two", {0, 12, 10, 2, 2}, {6, 12, 20, 1, 2}, QUALITY_MEMBERS},
        {"a control and fifty", {0, 12, 10, 51, 51}, {6, 12, 20, 51, 51}, 0},
        {"a control and forty-nine", {0, 12, 10, 51, 51}, {6, 12, 20, 50, 51}, QUALITY_MEMBERS},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct place place = place_new();
        struct file one = rows[i].one, two = rows[i].two;
        if (one.base < 0) {
            one.base = two.base = -1000; // nothing that counts as weather
            one.members = two.members = 1;
        }
        CHECK_INT(put(&place, &one) & ~(QUALITY_RANGE | QUALITY_SPACE), 0);
        CHECK_INT(put(&place, &two) & ~(QUALITY_RANGE | QUALITY_SPACE), rows[i].doubts);
        place_free(&place);
    }
}

// One doubtful commune of two readings: it alone is flagged, the reading is kept, the decision says
// so.
static void test_into_the_decision(void **state)
{
    (void)state;
    struct place place = place_new();
    struct file wild = {-1, 3, 10, 1, 0};
    CHECK_INT(put(&place, &wild), 0);
    AUTO(readings_free) struct readings readings = {0};
    struct reading_query query = {"s", "rain", "b", UTC_NEVER, {0}, {100 * HOUR_S}};
    CHECK_OK(reading_load(place.ledger, &query, &readings, &place.err), place.err);
    AUTO(mem_drop) uint8_t *none = NULL;
    CHECK_OK(quality_load(place.ledger, &readings, &none, &place.err), place.err);
    CHECK(!none);
    wild.to_h = 6;
    wild.base = 1000; // over half of the record for three hours, everywhere
    CHECK_INT(put(&place, &wild), QUALITY_RANGE);
    readings_free(&readings);
    CHECK_OK(reading_load(place.ledger, &query, &readings, &place.err), place.err);
    CHECK_INT(readings.count, 2); // kept
    AUTO(mem_drop) uint8_t *flag = NULL;
    CHECK_OK(quality_load(place.ledger, &readings, &flag, &place.err), place.err);
    CHECK(flag && flag[0] == QUALITY_RANGE);

    AUTO(doc_free) struct doc *trace = doc_array();
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(entry_free) struct entry entry = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct batch batch = {.policy = "q", .boundary_set = "b", .period = "2024"};
    struct decision decision = {"00001", ANSWER_YES, false, 0, trace, flag[0] | QUALITY_TWIN, NULL};
    int64_t batch_seq, seq;
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place.err), place.err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place.err), place.err);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    CHECK_OK(ledger_entry(place.ledger, seq, &entry, &place.err), place.err);
    CHECK_HAS(entry.text, "\"quality\":[\"range\",\"twin\"]");
    place_free(&place);
}

TEST_MAIN(cmocka_unit_test(test_beside_the_ledger), cmocka_unit_test(test_into_the_decision))
