#include "policies/starts.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "tests/check.h"

static struct civil day(const char *text)
{
    struct err err = {0};
    struct civil out;
    CHECK_OK(date_parse(str_of(text), &out, &err), err);
    return out;
}

static struct policy season(const char *from, const char *to, int version)
{
    struct policy policy = {
        .version = version,
        .effective_from = day(from),
        .effective_to = day(to),
        .period = {
            .kind = PERIOD_SEASON, .from_month = 1, .from_day = 15, .to_month = 4, .to_day = 15}};
    return policy;
}

static void a_version_never_begins_inside_a_window_that_has_begun(void **state)
{
    (void)state;
    static const struct {
        const char *name, *signed_on, *from, *old_to, *starts, *why;
    } rows[] = {
        {"in time: its own date", "2023-11-20", "2024-01-01", NULL, "2024-01-01", "own date"},
        {"signed on its own date: the day after", "2024-01-01", "2024-01-01", NULL, "2024-01-02",
         "day after"},
        {"on the first day of the season it can begin", "2024-01-14", "2024-01-01", NULL,
         "2024-01-15", "day after"},
        {"a day later the season has begun", "2024-01-15", "2024-01-01", NULL, "2024-04-16",
         "risk window 2024-01-15 to 2024-04-15"},
        {"on its last day too", "2024-04-14", "2024-01-01", NULL, "2024-04-16", "risk window"},
        {"after it", "2024-04-15", "2024-01-01", NULL, "2024-04-16", "day after"},
        {"the old version's window counts", "2024-02-01", "2024-02-10", "2024-12-31", "2024-04-16",
         "of version 1"},
        {"its own date lies in a window", "2023-11-20", "2024-02-10", NULL, "2024-04-16",
         "of version 2"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct policy new = season(rows[i].from, "2025-12-31", 2);
        struct policy old = season("2020-01-01", rows[i].old_to ? rows[i].old_to : "2020-12-31", 1);
        if (rows[i].old_to)
            new.period.kind = PERIOD_NONE;
        struct policy_start start =
            policy_starts(&new, rows[i].old_to ? &old : NULL, day(rows[i].signed_on));
        CHECK_TEXT(date_text(start.day).at, rows[i].starts);
        CHECK_HAS(start.why, rows[i].why);
    }
    ROW("two rules push one another to the first day that is in neither");
    struct policy new = season("2024-01-20", "2026-12-31", 2),
                  old = season("2020-01-01", "2026-12-31", 1);
    new.period.from_month = 4, new.period.from_day = 10, new.period.to_month = 6;
    struct policy_start start = policy_starts(&new, &old, day("2023-12-01"));
    CHECK_TEXT(date_text(start.day).at, "2024-06-16");
}

TEST_MAIN(cmocka_unit_test(a_version_never_begins_inside_a_window_that_has_begun))
