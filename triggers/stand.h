#ifndef GONG_TRIGGERS_STAND_H
#define GONG_TRIGGERS_STAND_H

#include "core/err.h"
#include "triggers/grounds.h"
#include "triggers/history.h"

#include <stdbool.h>
#include <stddef.h>

struct decision_result;
struct occasion;
struct policy;

// What the answers of a policy on a past stand on, occasion after occasion: of a site all that the
// live engine would have, all sources, tracks and neighbours; of series files their steps, those of
// each place for itself, or of all places together where the policy looks at communes beside each
// other (a share of the area's communes, neighbours that fill what is missing).
struct stands {
    const struct policy *policy;   // borrowed
    const struct history *history; // borrowed
    bool together;                 // series files, of all places together
    bool *counted;                 // [places] of which a share is; NULL: all; owned
    size_t *near;                  // [places x near_count]; NULL: not asked for; owned
    size_t near_count;
};
void stands_free(struct stands *stands); // frees what is in it; serves as cleanup attribute

// `everywhere`: a share is of all places of the series, not of those of the policy's area.
// ERR_INPUT when neighbours are asked for and a place of the series has no position.
MUST_USE enum err_kind stands_make(const struct policy *policy, const struct history *history,
                                   bool everywhere, struct stands *out, struct err *err);

// One occasion.
struct stand {
    struct window window; // of a series file, each place for itself
    struct window beside[HISTORY_BESIDE_MAX];
    struct grounds grounds; // of a site, or of all places together
};
void stand_free(struct stand *stand); // frees what is in it; serves as cleanup attribute

// Of a site with what came later: nothing is waited for any more, so `occasion` is looked at as of
// after its end.
MUST_USE enum err_kind stand_make(const struct stands *stands, struct occasion *occasion,
                                  struct stand *out, struct err *err);

// The answer for a place of the history, by evaluate().
void stand_decide(const struct stands *stands, const struct stand *stand, size_t place,
                  const struct occasion *occasion, struct decision_result *out);

#endif
