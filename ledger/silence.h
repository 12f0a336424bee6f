#ifndef GONG_LEDGER_SILENCE_H
#define GONG_LEDGER_SILENCE_H

#include "core/date.h"
#include "core/doc.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

// Silence is an alarm: how each source keeps its schedule. Every change of a state, and every step
// that is given up, is a ledger entry of kind "silence".
enum silence {
    SILENCE_NONE,  // nothing is known of it yet
    SILENCE_FRESH, // it keeps its schedule
    SILENCE_LATE,  // its newest data are older than late_after
    SILENCE_STALE, // older than stale_after: nobody should decide by it
};
const char *silence_name(enum silence state); // "fresh"

struct silence_state {
    enum silence state;
    struct utc since;        // of the state; of the first look for one that never gave anything
    struct utc missing_upto; // steps up to this one are accounted for; UTC_NEVER: none yet
};
// SILENCE_NONE when the source was never looked at.
MUST_USE enum err_kind silence_get(struct ledger *ledger, const char *source,
                                   struct silence_state *out, struct err *err);
MUST_USE enum err_kind silence_put(struct txn *txn, const char *source,
                                   const struct silence_state *state, struct err *err);

// The newest data of a source: readings, tracks, or, with neither, the last file that came. Of one
// of official warnings, which may be none for weeks, `asked` is the address: when it last answered
// counts. NULL for others. What is said to be of more than a day after `now` does not count: one
// row with a wrong year would keep a source fresh until then. UTC_NEVER when there is nothing.
MUST_USE enum err_kind silence_newest(struct ledger *ledger, const char *source, const char *asked,
                                      struct utc now, struct utc *out, struct err *err);

// An alarm for the operator, written in the commit of its entry (`seq`); it is there until it was
// told in every way.
enum alarm_told { ALARM_NEW, ALARM_WRITTEN, ALARM_TOLD };
MUST_USE enum err_kind silence_alarm(struct txn *txn, int64_t seq, const char *text,
                                     struct err *err);
struct alarm {
    int64_t seq;
    enum alarm_told told;
    char *text; // heap, canonical JSON
};
struct alarms {
    struct alarm *at;
    size_t count;
};
void alarms_free(struct alarms *alarms);
MUST_USE enum err_kind silence_untold(struct ledger *ledger, struct alarms *out, struct err *err);
MUST_USE enum err_kind silence_told(struct ledger *ledger, int64_t seq, enum alarm_told told,
                                    struct err *err);

// For ledger_verify: each entry of a silence has its alarm, in the entry's own words, and no other
// alarm is there. `*bad_seq` is the entry, or 0.
MUST_USE enum err_kind alarms_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err);

#endif
