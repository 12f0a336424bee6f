#ifndef GONG_LEDGER_ACT_CHECK_H
#define GONG_LEDGER_ACT_CHECK_H

#include "core/doc.h"
#include "core/err.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

// For verification: goes through the entries in order and holds every act against the roles that
// the entries before it gave: it was signed by that person's key over that text for this log, for
// the first time, and the role may do it. Tables are not looked at.
struct act_check;
MUST_USE enum err_kind act_check_new(struct ledger *ledger, struct act_check **out,
                                     struct err *err);
void act_check_free(struct act_check **check);

// Entries of this kind are to be shown to act_check_entry, and all with a member "act".
bool act_check_wants(struct str kind);

// NULL when the entry is no act, or a good one; else what is wrong with it: "is signed by ...".
const char *act_check_entry(struct act_check *check, const struct doc *entry, const char *kind,
                            int64_t seq);

// After the last one. `*bad_seq` is the entry of the first role or act that its table lacks or has
// otherwise; 0.
MUST_USE enum err_kind act_check_end(struct act_check *check, struct ledger *ledger,
                                     int64_t *bad_seq, struct err *err);

#endif
