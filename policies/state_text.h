#ifndef GONG_POLICIES_STATE_TEXT_H
#define GONG_POLICIES_STATE_TEXT_H

#include "core/text.h"
#include "policies/unit.h"

struct message_values;
struct policy;

// What the program says of an alert's state, in words of its own and without a number: each begins
// with the title up to the comma, which is what comes, and the place. Appended to `out`.

// That it is over, of a policy that has no words for it.
void state_text_over(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out);

// That it fell to a lower level and is kept there, though this run does not say it.
void state_text_kept(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out);

// ", hạ xuống mức sẵn sàng": the part of that which a short text has too.
void state_text_lowered(const struct policy *policy, const struct message_values *values,
                        enum language language, struct buf *out);

#endif
