#ifndef GONG_NOTIFY_PAIN_H
#define GONG_NOTIFY_PAIN_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// A batch of payouts as ISO 20022 pain.001.001.10, and our own check of such a file. The schema
// takes a wrong number of transactions, a wrong sum and half a đồng; this check does not. Texts go
// as Vietnamese rails take them: without accents, upper case, a small set of signs.

enum { PAIN_ID_MAX = 35, PAIN_BYTES_MAX = 8 << 20, PAIN_PAYMENTS_MAX = 5000 };

struct pain_payment {
    const char *reference; // ours: EndToEndId and InstrId; see payment_reference_of
    int64_t amount_vnd;
    const char *name;    // of the payee, as in the register
    const char *account; // "970436:0123456789": bank (BIN) and account; 84900000123: a wallet by
                         // phone; anything else: an account at our own bank
};

struct pain_file {
    const char *message; // MsgId, unique for good
    const char *event;   // PmtInfId: the batch
    struct utc at;
    const char *debtor;  // name of who pays
    const char *account; // "BIN:account" of who pays
    const struct pain_payment *payment;
    size_t count;
};

// `out` is appended to. ERR_INPUT names the payment that cannot be written (no amount, an account
// of another form, a reference that is there twice) and nothing is appended.
MUST_USE enum err_kind pain_write(const struct pain_file *file, struct buf *out, struct err *err);

// Our own check of any pain.001 file of ours: one currency (VND) and whole đồng, counts and sums at
// both levels, identifiers of at most 35 that are there once. ERR_INPUT says what and where.
MUST_USE enum err_kind pain_check(struct str text, const char *name, struct err *err);

// A text for Vietnamese rails: accents off, upper case, other signs become blanks, cut at `max`.
void pain_text(struct buf *out, const char *text, size_t max);

#endif
