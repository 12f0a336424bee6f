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
// of the long text. What does not fit is left out in this order: the time of the next message, the
// value, the time of the end. Only an id that is too long for all can leave a title cut at a word.

enum { SHORT_TEXT_MAX = 160 };

// One alert of one commune. Vietnamese without accents, or English. Appended to `out`.
void short_text(const struct policy *policy, const struct message_values *values,
                enum language language, bool drill, struct buf *out);

// The same of many communes, which stand elsewhere; `over`: it has ended there.
void short_text_area(const struct policy *policy, struct utc from, struct utc to, bool over,
                     bool drill, struct buf *out);

#endif
