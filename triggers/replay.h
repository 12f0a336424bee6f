#ifndef GONG_TRIGGERS_REPLAY_H
#define GONG_TRIGGERS_REPLAY_H

#include "core/err.h"
#include "core/money.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>

struct map;

// Derives every decision again and compares it, byte for byte, with what the ledger says.
struct replay {
    struct ledger *ledger;   // what is checked; LEDGER_READ
    struct ledger *readings; // a ledger whose readings were made again from the raw files
    struct map *map;         // for the order of communes; LEDGER_READ
    // `ledger` was made of entries alone (ledger/rebuild.h) and has no readings of its own: that
    // the ones which decisions name are made again is what is compared.
    bool entries_only;
    // A contract's sum insured (contract_sum_insured of a register). ERR_MISSING when it is not
    // known (any more).
    enum err_kind (*sum_insured)(void *sums, const char *contract, struct money *out,
                                 struct err *err);
    void *sums;
    // Told of each difference, one sentence.
    void (*differs)(void *self, const char *what);
    // Told after each batch.
    void (*progress)(void *self, size_t done, size_t total);
    void *self;
};

struct replay_report {
    size_t readings, batches, decisions, payouts; // compared
    size_t alerts;                                // decisions that tell of an alert
    size_t differences;
    size_t unchecked; // payouts whose contract is no longer in the register
};

// Differences are not an error: they are counted and told. ERR_BROKEN or ERR_LATER when the
// comparison itself could not be made.
MUST_USE enum err_kind replay_run(const struct replay *replay, struct replay_report *report,
                                  struct err *err);

#endif
