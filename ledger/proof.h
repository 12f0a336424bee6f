#ifndef GONG_LEDGER_PROOF_H
#define GONG_LEDGER_PROOF_H

#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/quorum.h"

#include <stdbool.h>
#include <stdint.h>

// The proof that one entry is in the ledger, in the text form of C2SP tlog-proof: number (from 0),
// path, and the signed checkpoint. Whoever has it, the entry's bytes and the log's key needs
// nothing else.

// Appends the proof of entry `seq` under the newest checkpoint, or the newest that the site's
// witnesses cosigned, when it is under that (cosign_shown). ERR_MISSING when there is no such
// entry, or it was not sealed yet.
MUST_USE enum err_kind proof_make(struct ledger *ledger, int64_t seq, struct buf *out,
                                  struct err *err);

struct proved {
    uint64_t index; // from 0
    struct checkpoint checkpoint;
};
// True proof: OK. ERR_INPUT when the text is no proof, ERR_REFUSED when signature or path do not
// hold for `entry`, the canonical bytes of the entry without a newline, or the checkpoint is not
// cosigned as `quorum` asks (NULL: nobody is asked for).
MUST_USE enum err_kind proof_check(struct str proof, struct str entry, const struct note_key *key,
                                   const struct quorum *quorum, struct proved *out,
                                   struct err *err);

// The proof that the ledger only grew since it had `old_size` entries, in the form in which C2SP
// tlog-witness asks a witness to cosign: "old N", the path of RFC 6962 section 2.1.2, an empty line
// and the newest checkpoint. ERR_MISSING when nothing was sealed, ERR_INPUT when old_size is 0 or
// more than the checkpoint's.
MUST_USE enum err_kind proof_growth_make(struct ledger *ledger, uint64_t old_size, struct buf *out,
                                         struct err *err);

bool proof_is_growth(struct str proof); // by its first word

// Holds it against the older checkpoint, a signed note that somebody kept. ERR_INPUT when one is
// none, ERR_REFUSED when a signature or the path does not hold, or too few of `quorum` (NULL:
// nobody) cosigned the newer one.
struct growth {
    struct checkpoint old, now;
};
MUST_USE enum err_kind proof_growth_check(struct str proof, struct str old_note,
                                          const struct note_key *key, const struct quorum *quorum,
                                          struct growth *out, struct err *err);

#endif
