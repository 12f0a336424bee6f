// When an alert would have been on: windows along the past, by the rules of the live engine; and
// beside the days that were reported.
#include "triggers/episode.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/backtest.h"
#include "triggers/losses.h"

enum { WINDOWS_MAX = 40 };

// Windows of a day each, from 2024-01-01 on: 'y' speaks for on, '-' for neither, '.' for off, '?'
// is not known; one string a commune.
struct made {
    struct occasion occasion[WINDOWS_MAX];
    uint8_t answer[2 * WINDOWS_MAX], said[2 * WINDOWS_MAX];
    struct policy policy;
    struct backtest backtest;
};

static void made_free(struct made *made)
{
    mem_free(&made->backtest.level);
    episodes_free(&made->backtest.episodes);
}

static void make(const char *const *windows, size_t communes, int64_t level,
                 const struct alert_rule *rule, struct made *out)
{
    const int64_t first = utc_of_civil((struct civil){.year = 2024, .month = 1, .day = 1}).s;
    size_t count = strlen(windows[0]);
    *out = (struct made){.policy = {.kind = POLICY_ALERT,
                                    .level = level,
                                    .persistence = rule->persistence,
                                    .persistence_off = rule->persistence_off,
                                    .cool_down_s = rule->cool_down_s}};
    CHECK(count <= WINDOWS_MAX && communes <= 2);
    for (size_t o = 0; o < count; o++) {
        struct utc from = {first + (int64_t)o * DAY_S}, to = {from.s + DAY_S};
        struct civil day = utc_civil(from);
        out->occasion[o] =
            (struct occasion){.from = from, .to = to, .as_of = to, .first = day, .last = day};
        for (size_t c = 0; c < communes; c++) {
            char say = windows[c][o];
            size_t cell = o * communes + c;
            out->answer[cell] = say == 'y' ? ANSWER_YES : say == '?' ? ANSWER_UNKNOWN : ANSWER_NO;
            struct alert_said said = {.speech = say == 'y'   ? SPEAKS_ON
                                                : say == '-' ? SPEAKS_NEITHER
                                                : say == '.' ? SPEAKS_OFF
                                                             : SPEAKS_NOT,
                                      .level = say == 'y' ? level : 0,
                                      .hold = say == '-' || say == '?' ? level : 0};
            out->said[cell] = backtest_pack(&said);
        }
    }
    out->backtest = (struct backtest){.policy = &out->policy,
                                      .occasions = {out->occasion, count},
                                      .communes = communes,
                                      .answer = out->answer,
                                      .said = out->said};
    episodes_make(&out->backtest, &out->backtest.episodes);
}

static void test_on(void **state)
{
    (void)state;
    static const struct {
        const char *name, *windows;
        int64_t level, persistence, persistence_off, cool_down_days;
        const char *on; // '#' while it is on behind the window
        size_t episodes, told;
    } rows[] = {
        {"a yes is an alert", ".y.yy.", 2, 1, 1, 0, ".#.##.", 2, 2},
        {"two in a row are asked for", ".y.yy.", 2, 2, 1, 0, "....#.", 1, 1},
        {"a window that is not known neither adds nor breaks", ".y?y..", 2, 2, 1, 0, "...#..", 1,
         1},
        {"missing data never clear it", ".y???.", 2, 1, 1, 0, ".####.", 1, 1},
        {"between the two thresholds it stays on", ".y--.-", 2, 1, 1, 0, ".###..", 1, 1},
        {"and does not go on", ".---..", 2, 1, 1, 0, "......", 0, 0},
        {"off after two in a row", ".y.y..y", 2, 1, 2, 0, ".####.#", 2, 2},
        {"on again within three days is not told", "y.y....y", 2, 1, 1, 3, "#.#....#", 3, 2},
        {"level 3: by a person, when the data speak against it", ".yy..y", 3, 1, 1, 0, ".##..#", 2,
         2},
        {"level 4, off after two", ".y..y.", 4, 1, 2, 0, ".##.##", 2, 2},
        {"level 3 and neither", ".y---.", 3, 1, 1, 0, ".####.", 1, 1},
        {"never", "....", 2, 1, 1, 0, "....", 0, 0},
        {"still on at the end", "..yy", 2, 1, 1, 0, "..##", 1, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(made_free) struct made made;
        const struct alert_rule rule = {.persistence = rows[i].persistence,
                                        .persistence_off = rows[i].persistence_off,
                                        .cool_down_s = rows[i].cool_down_days * DAY_S};
        make(&rows[i].windows, 1, rows[i].level, &rule, &made);
        char on[WINDOWS_MAX + 1] = "";
        size_t told = 0, windows = 0;
        for (size_t o = 0; o < made.backtest.occasions.count; o++) {
            on[o] = made.backtest.level[o] ? '#' : '.';
            windows += made.backtest.level[o] > 0;
            CHECK(made.backtest.level[o] == 0 || made.backtest.level[o] == rows[i].level);
            CHECK_INT(backtest_says(&made.backtest, o), on[o] == '#');
        }
        CHECK_TEXT(on, rows[i].on);
        CHECK_INT(made.backtest.episodes.count, rows[i].episodes);
        for (size_t e = 0; e < made.backtest.episodes.count; e++) {
            const struct episode *one = &made.backtest.episodes.at[e];
            told += one->told;
            windows -= one->last - one->first + 1;
            CHECK_INT(one->level, rows[i].level);
            CHECK(made.backtest.level[one->first] > 0 && made.backtest.level[one->last] > 0);
        }
        CHECK_INT(told, rows[i].told);
        CHECK_INT(windows, 0); // each window that is on is of one episode
    }
}

static const struct {
    const char *name;
    const char *windows[2];
    bool by_commune;
    double share;
    struct reported_day day[3];
    size_t days, hits, misses, false_alarms;
    bool next_day; // the hit is a day after the alert began
} matches[] = {
    // The windows are 0 to 11; day 19723 is 2024-01-01.
    {"an alert of many windows is one, and so is its hit",
     {"...yyyy.....", "............"},
     true,
     0,
     {{0, 19723 + 4}, {0, 19723 + 5}},
     2,
     1,
     0,
     0,
     true},
    {"one hit, one miss, one false alarm",
     {"..y.....y...", "............"},
     true,
     0,
     {{0, 19723 + 2}, {0, 19723 + 5}},
     2,
     1,
     1,
     1,
     false},
    {"another commune's day is none of ours",
     {"..y.........", "............"},
     true,
     0,
     {{1, 19723 + 2}},
     1,
     0,
     1,
     1,
     false},
    {"the area: any place",
     {"..y.........", "............"},
     false,
     0,
     {{SIZE_MAX, 19723 + 2}},
     1,
     1,
     0,
     0,
     false},
    {"the area: half of the places and more",
     {"..yy........", "...y........"},
     false,
     0.6,
     {{SIZE_MAX, 19723 + 2}, {SIZE_MAX, 19723 + 3}},
     2,
     1,
     1,
     0,
     false},
    {"a day of which nothing was known is no miss",
     {"..y..?......", "............"},
     true,
     0,
     {{0, 19723 + 2}, {0, 19723 + 5}, {0, 19723 + 7}},
     3,
     1,
     1,
     0,
     false},
    {"an alert that stands through such a day has it as its hit",
     {".y?.........", "............"},
     true,
     0,
     {{0, 19723 + 2}},
     1,
     1,
     0,
     0,
     true},
    {"the area: known of one place is known",
     {"..y..??.....", ".....?......"},
     false,
     0,
     {{SIZE_MAX, 19723 + 2}, {SIZE_MAX, 19723 + 5}, {SIZE_MAX, 19723 + 6}},
     3,
     1,
     1,
     0,
     false},
    {"nothing reported", {"..y.........", "............"}, false, 0, {{0, 0}}, 0, 0, 0, 1, false},
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(matches); i++) {
        ROW(matches[i].name);
        AUTO(made_free) struct made made;
        const struct alert_rule rule = {.persistence = 1, .persistence_off = 1};
        struct reported_day day[3];
        memcpy(day, matches[i].day, sizeof(day));
        make(matches[i].windows, 2, 2, &rule, &made);
        struct losses losses = {
            .by_commune = matches[i].by_commune, .day = day, .days = matches[i].days};
        AUTO(episode_months_free) struct episode_months months = {0};
        struct skill_match match =
            episodes_match(&made.backtest, &losses, matches[i].share, &months);
        struct skill_match sum = {0};
        for (size_t k = 0; k < months.count; k++) { // in order of time, and together the whole
            CHECK(k == 0 || months.at[k - 1].month < months.at[k].month);
            sum.hits += months.at[k].match.hits;
            sum.misses += months.at[k].match.misses;
            sum.false_alarms += months.at[k].match.false_alarms;
            sum.lead_sum += months.at[k].match.lead_sum;
        }
        CHECK(sum.hits == match.hits && sum.misses == match.misses);
        CHECK_INT(sum.false_alarms, match.false_alarms);
        CHECK_NEAR(sum.lead_sum, match.lead_sum, 1e-9);
        CHECK_INT(match.hits, matches[i].hits);
        CHECK_INT(match.misses, matches[i].misses);
        CHECK_INT(match.false_alarms, matches[i].false_alarms);
        // Told when the window ended, half a day and the seven hours to Viet Nam after noon.
        if (match.hits)
            CHECK_NEAR(match.lead_sum / (double)match.hits,
                       matches[i].next_day ? 4 + 5.0 / 24 - 4
                                           : (matches[i].share > 0 ? 3 : 2) + 5.0 / 24 -
                                                 (matches[i].share > 0 ? 4 : 3),
                       1e-9);
    }
}

TEST_MAIN(cmocka_unit_test(test_on), cmocka_unit_test(test_match))
