#ifndef GONG_TRIGGERS_SERIES_H
#define GONG_TRIGGERS_SERIES_H

#include "core/date.h"
#include "policies/index_rule.h"
#include "policies/trace.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading_meta;
struct readings;

// One commune's steps over a window, in order and without a gap in time: where a reading is not
// there, a step stands that is not known. Pure.
struct step {
    struct utc from, to;
    int64_t milli; // thousandths of the unit; meaningless when `gap` is set
    enum gap gap;  // GAP_NONE: known
};

struct series {
    size_t count;
    struct step *step;   // [count], owned
    int64_t cover_least; // of the known steps, in 1/10000; 10000 when there is none
    size_t known;        // steps that are known
    enum gap gap;        // the first gap, GAP_NONE when whole
    struct utc gap_at;   // where it begins
};
void series_free(struct series *series); // frees what is in it

struct series_query {
    const char *source;    // readings of this source and variable only; NULL: they are all alike
    const char *variable;  //
    const char *station;   // of the gauge with this tag (triggers/grounds.h); "", NULL: of communes
    size_t commune;        // its index in the readings
    int32_t member;        // MEMBER_NONE: readings that have none
    struct utc from, to;   // (from, to]; steps that reach outside are left out
    int64_t cover_minimum; // 1/10000; 0: any observed share
    enum unit unit;        // UNIT_TEMPERATURE turns K into °C
};
void series_take(const struct readings *readings, const struct series_query *query,
                 struct series *out);

// Whether a step is one of the query's, whatever the commune.
bool series_wants(const struct reading_meta *meta, const struct series_query *query);

// K to °C, in place; READING_NONE stays, and what would not fit becomes it.
void series_celsius(int32_t *milli, size_t count);

// How a day is made of its steps: see policies/index_rule.h. A sum goes through floor and cap:
// min(sum, cap), and 0 when the sum is under the floor; INT64_MAX and 0 for none.
struct day_make {
    enum each_day each;
    int64_t cap_milli, floor_milli;
};

// Days from `from` on; a day that its steps do not add up to is a gap.
void series_daily(const struct series *series, struct utc from, struct utc to,
                  const struct day_make *make, struct series *out);

// Where the distance is over `radius_milli`, the step of `series` counts as 0, known or not; where
// the distance is not known, or its steps are others, neither is the step.
void series_near(struct series *series, const struct series *distance, int64_t radius_milli);

// Puts a value where one is not known.
void series_put(struct series *series, size_t at, int64_t milli);

// Puts the steps of `other`, times ratio_milli / 1000 (half away from zero), where those of
// `series` are not known. A step that is there without a value is filled whole, by steps of `other`
// that tile it, or not at all. Of a hole that is steps which are not there, each known step of
// `other` that lies in it is put, and the rest stays smaller holes. Returns how many were put.
size_t series_fill(struct series *series, const struct series *other, int64_t ratio_milli);

// Seconds of the series that are not known.
int64_t series_missing_s(const struct series *series);

// Steps [first, first + count) of a series, with its own gaps; a copy.
void series_part(const struct series *series, size_t first, size_t count, struct series *out);

#endif
