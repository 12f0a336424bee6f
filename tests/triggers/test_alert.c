// Domain reference 4.2: persistence, hysteresis, levels, cool-down. The rows of 4.2 were
// computed by the reference's author.
#include "triggers/alert.h"

#include "core/mem.h"
#include "tests/check.h"

static const struct alert_rule twice = {.persistence = 2, .persistence_off = 2};
static const struct alert_rule once = {.persistence = 1, .persistence_off = 1};

static enum speech speech_of(int percent)
{
    return percent >= 60 ? SPEAKS_ON : percent < 40 ? SPEAKS_OFF : SPEAKS_NEITHER;
}

// On after two runs of 60 % or more, off after two under 40 %.
static void test_persistence(void **state)
{
    (void)state;
    static const int percent[] = {32, 55, 48, 61, 64, 70, 41, 35, 28, 30, 52};
    static const bool on[] = {0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0};
    struct alert_state alert = {.since = UTC_NEVER, .seen = UTC_NEVER};
    for (size_t i = 0; i < COUNT_OF(percent); i++) {
        ROW("official run");
        struct alert_said said = {speech_of(percent[i]), 1, 1, {(int64_t)i * DAY_S}};
        said.hold = said.speech == SPEAKS_NEITHER;
        (void)alert_step(&alert, &said, &twice);
        CHECK_INT(alert.on, on[i]);
    }
}

static void test_turns(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t level, seen;
        enum speech speech;
        int64_t said, hold, as_of;
        enum turn turn;
        int64_t after;
    } rows[] = {
        {"goes on", 0, 10, SPEAKS_ON, 1, 0, 20, TURN_ON, 1},
        {"is on already", 1, 10, SPEAKS_ON, 1, 0, 20, TURN_NONE, 1},
        {"goes off", 1, 10, SPEAKS_OFF, 0, 0, 20, TURN_OFF, 0},
        {"missing data never clear an alert", 1, 10, SPEAKS_NOT, 0, 1, 20, TURN_NONE, 1},
        {"missing data never raise one", 0, 10, SPEAKS_NOT, 0, 1, 20, TURN_NONE, 0},
        {"between the thresholds nothing changes", 1, 10, SPEAKS_NEITHER, 0, 1, 20, TURN_NONE, 1},
        {"a run older than the newest is not taken in", 0, 30, SPEAKS_ON, 1, 0, 20, TURN_NONE, 0},
        {"the same run corrected can raise", 0, 20, SPEAKS_ON, 1, 0, 20, TURN_ON, 1},
        {"the same run corrected can escalate", 1, 20, SPEAKS_ON, 2, 0, 20, TURN_UP, 2},
        {"the same run corrected cannot clear", 1, 20, SPEAKS_OFF, 0, 0, 20, TURN_NONE, 1},
        {"readiness becomes activation", 1, 10, SPEAKS_ON, 2, 0, 20, TURN_UP, 2},
        {"activation falls back to readiness", 2, 10, SPEAKS_ON, 1, 0, 20, TURN_DOWN, 1},
        {"not while its own stage is between its thresholds", 2, 10, SPEAKS_ON, 1, 2, 20, TURN_NONE,
         2},
        {"what was not reached is not held", 1, 10, SPEAKS_ON, 1, 4, 20, TURN_NONE, 1},
        {"level 3 is never cleared by the data", 3, 10, SPEAKS_OFF, 0, 0, 20, TURN_NONE, 3},
        {"nor lowered", 4, 10, SPEAKS_ON, 1, 0, 20, TURN_NONE, 4},
        {"but it can rise", 3, 10, SPEAKS_ON, 5, 0, 20, TURN_UP, 5},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct alert_state alert = {
            .on = rows[i].level > 0, .level = rows[i].level, .seen = {rows[i].seen}};
        struct alert_said said = {rows[i].speech, rows[i].said, rows[i].hold, {rows[i].as_of}};
        CHECK_INT(alert_step(&alert, &said, &once), rows[i].turn);
        CHECK_INT(alert.level, rows[i].after);
        CHECK_INT(alert.on, rows[i].after > 0);
    }
}

// Raised at once, lowered slowly.
static void test_slowly_down(void **state)
{
    (void)state;
    const struct alert_rule rule = {.persistence = 1, .persistence_off = 3};
    static const enum turn turns[] = {TURN_ON,   TURN_NONE, TURN_NONE, TURN_NONE,
                                      TURN_NONE, TURN_NONE, TURN_OFF};
    static const enum speech said[] = {SPEAKS_ON,  SPEAKS_OFF, SPEAKS_OFF, SPEAKS_ON,
                                       SPEAKS_OFF, SPEAKS_OFF, SPEAKS_OFF};
    struct alert_state alert = {.since = UTC_NEVER, .seen = UTC_NEVER};
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        struct alert_said one = {said[i], 2, 0, {(int64_t)i}};
        CHECK_INT(alert_step(&alert, &one, &rule), turns[i]);
    }
}

static void test_cool_down(void **state)
{
    (void)state;
    const struct alert_rule rule = {
        .persistence = 1, .persistence_off = 1, .cool_down_s = (int64_t)6 * HOUR_S};
    static const struct {
        const char *name;
        int64_t hour, level; // 0: off
        bool told;
    } rows[] = {
        {"the first is told", 0, 1, true},
        {"that it is off, as well", 1, 0, true},
        {"on again with the same level, three hours later, is not", 3, 1, false},
        {"a higher level breaks the cool-down", 4, 2, true},
        {"so does a lower one", 5, 1, true},
        {"off", 6, 0, true},
        {"six hours after it was told it is told again", 11, 1, true},
    };
    struct alert_state alert = {.since = UTC_NEVER, .seen = UTC_NEVER, .told = UTC_NEVER};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct alert_said said = {
            rows[i].level ? SPEAKS_ON : SPEAKS_OFF, rows[i].level, 0, {rows[i].hour * HOUR_S}};
        enum turn turn = alert_step(&alert, &said, &rule);
        CHECK_INT(alert_tell(&alert, turn, said.as_of, &rule), rows[i].told);
    }
}

static void test_clear(void **state)
{
    (void)state;
    struct alert_state alert = {.on = true, .level = 4, .runs = 2, .seen = {10}};
    CHECK(alert_clear(&alert, (struct utc){30}));
    CHECK_INT(alert.on, false);
    CHECK_INT(alert.level, 0);
    CHECK_INT(alert.since.s, 30);
    CHECK(!alert_clear(&alert, (struct utc){31}));
}

TEST_MAIN(cmocka_unit_test(test_persistence), cmocka_unit_test(test_turns),
          cmocka_unit_test(test_slowly_down), cmocka_unit_test(test_cool_down),
          cmocka_unit_test(test_clear))
