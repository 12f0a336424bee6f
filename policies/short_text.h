#ifndef GONG_POLICIES_SHORT_TEXT_H
#define GONG_POLICIES_SHORT_TEXT_H

#include "core/date.h"
#include "core/text.h"
#include "policies/unit.h"

#include <stdbool.h>

struct message_values;
struct policy;

// The texts that go into one SMS of 160 letters without accents, as operators send them for a
// command board (delivery-reference 1.8): made of the policy's title and the values, never cut out
// of the long text. Times are as in policies/when.h. What does not fit is left out in this order:
// the number of the official bulletin, the threshold, what stands behind the first comma of the
// title (the place is said), the actions behind the first (they are parted by ";", and 112 stands
// in every text), the first of those that prepare, "Chuan bi.", when it ends (of many communes:
// from when to when), the first action for now, "Lam ngay.", that it is not official, the time of
// the next message, the value (of many communes: the threshold), the time of issue. Title, place,
// number and 112 stay; only a place that is too long for all can leave a title cut at a word.

enum { SHORT_TEXT_MAX = 160 };

// One alert of one commune, or one payout of a policy that insures (contract, amount and place
// stay; when it was, the value and the time of issue go where they must). Vietnamese without
// accents, or English. Appended to `out`.
void short_text(const struct policy *policy, const struct message_values *values,
                enum language language, bool drill, struct buf *out);

// The same of many communes, which stand elsewhere: of the values from, to, issued, next, cancel
// (it has ended there), stage (NULL: they are not at one) and event are looked at. Where they are
// is the title, all of it.
void short_text_area(const struct policy *policy, const struct message_values *values, bool drill,
                     struct buf *out);

// "Did it rain?" of one commune: of the values commune, from and to are looked at. A place that is
// too long for all is cut.
void short_question(const struct message_values *values, enum language language, bool drill,
                    struct buf *out);

#endif
