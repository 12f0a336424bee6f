// When a message is tried again: by the class of its failure, never all at one moment.
#include "notify/pause.h"

#include "tests/check.h"

enum { FIRST_MS = 2000, DRAWS = 300 };

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum outcome outcome;
        int64_t attempt, wished_ms, least_ms, most_ms;
    } rows[] = {
        {"throttled, and no time is said", OUTCOME_BUSY, 1, 0, 800, 1200},
        {"throttled the ninth time is still soon", OUTCOME_BUSY, 9, 0, 800, 1200},
        {"throttled, as the carrier says", OUTCOME_BUSY, 1, 30000, 24000, 36000},
        {"down", OUTCOME_DOWN, 3, 0, 48000, 72000},
        {"down, as the driver says", OUTCOME_DOWN, 1, 5000, 4000, 6000},
        {"taken, and not final", OUTCOME_PENDING, 1, 0, 4000, 6000},
        {"failed for the first time", OUTCOME_RETRY, 1, 0, 1600, 2400},
        {"for the second", OUTCOME_RETRY, 2, 0, 3200, 4800},
        {"for the fifth", OUTCOME_RETRY, 5, 0, 25600, 38400},
        {"no longer than ten minutes", OUTCOME_RETRY, 12, 0, 480000, 720000},
        {"nor when doubling would run over", OUTCOME_RETRY, 4000, 0, 480000, 720000},
        {"later than our own pause, when that is wished", OUTCOME_RETRY, 1, 60000, 48000, 72000},
        {"not sooner than our own pause, when that is wished", OUTCOME_RETRY, 5, 100, 25600, 38400},
        {"not known: asked soon", OUTCOME_UNKNOWN, 1, 0, 1600, 2400},
        {"asked at least each 24 s", OUTCOME_UNKNOWN, 30, 0, 16000, 24000},
        {"asked when the driver says, to the millisecond", OUTCOME_UNKNOWN, 1, 777, 777, 777},
        {"done", OUTCOME_DONE, 1, 0, 0, 0},
        {"never arrived: sent at once", OUTCOME_ABSENT, 2, 0, 0, 0},
        {"refused", OUTCOME_REFUSED, 1, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct note answer = {.type = NOTE_NAK,
                              .outcome = rows[i].outcome,
                              .attempt = rows[i].attempt,
                              .after_ms = rows[i].wished_ms};
        int64_t middle_ms = (rows[i].least_ms + rows[i].most_ms) / 2;
        size_t early = 0, late = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            int64_t pause_ms = pause_of(&answer, FIRST_MS);
            CHECK(pause_ms >= rows[i].least_ms && pause_ms <= rows[i].most_ms);
            early += pause_ms < middle_ms;
            late += pause_ms > middle_ms;
        }
        // None on one side of 300 is as likely as 300 coins that fall alike.
        CHECK_INT(early > 0 && late > 0, rows[i].least_ms < rows[i].most_ms);
    }
}

static void test_short_spans(void **state)
{
    (void)state;
    ROW("a pause of no time is one");
    struct note answer = {.type = NOTE_NAK, .outcome = OUTCOME_RETRY, .attempt = 1};
    CHECK_INT(pause_of(&answer, 0), 0);
    ROW("and one too short for a fifth");
    CHECK_INT(pause_of(&answer, 4), 4);
    CHECK_INT(pause_doubled(2, 1, 200), 2);
    CHECK_INT(pause_doubled(2, 2, 200), 4);
    CHECK_INT(pause_doubled(150, 2, 200), 200);
}

TEST_MAIN(cmocka_unit_test(test_classes), cmocka_unit_test(test_short_spans))
