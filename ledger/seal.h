#ifndef GONG_LEDGER_SEAL_H
#define GONG_LEDGER_SEAL_H

#include "ledger/ledger.h"
#include "ledger/note.h"

#include <stdbool.h>

// Checkpoints of a site's ledger: its size and Merkle root, signed by the site's log key. The last
// one also stands in a file of its own beside ledger.db ("checkpoint"), replaced only by one that
// continues it. The file must be there whenever the ledger is opened to be written: a ledger that
// lacks what was once sealed (an old backup put back, entries cut off) is then refused.

// Makes the site's log key (keys/log.key 0600, keys/log.vkey 0644) with a random name.
MUST_USE enum err_kind seal_key_create(const char *folder, struct err *err);

// The public half, for whoever checks. ERR_MISSING when the site has none.
MUST_USE enum err_kind seal_key(const char *folder, struct note_key *out, struct err *err);

// For ledger_create: the file, over an empty tree, not signed by anybody yet.
MUST_USE enum err_kind seal_start(const char *folder, struct err *err);

// For ledger_open: the ledger continues what the file says. ERR_BROKEN when not, or when the file
// is not there.
MUST_USE enum err_kind seal_check(struct ledger *ledger, struct err *err);

// Signs the present head, unless the last checkpoint says the same (`*made` false). ERR_MISSING
// when the site has no log key, ERR_BROKEN when the ledger does not continue the last one.
MUST_USE enum err_kind seal_make(struct ledger *ledger, struct utc at, bool *made, struct err *err);

// The newest signed checkpoint as it stands in the file; heap, mem_free. ERR_MISSING when nothing
// was sealed yet.
MUST_USE enum err_kind seal_newest(struct ledger *ledger, char **note, struct checkpoint *out,
                                   struct err *err);

// Signs, with the log's key, that something else than a checkpoint comes from this site: a note of
// the text "ORIGIN PURPOSE\nHASH\n" (two lines, which no checkpoint is). ERR_MISSING when the
// secret key is not here.
MUST_USE enum err_kind seal_vouch(const char *folder, const char *purpose, struct hash hash,
                                  struct buf *note, struct err *err);
// Whether `note` is that, signed by `key`: ERR_REFUSED when not.
MUST_USE enum err_kind seal_vouched(struct str note, const struct note_key *key,
                                    const char *purpose, struct hash hash, struct err *err);

#endif
