#ifndef GONG_INGEST_CELLFILE_H
#define GONG_INGEST_CELLFILE_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "ingest/decode.h"
#include "ingest/source.h"

#include <stdbool.h>
#include <stdint.h>

struct ledger;
struct site;
struct txn;

// The files that describe the grids of sources ("cells" of sources.yaml). Each is kept in the
// archive, read once by the sandboxed decoder, and again when it was replaced. In the ledger it is
// a raw file of its source, of the address "cells:PATH", and a base (ledger/raw.h) of every file
// that was read with it: receipts, bundles, retention and replay have it as they have those.
struct cellfiles;
// All borrowed. A ledger of NULL: nothing is kept, nor looked for in the archive.
struct cellfiles *cellfiles_new(const struct site *site, const char *archive, struct ledger *ledger,
                                struct decoder *decoder);
void cellfiles_free(struct cellfiles **files);

// Which one a file is, or was, read with.
struct cells_used {
    bool any;
    struct hash hash;
    int64_t bytes;
    bool here; // it is at its path now
    bool kept; // none is: it is the one beside which files were last read
};

// The cells that touch the box of `box`, for decode_begin_beside; borrowed until cellfiles_free or
// the next call for the same source. -1 when the source has its cells in its files. Of the file
// that `used` names, from the archive; when it names none, of the one at its path, else of
// the one of that path beside which files were last read, and `used` names it afterwards.
// ERR_MISSING when there is none or it cannot be read: what comes from the source waits.
MUST_USE enum err_kind cellfiles_lend(struct cellfiles *files, const struct source *source,
                                      const struct wanted_list *box, struct cells_used *used,
                                      int *fd, struct err *err);

// Names it in the ledger, unless it is, by where it is now, and as a base of the file `raw`.
// Nothing when none is used.
MUST_USE enum err_kind cellfiles_record(struct txn *txn, const struct source *source,
                                        const struct cells_used *used, struct hash raw,
                                        struct utc at, struct err *err);

// Whether bytes that came as data of the source are those of the file at its path: `used` names it
// then. And names these in the ledger.
MUST_USE enum err_kind cellfiles_has(struct cellfiles *files, const struct source *source,
                                     const struct wanted_list *box, struct hash hash, bool *has,
                                     struct cells_used *used, struct err *err);
MUST_USE enum err_kind cellfile_put(struct txn *txn, const struct source *source,
                                    const struct cells_used *used, struct utc at, struct err *err);

// Whether an address is that of such a file; and an entry that says that it was read.
bool cellfile_is(const char *url);
MUST_USE enum err_kind cellfile_settle(struct txn *txn, const struct source *source,
                                       const char *url, struct hash hash, struct utc at,
                                       struct err *err);

#endif
