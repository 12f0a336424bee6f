#include "triggers/looks.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/evaluate.h"

#include <stdlib.h>

// Looks that are kept beside looks that are taken afresh: policies in turn, in any order, over the
// same readings. GONG_SEED replays one run.
enum { COMMUNES = 9, STEPS = 12, MEMBERS = 4, ROWS = STEPS * (MEMBERS + 1), STEP_S = 21600 };

static uint64_t state_of_random;

static uint32_t below(uint32_t limit)
{
    state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state_of_random >> 33) % limit;
}

// What was observed, and what each member says; some of it not known, some seen too little of.
static void make(struct readings *out)
{
    *out = (struct readings){.count = ROWS, .communes = COMMUNES};
    out->meta = mem_new(ROWS, sizeof(*out->meta));
    out->hash = mem_new(ROWS, sizeof(*out->hash));
    out->value = mem_new((size_t)ROWS * COMMUNES, sizeof(*out->value));
    out->cover = mem_new((size_t)ROWS * COMMUNES, sizeof(*out->cover));
    for (size_t i = 0; i < ROWS; i++) {
        int64_t step = (int64_t)(i % STEPS), member = (int64_t)(i / STEPS) - 1;
        out->meta[i] = (struct reading_meta){.valid_from = {step * STEP_S},
                                             .valid_to = {(step + 1) * STEP_S},
                                             .issued_at = UTC_NEVER,
                                             .member = member < 0 ? MEMBER_NONE : (int32_t)member};
        for (size_t c = 0; c < COMMUNES; c++) {
            out->value[i * COMMUNES + c] = below(40) ? (int32_t)below(90000) : READING_NONE;
            out->cover[i * COMMUNES + c] =
                below(30) ? READING_COVER_FULL : (uint16_t)below(READING_COVER_FULL);
        }
    }
}

static struct policy any_policy(void)
{
    static const enum index_take takes[] = {INDEX_TOTAL, INDEX_MAXIMUM, INDEX_MAXIMUM_SUM};
    bool forecast = below(2);
    return (struct policy){.kind = POLICY_ALERT,
                           .watch = forecast ? WATCH_FORECAST : WATCH_OBSERVATION,
                           .index = {.take = takes[below(COUNT_OF(takes))],
                                     .over_s = STEP_S * 2,
                                     .within_s = (int64_t)STEP_S * STEPS},
                           .rounding_milli = below(2) ? 100 : 1000,
                           .minimum_coverage = below(2) ? 9000 : 0,
                           .trigger = {.there = true,
                                       .compare = COMPARE_MORE_OR_SAME,
                                       .threshold_milli = below(600) * 1000},
                           .ensemble = {.members = forecast ? MEMBERS : 0,
                                        .minimum = 2,
                                        .compare = COMPARE_MORE_OR_SAME,
                                        .probability_milli = 500}};
}

static void check_same(const struct decision_result *a, const struct decision_result *b)
{
    AUTO(buf_free) struct buf first = buf_new(100000);
    AUTO(buf_free) struct buf second = buf_new(100000);
    doc_canonical(a->trace, &first);
    doc_canonical(b->trace, &second);
    CHECK_TEXT(first.at, second.at);
    CHECK_INT(a->answer, b->answer);
    CHECK_INT(a->speech, b->speech);
    CHECK_INT(a->has_index, b->has_index);
    CHECK_INT(a->index_milli, b->index_milli);
    CHECK_INT(a->probability_milli, b->probability_milli);
}

static void test_same_as_afresh(void **state)
{
    (void)state;
    enum { ROUNDS = 20, POLICIES = 60 };
    const char *given = getenv("GONG_SEED");
    size_t answers[3] = {0};
    state_of_random = given ? strtoull(given, NULL, 10) : 20201018;
    printf("# seed %llu\n", (unsigned long long)state_of_random);
    for (int round = 0; round < ROUNDS; round++) {
        AUTO(readings_free) struct readings readings = {0};
        AUTO(looks_free) struct looks *looks = looks_new(COMMUNES);
        make(&readings);
        for (int i = 0; i < POLICIES; i++) {
            ROW("a policy beside others");
            struct policy policy = any_policy();
            struct occasion occasion = {.to = {(int64_t)STEP_S * STEPS},
                                        .as_of = {(int64_t)STEP_S * STEPS}};
            AUTO(decision_result_free) struct decision_result alone = {0};
            AUTO(decision_result_free) struct decision_result beside = {0};
            size_t commune = below(COMMUNES);
            evaluate(&policy, &readings, commune, &occasion, &alone);
            evaluate_beside(&policy, &readings, commune, &occasion, looks, &beside);
            check_same(&alone, &beside);
            answers[alone.answer]++;
        }
        ROW("no more than two coverages of three indices, observed and by four members");
        CHECK(looks_kinds(looks) <= 2 * 3 * (MEMBERS + 1) && looks_kinds(looks) > 15);
    }
    CHECK(answers[ANSWER_YES] > 50 && answers[ANSWER_NO] > 50 && answers[ANSWER_UNKNOWN] > 50);
}

// What differs in any way is another look; what is too much is not kept.
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t within_s, coverage, from_s, to_s;
        int32_t member;
        size_t kinds;
    } rows[] = {
        {"the first", 10, 9000, 0, 10, MEMBER_NONE, 1},
        {"the same", 10, 9000, 0, 10, MEMBER_NONE, 1},
        {"another rule", 20, 9000, 0, 10, MEMBER_NONE, 2},
        {"another coverage", 10, 0, 0, 10, MEMBER_NONE, 3},
        {"another begin", 10, 9000, 5, 10, MEMBER_NONE, 4},
        {"another end", 10, 9000, 0, 15, MEMBER_NONE, 5},
        {"a member", 10, 9000, 0, 10, 0, 6},
        {"the first again", 10, 9000, 0, 10, MEMBER_NONE, 6},
    };
    AUTO(looks_free) struct looks *looks = looks_new(2);
    struct looked *first = NULL;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct part part = {.index = {.within_s = rows[i].within_s},
                            .minimum_coverage = rows[i].coverage};
        struct occasion window = {.from = {rows[i].from_s}, .to = {rows[i].to_s}};
        struct looked *looked = looks_at(looks, &part, &window, rows[i].member, 1);
        CHECK(looked && looked->taken == (i == 1 || i + 1 == COUNT_OF(rows)));
        CHECK_INT(looks_kinds(looks), rows[i].kinds);
        first = first ? first : looked;
        CHECK((looked == first) == (rows[i].kinds == 1 || i + 1 == COUNT_OF(rows)));
        looked->taken = true;
    }
    ROW("a look of more communes than are kept");
    AUTO(looks_free) struct looks *large = looks_new((size_t)1 << 20);
    struct part part = {0};
    CHECK(looks_at(large, &part, &(struct occasion){0}, MEMBER_NONE, 7) == NULL);
    CHECK_INT(looks_kinds(large), 0);
}

TEST_MAIN(cmocka_unit_test(test_same_as_afresh), cmocka_unit_test(test_kinds))
