#ifndef GONG_INGEST_POINTS_WANTED_H
#define GONG_INGEST_POINTS_WANTED_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/wanted.h"

#include <stddef.h>
#include <stdint.h>

// What is asked of a file of stations, of storm tracks or of figures. It comes from sources.yaml
// (whose head explains the keys) and crosses to the sandboxed child as one JSON text.
enum points_format {
    POINTS_CSV,         // stations
    POINTS_JSON,        // stations
    POINTS_IBTRACS_CSV, // tracks: IBTrACS, comma-separated
    POINTS_IBTRACS_NC,  // tracks: IBTrACS, NetCDF
    POINTS_JMA,         // tracks: RSMC Tokyo best track, fixed columns
    POINTS_ATCF,        // tracks and forecasts: ATCF a- and b-decks
    POINTS_CAP,         // official warnings: a CAP alert, or an Atom or RSS feed of them
    POINTS_REPORTS,     // figures of communes that people report
};

enum points_layout {
    LAYOUT_LONG,   // a row is one station at one time
    LAYOUT_WIDE,   // a row is one time, a column one station
    LAYOUT_MONTHS, // a row is one station in one year, twelve columns are its months
    LAYOUT_LIST,   // a row is one station, and where it stands; no values
};

enum { POINTS_NAME_SIZE = 64, POINTS_COLUMNS_MAX = 4, POINTS_MISSING_MAX = 16 };

struct points_columns {
    size_t count;
    char at[POINTS_COLUMNS_MAX][POINTS_NAME_SIZE];
};

// The season that a figure is of, as a policy's period: both days inclusive; one whose last day is
// the earlier one ends in the next year.
struct points_season {
    bool given; // false: each row says its first and last day
    int from_month, from_day, to_month, to_day;
    enum day_boundary day;
};

struct points_wanted {
    enum points_format format;
    // stations
    enum points_layout layout;
    struct points_columns code, time; // joined by "/" and by one space
    char name[POINTS_NAME_SIZE], latitude[POINTS_NAME_SIZE], longitude[POINTS_NAME_SIZE]; // "" none
    char time_format[POINTS_NAME_SIZE]; // YYYY YY MM DD hh mm ss, and what stands between
    int32_t utc_offset_s;               // of the times in the file
    int64_t round_s;                    // times are rounded to a multiple of this; 0: left alone
    size_t missing_count;
    char missing[POINTS_MISSING_MAX][24]; // texts and numbers that mean "not observed"
    char rows[POINTS_NAME_SIZE * 2];      // POINTS_JSON: where the array is, "data.items"
    size_t header_row, first_row; // POINTS_CSV: rows that hold names, and the first data; from 1
    struct wanted_list wanted;    // only count and at
    // reports: code and name are columns of the commune, wanted.at[].reads what the figure is
    // called, its unit "" when a column says it
    char figure[POINTS_NAME_SIZE], value[POINTS_NAME_SIZE], unit[POINTS_NAME_SIZE]; // columns
    char season[POINTS_NAME_SIZE];                                // the year in which it begins
    char first_day[POINTS_NAME_SIZE], last_day[POINTS_NAME_SIZE]; // or these, inclusive
    struct points_season season_of[WANTED_MAX];                   // [wanted.count]
    size_t other_count;
    char other[POINTS_MISSING_MAX][POINTS_NAME_SIZE]; // figures that are passed over
    // tracks
    char agency[16];        // IBTrACS: whose wind and pressure, "wmo", "usa", "tokyo"
    int32_t wind_average_s; // what the wind is the mean of
};

// Reads the JSON text. ERR_INPUT names the key that is wrong or missing, and what to write.
MUST_USE enum err_kind points_wanted_parse(struct str json, struct points_wanted *out,
                                           struct err *err);

#endif
