#ifndef GONG_TRIGGERS_RECEIPT_VALUE_H
#define GONG_TRIGGERS_RECEIPT_VALUE_H

#include "core/doc.h"
#include "ledger/reading.h"
#include "ledger/track.h"

#include <stdbool.h>

struct policy;

// The values in a receipt, as its maker puts them and its checker takes them. `named` and `names`
// are members of a basis entry's inputs ("stations", "tracks").

// Whether a policy looks at other communes than the one that it decides on: neighbours that fill
// what is missing, a share of an area; or stands on figures that people report, whose table refuses
// a code that is none of the set. A receipt then has all communes of the set.
bool receipt_is_wide(const struct policy *policy);

// A reading and how it is named, with its value at the first place; `wide`: with the values of all,
// by which its name (its hash) can be made again.
struct doc *receipt_reading_doc(const struct readings *readings, size_t i, bool wide);
// `value` and `cover` are [communes]; one value that is said is that of each.
MUST_USE enum err_kind receipt_take_reading(const struct doc *said, size_t communes,
                                            struct reading_meta *meta, int32_t *value,
                                            uint16_t *cover, struct err *err);
MUST_USE enum err_kind receipt_need_time(const struct doc *object, const char *key, struct utc *out,
                                         struct err *err);
// Appends a list of such to `all`, which is of all->communes places; `set` becomes their
// boundary_set. Their hashes are made where all values are said, else zero.
MUST_USE enum err_kind receipt_take_list(const struct doc *list, const char *set,
                                         struct readings *all, struct err *err);

// Tracks of storms, whole: their hash is made again, and must be the one that is named.
MUST_USE enum err_kind receipt_put_tracks(struct ledger *ledger, const struct doc *names,
                                          struct doc *receipt, struct err *err);
MUST_USE enum err_kind receipt_take_tracks(const struct doc *receipt, const struct doc *names,
                                           struct tracks *out, struct err *err);

// What the gauges that the policy names measured, by "@station PART SOURCE VARIABLE"; appended to
// `all` with "@station PART" as their boundary_set.
MUST_USE enum err_kind receipt_put_gauges(struct ledger *ledger, const struct policy *policy,
                                          const struct doc *named, struct doc *receipt,
                                          struct err *err);
MUST_USE enum err_kind receipt_take_gauges(const struct doc *receipt, const struct policy *policy,
                                           const struct doc *named, struct readings *all,
                                           struct err *err);
// The gauge of such a reading; "" when it is a commune's.
const char *receipt_gauge(const struct policy *policy, const struct reading_meta *meta);

#endif
