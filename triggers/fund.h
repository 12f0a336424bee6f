#ifndef GONG_TRIGGERS_FUND_H
#define GONG_TRIGGERS_FUND_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// A basis-risk fund: a part of the premium is kept for those who lost and whom the index did not
// pay. Who decides which claims are accepted, the cap of a household and what is carried over are
// written before the season; what is paid is ex gratia, never an indemnity.
struct fund_query {
    int64_t premium_vnd;   // the season's premium income
    int64_t loading_milli; // of it, thousandths of a per cent
    int64_t carried_vnd;   // left of the season before
    int64_t cap_vnd;       // of one claim; 0: none
};

struct fund_claim {
    char *contract;      // heap
    int64_t claim_vnd;   // as it was accepted
    int64_t counted_vnd; // under the cap
    int64_t pays_vnd;    // in proportion when all are more than the fund; rounded down
};

struct fund {
    int64_t fund_vnd, counted_vnd, paid_vnd, left_vnd; // left: what is carried over
    struct fund_claim *at;                             // [count] in the order of the table
    size_t count;
};
void fund_free(struct fund *fund); // frees what is in it; serves as cleanup attribute

// Shares the fund among the accepted claims of a CSV: columns contract, claim_vnd. `name` is the
// file's, for refusals. ERR_INPUT names the line: a contract twice, an amount that is none.
// Source: domain-reference 10.
MUST_USE enum err_kind fund_share(struct str csv, const char *name, const struct fund_query *query,
                                  struct fund *out, struct err *err);

#endif
