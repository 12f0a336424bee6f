#ifndef GONG_LEDGER_WITNESS_H
#define GONG_LEDGER_WITNESS_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/note.h"
#include "ledger/quorum.h"

#include <stdbool.h>

// An outsider's watch over a published ledger (mirror.h): an insurer, a province, an auditor. It
// reads every entry that is new, makes the tree itself, and keeps size, root and the tree's edge in
// a folder of its own. So an entry that was changed, taken out or put in, a ledger that shrank and
// a second version of the same ledger are all found, and the watcher has the checkpoint that proves
// it.
struct witness {
    const char *source;               // folder, or http:// or https:// address, of the ledger
    const char *folder;               // what is kept: checkpoint, edge; one at a time works with it
    struct note_key key;              // the log's, from a trusted hand
    const struct note_signer *signer; // cosigns what was found good; NULL: only watches
    const struct quorum *quorum;      // who must have cosigned it up to some size; NULL: nobody
    struct utc at;
};
struct witnessed {
    struct checkpoint checkpoint;
    uint64_t fresh;    // entries that were new
    uint64_t cosigned; // so many entries are under a checkpoint that the quorum cosigned
};
// ERR_LATER or ERR_MISSING when the ledger cannot be read now or another is at work with the
// folder, ERR_REFUSED when the checkpoint is not signed by the key, or no published one is cosigned
// by the quorum; ERR_BROKEN when the ledger is not what it was: then what is kept is left as it is,
// and the checkpoint that lies is kept beside it as "contradiction".
MUST_USE enum err_kind witness_follow(const struct witness *witness, struct witnessed *out,
                                      struct err *err);

#endif
