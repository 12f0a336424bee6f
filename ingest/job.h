#ifndef GONG_INGEST_JOB_H
#define GONG_INGEST_JOB_H

#include "core/doc.h"
#include "core/hash.h"
#include "ingest/area.h"
#include "ingest/asked.h"
#include "ingest/cellfile.h"
#include "ingest/derive.h"
#include "ingest/doubt.h"
#include "ingest/peel.h"
#include "ingest/weighed.h"

// One raw file of a grid on its way to readings (ingest/derive.h): what is known of it by now.

// A file whose amounts were counted from a total that is corrected now, as it was read.
struct later {
    struct hash hash;
    struct asked asked;
    struct weighed weighed;
    struct err why; // kind OK: it was read
};

struct job {
    const struct raw *raw;
    const struct source *source;
    struct area *area;
    struct asked asked;
    struct raw north;        // of a wind in two files (asked.wind): the other one
    struct cells_used cells; // what describes its grid beside it
    struct weighed weighed;
    struct utc at, first, last;
    struct hasher readings;
    struct doubt *doubt;
    size_t doubted; // steps with a doubt anywhere
    struct peel *peel;
    struct later *later; // [later_count], heap
    size_t later_count;
    bool lacks; // a file had to be counted again that is not among `later`
};

void job_free(struct job *job); // frees what is in it; serves as cleanup attribute
void job_lend(struct job *job); // the same of one whose numbers are another's
void job_forget_later(struct job *job);

// The times of its steps. `by_data`: the time of its entry is what the file itself says.
void job_measure(struct job *job, bool by_data);

// The members that "ingest" and "refused" have in common. Owned by the caller.
struct doc *job_body(const struct job *job);

// What became of the file, and of the one that was read with it.
MUST_USE enum err_kind job_settle(const struct job *job, struct txn *txn, enum raw_state state,
                                  const char *why, int64_t seq, struct err *err);

// The readings of a file that was weighed, and the entry `*seq` that says where they come from.
// Adds to out->readings and out->fresh. Errors as peel_step and weighed_read.
MUST_USE enum err_kind job_put(struct job *job, struct txn *txn, int64_t *seq, struct derived *out,
                               struct err *err);

// Whether the totals of a file are still such beside what is in the ledger by now: what is refused
// half-way would be half written. Errors as peel_step and weighed_read.
MUST_USE enum err_kind job_check_totals(struct job *job, struct ledger *ledger, struct err *err);

#endif
