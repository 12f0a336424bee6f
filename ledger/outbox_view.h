#ifndef GONG_LEDGER_OUTBOX_VIEW_H
#define GONG_LEDGER_OUTBOX_VIEW_H

#include "core/date.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"

#include <stdbool.h>
#include <stdint.h>

// One message as a person looks at it: whom, in which state, and why.
struct outbox_view {
    int64_t id, cause, attempt;
    struct utc since;   // when it was decided, by the site's clock
    struct utc expires; // UTC_NEVER: never stale
    enum outbox_state state;
    enum evidence_kind evidence; // what the carrier said last
    int64_t due_ms;              // of one that waits: wall clock, when it is next tried or asked
                                 // about; 0: as soon as somebody takes it
    char channel[16], key[KEY_MAX], person[48], contract[48];
    char result[WHY_MAX]; // what was said of the last try; "" before the first
};
// ERR_MISSING when there is none of that id.
MUST_USE enum err_kind outbox_view(struct ledger *ledger, int64_t id, struct outbox_view *out,
                                   struct err *err);

// The one of a channel that has waited for longest to be sent or asked about; `*some` false: none.
MUST_USE enum err_kind outbox_view_oldest(struct ledger *ledger, const char *channel,
                                          struct outbox_view *out, bool *some, struct err *err);

extern const char *const evidence_names[EVIDENCE_KINDS]; // "none", "accepted" ...

#endif
