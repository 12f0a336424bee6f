#ifndef GONG_INGEST_SOURCE_H
#define GONG_INGEST_SOURCE_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
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
};

struct source {
    char name[64];
    char *title, *licence; // heap
    char *url;             // heap; "" for PLACE_NONE
    bool in_site;          // url is a path within the site's folder
    enum source_place place;
    char boundary_set[32];
    struct wanted_list wanted; // without a box
    int64_t every_s;           // PLACE_TEMPLATE: from one address to the next
    int64_t latency_s;         // how long after its step's time a file may be asked for
    struct utc from;           // the first step
    int64_t late_after_s;      // gong status calls it late when its data are older; 0: never
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

// The address of one step of a template: {YYYY} {MM} {DD} {hh} {mm} of its time, {JJJ} its day of
// the year, {mmmm} its minute of the day; {EYYYY} {EMM} {EDD} {Ehh} {Emm} {Ess} of the last second
// before the next step. Appended to `out`.
void source_address(const struct source *source, struct utc step, struct buf *out);

#endif
