// What the checker says of policies that cannot be right, and of such that may not be meant: for
// each sentence of policies/*.c that no other test provokes a row, and for each doubt one.
#include "core/file.h"
#include "policies/doubt.h"
#include "tests/triggers/changed.h"
#include "triggers/trial.h"

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
    "minimum_coverage: 90 %\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, rounding: 1 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: dry, step: period, values: [70]}]\n"
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

#define YEARS                                                                                      \
    "1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 " \
    "mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 2 mm, "

static const struct change cover_rows[] = {
    {"an area of a list in a list", {"area: {zones: [[a]]}"}, "a name is wanted here"},
    {"an owner without a name", {"owner: \"\""}, "not a person"},
    {"a station of control letters", {"station: \"a\\tb\""}, "a station is its code"},
    {"a list as a case's value",
     {"  fire: [{name: dry, step: period, values: [[70]]}]"},
     "a number, \"missing\" or \"0 x 30\" is wanted here"},
    {"a value times nothing", {"  fire: [{name: dry, step: 24 h, values: [70 x 0]}]"}, "1 to "},
    {"a word as a case's value", {"  fire: [{name: dry, step: period, values: [dry]}]"}, "dry"},
    {"more rain than a reading holds",
     {"  fire: [{name: dry, step: period, values: [2000000]}]"},
     "more than a reading can hold"},
    {"too many values",
     {"  fire: [{name: dry, step: 1 h, values: [0 x 20000, 0 x 20000]}]"},
     "more than 20000 values"},
    {"a case without a value",
     {"  fire: [{name: dry, step: period, values: []}]"},
     "the case has no value"},
    {"a report of weather's index",
     {"variable: yield", "rounding: 0.1 t/ha"},
     "for this variable write \"reported\""},
    {"days that no day can be",
     {"index: {take: longest_dry_spell, dry_below: 0 mm, missing: break}"},
     "no day can be that dry"},
    {"less than no rain in a year",
     {"index: {take: spi, years: [" YEARS "-3 mm]}"},
     "rain is never negative"},
    {"three different years",
     {"index: {take: spi, years: [" YEARS "3 mm]}"},
     "at least 4 different wet years"},
    {"a start that is a word", {"index: {take: total, start: soon}"}, "start is {above: 50 mm"},
    {"a start and dekads",
     {"index: {take: total, dekad_cap: 60 mm, start: {above: 5 mm, latest: 5, for: 10 days, "
      "otherwise: latest}}"},
     "do not go together"},
    {"a start by hours",
     {"index: {take: maximum_sum, over: 24 h, start: {above: 5 mm, latest: 5, for: 10 days, "
      "otherwise: latest}}"},
     "with a start write \"over\" in days"},
    {"a start for hours",
     {"index: {take: total, start: {above: 5 mm, latest: 5, for: 30 h, otherwise: latest}}"},
     "write whole days"},
    {"a start of two kinds",
     {"index: {take: total, start: {above: 5 mm, next_two: 5 mm, latest: 5, for: 10 days, "
      "otherwise: latest}}"},
     "\"next_two\" belongs to \"first_dekad\""},
    {"days of hours",
     {"index: {take: antecedent_rain, keep: 85 %, within: 30 h}"},
     "in whole days"},
    {"no event is paid",
     {"index: {take: maximum}",
      "limits: {waiting: 1 days, hours: 72 h, event: 0 %, period: 100 %, events: 3, reinstatement: "
      "none}"},
     "event of 0 % never pays"},
    {"an unknown placeholder",
     {"message: {vi: \"{contract} {amount} {commune} {cow}\", en: \"{contract} {amount} "
      "{commune}\"}"},
     "unknown placeholder {cow}"},
    {"another variable with the same index",
     {"also: {name: other, variable: temperature}"},
     "another variable needs an index of its own"},
    {"a phase that weighs nothing",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 05-01, to: 05-10, weight: 0 %, payout: {form: linear_deficit, "
      "strike: 50 mm, exit: 20 mm}}]"},
     "a weight of 0 % never pays"},
    {"a phase with a trigger",
     {"payout: {form: phases, rounding: 1 VND}",
      "phases: [{name: a, from: 05-01, to: 05-10, weight: 50 %, payout: {form: binary}}]"},
     "a phase has no trigger"},
    {"circles without circles",
     {"payout: {form: circles, rounding: 1 VND}"},
     "the form circles and the key \"circles\" go together; write another form"},
    {"nothing to fall short of",
     {"payout: {form: floor_linear, strike: 0 mm, floor: 10 %, rounding: 1 VND}"},
     "strike must be more than 0"},
    {"a tier that is a word",
     {"payout: {form: tiers, tiers: [high], rounding: 1 VND}"},
     "a tier is {from: 150 mm, pay: 20 %}"},
    {"a deductible of nothing",
     {"payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, deductible: 0 %, rounding: 1 "
      "VND}"},
     "0 % says nothing; take deductible out"},
    {"ten and a half times the second source",
     {"substitutes: [{source: era5, ratio: 10.5}]", "missing_at_most: 10 %"},
     "a ratio is at most 10"},
    {"a substitute that is a word",
     {"substitutes: [era5]", "missing_at_most: 10 %"},
     "a substitute is {source: chirps-prelim, ratio: 0.8}"},
    {"five substitutes",
     {"substitutes: [{source: a, ratio: 1}, {source: b, ratio: 1}, {source: c, ratio: 1}, {source: "
      "d, ratio: 1}, {source: e, ratio: 1}]",
      "missing_at_most: 10 %"},
     "a list of 1 to 4 substitutes"},
    {"a rung that is never reached",
     {"substitutes: [{climatology: [1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 "
      "mm, 1 mm]}, {source: a, ratio: 1}]",
      "missing_at_most: 10 %"},
     "what stands after it is never reached"},
    {"a number that is a list", {"settle_after: [7 days]"}, "must be a single value"},
    {"more rain than there is", {"rounding: 9999999999 mm"}, "too large"},
    {"a minute of days",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: break}", "rounding: 1 min"},
     "counted in days"},
    {"a crop that drinks easily nothing",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 20 mm, easy: 0 %, pet: [42 mm, 41 mm, 40 "
      "mm], kc: [0.3, 0.45, 0.8]}",
      "rounding: 0.1 %"},
     "easy is over 0 %"},
    {"a crop that drinks rivers",
     {"index: {take: wrsi, holds: 60 mm, holds_at_start: 20 mm, easy: 45 %, pet: [42 mm, 4100 mm, "
      "40 mm], kc: [0.3, 0.45, 0.8]}",
      "rounding: 0.1 %"},
     "dekad 2: pet is over 0 and up to 1000 mm"},
};

static const struct change report_rows[] = {
    {"covering nothing",
     {"payout: {form: area_yield, average: 6.2 t/ha, covered: 0 %, rounding: 1 VND}"},
     "covering 0 % never pays"},
    {"an exit over the trigger",
     {"payout: {form: yield_ratio, average: 2 t/ha, trigger: 50 %, exit: 75 %, insured: 90 %, "
      "rounding: 1 VND}"},
     "the exit below the trigger"},
    {"a unit of the wrong kind", {"rounding: 0.1 kg"}, "does not fit here"},
};

static const struct change loss_rows[] = {
    {"a layer upside down",
     {"payout: {form: layer, attach: 90 %, exhaust: 10 %, ceded: 25 %, rounding: 1 VND}"},
     "write a higher exhaust"},
    {"a layer of nothing",
     {"payout: {form: layer, attach: 10 %, exhaust: 90 %, ceded: 0 %, rounding: 1 VND}"},
     "ceding 0 % never pays"},
};

static const struct change alert_rows[] = {
    {"how far?", {"index: {take: total}"}, "how far does it look?"},
    {"a spell past no end",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: break, within: 5 days, follow: 2 "
      "days}",
      "rounding: 1 days", "trigger: {index: \">=\", threshold: 3 days}"},
     "past which end?"},
    {"a model that is a word",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: pooled, "
      "models: [gefs]}"},
     "a model is {source: ..., members: 40, minimum: 32}"},
    {"no models",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: pooled, "
      "models: []}"},
     "write a list of 1 to"},
    {"a quantile of several models",
     {"ensemble: {members: 51, minimum: 41, quantile: 80 %, how: pooled, models: [{source: gefs, "
      "members: 31, minimum: 25}]}"},
     "a quantile is of one ensemble"},
    {"models that agree, how many?",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %, how: agree, "
      "models: [{source: gefs, members: 31, minimum: 25}]}"},
     "\"how: agree\" and \"agree: 2\" go together"},
    {"a quantile of all", {"ensemble: {members: 51, minimum: 41, quantile: 100 %}"}, "under 100 %"},
    {"observations of members",
     {"watch: observation"},
     "observations have no members; watch the forecast, or take it out"},
    {"a box of every commune",
     {"variable: storm_wind",
      "index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: storm_wind_near, box: "
      "{west: 104, east: 107, south: 20, north: 23}, within: 24 h}, rounding: 1 m/s, trigger: "
      "{index: \">=\", threshold: 10 m/s}}}"},
     "a box is the same for every commune"},
    {"a spell of every commune that is followed",
     {"index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: longest_dry_spell, "
      "dry_below: 1 mm, missing: break, within: 5 days, follow: 2 days}, rounding: 1 days, "
      "trigger: "
      "{index: \">=\", threshold: 3 days}}}"},
     "only the policy's own index follows"},
    {"a box that is a word",
     {"variable: storm_wind", "index: {take: storm_wind_near, box: here, within: 24 h}"},
     "a box is {west: 104"},
};

#define STAGE                                                                                      \
    "{name: a, level: 1, watch: forecast, lead: none, trigger: {index: \">=\", threshold: "
#define WORDS                                                                                      \
    "message: {vi: \"{commune} {probability} {issued} {next}\", en: \"{commune} {probability} "    \
    "{issued} {next}\"}"
#define STAGE_B                                                                                    \
    "{name: b, level: 2, watch: forecast, lead: none, trigger: {index: \">=\", threshold: 100 "    \
    "mm}, probability: \">=\", threshold: 80 %, " WORDS "}"
static const struct change stage_rows[] = {
    {"a message of its own that is no map",
     {"stages: [" STAGE "100 mm}, probability: \">=\", threshold: 50 %, message: both}]"},
     "\"message\""},
    {"stages of what was observed",
     {"watch: observation", "ensemble: {members: 51, minimum: 41}"},
     "stages are decided at each run"},
    {"a probability of all stages",
     {"ensemble: {members: 51, minimum: 41, probability: \">=\", threshold: 50 %}"},
     "each stage has its own probability"},
    {"what was seen by the forecast",
     {"stages: [{name: a, level: 1, watch: observation, trigger: {index: \">=\", threshold: 100 "
      "mm}}]"},
     "what was seen comes from another source"},
    {"a cut-off before the stage can be on",
     {"stages: [{name: a, level: 1, watch: forecast, lead: 24 h, cut_off: 25 h, trigger: {index: "
      "\">=\", threshold: 100 mm}, probability: \">=\", threshold: 50 %}]"},
     "it is told with a lead of 24 h; write a shorter one"},
    {"a cut-off without a lead",
     {"stages: [{name: a, level: 1, watch: forecast, lead: none, cut_off: 1 h, trigger: {index: "
      "\">=\", threshold: 100 mm}, probability: \">=\", threshold: 50 %}]"},
     "it is told with a lead of 0 h"},
    {"a cut-off of what was seen",
     {"stages: [{name: a, level: 1, watch: observation, source: seen, cut_off: 6 h, trigger: "
      "{index: \">=\", threshold: 100 mm}}]"},
     "what was seen is taken back by no forecast"},
    {"a box of a stage",
     {"stages: [{name: a, level: 1, watch: observation, source: tracks, variable: storm_wind, "
      "index: {take: storm_wind_near, box: {west: 104, east: 107, south: 20, north: 23}, within: "
      "24 "
      "h}, rounding: 1 m/s, trigger: {index: \">=\", threshold: 10 m/s}}]"},
     "a box is for the policy's own index"},
};

// The text with a line taken out, and others in its place.
static void without(const char *text, const char *key, const char *instead, struct buf *out)
{
    const char *at = strstr(text, key);
    CHECK(at != NULL);
    buf_str(out, (struct str){text, (size_t)(at - text)});
    buf_text(out, instead);
    buf_text(out, strchr(at, '\n') + 1);
}

static void test_refusals(void **state)
{
    (void)state;
    check(cover, cover_rows, COUNT_OF(cover_rows));
    check(alert, alert_rows, COUNT_OF(alert_rows));
    AUTO(buf_free) struct buf yields = buf_new(10000);
    AUTO(buf_free) struct buf of_yield = buf_new(10000);
    without(cover, "variable:", "variable: yield\nrounding: 0.1 t/ha\n", &yields);
    AUTO(buf_free) struct buf reported = buf_new(10000);
    without(yields.at, "index:", "index: {take: reported}\n", &reported);
    without(reported.at, "rounding: 0.1 mm", "", &of_yield);
    check(of_yield.at, report_rows, COUNT_OF(report_rows));
    AUTO(buf_free) struct buf losses = buf_new(10000);
    AUTO(buf_free) struct buf of_loss = buf_new(10000);
    without(of_yield.at, "variable:", "variable: loss\n", &losses);
    without(losses.at, "rounding:", "rounding: 0.1 %\n", &of_loss);
    check(of_loss.at, loss_rows, COUNT_OF(loss_rows));
    AUTO(buf_free) struct buf staged = buf_new(10000);
    AUTO(buf_free) struct buf counted = buf_new(10000);
    without(alert,
            "trigger:", "stages: [" STAGE "100 mm}, probability: \">=\", threshold: 50 %}]\n",
            &counted);
    without(counted.at, "ensemble:", "ensemble: {members: 51, minimum: 41}\n", &staged);
    check(staged.at, stage_rows, COUNT_OF(stage_rows));
    ROW("no area at all");
    struct err err = {0};
    struct policy *policy = NULL;
    AUTO(buf_free) struct buf nowhere = buf_new(10000);
    without(cover, "area:", "", &nowhere);
    CHECK_INT(policy_parse(buf_slice(&nowhere), "p.yaml", &policy, &err), ERR_INPUT);
    CHECK_HAS(err.text, "p.yaml:1:1: \"area\" is missing here; add area: all");
}

// --- doubts
// ----------------------------------------------------------------------------------------

struct doubt {
    const char *name, *text, *line[6];
    const char *says; // the doubt's words as they stand in policies/doubt.c; NULL: there is none
};

#define PHASES(first, weight)                                                                      \
    "phases: [{name: a, from: 05-01, to: " first ", weight: " weight                               \
    ", payout: {form: linear_deficit, strike: 50 mm, exit: 20 mm}}, {name: b, from: 05-15, to: "   \
    "05-31, weight: 50 %, payout: {form: linear_deficit, strike: 50 mm, exit: 20 mm}}]"
#define SHARE(threshold)                                                                           \
    "index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: total, within: 24 h}, "   \
    "rounding: 0.1 mm, trigger: {index: \">=\", threshold: " threshold "}}}"
#define SHARED                                                                                     \
    "rounding: 0.1 %", "trigger: {index: \">=\", threshold: 10 %}",                                \
        "  fire: [{name: all, step: 24 h, members: [{count: 51, communes: [{count: 1, values: "    \
        "[100]}]}]}]",                                                                             \
        "  not_fire: [{name: none, step: 24 h, members: [{count: 51, communes: [{count: 1, "       \
        "values: [0]}]}]}]"
#define SPELL(missing)                                                                             \
    "index: {take: longest_dry_spell, dry_below: 1 mm, missing: " missing ", within: 10 days}"
#define SPELLS                                                                                     \
    "period: {each: run, day: utc00}", "rounding: 1 days",                                         \
        "trigger: {index: \">=\", threshold: 5 days}",                                             \
        "  fire: [{name: all, step: 24 h, members: [{count: 51, values: [0 x 10]}]}]",             \
        "  not_fire: [{name: none, step: 24 h, members: [{count: 51, values: [9 x 10]}]}]"
#define LADDER(january)                                                                            \
    "substitutes: [{climatology: [" january                                                        \
    ", 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm]}]"
#define BY_PHASE "payout: {form: phases, rounding: 1 VND}"

static const struct doubt doubts[] = {
    {"nothing to doubt", cover, {NULL}, NULL},
    {"nothing to doubt in an alert", alert, {NULL}, NULL},
    {"a strike that no index can be",
     cover,
     {"payout: {form: linear_deficit, strike: 100.05 mm, exit: 40 mm, rounding: 1 VND}"},
     "doubt: the threshold is no multiple of the rounding"},
    {"a strike that was never measured",
     cover,
     {"payout: {form: linear_deficit, strike: 20000 mm, exit: 40 mm, rounding: 1 VND}"},
     "doubt: 20,000 mm is more than was ever measured anywhere"},
    {"a corner of a commune", cover, {"minimum_coverage: any"}, "doubt: minimum_coverage: any"},
    {"a gauge has no corners", cover, {"minimum_coverage: any", "station: \"48/73\""}, NULL},
    {"days of no phase",
     cover,
     {PHASES("05-12", "50 %"), BY_PHASE},
     "doubt: 2 days between a and b belong to no phase"},
    {"phases one after the other", cover, {PHASES("05-14", "50 %"), BY_PHASE}, NULL},
    {"phases of less than all",
     cover,
     {PHASES("05-14", "40 %"), BY_PHASE},
     "doubt: the weights of the phases are 90.0 % together"},
    {"an alert that may flutter",
     alert,
     {"clear: {probability: \"<\", threshold: 46 %}"},
     "doubt: clear is less than a tenth away from the threshold"},
    {"a tenth away", alert, {"clear: {probability: \"<\", threshold: 45 %}"}, NULL},
    {"quiet about what is on again, where all heard that it is over",
     alert,
     {"cool_down: 6 h",
      "cancel: {vi: \"{commune} {issued} {next}\", en: \"{commune} {issued} {next}\"}"},
     "doubt: cool_down has no effect"},
    {"quiet where nobody heard it", alert, {"cool_down: 6 h"}, NULL},
    {"tiers up to less than all",
     cover,
     {"payout: {form: tiers, tiers: [{below: 50 mm, pay: 20 %}, {below: 20 mm, pay: 80 %}], "
      "rounding: 1 VND}"},
     "doubt: the highest tier pays 80.0 %"},
    {"tiers up to all",
     cover,
     {"payout: {form: tiers, tiers: [{below: 50 mm, pay: 20 %}, {below: 20 mm, pay: 100 %}], "
      "rounding: 1 VND}"},
     NULL},
    {"tiers that are added up to less than all",
     cover,
     {"payout: {form: tiers, additive: yes, tiers: [{below: 50 mm, pay: 20 %}, {below: 20 mm, pay: "
      "70 %}], rounding: 1 VND}"},
     "doubt: the tiers pay 90.0 % together"},
    {"tiers that are added up to all",
     cover,
     {"payout: {form: tiers, additive: yes, tiers: [{below: 50 mm, pay: 20 %}, {below: 20 mm, pay: "
      "80 %}], rounding: 1 VND}"},
     NULL},
    {"a year without a legal cap",
     cover,
     {"legal_caps: [{from: 2023-01-01, to: 2023-12-31, most: 5 VND}, {from: 2025-01-01, to: "
      "2025-12-31, most: 6 VND}]"},
     "doubt: no legal cap is named for 2024-01-01"},
    {"the last day without a legal cap",
     cover,
     {"legal_caps: [{from: 2023-01-01, to: 2025-12-30, most: 5 VND}]"},
     "doubt: no legal cap is named for 2025-12-31"},
    {"a limit that comes back though it was the sum insured",
     cover,
     {"index: {take: maximum_sum, over: 1 days}",
      "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}",
      "limits: {waiting: none, hours: 72 h, event: 40 %, period: 100 %, events: 3, reinstatement: "
      "automatic, extra_premium: 5 %}"},
     "doubt: the period of limits: may pay the whole sum insured already: what is restored can "
     "never be paid"},
    {"a message that is never said",
     alert,
     {"trigger:", "ensemble: {members: 51, minimum: 41}",
      "stages: [" STAGE "100 mm}, probability: \">=\", threshold: 50 %, " WORDS "}]"},
     "doubt: each stage has a message of its own: the policy's is never said"},
    {"a message of the stage that has none",
     alert,
     {"trigger:", "ensemble: {members: 51, minimum: 41}",
      "stages: [" STAGE "100 mm}, probability: \">=\", threshold: 50 %}, " STAGE_B "]"},
     NULL},
    {"the number of one condition where another may be the reason",
     alert,
     {"any_of: [{name: b, index: {take: maximum_sum, over: 6 h, within: 24 h}, trigger: {index: "
      "\">=\", threshold: "
      "60 mm}}]"},
     "doubt: the message says {index} of the policy's own condition"},
    {"a share of communes that none can be of",
     alert,
     {SHARE("20000 mm"), SHARED},
     "doubt: 20,000 mm is more than was ever measured anywhere"},
    {"a share by a threshold that no index can be",
     alert,
     {SHARE("100.05 mm"), SHARED},
     "doubt: a commune's threshold is no multiple of its rounding"},
    {"a share of communes", alert, {SHARE("100 mm"), SHARED}, NULL},
    {"a day that nobody saw ends it",
     alert,
     {SPELL("break"), SPELLS},
     "doubt: missing: break lets a day that nobody saw end this alert"},
    {"a day that nobody saw changes nothing", alert, {SPELL("unknown"), SPELLS}, NULL},
    {"what is usual of a month for a day",
     cover,
     {LADDER("320 mm"), "missing_at_most: 10 %"},
     "doubt: climatology says 320 mm for a day of month 1"},
    {"what is usual", cover, {LADDER("12 mm"), "missing_at_most: 10 %"}, NULL},
    {"caps for every day",
     cover,
     {"legal_caps: [{from: 2022-01-01, to: 2024-06-30, most: 5 VND}, {from: 2024-07-01, to: "
      "2026-12-31, most: 6 VND}]"},
     NULL},
};

// How often a word stands in a text.
static size_t times(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

static void test_doubts(void **state)
{
    (void)state;
    const char *heard[COUNT_OF(doubts)];
    size_t kinds = 0;
    for (size_t i = 0; i < COUNT_OF(doubts); i++) {
        ROW(doubts[i].name);
        struct change change = {.line = {doubts[i].line[0], doubts[i].line[1], doubts[i].line[2],
                                         doubts[i].line[3], doubts[i].line[4], doubts[i].line[5]}};
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf made = buf_new(POLICY_BYTES_MAX);
        AUTO(buf_free) struct buf said = buf_new(10000);
        put_changed(doubts[i].text, &change, &made);
        CHECK_OK(policy_parse(buf_slice(&made), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_doubts(policy, &said), doubts[i].says != NULL);
        if (!doubts[i].says)
            continue;
        CHECK_HAS(said.at, doubts[i].says);
        bool again = false;
        for (size_t k = 0; k < kinds; k++)
            again = again || strncmp(heard[k], doubts[i].says, 24) == 0;
        if (!again)
            heard[kinds++] = doubts[i].says;
    }
    ROW("every doubt that the checker can have has a row");
    AUTO(buf_free) struct buf source = buf_new(1 << 20);
    struct err err = {0};
    CHECK_OK(file_read("policies/doubt.c", &source, &err), err);
    CHECK_INT(kinds, times(source.at, "\"doubt: "));
}

#define OVER(runs)                                                                                 \
    "cases:\n"                                                                                     \
    "  fire: [{name: all, step: 24 h, members: [{count: 51, values: [100]}]}]\n"                   \
    "  not_fire: [{name: none, step: 24 h, members: [{count: 51, values: [0]}]}]\n"                \
    "  over_time: [{name: x, runs: [" runs "]}]\n"
static const struct {
    const char *name, *cases, *says;
} over_rows[] = {
    {"what comes out otherwise",
     OVER("{at: 0 h, like: all, level: 1}, {at: 6 h, like: none, level: 1}"),
     "the case \"x\" comes out otherwise after its run 2: the level is 0; change the case or the "
     "policy"},
    {"people who are not told", OVER("{at: 0 h, like: all, level: 1, told: no}"),
     "after its run 1: people are told"},
    {"people who are not told of what stays",
     OVER("{at: 0 h, like: all, level: 1}, {at: 6 h, like: all, level: 1, told: yes}"),
     "after its run 2: nobody is told"},
    {"a case that is not there", OVER("{at: 0 h, like: some, level: 1}"),
     "the policy has no case of that name"},
    {"a first run that is not the first", OVER("{at: 6 h, like: all, level: 1}"),
     "times count from the first run; write 0 h"},
    {"runs in another order",
     OVER("{at: 0 h, like: all, level: 1}, {at: 6 h, like: all, level: 1}, {at: 6 h, like: none, "
          "level: 0}"),
     "runs stand in the order of time; write a later one"},
    {"a level beyond 5", OVER("{at: 0 h, like: all, level: 6}"), "level"},
    {"no level", OVER("{at: 0 h, like: all}"), "level"},
    {"a run that a person clears, like a case",
     OVER("{at: 0 h, like: all, level: 1}, {at: 6 h, like: none, cleared: yes, level: 0}"),
     "a person clears it, no run does; take like and told out"},
    {"a person who does not clear it", OVER("{at: 0 h, cleared: no, level: 0}"),
     "write cleared: yes, or like: NAME OF A CASE"},
    {"no run", OVER(""), "write 1 to 100 runs"},
    {"a key that is none", OVER("{at: 0 h, like: all, levels: 1}"), "levels"},
};

static void over_time_is_refused_with_words(void **state)
{
    (void)state;
    const char *end = strstr(alert, "cases:\n");
    for (size_t i = 0; i < COUNT_OF(over_rows); i++) {
        ROW(over_rows[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf text = buf_new(10000);
        AUTO(policy_free) struct policy *policy = NULL;
        buf_str(&text, (struct str){alert, (size_t)(end - alert)});
        buf_text(&text, over_rows[i].cases);
        enum err_kind kind = policy_parse(buf_slice(&text), "over.yaml", &policy, &err);
        if (!kind)
            kind = trial_run(policy, NULL, NULL, &err);
        CHECK_INT(kind, ERR_INPUT);
        CHECK_HAS(err.text, "over.yaml:");
        CHECK_HAS(err.text, over_rows[i].says);
    }
    AUTO(buf_free) struct buf text = buf_new(10000);
    AUTO(policy_free) struct policy *policy = NULL;
    struct err err = {0};
    size_t ran = 0;
    buf_str(&text, (struct str){alert, (size_t)(end - alert)});
    buf_text(&text,
             OVER("{at: 0 h, like: all, level: 1, told: yes}, {at: 6 h, cleared: yes, level: 0}, "
                  "{at: 12 h, like: all, level: 1, told: yes}"));
    CHECK_OK(policy_parse(buf_slice(&text), "over.yaml", &policy, &err), err);
    CHECK_OK(trial_run(policy, NULL, &ran, &err), err);
    CHECK_INT(ran, 3);
}

TEST_MAIN(cmocka_unit_test(over_time_is_refused_with_words), cmocka_unit_test(test_refusals),
          cmocka_unit_test(test_doubts))
