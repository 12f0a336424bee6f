#ifndef GONG_NOTIFY_GSMA_CALL_H
#define GONG_NOTIFY_GSMA_CALL_H

#include "core/text.h"
#include "ledger/outcome.h"
#include "ledger/payment.h"

// A provider's callback, held against the OpenAPI file of the GSMA Mobile Money API 1.2.0: the
// transaction that became final (updateTransaction), or why it failed (updateError). Pure. It is a
// reason to ask, never an answer: anybody may call.
enum gsma_call_kind {
    GSMA_CALL_WRONG,       // it fits neither, or speaks of no order of ours
    GSMA_CALL_TRANSACTION, // names the order by our reference; or not, then the header does
    GSMA_CALL_ERROR,       // names no order: the header X-CorrelationID does
};

struct gsma_call {
    enum gsma_call_kind kind;
    char reference[PAYMENT_REFERENCE_SIZE]; // or ""
    char why[WHY_MAX];                      // of one that is wrong; nothing of the body is in it
};

void gsma_read_call(struct str body, struct gsma_call *out);

#endif
