#ifndef GONG_LEDGER_SERIESFILE_H
#define GONG_LEDGER_SERIESFILE_H

#include "core/cdf.h"
#include "core/date.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A series file: what one source says of one variable for every place of a set, over years. CF
// NetCDF (featureType timeSeries, classic format), so that xarray, CDO and others read it as well:
//   RAIN(time, place)  int, thousandths of the unit as scale_factor 0.001, _FillValue READING_NONE
//   cover(time, place) short, 1/10000 of the area observed; left out when it is whole everywhere
//   time, time_bnds    seconds since 1970; time is the end of the step
//   code, name, zone (place, text); lat, lon (place), NaN when not known
// It is written step by step in bounded memory and read where it lies by a map of the file.

struct series_place {
    const char *code, *name, *zone; // "" when none
    double lat, lon;                // degrees; NaN: not known
};

struct span {
    struct utc from, to; // (from, to]
};

struct seriesfile_head {
    const char *variable; // "rain", "wind", "gust", "temperature"
    const char *source, *boundary_set;
    const char *origin;  // one sentence: what it was made of
    const char *product; // the source's title, which tells run and version; NULL: not told
    const char *licence; // what the source asks to be said; NULL: nobody knows
    const struct series_place *place;
    size_t places;
    bool covers; // whether coverage is written
};

struct seriesfile_writer;
MUST_USE enum err_kind seriesfile_create(const char *path, const struct seriesfile_head *head,
                                         struct seriesfile_writer **out, struct err *err);
// Steps in order, each after the one before: ERR_INPUT else. `value` [places], `cover` [places]
// only when head->covers; borrowed.
MUST_USE enum err_kind seriesfile_append(struct seriesfile_writer *writer, struct span span,
                                         const int32_t *value, const uint16_t *cover,
                                         struct err *err);
MUST_USE enum err_kind seriesfile_finish(struct seriesfile_writer **writer, struct err *err);
void seriesfile_drop(struct seriesfile_writer **writer); // gives up; serves as cleanup attribute

struct seriesfile {
    char variable[32], source[64], boundary_set[32];
    char product[256]; // "" when not told
    size_t count, places;
    struct span *span;          // [count] ascending, one never over another
    struct series_place *place; // [places]
    // Most significant byte first: value[step * stride + place], cover likewise; cover NULL: whole.
    const int32_t *value;
    const uint16_t *cover;
    size_t stride, cover_stride;
    struct cdf *file;
    char *texts; // what the places' texts are in
};
// ERR_MISSING when it is not there, ERR_INPUT (with what is wrong) when it is no series file.
MUST_USE enum err_kind seriesfile_open(const char *path, struct seriesfile **out, struct err *err);
void seriesfile_close(struct seriesfile **series);

// What is the index of a place, SIZE_MAX when there is none.
size_t seriesfile_find(const struct seriesfile *series, const char *code);

#endif
