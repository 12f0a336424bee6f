// The ladder by which missing steps are filled, and spells that are followed past a period's end:
// what is right goes through the cases of a whole policy, what is wrong is refused in words.
#include "core/mem.h"
#include "core/text.h"
#include "tests/triggers/changed.h"
#include "triggers/series.h"

#include <stdlib.h>
#include <string.h>

// The first period is January 2023: of 3,000,000 VND, 70 mm pay half.
static const char cover[] =
    "gong: 1\n"
    "id: rain\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Hạn, en: Drought}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: chirps\n"
    "variable: rain\n"
    "substitutes: [{neighbours: 3, within: 30 km}]\n"
    "missing_at_most: 10 %\n"
    "period: {each: month, day: local00}\n"
    "index: {take: total}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: 90 %\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, rounding: 1 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: the mean of three neighbours, step: 24 h, values: [missing, 60, 0 x 29], "
    "sum_insured: 3000000 VND, pays: 1500000 VND, more: [{of: neighbours, step: 24 h, communes: "
    "[{count: 2, values: [12, 99 x 30]}, {count: 1, values: [6, 99 x 30]}]}]}]\n"
    "  not_fire: [{name: it rained, step: 24 h, values: [100, 0 x 30]}]\n";

#define TWELVE "[10 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm]"
#define USUAL "substitutes: [{climatology: " TWELVE "}]"

static const struct change cover_rows[] = {
    {"three neighbours", {NULL}, NULL},
    {"of the neighbours those count that know the step",
     {"  fire: [{name: two of three, step: 24 h, values: [missing, 60, 0 x 29], sum_insured: "
      "3000000 VND, pays: 1500000 VND, more: [{of: neighbours, step: 24 h, communes: [{count: 1, "
      "values: [12]}, {count: 1, values: [missing]}, {count: 1, values: [8]}]}]}]",
      "  not_known: [{name: none knows it, step: 24 h, values: [missing, 60, 0 x 29], more: [{of: "
      "neighbours, step: 24 h, communes: [{count: 3, values: [missing]}]}]}, {name: there is none, "
      "step: 24 h, values: [missing, 60, 0 x 29]}, {name: too much is missing, step: 24 h, values: "
      "[missing x 4, 60, 0 x 26], more: [{of: neighbours, step: 24 h, communes: [{count: 3, "
      "values: [1 x 31]}]}]}]"},
     NULL},
    {"too little was seen of the commune",
     {"  fire: [{name: a neighbour, step: 24 h, coverage: 89 %, values: [0 x 31], more: [{of: "
      "neighbours, step: 24 h, communes: [{count: 1, values: [1 x 31]}]}]}]"},
     "but the answer is unknown"},
    {"what the neighbours lack is as usual",
     {"substitutes: [{neighbours: 3, within: 30 km}, {climatology: " TWELVE "}]",
      "  fire: [{name: filled by both, step: 24 h, values: [missing, 50, missing, 0 x 28], "
      "sum_insured: 3000000 VND, pays: 1500000 VND, more: [{of: neighbours, step: 24 h, communes: "
      "[{count: 1, values: [missing, 99, 10, 99 x 28]}]}]}]"},
     NULL},
    {"neighbours after a source that fills in parts",
     {"substitutes: [{source: era5, ratio: 1}, {neighbours: 3, within: 30 km}]",
      "  fire: [{name: one day by parts and one by the mean, step: 24 h, values: [missing, 50, "
      "missing, 0 x 28], sum_insured: 3000000 VND, pays: 1500000 VND, more: [{of: era5, step: 12 "
      "h, values: [4, 6, 0 x 2, missing x 2]}, {of: neighbours, step: 24 h, communes: [{count: 2, "
      "values: [99, 99, 10, 99 x 28]}]}]}]"},
     NULL},
    {"of three days that are not there the source has two",
     {"substitutes: [{source: era5, ratio: 1}, {climatology: " TWELVE "}]",
      "  fire: [{name: the third is as usual, step: 24 h, values: [0 x 27, 45], "
      "sum_insured: 3000000 VND, pays: 1500000 VND, more: [{of: era5, step: 24 h, values: [99 x "
      "28, 7, missing, 8]}]}]"},
     NULL},
    {"two sources that each have another day",
     {"substitutes: [{source: era5, ratio: 1}, {source: imerg, ratio: 1}]",
      "  fire: [{name: both are put, step: 24 h, values: [0 x 28, 55], sum_insured: 3000000 VND, "
      "pays: 1500000 VND, more: [{of: era5, step: 24 h, values: [99 x 29, 7, missing]}, {of: "
      "imerg, step: 24 h, values: [99 x 29, missing, 8]}]}]"},
     NULL},
    {"a day of January is as usual",
     {USUAL, "  fire: [{name: one day, step: 24 h, values: [missing, 60, 0 x 29], sum_insured: "
             "3000000 VND, pays: 1500000 VND}]"},
     NULL},
    {"the parts of a day add up to it",
     {USUAL, "  fire: [{name: seven hours each, step: 1 h, values: [60, 0 x 5, missing x 7, 0 x "
             "11, missing x 7, 0 x 5, missing x 10, 0 x 698], sum_insured: 3000000 VND, pays: "
             "1500000 VND}]"},
     NULL},
    {"a ratio of neighbours",
     {"substitutes: [{neighbours: 3, within: 30 km, ratio: 0.8}]"},
     "\"ratio\" belongs to source; take it out"},
    {"neighbours how near?", {"substitutes: [{neighbours: 3}]"}, "\"within\" is missing"},
    {"no neighbour", {"substitutes: [{neighbours: 0, within: 30 km}]"}, "1 to 8"},
    {"nine neighbours", {"substitutes: [{neighbours: 9, within: 30 km}]"}, "1 to 8"},
    {"in an hour", {"substitutes: [{neighbours: 3, within: 30 h}]"}, "km"},
    {"where they are", {"substitutes: [{neighbours: 3, within: 0 km}]"}, "more than 0 km"},
    {"in another country",
     {"substitutes: [{neighbours: 3, within: 201 km}]"},
     "farther away than 200 km is no neighbour"},
    {"neighbours twice",
     {"substitutes: [{neighbours: 3, within: 30 km}, {neighbours: 5, within: 60 km}]"},
     "neighbours stand once"},
    {"two rungs in one",
     {"substitutes: [{neighbours: 3, within: 30 km, climatology: " TWELVE "}]"},
     "one rung is one of source, neighbours and climatology"},
    {"a rung by nothing", {"substitutes: [{}]"}, "by what is it filled?"},
    {"neighbours of a gauge", {"station: \"48/73\""}, "a gauge has no neighbouring communes"},
    {"another step than the case's",
     {"  fire: [{name: a, step: 24 h, values: [missing, 60, 0 x 29], more: [{of: neighbours, step: "
      "12 h, communes: [{count: 1, values: [1]}]}]}]"},
     "neighbours have the steps of the case"},
    {"more neighbours than are asked",
     {"  fire: [{name: a, step: 24 h, values: [missing, 60, 0 x 29], more: [{of: neighbours, step: "
      "24 h, communes: [{count: 4, values: [1]}]}]}]"},
     "1 to 3"},
    {"neighbours that nobody asks",
     {USUAL, "  fire: [{name: a, step: 24 h, values: [missing, 60, 0 x 29], more: [{of: "
             "neighbours, step: 24 h, communes: [{count: 1, values: [1]}]}]}]"},
     "no part or model of that name"},
    {"eleven months",
     {"substitutes: [{climatology: [1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 "
      "mm]}]"},
     "11 months; write 12 values"},
    {"less than no rain",
     {"substitutes: [{climatology: [1 mm, 1 mm, 1 mm, -1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 "
      "mm, 1 mm]}]"},
     "never negative"},
    {"usual days are not dry",
     {USUAL, "index: {take: longest_dry_spell, dry_below: 1 mm, missing: break}",
      "rounding: 1 days",
      "payout: {form: linear_excess, strike: 5 days, exit: 20 days, rounding: 1 VND}"},
     "it fills totals, means and sums, not longest_dry_spell"},
    {"nor are those of a second index of the same source",
     {USUAL,
      "also: {name: spell, index: {take: longest_dry_spell, dry_below: 1 mm, missing: "
      "break}, rounding: 1 days}",
      "payout: {form: tiers, tiers: [{below: 50 mm, also_from: 10 days, pay: 100 %}], rounding: 1 "
      "VND}"},
     "p.yaml:11:29: a usual value says nothing of single days; it fills totals, means and sums, "
     "not the longest_dry_spell of spell, which is of the same source; take climatology or spell "
     "out"},
    {"a second index of another source is not filled",
     {USUAL,
      "also: {name: spell, source: era5, index: {take: longest_dry_spell, dry_below: 1 mm, "
      "missing: break}, rounding: 1 days}",
      "payout: {form: tiers, tiers: [{below: 100 mm, also_from: 10 days, pay: 50 %}], rounding: 1 "
      "VND}",
      "  fire: [{name: both, step: 24 h, values: [missing, 60, 0 x 29], sum_insured: 3000000 VND, "
      "pays: 1500000 VND, more: [{of: spell, step: 24 h, values: [0 x 31]}]}]"},
     NULL},
    {"neighbours in the case of a share",
     {"index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: total}, rounding: 0.1 "
      "mm, trigger: {index: \"<\", threshold: 40 mm}}}",
      "rounding: 0.1 %", "payout: {form: linear_excess, strike: 20 %, exit: 60 %, rounding: 1 VND}",
      "  fire: [{name: a share, step: 24 h, communes: [{count: 2, values: [missing, 0 x 30]}], "
      "more: [{of: neighbours, step: 24 h, communes: [{count: 2, values: [1 x 31]}]}]}]"},
     "p.yaml:22:101: the communes of a share have no neighbours in a case; take it out"},
    {"a share of a former province",
     {"area: {former_provinces: [Tỉnh Cũ]}",
      "index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: total}, rounding: 0.1 "
      "mm, trigger: {index: \"<\", threshold: 40 mm}}}",
      "rounding: 0.1 %",
      "payout: {form: linear_excess, strike: 20 %, exit: 60 %, rounding: 1 VND}"},
     "p.yaml:8:7: a share of the communes of a former province cannot be made again elsewhere; "
     "write zones or communes"},
};

// Temperature has no ratio, yet what is usual, and neighbours.
static const char warmth[] =
    "gong: 1\n"
    "id: warmth\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Rét, en: Cold}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: era5\n"
    "variable: temperature\n"
    "substitutes: [{climatology: [46 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 "
    "°C, 1 °C]}]\n"
    "missing_at_most: 10 %\n"
    "period: {each: month, day: vnrain19}\n"
    "index: {take: mean}\n"
    "rounding: 0.1 °C\n"
    "minimum_coverage: 90 %\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 20 °C, exit: 10 °C, rounding: 1 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: a mean of 16, step: 24 h, values: [15 x 30, missing], sum_insured: 3000000 "
    "VND, pays: 1200000 VND}, {name: the first day is of January as well, step: 24 h, values: "
    "[missing, 15 x 30], sum_insured: 3000000 VND, pays: 1200000 VND}]\n"
    "  not_fire: [{name: a mean of 20, step: 24 h, values: [20 x 31]}]\n";

static const struct change warmth_rows[] = {
    {"as usual", {NULL}, NULL},
    {"times nothing",
     {"substitutes: [{source: era6, ratio: 0.8}]"},
     "a ratio of °C says nothing; write neighbours or climatology"},
    {"in mm",
     {"substitutes: [{climatology: [46 mm, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 °C, 1 "
      "°C, 1 °C]}]"},
     "°C"},
    {"the highest is not usual",
     {"index: {take: maximum}"},
     "it fills totals, means and sums, not maximum"},
};

// The day before the period, 31 days of January, 20 days after.
static const char spell[] =
    "gong: 1\n"
    "id: spell\n"
    "version: 1\n"
    "kind: insurance\n"
    "title: {vi: Đợt khô, en: Dry spell}\n"
    "effective: {from: 2023-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: chirps\n"
    "variable: rain\n"
    "period: {each: month, day: local00}\n"
    "index: {take: longest_dry_spell, dry_below: 1 mm, missing: break, follow: 20 days}\n"
    "rounding: 1 days\n"
    "minimum_coverage: 90 %\n"
    "settle_after: 20 days\n"
    "payout: {form: linear_excess, strike: 10 days, exit: 30 days, rounding: 1 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n"
    "cases:\n"
    "  fire: [{name: 30 days from 6 January on, step: 24 h, values: [10 x 6, 0 x 30, 10 x 16], "
    "sum_insured: 2000000 VND, pays: 2000000 VND}, {name: it goes on past what is followed, step: "
    "24 h, values: [10 x 27, 0 x 25], sum_insured: 2000000 VND, pays: 1500000 VND}]\n"
    "  not_fire: [{name: begun in December, step: 24 h, values: [0 x 30, 10 x 22]}, {name: begun "
    "in February, step: 24 h, values: [10 x 32, 0 x 20]}, {name: ten days over the end, step: 24 "
    "h, values: [10 x 27, 0 x 10, 10 x 15]}]\n";

static const struct change spell_rows[] = {
    {"followed for 20 days", {NULL}, NULL},
    {"cut at the end of the month",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: break}",
      "  fire: [{name: 26 of 30 days, step: 24 h, values: [10 x 5, 0 x 26], sum_insured: 2000000 "
      "VND, pays: 1600000 VND}]",
      "  not_fire: [{name: ten days, step: 24 h, values: [0 x 10, 10 x 21]}]"},
     NULL},
    {"the day before is not known",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: unknown, follow: 20 days}",
      "  not_known: [{name: had it begun?, step: 24 h, values: [missing, 0 x 30, 10 x 21]}, {name: "
      "does it go on?, step: 24 h, values: [10 x 12, 0 x 20, 0, missing, 0 x 18]}]"},
     NULL},
    {"days that are cold are followed too",
     {"index: {take: longest_spell, day: \"<\", at: 1 mm, missing: break, follow: 20 days}"},
     NULL},
    {"decided before it is followed",
     {"settle_after: 19 days"},
     "decided before the spell was followed so far; write a settle_after that is as long"},
    {"followed by hours",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: break, follow: 30 h}"},
     "write \"follow\" in whole days"},
    {"followed longer than the period",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: break, follow: 32 days}"},
     "longer than the period itself"},
    {"a total that is followed",
     {"index: {take: total, follow: 20 days}"},
     "\"follow\" belongs to longest_dry_spell and longest_spell"},
    {"a start that is followed",
     {"index: {take: longest_dry_spell, dry_below: 1 mm, missing: break, follow: 5 days, start: "
      "{above: 5 mm, latest: 5, for: 10 days, otherwise: latest}}"},
     "take follow or start out"},
    {"phases are cut at their ends",
     {"period: {from: 01-01, to: 01-31, day: local00}\n"
      "phases: [{name: early, from: 01-01, to: 01-15, weight: 100 %, payout: {form: linear_excess, "
      "strike: 10 days, exit: 15 days}}]",
      "payout: {form: phases, rounding: 1 VND}",
      "  fire: [{name: 12 of 25 days are in it, step: 24 h, values: [10 x 4, 0 x 25, 10 x 23], "
      "sum_insured: 2000000 VND, pays: 800000 VND}]",
      "  not_fire: [{name: 10 of 46 days are in it, step: 24 h, values: [10 x 6, 0 x 46]}]"},
     NULL},
    {"a second index that is followed",
     {"also: {name: other, index: {take: longest_dry_spell, dry_below: 2 mm, missing: break, "
      "follow: 5 days}}"},
     "only the policy's own index follows a spell"},
    {"longer than any spell can be",
     {"payout: {form: linear_excess, strike: 10 days, exit: 52 "
      "days, rounding: 1 VND}"},
     "it can never be reached: the period has only 51 days"},
};

static void test_ladder(void **state)
{
    (void)state;
    check(cover, cover_rows, COUNT_OF(cover_rows));
    check(warmth, warmth_rows, COUNT_OF(warmth_rows));
}

static void test_followed(void **state)
{
    (void)state;
    check(spell, spell_rows, COUNT_OF(spell_rows));
}

// Steps as text: from-to in hours, then "=value" or "?" for each.
static struct series series_of(const char *text)
{
    enum { STEPS_MAX = 16 };
    struct series made = {.step = mem_new(STEPS_MAX, sizeof(*made.step))};
    while (*text) {
        char *at;
        struct step *step = &made.step[made.count++];
        step->from.s = strtol(text, &at, 10) * 3600;
        step->to.s = strtol(at + 1, &at, 10) * 3600;
        step->gap = *at == '=' ? GAP_NONE : *at == '?' ? GAP_NOT_OBSERVED : GAP_ABSENT;
        step->milli = *at == '=' ? strtol(at + 1, &at, 10) : (at++, 0);
        text = at + (*at == ' ');
    }
    return made;
}

static void say_series(const struct series *series, struct buf *out)
{
    for (size_t i = 0; i < series->count; i++) {
        const struct step *step = &series->step[i];
        buf_print(out, "%s%ld-%ld", i ? " " : "", (long)(step->from.s / 3600),
                  (long)(step->to.s / 3600));
        if (step->gap == GAP_NONE)
            buf_print(out, "=%ld", (long)step->milli);
        else
            buf_char(out, step->gap == GAP_NOT_OBSERVED ? '?' : '!');
    }
}

// "=" is known, "?" a step without a value, "!" steps that are not there.
static const struct {
    const char *name, *series, *other, *made;
    size_t put;
} holes[] = {
    {"two of three days", "0-24=1 24-96! 96-120=2", "24-48=5 48-72? 72-96=6",
     "0-24=1 24-48=5 48-72! 72-96=6 96-120=2", 2},
    {"the last two of three", "0-72!", "24-48=5 48-72=6", "0-24! 24-48=5 48-72=6", 2},
    {"all three", "0-72!", "0-24=4 24-48=5 48-72=6", "0-24=4 24-48=5 48-72=6", 3},
    {"none", "0-72!", "0-24? 24-72!", "0-72!", 0},
    {"steps that straddle the hole's ends are not taken", "0-24=1 24-72! 72-96=2",
     "12-36=4 36-60=5 60-84=6", "0-24=1 24-36! 36-60=5 60-72! 72-96=2", 1},
    {"a step without a value is filled whole", "0-24?", "0-12=4 12-24=5", "0-12=4 12-24=5", 2},
    {"or not at all", "0-24?", "0-12=4 12-24?", "0-24?", 0},
};

static void test_holes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(holes); i++) {
        ROW(holes[i].name);
        AUTO(series_free) struct series series = series_of(holes[i].series);
        AUTO(series_free) struct series other = series_of(holes[i].other);
        AUTO(buf_free) struct buf made = buf_new(1000);
        CHECK_INT(series_fill(&series, &other, 1000), holes[i].put);
        say_series(&series, &made);
        CHECK_TEXT(made.at, holes[i].made);
    }
}

TEST_MAIN(cmocka_unit_test(test_holes), cmocka_unit_test(test_ladder),
          cmocka_unit_test(test_followed))
