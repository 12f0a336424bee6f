#ifndef GONG_INGEST_SOURCE_H
#define GONG_INGEST_SOURCE_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "ingest/pieces.h"
#include "ingest/wanted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where the weather comes from: sources.yaml. Its keys are explained in data/sources.yaml.
enum source_place {
    PLACE_NONE,     // no url: only what the command line names is fetched
    PLACE_FOLDER,   // every file in a folder, by name
    PLACE_FILE,     // one file
    PLACE_TEMPLATE, // one address for every step of time
    PLACE_POLLED,   // one address on the web, asked again and again
};

// What its files are.
enum source_format {
    FORMAT_GRID,     // NetCDF or GRIB: readings of communes
    FORMAT_STATIONS, // a table: readings of stations
    FORMAT_TRACKS,   // of tropical cyclones
    FORMAT_CAP,      // official warnings: kept and quoted, never decided by
    FORMAT_REPORTS,  // a table of figures that people bring: readings of communes
};

// How files are brought; see data/sources.yaml.
struct source_fetch {
    char *index_url;             // template of the index by which pieces are had; NULL: whole. Heap
    enum pieces_kind index;      //
    char *take[PIECES_TAKE_MAX]; // [takes] heap: which messages
    size_t takes;
    bool login;        // by keys/netrc, with cookies in keys/cookies
    enum sum_kind sum; // what the provider says of its files
    bool sum_etag;     // it is the ETag
    char *sum_url;     // template of the file that says so; NULL: a header. Heap
    bool links;        // of a feed of warnings: what its entries name is fetched too
    bool compare;      // fetched twice, over two connections, and compared
    int64_t at_once;   // transfers from one host at a time
    int64_t mib_max;   // of one file; 0: the site's fetch_mib_max
    int64_t recheck_s; // a step younger than that is asked for again when it was there; 0: never
    int64_t keep_s;    // bytes that no decision refers to go after that; 0: never
    int64_t missing_after_s; // a step that has not come so long after its time never will
};

struct source {
    char name[64];
    char *title, *licence; // heap
    char *url;             // heap; "" for PLACE_NONE
    char **mirror;         // NULL-ended, heap: the same file elsewhere; NULL for none
    bool in_site;          // url is a path within the site's folder
    bool enabled;          // false: fetched only when it is named on the command line
    enum source_place place;
    enum source_format format;
    char boundary_set[32];     // FORMAT_GRID, FORMAT_REPORTS
    struct wanted_list wanted; // FORMAT_GRID: without a box
    char *cells;  // the file in the site that describes the grid of its files; heap, NULL: they do
    char *points; // ingest/points_wanted.h; heap. NULL: grids
    int64_t every_s;      // PLACE_TEMPLATE, PLACE_POLLED: from one address to the next
    int32_t every_months; // PLACE_TEMPLATE: steps of the calendar, 1 or 12 (every_s is the
                          // longest); 0: none
    int64_t latency_s;    // how long after its step's time a file may be asked for
    struct utc from;      // the first step
    int32_t lead_first_h, lead_every_h, member_first; // of the parts of one step
    size_t lead_count, member_count;                  // at least 1
    bool has_leads;   // "leads" was written: the stamps of a run, one file each
    char *names;      // PLACE_FOLDER: what its files' names say (a template); heap, else NULL
    char **parameter; // [parameter_count] what one file of a step holds; heap
    size_t parameter_count;
    int parameter_of[WANTED_MAX];       // of each variable: the file that it is in; -1: of any
    int north_parameter_of[WANTED_MAX]; // of its northward component, where that is another file
    int64_t late_after_s;               // newest data older than this: late; 0: never
    int64_t ensemble;                   // members of a run that comes in one file; 0: not said
    char second[64];                    // another source that this one is compared with; "" none
    char second_means[32]; // which variable; rain by its total, temperature by its mean, wind and
                           // gust by the largest of such spans; further apart is doubted
    int64_t second_over_s, second_apart_milli;
    int64_t stale_after_s; // older than this: stale, nobody should decide by it; 0: never
    struct source_fetch fetch;
};

struct sources {
    size_t count;
    struct source *at; // in the order of the file
};
void sources_free(struct sources **sources);

// ERR_INPUT with file:line:column and what to write instead.
MUST_USE enum err_kind sources_parse(struct str text, const char *name, struct sources **out,
                                     struct err *err);
MUST_USE enum err_kind sources_load(const char *path, struct sources **out, struct err *err);

// ERR_MISSING names the nearest.
MUST_USE enum err_kind sources_find(const struct sources *sources, const char *name,
                                    const struct source **out, struct err *err);

// Gauges, tracks or figures: each carries on what those before it said.
bool source_is_table(const struct source *source);

// The step that `at` lies in, also before the first one; and that which is `count` steps behind
// `step`, or before it.
struct utc source_step(const struct source *source, struct utc at);
struct utc source_step_on(const struct source *source, struct utc step, int64_t count);

// The files of one step: every lead of every member; and the places where each may be had: the url,
// then its mirrors.
size_t source_parts(const struct source *source);
size_t source_mirrors(const struct source *source);

// What the address of a file says of it: of a url with times, or a folder with "names". False when
// it says nothing (another place, another address).
struct source_spot {
    struct utc step;
    int32_t lead_h, member;
    bool has_lead, has_member;
    size_t parameter; // of source->parameter
};
bool source_locate(const struct source *source, const char *url, struct source_spot *out);

// The address of the same file but for its parameter. Appended. `spot` came from source_locate.
void source_beside(const struct source *source, const struct source_spot *spot, size_t parameter,
                   struct buf *out);

// The address of one part of a step (ingest/template.h) at one of its places. Appended to `out`.
void source_address(const struct source *source, struct utc step, size_t part, size_t mirror,
                    struct buf *out);

// One template of this source, filled for a part of a step. Appended.
void source_fill(const struct source *source, const char *text, struct utc step, size_t part,
                 struct buf *out);

#endif
