#ifndef GONG_LEDGER_ERRAND_H
#define GONG_LEDGER_ERRAND_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"

#include <stddef.h>
#include <stdint.h>

// Requests to operators of mobile networks (channel "telco") that have left and are to be confirmed
// by telephone. What became of each is an entry of kind "telco": confirmed, or overdue.
enum errand_state { ERRAND_ASKED, ERRAND_OVERDUE, ERRAND_CONFIRMED };
const char *errand_state_name(enum errand_state state); // "asked"

struct errand {
    int64_t message; // number on the form
    char key[KEY_MAX], to[48];
    struct utc asked, ended; // when the form left; when it was confirmed
    enum errand_state state;
};
struct errands {
    struct errand *at;
    size_t count;
};
void errands_free(struct errands *list);

// Sorted by number.
MUST_USE enum err_kind errand_list(struct ledger *ledger, struct errands *out, struct err *err);

// The entry; `*seq` is its number. A confirmation after "overdue" counts; ERR_INPUT when there is
// no such request or it is confirmed already.
MUST_USE enum err_kind errand_put(struct txn *txn, int64_t message, enum errand_state state,
                                  struct utc now, int64_t *seq, struct err *err);

#endif
