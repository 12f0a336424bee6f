// What a case may say beside yes and no: the index and the probability that the policy states, what
// is added to what was paid, and by the calendar when it is in force, which days a period has, when
// it is decided and when people hear again. Each row puts its cases into a shipped policy.
#include "core/file.h"
#include "core/mem.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/trial.h"

static const char rain[] = "policies/bac-kan-heavy-rain.yaml";         // each run
static const char drought[] = "policies/dak-nong-coffee-drought.yaml"; // 15 January to 15 April
static const char cold[] = "policies/products/bac-kan-cold.yaml";      // each day
static const char herd[] = "policies/products/bac-kan-livestock-cold.yaml"; // over the new year

#define ALL "{name: all, step: 24 h, members: [{count: 20, values: [100, 0, 0]}]"
#define NONE "{name: none, step: 24 h, members: [{count: 20, values: [0 x 3]}]"
#define RAIN(fire, not_fire) "  fire: [" ALL fire "}]\n  not_fire: [" NONE not_fire "}]\n"
#define DRY "{name: dry, step: period, values: [70], sum_insured: 3000000 VND"
#define WET "{name: wet, step: period, values: [100]"
#define DROUGHT(fire, not_fire) "  fire: [" DRY fire "}]\n  not_fire: [" WET not_fire "}]\n"
#define DUE ", pays: 1500000 VND"
#define DROUGHT_ON(days) DROUGHT(DUE, "") "  calendar: [{name: x, " days "}]\n"
#define RAIN_ON(days) RAIN("", "") "  calendar: [{name: x, " days "}]\n"
#define MESSAGE "issued: 2024-09-06T07:00+07:00, next: 2024-09-06T19:00+07:00, "
#define COLD_ON(days)                                                                              \
    "  fire: [{name: a, step: 24 h, values: [10 x 3]}]\n"                                          \
    "  not_fire: [{name: b, step: 24 h, values: [20 x 3]}]\n"                                      \
    "  calendar: [{name: x, " days "}]\n"
#define HERD(more)                                                                                 \
    "  fire: [{name: a, step: 24 h, values: [14 x 67, 2 x 10], sum_insured: 10000000 VND, " more   \
    "}]\n  not_fire: [{name: b, step: 24 h, values: [14 x 77]}]\n"
#define HERD_ON(days) HERD("pays: 5000000 VND") "  calendar: [{name: x, " days "}]\n"

// `says` is NULL where the cases hold.
static const struct {
    const char *name, *policy, *cases, *says;
} rows[] = {
    {"the index that it states", drought, DROUGHT(", index: 70 mm" DUE, ", index: 100 mm"), NULL},
    {"another index", drought, DROUGHT(", index: 70.1 mm" DUE, ""),
     "the case \"dry\" says that the index is 70.1 mm, but it is 70 mm; change the case or the "
     "policy"},
    {"the index of one that does not fire", drought, DROUGHT(DUE, ", index: 99.9 mm"),
     "says that the index is 99.9 mm, but it is 100 mm"},
    {"an index in another unit", drought, DROUGHT(", index: 70 days" DUE, ""),
     "the unit \"days\" does not fit here"},
    {"an index of what is not known", drought,
     DROUGHT(DUE, "") "  not_known: [{name: x, step: period, values: [missing], index: 1 mm}]\n",
     "what is not known has no index; take it out"},
    {"the probability that it states", rain, RAIN(", probability: 100 %", ", probability: 0 %"),
     NULL},
    {"another probability", rain, RAIN(", probability: 95 %", ""),
     "the case \"all\" says a probability of 95 %, but it is 100 %; change the case or the policy"},
    {"a probability without an ensemble", drought, DROUGHT(", probability: 50 %" DUE, ""),
     "only an ensemble that is known has a probability; take it out"},
    {"the members after those that it looks at count for nothing", rain,
     "  fire: [{name: x, step: 24 h, probability: 50 %, members: [{count: 10, values: [0 x 3]}, "
     "{count: 10, values: [100, 0, 0]}, {count: 11, values: [0 x 3]}]}]\n"
     "  not_fire: [" NONE "}]\n",
     NULL},
    {"more members than any source has", rain,
     "  fire: [{name: x, step: 24 h, members: [{count: 1001, values: [100 x 3]}]}]\n", "1 to 1000"},
    {"what was paid stays", drought, DROUGHT(", paid_before: 500000 VND, pays: 0 VND", ""), NULL},
    {"so nothing is added", drought, DROUGHT(", paid_before: 500000 VND, pays: 1000000 VND", ""),
     "says it pays 1000000 VND, but it is 0 VND"},
    {"later data add to what was paid", herd, HERD("paid_before: 1000000 VND, pays: 4000000 VND"),
     NULL},
    {"and take nothing from it", herd, HERD("paid_before: 6000000 VND, pays: 0 VND"), NULL},
    {"paid before, of what", drought, DROUGHT(", paid_before: 500000 VND", ""), "pays"},
    {"paid before by an alert", rain, RAIN(", paid_before: 1 VND", ""), "an alert pays nothing"},
    {"what it tells people to do", rain, RAIN(", level: 1, tells: prepare", ""), NULL},
    {"another step", rain, RAIN(", tells: now", ""),
     "the case \"all\" says that it tells people: now, but it tells: prepare; change the case or "
     "the policy"},
    {"a step that is none", rain, RAIN(", tells: run", ""), "is not one of: prepare, now"},
    {"what it tells when it is off", rain, RAIN("", ", tells: prepare"),
     "only an alert that fires and has actions tells people what to do"},
    {"what an insurance tells", drought, DROUGHT(", tells: now" DUE, ""),
     "only an alert that fires and has actions tells people what to do"},

    {"its first day", drought, DROUGHT_ON("day: 2024-01-01, in_force: \"yes\""), NULL},
    {"its last day", drought, DROUGHT_ON("day: 2024-12-31, in_force: \"yes\""), NULL},
    {"the day before", drought, DROUGHT_ON("day: 2023-12-31, in_force: \"yes\""),
     "the case \"x\" says that on 2023-12-31 it is in force, but it is not; change the case or the "
     "policy"},
    {"the day after", drought, DROUGHT_ON("day: 2025-01-01, in_force: \"yes\""),
     "says that on 2025-01-01 it is in force, but it is not"},
    {"a day that it is in force on", drought, DROUGHT_ON("day: 2024-12-31, in_force: \"no\""),
     "says that on 2024-12-31 it is not in force, but it is in force"},
    {"a season, its days and when it is settled", drought,
     DROUGHT_ON("period: \"2024\", first: 2024-01-15, last: 2024-04-15, decided_by: "
                "2024-04-23T07:00+07:00"),
     NULL},
    {"another first day", drought,
     DROUGHT_ON("period: \"2024\", first: 2024-01-16, last: 2024-04-15, decided_by: "
                "2024-04-23T07:00+07:00"),
     "says 2024-01-16 to 2024-04-15, but it is 2024-01-15 to 2024-04-15"},
    {"another last day", drought,
     DROUGHT_ON("period: \"2024\", first: 2024-01-15, last: 2024-04-14, decided_by: "
                "2024-04-23T07:00+07:00"),
     "says 2024-01-15 to 2024-04-14, but it is"},
    {"settled an hour early", drought,
     DROUGHT_ON("period: \"2024\", first: 2024-01-15, last: 2024-04-15, decided_by: "
                "2024-04-23T06:00+07:00"),
     "says decided by 06:00 23/04/2024, but it is 07:00 23/04/2024"},
    {"no season of another year", drought, DROUGHT_ON("period: \"2025\", in_force: \"no\""), NULL},
    {"a season that there is", drought, DROUGHT_ON("period: \"2024\", in_force: \"no\""),
     "says that there is no period 2024, but it is one of the policy's"},
    {"a season that there is not", drought,
     DROUGHT_ON("period: \"2025\", first: 2025-01-15, last: 2025-04-15, decided_by: "
                "2025-04-23T07:00+07:00"),
     "says that there is a period 2025, but it is none of the policy's"},
    {"a winter that its dates cut", herd, HERD_ON("period: \"2028\", in_force: \"no\""), NULL},
    {"a day of an alert, and how long data are waited for", cold,
     COLD_ON("period: \"2026-02-28\", first: 2026-02-28, last: 2026-02-28, decided_by: "
             "2026-03-09T00:00+07:00"),
     NULL},
    {"what it looks back on is before its day", cold,
     COLD_ON("period: \"2026-02-28\", first: 2026-02-26, last: 2026-02-28, decided_by: "
             "2026-03-09T00:00+07:00"),
     "says 2026-02-26 to 2026-02-28, but it is 2026-02-28 to 2026-02-28"},
    {"when the next message is due", rain,
     RAIN_ON("issued: 2024-09-06T07:00+07:00, next: 2024-09-06T12:00:00Z"), NULL},
    {"a next message that is later", rain,
     RAIN_ON("issued: 2024-09-06T07:00+07:00, next: 2024-09-07T07:00+07:00"),
     "says next 07:00 07/09/2024, but it is 19:00 06/09/2024"},
    {"between which moments it looks", rain,
     RAIN_ON(MESSAGE "from: 2024-09-06T00:00Z, to: 2024-09-09T00:00Z"), NULL},
    {"an hour less", rain, RAIN_ON(MESSAGE "from: 2024-09-06T00:00Z, to: 2024-09-08T23:00Z"),
     "says that it looks from 07:00 06/09/2024 to 06:00 09/09/2024, but it is 07:00 06/09/2024 to "
     "07:00 09/09/2024"},
    {"a forecast that would look back", rain,
     RAIN_ON(MESSAGE "from: 2024-09-03T00:00Z, to: 2024-09-06T00:00Z"), "but it is 07:00"},
    {"one moment", rain, RAIN_ON(MESSAGE "from: 2024-09-06T00:00Z"), "to"},
    {"moments of what has periods", cold,
     COLD_ON(MESSAGE "from: 2024-09-06T00:00Z, to: 2024-09-09T00:00Z"),
     "it looks at its periods, and at no window of its own"},
    {"moments of a period", cold, COLD_ON("period: \"2026-02\", from: 2026-02-01T00:00Z"),
     "\"from\" says nothing beside period"},

    {"nothing that it is of", drought, DROUGHT_ON("in_force: \"yes\""),
     "write day, period or issued"},
    {"a day without a word of it", drought, DROUGHT_ON("day: 2024-01-01"), "in_force"},
    {"a day in any other word", drought, DROUGHT_ON("day: 2024-01-01, in_force: maybe"),
     "is not one of: no, yes"},
    {"a day and a period", drought,
     DROUGHT_ON("day: 2024-01-01, period: \"2024\", in_force: \"yes\""),
     "\"period\" says nothing beside day; take it out"},
    {"a period and a message", cold, COLD_ON("period: \"2026-02\", issued: 2026-02-01T00:00Z"),
     "\"issued\" says nothing beside period; take it out"},
    {"days of a period that is none", drought,
     DROUGHT_ON("period: \"2025\", in_force: \"no\", first: 2025-01-15"),
     "\"first\" says nothing beside a period that is not in force"},
    {"a period without its days", drought, DROUGHT_ON("period: \"2024\""), "first"},
    {"a period's name that is none", drought,
     DROUGHT_ON("period: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", in_force: \"no\""),
     "no period has such a name"},
    {"a period of a policy without periods", rain, RAIN_ON("period: \"2024\", in_force: \"no\""),
     "this policy has no periods; write issued, or a day"},
    {"the next message of an insurance", drought,
     DROUGHT_ON("issued: 2024-09-06T07:00+07:00, next: 2024-09-06T19:00+07:00"),
     "an insurance promises no next message"},
    {"a message that is in force", rain,
     RAIN_ON("issued: 2024-09-06T07:00+07:00, next: 2024-09-06T19:00+07:00, in_force: \"yes\""),
     "\"in_force\" says nothing beside issued"},
    {"a moment without an hour", rain, RAIN_ON("issued: 2024-09-06, next: 2024-09-07"),
     "that is no moment; write the day, the hour and its zone"},
    {"a moment that is none", rain, RAIN_ON("issued: 2024-02-30T07:00Z, next: 2024-09-07T07:00Z"),
     "that is no moment"},
    {"30 February", drought, DROUGHT_ON("day: 2024-02-30, in_force: \"no\""), "day is no date"},
    {"a key that is none", drought, DROUGHT_ON("day: 2024-01-01, inforce: \"yes\""), "in_force"},
    {"no map", drought, DROUGHT(DUE, "") "  calendar: [2024-01-01]\n",
     "a case of the calendar is {name: ..., day: 2026-01-01, in_force: \"yes\"}"},
    {"no list", drought, DROUGHT(DUE, "") "  calendar: today\n", "a list of at most 40 cases"},
};

static enum err_kind try_cases(const char *policy, const char *cases, size_t *ran, struct err *err)
{
    AUTO(buf_free) struct buf file = buf_new(POLICY_BYTES_MAX), text = buf_new(POLICY_BYTES_MAX);
    AUTO(policy_free) struct policy *parsed = NULL;
    CHECK_OK(file_read(policy, &file, err), *err);
    const char *at = strstr(file.at, "\ncases:\n");
    CHECK(at != NULL);
    buf_str(&text, (struct str){file.at, (size_t)(at - file.at)});
    buf_print(&text, "\ncases:\n%s", cases);
    return policy_parse(buf_slice(&text), "p.yaml", &parsed, err) ||
                   trial_run(parsed, NULL, ran, err)
               ? err->kind
               : OK;
}

static void check_cases(size_t i)
{
    ROW(rows[i].name);
    struct err err = {0};
    size_t ran = 0;
    enum err_kind kind = try_cases(rows[i].policy, rows[i].cases, &ran, &err);
    if (!rows[i].says) {
        CHECK_OK(kind, err);
        CHECK_INT(ran, strstr(rows[i].cases, "calendar:") ? 3 : 2);
        return;
    }
    CHECK_INT(kind, ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:");
    CHECK_HAS(err.text, rows[i].says);
}

static void test_stated(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_cases(i);
    ROW("more than forty of the calendar");
    struct err err = {0};
    AUTO(buf_free) struct buf many = buf_new(POLICY_BYTES_MAX);
    buf_text(&many, DROUGHT(DUE, "") "  calendar:\n");
    for (int i = 0; i < 41; i++)
        buf_text(&many, "    - {name: x, day: 2024-01-01, in_force: \"yes\"}\n");
    CHECK_INT(try_cases(drought, many.at, NULL, &err), ERR_INPUT);
    CHECK_HAS(err.text, "a list of at most 40 cases");
}

TEST_MAIN(cmocka_unit_test(test_stated))
