#ifndef GONG_LEDGER_COSIGN_H
#define GONG_LEDGER_COSIGN_H

#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/quorum.h"

#include <stdbool.h>

// What witnesses signed comes back to the log: their cosignatures are kept with the checkpoint they
// are over, and go out with it.

struct cosigned {
    uint64_t size;    // of the checkpoint
    size_t fresh;     // cosignatures that it did not have yet
    size_t witnesses; // that cosigned it by now
    bool met;         // they are enough for the site's quorum
};
// Takes in the cosignatures of a witness's note ("checkpoint" of what gong ledger follow keeps):
// those of the witnesses that `named` names; others are left. One that is there already is kept as
// it is. The checkpoint must be one that this site made: the newest, or an older one.
//   ERR_INPUT    it is no note, or of another log; or the site names no witness
//   ERR_REFUSED  none of the named witnesses signed it, or one's signature is false; or this site
//   made no
//                such checkpoint
//   ERR_BROKEN   the log's key signed it, and this site did not: there are two ledgers under that
//   key
MUST_USE enum err_kind cosign_add(struct ledger *ledger, const struct quorum *named,
                                  struct str note, struct cosigned *out, struct err *err);

// The newest of the last COSIGN_WITHIN checkpoints that the quorum cosigned; `*note` (heap,
// mem_free) is NULL when there is none, or the quorum needs nobody.
enum { COSIGN_WITHIN = 20000 }; // two weeks of one a minute
MUST_USE enum err_kind cosign_newest(struct ledger *ledger, const struct quorum *quorum,
                                     char **note, struct checkpoint *out, struct err *err);

// What a proof of an entry stands under: that one, if the site has a quorum and the entry is under
// it; else the newest checkpoint. ERR_MISSING when nothing was sealed yet.
MUST_USE enum err_kind cosign_shown(struct ledger *ledger, int64_t seq, char **note,
                                    struct checkpoint *out, struct err *err);

#endif
