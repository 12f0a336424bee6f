#ifndef GONG_TRIGGERS_INDEX_H
#define GONG_TRIGGERS_INDEX_H

#include "core/date.h"
#include "policies/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct band;
struct index_rule;
struct series;

// The one number that a policy looks at, before rounding; whole thousandths of rule->unit.
struct index_value {
    bool known;
    int64_t milli;
    struct utc from, to; // the stretch that made it: the window of a maximum, the dry spell
    enum gap gap;        // why it is not known,
    struct utc at;       //   and where that begins
};

// Computes a policy's index from one commune's series over (from, to]. Pure; whole numbers but in
// the distributions of SPI and SPEI (normal.h).
//   total              sum of all steps (with daily cap and floor: of days; with a cap of dekads)
//   maximum, minimum   largest or smallest step or day; the first of several; as a force of wind
//   mean               over time, rounded half away from zero
//   maximum_sum, minimum_sum
//                      largest or smallest sum over over_s; windows end at step ends (days: at day
//                      ends) and must be tiled by whole steps; the first of several
//   what days make     daily.h; spells in thousandths of a day
//   spi, spei          the window's total against the rule's years
//   reported           the only reading
// One step in the window that is not known leaves the index not known, but for a spell with
// missing: break (the run ends there) or dry (it goes on). A rule with a start looks at the days
// from there; one that did not start is GAP_NO_START.
// A spell that is followed is looked for in a window that begins a day before the period and ends
// follow_s after it (policy_window).
// Numbers that cannot be added up within 32 bits (over 2,000 m of rain) are not known either in
// the four that roll.h computes.
// Source: domain-reference 5; ETCCDI RXnday, CDD, CWD, R95p.
struct index_value index_compute(const struct index_rule *rule, const struct series *series,
                                 struct utc from, struct utc to);

// The index of every window of maximum or maximum_sum by itself, in order of their ends: what an
// insurance by events looks at. Empty when the index is not known.
struct index_moment {
    struct utc end;
    int64_t milli;
};
struct index_moments {
    struct index_moment *at;
    size_t count;
};
void index_moments_free(struct index_moments *moments); // frees what is in it
void index_list(const struct index_rule *rule, const struct series *series, struct utc from,
                struct utc to, struct index_moments *out);

// Which steps are the dry days of longest_dry_spell; false when none can be.
bool index_dry_band(const struct index_rule *rule, struct band *band);

// Which steps are days that are `day` `at`.
struct band index_day_band(const struct index_rule *rule);

// `milli` to a multiple of `unit_milli` > 0, half away from zero.
int64_t index_round(int64_t milli, int64_t unit_milli);

#endif
