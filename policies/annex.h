#ifndef GONG_POLICIES_ANNEX_H
#define GONG_POLICIES_ANNEX_H

#include "core/text.h"
#include "policies/unit.h"

#include <stdbool.h>

struct policy;
struct supplies;

// The annex of the contract in one language, made from the policy alone: what is promised, in which
// order the money is computed, the examples, and the SHA-256 of the file that decides. Markdown, or
// a whole HTML page. `supplies` say what its sources are. `signatures` are lines of who signed it
// (policies/signed.h), or empty. `out` is appended to.
void policy_annex(const struct policy *policy, enum language language, bool html,
                  const struct supplies *supplies, struct str signatures, struct buf *out);

#endif
