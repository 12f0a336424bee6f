#ifndef GONG_DATA_SEASON_TABLE_H
#define GONG_DATA_SEASON_TABLE_H

#include "core/date.h"
#include "core/err.h"

#include <stddef.h>

// The two tables of facts that the season is made from.

// One commune of the pilots: data/pilots/communes.csv.
struct place {
    char code[8], name[64], zone[32];
    double latitude, longitude; // of a centre point, degrees
};

// One six-hourly point of the typhoon's track: data/season/yagi.csv.
struct fix {
    struct utc time;
    double latitude, longitude, wind_kt; // greatest sustained wind; 25 where the agency gave none
};

enum { PLACES_MAX = 256, FIXES_MAX = 256 };

// Reads from the folder of the installed data (../share/gong/pilots beside the program) or of the
// source tree. ERR_MISSING when neither is there; ERR_INPUT with file and line.
MUST_USE enum err_kind places_load(struct place place[PLACES_MAX], size_t *count, struct err *err);
MUST_USE enum err_kind fixes_load(struct fix fix[FIXES_MAX], size_t *count, struct err *err);

#endif
