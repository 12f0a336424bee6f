#ifndef GONG_LEDGER_TOLD_H
#define GONG_LEDGER_TOLD_H

#include "ledger/ledger.h"

#include <stddef.h>

// What was to be told or paid because of one entry, and what became of it; without the person.
struct told {
    char channel[16], contract[48];
    const char *state; // name of an outbox state
    char result[200];  // what it was done by, or why not
};
struct tolds {
    struct told *at;
    size_t count;
};
void tolds_free(struct tolds *tolds);

// Messages whose cause is entry `seq`, in the order they were written.
MUST_USE enum err_kind told_list(struct ledger *ledger, int64_t seq, struct tolds *out,
                                 struct err *err);

#endif
