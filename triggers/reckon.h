#ifndef GONG_TRIGGERS_RECKON_H
#define GONG_TRIGGERS_RECKON_H

#include "core/date.h"
#include "core/doc.h"
#include "policies/unit.h"
#include "triggers/share.h"

#include <stdbool.h>

struct policy;

// The last steps of a payout, of one contract: share x sum insured, rounded once, under the legal
// cap. Members:
//
//   sum_insured   đồng
//   part, whole   the share
//   exact_milli   share x sum insured in thousandths of a đồng, cut off
//   unit          the rounding of the policy, and
//   rounded       the amount by it, never over the sum insured
//   legal_cap     the cap of the period's last day, where there is one; legal_caps: whose it is
//   due           what is owed
//
// Owned by the caller. Source: domain-reference 7 and 12, "payout trace with rounding".
struct doc *reckon_doc(const struct policy *policy, int64_t sum_insured_vnd, struct share share,
                       struct civil last);

// The share of the sum insured that a decision's steps end with (a phase has one before it); false
// when they have none.
bool reckon_share(const struct doc *trace, struct share *out);

// Adds to `list` the reckoning of each of `contracts` [{contract, sum_insured}], with its
// "contract".
void reckon_list(const struct policy *policy, struct share share, struct civil last,
                 const struct doc *contracts, struct doc *list);

// The same as one line for people, without newline.
void reckon_say(const struct doc *reckoning, enum language language, struct buf *out);

#endif
