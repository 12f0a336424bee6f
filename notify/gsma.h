#ifndef GONG_NOTIFY_GSMA_H
#define GONG_NOTIFY_GSMA_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
#include "ledger/outcome.h"

#include <stdbool.h>
#include <stdint.h>

// The words of the GSMA Mobile Money API 1.2, disbursement: what is asked, and what an answer
// proves. Pure: no socket, clock or file. Source: the OpenAPI file of version 1.2.0; amounts of
// đồng are integer strings, because its pattern refuses "1500000.00".

// What is to be paid.
struct gsma_order {
    const char *reference; // ours, see payment_reference_of
    int64_t amount_vnd;
    const char *account; // whom: 84900000123 is a phone (msisdn), anything else an account
    const char *debit;   // our account at the provider
};

// The client's correlation id: always the same for the same reference, as a UUID.
enum { GSMA_ID_SIZE = 37, GSMA_LINK_MAX = 256 };
struct gsma_id {
    char at[GSMA_ID_SIZE];
};
struct gsma_id gsma_correlation(const char *reference);

// The bytes of the request: the same order always gives the same. `out` is appended to.
void gsma_order_body(const struct gsma_order *order, struct buf *out);

// What a reply means for the payout. An answer that is no whole, well-formed answer of this API
// proves nothing: OUTCOME_UNKNOWN.
struct gsma_answer {
    enum outcome outcome;
    bool must_ask;            // the outcome is known to the provider: ask soon
    char link[GSMA_LINK_MAX]; // where to ask next: "/transactions/..", "/requeststates/.."; or ""
    char ref[REF_MAX];        // what the provider calls it; or ""
    char why[WHY_MAX];
};

// Reply to POST /transactions/type/disbursement. status 0: no whole reply came though something
// was sent.
void gsma_read_order(const struct gsma_order *order, long status, struct str body,
                     struct gsma_answer *out);

// Reply to GET /responses/{correlation}. ABSENT here means only: this list does not know it.
void gsma_read_response(long status, struct str body, struct gsma_answer *out);

// Reply to GET of the link: a transaction or a request state.
void gsma_read_link(const struct gsma_order *order, long status, struct str body,
                    struct gsma_answer *out);

// Reply to GET /accounts/.../transactions: is ours in it? ABSENT: not on this page. `*count` is how
// many stand there, 0 when it is no list.
void gsma_read_statement(const struct gsma_order *order, long status, struct str body,
                         size_t *count, struct gsma_answer *out);

#endif
