#ifndef GONG_NOTIFY_BANKFILE_H
#define GONG_NOTIFY_BANKFILE_H

#include "core/err.h"
#include "core/text.h"
#include "ledger/payment.h"

#include <stdbool.h>
#include <stdint.h>

// What a bank says in ISO 20022: pain.002 (what became of a file of ours), camt.053 (statement),
// camt.054 (notice of entries). What proves what:
//
//   pain.002  ACCP ACTC ACSP ACSC ...  accepted, no more: the debit in camt is the truth
//             RJCT                     rejected, with its reason
//   camt      a booked debit           paid
//             a booked credit, a reversal or return of ours: returned
// An entry that is only pending proves nothing.
enum { BANK_ID_MAX = 36 };

struct bank_line {
    char reference[BANK_ID_MAX]; // EndToEndId; "" where the bank gives none
    char file[BANK_ID_MAX];      // pain.002: MsgId of our file; "" else
    enum payment_outcome outcome;
    bool has_amount;
    int64_t amount_vnd;
    char code[8];           // ACCP, RJCT, BOOK ...
    char reason[8];         // AC01 ...; "" for none
    char bank[BANK_ID_MAX]; // what the bank calls it; "" for none
    size_t line;
};

struct bank_summary {
    char kind[16];             // "pain.002", "camt.053", "camt.054"
    char message[BANK_ID_MAX]; // MsgId of the bank's file
    size_t lines, pending;     // pending: entries passed over
    bool has_balance;          // camt.053 with opening and closing balance
    int64_t opening_vnd, movement_vnd, closing_vnd;
};

// Reads a file whole; each line in its order to `each`, which ends it by an error. ERR_INPUT for a
// file that is none of the three, another currency, an amount that is not whole đồng ("1500000.00"
// is), an identifier that is too long. Nothing was given to `each` when the file itself is wrong
// before its first line.
MUST_USE enum err_kind bankfile_read(struct str text, const char *name,
                                     enum err_kind (*each)(void *self, const struct bank_line *line,
                                                           struct err *err),
                                     void *self, struct bank_summary *out, struct err *err);

#endif
