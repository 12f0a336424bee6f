#ifndef GONG_POLICIES_FORMULA_H
#define GONG_POLICIES_FORMULA_H

#include "core/text.h"
#include "policies/unit.h"

struct payout_rule;

// "; sum insured × (100 mm − index) / 60 mm": how a form comes to its share between where it begins
// and where it ends, so that a person with a calculator can do it again. Nothing for forms that are
// tables or parts. Appended to `out`.
void formula_say(const struct payout_rule *rule, enum unit unit, enum language language,
                 struct buf *out);

#endif
