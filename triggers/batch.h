#ifndef GONG_TRIGGERS_BATCH_H
#define GONG_TRIGGERS_BATCH_H

#include "core/err.h"
#include "ledger/decision.h"

#include <stdbool.h>

struct boundary_set;
struct due;
struct grounds;
struct settle;
struct settle_report;

// Evaluates a due policy for every commune of its area and records it all in one transaction.
// `grounds` are those of the occasion (none when a file was refused). ERR_INPUT when the policy's
// area names a zone or commune that the boundary set does not have.
MUST_USE enum err_kind batch_record(const struct settle *settle, const struct due *due,
                                    const struct boundary_set *set, const struct grounds *grounds,
                                    struct settle_report *report, struct err *err);

// What a batch stands on: the hash over its grounds, or that of the refused file.
struct hash batch_basis(const struct due *due, const struct grounds *grounds);

#endif
