#ifndef GONG_INGEST_GATHER_H
#define GONG_INGEST_GATHER_H

#include "core/err.h"
#include "ledger/raw.h"

#include <stddef.h>

struct areas;
struct cellfiles;
struct decoder;
struct job;
struct work;

// From a raw file of a grid to the numbers of its communes: decoded part by part, by children of
// which some are begun ahead, and weighed (ingest/weighed.h). Nothing is written into the ledger.
struct gather;
struct gather_with { // all borrowed
    const struct work *work;
    struct ledger *ledger;
    struct decoder *decoder;
    struct areas *areas;
    struct cellfiles *cellfiles;
};
struct gather *gather_new(const struct gather_with *with);
void gather_free(struct gather **gather);

// As derive_ahead.
enum { GATHER_AHEAD = 3 };
void gather_ahead(struct gather *gather, const struct raw *raw);
void gather_drop(struct gather *gather, const struct raw *raw); // nobody reads it any more

// Fills job->weighed, with at least one step; job->asked says what is asked of the file. Errors as
// decode_end_asking; ERR_BROKEN also when the archive lost it.
MUST_USE enum err_kind gather_all(struct gather *gather, struct job *job, struct err *err);

#endif
