#ifndef GONG_POLICIES_EFFECT_H
#define GONG_POLICIES_EFFECT_H

#include "core/doc.h"
#include "core/text.h"
#include "policies/unit.h"

struct site;

// What a policy would have done in the past, for a proposal: made by the program gong-backtest (it
// lies above this room), of the new text and of the one in force so far. Members:
//
//   past     what it was tried on: "series SHA-256" or "readings of the site"
//   new, old {places, seasons, yes, no, unknown, pays_vnd, sum_insured_vnd,
//             worst {period, yes, pays_vnd, share_milli, pays_milli}}; old null when there is none
//
// share_milli is yes / places in the season that paid most, pays_milli its payout / all sums
// insured. Where no place is known in any season, pays_vnd and worst are null.
struct effect_query {
    const struct site *site; // for its folder run/; and for its readings
    const char *series;      // a series file; NULL: the site's readings
    struct str yaml, old;    // old empty: none
};
// ERR_INPUT when it cannot be tried on that past, with what gong-backtest says.
MUST_USE enum err_kind effect_make(const struct effect_query *query, struct doc **out,
                                   struct err *err);

// The same of one text, from the report that gong-backtest makes; the caller owns it.
struct doc *effect_of(const struct doc *report);

// Runs the cases that a text carries, by gong-trigger. ERR_INPUT when one comes out otherwise.
MUST_USE enum err_kind effect_cases(const struct site *site, struct str yaml, struct err *err);

// In words of one language, appended; also of {no_past: why it was not tried}.
void effect_words(const struct doc *effect, enum language language, struct buf *out);

#endif
