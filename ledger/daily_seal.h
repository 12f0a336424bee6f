#ifndef GONG_LEDGER_DAILY_SEAL_H
#define GONG_LEDGER_DAILY_SEAL_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/ledger.h"

#include <stdbool.h>

// The checkpoint of a day (Vietnamese time) for people and paper, in a folder: checkpoint-DATE.txt
// (the signed note), checkpoint-DATE.svg (a QR code of the same bytes) and checkpoint-DATE.sms (one
// SMS of at most 160 letters without accents: log, entries, root). Whoever keeps one of them can
// show later that the ledger was changed. The ledger must be sealed. Written again, they are
// replaced.
struct daily_seal {
    char date[16];
    char sms[161];
};
MUST_USE enum err_kind daily_seal_write(struct ledger *ledger, const char *folder, struct utc at,
                                        struct daily_seal *out, struct err *err);

// What happens by itself once a Vietnamese day, at the first call of that day: what the log of
// access says is told to the ledger, the ledger is sealed, its checkpoint is written into `folder`,
// and, in one commit with an entry of kind "daily" that says the same, goes as a message to each
// subscriber who wants checkpoints (mail, webhook, SMS at hours that are not quiet). Without such a
// subscriber there is no entry. `*done`: this call did it; `*made`: it
// made a seal, also when what follows failed. Interrupted, it is done again, and
// nobody is told twice.
struct daily_job {
    struct ledger *ledger;
    const char *site_folder, *folder;
    bool drill;
    struct utc at;
};
MUST_USE enum err_kind daily_seal_once(const struct daily_job *job, bool *made, bool *done,
                                       struct err *err);

#endif
