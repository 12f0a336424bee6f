// Steps that a decision has only where its policy says that something is done: caps of days,
// deductible, franchise, minimum, maximum. Each says its numbers in both languages.
#include "triggers/evaluate.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "policies/trace.h"
#include "tests/check.h"

#define COVER(index, payout, more)                                                                 \
    "gong: 1\nid: cover\nversion: 1\nkind: insurance\ntitle: {vi: Mưa, en: Rain}\n"               \
    "effective: {from: 2023-01-01, to: 2025-12-31}\nboundary_set: pilots\narea: all\n"             \
    "source: chirps\nvariable: rain\nperiod: {from: 05-01, to: 05-31, day: utc00}\n"               \
    "index: {" index "}\nrounding: 0.1 mm\nminimum_coverage: any\nsettle_after: 7 days\n"          \
    "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND" payout           \
    "}\nsettlement: settle_once\n" more                                                            \
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"    \
    "cases:\n  fire: [{name: a, step: 24 h, values: [150 x 31]}]\n"                                \
    "  not_fire: [{name: b, step: 24 h, values: [0 x 31]}]\n"

#define LIMITS                                                                                     \
    "limits: {waiting: none, hours: 72 h, event: 90 %, period: 90 %, events: 3, reinstatement: "   \
    "none}\n"

// A limit of 80 % that comes back.
#define AGAIN                                                                                      \
    "limits: {waiting: none, hours: 72 h, event: 80 %, period: 80 %, events: 3, reinstatement: "   \
    "automatic, extra_premium: 5 %}\n"

// May with 150 mm on the third day and 130 mm on the fifteenth.
static void decide(const char *text, struct decision_result *out)
{
    enum { DAYS = 31 };
    struct reading_meta meta[DAYS] = {0};
    struct hash hash[DAYS] = {0};
    int32_t value[DAYS] = {[2] = 150000, [14] = 130000};
    uint16_t cover[DAYS];
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(occasions_free) struct occasions occasions = {0};
    CHECK_OK(policy_parse(str_of(text), "p.yaml", &policy, &err), err);
    struct civil first = {.year = 2023, .month = 5, .day = 1},
                 last = {.year = 2023, .month = 5, .day = 31};
    period_list(&policy->period, first, last, &occasions);
    CHECK_INT(occasions.count, 1);
    struct utc from = occasions.at[0].from;
    for (size_t i = 0; i < DAYS; i++) {
        meta[i] = (struct reading_meta){.source = "chirps",
                                        .variable = "rain",
                                        .valid_from = {from.s + (int64_t)i * DAY_S},
                                        .valid_to = {from.s + (int64_t)(i + 1) * DAY_S},
                                        .member = MEMBER_NONE};
        cover[i] = READING_COVER_FULL;
    }
    struct readings readings = {
        .count = DAYS, .communes = 1, .meta = meta, .hash = hash, .value = value, .cover = cover};
    evaluate(policy, &readings, 0, &occasions.at[0], out);
}

static size_t count_of(const struct doc *trace, enum trace_step step)
{
    size_t count = 0;
    for (size_t i = 0; i < doc_count(trace); i++)
        count += strcmp(doc_text(doc_get(doc_at(trace, i), "step"), ""), trace_steps[step]) == 0;
    return count;
}

static void test_said(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum trace_step step;
        size_t count;
        const char *vi, *en;
    } rows[] = {
        {"nothing is done: no step", COVER("take: total", "", ""), TRACE_AFTER, 0, NULL, NULL},
        {"no caps: no step", COVER("take: total", "", ""), TRACE_CAPPED, 0, NULL, NULL},
        {"a deductible", COVER("take: maximum_sum, over: 1 days", ", deductible: 5 %", ""),
         TRACE_AFTER, 1, "phần tính được 50 %; khấu trừ 5 %",
         "the share as computed: 50 %; deductible 5 %"},
        {"a franchise and a minimum",
         COVER("take: maximum_sum, over: 1 days", ", franchise: 5 %, minimum: 60 %", ""),
         TRACE_AFTER, 1, "mức miễn thường 5 %; chi trả tối thiểu 60 %",
         "franchise 5 %; minimum 60 %"},
        {"a maximum", COVER("take: maximum_sum, over: 1 days", ", maximum: 40 %", ""), TRACE_AFTER,
         1, "chi trả tối đa 40 %", "the share as computed: 50 %; maximum 40 %"},
        {"of events: what is done with each, and with all",
         COVER("take: maximum_sum, over: 1 days", ", deductible: 5 %, maximum: 60 %", LIMITS),
         TRACE_AFTER, 2, "từng sự kiện; khấu trừ 5 %", "each event; deductible 5 %"},
        {"caps of days", COVER("take: total, daily_cap: 60 mm, daily_floor: 1 mm", "", ""),
         TRACE_CAPPED, 1, "trần mỗi ngày 60 mm; sàn mỗi ngày 1 mm; nếu không có: 280 mm",
         "cap of a day 60 mm; floor of a day 1 mm; without them: 280 mm"},
        {"a cap of dekads", COVER("take: total, dekad_cap: 100 mm", "", ""), TRACE_CAPPED, 1,
         "trần mỗi tuần 10 ngày 100 mm", "cap of a dekad 100 mm; without them: 280 mm"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(decision_result_free) struct decision_result got = {0};
        decide(rows[i].text, &got);
        CHECK(got.answer != ANSWER_UNKNOWN);
        CHECK_INT(count_of(got.trace, rows[i].step), rows[i].count);
        if (!rows[i].count)
            continue;
        AUTO(buf_free) struct buf vi = buf_new(1000), en = buf_new(1000);
        trace_say(trace_find(got.trace, rows[i].step), NULL, LANGUAGE_VI, &vi);
        trace_say(trace_find(got.trace, rows[i].step), NULL, LANGUAGE_EN, &en);
        CHECK_HAS(vi.at, rows[i].vi);
        CHECK_HAS(en.at, rows[i].en);
    }
}

// By the steps alone: 50 % and 30 % less 5 % each are 70 %, at most 60 %.
static void test_followed(void **state)
{
    (void)state;
    AUTO(decision_result_free) struct decision_result got = {0};
    decide(COVER("take: maximum_sum, over: 1 days", ", deductible: 5 %, maximum: 60 %", LIMITS),
           &got);
    const struct doc *all = NULL;
    for (size_t i = 0; i < doc_count(got.trace); i++) {
        const struct doc *step = doc_at(got.trace, i);
        if (strcmp(doc_text(doc_get(step, "step"), ""), "after") == 0)
            all = step;
    }
    int64_t part = doc_int(doc_get(all, "part"), 0), whole = doc_int(doc_get(all, "whole"), 1);
    CHECK_INT(part * 100, whole * 70);
    CHECK_INT(doc_int(doc_get(all, "maximum"), 0), 600);
    CHECK_INT(share_compare(got.share, SHARE_MILLI(600)), 0);
}

// Two events of 80 % are 160 %, of which the sum insured is paid: said, so that the steps add up.
static void test_restored(void **state)
{
    (void)state;
    AUTO(decision_result_free) struct decision_result got = {0};
    decide(COVER("take: maximum_sum, over: 1 days", ", minimum: 80 %", AGAIN), &got);
    CHECK_INT(share_compare(got.share, SHARE_ALL), 0);
    CHECK_INT(count_of(got.trace, TRACE_AFTER), 2);
    const struct doc *all = doc_at(got.trace, doc_count(got.trace) - 2);
    int64_t part = doc_int(doc_get(all, "part"), 0), whole = doc_int(doc_get(all, "whole"), 1);
    CHECK_INT(part * 10, whole * 16);
    CHECK_INT(doc_int(doc_get(all, "maximum"), 0), 1000);
    ROW("what stays under it, 50 and 30 %: nothing to say");
    AUTO(decision_result_free) struct decision_result one = {0};
    decide(COVER("take: maximum_sum, over: 1 days", "", AGAIN), &one);
    CHECK_INT(count_of(one.trace, TRACE_AFTER), 0);
    CHECK_INT(share_compare(one.share, SHARE_MILLI(800)), 0);
}

TEST_MAIN(cmocka_unit_test(test_said), cmocka_unit_test(test_followed),
          cmocka_unit_test(test_restored))
