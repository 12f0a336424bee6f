#ifndef GONG_POLICIES_SHAPE_H
#define GONG_POLICIES_SHAPE_H

#include "core/doc.h"
#include "core/err.h"
#include "core/text.h"

#include <stddef.h>

struct yaml;

// Which keys each map of a policy may have. One table, from which the readers check their maps and
// from which the JSON Schema for editors is written: so neither can know a key that the other does
// not.
enum shape {
    SHAPE_POLICY,
    SHAPE_DATES, // effective
    SHAPE_AREA,
    SHAPE_ZONE,
    SHAPE_PERIOD,
    SHAPE_INDEX,
    SHAPE_START,
    SHAPE_BOX,
    SHAPE_SHARE,
    SHAPE_TRIGGER,
    SHAPE_CLEAR, // also stop
    SHAPE_ENSEMBLE,
    SHAPE_MODEL,
    SHAPE_CONDITION,
    SHAPE_STAGE,
    SHAPE_ACTIONS,
    SHAPE_PHASE,
    SHAPE_CIRCLE,
    SHAPE_ALSO,
    SHAPE_PAYOUT,
    SHAPE_TIER,
    SHAPE_LIMITS,
    SHAPE_CAP,
    SHAPE_SUBSTITUTE,
    SHAPE_TEXTS,
    SHAPE_CASES,
    SHAPE_CASE,
    SHAPE_MORE,
    SHAPE_COURSE,
    SHAPE_RUN,
    SHAPE_DATED,
    SHAPE_MEMBERS,
    SHAPES,
};

// Refuses a map with a key that its shape does not have, naming the nearest.
MUST_USE enum err_kind shape_check(const struct yaml *map, enum shape shape, struct err *err);

// Refuses a share anywhere in a whole policy that has more than one decimal, of which the second
// would be rounded away in silence.
MUST_USE enum err_kind shape_check_shares(const struct yaml *root, struct err *err);

// The place of a key of the whole policy in the order that `gong policy format` writes; SIZE_MAX
// for one that it does not have.
size_t shape_order(struct str key);

// JSON Schema (draft 2020-12) of a policy; owned.
struct doc *shape_schema(void);

#endif
