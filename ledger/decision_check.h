#ifndef GONG_LEDGER_DECISION_CHECK_H
#define GONG_LEDGER_DECISION_CHECK_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

struct db;
struct stmt;

// For ledger_verify: the table of decisions beside the entries, both in the order of their numbers.
struct decision_check {
    struct db *db;      // borrowed
    struct stmt *rows;  // NULL: not begun
    bool row;           // one is in hand
    struct stmt *batch; // NULL: none was looked for yet
    bool has_batch;     // it is there
    int64_t batch_seq;
};

// What an entry says, each member as it stands in its text; {NULL, 0} when it does not.
struct decision_said {
    struct str answer, batch, commune, index_milli, period, policy;
};

// The rows of the numbers from `first` to `last`, of each of which the entry is asked about next.
MUST_USE enum err_kind decision_check_begin(struct decision_check *check, struct db *db,
                                            int64_t first, int64_t last, struct err *err);
// Entry `seq`, and what it says when it is a decision, else NULL. `*why` becomes NULL, or what is
// wrong with it.
MUST_USE enum err_kind decision_check_entry(struct decision_check *check, int64_t seq,
                                            const struct decision_said *said, const char **why,
                                            struct err *err);
void decision_check_end(struct decision_check *check);

#endif
