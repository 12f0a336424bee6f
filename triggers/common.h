#ifndef GONG_TRIGGERS_COMMON_H
#define GONG_TRIGGERS_COMMON_H

#include "core/err.h"

struct boundary_set;
struct grounds;
struct ledger;
struct occasion;
struct policy;

// What policies that are decided in one run have in common: readings that several stand on are
// loaded once and keep the looks that are taken at them, each for all communes at once (looks.h).
// The last eight are kept, in at most 128 MB of readings; larger ones are loaded for each policy.
struct common;
struct common *common_new(void);
void common_free(struct common **common);

// As grounds_load. `*out` is borrowed until the next call.
MUST_USE enum err_kind common_grounds(struct common *common, struct ledger *ledger,
                                      const struct policy *policy, const struct occasion *occasion,
                                      const struct boundary_set *set, const struct grounds **out,
                                      struct err *err);

#endif
