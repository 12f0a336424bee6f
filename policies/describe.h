#ifndef GONG_POLICIES_DESCRIBE_H
#define GONG_POLICIES_DESCRIBE_H

#include "core/date.h"
#include "core/text.h"
#include "policies/field.h"
#include "policies/unit.h"

struct part;
struct policy;

// What a policy promises, in plain words of one language: several lines, appended to `out`. Every
// number that decides is in it.
void policy_describe(const struct policy *policy, enum language language, struct buf *out);

// The same without its examples and hash.
void describe_terms(const struct policy *policy, enum language language, struct buf *out);

// What one look of a policy is at: one line.
void describe_look(const struct part *part, enum language language, struct buf *out);

// What is measured; its name in the policy where there is no word.
const char *describe_variable(const char *variable, enum language language);

// "72 h", "5 days"; "50 %" of thousandths.
void describe_span(struct buf *out, int64_t span_s, enum language language);
void describe_share(struct buf *out, int64_t milli, enum language language);
// "at least 100 mm", "dưới 2,5 mm": an operator and its number, as a contract says it.
void describe_compared(struct buf *out, enum compare compare, int64_t milli, enum unit unit,
                       enum language language);
// 31/12/2026, as both languages write it here.
void describe_date(struct buf *out, struct civil date);

#endif
