#ifndef GONG_LEDGER_DAILY_SEAL_H
#define GONG_LEDGER_DAILY_SEAL_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/ledger.h"

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

#endif
