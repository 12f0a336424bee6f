#ifndef GONG_INGEST_PULL_PARTS_H
#define GONG_INGEST_PULL_PARTS_H

#include "ingest/pull_file.h"

// A file that is had in pieces: its index is asked for, then each run of bytes that the index says
// is wanted, one after the other into the spool. Used by pull_file.c only. It is begun from nothing
// each time: a file whose index has changed amid it is another file.

// STAGE_INDEX or STAGE_PART: what to ask.
void pull_parts_ask(struct pull_file *file, struct transfer_ask *ask);

// What came is looked at, and file->stage goes on; STAGE_FILE when all of it is there.
//   ERR_LATER    the server gave other bytes than were asked for
//   ERR_REFUSED  it gives no pieces, or the index does not have what is wanted
//   ERR_BROKEN   our own disk
MUST_USE enum err_kind pull_parts_took(struct pull_file *file, const struct transfer_done *done,
                                       struct err *err);

#endif
