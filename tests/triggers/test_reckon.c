// The last steps of a payout, as explain shows them: each number follows from those
// before, and the last is what payout_due pays.
#include "triggers/reckon.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/payout.h"

static const struct {
    const char *name;
    int64_t insured;
    struct share share;
    int64_t unit, cap, exact_milli, rounded, due;
    const char *vi, *en;
} reckoned[] = {
    {"the published case: 48 % of 15 m",
     15000000,
     {48, 100},
     1,
     0,
     7200000000,
     7200000,
     7200000,
     "48/100 × 15.000.000 đồng = 7.200.000 đồng; làm tròn một lần đến 1 đồng",
     "48/100 × 15,000,000 VND = 7,200,000 VND; rounded once to 1 VND: 7,200,000 VND; due "
     "7,200,000 VND"},
    {"a third, to the thousand",
     3700000,
     {1, 3},
     1000,
     0,
     1233333333,
     1233000,
     1233000,
     "làm tròn một lần đến 1.000 đồng: 1.233.000 đồng",
     "= 1,233,333.333 VND; rounded once to 1,000 VND: 1,233,000 VND"},
    {"under a cap",
     200000000,
     {1, 1},
     1000,
     120000000,
     200000000000,
     200000000,
     120000000,
     "giới hạn theo luật 120.000.000 đồng (a-law); phải chi 120.000.000 đồng",
     "legal cap 120,000,000 VND (a-law); due 120,000,000 VND"},
    {"rounding does not lift it over what is insured",
     1500,
     {1, 1},
     1000,
     0,
     1500000,
     1500,
     1500,
     "phải chi 1.500 đồng",
     "due 1,500 VND"},
    {"nothing", 1000000, {0, 1}, 1, 0, 0, 0, 0, "phải chi 0 đồng", "due 0 VND"},
};

static void test_steps(void **state)
{
    (void)state;
    const struct civil last = {.year = 2026, .month = 5, .day = 31};
    for (size_t i = 0; i < COUNT_OF(reckoned); i++) {
        ROW(reckoned[i].name);
        struct policy policy = {.kind = POLICY_INSURANCE,
                                .payout = {.unit_vnd = reckoned[i].unit},
                                .caps = reckoned[i].cap > 0,
                                .caps_preset = "a-law"};
        policy.cap[0] = (struct legal_cap){{.year = 2026, .month = 1, .day = 1},
                                           {.year = 2026, .month = 12, .day = 31},
                                           reckoned[i].cap};
        AUTO(doc_free)
        struct doc *doc = reckon_doc(&policy, reckoned[i].insured, reckoned[i].share, last);
        CHECK_INT(doc_int(doc_get(doc, "exact_milli"), -1), reckoned[i].exact_milli);
        CHECK_INT(doc_int(doc_get(doc, "rounded"), -1), reckoned[i].rounded);
        CHECK_INT(doc_int(doc_get(doc, "due"), -1), reckoned[i].due);
        CHECK_INT(payout_due(&policy, VND(reckoned[i].insured), reckoned[i].share, last).minor,
                  reckoned[i].due);
        CHECK_INT(doc_get(doc, "legal_cap") != NULL, reckoned[i].cap > 0);
        AUTO(buf_free) struct buf vi = buf_new(1000), en = buf_new(1000);
        reckon_say(doc, LANGUAGE_VI, &vi);
        reckon_say(doc, LANGUAGE_EN, &en);
        CHECK_HAS(vi.at, reckoned[i].vi);
        CHECK_HAS(en.at, reckoned[i].en);
    }
    ROW("a day that no cap holds");
    struct policy policy = {.kind = POLICY_INSURANCE, .payout = {.unit_vnd = 1}, .caps = 1};
    policy.cap[0] = (struct legal_cap){
        {.year = 2025, .month = 1, .day = 1}, {.year = 2025, .month = 12, .day = 31}, 1};
    AUTO(doc_free) struct doc *doc = reckon_doc(&policy, 1000, SHARE_ALL, last);
    CHECK(!doc_get(doc, "legal_cap"));
}

TEST_MAIN(cmocka_unit_test(test_steps))
