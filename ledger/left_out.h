#ifndef GONG_LEDGER_LEFT_OUT_H
#define GONG_LEDGER_LEFT_OUT_H

#include "core/date.h"
#include "ledger/ledger.h"

#include <stddef.h>

// What the newest pass of the engine had to leave out, so that nobody is covered or told by it: a
// policy's file that is refused, a zone that no boundary set has, a subscriber's file with a slip.
// Kept beside the entries, for gong status: it says what is, not what was decided.
struct left_out {
    char kind[16]; // "policy", "subscriber", "language"
    char why[600]; // one sentence, with the file or the name
    struct utc since;
};
struct left_outs {
    struct left_out *at;
    size_t count;
};
void left_outs_free(struct left_outs *list);

// The same kind and words twice are one. `why` may be any bytes, of any length: it is cut behind a
// letter, and what is no letter is '?' (text_clean).
void left_outs_add(struct left_outs *list, const char *kind, const char *why);

// All that one pass left out; what is not in the list is gone. Writes only what is another than
// before. `since` of the list is not looked at.
MUST_USE enum err_kind left_out_put(struct ledger *ledger, const struct left_outs *list,
                                    struct utc at, struct err *err);

// What is left out now, by kind, then words.
MUST_USE enum err_kind left_out_list(struct ledger *ledger, struct left_outs *out, struct err *err);

#endif
