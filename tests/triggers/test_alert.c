// Domain reference 4.2: persistence, hysteresis, levels, cool-down. The rows of 4.2 were
// computed by the reference's author.
#include "triggers/alert.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "tests/check.h"

static const struct alert_rule twice = {.persistence = 2, .persistence_off = 2};
static const struct alert_rule once = {.persistence = 1, .persistence_off = 1};

// On since 1970, when the level is over 0.
static struct alert_state at_level(int64_t level, struct utc seen)
{
    struct alert_state alert = alert_state_none();
    alert.on = level > 0;
    alert.level = level;
    alert.seen = seen;
    alert.since = (struct utc){0};
    for (int64_t i = 0; i < level; i++)
        alert.reached[i] = alert.since;
    return alert;
}

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
    struct alert_state alert = alert_state_none();
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
        struct alert_state alert = at_level(rows[i].level, (struct utc){rows[i].seen});
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
    struct alert_state alert = alert_state_none();
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
    struct alert_state alert = alert_state_none();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct alert_said said = {
            rows[i].level ? SPEAKS_ON : SPEAKS_OFF, rows[i].level, 0, {rows[i].hour * HOUR_S}};
        enum turn turn = alert_step(&alert, &said, &rule);
        CHECK_INT(alert_tell(&alert, turn, said.as_of, &rule), rows[i].told);
    }
}

// Whoever heard that it is over is told when it is on again, however soon: what is told last would
// otherwise be wrong for as long as it is on.
static void test_told_over(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool tells_over;
        int64_t level;
        bool told;
    } rows[] = {
        {"nobody was told that it is over", false, 2, false},
        {"all were, by the policy's text", true, 2, true},
        {"all were, by the person who ended it", false, 3, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        const struct alert_rule rule = {.persistence = 1,
                                        .persistence_off = 1,
                                        .cool_down_s = (int64_t)6 * HOUR_S,
                                        .tells_over = rows[i].tells_over};
        struct alert_state alert = alert_state_none();
        struct alert_said said = {SPEAKS_ON, rows[i].level, 0, {0}};
        CHECK_INT(alert_take(&alert, &said, &rule).told, true);
        CHECK_INT(alert_clear(&alert, (struct utc){HOUR_S}), true);
        said.as_of.s = 2 * HOUR_S;
        CHECK_INT(alert_take(&alert, &said, &rule).told, rows[i].told);
    }
}

// Up to the cut-off a run takes a stage back; from then until what it was for is over none does.
static void test_cut_off(void **state)
{
    (void)state;
    struct policy policy = {.persistence = 1,
                            .persistence_off = 1,
                            .stages = true,
                            .parts = 2,
                            .part = mem_new(2, sizeof(struct part))};
    policy.part[0] = (struct part){.level = 1,
                                   .lead_s = (int64_t)48 * HOUR_S,
                                   .cut_off_s = (int64_t)24 * HOUR_S,
                                   .index = {.within_s = (int64_t)24 * HOUR_S}};
    policy.part[1] = (struct part){.level = 2, .index = {.within_s = (int64_t)24 * HOUR_S}};
    static const struct {
        const char *name;
        int64_t level, hours; // at which it is, and since when
        enum speech speech;
        int64_t said;
        enum turn turn;
    } rows[] = {
        {"six hours later it can be taken back", 1, 6, SPEAKS_OFF, 0, TURN_OFF},
        {"24 h before its window it still can", 1, 24, SPEAKS_OFF, 0, TURN_OFF},
        {"a run later it cannot", 1, 30, SPEAKS_OFF, 0, TURN_NONE},
        {"within its window neither", 1, 66, SPEAKS_OFF, 0, TURN_NONE},
        {"when that is over it ends", 1, 72, SPEAKS_OFF, 0, TURN_OFF},
        {"it can always rise", 1, 30, SPEAKS_ON, 2, TURN_UP},
        {"a stage without a cut-off falls at any time, to one that is past its own", 2, 30,
         SPEAKS_OFF, 0, TURN_DOWN},
        {"and ends when that is over", 2, 72, SPEAKS_OFF, 0, TURN_OFF},
        {"and falls to the one below", 2, 30, SPEAKS_ON, 1, TURN_DOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct alert_state alert = at_level(rows[i].level, UTC_NEVER);
        struct alert_said said = {rows[i].speech, rows[i].said, 0, {rows[i].hours * HOUR_S}};
        struct alert_rule rule = alert_rule_of(&policy);
        CHECK_INT(alert_step(&alert, &said, &rule), rows[i].turn);
    }
    ROW("a run of the time between does not count for those that end it");
    struct alert_state alert = at_level(1, UTC_NEVER);
    policy.persistence_off = 2;
    static const int64_t hours[] = {66, 72, 78};
    for (size_t i = 0; i < COUNT_OF(hours); i++) {
        struct alert_said said = {SPEAKS_OFF, 0, 0, {hours[i] * HOUR_S}};
        struct alert_rule rule = alert_rule_of(&policy);
        CHECK_INT(alert_step(&alert, &said, &rule), i == 2 ? TURN_OFF : TURN_NONE);
    }
    mem_free(&policy.part);
}

// One run of an alert whose readiness (level 1) is kept from 24 h to 72 h after it began, and whose
// activation (level 2) from 12 h to 48 h. What is said: 0 off, 1, 2; or of the three below.
enum { NOTHING = -1, NEITHER = -2, CLEARED = -3 };
struct kept_run {
    int64_t hour, said, level, kept; // kept: as alert_take tells it
};

static const struct kept_row {
    const char *name;
    int64_t persistence_off;
    struct kept_run run[9];
    size_t runs;
} kept_rows[] = {
    {"up, and off at once: to the stage whose cut-off is over",
     1,
     {{0, 1, 1, 0}, {18, 2, 2, 0}, {30, 0, 1, 1}, {66, 0, 1, 1}, {72, 0, 0, 0}},
     5},
    {"up, and off before any cut-off: off", 1, {{0, 1, 1, 0}, {18, 2, 2, 0}, {24, 0, 0, 0}}, 3},
    {"up and back: readiness still counts from its own beginning",
     1,
     {{0, 1, 1, 0}, {6, 2, 2, 0}, {18, 1, 1, 0}, {30, 0, 1, 1}, {72, 0, 0, 0}},
     5},
    {"it rose when its cut-off was over already",
     1,
     {{0, 1, 1, 0}, {30, 2, 2, 0}, {36, 0, 1, 1}, {66, 0, 1, 1}, {72, 0, 0, 0}},
     5},
    {"both are past their cut-offs; the lower ends last",
     1,
     {{0, 1, 1, 0}, {12, 2, 2, 0}, {30, 0, 2, 2}, {60, 0, 1, 1}, {66, 0, 1, 1}, {72, 0, 0, 0}},
     6},
    {"at once at the higher: both began then",
     1,
     {{0, 2, 2, 0}, {18, 0, 2, 2}, {48, 0, 1, 1}, {66, 0, 1, 1}, {72, 0, 0, 0}},
     5},
    {"up, back, and up again: the higher counts anew, the lower does not",
     1,
     {{0, 1, 1, 0},
      {6, 2, 2, 0},
      {24, 1, 2, 2},
      {54, 1, 1, 0},
      {60, 2, 2, 0},
      {66, 0, 1, 1},
      {72, 0, 0, 0}},
     7},
    {"off and on again: all begins anew",
     1,
     {{0, 1, 1, 0}, {6, 0, 0, 0}, {12, 1, 1, 0}, {30, 0, 0, 0}, {36, 1, 1, 0}, {66, 0, 1, 1}},
     6},
    {"what is not known changes nothing, and keeps nothing",
     1,
     {{0, 1, 1, 0},
      {18, 2, 2, 0},
      {24, NOTHING, 2, 0},
      {30, NOTHING, 2, 0},
      {66, 0, 1, 1},
      {72, 0, 0, 0}},
     6},
    {"nor does what lies between the thresholds",
     1,
     {{0, 1, 1, 0}, {12, NEITHER, 1, 0}, {30, 0, 1, 1}, {48, NEITHER, 1, 0}, {72, 0, 0, 0}},
     5},
    {"a person ends it all the same, and what then comes begins anew",
     1,
     {{0, 1, 1, 0}, {18, 2, 2, 0}, {30, CLEARED, 0, 0}, {36, 1, 1, 0}, {48, 0, 0, 0}},
     5},
    {"runs in a row for less: only those that may count",
     2,
     {{0, 1, 1, 0},
      {18, 2, 2, 0},
      {24, 0, 2, 0},
      {30, 0, 1, 1},
      {66, 0, 1, 1},
      {72, 0, 1, 0},
      {78, 0, 0, 0}},
     7},
};

static void take_run(struct alert_state *alert, const struct kept_run *run,
                     const struct alert_rule *rule)
{
    struct alert_said said = {SPEAKS_OFF, 0, 0, {run->hour * HOUR_S}};
    struct alert_taken taken = {0};
    said.speech = run->said == NOTHING   ? SPEAKS_NOT
                  : run->said == NEITHER ? SPEAKS_NEITHER
                  : run->said > 0        ? SPEAKS_ON
                                         : SPEAKS_OFF;
    said.level = run->said > 0 ? run->said : 0;
    said.hold = run->said == NEITHER ? ALERT_LEVELS : 0;
    if (run->said == CLEARED)
        CHECK(alert_clear(alert, said.as_of));
    else
        taken = alert_take(alert, &said, rule);
    CHECK_INT(alert->level, run->level);
    CHECK_INT(taken.kept, run->kept);
}

// Since when a stage is past its cut-off does not depend on what the alert did above it.
static void test_cut_off_of_each_stage(void **state)
{
    (void)state;
    struct policy policy = {
        .persistence = 1, .stages = true, .parts = 2, .part = mem_new(2, sizeof(struct part))};
    policy.part[0] = (struct part){.level = 1,
                                   .lead_s = (int64_t)48 * HOUR_S,
                                   .cut_off_s = (int64_t)24 * HOUR_S,
                                   .index = {.within_s = (int64_t)24 * HOUR_S}};
    policy.part[1] = (struct part){.level = 2,
                                   .lead_s = (int64_t)24 * HOUR_S,
                                   .cut_off_s = (int64_t)12 * HOUR_S,
                                   .index = {.within_s = (int64_t)24 * HOUR_S}};
    for (size_t i = 0; i < COUNT_OF(kept_rows); i++) {
        ROW(kept_rows[i].name);
        policy.persistence_off = kept_rows[i].persistence_off;
        const struct alert_rule rule = alert_rule_of(&policy);
        struct alert_state alert = alert_state_none();
        for (size_t r = 0; r < kept_rows[i].runs; r++)
            take_run(&alert, &kept_rows[i].run[r], &rule);
    }
    mem_free(&policy.part);
}

static void test_clear(void **state)
{
    (void)state;
    struct alert_state alert = at_level(4, (struct utc){10});
    alert.runs = 2;
    CHECK(alert_clear(&alert, (struct utc){30}));
    CHECK_INT(alert.on, false);
    CHECK_INT(alert.level, 0);
    CHECK_INT(alert.since.s, 30);
    for (size_t i = 0; i < ALERT_LEVELS; i++)
        CHECK_INT(alert.reached[i].s, UTC_NEVER.s);
    CHECK(!alert_clear(&alert, (struct utc){31}));
}

TEST_MAIN(cmocka_unit_test(test_persistence), cmocka_unit_test(test_turns),
          cmocka_unit_test(test_slowly_down), cmocka_unit_test(test_cool_down),
          cmocka_unit_test(test_told_over), cmocka_unit_test(test_cut_off),
          cmocka_unit_test(test_cut_off_of_each_stage), cmocka_unit_test(test_clear))
