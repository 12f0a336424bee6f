#ifndef GONG_INGEST_POINTS_BUILD_H
#define GONG_INGEST_POINTS_BUILD_H

#include "core/csv.h"
#include "ingest/points.h"
#include "ingest/scale.h"

// What the readers of one format share while they fill a struct points. Child's side only.
struct build {
    const struct points_wanted *wanted;
    struct points points;
    size_t station_room, value_room, track_room;
    uint32_t *slot; // [SLOTS] hash table of codes: index + 1 into points.station; heap
    struct scale scale[WANTED_MAX];
};
void build_free(struct build *build);

// ERR_INPUT when a unit does not fit its variable.
MUST_USE enum err_kind build_start(const struct points_wanted *wanted, struct build *out,
                                   struct err *err);

// The station of a code, added when it is new; its name and position are taken when it had none.
// ERR_INPUT for an empty or long code, one that is not clean text, or too many.
struct build_station {
    struct str code, name, latitude, longitude; // the last three may be empty
};
MUST_USE enum err_kind build_station(struct build *build, const struct build_station *said,
                                     uint32_t *out, struct err *err);

// One value: "" and what is named under `missing` is counted and left out.
struct build_value {
    uint32_t station, variable;
    struct utc stamp; // UTC
    struct str text;
};
MUST_USE enum err_kind build_value(struct build *build, const struct build_value *said,
                                   struct err *err);

// A value that is in thousandths already. ERR_INPUT when there are too many.
MUST_USE enum err_kind build_add(struct build *build, struct point_value value, struct err *err);

// The time in a text, by the wanted pattern, offset and rounding.
MUST_USE enum err_kind build_time(const struct build *build, struct str text, struct utc *out,
                                  struct err *err);

// A new track with no fix; borrowed until the next. Its fixes: build_fix, in the order of time (one
// of a time that is there already is ERR_INPUT; an older one too).
MUST_USE enum err_kind build_track(struct build *build, struct track **out, struct err *err);
MUST_USE enum err_kind build_fix(struct track *track, const struct track_fix *fix, struct err *err);

// Sorts the values, settles what was said twice, and hands all on. ERR_INPUT when there is nothing.
MUST_USE enum err_kind build_end(struct build *build, struct points *out, struct err *err);

// Milli-units of a number in knots or nautical miles.
int32_t knots_milli(double knots);
int32_t miles_m(double nautical_miles);

// Readers: ERR_INPUT says where and what.
MUST_USE enum err_kind table_read_csv(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind table_read_json(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind track_read_ibtracs(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind track_read_jma(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind track_read_atcf(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind bulletin_read(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind reports_read(struct build *build, struct str text, struct err *err);
MUST_USE enum err_kind track_read_netcdf(struct build *build, void *bytes, size_t size,
                                         struct err *err);

#endif
