#ifndef GONG_INGEST_WANTED_H
#define GONG_INGEST_WANTED_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is asked of one raw file: which variables, how their time stamps are meant, and which part
// of the grid. It crosses to the sandboxed decoder as its command line.

// What one time stamp stands for.
enum wanted_interval {
    INTERVAL_INSTANT, // a moment: valid_from and valid_to are the stamp
    INTERVAL_BOUNDS,  // what the file's time bounds say
    INTERVAL_MONTH,   // a calendar month, UTC
    INTERVAL_SPAN,    // interval_s seconds
    // Running totals, made into amounts: each stamp is the end of the time since the stamp before
    // it, the first one's of the time since the start.
    INTERVAL_SINCE_RUN, // since the forecast was issued (ECMWF, GEPS, GRIB "0-n hour acc")
    INTERVAL_SINCE_DAY, // since 00:00 UTC (ERA5-Land)
};

// Of a dimension that is neither place, time nor member (a percentile, a threshold, a level), the
// one value that is wanted, as its coordinate says it.
struct wanted_pick {
    char dim[64];
    double value;
};
enum { WANTED_PICKS_MAX = 4 };

struct wanted {
    // Name in the file, with its groups: "Grid/precipitation". In a GRIB file its shortName.
    char reads[128];
    char reads_north[128]; // of a wind that is two components, the northward one; "" otherwise
    char variable[32];     // canonical: "rain", "wind", "gust", "temperature", "chance"
    char unit[64];         // what the numbers are in; "" to believe the file
    enum wanted_interval interval;
    int64_t interval_s; // INTERVAL_SPAN, 1 s to 366 days
    bool stamp_ends;    // the stamp is the interval's end, not its start
    size_t pick_count;
    struct wanted_pick pick[WANTED_PICKS_MAX];
    char
        where[128]; // which flags let a cell count: "quality=good|fair" or "status!=cloud"; "": all
};

// How many texts stand first on the command line, and for each variable.
enum { WANTED_MAX = 16, WANTED_HEAD_ARGS = 8, WANTED_VARIABLE_ARGS = 8 };
// All there may be: with the cells that are needed, which stand last.
enum { WANTED_ARGS_MAX = WANTED_HEAD_ARGS + WANTED_VARIABLE_ARGS * WANTED_MAX + 1 };

// Where the cells of a grid are described that its messages only name (ingest/cells.h).
enum wanted_cells {
    CELLS_IN_FILE, // in the file itself, as usual
    CELLS_BESIDE,  // they are given beside the file
    CELLS_ALONE,   // the file is such a description, and nothing but its cells is wanted
};
struct cells;

struct wanted_list {
    size_t count;
    struct wanted at[WANTED_MAX];
    bool forecast; // issued_at is read from the file, and must be there, unless it is given
    bool cdf5;     // the source says that its files are CDF-5, which are else refused
    enum wanted_cells cells;
    const struct cells *beside; // CELLS_BESIDE, in the decoder; borrowed
    // As many times as are read at once, from the one of this number on; the frame says with which
    // to go on (ingest/grid.h). Else all or nothing.
    bool in_parts;
    size_t first;
    // What the address of the file says and the file may not: the run, and the one member in it.
    bool has_issue, has_member;
    struct utc issued_at;
    int32_t member;
    bool has_box; // only the cells that touch this box (thousandths of a degree, -180..180)
    int32_t west_milli, south_milli, east_milli, north_milli;
    // Which cells of known grids are needed (ingest/need.h), where the file can be read in parts; a
    // file of another grid is then answered with its grid alone. NULL: all in the box. Borrowed.
    const char *needs;
};

// "rain" -> true: one of the canonical variables; also "eastward" and "northward", the components
// of a wind that come in two files. These never become readings, and no source may mean them.
bool wanted_is_variable(struct str name);
extern const char *const wanted_variables[]; // NULL-ended

// "yield" -> true: one of the figures that people report of a commune.
bool wanted_is_figure(struct str name);
extern const char *const wanted_figures[]; // NULL-ended

// Reads "month", "day", "instant", "bounds", "since run", "since day", "30 min" or "6 h" into
// interval and interval_s.
// ERR_INPUT with what to write.
MUST_USE enum err_kind wanted_interval_parse(struct str text, struct wanted *out, struct err *err);

// The step (valid_from, valid_to] that a stamp stands for (not for INTERVAL_BOUNDS and running
// totals, assert). ERR_INPUT when a month's stamp is not a month's first moment.
MUST_USE enum err_kind wanted_step(const struct wanted *wanted, struct utc stamp, struct utc *from,
                                   struct utc *to, struct err *err);

// Reads "percentile=50, level=10" ("" is none). ERR_INPUT with what to write.
MUST_USE enum err_kind wanted_picks_parse(struct str text, struct wanted *out, struct err *err);

// Takes "NAME=FLAG|FLAG" or "NAME!=FLAG|FLAG" ("" is none). ERR_INPUT with what to write.
MUST_USE enum err_kind wanted_where_parse(struct str text, struct wanted *out, struct err *err);

// As arguments of gong-decode, and back: after argv[0] a heap array of heap texts, NULL-ended;
// wanted_args_free. Files that are CDF-5 have their cells in themselves. wanted_parse takes `count`
// texts after argv[0], lends one of them to out->needs, and refuses what wanted_args would not
// write (ERR_INPUT).
char **wanted_args(const struct wanted_list *list);
void wanted_args_free(char ***args);
MUST_USE enum err_kind wanted_parse(const char *const *args, size_t count, struct wanted_list *out,
                                    struct err *err);

#endif
