#ifndef GONG_INGEST_SERIES_H
#define GONG_INGEST_SERIES_H

#include "core/err.h"
#include "ingest/decode.h"
#include "ingest/source.h"
#include "ledger/ledger.h"
#include "ledger/map.h"

#include <stddef.h>
#include <stdint.h>

// Makes series files (ledger/seriesfile.h): of a site's readings, of a folder of grids, or of a
// table. Each step is written as it comes, so that memory does not grow with the years.

struct series_wish {
    const char *variable; // "rain"; NULL: the first that the source has
    const char *out;      // path of the file that is made
    const char *product;  // the source's title; NULL: not told
    const char *licence;  // of the source, for the file's attribute "license"; NULL: nobody knows
    struct utc from, to;  // steps within (from, to] only; UTC_NEVER: no bound
    void (*progress)(void *self, size_t done, size_t total); // NULL: nobody is told
    void *self;
};

struct series_report {
    size_t places, steps;
    struct utc first, last; // of the steps
    int64_t missing;        // values that are not known
};

// The observations of one source that a site has. ERR_MISSING when there is none.
MUST_USE enum err_kind series_of_site(struct ledger *ledger, struct map *map, const char *source,
                                      const char *boundary_set, const struct series_wish *wish,
                                      struct series_report *report, struct err *err);

// Every file of a folder by name, decoded as the source says (confined) and weighed by its boundary
// set. A file that cannot be read ends it (ERR_INPUT names it): a hole in a series would be a
// decision about the past that nobody made.
struct convoy;
struct series_grids {
    const char *folder;
    const struct site *site; // where the cells of the grid lie that its files do not say
    const struct source *source;
    const struct decode_limits *limits;
    struct convoy *convoy; // borrowed: started early, it is ready by now
};
MUST_USE enum err_kind series_of_grids(struct map *map, const struct series_grids *grids,
                                       const struct series_wish *wish, struct series_report *report,
                                       struct err *err);

// A table with one row for a place and a month or day.
struct series_table {
    const char *path;
    const char *place, *value;       // columns
    const char *year, *month, *date; // columns: either year and month, or date; else NULL
    const char *places;              // a second table with columns PLACE, lat, lon; or NULL
    const char *source, *boundary_set;
};
// Values in mm (m/s, K), rounded to thousandths; an empty one is not known. Days begin at 00:00
// UTC. ERR_INPUT names the line.
MUST_USE enum err_kind series_of_table(const struct series_table *table,
                                       const struct series_wish *wish, struct series_report *report,
                                       struct err *err);

#endif
