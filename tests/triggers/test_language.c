// Policies as people write them, with the forms beyond one index and one threshold: what is
// refused, where and in which words; and what they then decide. Domain reference 4.1 (several
// models) and 7 (a substitute by the ratio of sums) are rows here; their values were computed by
// the reference's author.
#include "tests/triggers/changed.h"

static const char cover[] =
    "gong: 1\n"
    "id: cover\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Hạn, en: Drought}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: chirps\n"
    "variable: rain\n"
    "period: {from: 05-01, to: 05-31, day: utc00}\n"
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

static const char alert[] =
    "gong: 1\n"
    "id: alert\n"
    "version: 1\n"
    "kind: alert\n"
    "title: {vi: Mưa, en: Rain}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: ens\n"
    "watch: forecast\n"
    "variable: rain\n"
    "index: {take: total, within: 24 h}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: any\n"
    "trigger: {index: \">=\", threshold: 100 mm}\n"
    "ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %}\n"
    "persistence: 1\n"
    "next_update: 12 h\n"
    "message: {vi: \"{commune} {index} {issued} {next}\", en: \"{commune} {index} {issued} "
    "{next}\"}\n"
    "cases:\n"
    "  fire: [{name: all, step: 24 h, members: [{count: 51, values: [100]}]}]\n"
    "  not_fire: [{name: none, step: 24 h, members: [{count: 51, values: [0]}]}]\n";

static const struct change index_rows[] = {
    {"a key of another index",
     {"index: {take: total, keep: 85 %}"},
     "belongs to antecedent_rain; take it out of total"},
    {"everything is kept", {"index: {take: antecedent_rain, keep: 100 %}"}, "under 100 %"},
    {"a percentile of nothing",
     {"index: {take: percentile, share: 0 %, method: 7, day: \">=\", at: 1 mm}"},
     "over 0 %"},
    {"a method that does not exist",
     {"index: {take: percentile, share: 95 %, method: 6, day: \">=\", at: 1 mm}"},
     "7 to 8"},
    {"no operator for the days", {"index: {take: days, at: 1 mm}"}, "the operator is missing"},
    {"degrees of rain", {"index: {take: degree_days, base: 10 °C}"}, "made of temperature"},
    {"a day's temperature is not said",
     {"variable: temperature", "index: {take: days, day: \"<\", at: 13 °C}"},
     "what stands for a day"},
    {"sums of temperature",
     {"variable: temperature", "index: {take: days, day: \"<\", at: 13 °C, each_day: sum}"},
     "only rain adds up"},
    {"a limit under the base",
     {"variable: temperature", "index: {take: degree_days, base: 10 °C, limit: 8 °C}"},
     "warmer than the base"},
    {"the force of rain", {"index: {take: maximum, as: beaufort}"}, "only wind has a force"},
    {"two words for one rain",
     {"index: {take: first_rain, over: 7 days, rain_from: 25 mm, rain_above: 25 mm}"},
     "which rain is meant"},
    {"too few years", {"index: {take: spi, years: [1 mm, 2 mm, 3 mm]}"}, "at least 30"},
    {"a soil that holds nothing",
     {"index: {take: wrsi, holds: 0 mm, holds_at_start: 0 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 "
      "mm], kc: [1, 1, 1]}"},
     "more than 0 mm"},
    {"more at the start than it holds",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 61 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 "
      "mm], kc: [1, 1, 1]}"},
     "cannot hold that"},
    {"a crop for other dekads",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 6 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 "
      "mm], kc: [1, 1]}"},
     "write one each"},
    {"a crop that nobody has told of",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 6 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 "
      "mm], kc: rice}",
      "rounding: 0.1 %"},
     "maize"},
    {"maize by its name is 0.323, 1.2 and 0.941 over three dekads: 20 of 98.56 mm",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 20 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 "
      "mm], kc: maize}",
      "rounding: 0.1 %",
      "payout: {form: linear_deficit, strike: 80 %, exit: 20 %, rounding: 1 VND}",
      "  fire: [{name: 20.3 %, step: 24 h, values: [0 x 31], sum_insured: 10000000 VND, pays: "
      "9950000 VND}]",
      "  not_fire: [{name: enough, step: 24 h, values: [9 x 31]}]"},
     NULL},
    {"the same by its coefficients",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 20 mm, easy: 45 %, pet: [40 mm, 40 mm, 40 "
      "mm], kc: [0.323, 1.2, 0.941]}",
      "rounding: 0.1 %",
      "payout: {form: linear_deficit, strike: 80 %, exit: 20 %, rounding: 1 VND}",
      "  fire: [{name: 20.3 %, step: 24 h, values: [0 x 31], sum_insured: 10000000 VND, pays: "
      "9950000 VND}]",
      "  not_fire: [{name: enough, step: 24 h, values: [9 x 31]}]"},
     NULL},
    {"dekads that do not fit the period",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 6 mm, easy: 45 %, pet: [40 mm, 40 mm], "
      "kc: [1, 1]}",
      "rounding: 0.1 %"},
     "do not fit a period"},
    {"a start without a rule",
     {"index: {take: total, start: {latest: 10, for: 10 days, otherwise: latest}}"},
     "how does the season start"},
    {"a season that ends after the period",
     {"index: {take: total, start: {above: 50 mm, latest: 25, for: 10 days, otherwise: latest}}"},
     "ends after the period"},
    {"what is paid without a start",
     {"index: {take: total, start: {above: 50 mm, latest: 10, for: 10 days, otherwise: pays}}"},
     "go together"},
    {"a floor over the cap",
     {"index: {take: total, daily_cap: 10 mm, daily_floor: 10 mm}"},
     "floor below the cap"},
    {"a strike over what caps allow",
     {"index: {take: total, daily_cap: 3 mm}"},
     "it can never be reached: the index lies in 0 to 93 mm"},
    {"a strike beyond every rain",
     {"payout: {form: linear_excess, strike: 90000 mm, exit: 95000 mm, rounding: 1 VND}"},
     "it can never be reached: the index lies in 0 to 62,000 mm"},
    {"in two days less",
     {"index: {take: maximum_sum, over: 2 days}",
      "payout: {form: linear_excess, strike: 4001 mm, exit: 5000 mm, rounding: 1 VND}"},
     "it can never be reached: the index lies in 0 to 4,000 mm"},
    {"a wind beyond every gust",
     {"variable: wind", "index: {take: maximum}", "rounding: 0.1 m/s",
      "payout: {form: linear_excess, strike: 500 m/s, exit: 600 m/s, rounding: 1 VND}"},
     "it can never be reached: the index lies in 0 to 150 m/s"},
    {"a cold that no place has",
     {"variable: temperature", "index: {take: minimum}", "rounding: 0.1 °C",
      "payout: {form: linear_deficit, strike: -95 °C, exit: -99 °C, rounding: 1 VND}"},
     "it can never be reached: the index lies in -90 to 60 °C"},
    {"reported rain", {"index: {take: reported}"}, "people report"},
    {"yield that is added up", {"variable: yield", "index: {take: total}"}, "write \"reported\""},
    {"a storm of rain", {"index: {take: storm_wind_near, radius: 100 km}"}, "storm_wind"},
    {"a start that pays: 60 mm on day 3, then 70 mm in ten days",
     {"index: {take: total, start: {above: 50 mm, latest: 10, for: 10 days, otherwise: pays, pays: "
      "30 %}}",
      "  fire: [{name: a, step: 24 h, values: [0, 0, 60, 10, 0 x 27], sum_insured: 3000000 VND, "
      "pays: 1500000 VND}, {name: never, step: 24 h, values: [0 x 31], sum_insured: 3000000 VND, "
      "pays: 900000 VND}]",
      "  not_fire: [{name: wet, step: 24 h, values: [51, 50, 0 x 29]}]"},
     NULL},
    {"a refund is for a person to decide",
     {"index: {take: total, start: {first_dekad: 25 mm, next_two: 20 mm, latest: 1, for: 10 days, "
      "otherwise: refund}}",
      "  fire: [{name: a, step: 24 h, values: [70, 0 x 10, 20, 0 x 19], sum_insured: 3000000 VND, "
      "pays: 1500000 VND}]",
      "  not_fire: [{name: wet, step: 24 h, values: [100, 0 x 10, 20, 0 x 19]}]",
      "  not_known: [{name: never, step: 24 h, values: [0 x 31]}]"},
     NULL},
    {"heat degree days over 35 °C: 10.8 of the worked ten days",
     {"variable: temperature", "index: {take: heat_degree_days, base: 35 °C}",
      "rounding: 0.1 °C days",
      "payout: {form: linear_excess, strike: 10 °C days, exit: 20 °C days, rounding: 1 VND}",
      "  fire: [{name: hot, step: 24 h, values: [33, 35, 35.1, 36.4, 37.2, 34.9, 38, 39.1, 35, 30, "
      "30 x 21], sum_insured: 10000000 VND, pays: 800000 VND}]",
      "  not_fire: [{name: 10.0, step: 24 h, values: [33, 35, 35.1, 36.4, 37.2, 34.9, 38, 38.3, "
      "35, "
      "30, 30 x 21]}]"},
     NULL},
    {"growing degree days by B: 85.55 of the worked seven days",
     {"variable: temperature", "index: {take: degree_days, base: 10 °C, limit: 32 °C}",
      "rounding: 0.01 °C days",
      "payout: {form: linear_deficit, strike: 100 °C days, exit: 50 °C days, rounding: 1 VND}",
      "  fire: [{name: cool, step: 12 h, values: [31, 20.5, 28.5, 18, 34.2, 22.1, 26, 14, 19.5, 9, "
      "22, 11.5, 36.8, 24, 10 x 48], sum_insured: 10000000 VND, pays: 2890000 VND}]",
      "  not_fire: [{name: five warm days, step: 12 h, values: [30 x 10, 10 x 52]}]"},
     NULL},
    {"and by A, without a limit: 88.55",
     {"variable: temperature", "index: {take: degree_days, base: 10 °C}", "rounding: 0.01 °C days",
      "payout: {form: linear_deficit, strike: 100 °C days, exit: 50 °C days, rounding: 1 VND}",
      "  fire: [{name: cool, step: 12 h, values: [31, 20.5, 28.5, 18, 34.2, 22.1, 26, 14, 19.5, 9, "
      "22, 11.5, 36.8, 24, 10 x 48], sum_insured: 10000000 VND, pays: 2290000 VND}]",
      "  not_fire: [{name: five warm days, step: 12 h, values: [30 x 10, 10 x 52]}]"},
     NULL},
    {"antecedent rain: 83.1 mm after the worked ten days",
     {"index: {take: antecedent_rain, keep: 85 %}",
      "payout: {form: linear_excess, strike: 80 mm, exit: 90 mm, rounding: 1 VND}",
      "  fire: [{name: wet soil, step: 24 h, values: [0 x 21, 0, 0, 0.4, 12, 3.2, 0, 0, 0.9, 1, "
      "75.5], sum_insured: 10000000 VND, pays: 3100000 VND}]",
      "  not_fire: [{name: 80 mm on the last day, step: 24 h, values: [0 x 30, 80]}]"},
     NULL},
    {"eleven wet days of 1 mm or more",
     {"index: {take: days, day: \">=\", at: 1 mm}", "rounding: 1 days",
      "payout: {form: linear_deficit, strike: 15 days, exit: 5 days, rounding: 1 VND}",
      "  fire: [{name: worked month, step: 24 h, values: [0, 0, 0.4, 12, 3.2, 0, 0, 0.9, 1, 75.5, "
      "0 "
      "x 5, 0.3, 0 x 4, 22, 8.5, 0, 64, 101.2, 18, 0, 0, 2.4, 5.1, 0], sum_insured: 10000000 VND, "
      "pays: 4000000 VND}]",
      "  not_fire: [{name: fifteen, step: 24 h, values: [1 x 15, 0.9 x 16]}]"},
     NULL},
    {"the share of the heavy days: 94.3 % of the worked year",
     {"index: {take: share_above, day: \">\", at: 45.96 mm, wet_from: 1 mm}", "rounding: 0.1 %",
      "payout: {form: binary, rounding: 1 VND}", "trigger: {index: \">=\", threshold: 94.3 %}",
      "  fire: [{name: worked year, step: 24 h, values: [0, 0.5, 46, 46.5, 12, 61, 3.3, 0.9, "
      "100.4, "
      "0 x 22], sum_insured: 10000000 VND, pays: 10000000 VND}]",
      "  not_fire: [{name: ten less on its heaviest day, step: 24 h, values: [0, 0.5, 46, "
      "46.5, "
      "12, 61, 3.3, 0.9, 90.4, 0 x 22]}]"},
     NULL},
};

static const struct change payout_rows[] = {
    {"a key of another form",
     {"payout: {form: binary, strike: 1 mm, rounding: 1 VND}"},
     "does not belong to the form binary"},
    {"a form for yields",
     {"payout: {form: area_yield, average: 6 t/ha, covered: 90 %, rounding: 1 VND}"},
     "an index in t/ha"},
    {"a tick over the limit",
     {"payout: {form: tick_deficit, strike: 100 mm, tick: 20 VND, per: 1 mm, limit: 10 VND, "
      "rounding: 1 VND}"},
     "more than the limit"},
    {"deductible and franchise",
     {"payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, deductible: 5 %, franchise: 5 "
      "%, rounding: 1 VND}"},
     "keep one of the two"},
    {"nothing is ever paid",
     {"payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, deductible: 100 %, rounding: 1 "
      "VND}"},
     "nothing is ever paid"},
    {"more at least than at most",
     {"payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, minimum: 50 %, maximum: 40 %, "
      "rounding: 1 VND}"},
     "more than the maximum"},
    {"tiers that add up to too much",
     {"payout: {form: tiers, additive: yes, tiers: [{below: 100 mm, pay: 60 %}, {below: 50 mm, "
      "pay: 50 %}], rounding: 1 VND}"},
     "together the tiers pay more"},
    {"a tier that never pays",
     {"payout: {form: tiers, tiers: [{below: 100 mm, pay: 60 %}, {below: 50 mm, pay: 50 %}], "
      "rounding: 1 VND}"},
     "can never pay"},
    {"a second index that is not there",
     {"payout: {form: tiers, tiers: [{below: 100 mm, also_from: 30 %, pay: 60 %}], rounding: 1 "
      "VND}"},
     "no second index"},
    {"phases in name only", {"payout: {form: phases, rounding: 1 VND}"}, "go together"},
    {"a phase outside the period",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 04-01, to: 05-10, weight: 50 %, payout: {form: linear_deficit, "
      "strike: 50 mm, exit: 20 mm}}]"},
     "within the period"},
    {"phases that overlap",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 05-01, to: 05-10, weight: 50 %, payout: {form: linear_deficit, "
      "strike: 50 mm, exit: 20 mm}}, {name: b, from: 05-10, to: 05-20, weight: 50 %, payout: "
      "{form: linear_deficit, strike: 50 mm, exit: 20 mm}}]"},
     "begins before a has ended"},
    {"more than the whole",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 05-01, to: 05-10, weight: 60 %, payout: {form: linear_deficit, "
      "strike: 50 mm, exit: 20 mm}}, {name: b, from: 05-11, to: 05-20, weight: 60 %, payout: "
      "{form: linear_deficit, strike: 50 mm, exit: 20 mm}}]"},
     "more than 100 %"},
    {"rounding in a phase",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 05-01, to: 05-10, weight: 60 %, payout: {form: linear_deficit, "
      "strike: 50 mm, exit: 20 mm, rounding: 1 VND}}]"},
     "rounded once, after the phases"},
    {"events of a total",
     {"limits: {waiting: none, hours: 72 h, event: 40 %, period: 100 %, events: 3, reinstatement: "
      "none}"},
     "limits are for events"},
    {"an event over the period",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 50 %, period: 40 %, events: 3, reinstatement: "
      "none}"},
     "may not pay more than the period"},
    {"waiting as long as the period",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: 31 days, hours: 72 h, event: 40 %, period: 40 %, events: 3, "
      "reinstatement: none}"},
     "nothing is ever paid"},
    {"a premium for nothing",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 40 %, period: 40 %, events: 3, reinstatement: "
      "none, extra_premium: 5 %}"},
     "go together"},
    {"three events of 4 m, and the period's 10 m",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 20 %, period: 50 %, events: 3, reinstatement: "
      "none}",
      "  fire: [{name: three storms, step: 24 h, values: [200, 0 x 8, 200, 0 x 9, 200, 0 x 11], "
      "sum_insured: 20000000 VND, pays: 10000000 VND}]",
      "  not_fire: [{name: wet days, step: 24 h, values: [100 x 31]}]"},
     NULL},
    {"the same where the period's limit comes back once, by itself: 12 m, and no fourth event",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 20 %, period: 50 %, events: 3, reinstatement: "
      "automatic, extra_premium: 5 %}",
      "  fire: [{name: three storms, step: 24 h, values: [200, 0 x 8, 200, 0 x 9, 200, 0 x 11], "
      "sum_insured: 20000000 VND, pays: 12000000 VND}, {name: the fourth is one too many, step: 24 "
      "h, values: [200, 0 x 8, 200, 0 x 9, 200, 0 x 5, 200, 0 x 5], sum_insured: 20000000 VND, "
      "pays: 12000000 VND}]",
      "  not_fire: [{name: wet days, step: 24 h, values: [100 x 31]}]"},
     NULL},
    {"a limit that comes back up to the sum insured, and no further",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 40 %, period: 80 %, events: 3, reinstatement: "
      "automatic, extra_premium: 5 %}",
      "  fire: [{name: three storms, step: 24 h, values: [200, 0 x 8, 200, 0 x 9, 200, 0 x 11], "
      "sum_insured: 10000000 VND, pays: 10000000 VND}]",
      "  not_fire: [{name: wet days, step: 24 h, values: [100 x 31]}]"},
     NULL},
    {"a limit that comes back though it was the sum insured: doubted, not refused",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 40 %, period: 100 %, events: 3, reinstatement: "
      "automatic, extra_premium: 5 %}",
      "  fire: [{name: three storms, step: 24 h, values: [200, 0 x 8, 200, 0 x 9, 200, 0 x 11], "
      "sum_insured: 10000000 VND, pays: 10000000 VND}]",
      "  not_fire: [{name: wet days, step: 24 h, values: [100 x 31]}]"},
     NULL},
    {"a tick: 39 mm over 20 are 190,000, 45 mm the whole 200,000",
     {"payout: {form: tick_excess, strike: 20 mm, tick: 10000 VND, per: 1 mm, limit: 200000 VND, "
      "rounding: 1 VND}",
      "  fire: [{name: 39 mm, step: period, values: [39], sum_insured: 200000 VND, pays: 190000 "
      "VND}, {name: 45 mm, step: period, values: [45], sum_insured: 200000 VND, pays: 200000 VND}]",
      "  not_fire: [{name: 20 mm, step: period, values: [20]}]"},
     NULL},
    {"a layer of the loss from 10 % to 90 %, a quarter of it ceded",
     {"variable: loss", "index: {take: reported}", "rounding: 0.1 %",
      "payout: {form: layer, attach: 10 %, exhaust: 90 %, ceded: 25 %, rounding: 1 VND}",
      "  fire: [{name: 30 %, step: period, values: [30], sum_insured: 100000000 VND, pays: 5000000 "
      "VND}, {name: 90 %, step: period, values: [90], sum_insured: 100000000 VND, pays: 20000000 "
      "VND}, {name: all of it, step: period, values: [100], sum_insured: 100000000 VND, pays: "
      "20000000 VND}]",
      "  not_fire: [{name: 10 %, step: period, values: [10]}]"},
     NULL},
    {"a phase of half the weight pays 20 % at most",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 05-01, to: 05-10, weight: 50 %, limit: 20 %, payout: {form: "
      "linear_deficit, strike: 50 mm, exit: 20 mm}}, {name: b, from: 05-11, to: 05-20, weight: 50 "
      "%, payout: {form: linear_deficit, strike: 50 mm, exit: 20 mm}}]",
      "  fire: [{name: 20 % and a quarter, step: 24 h, values: [0 x 10, 35, 0 x 20], sum_insured: "
      "10000000 VND, pays: 4500000 VND}, {name: under its limit, step: 24 h, values: [44, 0 x 9, "
      "50, 0 x 20], sum_insured: 10000000 VND, pays: 1000000 VND}]",
      "  not_fire: [{name: both wet, step: 24 h, values: [50, 0 x 9, 50, 0 x 20]}]"},
     NULL},
    {"the maximum is of all events together",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, maximum: 60 %, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 40 %, period: 100 %, events: 3, reinstatement: "
      "none}",
      "  fire: [{name: three of 40 %, step: 24 h, values: [0 x 3, 150, 0 x 9, 150, 0 x 9, 150, 0 x "
      "7], sum_insured: 1000000 VND, pays: 600000 VND}, {name: one, step: 24 h, values: [0 x 3, "
      "150, 0 x 27], sum_insured: 1000000 VND, pays: 400000 VND}]",
      "  not_fire: [{name: dry, step: 24 h, values: [0 x 31]}]"},
     NULL},
    {"nor is one event under it, where it may pay more",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, maximum: 60 %, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 90 %, period: 90 %, events: 3, reinstatement: "
      "none}",
      "  fire: [{name: one, step: 24 h, values: [0 x 3, 180, 0 x 27], sum_insured: 1000000 VND, "
      "pays: 600000 VND}, {name: two, step: 24 h, values: [0 x 3, 140, 0 x 9, 110, 0 x 17], "
      "sum_insured: 1000000 VND, pays: 500000 VND}]",
      "  not_fire: [{name: dry, step: 24 h, values: [0 x 31]}]"},
     NULL},
    {"a deductible is of each event",
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, deductible: 5 %, maximum: 60 "
      "%, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 90 %, period: 90 %, events: 3, reinstatement: "
      "none}",
      "  fire: [{name: two, step: 24 h, values: [0 x 3, 140, 0 x 9, 110, 0 x 17], sum_insured: "
      "1000000 VND, pays: 400000 VND}]",
      "  not_fire: [{name: dry, step: 24 h, values: [0 x 31]}]"},
     NULL},
    {"caps by the name of their law", {"legal_caps: vn-micro-insurance-2023"}, NULL},
    {"caps of no law", {"legal_caps: vn-micro"}, "there are vn-2021-18, vn-micro-insurance-2023"},
    {"tables are no caps", {"legal_caps: vn-2021-18"}, "has no caps"},
    {"caps that overlap",
     {"legal_caps: [{from: 2023-01-01, to: 2024-12-31, most: 5 VND}, {from: 2024-12-31, to: "
      "2025-12-31, most: 6 VND}]"},
     "begins before the one above"},
    {"a cap that ends before it begins",
     {"legal_caps: [{from: 2023-01-02, to: 2023-01-01, most: 5 VND}]"},
     "ends before it begins"},
    {"a key of alerts", {"level: 2"}, "does not belong to kind insurance"},
    {"a source that fills itself",
     {"substitutes: [{source: chirps, ratio: 0.8}]", "missing_at_most: 10 %"},
     "fill its own gaps"},
    {"substitutes without a bound", {"substitutes: [{source: era5, ratio: 0.8}]"}, "go together"},
    {"a ratio of nothing",
     {"substitutes: [{source: era5, ratio: 0}]", "missing_at_most: 10 %"},
     "more than 0"},
    {"12.5 mm of the second source are 10.0 mm",
     {"substitutes: [{source: era5, ratio: 0.8}]", "missing_at_most: 10 %",
      "  fire: [{name: filled, step: 24 h, values: [missing, 60, 0 x 29], sum_insured: 3000000 "
      "VND, pays: 1500000 VND, more: [{of: era5, step: 24 h, values: [12.5, 99 x 30]}]}]",
      "  not_known: [{name: too much is missing, step: 24 h, values: [missing x 4, 60, 0 x 26], "
      "more: [{of: era5, step: 24 h, values: [12.5 x 31]}]}, {name: the second has not got it "
      "either, step: 24 h, values: [missing, 60, 0 x 29], more: [{of: era5, step: 24 h, values: "
      "[missing, 0 x 30]}]}]"},
     NULL},
    {"the third fills what the second has not",
     {"substitutes: [{source: era5, ratio: 0.8}, {source: imerg, ratio: 0.5}]",
      "missing_at_most: 10 %",
      "  fire: [{name: filled, step: 24 h, values: [missing, 50, missing, 0 x 28], sum_insured: "
      "3000000 VND, pays: 1500000 VND, more: [{of: era5, step: 24 h, values: [12.5, 0, missing, 0 "
      "x 28]}, {of: imerg, step: 24 h, values: [99, 0, 20, 0 x 28]}]}]"},
     NULL},
};

#define NONE                                                                                       \
    "  fire: [{name: all, step: 24 h, members: [{count: 30, values: [100]}, {count: 21, values: "  \
    "[0]}], more: [{of: gefs, step: 24 h, members: [{count: 12, values: [100]}, {count: 19, "      \
    "values: [0]}]}, {of: icon, step: 24 h, members: [{count: 20, values: [100]}, {count: 20, "    \
    "values: [0]}]}]}]"
#define LESS                                                                                       \
    "  not_fire: [{name: one less, step: 24 h, members: [{count: 29, values: [100]}, {count: 22, " \
    "values: [0]}], more: [{of: gefs, step: 24 h, members: [{count: 12, values: [100]}, {count: "  \
    "19, values: [0]}]}, {of: icon, step: 24 h, members: [{count: 20, values: [100]}, {count: "    \
    "20, values: [0]}]}]}]"
#define MODELS                                                                                     \
    "models: [{source: gefs, members: 31, minimum: 25, weight: 30 %}, {source: icon, members: "    \
    "40, minimum: 32, weight: 20 %}]}"
#define POOL                                                                                       \
    "models: [{source: gefs, members: 31, minimum: 25}, {source: icon, members: 40, minimum: "     \
    "32}]}"

static const struct change alert_rows[] = {
    {"weighted 30/51, 12/31, 20/40 are 0.510247: 51.0 % is reached",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 51 %, how: weighted, "
      "weight: 50 %, " MODELS,
      NONE, LESS},
     NULL},
    {"and 51.1 % is not",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 51.1 %, how: weighted, "
      "weight: 50 %, " MODELS,
      NONE, LESS},
     "the answer is no"},
    {"pooled 62/122 are 0.508197: 50.8 % is reached",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50.8 %, how: "
      "pooled, " POOL,
      NONE, LESS},
     NULL},
    {"and 50.9 % is not",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50.9 %, how: "
      "pooled, " POOL,
      NONE, LESS},
     "the answer is no"},
    {"two of three agree on half",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: agree, "
      "agree: 2, " POOL,
      NONE,
      "  not_fire: [{name: one agrees, step: 24 h, members: [{count: 51, values: [0]}], more: "
      "[{of: gefs, step: 24 h, members: [{count: 31, values: [0]}]}, {of: icon, step: 24 h, "
      "members: [{count: 40, values: [100]}]}]}]",
      "  not_known: [{name: one agrees and one is late, step: 24 h, members: [{count: 51, values: "
      "[100]}], more: [{of: gefs, step: 24 h, members: [{count: 31, values: [0]}]}]}]"},
     NULL},
    {"weights that are not the whole",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: weighted, "
      "weight: 40 %, " MODELS},
     "100 % together"},
    {"a weight of a pool",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: "
      "pooled, " MODELS},
     "go together"},
    {"more that agree than there are",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: agree, "
      "agree: 4, " POOL},
     "1 to 3"},
    {"how of one model",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: pooled}"},
     "belongs to several models"},
    {"probability and quantile",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, quantile: 80 %}"},
     "take one out"},
    {"more than all",
     {"ensemble: {members: 51, minimum: 41, probability: \">\", threshold: 100 %}"},
     "never be reached"},
    {"10 of 20 are 50 %, not 10 of 21, which would be 47.6190 %",
     {"ensemble: {members: 20, minimum: 16, probability: \">=\", threshold: 47.7 %}",
      "  fire: [{name: ten, step: 24 h, members: [{count: 10, values: [100]}, {count: 10, values: "
      "[0]}]}]",
      "  not_fire: [{name: nine, step: 24 h, members: [{count: 9, values: [100]}, {count: 11, "
      "values: [0]}]}]"},
     NULL},
    {"one of two conditions is enough, by either, or where the other is late",
     {"ensemble:", "watch: observation",
      "any_of: [{name: short, index: {take: maximum_sum, over: 6 h, within: 24 h}, trigger: "
      "{index: "
      "\">=\", threshold: 60 mm}}, {name: far, source: gauges, trigger: {index: \">=\", threshold: "
      "100 mm}}]",
      "  fire: [{name: by its own, step: 6 h, values: [25 x 4], more: [{of: far, step: 6 h, "
      "values: "
      "[0 x 4]}]}, {name: by six hours, step: 6 h, values: [0, 60, 0, 0], more: [{of: far, step: 6 "
      "h, values: [0 x 4]}]}, {name: by the second source alone, step: 6 h, values: [missing, 0, "
      "0, "
      "0], more: [{of: far, step: 6 h, values: [25 x 4]}]}]",
      "  not_fire: [{name: by none, step: 6 h, values: [59.9, 10, 10, 10], more: [{of: far, step: "
      "6 "
      "h, values: [24.9, 25, 25, 25]}]}]",
      "  not_known: [{name: what is late could still say it, step: 6 h, values: [0 x 4], more: "
      "[{of: "
      "far, step: 6 h, values: [missing, 0, 0, 0]}]}]"},
     NULL},
    {"two ways to combine",
     {"any_of: [{name: a, trigger: {index: \">\", threshold: 5 mm}}]",
      "all_of: [{name: b, trigger: {index: \">\", threshold: 5 mm}}]"},
     "combined in one way"},
    {"of without at_least",
     {"of: [{name: a, trigger: {index: \">\", threshold: 5 mm}}]"},
     "belongs to \"at_least\""},
    {"more conditions than there are",
     {"at_least: 3", "of: [{name: a, trigger: {index: \">\", threshold: 5 mm}}]"},
     "1 to 2"},
    {"a condition of another length",
     {"any_of: [{name: a, index: {take: total, within: 48 h}, trigger: {index: \">\", threshold: 5 "
      "mm}}]"},
     "look as far"},
    {"a name twice",
     {"any_of: [{name: a, trigger: {index: \">\", threshold: 5 mm}}, {name: a, trigger: {index: "
      "\">\", threshold: 6 mm}}]"},
     "stands twice"},
    {"a threshold of the law, with its number",
     {"trigger: {index: \">=\", threshold: 100 mm, preset: "
      "vn-2021-18/heavy-rain/over-100-1-2-days}"},
     NULL},
    {"a number that is not the law's",
     {"trigger: {index: \">=\", threshold: 90 mm, preset: "
      "vn-2021-18/heavy-rain/over-100-1-2-days}"},
     "the row says \">=\" 100 mm; write the same"},
    {"an operator that is not the law's",
     {"trigger: {index: \">=\", threshold: 200 mm, preset: "
      "vn-2021-18/heavy-rain/over-200-1-2-days}"},
     "the row says \">\" 200 mm"},
    {"a row that sets no number",
     {"trigger: {index: \"<\", threshold: 0 mm, preset: vn-2021-18/fog/no-official-level}"},
     "sets no threshold"},
    {"a row that is not there",
     {"trigger: {index: \">=\", threshold: 100 mm, preset: vn-2021-18/heavy-rain/over-1}"},
     "is no row; gong policy presets vn-2021-18 lists them"},
    {"a row of another unit",
     {"trigger: {index: \">=\", threshold: 35 mm, preset: vn-2021-18/heat/over-35-3-5-days}"},
     "that row is of °C, the index of mm"},
    {"level 6", {"level: 6"}, "1 to 5"},
    {"off before on", {"persistence: 3", "persistence_off: 2"}, "3 to 100"},
    {"stages beside a trigger",
     {"ensemble: {members: 51, minimum: 41}",
      "stages: [{name: a, level: 1, watch: forecast, lead: none, trigger: {index: \">=\", "
      "threshold: 5 mm}, probability: \">=\", threshold: 50 %}]"},
     "with stages, each stage says it"},
    {"a key of insurance", {"limits: {waiting: none}"}, "does not belong to kind alert"},
    {"a forecast that is filled",
     {"substitutes: [{source: era5, ratio: 0.8}]", "missing_at_most: 10 %"},
     "only what was observed is filled"},
};

static void test_index(void **state)
{
    (void)state;
    check(cover, index_rows, COUNT_OF(index_rows));
}

static void test_payout(void **state)
{
    (void)state;
    check(cover, payout_rows, COUNT_OF(payout_rows));
}

static void test_alert(void **state)
{
    (void)state;
    check(alert, alert_rows, COUNT_OF(alert_rows));
}

TEST_MAIN(cmocka_unit_test(test_index), cmocka_unit_test(test_payout), cmocka_unit_test(test_alert))
