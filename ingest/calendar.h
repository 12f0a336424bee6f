#ifndef GONG_INGEST_CALENDAR_H
#define GONG_INGEST_CALENDAR_H

#include "core/date.h"
#include "core/err.h"

// The calendars of CF 1.8 section 4.4.1: from "days since 1850-01-01" and numbers to real moments.
// Pure but for the database of units.
enum calendar {
    CALENDAR_STANDARD,  // "standard", "gregorian" or none: Julian before 15 October 1582
    CALENDAR_PROLEPTIC, // "proleptic_gregorian"
    CALENDAR_JULIAN,
    CALENDAR_NOLEAP, // "noleap", "365_day": the 29 February is never there
    CALENDAR_ALL_LEAP,
    CALENDAR_360_DAY,
};

struct time_axis {
    enum calendar calendar;
    double step_s;   // seconds in one unit
    double origin_s; // seconds from 1970-01-01 to the origin, counted in that calendar
};

// Reads units and calendar ("" for none). ERR_INPUT for a calendar that is not known, for months
// and years (they have no fixed length), and for units that are no time since a date.
MUST_USE enum err_kind calendar_axis(const char *units, const char *calendar, struct time_axis *out,
                                     struct err *err);

// The moment that `number` means: the date that the calendar gives, read as a real date.
// ERR_INPUT for a date that never was (30 February), and for one that is not in 1850 to 2200.
MUST_USE enum err_kind calendar_utc(const struct time_axis *axis, double number, struct utc *out,
                                    struct err *err);

#endif
