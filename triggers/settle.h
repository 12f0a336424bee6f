#ifndef GONG_TRIGGERS_SETTLE_H
#define GONG_TRIGGERS_SETTLE_H

#include "core/date.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct anomaly_bounds;
struct left_outs;
struct ledger;
struct map;
struct people;
struct phrase_book;
struct shelf;
struct subscribers;

// The live engine: finds what is due, evaluates every commune, and records each batch in one
// transaction: policy text, basis, decisions, alert states, payouts, outbox rows. Run again it
// does nothing; killed anywhere and run again it leaves the same ledger as without the kill.
struct settle {
    struct ledger *ledger; // LEDGER_WRITE
    struct people *people; // LEDGER_READ
    struct map *map;       // LEDGER_READ
    bool drill;
    const struct anomaly_bounds
        *bounds;                       // payouts are held that look wrong; NULL: a drill's are not
    const struct phrase_book *phrases; // of other languages than vi and en; NULL: none
    int64_t ask_after_s; // after the time of an alert its people are asked: did it rain? 0: never
    const struct subscribers *subscribers; // who else is told; NULL: nobody
    struct left_outs *left_out; // why policies could not be decided is added; NULL: it is not kept
    // Told after each batch that was looked at, when not NULL.
    void (*progress)(void *self, size_t done, size_t total);
    void *progress_self;
    bool (*stopped)(void); // asked between batches, when not NULL
};

struct settle_report {
    size_t batches;          // recorded in this run
    size_t yes, no, unknown; // communes in them
    size_t alerts_on, alerts_off;
    size_t alert_messages;
    size_t payouts;
    int64_t paid_vnd;  // entitlements, not what was handed out
    size_t skipped;    // policies whose boundary set is not there
    struct err reason; // of the last one skipped
};

// Policies by id, batches by as_of then policy id, communes by code, persons by id; nothing of the
// machine's clock goes in. ERR_LATER when the ledger is busy: run again.
MUST_USE enum err_kind settle_run(const struct settle *settle, const struct shelf *shelf,
                                  struct utc now, struct settle_report *report, struct err *err);

#endif
