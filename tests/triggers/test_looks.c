#include "triggers/looks.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/evaluate.h"
#include "triggers/series.h"

#include <stdlib.h>

// Looks that are kept, most of them taken at all communes at once, beside looks that are taken
// afresh: policies in turn, in any order, over the same readings. GONG_SEED replays one run.
enum { COMMUNES = 300, STEPS = 12, MEMBERS = 4, ROWS = STEPS * (MEMBERS + 1), STEP_S = 21600 };

static uint64_t state_of_random;

static uint32_t below(uint32_t limit)
{
    state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state_of_random >> 33) % limit;
}

// What was observed, and what each member says; in some communes something is not known, seen too
// little of, or larger than what can be added up. `hole`: a step is nowhere.
static void make(bool hole, struct readings *out)
{
    *out = (struct readings){.count = ROWS, .communes = COMMUNES};
    out->meta = mem_new(ROWS, sizeof(*out->meta));
    out->hash = mem_new(ROWS, sizeof(*out->hash));
    out->value = mem_new((size_t)ROWS * COMMUNES, sizeof(*out->value));
    out->cover = mem_new((size_t)ROWS * COMMUNES, sizeof(*out->cover));
    for (size_t i = 0; i < ROWS; i++) {
        int64_t step = (int64_t)(i % STEPS), member = (int64_t)(i / STEPS) - 1;
        int64_t begin = hole && step >= STEPS / 2 ? step + 1 : step;
        out->meta[i] = (struct reading_meta){.valid_from = {begin * STEP_S},
                                             .valid_to = {(begin + 1) * STEP_S},
                                             .issued_at = UTC_NEVER,
                                             .member = member < 0 ? MEMBER_NONE : (int32_t)member};
        for (size_t c = 0; c < COMMUNES; c++) {
            int32_t value = below(3) ? (int32_t)below(90000) : 0;
            uint16_t cover = below(3) ? READING_COVER_FULL : (uint16_t)(9000 + below(1000));
            if (c % 3 == 0 && below(40) == 0)
                value = READING_NONE;
            if (c % 3 == 1 && below(30) == 0)
                cover = (uint16_t)below(READING_COVER_FULL);
            if (c % 30 == 2 && below(20) == 0)
                value = below(2) ? INT32_MAX - (int32_t)below(10)
                                 : INT32_MIN + 1 + (int32_t)below(300000);
            out->value[i * COMMUNES + c] = value;
            out->cover[i * COMMUNES + c] = cover;
        }
    }
}

// Everything that is taken for all communes at once, and what is not (a mean, dekads).
static struct index_rule any_rule(void)
{
    static const enum index_take takes[] = {INDEX_TOTAL,     INDEX_MAXIMUM,    INDEX_MAXIMUM_SUM,
                                            INDEX_DRY_SPELL, INDEX_PERCENTILE, INDEX_MEAN};
    struct index_rule rule = {.take = takes[below(COUNT_OF(takes))],
                              .over_s = STEP_S * 2,
                              .within_s = (int64_t)STEP_S * STEPS,
                              .day = COMPARE_LESS,
                              .day_milli = 20000,
                              .missing = MISSING_UNKNOWN,
                              .share_milli = 900,
                              .method = 7};
    rule.daily = rule.take == INDEX_DRY_SPELL || rule.take == INDEX_PERCENTILE ||
                 (rule.take != INDEX_MEAN && below(3) == 0);
    if (rule.daily && rule.take == INDEX_MAXIMUM_SUM)
        rule.over_s = DAY_S;
    if (rule.daily && rule.take <= INDEX_MAXIMUM_SUM && below(2)) {
        rule.has_cap = rule.has_floor = true;
        rule.cap_milli = 100000;
        rule.floor_milli = 30000;
    }
    if (rule.take == INDEX_PERCENTILE)
        rule.day = COMPARE_MORE;
    if (rule.take == INDEX_DRY_SPELL && below(2))
        rule.missing = below(2) ? MISSING_DRY : MISSING_BREAK;
    rule.has_dekad_cap = rule.take == INDEX_TOTAL && rule.daily && below(4) == 0;
    rule.dekad_cap_milli = 150000;
    if (rule.take == INDEX_MAXIMUM && !rule.daily) {
        rule.input = below(2) ? UNIT_TEMPERATURE : UNIT_RAIN;
        rule.beaufort = rule.input != UNIT_TEMPERATURE && below(2);
    }
    return rule;
}

static struct policy any_policy(const struct index_rule *rule)
{
    bool forecast = below(2);
    return (struct policy){.kind = POLICY_ALERT,
                           .watch = forecast ? WATCH_FORECAST : WATCH_OBSERVATION,
                           .index = *rule,
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

// Policies in turn over the same readings, each at some communes; how many answers of each kind.
static void try_policies(const struct readings *readings, struct looks *looks, size_t answers[3])
{
    enum { POLICIES = 25, RULES = 8, PLACES = 20 };
    struct index_rule rule[RULES];
    for (size_t i = 0; i < RULES; i++)
        rule[i] = any_rule();
    for (int i = 0; i < POLICIES; i++) {
        struct policy policy = any_policy(&rule[below(RULES)]);
        struct occasion occasion = {.to = {(int64_t)STEP_S * STEPS},
                                    .as_of = {(int64_t)STEP_S * STEPS}};
        for (int k = 0; k < PLACES; k++) {
            AUTO(decision_result_free) struct decision_result alone = {0};
            AUTO(decision_result_free) struct decision_result beside = {0};
            size_t commune = below(COMMUNES);
            evaluate(&policy, readings, commune, &occasion, &alone);
            evaluate_beside(&policy, readings, commune, &occasion, looks, &beside);
            check_same(&alone, &beside);
            answers[alone.answer]++;
        }
    }
}

static void test_same_as_afresh(void **state)
{
    (void)state;
    enum { ROUNDS = 24 };
    const char *given = getenv("GONG_SEED");
    size_t answers[3] = {0}, wide = 0, kinds = 0;
    state_of_random = given ? strtoull(given, NULL, 10) : 20201018;
    printf("# seed %llu\n", (unsigned long long)state_of_random);
    for (int round = 0; round < ROUNDS; round++) {
        AUTO(readings_free) struct readings readings = {0};
        AUTO(looks_free) struct looks *looks = looks_new(COMMUNES);
        bool hole = round % 6 == 5;
        make(hole, &readings);
        ROW(hole ? "a step is nowhere: no look is taken at all communes at once"
                 : "policies beside others");
        try_policies(&readings, looks, answers);
        if (hole) {
            CHECK_INT(looks_wide(looks), 0);
            continue;
        }
        wide += looks_wide(looks);
        kinds += looks_kinds(looks);
    }
    ROW("most kinds of look are taken at all communes at once");
    CHECK(wide > kinds / 2 && kinds > wide && wide > 300);
    CHECK(answers[ANSWER_YES] > 500 && answers[ANSWER_NO] > 500 && answers[ANSWER_UNKNOWN] > 500);
}

// What differs in any way is another look; what is too much is not kept.
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t within_s, coverage, from_s, to_s;
        int32_t member;
        const char *source;
        size_t kinds;
    } rows[] = {
        {"the first", 10, 9000, 0, 10, MEMBER_NONE, "a", 1},
        {"the same", 10, 9000, 0, 10, MEMBER_NONE, "a", 1},
        {"another rule", 20, 9000, 0, 10, MEMBER_NONE, "a", 2},
        {"another coverage", 10, 0, 0, 10, MEMBER_NONE, "a", 3},
        {"another begin", 10, 9000, 5, 10, MEMBER_NONE, "a", 4},
        {"another end", 10, 9000, 0, 15, MEMBER_NONE, "a", 5},
        {"a member", 10, 9000, 0, 10, 0, "a", 6},
        {"another source", 10, 9000, 0, 10, MEMBER_NONE, "b", 7},
        {"whatever source", 10, 9000, 0, 10, MEMBER_NONE, NULL, 8},
        {"the first again", 10, 9000, 0, 10, MEMBER_NONE, "a", 8},
    };
    const struct readings none = {.communes = 2};
    AUTO(looks_free) struct looks *looks = looks_new(2);
    struct looked *first = NULL, *keep = NULL, looked;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct index_rule rule = {.within_s = rows[i].within_s};
        struct series_query query = {.source = rows[i].source,
                                     .commune = 1,
                                     .member = rows[i].member,
                                     .from = {rows[i].from_s},
                                     .to = {rows[i].to_s},
                                     .cover_minimum = rows[i].coverage};
        bool again = i == 1 || i + 1 == COUNT_OF(rows);
        CHECK(looks_find(looks, &none, &rule, &query, &looked, &keep) == again);
        CHECK_INT(looks_kinds(looks), rows[i].kinds);
        CHECK_INT(looks_wide(looks), 0); // nothing was read
        first = first ? first : keep;
        CHECK(keep && (keep == first) == again + (i == 0));
        keep->taken = true;
    }
    ROW("a look of more communes than are kept");
    const struct readings many = {.communes = (size_t)1 << 23};
    AUTO(looks_free) struct looks *large = looks_new(many.communes);
    struct index_rule rule = {0};
    struct series_query query = {.commune = 7, .member = MEMBER_NONE, .to = {10}};
    CHECK(!looks_find(large, &many, &rule, &query, &looked, &keep));
    CHECK(keep == NULL);
}

TEST_MAIN(cmocka_unit_test(test_same_as_afresh), cmocka_unit_test(test_kinds))
