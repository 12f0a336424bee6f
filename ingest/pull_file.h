#ifndef GONG_INGEST_PULL_FILE_H
#define GONG_INGEST_PULL_FILE_H

#include "core/err.h"
#include "core/hash.h"
#include "ingest/pieces.h"
#include "ingest/spool.h"
#include "ingest/transfer.h"
#include "ingest/work.h"
#include "ledger/origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One file on its way: which place is asked, what came, what the answer means. Used by pull.c only.
// Stages: the bytes; then, where the source wants it, the provider's checksum or a second fetch to
// compare with; then the archive and the ledger.
// A file that is had in pieces: its index, then piece by piece (ingest/pull_parts.h).
enum pull_stage { STAGE_INDEX, STAGE_PART, STAGE_FILE, STAGE_SUM, STAGE_AGAIN };

enum pull_turn {
    TURN_ENDED, // it is in the archive, or given up for now
    TURN_NOW,   // ask again at once (another place, the next stage)
    TURN_PAUSE, // ask again after pause_ms
};

struct pull_file {
    const struct source *source; // borrowed
    char *url;                   // what is recorded; heap
    char **place;                // [places] heap: where it may be had
    size_t places, at;           // at: which is asked now
    char *sum_url;               // heap; NULL: none
    char *index_url;             // heap; NULL: it is had whole
    struct pieces parts;         // STAGE_PART
    size_t part;                 // which of them
    bool remember;               // what the server says is kept for the next time
    bool stays;                  // no redirect is followed
    struct address known;        // what it said before
    // how it goes
    enum pull_stage stage;
    struct spool *spool;
    int64_t tries, pause_ms, retry_after_s;
    size_t asked_places;  // in this round
    enum err_kind round;  // the worst of this round that may pass; OK: none yet
    bool from_start;      // do not go on from what is there
    struct err why;       // what stopped a transfer from our side
    struct hasher second; // STAGE_AGAIN
    struct buf sum;       // STAGE_SUM, STAGE_INDEX
    struct utc began_at;
    int64_t resumed_from, bytes;
    enum err_kind end; // when it has ended: OK, or why not
    char complaint[600];
    // the lines that are sent, for one transfer
    char *header;
    const char *headers[2];
    char *login, *cookies, *ca_file;
};
void pull_file_free(struct pull_file **file);

// Where it begins.
enum pull_stage pull_file_first(const struct pull_file *file);

// Fills in what to ask next. OK with ask->url NULL: nothing need be asked, it has ended already.
MUST_USE enum err_kind pull_file_ask(const struct work *work, struct pull_file *file,
                                     struct transfer_ask *ask, struct work_report *report,
                                     struct err *err);

// Takes what became of it. Failures of the file are in file->end and in the report; only ERR_BROKEN
// (our own store) comes back.
MUST_USE enum err_kind pull_file_take(const struct work *work, struct pull_file *file,
                                      const struct transfer_done *done, struct work_report *report,
                                      enum pull_turn *turn, struct err *err);

#endif
