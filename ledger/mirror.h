#ifndef GONG_LEDGER_MIRROR_H
#define GONG_LEDGER_MIRROR_H

#include "ledger/ledger.h"

// The ledger as files that any web server can hand out, and that witnesses follow:
//
//   checkpoint           the newest signed checkpoint (C2SP tlog-checkpoint)
//   cosigned             the newest that the site's witnesses cosigned, if it names any (cosign.h)
//   key                  the log's public key
//   tile/L/N             hashes, 256 a tile (C2SP tlog-tiles; N as x001/234, a part as N.p/COUNT)
//   entries/N            the entries themselves, 256 a file, one line of canonical JSON each
//
// Numbers, codes and identifiers only: no entry holds a name, phone or account.

enum { MIRROR_NAME_MAX = 64 };
struct mirror_name {
    char at[MIRROR_NAME_MAX];
};
// "entries/x001/234", or "entries/x001/234.p/17" for a bundle of 17.
struct mirror_name mirror_entries(uint64_t position, size_t count);

// Writes what is new under the newest checkpoint, which comes when they are there. A whole tile or
// bundle that is there already is left. ERR_MISSING when nothing was sealed yet.
MUST_USE enum err_kind mirror_write(struct ledger *ledger, const char *folder, size_t *files,
                                    struct err *err);

#endif
