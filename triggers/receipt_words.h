#ifndef GONG_TRIGGERS_RECEIPT_WORDS_H
#define GONG_TRIGGERS_RECEIPT_WORDS_H

#include "core/doc.h"
#include "core/err.h"

struct policy;

// What a receipt tells people is made of its entries, which are proved. All borrowed.
struct receipt_said {
    const struct doc *receipt;
    const struct doc *decision, *basis, *payouts, *policy_acts; // entries; the last two arrays
    const struct policy *policy;
};

// Makes the explanation again and compares. Only the states of payouts, which change with time, are
// taken as they are said, and the reckonings, which are checked with the payouts. ERR_REFUSED when
// it is another one.
MUST_USE enum err_kind receipt_words_check(const struct receipt_said *said, struct err *err);

#endif
