// Where a policy looks beside the communes' own rain: gauges, storms within a radius or a box.
#include "policies/doubt.h"
#include "tests/triggers/changed.h"

static const char gauge[] =
    "gong: 1\n"
    "id: gauge\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Trạm, en: Gauge}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: gauges\n"
    "station: \"48/73 Buôn Hồ\"\n"
    "variable: rain\n"
    "period: {each: month, day: vnrain19}\n"
    "index: {take: total}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: any\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, rounding: 1 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: dry, step: period, values: [70], sum_insured: 3000000 VND, pays: 1500000 "
    "VND}]\n"
    "  not_fire: [{name: wet, step: period, values: [100]}]\n";

static const char storm[] =
    "gong: 1\n"
    "id: storm\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Bão, en: Storm}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: best-track\n"
    "variable: storm_wind\n"
    "period: {each: month, day: utc00}\n"
    "index: {take: storm_wind_near, as: beaufort, box: {west: 104.5, east: 107, south: 20, north: "
    "23}}\n"
    "rounding: 1 Bft\n"
    "minimum_coverage: any\n"
    "settle_after: 60 days\n"
    "payout: {form: tiers, tiers: [{from: 10 Bft, pay: 50 %}, {from: 12 Bft, pay: 100 %}], "
    "rounding: 1 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: force 10 in the box, step: period, values: [24.5], sum_insured: 2000000 VND, "
    "pays: 1000000 VND, more: [{of: storm_distance, step: period, values: [0]}]}]\n"
    "  not_fire: [{name: force 12 beside it, step: period, values: [32.7], more: [{of: "
    "storm_distance, step: period, values: [900]}]}]\n";

static const char area[] =
    "gong: 1\n"
    "id: area\n"
    "version: 1\n"
    "kind: alert\n"
    "title: {vi: Mưa rộng, en: Rain over an area}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: imerg\n"
    "watch: observation\n"
    "variable: rain\n"
    "index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: maximum_sum, over: 24 h, "
    "within: 24 h}, rounding: 0.1 mm, trigger: {index: \">=\", threshold: 100 mm}}}\n"
    "rounding: 0.1 %\n"
    "minimum_coverage: any\n"
    "trigger: {index: \">=\", threshold: 10 %}\n"
    "persistence: 1\n"
    "next_update: 12 h\n"
    "message: {vi: \"{commune} {index} {issued} {next}\", en: \"{commune} {index} {issued} "
    "{next}\"}\n"
    "cases:\n"
    "  fire: [{name: 7 of 65 at 100 mm, step: 12 h, communes: [{count: 7, values: [60, 40]}, "
    "{count: 58, values: [60, 39.9]}]}, {name: 6 that are not known do not matter, step: 24 h, "
    "communes: [{count: 7, values: [100]}, {count: 52, values: [0]}, {count: 6, values: "
    "[missing]}]}]\n"
    "  not_fire: [{name: 6 of 65, step: 24 h, communes: [{count: 6, values: [100]}, {count: 59, "
    "values: [99.9]}]}]\n"
    "  not_known: [{name: 7 that are not known are too many, step: 24 h, communes: [{count: 7, "
    "values: [100]}, {count: 51, values: [0]}, {count: 7, values: [missing]}]}]\n";

static const struct change area_rows[] = {
    {"a tenth of the communes", {NULL}, NULL},
    {"one commune in the cases",
     {"  not_fire: [{name: one, step: 24 h, values: [5]}]"},
     "\"communes\" is missing"},
    {"a share of shares",
     {"index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: area_share, "
      "unknown_at_most: 10 %, of: {index: {take: maximum, within: 24 h}, rounding: 1 mm, trigger: "
      "{index: \">=\", threshold: 100 mm}}}, rounding: 1 %, trigger: {index: \">=\", threshold: "
      "100 %}}}"},
     "a share of shares says nothing"},
    {"nothing known is enough",
     {"index: {take: area_share, unknown_at_most: 100 %, of: {index: {take: maximum, within: 24 "
      "h}, rounding: 1 mm, trigger: {index: \">=\", threshold: 100 mm}}}"},
     "a share of nothing would be known"},
    {"no word about what is not known",
     {"index: {take: area_share, of: {index: {take: maximum, within: 24 h}, rounding: 1 mm, "
      "trigger: {index: \">=\", threshold: 100 mm}}}"},
     "\"unknown_at_most\" is missing"},
    {"a window in the wrong place",
     {"index: {take: area_share, within: 24 h, unknown_at_most: 1 %, of: {index: {take: maximum, "
      "within: 24 h}, rounding: 1 mm, trigger: {index: \">=\", threshold: 100 mm}}}"},
     "write within there"},
    {"a key of the communes' index beside it",
     {"index: {take: area_share, over: 24 h, unknown_at_most: 1 %, of: {index: {take: maximum, "
      "within: 24 h}, rounding: 1 mm, trigger: {index: \">=\", threshold: 100 mm}}}"},
     "belongs to maximum_sum"},
    {"a share of another part",
     {"all_of: [{name: second, index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: "
      "maximum, within: 24 h}, rounding: 1 mm, trigger: {index: \">=\", threshold: 100 mm}}}, "
      "trigger: {index: \">=\", threshold: 10 %}}]"},
     "only the policy's own index is a share"},
    {"more than all communes", {"trigger: {index: \">\", threshold: 101 %}"}, "0 to 100"},
};

// The share is made per member first: then how many members say so.
static const char members[] =
    "gong: 1\n"
    "id: area-members\n"
    "version: 1\n"
    "kind: alert\n"
    "title: {vi: Mưa rộng, en: Rain over an area}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: runs\n"
    "watch: forecast\n"
    "variable: rain\n"
    "index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: maximum_sum, over: 24 h, "
    "within: 24 h}, rounding: 0.1 mm, trigger: {index: \">=\", threshold: 100 mm}}}\n"
    "rounding: 0.1 %\n"
    "minimum_coverage: any\n"
    "ensemble: {members: 4, minimum: 3, probability: \">=\", threshold: 50 %}\n"
    "trigger: {index: \">=\", threshold: 20 %}\n"
    "persistence: 1\n"
    "next_update: 12 h\n"
    "message: {vi: \"{commune} {index} {issued} {next}\", en: \"{commune} {index} {issued} "
    "{next}\"}\n"
    "cases:\n"
    "  fire: [{name: 2 of 10 communes at 2 of 4 members, step: 24 h, members: [{count: 2, "
    "communes: "
    "[{count: 2, values: [100]}, {count: 8, values: [0]}]}, {count: 2, communes: [{count: 10, "
    "values: [0]}]}]}]\n"
    "  not_fire: [{name: at 1 of 4, step: 24 h, members: [{count: 1, communes: [{count: 10, "
    "values: "
    "[100]}]}, {count: 3, communes: [{count: 10, values: [0]}]}]}, {name: \"at every commune some "
    "member, but at none many\", step: 24 h, members: [{count: 1, communes: [{count: 1, values: "
    "[100]}, {count: 9, values: [0]}]}, {count: 1, communes: [{count: 1, values: [0]}, {count: 1, "
    "values: [100]}, {count: 8, values: [0]}]}, {count: 2, communes: [{count: 2, values: [0]}, "
    "{count: 1, values: [100]}, {count: 7, values: [0]}]}]}]\n"
    "  not_known: [{name: two members say nothing of two communes, step: 24 h, members: [{count: "
    "2, "
    "communes: [{count: 2, values: [missing]}, {count: 8, values: [100]}]}, {count: 2, communes: "
    "[{count: 10, values: [100]}]}]}]\n";

static const struct change members_rows[] = {
    {"a share per member", {NULL}, NULL},
    {"a quantile of the shares",
     {"ensemble: {members: 4, minimum: 3, quantile: 70 %}",
      "  fire: [{name: all alike, step: 24 h, members: [{count: 4, communes: [{count: 2, values: "
      "[100]}, {count: 8, values: [0]}]}]}]"},
     NULL},
    {"several models",
     {"ensemble: {members: 4, minimum: 3, probability: \">=\", threshold: 50 %, how: pooled, "
      "models: [{source: gefs, members: 4, minimum: 3}]}"},
     "made of the members of one model"},
    {"members without communes",
     {"  fire: [{name: all, step: 24 h, members: [{count: 4, values: [100]}]}]"},
     "\"communes\" is missing"},
    {"communes without members",
     {"  fire: [{name: all, step: 24 h, communes: [{count: 4, values: [100]}]}]"},
     "\"members\" is missing"},
    {"members of other communes",
     {"  fire: [{name: all, step: 24 h, members: [{count: 2, communes: [{count: 3, values: "
      "[100]}]}, {count: 2, communes: [{count: 2, values: [100]}]}]}]"},
     "each member tells of the same communes"},
    {"more values than a case may have",
     {"  fire: [{name: all, step: 1 h, members: [{count: 4, communes: [{count: 100, values: [0 x "
      "15000]}]}]}]"},
     "the case has more than 4000000 values"},
    {"more members than any source has",
     {"  fire: [{name: all, step: 24 h, members: [{count: 999, communes: [{count: 3, values: "
      "[100]}]}, {count: 2, communes: [{count: 3, values: [100]}]}]}]"},
     "1001 members, at most 1000"},
};

static const struct change gauge_rows[] = {
    {"a contract on a named gauge", {NULL}, NULL},
    {"no name", {"station: \"\""}, "\"station\" is empty"},
    {"a gauge of storms",
     {"variable: storm_wind", "index: {take: storm_wind_near, radius: 5 km}"},
     "a gauge sees no storms"},
    {"a second index of another gauge",
     {"also: {name: other, station: \"48/74\"}",
      "payout: {form: tiers, tiers: [{below: 50 mm, also_below: 60 mm, pay: 100 %}], rounding: 1 "
      "VND}",
      "  fire: [{name: both are dry, step: period, values: [49], more: [{of: other, step: period, "
      "values: [59]}]}]",
      "  not_fire: [{name: the other is not, step: period, values: [49], more: [{of: other, step: "
      "period, values: [60]}]}]"},
     NULL},
    {"a second index of the communes of another source",
     {"also: {name: other, source: chirps}",
      "payout: {form: tiers, tiers: [{below: 50 mm, also_below: 60 mm, pay: 100 %}], rounding: 1 "
      "VND}",
      "  fire: [{name: both are dry, step: period, values: [49], more: [{of: other, step: period, "
      "values: [59]}]}]",
      "  not_fire: [{name: the other is not, step: period, values: [49], more: [{of: other, step: "
      "period, values: [60]}]}]"},
     NULL},
};

static const struct change storm_rows[] = {
    {"a box", {NULL}, NULL},
    {"neither radius nor box",
     {"index: {take: storm_wind_near, as: beaufort}"},
     "write either radius: 100 km or box"},
    {"both",
     {"index: {take: storm_wind_near, as: beaufort, radius: 5 km, box: {west: 1, east: 2, south: "
      "1, north: 2}}"},
     "write either radius: 100 km or box"},
    {"an empty box",
     {"index: {take: storm_wind_near, as: beaufort, box: {west: 107, east: 104, south: 20, north: "
      "23}}"},
     "the box is empty"},
    {"a place that is not on the Earth",
     {"index: {take: storm_wind_near, as: beaufort, box: {west: 107, east: 194, south: 20, north: "
      "23}}"},
     "east is -180 to 180 degrees"},
    {"a side is missing",
     {"index: {take: storm_wind_near, as: beaufort, box: {west: 107, east: 108, south: 20}}"},
     "\"north\" is missing"},
    {"a number with a unit",
     {"index: {take: storm_wind_near, as: beaufort, box: {west: 107 E, east: 108, south: 20, "
      "north: 23}}"},
     "107 E"},
    {"farther than is looked at",
     {"index: {take: storm_wind_near, as: beaufort, radius: 3001 km}"},
     "within 3000 km"},
    {"circles and a box",
     {"circles: [{name: a, radius: 50 km, payout: {form: tiers, tiers: [{from: 10 Bft, pay: 50 "
      "%}]}}]",
      "circles_pay: sum", "payout: {form: circles, rounding: 1 VND}"},
     "circles and a box do not go together"},
    {"a box of rain",
     {"variable: rain", "index: {take: total, box: {west: 1, east: 2, south: 1, north: 2}}",
      "rounding: 1 mm"},
     "belongs to storm_wind_near"},
    {"a distance that no storm is looked at",
     {"variable: storm_distance", "index: {take: minimum}", "rounding: 1 km",
      "payout: {form: linear_deficit, strike: 3001 km, exit: 40 km, rounding: 1 VND}"},
     "lies in 0 to 3,000 km"},
};

// What several events of one period pay together.
static const struct change event_rows[] = {
    {"thirds and twelfths of events are one half: rounded once, when they are added",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 250 mm, rounding: 1000 VND}",
      "limits: {waiting: none, hours: 72 h, event: 100 %, period: 100 %, events: 3, reinstatement: "
      "none}",
      "  fire: [{name: three, step: 24 h, values: [0 x 3, 150, 0 x 9, 112.5, 0 x 9, 112.5, 0 x 7], "
      "sum_insured: 3001000 VND, pays: 1501000 VND}]",
      "  not_fire: [{name: dry, step: 24 h, values: [0 x 31]}]"},
     NULL},
    {"rain of the fourteenth day fell while nothing is paid yet, that of the fifteenth did not",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: 14 days, hours: 72 h, event: 90 %, period: 90 %, events: 3, "
      "reinstatement: none}",
      "  fire: [{name: the fifteenth, step: 24 h, values: [0 x 14, 150, 0 x 16], sum_insured: "
      "1000000 VND, pays: 500000 VND}]",
      "  not_fire: [{name: the fourteenth, step: 24 h, values: [0 x 13, 150, 0 x 17]}]"},
     NULL},
};

static void test_gauges(void **state)
{
    (void)state;
    check(gauge, gauge_rows, COUNT_OF(gauge_rows));
}

static void test_storms(void **state)
{
    (void)state;
    check(storm, storm_rows, COUNT_OF(storm_rows));
}

// Numbers that no place on Earth has seen, and such as are finer than what is measured: doubted.
static void test_unmeasured(void **state)
{
    (void)state;
    static const char season[] = "period: {from: 01-15, to: 04-15, day: vnrain19}";
    static const char spell[] =
        "payout: {form: linear_excess, strike: 10 days, exit: 20 days, rounding: 1 VND}";
    static const struct change rows[] = {
        // words: the doubt; NULL: none of these
        {"as much as fell once in twelve months",
         {season, "payout: {form: linear_deficit, strike: 26470 mm, exit: 4 mm, rounding: 1 VND}"},
         NULL},
        {"more than that in three months",
         {season, "payout: {form: linear_deficit, strike: 99999 mm, exit: 4 mm, rounding: 1 VND}"},
         "doubt: 99,999 mm is more than was ever measured anywhere in 92 days (26,470 mm): the "
         "index can never reach it\n"},
        {"a month",
         {"payout: {form: linear_excess, strike: 9300 mm, exit: 9300.1 mm, rounding: 1 VND}"},
         "doubt: 9,300.1 mm is more than was ever measured anywhere in 31 days (9,300 mm)"},
        {"three days",
         {"index: {take: maximum_sum, over: 3 days}",
          "payout: {form: linear_excess, strike: 3930 mm, exit: 3930.1 mm, rounding: 1 VND}"},
         "doubt: 3,930.1 mm is more than was ever measured anywhere in 72 h (3,930 mm)"},
        {"a tier of two days",
         {"index: {take: maximum_sum, over: 2 days}",
          "payout: {form: tiers, tiers: [{from: 100 mm, pay: 50 %}, {from: 2500 mm, pay: 100 %}], "
          "rounding: 1 VND}"},
         "doubt: 2,500 mm is more than was ever measured anywhere in 48 h (2,493 mm)"},
        {"a phase of two months",
         {season,
          "phases:\n  - {name: a, from: 01-15, to: 02-28, weight: 100 %, payout: {form: "
          "linear_deficit, strike: 30000 mm, exit: 20 mm}}",
          "payout: {form: phases, rounding: 1 VND}"},
         "doubt: 30,000 mm is more than was ever measured anywhere in 45 days (26,470 mm)"},
        {"a dry day that is finer than a gauge",
         {"index: {take: longest_dry_spell, dry_below: 0.05 mm, missing: unknown}",
          "rounding: 1 day", spell},
         "doubt: 0.05 mm is less than sources resolve: a gauge reads 0.1 mm\n"},
        {"one that is as fine",
         {"index: {take: longest_dry_spell, dry_below: 0.1 mm, missing: unknown}",
          "rounding: 1 day", spell},
         NULL},
        {"a gust",
         {"variable: gust", "index: {take: maximum}", "rounding: 0.1 m/s",
          "payout: {form: linear_excess, strike: 113.2 m/s, exit: 113.3 m/s, rounding: 1 VND}"},
         "doubt: 113.3 m/s is more than was ever measured anywhere (113.2 m/s)"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX), words = buf_new(10000);
        put_changed(gauge, &rows[i], &text);
        CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
        (void)policy_doubts(policy, &words);
        buf_text(&words, ".");
        if (rows[i].words)
            CHECK_HAS(words.at, rows[i].words);
        else
            CHECK(!strstr(words.at, "ever measured") && !strstr(words.at, "resolve"));
    }
}

static void test_areas(void **state)
{
    (void)state;
    check(area, area_rows, COUNT_OF(area_rows));
    check(members, members_rows, COUNT_OF(members_rows));
}

static void test_events(void **state)
{
    (void)state;
    check(gauge, event_rows, COUNT_OF(event_rows));
}

TEST_MAIN(cmocka_unit_test(test_events), cmocka_unit_test(test_areas),
          cmocka_unit_test(test_gauges), cmocka_unit_test(test_storms),
          cmocka_unit_test(test_unmeasured))
