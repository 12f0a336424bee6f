// Which moments the periods of a policy look at.
#include "core/file.h"
#include "policies/period.h"
#include "policies/policy.h"
#include "tests/check.h"

#include <string.h>

// Each period looks back over so many days or months, up to its end, over the new year and 29
// February too.
static void test_last(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct period_rule rule;
        struct civil day;
        const char *period, *from, *to;
        int64_t span_days;
    } rows[] = {
        {"a day by itself",
         {.kind = PERIOD_DAY, .day = DAY_UTC00},
         {2024, 3, 1, 0, 0, 0},
         "2024-03-01",
         "2024-03-01T00:00:00Z",
         "2024-03-02T00:00:00Z",
         1},
        {"three days over 29 February",
         {.kind = PERIOD_DAY, .day = DAY_UTC00, .before = 2},
         {2024, 3, 1, 0, 0, 0},
         "2024-03-01",
         "2024-02-28T00:00:00Z",
         "2024-03-02T00:00:00Z",
         3},
        {"local days over the new year",
         {.kind = PERIOD_DAY, .day = DAY_LOCAL00, .before = 29},
         {2025, 1, 2, 0, 0, 0},
         "2025-01-02",
         "2024-12-03T17:00:00Z",
         "2025-01-02T17:00:00Z",
         30},
        {"three months over the new year",
         {.kind = PERIOD_MONTH, .day = DAY_UTC00, .before = 2},
         {2025, 1, 31, 0, 0, 0},
         "2025-01",
         "2024-11-01T00:00:00Z",
         "2025-02-01T00:00:00Z",
         93},
        {"twelve months",
         {.kind = PERIOD_MONTH, .day = DAY_VNRAIN19, .before = 11},
         {2024, 12, 31, 0, 0, 0},
         "2024-12",
         "2023-12-31T12:00:00Z",
         "2024-12-31T12:00:00Z",
         372},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(occasions_free) struct occasions all = {0};
        struct civil first = rows[i].day;
        first.day = rows[i].rule.kind == PERIOD_MONTH ? 1 : first.day;
        period_list(&rows[i].rule, first, rows[i].day, &all);
        CHECK_INT(all.count, 1);
        CHECK_TEXT(all.at[0].period, rows[i].period);
        CHECK_TEXT(utc_text(all.at[0].from).at, rows[i].from);
        CHECK_TEXT(utc_text(all.at[0].to).at, rows[i].to);
        CHECK_INT(civil_days(all.at[0].first), civil_days(first));
        CHECK_INT(civil_days(all.at[0].last), civil_days(rows[i].day));
        CHECK_INT(period_span_s(&rows[i].rule), rows[i].span_days * DAY_S);
    }
}

// The whole days that a run looks at begin with the next one, or with its own moment.
static void test_whole_days(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct period_rule rule;
        const char *at, *from, *to;
    } rows[] = {
        {"at the boundary",
         {.whole_days = true, .day = DAY_UTC00},
         "2024-02-29T00:00:00Z",
         "2024-02-29T00:00:00Z",
         "2024-02-29T00:00:00Z"},
        {"an hour behind it",
         {.whole_days = true, .day = DAY_UTC00},
         "2024-02-28T01:00:00Z",
         "2024-02-29T00:00:00Z",
         "2024-02-28T00:00:00Z"},
        {"local days",
         {.whole_days = true, .day = DAY_LOCAL00},
         "2024-12-31T18:00:00Z",
         "2025-01-01T17:00:00Z",
         "2024-12-31T17:00:00Z"},
        {"days of bulletins",
         {.whole_days = true, .day = DAY_VNRAIN19},
         "2024-09-06T00:00:00Z",
         "2024-09-06T12:00:00Z",
         "2024-09-05T12:00:00Z"},
        {"before 1970",
         {.whole_days = true, .day = DAY_UTC00},
         "1969-12-30T06:00:00Z",
         "1969-12-31T00:00:00Z",
         "1969-12-30T00:00:00Z"},
        {"hours",
         {.day = DAY_LOCAL00},
         "2024-09-06T06:00:00Z",
         "2024-09-06T06:00:00Z",
         "2024-09-06T06:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct utc at;
        struct err err = {0};
        CHECK_OK(utc_parse(str_of(rows[i].at), &at, &err), err);
        CHECK_TEXT(utc_text(period_day_from(&rows[i].rule, at)).at, rows[i].from);
        CHECK_TEXT(utc_text(period_day_to(&rows[i].rule, at)).at, rows[i].to);
    }
}

// What stands behind the end of a case's period is looked at by nobody: nobody signs such a one.
static void test_case_lengths(void **state)
{
    (void)state;
    static const char shipped[] = "policies/products/bac-kan-cold.yaml", was[] = "[missing x 6]";
    static const struct {
        const char *name, *values, *says; // "": may be signed
    } rows[] = {
        {"as many as three days have", "[missing x 6]", ""},
        {"less, of which the last are missing", "[20, 20]", ""},
        {"one more", "[20, 20, 20, 20, 20, 20, 10]",
         "has 7 values, but its period 2026-01-01 only 6 steps; take the others out"},
    };
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
    CHECK_OK(file_read(shipped, &text, &err), err);
    const char *at = strstr(text.at, was);
    CHECK(at != NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf changed = buf_new(POLICY_BYTES_MAX);
        buf_str(&changed, (struct str){text.at, (size_t)(at - text.at)});
        buf_text(&changed, rows[i].values);
        buf_text(&changed, at + strlen(was));
        err = (struct err){0};
        CHECK_OK(policy_parse(buf_slice(&changed), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_check_new(policy, "p.yaml", &err), *rows[i].says ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].says);
    }
}

TEST_MAIN(cmocka_unit_test(test_last), cmocka_unit_test(test_whole_days),
          cmocka_unit_test(test_case_lengths))
