#ifndef GONG_POLICIES_SHARE_RULE_H
#define GONG_POLICIES_SHARE_RULE_H

#include "core/err.h"
#include "policies/index_rule.h"
#include "policies/trigger_rule.h"

struct yaml;

// area_share: the share of the area's communes whose own index passes a trigger.
//   index: {take: area_share, unknown_at_most: 10 %, of: {index: {take: maximum_sum, over: 24 h,
//           within: 24 h}, rounding: 0.1 mm, trigger: {index: ">=", threshold: 100 mm}}}
// A commune that is not known counts as one that does not pass; with more of them than
// unknown_at_most the share is not known. With an ensemble each member has its own share.
struct share_rule {
    struct index_rule index;
    int64_t rounding_milli;
    struct trigger_rule trigger;
    int64_t unknown_milli; // share of the communes, in thousandths
};
void share_rule_free(struct share_rule **rule);

// Reads the index map of an area_share over a variable of unit `input`.
MUST_USE enum err_kind share_rule_read(const struct yaml *index, enum unit input,
                                       struct share_rule **out, struct err *err);

#endif
