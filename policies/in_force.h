#ifndef GONG_POLICIES_IN_FORCE_H
#define GONG_POLICIES_IN_FORCE_H

#include "core/err.h"
#include "ledger/proposal.h"

#include <stdbool.h>
#include <stddef.h>

struct ledger;
struct policy;

// The policies that people signed at a live site (ledger/proposal.h): every text that all who must
// have signed, each from the day on that its entry names until the next version's, in the order in
// which they came into force. Nothing that was signed at a drill counts.
struct in_force {
    struct policy **at;
    size_t count;
    struct err *refused; // [refused_count] texts that cannot be read any more, or fail `check`
    size_t refused_count;
};
void in_force_free(struct in_force *list); // frees what is in it

// `check` may refuse a text, which then ends no version before it; NULL: none does.
MUST_USE enum err_kind in_force_load(struct ledger *ledger,
                                     enum err_kind (*check)(const struct policy *policy,
                                                            struct err *err),
                                     struct in_force *out, struct err *err);

// Whether a proposal counts at a live site.
bool in_force_counts(const struct proposal_row *row);

// Why a policy's file does not count at a live site: ERR_REFUSED when its text was not proposed,
// not signed by all who must, rejected, or signed at a drill; ERR_INPUT when it is no policy.
// `rows` is proposal_list of all.
MUST_USE enum err_kind in_force_check_file(const char *path, const struct proposal_rows *rows,
                                           struct err *err);

#endif
