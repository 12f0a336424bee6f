#ifndef GONG_LEDGER_WRITER_H
#define GONG_LEDGER_WRITER_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

// Single records of many threads in few commits. A commit costs one sync of the disk, whether it
// holds one entry or a thousand: one thread writes, and takes with each commit all that wait. What
// comes while a commit is under way goes with the next; when the last one held several, or some
// came meanwhile, the writer waits a moment (never longer than that commit took) for all of them.
struct writer;

// With a handle of its own on the ledger in `folder` (as ledger_open). writer_close waits for what
// was given; nobody may append any more.
MUST_USE enum err_kind writer_open(const char *folder, struct writer **out, struct err *err);
void writer_close(struct writer **writer);

// As ledger_append, and returns when the entry is on the disk: OK is an acknowledgement. Any thread
// may call; `body` is borrowed until it returns. What is wrong with one entry fails that one only.
MUST_USE enum err_kind writer_append(struct writer *writer, const char *kind, struct utc at,
                                     const struct doc *body, int64_t *seq, struct err *err);

// For threads that do little but append: from now on the calling one runs on one processor with the
// writer, where the disk answers soonest (seat.h; the first who asks finds it, which takes a few
// milliseconds), until it sets its own again. Many of them are woken and back in half of the time
// then. A thread that has more to do takes that time from the others: it does not stay. False when
// there is no choice of processors, or it may not be.
bool writer_stay(struct writer *writer);

struct writer_report {
    int64_t entries, commits;
};
struct writer_report writer_report(struct writer *writer);

#endif
