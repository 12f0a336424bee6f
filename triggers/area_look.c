#include "triggers/area_look.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "policies/share_rule.h"
#include "triggers/look.h"
#include "triggers/looks.h"

// How many communes pass, of how many, and how many are not known.
struct tally {
    int64_t pass, of, unknown;
    enum gap gap; // of the first that is not known
};

// The tallies of one policy and occasion: one a member.
enum { MEMO_MAX = 256 };
struct memo {
    size_t count;
    struct {
        const struct share_rule *rule;
        int64_t from_s, to_s;
        int32_t member;
        struct tally tally;
    } at[MEMO_MAX];
};

size_t area_look_memo_size(void)
{
    return sizeof(struct memo);
}

static struct tally count_all(const struct gaze *gaze, const struct part *part,
                              const struct occasion *occasion, int32_t member)
{
    const struct share_rule *rule = part->index.share;
    const struct readings *readings = gaze->readings;
    struct tally tally = {0};
    struct part inner = *part;
    inner.index = rule->index;
    for (size_t c = 0; c < readings->communes; c++) {
        if (readings->counted && !readings->counted[c])
            continue;
        struct gaze one = {gaze->policy, readings, c, NULL, gaze->looks};
        struct index_value value = look_index_of(&one, &inner, occasion, member, NULL).value;
        tally.of++;
        tally.unknown += !value.known;
        if (value.known)
            tally.pass +=
                compare_holds(rule->trigger.compare, index_round(value.milli, rule->rounding_milli),
                              rule->trigger.threshold_milli);
        else if (tally.gap == GAP_NONE)
            tally.gap = value.gap;
    }
    return tally;
}

static struct tally count_once(const struct gaze *gaze, const struct part *part,
                               const struct occasion *occasion, int32_t member)
{
    struct memo *memo = gaze->readings->memo;
    for (size_t i = 0; memo && i < memo->count; i++) {
        if (memo->at[i].rule == part->index.share && memo->at[i].member == member &&
            memo->at[i].from_s == occasion->from.s && memo->at[i].to_s == occasion->to.s)
            return memo->at[i].tally;
    }
    struct tally tally = count_all(gaze, part, occasion, member);
    if (memo && memo->count < MEMO_MAX) {
        memo->at[memo->count].rule = part->index.share;
        memo->at[memo->count].from_s = occasion->from.s;
        memo->at[memo->count].to_s = occasion->to.s;
        memo->at[memo->count].member = member;
        memo->at[memo->count++].tally = tally;
    }
    return tally;
}

struct index_value area_look(const struct gaze *gaze, const struct part *part,
                             const struct occasion *occasion, int32_t member, struct doc *trace)
{
    enum { ALL_MILLI = 100000 };
    const struct share_rule *rule = part->index.share;
    struct index_value share = {.from = occasion->from, .to = occasion->to, .at = occasion->from};
    struct tally tally = count_once(gaze, part, occasion, member);
    if (trace) {
        struct doc *step = trace_new(TRACE_AREA);
        doc_put_int(step, "value", tally.pass);
        doc_put_int(step, "of", tally.of);
        doc_put_int(step, "unknown", tally.unknown);
        doc_put_int(step, "unknown_at_most", rule->unknown_milli);
        doc_push(trace, step);
    }
    share.gap = tally.of ? tally.gap : GAP_NO_READINGS;
    share.known = tally.of > 0 && tally.unknown * 1000 <= tally.of * rule->unknown_milli;
    if (share.known)
        share.milli = (tally.pass * ALL_MILLI * 2 + tally.of) / (2 * tally.of);
    return share;
}
