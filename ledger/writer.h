#ifndef GONG_LEDGER_WRITER_H
#define GONG_LEDGER_WRITER_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"

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

struct writer_report {
    int64_t entries, commits;
};
struct writer_report writer_report(struct writer *writer);

#endif
