#ifndef GONG_POLICIES_DIFFER_H
#define GONG_POLICIES_DIFFER_H

#include "core/text.h"
#include "policies/unit.h"

#include <stddef.h>

struct policy;

// What changed from one version of a policy to another and for whom, in plain words of one
// language:
// "- " what no longer holds, "+ " what holds now. Returns how many lines differ; 0 when both
// promise the same. `out` is appended to.
size_t policy_differ(const struct policy *old, const struct policy *new, enum language language,
                     struct buf *out);

#endif
