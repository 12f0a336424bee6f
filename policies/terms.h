#ifndef GONG_POLICIES_TERMS_H
#define GONG_POLICIES_TERMS_H

#include "core/text.h"
#include "policies/unit.h"

struct policy;

// What makes an alert go on and off, and what an insurance pays and when, in plain words of one
// language: lines appended to `out`, with every number that decides.
void terms_alert(const struct policy *policy, enum language language, struct buf *out);
void terms_cover(const struct policy *policy, enum language language, struct buf *out);

#endif
