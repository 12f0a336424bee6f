#ifndef GONG_TRIGGERS_UNBUNDLE_H
#define GONG_TRIGGERS_UNBUNDLE_H

#include "triggers/receipt.h"
#include "triggers/whole.h"

// What was found in a bundle, of one settlement or of a whole site.
struct unbundled {
    bool is_whole;
    struct whole_report whole;
    bool vouched;                  // the site signed the list of files
    struct receipt_report receipt; // of one settlement
};

// Checks a bundle with nothing but itself and the log's key, in temporary folders: the list of its
// files and the signature under it, and then
//   - of a whole site: whole_verify
//   - of one settlement: its receipt with the raw files in it (receipt_check); that policy.yaml and
//     sources.yaml are the texts in the receipt; and that its checkpoint is signed, and cosigned by
//     as many witnesses as are asked for.
// ERR_REFUSED names the first that does not hold, ERR_INPUT what is no bundle.
MUST_USE enum err_kind unbundle_check(struct str tar, const char *name,
                                      const struct whole_check *check, struct unbundled *out,
                                      struct err *err);

#endif
