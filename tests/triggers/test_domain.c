// Where a policy looks beside the communes' own rain: gauges, storms within a radius or a box.
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

TEST_MAIN(cmocka_unit_test(test_gauges), cmocka_unit_test(test_storms))
