#ifndef GONG_INGEST_WORK_H
#define GONG_INGEST_WORK_H

#include "core/cli.h"
#include "core/err.h"
#include "ingest/source.h"
#include "ledger/ledger.h"
#include "ledger/map.h"

#include <stdbool.h>
#include <stdint.h>

// What every verb of gong-ingest holds open: the site, its ledger and map, and its sources.
struct work {
    const struct cli *cli; // borrowed
    struct site *site;
    struct ledger *ledger;
    struct map *map;
    struct sources *sources;
    char *archive;       // the folder; heap
    struct links *links; // what feeds named; owned
    bool silent;         // no progress, for one that goes on for ever
    // Called now and then during long work, at least every second while files come: for what must
    // not wait for it. May be NULL.
    void (*tick)(void *self);
    void *tick_self;
    bool patient; // an address that failed is not asked for again before its pause is over
};
MUST_USE enum err_kind work_open(const struct cli *cli, struct work *out, struct err *err);
// The same without the ledger (NULL), for what neither reads nor writes it.
MUST_USE enum err_kind work_open_map(const struct cli *cli, struct work *out, struct err *err);
void work_close(struct work *work); // frees what is in it; serves as cleanup attribute

// The largest file of a source that is taken: its mib_max, or the site's fetch_mib_max.
int64_t work_bytes_max(const struct work *work, const struct source *source);

// As progress_new, but nothing when silent.
struct progress work_progress(const struct work *work, const char *what, size_t total);

// Waits until no other gong-ingest of this site decodes, and keeps others out until the file is
// closed (or the process ends): so that one raw file has one entry.
MUST_USE enum err_kind work_lock(const struct work *work, int *fd, struct err *err);
void work_unlock(const int *fd); // serves as cleanup attribute; takes -1

// Counts of what a verb did, for its last line.
struct work_report {
    int64_t fetched, known, missing, failed; // files
    int64_t read, refused, waiting;          // raw files: waiting could not be tried now
    int64_t readings;                        // that are new
    int64_t planned;                         // files that a dry run would ask for
    enum err_kind worst;                     // OK, or the last failure's kind
    char why[600];                           // and its sentence
};
// Keeps a failure that does not stop the others, and logs it.
void work_failed(struct work_report *report, const char *what, const struct err *err);

#endif
