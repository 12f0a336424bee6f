#ifndef GONG_TRIGGERS_DAILY_H
#define GONG_TRIGGERS_DAILY_H

#include "triggers/index.h"

#include <stddef.h>
#include <stdint.h>

struct index_rule;
struct series;
struct start_rule;

// Indices that are made of days. `days` is a series of days without a hole in time; those that the
// rule's index does not allow to be missing were refused before (index.c). Pure, integers only.

// Longest run of days that are rule->day rule->day_milli, in thousandths of a day; the first of
// several. A day that is not known breaks the run, or counts with MISSING_DRY.
struct index_value daily_spell(const struct index_rule *rule, const struct series *days);

// The longest run that begins on days [first, first + count) and may go on after them: the way to
// count runs that a period's end would cut. Of a run that had begun before nothing counts.
struct index_value daily_spell_begun(const struct index_rule *rule, const struct series *days,
                                     size_t first, size_t count);

struct index_value daily_count(const struct index_rule *rule, const struct series *days);

// Total with a cap on each calendar dekad.
struct index_value daily_dekads(const struct index_rule *rule, const struct series *days);

// Sums of the calendar dekads of `days`, in order; `out` is [days->count]. Returns how many.
size_t daily_dekad_sums(const struct series *days, int64_t *out);

// k x yesterday's + today's rain, carried in millionths of mm, rounded half up each day.
struct index_value daily_antecedent(const struct index_rule *rule, const struct series *days);

// The first day, counted from 1, on which the sum of the rule's days reaches its rain; one more
// than there are days when none does.
struct index_value daily_first_rain(const struct index_rule *rule, const struct series *days);

// Sum of what a day is over (heat) or under (cold) the base.
struct index_value daily_degrees(const struct index_rule *rule, const struct series *days);

// Growing degree days of the days' highest and lowest temperatures, rounded half up to thousandths
// at the end: max(0, (high + low)/2 - base); with a limit both are clipped to [base, limit] first.
struct index_value daily_growth(const struct index_rule *rule, const struct series *high,
                                const struct series *low);

// percentile, total_above, share_above, wrsi.
struct index_value daily_percentile(const struct index_rule *rule, const struct series *days);
struct index_value daily_above(const struct index_rule *rule, const struct series *days);
struct index_value daily_water(const struct index_rule *rule, const struct series *days);

// The day (from 0) with which a season starts; SIZE_MAX when it does not by the rule's latest day.
// `*gap_at` is the first day that is not known and that had to be, else SIZE_MAX.
size_t daily_start(const struct start_rule *rule, const struct series *days, size_t *gap_at);

#endif
