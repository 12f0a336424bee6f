#ifndef GONG_LEDGER_DISPUTE_H
#define GONG_LEDGER_DISPUTE_H

#include "core/date.h"
#include "core/hash.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A dispute about a decision for a contract: opened, answered with a receipt that was computed
// again (its hash), closed with an outcome by another person than who answered. Each is an act.
struct dispute_row {
    int64_t seq;
    char contract[48];
    int64_t decision;
    struct utc due;           // the answer's deadline
    int64_t answered, closed; // entries; 0: not yet
    char outcome[16];         // "upheld", "rejected", "withdrawn"; "" while open
};
struct dispute_rows {
    struct dispute_row *at;
    size_t count;
};
void dispute_rows_free(struct dispute_rows *rows);
// contract NULL: all. By seq.
MUST_USE enum err_kind dispute_list(struct ledger *ledger, const char *contract,
                                    struct dispute_rows *out, struct err *err);
bool dispute_is_overdue(const struct dispute_row *row, struct utc now); // not answered in time

void dispute_word_open(struct act *act, const char *contract, int64_t decision, struct utc due,
                       const char *why);
// ERR_REFUSED while one about that decision for that contract is open.
MUST_USE enum err_kind dispute_open(struct ledger *ledger, const struct act *act, struct utc at,
                                    struct utc due, int64_t *seq, struct err *err);
// ERR_MISSING when there is no open dispute of that number.
void dispute_word_answer(struct act *act, int64_t dispute, const char *why, struct hash receipt);
MUST_USE enum err_kind dispute_answer(struct ledger *ledger, const struct act *act, struct utc at,
                                      struct err *err);
// ERR_INPUT for another outcome; ERR_REFUSED for who answered it, and before it was answered.
MUST_USE enum err_kind dispute_word_close(struct act *act, int64_t dispute, const char *outcome,
                                          const char *why, struct err *err);
MUST_USE enum err_kind dispute_close(struct ledger *ledger, const struct act *act, struct utc at,
                                     struct err *err);

#endif
